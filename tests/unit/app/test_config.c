/* The configuration: which layer wins, where each value came from, and what is refused in which
 * words. */
#include "app/config.h"
#include "base/file.h"
#include "temp_folder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { VARIABLES_MAX = 16 };

/* One test's world: a home, an environment, flags. */
struct world {
    void *folder;
    char variables[VARIABLES_MAX][PATH_MAX + 64]; /* "NAME=value" */
    size_t count;
    struct config_flags flags;
    struct profile profile;
    struct err e;
};

static const char *get(void *arg, const char *name)
{
    const struct world *w = arg;
    size_t n = strlen(name);
    for (size_t i = 0; i < w->count; i++)
        if (strncmp(w->variables[i], name, n) == 0 && w->variables[i][n] == '=')
            return w->variables[i] + n + 1;
    return NULL;
}

static void set(struct world *w, const char *name, const char *value)
{
    assert_true(w->count < VARIABLES_MAX);
    snprintf(w->variables[w->count++], sizeof *w->variables, "%s=%s", name, value);
}

static int make_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w || temp_folder_make(&w->folder))
        return -1;
    set(w, "HOME", w->folder);
    *state = w;
    return 0;
}

static int remove_world(void **state)
{
    struct world *w = *state;
    profile_release(&w->profile);
    int result = temp_folder_remove(&w->folder);
    free(w);
    return result;
}

/* HOME/NAME with this text. */
static void write_file(struct world *w, const char *name, const char *text)
{
    char path[PATH_MAX];
    struct err e;
    temp_folder_path(path, &w->folder, name);
    *strrchr(path, '/') = '\0';
    assert_int_equal(0, file_make_folder(path, &e));
    temp_folder_path(path, &w->folder, name);
    assert_int_equal(0, file_write(path, text, strlen(text), &e));
}

static void write_config(struct world *w, const char *text)
{
    write_file(w, ".config/slipway/config.ini", text);
}

static int try_load(struct world *w)
{
    const struct config_environment environment = {get, w};
    profile_release(&w->profile);
    return config_load(&w->profile, &w->flags, &environment, &w->e);
}

static const struct profile *load(struct world *w)
{
    if (try_load(w))
        fail_msg("config_load: %s", w->e.message);
    return &w->profile;
}

/* It fails, with these words in the sentence or the hint. */
static void refused(struct world *w, const char *words)
{
    assert_int_equal(-1, try_load(w));
    assert_int_equal(ERR_INPUT, w->e.class);
    if (!strstr(w->e.message, words) && !strstr(w->e.hint, words))
        fail_msg("not \"%s\" in \"%s\" (%s)", words, w->e.message, w->e.hint);
}

/* ---- layers ---------------------------------------------------------------------------------- */

static void nothing_has_to_be_set(void **state)
{
    struct world *w = *state;
    char expected[PATH_MAX + 64];
    const struct profile *p = load(w);
    assert_string_equal("default", p->name);
    assert_null(p->runpod_key);
    assert_null(p->hub_token);
    assert_string_equal("https://api.runpod.io", p->runpod_api_base);
    assert_string_equal("https://api.runpod.ai/v2", p->runpod_endpoint_base);
    assert_string_equal("https://huggingface.co", p->hub_endpoint);
    assert_true(isnan(p->budget));
    assert_false(p->read_only || p->production || p->ascii || p->no_color);
    snprintf(expected, sizeof expected, "%s/.local/state/slipway/default", (char *)w->folder);
    assert_string_equal(expected, p->state_folder);
    snprintf(expected, sizeof expected, "sqlite:%s/.local/state/slipway/default/registry.db",
        (char *)w->folder);
    assert_string_equal(expected, p->database_url);
    assert_string_equal("built-in", p->origin[SETTING_DATABASE_URL]);
    assert_string_equal("not set", p->origin[SETTING_RUNPOD_KEY]);
    for (enum setting s = 0; s < SETTINGS; s++)
        assert_non_null(p->origin[s]);
    assert_false(file_exists(p->state_folder)); /* looking around makes nothing */
}

static void each_layer_overrules_the_one_below(void **state)
{
    struct world *w = *state;
    write_file(w, ".runpod/config.toml", "apikey = \"rpa_from_toml\"\n");
    write_file(w, ".cache/huggingface/token", "hf_from_token_file\n");
    const struct profile *p = load(w);
    assert_string_equal("rpa_from_toml", secret_value(p->runpod_key));
    assert_string_equal("~/.runpod/config.toml", p->origin[SETTING_RUNPOD_KEY]);
    assert_string_equal("hf_from_token_file", secret_value(p->hub_token));
    write_config(w, "[profile default]\nrunpod_api_key = rpa_from_ini\nhf_token=hf_from_ini\n"
                    "hf_endpoint = https://hub.example/\n[ui]\ntheme = dark\n");
    p = load(w);
    assert_string_equal("rpa_from_ini", secret_value(p->runpod_key));
    assert_string_equal("config.ini line 2", p->origin[SETTING_RUNPOD_KEY]);
    assert_string_equal("config.ini line 3", p->origin[SETTING_HUB_TOKEN]);
    assert_string_equal("https://hub.example", p->hub_endpoint); /* without the '/' */
    set(w, "RUNPOD_API_KEY", "rpa_from_environment");
    set(w, "HUGGING_FACE_HUB_TOKEN", "hf_legacy");
    set(w, "HF_ENDPOINT", ""); /* empty is unset */
    set(w, "NO_COLOR", "0");   /* set, whatever it says */
    set(w, "RUNPOD_API_BASE_URL", "http://127.0.0.1:8080");
    p = load(w);
    assert_string_equal("rpa_from_environment", secret_value(p->runpod_key));
    assert_string_equal("RUNPOD_API_KEY", p->origin[SETTING_RUNPOD_KEY]);
    assert_string_equal("HUGGING_FACE_HUB_TOKEN", p->origin[SETTING_HUB_TOKEN]);
    assert_string_equal("https://hub.example", p->hub_endpoint);
    assert_string_equal("http://127.0.0.1:8080", p->runpod_api_base);
    assert_true(p->no_color);
    set(w, "HF_TOKEN", "hf_present");
    w->flags = (struct config_flags){.theme = "light", .read_only = true, .ascii = true};
    p = load(w);
    assert_string_equal("hf_present", secret_value(p->hub_token));
    assert_string_equal("light", p->theme);
    assert_string_equal("--theme", p->origin[SETTING_THEME]);
    assert_true(p->read_only && p->ascii && profile_database(p).read_only);
}

static void a_flag_cannot_take_read_only_away(void **state)
{
    struct world *w = *state;
    write_config(w, "[profile default]\nread_only = yes\n");
    w->flags.read_only = false;
    assert_true(load(w)->read_only);
}

static void folders_follow_the_environment(void **state)
{
    struct world *w = *state;
    char path[PATH_MAX];
    write_file(w, "conf/slipway/config.ini", "[profile a]\nbudget = $25.50\n");
    write_file(w, "hub/token", "hf_in_hf_home\n");
    set(w, "XDG_CONFIG_HOME", temp_folder_path(path, &w->folder, "conf"));
    set(w, "XDG_STATE_HOME", "relative"); /* does not count */
    set(w, "HF_HOME", temp_folder_path(path, &w->folder, "hub"));
    const struct profile *p = load(w);
    assert_string_equal("a", p->name);
    assert_true(p->budget == 25.5);
    assert_string_equal("hf_in_hf_home", secret_value(p->hub_token));
    assert_string_equal(
        temp_folder_path(path, &w->folder, "hub/token"), p->origin[SETTING_HUB_TOKEN]);
    assert_string_equal(
        temp_folder_path(path, &w->folder, ".local/state/slipway/a"), p->state_folder);
    write_file(w, "elsewhere", "hf_by_path");
    set(w, "HF_TOKEN_PATH", temp_folder_path(path, &w->folder, "elsewhere"));
    assert_string_equal("hf_by_path", secret_value(load(w)->hub_token));
}

static void without_a_home_it_is_said(void **state)
{
    struct world *w = *state;
    w->count = 0;
    refused(w, "HOME");
}

/* ---- profiles -------------------------------------------------------------------------------- */

static void profiles_are_chosen(void **state)
{
    struct world *w = *state;
    write_config(w, "[profile acme]\ncolor = red\n[profile test]\n");
    refused(w, "acme, test"); /* several, none asked for */
    w->flags.profile = "tset";
    refused(w, "acme, test");
    refused(w, "there is no profile 'tset'");
    w->flags.profile = "test"; /* a section without keys is one */
    const struct profile *p = load(w);
    assert_string_equal("test", p->name);
    assert_null(p->color);
    assert_int_equal(2, p->known_count);
    assert_string_equal("acme", p->known[0]);
    w->flags.profile = "acme";
    assert_string_equal("red", load(w)->color);
    w->flags.profile = "../../evil";
    refused(w, "there is no profile");
    w->flags.profile = "";
    refused(w, "there is no profile");
    write_config(w, "[profile only]\nproduction = Yes\n");
    w->flags.profile = NULL;
    assert_true(load(w)->production); /* the only one */
    write_config(w, "[profile other]\n[profile default]\n");
    assert_string_equal("default", load(w)->name);
}

static void everything_in_the_file_arrives(void **state)
{
    struct world *w = *state;
    char path[PATH_MAX];
    write_config(w,
        "\xEF\xBB\xBF; a comment\r\n[ui]\r\ntheme = \"~/my theme.ini\"\r\nascii = on\r\n"
        "[keys]\nupload = U\nquit = q, ctrl-c ; two\n"
        "[profile default]\ndatabase_url=postgresql://me:s3cret-word@db.example/x\n"
        "database_ca = ~/ca.pem\nuser_id = 11111111-2222-4333-8444-555555555555\n"
        "hf_token =\n");
    const struct profile *p = load(w);
    assert_string_equal(temp_folder_path(path, &w->folder, "my theme.ini"), p->theme);
    assert_true(p->ascii);
    assert_int_equal(2, p->key_count);
    assert_string_equal("upload", p->keys[0].action);
    assert_string_equal("q, ctrl-c", p->keys[1].keys);
    assert_int_equal(7, p->keys[1].line);
    struct db_options o = profile_database(p);
    assert_string_equal("postgresql://me:s3cret-word@db.example/x", o.url);
    assert_string_equal(temp_folder_path(path, &w->folder, "ca.pem"), o.ca_file);
    assert_string_equal("11111111-2222-4333-8444-555555555555", o.user_id);
    assert_null(p->hub_token); /* said, but nothing said */
}

static void the_starter_is_valid_with_every_line_in_use(void **state)
{
    struct world *w = *state;
    struct buf text, used;
    buf_init(&text, 1 << 16);
    buf_init(&used, 1 << 16);
    assert_int_equal(0, config_starter(&text));
    write_config(w, buf_str(&text));
    load(w);
    size_t settings = 0;
    char *rest = text.data;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        bool setting = line[0] == '#' && strstr(line, " = ");
        settings += setting;
        buf_printf(&used, "%s\n", setting ? line + 2 : line);
    }
    assert_int_equal(SETTINGS + 1, settings); /* all of them, and a key */
    write_config(w, buf_str(&used));
    const struct profile *p = load(w);
    assert_true(p->budget == 250 && p->production && p->read_only && p->ascii && p->no_color);
    assert_string_equal("U", p->keys[0].keys);
    buf_release(&text);
    buf_release(&used);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void broken_lines_are_named(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"[profile acme]\n\nrunpod_key = x\n",
            "config.ini line 3: unknown key 'runpod_key' in [profile acme] (did you mean "
            "runpod_api_key?)"},
        {"[profile a]\nzzzzzzzz = 1\n", "line 2: unknown key 'zzzzzzzz' in [profile a]"},
        {"[profile a]\ntheme = dark\n", "unknown key 'theme'"},
        {"[ui]\nthem = dark\n", "did you mean theme?"},
        {"[uii]\n", "line 1: unknown section 'uii' (did you mean ui?)"},
        {"[profile]\n", "needs a name"},
        {"[profile a/b]\n", "line 1: a profile's name"},
        {"[profile .]\n", "a profile's name"},
        {"[profile aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n", "name is too long"},
        {"[profile aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
            "line 1: the section's name is too long"},
        {"hf_token = x\n", "line 1: this stands in no section"},
        {"[profile a]\nhf_token\n", "line 2: this is neither"},
        {"[profile a\n", "line 1: this is neither"},
        {"[profile a]\nhf_token = x\nhf_token = y\n",
            "line 3: hf_token is given already in line 2"},
        {"[profile a]\nhf_token = x\n  y\n", "line 3: hf_token is given already in line 2"},
        {"[keys]\nquit = q\nquit = x\n", "line 3: quit is given already in line 2"},
        /* also where the profile is not used */
        {"[profile default]\n[profile b]\nbugdet = 1\n", "line 3: unknown key 'bugdet'"},
        {"[profile a]\nread_only = maybe\n", "config.ini line 2: read_only: yes or no"},
        {"[profile a]\nbudget = 1e3\n", "line 2: budget: an amount"},
        {"[profile a]\nbudget = -5\n", "an amount"},
        {"[profile a]\nbudget = $\n", "an amount"},
        {"[profile a]\nbudget = .\n", "an amount"},
        {"[profile a]\nbudget = 1.2.3\n", "an amount"},
        {"[profile a]\nuser_id = me\n", "line 2: user_id: a UUID"},
        {"[profile a]\ncolor = Fancy Red\n", "line 2: color:"},
        {"[profile a]\ndatabase_url = mysql://x\n", "line 2: database_url: a database is"},
        {"[profile a]\nhf_endpoint = http://hub.example\n",
            "plain http goes to this machine alone: hub.example"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_config(w, cases[i].text);
        refused(w, cases[i].words);
    }
}

static void long_lines_are_refused_not_cut(void **state)
{
    struct world *w = *state;
    char text[1200] = "[profile a]\n# ", token[1000];
    memset(token, 'x', sizeof token);
    for (size_t n = 100; n < sizeof token; n += 100) {
        snprintf(text, sizeof text, "[profile a]\nhf_token = %.*s\n", (int)n, token);
        write_config(w, text);
        if (try_load(w) == 0)
            assert_int_equal(n, strlen(secret_value(w->profile.hub_token)));
        else
            assert_non_null(strstr(w->e.message, "line 2: the line is longer"));
    }
    assert_int_equal(-1, try_load(w)); /* at a thousand */
}

static void odd_files_are_refused(void **state)
{
    static const char nul[] = "[profile a]\0hf_token = x\n";
    struct world *w = *state;
    char path[PATH_MAX];
    static char large[80 * 1024];
    struct err e;
    write_config(w, "[profile a]\n");
    temp_folder_path(path, &w->folder, ".config/slipway/config.ini");
    assert_int_equal(0, chmod(path, 0640));
    refused(w, "chmod 600");
    assert_int_equal(0, file_write(path, nul, sizeof nul - 1, &e));
    refused(w, "no text file");
    memset(large, '\n', sizeof large);
    assert_int_equal(0, file_write(path, large, sizeof large, &e));
    assert_int_equal(-1, try_load(w));
    assert_int_equal(0, remove(path));
    assert_int_equal(0, mkdir(path, 0700));
    refused(w, "not a regular file");
}

static void addresses_are_checked(void **state)
{
    static const struct {
        const char *url;
        bool good;
    } cases[] = {{"https://api.example.com", true}, {"https://[2001:db8::1]:8443/v2", true},
        {"http://localhost:1", true}, {"http://127.8.9.1/", true}, {"http://[::1]:80", true},
        {"http://localhost.evil.example", false}, {"http://127.0.0.1.evil.example", false},
        {"http://127.1", false}, {"http://[::2]", false}, {"http://10.0.0.1", false},
        {"https://user@host", false}, {"https://", false}, {"https:///x", false},
        {"https://[::1", false}, {"https://host/?q", false}, {"https://host/#f", false},
        {"https://ho st", false}, {"ftp://host", false}, {"host", false},
        {"http://127.0.0.1@evil.example", false}, {"http://[::1]evil.example", false},
        {"https://h\xC3\xB6st", false}};
    struct world *w = *state;
    size_t before = w->count;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->count = before;
        set(w, "RUNPOD_ENDPOINT_BASE_URL", cases[i].url);
        if (cases[i].good)
            load(w);
        else
            refused(w, "RUNPOD_ENDPOINT_BASE_URL: runpod_endpoint_base_url:");
    }
}

/* ---- secrets --------------------------------------------------------------------------------- */

static void assert_masked(const char *line, const char *needle)
{
    struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(0, secret_redact(&b, line, strlen(line)));
    if (strstr(buf_str(&b), needle))
        fail_msg("%s", buf_str(&b));
    buf_release(&b);
}

static void passwords_in_addresses_are_secrets(void **state)
{
    static const struct {
        const char *url, *written, *meant; /* NULL = the same */
    } cases[] = {
        {"postgresql://me:plain-word-1@h/d", "plain-word-1", NULL},
        {"postgres://me:per%63ent%40word@h:5432/d?sslmode=require", "per%63ent%40word",
            "percent@word"},
        {"postgresql://me:un@encoded-2@h/d", "un@encoded-2", NULL},
        {"postgresql://me:sl/ash-word-3@h/d", "sl/ash-word-3", NULL},
        {"postgresql://h/d?user=me&password=quer%79-word", "quer%79-word", "query-word"},
        {"postgresql://me:first-word-5@h/d?sslpassword=second-word", "first-word-5", "second-word"},
    };
    struct world *w = *state;
    size_t before = w->count;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->count = before;
        set(w, "SLIPWAY_DATABASE_URL", cases[i].url);
        assert_string_equal(cases[i].url, load(w)->database_url);
        assert_masked(cases[i].url, cases[i].written);
        if (cases[i].meant)
            assert_masked(cases[i].meant, cases[i].meant);
    }
    w->count = before;
    set(w, "SLIPWAY_DATABASE_URL",
        "postgresql://me@h/d"); /* without one there is nothing to mask */
    assert_string_equal("SLIPWAY_DATABASE_URL", load(w)->origin[SETTING_DATABASE_URL]);
}

static void other_clients_files_are_read(void **state)
{
    static const struct {
        const char *text, *key; /* NULL = none */
    } cases[] = {
        {"[default]\napi_key = \"rpa_python_1\"\n", "rpa_python_1"},
        {"apikey = 'rpa_ctl_22'  # mine\napiurl = \"https://x\"\n", "rpa_ctl_22"},
        {"apiKey=\"rpa_ctl_33\"", "rpa_ctl_33"},
        {"apikey = \"rpa_top_44\"\n[default]\napi_key = \"rpa_sec_44\"\n", "rpa_sec_44"},
        {"[other]\napi_key = \"rpa_no_55\"\napikey = \"rpa_no_56\"\n", NULL},
        {"api_key = \"rpa_no_66\"\n#apikey = \"rpa_no_67\"\nmy_apikey = \"rpa_no_68\"\n", NULL},
        {"apikey = \"\"\n", NULL},
        {"", NULL},
        {"list = [\n 1,\n 2]\ntimeout = 30\n", NULL},
    };
    static const char *const broken[] = {"apikey = rpa_bare\n", "apikey = \"open\n",
        "apikey = \"a\" \"b\"\n", "apikey = \"a\\u0041\"\n",
        "apikey =", "apikey = \"\"\"x\"\"\"\n"};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(w, ".runpod/config.toml", cases[i].text);
        const struct profile *p = load(w);
        assert_string_equal(cases[i].key ? cases[i].key : "", secret_value(p->runpod_key));
    }
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        write_file(w, ".runpod/config.toml", broken[i]);
        refused(w, "~/.runpod/config.toml line 1");
    }
    set(w, "RUNPOD_API_KEY", "rpa_given"); /* a broken file of others is not in the way */
    load(w);
    write_file(w, ".cache/huggingface/token", "  \n");
    assert_null(load(w)->hub_token);
    write_file(w, ".cache/huggingface/token", "hf_one\nhf_two\n");
    refused(w, "hf_token");
}

static void errors_do_not_tell_values(void **state)
{
    struct world *w = *state;
    write_config(w, "[profile a]\ndatabase_url = mysql://me:hidden-word@h\n");
    refused(w, "database_url");
    assert_null(strstr(w->e.message, "hidden-word"));
    write_file(w, ".runpod/config.toml", "apikey = hidden-word\n");
    write_config(w, "[profile a]\n");
    refused(w, "config.toml");
    assert_null(strstr(w->e.message, "hidden-word"));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(nothing_has_to_be_set),
        IN_WORLD(each_layer_overrules_the_one_below),
        IN_WORLD(a_flag_cannot_take_read_only_away),
        IN_WORLD(folders_follow_the_environment),
        IN_WORLD(without_a_home_it_is_said),
        IN_WORLD(profiles_are_chosen),
        IN_WORLD(everything_in_the_file_arrives),
        IN_WORLD(the_starter_is_valid_with_every_line_in_use),
        IN_WORLD(broken_lines_are_named),
        IN_WORLD(long_lines_are_refused_not_cut),
        IN_WORLD(odd_files_are_refused),
        IN_WORLD(addresses_are_checked),
        IN_WORLD(passwords_in_addresses_are_secrets),
        IN_WORLD(other_clients_files_are_read),
        IN_WORLD(errors_do_not_tell_values),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
