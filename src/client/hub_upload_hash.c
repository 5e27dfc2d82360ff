/* hub_upload_hash: what has to be hashed, by the workers, while what is hashed already goes out.
 *
 * Only what decides is computed: SHA-256 for what the Hub keeps as LFS, and nothing when it is remembered
 * of a file that is still the same; git's id for what goes into the commit itself, where SHA-256 comes
 * along for showing (such files are small).
 *
 * Order: first what goes inside, because it may be too much; then the smallest of the others, so that
 * the line is not idle; then from the largest down, so that no large one is left to be hashed alone at
 * the end. */
#include "client/hub_upload_flow.h"
#include "client/model_folder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file may be written to again within the grain of its clocks: of mtime the coarsest file system's, of ctime
 * the kernel's. */
static const int64_t settled_ns = (int64_t)2 * 1000 * 1000 * 1000, tick_ns = 200 * 1000 * 1000;

/* ---- what ------------------------------------------------------------------------------------ */

static bool is_known(struct upload_item *item)
{
    if (!item->lfs)
        return item->git[0] != '\0';
    if (!item->sha256[0] && keep_hash_known(item))
        upload_hashed(item);
    return item->sha256[0] != '\0';
}

static int in_order(const void *a, const void *b)
{
    const struct upload_item *const *x = a, *const *y = b;
    int64_t m = (*x)->file->size, n = (*y)->file->size;
    if ((*x)->lfs != (*y)->lfs)
        return (*x)->lfs - (*y)->lfs;
    return m != n ? (m < n) - (m > n) : (*x > *y) - (*x < *y);
}

static void put_in_order(struct upload_item **list, size_t n)
{
    size_t lfs = 0;
    qsort(list, n, sizeof *list, in_order);
    while (lfs < n && !list[lfs]->lfs)
        lfs++;
    if (n - lfs < 2)
        return;
    struct upload_item *smallest = list[n - 1];
    memmove(list + lfs + 1, list + lfs, (n - lfs - 1) * sizeof *list);
    list[lfs] = smallest;
}

int flow_list_hashes(struct upload_flow *f, struct err *e)
{
    struct upload *u = f->upload;
    f->to_hash = calloc(u->count, sizeof *f->to_hash);
    f->slot_count = workers_width(u->plan->workers);
    f->slots = calloc(f->slot_count, sizeof *f->slots);
    if (!f->to_hash || !f->slots)
        return err_set(e, ERR_IO, 0, "out of memory for %zu files", u->count);
    for (size_t i = 0; i < u->count; i++)
        f->inline_unknown += !u->items[i].ignored && !u->items[i].lfs;
    for (size_t i = 0; i < u->count; i++) {
        struct upload_item *item = &u->items[i];
        if (item->ignored)
            continue;
        if (is_known(item))
            flow_know(f, item);
        else
            f->to_hash[f->to_hash_count++] = item;
    }
    put_in_order(f->to_hash, f->to_hash_count);
    return 0;
}

/* ---- on a worker ----------------------------------------------------------------------------- */

static void hash_one(void *arg, struct cancel *cancel)
{
    struct upload_hash_slot *s = arg;
    int fd = cancel_check(cancel, &s->error) ? -1 : upload_open(s->item, &s->error);
    if (fd < 0)
        return;
    int rc = model_folder_hash(fd, s->item->file->size, s->sha256, s->wants_git ? s->git : NULL,
        &s->bytes, cancel, &s->error);
    close(fd);
    fd = rc ? -1 : upload_open(s->item, &s->error); /* what was read is one state of it */
    if (fd >= 0)
        close(fd);
}

static void hash_ended(void *arg)
{
    struct upload_hash_slot *s = arg;
    struct upload_flow *f = s->flow;
    pthread_mutex_lock(&f->lock);
    s->ended = true;
    wait_poke(&f->wake); /* under the lock: afterwards it may be gone */
    pthread_mutex_unlock(&f->lock);
}

/* ---- on the runner --------------------------------------------------------------------------- */

static struct upload_hash_slot *free_slot(struct upload_flow *f)
{
    for (size_t i = 0; i < f->slot_count; i++)
        if (!f->slots[i].item)
            return &f->slots[i];
    return NULL;
}

/* Whether a change from now on would show in its times, whatever their grain. */
static bool is_settled(const struct upload_stamp *stamp)
{
    int64_t now = clock_wall_ms(clock_real()) * 1000000;
    return now - stamp->modified_ns > settled_ns && now - stamp->changed_ns > tick_ns;
}

static int begin_one(struct upload_flow *f, struct upload_hash_slot *s, struct upload_item *item)
{
    struct err why;
    *s = (struct upload_hash_slot){.flow = f,
        .item = item,
        .cacheable = item->lfs && is_settled(&item->stamp),
        .wants_git = !item->lfs};
    if (workers_start(f->upload->plan->workers, hash_one, s, f->stop, hash_ended, s, &why) == 0) {
        f->hashing++;
        return 0;
    }
    s->item = NULL;
    if (why.class != ERR_STATE) /* else others keep the workers busy: later */
        flow_fail(f, &why);
    return -1;
}

void flow_begin_hashes(struct upload_flow *f)
{
    while (f->to_hash_next < f->to_hash_count && !f->ending) {
        struct upload_hash_slot *s = free_slot(f);
        if (!s || begin_one(f, s, f->to_hash[f->to_hash_next]))
            return;
        f->to_hash_next++;
    }
}

static bool has_ended(struct upload_flow *f, const struct upload_hash_slot *s)
{
    pthread_mutex_lock(&f->lock);
    bool ended = s->ended;
    pthread_mutex_unlock(&f->lock);
    return ended;
}

static void take_one(struct upload_flow *f, struct upload_hash_slot *s)
{
    struct upload_item *item = s->item;
    s->item = NULL;
    f->hashing--;
    f->upload->out->hashed += s->bytes;
    if (s->error.class != ERR_NONE) {
        if (s->error.class != ERR_CANCEL)
            upload_note(item, s->error.message);
        flow_fail(f, &s->error);
        return;
    }
    memcpy(item->sha256, s->sha256, sizeof item->sha256);
    memcpy(item->git, s->git, sizeof item->git);
    upload_hashed(item);
    if (s->cacheable)
        keep_hash(item);
    if (!f->ending)
        flow_know(f, item);
}

void flow_take_hashes(struct upload_flow *f)
{
    for (size_t i = 0; i < f->slot_count; i++)
        if (f->slots[i].item && has_ended(f, &f->slots[i]))
            take_one(f, &f->slots[i]);
}
