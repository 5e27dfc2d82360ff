/* library: a shared library that is loaded when it is first needed, not when the program starts.
 *
 * libcurl and libpq bring some forty libraries along, which take longer to load than everything else that
 * happens before the first screen (tests/bench/dashboard.c). So they are not linked: the one file that
 * stands for each (client/http_library.c, client/db_pg_library.c) defines the functions that we use
 * under their own names and hands the calls on.
 *
 * A library that was loaded stays. Threads: any. */
#ifndef SLIPWAY_BASE_LIBRARY_H
#define SLIPWAY_BASE_LIBRARY_H

#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct library_function {
    const char *name;
    void *place; /* of a function pointer, which is set */
};

struct library {
    const char *file;    /* "libcurl.so.4": found as the linker finds it */
    const char *package; /* the Debian package that brings it */
    const struct library_function *functions;
    size_t count;
    pthread_mutex_t lock; /* guards what follows */
    bool tried;
    struct err failure;
};
#define LIBRARY(file, package, functions)                                                          \
    {                                                                                              \
        file, package, functions, sizeof(functions) / sizeof *(functions),                         \
            PTHREAD_MUTEX_INITIALIZER, false,                                                      \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

/* Loads it and looks every function up, the first time. ERR_IO that names the file and its package when it
 * or one of the functions is missing, each time; then no place may be called. */
int library_need(struct library *l, struct err *e);

#endif
