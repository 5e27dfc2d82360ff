/* The index of shards against the headers of the shards, both ways: two lists of (tensor, file), both
 * sorted, are walked side by side. Tensors of a shard that could not be read are not counted: its own
 * line says what is wrong with it. */
#include "client/model_folder_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct place {
    const char *tensor, *file; /* borrowed: from the index's JSON, or from the list of files */
};

struct places {
    struct place *rows;
    size_t count;
};

struct index_check {
    struct folder *f;
    struct found *file;
    const struct json *map;
    const char *ending; /* of the files that it may name */
    struct places index, headers;
    size_t shards;  /* that hold what the index names */
    size_t absent;  /* in the index, not in that shard */
    size_t unnamed; /* in a shard, not in the index */
    size_t twice;   /* in two shards */
};

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = strcmp(x->tensor, y->tensor);
    return order ? order : strcmp(x->file, y->file);
}

static int by_file(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return strcmp(x->file, y->file);
}

static bool places_new(struct folder *f, struct places *p, size_t count)
{
    p->count = 0;
    p->rows = arena_array(f->scratch, count, sizeof *p->rows);
    f->failed |= !p->rows;
    return p->rows != NULL;
}

/* ---- the index ----------------------------------------------------------------------------------- */

static bool read_map(struct index_check *c)
{
    if (json_count(c->map) == 0) {
        folder_flaw(c->f, c->file, "no weight_map");
        return false;
    }
    if (!places_new(c->f, &c->index, json_count(c->map)))
        return false;
    for (const struct json *i = json_first(c->map); i; i = json_next(i)) {
        if (!json_string(i)) {
            folder_flaw(c->f, c->file, "tensor %s is given no file", json_key(i));
            return false;
        }
        c->index.rows[c->index.count++] = (struct place){json_key(i), json_string(i)};
    }
    return true;
}

static bool has_ending(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* Every file that the index names must be there. Leaves the list sorted by file. */
static void check_files(struct index_check *c)
{
    size_t gone = 0;
    const char *first = NULL;
    qsort(c->index.rows, c->index.count, sizeof *c->index.rows, by_file);
    for (size_t i = 0; i < c->index.count; i++) {
        const char *name = c->index.rows[i].file;
        if (i > 0 && strcmp(name, c->index.rows[i - 1].file) == 0)
            continue;
        c->shards++;
        if (!has_ending(name, c->ending))
            folder_flaw(c->f, c->file, "%s, which it names, is no %s file", name, c->ending);
        if (folder_has(c->f, name))
            continue;
        first = first ? first : name;
        gone++;
    }
    if (gone == 1)
        folder_flaw(c->f, c->file, "%s, which it names, is not here", first);
    else if (gone)
        folder_flaw(
            c->f, c->file, "%zu of the %zu files that it names are not here", gone, c->shards);
}

static bool names_file(const struct index_check *c, const char *file)
{
    struct place key = {"", file};
    return bsearch(&key, c->index.rows, c->index.count, sizeof key, by_file) != NULL;
}

/* The shards that this index is for: "model.safetensors.index.json" goes with "model-…-of-…". */
static bool is_own_shard(const struct index_check *c, const struct found *file)
{
    static const char suffix[] = ".safetensors.index.json";
    size_t stem = strlen(c->file->raw) - (sizeof suffix - 1);
    return folder_is_shard(file) && file->shard.stem == stem + 1 &&
           memcmp(file->raw, c->file->raw, stem) == 0;
}

/* ---- the headers ----------------------------------------------------------------------------------- */

static size_t count_tensors(const struct index_check *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->f->count; i++)
        n += c->f->files[i].tensors ? c->f->files[i].tensors->count : 0;
    return n;
}

/* The tensors of all shards that are named or ought to be; needs the index sorted by file. */
static bool read_headers(struct index_check *c)
{
    size_t strangers = 0;
    if (!places_new(c->f, &c->headers, count_tensors(c)))
        return false;
    for (size_t i = 0; i < c->f->count; i++) {
        const struct found *file = &c->f->files[i];
        bool named = names_file(c, file->raw);
        strangers += !named && is_own_shard(c, file);
        for (size_t k = 0; named && file->tensors && k < file->tensors->count; k++)
            c->headers.rows[c->headers.count++] =
                (struct place){file->tensors->tensors[k].name, file->raw};
    }
    if (strangers)
        folder_flaw(c->f, c->file, "%zu shard%s here that it does not name", strangers,
            strangers == 1 ? " is" : "s are");
    return true;
}

static bool was_read(const struct index_check *c, const char *file)
{
    const struct found *found = folder_find(c->f, file);
    return found && found->tensors;
}

static void compare(struct index_check *c)
{
    const struct places *a = &c->index, *b = &c->headers;
    size_t i = 0, k = 0;
    while (i < a->count || k < b->count) {
        int order = i == a->count ? 1 : k == b->count ? -1 : by_place(&a->rows[i], &b->rows[k]);
        c->absent += order < 0 && was_read(c, a->rows[i].file);
        c->unnamed += order > 0;
        i += order <= 0;
        k += order >= 0;
    }
    for (k = 1; k < b->count; k++)
        c->twice += strcmp(b->rows[k - 1].tensor, b->rows[k].tensor) == 0;
    for (i = 1; i < a->count; i++)
        if (strcmp(a->rows[i - 1].tensor, a->rows[i].tensor) == 0) {
            folder_flaw(c->f, c->file, "it names tensor %s twice", a->rows[i].tensor);
            return;
        }
}

static void note_differences(struct index_check *c)
{
    const struct {
        size_t count;
        const char *what;
    } rows[] = {
        {c->absent, "not in the shard that it names"},
        {c->unnamed, "in the shards, but not in it"},
        {c->twice, "in two shards"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].count)
            folder_flaw(c->f, c->file, "%zu tensor%s %s", rows[i].count,
                rows[i].count == 1 ? " is" : "s are", rows[i].what);
}

/* Only a warning: some tools count tied weights twice. */
static void check_total(struct index_check *c, const struct json *metadata)
{
    char says[SAFETENSORS_SIZE_WORDS], has[SAFETENSORS_SIZE_WORDS];
    int64_t total = json_int(metadata, "total_size", -1), sum = 0;
    for (size_t i = 0; i < c->f->count; i++) {
        const struct found *file = &c->f->files[i];
        if (!names_file(c, file->raw))
            continue;
        if (!file->tensors || __builtin_add_overflow(sum, file->tensors->data_bytes, &sum))
            return; /* unknown */
    }
    if (total >= 0 && total != sum)
        folder_note(c->f, c->file, CHECK_WARNING, "total_size says %s, the shards have %s",
            safetensors_size_words(says, total), safetensors_size_words(has, sum));
}

static void check_map(struct index_check *c, const struct json *metadata)
{
    if (!read_map(c))
        return;
    check_files(c);
    if (!read_headers(c))
        return;
    bool whole = c->file->line.state == CHECK_VALID;
    if (whole)
        check_total(c, metadata);
    qsort(c->index.rows, c->index.count, sizeof *c->index.rows, by_place);
    qsort(c->headers.rows, c->headers.count, sizeof *c->headers.rows, by_place);
    compare(c);
    note_differences(c);
    if (c->file->line.state == CHECK_VALID)
        folder_note(
            c->f, c->file, CHECK_VALID, "%zu tensors in %zu shards", c->index.count, c->shards);
}

void folder_check_index(struct folder *f, struct found *file)
{
    struct json *j = folder_object(f, file, FOLDER_TOKENIZER_MAX);
    struct index_check c = {
        .f = f, .file = file, .map = json_get(j, "weight_map"), .ending = ".safetensors"};
    if (j)
        check_map(&c, json_get(j, "metadata"));
    json_free(j);
}

/* Where pickles are all there is, their index is as much needed; what is in them it alone knows. */
void folder_check_pickle_index(struct folder *f, struct found *file)
{
    if (!f->adapter)
        file->line.kind = CHECK_REQUIRED;
    struct json *j = folder_object(f, file, FOLDER_TOKENIZER_MAX);
    struct index_check c = {
        .f = f, .file = file, .map = json_get(j, "weight_map"), .ending = ".bin"};
    if (j && read_map(&c))
        check_files(&c);
    json_free(j);
}
