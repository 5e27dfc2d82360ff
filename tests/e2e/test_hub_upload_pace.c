/* Uploads that are slowed down: by a storage that has too much to do, by a limit, by a pause; and what must
 * not change while they take their time. */
#include "upload_world.h"

#include <pthread.h>
#include <sys/time.h>

enum { MODEL_BYTES = 730001, HALF_BYTES = 250000, PUTS = 8 + 1 };

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* ---- storms ---------------------------------------------------------------------------------- */

/* Each part is taken once, however often it is refused before. */
static void weather(const char *repo, const char *rules, int64_t strikes)
{
    struct folder f;
    struct hub_upload_result out;
    folder_make(&f);
    create(repo);
    int64_t before = last_request();
    set_fault(rules);
    upload_well(&f, repo, &out);
    assert_int_equal(faults_struck(), strikes);
    assert_int_equal(count_requests(before, "PUT", "/lfs-storage/", 200), PUTS);
    assert_int_equal(count_requests(before, NULL, "/api/complete_multipart", 200), 1);
    check_truth(&f, repo, out.commit);
    check_tokens(before);
    folder_remove(&f);
}

static void a_storm_of_refusals_costs_no_part_twice(void **state)
{
    (void)state;
    weather("acme/storm",
        "[{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\",\"times\":20,"
        "\"kind\":\"status\",\"status\":503,\"body\":\"<?xml version=\\\"1.0\\\"?><Error><Code>SlowDown"
        "</Code><Message>Please reduce your request rate.</Message></Error>\"},"
        "{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\",\"times\":15,"
        "\"kind\":\"status\",\"status\":429}]",
        35);
}

static void a_connection_that_idled_is_no_refusal(void **state)
{
    (void)state;
    weather("acme/idled",
        "{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\",\"times\":3,"
        "\"kind\":\"status\",\"status\":400,\"body\":\"<Error><Code>RequestTimeout</Code><Message>Your "
        "socket connection to the server was not read from or written to within the timeout period."
        "</Message></Error>\"}",
        3);
}

static void a_wait_that_is_asked_for_is_kept(void **state)
{
    (void)state;
    int64_t begun = now_ms();
    weather("acme/asked-to-wait",
        "{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\",\"skip\":2,\"times\":1,"
        "\"kind\":\"status\",\"status\":503,\"headers\":{\"Retry-After\":\"2\"}}",
        1);
    assert_true(now_ms() - begun >= 2000);
}

/* The storage may have them, and may not: they are sent again. */
static void lost_answers_are_asked_for_again(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    folder_make(&f);
    create("acme/lost-parts");
    set_fault("[" ONCE("POST", "*/preupload/*", "\"kind\":\"lost\"") "," ONCE(
        "POST", "*/objects/batch", "\"kind\":\"lost\"") "," ONCE("POST", "*/lfs/verify",
        "\"kind\":\"lost\"") ",{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\","
                             "\"times\":3,\"kind\":\"lost\"}," ONCE("POST",
                                 "/api/complete_multipart*", "\"kind\":\"lost\"") "," ONCE("POST",
                                 "*/commit/main", "\"kind\":\"lost\"") "]");
    upload_well(&f, "acme/lost-parts", &out);
    assert_int_equal(faults_struck(), 8);
    check_truth(&f, "acme/lost-parts", out.commit);
    assert_int_equal(commits_of("acme/lost-parts"), 2);
    folder_remove(&f);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void a_limit_is_kept(void **state)
{
    (void)state;
    enum { RATE = 300000 };
    struct folder f;
    struct hub_upload_result out;
    struct told told = {.with = {.rate_max = RATE}};
    folder_make(&f);
    create("acme/limited");
    int64_t begun = now_ms();
    upload_with(&f, "acme/limited", &told, &out);
    int64_t least = (int64_t)(MODEL_BYTES + HALF_BYTES) * 1000 / RATE;
    assert_true(now_ms() - begun >= least * 3 / 4);
    check_truth(&f, "acme/limited", out.commit);
    folder_remove(&f);
}

static atomic_bool paused;

struct runs {
    pthread_t thread;
    const struct folder *f;
    const char *repo;
    struct cancel *cancel;
    struct hub_upload_result out;
    struct told told;
    int rc;
    struct err e;
};

static void *run_upload(void *arg)
{
    struct runs *r = arg;
    r->told.with.paused = &paused;
    r->rc = upload(hub, r->f, r->repo, &r->told, &r->out, r->cancel, &r->e);
    return NULL;
}

/* Whether nothing at all is asked of the stand-in for so long. */
static bool is_quiet(int64_t ms)
{
    int64_t last = last_request(), until = now_ms() + ms;
    while (now_ms() < until && last_request() == last)
        usleep(20000);
    return last_request() == last;
}

static void while_it_is_paused_nothing_is_begun(void **state)
{
    (void)state;
    struct folder f;
    struct runs r = {.f = &f, .repo = "acme/paused"};
    folder_make(&f);
    create("acme/paused");
    int64_t before = last_request();
    set_fault(
        "{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\",\"kind\":\"delay\","
        "\"ms\":200}");
    assert_int_equal(pthread_create(&r.thread, NULL, run_upload, &r), 0);
    int64_t late = now_ms() + 10000;
    while (count_requests(before, "PUT", "", 0) == 0 && now_ms() < late)
        usleep(5000);
    atomic_store(&paused, true);
    late = now_ms() + 10000;
    while (!is_quiet(700) && now_ms() < late)
        ;
    assert_int_equal(count_requests(before, NULL, "/commit/", 0), 0);
    assert_true(count_requests(before, "PUT", "", 0) < PUTS);
    assert_int_equal(count_requests(before, "PUT", "", 0), count_requests(before, "PUT", "", 200));
    atomic_store(&paused, false);
    assert_int_equal(pthread_join(r.thread, NULL), 0);
    (void)faults_struck();
    if (r.rc)
        fail_msg("%s", r.e.message);
    assert_int_equal(count_requests(before, "PUT", "", 0), PUTS);
    check_truth(&f, "acme/paused", r.out.commit);
    folder_remove(&f);
}

static void a_pause_can_be_stopped(void **state)
{
    (void)state;
    struct folder f;
    struct runs r = {.f = &f, .repo = "acme/paused-long", .cancel = cancel_new(NULL)};
    assert_non_null(r.cancel);
    folder_make(&f);
    create("acme/paused-long");
    atomic_store(&paused, true);
    int64_t before = last_request();
    assert_int_equal(pthread_create(&r.thread, NULL, run_upload, &r), 0);
    assert_true(is_quiet(300));
    assert_int_equal(last_request(), before);
    int64_t begun = now_ms();
    cancel_fire(r.cancel);
    assert_int_equal(pthread_join(r.thread, NULL), 0);
    assert_true(now_ms() - begun < 5000);
    assert_int_equal(r.rc, -1);
    assert_int_equal(r.e.class, ERR_CANCEL);
    atomic_store(&paused, false);
    cancel_unref(r.cancel);
    folder_remove(&f);
}

/* ---- what changes meanwhile -------------------------------------------------------------------- */

static struct folder *changing;
static void (*change)(struct folder *f);

static void change_once(enum hub_upload_phase phase)
{
    if (phase == HUB_SENDING)
        change(changing);
}

static void set_times(const char *path, const struct stat *st)
{
    const struct timespec then[2] = {st->st_atim, st->st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path, then, 0), 0);
}

/* Another file of the same size and time under the same name. */
static void replace_the_model(struct folder *f)
{
    char path[2 * PATH_MAX], other[2 * PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/model.safetensors", f->raw);
    snprintf(other, sizeof other, "%s/other", f->raw);
    assert_int_equal(stat(path, &st), 0);
    write_random(other, MODEL_BYTES, 4321);
    set_times(other, &st);
    assert_int_equal(rename(other, path), 0);
}

/* Written over, and dated back. */
static void write_over_a_small_one(struct folder *f)
{
    char path[2 * PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/README.md", f->raw);
    assert_int_equal(stat(path, &st), 0);
    write_bytes(path, "---\nlicense: mit\n---\n# SMALL\n", 28);
    set_times(path, &st);
}

static void fails_when(void (*how)(struct folder *f), const char *repo, const char *named)
{
    struct folder f;
    struct hub_upload_result out;
    struct told told = {.on_phase = change_once};
    struct err e;
    folder_make(&f);
    create(repo);
    changing = &f;
    change = how;
    int64_t before = last_request();
    set_fault("{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\",\"times\":1,"
              "\"kind\":\"delay\",\"ms\":2000}");
    assert_int_equal(upload(hub, &f, repo, &told, &out, NULL, &e), -1);
    (void)faults_struck();
    if (e.class != ERR_STATE || !strstr(e.message, named) ||
        !strstr(e.message, "changed while it was being uploaded"))
        fail_msg("%s: %s", err_class_name(e.class), e.message);
    assert_int_equal(count_requests(before, NULL, "/commit/", 0), 0);
    folder_remove(&f);
}

static void a_file_that_is_replaced_is_found_out(void **state)
{
    (void)state;
    fails_when(replace_the_model, "acme/replaced", "model.safetensors");
}

static void a_file_that_is_dated_back_is_found_out(void **state)
{
    (void)state;
    fails_when(write_over_a_small_one, "acme/dated-back", "README.md");
}

/* ---- where bytes lie elsewhere ----------------------------------------------------------------- */

static void bytes_may_lie_outside_of_the_folder(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    struct told told = {0};
    struct err e;
    char source[2 * PATH_MAX], link[2 * PATH_MAX], gone[2 * PATH_MAX];
    folder_make(&f);
    create("acme/elsewhere");
    snprintf(gone, sizeof gone, "%s/half.safetensors", f.raw);
    snprintf(source, sizeof source, "%s/blob", f.raw);
    snprintf(link, sizeof link, "%s/link", f.raw);
    assert_int_equal(rename(gone, source), 0);
    assert_int_equal(symlink(source, link), 0);
    f.files[1].raw_source = link;
    assert_int_equal(upload(hub, &f, "acme/elsewhere", &told, &out, NULL, &e), -1);
    assert_int_equal(commits_of("acme/elsewhere"), 1);
    f.files[1].raw_source = source;
    upload_well(&f, "acme/elsewhere", &out);
    check_truth(&f, "acme/elsewhere", out.commit);
    folder_remove(&f);
}

/* ---- pull requests ----------------------------------------------------------------------------- */

static void a_pull_request_leaves_the_branch_alone(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    struct told told = {.with = {.create_pr = true}};
    folder_make(&f);
    create("acme/pulled");
    int64_t before = last_request();
    struct truth t = truth_of("acme/pulled");
    char head[41];
    snprintf(head, sizeof head, "%s", json_str_or(t.repo, "head", ""));
    json_free(t.state);
    upload_with(&f, "acme/pulled", &told, &out);
    t = truth_of("acme/pulled");
    assert_string_equal(json_str_or(t.repo, "head", ""), head);
    json_free(t.state);
    assert_string_not_equal(out.commit, head);
    if (!strstr(out.pull_request, "/acme/pulled/discussions/1"))
        fail_msg("%s", out.pull_request);
    assert_int_equal(count_requests(before, "POST", "/preupload/main?create_pr=1", 200), 1);
    assert_int_equal(count_requests(before, "POST", "/commit/main?create_pr=1", 200), 1);
    folder_remove(&f);
}

/* A second one would be opened: nobody can tell whether there is one. */
static void an_unheard_pull_request_is_not_opened_twice(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    struct told told = {.with = {.create_pr = true}};
    struct err e;
    folder_make(&f);
    create("acme/pulled-unheard");
    int64_t before = last_request();
    set_fault("{\"plane\":\"hub\",\"path\":\"*/commit/*\",\"kind\":\"lost\"}");
    assert_int_equal(upload(hub, &f, "acme/pulled-unheard", &told, &out, NULL, &e), -1);
    (void)faults_struck();
    assert_int_equal(count_requests(before, NULL, "/commit/", 0), 1);
    assert_non_null(strstr(e.message, "pull request"));
    assert_true(e.hint[0] != '\0');
    folder_remove(&f);
}

static int start(void **state)
{
    (void)state;
    struct err e;
    hub_world_start();
    workers = workers_new(2, 16, &e);
    assert_non_null(workers);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    workers_free(workers);
    hub_world_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_storm_of_refusals_costs_no_part_twice),
        cmocka_unit_test(a_connection_that_idled_is_no_refusal),
        cmocka_unit_test(a_wait_that_is_asked_for_is_kept),
        cmocka_unit_test(lost_answers_are_asked_for_again),
        cmocka_unit_test(a_limit_is_kept),
        cmocka_unit_test(while_it_is_paused_nothing_is_begun),
        cmocka_unit_test(a_pause_can_be_stopped),
        cmocka_unit_test(a_file_that_is_replaced_is_found_out),
        cmocka_unit_test(a_file_that_is_dated_back_is_found_out),
        cmocka_unit_test(bytes_may_lie_outside_of_the_folder),
        cmocka_unit_test(a_pull_request_leaves_the_branch_alone),
        cmocka_unit_test(an_unheard_pull_request_is_not_opened_twice),
    };
    return cmocka_run_group_tests_name("hub_upload_pace", tests, start, finish);
}
