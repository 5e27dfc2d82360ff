/* What `slipway triage --record` writes, played by the stand-in, leads to the diagnosis that it was recorded with, and
 * holds nothing that gives access to anything. */
#include "app/triage_record_internal.h"
#include "base/file.h"
#include "client/hub.h"
#include "client/runpod_control.h"
#include "sim_process.h"
#include "temp_folder.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    SPEED = 20,
    QUIET_MS = 150,
    GATHER_MS = 60 * 1000,
    FILE_BYTES = 4 << 20,
    ROUND_S = 300,
    ROUNDS = 3
};

static struct sim_process sim;
static struct cancel *cancel;
static struct secret *hub_token;
static void *folder;

static int start(void **state)
{
    (void)state;
    struct err e;
    sim_process_start(&sim, "healthy", "20");
    cancel = cancel_new(NULL);
    hub_token = secret_register("HF_TOKEN", "hf_OperatorsOwnToken0123456789", &e);
    assert_true(cancel && hub_token);
    return temp_folder_make(&folder);
}

static int stop(void **state)
{
    (void)state;
    sim_process_stop(&sim);
    cancel_unref(cancel);
    return temp_folder_remove(&folder);
}

/* ---- looking ------------------------------------------------------------------------------------------------- */

struct looked {
    char verdict[32], id[64];
    struct json *recorded; /* owned */
};

static int64_t now_there(void)
{
    struct json *state = sim_get(&sim, sim.control, "/_sim/state");
    int64_t now = json_int(json_get(state, "clock"), "now_ms", 0);
    json_free(state);
    return now;
}

static void play(const char *scenario)
{
    char body[PATH_MAX + 32];
    assert_true(snprintf(body, sizeof body, "{\"scenario\":\"%s\"}", scenario) < (int)sizeof body);
    json_free(sim_call(&sim, HTTP_POST, sim.control, "/_sim/reset", body, NULL));
}

static void find(struct runpod *r, const char *name, struct arena *a, struct endpoint *p)
{
    struct err e;
    bool found = false;
    if (runpod_endpoint_find(r, name, a, p, &found, cancel, &e) || !found)
        fail_msg("no endpoint %s: %s", name, found ? e.message : "not found");
}

/* Until somebody is seen to be stuck, or some rounds have passed. */
static void judge(struct runpod_evidence *ev, struct clock *clock, struct looked *out)
{
    struct err e;
    struct triage *t = calloc(1, sizeof *t);
    assert_non_null(t);
    for (int round = 0;; round++) {
        struct arena *a = arena_new(TRIAGE_ARENA);
        if (runpod_evidence_gather(ev, GATHER_MS, cancel, &e))
            fail_msg("%s", e.message);
        assert_int_equal(triage_conclude(ev, NULL, a, t, &e), 0);
        bool last = t->verdict == TRIAGE_STUCK || round == ROUNDS;
        if (last) {
            snprintf(out->verdict, sizeof out->verdict, "%s", triage_verdict_name(t->verdict));
            snprintf(out->id, sizeof out->id, "%s", t->count ? t->diagnoses[0].id : "-");
            if (runpod_evidence_complete(ev, cancel, &e))
                fail_msg("%s", e.message);
            out->recorded = triage_scenario(ev, t);
        }
        triage_release(t);
        arena_free(a);
        if (last)
            break;
        sim_advance(&sim, ROUND_S);
        clock_advance(clock, ROUND_S * 1000);
    }
    free(t);
}

static void look(const char *scenario, const char *endpoint, struct looked *out)
{
    struct err e;
    struct endpoint p;
    play(scenario);
    struct clock *clock = clock_new(now_there(), SPEED);
    struct arena *a = arena_new(16 << 20);
    const struct runpod_options options = {
        .api_base = sim.control, .endpoint_base = sim.data, .key = sim.key, .clock = clock_real()};
    const struct hub_options hub_options = {.endpoint = sim.hub, .token = hub_token};
    struct runpod *r = runpod_new(&options, sim.http, &e);
    struct hub *hub = hub_new(&hub_options, sim.http, &e);
    assert_true(clock && a && r && hub);
    find(r, endpoint, a, &p);
    const struct runpod_evidence_options asks = {
        .runpod = r, .hub = hub, .clock = clock, .quiet_ms = QUIET_MS};
    struct runpod_evidence *ev = runpod_evidence_new(&asks, &p);
    assert_non_null(ev);
    judge(ev, clock, out);
    assert_non_null(out->recorded);
    runpod_evidence_free(ev);
    hub_free(hub);
    runpod_free(r);
    arena_free(a);
    clock_free(clock);
}

static void write_down(const char *path, const struct json *j, struct buf *text)
{
    struct err e;
    buf_clear(text);
    assert_int_equal(json_print(j, text), 0);
    assert_int_equal(file_write(path, buf_str(text), text->len, &e), 0);
}

/* Records, plays the recording, and looks again: twice, since a recording of a recording says the same. */
static void round_trip(const char *scenario, const char *endpoint, const char *id, struct buf *text)
{
    char path[PATH_MAX];
    struct looked first, again;
    temp_folder_path(path, &folder, "recorded.json");
    look(scenario, endpoint, &first);
    write_down(path, first.recorded, text);
    look(path, endpoint, &again);
    if (strcmp(first.id, id) != 0 || strcmp(again.id, id) != 0 ||
        strcmp(first.verdict, again.verdict) != 0)
        fail_msg("%s: %s %s was seen, and %s %s when it was played:\n%s", scenario, first.verdict,
            first.id, again.verdict, again.id, buf_str(text));
    json_free(first.recorded);
    json_free(again.recorded);
}

/* ---- tests --------------------------------------------------------------------------------------------------- */

static void test_a_recording_says_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *scenario, *id;
    } cases[] = {
        {"does-not-fit-gpu", "does-not-fit-gpu"},
        {"workers-max-zero", "workers-max-zero"},
        {"account-no-funds", "account-no-funds"},
        {"image-not-found", "image-not-found"},
        {"disk-full", "disk-full"},
        {"model-access-denied", "model-access-denied"},
        {"crash-loop", "crash-loop"},
        {"handler-crash", "handler-crash"},
        {"image-does-not-take-jobs", "image-does-not-take-jobs"},
        {"cuda-driver-mismatch-runtime", "cuda-driver-mismatch"},
        {"no-capacity", "no-capacity"},
        {"tokenizer-mismatch", "tokenizer-mismatch"},
    };
    struct buf text;
    buf_init(&text, FILE_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        round_trip(cases[i].scenario, "legal", cases[i].id, &text);
    buf_release(&text);
}

/* A model that the Hub has: its facts are in the recording, and the Hub that plays it has them too. */
static void test_what_is_known_of_the_model_is_in_it(void **state)
{
    (void)state;
    static const char scenario[] =
        "{\"about\":\"a model on the Hub\",\"base\":\"healthy\",\"endpoints\":[{\"like\":\"legal\","
        "\"env\":{\"MODEL_NAME\":\"acme/tiny-base\"},\"workers\":{\"min\":0,\"max\":1,\"idleTimeout\":30},"
        "\"behaviour\":{\"cached\":1,\"troubles\":[{\"name\":\"x\",\"phase\":\"load\",\"at_s\":1,\"startup\":false,"
        "\"restart_s\":5,\"exit_code\":1,\"lines\":[\"ValueError: To serve at least one request with the model's max "
        "seq len (8192), (1.50 GiB KV cache is needed, which is larger than the available KV cache memory (1.10 "
        "GiB). Based on the available memory, the estimated maximum model length is 6032.\"]}]}}]}";
    char path[PATH_MAX];
    struct err e;
    struct looked seen;
    temp_folder_path(path, &folder, "on-the-hub.json");
    assert_int_equal(file_write(path, scenario, strlen(scenario), &e), 0);
    look(path, "legal", &seen);
    const struct json *row = json_get(json_get(seen.recorded, "models"), "acme/tiny-base");
    assert_int_equal(json_int(row, "max_len", 0), 1024);
    assert_string_equal(json_str_or(row, "architecture", ""), "LlamaForCausalLM");
    assert_true(json_num(row, "kv_kib", 0) > 0);
    const struct json *repo = json_first(json_get(json_get(seen.recorded, "hub"), "repos"));
    assert_string_equal(json_str_or(repo, "id", ""), "acme/tiny-base");
    const struct json *config = json_get(json_get(json_get(repo, "files"), "config.json"), "json");
    assert_int_equal(json_int(config, "num_attention_heads", 0), 4);
    assert_string_equal(json_str_or(config, "transformers_version", ""), "5.17.0");
    json_free(seen.recorded);
}

static const char *const secrets[] = {"hf_AbCdEfGhIjKlMnOpQrStUvWx", "rpa_0123456789ABCDEFGHIJ",
    "s3cr3t-bearer-words", "correct-horse", "tulip-in-the-url", "aws-signature-value",
    "eyJhbGciOiJIUzI1NiIsInR5cCI", "cookie-crumbs-77", "operators-own-key-value"};

static void test_no_secret_is_recorded(void **state)
{
    (void)state;
    static const char scenario[] =
        "{\"about\":\"a worker that prints what it should not\",\"base\":\"healthy\",\"endpoints\":[{\"like\":"
        "\"legal\",\"env\":{\"MODEL_NAME\":\"acme/legal-qwen3-8b\",\"HF_TOKEN\":\"hf_AbCdEfGhIjKlMnOpQrStUvWx\","
        "\"MY_SERVICE\":\"operators-own-key-value\"},"
        "\"workers\":{\"min\":0,\"max\":1,\"idleTimeout\":30},\"behaviour\":{\"cached\":1,\"troubles\":[{\"name\":"
        "\"leaks\",\"phase\":\"load\",\"at_s\":1,\"startup\":false,\"restart_s\":5,\"exit_code\":1,\"lines\":["
        "\"vllm serve acme/legal-qwen3-8b --hf-token hf_AbCdEfGhIjKlMnOpQrStUvWx\","
        "\"key rpa_0123456789ABCDEFGHIJ\","
        "\"headers: {'Authorization': 'Bearer s3cr3t-bearer-words', 'Cookie': 'cookie-crumbs-77'}\","
        "\"PGPASSWORD=correct-horse\","
        "\"cannot reach postgresql://slipway:tulip-in-the-url@db.example.org:5432/x\","
        "\"GET https://cdn.example.org/a?X-Amz-Signature=aws-signature-value&X-Amz-Expires=60\","
        "\"jwt eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2ln\","
        "\"Traceback (most recent call last):\",\"  File \\\"/src/start.py\\\", line 4, in <module>\","
        "\"FrobnicatorError: the frobnicator refused\"]}]}}]}";
    char path[PATH_MAX];
    struct err e;
    struct buf text;
    buf_init(&text, FILE_BYTES);
    temp_folder_path(path, &folder, "leaks.json");
    assert_int_equal(file_write(path, scenario, strlen(scenario), &e), 0);
    struct looked seen;
    look(path, "legal", &seen);
    assert_int_equal(json_print(seen.recorded, &text), 0);
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (strstr(buf_str(&text), secrets[i]))
            fail_msg("%s is in %s", secrets[i], buf_str(&text));
    if (!strstr(buf_str(&text), "the frobnicator refused") ||
        !strstr(buf_str(&text), "db.example.org"))
        fail_msg("what matters is not in %s", buf_str(&text));
    json_free(seen.recorded);
    buf_release(&text);
}

static void test_what_is_masked_in_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *line, *recorded;
    } cases[] = {
        {"Authorization: Bearer abcdefgh1234", "Authorization: Bearer ***"},
        {"authorization=Basic dXNlcjpwYXNz, x", "authorization=Basic ***, x"},
        {"-H \"Authorization: abcdefgh\" -x", "-H \"Authorization: ***\" -x"},
        {"{\"password\": \"longenough\", \"port\": 5432}",
            "{\"password\": \"***\", \"port\": 5432}"},
        {"{\\\"api_key\\\": \\\"longenough\\\"}", "{\\\"api_key\\\": \\\"***\\\"}"},
        {"https://u:pw@h/p", "https://***@h/p"},
        {"https://tokenonly@h/p", "https://***@h/p"},
        {"https://h/p?api_key=abcdefgh&x=1", "https://h/p?api_key=***&x=1"},
        {"SECRET = longenough", "SECRET = ***"},
        {"max_num_batched_tokens=8192", "max_num_batched_tokens=8192"},
        {"token: 128000", "token: 128000"},
        {"pad_token=<|endoftext|>", "pad_token=<|endoftext|>"},
        {"Repository Not Found for url: https://huggingface.co/a/b",
            "Repository Not Found for url: https://huggingface.co/a/b"},
        {"use_auth_token is deprecated, pass token instead",
            "use_auth_token is deprecated, pass token instead"},
        {"mail me@example.org", "mail me@example.org"},
        {"", ""},
        {"://", "://"},
        {"password=", "password="},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *j = record_text((struct text){cases[i].line, strlen(cases[i].line)});
        assert_non_null(j);
        if (strcmp(json_string(j), cases[i].recorded) != 0)
            fail_msg("%s became %s", cases[i].line, json_string(j));
        json_free(j);
    }
}

/* A line made to be slow is not. */
static void test_a_line_made_to_be_slow(void **state)
{
    (void)state;
    static const char *const units[] = {
        "token=", "://", "password: ", "bearer ", "token='", "secret\\\"", "token=1"};
    enum { BYTES = 256 << 10 };
    char *s = malloc(BYTES + 1);
    assert_non_null(s);
    int64_t began = clock_mono_ms(clock_real());
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t n = strlen(units[i]);
        for (size_t k = 0; k < BYTES; k++)
            s[k] = units[i][k % n];
        s[BYTES] = 0;
        json_free(record_text((struct text){s, BYTES}));
    }
    free(s);
    assert_true(clock_mono_ms(clock_real()) - began < 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_masked_in_a_line),
        cmocka_unit_test(test_a_line_made_to_be_slow),
        cmocka_unit_test(test_no_secret_is_recorded),
        cmocka_unit_test(test_what_is_known_of_the_model_is_in_it),
        cmocka_unit_test(test_a_recording_says_the_same),
    };
    return cmocka_run_group_tests_name("triage_record", tests, start, stop);
}
