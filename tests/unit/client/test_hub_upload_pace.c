/* What an upload decides without asking anybody: how wide it is, and what an answer means for its part. */
#include "client/hub_upload_flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- width ----------------------------------------------------------------------------------- */

/* A line that carries `line` bytes/ms in all, and `each` for one part: so many parts of 1 MB end at a
 * time, for so many windows. */
static int64_t run_line(struct upload_pace *p, double line, double each, int windows, int64_t now)
{
    for (int i = 0; i < windows; i++) {
        size_t width = p->width;
        double rate = (double)width * each < line ? (double)width * each : line;
        now += (int64_t)(1e6 * (double)width / rate) + 100;
        for (size_t k = 0; k < width; k++)
            upload_pace_sent(p, 1000000, now);
        assert_true(p->width >= 1 && p->width <= p->most);
    }
    return now;
}

static void it_grows_while_that_helps(void **state)
{
    (void)state;
    struct upload_pace p;
    upload_pace_init(&p, 0, 16, 1000);
    assert_int_equal(p.width, 4);
    run_line(&p, 1e9, 1000, 20, 1000);
    assert_int_equal(p.width, 16);
}

static void it_does_not_stay_wider_than_helps(void **state)
{
    (void)state;
    struct upload_pace p;
    size_t sum = 0;
    upload_pace_init(&p, 0, 16, 1000);
    int64_t now = run_line(&p, 4000, 1000, 10, 1000); /* four fill the line */
    for (int i = 0; i < 100; i++) {
        now = run_line(&p, 4000, 1000, 1, now);
        sum += p.width;
    }
    assert_true(sum < 600);
}

static void it_shrinks_once_for_one_flight(void **state)
{
    (void)state;
    struct upload_pace p;
    upload_pace_init(&p, 0, 16, 1000);
    int64_t now = run_line(&p, 1e9, 1000, 20, 1000);
    for (int i = 0; i < 16; i++)
        upload_pace_refused(&p, now - 5, now + i);
    assert_int_equal(p.width, 8);
    for (int i = 1; i < 100; i++)
        upload_pace_refused(&p, now + 1000 * i, now + 1000 * i + 5);
    assert_int_equal(p.width, 1);
    run_line(&p, 1e9, 1000, 60, now + 200000);
    assert_int_equal(p.width, 16);
}

static void a_window_without_enough_to_send_says_nothing(void **state)
{
    (void)state;
    struct upload_pace p;
    upload_pace_init(&p, 0, 16, 1000);
    for (int64_t now = 2000; now < 200000; now += 1000) {
        upload_pace_idle(&p);
        for (int i = 0; i < 16; i++)
            upload_pace_sent(&p, 1 << 20, now);
    }
    assert_int_equal(p.width, 4);
}

static void a_limit_leaves_each_enough(void **state)
{
    (void)state;
    static const struct {
        int64_t rate;
        size_t most;
    } cases[] = {{1, 1}, {65535, 1}, {65536, 1}, {200000, 3}, {1 << 20, 16}, {INT64_MAX, 16}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct upload_pace p;
        upload_pace_init(&p, cases[i].rate, 16, 0);
        assert_int_equal(p.most, cases[i].most);
        assert_true(p.width >= 1 && p.width <= p.most);
    }
}

/* ---- fates ----------------------------------------------------------------------------------- */

#define XML(code, message)                                                                         \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" code "</Code><Message>" message    \
    "</Message></Error>"

static enum upload_fate fate_of(int status, const char *body, bool part)
{
    struct http_response r;
    struct err none;
    http_response_init(&r);
    buf_init(&r.body, 4096);
    err_clear(&none);
    r.status = status;
    r.again = status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
              status == 504;
    assert_int_equal(buf_str_append(&r.body, body), 0);
    enum upload_fate fate = upload_judge(&r, false, &none, part);
    http_response_release(&r);
    return fate;
}

static void answers_and_their_meaning(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum upload_fate part, post;
    } cases[] = {
        {200, "", FATE_GOOD, FATE_GOOD},
        {204, "", FATE_GOOD, FATE_GOOD},
        {408, "", FATE_BUSY, FATE_BUSY},
        {429, "", FATE_BUSY, FATE_BUSY},
        {500, XML("InternalError", "We encountered an internal error"), FATE_AGAIN, FATE_AGAIN},
        {503, XML("SlowDown", "Please reduce your request rate"), FATE_BUSY, FATE_BUSY},
        {400, XML("RequestTimeout", "Your socket connection"), FATE_AGAIN, FATE_AGAIN},
        {400, XML("RequestTimeoutX", ""), FATE_STALE, FATE_STALE},
        {400, "", FATE_STALE, FATE_STALE},
        {403, XML("AccessDenied", "Request has expired"), FATE_ANEW, FATE_ANEW},
        {403, XML("AccessDenied", "Access Denied"), FATE_STALE, FATE_STALE},
        {403, XML("ExpiredToken", "The provided token has expired."), FATE_ANEW, FATE_ANEW},
        {403, XML("RequestTimeTooSkewed", "too large"), FATE_ANEW, FATE_ANEW},
        {403, XML("SignatureDoesNotMatch", ""), FATE_STALE, FATE_STALE},
        {403, "<Code>", FATE_STALE, FATE_STALE},
        {404, XML("NoSuchUpload", ""), FATE_STALE, FATE_STALE},
        {501, "", FATE_STALE, FATE_ANEW},
        {304, "", FATE_STALE, FATE_STALE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (fate_of(cases[i].status, cases[i].body, true) != cases[i].part ||
            fate_of(cases[i].status, cases[i].body, false) != cases[i].post)
            fail_msg("%d %s", cases[i].status, cases[i].body);
    }
}

static void failures_and_their_meaning(void **state)
{
    (void)state;
    static const struct {
        enum err_class class;
        bool again;
        enum upload_fate fate;
    } cases[] = {
        {ERR_NET, true, FATE_AGAIN},
        {ERR_NET, false, FATE_LOST}, /* a certificate */
        {ERR_TIMEOUT, true, FATE_BUSY},
        {ERR_TIMEOUT, false, FATE_BUSY}, /* the deadline */
        {ERR_REMOTE, false, FATE_LOST},
        {ERR_INPUT, false, FATE_LOST},
        {ERR_IO, false, FATE_FATAL},
        {ERR_STATE, false, FATE_FATAL},
        {ERR_CANCEL, false, FATE_FATAL},
        {ERR_BUG, false, FATE_FATAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_response r = {.again = cases[i].again};
        struct err why = {.class = cases[i].class};
        assert_int_equal(upload_judge(&r, true, &why, true), cases[i].fate);
    }
}

static void the_same_upload(void **state)
{
    (void)state;
    static const char base[] = "https://h/api/complete_multipart?uploadId=ab.c_1&bucket=x&sig=1";
    assert_true(upload_same_id(base, base));
    assert_true(upload_same_id(base, "https://h/api/complete_multipart?sig=9&uploadId=ab.c_1"));
    assert_true(upload_same_id(base, "https://h/x?a=&uploadId=ab.c_1#f"));
    static const char *const others[] = {"https://h/x?uploadId=ab.c_12",
        "https://h/x?uploadId=ab.c", "https://h/x?uploadId=", "https://h/x?myuploadId=ab.c_1",
        "https://h/uploadId=ab.c_1", "", "https://h/x?uploadid=ab.c_1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (upload_same_id(base, others[i]) || upload_same_id(others[i], base))
            fail_msg("%s", others[i]);
        assert_false(upload_same_id("https://h/x?uploadId=", others[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_while_that_helps),
        cmocka_unit_test(it_does_not_stay_wider_than_helps),
        cmocka_unit_test(it_shrinks_once_for_one_flight),
        cmocka_unit_test(a_window_without_enough_to_send_says_nothing),
        cmocka_unit_test(a_limit_leaves_each_enough),
        cmocka_unit_test(answers_and_their_meaning),
        cmocka_unit_test(failures_and_their_meaning),
        cmocka_unit_test(the_same_upload),
    };
    return cmocka_run_group_tests_name("hub_upload_pace", tests, NULL, NULL);
}
