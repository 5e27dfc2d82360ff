/* kill_world: what the tests of interrupted uploads share: a stand-in with small parts, a model folder of many
 * of them, an undisturbed upload to compare with, and what came over the wire, told by the stand-in's own
 * log and state, never by what the program says. */
#ifndef SLIPWAY_TESTS_KILL_WORLD_H
#define SLIPWAY_TESTS_KILL_WORLD_H

#include "command_world.h"
#include "dice.h"
#include "weights_folder.h"

#include <inttypes.h>

enum { SHARDS = 8, IN_FLIGHT = 16, SEED = 20, PATIENT_S = 300, PARTS_SEEN_MAX = 4096 };

static const struct size {
    int64_t bytes, chunk;
    const char *rate;
    size_t kills;
} sizes[] = {
    {64 * 1000 * 1000, 1000 * 1000, "60M", 3},
    {INT64_C(1000) * 1000 * 1000, 16 * 1000 * 1000, "400M", 50},
};
static const struct size *size;

static struct {
    char scenario[PATH_MAX], expiring[PATH_MAX];
    char *tree; /* of an undisturbed upload, in print */
    int64_t took_ms;
    uint64_t seed;
    int repos;
} kill_test;

/* ---- the world --------------------------------------------------------------------------------- */

static inline void write_scenario(char path[PATH_MAX], const char *name, int url_seconds)
{
    char text[512];
    temp_folder_path(path, &world.folder, name);
    snprintf(text, sizeof text,
        "{\"seed\":7,\"speed\":1,\"hub\":{\"facts_delay_s\":0,\"rate_api\":1000000,"
        "\"commits_per_hour\":100000,\"multipart_chunk\":%" PRId64 ",\"url_seconds\":%d}}",
        size->chunk, url_seconds);
    world_write(path, text);
}

static inline int kill_start(void **state)
{
    (void)state;
    struct err e;
    const char *wish = getenv("UPLOAD_KILL_SEED");
    size = &sizes[getenv("UPLOAD_KILL_LONG") != NULL];
    kill_test.seed = wish ? strtoull(wish, NULL, 10) : SEED;
    print_message("# seed %" PRIu64 "\n", kill_test.seed);
    memset(&world, 0, sizeof world);
    kill_test.tree = NULL;
    assert_int_equal(temp_folder_make(&world.folder), 0);
    write_scenario(kill_test.scenario, "kill.json", 900);
    write_scenario(kill_test.expiring, "expiring.json", 3);
    temp_folder_path(world.model, &world.folder, "model");
    assert_int_equal(mkdir(world.model, 0700), 0);
    const struct weights_plan plan = {size->bytes, SHARDS, 11};
    if (weights_folder_make(world.model, &plan, &e))
        fail_msg("%s", e.message);
    sim_process_start(&world.sim, kill_test.scenario, "1");
    return 0;
}

static inline int kill_stop(void **state)
{
    (void)state;
    free(kill_test.tree);
    world_stop();
    return 0;
}

/* ---- what the stand-in has --------------------------------------------------------------------- */

static inline const struct json *repo_in(const struct json *truth, const char *repo)
{
    return row_with(json_get(json_get(truth, "hub"), "repos"), "id", repo);
}

/* Every file of main with its size and hash, in order; the caller frees it. NULL without a repository. */
static inline char *tree_of(const char *repo)
{
    struct json *truth = world_truth();
    const struct json *r = repo_in(truth, repo);
    struct buf out;
    buf_init(&out, 1024 * 1024);
    for (const struct json *f = json_first(json_get(r, "files")); f; f = json_next(f))
        buf_printf(&out, "%s %" PRId64 " %s\n", json_str_or(f, "path", "?"),
            json_int(f, "size", -1), json_str_or(f, "sha256", "?"));
    char *text = r ? strdup(buf_str(&out)) : NULL;
    buf_release(&out);
    json_free(truth);
    return text;
}

static inline int64_t commits_in(const char *repo)
{
    struct json *truth = world_truth();
    int64_t n = json_int(repo_in(truth, repo), "commits", 0);
    json_free(truth);
    return n;
}

/* That, and nothing else: made in one commit after the one that began the repository. */
static inline void is_whole(const char *repo)
{
    char *tree = tree_of(repo);
    if (!tree || strcmp(tree, kill_test.tree) != 0)
        fail_msg("%s holds\n%sinstead of\n%s", repo, tree ? tree : "nothing\n", kill_test.tree);
    free(tree);
    assert_int_equal(commits_in(repo), 2);
}

/* ---- what came over the wire ------------------------------------------------------------------- */

struct wire {
    int puts, completions, commits;
    int64_t received, twice; /* bytes of contents, and those of them that came more than once */
};

struct part_seen {
    char name[160];
    int64_t sum, most; /* bytes of all tries, and of the longest */
};

/* "OID partNumber=N", the same for every try. */
static inline void part_name(const char *target, char out[160])
{
    const char *oid = strrchr(target, '/'), *number = strstr(target, "partNumber=");
    snprintf(out, 160, "%.*s %.*s", oid ? (int)strcspn(oid, "?") : 0, oid ? oid : "",
        number ? (int)strcspn(number, "&") : 0, number ? number : "");
}

static inline void add_part(struct part_seen *seen, size_t *n, const struct json *request)
{
    char name[160];
    int64_t bytes = json_int(request, "received", 0);
    size_t i = 0;
    part_name(json_str_or(request, "target", ""), name);
    while (i < *n && strcmp(seen[i].name, name) != 0)
        i++;
    if (i == *n) {
        assert_in_range(*n, 0, PARTS_SEEN_MAX - 1);
        memcpy(seen[(*n)++].name, name, sizeof name);
    }
    seen[i].sum += bytes;
    if (bytes > seen[i].most)
        seen[i].most = bytes;
}

/* No token may come where the address is the right. */
static inline void check_token(const struct json *request)
{
    const char *target = json_str_or(request, "target", "");
    bool presigned = strstr(target, "/lfs-storage/") || strstr(target, "/api/complete_multipart");
    if (presigned && json_kind(json_get(request, "authorization")) != JSON_NULL)
        fail_msg("a token came to %s", target);
}

static inline bool is_call(const struct json *request, const char *method, const char *part)
{
    return strcmp(json_str_or(request, "method", ""), method) == 0 &&
           strstr(json_str_or(request, "target", ""), part);
}

static inline bool all_ended(const struct json *log)
{
    bool ended = true;
    for (const struct json *r = json_first(json_get(log, "requests")); r; r = json_next(r))
        ended = ended && json_bool(r, "ended", false);
    return ended;
}

/* The stand-in's log since the mark, once it has noticed who is gone. */
static inline struct json *settled_log(int64_t mark)
{
    char path[64];
    int64_t end = clock_mono_ms(clock_real()) + PATIENCE_MS;
    snprintf(path, sizeof path, "/_sim/requests?after=%" PRId64, mark);
    for (;;) {
        struct json *log = sim_get(&world.sim, world.sim.control, path);
        if (all_ended(log))
            return log;
        json_free(log);
        if (clock_mono_ms(clock_real()) > end)
            fail_msg("a request never ends");
        poll(NULL, 0, 20);
    }
}

static inline struct wire wire_since(int64_t mark)
{
    struct wire w = {0};
    size_t n = 0;
    struct json *log = settled_log(mark);
    struct part_seen *seen = calloc(PARTS_SEEN_MAX, sizeof *seen);
    assert_non_null(seen);
    for (const struct json *r = json_first(json_get(log, "requests")); r; r = json_next(r)) {
        check_token(r);
        if (is_call(r, "PUT", "/lfs-storage/")) {
            add_part(seen, &n, r);
            w.puts++;
        }
        w.completions += is_call(r, "POST", "/api/complete_multipart");
        w.commits += is_call(r, "POST", "/commit/");
    }
    for (size_t i = 0; i < n; i++) {
        w.received += seen[i].sum;
        w.twice += seen[i].sum - seen[i].most;
    }
    json_free(log);
    free(seen);
    return w;
}

/* ---- uploading --------------------------------------------------------------------------------- */

static inline const char *new_repo(void)
{
    static char repo[32];
    snprintf(repo, sizeof repo, "ada/cut-%d", ++kill_test.repos);
    return repo;
}

static inline void begin(const char *repo)
{
    program_release(&world.p);
    program_start(&world.p, &world.env, false, "upload", world.model, "--repo", repo, "--yes",
        "--limit-rate", size->rate, NULL);
}

static inline void finish(void)
{
    program_finish(&world.p, PATIENT_S);
    no_secret_in(buf_str(&world.p.out), world.p.out.len, "stdout");
    no_secret_in(buf_str(&world.p.err), world.p.err.len, "stderr");
}

static inline void ends_well(const char *what)
{
    finish();
    world_expect(&world.p, 0, what);
}

/* By its id, as a person would go on who was told it; false when it is not among what is unfinished: ended
 * before anything was agreed to. */
static inline bool begin_resume(const char *repo)
{
    char id[64];
    RUN(0, "resume", "--json");
    struct json *list = document("slipway.unfinished/1");
    const struct json *ours = row_with(json_get(list, "operations"), "title", repo);
    snprintf(id, sizeof id, "%s", json_str_or(ours, "id", ""));
    json_free(list);
    if (!id[0])
        return false;
    program_release(&world.p);
    program_start(&world.p, &world.env, false, "resume", id, "--yes", NULL);
    return true;
}

static inline void begin_again(const char *repo, bool by_id)
{
    if (!by_id || !begin_resume(repo))
        begin(repo);
}

/* It failed, and says why. */
static inline void says_why(void)
{
    const char *said = complained();
    if (!strstr(said, "slipway: ") || strstr(said, "(null)") || world.p.err.len > 2000)
        fail_msg("exit code %d without a reason: %s", world.p.exit_code, said);
}

/* A new home; in the first one, the upload that every other is compared with. */
static inline int kill_home(void **state)
{
    world_home(state);
    if (kill_test.tree)
        return 0;
    int64_t before = clock_mono_ms(clock_real());
    begin("ada/whole");
    ends_well("undisturbed");
    kill_test.took_ms = clock_mono_ms(clock_real()) - before;
    kill_test.tree = tree_of("ada/whole");
    assert_non_null(strstr(kill_test.tree, "model-00008-of-00008.safetensors"));
    print_message("# undisturbed: %" PRId64 " ms\n", kill_test.took_ms);
    return 0;
}

/* Every test's requests are looked at for tokens. */
static inline int kill_leave(void **state)
{
    world_no_faults();
    wire_since(0);
    return world_leave(state);
}

#endif
