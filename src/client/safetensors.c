/* The header is one JSON object, so it goes through base/json.h; what is checked here is its meaning.
 * Each tensor is first looked at alone (type, shape and length agree), then all together: in the order
 * of their offsets they must follow each other without a hole from byte 0 to the end of the file, which
 * rules out overlaps, offsets outside the file and a file cut short. Offsets come through a double, exact
 * up to 2^53: what is larger is refused, no file is that long.
 *
 * The first thing found wrong is the one told, except that a file cut short is told as such however
 * many tensors lie outside. */
#include "client/safetensors.h"

#include "base/buf.h"
#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LENGTH_BYTES = SAFETENSORS_LENGTH_BYTES, READ_STEP = 1 << 20 };

static const uint64_t exact_max = (uint64_t)1 << 53;

static const struct {
    const char *name;
    unsigned bits;
    const char *config;
    bool packs;
} dtypes[SAFETENSORS_DTYPES] = {
    {"BF16", 16, "bfloat16", false},
    {"F16", 16, "float16", false},
    {"F32", 32, "float32", false},
    {"F64", 64, "float64", false},
    {"F8_E4M3", 8, NULL, false},
    {"F8_E5M2", 8, NULL, false},
    {"F8_E8M0", 8, NULL, false},
    {"F8_E4M3FNUZ", 8, NULL, false},
    {"F8_E5M2FNUZ", 8, NULL, false},
    {"F6_E3M2", 6, NULL, false},
    {"F6_E2M3", 6, NULL, false},
    {"F4", 4, NULL, false},
    {"BOOL", 8, NULL, false},
    {"U8", 8, NULL, true},
    {"I8", 8, NULL, true},
    {"U16", 16, NULL, true},
    {"I16", 16, NULL, true},
    {"U32", 32, NULL, true},
    {"I32", 32, NULL, true},
    {"U64", 64, NULL, true},
    {"I64", 64, NULL, true},
    {"C64", 64, NULL, false},
};

const char *safetensors_dtype(size_t dtype)
{
    return dtype < SAFETENSORS_DTYPES ? dtypes[dtype].name : "?";
}

const char *safetensors_dtype_config(size_t dtype)
{
    return dtype < SAFETENSORS_DTYPES ? dtypes[dtype].config : NULL;
}

bool safetensors_dtype_packs(size_t dtype)
{
    return dtype < SAFETENSORS_DTYPES && dtypes[dtype].packs;
}

const char *safetensors_size_words(char out[SAFETENSORS_SIZE_WORDS], int64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes / 1000;
    size_t unit = 0;
    if (bytes < 1000) {
        snprintf(out, SAFETENSORS_SIZE_WORDS, "%" PRId64 " B", bytes);
        return out;
    }
    for (; value >= 999.95 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1000;
    snprintf(out, SAFETENSORS_SIZE_WORDS, "%.1f %s", value, units[unit]);
    return out;
}

/* ---- one tensor ---------------------------------------------------------------------------------- */

static bool is_whole(const struct json *j, uint64_t *out)
{
    double v = json_number(j, -1);
    if (!(v >= 0 && v <= (double)exact_max) || v > floor(v))
        return false;
    *out = (uint64_t)v;
    return true;
}

static int read_dtype(const struct json *entry, struct safetensors_tensor *t, struct err *e)
{
    const char *name = json_str_or(entry, "dtype", "");
    for (size_t i = 0; i < SAFETENSORS_DTYPES; i++)
        if (strcmp(dtypes[i].name, name) == 0) {
            t->dtype = (uint8_t)i;
            return 0;
        }
    return err_set(e, ERR_INPUT, 0, "tensor %s has the unknown type \"%s\"", t->name, name);
}

static int read_shape(const struct json *entry, struct safetensors_tensor *t, struct err *e)
{
    const struct json *shape = json_get(entry, "shape");
    if (json_kind(shape) != JSON_ARRAY)
        return err_set(e, ERR_INPUT, 0, "tensor %s has no shape", t->name);
    t->parameters = 1;
    for (const struct json *i = json_first(shape); i; i = json_next(i)) {
        uint64_t size;
        if (!is_whole(i, &size) || __builtin_mul_overflow(t->parameters, size, &t->parameters))
            return err_set(e, ERR_INPUT, 0, "tensor %s has an impossible shape", t->name);
    }
    return 0;
}

static int read_offsets(const struct json *entry, struct safetensors_tensor *t, struct err *e)
{
    const struct json *offsets = json_get(entry, "data_offsets");
    if (json_kind(offsets) != JSON_ARRAY || json_count(offsets) != 2 ||
        !is_whole(json_at(offsets, 0), &t->begin) || !is_whole(json_at(offsets, 1), &t->end) ||
        t->begin > t->end)
        return err_set(e, ERR_INPUT, 0, "tensor %s has no proper data_offsets", t->name);
    return 0;
}

static int check_length(const struct safetensors_tensor *t, struct err *e)
{
    uint64_t bits;
    if (__builtin_mul_overflow(t->parameters, dtypes[t->dtype].bits, &bits) || bits % 8 != 0)
        return err_set(e, ERR_INPUT, 0, "tensor %s has an impossible shape", t->name);
    if (bits / 8 != t->end - t->begin)
        return err_set(e, ERR_INPUT, 0,
            "tensor %s has %" PRIu64 " bytes, its shape and type need %" PRIu64, t->name,
            t->end - t->begin, bits / 8);
    return 0;
}

static int read_tensor(
    const struct json *entry, struct arena *a, struct safetensors_tensor *t, struct err *e)
{
    t->name = arena_strdup(a, json_key(entry));
    if (!t->name)
        return err_set(e, ERR_IO, ENOMEM, "out of memory for the names of the tensors");
    if (json_kind(entry) != JSON_OBJECT)
        return err_set(e, ERR_INPUT, 0, "tensor %s is not a JSON object", t->name);
    if (read_dtype(entry, t, e) || read_shape(entry, t, e) || read_offsets(entry, t, e))
        return -1;
    return check_length(t, e);
}

/* ---- all together -------------------------------------------------------------------------------- */

static int by_offset(const void *a, const void *b)
{
    const struct safetensors_tensor *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end == y->end ? 0 : x->end < y->end ? -1 : 1;
}

static int by_name(const void *a, const void *b)
{
    const struct safetensors_tensor *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int check_names(struct safetensors *s, struct err *e)
{
    qsort(s->tensors, s->count, sizeof *s->tensors, by_name);
    for (size_t i = 1; i < s->count; i++)
        if (strcmp(s->tensors[i - 1].name, s->tensors[i].name) == 0)
            return err_set(e, ERR_INPUT, 0, "the header names tensor %s twice", s->tensors[i].name);
    return 0;
}

/* In units where these differ, in bytes where they would look the same. */
static int wrong_size(const char *what, int64_t says, int64_t has, struct err *e)
{
    char a[SAFETENSORS_SIZE_WORDS], b[SAFETENSORS_SIZE_WORDS];
    if (strcmp(safetensors_size_words(a, says), safetensors_size_words(b, has)) != 0)
        return err_set(e, ERR_INPUT, 0, "%s: the header says %s, the file has %s", what, a, b);
    return err_set(e, ERR_INPUT, 0, "%s: the header says %" PRId64 " bytes, the file has %" PRId64,
        what, says, has);
}

/* `last`: where the data ends by the header. */
static int check_end(const struct safetensors *s, uint64_t last, struct err *e)
{
    int64_t before = LENGTH_BYTES + s->header_bytes;
    if (last > (uint64_t)s->data_bytes)
        return wrong_size("truncated", before + (int64_t)last, before + s->data_bytes, e);
    if (last < (uint64_t)s->data_bytes)
        return wrong_size("too long", before + (int64_t)last, before + s->data_bytes, e);
    return 0;
}

static int check_order(struct safetensors *s, struct err *e)
{
    uint64_t last = 0, largest = 0;
    for (size_t i = 0; i < s->count; i++)
        largest = s->tensors[i].end > largest ? s->tensors[i].end : largest;
    if (largest > (uint64_t)s->data_bytes)
        return check_end(s, largest, e);
    qsort(s->tensors, s->count, sizeof *s->tensors, by_offset);
    for (size_t i = 0; i < s->count; i++) {
        const struct safetensors_tensor *t = &s->tensors[i];
        if (t->begin < last)
            return err_set(e, ERR_INPUT, 0, "tensors %s and %s overlap",
                i > 0 ? s->tensors[i - 1].name : "?", t->name);
        if (t->begin > last)
            return err_set(e, ERR_INPUT, 0, "%" PRIu64 " bytes before tensor %s belong to none",
                t->begin - last, t->name);
        last = t->end;
    }
    return check_end(s, last, e);
}

static int read_metadata(const struct json *map, struct safetensors *s, struct err *e)
{
    if (json_kind(map) != JSON_OBJECT)
        return err_set(e, ERR_INPUT, 0, "__metadata__ is not a JSON object");
    for (const struct json *i = json_first(map); i; i = json_next(i))
        if (!json_string(i))
            return err_set(e, ERR_INPUT, 0, "__metadata__ holds what is not a string");
    s->says_format = json_str(map, "format") != NULL;
    return 0;
}

static int sum(struct safetensors *s, struct err *e)
{
    uint64_t parameters = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct safetensors_tensor *t = &s->tensors[i];
        if (__builtin_add_overflow(parameters, t->parameters, &parameters) ||
            parameters > INT64_MAX)
            return err_set(e, ERR_INPUT, 0, "more parameters than can be counted");
        s->dtype_bytes[t->dtype] += (int64_t)(t->end - t->begin);
    }
    s->parameters = (int64_t)parameters;
    return 0;
}

static int read_entries(
    const struct json *header, struct arena *a, struct safetensors *s, struct err *e)
{
    s->tensors = arena_array(a, json_count(header), sizeof *s->tensors);
    if (!s->tensors)
        return err_set(e, ERR_IO, ENOMEM, "out of memory for the header");
    for (const struct json *i = json_first(header); i; i = json_next(i)) {
        bool metadata = strcmp(json_key(i), "__metadata__") == 0;
        if (metadata ? read_metadata(i, s, e) : read_tensor(i, a, &s->tensors[s->count], e))
            return -1;
        s->count += !metadata;
    }
    return 0;
}

int safetensors_parse(const char *json, size_t n, int64_t data, struct arena *a,
    struct safetensors *out, struct err *e)
{
    *out = (struct safetensors){.header_bytes = (int64_t)n, .data_bytes = data};
    if (n == 0 || json[0] != '{')
        return err_set(e, ERR_INPUT, 0, "not a safetensors file: its header is no JSON object");
    struct json *header = json_parse(json, n, e);
    if (!header) {
        if (e)
            e->class = ERR_INPUT;
        return err_wrap(e, "the header");
    }
    int result =
        read_entries(header, a, out, e) || check_order(out, e) || check_names(out, e) || sum(out, e)
            ? -1
            : 0;
    json_free(header);
    return result;
}

/* ---- the file ------------------------------------------------------------------------------------ */

/* Appends exactly `n` bytes from `offset`. */
static int read_bytes(int fd, off_t offset, size_t n, struct buf *out, struct err *e)
{
    while (n > 0) {
        size_t want = n < READ_STEP ? n : READ_STEP;
        if (buf_reserve(out, want))
            return err_set(e, ERR_IO, ENOMEM, "out of memory for the header");
        ssize_t got = pread(fd, out->data + out->len, want, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(e, errno, "cannot be read");
        if (got == 0)
            return err_set(e, ERR_STATE, 0, "got shorter while it was read");
        out->len += (size_t)got;
        offset += got;
        n -= (size_t)got;
    }
    return 0;
}

static int check_header_length(uint64_t length, int64_t size, struct err *e)
{
    if (length > SAFETENSORS_HEADER_MAX)
        return err_set(e, ERR_INPUT, 0,
            "not a safetensors file: its header would have %" PRIu64 " bytes", length);
    if ((int64_t)length > size - LENGTH_BYTES)
        return err_set(e, ERR_INPUT, 0,
            "truncated: its header alone has %" PRIu64 " bytes, the file has %" PRId64, length,
            size);
    return 0;
}

int safetensors_length(const void *first, int64_t size, int64_t *length, struct err *e)
{
    const unsigned char *bytes = first;
    uint64_t n = 0;
    if (size < LENGTH_BYTES)
        return err_set(e, ERR_INPUT, 0, "not a safetensors file: it has %" PRId64 " bytes", size);
    for (int i = LENGTH_BYTES; i-- > 0;)
        n = n << 8 | bytes[i];
    if (check_header_length(n, size, e))
        return -1;
    *length = (int64_t)n;
    return 0;
}

static int read_length(int fd, int64_t size, int64_t *length, struct err *e)
{
    struct buf b;
    buf_init(&b, LENGTH_BYTES);
    int result = size < LENGTH_BYTES ? 0 : read_bytes(fd, 0, LENGTH_BYTES, &b, e);
    if (result == 0)
        result = safetensors_length(buf_str(&b), size, length, e);
    buf_release(&b);
    return result;
}

int safetensors_read(int fd, int64_t size, struct arena *a, struct safetensors *out, struct err *e)
{
    int64_t length = 0;
    struct buf header;
    *out = (struct safetensors){0};
    if (read_length(fd, size, &length, e))
        return -1;
    int64_t data = size - LENGTH_BYTES - length;
    if (length > SAFETENSORS_HEADER_HUB) {
        *out = (struct safetensors){.header_bytes = length, .data_bytes = data};
        return 0;
    }
    buf_init(&header, SAFETENSORS_HEADER_HUB);
    int result = read_bytes(fd, LENGTH_BYTES, (size_t)length, &header, e);
    if (result == 0)
        result = safetensors_parse(buf_str(&header), header.len, data, a, out, e);
    buf_release(&header);
    return result;
}
