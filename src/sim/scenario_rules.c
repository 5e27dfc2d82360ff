/* scenario_rules: the tables of scenarios/README.md, one an object.
 *
 * Bounds are there where a number would not fit into what is computed with it, or where it can
 * only be a slip (a share above 1). What names another thing (an endpoint, a base) is looked up
 * where the world is set up. */
#include "sim/scenario_check.h"
#include "sim/sim.h"

#define NUMBER(n, low, high)                                                                       \
    {                                                                                              \
        .name = (n), .kind = RULE_NUMBER, .least = (low), .most = (high)                           \
    }
#define WHOLE(n, low, high)                                                                        \
    {                                                                                              \
        .name = (n), .kind = RULE_WHOLE, .least = (low), .most = (high)                            \
    }
#define COUNT(n)   WHOLE(n, 0, 1e9)
#define SHARE(n)   NUMBER(n, 0, 1)
#define SECONDS(n) NUMBER(n, 0, 1e9)
#define TIME(n)    NUMBER(n, -1e9, 1e9)
#define DAYS(n)    NUMBER(n, 0, 36500)
#define MONEY(n)   NUMBER(n, -1e9, 1e9)
#define ANY(n)                                                                                     \
    {                                                                                              \
        .name = (n), .kind = RULE_ANY                                                              \
    }
#define STRING(n)                                                                                  \
    {                                                                                              \
        .name = (n), .kind = RULE_TEXT                                                             \
    }
#define WORD(n, list)                                                                              \
    {                                                                                              \
        .name = (n), .kind = RULE_TEXT, .words = (list)                                            \
    }
#define FLAG(n)                                                                                    \
    {                                                                                              \
        .name = (n), .kind = RULE_FLAG                                                             \
    }
#define DRAW(n)                                                                                    \
    {                                                                                              \
        .name = (n), .kind = RULE_DRAW                                                             \
    }
#define OBJECT(n, table)                                                                           \
    {                                                                                              \
        .name = (n), .kind = RULE_OBJECT, .members = (table)                                       \
    }
#define LIST(n, each)                                                                              \
    {                                                                                              \
        .name = (n), .kind = RULE_LIST, .item = (each)                                             \
    }
#define MAP(n, each)                                                                               \
    {                                                                                              \
        .name = (n), .kind = RULE_MAP, .item = (each)                                              \
    }
#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

static const struct rule any = ANY(NULL), text = STRING(NULL), share = SHARE(NULL);
static const struct rule object = OBJECT(NULL, NULL);

/* ---- stock, models, images ------------------------------------------------------------------- */

static const char *const levels[] = {"NONE", "LOW", "MEDIUM", "HIGH", NULL};
static const struct rule level = WORD(NULL, levels);
static const struct rule level_map = MAP(NULL, &level);

static const struct rule stock[] = {
    WORD("default", levels),
    MAP("pools", &level),
    MAP("types", &level),
    MAP("data_centers", &level_map),
    MAP("cuda", &share),
    END,
};

static const struct rule model_members[] = {
    NUMBER("weights_gib", 0, 1e6),
    NUMBER("kv_kib", 0, 1e6),
    COUNT("max_len"),
    WHOLE("shards", 0, 10000),
    STRING("architecture"),
    NUMBER("billions", 0, 1e6),
    FLAG("gated"),
    FLAG("missing"),
    END,
};
static const struct rule model = OBJECT(NULL, model_members);

static const struct rule image_members[] = {
    NUMBER("gb", 0, 1e6),
    STRING("cuda"),
    FLAG("missing"),
    FLAG("private"),
    FLAG("arm64"),
    END,
};
static const struct rule image = OBJECT(NULL, image_members);

/* ---- troubles and behaviour ------------------------------------------------------------------ */

static const char *const phases[] = {"place", "pull", "create", "load", "serve", "job", NULL};

static const struct rule error_members[] = {STRING("type"), STRING("message"), END};
static const struct rule job_error = {
    .kind = RULE_OBJECT, .flags = RULE_OR_TEXT, .members = error_members};

static const struct rule line_members[] = {
    STRING("text"), STRING("source"), SECONDS("after_s"), STRING("generation"), END};
static const struct rule line = {
    .kind = RULE_OBJECT, .flags = RULE_OR_TEXT, .members = line_members};

static const struct rule failure_members[] = {STRING("phase"), STRING("reason"), END};

static const struct rule trouble_members[] = {
    STRING("name"),
    {.name = "phase", .kind = RULE_TEXT, .flags = RULE_REQUIRED, .words = phases},
    MAP("when", &any),
    SHARE("chance"),
    DRAW("at_s"),
    SHARE("at"),
    FLAG("startup"),
    LIST("lines", &line),
    DRAW("restart_s"),
    COUNT("unhealthy_after"),
    FLAG("hangs"),
    FLAG("takes_jobs"),
    FLAG("passes"),
    FLAG("listed"),
    FLAG("throttled"),
    {.name = "error", .kind = RULE_OBJECT, .flags = RULE_OR_TEXT, .members = error_members},
    OBJECT("model_failure", failure_members),
    END,
};
static const struct rule trouble = OBJECT(NULL, trouble_members);

static const struct rule throttle_members[] = {SHARE("chance"), DRAW("s"), END};
static const struct rule throttle = OBJECT(NULL, throttle_members);
static const struct rule start_members[] = {SHARE("at"), STRING("text"), END};
static const struct rule start_line = OBJECT(NULL, start_members);
static const struct rule ghost[] = {COUNT("initializing"), COUNT("ready"), COUNT("running"), END};
static const struct rule length = COUNT(NULL);

static const struct rule behaviour[] = {
    DRAW("place_s"),
    MAP("throttle", &throttle),
    SHARE("cached"),
    DRAW("pull_s"),
    DRAW("load_s"),
    DRAW("wake_s"),
    DRAW("parked_s"),
    COUNT("concurrency"),
    DRAW("exec_ms"),
    SHARE("fail_rate"),
    LIST("fail_errors", &job_error),
    SHARE("hang_rate"),
    DRAW("reject_s"),
    COUNT("job_retries"),
    STRING("answer"),
    LIST("answer_tokens", &length),
    LIST("startup", &start_line),
    LIST("stopping", &line),
    ANY("one_worker"),
    OBJECT("ghost", ghost),
    LIST("troubles", &trouble),
    END,
};

/* ---- traffic --------------------------------------------------------------------------------- */

static const struct rule policy[] = {
    WHOLE("executionTimeout", 0, 1e12), WHOLE("ttl", 0, 1e12), FLAG("lowPriority"), END};

static const struct rule request_members[] = {
    COUNT("count"),
    NUMBER("weight", 0, 1e9),
    FLAG("sync"),
    OBJECT("policy", policy),
    LIST("prompts", &any),
    END,
};
static const struct rule request = OBJECT(NULL, request_members);
static const struct rule factor = NUMBER(NULL, 0, 1e9);

static const struct rule traffic[] = {
    NUMBER("per_hour", 0, 1e9),
    LIST("curve", &factor),
    NUMBER("hour_at_start", -1e6, 1e6),
    TIME("from_s"),
    TIME("until_s"),
    LIST("requests", &request),
    LIST("prompts", &any),
    END,
};

/* ---- endpoints ------------------------------------------------------------------------------- */

static const char *const types[] = {"QUEUE", "LOAD_BALANCER", NULL};
static const char *const flashboots[] = {"OFF", "FLASHBOOT", "PRIORITY_FLASHBOOT", NULL};
static const char *const scalers[] = {"QUEUE_DELAY", "REQUEST_COUNT", NULL};

static const struct rule workers[] = {
    WHOLE("min", 0, 10000), WHOLE("max", 0, 10000), WHOLE("idleTimeout", 1, 3600), END};

static const struct rule gpu[] = {
    LIST("pools", &text),
    LIST("excludedTypes", &text),
    WHOLE("count", 1, 64),
    LIST("allowedCudaVersions", &text),
    {.name = "minCudaVersion", .kind = RULE_TEXT, .flags = RULE_NULLABLE},
    END,
};

static const struct rule cpu_members[] = {STRING("id"), WHOLE("vcpuCount", 1, 1024), END};
static const struct rule cpu = OBJECT(NULL, cpu_members);

static const struct rule scaling[] = {
    WORD("type", scalers), NUMBER("queueDelay", 0.5, 1e6), WHOLE("requestCount", 1, 1e6), END};

/* What a create body and a PATCH have in common. */
static const struct rule settings[] = {
    STRING("name"),
    STRING("image"),
    STRING("args"),
    LIST("entrypoint", &text),
    LIST("cmd", &text),
    WHOLE("disk", 1, 100000),
    MAP("env", &text),
    LIST("ports", &text),
    {.name = "registry", .kind = RULE_TEXT, .flags = RULE_NULLABLE},
    OBJECT("workers", workers),
    OBJECT("gpu", gpu),
    LIST("cpu", &cpu),
    OBJECT("scaling", scaling),
    WHOLE("timeout", 0, 1e12),
    WORD("flashboot", flashboots),
    LIST("dataCenterIds", &text),
    LIST("networkVolumes", &any),
    END,
};

static const struct rule release_members[] = {
    DAYS("days_ago"), STRING("source"), LIST("diff", &object), END};
static const struct rule release = OBJECT(NULL, release_members);
static const struct rule history[] = {
    NUMBER("days", 0, 3660), STRING("gpu"), SECONDS("seconds_per_request"), END};

static const struct rule endpoint_members[] = {
    STRING("id"),
    STRING("like"),
    WORD("type", types),
    {.name = "*", .kind = RULE_ALSO, .members = settings},
    OBJECT("behaviour", behaviour),
    OBJECT("traffic", traffic),
    DAYS("created_days_ago"),
    DAYS("last_request_days_ago"),
    COUNT("version"),
    LIST("releases", &release),
    COUNT("completed"),
    COUNT("failed"),
    COUNT("retried"),
    OBJECT("history", history),
    STRING("template_id"),
    OBJECT("extra", NULL),
    END,
};
static const struct rule endpoint = {
    .kind = RULE_OBJECT, .flags = RULE_NULLS, .members = endpoint_members};

/* ---- timeline -------------------------------------------------------------------------------- */

static const struct rule play_members[] = {
    STRING("endpoint"),
    OBJECT("submit", request_members),
    {.name = "set", .kind = RULE_OBJECT, .flags = RULE_CLOSED, .members = settings},
    FLAG("purge"),
    FLAG("cancel_running"),
    STRING("cancel"),
    {.name = "traffic", .kind = RULE_OBJECT, .flags = RULE_NULLABLE, .members = traffic},
    {.name = "behaviour", .kind = RULE_OBJECT, .flags = RULE_NULLABLE, .members = behaviour},
    OBJECT("stock", stock),
    MONEY("balance"),
    NUMBER("spend_limit", 0, 1e9),
    END,
};
static const struct rule entry_members[] = {
    {.name = "at_s", .kind = RULE_NUMBER, .flags = RULE_REQUIRED, .least = -1e9, .most = 1e9},
    {.name = "*", .kind = RULE_ALSO, .members = play_members},
    END,
};
static const struct rule entry = OBJECT(NULL, entry_members);

/* ---- what a triage has to find ----------------------------------------------------------------- */

static const char *const verdicts[] = {"healthy", "waiting", "stuck", "unknown", NULL};

static const struct rule sent_members[] = {
    OBJECT("input", NULL), OBJECT("policy", policy), FLAG("sync"), END};

static const struct rule expect_members[] = {
    {.name = "endpoint", .kind = RULE_TEXT, .flags = RULE_REQUIRED},
    WORD("verdict", verdicts),
    LIST("or", &text),
    STRING("id"),
    LIST("also", &text),
    {.name = "cured_by", .kind = RULE_OBJECT, .flags = RULE_CLOSED, .members = settings},
    {.name = "cured_by_then", .kind = RULE_OBJECT, .flags = RULE_CLOSED, .members = settings},
    OBJECT("cured_by_play", play_members),
    FLAG("cured_by_time"),
    OBJECT("send", sent_members),
    OBJECT("then_play", play_members),
    STRING("job"),
    STRING("why"),
    COUNT("http"),
    END,
};
static const struct rule expectation = OBJECT(NULL, expect_members);

/* ---- the Hub (hub.h) ------------------------------------------------------------------------- */

static const struct rule repo_members[] = {
    STRING("id"),
    STRING("type"),
    FLAG("private"),
    FLAG("disabled"),
    LIST("granted", &text),
    COUNT("likes"),
    COUNT("downloads"),
    STRING("author"),
    STRING("commit"),
    MAP("files", &any),
    END,
};
static const struct rule repo = OBJECT(NULL, repo_members);

static const struct rule hub[] = {
    LIST("repos", &repo),
    LIST("users", &object),
    LIST("tokens", &object),
    COUNT("rate_api"),
    COUNT("rate_resolvers"),
    COUNT("rate_window_s"),
    COUNT("commits_per_hour"),
    SECONDS("facts_delay_s"),
    WHOLE("multipart_chunk", 1, 1e12),
    WHOLE("multipart_threshold", 0, 1e12),
    COUNT("url_seconds"),
    STRING("storage_host"),
    COUNT("tree_page"),
    COUNT("create_conflicts"),
    END,
};

/* ---- all of it ------------------------------------------------------------------------------- */

static const struct rule account[] = {
    MONEY("balance"),
    NUMBER("spend_limit", 0, 1e9),
    COUNT("worker_quota"),
    SECONDS("billing_lag_s"),
    END,
};
static const struct rule rate[] = {COUNT("minute"), COUNT("hour"), END};

static const struct rule row_members[] = {STRING("id"), END};
static const struct rule row = OBJECT(NULL, row_members);
static const struct rule pod_members[] = {
    STRING("id"), NUMBER("cost", 0, 1e6), STRING("status"), END};
static const struct rule pod = OBJECT(NULL, pod_members);

static const struct rule top[] = {
    WHOLE("seed", -9e15, 9e15),
    STRING("start"),
    NUMBER("speed", 0, SIM_SPEED_MAX),
    STRING("about"),
    STRING("base"),
    NUMBER("warm_up_s", 0, 366.0 * 24 * 3600),
    OBJECT("account", account),
    OBJECT("rate", rate),
    OBJECT("stock", stock),
    MAP("models", &model),
    MAP("images", &image),
    OBJECT("behaviour", behaviour),
    OBJECT("new_endpoint", behaviour),
    LIST("troubles", &trouble),
    LIST("endpoints", &endpoint),
    LIST("templates", &row),
    LIST("pods", &pod),
    LIST("network_volumes", &row),
    LIST("registries", &row),
    LIST("secrets", &row),
    LIST("timeline", &entry),
    LIST("expect", &expectation),
    OBJECT("hub", hub),
    FLAG("log_crlf"),
    LIST("unpublished_images", &text),
    LIST("unchecked_images", &text),
    END,
};

const struct rule scenario_rule = OBJECT(NULL, top);
const struct rule scenario_play_rule = OBJECT(NULL, play_members);
