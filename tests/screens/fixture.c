/* The day of screens.md as messages. Records lie in static memory, shallow copies of them in each
 * message's arena: the store borrows, and never frees what an arena does not hold. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };
enum { WAITED = 860000 };                  /* since when a queue waits */
static const int64_t NOON = 1795442551000; /* 2026-11-23T14:02:31Z */

/* ---- life ------------------------------------------------------------------------------------------ */

static void host_act(void *arg, const struct intent *intent)
{
    struct fixture *f = arg;
    assert_true(f->intent_count < FIXTURE_INTENTS);
    struct fixture_intent *kept = &f->intents[f->intent_count++];
    *kept = (struct fixture_intent){.action = intent->action, .place = intent->place};
    snprintf(kept->id, sizeof kept->id, "%s", intent->id);
    snprintf(kept->text, sizeof kept->text, "%.*s", (int)intent->text.len,
        intent->text.s ? intent->text.s : "");
    size_t used = 0;
    for (size_t i = 0; i < intent->value_count && used < sizeof kept->values; i++)
        used += (size_t)snprintf(kept->values + used, sizeof kept->values - used, "%s=%.*s ",
            intent->values[i].name, (int)intent->values[i].value.len, intent->values[i].value.s);
    struct buf asked;
    buf_init(&asked, sizeof kept->asked - 1);
    if (intent->asked && !json_print(intent->asked, &asked))
        snprintf(kept->asked, sizeof kept->asked, "%s", buf_str(&asked));
    buf_release(&asked);
}

static size_t host_complete(void *arg, enum completion what, struct text typed, struct arena *a,
    struct text *out, size_t max)
{
    static const struct text repos[] = {
        {"acme/support-v7", 15}, {"acme/support-v8", 15}, {"acme/triage-v3", 14}};
    size_t count = 0;
    (void)arg;
    (void)a;
    for (size_t i = 0; what == COMPLETE_REPO && i < sizeof repos / sizeof *repos; i++)
        if (count < max && strncmp(repos[i].s, typed.s, typed.len) == 0)
            out[count++] = repos[i];
    return count;
}

static const char *host_refuse(void *arg, enum completion what, struct text value)
{
    (void)arg;
    return what == COMPLETE_FOLDER && strstr(value.s, "missing") ? "no such folder" : NULL;
}

static struct chat_log host_chat(void *arg, const char *endpoint_id)
{
    struct fixture *f = arg;
    snprintf(f->chat_asked, sizeof f->chat_asked, "%s", endpoint_id);
    return f->chat;
}

static void host_focus(void *arg, const char *endpoint_id)
{
    struct fixture *f = arg;
    snprintf(f->focus, sizeof f->focus, "%s", endpoint_id);
}

static void host_triage(void *arg, const char *endpoint_id)
{
    struct fixture *f = arg;
    snprintf(f->triaged, sizeof f->triaged, "%s", endpoint_id);
}

static void host_note(void *arg, bool bad, struct text sentence)
{
    struct fixture *f = arg;
    snprintf(f->noted, sizeof f->noted, "%s%.*s", bad ? "!" : "", (int)sentence.len, sentence.s);
}

static struct text host_recall(void *arg, const char *name, struct arena *a)
{
    (void)arg;
    (void)name;
    (void)a;
    return TEXT("");
}

void fixture_start(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    f->clock = clock_new(NOON - 24 * (int64_t)HOUR, 0);
    assert_non_null(f->clock);
    clock_advance(f->clock, 24 * (int64_t)HOUR - WAITED);
    f->store = store_new(f->clock);
    assert_non_null(f->store);
    f->host = (struct host){.arg = f,
        .act = host_act,
        .complete = host_complete,
        .refuse = host_refuse,
        .chat = host_chat,
        .focus = host_focus,
        .triage = host_triage,
        .note = host_note,
        .recall = host_recall};
    f->options = (struct screen_options){
        .store = f->store, .actions = actions_table(), .host = &f->host, .profile = "acme"};
}

void fixture_open(struct fixture *f, int columns, int rows, bool ascii)
{
    f->options.ascii = ascii;
    f->screen = screen_new(&f->options);
    assert_non_null(f->screen);
    assert_int_equal(canvas_init(&f->canvas, columns, rows), 0);
    f->canvas.ascii = ascii;
}

void fixture_end(struct fixture *f)
{
    screen_free(f->screen);
    canvas_release(&f->canvas);
    store_free(f->store);
    clock_free(f->clock);
}

/* ---- messages -------------------------------------------------------------------------------------- */

static void news(struct fixture *f)
{
    if (f->screen)
        screen_news(f->screen);
}

static void send(struct fixture *f, enum message_kind kind, int type, const char *key,
    const void *record, size_t size)
{
    struct message *m = message_new(kind, type, key, 64 * 1024);
    assert_non_null(m);
    m->payload = arena_dup(m->arena, record, size);
    assert_non_null(m->payload);
    store_apply(f->store, m);
    news(f);
}

void fixture_send(
    struct fixture *f, enum message_kind kind, int type, const void *record, size_t size)
{
    send(f, kind, type, NULL, record, size);
}

void fixture_source(struct fixture *f, enum source source, enum source_health health,
    int64_t age_ms, const char *message, const char *hint)
{
    char key[MESSAGE_KEY_MAX];
    struct source_state state = {.source = source,
        .health = health,
        .seen_ms = age_ms < 0 ? -1 : store_mono_ms(f->store) - age_ms,
        .retry_ms = health == SOURCE_FAILED ? store_mono_ms(f->store) + 12000 : -1,
        .who = TEXT("")};
    if (message) {
        err_set(&state.error, health == SOURCE_OFF ? ERR_AUTH : ERR_NET, 0, "%s", message);
        err_hint(&state.error, "%s", hint);
    }
    snprintf(key, sizeof key, "source/%s", source_name(source));
    send(f, MESSAGE_STATUS, NEWS_SOURCE, key, &state, sizeof state);
}

void fixture_outcome(struct fixture *f, bool good, const char *sentence)
{
    struct message *m = message_new(MESSAGE_RESULT, NEWS_OUTCOME, NULL, 4096);
    assert_non_null(m);
    struct outcome *o = arena_alloc(m->arena, sizeof *o);
    o->good = good;
    o->sentence = text_from(m->arena, good ? sentence : "");
    if (!good) {
        err_set(&o->error, ERR_REMOTE, 500, "%s", sentence);
        err_hint(&o->error, "try again in a minute");
    }
    m->payload = o;
    store_apply(f->store, m);
    news(f);
}

void fixture_log(struct fixture *f, const char *origin, enum line_level level, const char *line)
{
    struct message *m = message_new(MESSAGE_LOG, NEWS_LOG, NULL, 16 * 1024);
    assert_non_null(m);
    struct log_page *page = arena_alloc(m->arena, sizeof *page);
    page->lines = arena_alloc(m->arena, sizeof *page->lines);
    page->count = 1;
    *page->lines = (struct log_line){.at_ms = store_wall_ms(f->store),
        .origin = text_from(m->arena, origin),
        .level = level,
        .line = text_from(m->arena, line)};
    m->payload = page;
    store_apply(f->store, m);
    news(f);
}

/* A text that a record left out is an empty one. */
static void mend(struct text *t)
{
    if (!t->s)
        *t = TEXT("");
}

void fixture_operation(struct fixture *f, const struct operation *record)
{
    char key[MESSAGE_KEY_MAX];
    struct operation o = *record;
    int64_t now = store_wall_ms(f->store);
    o.started_ms = o.started_ms ? o.started_ms : now - 41000;
    o.updated_ms = o.updated_ms ? o.updated_ms : now;
    if (o.ended_ms == 0)
        o.ended_ms = operation_is_over(o.state) ? now : -1;
    struct text *texts[] = {&o.title, &o.note, &o.confirm_word, &o.folder, &o.repository,
        &o.revision, &o.commit, &o.pipeline_tag, &o.endpoint_name};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        mend(texts[i]);
    for (size_t i = 0; i < o.step_count; i++)
        mend(&o.steps[i].note);
    snprintf(key, sizeof key, "operation/%s", o.id);
    send(f, operation_is_over(o.state) ? MESSAGE_RESULT : MESSAGE_STATUS, NEWS_OPERATION,
        operation_is_over(o.state) ? NULL : key, &o, sizeof o);
}

void fixture_request(struct fixture *f, const struct request *record)
{
    char key[MESSAGE_KEY_MAX];
    struct request r = *record;
    mend(&r.model);
    mend(&r.gpu);
    mend(&r.input);
    mend(&r.output);
    mend(&r.error);
    snprintf(key, sizeof key, "request/%.80s", r.id);
    send(f, request_is_final(r.status) ? MESSAGE_RESULT : MESSAGE_STATUS, NEWS_REQUEST,
        request_is_final(r.status) ? NULL : key, &r, sizeof r);
}

/* ---- the day --------------------------------------------------------------------------------------- */

static void fill_jobs(struct fixture *f)
{
    static const double losses[] = {0.93, 0.71, 0.66, 0.58, 0.52, 0.47, 0.49, 0.43, 0.412};
    static struct job jobs[4];
    const struct job blank = {.name = TEXT(""),
        .status = TEXT(""),
        .base_model = TEXT("Qwen/Qwen2.5-7B-Instruct"),
        .method = TEXT(""),
        .dataset = TEXT("tickets.jsonl"),
        .model_url = TEXT(""),
        .error = TEXT(""),
        .loss_trend = TEXT(""),
        .progress = NAN,
        .loss = NAN,
        .eval_loss = NAN,
        .best_eval_loss = NAN,
        .learning_rate = 2e-5,
        .step = -1,
        .total_steps = -1,
        .epoch = 1,
        .total_epochs = 3,
        .elapsed_s = 1740,
        .remaining_s = NAN,
        .completed_ms = -1};
    static const char *const ids[] = {"3f1c-support", "9a70-legal", "c2d8-triage", "e001-embed"};
    static const struct text names[] = {
        {"support-v7", 10}, {"legal-dpo", 9}, {"triage-v2", 9}, {"embed-small", 11}};
    static const struct text states[] = {
        {"running", 7}, {"completed", 9}, {"failed", 6}, {"pending", 7}};
    static const struct text methods[] = {{"sft", 3}, {"dpo", 3}, {"lora", 4}, {"full", 4}};
    for (size_t i = 0; i < 4; i++) {
        jobs[i] = blank;
        snprintf(jobs[i].id, sizeof jobs[i].id, "%s", ids[i]);
        jobs[i].name = names[i];
        jobs[i].status = states[i];
        jobs[i].method = methods[i];
        jobs[i].created_ms = jobs[i].updated_ms = jobs[i].started_ms =
            store_wall_ms(f->store) - HOUR - (int64_t)i * 1000;
    }
    jobs[1].loss = 0.288;
    jobs[1].completed_ms = store_wall_ms(f->store) - 2 * HOUR;
    jobs[2].step = 310;
    jobs[2].total_steps = 900;
    jobs[2].error = TEXT("CUDA out of memory. Tried to allocate 2.50 GiB");
    jobs[0].total_steps = 2000;
    jobs[0].remaining_s = 18 * 60;
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        jobs[0].loss = losses[i];
        jobs[0].step = 1160 + 10 * (int64_t)i;
        jobs[0].progress = (double)jobs[0].step / 2000;
        struct job_page page = {.jobs = jobs, .count = 4};
        struct message *m = message_new(MESSAGE_STATUS, NEWS_JOBS, "jobs", 64 * 1024);
        page.jobs = (struct job *)(void *)arena_dup(m->arena, jobs, sizeof jobs);
        m->payload = arena_dup(m->arena, &page, sizeof page);
        store_apply(f->store, m);
        news(f);
    }
}

static void fill_uploads(struct fixture *f)
{
    static struct upload_file files[] = {
        {.path = TEXT("config.json"), .size = 718, .sent = 718, .ticks = 7, .note = TEXT("valid")},
        {.path = TEXT("tokenizer_config.json"),
            .size = 1100,
            .sent = 1100,
            .ticks = 7,
            .note = TEXT("from base model")},
        {.path = TEXT("model-00001-of-00004.safetensors"),
            .size = 4900000000,
            .sent = 4900000000,
            .ticks = 7,
            .note = TEXT("valid")},
        {.path = TEXT("model-00002-of-00004.safetensors"),
            .size = 4900000000,
            .sent = 3500000000,
            .ticks = 3,
            .note = TEXT("")},
        {.path = TEXT("model-00003-of-00004.safetensors"),
            .size = 4900000000,
            .ticks = 1,
            .note = TEXT("")},
        {.path = TEXT("tokenizer.json"), .size = 11400000, .unchanged = true, .note = TEXT("")},
    };
    static struct check_file checks[] = {{.path = TEXT("generation_config.json"),
        .size = -1,
        .kind = CHECK_RECOMMENDED,
        .state = CHECK_MISSING,
        .result = TEXT("missing")}};
    static struct checklist list = {.folder = TEXT("out/support-v7"),
        .raw_folder = "/models/out/support-v7",
        .files = checks,
        .count = 1,
        .warnings = 1};
    int64_t now = store_wall_ms(f->store);
    struct operation old = {.id = "up-0",
        .kind = OPERATION_UPLOAD,
        .state = OPERATION_DONE,
        .title = TEXT("acme/legal-dpo"),
        .note = TEXT("14.5 GB in 9 files, read back"),
        .started_ms = now - 2 * HOUR,
        .ended_ms = now - 2 * HOUR + 4 * MINUTE,
        .done = 14500000000,
        .total = 14500000000,
        .speed = NAN,
        .eta_s = NAN,
        .safe_to_delete = true};
    fixture_operation(f, &old);
    struct operation up = {.id = "up-1",
        .kind = OPERATION_UPLOAD,
        .state = OPERATION_RUNNING,
        .title = TEXT("acme/support-v7"),
        .note = TEXT("sending"),
        .done = 8400000000,
        .total = 13500000000,
        .speed = 118e6,
        .eta_s = 41,
        .repository = TEXT("acme/support-v7"),
        .folder = TEXT("out/support-v7"),
        .checklist = &list,
        .files = files,
        .file_count = sizeof files / sizeof *files};
    fixture_operation(f, &up);
}

static const struct endpoint endpoint_blank = {.name = TEXT(""),
    .image = TEXT("runpod/worker-v1-vllm:v2.25.2"),
    .model = TEXT(""),
    .revision = TEXT(""),
    .served = TEXT(""),
    .pools = {{"ADA_24", 6}},
    .pool_count = 1,
    .gpu_count = 1,
    .context_length = 8192,
    .workers_max = 3,
    .idle_s = 10,
    .version = 4,
    .created_ms = -1};

static void fill_endpoints(struct fixture *f)
{
    static struct endpoint endpoints[3];
    static const char *const ids[] = {"x2x4support", "x2x4legal", "x2x4embed"};
    static const struct text names[] = {{"support", 7}, {"legal", 5}, {"embed", 5}};
    for (size_t i = 0; i < 3; i++) {
        endpoints[i] = endpoint_blank;
        snprintf(endpoints[i].id, sizeof endpoints[i].id, "%s", ids[i]);
        endpoints[i].name = names[i];
    }
    endpoints[0].model = endpoints[0].served = TEXT("acme/support-v7");
    endpoints[1].model = endpoints[1].served = TEXT("acme/legal-dpo");
    endpoints[2].model = endpoints[2].served = TEXT("acme/embed-small");
    struct endpoint_page page = {endpoints, 3};
    send(f, MESSAGE_STATUS, NEWS_ENDPOINTS, "endpoints", &page, sizeof page);
}

static void health(struct fixture *f, const char *id, int64_t queue, int64_t running, int64_t idle,
    int64_t unhealthy)
{
    char key[MESSAGE_KEY_MAX];
    struct health h = {.seen_ms = store_mono_ms(f->store),
        .completed = 1204,
        .in_queue = queue,
        .in_progress = running,
        .running = running,
        .idle = idle,
        .ready = idle,
        .unhealthy = unhealthy};
    snprintf(h.endpoint_id, sizeof h.endpoint_id, "%s", id);
    snprintf(key, sizeof key, "health/%s", id);
    send(f, MESSAGE_STATUS, NEWS_HEALTH, key, &h, sizeof h);
}

static void workers(struct fixture *f, const char *endpoint, struct worker *list, size_t count)
{
    char key[MESSAGE_KEY_MAX];
    for (size_t i = 0; i < count; i++) {
        list[i].word = list[i].image = TEXT("");
        list[i].gpu = TEXT("NVIDIA GeForce RTX 4090");
        list[i].data_center = TEXT("US-KS-2");
        list[i].gpu_count = 1;
        list[i].version = 4;
        list[i].uptime_s = 3600;
        list[i].started_ms = store_wall_ms(f->store) - HOUR;
    }
    struct worker_page page = {.seen_ms = store_mono_ms(f->store), .version = 4};
    page.workers = list;
    page.count = count;
    snprintf(page.endpoint_id, sizeof page.endpoint_id, "%s", endpoint);
    snprintf(key, sizeof key, "workers/%s", endpoint);
    send(f, MESSAGE_STATUS, NEWS_WORKERS, key, &page, sizeof page);
}

static void fill_workers(struct fixture *f)
{
    static struct worker support[] = {{.id = "m2k1a", .status = WORKER_RUNNING},
        {.id = "m2k1b", .status = WORKER_RUNNING}, {.id = "m2k1c", .status = WORKER_IDLE}};
    static struct worker legal[] = {{.id = "8g3n5t6r", .status = WORKER_UNHEALTHY},
        {.id = "8g3n5t7s", .status = WORKER_UNHEALTHY},
        {.id = "8g3n5t8u", .status = WORKER_UNHEALTHY}};
    static struct gpu gpus[] = {{TEXT("NVIDIA GeForce RTX 4090"), TEXT("RTX 4090"), TEXT("ADA_24"),
                                    24, 0.68, STOCK_HIGH, 1300},
        {TEXT("NVIDIA L40S"), TEXT("L40S"), TEXT("ADA_48_PRO"), 48, 1.75, STOCK_MEDIUM, 1300}};
    struct gpu_page page = {gpus, 2, store_mono_ms(f->store)};
    send(f, MESSAGE_STATUS, NEWS_GPUS, "gpus", &page, sizeof page);
    workers(f, "x2x4support", support, 3);
    workers(f, "x2x4legal", legal, 3);
    workers(f, "x2x4embed", support, 0);
}

static void fill_models(struct fixture *f)
{
    static struct model_row rows[4];
    static const char *const ids[] = {"41aa-support", "41aa-legal", "41aa-embed", "41aa-triage"};
    static const char *const endpoints[] = {"x2x4support", "x2x4legal", "x2x4embed", ""};
    static const struct text names[] = {
        {"support-v7", 10}, {"legal-dpo", 9}, {"embed-small", 11}, {"triage-v3", 9}};
    static const struct text hub[] = {{"acme/support-v7", 15}, {"acme/legal-dpo", 14},
        {"acme/embed-small", 16}, {"acme/triage-v3", 14}};
    for (size_t i = 0; i < 4; i++) {
        rows[i] = (struct model_row){.name = names[i],
            .provider = TEXT("runpod"),
            .base_url = TEXT(""),
            .hub_id = hub[i],
            .served_name = hub[i],
            .base_model = TEXT(""),
            .training_method = TEXT("sft"),
            .revision = TEXT("9a3e51c0d1e2f30415263748596a7b8c9d0e1f20"),
            .context_length = i == 2 ? 512 : 8192,
            .max_output_tokens = 2000,
            .cost_per_request = i == 0   ? 0.00041
                                : i == 2 ? 0.00009
                                         : NAN,
            .budget_limit = NAN,
            .price_input = NAN,
            .price_output = NAN,
            .enabled = i != 3,
            .created_ms = -1,
            .updated_ms = -1,
            .last_used_ms = -1};
        snprintf(rows[i].id, sizeof rows[i].id, "%s", ids[i]);
        snprintf(rows[i].endpoint_id, sizeof rows[i].endpoint_id, "%s", endpoints[i]);
    }
    struct model_page page = {.rows = rows, .count = 4};
    send(f, MESSAGE_STATUS, NEWS_MODELS, "models", &page, sizeof page);
}

static void fill_requests(struct fixture *f)
{
    int64_t now = store_wall_ms(f->store);
    struct request r = {.id = "9b1e-u1",
        .job_id = "9b1e77c2-u1",
        .endpoint_id = "x2x4support",
        .model = TEXT("acme/support-v7"),
        .status = REQUEST_FAILED,
        .submitted_ms = now - 5 * MINUTE,
        .seen_ms = now,
        .ended_ms = now - 4 * MINUTE,
        .delay_ms = 41000,
        .execution_ms = 42000,
        .first_token_ms = -1,
        .tokens_in = -1,
        .tokens_out = -1,
        .retries = 1,
        .worker_id = "m2k1a",
        .price_hour = 1.22,
        .cost = 0.0143,
        .error = TEXT("worker lost, retried once")};
    fixture_request(f, &r);
    r = (struct request){.id = "77c2-u1",
        .job_id = "77c2e8f0-u1",
        .endpoint_id = "x2x4support",
        .model = TEXT("acme/support-v7"),
        .status = REQUEST_COMPLETED,
        .submitted_ms = now - 123000,
        .seen_ms = now,
        .ended_ms = now - 121000,
        .delay_ms = 800,
        .execution_ms = 1210,
        .first_token_ms = -1,
        .tokens_in = 212,
        .tokens_out = 88,
        .worker_id = "m2k1b",
        .price_hour = 1.22,
        .cost = 0.00041,
        .input = TEXT("{\"prompt\":\"Where is my parcel?\"}"),
        .output = TEXT("On its way.")};
    fixture_request(f, &r);
    r = (struct request){.id = "a1f0-u1",
        .job_id = "a1f0c3d4-u1",
        .endpoint_id = "x2x4legal",
        .status = REQUEST_IN_QUEUE,
        .submitted_ms = now - WAITED,
        .seen_ms = now,
        .ended_ms = -1,
        .delay_ms = -1,
        .execution_ms = -1,
        .first_token_ms = -1,
        .tokens_in = -1,
        .tokens_out = -1,
        .price_hour = NAN,
        .cost = NAN};
    fixture_request(f, &r);
}

void fixture_fill(struct fixture *f)
{
    fill_endpoints(f);
    health(f, "x2x4legal", 9, 0, 0, 3);
    clock_advance(f->clock, WAITED);
    fill_jobs(f);
    fill_uploads(f);
    health(f, "x2x4support", 0, 2, 1, 0);
    health(f, "x2x4legal", 17, 0, 0, 3);
    health(f, "x2x4embed", 0, 0, 0, 0);
    fill_workers(f);
    fill_models(f);
    fill_requests(f);
    struct account account = {41.20, 1.94, 80, store_mono_ms(f->store)};
    send(f, MESSAGE_STATUS, NEWS_ACCOUNT, "account", &account, sizeof account);
    fixture_log(f, "slipway", LINE_INFO,
        "upload support-v7: part 214/307 of model-00002-of-00004.safetensors sent");
    fixture_log(f, "legal/8g3n5t6r", LINE_DEBUG, "engine args: max_model_len=8192");
    fixture_log(f, "support/m2k1a", LINE_WARN,
        "The tokenizer class you load from this checkpoint is not the same type");
    fixture_log(f, "legal/8g3n5t6r", LINE_ERROR,
        "ValueError: To serve at least one request with the model's max seq len (8192), 4.00 GiB KV "
        "cache is needed, which is larger than the available KV cache memory (2.11 GiB)");
    fixture_source(f, SOURCE_RUNPOD, SOURCE_OK, 2000, NULL, NULL);
    fixture_source(f, SOURCE_HUB, SOURCE_OK, 41000, NULL, NULL);
    fixture_source(f, SOURCE_REGISTRY, SOURCE_OK, 1000, NULL, NULL);
}

void fixture_deployment(struct fixture *f, enum operation_state state)
{
    struct operation o = {.id = "dep-1",
        .kind = OPERATION_DEPLOY,
        .state = state,
        .title = TEXT("acme/triage-v3"),
        .note = TEXT("waits for the first worker"),
        .steps = {{"preflight", STEP_DONE, TEXT("fits ADA_24")},
            {"endpoint", STEP_DONE, TEXT("x2x4triage")},
            {"first answer", state == OPERATION_FAILED ? STEP_FAILED : STEP_RUNNING,
                TEXT("waits for the first worker")}},
        .step_count = 3,
        .speed = NAN,
        .eta_s = NAN,
        .endpoint_name = TEXT("triage"),
        .price_min = 0,
        .price_max = 2.04,
        .first_cost = NAN};
    if (state == OPERATION_ASKING) {
        o.plan[0] = TEXT("create endpoint triage: acme/triage-v3 on ADA_24 x1, workers 0..3");
        o.plan[1] = TEXT("at most $2.04/h while 3 workers run");
        o.plan_count = 2;
        o.risk = 2;
        o.note = TEXT("asks for a yes");
    }
    if (state == OPERATION_DONE) {
        o.note = TEXT("answers after 3m12s");
        snprintf(o.model_id, sizeof o.model_id, "41aa-triage");
        snprintf(o.endpoint_id, sizeof o.endpoint_id, "x2x4triage");
    }
    if (state == OPERATION_FAILED) {
        o.note = TEXT("no worker came up in 20 minutes");
        err_set(&o.error, ERR_TIMEOUT, 0, "No worker of triage came up in 20 minutes");
        err_hint(&o.error, "choose another GPU pool: d");
    }
    fixture_operation(f, &o);
}

/* ---- hands and eyes -------------------------------------------------------------------------------- */

void fixture_advance(struct fixture *f, int64_t ms)
{
    clock_advance(f->clock, ms);
}

void fixture_press(struct fixture *f, int32_t press)
{
    screen_press(f->screen, press);
}

void fixture_type(struct fixture *f, const char *keys)
{
    for (; *keys; keys++)
        screen_press(f->screen, (unsigned char)*keys);
}

const char *fixture_text(struct fixture *f, bool roles)
{
    static char text[1 << 19];
    struct buf shown;
    buf_init(&shown, sizeof text - 1);
    screen_draw(f->screen, &f->canvas);
    assert_int_equal(canvas_print(&f->canvas, roles, &shown), 0);
    memcpy(text, buf_str(&shown), shown.len + 1);
    buf_release(&shown);
    return text;
}

bool fixture_shows(struct fixture *f, const char *words)
{
    return strstr(fixture_text(f, false), words) != NULL;
}

void fixture_assert_shows(struct fixture *f, const char *words)
{
    if (!fixture_shows(f, words))
        fprintf(stderr, "not shown: \"%s\" on\n%s", words, fixture_text(f, false));
    assert_true(fixture_shows(f, words));
}

void fixture_assert_hides(struct fixture *f, const char *words)
{
    if (fixture_shows(f, words))
        fprintf(stderr, "shown: \"%s\" on\n%s", words, fixture_text(f, false));
    assert_false(fixture_shows(f, words));
}

static void write_golden(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void fixture_golden(struct fixture *f, const char *name)
{
    static char kept[1 << 19];
    char path[256];
    const char *is = fixture_text(f, true);
    snprintf(path, sizeof path, "tests/screens/golden/%s.txt", name);
    if (getenv("UPDATE_GOLDEN")) {
        write_golden(path, is);
        return;
    }
    FILE *file = fopen(path, "r");
    if (!file)
        fprintf(stderr, "%s is not there: UPDATE_GOLDEN=1 writes it\n", path);
    assert_non_null(file);
    size_t n = fread(kept, 1, sizeof kept - 1, file);
    fclose(file);
    kept[n] = '\0';
    if (strcmp(is, kept) != 0)
        fprintf(stderr, "%s\nis:\n%s<end>\nshould be:\n%s<end>\n", path, is, kept);
    assert_string_equal(is, kept);
}
