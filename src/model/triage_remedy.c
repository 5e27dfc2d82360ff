/* What helps: each remedy with the operation that does it, the exact call and its price.
 *
 * The operation is asked for in the words of `slipway scale`, `set-env` …; the call shows what comes of it for
 * these settings: sparse, only what changes of the environment (applying sends the whole map), nothing that
 * may be a secret. What the operation cannot change is advice, its call shown all the same. */
#include "model/triage_internal.h"

#include "model/record_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MASKED "•••"

/* ---- building ----------------------------------------------------------------------------------------- */

static struct text words(struct triage_reader *r, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static struct text words(struct triage_reader *r, const char *format, va_list args)
{
    char line[512];
    (void)vsnprintf(line, sizeof line, format, args);
    return triage_text(r, "%s", line);
}

struct triage_remedy *triage_remedy(
    struct triage_reader *r, struct triage_diagnosis *d, const char *id, const char *format, ...)
{
    bool room = d->remedy_count < TRIAGE_REMEDIES_MAX;
    struct triage_remedy *m = room ? &d->remedies[d->remedy_count++] : &r->dropped;
    if (!room)
        triage_remedy_release(&r->dropped);
    va_list args;
    va_start(args, format);
    *m = (struct triage_remedy){.id = id,
        .text = words(r, format, args),
        .means = TEXT(""),
        .risk = TRIAGE_RISK_NONE,
        .cost_per_hour_delta = 0};
    va_end(args);
    return m;
}

void triage_remedy_release(struct triage_remedy *m)
{
    json_free(m->asked);
    for (size_t i = 0; i < m->call_count; i++)
        json_free(m->calls[i].body);
    memset(m, 0, sizeof *m);
}

void triage_means(struct triage_reader *r, struct triage_remedy *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    m->means = words(r, format, args);
    va_end(args);
}

void triage_put(struct triage_reader *r, struct json *in, const char *key, struct json *take)
{
    r->failed |= json_add(in, key, take) != 0;
}

struct json *triage_object(struct triage_reader *r, struct json *in, const char *key)
{
    struct json *o = json_new_object();
    r->failed |= !o || json_add(in, key, o) != 0;
    return r->failed ? NULL : o;
}

struct json *triage_asks(struct triage_reader *r, struct triage_remedy *m)
{
    m->asked = json_new_object();
    r->failed |= !m->asked || json_add_str(m->asked, "endpoint", r->v->endpoint.id) != 0;
    m->can_be_applied = true;
    m->risk = TRIAGE_RISK_PLAN;
    return m->asked;
}

static struct triage_call *add_call(struct triage_remedy *m, const char *method, struct text path)
{
    if (m->call_count == TRIAGE_CALLS_MAX)
        return NULL;
    struct triage_call *c = &m->calls[m->call_count++];
    *c = (struct triage_call){.method = method, .path = path};
    return c;
}

void triage_call(
    struct triage_reader *r, struct triage_remedy *m, const char *method, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)add_call(m, method, words(r, format, args));
    va_end(args);
}

struct json *triage_patch(struct triage_reader *r, struct triage_remedy *m)
{
    struct triage_call *c =
        add_call(m, "PATCH", triage_text(r, "/v2/serverless/%s", r->v->endpoint.id));
    if (!c)
        return NULL;
    c->body = json_new_object();
    r->failed |= !c->body;
    return c->body;
}

/* ---- small things ---------------------------------------------------------------------------------- */

static void says_rolls(struct triage_reader *r, struct triage_remedy *m)
{
    if (r->listed > 0)
        triage_means(r, m, "rolls %d worker%s", r->listed, triage_plural(r->listed));
    else
        triage_means(r, m, "the next workers start with it");
}

/* idleTimeout is rejected for a queue that scales by requests (spec/runpod.md §4.4). */
static void put_workers(struct triage_reader *r, struct json *body, int min, int max)
{
    const struct endpoint *e = &r->v->endpoint;
    struct json *w = triage_object(r, body, "workers");
    triage_put(r, w, "min", json_new_int(min));
    triage_put(r, w, "max", json_new_int(max));
    bool by_requests = strcmp(triage_str(r->v->scaler), "REQUEST_COUNT") == 0;
    if (e->idle_s > 0 && (e->load_balancer || !by_requests))
        triage_put(r, w, "idleTimeout", json_new_int(e->idle_s));
}

/* ---- advice ------------------------------------------------------------------------------------------- */

void triage_wait(struct triage_reader *r, struct triage_diagnosis *d, const char *for_what)
{
    (void)triage_remedy(r, d, "wait", "Wait: %s", for_what);
}

void triage_by_hand(struct triage_reader *r, struct triage_diagnosis *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text t = words(r, format, args);
    va_end(args);
    struct triage_remedy *m = triage_remedy(r, d, "by-hand", "%s", t.s);
    m->cost_per_hour_delta = NAN;
}

/* The one key that operations never get to hold: a value that a person has. */
void triage_give_token(struct triage_reader *r, struct triage_diagnosis *d)
{
    const char *id = r->v->endpoint.id;
    struct triage_remedy *m = triage_remedy(r, d, "by-hand",
        "Give the worker a token that may read it: slipway set-env %s --env "
        "HUGGING_FACE_HUB_TOKEN=…",
        id);
    struct json *env = triage_object(r, triage_patch(r, m), "env");
    triage_put(r, env, "HUGGING_FACE_HUB_TOKEN", json_new_string(MASKED));
    m->risk = TRIAGE_RISK_PLAN;
    says_rolls(r, m);
}

/* ---- workers ----------------------------------------------------------------------------------------- */

static void scale_text(
    struct triage_reader *r, struct triage_diagnosis *d, struct triage_remedy **m, int min, int max)
{
    const struct endpoint *e = &r->v->endpoint;
    if (max != e->workers_max)
        *m = triage_remedy(r, d, "scale", "Raise max workers from %d to %d", e->workers_max, max);
    else
        *m = triage_remedy(r, d, "scale", "Keep %d worker%s up: min workers %d to %d", min,
            triage_plural(min), e->workers_min, min);
}

void triage_scale(struct triage_reader *r, struct triage_diagnosis *d, int min, int max)
{
    const struct endpoint *e = &r->v->endpoint;
    struct triage_remedy *m;
    scale_text(r, d, &m, min, max);
    struct json *asked = triage_asks(r, m);
    if (min != e->workers_min)
        triage_put(r, asked, "min", json_new_int(min));
    triage_put(r, asked, "max", json_new_int(max));
    put_workers(r, triage_patch(r, m), min, max);
    bool more = max != e->workers_max;
    m->cost_per_hour_delta = r->worker_price * (more ? max - e->workers_max : min - e->workers_min);
    triage_means(r, m, "%s", more ? "costs only while they work" : "is paid round the clock");
}

void triage_stop_paying(struct triage_reader *r, struct triage_diagnosis *d)
{
    const struct endpoint *e = &r->v->endpoint;
    struct triage_remedy *m =
        triage_remedy(r, d, "scale", "Stop paying: max workers from %d to 0", e->workers_max);
    triage_put(r, triage_asks(r, m), "pause", json_new_bool(true));
    put_workers(r, triage_patch(r, m), 0, 0);
    m->cost_per_hour_delta = r->out && !isnan(r->out->cost_hour) ? -r->out->cost_hour : NAN;
    if (r->queue > 0)
        triage_means(r, m, "%" PRId64 " request%s stay%s queued", r->queue, triage_plural(r->queue),
            r->queue == 1 ? "s" : "");
}

/* ---- settings ------------------------------------------------------------------------------------------ */

/* As the change operation names it for this image (model/worker_env.h). */
static const char *right_name(const struct triage_reader *r, const char *name, const char *value)
{
    struct worker_env look = worker_env_look(&r->image, name, value);
    bool other = look.verdict == WORKER_ENV_TRANSLATE || look.verdict == WORKER_ENV_SECRET;
    return other && look.instead ? look.instead : name;
}

void triage_put_env(struct triage_reader *r, struct json *env, const char *name, const char *value)
{
    const char *right = right_name(r, name, value);
    bool secret = worker_env_is_secret(right);
    triage_put(r, env, right, json_new_string(secret ? MASKED : value));
}

static struct text pairs_text(struct triage_reader *r, const char *const *pairs)
{
    char line[320] = "";
    size_t used = 0;
    for (size_t i = 0; pairs[i] && used < sizeof line; i += 2) {
        const char *now = triage_env(r->v, pairs[i]);
        used += (size_t)snprintf(
            line + used, sizeof line - used, "%s%s=%s", i ? ", " : "", pairs[i], pairs[i + 1]);
        if (now && used < sizeof line)
            used += (size_t)snprintf(
                line + used, sizeof line - used, " (now %.40s)", *now ? now : "empty");
    }
    return triage_text(r, "Set %s", line);
}

void triage_set_env(struct triage_reader *r, struct triage_diagnosis *d, const char *const *pairs)
{
    struct triage_remedy *m = triage_remedy(r, d, "set-env", "%s", pairs_text(r, pairs).s);
    struct json *asked = triage_object(r, triage_asks(r, m), "env");
    struct json *env = triage_object(r, triage_patch(r, m), "env");
    for (size_t i = 0; pairs[i]; i += 2) {
        triage_put(r, asked, pairs[i], json_new_string(pairs[i + 1]));
        triage_put_env(r, env, pairs[i], pairs[i + 1]);
    }
    says_rolls(r, m);
}

void triage_unset_env(struct triage_reader *r, struct triage_diagnosis *d, const char *names)
{
    struct triage_remedy *m = triage_remedy(r, d, "set-env", "Take %.120s away", names);
    triage_put(r, triage_asks(r, m), "unset", json_new_string(names));
    /* Applying sends the map without them. */
    struct json *env = triage_object(r, triage_patch(r, m), "env");
    for (const char *s = names; *s; s += strcspn(s, ","), s += *s == ',') {
        char name[96];
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(s, ","), s);
        triage_put(r, env, name, json_new_null());
    }
    says_rolls(r, m);
}

void triage_set_context(
    struct triage_reader *r, struct triage_diagnosis *d, int64_t from, int64_t to)
{
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" PRId64, to);
    const char *name = right_name(r, "MAX_MODEL_LEN", digits);
    struct triage_remedy *m = from > to
                                  ? triage_remedy(r, d, "set-env",
                                        "Lower %s from %" PRId64 " to %" PRId64, name, from, to)
                                  : triage_remedy(r, d, "set-env", "Set %s to %" PRId64, name, to);
    triage_put(r, triage_asks(r, m), "context", json_new_int(to));
    triage_put_env(r, triage_object(r, triage_patch(r, m), "env"), "MAX_MODEL_LEN", digits);
    says_rolls(r, m);
}

void triage_set_disk(struct triage_reader *r, struct triage_diagnosis *d, int gb)
{
    int now = r->v->detail_read ? r->v->detail.disk_gb : -1;
    struct triage_remedy *m =
        now > 0
            ? triage_remedy(r, d, "set-disk", "Raise the container disk from %d to %d GB", now, gb)
            : triage_remedy(r, d, "set-disk", "Set the container disk to %d GB", gb);
    triage_put(r, triage_asks(r, m), "disk", json_new_int(gb));
    triage_put(r, triage_patch(r, m), "disk", json_new_int(gb));
    /* $0.10 a GB and month while it runs (spec/runpod.md §6.2). */
    int workers = r->listed > 0 ? r->listed : 1;
    m->cost_per_hour_delta = now > 0 ? 0.10 / 730 * (gb - now) * workers : NAN;
    says_rolls(r, m);
}

void triage_set_timeout(struct triage_reader *r, struct triage_diagnosis *d, int seconds)
{
    struct triage_remedy *m =
        triage_remedy(r, d, "set-timeout", "End requests that run for more than %d s", seconds);
    triage_put(r, triage_asks(r, m), "timeout", json_new_int(seconds));
    triage_put(r, triage_patch(r, m), "timeout", json_new_int((int64_t)seconds * 1000));
    triage_means(r, m, "for requests sent from then on");
}

void triage_set_image(
    struct triage_reader *r, struct triage_diagnosis *d, const char *image, const char *cuda)
{
    struct triage_remedy *m =
        cuda ? triage_remedy(r, d, "set-image", "Change the image to %s, CUDA floor %s", image,
                   *cuda ? cuda : "none")
             : triage_remedy(r, d, "set-image", "Change the image to %s", image);
    struct json *asked = triage_asks(r, m), *body = triage_patch(r, m);
    triage_put(r, asked, "image", json_new_string(image));
    triage_put(r, body, "image", json_new_string(image));
    if (cuda) {
        triage_put(r, asked, "cuda", json_new_string(*cuda ? cuda : "none"));
        triage_put(r, triage_object(r, body, "gpu"), "minCudaVersion", json_new_string(cuda));
    }
    triage_means(r, m, "workers fetch another image");
}

void triage_set_cuda(struct triage_reader *r, struct triage_diagnosis *d, const char *cuda)
{
    const char *now = r->v->detail_read ? triage_str(r->v->detail.min_cuda) : "";
    struct triage_remedy *m =
        *cuda ? triage_remedy(r, d, "set-cuda", "Take only hosts with CUDA %s or newer", cuda)
              : triage_remedy(r, d, "set-cuda", "Drop the CUDA floor %s", now);
    triage_put(r, triage_asks(r, m), "cuda", json_new_string(*cuda ? cuda : "none"));
    triage_put(
        r, triage_object(r, triage_patch(r, m), "gpu"), "minCudaVersion", json_new_string(cuda));
    triage_means(r, m, *cuda ? "fewer hosts to choose from" : "more hosts to choose from");
}

void triage_roll_back(struct triage_reader *r, struct triage_diagnosis *d)
{
    const struct endpoint_detail *e = &r->v->detail;
    if (!r->v->detail_read || e->release_count < 2)
        return;
    struct triage_remedy *m = triage_remedy(r, d, "rollback", "Go back to release v%d (now v%d)",
        e->releases[1].version, e->releases[0].version);
    triage_put(r, triage_asks(r, m), "rollback", json_new_string("previous"));
    (void)triage_patch(r, m);
    m->cost_per_hour_delta = NAN;
    says_rolls(r, m);
}

/* ---- requests -------------------------------------------------------------------------------------------- */

void triage_cancel(struct triage_reader *r, struct triage_diagnosis *d, const char *job_id)
{
    struct triage_remedy *m = triage_remedy(r, d, "cancel-job", "Cancel the request %.60s", job_id);
    triage_call(r, m, "POST", "/v2/%s/cancel/%s", r->v->endpoint.id, job_id);
    triage_means(r, m, "its result is lost");
    m->risk = TRIAGE_RISK_YES;
    m->can_be_applied = true;
}

void triage_purge(struct triage_reader *r, struct triage_diagnosis *d)
{
    if (r->queue <= 0)
        return;
    struct triage_remedy *m = triage_remedy(
        r, d, "purge", "Purge the %" PRId64 " queued request%s", r->queue, triage_plural(r->queue));
    triage_put(r, triage_asks(r, m), "purge", json_new_bool(true));
    triage_call(r, m, "POST", "/v2/%s/purge-queue", r->v->endpoint.id);
    triage_means(r, m, "cannot be undone");
    m->risk = TRIAGE_RISK_NAME;
}
