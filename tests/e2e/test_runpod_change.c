/* Changing endpoints of the stand-in: each trap of spec/runpod.md §4.4 shown by reading the endpoint back,
 * answers that are lost, deleting, releases and undoing them, bills; and the watch, which tells all of the
 * endpoint that a person looks at. */
#include "runpod_world.h"

#include "base/secret.h"
#include "client/runpod_change.h"
#include "client/runpod_watch.h"
#include "model/news.h"

#include <math.h>
#include <poll.h>

#define EMBEDDINGS "e4h8n2b6c0p5rs"
#define TOKEN      "hf_kDqSlipwayExampleTokenNotReal00000"
#define PATCHES    "PATCH /v2/serverless/"

static struct endpoint_change change;
static struct change_diff diff;
static struct endpoint after;
static struct runpod_settings *settings;

/* ---- helpers ------------------------------------------------------------------------------------- */

/* The endpoint as the service has it, read without the client. */
static struct json *there(const char *id)
{
    char path[96];
    snprintf(path, sizeof path, "/v2/serverless/%s", id);
    return sim_get(&world.sim, world.sim.control, path);
}

static void patch_raw(const char *id, const char *body, int status)
{
    char path[96];
    int got;
    snprintf(path, sizeof path, "/v2/serverless/%s", id);
    json_free(sim_call(&world.sim, HTTP_PATCH, world.sim.control, path, body, &got));
    assert_int_equal(got, status);
}

static void begin(const char *id)
{
    runpod_settings_free(settings);
    err_clear(&world.e);
    settings = runpod_settings_read(world.r, id, world.cancel, &world.e);
    if (!settings)
        fail_msg("%s", world.e.message);
    endpoint_change_init(&change);
}

static void set(const char *name, const char *value)
{
    change.set[change.set_count++] = (struct endpoint_env){.name = name, .value = value};
}

static void apply(void)
{
    WORKS(runpod_change_apply(world.r, settings, &change, world.a, &after, world.cancel, &world.e));
}

#define REFUSED(class, words)                                                                      \
    FAILS(                                                                                         \
        runpod_change_apply(world.r, settings, &change, world.a, &after, world.cancel, &world.e),  \
        class, words)

/* But for what the patch says, all is as it was. */
static void expect_only(const struct json *before, const char *id, const char *const *changed)
{
    struct json *now = there(id), *was = json_dup(before);
    for (; *changed; changed++) {
        json_remove(now, *changed);
        json_remove(was, *changed);
    }
    assert_true(json_equal(now, was));
    json_free(now);
    json_free(was);
}
#define ONLY(before, id, ...) expect_only(before, id, (const char *const[]){__VA_ARGS__, NULL})

static const char *gpu_str(const struct json *endpoint, const char *list, size_t i)
{
    return json_string(json_at(json_get(json_get(endpoint, "gpu"), list), i));
}

/* ---- the traps ----------------------------------------------------------------------------------- */

static void the_environment_keeps_what_was_not_named(void **state)
{
    (void)state;
    world_reset("healthy");
    struct json *before = there(LEGAL);
    begin(LEGAL);
    assert_string_equal(runpod_settings_env(settings, "HF_TOKEN"), TOKEN);
    assert_string_equal(runpod_settings_endpoint(settings)->id, LEGAL);
    set("MAX_MODEL_LEN", "4096");
    set("API_KEY", "geheim-42");
    change.unset[change.unset_count++] = "MAX_CONCURRENCY";
    WORKS(runpod_change_diff(settings, &change, world.a, &diff, &world.e));
    assert_int_equal(diff.count, 3);
    TEXT_EQUAL(diff.lines[0].before, "8192");
    TEXT_EQUAL(diff.lines[1].after, "•••");
    assert_true(diff.rolls);
    apply();
    assert_int_equal(after.context_length, 4096);
    struct json *now = there(LEGAL), *wanted = json_dup(json_get(before, "env"));
    (void)json_set(wanted, "MAX_MODEL_LEN", json_new_string("4096"));
    (void)json_set(wanted, "API_KEY", json_new_string("geheim-42"));
    json_remove(wanted, "MAX_CONCURRENCY");
    assert_true(json_equal(json_get(now, "env"), wanted));
    ONLY(before, LEGAL, "env");
    json_free(wanted);
    json_free(now);
    json_free(before);
}

static void workers_alone_change(void **state)
{
    (void)state;
    world_reset("healthy");
    struct json *before = there(LEGAL);
    begin(LEGAL);
    change.workers_min = change.workers_max = 0;
    apply();
    assert_int_equal(after.workers_max, 0);
    struct json *now = there(LEGAL);
    const struct json *workers = json_get(now, "workers");
    assert_int_equal(json_int(workers, "min", -1), 0);
    assert_int_equal(json_int(workers, "max", -1), 0);
    assert_int_equal(json_int(workers, "idleTimeout", -1), 30);
    ONLY(before, LEGAL, "workers");
    json_free(now);
    json_free(before);
}

static void exclusions_survive_other_pools(void **state)
{
    (void)state;
    world_reset("healthy");
    /* The trap is there. */
    patch_raw(LEGAL,
        "{\"gpu\":{\"pools\":[\"AMPERE_24\",\"ADA_24\"],\"excludedTypes\":[\"NVIDIA GeForce RTX 4090\"]}}",
        200);
    patch_raw(LEGAL, "{\"gpu\":{\"pools\":[\"ADA_24\"]}}", 200);
    struct json *now = there(LEGAL);
    assert_int_equal(json_count(json_get(json_get(now, "gpu"), "excludedTypes")), 0);
    json_free(now);
    patch_raw(LEGAL,
        "{\"gpu\":{\"pools\":[\"AMPERE_24\",\"ADA_24\"],\"excludedTypes\":[\"NVIDIA GeForce RTX 4090\"]}}",
        200);
    /* It is not stepped into. */
    struct json *before = there(LEGAL);
    begin(LEGAL);
    change.pools[0] = "ADA_24";
    change.pools[1] = "ADA_48_PRO";
    change.pool_count = 2;
    apply();
    now = there(LEGAL);
    assert_string_equal(gpu_str(now, "pools", 1), "ADA_48_PRO");
    assert_string_equal(gpu_str(now, "excludedTypes", 0), "NVIDIA GeForce RTX 4090");
    assert_string_equal(json_str(json_get(now, "gpu"), "minCudaVersion"), "13.0");
    ONLY(before, LEGAL, "gpu");
    json_free(now);
    json_free(before);
    /* Nor into the refusal of an excluded type whose pool is gone. */
    begin(LEGAL);
    change.pools[0] = "AMPERE_24";
    change.pool_count = 1;
    WORKS(runpod_change_diff(settings, &change, world.a, &diff, &world.e));
    assert_int_equal(diff.count, 2);
    apply();
    now = there(LEGAL);
    assert_int_equal(json_count(json_get(json_get(now, "gpu"), "excludedTypes")), 0);
    json_free(now);
}

static void no_idle_time_where_requests_are_counted(void **state)
{
    (void)state;
    world_reset("healthy");
    patch_raw(EMBEDDINGS, "{\"workers\":{\"min\":0,\"max\":2,\"idleTimeout\":5}}", 422);
    begin(EMBEDDINGS);
    change.workers_max = 2;
    apply();
    assert_int_equal(after.workers_max, 2);
}

static void what_is_so_already_is_not_sent(void **state)
{
    (void)state;
    world_reset("healthy");
    begin(LEGAL);
    int64_t mark = world_last_request();
    change.disk_gb = 60;
    set("MAX_MODEL_LEN", "8192");
    apply();
    assert_string_equal(after.id, LEGAL);
    assert_int_equal(world_count(mark, "control", "PATCH"), 0);
}

/* Between reading and sending somebody else changed the environment, which goes whole. */
static void what_others_changed_is_not_undone(void **state)
{
    (void)state;
    world_reset("healthy");
    begin(LEGAL);
    patch_raw(LEGAL, "{\"env\":{\"MODEL_NAME\":\"acme/other\"}}", 200);
    int64_t mark = world_last_request();
    set("MAX_MODEL_LEN", "4096");
    REFUSED(ERR_STATE, "somebody else");
    assert_int_equal(world_count(mark, "control", "PATCH"), 0);
    /* What does not go along is no hindrance. */
    begin(LEGAL);
    patch_raw(LEGAL, "{\"disk\":70}", 200);
    set("MAX_MODEL_LEN", "4096");
    apply();
    struct json *now = there(LEGAL);
    assert_int_equal(json_int(now, "disk", 0), 70);
    assert_string_equal(json_str(json_get(now, "env"), "MODEL_NAME"), "acme/other");
    json_free(now);
    /* The idle time goes along with the workers. */
    begin(LEGAL);
    patch_raw(LEGAL, "{\"workers\":{\"min\":1,\"max\":4,\"idleTimeout\":99}}", 200);
    change.workers_max = 2;
    REFUSED(ERR_STATE, "somebody else");
}

static void refusals_say_what_to_do(void **state)
{
    (void)state;
    world_reset("healthy");
    begin(LEGAL);
    change.workers_max = 500;
    REFUSED(ERR_REMOTE, "workers quota (10)");
    assert_non_null(strstr(world.e.hint, "10 workers"));
    begin(LEGAL);
    change.image = "runpod/worker-vllm:stable";
    REFUSED(ERR_REMOTE, "published image");
    assert_string_not_equal(world.e.hint, "");
    err_clear(&world.e);
    assert_null(runpod_settings_read(world.r, "nosuchendpoint", world.cancel, &world.e));
    assert_int_equal(world.e.number, 404);
}

/* ---- answers that do not come ---------------------------------------------------------------------- */

static void a_lost_answer_is_looked_after(void **state)
{
    (void)state;
    world_reset("healthy");
    begin(LEGAL);
    change.disk_gb = 90;
    world_fault("{\"kind\":\"lost\",\"method\":\"PATCH\",\"times\":1}");
    int64_t mark = world_last_request();
    apply();
    assert_int_equal(world_count(mark, "control", PATCHES), 1);
    struct json *now = there(LEGAL);
    assert_int_equal(json_int(now, "disk", 0), 90);
    json_free(now);
    /* One that never arrived is sent again. */
    begin(LEGAL);
    change.disk_gb = 100;
    world_fault("{\"kind\":\"reset\",\"method\":\"PATCH\",\"times\":1}");
    apply();
    now = there(LEGAL);
    assert_int_equal(json_int(now, "disk", 0), 100);
    json_free(now);
    /* One whose answer is a gateway's, or nonsense, too. */
    begin(LEGAL);
    change.disk_gb = 110;
    world_fault("{\"kind\":\"status\",\"status\":502,\"method\":\"PATCH\",\"times\":1,"
                "\"body\":\"<html><title>Bad gateway</title></html>\"}");
    apply();
    begin(LEGAL);
    change.disk_gb = 120;
    world_fault("{\"kind\":\"status\",\"status\":200,\"method\":\"PATCH\",\"times\":1,"
                "\"body\":\"{}\"}");
    apply();
    now = there(LEGAL);
    assert_int_equal(json_int(now, "disk", 0), 120);
    json_free(now);
    /* In the end it is told that nothing is known. */
    begin(LEGAL);
    change.disk_gb = 130;
    world_fault("{\"kind\":\"reset\",\"method\":\"PATCH\"}");
    REFUSED(ERR_NET, "change the endpoint");
    assert_non_null(strstr(world.e.hint, "may have been changed"));
    world_no_faults();
}

static void a_read_only_engine_changes_nothing(void **state)
{
    (void)state;
    world_reset("healthy");
    struct http *http =
        http_new(&(struct http_options){.user_agent = "slipway-test", .read_only = true}, &world.e);
    assert_non_null(http);
    struct http *full = world.sim.http;
    world.sim.http = http;
    struct runpod *reader = world_client(world.sim.key);
    world.sim.http = full;
    begin(LEGAL);
    int64_t mark = world_last_request();
    change.disk_gb = 90;
    FAILS(runpod_change_apply(reader, settings, &change, world.a, &after, world.cancel, &world.e),
        ERR_STATE, "read");
    FAILS(runpod_endpoint_delete(reader, LEGAL, world.cancel, &world.e), ERR_STATE, "read");
    assert_int_equal(world_count(mark, "control", "PATCH"), 0);
    assert_int_equal(world_count(mark, "control", "DELETE"), 0);
    runpod_free(reader);
    http_free(http);
}

static void deleting_is_once(void **state)
{
    (void)state;
    world_reset("healthy");
    WORKS(runpod_endpoint_delete(world.r, SUPPORT, world.cancel, &world.e));
    int status;
    json_free(sim_call(
        &world.sim, HTTP_GET, world.sim.control, "/v2/serverless/" SUPPORT, NULL, &status));
    assert_int_equal(status, 404);
    WORKS(runpod_endpoint_delete(world.r, SUPPORT, world.cancel, &world.e));
    world_fault("{\"kind\":\"lost\",\"method\":\"DELETE\",\"times\":1}");
    WORKS(runpod_endpoint_delete(world.r, EMBEDDINGS, world.cancel, &world.e));
    FAILS(runpod_endpoint_delete(world.r, "..", world.cancel, &world.e), ERR_INPUT, "endpoint id");
    world_fault("{\"kind\":\"status\",\"status\":403,\"method\":\"DELETE\",\"times\":1}");
    FAILS(runpod_endpoint_delete(world.r, LEGAL, world.cancel, &world.e), ERR_AUTH, "403");
    json_free(there(LEGAL));
}

/* ---- releases and bills ----------------------------------------------------------------------------- */

static bool shows(struct text t, const char *secret)
{
    return memmem(t.s, t.len, secret, strlen(secret)) != NULL;
}

static bool detail_shows(const struct endpoint_detail *d, const char *secret)
{
    bool shown = false;
    for (size_t i = 0; i < d->env_count; i++)
        shown = shown || shows(d->env[i].value, secret) || shows(d->env[i].name, secret);
    for (size_t i = 0; i < d->release_count; i++)
        for (size_t k = 0; k < d->releases[i].change_count; k++) {
            const struct release_change *c = &d->releases[i].changes[k];
            shown = shown || shows(c->field, secret) || shows(c->before, secret) ||
                    shows(c->after, secret);
        }
    return shown;
}

static void releases_are_undone(void **state)
{
    (void)state;
    world_reset("healthy");
    struct json *before = there(LEGAL);
    struct endpoint_detail d;
    WORKS(runpod_endpoint_detail(world.r, LEGAL, world.a, &d, world.cancel, &world.e));
    int version = d.releases[0].version;
    assert_int_equal(version, 3);
    begin(LEGAL);
    set("MAX_MODEL_LEN", "4096");
    set("HF_TOKEN", "geheim-eins");
    set("MORE", "1");
    change.unset[change.unset_count++] = "MAX_CONCURRENCY";
    apply();
    begin(LEGAL);
    change.image = "runpod/worker-v1-vllm:v2.18.1";
    change.disk_gb = 80;
    change.pools[0] = "ADA_24";
    change.pool_count = 1;
    change.min_cuda = "";
    set("HF_TOKEN", "geheim-zwei");
    apply();
    WORKS(runpod_releases(world.r, LEGAL, world.a, &d, world.cancel, &world.e));
    assert_int_equal(d.release_count, 5);
    assert_int_equal(d.releases[0].version, 5);
    assert_true(d.releases[0].change_count >= 5 && d.releases[1].change_count == 4);
    assert_true(d.rolling);
    assert_false(detail_shows(&d, "geheim") || detail_shows(&d, "hf_kDq"));
    struct json *keep;
    WORKS(runpod_release_undo(world.r, LEGAL, version, &change, &keep, world.cancel, &world.e));
    struct endpoint_change undo = change;
    begin(LEGAL);
    change = undo;
    WORKS(runpod_change_diff(settings, &change, world.a, &diff, &world.e));
    assert_true(diff.count >= 8);
    apply();
    json_free_secret(keep);
    ONLY(before, LEGAL, "nothing");
    json_free(before);
    FAILS(runpod_release_undo(world.r, LEGAL, 99, &change, &keep, world.cancel, &world.e),
        ERR_INPUT, "no release 99");
    assert_null(keep);
    patch_raw(LEGAL, "{\"args\":\"--api-key geheim-drei\"}", 200);
    FAILS(runpod_release_undo(world.r, LEGAL, version, &change, &keep, world.cancel, &world.e),
        ERR_STATE, "template.dockerArgs");
    WORKS(runpod_releases(world.r, LEGAL, world.a, &d, world.cancel, &world.e));
    assert_false(detail_shows(&d, "geheim"));
}

static void all_of_an_endpoint_is_read(void **state)
{
    (void)state;
    world_reset("healthy");
    struct endpoint_detail d;
    WORKS(runpod_endpoint_detail(world.r, LEGAL, world.a, &d, world.cancel, &world.e));
    assert_string_equal(d.endpoint_id, LEGAL);
    assert_int_equal(d.env_count, 8);
    assert_false(detail_shows(&d, "hf_"));
    assert_int_equal(d.disk_gb, 60);
    assert_int_equal(d.timeout_ms, 600000);
    TEXT_EQUAL(d.flashboot, "FLASHBOOT");
    TEXT_EQUAL(d.not_read, "");
    assert_int_equal(d.release_count, 3);
    assert_false(d.rolling);
    assert_int_equal(d.billed_count, 24);
    double sum = 0;
    for (size_t i = 2; i < 24; i++)
        sum += isnan(d.billed[i]) ? 0 : d.billed[i];
    assert_true(sum > 0.1 && sum < 1000);
    /* What fails beside the settings is said, and no more. */
    world_fault("{\"kind\":\"status\",\"status\":403,\"path\":\"/v2/billing/*\"}");
    WORKS(runpod_endpoint_detail(world.r, LEGAL, world.a, &d, world.cancel, &world.e));
    assert_true(shows(d.not_read, "billed") && !shows(d.not_read, "releases"));
    assert_int_equal(d.billed_count, 0);
    assert_int_equal(d.release_count, 3);
    world_no_faults();
    FAILS(runpod_endpoint_detail(world.r, "nosuchendpoint", world.a, &d, world.cancel, &world.e),
        ERR_REMOTE, "404");
}

/* ---- the watch --------------------------------------------------------------------------------------- */

static struct {
    struct inbox *inbox;
    struct runpod_watch *watch; /* NULL = none runs */
    int details, others;        /* of the one in focus, and of any other */
    char focus[ENDPOINT_ID_MAX];
    int disk;
    size_t releases, env;
    bool rolling, rolled, secret;
    char not_read[512];
} seen;

static void look_at(const struct endpoint_detail *d)
{
    bool focused = strcmp(d->endpoint_id, seen.focus) == 0;
    seen.details += focused;
    seen.others += !focused;
    seen.disk = d->disk_gb;
    seen.releases = d->release_count;
    seen.env = d->env_count;
    seen.rolling = d->rolling;
    seen.rolled = seen.rolled || d->rolling;
    seen.secret = seen.secret || detail_shows(d, "hf_k") || detail_shows(d, "geheim");
    snprintf(seen.not_read, sizeof seen.not_read, "%s", d->not_read.s);
}

static void receive(void)
{
    struct pollfd ready = {.fd = inbox_fd(seen.inbox), .events = POLLIN};
    (void)poll(&ready, 1, 50);
    for (struct message *m = inbox_receive(seen.inbox, NULL), *next; m; m = next) {
        next = m->next;
        if (m->type == NEWS_DETAIL)
            look_at(m->payload);
        message_free(m);
    }
}

#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        int64_t give_up = now_ms() + PATIENCE_MS;                                                  \
        while (!(condition) && now_ms() < give_up)                                                 \
            receive();                                                                             \
        if (!(condition))                                                                          \
            fail_msg("never: %s", #condition);                                                     \
    } while (0)

static void watch_begin(void)
{
    static const struct inbox_limits limits = {
        .statuses = 1024, .logs = 64, .log_bytes = 1 << 20, .results = 16};
    static const struct runpod_watch_options options = {.health_ms = 1000};
    memset(&seen, 0, sizeof seen);
    seen.inbox = inbox_new(&limits);
    assert_non_null(seen.inbox);
    seen.watch =
        runpod_watch_new(world.r, &options, seen.inbox, clock_real(), world.cancel, &world.e);
    if (!seen.watch)
        fail_msg("%s", world.e.message);
}

static void look(const char *id)
{
    snprintf(seen.focus, sizeof seen.focus, "%s", id);
    runpod_watch_focus(seen.watch, id);
}

static int watch_end(void **state)
{
    (void)state;
    if (seen.watch) {
        runpod_watch_free(seen.watch);
        inbox_free(seen.inbox);
    }
    seen.watch = NULL;
    runpod_settings_free(settings);
    settings = NULL;
    return 0;
}

/* The quota of a minute outlasts a reset, but not the process. */
static void fresh_world(void)
{
    sim_process_restart(&world.sim);
    world_reset("healthy");
}

static int detail_calls(int64_t mark)
{
    return world_count(mark, "control", "GET /v2/billing/serverless?");
}

static void the_one_in_focus_is_told_whole(void **state)
{
    (void)state;
    fresh_world();
    int64_t mark = world_last_request();
    watch_begin();
    int64_t until = now_ms() + 1500; /* nobody looks: nothing is read */
    while (now_ms() < until)
        receive();
    assert_int_equal(detail_calls(mark), 0);
    look(LEGAL);
    UNTIL(seen.details > 0 && seen.releases == 3);
    assert_int_equal(seen.disk, 60);
    assert_int_equal(seen.env, 8);
    assert_string_equal(seen.not_read, "");
    /* The same answer again is no news. */
    int told = seen.details;
    mark = world_last_request();
    runpod_watch_hurry(seen.watch);
    UNTIL(
        detail_calls(mark) >= 1 && world_count(mark, "control", "GET /v2/serverless/" LEGAL) >= 2);
    until = now_ms() + 500;
    while (now_ms() < until)
        receive();
    assert_int_equal(seen.details, told);
    /* A change is. */
    patch_raw(LEGAL, "{\"disk\":77}", 200);
    runpod_watch_hurry(seen.watch);
    UNTIL(seen.disk == 77 && seen.releases == 4);
    assert_int_equal(seen.others, 0);
    /* And what cannot be read is said. */
    world_fault("{\"kind\":\"status\",\"status\":403,\"path\":\"*/releases\"}");
    look(EMBEDDINGS);
    UNTIL(seen.details > told && strstr(seen.not_read, "releases"));
    assert_int_equal(seen.disk, 20);
    world_no_faults();
    assert_false(seen.secret);
}

/* The releases are read every few seconds while workers are replaced, without anybody asking. */
static void a_rollout_is_followed(void **state)
{
    (void)state;
    fresh_world();
    watch_begin();
    look(LEGAL);
    UNTIL(seen.details > 0 && seen.releases == 3);
    begin(LEGAL);
    change.image = "runpod/worker-v1-vllm:v2.18.1";
    set("HF_TOKEN", "geheim-zwei");
    apply();
    runpod_watch_hurry(seen.watch);
    UNTIL(seen.rolling && seen.releases == 4);
    sim_speed(&world.sim, 60);
    UNTIL(seen.rolled && !seen.rolling);
    sim_speed(&world.sim, 0);
    assert_false(seen.secret);
}

#define TEST(function) cmocka_unit_test_teardown(function, watch_end)

static int start(void **state)
{
    (void)state;
    world_start("healthy", "0");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_environment_keeps_what_was_not_named),
        TEST(workers_alone_change),
        TEST(exclusions_survive_other_pools),
        TEST(no_idle_time_where_requests_are_counted),
        TEST(what_is_so_already_is_not_sent),
        TEST(what_others_changed_is_not_undone),
        TEST(refusals_say_what_to_do),
        TEST(a_lost_answer_is_looked_after),
        TEST(a_read_only_engine_changes_nothing),
        TEST(deleting_is_once),
        TEST(releases_are_undone),
        TEST(all_of_an_endpoint_is_read),
        TEST(the_one_in_focus_is_told_whole),
        TEST(a_rollout_is_followed),
    };
    return cmocka_run_group_tests_name("runpod_change", tests, start, stop);
}
