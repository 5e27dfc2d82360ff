/* The line is built as a list of pieces, left ones and right ones, for one level of detail after the
 * other until it fits. A level is a row in a table, so what goes first can be read there. */
#include "ui/status_bar.h"

#include "ui/say.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PIECES_MAX = 16, PIECE_BYTES = 160, AGE_COLUMNS = 3 };

enum names { NAMES_FULL, NAMES_LETTER };

struct detail {
    int gap;
    bool program, profile;
    enum names names;
    bool ages, tags; /* tags: read-only and demo in full */
    int money;       /* 4 with hours left, 3 in words, 2 with $/h, 1 the balance, 0 none */
    bool alert_word, seconds, clock;
};

static const struct detail details[] = {
    {3, true, true, NAMES_FULL, true, true, 4, true, true, true},
    {2, true, true, NAMES_FULL, true, true, 4, true, true, true},
    {2, true, true, NAMES_FULL, true, true, 3, true, true, true},
    {2, false, true, NAMES_FULL, true, true, 3, true, true, true},
    {2, false, true, NAMES_FULL, true, true, 2, false, true, true},
    {2, false, true, NAMES_FULL, true, true, 2, false, false, true},
    {1, false, true, NAMES_FULL, true, true, 2, false, false, true},
    {2, false, true, NAMES_FULL, false, true, 2, false, true, true},
    {2, false, true, NAMES_FULL, false, true, 1, false, true, true},
    {1, false, true, NAMES_LETTER, false, true, 1, false, true, true},
    {1, false, true, NAMES_LETTER, false, false, 1, false, false, true},
    {1, false, true, NAMES_LETTER, false, false, 0, false, false, true},
    {1, false, false, NAMES_LETTER, false, false, 0, false, false, true},
    {1, false, false, NAMES_LETTER, false, false, 0, false, false, false},
};
enum { DETAILS = sizeof details / sizeof *details };

struct piece {
    char bytes[PIECE_BYTES];
    enum role role;
    bool right;
    bool joined; /* to the one before, by a space only */
    int spare; /* columns that it may come to need: the line is not to be laid out anew for them */
};

struct line {
    const struct status_facts *f;
    const struct detail *d;
    struct piece pieces[PIECES_MAX];
    size_t count;
};

static struct text text_of(const struct piece *p)
{
    return (struct text){p->bytes, strlen(p->bytes)};
}

static struct piece *add(struct line *l, enum role role)
{
    struct piece *p = &l->pieces[l->count < PIECES_MAX - 1 ? l->count++ : l->count];
    *p = (struct piece){.role = role};
    return p;
}

/* ---- pieces ---------------------------------------------------------------------------------------- */

static void add_who(struct line *l)
{
    const struct status_facts *f = l->f;
    if (l->d->program)
        snprintf(add(l, ROLE_TITLE)->bytes, PIECE_BYTES, "slipway");
    enum role role = f->production ? ROLE_PROFILE_PRODUCTION : ROLE_PROFILE;
    if (l->d->profile)
        snprintf(add(l, role)->bytes, PIECE_BYTES, " %s%.40s ", f->production ? "PROD " : "",
            f->profile);
    else if (f->production)
        snprintf(add(l, role)->bytes, PIECE_BYTES, "PROD");
    if (f->read_only)
        snprintf(add(l, ROLE_WARNING)->bytes, PIECE_BYTES, l->d->tags ? "read-only" : "ro");
    if (f->demo)
        snprintf(add(l, ROLE_ACTIVE)->bytes, PIECE_BYTES, "demo%s%.24s", l->d->tags ? " " : "",
            l->d->tags ? f->demo : "");
    if (f->paused)
        snprintf(add(l, ROLE_WARNING)->bytes, PIECE_BYTES, l->d->tags ? "PAUSED" : "P");
}

struct text source_sign(enum source_health health, enum role *role)
{
    static const struct {
        struct text sign;
        enum role role;
    } looks[] = {
        [SOURCE_STARTING] = {{"○", 3}, ROLE_ACTIVE},
        [SOURCE_OFF] = {{"–", 3}, ROLE_FAINT},
        [SOURCE_OK] = {{"●", 3}, ROLE_OK},
        [SOURCE_FAILED] = {{"✗", 3}, ROLE_BAD},
    };
    *role = looks[health].role;
    return looks[health].sign;
}

static void add_source(struct line *l, enum source source)
{
    const struct source_state *state = store_source(l->f->store, source);
    char age[SAY_MAX] = "";
    enum role role;
    struct text sign = source_sign(state->health, &role);
    if (state->health == SOURCE_OFF)
        snprintf(age, sizeof age, "off");
    else if (state->seen_ms >= 0)
        say_age_short(age, store_mono_ms(l->f->store) - state->seen_ms);
    int letters = l->d->names == NAMES_FULL ? PIECE_BYTES / 2 : 1;
    struct piece *name = add(l, ROLE_LABEL);
    snprintf(name->bytes, PIECE_BYTES, "%.*s", letters, source_name(source));
    bool aged = l->d->ages || (state->health == SOURCE_FAILED && l->d->names == NAMES_FULL);
    struct piece *how = add(l, role);
    snprintf(how->bytes, PIECE_BYTES, "%s%s%s", sign.s, aged && *age ? " " : "", aged ? age : "");
    how->joined = true;
    how->spare = aged && strlen(age) < AGE_COLUMNS ? AGE_COLUMNS - (int)strlen(age) : 0;
}

/* What the account says it spends, else what we reckon from the workers. */
static double burn_of(const struct store *s, const struct account *account)
{
    return account && account->spend_hour >= 0 ? account->spend_hour : store_cost_hour(s);
}

static void add_left(char *out, size_t size, double hours)
{
    if (hours < 1)
        snprintf(out, size, " · %d min", (int)(hours * 60));
    else if (hours < 100)
        snprintf(out, size, " · %d h", (int)hours);
    else if (hours < 24 * 1000)
        snprintf(out, size, " · %d d", (int)(hours / 24));
}

static void add_money(struct line *l)
{
    const struct account *account = store_account(l->f->store);
    double balance = account ? account->balance : (double)NAN;
    double burn = burn_of(l->f->store, account);
    char left[SAY_MAX] = "", rate[2 * SAY_MAX] = "", words[SAY_MAX];
    if (l->d->money == 0 || !isfinite(balance))
        return;
    double hours = burn > 0 ? balance / burn : INFINITY;
    if (l->d->money >= 4)
        add_left(left, sizeof left, hours);
    if (l->d->money >= 2 && isfinite(burn)) {
        say_money(words, burn);
        snprintf(rate, sizeof rate, " · %s/h", words);
    }
    struct piece *p = add(l, hours < 3 ? ROLE_BAD : hours < 12 ? ROLE_WARNING : ROLE_MONEY);
    snprintf(p->bytes, PIECE_BYTES, "%s%s%s%s", say_money(words, balance),
        l->d->money >= 3 ? " left" : "", rate, left);
    p->right = true;
}

static void add_right(struct line *l)
{
    char clock[SAY_MAX];
    add_money(l);
    if (l->f->alerts > 0) {
        struct piece *p = add(l, ROLE_BAD);
        p->right = true;
        if (l->d->alert_word)
            snprintf(
                p->bytes, PIECE_BYTES, "▲ %zu alert%s", l->f->alerts, l->f->alerts == 1 ? "" : "s");
        else
            snprintf(p->bytes, PIECE_BYTES, "▲%zu", l->f->alerts);
    }
    if (!l->d->clock)
        return;
    struct piece *p = add(l, ROLE_FAINT);
    p->right = true;
    say_clock(clock, store_wall_ms(l->f->store));
    snprintf(p->bytes, PIECE_BYTES, "%.*s", l->d->seconds ? 8 : 5, clock);
}

/* ---- the line -------------------------------------------------------------------------------------- */

static int gap_before(const struct line *l, const struct piece *p)
{
    if (p == l->pieces)
        return 0;
    return p->joined ? (l->d->names == NAMES_FULL) : l->d->gap;
}

static int width_of(const struct line *l, bool right)
{
    int width = 0;
    for (const struct piece *p = l->pieces; p < l->pieces + l->count; p++)
        if (p->right == right)
            width += (int)text_width(text_of(p)) + p->spare + gap_before(l, p);
    return width;
}

static void build(struct line *l, const struct status_facts *f, const struct detail *d)
{
    *l = (struct line){.f = f, .d = d};
    add_who(l);
    for (enum source source = 0; source < SOURCES; source++)
        add_source(l, source);
    add_right(l);
}

void status_bar_draw(struct canvas *c, struct rect r, const struct status_facts *f)
{
    struct line l;
    for (size_t i = 0; i < DETAILS; i++) {
        build(&l, f, &details[i]);
        if (width_of(&l, false) + width_of(&l, true) + 2 <= r.w)
            break;
    }
    canvas_fill(c, r, ROLE_NORMAL, 0);
    int left = r.x + (r.w > 20), right = r.x + r.w - width_of(&l, true) - (r.w > 20);
    for (const struct piece *p = l.pieces; p < l.pieces + l.count; p++) {
        int *x = p->right ? &right : &left;
        *x += gap_before(&l, p);
        *x += canvas_text_cut(c, r, *x, r.y, r.x + r.w - *x, text_of(p), p->role, 0);
    }
}
