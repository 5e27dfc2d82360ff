/* The texts of PostgreSQL that need no libpq: marked words, look-ups, and the forms of addresses,
 * messages and times. */
#include "client/db_internal.h"

#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535 };

/* ---- addresses
 * ------------------------------------------------------------------------------------- */

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool db_pg_is_plain_host(const char *host)
{
    if (host[0] == '/' || host[0] == '@' || !host[0])
        return !strchr(host, ',');
    for (; *host; host++)
        if (!is_alnum(*host) && !strchr("-._:%", *host))
            return false;
    return true;
}

bool db_pg_is_port(const char *port)
{
    char *end;
    if (!port[0])
        return true;
    long n = strtol(port, &end, 10);
    return port[0] >= '0' && port[0] <= '9' && !*end && n > 0 && n <= PORT_MAX;
}

/* ---- messages and times
 * --------------------------------------------------------------------------- */

const char *db_pg_sqlstate(const char *message, char sqlstate[DB_SQLSTATE_MAX])
{
    for (const char *p = strstr(message, ":  "); p; p = strstr(p + 1, ":  ")) {
        size_t n = strspn(p + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (n != DB_SQLSTATE_MAX - 1 || strncmp(p + 3 + n, ": ", 2) != 0)
            continue;
        memcpy(sqlstate, p + 3, n);
        sqlstate[n] = '\0';
        return p + 3 + n + 2;
    }
    return NULL;
}

/* "2026-11-23 06:05:00.123+00"; shorter ones are dates, "BC" ends what RFC 3339 cannot say. */
const char *db_pg_time(const char *s, char out[DB_PG_TIME_MAX])
{
    size_t n = strlen(s);
    if (n < 19 || n > DB_PG_TIME_MAX - 2 || s[10] != ' ' || s[n - 1] == 'C')
        return s;
    bool zone = n > 3 && strcmp(s + n - 3, "+00") == 0;
    n -= zone ? 3 : 0;
    memcpy(out, s, n);
    out[10] = 'T';
    out[n] = 'Z';
    out[n + 1] = '\0';
    return out;
}

/* ---- the words
 * ----------------------------------------------------------------------------------- */

const struct db_word db_pg_words[] = {
    {"now", "pg_catalog.now()"},
    {"table", "public.%1"},
    {"lock", "pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(%1::text, 0))"},
    {"json", "(%1::jsonb ->> '%2')"},
    {"merge", "((CASE WHEN pg_catalog.jsonb_typeof(%1::jsonb) = 'object' THEN %1::jsonb"
              " ELSE '{}'::jsonb END) || %2::jsonb)"},
    {"t:uuid", "uuid"},
    {"t:bool", "boolean"},
    {"t:int", "integer"},
    {"t:bigint", "bigint"},
    {"t:numeric", "numeric"},
    {"t:real", "double precision"},
    {"t:time", "timestamptz"},
    {"t:json", "jsonb"},
    {"d:id", "DEFAULT pg_catalog.gen_random_uuid()"},
    {"d:now", "DEFAULT pg_catalog.now()"},
    {"strict", ""},
    {NULL, NULL},
};

#define OF_TABLE                                                                                   \
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"         \
    " WHERE n.nspname = 'public' AND c.relname = $1"

const char db_pg_columns_sql[] =
    "SELECT column_name::text FROM information_schema.columns"
    " WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position";
const char db_pg_exists_sql[] = "SELECT EXISTS (SELECT 1" OF_TABLE ")";
const char db_pg_unique_sql[] =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indisunique AND i.indisvalid"
    " AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL"
    " AND i.indrelid = (SELECT c.oid" OF_TABLE ")"
    " AND (SELECT pg_catalog.string_agg(a.attname::text, ',' ORDER BY a.attname)"
    " FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indrelid"
    " AND a.attnum = ANY (i.indkey)) = $2)";
const char db_pg_filtered_sql[] = "SELECT pg_catalog.row_security_active(c.oid)" OF_TABLE;
