/* runpod_trouble: which of a scenario's troubles hits a worker.
 *
 * A trouble is a row of data: in which phase it hits (place, pull, create, load, serve, job), under
 * which conditions ("when"), how often ("chance"), and what happens then. Conditions name facts;
 * the table below says which there are. All conditions of a "when" must hold. A condition is a
 * plain value (equal), or an object of tests: "is", "not", "lt", "ge", "has" (contains), "fits" (a
 * pattern with '*'), "set" (is there at all). scenarios/README.md describes it for those who write
 * scenarios. */
#include "sim/runpod_physics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FACT_MAX = 16384 };

struct subject {
    struct endpoint *e;
    const struct worker *w;
    const struct job *j;
};

struct fact {
    enum { FACT_ABSENT, FACT_NUMBER, FACT_TEXT, FACT_TRUTH } kind;
    double number; /* also of a truth */
    char text[FACT_MAX];
};

static void fact_number(struct fact *f, double n)
{
    f->kind = FACT_NUMBER;
    f->number = n;
}

static void fact_truth(struct fact *f, bool b)
{
    f->kind = FACT_TRUTH;
    f->number = b;
}

static void fact_text(struct fact *f, const char *s)
{
    if (!s || !*s)
        return;
    f->kind = FACT_TEXT;
    (void)snprintf(f->text, sizeof f->text, "%s", s);
}

/* ---- the facts ------------------------------------------------------------------------------- */

static void get_image(const struct subject *s, struct fact *f)
{
    fact_text(f, s->e->image);
}

static void get_image_missing(const struct subject *s, struct fact *f)
{
    fact_truth(f, s->e->facts->image.missing);
}

static void get_image_denied(const struct subject *s, struct fact *f)
{
    fact_truth(f, s->e->facts->image.denied);
}

static void get_arm64(const struct subject *s, struct fact *f)
{
    fact_truth(f, s->e->facts->image.arm64);
}

static void get_generation(const struct subject *s, struct fact *f)
{
    fact_text(f, generation_name(s->e->facts->image.generation));
}

static void get_vllm(const struct subject *s, struct fact *f)
{
    fact_truth(f, generation_is_vllm(s->e->facts->image.generation));
}

static void get_image_version(const struct subject *s, struct fact *f)
{
    fact_number(f, s->e->facts->image.version);
}

static void get_cuda_ok(const struct subject *s, struct fact *f)
{
    int host = s->w ? cuda_number(s->w->cuda) : 0;
    fact_truth(f, host == 0 || host >= cuda_number(s->e->facts->image.cuda));
}

static void get_host_cuda(const struct subject *s, struct fact *f)
{
    fact_text(f, s->w ? s->w->cuda : NULL);
}

static void get_disk_ok(const struct subject *s, struct fact *f)
{
    fact_truth(f, s->e->disk_gb >= s->e->facts->disk_need_gb);
}

static void get_fits(const struct subject *s, struct fact *f)
{
    struct fit fit;
    fit_facts(s->e, s->w ? s->w->gpu : NULL, &fit);
    fact_truth(f, fit.fits);
}

static void get_weights_fit(const struct subject *s, struct fact *f)
{
    struct fit fit;
    fit_facts(s->e, s->w ? s->w->gpu : NULL, &fit);
    fact_truth(f, fit.weights_fit);
}

static void get_model(const struct subject *s, struct fact *f)
{
    fact_text(f, s->e->facts->model.name);
}

static void get_gated(const struct subject *s, struct fact *f)
{
    fact_truth(f, s->e->facts->model.gated);
}

static void get_model_missing(const struct subject *s, struct fact *f)
{
    fact_truth(f, s->e->facts->model.missing);
}

static void get_model_lacks(const struct subject *s, struct fact *f)
{
    fact_text(f, s->e->facts->model.lacks);
}

static void get_token(const struct subject *s, struct fact *f)
{
    fact_truth(f, endpoint_has_token(s->e));
}

static void get_disk(const struct subject *s, struct fact *f)
{
    fact_number(f, s->e->disk_gb);
}

static void get_gpu(const struct subject *s, struct fact *f)
{
    fact_text(f, s->w && s->w->gpu ? s->w->gpu->id : NULL);
}

static void get_gpu_memory(const struct subject *s, struct fact *f)
{
    fact_number(f, s->w && s->w->gpu ? s->w->gpu->memory_gb : 0);
}

static void get_stock(const struct subject *s, struct fact *f)
{
    fact_text(f, s->w && s->w->gpu ? stock_name(endpoint_stock(s->e, s->w->gpu)) : "HIGH");
}

static void get_data_center(const struct subject *s, struct fact *f)
{
    fact_text(f, s->w ? s->w->data_center : NULL);
}

static void get_registry(const struct subject *s, struct fact *f)
{
    fact_text(f, s->e->registry);
}

static void get_args(const struct subject *s, struct fact *f)
{
    fact_text(f, s->e->args);
}

static void get_version(const struct subject *s, struct fact *f)
{
    fact_number(f, s->e->version);
}

static void get_workers_max(const struct subject *s, struct fact *f)
{
    fact_number(f, s->e->workers_max);
}

static void get_starts(const struct subject *s, struct fact *f)
{
    fact_number(f, s->w ? s->w->starts : 0);
}

/* The second in which the worker was wanted: what came from before the scenario is below 0. */
static void get_worker_second(const struct subject *s, struct fact *f)
{
    if (s->w)
        fact_number(f, (double)(s->w->created - s->e->world->start) / SECOND);
}

static void get_worker_number(const struct subject *s, struct fact *f)
{
    fact_number(f, s->w ? s->w->number : 0);
}

static void get_cached_model(const struct subject *s, struct fact *f)
{
    const struct json *first = json_at(json_get(s->e->extra, "modelReferences"), 0);
    fact_text(f, json_string(first) ? json_string(first) : json_str(first, "model"));
}

static void get_volumes(const struct subject *s, struct fact *f)
{
    fact_number(f, (double)json_count(s->e->volumes));
}

static void get_second(const struct subject *s, struct fact *f)
{
    fact_number(f, (double)(s->e->world->advanced_to - s->e->world->start) / SECOND);
}

static void get_input(const struct subject *s, struct fact *f)
{
    struct buf b;
    buf_init(&b, FACT_MAX - 1);
    if (s->j && json_print(s->j->input, &b) == 0)
        fact_text(f, buf_str(&b));
    buf_release(&b);
}

static const struct {
    const char *name;
    void (*get)(const struct subject *s, struct fact *f);
} facts[] = {
    {"args", get_args},
    {"cached_model", get_cached_model},
    {"cuda_ok", get_cuda_ok},
    {"data_center", get_data_center},
    {"disk", get_disk},
    {"disk_ok", get_disk_ok},
    {"fits", get_fits},
    {"generation", get_generation},
    {"gpu", get_gpu},
    {"gpu_memory", get_gpu_memory},
    {"host_cuda", get_host_cuda},
    {"image", get_image},
    {"image_arm64", get_arm64},
    {"image_denied", get_image_denied},
    {"image_missing", get_image_missing},
    {"image_version", get_image_version},
    {"input", get_input},
    {"model", get_model},
    {"model_gated", get_gated},
    {"model_lacks", get_model_lacks},
    {"model_missing", get_model_missing},
    {"registry", get_registry},
    {"second", get_second},
    {"starts", get_starts},
    {"stock", get_stock},
    {"token", get_token},
    {"version", get_version},
    {"vllm", get_vllm},
    {"volumes", get_volumes},
    {"weights_fit", get_weights_fit},
    {"worker_number", get_worker_number},
    {"worker_second", get_worker_second},
    {"workers_max", get_workers_max},
};

/* False when there is no fact of that name: the trouble then never hits. */
static bool fact_get(const struct subject *s, const char *name, struct fact *f)
{
    f->kind = FACT_ABSENT;
    f->number = 0;
    f->text[0] = '\0';
    if (strncmp(name, "env.", 4) == 0) {
        fact_text(f, endpoint_env(s->e, name + 4));
        return true;
    }
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (strcmp(facts[i].name, name) == 0) {
            facts[i].get(s, f);
            return true;
        }
    return false;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static double fact_as_number(const struct fact *f)
{
    return f->kind == FACT_TEXT ? strtod(f->text, NULL) : f->number;
}

static bool fact_is(const struct fact *f, const struct json *value)
{
    switch (json_kind(value)) {
    case JSON_BOOL:
        return f->kind != FACT_ABSENT && (fact_as_number(f) != 0) == json_is_true(value);
    case JSON_NUMBER:
        return f->kind != FACT_ABSENT && fact_as_number(f) == json_number(value, 0);
    case JSON_STRING:
        return f->kind == FACT_TEXT && strcmp(f->text, json_string(value)) == 0;
    default:
        return f->kind == FACT_ABSENT;
    }
}

static bool test_holds(const struct fact *f, const char *test, const struct json *value)
{
    const char *word = json_string(value);
    double number = word ? strtod(word, NULL) : json_number(value, 0);
    if (strcmp(test, "is") == 0)
        return fact_is(f, value);
    if (strcmp(test, "not") == 0)
        return !fact_is(f, value);
    if (strcmp(test, "set") == 0)
        return (f->kind != FACT_ABSENT) == json_is_true(value);
    if (strcmp(test, "lt") == 0)
        return f->kind != FACT_ABSENT && fact_as_number(f) < number;
    if (strcmp(test, "ge") == 0)
        return f->kind != FACT_ABSENT && fact_as_number(f) >= number;
    if (strcmp(test, "has") == 0)
        return f->kind == FACT_TEXT && word && strstr(f->text, word);
    if (strcmp(test, "fits") == 0)
        return f->kind == FACT_TEXT && word && pattern_fits(word, f->text);
    return false;
}

static bool condition_holds(const struct subject *s, const struct json *condition)
{
    struct fact f;
    if (!fact_get(s, json_key(condition), &f))
        return false;
    if (json_kind(condition) != JSON_OBJECT)
        return fact_is(&f, condition);
    for (const struct json *t = json_first(condition); t; t = json_next(t))
        if (!test_holds(&f, json_key(t), t))
            return false;
    return true;
}

static bool conditions_all_hold(const struct subject *s, const struct json *when)
{
    for (const struct json *c = json_first(when); c; c = json_next(c))
        if (!condition_holds(s, c))
            return false;
    return true;
}

bool conditions_hold(struct endpoint *e, const struct worker *w, const struct json *when)
{
    struct subject s = {.e = e, .w = w};
    return conditions_all_hold(&s, when);
}

static bool trouble_hits(const struct subject *s, const struct json *trouble, const char *phase)
{
    const char *own = json_str(trouble, "phase");
    if (!own || strcmp(own, phase) != 0)
        return false;
    if (!conditions_all_hold(s, json_get(trouble, "when")))
        return false;
    const struct json *chance = json_get(trouble, "chance");
    return !chance || random_unit(s->e) < json_number(chance, 1);
}

static const struct json *first_hit(
    const struct subject *s, const struct json *troubles, const char *phase)
{
    const struct json *t = json_kind(troubles) == JSON_ARRAY ? json_first(troubles) : NULL;
    while (t && !trouble_hits(s, t, phase))
        t = json_next(t);
    return t;
}

const struct json *trouble_find(
    struct endpoint *e, const struct worker *w, const struct job *j, const char *phase)
{
    struct subject s = {.e = e, .w = w, .j = j};
    const struct json *t = first_hit(&s, json_get(e->behaviour, "troubles"), phase);
    return t ? t : first_hit(&s, e->world->troubles, phase);
}
