/* checklist: what a model folder holds, file by file, and whether it can be served (spec/huggingface.md
 * §8.2). Finished records in an arena. */
#ifndef SLIPWAY_MODEL_CHECKLIST_H
#define SLIPWAY_MODEL_CHECKLIST_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum check_kind {
    CHECK_WEIGHTS,
    CHECK_REQUIRED,
    CHECK_RECOMMENDED,
    CHECK_OPTIONAL,
    CHECK_KEEP_OUT, /* training state, pickles beside safetensors, hidden files: left out by default */
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
    int64_t size;         /* bytes; -1 = missing or unreadable */
    int64_t modified_ns;  /* mtime; with size tells later whether it changed */
    enum check_kind kind;
    enum check_state state;
    enum check_origin origin;
    bool send; /* goes into the upload */
    struct text
        result; /* the check's result in words: "valid", "2 of 4 tensors lie outside the file" */
};

/* What the folder says about the model; 0 or empty = unknown. */
struct model_facts {
    struct text model_type, architecture, dtype, base_model, quantization;
    int64_t parameters, weight_bytes;
    int64_t context_length, vocab_size;
    int64_t layers, heads, kv_heads, head_dim; /* of the attention */
    bool adapter;                              /* PEFT */
    bool custom_code;                          /* needs trust_remote_code */
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

#endif
