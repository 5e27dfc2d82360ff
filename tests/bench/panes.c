/* What a key costs in panes of the largest size, while news keep coming: 1 000 endpoints with 10 workers
 * each and 100 000 requests in the store, the whole screen drawn on a canvas of 120x34. Before every key
 * comes what may come within one turn of the loop: another health, another worker list, a request that
 * moves on and a new one. Measured is the CPU time of this thread from the press to the drawn canvas, the
 * news' share in the drawing included, so that a busy machine does not matter.
 *
 * Beside it, as the yardstick of this machine and this day: sorting 100 000 numbers with qsort.
 *
 * Usage: panes [REQUESTS [ENDPOINTS [WORD]]]     only what is called like that */
#include "app/actions.h"
#include "model/store.h"
#include "ui/press.h"
#include "ui/screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMNS = 120, ROWS = 34, WORKERS = 10, KEYS = 200, KEYS_SLOW = 60, MINUTE = 60 * 1000 };
static const int64_t NOON = 1795442551000; /* 2026-11-23T14:02:31Z */

struct bench {
    struct clock *clock;
    struct store *store;
    struct screen *screen;
    struct canvas canvas;
    size_t endpoints, requests, held; /* held: requests at the beginning */
    uint64_t random, turns;
    const char *only; /* NULL = all */
};

static void fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double resident_mb(void)
{
    char line[256];
    double kb = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %lf", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb / 1024;
}

static size_t below(struct bench *b, size_t n)
{
    b->random = b->random * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(b->random >> 33) % n;
}

/* ---- news ------------------------------------------------------------------------------------------ */

static struct message *message(enum news type, size_t size, size_t arena)
{
    struct message *m = message_new(MESSAGE_STATUS, (int)type, NULL, arena);
    if (!m || !(m->payload = arena_alloc(m->arena, size)))
        fail("out of memory");
    return m;
}

/* A word with a number behind it. */
static struct text word(struct message *m, const char *before, size_t number)
{
    char bytes[128];
    snprintf(bytes, sizeof bytes, "%s%04zu", before, number);
    return text_from(m->arena, bytes);
}

static void tell_endpoints(struct bench *b)
{
    struct message *m = message(NEWS_ENDPOINTS, sizeof(struct endpoint_page), 64 << 20);
    struct endpoint_page *page = m->payload;
    page->count = b->endpoints;
    page->endpoints = arena_array(m->arena, page->count, sizeof *page->endpoints);
    for (size_t i = 0; page->endpoints && i < page->count; i++) {
        struct endpoint *e = &page->endpoints[i];
        *e = (struct endpoint){.name = word(m, "endpoint-", i * 7919 % b->endpoints),
            .image = TEXT("runpod/worker-v1-vllm:v2.25.2"),
            .model = word(m, "acme/model-", i % 40),
            .revision = TEXT("5f0d6c1b9e7a4c2f8d3b6a1e0c9f7d4b2a8e5c31"),
            .served = word(m, "model-", i % 40),
            .pools = {TEXT("AMPERE_24")},
            .pool_count = 1,
            .gpu_count = 1,
            .context_length = 8192,
            .workers_max = WORKERS,
            .created_ms = NOON};
        snprintf(e->id, sizeof e->id, "size%010zu", i);
    }
    store_apply(b->store, m);
}

static void tell_health(struct bench *b, size_t i)
{
    struct message *m = message(NEWS_HEALTH, sizeof(struct health), 4096);
    struct health *h = m->payload;
    *h = (struct health){.seen_ms = store_mono_ms(b->store),
        .completed = (int64_t)b->turns,
        .in_queue = (int64_t)below(b, 4),
        .in_progress = (int64_t)below(b, 8),
        .running = WORKERS};
    snprintf(h->endpoint_id, sizeof h->endpoint_id, "size%010zu", i);
    store_apply(b->store, m);
}

static void tell_workers(struct bench *b, size_t i)
{
    struct message *m = message(NEWS_WORKERS, sizeof(struct worker_page), 64 * 1024);
    struct worker_page *page = m->payload;
    *page = (struct worker_page){.seen_ms = store_mono_ms(b->store), .version = 1, .count = WORKERS};
    snprintf(page->endpoint_id, sizeof page->endpoint_id, "size%010zu", i);
    page->workers = arena_array(m->arena, WORKERS, sizeof *page->workers);
    for (size_t k = 0; page->workers && k < WORKERS; k++) {
        struct worker *w = &page->workers[k];
        *w = (struct worker){.status = below(b, 3) ? WORKER_RUNNING : WORKER_IDLE,
            .word = TEXT("RUNNING"),
            .gpu = TEXT("NVIDIA L4"),
            .data_center = TEXT("EU-RO-1"),
            .image = TEXT("runpod/worker-v1-vllm:v2.25.2"),
            .gpu_count = 1,
            .version = 1,
            .uptime_s = 600,
            .started_ms = NOON};
        snprintf(w->id, sizeof w->id, "w%05zux%zu", i, k);
    }
    store_apply(b->store, m);
}

/* One in a hundred is still under way. */
static void tell_request(struct bench *b, size_t i, bool open)
{
    static const char prompt[] =
        "{\"prompt\":\"Sum up the following clause in one sentence, without naming the parties.\"}";
    struct message *m = message(NEWS_REQUEST, sizeof(struct request), 8192);
    struct request *q = m->payload;
    *q = (struct request){.model = word(m, "model-", i % 40),
        .status = open         ? (i % 3 ? REQUEST_IN_PROGRESS : REQUEST_IN_QUEUE)
                  : i % 29 == 0 ? REQUEST_FAILED
                                : REQUEST_COMPLETED,
        .submitted_ms = NOON - ((int64_t)b->held - (int64_t)i) * 500,
        .seen_ms = NOON,
        .ended_ms = open ? -1 : NOON,
        .delay_ms = open ? -1 : (int64_t)below(b, 9000),
        .execution_ms = open ? -1 : (int64_t)below(b, 20000),
        .first_token_ms = -1,
        .tokens_in = (int64_t)below(b, 4000),
        .tokens_out = (int64_t)below(b, 900),
        .gpu = TEXT("NVIDIA L4"),
        .price_hour = 0.69,
        .cost = open ? (double)NAN : (double)below(b, 10000) * 1e-6,
        .input = text_from(m->arena, prompt),
        .output = open ? TEXT("") : text_from(m->arena, prompt),
        .error = i % 29 == 0 ? TEXT("the worker died") : TEXT("")};
    snprintf(q->id, sizeof q->id, "%08zx%08zx", i, i * 2654435761u % 4294967296u);
    snprintf(q->job_id, sizeof q->job_id, "%08zx-41aa-4c2f-%04zx-u1", i * 40503u % 4294967296u,
        i % 65536);
    snprintf(q->endpoint_id, sizeof q->endpoint_id, "size%010zu", i * 31 % b->endpoints);
    snprintf(q->worker_id, sizeof q->worker_id, "w%05zux%zu", i * 31 % b->endpoints, i % WORKERS);
    store_apply(b->store, m);
}

static void tell_runpod(struct bench *b)
{
    struct message *m = message(NEWS_SOURCE, sizeof(struct source_state), 4096);
    struct source_state *s = m->payload;
    *s = (struct source_state){.source = SOURCE_RUNPOD,
        .health = SOURCE_OK,
        .seen_ms = store_mono_ms(b->store),
        .retry_ms = -1,
        .who = TEXT("ada@example.com")};
    store_apply(b->store, m);
}

/* One turn of the loop. */
static void turn(struct bench *b)
{
    size_t n = b->requests;
    b->turns++;
    clock_advance(b->clock, 50);
    tell_health(b, below(b, b->endpoints));
    tell_workers(b, below(b, b->endpoints));
    tell_request(b, n - 1 - below(b, 200), false);
    b->requests++;
    tell_request(b, n, true);
    screen_news(b->screen);
}

/* ---- the screen ------------------------------------------------------------------------------------ */

static void act(void *arg, const struct intent *intent)
{
    (void)arg, (void)intent;
}
static size_t complete(void *arg, enum completion what, struct text typed, struct arena *a,
    struct text *out, size_t max)
{
    (void)arg, (void)what, (void)typed, (void)a, (void)out, (void)max;
    return 0;
}
static struct chat_log chat(void *arg, const char *endpoint_id)
{
    (void)arg, (void)endpoint_id;
    return (struct chat_log){0};
}
static void focus(void *arg, const char *endpoint_id)
{
    (void)arg, (void)endpoint_id;
}
static struct text recall(void *arg, const char *name, struct arena *a)
{
    (void)arg, (void)name, (void)a;
    return TEXT("");
}

static void begin(struct bench *b)
{
    static const struct host host = {
        .act = act, .complete = complete, .chat = chat, .focus = focus, .recall = recall};
    b->clock = clock_new(NOON, 0);
    b->store = b->clock ? store_new(b->clock) : NULL;
    const struct screen_options options = {
        .store = b->store, .actions = actions_table(), .host = &host, .profile = "bench"};
    if (!b->store || !(b->screen = screen_new(&options)) || canvas_init(&b->canvas, COLUMNS, ROWS))
        fail("out of memory");
    double empty = resident_mb(), cpu = cpu_ms();
    tell_runpod(b);
    tell_endpoints(b);
    for (size_t i = 0; i < b->endpoints; i++) {
        tell_health(b, i);
        tell_workers(b, i);
    }
    double workers = resident_mb(), after = cpu_ms();
    for (size_t i = 0; i < b->requests; i++)
        tell_request(b, i, i % 100 == 0);
    printf("%zu endpoints with %d workers       %7.1f MB   %7.1f ms of CPU to take in\n"
           "%zu requests                     %7.1f MB   %7.1f ms of CPU to take in\n",
        b->endpoints, WORKERS, workers - empty, after - cpu, b->requests, resident_mb() - workers,
        cpu_ms() - after);
}

static void press(struct bench *b, const char *keys)
{
    for (; *keys; keys++)
        screen_press(b->screen, *keys);
}

static void draw(struct bench *b)
{
    screen_draw(b->screen, &b->canvas);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* `walk`: one press after the other, round and round, each after news. */
static void measure(struct bench *b, const char *where, const char *what, const int32_t *walk,
    size_t presses, int keys)
{
    double took[KEYS];
    if (b->only && !strstr(what, b->only))
        return;
    for (int i = 0; i < keys; i++) {
        turn(b);
        double begin_ms = cpu_ms();
        screen_press(b->screen, walk[(size_t)i % presses]);
        draw(b);
        took[i] = cpu_ms() - begin_ms;
    }
    qsort(took, (size_t)keys, sizeof *took, by_value);
    printf("%-10s %-28s p50 %6.2f ms   p99 %6.2f ms   most %6.2f ms\n", where, what, took[keys / 2],
        took[keys * 99 / 100], took[keys - 1]);
}

#define MEASURE(b, where, what, keys, ...)                                                         \
    measure(b, where, what, (const int32_t[]){__VA_ARGS__},                                        \
        sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t), keys)

/* News alone, without a key. */
static void measure_news(struct bench *b, const char *where)
{
    double took[KEYS];
    if (b->only)
        return;
    for (int i = 0; i < KEYS; i++) {
        turn(b);
        double begin_ms = cpu_ms();
        if (screen_stale(b->screen))
            draw(b);
        took[i] = cpu_ms() - begin_ms;
    }
    qsort(took, KEYS, sizeof *took, by_value);
    printf("%-10s %-28s p50 %6.2f ms   p99 %6.2f ms   most %6.2f ms\n", where, "news alone",
        took[KEYS / 2], took[KEYS * 99 / 100], took[KEYS - 1]);
}

static void measure_place(struct bench *b, const char *where)
{
    measure_news(b, where);
    MEASURE(b, where, "move", KEYS, 'j', 'j', 'j', 'k');
    MEASURE(b, where, "page", KEYS, PRESS_PAGE_DOWN, PRESS_PAGE_DOWN, PRESS_PAGE_UP, PRESS_PAGE_DOWN);
    MEASURE(b, where, "first, last", KEYS, 'G', 'k', 'g', 'j');
    MEASURE(b, where, "type a filter", KEYS_SLOW, '/', '1', '7', '3', 127, 127, 27);
    press(b, "/173\r");
    measure_news(b, "  filtered");
    MEASURE(b, "  filtered", "move", KEYS, 'j', 'j', 'j', 'k');
    press(b, "\033");
    MEASURE(b, where, "sort", KEYS_SLOW, 'o', 'O');
    press(b, "O");
    for (int i = 0; i < 3; i++) {
        char name[64];
        press(b, "o");
        draw(b);
        snprintf(name, sizeof name, "move, sorted by another (%d)", i + 1);
        MEASURE(b, "  sorted", name, KEYS, 'j', 'j', 'k');
    }
}

static void yardstick(void)
{
    static double numbers[100000];
    struct bench b = {.random = 7};
    for (size_t i = 0; i < 100000; i++)
        numbers[i] = (double)below(&b, 1u << 30);
    double begin_ms = cpu_ms();
    qsort(numbers, 100000, sizeof *numbers, by_value);
    printf("qsort of 100000 numbers              %7.1f ms\n", cpu_ms() - begin_ms);
}

int main(int argc, char *argv[])
{
    struct bench b = {.random = 1,
        .requests = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000,
        .endpoints = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000,
        .only = argc > 3 ? argv[3] : NULL};
    b.held = b.requests;
    setvbuf(stdout, NULL, _IOLBF, 0);
    yardstick();
    begin(&b);
    draw(&b);
    press(&b, "5z");
    draw(&b);
    measure_place(&b, "requests");
    press(&b, "z3z");
    draw(&b);
    measure_place(&b, "endpoints");
    press(&b, "z5");
    draw(&b);
    measure_place(&b, "overview");
    printf("resident in the end                  %7.1f MB\n", resident_mb());
    screen_free(b.screen);
    canvas_release(&b.canvas);
    store_free(b.store);
    clock_free(b.clock);
    return 0;
}
