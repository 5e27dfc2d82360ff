/* scenario_check: one recursive walk over table and value, up to the first thing that is wrong.
 *
 * The place is written into a small buffer on the stack of each level: how deep that goes the
 * tables decide, not the file. A key of the file is shown shortened; err_set cleans it. */
#include "sim/scenario_check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_MAX = 200, WORDS_MAX = 160 };
static const double whole_max = 9e15;

static int check(const struct rule *rule, const struct json *j, const char *at, struct err *e);

static int wrong(struct err *e, const char *at, const char *must_be)
{
    return err_set(e, ERR_INPUT, 0, "the scenario's %s must be %s", at, must_be);
}

/* ---- places ---------------------------------------------------------------------------------- */

static void place_member(char out[PLACE_MAX], const char *at, const char *key)
{
    (void)snprintf(out, PLACE_MAX, "%s%s%.60s", at, *at ? "." : "", key);
}

static void place_item(char out[PLACE_MAX], const char *at, size_t i)
{
    (void)snprintf(out, PLACE_MAX, "%.*s[%zu]", PLACE_MAX - 24, at, i);
}

/* ---- plain values ---------------------------------------------------------------------------- */

static int check_words(const char *const *words, const char *s, const char *at, struct err *e)
{
    char list[WORDS_MAX] = "one of ";
    for (const char *const *w = words; *w; w++) {
        if (strcmp(*w, s) == 0)
            return 0;
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s\"%s\"", w == words ? "" : ", ", *w);
    }
    return wrong(e, at, list);
}

static int check_text(const struct rule *rule, const struct json *j, const char *at, struct err *e)
{
    if (!json_string(j))
        return wrong(e, at, "a string");
    return rule->words ? check_words(rule->words, json_string(j), at, e) : 0;
}

static int check_flag(const struct rule *rule, const struct json *j, const char *at, struct err *e)
{
    (void)rule;
    return json_kind(j) == JSON_BOOL ? 0 : wrong(e, at, "true or false");
}

static int check_number(
    const struct rule *rule, const struct json *j, const char *at, struct err *e)
{
    double x = json_number(j, 0);
    bool whole = rule->kind == RULE_WHOLE;
    if (json_kind(j) != JSON_NUMBER || isnan(x) || (whole && fabs(x) <= whole_max && x != floor(x)))
        return wrong(e, at, whole ? "a whole number" : "a number");
    char limit[48];
    if (x >= rule->least && x <= rule->most)
        return 0;
    (void)snprintf(limit, sizeof limit, "at %s %.15g", x < rule->least ? "least" : "most",
        x < rule->least ? rule->least : rule->most);
    return wrong(e, at, limit);
}

/* ---- draws ----------------------------------------------------------------------------------- */

static bool drawable(const struct json *j)
{
    static const double most = 1e12;
    double x = json_number(j, -1);
    return json_kind(j) == JSON_NUMBER && x >= 0 && x <= most;
}

static bool in_order(const struct json *low, const struct json *high)
{
    return !low || !high || json_number(low, 0) <= json_number(high, 0);
}

static bool good_spread(const struct json *j)
{
    static const char *const parts[] = {"p50", "p95", "min", "max"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (json_get(j, parts[i]) && !drawable(json_get(j, parts[i])))
            return false;
    return json_get(j, "p50") && in_order(json_get(j, "p50"), json_get(j, "p95")) &&
           in_order(json_get(j, "min"), json_get(j, "max"));
}

static int check_draw(const struct rule *rule, const struct json *j, const char *at, struct err *e)
{
    (void)rule;
    const struct json *low = json_at(j, 0), *high = json_at(j, 1);
    bool good = json_kind(j) == JSON_ARRAY
                    ? json_count(j) == 2 && drawable(low) && drawable(high) && in_order(low, high)
                : json_kind(j) == JSON_OBJECT ? good_spread(j)
                                              : drawable(j);
    return good ? 0
                : wrong(e, at,
                      "a draw: a number, [low, high] or {\"p50\", \"p95\", \"min\", \"max\"}, "
                      "nothing below 0");
}

/* ---- objects and lists ----------------------------------------------------------------------- */

static const struct rule *row_of(const struct rule *members, const char *name)
{
    for (; members->name; members++) {
        const struct rule *found = members->kind == RULE_ALSO ? row_of(members->members, name)
                                   : strcmp(members->name, name) == 0 ? members
                                                                      : NULL;
        if (found)
            return found;
    }
    return NULL;
}

static int check_closed(
    const struct rule *rule, const struct json *j, const char *at, struct err *e)
{
    for (const struct json *m = json_first(j); m; m = json_next(m)) {
        char deeper[PLACE_MAX];
        if (row_of(rule->members, json_key(m)))
            continue;
        place_member(deeper, at, json_key(m));
        return err_set(
            e, ERR_INPUT, 0, "the scenario's %s is not a setting of an endpoint", deeper);
    }
    return 0;
}

/* `flags` are those of the object. */
static int check_members(
    const struct rule *members, unsigned flags, const struct json *j, const char *at, struct err *e)
{
    for (const struct rule *m = members; m->name; m++) {
        if (m->kind == RULE_ALSO) {
            if (check_members(m->members, flags, j, at, e) != 0)
                return -1;
            continue;
        }
        char deeper[PLACE_MAX];
        const struct json *value = json_get(j, m->name);
        place_member(deeper, at, m->name);
        if (!value && (m->flags & RULE_REQUIRED))
            return err_set(e, ERR_INPUT, 0, "the scenario's %s is missing", deeper);
        bool taken_away = json_kind(value) == JSON_NULL && (flags & RULE_NULLS);
        if (value && !taken_away && check(m, value, deeper, e) != 0)
            return -1;
    }
    return 0;
}

static int check_object(
    const struct rule *rule, const struct json *j, const char *at, struct err *e)
{
    if (json_kind(j) != JSON_OBJECT)
        return wrong(e, at, rule->flags & RULE_OR_TEXT ? "a string or an object" : "an object");
    if ((rule->flags & RULE_CLOSED) && check_closed(rule, j, at, e) != 0)
        return -1;
    return rule->members ? check_members(rule->members, rule->flags, j, at, e) : 0;
}

static int check_list(const struct rule *rule, const struct json *j, const char *at, struct err *e)
{
    if (json_kind(j) != JSON_ARRAY)
        return wrong(e, at, "a list");
    size_t i = 0;
    for (const struct json *item = json_first(j); item; item = json_next(item), i++) {
        char deeper[PLACE_MAX];
        place_item(deeper, at, i);
        if (check(rule->item, item, deeper, e) != 0)
            return -1;
    }
    return 0;
}

static int check_map(const struct rule *rule, const struct json *j, const char *at, struct err *e)
{
    if (json_kind(j) != JSON_OBJECT)
        return wrong(e, at, "an object");
    for (const struct json *m = json_first(j); m; m = json_next(m)) {
        char deeper[PLACE_MAX];
        place_member(deeper, at, json_key(m));
        if (check(rule->item, m, deeper, e) != 0)
            return -1;
    }
    return 0;
}

static int check(const struct rule *rule, const struct json *j, const char *at, struct err *e)
{
    static int (*const checks[])(
        const struct rule *, const struct json *, const char *, struct err *) = {
        [RULE_ANY] = NULL,
        [RULE_TEXT] = check_text,
        [RULE_FLAG] = check_flag,
        [RULE_NUMBER] = check_number,
        [RULE_WHOLE] = check_number,
        [RULE_DRAW] = check_draw,
        [RULE_OBJECT] = check_object,
        [RULE_LIST] = check_list,
        [RULE_MAP] = check_map,
        [RULE_ALSO] = NULL,
    };
    if ((rule->flags & RULE_NULLABLE) && json_kind(j) == JSON_NULL)
        return 0;
    if ((rule->flags & RULE_OR_TEXT) && json_string(j))
        return 0;
    return checks[rule->kind] ? checks[rule->kind](rule, j, at, e) : 0;
}

int scenario_check_play(const struct json *entry, struct err *e)
{
    return check(&scenario_play_rule, entry, "entry", e);
}

int scenario_check(const struct json *scenario, struct err *e)
{
    return check(&scenario_rule, scenario, "", e);
}
