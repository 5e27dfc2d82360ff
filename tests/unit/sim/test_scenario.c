/* Scenarios: built in and from files, and the script that builds them in. */
#include "temp_folder.h"

#include "sim/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_built_in_loads(void **state)
{
    (void)state;
    assert_non_null(scenario_builtins[0].name);
    for (const struct scenario_builtin *b = scenario_builtins; b->name; b++) {
        struct err e;
        struct json *j = scenario_load(b->name, &e);
        if (!j)
            fail_msg("%s: %s", b->name, e.message);
        assert_int_equal(json_kind(j), JSON_OBJECT);
        assert_int_equal(b->json[b->length], '\0');
        assert_int_equal(strlen(b->json), b->length);
        json_free(j);
    }
}

static void an_unknown_name_is_told_the_known_ones(void **state)
{
    (void)state;
    struct err e;
    assert_null(scenario_load("no-such", &e));
    assert_int_equal(e.class, ERR_INPUT);
    assert_non_null(strstr(e.message, "no-such"));
    assert_non_null(strstr(e.hint, "--help"));
    assert_null(scenario_load("crash-lop", &e));
    assert_non_null(strstr(e.hint, "crash-loop"));
    assert_null(scenario_load("", &e));
    assert_null(scenario_load("no-such", NULL));
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void a_file_must_hold_one_object(void **state)
{
    char path[PATH_MAX];
    struct err e;
    temp_folder_path(path, state, "mine.json");
    write_file(path, "{\"a\":1}\n", 8);
    struct json *j = scenario_load(path, &e);
    assert_non_null(j);
    assert_int_equal(json_int(j, "a", 0), 1);
    json_free(j);
    static const char *const bad[] = {"", "[]", "1", "{\"a\":1", "{} {}", "{\"a\":\"\\u0000\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_file(path, bad[i], strlen(bad[i]));
        if (scenario_load(path, &e))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(e.class, ERR_INPUT);
        assert_non_null(strstr(e.message, "mine.json"));
    }
    assert_null(scenario_load(*state, &e)); /* a folder */
    assert_null(scenario_load("./no-such.json", &e));
    assert_null(scenario_load("no-such.json", &e));
}

/* ---- wrong types and names ----------------------------------------------------------------------- */

/* Writes a scenario, with single quotes for double ones, and loads it. */
static struct json *load_text(void **state, const char *text, struct err *e)
{
    char path[PATH_MAX], copy[1024];
    int n = snprintf(copy, sizeof copy, "%s", text);
    assert_true(n > 0 && (size_t)n < sizeof copy);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    write_file(temp_folder_path(path, state, "mine.json"), copy, (size_t)n);
    return scenario_load(path, e);
}

static const struct wrong {
    const char *text, *sentence; /* behind "the scenario's " */
} wrongs[] = {
    {"{'endpoints':5}", "endpoints must be a list"},
    {"{'endpoints':[5]}", "endpoints[0] must be an object"},
    {"{'expect':[{'verdict':'stuck'}]}", "expect[0].endpoint is missing"},
    {"{'expect':[{'endpoint':'a','verdict':'sick'}]}",
        "expect[0].verdict must be one of \"healthy\", \"waiting\", \"stuck\", \"unknown\""},
    {"{'expect':[{'endpoint':'a','cured_by':{'max_len':1}}]}",
        "expect[0].cured_by.max_len is not a setting of an endpoint"},
    {"{'timeline':[{'at_s':1,'cancel':5}]}", "timeline[0].cancel must be a string"},
    {"{'speed':'fast'}", "speed must be a number"},
    {"{'speed':-1}", "speed must be at least 0"},
    {"{'seed':'x','warm_up_s':-5}", "seed must be a whole number"},
    {"{'seed':1.5}", "seed must be a whole number"},
    {"{'start':7}", "start must be a string"},
    {"{'base':['healthy']}", "base must be a string"},
    {"{'warm_up_s':-5}", "warm_up_s must be at least 0"},
    {"{'warm_up_s':1e300}", "warm_up_s must be at most 31622400"},
    {"{'account':[]}", "account must be an object"},
    {"{'account':{'worker_quota':'10'}}", "account.worker_quota must be a whole number"},
    {"{'account':{'balance':true}}", "account.balance must be a number"},
    {"{'rate':{'minute':-1}}", "rate.minute must be at least 0"},
    {"{'stock':7}", "stock must be an object"},
    {"{'stock':{'default':'high'}}",
        "stock.default must be one of \"NONE\", \"LOW\", \"MEDIUM\", \"HIGH\""},
    {"{'stock':{'data_centers':{'EU-RO-1':{'*':1}}}}",
        "stock.data_centers.EU-RO-1.* must be a string"},
    {"{'stock':{'cuda':{'12.8':2}}}", "stock.cuda.12.8 must be at most 1"},
    {"{'models':'x'}", "models must be an object"},
    {"{'models':{'a/*':{'max_len':'8k'}}}", "models.a/*.max_len must be a whole number"},
    {"{'images':{'x':{'missing':1}}}", "images.x.missing must be true or false"},
    {"{'troubles':{'a':1}}", "troubles must be a list"},
    {"{'troubles':[{'phase':'lod'}]}",
        "troubles[0].phase must be one of \"place\", \"pull\", \"create\", \"load\", \"serve\", \"job\""},
    {"{'troubles':[{}]}", "troubles[0].phase is missing"},
    {"{'troubles':[{'phase':'job','lines':[1]}]}",
        "troubles[0].lines[0] must be a string or an object"},
    {"{'endpoints':[{'workers':{'min':'x'},'gpu':{'pools':5}}]}",
        "endpoints[0].workers.min must be a whole number"},
    {"{'endpoints':[{},{'gpu':{'pools':5}}]}", "endpoints[1].gpu.pools must be a list"},
    {"{'endpoints':[{'gpu':{'pools':['A',5]}}]}", "endpoints[0].gpu.pools[1] must be a string"},
    {"{'endpoints':[{'env':{'A':1}}]}", "endpoints[0].env.A must be a string"},
    {"{'endpoints':[{'scaling':{'type':'FAST'}}]}",
        "endpoints[0].scaling.type must be one of \"QUEUE_DELAY\", \"REQUEST_COUNT\""},
    {"{'endpoints':[{'created_days_ago':1e30}]}",
        "endpoints[0].created_days_ago must be at most 36500"},
    {"{'endpoints':[{'traffic':{'requests':[{'weight':'1'}]}}]}",
        "endpoints[0].traffic.requests[0].weight must be a number"},
    {"{'behaviour':{'load_s':[9,2]}}", "behaviour.load_s must be a draw: a number, [low, high] or"
                                       " {\"p50\", \"p95\", \"min\", \"max\"}, nothing below 0"},
    {"{'behaviour':{'load_s':[1,2,3]}}", "behaviour.load_s must be a draw: "},
    {"{'behaviour':{'load_s':[]}}", "behaviour.load_s must be a draw: "},
    {"{'behaviour':{'load_s':-1}}", "behaviour.load_s must be a draw: "},
    {"{'behaviour':{'load_s':'1'}}", "behaviour.load_s must be a draw: "},
    {"{'behaviour':{'exec_ms':{'p50':-4}}}", "behaviour.exec_ms must be a draw: "},
    {"{'behaviour':{'exec_ms':{'p50':4,'p95':2}}}", "behaviour.exec_ms must be a draw: "},
    {"{'behaviour':{'exec_ms':{'p50':4,'min':5,'max':1}}}", "behaviour.exec_ms must be a draw: "},
    {"{'behaviour':{'exec_ms':{}}}", "behaviour.exec_ms must be a draw: "},
    {"{'behaviour':{'throttle':{'LOW':{'s':'x'}}}}", "behaviour.throttle.LOW.s must be a draw: "},
    {"{'behaviour':{'fail_rate':1.5}}", "behaviour.fail_rate must be at most 1"},
    {"{'new_endpoint':7}", "new_endpoint must be an object"},
    {"{'timeline':{}}", "timeline must be a list"},
    {"{'timeline':[{'at_s':'x','endpoint':'nope','submit':5}]}",
        "timeline[0].at_s must be a number"},
    {"{'timeline':[{'at_s':1,'submit':5}]}", "timeline[0].submit must be an object"},
    {"{'timeline':[{'set':{}}]}", "timeline[0].at_s is missing"},
    {"{'timeline':[{'at_s':1,'set':{'zz':1}}]}",
        "timeline[0].set.zz is not a setting of an endpoint"},
    {"{'timeline':[{'at_s':1,'set':{'workers':{'max':'3'}}}]}",
        "timeline[0].set.workers.max must be a whole number"},
    {"{'templates':{}}", "templates must be a list"},
    {"{'pods':[{'id':7}]}", "pods[0].id must be a string"},
    {"{'hub':[]}", "hub must be an object"},
};

static void a_wrong_type_or_name_is_a_sentence_with_its_place(void **state)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        char want[256];
        struct err e;
        (void)snprintf(want, sizeof want, "the scenario's %s", wrongs[i].sentence);
        if (load_text(state, wrongs[i].text, &e))
            fail_msg("accepted: %s", wrongs[i].text);
        assert_int_equal(e.class, ERR_INPUT);
        size_t n = want[strlen(want) - 1] == ' ' ? strlen(want) : sizeof want;
        if (strncmp(e.message, want, n) != 0)
            fail_msg("%s: %s", wrongs[i].text, e.message);
    }
}

static void what_the_readme_allows_is_loaded(void **state)
{
    static const char *const good[] = {"{'zz':{'a':1},'account':{'zz':'x'}}",
        "{'base':'healthy','endpoints':[{'like':'legal','traffic':null,'history':null,'zz':1}]}",
        "{'behaviour':{'load_s':0,'pull_s':[3,3],'exec_ms':{'p50':900,'min':50,'max':60000}}}",
        "{'troubles':[{'phase':'job','error':'no'},"
        "{'phase':'load','lines':['a',{'text':'b','after_s':1}],"
        "'when':{'disk':{'lt':5},'vllm':true}}]}",
        ("{'timeline':[{'at_s':-5,'endpoint':'x','traffic':null,'set':{'registry':null,'disk':9}},"
         "{'at_s':-5,'zz':1,'stock':{'default':'LOW'},'balance':-2.5}]}")};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct err e;
        struct json *j = load_text(state, good[i], &e);
        if (!j)
            fail_msg("%s: %s", good[i], e.message);
        json_free(j);
    }
    static const char *const files[] = {"tests/data/day.json", "tests/clients/scenario.json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct err e;
        struct json *j = scenario_load(files[i], &e);
        if (!j)
            fail_msg("%s: %s", files[i], e.message);
        json_free(j);
    }
}

/* A key of a hostile file neither overflows the sentence nor brings control characters into it. */
static void a_strange_key_is_shown_harmlessly(void **state)
{
    char text[1024] = "{'models':{'\\u001b[2J\\n";
    struct err e;
    memset(text + strlen(text), 'k', 700);
    (void)snprintf(text + strlen(text), 100, "':5}}");
    assert_null(load_text(state, text, &e));
    assert_non_null(strstr(e.message, "the scenario's models."));
    for (const char *c = e.message; *c; c++)
        assert_true((unsigned char)*c >= ' ');
    assert_non_null(strstr(e.message, "must be an object"));
}

/* Runs the script on a file; returns its exit status, its output is in FOLDER/out. */
static int embed(void **state, const char *file)
{
    char command[3 * PATH_MAX];
    snprintf(command, sizeof command,
        "sh src/sim/scenarios/embed.sh '%s/%s' > '%s/out' 2> /dev/null", (char *)*state, file,
        (char *)*state);
    return system(command);
}

/* Every "0x.." after the first '{' of the output, as bytes. */
static size_t embedded_bytes(void **state, unsigned char *out, size_t max)
{
    char path[PATH_MAX], line[4096];
    FILE *f = fopen(temp_folder_path(path, state, "out"), "r");
    size_t n = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        for (const char *at = line; (at = strstr(at, "0x")) && n < max; at += 4)
            out[n++] = (unsigned char)strtoul(at, NULL, 16);
    fclose(f);
    return n;
}

static void every_byte_is_embedded(void **state)
{
    char path[PATH_MAX];
    unsigned char bytes[1000], back[2000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i < 512 ? i : 7); /* od would fold the equal lines */
    write_file(temp_folder_path(path, state, "all-bytes_1.json"), bytes, sizeof bytes);
    assert_int_equal(embed(state, "all-bytes_1.json"), 0);
    assert_int_equal(embedded_bytes(state, back, sizeof back), sizeof bytes + 1);
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_int_equal(back[sizeof bytes], 0);
}

static void a_bad_name_or_no_file_fails(void **state)
{
    char path[PATH_MAX];
    write_file(temp_folder_path(path, state, "a\"b.json"), "{}", 2);
    assert_int_not_equal(embed(state, "a\"b.json"), 0);
    assert_int_not_equal(embed(state, "missing.json"), 0);
}

#define with_folder(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_built_in_loads),
        cmocka_unit_test(an_unknown_name_is_told_the_known_ones),
        with_folder(a_file_must_hold_one_object),
        with_folder(a_wrong_type_or_name_is_a_sentence_with_its_place),
        with_folder(what_the_readme_allows_is_loaded),
        with_folder(a_strange_key_is_shown_harmlessly),
        with_folder(every_byte_is_embedded),
        with_folder(a_bad_name_or_no_file_fails),
    };
    return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
