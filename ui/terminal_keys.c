/* Typed bytes become presses.
 *
 * Bytes are collected first and looked at afterwards, so that it makes no difference where a slow
 * line cuts them. What begins with ESC is first compared with what the terminal's description says
 * its keys send, then read by the grammar that nearly all terminals share (ECMA-48: ESC [ numbers
 * final, ESC O final), so that keys with modifiers, which descriptions leave out, are known too. A
 * whole sequence that means no key is dropped, as typing its letters would press keys that nobody
 * pressed. Only time tells the key Esc from the beginning of a sequence: a lone ESC waits briefly, a
 * sequence that has surely begun waits longer.
 *
 * Alt is an ESC before the key. The few that have a meaning are in a table; of any other the press
 * is Esc and then the key, which is also what two keys typed quickly come as. */
#include "base/secret.h"
#include "base/text.h"
#include "ui/terminal_internal.h"

#include <string.h>

enum { ESC = 27, PASTE_BEGINS = -1 /* no press, but the end mark's counterpart */ };

static const char paste_end[] = "\033[201~";
enum { PASTE_END = sizeof paste_end - 1 };

/* What the bytes at the front are: `used` of them make `press` (which may be none); 0 used = more are
 * needed, and are waited for `wait_ms`. */
struct step {
    size_t used;
    int32_t press;
    int64_t wait_ms;
};

static struct step is(size_t used, int32_t press)
{
    return (struct step){used, press, 0};
}

static struct step more_within(int64_t ms)
{
    return (struct step){0, PRESS_NONE, ms};
}

/* ---- tables ---------------------------------------------------------------------------------------- */

struct row {
    int sent;
    int32_t press;
};

static const struct row finals[] = {{'A', PRESS_UP}, {'B', PRESS_DOWN}, {'C', PRESS_RIGHT},
    {'D', PRESS_LEFT}, {'F', PRESS_END}, {'H', PRESS_HOME}, {'P', PRESS_F1}, {'Q', PRESS_F1 + 1},
    {'R', PRESS_F1 + 2}, {'S', PRESS_F1 + 3}, {'Z', PRESS_BACK_TAB}};

/* After ESC O also: rxvt's Ctrl-arrows, and the number pad, which is switched along with the arrows. */
static const struct row pad[] = {{'c', PRESS_WORD_RIGHT}, {'d', PRESS_WORD_LEFT},
    {'M', PRESS_ENTER}, {'X', '='}, {'j', '*'}, {'k', '+'}, {'l', ','}, {'m', '-'}, {'n', '.'},
    {'o', '/'}, {'p', '0'}, {'q', '1'}, {'r', '2'}, {'s', '3'}, {'t', '4'}, {'u', '5'}, {'v', '6'},
    {'w', '7'}, {'x', '8'}, {'y', '9'}};

static const struct row tildes[] = {{1, PRESS_HOME}, {2, PRESS_INSERT}, {3, PRESS_DELETE},
    {4, PRESS_END}, {5, PRESS_PAGE_UP}, {6, PRESS_PAGE_DOWN}, {7, PRESS_HOME}, {8, PRESS_END},
    {11, PRESS_F1}, {12, PRESS_F1 + 1}, {13, PRESS_F1 + 2}, {14, PRESS_F1 + 3}, {15, PRESS_F1 + 4},
    {17, PRESS_F1 + 5}, {18, PRESS_F1 + 6}, {19, PRESS_F1 + 7}, {20, PRESS_F1 + 8},
    {21, PRESS_F1 + 9}, {23, PRESS_F1 + 10}, {24, PRESS_LAST}, {200, PASTE_BEGINS}};

static const struct row alts[] = {{'b', PRESS_WORD_LEFT}, {'f', PRESS_WORD_RIGHT},
    {'\b', PRESS_CTRL('w')}, {127, PRESS_CTRL('w')}};

static const struct row singles[] = {{'\b', PRESS_BACKSPACE}, {'\n', PRESS_ENTER}, {0, PRESS_NONE}};

static const struct row *row_of(const struct row *rows, size_t count, int sent)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].sent == sent)
            return &rows[i];
    return NULL;
}
#define ROW_OF(table, sent) row_of(table, sizeof(table) / sizeof *(table), sent)

static int32_t press_in(const struct row *row)
{
    return row ? row->press : PRESS_NONE;
}

/* ---- sequences ------------------------------------------------------------------------------------- */

/* Modifiers as xterm sends them: 1 and a bit each for Shift, Alt, Ctrl. */
static int32_t with_modifier(int32_t press, int modifier)
{
    int bits = modifier > 0 ? modifier - 1 : 0;
    if (bits & 6 && press == PRESS_LEFT)
        return PRESS_WORD_LEFT;
    if (bits & 6 && press == PRESS_RIGHT)
        return PRESS_WORD_RIGHT;
    return bits && press >= PRESS_F1 ? PRESS_NONE : press; /* Ctrl-F4 is not F4 */
}

/* The first two numbers of "1;5"; -1 for what is not of that shape. */
static void read_numbers(const unsigned char *p, size_t n, int numbers[2])
{
    size_t at = 0;
    numbers[0] = numbers[1] = 0;
    for (size_t i = 0; i < n && at < 2; i++) {
        if (p[i] == ';')
            at++;
        else if (p[i] < '0' || p[i] > '9' || numbers[at] > 999)
            numbers[at] = -1;
        else if (numbers[at] >= 0)
            numbers[at] = numbers[at] * 10 + (p[i] - '0');
    }
}

static int32_t press_of_csi(const unsigned char *p, size_t n, int final)
{
    int numbers[2];
    read_numbers(p, n, numbers);
    if (numbers[0] < 0 || numbers[1] < 0)
        return PRESS_NONE; /* a reply or a mouse report */
    int32_t press = press_in(final == '~' ? ROW_OF(tildes, numbers[0]) : ROW_OF(finals, final));
    return press == PASTE_BEGINS ? press : with_modifier(press, numbers[1]);
}

/* ESC [ … */
static struct step read_csi(const unsigned char *p, size_t n)
{
    size_t i = 2;
    if (n > 2 && p[2] == '[') /* the Linux console's F1 to F5 */
        return n == 3                       ? more_within(KEYS_SEQUENCE_MS)
               : p[3] >= 'A' && p[3] <= 'E' ? is(4, PRESS_F1 + (p[3] - 'A'))
                                            : is(3, PRESS_NONE);
    while (i < n && p[i] >= 0x20 && p[i] <= 0x3F)
        i++;
    if (i >= KEYS_SEQUENCE_MAX)
        return is(i, PRESS_NONE);
    if (i == n)
        return more_within(KEYS_SEQUENCE_MS);
    if (p[i] < 0x40 || p[i] > 0x7E)
        return is(i, PRESS_NONE); /* broken off by what follows, which is looked at for itself */
    return is(i + 1, press_of_csi(p + 2, i - 2, p[i]));
}

/* ESC O …, at times with a modifier before the letter. */
static struct step read_ss3(const unsigned char *p, size_t n)
{
    size_t i = 2;
    if (i < n && p[i] >= '1' && p[i] <= '9')
        i++;
    if (i == n)
        return more_within(KEYS_SEQUENCE_MS);
    const struct row *row = ROW_OF(finals, p[i]);
    if (!row)
        row = ROW_OF(pad, p[i]);
    if (!row)
        return p[i] > 0x20 && p[i] < 0x7F ? is(i + 1, PRESS_NONE) : is(1, PRESS_ESCAPE);
    return is(i + 1, with_modifier(row->press, i == 3 ? p[2] - '0' : 0));
}

/* Whether the terminal's own sequences have one that these bytes are or may become. */
static bool read_own(const struct keys *k, struct step *out)
{
    const struct keys_sequence *best = NULL;
    bool may_become = false;
    for (const struct keys_sequence *s = k->own; s < k->own + k->own_count; s++) {
        if (s->length > k->length)
            may_become |= memcmp(s->bytes, k->bytes, k->length) == 0;
        else if (memcmp(s->bytes, k->bytes, s->length) == 0 && (!best || s->length > best->length))
            best = s;
    }
    *out = best ? is(best->length, best->press) : more_within(KEYS_SEQUENCE_MS);
    return best || may_become;
}

static struct step read_escape(const struct keys *k)
{
    struct step own;
    if (k->length == 1)
        return more_within(KEYS_ESCAPE_MS);
    if (read_own(k, &own))
        return own;
    if (k->bytes[1] == '[')
        return read_csi(k->bytes, k->length);
    if (k->bytes[1] == 'O')
        return read_ss3(k->bytes, k->length);
    const struct row *alt = ROW_OF(alts, k->bytes[1]);
    return alt ? is(2, alt->press) : is(1, PRESS_ESCAPE);
}

/* ---- characters ------------------------------------------------------------------------------------- */

static size_t length_by_lead(unsigned char lead)
{
    return lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
}

static struct step read_character(const struct keys *k)
{
    int32_t code;
    int length = text_decode(k->bytes, k->length, &code);
    if (length < 0 && (size_t)-length == k->length && k->length < length_by_lead(k->bytes[0]))
        return more_within(KEYS_SEQUENCE_MS);
    if (code >= 0x80 && code < 0xA0)
        code = PRESS_NONE; /* a control that no key sends */
    return is((size_t)(length < 0 ? -length : length), code);
}

static struct step read_step(const struct keys *k)
{
    unsigned char first = k->bytes[0];
    if (first == ESC)
        return read_escape(k);
    if (first >= 0x80)
        return read_character(k);
    const struct row *row = ROW_OF(singles, first);
    return is(1, row ? row->press : first);
}

/* What did not come to its end in time: Alt-[ was typed, or the line has lost something. */
static struct step give_up(const struct keys *k)
{
    if (k->bytes[0] != ESC)
        return is(k->length, 0xFFFD); /* half a character */
    return k->length > 2 ? is(k->length, PRESS_NONE) : is(1, PRESS_ESCAPE);
}

/* ---- the queue ---------------------------------------------------------------------------------------- */

void keys_init(struct keys *k)
{
    memset(k, 0, sizeof *k);
    buf_init(&k->paste, KEYS_PASTE_MAX);
}

void keys_release(struct keys *k)
{
    buf_release_secret(&k->paste);
    secret_wipe(k, sizeof *k);
    keys_init(k);
}

void keys_know(struct keys *k, const char *bytes, int32_t press)
{
    size_t n = bytes ? strlen(bytes) : 0;
    if (n < 2 || n > KEYS_OWN_BYTES || bytes[0] != ESC || k->own_count == KEYS_OWN)
        return;
    struct keys_sequence *s = &k->own[k->own_count++];
    memcpy(s->bytes, bytes, n);
    s->length = n;
    s->press = press;
}

size_t keys_room(const struct keys *k)
{
    return KEYS_BYTES - k->length;
}

void keys_feed(struct keys *k, const void *bytes, size_t n, int64_t now_ms)
{
    n = n < keys_room(k) ? n : keys_room(k);
    memcpy(k->bytes + k->length, bytes, n);
    k->length += n;
    k->newest_ms = now_ms;
}

static void drop(struct keys *k, size_t n)
{
    memmove(k->bytes, k->bytes + n, k->length - n);
    k->length -= n;
    secret_wipe(k->bytes + k->length, n);
}

bool keys_midway(const struct keys *k)
{
    return k->pasting || k->length > 0;
}

/* What is left of the time that is waited for more, 0 when it is over. */
static int64_t time_left(const struct keys *k, int64_t wait_ms, int64_t now_ms)
{
    int64_t left = k->newest_ms + wait_ms - now_ms;
    return left > 0 ? left : 0;
}

/* ---- pasting -------------------------------------------------------------------------------------------- */

static void keep_pasted(struct keys *k, size_t n)
{
    size_t room = k->paste.max - k->paste.len;
    buf_append(&k->paste, k->bytes, n < room ? n : room); /* without memory it stays what it is */
    drop(k, n);
}

/* How many bytes at the end may be the beginning of the end mark. */
static size_t end_begun(const struct keys *k)
{
    size_t n = k->length < PASTE_END - 1 ? k->length : PASTE_END - 1;
    while (n > 0 && memcmp(k->bytes + k->length - n, paste_end, n) != 0)
        n--;
    return n;
}

/* Moves on what is pasted; true when its end is reached. */
static bool paste_ends(struct keys *k, int64_t now_ms)
{
    const unsigned char *end = memmem(k->bytes, k->length, paste_end, PASTE_END);
    if (end) {
        keep_pasted(k, (size_t)(end - k->bytes));
        drop(k, PASTE_END);
        return true;
    }
    bool late = time_left(k, KEYS_PASTE_MS, now_ms) == 0;
    keep_pasted(k, k->length - (late ? 0 : end_begun(k)));
    return late;
}

static void forget_paste(struct keys *k)
{
    buf_release_secret(&k->paste); /* it may be a key */
    k->handed_out = false;
}

static struct input hand_out(struct keys *k)
{
    k->handed_out = true;
    return (struct input){
        .kind = INPUT_PASTE, .paste = buf_str(&k->paste), .paste_length = k->paste.len};
}

struct input keys_next(struct keys *k, int64_t now_ms, int64_t *again_ms)
{
    *again_ms = -1;
    if (k->handed_out)
        forget_paste(k);
    while (k->pasting || k->length > 0) {
        if (k->pasting) {
            if (!paste_ends(k, now_ms)) {
                *again_ms = time_left(k, KEYS_PASTE_MS, now_ms);
                break;
            }
            k->pasting = false;
            if (k->paste.len > 0)
                return hand_out(k);
            continue;
        }
        struct step step = read_step(k);
        if (step.used == 0) {
            *again_ms = time_left(k, step.wait_ms, now_ms);
            if (*again_ms > 0)
                break;
            *again_ms = -1;
            step = give_up(k);
        }
        drop(k, step.used);
        k->pasting = step.press == PASTE_BEGINS;
        if (step.press > PRESS_NONE)
            return (struct input){.kind = INPUT_PRESS, .press = step.press};
    }
    return (struct input){.kind = INPUT_NONE};
}
