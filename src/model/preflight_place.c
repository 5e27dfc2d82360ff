/* Where it runs: memory, disk, the hosts' CUDA, and whether there are any such hosts now. */
#include "model/preflight_internal.h"

#include "model/fit.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double IMAGE_GB = 10, ROOM = 1.2; /* spec/runpod.md §7.2 */
enum { CUDA_EVERYWHERE = 1204, POOLS_USED = 3 };

/* ---- memory -------------------------------------------------------------------------------------- */

/* Parts of an advice, joined by "or". */
struct advice {
    char words[256];
};

__attribute__((format(printf, 2, 3))) static void advise(struct advice *a, const char *format, ...)
{
    size_t used = strlen(a->words);
    va_list args;
    if (used && used + 3 < sizeof a->words)
        used += (size_t)snprintf(a->words + used, sizeof a->words - used, ", or ");
    if (used + 1 >= sizeof a->words)
        return;
    va_start(args, format);
    (void)vsnprintf(a->words + used, sizeof a->words - used, format, args);
    va_end(args);
}

static void advise_memory(struct preflight_look *l, const struct preflight_pool *p)
{
    struct advice a = {""};
    int64_t context = preflight_need_context(l, p->memory_gb);
    int gpus = preflight_need_gpus(l, p->memory_gb);
    const struct preflight_pool *other = preflight_need_pool(l);
    if (context > 0 && context < l->need.context)
        advise(&a, "MAX_MODEL_LEN=%" PRId64, context);
    if (gpus > l->need.spread)
        advise(&a, "%d GPUs a worker", gpus);
    if (other)
        advise(&a, "the pool %.40s (%d GB)", other->id.s, other->memory_gb);
    if (a.words[0])
        preflight_fix(l, "%s", a.words);
}

static void say_memory(struct preflight_look *l, const struct preflight_pool *p, bool never)
{
    const struct preflight_need *n = &l->need;
    char cache[80] = "";
    if (!isnan(n->cache))
        (void)snprintf(cache, sizeof cache, " and %.1f GB of cache for %" PRId64 " tokens",
            n->cache, n->context);
    preflight_say(l, never ? PREFLIGHT_BLOCKER : PREFLIGHT_WARNING,
        "%s x%d: %.1f GB of weights%s%s %s the %.1f GB that vLLM may use%s", p->id.s, l->v->gpus,
        n->weights, cache, n->spread > 1 ? " on each GPU" : "",
        never ? "do not fit into" : "hardly fit, with some room, into",
        p->memory_gb * n->utilization, never ? "" : " (an estimate)");
    advise_memory(l, p);
}

static void memory_seen(struct preflight_look *l)
{
    if (l->facts && l->facts->adapter)
        preflight_say(l, PREFLIGHT_WARNING, "the size of the base model was not seen");
    else if (isnan(l->need.weights))
        preflight_say(l, PREFLIGHT_WARNING, "the size of the weights was not seen");
    else if (isnan(l->need.cache))
        preflight_say(l, PREFLIGHT_WARNING,
            "%.1f GB of weights; how much cache a context takes was not seen", l->need.weights);
}

static void memory_fits(struct preflight_look *l)
{
    for (size_t i = 0; i < l->v->pool_count; i++) {
        const struct preflight_pool *p = &l->v->pools[i];
        enum preflight_fit fit = preflight_need_fits(&l->need, p->memory_gb);
        if (fit == PREFLIGHT_NEVER || fit == PREFLIGHT_TIGHT)
            say_memory(l, p, fit == PREFLIGHT_NEVER);
        else if (p->memory_gb <= 0)
            preflight_say(l, PREFLIGHT_WARNING, "how much memory %s has was not seen", p->id.s);
    }
}

static void memory_shrinks(struct preflight_look *l)
{
    if (l->need.shrinks)
        preflight_say(l, PREFLIGHT_WARNING,
            "the weights are quantized while they load: how large they are then is not known");
}

static void memory_fine(struct preflight_look *l)
{
    const struct preflight_need *n = &l->need;
    int least = 0;
    for (size_t i = 0; i < l->v->pool_count; i++)
        if (!least || l->v->pools[i].memory_gb < least)
            least = l->v->pools[i].memory_gb;
    char usable[40] = "";
    if (least)
        (void)snprintf(usable, sizeof usable, ", %.1f usable", least * n->utilization);
    preflight_say(l, PREFLIGHT_OK,
        "about %.1f GB needed%s (%.1f weights, %.1f cache for %" PRId64 " tokens, %.0f more)%s",
        preflight_need_sum(n), n->spread > 1 ? " on each GPU" : "", n->weights, n->cache,
        n->context, n->rest, usable);
}

/* ---- disk ---------------------------------------------------------------------------------------- */

static void disk_room(struct preflight_look *l)
{
    double gb = preflight_weights_gb(l->v), wanted = ceil(IMAGE_GB + ROOM * gb);
    if (l->v->stored_elsewhere)
        return;
    if (isnan(gb)) {
        preflight_say(l, PREFLIGHT_WARNING,
            "whether %d GB of disk hold the weights could not be seen", l->v->disk_gb);
        return;
    }
    if (l->v->disk_gb >= wanted)
        return;
    bool never = l->v->disk_gb < gb;
    preflight_say(l, never ? PREFLIGHT_BLOCKER : PREFLIGHT_WARNING,
        "%d GB of disk %s %.1f GB of weights%s", l->v->disk_gb,
        never ? "cannot hold" : "are little for the image and", gb,
        never ? ": no space left on device" : "");
    preflight_fix(l, "at least %.0f GB", wanted);
}

static void disk_fine(struct preflight_look *l)
{
    if (l->v->stored_elsewhere)
        preflight_say(l, PREFLIGHT_OK, "the weights do not lie on the disk");
    else
        preflight_say(l, PREFLIGHT_OK, "%d GB, of which the image and the weights take about %.0f",
            l->v->disk_gb, ceil(IMAGE_GB + ROOM * preflight_weights_gb(l->v)));
}

/* ---- cuda ---------------------------------------------------------------------------------------- */

/* What a host must have to be taken, or to start the image. */
static int cuda_wanted(const struct preflight_look *l)
{
    int floor = worker_cuda_number(l->v->min_cuda), image = worker_cuda_number(l->image.cuda);
    return floor > image ? floor : image;
}

static void cuda_image(struct preflight_look *l)
{
    int image = worker_cuda_number(l->image.cuda), floor = worker_cuda_number(l->v->min_cuda);
    if (!image) {
        preflight_say(l, PREFLIGHT_WARNING, "which CUDA the image wants is not known");
    } else if (image > CUDA_EVERYWHERE && floor < image) {
        preflight_say(l, PREFLIGHT_WARNING,
            "the image wants CUDA %s, and hosts with less may be taken: it would start over and "
            "over there",
            l->image.cuda);
        preflight_fix(l, "minCudaVersion %s, or %s", l->image.cuda, WORKER_IMAGE_OLDER_HOSTS);
    }
}

static void cuda_hosts(struct preflight_look *l)
{
    struct preflight_names lacking = {.count = 0}, unseen = {.count = 0};
    int wanted = cuda_wanted(l);
    for (size_t i = 0; i < l->v->pool_count && wanted; i++) {
        const struct preflight_pool *p = &l->v->pools[i];
        if (p->cuda == 0)
            preflight_names_add(&unseen, p->id.s);
        else if (p->cuda < wanted)
            preflight_names_add(&lacking, p->id.s);
    }
    bool none = lacking.count && lacking.count == l->v->pool_count;
    if (lacking.count) {
        preflight_say(l, none ? PREFLIGHT_BLOCKER : PREFLIGHT_WARNING,
            "no host of %s has CUDA %d.%d", preflight_names_end(&lacking), wanted / 100,
            wanted % 100);
        preflight_fix(l, "other pools, or %s without the floor", WORKER_IMAGE_OLDER_HOSTS);
    }
    if (unseen.count)
        preflight_say(l, PREFLIGHT_WARNING, "which CUDA the hosts of %s have was not seen",
            preflight_names_end(&unseen));
}

static void cuda_fine(struct preflight_look *l)
{
    int wanted = cuda_wanted(l);
    preflight_say(l, PREFLIGHT_OK, "hosts with CUDA %d.%d there are", wanted / 100, wanted % 100);
}

/* ---- stock --------------------------------------------------------------------------------------- */

static void stock_pools(struct preflight_look *l)
{
    if (l->v->pool_count == 0)
        preflight_say(l, PREFLIGHT_BLOCKER, "no GPU pool is chosen");
    else if (l->v->pool_count > POOLS_USED)
        preflight_say(l, PREFLIGHT_WARNING, "RunPod does not use more than %d pools", POOLS_USED);
}

static void advise_pool(struct preflight_look *l)
{
    const struct preflight_pool *p = preflight_need_pool(l);
    if (p)
        preflight_fix(l, "%s (%d GB) is in stock", p->id.s, p->memory_gb);
}

static void stock_there(struct preflight_look *l)
{
    struct preflight_names out = {.count = 0}, unseen = {.count = 0};
    enum stock best = STOCK_UNKNOWN;
    for (size_t i = 0; i < l->v->pool_count; i++) {
        const struct preflight_pool *p = &l->v->pools[i];
        if (p->stock == STOCK_NONE || p->stock == STOCK_UNKNOWN)
            preflight_names_add(p->stock == STOCK_NONE ? &out : &unseen, p->id.s);
        best = p->stock > best ? p->stock : best;
    }
    if (out.count) {
        preflight_say(l, out.count == l->v->pool_count ? PREFLIGHT_BLOCKER : PREFLIGHT_WARNING,
            "%s %s out of stock", preflight_names_end(&out), out.count == 1 ? "is" : "are");
        advise_pool(l);
    } else if (best == STOCK_LOW) {
        preflight_say(l, PREFLIGHT_WARNING, "there are few GPUs left: workers may have to wait");
        advise_pool(l);
    }
    if (unseen.count)
        preflight_say(l, PREFLIGHT_WARNING, "whether %s %s in stock was not seen",
            preflight_names_end(&unseen), unseen.count == 1 ? "is" : "are");
}

static void stock_fine(struct preflight_look *l)
{
    struct preflight_names names = {.count = 0};
    for (size_t i = 0; i < l->v->pool_count; i++)
        preflight_names_add(&names, l->v->pools[i].id.s);
    preflight_say(l, PREFLIGHT_OK, "%s in stock", preflight_names_end(&names));
}

const struct preflight_topic preflight_place[] = {
    {"memory", {memory_seen, memory_fits, memory_shrinks}, memory_fine},
    {"disk", {disk_room}, disk_fine},
    {"cuda", {cuda_image, cuda_hosts}, cuda_fine},
    {"stock", {stock_pools, stock_there}, stock_fine},
    {NULL, {NULL}, NULL},
};
