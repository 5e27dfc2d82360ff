/* What the Hub knows of the model that the endpoint serves: whether it is there, may be read, and what it is made
 * of. A model that is a path, or no OWNER/NAME, is none of the Hub's. The Hub is asked once in the evidence's life
 * for the same model and revision: a model at a revision does not change. */
#include "client/runpod_evidence_internal.h"

#include <stdio.h>
#include <string.h>

enum { MODEL_ARENA = 64 << 20, CONFIG_MAX = 1 << 20 };

/* transformers' version, as config.json of the folder says it. */
static struct text read_saved_by(struct runpod_evidence *ev, struct arena *a, struct cancel *c)
{
    struct buf config;
    struct text version = TEXT("");
    buf_init(&config, CONFIG_MAX);
    ev->cost.hub_calls++;
    if (!hub_get_file(
            ev->options.hub, ev->hub_info.id, ev->hub_info.sha, "config.json", &config, c, NULL)) {
        struct json *j = json_parse(buf_str(&config), config.len, NULL);
        version = json_text(a, j, "transformers_version");
        json_free(j);
    }
    buf_release(&config);
    return version;
}

static void take_facts(struct runpod_evidence *ev, struct arena *a, struct cancel *c)
{
    struct triage_evidence *v = &ev->v;
    v->model_exists = KNOWN_YES;
    v->model_gated = ev->hub_info.gated.len > 0;
    ev->cost.hub_calls++;
    if (!hub_model_facts(ev->options.hub, &ev->hub_info, a, &ev->hub_model, c, NULL)) {
        v->facts = &ev->hub_model.list.facts;
        v->model_readable = ev->hub_model.readable;
    }
    if (v->model_readable != KNOWN_NO)
        v->saved_by = read_saved_by(ev, a, c);
}

int evidence_model(struct runpod_evidence *ev, struct cancel *c, struct err *e)
{
    struct triage_evidence *v = &ev->v;
    const struct endpoint *p = &v->endpoint;
    const char *revision = p->revision.len ? p->revision.s : NULL;
    struct err why;
    if (v->facts || v->model_exists == KNOWN_NO)
        return 0;
    if (!ev->options.hub || p->model.len == 0 || hub_check_repo_id(p->model.s, NULL)) {
        evidence_note(
            ev, "hub", p->model.len ? "the model is none of the Hub's" : "no model is named");
        return 0;
    }
    struct arena *a = evidence_arena(MODEL_ARENA);
    if (!a)
        return 0;
    ev->cost.hub_calls++;
    if (!hub_info(ev->options.hub, p->model.s, revision, a, &ev->hub_info, c, &why)) {
        evidence_swap(&ev->model, a);
        take_facts(ev, a, c);
        evidence_note(ev, "hub", NULL);
        return cancel_check(c, e);
    }
    arena_free(a);
    if (why.class == ERR_REMOTE && why.number == 404) {
        v->model_exists = KNOWN_NO;
        evidence_note(ev, "hub", NULL);
        return 0;
    }
    if (why.class == ERR_AUTH)
        v->model_readable = KNOWN_NO;
    return evidence_failed(ev, "hub", &why, e);
}
