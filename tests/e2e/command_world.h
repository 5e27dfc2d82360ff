/* What the tests of the command line share: a stand-in, a home folder of one's own, a model folder, and the
 * program run against them. Whatever it says is searched for the keys that it was given. */
#ifndef SLIPWAY_TESTS_COMMAND_WORLD_H
#define SLIPWAY_TESTS_COMMAND_WORLD_H

#include "run_program.h"
#include "sim_process.h"
#include "temp_folder.h"

#include "base/clock.h"
#include "base/file.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The first has no shape that would give it away: it is masked because it is known. */
#define RUNPOD_KEY  "operators-key-0123456789-tulip"
#define HUB_TOKEN   "hf_OperatorsOwnToken0123456789"
#define DB_PASSWORD "heron-at-dawn-7731"
#define DEAD_PORT   "http://127.0.0.1:1"

enum { LIMIT_S = 120, PATIENCE_MS = 60000, HEARD_MAX = 64 * 1024 * 1024 };

struct world {
    struct sim_process sim;
    void *folder;
    char model[PATH_MAX], home[PATH_MAX];
    struct program_env env;
    struct program p; /* the one that ran last */
    int homes;
};
static struct world world;

/* ---- folders ------------------------------------------------------------------------------------- */

static inline void world_write(const char *path, const char *text)
{
    struct err e;
    if (file_write(path, text, strlen(text), &e))
        fail_msg("%s", e.message);
}

/* A good model folder: the merged one, with the card that makes the Hub know its task at once. */
static inline void world_unpack(void)
{
    static const char archive[] = "tests/data/models/tiny-sft-merged.tar.gz";
    char command[2 * PATH_MAX], card[PATH_MAX];
    snprintf(command, sizeof command, "tar -C '%s' -xzf %s", (char *)world.folder, archive);
    assert_int_equal(system(command), 0);
    temp_folder_path(world.model, &world.folder, "tiny-sft-merged");
    assert_true(snprintf(card, sizeof card, "%s/README.md", world.model) < (int)sizeof card);
    world_write(card, "---\nlicense: apache-2.0\npipeline_tag: text-generation\n"
                      "library_name: transformers\n---\n# tiny\n");
}

static inline bool holds(const char *bytes, size_t n, const char *word)
{
    return memmem(bytes, n, word, strlen(word)) != NULL;
}

static inline void no_secret_in(const char *bytes, size_t n, const char *where)
{
    static const char *const secrets[] = {RUNPOD_KEY, HUB_TOKEN, DB_PASSWORD};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (holds(bytes, n, secrets[i]))
            fail_msg("%s holds a secret: %.2000s", where, bytes);
}

static inline int no_secret_in_file(
    const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)walk;
    struct buf bytes;
    struct err e;
    if (type != FTW_F)
        return 0;
    buf_init(&bytes, HEARD_MAX);
    if (file_read(path, &bytes, &e))
        fail_msg("%s", e.message);
    no_secret_in(buf_str(&bytes), bytes.len, path);
    buf_release(&bytes);
    return 0;
}

/* ---- begin and end ------------------------------------------------------------------------------- */

static inline void world_start(const char *scenario, const char *speed)
{
    memset(&world, 0, sizeof world);
    sim_process_start(&world.sim, scenario, speed);
    assert_int_equal(temp_folder_make(&world.folder), 0);
    world_unpack();
}

static inline void world_stop(void)
{
    sim_process_stop(&world.sim);
    temp_folder_remove(&world.folder);
}

/* A person who has never run Slipway before, with keys, in a fresh world. */
static inline int world_home(void **state)
{
    (void)state;
    char name[32];
    struct sim_process *sim = &world.sim;
    snprintf(name, sizeof name, "home-%d", world.homes++);
    temp_folder_path(world.home, &world.folder, name);
    assert_int_equal(mkdir(world.home, 0700), 0);
    program_env_init(&world.env);
    program_env_set(&world.env, "HOME", world.home);
    program_env_set(&world.env, "RUNPOD_API_KEY", RUNPOD_KEY);
    program_env_set(&world.env, "HF_TOKEN", HUB_TOKEN);
    program_env_set(&world.env, "RUNPOD_API_BASE_URL", sim->control);
    program_env_set(&world.env, "RUNPOD_ENDPOINT_BASE_URL", sim->data);
    program_env_set(&world.env, "HF_ENDPOINT", sim->hub);
    json_free(sim_call(sim, HTTP_POST, sim->control, "/_sim/reset", "{}", NULL));
    return 0;
}

/* What a test leaves on the disk holds no key. */
static inline int world_leave(void **state)
{
    (void)state;
    program_release(&world.p);
    nftw(world.home, no_secret_in_file, 16, FTW_PHYS);
    program_env_release(&world.env);
    return 0;
}

/* ---- running ------------------------------------------------------------------------------------- */

static inline void world_finish(struct program *p)
{
    program_finish(p, LIMIT_S);
    no_secret_in(buf_str(&p->out), p->out.len, "stdout");
    no_secret_in(buf_str(&p->err), p->err.len, "stderr");
}

static inline void world_expect(const struct program *p, int code, const char *what)
{
    if (p->exit_code != code)
        fail_msg("slipway %s: exit code %d instead of %d; it said:\n%s%s", what, p->exit_code, code,
            buf_str(&p->out), buf_str(&p->err));
}

/* Runs `slipway …` to its end and checks the exit code; world.p has what it said. */
#define RUN(code, ...)                                                                             \
    do {                                                                                           \
        program_release(&world.p);                                                                 \
        program_start(&world.p, &world.env, false, __VA_ARGS__, NULL);                             \
        world_finish(&world.p);                                                                    \
        world_expect(&world.p, code, #__VA_ARGS__);                                                \
    } while (0)

static inline const char *heard(void)
{
    return buf_str(&world.p.out);
}

static inline const char *complained(void)
{
    return buf_str(&world.p.err);
}

#define HEARS(words)                                                                               \
    do {                                                                                           \
        if (!strstr(heard(), words))                                                               \
            fail_msg("no «%s» in: %s", words, heard());                                            \
    } while (0)
#define COMPLAINS(words)                                                                           \
    do {                                                                                           \
        if (!strstr(complained(), words))                                                          \
            fail_msg("no «%s» in: %s", words, complained());                                       \
    } while (0)

/* Standard output as the one document of that schema; the caller frees it. */
static inline struct json *document(const char *schema)
{
    struct json *j = json_parse(heard(), world.p.out.len, NULL);
    if (!j || strcmp(json_str_or(j, "schema", ""), schema) != 0)
        fail_msg("no document of %s: %s", schema, heard());
    return j;
}

static inline const struct json *row_with(
    const struct json *rows, const char *key, const char *value)
{
    for (const struct json *j = json_first(rows); j; j = json_next(j))
        if (strcmp(json_str_or(j, key, ""), value) == 0)
            return j;
    return NULL;
}

/* The program has one sentence to say, in one line that a person can read. */
static inline void one_sentence(const struct program *p, const char *what)
{
    const char *said = buf_str(&p->err), *end = strchr(said, '\n');
    if (strncmp(said, "slipway: ", 9) != 0 || !end || end[1] || p->err.len > 700 ||
        strstr(said, "(null)") || strstr(said, ": ;"))
        fail_msg("slipway %s: not one sentence: %s", what, said);
}

/* ---- what the stand-in saw ----------------------------------------------------------------------- */

static inline int64_t world_mark(void)
{
    struct json *log = sim_get(&world.sim, world.sim.control, "/_sim/requests?after=1000000000");
    int64_t last = json_int(log, "last", 0);
    json_free(log);
    return last;
}

/* Requests since the mark whose "METHOD target" begins with `what`; NULL: all that change something (the
 * account's question and that about a README are POSTs that do not). */
static inline int world_count(int64_t mark, const char *what)
{
    char path[64], line[512];
    int n = 0;
    snprintf(path, sizeof path, "/_sim/requests?after=%lld", (long long)mark);
    struct json *log = sim_get(&world.sim, world.sim.control, path);
    for (const struct json *j = json_first(json_get(log, "requests")); j; j = json_next(j)) {
        const char *method = json_str_or(j, "method", ""), *target = json_str_or(j, "target", "");
        snprintf(line, sizeof line, "%s %s", method, target);
        bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
                     strncmp(target, "/graphql", 8) == 0 ||
                     strcmp(target, "/api/validate-yaml") == 0;
        n += what ? strncmp(line, what, strlen(what)) == 0 : !reads;
    }
    json_free(log);
    return n;
}

static inline struct json *world_truth(void)
{
    return sim_get(&world.sim, world.sim.control, "/_sim/state");
}

/* How many endpoints of that name there are. */
static inline int world_endpoints(const char *name)
{
    int n = 0;
    struct json *truth = world_truth();
    const struct json *all = json_get(json_get(truth, "runpod"), "endpoints");
    for (const struct json *j = json_first(all); j; j = json_next(j))
        n += strcmp(json_str_or(j, "name", ""), name) == 0;
    json_free(truth);
    return n;
}

static inline void world_fault(const char *rule)
{
    struct sim_process *sim = &world.sim;
    json_free(sim_call(sim, HTTP_POST, sim->control, "/_sim/faults", rule, NULL));
}

static inline void world_no_faults(void)
{
    struct sim_process *sim = &world.sim;
    json_free(sim_call(sim, HTTP_DELETE, sim->control, "/_sim/faults", NULL, NULL));
}

/* Looks until `condition` holds. */
#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        int64_t end_ = clock_mono_ms(clock_real()) + PATIENCE_MS;                                  \
        while (!(condition)) {                                                                     \
            if (clock_mono_ms(clock_real()) > end_)                                                \
                fail_msg("never: %s", #condition);                                                 \
            poll(NULL, 0, 20);                                                                     \
        }                                                                                          \
    } while (0)

#endif
