/* Rows of the table in spec/huggingface.md §8.2 that concern several files at once, or what must not be
 * sent: half-written files, keys, pickles, custom code, tokens that nobody knows. */
#include "model_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static void assert_out(
    void **state, const char *path, enum check_state line_state, const char *words)
{
    struct checked c = check_folder(state);
    assert_line(&c, path, CHECK_KEEP_OUT, line_state, words);
    assert_false(line_of(&c, path)->send);
    assert_int_equal(c.list->blockers, 0);
    checked_free(&c);
}

/* ---- half-written ---------------------------------------------------------------------------------- */

static void test_half_written(void **state)
{
    static const char *const files[] = {
        "model.safetensors.incomplete", "a.tmp", "sub/b.part", "c.partial", "d.crdownload"};
    put_good_model(state);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        put(state, files[i], "x");
        assert_out(state, files[i], CHECK_WARNING, "half-written");
        drop(state, files[i]);
    }
    put(state, "empty.bin", "");
    assert_checks(state, "empty.bin", CHECK_OPTIONAL, CHECK_WARNING, "empty");
    put(state, "__init__.py", "");
    assert_checks(state, "__init__.py", CHECK_OPTIONAL, CHECK_PRESENT, "present");
}

/* ---- keys ------------------------------------------------------------------------------------------ */

#define HF_KEY "hf_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh"

static void test_keys(void **state)
{
    static const char *const held[] = {
        "key = " HF_KEY,
        HF_KEY,
        "\"rpa_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\"",
        "rps_0123456789abcdefghijklmnopqrstuvwxyz",
        "OPENAI=sk-proj-0123456789_abcdefghij-KLMNOPQ",
        "hf_short and then " HF_KEY "\n",
    };
    static const char *const fine[] = {
        "hf_hub_download, hf_1234567 and task-0123456789012345678901234567890123",
        "export HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "shf_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh",
        "sk-a-very-long-name-of-a-style-sheet-class",
        "hf_ABCDEFGHIJKLMNOPQRSTUVWXYZ-abc",
        ("\xFF " HF_KEY), /* no text */
        "hf_",
        "sk-",
        "_",
    };
    put_good_model(state);
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        put(state, "notes.txt", held[i]);
        assert_out(state, "notes.txt", CHECK_WARNING, "looks like a key");
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        put(state, "notes.txt", fine[i]);
        assert_checks(state, "notes.txt", CHECK_OPTIONAL, CHECK_PRESENT, "present");
    }
}

/* The key itself is never shown; a file that is needed must be mended. */
static void test_keys_in_what_is_needed(void **state)
{
    put_good_model(state);
    put(state, "README.md", GOOD_README HF_KEY);
    assert_out(state, "README.md", CHECK_WARNING, "left out");
    put(state, "tokenizer_config.json",
        "{\"tokenizer_class\":\"X\",\"eos_token\":\"</s>\",\"token\":\"" HF_KEY "\"}");
    struct checked c = check_folder(state);
    assert_line(&c, "tokenizer_config.json", CHECK_REQUIRED, CHECK_BAD, "take it out of the file");
    assert_null(strstr(line_of(&c, "tokenizer_config.json")->result.s, HF_KEY));
    assert_true(line_of(&c, "README.md")->guarded);
    checked_free(&c);
}

static void test_guarded_by_name(void **state)
{
    put_good_model(state);
    put(state, ".netrc", "x");
    put(state, "sub/prod.env", "x");
    put(state, "optimizer.pt", "x");
    struct checked c = check_folder(state);
    assert_true(line_of(&c, ".netrc")->guarded && line_of(&c, "sub/prod.env")->guarded);
    assert_false(line_of(&c, "optimizer.pt")->guarded || line_of(&c, "config.json")->guarded);
    checked_free(&c);
}

/* ---- pickles --------------------------------------------------------------------------------------- */

#define POINTER "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"

/* git lfs pull --include "*.safetensors" leaves the others as pointers, which nobody misses. */
static void test_pointers_of_spare_pickles(void **state)
{
    put_good_model(state);
    put(state, "pytorch_model.bin", POINTER);
    assert_out(state, "pytorch_model.bin", CHECK_PRESENT, "pickle beside safetensors");
    put(state, "notes.tmp", POINTER);
    assert_out(state, "notes.tmp", CHECK_WARNING, "LFS pointer");
}

static void test_pickle_cut_short(void **state)
{
    char big[9000];
    memset(big, 'x', sizeof big);
    memcpy(big, "PK\3\4", 4);
    put_good_model(state);
    drop(state, "model.safetensors");
    put_bytes(state, "pytorch_model.bin", big, sizeof big);
    assert_checks(state, "pytorch_model.bin", CHECK_WEIGHTS, CHECK_BAD, "cut short");
    memcpy(big + sizeof big - 22, "PK\5\6", 4);
    put_bytes(state, "pytorch_model.bin", big, sizeof big);
    assert_checks(state, "pytorch_model.bin", CHECK_WEIGHTS, CHECK_WARNING, "pickle");
    put(state, "pytorch_model.bin", "\x80\x02older than zip");
    assert_checks(state, "pytorch_model.bin", CHECK_WEIGHTS, CHECK_WARNING, "pickle");
}

static void test_shards_of_pickles(void **state)
{
    put_good_model(state);
    drop(state, "model.safetensors");
    put(state, "pytorch_model-00001-of-00003.bin", GOOD_PICKLE);
    put(state, "pytorch_model-00003-of-00003.bin", GOOD_PICKLE);
    put(state, "pytorch_model.bin.index.json",
        "{\"weight_map\":{\"a\":\"pytorch_model-00001-of-00003.bin\","
        "\"b\":\"pytorch_model-00002-of-00003.bin\"}}");
    struct checked c = check_folder(state);
    assert_line(&c, "pytorch_model-00002-of-00003.bin", CHECK_WEIGHTS, CHECK_MISSING, "2 of 3");
    assert_line(&c, "pytorch_model.bin.index.json", CHECK_REQUIRED, CHECK_BAD, "is not here");
    assert_null(line_of(&c, "model.safetensors.index.json"));
    assert_int_equal(c.list->facts.weight_bytes, 0); /* one lacks */
    checked_free(&c);
    put(state, "pytorch_model-00002-of-00003.bin", GOOD_PICKLE);
    c = check_folder(state);
    assert_int_equal(c.list->blockers, 0);
    assert_int_equal(c.list->facts.weight_bytes, 3 * strlen(GOOD_PICKLE));
    checked_free(&c);
    put_tensors(state, "model.safetensors", GOOD_TENSORS, GOOD_DATA);
    c = check_folder(state); /* now they are spare */
    assert_int_equal(c.list->send_count, 7);
    assert_int_equal(c.list->blockers, 0);
    checked_free(&c);
}

/* ---- the index ------------------------------------------------------------------------------------- */

static void test_index_names_no_weights(void **state)
{
    put_good_model(state);
    drop(state, "model.safetensors");
    put_tensors(state, "model-00001-of-00001.safetensors", GOOD_TENSORS, GOOD_DATA);
    put(state, "model.safetensors.index.json",
        "{\"weight_map\":{\"a\":\"model-00001-of-00001.safetensors\",\"b\":\"config.json\"}}");
    assert_checks(state, "model.safetensors.index.json", CHECK_REQUIRED, CHECK_BAD,
        "config.json, which it names, is no .safetensors file");
    put(state, "model.safetensors.index.json",
        "{\"weight_map\":{\"a\":\"model-00001-of-00001.safetensors\","
        "\"b\":\"../model.safetensors\"}}");
    assert_checks(state, "model.safetensors.index.json", CHECK_REQUIRED, CHECK_BAD, "is not here");
}

/* ---- tokens and code ------------------------------------------------------------------------------- */

static void test_unknown_tokens(void **state)
{
    static const struct {
        const char *file, *content;
        enum check_kind kind;
        enum check_state line_state;
        const char *words;
    } rows[] = {
        {"tokenizer_config.json", "{\"tokenizer_class\":\"X\",\"eos_token\":\"<|im_end|>\"}",
            CHECK_REQUIRED, CHECK_WARNING, "eos_token \"<|im_end|>\" is no token"},
        {"tokenizer_config.json", "{\"tokenizer_class\":\"X\",\"eos_token\":{\"content\":\"a\"}}",
            CHECK_REQUIRED, CHECK_VALID, "valid"},
        {"special_tokens_map.json", "{\"eos_token\":\"nobody\"}", CHECK_RECOMMENDED, CHECK_WARNING,
            "eos_token \"nobody\""},
        {"special_tokens_map.json",
            "{\"eos_token\":{\"content\":\"</s>\"},\"additional_special_tokens\":[\"a\",{"
            "\"content\":\"b\"}],\"pad_token\":null}",
            CHECK_RECOMMENDED, CHECK_VALID, "valid"},
        {"special_tokens_map.json", "{\"pad_token\":7}", CHECK_RECOMMENDED, CHECK_WARNING,
            "pad_token is no token"},
        {"special_tokens_map.json", "{\"x\":[[\"a\"]]}", CHECK_RECOMMENDED, CHECK_WARNING,
            "x is no token"},
        {"special_tokens_map.json", "{\"x\":{\"content\":\"a\",\"id\":8}}", CHECK_RECOMMENDED,
            CHECK_WARNING, "x is no token"},
        {"added_tokens.json", "{\"a\":7,\"b\":7.5,\"c\":-1}", CHECK_OPTIONAL, CHECK_WARNING,
            "2 tokens lie outside"},
        {"generation_config.json", "{\"eos_token_id\":0.5}", CHECK_RECOMMENDED, CHECK_WARNING,
            "no token of the vocabulary"},
        {"generation_config.json", "{\"eos_token_id\":[]}", CHECK_RECOMMENDED, CHECK_WARNING,
            "no eos_token_id"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_good_model(state);
        put(state, rows[i].file, rows[i].content);
        assert_checks(state, rows[i].file, rows[i].kind, rows[i].line_state, rows[i].words);
        drop(state, rows[i].file);
    }
}

/* SentencePiece-like vocabularies are lists. */
static void test_words_of_a_list(void **state)
{
    put_good_model(state);
    put(state, "tokenizer.json",
        "{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"<unk>\",0],[\"</s>\",-1.5]]}}");
    assert_checks(state, "tokenizer_config.json", CHECK_REQUIRED, CHECK_VALID, "valid");
    put(state, "tokenizer.json",
        "{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"<unk>\",0],7,[],[3]]}}");
    assert_checks(state, "tokenizer_config.json", CHECK_REQUIRED, CHECK_WARNING, "\"</s>\" is no");
}

static void test_code_of_a_tokenizer(void **state)
{
    put_good_model(state);
    put(state, "tokenizer_config.json",
        "{\"tokenizer_class\":\"X\",\"eos_token\":\"</s>\",\"auto_map\":{\"AutoTokenizer\":["
        "\"tokenization_x.X\",null]}}");
    assert_checks(
        state, "tokenizer_config.json", CHECK_REQUIRED, CHECK_WARNING, "1 of its .py files");
    put(state, "tokenization_x.py", "class X: pass\n");
    struct checked c = check_folder(state);
    assert_null(strstr(line_of(&c, "tokenizer_config.json")->result.s, ".py"));
    assert_true(c.list->facts.custom_code);
    checked_free(&c);
}

/* ---- templates and others ---------------------------------------------------------------------------- */

static void test_template_of_a_processor(void **state)
{
    put_good_model(state);
    drop(state, "chat_template.jinja");
    put(state, "chat_template.json", "{\"chat_template\":\"" GOOD_TEMPLATE "\"}");
    struct checked c = check_folder(state);
    assert_line(&c, "chat_template.json", CHECK_OPTIONAL, CHECK_VALID, "valid");
    assert_true(c.list->facts.chat_template);
    assert_null(line_of(&c, "chat_template.jinja"));
    checked_free(&c);
    put(state, "chat_template.json", "{}");
    assert_checks(state, "chat_template.json", CHECK_OPTIONAL, CHECK_WARNING, "no chat_template");
    assert_checks(state, "chat_template.jinja", CHECK_RECOMMENDED, CHECK_MISSING, "chat");
}

static void test_empty_template_is_none(void **state)
{
    put_good_model(state);
    drop(state, "chat_template.jinja");
    put(state, "tokenizer_config.json",
        "{\"tokenizer_class\":\"X\",\"eos_token\":\"</s>\",\"chat_template\":\"\"}");
    assert_checks(state, "chat_template.jinja", CHECK_RECOMMENDED, CHECK_MISSING, "chat");
}

static void test_adapters_that_are_no_lora(void **state)
{
    put_good_adapter(state);
    put(state, "adapter_config.json",
        "{\"peft_type\":\"IA3\",\"task_type\":\"CAUSAL_LM\",\"base_model_name_or_path\":\"a/b\"}");
    put_tensors(state, "adapter_model.safetensors",
        "{\"__metadata__\":{\"format\":\"pt\"},"
        "\"x\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}",
        16);
    assert_checks(state, "adapter_model.safetensors", CHECK_WEIGHTS, CHECK_VALID, "1 tensor");
    put(state, "adapter_config.json", GOOD_ADAPTER);
    assert_checks(
        state, "adapter_model.safetensors", CHECK_WEIGHTS, CHECK_WARNING, "no tensor is a LoRA's");
}

static void test_gitattributes(void **state)
{
    static const struct {
        const char *content;
        enum check_state line_state;
        const char *words;
    } rows[] = {
        {"*.safetensors filter=lfs diff=lfs merge=lfs -text\n", CHECK_WARNING,
            "no line for sub/big.gguf"},
        {"*.safetensors filter=lfs\n*.gguf\tfilter=lfs -text", CHECK_PRESENT, "the Hub writes"},
        {"*.safetensors filter=lfs\n/sub/* filter=lfs", CHECK_PRESENT, "the Hub writes"},
        {"*.safetensors filter=lfs\n/*.gguf filter=lfs", CHECK_WARNING, "no line for sub/big"},
        {"*.safetensors filter=lfs\n**/*.gguf filter=lfs", CHECK_PRESENT, "the Hub writes"},
        {"*.safetensors filter=lfs\nsub/*.gguf filter=lfs", CHECK_PRESENT, "the Hub writes"},
        {"# *.safetensors filter=lfs\n*.gguf filter=lfs", CHECK_WARNING, "for *.safetensors"},
        {"*.safetensors text\n*.gguf filter=lfs", CHECK_WARNING, "for *.safetensors"},
        {"", CHECK_WARNING, "for *.safetensors"},
        {"\n\n  \n*.safetensors", CHECK_WARNING, "for *.safetensors"},
    };
    char path[PATH_MAX];
    put_good_model(state);
    put(state, "sub/big.gguf", "GGUF");
    assert_int_equal(truncate(temp_folder_path(path, state, "sub/big.gguf"), 11 << 20), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put(state, ".gitattributes", rows[i].content);
        assert_out(state, ".gitattributes", rows[i].line_state, rows[i].words);
    }
}

/* A folder of a checkpoint is clutter as a whole, whatever is in it. */
static void test_checkpoint_folder(void **state)
{
    char path[PATH_MAX];
    put_good_model(state);
    put_tensors(state, "checkpoint-500/model.safetensors", GOOD_TENSORS, GOOD_DATA - 1);
    put(state, "checkpoint-500/config.json", "{");
    put(state, "checkpoint-500/tokenizer.model", POINTER);
    put(state, "sub/checkpoint-7/x/y.txt", HF_KEY);
    assert_int_equal(mkfifo(temp_folder_path(path, state, "checkpoint-500/pipe"), 0644), 0);
    struct checked c = check_folder(state);
    for (size_t i = 0; i < c.list->count; i++)
        if (strstr(c.list->files[i].path.s, "checkpoint-"))
            assert_line(
                &c, c.list->files[i].path.s, CHECK_KEEP_OUT, CHECK_PRESENT, "training state");
    assert_int_equal(line_of(&c, "checkpoint-500/pipe")->size, -1); /* nobody can ask for it */
    assert_int_equal(line_of(&c, "checkpoint-500/config.json")->size, 1);
    assert_int_equal(c.list->send_count, 7);
    assert_int_equal(c.list->blockers + c.list->warnings, 0);
    checked_free(&c);
}

/* ---- much ------------------------------------------------------------------------------------------ */

/* Thousands of small files, and weights of 50 GB that nobody reads. */
static void test_large_folder(void **state)
{
    enum { FILES = 5000 };
    char name[64], header[256];
    struct timespec from, to;
    const long long bytes = 50ll << 30;
    put_good_model(state);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "assets/%d/%d.json", i % 50, i);
        put(state, name, "{\"a\":[1,2,3],\"b\":\"some words\"}");
    }
    snprintf(header, sizeof header,
        "{\"__metadata__\":{\"format\":\"pt\"},"
        "\"a\":{\"dtype\":\"BF16\",\"shape\":[%lld],\"data_offsets\":[0,%lld]}}",
        bytes / 2, bytes);
    put_tensors(state, "model.safetensors", header, bytes);
    clock_gettime(CLOCK_MONOTONIC, &from);
    struct checked c = check_folder(state);
    clock_gettime(CLOCK_MONOTONIC, &to);
    print_message("# %d files: %.0f ms\n", FILES,
        1e3 * (double)(to.tv_sec - from.tv_sec) + 1e-6 * (double)(to.tv_nsec - from.tv_nsec));
    assert_true(to.tv_sec - from.tv_sec < 10); /* reading the weights would take longer */
    assert_int_equal(c.list->send_count, FILES + 7);
    assert_int_equal(c.list->blockers + c.list->warnings, 0);
    assert_int_equal(c.list->facts.weight_bytes, bytes);
    assert_int_equal(c.list->facts.parameters, bytes / 2);
    checked_free(&c);
}

/* ---- change ---------------------------------------------------------------------------------------- */

struct writer {
    const char *path;
    atomic_bool stop;
};

/* Writes the file over and over, always longer or shorter, and takes it away at times. What cannot be
 * written does not matter. */
static void *write_on(void *arg)
{
    struct writer *w = arg;
    for (unsigned i = 0; !atomic_load(&w->stop); i++) {
        FILE *out = fopen(w->path, "we");
        for (unsigned k = 0; out && k < i % 64; k++)
            fputs("{\"a\":1}\n", out);
        if (out)
            fclose(out);
        if (i % 7 == 0)
            remove(w->path);
    }
    return NULL;
}

/* A file that somebody writes meanwhile: never a failure of the whole, and seen as changed sooner or
 * later. */
static void test_changing_file(void **state)
{
    char path[PATH_MAX];
    struct writer w = {.path = temp_folder_path(path, state, "extra.json")};
    struct timespec now, from;
    pthread_t thread;
    bool changed = false;
    put_good_model(state);
    assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
    clock_gettime(CLOCK_MONOTONIC, &from);
    do {
        struct checked c = check_folder(state);
        const struct check_file *line = line_of(&c, "extra.json");
        changed |= line && strstr(line->result.s, "changed while it was being checked");
        assert_line(&c, "config.json", CHECK_REQUIRED, CHECK_VALID, "");
        checked_free(&c);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (!changed && now.tv_sec - from.tv_sec < 60);
    atomic_store(&w.stop, true);
    pthread_join(thread, NULL);
    assert_true(changed);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_half_written),
        CASE(test_keys),
        CASE(test_keys_in_what_is_needed),
        CASE(test_guarded_by_name),
        CASE(test_pointers_of_spare_pickles),
        CASE(test_pickle_cut_short),
        CASE(test_shards_of_pickles),
        CASE(test_index_names_no_weights),
        CASE(test_unknown_tokens),
        CASE(test_words_of_a_list),
        CASE(test_code_of_a_tokenizer),
        CASE(test_template_of_a_processor),
        CASE(test_empty_template_is_none),
        CASE(test_adapters_that_are_no_lora),
        CASE(test_gitattributes),
        CASE(test_checkpoint_folder),
        CASE(test_large_folder),
        CASE(test_changing_file),
    };
    return cmocka_run_group_tests_name("model_folder_rows", tests, NULL, NULL);
}
