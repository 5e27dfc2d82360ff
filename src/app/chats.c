/* A turn's texts lie in the arena of the last message that told of it (answers) or in the conversation's
 * own (questions). The thread works on copies of what was said before. */
#include "app/chats.h"

#include "app/answering.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUESTIONS_ARENA = 8 << 20, PIECE_ARENA = 2 << 20, THREAD_ARENA = 32 << 20, TELL_MS = 66 };

struct talk {
    struct engine *engine;
    char endpoint_id[ENDPOINT_ID_MAX];
    size_t turn;
    struct chat_message messages[2 * CHAT_TURNS_MAX];
    size_t message_count;
    const char *served;
    struct arena *arena;
    struct cancel *cancel;
    int64_t told_ms;
    pthread_t thread;
};

/* What a message carries. */
struct piece {
    char endpoint_id[ENDPOINT_ID_MAX];
    size_t turn;
    struct chat_turn shown; /* without the question */
    const char *raw; /* the answer as it came, for the next question; NULL while it streams */
};

struct conversation {
    char endpoint_id[ENDPOINT_ID_MAX];
    struct arena *questions;
    struct chat_turn turns[CHAT_TURNS_MAX];
    const char *asked[CHAT_TURNS_MAX]; /* raw */
    struct message *answers[CHAT_TURNS_MAX];
    size_t count;
    uint64_t version;
    struct talk *talk; /* NULL = nothing streams */
};

struct chats {
    struct engine *engine;
    struct conversation *list[CHATS_MAX];
};

struct chats *chats_new(struct engine *g)
{
    struct chats *all = calloc(1, sizeof *all);
    if (all)
        all->engine = g;
    return all;
}

/* ---- the thread ---------------------------------------------------------------------------------- */

static void tell(
    struct talk *t, const struct chat_answer *answer, const struct request *q, const struct err *e)
{
    struct message *m =
        message_new(q ? MESSAGE_RESULT : MESSAGE_STATUS, NEWS_CHAT, "", PIECE_ARENA);
    struct piece *p = m ? arena_alloc(m->arena, sizeof *p) : NULL;
    if (!p) {
        message_free(m);
        if (q)
            inbox_unreserve(t->engine->inbox);
        return;
    }
    snprintf(m->key, sizeof m->key, "chat/%s", t->endpoint_id);
    memcpy(p->endpoint_id, t->endpoint_id, sizeof p->endpoint_id);
    p->turn = t->turn;
    p->shown = (struct chat_turn){
        .answer = text_new(m->arena, buf_str(&answer->text), answer->text.len, TEXT_BLOCK),
        .streaming = !q,
        .first_token_ms = answer->first_token_ms,
        .took_ms = answer->took_ms,
        .tokens_in = answer->tokens_in,
        .tokens_out = answer->tokens_out,
        .cost = q ? q->cost : NAN,
        .note = answer->first_token_ms < 0 && !q ? TEXT("waiting for the first token") : TEXT("")};
    if (e)
        p->shown.error = *e;
    if (q)
        p->raw = arena_dup(m->arena, buf_str(&answer->text), answer->text.len);
    m->payload = p;
    inbox_send(t->engine->inbox, m);
}

static void on_piece(void *arg, const struct chat_answer *answer)
{
    struct talk *t = arg;
    int64_t now = clock_mono_ms(t->engine->clock);
    if (now - t->told_ms < TELL_MS && answer->pieces > 1)
        return;
    t->told_ms = now;
    tell(t, answer, NULL, NULL);
}

static void *run(void *arg)
{
    struct talk *t = arg;
    struct err e;
    struct request q;
    struct chat_answer answer;
    err_clear(&e);
    chat_answer_init(&answer);
    struct state *ledger = engine_state(t->engine, NULL);
    const struct chat_options options = {.endpoint_id = t->endpoint_id,
        .model = t->served,
        .messages = t->messages,
        .message_count = t->message_count,
        .temperature = NAN};
    int failed = answer_stream(
        t->engine, ledger, &options, &answer, on_piece, t, &q, t->arena, t->cancel, &e);
    state_close(ledger);
    tell(t, &answer, &q, failed ? &e : NULL);
    chat_answer_release(&answer);
    return NULL;
}

/* ---- main ---------------------------------------------------------------------------------------- */

static void talk_free(struct talk *t)
{
    if (!t)
        return;
    arena_free(t->arena);
    cancel_unref(t->cancel);
    free(t);
}

static void conversation_free(struct conversation *c)
{
    if (!c)
        return;
    if (c->talk)
        pthread_join(c->talk->thread, NULL);
    talk_free(c->talk);
    for (size_t i = 0; i < c->count; i++)
        message_free(c->answers[i]);
    arena_free(c->questions);
    free(c);
}

void chats_free(struct chats *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < CHATS_MAX; i++)
        if (all->list[i] && all->list[i]->talk)
            cancel_fire(all->list[i]->talk->cancel);
    for (size_t i = 0; i < CHATS_MAX; i++)
        conversation_free(all->list[i]);
    free(all);
}

static struct conversation *find(const struct chats *all, const char *endpoint_id)
{
    for (size_t i = 0; i < CHATS_MAX; i++)
        if (all->list[i] && strcmp(all->list[i]->endpoint_id, endpoint_id) == 0)
            return all->list[i];
    return NULL;
}

static struct conversation *begin(struct chats *all, const char *endpoint_id)
{
    for (size_t i = 0; i < CHATS_MAX; i++) {
        if (all->list[i])
            continue;
        struct conversation *c = calloc(1, sizeof *c);
        if (!c || !(c->questions = arena_new(QUESTIONS_ARENA))) {
            free(c);
            return NULL;
        }
        snprintf(c->endpoint_id, sizeof c->endpoint_id, "%s", endpoint_id);
        return all->list[i] = c;
    }
    return NULL;
}

static void add_message(struct talk *t, const char *role, const char *content)
{
    t->messages[t->message_count++] =
        (struct chat_message){role, arena_strdup(t->arena, content ? content : "")};
}

/* The questions that were answered, their answers, and the new one. */
static struct talk *talk_new(struct engine *g, const struct conversation *c, struct text served)
{
    struct talk *t = calloc(1, sizeof *t);
    if (!t || !(t->arena = arena_new(THREAD_ARENA)) || !(t->cancel = cancel_new(g->quit))) {
        talk_free(t);
        return NULL;
    }
    t->engine = g;
    memcpy(t->endpoint_id, c->endpoint_id, sizeof t->endpoint_id);
    t->turn = c->count - 1;
    t->served = arena_dup(t->arena, served.s, served.len);
    for (size_t i = 0; i < c->count; i++) {
        const struct piece *p = c->answers[i] ? c->answers[i]->payload : NULL;
        bool answered = p && p->raw && *p->raw && p->shown.error.class == ERR_NONE;
        if (!answered && i + 1 < c->count)
            continue;
        add_message(t, "user", c->asked[i]);
        if (answered)
            add_message(t, "assistant", p->raw);
    }
    return t;
}

/* Undoes what chats_say began. */
static int give_up(struct chats *all, struct conversation *c, struct talk *t, struct err *e)
{
    c->count--;
    talk_free(t);
    inbox_unreserve(all->engine->inbox);
    return err_set(e, ERR_IO, 0, "out of memory or threads");
}

int chats_say(struct chats *all, const char *endpoint_id, struct text served, struct text question,
    struct err *e)
{
    struct conversation *c = find(all, endpoint_id);
    if (c && c->talk)
        return err_set(e, ERR_STATE, 0, "the last answer is still coming");
    if ((!c && !(c = begin(all, endpoint_id))) || c->count == CHAT_TURNS_MAX)
        return err_set(e, ERR_STATE, 0, "there is no room for more of this conversation");
    char *asked = arena_dup(c->questions, question.s, question.len);
    if (!asked || question.len > CHAT_QUESTION_MAX || inbox_reserve(all->engine->inbox))
        return err_set(e, ERR_STATE, 0, "there is no room for the question");
    c->asked[c->count] = asked;
    c->turns[c->count] =
        (struct chat_turn){.question = text_new(c->questions, asked, question.len, TEXT_BLOCK),
            .answer = TEXT(""),
            .streaming = true,
            .first_token_ms = -1,
            .took_ms = -1,
            .tokens_in = -1,
            .tokens_out = -1,
            .cost = NAN,
            .note = TEXT("waiting for the first token")};
    c->answers[c->count++] = NULL;
    struct talk *t = talk_new(all->engine, c, served);
    if (!t || pthread_create(&t->thread, NULL, run, t))
        return give_up(all, c, t, e);
    c->talk = t;
    c->version++;
    return 0;
}

int chats_stop(struct chats *all, const char *endpoint_id, struct err *e)
{
    struct conversation *c = find(all, endpoint_id);
    if (!c || !c->talk)
        return err_set(e, ERR_STATE, 0, "nothing is streaming");
    cancel_fire(c->talk->cancel);
    return 0;
}

void chats_take(struct chats *all, struct message *m)
{
    const struct piece *p = m->payload;
    struct conversation *c = find(all, p->endpoint_id);
    if (!c || p->turn >= c->count) {
        message_free(m);
        return;
    }
    struct text question = c->turns[p->turn].question;
    c->turns[p->turn] = p->shown;
    c->turns[p->turn].question = question;
    message_free(c->answers[p->turn]);
    c->answers[p->turn] = m;
    c->version++;
    if (!p->shown.streaming && c->talk) {
        pthread_join(c->talk->thread, NULL);
        talk_free(c->talk);
        c->talk = NULL;
    }
}

struct chat_log chats_log(struct chats *all, const char *endpoint_id)
{
    const struct conversation *c = find(all, endpoint_id);
    return c ? (struct chat_log){c->turns, c->count, c->version} : (struct chat_log){0};
}
