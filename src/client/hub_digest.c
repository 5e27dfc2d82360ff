/* hub_digest: base64 goes straight into the buffer, in pieces that an int can count. */
#include "client/hub_digest.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { PIECE = 3 << 20, SHA1_BYTES = 20 };

int hub_base64(const void *bytes, size_t n, struct buf *out)
{
    const unsigned char *from = bytes;
    if (n / 3 > (SIZE_MAX - 8) / 4 || buf_reserve(out, (n + 2) / 3 * 4))
        return -1;
    while (n > 0) {
        size_t piece = n < PIECE ? n : PIECE;
        unsigned char *to = (unsigned char *)out->data + out->len;
        out->len += (size_t)EVP_EncodeBlock(to, from, (int)piece);
        from += piece;
        n -= piece;
    }
    return 0;
}

/* SHA-1 of "blob SIZE\0" and the bytes. */
int hub_git_id(const void *bytes, size_t n, char out[41])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    char head[32];
    int m = snprintf(head, sizeof head, "blob %zu", n) + 1;
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    int failed = !sum || EVP_DigestInit_ex(sum, EVP_sha1(), NULL) != 1 ||
                 EVP_DigestUpdate(sum, head, (size_t)m) != 1 ||
                 EVP_DigestUpdate(sum, bytes, n) != 1 ||
                 EVP_DigestFinal_ex(sum, digest, &length) != 1 || length != SHA1_BYTES;
    EVP_MD_CTX_free(sum);
    for (size_t i = 0; !failed && i < SHA1_BYTES; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return failed ? -1 : 0;
}
