/* runpod_admit: who gets in, and how each RunPod plane says no.
 *
 * Control plane (api.runpod.io), in this order: Cloudflare in front refuses clients without a
 * User-Agent (403, HTML, "error 1010"); then the key (401, without RateLimit headers); then the
 * account's quota, whose headers every authenticated answer carries (429); then the key's rights
 * (403); then the size of the body (413). Errors are RFC 9457 problems. GraphQL and the tombstone of
 * REST v1 are open routes: GraphQL looks at the key by itself, because without one it still answers.
 * What matches no route answers 404 or 405 to anybody, but a good key pays with its quota for it.
 *
 * Data plane (api.runpod.ai): only the key, with or without the word Bearer (spec/runpod.md §1.1);
 * its rate limits are per endpoint and operation and are counted by the handlers. Its error bodies
 * are documented nowhere (§2.7, §12): {"error": "…"} with the right status. */
#include "base/clock.h"
#include "sim/runpod_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- shapes ------------------------------------------------------------------------------------- */

static const char *title_of(int status)
{
    static const struct {
        int status;
        const char *title;
    } titles[] = {
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {413, "Request Entity Too Large"},
        {422, "Unprocessable Entity"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        if (titles[i].status == status) {
            return titles[i].title;
        }
    }
    return "Error";
}

void rest_problem(struct reply *p, int status, const char *detail, struct json *take_errors)
{
    struct json *body = json_new_object();
    (void)json_add_str(body, "title", title_of(status));
    (void)json_add_int(body, "status", status);
    (void)json_add_str(body, "detail", detail);
    if (json_count(take_errors) > 0) {
        (void)json_add(body, "errors", take_errors);
    } else {
        json_free(take_errors);
    }
    reply_json(p, status, body);
    p->content_type = "application/problem+json";
}

void runpod_control_error(struct reply *p, int status, const char *detail)
{
    rest_problem(p, status, detail, NULL);
}

void runpod_data_error(struct reply *p, int status, const char *message)
{
    struct json *body = json_new_object();
    (void)json_add_str(body, "error", message);
    reply_json(p, status, body);
}

void cloudflare_error(struct reply *p, int status, const char *title)
{
    char html[1024];
    (void)snprintf(html, sizeof html,
        "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head><title>%s</title></head>\n<body>\n"
        "<h1>%s</h1>\n<p>HTTP status %d. Performance &amp; security by Cloudflare.</p>\n"
        "</body>\n</html>\n",
        title, title, status);
    reply_text(p, status, "text/html; charset=UTF-8", html);
}

/* ---- rights -------------------------------------------------------------------------------------- */

int64_t real_now(void)
{
    return clock_mono_ms(clock_real());
}

const char *runpod_key(const struct request *r)
{
    enum key_form form;
    const char *key = request_key(r, &form);
    bool bare_too = r->plane == PLANE_DATA;
    return form == KEY_FORM_BEARER || (form == KEY_FORM_BARE && bare_too) ? key : NULL;
}

bool request_may_see(struct sim *s, const struct request *r, const char *endpoint_id)
{
    return sim_key_right(s, runpod_key(r), endpoint_id) >= KEY_READ;
}

static bool is_read(const struct request *r, const struct route *route)
{
    return strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0 ||
           strstr(route->pattern, "/status") != NULL || strstr(route->pattern, "/stream") != NULL;
}

/* The endpoint that the request is about, NULL when it is about none. */
static const char *endpoint_of(const struct request *r, const struct route *route)
{
    if (strncmp(route->pattern, "/v2/serverless/{id}", 19) == 0) {
        return request_param(r, "id");
    }
    return request_param(r, "endpoint");
}

/* 0, 401 or 403. */
static int refused(struct sim *s, const struct request *r, const struct route *route)
{
    enum key_right right = sim_key_right(s, runpod_key(r), endpoint_of(r, route));
    if (right == KEY_UNKNOWN) {
        return 401;
    }
    return right == KEY_WRITE || (right == KEY_READ && is_read(r, route)) ? 0 : 403;
}

bool runpod_data_admit(struct sim *s, struct request *r, struct reply *p, const struct route *route)
{
    int no = route == NULL ? 0 : refused(s, r, route);
    if (no != 0) {
        runpod_data_error(p, no, no == 401 ? "Unauthorized" : "access denied");
    }
    return no == 0;
}

/* ---- the control plane ---------------------------------------------------------------------------- */

/* Cloudflare's rule, spec §1.1: no agent, or the default one of Python's urllib. */
static bool agent_banned(const struct request *r)
{
    const char *agent = request_header(r, "User-Agent");
    return agent == NULL || *agent == '\0' || strncasecmp(agent, "Python-urllib/", 14) == 0;
}

static void quota_headers(struct reply *p, const struct quota_view v[QUOTA_WINDOWS])
{
    reply_header(p, "RateLimit", "\"%s\";r=%d;t=%lld, \"%s\";r=%d;t=%lld, \"%s\";r=%d;t=%lld",
        v[0].name, v[0].remaining, (long long)v[0].resets_in_s, v[1].name, v[1].remaining,
        (long long)v[1].resets_in_s, v[2].name, v[2].remaining, (long long)v[2].resets_in_s);
    reply_header(p, "RateLimit-Policy", "\"%s\";q=%d;w=%d, \"%s\";q=%d;w=%d, \"%s\";q=%d;w=%d",
        v[0].name, v[0].quota, v[0].seconds, v[1].name, v[1].quota, v[1].seconds, v[2].name,
        v[2].quota, v[2].seconds);
}

/* Counts the call against the account's quota; false when it has answered 429. */
static bool within_quota(struct sim *s, struct reply *p)
{
    struct runpod_surface *surface = surface_of(s);
    if (surface == NULL) {
        return true;
    }
    const struct runpod_world *w = s->runpod;
    const int quotas[QUOTA_WINDOWS] = {
        w->rate_minute > 0 ? w->rate_minute : 60, w->rate_hour > 0 ? w->rate_hour : 3000, 50000};
    struct quota_view view[QUOTA_WINDOWS];
    int exhausted = surface_quota(surface, quotas, real_now(), view);
    quota_headers(p, view);
    if (exhausted < 0) {
        return true;
    }
    char detail[80];
    (void)snprintf(
        detail, sizeof detail, "rate limit exceeded for the %s window", view[exhausted].name);
    reply_header(p, "Retry-After", "%lld", (long long)view[exhausted].resets_in_s);
    runpod_control_error(p, 429, detail);
    return false;
}

static bool body_too_large(const struct request *r)
{
    const char *length = request_header(r, "Content-Length");
    return length != NULL && strtoll(length, NULL, 10) > CONTROL_BODY_MAX;
}

static void answer_refusal(const struct request *r, struct reply *p, int status)
{
    if (status == 403) {
        runpod_control_error(p, 403, "access denied");
        return;
    }
    reply_header(p, "WWW-Authenticate", "Bearer");
    runpod_control_error(
        p, 401, runpod_key(r) == NULL ? "missing bearer token" : "invalid bearer token");
}

/* What is about to answer 404 or 405: a call of REST v2 all the same when its key is good. */
static bool admit_routeless(struct sim *s, const struct request *r, struct reply *p)
{
    bool rest = strncmp(r->path, "/v2", 3) == 0 && (r->path[3] == '/' || r->path[3] == '\0');
    bool authenticated = rest && sim_key_right(s, runpod_key(r), NULL) != KEY_UNKNOWN;
    return !authenticated || within_quota(s, p);
}

bool runpod_control_admit(
    struct sim *s, struct request *r, struct reply *p, const struct route *route)
{
    if (agent_banned(r)) {
        cloudflare_error(p, 403, "Access denied | error code: 1010");
        return false;
    }
    if (route == NULL) {
        return admit_routeless(s, r, p);
    }
    if ((route->flags & ROUTE_OPEN) != 0) {
        return true;
    }
    int no = refused(s, r, route);
    if (no == 401) {
        answer_refusal(r, p, no);
        return false;
    }
    if (!within_quota(s, p)) {
        return false;
    }
    if (no != 0) {
        answer_refusal(r, p, no);
        return false;
    }
    if (body_too_large(r)) {
        runpod_control_error(p, 413, "request body must not be larger than 102400 bytes");
        return false;
    }
    return true;
}
