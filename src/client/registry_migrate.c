/* Making the tables, and saying what a live database lacks.
 *
 * All or nothing, in one transaction under a lock, so that two who migrate at once do not meet
 * half-way. The tables belong to the role that logged in, so this goes without claims. Where the
 * database has auth.users and auth.uid() it is Supabase: user_id then refers to its users, and row
 * level security comes with the tables, since there a table in `public` without it is open to
 * everybody with the public key. */
#include "client/registry_internal.h"

#include <string.h>

/* ---- migrate
 * ------------------------------------------------------------------------------------- */

/* How many of the tables exist; the others are named in `missing`. */
static int count_tables(struct registry *r, int *found, struct buf *missing, struct err *e)
{
    *found = 0;
    for (enum registry_table t = 0; t < REGISTRY_TABLES; t++) {
        bool exists;
        if (db_table_exists(r->db, registry_schemas[t].name, &exists, e))
            return -1;
        *found += exists;
        if (!exists)
            buf_printf(missing, "%s%s", missing->len > 0 ? ", " : "", registry_schemas[t].name);
    }
    return 0;
}

static int create(struct registry *r, const struct registry_schema *s, struct err *e)
{
    struct buf sql;
    buf_init(&sql, REGISTRY_SQL_MAX);
    int failed = buf_printf(&sql, "CREATE TABLE {table %s} (", s->name);
    for (size_t i = 0; i < s->n; i++)
        failed |= buf_printf(
            &sql, "%s\"%s\" %s", i > 0 ? ", " : "", s->columns[i].name, s->columns[i].type);
    if (s->constraint)
        failed |= buf_printf(&sql, ", %s", s->constraint);
    failed |= buf_str_append(&sql, ") {strict}");
    int result = failed ? err_set(e, ERR_BUG, 0, "the statement for %s is too long", s->name)
                        : db_exec(r->db, buf_str(&sql), NULL, 0, NULL, e);
    buf_release(&sql);
    return result;
}

static int run_all(struct registry *r, const char *const *statements, struct err *e)
{
    for (; *statements; statements++)
        if (db_exec(r->db, *statements, NULL, 0, NULL, e))
            return -1;
    return 0;
}

struct neighbours {
    bool users, uid, authenticated;
};

static int look_around(struct registry *r, struct neighbours *n, struct err *e)
{
    struct db_result *result;
    *n = (struct neighbours){0};
    if (strcmp(db_kind(r->db), "postgresql") != 0)
        return 0;
    if (db_exec(r->db,
            "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
            " ON n.oid = c.relnamespace WHERE n.nspname = 'auth' AND c.relname = 'users'),"
            " EXISTS (SELECT 1 FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n"
            " ON n.oid = p.pronamespace WHERE n.nspname = 'auth' AND p.proname = 'uid'),"
            " EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = 'authenticated')",
            NULL, 0, &result, e))
        return -1;
    n->users = registry_flag(db_cell_at(result, 0, 0), false);
    n->uid = registry_flag(db_cell_at(result, 0, 1), false);
    n->authenticated = registry_flag(db_cell_at(result, 0, 2), false);
    db_result_free(result);
    return 0;
}

static int say_for(struct registry *r, const char *before, const struct registry_schema *s,
    const char *after, struct err *e)
{
    struct buf sql;
    buf_init(&sql, REGISTRY_SQL_MAX);
    buf_printf(&sql, "%s {table %s} %s", before, s->name, after);
    int result = sql.full ? err_set(e, ERR_BUG, 0, "the statement for %s is too long", s->name)
                          : db_exec(r->db, buf_str(&sql), NULL, 0, NULL, e);
    buf_release(&sql);
    return result;
}

static int make_table(
    struct registry *r, enum registry_table t, const struct neighbours *near, struct err *e)
{
    const struct registry_schema *s = &registry_schemas[t];
    if (create(r, s, e) || run_all(r, s->afterwards, e))
        return -1;
    if (near->users && t != REGISTRY_METRICS &&
        say_for(r, "ALTER TABLE", s,
            "ADD FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE CASCADE", e))
        return -1;
    if (near->uid && run_all(r, s->guards, e))
        return -1;
    if (near->uid && near->authenticated &&
        say_for(r, "GRANT SELECT, INSERT, UPDATE, DELETE ON", s, "TO authenticated", e))
        return -1;
    return 0;
}

static int make_all(struct registry *r, int *made, struct err *e)
{
    struct neighbours near;
    if (look_around(r, &near, e))
        return -1;
    for (enum registry_table t = 0; t < REGISTRY_TABLES; t++)
        if (make_table(r, t, &near, e))
            return -1;
    *made = REGISTRY_TABLES;
    return 0;
}

static int migrate(struct registry *r, int *made, struct buf *missing, struct err *e)
{
    static const char *const lock[] = {"slipway:migrate"};
    int found;
    if (db_exec(r->db, "SELECT {lock $1}", lock, 1, NULL, e) || count_tables(r, &found, missing, e))
        return -1;
    if (found == 0)
        return make_all(r, made, e);
    if (found == REGISTRY_TABLES)
        return 0;
    return err_set(e, ERR_STATE, 0,
        "some of the tables exist and these do not: %s; nothing was changed", buf_str(missing));
}

int registry_migrate(struct registry *r, int *made, struct cancel *cancel, struct err *e)
{
    struct buf missing;
    *made = 0;
    if (db_begin(r->db, DB_OWNER, cancel, e))
        return -1;
    buf_init(&missing, ERR_MESSAGE_MAX);
    int result = registry_end(r, migrate(r, made, &missing, e), e);
    buf_release(&missing);
    r->seen = 0;
    if (result)
        *made = 0;
    return result;
}

/* ---- missing
 * ------------------------------------------------------------------------------------- */

static int list_columns(struct registry *r, enum registry_table t, struct buf *out)
{
    const struct registry_schema *s = &registry_schemas[t];
    int failed = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->columns[i].used && !r->has[t][i])
            failed |= buf_printf(out, "%s: no column %s\n", s->name, s->columns[i].name);
    return failed;
}

static bool has_any(const struct registry *r, enum registry_table t)
{
    for (size_t i = 0; i < registry_schemas[t].n; i++)
        if (r->has[t][i])
            return true;
    return false;
}

/* "NAME: before ROLE after", the role cleaned: its name may hold anything. */
static void say_role(
    struct registry *r, struct buf *out, const char *table, const char *before, const char *after)
{
    const char *role = db_role(r->db);
    buf_printf(out, "%s: %s ", table, before);
    text_clean(out, role, strlen(role), TEXT_LINE);
    buf_printf(out, " %s\n", after);
}

static int list_absent(struct registry *r, enum registry_table t, struct buf *out, struct err *e)
{
    const char *name = registry_schemas[t].name;
    bool exists;
    if (db_table_exists(r->db, name, &exists, e))
        return -1;
    if (exists)
        say_role(r, out, name, "the role", "may not see it");
    else
        buf_printf(out, "%s: no such table\n", name);
    return 0;
}

static int list_hidden(struct registry *r, enum registry_table t, struct buf *out, struct err *e)
{
    bool filtered;
    if (r->user_id[0])
        return 0; /* with claims no rows means that there are none */
    if (db_table_filtered(r->db, registry_schemas[t].name, &filtered, e))
        return -1;
    if (filtered)
        say_role(r, out, registry_schemas[t].name, "no rows visible to role",
            "(row level security): set user_id");
    return 0;
}

static int list_missing(struct registry *r, struct buf *out, struct err *e)
{
    for (enum registry_table t = 0; t < REGISTRY_TABLES; t++) {
        if (!has_any(r, t)) {
            if (list_absent(r, t, out, e))
                return -1;
            continue;
        }
        list_columns(r, t, out);
        if (list_hidden(r, t, out, e))
            return -1;
    }
    if (has_any(r, REGISTRY_MODELS) && !r->name_unique)
        buf_str_append(out, "llm_models: (user_id, name) is not unique\n");
    return out->full ? err_set(e, ERR_BUG, 0, "the list of what is missing is too long") : 0;
}

int registry_missing(struct registry *r, struct buf *out, struct cancel *cancel, struct err *e)
{
    r->seen = 0;
    if (registry_begin(r, DB_READ, cancel, e))
        return -1;
    return registry_end(r, list_missing(r, out, e), e);
}
