/* hub_lfs: what the LFS batch says about one object. Multi-part is known by chunk_size in the header,
 * not by the transfer's name; part URLs are the members named by a number alone (§4.2). The numbers
 * must be exactly 1 to ceil(size / chunk_size): anything else would join into other bytes than ours. */
#include "client/hub_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DIGITS_MAX = 18 };

/* A number written in digits alone; -1 when it is none. */
static int64_t read_digits(const char *s)
{
    size_t n = s ? strlen(s) : 0;
    if (n == 0 || n > DIGITS_MAX || strspn(s, "0123456789") != n)
        return -1;
    return strtoll(s, NULL, 10);
}

static const struct json *find_chunk_size(const struct json *header)
{
    const struct json *m = json_first(header);
    while (m && strcasecmp(json_key(m), "chunk_size") != 0)
        m = json_next(m);
    return m;
}

/* A string or a number. */
static int64_t read_chunk_size(const struct json *member)
{
    double v = json_number(member, -1);
    if (json_string(member))
        return read_digits(json_string(member));
    return v >= 1 && v <= 1e15 ? (int64_t)v : -1;
}

static int refuse(struct hub_lfs_action *out, struct err *e, const char *why)
{
    hub_lfs_release(out);
    return err_set(
        e, ERR_REMOTE, 0, "the Hub's instructions for sending the file are wrong: %s", why);
}

static int read_part(const struct json *member, struct hub_lfs_action *out, struct err *e)
{
    int64_t number = read_digits(json_key(member));
    if (number < 0)
        return 0;
    if (number < 1 || number > (int64_t)out->part_count)
        return refuse(out, e, "a part lies behind the end");
    const char **part = &out->parts[number - 1];
    if (*part || !json_string(member))
        return refuse(out, e, "a part comes twice, or without its address");
    *part = json_string(member);
    return 0;
}

static int alloc_parts(struct hub_lfs_action *out, int64_t count, struct err *e)
{
    out->parts = calloc((size_t)count, sizeof *out->parts);
    if (!out->parts)
        return err_set(e, ERR_IO, 0, "out of memory for %lld parts", (long long)count);
    out->part_count = (size_t)count;
    return 0;
}

static int read_parts(
    const struct json *header, int64_t size, struct hub_lfs_action *out, struct err *e)
{
    int64_t count = out->chunk < 1 ? 0 : size / out->chunk + (size % out->chunk != 0);
    if (count < 1 || count > HUB_PARTS_MAX)
        return refuse(out, e, "the size of a part is not possible");
    if (alloc_parts(out, count, e))
        return -1;
    for (const struct json *m = json_first(header); m; m = json_next(m))
        if (read_part(m, out, e))
            return -1;
    for (size_t i = 0; i < out->part_count; i++)
        if (!out->parts[i])
            return refuse(out, e, "a part is missing");
    return 0;
}

static int read_error(const struct json *error, struct err *e)
{
    int code = (int)json_int(error, "code", 0);
    return err_set(e, ERR_REMOTE, code, "the Hub does not take the file: %.300s (%d)",
        json_str_or(error, "message", "it does not say why"), code);
}

int hub_lfs_read(const struct json *object, int64_t size, struct hub_lfs_action *out, struct err *e)
{
    const struct json *actions = json_get(object, "actions");
    const struct json *upload = json_get(actions, "upload");
    *out = (struct hub_lfs_action){.verify = json_str(json_get(actions, "verify"), "href")};
    if (json_kind(json_get(object, "error")) == JSON_OBJECT)
        return read_error(json_get(object, "error"), e);
    if (json_kind(object) != JSON_OBJECT || json_int(object, "size", size) != size)
        return refuse(out, e, "they are for a file of another size");
    out->stored = json_kind(upload) != JSON_OBJECT;
    if (out->stored)
        return 0;
    out->href = json_str(upload, "href");
    if (!out->href)
        return refuse(out, e, "the address is missing");
    const struct json *chunk = find_chunk_size(json_get(upload, "header"));
    out->multipart = chunk != NULL;
    out->chunk = chunk ? read_chunk_size(chunk) : size;
    if (chunk)
        return read_parts(json_get(upload, "header"), size, out, e);
    if (alloc_parts(out, 1, e))
        return -1;
    out->parts[0] = out->href;
    return 0;
}

void hub_lfs_release(struct hub_lfs_action *action)
{
    free(action->parts);
    *action = (struct hub_lfs_action){0};
}
