/* What a worker's log says of its life: starts, ends, the crash that counts, and everything that only looks like one.
 * Lines are as Docker, vLLM, huggingface_hub, runpod and Python print them (crash_wordings.h names sources of the
 * deciding ones). In a script, "S " marks the platform's lines, "+N " lets N seconds go by before the line. */
#include "crash_wordings.h"
#include "model/crash.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define CREATE "S create container runpod/worker-v1-vllm:v2.25.2"
#define START  "S start container for runpod/worker-v1-vllm:v2.25.2: begin"
#define STOP   "S stop container"
#define API    "(APIServer pid=27) "
#define CORE   "(EngineCore_DP0 pid=112) "
#define CERR   CORE "ERROR 11-23 06:05:12 [core.py:708] "
#define CINFO  CORE "INFO 11-23 06:05:12 [core.py:77] "
#define SERVES "--- Starting Serverless Worker |  Version 1.8.1 ---"
#define KV                                                                                                       \
    "ValueError: To serve at least one request with the models's max seq len (8192), (1.50 GiB KV cache is "     \
    "needed, which is larger than the available KV cache memory (0.80 GiB). Based on the available memory, the " \
    "estimated maximum model length is 4368. Try increasing `gpu_memory_utilization`"
#define OOM                                                                                                          \
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 594.00 MiB. GPU 0 has a total capacity of 23.64 " \
    "GiB of which 311.88 MiB is free. Including non-PyTorch memory, this process has 23.32 GiB memory in use."
#define WRAPPER                                                                                    \
    API "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}"
#define EXITED "2026-11-23 06:05:30,101 ERROR root: vLLM serve exited during startup with code 1"

enum { LINES_MAX = 128, ARENA = 1 << 20 };

static struct arena *arena;
static struct crash c;
static struct log_line lines[LINES_MAX];

static int setup(void **state)
{
    (void)state;
    arena = arena_new(ARENA);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static size_t script(const char *const *rows)
{
    int64_t at_ms = 1000000;
    size_t n = 0;
    for (; rows[n]; n++) {
        const char *s = rows[n];
        at_ms += 100;
        if (*s == '+') {
            char *end;
            at_ms += 1000 * strtol(s + 1, &end, 10);
            s = end + 1;
        }
        enum line_source source = strncmp(s, "S ", 2) == 0 ? LINE_SYSTEM : LINE_CONTAINER;
        s += source == LINE_SYSTEM ? 2 : 0;
        assert_true(n < LINES_MAX);
        lines[n] = (struct log_line){.line = {s, strlen(s)},
            .source = source,
            .at_ms = at_ms,
            .order_ms = at_ms,
            .origin = TEXT("legal/w1")};
    }
    return n;
}

#define READ(...)                                                                                  \
    do {                                                                                           \
        static const char *const rows[] = {__VA_ARGS__, NULL};                                     \
        assert_int_equal(crash_read(lines, script(rows), arena, &c), 0);                           \
    } while (0)

static void assert_cause(const char *id, const char *variant)
{
    assert_non_null(c.cause);
    assert_string_equal(c.cause->id, id);
    assert_string_equal(c.cause->variant, variant);
}

static void assert_first_line(const char *part)
{
    assert_true(c.line_count > 0);
    if (!strstr(c.lines[0].line.s, part))
        print_message("# %s\n", c.lines[0].line.s);
    assert_non_null(strstr(c.lines[0].line.s, part));
}

static double number(enum crash_value_kind kind)
{
    const struct crash_value *v = crash_value(&c, kind);
    return v ? v->number : NAN;
}

static void assert_near(double got, double expected, double by)
{
    if (!(fabs(got - expected) <= by))
        fail_msg("%g, not %g", got, expected);
}

static void assert_text(enum crash_value_kind kind, const char *expected)
{
    const struct crash_value *v = crash_value(&c, kind);
    assert_non_null(v);
    assert_int_equal(v->text.len, strlen(expected));
    assert_memory_equal(v->text.s, expected, strlen(expected));
}

static void assert_no_crash(void)
{
    if (c.crashed || c.cause)
        print_message("# crashed %d: %s\n", c.crashed, c.cause ? c.cause->id : "nothing known");
    assert_false(c.crashed);
    assert_null(c.cause);
    assert_int_equal(c.line_count, 0);
    assert_int_equal(c.crashes, 0);
}

/* ---- numbers ------------------------------------------------------------------------------------- */

static void the_kv_cache_says_what_would_fit(void **state)
{
    (void)state;
    READ(CREATE, START, CINFO "Initializing a V1 LLM engine (v0.11.0) with config: model='m'",
        CERR "EngineCore failed to start.", CERR "Traceback (most recent call last):",
        CERR
        "  File \"/vllm/v1/core/kv_cache_utils.py\", line 741, in _check_enough_kv_cache_memory",
        CERR "    raise ValueError(", CERR KV, API "Traceback (most recent call last):",
        API "  File \"/usr/local/bin/vllm\", line 8, in <module>", WRAPPER, EXITED);
    assert_true(c.crashed);
    assert_cause("does-not-fit-gpu", "kv-cache");
    assert_first_line("ValueError: To serve at least one request");
    assert_near(number(CRASH_NEEDED_BYTES), 1.5 * 1073741824, 1);
    assert_near(number(CRASH_AVAILABLE_BYTES), 0.8 * 1073741824, 1);
    assert_near(number(CRASH_TOKENS_ASKED), 8192, 0.1);
    assert_near(number(CRASH_TOKENS_FIT), 4368, 0.1);
    assert_int_equal(c.starts, 1);
    assert_string_equal(c.version.s, "0.11.0");
    assert_false(c.serves);
    READ(START,
        "ValueError: The model's max seq len (32,768) is larger than the maximum number of tokens that can be "
        "stored in KV cache (7344). Try increasing");
    assert_near(number(CRASH_TOKENS_ASKED), 32768, 0.1);
    assert_near(number(CRASH_TOKENS_FIT), 7344, 0.1);
    assert_true(isnan(number(CRASH_NEEDED_BYTES)));
}

static void values_of_other_causes(void **state)
{
    (void)state;
    READ(START, OOM);
    assert_near(number(CRASH_NEEDED_BYTES), 594.0 * 1048576, 1);
    assert_near(number(CRASH_AVAILABLE_BYTES), 311.88 * 1048576, 1);
    READ(START,
        "ValueError: Free memory on device (59.32/79.15 GiB) on startup is less than desired GPU memory "
        "utilization (0.9, 71.24 GiB). Decrease GPU memory");
    assert_text(CRASH_VALUE, "0.9");
    assert_near(number(CRASH_NEEDED_BYTES), 71.24 * 1073741824, 1e6);
    READ(START,
        "ValueError: Total number of attention heads (32) must be divisible by tensor parallel size (3).");
    assert_near(number(CRASH_HEADS), 32, 0.1);
    assert_text(CRASH_VALUE, "3");
    READ(START,
        "  Value error, World size (4) is larger than the number of available GPUs (1) in this node. If");
    assert_near(number(CRASH_TOKENS_ASKED), 4, 0.1);
    assert_near(number(CRASH_TOKENS_FIT), 1, 0.1);
    READ(START, "ValueError: invalid boolean value 'maybe' for --enforce-eager");
    assert_text(CRASH_SETTING, "--enforce-eager");
    assert_text(CRASH_VALUE, "'maybe'");
    READ(START,
        "ValueError: User-specified max_model_len (65536) is greater than the derived max_model_len "
        "(max_position_embeddings=32768.0 or model_max_length=None in model's config.json).");
    assert_near(number(CRASH_TOKENS_ASKED), 65536, 0.1);
    assert_near(number(CRASH_TOKENS_FIT), 32768, 0.1);
    READ(CREATE,
        "S error creating container: Error response from daemon: manifest for runpod/worker-vllm:stable not "
        "found: manifest unknown: manifest unknown");
    assert_text(CRASH_IMAGE, "runpod/worker-vllm:stable");
    READ(START,
        "RuntimeError: The NVIDIA driver on your system is too old (found version 12020). Please");
    assert_near(number(CRASH_CODE), 12020, 0.1);
    READ(START,
        "OSError: v9 is not a valid git identifier (branch name, tag name or commit id) that exists");
    assert_text(CRASH_REVISION, "v9");
    READ(START, "2026-11-23 06:25:12,101 ERROR root: vLLM did not become healthy within 1200s");
    assert_text(CRASH_VALUE, "1200");
    READ(START,
        "FileNotFoundError: No such file or directory: \"/m/model-00003-of-00005.safetensors\"");
    assert_text(CRASH_FILE, "/m/model-00003-of-00005.safetensors");
    READ(START,
        "ValueError: The repository for microsoft/phi-2 contains custom code which must be executed to correctly load");
    assert_text(CRASH_MODEL, "microsoft/phi-2");
    READ(START,
        "(APIServer pid=8) INFO 04-08 05:31:30 [utils.py:299]  ▄▄ ▄█ █     █     █ ▀▄▀ █  version 0.19.0",
        "ae05277d311f:55933:55933 [1] NCCL INFO NET/Plugin: libnccl-net.so: cannot open shared object file: No such file");
    assert_string_equal(c.version.s, "0.19.0");
    assert_no_crash();
    READ(START, "ValueError: LoRA rank 64 is greater than max_lora_rank 16");
    assert_near(number(CRASH_TOKENS_ASKED), 64, 0.1);
    assert_near(number(CRASH_TOKENS_FIT), 16, 0.1);
}

/* What other lines of the same crash know completes the deciding one; also a warning before it. */
static void values_come_from_all_lines_of_a_cause(void **state)
{
    (void)state;
    READ(START, API "Traceback (most recent call last):",
        API "huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-69)",
        API "",
        API
        "Cannot access gated repo for url https://huggingface.co/meta-llama/Llama-3.1-8B/resolve/main/config.json.",
        API "", API "The above exception was the direct cause of the following exception:", API "",
        API "Traceback (most recent call last):",
        API "OSError: You are trying to access a gated repo.",
        API "Make sure to have access to it at https://huggingface.co/meta-llama/Llama-3.1-8B.",
        EXITED);
    assert_cause("model-access-denied", "gated");
    assert_first_line("OSError: You are trying to access a gated repo.");
    assert_text(CRASH_MODEL, "meta-llama/Llama-3.1-8B");
    READ(START,
        "/usr/lib/python3/file_download.py:801: UserWarning: Not enough free disk space to download the file. The "
        "expected file size is: 4976.70 MB. The target location /root/.cache only has 1234.50 MB free disk space.",
        "OSError: [Errno 28] No space left on device: '/root/.cache/x.incomplete'");
    assert_cause("disk-full", "");
    assert_near(number(CRASH_NEEDED_BYTES), 4976.70e6, 1);
    assert_near(number(CRASH_AVAILABLE_BYTES), 1234.50e6, 1);
    assert_text(CRASH_FILE, "/root/.cache/x.incomplete");
}

/* ---- frightening, but well -------------------------------------------------------------------------- */

static void a_worker_that_serves_is_well(void **state)
{
    (void)state;
    READ(CREATE, "S 5f0d6c1b Pulling fs layer", START, "Starting vLLM: vllm serve --model m",
        API
        "WARNING 11-23 06:05:12 [arg_utils.py:1] max_model_len 131072 is larger than what fits; expect CUDA out of memory",
        API
        "ERROR 11-23 06:05:12 [repo_utils.py:65] Error retrieving file list: 401 Client Error. (Request ID: R), retrying 1 of 2",
        "/usr/lib/x.py:12: FutureWarning: Using `TRANSFORMERS_CACHE` is deprecated",
        "Entry Not Found for url: https://huggingface.co/m/n/resolve/main/generation_config.json.",
        CINFO "No module named 'flash_attn': falling back",
        CORE "Traceback (most recent call last):", CORE "  File \"x.py\", line 1, in <module>",
        CORE "ModuleNotFoundError: No module named 'triton_kernels'",
        CINFO "Starting to load model m...",
        CINFO "Model loading took 14.9 GiB memory and 6.2 seconds",
        API "INFO:     Application startup complete.",
        "2026-11-23 06:06:00,000 INFO root: vLLM is healthy", SERVES,
        "{\"requestId\": null, \"message\": \"All fitness checks passed. (12.00ms)\", \"level\": \"INFO\"}");
    assert_no_crash();
    assert_true(c.serves);
    assert_false(c.loading);
    assert_int_equal(c.starts, 1);
    assert_int_equal(c.ends, 0);
}

static void errors_of_single_jobs_are_no_crash(void **state)
{
    (void)state;
    READ(START, SERVES, "{\"requestId\": \"j1\", \"message\": \"Started.\", \"level\": \"INFO\"}",
        "{\"requestId\": \"j1\", \"message\": \"Captured Handler Exception\", \"level\": \"ERROR\"}",
        "{\"requestId\": \"j1\", \"message\": \"CUDA out of memory. Tried to allocate 2.00 GiB\", \"level\": \"ERROR\"}",
        "Traceback (most recent call last):", "  File \"/src/handler.py\", line 12, in handler",
        "KeyError: 'prompt'",
        "{\"requestId\": \"j1\", \"message\": \"Finished.\", \"level\": \"INFO\"}",
        API "ERROR 11-23 06:05:12 [serving_chat.py:200] Error in preprocessing prompt inputs",
        API
        "ERROR 11-23 06:05:12 [serving_chat.py:200] ValueError: This model's maximum context length is 4096 tokens.");
    assert_no_crash();
    assert_true(c.serves);
    READ(
        "{\"requestId\": \"j2\", \"message\": \"Started.\", \"level\": \"INFO\"}", /* begins in the middle */
        "{\"requestId\": \"j2\", \"message\": \"Job has missing field(s): id or input.\", \"level\": \"ERROR\"}");
    assert_no_crash();
    assert_true(c.serves);
    assert_non_null(c.notice);
    assert_string_equal(c.notice->id, "empty-input");
    assert_non_null(strstr(c.notice_line.line.s, "missing field(s)"));
}

static void being_told_to_end_is_no_crash(void **state)
{
    (void)state;
    READ(START, SERVES,
        "{\"requestId\": null, \"message\": \"Kill worker.\", \"level\": \"DEBUG\"}",
        "2026-11-23 06:05:12,345 INFO root: Received signal 15, shutting down vLLM",
        "Traceback (most recent call last):", "  File \"x.py\", line 1, in main",
        "asyncio.exceptions.CancelledError", CERR "EngineCore encountered a fatal error.",
        API "ERROR 11-23 06:05:12 [x.py:1] Engine core proc died unexpectedly.", STOP,
        "S remove container");
    assert_no_crash();
    assert_false(c.serves);
    assert_int_equal(c.ends, 1);
    READ(START, CINFO "Starting to load model m...", "+30 " STOP,
        "S remove container"); /* scaled down again */
    assert_no_crash();
    READ(START, SERVES, STOP, START, SERVES, STOP, "S container exited with exit code 137");
    assert_no_crash();
    assert_int_equal(c.starts, 2);
    assert_int_equal(c.ends, 2);
    assert_int_equal(c.exit_code, 137);
    READ(START, SERVES, "S container exited with exit code 143");
    assert_no_crash();
    READ(START, SERVES, "S container exited with exit code 0");
    assert_no_crash();
}

static void what_was_mended_is_past(void **state)
{
    (void)state;
    READ(START, CERR OOM, WRAPPER, EXITED, START, CERR OOM, WRAPPER, EXITED, START,
        CINFO "Starting to load model m...", API "INFO:     Application startup complete.", SERVES);
    assert_no_crash();
    assert_true(c.serves);
    assert_int_equal(c.starts, 3);
    assert_int_equal(c.ends, 2);
}

static void a_pull_and_a_load_move_on(void **state)
{
    (void)state;
    READ(CREATE, "S 5f0d6c1b9e7a Downloading [=====>     ]  1.000GB/4.000GB",
        "+5 S 5f0d6c1b9e7a Downloading [=====>     ]  1.000GB/4.000GB");
    assert_no_crash();
    assert_true(c.pulling);
    assert_false(c.loading);
    assert_int_equal(c.moved_ms, 1000200); /* the second is the same state */
    assert_int_equal(c.starts, 0);
    assert_int_equal(c.first_start_ms, -1);
    READ(CREATE, "+60 " START, CINFO "Loading safetensors checkpoint shards:  50% Completed | 2/4");
    assert_true(c.loading);
    assert_false(c.pulling);
    assert_false(c.serves);
    assert_int_equal(c.moved_ms, 1060300);
    assert_int_equal(c.first_start_ms, 1060200);
}

static void nothing_is_said_by_nothing(void **state)
{
    (void)state;
    assert_int_equal(crash_read(NULL, 0, arena, &c), 0);
    assert_no_crash();
    assert_int_equal(c.starts, 0);
    assert_int_equal(c.exit_code, -1);
    assert_int_equal(c.moved_ms, -1);
    assert_int_equal(c.version.len, 0);
    READ("", " ", "{", "{\"message\"", "(", "(pid=", "[", "ERROR", "INFO 11-23",
        "Traceback (most recent call last):");
    assert_no_crash();
}

/* ---- which crash counts ------------------------------------------------------------------------------ */

static void the_newest_crash_counts(void **state)
{
    (void)state;
    READ(START, CERR OOM, WRAPPER, EXITED, START,
        "ValueError: invalid boolean value 'maybe' for --enforce-eager", START,
        API
        "OSError: acme/m is not a local folder and is not a valid model identifier listed on 'https://huggingface.co/models'");
    assert_true(c.crashed);
    assert_cause("model-access-denied", "not-found");
    assert_text(CRASH_MODEL, "acme/m");
    assert_int_equal(c.crashes, 3);
    assert_int_equal(c.starts, 3);
    assert_int_equal(c.ends, 2);
    assert_false(c.again);
}

static void while_it_tries_again_the_last_crash_is_told(void **state)
{
    (void)state;
    READ(START, CERR KV, WRAPPER, EXITED, START, CINFO "Starting to load model m...");
    assert_false(c.crashed); /* once may be mended */
    assert_true(c.again);
    assert_true(c.loading);
    assert_int_equal(c.crashes, 1);
    assert_cause("does-not-fit-gpu", "kv-cache");
    READ(START, CERR KV, WRAPPER, EXITED, START, CERR KV, WRAPPER, EXITED, START,
        CINFO "Starting to load model m...");
    assert_true(c.crashed);
    assert_true(c.again);
    assert_cause("does-not-fit-gpu", "kv-cache");
}

static void of_two_symptoms_the_deciding_one_is_named(void **state)
{
    (void)state;
    /* what one rank lacks, the others notice as NCCL's trouble */
    READ(START, "(Worker_TP0 pid=91) Traceback (most recent call last):",
        "(Worker_TP1 pid=92) RuntimeError: NCCL error: unhandled cuda error (run with NCCL_DEBUG=INFO for details)",
        "(Worker_TP0 pid=91)   File \"/vllm/model_loader/utils.py\", line 40, in load_model",
        "(Worker_TP0 pid=91)     with target_device:", "(Worker_TP0 pid=91) " OOM,
        "(Worker_TP2 pid=93) torch.distributed.DistBackendError: NCCL error in: x.cpp:268, remote process exited",
        WRAPPER);
    assert_cause("does-not-fit-gpu", "weights");
    assert_first_line("OutOfMemoryError");
    /* a file that is cut short because the disk is full */
    READ(START, "OSError: [Errno 28] No space left on device: '/m/a'",
        "Traceback (most recent call last):", "  File \"x.py\", line 1, in load",
        "safetensors_rust.SafetensorError: Error while deserializing header: "
        "MetadataIncompleteBuffer",
        EXITED);
    assert_cause("disk-full", "");
    /* one that was dealt with, before progress, and one that was not */
    READ(START, "Traceback (most recent call last):", "  File \"x.py\", line 1, in get",
        "huggingface_hub.errors.HfHubHTTPError: 504 Server Error: Gateway Time-out for url: https://huggingface.co/api/m",
        CINFO "Starting to load model m...", CINFO "Model loading took 14.9 GiB", CERR KV, WRAPPER,
        EXITED);
    assert_cause("does-not-fit-gpu", "kv-cache");
    /* a handler whose import fails because the library does */
    READ(START,
        "Traceback (most recent call last):", "  File \"/src/handler.py\", line 3, in <module>",
        "ImportError: libcudart.so.12: cannot open shared object file: No such file or directory");
    assert_cause("shared-library", "");
    assert_text(CRASH_FILE, "libcudart.so.12");
}

static void memory_is_told_by_what_needed_it(void **state)
{
    (void)state;
    READ(START,
        CERR "Traceback (most recent call last):", CERR "  File \"x.py\", line 1, in profile_run",
        CERR OOM, WRAPPER);
    assert_cause("does-not-fit-gpu", "profile");
    READ(START,
        CERR "Traceback (most recent call last):", CERR "  File \"x.py\", line 1, in capture_model",
        CERR OOM, WRAPPER);
    assert_cause("does-not-fit-gpu", "graphs");
    READ(START, SERVES, "{\"requestId\": \"j\", \"message\": \"Started.\", \"level\": \"INFO\"}",
        CERR "EngineCore encountered a fatal error.",
        CERR "Traceback (most recent call last):", CERR "  File \"x.py\", line 1, in execute_model",
        CERR OOM,
        API
        "vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.",
        "{\"requestId\": \"j\", \"message\": \"Finished.\", \"level\": \"INFO\"}");
    assert_cause("does-not-fit-gpu", "serving");
    assert_true(c.crashed);
    assert_true(c.after_serving);
    assert_false(c.serves);
}

static void a_job_that_ends_the_worker(void **state)
{
    (void)state;
    READ(START, SERVES, "{\"requestId\": \"j\", \"message\": \"Started.\", \"level\": \"INFO\"}",
        "RuntimeError: CUDA error: an illegal memory access was encountered",
        "{\"requestId\": null, \"message\": \"Terminating worker due to CUDA/GPU error\", \"level\": \"ERROR\"}",
        START, CINFO "Starting to load model m...");
    assert_cause("cuda-fault", "");
    assert_true(c.after_serving);
    assert_true(c.again);
    assert_false(c.crashed);
}

/* ---- what no line tells ------------------------------------------------------------------------------ */

static void starts_without_a_word(void **state)
{
    (void)state;
    READ(CREATE, START, "+8 " START, "+8 " START, "+8 " START);
    assert_true(c.crashed);
    assert_true(c.silent);
    assert_cause("start-command-exits", "silent");
    assert_int_equal(c.starts, 4);
    assert_int_equal(c.ends, 3);
    assert_true(c.line_count > 0);
    READ(CREATE, START); /* one says nothing yet */
    assert_no_crash();
    READ(CREATE, START, "+8 " START); /* nor does the second */
    assert_false(c.crashed);
    assert_int_equal(c.crashes, 1);
    /* folded by whoever kept the lines */
    static const char *const folded[] = {START, NULL};
    size_t n = script(folded);
    lines[0].count = 5;
    assert_int_equal(crash_read(lines, n, arena, &c), 0);
    assert_int_equal(c.starts, 5);
    assert_true(c.crashed);
    READ(START, "booting", "+5 S container exited with exit code 0", START, "booting",
        "+5 S container exited with exit code 0");
    assert_true(c.crashed);
    assert_cause("start-command-exits", "silent");
    assert_first_line("booting");
    assert_int_equal(c.exit_code, 0);
}

static void the_platform_gives_up_after_seven_minutes(void **state)
{
    (void)state;
    READ(START, CINFO "Starting to load model m...", "+421 " STOP, START,
        CINFO "Starting to load model m...", "+420 " STOP, START,
        CINFO "Starting to load model m...");
    assert_true(c.crashed);
    assert_cause("init-timeout-loop", "");
    READ(START, CINFO "Starting to load model m...", "+421 " STOP);
    assert_cause("init-timeout-loop", "once");
    READ(START, CINFO "Starting to load model m...", "+200 " STOP, START,
        CINFO "Starting to load model m...");
    assert_no_crash(); /* a rollout, or scaled down and up */
    READ(START, SERVES, "+421 " STOP);
    assert_no_crash();
}

static void the_local_test_api_takes_no_jobs(void **state)
{
    (void)state;
    READ(START, SERVES,
        "{\"requestId\": null, \"message\": \"Starting API server.\", \"level\": \"INFO\"}",
        "INFO:     Started server process [7]", "INFO:     Application startup complete.",
        "INFO:     Uvicorn running on http://localhost:8000 (Press CTRL+C to quit)");
    assert_true(c.local_api);
    assert_false(c.serves);
    assert_false(c.crashed);
    READ(START, SERVES, "WARN   | test_input.json not found, exiting.", START, SERVES,
        "WARN   | test_input.json not found, exiting.");
    assert_true(c.crashed);
    assert_cause("image-does-not-take-jobs", "local-run");
}

static void an_unknown_crash_shows_the_line_to_look_at(void **state)
{
    (void)state;
    READ(START, CINFO "Starting to load model m...", CERR "EngineCore failed to start.",
        CERR "Traceback (most recent call last):", CERR "  File \"/a.py\", line 1, in first",
        CERR "    frobnicate()", CERR "  File \"/b.py\", line 2, in second",
        CERR "ValueError: the frob is not nice",
        API "Traceback (most recent call last):", API "  File \"/c.py\", line 3, in third", WRAPPER,
        EXITED);
    assert_true(c.crashed);
    assert_null(c.cause);
    assert_false(c.silent);
    assert_first_line("ValueError: the frob is not nice");
    assert_int_equal(c.line_count, 2);
    assert_non_null(strstr(c.lines[1].line.s, "/b.py"));
    /* chained: the last of the chain, and its root */
    READ(START, "Traceback (most recent call last):", "  File \"/a.py\", line 1, in first",
        "KeyError: 'frob'", "",
        "The above exception was the direct cause of the following exception:", "",
        "Traceback (most recent call last):", "  File \"/b.py\", line 2, in second",
        "acme.FrobError: no frob", EXITED);
    assert_null(c.cause);
    assert_first_line("acme.FrobError: no frob");
    assert_non_null(strstr(c.lines[1].line.s, "KeyError: 'frob'"));
    /* two processes mixed: each keeps its own */
    READ(START, "(W_TP0 pid=1) Traceback (most recent call last):",
        "(W_TP1 pid=2) Traceback (most recent call last):",
        "(W_TP0 pid=1)   File \"/a.py\", line 1, in a",
        "(W_TP1 pid=2)   File \"/b.py\", line 2, in b", "(W_TP1 pid=2) FrobError: second",
        "(W_TP0 pid=1) FrobError: first", WRAPPER);
    assert_first_line("FrobError: second");
    assert_non_null(strstr(c.lines[1].line.s, "/b.py"));
    /* nothing but an error line */
    READ(START, "booting", "2026-11-23 06:05:12,345 ERROR root: the frob is gone", "bye", START);
    assert_first_line("the frob is gone");
    assert_null(c.cause);
    /* a job that ends the interpreter */
    READ(START, SERVES, "{\"requestId\": \"j\", \"message\": \"Started.\", \"level\": \"INFO\"}",
        "Fatal Python error: Segmentation fault",
        "Current thread 0x00007f3a1bfff640 (most recent call first):",
        "  File \"/src/handler.py\", line 47 in handler",
        "/start.sh: line 7:    19 Segmentation fault      (core dumped) python3 -u /src/handler.py");
    assert_null(c.cause);
    assert_true(c.crashed);
    assert_true(c.after_serving);
    assert_false(c.silent);
    assert_first_line("Fatal Python error: Segmentation fault");
    /* a refusal that nobody knows */
    READ(CREATE, "S error creating container: the frob is gone", CREATE,
        "S error creating container: the frob is gone");
    assert_true(c.crashed);
    assert_null(c.cause);
    assert_first_line("the frob is gone");
    assert_int_equal(c.crashes, 2);
}

static void an_unknown_crash_need_not_be_pythons(void **state)
{
    (void)state;
#define TWICE(...) READ(START, __VA_ARGS__, "+20 " START, __VA_ARGS__, "+20 " START)
    TWICE("acme 3.1 starts", "acme: FATAL licence server refused token (E-4410)", "bye");
    assert_true(c.crashed);
    assert_null(c.cause);
    assert_first_line("E-4410");
    TWICE("thread 'main' panicked at router/src/main.rs:88:14:",
        "called `Result::unwrap()` on an `Err` value: MissingField(\"quantize_config\")",
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace");
    assert_null(c.cause);
    assert_first_line("panicked at");
    assert_non_null(strstr(c.lines[1].line.s, "MissingField"));
    TWICE("panic: runtime error: invalid memory address or nil pointer dereference", "",
        "goroutine 1 [running]:", "main.main()");
    assert_null(c.cause);
    assert_first_line("panic: runtime error");
    TWICE("loading libacme.so",
        "terminate called after throwing an instance of 'std::out_of_range'",
        "  what():  vector::_M_range_check", "Aborted (core dumped)");
    assert_null(c.cause);
    assert_first_line("terminate called");
    assert_non_null(strstr(c.lines[1].line.s, "_M_range_check"));
    /* a warning and a retry say nothing of it */
    TWICE("WARNING fatal: the frob is missing", "Retrying after an error", "the frob is denied");
    assert_first_line("the frob is denied");
#undef TWICE
}

/* The platform clears away what has ended by itself as it stops what is to be scaled down. */
static void starts_that_are_stopped(void **state)
{
    (void)state;
    READ(START, "+2 " STOP, "+9 " START, "+2 " STOP, "+9 " START, "+2 " STOP, "+9 " START);
    assert_true(c.crashed);
    assert_int_equal(c.crashes, 3);
    assert_cause("start-command-exits", "silent");
    READ(START, "+2 " STOP, "+9 " START, "+2 " STOP, "+9 " START); /* twice may be chance */
    assert_no_crash();
    /* it may serve in words that nobody knows, and be scaled down */
    READ(START, "one more done", "+30 " STOP, "+20 " START, "one more done", "+30 " STOP,
        "+20 " START, "one more done", "+30 " STOP, "+20 " START);
    assert_no_crash();
    READ(START, "+2 " STOP, "+600 " START, "+2 " STOP, "+600 " START, "+2 " STOP, "+600 " START);
    assert_no_crash();
    /* what cries out does not */
    READ(START, "acme: FATAL no frob", "+30 " STOP, "+20 " START, "acme: FATAL no frob",
        "+30 " STOP, "+20 " START, "acme: FATAL no frob", "+30 " STOP, "+20 " START);
    assert_true(c.crashed);
    assert_first_line("no frob");
    /* … unless it comes to serve after all */
    READ(START, "+2 " STOP, "+9 " START, "+2 " STOP, "+9 " START, "+2 " STOP, "+9 " START, SERVES);
    assert_no_crash();
    assert_true(c.serves);
}

static void what_stayed_up_had_something_to_do(void **state)
{
    (void)state;
    READ(START, "ready", "one done", "+3000 " START, "ready", "one done", "+2000 " START);
    assert_no_crash();
    READ(START, "ready", "+30 " START, "ready", "+30 " START); /* soon after one another: no */
    assert_true(c.crashed);
    READ(START, "acme: FATAL no frob", "+3000 " START, "acme: FATAL no frob", "+2000 " START);
    assert_true(c.crashed);
}

static void without_the_platforms_lines_programs_words_begin_a_start(void **state)
{
    (void)state;
    READ("2026-11-23 06:00:00,000 INFO root: Starting vLLM: vllm serve --model m", CERR OOM,
        WRAPPER, EXITED, "2026-11-23 06:05:00,000 INFO root: Starting vLLM: vllm serve --model m",
        CERR KV, WRAPPER, EXITED);
    assert_true(c.crashed);
    assert_cause("does-not-fit-gpu", "kv-cache");
    assert_int_equal(c.crashes, 2);
}

static void generation_a_tells_in_json(void **state)
{
    (void)state;
    READ(START,
        "{\"requestId\": null, \"message\": \"Worker startup failed: To serve at least one request with the model's "
        "max seq len (8192), (1.5 GiB KV cache is needed, which is larger than the available KV cache memory (0.8 "
        "GiB).\\nTraceback (most recent call last):\\n  File \\\"/src/handler.py\\\"\", \"level\": \"ERROR\"}");
    assert_true(c.crashed);
    assert_cause("does-not-fit-gpu", "kv-cache");
    assert_near(number(CRASH_TOKENS_ASKED), 8192, 0.1);
    READ(START,
        "{\"requestId\": null, \"message\": \"Worker startup failed: the frob is not nice\", \"level\": \"ERROR\"}");
    assert_true(c.crashed);
    assert_null(c.cause);
    assert_first_line("the frob is not nice");
}

/* ---- hostile ------------------------------------------------------------------------------------- */

static const char *const pieces[] = {
#define WORDING(source, id, variant, line) line,
    CRASH_WORDINGS_START(WORDING) CRASH_WORDINGS_GPU(WORDING) CRASH_WORDINGS_MODEL(WORDING)
        CRASH_WORDINGS_ENGINE(WORDING)
#undef WORDING
            "create container x",
    "start container for x: begin", "stop container", "remove container", SERVES, WRAPPER, EXITED,
    "Traceback (most recent call last):", "  File \"x.py\", line 1, in y", "    raise X",
    "ValueError: z", "", "During handling of the above exception, another exception occurred:",
    "INFO:     Shutting down",
    "{\"requestId\": \"a\", \"message\": \"Started.\", \"level\": \"INFO\"}",
    "\xef\xbf\xbd\xef\xbf\xbd ERROR", "(((((", CINFO "Starting to load model m...", "S",
    "{\"message\": \"", "container exited with exit code 999999999999"};
enum { PIECES = sizeof pieces / sizeof *pieces };

static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void assert_sound(const struct log_line *from, size_t count)
{
    assert_in_range(c.line_count, 0, CRASH_LINES_MAX);
    assert_in_range(c.value_count, 0, CRASH_VALUES_MAX);
    assert_true(c.ends <= c.starts + c.crashes + (int)count && c.crashes >= 0);
    assert_false(c.serves && c.crashed);
    assert_false(c.pulling && c.loading);
    for (size_t i = 0; i < c.line_count; i++) {
        bool one_of_them = false;
        for (size_t k = 0; k < count; k++)
            one_of_them = one_of_them || from[k].line.s == c.lines[i].line.s;
        assert_true(one_of_them);
    }
    for (size_t i = 0; i < c.value_count; i++) {
        assert_int_equal(strlen(c.values[i].text.s), c.values[i].text.len);
        assert_in_range(c.values[i].text.len, 1, LOG_LINE_SHOWN_MAX);
        assert_true(text_is_utf8(c.values[i].text.s, c.values[i].text.len));
    }
    if (c.crashed)
        assert_true(c.line_count > 0 && c.crashes > 0);
}

static void any_mix_of_lines_is_read(void **state)
{
    (void)state;
    for (uint32_t round = 1; round <= 200; round++) {
        uint32_t seed = round * 2654435761u;
        size_t count = next(&seed) % LINES_MAX;
        for (size_t i = 0; i < count; i++) {
            const char *s = pieces[next(&seed) % PIECES];
            size_t len = strlen(s), cut = next(&seed) % 4 ? 0 : next(&seed) % (len + 1);
            lines[i] = (struct log_line){.line = {s, len - cut},
                .source = next(&seed) % 3 ? LINE_CONTAINER : LINE_SYSTEM,
                .at_ms = (int64_t)(next(&seed) % 1000000),
                .count = next(&seed) % 5 ? 0 : next(&seed) % 9,
                .lost = next(&seed) % 20 == 0};
        }
        struct arena *a = arena_new(ARENA);
        if (crash_read(lines, count, a, &c) != 0)
            fail_msg("seed %u", round);
        assert_sound(lines, count);
        arena_free(a);
    }
}

static void ten_thousand_lines_take_no_time(void **state)
{
    (void)state;
    enum { MANY = 10000 };
    struct log_line *many = calloc(MANY, sizeof *many);
    static char long_line[LOG_LINE_SHOWN_MAX + 1];
    assert_non_null(many);
    /* words that let patterns be tried, again and again */
    for (size_t i = 0; i + 16 < sizeof long_line; i += 16)
        memcpy(long_line + i, "max_model_len KV", 16);
    uint32_t seed = 7;
    for (size_t i = 0; i < MANY; i++) {
        const char *s = i % 50 == 0 ? long_line : pieces[next(&seed) % PIECES];
        many[i] = (struct log_line){.line = {s, strlen(s)}, .at_ms = (int64_t)i};
    }
    time_t begin = time(NULL);
    assert_int_equal(crash_read(many, MANY, arena, &c), 0);
    assert_true(time(NULL) - begin < 120);
    free(many);
}

/* Lines that are cut nowhere, of words that let patterns go on and on, or of no text at all: a megabyte each. */
static void a_megabyte_of_a_line_takes_no_time(void **state)
{
    (void)state;
    enum { LONG = 1 << 20 };
    static const char *const fillings[] = {"max_num_seqs max_num_batched_tokens is ",
        "GPU quantization not supported fp8 ", "NCCL error: in: ", "KeyError: 'a.b.layers.0.",
        "error pulling docker manifest registry ", "Command '['/x/gcc", "x: x: 1: ", "9.9.9.",
        "(((", "host='a.b.c.d.", "\xff\xfe\xc3", "\xed\xa0\x80 CUDA out of memory of which 1 MiB "};
    char *s = malloc(LONG);
    assert_non_null(s);
    time_t begin = time(NULL);
    for (size_t k = 0; k < sizeof fillings / sizeof *fillings; k++) {
        size_t n = strlen(fillings[k]);
        for (size_t i = 0; i < LONG; i++)
            s[i] = fillings[k][i % n];
        lines[0] = (struct log_line){.line = {s, LONG}, .at_ms = 1000};
        struct arena *a = arena_new(8 << 20);
        assert_int_equal(crash_read(lines, 1, a, &c), 0);
        assert_true(c.line_count == 0 || c.lines[0].line.s == s);
        arena_free(a);
    }
    assert_true(time(NULL) - begin < 120);
    free(s);
}

static void a_full_arena_is_said(void **state)
{
    (void)state;
    struct arena *small = arena_new(1);
    static const char *const rows[] = {START, CERR KV, NULL};
    assert_int_equal(crash_read(lines, script(rows), small, &c), -1);
    arena_free(small);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_kv_cache_says_what_would_fit),
        TEST(values_of_other_causes),
        TEST(values_come_from_all_lines_of_a_cause),
        TEST(a_worker_that_serves_is_well),
        TEST(errors_of_single_jobs_are_no_crash),
        TEST(being_told_to_end_is_no_crash),
        TEST(what_was_mended_is_past),
        TEST(a_pull_and_a_load_move_on),
        TEST(nothing_is_said_by_nothing),
        TEST(the_newest_crash_counts),
        TEST(while_it_tries_again_the_last_crash_is_told),
        TEST(of_two_symptoms_the_deciding_one_is_named),
        TEST(memory_is_told_by_what_needed_it),
        TEST(a_job_that_ends_the_worker),
        TEST(starts_without_a_word),
        TEST(the_platform_gives_up_after_seven_minutes),
        TEST(the_local_test_api_takes_no_jobs),
        TEST(an_unknown_crash_shows_the_line_to_look_at),
        TEST(an_unknown_crash_need_not_be_pythons),
        TEST(starts_that_are_stopped),
        TEST(what_stayed_up_had_something_to_do),
        TEST(without_the_platforms_lines_programs_words_begin_a_start),
        TEST(generation_a_tells_in_json),
        TEST(any_mix_of_lines_is_read),
        TEST(ten_thousand_lines_take_no_time),
        TEST(a_megabyte_of_a_line_takes_no_time),
        TEST(a_full_arena_is_said),
    };
    return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
