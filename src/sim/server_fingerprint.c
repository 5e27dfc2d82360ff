/* AES-GCM's authenticator over data that is not encrypted, under a key that everybody knows: the processor
 * has instructions for it. */
#include "sim/fingerprint.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { TAG_BYTES = 16, PIECE_MAX = 1 << 30 };

/* struct fingerprint is never defined: it is libcrypto's context under another name. */
static EVP_CIPHER_CTX *context(struct fingerprint *f)
{
    return (EVP_CIPHER_CTX *)f;
}

struct fingerprint *fingerprint_new(void)
{
    static const unsigned char key[16] = "slipway-sim etag", iv[12] = {0};
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (c && EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, iv) == 1)
        return (struct fingerprint *)c;
    EVP_CIPHER_CTX_free(c);
    return NULL;
}

void fingerprint_free(struct fingerprint *f)
{
    EVP_CIPHER_CTX_free(context(f));
}

int fingerprint_add(struct fingerprint *f, const void *bytes, size_t n)
{
    const unsigned char *from = bytes;
    while (n > 0) {
        int done, piece = n < PIECE_MAX ? (int)n : PIECE_MAX;
        if (EVP_EncryptUpdate(context(f), NULL, &done, from, piece) != 1)
            return -1;
        from += piece;
        n -= (size_t)piece;
    }
    return 0;
}

int fingerprint_finish(struct fingerprint *f, char out[FINGERPRINT_HEX])
{
    unsigned char tag[TAG_BYTES], nothing[TAG_BYTES];
    int done;
    if (EVP_EncryptFinal_ex(context(f), nothing, &done) != 1 ||
        EVP_CIPHER_CTX_ctrl(context(f), EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag) != 1)
        return -1;
    for (size_t i = 0; i < TAG_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", tag[i]);
    return 0;
}
