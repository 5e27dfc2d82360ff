/* What was asked for, as it is meant for the endpoint as it is (change_check has looked at it before).
 *
 * Settings go out under the names that the endpoint's image reads (model/worker_env.h), with a note where that
 * is another than what was asked for. What a killed run has done already is left out: a name that is not set
 * any more; and what it had decided is in the journal: how many workers, which version. */
#include "app/change.h"

#include "app/asked.h"
#include "base/file.h"
#include "model/worker_env.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS_MOST = 1000 };

void change_note(struct change *c, const char *format, ...)
{
    char line[WORK_NOTE_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n >= 0 && c->note_count < CHANGE_NOTES_MAX)
        c->notes[c->note_count++] = text_from(c->w->keep, line);
}

static const struct json *asked_of(const struct change *c)
{
    return c->w->asked;
}

static struct endpoint_env *set_of(struct change *c, const char *name)
{
    for (size_t i = 0; i < c->want.set_count; i++)
        if (strcmp(c->want.set[i].name, name) == 0)
            return &c->want.set[i];
    return NULL;
}

static int set_env(struct change *c, const char *name, const char *value, struct err *e)
{
    struct endpoint_env *there = set_of(c, name);
    if (!there && c->want.set_count == CHANGE_ENV_MAX)
        return err_set(e, ERR_INPUT, 0, "at most %d environment variables", CHANGE_ENV_MAX);
    if (!there)
        there = &c->want.set[c->want.set_count++];
    *there = (struct endpoint_env){.name = name, .value = value};
    return 0;
}

static bool is_unset(const struct change *c, const char *name)
{
    for (size_t i = 0; i < c->want.unset_count; i++)
        if (strcmp(c->want.unset[i], name) == 0)
            return true;
    return false;
}

static int unset_env(struct change *c, const char *name, struct err *e)
{
    if (is_unset(c, name))
        return 0;
    if (c->want.unset_count == CHANGE_ENV_MAX)
        return err_set(e, ERR_INPUT, 0, "at most %d environment variables", CHANGE_ENV_MAX);
    c->want.unset[c->want.unset_count++] = name;
    return 0;
}

static struct worker_image image_of(const struct change *c)
{
    return worker_image_read(c->want.image ? c->want.image : c->now->image.s);
}

/* The name under which the image reads it. */
static const char *right_name(
    struct change *c, const struct worker_image *image, const char *name, const char *value)
{
    struct worker_env look = worker_env_look(image, name, value);
    if (look.verdict == WORKER_ENV_TRANSLATE)
        change_note(c, "%s is %s to this image: it goes out so", name, look.instead);
    else if (look.verdict == WORKER_ENV_SECRET)
        change_note(c, "%s would be printed by the worker: it goes out as %s", name, look.instead);
    else
        return name;
    return look.instead;
}

/* Whether a release since the change began has set it: then the killed run has done so. */
static bool was_set(struct change *c, const char *name)
{
    struct endpoint_detail detail;
    const char *version = work_noted(c->w, "version");
    char field[160];
    snprintf(field, sizeof field, "env %s", name);
    if (!version ||
        runpod_releases(c->w->engine->runpod, c->id, c->w->keep, &detail, c->w->cancel, NULL))
        return false;
    for (size_t i = 0; i < detail.release_count; i++)
        for (size_t k = 0; k < detail.releases[i].change_count; k++)
            if (detail.releases[i].version > strtol(version, NULL, 10) &&
                strcmp(detail.releases[i].changes[k].field.s, field) == 0)
                return true;
    return false;
}

/* The journal masks what looks like a key, and a resumed run has only the journal. */
static int lost_secret(const char *name, struct err *e)
{
    err_set(e, ERR_STATE, 0, "the value of %s was a secret, which the journal does not keep", name);
    return err_hint(e, "set it again: slipway set-env ENDPOINT --env %s=…", name);
}

static int want_env(struct change *c, struct err *e)
{
    const struct worker_image image = image_of(c);
    const struct json *env = json_get(asked_of(c), "env");
    for (const struct json *m = json_first(env); m; m = json_next(m)) {
        const char *name = json_key(m), *value = json_string(m);
        const char *right = right_name(c, &image, name, value);
        bool lost = c->w->resumed && strstr(value, "***");
        if (lost && (work_noted(c->w, "applied") || was_set(c, right)))
            continue;
        if (lost)
            return lost_secret(name, e);
        if (set_env(c, right, value, e))
            return -1;
    }
    return 0;
}

/* After an interruption what is not set any more has been taken away already. */
static int want_unset(struct change *c, struct err *e)
{
    const char *const *names;
    size_t n;
    if (change_words(asked_of(c), "unset", c->w->keep, &names, &n, e))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (!(c->w->resumed && !runpod_settings_env(c->settings, names[i])) &&
            unset_env(c, names[i], e))
            return -1;
    return 0;
}

static const char *const length_names[] = {"MAX_MODEL_LEN", "MAX_MODEL_LENGTH"};

static int want_context(struct change *c, struct err *e)
{
    const struct worker_image image = image_of(c);
    char digits[24];
    int64_t tokens;
    if (change_context(asked_of(c), &tokens, e))
        return -1;
    if (tokens < 0)
        return 0;
    snprintf(digits, sizeof digits, "%" PRId64, tokens);
    const char *name = NULL, *value = arena_strdup(c->w->keep, digits);
    if (tokens > 0)
        name = right_name(c, &image, length_names[0], digits);
    for (size_t i = 0; i < 2; i++)
        if ((!name || strcmp(name, length_names[i]) != 0) &&
            runpod_settings_env(c->settings, length_names[i]) && unset_env(c, length_names[i], e))
            return -1;
    if (name && !value)
        return err_set(e, ERR_IO, 0, "out of memory");
    return name ? set_env(c, name, value, e) : 0;
}

/* A length that is set under a name which this image does not read is put right on the occasion: the workers
 * start anew anyway. */
static int mend_length(struct change *c, struct err *e)
{
    const struct worker_image image = image_of(c);
    bool rolls = c->want.image || c->want.set_count || c->want.unset_count;
    for (size_t i = 0; rolls && i < 2; i++) {
        const char *name = length_names[i], *value = runpod_settings_env(c->settings, name);
        struct worker_env look = worker_env_look(&image, name, value);
        if (!value || look.verdict != WORKER_ENV_TRANSLATE || is_unset(c, name))
            continue;
        bool free = !set_of(c, look.instead) && !runpod_settings_env(c->settings, look.instead);
        const char *copy = arena_strdup(c->w->keep, value);
        if (unset_env(c, name, e) || (free && set_env(c, look.instead, copy, e)))
            return -1;
        change_note(c, "%s is %s to this image: it goes out so", name, look.instead);
    }
    return 0;
}

/* Generation B does not count the GPUs by itself (spec/runpod.md §7.4). */
static int want_tensor_parallel(struct change *c, struct err *e)
{
    static const char name[] = "TENSOR_PARALLEL_SIZE";
    char digits[16];
    int gpus = c->want.gpu_count;
    bool wanted = runpod_settings_env(c->settings, name) || (gpus > 1 && c->now->model.len > 0);
    if (gpus < 1 || !wanted || set_of(c, name) || is_unset(c, name))
        return 0;
    snprintf(digits, sizeof digits, "%d", gpus);
    const char *value = arena_strdup(c->w->keep, digits);
    return value ? set_env(c, name, value, e) : err_set(e, ERR_IO, 0, "out of memory");
}

static int want_settings(struct change *c, struct err *e)
{
    int64_t n[CHANGE_NUMBERS];
    const char *cuda = asked_text(asked_of(c), "cuda");
    const char *const *pools;
    if (change_numbers(asked_of(c), n, e) ||
        change_words(asked_of(c), "pool", c->w->keep, &pools, &c->want.pool_count, e))
        return -1;
    c->want.workers_min = (int)n[CHANGE_MIN];
    c->want.workers_max = (int)n[CHANGE_MAX];
    c->want.idle_s = (int)n[CHANGE_IDLE];
    c->want.gpu_count = (int)n[CHANGE_GPUS];
    c->want.disk_gb = (int)n[CHANGE_DISK];
    c->want.timeout_ms = n[CHANGE_TIMEOUT] < 0 ? -1 : n[CHANGE_TIMEOUT] * 1000;
    c->want.image = asked_text(asked_of(c), "image");
    for (size_t i = 0; i < c->want.pool_count && i < ENDPOINT_POOLS_MAX; i++)
        c->want.pools[i] = pools[i];
    if (cuda)
        c->want.min_cuda = strcmp(cuda, "none") == 0 ? "" : cuda;
    return want_env(c, e) || want_unset(c, e) || want_context(c, e) || want_tensor_parallel(c, e) ||
                   mend_length(c, e)
               ? -1
               : 0;
}

/* ---- pausing ---------------------------------------------------------------------------------------- */

void change_paused_fact(const char *endpoint_id, char out[96])
{
    snprintf(out, 96, "paused.%s", endpoint_id);
}

/* A dry run leaves no file behind that was not there. */
static struct state *memory(struct change *c, bool *own)
{
    const struct work *w = c->w;
    *own = !w->state;
    return w->state                                      ? w->state
           : file_exists(w->engine->profile->state_file) ? engine_state(w->engine, NULL)
                                                         : NULL;
}

/* "MIN MAX", as it was remembered. */
static bool read_pair(const char *words, int *min, int *max)
{
    char *rest;
    long low = strtol(words, &rest, 10), high = strtol(rest, &rest, 10);
    *min = (int)low;
    *max = (int)high;
    return !*rest && low >= 0 && low <= high && high >= 1 && high <= WORKERS_MOST;
}

static void recall(struct change *c, int *min, int *max)
{
    char name[96];
    bool own;
    struct state *s = memory(c, &own);
    change_paused_fact(c->id, name);
    const char *words = s ? state_fact(s, name, c->w->keep) : NULL;
    if (!words || !read_pair(words, min, max)) {
        *min = 0;
        *max = CHANGE_UNPAUSED_MAX;
        change_note(c, "how many workers it had before is not remembered here: at most %d",
            CHANGE_UNPAUSED_MAX);
    }
    if (own)
        state_close(s);
}

static int want_unpaused(struct change *c, struct err *e)
{
    const char *min = work_noted(c->w, "min"), *max = work_noted(c->w, "max");
    int low = min ? (int)strtol(min, NULL, 10) : 0, high = max ? (int)strtol(max, NULL, 10) : 0;
    char words[16];
    if (c->now->workers_max > 0 && !max)
        return 0; /* it is not paused */
    if (!max)
        recall(c, &low, &high);
    c->want.workers_min = low;
    c->want.workers_max = high;
    snprintf(words, sizeof words, "%d", low);
    if (work_note(c->w, "min", words, e))
        return -1;
    snprintf(words, sizeof words, "%d", high);
    return work_note(c->w, "max", words, e);
}

/* ---- going back -------------------------------------------------------------------------------------- */

/* The version before the newest, which another release makes another one: noted before anything is done. */
static int meant_version(struct change *c, int *version, struct err *e)
{
    struct endpoint_detail detail;
    const char *noted = work_noted(c->w, "rollback_to");
    char words[16];
    int64_t asked;
    if (change_version(asked_of(c), &asked, e))
        return -1;
    *version = noted ? (int)strtol(noted, NULL, 10) : (int)asked;
    if (*version >= 0)
        return 0;
    if (runpod_releases(c->w->engine->runpod, c->id, c->w->keep, &detail, c->w->cancel, e))
        return -1;
    if (detail.release_count < 2)
        return err_set(e, ERR_STATE, 0, "%s has no release before this one", c->name.s);
    *version = detail.releases[1].version;
    snprintf(words, sizeof words, "%d", *version);
    return work_note(c->w, "rollback_to", words, e);
}

static int want_undone(struct change *c, struct err *e)
{
    int version;
    if (meant_version(c, &version, e))
        return -1;
    json_free(c->undo);
    c->undo = NULL;
    if (runpod_release_undo(
            c->w->engine->runpod, c->id, version, &c->want, &c->undo, c->w->cancel, e))
        return -1;
    size_t kept = 0;
    for (size_t i = 0; i < c->want.unset_count; i++)
        if (runpod_settings_env(c->settings, c->want.unset[i]))
            c->want.unset[kept++] = c->want.unset[i];
    c->want.unset_count = kept;
    change_note(c, "back to the settings of release v%d", version);
    return 0;
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

int change_want(struct change *c, struct err *e)
{
    endpoint_change_init(&c->want);
    c->note_count = 0;
    switch (c->verb) {
    case CHANGE_PAUSE:
        c->want.workers_min = c->want.workers_max = 0;
        return 0;
    case CHANGE_UNPAUSE:
        return want_unpaused(c, e);
    case CHANGE_ROLLBACK:
        return want_undone(c, e);
    case CHANGE_REVISION:
        return want_settings(c, e) || set_env(c, "MODEL_REVISION", c->revision, e) ? -1 : 0;
    case CHANGE_SETTINGS:
        return want_settings(c, e);
    default:
        return 0;
    }
}
