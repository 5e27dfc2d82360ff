/* Hashes of files and small facts. Both are a memory that helps, so what cannot be read counts as
 * not known; that it cannot be kept is told. */
#include "client/state_internal.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { SHA256_DIGITS = 64 };

static bool is_sha256(const char *s)
{
    return strlen(s) == SHA256_DIGITS && strspn(s, "0123456789abcdef") == SHA256_DIGITS;
}

bool state_hash_get(struct state *s, const struct file_identity *id, char sha256[65])
{
    const struct state_value key[] = {VALUE_INT((int64_t)id->device), VALUE_INT((int64_t)id->inode),
        VALUE_INT(id->size), VALUE_INT(id->modified_ns), VALUE_INT(id->changed_ns)};
    struct sqlite3_stmt *query = state_query(s, STATE_HASH_GET, key, COUNT(key), NULL);
    bool known = query && state_step(s, query, NULL) == 1 && is_sha256(state_column_text(query, 0));
    memcpy(sha256, known ? state_column_text(query, 0) : "", known ? SHA256_DIGITS + 1 : 1);
    state_reset(query);
    return known;
}

int state_hash_put(
    struct state *s, const struct file_identity *id, const char sha256[65], struct err *e)
{
    const struct state_value row[] = {VALUE_INT((int64_t)id->device), VALUE_INT((int64_t)id->inode),
        VALUE_INT(id->size), VALUE_INT(id->modified_ns), VALUE_INT(id->changed_ns),
        VALUE_TEXT(sha256)};
    if (!is_sha256(sha256))
        return err_set(e, ERR_BUG, 0, "a hash that is none was to be kept");
    if (state_begin(s, STATE_BEGIN_WRITE, e))
        return -1;
    int result = state_run(s, STATE_HASH_PUT, row, COUNT(row), e);
    if (result == 0)
        result = state_run(s, STATE_HASH_PRUNE, &VALUE_INT(STATE_HASHES_MAX), 1, e);
    return state_end(s, result, e);
}

int state_hash_drop(struct state *s, const struct file_identity *id, struct err *e)
{
    const struct state_value key[] = {VALUE_INT((int64_t)id->device), VALUE_INT((int64_t)id->inode),
        VALUE_INT(id->size), VALUE_INT(id->modified_ns), VALUE_INT(id->changed_ns)};
    return state_run(s, STATE_HASH_DROP, key, COUNT(key), e);
}

const char *state_fact(struct state *s, const char *name, struct arena *a)
{
    struct sqlite3_stmt *query = state_query(s, STATE_FACT_GET, &VALUE_TEXT(name), 1, NULL);
    const char *value = NULL;
    if (query && state_step(s, query, NULL) == 1)
        value = text_from(a, state_column_text(query, 0)).s;
    state_reset(query);
    return value;
}

int state_fact_set(struct state *s, const char *name, const char *value, struct err *e)
{
    const struct state_value row[] = {VALUE_TEXT(name), VALUE_TEXT(value)};
    return value ? state_run(s, STATE_FACT_PUT, row, COUNT(row), e)
                 : state_run(s, STATE_FACT_REMOVE, row, 1, e);
}
