/* Any bytes through json_parse. What is taken is walked through every reader, printed, read again and
 * compared; its strings are clean once they come through json_text. */
#include "base/json.h"

#include "../support/clean_check.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

/* Every reader on every value: none may mind the wrong kind. */
static void read_as_everything(const struct json *j, const char *key)
{
    enum json_kind kind = json_kind(json_get(j, key));
    must((json_str(j, key) != NULL) == (kind == JSON_STRING), "json_str gives strings only");
    must(json_str_or(j, key, "") != NULL, "json_str_or gives a string");
    must(kind == JSON_NUMBER || json_int(j, key, 7) == 7, "json_int gives the fallback");
    must(kind == JSON_NUMBER || json_num(j, key, 7) == 7, "json_num gives the fallback");
    must(kind == JSON_BOOL || json_bool(j, key, true), "json_bool gives the fallback");
    struct arena *a = arena_new(1 << 24);
    must(a != NULL, "there is memory");
    struct text t = json_text(a, j, key);
    const char *fault = check_is_clean(t.s, t.len, TEXT_LINE);
    must(!fault, fault);
    arena_free(a);
}

/* `fuel` bounds the look-ups, each of which walks an object: wide ones would take all the time. */
static void walk(const struct json *j, int depth, int *fuel)
{
    size_t n = 0;
    must(depth <= JSON_DEPTH_MAX, "the depth is bounded");
    must(json_kind(j) != JSON_ABSENT, "what is there is not absent");
    must((json_string(j) != NULL) == (json_kind(j) == JSON_STRING),
        "json_string gives strings only");
    must(json_kind(j) == JSON_NUMBER || json_number(j, 7) == 7, "json_number gives the fallback");
    must(!json_is_true(j) || json_kind(j) == JSON_BOOL, "only a bool is true");
    for (const struct json *i = json_first(j); i; i = json_next(i), n++) {
        must((json_key(i) != NULL) == (json_kind(j) == JSON_OBJECT),
            "members have keys, items none");
        if (json_key(i) && --*fuel > 0) {
            must(json_get(j, json_key(i)) != NULL, "a member is found by its key");
            read_as_everything(j, json_key(i));
        } else if (--*fuel > 0) {
            must(json_at(j, n) == (json_kind(j) == JSON_ARRAY ? i : NULL),
                "items are where they are");
        }
        walk(i, depth + 1, fuel);
    }
    must(json_count(j) == n, "json_count counts");
}

static void check_copies(const struct json *j, size_t size, bool valid)
{
    struct buf printed, again_printed;
    buf_init(&printed, 16 * size + 64);
    buf_init(&again_printed, 16 * size + 64);
    must(json_print(j, &printed) == 0, "a tree is printed within bounds");
    struct err e = {0};
    struct json *again = json_parse(buf_str(&printed), printed.len, &e), *copy = json_dup(j);
    must(again != NULL, "what is printed can be read");
    must(copy != NULL, "a tree can be copied");
    must(text_is_utf8(buf_str(&printed), printed.len), "what is printed is valid UTF-8");
    must(json_equal(j, copy), "a copy has the same value");
    /* Stray bytes in strings come back replaced; all else as it was. */
    must(!valid || json_equal(j, again), "what is printed reads as the same value");
    must(json_print(again, &again_printed) == 0 &&
             strcmp(buf_str(&printed), buf_str(&again_printed)) == 0,
        "printing what was printed changes nothing");
    json_free(again);
    json_free(copy);
    buf_release(&printed);
    buf_release(&again_printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct json *j = json_parse(data, size, &e);
    if (!j) {
        must(e.class == ERR_REMOTE && e.message[0], "a refusal says why");
        return 0;
    }
    int fuel = 200;
    walk(j, 0, &fuel);
    check_copies(j, size, text_is_utf8(data, size));
    json_free(j);
    return 0;
}
