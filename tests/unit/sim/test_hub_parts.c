/* Parts that are written where they belong in the object while others are, twice, by halves, or over the
 * bytes of an object that is gone. */
#include "hub_uploads.h"

#include "base/clock.h"

#include <poll.h>

static int start(void **state)
{
    (void)state;
    return start_with("");
}

static int start_sparing(void **state)
{
    (void)state;
    return start_with("\"spare_mb\":1,");
}

/* Begins a PUT, and is sure that the Hub has admitted it. */
static int begin_put(const char *url, size_t length)
{
    char text[4096];
    int fd = raw_connect(hub.port);
    snprintf(text, sizeof text,
        "PUT %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: test/1\r\nExpect: 100-continue\r\n"
        "Content-Length: %zu\r\n\r\n",
        hub_target(url), hub.port, length);
    raw_text(fd, text);
    struct answer a = raw_answer(fd, false);
    assert_int_equal(a.status, 100);
    answer_release(&a);
    return fd;
}

/* Until the Hub has noticed the end of every request. */
static void settle(void)
{
    int64_t end = clock_mono_ms(clock_real()) + WAIT_S * 1000;
    for (bool open = true; open; poll(NULL, 0, 10)) {
        struct json *log = hub_json("GET", "/_sim/requests", NULL, NULL, 200);
        open = false;
        for (const struct json *r = json_first(json_get(log, "requests")); r; r = json_next(r))
            open = open || !json_bool(r, "ended", true);
        json_free(log);
        assert_true(clock_mono_ms(clock_real()) < end);
    }
}

static void a_second_try_that_breaks_off_takes_nothing_away(void **state)
{
    (void)state;
    struct upload u = upload_of(35, 'b');
    char etags[4][64];
    ask(&u, "[\"multipart\"]", ADA);
    put_parts(&u, etags);
    int fd = begin_put(part_url(&u, 2), CHUNK);
    raw_text(fd, "other");
    close(fd);
    settle();
    complete(&u, etags, 0, NULL, 200, NULL);
    assert_stored(&u, true);
    json_free(u.batch);
}

static void a_try_that_broke_off_is_no_part(void **state)
{
    (void)state;
    struct upload u = upload_of(35, 'h');
    char etags[4][64];
    ask(&u, "[\"multipart\"]", ADA);
    int fd = begin_put(part_url(&u, 1), CHUNK);
    raw_send(fd, u.bytes, CHUNK - 1);
    close(fd);
    settle();
    memset(etags, 'x', sizeof etags);
    complete(&u, etags, 0, NULL, 400, "could not be found");
    put_parts(&u, etags);
    complete(&u, etags, 0, NULL, 200, NULL);
    assert_stored(&u, true);
    json_free(u.batch);
}

/* The one that is slow has the wrong bytes and goes away; the other one waits for that. */
static void two_write_the_same_part(void **state)
{
    (void)state;
    struct upload u = upload_of(35, 't');
    char etags[4][64];
    ask(&u, "[\"multipart\"]", ADA);
    int slow = begin_put(part_url(&u, 1), CHUNK), quick = begin_put(part_url(&u, 1), CHUNK);
    raw_text(slow, "wrong");
    raw_send(quick, u.bytes, CHUNK);
    close(slow);
    struct answer a = raw_answer(quick, false);
    assert_int_equal(a.status, 200);
    assert_true(answer_header(&a, "ETag", etags[0], sizeof etags[0]));
    answer_release(&a);
    close(quick);
    for (size_t i = 1; i < 4; i++) {
        size_t n = i == 3 ? 5 : CHUNK;
        assert_int_equal(put(part_url(&u, i + 1), u.bytes + i * CHUNK, n, NULL, etags[i]), 200);
    }
    complete(&u, etags, 0, NULL, 200, NULL);
    assert_stored(&u, true);
    json_free(u.batch);
}

/* Each comes before those in front of it: the hash has to wait for the first. */
static void parts_from_the_last_to_the_first(void **state)
{
    (void)state;
    struct upload u = upload_of(35, 'r');
    char etags[4][64];
    ask(&u, "[\"multipart\"]", ADA);
    for (size_t i = 4; i-- > 0;) {
        size_t n = i == 3 ? 5 : CHUNK;
        assert_int_equal(put(part_url(&u, i + 1), u.bytes + i * CHUNK, n, NULL, etags[i]), 200);
    }
    complete(&u, etags, 0, NULL, 200, NULL);
    assert_stored(&u, true);
    json_free(u.batch);
}

static void what_was_kept_is_written_over(void **state)
{
    (void)state;
    struct upload u = upload_of(60, 'l'), same = u, shorter = upload_of(31, 's');
    char etags[6][64];
    ask(&u, "[\"multipart\"]", ADA);
    ask(&same, "[\"multipart\"]", ADA);
    put_parts(&u, etags);
    complete(&u, etags, 0, NULL, 200, NULL);
    put_parts(&same, etags);
    complete(&same, etags, 0, NULL, 200, NULL); /* there already: its file is kept */
    ask(&shorter, "[\"multipart\"]", ADA);
    memset(etags, 'x', sizeof etags);
    complete(&shorter, etags, 0, NULL, 400, "could not be found");
    put_parts(&shorter, etags);
    complete(&shorter, etags, 0, NULL, 200, NULL);
    assert_stored(&shorter, true);
    assert_stored(&u, true);
    json_free(u.batch);
    json_free(same.batch);
    json_free(shorter.batch);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, hub_end)
    const struct CMUnitTest tests[] = {
        TEST(a_second_try_that_breaks_off_takes_nothing_away),
        TEST(a_try_that_broke_off_is_no_part),
        TEST(two_write_the_same_part),
        TEST(parts_from_the_last_to_the_first),
        cmocka_unit_test_setup_teardown(what_was_kept_is_written_over, start_sparing, hub_end),
    };
    return cmocka_run_group_tests_name("hub_parts", tests, NULL, NULL);
}
