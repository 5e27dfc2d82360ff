/* checklist: what a model folder holds, file by file, and whether it can be served (spec/huggingface.md
 * §8.2). Finished records in an arena. */
#ifndef SLIPWAY_MODEL_CHECKLIST_H
#define SLIPWAY_MODEL_CHECKLIST_H

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum check_kind {
    CHECK_WEIGHTS,
    CHECK_REQUIRED,
    CHECK_RECOMMENDED,
    CHECK_OPTIONAL,
    CHECK_KEEP_OUT, /* training state, pickles beside safetensors, hidden files, files that hold keys,
                       half-written ones: left out by default */
    CHECK_KINDS
};

enum check_state {
    CHECK_VALID,   /* looked into and good */
    CHECK_PRESENT, /* there; nothing to look into */
    CHECK_WARNING, /* can go, but something is not as it should be */
    CHECK_BAD,     /* a blocker */
    CHECK_MISSING, /* not there: a blocker when required or weights, else a warning */
    CHECK_STATES
};

enum check_origin { CHECK_HERE, CHECK_FROM_BASE, CHECK_WRITTEN }; /* where its bytes come from */

struct check_file {
    struct text path;     /* relative, '/'-separated, cleaned, for showing */
    const char *raw_path; /* the same as bytes, for opening and sending; NULL when missing */
    const char
        *raw_source;     /* absolute: where its bytes lie when that is not the folder; else NULL */
    int64_t size;        /* bytes; -1 = missing or unreadable */
    int64_t modified_ns; /* mtime; with size tells later whether it changed */
    enum check_kind kind;
    enum check_state state;
    enum check_origin origin;
    bool send;    /* goes into the upload */
    bool guarded; /* may hold keys: left out until its exact name is asked for */
    struct text
        result; /* the check's result in words: "valid", "2 of 4 tensors lie outside the file" */
};

/* What the folder says about the model; 0 or empty = unknown. */
struct model_facts {
    struct text model_type, architecture, dtype, base_model, quantization;
    int64_t parameters, weight_bytes;
    int64_t context_length, vocab_size;
    int64_t context_trained; /* what rope scaling extends to context_length; 0 = it does not */
    int64_t layers, heads, kv_heads, head_dim; /* of the attention */
    int64_t latent; /* MLA: elements of the cache per token and layer instead of the heads' */
    int64_t window; /* tokens that a layer with a sliding window looks back */
    int64_t window_layers; /* how many of the layers have one */
    int64_t plain_layers;  /* layers without any attention to be cached (state space, linear) */
    bool adapter;          /* PEFT */
    int64_t lora_rank;     /* of an adapter; 0 = unknown, or it is no LoRA */
    const char
        *lora_flaw;   /* why vLLM does not load it beside its base model; static; NULL = it may */
    bool custom_code; /* needs trust_remote_code */
    bool chat_template;
    bool text_generation; /* README says so, or the architecture ends in ForCausalLM */
};

struct checklist {
    struct text folder;
    const char *raw_folder;   /* absolute */
    struct check_file *files; /* what matters first: by kind, worst state first, then by path */
    size_t count;
    size_t blockers, warnings;
    size_t send_count;
    int64_t send_bytes;
    struct model_facts facts;
};

/* "weights", "required", …; "valid", "warning", …; "here", "base-model", "written". Static. */
const char *check_kind_name(enum check_kind kind);
const char *check_state_name(enum check_state state);
const char *check_origin_name(enum check_origin origin);
/* Whether this file stops an upload: bad, or missing though required. */
bool check_file_blocks(const struct check_file *file);
/* Counts blockers, warnings and what is sent anew, after files changed. */
void checklist_sum(struct checklist *list);
/* Puts the files in their order: what matters first. */
void checklist_sort(struct checklist *list);

/* Narrows down what is sent, as --include and --exclude of the Hub's own client do. Patterns are those of
 * a shell against the whole path, except that * and ? stand for '/' too; one that ends in '/' means all
 * that is below.
 *   include  with any, only what matches one of them is sent. What is left out by default and can be read
 *            is put back, but not by a pattern of mere wildcards ("*"), and what is guarded only by its
 *            exact name.
 *   exclude  what matches is not sent, whatever else is said.
 * A needed file that is left out is a blocker that says so (bad, not sent; the caller may know that the
 * repository has one). Any other file that was bad blocks no more when it is left out. Of two whole sets
 * of weights, one file and shards, one can be given up.
 * Sorts and sums anew. To be called once, when all files are in the list. ERR_INPUT, and nothing is
 * changed: a pattern that matches no file, or an include that matches only what cannot be sent (the
 * message names it); nothing left to send. */
int checklist_choose(struct checklist *list, const char *const *include, size_t n_include,
    const char *const *exclude, size_t n_exclude, struct err *e);

#endif
