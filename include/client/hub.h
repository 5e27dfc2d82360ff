/* hub: the Hugging Face Hub as we use it (spec/huggingface.md §1–§5): whom the token belongs to,
 * repositories, and the calls an upload is made of. hub_upload.h puts those together.
 *
 * struct hub is a connection's settings, shared by threads: any may call these functions, which sleep
 * in the HTTP engine. The token goes to the Hub's own origin only; presigned URLs never see it.
 * Everything foreign that lands in a record is cleaned; what goes back into requests (ids, urls) is
 * kept as bytes. Errors: those of http_do and http_check, wrapped with what was tried; 401 says which
 * setting gives the token. */
#ifndef SLIPWAY_CLIENT_HUB_H
#define SLIPWAY_CLIENT_HUB_H

#include "base/arena.h"
#include "base/secret.h"
#include "client/http.h"
#include "model/news.h"

struct hub;

struct hub_options {
    const char *endpoint;       /* "https://huggingface.co"; copied, a trailing '/' taken off */
    const struct secret *token; /* NULL = none: only public things can be read */
};
struct hub *hub_new(const struct hub_options *options, struct http *http, struct err *e);
void hub_free(struct hub *h); /* NULL is fine */
/* As runpod_hurry (client/runpod.h); NULL is fine. */
void hub_hurry(struct hub *h, int64_t call_ms, int64_t until_ms);
bool hub_has_token(const struct hub *h);
const char *hub_endpoint(const struct hub *h);

/* Whether OWNER/NAME is one (§1.4); says in the error what is wrong with it. Pure. */
int hub_check_repo_id(const char *id, struct err *e);

struct hub_user {
    struct text name, role; /* role: read, write, fineGrained … */
    struct text orgs[32];   /* those it may write to */
    size_t org_count;
    bool can_write; /* the token may write somewhere; a guess for fine-grained ones */
};
/* Strictly rate-limited: once a session (§1.5). */
int hub_whoami(
    struct hub *h, struct arena *a, struct hub_user *out, struct cancel *c, struct err *e);

/* What is asked before anything is hashed. 0 = fine, also when the Hub does not know the question.
 * Whether the token may change the content of a repository that is there: -1 and ERR_AUTH says not. */
int hub_may_write(struct hub *h, const char *repo, struct cancel *c, struct err *e);
/* Whether the Hub takes a README.md (its front matter, §7.3): -1 and ERR_INPUT with what it finds wrong.
 * `warning` (may be NULL) gets its first warning, or an empty text; in the arena. */
int hub_validate_card(struct hub *h, const char *card, struct arena *a, struct text *warning,
    struct cancel *c, struct err *e);

/* The models of one author, newest first, at most `max`. */
int hub_list(struct hub *h, const char *author, size_t max, struct arena *a, struct repo_page *out,
    struct cancel *c, struct err *e);

struct hub_file {
    const char *path;
    int64_t size;
    char oid[65]; /* sha256 of an LFS file, else git's sha1 of the blob */
    bool lfs;
};
struct hub_info {
    char id[200], sha[41];                    /* sha: the commit of the revision asked for */
    struct text pipeline_tag, library, gated; /* gated: "", "auto", "manual" */
    struct text base_model;
    bool is_private, disabled;
    struct hub_file *files;
    size_t file_count;
};
/* revision NULL = main. ERR_REMOTE with number 404 when there is no such repository (or no right to
 * know of it). `files` are filled with blobs=true. */
int hub_info(struct hub *h, const char *repo, const char *revision, struct arena *a,
    struct hub_info *out, struct cancel *c, struct err *e);

/* Appends the content of a file at a revision (§2.5): a small one, as it has to fit into what is left of
 * `out`. ERR_REMOTE with number 404 when there is none. */
int hub_get_file(struct hub *h, const char *repo, const char *revision, const char *path,
    struct buf *out, struct cancel *c, struct err *e);

/* Creates the repository; one that exists already is fine (*existed). ERR_AUTH says whether the token
 * is one that only reads. */
int hub_create(struct hub *h, const char *repo, bool is_private, bool *existed, struct cancel *c,
    struct err *e);

#endif
