/* What logs say of the container: its image, its disk, its settings, its time, its own code (rows 10 to 16, 22, 24,
 * 25). A cause without a row of its own is told as it is: its line is the evidence. */
#include "model/triage_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LONG_INIT_S = 1800 };

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

/* ---- the image ------------------------------------------------------------------------------------------ */

static const char *image_of(reader *r, const struct crash *c)
{
    const char *set = triage_str(r->v->endpoint.image);
    return triage_value(c, CRASH_IMAGE, *set ? set : "the image");
}

static void tell_not_found(reader *r, find *f, diagnosis *d)
{
    f->sentence = TEXT("the image does not exist");
    triage_tell_log(r, f, d,
        triage_text(r, "No registry has the image %.120s: the name or the tag is wrong.",
            image_of(r, &f->worker->log)));
}

static void mend_not_found(reader *r, find *f, diagnosis *d)
{
    (void)f;
    if (triage_is_vllm(r))
        triage_default_image(r, d);
    triage_roll_back(r, d);
    if (d->remedy_count == 0)
        triage_by_hand(
            r, d, "Correct the image: slipway set-image %s IMAGE:TAG", r->v->endpoint.id);
}

static void tell_denied(reader *r, find *f, diagnosis *d)
{
    f->sentence = TEXT("the registry refuses the image");
    triage_tell_log(r, f, d,
        triage_text(r,
            "The registry does not hand out %.120s without a credential that may read it.",
            image_of(r, &f->worker->log)));
    if (r->v->detail_read)
        triage_line(r, d, "settings", NULL, -1, "credential: %.80s",
            r->v->detail.registry.len ? r->v->detail.registry.s : "none");
}

static void mend_denied(reader *r, find *f, diagnosis *d)
{
    (void)f;
    struct triage_remedy *m = triage_remedy(
        r, d, "by-hand", "Store the registry's credential (console, or the call), and set it");
    triage_call(r, m, "POST", "/v2/registries");
    triage_put(r, triage_patch(r, m), "registry", json_new_string("CREDENTIAL_ID"));
    triage_means(r, m, "needs a password that slipway does not keep");
    if (triage_is_vllm(r))
        triage_default_image(r, d);
}

static void tell_architecture(reader *r, find *f, diagnosis *d)
{
    triage_tell_log(r, f, d,
        triage_text(r,
            "The image %.120s is built for another processor than the hosts have (amd64).",
            image_of(r, &f->worker->log)));
}

static void mend_architecture(reader *r, find *f, diagnosis *d)
{
    triage_by_hand(r, d, "Build the image for linux/amd64, push it, and set it");
    mend_not_found(r, f, d);
}

static void tell_pull(reader *r, find *f, diagnosis *d)
{
    f->sentence = TEXT("the image cannot be fetched");
    triage_tell_log(r, f, d,
        triage_text(r, "The image %.120s cannot be fetched.", image_of(r, &f->worker->log)));
}

static void mend_pull(reader *r, find *f, diagnosis *d)
{
    if (strcmp(triage_variant(&f->worker->log), "rate-limit") == 0) {
        triage_wait(r, d, "the registry counts pulls anew after some hours");
        triage_by_hand(
            r, d, "Store a credential of the registry and set it: who is known may pull more");
    } else
        triage_wait(r, d, "the host tries again by itself");
    triage_roll_back(r, d);
}

/* ---- the container ---------------------------------------------------------------------------------------- */

static void tell_disk(reader *r, find *f, diagnosis *d)
{
    int gb = r->v->detail_read ? r->v->detail.disk_gb : -1;
    double weights = preflight_weights_gb(&r->fit);
    if (gb > 0)
        triage_tell_log(r, f, d,
            triage_text(r, "The container disk of %d GB is full before the model is loaded.", gb));
    else
        triage_tell_log(r, f, d, TEXT("The container disk is full before the model is loaded."));
    if (!isnan(weights))
        triage_line(r, d, "model", NULL, -1,
            "the weights alone are %.1f GB, the image takes about 10", weights);
}

static void mend_disk(reader *r, find *f, diagnosis *d)
{
    triage_mend_disk(r, d, &f->worker->log);
}

static void tell_exits(reader *r, find *f, diagnosis *d)
{
    triage_tell_log(r, f, d,
        triage_text(r,
            "The container ends at once after each start, without a line that says why: its "
            "start command fails, or %.120s has none.",
            image_of(r, &f->worker->log)));
    if (r->image.kind == WORKER_IMAGE_NO_WORKER)
        triage_line(r, d, "settings", NULL, -1, "%s", r->image.warning);
    if (f->worker->log.exit_code >= 0)
        triage_line(r, d, "log", f->worker->worker.id, -1, "it ended with code %d",
            f->worker->log.exit_code);
}

static void mend_exits(reader *r, find *f, diagnosis *d)
{
    (void)f;
    if (triage_is_vllm(r) && r->image.kind != WORKER_IMAGE_GOOD)
        triage_default_image(r, d);
    triage_roll_back(r, d);
    triage_by_hand(
        r, d, "Put the image's start command (args, entrypoint) right, or take a worker image");
}

/* The container's requirement is what it needs; a driver that is too old says what the host has, as 12090. */
static const char *cuda_needed(const reader *r, const struct crash *c)
{
    bool said = strcmp(triage_variant(c), "container") == 0;
    return r->image.cuda[0] ? r->image.cuda : said ? triage_value(c, CRASH_CODE, "") : "";
}

static int cuda_found(const struct crash *c)
{
    double said = strcmp(triage_variant(c), "container") == 0 ? NAN : triage_amount(c, CRASH_CODE);
    return said >= 9000 && said < 100000 ? (int)said / 1000 * 100 + (int)said % 1000 / 10 : 0;
}

static void tell_cuda(reader *r, find *f, diagnosis *d)
{
    const char *needs = cuda_needed(r, &f->worker->log);
    int has = cuda_found(&f->worker->log);
    char words[32] = "";
    if (has)
        (void)snprintf(words, sizeof words, ", the host has %d.%d", has / 100, has % 100);
    triage_tell_log(r, f, d,
        triage_text(r, "The host's NVIDIA driver is older than the image needs%s%.20s%s.",
            *needs ? ": CUDA " : "", needs, words));
    if (r->v->detail_read)
        triage_line(r, d, "settings", NULL, -1, "CUDA floor: %s",
            r->v->detail.min_cuda.len ? r->v->detail.min_cuda.s : "none");
}

static void mend_cuda(reader *r, find *f, diagnosis *d)
{
    const char *needs = cuda_needed(r, &f->worker->log);
    int number = worker_cuda_number(needs), hosts = triage_own_cuda(r);
    int set = r->v->detail_read ? worker_cuda_number(triage_str(r->v->detail.min_cuda)) : 0;
    char words[16];
    (void)snprintf(words, sizeof words, "%d.%d", number / 100, number % 100);
    if (number > set && (hosts == 0 || hosts >= number))
        triage_set_cuda(r, d, words);
    if (triage_is_vllm(r) && number > 1209 &&
        strcmp(triage_str(r->v->endpoint.image), WORKER_IMAGE_OLDER_HOSTS) != 0)
        triage_set_image(r, d, WORKER_IMAGE_OLDER_HOSTS, "");
    if (d->remedy_count == 0)
        triage_by_hand(
            r, d, "Take an image that is built for an older CUDA, or ask hosts for a newer one");
}

static void tell_host_memory(reader *r, find *f, diagnosis *d)
{
    triage_tell_log(r, f, d,
        TEXT(
            "The worker is killed while it loads: the host's memory (not the GPU's) does not suffice."));
    if (f->worker->log.exit_code >= 0)
        triage_line(
            r, d, "log", f->worker->worker.id, -1, "exit code %d", f->worker->log.exit_code);
}

static void mend_host_memory(reader *r, find *f, diagnosis *d)
{
    int64_t offload = triage_env_number(r->v, "CPU_OFFLOAD_GB");
    (void)f;
    if (offload > 0)
        triage_unset_env(r, d, "CPU_OFFLOAD_GB");
    if (triage_env_number(r->v, "SWAP_SPACE") > 0)
        triage_unset_env(r, d, "SWAP_SPACE");
    const char *gentle[] = {"MAX_PARALLEL_LOADING_WORKERS", "1", NULL};
    if (r->v->endpoint.gpu_count > 1 && !triage_env_set(r->v, gentle[0]))
        triage_set_env(r, d, gentle);
    triage_by_hand(r, d, "Take larger GPUs (their hosts have more memory), or a smaller model");
}

/* ---- the host's check --------------------------------------------------------------------------------- */

static void tell_fitness(reader *r, find *f, diagnosis *d)
{
    const char *what = triage_value(&f->worker->log, CRASH_VALUE, triage_variant(&f->worker->log));
    triage_tell_log(r, f, d,
        triage_text(r, "The worker's own check of its host fails%s%.100s, and it ends.",
            *what ? ": " : "", what));
}

static void mend_other_gpu(reader *r, diagnosis *d)
{
    triage_newer_image(r, d);
    triage_mend_pool(r, d);
    triage_by_hand(
        r, d, "Take an image that is built for this GPU, or GPUs that the image is built for");
}

static void mend_fitness(reader *r, find *f, diagnosis *d)
{
    const char *v = triage_variant(&f->worker->log);
    const char *line = f->worker->log.line_count ? triage_str(f->worker->log.lines[0].line) : "";
    if (strstr(v, "disk"))
        triage_mend_disk(r, d, &f->worker->log);
    else if (strstr(line, "no kernel image")) /* built for other GPUs */
        mend_other_gpu(r, d);
    else if (strstr(v, "gpu"))
        mend_cuda(r, f, d);
    else if (strstr(v, "memory"))
        mend_host_memory(r, f, d);
    else
        triage_by_hand(
            r, d, "Follow its message; RUNPOD_SKIP_… settings turn checks off, as a last resort");
}

/* ---- time ---------------------------------------------------------------------------------------------------- */

static void set_init_timeout(reader *r, diagnosis *d, int64_t seconds)
{
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" PRId64, seconds);
    const char *both[] = {"RUNPOD_INIT_TIMEOUT", digits, "VLLM_STARTUP_TIMEOUT", digits, NULL};
    bool proxy = r->image.generation == WORKER_GENERATION_B;
    if (!proxy || triage_env_number(r->v, "VLLM_STARTUP_TIMEOUT") >= seconds)
        both[2] = NULL;
    triage_set_env(r, d, both);
}

static int64_t doubled(int64_t now, int64_t least)
{
    int64_t want = now > 0 ? 2 * now : least;
    want = want < least ? least : want;
    return want > 7200 ? 7200 : want;
}

static void tell_init_timeout(reader *r, find *f, diagnosis *d)
{
    int64_t set = triage_env_number(r->v, "RUNPOD_INIT_TIMEOUT"),
            period = triage_start_period_s(&f->worker->log);
    f->sentence = triage_text(r, "loading takes longer than the limit of %" PRId64 " s",
        set > 0 ? set : (int64_t)TRIAGE_INIT_TIMEOUT_S);
    triage_tell_log(r, f, d,
        triage_text(r,
            "The platform ends the worker after %" PRId64 " s, before the model is loaded, "
            "and starts it over.",
            set > 0 ? set : (int64_t)TRIAGE_INIT_TIMEOUT_S));
    if (period > 0)
        triage_line(r, d, "log", f->worker->worker.id, f->worker->log.last_start_ms,
            "a start every %" PRId64 " s", period);
    if (r->v->detail_read)
        triage_line(r, d, "settings", NULL, -1,
            set > 0 ? "RUNPOD_INIT_TIMEOUT is %" PRId64 "%s"
                    : "RUNPOD_INIT_TIMEOUT is not set%.0" PRId64 "%s",
            set > 0 ? set : (int64_t)0, "");
}

static void mend_init_timeout(reader *r, find *f, diagnosis *d)
{
    (void)f;
    set_init_timeout(r, d, doubled(triage_env_number(r->v, "RUNPOD_INIT_TIMEOUT"), LONG_INIT_S));
    triage_by_hand(r, d, "Load faster: the host's cached model (console), or a network volume");
}

static void tell_engine_timeout(reader *r, find *f, diagnosis *d)
{
    int64_t set = triage_env_number(r->v, "VLLM_STARTUP_TIMEOUT");
    triage_tell_log(r, f, d,
        triage_text(r, "vLLM is not ready within %" PRId64 " s, and the worker gives up.",
            set > 0 ? set : (int64_t)1200));
}

static void mend_engine_timeout(reader *r, find *f, diagnosis *d)
{
    int64_t set = triage_env_number(r->v, "VLLM_STARTUP_TIMEOUT"),
            init = triage_env_number(r->v, "RUNPOD_INIT_TIMEOUT");
    char first[24], second[24];
    int64_t to = doubled(set > 0 ? set : 1200, 2400);
    (void)f;
    (void)snprintf(first, sizeof first, "%" PRId64, to);
    (void)snprintf(second, sizeof second, "%" PRId64, to > init ? to : init);
    const char *pairs[] = {"VLLM_STARTUP_TIMEOUT", first, "RUNPOD_INIT_TIMEOUT", second, NULL};
    triage_set_env(r, d, pairs);
    triage_by_hand(r, d, "Load faster: the host's cached model (console), or a network volume");
}

/* ---- code, and what nobody knows -------------------------------------------------------------------------------- */

static void tell_handler(reader *r, find *f, diagnosis *d)
{
    triage_tell_log(r, f, d, TEXT("The worker's own code fails when it starts."));
}

static void tell_loop(reader *r, find *f, diagnosis *d)
{
    f->sentence = triage_text(r, "%d worker%s crash%s on start, cause unknown", f->count,
        triage_plural(f->count), f->count == 1 ? "es" : "");
    triage_tell_log(r, f, d,
        TEXT("Workers start over and over; no known cause is in their log: read its lines."));
}

static void mend_code_of_worker(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_roll_back(r, d);
    triage_by_hand(
        r, d, "Read the log (slipway logs %s) and mend the image, then set it", r->v->endpoint.id);
}

static void tell_cached(reader *r, find *f, diagnosis *d)
{
    triage_tell_log(r, f, d, TEXT("The host's cached model cannot be used."));
}

static void mend_cached(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_by_hand(r, d, "Correct the endpoint's cached model, its reference or token (console)");
    triage_by_hand(
        r, d, "Drop the cached model: the worker fetches the model itself then (console)");
}

static void tell_other(reader *r, find *f, diagnosis *d)
{
    const struct crash *c = &f->worker->log;
    triage_tell_log(r, f, d,
        triage_text(r, "The worker does not start (%s%s%s): %.200s", f->rule->id,
            *triage_variant(c) ? ", " : "", triage_variant(c),
            c->line_count ? triage_str(c->lines[0].line) : "its log says no more"));
}

const struct triage_rule triage_log_start[] = {
    {"image-not-found", 11, TRIAGE_STOPS, 0, "the image does not exist", NULL, tell_not_found,
        mend_not_found},
    {"registry-denied", 12, TRIAGE_STOPS, 0, "the registry refuses", NULL, tell_denied,
        mend_denied},
    {"image-pull-failed", 0, TRIAGE_STOPS, 0, "the image cannot be fetched", NULL, tell_pull,
        mend_pull},
    {"wrong-architecture", 13, TRIAGE_STOPS, 0, "image for another processor", NULL,
        tell_architecture, mend_architecture},
    {"disk-full", 14, TRIAGE_STOPS, 0, "the disk is full", NULL, tell_disk, mend_disk},
    {"start-command-exits", 15, TRIAGE_STOPS, 0, "the start command exits", NULL, tell_exits,
        mend_exits},
    {"cuda-driver-mismatch", 16, TRIAGE_STOPS, 0, "CUDA newer than the host's", NULL, tell_cuda,
        mend_cuda},
    {"bad-worker-setting", 22, TRIAGE_STOPS, 0, "a setting is refused", NULL, triage_tell_setting,
        triage_mend_setting},
    {"fitness-check-failed", 24, TRIAGE_STOPS, 0, "the host fails its check", NULL, tell_fitness,
        mend_fitness},
    {"engine-start-timeout", 25, TRIAGE_STOPS, 0, "vLLM loads too slowly", NULL,
        tell_engine_timeout, mend_engine_timeout},
    {"init-timeout-loop", 10, TRIAGE_STOPS, 0, "loads longer than allowed", NULL, tell_init_timeout,
        mend_init_timeout},
    {"cached-model-failed", 35, TRIAGE_STOPS, 0, "the cached model fails", NULL, tell_cached,
        mend_cached},
    {"host-memory", 0, TRIAGE_STOPS, 0, "the host's memory is too small", NULL, tell_host_memory,
        mend_host_memory},
    {"handler-crash", 0, TRIAGE_STOPS, 0, "the worker's own code fails", NULL, tell_handler,
        mend_code_of_worker},
    {.id = NULL},
};
const struct triage_rule triage_log_loop = {"crash-loop", 0, TRIAGE_STOPS, 0,
    "crashes, cause unknown", NULL, tell_loop, mend_code_of_worker};
const struct triage_rule triage_log_other = {
    "", 0, TRIAGE_STOPS, 0, "does not start, see its log", NULL, tell_other, mend_code_of_worker};
