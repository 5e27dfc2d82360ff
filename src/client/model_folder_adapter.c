/* A PEFT adapter is nothing without its base model, so an adapter that names none that the Hub could
 * find stops the upload (§8.2). README.md may name it instead: then people find it, but loaders that
 * go by adapter_config.json do not. */
#include "client/model_folder_internal.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { REPO_PART_MAX = 96 };

const char folder_no_base[] = "names no base model";

static bool is_part(const char *s, size_t n)
{
    if (n == 0 || n > REPO_PART_MAX || strchr("-.", s[0]) || strchr("-.", s[n - 1]))
        return false;
    if (n >= 4 && memcmp(s + n - 4, ".git", 4) == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!isalnum((unsigned char)s[i]) && !strchr("_-.", s[i]))
            return false;
        if (i > 0 && strchr("-.", s[i]) && s[i] == s[i - 1])
            return false;
    }
    return true;
}

bool folder_is_repo_name(const char *s)
{
    size_t n = strcspn(s, "/");
    return is_part(s, n) && (s[n] == '\0' || is_part(s + n + 1, strlen(s + n + 1)));
}

static void check_base(struct folder *f, struct found *file, const struct json *j)
{
    const char *base = json_str_or(j, "base_model_name_or_path", "");
    if (folder_is_repo_name(base))
        f->adapter_base = arena_strdup(f->scratch, base);
    else if (base[0])
        folder_flaw(f, file, "its base model \"%s\" is no model of the Hub", base);
    else if (f->card.base_model)
        folder_note(
            f, file, CHECK_WARNING, "names no base model, README.md says %s", f->card.base_model);
    else
        folder_flaw(f, file, "%s", folder_no_base);
}

/* The largest of all layers. */
static int64_t rank_of(const struct json *j)
{
    int64_t rank = json_int(j, "r", 0);
    for (const struct json *m = json_first(json_get(j, "rank_pattern")); m; m = json_next(m))
        rank = json_number(m, 0) > (double)rank ? (int64_t)fmin(json_number(m, 0), 1e6) : rank;
    return rank > 0 ? rank : 0;
}

/* What vLLM refuses when it loads an adapter (its PEFTHelper): these have to be merged. */
static void look_for_flaws(struct folder *f, const struct json *j)
{
    f->facts.lora_rank = rank_of(j);
    if (f->no_lora)
        f->facts.lora_flaw = "is no LoRA";
    else if (json_count(json_get(j, "modules_to_save")) > 0)
        f->facts.lora_flaw = "holds whole modules (modules_to_save)";
    else if (json_bool(j, "use_dora", false))
        f->facts.lora_flaw = "is a DoRA (use_dora)";
    else if (strcmp(json_str_or(j, "bias", "none"), "none") != 0)
        f->facts.lora_flaw = "has biases (bias)";
}

static void check_lora(struct folder *f, struct found *file, const struct json *j)
{
    enum json_kind target = json_kind(json_get(j, "target_modules"));
    if (!(json_num(j, "r", 0) >= 1))
        folder_note(f, file, CHECK_WARNING, "no rank r");
    if (!(json_num(j, "lora_alpha", 0) > 0))
        folder_note(f, file, CHECK_WARNING, "no lora_alpha");
    if (target != JSON_ARRAY && target != JSON_STRING)
        folder_note(f, file, CHECK_WARNING, "no target_modules");
}

void folder_check_adapter(struct folder *f, struct found *file)
{
    struct json *j = folder_object(f, file, FOLDER_SMALL_MAX);
    if (!j)
        return;
    const char *type = json_str_or(j, "peft_type", "");
    const char *task = json_str_or(j, "task_type", "");
    check_base(f, file, j);
    if (!type[0])
        folder_flaw(f, file, "no peft_type");
    if (strcmp(type, "LORA") == 0)
        check_lora(f, file, j);
    f->no_lora = type[0] && strcmp(type, "LORA") != 0;
    look_for_flaws(f, j);
    if (strcmp(task, "CAUSAL_LM") != 0)
        folder_note(
            f, file, CHECK_WARNING, "task_type is %s, not CAUSAL_LM", task[0] ? task : "not given");
    if (folder_has(f, "config.json") &&
        (folder_has(f, "model.safetensors") || folder_has_shards(f)))
        folder_note(f, file, CHECK_WARNING, "beside a whole model, which loaders will pass over");
    json_free(j);
}
