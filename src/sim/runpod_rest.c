/* runpod_rest: what every resource of REST v2 needs: reading a body, answering a list, a 404, a time.
 * Conventions: spec/runpod.md §4.2. */
#include "sim/page.h"
#include "sim/runpod_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rest_invalid(struct reply *p, struct json *take_errors)
{
    rest_problem(p, 422, "Request validation failed.", take_errors);
}

void rest_no_content(struct reply *p)
{
    p->status = 204;
}

struct json *rest_page(
    struct request *r, struct reply *p, const char *list, struct json *take_items)
{
    struct json *errors = json_new_array();
    struct json *page =
        page_cut(list, take_items, request_query(r, "limit"), request_query(r, "cursor"), errors);
    if (page != NULL) {
        json_free(errors);
    } else if (json_count(errors) > 0) {
        rest_invalid(p, errors);
    } else {
        json_free(errors);
        runpod_control_error(p, 500, "out of memory");
    }
    return page;
}

void rest_list(struct request *r, struct reply *p, const char *list, struct json *take_items)
{
    struct json *page = rest_page(r, p, list, take_items);
    if (page != NULL) {
        reply_json(p, 200, page);
    }
}

const struct json *rest_body(struct request *r, struct reply *p, const struct schema *members)
{
    if (r->body.len > CONTROL_BODY_MAX) {
        runpod_control_error(p, 413, "request body must not be larger than 102400 bytes");
        return NULL;
    }
    if (r->json == NULL) {
        runpod_control_error(p, 400, "request body is not valid JSON");
        return NULL;
    }
    struct json *errors = json_new_array();
    if (json_kind(r->json) != JSON_OBJECT) {
        schema_error(errors, "$", "want object");
    } else if (schema_check(members, r->json, "$", errors)) {
        json_free(errors);
        return r->json;
    }
    rest_invalid(p, errors);
    return NULL;
}

struct endpoint *rest_endpoint(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = endpoint_find(s, request_param(r, "id"));
    if (e == NULL) {
        runpod_control_error(p, 404, "endpoint not found");
    }
    return e;
}

const struct json *surface_setting(struct sim *s, const char *key)
{
    const struct json *found = json_get(s->runpod->scenario, key);
    return found != NULL ? found : json_get(s->runpod->base, key);
}

int add_time(struct json *object, const char *key, int64_t ms)
{
    if (ms == 0) {
        return json_add_str(object, key, NULL);
    }
    char text[CLOCK_RFC3339_MAX];
    clock_rfc3339(text, ms, 0);
    return json_add_str(object, key, text);
}

size_t query_words(const struct request *r, const char *name, char *copy, size_t size,
    const char **out, size_t max)
{
    const char *value = request_query(r, name);
    if (value == NULL || *value == '\0') {
        return 0;
    }
    (void)snprintf(copy, size, "%s", value);
    size_t count = 0;
    char *rest = copy;
    for (char *word = strsep(&rest, ","); word != NULL && count < max; word = strsep(&rest, ",")) {
        word += strspn(word, " ");
        size_t n = strlen(word);
        while (n > 0 && word[n - 1] == ' ') {
            word[--n] = '\0';
        }
        out[count++] = word;
    }
    return count;
}
