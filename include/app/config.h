/* config: from files, environment and flags to a struct profile (design §7).
 *
 * Each layer overrules the one before:
 *   built-in
 *   other clients' files     ~/.runpod/config.toml, the Hub's token file (only for the two keys)
 *   config.ini               $XDG_CONFIG_HOME/slipway/config.ini, mode 0600 or refused
 *   environment              RUNPOD_API_KEY, HF_TOKEN, SLIPWAY_DATABASE_URL … ; empty counts as unset
 *   flags
 * Nothing has to be set: without a file and without keys there is a profile named "default".
 *
 * config.ini: [profile NAME] sections, [ui], [keys]. Profile: the one asked for, else "default",
 * else the only one there is; with several and no "default" one must be chosen. The whole file is
 * read strictly, also the profiles that are not used: a key that is not known is an error that
 * says what it may have meant. Values are checked in the profile that is used. A value may stand
 * in double quotes.
 *
 * All failures are ERR_INPUT with the place in the sentence ("config.ini line 7: …"), or ERR_IO
 * for a file that cannot be read. Thread: main, at the start. */
#ifndef SLIPWAY_APP_CONFIG_H
#define SLIPWAY_APP_CONFIG_H

#include "app/profile.h"
#include "base/buf.h"
#include "base/err.h"

/* Where the environment is read; tests give their own. get answers NULL for what is not set. */
struct config_environment {
    const char *(*get)(void *arg, const char *name);
    void *arg;
};
const struct config_environment *config_environment_process(void); /* the process's own; static */

/* What the command line says. No secret ever comes this way (design rule 2). */
struct config_flags {
    const char *profile; /* --profile; NULL = not given */
    const char *theme;   /* --theme; NULL = not given */
    bool read_only, ascii, no_color;
};

/* Fills `out`, which profile_release frees. On failure it is empty. */
int config_load(struct profile *out, const struct config_flags *flags,
    const struct config_environment *environment, struct err *e);

/* Appends a config.ini with every key, explained and commented out. -1 when the buffer is full. */
int config_starter(struct buf *out);

#endif
