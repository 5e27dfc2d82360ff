/* Bodies against the tables of REST v2: what a validator says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/runpod_http.h"
#include "sim/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sets one member of a good body to a value, and compares the sentences. */
static void expect(const struct schema *schema, const char *body, const char *const *sentences)
{
    struct json *j = json_parse(body, strlen(body), NULL), *errors = json_new_array();
    assert_non_null(j);
    bool good = schema_check(schema, j, "$", errors);
    size_t n = 0;
    while (sentences[n] != NULL) {
        n++;
    }
    if (json_count(errors) != n) {
        print_message("%s\n", body);
        for (const struct json *e = json_first(errors); e != NULL; e = json_next(e)) {
            print_message("  %s\n", json_string(e));
        }
    }
    assert_int_equal(json_count(errors), n);
    assert_int_equal(good, n == 0);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(json_string(json_at(errors, i)), sentences[i]);
    }
    json_free(errors);
    json_free(j);
}

#define SAYS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FINE      ((const char *const[]){NULL})
#define CREATE(more)                                                                                  \
    "{\"name\":\"n\",\"type\":\"QUEUE\",\"scaling\":{\"type\":\"QUEUE_DELAY\",\"queueDelay\":4}" more \
    "}"

static void good_bodies(void **state)
{
    (void)state;
    expect(endpoint_create_schema, CREATE(""), FINE);
    expect(endpoint_create_schema,
        CREATE(",\"image\":\"a/b:c\",\"args\":\"\",\"entrypoint\":[\"x\"],\"cmd\":[],\"disk\":1,"
               "\"ports\":[\"8000/http\"],\"env\":{\"A\":\"1\",\"B\":\"\"},\"registry\":null,"
               "\"gpu\":{\"pools\":[\"ADA_24\"],\"excludedTypes\":[\" NVIDIA L4\"],\"count\":8,"
               "\"allowedCudaVersions\":[\"12.8\"],\"minCudaVersion\":\"12.11\"},"
               "\"workers\":{\"min\":0,\"max\":0,\"idleTimeout\":3600},\"timeout\":0,"
               "\"dataCenterIds\":[],\"networkVolumes\":[],\"flashboot\":\"OFF\","
               "\"templateId\":\"t\",\"cpu\":[{\"id\":\"cpu5c\",\"vcpuCount\":2}]"),
        FINE);
    expect(endpoint_update_schema, "{}", FINE);
    expect(endpoint_update_schema, "{\"gpu\":{\"minCudaVersion\":\"\"}}", FINE);
    expect(endpoint_update_schema, "{\"scaling\":{\"type\":\"REQUEST_COUNT\",\"requestCount\":1}}",
        FINE);
}

static void missing_and_unknown(void **state)
{
    (void)state;
    expect(endpoint_create_schema, "{}",
        SAYS("$: missing property 'name'", "$: missing property 'scaling'",
            "$: missing property 'type'"));
    expect(endpoint_create_schema, CREATE(",\"bogus\":1"),
        SAYS("$: additional properties 'bogus' not allowed"));
    expect(endpoint_create_schema, CREATE(",\"gpu\":{\"pools\":[\"A\"],\"type\":1}"),
        SAYS("$.gpu: additional properties 'type' not allowed"));
    expect(endpoint_create_schema, CREATE(",\"gpu\":{}"), SAYS("$.gpu: missing property 'pools'"));
    expect(endpoint_update_schema, "{\"type\":\"QUEUE\"}",
        SAYS("$: additional properties 'type' not allowed")); /* it is immutable */
    expect(endpoint_update_schema, "{\"gpu\":{\"excludedTypes\":[\"x\"]}}",
        SAYS("$.gpu: property 'pools' required, if 'excludedTypes' exists"));
}

static void wrong_values(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"name\":\"\"}", "$.name: minLength: got 0, want 1"},
        {"{\"name\":7}", "$.name: got number, want string"},
        {"{\"disk\":0}", "$.disk: minimum: got 0, want 1"},
        {"{\"disk\":1.5}", "$.disk: got number, want integer"},
        {"{\"disk\":\"9\"}", "$.disk: got string, want integer"},
        {"{\"disk\":null}", "$.disk: got null, want integer"},
        {"{\"env\":{\"A\":1}}", "$.env.A: got number, want string"},
        {"{\"env\":[]}", "$.env: got array, want object"},
        {"{\"ports\":[8000]}", "$.ports[0]: got number, want string"},
        {"{\"workers\":{\"min\":-1}}", "$.workers.min: minimum: got -1, want 0"},
        {"{\"workers\":{\"idleTimeout\":0}}", "$.workers.idleTimeout: minimum: got 0, want 1"},
        {"{\"workers\":{\"idleTimeout\":3601}}",
            "$.workers.idleTimeout: maximum: got 3601, want 3600"},
        {"{\"workers\":{\"standby\":1}}", "$.workers: additional properties 'standby' not allowed"},
        {"{\"gpu\":{\"pools\":[]}}", "$.gpu.pools: minItems: got 0, want 1"},
        {"{\"gpu\":{\"count\":0}}", "$.gpu.count: minimum: got 0, want 1"},
        {"{\"gpu\":{\"allowedCudaVersions\":[\"12\"]}}",
            "$.gpu.allowedCudaVersions[0]: '12' does not match pattern '^\\d+\\.\\d+$'"},
        {"{\"gpu\":{\"pools\":[\"A\"],\"excludedTypes\":[\"-x\"]}}",
            "$.gpu.excludedTypes[0]: '-x' does not match pattern '^\\s*[^-\\s]'"},
        {"{\"gpu\":{\"pools\":[\"A\"],\"excludedTypes\":[\"x\",\"y\",\"x\"]}}",
            "$.gpu.excludedTypes: items at 0 and 2 are equal"},
        {"{\"cpu\":[]}", "$.cpu: minItems: got 0, want 1"},
        {"{\"cpu\":[{\"id\":\"c\"}]}", "$.cpu[0]: missing property 'vcpuCount'"},
        {"{\"scaling\":{\"type\":\"QUEUE_DELAY\",\"queueDelay\":0.4}}",
            "$.scaling.queueDelay: minimum: got 0.4, want 0.5"},
        {"{\"scaling\":{\"type\":\"REQUEST_COUNT\",\"queueDelay\":1,\"requestCount\":1}}",
            "$.scaling: additional properties 'queueDelay' not allowed"},
        {"{\"scaling\":{\"type\":\"X\"}}",
            "$.scaling.type: value must be one of 'QUEUE_DELAY', 'REQUEST_COUNT'"},
        {"{\"scaling\":{}}", "$.scaling: missing property 'type'"},
        {"{\"flashboot\":\"\"}",
            "$.flashboot: value must be one of 'OFF', 'FLASHBOOT', 'PRIORITY_FLASHBOOT'"},
        {"{\"timeout\":1e30}", "$.timeout: got number, want integer"},
        {"{\"networkVolumes\":\"v\"}", "$.networkVolumes: got string, want array"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect(endpoint_update_schema, cases[i][0], SAYS(cases[i][1]));
    }
    expect(endpoint_create_schema, CREATE(",\"gpu\":{\"pools\":[\"A\"],\"minCudaVersion\":\"\"}"),
        SAYS("$.gpu.minCudaVersion: '' does not match pattern '^\\d+\\.\\d+$'"));
}

/* However much is wrong, the answer stays small. */
static void hostile_bodies(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 4 * 1024 * 1024);
    (void)buf_char(&body, '{');
    for (int i = 0; i < 5000; i++) {
        (void)buf_printf(&body, "%s\"unknown%d\":[{}]", i == 0 ? "" : ",", i);
    }
    (void)buf_char(&body, '}');
    struct json *j = json_parse(buf_str(&body), body.len, NULL), *errors = json_new_array();
    assert_non_null(j);
    assert_false(schema_check(endpoint_create_schema, j, "$", errors));
    assert_int_equal(json_count(errors), SCHEMA_ERRORS_MAX);
    json_free(errors);
    json_free(j);

    buf_clear(&body);
    (void)buf_str_append(&body, "{\"env\":{\"");
    for (int i = 0; i < 100000; i++) {
        (void)buf_char(&body, 'k');
    }
    (void)buf_str_append(&body, "\":1}}");
    j = json_parse(buf_str(&body), body.len, NULL);
    errors = json_new_array();
    assert_false(schema_check(endpoint_update_schema, j, "$", errors));
    assert_int_equal(json_count(errors), 1);
    assert_true(strlen(json_string(json_first(errors))) < 400);
    json_free(errors);
    json_free(j);
    buf_release(&body);
}

/* ---- merging: the traps of sparse updates (spec/runpod.md §4.4) ---------------------------------- */

static struct json *merged(const char *base, const char *patch)
{
    struct json *b = json_parse(base, strlen(base), NULL);
    struct json *p = json_parse(patch, strlen(patch), NULL);
    assert_non_null(b);
    assert_non_null(p);
    struct json *out = settings_merge(b, p);
    json_free(p);
    return out;
}

static void same(const struct json *got, const char *want)
{
    struct json *w = json_parse(want, strlen(want), NULL);
    struct buf text;
    buf_init(&text, 65536);
    (void)json_print(got, &text);
    if (!json_equal(got, w)) {
        print_message("got %s\nwant %s\n", buf_str(&text), want);
    }
    assert_true(json_equal(got, w));
    buf_release(&text);
    json_free(w);
}

static const char gpu[] = "{\"gpu\":{\"pools\":[\"ADA_24\"],\"excludedTypes\":[\"NVIDIA L4\"],"
                          "\"count\":2,\"allowedCudaVersions\":[],\"minCudaVersion\":\"12.8\"}}";

static void pools_alone_clear_the_exclusions(void **state)
{
    (void)state;
    struct json *m = merged(gpu, "{\"gpu\":{\"pools\":[\"AMPERE_48\"]}}");
    same(json_get(m, "gpu"), "{\"pools\":[\"AMPERE_48\"],\"excludedTypes\":[],\"count\":2,"
                             "\"allowedCudaVersions\":[],\"minCudaVersion\":\"12.8\"}");
    json_free(m);
    m = merged(gpu, "{\"gpu\":{\"pools\":[\"ADA_24\"],\"excludedTypes\":[\"  NVIDIA L40\\t\"]}}");
    same(json_get(json_get(m, "gpu"), "excludedTypes"), "[\"NVIDIA L40\"]");
    json_free(m);
    m = merged(gpu, "{\"gpu\":{\"minCudaVersion\":\"\"}}");
    same(json_get(m, "gpu"),
        "{\"pools\":[\"ADA_24\"],\"excludedTypes\":[\"NVIDIA L4\"],\"count\":2,"
        "\"allowedCudaVersions\":[],\"minCudaVersion\":null}");
    json_free(m);
}

static void env_is_replaced_workers_are_not(void **state)
{
    (void)state;
    struct json *m = merged("{\"env\":{\"A\":\"1\",\"B\":\"2\"},\"workers\":{\"min\":1,\"max\":3}}",
        "{\"env\":{\"C\":\"3\"},\"workers\":{\"max\":5}}");
    same(m, "{\"env\":{\"C\":\"3\"},\"workers\":{\"min\":1,\"max\":5}}");
    json_free(m);
    m = merged("{\"scaling\":{\"type\":\"QUEUE_DELAY\",\"queueDelay\":4}}",
        "{\"scaling\":{\"type\":\"REQUEST_COUNT\",\"requestCount\":2}}");
    same(m, "{\"scaling\":{\"type\":\"REQUEST_COUNT\",\"requestCount\":2}}");
    json_free(m);
    m = merged("{\"name\":\"n\",\"registry\":\"r\"}", "{\"registry\":null}");
    same(m, "{\"name\":\"n\",\"registry\":null}");
    json_free(m);
}

static void the_start_command_has_three_views(void **state)
{
    (void)state;
    const char *base = "{\"args\":\"\",\"entrypoint\":[],\"cmd\":[]}";
    struct json *m = merged(base, "{\"cmd\":[\"python\",\"h.py\"]}");
    assert_string_equal(json_str(m, "args"), "{\"entrypoint\":[],\"cmd\":[\"python\",\"h.py\"]}");
    json_free(m);
    m = merged(base, "{\"args\":\"{\\\"entrypoint\\\":[\\\"sh\\\"],\\\"cmd\\\":[\\\"-c\\\"]}\"}");
    same(json_get(m, "entrypoint"), "[\"sh\"]");
    same(json_get(m, "cmd"), "[\"-c\"]");
    json_free(m);
    m = merged(
        "{\"args\":\"x\",\"entrypoint\":[\"a\"],\"cmd\":[\"b\"]}", "{\"args\":\"python h.py\"}");
    same(m, "{\"args\":\"python h.py\",\"entrypoint\":[],\"cmd\":[]}");
    json_free(m);
}

static void a_release_tells_what_changed(void **state)
{
    (void)state;
    const char *before =
        "{\"env\":{\"A\":\"1\"},\"image\":\"a:1\",\"workers\":{\"min\":0,\"max\":3}}";
    struct json *b = json_parse(before, strlen(before), NULL);
    struct json *a = merged(before, "{\"workers\":{\"max\":0}}");
    bool container = true;
    struct json *diff = settings_diff(b, a, &container);
    same(diff, "[{\"field\":\"workersMax\",\"old\":3,\"new\":0}]");
    assert_false(container);
    json_free(diff);
    json_free(a);
    a = merged(before, "{\"env\":{\"A\":\"2\"},\"image\":\"a:1\"}");
    diff = settings_diff(b, a, &container);
    same(diff, "[{\"field\":\"template.env\",\"old\":{\"A\":\"1\"},\"new\":{\"A\":\"2\"}}]");
    assert_true(container);
    json_free(diff);
    diff = settings_diff(a, a, &container);
    assert_int_equal(json_count(diff), 0);
    assert_false(container);
    json_free(diff);
    json_free(a);
    json_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_bodies),
        cmocka_unit_test(missing_and_unknown),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(hostile_bodies),
        cmocka_unit_test(pools_alone_clear_the_exclusions),
        cmocka_unit_test(env_is_replaced_workers_are_not),
        cmocka_unit_test(the_start_command_has_three_views),
        cmocka_unit_test(a_release_tells_what_changed),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
