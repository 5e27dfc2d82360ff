#include "model/checklist.h"
#include "model/endpoint.h"
#include "model/log_line.h"
#include "model/operation.h"
#include "model/request.h"
#include "model/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct text text_of(const char *s)
{
    return (struct text){s, strlen(s)};
}

static void assert_near(double value, double expected, double off)
{
    if (!(fabs(value - expected) <= off))
        fail_msg("%.12g instead of %.12g", value, expected);
}

/* Endpoints */

static struct worker_page workers_in(struct worker *workers, size_t count)
{
    return (struct worker_page){.workers = workers, .count = count};
}

static void test_condition_by_health_alone(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct health health;
        enum endpoint_condition expected;
    } cases[] = {
        {"nothing at all", {.completed = 12}, ENDPOINT_ASLEEP},
        {"a worker runs", {.running = 1}, ENDPOINT_OK},
        {"it is busy", {.in_progress = 1, .in_queue = 4}, ENDPOINT_OK},
        {"workers start", {.in_queue = 2, .initializing = 1}, ENDPOINT_STARTING},
        {"nobody comes", {.in_queue = 2}, ENDPOINT_WAITING},
        {"throttled does not come", {.in_queue = 2, .throttled = 3}, ENDPOINT_WAITING},
        {"unhealthy does not serve", {.in_queue = 2, .unhealthy = 3}, ENDPOINT_WAITING},
    };
    struct endpoint settings = {.workers_max = 3};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum endpoint_condition c = endpoint_condition(&settings, &cases[i].health, NULL);
        if (c != cases[i].expected)
            fail_msg("%s: %s", cases[i].what, endpoint_condition_name(c));
    }
}

static void test_condition_from_the_worker_list(void **state)
{
    (void)state;
    struct endpoint settings = {.workers_max = 3};
    struct health waits = {.in_queue = 1, .running = 2}; /* the list knows better */
    struct worker worker = {.status = WORKER_UNHEALTHY};
    struct worker_page page = workers_in(&worker, 1), none = workers_in(NULL, 0);
    assert_int_equal(endpoint_condition(&settings, &waits, &page), ENDPOINT_WAITING);
    assert_int_equal(endpoint_condition(&settings, &waits, &none), ENDPOINT_WAITING);
    worker.status = WORKER_INITIALIZING;
    assert_int_equal(endpoint_condition(&settings, &waits, &page), ENDPOINT_STARTING);
    worker.status = WORKER_IDLE;
    assert_int_equal(endpoint_condition(&settings, &waits, &page), ENDPOINT_OK);
    assert_int_equal(endpoint_condition(&settings, NULL, &page), ENDPOINT_UNKNOWN);
    assert_int_equal(endpoint_condition(&settings, NULL, NULL), ENDPOINT_UNKNOWN);
    settings.workers_max = 0;
    assert_int_equal(endpoint_condition(&settings, NULL, NULL), ENDPOINT_OFF);
    assert_int_equal(endpoint_condition(&settings, &waits, &page), ENDPOINT_OFF);
}

static struct gpu catalog[] = {
    {.id = {"NVIDIA A40", 10},
        .name = {"A40", 3},
        .pool = {"AMPERE_48", 9},
        .memory_gb = 48,
        .price_hour = 1.22,
        .stock = STOCK_LOW,
        .cuda = 1300},
    {.id = {"NVIDIA L4", 9},
        .name = {"L4", 2},
        .pool = {"AMPERE_24", 9},
        .memory_gb = 24,
        .price_hour = 0.68,
        .stock = STOCK_NONE},
    {.id = {"NVIDIA RTX A6000", 16},
        .name = {"A6000", 5},
        .pool = {"AMPERE_48", 9},
        .memory_gb = 44,
        .price_hour = 1.30,
        .stock = STOCK_HIGH,
        .cuda = 1209},
    {.id = {"NVIDIA RTX 5090", 15},
        .name = {"5090", 4},
        .pool = {"ADA_32_PRO", 10},
        .memory_gb = 32,
        .price_hour = NAN},
    {.id = {"AMD MI300X", 10},
        .name = {"MI300X", 6},
        .pool = {"", 0},
        .memory_gb = 192,
        .price_hour = 3},
};
static const struct gpu_page gpus = {catalog, sizeof catalog / sizeof catalog[0], 0};

static void test_prices(void **state)
{
    (void)state;
    assert_true(gpu_price(&gpus, TEXT("NVIDIA L4")) == 0.68);
    assert_true(gpu_price(&gpus, TEXT("L4")) == 0.68);
    assert_true(isnan(gpu_price(&gpus, TEXT("L"))));
    assert_true(isnan(gpu_price(&gpus, TEXT(""))));
    assert_true(isnan(gpu_price(&gpus, TEXT("5090"))));
    assert_true(isnan(gpu_price(NULL, TEXT("L4"))));
}

static void test_pools_cheapest_first(void **state)
{
    (void)state;
    struct gpu_pool pools[8];
    assert_int_equal(gpu_pools(&gpus, pools, 8), 3);
    assert_string_equal(pools[0].id.s, "AMPERE_24");
    assert_int_equal(pools[0].stock, STOCK_NONE);
    assert_string_equal(pools[1].id.s, "AMPERE_48");
    assert_int_equal(pools[1].memory_gb, 44);
    assert_true(pools[1].price_least == 1.22 && pools[1].price_most == 1.30);
    assert_int_equal(pools[1].stock, STOCK_HIGH);
    assert_int_equal(pools[0].cuda, 0); /* nobody says */
    assert_int_equal(pools[1].cuda, 1300);
    assert_string_equal(pools[2].id.s, "ADA_32_PRO"); /* no price: last */
    assert_true(isnan(pools[2].price_least) && isnan(pools[2].price_most));
    memset(pools, 0, sizeof pools);
    assert_int_equal(gpu_pools(&gpus, pools, 1), 1);
    assert_string_equal(pools[0].id.s, "AMPERE_24");
    assert_null(pools[1].id.s);
    assert_int_equal(gpu_pools(&gpus, NULL, 0), 0);
    assert_int_equal(gpu_pools(NULL, pools, 8), 0);
}

static void test_cost_of_workers(void **state)
{
    (void)state;
    struct worker w[] = {
        {.status = WORKER_RUNNING, .gpu = TEXT("NVIDIA A40"), .gpu_count = 2},
        {.status = WORKER_IDLE, .gpu = TEXT("NVIDIA L4"), .gpu_count = 1},
        {.status = WORKER_INITIALIZING, .gpu = TEXT("L4"), .gpu_count = 0},
        {.status = WORKER_THROTTLED, .gpu = TEXT("nobody knows"), .gpu_count = 8},
        {.status = WORKER_UNHEALTHY, .gpu = TEXT("NVIDIA L4"), .gpu_count = 1},
    };
    struct worker_page page = workers_in(w, sizeof w / sizeof w[0]), none = workers_in(NULL, 0);
    assert_near(worker_page_cost_hour(&page, &gpus), 2 * 1.22 + 2 * 0.68, 1e-9);
    assert_true(isnan(worker_page_cost_hour(&page, NULL)));
    assert_true(isnan(worker_page_cost_hour(NULL, &gpus)));
    assert_true(worker_page_cost_hour(&none, NULL) == 0);
    w[1].gpu = TEXT("NVIDIA RTX 5090");
    assert_true(isnan(worker_page_cost_hour(&page, &gpus)));
}

static void test_words_of_the_service(void **state)
{
    (void)state;
    assert_int_equal(worker_status_of("RUNNING"), WORKER_RUNNING);
    assert_int_equal(worker_status_of("INITIALIZING"), WORKER_INITIALIZING);
    assert_int_equal(worker_status_of("EXITED"), WORKER_OTHER);
    assert_int_equal(worker_status_of(""), WORKER_OTHER);
    assert_int_equal(worker_status_of(NULL), WORKER_OTHER);
    assert_int_equal(request_status_of("RUNNING"), REQUEST_IN_PROGRESS);
    assert_int_equal(request_status_of("NEW_STATE"), REQUEST_IN_PROGRESS);
    assert_int_equal(request_status_of(""), REQUEST_COMPLETED);
    assert_int_equal(request_status_of(NULL), REQUEST_COMPLETED);
    for (unsigned i = 0; i < REQUEST_STATUSES; i++) {
        enum request_status status = (enum request_status)i;
        assert_int_equal(request_status_of(request_status_word(status)), status);
        assert_int_equal(request_is_final(status), i >= REQUEST_COMPLETED);
    }
    assert_string_equal(request_status_name(REQUEST_IN_QUEUE), "in queue");
    assert_string_equal(source_name(SOURCE_REGISTRY), "db");
}

static void test_cost_of_a_request(void **state)
{
    (void)state;
    assert_near(request_cost(1800 * 1000, 2.0), 1.0, 1e-9);
    assert_near(request_cost(1210, 1.22), 0.00041, 1e-5);
    assert_true(request_cost(0, 2.0) == 0);
    assert_true(isnan(request_cost(-1, 2.0)));
    assert_true(isnan(request_cost(1000, NAN)));
}

/* Lines */

static void test_levels_of_lines(void **state)
{
    (void)state;
    static const struct {
        enum line_level level;
        const char *line;
    } cases[] = {
        {LINE_INFO, ""},
        {LINE_INFO, "Application startup complete"},
        {LINE_INFO, "0 errors, 3 warnings"},
        {LINE_INFO, "the ErrorHandler was installed"},
        {LINE_INFO, "DEBUG=1 LOG=ERROR_FILE python3 main.py"},
        {LINE_INFO, "INFO 11-23 14:02:30 [loader.py:12] retried after ConnectionError: reset"},
        {LINE_ERROR, "ERROR 11-23 14:02:30 [core.py:396] EngineCore failed to start."},
        {LINE_ERROR, "(EngineCore pid=71) ERROR 11-23 14:02:30 something"},
        {LINE_WARN, "WARNING 11-23 14:02:30 [config.py:3] it is slow"},
        {LINE_DEBUG, "2026-11-23 14:02:30 DEBUG poll"},
        {LINE_WARN, "[warn] low on disk"},
        {LINE_ERROR, "time=2026-11-23T14:02:30Z level=error msg=\"gone\""},
        {LINE_ERROR, "error starting container: no room"},
        {LINE_ERROR, "Traceback (most recent call last):"},
        {LINE_ERROR, "ValueError: To serve at least one request with the model's max seq len"},
        {LINE_ERROR, "torch.cuda.OutOfMemoryError: CUDA out of memory."},
        {LINE_ERROR, "KeyboardInterrupt during handling: java.lang.IllegalStateException"},
        {LINE_WARN, "/usr/lib/x.py:12: FutureWarning: `clean_up` was not set"},
        {LINE_ERROR, "cp: error writing '/tmp/a': No space left on device"},
        {LINE_ERROR, "E1123 14:02:30.123 1 server.cc:12] gone"},
        {LINE_WARN, "W1123 14:02:30.123 1 server.cc:12] slow"},
        {LINE_INFO, "E1 and more"},
        {LINE_ERROR, "{\"requestId\":null,\"message\":\"gone\",\"level\":\"ERROR\"}"},
        {LINE_INFO, "{\"message\":\"ValueError: x\",\"level\":\"INFO\"}"},
        {LINE_WARN, "{\"level\" : \"warning\"}"},
        {LINE_INFO, "{\"message\":\"\\\"level\\\":\\\"ERROR\\\"\",\"level\":\"INFO\"}"},
        {LINE_INFO, "{\"level\":"},
        {LINE_ERROR, "{\"level\":\"ERROR"},
        {LINE_INFO, "{\"level\":12}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum line_level level = line_level_of(text_of(cases[i].line));
        if (level != cases[i].level)
            fail_msg("<%s> is %s", cases[i].line, line_level_name(level));
    }
}

/* A line that was cut has no NUL at its end: every beginning of one on the heap, for the sanitizer. */
static void test_levels_look_no_further_than_the_line(void **state)
{
    (void)state;
    static const char line[] = "{\"level\" : \"ERROR\"} E1123 level=error ValueError: x";
    for (size_t n = 0; n < sizeof line; n++) {
        char *copy = malloc(n ? n : 1);
        assert_non_null(copy);
        memcpy(copy, line, n);
        enum line_level level = line_level_of((struct text){copy, n});
        assert_true(level == LINE_INFO || level == LINE_ERROR);
        free(copy);
    }
    assert_int_equal(line_level_of((struct text){NULL, 0}), LINE_INFO);
}

/* Checklist */

static void test_checklist_sum(void **state)
{
    (void)state;
    struct check_file files[] = {
        {.kind = CHECK_WEIGHTS, .state = CHECK_VALID, .size = 100, .send = true},
        {.kind = CHECK_WEIGHTS, .state = CHECK_MISSING, .size = -1},
        {.kind = CHECK_REQUIRED, .state = CHECK_MISSING, .size = -1},
        {.kind = CHECK_RECOMMENDED, .state = CHECK_MISSING, .size = -1},
        {.kind = CHECK_OPTIONAL, .state = CHECK_BAD, .size = 7, .send = true},
        {.kind = CHECK_RECOMMENDED, .state = CHECK_WARNING, .size = 20, .send = true},
        {.kind = CHECK_KEEP_OUT, .state = CHECK_PRESENT, .size = 4000},
        {.kind = CHECK_RECOMMENDED, .state = CHECK_PRESENT, .size = 0, .send = true},
    };
    struct checklist list = {
        .files = files, .count = sizeof files / sizeof files[0], .blockers = 99, .send_bytes = 99};
    checklist_sum(&list);
    assert_int_equal(list.blockers, 3);
    assert_int_equal(list.warnings, 2);
    assert_int_equal(list.send_count, 4);
    assert_int_equal(list.send_bytes, 127);
    files[0].size = INT64_MAX;
    checklist_sum(&list);
    assert_true(list.send_bytes == INT64_MAX);
    checklist_sum(&(struct checklist){0});
}

/* operation_dup */

struct source_operation {
    struct operation operation;
    struct checklist checklist;
    struct check_file checked[2];
    struct upload_file files[2];
    char words[64]; /* what all its texts borrow from */
};

static struct text borrow(struct source_operation *o, const char *word)
{
    size_t used = strlen(o->words);
    assert_true(used + strlen(word) < sizeof o->words);
    strncat(o->words, word, sizeof o->words - used - 1);
    return (struct text){o->words + used, strlen(word)};
}

static void fill(struct source_operation *o)
{
    memset(o, 0, sizeof *o);
    o->checked[0] = (struct check_file){.path = borrow(o, "config.json"), .size = 718};
    o->checked[0].raw_path = o->checked[0].path.s;
    o->checklist = (struct checklist){
        .folder = borrow(o, "/models/x"), .files = o->checked, .count = 2, .blockers = 1};
    o->checklist.raw_folder = o->checklist.folder.s;
    o->checklist.facts.model_type = borrow(o, "llama");
    o->files[1] = (struct upload_file){.path = borrow(o, "b.safetensors"), .ticks = TICK_SENT};
    o->operation = (struct operation){.id = "u1",
        .kind = OPERATION_UPLOAD,
        .state = OPERATION_ASKING,
        .title = borrow(o, "acme/x"),
        .step_count = 1,
        .plan_count = 1,
        .checklist = &o->checklist,
        .files = o->files,
        .file_count = 2};
    o->operation.steps[0] = (struct operation_step){"repository", STEP_RUNNING, borrow(o, "note")};
    o->operation.plan[0] = borrow(o, "plan");
}

static void check_copy(const struct operation *copy)
{
    assert_string_equal(copy->id, "u1");
    assert_string_equal(copy->title.s, "acme/x");
    assert_string_equal(copy->steps[0].name, "repository");
    assert_string_equal(copy->steps[0].note.s, "note");
    assert_string_equal(copy->plan[0].s, "plan");
    assert_string_equal(copy->note.s, "");
    assert_int_equal(copy->file_count, 2);
    assert_string_equal(copy->files[1].path.s, "b.safetensors");
    assert_int_equal(copy->files[1].ticks, TICK_SENT);
    assert_string_equal(copy->checklist->folder.s, "/models/x");
    assert_int_equal(copy->checklist->blockers, 1);
    assert_string_equal(copy->checklist->facts.model_type.s, "llama");
    assert_string_equal(copy->checklist->files[0].path.s, "config.json");
    assert_int_equal(copy->checklist->files[0].size, 718);
    assert_null(copy->checklist->files[1].raw_path);
}

static void test_a_copy_of_an_operation_stands_alone(void **state)
{
    (void)state;
    struct source_operation *o = malloc(sizeof *o);
    struct arena *a = arena_new(1 << 20);
    assert_non_null(o);
    assert_non_null(a);
    fill(o);
    struct operation *copy = operation_dup(a, &o->operation);
    assert_non_null(copy);
    memset(o, 0x55, sizeof *o); /* whatever still points into it shows */
    free(o);
    check_copy(copy);
    assert_memory_equal(copy->checklist->raw_folder, "/models/x", 9);
    assert_memory_equal(copy->checklist->files[0].raw_path, "config.json", 11);
    arena_free(a);
}

/* Every arena that is too small gives NULL, never half a copy. */
static void test_a_copy_that_does_not_fit(void **state)
{
    (void)state;
    struct source_operation o;
    fill(&o);
    bool fitted = false;
    for (size_t max = 0; !fitted; max += 16) {
        struct arena *a = arena_new(max);
        assert_non_null(a);
        struct operation *copy = operation_dup(a, &o.operation);
        fitted = copy != NULL;
        if (copy)
            check_copy(copy);
        assert_true(max < (1 << 20));
        arena_free(a);
    }
}

static void test_an_operation_that_says_little(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    assert_non_null(a);
    struct operation o = {.step_count = 1000, .plan_count = 1000}; /* more than there is room for */
    struct operation *copy = operation_dup(a, &o);
    assert_non_null(copy);
    assert_int_equal(copy->step_count, OPERATION_STEPS_MAX);
    assert_int_equal(copy->plan_count, OPERATION_PLAN_MAX);
    assert_null(copy->checklist);
    assert_string_equal(copy->title.s, "");
    assert_string_equal(copy->plan[OPERATION_PLAN_MAX - 1].s, "");
    arena_free(a);
    assert_true(operation_is_over(OPERATION_CANCELLED));
    assert_false(operation_is_over(OPERATION_INTERRUPTED));
    assert_false(operation_is_over(OPERATION_ASKING));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_condition_by_health_alone),
        cmocka_unit_test(test_condition_from_the_worker_list),
        cmocka_unit_test(test_prices),
        cmocka_unit_test(test_pools_cheapest_first),
        cmocka_unit_test(test_cost_of_workers),
        cmocka_unit_test(test_words_of_the_service),
        cmocka_unit_test(test_cost_of_a_request),
        cmocka_unit_test(test_levels_of_lines),
        cmocka_unit_test(test_levels_look_no_further_than_the_line),
        cmocka_unit_test(test_checklist_sum),
        cmocka_unit_test(test_a_copy_of_an_operation_stands_alone),
        cmocka_unit_test(test_a_copy_that_does_not_fit),
        cmocka_unit_test(test_an_operation_that_says_little),
    };
    return cmocka_run_group_tests_name("model rules", tests, NULL, NULL);
}
