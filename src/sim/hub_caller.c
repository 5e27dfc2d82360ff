/* Accounts, tokens and rights.
 *
 * Accounts and tokens come from the scenario; without any there is one user, ada, with the
 * organisations acme (may write) and readers (may not), and every token that the sim's key ring
 * accepts (sim_key_right) is hers. A token listed in the scenario needs no key ring. */
#include "sim/hub_request.h"

#include <stdio.h>
#include <string.h>

/* ---- accounts -------------------------------------------------------------------------------- */

static const struct json *named(const struct json *array, const char *key, const char *value)
{
    for (const struct json *row = json_first(array); row; row = json_next(row))
        if (strcmp(json_str_or(row, key, ""), value) == 0)
            return row;
    return NULL;
}

const struct json *hub_user(const struct hub_world *h, const char *name)
{
    return named(json_get(h->scenario, "users"), "name", name);
}

const char *hub_default_user(const struct hub_world *h)
{
    return json_str_or(json_first(json_get(h->scenario, "users")), "name", "ada");
}

const char *hub_role_in(const struct hub_world *h, const char *user, const char *owner)
{
    if (strcmp(user, owner) == 0)
        return "admin";
    const struct json *org = named(json_get(hub_user(h, user), "orgs"), "name", owner);
    const char *role = org ? json_str_or(org, "roleInOrg", "write") : NULL;
    return role && strcmp(role, "no_access") != 0 ? role : NULL;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

/* The token that the Hub itself put into a "verify" action (hub_lfs.c): "lfs-" and a signature. */
static bool own_credential(const struct hub_world *h, const char *user, const char *key)
{
    char good[HUB_SHA256];
    hub_sign(h, "lfs", user, good);
    return strncmp(key, "lfs-", 4) == 0 && strcmp(key + 4, good) == 0;
}

static bool by_key_ring(struct sim *s, const char *key, struct hub_caller *out)
{
    enum key_right right = sim_key_right(s, key, NULL);
    if (right != KEY_READ && right != KEY_WRITE)
        return false;
    bool read_only = right == KEY_READ || strncmp(key, "hf_read", 7) == 0;
    out->role = read_only ? "read" : "write";
    return true;
}

bool hub_caller(struct sim *s, const struct request *r, struct hub_caller *out)
{
    enum key_form form = KEY_FORM_NONE;
    const char *key = request_key(r, &form);
    *out = (struct hub_caller){.role = ""};
    if (!key && !request_header(r, "Authorization"))
        return true;
    if (!key || !*key || form == KEY_FORM_BARE)
        return false;
    const struct json *row = named(json_get(s->hub->scenario, "tokens"), "token", key);
    const char *user = json_str_or(row, "user", hub_default_user(s->hub));
    out->known = true;
    out->token = row;
    out->role = json_str_or(row, "role", "write");
    snprintf(out->name, sizeof out->name, "%s", user);
    if (row)
        return strcmp(out->role, "revoked") != 0;
    return own_credential(s->hub, user, key) || by_key_ring(s, key, out);
}

/* Whether a fine-grained token covers the owner or the repository with this permission. */
static bool token_covers(const struct hub_caller *c, const char *id, const char *permission)
{
    if (strcmp(c->role, "fineGrained") != 0)
        return true;
    const struct json *scoped = json_first(json_get(c->token, "scoped"));
    for (; scoped; scoped = json_next(scoped)) {
        const char *name = json_str_or(json_get(scoped, "entity"), "name", "");
        size_t n = strlen(name);
        bool covers = n > 0 && strncmp(name, id, n) == 0 && (id[n] == '\0' || id[n] == '/');
        const struct json *p = json_first(json_get(scoped, "permissions"));
        for (; covers && p; p = json_next(p))
            if (json_string(p) && strcmp(json_string(p), permission) == 0)
                return true;
    }
    return false;
}

/* ---- rights ---------------------------------------------------------------------------------- */

static void owner_of(const char *id, char owner[HUB_NAME])
{
    snprintf(owner, HUB_NAME, "%.*s", (int)strcspn(id, "/"), id);
}

static const char *role_at(
    const struct hub_world *h, const struct hub_caller *c, const struct hub_repo *repo)
{
    char owner[HUB_NAME];
    owner_of(repo->id, owner);
    return c->known ? hub_role_in(h, c->name, owner) : NULL;
}

bool hub_may_see(const struct hub_world *h, const struct hub_caller *c, const struct hub_repo *repo)
{
    if (!repo->private)
        return true;
    bool covered =
        token_covers(c, repo->id, "repo.content.read") || token_covers(c, repo->id, "repo.write");
    return role_at(h, c, repo) && covered;
}

bool hub_may_read_files(
    const struct hub_world *h, const struct hub_caller *c, const struct hub_repo *repo)
{
    if (!hub_may_see(h, c, repo))
        return false;
    if (repo->gate == HUB_OPEN || role_at(h, c, repo))
        return true;
    if (strcmp(c->role, "fineGrained") == 0 && !json_bool(c->token, "canReadGatedRepos", false))
        return false;
    for (const struct json *g = json_first(repo->granted); g && c->known; g = json_next(g))
        if (json_string(g) && strcmp(json_string(g), c->name) == 0)
            return true;
    return false;
}

static bool role_writes(const char *role, bool own)
{
    return strcmp(role, "admin") == 0 || strcmp(role, "write") == 0 ||
           (own && strcmp(role, "contributor") == 0);
}

const char *hub_write_refused(
    const struct hub_world *h, const struct hub_caller *c, const struct hub_repo *repo)
{
    const char *role = role_at(h, c, repo);
    if (strcmp(c->role, "read") == 0)
        return "Forbidden: you must use a write token to upload to a repository.";
    if (!role || !role_writes(role, strcmp(repo->creator, c->name) == 0) ||
        !token_covers(c, repo->id, "repo.write"))
        return "Forbidden: pass `create_pr=1` as a query parameter to create a Pull Request";
    return NULL;
}

const char *hub_create_refused(
    const struct hub_world *h, const struct hub_caller *c, const char *owner)
{
    const char *role = hub_role_in(h, c->name, owner);
    if (strcmp(c->role, "read") == 0)
        return "You must use a write token to create a repository";
    if (!role || !role_writes(role, true) || !token_covers(c, owner, "repo.write"))
        return "You don't have the rights to create a repository under this namespace";
    return NULL;
}
