/* Who am I, may I, and is my README good: the calls a client makes before it begins. */
#include "sim/hub_card.h"
#include "sim/hub_request.h"

#include <stdio.h>
#include <string.h>

/* ---- whoami ---------------------------------------------------------------------------------- */

/* An id that stays the same for a name. */
static void id_of(const char *name, char out[25])
{
    char digest[HUB_SHA256] = "";
    hub_sha256_hex(name, strlen(name), digest);
    snprintf(out, 25, "%.24s", digest);
}

static struct json *org_json(const struct json *org)
{
    char id[25];
    const char *name = json_str_or(org, "name", "");
    struct json *j = json_new_object();
    id_of(name, id);
    json_add_str(j, "type", "org");
    json_add_str(j, "id", id);
    json_add_str(j, "name", name);
    json_add_str(j, "fullname", json_str_or(org, "fullname", name));
    json_add(j, "email", json_new_null());
    json_add_bool(j, "canPay", json_bool(org, "canPay", false));
    json_add(j, "periodEnd", json_new_null());
    json_add_str(j, "avatarUrl", "/avatars/org.svg");
    json_add_str(j, "roleInOrg", json_str_or(org, "roleInOrg", "write"));
    if (json_str(org, "plan"))
        json_add_str(j, "plan", json_str(org, "plan"));
    if (json_get(org, "securityRestrictions"))
        json_add(j, "securityRestrictions", json_dup(json_get(org, "securityRestrictions")));
    return j;
}

static struct json *auth_json(const struct hub_caller *c, int64_t now)
{
    struct json *auth = json_new_object(), *token = json_new_object();
    json_add_str(token, "displayName", json_str_or(c->token, "displayName", "slipway"));
    json_add_str(token, "role", c->role);
    hub_add_time(token, "createdAt", now - (int64_t)30 * 24 * 3600 * 1000);
    if (strcmp(c->role, "fineGrained") == 0) {
        const struct json *scoped = json_get(c->token, "scoped");
        struct json *fine = json_new_object();
        json_add_bool(fine, "canReadGatedRepos", json_bool(c->token, "canReadGatedRepos", false));
        json_add(fine, "global", json_new_array());
        json_add(fine, "scoped", scoped ? json_dup(scoped) : json_new_array());
        json_add(token, "fineGrained", fine);
    }
    json_add_str(auth, "type", "access_token");
    json_add(auth, "accessToken", token);
    return auth;
}

void hub_whoami(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_caller c;
    char id[25];
    if (!hub_caller(s, r, &c) || !c.known) {
        hub_refuse(p, 401, NULL, "Invalid username or password.");
        return;
    }
    const struct json *user = hub_user(s->hub, c.name);
    struct json *j = json_new_object(), *orgs = json_new_array();
    id_of(c.name, id);
    json_add_str(j, "type", "user");
    json_add_str(j, "id", id);
    json_add_str(j, "name", c.name);
    json_add_str(j, "fullname", json_str_or(user, "fullname", c.name));
    json_add_str(j, "email", json_str_or(user, "email", "ada@example.org"));
    json_add_bool(j, "emailVerified", true);
    json_add_bool(j, "canPay", json_bool(user, "canPay", false));
    json_add_str(j, "billingMode", "postpaid");
    json_add(j, "periodEnd", json_new_null());
    json_add_bool(j, "isPro", json_bool(user, "isPro", false));
    json_add_str(j, "avatarUrl", "/avatars/user.svg");
    const struct json *org = json_first(json_get(user, "orgs"));
    for (; org; org = json_next(org))
        json_push(orgs, org_json(org));
    json_add(j, "orgs", orgs);
    json_add(j, "auth", auth_json(&c, sim_now(s)));
    reply_json(p, 200, j);
}

/* ---- auth-check ------------------------------------------------------------------------------ */

void hub_auth_check(struct sim *s, struct request *r, struct reply *p)
{
    if (hub_repo_for(s, r, p, HUB_READ_FILES, NULL))
        reply_text(p, 200, "text/plain; charset=utf-8", "OK");
}

void hub_auth_check_write(struct sim *s, struct request *r, struct reply *p)
{
    if (hub_repo_for(s, r, p, HUB_WRITE, NULL))
        reply_text(p, 200, "text/plain; charset=utf-8", "OK");
}

/* ---- validate-yaml --------------------------------------------------------------------------- */

void hub_validate_yaml(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    enum hub_type type;
    struct hub_card card = {0};
    const char *content = json_str(r->json, "content");
    if (!content || !hub_type_find(json_str(r->json, "repoType"), &type)) {
        struct json *errors = json_new_array(), *e = json_new_object();
        json_add_str(e, "message",
            content ? "\"repoType\" must be one of [model, dataset, space]"
                    : "\"content\" is required");
        json_push(errors, e);
        hub_refuse_all(p, 400, errors);
        return;
    }
    if (hub_card_read(content, strlen(content), hub_type_name(type), &card) != 0) {
        hub_out_of_memory(p);
    } else {
        int status = json_count(card.errors) > 0 ? 400 : 200;
        struct json *j = json_new_object();
        json_add(j, "errors", card.errors);
        json_add(j, "warnings", card.warnings);
        card.errors = card.warnings = NULL;
        reply_json(p, status, j);
    }
    hub_card_release(&card);
}
