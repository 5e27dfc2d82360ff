/* Each row of the table: what it looks like, and what nearly looks like it. */
#include "triage_world.h"

#define ENDPOINT "\"endpoint\":\"x2x496ymkidl3m\""

/* ---- switched off, no money, no room ------------------------------------------------------------------ */

static void max_zero_is_proof(void **state)
{
    (void)state;
    w.v.endpoint.workers_max = 0;
    w.v.look_count = 1;
    w.v.oldest_ms = 2 * SECOND;
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "workers-max-zero", 1, TRIAGE_CERTAIN);
    const struct triage_remedy *m = remedy_of(d, 1);
    expect_remedy(m, "scale", "{" ENDPOINT ",\"max\":3}",
        "{\"workers\":{\"min\":0,\"max\":3,\"idleTimeout\":10}}");
    assert_string_equal(m->calls[0].path.s, "/v2/serverless/x2x496ymkidl3m");
    assert_string_equal(m->calls[0].method, "PATCH");
    assert_int_equal(m->risk, 2);
    assert_true(fabs(m->cost_per_hour_delta - 3 * 1.12) < 1e-9);
    expect_remedy(remedy_of(d, 2), "purge", "{" ENDPOINT ",\"purge\":true}", NULL);
    assert_int_equal(remedy_of(d, 2)->risk, 3);
    assert_string_equal(remedy_of(d, 2)->calls[0].path.s, "/v2/x2x496ymkidl3m/purge-queue");
}

static void max_zero_goes_back_to_what_it_was(void **state)
{
    (void)state;
    w.v.endpoint.workers_max = 0;
    w.changes[0] = (struct release_change){TEXT("workersMax"), TEXT("7"), TEXT("0")};
    w.releases[0] = (struct release){5, TEXT("MANUAL"), NOW - 20 * MINUTE, 0, w.changes, 1};
    w.v.detail.releases = w.releases;
    w.v.detail.release_count = 1;
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "workers-max-zero", 1, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(d, 1), "scale", "{" ENDPOINT ",\"max\":7}", NULL);
}

static void max_zero_scaled_by_requests_sends_no_idle_timeout(void **state)
{
    (void)state;
    w.v.endpoint.workers_max = 0;
    w.v.scaler = TEXT("REQUEST_COUNT");
    judge();
    expect_remedy(remedy_of(&w.t.diagnoses[0], 1), "scale", "{" ENDPOINT ",\"max\":3}",
        "{\"workers\":{\"min\":0,\"max\":3}}");
}

static void paused_without_a_queue_is_well(void **state)
{
    (void)state;
    w.v.endpoint.workers_max = 0;
    queue(0, 0, -1);
    judge();
    expect_verdict(TRIAGE_HEALTHY);
    assert_int_equal(w.t.count, 0);
}

static void quota_is_why_there_are_none(void **state)
{
    (void)state;
    w.v.endpoint.workers_max = 0;
    w.v.quota = w.v.workers_elsewhere = 10;
    w.v.others[0] = (struct triage_other){"otherendpoint", TEXT("support"), 7, true};
    w.v.others[1] = (struct triage_other){"busyendpoint", TEXT("busy"), 9, false};
    w.v.other_count = 2;
    judge();
    const struct triage_diagnosis *d = expect_first(TRIAGE_STUCK, "worker-quota", 8, TRIAGE_LIKELY);
    expect_remedy(remedy_of(d, 1), "scale", "{\"endpoint\":\"otherendpoint\",\"max\":4}",
        "{\"workers\":{\"max\":4}}");
    assert_string_equal(remedy_of(d, 1)->calls[0].path.s, "/v2/serverless/otherendpoint");
    assert_non_null(diagnosis_of("workers-max-zero"));
    w.v.workers_elsewhere = 9;
    judge();
    expect_first(TRIAGE_STUCK, "workers-max-zero", 1, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(&w.t.diagnoses[0], 1), "scale", "{" ENDPOINT ",\"max\":1}", NULL);
    expect_no("worker-quota");
}

static void no_money_is_proof(void **state)
{
    (void)state;
    w.v.account.balance = -0.02;
    w.v.look_count = 1;
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "account-no-funds", 2, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(d, 1), "by-hand", NULL, NULL);
    assert_false(remedy_of(d, 1)->can_be_applied);
    w.v.account = (struct account){10, 80.2, 80, 0};
    judge();
    expect_first(TRIAGE_STUCK, "account-no-funds", 2, TRIAGE_CERTAIN);
    w.v.account = (struct account){0.01, 79.9, 80, 0};
    judge();
    expect_no("account-no-funds");
    w.v.account = (struct account){NAN, NAN, NAN, 0};
    judge();
    expect_no("account-no-funds");
}

static void an_account_that_was_not_read_is_not_blamed(void **state)
{
    (void)state;
    w.v.account.balance = -5;
    w.v.account_read = false;
    judge();
    expect_no("account-no-funds");
}

/* ---- capacity ----------------------------------------------------------------------------------------- */

static void no_stock(void **state)
{
    (void)state;
    gpu_of("ADA_24")->stock = STOCK_NONE;
    judge();
    const struct triage_diagnosis *d = expect_first(TRIAGE_STUCK, "no-capacity", 3, TRIAGE_LIKELY);
    expect_remedy(remedy_of(d, 1), "set-pools",
        "{" ENDPOINT ",\"pool\":[\"ADA_24\",\"AMPERE_24\",\"AMPERE_48\"]}",
        "{\"gpu\":{\"pools\":[\"ADA_24\",\"AMPERE_24\",\"AMPERE_48\"]}}");
    assert_true(fabs(remedy_of(d, 1)->cost_per_hour_delta - (1.22 - 1.12)) < 1e-9);
    gpu_of("ADA_24")->stock = STOCK_HIGH;
    judge();
    expect_no("no-capacity");
    expect_verdict(TRIAGE_UNKNOWN);
}

static void stock_is_not_blamed_while_logs_are_unread(void **state)
{
    (void)state;
    gpu_of("ADA_24")->stock = STOCK_NONE;
    struct triage_worker *k = add_worker("gone1", WORKER_INITIALIZING);
    k->vanished = true;
    k->logs_read = false;
    judge();
    expect_verdict(TRIAGE_UNKNOWN);
    assert_int_equal(diagnosis_of("no-capacity")->certainty, TRIAGE_POSSIBLE);
    assert_int_equal(triage_wants(&w.v) & TRIAGE_WANT_LOGS, TRIAGE_WANT_LOGS);
}

static void cuda_floor_above_all_hosts(void **state)
{
    (void)state;
    w.v.endpoint.image = TEXT(WORKER_IMAGE_OLDER_HOSTS);
    gpu_of("ADA_24")->cuda = 1209;
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "cuda-filter-excludes-hosts", 4, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(d, 1), "set-cuda", "{" ENDPOINT ",\"cuda\":\"none\"}",
        "{\"gpu\":{\"minCudaVersion\":\"\"}}");
    w.v.endpoint.image = TEXT(WORKER_IMAGE_DEFAULT);
    judge();
    d = expect_first(TRIAGE_STUCK, "cuda-filter-excludes-hosts", 4, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(d, 1), "set-image",
        "{" ENDPOINT ",\"image\":\"" WORKER_IMAGE_OLDER_HOSTS "\",\"cuda\":\"none\"}", NULL);
    gpu_of("ADA_24")->cuda = 1300;
    judge();
    expect_no("cuda-filter-excludes-hosts");
    gpu_of("ADA_24")->cuda = 0;
    judge();
    expect_no("cuda-filter-excludes-hosts");
}

static void volume_pins(void **state)
{
    (void)state;
    w.v.detail.volumes = TEXT("vol123");
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "volume-pins-placement", 5, TRIAGE_LIKELY);
    expect_remedy(remedy_of(d, 1), "by-hand", NULL, "{\"networkVolumes\":[]}");
    gpu_of("ADA_24")->stock = STOCK_NONE;
    judge();
    expect_first(TRIAGE_STUCK, "no-capacity", 3, TRIAGE_LIKELY);
    assert_int_equal(diagnosis_of("volume-pins-placement")->certainty, TRIAGE_POSSIBLE);
}

static void a_type_where_a_pool_is_meant(void **state)
{
    (void)state;
    w.v.gpu_ids = TEXT("NVIDIA L40S,-NVIDIA L4");
    w.v.endpoint.pools[0] = TEXT("NVIDIA L40S");
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "invalid-gpu-selection", 6, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(d, 1), "set-pools", "{" ENDPOINT ",\"pool\":[\"ADA_48_PRO\"]}",
        "{\"gpu\":{\"pools\":[\"ADA_48_PRO\"]}}");
    w.v.gpu_ids = TEXT("AMPERE_24,ADA_24,AMPERE_48,ADA_48_PRO,-NVIDIA L4");
    w.v.endpoint.pools[0] = TEXT("ADA_24");
    judge();
    d = expect_first(TRIAGE_STUCK, "invalid-gpu-selection", 6, TRIAGE_LIKELY);
    expect_remedy(remedy_of(d, 1), "set-pools",
        "{" ENDPOINT ",\"pool\":[\"AMPERE_24\",\"ADA_24\",\"AMPERE_48\"]}", NULL);
    w.v.gpu_ids = TEXT("AMPERE_24,ADA_24,AMPERE_48,-NVIDIA L4");
    judge();
    expect_no("invalid-gpu-selection");
}

static void throttled(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("t1", WORKER_THROTTLED);
    k->first_ms = NOW - 6 * MINUTE;
    w.v.endpoint.workers_max = 1;
    judge();
    const struct triage_diagnosis *d = expect_first(TRIAGE_STUCK, "throttled", 7, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(d, 1), "set-pools",
        "{" ENDPOINT ",\"pool\":[\"ADA_24\",\"AMPERE_24\",\"AMPERE_48\"]}", NULL);
    expect_remedy(remedy_of(d, 2), "scale", "{" ENDPOINT ",\"max\":3}", NULL);
    assert_true(w.t.cost_hour == 0);
    k->logs_read = false;
    judge();
    assert_int_equal(diagnosis_of("throttled")->certainty, TRIAGE_POSSIBLE);
    expect_verdict(TRIAGE_UNKNOWN);
}

static void ghost(void **state)
{
    (void)state;
    struct triage_worker *k = add_worker("g1", WORKER_INITIALIZING);
    k->worker.gpu = k->worker.data_center = TEXT("");
    k->worker.started_ms = -1;
    k->first_ms = NOW - 3 * 60 * MINUTE;
    w.v.oldest_ms = 2 * 60 * MINUTE;
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "ghost-worker", 34, TRIAGE_LIKELY);
    assert_int_equal(remedy_of(d, 1)->call_count, 2);
    expect_json(remedy_of(d, 1)->calls[1].body, "{\"workers\":{\"min\":0,\"max\":3}}");
    w.v.oldest_ms = 10 * MINUTE;
    k->first_ms = NOW - 10 * MINUTE;
    judge();
    expect_no("ghost-worker");
    expect_verdict(TRIAGE_WAITING);
    w.v.oldest_ms = 2 * 60 * MINUTE;
    k->worker.gpu = TEXT("NVIDIA L4");
    judge();
    expect_no("ghost-worker");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, finish)
    const struct CMUnitTest tests[] = {
        T(max_zero_is_proof),
        T(max_zero_goes_back_to_what_it_was),
        T(max_zero_scaled_by_requests_sends_no_idle_timeout),
        T(paused_without_a_queue_is_well),
        T(quota_is_why_there_are_none),
        T(no_money_is_proof),
        T(an_account_that_was_not_read_is_not_blamed),
        T(no_stock),
        T(stock_is_not_blamed_while_logs_are_unread),
        T(cuda_floor_above_all_hosts),
        T(volume_pins),
        T(a_type_where_a_pool_is_meant),
        T(throttled),
        T(ghost),
    };
    return cmocka_run_group_tests_name("triage: where there is no worker", tests, NULL, NULL);
}
