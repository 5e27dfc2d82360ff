/* `slipway requests`: what the pane shows. It is the ledger's, brought up to date first: the list that the data
 * plane has of the endpoint, and the status of what has not ended. What cannot be asked then is said, and the
 * ledger's word stands. */
#include "app/asked.h"
#include "app/columns.h"
#include "app/command_requests.h"
#include "app/request_words.h"
#include "app/requests.h"
#include "client/runpod_jobs.h"
#include "model/filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    SHOWN = 100,
    SHOWN_MAX = 10000,
    READ_ARENA = 256 << 20,
    OPEN_MAX = 64, /* that are asked about before the list is printed */
    ROW_ARENA = 16 << 20
};

/* ---- requests ------------------------------------------------------------------------------------ */

struct listing {
    struct arena *arena;
    struct request *rows;
    size_t count;
    bool more;
    char endpoint[ENDPOINT_ID_MAX]; /* "" = all */
    struct filter *filter;
    struct err stale; /* why what is shown may be old; ERR_NONE = it is not */
};

static void note_stale(struct listing *l, const struct err *e)
{
    if (l->stale.class == ERR_NONE && e->class != ERR_CANCEL) {
        l->stale = *e;
        err_wrap(&l->stale, "what is shown may be old");
    }
}

static void ignore(void *arg, const struct request *known, const struct request *listed)
{
    (void)arg, (void)known, (void)listed;
}

/* What the data plane lists of the endpoint. */
static void take_list(struct listing *l, const struct request_desk *d)
{
    struct request *rows;
    size_t n;
    struct err e;
    struct arena *a = arena_new(ROW_ARENA);
    if (!a || runpod_requests(d->engine->runpod, l->endpoint, a, &rows, &n, d->cancel, &e) ||
        requests_take_list(d, rows, n, ignore, NULL, &e)) {
        if (a)
            note_stale(l, &e);
    }
    arena_free(a);
}

/* A few at once. */
static void look_at(struct listing *l, const struct request_desk *d, struct request *rows, size_t n,
    struct arena *a)
{
    struct runpod_look looks[RUNPOD_LOOKS_MAX];
    struct request before[RUNPOD_LOOKS_MAX];
    for (size_t i = 0; i < n; i++) {
        before[i] = rows[i];
        looks[i] = (struct runpod_look){.q = &rows[i], .arena = a};
    }
    runpod_status_many(d->engine->runpod, looks, n, d->cancel);
    for (size_t i = 0; i < n && !cancel_fired(d->cancel); i++) {
        if (looks[i].error.class == ERR_NONE)
            request_seen(d, &before[i], &rows[i], a);
        else
            note_stale(l, &looks[i].error);
    }
}

/* Those that have not ended. */
static void look_at_open(struct listing *l, const struct request_desk *d)
{
    struct request *open, asked[RUNPOD_LOOKS_MAX];
    size_t n = 0, count = 0;
    struct arena *a = arena_new(READ_ARENA);
    if (!a || state_requests_open(d->ledger, OPEN_MAX, a, &open, &n, NULL))
        n = 0;
    for (size_t i = 0; i < n && l->stale.class == ERR_NONE && !cancel_fired(d->cancel); i++) {
        bool meant =
            open[i].job_id[0] && (!l->endpoint[0] || strcmp(open[i].endpoint_id, l->endpoint) == 0);
        if (meant)
            asked[count++] = open[i];
        if (count == RUNPOD_LOOKS_MAX || (i + 1 == n && count > 0)) {
            look_at(l, d, asked, count, a);
            count = 0;
        }
    }
    arena_free(a);
}

static bool is_in(const struct request *q, const char *state)
{
    if (strcasecmp(state, "open") == 0)
        return !request_is_final(q->status);
    return strcasecmp(request_status_name(q->status), state) == 0 ||
           strcasecmp(request_status_word(q->status), state) == 0;
}

static bool is_a_state(const char *word)
{
    struct request q = {0};
    bool known = strcasecmp(word, "open") == 0;
    for (int i = 0; i < REQUEST_STATUSES && !known; i++) {
        q.status = (enum request_status)i;
        known = is_in(&q, word);
    }
    return known;
}

static bool passes(
    const struct listing *l, const struct request *q, const char *state, struct arena *a)
{
    const char *name = request_status_name(q->status);
    const struct filter_field fields[] = {{"id", {q->id, strlen(q->id)}},
        {"job", {q->job_id, strlen(q->job_id)}},
        {"endpoint", {q->endpoint_id, strlen(q->endpoint_id)}}, {"model", q->model},
        {"state", {name, strlen(name)}}, {"worker", {q->worker_id, strlen(q->worker_id)}},
        {"error", q->error}, {"why", l->filter ? words_why(q, a) : TEXT("")}, {"gpu", q->gpu},
        {"sent", q->listed ? TEXT("elsewhere") : TEXT("slipway")}};
    return (!state || is_in(q, state)) &&
           filter_matches(l->filter, fields, sizeof fields / sizeof *fields);
}

/* The newest that pass; one more than is shown would be, tells whether there are more. */
static int read_rows(struct call *c, struct listing *l, struct state *s, struct err *e)
{
    const char *state = asked_text(c->asked, "state");
    int64_t limit;
    size_t n, kept = 0;
    if (asked_number(c->asked, "limit", 1, SHOWN_MAX, SHOWN, &limit, e))
        return -1;
    size_t most = state || l->filter ? SHOWN_MAX : (size_t)limit + 1;
    if (state_requests(s, l->endpoint[0] ? l->endpoint : NULL, most, l->arena, &l->rows, &n, e))
        return -1;
    for (size_t i = 0; i < n && kept <= (size_t)limit; i++)
        if (passes(l, &l->rows[i], state, l->arena))
            l->rows[kept++] = l->rows[i];
    l->more = kept > (size_t)limit;
    l->count = l->more ? (size_t)limit : kept;
    return 0;
}

static int list_requests(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct listing *l = arg;
    const char *endpoint = asked_text(c->asked, "endpoint");
    bool asks = !asked_yes(c->asked, "kept", false) && runpod_has_key(c->engine.runpod);
    struct request_desk d = {.engine = &c->engine, .cancel = cancel};
    int failed = 0;
    if (!(d.ledger = engine_state(&c->engine, e)))
        return -1;
    if (endpoint && !asks)
        snprintf(l->endpoint, sizeof l->endpoint, "%.*s", ENDPOINT_ID_MAX - 1, endpoint);
    else if (endpoint)
        failed = words_endpoint(&c->engine, d.ledger, endpoint, l->endpoint, l->arena, cancel, e);
    if (!failed && asks && l->endpoint[0])
        take_list(l, &d);
    if (!failed && asks)
        look_at_open(l, &d);
    if (!failed)
        failed = cancel_check(cancel, e) || read_rows(c, l, d.ledger, e) ? -1 : 0;
    state_close(d.ledger);
    return failed;
}

static int print_document(struct call *c, const struct listing *l)
{
    struct json *document = json_new_object(), *rows = json_new_array();
    for (size_t i = 0; i < l->count; i++)
        json_push(rows, request_json(&l->rows[i]));
    json_add(document, "requests", rows);
    json_add_bool(document, "more", l->more);
    return call_print(c, document, "slipway.requests/1");
}

static void add_row(struct columns *t, const struct request *q, struct arena *a)
{
    enum { NOTE_SHOWN = 80 };
    char words[WORDS_MAX], at[CLOCK_RFC3339_MAX];
    struct text why = words_why(q, a), note = why.len > 0 ? why : q->output;
    struct text cut = text_cut(note, NOTE_SHOWN);
    columns_add(t, "%s", q->job_id[0] ? q->job_id : q->id);
    columns_add(t, "%s", q->endpoint_id);
    columns_add(t, "%s", request_status_name(q->status));
    columns_add(t, "%s%s", q->listed ? "≤ " : "", words_moment(at, q->submitted_ms));
    columns_add(t, "%s", words_seconds(words, q->delay_ms));
    columns_add(t, "%s", words_seconds(words, q->execution_ms));
    columns_add(t, "%s", q->worker_id);
    if (q->tokens_in >= 0 || q->tokens_out >= 0)
        columns_add(t, "%" PRId64 "→%" PRId64, q->tokens_in, q->tokens_out);
    else
        columns_text(t, TEXT(""));
    columns_add(t, "%s", words_money(words, q->cost));
    columns_add(t, "%.*s%s", (int)cut.len, cut.s, cut.len < note.len ? "…" : "");
}

static int print_table(struct call *c, const struct listing *l)
{
    static const char *const titles[] = {
        "ID", "ENDPOINT", "STATE", "SENT", "WAITED", "RAN", "WORKER", "TOKENS", "COST", "NOTE"};
    struct columns table;
    if (l->count == 0) {
        call_line(c, "no requests %s",
            l->filter || asked_text(c->asked, "state") ? "that are meant"
                                                       : "sent with this profile yet");
        return EXIT_CODE_OK;
    }
    if (!columns_init(&table, titles, sizeof titles / sizeof *titles))
        for (size_t i = 0; i < l->count; i++)
            add_row(&table, &l->rows[i], l->arena);
    columns_print(&table, c->out);
    columns_release(&table);
    if (l->more)
        call_line(c, "these are the newest %zu; there are more: --limit N", l->count);
    return EXIT_CODE_OK;
}

/* What was typed as a filter and a state, before anything is asked for. */
static int read_filter(struct call *c, struct listing *l)
{
    const char *typed = asked_text(c->asked, "filter"), *state = asked_text(c->asked, "state");
    struct err e;
    if (state && !is_a_state(state))
        return call_usage(c,
            "there is no state “%s”: open, in queue, running, done, failed, "
            "cancelled, timed out, expired, lost",
            state);
    l->filter = typed ? filter_new(text_from(l->arena, typed), &e) : NULL;
    return typed && !l->filter ? call_usage(c, "--filter: %s", e.message) : EXIT_CODE_OK;
}

int cmd_requests(struct call *c)
{
    struct listing l = {.arena = arena_new(READ_ARENA)};
    struct err e;
    err_clear(&l.stale);
    int code = l.arena ? read_filter(c, &l) : EXIT_CODE_STATE;
    if (!code)
        code = call_open(c);
    if (!code && call_task(c, list_requests, NULL, &l, &e))
        code = call_fail(c, &e);
    else if (!code) {
        if (l.stale.class != ERR_NONE)
            call_complain(c, &l.stale);
        code = c->json ? print_document(c, &l) : print_table(c, &l);
    }
    filter_free(l.filter);
    arena_free(l.arena);
    return code;
}
