/* registry_internal: between the files of the registry; nobody else includes it. */
#ifndef SLIPWAY_CLIENT_REGISTRY_INTERNAL_H
#define SLIPWAY_CLIENT_REGISTRY_INTERNAL_H

#include "client/registry.h"

#include <locale.h>

enum registry_table {
    REGISTRY_MODELS,
    REGISTRY_JOBS,
    REGISTRY_DEPLOYMENTS,
    REGISTRY_METRICS, /* after the jobs it belongs to */
    REGISTRY_TABLES
};

enum { REGISTRY_COLUMNS_MAX = 96, REGISTRY_USER_MAX = 40, REGISTRY_SQL_MAX = 16 * 1024 };

/* A column of spec/database.md. */
struct registry_column {
    const char *name;
    const char *type; /* type, NOT NULL, default …, with db.h's marked words */
    bool used;        /* Slipway reads or writes it, so doctor misses it */
};

struct registry_schema {
    const char *name;
    const struct registry_column *columns;
    size_t n;
    const char *constraint;        /* behind the columns; NULL = none */
    const char *const *afterwards; /* indexes; ends with NULL */
    const char *const *guards;     /* policies, where there is auth.uid(); ends with NULL */
};

extern const struct registry_schema registry_schemas[REGISTRY_TABLES];

struct registry {
    struct db *db;
    char user_id[REGISTRY_USER_MAX]; /* "" = none */
    locale_t numbers;                /* "C": a point is a point */
    unsigned seen;                   /* the connection that what follows was learnt on; 0 = none */
    bool has[REGISTRY_TABLES][REGISTRY_COLUMNS_MAX]; /* by place in the schema */
    bool name_unique;                                /* llm_models (user_id, name) */
    bool hidden;
};

/* Begins a transaction and knows the columns. After a failure nothing is open. */
int registry_begin(struct registry *r, enum db_mode mode, struct cancel *cancel, struct err *e);
/* Commits when `result` is 0, else rolls back; returns the outcome. Forgets the columns when the
 * database says that one is missing. */
int registry_end(struct registry *r, int result, struct err *e);

bool registry_has(const struct registry *r, enum registry_table t, const char *column);
/* ERR_STATE unless the table is there with id and user_id. */
int registry_need(const struct registry *r, enum registry_table t, struct err *e);
/* "user_id = $N" or "user_id IS NULL". */
int registry_append_user(const struct registry *r, struct buf *sql, size_t param);

/* Cells of a result, with their defaults. */
double registry_number(const struct registry *r, const char *cell); /* NAN */
int64_t registry_integer(const struct registry *r, const char *cell, int64_t fallback);
int64_t registry_time(const char *cell); /* -1 */
bool registry_flag(const char *cell, bool fallback);
void registry_id(char *out, size_t size, const char *cell); /* "" unless plain */
/* Appends a number in SQL's form. */
int registry_append_number(const struct registry *r, struct buf *out, double v);

/* The OpenAI form of a RunPod endpoint's address; other addresses stay as they are. */
int registry_openai_url(struct buf *out, const char *url);
/* The endpoint in ".../v2/ENDPOINT/…"; "" when there is none. */
void registry_endpoint_of(char *out, size_t size, const char *url);

/* A row to write. What the live table lacks and what is NULL is left out. Everything is borrowed
 * until the statement was built. */
enum registry_when { REGISTRY_ALWAYS, REGISTRY_INSERT, REGISTRY_UPDATE, REGISTRY_MERGE };
enum { REGISTRY_VALUES_MAX = 40 };
struct registry_row {
    const struct registry *r;
    enum registry_table table;
    struct {
        const char *column;
        const char *value;   /* a parameter, or NULL: */
        const char *literal; /* SQL of our own */
        enum registry_when when;
    } values[REGISTRY_VALUES_MAX];
    size_t n;
};

void registry_row_init(struct registry_row *row, const struct registry *r, enum registry_table t);
void registry_row_value(
    struct registry_row *row, const char *column, const char *value, enum registry_when when);
void registry_row_literal(
    struct registry_row *row, const char *column, const char *literal, enum registry_when when);

/* Insert; insert-or-update by (user_id, name); update by id. `id` receives the row's id. ERR_INPUT
 * when a value is no UTF-8 or holds a secret. */
int registry_row_insert(
    const struct registry_row *row, bool upsert, char id[MODEL_ROW_ID_MAX], struct err *e);
int registry_row_update(const struct registry_row *row, char id[MODEL_ROW_ID_MAX], struct err *e);

#endif
