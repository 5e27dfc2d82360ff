/* safetensors: the header of a weight file, read and checked (spec/huggingface.md §10.1). Only the
 * header is read, never the tensors.
 *
 * Thread: any; reads the file, so may block. Everything lands in the arena. */
#ifndef SLIPWAY_CLIENT_SAFETENSORS_H
#define SLIPWAY_CLIENT_SAFETENSORS_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Up to HUB bytes of header the Hub reads, up to MAX the loaders do. */
enum { SAFETENSORS_HEADER_HUB = 25000000, SAFETENSORS_HEADER_MAX = 100000000 };
enum { SAFETENSORS_DTYPES = 22 };

struct safetensors_tensor {
    const char *name;    /* foreign bytes */
    uint64_t begin, end; /* offsets into the data */
    uint64_t parameters;
    uint8_t dtype; /* index for safetensors_dtype */
};

struct safetensors {
    struct safetensors_tensor
        *tensors; /* by name; NULL when the header was too large to look into */
    size_t count;
    int64_t header_bytes, data_bytes;
    int64_t parameters;
    int64_t dtype_bytes[SAFETENSORS_DTYPES];
    bool says_format; /* __metadata__.format, without which some loaders refuse the file */
};

/* Reads the header of an open file of `size` bytes. ERR_INPUT: the file is bad, and the message says in
 * what ("truncated: the header says 4.9 GB, the file has 3.1 GB"); ERR_STATE: it got shorter
 * meanwhile; ERR_IO: reading or memory. A header between HUB and MAX is not looked into. */
int safetensors_read(int fd, int64_t size, struct arena *a, struct safetensors *out, struct err *e);

/* How long the header of a file of `size` bytes is, by the file's first 8 bytes (by fewer when it has no
 * more); behind them it begins. ERR_INPUT when it cannot be so long. */
enum { SAFETENSORS_LENGTH_BYTES = 8 };
int safetensors_length(const void *first, int64_t size, int64_t *length, struct err *e);

/* The header's JSON of `n` bytes, followed by `data` bytes of tensors. As safetensors_read. */
int safetensors_parse(const char *json, size_t n, int64_t data, struct arena *a,
    struct safetensors *out, struct err *e);

/* "BF16"; "bfloat16" (as config.json has it; NULL when it has no such name); whether packed weights may
 * be in it, so that its numbers are no parameters. Static. */
const char *safetensors_dtype(size_t dtype);
const char *safetensors_dtype_config(size_t dtype);
bool safetensors_dtype_packs(size_t dtype);

/* "2.5 MB": decimal units, as the Hub counts. */
enum { SAFETENSORS_SIZE_WORDS = 24 };
const char *safetensors_size_words(char out[SAFETENSORS_SIZE_WORDS], int64_t bytes);

#endif
