/* hub_upload: offer, bring what is missing (hash and send) and commit until the revision holds what was
 * meant, then read it back. Every round begins by asking the Hub what it has, so going round again after
 * a conflict or a lost answer sends and commits only what is missing, and nothing when all is there.
 *
 * A pull request is opened by the commit itself. Nobody could tell afterwards whether that has happened,
 * so when its answer is lost the upload fails instead of opening a second one.
 *
 * The steps run on a thread of their own (the runner), because they sleep for as long as a file takes;
 * the caller's thread meanwhile tells how far it is, and everything it tells with is gone only after
 * the runner is. */
#include "client/hub_upload_internal.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 5, PAUSE_MS = 1000, TOLD_EVERY_MS = 250, PAUSED_MS = 200 };

/* ---- what is to be uploaded ------------------------------------------------------------------ */

/* What a repository takes as a path (§3, §5): NULL, or what is wrong. */
static const char *path_fault(const char *path)
{
    size_t n = strlen(path);
    if (n == 0 || n > HUB_PATH_MAX)
        return "is longer than 1000 bytes, or empty";
    if (!text_is_utf8(path, n))
        return "is not UTF-8";
    for (const char *s = path; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 0x7f || *s == '\\')
            return "has a control character or a backslash";
    for (const char *part = path;; part += strcspn(part, "/") + 1) {
        size_t length = strcspn(part, "/");
        if (length == 0 || (length == 1 && part[0] == '.') ||
            (length == 2 && part[0] == '.' && part[1] == '.'))
            return "has an empty, \".\" or \"..\" part";
        if (length == 4 && memcmp(part, ".git", 4) == 0)
            return "has a part \".git\"";
        if (part[length] == '\0')
            return NULL;
    }
}

static int add_item(struct upload *u, const struct check_file *file, struct err *e)
{
    const char *fault =
        file->raw_path && file->size >= 0 ? path_fault(file->raw_path) : "cannot be read";
    if (fault)
        return err_set(e, ERR_INPUT, 0, "%s %s", file->path.s ? file->path.s : "a file", fault);
    u->items[u->count++] = (struct upload_item){.upload = u, .file = file};
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct upload_item *const *x = a, *const *y = b;
    return strcmp((*x)->file->raw_path, (*y)->file->raw_path);
}

static int list_items(struct upload *u, struct err *e)
{
    const struct checklist *list = u->plan->list;
    u->items = calloc(list->count + 1, sizeof *u->items);
    u->by_path = calloc(list->count + 1, sizeof *u->by_path);
    if (!u->items || !u->by_path)
        return err_set(e, ERR_IO, 0, "out of memory for %zu files", list->count);
    for (size_t i = 0; i < list->count; i++)
        if (list->files[i].send && add_item(u, &list->files[i], e))
            return -1;
    if (u->count == 0)
        return err_set(e, ERR_INPUT, 0, "no file is chosen to be uploaded");
    for (size_t i = 0; i < u->count; i++)
        u->by_path[i] = &u->items[i];
    qsort(u->by_path, u->count, sizeof *u->by_path, by_path);
    for (size_t i = 1; i < u->count; i++)
        if (by_path(&u->by_path[i - 1], &u->by_path[i]) == 0)
            return err_set(e, ERR_INPUT, 0, "%s is chosen twice", u->by_path[i]->file->path.s);
    return 0;
}

/* ---- pausing --------------------------------------------------------------------------------- */

bool upload_is_paused(const struct upload *u)
{
    return u->plan->paused && atomic_load(u->plan->paused);
}

int upload_wait_paused(struct upload *u, struct err *e)
{
    while (upload_is_paused(u))
        if (hub_pause(u->cancel, PAUSED_MS, e))
            return -1;
    return cancel_check(u->cancel, e);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static void done(struct upload *u, const char *commit)
{
    (void)memmove(u->out->commit, commit, sizeof u->out->commit);
    u->out->files = upload_pending(u);
    upload_committed(u);
}

/* Whether the commit that nobody answered for was made: then the head has moved, and holds all that
 * was meant. 1, 0, or -1. */
static int was_made(struct upload *u, struct err *e)
{
    char head[41];
    if (upload_ask_head(u, head, e))
        return -1;
    if (strcmp(head, u->head) == 0)
        return 0;
    if (upload_compare(u, head, e))
        return -1;
    if (!upload_all_found(u))
        return 0;
    done(u, head);
    return 1;
}

/* Looks before it is repeated. `why` says what came instead of an answer. */
static int settle_unsure(
    struct upload *u, int round, bool moved, const struct err *why, struct err *e)
{
    log_err(LOG_WARN, "hub", why);
    if (u->plan->create_pr && moved)
        return hub_pause(u->cancel, (int64_t)PAUSE_MS << round, e);
    if (u->plan->create_pr) {
        *e = *why;
        (void)err_wrap(e, "it is not known whether the pull request was opened");
        return err_hint(e, "look at the repository's pull requests before you upload again");
    }
    int made = hub_pause(u->cancel, (int64_t)PAUSE_MS << round, e) ? -1 : was_made(u, e);
    if (made < 0)
        (void)err_wrap(e, "it is not known whether the commit was made");
    return made;
}

/* Everything up to the commit. 1 = nothing is left to be committed. */
static int bring_content(struct upload *u, bool *moved, struct err *e)
{
    if (upload_wait_paused(u, e))
        return -1;
    upload_phase(u, HUB_OFFERING);
    if (upload_offer(u, e))
        return -1;
    upload_expect(u);
    if (upload_bring(u, moved, e))
        return -1;
    return upload_pending(u) == 0;
}

static enum upload_commit commit(struct upload *u, struct err *why)
{
    if (upload_wait_paused(u, why) || upload_check_files(u, why))
        return UPLOAD_FAILED;
    upload_phase(u, HUB_COMMITTING);
    return upload_commit(u, why);
}

/* One round: 1 = all is in the repository, 0 = another one may help and *why says what was wrong with
 * this one. A commit that was refused for its content is worth another round only when that round
 * finds an object to send. */
static int commit_round(
    struct upload *u, int round, enum upload_commit *last, struct err *why, struct err *e)
{
    bool moved = false;
    int nothing_left = bring_content(u, &moved, e);
    if (nothing_left < 0)
        return -1;
    if (nothing_left > 0) {
        u->out->unchanged = round == 0;
        (void)snprintf(u->out->commit, sizeof u->out->commit, "%s", u->head);
        return 1;
    }
    if (*last == UPLOAD_REFUSED && !moved) {
        *e = *why;
        return -1;
    }
    *last = commit(u, why);
    if (*last == UPLOAD_COMMITTED)
        done(u, u->out->commit);
    if (*last == UPLOAD_UNSURE || *last == UPLOAD_MOVED)
        return settle_unsure(u, round, *last == UPLOAD_MOVED, why, e);
    if (*last == UPLOAD_FAILED)
        *e = *why;
    return *last == UPLOAD_COMMITTED ? 1 : *last == UPLOAD_FAILED ? -1 : 0;
}

static int commit_rounds(struct upload *u, struct err *e)
{
    enum upload_commit last = UPLOAD_UNSURE;
    struct err why;
    err_clear(&why);
    for (int round = 0; round < ROUNDS; round++) {
        int rc = commit_round(u, round, &last, &why, e);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
    }
    *e = why;
    return err_wrap(e, "given up after %d tries", ROUNDS);
}

/* ---- reading back ---------------------------------------------------------------------------- */

static int read_back(struct upload *u, struct err *e)
{
    if (upload_wait_paused(u, e))
        return -1;
    upload_phase(u, HUB_READING_BACK);
    if (upload_compare(u, u->out->commit, e))
        return err_wrap(e, "commit %.12s is made, but cannot be read back", u->out->commit);
    for (size_t i = 0; i < u->count; i++) {
        struct upload_item *item = &u->items[i];
        if (item->found)
            upload_tick(item, TICK_READ_BACK);
        else if (!item->ignored)
            upload_note(item, "the repository does not hold it as it was sent");
    }
    u->out->all_read_back = upload_all_found(u);
    return 0;
}

static int run(struct upload *u, struct err *e)
{
    if (commit_rounds(u, e) || read_back(u, e))
        return -1;
    upload_phase(u, HUB_UPLOADED);
    return 0;
}

/* ---- the two threads ------------------------------------------------------------------------- */

static void *runner(void *arg)
{
    struct upload *u = arg;
    u->rc = run(u, u->error);
    upload_ended(u);
    return NULL;
}

static void tell_until_ended(struct upload *u)
{
    for (;;) {
        uint64_t seen = wait_seen(&u->board.wait);
        if (upload_show(u))
            return;
        (void)wait_until(&u->board.wait, seen, TOLD_EVERY_MS);
    }
}

int hub_upload(struct hub *h, const struct hub_upload_plan *plan, struct hub_upload_result *out,
    struct cancel *cancel, struct err *e)
{
    struct err own;
    pthread_t thread;
    struct upload u = {.hub = h,
        .plan = plan,
        .revision = plan->revision ? plan->revision : "main",
        .out = out,
        .state = plan->state,
        .limit = {.bytes_per_s = plan->rate_max},
        .cancel = cancel,
        .error = e ? e : &own,
        .rc = -1};
    *out = (struct hub_upload_result){0};
    err_clear(u.error);
    if (hub_check_repo_id(plan->repo, u.error) || list_items(&u, u.error) ||
        upload_board_init(&u, u.error))
        goto out;
    int failed = pthread_create(&thread, NULL, runner, &u);
    if (failed) {
        (void)err_errno(u.error, failed, "cannot start the thread of the upload");
        goto out;
    }
    tell_until_ended(&u);
    (void)pthread_join(thread, NULL);
out:
    upload_board_release(&u);
    free(u.by_path);
    free(u.items);
    return u.rc;
}
