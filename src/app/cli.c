/* The commands come from the tables of the cmd_*.c files; the flags that all share are here. A flag is
 * --name, --name=value or --name value, anywhere behind the command; what stands behind -- is an
 * argument. */
#include "app/cli.h"

#include "app/command.h"
#include "app/dashboard.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const tables[] = {
    commands_model, commands_change, commands_run, commands_request, commands_requests, commands_read, commands_endpoint, commands_triage, commands_setup};
enum { TABLES = sizeof tables / sizeof *tables };

static const struct common {
    struct flag flag;
    bool only_writes;
} common[] = {
    {{"json", NULL, "one JSON document, or one a line when it streams"}, false},
    {{"profile", "NAME", "a [profile NAME] of config.ini"}, false},
    {{"read-only", NULL, "no request that changes anything can be sent"}, false},
    {{"dry-run", NULL, "print what would be done, do nothing"}, true},
    {{"yes", NULL, "do not ask"}, true},
    {{"quiet", NULL, "no progress"}, false},
    {{"help", NULL, "this text"}, false},
};
enum { COMMON = sizeof common / sizeof *common };

static const struct command *find_command(const char *name)
{
    for (size_t t = 0; t < TABLES; t++)
        for (const struct command *c = tables[t]; c->name; c++)
            if (strcmp(c->name, name) == 0)
                return c;
    return NULL;
}

/* ---- help ---------------------------------------------------------------------------------------- */

/* "dir" as it is shown: "DIR". */
static void upper(const char *word, char *out, size_t size)
{
    size_t n = 0;
    for (; word[n] && n + 1 < size; n++)
        out[n] = (char)toupper((unsigned char)word[n]);
    out[n] = 0;
}

static void show_usage(const struct command *c, FILE *out)
{
    fprintf(out, "slipway %s", c->name);
    for (int i = 0; i < COMMAND_ARGS_MAX && c->args[i]; i++) {
        char name[32];
        upper(c->args[i], name, sizeof name);
        fprintf(out, i < c->args_least ? " %s" : " [%s]", name);
    }
    if (c->rest) {
        char name[32];
        upper(c->rest, name, sizeof name);
        fprintf(out, " %s…", name);
    }
}

static void show_flag(const struct flag *f, FILE *out)
{
    char left[48];
    snprintf(left, sizeof left, "--%s%s%s", f->name, f->value ? " " : "", f->value ? f->value : "");
    fprintf(out, "  %-26s %s\n", left, f->help);
}

static int show_command_help(const struct command *c, FILE *out)
{
    show_usage(c, out);
    fprintf(out, "\n%s.\n\n", c->help);
    for (const struct flag *f = c->flags; f < c->flags + COMMAND_FLAGS_MAX && f->name; f++)
        show_flag(f, out);
    for (size_t i = 0; i < COMMON; i++)
        if (!common[i].only_writes || c->writes)
            show_flag(&common[i].flag, out);
    return EXIT_CODE_OK;
}

static int show_help(FILE *out)
{
    fputs("slipway takes a fine-tuned model to a served endpoint and keeps watch over it.\n\n"
          "  slipway                    the dashboard\n"
          "  slipway --version          the version\n",
        out);
    for (size_t t = 0; t < TABLES; t++)
        for (const struct command *c = tables[t]; c->name; c++)
            fprintf(out, "  slipway %-18s %s\n", c->name, c->help);
    fputs(
        "\nslipway COMMAND --help tells its flags. All take --json, --profile NAME, --read-only.\n"
        "Exit codes: 0 ok, 1 the checked thing is bad, 2 usage, 3 authentication, 4 network,\n"
        "5 the service refused, 6 state, conflict or local files, or done but not in the registry,\n"
        "7 cancelled.\n",
        out);
    return EXIT_CODE_OK;
}

/* ---- parsing ------------------------------------------------------------------------------------- */

static bool is_name(const struct flag *f, const char *name, size_t n)
{
    return strlen(f->name) == n && memcmp(f->name, name, n) == 0;
}

/* --dry-run or --yes where there is nothing to be tried or asked. */
static bool is_for_writers(const char *name, size_t n)
{
    for (size_t i = 0; i < COMMON; i++)
        if (common[i].only_writes && is_name(&common[i].flag, name, n))
            return true;
    return false;
}

static const struct flag *find_flag(const struct command *c, const char *name, size_t n)
{
    for (const struct flag *f = c->flags; f < c->flags + COMMAND_FLAGS_MAX && f->name; f++)
        if (is_name(f, name, n))
            return f;
    for (size_t i = 0; i < COMMON; i++) {
        const struct flag *f = &common[i].flag;
        if ((!common[i].only_writes || c->writes) && is_name(f, name, n))
            return f;
    }
    return NULL;
}

/* --env may come several times: its values become the members of one object. A name alone stands for the value
 * that Slipway's own environment has for it, so that a key need not be typed where others see it. */
static int set_env(struct call *c, const char *value)
{
    const char *equals = strchr(value, '='), *own = equals ? NULL : getenv(value);
    if (equals == value || (!equals && !own))
        return call_usage(c, "--env takes NAME=VALUE, or a NAME that is set here, not %s", value);
    struct json *env =
        json_get(c->asked, "env") ? json_dup(json_get(c->asked, "env")) : json_new_object();
    char *name = equals ? strndup(value, (size_t)(equals - value)) : strdup(value);
    int failed = !name || json_set(env, name, json_new_string(equals ? equals + 1 : own));
    free(name);
    json_set(c->asked, "env", env);
    return failed ? EXIT_CODE_STATE : EXIT_CODE_OK;
}

static bool repeats(const struct command *c, const struct flag *f)
{
    for (size_t i = 0; i < COMMAND_REPEATS_MAX && c->repeats[i]; i++)
        if (strcmp(c->repeats[i], f->name) == 0)
            return true;
    return false;
}

static int add_value(struct call *c, const char *key, const char *value)
{
    struct json *list =
        json_get(c->asked, key) ? json_dup(json_get(c->asked, key)) : json_new_array();
    int failed = json_push(list, json_new_string(value));
    return json_set(c->asked, key, list) || failed ? EXIT_CODE_STATE : EXIT_CODE_OK;
}

static int set_flag(struct call *c, const struct flag *f, const char *value)
{
    const struct {
        const char *name;
        bool *on;
    } switches[] = {{"json", &c->json}, {"read-only", &c->read_only}, {"dry-run", &c->dry_run},
        {"yes", &c->yes}, {"quiet", &c->quiet}};
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (strcmp(f->name, switches[i].name) == 0) {
            *switches[i].on = true;
            return EXIT_CODE_OK;
        }
    if (strcmp(f->name, "profile") == 0) {
        c->profile_name = value;
        return EXIT_CODE_OK;
    }
    if (strcmp(f->name, "env") == 0)
        return set_env(c, value);
    if (repeats(c->command, f))
        return add_value(c, f->name, value);
    struct json *v = f->value ? json_new_string(value) : json_new_bool(true);
    return json_set(c->asked, f->name, v) ? EXIT_CODE_STATE : EXIT_CODE_OK;
}

/* One flag; *i moves past its value. */
static int parse_flag(struct call *c, int argc, char *argv[], int *i)
{
    const char *name = argv[*i] + 2, *equals = strchr(name, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);
    const struct flag *f = find_flag(c->command, name, n);
    if (!f && c->command->name[0] && is_for_writers(name, n))
        return call_usage(
            c, "--%.*s does not apply to `slipway %s`", (int)n, name, c->command->name);
    if (!f)
        return call_usage(c, "unknown flag %s", argv[*i]);
    if (!f->value && equals)
        return call_usage(c, "--%s takes no value", f->name);
    const char *value = equals ? equals + 1 : NULL;
    if (f->value && !value) {
        if (*i + 1 >= argc)
            return call_usage(c, "--%s needs a value: %s", f->name, f->value);
        value = argv[++*i];
    }
    return set_flag(c, f, value);
}

static int parse_argument(struct call *c, int number, const char *value)
{
    if (!c->command->name[0] && find_command(value))
        return call_usage(c, "flags go behind the command: slipway %s --…", value);
    bool behind = number >= COMMAND_ARGS_MAX || !c->command->args[number];
    if (behind && c->command->rest)
        return add_value(c, c->command->rest, value);
    if (behind)
        return call_usage(c, "one argument too many: %s", value);
    return json_set(c->asked, c->command->args[number], json_new_string(value)) ? EXIT_CODE_STATE
                                                                                : EXIT_CODE_OK;
}

/* argv[from] is the first word behind the command. */
static int parse(struct call *c, int argc, char *argv[], int from, bool *help)
{
    int arguments = 0;
    bool flags = true;
    for (int i = from; i < argc; i++) {
        int code = EXIT_CODE_OK;
        if (flags && strcmp(argv[i], "--") == 0)
            flags = false;
        else if (flags && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0))
            *help = true;
        else if (flags && strncmp(argv[i], "--", 2) == 0)
            code = parse_flag(c, argc, argv, &i);
        else if (flags && argv[i][0] == '-' && argv[i][1])
            code = call_usage(c, "unknown flag %s", argv[i]);
        else
            code = parse_argument(c, arguments++, argv[i]);
        if (code)
            return code;
    }
    if (*help || arguments >= c->command->args_least)
        return EXIT_CODE_OK;
    char missing[32];
    const char *name = arguments < COMMAND_ARGS_MAX ? c->command->args[arguments] : NULL;
    upper(name ? name : c->command->rest, missing, sizeof missing);
    return call_usage(c, "%s is missing", missing);
}

static int run_command(
    const struct command *command, int argc, char *argv[], int from, struct call *c)
{
    bool help = false;
    c->command = command;
    c->asked = json_new_object();
    int code = c->asked ? parse(c, argc, argv, from, &help) : EXIT_CODE_STATE;
    if (!code)
        code = help ? show_command_help(command, c->out) : command->run(c);
    call_close(c);
    int flushed = call_flushed(c);
    return code ? code : flushed;
}

/* The flags before any command are the dashboard's. */
static const struct command dashboard = {
    .name = "", .help = "the dashboard", .run = dashboard_call};

int cli_run(int argc, char *argv[], FILE *out, FILE *errors)
{
    struct call c = {.out = out, .errors = errors};
    const char *word = argc > 1 ? argv[1] : "";
    if ((strcmp(word, "--version") == 0 || strcmp(word, "--help") == 0) && argc > 2)
        return call_usage(&c, "one word too many: %s", argv[2]);
    if (strcmp(word, "--version") == 0) {
        fprintf(out, "slipway %s\n", SLIPWAY_VERSION);
        return call_flushed(&c);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        show_help(out);
        return call_flushed(&c);
    }
    if (argc < 2 || strncmp(word, "--", 2) == 0)
        return run_command(&dashboard, argc, argv, 1, &c);
    const struct command *command = find_command(word);
    if (command)
        return run_command(command, argc, argv, 2, &c);
    fputs("slipway: unknown command ", errors);
    struct buf shown;
    buf_init(&shown, 256);
    text_safe(&shown, word, strlen(word), TEXT_LINE);
    fprintf(errors, "%s; slipway --help lists what there is\n", buf_str(&shown));
    buf_release(&shown);
    return EXIT_CODE_USAGE;
}
