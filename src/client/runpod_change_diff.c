/* runpod_change_diff: what a change means, in lines a person can read before saying yes.
 *
 * The lines come from comparing what is there with what is wanted, so a change that says what is so
 * already makes none. Values of the environment go through runpod_mask. */
#include "client/runpod_change_internal.h"

#include <stdio.h>
#include <string.h>

struct differ {
    const struct json *there, *wanted;
    const struct endpoint_change *change;
    struct arena *a;
    struct change_diff *out;
};

static int add_line(
    struct differ *d, struct text what, struct text before, struct text after, struct err *e)
{
    if (d->out->count == CHANGE_LINES_MAX)
        return err_set(e, ERR_INPUT, 0, "too much is changed at a time");
    d->out->lines[d->out->count++] = (struct change_line){what, before, after};
    return 0;
}

/* ---- environment ------------------------------------------------------------------------------- */

/* Given as a secret, whatever it is called. */
static bool given_as_secret(const struct endpoint_change *change, const char *name)
{
    for (size_t i = 0; i < change->set_count; i++)
        if (change->set[i].secret && strcmp(change->set[i].name, name) == 0)
            return true;
    return false;
}

static int env_line(struct differ *d, const char *name, struct err *e)
{
    char what[512];
    const char *before = json_str(json_get(d->there, "env"), name);
    const char *after = json_str(json_get(d->wanted, "env"), name);
    if (before == after || (before && after && strcmp(before, after) == 0))
        return 0;
    d->out->rolls = true;
    (void)snprintf(what, sizeof what, "env %s", name);
    bool secret = after && given_as_secret(d->change, name);
    return add_line(d, text_from(d->a, what), runpod_env_text(d->a, name, before),
        secret ? runpod_masked : runpod_env_text(d->a, name, after), e);
}

static bool said_before(const struct endpoint_change *c, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(c->set[k].name, c->set[i].name) == 0)
            return true;
    return false;
}

static int env_lines(struct differ *d, struct err *e)
{
    const struct endpoint_change *c = d->change;
    for (size_t i = 0; i < c->set_count; i++)
        if (!said_before(c, i) && env_line(d, c->set[i].name, e))
            return -1;
    for (size_t i = 0; i < c->unset_count; i++)
        if (env_line(d, c->unset[i], e))
            return -1;
    return 0;
}

/* ---- all of it --------------------------------------------------------------------------------- */

static int row_line(struct differ *d, const struct setting_row *row, struct err *e)
{
    if (runpod_setting_same(d->there, d->wanted, row))
        return 0;
    d->out->rolls = d->out->rolls || row->rolls;
    return add_line(d, text_from(d->a, row->label),
        runpod_setting_text(d->a, runpod_setting(d->there, row), row),
        runpod_setting_text(d->a, runpod_setting(d->wanted, row), row), e);
}

/* The image first, then the environment, then the others. */
int runpod_change_diff(const struct runpod_settings *s, const struct endpoint_change *change,
    struct arena *a, struct change_diff *out, struct err *e)
{
    out->count = 0;
    out->rolls = false;
    struct json *wanted = runpod_change_wanted(s, change, e);
    if (!wanted)
        return -1;
    struct differ d = {.there = s->j, .wanted = wanted, .change = change, .a = a, .out = out};
    int failed = row_line(&d, &runpod_setting_rows[0], e) || env_lines(&d, e);
    for (size_t i = 1; i < runpod_setting_count && !failed; i++)
        failed = row_line(&d, &runpod_setting_rows[i], e);
    json_free_secret(wanted);
    return failed ? -1 : 0;
}

static int mask_env(struct json *body, const struct endpoint_change *change)
{
    const struct json *env = json_get(body, "env");
    if (!env)
        return 0;
    struct json *masked = json_new_object();
    int failed = masked ? 0 : -1;
    for (const struct json *m = json_first(env); m && !failed; m = json_next(m)) {
        bool secret = given_as_secret(change, json_key(m)) ||
                      runpod_env_secret(json_key(m), json_string(m) ? json_string(m) : "");
        failed = json_add_str(masked, json_key(m), secret ? runpod_masked.s : json_string(m));
    }
    if (!failed)
        return json_set(body, "env", masked);
    json_free(masked);
    return -1;
}

struct json *runpod_change_body(
    const struct runpod_settings *s, const struct endpoint_change *change, bool masked)
{
    struct json *wanted = runpod_change_wanted(s, change, NULL);
    struct json *body = wanted ? runpod_change_patch(s->j, wanted) : NULL;
    if (body && masked && mask_env(body, change)) {
        json_free_secret(body);
        body = NULL;
    }
    json_free_secret(wanted);
    return body;
}
