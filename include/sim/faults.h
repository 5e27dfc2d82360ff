/* faults: misbehaviour on command.
 *
 * Rules are set through POST /_sim/faults (any port; src/sim/README.md) and tried in order on each
 * request that is not for /_sim/; the first that hits decides. A rule says which requests, which of
 * those, and what happens:
 *
 *   plane    "data", "control" or "hub"; absent = all
 *   method   "PUT"; absent = all
 *   path     a pattern, '*' stands for any run of characters, '/' too. Compared with the decoded path;
 *            with a '?' in the pattern, with path and query as they were sent
 *   header   {"range": "bytes=0-*", "x-thing": null}: every one must match; null = must be absent
 *   skip, times   leave the first `skip` matching requests alone, hit the next `times` (0 = for ever)
 *   delay_ms      wait so long before anything else, with any kind
 *
 *   kind     what happens:
 *     delay     wait `ms`, then go on as if nothing were wrong
 *     status    answer `status` with `headers` and `body` (text, or any JSON), or with `fill` bytes of
 *               filler; with neither, an error in the plane's own shape. Nothing is done
 *     redirect  answer `status` (302) with Location `location` (and `headers`). Nothing is done
 *     reset     close with RST before reading, or after `after_bytes` of the request's body (at its end
 *               when it is shorter). Nothing is done
 *     truncate  answer properly, but close after `after_bytes` of the answer's body
 *     drip      answer properly, but `chunk` bytes of the body at a time with `ms` between
 *     lost      do it, then close without answering
 *     hang      read no further (than `after_bytes` of the body) and never answer, until the client
 *               goes or the server stops. Nothing is done
 *     expired   answer 403 with the XML of an expired presigned URL. Nothing is done
 *
 * All times are real ones. Rules and the log survive nothing: /_sim/reset clears both. Everything
 * here runs with the world's lock held, which also makes `skip` and `times` exact. */
#ifndef SLIPWAY_SIM_FAULTS_H
#define SLIPWAY_SIM_FAULTS_H

#include "base/json.h"
#include "sim/request_log.h"
#include "sim/server.h"

#include <stdbool.h>
#include <stdint.h>

enum { FAULT_RULES_MAX = 64 };

enum fault_kind {
    FAULT_NONE,
    FAULT_DELAY,
    FAULT_STATUS,
    FAULT_REDIRECT,
    FAULT_RESET,
    FAULT_TRUNCATE,
    FAULT_DRIP,
    FAULT_LOST,
    FAULT_HANG,
    FAULT_EXPIRED
};
const char *fault_kind_name(enum fault_kind k); /* "delay" …; NULL for FAULT_NONE */

struct fault {
    enum fault_kind kind;
    int64_t delay_ms; /* before anything else */
    int64_t ms, after_bytes, chunk, fill;
    int status;
    struct json *rule; /* a copy, for headers, body, location; owned */
};
void fault_release(struct fault *f);

struct faults;
struct faults *faults_new(void);
void faults_free(struct faults *f);
void faults_clear(struct faults *f); /* rules and log; numbers go on */

/* One rule or an array of them; all or none. NULL, or the sentence saying what is wrong. */
const char *faults_add(struct faults *f, const struct json *rules);
/* The rules with `matched` (requests so far) and `hits`. NULL when memory is out. */
struct json *faults_list(const struct faults *f);
void faults_remove_all(struct faults *f);

/* Which fault hits this request; counts it. The caller releases it. */
struct fault faults_match(struct faults *f, const struct request *r);

/* Whether the pattern with '*' takes the whole text. */
bool glob_match(const char *pattern, const char *text);

/* The log that belongs to them (sim/request_log.h). */
struct request_log *faults_requests(struct faults *f);

#endif
