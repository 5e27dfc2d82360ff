/* What a SQLSTATE means to the operator. One table: the longest fitting beginning comes first; the
 * words say what it means here, the database's own text follows. SQLite's codes are turned into
 * SQLSTATEs by its driver, so there is one such table. */
#include "client/db_internal.h"

#include <string.h>

struct meaning {
    const char *begins;
    enum err_class class;
    const char *words; /* NULL = the database's text alone */
    const char *hint;  /* NULL = none */
};

static const struct meaning meanings[] = {
    {"08", ERR_NET, "the connection to the database was lost", NULL},
    {"22", ERR_INPUT, "the database cannot take a value", NULL},
    {"23505", ERR_STATE, "there is such a row already", NULL},
    {"23503", ERR_STATE, "a row that this one belongs to is missing",
        "is user_id the id of a user of this database?"},
    {"23", ERR_STATE, "the row breaks a rule of its table", NULL},
    {"25006", ERR_STATE, "the database is read-only", NULL},
    {"28", ERR_AUTH, "the database refuses the login", "check user and password in the address"},
    {"3D000", ERR_INPUT, "there is no such database", NULL},
    {"40", ERR_STATE, "another session changed the same rows", "try again"},
    {"42501", ERR_AUTH, "the database refuses this to us", NULL},
    {"42703", ERR_STATE, "a column is missing", "`slipway doctor` lists what is missing"},
    {"42P01", ERR_STATE, "a table is missing",
        "`slipway migrate` makes the tables in an empty database"},
    {"53300", ERR_NET, "the database has no connection free", NULL},
    {"55P03", ERR_TIMEOUT, "another session holds a lock", "try again"},
    {"57014", ERR_TIMEOUT, "the database took too long", NULL},
    {"57P", ERR_NET, "the database is shutting down or starting", NULL},
    {"58030", ERR_IO, NULL, NULL},
    {"XX001", ERR_IO, NULL, "keep a copy of the file and move it away; a new one is then made"},
    {"", ERR_REMOTE, "the database reports a fault", NULL},
};

static const struct meaning *meaning_of(const char *sqlstate)
{
    const struct meaning *m = meanings;
    while (strncmp(sqlstate, m->begins, strlen(m->begins)) != 0)
        m++; /* the last one begins everything */
    return m;
}

int db_fail(struct db *d, const char *sqlstate, const char *text, struct err *e)
{
    size_t length = strnlen(sqlstate, DB_SQLSTATE_MAX - 1);
    memmove(d->sqlstate, sqlstate, length);
    d->sqlstate[length] = '\0';
    const struct meaning *m = meaning_of(d->sqlstate);
    if (m->class == ERR_TIMEOUT && cancel_check(d->cancel, e))
        return -1;
    if (m->words)
        err_set(e, m->class, 0, "%s: %s", m->words, text);
    else
        err_set(e, m->class, 0, "%s", text);
    if (m->hint)
        err_hint(e, "%s", m->hint);
    return -1;
}
