/* Every route of the Hub, and what happens to a request before its handler: an id, the right to
 * come in, the count of requests. Presigned URLs are checked here too, so that an upload which will
 * be refused is refused before its bytes are sent. */
#include "sim/hub_multipart.h"
#include "sim/hub_request.h"

#include <ctype.h>
#include <string.h>

#define REPO      "/api/{kind}/{owner}/{name}"
#define LFS_MODEL "/{owner}/{name}.git/info/lfs"
#define LFS_OTHER "/{kind}/{owner}/{name}.git/info/lfs"
#define STORAGE   "/lfs-storage/"
#define COMPLETE  "/api/complete_multipart"

const struct route hub_routes[] = {
    {"GET", "/api/whoami-v2", hub_whoami, 0},
    {"POST", "/api/validate-yaml", hub_validate_yaml, ROUTE_OPEN},
    {"POST", "/api/repos/create", hub_create, 0},
    {"DELETE", "/api/repos/delete", hub_delete, 0},
    {"POST", "/api/repos/move", hub_move, 0},
    {"POST", COMPLETE, hub_multipart_complete, ROUTE_OPEN},
    {"PUT", STORAGE "{repo}/{oid}", hub_storage_put, ROUTE_OPEN | ROUTE_FILE_BODY},
    {"GET", STORAGE "{repo}/{oid}", hub_storage_get, ROUTE_OPEN},

    {"GET", "/api/{kind}", hub_list, ROUTE_OPEN},
    {"GET", REPO, hub_info, ROUTE_OPEN},
    {"GET", REPO "/revision/{rev}", hub_info, ROUTE_OPEN},
    {"GET", REPO "/auth-check", hub_auth_check, ROUTE_OPEN},
    {"GET", REPO "/auth-check/write", hub_auth_check_write, ROUTE_OPEN},
    {"PUT", REPO "/settings", hub_settings, 0},
    {"GET", REPO "/tree/{rev}", hub_tree, ROUTE_OPEN},
    {"GET", REPO "/tree/{rev}/{path...}", hub_tree, ROUTE_OPEN},
    {"GET", REPO "/treesize/{rev}", hub_tree_size, ROUTE_OPEN},
    {"GET", REPO "/treesize/{rev}/{path...}", hub_tree_size, ROUTE_OPEN},
    {"POST", REPO "/paths-info/{rev}", hub_paths_info, ROUTE_OPEN},
    {"GET", REPO "/refs", hub_refs, ROUTE_OPEN},
    {"GET", REPO "/commits/{rev...}", hub_commits, ROUTE_OPEN},
    {"POST", REPO "/branch/{ref}", hub_branch_create, 0},
    {"DELETE", REPO "/branch/{ref}", hub_branch_delete, 0},
    {"POST", REPO "/tag/{ref}", hub_tag_create, 0},
    {"DELETE", REPO "/tag/{ref}", hub_tag_delete, 0},
    {"POST", REPO "/preupload/{rev}", hub_preupload, 0},
    {"POST", REPO "/commit/{rev}", hub_commit_post, 0},
    {"POST", REPO "/lfs/verify", hub_lfs_verify, 0},
    {"GET", REPO "/xet-write-token/{rev}", hub_no_xet, ROUTE_OPEN},
    {"GET", REPO "/xet-read-token/{rev}", hub_no_xet, ROUTE_OPEN},

    {"POST", LFS_MODEL "/objects/batch", hub_lfs_batch, ROUTE_OPEN},
    {"POST", LFS_OTHER "/objects/batch", hub_lfs_batch, ROUTE_OPEN},
    {"POST", LFS_MODEL "/locks/verify", hub_lfs_no_locks, ROUTE_OPEN},
    {"GET", LFS_MODEL "/locks", hub_lfs_no_locks, ROUTE_OPEN},
    {"POST", LFS_MODEL "/locks", hub_lfs_no_locks, ROUTE_OPEN},

    {"GET", "/{owner}/{name}/resolve/{rev}/{path...}", hub_resolve, ROUTE_OPEN},
    {"GET", "/{kind}/{owner}/{name}/resolve/{rev}/{path...}", hub_resolve, ROUTE_OPEN},
    {"GET", "/{owner}/{name}/raw/{rev}/{path...}", hub_raw, ROUTE_OPEN},
    {"GET", "/{kind}/{owner}/{name}/raw/{rev}/{path...}", hub_raw, ROUTE_OPEN},
    {NULL, NULL, NULL, 0},
};

/* The client's own id when it sent a sensible one, else a fresh one. */
static void add_request_id(struct sim *s, const struct request *r, struct reply *p)
{
    char fresh[37];
    const char *id = request_header(r, "X-Amzn-Trace-Id");
    size_t n = id ? strlen(id) : 0;
    bool good = n > 0 && n <= 128;
    for (size_t i = 0; i < n && good; i++)
        good = isalnum((unsigned char)id[i]) || strchr("-_=;.", id[i]);
    if (!good) {
        sim_uuid(s, fresh);
        id = fresh;
    }
    reply_header(p, "X-Request-Id", "%s", id);
}

static bool admit_storage(struct sim *s, struct request *r, struct reply *p)
{
    if (strcmp(r->method, "PUT") == 0 && !request_header(r, "Content-Length")) {
        hub_refuse_xml(
            p, 411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
        return false;
    }
    if (!hub_presigned(s, r, p))
        return false;
    if (strcmp(r->method, "PUT") == 0)
        hub_upload_place(s->hub, r);
    return true;
}

bool hub_admit(struct sim *s, struct request *r, struct reply *p, const struct route *route)
{
    struct hub_caller caller;
    if (!route)
        return true;
    add_request_id(s, r, p);
    if (strncmp(route->pattern, STORAGE, strlen(STORAGE)) == 0 ||
        strcmp(route->pattern, COMPLETE) == 0)
        return admit_storage(s, r, p);
    if (!hub_caller(s, r, &caller)) {
        hub_refuse(p, 401, NULL, "Invalid credentials in Authorization header");
        return false;
    }
    if (!hub_rate(s, r, p, &caller))
        return false;
    if (!caller.known && !(route->flags & ROUTE_OPEN)) {
        hub_refuse(p, 401, NULL, "Invalid username or password.");
        return false;
    }
    return true;
}
