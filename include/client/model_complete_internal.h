/* What the files of model_complete share; for src/client/model_complete*.c and model_card_write*.c only.
 *
 * A completion works on a copy of the list and its facts, and puts them in place of the caller's when all has
 * gone well. It goes in four steps, since each looks at what those before it brought:
 *   repository  lines for what the repository has already          (model_complete.c)
 *   base        files of the base model                            (model_complete_base.c, _source.c)
 *   card        README.md, written or offered to be mended         (model_complete_card.c, model_card_write*.c)
 *   attributes  .gitattributes                                     (model_complete_attributes.c)
 * Functions that return an int give -1 for what ends the completion (`error` says why: staging, memory,
 * cancelled). What is merely not to be had is noted. */
#ifndef SLIPWAY_CLIENT_MODEL_COMPLETE_INTERNAL_H
#define SLIPWAY_CLIENT_MODEL_COMPLETE_INTERNAL_H

#include "client/model_complete.h"
#include "client/model_folder_internal.h"

enum {
    COMPLETE_TOKENIZER_MAX = 64 << 20,
    COMPLETE_SMALL_MAX = 16 << 20,
    COMPLETE_ADDED_MAX = 16, /* files that are added at most */
    COMPLETE_NOTES_MAX = 64
};

struct base_model {
    const char *id;    /* OWNER/NAME, checked; NULL = unknown */
    const char *wrong; /* what was given and is no id; NULL = nothing was */
    struct hub_cache cache;
    struct text uncached; /* why the cache is not used; empty = it is, or there is none */
    struct hub_info info; /* what the Hub says, when `answered` */
    bool asked, answered;
    struct text unanswered;
};

struct complete {
    const struct complete_options *options;
    const char *folder; /* the model's, absolute */
    struct check_file *files;
    size_t count;
    struct model_facts facts;
    struct base_model base;
    struct json *
        tokenizer; /* tokenizer.json, the folder's or the one that was taken; NULL = none, or not read */
    bool tokenizer_read;
    struct arena *arena;   /* the result's */
    struct arena *scratch; /* gone when the completion ends */
    struct complete_report *out;
    size_t diff_room;
    struct cancel *cancel;
    struct err *error;
    bool failed; /* out of memory */
};

/* ---- model_complete.c: the list --------------------------------------------------------------- */

/* The line of a path, NULL when there is none. */
struct check_file *complete_line(const struct complete *c, const char *path);
/* The line of a file that lies in the folder; NULL when it does not. */
struct check_file *complete_own(const struct complete *c, const char *path);
/* What the repository holds at that path; NULL when nothing. */
const struct hub_file *complete_there(const struct complete *c, const char *path);
/* Whether the folder or the repository has it, or it was added. */
bool complete_has(const struct complete *c, const char *path);
/* Takes the line of a path out of the list. */
void complete_drop(struct complete *c, const char *path);
/* Adds words to a line's result. */
void complete_say(struct complete *c, struct check_file *line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Tells what was not added, and why. */
void complete_note(struct complete *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct text complete_text(struct complete *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Reads a file of the folder into an empty buffer; -1 when it cannot be read or does not fit. */
int complete_read_own(const struct complete *c, const struct check_file *line, struct buf *out);

/* ---- model_complete_stage.c: adding ----------------------------------------------------------- */

/* Writes a file of that name to the staging folder, and points the line to it. */
int complete_stage(struct complete *c, struct check_file *line, const struct buf *bytes);
/* As the folder's own file of that name would be looked into: its state, more words, and what it says of the
 * model. `fd` is the file's. The line has to have its size. */
void complete_check(struct complete *c, struct check_file *line, int fd);
/* Puts the line in the place of that of the missing file, or behind the others. */
int complete_put(struct complete *c, const struct check_file *line);
/* A line for a file that is to be added. */
struct check_file complete_new_line(
    struct complete *c, const char *name, enum check_origin origin, int64_t size);

/* ---- model_complete_source.c: where the base model's files come from ----------------------------- */

void base_find(struct complete *c);
void base_release(struct complete *c);

enum base_got {
    BASE_GOT,
    BASE_SIZED,   /* only its size is known: it lies on the Hub and nothing is to be staged */
    BASE_LACKS,   /* there is none, or nobody can tell */
    BASE_REFUSED, /* there is one, but it cannot be taken: noted */
    BASE_FAILED   /* `error` says why */
};
struct base_file {
    struct buf bytes; /* the caller releases it */
    int64_t size;
    int fd; /* of the file in the cache, the caller's; -1 = none */
    char commit[41];
};
/* `fetch`: also when nothing is staged. `note`: whether a refusal is worth a word. */
enum base_got base_get(
    struct complete *c, const char *name, bool fetch, bool note, struct base_file *out);
void base_file_release(struct base_file *f);
/* Whether the base model has it, as far as that is known without asking anybody. */
bool base_seems_to_have(const struct complete *c, const char *name);
/* "acme/base has none", "not in the cache": in the arena of the result. */
const char *base_lack_words(struct complete *c);

/* ---- the steps -------------------------------------------------------------------------------- */

int complete_from_base(struct complete *c);
int complete_card(struct complete *c);
int complete_attributes(struct complete *c);

/* ---- model_card_write.c: a model card --------------------------------------------------------- */

enum { CARD_VALUES_MAX = 32 };

struct card_row { /* a key of the front matter; no values = unknown */
    const char *key;
    bool list;
    const char *values[CARD_VALUES_MAX]; /* raw; quoted when written */
    size_t count;
};

/* In the order they are written. */
enum card_key {
    CARD_LICENSE,
    CARD_LICENSE_NAME,
    CARD_LICENSE_LINK,
    CARD_LANGUAGE,
    CARD_LIBRARY,
    CARD_TASK,
    CARD_BASE,
    CARD_RELATION,
    CARD_DATASETS,
    CARD_TAGS,
    CARD_KEYS
};

struct card {
    struct card_row rows[CARD_KEYS];
    const char *title;
    const char *repo;  /* OWNER/NAME where it will lie; NULL = unknown */
    const char *base;  /* NULL = unknown */
    const char *added; /* "a.json, b.json": from the base model; NULL = none */
    const struct job *job;
    bool adapter, custom_code, generates;
};

/* Appends the front matter with both fences, or the lines of one key. -1 when `out` is full. */
int card_write_front(const struct card *card, const char *eol, struct buf *out);
int card_write_row(const struct card_row *row, const char *eol, struct buf *out);
int card_write_body(const struct card *card, struct buf *out);

/* ---- model_complete_card.c, model_complete_offer.c ------------------------------------------------- */

/* The folder's own README.md against the one that would be written. */
int complete_offer(struct complete *c, struct card *card, struct check_file *line);
/* Licence and language, from the base model's card. */
int complete_base_card(struct complete *c, struct card *card);
/* A licence that the card names is missed no more. */
void complete_settle_license(struct complete *c, const struct card_row *license);

/* ---- model_card_write_mend.c: front matter as lines ------------------------------------------- */

struct front { /* offsets into the card */
    const char *s;
    size_t n;
    size_t begin, end; /* of the lines between the fences */
    const char *eol;   /* how its lines end */
};
/* False when there is none, or it is not made of "key: value" at the left edge. */
bool front_find(const char *s, size_t n, struct front *out);
/* The values of a key, cleaned, in the arena: a scalar is one. 0 also when they are not understood. */
size_t front_values(
    const struct front *f, const char *key, struct arena *a, const char **out, size_t max);
enum front_key { FRONT_ABSENT, FRONT_EMPTY, FRONT_GIVEN };
/* Whether the key is there and has a value. `begin` and `end` (may be NULL) get its first line. */
enum front_key front_look(const struct front *f, const char *key, size_t *begin, size_t *end);
/* The card with these rows put in: over an empty key's line, else before the closing fence. */
int front_mend(
    const struct front *f, const struct card_row *const *rows, size_t count, struct buf *out);

#endif
