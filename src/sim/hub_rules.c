/* Names, paths and ranges: what the Hub accepts, as far as its clients and answers tell. Each rule
 * is one function, and the sentences are those of the Hub where they are known. */
#include "sim/hub_rules.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char name_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

static bool ends_with(const char *s, size_t n, const char *tail)
{
    size_t t = strlen(tail);
    return n >= t && memcmp(s + n - t, tail, t) == 0;
}

const char *hub_name_error(const char *part)
{
    size_t n = strlen(part);
    if (n < 1 || n > 96)
        return "Repository names must have between 1 and 96 characters";
    if (strspn(part, name_letters) != n)
        return "Repository names may only hold letters, digits, '-', '_' and '.'";
    if (strchr("-.", part[0]) || strchr("-.", part[n - 1]))
        return "Repository names must not start or end with '-' or '.'";
    if (strstr(part, "--") || strstr(part, ".."))
        return "Repository names must not hold '--' or '..'";
    if (ends_with(part, n, ".git"))
        return "Repository names must not end with '.git'";
    return NULL;
}

bool hub_repo_id_ok(const char *id)
{
    char owner[97];
    const char *slash = strchr(id, '/');
    if (!slash || (size_t)(slash - id) >= sizeof owner)
        return false;
    memcpy(owner, id, (size_t)(slash - id));
    owner[slash - id] = '\0';
    return !hub_name_error(owner) && !hub_name_error(slash + 1);
}

static bool part_is(const char *part, size_t n, const char *word)
{
    return n == strlen(word) && memcmp(part, word, n) == 0;
}

const char *hub_path_error(const char *path)
{
    size_t length = strlen(path);
    if (length < 1 || length > HUB_PATH_MAX)
        return "paths must have between 1 and 1000 characters";
    if (!text_is_utf8(path, length))
        return "paths must be valid UTF-8";
    for (const char *c = path; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return "paths must not hold control characters";
    for (const char *part = path;; part++) {
        size_t n = strcspn(part, "/");
        if (n == 0 || part_is(part, n, ".") || part_is(part, n, ".."))
            return "paths must be relative, without empty, '.' or '..' parts";
        if (part_is(part, n, ".git"))
            return "paths must not hold a '.git' part";
        part += n;
        if (!*part)
            return NULL;
    }
}

bool hub_ref_ok(const char *name)
{
    size_t n = strlen(name);
    if (n < 1 || n >= HUB_REF - 16 || strspn(name, name_letters) + strspn(name, "/") == 0)
        return false;
    for (const char *c = name; *c; c++)
        if (!strchr(name_letters, *c) && *c != '/')
            return false;
    return !strchr("/.-", name[0]) && !strchr("/.", name[n - 1]) && !strstr(name, "..") &&
           !strstr(name, "//") && !strstr(name, "/.") && !ends_with(name, n, ".lock");
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* Digits only (no sign, no space); moves *s behind them. False when there are none or too many. */
static bool read_number(const char **s, int64_t *value)
{
    size_t n = strspn(*s, "0123456789");
    if (n == 0 || n > 18)
        return false;
    *value = strtoll(*s, NULL, 10);
    *s += n;
    return true;
}

static enum hub_range_kind suffix_range(
    int64_t wanted, int64_t size, int64_t *offset, int64_t *length)
{
    if (wanted == 0 || size == 0)
        return HUB_RANGE_BAD;
    *length = wanted < size ? wanted : size;
    *offset = size - *length;
    return HUB_RANGE_PART;
}

enum hub_range_kind hub_range(const char *header, int64_t size, int64_t *offset, int64_t *length)
{
    *offset = 0;
    *length = size;
    if (!header || strncmp(header, "bytes=", 6) != 0)
        return HUB_RANGE_ALL;
    const char *s = header + 6;
    int64_t first = 0, last = size - 1;
    if (*s == '-') {
        s++;
        if (!read_number(&s, &last) || *s)
            return HUB_RANGE_ALL;
        return suffix_range(last, size, offset, length);
    }
    if (!read_number(&s, &first) || *s++ != '-')
        return HUB_RANGE_ALL;
    if (*s && (!read_number(&s, &last) || *s || last < first))
        return HUB_RANGE_ALL;
    if (first >= size)
        return HUB_RANGE_BAD;
    *offset = first;
    *length = (last < size ? last : size - 1) - first + 1;
    return HUB_RANGE_PART;
}

/* ---- encodings ------------------------------------------------------------------------------- */

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_value(char c)
{
    const char *at = c ? strchr(base64_letters, c) : NULL;
    return at ? (int)(at - base64_letters) : -1;
}

int hub_base64_decode(const char *text, size_t n, struct buf *out)
{
    while (n > 0 && text[n - 1] == '=')
        n--;
    if (n % 4 == 1 || buf_reserve(out, n / 4 * 3 + 3) != 0)
        return -1;
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++) {
        int v = base64_value(text[i]);
        if (v < 0)
            return -1;
        bits = bits << 6 | (unsigned)v;
        if (i % 4 != 0)
            buf_char(out, (char)(bits >> (6 - 2 * (i % 4))));
    }
    return out->full ? -1 : 0;
}

int hub_base64_encode(const void *bytes, size_t n, struct buf *out)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < n; i += 3) {
        unsigned bits = (unsigned)b[i] << 16;
        if (i + 1 < n)
            bits |= (unsigned)b[i + 1] << 8;
        if (i + 2 < n)
            bits |= b[i + 2];
        buf_char(out, base64_letters[bits >> 18]);
        buf_char(out, base64_letters[bits >> 12 & 63]);
        buf_char(out, i + 1 < n ? base64_letters[bits >> 6 & 63] : '=');
        buf_char(out, i + 2 < n ? base64_letters[bits & 63] : '=');
    }
    return out->full ? -1 : 0;
}

int hub_url_encode(const char *s, const char *keep, struct buf *out)
{
    for (; *s; s++) {
        bool plain = strchr(name_letters, *s) || *s == '~' || strchr(keep, *s);
        if (plain)
            buf_char(out, *s);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)*s);
    }
    return out->full ? -1 : 0;
}
