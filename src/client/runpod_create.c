/* runpod_create: finding an endpoint by its name, and creating one at most once (design rule 4).
 *
 * RunPod lets several endpoints have one name, so a name alone does not say which one a lost answer
 * was about. Therefore the ids that have the name are noted before the POST: what has it afterwards
 * and is not among them is the one that was made. An answer that was lost may overtake its effect,
 * so it is looked for more than once. */
#include "client/runpod_control.h"
#include "client/runpod_internal.h"
#include "client/runpod_read.h"

#include "base/log.h"

#include <string.h>

enum { NAMESAKES_MAX = 32, LOOKS = 3, LOOK_AGAIN_MS = 1500 };

/* ---- by name ----------------------------------------------------------------------------------- */

/* Endpoints of one name. */
struct namesakes {
    const char *name;
    char id[NAMESAKES_MAX][ENDPOINT_ID_MAX];
    size_t count; /* may be larger than what is kept */
};

struct search {
    struct namesakes found;
    const struct namesakes *known; /* left out; NULL = none */
    struct arena *a;               /* NULL = only the ids are wanted */
    struct endpoint *out;          /* the last one found */
};

/* RunPod may put " -fb" behind a name (§4.7). */
static bool same_name(const char *has, const char *wanted)
{
    size_t n = strlen(wanted);
    return strncmp(has, wanted, n) == 0 && (has[n] == '\0' || strcmp(has + n, " -fb") == 0);
}

static bool is_among(const struct namesakes *n, const char *id)
{
    size_t kept = n->count < NAMESAKES_MAX ? n->count : NAMESAKES_MAX;
    for (size_t i = 0; i < kept; i++)
        if (strcmp(n->id[i], id) == 0)
            return true;
    return false;
}

static int look_at(const struct json *j, void *arg, struct err *e)
{
    struct search *s = arg;
    const char *id = json_str_or(j, "id", "");
    (void)e;
    if (!same_name(json_str_or(j, "name", ""), s->found.name) || !runpod_id_ok(id) ||
        strlen(id) >= ENDPOINT_ID_MAX || (s->known && is_among(s->known, id)))
        return 0;
    if (s->found.count < NAMESAKES_MAX)
        memcpy(s->found.id[s->found.count], id, strlen(id) + 1);
    s->found.count++;
    if (s->a)
        runpod_read_endpoint(j, s->a, s->out);
    return 0;
}

static int search(struct runpod *r, struct search *s, struct cancel *c, struct err *e)
{
    struct runpod_list list = {.path = RUNPOD_ENDPOINTS_PATH,
        .key = "endpoints",
        .what = "look for the endpoint by its name",
        .item = look_at,
        .arg = s};
    return runpod_list_walk(r, &list, NULL, c, e);
}

static int several(const struct search *s, struct err *e)
{
    err_set(e, ERR_STATE, 0, "%zu endpoints are called “%s”", s->found.count, s->found.name);
    return err_hint(e, "delete or rename all but one: slipway endpoints lists them");
}

int runpod_endpoint_find(struct runpod *r, const char *name, struct arena *a, struct endpoint *out,
    bool *found, struct cancel *c, struct err *e)
{
    struct search s = {.found = {.name = name}, .a = a, .out = out};
    *found = false;
    if (search(r, &s, c, e))
        return -1;
    if (s.found.count > 1)
        return several(&s, e);
    *found = s.found.count == 1;
    return 0;
}

/* ---- creating ---------------------------------------------------------------------------------- */

static int post(struct runpod *r, const struct endpoint_plan *plan, struct arena *a,
    struct endpoint *out, struct cancel *c, struct err *e)
{
    static const char what[] = "create the endpoint";
    struct json *plan_json = endpoint_plan_json(plan, false);
    struct buf url, body;
    buf_init(&body, RUNPOD_SMALL_MAX);
    int failed = runpod_url(r, RUNPOD_CONTROL, &url, e, "%s", RUNPOD_ENDPOINTS_PATH);
    if (!failed && (!plan_json || json_print(plan_json, &body)))
        failed = err_set(e, ERR_INPUT, 0, "%s: the settings are too large", what);
    if (!failed) {
        struct http_request request = runpod_post(r, buf_str(&url), &body, RUNPOD_SMALL_MAX);
        failed = runpod_send_endpoint(r, &request, what, a, out, c, e);
    }
    json_free_secret(plan_json);
    buf_release(&url);
    buf_release_secret(&body);
    return failed;
}

/* Looks for the one that was not there before. 0 when it is there, -1 with `e` as it was (or saying
 * that nothing could be seen). */
static int look_for_it(struct runpod *r, struct search *s, struct cancel *c, struct err *e)
{
    struct err why;
    for (int i = 0; i < LOOKS; i++) {
        s->found.count = 0;
        if (i > 0 && runpod_sleep(LOOK_AGAIN_MS, c, &why))
            break;
        if (search(r, s, c, &why) == 0) {
            if (s->found.count > 1)
                return several(s, e);
            if (s->found.count == 1)
                return 0;
            if (i + 1 == LOOKS)
                return err_wrap(e, "no endpoint came of it");
        }
    }
    err_wrap(e, "it may have been created, which could not be seen");
    return err_hint(e, "look before you try again: slipway endpoints");
}

int runpod_endpoint_create(struct runpod *r, const struct endpoint_plan *plan, struct arena *a,
    struct endpoint *out, struct cancel *c, struct err *e)
{
    struct err why;
    struct search before = {.found = {.name = plan->name}};
    struct search after = {
        .found = {.name = plan->name}, .known = &before.found, .a = a, .out = out};
    if (search(r, &before, c, e))
        return -1;
    if (before.found.count > NAMESAKES_MAX)
        return several(&before, e);
    if (post(r, plan, a, out, c, &why) == 0)
        return 0;
    int failed = -1;
    if (runpod_may_have_happened(&why)) {
        log_err(LOG_WARN, "runpod", &why);
        failed = look_for_it(r, &after, c, &why);
    } else if (why.class == ERR_CANCEL) {
        err_hint(&why, "it may have been created: look before you try again, slipway endpoints");
    }
    if (failed && e)
        *e = why;
    return failed;
}
