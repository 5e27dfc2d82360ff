/* http: the engine's birth and end, the hand-over to the net thread, and the plain call.
 *
 * A caller prepares a job on its own stack, hands it over (a list under h->lock and one
 * curl_multi_wakeup) and sleeps on the job's group. The net thread owns the job until it sets
 * `ended` under the group's lock; from then on it does not touch it again. To cancel, the caller
 * sets `dropped`, wakes the net thread and goes on sleeping until `ended`: only then may the
 * buffers be used for something else. That takes as long as one round of the net thread, which
 * never blocks.
 *
 * The end: http_free sets `stopping`, the net thread ends every job with ERR_CANCEL and returns,
 * and http_free waits until the callers are outside (`inside`), so that none still holds the
 * lock or wakes a multi handle that is gone. The struct itself stays until the last open stream
 * is closed. */
#include "client/http_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
    PER_HOST = 16,
    IDLE_CONNECTIONS = 64,
    HTTP2_SINCE = 0x080e00 /* checked with 8.14; before 8.1, cut answers count as whole */
};

/* ---- birth ----------------------------------------------------------------------------------- */

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_result;

static void global_init(void)
{
    global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* What this libcurl can take apart. */
static void choose_by_version(struct http *h)
{
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
    bool gzip = (v->features & CURL_VERSION_LIBZ) != 0;
    bool brotli = (v->features & CURL_VERSION_BROTLI) != 0;
    h->http2 = v->version_num >= HTTP2_SINCE && (v->features & CURL_VERSION_HTTP2) != 0;
    (void)snprintf(h->accept_encoding, sizeof h->accept_encoding, "%s%s%s",
        gzip ? "gzip" : "identity", brotli ? ", " : "", brotli ? "br" : "");
}

static int copy_options(struct http *h, const struct http_options *o)
{
    h->read_only = o->read_only;
    h->per_host = o->connections_per_host > 0 ? o->connections_per_host : PER_HOST;
    h->backoff_ms = o->backoff_ms > 0 ? o->backoff_ms : HTTP_BACKOFF_MS;
    h->connect_ms = o->connect_ms > 0 ? o->connect_ms : HTTP_CONNECT_MS;
    h->random = (uint64_t)clock_mono_ms(clock_real()) * 2 + 1; /* jitter needs no more; never 0 */
    h->user_agent = strdup(o->user_agent);
    h->ca_file = o->ca_file != NULL ? strdup(o->ca_file) : NULL;
    return h->user_agent == NULL || (o->ca_file != NULL && h->ca_file == NULL) ? -1 : 0;
}

static int new_multi(struct http *h)
{
    h->multi = curl_multi_init();
    if (h->multi == NULL ||
        curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS) != CURLM_OK ||
        curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX) != CURLM_OK)
        return -1;
    return 0;
}

/* Signals are main's; a SIGPIPE from TLS must not end the program either. */
static int start_thread(struct http *h)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int rc = pthread_create(&h->thread, NULL, http_loop_run, h);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

/* The last reference is gone, and with it the net thread and every caller. */
static void destroy(struct http *h)
{
    pthread_cond_destroy(&h->left);
    pthread_mutex_destroy(&h->lock);
    free(h->user_agent);
    free(h->ca_file);
    free(h);
}

static struct http *new_struct(void)
{
    struct http *h = calloc(1, sizeof *h);
    if (h == NULL)
        return NULL;
    if (pthread_mutex_init(&h->lock, NULL) != 0)
        goto no_lock;
    if (pthread_cond_init(&h->left, NULL) != 0)
        goto no_cond;
    h->refs = 1;
    choose_by_version(h);
    return h;
no_cond:
    pthread_mutex_destroy(&h->lock);
no_lock:
    free(h);
    return NULL;
}

struct http *http_new(const struct http_options *options, struct err *e)
{
    if (http_library_load(e))
        return NULL;
    pthread_once(&global_once, global_init);
    struct http *h = global_result == CURLE_OK ? new_struct() : NULL;
    if (h != NULL && copy_options(h, options) == 0 && new_multi(h) == 0 && start_thread(h) == 0)
        return h;
    (void)err_set(e, ERR_IO, 0, "the network thread could not be started");
    if (h != NULL) {
        (void)curl_multi_cleanup(h->multi);
        destroy(h);
    }
    return NULL;
}

/* ---- who is inside --------------------------------------------------------------------------- */

int http_enter(struct http *h, struct err *e)
{
    pthread_mutex_lock(&h->lock);
    bool stopping = h->stopping;
    h->inside += !stopping;
    pthread_mutex_unlock(&h->lock);
    return stopping ? err_set(e, ERR_CANCEL, 0, "cancelled: the program is ending") : 0;
}

void http_leave(struct http *h)
{
    pthread_mutex_lock(&h->lock);
    if (--h->inside == 0)
        pthread_cond_signal(&h->left);
    pthread_mutex_unlock(&h->lock);
}

void http_ref(struct http *h)
{
    pthread_mutex_lock(&h->lock);
    h->refs++;
    pthread_mutex_unlock(&h->lock);
}

void http_unref(struct http *h)
{
    pthread_mutex_lock(&h->lock);
    bool last = --h->refs == 0;
    pthread_mutex_unlock(&h->lock);
    if (last)
        destroy(h);
}

void http_wake(struct http *h)
{
    (void)curl_multi_wakeup(h->multi);
}

void http_free(struct http *h)
{
    if (h == NULL)
        return;
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_mutex_unlock(&h->lock);
    http_wake(h);
    pthread_join(h->thread, NULL);
    pthread_mutex_lock(&h->lock);
    while (h->inside > 0)
        pthread_cond_wait(&h->left, &h->lock);
    pthread_mutex_unlock(&h->lock);
    (void)curl_multi_cleanup(h->multi);
    http_unref(h);
}

/* ---- the hand-over --------------------------------------------------------------------------- */

int http_group_init(struct http_group *g, struct err *e)
{
    *g = (struct http_group){0};
    int rc = pthread_mutex_init(&g->lock, NULL);
    if (rc != 0)
        return err_errno(e, rc, "no lock for a request");
    rc = pthread_cond_init(&g->changed, NULL);
    if (rc == 0)
        return 0;
    pthread_mutex_destroy(&g->lock);
    return err_errno(e, rc, "no lock for a request");
}

void http_group_release(struct http_group *g)
{
    pthread_cond_destroy(&g->changed);
    pthread_mutex_destroy(&g->lock);
}

void http_group_cancel(void *group)
{
    struct http_group *g = group;
    pthread_mutex_lock(&g->lock);
    g->cancelled = true;
    pthread_cond_signal(&g->changed);
    pthread_mutex_unlock(&g->lock);
}

size_t http_group_wait(struct http_group *g, size_t seen, bool knows, bool *cancelled)
{
    pthread_mutex_lock(&g->lock);
    while (g->ended <= seen && (knows || !g->cancelled))
        pthread_cond_wait(&g->changed, &g->lock);
    size_t ended = g->ended;
    *cancelled = g->cancelled;
    pthread_mutex_unlock(&g->lock);
    return ended;
}

int http_submit(struct http *h, struct http_job *job, const struct http_request *request,
    struct http_response *response, struct http_stream *stream, struct http_group *group,
    struct err *e)
{
    *job = (struct http_job){
        .request = request, .response = response, .error = e, .stream = stream, .group = group};
    if (http_rules_check(request, h->read_only, &job->home, e))
        return -1;
    pthread_mutex_lock(&h->lock);
    bool stopping = h->stopping;
    if (!stopping)
        DL_APPEND(h->handed, job);
    pthread_mutex_unlock(&h->lock);
    if (stopping)
        return err_set(e, ERR_CANCEL, 0, "cancelled: the program is ending");
    http_wake(h);
    return 0;
}

/* ---- one request ----------------------------------------------------------------------------- */

/* Until the job has ended; a cancel hurries that. */
static void wait_for(struct http *h, struct http_job *job, struct http_group *g)
{
    bool cancelled = false;
    while (http_group_wait(g, 0, cancelled, &cancelled) == 0) {
        atomic_store(&job->dropped, true);
        http_wake(h);
    }
}

int http_do(struct http *h, const struct http_request *request, struct http_response *response,
    struct cancel *cancel, struct err *e)
{
    struct http_group group;
    struct http_job job;
    struct cancel_hook hook = {.poke = http_group_cancel, .arg = &group};
    int result = -1;
    if (cancel_check(cancel, e) || http_enter(h, e))
        return -1;
    if (http_group_init(&group, e))
        goto out;
    if (http_submit(h, &job, request, response, NULL, &group, e) == 0) {
        cancel_add(cancel, &hook);
        wait_for(h, &job, &group);
        cancel_remove(cancel, &hook);
        result = job.failed ? -1 : 0;
    }
    http_group_release(&group);
out:
    http_leave(h);
    return result;
}
