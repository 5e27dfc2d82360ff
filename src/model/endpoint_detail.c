/* endpoint_detail: comparing and copying the one record that has records in records. */
#include "model/endpoint_detail.h"

#include "model/record_internal.h"

#include <string.h>

static bool releases_same(const struct endpoint_detail *a, const struct endpoint_detail *b)
{
    if (!records_same(
            &record_release, a->releases, a->release_count, b->releases, b->release_count))
        return false;
    for (size_t i = 0; i < a->release_count; i++) {
        const struct release *x = &a->releases[i], *y = &b->releases[i];
        if (!records_same(
                &record_release_change, x->changes, x->change_count, y->changes, y->change_count))
            return false;
    }
    return true;
}

bool endpoint_detail_same(const struct endpoint_detail *a, const struct endpoint_detail *b)
{
    return record_same(&record_detail, a, b) &&
           records_same(&record_setting, a->env, a->env_count, b->env, b->env_count) &&
           releases_same(a, b);
}

/* A copy of the rows with texts of their own; NULL when they do not fit. */
static void *rows_copy(const struct record *r, const void *rows, size_t count, struct arena *a)
{
    char *copy = arena_array(a, count, r->size);
    for (size_t i = 0; copy && i < count; i++) {
        memcpy(copy + i * r->size, (const char *)rows + i * r->size, r->size);
        if (record_own(r, copy + i * r->size, a))
            return NULL;
    }
    return copy;
}

int endpoint_detail_copy(
    struct endpoint_detail *out, const struct endpoint_detail *from, struct arena *a)
{
    *out = *from;
    out->env = rows_copy(&record_setting, from->env, from->env_count, a);
    out->releases = rows_copy(&record_release, from->releases, from->release_count, a);
    if (!out->env || !out->releases || record_own(&record_detail, out, a))
        return -1;
    for (size_t i = 0; i < from->release_count; i++) {
        struct release *release = &out->releases[i];
        release->changes =
            rows_copy(&record_release_change, release->changes, release->change_count, a);
        if (!release->changes)
            return -1;
    }
    return 0;
}
