/* worker_image: what an image reference says about the vLLM worker inside (spec/runpod.md §7.1, §7.2): which
 * version, which vLLM, which CUDA it wants, and which of the two generations of behaviour. Pure; all from a
 * table, so what is newer than the table is told as unknown. */
#ifndef SLIPWAY_MODEL_WORKER_IMAGE_H
#define SLIPWAY_MODEL_WORKER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

/* What to take when nothing else is wanted, and what hosts need for it; the newest that runs on hosts
 * without CUDA 13. */
#define WORKER_IMAGE_DEFAULT      "runpod/worker-v1-vllm:v2.25.2"
#define WORKER_IMAGE_DEFAULT_CUDA "13.0"
#define WORKER_IMAGE_OLDER_HOSTS  "runpod/worker-v1-vllm:v2.18.1"

enum worker_image_kind {
    WORKER_IMAGE_GOOD,
    WORKER_IMAGE_OLD,       /* a vLLM worker, too old for many models */
    WORKER_IMAGE_UNKNOWN,   /* may be a worker; or the tag is none that is known */
    WORKER_IMAGE_NO_WORKER, /* is known not to take requests from the queue */
    WORKER_IMAGE_KINDS
};

enum worker_generation {
    WORKER_GENERATION_UNKNOWN,
    WORKER_GENERATION_0, /* 0.x: own base images, other names of settings */
    WORKER_GENERATION_A, /* up to v2.23: the handler holds the engine */
    WORKER_GENERATION_B, /* from v2.24: an HTTP proxy before `vllm serve` */
    WORKER_GENERATIONS
};

struct worker_version {
    int major, minor, patch; /* -1 = unknown, all of them */
};

enum { WORKER_IMAGE_WORDS = 48, WORKER_IMAGE_SENTENCE = 256, WORKER_IMAGE_FIX = 160 };
struct worker_image {
    enum worker_image_kind kind;
    enum worker_generation generation;
    struct worker_version version;
    char vllm[WORKER_IMAGE_WORDS]; /* "0.27.1", or a range: "0.7.3 to 0.10.0"; "" = unknown */
    char cuda[12];                 /* the least a host needs: "13.0"; "" = unknown */
    const char *since;             /* when it came out: "2026-08"; "" = unknown. Static */
    /* What is to be said about it, the warning of a good one too; "" = nothing. They may hold bytes of the
     * reference, so clean them before they are shown. */
    char warning[WORKER_IMAGE_SENTENCE], fix[WORKER_IMAGE_FIX];
};

/* "runpod/worker-v1-vllm:v2.25.2", with or without docker.io/ and a digest. */
struct worker_image worker_image_read(const char *reference);

/* Whether hosts must be asked for its CUDA: those without it are there too. */
bool worker_image_needs_floor(const struct worker_image *image);

/* "0", "A", "B", "unknown". Static. */
const char *worker_generation_name(enum worker_generation generation);
/* <0, 0, >0. */
int worker_version_compare(struct worker_version a, struct worker_version b);

/* "13.0" as 1300, "12.11" as 1211, to be compared; 0 = no such number. */
int worker_cuda_number(const char *words);

#endif
