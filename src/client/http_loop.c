/* http_loop: the net thread. It alone touches the multi handle (but for curl_multi_wakeup), the
 * easy handles and the jobs in h->jobs; what others want of it they leave under the lock or in a
 * job's flags, and wake it.
 *
 * Each round takes the new jobs, steps all of them, lets libcurl work, handles what has ended, and
 * sleeps until a socket, a wake or the next time that a job has. A round costs a look at every job;
 * there are hundreds at the most. */
#include "client/http_internal.h"

#include "base/log.h"

#include <poll.h>
#include <utlist.h>

enum { SLEEP_MAX_MS = 60 * 1000, TROUBLE_MS = 50 };

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* False when the engine is ending. */
static bool take_new(struct http *h)
{
    pthread_mutex_lock(&h->lock);
    struct http_job *fresh = h->handed, *job, *next;
    bool stopping = h->stopping;
    h->handed = NULL;
    pthread_mutex_unlock(&h->lock);
    int64_t now = now_ms();
    DL_FOREACH_SAFE(fresh, job, next)
    {
        DL_DELETE(fresh, job);
        http_job_begin(h, job, now);
    }
    return !stopping;
}

/* A step ends at most the job itself, so the next one is still there. */
static void step_all(struct http *h)
{
    struct http_job *job, *next;
    int64_t now = now_ms();
    DL_FOREACH_SAFE(h->jobs, job, next)
    http_job_step(h, job, now);
}

static void take_results(struct http *h)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(h->multi, &left)) != NULL;) {
        char *job = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result; /* gone with the handle */
        (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &job);
        http_job_attempted(h, (struct http_job *)(void *)job, code, now_ms());
    }
}

static int sleep_ms(const struct http *h)
{
    int64_t now = now_ms(), due = now + SLEEP_MAX_MS;
    const struct http_job *job;
    DL_FOREACH(h->jobs, job)
    {
        int64_t wanted = http_job_due(h, job, now);
        if (wanted < due)
            due = wanted;
    }
    return due > now ? (int)(due - now) : 0;
}

static void work(struct http *h)
{
    int running;
    CURLMcode worked = curl_multi_perform(h->multi, &running);
    take_results(h);
    CURLMcode slept = curl_multi_poll(h->multi, NULL, 0, sleep_ms(h), NULL);
    if (worked == CURLM_OK && slept == CURLM_OK)
        return;
    log_line(LOG_ERROR, "http", "libcurl: %s", curl_multi_strerror(worked ? worked : slept));
    (void)poll(NULL, 0, TROUBLE_MS); /* rather slow than a busy loop */
}

void *http_loop_run(void *http)
{
    struct http *h = http;
    while (take_new(h)) {
        step_all(h);
        work(h);
    }
    struct http_job *job, *next;
    int64_t now = now_ms();
    DL_FOREACH_SAFE(h->jobs, job, next)
    http_job_fail(h, job, HTTP_FAULT_CANCEL, "the program is ending", now);
    return NULL;
}
