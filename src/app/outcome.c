#include "app/outcome.h"

#include "model/news.h"

#include <stdarg.h>

enum { ARENA = 16 * 1024, SENTENCE_MAX = 4096 };

static void tell(struct inbox *inbox, const char *sentence, const struct err *e)
{
    struct message *m = message_new(MESSAGE_RESULT, NEWS_OUTCOME, NULL, ARENA);
    struct outcome *o = m ? arena_alloc(m->arena, sizeof *o) : NULL;
    if (!o || inbox_reserve(inbox)) {
        message_free(m);
        return;
    }
    o->good = !e;
    o->sentence = text_from(m->arena, sentence);
    if (e)
        o->error = *e;
    m->payload = o;
    inbox_send(inbox, m);
}

void outcome_good(struct inbox *inbox, const char *format, ...)
{
    struct buf b;
    buf_init(&b, SENTENCE_MAX);
    va_list args;
    va_start(args, format);
    buf_vprintf(&b, format, args);
    va_end(args);
    tell(inbox, buf_str(&b), NULL);
    buf_release(&b);
}

void outcome_bad(struct inbox *inbox, const struct err *e)
{
    tell(inbox, NULL, e);
}
