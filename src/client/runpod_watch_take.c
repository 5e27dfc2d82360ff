/* runpod_watch_take: each answer becomes a record in a message's own arena; it is sent when it differs
 * from what was sent last, else thrown away. What the thread itself must know of it (who to ask for
 * health, whose logs to read, who is in trouble) is copied out first. */
#include "client/runpod_watch_internal.h"

#include "base/log.h"
#include "client/runpod_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BIG_ARENA = 32 * 1024 * 1024, PAGE_ARENA = 4 * 1024 * 1024, SMALL_ARENA = 16 * 1024 };
enum { YOUNG_MS = 10 * 60 * 1000, TOLD_AGAIN_MS = 30 * 1000 };

static struct message *new_message(enum news type, const char *what, const char *id, size_t arena)
{
    char key[MESSAGE_KEY_MAX];
    int n = snprintf(key, sizeof key, "%s%s", what, id);
    return n > 0 && (size_t)n < sizeof key ? message_new(MESSAGE_STATUS, (int)type, key, arena)
                                           : NULL;
}

static int no_memory(struct err *why)
{
    return err_set(why, ERR_IO, 0, "out of memory for what RunPod answered");
}

/* Sends the record that lies in the message's arena. */
static void send_record(struct runpod_watch *w, struct message *m, void *payload)
{
    m->payload = payload;
    (void)inbox_send(w->inbox, m);
}

/* ---- endpoints --------------------------------------------------------------------------------- */

static void release_endpoint(struct watched *e)
{
    free(e->workers);
    *e = (struct watched){0};
}

void watch_release_endpoints(struct runpod_watch *w)
{
    for (size_t i = 0; i < w->count; i++)
        release_endpoint(&w->endpoints[i]);
    free(w->endpoints);
    w->endpoints = NULL;
    w->count = 0;
}

static struct watched *by_id(struct watched *endpoints, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(endpoints[i].id, id) == 0)
            return &endpoints[i];
    return NULL;
}

/* At most WATCH_NAME_MAX bytes of it, whole characters. */
static void copy_name(char out[WATCH_NAME_MAX + 1], struct text name)
{
    size_t n = name.len < WATCH_NAME_MAX ? name.len : WATCH_NAME_MAX;
    while (n < name.len && n > 0 && ((unsigned char)name.s[n] & 0xC0) == 0x80)
        n--;
    memcpy(out, name.s, n);
    out[n] = '\0';
}

static void begin_watching(
    struct runpod_watch *w, struct watched *fresh, const struct endpoint *settings, size_t i)
{
    struct watched *old = by_id(w->endpoints, w->count, settings->id);
    int64_t now = clock_mono_ms(w->clock);
    if (old) {
        *fresh = *old; /* with its workers */
        *old = (struct watched){0};
    } else {
        (void)snprintf(fresh->id, sizeof fresh->id, "%s", settings->id);
        watch_endpoint_init(fresh, (uint64_t)now + 977 * i);
        fresh->young_until_ms = w->seen_ms >= 0 ? now + YOUNG_MS : -1;
    }
    if (now >= fresh->young_until_ms)
        fresh->young_until_ms = -1;
    copy_name(fresh->name, settings->name);
    fresh->queue = !settings->load_balancer;
    fresh->focused = strcmp(fresh->id, w->focus) == 0;
    watch_see(w, fresh);
}

/* Those of the list are watched, those that left it no longer. Every id once. */
static int rewatch(struct runpod_watch *w, const struct endpoint_page *page, struct err *why)
{
    size_t n = 0, most = page->count < WATCH_ENDPOINTS_MAX ? page->count : WATCH_ENDPOINTS_MAX;
    struct watched *fresh = calloc(most + 1, sizeof *fresh);
    if (!fresh)
        return no_memory(why);
    for (size_t i = 0; i < page->count && n < most; i++) {
        const struct endpoint *e = &page->endpoints[i];
        if (e->id[0] && !by_id(fresh, n, e->id))
            begin_watching(w, &fresh[n++], e, i);
    }
    if (page->count > most)
        log_line(LOG_WARN, "runpod", "only %zu of %zu endpoints are watched", n, page->count);
    watch_release_endpoints(w);
    w->endpoints = fresh;
    w->count = n;
    w->choose = true;
    cadence_hurry(watch_detail_cadence(w, THING_SETTINGS), clock_mono_ms(w->clock));
    if (!w->has_list)
        cadence_hurry(&w->beat, clock_mono_ms(w->clock));
    return 0;
}

static int take_list(
    struct runpod_watch *w, struct watched *unused, struct json *take, struct err *why)
{
    (void)unused;
    struct message *m = new_message(NEWS_ENDPOINTS, "endpoints", "", BIG_ARENA);
    struct endpoint_page *page = m ? arena_alloc(m->arena, sizeof *page) : NULL;
    int failed = -1;
    if (!page) {
        json_free(take);
        failed = no_memory(why);
    } else if (runpod_endpoints_from(w->r, take, m->arena, page, w->cancel, why) == 0) {
        uint64_t mark = watch_mark_endpoints(page);
        bool same = w->has_list && mark == w->list_mark;
        failed = same ? 0 : rewatch(w, page, why);
        if (!same && !failed) {
            w->has_list = true;
            w->list_mark = mark;
            send_record(w, m, page);
            m = NULL;
        }
    }
    message_free(m);
    return failed;
}

/* ---- one endpoint ------------------------------------------------------------------------------ */

bool watch_urgent(const struct watched *e)
{
    return e->focused || e->trouble || e->young_until_ms >= 0;
}

bool watch_in_trouble(const struct watched *e)
{
    const struct health *h = &e->health;
    if (e->has_health && (h->in_queue > 0 || h->unhealthy > 0 || h->throttled > 0))
        return true;
    for (size_t i = 0; i < e->worker_count; i++) {
        enum worker_status s = e->workers[i].status;
        if (s == WORKER_INITIALIZING || s == WORKER_THROTTLED || s == WORKER_UNHEALTHY)
            return true;
    }
    return false;
}

/* Its trouble has begun or ended: then it is looked at sooner, and its logs are worth more. */
static void judge(struct runpod_watch *w, struct watched *e)
{
    bool trouble = watch_in_trouble(e);
    if (trouble == e->trouble)
        return;
    e->trouble = trouble;
    w->choose = true;
    if (trouble)
        cadence_hurry(&e->workers_again, clock_mono_ms(w->clock));
}

/* What is as it was is told now and then all the same, and always while somebody looks at it: its age is
 * shown, and an endpoint's past is made of looks (model/store.h). */
static bool health_is_news(const struct watched *e, const struct health *seen)
{
    return !e->has_health || e->focused || !watch_same_health(seen, &e->health) ||
           seen->seen_ms - e->health_told_ms >= TOLD_AGAIN_MS;
}

static int take_health(
    struct runpod_watch *w, struct watched *e, struct json *take, struct err *why)
{
    struct health seen;
    int failed = runpod_read_health(take, &seen, why);
    json_free(take);
    if (failed)
        return err_wrap(why, "health of %s", e->id);
    memcpy(seen.endpoint_id, e->id, sizeof seen.endpoint_id);
    seen.seen_ms = clock_mono_ms(w->clock);
    if (health_is_news(e, &seen)) {
        struct message *m = new_message(NEWS_HEALTH, "health/", e->id, SMALL_ARENA);
        struct health *copy = m ? arena_alloc(m->arena, sizeof *copy) : NULL;
        if (!copy) {
            message_free(m);
            return no_memory(why);
        }
        *copy = seen;
        e->health_told_ms = seen.seen_ms;
        send_record(w, m, copy);
    }
    e->health = seen;
    e->has_health = true;
    judge(w, e);
    return 0;
}

/* Whether a worker that was there has begun anew: then the same words mean something else. */
static bool restarted(const struct watched *e, const struct worker_page *page)
{
    for (size_t i = 0; i < page->count && i < e->worker_count; i++)
        if (strcmp(e->workers[i].id, page->workers[i].id) == 0 &&
            page->workers[i].uptime_s < e->workers[i].uptime_s)
            return true;
    return false;
}

/* Keeps what is needed of them; without memory it is as if there were none. */
static void keep_workers(struct watched *e, const struct worker_page *page)
{
    size_t n = page->count < WATCH_WORKERS_MAX ? page->count : WATCH_WORKERS_MAX;
    struct watched_worker *kept = calloc(n + 1, sizeof *kept);
    free(e->workers);
    e->workers = kept;
    e->worker_count = kept ? n : 0;
    for (size_t i = 0; i < e->worker_count; i++) {
        const struct worker *worker = &page->workers[i];
        kept[i] = (struct watched_worker){.status = worker->status, .uptime_s = worker->uptime_s};
        memcpy(kept[i].id, worker->id, sizeof kept[i].id);
    }
}

static int take_workers(
    struct runpod_watch *w, struct watched *e, struct json *take, struct err *why)
{
    struct message *m = new_message(NEWS_WORKERS, "workers/", e->id, PAGE_ARENA);
    struct worker_page *page = m ? arena_alloc(m->arena, sizeof *page) : NULL;
    int failed = page ? runpod_read_workers(take, m->arena, page, why) : no_memory(why);
    json_free(take);
    if (failed) {
        message_free(m);
        return err_wrap(why, "workers of %s", e->id);
    }
    memcpy(page->endpoint_id, e->id, sizeof page->endpoint_id);
    page->seen_ms = clock_mono_ms(w->clock);
    uint64_t mark = watch_mark_workers(page);
    bool same = e->has_workers && mark == e->workers_mark;
    bool again = restarted(e, page);
    watch_note_gone(w, e, page);
    if (e->focused)
        watch_detail_workers(w, page);
    keep_workers(e, page);
    e->workers_mark = mark;
    e->has_workers = true;
    judge(w, e);
    w->choose = true;
    if (same && !again && !e->focused) {
        message_free(m);
        return 0;
    }
    send_record(w, m, page);
    return 0;
}

/* ---- account and catalog ----------------------------------------------------------------------- */

static int take_account(
    struct runpod_watch *w, struct watched *unused, struct json *take, struct err *why)
{
    (void)unused;
    struct text email = TEXT("");
    struct message *m = new_message(NEWS_ACCOUNT, "account", "", SMALL_ARENA);
    struct account *account = m ? arena_alloc(m->arena, sizeof *account) : NULL;
    int failed =
        account ? runpod_read_account(take, m->arena, account, &email, why) : no_memory(why);
    json_free(take);
    if (!failed) {
        (void)snprintf(w->who, sizeof w->who, "%s", email.s);
        account->seen_ms = clock_mono_ms(w->clock);
        bool same = w->has_account && watch_same_account(account, &w->last_account);
        w->last_account = *account;
        w->has_account = true;
        if (!same) {
            send_record(w, m, account);
            m = NULL;
        }
    }
    message_free(m);
    return failed;
}

static int take_gpus(
    struct runpod_watch *w, struct watched *unused, struct json *take, struct err *why)
{
    (void)unused;
    struct message *m = new_message(NEWS_GPUS, "gpus", "", PAGE_ARENA);
    struct gpu_page *page = m ? arena_alloc(m->arena, sizeof *page) : NULL;
    int failed = -1;
    if (!page) {
        json_free(take);
        failed = no_memory(why);
    } else if (runpod_gpus_from(w->r, take, m->arena, page, w->cancel, why) == 0) {
        uint64_t mark = watch_mark_gpus(page);
        bool same = w->has_gpus && mark == w->gpus_mark;
        failed = 0;
        w->gpus_mark = mark;
        w->has_gpus = true;
        if (!same) {
            send_record(w, m, page);
            m = NULL;
        }
    }
    message_free(m);
    return failed;
}

int watch_take(struct runpod_watch *w, enum thing thing, struct watched *e,
    struct json *take_answer, struct err *why)
{
    static int (*const takes[THING_SETTINGS])(
        struct runpod_watch *, struct watched *, struct json *, struct err *) = {
        [THING_LIST] = take_list,
        [THING_ACCOUNT] = take_account,
        [THING_GPUS] = take_gpus,
        [THING_HEALTH] = take_health,
        [THING_WORKERS] = take_workers,
    };
    return thing < THING_SETTINGS ? takes[thing](w, e, take_answer, why)
                                  : watch_detail_take(w, thing, take_answer, why);
}

/* ---- how it is going --------------------------------------------------------------------------- */

/* What is wrong, the list's trouble first. The account's and the catalog's alone do not count: a key
 * may well have no right to them. */
static const struct err *worst_trouble(const struct runpod_watch *w)
{
    static const enum thing order[] = {THING_LIST, THING_WORKERS, THING_HEALTH};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (w->trouble[order[i]].class != ERR_NONE)
            return &w->trouble[order[i]];
    return NULL;
}

void watch_send_source(struct runpod_watch *w)
{
    const struct err *trouble = worst_trouble(w);
    struct message *m = new_message(NEWS_SOURCE, "source/", "runpod", SMALL_ARENA);
    struct source_state *s = m ? arena_alloc(m->arena, sizeof *s) : NULL;
    if (!s) {
        message_free(m);
        return;
    }
    *s = (struct source_state){.source = SOURCE_RUNPOD,
        .health = w->seen_ms < 0 ? SOURCE_STARTING : SOURCE_OK,
        .seen_ms = w->seen_ms,
        .retry_ms = -1,
        .who = text_from(m->arena, w->who)};
    err_clear(&s->error);
    if (!runpod_has_key(w->r))
        s->health = SOURCE_OFF;
    else if (trouble)
        s->health = SOURCE_FAILED;
    if (trouble)
        s->error = *trouble;
    if (s->health == SOURCE_FAILED)
        s->retry_ms = watch_next_ms(w);
    send_record(w, m, s);
}
