/* What image references and settings mean, by the tables of spec/runpod.md §7.1–§7.5. */
#include "model/worker_env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- images -------------------------------------------------------------------------------------- */

static const struct {
    const char *reference;
    enum worker_image_kind kind;
    enum worker_generation generation;
    const char *vllm, *cuda, *warning; /* warning: a part of it, "" = none */
} images[] = {
    {WORKER_IMAGE_DEFAULT, WORKER_IMAGE_GOOD, WORKER_GENERATION_B, "0.27.1", "13.0", ""},
    {"docker.io/runpod/worker-v1-vllm:v2.24.0", WORKER_IMAGE_GOOD, WORKER_GENERATION_B, "0.26.0",
        "13.0", ""},
    {"runpod/worker-v1-vllm:v2.25.0@sha256:0123", WORKER_IMAGE_GOOD, WORKER_GENERATION_B, "0.27.0",
        "13.0", ""},
    {"runpod/worker-v1-vllm:v2.23.0", WORKER_IMAGE_GOOD, WORKER_GENERATION_A, "0.23.0", "13.0", ""},
    {WORKER_IMAGE_OLDER_HOSTS, WORKER_IMAGE_GOOD, WORKER_GENERATION_A, "0.19.1", "12.9", ""},
    {"runpod/worker-v1-vllm:v2.14.0", WORKER_IMAGE_GOOD, WORKER_GENERATION_A, "0.15.0 to 0.19.1",
        "12.9", ""},
    {"runpod/worker-v1-vllm:v2.12.7", WORKER_IMAGE_GOOD, WORKER_GENERATION_A, "0.15.0", "12.8", ""},
    {"runpod/worker-v1-vllm:v2.11.2", WORKER_IMAGE_GOOD, WORKER_GENERATION_A, "0.11.0", "12.4", ""},
    {"runpod/worker-v1-vllm:v2.28.0", WORKER_IMAGE_GOOD, WORKER_GENERATION_B, "0.30.0", "13.0", ""},
    {"runpod/worker-v1-vllm:v2.9.0", WORKER_IMAGE_OLD, WORKER_GENERATION_A, "0.10.0", "12.1",
        "of 2025"},
    {"runpod/worker-v1-vllm:v2.3.0stable-cuda12.1.0", WORKER_IMAGE_OLD, WORKER_GENERATION_A,
        "0.7.3 to 0.10.0", "12.1", "newer families"},
    {"runpod/worker-v1-vllm:v2.0.0stable-cuda12.1.0", WORKER_IMAGE_OLD, WORKER_GENERATION_A,
        "0.7.0", "12.1", "newer families"}, /* between two rows */
    {"runpod/worker-v1-vllm:stable-cuda12.1.0", WORKER_IMAGE_OLD, WORKER_GENERATION_A,
        "0.5.3.post1", "12.1", "vLLM 0.5.3.post1 of 2024"},
    {"runpod/worker-vllm:stable-cuda11.8.0", WORKER_IMAGE_OLD, WORKER_GENERATION_A, "0.4.2", "11.8",
        "2024"},
    {"runpod/worker-vllm:0.3.1-cuda11.8.0", WORKER_IMAGE_OLD, WORKER_GENERATION_0, "", "11.8",
        "2024"},
    {"runpod/worker-vllm:stable", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_UNKNOWN, "", "",
        "not known upstream"},
    {"runpod/worker-vllm:v2.25.2", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_UNKNOWN, "", "",
        "not known upstream"},
    {"runpod/worker-v1-vllm:v2.8.0", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_A, "0.10.0", "12.1",
        "not known upstream"}, /* those had a suffix */
    {"runpod/worker-v1-vllm:v2.25.2-dev", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_B, "0.27.1",
        "13.0", "not known upstream"},
    {"runpod/worker-v1-vllm:0.3.2", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_UNKNOWN, "", "",
        "not known upstream"},
    {"runpod/worker-v1-vllm:v2.29.0", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_B, "", "", "newer"},
    {"runpod/worker-v1-vllm:v99999.1.1", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_UNKNOWN, "", "",
        "not known"},
    {"runpod/worker-v1-vllm:latest", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_UNKNOWN, "", "",
        "latest"},
    {"runpod/worker-v1-vllm", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_UNKNOWN, "", "", "latest"},
    {"runpod/worker-v1-vllm@sha256:00", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_UNKNOWN, "", "",
        "digest"},
    {"runpod/worker-vllm:base-0.3.2-cuda12.1.0", WORKER_IMAGE_NO_WORKER, WORKER_GENERATION_UNKNOWN,
        "", "", "base image"},
    {"vllm/vllm-openai:v0.27.1", WORKER_IMAGE_NO_WORKER, WORKER_GENERATION_UNKNOWN, "", "", "Pods"},
    {"registry:5000/runpod/worker-v1-vllm:v2.25.2", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_UNKNOWN,
        "", "", "none that is known"},
    {"", WORKER_IMAGE_UNKNOWN, WORKER_GENERATION_UNKNOWN, "", "", "none that is known"},
};

static void references_are_read_by_the_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        struct worker_image m = worker_image_read(images[i].reference);
        if (m.kind != images[i].kind || m.generation != images[i].generation ||
            strcmp(m.vllm, images[i].vllm) != 0 || strcmp(m.cuda, images[i].cuda) != 0 ||
            (m.warning[0] != 0) != (images[i].warning[0] != 0) ||
            !strstr(m.warning, images[i].warning))
            fail_msg("%s: kind %d, generation %s, vLLM \"%s\", CUDA \"%s\": %s",
                images[i].reference, m.kind, worker_generation_name(m.generation), m.vllm, m.cuda,
                m.warning);
        if (m.warning[0] && !strstr(m.fix, WORKER_IMAGE_DEFAULT))
            fail_msg("%s: no way out is told", images[i].reference);
    }
    assert_int_equal(worker_image_read(NULL).kind, WORKER_IMAGE_UNKNOWN);
}

/* Whatever is given, the answer is whole and in its bounds. */
static void nonsense_is_unknown(void **state)
{
    (void)state;
    static const char letters[] = "runpod/worker-v1-vllm:v2.5@stable-cuda\xff\x1b:/";
    unsigned x = 5;
    for (size_t n = 0; n < 20000; n++) {
        char reference[80] = "runpod/worker-v1-vllm:";
        size_t at = n % 2 ? strlen(reference) : 0, length = n % 57;
        for (size_t i = 0; i < length; i++)
            reference[at++] = letters[(x = x * 1664525u + 1013904223u) >> 16 & 31];
        reference[at] = '\0';
        struct worker_image m = worker_image_read(reference);
        assert_true(m.kind < WORKER_IMAGE_KINDS && m.generation < WORKER_GENERATIONS);
        assert_true(memchr(m.warning, 0, sizeof m.warning) && memchr(m.cuda, 0, sizeof m.cuda));
    }
}

static void cuda_versions_compare_as_numbers(void **state)
{
    (void)state;
    assert_true(worker_cuda_number("12.11") > worker_cuda_number("12.9"));
    assert_true(worker_cuda_number("13.0") > worker_cuda_number("12.11"));
    assert_int_equal(worker_cuda_number("12.1.0"), 1201);
    static const char *const bad[] = {"", "12", "x", "12.", ".1", "12.100", NULL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(worker_cuda_number(bad[i]), 0);
}

/* ---- settings ------------------------------------------------------------------------------------ */

#define A   "runpod/worker-v1-vllm:v2.18.1"
#define B   "runpod/worker-v1-vllm:v2.25.2"
#define OLD "runpod/worker-vllm:0.3.0-cuda12.1.0"

static const struct {
    const char *image, *name, *value;
    enum worker_env_verdict verdict;
    const char *instead;
} settings[] = {
    {B, "MAX_MODEL_LEN", "8192", WORKER_ENV_FINE, NULL},
    {B, "MAX_MODEL_LENGTH", "8192", WORKER_ENV_TRANSLATE, "MAX_MODEL_LEN"},
    {A, "MAX_MODEL_LENGTH", "8192", WORKER_ENV_TRANSLATE, "MAX_MODEL_LEN"},
    {OLD, "MAX_MODEL_LENGTH", "8192", WORKER_ENV_FINE, NULL},
    {OLD, "MAX_MODEL_LEN", "8192", WORKER_ENV_TRANSLATE, "MAX_MODEL_LENGTH"},
    {"runpod/worker-vllm:0.2.1-cuda12.1.0", "MAX_MODEL_LEN", "1", WORKER_ENV_FINE, NULL},
    {"runpod/worker-vllm:0.2.2-cuda12.1.0", "MAX_MODEL_LEN", "1", WORKER_ENV_TRANSLATE,
        "MAX_MODEL_LENGTH"},
    {"runpod/worker-vllm:0.3.2-cuda12.1.0", "MAX_MODEL_LEN", "1", WORKER_ENV_FINE, NULL},
    {"me/mine:1", "MAX_MODEL_LENGTH", "1", WORKER_ENV_TRANSLATE, "MAX_MODEL_LEN"},
    {B, "RAW_OPENAI_OUTPUT", "1", WORKER_ENV_IGNORED, NULL},
    {A, "RAW_OPENAI_OUTPUT", "1", WORKER_ENV_FINE, NULL},
    {B, "SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE", "1", WORKER_ENV_IGNORED, NULL},
    {A, "SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE", "1", WORKER_ENV_FINE, NULL},
    {B, "SPECULATIVE_CONFIG", "{}", WORKER_ENV_FINE, NULL},
    {A, "VLLM_EXTRA_ARGS", "--x", WORKER_ENV_IGNORED, NULL},
    {B, "VLLM_EXTRA_ARGS", "--x", WORKER_ENV_FINE, NULL},
    {B, "ALLOW_OPENAI_FORMAT", "1", WORKER_ENV_IGNORED, NULL},
    {"me/mine:1", "RAW_OPENAI_OUTPUT", "1", WORKER_ENV_FINE, NULL},
    {B, "HOST", "0.0.0.0", WORKER_ENV_RESERVED, NULL},
    {B, "MODEL", "a/b", WORKER_ENV_RESERVED, "MODEL_NAME"},
    {A, "HOST", "0.0.0.0", WORKER_ENV_OWN, NULL},
    {B, "TRUST_REMOTE_CODE", "maybe", WORKER_ENV_BAD_BOOLEAN, NULL},
    {A, "TRUST_REMOTE_CODE", "", WORKER_ENV_BAD_BOOLEAN, NULL},
    {B, "TRUST_REMOTE_CODE", "Yes", WORKER_ENV_FINE, NULL},
    {B, "ENFORCE_EAGER", "0", WORKER_ENV_FINE, NULL},
    {B, "ENFORCE_EAGER", NULL, WORKER_ENV_FINE, NULL},
    {B, "HF_TOKEN", NULL, WORKER_ENV_SECRET, "HUGGING_FACE_HUB_TOKEN"},
    {A, "HF_TOKEN", NULL, WORKER_ENV_FINE, NULL},
    {B, "HUGGING_FACE_HUB_TOKEN", NULL, WORKER_ENV_FINE, NULL},
    {B, "GPU_MEMORY_UTILISATION", "0.9", WORKER_ENV_TYPO, "GPU_MEMORY_UTILIZATION"},
    {B, "TENSOR_PARALELL_SIZE", "2", WORKER_ENV_TYPO, "TENSOR_PARALLEL_SIZE"},
    {B, "MODLE_NAME", "a/b", WORKER_ENV_TYPO, "MODEL_NAME"},
    {B, "max-model-len", "1", WORKER_ENV_TYPO, "MAX_MODEL_LEN"},
    {B, "RUNPOD_INIT_TIMEUOT", "1800", WORKER_ENV_TYPO, "RUNPOD_INIT_TIMEOUT"},
    {B, "RUNPOD_SKIP_CHECKS", "1", WORKER_ENV_FINE, NULL},
    {B, "NCCL_DEBUG", "INFO", WORKER_ENV_FINE, NULL},
    {B, "REDEPLOY_AT", "1", WORKER_ENV_OWN, NULL},
    {B, "", "1", WORKER_ENV_OWN, NULL},
    {B, "FOO", "1", WORKER_ENV_OWN, NULL},
};

static void settings_mean_what_the_image_makes_of_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct worker_image image = worker_image_read(settings[i].image);
        struct worker_env found = worker_env_look(&image, settings[i].name, settings[i].value);
        const char *a = found.instead, *b = settings[i].instead;
        if (found.verdict != settings[i].verdict || (a != NULL) != (b != NULL) ||
            (a && strcmp(a, b) != 0))
            fail_msg("%s with %s: %s, %s", settings[i].name, settings[i].image,
                worker_env_verdict_name(found.verdict), a ? a : "nothing instead");
    }
}

/* Every name that is one slip away from a long known name is noticed, whichever slip it is. */
static void any_single_slip_is_noticed(void **state)
{
    (void)state;
    static const char *const names[] = {"OPENAI_SERVED_MODEL_NAME_OVERRIDE", "MAX_CONCURRENCY",
        "ENABLE_PREFIX_CACHING", "KV_CACHE_DTYPE", "VLLM_STARTUP_TIMEOUT"};
    struct worker_image image = worker_image_read(B);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t at = 0; at < strlen(names[i]); at++) {
            char slip[80];
            size_t n = strlen(names[i]);
            snprintf(slip, sizeof slip, "%.*s%s", (int)at, names[i], names[i] + at + 1);
            struct worker_env found = worker_env_look(&image, slip, "1");
            if (found.verdict != WORKER_ENV_TYPO || strcmp(found.instead, names[i]) != 0)
                fail_msg("%s: %s", slip, worker_env_verdict_name(found.verdict));
            snprintf(slip, sizeof slip, "%s", names[i]);
            if (at + 1 == n || slip[at] == slip[at + 1])
                continue;
            slip[at] = names[i][at + 1];
            slip[at + 1] = names[i][at];
            found = worker_env_look(&image, slip, "1");
            if (found.verdict != WORKER_ENV_TYPO || strcmp(found.instead, names[i]) != 0)
                fail_msg("%s: %s", slip, worker_env_verdict_name(found.verdict));
        }
    char endless[5000];
    memset(endless, 'X', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(worker_env_look(&image, endless, "1").verdict, WORKER_ENV_OWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_read_by_the_tables),
        cmocka_unit_test(nonsense_is_unknown),
        cmocka_unit_test(cuda_versions_compare_as_numbers),
        cmocka_unit_test(settings_mean_what_the_image_makes_of_them),
        cmocka_unit_test(any_single_slip_is_noticed),
    };
    return cmocka_run_group_tests_name("worker_image", tests, NULL, NULL);
}
