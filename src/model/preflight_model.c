/* What is on the Hub: the repository, its files, and whether the worker may read them. */
#include "model/preflight_internal.h"

#include <stdio.h>
#include <string.h>

static const char *repo(const struct preflight_look *l)
{
    return l->v->repo ? l->v->repo : "the repository";
}

/* ---- repository ---------------------------------------------------------------------------------- */

static void repository_there(struct preflight_look *l)
{
    if (l->v->exists == KNOWN_NO) {
        preflight_say(
            l, PREFLIGHT_BLOCKER, "the Hub has no repository %s that we may see", repo(l));
        preflight_fix(l, "look for a typing error; a private one needs HF_TOKEN");
    } else if (l->v->exists == KNOWN_NOT) {
        preflight_say(l, PREFLIGHT_WARNING, "%s could not be looked at on the Hub", repo(l));
    } else if (l->v->disabled) {
        preflight_say(l, PREFLIGHT_BLOCKER, "the Hub has disabled %s", repo(l));
    }
}

/* Whether the worker is to load the repository itself, and not another one with it. */
static bool loads_repo(const struct preflight_look *l)
{
    const char *name = preflight_env_value(l->v, "MODEL_NAME", NULL);
    return !name || !l->v->repo || strcmp(name, l->v->repo) == 0;
}

/* An adapter is loaded beside its base model (LORA_MODULES), never by itself. */
static void repository_adapter(struct preflight_look *l)
{
    if (!l->listed || !l->listed->adapter)
        return;
    const char *base = l->listed->base_model.len ? l->listed->base_model.s : NULL;
    if (l->listed->lora_flaw) {
        preflight_say(l, PREFLIGHT_BLOCKER, "%s is an adapter that %s: vLLM does not load it",
            repo(l), l->listed->lora_flaw);
        preflight_fix(l, "merge it into %s and upload that", base ? base : "its base model");
    } else if (!base && loads_repo(l)) {
        preflight_say(l, PREFLIGHT_BLOCKER,
            "%s is an adapter that names no base model: vLLM loads it only with one", repo(l));
        preflight_fix(l, "upload it again with --base-model OWNER/NAME, or merge it");
    } else if (l->v->base_exists == KNOWN_NO) {
        preflight_say(l, PREFLIGHT_BLOCKER,
            "%s is an adapter of %s, which the Hub does not have, as far as we may see", repo(l),
            l->v->base_repo);
        preflight_fix(l, "upload it again with --base-model OWNER/NAME, or merge it");
    } else if (loads_repo(l)) {
        preflight_say(
            l, PREFLIGHT_BLOCKER, "%s is an adapter: vLLM loads it only with %s", repo(l), base);
        preflight_fix(l,
            "merge it into %s and upload that; or MODEL_NAME=%s with ENABLE_LORA=true and "
            "LORA_MODULES",
            base, base);
    } else if (!l->v->base) {
        preflight_say(l, PREFLIGHT_WARNING, "its base model %s could not be looked at",
            l->v->base_repo ? l->v->base_repo
            : base          ? base
                            : "");
    }
}

/* vLLM fetches an adapter by its name alone. */
static void repository_pinned(struct preflight_look *l)
{
    if (l->listed && l->listed->adapter && !loads_repo(l) && l->v->base)
        preflight_say(l, PREFLIGHT_WARNING,
            "vLLM takes the newest commit of an adapter at each start: only its base model is "
            "pinned");
}

static bool is_task_of_vllm(struct text task)
{
    static const char *const tasks[] = {
        "text-generation", "image-text-to-text", "audio-text-to-text", "any-to-any"};
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (strcmp(task.s, tasks[i]) == 0)
            return true;
    return false;
}

static void repository_task(struct preflight_look *l)
{
    struct text task = l->v->pipeline_tag;
    const struct model_facts *f = l->facts;
    if (task.len && !is_task_of_vllm(task))
        preflight_say(
            l, PREFLIGHT_WARNING, "the Hub says it is for %s, not text-generation", task.s);
    else if (!task.len && f && f->architecture.len && !f->text_generation &&
             !strstr(f->architecture.s, "ForConditionalGeneration"))
        preflight_say(l, PREFLIGHT_WARNING, "%s is not known to generate text", f->architecture.s);
}

static void repository_code(struct preflight_look *l)
{
    if (!l->facts || !l->facts->custom_code || preflight_env_true(l->v, "TRUST_REMOTE_CODE"))
        return;
    preflight_say(l, PREFLIGHT_WARNING,
        "the model brings its own code: unless vLLM knows its architecture, it will not load");
    preflight_fix(l, "TRUST_REMOTE_CODE=true, if you trust the code");
}

static void repository_fine(struct preflight_look *l)
{
    const char *commit = l->v->revision;
    preflight_say(l, PREFLIGHT_OK, "%s%s%.12s%s%s", repo(l), commit[0] ? " at " : "", commit,
        l->facts && l->facts->architecture.len ? ", " : "",
        l->facts && l->facts->architecture.len ? l->facts->architecture.s : "");
}

/* ---- files --------------------------------------------------------------------------------------- */

static void files_seen(struct preflight_look *l)
{
    if (!l->v->files)
        preflight_say(l, PREFLIGHT_WARNING, "the files could not be looked at");
}

static bool is_missing(const struct check_file *f)
{
    return f->state == CHECK_MISSING && check_file_blocks(f);
}

static bool is_bad(const struct check_file *f)
{
    return f->state == CHECK_BAD;
}

static bool is_doubtful(const struct check_file *f)
{
    return f->state == CHECK_WARNING && (f->kind == CHECK_WEIGHTS || f->kind == CHECK_REQUIRED);
}

/* One line for all files of a kind, with what is wrong with the first. */
static void say_files_of(struct preflight_look *l, const struct checklist *list,
    enum preflight_level level, bool (*such)(const struct check_file *), const char *what)
{
    const struct check_file *first = NULL;
    struct preflight_names names = {.count = 0};
    for (size_t i = 0; list && i < list->count; i++)
        if (such(&list->files[i])) {
            first = first ? first : &list->files[i];
            preflight_names_add(&names, list->files[i].path.s);
        }
    if (!first)
        return;
    size_t count = names.count;
    bool base = list != l->v->files;
    preflight_say(l, level, "%s%zu file%s %s: %s (%s)", base ? "the base model has " : "", count,
        count == 1 ? "" : "s", what, preflight_names_end(&names), first->result.s);
    if (level == PREFLIGHT_BLOCKER)
        preflight_fix(l, base ? "merge the adapter into a good base model"
                              : "complete the repository (slipway upload), then deploy its new "
                                "commit");
}

static void say_files(struct preflight_look *l, enum preflight_level level,
    bool (*such)(const struct check_file *), const char *what)
{
    say_files_of(l, l->v->files, level, such, what);
    if (l->facts != l->listed)
        say_files_of(l, l->v->base, level, such, what);
}

static void files_missing(struct preflight_look *l)
{
    say_files(l, PREFLIGHT_BLOCKER, is_missing, "missing that vLLM needs");
}

static void files_bad(struct preflight_look *l)
{
    say_files(l, PREFLIGHT_BLOCKER, is_bad, "that cannot be loaded");
}

static void files_doubtful(struct preflight_look *l)
{
    say_files(l, PREFLIGHT_WARNING, is_doubtful, "in doubt");
}

static void files_template(struct preflight_look *l)
{
    bool set = false;
    (void)preflight_env_value(l->v, "CUSTOM_CHAT_TEMPLATE", &set);
    for (size_t i = 0; l->v->files && !set && i < l->v->files->count; i++) {
        const struct check_file *f = &l->v->files->files[i];
        if (f->state != CHECK_MISSING || strcmp(f->path.s, "chat_template.jinja") != 0)
            continue;
        preflight_say(l, PREFLIGHT_WARNING, "there is no chat template: chats will be refused");
        preflight_fix(l, "CUSTOM_CHAT_TEMPLATE, or send prompts only");
    }
}

static void files_fine(struct preflight_look *l)
{
    size_t weights = 0;
    const struct checklist *list = l->facts != l->listed ? l->v->base : l->v->files;
    for (size_t i = 0; i < list->count; i++)
        weights += list->files[i].kind == CHECK_WEIGHTS;
    if (l->facts != l->listed) {
        preflight_say(l, PREFLIGHT_OK,
            "complete: an adapter of %.2f GB, and %s: %.1f GB of weights in %zu file%s",
            (double)l->listed->weight_bytes / 1e9, l->v->base_repo ? l->v->base_repo : "its base",
            (double)l->facts->weight_bytes / 1e9, weights, weights == 1 ? "" : "s");
        return;
    }
    preflight_say(l, PREFLIGHT_OK, "complete: %.1f GB of weights in %zu file%s, and what they need",
        (double)l->facts->weight_bytes / 1e9, weights, weights == 1 ? "" : "s");
}

/* ---- access -------------------------------------------------------------------------------------- */

static bool gets_token(const struct preflight_look *l)
{
    bool one = false, other = false;
    (void)preflight_env_value(l->v, "HUGGING_FACE_HUB_TOKEN", &one);
    (void)preflight_env_value(l->v, "HF_TOKEN", &other);
    return one || other;
}

static void access_open(struct preflight_look *l)
{
    const struct preflight_evidence *v = l->v;
    const char *how = v->is_private ? "private" : "gated";
    if (v->exists == KNOWN_NOT)
        preflight_say(l, PREFLIGHT_WARNING, "whether the worker may read it could not be seen");
    if (v->exists != KNOWN_YES || (!v->is_private && !v->gated))
        return;
    if (!gets_token(l)) {
        preflight_say(l, PREFLIGHT_BLOCKER, "%s is %s, and the worker gets no token", repo(l), how);
        preflight_fix(l, "give HUGGING_FACE_HUB_TOKEN, or hf_token in the profile");
    } else if (v->readable == KNOWN_NO) {
        preflight_say(
            l, PREFLIGHT_BLOCKER, "%s is %s, and the token may not read its files", repo(l), how);
        preflight_fix(l, v->gated ? "accept its terms on the Hub with the token's account"
                                  : "take a token that may read it");
    } else if (v->readable == KNOWN_NOT) {
        preflight_say(l, PREFLIGHT_WARNING,
            "%s is %s; whether the token may read its files could not be seen", repo(l), how);
    }
}

static void access_base(struct preflight_look *l)
{
    const struct preflight_evidence *v = l->v;
    if (l->facts == l->listed || !v->base_closed || !v->base_repo)
        return;
    if (!gets_token(l)) {
        preflight_say(l, PREFLIGHT_BLOCKER,
            "the base model %s is private or gated, and the worker gets no token", v->base_repo);
        preflight_fix(l, "give HUGGING_FACE_HUB_TOKEN, or hf_token in the profile");
    } else if (v->base_readable == KNOWN_NO) {
        preflight_say(l, PREFLIGHT_BLOCKER, "the token may not read the files of the base model %s",
            v->base_repo);
        preflight_fix(l, "accept its terms on the Hub with the token's account");
    }
}

static void access_fine(struct preflight_look *l)
{
    const struct preflight_evidence *v = l->v;
    if (v->exists == KNOWN_YES)
        preflight_say(l, PREFLIGHT_OK, "%s",
            v->is_private || v->gated ? "the worker's token may read it" : "anybody may read it");
    else
        preflight_say(l, PREFLIGHT_OK, "nothing to read");
}

const struct preflight_topic preflight_model[] = {
    {"repository",
        {repository_there, repository_adapter, repository_pinned, repository_task, repository_code},
        repository_fine},
    {"files", {files_seen, files_missing, files_bad, files_doubtful, files_template}, files_fine},
    {"access", {access_open, access_base}, access_fine},
    {NULL, {NULL}, NULL},
};
