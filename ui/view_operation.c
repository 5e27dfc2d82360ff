/* An operation, opened: where it stands, what it asks, its steps, the files of an upload, what came of
 * it. All of it scrolls but the last row, which while it asks says how to answer.
 *
 * Plans of risk 0 to 2 are answered through the action table (y, n). One of risk 3 is answered by
 * typing its word: while such a plan stands, the view takes the letters (typing()). */
#include "ui/view_operation.h"
#include "ui/edit_press.h"
#include "ui/opened.h"
#include "ui/press.h"
#include "ui/say.h"
#include "ui/views.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BYTES_MAX = 256, RISK_TYPED = 3, STEP_COLUMNS = 20 };

struct view_operation {
    struct opened o;
    struct edit word; /* what was typed for a plan of risk 3 */
};

static const struct operation *operation_of(const struct view_operation *v)
{
    return store_operation_by_id(v->o.x->store, v->o.id);
}

static void release(void *p)
{
    struct view_operation *v = p;
    edit_release(&v->word);
    opened_release(&v->o);
    free(v);
}

static void *make(const struct view_context *x, const char *id)
{
    struct view_operation *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    if (opened_init(&v->o, x, id) || edit_init(&v->word, WORD_BYTES_MAX, false) ||
        !operation_of(v)) {
        release(v);
        return NULL;
    }
    return v;
}

static struct text title(void *p, struct arena *a)
{
    static const char *const names[] = {[OPERATION_UPLOAD] = "Upload",
        [OPERATION_DEPLOY] = "Deployment",
        [OPERATION_REGISTER] = "Registration",
        [OPERATION_CHANGE] = "Change",
        [OPERATION_TEST] = "Test"};
    const struct operation *o = operation_of(p);
    return o ? opened_title(a, names[o->kind], o->title) : TEXT("Gone");
}

static bool is_held(const struct operation *o)
{
    return o->state == OPERATION_RUNNING && o->held;
}

static struct text note(void *p, struct arena *a)
{
    const struct operation *o = operation_of(p);
    char age[SAY_MAX];
    if (!o)
        return TEXT("");
    int64_t end = o->ended_ms >= 0 ? o->ended_ms : store_wall_ms(((struct opened *)p)->x->store);
    return say_text(a, "%s · %s", is_held(o) ? "held" : operation_state_name(o->state),
        say_age(age, end > o->started_ms ? end - o->started_ms : 0));
}

/* ---- how it stands ---------------------------------------------------------------------------------- */

static const struct {
    const char *sign;
    enum role role;
} states[OPERATION_STATES] = {
    [OPERATION_RUNNING] = {"⟳", ROLE_ACTIVE},
    [OPERATION_ASKING] = {"!", ROLE_WARNING},
    [OPERATION_DONE] = {"✓", ROLE_OK},
    [OPERATION_FAILED] = {"✗", ROLE_BAD},
    [OPERATION_CANCELLED] = {"·", ROLE_FAINT},
    [OPERATION_INTERRUPTED] = {"!", ROLE_WARNING},
};

static void add_key_row(
    struct lines *l, const struct view_operation *v, enum action_id id, const char *word)
{
    char key[SAY_MAX];
    if (say_key(key, v->o.x->actions, id)[0] == '\0')
        return;
    lines_row(l, OPENED_TEXT_COLUMN);
    opened_key(l, v->o.x, id, word);
}

static void add_state(struct lines *l, const struct view_operation *v, const struct operation *o)
{
    enum role role = states[o->state].role;
    if (o->state == OPERATION_DONE && o->error.class != ERR_NONE)
        role = ROLE_WARNING;
    struct text word = is_held(o) ? TEXT("held") : say_word(operation_state_name(o->state));
    struct text note = o->note;
    role = is_held(o) ? ROLE_WARNING : role;
    bool cancelled = o->state == OPERATION_CANCELLED; /* that somebody wanted it is no error */
    if (cancelled && !opened_is(word, o->error.message))
        note = say_word(o->error.message);
    opened_state(l, say_word(states[o->state].sign), word, note, role);
    if (!cancelled)
        opened_error(l, &o->error);
    if (is_held(o))
        add_key_row(l, v, ACTION_HOLD, "goes on");
    if (o->state == OPERATION_FAILED && opened_can_resume(o))
        add_key_row(l, v, ACTION_RESUME,
            o->kind == OPERATION_CHANGE ? "tries again" : "goes on where it stopped");
    if (cancelled && opened_can_resume(o))
        add_key_row(l, v, ACTION_RESUME, "begins again: what is done already is not done again");
    if (o->state == OPERATION_INTERRUPTED && opened_can_resume(o))
        add_key_row(l, v, ACTION_RESUME, "goes on: what is done already is not done again");
    if (o->state == OPERATION_DONE && o->kind == OPERATION_DEPLOY && o->model_id[0] == '\0')
        add_key_row(l, v, ACTION_REGISTER, "registers the model");
}

/* "3.5 of 5.6 GB · 118 MB/s · 0:41 left" */
static void add_progress(struct lines *l, const struct operation *o)
{
    struct arena *a = lines_arena(l);
    char part[SAY_MAX], whole[SAY_MAX], n[SAY_MAX];
    if (o->total <= 0)
        return;
    bool running = o->state == OPERATION_RUNNING;
    double done = (double)o->done / (double)o->total;
    struct text words = say_text(a, "%3d%%  %s of %s", canvas_steps(done, 100),
        say_bytes(part, o->done), say_bytes(whole, o->total));
    if (running && isfinite(o->speed))
        words = say_text(a, "%.*s · %s", SAY_ARGS(words), say_speed(n, o->speed));
    if (running && isfinite(o->eta_s))
        words = say_text(a, "%.*s · %s left", SAY_ARGS(words), say_left(n, o->eta_s));
    int width = lines_width(l), room = width - (int)text_width(words) - OPENED_TEXT_COLUMN - 2;
    lines_row(l, OPENED_TEXT_COLUMN);
    if (room >= 10)
        lines_bar(l, OPENED_TEXT_COLUMN, room < 40 ? room : 40, done,
            running ? ROLE_ACTIVE : states[o->state].role);
    lines_add(l, TEXT("  "), ROLE_NORMAL, 0);
    lines_add(l, words, ROLE_NORMAL, 0);
}

/* By the sign that a preflight's line begins with. */
static enum role role_of_line(struct text line)
{
    static const struct {
        const char *sign;
        enum role role;
    } signs[] = {{"! ", ROLE_WARNING}, {"✗ ", ROLE_BAD}, {"✓ ", ROLE_OK}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(line.s, signs[i].sign, strlen(signs[i].sign)) == 0)
            return signs[i].role;
    return ROLE_NORMAL;
}

static void add_plan(struct lines *l, const struct operation *o)
{
    if (o->plan_count == 0)
        return;
    lines_heading(l, TEXT("What would be done"));
    for (size_t i = 0; i < o->plan_count; i++) {
        lines_row(l, OPENED_TEXT_COLUMN);
        lines_wrap(l, o->plan[i], role_of_line(o->plan[i]), 0);
    }
}

static void add_steps(struct lines *l, const struct operation *o)
{
    static const struct {
        const char *sign;
        enum role role;
    } signs[STEP_STATES] = {
        [STEP_WAITING] = {"·", ROLE_FAINT},
        [STEP_RUNNING] = {"⟳", ROLE_ACTIVE},
        [STEP_DONE] = {"✓", ROLE_OK},
        [STEP_WARNED] = {"!", ROLE_WARNING},
        [STEP_FAILED] = {"✗", ROLE_BAD},
    };
    lines_gap(l);
    for (size_t i = 0; i < o->step_count; i++) {
        const struct operation_step *step = &o->steps[i];
        bool waits = step->state == STEP_WAITING;
        enum role role = signs[step->state].role;
        lines_row(l, OPENED_SIGN_COLUMN);
        lines_add(l, say_word(signs[step->state].sign), role, STYLE_BOLD);
        lines_cell(l, OPENED_TEXT_COLUMN, STEP_COLUMNS - OPENED_TEXT_COLUMN - 1, ALIGN_LEFT,
            say_word(step->name), waits ? ROLE_FAINT : ROLE_NORMAL, 0);
        lines_at(l, STEP_COLUMNS);
        lines_wrap(l, step->note,
            role == ROLE_BAD || role == ROLE_WARNING ? role
            : waits                                  ? ROLE_FAINT
                                                     : ROLE_NORMAL,
            0);
    }
}

/* ---- what it is about ------------------------------------------------------------------------------- */

static void add_upload(struct lines *l, const struct operation *o)
{
    struct arena *a = lines_arena(l);
    lines_gap(l);
    lines_fact(l, "Repository",
        say_text(a, "%.*s%s%.*s%s", SAY_ARGS(o->repository), o->revision.len ? " @ " : "",
            SAY_ARGS(o->revision),
            o->is_private         ? " · private"
            : opened_is_public(o) ? " · public: everybody can read it"
                                  : ""),
        ROLE_NORMAL);
    if (o->folder.len > 0)
        lines_fact(l, "Folder", o->folder, ROLE_NORMAL);
    if (o->commit.len > 0)
        lines_fact(l, "Commit", o->commit, ROLE_NORMAL);
    if (o->pipeline_tag.len > 0 && opened_is(o->pipeline_tag, "text-generation"))
        lines_fact(l, "The Hub says", TEXT("text-generation ✓"), ROLE_OK);
    else if (o->pipeline_tag.len > 0)
        lines_fact(l, "The Hub says",
            say_text(a, "%.*s, not text-generation", SAY_ARGS(o->pipeline_tag)), ROLE_WARNING);
    else if (o->commit.len > 0)
        lines_fact(l, "The Hub says", TEXT("nothing yet about what the model does"), ROLE_FAINT);
    if (!o->safe_to_delete)
        return;
    lines_gap(l);
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_add(l, TEXT("✓ "), ROLE_OK, STYLE_BOLD);
    lines_wrap(l, TEXT("every file was read back from the Hub: safe to delete the local copy"),
        ROLE_OK, 0);
}

static void add_deploy(struct lines *l, const struct operation *o)
{
    struct arena *a = lines_arena(l);
    char least[SAY_MAX], most[SAY_MAX];
    lines_gap(l);
    if (o->repository.len > 0)
        lines_fact(l, "Model",
            say_text(a, "%.*s%s%.*s", SAY_ARGS(o->repository), o->revision.len ? "@" : "",
                SAY_ARGS(o->revision)),
            ROLE_NORMAL);
    lines_fact(l, "Endpoint",
        say_text(a, "%.*s%s%s%s", SAY_ARGS(o->endpoint_name.len ? o->endpoint_name : o->title),
            o->endpoint_id[0] ? "  " : "", o->endpoint_id,
            o->state == OPERATION_ASKING && o->kind == OPERATION_DEPLOY ? ", not created yet" : ""),
        ROLE_NORMAL);
    bool told = o->kind == OPERATION_CHANGE; /* by its plan, before and after */
    if (!told && (isfinite(o->price_min) || isfinite(o->price_max)))
        lines_fact(l, "Price",
            say_text(a, "≈%s/h at min, ≈%s/h at max workers", say_money(least, o->price_min),
                say_money(most, o->price_max)),
            ROLE_MONEY);
    if (isfinite(o->first_cost))
        lines_fact(
            l, "First answer", say_text(a, "≈%s", say_money(least, o->first_cost)), ROLE_MONEY);
    if (o->model_id[0] != '\0')
        lines_fact(l, "Registered", say_text(a, "row %s", o->model_id), ROLE_OK);
}

/* ---- drawing ---------------------------------------------------------------------------------------- */

static bool asks_for_word(const struct operation *o)
{
    return o && o->state == OPERATION_ASKING && o->risk >= RISK_TYPED;
}

/* "y go · n leave", or the line to type the word in. */
static void draw_answer(struct view_operation *v, const struct operation *o, struct canvas *c,
    struct rect r, bool focused)
{
    struct lines *l = lines_new();
    if (!l)
        return;
    lines_begin(l, r.w);
    lines_row(l, OPENED_SIGN_COLUMN);
    if (asks_for_word(o)) {
        lines_add(l,
            say_text(
                lines_arena(l), "type %.*s to go, or n to leave, then ", SAY_ARGS(o->confirm_word)),
            ROLE_WARNING, STYLE_BOLD);
        lines_add(l, TEXT("Enter"), ROLE_KEY, 0);
    } else {
        lines_add(l, TEXT("Do it?   "), ROLE_WARNING, STYLE_BOLD);
        opened_key(l, v->o.x, ACTION_YES, "go");
        opened_key(l, v->o.x, ACTION_NO, "leave");
    }
    lines_draw(l, c, (struct rect){r.x, r.y, r.w, 1});
    lines_free(l);
    if (asks_for_word(o))
        edit_draw(&v->word, c, (struct rect){r.x + 1, r.y + 1, r.w - 2, 1}, focused);
}

/* While it asks, what it would do comes before how far it is. */
static void add_all(struct lines *l, const struct view_operation *v, const struct operation *o)
{
    bool asks = o->state == OPERATION_ASKING;
    add_state(l, v, o);
    add_progress(l, o);
    if (asks)
        add_plan(l, o);
    else if (!o->test) /* its steps would say what stands there already */
        add_steps(l, o);
    if (o->kind == OPERATION_UPLOAD) {
        view_operation_files(l, o);
        add_upload(l, o);
    } else if (o->kind == OPERATION_TEST) {
        lines_gap(l);
        view_operation_test(l, o);
    } else {
        add_deploy(l, o);
    }
    if (asks)
        add_steps(l, o);
}

static void draw(void *p, struct canvas *c, struct rect r, bool focused, bool compact)
{
    struct view_operation *v = p;
    const struct operation *o = operation_of(v);
    struct lines *l = opened_begin(&v->o, r);
    (void)compact;
    if (!o) {
        opened_state(l, TEXT("✗"), TEXT("gone"), TEXT("it is no longer in the list"), ROLE_BAD);
        lines_draw(l, c, r);
        return;
    }
    add_all(l, v, o);
    int answer = o->state != OPERATION_ASKING ? 0 : asks_for_word(o) ? 2 : 1;
    answer = answer < r.h ? answer : r.h;
    lines_draw(l, c, (struct rect){r.x, r.y, r.w, r.h - answer});
    if (answer > 0)
        draw_answer(v, o, c, (struct rect){r.x, r.y + r.h - answer, r.w, answer}, focused);
}

/* ---- answering a plan of risk 3 --------------------------------------------------------------------- */

static bool typing(void *p)
{
    return asks_for_word(operation_of(p));
}

static void answer(struct view_operation *v, enum action_id action)
{
    struct intent intent = {
        .action = action, .place = PLACE_OPERATION, .id = v->o.id, .text = TEXT("")};
    v->o.x->host->act(v->o.x->host->arg, &intent);
}

static void enter(struct view_operation *v, const struct operation *o)
{
    struct text typed = edit_text(&v->word);
    if (opened_same(typed, o->confirm_word) && typed.len > 0)
        answer(v, ACTION_YES);
    else if (opened_is(typed, "n") || opened_is(typed, "no"))
        answer(v, ACTION_NO);
    else
        v->o.x->say(v->o.x, TEXT("that is not the word: nothing was done"), ROLE_WARNING);
    edit_clear(&v->word);
}

static bool press(void *p, int32_t key)
{
    struct view_operation *v = p;
    const struct operation *o = operation_of(v);
    if (!asks_for_word(o))
        return false;
    if (key == PRESS_ENTER)
        enter(v, o);
    else if (edit_press(&v->word, key) == EDIT_IGNORED)
        return false;
    v->o.own++;
    return true;
}

/* Not the word itself: what one confirms is to be typed. */
static bool paste(void *p, const char *bytes, size_t n)
{
    struct view_operation *v = p;
    (void)bytes, (void)n;
    if (!typing(v))
        return false;
    v->o.x->say(v->o.x, TEXT("this word is to be typed, not pasted"), ROLE_WARNING);
    return true;
}

static const struct err *error(void *p)
{
    const struct operation *o = operation_of(p);
    return o && o->error.class != ERR_NONE ? &o->error : NULL;
}

static uint64_t version(void *p)
{
    return opened_version(p, 1u << STORE_OPERATIONS);
}

/* Its age counts on only while it is not over. */
static int64_t due(void *p)
{
    const struct operation *o = operation_of(p);
    return o && o->ended_ms < 0 ? opened_due(p) : -1;
}

const struct view_class view_operation = {
    .place = PLACE_OPERATION,
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
    .due = due,
};
