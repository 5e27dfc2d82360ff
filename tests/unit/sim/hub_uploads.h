/* A Hub whose parts have ten bytes, and uploads to it byte by byte. */
#ifndef SLIPWAY_TEST_HUB_UPLOADS_H
#define SLIPWAY_TEST_HUB_UPLOADS_H

#include "hub_live.h"

#include "sim/hub_git.h"

enum { CHUNK = 10 };

#define BATCH "/acme/one.git/info/lfs/objects/batch"

static inline int start_with(const char *members)
{
    char all[4096];
    snprintf(all, sizeof all,
        HUB_PEOPLE
        ",%s\"multipart_chunk\":10,\"multipart_threshold\":30,\"repos\":[{\"id\":\"acme/one\"},"
        "{\"id\":\"acme/shut\",\"private\":true,\"files\":{\"w.bin\":{\"fill\":50}}},"
        "{\"id\":\"other/gate\",\"gated\":\"auto\",\"granted\":[\"bob\"],\"files\":{\"w.bin\":"
        "{\"fill\":50},\"t.txt\":\"t\"}}]",
        members);
    hub_start(all);
    return 0;
}

struct upload {
    char bytes[64];
    size_t size;
    char oid[HUB_SHA256];
    struct json *batch;        /* the whole answer */
    const struct json *object; /* its first object */
    const char *href;          /* actions.upload.href, NULL without */
    const struct json *header; /* actions.upload.header */
};

static inline void ask(struct upload *u, const char *transfers, const char *headers)
{
    char body[512];
    snprintf(body, sizeof body,
        "{\"operation\":\"upload\",\"transfers\":%s,\"hash_algo\":\"sha_256\",\"ref\":{\"name\":"
        "\"main\"},"
        "\"objects\":[{\"oid\":\"%s\",\"size\":%zu}]}",
        transfers, u->oid, u->size);
    u->batch = hub_json("POST", BATCH, headers, body, 200);
    u->object = json_first(json_get(u->batch, "objects"));
    const struct json *upload = json_get(json_get(u->object, "actions"), "upload");
    u->href = json_str(upload, "href");
    u->header = json_get(upload, "header");
    assert_string_equal(json_str_or(u->object, "oid", ""), u->oid);
}

static inline struct upload upload_of(size_t size, char fill)
{
    struct upload u = {.size = size};
    memset(u.bytes, fill, size);
    for (size_t i = 0; i < size; i += 3)
        u.bytes[i] = (char)('a' + i % 26);
    assert_int_equal(hub_sha256_hex(u.bytes, size, u.oid), 0);
    return u;
}

static inline int put(
    const char *url, const void *bytes, size_t n, const char *headers, char etag[64])
{
    struct answer a = hub_call_bytes("PUT", hub_target(url), headers, bytes, n);
    int status = a.status;
    etag[0] = '\0';
    answer_header(&a, "ETag", etag, 64);
    answer_release(&a);
    return status;
}

static inline const char *part_url(const struct upload *u, size_t number)
{
    char key[32];
    snprintf(key, sizeof key, "%05zu", number);
    return json_str_or(u->header, key, "");
}

static inline void put_parts(const struct upload *u, char etags[][64])
{
    for (size_t i = 0; i * CHUNK < u->size; i++) {
        size_t left = u->size - i * CHUNK, n = left < CHUNK ? left : CHUNK;
        assert_int_equal(put(part_url(u, i + 1), u->bytes + i * CHUNK, n, NULL, etags[i]), 200);
        assert_int_equal(etags[i][0], '"');
    }
}

/* The completion's body; `flaw` is put in the place of the etag of part `at` (from 1, 0 = none). */
static inline void completion(
    const struct upload *u, char etags[][64], size_t at, const char *flaw, struct buf *out)
{
    buf_printf(out, "{\"oid\":\"%s\",\"parts\":[", u->oid);
    for (size_t i = 0; i * CHUNK < u->size; i++) {
        char quoted[160];
        snprintf(quoted, sizeof quoted, "\\\"%.32s\\\"", etags[i] + 1);
        buf_printf(out, "%s{\"partNumber\":%zu,\"etag\":\"%s\"}", i ? "," : "", i + 1,
            at == i + 1 ? flaw : quoted);
    }
    buf_str_append(out, "]}");
}

static inline void complete(const struct upload *u, char etags[][64], size_t at, const char *flaw,
    int status, const char *part)
{
    struct buf body;
    buf_init(&body, 4096);
    completion(u, etags, at, flaw, &body);
    hub_expect("POST", hub_target(u->href), NULL, buf_str(&body), status, part);
    buf_release(&body);
}

static inline void assert_stored(const struct upload *u, bool stored)
{
    char body[256];
    snprintf(body, sizeof body, "{\"oid\":\"%s\",\"size\":%zu}", u->oid, u->size);
    hub_expect("POST", "/api/models/acme/one/lfs/verify", ADA, body, stored ? 200 : 404, NULL);
}

#endif
