/* exit_code: what the process answers to its caller. */
#ifndef SLIPWAY_APP_EXIT_CODE_H
#define SLIPWAY_APP_EXIT_CODE_H

#include "base/err.h"

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_BAD = 1,    /* the checked thing is bad */
    EXIT_CODE_USAGE = 2,  /* the command line is wrong */
    EXIT_CODE_AUTH = 3,   /* key missing, wrong or without the right */
    EXIT_CODE_NET = 4,    /* network: no connection, no answer in time */
    EXIT_CODE_REMOTE = 5, /* the service refused */
    EXIT_CODE_STATE =
        6, /* state or conflict, here or there; local files; also: the endpoint serves (and
                              * bills), but is not in the registry yet */
    EXIT_CODE_CANCELLED = 7, /* stopped on request */
};

/* The code for a failure of this class. Pure. */
enum exit_code exit_code_of(enum err_class class);

#endif
