/* Uploads that are ended at any moment and begun again, or whose server, disk or files misbehave: what is in
 * the repository afterwards is what an undisturbed upload would have put there, in one commit, and hardly a
 * byte has been sent twice.
 *
 * The short version is part of make check. UPLOAD_KILL_LONG=1 (make check-kill) takes 1 GB and 50 moments.
 * UPLOAD_KILL_SEED=N repeats the moments of a run that failed; the seed is printed. */
#include "kill_world.h"

#include <fcntl.h>
#include <sys/wait.h>

/* ---- ended ------------------------------------------------------------------------------------- */

/* Waits that long; false when it has ended of itself before. */
static bool runs_for(int64_t ms)
{
    int64_t end = clock_mono_ms(clock_real()) + ms;
    siginfo_t info = {0};
    while (clock_mono_ms(clock_real()) < end) {
        assert_int_equal(waitid(P_PID, (id_t)world.p.pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
        if (info.si_pid == world.p.pid)
            return false;
        poll(NULL, 0, 5);
    }
    return true;
}

/* Makes the moments between the parts long enough to be hit, too. */
static void stretch(struct dice *d)
{
    world_fault("{\"plane\":\"hub\",\"method\":\"POST\",\"path\":\"/api/complete_multipart*\","
                "\"kind\":\"delay\",\"ms\":50}");
    world_fault("{\"plane\":\"hub\",\"path\":\"*/preupload/*\",\"kind\":\"delay\",\"ms\":100}");
    world_fault(dice_below(d, 2) ? "{\"plane\":\"hub\",\"method\":\"POST\",\"path\":\"*/commit/*\","
                                   "\"kind\":\"delay\",\"ms\":150}"
                                 : "{\"plane\":\"hub\",\"method\":\"POST\",\"path\":\"*/commit/*\","
                                   "\"kind\":\"drip\",\"chunk\":20,\"ms\":20}");
}

/* Ended up to three times on the way, at any moment, then left alone. */
static void cut_and_resume(struct dice *d, size_t round, int signal)
{
    const char *repo = new_repo();
    int64_t mark = world_mark(), moment = 0;
    int cuts = 0, most = 1 + (int)dice_below(d, 3);
    stretch(d);
    begin(repo);
    for (; cuts < most; cuts++) {
        /* SIGTERM is sent once only, so on the way, and not before it is listened to; SIGKILL also when all
         * is said and done */
        bool soft = signal == SIGTERM;
        int64_t span = soft ? kill_test.took_ms / 2 : kill_test.took_ms + 300;
        moment = (soft ? kill_test.took_ms / 4 : 0) + (int64_t)dice_below(d, (size_t)span);
        if (!runs_for(moment))
            break;
        program_signal(&world.p, signal);
        finish();
        if (signal == SIGTERM && world.p.exit_code != 0) /* 0: it had just come to its end */
            world_expect(&world.p, 7, "ended by SIGTERM");
        begin_again(repo, dice_below(d, 2) == 0);
    }
    ends_well("resumed");
    world_no_faults();
    struct wire w = wire_since(mark);
    print_message(
        "# %zu: ended %d times, at last after %lld ms: %d PUTs, %d completions, %d commits, "
        "%.1f MB of %.1f twice\n",
        round, cuts, (long long)moment, w.puts, w.completions, w.commits, (double)w.twice / 1e6,
        (double)w.received / 1e6);
    is_whole(repo);
    if (w.twice > cuts * IN_FLIGHT * size->chunk)
        fail_msg("%lld bytes came twice", (long long)w.twice);
}

static void test_killed_at_any_moment(void **state)
{
    (void)state;
    struct dice d = dice_new(kill_test.seed);
    for (size_t i = 0; i < size->kills; i++)
        cut_and_resume(&d, i, SIGKILL);
}

static void test_terminated(void **state)
{
    (void)state;
    struct dice d = dice_new(kill_test.seed + 1);
    cut_and_resume(&d, 0, SIGTERM);
}

static int puts_since(int64_t mark)
{
    return world_count(mark, "PUT /lfs-storage/");
}

/* Everything that the Hub knew is gone, ids of uploads too. */
static void test_the_server_starts_anew(void **state)
{
    (void)state;
    const char *repo = new_repo();
    int64_t mark = world_mark();
    begin(repo);
    UNTIL(puts_since(mark) >= 10);
    sim_process_restart(&world.sim);
    finish();
    if (world.p.exit_code != 0) {
        says_why();
        begin(repo);
        ends_well("repeated");
    }
    is_whole(repo);
}

/* ---- a server that misbehaves ------------------------------------------------------------------ */

/* It ends well of itself, in one commit, while these rules strike. */
static void survives(const char *rules)
{
    const char *repo = new_repo();
    int64_t mark = world_mark();
    world_fault(rules);
    begin(repo);
    ends_well(rules);
    struct json *faults = sim_get(&world.sim, world.sim.control, "/_sim/faults");
    for (const struct json *f = json_first(faults); f; f = json_next(f))
        if (json_int(f, "hits", 0) == 0)
            fail_msg("a rule never struck: %s", rules);
    json_free(faults);
    world_no_faults();
    wire_since(mark);
    is_whole(repo);
}

#define PART(skip, times, rest)                                                                    \
    "{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\",\"skip\":" #skip            \
    ",\"times\":" #times "," rest "}"
#define CALL(path, times, rest)                                                                    \
    "{\"plane\":\"hub\",\"method\":\"POST\",\"path\":\"" path "\",\"times\":" #times "," rest "}"
#define COMPLETION "/api/complete_multipart*"
#define LOST       "\"kind\":\"lost\""
#define BROKEN     "\"kind\":\"reset\",\"after_bytes\":300000"
#define DOWN       "\"kind\":\"status\",\"status\":503"
#define BUSY       "\"kind\":\"status\",\"status\":429,\"headers\":{\"Retry-After\":\"1\"}"
#define EXPIRED    "\"kind\":\"expired\""

/* Everything at once, each a few times. */
static void test_a_bad_day(void **state)
{
    (void)state;
    survives("[" PART(3, 2, LOST) "," PART(10, 3, DOWN) "," PART(15, 3, BUSY) "," PART(20, 3,
        BROKEN) "," PART(40, 3, EXPIRED) "," CALL(COMPLETION, 1, LOST) "," CALL("*/objects/batch",
        1, LOST) "," CALL("*/commit/*", 1, LOST) "," CALL("*/lfs/verify", 1, LOST) "]");
}

static void test_answers_are_lost(void **state)
{
    (void)state;
    survives("[" PART(3, 3, LOST) "," CALL(COMPLETION, 2, LOST) "," CALL("*/objects/batch", 1,
        LOST) "," CALL("*/commit/*", 1, LOST) "," CALL("*/lfs/verify", 1, LOST) "]");
}

static void test_a_storm_of_503(void **state)
{
    (void)state;
    survives("[" PART(5, 24, DOWN) "," CALL("*/objects/batch", 1, DOWN) "," CALL(
        COMPLETION, 1, DOWN) "," CALL("*/commit/*", 1, DOWN) "]");
}

static void test_a_storm_of_429(void **state)
{
    (void)state;
    survives("[" PART(5, 24, BUSY) "," CALL("*/objects/batch", 1, BUSY) "," CALL(
        "*/commit/*", 1, BUSY) "," CALL("*/preupload/*", 1, BUSY) "]");
}

static void test_connections_break(void **state)
{
    (void)state;
    survives("[" PART(4, 12, BROKEN) "," CALL(COMPLETION, 1, "\"kind\":\"reset\"") "]");
}

static void test_addresses_are_said_to_be_expired(void **state)
{
    (void)state;
    survives(PART(7, 5, EXPIRED));
}

/* They do expire, on the way. */
static void test_addresses_expire(void **state)
{
    (void)state;
    char body[PATH_MAX + 32];
    snprintf(body, sizeof body, "{\"scenario\":\"%s\"}", kill_test.expiring);
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/reset", body, NULL));
    const char *repo = new_repo();
    begin(repo);
    ends_well("addresses of 3 s");
    is_whole(repo);
    snprintf(body, sizeof body, "{\"scenario\":\"%s\"}", kill_test.scenario);
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/reset", body, NULL));
}

/* ---- a disk that is full ----------------------------------------------------------------------- */

/* No file may grow beyond what the state is now, as on a full disk: writing fails, and the signal that comes
 * with it is ignored. What is remembered only helps; so the upload goes on without. */
static void test_the_state_cannot_be_written(void **state)
{
    (void)state;
    char command[3 * PATH_MAX];
    const char *repo = new_repo();
    char *own = strdup(getenv("SLIPWAY"));
    RUN(0, "resume"); /* makes the state */
    snprintf(command, sizeof command,
        "trap '' XFSZ; ulimit -f 8; exec '%s' upload '%s' --repo %s --yes", own, world.model, repo);
    setenv("SLIPWAY", "/bin/sh", 1);
    program_release(&world.p);
    program_start(&world.p, &world.env, false, "-c", command, NULL);
    setenv("SLIPWAY", own, 1);
    free(own);
    finish();
    if (world.p.exit_code != 0)
        says_why();
    else
        is_whole(repo);
    begin(repo);
    ends_well("with room again");
    is_whole(repo);
}

/* ---- files that change meanwhile --------------------------------------------------------------- */

static void copy_file(const char *from, const char *to)
{
    char command[2 * PATH_MAX + 32];
    snprintf(command, sizeof command, "cp -p '%s' '%s'", from, to);
    assert_int_equal(system(command), 0);
}

static char victim[PATH_MAX], spare[PATH_MAX]; /* the last shard, and what it was */

static int victim_home(void **state)
{
    temp_folder_path(spare, &world.folder, "spare");
    assert_true(snprintf(victim, sizeof victim, "%s/model-%05d-of-%05d.safetensors", world.model,
                    SHARDS, SHARDS) < (int)sizeof victim);
    int rc = kill_home(state);
    if (rc == 0 && access(spare, R_OK))
        copy_file(victim, spare);
    return rc;
}

static void grows(void)
{
    FILE *f = fopen(victim, "ab");
    assert_non_null(f);
    assert_int_equal(fwrite("more", 1, 4, f), 4);
    assert_int_equal(fclose(f), 0);
}

static void shrinks(void)
{
    struct stat st;
    assert_int_equal(stat(victim, &st), 0);
    assert_int_equal(truncate(victim, st.st_size - 4), 0);
}

static void write_byte(const char *path, long at)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    assert_int_equal(fputc(0x55, f), 0x55);
    assert_int_equal(fclose(f), 0);
}

/* By one of the same size. */
static void is_replaced(void)
{
    char other[PATH_MAX];
    temp_folder_path(other, &world.folder, "other");
    copy_file(spare, other);
    write_byte(other, 9000);
    assert_int_equal(rename(other, victim), 0);
}

/* In place, one byte, with the time of before. */
static void is_falsified(void)
{
    struct stat st;
    assert_int_equal(stat(victim, &st), 0);
    write_byte(victim, (long)st.st_size - 1);
    const struct timespec times[] = {st.st_atim, st.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, victim, times, 0), 0);
}

/* Whether what was committed is the file as it is now: it was read after it had changed. */
static bool is_committed_as_it_is(const char *repo)
{
    char command[2 * PATH_MAX], line[128] = "";
    snprintf(command, sizeof command, "sha256sum '%s'", victim);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    assert_int_equal(pclose(f), 0);
    line[64] = '\0';
    char *tree = tree_of(repo);
    bool found = tree && strstr(tree, line);
    free(tree);
    return found;
}

/* The last shard changes while the first ones are on their way: no commit of something that never was, and
 * a reason. */
static void changes(void (*how)(void))
{
    const char *repo = new_repo();
    int64_t mark = world_mark();
    begin(repo);
    UNTIL(puts_since(mark) >= 10);
    how();
    finish();
    if (world.p.exit_code != 0)
        says_why();
    else if (!is_committed_as_it_is(repo))
        fail_msg("what was committed is not what lies there");
    if (world.p.exit_code != 0 && commits_in(repo) > 1)
        fail_msg("something was committed");
    copy_file(spare, victim);
}

static void test_files_change_meanwhile(void **state)
{
    (void)state;
    void (*const ways[])(void) = {grows, shrinks, is_replaced, is_falsified};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        changes(ways[i]);
    const char *repo = new_repo();
    begin(repo);
    ends_well("as it was");
    is_whole(repo);
}

/* A change that leaves size, time and inode as they were is a change all the same: what was hashed before
 * must not be taken for what lies there now, neither for what is sent nor for what is there already. */
static void test_a_change_that_keeps_its_time(void **state)
{
    (void)state;
    const char *repo = new_repo();
    begin(repo);
    ends_well("as it was");
    is_falsified();
    begin(repo);
    ends_well("changed");
    bool as_it_is = is_committed_as_it_is(repo);
    copy_file(spare, victim);
    if (!as_it_is)
        fail_msg("it was taken for what it had been, and said to be safe to delete");
    repo = new_repo();
    begin(repo);
    ends_well("as it was again");
    is_whole(repo);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, kill_home, kill_leave)
    const struct CMUnitTest tests[] = {
        TEST(test_killed_at_any_moment),
        TEST(test_terminated),
        TEST(test_the_server_starts_anew),
        TEST(test_a_bad_day),
        TEST(test_addresses_expire),
        TEST(test_the_state_cannot_be_written),
        cmocka_unit_test_setup_teardown(test_files_change_meanwhile, victim_home, kill_leave),
        cmocka_unit_test_setup_teardown(test_a_change_that_keeps_its_time, victim_home, kill_leave),
    };
    const struct CMUnitTest more[] = {
        TEST(test_answers_are_lost),
        TEST(test_a_storm_of_503),
        TEST(test_a_storm_of_429),
        TEST(test_connections_break),
        TEST(test_addresses_are_said_to_be_expired),
    };
    int failed = cmocka_run_group_tests_name("uploads interrupted", tests, kill_start, kill_stop);
    if (getenv("UPLOAD_KILL_LONG"))
        failed += cmocka_run_group_tests_name("uploads disturbed", more, kill_start, kill_stop);
    return failed;
}
