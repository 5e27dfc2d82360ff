/* The slip itself: check, upload, deploy, resume. */
#include "app/asked.h"
#include "app/call_operation.h"
#include "app/checklist_json.h"
#include "app/columns.h"
#include "app/command.h"
#include "app/unfinished.h"
#include "client/model_complete.h"
#include "client/model_folder.h"
#include "model/fit.h"
#include "ui/say.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- check --------------------------------------------------------------------------------------- */

struct checking {
    struct arena *arena;
    struct checklist *list;
    struct complete_report report;
};

static int choose(struct call *c, struct checking *k, struct err *e)
{
    const char *const *include, *const *exclude;
    size_t n_include, n_exclude;
    if (asked_words(c->asked, "include", k->arena, &include, &n_include, e) ||
        asked_words(c->asked, "exclude", k->arena, &exclude, &n_exclude, e))
        return -1;
    return n_include + n_exclude
               ? checklist_choose(k->list, include, n_include, exclude, n_exclude, e)
               : 0;
}

/* As an upload would, but for what it would have to ask the Hub for: checking needs no network. */
static int read_folder(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct checking *k = arg;
    const struct complete_options options = {
        .base_model = json_str(c->asked, "base-model"), .cache = hub_cache_folder(k->arena)};
    if (model_folder_read(json_str(c->asked, "dir"), k->arena, &k->list, cancel, e))
        return -1;
    if (!json_get(c->asked, "as-is") &&
        model_complete(k->list, &options, k->arena, &k->report, cancel, e))
        return -1;
    return choose(c, k, e);
}

static const char *sign_of(const struct check_file *f)
{
    if (check_file_blocks(f))
        return "✗";
    if (f->kind == CHECK_KEEP_OUT)
        return "-";
    return f->state == CHECK_VALID || f->state == CHECK_PRESENT ? "✓" : "!";
}

/* "llama, 1.2 M parameters, bfloat16, context 1024, 1.0 kB of cache a token; about 2.0 GB on one GPU; 1, 2, 4 GPUs" */
static void print_facts(struct call *c, const struct model_facts *f)
{
    char parameters[SAY_MAX], cache[SAY_MAX];
    int sizes[FIT_SIZES_MAX];
    size_t n = fit_tensor_parallel_sizes(f, sizes);
    double needed = fit_of(f, 0, 1).needed;
    if (!f->model_type.len || f->parameters <= 0)
        return;
    fprintf(c->out, "%s: %s parameters%s%s", f->model_type.s, say_count(parameters, f->parameters),
        f->dtype.len ? ", " : "", f->dtype.len ? f->dtype.s : "");
    if (f->context_length > 0)
        fprintf(c->out, ", context %" PRId64, f->context_length);
    if (fit_kv_bytes_per_token(f, 1, 0) > 0)
        fprintf(
            c->out, ", %s of KV cache a token", say_bytes(cache, fit_kv_bytes_per_token(f, 1, 0)));
    if (isfinite(needed))
        fprintf(c->out, ", ≈%.1f GB of GPU memory at full context", needed);
    for (size_t i = 0; i < n; i++)
        fprintf(c->out, "%s%d", i ? ", " : "; tensor-parallel over ", sizes[i]);
    fputs("\n", c->out);
}

static void print_checklist(struct call *c, const struct checking *k)
{
    static const char *const titles[] = {"", "FILE", "SIZE", "KIND", "FROM", "RESULT"};
    const struct checklist *list = k->list;
    struct columns table;
    if (columns_init(&table, titles, sizeof titles / sizeof *titles))
        return;
    for (size_t i = 0; i < list->count; i++) {
        const struct check_file *f = &list->files[i];
        columns_add(&table, "%s", sign_of(f));
        columns_text(&table, f->path);
        if (f->size >= 0)
            columns_add(&table, "%" PRId64, f->size);
        else
            columns_text(&table, TEXT(""));
        columns_add(&table, "%s", check_kind_name(f->kind));
        columns_add(&table, "%s", f->state == CHECK_MISSING ? "" : check_origin_name(f->origin));
        columns_text(&table, f->result);
    }
    columns_print(&table, c->out);
    columns_release(&table);
    for (size_t i = 0; i < k->report.note_count; i++)
        call_line(c, "not added: %s", k->report.notes[i].s);
    for (size_t i = 0; i < k->report.readme_diff_count; i++)
        call_line(c, "README.md with --mend-readme: %s", k->report.readme_diff[i].s);
    print_facts(c, &list->facts);
    call_line(c, "%zu to mend, %zu warning%s; %zu files of %" PRId64 " bytes would be uploaded",
        list->blockers, list->warnings, list->warnings == 1 ? "" : "s", list->send_count,
        list->send_bytes);
}

static int check(struct call *c)
{
    struct checking k = {.arena = arena_new(MODEL_FOLDER_ARENA)};
    struct err e;
    int code = call_open(c);
    if (!code && !k.arena)
        code = EXIT_CODE_STATE;
    if (!code && call_task(c, read_folder, NULL, &k, &e))
        code = call_fail(c, &e);
    if (!code && c->json)
        code = call_print(c, checklist_json(k.list), "slipway.checklist/1");
    else if (!code)
        print_checklist(c, &k);
    if (!code && k.list->blockers)
        code = EXIT_CODE_BAD;
    arena_free(k.arena);
    return code;
}

/* ---- operations ---------------------------------------------------------------------------------- */

static int upload(struct call *c)
{
    if (!json_str(c->asked, "repo"))
        return call_usage(c, "--repo OWNER/NAME is missing");
    /* Whole, so that it can be resumed from elsewhere. */
    char *folder = realpath(json_str(c->asked, "folder"), NULL);
    if (folder)
        json_set(c->asked, "folder", json_new_string(folder));
    free(folder);
    if (json_get(c->asked, "public") && json_get(c->asked, "private"))
        return call_usage(c, "--public and --private: say one of them");
    if (json_get(c->asked, "public"))
        json_set(c->asked, "private", json_new_bool(false));
    return call_operation(c, OPERATION_UPLOAD);
}

/* OWNER/NAME@REV */
static int deploy(struct call *c)
{
    const char *repo = json_str(c->asked, "repo"), *at = strchr(repo, '@');
    if (at) {
        char *name = strndup(repo, (size_t)(at - repo));
        json_set(c->asked, "revision", json_new_string(at + 1));
        json_set(c->asked, "repo", json_new_string(name ? name : ""));
        free(name);
    }
    return call_operation(c, OPERATION_DEPLOY);
}

static int resume(struct call *c)
{
    return json_str(c->asked, "id") ? call_operation(c, OPERATION_UPLOAD) : unfinished_call(c);
}

const struct command commands_model[] = {
    {.name = "check",
        .help = "the upload checklist of a model folder; exit 1 when something must be mended",
        .args = {"dir"},
        .args_least = 1,
        .flags = {{"include", "GLOB", "only files that match, training state too; may be repeated"},
            {"exclude", "GLOB", "no files that match; may be repeated"},
            {"base-model", "OWNER/NAME", "whose files, in the Hub's cache here, fill the gaps"},
            {"as-is", NULL, "the folder alone: nothing that an upload would add"}},
        .repeats = {"include", "exclude"},
        .run = check},
    {.name = "upload",
        .help = "checklist, upload to the Hub in one commit, read-back",
        .args = {"folder"},
        .args_least = 1,
        .flags = {{"repo", "OWNER/NAME", "where to; made when it is not there"},
            {"private", NULL, "make a new repository private (the default)"},
            {"public", NULL, "make a new repository public"},
            {"include", "GLOB", "only files that match, training state too; may be repeated"},
            {"exclude", "GLOB", "no files that match; may be repeated"},
            {"base-model", "OWNER/NAME", "whose tokenizer and generation files fill the gaps"},
            {"as-is", NULL, "add nothing that the folder lacks"},
            {"mend-readme", NULL, "send README.md with the keys that its front matter lacks"},
            {"revision", "BRANCH", "an existing branch; default main"},
            {"create-pr", NULL, "as a pull request"}, {"message", "TEXT", "of the commit"},
            {"limit-rate", "RATE", "bytes a second: 500k, 2M"},
            {"job", "ID", "the training job whose row learns of it"}},
        .repeats = {"include", "exclude"},
        .writes = true,
        .run = upload},
    {.name = "deploy",
        .help = "preflight, endpoint on RunPod, first answers, row in the registry; says the price first",
        .args = {"repo"},
        .args_least = 1,
        .flags = {{"name", "NAME", "of the endpoint; default the repository's"},
            {"image", "IMAGE", "of the worker"},
            {"gpu", "POOL[,POOL]", "GPU pools in order; default by memory and price"},
            {"gpus-per-worker", "N", "the model is spread over them; default 1"},
            {"max-model-len", "N", "context length; default the model's own"},
            {"min", "N", "workers at least; default 0"}, {"max", "N", "workers at most; default 3"},
            {"idle", "SECONDS", "before a worker stops; default 10"},
            {"disk", "GB", "container disk; default by the weights"},
            {"env", "NAME=VALUE", "for the worker; NAME alone takes our own value; may be repeated"},
            {"budget", "DOLLARS", "noted in the registry"},
            {"wait", "TIME", "for the first answer: 90s, 45m, 2h; default 60m"},
            {"job", "ID", "the training job it comes from"}},
        .writes = true,
        .run = deploy},
    {.name = "resume",
        .help = "goes on with what is not done, or registers what serves; lists them without ID",
        .args = {"id"},
        .writes = true,
        .run = resume},
    {.name = NULL},
};
