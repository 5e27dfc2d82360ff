/* preflight_world: a good deployment that tests make bad in one thing: an 8B model in bfloat16 (16.06 GB, 32
 * layers of 8 key-value heads of 128: 131072 bytes a token) on a 24 GB card. */
#ifndef TESTS_UNIT_MODEL_PREFLIGHT_WORLD_H
#define TESTS_UNIT_MODEL_PREFLIGHT_WORLD_H

#include "model/preflight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENV_MAX = 12, POOLS_MAX = 4, FILES_MAX = 6 };

static struct world {
    struct preflight_evidence v;
    struct preflight_env env[ENV_MAX];
    struct preflight_pool pools[POOLS_MAX], catalog[POOLS_MAX];
    struct check_file files[FILES_MAX];
    struct checklist list;
    struct text names[2];
    struct preflight out;
    struct arena *arena;
} w;

static inline struct text text_of(const char *s)
{
    return (struct text){s, strlen(s)};
}

static inline void set_env(const char *name, const char *value)
{
    size_t i = 0;
    while (i < w.v.env_count && strcmp(w.env[i].name, name) != 0)
        i++;
    assert_true(i < ENV_MAX);
    w.env[i] = (struct preflight_env){name, value};
    w.v.env_count += i == w.v.env_count;
}

static inline void add_file(const char *path, int64_t size, enum check_kind kind,
    enum check_state state, const char *result)
{
    assert_true(w.list.count < FILES_MAX);
    w.files[w.list.count++] = (struct check_file){.path = text_of(path),
        .size = size,
        .kind = kind,
        .state = state,
        .result = text_of(result)};
}

/* What a deployment is, without anything that was seen outside. */
static inline void choose(void)
{
    preflight_evidence_init(&w.v);
    w.v.repo = "acme/support-v7";
    w.v.name = "support-v7";
    w.v.image = WORKER_IMAGE_DEFAULT;
    w.v.min_cuda = WORKER_IMAGE_DEFAULT_CUDA;
    w.v.env = w.env;
    set_env("MODEL_NAME", "acme/support-v7");
    set_env("GPU_MEMORY_UTILIZATION", "0.90");
    set_env("TENSOR_PARALLEL_SIZE", "1");
    set_env("MAX_MODEL_LEN", "8192");
    set_env("RUNPOD_INIT_TIMEOUT", "1800");
    w.v.context = 8192;
    w.v.disk_gb = 60;
    w.v.workers_max = 3;
    w.pools[0] = (struct preflight_pool){.id = TEXT("ADA_24"), .price_hour = NAN};
    w.v.pools = w.pools;
    w.v.pool_count = 1;
}

static inline void healthy(void)
{
    choose();
    w.v.exists = KNOWN_YES;
    w.v.readable = KNOWN_YES;
    snprintf(w.v.revision, sizeof w.v.revision, "0123456789abcdef0123456789abcdef01234567");
    w.v.pipeline_tag = TEXT("text-generation");
    w.list.facts = (struct model_facts){.architecture = TEXT("LlamaForCausalLM"),
        .dtype = TEXT("bfloat16"),
        .parameters = 8030261248,
        .weight_bytes = 16060522496,
        .context_length = 131072,
        .layers = 32,
        .heads = 32,
        .kv_heads = 8,
        .head_dim = 128,
        .text_generation = true};
    add_file("model.safetensors", 16060522496, CHECK_WEIGHTS, CHECK_VALID, "valid");
    add_file("config.json", 700, CHECK_REQUIRED, CHECK_VALID, "valid");
    w.list.files = w.files;
    w.v.files = &w.list;
    w.pools[0] = (struct preflight_pool){TEXT("ADA_24"), 24, 1.12, STOCK_HIGH, 1300};
    w.catalog[0] = w.pools[0];
    w.catalog[1] = (struct preflight_pool){TEXT("AMPERE_48"), 48, 1.22, STOCK_HIGH, 1300};
    w.catalog[2] = (struct preflight_pool){TEXT("ADA_48_PRO"), 48, 1.91, STOCK_MEDIUM, 1300};
    w.catalog[3] = (struct preflight_pool){TEXT("AMPERE_80"), 80, 2.74, STOCK_NONE, 1300};
    w.v.catalog = w.catalog;
    w.v.catalog_count = 4;
    w.v.quota = 10;
    w.v.workers_used = 4;
    w.v.balance = 50;
    w.v.spend_hour = 2;
    w.v.spend_limit = 80;
    w.names[0] = TEXT("other");
    w.names[1] = TEXT("support-v7-old");
    w.v.names = w.names;
    w.v.name_count = 2;
    w.v.names_seen = true;
}

static inline int start(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    w.arena = arena_new(PREFLIGHT_ARENA);
    return w.arena ? 0 : -1;
}

static inline int finish(void **state)
{
    (void)state;
    arena_free(w.arena);
    return 0;
}

static inline void run(void)
{
    struct err e;
    if (preflight_run(&w.v, w.arena, &w.out, &e))
        fail_msg("%s", e.message);
    assert_int_equal(w.out.left_out, 0);
}

static inline void print_lines(void)
{
    for (size_t i = 0; i < w.out.count; i++)
        print_message("%s %s: %s [%s]\n", preflight_level_name(w.out.lines[i].level),
            w.out.lines[i].id, w.out.lines[i].sentence.s, w.out.lines[i].fix.s);
}

static const char *const ids[] = {"repository", "files", "access", "image", "settings", "memory",
    "disk", "cuda", "stock", "quota", "balance", "name"};

/* Every id is spoken of, in their order; nothing that is said is a number that is none. */
static inline void check_shape(void)
{
    size_t at = 0;
    for (size_t i = 0; i < w.out.count; i++) {
        const struct preflight_line *line = &w.out.lines[i];
        if (strcmp(line->id, ids[at]) != 0)
            at++;
        assert_true(at < sizeof ids / sizeof *ids);
        assert_string_equal(line->id, ids[at]);
        assert_true(line->sentence.len > 0);
        if (strstr(line->sentence.s, "nan") || strstr(line->fix.s, "nan"))
            fail_msg("%s", line->sentence.s);
    }
    assert_int_equal(at, sizeof ids / sizeof *ids - 1);
}

#endif
