#include "app/own_log.h"

#include "base/log.h"
#include "model/news.h"

#include <stdarg.h>

enum { ARENA = 16 * 1024 };

static const enum log_level file_level[LINE_LEVELS] = {
    [LINE_DEBUG] = LOG_DEBUG,
    [LINE_INFO] = LOG_INFO,
    [LINE_WARN] = LOG_WARN,
    [LINE_ERROR] = LOG_ERROR,
};

static void tell(struct engine *g, enum line_level level, const struct buf *said)
{
    struct message *m = message_new(MESSAGE_LOG, NEWS_LOG, NULL, ARENA);
    struct log_page *page = m ? arena_alloc(m->arena, sizeof *page) : NULL;
    if (page)
        page->lines = arena_alloc(m->arena, sizeof *page->lines);
    if (!page || !page->lines) {
        message_free(m);
        return;
    }
    page->count = 1;
    page->lines[0] = (struct log_line){.at_ms = clock_wall_ms(g->clock),
        .origin = TEXT("slipway"),
        .level = level,
        .source = LINE_OWN,
        .percent = -1,
        .line = text_new(m->arena, buf_str(said), said->len, TEXT_LINE)};
    m->payload = page;
    m->weight = 1;
    log_keep_page(g->keep, page);
    inbox_send(g->inbox, m);
}

void own_log(struct engine *g, enum line_level level, const char *format, ...)
{
    struct buf said;
    va_list args;
    buf_init(&said, LOG_LINE_SHOWN_MAX);
    va_start(args, format);
    buf_vprintf(&said, format, args);
    va_end(args);
    log_line(file_level[level], "app", "%s", buf_str(&said));
    tell(g, level, &said);
    buf_release(&said);
}
