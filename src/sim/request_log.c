/* A ring of the newest requests. Entries are found by their number, which is also their place: number
 * modulo size. Header values, targets and keys come from clients that may have been given real keys,
 * so nothing that looks like one is kept. */
#include "sim/request_log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"
#include "sim/exchange.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { VALUE_SHOWN_MAX = 2048, KEY_SHOWN = 4, KEY_SHORTEST_SHOWN = 8 };

struct entry {
    int64_t number; /* 0 = empty */
    enum plane plane;
    struct json *what;             /* method, target, headers, authorization */
    int64_t at, real_at, real_end; /* end 0 = not ended yet */
    struct request_end end;
};

struct request_log {
    int64_t last;
    struct entry entries[REQUEST_LOG_MAX];
};

struct request_log *request_log_new(void)
{
    return calloc(1, sizeof(struct request_log));
}

void request_log_clear(struct request_log *l)
{
    for (size_t i = 0; i < REQUEST_LOG_MAX; i++) {
        json_free(l->entries[i].what);
        l->entries[i] = (struct entry){0};
    }
}

void request_log_free(struct request_log *l)
{
    if (!l)
        return;
    request_log_clear(l);
    free(l);
}

/* ---- what is kept of a request ------------------------------------------------------------------- */

/* The last characters of a key that is long enough not to be given away by them. */
static const char *key_end(const char *key)
{
    size_t n = strlen(key);
    return n < KEY_SHORTEST_SHOWN ? "" : key + n - KEY_SHOWN;
}

static struct json *authorization(const struct request *r)
{
    enum key_form form;
    const char *key = request_key(r, &form);
    if (!key)
        return json_new_null();
    struct json *j = json_new_object();
    json_add_str(j, "kind", key_form_name(form));
    json_add_str(j, "last4", key_end(key));
    return j;
}

/* Replaces the value of every api_key in a query. */
static void append_target(struct buf *out, const char *target)
{
    static const char name[] = "api_key=";
    for (const char *at; (at = strstr(target, name));) {
        const char *value = at + sizeof name - 1;
        size_t length = strcspn(value, "&#");
        buf_append(out, target, (size_t)(value - target));
        buf_str_append(out, "***");
        target = value + length;
    }
    buf_str_append(out, target);
}

static struct json *shown(const char *value)
{
    struct buf b;
    buf_init(&b, VALUE_SHOWN_MAX);
    secret_redact(&b, value, strlen(value)); /* a masked beginning when it is too long */
    struct json *j = json_new_string(buf_str(&b));
    buf_release(&b);
    return j;
}

static struct json *target_shown(const char *target)
{
    struct buf b;
    buf_init(&b, strlen(target) * 2 + 16);
    append_target(&b, target);
    struct json *j = shown(buf_str(&b));
    buf_release(&b);
    return j;
}

static void lower(char *out, size_t size, const char *name)
{
    snprintf(out, size, "%s", name);
    for (; *out; out++)
        *out = (char)tolower((unsigned char)*out);
}

/* Names in lower case, the values of a repeated one as an array. */
static struct json *headers(const struct request *r)
{
    const struct pairs *p = request_headers(r);
    struct json *all = json_new_object();
    for (size_t i = 0; i < p->count; i++) {
        char name[128];
        lower(name, sizeof name, p->items[i].name);
        if (strcmp(name, "authorization") == 0)
            continue;
        const struct json *before = json_get(all, name);
        if (!before) {
            json_add(all, name, shown(p->items[i].value));
            continue;
        }
        struct json *both = json_kind(before) == JSON_ARRAY ? json_dup(before) : json_new_array();
        if (json_kind(before) != JSON_ARRAY)
            json_push(both, json_dup(before));
        json_push(both, shown(p->items[i].value));
        json_set(all, name, both);
    }
    return all;
}

int64_t request_log_begin(struct request_log *l, int64_t now_ms, const struct request *r)
{
    struct json *what = json_new_object();
    if (!what)
        return 0;
    json_add_str(what, "method", r->method);
    json_add(what, "target", target_shown(r->target));
    json_add(what, "headers", headers(r));
    json_add(what, "authorization", authorization(r));
    struct entry *e = &l->entries[++l->last % REQUEST_LOG_MAX];
    json_free(e->what);
    *e = (struct entry){
        .number = l->last,
        .plane = r->plane,
        .what = what,
        .at = now_ms,
        .real_at = clock_wall_ms(clock_real()),
    };
    return e->number;
}

void request_log_end(struct request_log *l, int64_t number, struct request_end end)
{
    if (number <= 0)
        return;
    struct entry *e = &l->entries[number % REQUEST_LOG_MAX];
    if (e->number != number)
        return;
    e->end = end;
    e->real_end = clock_wall_ms(clock_real());
}

/* ---- what is shown ------------------------------------------------------------------------------- */

static void add_time(struct json *j, const char *name, int64_t wall_ms)
{
    char text[CLOCK_RFC3339_MAX];
    clock_rfc3339(text, wall_ms, 1);
    json_add_str(j, name, text);
}

static void add_int_or_null(struct json *j, const char *name, bool known, int64_t value)
{
    json_add(j, name, known ? json_new_int(value) : json_new_null());
}

static struct json *entry_json(const struct entry *e)
{
    static const char *const planes[PLANES] = {"data", "control", "hub"};
    bool ended = e->real_end != 0;
    struct json *j = json_dup(e->what);
    json_add_int(j, "number", e->number);
    json_add_str(j, "plane", planes[e->plane]);
    add_time(j, "at", e->at);
    add_time(j, "real_at", e->real_at);
    json_add_bool(j, "ended", ended);
    add_int_or_null(j, "ms", ended, e->real_end - e->real_at);
    add_int_or_null(j, "status", ended && e->end.status, e->end.status);
    add_int_or_null(j, "received", ended, e->end.received);
    add_int_or_null(j, "sent", ended && e->end.sent >= 0, e->end.sent);
    json_add_str(j, "fault", e->end.fault);
    return j;
}

struct json *request_log_list(const struct request_log *l, int64_t after_number)
{
    struct json *list = json_new_array();
    int64_t oldest = l->last > REQUEST_LOG_MAX ? l->last - REQUEST_LOG_MAX + 1 : 1;
    for (int64_t n = after_number >= oldest ? after_number + 1 : oldest; n <= l->last; n++) {
        const struct entry *e = &l->entries[n % REQUEST_LOG_MAX];
        if (e->number == n)
            json_push(list, entry_json(e));
    }
    struct json *j = json_new_object();
    json_add(j, "requests", list);
    json_add_int(j, "last", l->last);
    return j;
}
