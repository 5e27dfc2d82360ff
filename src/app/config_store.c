/* From what was said to the profile: a table says for every setting which function checks it and
 * where it goes. A complaint about a value names the place that the value came from. */
#include "app/config_internal.h"

#include <string.h>

/* A setting's place in the profile and the function that fills it. `value` is never NULL. */
typedef int store_fn(
    struct config_loading *l, enum setting setting, const char *value, void *field, struct err *e);

static int store_text(
    struct config_loading *l, enum setting setting, const char *value, void *field, struct err *e)
{
    const char **text = field;
    (void)setting;
    *text = arena_strdup(l->profile->arena, value);
    return *text ? 0 : config_no_memory(e);
}

static int store_path(
    struct config_loading *l, enum setting setting, const char *value, void *field, struct err *e)
{
    const char **text = field, *home = config_folder(l, "HOME");
    if (strncmp(value, "~/", 2) != 0 || !home)
        return store_text(l, setting, value, field, e);
    *text = config_print(l, "%s%s", home, value + 1);
    return *text ? 0 : config_no_memory(e);
}

static int store_secret(
    struct config_loading *l, enum setting setting, const char *value, void *field, struct err *e)
{
    const struct secret **secret = field;
    (void)l;
    *secret = secret_register(setting_name(setting), value, e);
    return *secret ? 0 : -1;
}

static int store_base(
    struct config_loading *l, enum setting setting, const char *value, void *field, struct err *e)
{
    char **text = field;
    if (config_base_url(value, e) || store_text(l, setting, value, field, e))
        return -1;
    for (size_t n = strlen(*text); (*text)[n - 1] == '/'; n--)
        (*text)[n - 1] = '\0';
    return 0;
}

static int store_database(
    struct config_loading *l, enum setting setting, const char *value, void *field, struct err *e)
{
    return config_database_url(value, e) ? -1 : store_text(l, setting, value, field, e);
}

static int store_uuid(
    struct config_loading *l, enum setting setting, const char *value, void *field, struct err *e)
{
    return config_uuid(value, e) ? -1 : store_text(l, setting, value, field, e);
}

static int store_color(
    struct config_loading *l, enum setting setting, const char *value, void *field, struct err *e)
{
    return config_color(value, e) ? -1 : store_text(l, setting, value, field, e);
}

static int store_flag(
    struct config_loading *l, enum setting setting, const char *value, void *field, struct err *e)
{
    (void)l;
    (void)setting;
    return config_flag(value, field, e);
}

static int store_money(
    struct config_loading *l, enum setting setting, const char *value, void *field, struct err *e)
{
    (void)l;
    (void)setting;
    return config_money(value, field, e);
}

static const struct {
    store_fn *store;
    size_t field;
} places[SETTINGS] = {
    [SETTING_RUNPOD_KEY] = {store_secret, offsetof(struct profile, runpod_key)},
    [SETTING_HUB_TOKEN] = {store_secret, offsetof(struct profile, hub_token)},
    [SETTING_DATABASE_URL] = {store_database, offsetof(struct profile, database_url)},
    [SETTING_DATABASE_CA] = {store_path, offsetof(struct profile, database_ca)},
    [SETTING_USER_ID] = {store_uuid, offsetof(struct profile, user_id)},
    [SETTING_BUDGET] = {store_money, offsetof(struct profile, budget)},
    [SETTING_COLOR] = {store_color, offsetof(struct profile, color)},
    [SETTING_PRODUCTION] = {store_flag, offsetof(struct profile, production)},
    [SETTING_READ_ONLY] = {store_flag, offsetof(struct profile, read_only)},
    [SETTING_RUNPOD_API_BASE] = {store_base, offsetof(struct profile, runpod_api_base)},
    [SETTING_RUNPOD_ENDPOINT_BASE] = {store_base, offsetof(struct profile, runpod_endpoint_base)},
    [SETTING_HUB_ENDPOINT] = {store_base, offsetof(struct profile, hub_endpoint)},
    [SETTING_THEME] = {store_path, offsetof(struct profile, theme)},
    [SETTING_ASCII] = {store_flag, offsetof(struct profile, ascii)},
    [SETTING_NO_COLOR] = {store_flag, offsetof(struct profile, no_color)},
};

int config_store(struct config_loading *l, struct err *e)
{
    struct profile *p = l->profile;
    for (enum setting s = 0; s < SETTINGS; s++) {
        const struct config_said *said = &l->said[s];
        p->origin[s] = said->origin;
        if (said->value && places[s].store(l, s, said->value, (char *)p + places[s].field, e)) {
            err_wrap(e, "%s: %s", said->origin, setting_name(s));
            return -1;
        }
    }
    return 0;
}

int config_store_keys(struct config_loading *l, struct err *e)
{
    struct profile *p = l->profile;
    struct profile_key *keys = arena_array(p->arena, l->file.key_count, sizeof *keys);
    if (!keys)
        return config_no_memory(e);
    memcpy(keys, l->file.keys, l->file.key_count * sizeof *keys);
    p->keys = keys;
    p->key_count = l->file.key_count;
    return 0;
}
