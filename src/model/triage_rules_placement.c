/* No host matches what was chosen: pools that are none, a CUDA that nobody has (rows 4, 6).
 *
 * Capacity is blamed last: only when the worker list was read, and every log there is, and nothing crashes. */
#include "model/triage_internal.h"

#include "model/record_internal.h"

#include <stdio.h>
#include <string.h>

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

/* ---- whether anything has a place --------------------------------------------------------------------- */

bool triage_none_there(const struct triage_reader *r)
{
    return r->waits && r->v->workers_read && r->listed == r->unplaced &&
           r->v->endpoint.workers_max > 0;
}

/* That workers have a place after all: health counts some that are up (asleep ones are not in the list), something is at
 * work, or one was there a moment ago. */
static bool shows_signs(const reader *r)
{
    const struct triage_evidence *v = r->v;
    bool counted = r->health && r->health->ready + r->health->idle + r->health->running > 0;
    for (size_t i = 0; i < v->worker_count; i++)
        counted |= v->workers[i].vanished && v->workers[i].last_ms > 0 &&
                   v->now_ms - v->workers[i].last_ms < TRIAGE_GRACE_READY;
    return counted || r->running > 0;
}

void triage_place(struct triage_reader *r, struct triage_find *f, enum triage_certainty if_clear)
{
    f->certainty = r->clear && !shows_signs(r) ? if_clear : TRIAGE_POSSIBLE;
    f->ripe = r->waited_ms >= triage_grace_place(r);
}

/* ---- the selection ------------------------------------------------------------------------------------------ */

static bool is_gpu_type(const reader *r, struct text word)
{
    for (size_t i = 0; i < r->v->catalog->count; i++)
        if (text_same(r->v->catalog->gpus[i].id, word) ||
            text_same(r->v->catalog->gpus[i].name, word))
            return true;
    return memchr(word.s, ' ', word.len) != NULL;
}

/* Names in gpuIds, parted by commas; "-NVIDIA L4" takes a type out. */
static bool next_word(struct text list, size_t *at, struct text *word)
{
    if (*at >= list.len)
        return false;
    const char *end = memchr(list.s + *at, ',', list.len - *at);
    size_t stop = end ? (size_t)(end - list.s) : list.len;
    while (*at < stop && list.s[*at] == ' ')
        ++*at;
    *word = (struct text){list.s + *at, stop - *at};
    *at = stop + 1;
    return true;
}

struct selection {
    int pools, wrong;
    struct text first_wrong;
};

static void select_word(const reader *r, struct selection *s, struct text word)
{
    bool pool = triage_pool(r, word) != NULL;
    s->pools++;
    if (pool || !is_gpu_type(r, word))
        return;
    s->wrong++;
    if (s->wrong == 1)
        s->first_wrong = word;
}

static struct selection selection_of(const reader *r)
{
    struct selection s = {0, 0, TEXT("")};
    struct text word;
    size_t at = 0;
    if (r->v->gpu_ids.len == 0) {
        for (size_t i = 0; i < r->v->endpoint.pool_count; i++)
            select_word(r, &s, r->v->endpoint.pools[i]);
        return s;
    }
    while (next_word(r->v->gpu_ids, &at, &word))
        if (word.len && word.s[0] != '-')
            select_word(r, &s, word);
    return s;
}

static bool find_selection(reader *r, find *f)
{
    struct selection s = selection_of(r);
    bool all = s.wrong > 0 && s.wrong == s.pools;
    triage_place(r, f, all ? TRIAGE_CERTAIN : TRIAGE_LIKELY);
    return triage_none_there(r) && r->pool_count > 0 &&
           (s.wrong > 0 || s.pools > TRIAGE_POOLS_USED);
}

static void tell_selection(reader *r, find *f, diagnosis *d)
{
    struct selection s = selection_of(r);
    (void)f;
    if (s.wrong)
        triage_sum(r, d,
            "The GPU selection names %.*s, which is a GPU type and no pool: no host matches it.",
            (int)(s.first_wrong.len < 80 ? s.first_wrong.len : 80), s.first_wrong.s);
    else
        triage_sum(r, d,
            "%d pools are selected; RunPod does not use more than %d, and places nothing.", s.pools,
            TRIAGE_POOLS_USED);
    if (r->v->gpu_ids.len)
        triage_line(r, d, "settings", NULL, -1, "gpuIds: %.200s", r->v->gpu_ids.s);
    else
        triage_line(r, d, "settings", NULL, -1, "%d pools", s.pools);
    triage_line_workers(r, d);
    triage_line_queue(r, d);
}

/* The pool of a type by its id or name; empty = none. */
static struct text pool_of_type(const reader *r, struct text word)
{
    for (size_t i = 0; i < r->v->catalog->count; i++) {
        const struct gpu *g = &r->v->catalog->gpus[i];
        if (text_same(g->id, word) || text_same(g->name, word))
            return g->pool;
    }
    const struct gpu_pool *p = triage_pool(r, word);
    return p ? p->id : TEXT("");
}

static void add_pool(struct text *pools, size_t *n, struct text pool)
{
    for (size_t i = 0; i < *n; i++)
        if (text_same(pools[i], pool))
            return;
    if (*n < TRIAGE_POOLS_USED && pool.len)
        pools[(*n)++] = pool;
}

static void mend_selection(reader *r, find *f, diagnosis *d)
{
    struct text pools[TRIAGE_POOLS_USED], word;
    size_t n = 0, at = 0;
    (void)f;
    while (r->v->gpu_ids.len && next_word(r->v->gpu_ids, &at, &word))
        if (word.len && word.s[0] != '-')
            add_pool(pools, &n, pool_of_type(r, word));
    for (size_t i = 0; !r->v->gpu_ids.len && i < r->v->endpoint.pool_count; i++)
        add_pool(pools, &n, pool_of_type(r, r->v->endpoint.pools[i]));
    if (n)
        triage_set_pools(r, d, pools, n);
    else
        triage_mend_place(r, d);
}

/* ---- CUDA ---------------------------------------------------------------------------------------------------- */

/* The least that hosts are asked for; 0 = nothing. */
static int asked_cuda(const reader *r)
{
    const struct endpoint_detail *e = &r->v->detail;
    struct text word;
    size_t at = 0;
    int least = worker_cuda_number(triage_str(e->min_cuda));
    if (least)
        return least;
    while (e->cuda_versions.len && next_word(e->cuda_versions, &at, &word)) {
        char version[16];
        (void)snprintf(
            version, sizeof version, "%.*s", (int)(word.len < 15 ? word.len : 15), word.s);
        int n = worker_cuda_number(version);
        least = n && (!least || n < least) ? n : least;
    }
    return least;
}

static bool find_cuda(reader *r, find *f)
{
    int asked = asked_cuda(r), there = triage_own_cuda(r);
    triage_place(r, f, TRIAGE_CERTAIN);
    return triage_none_there(r) && asked > 0 && there > 0 && there < asked;
}

static void tell_cuda(reader *r, find *f, diagnosis *d)
{
    int asked = asked_cuda(r), there = triage_own_cuda(r);
    (void)f;
    triage_sum(r, d, "Hosts must have CUDA %d.%d, and no host of these pools has more than %d.%d.",
        asked / 100, asked % 100, there / 100, there % 100);
    triage_line(r, d, "settings", NULL, -1, "CUDA %s: %.60s",
        r->v->detail.min_cuda.len ? "floor" : "versions",
        r->v->detail.min_cuda.len ? r->v->detail.min_cuda.s
                                  : triage_str(r->v->detail.cuda_versions));
    triage_line(r, d, "catalog", NULL, -1, "the newest CUDA of its pools is %d.%d", there / 100,
        there % 100);
    triage_line_workers(r, d);
    triage_line_queue(r, d);
}

static void mend_cuda(reader *r, find *f, diagnosis *d)
{
    int image = worker_cuda_number(r->image.cuda), there = triage_own_cuda(r);
    bool floor_set = r->v->detail.min_cuda.len > 0, runs = image == 0 || image <= there;
    (void)f;
    if (floor_set && runs)
        triage_set_cuda(r, d, "");
    if (!runs && strstr(triage_str(r->v->endpoint.image), "vllm") &&
        worker_cuda_number(worker_image_read(WORKER_IMAGE_OLDER_HOSTS).cuda) <= there)
        triage_set_image(r, d, WORKER_IMAGE_OLDER_HOSTS, "");
    triage_mend_place(r, d);
    if (!floor_set) {
        struct triage_remedy *m =
            triage_remedy(r, d, "by-hand", "Allow the CUDA versions that the hosts have");
        triage_put(r, triage_object(r, triage_patch(r, m), "gpu"), "allowedCudaVersions",
            json_new_array());
    }
}

enum { W = TRIAGE_NEEDS_WORKERS, D = TRIAGE_NEEDS_DETAIL, C = TRIAGE_NEEDS_CATALOG };
const struct triage_rule triage_rules_place[] = {
    {"invalid-gpu-selection", 6, TRIAGE_STOPS, W | C, "the GPU selection is invalid",
        find_selection, tell_selection, mend_selection},
    {"cuda-filter-excludes-hosts", 4, TRIAGE_STOPS, W | D | C, "no host has the CUDA asked for",
        find_cuda, tell_cuda, mend_cuda},
    {.id = NULL},
};
