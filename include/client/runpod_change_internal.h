/* What the files of changing an endpoint share; for src/client/runpod_*.c and their tests. */
#ifndef SLIPWAY_CLIENT_RUNPOD_CHANGE_INTERNAL_H
#define SLIPWAY_CLIENT_RUNPOD_CHANGE_INTERNAL_H

#include "client/runpod_change.h"

/* ---- what may be shown (runpod_mask.c) ---- */

extern const struct text runpod_masked; /* "•••" */

/* Whether the value of such a variable may be a secret: by its name, by what the redactor knows, or
 * because it holds a password. A placeholder of RunPod's own ("{{ RUNPOD_SECRET_x }}") is none. */
bool runpod_env_secret(const char *name, const char *value);
/* Whether a setting that is no variable may hold one (a start command, a field we do not know). */
bool runpod_value_secret(const char *value);
/* The value as it may be shown; NULL gives an empty text, an empty value `""`. */
struct text runpod_env_text(struct arena *a, const char *name, const char *value);
/* Any other foreign value, not longer than is good for a line. */
struct text runpod_value_text(struct arena *a, const char *value);

/* ---- settings (runpod_settings.c) ---- */

/* Variables of an environment: the largest body that RunPod takes holds fewer (§4.2). */
enum { RUNPOD_ENV_MOST = 2000 };

struct runpod_settings {
    struct json *j; /* the answer; wiped when freed */
    struct arena *a;
    struct endpoint endpoint; /* in the arena, as gpus */
    struct gpu_page gpus;     /* read when types are excluded, to know their pools; else empty */
};
/* Of an answer; takes it. ERR_REMOTE when it is no endpoint. */
struct runpod_settings *runpod_settings_from(struct json *take, struct err *e);

/* ---- one setting (runpod_setting.c) ---- */

enum setting_kind {
    SETTING_WORD,    /* a string */
    SETTING_NUMBER,  /* with a unit */
    SETTING_MS,      /* a number of milliseconds, shown as seconds */
    SETTING_WORDS,   /* a list of strings */
    SETTING_SCALING, /* the object */
};
struct setting_row {
    const char *label;
    const char *group, *member; /* of the endpoint's JSON; group NULL = top level */
    enum setting_kind kind;
    const char *unit;
    bool rolls; /* a change makes a new release (§4.4) */
};
/* All that a change can touch but for the environment. */
extern const struct setting_row runpod_setting_rows[];
extern const size_t runpod_setting_count;

/* NULL when it is absent, null, or the empty string. */
const struct json *runpod_setting(const struct json *settings, const struct setting_row *row);
bool runpod_setting_same(const struct json *a, const struct json *b, const struct setting_row *row);
struct text runpod_setting_text(
    struct arena *a, const struct json *value, const struct setting_row *row);
/* "queue delay 4 s", "1 request a worker". */
struct text runpod_scaling_text(struct arena *a, const struct json *scaling);
/* Strings of a list, with commas between; "none" when there are none. */
struct text runpod_words_text(struct arena *a, const struct json *list);
/* Whether env of both say the same. */
bool runpod_env_same(const struct json *a, const struct json *b);
/* No idle time applies (§4.4). */
bool runpod_counts_requests(const struct json *settings);

/* ---- what is wanted (runpod_change.c) ---- */

/* The settings as they shall be: only what a change can touch is in it, and what is sent whole is whole.
 * The caller frees it with json_free_secret. NULL with the error. */
struct json *runpod_change_wanted(
    const struct runpod_settings *s, const struct endpoint_change *change, struct err *e);
/* The body that makes `wanted` of what is there; NULL when nothing differs or out of memory. */
struct json *runpod_change_patch(const struct json *there, const struct json *wanted);

/* ---- releases (runpod_release.c, runpod_release_undo.c) ---- */

int runpod_read_releases(
    const struct json *page, struct arena *a, struct endpoint_detail *out, struct err *e);
/* The route behind an endpoint's own. */
#define RUNPOD_RELEASES "/releases?limit=50"
/* Adds what undoing the releases after `version` means to `out`; `keep` has "releases" as they were answered
 * (any order), `there` is what is set now. Texts are borrowed from `keep`, which gets what has to be cut
 * apart. */
int runpod_undo_releases(struct json *keep, int version, const struct json *there,
    struct endpoint_change *out, struct err *e);
/* The environment in a release's diff: an object, or a list of {"key","value"}. NULL = not set. */
const char *runpod_diff_env(const struct json *env, const char *name);
const char *runpod_diff_env_name(const struct json *entry);
const char *runpod_diff_env_value(const struct json *entry);

/* ---- detail (runpod_detail.c, runpod_billing.c) ---- */

void runpod_read_detail(const struct json *endpoint, struct arena *a, struct endpoint_detail *out);
/* Fills billed, billed_count and billed_from_ms. */
int runpod_read_billing(
    const struct json *j, int64_t now_wall_ms, struct endpoint_detail *out, struct err *e);
void endpoint_detail_init(struct endpoint_detail *out, const char *endpoint_id);

#define RUNPOD_BILLING_PATH "/v2/billing/serverless?bucketSize=hour&lastN=24&serverlessId="

#endif
