/* editor: the person's own editor on a text of ours.
 *
 * The file lies in a folder of its own that nobody else may look into, because editors put copies beside it;
 * folder and all are removed afterwards. The child has the terminal and the signals as a fresh program has
 * them, and an environment without anything that is, or is called like, a secret (design rule 2). Meanwhile
 * Ctrl-C is the editor's. */
#include "app/call_input.h"

#include "base/file.h"
#include "base/secret.h"
#include "core/signals.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 4096, VALUE_MAX = 256 * 1024, INDENT = 2 };

/* ---- what the child may know ----------------------------------------------------------------------- */

static bool is_called_secret(const char *variable)
{
    static const char *const parts[] = {
        "KEY", "TOKEN", "SECRET", "PASSW", "CREDENTIAL", "DATABASE_URL"};
    char name[128];
    size_t n = strcspn(variable, "=");
    n = n < sizeof name - 1 ? n : sizeof name - 1;
    memcpy(name, variable, n);
    name[n] = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcasestr(name, parts[i]))
            return true;
    return false;
}

/* What the redactor would change holds one. */
static bool holds_secret(const char *variable)
{
    struct buf masked;
    size_t n = strlen(variable);
    buf_init(&masked, VALUE_MAX);
    bool holds = secret_redact(&masked, variable, n) || masked.len != n ||
                 memcmp(buf_str(&masked), variable, n) != 0;
    buf_release(&masked);
    return holds;
}

static void make_environment(char **out, size_t max)
{
    size_t n = 0;
    for (char **own = environ; *own && n + 1 < max; own++)
        if (!is_called_secret(*own) && !holds_secret(*own))
            out[n++] = *own;
    out[n] = NULL;
}

/* ---- the child ------------------------------------------------------------------------------------ */

static const char *editor_name(void)
{
    static const char *const variables[] = {"VISUAL", "EDITOR"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return value;
    }
    return "vi";
}

/* Through a shell: $EDITOR may hold arguments. */
static int spawn(const char *path, pid_t *pid)
{
    char command[PATH_MAX];
    char *environment[ENVIRONMENT_MAX];
    posix_spawnattr_t attributes;
    sigset_t all, none;
    if (snprintf(command, sizeof command, "%s \"$@\"", editor_name()) >= (int)sizeof command)
        return E2BIG;
    const char *const argv[] = {"sh", "-c", command, "editor", path, NULL};
    make_environment(environment, ENVIRONMENT_MAX);
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int failed =
        posix_spawnp(pid, "sh", NULL, &attributes, (char *const *)(uintptr_t)argv, environment);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

/* An editor that is stopped (Ctrl-Z) takes us along, back to the shell, and goes on with us. */
static int wait_for(pid_t pid, int *status)
{
    for (;;) {
        pid_t changed = waitpid(pid, status, WUNTRACED);
        if (changed < 0 && errno != EINTR)
            return errno;
        if (changed == pid && !WIFSTOPPED(*status))
            return 0;
        if (changed == pid) {
            signals_suspend();
            (void)kill(pid, SIGCONT);
        }
    }
}

static int edit(const char *path, struct err *e)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction interrupt, quit;
    pid_t pid;
    int status = 0;
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    int failed = spawn(path, &pid);
    if (!failed)
        failed = wait_for(pid, &status);
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    if (failed)
        return err_errno(e, failed, "cannot run the editor %s", editor_name());
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        err_set(e, ERR_CANCEL, 0, "the editor ended with a failure");
        return err_hint(e,
            "%.100s ended with a failure: nothing is taken of it; VISUAL or EDITOR "
            "names another",
            editor_name());
    }
    return 0;
}

/* ---- the file ------------------------------------------------------------------------------------- */

static void remove_folder(const char *folder)
{
    char path[PATH_MAX];
    DIR *d = opendir(folder);
    for (struct dirent *entry; d && (entry = readdir(d));)
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path)
            (void)unlink(path); /* not "." and "..": those are folders */
    if (d)
        closedir(d);
    (void)rmdir(folder);
}

static int make_folder(char folder[PATH_MAX], struct err *e)
{
    const char *run = getenv("XDG_RUNTIME_DIR"), *tmp = getenv("TMPDIR");
    const char *place = run && *run ? run : tmp && *tmp ? tmp : "/tmp";
    if (snprintf(folder, PATH_MAX, "%s/slipway-edit-XXXXXX", place) < PATH_MAX && mkdtemp(folder))
        return 0;
    return err_errno(e, errno, "cannot make a folder for the editor in %s", place);
}

int editor_run(struct buf *text, struct err *e)
{
    char folder[PATH_MAX], path[PATH_MAX + 16];
    if (make_folder(folder, e))
        return -1;
    snprintf(path, sizeof path, "%s/body.json", folder);
    int failed = file_write(path, buf_str(text), text->len, e) || edit(path, e);
    if (!failed) {
        buf_clear(text);
        failed = file_read(path, text, e);
    }
    remove_folder(folder);
    return failed ? -1 : 0;
}

/* ---- JSON for people ------------------------------------------------------------------------------- */

static int print_key(const struct json *member, struct buf *out)
{
    struct json *key = json_key(member) ? json_new_string(json_key(member)) : NULL;
    int failed = !json_key(member) ? 0 : !key || json_print(key, out) || buf_str_append(out, ": ");
    json_free(key);
    return failed;
}

static int print_level(const struct json *j, struct buf *out, int depth)
{
    enum json_kind kind = json_kind(j);
    bool holds = (kind == JSON_OBJECT || kind == JSON_ARRAY) && json_count(j) > 0;
    if (!holds)
        return json_print(j, out);
    int failed = buf_char(out, kind == JSON_OBJECT ? '{' : '[');
    for (const struct json *i = json_first(j); i && !failed; i = json_next(i))
        failed =
            buf_printf(out, "%s\n%*s", i == json_first(j) ? "" : ",", (depth + 1) * INDENT, "") ||
            print_key(i, out) || print_level(i, out, depth + 1);
    return failed ||
           buf_printf(out, "\n%*s%c", depth * INDENT, "", kind == JSON_OBJECT ? '}' : ']');
}

int editor_print(const struct json *j, struct buf *out)
{
    return print_level(j, out, 0) || buf_char(out, '\n') ? -1 : 0;
}
