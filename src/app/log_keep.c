/* Two buffers: lines are added to one under the lock, while the thread writes the other; it swaps them when
 * it is done. A burst is gathered for a moment, so that it costs few writes. */
#include "app/log_keep.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/log_file.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GATHER_MS = 250, PIECE_MAX = 256 * 1024, BARS = 256, PERCENT_STEP = 10 };

struct log_keep {
    struct log_file file; /* the thread's */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t added;
    /* under the lock */
    struct buf waiting;
    uint64_t dropped; /* lines, since that was said in the file */
    bool ending;
    struct {
        uint32_t bar;
        int step;
    } bars[BARS]; /* what was kept of them last */
};

/* ---- adding ---------------------------------------------------------------------------------------- */

static uint32_t bar_hash(const struct log_line *line)
{
    uint32_t hash = line->bar;
    for (size_t i = 0; i < line->origin.len; i++)
        hash = (hash ^ (unsigned char)line->origin.s[i]) * 0x01000193u;
    return hash;
}

/* A bar is kept at each tenth of its way. */
static bool is_worth_keeping(struct log_keep *k, const struct log_line *line)
{
    if (!line->bar)
        return true;
    uint32_t bar = bar_hash(line), place = bar % BARS;
    int step = line->percent < 0 ? -1 : line->percent / PERCENT_STEP;
    bool same = k->bars[place].bar == bar && k->bars[place].step == step;
    k->bars[place].bar = bar;
    k->bars[place].step = step;
    return !same;
}

static void add(struct log_keep *k, const struct log_line *line)
{
    char at[CLOCK_RFC3339_MAX];
    size_t before = k->waiting.len;
    clock_rfc3339(at, line->at_ms, 1);
    (void)buf_printf(&k->waiting, "%s\t%s\t%s\t%s\t%.*s\t", at, line_level_name(line->level),
        line_source_name(line->source), line->endpoint_id ? line->endpoint_id : "",
        (int)line->origin.len, line->origin.len ? line->origin.s : "");
    (void)buf_append(&k->waiting, line->line.s, line->line.len);
    if (line->count > 1)
        (void)buf_printf(&k->waiting, "\t%" PRIu32, line->count);
    if (buf_char(&k->waiting, '\n') == 0 && !k->waiting.full)
        return;
    k->waiting.len = before;
    k->waiting.full = false;
    k->dropped++;
}

void log_keep_page(struct log_keep *k, const struct log_page *page)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < page->count; i++)
        if (is_worth_keeping(k, &page->lines[i]))
            add(k, &page->lines[i]);
    pthread_cond_signal(&k->added);
    pthread_mutex_unlock(&k->lock);
}

/* ---- writing --------------------------------------------------------------------------------------- */

/* In pieces of whole lines, so that the file is cut over where it should be. */
static uint64_t write_lines(struct log_file *file, const struct buf *lines)
{
    uint64_t failed = 0;
    const char *s = buf_str(lines);
    for (size_t at = 0, n; at < lines->len; at += n) {
        n = lines->len - at < PIECE_MAX ? lines->len - at : PIECE_MAX;
        const char *end = memrchr(s + at, '\n', n);
        n = end ? (size_t)(end + 1 - (s + at)) : lines->len - at;
        failed += log_file_append(file, s + at, n) != 0;
    }
    return failed;
}

static void say_dropped(struct buf *lines, uint64_t dropped)
{
    char at[CLOCK_RFC3339_MAX];
    clock_rfc3339(at, clock_wall_ms(clock_real()), 1);
    (void)buf_printf(lines,
        "%s\twarn\tslipway\t\tslipway\t%" PRIu64 " lines were not kept: the disk was too slow\n",
        at, dropped);
}

/* Sleeps until something waits, or for the end; false at the end, when nothing waits. Lock held. */
static bool sleep_for_lines(struct log_keep *k)
{
    while (!k->ending && k->waiting.len == 0)
        pthread_cond_wait(&k->added, &k->lock);
    if (!k->ending) {
        const struct timespec until = clock_deadline(GATHER_MS);
        while (!k->ending && pthread_cond_timedwait(&k->added, &k->lock, &until) != ETIMEDOUT)
            continue;
    }
    return k->waiting.len > 0;
}

static void *run(void *arg)
{
    struct log_keep *k = arg;
    struct buf writing;
    bool told = false;
    buf_init(&writing, LOG_KEEP_WAITING_MAX + 1024);
    pthread_mutex_lock(&k->lock);
    while (sleep_for_lines(k)) {
        struct buf swapped = k->waiting;
        uint64_t dropped = k->dropped;
        k->waiting = writing;
        k->waiting.max = LOG_KEEP_WAITING_MAX;
        writing = swapped;
        writing.max = LOG_KEEP_WAITING_MAX + 1024;
        k->dropped = 0;
        pthread_mutex_unlock(&k->lock);
        if (dropped > 0)
            say_dropped(&writing, dropped);
        if (write_lines(&k->file, &writing) > 0 && !told) {
            log_line(LOG_WARN, "logs", "lines of workers could not be kept in %s", k->file.path);
            told = true;
        }
        buf_clear(&writing);
        pthread_mutex_lock(&k->lock);
    }
    pthread_mutex_unlock(&k->lock);
    buf_release(&writing);
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------------ */

static int start(struct log_keep *k)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); /* signals are main's */
    int fault = pthread_create(&k->thread, NULL, run, k);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fault;
}

struct log_keep *log_keep_new(const char *folder, struct err *e)
{
    char path[PATH_MAX];
    int fault, length = snprintf(path, sizeof path, "%s/%s", folder, LOG_KEEP_NAME);
    struct log_keep *k = calloc(1, sizeof *k);
    if (!k || length < 0 || (size_t)length >= sizeof path) {
        free(k);
        err_errno(e, k ? ENAMETOOLONG : ENOMEM, "cannot keep the log");
        return NULL;
    }
    buf_init(&k->waiting, LOG_KEEP_WAITING_MAX);
    if (log_file_open(&k->file, path, LOG_KEEP_FILE_MAX, e))
        goto no_file;
    if ((fault = pthread_mutex_init(&k->lock, NULL)) != 0)
        goto no_lock;
    if ((fault = clock_cond_init(&k->added)) != 0)
        goto no_cond;
    if ((fault = start(k)) == 0)
        return k;
    pthread_cond_destroy(&k->added);
no_cond:
    pthread_mutex_destroy(&k->lock);
no_lock:
    err_errno(e, fault, "cannot keep the log");
    log_file_close(&k->file);
no_file:
    free(k);
    return NULL;
}

void log_keep_free(struct log_keep *k)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    k->ending = true;
    pthread_cond_signal(&k->added);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    log_file_close(&k->file);
    buf_release(&k->waiting);
    pthread_cond_destroy(&k->added);
    pthread_mutex_destroy(&k->lock);
    free(k);
}
