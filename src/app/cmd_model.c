/* The slip itself: check, upload, deploy, resume. Operations run as they do for the dashboard; here main
 * prints what they tell and asks what they ask. */
#include "app/asked.h"
#include "app/checklist_json.h"
#include "app/columns.h"
#include "app/command.h"
#include "app/operations.h"
#include "app/unfinished.h"
#include "client/model_complete.h"
#include "client/model_folder.h"
#include "core/loop.h"
#include "core/signals.h"
#include "model/fit.h"
#include "model/news.h"
#include "ui/say.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

struct running {
    struct call *call;
    struct operations *all;
    struct loop *loop;
    char id[OPERATION_ID_MAX];
    struct message *last; /* of the operation, owned; NULL = none yet */
    bool asked;
    bool refused;    /* it asked and nobody could answer */
    char shown[512]; /* the progress line that stands there */
};

static const struct operation *latest(const struct running *r)
{
    return r->last ? r->last->payload : NULL;
}

static void on_signal(struct loop *l, int fd, short events, void *arg)
{
    (void)l, (void)fd, (void)events;
    struct running *r = arg;
    /* As when the dashboard quits: it ends as interrupted, to be resumed. */
    for (int s; (s = signals_next());)
        if (s == SIGINT || s == SIGTERM || s == SIGHUP)
            cancel_fire(r->call->engine.quit);
}

/* The answer to the plan, typed on a terminal. */
static void on_typed(struct loop *l, int fd, short events, void *arg)
{
    (void)events;
    struct running *r = arg;
    struct err e;
    char line[256];
    ssize_t n = read(fd, line, sizeof line - 1);
    loop_remove(l, fd);
    line[n > 0 ? n : 0] = 0;
    line[strcspn(line, "\r\n")] = 0;
    const struct operation *o = latest(r);
    bool yes = o->risk >= 3 ? strcmp(line, o->confirm_word.s) == 0
                            : strcmp(line, "y") == 0 || strcmp(line, "yes") == 0;
    operations_answer(r->all, r->id, yes, &e);
}

static void clear_progress(struct running *r)
{
    if (r->shown[0])
        fputs("\r\033[K", r->call->errors);
    r->shown[0] = 0;
}

static void put_line(FILE *out, const char *lead, struct text t)
{
    fprintf(out, "%s%.*s\n", lead, (int)t.len, t.s);
}

static void ask(struct running *r, const struct operation *o)
{
    struct call *c = r->call;
    struct err e;
    clear_progress(r);
    r->asked = true;
    for (size_t i = 0; i < o->plan_count; i++)
        put_line(c->errors, "  ", o->plan[i]);
    if (!isatty(STDIN_FILENO) || loop_add(r->loop, STDIN_FILENO, on_typed, r, &e)) {
        r->refused = true;
        operations_answer(r->all, r->id, false, &e);
        return;
    }
    if (o->risk >= 3)
        fprintf(c->errors, "Type %s to go on: ", o->confirm_word.s);
    else
        fputs("Go on? y/n: ", c->errors);
    fflush(c->errors);
}

/* The last that runs: hashing may go on beside sending. */
static const struct operation_step *current_step(const struct operation *o)
{
    for (size_t i = o->step_count; i-- > 0;)
        if (o->steps[i].state == STEP_RUNNING)
            return &o->steps[i];
    return NULL;
}

/* With --json how far it is goes to the errors' side, an object a line; the document on the other side stays
 * one. */
static void print_event(struct running *r, const struct operation *o)
{
    struct json *j = operation_event_json(o);
    struct buf line;
    buf_init(&line, 64 * 1024);
    if (j && !json_print(j, &line))
        fprintf(r->call->errors, "%s\n", buf_str(&line));
    buf_release(&line);
    json_free(j);
}

static void show_progress(struct running *r, const struct operation *o)
{
    const struct operation_step *s = current_step(o);
    if (r->call->json && !r->call->quiet)
        print_event(r, o);
    char line[sizeof r->shown] = "", part[64] = "";
    if (!s || !call_shows_progress(r->call))
        return;
    if (o->total > 0)
        snprintf(part, sizeof part, "%.0f%% ", 100.0 * (double)o->done / (double)o->total);
    snprintf(
        line, sizeof line, "%s: %s%.*s", s->name, part, (int)text_cut(s->note, 60).len, s->note.s);
    if (strcmp(line, r->shown) == 0)
        return;
    clear_progress(r);
    fputs(line, r->call->errors);
    fflush(r->call->errors);
    memcpy(r->shown, line, sizeof line);
}

static void on_inbox(struct loop *l, int fd, short events, void *arg)
{
    (void)fd, (void)events;
    struct running *r = arg;
    struct message *m = inbox_receive(r->call->engine.inbox, NULL);
    for (struct message *next; m; m = next) {
        next = m->next;
        const struct operation *o = m->type == NEWS_OPERATION ? m->payload : NULL;
        if (!o || strcmp(o->id, r->id) != 0) {
            message_free(m);
            continue;
        }
        message_free(r->last);
        r->last = m;
        if (o->state == OPERATION_ASKING && !r->asked)
            ask(r, o);
        else if (o->state == OPERATION_RUNNING)
            show_progress(r, o);
        else if (o->state != OPERATION_ASKING)
            loop_stop(l, 0);
    }
}

static int exit_code_for(const struct running *r, const struct operation *o)
{
    if (r->refused)
        return EXIT_CODE_USAGE;
    if (o->state == OPERATION_DONE) /* with an error: it was done, but the registry does not know */
        return o->error.class == ERR_NONE ? EXIT_CODE_OK : EXIT_CODE_STATE;
    if (o->state == OPERATION_CANCELLED || o->state == OPERATION_INTERRUPTED)
        return EXIT_CODE_CANCELLED;
    if (o->kind == OPERATION_UPLOAD && o->checklist && o->checklist->blockers)
        return EXIT_CODE_BAD;
    return (int)exit_code_of(o->error.class);
}

static void say_how_it_ended(struct running *r, const struct operation *o)
{
    struct call *c = r->call;
    if (r->refused)
        fputs("slipway: this needs a yes: add --yes, or run it on a terminal\n", c->errors);
    else if (o->error.class != ERR_NONE)
        call_complain(c, &o->error);
    if (!c->dry_run)
        unfinished_hint(c, o->id);
}

static int print_operation(struct call *c, const struct operation *o)
{
    if (c->json)
        return call_print(c, operation_json(o), "slipway.operation/1");
    for (size_t i = 0; i < o->plan_count && c->dry_run; i++)
        put_line(c->out, "", o->plan[i]);
    for (size_t i = 0; i < o->step_count && !c->dry_run; i++)
        if (o->steps[i].state != STEP_WAITING)
            call_line(c, "%-16s %-8s %s", o->steps[i].name, step_state_name(o->steps[i].state),
                o->steps[i].note.s);
    if (o->note.len)
        put_line(c->out, "", o->note);
    return call_flushed(c);
}

static int start(struct running *r, enum operation_kind kind, struct err *e)
{
    struct call *c = r->call;
    const struct operation_flags flags = {.yes = c->yes, .dry_run = c->dry_run};
    const char *resumed = json_str(c->asked, "id");
    if (!resumed)
        return operations_start(r->all, kind, json_dup(c->asked), &flags, r->id, e);
    return operations_resume(r->all, resumed, &flags, r->id, e);
}

static int run_operation(struct call *c, enum operation_kind kind)
{
    struct running r = {.call = c};
    struct err e;
    int code = call_open(c);
    if (code)
        return code;
    r.all = operations_new(&c->engine);
    r.loop = loop_new(c->engine.clock);
    if (!r.all || !r.loop || loop_add(r.loop, signals_fd(), on_signal, &r, &e) ||
        loop_add(r.loop, inbox_fd(c->engine.inbox), on_inbox, &r, &e) || start(&r, kind, &e) ||
        loop_run(r.loop, NULL, NULL, &e)) {
        if (!r.all || !r.loop)
            err_set(&e, ERR_IO, 0, "out of memory");
        code = call_fail(c, &e);
    } else {
        clear_progress(&r);
        int printed = print_operation(c, latest(&r));
        say_how_it_ended(&r, latest(&r));
        code = exit_code_for(&r, latest(&r));
        code = code ? code : printed;
    }
    operations_free(r.all);
    loop_free(r.loop);
    message_free(r.last);
    return code;
}

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
    return run_operation(c, OPERATION_UPLOAD);
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
    return run_operation(c, OPERATION_DEPLOY);
}

static int resume(struct call *c)
{
    return json_str(c->asked, "id") ? run_operation(c, OPERATION_UPLOAD) : unfinished_call(c);
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
        .help = "endpoint on RunPod, first answer, row in the registry; says the price first",
        .args = {"repo"},
        .args_least = 1,
        .flags = {{"name", "NAME", "of the endpoint; default the repository's"},
            {"image", "IMAGE", "of the worker"},
            {"pool", "POOLS",
                "GPU pools in order, as ADA_24,AMPERE_24; default by memory and price"},
            {"gpus", "N", "GPUs a worker"}, {"context", "N", "context length (MAX_MODEL_LEN)"},
            {"min", "N", "workers at least; default 0"}, {"max", "N", "workers at most; default 3"},
            {"idle", "SECONDS", "before a worker stops; default 10"},
            {"disk", "GB", "container disk; default by the weights"},
            {"env", "NAME=VALUE", "environment of the worker; may be repeated"},
            {"budget", "DOLLARS", "noted in the registry"},
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
