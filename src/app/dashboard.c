/* The first frame is painted before anything else is started, so that a person sees the screen at once,
 * whatever the network and the disk do. From then on main only reacts: to keys, to messages, to signals
 * and to the moment at which an age that is shown changes. */
#include "app/dashboard.h"

#include "app/actions.h"
#include "app/chats.h"
#include "app/history.h"
#include "app/host.h"
#include "app/operations.h"
#include "base/log.h"
#include "client/hub_watch.h"
#include "client/registry_watch.h"
#include "client/runpod_watch.h"
#include "core/loop.h"
#include "core/signals.h"
#include "ui/screen.h"
#include "ui/terminal.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCKED_RETRY_MS = 30 };

/* Lines of logs that are taken in before the keyboard has its turn again: what a burst brings must not keep
 * a key waiting. */
enum { LINES_A_TURN = 4000, LINES_A_REQUEST = 8, RECALLED_BYTES = 2 << 20 };

/* What runs beside the dashboard on request of its caller. */
struct beside {
    const struct dashboard_options *options;
    struct engine *engine;
    pthread_t thread;
    bool runs;
};

struct dashboard {
    struct call *call;
    const struct dashboard_options *options;
    struct engine *engine;
    struct host_state host;
    struct loop *loop;
    struct store *store;
    struct screen *screen;
    struct canvas canvas;
    struct theme theme;
    struct beside beside;
    struct message *waiting, **waiting_end; /* received, but not dealt with */
    int64_t input_due_ms;
    bool blocked; /* the terminal takes no bytes at present */
    int code;
};

/* ---- painting ------------------------------------------------------------------------------------ */

static void size_canvas(struct dashboard *d)
{
    int columns, rows;
    terminal_size(&columns, &rows);
    canvas_resize(&d->canvas, columns, rows);
    d->canvas.ascii = terminal_ascii() || d->call->profile.ascii;
}

static void paint(struct dashboard *d)
{
    screen_draw(d->screen, &d->canvas);
    d->blocked = !terminal_blit(&d->canvas, &d->theme);
}

static void on_due(struct loop *l, int fd, short events, void *arg);

/* Before the loop sleeps: the screen is brought up to date, and the next moment at which something has to
 * be done is set. */
static void idle(void *arg)
{
    struct dashboard *d = arg;
    int64_t now = clock_mono_ms(clock_real());
    if (screen_stale(d->screen))
        paint(d);
    else if (d->blocked)
        d->blocked = !terminal_blit(&d->canvas, &d->theme);
    int64_t due = screen_due(d->screen);
    if (d->input_due_ms >= 0 && (due < 0 || d->input_due_ms < due))
        due = d->input_due_ms;
    if (d->blocked && (due < 0 || now + BLOCKED_RETRY_MS < due))
        due = now + BLOCKED_RETRY_MS;
    if (d->waiting)
        due = now;
    loop_set_deadline(d->loop, due, on_due, d);
}

/* ---- what wakes main ----------------------------------------------------------------------------- */

static void suspend(struct dashboard *d)
{
    d->host.suspend = false;
    terminal_suspend();
    signals_suspend();
    terminal_resume();
    size_canvas(d);
    paint(d);
}

static void on_press(struct dashboard *d, int32_t press)
{
    screen_press(d->screen, press);
    if (d->host.suspend)
        suspend(d);
}

static void read_input(struct dashboard *d)
{
    int64_t again = -1;
    for (;;) {
        struct input in = terminal_read(&again);
        if (in.kind == INPUT_NONE)
            break;
        if (in.kind == INPUT_PRESS)
            on_press(d, in.press);
        else if (in.kind == INPUT_PASTE)
            screen_paste(d->screen, in.paste, in.paste_length);
        else {
            d->code = EXIT_CODE_CANCELLED;
            loop_stop(d->loop, 0);
            return;
        }
    }
    d->input_due_ms = again < 0 ? -1 : clock_mono_ms(clock_real()) + again;
}

static void on_input(struct loop *l, int fd, short events, void *arg)
{
    (void)l, (void)fd, (void)events;
    read_input(arg);
}

/* What an operation has just made is looked at now, not at the next turn. */
static void look_at_once(struct dashboard *d, const struct operation *now)
{
    if (now->kind == OPERATION_TEST) /* makes nothing */
        return;
    const struct operation *before = store_operation_by_id(d->store, now->id);
    bool made = now->endpoint_id[0] && (!before || !before->endpoint_id[0]);
    bool ended = now->state == OPERATION_DONE && before && before->state != OPERATION_DONE;
    if (made || ended)
        runpod_watch_hurry_list(d->host.runpod);
    if (ended)
        registry_watch_hurry(d->host.registry);
}

/* What waits may want to be looked into. */
static void look_into(struct dashboard *d, const struct health *seen)
{
    const struct endpoint_row *row = store_endpoint_by_id(d->store, seen->endpoint_id);
    if (d->host.triages && row && row->settings)
        triages_see(d->host.triages, row->settings, seen);
}

static void take_message(struct dashboard *d, struct message *m)
{
    if (m->type == NEWS_CHAT) {
        chats_take(d->host.chats, m);
        return;
    }
    if (m->type == NEWS_OPERATION)
        look_at_once(d, m->payload);
    if (m->type == NEWS_HEALTH)
        look_into(d, m->payload);
    store_apply(d->store, m);
}

/* What taking it in costs, in lines of a log. */
static size_t lines_in(const struct message *m)
{
    if (m->type == NEWS_LOG && m->payload)
        return ((const struct log_page *)m->payload)->count;
    if (m->type == NEWS_REQUESTS && m->payload)
        return LINES_A_REQUEST * ((const struct request_page *)m->payload)->count;
    return 0;
}

/* As much of what waits as one turn may take; the rest has the next. */
static void take_messages(struct dashboard *d)
{
    size_t lines = 0;
    while (d->waiting && lines < LINES_A_TURN) {
        struct message *m = d->waiting;
        d->waiting = m->next;
        lines += lines_in(m);
        take_message(d, m);
    }
    if (!d->waiting)
        d->waiting_end = &d->waiting;
    screen_news(d->screen);
}

static void on_inbox(struct loop *l, int fd, short events, void *arg)
{
    (void)l, (void)fd, (void)events;
    struct dashboard *d = arg;
    struct inbox_dropped dropped;
    *d->waiting_end = inbox_receive(d->engine->inbox, &dropped);
    while (*d->waiting_end)
        d->waiting_end = &(*d->waiting_end)->next;
    store_log_note_dropped(d->store, dropped.logs); /* they were before what came */
    take_messages(d);
}

static void on_due(struct loop *l, int fd, short events, void *arg)
{
    (void)l, (void)fd, (void)events;
    struct dashboard *d = arg;
    if (d->input_due_ms >= 0)
        read_input(d);
    if (d->waiting)
        take_messages(d);
}

static void on_signal(struct loop *l, int fd, short events, void *arg)
{
    (void)fd, (void)events;
    struct dashboard *d = arg;
    for (int s; (s = signals_next());) {
        if (s == SIGWINCH) {
            terminal_resized();
            size_canvas(d);
            paint(d);
        } else if (s == SIGTSTP) {
            suspend(d);
        } else if (s == SIGINT || s == SIGTERM || s == SIGHUP) {
            d->code = EXIT_CODE_CANCELLED;
            loop_stop(l, 0);
        }
    }
}

/* ---- starting and ending ------------------------------------------------------------------------- */

static int open_face(struct dashboard *d, struct err *e)
{
    const struct dashboard_options *options = d->options;
    const struct profile *p = &d->call->profile;
    const struct terminal_options terminal = {.no_color = p->no_color, .ascii = p->ascii};
    if (theme_load(&d->theme, p->theme ? p->theme : "dark", e) || terminal_open(&terminal, e))
        return -1;
    signals_set_restore(terminal_restore);
    const struct screen_options screen = {.store = d->store,
        .actions = actions_table(),
        .host = &d->host.host,
        .profile = options->demo ? "stand-in" : p->name,
        .production = p->production,
        .read_only = p->read_only,
        .ascii = terminal_ascii(),
        .demo = options->demo};
    if (!(d->screen = screen_new(&screen)) || canvas_init(&d->canvas, 80, 24))
        return err_set(e, ERR_IO, 0, "out of memory");
    size_canvas(d);
    paint(d);
    return 0;
}

/* On the watch's thread. */
static void keep_lines(void *engine, const struct log_page *page)
{
    log_keep_page(((struct engine *)engine)->keep, page);
}

struct recalling {
    runpod_watch_worker_fn *each;
    void *to;
    char last[WORKER_ID_MAX]; /* they come in runs */
};

static void recall_worker(void *arg, const struct log_line *line)
{
    struct recalling *r = arg;
    const char *worker = line_worker(line).s;
    if (!line->endpoint_id || strcmp(r->last, worker) == 0)
        return;
    snprintf(r->last, sizeof r->last, "%s", worker);
    r->each(r->to, line->endpoint_id, worker);
}

static void recall_workers(void *engine, runpod_watch_worker_fn *each, void *to)
{
    const struct engine *g = engine;
    struct recalling r = {.each = each, .to = to};
    log_keep_read(g->profile->state_folder, RECALLED_BYTES, recall_worker, &r);
}

/* A log that cannot be kept keeps nobody from working. */
static void keep_log(struct engine *g)
{
    struct err e;
    if (!(g->keep = log_keep_new(g->profile->state_folder, &e)))
        log_err(LOG_WARN, "logs", &e);
}

static int start_watches(struct dashboard *d, struct err *e)
{
    struct engine *g = d->engine;
    struct host_state *h = &d->host;
    const struct runpod_watch_options runpod = {
        .logs = true, .memory = g, .heard = keep_lines, .recall = recall_workers};
    const struct registry_watch_options registry = {.db = profile_database(&d->call->profile),
        .interval_ms = d->options->registry_ms,
        .make_tables = engine_makes_tables(g)};
    h->runpod = runpod_watch_new(g->runpod, &runpod, g->inbox, g->clock, g->quit, e);
    h->hub = h->runpod ? hub_watch_new(g->hub, g->inbox, g->clock, g->quit, e) : NULL;
    h->registry = h->hub ? registry_watch_new(&registry, g->inbox, g->clock, g->quit, e) : NULL;
    return h->registry ? 0 : -1;
}

static void *run_beside(void *arg)
{
    struct beside *b = arg;
    b->options->beside(b->engine, b->engine->quit, b->options->arg);
    return NULL;
}

static void start_beside(struct dashboard *d)
{
    d->beside = (struct beside){.options = d->options, .engine = d->engine};
    if (d->options->beside)
        d->beside.runs = !pthread_create(&d->beside.thread, NULL, run_beside, &d->beside);
}

static int start(struct dashboard *d, struct err *e)
{
    call_open_log(d->call);
    if (engine_init(d->engine, &d->call->profile, e))
        return -1;
    d->call->engine_open = true;
    keep_log(d->engine);
    struct host_state *h = &d->host;
    if (!(h->operations = operations_new(d->engine)) || !(h->chats = chats_new(d->engine)))
        return err_set(e, ERR_IO, 0, "out of memory");
    start_beside(d);
    if (start_watches(d, e) || !(h->history = history_new(d->engine, e)) ||
        !(h->follow = follow_new(d->engine, e)) || !(h->triages = triages_new(d->engine, e)))
        return -1;
    return loop_add(d->loop, inbox_fd(d->engine->inbox), on_inbox, d, e);
}

static void stop(struct dashboard *d)
{
    struct host_state *h = &d->host;
    if (d->call->engine_open)
        cancel_fire(d->engine->quit);
    triages_free(h->triages);
    follow_free(h->follow);
    history_free(h->history);
    chats_free(h->chats);
    operations_free(h->operations);
    registry_watch_free(h->registry);
    hub_watch_free(h->hub);
    runpod_watch_free(h->runpod);
    if (d->beside.runs)
        pthread_join(d->beside.thread, NULL);
    for (struct message *m = d->waiting, *next; m; m = next) {
        next = m->next;
        message_free(m);
    }
}

int dashboard_run(struct call *c, const struct dashboard_options *options)
{
    struct dashboard d = {.call = c, .options = options, .engine = &c->engine, .input_due_ms = -1};
    d.waiting_end = &d.waiting;
    struct err e;
    d.store = store_new(clock_real());
    d.loop = loop_new(clock_real());
    host_init(&d.host, &d.loop, d.store, &c->engine, options->folder);
    int failed = !d.store || !d.loop ? err_set(&e, ERR_IO, 0, "out of memory") : signals_init(&e);
    failed = failed || open_face(&d, &e) || loop_add(d.loop, signals_fd(), on_signal, &d, &e) ||
             loop_add(d.loop, terminal_fd(), on_input, &d, &e) || start(&d, &e) ||
             loop_run(d.loop, idle, &d, &e) < 0;
    /* The screen is given back first: what follows may take most of a second. */
    signals_set_restore(NULL);
    terminal_close();
    stop(&d);
    screen_free(d.screen);
    canvas_release(&d.canvas);
    host_release(&d.host);
    store_free(d.store);
    loop_free(d.loop);
    return failed ? call_fail(c, &e) : d.code;
}

int dashboard_call(struct call *c)
{
    const struct dashboard_options options = {0};
    if (c->json)
        return call_usage(c, "the dashboard has no --json; the commands have");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return call_usage(c, "the dashboard needs a terminal; the commands do without");
    int code = call_profile(c);
    if (code)
        return code;
    return dashboard_run(c, &options);
}
