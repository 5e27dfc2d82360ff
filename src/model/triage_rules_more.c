/* Causes beyond the table of spec/runpod.md §8.1 that logs tell: hosts and their GPUs, libraries, number formats, files
 * of the model, settings of the Hub. A sentence each, and what is known to help. */
#include "model/triage_internal.h"

#include <stdio.h>
#include <string.h>

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

/* What helps, in this order. */
enum help {
    HELP_NEWER = 1,   /* a newer image */
    HELP_BACK = 2,    /* the release before */
    HELP_OTHER = 4,   /* GPUs of another kind */
    HELP_RESTART = 8, /* other hosts: all workers anew */
    HELP_EAGER = 16,  /* without compiling */
    HELP_WAIT = 32
};

static const struct more {
    const char *id, *sentence;
    unsigned help;
    const char *unset[3], *set[3]; /* settings, where they are set; a name and its value */
    const char *advice;            /* NULL = none */
} causes[] = {
    {"shared-memory",
        "The container's shared memory (/dev/shm) is too small for what the worker does.",
        HELP_BACK, {NULL}, {NULL},
        "Lower the number of processes or GPUs a worker, or load data without shared memory"},
    {"port-in-use", "The worker's server finds its port in use, and ends.", HELP_BACK,
        {"VLLM_PORT", "PORT"}, {NULL}, "Let only one server of the container listen on that port"},
    {"volume-io", "The volume that the worker reads from fails.", HELP_WAIT, {NULL}, {NULL},
        "Tell RunPod's support; a copy on another volume, or the host's cached model, helps meanwhile"},
    {"permission-denied", "The worker may not write where it wants to.", HELP_BACK,
        {"BASE_PATH", "HF_HOME"}, {NULL}, "Let the image write to a folder of its own user"},
    {"gpu-unsupported", "The image is not built for the kind of GPU that the worker got.",
        HELP_NEWER | HELP_OTHER, {NULL}, {NULL}, NULL},
    {"gpu-missing", "The worker finds no GPU on its host.", HELP_RESTART, {NULL}, {NULL},
        "If it stays: tell RunPod's support the worker's id, or take an endpoint with GPUs"},
    {"gpu-fault", "The GPU of the worker's host is broken.", HELP_RESTART | HELP_OTHER, {NULL},
        {NULL}, "Tell RunPod's support the worker's id"},
    {"cuda-fault", "A program on the GPU fails.", HELP_NEWER | HELP_BACK | HELP_EAGER, {NULL},
        {NULL}, NULL},
    {"dtype-unsupported", "The GPU or the model does not take this number format.", HELP_OTHER,
        {"KV_CACHE_DTYPE"}, {"DTYPE", "half"}, NULL},
    {"quantization-unsupported", "The GPU or the image does not know the model's quantization.",
        HELP_OTHER | HELP_NEWER, {"QUANTIZATION"}, {NULL}, NULL},
    {"quantization-mismatch", "QUANTIZATION is not what the model is quantized with.", HELP_BACK,
        {"QUANTIZATION"}, {NULL}, NULL},
    {"lora-unusable", "The adapter cannot be loaded beside the model.", HELP_BACK,
        {"LORA_MODULES", "ENABLE_LORA"}, {NULL},
        "Merge the adapter into its base model, and upload that"},
    {"nccl-failed", "The GPUs of the worker cannot talk to each other.", HELP_RESTART, {NULL},
        {"NCCL_P2P_DISABLE", "1"}, "Take one larger GPU a worker instead of several"},
    {"shared-library", "The image lacks a library, or has one that does not match.",
        HELP_NEWER | HELP_BACK, {NULL}, {NULL}, "Build the image anew"},
    {"compiler-missing", "The image has no compiler for what has to be compiled at the start.",
        HELP_EAGER | HELP_NEWER, {NULL}, {NULL}, "Build the image with a compiler (gcc, nvcc)"},
    {"weights-corrupt", "A file of the model's weights is damaged.", HELP_BACK, {NULL}, {NULL},
        "Upload the file again (slipway upload compares hashes), then redeploy the new commit"},
    {"weights-mismatch", "The weights do not match the model's configuration.",
        HELP_NEWER | HELP_BACK, {"QUANTIZATION"}, {NULL},
        "Upload weights and config.json of one model"},
    {"hub-offline", "The worker is told not to ask the Hub, and does not have the model.",
        HELP_BACK, {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}, {NULL}, NULL},
    {"model-config-invalid", "The image does not understand the model's config.json.",
        HELP_NEWER | HELP_BACK, {"HF_OVERRIDES", "ROPE_SCALING"}, {NULL}, NULL},
};

static const struct more *cause_of(const char *id)
{
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (strcmp(causes[i].id, id) == 0)
            return &causes[i];
    return &causes[0];
}

static void tell_more(reader *r, find *f, diagnosis *d)
{
    triage_tell_log(r, f, d, triage_text(r, "%s", cause_of(f->rule->id)->sentence));
}

/* There is no call to restart a worker. */
static void restart(reader *r, diagnosis *d)
{
    const struct endpoint *e = &r->v->endpoint;
    struct triage_remedy *m = triage_remedy(r, d, "scale",
        "Take other hosts: max workers 0, then back to %d (slipway unpause)", e->workers_max);
    triage_put(r, triage_asks(r, m), "pause", json_new_bool(true));
    for (int back = 0; back < 2; back++) {
        struct json *w = triage_object(r, triage_patch(r, m), "workers");
        triage_put(r, w, "min", json_new_int(back ? e->workers_min : 0));
        triage_put(r, w, "max", json_new_int(back ? e->workers_max : 0));
    }
    triage_means(r, m, "requests stay queued meanwhile");
}

static void mend_settings(reader *r, const struct more *m, diagnosis *d)
{
    char both[160];
    bool first = m->unset[0] && triage_env_set(r->v, m->unset[0]),
         second = m->unset[1] && triage_env_set(r->v, m->unset[1]);
    (void)snprintf(both, sizeof both, "%s%s%s", first ? m->unset[0] : "",
        first && second ? "," : "", second ? m->unset[1] : "");
    if (first || second)
        triage_unset_env(r, d, both);
    if (m->set[0])
        triage_set_env(r, d, m->set);
}

static void mend_more(reader *r, find *f, diagnosis *d)
{
    const struct more *m = cause_of(f->rule->id);
    const char *eager[] = {"ENFORCE_EAGER", "true", NULL};
    mend_settings(r, m, d);
    if (m->help & HELP_NEWER)
        triage_newer_image(r, d);
    if (m->help & HELP_RESTART)
        restart(r, d);
    if (m->help & HELP_OTHER)
        triage_mend_pool(r, d);
    if ((m->help & HELP_EAGER) && triage_is_vllm(r))
        triage_set_env(r, d, eager);
    if (m->help & HELP_BACK)
        triage_roll_back(r, d);
    if (m->help & HELP_WAIT)
        triage_wait(r, d, "workers try again by themselves");
    if (m->advice)
        triage_by_hand(r, d, "%s", m->advice);
    if (d->remedy_count == 0)
        triage_by_hand(
            r, d, "Read the log (slipway logs %s), and mend what it names", r->v->endpoint.id);
}

#define ROW(id, brief)                                                                             \
    {                                                                                              \
        id, 0, TRIAGE_STOPS, 0, brief, NULL, tell_more, mend_more                                  \
    }
const struct triage_rule triage_log_more[] = {
    ROW("shared-memory", "shared memory is too small"),
    ROW("port-in-use", "the worker's port is in use"),
    ROW("volume-io", "the volume fails"),
    ROW("permission-denied", "may not write there"),
    ROW("gpu-unsupported", "image not built for this GPU"),
    ROW("gpu-missing", "no GPU on the host"),
    ROW("gpu-fault", "the host's GPU is broken"),
    ROW("cuda-fault", "a GPU program fails"),
    ROW("dtype-unsupported", "number format not supported"),
    ROW("quantization-unsupported", "quantization not supported"),
    ROW("quantization-mismatch", "QUANTIZATION does not match"),
    ROW("lora-unusable", "the adapter cannot be loaded"),
    ROW("nccl-failed", "GPUs cannot talk to each other"),
    ROW("shared-library", "a library is missing"),
    ROW("compiler-missing", "a compiler is missing"),
    ROW("weights-corrupt", "the weights are damaged"),
    ROW("weights-mismatch", "weights do not match the config"),
    ROW("hub-offline", "offline, without the model"),
    ROW("model-config-invalid", "config.json is not understood"),
    {.id = NULL},
};
