/* A table of words and what they tell of a worker's life, the platform's first. A word of the platform counts at
 * the beginning of a line that no container wrote; where a source is not told apart (an old capture), the words
 * alone decide, since programs do not begin lines so. */
#include "model/crash_internal.h"

#include <ctype.h>
#include <string.h>

enum where { SYSTEM = 1, CONTAINER = 2, BOTH = 3 };

static const struct {
    const char *words;
    bool first; /* the line begins so */
    unsigned char where;
    unsigned char event; /* enum crash_event */
} told[] = {
    {"create container: still fetching", true, BOTH, CRASH_EVENT_PULL},
    {"error creating container", true, BOTH, CRASH_EVENT_REFUSED},
    {"error starting container", true, BOTH, CRASH_EVENT_REFUSED},
    {"failed to start container", true, BOTH, CRASH_EVENT_REFUSED},
    {"failed to create container", true, BOTH, CRASH_EVENT_REFUSED},
    {"error pulling image", true, BOTH, CRASH_EVENT_REFUSED},
    {"failed to pull image", true, BOTH, CRASH_EVENT_REFUSED},
    {"create container", true, BOTH, CRASH_EVENT_CREATE},
    {"start container", true, BOTH, CRASH_EVENT_START},
    {"stop container", true, BOTH, CRASH_EVENT_STOP},
    {"remove container", true, BOTH, CRASH_EVENT_STOP},
    {"worker stopped", true, BOTH, CRASH_EVENT_STOP},
    {"worker not ready after", true, BOTH, CRASH_EVENT_LATE},
    {"container exited", true, BOTH, CRASH_EVENT_EXIT},
    {"exited with code", false, SYSTEM, CRASH_EVENT_EXIT},
    {"exit code", false, SYSTEM, CRASH_EVENT_EXIT},
    {"OOMKilled", false, SYSTEM, CRASH_EVENT_EXIT},
    {"Error response from daemon", false, SYSTEM, CRASH_EVENT_REFUSED},
    {"Pulling from", false, SYSTEM, CRASH_EVENT_PULL},
    {"Pulling fs layer", false, BOTH, CRASH_EVENT_PULL},
    {"Downloading [", false, BOTH, CRASH_EVENT_PULL},
    {"Extracting [", false, BOTH, CRASH_EVENT_PULL},
    {"Pull complete", false, SYSTEM, CRASH_EVENT_PULL},
    {"Download complete", false, SYSTEM, CRASH_EVENT_PULL},
    {"Downloaded newer image", false, SYSTEM, CRASH_EVENT_PULL},
    {"Image is up to date", false, SYSTEM, CRASH_EVENT_PULL},

    {"Starting API server.", true, CONTAINER, CRASH_EVENT_LOCAL},
    {"Starting API server for realtime", true, CONTAINER, CRASH_EVENT_LOCAL},
    {"Not deployed on R", true, CONTAINER, CRASH_EVENT_LOCAL},
    {"Starting vLLM: vllm serve", false, CONTAINER, CRASH_EVENT_BANNER},
    {"Engine config: model=", false, CONTAINER, CRASH_EVENT_BANNER},
    {"vLLM API server version", false, CONTAINER, CRASH_EVENT_BANNER},
    {"== CUDA ==", true, CONTAINER, CRASH_EVENT_BANNER},

    {"--- Starting Serverless Worker", true, CONTAINER, CRASH_EVENT_SERVE},
    {"All fitness checks passed", true, CONTAINER, CRASH_EVENT_SERVE},
    {"Jobs in progress:", true, CONTAINER, CRASH_EVENT_JOB},
    {"Jobs in queue:", true, CONTAINER, CRASH_EVENT_JOB},
    {"Application startup complete", false, CONTAINER, CRASH_EVENT_SERVE},
    {"Uvicorn running on http", false, CONTAINER, CRASH_EVENT_SERVE},
    {"Avg prompt throughput", false, CONTAINER, CRASH_EVENT_JOB},

    {"Engine core initialization failed", false, CONTAINER, CRASH_EVENT_FATAL},
    {"EngineCore failed to start", false, CONTAINER, CRASH_EVENT_FATAL},
    {"Engine process failed to start", false, CONTAINER, CRASH_EVENT_FATAL},
    {"exited during startup", false, CONTAINER, CRASH_EVENT_FATAL},
    {"did not become healthy within", false, CONTAINER, CRASH_EVENT_FATAL},
    {"Worker startup failed", true, CONTAINER, CRASH_EVENT_FATAL},
    {"Worker is unhealthy, exiting", true, CONTAINER, CRASH_EVENT_FATAL},
    {"Fitness check failed", true, CONTAINER, CRASH_EVENT_FATAL},
    {"Terminating worker due to CUDA", true, CONTAINER, CRASH_EVENT_FATAL},
    {"EngineDeadError", false, CONTAINER, CRASH_EVENT_FATAL},
    {"EngineCore encountered a fatal error", false, CONTAINER, CRASH_EVENT_FATAL},
    {"Background loop has errored", false, CONTAINER, CRASH_EVENT_FATAL},
    {"died unexpectedly", false, CONTAINER, CRASH_EVENT_FATAL},
    {"fatal signal from worker process", false, CONTAINER, CRASH_EVENT_FATAL},
    {"is already dead, terminating server", false, CONTAINER, CRASH_EVENT_FATAL},
    {"test_input.json not found, exiting", false, CONTAINER, CRASH_EVENT_FATAL},
    {"Segmentation fault", false, CONTAINER, CRASH_EVENT_FATAL},
    {"terminate called after throwing", true, CONTAINER, CRASH_EVENT_FATAL},
    {"Fatal Python error", true, CONTAINER, CRASH_EVENT_FATAL},

    {"Received signal 15", false, CONTAINER, CRASH_EVENT_GRACE},
    {"SIGINT received. Shutting down", false, CONTAINER, CRASH_EVENT_GRACE},
    {"Kill worker.", true, CONTAINER, CRASH_EVENT_GRACE},
    {"Received shutdown signal", true, CONTAINER, CRASH_EVENT_GRACE},
    {"Shutting down", true, CONTAINER, CRASH_EVENT_GRACE},
    {"Application shutdown complete", false, CONTAINER, CRASH_EVENT_GRACE},

    {"Loading safetensors checkpoint shards", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Loading pt checkpoint shards", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Multi-thread loading shards", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Loading checkpoint shards", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Starting to load model", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Loading model weights took", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Loading weights", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Model loading took", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Time spent downloading weights", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Using model weights format", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Resolved architecture", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Initializing a V1 LLM engine", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Initializing an LLM engine", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Available KV cache memory", false, CONTAINER, CRASH_EVENT_LOAD},
    {"GPU KV cache size", false, CONTAINER, CRASH_EVENT_LOAD},
    {"# GPU blocks:", false, CONTAINER, CRASH_EVENT_LOAD},
    {"# cuda blocks:", false, CONTAINER, CRASH_EVENT_LOAD},
    {"torch.compile takes", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Dynamo bytecode transform time", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Capturing CUDA graph", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Capturing the model for CUDA graphs", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Graph capturing finished", false, CONTAINER, CRASH_EVENT_LOAD},
    {"init engine (profile", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Downloading shards", false, CONTAINER, CRASH_EVENT_LOAD},
    {".safetensors: ", false, CONTAINER, CRASH_EVENT_LOAD},
    {"Fetching ", true, CONTAINER, CRASH_EVENT_LOAD},
    {"Initialized vLLM engine", false, CONTAINER, CRASH_EVENT_LOAD},
    {"vLLM engines initialized", false, CONTAINER, CRASH_EVENT_LOAD},
    {"vLLM is healthy", false, CONTAINER, CRASH_EVENT_LOAD},
};

enum crash_event crash_event_of(const struct log_line *line, const struct crash_words *w)
{
    unsigned where = line->source == LINE_SYSTEM ? SYSTEM : CONTAINER;
    if (w->json && w->of_request)
        return CRASH_EVENT_JOB;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if ((told[i].where & where) && (told[i].first ? crash_begins(w->body, told[i].words)
                                                      : crash_has(w->body, told[i].words)))
            return (enum crash_event)told[i].event;
    return CRASH_EVENT_NONE;
}

static int number_at(struct text t, size_t i)
{
    int n = 0;
    size_t start = i;
    for (; i < t.len && isdigit((unsigned char)t.s[i]) && i - start < 4; i++)
        n = 10 * n + (t.s[i] - '0');
    return i > start ? n : -1;
}

int crash_exit_code(struct text body)
{
    static const char *const before[] = {"exit code: ", "exit code ", "exited with code ",
        "exit status ", "exitCode: ", "exitcode ", "exited (", "ExitCode="};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        const char *s = body.len ? memmem(body.s, body.len, before[i], strlen(before[i])) : NULL;
        int code = s ? number_at(body, (size_t)(s - body.s) + strlen(before[i])) : -1;
        if (code >= 0)
            return code;
    }
    return crash_has(body, "OOMKilled") ? 137 : -1;
}

/* "vLLM API server version 0.11.0", "Initializing a V1 LLM engine (v0.11.0) with config". */
struct text crash_version(struct text body)
{
    static const char *const before[] = {
        "vLLM API server version ", "LLM engine (v", "\u2588  version "};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        const char *s = body.len ? memmem(body.s, body.len, before[i], strlen(before[i])) : NULL;
        size_t from = s ? (size_t)(s - body.s) + strlen(before[i]) : body.len, n = from;
        while (n < body.len && n - from < 40 &&
               (isalnum((unsigned char)body.s[n]) || (body.s[n] && strchr(".+-", body.s[n]))))
            n++;
        if (n > from && isdigit((unsigned char)body.s[from]))
            return (struct text){body.s + from, n - from};
    }
    return (struct text){"", 0};
}
