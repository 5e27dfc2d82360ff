/* config_internal: what the files of the configuration share; for config*.c alone.
 *
 *   config.c        the layers, lowest first
 *   config_store.c  from what they say to the profile
 *   config_file.c   config.ini as it is written
 *   config_other.c  the other clients' files that hold a key
 *   config_value.c  what a value may be; config_url.c addresses
 *
 * Values may be secrets until they are registered: they are kept in buffers that are wiped, and no
 * message quotes one that could be. */
#ifndef SLIPWAY_APP_CONFIG_INTERNAL_H
#define SLIPWAY_APP_CONFIG_INTERNAL_H

#include "app/config.h"

enum { CONFIG_PROFILES_MAX = 64, CONFIG_KEYS_MAX = 128, CONFIG_FILE_MAX = 64 * 1024 };

/* ---- config.ini ------------------------------------------------------------------------------ */

struct config_line {
    const char *value; /* NULL = not given */
    int line;
};

struct config_section {
    char name[PROFILE_NAME_MAX];
    struct config_line said[SETTINGS];
};

struct config_file {
    struct config_section profiles[CONFIG_PROFILES_MAX]; /* in the order of the file */
    size_t profile_count;
    struct config_line ui[SETTINGS];
    struct profile_key keys[CONFIG_KEYS_MAX]; /* their texts lie in the arena given */
    size_t key_count;
    struct buf values; /* where the others lie */
};

/* Reads the file where there is one. The caller releases it in any case. */
int config_file_read(
    struct config_file *file, const char *path, struct arena *arena, struct err *e);
void config_file_release(struct config_file *file);
const struct config_section *config_file_profile(const struct config_file *file, const char *name);

/* Whether it can be a profile's name: 1..40 letters, digits, '-', '_' and '.', not first a '.'. */
bool config_is_name(const char *name);

/* ---- other clients' files -------------------------------------------------------------------- */

/* Appends the key that such a file holds; nothing when there is no such file or no key in it.
 * `shown` is its path for messages. */
int config_runpod_key(const char *path, const char *shown, struct buf *out, struct err *e);
int config_hub_token(const char *path, const char *shown, struct buf *out, struct err *e);

/* ---- loading --------------------------------------------------------------------------------- */

struct config_said {
    const char *value;  /* NULL = nothing; perhaps a secret */
    const char *origin; /* in the profile's arena, or static */
};

struct config_loading {
    struct profile *profile;
    const struct config_flags *flags;
    const struct config_environment *environment;
    struct config_file file;
    struct buf runpod_key, hub_token; /* from the other clients' files */
    struct config_said said[SETTINGS];
};

/* A text in the profile's arena. NULL when it is too long or memory is out. */
char *config_print(struct config_loading *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* An environment variable that names a folder. NULL when it is not set, or not absolute: such a one
 * does not count (XDG Base Directory Specification). */
const char *config_folder(const struct config_loading *l, const char *name);
int config_no_memory(struct err *e); /* -1 */

/* Checks what was said and fills the profile. */
int config_store(struct config_loading *l, struct err *e);
int config_store_keys(struct config_loading *l, struct err *e);

/* ---- values ---------------------------------------------------------------------------------- */

/* Each -1 with ERR_INPUT saying what the value should be. */
int config_flag(const char *value, bool *out, struct err *e);    /* yes, no, true, false, on … */
int config_money(const char *value, double *out, struct err *e); /* "25", "$25.50" */
int config_uuid(const char *value, struct err *e);
int config_color(const char *value, struct err *e); /* one short word */
/* An absolute http(s) URL without user, query or fragment; plain http to loopback only. */
int config_base_url(const char *value, struct err *e);
/* Of a kind that db_open takes. Registers the passwords in it as secrets. */
int config_database_url(const char *value, struct err *e);

/* The name of the table that is nearest to a word, NULL when none is near. The names end with
 * NULL. */
const char *config_nearest(const char *word, const char *const names[]);

#endif
