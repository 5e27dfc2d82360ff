/* Multi-part uploads under way. A record is written when the Hub has given the addresses of its parts,
 * each part's ETag when it is there, and all of it goes when the object is stored.
 *
 * The addresses carry their right in themselves and are of no use masked, so they pass the redactor by
 * (STATE_KEPT); nothing of them is ever shown, the file is 0600, and a day later they are gone.
 *
 * An ETag is written as each part ends, while others are being sent. It has to outlive the process, not
 * the power: without a sync to the disk it is a matter of microseconds, and what a power cut loses is
 * only sent again. */
#include "base/clock.h"
#include "client/state_internal.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* ---- the struct ------------------------------------------------------------------------------ */

int kept_upload_init(struct kept_upload *u, int64_t size, int64_t chunk, struct err *e)
{
    int64_t count = size < 1 || chunk < 1 ? 0 : size / chunk + (size % chunk != 0);
    *u = (struct kept_upload){.size = size, .chunk = chunk};
    if (count < 1 || count > KEPT_PARTS_MAX)
        return err_set(e, ERR_REMOTE, 0, "the size of a part is not possible");
    u->urls = calloc((size_t)count, sizeof *u->urls);
    u->etags = calloc((size_t)count, sizeof *u->etags);
    u->part_count = (size_t)count;
    if (u->urls && u->etags)
        return 0;
    kept_upload_release(u);
    return err_set(e, ERR_IO, 0, "out of memory for %lld parts", (long long)count);
}

static void free_texts(char **texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++)
        free(texts[i]);
    free(texts);
}

void kept_upload_release(struct kept_upload *u)
{
    free_texts(u->urls, u->part_count);
    free_texts(u->etags, u->part_count);
    free(u->href);
    free(u->verify);
    *u = (struct kept_upload){0};
}

/* ---- writing --------------------------------------------------------------------------------- */

static void sync_with(struct state *s, const char *how)
{
    (void)sqlite3_exec(
        s->db, how, NULL, NULL, NULL); /* what cannot be set stays as safe as it is */
}

static int end_unsynced(struct state *s, int result, struct err *e)
{
    result = state_end(s, result, e);
    sync_with(s, "PRAGMA synchronous = FULL");
    return result;
}

static int begin_unsynced(struct state *s, struct err *e)
{
    sync_with(s, "PRAGMA synchronous = NORMAL");
    if (state_begin(s, STATE_BEGIN_WRITE, e) == 0)
        return 0;
    sync_with(s, "PRAGMA synchronous = FULL");
    return -1;
}

static int remove_old(struct state *s, const struct kept_key *key, int64_t now, struct err *e)
{
    const struct state_value old[] = {VALUE_INT(now - DAY_MS), VALUE_INT(STATE_UPLOADS_MAX)};
    const struct state_value same[] = {
        VALUE_KEPT(key->endpoint), VALUE_KEPT(key->repository), VALUE_KEPT(key->oid)};
    return state_run(s, STATE_UPLOAD_PRUNE, old, COUNT(old), e) ||
                   state_run(s, STATE_UPLOAD_REMOVE, same, COUNT(same), e)
               ? -1
               : 0;
}

static int put_part(struct state *s, const struct kept_upload *u, size_t i, struct err *e)
{
    const struct state_value row[] = {VALUE_INT(u->id), VALUE_INT((int64_t)i + 1),
        VALUE_KEPT(u->urls[i]), VALUE_KEPT(u->etags[i])};
    return state_run(s, STATE_UPLOAD_PART_PUT, row, COUNT(row), e);
}

static int put_all(
    struct state *s, const struct kept_key *key, struct kept_upload *u, struct err *e)
{
    int64_t now = clock_wall_ms(clock_real());
    const struct state_value row[] = {VALUE_KEPT(key->endpoint), VALUE_KEPT(key->repository),
        VALUE_KEPT(key->oid), VALUE_INT(u->size), VALUE_INT(u->chunk), VALUE_KEPT(u->href),
        VALUE_KEPT(u->verify), VALUE_INT(now)};
    if (remove_old(s, key, now, e) || state_run(s, STATE_UPLOAD_PUT, row, COUNT(row), e))
        return -1;
    u->id = sqlite3_last_insert_rowid(s->db);
    for (size_t i = 0; i < u->part_count; i++)
        if (put_part(s, u, i, e))
            return -1;
    return 0;
}

int state_upload_put(
    struct state *s, const struct kept_key *key, struct kept_upload *u, struct err *e)
{
    if (begin_unsynced(s, e))
        return -1;
    int rc = end_unsynced(s, put_all(s, key, u, e), e);
    if (rc)
        u->id = 0;
    return rc;
}

int state_upload_part(struct state *s, int64_t id, size_t part, const char *etag, struct err *e)
{
    const struct state_value row[] = {
        VALUE_INT(id), VALUE_INT((int64_t)part + 1), VALUE_KEPT(etag)};
    if (begin_unsynced(s, e))
        return -1;
    return end_unsynced(s, state_run(s, STATE_UPLOAD_PART_SENT, row, COUNT(row), e), e);
}

int state_upload_remove(struct state *s, const struct kept_key *key, struct err *e)
{
    if (begin_unsynced(s, e))
        return -1;
    return end_unsynced(s, remove_old(s, key, clock_wall_ms(clock_real()), e), e);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* False when memory is out; a column that is NULL leaves *out so. */
static bool dup_column(struct sqlite3_stmt *query, int column, char **out)
{
    if (sqlite3_column_type(query, column) == SQLITE_NULL)
        return true;
    *out = strdup(state_column_text(query, column));
    return *out != NULL;
}

static bool read_head(
    struct state *s, const struct kept_key *key, int64_t size, struct kept_upload *out)
{
    const struct state_value by[] = {VALUE_KEPT(key->endpoint), VALUE_KEPT(key->repository),
        VALUE_KEPT(key->oid), VALUE_INT(size), VALUE_INT(clock_wall_ms(clock_real()) - DAY_MS)};
    struct sqlite3_stmt *query = state_query(s, STATE_UPLOAD_GET, by, COUNT(by), NULL);
    bool found = query && state_step(s, query, NULL) == 1 &&
                 kept_upload_init(out, size, state_column_int(query, 1), NULL) == 0;
    if (found) {
        out->id = state_column_int(query, 0);
        found = dup_column(query, 2, &out->href) && dup_column(query, 3, &out->verify);
    }
    state_reset(query);
    return found && out->href;
}

/* Exactly the parts that size and chunk make, in order. */
static bool read_parts(struct state *s, struct kept_upload *out)
{
    struct sqlite3_stmt *query = state_query(s, STATE_UPLOAD_PARTS, &VALUE_INT(out->id), 1, NULL);
    size_t n = 0;
    int row = 0;
    bool good = query != NULL;
    while (good && (row = state_step(s, query, NULL)) == 1) {
        good = n < out->part_count && state_column_int(query, 0) == (int64_t)n + 1 &&
               dup_column(query, 1, &out->urls[n]) && dup_column(query, 2, &out->etags[n]);
        n++;
    }
    state_reset(query);
    return good && row == 0 && n == out->part_count;
}

bool state_upload_get(
    struct state *s, const struct kept_key *key, int64_t size, struct kept_upload *out)
{
    *out = (struct kept_upload){0};
    if (read_head(s, key, size, out) && read_parts(s, out))
        return true;
    kept_upload_release(out);
    return false;
}
