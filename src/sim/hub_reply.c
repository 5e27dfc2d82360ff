/* How the Hub answers: errors with their headers, pages, and the way from a route's parameters to
 * the repository and revision they mean. */
#include "sim/hub_request.h"

#include <stdio.h>
#include <string.h>

/* ---- errors ---------------------------------------------------------------------------------- */

void hub_refuse(struct reply *p, int status, const char *code, const char *message)
{
    struct json *body = json_new_object();
    json_add_str(body, "error", message);
    reply_json(p, status, body);
    if (code)
        reply_header(p, "X-Error-Code", "%s", code);
    reply_header(p, "X-Error-Message", "%.400s", message);
}

void hub_error(struct reply *p, int status, const char *message)
{
    hub_refuse(p, status, NULL, message);
}

void hub_out_of_memory(struct reply *p)
{
    hub_refuse(
        p, 500, NULL, "Internal Error - We're working hard to fix this as soon as possible!");
}

void hub_refuse_all(struct reply *p, int status, struct json *take_errors)
{
    struct buf all;
    buf_init(&all, 16384);
    for (const struct json *e = json_first(take_errors); e; e = json_next(e))
        buf_printf(&all, "%s%s", all.len ? "\n" : "", json_str_or(e, "message", ""));
    struct json *body = json_new_object();
    json_add_str(body, "error", buf_str(&all));
    json_add(body, "errors", take_errors);
    reply_json(p, status, body);
    reply_header(p, "X-Error-Message", "%.400s", buf_str(&all));
    buf_release(&all);
}

void hub_refuse_xml(struct reply *p, int status, const char *code, const char *message)
{
    char body[1024];
    snprintf(body, sizeof body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message>"
        "<RequestId>0000000000000000</RequestId><HostId>slipway-sim</HostId></Error>",
        code, message);
    reply_text(p, status, "application/xml", body);
}

/* ---- the repository of a request ------------------------------------------------------------- */

static struct hub_repo *find_by_request(struct hub_world *h, const struct request *r)
{
    char id[HUB_REPO_ID];
    enum hub_type type;
    const char *owner = request_param(r, "owner"), *name = request_param(r, "name");
    if (!owner || !name || !hub_type_find_plural(request_param(r, "kind"), &type))
        return NULL;
    snprintf(id, sizeof id, "%s/%s", owner, name);
    return hub_repo_follow(h, type, id);
}

static void refuse_unseen(struct reply *p, const struct hub_caller *c)
{
    hub_refuse(p, c->known ? 404 : 401, "RepoNotFound",
        c->known ? "Repository not found" : "Invalid username or password.");
}

static void refuse_gated(struct reply *p, const struct hub_caller *c, const struct hub_repo *repo)
{
    char text[600];
    snprintf(text, sizeof text,
        c->known
            ? "Access to %s %s is restricted and you are not in the authorized list. Visit "
              "https://huggingface.co/%s to ask for access."
            : "Access to %s %s is restricted. You must have access to it and be authenticated to "
              "access it. Please log in.",
        hub_type_name(repo->type), repo->id, repo->id);
    hub_refuse(p, c->known ? 403 : 401, "GatedRepo", text);
}

static bool allowed(struct sim *s, struct reply *p, enum hub_need need, const struct hub_caller *c,
    const struct hub_repo *repo)
{
    if (repo->disabled) {
        hub_refuse(p, 403, NULL, "Access to this resource is disabled.");
        return false;
    }
    if (need == HUB_READ_FILES && !hub_may_read_files(s->hub, c, repo)) {
        refuse_gated(p, c, repo);
        return false;
    }
    if (need == HUB_WRITE && !c->known) {
        hub_refuse(p, 401, NULL, "Invalid username or password.");
        return false;
    }
    const char *why = need == HUB_WRITE ? hub_write_refused(s->hub, c, repo) : NULL;
    if (why)
        hub_refuse(p, 403, NULL, why);
    return !why;
}

struct hub_repo *hub_repo_for(struct sim *s, struct request *r, struct reply *p, enum hub_need need,
    struct hub_caller *caller)
{
    struct hub_caller own, *c = caller ? caller : &own;
    if (!hub_caller(s, r, c)) {
        hub_refuse(p, 401, NULL, "Invalid credentials in Authorization header");
        return NULL;
    }
    struct hub_repo *repo = find_by_request(s->hub, r);
    if (!repo || !hub_may_see(s->hub, c, repo)) {
        refuse_unseen(p, c);
        return NULL;
    }
    return allowed(s, p, need, c, repo) ? repo : NULL;
}

struct hub_commit *hub_revision_for(const struct hub_repo *repo, const char *rev, struct reply *p)
{
    struct hub_commit *c = rev ? hub_revision(repo, rev) : NULL;
    char text[HUB_REF + 32];
    if (!c) {
        snprintf(text, sizeof text, "Invalid rev id: %.*s", HUB_REF, rev ? rev : "");
        hub_refuse(p, 404, "RevisionNotFound", text);
    }
    return c;
}

void hub_split_revision(const struct hub_repo *repo, const char *rev, const char *path,
    char out[HUB_REF], const char **rest)
{
    snprintf(out, HUB_REF, "%s", rev);
    *rest = path ? path : "";
    size_t n = strlen(out);
    for (const char *s = *rest; *s && !hub_revision(repo, out);) {
        size_t part = strcspn(s, "/");
        if (n + 1 + part >= HUB_REF)
            break;
        snprintf(out + n, HUB_REF - n, "/%.*s", (int)part, s);
        n += 1 + part;
        s += part + (s[part] == '/');
        if (hub_revision(repo, out))
            *rest = s;
    }
    if (!hub_revision(repo, out)) {
        snprintf(out, HUB_REF, "%s", rev);
        *rest = path ? path : "";
    }
}

/* ---- small parts of answers ------------------------------------------------------------------ */

void hub_base_url(struct sim *s, const struct request *r, struct buf *out)
{
    request_base_url(s, r, PLANE_HUB, out);
}

/* Appends this request's target without its cursor, ending in '?' or '&'. */
static void target_without_cursor(const struct request *r, struct buf *out)
{
    const char *query = strchr(r->target, '?');
    buf_append(out, r->target, query ? (size_t)(query - r->target) : strlen(r->target));
    buf_char(out, '?');
    while (query && *query) {
        size_t n = strcspn(++query, "&");
        if (n > 0 && strncmp(query, "cursor=", 7) != 0) {
            buf_append(out, query, n);
            buf_char(out, '&');
        }
        query += n;
    }
}

void hub_next_page(struct sim *s, const struct request *r, struct reply *p, const char *cursor)
{
    struct buf url;
    buf_init(&url, 16384);
    hub_base_url(s, r, &url);
    target_without_cursor(r, &url);
    buf_str_append(&url, "cursor=");
    hub_url_encode(cursor, "", &url);
    if (!url.full)
        reply_header(p, "Link", "<%s>; rel=\"next\"", buf_str(&url));
    buf_release(&url);
}

bool hub_query_true(const struct request *r, const char *name)
{
    const char *v = request_query(r, name);
    return v && (strcasecmp(v, "true") == 0 || strcmp(v, "1") == 0);
}

int hub_add_time(struct json *object, const char *key, int64_t at)
{
    char text[CLOCK_RFC3339_MAX];
    clock_rfc3339(text, at, 1);
    return json_add_str(object, key, text);
}
