/* One table of keys; whatever is a printing character is typed. */
#include "ui/edit_press.h"

#include "ui/press.h"

struct edit_key {
    int32_t press;
    bool (*change)(struct edit *e); /* one of the two */
    bool (*move)(struct edit *e);
};

static const struct edit_key keys[] = {
    {PRESS_BACKSPACE, edit_backspace, NULL},
    {PRESS_CTRL('h'), edit_backspace, NULL},
    {PRESS_DELETE, edit_delete, NULL},
    {PRESS_CTRL('d'), edit_delete, NULL},
    {PRESS_CTRL('w'), edit_delete_word, NULL},
    {PRESS_CTRL('u'), edit_delete_to_home, NULL},
    {PRESS_CTRL('k'), edit_delete_to_end, NULL},
    {PRESS_LEFT, NULL, edit_left},
    {PRESS_CTRL('b'), NULL, edit_left},
    {PRESS_RIGHT, NULL, edit_right},
    {PRESS_CTRL('f'), NULL, edit_right},
    {PRESS_WORD_LEFT, NULL, edit_word_left},
    {PRESS_WORD_RIGHT, NULL, edit_word_right},
    {PRESS_HOME, NULL, edit_home},
    {PRESS_CTRL('a'), NULL, edit_home},
    {PRESS_END, NULL, edit_end},
    {PRESS_CTRL('e'), NULL, edit_end},
};

/* A code point as UTF-8; returns its length, 0 for what is none. */
static size_t encode(int32_t code, char out[4])
{
    if (code < 0x20 || code == 0x7F || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    static const int leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(leads[length] | code);
    return length;
}

enum edit_reply edit_press(struct edit *e, int32_t press)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i].press != press)
            continue;
        if (keys[i].change)
            return keys[i].change(e) ? EDIT_CHANGED : EDIT_MOVED;
        keys[i].move(e);
        return EDIT_MOVED;
    }
    char bytes[4];
    size_t n = encode(press, bytes), before = e->len;
    if (n == 0)
        return EDIT_IGNORED;
    edit_insert(e, bytes, n);
    return e->len != before ? EDIT_CHANGED : EDIT_MOVED;
}
