/* The log file: what a line looks like, what never gets into it, and what happens when it is full. */
#include "base/log.h"

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

enum { WALL = 1763877900 }; /* 2025-11-23T06:05:00Z */

static struct clock *fixed;

static int set_up(void **state)
{
    fixed = clock_new((int64_t)WALL * 1000 + 123, 0);
    return fixed ? temp_folder_make(state) : -1;
}

static int tear_down(void **state)
{
    log_close();
    secrets_zero();
    clock_free(fixed);
    return temp_folder_remove(state);
}

static void open_log(void **state, enum log_level least)
{
    char path[PATH_MAX];
    struct err e = {0};
    if (log_open(temp_folder_path(path, state, "log"), least, fixed, &e))
        fail_msg("%s", e.message);
}

/* The whole content of FOLDER/NAME; the caller releases it. */
static struct buf content(void **state, const char *name)
{
    char path[PATH_MAX];
    struct buf b;
    struct err e = {0};
    buf_init(&b, 64 * 1024 * 1024);
    if (file_read(temp_folder_path(path, state, name), &b, &e))
        fail_msg("%s", e.message);
    return b;
}

static void assert_content(void **state, const char *expected)
{
    struct buf b = content(state, "log");
    assert_string_equal(buf_str(&b), expected);
    assert_int_equal(b.len, strlen(expected));
    buf_release(&b);
}

static void test_lines(void **state)
{
    open_log(state, LOG_DEBUG);
    log_line(LOG_DEBUG, "http", "GET %s: %d", "/v2/pods", 200);
    log_line(LOG_INFO, "http", "a");
    log_line(LOG_WARN, "hub", "b");
    log_line(LOG_ERROR, "hub", "c");
    assert_content(state, "2025-11-23T06:05:00.123Z debug http: GET /v2/pods: 200\n"
                          "2025-11-23T06:05:00.123Z info  http: a\n"
                          "2025-11-23T06:05:00.123Z warn  hub: b\n"
                          "2025-11-23T06:05:00.123Z error hub: c\n");
    clock_advance(fixed, 877);
    log_line(LOG_INFO, "http", "later");
    struct buf b = content(state, "log");
    assert_non_null(strstr(buf_str(&b), "\n2025-11-23T06:05:01.000Z info  http: later\n"));
    buf_release(&b);
    assert_int_equal(log_lost(), 0);
}

static void test_errors(void **state)
{
    struct err e = {0};
    err_set(&e, ERR_AUTH, 401, "the key was refused");
    open_log(state, LOG_INFO);
    log_err(LOG_WARN, "runpod", &e);
    err_hint(&e, "run slipway doctor");
    log_err(LOG_WARN, "runpod", &e);
    struct buf b = content(state, "log");
    char *second = strchr(buf_str(&b), '\n') + 1;
    assert_non_null(strstr(buf_str(&b), " warn  runpod: "));
    assert_non_null(strstr(second, "auth"));
    assert_non_null(strstr(second, "401"));
    assert_non_null(strstr(second, "the key was refused"));
    assert_non_null(strstr(second, "run slipway doctor"));
    buf_release(&b);
}

static void test_levels(void **state)
{
    open_log(state, LOG_WARN);
    log_line(LOG_DEBUG, "a", "1");
    log_line(LOG_INFO, "a", "2");
    log_line(LOG_WARN, "a", "3");
    assert_content(state, "2025-11-23T06:05:00.123Z warn  a: 3\n");
}

static void test_closed_log_drops(void **state)
{
    log_line(LOG_ERROR, "a", "before");
    open_log(state, LOG_DEBUG);
    log_line(LOG_ERROR, "a", "while");
    log_close();
    log_line(LOG_ERROR, "a", "behind");
    log_close();
    assert_content(state, "2025-11-23T06:05:00.123Z error a: while\n");
    assert_int_equal(log_lost(), 0);
    open_log(state, LOG_DEBUG); /* appends */
    log_line(LOG_ERROR, "a", "again");
    assert_content(state, "2025-11-23T06:05:00.123Z error a: while\n"
                          "2025-11-23T06:05:00.123Z error a: again\n");
}

static void test_open_fails(void **state)
{
    char path[PATH_MAX];
    struct err e = {0};
    assert_int_equal(
        log_open(temp_folder_path(path, state, "no/such/log"), LOG_DEBUG, fixed, &e), -1);
    assert_int_equal(e.class, ERR_IO);
    assert_int_equal(e.number, ENOENT);
    char *longer = malloc(2 * PATH_MAX);
    assert_non_null(longer);
    memset(longer, 'x', 2 * PATH_MAX - 1);
    longer[2 * PATH_MAX - 1] = '\0';
    assert_int_equal(log_open(longer, LOG_DEBUG, fixed, &e), -1);
    assert_int_equal(e.class, ERR_IO);
    free(longer);
    /* A FIFO that nobody reads: refused, not waited for. */
    assert_int_equal(mkfifo(temp_folder_path(path, state, "fifo"), 0600), 0);
    assert_int_equal(log_open(path, LOG_DEBUG, fixed, &e), -1);
    log_line(LOG_ERROR, "a", "nowhere");
    assert_int_equal(log_lost(), 0);
}

static mode_t mode_of(void **state, const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    assert_int_equal(stat(temp_folder_path(path, state, name), &st), 0);
    return st.st_mode & 07777;
}

static void test_private(void **state)
{
    mode_t old = umask(0);
    open_log(state, LOG_DEBUG);
    umask(old);
    assert_int_equal(mode_of(state, "log"), 0600);
    log_close();
    char path[PATH_MAX];
    assert_int_equal(chmod(temp_folder_path(path, state, "log"), 0644), 0);
    open_log(state, LOG_DEBUG);
    assert_int_equal(mode_of(state, "log"), 0600);
}

static void test_hostile_bytes(void **state)
{
    open_log(state, LOG_DEBUG);
    log_line(LOG_INFO, "http", "%s",
        "a\033]0;owned\007b\r\n2025-11-23T06:05:00.123Z error fake: line\xFF\u202E");
    log_line(LOG_INFO, "ht\ntp", "x");
    assert_content(state, "2025-11-23T06:05:00.123Z info  http: "
                          "ab\u240A2025-11-23T06:05:00.123Z error fake: line\uFFFD\n"
                          "2025-11-23T06:05:00.123Z info  ht\u240Atp: x\n");
}

static void test_secrets(void **state)
{
    assert_non_null(secret_register("KEY", "my registered value", NULL));
    open_log(state, LOG_DEBUG);
    log_line(LOG_INFO, "http", "%s and --hf-token=hf_abcdefghij", "my registered value");
    /* Hidden behind what cleaning drops. */
    log_line(LOG_INFO, "http", "my regis\033[0mtered\u200B value, hf_abc\033[1mdefgh");
    assert_content(state, "2025-11-23T06:05:00.123Z info  http: *** and --hf-token=hf_***\n"
                          "2025-11-23T06:05:00.123Z info  http: ***, hf_***\n");
    /* Behind an unfinished sequence, which takes the first letter of what follows. */
    log_line(LOG_INFO, "http", "\033[my registered value, \033[0;hf_abcdefgh");
    struct buf b = content(state, "log");
    assert_null(strstr(buf_str(&b), "registered value"));
    assert_null(strstr(buf_str(&b), "abcdefgh"));
    buf_release(&b);
}

static void log_filler(size_t n, const char *end)
{
    char *s = malloc(n + 1);
    assert_non_null(s);
    memset(s, '.', n);
    s[n] = '\0';
    log_line(LOG_INFO, "a", "%s%s", s, end);
    free(s);
}

static void test_long_line_is_cut(void **state)
{
    enum { HEAD = sizeof "2025-11-23T06:05:00.123Z info  a: " - 1, ROOM = LOG_LINE_MAX - HEAD - 1 };
    open_log(state, LOG_DEBUG);
    log_filler(ROOM, ""); /* just fits */
    struct buf b = content(state, "log");
    assert_int_equal(b.len, LOG_LINE_MAX);
    assert_null(strstr(buf_str(&b), "\u2026"));
    buf_release(&b);
    log_filler(ROOM - 4, "\u20AC\u20AC"); /* the cut would go through a character */
    b = content(state, "log");
    assert_true(b.len <= 2 * LOG_LINE_MAX);
    assert_true(text_is_utf8(buf_str(&b), b.len));
    assert_string_equal(buf_str(&b) + b.len - 5, ".\u2026\n");
    buf_release(&b);
}

/* A secret that the cut would go through leaves no beginning behind. */
static void test_cut_through_a_secret(void **state)
{
    assert_non_null(secret_register("KEY", "abcdefghijklmnopqrstuvwxyz", NULL));
    open_log(state, LOG_DEBUG);
    for (size_t before = 0; before < 64; before++)
        log_filler(LOG_LINE_MAX - before, "abcdefghijklmnopqrstuvwxyz hf_0123456789abcdef");
    struct buf b = content(state, "log");
    assert_null(strstr(buf_str(&b), "abc"));
    assert_null(strstr(buf_str(&b), "hf_0"));
    buf_release(&b);
}

static void test_enormous_line(void **state)
{
    open_log(state, LOG_DEBUG);
    log_filler(1024 * 1024, "");
    struct buf b = content(state, "log");
    assert_true(b.len > 0 && b.len <= LOG_LINE_MAX);
    assert_int_equal(buf_str(&b)[b.len - 1], '\n');
    assert_int_equal(log_lost(), 0);
    buf_release(&b);
}

static void test_errno_stays(void **state)
{
    open_log(state, LOG_DEBUG);
    errno = EXDEV;
    log_line(LOG_INFO, "a", "%s", strerror(errno));
    assert_int_equal(errno, EXDEV);
}

/* ---- full files and disks ---------------------------------------------------------------------- */

/* Makes FOLDER/NAME a file of `size` bytes without writing them. */
static void grow(void **state, const char *name, off_t size)
{
    char path[PATH_MAX];
    assert_int_equal(truncate(temp_folder_path(path, state, name), size), 0);
}

static off_t size_of(void **state, const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    assert_int_equal(stat(temp_folder_path(path, state, name), &st), 0);
    return st.st_size;
}

static void test_cut_over(void **state)
{
    char path[PATH_MAX];
    open_log(state, LOG_DEBUG);
    log_line(LOG_INFO, "a", "first");
    off_t line = size_of(state, "log");
    assert_false(file_exists(temp_folder_path(path, state, "log.1")));
    grow(state, "log", LOG_FILE_BYTES_MAX - line);
    log_line(LOG_INFO, "a", "fits.");
    off_t full = size_of(state, "log");
    assert_true(full > LOG_FILE_BYTES_MAX - line && full <= LOG_FILE_BYTES_MAX);
    log_line(LOG_INFO, "a", "second");
    assert_int_equal(size_of(state, "log.1"), full);
    assert_content(state, "2025-11-23T06:05:00.123Z info  a: second\n");
    assert_int_equal(mode_of(state, "log"), 0600);
    assert_int_equal(mode_of(state, "log.1"), 0600);
    grow(state, "log", LOG_FILE_BYTES_MAX); /* and over the one before */
    log_line(LOG_INFO, "a", "third");
    assert_int_equal(size_of(state, "log.1"), LOG_FILE_BYTES_MAX);
    assert_content(state, "2025-11-23T06:05:00.123Z info  a: third\n");
    assert_int_equal(log_lost(), 0);
}

/* Another process with the same log was faster. */
static void test_cut_over_by_another(void **state)
{
    char path[PATH_MAX], old[PATH_MAX];
    open_log(state, LOG_DEBUG);
    log_line(LOG_INFO, "a", "first");
    grow(state, "log", LOG_FILE_BYTES_MAX);
    temp_folder_path(path, state, "log");
    temp_folder_path(old, state, "log.1");
    assert_int_equal(rename(path, old), 0);
    assert_int_equal(file_write(path, "theirs\n", 7, NULL), 0);
    log_line(LOG_INFO, "a", "ours");
    assert_content(state, "theirs\n2025-11-23T06:05:00.123Z info  a: ours\n");
    assert_int_equal(size_of(state, "log.1"), LOG_FILE_BYTES_MAX);
}

/* Where it cannot be cut over, the file keeps to its maximum and the lines are counted. */
static void test_cut_over_fails(void **state)
{
    char path[PATH_MAX];
    open_log(state, LOG_DEBUG);
    log_line(LOG_INFO, "a", "first");
    grow(state, "log", LOG_FILE_BYTES_MAX);
    assert_int_equal(mkdir(temp_folder_path(path, state, "log.1"), 0700), 0);
    log_line(LOG_INFO, "a", "second");
    log_line(LOG_INFO, "a", "third");
    assert_int_equal(log_lost(), 2);
    assert_int_equal(size_of(state, "log"), LOG_FILE_BYTES_MAX);
    assert_int_equal(rmdir(path), 0);
    log_line(LOG_INFO, "a", "fourth");
    assert_int_equal(log_lost(), 2);
    assert_content(state, "2025-11-23T06:05:00.123Z info  a: fourth\n");
}

static void test_full_disk_only_counts(void **state)
{
    struct err e = {0};
    assert_int_equal(log_open("/dev/full", LOG_DEBUG, fixed, &e), 0);
    log_line(LOG_INFO, "a", "lost");
    log_line(LOG_INFO, "a", "lost too");
    assert_int_equal(log_lost(), 2);
    open_log(state, LOG_DEBUG); /* counts from here */
    assert_int_equal(log_lost(), 0);
    log_line(LOG_INFO, "a", "not lost");
    assert_content(state, "2025-11-23T06:05:00.123Z info  a: not lost\n");
}

/* A disk that fills up within a line: the next line that fits stands alone. */
static void test_torn_line(void **state)
{
    struct rlimit old, low;
    open_log(state, LOG_DEBUG);
    log_line(LOG_INFO, "a", "whole");
    off_t whole = size_of(state, "log");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    low = old;
    low.rlim_cur = (rlim_t)whole + 30;
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    log_line(LOG_INFO, "a", "torn");
    log_line(LOG_INFO, "a", "lost");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, before);
    assert_int_equal(log_lost(), 2);
    log_line(LOG_INFO, "a", "whole again");
    log_line(LOG_INFO, "a", "and again");
    assert_content(state, "2025-11-23T06:05:00.123Z info  a: whole\n"
                          "2025-11-23T06:05:00.123Z info \n"
                          "2025-11-23T06:05:00.123Z info  a: whole again\n"
                          "2025-11-23T06:05:00.123Z info  a: and again\n");
    assert_int_equal(log_lost(), 2);
}

/* ---- threads ----------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 100 };

static void *write_lines(void *arg)
{
    for (int i = 0; i < ROUNDS; i++)
        log_line(LOG_INFO, "thread", "%d says %d", *(int *)arg, i);
    return NULL;
}

/* Whole lines, none lost, each thread's in order, while another opens and closes. */
static void test_threads(void **state)
{
    pthread_t threads[THREADS];
    int numbers[THREADS], next[THREADS] = {0};
    open_log(state, LOG_DEBUG);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    struct buf b = content(state, "log");
    const char *line = buf_str(&b);
    for (int n = 0; n < THREADS * ROUNDS; n++, line = strchr(line, '\n') + 1) {
        int thread, value;
        assert_int_equal(
            sscanf(line, "2025-11-23T06:05:00.123Z info  thread: %d says %d\n", &thread, &value),
            2);
        assert_in_range(thread, 0, THREADS - 1);
        assert_int_equal(value, next[thread]++);
    }
    assert_string_equal(line, "");
    buf_release(&b);
}

static void test_close_while_others_write(void **state)
{
    pthread_t threads[THREADS];
    int numbers[THREADS] = {0};
    open_log(state, LOG_DEBUG);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &numbers[i]), 0);
    log_close();
    /* From here on nobody may use the clock: the sanitizers see to it. */
    clock_free(fixed);
    fixed = NULL;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(test_lines),
        LOG_TEST(test_errors),
        LOG_TEST(test_levels),
        LOG_TEST(test_closed_log_drops),
        LOG_TEST(test_open_fails),
        LOG_TEST(test_private),
        LOG_TEST(test_hostile_bytes),
        LOG_TEST(test_secrets),
        LOG_TEST(test_long_line_is_cut),
        LOG_TEST(test_cut_through_a_secret),
        LOG_TEST(test_enormous_line),
        LOG_TEST(test_errno_stays),
        LOG_TEST(test_cut_over),
        LOG_TEST(test_cut_over_by_another),
        LOG_TEST(test_cut_over_fails),
        LOG_TEST(test_full_disk_only_counts),
        LOG_TEST(test_torn_line),
        LOG_TEST(test_threads),
        LOG_TEST(test_close_while_others_write),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
