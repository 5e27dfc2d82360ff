/* graphql_lexer: one token of look-ahead; white space, commas and comments mean nothing. */
#include "sim/graphql_lexer.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void lexer_fail(struct lexer *l, const char *format, ...)
{
    if (!l->failed) {
        char text[ERR_MESSAGE_MAX];
        va_list args;
        va_start(args, format);
        (void)vsnprintf(text, sizeof text, format, args);
        va_end(args);
        (void)err_set(l->e, ERR_INPUT, 0, "%s", text);
        l->failed = true;
    }
}

/* Also over the byte order mark. */
static void skip(struct lexer *l)
{
    for (;;) {
        l->at += strspn(l->at, " \t\r\n,");
        if (strncmp(l->at, "\xEF\xBB\xBF", 3) == 0) {
            l->at += 3;
        } else if (*l->at == '#') {
            l->at += strcspn(l->at, "\r\n");
        } else {
            return;
        }
    }
}

static void keep(struct lexer *l, size_t n)
{
    if (buf_append(&l->token, l->at, n) != 0) {
        lexer_fail(l, "Syntax Error: a token is too long.");
    }
    l->at += n;
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void read_number(struct lexer *l)
{
    l->kind = T_NUMBER;
    size_t n = l->at[0] == '-';
    size_t whole = strspn(l->at + n, "0123456789");
    bool good = whole > 0 && !(whole > 1 && l->at[n] == '0');
    n += whole;
    if (l->at[n] == '.') {
        size_t digits = strspn(l->at + n + 1, "0123456789");
        good = good && digits > 0;
        n += 1 + digits;
    }
    if (good && (l->at[n] == 'e' || l->at[n] == 'E')) {
        size_t sign = l->at[n + 1] == '+' || l->at[n + 1] == '-';
        size_t digits = strspn(l->at + n + 1 + sign, "0123456789");
        good = digits > 0;
        n += 1 + sign + digits;
    }
    if (!good || is_name(l->at[n]) || l->at[n] == '.') {
        lexer_fail(l, "Syntax Error: Invalid number.");
        return;
    }
    keep(l, n);
}

/* Appends a code point as UTF-8. */
static void keep_code(struct lexer *l, uint32_t c)
{
    char out[4];
    size_t n = 0;
    if (c < 0x80) {
        out[n++] = (char)c;
    } else if (c < 0x800) {
        out[n++] = (char)(0xC0 | (c >> 6));
        out[n++] = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out[n++] = (char)(0xE0 | (c >> 12));
        out[n++] = (char)(0x80 | ((c >> 6) & 0x3F));
        out[n++] = (char)(0x80 | (c & 0x3F));
    } else {
        out[n++] = (char)(0xF0 | (c >> 18));
        out[n++] = (char)(0x80 | ((c >> 12) & 0x3F));
        out[n++] = (char)(0x80 | ((c >> 6) & 0x3F));
        out[n++] = (char)(0x80 | (c & 0x3F));
    }
    if (buf_append(&l->token, out, n) != 0) {
        lexer_fail(l, "Syntax Error: a token is too long.");
    }
}

/* Four hex digits at `s`, or -1. */
static int32_t hex4(const char *s)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        if (!isxdigit((unsigned char)s[i])) {
            return -1;
        }
        int c = tolower((unsigned char)s[i]);
        value = value * 16 + (isdigit(c) ? c - '0' : c - 'a' + 10);
    }
    return value;
}

/* Behind "\u": one unit, or a pair of surrogates. */
static void read_unicode(struct lexer *l)
{
    int32_t first = hex4(l->at);
    if (first > 0 && (first < 0xD800 || first > 0xDFFF)) {
        l->at += 4;
        keep_code(l, (uint32_t)first);
        return;
    }
    if (first >= 0xD800 && first <= 0xDBFF && l->at[4] == '\\' && l->at[5] == 'u') {
        int32_t second = hex4(l->at + 6);
        if (second >= 0xDC00 && second <= 0xDFFF) {
            l->at += 10;
            keep_code(
                l, 0x10000U + (((uint32_t)first - 0xD800U) << 10) + ((uint32_t)second - 0xDC00U));
            return;
        }
    }
    lexer_fail(l, "Syntax Error: Invalid Unicode escape sequence.");
}

static void read_escape(struct lexer *l)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = *l->at;
    const char *found = c == '\0' ? NULL : strchr(from, c);
    if (found != NULL) {
        l->at++;
        keep_code(l, (unsigned char)to[found - from]);
    } else if (c == 'u') {
        l->at++;
        read_unicode(l);
    } else {
        lexer_fail(l, "Syntax Error: Invalid character escape sequence.");
    }
}

static void read_string(struct lexer *l)
{
    l->kind = T_STRING;
    if (strncmp(l->at, "\"\"\"", 3) == 0) {
        lexer_fail(l, "Syntax Error: block strings are not served here.");
        return;
    }
    l->at++;
    while (!l->failed) {
        keep(l, strcspn(l->at, "\"\\\r\n"));
        char c = *l->at;
        if (c == '"') {
            l->at++;
            return;
        }
        if (c != '\\') {
            lexer_fail(l, "Syntax Error: Unterminated string.");
            return;
        }
        l->at++;
        read_escape(l);
    }
}

void lexer_advance(struct lexer *l)
{
    skip(l);
    buf_clear(&l->token);
    l->punctuator = '\0';
    char c = *l->at;
    if (c == '\0') {
        l->kind = T_END;
    } else if (isalpha((unsigned char)c) || c == '_') {
        size_t n = 0;
        while (is_name(l->at[n])) {
            n++;
        }
        l->kind = T_NAME;
        keep(l, n);
    } else if (c == '-' || isdigit((unsigned char)c)) {
        read_number(l);
    } else if (c == '"') {
        read_string(l);
    } else if (strchr("!$():=@[]{}|&.", c) != NULL) {
        l->kind = T_PUNCTUATOR;
        l->punctuator = c;
        l->at++;
    } else {
        lexer_fail(l, "Syntax Error: Cannot parse the unexpected character at byte %ld.",
            (long)(l->at - l->text));
    }
}

void lexer_unexpected(struct lexer *l)
{
    if (l->kind == T_END) {
        lexer_fail(l, "Syntax Error: Unexpected <EOF>.");
    } else if (l->kind == T_PUNCTUATOR) {
        lexer_fail(l, "Syntax Error: Unexpected \"%c\".", l->punctuator);
    } else {
        lexer_fail(l, "Syntax Error: Unexpected \"%.80s\".", buf_str(&l->token));
    }
}

bool lexer_is(const struct lexer *l, char punctuator)
{
    return !l->failed && l->kind == T_PUNCTUATOR && l->punctuator == punctuator;
}

bool lexer_accept(struct lexer *l, char punctuator)
{
    if (!lexer_is(l, punctuator)) {
        return false;
    }
    lexer_advance(l);
    return true;
}

void lexer_expect(struct lexer *l, char punctuator)
{
    if (!lexer_accept(l, punctuator)) {
        lexer_unexpected(l);
    }
}

bool lexer_is_word(const struct lexer *l, const char *word)
{
    return !l->failed && l->kind == T_NAME && strcmp(buf_str(&l->token), word) == 0;
}
