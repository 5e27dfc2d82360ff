/* Files that speak of tokens by their ids or their words, against what config.json and tokenizer.json say
 * there is. And files of plain JSON, of which nothing more is known. */
#include "client/model_folder_internal.h"

#include <math.h>
#include <string.h>

static bool is_token_id(const struct folder *f, const struct json *j)
{
    double v = json_number(j, -1);
    if (!(v >= 0 && v < 1e15) || v > floor(v))
        return false;
    return f->facts.vocab_size == 0 || v < (double)f->facts.vocab_size;
}

/* ---- words --------------------------------------------------------------------------------------- */

const char *folder_token_word(const struct json *j)
{
    const char *s = json_kind(j) == JSON_OBJECT ? json_str(j, "content") : json_string(j);
    return s && s[0] ? s : NULL;
}

/* A vocabulary is a map from the word, or a list of [word, score]. */
static bool is_in_vocabulary(const struct json *vocab, const char *word)
{
    if (json_kind(vocab) == JSON_OBJECT)
        return json_get(vocab, word) != NULL;
    for (const struct json *i = json_first(vocab); i; i = json_next(i)) {
        const char *piece = json_string(json_first(i));
        if (piece && strcmp(piece, word) == 0)
            return true;
    }
    return false;
}

static bool is_added(const struct json *added, const char *word)
{
    for (const struct json *i = json_first(added); i; i = json_next(i))
        if (strcmp(json_str_or(i, "content", ""), word) == 0)
            return true;
    return false;
}

void folder_check_token(
    struct folder *f, struct found *file, const struct json *object, const char *key)
{
    const char *word = folder_token_word(json_get(object, key));
    if (word && f->tokenizer && !is_added(json_get(f->tokenizer, "added_tokens"), word) &&
        !is_in_vocabulary(json_get(json_get(f->tokenizer, "model"), "vocab"), word))
        folder_note(f, file, CHECK_WARNING, "%s \"%s\" is no token of tokenizer.json", key, word);
}

static bool are_tokens(const struct folder *f, const struct json *value)
{
    if (json_kind(value) == JSON_ARRAY) {
        for (const struct json *i = json_first(value); i; i = json_next(i))
            if (json_kind(i) == JSON_ARRAY || !are_tokens(f, i))
                return false;
        return true;
    }
    const struct json *id = json_get(value, "id");
    return json_kind(value) == JSON_NULL ||
           (folder_token_word(value) && (!id || is_token_id(f, id)));
}

void folder_check_special_tokens(struct folder *f, struct found *file)
{
    struct json *j = folder_object(f, file, FOLDER_SMALL_MAX);
    for (const struct json *i = json_first(j); i; i = json_next(i))
        if (!are_tokens(f, i)) {
            folder_flaw(f, file, "%s is no token of the vocabulary", json_key(i));
            break;
        }
    folder_check_token(f, file, j, "eos_token");
    json_free(j);
}

/* ---- ids ----------------------------------------------------------------------------------------- */

/* eos_token_id: a number or a list of them, below the vocabulary's size. */
static void check_end_token(struct folder *f, struct found *file, const struct json *id)
{
    const struct json *i = json_kind(id) == JSON_ARRAY ? json_first(id) : id;
    bool list = json_kind(id) == JSON_ARRAY;
    if (json_kind(i) == JSON_ABSENT || json_kind(i) == JSON_NULL)
        folder_flaw(f, file, "no eos_token_id: answers may not end");
    for (; i && json_kind(i) != JSON_NULL; i = list ? json_next(i) : NULL)
        if (!is_token_id(f, i)) {
            folder_flaw(f, file, "eos_token_id is no token of the vocabulary");
            return;
        }
}

void folder_check_generation(struct folder *f, struct found *file)
{
    struct json *j = folder_object(f, file, FOLDER_SMALL_MAX);
    if (j)
        check_end_token(f, file, json_get(j, "eos_token_id"));
    json_free(j);
}

void folder_check_added_tokens(struct folder *f, struct found *file)
{
    struct json *j = folder_object(f, file, FOLDER_SMALL_MAX);
    size_t outside = 0;
    for (const struct json *i = json_first(j); i; i = json_next(i))
        outside += !is_token_id(f, i);
    if (outside)
        folder_flaw(f, file, "%zu token%s outside the vocabulary", outside,
            outside == 1 ? " lies" : "s lie");
    json_free(j);
}

/* ---- plain JSON ---------------------------------------------------------------------------------- */

void folder_check_json(struct folder *f, struct found *file)
{
    if (file->line.size > FOLDER_SMALL_MAX) {
        folder_note(f, file, CHECK_PRESENT, "too large to look into");
        file->line.state = CHECK_PRESENT;
        return;
    }
    json_free(folder_json(f, file, FOLDER_SMALL_MAX));
}

void folder_check_object(struct folder *f, struct found *file)
{
    json_free(folder_object(f, file, FOLDER_SMALL_MAX));
}
