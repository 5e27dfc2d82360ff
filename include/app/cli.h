/* cli: the command line: which command, which flags, help. Without a command it is the dashboard.
 * Thread: main. */
#ifndef SLIPWAY_APP_CLI_H
#define SLIPWAY_APP_CLI_H

#include <stdio.h>

/* Runs the command that argv names; what was asked for goes to `out`, complaints to `errors`. Returns
 * the process's exit code (app/exit_code.h). */
int cli_run(int argc, char *argv[], FILE *out, FILE *errors);

#endif
