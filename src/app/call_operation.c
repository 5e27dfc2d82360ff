/* Operations run as they do for the dashboard; here main prints what they tell and asks what they ask. */
#include "app/call_operation.h"

#include "app/burst_print.h"
#include "app/unfinished.h"
#include "core/loop.h"
#include "core/signals.h"
#include "model/news.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct running {
    struct call *call;
    struct operations *all;
    struct loop *loop;
    char id[OPERATION_ID_MAX];
    struct message *last; /* of the operation, owned; NULL = none yet */
    bool asked;
    bool refused;    /* it asked and nobody could answer */
    bool stopped;    /* a test that was told to cancel what is queued */
    char shown[512]; /* the progress line that stands there */
};

static const struct operation *latest(const struct running *r)
{
    return r->last ? r->last->payload : NULL;
}

static void on_signal(struct loop *l, int fd, short events, void *arg)
{
    (void)l, (void)fd, (void)events;
    struct running *r = arg;
    /* As when the dashboard quits: it ends as interrupted, to be resumed. Test requests cannot be resumed:
     * the first Ctrl-C cancels those that are queued. */
    for (int s; (s = signals_next());) {
        bool test = latest(r) && latest(r)->kind == OPERATION_TEST;
        if (s == SIGINT && test && !r->stopped && !operations_stop(r->all, r->id, NULL))
            r->stopped = true;
        else if (s == SIGINT || s == SIGTERM || s == SIGHUP)
            cancel_fire(r->call->engine.quit);
    }
}

/* The answer to the plan, typed on a terminal. */
static void on_typed(struct loop *l, int fd, short events, void *arg)
{
    (void)events;
    struct running *r = arg;
    struct err e;
    char line[256];
    ssize_t n = read(fd, line, sizeof line - 1);
    loop_remove(l, fd);
    line[n > 0 ? n : 0] = 0;
    line[strcspn(line, "\r\n")] = 0;
    const struct operation *o = latest(r);
    bool yes = o->risk >= 3 ? strcmp(line, o->confirm_word.s) == 0
                            : strcmp(line, "y") == 0 || strcmp(line, "yes") == 0;
    operations_answer(r->all, r->id, yes, &e);
}

static void clear_progress(struct running *r)
{
    if (r->shown[0])
        fputs("\r\033[K", r->call->errors);
    r->shown[0] = 0;
}

static void put_line(FILE *out, const char *lead, struct text t)
{
    fprintf(out, "%s%.*s\n", lead, (int)t.len, t.s);
}

static void ask(struct running *r, const struct operation *o)
{
    struct call *c = r->call;
    struct err e;
    clear_progress(r);
    r->asked = true;
    for (size_t i = 0; i < o->plan_count; i++)
        put_line(c->errors, "  ", o->plan[i]);
    if (!isatty(STDIN_FILENO) || loop_add(r->loop, STDIN_FILENO, on_typed, r, &e)) {
        r->refused = true;
        operations_answer(r->all, r->id, false, &e);
        return;
    }
    if (o->risk >= 3)
        fprintf(c->errors, "Type %s to go on: ", o->confirm_word.s);
    else
        fputs("Go on? y/n: ", c->errors);
    fflush(c->errors);
}

/* The last that runs: hashing may go on beside sending. */
static const struct operation_step *current_step(const struct operation *o)
{
    for (size_t i = o->step_count; i-- > 0;)
        if (o->steps[i].state == STEP_RUNNING)
            return &o->steps[i];
    return NULL;
}

/* With --json how far it is goes to the errors' side, an object a line; the document on the other side stays
 * one. */
static void print_event(struct running *r, const struct operation *o)
{
    struct json *j = operation_event_json(o);
    struct buf line;
    buf_init(&line, 64 * 1024);
    if (j && !json_print(j, &line))
        fprintf(r->call->errors, "%s\n", buf_str(&line));
    buf_release(&line);
    json_free(j);
}

static void show_progress(struct running *r, const struct operation *o)
{
    const struct operation_step *s = current_step(o);
    if (r->call->json && !r->call->quiet)
        print_event(r, o);
    char line[sizeof r->shown] = "", part[64] = "";
    if (!s || !call_shows_progress(r->call))
        return;
    if (o->total > 0)
        snprintf(part, sizeof part, "%.0f%% ", 100.0 * (double)o->done / (double)o->total);
    snprintf(
        line, sizeof line, "%s: %s%.*s", s->name, part, (int)text_cut(s->note, 70).len, s->note.s);
    if (strcmp(line, r->shown) == 0)
        return;
    clear_progress(r);
    fputs(line, r->call->errors);
    fflush(r->call->errors);
    memcpy(r->shown, line, sizeof line);
}

static void on_inbox(struct loop *l, int fd, short events, void *arg)
{
    (void)fd, (void)events;
    struct running *r = arg;
    struct message *m = inbox_receive(r->call->engine.inbox, NULL);
    for (struct message *next; m; m = next) {
        next = m->next;
        const struct operation *o = m->type == NEWS_OPERATION ? m->payload : NULL;
        if (!o || strcmp(o->id, r->id) != 0) {
            message_free(m);
            continue;
        }
        message_free(r->last);
        r->last = m;
        if (o->state == OPERATION_ASKING && !r->asked)
            ask(r, o);
        else if (o->state == OPERATION_RUNNING)
            show_progress(r, o);
        else if (o->state != OPERATION_ASKING)
            loop_stop(l, 0);
    }
}

static int exit_code_for(const struct running *r, const struct operation *o)
{
    if (r->refused)
        return EXIT_CODE_USAGE;
    if (o->state == OPERATION_DONE && o->test)
        return o->test->outcomes[REQUEST_COMPLETED] < o->test->count ? EXIT_CODE_REMOTE
                                                                     : EXIT_CODE_OK;
    if (o->state == OPERATION_DONE) /* with an error: it was done, but the registry does not know */
        return o->error.class == ERR_NONE ? EXIT_CODE_OK : EXIT_CODE_STATE;
    if (o->state == OPERATION_CANCELLED || o->state == OPERATION_INTERRUPTED)
        return EXIT_CODE_CANCELLED;
    if (o->kind == OPERATION_UPLOAD && o->checklist && o->checklist->blockers)
        return EXIT_CODE_BAD;
    return (int)exit_code_of(o->error.class);
}

static void say_how_it_ended(struct running *r, const struct operation *o)
{
    struct call *c = r->call;
    if (r->refused)
        fputs("slipway: this needs a yes: add --yes, or run it on a terminal\n", c->errors);
    else if (o->error.class != ERR_NONE)
        call_complain(c, &o->error);
    if (!c->dry_run)
        unfinished_hint(c, o->id);
}

static int print_operation(struct call *c, const struct operation *o)
{
    if (o->test && !c->dry_run)
        return burst_print(c, o->test);
    if (c->json)
        return call_print(c, operation_json(o), "slipway.operation/1");
    for (size_t i = 0; i < o->plan_count && c->dry_run; i++)
        put_line(c->out, "", o->plan[i]);
    for (size_t i = 0; i < o->step_count && !c->dry_run; i++)
        if (o->steps[i].state != STEP_WAITING)
            call_line(c, "%-16s %-8s %s", o->steps[i].name, step_state_name(o->steps[i].state),
                o->steps[i].note.s);
    if (o->note.len)
        put_line(c->out, "", o->note);
    return call_flushed(c);
}

static int start(struct running *r, enum operation_kind kind, struct err *e)
{
    struct call *c = r->call;
    const struct operation_flags flags = {.yes = c->yes, .dry_run = c->dry_run};
    const char *resumed = json_str(c->asked, "id");
    if (!resumed)
        return operations_start(r->all, kind, json_dup(c->asked), &flags, r->id, e);
    return operations_resume(r->all, resumed, &flags, r->id, e);
}

int call_operation(struct call *c, enum operation_kind kind)
{
    struct running r = {.call = c};
    struct err e;
    int code = call_open(c);
    if (code)
        return code;
    r.all = operations_new(&c->engine);
    r.loop = loop_new(c->engine.clock);
    if (!r.all || !r.loop || loop_add(r.loop, signals_fd(), on_signal, &r, &e) ||
        loop_add(r.loop, inbox_fd(c->engine.inbox), on_inbox, &r, &e) || start(&r, kind, &e) ||
        loop_run(r.loop, NULL, NULL, &e)) {
        if (!r.all || !r.loop)
            err_set(&e, ERR_IO, 0, "out of memory");
        code = call_fail(c, &e);
    } else {
        clear_progress(&r);
        int printed = print_operation(c, latest(&r));
        say_how_it_ended(&r, latest(&r));
        code = exit_code_for(&r, latest(&r));
        code = code ? code : printed;
    }
    operations_free(r.all);
    loop_free(r.loop);
    message_free(r.last);
    return code;
}
