/* Workers are up or on their way, and requests wait; single requests; two causes at once; what is well and looks ill. */
#include "triage_world.h"

#define ENDPOINT "\"endpoint\":\"x2x496ymkidl3m\""

static struct triage_worker *crash(const char *id, const char *variant)
{
    return crashes(add_worker("8g3n5t6r", WORKER_RUNNING), id, variant, "the line that decided");
}

/* ---- on its way ------------------------------------------------------------------------------------------ */

static void a_pull_is_waited_for(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("p1", WORKER_INITIALIZING);
    k->log.pulling = true;
    k->log.moved_ms = NOW - 20 * SECOND;
    k->first_ms = NOW - 12 * MINUTE;
    judge();
    expect_first(TRIAGE_WAITING, "image-pulling", 9, TRIAGE_CERTAIN);
    assert_int_equal(w.t.since_ms, NOW - 12 * MINUTE);
    assert_string_equal(w.t.sentence.s, "fetching the image, for 12 min");
}

static void a_cold_start_is_waited_for(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("c1", WORKER_INITIALIZING);
    k->log.loading = true;
    k->log.first_start_ms = k->log.last_start_ms = NOW - 2 * MINUTE;
    queue(3, 0, 2 * MINUTE);
    judge();
    expect_first(TRIAGE_WAITING, "cold-start", 0, TRIAGE_CERTAIN);
    assert_int_equal(w.t.since_ms, NOW - 2 * MINUTE);
    k->logs_read = false;
    judge();
    expect_first(TRIAGE_WAITING, "cold-start", 0, TRIAGE_LIKELY);
}

static void a_rollout_is_waited_for(void **state)
{
    (void)state;
    struct triage_worker *k = serves(add_worker("old", WORKER_IDLE));
    k->worker.stale = true;
    w.v.detail.rolling = true;
    w.v.detail.rolled = 1;
    w.v.detail.rolling_total = 3;
    queue(4, 0, 50 * SECOND);
    looks(2, 10 * SECOND, (struct health){.in_queue = 4, .initializing = 1, .idle = 1, .ready = 1});
    judge();
    expect_first(TRIAGE_WAITING, "rollout-in-progress", 33, TRIAGE_CERTAIN);
}

static void a_failed_cached_model(void **state)
{
    (void)state;
    (void)add_worker("m1", WORKER_INITIALIZING);
    w.v.cached_model = TEXT("acme/legal-8b:main");
    w.v.cached_failure = TEXT("download_failed");
    judge();
    expect_first(TRIAGE_STUCK, "cached-model-failed", 35, TRIAGE_CERTAIN);
}

/* ---- up, and requests wait ---------------------------------------------------------------------------------- */

static void nobody_takes_jobs(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("l1", WORKER_IDLE);
    k->log.local_api = true;
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "image-does-not-take-jobs", 26, TRIAGE_CERTAIN);
    assert_string_equal(remedy_of(d, 1)->id, "by-hand");
    k->log.local_api = false; /* it sits there: that is all */
    judge();
    expect_verdict(TRIAGE_UNKNOWN);
    assert_int_equal(diagnosis_of("image-does-not-take-jobs")->certainty, TRIAGE_POSSIBLE);
    k->log.starts = 1; /* since its start it has said nothing of jobs */
    judge();
    expect_first(TRIAGE_STUCK, "image-does-not-take-jobs", 26, TRIAGE_LIKELY);
    k->log.serves = true;
    judge();
    assert_int_equal(diagnosis_of("image-does-not-take-jobs")->certainty, TRIAGE_POSSIBLE);
}

static void a_worker_that_ends_at_work(void **state)
{
    (void)state;
    struct triage_worker *k = serves(add_worker("w1", WORKER_RUNNING));
    k->log.after_serving = true;
    k->log.ends = 3;
    say_line(k, "Fatal Python error: Segmentation fault");
    struct triage_worker saved = *k;
    struct triage_job *j = add_job("poison-1-u1", REQUEST_IN_PROGRESS, 10 * MINUTE);
    j->retries = 5;
    j->running_ms = 3 * SECOND;
    queue(4, 1, 9 * MINUTE);
    judge();
    const struct triage_diagnosis *d = expect_first(TRIAGE_STUCK, "poison-job", 36, TRIAGE_LIKELY);
    const struct triage_remedy *m = remedy_of(d, 1);
    expect_remedy(m, "cancel-job", NULL, NULL);
    assert_true(m->can_be_applied);
    assert_string_equal(m->calls[0].method, "POST");
    assert_string_equal(m->calls[0].path.s, "/v2/x2x496ymkidl3m/cancel/poison-1-u1");
    k->log = (struct crash){.serves = true,
        .starts = 5,
        .first_start_ms = NOW - 5 * MINUTE,
        .last_start_ms = NOW - 20 * SECOND,
        .exit_code = -1,
        .moved_ms = NOW}; /* up again, with it */
    queue(0, 1, -1);
    judge();
    expect_first(TRIAGE_STUCK, "poison-job", 36, TRIAGE_LIKELY);
    k->log.first_start_ms = NOW - 500 * MINUTE; /* started now and then, as it is scaled */
    judge();
    expect_verdict(TRIAGE_HEALTHY);
    *k = saved;
    queue(4, 1, 9 * MINUTE);
    j->retries = 1; /* once is no pattern */
    judge();
    expect_verdict(TRIAGE_WAITING);
}

static void a_request_that_hangs(void **state)
{
    (void)state;
    serves(add_worker("w1", WORKER_RUNNING))->log.moved_ms = NOW - 40 * MINUTE;
    struct triage_job *j = add_job("hangs-u1", REQUEST_IN_PROGRESS, 41 * MINUTE);
    j->running_ms = 40 * MINUTE;
    w.v.detail.timeout_ms = 0;
    queue(0, 1, -1);
    judge();
    const struct triage_diagnosis *d = expect_first(TRIAGE_STUCK, "hung-job", 37, TRIAGE_LIKELY);
    expect_remedy(
        remedy_of(d, 2), "set-timeout", "{" ENDPOINT ",\"timeout\":600}", "{\"timeout\":600000}");
    j->running_ms = 8 * MINUTE;
    judge();
    expect_verdict(TRIAGE_HEALTHY);
    queue(4, 1,
        20 *
            MINUTE); /* others wait for it, its worker says nothing, and it was seen for long enough */
    j->running_ms = 11 * MINUTE;
    judge();
    d = expect_first(TRIAGE_STUCK, "hung-job", 37, TRIAGE_LIKELY);
    assert_int_equal(w.t.since_ms, NOW - 40 * MINUTE);
    w.v.detail.timeout_ms = 60 * MINUTE; /* it may run for an hour */
    judge();
    assert_int_not_equal(w.t.verdict, TRIAGE_STUCK);
    w.v.detail.timeout_ms = 0;
    j->running_ms = 40 * MINUTE;
    w.v.workers[0].log.moved_ms = NOW - MINUTE; /* it works */
    judge();
    assert_int_not_equal(w.t.verdict, TRIAGE_STUCK);
}

static void one_worker_takes_all(void **state)
{
    (void)state;
    w.v.endpoint.image = TEXT("runpod/worker-v1-vllm:v2.14.0");
    w.v.detail.volumes = TEXT("vol1");
    serves(add_worker("a", WORKER_RUNNING));
    serves(add_worker("b", WORKER_IDLE));
    serves(add_worker("c", WORKER_IDLE));
    queue(9, 1, 3 * MINUTE);
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_WAITING, "jobs-on-one-worker", 27, TRIAGE_LIKELY);
    assert_string_equal(remedy_of(d, 1)->id, "set-image");
}

static void the_scaler_does_not_ask(void **state)
{
    (void)state;
    serves(add_worker("a", WORKER_RUNNING));
    w.v.scaler = TEXT("REQUEST_COUNT");
    w.v.scaler_value = 20;
    queue(15, 5, 3 * MINUTE);
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_WAITING, "scaler-too-slow", 28, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(d, 1), "scaling", NULL,
        "{\"scaling\":{\"type\":\"REQUEST_COUNT\",\"requestCount\":4}}");
    expect_remedy(remedy_of(d, 2), "scale", "{" ENDPOINT ",\"min\":2,\"max\":3}",
        "{\"workers\":{\"min\":2,\"max\":3}}");
    queue(16, 5, 3 * MINUTE); /* two are asked for */
    judge();
    expect_no("scaler-too-slow");
}

static void all_are_busy(void **state)
{
    (void)state;
    serves(add_worker("a", WORKER_RUNNING));
    serves(add_worker("b", WORKER_RUNNING));
    serves(add_worker("c", WORKER_RUNNING));
    queue(40, 3, 6 * MINUTE);
    w.v.looks[0].health.in_queue = 36;
    w.v.quota = 10;
    w.v.workers_elsewhere = 5;
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_WAITING, "under-provisioned", 29, TRIAGE_LIKELY);
    expect_remedy(remedy_of(d, 1), "scale", "{" ENDPOINT ",\"max\":5}", NULL);
    assert_true(fabs(remedy_of(d, 1)->cost_per_hour_delta - 2 * 1.12) < 1e-9);
}

static void low_priority_starts_no_worker(void **state)
{
    (void)state;
    struct triage_job *j = add_job("low-u1", REQUEST_IN_QUEUE, 20 * MINUTE);
    j->low_priority = true;
    queue(1, 0, 20 * MINUTE);
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "low-priority-job", 30, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(d, 1), "scale", "{" ENDPOINT ",\"min\":1,\"max\":3}", NULL);
    j->age_ms = w.v.oldest_ms = 4 * MINUTE;
    judge();
    expect_verdict(TRIAGE_WAITING);
    (void)add_job("usual-u1", REQUEST_IN_QUEUE, MINUTE);
    judge();
    expect_no("low-priority-job");
}

static void a_load_balancers_server_on_loopback(void **state)
{
    (void)state;
    w.v.endpoint.load_balancer = true;
    set_env("HOST", "127.0.0.1");
    queue(0, 0, -1);
    serves(add_worker("lb1", WORKER_INITIALIZING));
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "load-balancer-unreachable", 42, TRIAGE_LIKELY);
    expect_remedy(
        remedy_of(d, 1), "set-env", "{" ENDPOINT ",\"env\":{\"HOST\":\"0.0.0.0\"}}", NULL);
}

/* ---- single requests ------------------------------------------------------------------------------------------ */

static void single_requests(void **state)
{
    (void)state;
    queue(0, 0, -1);
    struct triage_job *j = add_job("job-u1", REQUEST_GONE, 25 * 60 * MINUTE);
    judge_job("job-u1");
    expect_first(TRIAGE_HEALTHY, "job-expired", 32, TRIAGE_CERTAIN);
    judge();
    expect_verdict(TRIAGE_HEALTHY);
    *j = (struct triage_job){.id = "job-u1",
        .status = REQUEST_FAILED,
        .age_ms = MINUTE,
        .running_ms = -1,
        .ttl_ms = -1,
        .error = TEXT("job timed out after 1 retries"),
        .empty_input = true};
    judge_job("job-u1");
    expect_first(TRIAGE_HEALTHY, "empty-input", 31, TRIAGE_CERTAIN);
    j->empty_input = false;
    judge_job("job-u1");
    expect_verdict(TRIAGE_HEALTHY);
    assert_non_null(strstr(w.t.sentence.s, "timed out after"));
    static const struct {
        int status;
        const char *id;
        int row;
    } refused[] = {{401, "key-refused", 39}, {403, "key-refused", 39}, {429, "rate-limited", 40}};
    for (size_t i = 0; i < 3; i++) {
        j->error_status = refused[i].status;
        judge_job("job-u1");
        expect_first(TRIAGE_HEALTHY, refused[i].id, refused[i].row, TRIAGE_CERTAIN);
    }
    j->error_status = 0;
    j->status = REQUEST_CANCELLED;
    judge_job("job-u1");
    assert_int_equal(w.t.diagnoses[0].certainty, TRIAGE_POSSIBLE);
    assert_string_equal(w.t.diagnoses[0].id, "queue-purged");
    judge_job("another");
    expect_verdict(TRIAGE_UNKNOWN);
}

static void the_gateway_gives_up_at_a_cold_start(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("c1", WORKER_INITIALIZING);
    k->log.loading = true;
    queue(1, 0, 100 * SECOND);
    add_job("sync-1", REQUEST_IN_QUEUE, 100 * SECOND)->error_status = 524;
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_WAITING, "gateway-timeout-cold-start", 41, TRIAGE_LIKELY);
    expect_remedy(remedy_of(d, 2), "scale", "{" ENDPOINT ",\"min\":1,\"max\":3}", NULL);
}

static void a_full_queue(void **state)
{
    (void)state;
    serves(add_worker("a", WORKER_RUNNING));
    w.v.endpoint.workers_max = 1;
    add_job("r-u1", REQUEST_FAILED, MINUTE)->error_status = 429;
    queue(1700, 1, 20 * SECOND);
    judge_job("r-u1");
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_HEALTHY, "rate-limited", 40, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(d, 1), "scale", "{" ENDPOINT ",\"max\":4}", NULL);
}

/* ---- two at once ------------------------------------------------------------------------------------------------ */

static void two_at_once(void **state)
{
    (void)state;
    (void)crash("does-not-fit-gpu", "kv-cache");
    (void)add_worker("t1", WORKER_THROTTLED);
    judge();
    expect_first(TRIAGE_STUCK, "does-not-fit-gpu", 17, TRIAGE_CERTAIN);
    w.v.detail.rolling = true;
    judge();
    expect_first(TRIAGE_STUCK, "does-not-fit-gpu", 17, TRIAGE_CERTAIN);
    assert_non_null(diagnosis_of("rollout-in-progress"));
    w.v.workers[0].vanished = true;
    w.v.workers[0].worker.status = WORKER_OTHER;
    w.v.account.balance = 0;
    judge();
    expect_first(TRIAGE_STUCK, "account-no-funds", 2, TRIAGE_CERTAIN);
    assert_non_null(diagnosis_of("does-not-fit-gpu"));
    w.v.endpoint.workers_max = 0;
    judge();
    expect_first(TRIAGE_STUCK, "workers-max-zero", 1, TRIAGE_CERTAIN);
    assert_non_null(diagnosis_of("does-not-fit-gpu"));
}

static void a_volume_before_little_stock(void **state)
{
    (void)state;
    w.v.detail.volumes = TEXT("vol1");
    gpu_of("ADA_24")->stock = STOCK_LOW;
    judge();
    expect_first(TRIAGE_STUCK, "volume-pins-placement", 5, TRIAGE_LIKELY);
    assert_non_null(diagnosis_of("no-capacity"));
}

/* ---- how long to wait ----------------------------------------------------------------------------------------------- */

static void grace(void **state)
{
    (void)state;
    gpu_of("ADA_24")->stock = STOCK_NONE;
    w.v.oldest_ms = 5 * MINUTE - 1;
    judge();
    expect_verdict(TRIAGE_WAITING);
    w.v.oldest_ms = 5 * MINUTE;
    judge();
    expect_verdict(TRIAGE_STUCK);
    for (size_t i = 0; i < w.catalog.count; i++) /* there is no other pool to go to */
        w.gpus[i].stock = STOCK_NONE;
    judge();
    expect_verdict(TRIAGE_WAITING);
    w.v.oldest_ms = 15 * MINUTE;
    judge();
    expect_verdict(TRIAGE_STUCK);
    w.v.look_count = 1;
    judge();
    expect_verdict(TRIAGE_UNKNOWN);
}

static void grace_of_a_ready_worker(void **state)
{
    (void)state;
    add_worker("l1", WORKER_IDLE)->log.local_api = true;
    w.v.oldest_ms = 59 * SECOND;
    judge();
    expect_verdict(TRIAGE_WAITING);
    w.v.oldest_ms = 60 * SECOND;
    judge();
    expect_verdict(TRIAGE_STUCK);
}

static void grace_of_a_start(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("i1", WORKER_INITIALIZING);
    k->log.loading = true;
    k->log.first_start_ms = NOW - 30 * MINUTE;
    w.v.oldest_ms = 30 * MINUTE;
    judge(); /* 16 GB of weights: more than half an hour */
    expect_verdict(TRIAGE_WAITING);
    k->log.first_start_ms = NOW - 33 * MINUTE;
    w.v.oldest_ms = 33 * MINUTE;
    judge();
    expect_verdict(TRIAGE_UNKNOWN);
    w.facts.weight_bytes = 400000000000; /* … and of 400 GB more than an hour */
    judge();
    expect_verdict(TRIAGE_WAITING);
}

/* ---- what was not read -------------------------------------------------------------------------------------------------- */

static bool says_not_read(const char *what)
{
    for (size_t i = 0; i < w.t.not_read_count; i++)
        if (strcmp(w.t.not_read[i].what, what) == 0)
            return true;
    return false;
}

static void health_alone_is_never_more_than_possible(void **state)
{
    (void)state;
    w.v.workers_read = w.v.detail_read = w.v.account_read = false;
    w.v.catalog = NULL;
    looks(2, 10 * SECOND, (struct health){.in_queue = 17, .throttled = 2});
    judge();
    expect_verdict(TRIAGE_UNKNOWN);
    for (size_t i = 0; i < w.t.count; i++)
        assert_int_equal(w.t.diagnoses[i].certainty, TRIAGE_POSSIBLE);
    assert_true(says_not_read("workers"));
    w.v.look_count = 0;
    w.v.oldest_ms = -1;
    judge();
    expect_verdict(TRIAGE_UNKNOWN);
    assert_true(says_not_read("health"));
    w.v.not_read[0] = (struct triage_not_read){"health", TEXT("HTTP 401: unauthorized")};
    w.v.not_read_count = 1;
    judge();
    assert_string_equal(w.t.diagnoses[0].id, "key-refused");
    assert_string_equal(w.t.not_read[0].why.s, "HTTP 401: unauthorized");
    expect_verdict(TRIAGE_UNKNOWN);
}

static void what_to_read_next(void **state)
{
    (void)state;
    struct triage_evidence *v = &w.v;
    v->look_count = 0;
    assert_int_equal(triage_wants(v), TRIAGE_WANT_LOOK);
    looks(1, 0, (struct health){.in_queue = 0});
    assert_int_equal(triage_wants(v), 0);
    looks(1, 0, (struct health){.in_queue = 3});
    v->workers_read = v->detail_read = v->account_read = false;
    v->catalog = NULL;
    v->facts = NULL;
    v->oldest_ms = -1;
    assert_int_equal(triage_wants(v), TRIAGE_WANT_WORKERS | TRIAGE_WANT_JOBS);
    v->oldest_ms = 9 * MINUTE; /* by what an earlier run knew: it may be over long since */
    v->jobs_recalled = true;
    assert_int_equal(triage_wants(v), TRIAGE_WANT_WORKERS | TRIAGE_WANT_JOBS);
    v->jobs_recalled = false;
    assert_int_equal(triage_wants(v), TRIAGE_WANT_WORKERS);
    v->oldest_ms = 3 * MINUTE;
    struct triage_worker *k = add_worker("w1", WORKER_INITIALIZING);
    k->logs_read = false;
    assert_int_equal(triage_wants(v), TRIAGE_WANT_LOOK | TRIAGE_WANT_LOGS);
    k->logs_read = true;
    crashes(k, "disk-full", "", "no space left on device");
    looks(2, 10 * SECOND, (struct health){.in_queue = 3, .initializing = 1});
    assert_int_equal(triage_wants(v), TRIAGE_WANT_DETAIL | TRIAGE_WANT_CATALOG | TRIAGE_WANT_MODEL);
    v->not_read[0] = (struct triage_not_read){"catalog", TEXT("HTTP 500")};
    v->not_read[1] = (struct triage_not_read){"hub", TEXT("no token")};
    v->not_read[2] = (struct triage_not_read){"settings", TEXT("HTTP 500")};
    v->not_read_count = 3;
    assert_int_equal(triage_wants(v), 0);
    v->worker_count = 0;
    v->not_read_count = 0;
    assert_int_equal(
        triage_wants(v), TRIAGE_WANT_ACCOUNT | TRIAGE_WANT_DETAIL | TRIAGE_WANT_CATALOG);
    v->endpoint.workers_max = 0; /* what is left is when, and what the way back costs */
    assert_int_equal(triage_wants(v), TRIAGE_WANT_DETAIL | TRIAGE_WANT_CATALOG);
    v->detail_read = true;
    v->catalog = &w.catalog;
    assert_int_equal(triage_wants(v), 0);
}

/* ---- well, though it looks ill ---------------------------------------------------------------------------------------------- */

static void served_a_moment_ago(void)
{
    w.v.looks[0].health.completed = 100;
    w.v.looks[1].health.completed = 104;
}

static void frightening(void **state)
{
    (void)state;
    for (int i = 0; i < 18; i++) {
        triage_release(&w.t);
        struct arena *keep = w.arena;
        memset(&w, 0, sizeof w);
        w.arena = keep;
        waiting();
        struct triage_worker *k = serves(add_worker("a", WORKER_RUNNING));
        serves(add_worker("b", WORKER_RUNNING));
        served_a_moment_ago();
        queue(3, 2, 8 * SECOND);
        switch (i) {
        case 0: /* nothing but a queue that moves */
            break;
        case 1: /* an old crash in the log of a worker that serves */
            say_line(k, "torch.OutOfMemoryError: CUDA out of memory");
            k->log.starts = 2;
            k->log.ends = 1;
            break;
        case 2:
            (void)add_worker("t", WORKER_THROTTLED);
            break;
        case 3:
            (void)add_worker("u", WORKER_UNHEALTHY);
            break;
        case 4: /* a third crashes on its host, the others serve */
            crashes(
                add_worker("x", WORKER_UNHEALTHY), "gpu-fault", "ecc", "uncorrectable ECC error");
            break;
        case 5: /* the last worker has crashed, and was mended since; nothing waits */
            k->vanished = true;
            crashes(k, "disk-full", "", "no space left on device");
            queue(0, 0, -1);
            break;
        case 6:
            gpu_of("ADA_24")->stock = STOCK_NONE;
            break;
        case 7: /* a burst is being worked off */
            queue(240, 2, 4 * MINUTE);
            break;
        case 8:
            w.v.account.balance = 0;
            break;
        case 9: /* nothing in an hour */
            queue(0, 0, -1);
            break;
        case 10: /* off on purpose */
            w.v.endpoint.workers_max = 0;
            w.v.worker_count = 0;
            queue(0, 0, -1);
            break;
        case 11: /* requests fail, the worker is fine */
            add_job("f-u1", REQUEST_FAILED, MINUTE)->error = TEXT("KeyError: 'prompt'");
            w.v.looks[1].health.failed = 90;
            break;
        case 12: /* retried once, and done */
            add_job("r-u1", REQUEST_COMPLETED, MINUTE)->retries = 1;
            w.v.looks[1].health.retried = 1;
            break;
        case 13:
            add_job("l-u1", REQUEST_IN_PROGRESS, 9 * MINUTE)->running_ms = 8 * MINUTE;
            break;
        case 14:
            w.v.detail.volumes = TEXT("vol1");
            w.v.gpu_ids = TEXT("AMPERE_24,ADA_24,AMPERE_48,ADA_48_PRO");
            break;
        case 15: /* requests usually wait for a cold start */
            w.v.usual_ms = 3 * MINUTE;
            queue(2, 1, 2 * MINUTE);
            break;
        case 16: /* a rollout while it serves */
            w.v.detail.rolling = true;
            k->worker.stale = true;
            break;
        case 17: /* clients ran into 524 at a cold start that is over */
            add_job("s-u1", REQUEST_COMPLETED, 5 * MINUTE)->error_status = 524;
            break;
        default:
            break;
        }
        judge();
        if (w.t.verdict != TRIAGE_HEALTHY && !(i == 7 && w.t.verdict == TRIAGE_WAITING)) {
            print_reading();
            fail_msg("case %d: %s", i, triage_verdict_name(w.t.verdict));
        }
        if (i != 7 && i != 17 && w.t.count) {
            print_reading();
            fail_msg("case %d: something is claimed", i);
        }
    }
}

/* ---- any evidence -------------------------------------------------------------------------------------------------------------- */

static uint64_t seed;

static unsigned pick(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed % n);
}

static struct health random_health(void)
{
    struct health h = {
        .in_queue = pick(3) ? (int64_t)pick(40) : 0, .in_progress = pick(4), .completed = pick(3)};
    h.idle = pick(3);
    h.ready = pick(3);
    h.running = pick(3);
    h.initializing = pick(3);
    h.throttled = pick(3);
    h.unhealthy = pick(2);
    h.retried = pick(3);
    return h;
}

static void random_worker(void)
{
    static const char *const ids[] = {"disk-full", "does-not-fit-gpu", "bad-worker-setting",
        "hub-outage", "poison-job", "init-timeout-loop", "unheard-of", "gpu-fault",
        "model-incomplete", "load-balancer-unreachable"};
    static const char *const variants[] = {
        "", "kv-cache", "weights", "heads", "once", "revision", "warm-up"};
    static const double numbers[] = {0, -1, 1e300, 8192, 0.5, INFINITY, NAN};
    struct triage_worker *k = add_worker("w", (enum worker_status)pick(WORKER_STATUSES));
    (void)snprintf(k->worker.id, sizeof k->worker.id, "w%zu", w.v.worker_count);
    k->vanished = pick(5) == 0;
    k->logs_read = pick(3) > 0;
    k->first_ms = pick(4) ? NOW - (int64_t)pick(5000) * SECOND : -1;
    k->worker.version = (int)pick(6) - 1;
    k->worker.stale = pick(4) == 0;
    struct crash *c = &k->log;
    w.cause_count = w.cause_count < CAUSES_MAX ? w.cause_count : 0;
    if (pick(2))
        (void)crashes(k, pick(3) ? ids[pick(10)] : NULL, variants[pick(7)],
            pick(3) ? "a line %s%n of a log" : NULL);
    c->serves = pick(4) == 0;
    c->loading = pick(4) == 0;
    c->pulling = pick(5) == 0;
    c->again = pick(4) == 0;
    c->after_serving = pick(4) == 0;
    c->local_api = pick(8) == 0;
    c->crashes = (int)pick(4);
    for (unsigned i = pick(CRASH_VALUES_MAX + 1); i > 0; i--)
        say_value(k, (enum crash_value_kind)pick(CRASH_VALUE_KINDS), "17", numbers[pick(7)]);
}

static void random_evidence(void)
{
    triage_release(&w.t);
    arena_free(w.arena);
    memset(&w, 0, sizeof w);
    w.arena = arena_new(ARENA);
    assert_non_null(w.arena);
    waiting();
    int count = (int)pick(4);
    looks(count, 10 * SECOND, random_health());
    for (int i = 0; i < count; i++)
        w.v.looks[i].health = random_health();
    w.v.workers_read = pick(4) > 0;
    for (unsigned i = pick(5); i > 0 && w.v.workers_read; i--)
        random_worker();
    for (unsigned i = pick(4); i > 0; i--) {
        struct triage_job *j =
            add_job("j", (enum request_status)pick(REQUEST_STATUSES), (int64_t)pick(5000) * SECOND);
        (void)snprintf(j->id, sizeof j->id, "job-%u", i);
        static const int statuses[] = {0, 0, 401, 404, 429, 503, 524};
        j->error_status = statuses[pick(7)];
        j->running_ms = pick(2) ? (int64_t)pick(5000) * SECOND : -1;
        j->retries = (int)pick(4);
        j->low_priority = pick(4) == 0;
        j->empty_input = pick(6) == 0;
    }
    w.v.oldest_ms = pick(3) ? (int64_t)pick(4000) * SECOND : -1;
    w.v.usual_ms = pick(3) ? -1 : (int64_t)pick(400) * SECOND;
    w.v.detail_read = pick(3) > 0;
    w.v.account_read = pick(3) > 0;
    w.v.account.balance = pick(4) ? 10 : -1;
    w.v.catalog = pick(3) ? &w.catalog : NULL;
    w.v.facts = pick(3) ? &w.facts : NULL;
    w.facts.heads = pick(2) ? 32 : 0;
    for (size_t i = 0; i < w.catalog.count; i++) {
        w.gpus[i].stock = (enum stock)pick(5);
        w.gpus[i].cuda = pick(2) ? 1208 : 1300;
    }
    w.v.endpoint.workers_max = pick(6) ? (int)pick(5) : 0;
    w.v.endpoint.workers_min = (int)pick(2);
    w.v.endpoint.load_balancer = pick(6) == 0;
    w.v.endpoint.gpu_count = (int)pick(4);
    w.v.endpoint.pool_count = pick(2);
    w.v.detail.volumes = pick(3) ? TEXT("") : TEXT("vol");
    w.v.detail.rolling = pick(5) == 0;
    w.v.quota = pick(3) ? -1 : (int)pick(10);
    w.v.workers_elsewhere = pick(3) ? -1 : (int)pick(12);
    w.v.gpu_ids = pick(3) ? TEXT("") : TEXT("NVIDIA L40S,,-X, ADA_24");
    w.v.cached_failure = pick(8) ? TEXT("") : TEXT("mount_failed");
}

static bool is_proof(const char *id)
{
    return strcmp(id, "workers-max-zero") == 0 || strcmp(id, "worker-quota") == 0 ||
           strcmp(id, "account-no-funds") == 0;
}

static bool same_reading(const struct triage *a, const struct triage *b)
{
    bool same = a->count == b->count && strcmp(a->sentence.s, b->sentence.s) == 0;
    for (size_t i = 0; same && i < a->count; i++) {
        const struct triage_diagnosis *x = &a->diagnoses[i], *y = &b->diagnoses[i];
        same = strcmp(x->summary.s, y->summary.s) == 0 && x->remedy_count == y->remedy_count;
        for (size_t k = 0; same && k < x->remedy_count; k++)
            same = (!x->remedies[k].asked && !y->remedies[k].asked) ||
                   json_equal(x->remedies[k].asked, y->remedies[k].asked);
    }
    return same;
}

static void any_evidence(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 4000; round++) {
        seed = round * 0x9e3779b97f4a7c15;
        random_evidence();
        judge();
        bool proof = w.t.count && is_proof(w.t.diagnoses[0].id);
        if (w.t.verdict == TRIAGE_STUCK &&
            (w.t.count == 0 || (!proof && w.v.look_count < 2 && !w.v.endpoint.load_balancer)))
            fail_msg("round %u: stuck without cause or second look", (unsigned)round);
        if (w.t.verdict == TRIAGE_STUCK && w.t.diagnoses[0].certainty == TRIAGE_POSSIBLE)
            fail_msg("round %u: stuck, and only possible", (unsigned)round);
        for (size_t i = 0; i < w.t.count; i++)
            if (!w.v.workers_read && !is_proof(w.t.diagnoses[i].id) &&
                strcmp(w.t.diagnoses[i].id, "no-capacity") == 0)
                fail_msg("round %u: capacity is blamed without the list", (unsigned)round);
        assert_true(triage_wants(&w.v) < 256);
        struct triage copy;
        struct arena *a = arena_new(ARENA);
        assert_non_null(a);
        assert_int_equal(triage_dup(&copy, &w.t, a), 0);
        assert_true(same_reading(&copy, &w.t));
        triage_release(&copy);
        arena_free(a);
        if (w.v.job_count)
            judge_job(w.v.jobs[0].id);
    }
}

static void a_small_arena_fails_cleanly(void **state)
{
    (void)state;
    (void)crash("does-not-fit-gpu", "kv-cache");
    for (size_t size = 64; size < 64 * 1024; size += 517) {
        struct arena *a = arena_new(size);
        struct triage t;
        struct err e;
        assert_non_null(a);
        int result = triage_judge(&w.v, a, &t, &e);
        assert_true(result == 0 || e.class == ERR_IO);
        triage_release(&t);
        arena_free(a);
    }
    judge();
    for (size_t size = 16; size < 4096; size += 61) {
        struct arena *a = arena_new(size);
        struct triage t;
        assert_non_null(a);
        if (triage_dup(&t, &w.t, a) == 0)
            triage_release(&t);
        arena_free(a);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, finish)
    const struct CMUnitTest tests[] = {
        T(a_pull_is_waited_for),
        T(a_cold_start_is_waited_for),
        T(a_rollout_is_waited_for),
        T(a_failed_cached_model),
        T(nobody_takes_jobs),
        T(a_worker_that_ends_at_work),
        T(a_request_that_hangs),
        T(one_worker_takes_all),
        T(the_scaler_does_not_ask),
        T(all_are_busy),
        T(low_priority_starts_no_worker),
        T(a_load_balancers_server_on_loopback),
        T(single_requests),
        T(the_gateway_gives_up_at_a_cold_start),
        T(a_full_queue),
        T(two_at_once),
        T(a_volume_before_little_stock),
        T(grace),
        T(grace_of_a_ready_worker),
        T(grace_of_a_start),
        T(health_alone_is_never_more_than_possible),
        T(what_to_read_next),
        T(frightening),
        T(any_evidence),
        T(a_small_arena_fails_cleanly),
    };
    return cmocka_run_group_tests_name(
        "triage: requests that wait, and requests that do not", tests, NULL, NULL);
}
