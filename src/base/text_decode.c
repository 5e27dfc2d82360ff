/* UTF-8, decoded by the table of well-formed sequences (Unicode 15, table 3-7): the first byte says
 * how many follow and in which range the second must lie; all later ones lie in 80..BF. What has
 * matched when a byte does not fit is the maximal bad prefix. Overlong forms, surrogates and values
 * past U+10FFFF never match, because their second byte is out of range. */
#include "base/text.h"
#include "base/text_internal.h"

#include <utf8proc.h>

struct lead {
    unsigned char first, last;  /* the first bytes this row is for */
    unsigned char low, high;    /* the second byte */
    unsigned char length, bits; /* of the sequence; of the value in the first byte */
};

static const struct lead leads[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2, 0x1F},
    {0xE0, 0xE0, 0xA0, 0xBF, 3, 0x0F},
    {0xE1, 0xEC, 0x80, 0xBF, 3, 0x0F},
    {0xED, 0xED, 0x80, 0x9F, 3, 0x0F},
    {0xEE, 0xEF, 0x80, 0xBF, 3, 0x0F},
    {0xF0, 0xF0, 0x90, 0xBF, 4, 0x07},
    {0xF1, 0xF3, 0x80, 0xBF, 4, 0x07},
    {0xF4, 0xF4, 0x80, 0x8F, 4, 0x07},
};

static const struct lead *lead_of(unsigned char byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    return NULL;
}

int text_decode(const void *bytes, size_t n, int32_t *code)
{
    const unsigned char *p = bytes;
    *code = p[0];
    if (p[0] < 0x80)
        return 1;
    *code = TEXT_REPLACEMENT;
    const struct lead *lead = lead_of(p[0]);
    if (!lead)
        return -1;
    int32_t value = p[0] & lead->bits;
    for (int i = 1; i < lead->length; i++) {
        unsigned char low = i == 1 ? lead->low : 0x80;
        unsigned char high = i == 1 ? lead->high : 0xBF;
        if ((size_t)i >= n || p[i] < low || p[i] > high)
            return -i;
        value = value << 6 | (p[i] & 0x3F);
    }
    *code = value;
    return lead->length;
}

bool text_is_utf8(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t at = 0; at < n;) {
        int32_t code;
        int length = text_decode(p + at, n - at, &code);
        if (length < 0)
            return false;
        at += (size_t)length;
    }
    return true;
}

size_t text_encode(unsigned char out[TEXT_UTF8_MAX], int32_t code)
{
    return (size_t)utf8proc_encode_char(code, out);
}
