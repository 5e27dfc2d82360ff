/* What comes before the yes. Every step here only reads, but for the staging folder, so that nothing has to be
 * undone when somebody says no; and all that can stop an upload is looked for here, before a byte is sent. */
#include "app/upload.h"

#include "app/asked.h"
#include "client/model_folder.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CARD_BYTES_MAX = 2 << 20 };

/* `base` empty: it is not known what the model was trained from. */
static int blocked(const struct upload *u, struct text base, struct err *e)
{
    const struct check_file *worst = NULL;
    for (size_t i = 0; i < u->list->count && !worst; i++)
        if (check_file_blocks(&u->list->files[i]))
            worst = &u->list->files[i];
    err_set(e, ERR_INPUT, 0, "the folder cannot be uploaded yet: %s: %s%s",
        worst ? worst->path.s : "?", worst ? worst->result.s : "",
        u->list->blockers > 1 ? ", and more" : "");
    bool unknown = base.len == 0 && u->list->facts.base_model.len == 0;
    if (worst && unknown && (worst->state == CHECK_MISSING || u->list->facts.adapter))
        return err_hint(e, "name the base model: --base-model OWNER/NAME");
    return err_hint(e, "the checklist says what each file lacks");
}

/* What no completion mends. What is only missing may come from the base model, and what is bad may be left
 * out by the choice. */
static bool is_hopeless(const struct upload *u)
{
    static const char *const mends[] = {"include", "exclude", "base-model", "job"};
    for (size_t i = 0; i < sizeof mends / sizeof *mends; i++)
        if (json_get(u->w->asked, mends[i]))
            return false;
    for (size_t i = 0; i < u->list->count; i++)
        if (check_file_blocks(&u->list->files[i]) && u->list->files[i].state == CHECK_BAD)
            return true;
    return false;
}

static int read_folder(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    work_step(w, UPLOAD_FOLDER, STEP_RUNNING, "reading");
    if (model_folder_read(u->folder, w->keep, &u->list, w->cancel, e))
        return -1;
    w->record.checklist = u->list;
    w->record.folder = u->list->folder;
    if (is_hopeless(u)) {
        work_step(w, UPLOAD_FOLDER, STEP_FAILED, "%zu to mend before it can go", u->list->blockers);
        return blocked(u, TEXT(""), e);
    }
    work_step(w, UPLOAD_FOLDER, u->list->warnings ? STEP_WARNED : STEP_DONE,
        "%zu files, %zu warning%s", u->list->count, u->list->warnings,
        u->list->warnings == 1 ? "" : "s");
    return 0;
}

/* ---- the repository ------------------------------------------------------------------------------ */

/* A repository that is not there is asked for with a token that must be good and may write; 401 is what a
 * repository that is not there gets too (spec/huggingface.md §7.1). */
static int check_token(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    struct hub_user user;
    struct err why;
    if (hub_whoami(w->engine->hub, w->keep, &user, w->cancel, &why)) {
        bool tells = why.class == ERR_AUTH || why.class == ERR_CANCEL;
        if (tells)
            *e = why;
        return tells ? -1 : 0;
    }
    if (user.can_write)
        return 0;
    err_set(e, ERR_AUTH, 0, "the token of the Hub may only read");
    return err_hint(e, "make one with write access and set it as HF_TOKEN");
}

static int look_at_info(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    struct err why;
    u->exists =
        !hub_info(w->engine->hub, u->repo, u->revision, w->keep, &u->there, w->cancel, &why);
    if (u->exists) /* a pull request needs less */
        return u->create_pr ? 0 : hub_may_write(w->engine->hub, u->repo, w->cancel, e);
    bool absent = (why.class == ERR_REMOTE && why.number == 404) || why.class == ERR_AUTH;
    if (!absent) {
        *e = why;
        return -1;
    }
    return check_token(u, e);
}

static int look_at_repository(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    work_step(w, UPLOAD_REPOSITORY, STEP_RUNNING, "looking whether it exists");
    if (!hub_has_token(w->engine->hub)) {
        err_set(e, ERR_AUTH, 0, "there is no token of the Hub");
        return err_hint(e, "set HF_TOKEN, or hf_token in the profile");
    }
    if (look_at_info(u, e))
        return -1;
    if (!u->exists && u->revision && strcmp(u->revision, "main") != 0) {
        err_set(e, ERR_INPUT, 0, "%s has no revision %s", u->repo, u->revision);
        return err_hint(e, "leave the revision out to upload to main");
    }
    if (!u->exists && u->create_pr) {
        err_set(e, ERR_INPUT, 0, "%s does not exist: a pull request needs a repository", u->repo);
        return err_hint(e, "leave --create-pr out to create it");
    }
    if (u->exists && u->there.disabled)
        return err_set(e, ERR_STATE, 0, "%s is blocked by the Hub", u->repo);
    if (u->exists)
        u->is_private = u->there.is_private;
    w->record.is_private = u->is_private;
    work_step(w, UPLOAD_REPOSITORY, u->exists ? STEP_DONE : STEP_WAITING, "%s, %s",
        u->exists ? "exists" : "will be created", u->is_private ? "private" : "public");
    return 0;
}

/* ---- completion ---------------------------------------------------------------------------------- */

/* The job's facts for the README; NULL when there is no job, or the registry does not say. */
static const struct job *find_job(struct upload *u)
{
    struct work *w = u->w;
    struct job *job = u->job ? arena_alloc(w->keep, sizeof *job) : NULL;
    struct err e;
    struct registry *r = job ? engine_registry(w->engine, w->cancel, &e) : NULL;
    bool found = r && !registry_job(r, u->job, w->keep, job, w->cancel, &e);
    registry_free(r);
    return found ? job : NULL;
}

/* What was asked for; else what the folder says (NULL), else what the job was trained from. */
static const char *base_model_of(const struct upload *u, const struct job *job)
{
    const char *asked = asked_text(u->w->asked, "base-model");
    bool jobs = !asked && u->list->facts.base_model.len == 0 && job && job->base_model.len > 0;
    return jobs ? job->base_model.s : asked;
}

static void say_completion(struct upload *u, const struct complete_report *report)
{
    size_t copied = 0, written = 0;
    for (size_t i = 0; i < u->list->count; i++) {
        copied += u->list->files[i].origin == CHECK_FROM_BASE;
        written += u->list->files[i].origin == CHECK_WRITTEN;
    }
    char from[WORK_NOTE_MAX / 2] = "", own[32] = "";
    if (copied)
        snprintf(from, sizeof from, "%zu from %s", copied, report->base_model.s);
    if (written)
        snprintf(own, sizeof own, "%zu written", written);
    work_step(u->w, UPLOAD_COMPLETION, report->note_count ? STEP_WARNED : STEP_DONE, "%s%s%s%s",
        copied + written ? from : "nothing to add", copied && written ? ", " : "", own,
        report->note_count ? "; not everything was to be had" : "");
}

static void plan_completion(struct upload *u, const struct complete_report *report)
{
    for (size_t i = 0; i < report->note_count; i++)
        work_plan(u->w, "not added: %s", report->notes[i].s);
    bool mends = asked_yes(u->w->asked, "mend-readme", false);
    if (report->readme_diff_count)
        work_plan(u->w, "%s",
            mends ? "README.md goes with what it lacks:"
                  : "README.md lacks, and --mend-readme would add:");
    for (size_t i = 0; i < report->readme_diff_count; i++)
        work_plan(u->w, "  %s", report->readme_diff[i].s);
}

static int complete(struct upload *u, struct complete_report *report, struct err *e)
{
    struct work *w = u->w;
    *report = (struct complete_report){0};
    if (asked_yes(w->asked, "as-is", false)) {
        work_step(w, UPLOAD_COMPLETION, STEP_DONE, "left as it is");
        return 0;
    }
    work_step(w, UPLOAD_COMPLETION, STEP_RUNNING, "looking what the base model has");
    if (!w->flags.dry_run && upload_staging_make(u, e))
        return -1;
    const struct job *job = find_job(u);
    const struct complete_options options = {.staging = u->staging,
        .base_model = base_model_of(u, job),
        .cache = hub_cache_folder(w->keep),
        .hub = w->engine->hub,
        .repo = u->repo,
        .there = u->exists ? &u->there : NULL,
        .job = job,
        .mend_readme = asked_yes(w->asked, "mend-readme", false)};
    if (model_complete(u->list, &options, w->keep, report, w->cancel, e))
        return -1;
    say_completion(u, report);
    return 0;
}

/* ---- the choice ---------------------------------------------------------------------------------- */

static bool is_there(const struct upload *u, const char *path)
{
    for (size_t i = 0; u->exists && path && i < u->there.file_count; i++)
        if (strcmp(u->there.files[i].path, path) == 0)
            return true;
    return false;
}

/* Leaving a file out is fine where the repository has it: then only some files are renewed. */
static void allow_those_there(struct upload *u)
{
    for (size_t i = 0; i < u->list->count; i++) {
        struct check_file *f = &u->list->files[i];
        if (f->send || !check_file_blocks(f) || !is_there(u, f->raw_path ? f->raw_path : f->path.s))
            continue;
        f->state = CHECK_PRESENT;
        f->result = TEXT("left out; the repository has one");
    }
    checklist_sum(u->list);
}

static int choose(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    const char *const *include, *const *exclude;
    size_t n_include, n_exclude;
    if (asked_words(w->asked, "include", w->keep, &include, &n_include, e) ||
        asked_words(w->asked, "exclude", w->keep, &exclude, &n_exclude, e))
        return -1;
    if (n_include + n_exclude == 0)
        return 0;
    if (checklist_choose(u->list, include, n_include, exclude, n_exclude, e))
        return -1;
    allow_those_there(u);
    return 0;
}

/* ---- what would be done ------------------------------------------------------------------------- */

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
    work_plan(w, "POST %s/api/models/%s/commit/%s%s “%s” with %zu files", hub, u->repo, revision,
        u->create_pr ? "?create_pr=1" : "", u->message, u->list->send_count);
    for (size_t i = 0; i < u->list->count; i++)
        if (u->list->files[i].send)
            work_plan(
                w, "  %s, %" PRId64 " bytes", u->list->files[i].path.s, u->list->files[i].size);
}

/* How long it took the last time, as an estimate: " in about 4 min at the last upload's speed". */
static void say_time(struct upload *u, char *out, size_t size)
{
    struct work *w = u->w;
    const char *fact = w->state ? state_fact(w->state, UPLOAD_SPEED_FACT, w->keep) : NULL;
    double speed = fact ? strtod(fact, NULL) : 0;
    if (u->rate_max > 0 && (speed <= 0 || speed > (double)u->rate_max))
        speed = (double)u->rate_max;
    double seconds = speed > 0 ? (double)u->list->send_bytes / speed : 0;
    out[0] = '\0';
    if (seconds >= 90)
        snprintf(out, size, ", about %.0f min", seconds / 60);
    else if (seconds >= 1)
        snprintf(out, size, ", about %.0f s", seconds);
}

static void plan(struct upload *u, const struct complete_report *report)
{
    struct work *w = u->w;
    char time[64];
    say_time(u, time, sizeof time);
    work_plan(w, "%s %zu files, %.1f MB%s, to %s%s%s (%s)%s",
        u->exists ? "Upload" : "Create the repository and upload", u->list->send_count,
        (double)u->list->send_bytes / 1e6, time, u->repo, u->revision ? "@" : "",
        u->revision ? u->revision : "", u->is_private ? "private" : "public: everybody can read it",
        u->create_pr ? ", as a pull request" : "");
    for (size_t i = 0; i < u->list->count; i++) {
        const struct check_file *f = &u->list->files[i];
        if (f->origin != CHECK_HERE && f->send)
            work_plan(w, "adds %s: %s", f->path.s, f->result.s);
    }
    plan_completion(u, report);
    for (size_t i = 0; i < u->list->count; i++) {
        const struct check_file *f = &u->list->files[i];
        if ((f->state == CHECK_WARNING && f->send) || f->state == CHECK_MISSING)
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
static int ask(struct upload *u, const struct complete_report *report, struct err *e)
{
    plan(u, report);
    bool publishes = !u->is_private && !u->exists;
    if (publishes)
        u->w->record.confirm_word = text_from(u->w->keep, strchr(u->repo, '/') + 1);
    return work_ask(u->w, publishes ? 3 : 1, e);
}

static int read_card(const struct upload *u, const struct check_file *f, struct buf *out)
{
    struct err e;
    char bytes[16 * 1024];
    int fd = model_folder_open(u->list, f, &e), failed = fd < 0;
    for (ssize_t n = 1; !failed && n > 0;) {
        n = read(fd, bytes, sizeof bytes);
        failed = n < 0 || buf_append(out, bytes, (size_t)n);
    }
    if (fd >= 0)
        close(fd);
    return failed ? -1 : 0;
}

/* The Hub would refuse the commit for it, after everything was sent. */
static int check_card(struct upload *u, struct err *e)
{
    struct work *w = u->w;
    struct text warning = TEXT("");
    int rc = 0;
    for (size_t i = 0; i < u->list->count && rc == 0; i++) {
        struct check_file *f = &u->list->files[i];
        if (!f->send || !f->raw_path || strcmp(f->raw_path, "README.md") != 0)
            continue;
        struct buf card;
        buf_init(&card, CARD_BYTES_MAX);
        if (read_card(u, f, &card) == 0)
            rc = hub_validate_card(w->engine->hub, buf_str(&card), w->keep, &warning, w->cancel, e);
        buf_release(&card);
    }
    if (warning.len)
        work_plan(w, "warning: the Hub says of README.md: %s", warning.s);
    return rc;
}

int upload_prepare(struct upload *u, struct err *e)
{
    struct complete_report report;
    if (read_folder(u, e) || look_at_repository(u, e) || complete(u, &report, e) || choose(u, e))
        return -1;
    if (u->list->blockers) {
        work_step(u->w, UPLOAD_COMPLETION, STEP_FAILED, "%zu to mend before it can go",
            u->list->blockers);
        return blocked(u, report.base_model, e);
    }
    work_step(u->w, UPLOAD_FOLDER, u->list->warnings ? STEP_WARNED : STEP_DONE,
        "%zu files to send, %zu warning%s", u->list->send_count, u->list->warnings,
        u->list->warnings == 1 ? "" : "s");
    return check_card(u, e) ? -1 : ask(u, &report, e);
}
