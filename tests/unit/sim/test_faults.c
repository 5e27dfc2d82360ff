/* Fault rules, the request log and the keys: what is posted, what it means, what is shown. */
#include <string.h>

#include "asked.h"

#include "sim/faults.h"
#include "sim/key.h"
#include "sim/request_log.h"

#include <stdio.h>
#include <stdlib.h>

static struct faults *faults;

static int start(void **state)
{
    (void)state;
    faults = faults_new();
    return faults ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    faults_free(faults);
    return 0;
}

static const char *add(const char *rule)
{
    struct json *j = json_of(rule);
    const char *wrong = faults_add(faults, j);
    json_free(j);
    return wrong;
}

static void must_add(const char *rule)
{
    const char *wrong = add(rule);
    if (wrong)
        fail_msg("%s: %s", rule, wrong);
}

/* The fault that hits; its rule is released. */
static struct fault hit_by(
    enum plane plane, const char *method, const char *target, const char *header, const char *value)
{
    struct exchange *x = asked(plane, method, target);
    if (header)
        exchange_add_header(x, header, value);
    struct fault f = faults_match(faults, &x->request);
    exchange_free(x, false);
    fault_release(&f);
    return f;
}

static enum fault_kind hit(enum plane plane, const char *method, const char *target)
{
    return hit_by(plane, method, target, NULL, NULL).kind;
}

/* ---- rules --------------------------------------------------------------------------------------- */

static void wrong_rules_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "1",
        "null",
        "\"reset\"",
        "{}",
        "{\"kind\":\"none\"}",
        "{\"kind\":7}",
        "{\"kind\":\"reset\",\"plane\":\"moon\"}",
        "{\"kind\":\"reset\",\"plane\":null}",
        "{\"kind\":\"reset\",\"method\":1}",
        "{\"kind\":\"reset\",\"path\":[]}",
        "{\"kind\":\"reset\",\"header\":[]}",
        "{\"kind\":\"reset\",\"header\":{\"a\":1}}",
        "{\"kind\":\"reset\",\"skip\":-1}",
        "{\"kind\":\"reset\",\"times\":\"1\"}",
        "{\"kind\":\"reset\",\"times\":1e18}",
        "{\"kind\":\"reset\",\"after\":1}",
        "{\"kind\":\"delay\"}",
        "{\"kind\":\"delay\",\"ms\":86400001}",
        "{\"kind\":\"status\"}",
        "{\"kind\":\"status\",\"status\":199}",
        "{\"kind\":\"status\",\"status\":600}",
        "{\"kind\":\"status\",\"status\":500,\"headers\":{\"a\":1}}",
        "{\"kind\":\"status\",\"status\":500,\"fill\":-1}",
        "{\"kind\":\"redirect\"}",
        "{\"kind\":\"redirect\",\"location\":\"/\",\"status\":200}",
        "{\"kind\":\"drip\",\"chunk\":0}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!add(bad[i]))
            fail_msg("accepted: %s", bad[i]);
    struct json *none = faults_list(faults);
    assert_int_equal(json_count(none), 0);
    json_free(none);
}

static void an_array_is_added_whole_or_not_at_all(void **state)
{
    (void)state;
    must_add("{\"kind\":\"hang\"}");
    assert_non_null(add("[{\"kind\":\"reset\"},{\"kind\":\"lost\"},{\"kind\":\"?\"}]"));
    struct json *list = faults_list(faults);
    assert_int_equal(json_count(list), 1);
    assert_string_equal(json_str(json_at(list, 0), "kind"), "hang");
    json_free(list);
    must_add("[{\"kind\":\"reset\"},{\"kind\":\"lost\"}]");
    must_add("[]");
    list = faults_list(faults);
    assert_int_equal(json_count(list), 3);
    json_free(list);
}

static void the_number_of_rules_is_bounded(void **state)
{
    (void)state;
    for (int i = 0; i < FAULT_RULES_MAX; i++)
        must_add("{\"kind\":\"reset\"}");
    assert_non_null(add("{\"kind\":\"reset\"}"));
    assert_non_null(add("[{\"kind\":\"reset\"}]"));
    faults_remove_all(faults);
    must_add("{\"kind\":\"reset\"}");
}

static void a_rule_without_conditions_hits_everything(void **state)
{
    (void)state;
    must_add("{\"kind\":\"reset\"}");
    assert_int_equal(hit(PLANE_DATA, "GET", "/"), FAULT_RESET);
    assert_int_equal(hit(PLANE_HUB, "PUT", "/x?y"), FAULT_RESET);
}

static void every_condition_must_hold(void **state)
{
    (void)state;
    must_add("{\"kind\":\"hang\",\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs/*\","
             "\"header\":{\"RANGE\":\"bytes=*\",\"x-no\":null}}");
    assert_int_equal(hit_by(PLANE_HUB, "PUT", "/lfs/1", "Range", "bytes=0-").kind, FAULT_HANG);
    assert_int_equal(hit_by(PLANE_DATA, "PUT", "/lfs/1", "Range", "bytes=0-").kind, FAULT_NONE);
    assert_int_equal(hit_by(PLANE_HUB, "GET", "/lfs/1", "Range", "bytes=0-").kind, FAULT_NONE);
    assert_int_equal(hit_by(PLANE_HUB, "PUT", "/lf", "Range", "bytes=0-").kind, FAULT_NONE);
    assert_int_equal(hit_by(PLANE_HUB, "PUT", "/lfs/1", "Range", "lines=0-").kind, FAULT_NONE);
    assert_int_equal(hit_by(PLANE_HUB, "PUT", "/lfs/1", NULL, NULL).kind, FAULT_NONE);
    struct exchange *x = asked(PLANE_HUB, "PUT", "/lfs/1");
    exchange_add_header(x, "Range", "bytes=0-");
    exchange_add_header(x, "X-No", "");
    assert_int_equal(faults_match(faults, &x->request).kind, FAULT_NONE);
    exchange_free(x, false);
}

static void a_question_mark_means_the_query_too(void **state)
{
    (void)state;
    must_add("{\"kind\":\"expired\",\"path\":\"*?*part=3*\"}");
    must_add("{\"kind\":\"lost\",\"path\":\"/a b\"}");
    assert_int_equal(hit(PLANE_HUB, "PUT", "/s/x?part=3&sig=z"), FAULT_EXPIRED);
    assert_int_equal(hit(PLANE_HUB, "PUT", "/s/x?part=2&sig=z"), FAULT_NONE);
    assert_int_equal(hit(PLANE_HUB, "PUT", "/a%20b?part=2"), FAULT_LOST);
}

static void skip_and_times_count_exactly(void **state)
{
    (void)state;
    must_add("[{\"kind\":\"reset\",\"path\":\"/a\",\"skip\":2,\"times\":3},"
             "{\"kind\":\"lost\",\"path\":\"/a\",\"skip\":1,\"times\":1}]");
    static const enum fault_kind expected[] = {
        FAULT_NONE, FAULT_LOST, FAULT_RESET, FAULT_RESET, FAULT_RESET, FAULT_NONE, FAULT_NONE};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(hit(PLANE_HUB, "GET", "/a"), expected[i]);
        assert_int_equal(hit(PLANE_HUB, "GET", "/b"), FAULT_NONE);
    }
    struct json *list = faults_list(faults);
    assert_int_equal(json_int(json_at(list, 0), "matched", -1), 7);
    assert_int_equal(json_int(json_at(list, 0), "hits", -1), 3);
    assert_int_equal(
        json_int(json_at(list, 1), "matched", -1), 4); /* not those the first one hit */
    assert_int_equal(json_int(json_at(list, 1), "hits", -1), 1);
    json_free(list);
}

static void a_hit_carries_what_the_rule_says(void **state)
{
    (void)state;
    must_add("{\"kind\":\"drip\",\"chunk\":5,\"ms\":7,\"delay_ms\":9,\"times\":1}");
    must_add("{\"kind\":\"delay\",\"ms\":7,\"delay_ms\":9,\"times\":1}");
    must_add("{\"kind\":\"redirect\",\"location\":\"/x\",\"times\":1}");
    must_add("{\"kind\":\"truncate\",\"after_bytes\":5000000000,\"times\":1}");
    struct fault f = hit_by(PLANE_HUB, "GET", "/", NULL, NULL);
    assert_int_equal(f.kind, FAULT_DRIP);
    assert_int_equal(f.chunk, 5);
    assert_int_equal(f.ms, 7);
    assert_int_equal(f.delay_ms, 9);
    assert_int_equal(hit_by(PLANE_HUB, "GET", "/", NULL, NULL).delay_ms, 16);
    assert_int_equal(hit_by(PLANE_HUB, "GET", "/", NULL, NULL).status, 302);
    assert_int_equal(hit_by(PLANE_HUB, "GET", "/", NULL, NULL).after_bytes, INT64_C(5000000000));
    assert_int_equal(hit(PLANE_HUB, "GET", "/"), FAULT_NONE);
}

/* ---- patterns ------------------------------------------------------------------------------------ */

static bool slow_glob(const char *p, const char *t)
{
    if (*p == '*')
        return slow_glob(p + 1, t) || (*t && slow_glob(p, t + 1));
    return *p == *t && (!*p || slow_glob(p + 1, t + 1));
}

static void globs_agree_with_their_definition(void **state)
{
    (void)state;
    srand(42);
    for (int round = 0; round < 50000; round++) {
        char pattern[9], text[13];
        size_t np = (size_t)rand() % sizeof pattern, nt = (size_t)rand() % sizeof text;
        for (size_t i = 0; i < np; i++)
            pattern[i] = "ab*"[rand() % 3];
        for (size_t i = 0; i < nt; i++)
            text[i] = "ab"[rand() % 2];
        pattern[np] = text[nt] = '\0';
        if (glob_match(pattern, text) != slow_glob(pattern, text))
            fail_msg("seed 42, round %d: %s on %s", round, pattern, text);
    }
}

static void a_hostile_glob_ends(void **state)
{
    (void)state;
    char text[20001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

/* ---- the log ------------------------------------------------------------------------------------- */

static struct json *log_entry(int64_t after, size_t index)
{
    struct json *list = request_log_list(faults_requests(faults), after);
    struct json *j = json_dup(json_at(json_get(list, "requests"), index));
    json_free(list);
    return j;
}

static void the_log_shows_no_key(void **state)
{
    (void)state;
    static const char key[] = "rpa_0123456789abcdefghijklmnopqrstuvwxyzWXYZ";
    char bearer[100], target[200];
    snprintf(bearer, sizeof bearer, "Bearer %s", key);
    snprintf(target, sizeof target, "/graphql?a=1&api_key=%s&b=2", key);
    struct exchange *x = asked(PLANE_CONTROL, "POST", target);
    exchange_add_header(x, "Authorization", bearer);
    exchange_add_header(x, "X-Token", key);
    exchange_add_header(x, "Accept", "a");
    exchange_add_header(x, "ACCEPT", "b");
    exchange_add_header(x, "accept", "c");
    int64_t number = request_log_begin(faults_requests(faults), 1795392000000, &x->request);
    exchange_free(x, false);
    assert_int_equal(number, 1);

    struct json *j = log_entry(0, 0);
    struct buf text;
    buf_init(&text, 100000);
    assert_int_equal(json_print(j, &text), 0);
    assert_null(strstr(buf_str(&text), "0123456789abcdef"));
    buf_release(&text);
    assert_string_equal(json_str(json_get(j, "authorization"), "kind"), "bearer");
    assert_string_equal(json_str(json_get(j, "authorization"), "last4"), "WXYZ");
    assert_string_equal(json_str(j, "target"), "/graphql?a=1&api_key=***&b=2");
    const struct json *headers = json_get(j, "headers");
    assert_null(json_get(headers, "authorization"));
    assert_int_equal(json_count(json_get(headers, "accept")), 3);
    assert_string_equal(json_string(json_at(json_get(headers, "accept"), 2)), "c");
    assert_string_equal(json_str(j, "at"), "2026-11-23T00:00:00.000Z");
    json_free(j);
}

static void a_short_key_is_not_shown_at_all(void **state)
{
    (void)state;
    struct exchange *x = asked(PLANE_DATA, "GET", "/");
    exchange_add_header(x, "Authorization", "key1234");
    request_log_begin(faults_requests(faults), 0, &x->request);
    exchange_free(x, false);
    struct json *j = log_entry(0, 0);
    assert_string_equal(json_str(json_get(j, "authorization"), "kind"), "bare");
    assert_string_equal(json_str(json_get(j, "authorization"), "last4"), "");
    json_free(j);
}

static void an_entry_says_how_it_ended(void **state)
{
    (void)state;
    struct request_log *l = faults_requests(faults);
    struct exchange *x = asked(PLANE_HUB, "PUT", "/a");
    int64_t first = request_log_begin(l, 0, &x->request);
    int64_t second = request_log_begin(l, 0, &x->request);
    exchange_free(x, false);
    struct json *j = log_entry(0, 0);
    assert_false(json_bool(j, "ended", true));
    assert_int_equal(json_kind(json_get(j, "status")), JSON_NULL);
    json_free(j);

    request_log_end(l, first, (struct request_end){200, 10, -1, NULL});
    request_log_end(l, second, (struct request_end){0, 4, 0, "reset"});
    request_log_end(l, 0, (struct request_end){200, 1, 1, NULL});
    request_log_end(l, -5, (struct request_end){200, 1, 1, NULL});
    request_log_end(l, second + 1, (struct request_end){200, 1, 1, NULL});
    j = log_entry(0, 0);
    assert_true(json_bool(j, "ended", false));
    assert_int_equal(json_int(j, "status", 0), 200);
    assert_int_equal(json_int(j, "received", 0), 10);
    assert_int_equal(json_kind(json_get(j, "sent")), JSON_NULL);
    assert_int_equal(json_kind(json_get(j, "fault")), JSON_NULL);
    json_free(j);
    j = log_entry(first, 0);
    assert_int_equal(json_kind(json_get(j, "status")), JSON_NULL);
    assert_string_equal(json_str(j, "fault"), "reset");
    assert_int_equal(json_int(j, "sent", -1), 0);
    json_free(j);
}

static void the_log_keeps_the_newest(void **state)
{
    (void)state;
    struct request_log *l = faults_requests(faults);
    struct exchange *x = asked(PLANE_HUB, "GET", "/a");
    for (int i = 0; i < REQUEST_LOG_MAX + 5; i++)
        request_log_begin(l, 0, &x->request);
    exchange_free(x, false);
    request_log_end(l, 1, (struct request_end){200, 1, 1, NULL}); /* gone; must not end another */
    struct json *list = request_log_list(l, REQUEST_LOG_MAX);
    assert_int_equal(json_count(json_get(list, "requests")), 5);
    json_free(list);
    list = request_log_list(l, -1);
    assert_int_equal(json_count(json_get(list, "requests")), REQUEST_LOG_MAX);
    assert_int_equal(json_int(list, "last", 0), REQUEST_LOG_MAX + 5);
    for (const struct json *j = json_first(json_get(list, "requests")); j; j = json_next(j))
        if (json_bool(j, "ended", true))
            fail_msg("entry %d ended", (int)json_int(j, "number", 0));
    json_free(list);
    faults_clear(faults);
    list = request_log_list(l, 0);
    assert_int_equal(json_count(json_get(list, "requests")), 0);
    json_free(list);
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static const char *set_keys(struct key_ring *k, const char *body)
{
    struct json *j = json_of(body);
    const char *wrong = key_ring_set(k, j);
    json_free(j);
    return wrong;
}

static void keys_may_what_was_said(void **state)
{
    (void)state;
    struct key_ring *k = key_ring_new();
    assert_int_equal(key_ring_right(k, "anything", "e1"), KEY_WRITE);
    assert_int_equal(key_ring_right(k, "", NULL), KEY_UNKNOWN);
    assert_int_equal(key_ring_right(k, NULL, NULL), KEY_UNKNOWN);
    assert_null(set_keys(k,
        "{\"only\":[\"full\",{\"key\":\"look\",\"rights\":\"read\"},"
        "{\"key\":\"one\",\"endpoints\":[\"e1\"]},{\"key\":\"none\",\"endpoints\":[]}]}"));
    assert_int_equal(key_ring_right(k, "full", "e1"), KEY_WRITE);
    assert_int_equal(key_ring_right(k, "look", "e2"), KEY_READ);
    assert_int_equal(key_ring_right(k, "one", "e1"), KEY_WRITE);
    assert_int_equal(key_ring_right(k, "one", "e2"), KEY_NONE);
    assert_int_equal(key_ring_right(k, "one", NULL), KEY_WRITE);
    assert_int_equal(key_ring_right(k, "none", "e1"), KEY_NONE);
    assert_int_equal(key_ring_right(k, "anything", "e1"), KEY_UNKNOWN);
    static const char *const bad[] = {"{}", "[]", "null", "{\"any\":false}", "{\"only\":\"k\"}",
        "{\"only\":[1]}", "{\"only\":[\"\"]}", "{\"only\":[{\"rights\":\"read\"}]}",
        "{\"only\":[{\"key\":\"k\",\"rights\":\"admin\"}]}",
        "{\"only\":[{\"key\":\"k\",\"rights\":1}]}",
        "{\"only\":[{\"key\":\"k\",\"endpoints\":\"e1\"}]}",
        "{\"only\":[{\"key\":\"k\",\"endpoints\":[1]}]}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!set_keys(k, bad[i]))
            fail_msg("accepted: %s", bad[i]);
    assert_int_equal(key_ring_right(k, "full", "e1"), KEY_WRITE);
    assert_null(set_keys(k, "{\"only\":[]}"));
    assert_int_equal(key_ring_right(k, "full", "e1"), KEY_UNKNOWN);
    assert_null(set_keys(k, "{\"any\":true}"));
    assert_int_equal(key_ring_right(k, "anything", "e1"), KEY_WRITE);
    key_ring_free(k);
}

#define test(f) cmocka_unit_test_setup_teardown(f, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(wrong_rules_are_refused),
        test(an_array_is_added_whole_or_not_at_all),
        test(the_number_of_rules_is_bounded),
        test(a_rule_without_conditions_hits_everything),
        test(every_condition_must_hold),
        test(a_question_mark_means_the_query_too),
        test(skip_and_times_count_exactly),
        test(a_hit_carries_what_the_rule_says),
        test(globs_agree_with_their_definition),
        test(a_hostile_glob_ends),
        test(the_log_shows_no_key),
        test(a_short_key_is_not_shown_at_all),
        test(an_entry_says_how_it_ended),
        test(the_log_keeps_the_newest),
        test(keys_may_what_was_said),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
