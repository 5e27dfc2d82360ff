/* hub_model_facts: what a model that lies on the Hub is made of, and whether it is complete, without fetching
 * its weights: the same checklist as of a folder on disk (model_folder.h), read over the Hub's list of
 * files, with the small files fetched whole and of each file of weights only the header (spec/huggingface.md
 * §2.5, §10.2).
 *
 * What vLLM does without is only recommended here: the index of shards, tokenizer_config.json, and the usual
 * names where a repository uses others that it knows. Nothing is sent, so no line has `send`.
 *
 * Thread: an operation's; sleeps in the HTTP engine, with many requests side by side. */
#ifndef SLIPWAY_CLIENT_HUB_MODEL_FACTS_H
#define SLIPWAY_CLIENT_HUB_MODEL_FACTS_H

#include "client/hub.h"
#include "model/checklist.h"
#include "model/known.h"

enum {
    HUB_HEAD_FIRST = 32 << 10,  /* of a file of weights, at first; most headers are shorter */
    HUB_HEADS_MAX = 512,        /* files of weights that are looked into */
    HUB_HEADS_BYTES = 64 << 20, /* longer headers, all together */
    HUB_INDEX_MAX = 16 << 20,   /* of the index of shards; a larger one is not looked into */
    HUB_MODEL_ARENA = 64 << 20
};

struct hub_model {
    struct checklist list; /* folder: OWNER/NAME; raw_folder NULL; paths are the repository's */
    enum known readable;   /* whether our token may read the files, not only their list */
    int64_t fetched;       /* bytes that were read for it */
};

/* `info` with its files (hub_info), at its commit. What could not be read is a warning on its line, and stays
 * unknown in the facts. -1: ERR_CANCEL, ERR_IO, or more files than a model can have. */
int hub_model_facts(struct hub *h, const struct hub_info *info, struct arena *a,
    struct hub_model *out, struct cancel *c, struct err *e);

#endif
