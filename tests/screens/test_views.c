/* The opened views: golden files at the usual sizes, and what could really break: things that vanish
 * while they are open, hostile texts, plans that are answered by typing, links that are broken. */
#include "view_bench.h"

#include "../unit/ui/screen.h"

static const char HOSTILE[] = "\x1b[31mred\x1b[0m \xff\xfe \xe2\x80\xae"
                              "evil\r\n\x07tail \xe2\x80\x8b"
                              "\xf0\x9f\x9a\x80 \xe6\x97\xa5\xe6\x9c\xac";

/* ---- an upload ------------------------------------------------------------------------------------- */

#define SHARD(n)                                                                                   \
    {                                                                                              \
        .path = TEXT("model-0000" n "-of-00003.safetensors"), .size = 4900000000,                  \
        .kind = CHECK_WEIGHTS, .state = CHECK_VALID, .send = true, .result = TEXT("valid")         \
    }

static struct check_file checks[] = {
    SHARD("1"),
    SHARD("2"),
    SHARD("3"),
    {.path = TEXT("config.json"),
        .size = 718,
        .kind = CHECK_REQUIRED,
        .state = CHECK_VALID,
        .send = true,
        .result = TEXT("valid")},
    {.path = TEXT("tokenizer_config.json"),
        .size = 1100,
        .kind = CHECK_REQUIRED,
        .state = CHECK_VALID,
        .origin = CHECK_FROM_BASE,
        .send = true,
        .result = TEXT("valid")},
    {.path = TEXT("generation_config.json"),
        .size = -1,
        .kind = CHECK_RECOMMENDED,
        .state = CHECK_MISSING,
        .result = TEXT("defaults are used")},
    {.path = TEXT("README.md"),
        .size = 412,
        .kind = CHECK_RECOMMENDED,
        .state = CHECK_PRESENT,
        .origin = CHECK_WRITTEN,
        .send = true,
        .result = TEXT("model card")},
    {.path = TEXT("optimizer.pt"),
        .size = 9800000000,
        .kind = CHECK_KEEP_OUT,
        .state = CHECK_PRESENT,
        .result = TEXT("training state: left out")},
};
static struct checklist list = {.folder = TEXT("/models/out/support-v7"),
    .raw_folder = "/models/out/support-v7",
    .files = checks,
    .count = sizeof checks / sizeof *checks,
    .warnings = 1,
    .send_count = 6,
    .send_bytes = 14700002230,
    .facts = {.parameters = 7600000000,
        .weight_bytes = 14700000000,
        .context_length = 32768,
        .layers = 28,
        .heads = 28,
        .kv_heads = 4,
        .head_dim = 128}};

static struct upload_file files[] = {
    {.path = TEXT("model-00001-of-00003.safetensors"),
        .size = 4900000000,
        .sent = 4900000000,
        .ticks = TICK_HASHED | TICK_OFFERED | TICK_SENT,
        .sha256 = "4f8a1c09d2e3b4a5968778695a4b3c2d1e0f112233445566778899aabbccddee",
        .note = TEXT("")},
    {.path = TEXT("model-00002-of-00003.safetensors"),
        .size = 4900000000,
        .sent = 3479000000,
        .ticks = TICK_HASHED | TICK_OFFERED,
        .note = TEXT("")},
    {.path = TEXT("model-00003-of-00003.safetensors"),
        .size = 4900000000,
        .ticks = TICK_HASHED,
        .note = TEXT("")},
    {.path = TEXT("config.json"),
        .size = 718,
        .ticks = TICK_HASHED | TICK_OFFERED,
        .unchanged = true,
        .note = TEXT("")},
    {.path = TEXT("tokenizer_config.json"), .size = 1100, .ticks = TICK_HASHED, .note = TEXT("")},
    {.path = TEXT("README.md"), .size = 412, .ticks = TICK_HASHED, .note = TEXT("")},
};

static struct operation upload(enum operation_state state)
{
    struct operation o = {.id = "up-9",
        .kind = OPERATION_UPLOAD,
        .state = state,
        .title = TEXT("acme/support-v7"),
        .note = TEXT("part 214/307 of model-00002-of-00003.safetensors"),
        .steps = {{"folder", STEP_DONE, TEXT("6 files to send, 1 warning")},
            {"repository", STEP_DONE, TEXT("exists, private")},
            {"hash", STEP_DONE, TEXT("14.7 GB")}, {"send", STEP_RUNNING, TEXT("2 of 6 files")},
            {"commit", STEP_WAITING, TEXT("")}, {"read back", STEP_WAITING, TEXT("")},
            {"text-generation", STEP_WAITING, TEXT("")}},
        .step_count = 7,
        .done = 8379000000,
        .total = 14700002230,
        .speed = 118e6,
        .eta_s = 54,
        .folder = TEXT("/models/out/support-v7"),
        .repository = TEXT("acme/support-v7"),
        .revision = TEXT("main"),
        .is_private = true,
        .checklist = &list,
        .files = files,
        .file_count = sizeof files / sizeof *files,
        .price_min = NAN,
        .price_max = NAN,
        .first_cost = NAN};
    return o;
}

static struct operation asking(int risk)
{
    struct operation o = upload(OPERATION_ASKING);
    o.note = TEXT("waits for your answer");
    o.plan[0] =
        TEXT("upload 6 files, 14.7 GB, to acme/support-v7 (private), about 2m05s at 118 MB/s");
    o.plan[1] = TEXT("add README.md, copy tokenizer_config.json from Qwen/Qwen2.5-7B-Instruct");
    o.plan[2] = TEXT("leave out optimizer.pt (9.8 GB of training state)");
    o.plan[3] = TEXT("warning: generation_config.json is missing");
    o.plan_count = 4;
    o.risk = risk;
    o.confirm_word = TEXT("acme/support-v7");
    o.files = NULL;
    o.file_count = 0;
    o.total = 0;
    o.steps[0].state = STEP_DONE;
    for (size_t i = 1; i < o.step_count; i++)
        o.steps[i] = (struct operation_step){o.steps[i].name, STEP_WAITING, TEXT("")};
    return o;
}

static void test_upload_looks(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    struct operation o = upload(OPERATION_RUNNING);
    fixture_operation(&b.f, &o);
    bench_goldens(&b, &view_operation, "up-9", "view_upload");
    o = asking(2);
    fixture_operation(&b.f, &o);
    bench_goldens(&b, &view_operation, "up-9", "view_upload_asking");
    bench_end(&b);
}

static void test_upload_done_looks(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    struct operation o = upload(OPERATION_DONE);
    struct upload_file all[sizeof files / sizeof *files];
    memcpy(all, files, sizeof all);
    for (size_t i = 0; i < o.file_count; i++) {
        all[i].sent = all[i].size;
        all[i].ticks = TICKS_ALL;
    }
    for (size_t i = 0; i < o.step_count; i++)
        o.steps[i].state = STEP_DONE;
    o.files = all;
    o.note = TEXT("14.7 GB in 6 files, read back");
    o.done = o.total;
    o.commit = TEXT("9a3e51c0d1e2f30415263748596a7b8c9d0e1f20");
    o.pipeline_tag = TEXT("text-generation");
    o.safe_to_delete = true;
    fixture_operation(&b.f, &o);
    bench_open(&b, &view_operation, "up-9", 120, 34);
    bench_golden(&b, "view_upload_done_120x34");
    /* said only when it is so */
    o.safe_to_delete = false;
    o.pipeline_tag = TEXT("text-classification");
    fixture_operation(&b.f, &o);
    bench_hides(&b, "safe to delete");
    bench_shows(&b, "not text-generation");
    bench_end(&b);
}

static void test_upload_failed_says_how_to_go_on(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    struct operation o = upload(OPERATION_FAILED);
    o.note = TEXT("stopped while sending");
    err_set(&o.error, ERR_NET, 0, "connection to the storage was lost 5 times in a row");
    err_hint(&o.error, "resume when the line is back: what was sent is kept");
    o.steps[3].state = STEP_FAILED;
    fixture_operation(&b.f, &o);
    bench_open(&b, &view_operation, "up-9", 80, 24);
    bench_golden(&b, "view_upload_failed_80x24");
    bench_shows(&b, "connection to the storage was lost");
    bench_shows(&b, "resume when the line is back");
    bench_shows(&b, "r goes on where it stopped");
    assert_string_equal(b.class->error(b.v)->message, o.error.message);
    bench_end(&b);
}

static void test_upload_scrolls_to_its_end(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    struct operation o = upload(OPERATION_RUNNING);
    fixture_operation(&b.f, &o);
    bench_open(&b, &view_operation, "up-9", 80, 16);
    bench_shows(&b, "below");
    bench_hides(&b, "/models/out/support-v7");
    uint64_t before = b.class->version(b.v);
    assert_true(b.class->act(b.v, ACTION_LAST));
    assert_int_not_equal(b.class->version(b.v), before);
    bench_shows(&b, "/models/out/support-v7");
    bench_hides(&b, "below");
    assert_true(b.class->act(b.v, ACTION_FIRST));
    bench_shows(&b, "part 214/307");
    assert_false(b.class->act(b.v, ACTION_SORT));
    bench_end(&b);
}

/* ---- answering --------------------------------------------------------------------------------------- */

static void test_risk_3_wants_the_word(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    struct operation o = asking(3);
    fixture_operation(&b.f, &o);
    bench_open(&b, &view_operation, "up-9", 80, 24);
    bench_golden(&b, "view_upload_word_80x24");
    assert_true(b.class->typing(b.v));
    bench_type(&b, "y\r");
    assert_int_equal(b.f.intent_count, 0);
    assert_non_null(strstr(b.said, "not the word"));
    assert_true(b.class->paste(b.v, "acme/support-v7", 15));
    bench_type(&b, "\r");
    assert_int_equal(b.f.intent_count, 0);
    bench_type(&b, "acme/support-v7\r");
    assert_int_equal(b.f.intent_count, 1);
    assert_int_equal(bench_intent(&b)->action, ACTION_YES);
    assert_string_equal(bench_intent(&b)->id, "up-9");
    bench_type(&b, "n\r");
    assert_int_equal(bench_intent(&b)->action, ACTION_NO);
    assert_false(b.class->press(b.v, PRESS_ESCAPE));
    /* once it is under way, letters are keys again */
    o = upload(OPERATION_RUNNING);
    fixture_operation(&b.f, &o);
    assert_false(b.class->typing(b.v));
    assert_false(b.class->press(b.v, 'y'));
    bench_end(&b);
}

static void test_risk_2_is_answered_by_keys_of_the_table(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    struct operation o = asking(2);
    fixture_operation(&b.f, &o);
    bench_open(&b, &view_operation, "up-9", 80, 24);
    assert_false(b.class->typing(b.v));
    bench_shows(&b, "y go");
    bench_shows(&b, "n leave");
    bench_end(&b);
}

/* ---- a deployment ------------------------------------------------------------------------------------ */

static void test_deployment_looks(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    fixture_deployment(&b.f, OPERATION_ASKING);
    bench_open(&b, &view_operation, "dep-1", 80, 24);
    bench_golden(&b, "view_deployment_asking_80x24");
    fixture_deployment(&b.f, OPERATION_FAILED);
    bench_golden(&b, "view_deployment_failed_80x24");
    bench_end(&b);
}

/* ---- a job ------------------------------------------------------------------------------------------- */

static void test_job_looks(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_goldens(&b, &view_job, "3f1c-support", "view_job");
    bench_open(&b, &view_job, "c2d8-triage", 80, 24);
    bench_golden(&b, "view_job_failed_80x24");
    bench_shows(&b, "CUDA out of memory. Tried to allocate 2.50 GiB");
    bench_end(&b);
}

/* ---- a model ----------------------------------------------------------------------------------------- */

static void test_model_looks(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_goldens(&b, &view_model, "41aa-support", "view_model");
    bench_end(&b);
}

static struct model_row row_like(const struct bench *b, const char *id)
{
    return *store_model_by_id(b->f.store, id);
}

static void send_row(struct bench *b, struct model_row *row)
{
    struct model_page page = {.rows = row, .count = 1};
    fixture_send(&b->f, MESSAGE_RESULT, NEWS_MODELS, &page, sizeof page);
}

static void test_model_shows_where_its_chain_breaks(void **state)
{
    static struct model_row row;
    static struct endpoint other;
    struct bench b;
    (void)state;
    bench_start(&b, true);
    row = row_like(&b, "41aa-support");
    snprintf(row.endpoint_id, sizeof row.endpoint_id, "gone123");
    snprintf(row.training_job_id, sizeof row.training_job_id, "nojob999");
    send_row(&b, &row);
    bench_open(&b, &view_model, "41aa-support", 80, 24);
    bench_shows(&b, "deleted");
    bench_shows(&b, "not in the registry");
    bench_golden(&b, "view_model_broken_80x24");
    /* nothing is called gone by a source that does not answer */
    fixture_source(
        &b.f, SOURCE_RUNPOD, SOURCE_FAILED, 60000, "no route to host", "look at the line");
    bench_hides(&b, "deleted");
    fixture_source(&b.f, SOURCE_RUNPOD, SOURCE_OK, 0, NULL, NULL);

    other = *store_endpoint_by_id(b.f.store, "x2x4legal")->settings;
    other.model = row.hub_id;
    other.revision = TEXT("1111111aaaabbbbccccddddeeeeffff000011112222");
    struct endpoint_page page = {&other, 1};
    snprintf(row.endpoint_id, sizeof row.endpoint_id, "x2x4legal");
    send_row(&b, &row);
    fixture_send(&b.f, MESSAGE_RESULT, NEWS_ENDPOINTS, &page, sizeof page);
    bench_shows(&b, "serves commit 1111111");
    other.model = TEXT("acme/something-else");
    fixture_send(&b.f, MESSAGE_RESULT, NEWS_ENDPOINTS, &page, sizeof page);
    bench_shows(&b, "serves acme/something-else");
    bench_end(&b);
}

static void test_model_is_walked_along(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_open(&b, &view_model, "41aa-support", 120, 34);
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(b.opened, PLACE_ENDPOINT);
    assert_string_equal(b.opened_id, "x2x4support");
    assert_true(b.class->act(b.v, ACTION_RIGHT));
    assert_true(b.class->act(b.v, ACTION_RIGHT));
    assert_true(b.class->act(b.v, ACTION_OPEN));
    assert_int_equal(b.opened, PLACE_REQUESTS);
    for (int i = 0; i < 2; i++)
        assert_true(b.class->act(b.v, ACTION_RIGHT)); /* round the end */
    assert_true(b.class->act(b.v, ACTION_OPEN));
    assert_non_null(strstr(b.said, "nothing more")); /* this row knows no job */
    bench_end(&b);
}

/* ---- a request --------------------------------------------------------------------------------------- */

static void test_request_looks(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_goldens(&b, &view_request, "77c2-u1", "view_request");
    struct request r = *store_request_by_id(b.f.store, "9b1e-u1");
    r.error =
        TEXT("{\"error_type\":\"OutOfMemoryError\",\"error_traceback\":\"Traceback (most recent "
             "call last):\\n  File \\\"/src/handler.py\\\", line 40\\nCUDA out of "
             "memory\",\"retry\":false,\"sizes\":[24,8],\"none\":{}}");
    fixture_request(&b.f, &r);
    bench_open(&b, &view_request, "9b1e-u1", 80, 24);
    bench_golden(&b, "view_request_failed_80x24");
    bench_shows(&b, "         File \"/src/handler.py\", line 40");
    bench_shows(&b, "\"retry\": false,");
    r.error = TEXT("{this is no JSON");
    fixture_request(&b.f, &r);
    bench_shows(&b, "{this is no JSON");
    bench_end(&b);
}

/* ---- the chat ---------------------------------------------------------------------------------------- */

static struct chat_turn turns[] = {
    {.question = TEXT("Where is my parcel?"),
        .answer = TEXT("It left the depot this morning.\n\nTracking:\n  1Z999AA10123456784"),
        .first_token_ms = 800,
        .took_ms = 3640,
        .tokens_in = 212,
        .tokens_out = 88,
        .cost = 0.00041,
        .note = TEXT("")},
    {.question = TEXT("And when will it arrive? I am at home from nine until noon, then out until "
                      "five, so tell me which window is the most likely one."),
        .answer = TEXT(""),
        .streaming = true,
        .first_token_ms = -1,
        .took_ms = -1,
        .tokens_in = -1,
        .tokens_out = -1,
        .cost = NAN,
        .note = TEXT("waiting for a worker (cold start) · 41 s")},
};

static void test_chat_looks(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_open(&b, &view_chat, "x2x4support", 80, 24);
    bench_golden(&b, "view_chat_empty_80x24");
    bench_shut(&b);
    b.f.chat = (struct chat_log){turns, 2, 1};
    bench_goldens(&b, &view_chat, "41aa-support", "view_chat");
    assert_string_equal(b.f.chat_asked, "x2x4support"); /* the row's endpoint */
    bench_end(&b);
}

static void test_chat_sends_what_was_typed(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    b.f.chat = (struct chat_log){turns, 1, 1};
    bench_open(&b, &view_chat, "x2x4support", 80, 24);
    assert_true(b.class->typing(b.v));
    bench_type(&b, "\r"); /* nothing typed, nothing sent */
    assert_int_equal(b.f.intent_count, 0);
    bench_type(&b, "quit: q?\r");
    assert_int_equal(bench_intent(&b)->action, ACTION_SAY);
    assert_string_equal(bench_intent(&b)->text, "quit: q?");
    assert_string_equal(bench_intent(&b)->id, "x2x4support");
    bench_hides(&b, "quit: q?");
    /* while an answer streams, what was typed is kept */
    b.f.chat = (struct chat_log){turns, 2, 2};
    bench_type(&b, "next\r");
    assert_int_equal(b.f.intent_count, 1);
    bench_shows(&b, "next");
    assert_non_null(strstr(b.said, "wait for the answer"));
    /* keys that are not the line's go to the table */
    assert_false(b.class->press(b.v, PRESS_ESCAPE));
    assert_false(b.class->press(b.v, PRESS_CTRL('x')));
    assert_false(b.class->press(b.v, PRESS_PAGE_UP));
    bench_end(&b);
}

static void test_chat_read_only_sends_nothing(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    b.x.read_only = true;
    bench_open(&b, &view_chat, "x2x4support", 80, 24);
    bench_type(&b, "hello\r");
    assert_int_equal(b.f.intent_count, 0);
    bench_shows(&b, "hello");
    bench_end(&b);
}

static void test_chat_without_endpoint(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_open(&b, &view_chat, "41aa-triage", 80, 24);
    assert_false(b.class->typing(b.v));
    bench_shows(&b, "has no RunPod endpoint");
    bench_end(&b);
}

/* A stream that grows keeps its end in sight, unless somebody reads further up. */
static void test_chat_follows_the_stream(void **state)
{
    static char words[4000];
    static struct chat_turn turn;
    struct bench b;
    (void)state;
    for (size_t i = 0; i + 10 < sizeof words; i += 10)
        memcpy(words + i, "word word\n", 10);
    bench_start(&b, true);
    turn = turns[1];
    turn.note = TEXT("answering");
    b.f.chat = (struct chat_log){&turn, 1, 1};
    bench_open(&b, &view_chat, "x2x4support", 80, 24);
    for (size_t n = 0; n + 10 < sizeof words; n += 500) {
        turn.answer = (struct text){words, n};
        b.f.chat.version++;
        bench_shows(&b, "⟳ answering");
    }
    assert_true(b.class->act(b.v, ACTION_PAGE_UP));
    bench_hides(&b, "⟳ answering");
    turn.answer.len += 100;
    bench_hides(&b, "⟳ answering");
    assert_true(b.class->act(b.v, ACTION_LAST));
    bench_shows(&b, "⟳ answering");
    bench_end(&b);
}

/* ---- all of them ------------------------------------------------------------------------------------- */

static const struct {
    const struct view_class *class;
    const char *id;
} all_views[] = {
    {&view_job, "3f1c-support"},
    {&view_operation, "up-9"},
    {&view_endpoint, "x2x4legal"},
    {&view_model, "41aa-support"},
    {&view_request, "77c2-u1"},
    {&view_chat, "x2x4support"},
    {&view_upload_form, ""},
    {&view_deploy_form, ""},
};
enum { ALL_VIEWS = sizeof all_views / sizeof *all_views };

static void test_what_is_not_there_is_not_opened(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    for (size_t i = 0; i < ALL_VIEWS - 2; i++) {
        assert_null(all_views[i].class->make(&b.x, "no-such-id"));
        assert_null(all_views[i].class->make(&b.x, ""));
    }
    bench_end(&b);
}

/* From nothing to large, in a frame of sentinels: nothing is drawn outside, no cell is broken. */
static void test_every_size(void **state)
{
    static const int widths[] = {0, 1, 2, 3, 7, 12, 20, 39, 60, 80, 133, 200};
    static const int heights[] = {0, 1, 2, 3, 5, 9, 15, 24, 50};
    struct bench b;
    (void)state;
    bench_start(&b, true);
    b.f.chat = (struct chat_log){turns, 2, 1};
    struct operation o = asking(3);
    fixture_operation(&b.f, &o);
    for (size_t i = 0; i < ALL_VIEWS; i++) {
        bench_open(&b, all_views[i].class, all_views[i].id, 210, 60);
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            for (size_t h = 0; h < sizeof heights / sizeof *heights; h++) {
                struct rect r = {3, 2, widths[w], heights[h]};
                canvas_clear(&b.c);
                b.class->draw(b.v, &b.c, r, true, false);
                const char *fault = check_canvas(&b.c);
                if (fault)
                    fail_msg("view %zu at %dx%d: %s", i, r.w, r.h, fault);
                for (int y = 0; y < b.c.rows; y++)
                    for (int x = 0; x < b.c.columns; x++)
                        if (x < r.x || x >= r.x + r.w || y < r.y || y >= r.y + r.h)
                            if (strcmp(canvas_at(&b.c, x, y)->bytes, " ") != 0)
                                fail_msg("view %zu at %dx%d draws at %d,%d", i, r.w, r.h, x, y);
            }
        }
        bench_shut(&b);
    }
    bench_end(&b);
}

/* Foreign texts went through text_new at the edge; what is left of them never leaves its frame. */
static void test_hostile_texts(void **state)
{
    static struct chat_turn turn;
    struct bench b;
    struct arena *a = arena_new(1 << 20);
    (void)state;
    assert_non_null(a);
    char bytes[sizeof HOSTILE * 40];
    for (size_t i = 0; i < 40; i++)
        memcpy(bytes + i * (sizeof HOSTILE - 1), HOSTILE, sizeof HOSTILE);
    struct text line = text_new(a, bytes, strlen(bytes), TEXT_LINE);
    struct text block = text_new(a, bytes, strlen(bytes), TEXT_BLOCK);
    bench_start(&b, true);
    turn = turns[0];
    turn.question = line;
    turn.answer = block;
    b.f.chat = (struct chat_log){&turn, 1, 1};
    struct operation o = asking(2);
    o.title = o.note = o.plan[0] = o.steps[0].note = o.repository = o.folder = line;
    fixture_operation(&b.f, &o);
    struct request r = *store_request_by_id(b.f.store, "77c2-u1");
    r.input = r.output = r.error = block;
    fixture_request(&b.f, &r);
    for (size_t i = 0; i < ALL_VIEWS; i++) {
        bench_open(&b, all_views[i].class, all_views[i].id, 77, 25);
        bench_draw(&b);
        const char *fault = check_canvas(&b.c);
        if (fault)
            fail_msg("view %zu: %s", i, fault);
        for (int y = 2; y < b.c.rows - 2; y++)
            assert_null(strchr(canvas_at(&b.c, 0, y)->bytes, '\x1b'));
        bench_shut(&b);
    }
    bench_end(&b);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upload_looks),
        cmocka_unit_test(test_upload_done_looks),
        cmocka_unit_test(test_upload_failed_says_how_to_go_on),
        cmocka_unit_test(test_upload_scrolls_to_its_end),
        cmocka_unit_test(test_risk_3_wants_the_word),
        cmocka_unit_test(test_risk_2_is_answered_by_keys_of_the_table),
        cmocka_unit_test(test_deployment_looks),
        cmocka_unit_test(test_job_looks),
        cmocka_unit_test(test_model_looks),
        cmocka_unit_test(test_model_shows_where_its_chain_breaks),
        cmocka_unit_test(test_model_is_walked_along),
        cmocka_unit_test(test_request_looks),
        cmocka_unit_test(test_chat_looks),
        cmocka_unit_test(test_chat_sends_what_was_typed),
        cmocka_unit_test(test_chat_read_only_sends_nothing),
        cmocka_unit_test(test_chat_without_endpoint),
        cmocka_unit_test(test_chat_follows_the_stream),
        cmocka_unit_test(test_what_is_not_there_is_not_opened),
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_hostile_texts),
    };
    return cmocka_run_group_tests_name("views", tests, NULL, NULL);
}
