/* The autoscaler: when workers come and go (spec/runpod.md §4.4, §8.1). */
#include "world.h"

#define ASK  "{'text':'hello'}"
#define SLOW ",'behaviour':{'exec_ms':600000},'timeout':0"

static void ask_many(struct sim *s, int n)
{
    for (int i = 0; i < n; i++)
        (void)world_ask(s, ASK);
}

/* ---- more ------------------------------------------------------------------------------------ */

static void without_requests_there_are_only_the_minimum(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    world_run(s, HOUR);
    assert_int_equal(world_live(world_endpoint(s)), 0);
    world_set(s, "{'workers':{'min':2,'max':3}}");
    WORLD_UNTIL(s, 30000, world_count(world_endpoint(s), WORKER_IDLE) == 2);
    world_run(s, HOUR);
    assert_int_equal(world_count(world_endpoint(s), WORKER_IDLE), 2);
    world_end(s);
}

static void queue_delay_starts_one_at_once_and_more_when_the_wait_is_too_long(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO("", ENDPOINT(SLOW ",'workers':{'min':0,'max':5},"
                                   "'scaling':{'type':'QUEUE_DELAY','queueDelay':30}")));
    struct endpoint *e = world_endpoint(s);
    ask_many(s, 4);
    world_run(s, 1500);
    assert_int_equal(world_live(e), 1);
    world_run(s, 28000);
    assert_int_equal(world_live(e), 1); /* 29.5 s: nobody has waited longer than 30 */
    world_run(s, 3000);
    assert_int_equal(world_live(e), 2);
    world_run(s, 5 * MINUTE);
    assert_int_equal(world_live(e), 4); /* no more than there are requests */
    assert_int_equal(e->queue.count, 0);
    world_end(s);
}

static void an_absurd_queue_delay_never_adds_a_second_worker(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO("", ENDPOINT(SLOW ",'scaling':{'type':'QUEUE_DELAY','queueDelay':1e300}")));
    ask_many(s, 40);
    world_run(s, HOUR);
    assert_int_equal(world_live(world_endpoint(s)), 1);
    world_end(s);
}

static void queue_delay_counts_what_workers_on_their_way_will_take(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO("", ENDPOINT(",'timeout':0,'behaviour':{'concurrency':8,'exec_ms':90000},"
                              "'workers':{'min':0,'max':5}")));
    struct endpoint *e = world_endpoint(s);
    ask_many(s, 8);
    world_run(s, 40000);
    assert_int_equal(world_live(e), 1);
    assert_int_equal(e->in_progress, 8);
    ask_many(s, 1);
    world_run(s, 40000);
    assert_int_equal(world_live(e), 2);
    world_check(s);
    world_end(s);
}

static void request_count_wants_a_worker_for_every_so_many(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO("", ENDPOINT(SLOW ",'workers':{'min':0,'max':4},"
                                   "'scaling':{'type':'REQUEST_COUNT','requestCount':3}")));
    struct endpoint *e = world_endpoint(s);
    ask_many(s, 1);
    world_run(s, 2000);
    assert_int_equal(world_live(e), 1);
    ask_many(s, 3);
    world_run(s, 2000);
    assert_int_equal(world_live(e), 2); /* ceil(4 / 3) */
    ask_many(s, 30);
    world_run(s, 60000);
    assert_int_equal(world_live(e), 4); /* the maximum */
    world_check(s);
    world_end(s);
}

static void max_concurrency_of_the_environment_counts(void **state)
{
    (void)state;
    struct sim *s =
        world_start(SCENARIO("", ENDPOINT(",'env':{'MAX_CONCURRENCY':'3'},'behaviour':{"
                                          "'exec_ms':50000},'workers':{'min':1,'max':1}")));
    struct endpoint *e = world_endpoint(s);
    WORLD_UNTIL(s, 30000, world_count(e, WORKER_IDLE) == 1);
    ask_many(s, 5);
    world_run(s, 1000);
    assert_int_equal(e->in_progress, 3);
    assert_int_equal(e->queue.count, 2);
    world_end(s);
}

static void maximum_zero_means_nothing_ever_runs(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct endpoint *e = world_endpoint(s);
    world_set(s, "{'workers':{'min':0,'max':0}}");
    ask_many(s, 3);
    world_run(s, HOUR);
    assert_null(e->workers);
    assert_int_equal(e->queue.count, 3);
    world_set(s, "{'workers':{'min':0,'max':1}}");
    WORLD_UNTIL(s, 60000, e->completed == 3);
    world_end(s);
}

/* ---- less ------------------------------------------------------------------------------------ */

static void idle_workers_go_after_the_idle_timeout(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct endpoint *e = world_endpoint(s);
    struct job *j = world_ask(s, ASK);
    WORLD_UNTIL(s, 30000, job_final(j));
    world_run(s, 18500);
    assert_int_equal(world_count(e, WORKER_IDLE), 1);
    world_run(s, 3000);
    assert_int_equal(world_live(e), 0);
    assert_int_equal(world_count(e, WORKER_GONE), 1); /* flashboot OFF */
    assert_non_null(world_line(e->workers, LOG_SYSTEM, "remove container"));
    world_end(s);
}

static void flashboot_parks_and_wakes_the_same_worker(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'flashboot':'FLASHBOOT'")));
    struct endpoint *e = world_endpoint(s);
    struct job *cold = world_ask(s, ASK);
    WORLD_UNTIL(s, 30000, job_final(cold));
    WORLD_UNTIL(s, 30000, world_count(e, WORKER_PARKED) == 1);
    assert_false(worker_listed(e->workers));
    assert_int_equal(e->workers->billed_from, 0);
    world_run(s, 5000);
    struct health h;
    endpoint_health(s, e, &h);
    assert_int_equal(h.idle, 1);
    assert_int_equal(h.ready, 1);
    struct job *warm = world_ask(s, ASK);
    WORLD_UNTIL(s, 10000, job_final(warm));
    assert_string_equal(warm->worker, cold->worker);
    assert_true(job_delay_ms(warm) < 3500);
    assert_true(job_delay_ms(warm) * 3 < job_delay_ms(cold));
    world_run(s, 2 * HOUR);
    assert_int_equal(world_count(e, WORKER_PARKED), 0); /* not kept for ever */
    world_check(s);
    world_end(s);
}

static void lowering_the_maximum_ends_idle_workers_and_lets_running_ones_finish(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO("", ENDPOINT(",'behaviour':{'exec_ms':20000},'workers':{'min':3,'max':3}")));
    struct endpoint *e = world_endpoint(s);
    WORLD_UNTIL(s, 30000, world_count(e, WORKER_IDLE) == 3);
    struct job *j = world_ask(s, ASK);
    WORLD_UNTIL(s, 2000, j->state == JOB_IN_PROGRESS);
    world_set(s, "{'workers':{'min':0,'max':0}}");
    world_run(s, 2000);
    assert_int_equal(world_count(e, WORKER_IDLE), 0);
    assert_int_equal(world_count(e, WORKER_RUNNING), 1);
    (void)world_ask(s, ASK);
    WORLD_UNTIL(s, 30000, job_final(j));
    assert_int_equal(j->state, JOB_COMPLETED);
    world_run(s, 1000);
    assert_int_equal(world_live(e), 0);
    assert_int_equal(e->queue.count, 1); /* a worker that is to go takes nothing more */
    world_end(s);
}

static void after_days_without_requests_the_maximum_falls(void **state)
{
    (void)state;
    const int64_t day = 24 * (int64_t)HOUR;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'workers':{'min':0,'max':5}")));
    struct endpoint *e = world_endpoint(s);
    world_run(s, 3 * day - 2 * MINUTE);
    assert_int_equal(e->workers_max, 5);
    world_run(s, 4 * MINUTE);
    assert_int_equal(e->workers_max, 2);
    (void)world_ask(s, ASK); /* a request starts the count anew */
    world_run(s, 5 * day);
    assert_int_equal(e->workers_max, 2);
    world_run(s, 2 * day + 4 * MINUTE);
    assert_int_equal(e->workers_max, 0);
    world_set(s, "{'workers':{'min':0,'max':3}}"); /* so does changing it */
    world_run(s, day);
    assert_int_equal(e->workers_max, 3);
    world_end(s);
}

static void after_a_week_of_failing_the_maximum_falls_to_zero(void **state)
{
    (void)state;
    const int64_t day = 24 * (int64_t)HOUR;
    struct sim *s = world_start(SCENARIO(
        ",'troubles':[{'phase':'load','at_s':5,'lines':['boom'],'restart_s':30}]", ENDPOINT("")));
    struct endpoint *e = world_endpoint(s);
    for (int i = 0; i < 6; i++) {
        (void)world_ask(s, ASK);
        world_run(s, day);
    }
    assert_int_equal(e->workers_max, 2);
    (void)world_ask(s, ASK);
    world_run(s, day + HOUR);
    assert_int_equal(e->workers_max, 0);
    world_end(s);
}

/* ---- places ---------------------------------------------------------------------------------- */

static void no_worker_comes(const char *scenario)
{
    struct sim *s = world_start(scenario);
    struct endpoint *e = world_endpoint(s);
    (void)world_ask(s, ASK);
    world_run(s, HOUR);
    assert_int_equal(e->queue.count, 1);
    assert_int_equal(endpoint_active_workers(e), 0);
    assert_true(world_count(e, WORKER_PLACING) > 0);
    world_check(s);
    world_end(s);
}

static void without_a_matching_host_requests_wait(void **state)
{
    (void)state;
    no_worker_comes(
        SCENARIO(",'stock':{'default':'HIGH','pools':{'AMPERE_24':'NONE'}}", ENDPOINT("")));
    no_worker_comes(SCENARIO("", ENDPOINT(",'gpu':{'pools':['NVIDIA L4'],'count':1}")));
    no_worker_comes(SCENARIO("",
        ENDPOINT(",'gpu':{'pools':['AMPERE_24','ADA_24','AMPERE_48','ADA_48_PRO'],'count':1}")));
    no_worker_comes(SCENARIO("", ENDPOINT(",'gpu':{'pools':['ADA_24'],'excludedTypes':"
                                          "['NVIDIA GeForce RTX 4090'],'count':1}")));
    no_worker_comes(SCENARIO("", ENDPOINT(",'gpu':{'pools':['ADA_24'],'minCudaVersion':'13.9'}")));
    no_worker_comes(SCENARIO(",'stock':{'default':'HIGH','cuda':{'12.0':1,'12.8':0.8,'13.0':0}}",
        ENDPOINT(",'gpu':{'pools':['ADA_24'],'minCudaVersion':'13.0'}")));
    no_worker_comes(SCENARIO(",'stock':{'default':'HIGH','cuda':{'12.0':1,'12.8':0.8,'13.0':0}}",
        ENDPOINT(",'gpu':{'pools':['ADA_24'],'allowedCudaVersions':['13.0']}")));
    no_worker_comes(SCENARIO(",'stock':{'default':'HIGH','data_centers':{'EU-RO-1':{'*':'NONE'}}},"
                             "'network_volumes':[{'id':'v1','dataCenterId':'EU-RO-1'}]",
        ENDPOINT(",'networkVolumes':['v1']")));
    no_worker_comes(SCENARIO("", ENDPOINT(",'dataCenterIds':['MOON-1']")));
}

static struct worker *worker_after(struct sim *s)
{
    (void)world_ask(s, ASK);
    WORLD_UNTIL(s, 60000, world_count(world_endpoint(s), WORKER_RUNNING) > 0);
    return world_endpoint(s)->workers;
}

static void a_host_fits_what_was_asked(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 40; seed++) {
        char text[2048];
        (void)snprintf(text, sizeof text,
            "{'seed':%d,'behaviour':{" EXACT
            "},'stock':{'default':'HIGH','pools':{'AMPERE_24':'LOW'}},"
            "'endpoints':[%s]}",
            seed,
            ENDPOINT(
                ",'gpu':{'pools':['AMPERE_24','AMPERE_48'],'excludedTypes':['NVIDIA A40'],"
                "'minCudaVersion':'12.8','count':1},'dataCenterIds':['EU-RO-1','US-KS-2','EU-SE-1',"
                "'US-TX-3','CA-MTL-1','US-GA-2','AP-JP-1']"));
        struct sim *s = world_start(text);
        struct worker *w = worker_after(s);
        assert_string_equal(
            w->gpu->id, "NVIDIA RTX A6000"); /* well stocked before low, A40 excluded */
        assert_true(cuda_number(w->cuda) >= 1208);
        assert_non_null(
            strstr("EU-RO-1 US-KS-2 EU-SE-1 US-TX-3 CA-MTL-1 US-GA-2 AP-JP-1", w->data_center));
        world_end(s);
    }
}

static void a_volume_pins_the_data_center(void **state)
{
    (void)state;
    struct sim *s =
        world_start(SCENARIO(",'stock':{'default':'HIGH','data_centers':{'EU-RO-1':{'*':'HIGH'}}},"
                             "'network_volumes':[{'id':'v1','dataCenterId':'EU-RO-1'}]",
            ENDPOINT(",'networkVolumes':['v1'],'workers':{'min':4,'max':4}")));
    world_run(s, 60000);
    for (struct worker *w = world_endpoint(s)->workers; w; w = w->next)
        assert_string_equal(w->data_center, "EU-RO-1");
    assert_int_equal(world_count(world_endpoint(s), WORKER_IDLE), 4);
    world_end(s);
}

static void a_cpu_endpoint_needs_no_gpu(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO(",'stock':{'default':'NONE'}", ENDPOINT(",'cpu':[{'id':'cpu5c','vcpuCount':4}]")));
    struct endpoint *e = world_endpoint(s);
    struct worker *w = worker_after(s);
    assert_null(w->gpu);
    assert_true(endpoint_cost_per_hour(e) > 0.05 && endpoint_cost_per_hour(e) < 1);
    world_end(s);
}

static void a_throttled_worker_waits_for_its_host_and_others_are_tried(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(",'stock':{'default':'LOW'}",
        ENDPOINT(
            ",'behaviour':{'throttle':{'LOW':{'chance':1,'s':600}}},'workers':{'min':0,'max':2}")));
    struct endpoint *e = world_endpoint(s);
    (void)world_ask(s, ASK);
    world_run(s, 30000);
    assert_int_equal(world_count(e, WORKER_THROTTLED), 2);
    assert_string_equal(worker_state_name(e->workers), "THROTTLED");
    assert_int_equal(endpoint_active_workers(e), 2);
    WORLD_UNTIL(s, 660000, e->completed == 1);
    world_check(s);
    world_end(s);
}

static void stock_comes_back(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO(",'stock':{'default':'NONE'},'timeline':[{'at_s':300,'stock':{'default':'HIGH'}}]",
            ENDPOINT("")));
    (void)world_ask(s, ASK);
    world_run(s, 290000);
    assert_int_equal(endpoint_active_workers(world_endpoint(s)), 0);
    WORLD_UNTIL(s, 60000, world_endpoint(s)->completed == 1);
    world_end(s);
}

/* ---- starts that fail ------------------------------------------------------------------------ */

static void a_slow_start_is_cut_off_unless_the_limit_is_raised(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO("", ENDPOINT(",'behaviour':{'load_s':500},'workers':{'min':0,'max':1}")));
    struct endpoint *e = world_endpoint(s);
    (void)world_ask(s, ASK);
    world_run(s, 419000);
    assert_int_equal(e->workers->starts, 1);
    WORLD_UNTIL(s, 15000, world_count(e, WORKER_UNHEALTHY) == 1);
    world_run(s, 30 * MINUTE);
    assert_true(e->workers->starts >= 4);
    assert_int_equal(e->completed, 0);
    world_set(s, "{'env':{'RUNPOD_INIT_TIMEOUT':'1800'}}");
    WORLD_UNTIL(s, 540000, e->completed == 1);
    world_end(s);
}

static void unhealthy_only_where_the_scenario_says_so(void **state)
{
    (void)state;
    for (int after = 0; after <= 3; after += 3) {
        char top[200], part[40], text[1024];
        (void)snprintf(part, sizeof part, ",'unhealthy_after':%d", after);
        (void)snprintf(top, sizeof top,
            ",'troubles':[{'phase':'load','at_s':5,'lines':['boom'],'restart_s':3%s}]",
            after ? part : "");
        (void)snprintf(text, sizeof text,
            "{'seed':3,'behaviour':{" EXACT "}%s,'endpoints':[" ENDPOINT("") "]}", top);
        struct sim *s = world_start(text);
        (void)world_ask(s, ASK);
        size_t seen = 0;
        for (int i = 0; i < 600; i++) {
            world_run(s, 500);
            seen += world_count(world_endpoint(s), WORKER_UNHEALTHY);
        }
        assert_true(world_endpoint(s)->workers->starts > 10);
        assert_true((seen > 0) == (after > 0));
        world_end(s);
    }
}

/* ---- releases -------------------------------------------------------------------------------- */

static void a_release_replaces_workers_one_by_one(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'workers':{'min':3,'max':3}")));
    struct endpoint *e = world_endpoint(s);
    WORLD_UNTIL(s, 30000, world_count(e, WORKER_IDLE) == 3);
    assert_int_equal(e->version, 1);
    world_set(s, "{'image':'acme/worker:2'}");
    assert_int_equal(e->version, 2);
    assert_int_equal(e->releases[e->release_count - 1].version, 2);
    assert_string_equal(
        json_str(json_at(e->releases[e->release_count - 1].diff, 0), "new"), "acme/worker:2");
    int total = 0, latest = 0, most = 0;
    for (int i = 0; i < 1200; i++) {
        world_run(s, 100);
        endpoint_rollout(e, &total, &latest);
        most = total > most ? total : most;
        size_t up = world_count(e, WORKER_IDLE) + world_count(e, WORKER_RUNNING);
        assert_true(up >= 3); /* never fewer than before */
    }
    assert_int_equal(most, 4);
    assert_int_equal(total, 3);
    assert_int_equal(latest, 3);
    for (const struct worker *w = e->workers; w; w = w->next)
        assert_true(w->state == WORKER_GONE || !strcmp(w->image, "acme/worker:2"));
    world_check(s);
    world_end(s);
}

static void a_rollout_lets_running_jobs_finish(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO("", ENDPOINT(",'behaviour':{'exec_ms':40000},'workers':{'min':1,'max':1}")));
    struct endpoint *e = world_endpoint(s);
    WORLD_UNTIL(s, 30000, world_count(e, WORKER_IDLE) == 1);
    struct job *j = world_ask(s, ASK);
    WORLD_UNTIL(s, 2000, j->state == JOB_IN_PROGRESS);
    world_set(s, "{'disk':70}");
    assert_true(e->workers->stale);
    WORLD_UNTIL(s, 60000, job_final(j));
    assert_int_equal(j->state, JOB_COMPLETED);
    assert_int_equal(j->retries, 0);
    world_run(s, 60000);
    assert_int_equal(world_count(e, WORKER_IDLE), 1);
    world_end(s);
}

static void settings_of_the_scaler_make_no_version(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    size_t before = world_endpoint(s)->release_count;
    world_set(s, "{'workers':{'min':0,'max':5},'timeout':1000}");
    assert_int_equal(world_endpoint(s)->release_count, before);
    assert_int_equal(world_endpoint(s)->version, 1);
    world_end(s);
}

static void releases_are_not_remembered_without_end(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    for (int i = 0; i < RELEASES_MAX + 20; i++)
        endpoint_released(s, world_endpoint(s), true, NULL);
    struct endpoint *e = world_endpoint(s);
    assert_int_equal(e->release_count, RELEASES_MAX);
    assert_int_equal(e->version, RELEASES_MAX + 21);
    assert_int_equal(e->releases[RELEASES_MAX - 1].version, e->version);
    world_end(s);
}

static void a_new_endpoint_serves(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct endpoint *e = endpoint_create(s, "fresh");
    assert_non_null(e);
    assert_ptr_equal(endpoint_find(s, e->id), e);
    struct json *settings =
        world_json("{'image':'acme/worker:1','gpu':{'pools':['ADA_24']},'workers':{'max':1}}");
    assert_int_equal(endpoint_read(e, settings, NULL, NULL), 0);
    json_free(settings);
    endpoint_released(s, e, false, NULL);
    assert_int_equal(e->version, 1);
    struct job *j = job_submit(s, e, world_json(ASK), false);
    WORLD_UNTIL(s, 60000, job_final(j));
    assert_int_equal(j->state, JOB_COMPLETED);
    char id[20];
    strcpy(id, e->id);
    endpoint_delete(s, e);
    assert_null(endpoint_find(s, id));
    world_run(s, MINUTE);
    world_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_requests_there_are_only_the_minimum),
        cmocka_unit_test(queue_delay_starts_one_at_once_and_more_when_the_wait_is_too_long),
        cmocka_unit_test(an_absurd_queue_delay_never_adds_a_second_worker),
        cmocka_unit_test(queue_delay_counts_what_workers_on_their_way_will_take),
        cmocka_unit_test(request_count_wants_a_worker_for_every_so_many),
        cmocka_unit_test(max_concurrency_of_the_environment_counts),
        cmocka_unit_test(maximum_zero_means_nothing_ever_runs),
        cmocka_unit_test(idle_workers_go_after_the_idle_timeout),
        cmocka_unit_test(flashboot_parks_and_wakes_the_same_worker),
        cmocka_unit_test(lowering_the_maximum_ends_idle_workers_and_lets_running_ones_finish),
        cmocka_unit_test(after_days_without_requests_the_maximum_falls),
        cmocka_unit_test(after_a_week_of_failing_the_maximum_falls_to_zero),
        cmocka_unit_test(without_a_matching_host_requests_wait),
        cmocka_unit_test(a_host_fits_what_was_asked),
        cmocka_unit_test(a_volume_pins_the_data_center),
        cmocka_unit_test(a_cpu_endpoint_needs_no_gpu),
        cmocka_unit_test(a_throttled_worker_waits_for_its_host_and_others_are_tried),
        cmocka_unit_test(stock_comes_back),
        cmocka_unit_test(a_slow_start_is_cut_off_unless_the_limit_is_raised),
        cmocka_unit_test(unhealthy_only_where_the_scenario_says_so),
        cmocka_unit_test(a_release_replaces_workers_one_by_one),
        cmocka_unit_test(a_rollout_lets_running_jobs_finish),
        cmocka_unit_test(settings_of_the_scaler_make_no_version),
        cmocka_unit_test(releases_are_not_remembered_without_end),
        cmocka_unit_test(a_new_endpoint_serves),
    };
    return cmocka_run_group_tests_name("world scaler", tests, NULL, NULL);
}
