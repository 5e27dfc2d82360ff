/* `slipway triage`: of one endpoint or request, or of all, the worst first. With --fix what is proposed is done, as
 * an operation like any other, and looked at afterwards. */
#include "app/triage_internal.h"

#include "app/asked.h"
#include "app/triage_list.h"
#include "base/file.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WATCH_MS = 10 * 1000, SHOWN_MAX = 256, COLUMNS = 80, COLUMNS_MOST = 120 };

/* ---- printing ------------------------------------------------------------------------------------------------- */

static int columns(struct call *c)
{
    struct winsize size;
    int n = ioctl(fileno(c->out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    return n <= 0 ? COLUMNS : n > COLUMNS_MOST ? COLUMNS_MOST : n;
}

static int print(struct asking *k)
{
    struct json *j;
    asking_hush(k);
    if (!k->call->json) {
        triage_print(k->call, &k->result, columns(k->call));
        return call_flushed(k->call);
    }
    j = triage_json(&k->result);
    if (k->job[0])
        json_add_str(j, "job", k->job);
    return call_print(k->call, j, "slipway.triage/1");
}

static int verdict_code(const struct triage *t)
{
    return t->verdict == TRIAGE_STUCK ? EXIT_CODE_BAD : EXIT_CODE_OK;
}

/* ---- watching --------------------------------------------------------------------------------------------------- */

/* Whether it says something else than before; that time has passed, or more of it is done, is not something else. */
static bool is_new(const struct triage *t, char before[SHOWN_MAX])
{
    char now[SHOWN_MAX], sentence[SHOWN_MAX];
    size_t n = 0;
    for (size_t i = 0; i < t->sentence.len && n + 1 < sizeof sentence; i++)
        if (!isdigit((unsigned char)t->sentence.s[i]))
            sentence[n++] = t->sentence.s[i];
    sentence[n] = 0;
    snprintf(now, sizeof now, "%d %s %.200s", (int)t->verdict, t->count ? t->diagnoses[0].id : "",
        sentence);
    bool same = strcmp(now, before) == 0;
    memcpy(before, now, sizeof now);
    return !same;
}

static int rest(struct asking *k, struct cancel *c, struct err *e)
{
    asking_say(k, "waiting for the next look");
    return runpod_evidence_rest(WATCH_MS, c, e);
}

/* Until nothing waits any more, or somebody ends it. */
static int watch(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct asking *k = arg;
    char before[SHOWN_MAX] = "";
    if (asking_begin(k, cancel, e))
        return -1;
    for (;;) {
        if (is_new(&k->result, before)) {
            if (print(k))
                return err_set(e, ERR_IO, 0, "the output cannot be written");
            if (!c->json)
                call_line(c, "%s", "");
        } else if (!c->json) {
            asking_hush(k);
            triage_print_line(c, &k->result);
            if (call_flushed(c))
                return err_set(e, ERR_IO, 0, "the output cannot be written");
        }
        if (k->result.verdict == TRIAGE_HEALTHY)
            return 0;
        if (rest(k, cancel, e) || asking_again(k, cancel, e))
            return -1;
    }
}

static int ask(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct asking *k = arg;
    if (asking_begin(k, cancel, e))
        return -1;
    return asked_text(c->asked, "record") ? runpod_evidence_complete(k->ev, cancel, e) : 0;
}

/* ---- recording ---------------------------------------------------------------------------------------------------- */

static int record(struct asking *k, const char *path)
{
    struct json *j = triage_scenario(k->ev, &k->result);
    struct buf line, shown;
    struct err e;
    buf_init(&line, JSON_BYTES_MAX);
    buf_init(&shown, JSON_BYTES_MAX);
    int failed = !j || json_print(j, &line) || secret_redact(&shown, buf_str(&line), line.len)
                     ? err_set(&e, ERR_IO, 0, "out of memory")
                     : file_write(path, buf_str(&shown), shown.len, &e);
    json_free(j);
    buf_release_secret(&line);
    buf_release(&shown);
    if (failed)
        return call_fail(k->call, &e);
    if (!k->call->quiet)
        fprintf(k->call->errors,
            "slipway: what was seen is in %s; play it with slipway-sim --scenario %s\n", path,
            path);
    return EXIT_CODE_OK;
}

/* ---- the command -------------------------------------------------------------------------------------------------- */

static int of_one(struct call *c, size_t fix)
{
    struct asking k = {.call = c};
    struct err e;
    bool watches = asked_yes(c->asked, "watch", false);
    const char *path = asked_text(c->asked, "record");
    int code;
    buf_init(&k.shown, SHOWN_MAX);
    if (call_task(c, watches ? watch : ask, NULL, &k, &e)) {
        asking_hush(&k);
        code = call_fail(c, &e);
    } else if (fix) {
        code = triage_fix(&k, fix);
    } else {
        code = watches ? EXIT_CODE_OK : print(&k);
        int recorded = code || !path ? EXIT_CODE_OK : record(&k, path);
        code = code ? code : recorded ? recorded : verdict_code(&k.result);
    }
    asking_release(&k);
    return code;
}

/* What is said is checked before anything is asked of anybody. */
static int check(struct call *c, size_t *fix)
{
    const char *word = asked_text(c->asked, "fix");
    bool one = asked_text(c->asked, "endpoint") || asked_text(c->asked, "job");
    static const char *const of_one_only[] = {"fix", "watch", "record"};
    *fix = word ? triage_remedy_number(word) : 0;
    if (word && !*fix)
        return call_usage(c, "--fix takes the number of a remedy, as 1 or r1, not %s", word);
    for (size_t i = 0; !one && i < sizeof of_one_only / sizeof *of_one_only; i++)
        if (json_get(c->asked, of_one_only[i]))
            return call_usage(c, "--%s needs an ENDPOINT", of_one_only[i]);
    if (word && json_get(c->asked, "watch"))
        return call_usage(c, "--fix watches by itself whether it helped: leave --watch out");
    return EXIT_CODE_OK;
}

static int triage(struct call *c)
{
    size_t fix = 0;
    int code = check(c, &fix);
    if (!code)
        code = call_open(c);
    if (!code && fix)
        code = call_may_write(c);
    if (code)
        return code;
    bool one = asked_text(c->asked, "endpoint") || asked_text(c->asked, "job");
    return one ? of_one(c, fix) : triage_list(c);
}

const struct command commands_triage[] = {
    {.name = "triage",
        .help = "says why requests wait, what shows it, and what helps; --fix does that",
        .args = {"endpoint"},
        .flags = {{"job", "ID", "one request, by its id or the beginning of it"},
            {"fix", "N", "does remedy N, after asking, and watches whether it helped"},
            {"watch", NULL, "goes on until nothing waits any more"},
            {"record", "FILE", "writes what was seen as a scenario of slipway-sim, masked"}},
        .writes = true,
        .run = triage},
    {.name = NULL},
};
