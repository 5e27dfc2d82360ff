/* hub_upload_offer: asks the Hub how it wants each file and which it has already (§3). Never guessed
 * here: a file that is sent inline although the Hub wants it as LFS fails the commit. An empty file is
 * always inline, because the storage takes no empty objects. */
#include "client/hub_digest.h"
#include "client/hub_upload_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    FILES_AT_ONCE = 100,
    SAMPLE = 512,
    RULES_MAX = 10 * 1024 * 1024, /* of .gitattributes and .gitignore */
    BODY_MAX = 64 * 1024 * 1024,
    ANSWER_MAX = 16 * 1024 * 1024
};

bool upload_is_pending(const struct upload_item *item)
{
    return !item->ignored && !item->unchanged;
}

size_t upload_pending(const struct upload *u)
{
    size_t n = 0;
    for (size_t i = 0; i < u->count; i++)
        n += upload_is_pending(&u->items[i]);
    return n;
}

/* Up to `n` bytes from the beginning; -1 when they cannot be read. */
static ssize_t read_start(int fd, void *out, size_t n)
{
    size_t got = 0;
    while (got < n) {
        ssize_t r = pread(fd, (char *)out + got, n - got, (off_t)got);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        if (r == 0)
            break;
        got += (size_t)r;
    }
    return (ssize_t)got;
}

static int add_sample(struct upload_item *item, struct json *file, struct err *e)
{
    unsigned char bytes[SAMPLE];
    struct buf text;
    int fd = upload_open(item, e);
    if (fd < 0)
        return -1;
    ssize_t n = read_start(fd, bytes, sizeof bytes);
    int number = errno;
    close(fd);
    if (n < 0)
        return err_errno(e, number, "%s cannot be read", item->file->path.s);
    buf_init(&text, 2 * SAMPLE);
    int failed = hub_base64(bytes, (size_t)n, &text);
    failed |= json_add_str(file, "sample", buf_str(&text));
    buf_release(&text);
    return failed ? err_set(e, ERR_IO, 0, "out of memory for an offer") : 0;
}

/* The rules that come with this upload hold for it already. */
static int add_rules(
    struct upload *u, const char *path, const char *key, struct json *body, struct err *e)
{
    struct buf text;
    int rc = 0;
    for (size_t i = 0; i < u->count && rc == 0; i++) {
        struct upload_item *item = &u->items[i];
        if (strcmp(item->file->raw_path, path) != 0)
            continue;
        buf_init(&text, RULES_MAX);
        rc = upload_read(item, &text, e);
        if (rc == 0 && json_add_str(body, key, buf_str(&text)))
            rc = err_set(e, ERR_IO, 0, "out of memory for %s", path);
        buf_release(&text);
    }
    return rc;
}

static int add_file(struct upload_item *item, struct json *files, struct err *e)
{
    struct json *file = json_new_object();
    int failed = json_add_str(file, "path", item->file->raw_path);
    failed |= json_add_int(file, "size", item->file->size);
    if (failed) {
        json_free(file);
        return err_set(e, ERR_IO, 0, "out of memory for an offer");
    }
    if (add_sample(item, file, e)) {
        json_free(file);
        return -1;
    }
    return json_push(files, file) ? err_set(e, ERR_IO, 0, "out of memory for an offer") : 0;
}

static int write_body(struct upload *u, size_t from, size_t n, struct buf *out, struct err *e)
{
    struct json *body = json_new_object(), *files = json_new_array();
    int rc = 0;
    for (size_t i = from; i < from + n && rc == 0; i++)
        rc = add_file(&u->items[i], files, e);
    if (json_add(body, "files", files) && rc == 0)
        rc = err_set(e, ERR_IO, 0, "out of memory for an offer");
    if (rc == 0)
        rc = add_rules(u, ".gitattributes", "gitAttributes", body, e);
    if (rc == 0)
        rc = add_rules(u, ".gitignore", "gitIgnore", body, e);
    if (rc == 0 && json_print(body, out))
        rc = err_set(e, ERR_IO, 0, "an offer of %zu files is too large", n);
    json_free(body);
    return rc;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static const struct json *find_answer(const struct json *list, const char *path)
{
    const struct json *f = json_first(list);
    while (f && strcmp(json_str_or(f, "path", ""), path) != 0)
        f = json_next(f);
    return f;
}

static int take_answer(struct upload_item *item, const struct json *answer, struct err *e)
{
    const char *mode = json_str_or(answer, "uploadMode", "");
    bool lfs = strcmp(mode, "lfs") == 0;
    if (!lfs && strcmp(mode, "regular") != 0)
        return err_set(
            e, ERR_REMOTE, 0, "the Hub does not say how it wants %s", item->file->path.s);
    item->lfs = lfs && item->file->size > 0;
    item->ignored = json_bool(answer, "shouldIgnore", false);
    item->unchanged = false; /* that is known by its hash */
    const char *there = json_str_or(answer, "oid", "");
    bool is_hash = hub_is_hex(there, 40) || hub_is_hex(there, 64);
    (void)snprintf(item->there, sizeof item->there, "%s", is_hash ? there : "");
    upload_tick(item, TICK_OFFERED);
    if (item->ignored)
        upload_note(item, "left out: the repository's .gitignore names it");
    return 0;
}

/* The answers come in the order of the offer; those that do not are searched for. */
static int take_answers(
    struct upload *u, size_t from, size_t n, const struct json *answer, struct err *e)
{
    const struct json *list = json_get(answer, "files"), *next = json_first(list);
    for (size_t i = from; i < from + n; i++) {
        const char *path = u->items[i].file->raw_path;
        const struct json *one =
            strcmp(json_str_or(next, "path", ""), path) == 0 ? next : find_answer(list, path);
        if (take_answer(&u->items[i], one, e))
            return -1;
        next = one ? json_next(one) : NULL;
    }
    return 0;
}

/* The first answer's head counts: when another commit comes in between, ours is refused. */
static int take_head(struct upload *u, size_t from, const struct json *answer, struct err *e)
{
    const char *head = json_str(answer, "commitOid");
    if (from > 0)
        return 0;
    if (!hub_is_hex(head, 40))
        return upload_ask_head(u, u->head, e);
    memcpy(u->head, head, sizeof u->head);
    return 0;
}

static int offer_some(struct upload *u, size_t from, size_t n, struct err *e)
{
    struct buf url, body;
    struct json *answer = NULL;
    int rc = -1;
    buf_init(&url, HTTP_URL_MAX);
    buf_init(&body, BODY_MAX);
    if (write_body(u, from, n, &body, e) || upload_url(u, "preupload", &url, e))
        goto out;
    struct hub_call call = {.method = HTTP_POST,
        .url = buf_str(&url),
        .body = &body,
        .retry = HTTP_RETRY_SAFE,
        .deadline_ms = HUB_SLOW_MS,
        .answer_max = ANSWER_MAX};
    answer = hub_ask(u->hub, &call, "offer the files to the Hub", NULL, u->cancel, e);
    if (answer)
        rc = take_head(u, from, answer, e) || take_answers(u, from, n, answer, e) ? -1 : 0;
out:
    json_free(answer);
    buf_release(&body);
    buf_release(&url);
    return rc;
}

int upload_offer(struct upload *u, struct err *e)
{
    for (size_t i = 0; i < u->count; i += FILES_AT_ONCE) {
        size_t n = u->count - i < FILES_AT_ONCE ? u->count - i : FILES_AT_ONCE;
        if (offer_some(u, i, n, e))
            return -1;
    }
    return 0;
}
