/* README.md. Where there is none, one is written. Where the folder has one, it is compared with the one that
 * would be written: keys that it lacks and that are known are offered as a diff, and put into a copy only
 * when the operator wants that. Prose is never touched.
 *
 * Licence and language are those of the base model's card: nobody else knows them, and they are not made up. */
#include "client/model_complete_internal.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { CARD_MAX = 1 << 20, ADDED_NAMES_MAX = 1024, SHORT_MAX = 64, CONFIG_MAX = 4 << 20 };

static const char *const keys[CARD_KEYS] = {
    [CARD_LICENSE] = "license",
    [CARD_LICENSE_NAME] = "license_name",
    [CARD_LICENSE_LINK] = "license_link",
    [CARD_LANGUAGE] = "language",
    [CARD_LIBRARY] = "library_name",
    [CARD_TASK] = "pipeline_tag",
    [CARD_BASE] = "base_model",
    [CARD_RELATION] = "base_model_relation",
    [CARD_DATASETS] = "datasets",
    [CARD_TAGS] = "tags",
};

static void give(struct card_row *row, const char *value)
{
    if (value && row->count < CARD_VALUES_MAX)
        row->values[row->count++] = value;
}

/* ---- from the base model's card ----------------------------------------------------------------- */

/* An identifier as licences and languages are: "cc-by-4.0", "zh". */
static bool is_short_word(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= SHORT_MAX &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_") == n;
}

static void take_words(const struct complete *c, const struct front *f, struct card_row *row)
{
    const char *values[CARD_VALUES_MAX];
    size_t max = row->list ? CARD_VALUES_MAX : 1;
    size_t n = front_values(f, row->key, c->scratch, values, max);
    for (size_t i = 0; i < n; i++)
        if (is_short_word(values[i]))
            give(row, values[i]);
}

static void take_words_of_any_kind(
    const struct complete *c, const struct front *f, struct card_row *row)
{
    const char *value;
    if (front_values(f, row->key, c->scratch, &value, 1))
        give(row, value);
}

static void read_base_card(const struct complete *c, const struct buf *b, struct card *card)
{
    struct front f;
    if (!front_find(buf_str(b), b->len, &f))
        return;
    take_words(c, &f, &card->rows[CARD_LICENSE]);
    take_words(c, &f, &card->rows[CARD_LANGUAGE]);
    const struct card_row *license = &card->rows[CARD_LICENSE];
    if (license->count && strcmp(license->values[0], "other") == 0) {
        take_words_of_any_kind(c, &f, &card->rows[CARD_LICENSE_NAME]);
        take_words_of_any_kind(c, &f, &card->rows[CARD_LICENSE_LINK]);
    }
}

int complete_base_card(struct complete *c, struct card *card)
{
    struct base_file file;
    enum base_got got = c->base.id ? base_get(c, "README.md", true, false, &file) : BASE_LACKS;
    if (got == BASE_GOT) {
        read_base_card(c, &file.bytes, card);
        base_file_release(&file);
    }
    return got == BASE_FAILED ? -1 : 0;
}

/* ---- from the folder and the job ---------------------------------------------------------------- */

/* An adapter's folder says it in adapter_config.json. */
static bool generates(const struct complete *c)
{
    const struct check_file *own = complete_own(c, "adapter_config.json");
    struct buf b;
    if (c->facts.text_generation || !c->facts.adapter || !own)
        return c->facts.text_generation;
    buf_init(&b, CONFIG_MAX);
    struct json *j =
        complete_read_own(c, own, &b) == 0 ? json_parse(buf_str(&b), b.len, NULL) : NULL;
    bool causal = strcmp(json_str_or(j, "task_type", ""), "CAUSAL_LM") == 0;
    json_free(j);
    buf_release(&b);
    return causal;
}

/* Whether the method's words ("qlora + dpo", "SFT") hold this one. */
static bool names_method(const char *method, const char *word)
{
    size_t n = strlen(word);
    for (const char *s = method; *s; s += n ? 1 : 0) {
        bool begins = s == method || !isalnum((unsigned char)s[-1]);
        if (begins && strncasecmp(s, word, n) == 0 && !isalnum((unsigned char)s[n]))
            return true;
    }
    return false;
}

static void add_tags(const struct complete *c, struct card_row *row)
{
    static const char *const methods[] = {
        "trl", "sft", "dpo", "orpo", "kto", "grpo", "ppo", "rloo", "lora", "qlora"};
    const struct job *job = c->options->job;
    if (c->facts.chat_template)
        give(row, "conversational");
    for (size_t i = 0; job && job->method.s && i < sizeof methods / sizeof *methods; i++)
        if (names_method(job->method.s, methods[i]))
            give(row, methods[i]);
}

/* OWNER/NAME of the Hub. A path of this machine may look the same: by its ending or its folder it is told. */
static bool is_dataset(struct text t)
{
    static const char *const local[] = {"data", "dataset", "datasets", "input", "inputs", "mnt",
        "output", "outputs", "tmp", "train", "training", "workspace"};
    static const char *const endings[] = {".json", ".jsonl", ".csv", ".tsv", ".txt", ".parquet"};
    size_t owner = t.s ? strcspn(t.s, "/") : 0;
    if (!t.s || !t.s[owner] || !folder_is_repo_name(t.s))
        return false;
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        if (owner == strlen(local[i]) && strncasecmp(t.s, local[i], owner) == 0)
            return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i]);
        if (t.len > n && strcasecmp(t.s + t.len - n, endings[i]) == 0)
            return false;
    }
    return true;
}

static const char *title_of(struct complete *c)
{
    const char *repo = c->options->repo, *slash = repo ? strchr(repo, '/') : NULL;
    const char *end = c->folder ? strrchr(c->folder, '/') : NULL;
    const char *name = slash ? slash + 1 : end && end[1] ? end + 1 : "Model";
    return text_from(c->scratch, name).s;
}

/* "a.json, b.json", by name: the list's order depends on their states. */
static const char *added_names(struct complete *c)
{
    static const char *const names[] = {"added_tokens.json", "chat_template.jinja",
        "generation_config.json", "merges.txt", "special_tokens_map.json", "tokenizer.json",
        "tokenizer.model", "tokenizer_config.json", "vocab.json"};
    struct buf b;
    const char *out = NULL;
    buf_init(&b, ADDED_NAMES_MAX);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct check_file *line = complete_line(c, names[i]);
        if (line && line->origin == CHECK_FROM_BASE)
            c->failed |= buf_printf(&b, "%s%s", b.len ? ", " : "", names[i]) != 0;
    }
    if (b.len)
        out = arena_dup(c->scratch, b.data, b.len);
    buf_release(&b);
    return out;
}

static void gather(struct complete *c, struct card *card)
{
    struct card_row *rows = card->rows;
    const struct job *job = c->options->job;
    *card = (struct card){.title = title_of(c),
        .repo = hub_check_repo_id(c->options->repo, NULL) ? NULL : c->options->repo,
        .base = c->base.id,
        .added = added_names(c),
        .job = job,
        .adapter = c->facts.adapter,
        .custom_code = c->facts.custom_code,
        .generates = generates(c)};
    for (size_t i = 0; i < CARD_KEYS; i++)
        rows[i].key = keys[i];
    rows[CARD_LANGUAGE].list = rows[CARD_DATASETS].list = rows[CARD_TAGS].list = true;
    if (c->facts.adapter || c->facts.model_type.len)
        give(&rows[CARD_LIBRARY], c->facts.adapter ? "peft" : "transformers");
    if (card->generates)
        give(&rows[CARD_TASK], "text-generation");
    give(&rows[CARD_BASE], c->base.id);
    if (c->base.id)
        give(&rows[CARD_RELATION], c->facts.adapter ? "adapter" : "finetune");
    if (job && is_dataset(job->dataset))
        give(&rows[CARD_DATASETS], job->dataset.s);
    add_tags(c, &rows[CARD_TAGS]);
}

/* ---- a new one ------------------------------------------------------------------------------------ */

/* The keys that the Hub looks at, and that the reading of a folder misses. */
static const enum card_key looked_at[] = {CARD_TASK, CARD_LIBRARY, CARD_BASE, CARD_LICENSE};

static void say_written(struct complete *c, const struct card *card, struct check_file *line)
{
    struct buf has, lacks;
    buf_init(&has, ADDED_NAMES_MAX);
    buf_init(&lacks, ADDED_NAMES_MAX);
    for (size_t i = 0; i < sizeof looked_at / sizeof *looked_at; i++) {
        const struct card_row *row = &card->rows[looked_at[i]];
        if (row->count)
            (void)buf_printf(&has, "%s%s%s", has.len ? ", " : "",
                looked_at[i] == CARD_BASE ? "base_model " : "", row->values[0]);
        else
            (void)buf_printf(&lacks, "%s%s", lacks.len ? ", " : "", row->key);
    }
    complete_say(c, line, "written%s%s", has.len ? ": " : "", buf_str(&has));
    line->state = lacks.len ? CHECK_WARNING : CHECK_VALID;
    if (lacks.len)
        complete_say(c, line, "no %s is known", buf_str(&lacks));
    buf_release(&has);
    buf_release(&lacks);
}

/* A licence that the card names is missed no more; "other" says only that there has to be a text. */
void complete_settle_license(struct complete *c, const struct card_row *license)
{
    const struct check_file *line = complete_line(c, "LICENSE");
    if (line && line->state == CHECK_MISSING && license->count &&
        strcmp(license->values[0], "other") != 0)
        complete_drop(c, "LICENSE");
}

static int write_card(struct complete *c, const struct card *card)
{
    struct buf b;
    buf_init(&b, CARD_MAX);
    struct check_file line = complete_new_line(c, "README.md", CHECK_WRITTEN, 0);
    int rc = card_write_front(card, "\n", &b) || buf_char(&b, '\n') || card_write_body(card, &b)
                 ? err_set(c->error, ERR_IO, ENOMEM, "out of memory for README.md")
                 : 0;
    if (rc == 0 && line.raw_path)
        rc = complete_stage(c, &line, &b);
    if (rc == 0) {
        say_written(c, card, &line);
        complete_settle_license(c, &card->rows[CARD_LICENSE]);
        rc = complete_put(c, &line);
    }
    buf_release(&b);
    return rc;
}

int complete_card(struct complete *c)
{
    struct check_file *own = complete_own(c, "README.md");
    struct card *card = arena_alloc(c->scratch, sizeof *card);
    if (!own && complete_has(c, "README.md"))
        return 0;
    if (!card)
        return err_set(c->error, ERR_IO, ENOMEM, "out of memory for README.md");
    gather(c, card);
    if (own)
        return own->send ? complete_offer(c, card, own) : 0;
    return complete_base_card(c, card) ? -1 : write_card(c, card);
}
