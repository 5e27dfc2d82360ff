/* hub_account: whom the token belongs to. The orgs are those where the user's role allows writing and
 * that do not block this token (§1.5). What a fine-grained token may do is a list of scopes per
 * entity; that it names one with the right to write is taken as "may write somewhere". */
#include "client/hub_internal.h"

#include <string.h>

static bool is_among(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static bool may_write_in(const struct json *org)
{
    static const char *const roles[] = {"admin", "write", "contributor"};
    const char *role = json_str_or(org, "roleInOrg", "");
    return is_among(role, roles, sizeof roles / sizeof *roles) &&
           json_count(json_get(org, "securityRestrictions")) == 0;
}

static bool names_write(const struct json *permissions)
{
    static const char *const rights[] = {"repo.write", "repo.content.write"};
    for (const struct json *p = json_first(permissions); p; p = json_next(p))
        if (json_string(p) && is_among(json_string(p), rights, sizeof rights / sizeof *rights))
            return true;
    return false;
}

static bool fine_grained_writes(const struct json *fine)
{
    if (names_write(json_get(fine, "global")))
        return true;
    const struct json *scope = json_first(json_get(fine, "scoped"));
    while (scope && !names_write(json_get(scope, "permissions")))
        scope = json_next(scope);
    return scope != NULL;
}

/* Kinds of tokens that are not known here are given the benefit of the doubt: the Hub refuses. */
static bool token_writes(const struct json *token)
{
    const char *role = json_str_or(token, "role", "");
    if (strcmp(role, "fineGrained") == 0)
        return fine_grained_writes(json_get(token, "fineGrained"));
    return strcmp(role, "read") != 0;
}

int hub_read_user(const struct json *answer, struct arena *a, struct hub_user *out, struct err *e)
{
    enum { ORGS_MAX = sizeof out->orgs / sizeof *out->orgs };
    const struct json *token = json_get(json_get(answer, "auth"), "accessToken");
    *out = (struct hub_user){.name = json_text(a, answer, "name"),
        .role = json_text(a, token, "role"),
        .can_write = token_writes(token)};
    const struct json *org = json_first(json_get(answer, "orgs"));
    for (; org && out->org_count < ORGS_MAX; org = json_next(org))
        if (may_write_in(org) && json_str(org, "name"))
            out->orgs[out->org_count++] = json_text(a, org, "name");
    if (out->name.len > 0)
        return 0;
    return err_set(e, ERR_REMOTE, 0, "the Hub's answer does not say whose token it is");
}

int hub_whoami(
    struct hub *h, struct arena *a, struct hub_user *out, struct cancel *c, struct err *e)
{
    static const char what[] = "ask the Hub whose token it is";
    struct buf url;
    buf_init(&url, HTTP_URL_MAX);
    int rc = buf_printf(&url, "%s/api/whoami-v2", h->endpoint)
                 ? err_set(e, ERR_INPUT, 0, "the Hub's address is too long")
                 : 0;
    if (rc == 0) {
        struct hub_call call = {.method = HTTP_GET, .url = buf_str(&url), .retry = HTTP_RETRY_SAFE};
        struct json *answer = hub_ask(h, &call, what, NULL, c, e);
        rc = answer ? hub_read_user(answer, a, out, e) : -1;
        json_free(answer);
    }
    buf_release(&url);
    return rc;
}
