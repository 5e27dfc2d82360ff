/* The Hub's client against the stand-in: accounts, repositories, and the thread that watches. What
 * happened is read from the stand-in's own log and state. Uploads: test_hub_upload.c. */
#include "hub_world.h"

#include "client/hub_watch.h"
#include "core/cancel.h"
#include "model/source.h"

#include <poll.h>

enum { ARENA = 8 << 20, LIMIT_MS = 60000 };

/* ---- repositories ---------------------------------------------------------------------------- */

static void creating_looks_before_it_repeats(void **state)
{
    (void)state;
    struct err e;
    bool existed = false;
    assert_int_equal(hub_create(hub, "acme/old", false, &existed, NULL, &e), 0);
    assert_true(existed);

    int64_t before = last_request();
    set_fault(ONCE("POST", "/api/repos/create", "\"kind\":\"lost\""));
    assert_int_equal(hub_create(hub, "acme/made-once", true, &existed, NULL, &e), 0);
    assert_int_equal(faults_struck(), 1);
    assert_int_equal(count_requests(before, "POST", "/api/repos/create", 0), 1);
    assert_int_equal(commits_of("acme/made-once"), 1);

    before = last_request();
    set_fault(ONCE("POST", "/api/repos/create",
        "\"kind\":\"status\",\"status\":409,\"body\":{\"error\":\"Cannot create repo: another "
        "conflicting operation is in progress\"}"));
    assert_int_equal(hub_create(hub, "acme/later", true, &existed, NULL, &e), 0);
    assert_int_equal(faults_struck(), 1);
    assert_int_equal(count_requests(before, "POST", "/api/repos/create", 0), 2);

    assert_int_equal(hub_create(hub, "strangers/x", true, &existed, NULL, &e), -1);
    assert_int_equal(e.class, ERR_AUTH);
    assert_int_equal(e.number, 403);
}

static void a_token_that_only_reads_is_the_reason(void **state)
{
    (void)state;
    struct err e;
    bool existed = false;
    assert_int_equal(hub_create(reader, "acme/another", true, &existed, NULL, &e), -1);
    assert_int_equal(e.class, ERR_AUTH);
    assert_non_null(strstr(e.message, "only reads"));
    assert_int_equal(hub_create(reader, "acme/old", true, &existed, NULL, &e), 0);
    assert_true(existed);
}

static void a_page_says_what_a_repository_holds(void **state)
{
    (void)state;
    struct arena *a = arena_new(ARENA);
    struct hub_info info;
    struct err e;
    sim_advance(&sim, 60);
    if (hub_info(hub, "acme/old", NULL, a, &info, NULL, &e))
        fail_msg("%s", e.message);
    assert_string_equal(info.id, "acme/old");
    assert_string_equal(info.pipeline_tag.s, "text-generation");
    assert_string_equal(info.library.s, "transformers");
    assert_string_equal(info.base_model.s, "acme/base");
    assert_int_equal(info.gated.len, 0);
    assert_false(info.is_private);
    assert_int_equal(info.file_count, 3);
    size_t large = 0;
    for (size_t i = 0; i < info.file_count; i++) {
        large += info.files[i].lfs;
        assert_int_equal(strlen(info.files[i].oid), info.files[i].lfs ? 64 : 40);
        if (info.files[i].lfs)
            assert_int_equal(info.files[i].size, 5000);
    }
    assert_int_equal(large, 1);

    assert_int_equal(hub_info(hub, "acme/nothing", NULL, a, &info, NULL, &e), -1);
    assert_int_equal(e.class, ERR_REMOTE);
    assert_int_equal(e.number, 404);
    assert_int_equal(hub_info(hub, "acme/old", "no/such branch", a, &info, NULL, &e), -1);
    assert_int_equal(e.number, 404);
    arena_free(a);
}

static void without_a_token_what_may_not_be_seen_is_not_there(void **state)
{
    (void)state;
    struct arena *a = arena_new(ARENA);
    struct hub_info info;
    struct err e;
    struct hub *nobody = hub_new(&(struct hub_options){.endpoint = sim.hub}, http, &e);
    assert_non_null(nobody);
    assert_int_equal(hub_info(nobody, "acme/old", NULL, a, &info, NULL, &e), 0);
    assert_int_equal(hub_info(nobody, "ada/own", NULL, a, &info, NULL, &e), -1);
    assert_int_equal(e.class, ERR_REMOTE);
    assert_int_equal(e.number, 404);
    assert_non_null(strstr(e.hint, "HF_TOKEN"));
    hub_free(nobody);
    arena_free(a);
}

static void a_user_is_known_by_the_token(void **state)
{
    (void)state;
    struct arena *a = arena_new(ARENA);
    struct hub_user user;
    struct err e;
    assert_int_equal(hub_whoami(hub, a, &user, NULL, &e), 0);
    assert_string_equal(user.name.s, "ada");
    assert_true(user.can_write);
    assert_int_equal(user.org_count, 1);
    assert_string_equal(user.orgs[0].s, "acme");
    assert_int_equal(hub_whoami(reader, a, &user, NULL, &e), 0);
    assert_false(user.can_write);
    assert_string_equal(user.role.s, "read");
    arena_free(a);
}

static void a_list_ends_where_it_should(void **state)
{
    (void)state;
    struct arena *a = arena_new(ARENA);
    struct repo_page page;
    struct err e;
    create("acme/one-more");
    assert_int_equal(hub_list(hub, "acme", 500, a, &page, NULL, &e), 0);
    assert_true(page.count >= 2);
    size_t all = page.count;
    assert_string_equal(page.repos[0].id.s, "acme/one-more");
    assert_true(page.repos[0].is_private);
    for (size_t i = 1; i < all; i++)
        assert_true(page.repos[i - 1].modified_ms >= page.repos[i].modified_ms);
    assert_int_equal(hub_list(hub, "acme", 1, a, &page, NULL, &e), 0);
    assert_int_equal(page.count, 1);
    assert_int_equal(hub_list(hub, "no one/&author=acme", 5, a, &page, NULL, &e), 0);
    assert_int_equal(page.count, 0);
    arena_free(a);
}

/* ---- watching -------------------------------------------------------------------------------- */

/* Received and not looked at yet, oldest first. */
static struct message *waiting;

/* The first message of this type that is as wanted, of those that wait; frees those before it. */
static struct message *find(int type, bool (*wanted)(const struct message *))
{
    while (waiting) {
        struct message *m = waiting;
        waiting = m->next;
        if (m->type == type && wanted(m))
            return m;
        message_free(m);
    }
    return NULL;
}

static struct message *await(struct inbox *in, int type, bool (*wanted)(const struct message *))
{
    struct message *found = find(type, wanted);
    int64_t until = clock_mono_ms(clock_real()) + LIMIT_MS;
    while (!found && clock_mono_ms(clock_real()) < until) {
        struct pollfd ready = {.fd = inbox_fd(in), .events = POLLIN};
        (void)poll(&ready, 1, 1000);
        waiting = inbox_receive(in, NULL);
        found = find(type, wanted);
    }
    assert_non_null(found);
    return found;
}

static bool is_none(const struct message *m)
{
    (void)m;
    return false;
}

static bool is_any(const struct message *m)
{
    return m != NULL;
}

static bool is_ok(const struct message *m)
{
    return ((const struct source_state *)m->payload)->health == SOURCE_OK;
}

static bool is_failed(const struct message *m)
{
    return ((const struct source_state *)m->payload)->health == SOURCE_FAILED;
}

static bool is_off(const struct message *m)
{
    return ((const struct source_state *)m->payload)->health == SOURCE_OFF;
}

static struct inbox *new_inbox(void)
{
    struct inbox *in = inbox_new(&(struct inbox_limits){16, 16, 1 << 20, 16});
    assert_non_null(in);
    return in;
}

static bool holds(const struct repo_page *page, const char *id)
{
    for (size_t i = 0; i < page->count; i++)
        if (strcmp(page->repos[i].id.s, id) == 0)
            return true;
    return false;
}

static void the_watch_tells_who_and_what_and_how(void **state)
{
    (void)state;
    struct err e;
    struct inbox *in = new_inbox();
    struct cancel *root = cancel_new(NULL);
    int64_t before = last_request();
    struct hub_watch *w = hub_watch_new(hub, in, clock_real(), root, &e);
    assert_non_null(w);
    struct message *m = await(in, NEWS_REPOS, is_any);
    const struct repo_page *page = m->payload;
    assert_true(holds(page, "acme/old") && holds(page, "ada/own"));
    message_free(m);
    m = await(in, NEWS_SOURCE, is_ok);
    const struct source_state *s = m->payload;
    assert_string_equal(s->who.s, "ada");
    assert_true(s->seen_ms >= 0);
    message_free(m);

    set_fault("{\"plane\":\"hub\",\"path\":\"/api/models*\",\"kind\":\"status\",\"status\":404}");
    hub_watch_hurry(w);
    m = await(in, NEWS_SOURCE, is_failed);
    s = m->payload;
    assert_int_equal(s->error.number, 404);
    assert_true(s->retry_ms > s->seen_ms);
    message_free(m);
    (void)faults_struck();
    hub_watch_hurry(w);
    message_free(await(in, NEWS_SOURCE, is_ok));
    assert_int_equal(count_requests(before, "GET", "/api/whoami-v2", 0), 1);

    int64_t begun = clock_mono_ms(clock_real());
    hub_watch_free(w);
    assert_true(clock_mono_ms(clock_real()) - begun < 5000);
    (void)find(NEWS_SOURCE, is_none);
    cancel_unref(root);
    inbox_free(in);
}

static void without_a_token_the_watch_asks_nothing(void **state)
{
    (void)state;
    struct err e;
    struct inbox *in = new_inbox();
    struct cancel *root = cancel_new(NULL);
    struct hub *nobody = hub_new(&(struct hub_options){.endpoint = sim.hub}, http, &e);
    int64_t before = last_request();
    struct hub_watch *w = hub_watch_new(nobody, in, clock_real(), root, &e);
    assert_non_null(w);
    struct message *m = await(in, NEWS_SOURCE, is_off);
    const struct source_state *s = m->payload;
    assert_non_null(strstr(s->error.hint, "HF_TOKEN"));
    message_free(m);
    hub_watch_hurry(w);
    cancel_fire(root);
    hub_watch_free(w);
    (void)find(NEWS_SOURCE, is_none);
    assert_int_equal(count_requests(before, NULL, "/api/", 0), 0);
    hub_free(nobody);
    cancel_unref(root);
    inbox_free(in);
}

static int start(void **state)
{
    (void)state;
    hub_world_start();
    return 0;
}

static int finish(void **state)
{
    (void)state;
    hub_world_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_known_by_the_token),
        cmocka_unit_test(a_page_says_what_a_repository_holds),
        cmocka_unit_test(without_a_token_what_may_not_be_seen_is_not_there),
        cmocka_unit_test(a_list_ends_where_it_should),
        cmocka_unit_test(creating_looks_before_it_repeats),
        cmocka_unit_test(a_token_that_only_reads_is_the_reason),
        cmocka_unit_test(the_watch_tells_who_and_what_and_how),
        cmocka_unit_test(without_a_token_the_watch_asks_nothing),
    };
    return cmocka_run_group_tests_name("hub", tests, start, finish);
}
