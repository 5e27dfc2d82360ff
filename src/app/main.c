/* The only place where the process ends. */
#include "app/cli.h"
#include "base/secret.h"

#include <stdio.h>

int main(int argc, char *argv[])
{
    int code = cli_run(argc, argv, stdout, stderr);
    secrets_zero();
    return code;
}
