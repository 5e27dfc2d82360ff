/* registry: the shared tables as Slipway reads and writes them (spec/database.md).
 *
 * Columns are looked up once per connection; only those that exist are read and written, those that
 * are missing are listed by registry_missing. Nothing is ever altered; registry_migrate makes the
 * tables in a database that has none of them. Every statement carries its own user_id condition; a
 * table without that column is refused. job_token, api_key_encrypted and auth_headers are never
 * selected, nor the environment_variables within config. A text that holds a known secret, or what
 * looks like one, is never written.
 *
 * Without a user_id the registry is that of nobody in particular (the embedded default): rows whose
 * user_id is NULL.
 *
 * A registration that fails leaves nothing of itself behind and says nothing about the deployment:
 * the endpoint is there and bills, and the caller must go on showing it.
 *
 * Thread: the registry client's, which owns the struct db inside. Records come in the arena given
 * (cleaned text); NULL cells are empty texts or the stated default. */
#ifndef SLIPWAY_CLIENT_REGISTRY_H
#define SLIPWAY_CLIENT_REGISTRY_H

#include "base/arena.h"
#include "base/buf.h"
#include "client/db.h"
#include "model/job.h"
#include "model/model_row.h"

struct registry;

/* Takes the open database, also on failure. user_id as given to db_open; NULL = none. */
struct registry *registry_new(struct db *take, const char *user_id, struct err *e);
void registry_free(struct registry *r); /* NULL is fine */

/* Makes the tables where none of them exists, in one transaction; *made says how many, 0 when all
 * exist. ERR_STATE when some exist and some do not (says which are missing): then nothing is
 * touched. Where there is auth.uid() (Supabase) the tables get row level security and the policies
 * of spec/database.md, because there everything in `public` can be read over HTTP. */
int registry_migrate(struct registry *r, int *made, struct cancel *cancel, struct err *e);

/* What is missing or hidden, one a line, for doctor: tables, columns that Slipway uses, the
 * uniqueness of (user_id, name), "no rows visible to role X (row level security)". Appends nothing
 * when all is there. */
int registry_missing(struct registry *r, struct buf *out, struct cancel *cancel, struct err *e);

/* Newest first, at most `max`. Models: the user's own and the global ones. An id that is not plain
 * (38 letters, digits, '-', '_') comes as "": such a row can be shown, not acted upon. base_url is
 * the OpenAI form also where the row has an older one. */
int registry_jobs(struct registry *r, struct arena *a, struct job **jobs, size_t *n, size_t max,
    struct cancel *cancel, struct err *e);
/* One of the user's jobs; ERR_STATE when there is none of this id. */
int registry_job(struct registry *r, const char *job_id, struct arena *a, struct job *out,
    struct cancel *cancel, struct err *e);
int registry_models(struct registry *r, struct arena *a, struct model_row **rows, size_t *n,
    size_t max, struct cancel *cancel, struct err *e);

/* Whether the last of these two answered nothing while row level security was filtering and no
 * claims were sent: then say "no rows visible to role X", not "none". The role's name: foreign
 * bytes. */
bool registry_hidden(const struct registry *r);
const char *registry_role(const struct registry *r);

/* What a deployment leaves in the registry. */
struct registration {
    const char *name;                       /* llm_models.name, unique for the user */
    const char *hub_id;                     /* OWNER/NAME */
    const char *revision;                   /* commit id; may be NULL */
    const char *endpoint_id, *endpoint_url; /* …/openai/v1; …/run and …/runsync are made so */
    const char *base_model, *training_job_id, *training_method; /* may be NULL */
    int64_t context_length, max_output_tokens;                  /* <= 0 = unknown */
    double cost_per_request, budget_limit;                      /* < 0 or NAN = unknown */
    const char
        *config_json; /* inference_deployments.config, an object; may be NULL. Environment values
                              * in it (environment_variables, env) are left out */
    bool answered;    /* it has answered a request: status active, else deploying */
};

/* One transaction: insert-or-update of llm_models by (user_id, name), and one row of
 * inference_deployments for (user_id, provider, endpoint), found under a lock before it is
 * inserted. Doing it twice is doing it once; what others put into metadata and config stays. What
 * is unknown here is not overwritten. Where the live database has no inference_deployments
 * (registry_missing says so) the first alone is done. `model_id` receives the row's id. */
int registry_register(struct registry *r, const struct registration *what,
    char model_id[MODEL_ROW_ID_MAX], struct cancel *cancel, struct err *e);

/* Notes on the training job how far its upload is, for whoever watches elsewhere: metadata.hf_upload, and once
 * it is `uploaded` model_url too (only columns that exist). ERR_STATE when the user has no such job. */
struct registry_upload {
    const char *url, *commit; /* commit "" = none yet */
    const char *state;        /* "uploading", "uploaded" */
    int64_t sent, total;      /* bytes */
};
int registry_job_upload(struct registry *r, const char *job_id,
    const struct registry_upload *upload, struct cancel *cancel, struct err *e);

#endif
