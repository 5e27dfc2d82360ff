/* scenario_check: whether a scenario's members are of the kinds that its README describes.
 *
 * A scenario is written by hand: a string where a number belongs would quietly become the default,
 * and the world be another one than its writer thinks. So it is refused, with one sentence that
 * names the place. Members that no table knows are let be (a newer or an older file stays
 * readable); only the settings of a timeline's "set" are all there is.
 *
 * Not sim/schema.h: that words its sentences as REST v2 does, allows no unknown member, and knows
 * neither draws nor objects whose keys are patterns. */
#ifndef SLIPWAY_SIM_SCENARIO_CHECK_H
#define SLIPWAY_SIM_SCENARIO_CHECK_H

#include "base/err.h"
#include "base/json.h"

enum rule_kind {
    RULE_ANY,
    RULE_TEXT, /* words: one of these */
    RULE_FLAG,
    RULE_NUMBER, /* from least to most */
    RULE_WHOLE,  /* likewise */
    RULE_DRAW,   /* a number, [low, high] or {"p50", …} */
    RULE_OBJECT, /* members */
    RULE_LIST,   /* each is an item */
    RULE_MAP,    /* an object with keys of any name, each value is an item */
    RULE_ALSO    /* all rows of members stand in this table, too */
};

enum rule_flags {
    RULE_REQUIRED = 1,
    RULE_NULLABLE = 2,
    RULE_NULLS = 4,  /* objects: any member may be null */
    RULE_CLOSED = 8, /* objects: there are no other members */
    RULE_OR_TEXT = 16
};

struct rule {
    const char *name; /* NULL ends a table; an item has none */
    enum rule_kind kind;
    unsigned flags;
    double least, most;
    const char *const *words;
    const struct rule *members;
    const struct rule *item;
};

/* The whole of a scenario (scenario_rules.c). */
extern const struct rule scenario_rule;

/* An entry of its timeline, which needs no time. */
extern const struct rule scenario_play_rule;

/* ERR_INPUT with a sentence about the first thing that is wrong. */
int scenario_check(const struct json *scenario, struct err *e);
int scenario_check_play(const struct json *entry, struct err *e);

#endif
