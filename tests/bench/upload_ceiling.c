/* The parts go through the program's own HTTP engine, as many at a time as it would send: the difference to
 * an upload is all that an upload does besides. */
#include "upload_ceiling.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILES_MAX = 64, PARTS_MAX = 10000, LIMIT_MS = 600 * 1000, ANSWER_MAX = 1024 * 1024 };

struct weights {
    int fd;
    int64_t size, chunk;
    char sha256[65];
    pthread_t thread;
    const char *complete; /* borrowed from the batch's answer */
    struct buf etags;     /* the completion's list of parts so far */
};

struct part {
    struct weights *of;
    const char *url;
    int64_t number, from, length;
};

double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void bench_die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* ---- hashing ----------------------------------------------------------------------------------- */

static size_t open_weights(const char *folder, struct weights *out)
{
    size_t n = 0;
    DIR *d = opendir(folder);
    for (struct dirent *f; d && n < FILES_MAX && (f = readdir(d));) {
        struct stat st;
        const char *end = strrchr(f->d_name, '.');
        if (!end || strcmp(end, ".safetensors") != 0)
            continue;
        out[n] = (struct weights){.fd = openat(dirfd(d), f->d_name, O_RDONLY | O_CLOEXEC)};
        if (out[n].fd < 0 || fstat(out[n].fd, &st))
            bench_die("the weights cannot be opened");
        out[n++].size = st.st_size;
    }
    if (d)
        closedir(d);
    return n;
}

static void *hash(void *arg)
{
    struct weights *w = arg;
    if (bench_sha256(w->fd, w->sha256))
        bench_die("a file cannot be hashed");
    return NULL;
}

static double hash_all(struct weights *w, size_t n)
{
    double begin = bench_now();
    for (size_t i = 0; i < n; i++)
        if (pthread_create(&w[i].thread, NULL, hash, &w[i]))
            bench_die("no thread");
    for (size_t i = 0; i < n; i++)
        pthread_join(w[i].thread, NULL);
    return bench_now() - begin;
}

/* ---- sending ----------------------------------------------------------------------------------- */

static struct json *ask(struct sim_process *sim, const char *repo, struct weights *w, size_t n)
{
    char body[1024], path[256];
    const char *slash = strchr(repo, '/');
    snprintf(body, sizeof body, "{\"name\":\"%s\",\"organization\":\"%.*s\",\"type\":\"model\"}",
        slash + 1, (int)(slash - repo), repo);
    json_free(sim_call(sim, HTTP_POST, sim->hub, "/api/repos/create", body, NULL));
    struct buf batch;
    buf_init(&batch, ANSWER_MAX);
    buf_str_append(&batch, "{\"operation\":\"upload\",\"transfers\":[\"multipart\"],\"objects\":[");
    for (size_t i = 0; i < n; i++)
        buf_printf(&batch, "%s{\"oid\":\"%s\",\"size\":%" PRId64 "}", i ? "," : "", w[i].sha256,
            w[i].size);
    buf_str_append(&batch, "]}");
    snprintf(path, sizeof path, "/%s.git/info/lfs/objects/batch", repo);
    struct json *answer = sim_call(sim, HTTP_POST, sim->hub, path, buf_str(&batch), NULL);
    buf_release(&batch);
    return answer;
}

static size_t plan_parts(const struct json *answer, struct weights *w, struct part *parts)
{
    size_t n = 0;
    for (const struct json *o = json_first(json_get(answer, "objects")); o; o = json_next(o), w++) {
        const struct json *upload = json_get(json_get(o, "actions"), "upload"),
                          *header = json_get(upload, "header");
        w->complete = json_str_or(upload, "href", "");
        w->chunk = strtoll(json_str_or(header, "chunk_size", "0"), NULL, 10);
        buf_init(&w->etags, ANSWER_MAX);
        for (const struct json *h = json_first(header); h; h = json_next(h)) {
            if (!isdigit((unsigned char)json_key(h)[0]) || n == PARTS_MAX)
                continue;
            int64_t number = strtoll(json_key(h), NULL, 10), from = (number - 1) * w->chunk;
            int64_t left = w->size - from;
            parts[n++] =
                (struct part){w, json_string(h), number, from, left < w->chunk ? left : w->chunk};
        }
    }
    return n;
}

static void take_etag(const struct part *p, const struct http_response *r, const struct err *e)
{
    struct buf tag;
    buf_init(&tag, 4096);
    if (e->class != ERR_NONE || r->status != 200 || !http_response_header(r, "etag", &tag))
        bench_die("a part was not taken");
    buf_printf(&p->of->etags, "%s{\"partNumber\":%" PRId64 ",\"etag\":\"\\\"%.*s\\\"\"}",
        p->of->etags.len ? "," : "", p->number, (int)tag.len - 2, buf_str(&tag) + 1);
    buf_release(&tag);
}

static double put_all(struct sim_process *sim, const struct part *parts, size_t n)
{
    struct http_request *q = calloc(n, sizeof *q);
    struct http_response *r = calloc(n, sizeof *r);
    struct err *e = calloc(n, sizeof *e);
    if (!q || !r || !e)
        bench_die("out of memory");
    for (size_t i = 0; i < n; i++) {
        http_response_init(&r[i]);
        q[i] = (struct http_request){.method = HTTP_PUT,
            .url = parts[i].url,
            .has_file = true,
            .file_fd = parts[i].of->fd,
            .file_offset = parts[i].from,
            .file_length = parts[i].length,
            .retry = HTTP_RETRY_SAFE,
            .deadline_ms = LIMIT_MS,
            .answer_max = ANSWER_MAX};
    }
    double begin = bench_now();
    http_batch(sim->http, q, r, e, n, CEILING_AT_ONCE, NULL);
    double took = bench_now() - begin;
    for (size_t i = 0; i < n; i++) {
        take_etag(&parts[i], &r[i], &e[i]);
        http_response_release(&r[i]);
    }
    free(q);
    free(r);
    free(e);
    return took;
}

/* One after the other would be unfair to the storage: side by side. */
static double complete_all(struct sim_process *sim, struct weights *w, size_t n)
{
    struct http_request q[FILES_MAX] = {0};
    struct http_response r[FILES_MAX];
    struct err e[FILES_MAX];
    struct buf bodies[FILES_MAX];
    const struct http_header type = {.name = "Content-Type", .value = "application/json"};
    for (size_t i = 0; i < n; i++) {
        http_response_init(&r[i]);
        buf_init(&bodies[i], 2 * ANSWER_MAX);
        buf_printf(
            &bodies[i], "{\"oid\":\"%s\",\"parts\":[%s]}", w[i].sha256, buf_str(&w[i].etags));
        q[i] = (struct http_request){.method = HTTP_POST,
            .url = w[i].complete,
            .headers = &type,
            .header_count = 1,
            .body = buf_str(&bodies[i]),
            .body_length = bodies[i].len,
            .deadline_ms = LIMIT_MS,
            .stall_ms = LIMIT_MS,
            .answer_max = ANSWER_MAX};
    }
    double begin = bench_now();
    http_batch(sim->http, q, r, e, n, n, NULL);
    double took = bench_now() - begin;
    for (size_t i = 0; i < n; i++) {
        if (e[i].class != ERR_NONE || r[i].status != 200)
            bench_die("the parts were not put together");
        http_response_release(&r[i]);
        buf_release(&bodies[i]);
    }
    return took;
}

void ceiling_measure(
    struct sim_process *sim, const char *repo, const char *folder, struct ceiling *out)
{
    struct weights *w = calloc(FILES_MAX, sizeof *w);
    struct part *parts = calloc(PARTS_MAX, sizeof *parts);
    if (!w || !parts)
        bench_die("out of memory");
    size_t n = open_weights(folder, w);
    out->hash_s = hash_all(w, n);
    struct json *answer = ask(sim, repo, w, n);
    size_t count = plan_parts(answer, w, parts);
    if (count == 0)
        bench_die("the stand-in gives no parts");
    out->put_s = put_all(sim, parts, count);
    out->complete_s = complete_all(sim, w, n);
    json_free(answer);
    for (size_t i = 0; i < n; i++) {
        close(w[i].fd);
        buf_release(&w[i].etags);
    }
    free(w);
    free(parts);
}
