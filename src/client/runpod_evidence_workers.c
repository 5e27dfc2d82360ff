/* The workers of the evidence: those that are there, and those that were. One that leaves the list stays as it was
 * seen last, because its log can mostly still be read, and a worker that crashes may be replaced by another each
 * time. When there is no room, the one that vanished longest ago goes. */
#include "client/runpod_evidence_internal.h"

#include <stdio.h>
#include <string.h>

enum { TEXTS_ARENA = 16 << 10, KEPT_ARENA = 2 << 20 };

void evidence_forget_worker(struct runpod_evidence *ev, size_t i)
{
    struct triage_evidence *v = &ev->v;
    arena_free(ev->beside[i].texts);
    arena_free(ev->beside[i].log);
    arena_free(ev->beside[i].kept);
    size_t behind = --v->worker_count - i;
    memmove(&v->workers[i], &v->workers[i + 1], behind * sizeof *v->workers);
    memmove(&ev->beside[i], &ev->beside[i + 1], behind * sizeof *ev->beside);
    ev->beside[v->worker_count] = (struct evidence_worker){0};
}

static bool make_room(struct runpod_evidence *ev)
{
    const struct triage_evidence *v = &ev->v;
    size_t oldest = TRIAGE_WORKERS_MAX;
    if (v->worker_count < TRIAGE_WORKERS_MAX)
        return true;
    for (size_t i = 0; i < v->worker_count; i++)
        if (v->workers[i].vanished &&
            (oldest == TRIAGE_WORKERS_MAX || v->workers[i].last_ms < v->workers[oldest].last_ms))
            oldest = i;
    if (oldest == TRIAGE_WORKERS_MAX)
        return false;
    evidence_forget_worker(ev, oldest);
    return true;
}

int evidence_worker_place(struct runpod_evidence *ev, const char *id)
{
    struct triage_evidence *v = &ev->v;
    for (size_t i = 0; i < v->worker_count; i++)
        if (strcmp(v->workers[i].worker.id, id) == 0)
            return (int)i;
    if (!runpod_id_ok(id) || strlen(id) >= WORKER_ID_MAX || !make_room(ev))
        return -1;
    struct triage_worker *w = &v->workers[v->worker_count];
    *w = (struct triage_worker){.first_ms = -1, .last_ms = -1, .vanished = true};
    ev->beside[v->worker_count] = (struct evidence_worker){0};
    w->worker = (struct worker){.status = WORKER_OTHER,
        .word = TEXT(""),
        .gpu = TEXT(""),
        .data_center = TEXT(""),
        .image = TEXT(""),
        .version = -1,
        .uptime_s = -1,
        .started_ms = -1};
    snprintf(w->worker.id, sizeof w->worker.id, "%s", id);
    return (int)v->worker_count++;
}

void runpod_evidence_worker(struct runpod_evidence *ev, const char *worker_id)
{
    (void)evidence_worker_place(ev, worker_id);
}

/* Since when it is in this status, as far as can be told: one that starts is so since it began. */
static int64_t since(const struct worker *w, int64_t now)
{
    bool starts = w->status == WORKER_INITIALIZING || w->status == WORKER_UNHEALTHY;
    return starts && w->started_ms > 0 && w->started_ms < now ? w->started_ms : now;
}

static void take_worker(struct runpod_evidence *ev, const struct worker *seen)
{
    int place = evidence_worker_place(ev, seen->id);
    struct arena *a = place < 0 ? NULL : evidence_arena(TEXTS_ARENA);
    if (!a)
        return;
    struct triage_worker *w = &ev->v.workers[place];
    int64_t now = evidence_now(ev);
    if (w->last_ms < 0 || w->worker.status != seen->status)
        w->first_ms = since(seen, now);
    w->worker = *seen;
    w->worker.word = text_dup(a, seen->word);
    w->worker.gpu = text_dup(a, seen->gpu);
    w->worker.data_center = text_dup(a, seen->data_center);
    w->worker.image = text_dup(a, seen->image);
    w->last_ms = now;
    w->vanished = false;
    evidence_swap(&ev->beside[place].texts, a);
}

void evidence_take_workers(struct runpod_evidence *ev, const struct worker_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        if (page->workers[i].started_ms > 0 && page->workers[i].uptime_s >= 0)
            evidence_saw_time(ev, page->workers[i].started_ms + 1000 * page->workers[i].uptime_s);
    for (size_t i = 0; i < ev->v.worker_count; i++)
        ev->v.workers[i].vanished = true;
    for (size_t i = 0; i < page->count; i++)
        if (page->workers[i].id[0])
            take_worker(ev, &page->workers[i]);
}

/* ---- lines of earlier runs ------------------------------------------------------------------------------ */

void runpod_evidence_line(
    struct runpod_evidence *ev, const char *worker_id, const struct log_line *line)
{
    int place = evidence_worker_place(ev, worker_id);
    struct evidence_worker *w = place < 0 ? NULL : &ev->beside[place];
    if (!w || line->source == LINE_OWN)
        return;
    if (!w->kept) {
        w->kept = evidence_arena(KEPT_ARENA);
        w->kept_lines =
            w->kept ? arena_array(w->kept, EVIDENCE_KEPT_LINES, sizeof *w->kept_lines) : NULL;
    }
    if (!w->kept_lines || w->kept_count == EVIDENCE_KEPT_LINES)
        return;
    struct log_line *kept = &w->kept_lines[w->kept_count];
    *kept = *line;
    kept->line = text_dup(w->kept, line->line);
    kept->origin = TEXT("");
    kept->endpoint_id = NULL;
    if (kept->line.len == line->line.len)
        w->kept_count++;
}
