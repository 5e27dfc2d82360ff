/* What the checklist says of whole folders: real ones against golden lists, and made up ones with every
 * file of the table in spec/huggingface.md §8.2 there, missing, or kept out.
 *
 * tests/data/models/NAME.tar.gz are folders as training leaves them, saved by transformers 5.17 and
 * peft 0.21. In all but the adapter the tensors' bytes are zeros, which are small in an archive: headers
 * and lengths are the real ones, and more of the weights nobody reads. */
#include "model/fit.h"

#include "model_fixture.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

/* ---- real folders -------------------------------------------------------------------------------- */

static void unpack(void **state, const char *name)
{
    char archive[PATH_MAX];
    snprintf(archive, sizeof archive, "tests/data/models/%s.tar.gz", name);
    char *argv[] = {(char[]){"tar"}, (char[]){"-xzf"}, archive, (char[]){"-C"}, *state, NULL};
    pid_t child;
    int status;
    assert_int_equal(posix_spawnp(&child, "tar", NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void print_facts(struct buf *b, const struct model_facts *m)
{
    buf_printf(b, "type %s, architecture %s, dtype %s, base %s, quantization %s\n",
        m->model_type.len ? m->model_type.s : "?", m->architecture.len ? m->architecture.s : "?",
        m->dtype.len ? m->dtype.s : "?", m->base_model.len ? m->base_model.s : "?",
        m->quantization.len ? m->quantization.s : "none");
    buf_printf(b, "%lld parameters, %lld bytes, context %lld, vocabulary %lld\n",
        (long long)m->parameters, (long long)m->weight_bytes, (long long)m->context_length,
        (long long)m->vocab_size);
    buf_printf(b, "%lld layers, %lld heads, %lld key-value heads of %lld\n", (long long)m->layers,
        (long long)m->heads, (long long)m->kv_heads, (long long)m->head_dim);
    int sizes[FIT_SIZES_MAX];
    size_t count = fit_tensor_parallel_sizes(m, sizes);
    buf_printf(b, "%lld bytes of cache a token; can be spread over",
        (long long)fit_kv_bytes_per_token(m, 1, 0));
    for (size_t i = 0; i < count; i++)
        buf_printf(b, " %d", sizes[i]);
    buf_printf(b, " GPUs\n%s%s%s%s\n", m->adapter ? "adapter " : "model ",
        m->custom_code ? "custom-code " : "", m->chat_template ? "chat-template " : "",
        m->text_generation ? "text-generation" : "");
}

/* As a person would read it. */
static void print_list(struct buf *b, const struct checklist *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct check_file *f = &list->files[i];
        buf_printf(b, "%-11s %-8s %-4s %8lld  %s\n%44s%s\n", check_kind_name(f->kind),
            check_state_name(f->state), f->send ? "send" : "", (long long)f->size, f->path.s, "",
            f->result.s);
    }
    buf_printf(b, "\n%zu blockers, %zu warnings; %zu files of %lld bytes to send\n", list->blockers,
        list->warnings, list->send_count, (long long)list->send_bytes);
    print_facts(b, &list->facts);
}

static void assert_golden(const struct checklist *list, const char *name)
{
    struct buf seen, golden;
    struct err e;
    char path[PATH_MAX];
    buf_init(&seen, 1 << 20);
    buf_init(&golden, 1 << 20);
    print_list(&seen, list);
    assert_false(seen.full);
    snprintf(path, sizeof path, "tests/data/models/%s.checklist", name);
    if (file_read(path, &golden, &e) || strcmp(buf_str(&seen), buf_str(&golden)) != 0) {
        fputs(buf_str(&seen), stderr); /* whole: fail_msg cuts */
        fail_msg("the list above is not that of %s", path);
    }
    buf_release(&seen);
    buf_release(&golden);
}

static void test_real_folders(void **state)
{
    static const struct {
        const char *name, *folder;
    } rows[] = {
        {"tiny-lora-adapter", "tiny-lora-adapter"},
        {"tiny-sft-incomplete", "tiny-sft-incomplete"},
        {"tiny-sft-merged", "tiny-sft-merged"},
        {"tiny-sft-sharded", "tiny-sft-sharded"},
        {"cache",
            "cache/models--acme--tiny-base/snapshots/0c28799b8e22c925bec757ed6238fcadbc041008"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[PATH_MAX];
        unpack(state, rows[i].name);
        struct checked c = check_path(temp_folder_path(path, state, rows[i].folder));
        assert_golden(c.list, rows[i].name);
        checked_free(&c);
    }
}

/* The links of a Hub cache stay inside when the folder above is given. */
static void test_links_inside_are_followed(void **state)
{
    char path[PATH_MAX];
    unpack(state, "cache");
    struct checked c = check_path(temp_folder_path(path, state, "cache/models--acme--tiny-base"));
    assert_line(&c, "snapshots/0c28799b8e22c925bec757ed6238fcadbc041008/model.safetensors",
        CHECK_OPTIONAL, CHECK_VALID, "39 tensors, 2.5 MB, BF16");
    checked_free(&c);
}

/* ---- whole folders made up ---------------------------------------------------------------------------- */

static void assert_clean(const struct checked *c, size_t files)
{
    for (size_t i = 0; i < c->list->count; i++)
        if (c->list->files[i].state != CHECK_VALID)
            assert_line(c, c->list->files[i].path.s, c->list->files[i].kind, CHECK_VALID, "");
    assert_int_equal(c->list->blockers + c->list->warnings, 0);
    assert_int_equal(c->list->send_count, files);
}

static void test_good_model(void **state)
{
    put_good_model(state);
    struct checked c = check_folder(state);
    assert_clean(&c, 7);
    const struct model_facts *m = &c.list->facts;
    assert_string_equal(m->model_type.s, "llama");
    assert_string_equal(m->architecture.s, "LlamaForCausalLM");
    assert_string_equal(m->dtype.s, "bfloat16");
    assert_string_equal(m->base_model.s, "acme/tiny-base");
    assert_int_equal(m->parameters, 36);
    assert_int_equal(m->weight_bytes, GOOD_DATA);
    assert_int_equal(m->head_dim, 16);
    assert_int_equal(m->kv_heads, 2);
    assert_int_equal(m->context_length, 128);
    assert_true(m->text_generation && m->chat_template && !m->adapter && !m->custom_code);
    assert_line(&c, "model.safetensors", CHECK_WEIGHTS, CHECK_VALID, "2 tensors, 80 B, BF16+F32");
    checked_free(&c);
}

static void test_good_adapter(void **state)
{
    put_good_adapter(state);
    struct checked c = check_folder(state);
    assert_clean(&c, 3);
    assert_true(c.list->facts.adapter);
    assert_string_equal(c.list->facts.base_model.s, "acme/tiny-base");
    assert_string_equal(c.list->facts.dtype.s, "float32");
    checked_free(&c);
}

/* Layouts of earlier years are as right as today's. */
static void test_old_layout(void **state)
{
    put_good_model(state);
    drop(state, "tokenizer.json");
    drop(state, "chat_template.jinja");
    put(state, "config.json",
        "{\"model_type\":\"gpt2\",\"architectures\":[\"GPT2LMHeadModel\",\"GPT2ForCausalLM\"],"
        "\"torch_dtype\":\"float16\",\"n_layer\":2,\"n_head\":4,\"n_embd\":64,\"vocab_size\":8,"
        "\"n_positions\":128,\"head_dim\":null}");
    put(state, "vocab.json", "{\"a\":0,\"b\":7}");
    put(state, "merges.txt", "#version: 0.2\na b\n");
    put(state, "tokenizer_config.json",
        "{\"tokenizer_class\":\"GPT2Tokenizer\",\"eos_token\":{\"content\":\"</s>\"},"
        "\"chat_template\":[{\"name\":\"default\",\"template\":\"" GOOD_TEMPLATE "\"}]}");
    put(state, "special_tokens_map.json", "{\"eos_token\":\"</s>\"}");
    put(state, "added_tokens.json", "{\"<pad>\":7}");
    struct checked c = check_folder(state);
    assert_clean(&c, 9);
    assert_string_equal(c.list->facts.architecture.s, "GPT2ForCausalLM");
    assert_string_equal(c.list->facts.dtype.s, "float16");
    assert_int_equal(c.list->facts.kv_heads, 4);
    assert_true(c.list->facts.chat_template);
    checked_free(&c);
}

/* Numbers of a multimodal model are inside text_config. */
static void test_numbers_inside_text_config(void **state)
{
    put_good_model(state);
    put(state, "config.json",
        "{\"model_type\":\"m\",\"architectures\":[\"MForConditionalGeneration\"],\"vocab_size\":3,"
        "\"quantization_config\":{\"quant_method\":\"gptq\"},\"text_config\":" GOOD_CONFIG "}");
    struct checked c = check_folder(state);
    assert_line(&c, "config.json", CHECK_REQUIRED, CHECK_VALID, "quantized: gptq");
    assert_int_equal(c.list->facts.vocab_size, 8);
    assert_int_equal(c.list->facts.layers, 2);
    assert_string_equal(c.list->facts.quantization.s, "gptq");
    assert_int_equal(c.list->facts.parameters, 36); /* no packed type in it */
    checked_free(&c);
    put_tensors(state, "model.safetensors",
        "{\"q\":{\"dtype\":\"I32\",\"shape\":[20],\"data_offsets\":[0,80]}}", 80);
    c = check_folder(state);
    assert_int_equal(c.list->facts.parameters, 0);
    assert_int_equal(c.list->facts.weight_bytes, 80);
    checked_free(&c);
}

/* ---- missing ------------------------------------------------------------------------------------------- */

static void test_each_file_is_missed(void **state)
{
    static const struct {
        const char *file;
        enum check_kind kind;
        const char *why;
    } rows[] = {
        {"config.json", CHECK_REQUIRED, "architecture"},
        {"model.safetensors", CHECK_WEIGHTS, "weights"},
        {"tokenizer.json", CHECK_REQUIRED, "tokens"},
        {"tokenizer_config.json", CHECK_REQUIRED, "special tokens"},
        {"generation_config.json", CHECK_RECOMMENDED, "end tokens"},
        {"chat_template.jinja", CHECK_RECOMMENDED, "chat"},
        {"README.md", CHECK_RECOMMENDED, "Text Generation"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_good_model(state);
        drop(state, rows[i].file);
        struct checked c = check_folder(state);
        assert_line(&c, rows[i].file, rows[i].kind, CHECK_MISSING, rows[i].why);
        const struct check_file *line = line_of(&c, rows[i].file);
        assert_null(line->raw_path);
        assert_int_equal(line->size, -1);
        assert_false(line->send);
        assert_int_equal(check_file_blocks(line), rows[i].kind != CHECK_RECOMMENDED);
        assert_int_equal(c.list->blockers > 0, rows[i].kind != CHECK_RECOMMENDED);
        checked_free(&c);
    }
}

static void test_a_license_is_missed(void **state)
{
    put_good_model(state);
    put(state, "README.md",
        "---\nlicense: other\nlibrary_name: transformers\npipeline_tag: text-generation\n---\n");
    assert_checks(state, "LICENSE", CHECK_RECOMMENDED, CHECK_MISSING, "terms of use");
    put(state, "LICENSE.txt", "");
    assert_checks(state, "LICENSE.txt", CHECK_RECOMMENDED, CHECK_WARNING, "empty");
    put(state, "LICENSE.txt", "Do what you like.\n");
    struct checked c = check_folder(state);
    assert_clean(&c, 8);
    checked_free(&c);
}

static void test_other_tokenizers(void **state)
{
    put_good_model(state);
    drop(state, "tokenizer.json");
    put(state, "vocab.json", "{\"a\":0}");
    assert_checks(state, "merges.txt", CHECK_REQUIRED, CHECK_MISSING, "half");
    drop(state, "vocab.json");
    put(state, "tokenizer.model", "\x0a\x05");
    struct checked c = check_folder(state);
    assert_clean(&c, 7);
    checked_free(&c);
    put(state, "tokenizer.model", "");
    assert_checks(state, "tokenizer.model", CHECK_REQUIRED, CHECK_BAD, "empty");
    put(state, "tokenizer.json", GOOD_TOKENIZER);
    assert_checks(state, "tokenizer.model", CHECK_OPTIONAL, CHECK_WARNING, "empty");
}

static void test_missing_from_an_adapter(void **state)
{
    put_good_adapter(state);
    drop(state, "adapter_model.safetensors");
    assert_checks(
        state, "adapter_model.safetensors", CHECK_WEIGHTS, CHECK_MISSING, "adapter's weights");
    put(state, "adapter_model.bin", "PK");
    struct checked c = check_folder(state);
    assert_line(&c, "adapter_model.bin", CHECK_WEIGHTS, CHECK_WARNING, "pickle");
    assert_null(line_of(&c, "adapter_model.safetensors"));
    checked_free(&c);
    drop(state, "adapter_config.json");
    assert_checks(state, "adapter_config.json", CHECK_REQUIRED, CHECK_MISSING, "base model");
}

/* ---- what is kept out ------------------------------------------------------------------------------------ */

static void test_kept_out(void **state)
{
    static const char *const files[] = {
        ".env",
        ".gitignore",
        "sub/.DS_Store",
        "prod.env",
        "optimizer.pt",
        "sub/scheduler.pt",
        "rng_state_0.pth",
        "trainer_state.json",
        "training_args.bin",
        "checkpoint-600/model.safetensors",
        "global_step10/mp_rank_00_model_states.pt",
        "runs/x/events.out.tfevents.1.host",
        "pytorch_model.bin",
        "consolidated.00.pth",
        "pytorch_model.bin.index.json",
        "__pycache__/x.pyc",
    };
    put_good_model(state);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        put(state, files[i], "{}");
    put(state, ".git/config", "x");
    put(state, ".cache/huggingface/x", "x");
    put(state, ".venv/lib/x.py", "x");
    put(state, ".gitattributes", "*.bin filter=lfs\n");
    struct checked c = check_folder(state);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_line(&c, files[i], CHECK_KEEP_OUT, CHECK_PRESENT, "");
        assert_false(line_of(&c, files[i])->send);
    }
    assert_line(&c, ".venv/", CHECK_KEEP_OUT, CHECK_PRESENT, "hidden folder");
    assert_line(&c, ".gitattributes", CHECK_KEEP_OUT, CHECK_WARNING, "*.safetensors");
    assert_null(line_of(&c, ".git/config"));
    assert_null(line_of(&c, ".cache/huggingface/x"));
    assert_int_equal(c.list->send_count, 7);
    assert_int_equal(c.list->blockers, 0);
    assert_int_equal(c.list->warnings, 1);
    checked_free(&c);
}

static void test_pickles_are_weights_when_alone(void **state)
{
    put_good_model(state);
    drop(state, "model.safetensors");
    put(state, "pytorch_model.bin", GOOD_PICKLE);
    struct checked c = check_folder(state);
    assert_line(&c, "pytorch_model.bin", CHECK_WEIGHTS, CHECK_WARNING, "pickle");
    assert_true(line_of(&c, "pytorch_model.bin")->send);
    assert_null(line_of(&c, "model.safetensors"));
    assert_int_equal(c.list->facts.weight_bytes, strlen(GOOD_PICKLE));
    assert_int_equal(c.list->facts.parameters, 0);
    checked_free(&c);
}

static void test_custom_code(void **state)
{
    put_good_model(state);
    put(state, "config.json",
        "{\"model_type\":\"x\",\"architectures\":[\"XForCausalLM\"],\"auto_map\":{\"A\":\"modeling_x.X\",\"B\":\"o/r--m.M\"}}");
    put(state, "modeling_x.py", "class X: pass\n");
    struct checked c = check_folder(state);
    assert_line(&c, "config.json", CHECK_REQUIRED, CHECK_WARNING, "needs trust_remote_code");
    assert_null(strstr(line_of(&c, "config.json")->result.s, ".py"));
    assert_true(c.list->facts.custom_code);
    checked_free(&c);
}

/* What matters first: by kind, the worst of a kind first, then by path. */
static void test_order(void **state)
{
    put_good_model(state);
    drop(state, "tokenizer_config.json");
    put(state, "config.json", "{");
    put(state, "a.txt", "x");
    put(state, "b.json", "{");
    struct checked c = check_folder(state);
    static const char *const order[] = {"model.safetensors", "tokenizer_config.json", "config.json",
        "tokenizer.json", "README.md", "chat_template.jinja", "generation_config.json", "b.json",
        "a.txt"};
    assert_int_equal(c.list->count, sizeof order / sizeof *order);
    for (size_t i = 0; i < c.list->count; i++)
        assert_string_equal(c.list->files[i].path.s, order[i]);
    checked_free(&c);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_real_folders),
        CASE(test_links_inside_are_followed),
        CASE(test_good_model),
        CASE(test_good_adapter),
        CASE(test_old_layout),
        CASE(test_numbers_inside_text_config),
        CASE(test_each_file_is_missed),
        CASE(test_a_license_is_missed),
        CASE(test_other_tokenizers),
        CASE(test_missing_from_an_adapter),
        CASE(test_kept_out),
        CASE(test_pickles_are_weights_when_alone),
        CASE(test_custom_code),
        CASE(test_order),
    };
    return cmocka_run_group_tests_name("model_folder", tests, NULL, NULL);
}
