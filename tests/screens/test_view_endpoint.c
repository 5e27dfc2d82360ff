/* The opened endpoint and the pane it is opened from: how they look at the usual sizes, that nothing is said
 * that was not read, that what matters stays on the screen whatever there is of it. */
#include "view_bench.h"

#include "../unit/ui/screen.h"

enum { MINUTE = 60 * 1000 };

/* ---- an endpoint with all there can be ---------------------------------------------------------------- */

static struct endpoint_setting env[] = {
    {TEXT("MODEL_NAME"), TEXT("acme/support-v7")},
    {TEXT("MODEL_REVISION"), TEXT("9a3e51c0d1e2f30415263748596a7b8c9d0e1f20")},
    {TEXT("MAX_MODEL_LEN"), TEXT("8192")},
    {TEXT("HUGGING_FACE_HUB_TOKEN"), TEXT("•••")},
    {TEXT("GPU_MEMORY_UTILIZATION"), TEXT("0.95")},
};
static struct release_change to_v4[] = {
    {TEXT("image"), TEXT("runpod/worker-v1-vllm:v2.24.0"), TEXT("runpod/worker-v1-vllm:v2.25.2")},
    {TEXT("env HUGGING_FACE_HUB_TOKEN"), TEXT("•••"), TEXT("•••")},
};
static struct release_change to_v3[] = {
    {TEXT("env MAX_MODEL_LEN"), TEXT(""), TEXT("8192")},
};
static struct release releases[3];

static struct endpoint_detail detail_of(struct bench *b, const char *id)
{
    int64_t now = store_wall_ms(b->f.store);
    releases[0] = (struct release){4, TEXT("MANUAL"), now - 2 * 60 * MINUTE, 2, to_v4, 2};
    releases[1] = (struct release){3, TEXT("MANUAL"), now - 26 * 60 * (int64_t)MINUTE, 1, to_v3, 1};
    releases[2] = (struct release){2, TEXT(""), -1, -1, NULL, 0};
    struct endpoint_detail d = {.seen_ms = store_mono_ms(b->f.store) - 12000,
        .env = env,
        .env_count = sizeof env / sizeof *env,
        .disk_gb = 60,
        .timeout_ms = 600000,
        .scaling = TEXT("queue delay 4 s"),
        .min_cuda = TEXT("12.8"),
        .cuda_versions = TEXT(""),
        .data_centers = TEXT("US-KS-2, EU-RO-1"),
        .volumes = TEXT(""),
        .excluded = TEXT("NVIDIA RTX A5000"),
        .flashboot = TEXT("FLASHBOOT"),
        .registry = TEXT(""),
        .releases = releases,
        .release_count = 3,
        .releases_read = true,
        .rolling = true,
        .rolled = 2,
        .rolling_total = 3,
        .billed = {NAN, 1.94, 2.04, 0.61},
        .billed_count = 4,
        .billed_from_ms = now - now % (60 * MINUTE),
        .not_read = TEXT("")};
    snprintf(d.endpoint_id, sizeof d.endpoint_id, "%s", id);
    return d;
}

static void read_detail(struct bench *b, const char *id)
{
    struct endpoint_detail d = detail_of(b, id);
    fixture_send(&b->f, MESSAGE_RESULT, NEWS_DETAIL, &d, sizeof d);
}

static void look(struct bench *b, const char *id, int64_t queue, int64_t running, int64_t completed)
{
    struct health h = {.seen_ms = store_mono_ms(b->f.store),
        .completed = completed,
        .in_queue = queue,
        .in_progress = running,
        .running = running};
    snprintf(h.endpoint_id, sizeof h.endpoint_id, "%s", id);
    fixture_send(&b->f, MESSAGE_RESULT, NEWS_HEALTH, &h, sizeof h);
}

/* An hour that has waves. */
static void live_an_hour(struct bench *b, const char *id)
{
    int64_t completed = 1204;
    for (int i = 0; i < 50; i++) {
        look(b, id, i % 11 < 4 ? 2 + i % 11 : 0, 2, completed);
        completed += 3 + (i * 7) % 9;
        fixture_advance(&b->f, MINUTE);
    }
    look(b, id, 1, 2, completed);
    fixture_advance(&b->f, 3000);
}

static struct worker worker(const char *id, enum worker_status status)
{
    struct worker w = {.status = status,
        .word = TEXT(""),
        .gpu = TEXT("NVIDIA GeForce RTX 4090"),
        .data_center = TEXT("US-KS-2"),
        .image = TEXT("runpod/worker-v1-vllm:v2.25.2"),
        .gpu_count = 1,
        .version = 4,
        .uptime_s = -1,
        .started_ms = -1};
    snprintf(w.id, sizeof w.id, "%s", id);
    return w;
}

static void send_workers(struct bench *b, const char *id, struct worker *list, size_t count)
{
    struct worker_page page = {.version = 4, .workers = list, .count = count};
    snprintf(page.endpoint_id, sizeof page.endpoint_id, "%s", id);
    page.seen_ms = store_mono_ms(b->f.store);
    fixture_send(&b->f, MESSAGE_RESULT, NEWS_WORKERS, &page, sizeof page);
}

/* One of each state, one of an old release, one that began three times. */
static void mix_workers(struct bench *b, const char *id)
{
    static struct worker list[6];
    int64_t now = store_wall_ms(b->f.store);
    list[0] = worker("m2k1a7b8c9d0", WORKER_RUNNING);
    list[0].started_ms = now - 3 * 60 * MINUTE;
    list[1] = worker("b1x2c3v4", WORKER_IDLE);
    list[1].uptime_s = 95;
    list[2] = worker("q9w8e7r6", WORKER_UNHEALTHY);
    list[3] = worker("t5y6u7i8", WORKER_INITIALIZING);
    list[4] = worker("a0s9d8f7", WORKER_RUNNING);
    list[4].stale = true;
    list[4].version = 3;
    list[4].image = TEXT("runpod/worker-v1-vllm:v2.24.0");
    list[4].gpu = TEXT("NVIDIA L40S");
    list[4].gpu_count = 2;
    list[5] = worker("z1x2c3v4", WORKER_OTHER);
    list[5].word = TEXT("HIBERNATING");
    for (int i = 3; i > 0; i--) {
        list[2].started_ms = now - i * 20000;
        send_workers(b, id, list, 6);
    }
}

static void start_whole(struct bench *b, const char *id)
{
    bench_start(b, true);
    live_an_hour(b, id);
    mix_workers(b, id);
    read_detail(b, id);
}

static void turn(struct bench *b, int times)
{
    for (int i = 0; i < times; i++)
        bench_press(b, PRESS_TAB);
}

/* ---- how it looks ------------------------------------------------------------------------------------- */

static void test_sparse_looks(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_goldens(&b, &view_endpoint, "x2x4legal", "view_endpoint");
    bench_open(&b, &view_endpoint, "x2x4legal", 80, 24);
    assert_string_equal(b.f.focus, "x2x4legal");
    bench_shows(&b, "ValueError");      /* its own lines */
    bench_hides(&b, "tokenizer class"); /* and no other's */
    bench_shut(&b);
    assert_string_equal(b.f.focus, "");
    bench_end(&b);
}

static void test_whole_looks(void **state)
{
    static const struct {
        int columns, rows, turns;
        const char *name;
    } looks[] = {{80, 24, 0, "view_endpoint_whole_80x24"},
        {120, 34, 0, "view_endpoint_whole_120x34"}, {200, 60, 0, "view_endpoint_whole_200x60"},
        {80, 24, 2, "view_endpoint_settings_80x24"}, {120, 34, 2, "view_endpoint_settings_120x34"},
        {80, 24, 3, "view_endpoint_releases_80x24"}, {40, 12, 0, "view_endpoint_whole_40x12"}};
    struct bench b;
    (void)state;
    start_whole(&b, "x2x4support");
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        bench_open(&b, &view_endpoint, "x2x4support", looks[i].columns, looks[i].rows);
        turn(&b, looks[i].turns);
        bench_golden(&b, looks[i].name);
        bench_shut(&b);
    }
    b.x.ascii = true;
    bench_open(&b, &view_endpoint, "x2x4support", 120, 34);
    b.c.ascii = true;
    bench_golden(&b, "view_endpoint_whole_ascii");
    bench_end(&b);
}

/* ---- what is said ------------------------------------------------------------------------------------- */

static void test_nothing_is_said_that_was_not_read(void **state)
{
    static struct endpoint fresh;
    struct bench b;
    (void)state;
    bench_start(&b, true);
    fresh = *store_endpoint_by_id(b.f.store, "x2x4legal")->settings;
    snprintf(fresh.id, sizeof fresh.id, "fresh");
    struct endpoint_page page = {&fresh, 1};
    fixture_send(&b.f, MESSAGE_RESULT, NEWS_ENDPOINTS, &page, sizeof page);
    bench_open(&b, &view_endpoint, "fresh", 120, 34);
    bench_shows(&b, "its health has not been read yet");
    bench_shows(&b, "its workers have not been read yet");
    bench_shows(&b, "not known yet");
    bench_shows(&b, "how long requests take is not known");
    bench_hides(&b, "$0/h");
    bench_hides(&b, "p95");
    turn(&b, 2);
    bench_shows(&b, "not read yet");
    bench_hides(&b, "Disk");
    bench_hides(&b, "Environment");
    turn(&b, 1);
    bench_shows(&b, "not read yet");
    bench_hides(&b, "no release");
    bench_end(&b);
}

/* The settings come first when the view is opened anew. */
static void test_releases_that_are_still_being_read(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_open(&b, &view_endpoint, "x2x4legal", 120, 34);
    struct endpoint_detail d = detail_of(&b, "x2x4legal");
    d.release_count = 0;
    d.rolling = d.releases_read = false;
    fixture_send(&b.f, MESSAGE_RESULT, NEWS_DETAIL, &d, sizeof d);
    turn(&b, 3);
    bench_shows(&b, "the releases are being read");
    bench_hides(&b, "no release is known");
    d.releases_read = true;
    fixture_send(&b.f, MESSAGE_RESULT, NEWS_DETAIL, &d, sizeof d);
    bench_shows(&b, "no release is known");
    bench_end(&b);
}

static void test_ages_and_what_could_not_be_read(void **state)
{
    struct bench b;
    (void)state;
    start_whole(&b, "x2x4support");
    bench_open(&b, &view_endpoint, "x2x4support", 120, 34);
    bench_shows(&b, "seen 3s ago");
    fixture_advance(&b.f, 5 * MINUTE);
    bench_shows(&b, "seen 5m ago");
    struct endpoint_detail d = detail_of(&b, "x2x4support");
    d.not_read = TEXT("RunPod answered 403 for the billing");
    d.billed_count = 0;
    fixture_send(&b.f, MESSAGE_RESULT, NEWS_DETAIL, &d, sizeof d);
    bench_hides(&b, "billed");
    turn(&b, 3);
    bench_shows(&b, "read 12s ago");
    bench_shows(&b, "not read: RunPod answered 403 for the billing");
    bench_end(&b);
}

static void test_a_rollout_is_seen_everywhere(void **state)
{
    struct bench b;
    (void)state;
    start_whole(&b, "x2x4support");
    bench_open(&b, &view_endpoint, "x2x4support", 80, 24);
    for (int i = 0; i < 5; i++, turn(&b, 1))
        bench_shows(&b, "v4 is being rolled out: 2 of 3 workers are on it");
    turn(&b, 3);
    bench_shows(&b, "2/3");
    bench_shows(&b, "image  runpod/worker-v1-vllm:v2.24.0 → runpod/worker-v1-vllm:v2.25.2");
    bench_shows(&b, "env MAX_MODEL_LEN  not set → 8192");
    struct endpoint_detail d = detail_of(&b, "x2x4support");
    d.rolling = false;
    fixture_send(&b.f, MESSAGE_RESULT, NEWS_DETAIL, &d, sizeof d);
    bench_hides(&b, "rolled out");
    bench_hides(&b, "2/3");
    bench_end(&b);
}

static void test_a_paused_one_says_so(void **state)
{
    static struct endpoint paused;
    struct bench b;
    (void)state;
    bench_start(&b, true);
    paused = *store_endpoint_by_id(b.f.store, "x2x4legal")->settings;
    paused.workers_max = 0;
    struct endpoint_page page = {&paused, 1};
    fixture_send(&b.f, MESSAGE_RESULT, NEWS_ENDPOINTS, &page, sizeof page);
    send_workers(&b, "x2x4legal", NULL, 0);
    bench_open(&b, &view_endpoint, "x2x4legal", 80, 24);
    bench_shows(&b, "paused");
    bench_shows(&b, "17 wait until it is resumed");
    bench_shows(&b, "no workers, and none can start");
    bench_end(&b);
}

/* ---- workers ------------------------------------------------------------------------------------------ */

/* The row a word is on; -1 = none. */
static int row_of(struct bench *b, const char *word)
{
    const char *text = bench_text(b, false), *at = strstr(text, word);
    int row = 0;
    for (const char *p = text; at && p < at; p++)
        row += *p == '\n';
    return at ? row : -1;
}

static void test_trouble_comes_first(void **state)
{
    struct bench b;
    (void)state;
    start_whole(&b, "x2x4support");
    bench_open(&b, &view_endpoint, "x2x4support", 120, 34);
    int ill = row_of(&b, "q9w8e7r6"), other = row_of(&b, "z1x2c3v4"),
        coming = row_of(&b, "t5y6u7i8"), first = row_of(&b, "a0s9d8f7"),
        second = row_of(&b, "m2k1a7b8c9d0"), idle = row_of(&b, "b1x2c3v4");
    assert_true(ill >= 0 && ill < other && other < coming && coming < first && first < second &&
                second < idle);
    bench_shows(&b, "unhealthy, 3 starts");
    bench_shows(&b, "running, old v3");
    bench_shows(&b, "HIBERNATING");
    bench_shows(&b, "L40S ×2");
    bench_shows(&b, "image runpod/worker-v1-vllm:v2.24.0");
    assert_int_equal(row_of(&b, "image runpod/worker-v1-vllm:v2.24.0"), first + 1);
    bench_shows(&b, "3h00m");
    bench_shows(&b, "1m35s");
    fixture_advance(&b.f, 5000);
    bench_shows(&b, "1m40s"); /* it goes on between two looks */
    bench_end(&b);
}

static void send_many(struct bench *b)
{
    static struct worker many[40];
    for (size_t i = 0; i < 40; i++) {
        char id[16];
        snprintf(id, sizeof id, "worker%zu", i);
        many[i] = worker(id, i == 39 ? WORKER_UNHEALTHY : WORKER_IDLE);
    }
    send_workers(b, "x2x4legal", many, 40);
}

static void test_many_workers_scroll_and_leave_the_log(void **state)
{
    static const int sizes[][2] = {{80, 24}, {120, 34}};
    struct bench b;
    (void)state;
    bench_start(&b, true);
    send_many(&b);
    for (size_t i = 0; i < 2; i++) {
        bench_open(&b, &view_endpoint, "x2x4legal", sizes[i][0], sizes[i][1]);
        bench_shows(&b, "worker39"); /* in trouble: first */
        bench_shows(&b, "below");
        bench_shows(&b, "ValueError");
        bench_hides(&b, "worker9 ");
        bench_press(&b, PRESS_END);
        bench_shows(&b, "worker9 ");
        bench_hides(&b, "worker39");
        turn(&b, 1);
        bench_shows(&b, "ValueError");
        bench_hides(&b, "worker9 ");
        turn(&b, 4); /* round, and at the top again */
        bench_shows(&b, "[workers]");
        bench_shows(&b, "worker39");
        bench_press(&b, PRESS_BACK_TAB);
        bench_shows(&b, "[why]");
        bench_press(&b, PRESS_BACK_TAB);
        bench_shows(&b, "[releases]");
        bench_shut(&b);
    }
    bench_end(&b);
}

/* ---- things that go, and hostile texts ----------------------------------------------------------------- */

static void test_it_goes_while_open(void **state)
{
    struct bench b;
    struct endpoint_page none = {0};
    (void)state;
    start_whole(&b, "x2x4legal");
    bench_open(&b, &view_endpoint, "x2x4legal", 80, 24);
    bench_draw(&b);
    fixture_send(&b.f, MESSAGE_RESULT, NEWS_ENDPOINTS, &none, sizeof none);
    for (int i = 0; i < 5; i++, turn(&b, 1))
        bench_shows(&b, "does not list this endpoint");
    assert_string_equal(b.class->target(b.v), "x2x4legal");
    bench_end(&b);
}

static void test_every_size_in_every_section(void **state)
{
    static const int widths[] = {0, 1, 2, 7, 30, 49, 50, 51, 79, 99, 100, 101, 140, 200};
    static const int heights[] = {0, 1, 2, 3, 5, 13, 14, 15, 19, 24, 50};
    struct bench b;
    (void)state;
    start_whole(&b, "x2x4legal");
    bench_open(&b, &view_endpoint, "x2x4legal", 210, 60);
    for (int section = 0; section < 5; section++, turn(&b, 1)) {
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            for (size_t h = 0; h < sizeof heights / sizeof *heights; h++) {
                struct rect r = {3, 2, widths[w], heights[h]};
                canvas_clear(&b.c);
                b.class->draw(b.v, &b.c, r, true, false);
                const char *fault = check_canvas(&b.c);
                if (fault)
                    fail_msg("section %d at %dx%d: %s", section, r.w, r.h, fault);
                for (int y = 0; y < b.c.rows; y++)
                    for (int x = 0; x < b.c.columns; x++)
                        if (x < r.x || x >= r.x + r.w || y < r.y || y >= r.y + r.h)
                            if (strcmp(canvas_at(&b.c, x, y)->bytes, " ") != 0)
                                fail_msg(
                                    "section %d at %dx%d draws at %d,%d", section, r.w, r.h, x, y);
            }
        }
    }
    bench_end(&b);
}

/* ---- the pane ----------------------------------------------------------------------------------------- */

static void test_pane_says_p95_and_paused(void **state)
{
    static struct endpoint list[3];
    struct bench b;
    (void)state;
    bench_start(&b, true);
    for (size_t i = 0; i < 3; i++)
        list[i] = *store_endpoint(b.f.store, i)->settings;
    list[1].workers_max = 0;
    list[1].name = TEXT("held");
    list[2].workers_max = 0;
    struct endpoint_page page = {list, 3};
    fixture_send(&b.f, MESSAGE_RESULT, NEWS_ENDPOINTS, &page, sizeof page);
    bench_open(&b, &view_endpoints, "", 100, 20);
    bench_shows(&b, "P95");
    bench_shows(&b, "1m23s"); /* 41 s of waiting and 42 s of running */
    bench_shows(&b, "paused");
    bench_shows(&b, "1 waiting · 2 paused · 3");
    bench_end(&b);
}

static void test_pane_filters_by_what_is_seen(void **state)
{
    static const struct {
        const char *typed, *shown, *hidden;
    } cases[] = {{"state:asleep", "embed", "legal"}, {"gpu:4090", "legal", "embed"},
        {"pool:ada_24", "embed", "nothing"}, {"image:v2.25", "support", "nothing"},
        {"model:legal-dpo", "legal", "support"}, {"!gpu:4090 name:e", "embed", "support"},
        {"id:x2x4supp", "support", "legal"}};
    struct bench b;
    struct err e;
    (void)state;
    bench_start(&b, true);
    bench_open(&b, &view_endpoints, "", 100, 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(
            b.class->filter(b.v, (struct text){cases[i].typed, strlen(cases[i].typed)}, &e));
        bench_shows(&b, cases[i].shown);
        bench_hides(&b, cases[i].hidden);
    }
    bench_end(&b);
}

static void test_pane_says_how_long_nobody_is_served(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    look(&b, "x2x4support", 4, 0, 1204); /* its workers are up */
    bench_open(&b, &view_endpoints, "", 100, 20);
    bench_hides(&b, "unserved");
    fixture_advance(&b.f, 3 * MINUTE);
    bench_shows(&b, "unserved 3m");
    look(&b, "x2x4support", 4, 1, 1204);
    bench_hides(&b, "unserved");
    bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sparse_looks),
        cmocka_unit_test(test_whole_looks),
        cmocka_unit_test(test_nothing_is_said_that_was_not_read),
        cmocka_unit_test(test_releases_that_are_still_being_read),
        cmocka_unit_test(test_ages_and_what_could_not_be_read),
        cmocka_unit_test(test_a_rollout_is_seen_everywhere),
        cmocka_unit_test(test_a_paused_one_says_so),
        cmocka_unit_test(test_trouble_comes_first),
        cmocka_unit_test(test_many_workers_scroll_and_leave_the_log),
        cmocka_unit_test(test_it_goes_while_open),
        cmocka_unit_test(test_every_size_in_every_section),
        cmocka_unit_test(test_pane_says_p95_and_paused),
        cmocka_unit_test(test_pane_filters_by_what_is_seen),
        cmocka_unit_test(test_pane_says_how_long_nobody_is_served),
    };
    return cmocka_run_group_tests_name("view_endpoint", tests, NULL, NULL);
}
