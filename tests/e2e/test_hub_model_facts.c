/* What is said of a model that lies on the Hub: the same as of its folder on disk, and where it is not whole,
 * what lacks. How much is fetched for it is read from the stand-in's own log. */
#include "hub_world.h"
#include "temp_folder.h"

#include "client/hub_model_facts.h"
#include "client/hub_upload.h"
#include "client/model_folder.h"
#include "core/cancel.h"
#include "model/fit.h"

static struct workers *workers;
static struct arena *arena;

/* ---- reading ------------------------------------------------------------------------------------- */

static int read_with(
    struct hub *h, const char *repo, struct hub_model *out, struct cancel *c, struct err *e)
{
    struct hub_info info;
    if (hub_info(hub, repo, NULL, arena, &info, NULL, e))
        fail_msg("%s", e->message);
    return hub_model_facts(h, &info, arena, out, c, e);
}

static struct hub_model read_model(const char *repo)
{
    struct hub_model m;
    struct err e;
    if (read_with(hub, repo, &m, NULL, &e))
        fail_msg("%s", e.message);
    return m;
}

static const struct check_file *line_of(const struct checklist *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->files[i].path.s, path) == 0)
            return &list->files[i];
    return NULL;
}

static void assert_line(
    const struct hub_model *m, const char *path, enum check_state state, const char *words)
{
    const struct check_file *f = line_of(&m->list, path);
    if (!f)
        fail_msg("nothing is said of %s", path);
    if (f->state != state || !strstr(f->result.s, words))
        fail_msg("%s is %s: %s", path, check_state_name(f->state), f->result.s);
}

/* ---- as on disk ---------------------------------------------------------------------------------- */

/* The Hub refuses the adapter's card as PEFT writes it, so cards stay here. */
static void leave_card(struct checklist *list)
{
    for (size_t i = 0; i < list->count; i++)
        list->files[i].send &= strcmp(list->files[i].path.s, "README.md") != 0;
    checklist_sum(list);
}

static void upload(const struct checklist *list, const char *repo)
{
    const struct hub_upload_plan plan = {
        .list = list, .repo = repo, .message = "Upload", .workers = workers};
    struct hub_upload_result result;
    struct err e;
    create(repo);
    if (hub_upload(hub, &plan, &result, NULL, &e))
        fail_msg("%s", e.message);
}

static void assert_text(struct text a, struct text b, const char *what)
{
    if (a.len != b.len || (a.len && memcmp(a.s, b.s, a.len) != 0))
        fail_msg("%s: \"%s\" on disk, \"%s\" on the Hub", what, a.s ? a.s : "", b.s ? b.s : "");
}

static void assert_same_facts(const struct model_facts *disk, const struct model_facts *there)
{
    assert_text(disk->model_type, there->model_type, "model_type");
    assert_text(disk->architecture, there->architecture, "architecture");
    assert_text(disk->dtype, there->dtype, "dtype");
    assert_text(disk->base_model, there->base_model, "base_model");
    assert_text(disk->quantization, there->quantization, "quantization");
    struct model_facts a = *disk, b = *there;
    assert_int_equal(a.parameters, b.parameters);
    assert_int_equal(a.weight_bytes, b.weight_bytes);
    assert_int_equal(a.context_length, b.context_length);
    assert_int_equal(a.vocab_size, b.vocab_size);
    assert_int_equal(a.heads, b.heads);
    assert_int_equal(a.adapter, b.adapter);
    assert_int_equal(a.chat_template, b.chat_template);
    assert_int_equal(fit_kv_bytes_per_token(&a, 1, 0), fit_kv_bytes_per_token(&b, 1, 0));
}

/* What is missing on disk is missing there, and what blocks there blocks on disk. */
static void assert_same_lines(const struct checklist *disk, const struct checklist *there)
{
    for (size_t i = 0; i < disk->count; i++) {
        const struct check_file *a = &disk->files[i], *b = line_of(there, a->path.s);
        if (a->state != CHECK_MISSING && !a->send)
            continue;
        if (!b || (a->state == CHECK_MISSING) != (b->state == CHECK_MISSING) || a->size != b->size)
            fail_msg("%s is not as on disk", a->path.s);
    }
    for (size_t i = 0; i < there->count; i++) {
        const struct check_file *b = &there->files[i], *a = line_of(disk, b->path.s);
        if (check_file_blocks(b) && !(a && check_file_blocks(a)))
            fail_msg("%s blocks on the Hub alone: %s", b->path.s, b->result.s);
    }
}

static void a_model_is_the_same_there_as_on_disk(void **state)
{
    static const char *const names[] = {
        "tiny-sft-merged", "tiny-sft-sharded", "tiny-sft-incomplete", "tiny-lora-adapter"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char command[2 * PATH_MAX], folder[PATH_MAX], repo[64];
        struct checklist *list;
        struct err e;
        snprintf(command, sizeof command, "tar -C '%s' -xzf tests/data/models/%s.tar.gz",
            (char *)*state, names[i]);
        assert_int_equal(system(command), 0);
        temp_folder_path(folder, state, names[i]);
        if (model_folder_read(folder, arena, &list, NULL, &e))
            fail_msg("%s", e.message);
        leave_card(list);
        snprintf(repo, sizeof repo, "acme/%s", names[i]);
        upload(list, repo);
        struct hub_model m = read_model(repo);
        assert_same_facts(&list->facts, &m.list.facts);
        assert_same_lines(list, &m.list);
        assert_int_equal(m.readable, KNOWN_YES);
        assert_int_equal(m.list.send_count, 0);
    }
}

/* ---- how much is read ---------------------------------------------------------------------------- */

static void weights_are_not_fetched(void **state)
{
    (void)state;
    int64_t before = last_request();
    struct hub_model m = read_model("acme/whole");
    const struct model_facts *f = &m.list.facts;
    assert_int_equal(m.list.blockers, 0);
    assert_true(f->weight_bytes > 50 * 1000 * 1000);
    assert_int_equal(f->weight_bytes, 2 * f->parameters);
    assert_true(m.fetched < 64 << 10);
    assert_true(f->chat_template && f->text_generation && !f->adapter);
    assert_string_equal(f->base_model.s, "acme/base");
    assert_int_equal(fit_kv_bytes_per_token(f, 1, 0), 6 * 2 * 4 * 64 * 2);
    assert_int_equal(count_requests(before, "GET", "/resolve/main/", 0), 0); /* by commit */
    assert_int_equal(count_requests(before, "GET", "/lfs-storage/", 206), 1);
    assert_int_equal(count_requests(before, "GET", "/lfs-storage/", 200), 0);
    assert_int_equal(count_requests(before, "GET", "tokenizer.json", 0), 0);
}

static void write_weights(const char *path, size_t tensors)
{
    struct buf b;
    buf_init(&b, 8 << 20);
    buf_str_append(&b, "12345678{");
    for (size_t i = 0; i < tensors; i++)
        buf_printf(&b,
            "%s\"layers.%zu.a-long-name-as-they-have\":{\"dtype\":\"F16\",\"shape\":[3],"
            "\"data_offsets\":[%zu,%zu]}",
            i ? "," : "", i, 6 * i, 6 * i + 6);
    buf_char(&b, '}');
    uint64_t n = b.len - 8;
    for (int i = 0; i < 8; i++)
        b.data[i] = (char)(n >> (8 * i) & 0xff);
    for (size_t i = 0; i < tensors; i++)
        buf_append(&b, "\0\0\0\0\0", 6);
    assert_false(b.full);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(b.data, 1, b.len, f), b.len);
    assert_int_equal(fclose(f), 0);
    buf_release(&b);
}

static void a_long_header_is_read_whole(void **state)
{
    char path[PATH_MAX];
    struct checklist *list;
    struct err e;
    temp_folder_path(path, state, "model.safetensors");
    write_weights(path, 5000);
    assert_int_equal(model_folder_read(*state, arena, &list, NULL, &e), 0);
    for (size_t i = 0; i < list->count; i++)
        list->files[i].send = strcmp(list->files[i].path.s, "model.safetensors") == 0;
    list->send_count = 1;
    upload(list, "acme/long");
    struct hub_model m = read_model("acme/long");
    assert_line(&m, "model.safetensors", CHECK_VALID, "valid");
    assert_int_equal(m.list.facts.parameters, 15000);
    assert_int_equal(m.list.facts.weight_bytes, 30000);
    assert_string_equal(m.list.facts.dtype.s, "float16");
    assert_true(m.fetched > HUB_HEAD_FIRST + 8 * 5000);
}

/* ---- what is not whole --------------------------------------------------------------------------- */

static void what_lacks_is_named(void **state)
{
    (void)state;
    struct hub_model m = read_model("acme/lacking");
    assert_line(&m, "model-00002-of-00003.safetensors", CHECK_MISSING, "shard 2 of 3");
    assert_line(&m, "model.safetensors.index.json", CHECK_BAD, "model-00002-of-00003");
    assert_line(&m, "tokenizer_config.json", CHECK_MISSING, "guessed");
    assert_int_equal(line_of(&m.list, "tokenizer_config.json")->kind, CHECK_RECOMMENDED);
    assert_int_equal(m.list.facts.weight_bytes, 0); /* not seen whole */
    assert_int_equal(m.list.facts.heads, 4);

    m = read_model("acme/bare");
    assert_line(&m, "config.json", CHECK_MISSING, "");
    assert_line(&m, "model.safetensors", CHECK_MISSING, "");
    assert_line(&m, "tokenizer.json", CHECK_MISSING, "");
    assert_int_equal(m.list.blockers, 3);

    m = read_model("acme/broken");
    assert_line(&m, "config.json", CHECK_BAD, "");
    assert_line(&m, "model.safetensors", CHECK_BAD, "not a safetensors file");
    assert_int_equal(m.list.blockers, 2);
}

static void other_names_than_the_usual_are_taken(void **state)
{
    (void)state;
    struct hub_model m = read_model("acme/own-names");
    assert_int_equal(m.list.blockers, 0);
    assert_line(&m, "fine.safetensors", CHECK_VALID, "valid");
    assert_line(&m, "old/fine.safetensors", CHECK_PRESENT, "present");
    assert_true(m.list.facts.custom_code);
    assert_string_equal(m.list.facts.quantization.s, "awq");
    assert_true(m.list.facts.weight_bytes > 7000);

    m = read_model("acme/mistral");
    assert_int_equal(m.list.blockers, 0);
    assert_line(&m, "config.json", CHECK_MISSING, "Mistral");
    assert_line(&m, "tokenizer.json", CHECK_MISSING, "Mistral");
    assert_true(m.list.facts.weight_bytes > 0);

    m = read_model("acme/pickled");
    assert_int_equal(m.list.blockers, 0);
    assert_line(&m, "pytorch_model.bin", CHECK_WARNING, "pickle");
    assert_int_equal(m.list.facts.weight_bytes, 9000);
}

/* ---- what cannot be seen --------------------------------------------------------------------------- */

static void what_may_not_be_read_is_unknown_not_bad(void **state)
{
    (void)state;
    struct hub_model m = read_model("meridian/closed");
    assert_int_equal(m.readable, KNOWN_NO);
    assert_int_equal(m.list.blockers, 0);
    assert_line(&m, "config.json", CHECK_WARNING, "not looked into");
    assert_line(&m, "model.safetensors", CHECK_WARNING, "not looked into");
    assert_null(line_of(&m.list, "chat_template.jinja")); /* it may be in what was not read */
    assert_int_equal(m.list.facts.heads, 0);
    assert_true(m.list.facts.weight_bytes > 100000); /* by the list */
}

static void a_hub_that_fails_is_no_fault_of_the_model(void **state)
{
    (void)state;
    set_fault("{\"plane\":\"hub\",\"path\":\"*/config.json\",\"kind\":\"status\",\"status\":404}");
    struct hub_model m = read_model("acme/whole");
    assert_true(faults_struck() > 0);
    assert_int_equal(m.list.blockers, 0);
    assert_int_equal(m.readable, KNOWN_YES);
    assert_line(&m, "config.json", CHECK_WARNING, "not looked into");
    assert_int_equal(m.list.facts.heads, 0);
    assert_true(m.list.facts.weight_bytes > 50 * 1000 * 1000);

    set_fault(ONCE("GET", "/lfs-storage/*", "\"kind\":\"truncate\",\"after_bytes\":100"));
    m = read_model("acme/whole");
    assert_int_equal(faults_struck(), 1);
    assert_line(&m, "model.safetensors", CHECK_VALID, "valid");

    set_fault("{\"plane\":\"hub\",\"path\":\"/lfs-storage/*\",\"kind\":\"status\",\"status\":206,"
              "\"body\":\"abc\"}");
    m = read_model("acme/whole");
    assert_true(faults_struck() > 0);
    assert_int_equal(m.list.blockers, 0);
    assert_line(&m, "model.safetensors", CHECK_WARNING, "did not come whole");

    set_fault("{\"plane\":\"hub\",\"path\":\"/lfs-storage/*\",\"kind\":\"status\",\"status\":200,"
              "\"fill\":900000}");
    m = read_model("acme/whole");
    assert_true(faults_struck() > 0);
    assert_int_equal(m.list.blockers, 0);
    assert_line(&m, "model.safetensors", CHECK_WARNING, "not looked into");
    assert_true(m.fetched < 100000);
}

static void a_stop_stops_it(void **state)
{
    (void)state;
    struct hub_model m;
    struct err e;
    struct cancel *c = cancel_new(NULL);
    cancel_fire(c);
    assert_int_equal(read_with(hub, "acme/whole", &m, c, &e), -1);
    assert_int_equal(e.class, ERR_CANCEL);
    cancel_unref(c);
}

/* ---- all --------------------------------------------------------------------------------------------- */

static int each_start(void **state)
{
    arena = arena_new(4 * (size_t)HUB_MODEL_ARENA);
    return arena ? temp_folder_make(state) : -1;
}

static int each_end(void **state)
{
    arena_free(arena);
    return temp_folder_remove(state);
}

static int start(void **state)
{
    (void)state;
    struct err e;
    hub_world_start_with("tests/data/hub_models.json");
    workers = workers_new(2, 16, &e);
    return workers ? 0 : -1;
}

static int finish(void **state)
{
    (void)state;
    workers_free(workers);
    hub_world_stop();
    return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, each_start, each_end)
    const struct CMUnitTest tests[] = {
        TEST(a_model_is_the_same_there_as_on_disk),
        TEST(weights_are_not_fetched),
        TEST(a_long_header_is_read_whole),
        TEST(what_lacks_is_named),
        TEST(other_names_than_the_usual_are_taken),
        TEST(what_may_not_be_read_is_unknown_not_bad),
        TEST(a_hub_that_fails_is_no_fault_of_the_model),
        TEST(a_stop_stops_it),
    };
    return cmocka_run_group_tests_name("hub_model_facts", tests, start, finish);
}
