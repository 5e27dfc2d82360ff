/* What the Hub works out by itself some seconds after a commit (spec/huggingface.md §2.3, §8.1):
 * tags, task, library, configuration, parameter counts. Nothing runs in the background: facts are
 * worked out when they are first asked for, and only for commits that are old enough by the
 * simulated clock. */
#include "sim/hub_card.h"
#include "sim/hub_request.h"

#include <stdio.h>
#include <string.h>

enum { FACTS_TEXT_MAX = 16 * 1024 * 1024, SAFETENSORS_HEAD_MAX = 25000000 };

struct facts { /* being worked out */
    struct hub_world *h;
    const struct hub_repo *repo;
    const struct hub_files *files;
    struct hub_card card;
    struct json *config, *tokenizer, *adapter; /* the files of those names, NULL = none */
    struct json *out;
};

static struct json *read_json(const struct facts *f, const char *path)
{
    struct buf text;
    buf_init(&text, FACTS_TEXT_MAX);
    struct json *j = NULL;
    if (hub_read_file(f->h, f->files, path, &text) == 0)
        j = json_parse(buf_str(&text), text.len, NULL);
    buf_release(&text);
    return j;
}

static void read_card(struct facts *f)
{
    struct buf text;
    buf_init(&text, FACTS_TEXT_MAX);
    if (hub_read_file(f->h, f->files, "README.md", &text) == 0)
        hub_card_read(buf_str(&text), text.len, hub_type_name(f->repo->type), &f->card);
    buf_release(&text);
    if (f->card.data)
        json_add(f->out, "cardData", json_dup(f->card.data));
}

/* ---- task and library ------------------------------------------------------------------------ */

static const struct head { /* what the end of an architecture's name says */
    const char *end, *auto_model, *task, *processor;
} heads[] = {
    {"ForCausalLM", "AutoModelForCausalLM", "text-generation", "AutoTokenizer"},
    {"ForSequenceClassification", "AutoModelForSequenceClassification", "text-classification",
        "AutoTokenizer"},
    {"ForTokenClassification", "AutoModelForTokenClassification", "token-classification",
        "AutoTokenizer"},
    {"ForQuestionAnswering", "AutoModelForQuestionAnswering", "question-answering",
        "AutoTokenizer"},
    {"ForMaskedLM", "AutoModelForMaskedLM", "fill-mask", "AutoTokenizer"},
    {"ForConditionalGeneration", "AutoModelForImageTextToText", "image-text-to-text",
        "AutoProcessor"},
};

static const struct head *head_of(const struct json *config)
{
    const char *name = json_string(json_first(json_get(config, "architectures")));
    size_t n = name ? strlen(name) : 0;
    for (size_t i = 0; n && i < sizeof heads / sizeof *heads; i++) {
        size_t end = strlen(heads[i].end);
        if (n >= end && strcmp(name + n - end, heads[i].end) == 0)
            return &heads[i];
    }
    return NULL;
}

/* Only what the card says, and adapters, which say it by their configuration. */
static const char *library_of(const struct facts *f)
{
    const char *said = json_str(f->card.data, "library_name");
    return said ? said : f->adapter ? "peft" : NULL;
}

static void add_task(struct facts *f, const char *library)
{
    const struct head *head =
        library && strcmp(library, "transformers") == 0 ? head_of(f->config) : NULL;
    const char *said = json_str(f->card.data, "pipeline_tag");
    const char *task_type = json_str(f->adapter, "task_type");
    bool causal_adapter = task_type && strcmp(task_type, "CAUSAL_LM") == 0;
    const char *task = said ? said : head ? head->task : causal_adapter ? "text-generation" : NULL;
    if (library)
        json_add_str(f->out, "library_name", library);
    if (task)
        json_add_str(f->out, "pipeline_tag", task);
    if (!head)
        return;
    struct json *info = json_new_object();
    json_add_str(info, "auto_model", head->auto_model);
    json_add_str(info, "pipeline_tag", head->task);
    json_add_str(info, "processor", head->processor);
    json_add(f->out, "transformersInfo", info);
}

/* ---- configuration --------------------------------------------------------------------------- */

static void copy_members(
    const struct json *from, struct json *to, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (json_get(from, names[i]))
            json_add(to, names[i], json_dup(json_get(from, names[i])));
}

static void add_config(struct facts *f)
{
    static const char *const model[] = {"architectures", "model_type", "quantization_config"};
    static const char *const tokens[] = {"bos_token", "chat_template", "eos_token", "pad_token",
        "unk_token", "use_default_system_prompt"};
    static const char *const peft[] = {"base_model_name_or_path", "peft_type", "task_type"};
    struct buf template;
    buf_init(&template, FACTS_TEXT_MAX);
    struct json *config = json_new_object(), *tokenizer = json_new_object(), *adapter;
    copy_members(f->config, config, model, sizeof model / sizeof *model);
    copy_members(f->tokenizer, tokenizer, tokens, sizeof tokens / sizeof *tokens);
    json_add(config, "tokenizer_config", tokenizer);
    if (hub_read_file(f->h, f->files, "chat_template.jinja", &template) == 0)
        json_add_str(config, "chat_template_jinja", buf_str(&template));
    if (f->adapter) {
        adapter = json_new_object();
        copy_members(f->adapter, adapter, peft, sizeof peft / sizeof *peft);
        json_add(config, "peft", adapter);
    }
    if (f->config || f->tokenizer || f->adapter)
        json_add(f->out, "config", config);
    else
        json_free(config);
    buf_release(&template);
}

/* ---- parameter counts ------------------------------------------------------------------------ */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static struct json *read_header(const struct facts *f, const struct hub_file *file)
{
    struct buf head;
    struct json *j = NULL;
    uint64_t n = 0;
    buf_init(&head, SAFETENSORS_HEAD_MAX + 8);
    if (hub_stored_read(f->h, file->sha256, 0, 8, &head) == 0 && head.len == 8)
        for (size_t i = 8; i-- > 0;)
            n = n << 8 | (unsigned char)head.data[i];
    buf_clear(&head);
    if (n > 1 && n <= SAFETENSORS_HEAD_MAX &&
        hub_stored_read(f->h, file->sha256, 8, (size_t)n, &head) == 0 && head.len == n)
        j = json_parse(buf_str(&head), head.len, NULL);
    buf_release(&head);
    return j;
}

static double elements(const struct json *tensor)
{
    double n = 1;
    for (const struct json *d = json_first(json_get(tensor, "shape")); d; d = json_next(d))
        n *= json_number(d, 0);
    return n;
}

static void count_file(const struct json *header, struct json *by_type, double *total)
{
    for (const struct json *t = json_first(header); t; t = json_next(t)) {
        const char *type = json_str(t, "dtype");
        if (!type || strcmp(json_key(t), "__metadata__") == 0)
            continue;
        double n = elements(t);
        *total += n;
        json_set(by_type, type, json_new_num(json_num(by_type, type, 0) + n));
    }
}

static void add_parameters(struct facts *f)
{
    struct json *by_type = json_new_object(), *j;
    double total = 0;
    for (size_t i = 0; i < f->files->count; i++) {
        const struct hub_file *file = f->files->all[i];
        if (strchr(file->path, '/') || !ends_with(file->path, ".safetensors"))
            continue;
        struct json *header = read_header(f, file);
        count_file(header, by_type, &total);
        json_free(header);
    }
    if (total <= 0) {
        json_free(by_type);
        return;
    }
    j = json_new_object();
    json_add(j, "parameters", by_type);
    json_add_num(j, "total", total);
    json_add(f->out, "safetensors", j);
}

/* ---- tags ------------------------------------------------------------------------------------ */

static void add_tag(struct json *tags, const char *prefix, const char *word)
{
    char tag[512];
    if (!word || !*word)
        return;
    snprintf(tag, sizeof tag, "%s%s", prefix, word);
    for (const struct json *t = json_first(tags); t; t = json_next(t))
        if (strcmp(json_string(t), tag) == 0)
            return;
    json_push(tags, json_new_string(tag));
}

static void add_tags(struct json *tags, const char *prefix, const struct json *one_or_more)
{
    add_tag(tags, prefix, json_string(one_or_more));
    const struct json *v = json_kind(one_or_more) == JSON_ARRAY ? json_first(one_or_more) : NULL;
    for (; v; v = json_next(v))
        add_tag(tags, prefix, json_string(v));
}

static bool has_template(const struct facts *f)
{
    return hub_files_find(f->files, "chat_template.jinja") ||
           json_get(f->tokenizer, "chat_template");
}

static void add_all_tags(struct facts *f)
{
    char prefix[64];
    const struct json *card = f->card.data;
    const char *library = json_str(f->out, "library_name");
    const char *relation = json_str(card, "base_model_relation");
    bool adapter = f->adapter || (library && strcmp(library, "peft") == 0);
    struct json *tags = json_new_array();
    add_tag(tags, "", library);
    if (json_get(f->out, "safetensors"))
        add_tag(tags, "", "safetensors");
    add_tag(tags, "", json_str(f->config, "model_type"));
    add_tag(tags, "", json_str(f->out, "pipeline_tag"));
    if (has_template(f))
        add_tag(tags, "", "conversational");
    add_tags(tags, "", json_get(card, "tags"));
    add_tags(tags, "", json_get(card, "language"));
    add_tags(tags, "dataset:", json_get(card, "datasets"));
    add_tags(tags, "base_model:", json_get(card, "base_model"));
    snprintf(prefix, sizeof prefix, "base_model:%.32s:",
        relation  ? relation
        : adapter ? "adapter"
                  : "finetune");
    add_tags(tags, prefix, json_get(card, "base_model"));
    add_tags(tags, "license:", json_get(card, "license"));
    add_tag(tags, "", "region:us");
    json_add(f->out, "tags", tags);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static struct json *work_out(struct hub_world *h, const struct hub_repo *repo, struct hub_commit *c)
{
    struct facts f = {.h = h, .repo = repo, .files = &c->files, .out = json_new_object()};
    if (!f.out)
        return NULL;
    read_card(&f);
    f.config = read_json(&f, "config.json");
    f.tokenizer = read_json(&f, "tokenizer_config.json");
    f.adapter = read_json(&f, "adapter_config.json");
    add_task(&f, library_of(&f));
    add_config(&f);
    add_parameters(&f);
    add_all_tags(&f);
    hub_card_release(&f.card);
    json_free(f.config);
    json_free(f.tokenizer);
    json_free(f.adapter);
    return f.out;
}

const struct json *hub_facts(struct sim *s, const struct hub_repo *repo, struct hub_commit *c)
{
    int64_t delay = hub_setting(s->hub, "facts_delay_s", 5) * 1000;
    while (c && c->at + delay > sim_now(s))
        c = c->parent;
    if (c && !c->facts)
        c->facts = work_out(s->hub, repo, c);
    return c ? c->facts : NULL;
}
