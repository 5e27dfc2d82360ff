/* One row a check; each says for itself how it went. They run at once, each on a thread of its own with
 * its own finding: with the network down each waits for its own deadline, and a person waits once. */
#include "app/doctor.h"

#include "app/columns.h"
#include "client/runpod_account.h"
#include "client/runpod_control.h"

#include <langinfo.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum finding_state { FINDING_OK, FINDING_OFF, FINDING_BAD, FINDING_STATES };
static const char *const state_words[FINDING_STATES] = {"ok", "off", "bad"};

struct finding {
    enum finding_state state;
    char what[256];
    char fix[ERR_HINT_MAX];
};

typedef void check_fn(struct call *c, struct finding *f, struct cancel *cancel);

static void say(struct finding *f, enum finding_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void say(struct finding *f, enum finding_state state, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    f->state = state;
    vsnprintf(f->what, sizeof f->what, format, args);
    va_end(args);
}

static void say_error(struct finding *f, const struct err *e)
{
    say(f, FINDING_BAD, "%s", e->message);
    snprintf(f->fix, sizeof f->fix, "%s", e->hint);
}

static void fix(struct finding *f, const char *words)
{
    snprintf(f->fix, sizeof f->fix, "%s", words);
}

static void check_config(struct call *c, struct finding *f, struct cancel *cancel)
{
    (void)cancel;
    say(f, FINDING_OK, "profile %s, %s%s", c->profile.name,
        access(c->profile.config_file, F_OK) ? "no config file at " : "", c->profile.config_file);
}

static void check_runpod(struct call *c, struct finding *f, struct cancel *cancel)
{
    struct account account;
    struct text email = TEXT("");
    struct err e;
    err_set(&e, ERR_IO, 0, "out of memory");
    struct arena *a = arena_new(1 << 20);
    if (!runpod_has_key(c->engine.runpod)) {
        say(f, FINDING_OFF, "no API key: endpoints cannot be seen or made");
        fix(f, "set RUNPOD_API_KEY, or runpod_api_key in the profile");
    } else if (!a || runpod_account(c->engine.runpod, a, &account, &email, cancel, &e)) {
        say_error(f, &e);
    } else {
        say(f, FINDING_OK, "%s, key from %s, balance $%.2f, $%.2f/h",
            email.len ? email.s : "account", c->profile.origin[SETTING_RUNPOD_KEY], account.balance,
            account.spend_hour);
    }
    arena_free(a);
}

static void check_rest(struct call *c, struct finding *f, struct cancel *cancel)
{
    struct endpoint_page page;
    struct err e;
    err_set(&e, ERR_IO, 0, "out of memory");
    struct arena *a = arena_new(32 << 20);
    if (!runpod_has_key(c->engine.runpod))
        say(f, FINDING_OFF, "not asked");
    else if (!a || runpod_endpoints(c->engine.runpod, a, &page, cancel, &e))
        say_error(f, &e);
    else
        say(f, FINDING_OK, "%zu endpoint%s at %s", page.count, page.count == 1 ? "" : "s",
            c->profile.runpod_api_base);
    arena_free(a);
}

static void check_hub(struct call *c, struct finding *f, struct cancel *cancel)
{
    struct hub_user user = {0};
    struct err e;
    err_set(&e, ERR_IO, 0, "out of memory");
    struct arena *a = arena_new(4 << 20);
    if (!hub_has_token(c->engine.hub)) {
        say(f, FINDING_OFF, "no token: nothing can be uploaded, private models cannot be read");
        fix(f, "set HF_TOKEN, or hf_token in the profile");
    } else if (!a || hub_whoami(c->engine.hub, a, &user, cancel, &e)) {
        say_error(f, &e);
    } else {
        say(f, user.can_write ? FINDING_OK : FINDING_BAD, "%s, token from %s, role %s", user.name.s,
            c->profile.origin[SETTING_HUB_TOKEN], user.role.s);
        if (!user.can_write)
            fix(f, "the token only reads: make one that may write");
    }
    arena_free(a);
}

static void check_registry(struct call *c, struct finding *f, struct cancel *cancel)
{
    struct err e;
    struct buf missing;
    buf_init(&missing, 64 * 1024);
    bool is_there = engine_has_registry(&c->engine);
    struct registry *r = is_there ? engine_registry(&c->engine, cancel, &e) : NULL;
    if (!is_there) {
        say(f, FINDING_OFF, "there is none yet: it is made when something is written");
    } else if (!r || registry_missing(r, &missing, cancel, &e)) {
        say_error(f, &e);
    } else if (missing.len) {
        char *line = missing.data;
        line[strcspn(line, "\n")] = 0;
        say(f, FINDING_BAD, "%s", line);
        fix(f, "`slipway migrate` makes the tables in an empty database");
    } else {
        say(f, FINDING_OK, "%s, address from %s",
            registry_role(r)[0] ? registry_role(r) : "tables there",
            c->profile.origin[SETTING_DATABASE_URL]);
    }
    registry_free(r);
    buf_release(&missing);
}

static void check_state(struct call *c, struct finding *f, struct cancel *cancel)
{
    (void)cancel;
    struct err e;
    struct state *s = engine_state(&c->engine, &e);
    if (s)
        say(f, FINDING_OK, "%s", c->profile.state_file);
    else
        say_error(f, &e);
    state_close(s);
}

static void check_terminal(struct call *c, struct finding *f, struct cancel *cancel)
{
    (void)c, (void)cancel;
    const char *term = getenv("TERM");
    bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (!isatty(STDOUT_FILENO))
        say(f, FINDING_OFF, "output is no terminal");
    else if (!term || !*term || strcmp(term, "dumb") == 0)
        say(f, FINDING_BAD, "TERM is %s: the dashboard cannot be drawn", term ? term : "not set");
    else
        say(f, FINDING_OK, "%s, %s", term, utf8 ? "UTF-8" : "not UTF-8: signs are shown in ASCII");
    if (f->state == FINDING_BAD)
        fix(f, "set TERM to what the terminal is, for example xterm-256color");
}

static const struct {
    const char *name;
    check_fn *run;
} checks[] = {
    {"config", check_config},
    {"runpod account", check_runpod},
    {"runpod endpoints", check_rest},
    {"hub", check_hub},
    {"registry", check_registry},
    {"state", check_state},
    {"terminal", check_terminal},
};
enum { CHECKS = sizeof checks / sizeof *checks };

struct checking {
    struct call *call;
    struct cancel *cancel;
    check_fn *run;
    struct finding *finding;
    pthread_t thread;
};

static void *run_one(void *arg)
{
    struct checking *k = arg;
    k->run(k->call, k->finding, k->cancel);
    return NULL;
}

static int run_all(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct finding *findings = arg;
    struct checking under_way[CHECKS];
    int number = 0;
    size_t begun = 0;
    for (; begun < CHECKS && !number; begun += !number) {
        under_way[begun] = (struct checking){
            .call = c, .cancel = cancel, .run = checks[begun].run, .finding = &findings[begun]};
        number = pthread_create(&under_way[begun].thread, NULL, run_one, &under_way[begun]);
    }
    for (size_t i = 0; i < begun; i++)
        pthread_join(under_way[i].thread, NULL);
    return number ? err_errno(e, number, "cannot start a thread") : cancel_check(cancel, e);
}

static int print_json(struct call *c, const struct finding findings[CHECKS])
{
    struct json *document = json_new_object(), *rows = json_new_array();
    for (size_t i = 0; i < CHECKS; i++) {
        struct json *row = json_new_object();
        json_add_str(row, "check", checks[i].name);
        json_add_str(row, "state", state_words[findings[i].state]);
        json_add_str(row, "finding", findings[i].what);
        json_add_str(row, "fix", findings[i].fix[0] ? findings[i].fix : NULL);
        json_push(rows, row);
    }
    json_add(document, "checks", rows);
    return call_print(c, document, "slipway.doctor/1");
}

int doctor_call(struct call *c)
{
    struct finding findings[CHECKS] = {0};
    struct err e;
    int code = call_open(c);
    if (code)
        return code;
    if (call_task(c, run_all, NULL, findings, &e))
        return call_fail(c, &e);
    if (c->json)
        code = print_json(c, findings);
    for (size_t i = 0; i < CHECKS && !c->json; i++)
        call_line(c, "%-17s %-4s %s%s%s", checks[i].name, state_words[findings[i].state],
            findings[i].what, findings[i].fix[0] ? "; " : "", findings[i].fix);
    for (size_t i = 0; i < CHECKS && !code; i++)
        if (findings[i].state == FINDING_BAD)
            code = EXIT_CODE_BAD;
    return code;
}
