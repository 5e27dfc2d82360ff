/* The repositories that a world begins with, from the scenario's "hub"."repos" (described in
 * include/sim/hub.h). Each gets the Hub's own first commit and a second one with its files, which
 * are kept as LFS by the same rule that preupload follows. */
#include "sim/hub_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 64 * 1024 * 1024, DAY_MS = 24 * 3600 * 1000 };
static const int64_t fill_max = (int64_t)64 << 30;

int hub_repo_begin(struct hub_world *h, struct hub_repo *repo, const char *author, int64_t at)
{
    struct hub_files files = {NULL, 0};
    struct hub_file *f = hub_regular_file(
        h, ".gitattributes", hub_default_attributes, strlen(hub_default_attributes));
    if (!f || hub_files_put(&files, f) != 0) {
        hub_files_release(&files);
        return -1;
    }
    struct hub_commit_new first = {
        .title = "initial commit", .message = "", .author = author, .at = at};
    struct hub_commit *c = hub_commit_add(repo, &first, &files);
    snprintf(repo->creator, sizeof repo->creator, "%s", author);
    return c && hub_ref_add(repo, HUB_BRANCH, "main", c) ? 0 : -1;
}

/* ---- one file -------------------------------------------------------------------------------- */

struct seed { /* where a repository's files go */
    struct hub_world *h;
    struct hub_repo *repo;
    struct hub_files *files;
    const struct json *specs;
};

static int put_lfs(const struct seed *seed, const char *path, const char *sha256, int64_t size)
{
    struct hub_file *f = hub_lfs_file(path, sha256, size);
    if (!f || hub_lfs_add(seed->repo, sha256, size) != 0) {
        hub_file_unref(f);
        return -1;
    }
    return hub_files_put(seed->files, f);
}

static int put_bytes(const struct seed *seed, const char *path, const struct buf *b)
{
    char sha256[HUB_SHA256];
    size_t sample = b->len < 512 ? b->len : 512;
    if (hub_wants_lfs(hub_default_attributes, path, (int64_t)b->len, buf_str(b), sample))
        return hub_stored_put(seed->h, buf_str(b), b->len, sha256) == 0
                   ? put_lfs(seed, path, sha256, (int64_t)b->len)
                   : -1;
    struct hub_file *f = hub_regular_file(seed->h, path, buf_str(b), b->len);
    return f ? hub_files_put(seed->files, f) : -1;
}

static int put_fill(const struct seed *seed, const char *path, const struct hub_fill *fill)
{
    char sha256[HUB_SHA256];
    if (fill->size > fill_max || hub_stored_fill(seed->h, fill, sha256) != 0)
        return -1;
    return put_lfs(seed, path, sha256, fill->size);
}

/* A number of its own for each path, so that two filled files differ. */
static uint64_t path_seed(const char *path)
{
    uint64_t seed = 1469598103934665603u; /* FNV-1a */
    for (; *path; path++)
        seed = (seed ^ (unsigned char)*path) * 1099511628211u;
    return seed | 1;
}

/* {"fill": bytes} */
static int seed_fill(const struct seed *seed, const char *path, const struct json *value)
{
    int64_t size = (int64_t)json_number(value, -1);
    struct hub_fill fill = {.head = "", .size = size, .seed = path_seed(path)};
    return size >= 0 ? put_fill(seed, path, &fill) : -1;
}

/* {"base64": "…"} */
static int seed_base64(const struct seed *seed, const char *path, const struct json *value)
{
    struct buf b;
    const char *text = json_string(value);
    buf_init(&b, TEXT_MAX);
    int rc = text ? hub_base64_decode(text, strlen(text), &b) : -1;
    if (rc == 0)
        rc = put_bytes(seed, path, &b);
    buf_release(&b);
    return rc;
}

/* {"json": …} */
static int seed_json(const struct seed *seed, const char *path, const struct json *value)
{
    struct buf b;
    buf_init(&b, TEXT_MAX);
    int rc = json_print(value, &b);
    if (rc == 0)
        rc = put_bytes(seed, path, &b);
    buf_release(&b);
    return rc;
}

/* {"weights_of": "config.json"}: a safetensors file of zeros for the {"json": …} file named. */
static int seed_weights(const struct seed *seed, const char *path, const struct json *value)
{
    struct buf head;
    const char *name = json_string(value);
    const struct json *config = name ? json_get(json_get(seed->specs, name), "json") : NULL;
    struct hub_fill fill = {.seed = 0};
    buf_init(&head, TEXT_MAX);
    int rc = hub_llama_header(config, &head, &fill.size);
    fill.head = buf_str(&head);
    fill.head_n = head.len;
    if (rc == 0)
        rc = put_fill(seed, path, &fill);
    buf_release(&head);
    return rc;
}

static const struct seed_kind {
    const char *key;
    int (*make)(const struct seed *seed, const char *path, const struct json *value);
} seed_kinds[] = {{"fill", seed_fill}, {"base64", seed_base64}, {"json", seed_json},
    {"weights_of", seed_weights}};

static int seed_file(const struct seed *seed, const char *path, const struct json *spec)
{
    if (hub_path_error(path))
        return -1;
    if (json_string(spec)) {
        struct buf b;
        buf_init(&b, TEXT_MAX);
        int rc = buf_str_append(&b, json_string(spec));
        if (rc == 0)
            rc = put_bytes(seed, path, &b);
        buf_release(&b);
        return rc;
    }
    for (size_t i = 0; i < sizeof seed_kinds / sizeof *seed_kinds; i++) {
        const struct json *value = json_get(spec, seed_kinds[i].key);
        if (value)
            return seed_kinds[i].make(seed, path, value);
    }
    return -1;
}

/* ---- one repository -------------------------------------------------------------------------- */

static enum hub_gate read_gate(const struct json *gated)
{
    const char *word = json_string(gated);
    if (word)
        return strcmp(word, "manual") == 0 ? HUB_GATE_MANUAL : HUB_GATE_AUTO;
    return json_is_true(gated) ? HUB_GATE_AUTO : HUB_OPEN;
}

static void read_settings(struct hub_repo *repo, const struct json *spec, int64_t at)
{
    repo->created = at;
    repo->private = json_bool(spec, "private", false);
    repo->disabled = json_bool(spec, "disabled", false);
    repo->gate = read_gate(json_get(spec, "gated"));
    repo->granted = json_dup(json_get(spec, "granted"));
    repo->likes = json_int(spec, "likes", 0);
    repo->downloads = json_int(spec, "downloads", 0);
}

static int seed_files(
    struct hub_world *h, struct hub_repo *repo, const struct json *spec, struct err *e)
{
    struct hub_files files;
    struct hub_commit *head = hub_head(repo);
    const struct json *specs = json_get(spec, "files");
    struct seed seed = {h, repo, &files, specs};
    if (json_count(specs) == 0)
        return 0;
    int rc = hub_files_copy(&head->files, &files);
    for (const struct json *f = json_first(specs); f && rc == 0; f = json_next(f)) {
        rc = seed_file(&seed, json_key(f), f);
        if (rc != 0)
            err_set(e, ERR_INPUT, 0,
                "the scenario's file %s of %s is not understood or not writable", json_key(f),
                repo->id);
    }
    if (rc != 0) {
        hub_files_release(&files);
        return -1;
    }
    struct hub_commit_new c = {.title = json_str_or(spec, "commit", "Upload model"),
        .message = "",
        .author = repo->creator,
        .parent = head,
        .at = head->at + 60000};
    struct hub_commit *made = hub_commit_add(repo, &c, &files);
    if (!made)
        return err_set(e, ERR_IO, 0, "out of memory");
    hub_ref_find(repo, HUB_BRANCH, "main")->commit = made;
    return 0;
}

static int seed_repo(struct sim *s, struct hub_world *h, const struct json *spec, struct err *e)
{
    enum hub_type type;
    char owner[HUB_NAME];
    const char *id = json_str_or(spec, "id", "");
    if (!hub_repo_id_ok(id) || !hub_type_find(json_str(spec, "type"), &type) ||
        hub_repo_find(h, type, id))
        return err_set(
            e, ERR_INPUT, 0, "the scenario's repository \"%s\" has no good id or type", id);
    struct hub_repo *repo = hub_repo_new(s, h, type, id);
    if (!repo)
        return err_set(e, ERR_IO, 0, "out of memory");
    int64_t days = json_int(spec, "created_days_ago", 30);
    read_settings(repo, spec, sim_now(s) - (days < 0 || days > 3650 ? 30 : days) * DAY_MS);
    snprintf(owner, sizeof owner, "%.*s", (int)strcspn(id, "/"), id);
    if (hub_repo_begin(h, repo, json_str_or(spec, "author", owner), repo->created) != 0)
        return err_set(e, ERR_IO, 0, "cannot store the repository %s", id);
    return seed_files(h, repo, spec, e);
}

/* The scenario's value, or that of the default text, put into the scenario. */
static const struct json *with_default(
    struct hub_world *h, const char *key, const char *text, struct err *e)
{
    if (!json_get(h->scenario, key)) {
        struct json *own = json_parse(text, strlen(text), e);
        if (!own || json_set(h->scenario, key, own) != 0)
            return NULL;
    }
    return json_get(h->scenario, key);
}

int hub_seed(struct sim *s, struct hub_world *h, struct err *e)
{
    const struct json *repos = with_default(h, "repos", hub_seed_default, e);
    if (!repos || !with_default(h, "users", hub_users_default, e))
        return -1;
    h->conflicts = hub_setting(h, "create_conflicts", 0);
    int rc = 0;
    for (const struct json *spec = json_first(repos); spec && rc == 0; spec = json_next(spec))
        rc = seed_repo(s, h, spec, e);
    return rc;
}
