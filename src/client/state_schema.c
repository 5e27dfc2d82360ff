/* The tables, version by version: row N of the list makes version N + 1 out of version N, and rows
 * are only ever added. PRAGMA user_version says where a file is; it is part of the transaction, so
 * a migration is done wholly or not at all, also when two processes come at once.
 *
 * `n` grows with each row that is inserted: it orders rows of the same millisecond and says which
 * are the oldest when there are too many. */
#include "client/state_internal.h"

#include <sqlite3.h>
#include <stdio.h>

static const char *const migrations[] = {
    /* 1 */
    "CREATE TABLE operations ("
    " n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,"
    " state TEXT NOT NULL, title TEXT NOT NULL, asked TEXT NOT NULL, error TEXT NOT NULL,"
    " started_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
    " holder_pid INTEGER NOT NULL, holder_born TEXT NOT NULL) STRICT;"
    "CREATE TABLE notes ("
    " operation TEXT NOT NULL REFERENCES operations (id) ON DELETE CASCADE, key TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY (operation, key)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE requests ("
    " n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, job_id TEXT NOT NULL,"
    " endpoint_id TEXT NOT NULL, model TEXT NOT NULL, route INTEGER NOT NULL,"
    " status TEXT NOT NULL, submitted_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL,"
    " ended_ms INTEGER NOT NULL, delay_ms INTEGER NOT NULL, execution_ms INTEGER NOT NULL,"
    " first_token_ms INTEGER NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,"
    " retries INTEGER NOT NULL, worker_id TEXT NOT NULL, gpu TEXT NOT NULL, price_hour REAL,"
    " cost REAL, input TEXT NOT NULL, output TEXT NOT NULL, error TEXT NOT NULL) STRICT;"
    "CREATE INDEX requests_by_time ON requests (submitted_ms, n);"
    "CREATE INDEX requests_by_endpoint ON requests (endpoint_id, submitted_ms, n);"
    "CREATE TABLE hashes ("
    " n INTEGER PRIMARY KEY, device INTEGER NOT NULL, inode INTEGER NOT NULL,"
    " size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,"
    " UNIQUE (device, inode)) STRICT;"
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;",
    /* 2 */
    "DROP TABLE hashes;"
    "CREATE TABLE hashes ("
    " n INTEGER PRIMARY KEY, device INTEGER NOT NULL, inode INTEGER NOT NULL,"
    " size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, changed_ns INTEGER NOT NULL,"
    " sha256 TEXT NOT NULL, UNIQUE (device, inode)) STRICT;"
    "CREATE TABLE uploads ("
    " n INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL, repository TEXT NOT NULL,"
    " oid TEXT NOT NULL, size INTEGER NOT NULL, chunk INTEGER NOT NULL, href TEXT NOT NULL,"
    " verify TEXT, fetched_ms INTEGER NOT NULL, UNIQUE (endpoint, repository, oid)) STRICT;"
    "CREATE TABLE upload_parts ("
    " upload INTEGER NOT NULL REFERENCES uploads (n) ON DELETE CASCADE, number INTEGER NOT NULL,"
    " url TEXT NOT NULL, etag TEXT, PRIMARY KEY (upload, number)) STRICT, WITHOUT ROWID;",
    /* 3 */
    "ALTER TABLE requests ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX requests_by_job ON requests (job_id);"
    "CREATE INDEX requests_by_change ON requests (changed);"
    "CREATE INDEX requests_by_origin ON requests (listed);"
    "CREATE INDEX requests_open ON requests (n)"
    " WHERE status IN ('SENDING', 'IN_QUEUE', 'IN_PROGRESS');",
};

enum { NEWEST = sizeof migrations / sizeof *migrations };

static int version_of(struct state *s, int *version, struct err *e)
{
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &query, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(query);
    *version = code == SQLITE_ROW ? sqlite3_column_int(query, 0) : 0;
    sqlite3_finalize(query);
    return code == SQLITE_ROW ? 0 : state_fail(s, code, e);
}

static int too_new(const struct state *s, int version, struct err *e)
{
    err_set(e, ERR_STATE, 0, "%s was written by a newer Slipway (version %d; this one knows %d)",
        s->path, version, NEWEST);
    return err_hint(e, "use that Slipway, or another profile");
}

static int do_sql(struct state *s, const char *sql, struct err *e)
{
    int code = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : state_fail(s, code, e);
}

/* Inside the transaction: somebody else may have done it meanwhile. */
static int migrate_from_here(struct state *s, struct err *e)
{
    char note[64];
    int version;
    if (version_of(s, &version, e))
        return -1;
    if (version < 0 || version > NEWEST)
        return too_new(s, version, e);
    for (int i = version; i < NEWEST; i++)
        if (do_sql(s, migrations[i], e))
            return -1;
    snprintf(note, sizeof note, "PRAGMA user_version = %d", NEWEST);
    return do_sql(s, note, e);
}

int state_migrate(struct state *s, struct err *e)
{
    int version;
    if (version_of(s, &version, e))
        return -1;
    if (version == NEWEST)
        return 0;
    if (version < 0 || version > NEWEST)
        return too_new(s, version, e);
    if (state_begin(s, STATE_BEGIN_WRITE, e))
        return -1;
    return state_end(s, migrate_from_here(s, e), e);
}
