/* Finding registered values in text, in every form in which they leave a program. Instead of keeping
 * the encoded forms of each value, the text is decoded while it is compared. So any mixture counts:
 * hex digits of either case, characters that one encoder escapes and another does not.
 *
 * Each form is a reader that gives the next few bytes the text stands for. In each form there is only
 * one way to read a text, so comparing never goes back. Comparing stops at the first difference;
 * together with the first-byte table that keeps redaction linear in the length of a line. */
#include "base/secret.h"
#include "base/secret_internal.h"
#include "base/text_internal.h"

#include <string.h>

/* What the text at `p` (n > 0) stands for: stores 1 to TEXT_UTF8_MAX bytes, returns how many bytes
 * of text they took. What is no escape stands for itself. */
struct unit {
    unsigned char bytes[TEXT_UTF8_MAX];
    size_t len;
};
typedef size_t unit_reader(const unsigned char *p, size_t n, struct unit *u);

int secret_hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of `digits` hex digits, -1 when they are not all there. */
static int32_t hex_value(const unsigned char *p, size_t n, size_t digits)
{
    int32_t value = 0;
    if (n < digits)
        return -1;
    for (size_t i = 0; i < digits; i++) {
        int digit = secret_hex_digit(p[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static size_t read_plain(const unsigned char *p, size_t n, struct unit *u)
{
    (void)n;
    u->bytes[0] = p[0];
    u->len = 1;
    return 1;
}

static size_t read_percent(const unsigned char *p, size_t n, struct unit *u)
{
    int32_t value = p[0] == '%' ? hex_value(p + 1, n - 1, 2) : -1;
    if (value < 0)
        return read_plain(p, n, u);
    u->bytes[0] = (unsigned char)value;
    u->len = 1;
    return 3;
}

/* "\u0041", or two of them that make a pair of surrogates; 0 when it is neither. */
static size_t read_json_hex(const unsigned char *p, size_t n, struct unit *u)
{
    int32_t code = n > 2 && p[1] == 'u' ? hex_value(p + 2, n - 2, 4) : -1;
    size_t used = 6;
    if (code < 0)
        return 0;
    if (code >= 0xD800 && code <= 0xDFFF) {
        int32_t low = n > 8 && p[6] == '\\' && p[7] == 'u' ? hex_value(p + 8, n - 8, 4) : -1;
        if (code > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
            return 0;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        used = 12;
    }
    u->len = text_encode(u->bytes, code);
    return used;
}

static size_t read_json(const unsigned char *p, size_t n, struct unit *u)
{
    if (p[0] != '\\' || n < 2)
        return read_plain(p, n, u);
    if (p[1] == '"' || p[1] == '\\' || p[1] == '/')
        return 1 + read_plain(p + 1, n - 1, u);
    size_t used = read_json_hex(p, n, u);
    return used > 0 ? used : read_plain(p, n, u);
}

static unit_reader *const forms[] = {read_plain, read_percent, read_json};

/* How many bytes of the text the value takes in this form; 0 when it does not stand there. */
static size_t match_form(
    unit_reader *read, const char *value, size_t len, const unsigned char *p, size_t n)
{
    size_t at = 0;
    for (size_t done = 0; done < len;) {
        struct unit u;
        if (at == n)
            return 0;
        at += read(p + at, n - at, &u);
        if (u.len > len - done || memcmp(u.bytes, value + done, u.len) != 0)
            return 0;
        done += u.len;
    }
    return at;
}

/* The longest of its forms. */
static size_t match_value(const char *value, size_t len, const unsigned char *p, size_t n)
{
    size_t longest = 0;
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        size_t used = match_form(forms[f], value, len, p, n);
        longest = used > longest ? used : longest;
    }
    return longest;
}

static bool may_begin(unsigned char c, const char *value)
{
    return c == (unsigned char)value[0] || c == '%' || c == '\\';
}

/* The value at `index` without its first `skip` bytes; NULL when that is too short to be masked. */
static const char *rest_of(size_t index, size_t skip, size_t *len)
{
    const char *value = secret_bytes(index, len);
    if (*len < SECRET_SHORTEST_MASKED + skip)
        return NULL;
    *len -= skip;
    return value + skip;
}

size_t secret_match(const unsigned char *p, size_t n, bool beheaded)
{
    size_t longest = 0, count = secret_count(), len;
    for (size_t i = 0; i < count; i++)
        for (size_t skip = 0; skip <= beheaded; skip++) {
            const char *value = rest_of(i, skip, &len);
            size_t used = value && may_begin(p[0], value) ? match_value(value, len, p, n) : 0;
            longest = used > longest ? used : longest;
        }
    return longest;
}

void secret_first_bytes(bool first[256], bool beheaded)
{
    size_t len;
    for (size_t i = 0; i < secret_count(); i++)
        for (size_t skip = 0; skip <= beheaded; skip++) {
            const char *value = rest_of(i, skip, &len);
            if (value)
                first[(unsigned char)value[0]] = first['%'] = first['\\'] = true;
        }
}
