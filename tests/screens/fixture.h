/* fixture: a whole screen over a store that is filled by messages, as tests of screens need it. The
 * clock stands still until a test moves it; presses and what the host was asked for are
 * recorded; what is drawn is compared with the golden files beside the tests (UPDATE_GOLDEN=1 writes
 * them anew: look at each before keeping it).
 */
#ifndef SLIPWAY_TESTS_SCREENS_FIXTURE_H
#define SLIPWAY_TESTS_SCREENS_FIXTURE_H

#include "app/actions.h"
#include "model/store.h"
#include "ui/press.h"
#include "ui/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FIXTURE_INTENTS = 512, FIXTURE_TEXT = 1024 };

struct fixture_intent {
    enum action_id action;
    enum place place;
    char id[REQUEST_ID_MAX], text[FIXTURE_TEXT];
    char values[FIXTURE_TEXT]; /* "folder=… repo=… " */
    char asked[FIXTURE_TEXT];  /* ACTION_REMEDY: the JSON */
};

struct fixture {
    struct clock *clock;
    struct store *store;
    struct screen *screen;
    struct canvas canvas;
    struct host host;
    struct screen_options options; /* what fixture_open opens the screen with */
    struct fixture_intent intents[FIXTURE_INTENTS];
    size_t intent_count;
    char triaged[ENDPOINT_ID_MAX]; /* what host->triage was told last */
    char noted[FIXTURE_TEXT];      /* … host->note; with '!' in front when it was bad */
    char focus[ENDPOINT_ID_MAX];   /* what host->focus was told last */
    /* for the chat: what host->chat answers */
    struct chat_log chat;
    char chat_asked[ENDPOINT_ID_MAX];
};

/* An empty store at 13:48:11; no screen yet, so that options can be changed. */
void fixture_start(struct fixture *f);
/* Makes the screen. */
void fixture_open(struct fixture *f, int columns, int rows, bool ascii);
void fixture_end(struct fixture *f);

/* The day of screens.md, up to 14:02:31: three sources, jobs, uploads, endpoints, models, requests, logs, account.
 * Ids: job "3f1c-support", upload "up-1", deployment "dep-1" (only fixture_deployment), endpoints
 * "x2x4support", "x2x4legal", "x2x4embed", models "41aa-support" …, requests "77c2-u1" … */
void fixture_fill(struct fixture *f);
/* A deployment of acme/triage-v3 in a state; DONE with model_id "41aa-triage". */
void fixture_deployment(struct fixture *f, enum operation_state state);

/* Messages by hand. The record and all it points to is copied shallowly: keep the rest static. */
void fixture_send(
    struct fixture *f, enum message_kind kind, int type, const void *record, size_t size);
void fixture_source(struct fixture *f, enum source source, enum source_health health,
    int64_t age_ms, const char *message, const char *hint);
void fixture_outcome(struct fixture *f, bool good, const char *sentence);
/* `origin` and `line` are copied. */
void fixture_log(struct fixture *f, const char *origin, enum line_level level, const char *line);
/* The operation with static texts; sets its times when they are 0. */
void fixture_operation(struct fixture *f, const struct operation *o);
void fixture_request(struct fixture *f, const struct request *r);

void fixture_advance(struct fixture *f, int64_t ms);
void fixture_press(struct fixture *f, int32_t press);
void fixture_type(struct fixture *f, const char *keys); /* each byte is a press */
/* Draws; the canvas as text, borrowed until the next call. */
const char *fixture_text(struct fixture *f, bool roles);
/* Whether what is drawn holds this. */
bool fixture_shows(struct fixture *f, const char *words);
void fixture_assert_shows(struct fixture *f, const char *words);
void fixture_assert_hides(struct fixture *f, const char *words);
/* Compares with tests/screens/golden/NAME.txt. */
void fixture_golden(struct fixture *f, const char *name);

#endif
