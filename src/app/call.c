/* What every command needs: its profile and engine, a thread for what sleeps, and its two outputs. */
#include "app/command.h"

#include "app/config.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "core/loop.h"
#include "core/signals.h"
#include "core/wake.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- output -------------------------------------------------------------------------------------- */

int call_flushed(struct call *c)
{
    return fflush(c->out) || ferror(c->out) ? EXIT_CODE_STATE : EXIT_CODE_OK;
}

enum { OUTPUT_LINE_MAX = 64 << 20 };

static void put(FILE *out, const char *bytes, size_t n)
{
    struct buf shown;
    buf_init(&shown, OUTPUT_LINE_MAX);
    text_safe(&shown, bytes, n, TEXT_LINE);
    fputs(buf_str(&shown), out);
    buf_release(&shown);
}

__attribute__((format(printf, 2, 0))) static void put_format(
    FILE *out, const char *format, va_list args)
{
    struct buf line;
    buf_init(&line, OUTPUT_LINE_MAX);
    buf_vprintf(&line, format, args);
    put(out, buf_str(&line), line.len);
    buf_release(&line);
}

void call_line(struct call *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_format(c->out, format, args);
    va_end(args);
    fputc('\n', c->out);
}

int call_usage(struct call *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("slipway: ", c->errors);
    put_format(c->errors, format, args);
    va_end(args);
    const char *name = c->command ? c->command->name : "";
    fprintf(c->errors, "; see slipway %s%s--help\n", name, name[0] ? " " : "");
    return EXIT_CODE_USAGE;
}

int call_print(struct call *c, struct json *take, const char *schema)
{
    struct buf line, shown;
    buf_init(&line, JSON_BYTES_MAX);
    buf_init(&shown, JSON_BYTES_MAX);
    int failed = !take || json_set(take, "schema", json_new_string(schema)) ||
                 json_print(take, &line) || secret_redact(&shown, buf_str(&line), line.len) ||
                 fputs(buf_str(&shown), c->out) < 0 || fputc('\n', c->out) < 0;
    buf_release_secret(&line);
    buf_release(&shown);
    json_free(take);
    return failed ? EXIT_CODE_STATE : call_flushed(c);
}

/* Which wait it was that somebody cut short is of no use to them. */
void call_complain(struct call *c, const struct err *e)
{
    fflush(c->out);
    fprintf(c->errors, "slipway: %s%s%s\n", e->class == ERR_CANCEL ? "cancelled" : e->message,
        e->hint[0] ? "; " : "", e->hint);
}

int call_fail(struct call *c, const struct err *e)
{
    call_complain(c, e);
    if (c->json) {
        struct json *j = json_new_object();
        json_add_str(j, "class", err_class_name(e->class));
        json_add_int(j, "number", e->number);
        json_add_str(j, "message", e->message);
        json_add_str(j, "hint", e->hint);
        call_print(c, j, "slipway.error/1");
    }
    return (int)exit_code_of(e->class);
}

int call_may_write(struct call *c)
{
    struct err e;
    return c->dry_run || !engine_may_write(&c->engine, &e) ? EXIT_CODE_OK : call_fail(c, &e);
}

int call_print_plan(struct call *c, const char *const lines[], size_t count)
{
    struct json *document = json_new_object(), *plan = json_new_array();
    for (size_t i = 0; i < count; i++) {
        json_push(plan, json_new_string(lines[i]));
        if (!c->json)
            call_line(c, "%s", lines[i]);
    }
    json_add(document, "plan", plan);
    if (c->json)
        return call_print(c, document, "slipway.plan/1");
    json_free(document);
    return EXIT_CODE_OK;
}

bool call_shows_progress(const struct call *c)
{
    return !c->quiet && !c->json && isatty(fileno(c->errors));
}

/* ---- profile and engine -------------------------------------------------------------------------- */

int call_profile(struct call *c)
{
    struct err e;
    const struct config_flags flags = {.profile = c->profile_name, .read_only = c->read_only};
    if (c->profile_open)
        return EXIT_CODE_OK;
    if (config_load(&c->profile, &flags, config_environment_process(), &e))
        return call_fail(c, &e);
    c->profile_open = true;
    return EXIT_CODE_OK;
}

/* A log that cannot be written keeps nobody from working. */
void call_open_log(struct call *c)
{
    struct err e;
    if (!file_make_folder(c->profile.state_folder, &e))
        log_open(c->profile.log_file, LOG_INFO, clock_real(), &e);
}

int call_open(struct call *c)
{
    struct err e;
    int code = call_profile(c);
    if (code || c->engine_open)
        return code;
    call_open_log(c);
    if (signals_init(&e) || engine_init(&c->engine, &c->profile, &e))
        return call_fail(c, &e);
    c->engine_open = true;
    return EXIT_CODE_OK;
}

void call_close(struct call *c)
{
    if (c->engine_open)
        engine_release(&c->engine);
    log_close();
    signals_release();
    if (c->profile_open)
        profile_release(&c->profile);
    json_free(c->asked);
    c->engine_open = c->profile_open = false;
    c->asked = NULL;
}

/* ---- waiting ------------------------------------------------------------------------------------- */

struct task {
    struct call *call;
    call_fn *fn;
    call_heard *heard;
    void *arg;
    struct err *error;
    int result;
    struct wake ended;
};

static void *task_run(void *arg)
{
    struct task *t = arg;
    t->result = t->fn(t->call, t->arg, t->call->engine.quit, t->error);
    wake_up(&t->ended);
    return NULL;
}

static void on_signal(struct loop *l, int fd, short events, void *arg)
{
    (void)l, (void)fd, (void)events;
    struct task *t = arg;
    for (int s; (s = signals_next());)
        if (s == SIGINT || s == SIGTERM || s == SIGHUP)
            cancel_fire(t->call->engine.quit);
}

static void hear(struct task *t)
{
    struct message *m = inbox_receive(t->call->engine.inbox, NULL);
    for (struct message *next; m; m = next) {
        next = m->next;
        if (t->heard)
            t->heard(t->call, t->arg, m);
        message_free(m);
    }
}

static void on_inbox(struct loop *l, int fd, short events, void *arg)
{
    (void)l, (void)fd, (void)events;
    hear(arg);
}

static void on_end(struct loop *l, int fd, short events, void *arg)
{
    (void)fd, (void)events;
    struct task *t = arg;
    wake_drain(&t->ended);
    loop_stop(l, 0);
}

int call_task(struct call *c, call_fn *fn, call_heard *heard, void *arg, struct err *e)
{
    struct task t = {.call = c, .fn = fn, .heard = heard, .arg = arg, .error = e, .result = -1};
    struct loop *l = loop_new(c->engine.clock);
    pthread_t thread;
    err_clear(e);
    if (!l || wake_init(&t.ended)) {
        loop_free(l);
        return err_set(e, ERR_IO, 0, "out of memory or descriptors");
    }
    int failed = loop_add(l, signals_fd(), on_signal, &t, e) ||
                 loop_add(l, inbox_fd(c->engine.inbox), on_inbox, &t, e) ||
                 loop_add(l, wake_fd(&t.ended), on_end, &t, e);
    int number = failed ? 0 : pthread_create(&thread, NULL, task_run, &t);
    if (number)
        failed = err_errno(e, number, "cannot start a thread");
    if (!failed) {
        struct err broken;
        if (loop_run(l, NULL, NULL, &broken))
            cancel_fire(c->engine.quit);
        pthread_join(thread, NULL);
        hear(&t);
    }
    loop_free(l);
    wake_release(&t.ended);
    return failed ? -1 : t.result;
}
