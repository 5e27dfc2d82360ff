/* hub_upload_hash: both hashes of every file, by the workers. Which of the two counts is known only
 * when the Hub has said how it wants the file, and reading it twice would cost more than the second
 * hash. The first file that cannot be hashed stops the others. */
#include "client/hub_upload_internal.h"

#include "client/model_folder.h"

#include <stdlib.h>
#include <unistd.h>

struct hashing {
    struct upload_item *item;
    struct cancel *stop; /* of all of them */
};

int upload_open(const struct upload_item *item, struct err *e)
{
    return model_folder_open(item->upload->plan->list, item->file, e);
}

static void hash_one(void *arg, struct cancel *cancel)
{
    struct hashing *h = arg;
    struct upload_item *item = h->item;
    int fd = cancel_check(cancel, &item->error) ? -1 : upload_open(item, &item->error);
    int rc = fd < 0 ? -1
                    : model_folder_hash(fd, item->file->size, item->sha256, item->git, NULL, cancel,
                          &item->error);
    if (fd >= 0)
        close(fd);
    if (rc == 0)
        upload_hashed(item);
    else
        cancel_fire(h->stop);
    if (rc && item->error.class != ERR_CANCEL)
        upload_note(item, item->error.message);
}

/* The error that stopped the others, which were only told to. */
static int first_error(const struct upload *u, struct err *e)
{
    const struct upload_item *bad = NULL;
    for (size_t i = 0; i < u->count; i++) {
        enum err_class class = u->items[i].error.class;
        if (class != ERR_NONE && (!bad || (bad->error.class == ERR_CANCEL && class != ERR_CANCEL)))
            bad = &u->items[i];
    }
    if (!bad)
        return 0;
    if (e)
        *e = bad->error;
    return err_wrap(e, "%s", bad->file->path.s);
}

int upload_hash(struct upload *u, struct err *e)
{
    struct hashing *jobs = calloc(u->count, sizeof *jobs);
    void **args = calloc(u->count, sizeof *args);
    struct cancel *stop = cancel_new(u->cancel);
    int rc = -1;
    if (!jobs || !args || !stop) {
        (void)err_set(e, ERR_IO, 0, "out of memory for %zu files", u->count);
        goto out;
    }
    for (size_t i = 0; i < u->count; i++) {
        jobs[i] = (struct hashing){.item = &u->items[i], .stop = stop};
        args[i] = &jobs[i];
    }
    rc = workers_run_all(u->plan->workers, hash_one, args, u->count, stop, e);
    if (cancel_check(u->cancel, e) || first_error(u, e))
        rc = -1;
out:
    cancel_unref(stop);
    free(args);
    free(jobs);
    return rc;
}
