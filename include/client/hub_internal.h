/* hub_internal: what the files of the Hub's client share (hub.h, hub_upload.h).
 *
 * One call to the Hub is a struct hub_call: hub_request makes the engine's request of it and decides,
 * in this one place, whether the token goes along: only to URLs below the endpoint, and never to one
 * that carries its right in itself (presigned). hub_ask does the whole way to the parsed answer. */
#ifndef SLIPWAY_CLIENT_HUB_INTERNAL_H
#define SLIPWAY_CLIENT_HUB_INTERNAL_H

#include "base/json.h"
#include "client/hub.h"

enum {
    HUB_READ_MS = 60 * 1000,
    HUB_SLOW_MS = 5 * 60 * 1000, /* calls for which the Hub itself takes long (§11) */
    HUB_SLOW_STALL_MS = 2 * 60 * 1000,
    HUB_PAGE_BYTES_MAX = 64 * 1024 * 1024,
    HUB_PAGES_MAX = 2000,
    HUB_PATH_MAX = 1000 /* bytes of a path in a repository (§5) */
};

struct hub {
    struct http *http;
    char *endpoint; /* without a trailing '/' */
    const struct secret *token;
    _Atomic int64_t call_ms, until_ms; /* as hub_hurry has it; 0 = none */
};

enum hub_form { HUB_JSON, HUB_LFS, HUB_NDJSON };

struct hub_call {
    enum http_method method;
    const char *url;
    enum hub_form form;     /* of the body, and of the answer that is wanted */
    const struct buf *body; /* NULL = none */
    bool reads;             /* a POST that changes nothing */
    bool presigned;         /* its right is in its URL, which is not to be logged */
    enum http_retry retry;
    int64_t deadline_ms, stall_ms; /* 0 = HUB_READ_MS, the engine's */
    size_t answer_max;             /* 0 = HUB_PAGE_BYTES_MAX */
    struct http_progress *progress;
};

/* Borrows everything in `call` and `h`. */
void hub_request(const struct hub *h, const struct hub_call *call, struct http_request *out);

/* Turns a status that is no success into an error, as http_check; 401 says where the token comes from,
 * and a repository that may not be known of is 404 whether or not there is a token (§7.1). */
int hub_check(const struct hub *h, const struct http_response *r, const char *what, struct err *e);

/* The parsed answer of a response whose status is a success. */
struct json *hub_parse(const struct http_response *r, const char *what, struct err *e);

/* One call and its parsed answer, NULL on failure; the caller frees it. `next` (may be NULL) gets the
 * URL of the next page, empty when this was the last. */
struct json *hub_ask(struct hub *h, const struct hub_call *call, const char *what, struct buf *next,
    struct cancel *cancel, struct err *e);

/* Sleeps so long, give or take a fifth; -1 with ERR_CANCEL when cancelled. */
int hub_pause(struct cancel *cancel, int64_t ms, struct err *e);

/* Whether the URL lies below the endpoint. Pure. */
bool hub_owns(const struct hub *h, const char *url);
/* A URL that the Hub gave: one of the public Hub's is turned to the endpoint, which may be a proxy of
 * it (§4.4). Pure. */
int hub_turn_url(const struct hub *h, const char *url, struct buf *out);

/* Percent-encodes all but letters, digits and "-_.~". */
int hub_encode(const char *s, struct buf *out);
/* ENDPOINT/api/models/REPO[/WORD[/REVISION]], appended; refuses what is no repository id. */
int hub_repo_url(const struct hub *h, const char *repo, const char *word, const char *revision,
    struct buf *out, struct err *e);

/* ENDPOINT/REPO/resolve/REVISION/PATH, appended; the '/' of the path stay (§1.4). ERR_INPUT when it is
 * no path in a repository. */
int hub_file_url(const struct hub *h, const char *repo, const char *revision, const char *path,
    struct buf *out, struct err *e);

/* The URL of rel="next" in a Link header, made absolute, into `out`, which is empty when there is
 * none; ERR_REMOTE when it leads away from the endpoint. Pure. */
int hub_next_page(const struct hub *h, const char *link, struct buf *out, struct err *e);

bool hub_is_hex(const char *s, size_t digits);

/* Pages of an answer, as they lie in the JSON; pure. */
int hub_read_user(const struct json *answer, struct arena *a, struct hub_user *out, struct err *e);
int hub_read_info(const struct json *answer, struct arena *a, struct hub_info *out, struct err *e);
bool hub_read_repo(const struct json *entry, struct arena *a, struct repo *out);
/* An entry of the tree (§2.4): false when it is no file or cannot be one. path is borrowed. */
bool hub_read_tree_entry(const struct json *entry, struct hub_file *out);

/* Every file of a revision (a name or a commit), in the order the Hub has them. `path` is borrowed for
 * the call. */
typedef void hub_tree_fn(void *arg, const struct hub_file *file);
int hub_tree(struct hub *h, const char *repo, const char *revision, hub_tree_fn *fn, void *arg,
    struct cancel *cancel, struct err *e);

/* What the LFS batch answers for one object (§4.2). */
struct hub_lfs_action {
    bool stored;               /* nothing is to be sent */
    bool multipart;            /* else one PUT, which is its only part */
    const char *href, *verify; /* borrowed from the answer; href: the completion when multipart */
    int64_t chunk;             /* bytes of a part but for the last */
    const char **parts;        /* URLs in order, borrowed; the array is owned */
    size_t part_count;
};
enum { HUB_PARTS_MAX = 10000 };
/* ERR_REMOTE with the object's own code as number when it is refused, with 0 when the answer is
 * nonsense. */
int hub_lfs_read(
    const struct json *object, int64_t size, struct hub_lfs_action *out, struct err *e);
void hub_lfs_release(struct hub_lfs_action *action);

#endif
