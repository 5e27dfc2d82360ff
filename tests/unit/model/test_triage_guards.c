/* What must not be claimed: evidence with holes, changes that were made a moment ago, workers of the release before,
 * load balancers; and the causes beyond the table. */
#include "triage_world.h"

#define ENDPOINT "\"endpoint\":\"x2x496ymkidl3m\""

static struct triage_worker *crash(const char *id, const char *variant)
{
    return crashes(add_worker("8g3n5t6r", WORKER_RUNNING), id, variant, "the line that decided");
}

static void expect_not_stuck(void)
{
    if (w.t.verdict == TRIAGE_STUCK) {
        print_reading();
        fail_msg("it is called stuck");
    }
}

static void expect_at_most(const char *id, enum triage_certainty most)
{
    const struct triage_diagnosis *d = diagnosis_of(id);
    if (d && d->certainty > most) {
        print_reading();
        fail_msg("%s is %s", id, triage_certainty_name(d->certainty));
    }
}

/* ---- beyond the table ------------------------------------------------------------------------------------ */

static void each_cause_beyond_the_table(void **state)
{
    (void)state;
    static const struct {
        const char *id, *variant, *first;
    } rows[] = {
        {"image-pull-failed", "rate-limit", "wait"},
        {"image-pull-failed", "network", "wait"},
        {"shared-memory", "", "by-hand"},
        {"port-in-use", "", "by-hand"},
        {"volume-io", "", "wait"},
        {"permission-denied", "", "by-hand"},
        {"gpu-unsupported", "", "set-pools"},
        {"gpu-missing", "", "scale"},
        {"cuda-fault", "", "set-env"},
        {"dtype-unsupported", "", "set-env"},
        {"quantization-unsupported", "", "set-env"},
        {"quantization-mismatch", "", "set-env"},
        {"lora-unusable", "", "by-hand"},
        {"nccl-failed", "", "set-env"},
        {"shared-library", "", "by-hand"},
        {"compiler-missing", "", "set-env"},
        {"weights-mismatch", "", "set-env"},
        {"hub-offline", "", "set-env"},
        {"model-config-invalid", "", "by-hand"},
    };
    set_env("QUANTIZATION", "awq");
    set_env("HF_HUB_OFFLINE", "1");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        w.v.worker_count = w.cause_count = 0;
        (void)crash(rows[i].id, rows[i].variant);
        judge();
        const struct triage_diagnosis *d =
            expect_first(TRIAGE_STUCK, rows[i].id, 0, TRIAGE_CERTAIN);
        assert_string_equal(d->evidence[0].text.s, "the line that decided");
        if (strcmp(remedy_of(d, 1)->id, rows[i].first) != 0) {
            print_reading();
            fail_msg("%s: %s first", rows[i].id, rows[i].first);
        }
    }
}

/* ---- somebody serves ------------------------------------------------------------------------------------- */

static void slow_requests_on_one_worker_while_another_crashes(void **state)
{
    (void)state;
    serves(add_worker("good", WORKER_RUNNING));
    (void)crash("gpu-fault", "ecc");
    queue(4, 1, 5 * MINUTE); /* nothing was completed between the looks */
    judge();
    expect_first(TRIAGE_WAITING, "gpu-fault", 0, TRIAGE_CERTAIN);
}

static void requests_that_were_tried_again_once(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("w1", WORKER_INITIALIZING);
    k->log.after_serving = k->log.loading = k->log.again = true;
    k->log.crashes = 1;
    k->log.first_start_ms = NOW - MINUTE;
    say_line(k, "CUDA error: an illegal memory access was encountered");
    w.v.looks[1].health.retried = 8; /* eight of them at once: the worker ended once */
    queue(8, 0, 2 * MINUTE);
    judge();
    expect_not_stuck();
    expect_at_most("poison-job", TRIAGE_POSSIBLE);
}

/* ---- changed a moment ago ----------------------------------------------------------------------------------- */

static void the_crash_of_a_worker_that_is_being_replaced(void **state)
{
    (void)state;
    struct triage_worker *old = crash("does-not-fit-gpu", "kv-cache");
    old->worker.stale = true;
    struct triage_worker *k = add_worker("new", WORKER_INITIALIZING);
    k->worker.version = 5;
    k->log.loading = true;
    judge();
    expect_not_stuck();
    expect_no("does-not-fit-gpu");
    crashes(k, "does-not-fit-gpu", "kv-cache", "still too large");
    k->log.loading = false;
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "does-not-fit-gpu", 17, TRIAGE_CERTAIN);
    assert_string_equal(d->evidence[0].text.s, "still too large");
}

static void the_crash_before_a_release(void **state)
{
    (void)state;
    (void)crash("does-not-fit-gpu", "kv-cache");
    w.releases[0] = (struct release){5, TEXT("MANUAL"), NOW - 30 * SECOND, 0, NULL, 0};
    w.v.detail.releases = w.releases;
    w.v.detail.release_count = 1;
    judge();
    expect_verdict(TRIAGE_WAITING);
    w.releases[0].created_ms = NOW - 2 * MINUTE; /* and it crashed again since */
    judge();
    expect_verdict(TRIAGE_STUCK);
}

static void the_crash_before_a_release_with_a_start_since(void **state)
{
    (void)state;
    struct triage_worker *k = crash("does-not-fit-gpu", "kv-cache");
    k->log.again = true;
    k->log.lines[0].at_ms = NOW - 3 * MINUTE;
    k->log.last_start_ms = NOW - 50 * SECOND;
    w.releases[0] = (struct release){5, TEXT("MANUAL"), NOW - 70 * SECOND, 0, NULL, 0};
    w.v.detail.releases = w.releases;
    w.v.detail.release_count = 1;
    judge();
    expect_not_stuck();
    expect_no("does-not-fit-gpu");
    k->log.lines[0].at_ms = NOW - 60 * SECOND; /* it failed under the new one as well */
    judge();
    expect_first(TRIAGE_STUCK, "does-not-fit-gpu", 17, TRIAGE_CERTAIN);
}

static void a_rollout_that_goes_nowhere(void **state)
{
    (void)state;
    w.v.detail.rolling = true;
    w.releases[0] = (struct release){5, TEXT("MANUAL"), NOW - 14 * MINUTE, 0, NULL, 0};
    w.v.detail.releases = w.releases;
    w.v.detail.release_count = 1;
    gpu_of("ADA_24")->stock = STOCK_NONE;
    judge();
    expect_first(TRIAGE_STUCK, "no-capacity", 3, TRIAGE_LIKELY);
    w.releases[0].created_ms = NOW - 2 * MINUTE;
    judge();
    expect_first(TRIAGE_WAITING, "rollout-in-progress", 33, TRIAGE_CERTAIN);
}

/* ---- no place ------------------------------------------------------------------------------------------------- */

static void a_worker_without_a_gpu_has_a_place(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("cpu1", WORKER_INITIALIZING);
    k->worker.gpu = TEXT("");
    k->first_ms = k->worker.started_ms = NOW - 20 * MINUTE;
    w.v.endpoint.gpu_count = 0;
    w.v.endpoint.pool_count = 0;
    judge();
    expect_first(TRIAGE_WAITING, "cold-start", 0, TRIAGE_LIKELY);
    expect_no("ghost-worker");
}

static void a_worker_that_waits_for_a_host(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("u1", WORKER_INITIALIZING);
    k->worker.gpu = k->worker.data_center = TEXT("");
    k->worker.started_ms = -1;
    k->first_ms = NOW - MINUTE;
    queue(3, 0, MINUTE);
    judge();
    expect_first(TRIAGE_WAITING, "cold-start", 0, TRIAGE_POSSIBLE);
    k->first_ms = NOW - 6 * MINUTE;
    w.v.oldest_ms = 6 * MINUTE;
    gpu_of("ADA_24")->stock = STOCK_NONE;
    judge();
    expect_first(TRIAGE_STUCK, "no-capacity", 3, TRIAGE_LIKELY);
    assert_int_equal(triage_wants(&w.v), 0);
}

static void no_money_and_a_worker_that_loads(void **state)
{
    (void)state;
    w.v.account.balance = 0;
    struct triage_worker *k = add_worker("c1", WORKER_INITIALIZING);
    k->log.loading = true;
    queue(3, 0, 2 * MINUTE);
    judge();
    expect_no("account-no-funds");
    expect_verdict(TRIAGE_WAITING);
}

static void asleep_workers_are_not_in_the_list(void **state)
{
    (void)state;
    gpu_of("ADA_24")->stock = STOCK_NONE;
    looks(2, 10 * SECOND, (struct health){.in_queue = 3, .ready = 1, .idle = 1});
    judge();
    expect_not_stuck();
    expect_at_most("no-capacity", TRIAGE_POSSIBLE);
}

static void an_old_workers_log_that_is_gone(void **state)
{
    (void)state;
    struct triage_worker *old = add_worker("old", WORKER_IDLE);
    old->vanished = true;
    old->logs_read = false;
    old->last_ms = NOW - 60 * MINUTE;
    looks(2, 10 * SECOND, (struct health){.in_queue = 3});
    add_worker("t1", WORKER_THROTTLED)->first_ms = NOW - 6 * MINUTE;
    judge();
    expect_first(TRIAGE_STUCK, "throttled", 7, TRIAGE_LIKELY);
    old->logs_read = true;
    old->log.local_api = true; /* of an image that was changed since */
    judge();
    expect_first(TRIAGE_STUCK, "throttled", 7, TRIAGE_CERTAIN);
    expect_no("image-does-not-take-jobs");
}

/* ---- what moves, and what does not ------------------------------------------------------------------------------ */

static void a_pull_that_stands_still(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("p1", WORKER_INITIALIZING);
    k->log.pulling = true;
    k->log.moved_ms = k->first_ms = NOW - 170 * MINUTE;
    w.v.oldest_ms = 3 * 60 * MINUTE;
    judge();
    expect_first(TRIAGE_UNKNOWN, "image-pulling", 9, TRIAGE_POSSIBLE);
    k->log.moved_ms = NOW - MINUTE;
    judge();
    expect_first(TRIAGE_WAITING, "image-pulling", 9, TRIAGE_CERTAIN);
    expect_no("cold-start");
}

static void a_load_that_takes_long_and_moves_on(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("c1", WORKER_INITIALIZING);
    k->log.loading = true;
    k->log.first_start_ms = NOW - 100 * MINUTE;
    k->log.moved_ms = NOW - MINUTE;
    w.v.oldest_ms = 100 * MINUTE;
    judge();
    expect_first(TRIAGE_WAITING, "cold-start", 0, TRIAGE_CERTAIN);
    k->log.moved_ms = NOW - 60 * MINUTE;
    judge();
    expect_verdict(TRIAGE_UNKNOWN);
}

static void a_scaler_that_should_have_asked(void **state)
{
    (void)state;
    serves(add_worker("a", WORKER_RUNNING));
    w.v.scaler_value = 30;
    queue(9, 1, 80 * SECOND);
    judge();
    expect_first(TRIAGE_WAITING, "scaler-too-slow", 28, TRIAGE_LIKELY);
    w.v.oldest_ms = 10 * MINUTE; /* much longer than it waits to ask */
    judge();
    expect_at_most("scaler-too-slow", TRIAGE_POSSIBLE);
}

/* ---- load balancing ------------------------------------------------------------------------------------------------ */

static void balance(void)
{
    w.v.endpoint.load_balancer = true;
    w.v.look_count = 0;
    w.v.oldest_ms = -1;
    w.v.not_read[0] =
        (struct triage_not_read){"health", TEXT("a load balancer has no queue to be looked at")};
    w.v.not_read_count = 1;
    w.v.worker_count = 0;
}

static void a_balancer_has_no_queue(void **state)
{
    (void)state;
    balance();
    judge(); /* asleep */
    expect_verdict(TRIAGE_HEALTHY);
    serves(add_worker("a", WORKER_IDLE));
    judge();
    expect_verdict(TRIAGE_HEALTHY);
    assert_int_equal(w.t.count, 0);
    assert_int_equal(w.t.waiting, -1);
    w.v.workers_read = false;
    w.v.worker_count = 0;
    judge();
    expect_verdict(TRIAGE_UNKNOWN);
    assert_int_equal(triage_wants(&w.v), TRIAGE_WANT_WORKERS);
}

static void a_balancers_worker_starts(void **state)
{
    (void)state;
    balance();
    struct triage_worker *k = add_worker("a", WORKER_INITIALIZING);
    k->log.loading = true;
    k->log.first_start_ms = k->worker.started_ms = NOW - 20 * MINUTE;
    k->log.moved_ms = NOW - MINUTE;
    judge();
    expect_first(TRIAGE_WAITING, "cold-start", 0, TRIAGE_CERTAIN);
    k->log.loading = false; /* it says that it is up, the list does not know yet */
    k->log.serves = true;
    k->log.moved_ms = NOW - 20 * SECOND;
    judge();
    expect_not_stuck();
    k->log.moved_ms = NOW - 3 * MINUTE;
    judge();
    expect_first(TRIAGE_STUCK, "load-balancer-unreachable", 42, TRIAGE_LIKELY);
}

static void a_balancers_worker_crashes(void **state)
{
    (void)state;
    balance();
    struct triage_worker *k = add_worker("a", WORKER_INITIALIZING);
    crashes(k, "handler-crash", "import", "ModuleNotFoundError: No module named 'fastapi'");
    judge();
    expect_first(TRIAGE_STUCK, "handler-crash", 0, TRIAGE_CERTAIN);
    serves(add_worker("b", WORKER_RUNNING)); /* another is there */
    judge();
    expect_not_stuck();
}

/* ---- one request ------------------------------------------------------------------------------------------------------ */

static void the_verdict_is_the_endpoints(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("t1", WORKER_THROTTLED);
    k->first_ms = NOW - 10 * MINUTE;
    add_job("job-u1", REQUEST_GONE, 25 * 60 * MINUTE);
    judge_job("job-u1");
    expect_first(TRIAGE_STUCK, "job-expired", 32, TRIAGE_CERTAIN);
    assert_non_null(diagnosis_of("throttled"));
    for (size_t i = 0; i < w.t.diagnoses[0].remedy_count;
         i++) /* what the endpoint needs is not the request's remedy */
        assert_string_not_equal(w.t.diagnoses[0].remedies[i].id, "purge");
}

static void a_refused_request_does_not_wait(void **state)
{
    (void)state;
    w.v.look_count = 0;
    w.v.workers_read = false;
    w.v.oldest_ms = -1;
    add_job("job-u1", REQUEST_IN_QUEUE, MINUTE)->error_status = 401;
    judge_job("job-u1");
    expect_first(TRIAGE_UNKNOWN, "key-refused", 39, TRIAGE_CERTAIN);
    assert_int_equal(w.t.waiting, -1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, finish)
    const struct CMUnitTest tests[] = {
        T(each_cause_beyond_the_table),
        T(slow_requests_on_one_worker_while_another_crashes),
        T(requests_that_were_tried_again_once),
        T(the_crash_of_a_worker_that_is_being_replaced),
        T(the_crash_before_a_release),
        T(the_crash_before_a_release_with_a_start_since),
        T(a_rollout_that_goes_nowhere),
        T(a_worker_without_a_gpu_has_a_place),
        T(a_worker_that_waits_for_a_host),
        T(no_money_and_a_worker_that_loads),
        T(asleep_workers_are_not_in_the_list),
        T(an_old_workers_log_that_is_gone),
        T(a_pull_that_stands_still),
        T(a_load_that_takes_long_and_moves_on),
        T(a_scaler_that_should_have_asked),
        T(a_balancer_has_no_queue),
        T(a_balancers_worker_starts),
        T(a_balancers_worker_crashes),
        T(the_verdict_is_the_endpoints),
        T(a_refused_request_does_not_wait),
    };
    return cmocka_run_group_tests_name("triage: what must not be claimed", tests, NULL, NULL);
}
