/* A repository is read as a folder is (model_folder_internal.h): the Hub's list takes the place of the scan, the
 * rules are the same, and so are the checks, which are handed the fetched bytes in place of an open file. Of
 * weights the header comes in one piece with the first kilobytes, or, where it is longer, in a second round.
 *
 * What is not looked into, tokenizer.json above all, counts as there. */
#include "client/hub_model_internal.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct hub *hub;
    const struct hub_info *info;
    struct cancel *cancel;
    struct folder f;
    struct hub_look *looks; /* in the order of the list */
    size_t count;
    struct hub_model *out;
};

/* ---- the list ---------------------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return strcmp(x->raw, y->raw);
}

static int list_files(struct reading *r, struct err *e)
{
    struct folder *f = &r->f;
    if (r->info->file_count > MODEL_FOLDER_FILES_MAX)
        return err_set(
            e, ERR_INPUT, 0, "the repository holds more than %d files", MODEL_FOLDER_FILES_MAX);
    f->files = calloc(r->info->file_count + 1, sizeof *f->files);
    if (!f->files)
        return err_set(e, ERR_IO, ENOMEM, "out of memory for the list of files");
    for (size_t i = 0; i < r->info->file_count; i++) {
        const struct hub_file *listed = &r->info->files[i];
        struct found *file = &f->files[f->count];
        if (!(file->raw = arena_strdup(f->arena, listed->path)))
            return err_set(e, ERR_IO, ENOMEM, "out of memory for the list of files");
        file->line = (struct check_file){
            .path = folder_clean(f, file->raw), .raw_path = file->raw, .size = listed->size};
        f->count++;
    }
    qsort(f->files, f->count, sizeof *f->files, by_path);
    return 0;
}

/* Weights under a name of their own: vLLM takes every safetensors file at the top. */
static bool is_own_name(const struct found *file)
{
    return file->rule->check == folder_check_any_weights && !strchr(file->raw, '/');
}

static void sort_kinds(struct folder *f)
{
    folder_apply_rules(f);
    bool own = false;
    for (size_t i = 0; i < f->count && !f->adapter && !f->safe_weights; i++)
        own |= is_own_name(&f->files[i]);
    f->safe_weights |= own;
    for (size_t i = 0; i < f->count; i++) {
        struct found *file = &f->files[i];
        file->line.kind = own && is_own_name(file) ? CHECK_WEIGHTS : folder_kind_of(f, file);
    }
}

/* ---- what is looked into ------------------------------------------------------------------------ */

static const struct {
    folder_check *check;
    size_t max;
    bool head;
} lookable[] = {
    {folder_check_config, FOLDER_SMALL_MAX, false},
    {folder_check_card, FOLDER_SMALL_MAX, false},
    {folder_check_generation, FOLDER_SMALL_MAX, false},
    {folder_check_adapter, FOLDER_SMALL_MAX, false},
    {folder_check_tokenizer_config, FOLDER_SMALL_MAX, false},
    {folder_check_template, FOLDER_SMALL_MAX, false},
    {folder_check_template_json, FOLDER_SMALL_MAX, false},
    {folder_check_index, HUB_INDEX_MAX, false},
    {folder_check_weights, HUB_HEAD_FIRST, true},
    {folder_check_shard, HUB_HEAD_FIRST, true},
    {folder_check_adapter_weights, HUB_HEAD_FIRST, true},
    {folder_check_any_weights, HUB_HEAD_FIRST, true},
};

static bool look_of(struct found *file, struct hub_look *out)
{
    bool weights = file->line.kind == CHECK_WEIGHTS;
    for (size_t i = 0; i < sizeof lookable / sizeof *lookable; i++)
        if (lookable[i].check == file->rule->check && file->line.kind != CHECK_KEEP_OUT &&
            (weights || !lookable[i].head)) {
            *out =
                (struct hub_look){.file = file, .max = lookable[i].max, .head = lookable[i].head};
            return true;
        }
    return false;
}

/* Whether it is to be fetched; else says why not. */
static bool is_due(struct folder *f, const struct hub_look *look, size_t *heads)
{
    const char *why = NULL;
    if (look->file->line.size < 0)
        why = "not looked into: the Hub does not say how large it is";
    else if (look->head && ++*heads > HUB_HEADS_MAX)
        why = "not looked into: too many files of weights";
    else if (!look->head && look->file->line.size > (int64_t)look->max)
        why = "too large to look into";
    if (why)
        folder_note(f, look->file, CHECK_WARNING, "%s", why);
    return !why;
}

static void choose_looks(struct reading *r)
{
    size_t heads = 0;
    r->looks = arena_array(r->f.scratch, r->f.count, sizeof *r->looks);
    r->f.failed |= !r->looks;
    for (size_t i = 0; r->looks && i < r->f.count; i++) {
        struct hub_look *look = &r->looks[r->count];
        if (!look_of(&r->f.files[i], look))
            continue;
        buf_init(&look->bytes, 0);
        int64_t size = look->file->line.size;
        if (is_due(&r->f, look, &heads))
            look->want = size < (int64_t)look->max ? size : (int64_t)look->max;
        else
            err_set(&look->error, ERR_STATE, 0, "not asked for");
        r->count++;
    }
}

/* ---- headers ----------------------------------------------------------------------------------- */

/* How much of the file its header and what is before it take; 0 = nothing more is to be read. */
static int64_t head_bytes(const struct hub_look *look)
{
    int64_t header = 0;
    if (!look->head || look->error.class != ERR_NONE ||
        look->bytes.len < SAFETENSORS_LENGTH_BYTES ||
        safetensors_length(buf_str(&look->bytes), look->file->line.size, &header, NULL))
        return 0;
    return header > SAFETENSORS_HEADER_HUB ? 0 : SAFETENSORS_LENGTH_BYTES + header;
}

/* The second round, as far as the budget reaches. */
static void want_rest(struct reading *r)
{
    int64_t left = HUB_HEADS_BYTES;
    for (size_t i = 0; i < r->count; i++) {
        struct hub_look *look = &r->looks[i];
        int64_t bytes = head_bytes(look);
        if (bytes <= (int64_t)look->bytes.len)
            continue;
        look->want = bytes <= left ? bytes : 0;
        left -= look->want;
    }
}

static void parse_head(struct folder *f, const struct hub_look *look, struct safetensors *s)
{
    struct found *file = look->file;
    struct err e;
    int64_t header = 0, size = file->line.size;
    const struct buf *b = &look->bytes;
    bool cut = (int64_t)b->len < size && b->len < SAFETENSORS_LENGTH_BYTES;
    if (!cut && safetensors_length(buf_str(b), size, &header, &e)) {
        folder_note(f, file, CHECK_BAD, "%s", e.message);
        return;
    }
    int64_t data = size - SAFETENSORS_LENGTH_BYTES - header;
    if (cut || head_bytes(look) == 0 || head_bytes(look) > (int64_t)b->len)
        folder_note(f, file, CHECK_WARNING, "not looked into: its header did not come whole");
    else if (safetensors_parse(buf_str(b) + SAFETENSORS_LENGTH_BYTES, (size_t)header, data,
                 f->scratch, s, &e) == 0)
        file->tensors = s;
    else if (e.number == ENOMEM)
        f->failed = true;
    else
        folder_note(f, file, CHECK_BAD, "%s", e.message);
    folder_check_shard_number(f, file);
}

/* ---- checks ------------------------------------------------------------------------------------- */

static void check_look(struct folder *f, struct hub_look *look)
{
    struct found *file = look->file;
    if (look->error.class != ERR_NONE) {
        if (file->line.result.len == 0)
            folder_note(f, file, CHECK_WARNING, "not looked into: %s", look->error.message);
        return;
    }
    if (look->head) {
        struct safetensors *s = arena_alloc(f->scratch, sizeof *s);
        f->failed |= !s;
        if (s)
            parse_head(f, look, s);
        return;
    }
    if ((int64_t)look->bytes.len != file->line.size) {
        err_set(&look->error, ERR_REMOTE, 0, "the Hub gave more or less of it than it lists");
        folder_note(f, file, CHECK_WARNING, "not looked into: %s", look->error.message);
        return;
    }
    f->bytes = &look->bytes;
    file->rule->check(f, file);
    f->bytes = NULL;
}

static void check_unseen(struct folder *f, struct found *file)
{
    bool by_size = file->rule->check == folder_check_not_empty;
    bool pickle = file->rule->check == folder_check_pickle && file->line.kind == CHECK_WEIGHTS;
    if (by_size || pickle)
        file->rule->check(f, file);
}

static struct hub_look *find_look(struct reading *r, const struct found *file)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->looks[i].file == file)
            return &r->looks[i];
    return NULL;
}

/* In the order of the rows, since some compare a file with what an earlier one said. */
static void run_checks(struct reading *r)
{
    struct folder *f = &r->f;
    for (size_t row = 0; row < folder_rule_count; row++)
        for (size_t i = 0; i < f->count; i++) {
            struct found *file = &f->files[i];
            if (file->rule != &folder_rules[row])
                continue;
            struct hub_look *look = find_look(r, file);
            if (look)
                check_look(f, look);
            else
                check_unseen(f, file);
            if (file->line.result.len > 0 || file->line.state != CHECK_VALID)
                continue;
            file->line.state = look ? CHECK_VALID : CHECK_PRESENT;
            file->line.result = look ? TEXT("valid") : TEXT("present");
        }
}

/* ---- what is missing ------------------------------------------------------------------------------ */

/* What vLLM does without, when there is a file of the pattern (NULL: always). */
static const struct {
    const char *missing, *beside, *why;
} spared[] = {
    {"*.safetensors.index.json", NULL, "vLLM reads all shards without it"},
    {"tokenizer_config.json", NULL, "special tokens and the tokenizer's class are guessed"},
    {"config.json", "params.json", "params.json is there: vLLM reads Mistral's format"},
    {"tokenizer.json", "tekken.json", "tekken.json is there: vLLM reads Mistral's format"},
    {"tokenizer.json", "*.model", "there is a tokenizer of another name"},
    {"tokenizer.json", "*.tiktoken", "there is a tokenizer of another name"},
    {"tokenizer.json", "vocab.txt", "there is a tokenizer of another name"},
};

static bool has_match(const struct folder *f, const char *pattern)
{
    for (size_t i = 0; i < f->count; i++)
        if (fnmatch(pattern, f->files[i].raw, FNM_PATHNAME) == 0)
            return true;
    return false;
}

static void spare(struct folder *f, struct check_file *line)
{
    for (size_t i = 0; i < sizeof spared / sizeof *spared; i++)
        if (fnmatch(spared[i].missing, line->path.s, 0) == 0 &&
            (!spared[i].beside || has_match(f, spared[i].beside))) {
            line->kind = CHECK_RECOMMENDED;
            line->result = folder_text(f, "%s", spared[i].why);
            return;
        }
}

/* What only the content of another file could tell to be missing. */
static const struct {
    const char *missing, *told_by;
} told[] = {
    {"LICENSE", "README.md"},
    {"chat_template.jinja", "tokenizer_config.json"},
};

static bool is_unsure(struct reading *r, const struct check_file *line)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        struct found *by = folder_find(&r->f, told[i].told_by);
        struct hub_look *look = by ? find_look(r, by) : NULL;
        if (look && look->error.class != ERR_NONE && strcmp(line->path.s, told[i].missing) == 0)
            return true;
    }
    return false;
}

static void find_missing(struct reading *r)
{
    struct folder *f = &r->f;
    size_t kept = 0;
    folder_missing(f);
    for (size_t i = 0; i < f->missing_count; i++) {
        if (is_unsure(r, &f->missing[i]))
            continue;
        f->missing[kept] = f->missing[i];
        spare(f, &f->missing[kept++]);
    }
    f->missing_count = kept;
}

/* ---- facts ------------------------------------------------------------------------------------- */

static bool lacks_weights(const struct folder *f)
{
    for (size_t i = 0; i < f->missing_count; i++)
        if (f->missing[i].kind == CHECK_WEIGHTS)
            return true;
    return false;
}

/* Where headers were not seen, the list still says how large the files are, headers included. */
static int64_t listed_bytes(const struct folder *f)
{
    const struct found *one = f->adapter ? NULL : folder_find(f, "model.safetensors");
    int64_t sum = 0;
    if (one || lacks_weights(f))
        return one && one->line.size > 0 ? one->line.size : 0;
    for (size_t i = 0; i < f->count; i++)
        if (f->files[i].line.kind == CHECK_WEIGHTS &&
            (f->files[i].line.size < 0 || __builtin_add_overflow(sum, f->files[i].line.size, &sum)))
            return 0;
    return sum;
}

static void add_facts(struct reading *r)
{
    struct folder *f = &r->f;
    struct text base = r->info->base_model;
    if (f->adapter && f->adapter_base)
        f->facts.base_model = folder_text(f, "%s", f->adapter_base);
    else if (base.len)
        f->facts.base_model = folder_text(f, "%s", base.s);
    folder_weights_facts(f);
    if (f->facts.weight_bytes == 0)
        f->facts.weight_bytes = listed_bytes(f);
    f->facts.text_generation |=
        r->info->pipeline_tag.len && strcmp(r->info->pipeline_tag.s, "text-generation") == 0;
}

/* ---- all of it ------------------------------------------------------------------------------------ */

static int fetch(struct reading *r, struct err *e)
{
    return hub_model_fetch(
        r->hub, r->info, r->looks, r->count, &r->out->readable, &r->out->fetched, r->cancel, e);
}

static int read_model(struct reading *r, struct err *e)
{
    struct folder *f = &r->f;
    if (list_files(r, e))
        return -1;
    sort_kinds(f);
    choose_looks(r);
    if (fetch(r, e))
        return -1;
    want_rest(r);
    if (fetch(r, e))
        return -1;
    run_checks(r);
    find_missing(r);
    add_facts(r);
    if (f->failed)
        return err_set(e, ERR_IO, ENOMEM, "out of memory for the checklist");
    return folder_fill_list(f, &r->out->list, e);
}

int hub_model_facts(struct hub *h, const struct hub_info *info, struct arena *a,
    struct hub_model *out, struct cancel *c, struct err *e)
{
    struct reading r = {.hub = h, .info = info, .cancel = c, .out = out};
    *out = (struct hub_model){.list = {.folder = text_from(a, info->id)}};
    r.f = (struct folder){.root = -1, .fd = -1, .arena = a, .cancel = c};
    r.f.scratch = arena_new(FOLDER_SCRATCH_MAX);
    int rc = r.f.scratch ? read_model(&r, e)
                         : err_set(e, ERR_IO, ENOMEM, "out of memory for the checklist");
    for (size_t i = 0; i < r.count; i++)
        buf_release(&r.looks[i].bytes);
    json_free(r.f.config);
    json_free(r.f.tokenizer);
    free(r.f.files);
    arena_free(r.f.scratch);
    return rc ? err_wrap(e, "%s", info->id) : 0;
}
