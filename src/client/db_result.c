/* A result is one buffer of cell texts, each with its NUL, and an array with the place of each: a
 * result of a hundred thousand rows is two allocations that grow, and both have a maximum. */
#include "client/db_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct db_result {
    char names[DB_COLUMNS_MAX][DB_NAME_MAX];
    size_t columns;
    struct buf bytes;
    uint32_t *places; /* 0 = NULL, else 1 + offset; DB_BYTES_MAX fits */
    size_t cells, room;
    int64_t affected;
};

struct db_result *db_result_new(void)
{
    struct db_result *r = calloc(1, sizeof *r);
    if (r)
        buf_init(&r->bytes, DB_BYTES_MAX);
    return r;
}

void db_result_free(struct db_result *r)
{
    if (!r)
        return;
    buf_release_secret(&r->bytes);
    free(r->places);
    free(r);
}

/* SQLite calls an expression by its text: what is too long for a name has none, only its place. */
int db_result_column(struct db_result *r, const char *name)
{
    size_t length = strlen(name);
    if (r->columns == DB_COLUMNS_MAX)
        return -1;
    if (length < DB_NAME_MAX)
        memcpy(r->names[r->columns], name, length + 1);
    r->columns++;
    return 0;
}

static int make_room(struct db_result *r)
{
    if (r->cells < r->room)
        return 0;
    if (r->columns == 0 || r->cells / r->columns >= DB_ROWS_MAX)
        return -1;
    size_t room = r->room > 0 ? r->room * 2 : 64;
    uint32_t *places = reallocarray(r->places, room, sizeof *places);
    if (!places)
        return -1;
    r->places = places;
    r->room = room;
    return 0;
}

/* A NUL inside a text (SQLite can hold one) becomes U+FFFD: cutting there would be a lie. */
static int append_text(struct buf *b, const char *bytes, size_t n)
{
    int failed = 0;
    for (;;) {
        const char *nul = n > 0 ? memchr(bytes, '\0', n) : NULL;
        size_t part = nul ? (size_t)(nul - bytes) : n;
        failed |= part > 0 ? buf_append(b, bytes, part) : 0;
        if (!nul)
            return failed | buf_char(b, '\0');
        failed |= buf_str_append(b, "\xEF\xBF\xBD");
        bytes += part + 1;
        n -= part + 1;
    }
}

int db_result_cell(struct db_result *r, const char *bytes, size_t n)
{
    if (r->columns == 0 || r->cells / r->columns >= DB_ROWS_MAX || make_room(r))
        return -1;
    uint32_t place = 0;
    if (bytes) {
        place = (uint32_t)r->bytes.len + 1;
        if (append_text(&r->bytes, bytes, n))
            return -1;
    }
    r->places[r->cells++] = place;
    return 0;
}

void db_result_affected(struct db_result *r, int64_t rows)
{
    r->affected = rows;
}

int db_result_fail(struct err *e)
{
    return err_set(e, ERR_REMOTE, 0,
        "the database answers with more than is taken (%d rows, %d MiB, %d columns)", DB_ROWS_MAX,
        DB_BYTES_MAX >> 20, DB_COLUMNS_MAX);
}

size_t db_rows(const struct db_result *r)
{
    return r->columns > 0 ? r->cells / r->columns : 0;
}

size_t db_columns(const struct db_result *r)
{
    return r->columns;
}

const char *db_cell_at(const struct db_result *r, size_t row, size_t column)
{
    if (column >= r->columns || row >= db_rows(r))
        return NULL;
    uint32_t place = r->places[row * r->columns + column];
    return place > 0 ? r->bytes.data + place - 1 : NULL;
}

const char *db_cell(const struct db_result *r, size_t row, const char *column)
{
    for (size_t i = 0; i < r->columns; i++)
        if (strcmp(r->names[i], column) == 0)
            return db_cell_at(r, row, i);
    return NULL;
}

int64_t db_affected(const struct db_result *r)
{
    return r->affected;
}
