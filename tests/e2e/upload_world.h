/* upload_world: a small model folder, uploads of it to the stand-in, and what they told, for the tests of
 * hub_upload. */
#ifndef TESTS_E2E_UPLOAD_WORLD_H
#define TESTS_E2E_UPLOAD_WORLD_H

#include "hub_world.h"
#include "temp_folder.h"

#include "client/hub_upload.h"
#include "core/cancel.h"

#include <fcntl.h>

enum { FILES = 8 };

static struct workers *workers;

/* ---- a folder -------------------------------------------------------------------------------- */

static const struct content {
    const char *path;
    size_t size;   /* of random bytes; 0: the text */
    unsigned seed; /* the same seed is the same content */
    const char *text;
} contents[FILES] = {
    {"model.safetensors", 730001, 1, NULL}, /* eight parts, the last one short */
    {"half.safetensors", 250000, 2, NULL},  /* just not in parts */
    {"extra/twin.safetensors", 250000, 2, NULL},
    {"config.json", 0, 0, "{\"model_type\":\"llama\"}\n"},
    {"README.md", 0, 0, "---\nlicense: mit\n---\n# small\n"},
    {"extra/a name with spaces & ünïcödé.txt", 0, 0, "text\n"},
    {"empty.txt", 0, 0, ""},
    {"empty.safetensors", 0, 0, ""},
};

struct folder {
    void *state;
    char raw[PATH_MAX];
    struct check_file files[FILES];
    struct checklist list;
};

static inline void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline void write_random(const char *path, size_t n, unsigned seed)
{
    unsigned char *bytes = malloc(n);
    uint32_t x = seed;
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)((x = x * 1664525u + 1013904223u) >> 24);
    write_bytes(path, bytes, n);
    free(bytes);
}

static inline void note_file(struct folder *f, size_t i)
{
    char path[2 * PATH_MAX];
    struct stat st;
    const char *name = contents[i].path;
    snprintf(path, sizeof path, "%s/%s", f->raw, name);
    assert_int_equal(stat(path, &st), 0);
    f->files[i] = (struct check_file){.path = {name, strlen(name)},
        .raw_path = name,
        .size = st.st_size,
        .modified_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
        .send = true,
        .result = TEXT("valid")};
}

static inline void write_content(struct folder *f, size_t i, const char *text, unsigned seed)
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", f->raw, contents[i].path);
    if (contents[i].size > 0)
        write_random(path, contents[i].size, seed);
    else
        write_bytes(path, text, strlen(text));
    note_file(f, i);
}

static inline void folder_make(struct folder *f)
{
    memset(f, 0, sizeof *f);
    assert_int_equal(temp_folder_make(&f->state), 0);
    assert_non_null(realpath(f->state, f->raw));
    char sub[2 * PATH_MAX];
    snprintf(sub, sizeof sub, "%s/extra", f->raw);
    assert_int_equal(mkdir(sub, 0700), 0);
    for (size_t i = 0; i < FILES; i++)
        write_content(f, i, contents[i].text, contents[i].seed);
    f->list = (struct checklist){.folder = TEXT("folder"),
        .raw_folder = f->raw,
        .files = f->files,
        .count = FILES,
        .send_count = FILES};
}

static inline void folder_remove(struct folder *f)
{
    assert_int_equal(temp_folder_remove(&f->state), 0);
}

static inline const struct json *true_file(const struct truth *t, const char *path)
{
    const struct json *f = json_first(json_get(t->repo, "files"));
    while (f && strcmp(json_str_or(f, "path", ""), path) != 0)
        f = json_next(f);
    return f;
}

/* ---- uploading ------------------------------------------------------------------------------- */

struct told {
    size_t times;
    enum hub_upload_phase last;
    int64_t done, total;
    struct upload_file files[FILES]; /* their notes do not outlive the call: they are below */
    char notes[FILES][400];
    size_t file_count;
    void (*on_phase)(enum hub_upload_phase phase); /* once a phase */
    void (*on_told)(const struct hub_upload_progress *p);
    struct hub_upload_plan with; /* what else the plan has */
    bool overdone;
};

static inline void take_progress(void *arg, const struct hub_upload_progress *p)
{
    struct told *t = arg;
    bool new_phase = t->times == 0 || p->phase != t->last;
    t->times++;
    t->last = p->phase;
    t->done = p->done;
    t->total = p->total;
    t->file_count = p->file_count;
    t->overdone = t->overdone || (p->total > 0 && p->done > p->total);
    memcpy(t->files, p->files, p->file_count * sizeof *p->files);
    for (size_t i = 0; i < p->file_count; i++) {
        t->overdone = t->overdone || p->files[i].sent > p->files[i].size;
        snprintf(t->notes[i], sizeof t->notes[i], "%s", p->files[i].note.s);
    }
    if (new_phase && t->on_phase)
        t->on_phase(p->phase);
    if (t->on_told)
        t->on_told(p);
}

static inline int upload(struct hub *h, const struct folder *f, const char *repo, struct told *told,
    struct hub_upload_result *out, struct cancel *cancel, struct err *e)
{
    struct hub_upload_plan plan = told->with;
    plan.list = &f->list;
    plan.repo = repo;
    plan.message = "Upload \"small\"\nwith two lines";
    plan.workers = workers;
    plan.told = take_progress;
    plan.arg = told;
    int rc = hub_upload(h, &plan, out, cancel, e);
    assert_false(told->overdone);
    return rc;
}

/* An upload that ends well, told whole. */
static inline void upload_with(
    const struct folder *f, const char *repo, struct told *told, struct hub_upload_result *out)
{
    struct err e;
    if (upload(hub, f, repo, told, out, NULL, &e))
        fail_msg("%s", e.message);
    assert_true(out->all_read_back);
    assert_int_equal(told->last, HUB_UPLOADED);
    assert_int_equal(told->done, told->total);
    for (size_t i = 0; i < told->file_count; i++) {
        const struct upload_file *file = &told->files[i];
        if (file->ticks != TICKS_ALL || file->sent != file->size)
            fail_msg("%s: ticks %x, %lld of %lld bytes", file->path.s, file->ticks,
                (long long)file->sent, (long long)file->size);
        assert_int_equal(strlen(file->sha256), 64);
    }
}

static inline void upload_well(
    const struct folder *f, const char *repo, struct hub_upload_result *out)
{
    struct told told = {0};
    upload_with(f, repo, &told, out);
}

/* Every file of the folder lies in the repository with its size; the large ones as LFS. The stand-in
 * checked each content against its hash when it came. */
static inline void check_truth(const struct folder *f, const char *repo, const char *commit)
{
    struct truth t = truth_of(repo);
    assert_string_equal(json_str_or(t.repo, "head", ""), commit);
    for (size_t i = 0; i < FILES; i++) {
        const struct json *there = true_file(&t, contents[i].path);
        if (!there)
            fail_msg("%s is missing", contents[i].path);
        assert_int_equal(json_int(there, "size", -1), f->files[i].size);
        assert_int_equal(json_bool(there, "lfs", false), contents[i].size > 0);
    }
    json_free(t.state);
}

/* No token went where the URL is the right; everywhere else it did. */
static inline void check_tokens(int64_t after)
{
    struct json *j = requests_after(after);
    size_t presigned = 0, own = 0;
    const struct json *r = json_first(json_get(j, "requests"));
    for (; r; r = json_next(r)) {
        const char *target = json_str_or(r, "target", "");
        const struct json *right = json_get(r, "authorization");
        if (strstr(target, "/lfs-storage/") || strstr(target, "/api/complete_multipart")) {
            assert_int_equal(json_kind(right), JSON_NULL);
            presigned++;
        } else {
            assert_string_equal(json_str_or(right, "kind", ""), "bearer");
            own++;
        }
    }
    json_free(j);
    assert_true(presigned > 0 && own > 0);
}

#endif
