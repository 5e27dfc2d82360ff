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

#include <stddef.h>

struct library_function {
    const char *name;
    void *place; /* of a function pointer, which is set */
};

/* Loads `file` ("libcurl.so.4": found as the linker finds it) and looks every function up. ERR_IO that
 * names the file, and the Debian package that brings it, when it or one of them is missing; then no
 * place may be called. Calling it twice at once is the caller's to prevent (pthread_once). */
int library_load(const char *file, const char *package, const struct library_function *functions,
    size_t count, struct err *e);

#endif
