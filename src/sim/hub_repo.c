/* Creating, deleting, moving and changing repositories. */
#include "sim/hub_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a body names ----------------------------------------------------------------------- */

/* The caller, who must be known; false when it has answered. */
static bool need_caller(
    struct sim *s, const struct request *r, struct reply *p, struct hub_caller *c)
{
    bool good = hub_caller(s, r, c);
    if (good && c->known)
        return true;
    hub_refuse(p, 401, NULL,
        good ? "Invalid username or password." : "Invalid credentials in Authorization header");
    return false;
}

/* "owner/name" from {"name", "organization", "type"}; false when it has answered 400. */
static bool read_target(const struct json *body, const struct hub_caller *c, struct reply *p,
    enum hub_type *type, char id[HUB_REPO_ID])
{
    const char *name = json_str(body, "name"), *owner = json_str(body, "organization");
    const char *why = name ? hub_name_error(name) : "\"name\" is required";
    if (!owner)
        owner = c->name;
    if (!why)
        why = hub_name_error(owner);
    if (!why && !hub_type_find(json_str(body, "type"), type))
        why = "\"type\" must be one of [dataset, space, model]";
    if (why)
        hub_refuse(p, 400, NULL, why);
    else
        snprintf(id, HUB_REPO_ID, "%s/%s", owner, name);
    return !why;
}

static void repo_url(
    struct sim *s, const struct request *r, const struct hub_repo *repo, struct buf *out)
{
    hub_base_url(s, r, out);
    if (repo->type != HUB_MODEL)
        buf_printf(out, "/%s", hub_type_plural(repo->type));
    buf_printf(out, "/%s", repo->id);
}

/* Reads "visibility" or the older "private". False for a word that does not exist. */
static bool read_visibility(const struct json *body, enum hub_type type, bool *private)
{
    const char *word = json_str(body, "visibility");
    *private = json_bool(body, "private", *private);
    if (!word)
        return true;
    *private = strcmp(word, "private") == 0;
    return *private || strcmp(word, "public") == 0 ||
           (type == HUB_SPACE && strcmp(word, "protected") == 0);
}

/* ---- create ---------------------------------------------------------------------------------- */

static void answer_created(
    struct sim *s, const struct request *r, struct reply *p, const struct hub_repo *repo, bool now)
{
    struct buf url;
    char text[80];
    struct json *j = json_new_object();
    buf_init(&url, 1024);
    repo_url(s, r, repo, &url);
    if (!now) {
        snprintf(text, sizeof text, "You already created this %s repo", hub_type_name(repo->type));
        json_add_str(j, "error", text);
    }
    json_add_str(j, "url", buf_str(&url));
    json_add_str(j, "name", repo->id);
    json_add_str(j, "id", repo->uid);
    reply_json(p, now ? 200 : 409, j);
    if (!now)
        reply_header(p, "X-Error-Message", "%s", text);
    buf_release(&url);
}

static int put_text(
    struct hub_world *h, struct hub_files *files, const char *path, const struct buf *text)
{
    struct hub_file *f = hub_regular_file(h, path, buf_str(text), text->len);
    return f ? hub_files_put(files, f) : -1;
}

/* A README whose front matter names the license. */
static int put_license(struct hub_world *h, struct hub_files *files, const struct json *body)
{
    static const char *const keys[] = {"license", "license_name", "license_link"};
    struct buf text;
    if (!json_str(body, "license"))
        return 0;
    buf_init(&text, 4096);
    buf_str_append(&text, "---\n");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (json_str(body, keys[i]))
            buf_printf(&text, "%s: %s\n", keys[i], json_str(body, keys[i]));
    buf_str_append(&text, "---\n");
    int rc = put_text(h, files, "README.md", &text);
    buf_release(&text);
    return rc;
}

/* {"path","content","encoding"} */
static int put_given(struct hub_world *h, struct hub_files *files, const struct json *given)
{
    const char *path = json_str(given, "path"), *content = json_str(given, "content");
    bool base64 = strcmp(json_str_or(given, "encoding", "utf-8"), "base64") == 0;
    struct buf text;
    if (!path || !content || hub_path_error(path))
        return -1;
    buf_init(&text, HUB_INLINE_MAX);
    int rc = base64 ? hub_base64_decode(content, strlen(content), &text)
                    : buf_str_append(&text, content);
    if (rc == 0)
        rc = put_text(h, files, path, &text);
    buf_release(&text);
    return rc;
}

/* Adds what the caller wants in the new repository to its first commit, as a second one. */
static int add_first_files(
    struct sim *s, struct hub_repo *repo, const struct json *body, const char *author)
{
    struct hub_commit *head = hub_head(repo);
    struct hub_files files;
    const struct json *given = json_get(body, "files");
    if (json_count(given) == 0 && !json_str(body, "license"))
        return 0;
    int rc = hub_files_copy(&head->files, &files);
    if (rc == 0)
        rc = put_license(s->hub, &files, body);
    for (const struct json *f = json_first(given); f && rc == 0; f = json_next(f))
        rc = put_given(s->hub, &files, f);
    if (rc != 0) {
        hub_files_release(&files);
        return -1;
    }
    struct hub_commit_new c = {.title = "initial files",
        .message = "",
        .author = author,
        .parent = head,
        .at = sim_now(s)};
    struct hub_commit *made = hub_commit_add(repo, &c, &files);
    if (made)
        hub_ref_find(repo, HUB_BRANCH, "main")->commit = made;
    return made ? 0 : -1;
}

static void forget_alias(struct hub_world *h, enum hub_type type, const char *id)
{
    for (struct hub_alias **at = &h->aliases; *at;) {
        struct hub_alias *a = *at;
        if (a->type == type && strcasecmp(a->from, id) == 0) {
            *at = a->next;
            free(a);
        } else {
            at = &a->next;
        }
    }
}

static const char *create_refused(
    struct sim *s, const struct hub_caller *c, const char *id, int *status)
{
    char owner[HUB_NAME];
    snprintf(owner, sizeof owner, "%.*s", (int)strcspn(id, "/"), id);
    const char *why = hub_create_refused(s->hub, c, owner);
    *status = 403;
    if (!why && s->hub->conflicts > 0) {
        s->hub->conflicts--;
        *status = 409;
        why = "Cannot create repo: another conflicting operation is in progress";
    }
    return why;
}

void hub_create(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_caller c;
    enum hub_type type = HUB_MODEL;
    char id[HUB_REPO_ID];
    bool private = false;
    int status;
    if (!need_caller(s, r, p, &c) || !read_target(r->json, &c, p, &type, id))
        return;
    const char *why = create_refused(s, &c, id, &status);
    struct hub_repo *repo = why ? NULL : hub_repo_find(s->hub, type, id);
    if (why) {
        hub_refuse(p, status, NULL, why);
    } else if (repo) {
        answer_created(s, r, p, repo, false);
    } else if (!read_visibility(r->json, type, &private)) {
        hub_refuse(p, 400, NULL, "\"visibility\" must be one of [public, private]");
    } else {
        forget_alias(s->hub, type, id);
        repo = hub_repo_new(s, s->hub, type, id);
        int rc = repo ? hub_repo_begin(s->hub, repo, c.name, sim_now(s)) : -1;
        if (rc == 0)
            rc = add_first_files(s, repo, r->json, c.name);
        if (rc == 0) {
            repo->private = private;
            answer_created(s, r, p, repo, true);
            return;
        }
        if (repo)
            hub_repo_remove(s->hub, repo);
        hub_refuse(p, 400, NULL, "The repository's files cannot be written");
    }
}

/* ---- delete, move, settings ------------------------------------------------------------------ */

/* The repository that a body names, if the caller may change it; else NULL and answered. */
static struct hub_repo *own_repo(
    struct sim *s, struct reply *p, const struct hub_caller *c, enum hub_type type, const char *id)
{
    struct hub_repo *repo = hub_repo_find(s->hub, type, id);
    if (!repo || !hub_may_see(s->hub, c, repo)) {
        hub_refuse(p, 404, "RepoNotFound", "Repository not found");
        return NULL;
    }
    if (hub_write_refused(s->hub, c, repo)) {
        hub_refuse(p, 403, NULL, "You don't have the rights to change this repository");
        return NULL;
    }
    return repo;
}

void hub_delete(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_caller c;
    enum hub_type type = HUB_MODEL;
    char id[HUB_REPO_ID];
    if (!need_caller(s, r, p, &c) || !read_target(r->json, &c, p, &type, id))
        return;
    struct hub_repo *repo = own_repo(s, p, &c, type, id);
    if (!repo)
        return;
    hub_repo_remove(s->hub, repo);
    reply_json(p, 200, json_new_object());
}

static int remember_move(struct hub_world *h, const struct hub_repo *repo, const char *from)
{
    struct hub_alias *a = calloc(1, sizeof *a);
    if (!a)
        return -1;
    for (struct hub_alias *old = h->aliases; old; old = old->next)
        if (old->type == repo->type && strcasecmp(old->to, from) == 0)
            snprintf(old->to, sizeof old->to, "%s", repo->id);
    a->type = repo->type;
    snprintf(a->from, sizeof a->from, "%s", from);
    snprintf(a->to, sizeof a->to, "%s", repo->id);
    a->next = h->aliases;
    h->aliases = a;
    return 0;
}

void hub_move(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_caller c;
    enum hub_type type = HUB_MODEL;
    const char *from = json_str(r->json, "fromRepo"), *to = json_str(r->json, "toRepo");
    char old[HUB_REPO_ID], owner[HUB_NAME];
    if (!need_caller(s, r, p, &c))
        return;
    if (!from || !to || !hub_repo_id_ok(from) || !hub_repo_id_ok(to) ||
        !hub_type_find(json_str(r->json, "type"), &type)) {
        hub_refuse(p, 400, NULL, "\"fromRepo\" and \"toRepo\" must be repository ids");
        return;
    }
    snprintf(owner, sizeof owner, "%.*s", (int)strcspn(to, "/"), to);
    struct hub_repo *repo = own_repo(s, p, &c, type, from);
    const char *why = repo ? hub_create_refused(s->hub, &c, owner) : NULL;
    if (!repo)
        return;
    if (why || hub_repo_find(s->hub, type, to)) {
        hub_refuse(p, why ? 403 : 409, NULL, why ? why : "This repository already exists");
        return;
    }
    snprintf(old, sizeof old, "%s", repo->id);
    snprintf(repo->id, sizeof repo->id, "%s", to);
    forget_alias(s->hub, type, to);
    if (remember_move(s->hub, repo, old) != 0)
        hub_out_of_memory(p);
    else
        reply_json(p, 200, json_new_object());
}

static bool read_gate(const struct json *gated, enum hub_gate *gate)
{
    const char *word = json_string(gated);
    if (!gated)
        return true;
    *gate = word && strcmp(word, "manual") == 0 ? HUB_GATE_MANUAL : word ? HUB_GATE_AUTO : HUB_OPEN;
    return word ? *gate == HUB_GATE_MANUAL || strcmp(word, "auto") == 0
                : json_kind(gated) == JSON_BOOL && !json_is_true(gated);
}

void hub_settings(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_repo *repo = hub_repo_for(s, r, p, HUB_WRITE, NULL);
    if (!repo)
        return;
    bool private = repo->private;
    enum hub_gate gate = repo->gate;
    if (json_kind(r->json) != JSON_OBJECT || !read_visibility(r->json, repo->type, &private) ||
        !read_gate(json_get(r->json, "gated"), &gate)) {
        hub_refuse(p, 400, NULL, "\"gated\" must be one of [auto, manual, false]");
        return;
    }
    repo->private = private;
    repo->gate = gate;
    struct json *j = json_new_object();
    json_add_bool(j, "private", private);
    json_add(j, "gated",
        gate == HUB_OPEN ? json_new_bool(false)
                         : json_new_string(gate == HUB_GATE_AUTO ? "auto" : "manual"));
    reply_json(p, 200, j);
}
