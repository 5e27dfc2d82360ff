/* What every part of the registry shares: which columns the live database has, and the transaction
 * around each call.
 *
 * The columns are learnt inside the first transaction of a connection and kept; they are learnt
 * again after a reconnection, while a table is missing (somebody may be migrating) and when the
 * database says that one is not there any more. */
#include "client/registry_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- life
 * ---------------------------------------------------------------------------------------- */

struct registry *registry_new(struct db *take, const char *user_id, struct err *e)
{
    struct registry *r = calloc(1, sizeof *r);
    size_t length = user_id ? strlen(user_id) : 0;
    if (r && length < REGISTRY_USER_MAX)
        r->numbers = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!r || !r->numbers) {
        free(r);
        db_close(take);
        if (length >= REGISTRY_USER_MAX)
            err_set(e, ERR_INPUT, 0, "the profile's user_id is not a UUID");
        else
            err_set(e, ERR_IO, ENOMEM, "no memory for the registry");
        return NULL;
    }
    r->db = take;
    memcpy(r->user_id, user_id ? user_id : "", length + 1);
    return r;
}

void registry_free(struct registry *r)
{
    if (!r)
        return;
    db_close(r->db);
    freelocale(r->numbers);
    free(r);
}

bool registry_hidden(const struct registry *r)
{
    return r->hidden;
}

const char *registry_role(const struct registry *r)
{
    return db_role(r->db);
}

/* ---- columns
 * ------------------------------------------------------------------------------------- */

static void mark(bool *has, const struct registry_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n; i++)
        if (strcmp(schema->columns[i].name, name) == 0)
            has[i] = true;
}

static int learn_table(struct registry *r, enum registry_table t, struct err *e)
{
    char names[DB_COLUMNS_MAX][DB_NAME_MAX];
    size_t n;
    memset(r->has[t], 0, sizeof r->has[t]);
    if (db_table_columns(r->db, registry_schemas[t].name, names, DB_COLUMNS_MAX, &n, e))
        return -1;
    for (size_t i = 0; i < n; i++)
        mark(r->has[t], &registry_schemas[t], names[i]);
    return 0;
}

static bool is_all_there(const struct registry *r)
{
    for (enum registry_table t = 0; t < REGISTRY_TABLES; t++)
        if (!registry_has(r, t, "id"))
            return false;
    return true;
}

static int learn(struct registry *r, struct err *e)
{
    unsigned now = db_connections(r->db);
    if (r->seen == now && is_all_there(r))
        return 0;
    r->seen = 0;
    for (enum registry_table t = 0; t < REGISTRY_TABLES; t++)
        if (learn_table(r, t, e))
            return -1;
    if (db_table_unique(r->db, "llm_models", "name,user_id", &r->name_unique, e))
        return -1;
    r->seen = now;
    return 0;
}

bool registry_has(const struct registry *r, enum registry_table t, const char *column)
{
    for (size_t i = 0; i < registry_schemas[t].n; i++)
        if (strcmp(registry_schemas[t].columns[i].name, column) == 0)
            return r->has[t][i];
    return false;
}

int registry_need(const struct registry *r, enum registry_table t, struct err *e)
{
    static const char *const needed[] = {"id", "user_id"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!registry_has(r, t, needed[i])) {
            err_set(e, ERR_STATE, 0, "the database has no %s with %s and %s that we may see",
                registry_schemas[t].name, needed[0], needed[1]);
            return err_hint(e, "`slipway migrate` makes the tables in an empty database");
        }
    return 0;
}

/* ---- transactions
 * -------------------------------------------------------------------------------- */

int registry_begin(struct registry *r, enum db_mode mode, struct cancel *cancel, struct err *e)
{
    if (db_begin(r->db, mode, cancel, e))
        return -1;
    if (learn(r, e) == 0)
        return 0;
    db_rollback(r->db);
    return -1;
}

int registry_end(struct registry *r, int result, struct err *e)
{
    if (result == 0)
        return db_commit(r->db, e);
    if (strncmp(db_sqlstate(r->db), "42", 2) == 0)
        r->seen = 0;
    db_rollback(r->db);
    return -1;
}

int registry_append_user(const struct registry *r, struct buf *sql, size_t param)
{
    return r->user_id[0] ? buf_printf(sql, "user_id = $%zu", param)
                         : buf_str_append(sql, "user_id IS NULL");
}
