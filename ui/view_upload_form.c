/* The form of an upload. The repository is proposed from the Hub user and the folder's last part, and
 * follows the folder until somebody edits it; emptied, it follows again. */
#include "ui/form_view.h"
#include "ui/say.h"
#include "ui/views.h"

#include <stdio.h>
#include <string.h>

static const struct form_field fields[] = {
    {.name = "folder",
        .label = "Folder",
        .help = "the model's folder on this machine; Tab completes",
        .complete = COMPLETE_FOLDER,
        .required = true},
    {.name = "repo",
        .label = "Repository",
        .help = "OWNER/NAME on the Hub; created when it is not there yet",
        .complete = COMPLETE_REPO,
        .required = true},
    {.name = "private",
        .label = "Private",
        .help = "whether a new repository is private; one that exists stays as it is",
        .kind = FIELD_SWITCH},
    {.name = "message",
        .label = "Commit message",
        .help = "the first line of the commit",
        .empty = "Upload model"},
    {.name = "revision",
        .label = "Branch",
        .help = "an existing one of the repository",
        .empty = "main"},
    {.name = "base-model",
        .label = "Base model",
        .help = "OWNER/NAME whose tokenizer and generation files fill the gaps",
        .empty = "as the folder says"},
    {.name = "exclude",
        .label = "Leave out",
        .help = "patterns of files that do not go: *.gguf old/*",
        .empty = "training state"},
    {.name = "include",
        .label = "Only",
        .help = "patterns: only files that match go, training state too",
        .empty = "all"},
    {.name = "mend-readme",
        .label = "Mend README",
        .help = "whether README.md goes with the keys that its front matter lacks",
        .kind = FIELD_SWITCH},
    {.name = "limit-rate",
        .label = "Rate limit",
        .help = "bytes a second: 500k, 2M",
        .empty = "none"},
};

/* ---- filling --------------------------------------------------------------------------------------- */

static struct text last_part(struct text path)
{
    while (path.len > 0 && path.s[path.len - 1] == '/')
        path.len--;
    size_t from = path.len;
    while (from > 0 && path.s[from - 1] != '/')
        from--;
    return (struct text){path.s + from, path.len - from};
}

/* "OWNER/" and the words as a name; nothing while the user or the words are unknown. */
static void propose(struct form_view *v, struct text words)
{
    struct arena *a = arena_new(16 * 1024);
    if (!a)
        return;
    struct text owner = store_source(v->o.x->store, SOURCE_HUB)->who;
    struct text name = form_view_slug(a, words);
    struct text repo = say_text(a, "%.*s/%.*s", SAY_ARGS(owner), SAY_ARGS(name));
    form_set(v->form, "repo", form_view_is_repo(repo) ? repo : TEXT(""));
    arena_free(a);
}

static void propose_from_folder(struct form_view *v)
{
    if (!v->own_name)
        propose(v, last_part(form_get(v->form, "folder")));
}

static void fill_from_job(struct form_view *v, const struct job *job)
{
    struct arena *a = arena_new(16 * 1024);
    if (!a)
        return;
    struct text repo = form_view_repo_of(a, job->model_url);
    snprintf(v->job, sizeof v->job, "%s", job->id);
    if (repo.len > 0)
        form_set(v->form, "repo", repo);
    else
        propose(v, job->name);
    v->own_name = form_get(v->form, "repo").len > 0;
    form_set(v->form, "message", say_text(a, "Upload of %.*s", SAY_ARGS(job->name)));
    arena_free(a);
}

/* One that failed before it read its folder knows neither that nor whether it is private: the folder is
 * the remembered one when that was of the same repository, and private is what is safe. */
static void fill_from_upload(struct form_view *v, const struct operation *o, struct text remembered)
{
    struct text repo = o->repository.len > 0 ? o->repository : o->title;
    if (o->folder.len > 0 || !opened_same(remembered, repo))
        form_set(v->form, "folder", o->folder);
    form_set(v->form, "repo", repo);
    if (!o->is_private && opened_is_public(o))
        form_set(v->form, "private", TEXT("no"));
    v->own_name = o->repository.len > 0;
}

static void fill(struct form_view *v, const char *id)
{
    /* What belonged to the last upload alone. */
    static const char *const own[] = {
        "message", "revision", "base-model", "exclude", "include", "mend-readme"};
    const struct store *s = v->o.x->store;
    const struct job *job = id[0] ? store_job_by_id(s, id) : NULL;
    const struct operation *o = id[0] ? store_operation_by_id(s, id) : NULL;
    struct arena *a = arena_new(16 * 1024);
    struct text remembered =
        a ? say_text(a, "%.*s", SAY_ARGS(form_get(v->form, "repo"))) : TEXT("");
    form_set(v->form, "private", TEXT("yes"));
    form_set(v->form, "repo", TEXT(""));
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        form_set(v->form, own[i], TEXT(""));
    if (job)
        fill_from_job(v, job);
    else if (o && o->kind == OPERATION_UPLOAD)
        fill_from_upload(v, o, remembered);
    else
        propose_from_folder(v);
    arena_free(a);
}

static void changed(struct form_view *v, const char *field)
{
    if (strcmp(field, "repo") == 0)
        v->own_name = form_get(v->form, "repo").len > 0;
    if (strcmp(field, "folder") == 0)
        propose_from_folder(v);
}

/* The user may become known while the form is open. */
static void refresh(struct form_view *v)
{
    if (form_get(v->form, "repo").len == 0 && strcmp(form_at(v->form), "repo") != 0)
        propose_from_folder(v);
}

static bool check(struct form_view *v)
{
    const struct host *host = v->o.x->host;
    const char *wrong =
        host->refuse ? host->refuse(host->arg, COMPLETE_FOLDER, form_get(v->form, "folder")) : NULL;
    if (wrong)
        form_complain(v->form, "folder", "%s", wrong);
    else if (!form_view_is_repo(form_get(v->form, "repo")))
        form_complain(v->form, "repo", "a repository is OWNER/NAME, of letters, digits, - _ and .");
    else
        return true;
    return false;
}

/* ---- the live part --------------------------------------------------------------------------------- */

static const struct repo *repo_of(const struct store *s, struct text id)
{
    const struct repo_page *page = store_repos(s);
    for (size_t i = 0; page && i < page->count; i++) {
        if (opened_same(page->repos[i].id, id))
            return &page->repos[i];
    }
    return NULL;
}

static void add_repository(struct form_view *v, struct lines *l, struct text repo)
{
    const struct store *s = v->o.x->store;
    const struct repo *known = repo_of(s, repo);
    bool is_private = opened_is(form_get(v->form, "private"), "yes");
    lines_row(l, 2);
    if (known)
        lines_wrap(l,
            say_text(lines_arena(l),
                "%.*s exists (%s, changed %.*s): files of the same name are replaced by a new commit",
                SAY_ARGS(repo), known->is_private ? "private" : "public",
                SAY_ARGS(opened_ago(lines_arena(l), s, known->modified_ms))),
            ROLE_WARNING, 0);
    else if (store_repos(s))
        lines_wrap(l,
            say_text(lines_arena(l), "%.*s is not among your repositories: it will be created, %s",
                SAY_ARGS(repo), is_private ? "private" : "public"),
            ROLE_NORMAL, 0);
    else
        lines_wrap(l, TEXT("whether it exists is not known yet"), ROLE_FAINT, 0);
    if (!is_private && (!known || !known->is_private)) {
        lines_row(l, 2);
        lines_wrap(
            l, TEXT("! public: everybody can read and copy the model"), ROLE_WARNING, STYLE_BOLD);
    }
}

static void below(struct form_view *v, struct lines *l)
{
    struct text repo = form_get(v->form, "repo");
    opened_source(l, v->o.x->store, SOURCE_HUB);
    if (form_view_is_repo(repo))
        add_repository(v, l, repo);
    lines_row(l, 2);
    lines_wrap(l,
        TEXT(
            "Next the folder is read and checked file by file. Nothing is sent before you have seen "
            "what it would be, and said yes."),
        ROLE_FAINT, 0);
}

static const struct form_kind kind = {
    .name = "upload",
    .title = "Upload a model to the Hub",
    .place = PLACE_UPLOAD_FORM,
    .action = ACTION_UPLOAD,
    .fields = fields,
    .count = sizeof fields / sizeof *fields,
    .fill = fill,
    .changed = changed,
    .refresh = refresh,
    .check = check,
    .below = below,
};

static void *make(const struct view_context *x, const char *id)
{
    return form_view_make(&kind, x, id);
}

const struct view_class view_upload_form = FORM_VIEW_CLASS(PLACE_UPLOAD_FORM, make);
