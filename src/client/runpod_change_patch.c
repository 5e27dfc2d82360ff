/* runpod_change_patch: the sparse body that makes the wanted settings of those that are there (spec/runpod.md
 * §4.4). What does not differ is not sent; what RunPod would reset beside it goes along. */
#include "client/runpod_change_internal.h"

#include <string.h>

/* One row of a group that differs. */
static bool differs(
    const struct json *there, const struct json *wanted, const char *group, const char *member)
{
    for (size_t i = 0; i < runpod_setting_count; i++) {
        const struct setting_row *row = &runpod_setting_rows[i];
        const char *of = row->group ? row->group : row->member;
        if (strcmp(of, group) == 0 && (!member || strcmp(row->member, member) == 0) &&
            !runpod_setting_same(there, wanted, row))
            return true;
    }
    return false;
}

static struct json *workers_body(const struct json *wanted)
{
    struct json *workers = json_dup(json_get(wanted, "workers"));
    if (runpod_counts_requests(wanted))
        json_remove(workers, "idleTimeout");
    return workers;
}

/* Only what changed, but pools and exclusions together. */
static struct json *gpu_body(const struct json *there, const struct json *wanted)
{
    static const char *const members[] = {"pools", "excludedTypes", "count", "minCudaVersion"};
    const struct json *gpu = json_get(wanted, "gpu");
    bool choice =
        differs(there, wanted, "gpu", "pools") || differs(there, wanted, "gpu", "excludedTypes");
    struct json *body = json_new_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        bool goes = i < 2 ? choice : differs(there, wanted, "gpu", members[i]);
        if (goes && json_add(body, members[i], json_dup(json_get(gpu, members[i])))) {
            json_free(body);
            return NULL;
        }
    }
    return body;
}

static int add_group(
    struct json *body, const struct json *there, const struct json *wanted, const char *group)
{
    if (strcmp(group, "env") == 0 ? runpod_env_same(there, wanted)
                                  : !differs(there, wanted, group, NULL))
        return 0;
    if (strcmp(group, "gpu") == 0)
        return json_add(body, group, gpu_body(there, wanted));
    if (strcmp(group, "workers") == 0)
        return json_add(body, group, workers_body(wanted));
    return json_add(body, group, json_dup(json_get(wanted, group)));
}

struct json *runpod_change_patch(const struct json *there, const struct json *wanted)
{
    static const char *const groups[] = {
        "image", "disk", "env", "gpu", "workers", "scaling", "timeout"};
    struct json *body = json_new_object();
    int failed = body ? 0 : -1;
    for (size_t i = 0; i < sizeof groups / sizeof *groups && !failed; i++)
        failed = add_group(body, there, wanted, groups[i]);
    if (!failed && json_count(body) > 0)
        return body;
    json_free_secret(body);
    return NULL;
}
