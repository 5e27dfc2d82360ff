/* The registry's thread: what it sends and when, on a SQLite file, and what it makes of a
 * PostgreSQL that is away, comes, goes and hides its rows. */
#include "client/registry_watch.h"
#include "db_fixture.h"
#include "model/news.h"

enum { SOON_MS = 20, NEVER_MS = 3600 * 1000 };

struct watched {
    struct inbox *inbox;
    struct cancel *root;
    struct registry_watch *watch;
};

static struct watched watch(const char *url, const char *user, int64_t interval_ms)
{
    const struct inbox_limits limits = {64, 16, 1 << 20, 16};
    const struct registry_watch_options options = {
        .db = {.url = url, .user_id = user, .connect_ms = 20000}, .interval_ms = interval_ms};
    struct watched w = {.inbox = inbox_new(&limits), .root = cancel_new(NULL)};
    struct err e;
    assert_non_null(w.inbox);
    w.watch = registry_watch_new(&options, w.inbox, clock_real(), w.root, &e);
    if (!w.watch)
        fail_msg("registry_watch_new: %s", e.message);
    return w;
}

static void end(struct watched *w)
{
    registry_watch_free(w->watch);
    inbox_free(w->inbox);
    cancel_unref(w->root);
}

/* What one look brought: freed by the next one, or by forget. */
struct heard {
    struct message *jobs, *models, *source; /* the newest; NULL = none came */
};

static void forget(struct heard *h)
{
    message_free(h->jobs);
    message_free(h->models);
    message_free(h->source);
    *h = (struct heard){0};
}

static void keep(struct heard *h, struct message *m)
{
    struct message **place = m->type == NEWS_JOBS     ? &h->jobs
                             : m->type == NEWS_MODELS ? &h->models
                                                      : &h->source;
    message_free(*place);
    *place = m;
}

/* Everything up to the next word about the source, which ends each look. */
static const struct source_state *listen_once(struct watched *w, struct heard *h)
{
    int64_t end_ms = clock_mono_ms(clock_real()) + FIXTURE_PATIENCE_MS;
    forget(h);
    while (!h->source) {
        struct pollfd fd = {.fd = inbox_fd(w->inbox), .events = POLLIN};
        if (clock_mono_ms(clock_real()) > end_ms)
            fail_msg("nothing was heard of the registry");
        poll(&fd, 1, 1000);
        for (struct message *next, *m = inbox_receive(w->inbox, NULL); m; m = next) {
            next = m->next;
            keep(h, m);
        }
    }
    const struct source_state *s = h->source->payload;
    assert_int_equal(SOURCE_REGISTRY, s->source);
    assert_string_equal("source/db", h->source->key);
    return s;
}

/* Until the source is as wanted, asking again and again. */
static const struct source_state *hurry_until(
    struct watched *w, struct heard *h, enum source_health health, enum err_class class)
{
    int64_t end_ms = clock_mono_ms(clock_real()) + FIXTURE_PATIENCE_MS;
    for (;;) {
        registry_watch_hurry(w->watch);
        const struct source_state *s = listen_once(w, h);
        if (s->health == health && (health == SOURCE_OK || s->error.class == class))
            return s;
        if (clock_mono_ms(clock_real()) > end_ms)
            fail_msg("the source stays %d: %s", s->health, s->error.message);
        poll(NULL, 0, SOON_MS);
    }
}

static void migrate(const char *url)
{
    struct err e;
    int made;
    struct registry *r = registry_new(fixture_try(url, NULL, &e), NULL, &e);
    assert_non_null(r);
    if (registry_migrate(r, &made, NULL, &e))
        fail_msg("registry_migrate: %s", e.message);
    registry_free(r);
}

static void do_sql(const char *url, const char *sql)
{
    struct err e;
    struct db *d = fixture_try(url, NULL, &e);
    if (!d)
        fail_msg("%s", e.message);
    fixture_sql(d, sql, NULL);
    db_close(d);
}

static const char add_job[] = "INSERT INTO {table local_training_jobs} (model_name, dataset_path,"
                              " status, loss) VALUES ('support-v7', 'd', 'running', 0.5)";

/* ---- on a file ------------------------------------------------------------------------------- */

static void tables_that_are_missing_are_named_with_the_remedy(void **state)
{
    const struct fixture *f = *state;
    struct heard h = {0};
    struct watched w = watch(f->url, NULL, NEVER_MS);
    const struct source_state *s = listen_once(&w, &h);
    assert_int_equal(SOURCE_FAILED, s->health);
    assert_int_equal(ERR_STATE, s->error.class);
    assert_non_null(strstr(s->error.hint, "slipway migrate"));
    assert_int_equal(-1, s->seen_ms);
    assert_true(s->retry_ms > clock_mono_ms(clock_real()));
    assert_null(h.jobs);
    assert_null(h.models);
    migrate(f->url);
    s = hurry_until(&w, &h, SOURCE_OK, ERR_NONE);
    assert_true(s->seen_ms >= 0);
    assert_int_equal(-1, s->retry_ms);
    assert_string_equal(f->url + strlen("sqlite:"), s->who.s);
    forget(&h);
    end(&w);
}

/* What is cut off is never passed off as all there is. */
static void a_page_that_is_cut_says_so(void **state)
{
    const struct fixture *f = *state;
    const struct inbox_limits limits = {64, 16, 1 << 20, 16};
    const struct registry_watch_options options = {
        .db = {.url = f->url, .connect_ms = 20000}, .interval_ms = SOON_MS, .jobs_max = 2};
    struct watched w = {.inbox = inbox_new(&limits), .root = cancel_new(NULL)};
    struct heard h = {0};
    struct err e;
    migrate(f->url);
    do_sql(f->url, add_job);
    do_sql(f->url, add_job);
    w.watch = registry_watch_new(&options, w.inbox, clock_real(), w.root, &e);
    assert_non_null(w.watch);
    listen_once(&w, &h);
    assert_int_equal(2, ((struct job_page *)h.jobs->payload)->count);
    assert_false(((struct job_page *)h.jobs->payload)->more); /* two of two */
    do_sql(f->url, add_job);
    while (!h.jobs || !((struct job_page *)h.jobs->payload)->more)
        listen_once(&w, &h);
    assert_int_equal(2, ((struct job_page *)h.jobs->payload)->count);
    forget(&h);
    end(&w);
}

static void pages_are_sent_when_they_changed(void **state)
{
    const struct fixture *f = *state;
    struct heard h = {0};
    migrate(f->url);
    struct watched w = watch(f->url, NULL, SOON_MS);
    listen_once(&w, &h);
    assert_non_null(h.jobs); /* the first is sent, empty or not */
    assert_non_null(h.models);
    assert_int_equal(0, ((struct job_page *)h.jobs->payload)->count);
    do_sql(f->url, add_job);
    while (!h.jobs || ((struct job_page *)h.jobs->payload)->count == 0)
        listen_once(&w, &h);
    const struct job_page *page = h.jobs->payload;
    assert_int_equal(1, page->count);
    assert_string_equal("support-v7", page->jobs[0].name.s);
    assert_null(h.models);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(SOURCE_OK, listen_once(&w, &h)->health);
        assert_null(h.jobs);
        assert_null(h.models);
    }
    /* a number alone, then a text of the same length */
    do_sql(f->url, "UPDATE {table local_training_jobs} SET loss = 0.25");
    do
        listen_once(&w, &h);
    while (!h.jobs);
    assert_true(((struct job_page *)h.jobs->payload)->jobs[0].loss == 0.25);
    do_sql(f->url, "UPDATE {table local_training_jobs} SET status = 'RUNNING'");
    do
        listen_once(&w, &h);
    while (!h.jobs);
    assert_string_equal("RUNNING", ((struct job_page *)h.jobs->payload)->jobs[0].status.s);
    forget(&h);
    end(&w);
}

static void a_hurry_shows_all_again(void **state)
{
    const struct fixture *f = *state;
    struct heard h = {0};
    migrate(f->url);
    struct watched w = watch(f->url, NULL, NEVER_MS);
    for (int i = 0; i < 3; i++) {
        listen_once(&w, &h);
        assert_non_null(h.jobs);
        assert_non_null(h.models);
        registry_watch_hurry(w.watch);
    }
    forget(&h);
    end(&w);
}

static void one_missing_table_does_not_hide_the_other(void **state)
{
    const struct fixture *f = *state;
    struct heard h = {0};
    migrate(f->url);
    do_sql(f->url, "DROP TABLE {table local_training_jobs}");
    struct watched w = watch(f->url, NULL, NEVER_MS);
    assert_int_equal(SOURCE_FAILED, listen_once(&w, &h)->health);
    assert_null(h.jobs);
    assert_non_null(h.models);
    forget(&h);
    end(&w);
}

/* ---- servers --------------------------------------------------------------------------------- */

/* Takes the connection and never answers. */
static void a_silent_server_does_not_keep_the_end_waiting(void **state)
{
    char url[128];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)state;
    assert_int_equal(0, bind(fd, (struct sockaddr *)&a, n));
    assert_int_equal(0, listen(fd, 4));
    assert_int_equal(0, getsockname(fd, (struct sockaddr *)&a, &n));
    snprintf(url, sizeof url, "postgresql://u:password@127.0.0.1:%d/d", ntohs(a.sin_port));
    struct watched w = watch(url, NULL, NEVER_MS);
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    assert_int_equal(1, poll(&waiting, 1, FIXTURE_PATIENCE_MS));
    int64_t begun = clock_mono_ms(clock_real());
    cancel_fire(w.root);
    end(&w);
    assert_true(clock_mono_ms(clock_real()) - begun < 10000); /* connecting may take 20 s */
    close(fd);
}

static void a_server_may_come_and_go(void **state)
{
    struct pg_server *server = &fixture_server;
    struct heard h = {0};
    const struct fixture *f = *state;
    pg_server_kill(server);
    struct watched w = watch(f->url, FIXTURE_USER, NEVER_MS);
    const struct source_state *s = listen_once(&w, &h);
    assert_int_equal(SOURCE_FAILED, s->health);
    assert_int_equal(ERR_NET, s->error.class);
    assert_null(strstr(s->error.message, PG_PASSWORD));
    assert_int_equal(0, pg_server_run(server));
    hurry_until(&w, &h, SOURCE_FAILED, ERR_STATE); /* it is there, without tables */
    migrate(f->url);
    s = hurry_until(&w, &h, SOURCE_OK, ERR_NONE);
    int64_t seen = s->seen_ms;
    pg_server_kill(server);
    s = hurry_until(&w, &h, SOURCE_FAILED, ERR_NET);
    assert_true(s->seen_ms >= seen); /* of the last good look */
    assert_int_equal(0, pg_server_run(server));
    hurry_until(&w, &h, SOURCE_OK, ERR_NONE);
    forget(&h);
    end(&w);
}

static void hidden_rows_are_not_called_none(void **state)
{
    static const char *const statements[] = {
        "CREATE ROLE app LOGIN PASSWORD 'open-sesame-4712'",
        "GRANT USAGE ON SCHEMA public TO app",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO app",
        "ALTER TABLE public.local_training_jobs ENABLE ROW LEVEL SECURITY",
    };
    const struct fixture *f = *state;
    struct heard h = {0};
    char url[256];
    migrate(f->url);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        do_sql(f->url, statements[i]);
    snprintf(url, sizeof url, "postgresql://app:open-sesame-4712@127.0.0.1:%d/postgres",
        fixture_server.port);
    struct watched w = watch(url, NULL, NEVER_MS);
    const struct source_state *s = listen_once(&w, &h);
    assert_int_equal(SOURCE_FAILED, s->health);
    assert_non_null(strstr(s->error.message, "no rows visible to role app"));
    assert_non_null(strstr(s->error.hint, "user_id"));
    assert_null(h.jobs);
    assert_non_null(h.models); /* those are not hidden */
    forget(&h);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest on_files[] = {
        ON_SQLITE(tables_that_are_missing_are_named_with_the_remedy),
        ON_SQLITE(a_page_that_is_cut_says_so),
        ON_SQLITE(pages_are_sent_when_they_changed),
        ON_SQLITE(a_hurry_shows_all_again),
        ON_SQLITE(one_missing_table_does_not_hide_the_other),
        cmocka_unit_test(a_silent_server_does_not_keep_the_end_waiting),
    };
    const struct CMUnitTest on_servers[] = {
        ON_PG(a_server_may_come_and_go),
        ON_PG(hidden_rows_are_not_called_none),
    };
    int failed = cmocka_run_group_tests_name("registry_watch", on_files, NULL, NULL);
    if (fixture_have_pg("registry_watch"))
        failed += cmocka_run_group_tests_name(
            "registry_watch: postgresql", on_servers, fixture_start_pg, fixture_end_pg);
    return failed;
}
