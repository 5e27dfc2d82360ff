/* The world as a whole: chance, beginnings, resets, waiting. */
#include "live.h"

#include <ctype.h>
#include <dirent.h>
#include <pthread.h>

static int start(void **state)
{
    (void)state;
    live_start(NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    live_end();
    return 0;
}

/* A scenario file of the test; the path is in static memory. */
static const char *scenario(const char *text)
{
    static char path[PATH_MAX];
    FILE *f = fopen(temp_folder_path(path, &live.folder, "other.json"), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static int reset(const char *name, struct err *e)
{
    sim_lock(live.sim);
    int failed = sim_reset(live.sim, name, e);
    sim_unlock(live.sim);
    return failed;
}

/* ---- chance -------------------------------------------------------------------------------------- */

static void ids_are_never_the_same(void **state)
{
    (void)state;
    enum { IDS = 40000, LENGTH = 4 };
    static unsigned char seen[36 * 36 * 36]; /* by the tail: 3 characters have 46656 values */
    memset(seen, 0, sizeof seen);
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    sim_lock(live.sim);
    for (int i = 0; i < IDS; i++) {
        char id[LENGTH + 1];
        sim_id(live.sim, id, LENGTH);
        assert_int_equal(strlen(id), LENGTH);
        assert_true(islower((unsigned char)id[0]));
        size_t tail = 0;
        for (int c = 1; c < LENGTH; c++) {
            const char *at = strchr(characters, id[c]);
            assert_non_null(at);
            tail = tail * 36 + (size_t)(at - characters);
        }
        if (seen[tail]++)
            fail_msg("%s came twice", id);
    }
    char long_id[65], one[2], none[1] = {'x'};
    sim_id(live.sim, long_id, 64);
    assert_int_equal(strlen(long_id), 64);
    sim_id(live.sim, one, 1);
    assert_true(islower((unsigned char)one[0]));
    sim_id(live.sim, none, 0);
    assert_int_equal(none[0], '\0');
    sim_unlock(live.sim);
}

static void uuids_are_version_4(void **state)
{
    (void)state;
    sim_lock(live.sim);
    for (int i = 0; i < 1000; i++) {
        char u[37];
        sim_uuid(live.sim, u);
        assert_int_equal(strlen(u), 36);
        for (int c = 0; c < 36; c++) {
            bool dash = c == 8 || c == 13 || c == 18 || c == 23;
            assert_true(dash ? u[c] == '-'
                             : isxdigit((unsigned char)u[c]) && !isupper((unsigned char)u[c]));
        }
        assert_int_equal(u[14], '4');
        assert_non_null(strchr("89ab", u[19]));
    }
    sim_unlock(live.sim);
}

static void chance_is_even_and_repeats(void **state)
{
    (void)state;
    struct sim *s = live.sim;
    sim_lock(s);
    s->random = 99;
    int tenths[10] = {0};
    for (int i = 0; i < 100000; i++) {
        double d = sim_random_unit(s);
        assert_true(d >= 0 && d < 1);
        tenths[(int)(d * 10)]++;
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(tenths[i], 9500, 10500);
    uint64_t next = sim_random(s);
    s->random = 99;
    for (int i = 0; i < 100000; i++)
        sim_random(s);
    assert_true(sim_random(s) == next);
    sim_unlock(s);
}

/* ---- beginnings ---------------------------------------------------------------------------------- */

static void the_folder_is_private_and_goes_away(void **state)
{
    (void)state;
    struct stat st;
    char folder[sizeof live.sim->folder], inside[600];
    struct err e;
    struct sim *s = sim_new(live.sim->scenario, 0, &e);
    assert_non_null(s);
    snprintf(folder, sizeof folder, "%s", s->folder);
    assert_int_equal(strncmp(folder, live.folder, strlen(live.folder)), 0);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    snprintf(inside, sizeof inside, "%s/deep", s->store);
    assert_int_equal(mkdir(inside, 0700), 0);
    snprintf(inside, sizeof inside, "%s/deep/file", s->store);
    FILE *f = fopen(inside, "w");
    assert_non_null(f);
    fclose(f);
    sim_free(s);
    assert_int_equal(stat(folder, &st), -1);
}

static void a_scenario_sets_time_speed_faults_and_keys(void **state)
{
    (void)state;
    struct err e;
    const char *path =
        scenario("{\"start\":\"2026-01-31T08:00:00Z\",\"speed\":0,"
                 "\"faults\":[{\"kind\":\"reset\",\"path\":\"/x\"}],\"keys\":{\"only\":[\"k\"]}}");
    struct sim *s = sim_new(path, -1, &e);
    if (!s)
        fail_msg("%s", e.message);
    sim_lock(s);
    assert_int_equal(sim_now(s), INT64_C(1769846400000));
    assert_int_equal(sim_key_right(s, "k", NULL), KEY_WRITE);
    assert_int_equal(sim_key_right(s, "j", NULL), KEY_UNKNOWN);
    sim_unlock(s);
    sim_free(s);
    s = sim_new(path, 5, &e);
    assert_true(clock_speed(s->clock) == 5);
    sim_free(s);
}

static int entries(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void a_bad_scenario_is_no_world(void **state)
{
    (void)state;
    static const char *const bad[] = {"{\"start\":7}", "{\"start\":\"noon\"}", "{\"speed\":-0.5}",
        "{\"speed\":1e9}", "{\"keys\":[]}", "{\"faults\":[{}]}", "[]"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err e;
        struct sim *s = sim_new(scenario(bad[i]), -1, &e);
        if (s)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(e.class, ERR_INPUT);
    }
    assert_int_equal(entries(live.folder), 3); /* two scenarios and the folder of live.sim */
}

static void a_failed_reset_changes_nothing(void **state)
{
    (void)state;
    struct sim *s = live.sim, before;
    struct err e;
    char id[9], again[9];
    post_faults("{\"kind\":\"lost\",\"path\":\"/x\"}");
    memcpy(&before, s, sizeof before);
    /* the faults are looked at last, when the new world already stands */
    assert_int_equal(reset(scenario("{\"seed\":3,\"faults\":[{\"kind\":\"?\"}]}"), &e), -1);
    assert_ptr_equal(s->runpod, before.runpod);
    assert_ptr_equal(s->hub, before.hub);
    assert_ptr_equal(s->clock, before.clock);
    assert_string_equal(s->store, before.store);
    assert_string_equal(s->scenario, before.scenario);
    assert_true(s->random == before.random && s->next_id == before.next_id);
    assert_int_equal(access(s->store, F_OK), 0);
    struct json *rules = call_json("GET", "/_sim/faults", NULL, 200);
    assert_int_equal(json_count(rules), 1);
    json_free(rules);

    assert_int_equal(reset(NULL, &e), 0);
    assert_int_equal(access(before.store, F_OK), -1);
    sim_lock(s);
    sim_id(s, id, 8);
    sim_unlock(s);
    assert_int_equal(reset(NULL, &e), 0);
    sim_lock(s);
    sim_id(s, again, 8);
    sim_unlock(s);
    assert_string_equal(id, again);
}

/* ---- waiting ------------------------------------------------------------------------------------- */

static atomic_bool asleep, awake;

static void *sleeper(void *arg)
{
    (void)arg;
    sim_lock(live.sim);
    atomic_store(&asleep, true);
    sim_sleep(live.sim, 3600 * 1000);
    sim_unlock(live.sim);
    atomic_store(&awake, true);
    return NULL;
}

/* The lock is only free once the sleeper sleeps. */
static void fall_asleep(pthread_t *t)
{
    atomic_store(&asleep, false);
    atomic_store(&awake, false);
    assert_int_equal(pthread_create(t, NULL, sleeper, NULL), 0);
    assert_true(comes_true(&asleep));
    sim_lock(live.sim);
    assert_int_equal(live.sim->waiting, 1);
}

static void a_change_wakes(void **state)
{
    (void)state;
    pthread_t t;
    fall_asleep(&t);
    sim_changed(live.sim);
    sim_unlock(live.sim);
    assert_true(comes_true(&awake));
    pthread_join(t, NULL);
}

static void stopping_wakes_and_says_so(void **state)
{
    (void)state;
    pthread_t t;
    fall_asleep(&t);
    sim_unlock(live.sim);
    server_stop(live.sim->server);
    assert_true(comes_true(&awake));
    pthread_join(t, NULL);
    sim_lock(live.sim);
    assert_false(sim_sleep(live.sim, 1000));
    sim_unlock(live.sim);
    assert_false(sim_pause(live.sim, 1000));
}

static void a_pause_is_not_cut_short_by_changes(void **state)
{
    (void)state;
    int64_t before = clock_mono_ms(clock_real());
    assert_true(sim_pause(live.sim, 60));
    assert_true(clock_mono_ms(clock_real()) - before >= 60);
    assert_true(sim_pause(live.sim, 0));
    sim_lock(live.sim);
    assert_true(sim_sleep(live.sim, 0));
    assert_true(sim_sleep(live.sim, -5));
    sim_unlock(live.sim);
}

static void advancing_moves_the_clock_exactly(void **state)
{
    (void)state;
    struct sim *s = live.sim;
    sim_lock(s);
    clock_set_speed(s->clock, 0);
    int64_t now = sim_now(s);
    static const int64_t steps[] = {0, 1, 999, 3600 * 1000, INT64_C(90) * 86400 * 1000};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        sim_advance(s, steps[i]);
        now += steps[i];
        assert_int_equal(sim_now(s), now);
    }
    sim_unlock(s);
}

#define test(f) cmocka_unit_test_setup_teardown(f, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(ids_are_never_the_same),
        test(uuids_are_version_4),
        test(chance_is_even_and_repeats),
        test(the_folder_is_private_and_goes_away),
        test(a_scenario_sets_time_speed_faults_and_keys),
        test(a_bad_scenario_is_no_world),
        test(a_failed_reset_changes_nothing),
        test(a_change_wakes),
        test(stopping_wakes_and_says_so),
        test(a_pause_is_not_cut_short_by_changes),
        test(advancing_moves_the_clock_exactly),
    };
    return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
