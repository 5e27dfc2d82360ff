/* The only Hub file that knows libcrypto. Everything is hashed through one function that takes the
 * pieces in turn, because git's objects are a header and a body. Trees are built recursively over a
 * sorted list of paths: byte order of whole paths is git's own order (a folder sorts as its name
 * with '/'), so each folder is one run of the list. */
#include "sim/hub_git.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ----------------------------------------------------------------------------------- */

struct hub_file *hub_file_new(const char *path, const char *sha256, int64_t size, bool lfs)
{
    size_t n = strlen(path) + 1;
    struct hub_file *f = calloc(1, sizeof *f + n);
    if (!f)
        return NULL;
    f->refs = 1;
    f->size = size;
    f->lfs = lfs;
    snprintf(f->sha256, sizeof f->sha256, "%s", sha256);
    memcpy(f->path, path, n);
    return f;
}

struct hub_file *hub_file_ref(struct hub_file *f)
{
    f->refs++;
    return f;
}

void hub_file_unref(struct hub_file *f)
{
    if (f && --f->refs == 0)
        free(f);
}

/* ---- digests --------------------------------------------------------------------------------- */

void hub_hex(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

bool hub_is_hex(const char *s, size_t digits)
{
    return strspn(s, "0123456789abcdef") == digits && s[digits] == '\0';
}

static int digest(
    const EVP_MD *md, const void *head, size_t head_n, const void *body, size_t n, char *out)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c && EVP_DigestInit_ex(c, md, NULL) && EVP_DigestUpdate(c, head, head_n) &&
              EVP_DigestUpdate(c, body, n) && EVP_DigestFinal_ex(c, bytes, &len);
    EVP_MD_CTX_free(c);
    if (!ok)
        return -1;
    hub_hex(bytes, len, out);
    return 0;
}

int hub_sha256_hex(const void *bytes, size_t n, char out[HUB_SHA256])
{
    return digest(EVP_sha256(), "", 0, bytes, n, out);
}

int hub_object_oid(const char *kind, const void *bytes, size_t n, char out[HUB_OID])
{
    char head[64];
    int len = snprintf(head, sizeof head, "%s %zu", kind, n);
    if (len < 0 || (size_t)len >= sizeof head)
        return -1;
    return digest(EVP_sha1(), head, (size_t)len + 1, bytes, n, out);
}

int hub_hmac_hex(
    const unsigned char *key, size_t key_n, const void *bytes, size_t n, char out[HUB_SHA256])
{
    unsigned char digest_bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!HMAC(EVP_sha256(), key, (int)key_n, bytes, n, digest_bytes, &len))
        return -1;
    hub_hex(digest_bytes, len, out);
    return 0;
}

struct hub_hash *hub_hash_new(void)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1)
        return (struct hub_hash *)c;
    EVP_MD_CTX_free(c);
    return NULL;
}

int hub_hash_add(struct hub_hash *h, const void *bytes, size_t n)
{
    return EVP_DigestUpdate((EVP_MD_CTX *)h, bytes, n) == 1 ? 0 : -1;
}

int hub_hash_end(struct hub_hash *h, char out[HUB_SHA256])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool ok = h && EVP_DigestFinal_ex((EVP_MD_CTX *)h, bytes, &len) == 1;
    EVP_MD_CTX_free((EVP_MD_CTX *)h);
    if (ok)
        hub_hex(bytes, len, out);
    return ok ? 0 : -1;
}

/* ---- LFS pointers ---------------------------------------------------------------------------- */

static const char pointer_start[] = "version https://git-lfs.github.com/spec/v1\noid sha256:";

size_t hub_pointer(const char *sha256, int64_t size, char *out)
{
    int n = snprintf(out, HUB_POINTER_MAX, "%s%s\nsize %" PRId64 "\n", pointer_start, sha256, size);
    return n > 0 ? (size_t)n : 0;
}

bool hub_pointer_parse(const void *bytes, size_t n, char sha256[HUB_SHA256], int64_t *size)
{
    static const char size_mark[] = "\nsize ";
    char text[HUB_POINTER_MAX], again[HUB_POINTER_MAX];
    size_t start = sizeof pointer_start - 1;
    if (n >= sizeof text || n < start + 64 || memcmp(bytes, pointer_start, start) != 0)
        return false;
    memcpy(text, bytes, n);
    text[n] = '\0';
    snprintf(sha256, HUB_SHA256, "%.64s", text + start);
    const char *rest = text + start + 64, *digits = rest + strlen(size_mark);
    if (!hub_is_hex(sha256, 64) || strncmp(rest, size_mark, strlen(size_mark)) != 0 ||
        strspn(digits, "0123456789") > 18)
        return false;
    *size = strtoll(digits, NULL, 10);
    /* no leading zeros, nothing behind: exactly what git-lfs writes */
    return hub_pointer(sha256, *size, again) == n && memcmp(text, again, n) == 0;
}

int hub_pointer_oid(const char *sha256, int64_t size, char out[HUB_OID])
{
    char text[HUB_POINTER_MAX];
    size_t n = hub_pointer(sha256, size, text);
    return hub_object_oid("blob", text, n, out);
}

/* ---- trees ----------------------------------------------------------------------------------- */

static int hex_value(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static int add_entry(
    struct buf *tree, const char *mode, const char *name, size_t name_n, const char *oid)
{
    buf_str_append(tree, mode);
    buf_append(tree, name, name_n);
    buf_char(tree, '\0');
    for (size_t i = 0; i + 1 < HUB_OID; i += 2)
        buf_char(tree, (char)(hex_value(oid[i]) << 4 | hex_value(oid[i + 1])));
    return tree->full ? -1 : 0;
}

/* How many of the files share the first one's folder, `folder` bytes of path with its '/'. */
static size_t run_length(struct hub_file *const *files, size_t n, size_t folder)
{
    size_t run = 1;
    while (run < n && strncmp(files[run]->path, files[0]->path, folder) == 0)
        run++;
    return run;
}

int hub_tree_oid(struct hub_file *const *files, size_t n, size_t prefix, char out[HUB_OID])
{
    struct buf tree;
    buf_init(&tree, HUB_TREE_MAX);
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0;) {
        const char *name = files[i]->path + prefix;
        const char *slash = strchr(name, '/');
        if (!slash) {
            rc = add_entry(&tree, "100644 ", name, strlen(name), files[i]->oid);
            i++;
            continue;
        }
        char oid[HUB_OID];
        size_t folder = (size_t)(slash + 1 - files[i]->path);
        size_t run = run_length(files + i, n - i, folder);
        rc = hub_tree_oid(files + i, run, folder, oid);
        if (rc == 0)
            rc = add_entry(&tree, "40000 ", name, (size_t)(slash - name), oid);
        i += run;
    }
    if (rc == 0)
        rc = hub_object_oid("tree", buf_str(&tree), tree.len, out);
    buf_release(&tree);
    return rc;
}

/* ---- commits --------------------------------------------------------------------------------- */

int hub_commit_oid(const struct hub_commit_text *c, char out[HUB_OID])
{
    struct buf text;
    buf_init(&text, 1024 * 1024);
    int64_t at = c->at_ms / 1000;
    buf_printf(&text, "tree %s\n", c->tree);
    if (c->parent)
        buf_printf(&text, "parent %s\n", c->parent);
    buf_printf(&text, "author %s <%s@users.noreply.huggingface.co> %" PRId64 " +0000\n", c->author,
        c->author, at);
    buf_printf(&text, "committer system <system@huggingface.co> %" PRId64 " +0000\n\n", at);
    buf_str_append(&text, c->title);
    if (*c->message)
        buf_printf(&text, "\n\n%s", c->message);
    int rc = text.full ? -1 : hub_object_oid("commit", buf_str(&text), text.len, out);
    buf_release(&text);
    return rc;
}
