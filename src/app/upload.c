/* The upload operation, from top to bottom: read the folder, look at the repository, say what would be
 * done, ask, make the repository, send, and see that the Hub holds what was meant. Each step may be done
 * again: an upload that was killed is started over and sends only what the Hub lacks. */
#include "app/asked.h"
#include "app/work.h"
#include "client/hub_upload.h"
#include "client/model_folder.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDER, REPOSITORY, HASH, SEND, COMMIT, READ_BACK, TASK };

/* How long the Hub is given to work out what the model is for (spec/huggingface.md §2.3). */
enum { TASK_LOOKS = 8, TASK_WAIT_MS = 1500, SPEED_WINDOW_MS = 5000 };

struct upload {
    struct work *w;
    const char *folder, *repo, *revision, *message;
    bool is_private, exists;
    struct checklist *list;
    struct upload_file *files;
    struct hub_upload_result result;
    int64_t window_ms, window_done; /* where the speed is measured from */
};

static int check(const struct json *asked, struct err *e)
{
    const char *repo = asked_text(asked, "repo");
    if (!asked_text(asked, "folder"))
        return err_set(e, ERR_INPUT, 0, "say which folder to upload");
    if (!repo) {
        err_set(e, ERR_INPUT, 0, "say which repository to upload to");
        return err_hint(e, "OWNER/NAME, for example acme/support-v7");
    }
    return hub_check_repo_id(repo, e);
}

static void title(const struct json *asked, char *out, size_t size)
{
    const char *repo = asked_text(asked, "repo");
    snprintf(out, size, "%s", repo ? repo : "");
}

static int blocked(const struct upload *u, struct err *e)
{
    const struct check_file *worst = NULL;
    for (size_t i = 0; i < u->list->count && !worst; i++)
        if (check_file_blocks(&u->list->files[i]))
            worst = &u->list->files[i];
    err_set(e, ERR_INPUT, 0, "the folder cannot be uploaded yet: %s: %s%s",
        worst ? worst->path.s : "?", worst ? worst->result.s : "",
        u->list->blockers > 1 ? ", and more" : "");
    return err_hint(e, "the checklist says what each file lacks");
}

static int read_folder(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    work_step(w, FOLDER, STEP_RUNNING, "reading");
    if (model_folder_read(u->folder, w->keep, &u->list, w->cancel, e))
        return -1;
    w->record.checklist = u->list;
    w->record.folder = u->list->folder;
    if (u->list->blockers) {
        work_step(w, FOLDER, STEP_FAILED, "%zu to mend before it can go", u->list->blockers);
        return blocked(u, e);
    }
    work_step(w, FOLDER, u->list->warnings ? STEP_WARNED : STEP_DONE, "%zu files, %zu warning%s",
        u->list->send_count, u->list->warnings, u->list->warnings == 1 ? "" : "s");
    return 0;
}

/* 401 is what a repository that is not there gets too, where the token is good (spec/huggingface.md §7.1). */
static bool token_is_bad(struct upload *u)
{
    struct work *w = u->w;
    struct hub_user user;
    struct err why;
    return hub_whoami(w->engine->hub, w->keep, &user, w->cancel, &why) && why.class == ERR_AUTH;
}

static int look_at_repository(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    struct hub_info info;
    struct err why;
    work_step(w, REPOSITORY, STEP_RUNNING, "looking whether it exists");
    if (!hub_has_token(w->engine->hub)) {
        err_set(e, ERR_AUTH, 0, "there is no token of the Hub");
        return err_hint(e, "set HF_TOKEN, or hf_token in the profile");
    }
    u->exists = !hub_info(w->engine->hub, u->repo, u->revision, w->keep, &info, w->cancel, &why);
    if (!u->exists && !(why.class == ERR_REMOTE && why.number == 404) &&
        (why.class != ERR_AUTH || token_is_bad(u))) {
        *e = why;
        return -1;
    }
    if (!u->exists && u->revision && strcmp(u->revision, "main") != 0) {
        err_set(e, ERR_INPUT, 0, "%s has no revision %s", u->repo, u->revision);
        return err_hint(e, "leave the revision out to upload to main");
    }
    if (u->exists && info.disabled)
        return err_set(e, ERR_STATE, 0, "%s is blocked by the Hub", u->repo);
    if (u->exists)
        u->is_private = info.is_private;
    w->record.is_private = u->is_private;
    work_step(w, REPOSITORY, u->exists ? STEP_DONE : STEP_WAITING, "%s, %s",
        u->exists ? "exists" : "will be created", u->is_private ? "private" : "public");
    return 0;
}

/* The requests that would change something, as they would go out. */
static void plan_requests(struct upload *u)
{
    struct work *w = u->w;
    const char *hub = hub_endpoint(w->engine->hub), *slash = strchr(u->repo, '/');
    const char *revision = u->revision ? u->revision : "main";
    if (!u->exists)
        work_plan(w,
            "POST %s/api/repos/create {\"name\":\"%s\",\"organization\":\"%.*s\",\"type\":"
            "\"model\",\"visibility\":\"%s\"}",
            hub, slash + 1, (int)(slash - u->repo), u->repo, u->is_private ? "private" : "public");
    work_plan(w, "POST %s/api/models/%s/preupload/%s (which of the files go as LFS objects)", hub,
        u->repo, revision);
    work_plan(w,
        "POST %s/%s.git/info/lfs/objects/batch, then PUT of what the Hub lacks to the addresses that "
        "it gives",
        hub, u->repo);
    work_plan(w, "POST %s/api/models/%s/commit/%s “%s” with %zu files", hub, u->repo, revision,
        u->message, u->list->send_count);
    for (size_t i = 0; i < u->list->count; i++)
        if (u->list->files[i].send)
            work_plan(
                w, "  %s, %" PRId64 " bytes", u->list->files[i].path.s, u->list->files[i].size);
}

static void plan(struct upload *u)
{
    struct work *w = u->w;
    work_plan(w, "%s %zu files, %.1f MB, to %s%s%s (%s)",
        u->exists ? "Upload" : "Create the repository and upload", u->list->send_count,
        (double)u->list->send_bytes / 1e6, u->repo, u->revision ? "@" : "",
        u->revision ? u->revision : "",
        u->is_private ? "private" : "public: everybody can read it");
    for (size_t i = 0; i < u->list->count; i++) {
        const struct check_file *f = &u->list->files[i];
        if (f->state == CHECK_WARNING || f->state == CHECK_MISSING)
            work_plan(w, "warning: %s%s: %s", f->path.s,
                f->state == CHECK_MISSING ? " is missing" : "", f->result.s);
    }
    for (size_t i = 0; i < u->list->count; i++) {
        const struct check_file *f = &u->list->files[i];
        if (!f->send && f->size >= 0)
            work_plan(w, "left out: %s (%s)", f->path.s, f->result.s);
    }
    if (w->flags.dry_run)
        plan_requests(u);
}

/* 1 by default; making something public is typed out (screens.md). */
static int ask(struct upload *u, struct err *e)
{
    plan(u);
    bool publishes = !u->is_private && !u->exists;
    if (publishes)
        u->w->record.confirm_word = text_from(u->w->keep, strchr(u->repo, '/') + 1);
    return work_ask(u->w, publishes ? 3 : 1, e);
}

static int make_repository(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    bool existed = true;
    work_step(w, REPOSITORY, STEP_RUNNING, "%s", u->exists ? "exists" : "creating");
    if (!u->exists &&
        (work_note(w, "repository", u->repo, e) ||
            hub_create(w->engine->hub, u->repo, u->is_private, &existed, w->cancel, e)))
        return -1;
    work_step(w, REPOSITORY, STEP_DONE, "%s, %s", u->exists || existed ? "exists" : "created",
        u->is_private ? "private" : "public");
    return 0;
}

/* ---- sending ----------------------------------------------------------------------------------- */

static const size_t step_of_phase[] = {
    [HUB_HASHING] = HASH,
    [HUB_OFFERING] = HASH,
    [HUB_SENDING] = SEND,
    [HUB_COMMITTING] = COMMIT,
    [HUB_READING_BACK] = READ_BACK,
    [HUB_UPLOADED] = READ_BACK,
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

static void told(void *arg, const struct hub_upload_progress *p)
{
    struct upload *u = arg;
    size_t step = step_of_phase[p->phase];
    for (size_t i = HASH; i < step; i++)
        u->w->record.steps[i].state = STEP_DONE;
    measure(u, p);
    copy_files(u, p);
    work_step(u->w, step, p->phase == HUB_UPLOADED ? STEP_DONE : STEP_RUNNING, "%s",
        p->phase == HUB_OFFERING ? "asking the Hub what it lacks" : "");
}

static int send(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    const struct hub_upload_plan plan = {.list = u->list,
        .repo = u->repo,
        .revision = u->revision,
        .message = u->message,
        .workers = w->engine->workers,
        .told = told,
        .arg = u};
    if (hub_upload(w->engine->hub, &plan, &u->result, w->cancel, e))
        return -1;
    w->record.commit = text_from(w->keep, u->result.commit);
    for (size_t i = HASH; i <= READ_BACK; i++)
        w->record.steps[i].state = STEP_DONE;
    work_step(w, COMMIT, STEP_DONE, "%.12s%s", u->result.commit,
        u->result.unchanged ? ", as it was: nothing had changed" : "");
    w->record.safe_to_delete = u->result.all_read_back;
    work_step(w, READ_BACK, u->result.all_read_back ? STEP_DONE : STEP_WARNED, "%s",
        u->result.all_read_back ? "every file is there as it is here" : "not every file was seen");
    return work_note(w, "commit", u->result.commit, e);
}

/* Worked out by the Hub after the commit, so it is asked a few times. Never a failure of the upload. */
static int see_task(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    struct hub_info info = {0};
    work_step(w, TASK, STEP_RUNNING, "asking what the Hub takes it for");
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
    work_step(w, TASK, good ? STEP_DONE : STEP_WARNED, "%s%s",
        w->record.pipeline_tag.len ? "the Hub says " : "the Hub does not say yet what it is for",
        w->record.pipeline_tag.len ? w->record.pipeline_tag.s : "");
    return 0;
}

/* The training job's row learns where its model went. A failure is told, and undoes nothing. */
static void note_on_job(struct upload *u)
{
    struct work *w = u->w;
    const char *job = asked_text(w->asked, "job");
    char url[512];
    struct err e;
    if (!job)
        return;
    snprintf(url, sizeof url, "%s/%s", hub_endpoint(w->engine->hub), u->repo);
    struct registry *r = engine_registry(w->engine, w->cancel, &e);
    if (!r || registry_job_uploaded(r, job, url, u->result.commit, w->cancel, &e)) {
        err_wrap(&e, "uploaded, but the training job's row was not changed");
        w->record.error = e;
    }
    registry_free(r);
}

static int run(struct work *w, struct err *e)
{
    struct upload u = {.w = w,
        .folder = asked_text(w->asked, "folder"),
        .repo = asked_text(w->asked, "repo"),
        .revision = asked_text(w->asked, "revision"),
        .message = asked_text(w->asked, "message"),
        .is_private = asked_yes(w->asked, "private", true)};
    if (!u.message)
        u.message = "Upload model";
    w->record.folder = text_from(w->keep, u.folder);
    w->record.is_private = u.is_private;
    w->record.repository = text_from(w->keep, u.repo);
    w->record.revision = text_from(w->keep, u.revision ? u.revision : "main");
    if (read_folder(&u, e) || look_at_repository(&u, e) || ask(&u, e) || make_repository(&u, e) ||
        send(&u, e) || see_task(&u, e))
        return -1;
    note_on_job(&u);
    work_say(
        w, "%s", w->record.safe_to_delete ? "uploaded, safe to delete the local copy" : "uploaded");
    return 0;
}

const struct work_kind work_upload = {
    .steps = {"folder", "repository", "hash", "send", "commit", "read back", "text-generation"},
    .check = check,
    .title = title,
    .run = run,
};
