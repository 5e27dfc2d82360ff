/* The upload operation: what upload_plan.c found is agreed to; the repository is made, the files are sent, and
 * the Hub is seen to hold what was meant. Each step may be done again: an upload that was killed is started
 * over and sends only what the Hub lacks. */
#include "app/upload.h"

#include "app/asked.h"
#include "ui/say.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long the Hub is given to work out what the model is for (spec/huggingface.md §2.3). */
enum { TASK_LOOKS = 8, TASK_WAIT_MS = 1500, SPEED_WINDOW_MS = 5000 };
enum { JOB_NOTED_EVERY_MS = 10 * 1000, JOB_NOTED_RARELY_MS = 5 * 60 * 1000 };
static const int64_t speed_sent_least = 8 << 20; /* bytes */

static int check(const struct json *asked, struct err *e)
{
    const char *repo = asked_text(asked, "repo");
    int64_t rate;
    if (!asked_text(asked, "folder"))
        return err_set(e, ERR_INPUT, 0, "say which folder to upload");
    if (!repo) {
        err_set(e, ERR_INPUT, 0, "say which repository to upload to");
        return err_hint(e, "OWNER/NAME, for example acme/support-v7");
    }
    if (asked_rate(asked, "limit-rate", &rate, e))
        return -1;
    return hub_check_repo_id(repo, e);
}

static void title(const struct json *asked, char *out, size_t size)
{
    const char *repo = asked_text(asked, "repo");
    snprintf(out, size, "%s", repo ? repo : "");
}

static int make_repository(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    bool existed = true;
    work_step(w, UPLOAD_REPOSITORY, STEP_RUNNING, "%s", u->exists ? "exists" : "creating");
    if (!u->exists &&
        (work_note(w, "repository", u->repo, e) ||
            hub_create(w->engine->hub, u->repo, u->is_private, &existed, w->cancel, e)))
        return -1;
    work_step(w, UPLOAD_REPOSITORY, STEP_DONE, "%s, %s",
        u->exists || existed ? "exists" : "created", u->is_private ? "private" : "public");
    return 0;
}

/* ---- sending ----------------------------------------------------------------------------------- */

static const size_t step_of_phase[] = {
    [HUB_HASHING] = UPLOAD_HASH,
    [HUB_OFFERING] = UPLOAD_HASH,
    [HUB_SENDING] = UPLOAD_SEND,
    [HUB_COMMITTING] = UPLOAD_COMMIT,
    [HUB_READING_BACK] = UPLOAD_READ_BACK,
    [HUB_UPLOADED] = UPLOAD_READ_BACK,
};

static void measure(struct upload *u, const struct hub_upload_progress *p)
{
    struct operation *o = &u->w->record;
    int64_t now = clock_mono_ms(u->w->engine->clock);
    o->done = p->done;
    o->total = p->total;
    if (u->window_ms == 0 || p->done < u->window_done) {
        u->window_ms = now;
        u->window_done = p->done;
    }
    int64_t took = now - u->window_ms;
    if (took >= 500)
        o->speed = (double)(p->done - u->window_done) * 1000 / (double)took;
    o->eta_s = o->speed > 0 ? (double)(p->total - p->done) / o->speed : NAN;
    if (took >= SPEED_WINDOW_MS) {
        u->window_ms = now;
        u->window_done = p->done;
    }
}

/* The files as the record keeps them: their texts are the checklist's or copies in `keep`. */
static void copy_files(struct upload *u, const struct hub_upload_progress *p)
{
    struct operation *o = &u->w->record;
    if (!u->files && !(u->files = arena_array(u->w->keep, p->file_count, sizeof *u->files)))
        return;
    for (size_t i = 0; i < p->file_count; i++) {
        struct text path = u->files[i].path, note = u->files[i].note;
        const struct upload_file *f = &p->files[i];
        u->files[i] = *f;
        u->files[i].path = path.s ? path : text_from(u->w->keep, f->path.s);
        bool same = note.s && f->note.s && note.len == f->note.len &&
                    memcmp(note.s, f->note.s, note.len) == 0;
        u->files[i].note = same ? note : text_from(u->w->keep, f->note.s);
    }
    o->files = u->files;
    o->file_count = p->file_count;
}

/* The training job's row learns where its model goes, so that whoever watches elsewhere sees it. A failure is
 * told at the end, and undoes nothing. */
static int note_on_job(struct upload *u, const char *state, struct err *e)
{
    struct work *w = u->w;
    char url[512];
    snprintf(url, sizeof url, "%s/%s", hub_endpoint(w->engine->hub), u->repo);
    const struct registry_upload upload = {.url = url,
        .commit = u->result.commit,
        .state = state,
        .sent = w->record.done,
        .total = w->record.total};
    struct registry *r = engine_registry(w->engine, w->cancel, e);
    int rc = r ? registry_job_upload(r, u->job, &upload, w->cancel, e) : -1;
    registry_free(r);
    return rc;
}

/* While it runs; what is wrong with the registry is told once at the end. One that does not answer holds up
 * what is shown, not what is sent, and is asked ever more rarely. */
static void keep_job_informed(struct upload *u)
{
    struct err ignored;
    if (!u->job || clock_mono_ms(u->w->engine->clock) < u->note_due_ms)
        return;
    bool failed = note_on_job(u, "uploading", &ignored);
    int64_t longer = 2 * (u->note_every_ms ? u->note_every_ms : JOB_NOTED_EVERY_MS);
    u->note_every_ms = !failed                        ? JOB_NOTED_EVERY_MS
                       : longer < JOB_NOTED_RARELY_MS ? longer
                                                      : JOB_NOTED_RARELY_MS;
    u->note_due_ms = clock_mono_ms(u->w->engine->clock) + u->note_every_ms;
}

/* Some are still hashed while others are sent. */
static void say_hashing(struct upload *u, const struct hub_upload_progress *p)
{
    struct work *w = u->w;
    size_t hashed = 0;
    for (size_t i = 0; i < p->file_count; i++)
        hashed += (p->files[i].ticks & TICK_HASHED) != 0;
    bool all = hashed == p->file_count;
    snprintf(w->step_notes[UPLOAD_HASH], WORK_NOTE_MAX, "%zu of %zu files", hashed, p->file_count);
    w->record.steps[UPLOAD_HASH].state = all ? STEP_DONE : STEP_RUNNING;
}

static void told(void *arg, const struct hub_upload_progress *p)
{
    struct upload *u = arg;
    struct work *w = u->w;
    size_t step = step_of_phase[p->phase];
    bool held = atomic_load(&w->held);
    for (size_t i = UPLOAD_HASH; i < step; i++)
        w->record.steps[i].state = STEP_DONE;
    if (p->phase == HUB_SENDING)
        say_hashing(u, p);
    measure(u, p);
    copy_files(u, p);
    w->record.held = held;
    work_step(w, step, p->phase == HUB_UPLOADED ? STEP_DONE : STEP_RUNNING, "%s",
        held                       ? "held: nothing new is begun"
        : p->phase == HUB_OFFERING ? "asking the Hub what it lacks"
                                   : "");
    keep_job_informed(u);
}

/* What a later plan estimates with; only where enough was sent to tell. */
static void remember_speed(struct upload *u, int64_t began_ms)
{
    int64_t took = clock_mono_ms(u->w->engine->clock) - began_ms;
    char speed[32];
    if (!u->w->state || u->result.sent < speed_sent_least || u->rate_max > 0 || took <= 0)
        return;
    snprintf(speed, sizeof speed, "%.0f", (double)u->result.sent * 1000 / (double)took);
    (void)state_fact_set(u->w->state, UPLOAD_SPEED_FACT, speed, NULL);
}

static void say_read_back(struct upload *u)
{
    struct work *w = u->w;
    for (size_t i = UPLOAD_HASH; i <= UPLOAD_READ_BACK; i++)
        w->record.steps[i].state = STEP_DONE;
    char read[SAY_MAX], sent[SAY_MAX], kept[SAY_MAX];
    work_step(w, UPLOAD_HASH, STEP_DONE, "%s",
        u->result.hashed ? say_bytes(read, u->result.hashed)
                         : "nothing read: the hashes are known");
    if (u->result.kept > 0)
        work_step(w, UPLOAD_SEND, STEP_DONE, "%s, and %s were there from an earlier run",
            say_bytes(sent, u->result.sent), say_bytes(kept, u->result.kept));
    else
        work_step(w, UPLOAD_SEND, STEP_DONE, "%s",
            u->result.sent ? say_bytes(sent, u->result.sent) : "nothing: the Hub has it");
    work_step(w, UPLOAD_COMMIT, STEP_DONE, "%.12s%s%s%s", u->result.commit,
        u->result.unchanged ? ", as it was: nothing had changed" : "",
        u->result.pull_request[0] ? ", pull request " : "", u->result.pull_request);
    w->record.safe_to_delete = u->result.all_read_back;
    work_step(w, UPLOAD_READ_BACK, u->result.all_read_back ? STEP_DONE : STEP_WARNED, "%s",
        u->result.all_read_back ? "every file is there as it is here" : "not every file was seen");
}

static int send(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    int64_t began_ms = clock_mono_ms(w->engine->clock);
    struct state *state = engine_state(w->engine, NULL); /* of the upload's own thread */
    const struct hub_upload_plan plan = {.list = u->list,
        .repo = u->repo,
        .revision = u->revision,
        .message = u->message,
        .create_pr = u->create_pr,
        .rate_max = u->rate_max,
        .paused = &w->held,
        .state = state,
        .workers = w->engine->workers,
        .told = told,
        .arg = u};
    int rc = hub_upload(w->engine->hub, &plan, &u->result, w->cancel, e);
    state_close(state);
    if (rc)
        return -1;
    w->record.commit = text_from(w->keep, u->result.commit);
    remember_speed(u, began_ms);
    say_read_back(u);
    return work_note(w, "commit", u->result.commit, e);
}

/* Worked out by the Hub after the commit, so it is asked a few times. Never a failure of the upload. */
static int see_task(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    struct hub_info info = {0};
    work_step(w, UPLOAD_TASK, STEP_RUNNING, "asking what the Hub takes it for");
    for (int look = 0; look < TASK_LOOKS; look++) {
        struct arena *a = arena_new(8 << 20);
        bool known = a &&
                     !hub_info(w->engine->hub, u->repo, u->revision, a, &info, w->cancel, NULL) &&
                     info.pipeline_tag.len > 0;
        if (known)
            w->record.pipeline_tag = text_from(w->keep, info.pipeline_tag.s);
        arena_free(a);
        if (known)
            break;
        if (look + 1 < TASK_LOOKS && work_sleep(w, TASK_WAIT_MS, e))
            return -1;
    }
    bool good =
        w->record.pipeline_tag.len > 0 && strcmp(w->record.pipeline_tag.s, "text-generation") == 0;
    work_step(w, UPLOAD_TASK, good ? STEP_DONE : STEP_WARNED, "%s%s",
        w->record.pipeline_tag.len ? "the Hub says " : "the Hub does not say yet what it is for",
        w->record.pipeline_tag.len ? w->record.pipeline_tag.s : "");
    return 0;
}

static void note_end_on_job(struct upload *u)
{
    struct work *w = u->w;
    struct err e;
    if (!u->job || !note_on_job(u, "uploaded", &e))
        return;
    err_wrap(&e, "uploaded, but the training job's row was not changed");
    w->record.error = e;
}

/* A pull request changes nothing on its revision, so the Hub has nothing new to say of it. */
static int finish(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    if (u->create_pr)
        work_step(w, UPLOAD_TASK, STEP_DONE, "when the pull request is merged");
    else if (see_task(u, e))
        return -1;
    note_end_on_job(u);
    work_say(
        w, "%s", w->record.safe_to_delete ? "uploaded, safe to delete the local copy" : "uploaded");
    return 0;
}

static int run(struct work *w, struct err *e)
{
    struct upload u = {.w = w,
        .folder = asked_text(w->asked, "folder"),
        .repo = asked_text(w->asked, "repo"),
        .revision = asked_text(w->asked, "revision"),
        .message = asked_text(w->asked, "message"),
        .job = asked_text(w->asked, "job"),
        .create_pr = asked_yes(w->asked, "create-pr", false),
        .is_private = asked_yes(w->asked, "private", true)};
    if (!u.message)
        u.message = "Upload model";
    w->record.folder = text_from(w->keep, u.folder);
    w->record.is_private = u.is_private;
    w->record.repository = text_from(w->keep, u.repo);
    w->record.revision = text_from(w->keep, u.revision ? u.revision : "main");
    int rc = asked_rate(w->asked, "limit-rate", &u.rate_max, e) || upload_prepare(&u, e) ||
                     make_repository(&u, e) || send(&u, e) || finish(&u, e)
                 ? -1
                 : 0;
    upload_staging_remove(&u);
    return rc;
}

const struct work_kind work_upload = {
    .steps = {"folder", "repository", "completion", "hash", "send", "commit", "read back",
        "text-generation"},
    .check = check,
    .title = title,
    .run = run,
};
