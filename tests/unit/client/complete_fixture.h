/* complete_fixture: a model's folder, a cache of the Hub and a staging folder side by side in a temporary
 * folder, and completions of it. For the tests of model_complete. */
#ifndef SLIPWAY_TESTS_COMPLETE_FIXTURE_H
#define SLIPWAY_TESTS_COMPLETE_FIXTURE_H

#include "client/model_complete.h"

#include "model_fixture.h"

#include <spawn.h>
#include <sys/wait.h>

#define COMMIT   "0123456789abcdef0123456789abcdef01234567"
#define CACHED   "cache/models--acme--tiny-base"
#define SNAPSHOT CACHED "/snapshots/" COMMIT "/"

extern char **environ;

/* ---- what there is ------------------------------------------------------------------------------- */

static inline void unpack(void **state, const char *name)
{
    char archive[256];
    snprintf(archive, sizeof archive, "tests/data/models/%s.tar.gz", name);
    char *argv[] = {(char[]){"tar"}, (char[]){"-xzf"}, archive, (char[]){"-C"}, *state, NULL};
    pid_t child;
    int status;
    assert_int_equal(posix_spawnp(&child, "tar", NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* As the Hub's clients lay it out: a blob, and a link to it. */
static inline void put_cached(void **state, const char *name, const char *content)
{
    char blob[128], to[64], path[256], link[PATH_MAX];
    static unsigned number;
    snprintf(blob, sizeof blob, CACHED "/blobs/b%u", ++number);
    snprintf(to, sizeof to, "../../blobs/b%u", number);
    put(state, blob, content);
    put(state, CACHED "/refs/main", COMMIT);
    put(state, SNAPSHOT ".keep", "");
    snprintf(path, sizeof path, SNAPSHOT "%s", name);
    temp_folder_path(link, state, path);
    (void)unlink(link);
    assert_int_equal(symlink(to, link), 0);
}

#define BASE_TOKENIZER_CONFIG "{\"tokenizer_class\":\"TokenizersBackend\",\"eos_token\":\"</s>\"}"
#define BASE_README                                                                                \
    "---\nlicense: apache-2.0\nlanguage:\n- en\n- 'no'\n---\n# The base\nSecret sauce.\n"

static inline void put_good_base(void **state)
{
    put_cached(state, "config.json", GOOD_CONFIG);
    put_cached(state, "tokenizer.json", GOOD_TOKENIZER);
    put_cached(state, "tokenizer_config.json", BASE_TOKENIZER_CONFIG);
    put_cached(state, "generation_config.json", "{\"eos_token_id\":1}");
    put_cached(state, "chat_template.jinja", GOOD_TEMPLATE);
    put_cached(state, "README.md", BASE_README);
}

/* A folder below, as a state for what puts files into one; the caller frees it. */
static inline void *make_below(void **state, const char *name)
{
    char path[PATH_MAX];
    assert_int_equal(mkdir(temp_folder_path(path, state, name), 0700), 0);
    void *below = strdup(path);
    assert_non_null(below);
    return below;
}

/* Only what training writes. */
static inline void put_bare_model(void **state)
{
    put(state, "model/config.json", GOOD_CONFIG);
    put_tensors(state, "model/model.safetensors", GOOD_TENSORS, GOOD_DATA);
}

/* ---- completions --------------------------------------------------------------------------------- */

struct completed {
    struct checked c;
    struct complete_report report;
    char staging[PATH_MAX], cache[PATH_MAX];
};

static inline void read_and_complete(
    void **state, const char *folder, struct complete_options *options, struct completed *out)
{
    char path[PATH_MAX];
    struct err e = {0};
    out->c = check_path(temp_folder_path(path, state, folder));
    if (model_complete(out->c.list, options, out->c.arena, &out->report, NULL, &e))
        fail_msg("%s", e.message);
}

/* As an upload does: from the cache, staged. `more` may set anything else; NULL = nothing. */
static inline struct completed *complete(
    void **state, const char *folder, const struct complete_options *more)
{
    struct completed *out = calloc(1, sizeof *out);
    assert_non_null(out);
    struct complete_options options = more ? *more : (struct complete_options){0};
    static unsigned number;
    char name[32];
    snprintf(name, sizeof name, "staging-%u", ++number);
    temp_folder_path(out->staging, state, name);
    assert_int_equal(file_make_folder(out->staging, NULL), 0);
    options.staging = out->staging;
    if (!options.base_model)
        options.base_model = "acme/tiny-base";
    if (!options.cache)
        options.cache = temp_folder_path(out->cache, state, "cache");
    read_and_complete(state, folder, &options, out);
    return out;
}

static inline void completed_free(struct completed *d)
{
    checked_free(&d->c);
    free(d);
}

/* The bytes that would be sent for that line; the caller frees them. */
static inline char *sent_bytes(const struct completed *d, const char *path)
{
    const struct check_file *line = line_of(&d->c, path);
    struct buf b;
    struct err e;
    if (!line || !line->raw_source || !line->send)
        fail_msg("%s is not added", path);
    buf_init(&b, 1 << 24);
    if (file_read(line->raw_source, &b, &e))
        fail_msg("%s", e.message);
    assert_int_equal(b.len, line->size);
    char *bytes = buf_take(&b, NULL);
    return bytes ? bytes : strdup("");
}

static inline void assert_sent(const struct completed *d, const char *path, const char *content)
{
    char *bytes = sent_bytes(d, path);
    assert_string_equal(bytes, content);
    free(bytes);
}

static inline void assert_not_added(const struct completed *d, const char *path)
{
    const struct check_file *line = line_of(&d->c, path);
    if (line && line->origin != CHECK_HERE)
        fail_msg("%s was added: %s", path, line->result.s);
    char staged[2 * PATH_MAX];
    snprintf(staged, sizeof staged, "%s/%s", d->staging, path);
    assert_int_not_equal(access(staged, F_OK), 0);
}

static inline const char *find_note(const struct completed *d, const char *words)
{
    for (size_t i = 0; i < d->report.note_count; i++)
        if (strstr(d->report.notes[i].s, words))
            return d->report.notes[i].s;
    return NULL;
}

static inline void assert_note(const struct completed *d, const char *words)
{
    if (find_note(d, words))
        return;
    for (size_t i = 0; i < d->report.note_count; i++)
        fprintf(stderr, "note: %s\n", d->report.notes[i].s);
    fail_msg("no note says \"%s\"", words);
}

#endif
