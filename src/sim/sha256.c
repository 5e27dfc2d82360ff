/* SHA-256 by libcrypto, which uses the processor's own instructions for it. */
#include "sim/sha256.h"

#include <openssl/evp.h>
#include <stdio.h>

/* struct sha256 is never defined: it is libcrypto's context under another name. */
static EVP_MD_CTX *context(struct sha256 *h)
{
    return (EVP_MD_CTX *)h;
}

struct sha256 *sha256_new(void)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1)
        return (struct sha256 *)c;
    EVP_MD_CTX_free(c);
    return NULL;
}

void sha256_free(struct sha256 *h)
{
    EVP_MD_CTX_free(context(h));
}

int sha256_add(struct sha256 *h, const void *bytes, size_t n)
{
    return EVP_DigestUpdate(context(h), bytes, n) == 1 ? 0 : -1;
}

int sha256_finish(struct sha256 *h, char out[SHA256_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestFinal_ex(context(h), digest, &length) != 1 || length * 2 + 1 != SHA256_HEX)
        return -1;
    for (unsigned i = 0; i < length; i++)
        snprintf(out + (size_t)i * 2, 3, "%02x", digest[i]);
    return 0;
}
