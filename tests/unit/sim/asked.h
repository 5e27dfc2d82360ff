/* A request as the server would have it, without a server. */
#ifndef SLIPWAY_TEST_ASKED_H
#define SLIPWAY_TEST_ASKED_H

#include "sim/exchange.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

static inline struct exchange *asked(enum plane plane, const char *method, const char *target)
{
    struct exchange *x = exchange_new(NULL, plane, target);
    assert_non_null(x);
    assert_int_equal(target_parse(x->memory, target, &x->target), 0);
    x->request.method = method;
    x->request.path = x->target.path;
    return x;
}

static inline struct json *json_of(const char *text)
{
    struct err e;
    struct json *j = json_parse(text, strlen(text), &e);
    if (!j)
        fail_msg("%s: %s", text, e.message);
    return j;
}

#endif
