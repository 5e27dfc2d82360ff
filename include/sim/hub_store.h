/* hub_store: what the played Hub remembers. Private to src/sim/hub_*.c; world's lock held
 * throughout.
 *
 * A repository is a list of commits, each with its whole sorted list of files (struct hub_file,
 * shared between commits), and a list of refs that point at commits. Contents lie in the world's
 * own folder, one file each, named by its sha-256; they are never held in memory. An LFS object
 * counts as present in a repository only after it was uploaded to that repository, as on the real
 * Hub. */
#ifndef SLIPWAY_SIM_HUB_STORE_H
#define SLIPWAY_SIM_HUB_STORE_H

#include "sim/hub.h"
#include "sim/hub_git.h"
#include "sim/hub_rules.h"

enum {
    HUB_NAME = 97,          /* an account's or repository's name */
    HUB_FILES_MAX = 100000, /* in one revision (§6.2) */
    HUB_UPLOADS_MAX = 1000, /* multipart uploads remembered; the oldest is forgotten */
    HUB_PARTS_MAX = 10000,
    HUB_INLINE_MAX = 10 * 1024 * 1024,
    HUB_STORE_PATH = 512 /* as struct reply's file_path */
};

/* ---- contents -------------------------------------------------------------------------------- */

struct hub_stored {
    char sha256[HUB_SHA256];
    int64_t size;
    struct hub_stored *next;
};

struct hub_lfs { /* an LFS object that a repository has */
    char sha256[HUB_SHA256];
    int64_t size;
};

/* ---- repositories ---------------------------------------------------------------------------- */

struct hub_files { /* sorted by path; references owned */
    struct hub_file **all;
    size_t count;
};

struct hub_commit {
    char oid[HUB_OID], tree[HUB_OID];
    struct hub_commit *parent; /* NULL = first */
    char *title, *message;
    char author[HUB_NAME];
    int64_t at;
    struct hub_files files;
    struct json *facts;      /* hub_facts.c; NULL = not worked out yet */
    struct hub_commit *next; /* newest first */
};

enum hub_ref_kind { HUB_BRANCH, HUB_TAG, HUB_PULL };

struct hub_ref {
    enum hub_ref_kind kind;
    char name[HUB_REF]; /* "main", "v1"; of a pull request its number */
    struct hub_commit *commit;
    struct hub_ref *next; /* in order of creation */
};

enum hub_type { HUB_MODEL, HUB_DATASET, HUB_SPACE, HUB_TYPES };
const char *hub_type_name(enum hub_type t);   /* "model" */
const char *hub_type_plural(enum hub_type t); /* "models" */
/* By name, singular as in bodies or plural as in routes; NULL means a model. False for another
 * word. */
bool hub_type_find(const char *name, enum hub_type *out);
bool hub_type_find_plural(const char *name, enum hub_type *out);

enum hub_gate { HUB_OPEN, HUB_GATE_AUTO, HUB_GATE_MANUAL };

struct hub_repo {
    enum hub_type type;
    char id[HUB_REPO_ID]; /* "owner/name" */
    char uid[25];         /* 24 hex digits */
    char creator[HUB_NAME];
    bool private, disabled;
    enum hub_gate gate;
    struct json *granted; /* names let through the gate; array or NULL */
    int64_t created;
    int64_t likes, downloads;
    struct hub_commit *commits;
    struct hub_ref *refs;
    struct hub_lfs *lfs;
    size_t lfs_count, lfs_capacity;
    int discussions;
    struct hub_repo *next; /* newest first */
};

struct hub_alias { /* a repository that was moved */
    enum hub_type type;
    char from[HUB_REPO_ID], to[HUB_REPO_ID];
    struct hub_alias *next;
};

struct hub_part {
    char etag[35]; /* with its quotes; "" = not here yet */
    int64_t size;
};

struct hub_upload { /* a multipart upload; hub_multipart.c */
    char id[33];
    char oid[HUB_SHA256];
    char repo[25]; /* uid */
    int64_t size, chunk;
    size_t part_count;
    struct hub_part *parts;
    enum { HUB_UPLOAD_OPEN, HUB_UPLOAD_JOINING, HUB_UPLOAD_DONE } state;
    struct hub_hash *hash; /* of the first `hashed` parts; NULL = not begun, or lent out */
    size_t hashed;
    bool hashing;            /* lent out: somebody adds to it */
    int64_t turn;            /* raised when it is begun anew */
    struct hub_upload *next; /* newest first */
};

struct hub_window { /* requests counted in one fixed window; hub_rate.c */
    char who[120];
    int64_t begun; /* real ms */
    int64_t count;
    struct hub_window *next;
};

struct hub_world {
    struct json *scenario; /* its "hub" object, owned; an empty object when it has none */
    const char *spare;     /* the stand-in's folder, which outlives this world; borrowed */
    char folder[HUB_STORE_PATH - 80]; /* everything stored, this world's alone */
    unsigned char key[32];            /* signs presigned URLs */
    struct hub_stored *stored[256];
    struct hub_repo *repos;
    struct hub_alias *aliases;
    struct hub_upload *uploads;
    struct hub_window *windows;
    int64_t conflicts; /* creations still to be answered "conflicting operation" */
};

/* A whole number of the scenario's "hub" object. */
int64_t hub_setting(const struct hub_world *h, const char *key, int64_t fallback);

/* ---- hub_store.c ----------------------------------------------------------------------------- */

void hub_stored_path(const struct hub_world *h, const char *sha256, char out[HUB_STORE_PATH]);
struct hub_stored *hub_stored_find(struct hub_world *h, const char *sha256);
/* Keeps the bytes (once); fills in their sha-256. */
int hub_stored_put(struct hub_world *h, const void *bytes, size_t n, char sha256[HUB_SHA256]);
/* Moves a file whose sha-256 is known into the store. */
int hub_stored_take(struct hub_world *h, const char *path, const char *sha256, int64_t size);
/* Appends up to `n` bytes from `offset`; -1 when they cannot be read or do not fit. */
int hub_stored_read(
    struct hub_world *h, const char *sha256, int64_t offset, size_t n, struct buf *out);

/* ---- hub_spare.c ------------------------------------------------------------------------------ */

/* Deletes a file, or keeps it to be written over (scenario key spare_mb). */
void hub_spare_drop(const struct hub_world *h, const char *path);
/* Makes one that was kept the file of this path and size, if there is one. */
void hub_spare_take(const struct hub_world *h, const char *path, int64_t size);

/* ---- repositories' lists ----------------------------------------------------------------------- */

struct hub_repo *hub_repo_find(struct hub_world *h, enum hub_type type, const char *id);
/* Also by a name that it had before it was moved. */
struct hub_repo *hub_repo_follow(struct hub_world *h, enum hub_type type, const char *id);
struct hub_repo *hub_repo_by_uid(struct hub_world *h, const char *uid);
/* A new, empty repository, linked into the world. NULL when memory is out. */
struct hub_repo *hub_repo_new(
    struct sim *s, struct hub_world *h, enum hub_type type, const char *id);
void hub_repo_remove(struct hub_world *h, struct hub_repo *repo);
void hub_repo_free(struct hub_repo *repo);

const struct hub_lfs *hub_lfs_find(const struct hub_repo *repo, const char *sha256);
int hub_lfs_add(struct hub_repo *repo, const char *sha256, int64_t size);

/* 24 hex digits as the Hub's ids. */
void hub_uid(struct sim *s, char out[25]);

/* ---- hub_files.c: revisions as lists of files ------------------------------------------------ */

int hub_files_copy(const struct hub_files *from, struct hub_files *to);
void hub_files_release(struct hub_files *f);
struct hub_file *hub_files_find(const struct hub_files *f, const char *path);
/* The run of files inside a folder (no '/' at its end; "" = all): its first index, its length. */
size_t hub_files_folder(const struct hub_files *f, const char *folder, size_t *first);
/* Puts the file in its place, instead of one of that path. Takes it, also on failure. */
int hub_files_put(struct hub_files *f, struct hub_file *take);
bool hub_files_remove(struct hub_files *f, const char *path);
size_t hub_files_remove_folder(struct hub_files *f, const char *folder);

/* ---- hub_history.c: commits and refs --------------------------------------------------------- */

struct hub_commit_new {
    const char *title, *message, *author;
    struct hub_commit *parent; /* NULL = the first */
    int64_t at;
};
/* Adds a commit that holds `files` (taken, also on failure). Moves no ref. */
struct hub_commit *hub_commit_add(
    struct hub_repo *repo, const struct hub_commit_new *c, struct hub_files *take);
struct hub_commit *hub_commit_find(const struct hub_repo *repo, const char *oid);
struct hub_ref *hub_ref_find(const struct hub_repo *repo, enum hub_ref_kind kind, const char *name);
struct hub_ref *hub_ref_add(
    struct hub_repo *repo, enum hub_ref_kind kind, const char *name, struct hub_commit *commit);
bool hub_ref_remove(struct hub_repo *repo, enum hub_ref_kind kind, const char *name);
void hub_ref_full_name(const struct hub_ref *ref, char out[HUB_REF + 16]); /* "refs/heads/main" */
/* What a client's revision means: branch, tag, "refs/…", full commit id, "HEAD". NULL = unknown. */
struct hub_commit *hub_revision(const struct hub_repo *repo, const char *rev);
/* The ref that a revision names, for writing; NULL for a commit id or an unknown name. */
struct hub_ref *hub_revision_ref(const struct hub_repo *repo, const char *rev);
struct hub_commit *hub_head(const struct hub_repo *repo); /* of main */
/* The newest commit up to `c` that changed the file or folder. */
const struct hub_commit *hub_last_change(const struct hub_commit *c, const char *path);

/* ---- hub_content.c: files of a revision from their contents ---------------------------------- */

/* NULL when memory or disk is out. */
struct hub_file *hub_regular_file(
    struct hub_world *h, const char *path, const void *bytes, size_t n);
struct hub_file *hub_lfs_file(const char *path, const char *sha256, int64_t size);
/* What preupload says of a file: by pattern, by size, by its first bytes. */
bool hub_wants_lfs(
    const char *attributes, const char *path, int64_t size, const void *sample, size_t n);

/* Contents made up: `head`, then filler up to `size` bytes (zeros when seed is 0). */
struct hub_fill {
    const void *head;
    size_t head_n;
    int64_t size;
    uint64_t seed;
};
int hub_stored_fill(struct hub_world *h, const struct hub_fill *fill, char sha256[HUB_SHA256]);
/* The header of a safetensors file with a Llama model's tensors as its config.json says, and the
 * file's whole size. -1 when the config lacks a number. */
int hub_llama_header(const struct json *config, struct buf *out, int64_t *size);

/* The text of a file of the revision; -1 when it is not there, is LFS or is longer than the room.
 */
int hub_read_file(
    struct hub_world *h, const struct hub_files *files, const char *path, struct buf *out);

/* ---- hub_seed.c ------------------------------------------------------------------------------ */

/* Makes the scenario's repositories, or the default ones (hub_seed_default.c). */
int hub_seed(struct sim *s, struct hub_world *h, struct err *e);
extern const char hub_seed_default[];  /* JSON, as "repos" of a scenario */
extern const char hub_users_default[]; /* likewise "users" */
/* The commit that a new repository begins with: .gitattributes, on branch main. */
int hub_repo_begin(struct hub_world *h, struct hub_repo *repo, const char *author, int64_t at);

#endif
