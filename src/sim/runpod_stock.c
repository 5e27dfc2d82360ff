/* runpod_stock: which GPUs are to be had, and which host the next worker gets.
 *
 * A scenario says the level of a type ("types"), of a pool ("pools") or of everything ("default"),
 * and may overrule it for one data center; otherwise a type is found in about half of the data
 * centers, always the same ones. "cuda" tells which share of the hosts has a driver for a CUDA
 * version or newer.
 *
 * Placement follows spec/runpod.md §4.4 and §4.7: pools in the given order, a well stocked one
 * before one that is low; a pool name that does not exist matches nothing; more than three pools
 * are silently ineffective; a network volume pins its data center. */
#include "sim/runpod_physics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHOICES_MAX = 128 };

static enum stock stock_level(const char *name, enum stock fallback)
{
    for (enum stock s = STOCK_NONE; name && s <= STOCK_HIGH; s++)
        if (strcmp(stock_name(s), name) == 0)
            return s;
    return fallback;
}

/* ---- CUDA ------------------------------------------------------------------------------------ */

int cuda_number(const char *version)
{
    if (!version || *version < '0' || *version > '9')
        return 0;
    char *end = NULL;
    long major = strtol(version, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    if (major > 99 || minor < 0 || minor > 99)
        return 9999;
    return (int)(major * 100 + minor);
}

/* The share of hosts whose driver is for that version or a newer one. */
static double cuda_share(const struct runpod_world *world, const char *version)
{
    static const struct {
        int number;
        double share;
    } usual[] = {{1300, 0.55}, {1209, 0.7}, {1208, 0.9}, {1206, 0.97}, {1204, 1}, {0, 1}};
    int number = cuda_number(version);
    const struct json *table = json_get(world->stock, "cuda");
    if (json_kind(table) == JSON_OBJECT) {
        double share = 1;
        int best = 0;
        for (const struct json *m = json_first(table); m; m = json_next(m)) {
            int at = cuda_number(json_key(m));
            if (at <= number && at > best) {
                best = at;
                share = json_number(m, 1);
            }
        }
        return number > cuda_number(cuda_versions[0]) ? 0 : share;
    }
    size_t i = 0;
    while (usual[i].number > number)
        i++;
    return number > usual[0].number ? 0 : usual[i].share;
}

/* The share of hosts whose driver is for exactly the i-th version. */
static double cuda_exactly(const struct runpod_world *world, size_t i)
{
    double newer = i == 0 ? 0 : cuda_share(world, cuda_versions[i - 1]);
    double share = cuda_share(world, cuda_versions[i]) - newer;
    return share > 0 ? share : 0;
}

static bool cuda_allowed(const struct endpoint *e, const char *version)
{
    if (cuda_number(version) < cuda_number(e->min_cuda))
        return false;
    if (json_count(e->allowed_cuda) == 0)
        return true;
    for (const struct json *v = json_first(e->allowed_cuda); v; v = json_next(v))
        if (json_string(v) && strcmp(json_string(v), version) == 0)
            return true;
    return false;
}

/* The driver of the host that a worker gets: drawn from those that the endpoint allows. */
static bool cuda_draw(struct endpoint *e, char out[8])
{
    double total = 0;
    for (size_t i = 0; cuda_versions[i]; i++)
        if (cuda_allowed(e, cuda_versions[i]))
            total += cuda_exactly(e->world, i);
    double left = random_unit(e) * total;
    for (size_t i = 0; total > 0 && cuda_versions[i]; i++) {
        double share = cuda_allowed(e, cuda_versions[i]) ? cuda_exactly(e->world, i) : 0;
        if (share > 0 && left < share) {
            (void)snprintf(out, 8, "%s", cuda_versions[i]);
            return true;
        }
        left -= share;
    }
    return false;
}

static bool cuda_possible(const struct endpoint *e)
{
    for (size_t i = 0; cuda_versions[i]; i++)
        if (cuda_allowed(e, cuda_versions[i]) && cuda_exactly(e->world, i) > 0)
            return true;
    return false;
}

bool runpod_cuda_available(struct sim *s, const struct gpu_type *t, const char *version)
{
    if (!s || !s->runpod || (t && world_stock(s->runpod, t, NULL, NULL) == STOCK_NONE))
        return false;
    for (size_t i = 0; version && cuda_versions[i]; i++)
        if (strcmp(cuda_versions[i], version) == 0)
            return cuda_exactly(s->runpod, i) > 0;
    return false;
}

/* ---- stock ----------------------------------------------------------------------------------- */

/* Whether a data center has the type at all, when the scenario does not say; one always has. */
static bool hosted(const struct gpu_type *t, const struct data_center *d)
{
    enum { CENTERS = 17 };
    unsigned kind = (unsigned)(t - gpu_types), place = (unsigned)(d - data_centers);
    unsigned mix = (kind * 40503U + 77U) ^ (place * 30011U + 5U);
    mix = (mix ^ (mix >> 7)) * 2654435761U;
    return (mix >> 16) % 100 < 50 || place == kind % CENTERS;
}

static enum stock stock_general(const struct json *stock, const struct gpu_type *t)
{
    const char *name = json_str(json_get(stock, "types"), t->id);
    if (!name && t->pool)
        name = json_str(json_get(stock, "pools"), t->pool);
    return stock_level(name ? name : json_str(stock, "default"), STOCK_HIGH);
}

static enum stock stock_at(const struct runpod_world *world, const struct gpu_type *t,
    enum stock general, const struct data_center *d)
{
    const struct json *levels = json_get(json_get(world->stock, "data_centers"), d->id);
    const char *name = json_str(levels, t->id);
    if (!name && t->pool)
        name = json_str(levels, t->pool);
    if (!name)
        name = json_str(levels, "*");
    if (name)
        return stock_level(name, general);
    return hosted(t, d) ? general : STOCK_NONE;
}

/* What a CUDA floor leaves of it. */
static enum stock stock_with_cuda(
    const struct runpod_world *world, enum stock level, const char *min_cuda)
{
    if (!min_cuda || !*min_cuda || level == STOCK_NONE)
        return level;
    double share = cuda_share(world, min_cuda);
    if (share <= 0)
        return STOCK_NONE;
    return share < 0.1 && level > STOCK_LOW ? level - 1 : level;
}

enum stock world_stock(const struct runpod_world *world, const struct gpu_type *t, const char *dc,
    const char *min_cuda)
{
    enum stock level = stock_general(world->stock, t);
    enum stock found = dc ? STOCK_NONE : level;
    for (const struct data_center *d = data_centers; dc && d->id; d++)
        if (strcmp(d->id, dc) == 0)
            found = stock_at(world, t, level, d);
    return stock_with_cuda(world, found, min_cuda);
}

enum stock runpod_stock(
    struct sim *s, const struct gpu_type *t, const char *dc, const char *min_cuda)
{
    return s && s->runpod && t ? world_stock(s->runpod, t, dc, min_cuda) : STOCK_NONE;
}

/* ---- placement ------------------------------------------------------------------------------- */

static bool listed(const struct json *array, const char *word)
{
    for (const struct json *i = json_first(array); i; i = json_next(i))
        if (json_string(i) && strcmp(json_string(i), word) == 0)
            return true;
    return false;
}

/* A volume is named by its id, alone or inside an object. */
static const char *volume_data_center(const struct endpoint *e, const struct json *volume)
{
    const char *id = json_string(volume);
    id = id ? id : json_str(volume, "id");
    id = id ? id : json_str(volume, "networkVolumeId");
    for (const struct named_row *v = e->world->volumes; id && v; v = v->next)
        if (strcmp(v->id, id) == 0) {
            const char *center = json_str(v->fields, "dataCenter"); /* as REST v2 says it */
            return center ? center : json_str(v->fields, "dataCenterId");
        }
    return NULL;
}

static bool data_center_allowed(const struct endpoint *e, const char *dc)
{
    if (json_count(e->data_centers) > 0 && !listed(e->data_centers, dc))
        return false;
    if (json_count(e->volumes) == 0)
        return true;
    for (const struct json *v = json_first(e->volumes); v; v = json_next(v)) {
        const char *home = volume_data_center(e, v);
        if (home && strcmp(home, dc) == 0)
            return true;
    }
    return false;
}

/* The data centers where the endpoint finds the type at its best level, and that level. */
static size_t best_places(const struct endpoint *e, const struct gpu_type *t, enum stock *level,
    const struct data_center *found[CHOICES_MAX])
{
    enum stock general = t ? stock_general(e->world->stock, t) : STOCK_HIGH;
    size_t count = 0;
    *level = STOCK_LOW;
    for (const struct data_center *d = data_centers; d->id && count < CHOICES_MAX; d++) {
        enum stock here = t ? stock_at(e->world, t, general, d) : STOCK_HIGH;
        if (here < *level || !data_center_allowed(e, d->id))
            continue;
        count = here > *level ? 0 : count;
        *level = here;
        found[count++] = d;
    }
    *level = count ? stock_with_cuda(e->world, *level, e->min_cuda) : STOCK_NONE;
    return count;
}

enum stock endpoint_stock(const struct endpoint *e, const struct gpu_type *t)
{
    const struct data_center *found[CHOICES_MAX];
    enum stock level = STOCK_NONE;
    (void)best_places(e, t, &level, found);
    return level;
}

/* The best stocked types of one pool: one of them at random. */
static const struct gpu_type *pool_pick(struct endpoint *e, const char *pool, enum stock *level)
{
    const struct gpu_type *found[CHOICES_MAX];
    size_t count = 0;
    *level = STOCK_LOW;
    for (const struct gpu_type *t = gpu_types; pool && t->id && count < CHOICES_MAX; t++) {
        if (!t->pool || strcmp(t->pool, pool) != 0 || listed(e->excluded, t->id))
            continue;
        enum stock s = endpoint_stock(e, t);
        if (s < *level)
            continue;
        count = s > *level ? 0 : count;
        *level = s;
        found[count++] = t;
    }
    return count ? found[random_next(e) % count] : NULL;
}

/* The first pool that is well stocked, else the first that has anything. */
static const struct gpu_type *gpu_pick(struct endpoint *e, enum stock *level)
{
    const struct gpu_type *low = NULL;
    if (json_count(e->pools) > POOLS_MAX || !cuda_possible(e))
        return NULL;
    for (const struct json *p = json_first(e->pools); p; p = json_next(p)) {
        const struct gpu_type *t = pool_pick(e, json_string(p), level);
        if (t && *level > STOCK_LOW)
            return t;
        low = low ? low : t;
    }
    *level = STOCK_LOW;
    return low;
}

bool place_pick(struct endpoint *e, struct place *out)
{
    const struct data_center *found[CHOICES_MAX];
    memset(out, 0, sizeof *out);
    if (json_count(e->cpu) == 0) {
        out->gpu = gpu_pick(e, &out->stock);
        if (!out->gpu || !cuda_draw(e, out->cuda))
            return false;
    }
    size_t count = best_places(e, out->gpu, &out->stock, found);
    out->dc = count ? found[random_next(e) % count] : NULL;
    return out->dc != NULL;
}
