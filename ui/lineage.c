/* Each link is found from the row, by the ids that it holds, and compared with what the others say. A
 * thing that is not in the store is only called gone when its source is answering and has been read:
 * until then it is unknown. */
#include "ui/lineage.h"

#include "ui/opened.h"
#include "ui/say.h"

#include <math.h>
#include <string.h>

enum { ID_SHORT = 4, COMMIT_SHORT = 7 };

static void unknown(struct lineage_link *link, const char *head)
{
    link->head = say_word(head);
    link->foot = TEXT("—");
    link->role = ROLE_FAINT;
}

static void broken(struct lineage_link *link, struct text foot)
{
    link->foot = foot;
    link->role = ROLE_BAD;
    link->broken = true;
}

/* Whether what is not listed is not there. */
static bool is_read(const struct store *s, enum source source)
{
    return store_source(s, source)->health == SOURCE_OK;
}

static struct text commit_short(struct text commit)
{
    return text_cut(commit, COMMIT_SHORT);
}

/* ---- job ------------------------------------------------------------------------------------------- */

static void link_job(
    const struct store *s, const struct model_row *row, struct arena *a, struct lineage_link *link)
{
    const struct job *job = store_job_by_id(s, row->training_job_id);
    if (row->training_job_id[0] == '\0') {
        unknown(link, "no job known");
        return;
    }
    link->head = say_text(a, "job %.*s", SAY_ARGS(opened_short(a, row->training_job_id, ID_SHORT)));
    if (job) {
        int64_t when = job->completed_ms >= 0 ? job->completed_ms : job->updated_ms;
        opened_job_sign(job->status, &link->role);
        link->foot = when < 0 ? job->status
                              : say_text(a, "%.*s %.*s", SAY_ARGS(job->status),
                                    SAY_ARGS(opened_ago(a, s, when)));
        link->opens = PLACE_JOB;
        link->id = job->id;
    } else if (is_read(s, SOURCE_REGISTRY)) {
        broken(link, TEXT("not in the registry"));
    } else {
        link->foot = TEXT("not seen yet");
    }
}

/* ---- commit ---------------------------------------------------------------------------------------- */

static const struct operation *upload_of(const struct store *s, struct text repo)
{
    size_t count = store_operations(s, OPERATION_UPLOAD);
    for (size_t i = 0; i < count; i++) {
        const struct operation *o = store_operation(s, OPERATION_UPLOAD, i);
        if (o->commit.len > 0 && opened_same(o->repository, repo))
            return o;
    }
    return NULL;
}

static struct text tag_of(const struct store *s, struct text repo, const struct operation *upload)
{
    const struct repo_page *page = store_repos(s);
    for (size_t i = 0; page && i < page->count; i++) {
        if (opened_same(page->repos[i].id, repo))
            return page->repos[i].pipeline_tag;
    }
    return upload ? upload->pipeline_tag : TEXT("");
}

static void link_commit(
    const struct store *s, const struct model_row *row, struct arena *a, struct lineage_link *link)
{
    const struct operation *upload = upload_of(s, row->hub_id);
    struct text tag = tag_of(s, row->hub_id, upload);
    if (row->hub_id.len == 0) {
        unknown(link, "no repository known");
        return;
    }
    link->head = say_text(a, "%.*s%s%.*s", SAY_ARGS(row->hub_id), row->revision.len ? "@" : "",
        SAY_ARGS(commit_short(row->revision)));
    if (upload) {
        link->opens = PLACE_OPERATION;
        link->id = upload->id;
    }
    if (upload && row->revision.len > 0 && !opened_same(upload->commit, row->revision)) {
        link->foot = say_text(a, "newer upload %.*s", SAY_ARGS(commit_short(upload->commit)));
        link->role = ROLE_WARNING;
    } else if (tag.len > 0) {
        bool good = opened_is(tag, "text-generation");
        link->foot = say_text(a, "%.*s%s", SAY_ARGS(tag), good ? " ✓" : "");
        link->role = good ? ROLE_OK : ROLE_WARNING;
    } else {
        unknown(link, link->head.s);
    }
}

/* ---- endpoint -------------------------------------------------------------------------------------- */

/* What does not agree between the row and what the endpoint serves; false when all does. */
static bool disagrees(const struct model_row *row, const struct endpoint *e, struct arena *a,
    struct lineage_link *link)
{
    if (e->model.len > 0 && row->hub_id.len > 0 && !opened_same(e->model, row->hub_id))
        broken(link, say_text(a, "serves %.*s", SAY_ARGS(e->model)));
    else if (e->revision.len > 0 && row->revision.len > 0 &&
             !opened_same(e->revision, row->revision))
        broken(link, say_text(a, "serves commit %.*s", SAY_ARGS(commit_short(e->revision))));
    return link->broken;
}

static struct text workers_of(struct arena *a, const struct endpoint_row *e)
{
    const char *word = endpoint_condition_name(e->condition);
    if (!e->workers || e->condition == ENDPOINT_UNKNOWN)
        return e->condition == ENDPOINT_UNKNOWN ? TEXT("not seen yet") : say_text(a, "%s", word);
    return say_text(
        a, "%s, %zu worker%s", word, e->workers->count, e->workers->count == 1 ? "" : "s");
}

static void link_endpoint(
    const struct store *s, const struct model_row *row, struct arena *a, struct lineage_link *link)
{
    static const enum role roles[] = {[ENDPOINT_UNKNOWN] = ROLE_STALE,
        [ENDPOINT_OK] = ROLE_OK,
        [ENDPOINT_ASLEEP] = ROLE_FAINT,
        [ENDPOINT_STARTING] = ROLE_ACTIVE,
        [ENDPOINT_WAITING] = ROLE_BAD,
        [ENDPOINT_OFF] = ROLE_WARNING};
    const struct endpoint_row *e = store_endpoint_by_id(s, row->endpoint_id);
    if (row->endpoint_id[0] == '\0') {
        unknown(link, "no endpoint");
        if (row->base_url.len > 0)
            link->foot = TEXT("served elsewhere");
        return;
    }
    link->head =
        say_text(a, "endpoint %.*s", SAY_ARGS(opened_short(a, row->endpoint_id, ID_SHORT)));
    if (!e && is_read(s, SOURCE_RUNPOD)) {
        broken(link, TEXT("deleted"));
        return;
    }
    if (!e) {
        link->foot = TEXT("not seen yet");
        return;
    }
    if (e->settings->version >= 0)
        link->head = say_text(a, "%.*s v%d", SAY_ARGS(link->head), e->settings->version);
    link->opens = PLACE_ENDPOINT;
    link->id = e->settings->id;
    if (disagrees(row, e->settings, a, link))
        return;
    link->foot = workers_of(a, e);
    link->role = roles[e->condition];
}

/* ---- row ------------------------------------------------------------------------------------------- */

static void link_row(
    const struct store *s, const struct model_row *row, struct arena *a, struct lineage_link *link)
{
    const struct endpoint_row *e = store_endpoint_by_id(s, row->endpoint_id);
    struct text served = e ? e->settings->served : TEXT("");
    link->head = say_text(a, "row %.*s", SAY_ARGS(opened_short(a, row->id, ID_SHORT)));
    link->foot = row->enabled ? TEXT("enabled") : TEXT("disabled");
    link->role = row->enabled ? ROLE_OK : ROLE_WARNING;
    if (served.len > 0 && row->served_name.len > 0 && !opened_same(served, row->served_name))
        broken(link, say_text(a, "asks for %.*s", SAY_ARGS(row->served_name)));
}

/* ---- requests and cost ----------------------------------------------------------------------------- */

struct sums {
    int64_t requests, failed;
    double cost; /* of those with a known one */
    bool any_cost;
};

static struct sums sums_of(const struct store *s, const char *endpoint_id)
{
    struct sums sums = {0};
    size_t count = endpoint_id[0] ? store_requests(s) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct request *q = store_request(s, i);
        if (strcmp(q->endpoint_id, endpoint_id) != 0)
            continue;
        sums.requests++;
        sums.failed += q->status == REQUEST_FAILED || q->status == REQUEST_TIMED_OUT;
        if (isfinite(q->cost)) {
            sums.cost += q->cost;
            sums.any_cost = true;
        }
    }
    return sums;
}

static void link_requests(const struct sums *sums, struct arena *a, struct lineage_link *link)
{
    char n[SAY_MAX];
    link->head =
        say_text(a, "%s request%s", say_count(n, sums->requests), sums->requests == 1 ? "" : "s");
    link->foot = say_text(a, "%s failed", say_count(n, sums->failed));
    link->role = sums->failed > 0 ? ROLE_BAD : sums->requests > 0 ? ROLE_OK : ROLE_FAINT;
}

static void link_cost(const struct model_row *row, const struct sums *sums, struct arena *a,
    struct lineage_link *link)
{
    char money[SAY_MAX];
    if (!sums->any_cost)
        link->head = TEXT("cost unknown");
    else
        link->head = say_text(a, "≈%s", say_money(money, sums->cost));
    if (!(row->budget_limit > 0)) {
        link->foot = TEXT("no budget");
        return;
    }
    double part = sums->cost / row->budget_limit;
    link->foot = sums->any_cost ? say_text(a, "≈%.0f%% of budget", fmin(part * 100, 99999))
                                : say_text(a, "budget %s", say_money(money, row->budget_limit));
    link->role = part >= 1 ? ROLE_BAD : part >= 0.8 ? ROLE_WARNING : ROLE_NORMAL;
}

void lineage_of(const struct store *s, const struct model_row *row, struct arena *a,
    struct lineage_link links[LINKS])
{
    struct sums sums = sums_of(s, row->endpoint_id);
    for (int i = 0; i < LINKS; i++)
        links[i] = (struct lineage_link){
            .head = TEXT(""), .foot = TEXT(""), .role = ROLE_FAINT, .opens = PLACES, .id = ""};
    link_job(s, row, a, &links[LINK_JOB]);
    link_commit(s, row, a, &links[LINK_COMMIT]);
    link_endpoint(s, row, a, &links[LINK_ENDPOINT]);
    link_row(s, row, a, &links[LINK_ROW]);
    link_requests(&sums, a, &links[LINK_REQUESTS]);
    link_cost(row, &sums, a, &links[LINK_COST]);
}
