/* chats: the dashboard's conversations, one an endpoint, kept for as long as the program runs; every
 * question and answer is in the ledger besides. A question is answered by a thread of its own, which
 * sends the answer so far as NEWS_CHAT; main keeps the newest.
 *
 * Thread: main. Nothing here sleeps but chats_free. */
#ifndef SLIPWAY_APP_CHATS_H
#define SLIPWAY_APP_CHATS_H

#include "app/engine.h"
#include "model/news.h"
#include "ui/view.h"

enum { NEWS_CHAT = NEWS_KINDS }; /* not for the store */
enum { CHATS_MAX = 32, CHAT_TURNS_MAX = 100, CHAT_QUESTION_MAX = 64 * 1024 };

struct chats;

struct chats *chats_new(struct engine *g); /* NULL: no memory */
void chats_free(struct chats *all);        /* stops what streams, joins; NULL is fine */

/* ERR_STATE while the last answer still streams, or when there are too many. */
int chats_say(struct chats *all, const char *endpoint_id, struct text served, struct text question,
    struct err *e);
int chats_stop(struct chats *all, const char *endpoint_id, struct err *e);

/* Takes a NEWS_CHAT message. */
void chats_take(struct chats *all, struct message *m);

/* Borrowed until the next call here. */
struct chat_log chats_log(struct chats *all, const char *endpoint_id);

#endif
