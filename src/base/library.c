#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

static int load(struct library *l, struct err *e)
{
    void *library = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        err_set(e, ERR_IO, 0, "%s cannot be loaded: %s", l->file, dlerror());
        return err_hint(e, "install it (Debian package %s)", l->package);
    }
    for (size_t i = 0; i < l->count; i++) {
        void *found = dlsym(library, l->functions[i].name);
        if (!found) {
            err_set(e, ERR_IO, 0, "%s is too old: it has no %s", l->file, l->functions[i].name);
            return err_hint(e, "install a newer one (Debian package %s)", l->package);
        }
        /* POSIX wants the two kinds of pointers to be alike; C has no cast that says so. */
        memcpy(l->functions[i].place, &found, sizeof found);
    }
    return 0;
}

int library_need(struct library *l, struct err *e)
{
    pthread_mutex_lock(&l->lock);
    if (!l->tried)
        (void)load(l, &l->failure);
    l->tried = true;
    bool failed = l->failure.class != ERR_NONE;
    if (failed && e)
        *e = l->failure;
    pthread_mutex_unlock(&l->lock);
    return failed ? -1 : 0;
}
