/* The chat with an endpoint: the conversation, which the host keeps, over one line to type in. It
 * follows the answer as it streams, until somebody scrolls up.
 *
 * It is opened with an endpoint's id or with a model row's, which is resolved to its endpoint once. A
 * model without one can still be opened, to be told so. Questions and answers are foreign texts of any
 * length: of a very long conversation only the newest turns are laid out, and it says so. */
#include "ui/edit_press.h"
#include "ui/opened.h"
#include "ui/press.h"
#include "ui/say.h"
#include "ui/views.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { QUESTION_BYTES_MAX = 16 * 1024, LAID_OUT_BYTES_MAX = 1 << 20, SIGN_COLUMN = 1, COLUMN = 3 };

struct view_chat {
    struct opened o; /* its id is the endpoint's; "" when there is none */
    char model[MODEL_ROW_ID_MAX];
    struct edit line;
};

static struct chat_log log_of(const struct view_chat *v)
{
    const struct host *host = v->o.x->host;
    return v->o.id[0] ? host->chat(host->arg, v->o.id) : (struct chat_log){0};
}

static bool is_streaming(const struct chat_log *log)
{
    return log->count > 0 && log->turns[log->count - 1].streaming;
}

static void release(void *p)
{
    struct view_chat *v = p;
    edit_release(&v->line);
    opened_release(&v->o);
    free(v);
}

static void *make(const struct view_context *x, const char *id)
{
    const struct model_row *row = store_model_by_id(x->store, id);
    const struct endpoint_row *e = row ? NULL : store_endpoint_by_id(x->store, id);
    struct view_chat *v = row || e ? calloc(1, sizeof *v) : NULL;
    if (!v)
        return NULL;
    if (opened_init(&v->o, x, row ? row->endpoint_id : e->settings->id) ||
        edit_init(&v->line, QUESTION_BYTES_MAX, false)) {
        release(v);
        return NULL;
    }
    if (row)
        memcpy(v->model, row->id, sizeof v->model);
    lines_follow(v->o.lines);
    return v;
}

static struct text title(void *p, struct arena *a)
{
    struct view_chat *v = p;
    const struct store *s = v->o.x->store;
    const struct model_row *row =
        v->model[0] ? store_model_by_id(s, v->model) : store_model_of_endpoint(s, v->o.id);
    const struct endpoint_row *e = store_endpoint_by_id(s, v->o.id);
    if (row)
        return opened_title(a, "Chat", row->name);
    return opened_title(a, "Chat", e ? e->settings->name : say_word(v->o.id));
}

static struct text note(void *p, struct arena *a)
{
    struct view_chat *v = p;
    const struct endpoint_row *e = store_endpoint_by_id(v->o.x->store, v->o.id);
    char cost[SAY_MAX];
    if (!e)
        return TEXT("");
    struct text all = say_text(
        a, "%s · %.*s", endpoint_condition_name(e->condition), SAY_ARGS(e->settings->name));
    return isfinite(e->cost_hour)
               ? say_text(a, "%.*s · ≈%s/h", SAY_ARGS(all), say_money(cost, e->cost_hour))
               : all;
}

/* ---- the conversation ------------------------------------------------------------------------------ */

/* "0.8s to first token · 31 tokens/s · 212→88 tokens · ≈$.00041" */
static struct text numbers_of(struct arena *a, const struct chat_turn *turn)
{
    char in[SAY_MAX], out[SAY_MAX], first[SAY_MAX], cost[SAY_MAX];
    struct text all = TEXT("");
    int64_t wrote_ms = turn->took_ms - turn->first_token_ms;
    if (turn->first_token_ms >= 0)
        all = say_text(a, "%s to first token", say_span(first, turn->first_token_ms));
    if (turn->first_token_ms >= 0 && wrote_ms > 0 && turn->tokens_out > 0)
        all = say_text(a, "%.*s · %.0f tokens/s", SAY_ARGS(all),
            (double)turn->tokens_out * 1000 / (double)wrote_ms);
    if (turn->tokens_in >= 0 || turn->tokens_out >= 0)
        all = say_text(a, "%.*s%s%s→%s tokens", SAY_ARGS(all), all.len ? " · " : "",
            say_count(in, turn->tokens_in), say_count(out, turn->tokens_out));
    if (isfinite(turn->cost))
        all = say_text(
            a, "%.*s%s≈%s", SAY_ARGS(all), all.len ? " · " : "", say_money(cost, turn->cost));
    return all;
}

static void add_line(struct lines *l, struct text t, enum role role)
{
    if (t.len == 0)
        return;
    lines_row(l, COLUMN);
    lines_wrap(l, t, role, 0);
}

static void add_turn(struct lines *l, const struct chat_turn *turn)
{
    lines_gap(l);
    lines_row(l, SIGN_COLUMN);
    lines_add(l, TEXT("› "), ROLE_KEY, STYLE_BOLD);
    lines_wrap(l, turn->question, ROLE_TITLE, 0);
    add_line(l, turn->answer, ROLE_NORMAL);
    if (turn->streaming) {
        lines_row(l, SIGN_COLUMN);
        lines_add(l, TEXT("⟳ "), ROLE_ACTIVE, STYLE_BOLD);
        lines_wrap(l, turn->note.len ? turn->note : TEXT("answering"), ROLE_ACTIVE, 0);
        return;
    }
    opened_error(l, &turn->error);
    add_line(l, numbers_of(lines_arena(l), turn), ROLE_FAINT);
    add_line(l, turn->note, ROLE_FAINT);
}

/* The first turn that is laid out: with all behind it no more than LAID_OUT_BYTES_MAX. */
static size_t first_turn(const struct chat_log *log)
{
    size_t first = log->count, bytes = 0;
    while (first > 0) {
        const struct chat_turn *turn = &log->turns[first - 1];
        bytes += turn->question.len + turn->answer.len;
        if (bytes > LAID_OUT_BYTES_MAX && first < log->count)
            break;
        first--;
    }
    return first;
}

static void add_start(struct lines *l, const struct view_chat *v, const struct chat_log *log)
{
    const struct endpoint_row *e = store_endpoint_by_id(v->o.x->store, v->o.id);
    if (v->o.id[0] == '\0') {
        add_line(l,
            TEXT("This model has no RunPod endpoint, so there is nobody to talk to. Deploy it "
                 "first."),
            ROLE_WARNING);
    } else if (!e) {
        add_line(l,
            TEXT("RunPod does not list its endpoint: it was deleted, or has not been read yet."),
            ROLE_WARNING);
    } else if (log->count == 0) {
        add_line(l,
            TEXT("Ask something. An endpoint that is asleep starts a worker first, which may "
                 "take minutes, and costs from then on."),
            ROLE_FAINT);
    }
}

/* ---- the lines below ------------------------------------------------------------------------------- */

static void draw_input(struct view_chat *v, struct canvas *c, struct rect r, bool focused)
{
    canvas_text(c, r, r.x + SIGN_COLUMN, r.y, 1, TEXT("›"), ROLE_KEY, STYLE_BOLD);
    edit_draw(&v->line, c, (struct rect){r.x + COLUMN, r.y, r.w - COLUMN - 1, 1}, focused);
}

static void draw(void *p, struct canvas *c, struct rect r, bool focused, bool compact)
{
    struct view_chat *v = p;
    struct chat_log log = log_of(v);
    struct lines *l = opened_begin(&v->o, r);
    size_t first = first_turn(&log);
    bool input = v->o.id[0] != '\0' && r.h > 0;
    (void)compact;
    add_start(l, v, &log);
    if (first > 0)
        add_line(
            l, say_text(lines_arena(l), "… %zu earlier turns are not shown", first), ROLE_FAINT);
    for (size_t i = first; i < log.count; i++)
        add_turn(l, &log.turns[i]);
    int below = !input ? 0 : r.h >= 4 ? 2 : 1;
    lines_draw(l, c, (struct rect){r.x, r.y, r.w, r.h - below});
    if (input)
        draw_input(v, c, (struct rect){r.x, r.y + r.h - 1, r.w, 1}, focused);
}

/* ---- typing ---------------------------------------------------------------------------------------- */

static bool typing(void *p)
{
    return ((struct view_chat *)p)->o.id[0] != '\0';
}

static void send(struct view_chat *v)
{
    const struct view_context *x = v->o.x;
    struct chat_log log = log_of(v);
    struct text typed = edit_text(&v->line);
    if (typed.len == 0)
        return;
    if (x->read_only || is_streaming(&log)) {
        x->say(x,
            x->read_only ? TEXT("this profile is read-only: nothing is sent")
                         : TEXT("wait for the answer, or stop it first"),
            ROLE_WARNING);
        return;
    }
    struct intent intent = {
        .action = ACTION_SAY, .place = PLACE_CHAT, .id = v->o.id, .text = typed};
    x->host->act(x->host->arg, &intent);
    edit_clear(&v->line);
    lines_follow(v->o.lines);
}

static bool press(void *p, int32_t key)
{
    struct view_chat *v = p;
    if (!typing(v))
        return false;
    if (key == PRESS_ENTER)
        send(v);
    else if (edit_press(&v->line, key) == EDIT_IGNORED)
        return false;
    v->o.own++;
    return true;
}

static bool paste(void *p, const char *bytes, size_t n)
{
    struct view_chat *v = p;
    if (!typing(v))
        return false;
    if (edit_insert(&v->line, bytes, n))
        v->o.x->say(v->o.x, TEXT("too long for one question: nothing was pasted"), ROLE_WARNING);
    v->o.own++;
    return true;
}

static const struct err *error(void *p)
{
    struct chat_log log = log_of(p);
    const struct chat_turn *last = log.count > 0 ? &log.turns[log.count - 1] : NULL;
    return last && last->error.class != ERR_NONE ? &last->error : NULL;
}

static uint64_t version(void *p)
{
    struct chat_log log = log_of(p);
    return opened_version(p, 1u << STORE_ENDPOINTS | 1u << STORE_MODELS) + log.version;
}

const struct view_class view_chat = {
    .place = PLACE_CHAT,
    .make = make,
    .free = release,
    .title = title,
    .note = note,
    .draw = draw,
    .act = opened_act,
    .typing = typing,
    .press = press,
    .paste = paste,
    .target = opened_target,
    .error = error,
    .version = version,
};
