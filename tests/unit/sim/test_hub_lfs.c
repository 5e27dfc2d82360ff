/* LFS uploads and downloads (spec/huggingface.md §4, §2.5) over HTTP: one PUT, many parts, and
 * every way in which a client could get them wrong. */
#include "hub_uploads.h"

#include <pthread.h>

static int start(void **state)
{
    (void)state;
    return start_with("");
}

static int start_expiring(void **state)
{
    (void)state;
    return start_with("\"url_seconds\":0,");
}

static int start_other_host(void **state)
{
    (void)state;
    return start_with("\"storage_host\":\"localhost\",");
}

/* ---- one PUT --------------------------------------------------------------------------------- */

static void basic_upload(void **state)
{
    (void)state;
    struct upload u = upload_of(30, 'x'), again = u; /* not larger than the threshold */
    char etag[64], bad[1024];
    ask(&u, "[\"basic\",\"multipart\"]", ADA);
    assert_string_equal(json_str_or(u.batch, "transfer", ""), "basic");
    assert_non_null(u.href);
    assert_null(json_get(u.header, "chunk_size"));
    assert_stored(&u, false);
    assert_int_equal(put(u.href, "something else", 14, NULL, etag), 400); /* not the oid */
    assert_int_equal(put(u.href, u.bytes, u.size - 1, NULL, etag), 400);
    assert_int_equal(put(u.href, u.bytes, u.size, ADA, etag), 400); /* two ways of signing */
    snprintf(bad, sizeof bad, "%s0", u.href);
    assert_int_equal(put(bad, u.bytes, u.size, NULL, etag), 403);
    assert_stored(&u, false);
    assert_int_equal(put(u.href, u.bytes, u.size, NULL, etag), 200);
    assert_stored(&u, true);
    ask(&again, "[\"basic\"]", ADA);
    assert_null(json_get(again.object, "actions"));
    assert_null(json_get(again.object, "error"));
    json_free(u.batch);
    json_free(again.batch);
}

static void what_the_url_does_not_sign(void **state)
{
    (void)state;
    struct upload u = upload_of(10, 'q'), other = upload_of(10, 'r');
    char target[1024], etag[64];
    ask(&u, "[\"basic\"]", ADA);
    snprintf(target, sizeof target, "%s", u.href);
    char *at = strstr(target, u.oid);
    assert_non_null(at);
    memcpy(at, other.oid, 64); /* another object by the same signature */
    assert_int_equal(put(target, other.bytes, 10, NULL, etag), 403);
    snprintf(target, sizeof target, "%s", u.href);
    at = strstr(target, "X-Amz-Expires=900");
    assert_non_null(at);
    memcpy(at, "X-Amz-Expires=999", 17); /* a longer life */
    assert_int_equal(put(target, u.bytes, 10, NULL, etag), 403);
    struct answer a = hub_call("GET", hub_target(u.href), NULL, NULL); /* another method */
    assert_int_equal(a.status, 403);
    assert_non_null(strstr(buf_str(&a.body), "<Code>SignatureDoesNotMatch</Code>"));
    answer_release(&a);
    json_free(u.batch);
}

static void put_without_a_length(void **state)
{
    (void)state;
    struct upload u = upload_of(10, 'c');
    ask(&u, "[\"basic\"]", ADA);
    char request[2048];
    int fd = raw_connect(hub.port);
    snprintf(request, sizeof request,
        "PUT %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nTransfer-Encoding: "
        "chunked\r\n\r\na\r\n%.10s\r\n0\r\n\r\n",
        hub_target(u.href), hub.port, u.bytes);
    raw_text(fd, request);
    struct answer a = raw_answer(fd, false);
    close(fd);
    assert_int_equal(a.status, 411);
    assert_non_null(strstr(buf_str(&a.body), "MissingContentLength"));
    answer_release(&a);
    json_free(u.batch);
}

static void expired_url(void **state)
{
    (void)state;
    struct upload u = upload_of(10, 'e');
    ask(&u, "[\"basic\"]", ADA);
    struct answer a = hub_call_bytes("PUT", hub_target(u.href), NULL, u.bytes, u.size);
    assert_int_equal(a.status, 403);
    assert_non_null(strstr(buf_str(&a.body), "<Code>AccessDenied</Code>"));
    assert_non_null(strstr(buf_str(&a.body), "expired"));
    answer_release(&a);
    json_free(u.batch);
}

static void verify_by_its_own_header(void **state)
{
    (void)state;
    struct upload u = upload_of(10, 'v');
    char etag[64], headers[1024], body[256];
    ask(&u, "[\"basic\"]", ADA);
    assert_int_equal(put(u.href, u.bytes, u.size, NULL, etag), 200);
    const struct json *verify = json_get(json_get(u.object, "actions"), "verify");
    const char *secret = json_str(json_get(verify, "header"), "Authorization");
    assert_non_null(secret);
    snprintf(headers, sizeof headers, "Authorization: %s\r\n", secret);
    snprintf(body, sizeof body, "{\"oid\":\"%s\",\"size\":10}", u.oid);
    hub_expect("POST", hub_target(json_str_or(verify, "href", "")), headers, body, 200, NULL);
    snprintf(body, sizeof body, "{\"oid\":\"%s\",\"size\":11}", u.oid);
    hub_expect("POST", hub_target(json_str_or(verify, "href", "")), headers, body, 422, NULL);
    json_free(u.batch);
}

/* ---- many parts ------------------------------------------------------------------------------ */

static void multipart_upload(void **state)
{
    (void)state;
    struct upload u = upload_of(35, 'm');
    char etags[4][64];
    ask(&u, "[\"basic\",\"multipart\"]", ADA);
    assert_string_equal(json_str_or(u.batch, "transfer", ""), "multipart");
    assert_string_equal(json_str_or(u.header, "chunk_size", ""), "10");
    assert_int_equal(json_count(u.header), 5); /* chunk_size and four parts */
    put_parts(&u, etags);
    assert_stored(&u, false);
    complete(&u, etags, 0, NULL, 200, NULL);
    assert_stored(&u, true);
    complete(&u, etags, 0, NULL, 200, NULL); /* its answer was lost: once more */
    json_free(u.batch);
}

struct completer {
    pthread_t thread;
    const struct upload *upload;
    const char *body;
    int status;
};

static void *complete_in_thread(void *arg)
{
    struct completer *c = arg;
    struct answer a = hub_call("POST", hub_target(c->upload->href), NULL, c->body);
    c->status = a.status;
    answer_release(&a);
    return NULL;
}

/* One joins the parts, the others wait for it and get its answer. */
static void completions_at_the_same_time(void **state)
{
    (void)state;
    enum { THREADS = 6 };
    struct upload u = upload_of(35, 't');
    struct completer all[THREADS];
    char etags[4][64];
    struct buf body;
    ask(&u, "[\"multipart\"]", ADA);
    put_parts(&u, etags);
    buf_init(&body, 4096);
    completion(&u, etags, 0, NULL, &body);
    for (size_t i = 0; i < THREADS; i++) {
        all[i] = (struct completer){.upload = &u, .body = buf_str(&body)};
        assert_int_equal(pthread_create(&all[i].thread, NULL, complete_in_thread, &all[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(all[i].thread, NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(all[i].status, 200);
    assert_stored(&u, true);
    buf_release(&body);
    json_free(u.batch);
}

static void multipart_only_when_offered(void **state)
{
    (void)state;
    struct upload u = upload_of(35, 'o');
    char etag[64];
    ask(&u, "[\"basic\"]", ADA);
    assert_string_equal(json_str_or(u.batch, "transfer", ""), "basic");
    assert_null(json_get(u.header, "chunk_size"));
    assert_int_equal(put(u.href, u.bytes, u.size, NULL, etag), 200);
    json_free(u.batch);
}

static void a_part_sent_again_counts(void **state)
{
    (void)state;
    struct upload u = upload_of(35, 'n');
    char etags[4][64], old[64];
    ask(&u, "[\"multipart\"]", ADA);
    assert_int_equal(put(part_url(&u, 2), "wrong bytes", 10, NULL, old), 200);
    put_parts(&u, etags);
    assert_string_not_equal(etags[1], old);
    complete(&u, etags, 0, NULL, 200, NULL);
    assert_stored(&u, true);
    json_free(u.batch);
}

static void incomplete_completions(void **state)
{
    (void)state;
    struct upload u = upload_of(35, 'i');
    char etags[4][64], part[64], fewer[512];
    ask(&u, "[\"multipart\"]", ADA);
    memset(etags, 'x', sizeof etags);
    complete(&u, etags, 0, NULL, 400, "could not be found");
    put_parts(&u, etags);
    snprintf(part, sizeof part, "%.32s", etags[2] + 1); /* without its quotes */
    complete(&u, etags, 3, part, 400, "etag");
    complete(&u, etags, 1, "", 400, "etag");
    snprintf(fewer, sizeof fewer, "{\"oid\":\"%s\",\"parts\":[]}", u.oid);
    hub_expect("POST", hub_target(u.href), NULL, fewer, 400, "number of parts");
    hub_expect("POST", hub_target(u.href), NULL, "{\"oid\":\"x\",\"parts\":[]}", 400, "oid");
    hub_expect("POST", hub_target(u.href), NULL, "nonsense", 400, "oid");
    assert_stored(&u, false);
    complete(&u, etags, 0, NULL, 200, NULL); /* none of it did harm */
    assert_stored(&u, true);
    json_free(u.batch);
}

static void a_part_of_the_wrong_size(void **state)
{
    (void)state;
    struct upload u = upload_of(35, 's');
    char etags[4][64];
    ask(&u, "[\"multipart\"]", ADA);
    put_parts(&u, etags);
    assert_int_equal(put(part_url(&u, 4), u.bytes + 30, 4, NULL, etags[3]), 200);
    complete(&u, etags, 0, NULL, 400, "size");
    assert_stored(&u, false);
    json_free(u.batch);
}

static void parts_that_are_not_the_object(void **state)
{
    (void)state;
    struct upload u = upload_of(35, 'w');
    char etags[4][64];
    ask(&u, "[\"multipart\"]", ADA);
    put_parts(&u, etags);
    assert_int_equal(put(part_url(&u, 1), "0123456789", 10, NULL, etags[0]), 200);
    complete(&u, etags, 0, NULL, 400, "SHA-256");
    assert_stored(&u, false);
    complete(&u, etags, 0, NULL, 404, "NoSuchUpload");
    json_free(u.batch);
}

static void parts_take_no_key_and_no_other_number(void **state)
{
    (void)state;
    struct upload u = upload_of(35, 'k');
    char etag[64], target[1024];
    ask(&u, "[\"multipart\"]", ADA);
    assert_int_equal(put(part_url(&u, 1), u.bytes, 10, ADA, etag), 400);
    snprintf(target, sizeof target, "%s", part_url(&u, 1));
    char *at = strstr(target, "partNumber=1");
    assert_non_null(at);
    at[11] = '2';
    assert_int_equal(put(target, u.bytes, 10, NULL, etag), 403);
    json_free(u.batch);
}

/* ---- the batch call -------------------------------------------------------------------------- */

static void errors_by_object(void **state)
{
    (void)state;
    struct json *j = hub_json("POST", BATCH, ADA,
        "{\"operation\":\"upload\",\"objects\":[{\"oid\":\"12\",\"size\":1},"
        "{\"oid\":\"1111111111111111111111111111111111111111111111111111111111111111\",\"size\":-1}"
        ","
        "{\"oid\":\"1111111111111111111111111111111111111111111111111111111111111111\",\"size\":"
        "6000000000},"
        "{\"oid\":\"1111111111111111111111111111111111111111111111111111111111111111\",\"size\":5}]"
        "}",
        200);
    size_t errors = 0;
    const struct json *o = json_first(json_get(j, "objects"));
    for (; o; o = json_next(o))
        errors += json_int(json_get(o, "error"), "code", 0) == 422;
    assert_int_equal(errors, 3); /* the last one is fine */
    json_free(j);
    j = hub_json("POST", BATCH, ADA,
        "{\"operation\":\"download\",\"objects\":[{\"oid\":"
        "\"1111111111111111111111111111111111111111111111111111111111111111\",\"size\":5}]}",
        200);
    o = json_first(json_get(j, "objects"));
    assert_int_equal(json_int(json_get(o, "error"), "code", 0), 404);
    json_free(j);
}

static void who_may(void **state)
{
    (void)state;
    const char *upload = "{\"operation\":\"upload\",\"objects\":[{\"oid\":\"1\",\"size\":1}]}";
    const char *download = "{\"operation\":\"download\",\"objects\":[{\"oid\":\"1\",\"size\":1}]}";
    const char *basic = "Authorization: Basic YWRhOmhmX2FkYQ==\r\n"; /* ada:hf_ada */
    hub_expect("POST", BATCH, basic, upload, 200, NULL);
    char header[128] = "";
    struct answer a = hub_call("POST", BATCH, NOBODY, upload);
    assert_true(answer_header(&a, "LFS-Authenticate", header, sizeof header));
    assert_string_equal(header, "Basic realm=\"Authentication required\"");
    answer_release(&a);
    hub_expect("POST", BATCH, NOBODY, upload, 401, NULL);
    hub_expect(
        "POST", BATCH, "Authorization: Bearer hf_gone\r\n", upload, 401, "Invalid credentials");
    hub_expect("POST", BATCH, "Authorization: hf_ada\r\n", upload, 401, "Invalid credentials");
    hub_expect("POST", BATCH, READER, upload, 403, NULL);
    hub_expect("POST", BATCH, BOB, upload, 403, NULL);
    hub_expect("POST", BATCH, NOBODY, download, 200, NULL);
    hub_expect("POST", "/acme/none.git/info/lfs/objects/batch", ADA, upload, 404, NULL);
    hub_expect("POST", "/acme/shut.git/info/lfs/objects/batch", BOB, download, 404, NULL);
    hub_expect("POST", "/other/gate.git/info/lfs/objects/batch", ADA, download, 403, "restricted");
    hub_expect("POST", "/other/gate.git/info/lfs/objects/batch", BOB, download, 200, NULL);
    hub_expect("POST", BATCH, ADA, "{\"operation\":\"upload\"}", 422, NULL);
    hub_expect("POST", BATCH, ADA, "{\"operation\":\"x\",\"objects\":[{}]}", 422, NULL);
    hub_expect("POST", BATCH, ADA,
        "{\"operation\":\"upload\",\"hash_algo\":\"md5\",\"objects\":[{}]}", 409, NULL);
    hub_expect("POST", "/acme/one.git/info/lfs/locks/verify", ADA, "{}", 501, NULL);
}

/* ---- downloads ------------------------------------------------------------------------------- */

static void location(const char *target, const char *headers, char out[2048])
{
    struct answer a = hub_call("GET", target, headers, NULL);
    assert_int_equal(a.status, 302);
    assert_true(answer_header(&a, "Location", out, 2048));
    answer_release(&a);
}

static void resolve_lfs(void **state)
{
    (void)state;
    char url[2048], etag[128], linked[128], size[32];
    const char *target = "/acme/shut/resolve/main/w.bin";
    struct answer head = hub_call("HEAD", target, ADA, NULL);
    assert_int_equal(head.status, 302);
    assert_true(answer_header(&head, "ETag", etag, sizeof etag));
    assert_true(answer_header(&head, "X-Linked-Etag", linked, sizeof linked));
    assert_string_equal(etag, linked);
    assert_true(answer_header(&head, "X-Linked-Size", size, sizeof size));
    assert_string_equal(size, "50");
    assert_true(answer_header(&head, "X-Repo-Commit", size, sizeof size));
    answer_release(&head);
    location(target, ADA, url);
    struct answer all = hub_call("GET", hub_target(url), NULL, NULL);
    assert_int_equal(all.status, 200);
    assert_int_equal(all.body.len, 50);
    char sha[HUB_SHA256], quoted[HUB_SHA256 + 2];
    hub_sha256_hex(buf_str(&all.body), 50, sha);
    snprintf(quoted, sizeof quoted, "\"%s\"", sha);
    assert_string_equal(quoted, etag);
    struct answer some = hub_call("GET", hub_target(url), "Range: bytes=10-19\r\n", NULL);
    assert_int_equal(some.status, 206);
    assert_int_equal(some.body.len, 10);
    assert_memory_equal(buf_str(&some.body), buf_str(&all.body) + 10, 10);
    assert_true(answer_header(&some, "Content-Range", size, sizeof size));
    assert_string_equal(size, "bytes 10-19/50");
    answer_release(&some);
    answer_release(&all);
    hub_expect("GET", hub_target(url), "Range: bytes=50-\r\n", NULL, 416, NULL);
    hub_expect("GET", hub_target(url), ADA, NULL, 200, NULL); /* one host: some clients do */
    hub_expect("GET", target, NOBODY, NULL, 401, NULL);
    hub_expect("GET", target, BOB, NULL, 404, NULL);
}

static void key_on_another_host(void **state)
{
    (void)state;
    char url[2048];
    location("/acme/shut/resolve/main/w.bin", ADA, url);
    assert_non_null(strstr(url, "http://localhost:"));
    hub_expect("GET", hub_target(url), NULL, NULL, 200, NULL);
    hub_expect("GET", hub_target(url), ADA, NULL, 400, "Only one auth mechanism allowed");
}

static void resolve_regular(void **state)
{
    (void)state;
    hub_expect("GET", "/other/gate/resolve/main/t.txt", BOB, NULL, 200, "t");
    hub_expect_header(
        "GET", "/other/gate/resolve/main/t.txt", ADA, 403, "X-Error-Code", "GatedRepo");
    hub_expect_header(
        "GET", "/other/gate/resolve/main/t.txt", NOBODY, 401, "X-Error-Code", "GatedRepo");
    hub_expect_header(
        "GET", "/other/gate/resolve/main/no", BOB, 404, "X-Error-Code", "EntryNotFound");
    hub_expect_header(
        "GET", "/other/gate/resolve/no/t.txt", BOB, 404, "X-Error-Code", "RevisionNotFound");
    hub_expect_header("GET", "/other/gate/resolve/main/t.txt", BOB, 200, "ETag",
        "\"32f64f4d836716819dc5fa9a1e09a29b428881df\"");
    hub_expect("GET", "/other/gate/raw/main/w.bin", BOB, NULL, 200, "version https://git-lfs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(basic_upload, start, hub_end),
        cmocka_unit_test_setup_teardown(what_the_url_does_not_sign, start, hub_end),
        cmocka_unit_test_setup_teardown(put_without_a_length, start, hub_end),
        cmocka_unit_test_setup_teardown(expired_url, start_expiring, hub_end),
        cmocka_unit_test_setup_teardown(verify_by_its_own_header, start, hub_end),
        cmocka_unit_test_setup_teardown(multipart_upload, start, hub_end),
        cmocka_unit_test_setup_teardown(completions_at_the_same_time, start, hub_end),
        cmocka_unit_test_setup_teardown(multipart_only_when_offered, start, hub_end),
        cmocka_unit_test_setup_teardown(a_part_sent_again_counts, start, hub_end),
        cmocka_unit_test_setup_teardown(incomplete_completions, start, hub_end),
        cmocka_unit_test_setup_teardown(a_part_of_the_wrong_size, start, hub_end),
        cmocka_unit_test_setup_teardown(parts_that_are_not_the_object, start, hub_end),
        cmocka_unit_test_setup_teardown(parts_take_no_key_and_no_other_number, start, hub_end),
        cmocka_unit_test_setup_teardown(errors_by_object, start, hub_end),
        cmocka_unit_test_setup_teardown(who_may, start, hub_end),
        cmocka_unit_test_setup_teardown(resolve_lfs, start, hub_end),
        cmocka_unit_test_setup_teardown(key_on_another_host, start_other_host, hub_end),
        cmocka_unit_test_setup_teardown(resolve_regular, start, hub_end),
    };
    return cmocka_run_group_tests_name("hub_lfs", tests, NULL, NULL);
}
