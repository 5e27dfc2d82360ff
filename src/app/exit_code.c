/* A table: the class of an error decides, never its words. */
#include "app/exit_code.h"

static const enum exit_code codes[ERR_CLASSES] = {
    [ERR_NONE] = EXIT_CODE_OK,
    [ERR_NET] = EXIT_CODE_NET,
    [ERR_TIMEOUT] = EXIT_CODE_NET,
    [ERR_AUTH] = EXIT_CODE_AUTH,
    [ERR_RATE] = EXIT_CODE_REMOTE,
    [ERR_REMOTE] = EXIT_CODE_REMOTE,
    [ERR_INPUT] = EXIT_CODE_USAGE,
    [ERR_STATE] = EXIT_CODE_STATE,
    [ERR_IO] = EXIT_CODE_STATE,
    [ERR_CANCEL] = EXIT_CODE_CANCELLED,
    [ERR_BUG] = EXIT_CODE_STATE,
};

enum exit_code exit_code_of(enum err_class class)
{
    return (unsigned)class < ERR_CLASSES ? codes[class] : EXIT_CODE_STATE;
}
