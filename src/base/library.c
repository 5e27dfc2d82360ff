#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

int library_load(const char *file, const char *package, const struct library_function *functions,
    size_t count, struct err *e)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        err_set(e, ERR_IO, 0, "%s cannot be loaded: %s", file, dlerror());
        return err_hint(e, "install it (Debian package %s)", package);
    }
    for (size_t i = 0; i < count; i++) {
        void *found = dlsym(library, functions[i].name);
        if (!found) {
            err_set(e, ERR_IO, 0, "%s is too old: it has no %s", file, functions[i].name);
            return err_hint(e, "install a newer one (Debian package %s)", package);
        }
        /* POSIX wants the two kinds of pointers to be alike; C has no cast that says so. */
        memcpy(functions[i].place, &found, sizeof found);
    }
    return 0;
}
