/* Jobs: their states, what clients may do with them, and what time does (spec/runpod.md §2). */
#include "world.h"

#define ASK "{'text':'hello'}"

static void a_job_goes_through_its_states(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct job *j = world_ask(s, ASK);
    assert_int_equal(j->state, JOB_IN_QUEUE);
    assert_int_equal(job_delay_ms(j), -1);
    assert_int_equal(job_execution_ms(j), -1);
    assert_string_equal(j->worker, "");
    assert_string_equal(j->id + strlen(j->id) - 3, "-u1");
    WORLD_UNTIL(s, 60000, j->state == JOB_IN_PROGRESS);
    int64_t delay = job_delay_ms(j);
    assert_true(delay > 10000 && delay < 20000); /* scheduling, cached pull, 10 s of loading */
    assert_int_equal(job_execution_ms(j), -1);
    assert_non_null(worker_find(world_endpoint(s), j->worker));
    assert_int_equal(endpoint_in_progress(world_endpoint(s)), 1);
    WORLD_UNTIL(s, 2000, job_final(j));
    assert_int_equal(j->state, JOB_COMPLETED);
    assert_int_equal(job_execution_ms(j), 1000);
    assert_int_equal(job_delay_ms(j), delay);
    assert_ptr_equal(job_find(s, world_endpoint(s), j->id), j);
    assert_non_null(json_str(j->output, "result"));
    assert_int_equal(world_endpoint(s)->completed, 1);
    world_check(s);
    world_end(s);
}

static void results_are_kept_as_long_as_documented(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct endpoint *e = world_endpoint(s);
    struct job *slow = world_ask(s, ASK);
    struct job *quick = job_submit(s, e, world_json(ASK), true);
    char slow_id[64], quick_id[64];
    strcpy(slow_id, slow->id);
    strcpy(quick_id, quick->id);
    assert_memory_equal(quick_id, "sync-", 5);
    WORLD_UNTIL(s, 60000, job_final(slow) && job_final(quick));
    int64_t slow_until = slow->ended + 30 * MINUTE, quick_until = quick->ended + MINUTE;
    world_run(s, quick_until - 1 - sim_now(s));
    assert_non_null(job_find(s, e, quick_id));
    world_run(s, 1);
    assert_null(job_find(s, e, quick_id));
    world_run(s, slow_until - 1 - sim_now(s));
    assert_non_null(job_find(s, e, slow_id));
    world_run(s, 1);
    assert_null(job_find(s, e, slow_id));
    world_run(s, 10000);
    assert_int_equal(e->job_count, 0);
    world_end(s);
}

static void a_surface_may_shorten_the_time_a_result_is_kept(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct job *j = world_ask(s, ASK);
    char id[64];
    strcpy(id, j->id);
    WORLD_UNTIL(s, 60000, job_final(j));
    j->expires = j->ended + 10000;
    world_run(s, 11000);
    assert_null(job_find(s, world_endpoint(s), id));
    world_end(s);
}

static void ttl_deletes_a_queued_job(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct endpoint *e = world_endpoint(s);
    world_set(s, "{'workers':{'min':0,'max':0}}");
    struct job *j = world_ask(s, ASK);
    char id[64];
    strcpy(id, j->id);
    j->ttl = 10000;
    world_run(s, 9999);
    assert_non_null(job_find(s, e, id));
    world_run(s, 1);
    assert_null(job_find(s, e, id)); /* at once, not only when somebody cleans up */
    assert_int_equal(endpoint_queue(e), 0);
    assert_int_equal(e->expired, 1);
    world_check(s);
    world_end(s);
}

static void ttl_deletes_a_running_job_and_frees_its_worker(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'behaviour':{'exec_ms':40000}")));
    struct endpoint *e = world_endpoint(s);
    struct job *j = world_ask(s, ASK);
    j->ttl = 30000;
    WORLD_UNTIL(s, 25000, j->state == JOB_IN_PROGRESS);
    world_run(s, 30000);
    assert_int_equal(e->job_count, 0);
    assert_int_equal(e->in_progress, 0);
    assert_int_equal(e->expired, 1);
    assert_int_equal(e->completed, 0);
    assert_int_equal(world_count(e, WORKER_IDLE), 1);
    world_check(s);
    world_end(s);
}

static void an_expired_job_is_never_executed(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct job *j = world_ask(s, ASK);
    j->ttl = 10000; /* the worker needs longer to come up */
    world_run(s, 60000);
    assert_int_equal(world_endpoint(s)->expired, 1);
    assert_int_equal(world_endpoint(s)->completed, 0);
    world_end(s);
}

static void the_execution_timeout_fails_the_job_and_stops_the_worker(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'behaviour':{'exec_ms':90000}")));
    struct job *j = world_ask(s, ASK);
    WORLD_UNTIL(s, 30000, j->state == JOB_IN_PROGRESS);
    struct worker *w = worker_find(world_endpoint(s), j->worker);
    world_run(s, 61000);
    assert_int_equal(j->state, JOB_FAILED);
    assert_int_equal(job_execution_ms(j), 60000);
    assert_non_null(strstr(j->error, "timeout"));
    assert_false(worker_is_up(w));
    assert_false(w->container);
    assert_non_null(world_line(w, LOG_SYSTEM, "stop container"));
    struct job *own = world_ask(s, ASK);
    own->execution_timeout = 5000; /* the job's own goes before the endpoint's */
    WORLD_UNTIL(s, 60000, job_final(own));
    assert_int_equal(job_execution_ms(own), 5000);
    world_check(s);
    world_end(s);
}

static void a_silent_worker_makes_the_job_time_out(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'behaviour':{'hang_rate':1}")));
    struct job *j = world_ask(s, ASK);
    WORLD_UNTIL(s, 120000, job_final(j));
    assert_int_equal(j->state, JOB_TIMED_OUT);
    assert_int_equal(job_execution_ms(j), 60000);
    assert_int_equal(world_endpoint(s)->timed_out, 1);
    assert_int_equal(world_endpoint(s)->failed, 1);
    world_check(s);
    world_end(s);
}

static void cancelling_frees_the_worker(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO("", ENDPOINT(",'behaviour':{'exec_ms':50000},'workers':{'min':0,'max':1}")));
    struct endpoint *e = world_endpoint(s);
    struct job *first = world_ask(s, ASK), *second = world_ask(s, ASK), *third = world_ask(s, ASK);
    WORLD_UNTIL(s, 30000, first->state == JOB_IN_PROGRESS);
    job_cancel(s, e, third);
    assert_int_equal(third->state, JOB_CANCELLED);
    assert_int_equal(job_execution_ms(third), -1);
    world_run(s, 2000);
    job_cancel(s, e, first);
    assert_int_equal(first->state, JOB_CANCELLED);
    assert_true(job_execution_ms(first) >= 2000);
    world_run(s, 200);
    assert_int_equal(second->state, JOB_IN_PROGRESS);
    job_cancel(s, e, first); /* once more does nothing */
    assert_int_equal(e->cancelled, 2);
    world_check(s);
    world_end(s);
}

static void only_failed_jobs_can_be_retried_and_keep_their_id(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO(",'troubles':[{'phase':'job','when':{'second':{'lt':60}},'error':'out of luck'}]",
            ENDPOINT("")));
    struct endpoint *e = world_endpoint(s);
    struct job *j = world_ask(s, ASK);
    char id[64];
    strcpy(id, j->id);
    assert_false(job_retry(s, e, j));
    WORLD_UNTIL(s, 40000, job_final(j));
    assert_int_equal(j->state, JOB_FAILED);
    assert_string_equal(j->error, "out of luck");
    world_run(s, 60000);
    assert_true(job_retry(s, e, j));
    assert_int_equal(j->state, JOB_IN_QUEUE);
    assert_null(j->error);
    assert_null(j->output);
    assert_int_equal(job_delay_ms(j), -1);
    assert_false(job_retry(s, e, j));
    WORLD_UNTIL(s, 60000, job_final(j));
    assert_int_equal(j->state, JOB_COMPLETED);
    assert_string_equal(j->id, id);
    assert_true(job_delay_ms(j) < 60000); /* measured anew */
    assert_string_equal(json_str(j->input, "text"), "hello");
    assert_false(job_retry(s, e, j));
    assert_int_equal(e->failed, 1);
    assert_int_equal(e->completed, 1);
    world_check(s);
    world_end(s);
}

static void purging_removes_what_waits_and_nothing_else(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO("", ENDPOINT(",'behaviour':{'exec_ms':30000},'workers':{'min':0,'max':1}")));
    struct endpoint *e = world_endpoint(s);
    struct job *first = world_ask(s, ASK);
    for (int i = 0; i < 7; i++)
        (void)world_ask(s, ASK);
    WORLD_UNTIL(s, 30000, first->state == JOB_IN_PROGRESS);
    assert_int_equal(job_purge(s, e), 7);
    assert_int_equal(job_purge(s, e), 0);
    assert_int_equal(first->state, JOB_IN_PROGRESS);
    assert_int_equal(e->cancelled, 7);
    WORLD_UNTIL(s, 40000, job_final(first));
    assert_int_equal(first->state, JOB_COMPLETED);
    world_check(s);
    world_end(s);
}

static int fill_queue(struct sim *s, int tries)
{
    int taken = 0;
    for (int i = 0; i < tries; i++)
        taken += job_submit(s, world_endpoint(s), world_json(ASK), false) != NULL;
    return taken;
}

static void the_queue_has_a_cap(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    world_set(s, "{'workers':{'min':0,'max':0}}");
    assert_int_equal(fill_queue(s, 80), 51); /* more than 50 and more than 0 × 500 */
    world_set(s, "{'workers':{'min':0,'max':1}}");
    assert_int_equal(fill_queue(s, 600), 501 - 51);
    assert_int_equal(endpoint_queue(world_endpoint(s)), 501);
    world_check(s);
    world_end(s);
}

static void an_empty_input_is_retried_and_fails(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct job *j = world_ask(s, "{}");
    WORLD_UNTIL(s, 40000, j->state == JOB_IN_PROGRESS);
    struct worker *w = worker_find(world_endpoint(s), j->worker);
    assert_non_null(world_line(w, LOG_CONTAINER, "Job has missing field(s): id or input."));
    WORLD_UNTIL(s, 60000, j->retries == 1);
    WORLD_UNTIL(s, 120000, job_final(j));
    assert_int_equal(j->state, JOB_FAILED);
    assert_string_equal(j->error, "job timed out after 1 retries");
    assert_int_equal(j->retries, 1);
    assert_int_equal(world_endpoint(s)->retried, 1);
    assert_int_equal(
        world_count(world_endpoint(s), WORKER_IDLE), 1); /* the worker is none the worse */
    world_check(s);
    world_end(s);
}

static void low_priority_waits_for_a_worker_that_is_up_anyway(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct job *low = world_ask(s, ASK);
    low->low_priority = true;
    world_run(s, 10 * MINUTE);
    assert_int_equal(low->state, JOB_IN_QUEUE);
    assert_int_equal(world_live(world_endpoint(s)), 0);
    struct job *normal = world_ask(s, ASK);
    WORLD_UNTIL(s, 60000, job_final(normal) && job_final(low));
    assert_int_equal(low->state, JOB_COMPLETED);
    world_end(s);
}

#define POISON                                                                                     \
    ",'troubles':[{'phase':'job','when':{'input':{'has':'poison'}},'at_s':2,"                      \
    "'lines':['Segmentation fault (core dumped)'],'restart_s':2}]"

static void a_poison_job_kills_its_worker_and_fails_in_the_end(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO(POISON, ENDPOINT(",'behaviour':{'job_retries':3},'workers':{'min':0,'max':1}")));
    struct endpoint *e = world_endpoint(s);
    struct job *j = world_ask(s, "{'text':'poison'}");
    WORLD_UNTIL(s, 300000, job_final(j));
    assert_int_equal(j->state, JOB_FAILED);
    assert_string_equal(j->error, "job timed out after 3 retries");
    assert_int_equal(e->retried, 3);
    assert_int_equal(e->workers->crashes, 4);
    assert_non_null(world_line(e->workers, LOG_CONTAINER, "Segmentation fault"));
    struct job *good = world_ask(s, ASK);
    WORLD_UNTIL(s, 60000, job_final(good));
    assert_int_equal(good->state, JOB_COMPLETED);
    world_check(s);
    world_end(s);
}

static void jobs_beside_a_poison_job_are_given_back_in_order(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(POISON,
        ENDPOINT(",'behaviour':{'concurrency':4,'exec_ms':20000},'workers':{'min':1,'max':1}")));
    struct endpoint *e = world_endpoint(s);
    WORLD_UNTIL(s, 30000, world_count(e, WORKER_IDLE) == 1);
    struct job *a = world_ask(s, ASK), *b = world_ask(s, ASK),
               *bad = world_ask(s, "{'text':'poison'}");
    WORLD_UNTIL(s, 2000, bad->state == JOB_IN_PROGRESS && b->state == JOB_IN_PROGRESS);
    WORLD_UNTIL(s, 4000, e->in_progress == 0);
    assert_int_equal(a->retries, 1);
    assert_int_equal(b->retries, 1);
    assert_ptr_equal(e->queue.first, a);
    assert_ptr_equal(e->queue.first->lane_next, b);
    world_check(s);
    world_end(s);
}

static void a_webhook_is_due_when_the_job_is_final(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct job *with = world_ask(s, ASK), *without = world_ask(s, ASK);
    with->webhook = strdup("http://127.0.0.1:9/hook");
    assert_false(with->webhook_due);
    WORLD_UNTIL(s, 60000, job_final(with) && job_final(without));
    assert_true(with->webhook_due);
    assert_false(without->webhook_due);
    world_end(s);
}

static void a_stream_is_revealed_little_by_little(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        "", ENDPOINT(",'image':'runpod/worker-v1-vllm:v2.25.2','env':{'MODEL_NAME':'acme/tiny-1B'},"
                     "'behaviour':{'exec_ms':8000}")));
    struct endpoint *e = world_endpoint(s);
    struct job *j = world_ask(s, "{'prompt':'Tell me something','stream':true}");
    assert_null(j->chunks);
    WORLD_UNTIL(s, 60000, j->state == JOB_IN_PROGRESS);
    world_run(s, 4000);
    assert_ptr_equal(job_find(s, e, j->id), j);
    size_t half = json_count(j->chunks), all = json_count(j->all_chunks);
    assert_true(half > all / 4 && half < all * 3 / 4);
    assert_null(j->output);
    WORLD_UNTIL(s, 10000, job_final(j));
    assert_ptr_equal(job_find(s, e, j->id), j);
    assert_int_equal(json_count(j->chunks), all);
    assert_int_equal(json_count(j->output), all);
    world_end(s);
}

static void nothing_minds_null(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct endpoint *e = world_endpoint(s);
    assert_null(job_find(s, e, NULL));
    assert_null(job_find(s, e, "no such job"));
    assert_null(job_find(s, NULL, "x"));
    assert_null(job_submit(s, NULL, json_new_object(), false));
    job_cancel(s, e, NULL);
    assert_false(job_retry(s, e, NULL));
    assert_int_equal(job_purge(s, NULL), 0);
    assert_null(worker_find(e, NULL));
    assert_null(worker_find(NULL, "x"));
    assert_null(endpoint_find(s, NULL));
    assert_int_equal(endpoint_queue(NULL), 0);
    assert_int_equal(job_delay_ms(NULL), -1);
    assert_false(job_final(NULL));
    assert_string_equal(job_state_name((enum job_state)77), "FAILED");
    endpoint_delete(s, NULL);
    endpoint_released(s, NULL, true, json_new_array());
    world_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_goes_through_its_states),
        cmocka_unit_test(results_are_kept_as_long_as_documented),
        cmocka_unit_test(a_surface_may_shorten_the_time_a_result_is_kept),
        cmocka_unit_test(ttl_deletes_a_queued_job),
        cmocka_unit_test(ttl_deletes_a_running_job_and_frees_its_worker),
        cmocka_unit_test(an_expired_job_is_never_executed),
        cmocka_unit_test(the_execution_timeout_fails_the_job_and_stops_the_worker),
        cmocka_unit_test(a_silent_worker_makes_the_job_time_out),
        cmocka_unit_test(cancelling_frees_the_worker),
        cmocka_unit_test(only_failed_jobs_can_be_retried_and_keep_their_id),
        cmocka_unit_test(purging_removes_what_waits_and_nothing_else),
        cmocka_unit_test(the_queue_has_a_cap),
        cmocka_unit_test(an_empty_input_is_retried_and_fails),
        cmocka_unit_test(low_priority_waits_for_a_worker_that_is_up_anyway),
        cmocka_unit_test(a_poison_job_kills_its_worker_and_fails_in_the_end),
        cmocka_unit_test(jobs_beside_a_poison_job_are_given_back_in_order),
        cmocka_unit_test(a_webhook_is_due_when_the_job_is_final),
        cmocka_unit_test(a_stream_is_revealed_little_by_little),
        cmocka_unit_test(nothing_minds_null),
    };
    return cmocka_run_group_tests_name("world jobs", tests, NULL, NULL);
}
