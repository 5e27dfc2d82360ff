/* Where an ANSI/VT control sequence ends (ECMA-48, and what xterm makes of it), as a state machine
 * in one table: state x kind of code point → next state, or the end before or behind it.
 *
 *   ESC          [ begins CSI; ] OSC; P X ^ _ a string (DCS SOS PM APC); 20..2F the intermediates
 *                of a longer escape (ESC ( B); any other 30..7E ends a two-byte one
 *   CSI          parameters and intermediates (20..3F), ended by 40..7E
 *   OSC, string  anything, ended by ST, OSC also by BEL
 *
 * Whatever cannot belong to a sequence ends it and is looked at afresh by the caller: so a line feed
 * always stays, an ESC begins the next sequence (in "ESC \", which ends a string, a two-byte one),
 * and a character that a terminal would draw is not lost. Raw bytes 80..9F are not valid UTF-8 and
 * so are no C1 controls here: a program that writes UTF-8 never passes them on. */
#include "base/text.h"
#include "base/text_internal.h"

enum kind {
    OTHER,        /* non-ASCII, invalid bytes */
    CONTROL,      /* C0 not named below, DEL */
    BREAKER,      /* LF, CAN, SUB, ESC and C1 but ST: they end even a string */
    BELL,         /* BEL */
    TERMINATOR,   /* U+009C, ST */
    INTERMEDIATE, /* 20..2F */
    PARAMETER,    /* 30..3F */
    FINAL,        /* 40..7E not named below */
    OPENS_CSI,    /* [ */
    OPENS_OSC,    /* ] */
    OPENS_STRING, /* P X ^ _ */
    KINDS
};

/* BEFORE and BEHIND are the ends: of the code point just seen. */
enum state { BEFORE, BEHIND, ESCAPE, LONGER, CSI, OSC, STRING, STATES };

/* clang-format off */
static const unsigned char next_state[STATES][KINDS] = {
    /*          OTHER   CONTROL BREAKER BELL    TERMIN. 20..2F  30..3F  FINAL   [       ]       P X ^ _ */
    [ESCAPE] = {BEFORE, BEFORE, BEFORE, BEFORE, BEFORE, LONGER, BEHIND, BEHIND, CSI,    OSC,    STRING},
    [LONGER] = {BEFORE, BEFORE, BEFORE, BEFORE, BEFORE, LONGER, BEHIND, BEHIND, BEHIND, BEHIND, BEHIND},
    [CSI]    = {BEFORE, BEFORE, BEFORE, BEFORE, BEFORE, CSI,    CSI,    BEHIND, BEHIND, BEHIND, BEHIND},
    [OSC]    = {OSC,    OSC,    BEFORE, BEHIND, BEHIND, OSC,    OSC,    OSC,    OSC,    OSC,    OSC},
    [STRING] = {STRING, STRING, BEFORE, STRING, BEHIND, STRING, STRING, STRING, STRING, STRING, STRING},
};
/* clang-format on */

/* The first row that holds a code point says its kind; what no row holds is OTHER. */
static const struct {
    int32_t first, last;
    enum kind kind;
} kinds[] = {
    {0x07, 0x07, BELL},
    {0x0A, 0x0A, BREAKER},
    {0x18, 0x18, BREAKER},
    {0x1A, 0x1B, BREAKER},
    {0x00, 0x1F, CONTROL},
    {0x20, 0x2F, INTERMEDIATE},
    {0x30, 0x3F, PARAMETER},
    {'P', 'P', OPENS_STRING},
    {'X', 'X', OPENS_STRING},
    {'[', '[', OPENS_CSI},
    {']', ']', OPENS_OSC},
    {'^', '_', OPENS_STRING},
    {0x40, 0x7E, FINAL},
    {0x7F, 0x7F, CONTROL},
    {0x9C, 0x9C, TERMINATOR},
    {0x80, 0x9F, BREAKER},
};

static enum kind kind_of(int32_t code)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (code >= kinds[i].first && code <= kinds[i].last)
            return kinds[i].kind;
    return OTHER;
}

/* The state behind the code point that opens a sequence; BEFORE when it opens none. */
static enum state opened_by(int32_t code)
{
    static const struct {
        int32_t code;
        enum state state;
    } openers[] = {
        {0x1B, ESCAPE},
        {0x90, STRING},
        {0x98, STRING},
        {0x9B, CSI},
        {0x9D, OSC},
        {0x9E, STRING},
        {0x9F, STRING},
    };
    for (size_t i = 0; i < sizeof openers / sizeof *openers; i++)
        if (openers[i].code == code)
            return openers[i].state;
    return BEFORE;
}

/* As text_decode, but the length of a bad prefix is positive too. */
static size_t step(const unsigned char *p, size_t n, int32_t *code)
{
    int length = text_decode(p, n, code);
    return (size_t)(length < 0 ? -length : length);
}

size_t text_sequence(const unsigned char *p, size_t n)
{
    int32_t code;
    size_t at = step(p, n, &code);
    enum state state = opened_by(code);
    if (state == BEFORE)
        return 0;
    while (at < n) {
        size_t length = step(p + at, n - at, &code);
        if (at + length > TEXT_SEQUENCE_MAX)
            break;
        state = next_state[state][kind_of(code)];
        if (state == BEFORE)
            break;
        at += length;
        if (state == BEHIND)
            break;
    }
    return at;
}
