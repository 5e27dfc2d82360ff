/* From upload to answer, over the wire: a model that a client has put on the Hub is deployed, and the
 * worker that loads it is one for a model of that size. */
#include "hub_live.h"

#include "sim/hub_git.h"
#include "sim/runpod.h"

#define REPO   "/api/models/acme/mine-70b"
#define ND     ADA "Content-Type: application/x-ndjson\r\n"
#define JSON   ADA "Content-Type: application/json\r\n"
#define HEADER "{\"key\":\"header\",\"value\":{\"summary\":\"Upload\"}}\n"

/* The world of a scenario that builds on "healthy"; `members` is the rest of it. */
static void play(const char *members)
{
    char path[PATH_MAX], body[PATH_MAX + 32];
    FILE *f = fopen(temp_folder_path(path, &hub.folder, "deploy.json"), "w");
    assert_non_null(f);
    fprintf(f,
        "{\"base\":\"healthy\",\"seed\":7,\"new_endpoint\":{},"
        "\"behaviour\":{\"place_s\":1,\"cached\":1,\"load_s\":20,\"exec_ms\":500},%s}",
        members);
    fclose(f);
    snprintf(body, sizeof body, "{\"scenario\":\"%s\"}", path);
    hub_expect("POST", "/_sim/reset", NOBODY, body, 200, NULL);
}

static int start(void **state)
{
    (void)state;
    hub_start(HUB_PEOPLE);
    play("\"warm_up_s\":0,\"endpoints\":[],\"hub\":{" HUB_PEOPLE "}");
    return 0;
}

/* ---- steps of a client ----------------------------------------------------------------------- */

/* A safetensors file of one tensor. */
static size_t make_weights(unsigned char *out, size_t room)
{
    char head[200];
    enum { NUMBERS = 1024 };
    int n = snprintf(head, sizeof head,
        "{\"w\":{\"dtype\":\"BF16\",\"shape\":[%d],\"data_offsets\":[0,%d]}}", NUMBERS,
        2 * NUMBERS);
    size_t size = 8 + (size_t)n + 2 * NUMBERS;
    assert_true(n > 0 && size <= room);
    memset(out, 0, size);
    out[0] = (unsigned char)n;
    memcpy(out + 8, head, (size_t)n);
    return size;
}

static void upload_weights(void)
{
    unsigned char bytes[4096];
    char oid[HUB_SHA256], body[512];
    size_t n = make_weights(bytes, sizeof bytes);
    assert_int_equal(hub_sha256_hex(bytes, n, oid), 0);
    snprintf(body, sizeof body,
        "{\"operation\":\"upload\",\"transfers\":[\"basic\"],\"hash_algo\":\"sha_256\",\"objects\":"
        "[{\"oid\":\"%s\",\"size\":%zu}]}",
        oid, n);
    struct json *batch =
        hub_json("POST", "/acme/mine-70b.git/info/lfs/objects/batch", ADA, body, 200);
    const struct json *object = json_first(json_get(batch, "objects"));
    const char *href = json_str(json_get(json_get(object, "actions"), "upload"), "href");
    assert_non_null(href);
    struct answer put = hub_call_bytes("PUT", hub_target(href), NOBODY, bytes, n);
    assert_int_equal(put.status, 200);
    answer_release(&put);
    json_free(batch);
    snprintf(body, sizeof body,
        HEADER "{\"key\":\"lfsFile\",\"value\":{\"path\":\"model.safetensors\",\"algo\":"
               "\"sha256\",\"oid\":\"%s\",\"size\":%zu}}\n",
        oid, n);
    hub_expect("POST", REPO "/commit/main", ND, body, 200, "success");
}

static void upload_config(void)
{
    hub_expect("POST", REPO "/commit/main", ND,
        HEADER "{\"key\":\"file\",\"value\":{\"path\":\"config.json\",\"encoding\":\"utf-8\","
               "\"content\":\"{\\\"architectures\\\":[\\\"MistralForCausalLM\\\"],"
               "\\\"num_hidden_layers\\\":2,\\\"num_attention_heads\\\":4,"
               "\\\"hidden_size\\\":64,\\\"max_position_embeddings\\\":768}\"}}\n",
        200, "success");
}

static struct json *runpod_call(enum plane plane, const char *target, const char *body, int status)
{
    int port = server_port(hub.sim->server, plane);
    struct answer a = raw_call(port, "POST", target, JSON, body, strlen(body));
    struct json *j = json_parse(buf_str(&a.body), a.body.len, NULL);
    if (a.status != status || !j)
        fail_msg("%s: %d, not %d: %s", target, a.status, status, buf_str(&a.body));
    answer_release(&a);
    return j;
}

/* An endpoint for the model; its disk would not hold 70 B. */
static void create_endpoint(char id[24])
{
    struct json *j = runpod_call(PLANE_CONTROL, "/v2/serverless",
        "{\"name\":\"mine\",\"type\":\"QUEUE\",\"image\":\"runpod/worker-v1-vllm:v2.12.0\","
        "\"disk\":40,\"env\":{\"MODEL_NAME\":\"acme/mine-70b\"},\"gpu\":{\"pools\":"
        "[\"AMPERE_24\"],\"count\":1},\"workers\":{\"min\":1,\"max\":1},\"scaling\":{\"type\":"
        "\"QUEUE_DELAY\",\"queueDelay\":4}}",
        201);
    snprintf(id, 24, "%s", json_str_or(j, "id", ""));
    json_free(j);
}

/* Whether a worker of the endpoint has printed a line with this in it. */
static bool printed(const char *endpoint, const char *part)
{
    bool found = false;
    sim_lock(hub.sim);
    const struct endpoint *e = endpoint_find(hub.sim, endpoint);
    for (const struct worker *w = e ? e->workers : NULL; w; w = w->next)
        for (size_t i = 0; i < w->log[LOG_CONTAINER].count && !found; i++)
            found = strstr(log_ring_at(&w->log[LOG_CONTAINER], i)->line, part) != NULL;
    sim_unlock(hub.sim);
    return found;
}

static bool answers(const char *endpoint)
{
    char target[128];
    snprintf(target, sizeof target, "/v2/%s/run", endpoint);
    struct json *job = runpod_call(PLANE_DATA, target, "{\"input\":{\"prompt\":\"Hello\"}}", 200);
    snprintf(target, sizeof target, "/v2/%s/status/%s", endpoint, json_str_or(job, "id", ""));
    json_free(job);
    hub_wait(10);
    job = runpod_call(PLANE_DATA, target, "", 200);
    bool done = strcmp(json_str_or(job, "status", ""), "COMPLETED") == 0;
    json_free(job);
    return done;
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void an_uploaded_model_is_served_at_its_own_size(void **state)
{
    (void)state;
    char id[24];
    hub_expect("POST", "/api/repos/create", ADA,
        "{\"name\":\"mine-70b\",\"organization\":\"acme\"}", 200, NULL);
    upload_weights();
    upload_config();
    create_endpoint(id);
    hub_wait(60);
    assert_true(printed(id, "Resolved architecture: MistralForCausalLM"));
    assert_true(printed(id, "Using max model len 768"));
    assert_true(printed(id, "Loading safetensors checkpoint shards: 100% Completed | 1/1"));
    assert_true(printed(id, "Model loading took 0.00 GiB"));
    assert_true(answers(id));
}

/* The endpoint is there first; its worker tries again and again until all is uploaded. */
static void a_worker_comes_up_once_the_upload_is_complete(void **state)
{
    (void)state;
    char id[24];
    hub_expect("POST", "/api/repos/create", ADA,
        "{\"name\":\"mine-70b\",\"organization\":\"acme\",\"private\":true}", 200, NULL);
    create_endpoint(id);
    hub_wait(60);
    assert_true(printed(id, "gated repo")); /* private, and no token */
    hub_expect("PUT", REPO "/settings", JSON, "{\"private\":false}", 200, NULL);
    hub_wait(60);
    assert_true(printed(id, "acme/mine-70b does not appear to have a file named config.json"));
    upload_config();
    hub_wait(60);
    assert_true(printed(id, "Cannot find any model weights with `acme/mine-70b`"));
    assert_false(answers(id));
    upload_weights();
    hub_wait(60);
    assert_true(printed(id, "Model loading took 0.00 GiB"));
    assert_true(answers(id));
}

/* The redirect of the real Hub from an old name leads vLLM to the files, too. */
static void a_moved_model_is_found_by_its_old_name(void **state)
{
    (void)state;
    char id[24];
    hub_expect("POST", "/api/repos/create", ADA,
        "{\"name\":\"mine-70b\",\"organization\":\"acme\"}", 200, NULL);
    upload_weights();
    upload_config();
    hub_expect("POST", "/api/repos/move", ADA,
        "{\"fromRepo\":\"acme/mine-70b\",\"toRepo\":\"acme/renamed\",\"type\":\"model\"}", 200,
        NULL);
    create_endpoint(id);
    hub_wait(60);
    assert_true(printed(id, "Using max model len 768"));
}

/* The Hub is there before the warm-up is played. */
static void an_endpoint_of_the_scenario_knows_the_hub_from_the_beginning(void **state)
{
    (void)state;
    play("\"warm_up_s\":300,\"endpoints\":[{\"id\":\"t1nyt1nyt1ny00\",\"name\":\"tiny\","
         "\"image\":\"runpod/worker-v1-vllm:v2.12.0\",\"disk\":40,"
         "\"env\":{\"MODEL_NAME\":\"acme/tiny-base\"},"
         "\"gpu\":{\"pools\":[\"AMPERE_24\"],\"count\":1},\"workers\":{\"min\":1,\"max\":1}}]");
    assert_true(printed("t1nyt1nyt1ny00", "Using max model len 1024"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            an_uploaded_model_is_served_at_its_own_size, start, hub_end),
        cmocka_unit_test_setup_teardown(
            a_worker_comes_up_once_the_upload_is_complete, start, hub_end),
        cmocka_unit_test_setup_teardown(a_moved_model_is_found_by_its_old_name, start, hub_end),
        cmocka_unit_test_setup_teardown(
            an_endpoint_of_the_scenario_knows_the_hub_from_the_beginning, start, hub_end),
    };
    return cmocka_run_group_tests_name("hub model", tests, NULL, NULL);
}
