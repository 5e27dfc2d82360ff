/* Addresses of services and databases. A database's address holds a password, which is registered
 * before anything else is said about it: as it is written and as it is meant (percent-decoded), and
 * rather too much of it than too little where it was not encoded as it should be. */
#include "app/config_internal.h"
#include "base/secret.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* ---- services -------------------------------------------------------------------------------- */

enum { HOST_MAX = 256 };

/* `host` without brackets. */
static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return strcasecmp(host, "localhost") == 0;
}

/* The host of what stands behind "://", without brackets and port; false when there is none. */
static bool find_host(const char *authority, char out[HOST_MAX])
{
    bool bracketed = *authority == '[';
    const char *begin = authority + bracketed;
    size_t n = strcspn(begin, bracketed ? "]/" : ":/");
    if (n == 0 || n >= HOST_MAX || (bracketed && begin[n] != ']'))
        return false;
    memcpy(out, begin, n);
    out[n] = '\0';
    const char *behind = begin + n + bracketed;
    return *behind == '\0' || *behind == '/' || *behind == ':';
}

static bool is_plain(const char *url)
{
    for (; *url; url++)
        if (*url <= ' ' || *url > '~' || strchr("@?#\"\\<>", *url))
            return false;
    return true;
}

int config_base_url(const char *value, struct err *e)
{
    char host[HOST_MAX];
    bool secure = strncmp(value, "https://", 8) == 0;
    const char *authority = value + (secure ? 8 : 7);
    if ((!secure && strncmp(value, "http://", 7) != 0) || !is_plain(value) ||
        !find_host(authority, host))
        return err_set(e, ERR_INPUT, 0, "an address like https://api.example.com is wanted");
    if (!secure && !is_loopback(host))
        return err_set(e, ERR_INPUT, 0,
            "plain http goes to this machine alone: %s must be reached by https", host);
    return 0;
}

/* ---- databases ------------------------------------------------------------------------------- */

static const char secret_label[] = "database password";

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Undoes percent-encoding in place; what is none stays. A NUL ends it. */
static void decode(char *s)
{
    char *out = s;
    for (; *s; s++, out++) {
        int high = *s == '%' ? hex(s[1]) : -1, low = high >= 0 ? hex(s[2]) : -1;
        *out = *s;
        if (low >= 0) {
            *out = (char)(high << 4 | low);
            s += 2;
        }
    }
    *out = '\0';
}

static int register_piece(const char *bytes, size_t n, struct err *e)
{
    char piece[SECRET_BYTES_MAX + 1];
    int result = 0;
    if (n == 0)
        return 0;
    if (n >= sizeof piece)
        return err_set(e, ERR_INPUT, 0, "the database password is too long");
    memcpy(piece, bytes, n);
    piece[n] = '\0';
    if (!secret_register(secret_label, piece, e))
        result = -1;
    decode(piece);
    if (result == 0 && piece[0] && !secret_register(secret_label, piece, e))
        result = -1;
    secret_wipe(piece, sizeof piece);
    return result;
}

/* USER:PASSWORD@: up to the first '@', as libpq reads it, and up to the last one, as it was meant
 * when the password holds one. */
static int register_userinfo(const char *authority, struct err *e)
{
    const char *first = authority + strcspn(authority, "@/"), *last = strrchr(authority, '@');
    const char *colon = strchr(authority, ':');
    if (!last || !colon || colon > last)
        return 0;
    if (*first == '@' && first > colon && first != last &&
        register_piece(colon + 1, (size_t)(first - colon - 1), e))
        return -1;
    return register_piece(colon + 1, (size_t)(last - colon - 1), e);
}

static int register_parameters(const char *query, struct err *e)
{
    static const char *const names[] = {"password=", "sslpassword="};
    while (*query) {
        query++; /* '?' or '&' */
        size_t n = strcspn(query, "&");
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            size_t skip = strlen(names[i]);
            if (n > skip && strncmp(query, names[i], skip) == 0 &&
                register_piece(query + skip, n - skip, e))
                return -1;
        }
        query += n;
    }
    return 0;
}

int config_database_url(const char *value, struct err *e)
{
    static const char *const prefixes[] = {"postgresql://", "postgres://"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t n = strlen(prefixes[i]);
        if (strncmp(value, prefixes[i], n) == 0)
            return register_userinfo(value + n, e) ||
                           register_parameters(value + strcspn(value, "?"), e)
                       ? -1
                       : 0;
    }
    if (strncmp(value, "sqlite:", 7) == 0 && value[7])
        return 0;
    return err_set(
        e, ERR_INPUT, 0, "a database is postgresql://USER:PASSWORD@HOST:PORT/NAME or sqlite:PATH");
}
