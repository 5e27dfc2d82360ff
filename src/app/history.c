#include "app/history.h"

#include "app/asked.h"
#include "app/operations.h"
#include "app/outcome.h"
#include "model/news.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A page is as much as main takes in without anybody noticing; its arena has room for texts of any size. */
enum { PAGE = 128, PAGE_ARENA = 64 << 20, OPERATION_ARENA = 1 << 20 };

struct history {
    struct engine *engine;
    pthread_t thread;
};

/* The next page. *more tells whether there may be another. */
static int tell_page(
    struct engine *g, struct state *s, struct state_place *at, int number, bool *more, struct err *e)
{
    char key[MESSAGE_KEY_MAX];
    snprintf(key, sizeof key, "requests/%d", number);
    struct message *m = message_new(MESSAGE_STATUS, NEWS_REQUESTS, key, PAGE_ARENA);
    struct request_page *page = m ? arena_alloc(m->arena, sizeof *page) : NULL;
    *more = false;
    if (!page) {
        message_free(m);
        return err_set(e, ERR_IO, 0, "out of memory");
    }
    int result = state_requests_older(s, at, PAGE, m->arena, &page->requests, &page->count, e);
    if (result || page->count == 0) {
        message_free(m);
        return result;
    }
    *more = page->count == PAGE;
    m->payload = page;
    inbox_send(g->inbox, m);
    return 0;
}

static int tell_requests(struct engine *g, struct state *s, struct err *e)
{
    struct state_place at = STATE_NEWEST;
    bool more = true;
    int result = 0;
    for (int i = 0; i * PAGE < HISTORY_REQUESTS && more && !result && !cancel_fired(g->quit); i++)
        result = tell_page(g, s, &at, i, &more, e);
    return result;
}

/* How it ended, in the words of the screen: what had not been agreed to left nothing to go on with
 * (operation_can_resume). */
static void fill_end(struct operation *o, const struct journal_entry *j)
{
    bool resumable = operation_can_resume(j);
    if (j->state == OPERATION_INTERRUPTED && !resumable) {
        bool sent = j->kind == OPERATION_TEST && json_str(j->done, "sending");
        o->state = OPERATION_CANCELLED;
        o->note = sent ? TEXT("ended with the program; what was sent is among the requests")
                       : TEXT("left before anything was done");
        err_set(&o->error, ERR_CANCEL, 0, "%s", o->note.s);
    } else if (j->state == OPERATION_INTERRUPTED) {
        o->note = TEXT("interrupted; it can be resumed");
    } else if (j->state == OPERATION_FAILED && resumable) {
        err_set(&o->error, ERR_STATE, 0, "%s", j->error);
    } else if (j->state == OPERATION_DONE && resumable) {
        err_set(&o->error, ERR_STATE, 0, "its model is not in the registry");
    }
    o->ended_ms = o->state == OPERATION_INTERRUPTED ? -1 : j->updated_ms;
}

/* What the journal knows of an operation; the rest was told while it ran. */
static void fill(struct operation *o, const struct journal_entry *j, struct arena *a)
{
    const char *repo = asked_text(j->asked, "repo"), *commit = asked_text(j->done, "commit");
    const char *endpoint = asked_text(j->done, "endpoint_id");
    const char *revision = asked_text(j->done, "revision");
    *o = (struct operation){.kind = j->kind,
        .state = j->state,
        .title = text_from(a, j->title),
        .note = text_from(a, j->error),
        .started_ms = j->started_ms,
        .updated_ms = j->updated_ms,
        .speed = NAN,
        .eta_s = NAN,
        .folder = text_from(a, asked_text(j->asked, "folder")),
        .repository = text_from(a, repo),
        .revision = text_from(a, revision ? revision : asked_text(j->asked, "revision")),
        .commit = text_from(a, commit ? commit : revision),
        .is_private = asked_yes(j->asked, "private", true),
        .endpoint_name =
            text_from(a, j->kind == OPERATION_DEPLOY   ? asked_endpoint_name(j->asked)
                         : j->kind == OPERATION_CHANGE ? j->title
                                                       : NULL),
        .price_min = NAN,
        .price_max = NAN,
        .first_cost = NAN};
    memcpy(o->id, j->id, sizeof o->id);
    snprintf(o->endpoint_id, sizeof o->endpoint_id, "%s", endpoint ? endpoint : "");
    const char *row = asked_text(j->done, "model_id");
    snprintf(o->model_id, sizeof o->model_id, "%s", row ? row : "");
    fill_end(o, j);
}

static void tell_operation(struct engine *g, const struct journal_entry *j)
{
    char key[MESSAGE_KEY_MAX];
    snprintf(key, sizeof key, "operation/%s", j->id);
    struct message *m = message_new(MESSAGE_STATUS, NEWS_OPERATION, key, OPERATION_ARENA);
    struct operation *o = m ? arena_alloc(m->arena, sizeof *o) : NULL;
    if (!o) {
        message_free(m);
        return;
    }
    fill(o, j, m->arena);
    m->payload = o;
    inbox_send(g->inbox, m);
}

static int tell_operations(struct engine *g, struct state *s, struct err *e)
{
    struct journal_list list = {0};
    if (state_operations(s, HISTORY_OPERATIONS, &list, e))
        return -1;
    for (size_t i = list.count; i-- > 0;)
        tell_operation(g, &list.entries[i]);
    journal_list_release(&list);
    return 0;
}

static void *run(void *arg)
{
    struct history *h = arg;
    struct err e;
    struct state *s = engine_state(h->engine, &e);
    if (!s || tell_operations(h->engine, s, &e) || tell_requests(h->engine, s, &e))
        outcome_bad(h->engine->inbox, &e);
    state_close(s);
    return NULL;
}

struct history *history_new(struct engine *g, struct err *e)
{
    struct history *h = calloc(1, sizeof *h);
    if (!h) {
        err_set(e, ERR_IO, 0, "out of memory");
        return NULL;
    }
    h->engine = g;
    int failed = pthread_create(&h->thread, NULL, run, h);
    if (!failed)
        return h;
    err_errno(e, failed, "cannot start a thread");
    free(h);
    return NULL;
}

void history_free(struct history *h)
{
    if (!h)
        return;
    pthread_join(h->thread, NULL);
    free(h);
}
