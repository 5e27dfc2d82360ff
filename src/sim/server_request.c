/* What a handler may ask of its request. All answers point into the exchange that owns the request. */
#include "sim/exchange.h"
#include "sim/sim.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct exchange *exchange_of(const struct request *r)
{
    return r->internal;
}

const char *request_param(const struct request *r, const char *name)
{
    return pairs_find(&exchange_of(r)->found.params, name);
}

const char *request_query(const struct request *r, const char *name)
{
    return pairs_find(&exchange_of(r)->target.query, name);
}

int64_t request_query_int(const struct request *r, const char *name, int64_t fallback)
{
    const char *text = request_query(r, name);
    if (!text || !(isdigit((unsigned char)text[0]) || text[0] == '-'))
        return fallback;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    return errno || *end || end == text ? fallback : (int64_t)value;
}

size_t request_query_all(const struct request *r, const char *name, const char **out, size_t max)
{
    return pairs_find_all(&exchange_of(r)->target.query, name, out, max);
}

size_t request_form_all(const struct request *r, const char *name, const char **out, size_t max)
{
    return pairs_find_all(&exchange_of(r)->form, name, out, max);
}

const char *request_header(const struct request *r, const char *name)
{
    return pairs_find_caseless(&exchange_of(r)->headers, name);
}

const struct pairs *request_headers(const struct request *r)
{
    return &exchange_of(r)->headers;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Decodes up to the first byte that is no digit; false when it does not fit. */
static bool base64_decode(const char *s, char *out, size_t size)
{
    unsigned bits = 0, count = 0;
    size_t used = 0;
    for (int digit; (digit = base64_digit(*s)) >= 0; s++) {
        bits = bits << 6 | (unsigned)digit;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        if (used + 1 >= size)
            return false;
        out[used++] = (char)(bits >> count & 0xff);
    }
    out[used] = '\0';
    return true;
}

static const char *skip_spaces(const char *s)
{
    return s + strspn(s, " \t");
}

/* What stands behind the scheme, NULL when the value has another one. */
static const char *after_scheme(const char *value, const char *scheme)
{
    size_t n = strlen(scheme);
    if (strncasecmp(value, scheme, n) != 0 || !strchr(" \t", value[n])) /* or the end */
        return NULL;
    return skip_spaces(value + n);
}

static const char *basic_key(const char *value, char *out, size_t size)
{
    if (!base64_decode(value, out, size))
        return NULL;
    char *colon = strchr(out, ':');
    return colon ? colon + 1 : NULL;
}

static const char *key_of_form(const char *value, char *out, size_t size, enum key_form *form)
{
    const char *behind;
    if ((behind = after_scheme(value, "Bearer"))) {
        *form = KEY_FORM_BEARER;
        return behind;
    }
    if ((behind = after_scheme(value, "Basic"))) {
        *form = KEY_FORM_BASIC;
        return basic_key(behind, out, size);
    }
    *form = KEY_FORM_BARE;
    return skip_spaces(value);
}

const char *authorization_key(const char *value, char *out, size_t size, enum key_form *form)
{
    *form = KEY_FORM_NONE;
    if (!value)
        return NULL;
    const char *key = key_of_form(value, out, size, form);
    if (key && key[0])
        return key;
    *form = KEY_FORM_NONE;
    return NULL;
}

const char *request_key(const struct request *r, enum key_form *form)
{
    const struct exchange *x = exchange_of(r);
    const char *value = request_header(r, "Authorization");
    size_t size = value ? strlen(value) + 1 : 1;
    char *room = arena_alloc(x->memory, size);
    enum key_form found;
    const char *key = room ? authorization_key(value, room, size, &found) : NULL;
    if (form)
        *form = key ? found : KEY_FORM_NONE;
    return key;
}

const char *key_form_name(enum key_form f)
{
    static const char *const names[] = {"none", "bearer", "bare", "basic"};
    return names[f];
}

/* ---- where the client found us ----------------------------------------------------------------- */

static bool host_plausible(const char *host)
{
    return host && host[0] &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789.-:[]") == strlen(host);
}

void request_base_url(struct sim *s, const struct request *r, enum plane plane, struct buf *out)
{
    const char *host = plane == r->plane ? request_header(r, "Host") : NULL;
    if (host_plausible(host))
        buf_printf(out, "http://%s", host);
    else
        buf_printf(out, "http://127.0.0.1:%d", server_port(s->server, plane));
}
