/* One row an action: what carries it out. What fails is told as a toast; nothing that was typed is lost,
 * because forms remember their values (state facts "upload.folder" …). */
#include "app/host_internal.h"

#include "app/outcome.h"
#include "app/own_log.h"
#include "app/remember.h"
#include "model/env_words.h"
#include "ui/terminal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_BYTES_MAX = 4096 };



/* ---- small things -------------------------------------------------------------------------------- */

static int quit(struct host_state *h, const struct intent *i, struct err *e)
{
    (void)i, (void)e;
    loop_stop(*h->loop, 0);
    return 0;
}

static int repaint(struct host_state *h, const struct intent *i, struct err *e)
{
    (void)h, (void)i, (void)e;
    terminal_repaint();
    return 0;
}

static int suspend(struct host_state *h, const struct intent *i, struct err *e)
{
    (void)i, (void)e;
    h->suspend = true;
    return 0;
}

static int copy(struct host_state *h, const struct intent *i, struct err *e)
{
    (void)h, (void)e;
    terminal_copy(i->text);
    return 0;
}

static int refresh(struct host_state *h, const struct intent *i, struct err *e)
{
    (void)i, (void)e;
    if (h->runpod)
        runpod_watch_hurry(h->runpod);
    if (h->hub)
        hub_watch_hurry(h->hub);
    if (h->registry)
        registry_watch_hurry(h->registry);
    if (h->follow)
        follow_hurry(h->follow);
    return 0;
}

/* ---- operations ---------------------------------------------------------------------------------- */

/* "~/x" as the folder it means; false when it is too long for one. */
static bool expand(const char *typed, char out[PATH_BYTES_MAX])
{
    const char *home = getenv("HOME");
    bool short_form = strncmp(typed, "~/", 2) == 0 && home;
    return snprintf(out, PATH_BYTES_MAX, "%s%s", short_form ? home : "",
               short_form ? typed + 1 : typed) < PATH_BYTES_MAX;
}

/* "~/x" is what people type. */
static void put_value(struct json *asked, const char *name, struct text value)
{
    char path[PATH_BYTES_MAX];
    if (strcmp(name, "folder") == 0 && value.len && expand(value.s, path))
        json_add_str(asked, name, path);
    else if (value.len)
        json_add_str(asked, name, value.s);
}

static int put_variable(void *arg, const char *name, const char *value, struct err *e)
{
    if (!value)
        return err_set(e, ERR_INPUT, 0, "-%s: there is nothing yet to be taken away", name);
    return json_set(arg, name, json_new_string(value)) ? err_set(e, ERR_IO, 0, "out of memory") : 0;
}

/* The environment is typed as words, and asked for as an object. */
static int put_values(struct json *asked, const struct intent *i, struct err *e)
{
    for (size_t k = 0; k < i->value_count; k++) {
        const struct form_value *v = &i->values[k];
        if (strcmp(v->name, "env") != 0) {
            put_value(asked, v->name, v->value);
            continue;
        }
        struct json *env = json_new_object();
        int failed = env_words(v->value.s, put_variable, env, e);
        if (json_add(asked, "env", env) || failed)
            return -1;
    }
    return 0;
}

static int start(struct host_state *h, enum operation_kind kind, const char *form,
    const struct intent *i, struct err *e)
{
    const struct operation_flags flags = {0};
    char id[OPERATION_ID_MAX];
    struct json *asked = json_new_object();
    if (!asked || put_values(asked, i, e)) {
        json_free(asked);
        return -1;
    }
    remember_form(h->engine, form, i->values, i->value_count);
    return operations_start(h->operations, kind, asked, &flags, id, e);
}

static int upload(struct host_state *h, const struct intent *i, struct err *e)
{
    return start(h, OPERATION_UPLOAD, "upload", i, e);
}

static int deploy(struct host_state *h, const struct intent *i, struct err *e)
{
    return start(h, OPERATION_DEPLOY, "deploy", i, e);
}

static int yes(struct host_state *h, const struct intent *i, struct err *e)
{
    return operations_answer(h->operations, i->id, true, e);
}

static int no(struct host_state *h, const struct intent *i, struct err *e)
{
    return operations_answer(h->operations, i->id, false, e);
}

static int stop(struct host_state *h, const struct intent *i, struct err *e)
{
    if (i->place == PLACE_CHAT)
        return chats_stop(h->chats, i->id, e);
    return operations_stop(h->operations, i->id, e);
}

static int hold(struct host_state *h, const struct intent *i, struct err *e)
{
    return operations_hold(h->operations, i->id, e);
}

static int resume(struct host_state *h, const struct intent *i, struct err *e)
{
    const struct operation_flags flags = {0};
    char id[OPERATION_ID_MAX];
    return operations_resume(h->operations, i->id, &flags, id, e);
}

static int register_again(struct host_state *h, const struct intent *i, struct err *e)
{
    const struct operation_flags flags = {.yes = true};
    char id[OPERATION_ID_MAX];
    const struct operation *o = store_operation_by_id(h->store, i->id);
    struct json *asked = json_new_object();
    json_add_str(asked, "deploy", i->id);
    if (o)
        json_add_text(asked, "name", o->title);
    return operations_start(h->operations, OPERATION_REGISTER, asked, &flags, id, e);
}

/* ---- requests ------------------------------------------------------------------------------------ */

static int say(struct host_state *h, const struct intent *i, struct err *e)
{
    const struct endpoint_row *row = store_endpoint_by_id(h->store, i->id);
    if (!row)
        return err_set(e, ERR_STATE, 0, "the endpoint %s is not in this account (any more)", i->id);
    if (h->engine->profile->read_only)
        return err_set(e, ERR_STATE, 0, "the profile is read-only: no request can be sent");
    return chats_say(h->chats, i->id, row->settings->served, i->text, e);
}

static host_act_fn *const acts[ACTIONS] = {
    [ACTION_QUIT] = quit,
    [ACTION_REPAINT] = repaint,
    [ACTION_SUSPEND] = suspend,
    [ACTION_COPY] = copy,
    [ACTION_REFRESH] = refresh,
    [ACTION_UPLOAD] = upload,
    [ACTION_DEPLOY] = deploy,
    [ACTION_YES] = yes,
    [ACTION_NO] = no,
    [ACTION_STOP] = stop,
    [ACTION_HOLD] = hold,
    [ACTION_RESUME] = resume,
    [ACTION_REGISTER] = register_again,
    [ACTION_SAY] = say,
    [ACTION_TEST] = host_test,
    [ACTION_CANCEL_REQUEST] = host_cancel_request,
    [ACTION_RETRY_REQUEST] = host_retry_request,
    [ACTION_SEND_AGAIN] = host_send_again,
    [ACTION_LOOKED_UP] = host_looked_up,
    [ACTION_CHANGE] = host_change,
    [ACTION_PAUSE_ENDPOINT] = host_pause_endpoint,
    [ACTION_DELETE_ENDPOINT] = host_delete_endpoint,
    [ACTION_ROLLBACK] = host_rollback,
    [ACTION_REDEPLOY] = host_redeploy,
    [ACTION_PURGE] = host_purge,
    [ACTION_REMEDY] = host_remedy,
};

static void act(void *arg, const struct intent *i)
{
    struct host_state *h = arg;
    struct err e;
    bool needs_engine = i->action >= ACTION_UPLOAD;
    if (!acts[i->action] || (needs_engine && !(h->operations && h->chats)))
        return;
    if (acts[i->action](h, i, &e))
        outcome_bad(h->engine->inbox, &e);
}

/* ---- completing ---------------------------------------------------------------------------------- */

static bool is_folder(const char *folder, const char *name)
{
    char path[PATH_BYTES_MAX];
    struct stat st;
    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path &&
           stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int by_bytes(const void *a, const void *b)
{
    const struct text *x = a, *y = b;
    return strcmp(x->s, y->s);
}

/* Folders that begin as what was typed; those whose names could not be typed are left out. */
static size_t complete_folder(struct text typed, struct arena *a, struct text *out, size_t max)
{
    char shown[PATH_BYTES_MAX], folder[PATH_BYTES_MAX];
    const char *slash = strrchr(typed.s, '/');
    const char *begin = slash ? slash + 1 : typed.s;
    size_t n = 0;
    snprintf(shown, sizeof shown, "%.*s", (int)(begin - typed.s), typed.s);
    if (!expand(shown[0] ? shown : ".", folder))
        return 0;
    DIR *d = opendir(folder);
    for (struct dirent *entry; d && n < max && (entry = readdir(d));) {
        const char *name = entry->d_name;
        if (strncmp(name, begin, strlen(begin)) != 0 || (name[0] == '.' && begin[0] != '.') ||
            strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || !is_folder(folder, name))
            continue;
        char whole[PATH_BYTES_MAX];
        if (snprintf(whole, sizeof whole, "%s%s/", shown, name) >= (int)sizeof whole)
            continue;
        struct text t = text_from(a, whole);
        if (strcmp(t.s, whole) == 0)
            out[n++] = t;
    }
    if (d)
        closedir(d);
    qsort(out, n, sizeof *out, by_bytes);
    return n;
}

/* What can be seen at once, so that nobody has to leave the form to be told. */
static const char *refuse(void *arg, enum completion what, struct text value)
{
    char path[PATH_BYTES_MAX];
    struct stat st;
    (void)arg;
    if (what != COMPLETE_FOLDER)
        return NULL;
    if (!expand(value.s, path) || stat(path, &st))
        return "there is no such folder on this machine, or it may not be read";
    return S_ISDIR(st.st_mode) ? NULL : "this is a file: the folder that it lies in is meant";
}

static bool begins(struct text t, struct text with)
{
    return t.len >= with.len && memcmp(t.s, with.s, with.len) == 0;
}

/* What was uploaded from here first, then what the Hub lists. */
static size_t complete_repo(
    const struct host_state *h, struct text typed, struct text *out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; n < max && i < store_operations(h->store, OPERATION_UPLOAD); i++) {
        const struct operation *o = store_operation(h->store, OPERATION_UPLOAD, i);
        bool twice = false;
        for (size_t k = 0; k < n; k++)
            twice |= strcmp(out[k].s, o->repository.s) == 0;
        if (!twice && o->commit.len && begins(o->repository, typed))
            out[n++] = o->repository;
    }
    const struct repo_page *repos = store_repos(h->store);
    for (size_t i = 0; repos && n < max && i < repos->count; i++) {
        bool twice = false;
        for (size_t k = 0; k < n; k++)
            twice |= strcmp(out[k].s, repos->repos[i].id.s) == 0;
        if (!twice && begins(repos->repos[i].id, typed))
            out[n++] = repos->repos[i].id;
    }
    return n;
}

static size_t complete(void *arg, enum completion what, struct text typed, struct arena *a,
    struct text *out, size_t max)
{
    switch (what) {
    case COMPLETE_FOLDER:
        return complete_folder(typed, a, out, max);
    case COMPLETE_REPO:
        return complete_repo(arg, typed, out, max);
    case COMPLETE_NONE:
        break;
    }
    return 0;
}

/* ---- the rest ------------------------------------------------------------------------------------ */

static struct chat_log chat(void *arg, const char *endpoint_id)
{
    struct host_state *h = arg;
    return h->chats ? chats_log(h->chats, endpoint_id) : (struct chat_log){0};
}

static void focus(void *arg, const char *endpoint_id)
{
    struct host_state *h = arg;
    if (h->runpod)
        runpod_watch_focus(h->runpod, endpoint_id);
}

static void visible(void *arg, const char *const *endpoint_ids, size_t count)
{
    struct host_state *h = arg;
    if (h->runpod)
        runpod_watch_visible(h->runpod, endpoint_ids, count);
}

static void triage(void *arg, const char *endpoint_id)
{
    struct host_state *h = arg;
    const struct endpoint_row *row = store_endpoint_by_id(h->store, endpoint_id);
    if (h->triages && row)
        triages_ask(h->triages, row->settings);
}

static struct text recall(void *arg, const char *name, struct arena *a)
{
    struct host_state *h = arg;
    if (h->folder && strcmp(name, "upload.folder") == 0)
        return text_from(a, h->folder);
    return h->operations ? remember_recall(h->engine, name, a) : TEXT("");
}

static void note(void *arg, bool bad, struct text sentence)
{
    struct host_state *h = arg;
    own_log(h->engine, bad ? LINE_WARN : LINE_INFO, "%.*s", (int)sentence.len, sentence.s);
}

void host_init(struct host_state *h, struct loop **loop, struct store *store, struct engine *g,
    const char *folder)
{
    *h = (struct host_state){.loop = loop, .store = store, .engine = g, .folder = folder};
    h->host = (struct host){.arg = h,
        .act = act,
        .complete = complete,
        .refuse = refuse,
        .chat = chat,
        .focus = focus,
        .visible = visible,
        .look = host_look,
        .triage = triage,
        .note = note,
        .recall = recall,
        .edit = host_edit};
}

void host_release(struct host_state *h)
{
    *h = (struct host_state){0};
}
