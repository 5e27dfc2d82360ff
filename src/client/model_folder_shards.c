/* The sets that shards make, by their names: "model-00002-of-00005.safetensors", and the same in ".bin". */
#include "client/model_folder_internal.h"

#include <ctype.h>
#include <string.h>

/* The number whose digits end before `end`; moves `end` to its first digit. Shards have 5 or 6. */
static int number_before(const char *s, size_t *end, int *digits)
{
    int value = 0, scale = 1;
    *digits = 0;
    while (*end > 0 && isdigit((unsigned char)s[*end - 1]) && *digits < 7) {
        value += (s[--*end] - '0') * scale;
        scale *= 10;
        ++*digits;
    }
    return *digits == 5 || *digits == 6 ? value : -1;
}

/* Takes the ending off the name's length. */
static bool take_off(const char *raw, size_t *n, const char *end)
{
    size_t m = strlen(end);
    if (*n < m || memcmp(raw + *n - m, end, m) != 0)
        return false;
    *n -= m;
    return true;
}

bool shard_name_read(const char *raw, struct shard_name *out)
{
    size_t n = strlen(raw);
    int digits;
    *out = (struct shard_name){0};
    bool pickle = take_off(raw, &n, ".bin");
    if ((!pickle && !take_off(raw, &n, ".safetensors")) || strchr(raw, '/'))
        return false;
    int total = number_before(raw, &n, &digits);
    if (total < 0 || !take_off(raw, &n, "-of-"))
        return false;
    int number = number_before(raw, &n, &digits);
    if (number < 0 || n == 0 || !strchr("-_", raw[n - 1]))
        return false;
    *out = (struct shard_name){
        .stem = n, .number = number, .total = total, .digits = digits, .pickle = pickle};
    return true;
}

static bool same_set(const struct found *a, const struct found *b)
{
    return a->shard.stem == b->shard.stem && memcmp(a->raw, b->raw, a->shard.stem) == 0;
}

void folder_shards_find(struct folder *f)
{
    /* The list is sorted: the shards of a set follow each other, apart from pickles of the same name. */
    const struct found *before[2] = {NULL, NULL};
    for (size_t i = 0; i < f->count; i++) {
        struct found *file = &f->files[i];
        if (!shard_name_read(file->raw, &file->shard))
            continue;
        const struct found **last = &before[file->shard.pickle];
        file->first_shard = *last && same_set(*last, file) ? (*last)->first_shard : file;
        *last = file;
    }
    f->safe_weights = folder_has(f, "adapter_model.safetensors");
    if (!f->adapter)
        f->safe_weights = before[false] || folder_has(f, "model.safetensors");
}

bool folder_is_shard(const struct found *file)
{
    return file->first_shard && !file->shard.pickle;
}

bool folder_has_shards(const struct folder *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (folder_is_shard(&f->files[i]))
            return true;
    return false;
}

void folder_check_shard_number(struct folder *f, struct found *file)
{
    const struct shard_name *own = &file->shard;
    if (!file->first_shard)
        return;
    if (own->number < 1 || own->number > own->total)
        folder_note(f, file, CHECK_BAD, "shard %d of %d cannot be", own->number, own->total);
    if (own->total != file->first_shard->shard.total)
        folder_note(
            f, file, CHECK_BAD, "of another set: others are of %d", file->first_shard->shard.total);
}
