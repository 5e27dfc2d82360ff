/* A card is checked key by key from one table. Each check may add errors (the README is refused)
 * and warnings (it is not); all of them are reported, not only the first. */
#include "sim/hub_card.h"

#include "sim/hub_rules.h"
#include "sim/hub_yaml.h"

#include <stdio.h>
#include <string.h>

/* ---- known words ----------------------------------------------------------------------------- */

/* docs/hub/repositories-licenses.md, in its order, which is also that of the error message. */
static const char *const licenses[] = {"apache-2.0", "mit", "openrail", "bigscience-openrail-m",
    "creativeml-openrail-m", "bigscience-bloom-rail-1.0", "bigcode-openrail-m", "afl-3.0",
    "artistic-2.0", "bsl-1.0", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "c-uda",
    "cc", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0",
    "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0",
    "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0",
    "cdla-sharing-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "wtfpl", "ecl-2.0", "epl-1.0",
    "epl-2.0", "etalab-2.0", "eupl-1.1", "eupl-1.2", "agpl-3.0", "gfdl", "gpl", "gpl-2.0",
    "gpl-3.0", "lgpl", "lgpl-2.1", "lgpl-3.0", "isc", "h-research", "intel-research", "lppl-1.3c",
    "ms-pl", "apple-ascl", "apple-amlr", "mpl-2.0", "odc-by", "odbl", "openmdw-1.0", "openmdw-1.1",
    "openrail++", "osl-3.0", "postgresql", "ofl-1.1", "ncsa", "unlicense", "zlib", "pddl",
    "lgpl-lr", "deepfloyd-if-license", "fair-noncommercial-research-license", "llama2", "llama3",
    "llama3.1", "llama3.2", "llama3.3", "llama4", "grok2-community", "gemma", "unknown", "other",
    NULL};

static const char *const tasks[] = {"text-classification", "token-classification",
    "table-question-answering", "question-answering", "zero-shot-classification", "translation",
    "summarization", "feature-extraction", "text-generation", "fill-mask", "sentence-similarity",
    "text-to-speech", "text-to-audio", "automatic-speech-recognition", "audio-to-audio",
    "audio-classification", "audio-text-to-text", "voice-activity-detection", "depth-estimation",
    "image-classification", "object-detection", "image-segmentation", "text-to-image",
    "image-to-text", "image-to-image", "image-to-video", "unconditional-image-generation",
    "video-classification", "reinforcement-learning", "robotics", "tabular-classification",
    "tabular-regression", "tabular-to-text", "table-to-text", "multiple-choice", "text-ranking",
    "text-retrieval", "time-series-forecasting", "text-to-video", "image-text-to-text",
    "image-text-to-image", "image-text-to-video", "visual-question-answering",
    "document-question-answering", "zero-shot-image-classification", "graph-ml", "mask-generation",
    "zero-shot-object-detection", "text-to-3d", "image-to-3d", "image-feature-extraction",
    "video-text-to-text", "keypoint-detection", "visual-document-retrieval", "any-to-any",
    "video-to-video", "other", NULL};

static bool listed(const char *const *list, const char *word)
{
    for (; *list; list++)
        if (strcmp(*list, word) == 0)
            return true;
    return false;
}

/* As the error message shows them: "apache-2.0, mit, …". */
static void list_licenses(struct buf *out)
{
    for (size_t i = 0; licenses[i]; i++)
        buf_printf(out, "%s%s", i ? ", " : "", licenses[i]);
}

/* ---- what is wrong --------------------------------------------------------------------------- */

static void report(struct json *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void report(struct json *list, const char *format, ...)
{
    struct buf text;
    buf_init(&text, 8192);
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    struct json *entry = json_new_object();
    json_add_str(entry, "message", buf_str(&text));
    json_push(list, entry);
    buf_release(&text);
}

typedef void check_fn(struct hub_card *card, const char *name, const struct json *value);

static void check_string(struct hub_card *card, const char *name, const struct json *value)
{
    if (!json_string(value))
        report(card->errors, "\"%s\" must be a string", name);
}

static void check_array(struct hub_card *card, const char *name, const struct json *value)
{
    if (json_kind(value) != JSON_ARRAY)
        report(card->errors, "\"%s\" must be an array", name);
}

/* Runs a check on each element, under the name "key[0]". */
static void each(struct hub_card *card, const char *name, const struct json *array, check_fn *check)
{
    size_t i = 0;
    for (const struct json *v = json_first(array); v; v = json_next(v), i++) {
        char element[160];
        snprintf(element, sizeof element, "%s[%zu]", name, i);
        check(card, element, v);
    }
}

static void one_or_more(
    struct hub_card *card, const char *name, const struct json *value, check_fn *check)
{
    if (json_kind(value) == JSON_ARRAY)
        each(card, name, value, check);
    else if (json_string(value))
        check(card, name, value);
    else
        report(card->errors, "\"%s\" must be a string or an array of strings", name);
}

static void check_strings(struct hub_card *card, const char *name, const struct json *value)
{
    check_array(card, name, value);
    if (json_kind(value) == JSON_ARRAY)
        each(card, name, value, check_string);
}

static void check_string_or_strings(
    struct hub_card *card, const char *name, const struct json *value)
{
    one_or_more(card, name, value, check_string);
}

static void check_license(struct hub_card *card, const char *name, const struct json *value)
{
    const struct json *v = json_kind(value) == JSON_ARRAY ? json_first(value) : value;
    bool ok = v != NULL;
    for (; v && ok; v = value == v ? NULL : json_next(v))
        ok = json_string(v) && listed(licenses, json_string(v));
    if (ok)
        return;
    struct buf list;
    buf_init(&list, 4096);
    list_licenses(&list);
    report(card->errors, "\"%s\" must be one of [%s, array]", name, buf_str(&list));
    buf_release(&list);
}

static void check_task(struct hub_card *card, const char *name, const struct json *value)
{
    check_string(card, name, value);
    if (json_string(value) && !listed(tasks, json_string(value)))
        report(card->warnings, "The pipeline tag \"%s\" is not in the official list",
            json_string(value));
}

static const char *const language_words[] = {"code", "multilingual", "no", "other", NULL};

static void check_one_language(struct hub_card *card, const char *name, const struct json *value)
{
    const char *code = json_string(value);
    if (!code) {
        check_string(card, name, value);
        return;
    }
    size_t n = strlen(code), small = strspn(code, "abcdefghijklmnopqrstuvwxyz");
    if (strpbrk(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        report(card->errors, "\"%s\" must only contain lowercase characters", name);
    else if (!listed(language_words, code) && (small != n || n < 2 || n > 3))
        report(card->errors,
            "\"%s\" with value \"%s\" is not valid. It must be an ISO 639-1, 639-2 or 639-3 code "
            "(two/three letters), or a special value like \"code\", \"multilingual\". If you want "
            "to "
            "use BCP-47 identifiers, you can specify them in language_bcp47.",
            name, code);
}

static void check_language(struct hub_card *card, const char *name, const struct json *value)
{
    one_or_more(card, name, value, check_one_language);
}

static bool looks_like_repo(const char *id)
{
    return strchr(id, '/') ? hub_repo_id_ok(id) : !hub_name_error(id);
}

static void check_one_model(struct hub_card *card, const char *name, const struct json *value)
{
    const char *id = json_string(value);
    if (!id)
        check_string(card, name, value);
    else if (!looks_like_repo(id))
        report(card->errors,
            "\"%s\" with value \"%s\" is not valid. Use a model id from https://hf.co/models.",
            name, id);
}

static void check_base_model(struct hub_card *card, const char *name, const struct json *value)
{
    one_or_more(card, name, value, check_one_model);
}

static void check_one_dataset(struct hub_card *card, const char *name, const struct json *value)
{
    const char *id = json_string(value);
    if (!id)
        check_string(card, name, value);
    else if (!looks_like_repo(id))
        report(card->errors,
            "\"%s\" with value \"%s\" is not valid. If possible, use a dataset id from "
            "https://hf.co/datasets.",
            name, id);
}

static void check_datasets(struct hub_card *card, const char *name, const struct json *value)
{
    one_or_more(card, name, value, check_one_dataset);
}

static const char *const relations[] = {"finetune", "adapter", "quantized", "merge", NULL};

static void check_relation(struct hub_card *card, const char *name, const struct json *value)
{
    if (!json_string(value) || !listed(relations, json_string(value)))
        report(card->errors, "\"%s\" must be one of [adapter, merge, quantized, finetune]", name);
}

static const struct card_rule {
    const char *key;
    bool models_only;
    check_fn *check;
} card_rules[] = {
    {"license", false, check_license},
    {"license_name", false, check_string},
    {"license_link", false, check_string},
    {"language", false, check_language},
    {"tags", false, check_strings},
    {"datasets", true, check_datasets},
    {"metrics", true, check_string_or_strings},
    {"base_model", true, check_base_model},
    {"base_model_relation", true, check_relation},
    {"library_name", true, check_string},
    {"pipeline_tag", true, check_task},
    {"widget", true, check_array},
    {"model-index", true, check_array},
    {"thumbnail", false, check_string},
};

/* ---- the card -------------------------------------------------------------------------------- */

/* The next line; moves *s behind it. */
static size_t line_length(const char **s, const char *end, const char **line)
{
    const char *lf = memchr(*s, '\n', (size_t)(end - *s));
    *line = *s;
    *s = lf ? lf + 1 : end;
    size_t n = (size_t)((lf ? lf : end) - *line);
    return n > 0 && (*line)[n - 1] == '\r' ? n - 1 : n;
}

static bool is_fence(const char *line, size_t n)
{
    while (n > 3 && strchr(" \t", line[n - 1]))
        n--;
    return n == 3 && memcmp(line, "---", 3) == 0;
}

bool hub_front_matter(const char *readme, size_t n, const char **text, size_t *length)
{
    const char *s = readme, *end = readme + n, *line = s;
    if (n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
        s += 3;
    while (s < end && strchr(" \t\r\n", *s))
        s++;
    size_t have = line_length(&s, end, &line);
    if (!is_fence(line, have))
        return false;
    *text = s;
    while (s < end) {
        have = line_length(&s, end, &line);
        if (is_fence(line, have)) {
            *length = (size_t)(line - *text);
            return true;
        }
    }
    return false;
}

static void check_all(struct hub_card *card, const char *type)
{
    bool model = strcmp(type, "model") == 0;
    for (size_t i = 0; i < sizeof card_rules / sizeof *card_rules; i++) {
        const struct card_rule *rule = &card_rules[i];
        const struct json *value = json_get(card->data, rule->key);
        if (value && (model || !rule->models_only))
            rule->check(card, rule->key, value);
    }
}

static const char no_metadata[] =
    "empty or missing yaml metadata in repo card "
    "(https://huggingface.co/docs/hub/model-cards#model-card-metadata)";

int hub_card_read(const char *readme, size_t n, const char *type, struct hub_card *card)
{
    const char *text = NULL;
    size_t length = 0;
    char error[HUB_YAML_ERROR_MAX];
    *card = (struct hub_card){NULL, json_new_array(), json_new_array()};
    if (!card->errors || !card->warnings)
        return -1;
    if (!hub_front_matter(readme, n, &text, &length)) {
        report(card->warnings, "%s", no_metadata);
        return 0;
    }
    struct json *data = hub_yaml_parse(text, length, error);
    if (!data) {
        report(card->errors, "%s", error);
    } else if (json_kind(data) == JSON_NULL) {
        report(card->warnings, "%s", no_metadata);
    } else if (json_kind(data) != JSON_OBJECT) {
        report(card->errors, "\"value\" must be of type object");
    } else {
        card->data = data;
        check_all(card, type);
        return 0;
    }
    json_free(data);
    return 0;
}

void hub_card_release(struct hub_card *card)
{
    json_free(card->data);
    json_free(card->errors);
    json_free(card->warnings);
    *card = (struct hub_card){0};
}
