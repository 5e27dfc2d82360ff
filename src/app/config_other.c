/* Keys that other clients of the same services have left: RunPod's config.toml and the Hub's token
 * file. They are read, never written, and only when no other layer gives the key, so that a file
 * which is not ours cannot be in the way.
 *
 * Of TOML we understand what those clients write: [section] lines and NAME = "VALUE" lines. Other
 * lines are passed over; a key that we want in a form that we do not read is an error. */
#include "app/config_internal.h"
#include "base/file.h"

#include <errno.h>
#include <string.h>

/* The whole file; nothing when there is none. */
static int read_whole(const char *path, const char *shown, struct buf *out, struct err *e)
{
    if (!file_exists(path) && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (file_read(path, out, e))
        return -1;
    if (strlen(buf_str(out)) != out->len)
        return err_set(e, ERR_INPUT, 0, "%s is no text file", shown);
    return 0;
}

int config_hub_token(const char *path, const char *shown, struct buf *out, struct err *e)
{
    return read_whole(path, shown, out, e);
}

/* ---- TOML ------------------------------------------------------------------------------------ */

struct toml {
    const char *shown;
    int line;
    bool in_default, at_top;
    struct buf *found; /* [default] api_key */
    struct buf *top;   /* apikey, apiKey */
};

static size_t skip_space(const char *s)
{
    return strspn(s, " \t\r");
}

/* "VALUE" or 'VALUE', nothing behind it but a comment; no escapes. */
static int take_value(const struct toml *t, const char *s, struct buf *into, struct err *e)
{
    char quote = *s == '"' || *s == '\'' ? *s : '\0';
    size_t n = quote ? strcspn(s + 1, quote == '"' ? "\"\\\n" : "'\n") : 0;
    const char *behind = s + 1 + n;
    bool good = quote && *behind == quote;
    if (good)
        behind += 1 + skip_space(behind + 1);
    if (!good || !strchr("#\n", *behind))
        return err_set(e, ERR_INPUT, 0, "%s line %d: the key is not a plain text in quotes",
            t->shown, t->line);
    buf_clear(into);
    return buf_append(into, s + 1, n) ? err_set(e, ERR_IO, 0, "no memory for a key") : 0;
}

static void take_section(struct toml *t, const char *s)
{
    static const char name[] = "[default]";
    t->at_top = false;
    t->in_default = strncmp(s, name, sizeof name - 1) == 0;
}

static int take_line(struct toml *t, const char *s, struct err *e)
{
    s += skip_space(s);
    t->line++;
    if (*s == '[')
        take_section(t, s);
    size_t n = strcspn(s, " \t\r\n=");
    const char *sign = s + n + skip_space(s + n);
    if (*sign != '=')
        return 0;
    const char *value = sign + 1 + skip_space(sign + 1);
    if (t->in_default && n == 7 && strncmp(s, "api_key", n) == 0)
        return take_value(t, value, t->found, e);
    if (t->at_top && n == 6 && (strncmp(s, "apikey", n) == 0 || strncmp(s, "apiKey", n) == 0))
        return take_value(t, value, t->top, e);
    return 0;
}

static int take_lines(struct toml *t, const char *text, struct err *e)
{
    while (*text) {
        if (take_line(t, text, e))
            return -1;
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return 0;
}

int config_runpod_key(const char *path, const char *shown, struct buf *out, struct err *e)
{
    struct buf text, top;
    buf_init(&text, CONFIG_FILE_MAX);
    buf_init(&top, CONFIG_FILE_MAX);
    struct toml t = {.shown = shown, .at_top = true, .found = out, .top = &top};
    int result = read_whole(path, shown, &text, e);
    if (result == 0)
        result = take_lines(&t, buf_str(&text), e);
    if (result == 0 && out->len == 0)
        result = buf_append(out, buf_str(&top), top.len);
    buf_release_secret(&text);
    buf_release_secret(&top);
    return result;
}
