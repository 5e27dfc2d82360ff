/* How far a worker is, read from its log; and which settings' names tell of a key. Lines are those of
 * spec/runpod.md §5 and of Docker's and vLLM's own output. */
#include "model/worker_env.h"
#include "model/worker_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct worker_stage w;

static int start(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    return 0;
}

static void take(const char *line)
{
    const struct log_line l = {.origin = TEXT("e/w"), .line = {line, strlen(line)}};
    worker_stage_take(&w, &l);
}

static const char *words(void)
{
    static char out[WORKER_STAGE_SHOWN];
    return worker_stage_words(&w, out);
}

static void the_image_is_counted_over_its_layers(void **state)
{
    (void)state;
    take("create container runpod/worker-v1-vllm:v2.25.2");
    assert_string_equal(words(), "fetching the image");
    take("5f0d6c1b9e7a Pulling fs layer");
    assert_string_equal(words(), "fetching the image");
    take("5f0d6c1b9e7a Downloading [=====>     ]  1.000GB/4.000GB");
    assert_string_equal(words(), "fetching the image, 25 %");
    take("aaaaaaaaaaaa Downloading [==========>]  500MB/1GB");
    assert_string_equal(words(), "fetching the image, 30 %");
    take("5f0d6c1b9e7a Downloading [==========>]  4GB/4GB");
    assert_string_equal(words(), "fetching the image, 90 %");
    take("5f0d6c1b9e7a Extracting [>          ]  0.1GB/4GB"); /* does not go back */
    assert_string_equal(words(), "fetching the image, 90 %");
    take("create container: still fetching image x");
    assert_string_equal(words(), "fetching the image, 90 %");
    take("start container for x: begin");
    assert_string_equal(words(), "the container starts");
    take("Loading safetensors checkpoint shards:  50% Completed | 2/4 [00:10<00:10, 5.00s/it]");
    assert_string_equal(words(), "loading the model, 50 %");
    take("some other line at 99%");
    assert_string_equal(words(), "loading the model, 50 %");
    take("--- Starting Serverless Worker |  Version 1.12.0 ---");
    assert_int_equal(w.kind, WORKER_STAGE_READY);
    assert_int_equal(w.starts, 1);
}

static void a_refused_image_is_counted(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        take("create container runpod/worker-vllm:stable");
        take("error creating container: Error response from daemon: manifest for "
             "runpod/worker-vllm:stable not found: manifest unknown: manifest unknown");
    }
    assert_int_equal(w.kind, WORKER_STAGE_REFUSED);
    assert_int_equal(w.refusals, 3);
    assert_non_null(strstr(w.error, "manifest unknown"));
}

/* The cause, not what only tells that there was one; and of the newest start. */
static void a_crash_says_why(void **state)
{
    (void)state;
    take("start container for x: begin");
    take("(EngineCore pid=84) ERROR 11-23 [core.py:1100] Traceback (most recent call last):");
    take("(EngineCore pid=84) ERROR 11-23 [core.py:1100] ValueError: To serve at least one request "
         "with the model's max seq len (8192), 4.00 GiB KV cache is needed");
    take("RuntimeError: Engine core initialization failed. See root cause above.");
    assert_memory_equal(w.error, "ValueError: To serve", 20);
    take("start container for x: begin");
    assert_int_equal(w.starts, 2);
    assert_string_equal(w.error, "");
    take("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 594.00 MiB");
    assert_memory_equal(w.error, "OutOfMemoryError: CUDA", 22);
}

static void hostile_lines_change_nothing(void **state)
{
    (void)state;
    static char long_line[5000];
    memset(long_line, 'x', sizeof long_line - 1);
    const char *const lines[] = {"", " ", "Downloading [", "abc Downloading [>] 1GB/", ":",
        "Downloading [>] 1e400GB/1GB", "f Downloading [>] -1GB/2GB", "f Downloading [>] 1GB/0B",
        "ffffffffffffffffffffffff Downloading [>] 1GB/2GB", "Error: ", "Error:", long_line};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        take(lines[i]);
    assert_int_equal(w.layer_count, 0);
    assert_string_equal(words(), "fetching the image");
    take("start container");
    memcpy(long_line, "ValueError: ", 12);
    take(long_line);
    assert_true(strlen(w.error) < WORKER_STAGE_WORDS);
    for (int i = 0; i < 3 * WORKER_STAGE_LAYERS; i++) {
        char line[64];
        snprintf(line, sizeof line, "%012x Downloading [>] 1GB/2GB", i);
        take(line);
    }
    assert_int_equal(w.layer_count, WORKER_STAGE_LAYERS);
    assert_string_equal(words(), "fetching the image, 50 %");
    /* two bytes a column */
    for (size_t i = 12; i + 1 < sizeof long_line - 1; i += 2)
        memcpy(long_line + i, "é", 2);
    long_line[sizeof long_line - 2] = '\0';
    take("start container");
    take(long_line);
    assert_true(w.error[0] && (unsigned char)w.error[strlen(w.error) - 1] == 0xa9);
}

static void names_tell_of_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "WANDB_API_KEY",
        "AWS_SECRET_ACCESS_KEY", "aws_secret", "DB_PASSWORD", "MyHFTOKEN", "OPENAI-API-KEY",
        "API_KEY2", "KEY", "GITHUB_PAT"};
    static const char *const plain[] = {"MAX_NUM_BATCHED_TOKENS", "TOKENIZER_NAME",
        "TOKENIZER_MODE", "MODEL_NAME", "KEYWORDS", "KV_CACHE_DTYPE", "SKIP_TOKENIZER_INIT",
        "ENABLE_PROMPT_TOKENS_DETAILS", "MONKEY", "PATH", "AUTHOR", ""};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!worker_env_is_secret(keys[i]))
            fail_msg("%s would be shown", keys[i]);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (worker_env_is_secret(plain[i]))
            fail_msg("%s would be hidden", plain[i]);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, start)
    const struct CMUnitTest tests[] = {
        TEST(the_image_is_counted_over_its_layers),
        TEST(a_refused_image_is_counted),
        TEST(a_crash_says_why),
        TEST(hostile_lines_change_nothing),
        TEST(names_tell_of_keys),
    };
    return cmocka_run_group_tests_name("worker stage", tests, NULL, NULL);
}
