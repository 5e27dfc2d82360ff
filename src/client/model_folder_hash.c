/* Both hashes in one pass over the file, so that each byte is read once. pread, so that the
 * descriptor's own position neither matters nor moves. */

/* libcrypto has a type of the same name as a class of base/err.h. */
#define ERR_STATE LIBCRYPTO_ERR_STATE
#include <openssl/evp.h>
#undef ERR_STATE

#include "client/model_folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEP = 1 << 20, DIGEST_MAX = 32 };

struct hashes {
    EVP_MD_CTX *sha256, *git; /* git may be NULL */
};

static int broken(struct err *e)
{
    return err_set(e, ERR_IO, 0, "the hash cannot be computed by libcrypto");
}

static int start(struct hashes *h, int64_t size, bool git, struct err *e)
{
    char head[32];
    int n = snprintf(head, sizeof head, "blob %" PRId64, size);
    h->sha256 = EVP_MD_CTX_new();
    h->git = git ? EVP_MD_CTX_new() : NULL;
    if (!h->sha256 || EVP_DigestInit_ex(h->sha256, EVP_sha256(), NULL) != 1)
        return broken(e);
    /* The NUL behind the head is part of it. */
    if (git && (!h->git || EVP_DigestInit_ex(h->git, EVP_sha1(), NULL) != 1 ||
                   EVP_DigestUpdate(h->git, head, (size_t)n + 1) != 1))
        return broken(e);
    return 0;
}

static int update(struct hashes *h, const void *bytes, size_t n, struct err *e)
{
    if (EVP_DigestUpdate(h->sha256, bytes, n) != 1 ||
        (h->git && EVP_DigestUpdate(h->git, bytes, n) != 1))
        return broken(e);
    return 0;
}

static int finish(EVP_MD_CTX *ctx, char *hex, struct err *e)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_DigestFinal_ex(ctx, digest, &n) != 1 || n > DIGEST_MAX)
        return broken(e);
    for (unsigned i = 0; i < n; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[2 * n] = '\0';
    return 0;
}

static ssize_t read_at(int fd, void *bytes, size_t n, int64_t at)
{
    ssize_t got;
    do
        got = pread(fd, bytes, n, (off_t)at);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Asks for more than `size` bytes, so that a file that has grown is noticed too. */
static int read_all(int fd, int64_t size, char *bytes, struct hashes *h, _Atomic int64_t *done,
    struct cancel *cancel, struct err *e)
{
    for (int64_t at = 0;;) {
        if (cancel_check(cancel, e))
            return -1;
        ssize_t got = read_at(fd, bytes, STEP, at);
        if (got < 0)
            return err_errno(e, errno, "the file cannot be read");
        if (got > size - at || (got == 0 && at < size))
            return err_set(e, ERR_STATE, 0, "the file changed while it was being read");
        if (got == 0)
            return 0;
        if (update(h, bytes, (size_t)got, e))
            return -1;
        at += got;
        if (done)
            *done += got;
    }
}

int model_folder_hash(int fd, int64_t size, char sha256[65], char git[41], _Atomic int64_t *done,
    struct cancel *cancel, struct err *e)
{
    struct hashes h = {NULL, NULL};
    int result = -1;
    char *bytes = malloc(STEP);
    if (!bytes) {
        err_set(e, ERR_IO, ENOMEM, "out of memory for hashing");
        goto out;
    }
    if (start(&h, size, git != NULL, e) || read_all(fd, size, bytes, &h, done, cancel, e))
        goto out;
    if (finish(h.sha256, sha256, e) || (git && finish(h.git, git, e)))
        goto out;
    result = 0;
out:
    EVP_MD_CTX_free(h.sha256);
    EVP_MD_CTX_free(h.git);
    free(bytes);
    return result;
}
