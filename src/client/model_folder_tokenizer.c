/* The tokenizer comes in one of three forms: tokenizer.json, tokenizer.model, or vocab.json with
 * merges.txt. One is needed; beside tokenizer.json the others are old company. */
#include "client/model_folder_internal.h"

#include <string.h>

bool folder_is_spare_tokenizer(const struct folder *f, const char *raw)
{
    static const char *const older[] = {"tokenizer.model", "vocab.json", "merges.txt"};
    if (!folder_has(f, "tokenizer.json"))
        return false;
    for (size_t i = 0; i < sizeof older / sizeof *older; i++)
        if (strcmp(raw, older[i]) == 0)
            return true;
    return false;
}

/* The largest id of the vocabulary: a map from piece to id, or a list of pieces (Unigram). */
static double largest_id(const struct json *vocab)
{
    double largest = -1;
    if (json_kind(vocab) == JSON_ARRAY)
        return (double)json_count(vocab) - 1;
    for (const struct json *i = json_first(vocab); i; i = json_next(i))
        largest = json_number(i, -1) > largest ? json_number(i, -1) : largest;
    return largest;
}

/* Added tokens may be of the vocabulary or behind it, so ids are compared, not counts. */
static double largest_added(const struct json *added)
{
    double largest = -1;
    for (const struct json *i = json_first(added); i; i = json_next(i))
        largest = json_num(i, "id", -1) > largest ? json_num(i, "id", -1) : largest;
    return largest;
}

static void check_size(struct folder *f, struct found *file, double largest)
{
    if (f->facts.vocab_size > 0 && largest >= (double)f->facts.vocab_size)
        folder_note(f, file, CHECK_WARNING, "token %.0f lies outside the model's %lld", largest,
            (long long)f->facts.vocab_size);
}

void folder_check_tokenizer(struct folder *f, struct found *file)
{
    struct json *j = folder_object(f, file, FOLDER_TOKENIZER_MAX);
    if (!j)
        return;
    const struct json *model = json_get(j, "model");
    const struct json *vocab = json_get(model, "vocab");
    double added = largest_added(json_get(j, "added_tokens")), own = largest_id(vocab);
    if (!json_str(model, "type"))
        folder_flaw(f, file, "no model.type");
    if (json_kind(vocab) != JSON_OBJECT && json_kind(vocab) != JSON_ARRAY)
        folder_flaw(f, file, "no model.vocab");
    check_size(f, file, added > own ? added : own);
    json_free(f->tokenizer);
    f->tokenizer = j;
}

void folder_check_not_empty(struct folder *f, struct found *file)
{
    if (file->line.size == 0)
        folder_flaw(f, file, "empty");
}

void folder_check_vocab(struct folder *f, struct found *file)
{
    struct json *j = folder_object(f, file, FOLDER_TOKENIZER_MAX);
    if (j && json_count(j) == 0)
        folder_flaw(f, file, "no tokens");
    check_size(f, file, largest_id(j));
    json_free(j);
}

/* ---- tokenizer_config.json ----------------------------------------------------------------------- */

static void check_inline_template(struct folder *f, struct found *file, const char *s)
{
    f->facts.chat_template |= s && s[0];
    const char *flaw = s ? folder_template_flaw(s, strlen(s)) : "not a string";
    if (flaw)
        folder_note(f, file, CHECK_WARNING, "chat_template: %s", flaw);
}

/* A string, or a list of named ones. */
static void check_templates(struct folder *f, struct found *file, const struct json *templates)
{
    if (json_kind(templates) == JSON_ABSENT || json_kind(templates) == JSON_NULL)
        return;
    if (json_kind(templates) != JSON_ARRAY) {
        check_inline_template(f, file, json_string(templates));
        return;
    }
    for (const struct json *i = json_first(templates); i; i = json_next(i))
        check_inline_template(f, file, json_str(i, "template"));
}

void folder_check_tokenizer_config(struct folder *f, struct found *file)
{
    struct json *j = folder_object(f, file, FOLDER_SMALL_MAX);
    if (!j)
        return;
    if (!json_str(j, "tokenizer_class"))
        folder_note(f, file, CHECK_WARNING, "no tokenizer_class");
    if (!folder_token_word(json_get(j, "eos_token")))
        folder_note(f, file, CHECK_WARNING, "no eos_token");
    folder_check_token(f, file, j, "eos_token");
    folder_check_code(f, file, json_get(j, "auto_map"));
    check_templates(f, file, json_get(j, "chat_template"));
    json_free(j);
}

/* Where a processor keeps its template in older layouts. */
void folder_check_template_json(struct folder *f, struct found *file)
{
    struct json *j = folder_object(f, file, FOLDER_SMALL_MAX);
    if (j && json_kind(json_get(j, "chat_template")) == JSON_ABSENT)
        folder_flaw(f, file, "no chat_template");
    check_templates(f, file, json_get(j, "chat_template"));
    json_free(j);
}
