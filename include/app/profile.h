/* profile: everything that was set for this run, already decided: which keys, which services,
 * where to keep things, and for each of them where it was said (for `slipway doctor`). Made by
 * config_load (app/config.h), read by everybody, changed by nobody.
 *
 * Secrets are registered (base/secret.h) and borrowed here; so is the password inside a database
 * address, which makes the address itself safe to show once it has been through the redactor.
 *
 * Ownership: the caller's struct; what it points to lies in its arena. Thread: any, once loaded. */
#ifndef SLIPWAY_APP_PROFILE_H
#define SLIPWAY_APP_PROFILE_H

#include "base/arena.h"
#include "base/secret.h"
#include "client/db.h"

#include <stdbool.h>
#include <stddef.h>

enum { PROFILE_NAME_MAX = 41, PROFILE_ORIGIN_MAX = 128 };

/* X(name, key, section): what can be set. A PROFILE is a key of [profile NAME], a UI of [ui]. */
#define PROFILE_SETTINGS(X)                                                                        \
    X(RUNPOD_KEY, "runpod_api_key", PROFILE)                                                       \
    X(HUB_TOKEN, "hf_token", PROFILE)                                                              \
    X(DATABASE_URL, "database_url", PROFILE)                                                       \
    X(DATABASE_CA, "database_ca", PROFILE)                                                         \
    X(USER_ID, "user_id", PROFILE)                                                                 \
    X(BUDGET, "budget", PROFILE)                                                                   \
    X(COLOR, "color", PROFILE)                                                                     \
    X(PRODUCTION, "production", PROFILE)                                                           \
    X(READ_ONLY, "read_only", PROFILE)                                                             \
    X(RUNPOD_API_BASE, "runpod_api_base_url", PROFILE)                                             \
    X(RUNPOD_ENDPOINT_BASE, "runpod_endpoint_base_url", PROFILE)                                   \
    X(HUB_ENDPOINT, "hf_endpoint", PROFILE)                                                        \
    X(THEME, "theme", UI)                                                                          \
    X(ASCII, "ascii", UI)                                                                          \
    X(NO_COLOR, "no_color", UI)

enum setting {
#define X(name, key, section) SETTING_##name,
    PROFILE_SETTINGS(X)
#undef X
        SETTINGS
};

/* A line of [keys], as it was written: "upload" = "U". */
struct profile_key {
    const char *action, *keys;
    int line; /* of config.ini, for complaints */
};

struct profile {
    char name[PROFILE_NAME_MAX];
    const struct secret *runpod_key, *hub_token; /* NULL = none */
    const char *runpod_api_base;                 /* "https://api.runpod.io"; no '/' at the end */
    const char *runpod_endpoint_base;            /* "https://api.runpod.ai/v2" */
    const char *hub_endpoint;                    /* "https://huggingface.co" */
    const char *database_url; /* never NULL: the default is a file in the state folder */
    const char *database_ca;  /* NULL = libpq's default */
    const char *user_id;      /* a UUID; NULL = none */
    double budget;            /* $ a month; NAN = none */
    const char *color;        /* of the name in the status line; NULL = the theme's */
    bool production, read_only;

    const char *theme; /* a built-in's name or a file's path; NULL = to be chosen */
    bool ascii, no_color;
    const struct profile_key *keys;
    size_t key_count;

    const char *state_folder; /* $XDG_STATE_HOME/slipway/NAME; not made yet */
    const char *state_file;   /* in it: client/state.h */
    const char *log_file;     /* in it: base/log.h */
    const char *config_file;  /* the path, whether it is there or not */

    const char
        *origin[SETTINGS];    /* "RUNPOD_API_KEY", "config.ini line 12", "built-in", "not set" */
    const char *const *known; /* names of the profiles in the file, in its order */
    size_t known_count;

    struct arena *arena; /* owned */
};

/* Wipes what may hold a secret and frees all; the registered secrets stay. An empty one is fine. */
void profile_release(struct profile *p);

/* For db_open and registry_watch; borrows from the profile. */
struct db_options profile_database(const struct profile *p);

/* "runpod_api_key", … as in the file. Static. */
const char *setting_name(enum setting setting);

#endif
