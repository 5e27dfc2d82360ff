/* The only place where the process ends. */
#include "app/cli.h"
#include "base/secret.h"

#include <locale.h>
#include <stdio.h>

int main(int argc, char *argv[])
{
    /* Only how characters are written: numbers are read and printed the same everywhere. */
    setlocale(LC_CTYPE, "");
    int code = cli_run(argc, argv, stdout, stderr);
    secrets_zero();
    return code;
}
