/* hub_git: object ids exactly as git and git-lfs compute them. Pure; any thread.
 *
 * The stand-in keeps no git repository, but its ids are real: a blob id is the SHA-1 of
 * "blob <size>\0<bytes>", a tree id that of git's binary tree, a commit id that of the commit text,
 * and the id of an LFS file is that of its pointer (spec/huggingface.md §3, §4.6). So a client may
 * compute them itself and compare. */
#ifndef SLIPWAY_SIM_HUB_GIT_H
#define SLIPWAY_SIM_HUB_GIT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HUB_OID = 41, HUB_SHA256 = 65, HUB_POINTER_MAX = 200, HUB_TREE_MAX = 64 * 1024 * 1024 };

/* One file of a revision. Immutable and shared by all the revisions that hold it unchanged, so two
 * revisions hold the same file exactly when they hold the same pointer. */
struct hub_file {
    unsigned refs;
    char oid[HUB_OID];       /* git blob id, for LFS that of the pointer */
    char sha256[HUB_SHA256]; /* of the content; its name in the store */
    int64_t size;            /* of the content */
    bool lfs;
    char path[]; /* relative, '/'-separated, valid by hub_path_error */
};

/* A new file with one reference; its oid is still empty. NULL when memory is out. */
struct hub_file *hub_file_new(const char *path, const char *sha256, int64_t size, bool lfs);
struct hub_file *hub_file_ref(struct hub_file *f);
void hub_file_unref(struct hub_file *f); /* NULL is fine */

/* Lower-case hex digests. -1 only when memory is out. */
int hub_sha256_hex(const void *bytes, size_t n, char out[HUB_SHA256]);
int hub_object_oid(const char *kind, const void *bytes, size_t n, char out[HUB_OID]);
void hub_hex(const unsigned char *bytes, size_t n, char *out); /* out holds 2n+1 */
bool hub_is_hex(const char *s, size_t digits);                 /* exactly, lower case */
int hub_hmac_hex(const unsigned char *key, size_t key_n, const void *bytes, size_t n,
    char out[HUB_SHA256]); /* HMAC-SHA256 */

/* A SHA-256 of what comes in pieces. hub_hash_end also frees it. */
struct hub_hash;
struct hub_hash *hub_hash_new(void); /* NULL when memory is out */
int hub_hash_add(struct hub_hash *h, const void *bytes, size_t n);
int hub_hash_end(struct hub_hash *h, char out[HUB_SHA256]); /* NULL is fine: -1 */

/* The pointer text of an LFS file; returns its length. `out` holds HUB_POINTER_MAX. */
size_t hub_pointer(const char *sha256, int64_t size, char *out);
/* Whether the bytes are such a pointer, and what it points to. */
bool hub_pointer_parse(const void *bytes, size_t n, char sha256[HUB_SHA256], int64_t *size);
int hub_pointer_oid(const char *sha256, int64_t size, char out[HUB_OID]);

/* The tree id of `n` files sorted by path (bytewise), whose first `prefix` path bytes are this
 * tree's own folder with its '/'. No files at all give git's well-known empty tree. */
int hub_tree_oid(struct hub_file *const *files, size_t n, size_t prefix, char out[HUB_OID]);

struct hub_commit_text {
    const char *tree, *parent; /* parent NULL = first commit */
    const char *author;        /* account name */
    int64_t at_ms;
    const char *title, *message; /* message may be "" */
};
int hub_commit_oid(const struct hub_commit_text *c, char out[HUB_OID]);

#endif
