/* The plain way to take a file's SHA-256: read a piece, add it. */
#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int bench_sha256(int fd, char hex[65]);

enum { PIECE = 1024 * 1024 };

int bench_sha256(int fd, char hex[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    void *piece = malloc(PIECE);
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    int failed = !piece || !sum || EVP_DigestInit_ex(sum, EVP_sha256(), NULL) != 1;
    ssize_t n = 0;
    for (off_t at = 0; !failed && (n = pread(fd, piece, PIECE, at)) > 0; at += n)
        failed = EVP_DigestUpdate(sum, piece, (size_t)n) != 1;
    failed = failed || n < 0 || EVP_DigestFinal_ex(sum, digest, &length) != 1 || length != 32;
    for (unsigned i = 0; !failed && i < length; i++)
        snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
    EVP_MD_CTX_free(sum);
    free(piece);
    return failed ? -1 : 0;
}
