/* hub_upload_send: the contents of LFS files into the storage (§4). Each content once, however many
 * files have it. A few objects at a time: the Hub is asked for their URLs just before they are used,
 * because those live for minutes. Whatever failed is asked about again in the next round, where the
 * Hub may say that it is stored after all (an answer was lost) or give fresh URLs (they had expired);
 * what it refuses by name is final. The others are sent all the same, so that the next run finds them. */
#include "client/hub_upload_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 4, PAUSE_MS = 500, WINDOW = 20, BODY_MAX = 1024 * 1024 };
static const int64_t window_bytes = (int64_t)4 << 30;

/* ---- which ----------------------------------------------------------------------------------- */

static int by_hash(const void *a, const void *b)
{
    const struct upload_item *const *x = a, *const *y = b;
    int order = strcmp((*x)->sha256, (*y)->sha256);
    return order ? order : (*x > *y) - (*x < *y);
}

/* Lets every pending LFS item know the first of the same content. */
static int find_contents(struct upload *u, struct err *e)
{
    struct upload_item **sorted = calloc(u->count, sizeof *sorted);
    size_t n = 0;
    if (!sorted)
        return err_set(e, ERR_IO, 0, "out of memory for %zu files", u->count);
    for (size_t i = 0; i < u->count; i++) {
        u->items[i].content = NULL;
        if (upload_is_pending(&u->items[i]) && u->items[i].lfs)
            sorted[n++] = &u->items[i];
    }
    qsort(sorted, n, sizeof *sorted, by_hash);
    for (size_t i = 0; i < n; i++) {
        bool same = i > 0 && strcmp(sorted[i]->sha256, sorted[i - 1]->sha256) == 0;
        sorted[i]->content = same ? sorted[i - 1]->content : sorted[i];
    }
    free(sorted);
    return 0;
}

static bool is_content(const struct upload_item *item)
{
    return item->content == item;
}

/* In the order of the list, which puts what matters first. */
static struct upload_object *list_objects(struct upload *u, size_t *count, struct err *e)
{
    struct upload_object *objects = calloc(u->count, sizeof *objects);
    *count = 0;
    if (!objects) {
        (void)err_set(e, ERR_IO, 0, "out of memory for %zu files", u->count);
        return NULL;
    }
    for (size_t i = 0; i < u->count; i++) {
        if (!is_content(&u->items[i]))
            continue;
        struct upload_object *o = &objects[(*count)++];
        *o = (struct upload_object){.item = &u->items[i], .fd = -1};
        buf_init(&o->body, BODY_MAX);
        buf_init(&o->url, HTTP_URL_MAX);
    }
    return objects;
}

/* What one window held; the object itself is asked about again or done. */
static void let_go(struct upload_object *o)
{
    if (o->fd >= 0)
        close(o->fd);
    o->fd = -1;
    for (size_t i = 0; o->etags && i < o->action.part_count; i++)
        free(o->etags[i]);
    free(o->etags);
    o->etags = NULL;
    hub_lfs_release(&o->action);
    buf_release(&o->body);
    buf_release(&o->url);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int write_batch(
    const struct upload *u, const struct upload_object *objects, size_t n, struct buf *out)
{
    struct json *j = json_new_object(), *transfers = json_new_array(), *ref = json_new_object(),
                *list = json_new_array();
    int failed = json_add_str(j, "operation", "upload");
    failed |= json_push(transfers, json_new_string("basic"));
    failed |= json_push(transfers, json_new_string("multipart"));
    failed |= json_add(j, "transfers", transfers);
    failed |= json_add_str(j, "hash_algo", "sha256");
    failed |= json_add_str(ref, "name", u->revision);
    failed |= json_add(j, "ref", ref);
    for (size_t i = 0; i < n; i++) {
        struct json *object = json_new_object();
        failed |= json_add_str(object, "oid", objects[i].item->sha256);
        failed |= json_add_int(object, "size", objects[i].item->file->size);
        failed |= json_push(list, object);
    }
    failed |= json_add(j, "objects", list);
    failed |= json_print(j, out);
    json_free(j);
    return failed;
}

static struct json *ask_batch(
    struct upload *u, const struct upload_object *objects, size_t n, struct err *e)
{
    struct buf url, body;
    struct json *answer = NULL;
    buf_init(&url, HTTP_URL_MAX);
    buf_init(&body, BODY_MAX);
    if (buf_printf(&url, "%s/%s.git/info/lfs/objects/batch", u->hub->endpoint, u->plan->repo) ||
        write_batch(u, objects, n, &body)) {
        (void)err_set(e, ERR_IO, 0, "out of memory for a request to the Hub");
    } else {
        struct hub_call call = {.method = HTTP_POST,
            .url = buf_str(&url),
            .form = HUB_LFS,
            .body = &body,
            .retry = HTTP_RETRY_SAFE,
            .deadline_ms = HUB_SLOW_MS,
            .stall_ms = HUB_SLOW_STALL_MS};
        answer = hub_ask(u->hub, &call, "ask where to send files", NULL, u->cancel, e);
    }
    buf_release(&body);
    buf_release(&url);
    return answer;
}

static const struct json *find_object(const struct json *answer, const char *oid)
{
    const struct json *o = json_first(json_get(answer, "objects"));
    while (o && strcmp(json_str_or(o, "oid", ""), oid) != 0)
        o = json_next(o);
    return o;
}

/* Shows for every file of this content that its bytes are on their way. */
static void show_sending(struct upload *u, const struct upload_object *o)
{
    for (size_t i = 0; i < u->count; i++)
        if (u->items[i].content == o->item)
            upload_sending(&u->items[i]);
}

/* Reads the answer for each; opens the files of those that are to be sent. A refusal stays with its
 * object; what is wrong here ends the upload. */
static int prepare(struct upload *u, struct upload_object *objects, size_t n,
    const struct json *answer, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        struct upload_object *o = &objects[i];
        const struct json *told = find_object(answer, o->item->sha256);
        err_clear(&o->error);
        if (hub_lfs_read(told, o->item->file->size, &o->action, &o->error)) {
            /* 5xx may be over when asked again */
            o->refused = o->error.number < 500;
            continue;
        }
        if (o->action.stored)
            continue;
        o->fd = upload_open(o->item, e);
        if (o->fd < 0)
            return err_wrap(e, "%s", o->item->file->path.s);
        o->etags = calloc(o->action.part_count, sizeof *o->etags);
        if (!o->etags)
            return err_set(e, ERR_IO, 0, "out of memory for the parts of a file");
        show_sending(u, o);
    }
    return 0;
}

/* ---- a window -------------------------------------------------------------------------------- */

/* None of what was sent may have changed while it was read. */
static int check_unchanged(const struct upload_object *objects, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        int fd = objects[i].fd >= 0 ? upload_open(objects[i].item, e) : 0;
        if (fd < 0)
            return err_wrap(e, "%s", objects[i].item->file->path.s);
        if (fd > 0)
            close(fd);
    }
    return 0;
}

/* Counts what went over the wire and tells every file of this content how it went. */
static void settle(struct upload *u, struct upload_object *o, bool *moved)
{
    int64_t sent = atomic_load(&o->item->sent.sent);
    bool good = o->error.class == ERR_NONE;
    u->out->sent += sent;
    for (size_t i = 0; i < u->count; i++) {
        if (u->items[i].content != o->item)
            continue;
        if (good)
            upload_stored(&u->items[i], !o->action.stored);
        else
            upload_failed(&u->items[i], o->error.message);
    }
    atomic_store(&o->item->sent.sent, 0);
    *moved = *moved || !o->action.stored;
    o->done = good;
}

static int send_window(
    struct upload *u, struct upload_object *objects, size_t n, bool *moved, struct err *e)
{
    struct json *answer = ask_batch(u, objects, n, e);
    int rc = answer ? prepare(u, objects, n, answer, e) : -1;
    if (rc == 0)
        rc = upload_send_parts(u, objects, n, e);
    if (rc == 0)
        rc = check_unchanged(objects, n, e);
    if (rc == 0)
        rc = upload_complete(u, objects, n, e);
    if (rc == 0)
        rc = upload_verify(u, objects, n, e);
    for (size_t i = 0; i < n; i++) {
        if (rc == 0)
            settle(u, &objects[i], moved);
        let_go(&objects[i]);
    }
    json_free(answer);
    return rc;
}

/* How many of the objects are asked about at a time: at least one. */
static size_t window_length(const struct upload_object *objects, size_t n)
{
    int64_t bytes = objects[0].item->file->size;
    size_t length = 1;
    while (
        length < n && length < WINDOW && bytes + objects[length].item->file->size <= window_bytes)
        bytes += objects[length++].item->file->size;
    return length;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

/* Keeps the objects that have yet to be sent, in their order; returns how many. */
static size_t keep_open(struct upload_object *objects, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!objects[i].done && !objects[i].refused)
            objects[kept++] = objects[i];
    return kept;
}

static void note_refused(
    const struct upload_object *objects, size_t n, size_t *count, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        if (!objects[i].refused || (*count)++ > 0)
            continue;
        if (e)
            *e = objects[i].error;
        (void)err_wrap(e, "%s", objects[i].item->file->path.s);
    }
}

/* The total, as far as the offer tells: some may turn out to be stored. */
static void show_total(struct upload *u)
{
    int64_t needed = 0;
    for (size_t i = 0; i < u->count; i++) {
        const struct upload_item *item = &u->items[i];
        if (upload_is_pending(item) && (!item->lfs || is_content(item)))
            needed += item->file->size;
    }
    upload_total(u, needed);
}

static int send_rounds(
    struct upload *u, struct upload_object *objects, size_t n, bool *moved, struct err *e)
{
    size_t refused = 0;
    for (int round = 0; n > 0 && round < ROUNDS; round++) {
        if (round > 0 && hub_pause(u->cancel, (int64_t)PAUSE_MS << round, e))
            return -1;
        for (size_t at = 0; at < n;) {
            size_t length = window_length(objects + at, n - at);
            if (send_window(u, objects + at, length, moved, e))
                return -1;
            at += length;
        }
        note_refused(objects, n, &refused, e);
        n = keep_open(objects, n);
    }
    if (refused > 0)
        return -1;
    if (n > 0 && e)
        *e = objects[0].error;
    return n > 0 ? err_wrap(e, "%s", objects[0].item->file->path.s) : 0;
}

int upload_send(struct upload *u, bool *moved, struct err *e)
{
    size_t n = 0;
    *moved = false;
    if (find_contents(u, e))
        return -1;
    struct upload_object *objects = list_objects(u, &n, e);
    if (!objects)
        return -1;
    show_total(u);
    int rc = send_rounds(u, objects, n, moved, e);
    free(objects);
    return rc;
}
