/* The layers, lowest first, into one array of what was said and where; then every setting is
 * checked and put in its place (config_store.c).
 *
 * The other clients' files come last although they rank lowest, since they are read only when the
 * key is still missing. */
#include "app/config.h"
#include "app/config_internal.h"

#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_MAX = 1024 * 1024, PATH_TEXT_MAX = 4096 };

/* ---- the environment ------------------------------------------------------------------------- */

static const char *process_get(void *arg, const char *name)
{
    (void)arg;
    const char *value = getenv(name);
    if (value || strcmp(name, "HOME") != 0)
        return value;
    const struct passwd *user = getpwuid(geteuid());
    return user ? user->pw_dir : NULL;
}

const struct config_environment *config_environment_process(void)
{
    static const struct config_environment process = {process_get, NULL};
    return &process;
}

/* NULL when it is not set, or empty. */
static const char *get(const struct config_loading *l, const char *name)
{
    const char *value = l->environment->get(l->environment->arg, name);
    return value && *value ? value : NULL;
}

const char *config_folder(const struct config_loading *l, const char *name)
{
    const char *value = get(l, name);
    return value && value[0] == '/' ? value : NULL;
}

/* ---- paths ----------------------------------------------------------------------------------- */

int config_no_memory(struct err *e)
{
    return err_set(e, ERR_IO, 0, "no memory for the configuration");
}

char *config_print(struct config_loading *l, const char *format, ...)
{
    struct buf b;
    va_list args;
    buf_init(&b, PATH_TEXT_MAX);
    va_start(args, format);
    char *made =
        buf_vprintf(&b, format, args) ? NULL : arena_strdup(l->profile->arena, buf_str(&b));
    va_end(args);
    buf_release(&b);
    return made;
}

/* $VARIABLE/REST, or $HOME/FALLBACK/REST where that is not set. */
static const char *path_below(struct config_loading *l, const char *variable, const char *fallback,
    const char *rest, struct err *e)
{
    const char *folder = config_folder(l, variable), *home = config_folder(l, "HOME");
    if (!folder && !home) {
        err_set(e, ERR_INPUT, 0, "neither HOME nor %s is set", variable);
        return NULL;
    }
    const char *made = folder ? config_print(l, "%s/%s", folder, rest)
                              : config_print(l, "%s/%s/%s", home, fallback, rest);
    if (!made)
        config_no_memory(e);
    return made;
}

static int set_paths(struct config_loading *l, struct err *e)
{
    struct profile *p = l->profile;
    char rest[PROFILE_NAME_MAX + 16];
    snprintf(rest, sizeof rest, "slipway/%s", p->name);
    p->state_folder = path_below(l, "XDG_STATE_HOME", ".local/state", rest, e);
    if (!p->state_folder)
        return -1;
    p->state_file = config_print(l, "%s/state.db", p->state_folder);
    p->log_file = config_print(l, "%s/slipway.log", p->state_folder);
    return p->state_file && p->log_file ? 0 : config_no_memory(e);
}

/* ---- which profile --------------------------------------------------------------------------- */

static int list_known(struct config_loading *l, struct err *e)
{
    struct profile *p = l->profile;
    size_t n = l->file.profile_count;
    const char **names = arena_array(p->arena, n, sizeof *names);
    for (size_t i = 0; names && i < n; i++)
        if (!(names[i] = arena_strdup(p->arena, l->file.profiles[i].name)))
            return config_no_memory(e);
    p->known = names;
    p->known_count = n;
    return names ? 0 : config_no_memory(e);
}

static int choose_hint(const struct profile *p, struct err *e)
{
    struct buf names;
    buf_init(&names, ERR_HINT_MAX);
    for (size_t i = 0; i < p->known_count; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", p->known[i]);
    err_hint(e, "config.ini has: %s%s", p->known_count ? buf_str(&names) : "no profile",
        names.full ? " …" : "");
    buf_release(&names);
    return -1;
}

/* *section is NULL for the built-in profile that has no section. */
static int choose(struct config_loading *l, const struct config_section **section, struct err *e)
{
    struct profile *p = l->profile;
    const char *asked = l->flags->profile;
    const char *name = asked ? asked : "default";
    *section = config_file_profile(&l->file, name);
    if (!*section && !asked && l->file.profile_count == 1)
        *section = &l->file.profiles[0];
    if (!*section && !asked && l->file.profile_count > 1) {
        err_set(e, ERR_INPUT, 0, "config.ini has several profiles and none is named default");
        choose_hint(p, e);
        return -1;
    }
    if (!*section && (strcmp(name, "default") != 0 || l->file.profile_count > 0)) {
        err_set(e, ERR_INPUT, 0, "there is no profile '%s'", name);
        return choose_hint(p, e);
    }
    snprintf(p->name, sizeof p->name, "%s", *section ? (*section)->name : name);
    return 0;
}

/* ---- layers ---------------------------------------------------------------------------------- */

static void say(
    struct config_loading *l, enum setting setting, const char *value, const char *origin)
{
    l->said[setting] = (struct config_said){value, origin};
}

static int say_built_in(struct config_loading *l, struct err *e)
{
    for (enum setting s = 0; s < SETTINGS; s++)
        say(l, s, NULL, "not set");
    say(l, SETTING_RUNPOD_API_BASE, "https://api.runpod.io", "built-in");
    say(l, SETTING_RUNPOD_ENDPOINT_BASE, "https://api.runpod.ai/v2", "built-in");
    say(l, SETTING_HUB_ENDPOINT, "https://huggingface.co", "built-in");
    const char *url = config_print(l, "sqlite:%s/registry.db", l->profile->state_folder);
    say(l, SETTING_DATABASE_URL, url, "built-in");
    return url ? 0 : config_no_memory(e);
}

static int say_lines(
    struct config_loading *l, const struct config_line lines[SETTINGS], struct err *e)
{
    for (enum setting s = 0; s < SETTINGS; s++) {
        if (!lines[s].value || !*lines[s].value)
            continue; /* "hf_token =" says nothing, like an empty variable */
        const char *origin = config_print(l, "config.ini line %d", lines[s].line);
        if (!origin)
            return config_no_memory(e);
        say(l, s, lines[s].value, origin);
    }
    return 0;
}

/* Of two for the same setting the later one wins. */
static void say_environment(struct config_loading *l)
{
    static const struct {
        const char *name;
        enum setting setting;
    } variables[] = {
        {"RUNPOD_API_KEY", SETTING_RUNPOD_KEY},
        {"RUNPOD_API_BASE_URL", SETTING_RUNPOD_API_BASE},
        {"RUNPOD_ENDPOINT_BASE_URL", SETTING_RUNPOD_ENDPOINT_BASE},
        {"HUGGING_FACE_HUB_TOKEN", SETTING_HUB_TOKEN},
        {"HF_TOKEN", SETTING_HUB_TOKEN},
        {"HF_ENDPOINT", SETTING_HUB_ENDPOINT},
        {"SLIPWAY_DATABASE_URL", SETTING_DATABASE_URL},
    };
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = get(l, variables[i].name);
        if (value)
            say(l, variables[i].setting, value, variables[i].name);
    }
    if (get(l, "NO_COLOR")) /* whatever its value */
        say(l, SETTING_NO_COLOR, "yes", "NO_COLOR");
}

static void say_flags(struct config_loading *l)
{
    if (l->flags->theme)
        say(l, SETTING_THEME, l->flags->theme, "--theme");
    if (l->flags->read_only)
        say(l, SETTING_READ_ONLY, "yes", "--read-only");
    if (l->flags->ascii)
        say(l, SETTING_ASCII, "yes", "--ascii");
    if (l->flags->no_color)
        say(l, SETTING_NO_COLOR, "yes", "--no-color");
}

static int say_runpod_file(struct config_loading *l, struct err *e)
{
    static const char shown[] = "~/.runpod/config.toml";
    const char *home = config_folder(l, "HOME");
    if (l->said[SETTING_RUNPOD_KEY].value || !home)
        return 0;
    const char *path = config_print(l, "%s/.runpod/config.toml", home);
    if (!path)
        return config_no_memory(e);
    if (config_runpod_key(path, shown, &l->runpod_key, e))
        return -1;
    if (l->runpod_key.len > 0)
        say(l, SETTING_RUNPOD_KEY, buf_str(&l->runpod_key), shown);
    return 0;
}

/* $HF_TOKEN_PATH, else $HF_HOME/token (spec/huggingface.md §1.2). */
static const char *hub_token_path(struct config_loading *l)
{
    const char *path = get(l, "HF_TOKEN_PATH"), *home = get(l, "HF_HOME");
    if (path || home)
        return path ? config_print(l, "%s", path) : config_print(l, "%s/token", home);
    return path_below(l, "XDG_CACHE_HOME", ".cache", "huggingface/token", NULL);
}

static int say_hub_file(struct config_loading *l, struct err *e)
{
    if (l->said[SETTING_HUB_TOKEN].value)
        return 0;
    const char *path = hub_token_path(l);
    if (path && config_hub_token(path, path, &l->hub_token, e))
        return -1;
    const char *token = buf_str(&l->hub_token);
    if (path && token[strspn(token, " \t\r\n")])
        say(l, SETTING_HUB_TOKEN, token, path);
    return 0;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int read_file(struct config_loading *l, struct err *e)
{
    struct profile *p = l->profile;
    p->config_file = path_below(l, "XDG_CONFIG_HOME", ".config", "slipway/config.ini", e);
    if (!p->config_file || config_file_read(&l->file, p->config_file, p->arena, e))
        return -1;
    return list_known(l, e);
}

static int say_all(struct config_loading *l, const struct config_section *section, struct err *e)
{
    if (say_built_in(l, e) || say_lines(l, l->file.ui, e) ||
        (section && say_lines(l, section->said, e)))
        return -1;
    say_environment(l);
    say_flags(l);
    return say_runpod_file(l, e) || say_hub_file(l, e) ? -1 : 0;
}

static int load(struct config_loading *l, struct err *e)
{
    const struct config_section *section;
    if (read_file(l, e) || choose(l, &section, e) || set_paths(l, e))
        return -1;
    return say_all(l, section, e) || config_store(l, e) || config_store_keys(l, e) ? -1 : 0;
}

int config_load(struct profile *out, const struct config_flags *flags,
    const struct config_environment *environment, struct err *e)
{
    *out = (struct profile){.budget = NAN, .arena = arena_new(ARENA_MAX)};
    struct config_loading *l = calloc(1, sizeof *l); /* too large for a stack */
    int result = -1;
    if (l && out->arena) {
        *l = (struct config_loading){.profile = out, .flags = flags, .environment = environment};
        buf_init(&l->runpod_key, CONFIG_FILE_MAX);
        buf_init(&l->hub_token, CONFIG_FILE_MAX);
        result = load(l, e);
        buf_release_secret(&l->runpod_key);
        buf_release_secret(&l->hub_token);
        config_file_release(&l->file);
    } else {
        config_no_memory(e);
    }
    free(l);
    if (result)
        profile_release(out);
    return result;
}

void profile_release(struct profile *p)
{
    if (p->database_url)
        secret_wipe((void *)p->database_url, strlen(p->database_url));
    arena_free(p->arena);
    *p = (struct profile){0};
}

struct db_options profile_database(const struct profile *p)
{
    return (struct db_options){.url = p->database_url,
        .ca_file = p->database_ca,
        .user_id = p->user_id,
        .read_only = p->read_only};
}
