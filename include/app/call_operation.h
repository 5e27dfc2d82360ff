/* call_operation: a command that is an operation (app/operations.h): it is started with what the command was
 * asked for, its plan is shown and asked about on the terminal, its progress goes to `errors`, and how it
 * ended is printed and told by the exit code. Thread: main. */
#ifndef SLIPWAY_APP_CALL_OPERATION_H
#define SLIPWAY_APP_CALL_OPERATION_H

#include "app/command.h"
#include "app/operations.h"

/* Opens the call. With an `id` in what was asked that operation is gone on with, whatever its kind. */
int call_operation(struct call *c, enum operation_kind kind);

#endif
