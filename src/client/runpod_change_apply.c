/* runpod_change_apply: sending a change, and taking an endpoint away.
 *
 * Before each PATCH the endpoint is looked at: what is sent whole (the environment, the workers) was read
 * a while ago, perhaps before a person thought about it, and must not undo what somebody else changed since.
 * The same look tells after a lost answer whether the change took effect; then nothing is sent twice. */
#include "client/runpod_change_internal.h"
#include "client/runpod_internal.h"
#include "client/runpod_read.h"

#include "base/log.h"

#include <string.h>

enum { TRIES = 3, AGAIN_MS = 1500 };

static const char what[] = "change the endpoint";

/* ---- looking ----------------------------------------------------------------------------------- */

/* Whether, of the settings that differ between `there` and `wanted`, all are in `fresh` as in `like`. */
static bool agrees(const struct json *there, const struct json *wanted, const struct json *fresh,
    const struct json *like)
{
    if (!runpod_env_same(there, wanted) && !runpod_env_same(fresh, like))
        return false;
    for (size_t i = 0; i < runpod_setting_count; i++) {
        const struct setting_row *row = &runpod_setting_rows[i];
        if (!runpod_setting_same(there, wanted, row) && !runpod_setting_same(fresh, like, row))
            return false;
    }
    return true;
}

/* Of a group that is sent, what is not to change must not have been changed either. */
static bool sent_along_same(
    const struct json *there, const struct json *body, const struct json *fresh)
{
    for (size_t i = 0; i < runpod_setting_count; i++) {
        const struct setting_row *row = &runpod_setting_rows[i];
        const struct json *group = row->group ? json_get(body, row->group) : body;
        if (json_get(group, row->member) && !runpod_setting_same(there, fresh, row))
            return false;
    }
    return true;
}

static int changed_meanwhile(struct err *e)
{
    err_set(e, ERR_STATE, 0, "%s: it was changed by somebody else meanwhile", what);
    return err_hint(e, "look at what it is set to now, and ask again");
}

/* ---- sending ----------------------------------------------------------------------------------- */

static struct http_request patch_request(
    const struct runpod *r, const struct buf *url, const struct buf *body)
{
    struct http_request q = runpod_post(r, buf_str(url), body, RUNPOD_SMALL_MAX);
    q.method = HTTP_PATCH;
    q.retry = HTTP_RETRY_UNSENT;
    return q;
}

static int patch(struct runpod *r, const char *id, const struct json *body, struct arena *a,
    struct endpoint *out, struct cancel *c, struct err *e)
{
    struct buf url, bytes;
    buf_init(&bytes, RUNPOD_SMALL_MAX);
    int failed = runpod_url(r, RUNPOD_CONTROL, &url, e, "%s/%s", RUNPOD_ENDPOINTS_PATH, id);
    if (!failed && json_print(body, &bytes))
        failed = err_set(e, ERR_INPUT, 0, "%s: the settings are too large", what);
    if (!failed) {
        struct http_request request = patch_request(r, &url, &bytes);
        failed = runpod_send_endpoint(r, &request, what, a, out, c, e);
    }
    buf_release(&url);
    buf_release_secret(&bytes);
    return failed;
}

struct attempt {
    const struct runpod_settings *s;
    struct json *wanted;
    struct arena *a;
    struct endpoint *out;
    bool sent; /* so it may have taken effect, whatever is heard of it */
};

/* One look and, when it is still needed, one PATCH. *over: another try makes no sense. */
static int look_and_patch(
    struct runpod *r, struct attempt *t, bool *over, struct cancel *c, struct err *e)
{
    struct err why;
    const char *id = t->s->endpoint.id;
    struct json *fresh = runpod_read_of(r, id, "", what, c, &why), *body = NULL;
    int failed = -1;
    *over = true;
    if (!fresh) {
        *over = !t->sent || !runpod_may_have_happened(&why);
    } else if (agrees(t->s->j, t->wanted, fresh, t->wanted)) {
        runpod_read_endpoint(fresh, t->a, t->out);
        failed = t->out->id[0] ? 0 : err_set(&why, ERR_REMOTE, 0, "%s: no endpoint is left", what);
    } else if (!(body = runpod_change_patch(t->s->j, t->wanted))) {
        err_set(&why, ERR_IO, 0, "%s: out of memory", what);
    } else if (!agrees(t->s->j, t->wanted, fresh, t->s->j) ||
               !sent_along_same(t->s->j, body, fresh)) {
        changed_meanwhile(&why);
    } else if ((failed = patch(r, id, body, t->a, t->out, c, &why)) != 0) {
        t->sent = t->sent || runpod_may_have_happened(&why) || why.class == ERR_CANCEL;
        *over = !runpod_may_have_happened(&why);
    }
    json_free_secret(body);
    json_free_secret(fresh);
    if (failed && e)
        *e = why;
    return failed;
}

static int try_to_apply(struct runpod *r, struct attempt *t, struct cancel *c, struct err *e)
{
    struct err last, why;
    bool over = false;
    for (int i = 0; i < TRIES && !over; i++) {
        if (i > 0 && runpod_sleep(AGAIN_MS, c, &why)) {
            last = why;
            break;
        }
        if (look_and_patch(r, t, &over, c, &last) == 0)
            return 0;
        log_err(LOG_WARN, "runpod", &last);
    }
    if (t->sent && (!over || last.class == ERR_CANCEL))
        err_hint(&last, "it may have been changed: look at it before you try again");
    if (e)
        *e = last;
    return -1;
}

int runpod_change_apply(struct runpod *r, const struct runpod_settings *s,
    const struct endpoint_change *change, struct arena *a, struct endpoint *out, struct cancel *c,
    struct err *e)
{
    struct attempt t = {.s = s, .wanted = runpod_change_wanted(s, change, e), .a = a, .out = out};
    if (!t.wanted)
        return err_wrap(e, what);
    int failed = try_to_apply(r, &t, c, e);
    json_free_secret(t.wanted);
    return failed;
}

/* ---- taking away ------------------------------------------------------------------------------- */

int runpod_endpoint_delete(
    struct runpod *r, const char *endpoint_id, struct cancel *c, struct err *e)
{
    struct buf url;
    struct err why;
    err_clear(&why);
    if (runpod_check_id(endpoint_id, "endpoint", e))
        return -1;
    int failed =
        runpod_url(r, RUNPOD_CONTROL, &url, &why, "%s/%s", RUNPOD_ENDPOINTS_PATH, endpoint_id);
    if (!failed) {
        struct http_request request = runpod_get(r, buf_str(&url), RUNPOD_SMALL_MAX);
        request.method = HTTP_DELETE;
        failed = runpod_call_empty(r, &request, "delete the endpoint", c, &why);
    }
    buf_release(&url);
    if (failed && why.class == ERR_REMOTE && (why.number == 404 || why.number == 410))
        return 0;
    if (failed && e)
        *e = why;
    return failed;
}
