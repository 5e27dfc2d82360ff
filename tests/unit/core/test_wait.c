#include "core/wait.h"

#include "helpers.h"

static void a_poke_after_looking_is_not_lost(void **state)
{
    (void)state;
    struct wait w;
    assert_int_equal(wait_init(&w), 0);
    uint64_t seen = wait_seen(&w);
    wait_poke(&w);
    wait_poke(&w);
    assert_true(wait_until(&w, seen, WAIT_FOREVER));
    assert_true(wait_until(&w, seen, 0)); /* still after `seen` */
    assert_false(wait_until(&w, wait_seen(&w), 0));
    wait_release(&w);
}

static void time_passes_without_a_poke(void **state)
{
    (void)state;
    struct wait w;
    assert_int_equal(wait_init(&w), 0);
    int64_t start_ms = real_ms();
    assert_false(wait_until(&w, wait_seen(&w), 30));
    assert_true(real_ms() - start_ms >= 29);
    wait_release(&w);
}

static void *poke(void *arg)
{
    wait_poke(arg);
    return NULL;
}

static void a_poke_ends_the_longest_sleep(void **state)
{
    (void)state;
    static const int64_t sleeps[] = {PATIENCE_MS, INT64_MAX, WAIT_FOREVER, INT64_MIN};
    for (size_t i = 0; i < sizeof sleeps / sizeof sleeps[0]; i++) {
        struct wait w;
        assert_int_equal(wait_init(&w), 0);
        uint64_t seen = wait_seen(&w);
        pthread_t poker = start(poke, &w);
        assert_true(wait_until(&w, seen, sleeps[i]));
        join(poker);
        wait_release(&w);
    }
}

enum { SOURCES = 3, EVENTS = 20000 };

struct source {
    struct wait *wait;
    atomic_int events;
};

static void *produce(void *arg)
{
    struct source *s = arg;
    for (int i = 0; i < EVENTS; i++) {
        atomic_fetch_add(&s->events, 1);
        wait_poke(s->wait);
    }
    return NULL;
}

static int events_of(struct source *sources)
{
    int sum = 0;
    for (int i = 0; i < SOURCES; i++)
        sum += atomic_load(&sources[i].events);
    return sum;
}

/* The loop that the header shows: whenever it sleeps, something is still to come, so no sleep may
 * run into its deadline. */
static void every_source_is_noticed(void **state)
{
    (void)state;
    struct wait w;
    struct source sources[SOURCES];
    pthread_t threads[SOURCES];
    assert_int_equal(wait_init(&w), 0);
    for (int i = 0; i < SOURCES; i++) {
        sources[i].wait = &w;
        atomic_init(&sources[i].events, 0);
        threads[i] = start(produce, &sources[i]);
    }
    for (;;) {
        uint64_t seen = wait_seen(&w);
        if (events_of(sources) == SOURCES * EVENTS)
            break;
        assert_true(wait_until(&w, seen, PATIENCE_MS));
    }
    for (int i = 0; i < SOURCES; i++)
        join(threads[i]);
    wait_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_poke_after_looking_is_not_lost),
        cmocka_unit_test(time_passes_without_a_poke),
        cmocka_unit_test(a_poke_ends_the_longest_sleep),
        cmocka_unit_test(every_source_is_noticed),
    };
    return cmocka_run_group_tests_name("wait", tests, NULL, NULL);
}
