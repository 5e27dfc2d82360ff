/* The dashboard at the size it must bear, measured from outside on a terminal that the bench plays: an
 * account of 1 000 endpoints with 10 workers each, one in twenty of them busy, and 100 000 requests in the
 * ledger.
 *   start       first frame beside a bare ncurses program; until all requests and endpoints are there
 *   keys        in the requests, the endpoints and the overview while the endpoints' news come in
 *   at rest     CPU, bytes to the terminal, memory
 *   polling     calls of the control plane a minute against what the stand-in announces, and of the data plane
 *
 * Usage: size SLIPWAY SLIPWAY_SIM BARE_NCURSES [SECONDS OF POLLING [REQUESTS [ENDPOINTS]]] */
#include "bench_tools.h"

#include "base/json.h"
#include "client/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { COLUMNS = 120, ROWS = 34, KEYS = 200, BATCH = 1000, MINUTE_QUOTA = 60, HOUR_QUOTA = 3000 };

struct bench {
    char *slipway, *sim, *bare;
    char folder[64], scenario[96];
    int requests, endpoints;
    double seconds;
    struct bench_sim running;
};

/* ---- the world ----------------------------------------------------------------------------------- */

static void write_endpoint(FILE *f, int i, int of)
{
    static const char traffic[] =
        "{\"per_hour\": 360, \"prompts\": [\"Sum it up\"],"
        " \"requests\": [{\"weight\": 1, \"input\": {\"prompt\": \"$prompt\"}}]}";
    fprintf(f,
        "%s{\"like\": \"legal\", \"id\": \"size%010d\", \"name\": \"endpoint-%04d\", \"traffic\": %s,"
        " \"workers\": {\"min\": 10, \"max\": 10, \"idleTimeout\": 10}}\n",
        i ? "," : "", i, i * 7919 % of, i % 20 ? "null" : traffic);
}

static void write_scenario(struct bench *b)
{
    snprintf(b->scenario, sizeof b->scenario, "%s/size.json", b->folder);
    FILE *f = fopen(b->scenario, "w");
    if (!f)
        bench_fail("cannot write the scenario");
    fprintf(f,
        "{\"about\": \"Many endpoints\", \"base\": \"healthy\", \"warm_up_s\": 60,"
        " \"rate\": {\"minute\": %d, \"hour\": %d},"
        " \"account\": {\"balance\": 100000, \"spend_limit\": 0, \"worker_quota\": 100000,"
        " \"billing_lag_s\": 900},\n\"endpoints\": [",
        MINUTE_QUOTA, HOUR_QUOTA);
    for (int i = 0; i < b->endpoints; i++)
        write_endpoint(f, i, b->endpoints);
    fprintf(f, "]}\n");
    if (fclose(f))
        bench_fail("cannot write the scenario");
}

static void make_request(const struct bench *b, struct request *q, int i, int64_t now_ms)
{
    static const char prompt[] =
        "{\"prompt\":\"Sum up the following clause in one sentence, without naming the parties.\"}";
    *q = (struct request){.model = TEXT("legal"),
        .status = i % 29 ? REQUEST_COMPLETED : REQUEST_FAILED,
        .submitted_ms = now_ms - (int64_t)(b->requests - i) * 5000,
        .seen_ms = now_ms,
        .ended_ms = now_ms - (int64_t)(b->requests - i) * 5000 + 4000,
        .delay_ms = i * 7919 % 9000,
        .execution_ms = i * 104729 % 20000,
        .first_token_ms = -1,
        .tokens_in = i % 4000,
        .tokens_out = i % 900,
        .gpu = TEXT("NVIDIA L4"),
        .price_hour = 0.69,
        .cost = (double)(i % 10000) * 1e-6,
        .input = {prompt, sizeof prompt - 1},
        .output = {prompt, sizeof prompt - 1},
        .error = i % 29 ? TEXT("") : TEXT("the worker died"),
        .why = TEXT("")};
    snprintf(q->id, sizeof q->id, "%08x%08x", (unsigned)i, (unsigned)i * 2654435761u);
    snprintf(q->job_id, sizeof q->job_id, "%08x-41aa-4c2f-%04x-u1", (unsigned)i * 40503u,
        (unsigned)i % 65536u);
    snprintf(q->endpoint_id, sizeof q->endpoint_id, "size%010d", i * 31 % b->endpoints);
    snprintf(q->worker_id, sizeof q->worker_id, "w%06dx%d", i * 31 % b->endpoints, i % 10);
}

/* As the program finds it, in $HOME/.local/state/slipway/default. */
static void fill_ledger(const struct bench *b)
{
    static const char *const folders[] = {".local", ".local/state", ".local/state/slipway",
        ".local/state/slipway/default"};
    char path[192];
    struct err e;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", b->folder, folders[i]);
        mkdir(path, 0700);
    }
    snprintf(path, sizeof path, "%s/%s/state.db", b->folder, folders[3]);
    struct state *s = state_open(path, &e);
    struct request *batch = calloc(BATCH, sizeof *batch);
    if (!s || !batch)
        bench_fail(s ? "out of memory" : e.message);
    int64_t now_ms = (int64_t)time(NULL) * 1000;
    for (int i = 0; i < b->requests; i += BATCH) {
        int n = b->requests - i < BATCH ? b->requests - i : BATCH;
        for (int k = 0; k < n; k++)
            make_request(b, &batch[k], i + k, now_ms);
        if (state_requests_save(s, batch, (size_t)n, &e))
            bench_fail(e.message);
    }
    free(batch);
    state_close(s);
}

/* ---- start --------------------------------------------------------------------------------------- */

static double first_frame(char *const argv[], struct pty_program *p)
{
    pty_start(p, argv, COLUMNS, ROWS);
    if (!pty_wait(p, ROWS - 1, NULL, 20))
        bench_fail("no first frame within 20 s");
    return p->last_byte_s - p->started_s;
}

static void bench_start(const struct bench *b, struct pty_program *p)
{
    char *const slipway[] = {b->slipway, NULL}, *const bare[] = {b->bare, NULL};
    double ours[5], theirs[5];
    char sign[32];
    for (int i = 0; i < 5; i++) {
        theirs[i] = first_frame(bare, p);
        pty_stop(p);
        ours[i] = first_frame(slipway, p);
        if (i < 4)
            pty_stop(p);
    }
    qsort(ours, 5, sizeof *ours, bench_by_value);
    qsort(theirs, 5, sizeof *theirs, bench_by_value);
    printf("first frame                  %7.1f ms   bare ncurses %7.1f ms   ratio of times %.2f\n",
        ours[2] * 1e3, theirs[2] * 1e3, ours[2] / theirs[2]);
    if (!pty_wait(p, -1, "6 Logs", 20))
        bench_fail("there is no overview within 20 s");
    pty_press(p, "5z");
    snprintf(sign, sizeof sign, "%d ", b->requests);
    if (!pty_wait(p, 1, sign, 120))
        bench_fail("the requests are not there within 120 s");
    printf("all %d requests are there  %7.1f s    CPU until then %.2f s   resident %.1f MB\n",
        b->requests, p->last_byte_s - p->started_s, bench_cpu_s(p->pid), bench_resident_mb(p->pid));
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static void bench_place(struct pty_program *p, const char *place)
{
    static const char *const move[] = {"j", "j", "j", "k"};
    static const char *const page[] = {"\033[6~", "\033[6~", "\033[5~", "\033[6~"};
    static const char *const ends[] = {"G", "\033[5~", "g", "\033[6~"};
    static const char *const filter[] = {"/", "1", "7", "3", "\177", "\177", "\033"};
    static const char *const sort[] = {"o"};
    static const struct {
        const char *what;
        const char *const *walk;
        size_t length;
        int count;
    } kinds[] = {{"move", move, 4, KEYS}, {"page", page, 4, KEYS}, {"first, last", ends, 4, KEYS / 2},
        {"filter", filter, 7, KEYS / 4}, {"sort", sort, 1, KEYS / 8}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char what[64];
        snprintf(what, sizeof what, "%s: %s", place, kinds[i].what);
        bench_keys(p, what, kinds[i].walk, kinds[i].length, kinds[i].count);
        pty_press(p, "\033");
        pty_settle(p, 0.3, 3);
    }
}

/* ---- polling ------------------------------------------------------------------------------------- */

struct polled {
    int control, refused, data;
    int64_t last;
};

static struct polled requests_after(int64_t number)
{
    char command[256];
    struct polled sum = {.last = number};
    snprintf(command, sizeof command, "curl -sf '%s/_sim/requests?after=%lld'",
        getenv("RUNPOD_API_BASE_URL"), (long long)number);
    FILE *f = popen(command, "r");
    struct buf answer;
    char piece[64 * 1024];
    buf_init(&answer, 256u << 20);
    for (size_t n; f && (n = fread(piece, 1, sizeof piece, f)) > 0;)
        buf_append(&answer, piece, n);
    struct json *j = f && pclose(f) == 0 ? json_parse(buf_str(&answer), answer.len, NULL) : NULL;
    if (!j)
        bench_fail("the stand-in does not tell what it was asked");
    for (const struct json *r = json_first(json_get(j, "requests")); r; r = json_next(r)) {
        bool control = strcmp(json_str_or(r, "plane", ""), "control") == 0;
        sum.control += control;
        sum.refused += json_int(r, "status", 0) == 429;
        sum.data += strcmp(json_str_or(r, "plane", ""), "data") == 0;
    }
    sum.last = json_int(j, "last", number);
    json_free(j);
    buf_release(&answer);
    return sum;
}

static void bench_polling(const struct bench *b, struct pty_program *p)
{
    struct polled before = requests_after(0);
    bench_rest(p, "at rest", b->seconds);
    struct polled during = requests_after(before.last);
    double minutes = b->seconds / 60;
    printf("control plane: %.1f calls a minute, announced %d a minute and %d an hour; refused with 429: %d "
           "of %d\n",
        during.control / minutes, MINUTE_QUOTA, HOUR_QUOTA, before.refused + during.refused,
        before.control + during.control);
    printf("data plane:    %.1f looks at health a minute, each of %d endpoints every %.0f s\n",
        during.data / minutes, b->endpoints,
        during.data ? b->seconds * b->endpoints / during.data : (double)NAN);
}

/* ---- all ----------------------------------------------------------------------------------------- */

int main(int argc, char *argv[])
{
    if (argc < 4)
        bench_fail("usage: size SLIPWAY SLIPWAY_SIM BARE_NCURSES [SECONDS [REQUESTS [ENDPOINTS]]]");
    struct bench b = {.slipway = argv[1],
        .sim = argv[2],
        .bare = argv[3],
        .seconds = argc > 4 ? strtod(argv[4], NULL) : 120,
        .requests = argc > 5 ? (int)strtol(argv[5], NULL, 10) : 100000,
        .endpoints = argc > 6 ? (int)strtol(argv[6], NULL, 10) : 1000};
    struct pty_program p;
    setvbuf(stdout, NULL, _IOLBF, 0);
    bench_home(b.folder);
    write_scenario(&b);
    fill_ledger(&b);
    b.running = bench_start_sim(b.sim, b.scenario);
    bench_start(&b, &p);
    bench_place(&p, "requests");
    pty_press(&p, "z3z");
    if (!pty_wait(&p, -1, "endpoint-0", 60))
        bench_fail("the endpoints are not there within 60 s");
    bench_place(&p, "endpoints");
    pty_press(&p, "z5");
    pty_settle(&p, 0.3, 3);
    bench_place(&p, "overview");
    bench_polling(&b, &p);
    printf("the stand-in itself: %.1f s of CPU, %.1f MB\n", bench_cpu_s(b.running.pid),
        bench_resident_mb(b.running.pid));
    pty_stop(&p);
    bench_stop_sim(&b.running);
    bench_remove(b.folder);
    return 0;
}
