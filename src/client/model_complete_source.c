/* Where a file of the base model comes from: the cache, else the Hub at its present commit. Both are read
 * whole into memory, within a cap, and looked at before anything is made of them: an empty file, the pointer
 * that Git leaves in a large file's place, broken JSON are not taken, whichever way they came. What is wrong
 * with the cache's copy is told only when the Hub has no better one.
 *
 * The Hub is asked once for its list of the base model's files, and only when a file is wanted that the cache
 * lacks: a complete folder asks nobody. */
#include "client/model_complete_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    POINTER_MAX = 1024,
    VALUES_MAX = 5000000 /* of a JSON text; the largest tokenizers have two million */
};

/* ---- which model ----------------------------------------------------------------------------- */

static bool is_id(const char *s)
{
    for (const char *p = s; *p; p++)
        if ((unsigned char)*p >= 0x80)
            return false;
    return folder_is_repo_name(s);
}

static const char *first_named(const struct complete *c)
{
    const struct complete_options *o = c->options;
    if (o->base_model && o->base_model[0])
        return o->base_model;
    if (c->facts.base_model.len)
        return c->facts.base_model.s;
    return o->job && o->job->base_model.len ? o->job->base_model.s : NULL;
}

static void open_cache(struct complete *c)
{
    struct base_model *base = &c->base;
    struct err e;
    if (!c->options->cache || !hub_cache_open(c->options->cache, base->id, &base->cache, &e))
        return;
    base->uncached = complete_text(c, "%s", e.message);
}

void base_find(struct complete *c)
{
    const char *named = first_named(c);
    c->base.unanswered = c->base.uncached = TEXT("");
    if (!named)
        return;
    if (!is_id(named)) {
        c->base.wrong = named;
        return;
    }
    c->base.id = named;
    c->out->base_model = text_from(c->arena, named);
    open_cache(c);
}

void base_release(struct complete *c)
{
    hub_cache_close(&c->base.cache);
}

/* ---- the Hub's list -------------------------------------------------------------------------- */

/* -1 only when cancelled. */
static int ask_hub(struct complete *c)
{
    struct base_model *base = &c->base;
    struct err e;
    if (base->asked || !c->options->hub)
        return 0;
    base->asked = true;
    if (!strchr(base->id, '/')) {
        base->unanswered = TEXT("the Hub is asked only for OWNER/NAME");
        return 0;
    }
    base->answered =
        !hub_info(c->options->hub, base->id, NULL, c->scratch, &base->info, c->cancel, &e);
    if (base->answered)
        return 0;
    if (e.class == ERR_CANCEL) {
        *c->error = e;
        return -1;
    }
    base->unanswered = complete_text(c, "%s", e.message);
    return 0;
}

static const struct hub_file *listed(const struct base_model *base, const char *name)
{
    for (size_t i = 0; base->answered && i < base->info.file_count; i++)
        if (strcmp(base->info.files[i].path, name) == 0)
            return &base->info.files[i];
    return NULL;
}

const char *base_lack_words(struct complete *c)
{
    const struct base_model *base = &c->base;
    const char *cached = base->uncached.len ? base->uncached.s : "not in the cache";
    if (base->answered)
        return complete_text(c, "%s has none", base->id).s;
    if (base->unanswered.len)
        return complete_text(c, "%s; %s", cached, base->unanswered.s).s;
    return complete_text(c, "%s of %s", cached, base->id).s;
}

bool base_seems_to_have(const struct complete *c, const char *name)
{
    struct stat st;
    int fd = c->base.cache.root >= 0 ? hub_cache_file(&c->base.cache, name, &st, NULL) : -1;
    if (fd >= 0)
        close(fd);
    return fd >= 0 || listed(&c->base, name);
}

/* ---- what may be taken ----------------------------------------------------------------------- */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* Every value but the first has a comma, a bracket or a brace before it, so this is at least their number;
 * parsing takes a hundred bytes for each. */
static bool is_bomb(const struct buf *b)
{
    size_t values = 0;
    for (size_t i = 0; i < b->len; i++)
        values += b->data[i] == ',' || b->data[i] == '[' || b->data[i] == '{';
    return values > VALUES_MAX;
}

static const char *json_flaw(const struct buf *b)
{
    struct err e;
    if (is_bomb(b))
        return "more values than a tokenizer can have";
    struct json *j = json_parse(b->data, b->len, &e);
    enum json_kind kind = json_kind(j);
    json_free(j);
    return !j ? "not valid JSON" : kind != JSON_OBJECT ? "not a JSON object" : NULL;
}

static bool is_pointer(const struct buf *b)
{
    static const char begins[] = "version https://git-lfs";
    size_t n = sizeof begins - 1;
    return b->len >= n && b->len <= POINTER_MAX && memcmp(b->data, begins, n) == 0;
}

static const char *content_flaw(const char *name, const struct buf *b)
{
    bool binary = ends_with(name, ".model");
    if (b->len == 0)
        return "empty";
    if (is_pointer(b))
        return "a Git LFS pointer, not the file itself";
    if (!binary && !text_is_utf8(b->data, b->len))
        return "not valid UTF-8";
    return ends_with(name, ".json") ? json_flaw(b) : NULL;
}

/* ---- from the cache -------------------------------------------------------------------------- */

static const char *read_cached(const char *name, const struct stat *st, struct base_file *out)
{
    if ((uint64_t)st->st_size > out->bytes.max)
        return "in the cache it is larger than such a file can be";
    if (folder_read_whole(out->fd, (size_t)st->st_size, &out->bytes))
        return "in the cache it cannot be read to its end";
    return content_flaw(name, &out->bytes);
}

/* `why` gets what is wrong with one that is there. */
static bool from_cache(
    struct complete *c, const char *name, struct base_file *out, struct text *why)
{
    struct stat st;
    struct err e;
    if (c->base.cache.root < 0)
        return false;
    out->fd = hub_cache_file(&c->base.cache, name, &st, &e);
    if (out->fd < 0) {
        *why = e.class == ERR_STATE ? TEXT("") : complete_text(c, "%s", e.message);
        return false;
    }
    const char *flaw = read_cached(name, &st, out);
    out->size = st.st_size;
    memcpy(out->commit, c->base.cache.commit, sizeof out->commit);
    if (flaw)
        *why = complete_text(c, "%s", flaw);
    return !flaw;
}

/* ---- from the Hub ---------------------------------------------------------------------------- */

/* The size that the list says is looked at first, so that what is too large is not begun. */
static enum base_got from_hub(struct complete *c, const char *name, const struct hub_file *listing,
    bool fetch, struct base_file *out, struct text *why)
{
    struct err e;
    out->size = listing->size;
    memcpy(out->commit, c->base.info.sha, sizeof out->commit);
    if (listing->size > (int64_t)out->bytes.max) {
        *why = TEXT("on the Hub it is larger than such a file can be");
        return BASE_REFUSED;
    }
    if (!fetch)
        return BASE_SIZED;
    if (hub_get_file(
            c->options->hub, c->base.id, c->base.info.sha, name, &out->bytes, c->cancel, &e)) {
        *why = complete_text(c, "%s", e.message);
        if (e.class == ERR_CANCEL)
            *c->error = e;
        return e.class == ERR_CANCEL ? BASE_FAILED : BASE_REFUSED;
    }
    const char *flaw = content_flaw(name, &out->bytes);
    if (!flaw && listing->size >= 0 && (int64_t)out->bytes.len != listing->size)
        flaw = "the Hub gave more or less of it than it says to have";
    *why = flaw ? complete_text(c, "%s", flaw) : TEXT("");
    out->size = (int64_t)out->bytes.len;
    return flaw ? BASE_REFUSED : BASE_GOT;
}

/* ---- either ---------------------------------------------------------------------------------- */

static void start(struct base_file *out, const char *name)
{
    bool large = strcmp(name, "tokenizer.json") == 0;
    *out = (struct base_file){.fd = -1, .size = -1};
    buf_init(&out->bytes, large ? COMPLETE_TOKENIZER_MAX : COMPLETE_SMALL_MAX);
}

void base_file_release(struct base_file *f)
{
    buf_release(&f->bytes);
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

static enum base_got get(
    struct complete *c, const char *name, bool fetch, struct base_file *out, struct text *why)
{
    start(out, name);
    if (from_cache(c, name, out, why))
        return BASE_GOT;
    if (ask_hub(c))
        return BASE_FAILED;
    const struct hub_file *listing = listed(&c->base, name);
    if (!listing)
        return why->len ? BASE_REFUSED : BASE_LACKS;
    base_file_release(out);
    return from_hub(c, name, listing, fetch || c->options->staging, out, why);
}

enum base_got base_get(
    struct complete *c, const char *name, bool fetch, bool note, struct base_file *out)
{
    struct text why = TEXT("");
    enum base_got got = get(c, name, fetch, out, &why);
    if (got == BASE_REFUSED && note)
        complete_note(c, "%s: %s", name, why.s);
    if (got == BASE_GOT || got == BASE_SIZED) {
        if (!c->out->base_commit[0])
            c->out->base_commit = arena_strdup(c->arena, out->commit);
        c->failed |= !c->out->base_commit;
        c->out->base_commit = c->out->base_commit ? c->out->base_commit : "";
        return got;
    }
    base_file_release(out);
    return got;
}
