/* Accounts, repositories, pages, lists, trees and quotas of the played Hub (spec/huggingface.md §1,
 * §2, §7) over HTTP. */
#include "hub_live.h"
#include "sim/hub_git.h"

static int start(void **state)
{
    (void)state;
    hub_start(HUB_PEOPLE
        ",\"facts_delay_s\":5,\"repos\":["
        "{\"id\":\"acme/chat\",\"likes\":3,\"downloads\":9,\"created_days_ago\":10,\"files\":{"
        "\"README.md\":\"---\\nlicense: mit\\nlibrary_name: transformers\\ntags: [law]\\nlanguage: "
        "de\\n"
        "base_model: "
        "acme/base\\n---\\n\",\"config.json\":{\"json\":{\"architectures\":[\"LlamaForCausalLM\"],"
        "\"model_type\":\"llama\",\"hidden_size\":8,\"intermediate_size\":16,\"num_hidden_layers\":"
        "1,"
        "\"num_attention_heads\":2,\"vocab_size\":10}},\"chat_template.jinja\":\"{{ messages }}\","
        "\"model.safetensors\":{\"weights_of\":\"config.json\"},\"x/y/z.txt\":\"z\",\"x/"
        "a.txt\":\"a\"}},"
        "{\"id\":\"acme/secret\",\"private\":true,\"likes\":5,\"created_days_ago\":5},"
        "{\"id\":\"acme/blocked\",\"disabled\":true},"
        "{\"id\":\"readers/book\",\"private\":true,\"created_days_ago\":3},"
        "{\"id\":\"zed/open\",\"gated\":\"manual\",\"created_days_ago\":1,\"likes\":5},"
        "{\"id\":\"acme/rows\",\"type\":\"dataset\"}]");
    return 0;
}

static int start_small_quota(void **state)
{
    (void)state;
    hub_start(HUB_PEOPLE
        ",\"rate_api\":3,\"rate_window_s\":1000,\"commits_per_hour\":2,\"create_conflicts\":1,"
        "\"repos\":[{\"id\":\"acme/one\"}]");
    return 0;
}

static int start_default(void **state)
{
    (void)state;
    hub_start("\"facts_delay_s\":0");
    return 0;
}

static void assert_str(const struct json *object, const char *key, const char *want)
{
    assert_string_equal(json_str_or(object, key, "(absent)"), want);
}

static bool holds(const struct json *array, const char *word)
{
    for (const struct json *v = json_first(array); v; v = json_next(v))
        if (json_string(v) && strcmp(json_string(v), word) == 0)
            return true;
    return false;
}

/* ---- account --------------------------------------------------------------------------------- */

static void whoami(void **state)
{
    (void)state;
    struct json *j = hub_json("GET", "/api/whoami-v2", ADA, NULL, 200);
    const struct json *token = json_get(json_get(j, "auth"), "accessToken");
    assert_str(j, "name", "ada");
    assert_str(j, "type", "user");
    assert_str(token, "role", "write");
    assert_str(json_first(json_get(j, "orgs")), "name", "acme");
    assert_str(json_first(json_get(j, "orgs")), "roleInOrg", "write");
    assert_int_equal(strlen(json_str_or(j, "id", "")), 24);
    json_free(j);
    j = hub_json("GET", "/api/whoami-v2", READER, NULL, 200);
    assert_str(json_get(json_get(j, "auth"), "accessToken"), "role", "read");
    json_free(j);
    j = hub_json("GET", "/api/whoami-v2", "Authorization: Bearer hf_fine\r\n", NULL, 200);
    token = json_get(json_get(j, "auth"), "accessToken");
    assert_str(token, "role", "fineGrained");
    assert_int_equal(json_count(json_get(json_get(token, "fineGrained"), "scoped")), 1);
    json_free(j);
    hub_expect("GET", "/api/whoami-v2", NOBODY, NULL, 401, NULL);
    hub_expect_header("GET", "/api/whoami-v2", "Authorization: Bearer hf_gone\r\n", 401,
        "X-Error-Message", "Invalid credentials in Authorization header");
}

static void auth_checks(void **state)
{
    (void)state;
    hub_expect("GET", "/api/models/acme/chat/auth-check", NOBODY, NULL, 200, NULL);
    hub_expect("GET", "/api/models/acme/chat/auth-check/write", ADA, NULL, 200, NULL);
    hub_expect("GET", "/api/models/acme/chat/auth-check/write", READER, NULL, 403, NULL);
    hub_expect("GET", "/api/models/acme/chat/auth-check/write", BOB, NULL, 403, NULL);
    hub_expect("GET", "/api/models/acme/chat/auth-check/write", NOBODY, NULL, 401, NULL);
    hub_expect("GET", "/api/models/readers/book/auth-check", ADA, NULL, 200, NULL);
    hub_expect("GET", "/api/models/readers/book/auth-check/write", ADA, NULL, 403, NULL);
    hub_expect_header(
        "GET", "/api/models/zed/open/auth-check", ADA, 403, "X-Error-Code", "GatedRepo");
    hub_expect_header(
        "GET", "/api/models/acme/secret/auth-check", BOB, 404, "X-Error-Code", "RepoNotFound");
    hub_expect(
        "GET", "/api/models/acme/blocked", ADA, NULL, 403, "Access to this resource is disabled.");
}

static void validate_yaml(void **state)
{
    (void)state;
    const char *to = "/api/validate-yaml";
    hub_expect("POST", to, NOBODY,
        "{\"content\":\"---\\nlicense: mit\\n---\\n\",\"repoType\":\"model\"}", 200,
        "{\"errors\":[],\"warnings\":[]}");
    hub_expect("POST", to, NOBODY, "{\"content\":\"# x\",\"repoType\":\"model\"}", 200,
        "empty or missing yaml");
    hub_expect("POST", to, NOBODY,
        "{\"content\":\"---\\ntags: x\\n---\\n\",\"repoType\":\"model\"}", 400,
        "{\"errors\":[{\"message\":\"\\\"tags\\\" must be an array\"}]");
    hub_expect("POST", to, NOBODY, "{\"content\":\"x\",\"repoType\":\"planet\"}", 400, "errors");
    hub_expect("POST", to, NOBODY, "{}", 400, "errors");
    hub_expect("POST", to, NOBODY, "nonsense", 400, "errors");
}

static void request_ids(void **state)
{
    (void)state;
    hub_expect_header(
        "GET", "/api/models", "X-Amzn-Trace-Id: abc-123\r\n", 200, "X-Request-Id", "abc-123");
    struct answer a = hub_call("GET", "/api/models", "X-Amzn-Trace-Id: a b<>\r\n", NULL);
    char id[256] = "";
    assert_true(answer_header(&a, "X-Request-Id", id, sizeof id));
    assert_int_equal(strlen(id), 36);
    answer_release(&a);
}

/* ---- life of a repository -------------------------------------------------------------------- */

static void create(void **state)
{
    (void)state;
    struct json *j = hub_json("POST", "/api/repos/create", ADA,
        "{\"name\":\"new\",\"organization\":\"acme\",\"type\":\"model\",\"visibility\":"
        "\"private\"}",
        200);
    assert_string_equal(hub_target(json_str_or(j, "url", "")), "/acme/new");
    assert_str(j, "name", "acme/new");
    assert_int_equal(strlen(json_str_or(j, "id", "")), 24);
    json_free(j);
    j = hub_json("GET", "/api/models/acme/new", ADA, NULL, 200);
    assert_true(json_bool(j, "private", false));
    assert_int_equal(json_count(json_get(j, "siblings")), 1);
    assert_str(json_first(json_get(j, "siblings")), "rfilename", ".gitattributes");
    json_free(j);
    hub_expect("GET", "/api/models/acme/new/tree/main", ADA, NULL, 200,
        "a6344aac8c09253b3b630fb776ae94478aa0275b");
    j = hub_json(
        "POST", "/api/repos/create", ADA, "{\"name\":\"NEW\",\"organization\":\"acme\"}", 409);
    assert_str(j, "error", "You already created this model repo");
    assert_string_equal(hub_target(json_str_or(j, "url", "")), "/acme/new");
    json_free(j);
    j = hub_json("POST", "/api/repos/create", ADA,
        "{\"name\":\"own\",\"private\":true,\"type\":\"dataset\"}", 200);
    assert_string_equal(hub_target(json_str_or(j, "url", "")), "/datasets/ada/own");
    json_free(j);
}

static void create_with_content(void **state)
{
    (void)state;
    hub_expect("POST", "/api/repos/create", ADA,
        "{\"name\":\"full\",\"license\":\"mit\",\"files\":[{\"path\":\"a.txt\",\"content\":\"YQ=="
        "\",\"encoding\":"
        "\"base64\"}]}",
        200, NULL);
    hub_expect("GET", "/ada/full/resolve/main/a.txt", NOBODY, NULL, 200, "a");
    hub_expect("GET", "/ada/full/resolve/main/README.md", NOBODY, NULL, 200, "license: mit");
    hub_expect("POST", "/api/repos/create", ADA,
        "{\"name\":\"bad\",\"files\":[{\"path\":\"../a\",\"content\":\"\"}]}", 400, NULL);
    hub_expect("GET", "/api/models/ada/bad", ADA, NULL, 404, NULL);
}

static void create_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"{}", "{\"name\":\"a/b\"}", "{\"name\":\"-a\"}",
        "{\"name\":\"a--b\"}", "{\"name\":\"a\",\"type\":\"planet\"}",
        "{\"name\":\"a\",\"visibility\":\"secret\"}", "nonsense"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        hub_expect("POST", "/api/repos/create", ADA, bad[i], 400, "error");
    hub_expect(
        "POST", "/api/repos/create", ADA, "{\"name\":\"a\",\"organization\":\"zed\"}", 403, NULL);
    hub_expect("POST", "/api/repos/create", ADA, "{\"name\":\"a\",\"organization\":\"readers\"}",
        403, NULL);
    hub_expect("POST", "/api/repos/create", READER, "{\"name\":\"a\"}", 403, NULL);
    hub_expect("POST", "/api/repos/create", NOBODY, "{\"name\":\"a\"}", 401, NULL);
}

static void move_and_old_name(void **state)
{
    (void)state;
    hub_expect("POST", "/api/repos/move", ADA,
        "{\"fromRepo\":\"acme/chat\",\"toRepo\":\"ada/talk\",\"type\":\"model\"}", 200, NULL);
    struct json *j = hub_json("GET", "/api/models/acme/chat", ADA, NULL, 200);
    assert_str(j, "id", "ada/talk");
    json_free(j);
    hub_expect_header("GET", "/acme/chat/resolve/main/x/a.txt?q=1", ADA, 307, "Location",
        "/ada/talk/resolve/main/x/a.txt?q=1");
    hub_expect("GET", "/ada/talk/resolve/main/x/a.txt", NOBODY, NULL, 200, "a");
    hub_expect("POST", "/api/repos/move", ADA,
        "{\"fromRepo\":\"ada/talk\",\"toRepo\":\"acme/secret\"}", 409, NULL);
    hub_expect("POST", "/api/repos/move", BOB, "{\"fromRepo\":\"ada/talk\",\"toRepo\":\"bob/x\"}",
        403, NULL);
    hub_expect("POST", "/api/repos/move", ADA, "{\"fromRepo\":\"ada/talk\",\"toRepo\":\"zed/x\"}",
        403, NULL);
    hub_expect("POST", "/api/repos/move", ADA, "{\"fromRepo\":\"ada/talk\"}", 400, NULL);
    /* a new repository takes the old name over */
    hub_expect("POST", "/api/repos/create", ADA, "{\"name\":\"chat\",\"organization\":\"acme\"}",
        200, NULL);
    j = hub_json("GET", "/api/models/acme/chat", ADA, NULL, 200);
    assert_str(j, "id", "acme/chat");
    json_free(j);
}

static void settings_and_delete(void **state)
{
    (void)state;
    const char *to = "/api/models/acme/chat/settings";
    hub_expect("PUT", to, ADA, "{\"visibility\":\"private\"}", 200, NULL);
    hub_expect("GET", "/api/models/acme/chat", NOBODY, NULL, 401, NULL);
    hub_expect("PUT", to, ADA, "{\"private\":false,\"gated\":\"manual\"}", 200, NULL);
    struct json *j = hub_json("GET", "/api/models/acme/chat", NOBODY, NULL, 200);
    assert_str(j, "gated", "manual");
    json_free(j);
    hub_expect("GET", "/acme/chat/resolve/main/x/a.txt", BOB, NULL, 403, NULL);
    hub_expect("PUT", to, ADA, "{\"gated\":false}", 200, NULL);
    hub_expect("GET", "/acme/chat/resolve/main/x/a.txt", BOB, NULL, 200, NULL);
    hub_expect("PUT", to, ADA, "{\"gated\":\"maybe\"}", 400, NULL);
    hub_expect("PUT", to, ADA, "{\"gated\":true}", 400, NULL);
    hub_expect("PUT", to, ADA, "[]", 400, NULL);
    hub_expect("PUT", to, BOB, "{\"visibility\":\"private\"}", 403, NULL);
    const char *which = "{\"name\":\"chat\",\"organization\":\"acme\",\"type\":\"model\"}";
    hub_expect("DELETE", "/api/repos/delete", BOB, which, 403, NULL);
    hub_expect("DELETE", "/api/repos/delete", NOBODY, which, 401, NULL);
    hub_expect("DELETE", "/api/repos/delete", ADA, which, 200, NULL);
    hub_expect("DELETE", "/api/repos/delete", ADA, which, 404, NULL);
    hub_expect("GET", "/api/models/acme/chat", ADA, NULL, 404, "Repository not found");
}

/* ---- pages ----------------------------------------------------------------------------------- */

static void page(void **state)
{
    (void)state;
    struct json *j = hub_json("GET", "/api/models/acme/chat?blobs=true", NOBODY, NULL, 200);
    const struct json *tags = json_get(j, "tags"), *s = json_first(json_get(j, "siblings"));
    assert_str(j, "pipeline_tag", "text-generation"); /* from the architecture */
    assert_str(j, "library_name", "transformers");
    assert_str(j, "author", "acme");
    assert_true(holds(tags, "conversational"));
    assert_true(holds(tags, "law"));
    assert_true(holds(tags, "de"));
    assert_true(holds(tags, "base_model:finetune:acme/base"));
    assert_true(holds(tags, "license:mit"));
    assert_str(json_get(j, "cardData"), "license", "mit");
    assert_str(json_get(j, "config"), "model_type", "llama");
    assert_str(json_get(j, "transformersInfo"), "auto_model", "AutoModelForCausalLM");
    /* 2·10·8 embeddings, 2·8 + 4·8·8 + 3·8·16 in the layer, 8 at its end */
    assert_int_equal(json_int(json_get(j, "safetensors"), "total", 0), 824);
    assert_int_equal(json_int(json_get(json_get(j, "safetensors"), "parameters"), "BF16", 0), 824);
    for (; s && strcmp(json_str_or(s, "rfilename", ""), "model.safetensors") != 0; s = json_next(s))
        ;
    assert_int_equal(strlen(json_str_or(json_get(s, "lfs"), "sha256", "")), 64);
    assert_int_equal(strlen(json_str_or(s, "blobId", "")), 40);
    assert_true(json_int(j, "usedStorage", 0) == json_int(s, "size", -1));
    json_free(j);
    j = hub_json("GET",
        "/api/models/acme/chat/revision/HEAD?expand=likes&expand%5B%5D=tags&expand=none", NOBODY,
        NULL, 200);
    assert_int_equal(json_count(j), 4); /* _id and id come along */
    assert_int_equal(json_int(j, "likes", 0), 3);
    json_free(j);
    hub_expect_header("GET", "/api/models/acme/chat/revision/nope", NOBODY, 404, "X-Error-Code",
        "RevisionNotFound");
    hub_expect("GET", "/api/planets/acme/chat", NOBODY, NULL, 401, NULL);
    hub_expect("GET", "/api/datasets/acme/rows", NOBODY, NULL, 200, "acme/rows");
    hub_expect("GET", "/api/models/acme/rows", ADA, NULL, 404, NULL);
}

static void facts_come_later(void **state)
{
    (void)state;
    hub_expect("POST", "/api/models/acme/chat/commit/main", ADA,
        "{\"key\":\"header\",\"value\":{\"summary\":\"x\"}}\n{\"key\":\"file\",\"value\":{\"path\":"
        "\"README.md\","
        "\"content\":\"---\\npipeline_tag: summarization\\nlibrary_name: peft\\n---\\n\"}}\n",
        200, NULL);
    struct json *j = hub_json("GET", "/api/models/acme/chat", NOBODY, NULL, 200);
    assert_str(j, "pipeline_tag", "text-generation");
    json_free(j);
    hub_wait(6);
    j = hub_json("GET", "/api/models/acme/chat", NOBODY, NULL, 200);
    assert_str(j, "pipeline_tag", "summarization");
    assert_str(j, "library_name", "peft");
    json_free(j);
    hub_expect("POST", "/api/repos/create", ADA, "{\"name\":\"young\"}", 200, NULL);
    j = hub_json("GET", "/api/models/ada/young", NOBODY, NULL, 200);
    assert_int_equal(json_count(json_get(j, "tags")), 0);
    assert_null(json_get(j, "pipeline_tag"));
    json_free(j);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void assert_list(const char *query, const char *headers, const char *want)
{
    char target[256];
    struct buf got;
    buf_init(&got, 4096);
    snprintf(target, sizeof target, "/api/models?%s", query);
    struct json *j = hub_json("GET", target, headers, NULL, 200);
    for (const struct json *m = json_first(j); m; m = json_next(m))
        buf_printf(&got, "%s ", json_str_or(m, "id", "?"));
    if (strcmp(buf_str(&got), want) != 0)
        fail_msg("%s: %s", query, buf_str(&got));
    json_free(j);
    buf_release(&got);
}

static void lists(void **state)
{
    (void)state;
    assert_list("", NOBODY, "zed/open acme/chat ");
    assert_list("author=acme", ADA, "acme/secret acme/chat ");
    assert_list("author=ac", ADA, "");
    assert_list("search=CHA", ADA, "acme/chat ");
    assert_list("pipeline_tag=text-generation", ADA, "acme/chat ");
    assert_list("filter=law&filter=de", ADA, "acme/chat ");
    assert_list("filter=law,fr", ADA, "");
    assert_list("sort=likes", ADA, "acme/secret zed/open acme/chat readers/book ");
    assert_list("sort=id", ADA, "acme/chat acme/secret readers/book zed/open ");
    assert_list("sort=createdAt", BOB, "zed/open acme/chat ");
}

static void list_pages(void **state)
{
    (void)state;
    char target[1024] = "/api/models?sort=id&limit=2&cursor=0", link[1024];
    size_t pages = 0, entries = 0;
    for (bool more = true; more; pages++) {
        struct answer a = hub_call("GET", target, ADA, NULL);
        struct json *j = json_parse(buf_str(&a.body), a.body.len, NULL);
        entries += json_count(j);
        more = answer_header(&a, "Link", link, sizeof link);
        if (more) {
            *strchr(link, '>') = '\0';
            snprintf(target, sizeof target, "%s", hub_target(link + 1));
        }
        json_free(j);
        answer_release(&a);
    }
    assert_int_equal(pages, 2);
    assert_int_equal(entries, 4);
}

/* ---- trees ----------------------------------------------------------------------------------- */

static void assert_tree(const char *target, const char *want)
{
    struct buf got;
    buf_init(&got, 4096);
    struct json *j = hub_json("GET", target, ADA, NULL, 200);
    for (const struct json *e = json_first(j); e; e = json_next(e))
        buf_printf(&got, "%s%s ", json_str_or(e, "path", "?"),
            strcmp(json_str_or(e, "type", ""), "directory") == 0 ? "/" : "");
    if (strcmp(buf_str(&got), want) != 0)
        fail_msg("%s: %s", target, buf_str(&got));
    json_free(j);
    buf_release(&got);
}

static void trees(void **state)
{
    (void)state;
    const char *base = "/api/models/acme/chat";
    char target[256];
    assert_tree("/api/models/acme/chat/tree/main",
        ".gitattributes README.md chat_template.jinja config.json model.safetensors x/ ");
    assert_tree("/api/models/acme/chat/tree/main/x", "x/a.txt x/y/ ");
    assert_tree("/api/models/acme/chat/tree/main/x?recursive=True", "x/a.txt x/y/ x/y/z.txt ");
    assert_tree("/api/models/acme/chat/tree/refs%2Fheads%2Fmain/x/y?recursive=1", "x/y/z.txt ");
    assert_tree(
        "/api/models/acme/chat/tree/main?recursive=true&cursor=5&limit=3", "x/ x/a.txt x/y/ ");
    snprintf(target, sizeof target, "%s/tree/main/x/a", base);
    hub_expect_header("GET", target, ADA, 404, "X-Error-Code", "EntryNotFound");
    hub_expect("POST", "/api/models/acme/chat/paths-info/main",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "paths=x%2Fy&paths=x/a.txt&paths=no&expand=False", 200, "\"path\":\"x/a.txt\"");
    hub_expect("GET", "/api/models/acme/chat/treesize/main/x", ADA, NULL, 200,
        "{\"path\":\"x\",\"size\":2}");
    hub_expect("GET", "/api/models/acme/chat/treesize/main/no", ADA, NULL, 404, NULL);
}

/* ---- refs ------------------------------------------------------------------------------------ */

static void refs(void **state)
{
    (void)state;
    const char *base = "/api/models/acme/chat";
    char target[256];
    snprintf(target, sizeof target, "%s/branch/feature%%2Fx", base);
    hub_expect("POST", target, ADA, "{\"startingPoint\":\"main\"}", 200, NULL);
    hub_expect("POST", target, ADA, "{}", 409, "Reference already exists");
    hub_expect("POST", target, ADA, "{\"overwrite\":true}", 200, NULL);
    hub_expect("POST", target, BOB, "{}", 403, NULL);
    hub_expect("POST", "/api/models/acme/chat/branch/a..b", ADA, "{}", 400, NULL);
    hub_expect(
        "POST", "/api/models/acme/chat/branch/b", ADA, "{\"startingPoint\":\"no\"}", 404, NULL);
    hub_expect("POST", "/api/models/acme/chat/tag/main", ADA, "{\"tag\":\"v1\"}", 200, NULL);
    struct json *j = hub_json("GET", "/api/models/acme/chat/refs", NOBODY, NULL, 200);
    assert_int_equal(json_count(json_get(j, "branches")), 2);
    assert_str(json_at(json_get(j, "branches"), 1), "ref", "refs/heads/feature/x");
    assert_str(json_first(json_get(j, "tags")), "name", "v1");
    json_free(j);
    hub_expect("GET", "/api/models/acme/chat/tree/v1", NOBODY, NULL, 200, NULL);
    hub_expect("GET", "/api/models/acme/chat/tree/feature/x", NOBODY, NULL, 200, "README.md");
    hub_expect("DELETE", target, ADA, NULL, 200, NULL);
    hub_expect("DELETE", target, ADA, NULL, 404, NULL);
    hub_expect("DELETE", "/api/models/acme/chat/branch/main", ADA, NULL, 403, NULL);
    hub_expect("DELETE", "/api/models/acme/chat/tag/v1", ADA, NULL, 200, NULL);
    struct answer a = hub_call("GET", "/api/models/acme/chat/commits/main?limit=1", NOBODY, NULL);
    char total[16] = "", link[512];
    assert_true(answer_header(&a, "X-Total-Count", total, sizeof total));
    assert_string_equal(total, "2");
    assert_true(answer_header(&a, "Link", link, sizeof link));
    *strchr(link, '>') = '\0';
    hub_expect("GET", hub_target(link + 1), NOBODY, NULL, 200, "\"title\":\"initial commit\"");
    answer_release(&a);
}

/* ---- quotas ---------------------------------------------------------------------------------- */

static void api_quota(void **state)
{
    (void)state;
    char value[128] = "";
    struct answer a = hub_call("GET", "/api/models", ADA, NULL);
    assert_true(answer_header(&a, "RateLimit", value, sizeof value));
    assert_int_equal(strncmp(value, "\"api\";r=2;t=", 12), 0);
    assert_true(answer_header(&a, "RateLimit-Policy", value, sizeof value));
    assert_string_equal(value, "\"fixed window\";\"api\";q=3;w=1000");
    answer_release(&a);
    hub_expect("GET", "/api/models", ADA, NULL, 200, NULL);
    hub_expect("GET", "/api/models", ADA, NULL, 200, NULL);
    a = hub_call("GET", "/api/models", ADA, NULL);
    assert_int_equal(a.status, 429);
    assert_true(answer_header(&a, "RateLimit", value, sizeof value));
    assert_int_equal(strncmp(value, "\"api\";r=0;t=", 12), 0);
    answer_release(&a);
    hub_expect("GET", "/api/models", BOB, NULL, 200, NULL); /* another account */
    hub_expect(
        "GET", "/acme/one/resolve/main/.gitattributes", ADA, NULL, 200, NULL); /* another bucket */
}

static void commit_quota(void **state)
{
    (void)state;
    const char *to = "/api/models/acme/one/commit/main",
               *line = "{\"key\":\"header\",\"value\":{\"summary\":\"x\"}}\n";
    hub_expect("POST", to, ADA, line, 200, NULL);
    hub_expect("POST", to, ADA, line, 200, NULL);
    struct answer a = hub_call("POST", to, ADA, line);
    assert_int_equal(a.status, 429);
    assert_non_null(strstr(buf_str(&a.body), "repository commits (2 per hour)"));
    answer_release(&a);
}

static void conflicting_creation(void **state)
{
    (void)state;
    hub_expect("POST", "/api/repos/create", ADA, "{\"name\":\"x\"}", 409,
        "Cannot create repo: another conflicting operation is in progress");
    hub_expect("POST", "/api/repos/create", ADA, "{\"name\":\"x\"}", 200, NULL);
}

/* ---- the default world ----------------------------------------------------------------------- */

static void default_world(void **state)
{
    (void)state;
    struct json *j = hub_json("GET", "/api/models/acme/tiny-base", NOBODY, NULL, 200);
    assert_str(j, "pipeline_tag", "text-generation");
    assert_true(holds(json_get(j, "tags"), "conversational"));
    assert_int_equal(json_int(json_get(j, "safetensors"), "total", 0), 1250432);
    json_free(j);
    hub_expect(
        "GET", "/acme/tiny-base/resolve/main/tokenizer.json", NOBODY, NULL, 200, "\"model\"");
    hub_expect(
        "GET", "/meridian/meridian-1b/resolve/main/config.json", ADA, NULL, 403, "restricted");
    hub_expect(
        "GET", "/api/whoami-v2", "Authorization: Bearer hf_anything\r\n", NULL, 200, "\"ada\"");
    hub_expect("GET", "/api/whoami-v2", "Authorization: Bearer hf_readonly\r\n", NULL, 200,
        "\"role\":\"read\"");
    hub_expect(
        "POST", "/api/repos/create", ADA, "{\"name\":\"x\",\"organization\":\"acme\"}", 200, NULL);
    j = hub_json("GET", "/_sim/state", NOBODY, NULL, 200);
    const struct json *repos = json_get(json_get(j, "hub"), "repos");
    assert_int_equal(json_count(repos), 3);
    assert_str(json_first(repos), "id", "acme/x");
    assert_int_equal(json_count(json_get(json_first(repos), "files")), 1);
    json_free(j);
}

/* The same world again: what was made is gone, also on disk, and what was there is back. */
static void reset(void **state)
{
    (void)state;
    hub_expect("POST", "/api/repos/create", ADA, "{\"name\":\"x\"}", 200, NULL);
    hub_expect("DELETE", "/api/repos/delete", ADA, "{\"name\":\"chat\",\"organization\":\"acme\"}",
        200, NULL);
    struct json *before = hub_json("GET", "/api/models/zed/open", ADA, NULL, 200);
    hub_expect("POST", "/_sim/reset", NOBODY, "{}", 200, NULL);
    hub_expect("GET", "/api/models/ada/x", ADA, NULL, 404, NULL);
    hub_expect("GET", "/acme/chat/resolve/main/x/a.txt", NOBODY, NULL, 200, "a");
    struct json *after = hub_json("GET", "/api/models/zed/open", ADA, NULL, 200);
    assert_string_equal(json_str_or(before, "_id", "?"), json_str_or(after, "_id", "!"));
    json_free(before);
    json_free(after);
}

static void empty_files(void **state)
{
    (void)state;
    hub_expect("POST", "/api/models/acme/chat/commit/main", ADA,
        "{\"key\":\"header\",\"value\":{\"summary\":\"x\"}}\n"
        "{\"key\":\"file\",\"value\":{\"path\":\"none.bin\",\"content\":\"\"}}\n",
        200, NULL);
    hub_expect_header(
        "GET", "/acme/chat/resolve/main/none.bin", NOBODY, 200, "Content-Length", "0");
    hub_expect_header(
        "HEAD", "/acme/chat/resolve/main/none.bin", NOBODY, 200, "Content-Length", "0");
    hub_expect_header(
        "HEAD", "/acme/chat/resolve/main/x/a.txt", NOBODY, 200, "Content-Length", "1");
}

static void bad_scenarios(void **state)
{
    (void)state;
    static const char *const bad[] = {"[{\"id\":\"nope\"}]",
        "[{\"id\":\"a/b\",\"type\":\"planet\"}]", "[{\"id\":\"a/b\"},{\"id\":\"a/b\"}]",
        "[{\"id\":\"a/b\",\"files\":{\"../x\":\"y\"}}]",
        "[{\"id\":\"a/b\",\"files\":{\"x\":{\"wrong\":1}}}]",
        "[{\"id\":\"a/b\",\"files\":{\"x\":{\"fill\":-1}}}]",
        "[{\"id\":\"a/b\",\"files\":{\"x\":{\"base64\":\"?\"}}}]",
        "[{\"id\":\"a/b\",\"files\":{\"m.safetensors\":{\"weights_of\":\"config.json\"}}}]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        void *folder = NULL;
        char path[PATH_MAX];
        struct err e;
        assert_int_equal(temp_folder_make(&folder), 0);
        FILE *f = fopen(temp_folder_path(path, &folder, "bad.json"), "w");
        assert_non_null(f);
        fprintf(f, "{\"hub\":{\"repos\":%s}}", bad[i]);
        fclose(f);
        setenv("TMPDIR", folder, 1);
        struct sim *s = sim_new(path, 0, &e);
        if (s)
            fail_msg("%s is played", bad[i]);
        assert_int_equal(e.class, ERR_INPUT);
        unsetenv("TMPDIR");
        temp_folder_remove(&folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whoami, start, hub_end),
        cmocka_unit_test_setup_teardown(auth_checks, start, hub_end),
        cmocka_unit_test_setup_teardown(validate_yaml, start, hub_end),
        cmocka_unit_test_setup_teardown(request_ids, start, hub_end),
        cmocka_unit_test_setup_teardown(create, start, hub_end),
        cmocka_unit_test_setup_teardown(create_with_content, start, hub_end),
        cmocka_unit_test_setup_teardown(create_refused, start, hub_end),
        cmocka_unit_test_setup_teardown(move_and_old_name, start, hub_end),
        cmocka_unit_test_setup_teardown(settings_and_delete, start, hub_end),
        cmocka_unit_test_setup_teardown(page, start, hub_end),
        cmocka_unit_test_setup_teardown(facts_come_later, start, hub_end),
        cmocka_unit_test_setup_teardown(lists, start, hub_end),
        cmocka_unit_test_setup_teardown(list_pages, start, hub_end),
        cmocka_unit_test_setup_teardown(trees, start, hub_end),
        cmocka_unit_test_setup_teardown(refs, start, hub_end),
        cmocka_unit_test_setup_teardown(api_quota, start_small_quota, hub_end),
        cmocka_unit_test_setup_teardown(commit_quota, start_small_quota, hub_end),
        cmocka_unit_test_setup_teardown(conflicting_creation, start_small_quota, hub_end),
        cmocka_unit_test_setup_teardown(default_world, start_default, hub_end),
        cmocka_unit_test_setup_teardown(reset, start, hub_end),
        cmocka_unit_test_setup_teardown(empty_files, start, hub_end),
        cmocka_unit_test(bad_scenarios),
    };
    return cmocka_run_group_tests_name("hub_repo", tests, NULL, NULL);
}
