/* What the files of the model_folder family share; also for what completes a folder (model_complete*.c,
 * hub_cache.c) and what reads one on the Hub (hub_model_facts.c).
 *
 * Reading a folder goes in four steps, each over one list of `struct found`:
 *   scan     the tree becomes a list, sorted by path (model_folder_scan.c)
 *   rules    each file gets its row of the table (model_folder_rules.c)
 *   checks   row after row, the files of the row are looked into (the other files)
 *   missing  rows that need a file and have none become lines too (model_folder_missing.c)
 * Checks never fail: they note on the file's line what they found. Memory that runs out sets
 * `failed`, and the whole reading fails. */
#ifndef SLIPWAY_CLIENT_MODEL_FOLDER_INTERNAL_H
#define SLIPWAY_CLIENT_MODEL_FOLDER_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "client/model_folder.h"
#include "client/safetensors.h"
#include "core/cancel.h"

#include <limits.h>
#include <sys/stat.h>

/* No file is read whole beyond these. */
enum {
    FOLDER_SMALL_MAX = 4 << 20,       /* configurations */
    FOLDER_TEXT_MAX = 16 << 20,       /* README.md, templates */
    FOLDER_TOKENIZER_MAX = 128 << 20, /* tokenizer.json, vocab.json, the index of the shards */
    FOLDER_SCRATCH_MAX = 512 << 20,   /* tensor names, until the reading ends */
    FOLDER_PATH_MAX = 1000            /* characters that the Hub takes in a path (§5) */
};

/* What stands at a path. All but FOUND_FILE are never opened. */
enum found_as {
    FOUND_FILE,
    FOUND_SPECIAL,       /* FIFO, socket, device */
    FOUND_GONE,          /* or never there */
    FOUND_SHUT,          /* its folder does not let us look at it */
    FOUND_LINK_OUT,      /* leads out of the folder */
    FOUND_LINK_LOST,     /* leads to nothing, or through another link */
    FOUND_LINK_FOLDER,   /* leads to a folder: not followed */
    FOUND_FOLDER,        /* only from folder_look */
    FOUND_FOLDER_HIDDEN, /* the rest: not looked into; the path ends in '/' */
    FOUND_FOLDER_SHUT,
    FOUND_FOLDER_DEEP,
    FOUND_KINDS
};

/* "model-00002-of-00005.safetensors": stem "model-", 2, 5. */
struct shard_name {
    size_t stem; /* bytes of the name before the number; 0 = the name is not a shard's */
    int number, total, digits;
    bool pickle; /* ends in ".bin" */
};

struct folder_rule;

struct found {
    const char *raw; /* path below the folder; in the result's arena */
    enum found_as as;
    const struct folder_rule *rule;
    struct check_file line;
    struct shard_name shard;
    const struct found *first_shard;   /* of its set; NULL when it is no shard */
    const struct safetensors *tensors; /* when it was read and is good; in the scratch arena */
};

struct
    folder_card { /* README.md's front matter; the strings are in the scratch arena, NULL = none */
    const char *license, *library_name, *pipeline_tag, *base_model;
};

struct folder {
    int root;              /* the open folder */
    struct arena *arena;   /* the result's */
    struct arena *scratch; /* gone when the reading ends */
    struct cancel *cancel;
    struct found *files; /* sorted by raw */
    size_t count, room;
    struct check_file *missing;
    size_t missing_count, missing_room;
    struct model_facts facts;
    struct folder_card card;
    struct json *config;    /* config.json when it is an object, else NULL */
    struct json *tokenizer; /* tokenizer.json, the same */
    const char *adapter_base;
    bool adapter, safe_weights, legacy_weights;
    bool no_lora; /* an adapter of another kind */
    bool failed;  /* out of memory */
    /* The file that is looked into just now: open, or its bytes, where it lies elsewhere. */
    int fd;
    const struct buf *bytes;
};

enum folder_need { /* when a row's file must be there */
    NEED_NEVER,
    NEED_ALWAYS,
    NEED_WHOLE, /* not in an adapter's folder */
    NEED_WEIGHTS,
    NEED_INDEX,
    NEED_ADAPTER,
    NEED_ADAPTER_WEIGHTS,
    NEED_TOKENIZER,
    NEED_MERGES,
    NEED_TEMPLATE,
    NEED_LICENSE
};

typedef void folder_check(struct folder *f, struct found *file);

struct folder_rule {
    const char *pattern;
    enum check_kind whole, adapter; /* the kind in a model's folder, and in an adapter's */
    folder_check *check;            /* NULL: its being there is all */
    enum folder_need need;
    const char *why; /* what it is for, or why it is left out */
};

/* ---- model_folder_open.c: below the folder, never out of it ---------------------------------------- */

/* What stands at `path`, one link at its end followed when that stays below `root`. Fills `st`, and
 * `real` (may be NULL) with the path behind the link. */
enum found_as folder_look(int root, const char *path, struct stat *st, char real[PATH_MAX]);
/* A descriptor of the regular file at `path`, and its stat; -1 with ERR_INPUT, or ERR_IO. */
int folder_open_file(int root, const char *path, struct stat *st, struct err *e);
/* A descriptor of the folder NAME in `parent`; never through a link. -1 with errno. */
int folder_open_folder(int parent, const char *name);
int64_t folder_modified_ns(const struct stat *st);
const char *found_words(enum found_as as);

/* ---- model_folder.c: the steps around the checks ---------------------------------------------------- */

/* Each file gets its row, each shard its set; and whether it is an adapter. */
void folder_apply_rules(struct folder *f);
/* Files, then what is missing, in the order of a checklist, with the facts. */
int folder_fill_list(struct folder *f, struct checklist *list, struct err *e);

/* ---- model_folder_scan.c ------------------------------------------------------------------------- */

int folder_scan(struct folder *f, struct err *e);
/* The file of that path, NULL when there is none. */
struct found *folder_find(const struct folder *f, const char *raw);
bool folder_has(const struct folder *f, const char *raw);

/* ---- model_folder_rules.c ------------------------------------------------------------------------ */

extern const struct folder_rule folder_rules[];
extern const size_t folder_rule_count;
const struct folder_rule *folder_rule_of(const char *raw);

/* ---- model_folder_line.c: what a check has to say ------------------------------------------------ */

/* Adds words to the file's result and raises its state to `state` if that is worse. */
void folder_note(struct folder *f, struct found *file, enum check_state state, const char *format,
    ...) __attribute__((format(printf, 4, 5)));
/* A blocker in what is needed to serve the model, else a warning (§8.2, last paragraph). */
void folder_flaw(struct folder *f, struct found *file, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The file cannot go as it is, whatever it is for: a blocker unless it is left out anyway. */
void folder_stop(struct folder *f, struct found *file, const char *words);
/* A line for a file that is not there. */
void folder_miss(struct folder *f, const char *path, enum check_kind kind, const char *why);
struct text folder_text(struct folder *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A name, cleaned but whole. */
struct text folder_clean(struct folder *f, const char *s);
/* Whether the model cannot be served without files of the kind. */
bool folder_serves(enum check_kind kind);
/* Appends exactly `size` bytes from the file's beginning; 0, or -1 when they cannot be had. */
int folder_read_whole(int fd, size_t size, struct buf *out);
/* The open file's bytes; false when it was noted why not. */
bool folder_bytes(struct folder *f, struct found *file, size_t max, struct buf *out);
/* The open file's JSON, the caller's; NULL when it was noted why not. */
struct json *folder_json(struct folder *f, struct found *file, size_t max);
/* As folder_json, but only an object will do. */
struct json *folder_object(struct folder *f, struct found *file, size_t max);

/* ---- model_folder_file.c, model_folder_secret.c ---------------------------------------------------- */

/* Everything about one file: what it is, what its row says, what its content says. */
void folder_check_file(struct folder *f, struct found *file);
/* Its row's kind, but for what others make superfluous. */
enum check_kind folder_kind_of(const struct folder *f, const struct found *file);
/* Looks for keys in the open file, if it is a small text. */
void folder_search_keys(struct folder *f, struct found *file);

/* ---- the checks, and what they share -------------------------------------------------------------- */

folder_check folder_check_config, folder_check_generation, folder_check_json, folder_check_object;
folder_check folder_check_adapter, folder_check_adapter_weights;
folder_check folder_check_weights, folder_check_shard, folder_check_any_weights;
folder_check folder_check_pickle, folder_check_pickle_index, folder_check_gguf;
folder_check folder_check_half_written;
folder_check folder_check_index;
folder_check folder_check_tokenizer, folder_check_vocab, folder_check_tokenizer_config;
folder_check folder_check_not_empty;
folder_check folder_check_added_tokens, folder_check_special_tokens;
folder_check folder_check_template, folder_check_template_json;
folder_check folder_check_card, folder_check_gitattributes;

/* The first of the keys that is there, in text_config (or llm_config) or outside (§10.3); NULL when
 * none is. */
const struct json *folder_config_get(const struct json *config, const char *const *keys);
/* The sizes in config.json, into the facts. */
void folder_config_numbers(struct folder *f, struct found *file);
/* auto_map: says that the model needs its own code, and what of it lacks. */
void folder_check_code(struct folder *f, struct found *file, const struct json *map);
/* The word of a token that is a string, or an object with its content; NULL when it is neither or empty. */
const char *folder_token_word(const struct json *j);
/* Warns when the token `key` names is unknown to tokenizer.json. */
void folder_check_token(
    struct folder *f, struct found *file, const struct json *object, const char *key);
/* Whether it is one of the older forms of a tokenizer, beside a tokenizer.json. */
bool folder_is_spare_tokenizer(const struct folder *f, const char *raw);
/* What is wrong with a chat template, NULL when nothing is. */
const char *folder_template_flaw(const char *s, size_t n);
/* Reads the subset of YAML that is understood; false when there is no front matter. `doubt` gets what
 * surely is no YAML, else stays. */
bool folder_card_read(
    const char *s, size_t n, struct arena *a, struct folder_card *out, struct buf *doubt);
/* Whether it can be the name of a model on the Hub (§1.4). */
bool folder_is_repo_name(const char *s);

/* Names the shards' sets, and sees what weights there are. */
void folder_shards_find(struct folder *f);
bool shard_name_read(const char *raw, struct shard_name *out);
/* Of safetensors. */
bool folder_is_shard(const struct found *file);
bool folder_has_shards(const struct folder *f);
void folder_check_shard_number(struct folder *f, struct found *file);
/* Whether it is a pickle, or an index of them, that need not be sent. */
bool folder_is_spare_pickle(const struct folder *f, const struct found *file);
/* Why a file is left out by default. */
const char *folder_why_out(const struct folder *f, const struct found *file);
void folder_weights_facts(struct folder *f);
void folder_missing(struct folder *f);

/* All that is wrong with an adapter's config when it names no base model. */
extern const char folder_no_base[];

#endif
