/* model_fixture: model folders made up in a temporary folder (temp_folder.h), and their checklists. */
#ifndef SLIPWAY_TESTS_MODEL_FIXTURE_H
#define SLIPWAY_TESTS_MODEL_FIXTURE_H

#include "base/file.h"
#include "client/model_folder.h"

#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>

/* ---- files --------------------------------------------------------------------------------------- */

/* Parents are made as needed. */
static inline void put_bytes(void **state, const char *name, const void *bytes, size_t n)
{
    char path[PATH_MAX], parent[PATH_MAX];
    temp_folder_path(path, state, name);
    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = '\0';
    assert_int_equal(file_make_folder(parent, NULL), 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    assert_int_equal(close(fd), 0);
}

static inline void put(void **state, const char *name, const char *text)
{
    put_bytes(state, name, text, strlen(text));
}

static inline void drop(void **state, const char *name)
{
    char path[PATH_MAX];
    assert_int_equal(remove(temp_folder_path(path, state, name)), 0);
}

/* A file of 8 + header + data bytes; the data are a hole. */
static inline void put_tensors(void **state, const char *name, const char *header, int64_t data)
{
    char path[PATH_MAX];
    unsigned char length[8];
    size_t n = strlen(header);
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)n >> (8 * i));
    put(state, name, "");
    int fd = open(temp_folder_path(path, state, name), O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, length, 8), 8);
    assert_int_equal(write(fd, header, n), n);
    assert_int_equal(ftruncate(fd, (off_t)(8 + (int64_t)n + data)), 0);
    assert_int_equal(close(fd), 0);
}

/* ---- a model with nothing to complain about ---------------------------------------------------------- */

#define GOOD_CONFIG                                                                                \
    "{\"model_type\":\"llama\",\"architectures\":[\"LlamaForCausalLM\"],\"dtype\":\"bfloat16\","   \
    "\"num_hidden_layers\":2,\"num_attention_heads\":4,\"num_key_value_heads\":2,"                 \
    "\"hidden_size\":64,\"vocab_size\":8,\"max_position_embeddings\":128}"
#define GOOD_README                                                                                \
    "---\nlicense: mit\nlibrary_name: transformers\npipeline_tag: text-generation\n"               \
    "base_model: acme/tiny-base\ntags:\n- chat\n---\n# A model\n"
#define GOOD_TENSORS                                                                               \
    "{\"__metadata__\":{\"format\":\"pt\"},"                                                       \
    "\"a\":{\"dtype\":\"BF16\",\"shape\":[4,8],\"data_offsets\":[0,64]},"                          \
    "\"b\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[64,80]}}"
enum { GOOD_DATA = 80 };
#define GOOD_TOKENIZER                                                                             \
    "{\"added_tokens\":[{\"id\":1,\"content\":\"</s>\"}],"                                         \
    "\"model\":{\"type\":\"BPE\",\"vocab\":{\"<s>\":0,\"</s>\":1,\"a\":7},\"merges\":[]}}"
#define GOOD_TEMPLATE "{% for m in messages %}{{ m['content'] }}{% endfor %}"

/* As much of a zip archive as is looked at. */
#define GOOD_PICKLE "PK\x03\x04...PK\x05\x06..."

static inline void put_good_model(void **state)
{
    put(state, "config.json", GOOD_CONFIG);
    put(state, "README.md", GOOD_README);
    put(state, "tokenizer.json", GOOD_TOKENIZER);
    put(state, "tokenizer_config.json",
        "{\"tokenizer_class\":\"TokenizersBackend\",\"eos_token\":\"</s>\"}");
    put(state, "generation_config.json", "{\"eos_token_id\":[1,7]}");
    put(state, "chat_template.jinja", GOOD_TEMPLATE);
    put_tensors(state, "model.safetensors", GOOD_TENSORS, GOOD_DATA);
}

#define GOOD_ADAPTER                                                                               \
    "{\"peft_type\":\"LORA\",\"task_type\":\"CAUSAL_LM\",\"r\":8,\"lora_alpha\":16,"               \
    "\"target_modules\":[\"q_proj\"],\"base_model_name_or_path\":\"acme/tiny-base\"}"
#define GOOD_ADAPTER_TENSORS                                                                       \
    "{\"__metadata__\":{\"format\":\"pt\"},"                                                       \
    "\"x.lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}"

static inline void put_good_adapter(void **state)
{
    put(state, "adapter_config.json", GOOD_ADAPTER);
    put(state, "README.md", GOOD_README);
    put_tensors(state, "adapter_model.safetensors", GOOD_ADAPTER_TENSORS, 16);
}

/* ---- checklists -------------------------------------------------------------------------------------- */

struct checked {
    struct arena *arena;
    struct checklist *list;
};

static inline struct checked check_path(const char *path)
{
    struct err e = {0};
    struct checked c = {arena_new(MODEL_FOLDER_ARENA), NULL};
    assert_non_null(c.arena);
    if (model_folder_read(path, c.arena, &c.list, NULL, &e))
        fail_msg("%s: %s", path, e.message);
    return c;
}

static inline struct checked check_folder(void **state)
{
    return check_path(*state);
}

static inline void checked_free(struct checked *c)
{
    arena_free(c->arena);
}

static inline const struct check_file *line_of(const struct checked *c, const char *path)
{
    for (size_t i = 0; i < c->list->count; i++)
        if (strcmp(c->list->files[i].path.s, path) == 0)
            return &c->list->files[i];
    return NULL;
}

/* `words`: what the result must hold. */
static inline void assert_line(const struct checked *c, const char *path, enum check_kind kind,
    enum check_state line_state, const char *words)
{
    const struct check_file *line = line_of(c, path);
    if (!line)
        fail_msg("no line for %s", path);
    if (line->kind != kind || line->state != line_state || !strstr(line->result.s, words))
        fail_msg("%s: %s %s \"%s\", expected %s %s \"%s\"", path, check_kind_name(line->kind),
            check_state_name(line->state), line->result.s, check_kind_name(kind),
            check_state_name(line_state), words);
}

/* Checks the folder for that one line. */
static inline void assert_checks(void **state, const char *path, enum check_kind kind,
    enum check_state line_state, const char *words)
{
    struct checked c = check_folder(state);
    assert_line(&c, path, kind, line_state, words);
    checked_free(&c);
}

#endif
