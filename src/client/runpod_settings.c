/* runpod_settings: an endpoint's settings as RunPod answered them, kept whole.
 *
 * They are kept as the tree that was parsed and not as a record, because what a PATCH has to send along
 * (all of `env`, all of `workers`) is whatever is there, also what this program knows nothing of. Raw values
 * of the environment live in that tree alone, which is wiped when it goes. */
#include "client/runpod_change_internal.h"
#include "client/runpod_internal.h"
#include "client/runpod_read.h"

#include <stdlib.h>

enum { SETTINGS_ARENA = 1024 * 1024 };

static const char what[] = "read the endpoint's settings";

struct runpod_settings *runpod_settings_from(struct json *take, struct err *e)
{
    struct runpod_settings *s = calloc(1, sizeof *s);
    struct arena *a = arena_new(SETTINGS_ARENA);
    if (!s || !a) {
        json_free_secret(take);
        arena_free(a);
        free(s);
        err_set(e, ERR_IO, 0, "%s: out of memory", what);
        return NULL;
    }
    *s = (struct runpod_settings){.j = take, .a = a};
    runpod_read_endpoint(take, a, &s->endpoint);
    bool too_many = json_count(json_get(take, "env")) > RUNPOD_ENV_MOST;
    if (s->endpoint.id[0] && !too_many)
        return s;
    runpod_settings_free(s);
    err_set(e, ERR_REMOTE, 0, "%s: the answer %s", what,
        too_many ? "has more variables than there can be" : "is no endpoint");
    return NULL;
}

/* Which pools the excluded types belong to: those of pools that go must go too (§4.4). What the catalog
 * does not say is left to RunPod to refuse. */
static int learn_excluded(
    struct runpod *r, struct runpod_settings *s, struct cancel *c, struct err *e)
{
    struct err why;
    if (json_count(json_get(json_get(s->j, "gpu"), "excludedTypes")) == 0 ||
        runpod_gpus(r, s->a, &s->gpus, c, &why) == 0)
        return 0;
    s->gpus = (struct gpu_page){0};
    if (why.class != ERR_CANCEL)
        return 0;
    if (e)
        *e = why;
    return -1;
}

struct runpod_settings *runpod_settings_read(
    struct runpod *r, const char *endpoint_id, struct cancel *c, struct err *e)
{
    struct json *j = runpod_read_of(r, endpoint_id, "", what, c, e);
    struct runpod_settings *s = j ? runpod_settings_from(j, e) : NULL;
    if (s && learn_excluded(r, s, c, e)) {
        runpod_settings_free(s);
        s = NULL;
    }
    return s;
}

void runpod_settings_free(struct runpod_settings *s)
{
    if (!s)
        return;
    json_free_secret(s->j);
    arena_free(s->a);
    free(s);
}

const struct endpoint *runpod_settings_endpoint(const struct runpod_settings *s)
{
    return &s->endpoint;
}

const char *runpod_settings_env(const struct runpod_settings *s, const char *name)
{
    return json_str(json_get(s->j, "env"), name);
}
