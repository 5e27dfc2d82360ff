/* hub_upload_commit: everything that changed, as one commit (§5), guarded by the head that the offer
 * saw. A commit is the one request of an upload that must not simply be repeated: the engine may only
 * do so where the Hub surely did nothing, and this file tells the caller apart what it learnt from
 * the answer, or from there being none.
 *
 * Small files travel inside. They are read again here and must still have the hash that was offered,
 * else the upload ends before anything is committed. */
#include "client/hub_digest.h"
#include "client/hub_upload_internal.h"

#include <stdio.h>
#include <string.h>

enum {
    BODY_MAX = 90 * 1000 * 1000, /* the Hub has had a limit of 100 MB */
    LINE_MORE = 128,             /* of a line, beside path and content */
    ANSWER_MAX = 1024 * 1024,
    BYTES_PER_MS = 20 /* the slowest line that is worth waiting for */
};

/* ---- the body -------------------------------------------------------------------------------- */

/* Bytes of content that go inside; saturates, as nothing else would with sizes that cannot be. */
static int64_t inline_bytes(const struct upload *u)
{
    int64_t sum = 0;
    for (size_t i = 0; i < u->count; i++)
        if (upload_is_pending(&u->items[i]) && !u->items[i].lfs &&
            __builtin_add_overflow(sum, u->items[i].file->size, &sum))
            return INT64_MAX;
    return sum;
}

int upload_check_inline(const struct upload *u, struct err *e)
{
    int64_t inside = inline_bytes(u), body = 0;
    for (size_t i = 0; i < u->count; i++) /* a byte of a path takes at most six, escaped */
        if (upload_is_pending(&u->items[i]))
            body += LINE_MORE + 6 * (int64_t)strlen(u->items[i].file->raw_path);
    if (inside <= BODY_MAX && body + inside / 3 * 4 <= BODY_MAX)
        return 0;
    (void)err_set(e, ERR_INPUT, 0,
        "the small files are %lld MB together: more than one commit of the Hub takes",
        (long long)(inside / 1000000));
    return err_hint(e, "leave some of them out, or upload them one part after the other");
}

static int add_line(const char *key, struct json *take_value, struct buf *out)
{
    struct json *line = json_new_object();
    int failed = json_add_str(line, "key", key);
    failed |= json_add(line, "value", take_value);
    failed |= json_print(line, out);
    failed |= buf_char(out, '\n');
    json_free(line);
    return failed;
}

static int add_header(const struct upload *u, struct buf *out)
{
    struct json *v = json_new_object();
    int failed = json_add_str(v, "summary", u->plan->message);
    failed |= json_add_str(v, "description", "");
    failed |= json_add_str(v, "parentCommit", u->head);
    return add_line("header", v, out) || failed;
}

static int add_lfs(const struct upload_item *item, struct buf *out)
{
    struct json *v = json_new_object();
    int failed = json_add_str(v, "path", item->file->raw_path);
    failed |= json_add_str(v, "algo", "sha256");
    failed |= json_add_str(v, "oid", item->sha256);
    failed |= json_add_int(v, "size", item->file->size);
    return add_line("lfsFile", v, out) || failed;
}

/* Written by hand, so that the content is not copied through a tree. */
static int add_inline(struct upload_item *item, struct buf *out, struct err *e)
{
    struct buf content;
    struct json *path = json_new_string(item->file->raw_path);
    buf_init(&content, BODY_MAX);
    int rc = upload_read(item, &content, e);
    if (rc == 0 && (buf_str_append(out, "{\"key\":\"file\",\"value\":{\"content\":\"") ||
                       hub_base64(buf_str(&content), content.len, out) ||
                       buf_str_append(out, "\",\"encoding\":\"base64\",\"path\":") ||
                       json_print(path, out) || buf_str_append(out, "}}\n")))
        rc = err_set(e, ERR_IO, 0, "out of memory for the commit");
    json_free(path);
    buf_release(&content);
    return rc;
}

static int write_body(struct upload *u, struct buf *out, struct err *e)
{
    int failed = add_header(u, out);
    for (size_t i = 0; i < u->count && !failed; i++) {
        struct upload_item *item = &u->items[i];
        if (!upload_is_pending(item))
            continue;
        if (item->lfs)
            failed = add_lfs(item, out);
        else if (add_inline(item, out, e))
            return -1;
    }
    return failed ? err_set(e, ERR_IO, 0, "out of memory for the commit") : 0;
}

/* ---- the call -------------------------------------------------------------------------------- */

/* What can be known from there being no answer, or one that makes no sense. */
static enum upload_commit unanswered(const struct err *e)
{
    bool unsure = e->class == ERR_NET || e->class == ERR_TIMEOUT || e->class == ERR_REMOTE;
    return unsure ? UPLOAD_UNSURE : UPLOAD_FAILED;
}

/* Foreign bytes, which are to be shown: only what can be an address. */
static void take_pull_request(struct upload *u, const struct json *answer)
{
    const char *url = u->plan->create_pr ? json_str_or(answer, "pullRequestUrl", "") : "";
    bool shown = strncmp(url, "http", 4) == 0 && strlen(url) < sizeof u->out->pull_request;
    for (const char *s = url; *s && shown; s++)
        shown = *s > ' ' && *s < 0x7f;
    (void)snprintf(u->out->pull_request, sizeof u->out->pull_request, "%s", shown ? url : "");
}

static enum upload_commit answered(
    struct upload *u, const struct http_response *r, const char *what, struct err *e)
{
    if (hub_check(u->hub, r, what, e)) {
        if (r->status == 409 || r->status == 412)
            return UPLOAD_MOVED;
        if (r->status == 408 || r->status >= 500)
            return UPLOAD_UNSURE;
        return r->status == 400 ? UPLOAD_REFUSED : UPLOAD_FAILED;
    }
    struct json *answer = hub_parse(r, what, e);
    const char *commit = json_str(answer, "commitOid");
    bool good = hub_is_hex(commit, 40);
    if (good) {
        memcpy(u->out->commit, commit, sizeof u->out->commit);
        take_pull_request(u, answer);
    } else if (answer)
        (void)err_set(e, ERR_REMOTE, 0, "%s: the Hub does not say which commit it made", what);
    json_free(answer);
    return good ? UPLOAD_COMMITTED : UPLOAD_UNSURE;
}

static enum upload_commit post(struct upload *u, const struct hub_call *call, struct err *e)
{
    static const char what[] = "commit the files";
    struct http_request request;
    struct http_response response;
    enum upload_commit end;
    hub_request(u->hub, call, &request);
    request.limit = &u->limit;
    http_response_init(&response);
    if (http_do(u->hub->http, &request, &response, u->cancel, e)) {
        (void)err_wrap(e, "%s", what);
        end = unanswered(e);
    } else {
        end = answered(u, &response, what, e);
    }
    http_response_release(&response);
    return end;
}

int upload_url(struct upload *u, const char *word, struct buf *out, struct err *e)
{
    if (hub_repo_url(u->hub, u->plan->repo, word, u->revision, out, e))
        return -1;
    return u->plan->create_pr && buf_str_append(out, "?create_pr=1")
               ? err_set(e, ERR_INPUT, 0, "the name of the revision is too long")
               : 0;
}

enum upload_commit upload_commit(struct upload *u, struct err *e)
{
    struct buf url, body;
    enum upload_commit end = UPLOAD_FAILED;
    buf_init(&url, HTTP_URL_MAX);
    buf_init(&body, BODY_MAX);
    if (write_body(u, &body, e) || upload_url(u, "commit", &url, e))
        goto out;
    struct hub_call call = {.method = HTTP_POST,
        .url = buf_str(&url),
        .form = HUB_NDJSON,
        .body = &body,
        .retry = HTTP_RETRY_UNSENT,
        .deadline_ms = HUB_SLOW_MS + (int64_t)body.len / BYTES_PER_MS,
        .stall_ms = HUB_SLOW_STALL_MS,
        .answer_max = ANSWER_MAX,
        .progress = &u->board.commit_sent};
    atomic_store(&u->board.commit_sent.sent, 0);
    upload_committing(u, inline_bytes(u), (int64_t)body.len);
    end = post(u, &call, e);
    if (end != UPLOAD_COMMITTED)
        upload_answered(u);
out:
    buf_release(&body);
    buf_release(&url);
    return end;
}
