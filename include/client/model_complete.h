/* model_complete: adds to a checklist what the folder lacks and a model on the Hub needs: tokenizer and
 * generation files from the base model, README.md, .gitattributes (spec/huggingface.md §1.3, §8, §9).
 *
 * Nothing is ever overwritten, and nothing is written into the model's folder: what is added lies in a
 * staging folder of the operation's own (0700) and is marked in the checklist with its origin. A file
 * that the repository has already at the revision is not added either: somebody may have edited it there.
 *
 * From the base model: first the Hub's local cache (HF_HOME / HF_HUB_CACHE, newest snapshot by refs/main),
 * else, where a hub is given, from the Hub. A file that is not to be had is told and is no failure. The same
 * folder, base model and job give the same bytes each time, so that a second upload changes nothing.
 *
 * Lines of what is added: origin CHECK_FROM_BASE or CHECK_WRITTEN, `send`, and raw_source in the staging
 * folder. Without one raw_source is NULL, and what only the Hub has is CHECK_PRESENT, with the size that the
 * Hub says, as it is not fetched. A line for what is missing here but not in the repository becomes
 * CHECK_PRESENT too, without `send` and without raw_path.
 *
 * Thread: any that may block (an operation's). Everything lands in the arena. */
#ifndef SLIPWAY_CLIENT_MODEL_COMPLETE_H
#define SLIPWAY_CLIENT_MODEL_COMPLETE_H

#include "client/hub.h"
#include "client/hub_cache.h"
#include "model/checklist.h"
#include "model/job.h"

struct complete_options {
    const char *staging; /* absolute, there, empty and ours; NULL = only say what would be added */
    const char
        *base_model;   /* OWNER/NAME; NULL = as the folder's files say (facts.base_model), or, where
                               they say nothing, the job */
    const char *cache; /* the Hub's cache folder (hub_cache_folder); NULL = none */
    struct hub *hub;   /* for what the cache lacks; NULL = the Hub is not asked */
    const char
        *repo; /* OWNER/NAME that it goes to, for the README's title; NULL = the folder's name */
    const struct hub_info *there; /* what the repository holds; NULL = nothing */
    const struct job *job;        /* whose facts go into the README; NULL = none */
    bool
        mend_readme; /* a copy of the folder's README.md with the keys that it lacks goes in its place */
};

struct complete_report {
    struct text base_model;  /* that was used; empty = unknown */
    const char *base_commit; /* the snapshot it was taken from; "" = none */
    size_t added;            /* files */
    struct text *notes;      /* what was not added: "generation_config.json: acme/base has none" */
    size_t note_count;
    struct text *readme_diff; /* what the folder's README.md lacks and is known: "+license: mit" */
    size_t readme_diff_count;
};

/* Changes `list` in place (files may be added, so list->files may move; sums are made anew).
 * ERR_IO when staging cannot be written, ERR_CANCEL. What the base model or the Hub refuses is a note. */
int model_complete(struct checklist *list, const struct complete_options *options, struct arena *a,
    struct complete_report *out, struct cancel *cancel, struct err *e);

#endif
