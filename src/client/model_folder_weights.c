/* Files of safetensors one by one, and what all weights add up to. The header of a file tells all there is
 * to know (safetensors.h). */
#include "client/model_folder_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { DTYPES_NAMED = 3 };

/* ---- safetensors --------------------------------------------------------------------------------- */

/* The types by their bytes, the most first. */
static void name_dtypes(const struct safetensors *s, struct buf *out)
{
    bool named[SAFETENSORS_DTYPES] = {false};
    for (int n = 0; n < DTYPES_NAMED; n++) {
        size_t best = SAFETENSORS_DTYPES;
        for (size_t i = 0; i < SAFETENSORS_DTYPES; i++)
            if (!named[i] && s->dtype_bytes[i] > 0 &&
                (best == SAFETENSORS_DTYPES || s->dtype_bytes[i] > s->dtype_bytes[best]))
                best = i;
        if (best == SAFETENSORS_DTYPES)
            return;
        named[best] = true;
        buf_printf(out, "%s%s", n ? "+" : ", ", safetensors_dtype(best));
    }
}

static void note_tensors(struct folder *f, struct found *file, const struct safetensors *s)
{
    struct buf b;
    char size[SAFETENSORS_SIZE_WORDS];
    buf_init(&b, 256);
    buf_printf(&b, "%zu tensor%s, %s", s->count, s->count == 1 ? "" : "s",
        safetensors_size_words(size, s->data_bytes));
    name_dtypes(s, &b);
    folder_note(f, file, CHECK_VALID, "%s", buf_str(&b));
    buf_release(&b);
    if (!s->says_format)
        folder_note(f, file, CHECK_WARNING, "no format in its metadata, some loaders refuse it");
    if (s->parameters == 0)
        folder_note(f, file, CHECK_BAD, "no parameters in it");
}

void folder_check_any_weights(struct folder *f, struct found *file)
{
    struct err e;
    char size[SAFETENSORS_SIZE_WORDS];
    struct safetensors *s = arena_alloc(f->scratch, sizeof *s);
    if (!s) {
        f->failed = true;
        return;
    }
    if (safetensors_read(f->fd, file->line.size, f->scratch, s, &e)) {
        f->failed |= e.number == ENOMEM;
        folder_note(f, file, CHECK_BAD, "%s", e.message);
        return;
    }
    if (s->tensors) {
        file->tensors = s;
        note_tensors(f, file, s);
    } else {
        folder_note(f, file, CHECK_WARNING,
            "not looked into: a header of %s, more than the Hub reads",
            safetensors_size_words(size, s->header_bytes));
    }
}

void folder_check_weights(struct folder *f, struct found *file)
{
    folder_check_any_weights(f, file);
    if (folder_has_shards(f))
        folder_note(f, file, CHECK_WARNING, "beside shards: loaders take one or the other");
}

void folder_check_shard(struct folder *f, struct found *file)
{
    if (!file->first_shard)
        file->line.kind = CHECK_OPTIONAL; /* only nearly a shard's name */
    folder_check_any_weights(f, file);
    folder_check_shard_number(f, file);
}

void folder_check_adapter_weights(struct folder *f, struct found *file)
{
    folder_check_any_weights(f, file);
    if (!file->tensors || f->no_lora)
        return;
    for (size_t i = 0; i < file->tensors->count; i++)
        if (strstr(file->tensors->tensors[i].name, "lora_"))
            return;
    folder_note(f, file, CHECK_WARNING, "no tensor is a LoRA's");
}

/* ---- what they add up to ----------------------------------------------------------------------------- */

struct sums {
    int64_t parameters, bytes;
    int64_t dtype_bytes[SAFETENSORS_DTYPES];
    bool unsure; /* something was not read, or cannot be counted */
};

static void add(struct sums *sums, const struct found *file)
{
    const struct safetensors *s = file->tensors;
    if (!s || file->line.state == CHECK_BAD ||
        __builtin_add_overflow(sums->parameters, s->parameters, &sums->parameters) ||
        __builtin_add_overflow(sums->bytes, s->data_bytes, &sums->bytes)) {
        sums->unsure = true;
        return;
    }
    for (size_t i = 0; i < SAFETENSORS_DTYPES; i++)
        sums->dtype_bytes[i] += s->dtype_bytes[i];
}

static size_t main_dtype(const struct sums *sums)
{
    size_t best = 0;
    for (size_t i = 1; i < SAFETENSORS_DTYPES; i++)
        if (sums->dtype_bytes[i] > sums->dtype_bytes[best])
            best = i;
    return best;
}

static bool is_packed(const struct sums *sums)
{
    for (size_t i = 0; i < SAFETENSORS_DTYPES; i++)
        if (sums->dtype_bytes[i] > 0 && safetensors_dtype_packs(i))
            return true;
    return false;
}

static bool has_missing_weights(const struct folder *f)
{
    for (size_t i = 0; i < f->missing_count; i++)
        if (f->missing[i].kind == CHECK_WEIGHTS)
            return true;
    return false;
}

/* Whole weights in one file go before shards, as with the loaders. */
static void add_all(const struct folder *f, struct sums *sums)
{
    const char *name = f->adapter ? "adapter_model.safetensors" : "model.safetensors";
    const struct found *one = folder_find(f, name);
    if (one) {
        add(sums, one);
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        const struct found *file = &f->files[i];
        if (file->line.kind != CHECK_WEIGHTS)
            continue;
        if (f->safe_weights)
            add(sums, file);
        else if (file->line.size > 0)
            sums->bytes += file->line.size; /* a pickle is hardly more than its tensors */
    }
}

/* What was not seen whole stays unknown. */
void folder_weights_facts(struct folder *f)
{
    struct sums sums = {.unsure = has_missing_weights(f)};
    add_all(f, &sums);
    if (sums.unsure)
        return;
    size_t dtype = main_dtype(&sums);
    const char *name = safetensors_dtype_config(dtype);
    f->facts.weight_bytes = sums.bytes;
    if (f->facts.quantization.len == 0 || !is_packed(&sums))
        f->facts.parameters = sums.parameters;
    if (f->facts.dtype.len == 0 && sums.dtype_bytes[dtype] > 0 && name)
        f->facts.dtype = folder_text(f, "%s", name);
}
