/* A reading's own copy, and its end: texts live in an arena, JSON trees by themselves. */
#include "model/triage_internal.h"

#include <string.h>

void triage_release(struct triage *t)
{
    for (size_t i = 0; i < t->count; i++) {
        for (size_t k = 0; k < t->diagnoses[i].remedy_count; k++)
            triage_remedy_release(&t->diagnoses[i].remedies[k]);
        t->diagnoses[i].remedy_count = 0;
    }
    t->count = 0;
}

static bool dup_text(struct text *t, struct arena *a)
{
    size_t len = t->s ? t->len : 0;
    *t = text_dup(a, *t);
    return t->len == len;
}

static bool dup_tree(struct json **j)
{
    struct json *from = *j;
    *j = from ? json_dup(from) : NULL;
    return !from || *j;
}

/* Every tree is replaced before anything can fail, so that what is freed is its own. */
static bool dup_remedy(struct triage_remedy *m, struct arena *a)
{
    bool good = dup_tree(&m->asked);
    for (size_t i = 0; i < m->call_count; i++)
        good &= dup_tree(&m->calls[i].body);
    good = good && dup_text(&m->text, a) && dup_text(&m->means, a);
    for (size_t i = 0; good && i < m->call_count; i++)
        good = dup_text(&m->calls[i].path, a);
    return good;
}

static bool dup_diagnosis(struct triage_diagnosis *d, struct arena *a)
{
    bool good = true;
    for (size_t i = 0; i < d->remedy_count; i++)
        good &= dup_remedy(&d->remedies[i], a);
    good = good && dup_text(&d->summary, a) && dup_text(&d->brief, a);
    for (size_t i = 0; good && i < d->evidence_count; i++)
        good = dup_text(&d->evidence[i].text, a);
    return good;
}

int triage_dup(struct triage *out, const struct triage *from, struct arena *a)
{
    *out = *from;
    bool good = true;
    for (size_t i = 0; i < out->count; i++)
        good &= dup_diagnosis(&out->diagnoses[i], a);
    good = good && dup_text(&out->name, a) && dup_text(&out->sentence, a);
    for (size_t i = 0; good && i < out->not_read_count; i++)
        good = dup_text(&out->not_read[i].why, a);
    if (good)
        return 0;
    triage_release(out);
    return -1;
}
