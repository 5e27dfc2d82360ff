/* Uploads to the stand-in's Hub: neither a network that breaks at the worst moment nor another
 * committer makes them lose, repeat or leak anything. What happened is read from the stand-in's own
 * log and state, not from what the client says. */
#include "upload_world.h"

static void a_folder_becomes_one_commit_and_the_same_folder_none(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result first, second;
    folder_make(&f);
    create("acme/whole");
    int64_t before = last_request();
    upload_well(&f, "acme/whole", &first);
    check_truth(&f, "acme/whole", first.commit);
    assert_int_equal(commits_of("acme/whole"), 2);
    assert_false(first.unchanged);
    assert_int_equal(first.files, FILES);
    check_tokens(before);
    /* the twin's content goes once; the large one in parts */
    assert_int_equal(count_requests(before, "PUT", "/lfs-storage/", 200), 8 + 1);
    assert_int_equal(count_requests(before, "POST", "/api/complete_multipart", 200), 1);
    assert_int_equal(count_requests(before, "POST", "/lfs/verify", 200), 2);
    int64_t small = 0;
    for (size_t i = 3; i < FILES; i++)
        small += f.files[i].size;
    assert_int_equal(first.sent, 730001 + 250000 + small);

    before = last_request();
    upload_well(&f, "acme/whole", &second);
    assert_true(second.unchanged);
    assert_string_equal(second.commit, first.commit);
    assert_int_equal(second.sent, 0);
    assert_int_equal(commits_of("acme/whole"), 2);
    assert_int_equal(count_requests(before, "PUT", "", 0), 0);
    assert_int_equal(count_requests(before, NULL, "/commit/", 0), 0);
    assert_int_equal(count_requests(before, NULL, "/objects/batch", 0), 0);
    folder_remove(&f);
}

static void only_what_changed_is_sent(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    folder_make(&f);
    create("acme/changed");
    upload_well(&f, "acme/changed", &out);
    write_content(&f, 1, NULL, 99);
    write_content(&f, 3, "{\"model_type\":\"qwen2\"}\n", 0);
    upload_well(&f, "acme/changed", &out);
    assert_int_equal(out.files, 2);
    assert_int_equal(out.sent, 250000 + f.files[3].size);
    check_truth(&f, "acme/changed", out.commit);
    assert_int_equal(commits_of("acme/changed"), 3);

    /* what it became is stored already: the commit alone */
    write_content(&f, 2, NULL, 99);
    upload_well(&f, "acme/changed", &out);
    assert_int_equal(out.files, 1);
    assert_int_equal(out.sent, 0);
    assert_int_equal(commits_of("acme/changed"), 4);
    folder_remove(&f);
}

/* ---- what breaks ----------------------------------------------------------------------------- */

/* An upload during which these rules strike so often ends as if nothing had been. */
static void survive(const char *repo, const char *rules, int64_t strikes)
{
    struct folder f;
    struct hub_upload_result out;
    folder_make(&f);
    create(repo);
    int64_t before = last_request();
    set_fault(rules);
    upload_well(&f, repo, &out);
    assert_int_equal(faults_struck(), strikes);
    check_truth(&f, repo, out.commit);
    assert_int_equal(commits_of(repo), 2);
    assert_int_equal(out.files, FILES);
    check_tokens(before);
    folder_remove(&f);
}

static void a_lost_answer_to_the_commit_makes_one_commit(void **state)
{
    (void)state;
    survive("acme/lost", ONCE("POST", "*/commit/main", "\"kind\":\"lost\""), 1);
}

static void a_cut_answer_to_the_commit_makes_one_commit(void **state)
{
    (void)state;
    survive(
        "acme/cut", ONCE("POST", "*/commit/main", "\"kind\":\"truncate\",\"after_bytes\":20"), 1);
}

static void a_commit_that_was_not_made_is_made(void **state)
{
    (void)state;
    survive("acme/gateway", ONCE("POST", "*/commit/main", "\"kind\":\"status\",\"status\":504"), 1);
}

static void parts_that_break_off_are_sent_again(void **state)
{
    (void)state;
    survive("acme/reset",
        "{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\",\"times\":3,"
        "\"kind\":\"reset\",\"after_bytes\":30000}",
        3);
}

static void expired_addresses_are_asked_for_anew(void **state)
{
    (void)state;
    int64_t before = last_request();
    survive("acme/expired",
        "{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\",\"times\":2,"
        "\"kind\":\"expired\"}",
        2);
    assert_true(count_requests(before, "POST", "/objects/batch", 200) >= 2);
}

static void a_lost_completion_is_not_a_lost_file(void **state)
{
    (void)state;
    survive("acme/completion", ONCE("POST", "/api/complete_multipart*", "\"kind\":\"lost\""), 1);
}

static void a_completion_that_fails_for_good_begins_the_file_again(void **state)
{
    (void)state;
    survive("acme/again",
        ONCE("POST", "/api/complete_multipart*", "\"kind\":\"status\",\"status\":400"), 1);
}

static void every_call_survives_a_busy_server(void **state)
{
    (void)state;
    survive("acme/busy",
        "[" ONCE("POST", "*/preupload/*", "\"kind\":\"status\",\"status\":503") "," ONCE("POST",
            "*/objects/batch",
            "\"kind\":\"status\",\"status\":429,\"headers\":"
            "{\"Retry-After\":\"0\"}") "," ONCE("PUT", "/lfs-storage/*",
            "\"kind\":\"status\",\"status\":503") "," ONCE("POST", "*/lfs/verify",
            "\"kind\":\"status\",\"status\":500") "," ONCE("POST", "*/commit/main",
            "\"kind\":\"status\",\"status\":429") "," ONCE("GET", "*/tree/*",
            "\"kind\":\"truncate\",\"after_bytes\":30") "]",
        6);
}

static void commit_as_other(const char *repo)
{
    char path[200];
    snprintf(path, sizeof path, "/api/models/%s/commit/main", repo);
    json_free(sim_call(&sim, HTTP_POST, sim.hub, path,
        "{\"key\":\"header\",\"value\":{\"summary\":\"other\"}}\n"
        "{\"key\":\"file\",\"value\":{\"path\":\"other.txt\",\"content\":\"other\"}}\n",
        NULL));
}

static void commit_beside(enum hub_upload_phase phase)
{
    if (phase == HUB_COMMITTING)
        commit_as_other("acme/beside");
}

/* Ours waits in the server, with the parent that was the head when it was written. */
static void a_head_that_moved_is_built_upon(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    struct told told = {.on_phase = commit_beside};
    struct err e;
    folder_make(&f);
    create("acme/beside");
    int64_t before = last_request();
    set_fault("{\"plane\":\"hub\",\"path\":\"*/commit/main\",\"times\":1,\"kind\":\"delay\","
              "\"ms\":4000,\"header\":{\"user-agent\":\"slipway-hub*\"}}");
    int rc = upload(hub, &f, "acme/beside", &told, &out, NULL, &e);
    (void)faults_struck();
    if (rc)
        fail_msg("%s", e.message);
    assert_int_equal(count_requests(before, "POST", "/commit/main", 412), 1);
    assert_true(out.all_read_back);
    check_truth(&f, "acme/beside", out.commit);
    struct truth t = truth_of("acme/beside");
    assert_non_null(true_file(&t, "other.txt"));
    json_free(t.state);
    folder_remove(&f);
}

/* ---- what must not go on --------------------------------------------------------------------- */

static struct folder *changing;

static void change_a_file(enum hub_upload_phase phase)
{
    if (phase == HUB_SENDING)
        write_content(changing, 0, NULL, 1234);
}

static void a_file_that_changes_meanwhile_fails_before_the_commit(void **state)
{
    (void)state;
    struct folder f, meanwhile;
    struct hub_upload_result out;
    struct told told = {.on_phase = change_a_file};
    struct err e;
    folder_make(&f);
    create("acme/changing");
    meanwhile = f; /* the upload keeps the list as it was */
    changing = &meanwhile;
    int64_t before = last_request();
    set_fault("{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\",\"times\":1,"
              "\"kind\":\"delay\",\"ms\":3000}");
    assert_int_equal(upload(hub, &f, "acme/changing", &told, &out, NULL, &e), -1);
    (void)faults_struck();
    if (e.class != ERR_STATE || !strstr(e.message, "model.safetensors"))
        fail_msg("%s: %s", err_class_name(e.class), e.message);
    assert_int_equal(count_requests(before, NULL, "/commit/", 0), 0);
    assert_int_equal(commits_of("acme/changing"), 1);
    folder_remove(&f);
}

static struct cancel *stop;

static void fire(enum hub_upload_phase phase)
{
    if (phase == HUB_SENDING)
        cancel_fire(stop);
}

static void a_stop_is_prompt_and_the_next_run_goes_on(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    struct told told = {.on_phase = fire};
    struct err e;
    folder_make(&f);
    create("acme/stopped");
    stop = cancel_new(NULL);
    assert_non_null(stop);
    set_fault("{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\","
              "\"kind\":\"hang\",\"after_bytes\":1000}");
    int64_t begun = clock_mono_ms(clock_real());
    assert_int_equal(upload(hub, &f, "acme/stopped", &told, &out, stop, &e), -1);
    assert_true(clock_mono_ms(clock_real()) - begun < 10000);
    assert_int_equal(e.class, ERR_CANCEL);
    (void)faults_struck();
    cancel_unref(stop);
    assert_int_equal(commits_of("acme/stopped"), 1);
    upload_well(&f, "acme/stopped", &out);
    check_truth(&f, "acme/stopped", out.commit);
    folder_remove(&f);
}

static void a_refused_commit_is_not_repeated(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    struct told told = {0};
    struct err e;
    folder_make(&f);
    create("acme/refused");
    int64_t before = last_request();
    set_fault("{\"plane\":\"hub\",\"path\":\"*/commit/main\",\"kind\":\"status\",\"status\":400,"
              "\"body\":{\"error\":\"the license is unknown\"}}");
    assert_int_equal(upload(hub, &f, "acme/refused", &told, &out, NULL, &e), -1);
    (void)faults_struck();
    assert_int_equal(e.number, 400);
    assert_non_null(strstr(e.message, "the license is unknown"));
    assert_int_equal(count_requests(before, NULL, "/commit/", 0), 1);
    folder_remove(&f);
}

static void a_token_that_only_reads_sends_nothing(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    struct told told = {0};
    struct err e;
    folder_make(&f);
    create("acme/readonly");
    int64_t before = last_request();
    assert_int_equal(upload(reader, &f, "acme/readonly", &told, &out, NULL, &e), -1);
    assert_int_equal(e.class, ERR_AUTH);
    assert_false(out.unchanged);
    assert_int_equal(count_requests(before, "PUT", "", 0), 0);
    assert_int_equal(commits_of("acme/readonly"), 1);
    folder_remove(&f);
}

/* What the tree does not show is not called read back. */
static void what_is_not_there_is_told(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    struct told told = {0};
    struct err e;
    folder_make(&f);
    create("acme/absent");
    set_fault("{\"plane\":\"hub\",\"path\":\"*/tree/*\",\"kind\":\"status\",\"status\":200,"
              "\"body\":[{\"type\":\"file\",\"path\":\"empty.txt\",\"size\":0,\"oid\":"
              "\"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\"},{\"type\":\"file\",\"path\":"
              "\"config.json\",\"size\":22,\"oid\":"
              "\"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\"}]}");
    assert_int_equal(upload(hub, &f, "acme/absent", &told, &out, NULL, &e), 0);
    (void)faults_struck();
    assert_false(out.all_read_back);
    for (size_t i = 0; i < told.file_count; i++) {
        bool there = strcmp(told.files[i].path.s, "empty.txt") == 0;
        assert_int_equal((told.files[i].ticks & TICK_READ_BACK) != 0, there);
        assert_int_equal(strcmp(told.notes[i], "valid") == 0, there);
    }
    folder_remove(&f);
}

static void a_storage_that_never_takes_it_ends_the_upload(void **state)
{
    (void)state;
    struct folder f;
    struct hub_upload_result out;
    struct told told = {0};
    struct err e;
    folder_make(&f);
    create("acme/never");
    int64_t before = last_request();
    set_fault("{\"plane\":\"hub\",\"method\":\"PUT\",\"path\":\"/lfs-storage/*\",\"kind\":"
              "\"expired\"}");
    assert_int_equal(upload(hub, &f, "acme/never", &told, &out, NULL, &e), -1);
    (void)faults_struck();
    assert_int_equal(e.number, 403);
    assert_non_null(strstr(e.message, ".safetensors"));
    assert_non_null(strstr(told.notes[0], "403"));
    assert_int_equal(count_requests(before, NULL, "/commit/", 0), 0);
    assert_true(count_requests(before, "POST", "/objects/batch", 0) <= 8);
    upload_well(&f, "acme/never", &out);
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
        cmocka_unit_test(a_folder_becomes_one_commit_and_the_same_folder_none),
        cmocka_unit_test(only_what_changed_is_sent),
        cmocka_unit_test(a_lost_answer_to_the_commit_makes_one_commit),
        cmocka_unit_test(a_cut_answer_to_the_commit_makes_one_commit),
        cmocka_unit_test(a_commit_that_was_not_made_is_made),
        cmocka_unit_test(parts_that_break_off_are_sent_again),
        cmocka_unit_test(expired_addresses_are_asked_for_anew),
        cmocka_unit_test(a_lost_completion_is_not_a_lost_file),
        cmocka_unit_test(a_completion_that_fails_for_good_begins_the_file_again),
        cmocka_unit_test(every_call_survives_a_busy_server),
        cmocka_unit_test(a_head_that_moved_is_built_upon),
        cmocka_unit_test(a_file_that_changes_meanwhile_fails_before_the_commit),
        cmocka_unit_test(a_stop_is_prompt_and_the_next_run_goes_on),
        cmocka_unit_test(a_refused_commit_is_not_repeated),
        cmocka_unit_test(a_token_that_only_reads_sends_nothing),
        cmocka_unit_test(what_is_not_there_is_told),
        cmocka_unit_test(a_storage_that_never_takes_it_ends_the_upload),
    };
    return cmocka_run_group_tests_name("hub_upload", tests, start, finish);
}
