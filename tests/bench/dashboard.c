/* What the dashboard costs, measured from outside, on a terminal that the bench plays:
 *   first frame   exec until the last row stands, against a bare ncurses program on the same terminal
 *   idle          CPU, wake-ups and bytes to the terminal a second, with six endpoints polled
 *   keys          from a key's press to the last byte it caused, and how many, with 10 000 rows in a pane
 *   memory        resident, in both states
 *
 * Usage: dashboard SLIPWAY SLIPWAY_SIM BARE_NCURSES IDLE.json [IDLE SECONDS] */
#include "bench_tools.h"
#include "pty_program.h"

#include "client/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 120, ROWS = 34, STARTS = 21, KEYS = 400, JOBS = 10000, WARM_UP_S = 25 };

struct bench {
    char *slipway, *sim, *bare, *scenario;
    char folder[64];
    struct bench_sim running;
};

/* ---- first frame --------------------------------------------------------------------------------- */

static double first_frame(char *const argv[])
{
    struct pty_program p;
    pty_start(&p, argv, COLUMNS, ROWS);
    if (!pty_wait(&p, ROWS - 1, NULL, 10))
        bench_fail("no first frame within 10 s");
    double took = p.last_byte_s - p.started_s;
    pty_stop(&p);
    return took;
}

/* Turn about, so that both see the same machine. */
static void bench_first_frame(struct bench *b)
{
    double ours[STARTS], bare[STARTS];
    char *const slipway[] = {b->slipway, NULL}, *const yardstick[] = {b->bare, NULL};
    first_frame(slipway); /* the page cache is warm then */
    first_frame(yardstick);
    for (int i = 0; i < STARTS; i++) {
        ours[i] = first_frame(slipway);
        bare[i] = first_frame(yardstick);
    }
    qsort(ours, STARTS, sizeof *ours, bench_by_value);
    qsort(bare, STARTS, sizeof *bare, bench_by_value);
    printf("first frame                  %7.1f ms   bare ncurses %7.1f ms   ratio of times %.2f\n",
        ours[STARTS / 2] * 1e3, bare[STARTS / 2] * 1e3, ours[STARTS / 2] / bare[STARTS / 2]);
}

/* ---- idle ---------------------------------------------------------------------------------------- */

static void bench_idle(struct bench *b, const char *what, const char *sign, double seconds)
{
    struct pty_program p;
    char *const argv[] = {b->slipway, NULL};
    pty_start(&p, argv, COLUMNS, ROWS);
    if (!pty_wait(&p, -1, sign, 20))
        bench_fail("the dashboard does not show what it should within 20 s");
    for (double until = pty_now() + WARM_UP_S; pty_now() < until;)
        pty_read(&p, 0.2);
    bench_rest(&p, what, seconds);
    pty_stop(&p);
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static void fill_jobs(struct bench *b, const char *url)
{
    char *const migrate[] = {b->slipway, "migrate", NULL};
    bench_run(migrate);
    struct err e;
    const struct db_options options = {.url = url};
    struct db *db = db_open(&options, NULL, &e);
    if (!db || db_begin(db, DB_WRITE, NULL, &e))
        bench_fail(e.message);
    for (int i = 0; i < JOBS; i++) {
        char id[40], name[40], step[16];
        snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", i);
        snprintf(name, sizeof name, "job-%05d", i);
        snprintf(step, sizeof step, "%d", i % 2000);
        const char *const values[] = {id, name, i % 3 ? "completed" : "running", step};
        if (db_exec(db,
                "INSERT INTO {table local_training_jobs} (id, model_name, status, current_step, "
                "total_steps, loss, created_at) VALUES ($1, $2, $3, $4, 2000, 0.5, {now})",
                values, 4, NULL, &e))
            bench_fail(e.message);
    }
    if (db_commit(db, &e))
        bench_fail(e.message);
    db_close(db);
}

static void bench_jobs(struct bench *b)
{
    /* Each of them changes what is seen; one in twenty sorts all rows anew, from a row that lies away
     * from both ends in every order. */
    static const char *const walk[] = {"j", "j", "k", "\033[B", "\033[6~", "k", "j", "\033[5~", "j",
        "G", "k", "\033[5~", "g", "j", "\033[6~", "j", "G", "\033[5~", "\033[5~", "o"};
    struct pty_program p;
    char *const argv[] = {b->slipway, NULL};
    char url[128];
    snprintf(url, sizeof url, "sqlite:%s/jobs.db", b->folder);
    setenv("SLIPWAY_DATABASE_URL", url, 1);
    fill_jobs(b, url);
    pty_start(&p, argv, COLUMNS, ROWS);
    if (!pty_wait(&p, -1, "job-0", 30))
        bench_fail("the jobs do not appear within 30 s");
    pty_press(&p, "z");
    pty_settle(&p, 0.5, 5);
    bench_keys(&p, "key to paint, 10 000 rows", walk, sizeof walk / sizeof *walk, KEYS);
    pty_stop(&p);
    unsetenv("SLIPWAY_DATABASE_URL");
}

/* ---- all ----------------------------------------------------------------------------------------- */

int main(int argc, char *argv[])
{
    if (argc < 5)
        bench_fail("usage: dashboard SLIPWAY SLIPWAY_SIM BARE_NCURSES IDLE.json [IDLE SECONDS]");
    struct bench b = {.slipway = argv[1], .sim = argv[2], .bare = argv[3], .scenario = argv[4]};
    bench_home(b.folder);
    bench_first_frame(&b);
    double seconds = argc > 5 ? strtod(argv[5], NULL) : 60;
    bench_idle(&b, "idle, nothing set up", "RUNPOD_API_KEY", seconds / 3);
    b.running = bench_start_sim(b.sim, b.scenario);
    bench_idle(&b, "idle, 6 endpoints", "asleep", seconds);
    bench_jobs(&b);
    bench_stop_sim(&b.running);
    bench_remove(b.folder);
    return 0;
}
