/* upload_ceiling: what no upload can be faster than here: every file's SHA-256 on all cores, then every byte
 * into the stand-in's storage by plain PUTs, then what the storage needs to put the parts together. */
#ifndef SLIPWAY_TESTS_BENCH_UPLOAD_CEILING_H
#define SLIPWAY_TESTS_BENCH_UPLOAD_CEILING_H

#include "sim_process.h"

enum { CEILING_AT_ONCE = 8 };

struct ceiling {
    double hash_s, put_s, complete_s;
};

double bench_now(void);           /* CLOCK_MONOTONIC, seconds */
void bench_die(const char *what); /* ends the bench with a sentence */

/* Into a fresh repository of that name; the weights of the folder, not its small files. */
void ceiling_measure(
    struct sim_process *sim, const char *repo, const char *folder, struct ceiling *out);

/* upload_hash.c: apart, because openssl/evp.h and base/err.h do not go together. 0 on success. */
int bench_sha256(int fd, char hex[65]);

#endif
