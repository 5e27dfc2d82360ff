/* runpod_control: reading endpoints, workers and the catalog. Creating is runpod_create.c's. */
#include "client/runpod_control.h"

#include "client/runpod_internal.h"
#include "client/runpod_read.h"

#include <stdio.h>
#include <string.h>

/* ---- lists ------------------------------------------------------------------------------------- */

struct gathering {
    struct runpod_rows rows;
    struct arena *a;
};

static int add_endpoint(const struct json *j, void *arg, struct err *e)
{
    struct gathering *g = arg;
    struct endpoint *row = runpod_rows_add(&g->rows);
    if (!row)
        return err_set(e, ERR_REMOTE, 0, "there are too many endpoints");
    runpod_read_endpoint(j, g->a, row);
    return 0;
}

static int add_gpu(const struct json *j, void *arg, struct err *e)
{
    struct gathering *g = arg;
    struct gpu *row = runpod_rows_add(&g->rows);
    if (!row)
        return err_set(e, ERR_REMOTE, 0, "there are too many GPU types");
    runpod_read_gpu(j, g->a, row);
    return 0;
}

/* Walks the list into rows of `size` bytes and those into the arena. */
static int gather(struct runpod *r, struct runpod_list list, size_t size, struct json *take_first,
    struct arena *a, void **out, size_t *count, struct cancel *c, struct err *e)
{
    struct gathering g = {.a = a};
    runpod_rows_init(&g.rows, size);
    list.arg = &g;
    int failed =
        runpod_list_walk(r, &list, take_first, c, e) || runpod_rows_take(&g.rows, a, out, count, e);
    runpod_rows_release(&g.rows);
    return failed ? -1 : 0;
}

int runpod_endpoints_from(struct runpod *r, struct json *take_first, struct arena *a,
    struct endpoint_page *out, struct cancel *c, struct err *e)
{
    static const struct runpod_list list = {.path = RUNPOD_ENDPOINTS_PATH,
        .key = "endpoints",
        .what = "list the endpoints",
        .item = add_endpoint};
    void *rows = NULL;
    *out = (struct endpoint_page){0};
    if (gather(r, list, sizeof *out->endpoints, take_first, a, &rows, &out->count, c, e))
        return -1;
    out->endpoints = rows;
    return 0;
}

int runpod_gpus_from(struct runpod *r, struct json *take_first, struct arena *a,
    struct gpu_page *out, struct cancel *c, struct err *e)
{
    static const struct runpod_list list = {
        .path = RUNPOD_GPUS_PATH, .key = "gpus", .what = "list the GPU types", .item = add_gpu};
    void *rows = NULL;
    *out = (struct gpu_page){0};
    if (gather(r, list, sizeof *out->gpus, take_first, a, &rows, &out->count, c, e))
        return -1;
    out->gpus = rows;
    out->seen_ms = clock_mono_ms(r->clock);
    return 0;
}

int runpod_endpoints(
    struct runpod *r, struct arena *a, struct endpoint_page *out, struct cancel *c, struct err *e)
{
    return runpod_endpoints_from(r, NULL, a, out, c, e);
}

int runpod_gpus(
    struct runpod *r, struct arena *a, struct gpu_page *out, struct cancel *c, struct err *e)
{
    return runpod_gpus_from(r, NULL, a, out, c, e);
}

/* ---- one --------------------------------------------------------------------------------------- */

struct json *runpod_read_of(struct runpod *r, const char *id, const char *rest, const char *what,
    struct cancel *c, struct err *e)
{
    struct buf url;
    struct json *j = NULL;
    if (runpod_check_id(id, "endpoint", e))
        return NULL;
    if (runpod_url(r, RUNPOD_CONTROL, &url, e, "%s/%s%s", RUNPOD_ENDPOINTS_PATH, id, rest) == 0) {
        struct http_request request = runpod_get(r, buf_str(&url), RUNPOD_LIST_MAX);
        j = runpod_call(r, &request, what, c, e);
    }
    buf_release(&url);
    return j;
}

int runpod_endpoint(struct runpod *r, const char *id, struct arena *a, struct endpoint *out,
    struct cancel *c, struct err *e)
{
    static const char what[] = "read the endpoint";
    struct json *j = runpod_read_of(r, id, "", what, c, e);
    if (!j)
        return -1;
    runpod_read_endpoint(j, a, out);
    json_free_secret(j);
    return out->id[0] ? 0 : err_set(e, ERR_REMOTE, 0, "%s: the answer is no endpoint", what);
}

int runpod_workers(struct runpod *r, const char *endpoint_id, struct arena *a,
    struct worker_page *out, struct cancel *c, struct err *e)
{
    static const char what[] = "list the workers";
    struct json *j = runpod_read_of(r, endpoint_id, "/workers", what, c, e);
    if (!j)
        return -1;
    int failed = runpod_read_workers(j, a, out, e) ? err_wrap(e, what) : 0;
    json_free(j);
    (void)snprintf(out->endpoint_id, sizeof out->endpoint_id, "%s", endpoint_id);
    out->seen_ms = clock_mono_ms(r->clock);
    return failed;
}
