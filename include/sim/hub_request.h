/* hub_request: who asks, what they may do, and how the Hub says no. Private to src/sim/hub_*.c.
 *
 * Who may what (spec/huggingface.md §1.5, §7.1): public repositories are seen by all; private ones
 * by members of their owner; a gate lets everyone see the page but only members and those granted
 * read the files. Whoever may not see a repository is told that there is none: 401 without a token,
 * 404 with one. */
#ifndef SLIPWAY_SIM_HUB_REQUEST_H
#define SLIPWAY_SIM_HUB_REQUEST_H

#include "sim/hub_store.h"
#include "sim/server.h"
#include "sim/sim.h"

#include <stdbool.h>

/* ---- hub_caller.c ---------------------------------------------------------------------------- */

struct hub_caller {
    bool known; /* false = anonymous */
    char name[HUB_NAME];
    const char *role;         /* of the token: "read", "write", "fineGrained"; "" when anonymous */
    const struct json *token; /* its row in the scenario, or NULL */
};

/* Who sent the request; false when it carries a token that is not good. */
bool hub_caller(struct sim *s, const struct request *r, struct hub_caller *out);

/* The account's row in the scenario (or the default one); NULL when there is none of that name. */
const struct json *hub_user(const struct hub_world *h, const char *name);
const char *hub_default_user(const struct hub_world *h);

/* "admin" in one's own name, else the role in the organisation; NULL for strangers. */
const char *hub_role_in(const struct hub_world *h, const char *user, const char *owner);

bool hub_may_see(
    const struct hub_world *h, const struct hub_caller *c, const struct hub_repo *repo);
bool hub_may_read_files(
    const struct hub_world *h, const struct hub_caller *c, const struct hub_repo *repo);
/* NULL, or the sentence that says why not. */
const char *hub_write_refused(
    const struct hub_world *h, const struct hub_caller *c, const struct hub_repo *repo);
const char *hub_create_refused(
    const struct hub_world *h, const struct hub_caller *c, const char *owner);

/* ---- hub_reply.c ---------------------------------------------------------------------------- */

/* An error with its code ("RepoNotFound"; NULL = none) in the headers and {"error": …} as body. */
void hub_refuse(struct reply *p, int status, const char *code, const char *message);
void hub_out_of_memory(struct reply *p);
/* {"errors":[{"message"}…],"error":…}: several sentences. Takes the array of {"message"}. */
void hub_refuse_all(struct reply *p, int status, struct json *take_errors);
/* S3's kind of error. */
void hub_refuse_xml(struct reply *p, int status, const char *code, const char *message);

enum hub_need { HUB_SEE, HUB_READ_FILES, HUB_WRITE };

/* The repository that the route's {kind}, {owner} and {name} mean, if the caller may; else NULL,
 * and the reply is filled. A moved one is found under its old name too. `caller` may be NULL. */
struct hub_repo *hub_repo_for(struct sim *s, struct request *r, struct reply *p, enum hub_need need,
    struct hub_caller *caller);
/* The commit that a revision means; else NULL, and the reply is filled (404 RevisionNotFound). */
struct hub_commit *hub_revision_for(const struct hub_repo *repo, const char *rev, struct reply *p);
/* Clients send some revisions with their slashes unescaped ("refs/pr/1"): moves what belongs to the
 * revision from the path over to it. `path` may be NULL or become "". */
void hub_split_revision(const struct hub_repo *repo, const char *rev, const char *path,
    char out[HUB_REF], const char **rest);

/* Absolute URL of the Hub itself, as the client reached it. */
void hub_base_url(struct sim *s, const struct request *r, struct buf *out);
/* Link: <this request again, with cursor=…>; rel="next" */
void hub_next_page(struct sim *s, const struct request *r, struct reply *p, const char *cursor);
/* A query parameter as a truth value: "true", "True", "1". */
bool hub_query_true(const struct request *r, const char *name);
/* A time as the Hub writes it. */
int hub_add_time(struct json *object, const char *key, int64_t at);

/* ---- hub_rate.c ------------------------------------------------------------------------------ */

/* Counts the request in its bucket and adds the RateLimit headers; false when it has answered 429.
 */
bool hub_rate(struct sim *s, const struct request *r, struct reply *p, const struct hub_caller *c);
/* Counts a commit against the hourly quota; false when it has answered 429. */
bool hub_rate_commit(struct sim *s, struct reply *p, const struct hub_caller *c);

/* ---- hub_presign.c --------------------------------------------------------------------------- */

struct hub_presign {
    const char *method; /* PUT, GET, POST */
    const char *path;   /* begins with '/' */
    int64_t seconds;    /* how long it is good */
    const char *extra;  /* "&partNumber=1&uploadId=…", covered by the signature; "" = none */
};
/* Appends a URL that needs no Authorization. */
int hub_presign(
    struct sim *s, const struct request *r, const struct hub_presign *what, struct buf *out);
/* Whether the request came by such a URL and in time; else it has answered with S3's XML. */
bool hub_presigned(struct sim *s, const struct request *r, struct reply *p);
/* A signature over two words, in hex; for credentials that the Hub itself hands out. */
void hub_sign(const struct hub_world *h, const char *a, const char *b, char out[HUB_SHA256]);

/* ---- hub_facts.c ----------------------------------------------------------------------------- */

/* What the Hub derives from a revision: {"cardData","config","library_name","pipeline_tag",
 * "safetensors","tags","transformersInfo"}, each only where there is something to say. Worked out
 * some seconds after the commit (setting facts_delay_s): until then those of the newest commit
 * before it that is old enough, NULL when there is none. Borrowed from the commit. */
const struct json *hub_facts(struct sim *s, const struct hub_repo *repo, struct hub_commit *c);

/* ---- hub_info.c ------------------------------------------------------------------------------ */

enum { HUB_EXPAND_MAX = 32 };

struct hub_wanted { /* which members of a page */
    bool list;      /* without "expand": those of a list's entry, else all */
    const char *expand[HUB_EXPAND_MAX];
    size_t expand_count;
};
struct json *hub_page_json(
    struct sim *s, struct hub_repo *repo, struct hub_commit *c, const struct hub_wanted *w);
/* "expand=a&expand=b" and "expand[]=a" as names, at most max. */
size_t hub_expand(const struct request *r, const char **out, size_t max);

/* ---- hub_tree.c ------------------------------------------------------------------------------ */

/* A file's {"oid","size","pointerSize"} of LFS, NULL for others. */
struct json *hub_lfs_json(const struct hub_file *f, const char *oid_name);

/* ---- hub_resolve.c --------------------------------------------------------------------------- */

/* Answers with stored bytes: all of them, or what a Range header asks (206, 416). */
void hub_send_content(struct hub_world *h, const struct request *r, struct reply *p,
    const char *sha256, int64_t size);

/* ---- handlers, one group a file -------------------------------------------------------------- */

typedef void hub_handler(struct sim *s, struct request *r, struct reply *p);

hub_handler hub_whoami, hub_auth_check, hub_auth_check_write, hub_validate_yaml; /* hub_account.c */
hub_handler hub_create, hub_delete, hub_move, hub_settings;                      /* hub_repo.c */
hub_handler hub_refs, hub_commits, hub_branch_create, hub_branch_delete, hub_tag_create,
    hub_tag_delete;                                                      /* hub_refs.c */
hub_handler hub_info;                                                    /* hub_info.c */
hub_handler hub_list;                                                    /* hub_list.c */
hub_handler hub_tree, hub_paths_info, hub_tree_size;                     /* hub_tree.c */
hub_handler hub_preupload;                                               /* hub_preupload.c */
hub_handler hub_commit_post;                                             /* hub_commit.c */
hub_handler hub_resolve, hub_raw;                                        /* hub_resolve.c */
hub_handler hub_lfs_batch, hub_lfs_verify, hub_lfs_no_locks, hub_no_xet; /* hub_lfs.c */
hub_handler hub_storage_put, hub_storage_get;                            /* hub_objects.c */
hub_handler hub_multipart_complete;                                      /* hub_multipart.c */

#endif
