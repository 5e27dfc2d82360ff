/* Changing an endpoint, without a server: what a change means and what is sent for it (spec/runpod.md §4.4),
 * what may be shown of settings and releases, how releases are undone, bills; answers that are odd or
 * hostile. */
#include "base/clock.h"
#include "base/secret.h"
#include "client/http_error.h"
#include "client/runpod_change_internal.h"
#include "client/runpod_internal.h"
#include "dice.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_MAX = 8 * 1024 * 1024 };

static const char usual[] =
    "{'id':'x2x4','name':'legal','type':'QUEUE','image':'runpod/worker:v1','disk':60,"
    "'env':{'MODEL_NAME':'acme/m','MAX_MODEL_LEN':'8192','HF_TOKEN':'geheimnis-1',"
    "'REF':'{{ RUNPOD_SECRET_hub }}'},"
    "'gpu':{'pools':['AMPERE_24','ADA_24'],'excludedTypes':['NVIDIA L4','NVIDIA A30'],'count':1,"
    "'allowedCudaVersions':[],'minCudaVersion':'13.0'},"
    "'workers':{'min':1,'max':4,'idleTimeout':30},"
    "'scaling':{'type':'QUEUE_DELAY','queueDelay':4},'timeout':600000,'flashboot':'FLASHBOOT',"
    "'dataCenterIds':['EU-RO-1'],'networkVolumes':[],'registry':null,'createdAt':"
    "'2026-11-23T06:05:00Z'}";

static struct arena *arena;
static struct runpod_settings *settings;
static struct endpoint_change change;
static struct change_diff diff;
static struct json *tree;
static struct err why;

/* JSON with ' for ". */
static struct json *json_of(const char *s)
{
    char *copy = strdup(s);
    assert_non_null(copy);
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    struct json *j = json_parse(copy, strlen(copy), &why);
    if (!j)
        fail_msg("%s: %s", s, why.message);
    free(copy);
    return j;
}

static void given(const char *s)
{
    runpod_settings_free(settings);
    settings = runpod_settings_from(json_of(s), &why);
    if (!settings)
        fail_msg("%s: %s", s, why.message);
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new(ARENA_MAX);
    settings = NULL;
    tree = NULL;
    endpoint_change_init(&change);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    runpod_settings_free(settings);
    json_free(tree);
    return 0;
}
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static void expect_text(struct text t, const char *s)
{
    assert_non_null(t.s);
    if (t.len != strlen(s) || memcmp(t.s, s, t.len) != 0)
        fail_msg("«%.*s» instead of «%s»", (int)t.len, t.s, s);
}

/* What would be sent is exactly this; "" = nothing. */
static void expect_body(const char *s)
{
    struct json *body = runpod_change_body(settings, &change, false);
    struct buf out;
    buf_init(&out, 1 << 20);
    if (body)
        assert_int_equal(json_print(body, &out), 0);
    struct json *wanted = *s ? json_of(s) : NULL;
    if (*s ? !json_equal(body, wanted) : body != NULL)
        fail_msg("%s instead of %s", buf_str(&out), s);
    json_free(wanted);
    json_free(body);
    buf_release(&out);
}

static void differ(void)
{
    if (runpod_change_diff(settings, &change, arena, &diff, &why))
        fail_msg("%s", why.message);
}

static void expect_line(size_t i, const char *what, const char *before, const char *after)
{
    assert_true(i < diff.count);
    expect_text(diff.lines[i].what, what);
    expect_text(diff.lines[i].before, before);
    expect_text(diff.lines[i].after, after);
}

static void set(const char *name, const char *value)
{
    change.set[change.set_count++] = (struct endpoint_env){.name = name, .value = value};
}

static void unset(const char *name)
{
    change.unset[change.unset_count++] = name;
}

static void refused(enum err_class class, const char *words)
{
    if (runpod_change_diff(settings, &change, arena, &diff, &why) == 0)
        fail_msg("not refused: %s", words);
    if (why.class != class || !strstr(why.message, words))
        fail_msg("%s: %s, not %s", err_class_name(why.class), why.message, words);
    expect_body("");
    endpoint_change_init(&change);
}

/* ---- the traps ------------------------------------------------------------------------------------- */

static void nothing_that_is_not_to_change_is_sent(void **state)
{
    (void)state;
    given(usual);
    differ();
    assert_int_equal(diff.count, 0);
    assert_false(diff.rolls);
    expect_body("");
    /* All of it as it is already. */
    change = (struct endpoint_change){.workers_min = 1,
        .workers_max = 4,
        .idle_s = 30,
        .gpu_count = 1,
        .disk_gb = 60,
        .timeout_ms = 600000,
        .image = "runpod/worker:v1",
        .pools = {"AMPERE_24", "ADA_24"},
        .pool_count = 2,
        .min_cuda = "13.0"};
    set("MODEL_NAME", "acme/m");
    differ();
    assert_int_equal(diff.count, 0);
    expect_body("");
}

static void one_setting_is_sent_alone(void **state)
{
    (void)state;
    given(usual);
    change.disk_gb = 80;
    expect_body("{'disk':80}");
    differ();
    expect_line(0, "disk", "60 GB", "80 GB");
    assert_true(diff.rolls);
    endpoint_change_init(&change);
    change.timeout_ms = 900000;
    expect_body("{'timeout':900000}");
    differ();
    expect_line(0, "time limit", "600 s", "900 s");
    assert_false(diff.rolls);
    endpoint_change_init(&change);
    change.image = "runpod/worker:v2";
    expect_body("{'image':'runpod/worker:v2'}");
    endpoint_change_init(&change);
    change.min_cuda = "";
    expect_body("{'gpu':{'minCudaVersion':''}}");
    differ();
    expect_line(0, "CUDA at least", "13.0", "none");
    endpoint_change_init(&change);
    change.gpu_count = 2;
    expect_body("{'gpu':{'count':2}}");
}

static void the_environment_goes_whole(void **state)
{
    (void)state;
    given(usual);
    set("MAX_MODEL_LEN", "4096");
    set("NEW", "");
    unset("MODEL_NAME");
    expect_body("{'env':{'MAX_MODEL_LEN':'4096','HF_TOKEN':'geheimnis-1',"
                "'REF':'{{ RUNPOD_SECRET_hub }}','NEW':''}}");
    differ();
    assert_int_equal(diff.count, 3);
    assert_true(diff.rolls);
    expect_line(0, "env MAX_MODEL_LEN", "8192", "4096");
    expect_line(1, "env NEW", "", "\"\"");
    expect_line(2, "env MODEL_NAME", "acme/m", "");
    assert_string_equal(runpod_settings_env(settings, "HF_TOKEN"), "geheimnis-1");
    assert_null(runpod_settings_env(settings, "NEW"));
}

static void exclusions_go_along_with_pools(void **state)
{
    (void)state;
    given(usual);
    change.pools[0] = "ADA_24";
    change.pools[1] = "ADA_48_PRO";
    change.pool_count = 2;
    expect_body("{'gpu':{'pools':['ADA_24','ADA_48_PRO'],"
                "'excludedTypes':['NVIDIA L4','NVIDIA A30']}}");
    /* When the catalog says that one of them is of a pool that goes, it goes too: RunPod refuses it. */
    struct gpu known[] = {{.id = TEXT("NVIDIA L4"), .pool = TEXT("ADA_24")},
        {.id = TEXT("NVIDIA A30"), .pool = TEXT("AMPERE_24")}};
    settings->gpus = (struct gpu_page){.gpus = known, .count = 2};
    expect_body("{'gpu':{'pools':['ADA_24','ADA_48_PRO'],'excludedTypes':['NVIDIA L4']}}");
    differ();
    assert_int_equal(diff.count, 2);
    expect_line(0, "GPU pools", "AMPERE_24, ADA_24", "ADA_24, ADA_48_PRO");
    expect_line(1, "excluded GPUs", "NVIDIA L4, NVIDIA A30", "NVIDIA L4");
    /* The exclusions alone need the pools. */
    endpoint_change_init(&change);
    change.excluded_set = true;
    expect_body("{'gpu':{'pools':['AMPERE_24','ADA_24'],'excludedTypes':[]}}");
}

static void workers_go_whole(void **state)
{
    (void)state;
    given(usual);
    change.workers_max = 0;
    change.workers_min = 0;
    expect_body("{'workers':{'min':0,'max':0,'idleTimeout':30}}");
    differ();
    assert_int_equal(diff.count, 2);
    expect_line(0, "workers min", "1", "0");
    expect_line(1, "workers max", "4", "0");
    assert_false(diff.rolls);
}

static void no_idle_time_for_who_counts_requests(void **state)
{
    (void)state;
    /* As the list has it, and as a service might that shows what it does not take. */
    static const char *const both[] = {
        "{'id':'a','type':'QUEUE','workers':{'min':0,'max':1},"
        "'scaling':{'type':'REQUEST_COUNT','requestCount':4}}",
        "{'id':'a','type':'QUEUE','workers':{'min':0,'max':1,'idleTimeout':10},"
        "'scaling':{'type':'REQUEST_COUNT','requestCount':4}}",
    };
    for (size_t i = 0; i < 2; i++) {
        given(both[i]);
        endpoint_change_init(&change);
        change.workers_max = 3;
        change.idle_s = i == 0 ? 0 : 10; /* as it is */
        expect_body("{'workers':{'min':0,'max':3}}");
        change.idle_s = 20;
        refused(ERR_INPUT, "no idle time");
    }
    given("{'id':'a','type':'LOAD_BALANCER','workers':{'min':0,'max':1,'idleTimeout':10},"
          "'scaling':{'type':'REQUEST_COUNT','requestCount':4}}");
    change.idle_s = 20;
    expect_body("{'workers':{'min':0,'max':1,'idleTimeout':20}}");
    endpoint_change_init(&change);
    change.scaling = "REQUEST_COUNT";
    change.scaling_value = 9;
    expect_body("{'scaling':{'type':'REQUEST_COUNT','requestCount':9}}");
    differ();
    expect_line(0, "scaling", "4 requests a worker", "9 requests a worker");
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    given(usual);
    change.workers_min = 5;
    refused(ERR_INPUT, "above");
    change.workers_max = 0;
    refused(ERR_INPUT, "above");
    change.idle_s = 3601;
    refused(ERR_INPUT, "idle");
    change.disk_gb = 0;
    refused(ERR_INPUT, "disk");
    change.gpu_count = 0;
    refused(ERR_INPUT, "GPUs");
    change.image = "";
    refused(ERR_INPUT, "image");
    change.image = "a b";
    refused(ERR_INPUT, "image");
    unset("NOT_THERE");
    refused(ERR_INPUT, "NOT_THERE is not set");
    unset("REF");
    set("REF", "x");
    refused(ERR_INPUT, "set and unset");
    set("A=B", "x");
    refused(ERR_INPUT, "no name");
    set("A\nB", "x");
    refused(ERR_INPUT, "no name");
    set("A", "\xff");
    refused(ERR_INPUT, "no text");
    static const char *const floors[] = {"13", "thirteen", "13.0.1", ".5", "13.", "999999.9"};
    for (size_t i = 0; i < sizeof floors / sizeof *floors; i++) {
        change.min_cuda = floors[i];
        refused(ERR_INPUT, "CUDA");
    }
    given("{'id':'a','cpu':[{'id':'cpu5c','vcpuCount':4}],'workers':{'min':0,'max':1}}");
    change.pools[0] = "ADA_24";
    change.pool_count = 1;
    refused(ERR_INPUT, "CPU");
    given("{'id':'a','gpu':{'pools':['A'],'allowedCudaVersions':['12.8']}}");
    change.min_cuda = "13.0";
    refused(ERR_INPUT, "CUDA");
}

/* ---- odd answers ------------------------------------------------------------------------------------ */

/* What has to be sent whole, and was not answered whole, is not made up. */
static void nothing_is_lost_by_an_odd_answer(void **state)
{
    (void)state;
    static const char *const odd[] = {"{'id':'a','env':[]}", "{'id':'a','env':'X=1'}",
        "{'id':'a','env':{'A':1}}", "{'id':'a','env':{'A':null}}",
        "{'id':'a','env':{'A':{'b':'c'}}}"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        given(odd[i]);
        set("NEW", "x");
        refused(ERR_STATE, "environment");
    }
    static const char *const unsaid[] = {"{'id':'a'}", "{'id':'a','workers':{}}",
        "{'id':'a','workers':{'min':'0','max':3}}", "{'id':'a','workers':[1,2]}",
        "{'id':'a','workers':{'max':3}}"};
    for (size_t i = 0; i < sizeof unsaid / sizeof *unsaid; i++) {
        given(unsaid[i]);
        change.workers_max = 2;
        refused(ERR_STATE, "workers");
    }
    /* An environment that is left out is an empty one. */
    given("{'id':'a','env':null}");
    set("NEW", "x");
    expect_body("{'env':{'NEW':'x'}}");
    /* What this program knows nothing of is neither sent nor in the way. */
    given("{'id':'a','workers':{'min':0,'max':1,'colour':'red'},'shape':{'round':true}}");
    endpoint_change_init(&change);
    change.workers_max = 2;
    expect_body("{'workers':{'min':0,'max':2}}");
}

static void what_is_no_endpoint_is_refused(void **state)
{
    (void)state;
    static const char *const none[] = {"[]", "null", "{}", "7", "{'id':'../x'}", "{'id':7}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_null(runpod_settings_from(json_of(none[i]), &why));
        assert_int_equal(why.class, ERR_REMOTE);
    }
    struct json *many = json_of("{'id':'a'}"), *env = json_new_object();
    char name[32];
    for (int i = 0; i <= RUNPOD_ENV_MOST; i++) {
        snprintf(name, sizeof name, "V%d", i);
        assert_int_equal(json_add_str(env, name, "x"), 0);
    }
    assert_int_equal(json_add(many, "env", env), 0);
    assert_null(runpod_settings_from(many, &why));
    assert_non_null(strstr(why.message, "variables"));
}

/* ---- what is shown ---------------------------------------------------------------------------------- */

static void values_that_may_be_secrets_are_masked(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        bool secret;
    } cases[] = {
        {"HF_TOKEN", "anything", true},
        {"hf_token", "anything", true},
        {"MY_TOKENS", "a,b", true},
        {"AWS_SECRET_ACCESS_KEY", "x", true},
        {"apiKey", "x", true},
        {"DB_PASSWORD", "x", true},
        {"GOOGLE_CREDENTIALS", "x", true},
        {"TOKENIZER_KEY", "x", true},
        {"TOKENIZER_TOKEN", "x", true},
        {"HF_TOKEN", "{{ RUNPOD_SECRET_hub }}", false},
        {"HF_TOKEN", " {{RUNPOD_SECRET_a-b.c}} ", false},
        {"HF_TOKEN", "Bearer {{ RUNPOD_SECRET_hub }}", true},
        {"HF_TOKEN", "{{ RUNPOD_SECRET_ }}", true},
        {"HF_TOKEN", "{{ RUNPOD_SECRET_a }} geheim", true},
        {"HF_TOKEN", "{{ RUNPOD_SECRET_a", true},
        {"MAX_NUM_BATCHED_TOKENS", "8192", false},
        {"TOKENIZER_MODE", "auto", false},
        {"MAX_MODEL_LEN", "8192", false},
        {"NOTE", "hf_abcdefghijklmnopqrst", true},
        {"NOTE", "see rpa_ABCDEFGHIJKLMNOP", true},
        {"DATABASE_URL", "postgres://me:geheim@db/x", true},
        {"PROXY", "http://proxy:8080/a@b", false},
        {"VLLM_EXTRA_ARGS", "--api-key geheim", true},
        {"VLLM_EXTRA_ARGS", "--token=geheim", true},
        {"VLLM_EXTRA_ARGS", "--max-model-len 5 --tokenizer-mode slow", false},
        {"ACCOUNT", "{\"private_key\":\"-----BEGIN\"}", true},
        {"MODEL_NAME", "acme/legal-qwen3-8b", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (runpod_env_secret(cases[i].name, cases[i].value) != cases[i].secret)
            fail_msg("%s=%s", cases[i].name, cases[i].value);
    expect_text(runpod_env_text(arena, "HF_TOKEN", "x"), "•••");
    expect_text(runpod_env_text(arena, "HF_TOKEN", ""), "\"\"");
    expect_text(runpod_env_text(arena, "HF_TOKEN", NULL), "");
    expect_text(runpod_env_text(arena, "A", "b\033[31m\nc"), "b␊c");
}

static void assert_shows_no(const char *secret)
{
    for (size_t i = 0; i < diff.count; i++) {
        const struct text texts[] = {diff.lines[i].what, diff.lines[i].before, diff.lines[i].after};
        for (size_t k = 0; k < 3; k++)
            assert_null(memmem(texts[k].s, texts[k].len, secret, strlen(secret)));
    }
}

static void a_diff_and_a_shown_body_hold_no_secrets(void **state)
{
    (void)state;
    struct secret *own = secret_register("TEST", "nur-fuer-uns-1", &why);
    given(usual);
    set("HF_TOKEN", "geheimnis-2");
    set("API_KEY", "geheimnis-3");
    set("PLAIN", "nur-fuer-uns-1");
    change.set[change.set_count++] = (struct endpoint_env){.name = "OTHER", .secret = own};
    differ();
    assert_int_equal(diff.count, 4);
    expect_line(0, "env HF_TOKEN", "•••", "•••");
    expect_line(1, "env API_KEY", "", "•••");
    expect_line(3, "env OTHER", "", "•••");
    assert_shows_no("geheimnis");
    assert_shows_no("nur-fuer");
    struct json *body = runpod_change_body(settings, &change, true);
    struct buf out;
    buf_init(&out, 1 << 16);
    assert_int_equal(json_print(body, &out), 0);
    assert_null(strstr(buf_str(&out), "geheimnis"));
    assert_null(strstr(buf_str(&out), "nur-fuer"));
    assert_non_null(strstr(buf_str(&out), "{{ RUNPOD_SECRET_hub }}"));
    assert_non_null(strstr(buf_str(&out), "8192"));
    json_free(body);
    buf_release(&out);
    body = runpod_change_body(settings, &change, false);
    assert_string_equal(json_str(json_get(body, "env"), "OTHER"), "nur-fuer-uns-1");
    json_free_secret(body);
}

/* Any change of any environment: what is sent is what was there with the change in it, and the lines name
 * what differs, no more. */
static void random_changes_of_the_environment(void **state)
{
    (void)state;
    enum { NAMES = 12 };
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct dice d = dice_new(seed);
        char names[NAMES][8], values[2 * NAMES][16];
        struct json *j = json_of("{'id':'a'}"), *env = json_new_object(),
                    *wanted = json_new_object();
        size_t differing = 0;
        endpoint_change_init(&change);
        for (size_t i = 0; i < NAMES; i++) {
            bool there = dice_below(&d, 3) > 0;
            size_t what = dice_below(&d, 3); /* stays, set, unset */
            snprintf(names[i], sizeof names[i], "N%zu", i);
            snprintf(values[2 * i], sizeof values[0], "%zu", dice_below(&d, 3));
            snprintf(values[2 * i + 1], sizeof values[0], "%zu", dice_below(&d, 3));
            if (there)
                (void)json_add_str(env, names[i], values[2 * i]);
            if (what == 1)
                set(names[i], values[2 * i + 1]);
            else if (what == 2 && there)
                unset(names[i]);
            if (what == 1)
                (void)json_add_str(wanted, names[i], values[2 * i + 1]);
            else if (what == 0 && there)
                (void)json_add_str(wanted, names[i], values[2 * i]);
            differing += what == 1 ? !there || strcmp(values[2 * i], values[2 * i + 1]) != 0
                                   : what == 2 && there;
        }
        (void)json_add(j, "env", env);
        runpod_settings_free(settings);
        settings = runpod_settings_from(j, &why);
        assert_non_null(settings);
        differ();
        struct json *body = runpod_change_body(settings, &change, false);
        bool right = diff.count == differing &&
                     (differing == 0 ? body == NULL : json_equal(json_get(body, "env"), wanted));
        if (!right)
            fail_msg("seed %llu", (unsigned long long)seed);
        json_free(body);
        json_free(wanted);
    }
}

static void a_detail_holds_all_but_the_secrets(void **state)
{
    (void)state;
    struct endpoint_detail d;
    given(usual);
    runpod_settings_detail(settings, arena, &d);
    assert_string_equal(d.endpoint_id, "x2x4");
    assert_int_equal(d.env_count, 4);
    expect_text(d.env[1].name, "MAX_MODEL_LEN");
    expect_text(d.env[1].value, "8192");
    expect_text(d.env[2].value, "•••");
    expect_text(d.env[3].value, "{{ RUNPOD_SECRET_hub }}");
    assert_int_equal(d.disk_gb, 60);
    assert_int_equal(d.timeout_ms, 600000);
    expect_text(d.scaling, "queue delay 4 s");
    expect_text(d.min_cuda, "13.0");
    expect_text(d.excluded, "NVIDIA L4, NVIDIA A30");
    expect_text(d.data_centers, "EU-RO-1");
    expect_text(d.volumes, "");
    expect_text(d.registry, "");
    expect_text(d.flashboot, "FLASHBOOT");
    assert_int_equal(d.rolled, -1);
    /* Of an answer that says nothing. */
    given("{'id':'a','env':[1],'disk':-3,'scaling':7,'gpu':'x','timeout':'5'}");
    runpod_settings_detail(settings, arena, &d);
    assert_int_equal(d.env_count, 0);
    assert_int_equal(d.disk_gb, -1);
    assert_int_equal(d.timeout_ms, -1);
    expect_text(d.scaling, "unknown");
    /* Copies have texts of their own, and say the same. */
    struct endpoint_detail copy;
    given(usual);
    runpod_settings_detail(settings, arena, &d);
    struct arena *other = arena_new(ARENA_MAX);
    assert_int_equal(endpoint_detail_copy(&copy, &d, other), 0);
    assert_true(endpoint_detail_same(&copy, &d));
    assert_ptr_not_equal(copy.env[0].value.s, d.env[0].value.s);
    copy.seen_ms = d.seen_ms + 1;
    assert_true(endpoint_detail_same(&copy, &d));
    copy.env[0].value = TEXT("else");
    assert_false(endpoint_detail_same(&copy, &d));
    arena_free(other);
}

/* ---- releases --------------------------------------------------------------------------------------- */

static void releases_are_taken_apart_and_masked(void **state)
{
    (void)state;
    struct endpoint_detail d;
    endpoint_detail_init(&d, "a");
    tree = json_of(
        "{'endpointVersion':3,'rollout':{'inProgress':true,'workersOnLatest':1,'workersTotal':2},"
        "'releases':[{'version':1,'diff':[]},"
        "{'version':3,'source':'MANUAL','workerCount':1,'createdAt':'2026-11-23T06:05:00Z','diff':["
        "{'field':'template.env','old':{'HF_TOKEN':'geheim-1','A':'1','B':'2','C':'3'},"
        "'new':{'HF_TOKEN':'geheim-2','A':'1','C':'4','D':''}},"
        "{'field':'template.imageName','old':'monkey/a:1','new':'monkey/a:2'},"
        "{'field':'template.dockerArgs','old':'--api-key geheim-3','new':null},"
        "{'field':'aiKey','old':'geheim-4','new':'geheim-5'},"
        "{'field':'gpuCount','old':1,'new':2}]},"
        "{'version':2,'source':'GIT_BUILD','diff':[{'field':'template.env','old':"
        "[{'key':'X_KEY','value':'geheim-6'},{'key':'Y','value':'1'}],'new':[{'key':'Y','value':'2'}]},"
        "{'field':'template.env','old':'HF_TOKEN=geheim-7','new':{}}]}]}");
    assert_int_equal(runpod_read_releases(tree, arena, &d, &why), 0);
    assert_true(d.rolling);
    assert_int_equal(d.rolled, 1);
    assert_int_equal(d.rolling_total, 2);
    assert_int_equal(d.release_count, 3);
    const struct release *three = &d.releases[0], *two = &d.releases[1];
    assert_int_equal(three->version, 3);
    assert_int_equal(two->version, 2);
    assert_int_equal(three->workers, 1);
    assert_int_equal(two->workers, -1);
    assert_true(three->created_ms > 0 && two->created_ms == -1);
    static const char *const wanted[][3] = {{"env HF_TOKEN", "•••", "•••"}, {"env C", "3", "4"},
        {"env D", "", "\"\""}, {"env B", "2", ""}, {"image", "monkey/a:1", "monkey/a:2"},
        {"template.dockerArgs", "•••", "none"}, {"aiKey", "•••", "•••"},
        {"GPUs a worker", "1", "2"}};
    assert_int_equal(three->change_count, 8);
    for (size_t i = 0; i < 8; i++) {
        expect_text(three->changes[i].field, wanted[i][0]);
        expect_text(three->changes[i].before, wanted[i][1]);
        expect_text(three->changes[i].after, wanted[i][2]);
    }
    assert_int_equal(two->change_count, 3);
    expect_text(two->changes[0].field, "env Y");
    expect_text(two->changes[1].field, "env X_KEY");
    expect_text(two->changes[1].before, "•••");
    expect_text(two->changes[2].before, "•••");
}

static void hostile_releases(void **state)
{
    (void)state;
    struct endpoint_detail d;
    static const char *const none[] = {"{}", "[]", "null", "{'releases':{}}", "{'releases':'x'}"};
    endpoint_detail_init(&d, "a");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct json *j = json_of(none[i]);
        assert_int_equal(runpod_read_releases(j, arena, &d, &why), -1);
        assert_int_equal(why.class, ERR_REMOTE);
        json_free(j);
    }
    tree =
        json_of("{'rollout':'x','releases':[7,null,{'version':'3'},{'version':-1},{'version':1e300,"
                "'diff':{'field':'x'},'createdAt':'yesterday','source':7},{'version':4,'diff':"
                "[7,null,{'field':7},{'field':''},{'field':'a\\u001b[2Jb','old':{'x':[1,{}]}}]}]}");
    assert_int_equal(runpod_read_releases(tree, arena, &d, &why), 0);
    assert_int_equal(d.release_count, 2);
    assert_int_equal(d.rolled, -1);
    assert_int_equal(d.releases[1].change_count, 1);
    expect_text(d.releases[1].changes[0].field, "ab");
    /* Far too many of everything. */
    struct json *page = json_new_object(), *list = json_new_array();
    for (int i = 0; i < 200; i++) {
        struct json *release = json_new_object(), *changes = json_new_array();
        (void)json_add_int(release, "version", i);
        for (int k = 0; i == 199 && k < 500; k++)
            (void)json_push(changes, json_of("{'field':'gpuCount','old':1,'new':2}"));
        (void)json_add(release, "diff", changes);
        (void)json_push(list, release);
    }
    (void)json_add(page, "releases", list);
    assert_int_equal(runpod_read_releases(page, arena, &d, &why), 0);
    assert_int_equal(d.release_count, 50);
    assert_int_equal(d.releases[0].version, 199);
    assert_int_equal(d.releases[0].change_count, 101);
    expect_text(d.releases[0].changes[100].field, "and 400 more");
    json_free(page);
}

/* `releases` as in an answer; what undoing those after `version` is, on the settings given. */
static int undo(const char *releases, int version)
{
    json_free(tree);
    tree = json_new_object();
    (void)json_add(tree, "releases", json_of(releases));
    endpoint_change_init(&change);
    return runpod_undo_releases(tree, version, settings->j, &change, &why);
}

static void releases_are_undone(void **state)
{
    (void)state;
    given(usual);
    static const char releases[] =
        "[{'version':4,'diff':[{'field':'template.imageName','old':'w:2','new':'runpod/worker:v1'},"
        "{'field':'template.env','old':{'MODEL_NAME':'acme/m','MAX_MODEL_LEN':'1'},'new':{}},"
        "{'field':'gpuCount','old':2,'new':1}]},"
        "{'version':2,'diff':[{'field':'template.containerDiskInGb','old':9,'new':10}]},"
        "{'version':1,'diff':[]},"
        "{'version':3,'diff':[{'field':'template.imageName','old':'w:1','new':'w:2'},"
        "{'field':'gpuCount','old':1,'new':2},{'field':'minCudaVersion','old':null,'new':'13.0'},"
        "{'field':'gpuIds','old':'ADA_24,-NVIDIA L4,AMPERE_80','new':'x'},"
        "{'field':'scalerValue','old':7,'new':4},{'field':'idleTimeout','old':5,'new':30}]}]";
    if (undo(releases, 2))
        fail_msg("%s", why.message);
    assert_string_equal(change.image, "w:1");
    assert_int_equal(change.gpu_count, -1); /* it is back where it was */
    assert_int_equal(change.disk_gb, -1);   /* of a release that stays */
    assert_string_equal(change.min_cuda, "");
    assert_int_equal(change.pool_count, 2);
    assert_string_equal(change.pools[1], "AMPERE_80");
    assert_int_equal(change.excluded_count, 1);
    assert_string_equal(change.scaling, "QUEUE_DELAY");
    expect_body("{'image':'w:1','env':{'MODEL_NAME':'acme/m','MAX_MODEL_LEN':'1'},'gpu':{'pools':"
                "['ADA_24','AMPERE_80'],'excludedTypes':['NVIDIA L4'],'minCudaVersion':''},"
                "'workers':{'min':1,'max':4,'idleTimeout':5},"
                "'scaling':{'type':'QUEUE_DELAY','queueDelay':7}}");
    assert_int_equal(undo(releases, 4), 0); /* the newest: nothing to undo */
    expect_body("");
}

static void what_is_not_known_is_not_undone(void **state)
{
    (void)state;
    given(usual);
    static const struct {
        const char *releases, *words;
        int version;
        enum err_class class;
    } cases[] = {
        {"[]", "no release 1", 1, ERR_INPUT},
        {"[{'version':1,'diff':[]}]", "no release 7", 7, ERR_INPUT},
        {"[{'version':1,'diff':[]}]", "no release -1", -1, ERR_INPUT},
        {"[{'version':1,'diff':[]},{'version':3,'diff':[]}]", "release 2", 1, ERR_STATE},
        {"[{'version':1,'diff':[]},{'version':2}]", "does not say", 1, ERR_STATE},
        {"[{'version':1,'diff':[]},{'version':2,'diff':[7]}]", "does not say", 1, ERR_STATE},
        {"[{'version':1},{'version':2,'source':'GIT_BUILD','diff':[]}]", "does not say", 1,
            ERR_STATE},
        {"[{'version':1},{'version':2,'diff':[{'field':'gpuCount','new':2}]}]", "does not say", 1,
            ERR_STATE},
        {"[{'version':1},{'version':2,'diff':[{'field':'name','old':'a','new':'b'}]}]", "name", 1,
            ERR_STATE},
        {"[{'version':1},{'version':2,'diff':[{'field':'networkVolumeIds','old':[],'new':['v']}]}]",
            "networkVolumeIds", 1, ERR_STATE},
        {"[{'version':1},{'version':2,'diff':[{'field':'template.env','old':null,'new':{}}]}]",
            "template.env", 1, ERR_STATE},
        {"[{'version':1},{'version':2,'diff':[{'field':'template.env','old':{'A':1},'new':{}}]}]",
            "template.env", 1, ERR_STATE},
        {"[{'version':1},{'version':2,'diff':[{'field':'template.imageName','old':7,'new':'x'}]}]",
            "imageName", 1, ERR_STATE},
        {"[{'version':1},{'version':2,'diff':[{'field':'workersMax','old':1e99,'new':1}]}]",
            "workersMax", 1, ERR_STATE},
        {"[{'version':1},{'version':2,'diff':[{'field':'workersMax','old':1.5,'new':1}]}]",
            "workersMax", 1, ERR_STATE},
        {"[{'version':1},{'version':2,'diff':[{'field':'gpuIds','old':',,','new':''}]}]", "gpuIds",
            1, ERR_STATE},
        {"[{'version':1},{'version':2,'diff':[{'field':'gpuIds','old':'-A','new':''}]}]", "gpuIds",
            1, ERR_STATE},
        {"[{'version':0},{'version':2000000000,'diff':[]}]", "too many", 0, ERR_STATE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(undo(cases[i].releases, cases[i].version), -1);
        if (why.class != cases[i].class || !strstr(why.message, cases[i].words))
            fail_msg("%s: %s: %s", cases[i].releases, err_class_name(why.class), why.message);
    }
    /* A field nobody can undo, which is back where it was. */
    assert_int_equal(
        undo("[{'version':1},{'version':2,'diff':[{'field':'name','old':'a','new':'b'}]},"
             "{'version':3,'diff':[{'field':'name','old':'b','new':'a'}]}]",
            1),
        0);
    expect_body("");
}

/* ---- bills ------------------------------------------------------------------------------------------ */

static void hours_without_a_record(void **state)
{
    (void)state;
    struct endpoint_detail d;
    int64_t now;
    assert_int_equal(clock_parse_rfc3339("2026-11-23T12:34:56Z", &now), 0);
    endpoint_detail_init(&d, "a");
    tree = json_of("{'records':[{'startTime':'2026-11-23T10:00:00Z','totalAmount':0.5},"
                   "{'startTime':'2026-11-23T08:00:00Z','totalAmount':0.25},"
                   "{'startTime':'2026-11-23T08:00:00Z','totalAmount':0.25},"
                   "{'startTime':'2026-11-22T12:00:00Z','totalAmount':99},"
                   "{'startTime':'2026-11-23T13:00:00Z','totalAmount':99},"
                   "{'startTime':'2026-11-23T07:30:00Z','totalAmount':99},"
                   "{'startTime':'soon','totalAmount':99},{'totalAmount':99},7,"
                   "{'startTime':'2026-11-23T06:00:00Z','totalAmount':'99'}]}");
    assert_int_equal(runpod_read_billing(tree, now, &d, &why), 0);
    assert_int_equal(d.billed_count, 24);
    assert_int_equal(d.billed_from_ms % 3600000, 0);
    assert_true(now - d.billed_from_ms < 3600000);
    assert_true(isnan(d.billed[0]) && isnan(d.billed[1])); /* not billed yet */
    assert_true(fabs(d.billed[2] - 0.5) < 1e-9);
    assert_true(fabs(d.billed[3]) < 1e-9); /* free: a later one is billed */
    assert_true(fabs(d.billed[4] - 0.5) < 1e-9);
    for (int i = 5; i < 24; i++)
        assert_true(fabs(d.billed[i]) < 1e-9);
    struct json *empty = json_of("{'records':[]}");
    assert_int_equal(runpod_read_billing(empty, now, &d, &why), 0);
    assert_true(isnan(d.billed[5]) && !isnan(d.billed[6]));
    json_free(empty);
    empty = json_of("{'records':{}}");
    assert_int_equal(runpod_read_billing(empty, now, &d, &why), -1);
    json_free(empty);
}

/* ---- what a refusal says ------------------------------------------------------------------------------ */

static void check_hint(int status, const char *type, const char *body, const char *hint)
{
    struct runpod_options options = {.api_base = "http://127.0.0.1:1",
        .endpoint_base = "http://127.0.0.1:1/v2",
        .clock = clock_real()};
    struct runpod *r = runpod_new(&options, NULL, &why);
    struct http_response answer;
    http_response_init(&answer);
    answer.status = status;
    buf_init(&answer.body, 1 << 16);
    buf_init(&answer.headers, 1 << 16);
    (void)buf_str_append(&answer.body, body);
    (void)buf_printf(&answer.headers, "content-type: %s\n", type);
    assert_null(runpod_answer(r, &answer, "try it", &why));
    if (!strstr(why.hint, hint) || !why.hint[0] || why.number != status)
        fail_msg("%d: %s (%s)", status, why.hint, why.message);
    http_response_release(&answer);
    runpod_free(r);
}

static void every_refusal_says_what_to_do(void **state)
{
    (void)state;
    static const int all[] = {400, 401, 402, 403, 404, 408, 409, 410, 412, 413, 422, 429, 500, 502,
        503, 504, 520, 524, 530};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        check_hint(
            all[i], "application/problem+json", "{\"title\":\"no\",\"detail\":\"not so\"}", "");
        check_hint(all[i], "text/html", "<html><title>Cloudflare</title></html>", "");
        check_hint(all[i], "text/plain", "", "");
    }
    check_hint(422, "application/problem+json",
        "{\"title\":\"Unprocessable Entity\",\"errors\":[\"$.gpu: bad\"]}", "correct");
    assert_non_null(strstr(why.message, "Unprocessable Entity; $.gpu: bad"));
    check_hint(402, "application/problem+json", "{\"detail\":\"balance\"}", "money");
    check_hint(403, "application/problem+json", "{\"detail\":\"access denied\"}", "right");
    check_hint(403, "text/html; charset=UTF-8", "<title>Attention Required! | Cloudflare</title>",
        "gateway");
    check_hint(403, "text/plain", "error code: 1010", "gateway");
    check_hint(524, "text/html", "<title>524: A timeout occurred</title>", "worker takes longer");
    check_hint(400, "application/problem+json",
        "{\"detail\":\"Max workers across all endpoints must not exceed your workers quota (10). "
        "Reduce\"}",
        "10 workers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_that_is_not_to_change_is_sent),
        TEST(one_setting_is_sent_alone),
        TEST(the_environment_goes_whole),
        TEST(exclusions_go_along_with_pools),
        TEST(workers_go_whole),
        TEST(no_idle_time_for_who_counts_requests),
        TEST(what_cannot_be_is_refused),
        TEST(nothing_is_lost_by_an_odd_answer),
        TEST(what_is_no_endpoint_is_refused),
        TEST(values_that_may_be_secrets_are_masked),
        TEST(a_diff_and_a_shown_body_hold_no_secrets),
        TEST(random_changes_of_the_environment),
        TEST(a_detail_holds_all_but_the_secrets),
        TEST(releases_are_taken_apart_and_masked),
        TEST(hostile_releases),
        TEST(releases_are_undone),
        TEST(what_is_not_known_is_not_undone),
        TEST(hours_without_a_record),
        TEST(every_refusal_says_what_to_do),
    };
    return cmocka_run_group_tests_name("runpod_change", tests, NULL, NULL);
}
