/* The state file: what was noted is there, whoever dies or writes beside us, and nothing secret
 * is. */
#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "client/state.h"
#include "temp_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { ARENA_MAX = 16 << 20, PATIENCE_MS = 60000, NOBODY = 65534 };

static char *state_path(char *out, void **state)
{
    return temp_folder_path(out, state, "profile/state.db");
}

static struct state *open_state(void **state)
{
    char path[PATH_MAX];
    struct err e;
    struct state *s = state_open(state_path(path, state), &e);
    if (!s)
        fail_msg("state_open: %s", e.message);
    return s;
}

static struct journal_entry entry_of(const char *id)
{
    struct journal_entry entry = {.kind = OPERATION_UPLOAD,
        .state = OPERATION_RUNNING,
        .title = "acme/support-v7",
        .error = "",
        .started_ms = 1000,
        .updated_ms = 1000};
    snprintf(entry.id, sizeof entry.id, "%s", id);
    return entry;
}

static void begin(struct state *s, const char *id)
{
    struct journal_entry entry = entry_of(id);
    struct err e;
    if (state_operation_begin(s, &entry, &e))
        fail_msg("begin %s: %s", id, e.message);
}

static void note(struct state *s, const char *id, const char *key, const char *value)
{
    struct err e;
    if (state_operation_note(s, id, key, value, &e))
        fail_msg("note %s %s: %s", id, key, e.message);
}

static struct journal_list find(struct state *s, const char *id)
{
    struct journal_list list;
    struct err e;
    if (state_operation(s, id, &list, &e))
        fail_msg("find %s: %s", id, e.message);
    assert_int_equal(1, list.count);
    return list;
}

static enum operation_state state_of(struct state *s, const char *id)
{
    struct journal_list list = find(s, id);
    enum operation_state found = list.entries[0].state;
    journal_list_release(&list);
    return found;
}

/* Behind the module's back. */
static void sql(void **state, const char *statement)
{
    char path[PATH_MAX], *why = NULL;
    sqlite3 *db;
    assert_int_equal(SQLITE_OK, sqlite3_open(state_path(path, state), &db));
    sqlite3_busy_timeout(db, PATIENCE_MS);
    if (sqlite3_exec(db, statement, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", statement, why);
    sqlite3_close(db);
}

static struct request request_of(const char *id)
{
    struct request q = {.endpoint_id = "x2x4",
        .model = TEXT("legal"),
        .route = REQUEST_ROUTE_OPENAI,
        .status = REQUEST_IN_QUEUE,
        .submitted_ms = 1000,
        .seen_ms = -1,
        .ended_ms = -1,
        .delay_ms = -1,
        .execution_ms = -1,
        .first_token_ms = -1,
        .tokens_in = -1,
        .tokens_out = -1,
        .price_hour = NAN,
        .cost = NAN,
        .input = TEXT("two\nlines"),
        .output = TEXT(""),
        .error = TEXT("")};
    snprintf(q.id, sizeof q.id, "%s", id);
    return q;
}

static void save(struct state *s, const struct request *q)
{
    struct err e;
    if (state_request_save(s, q, &e))
        fail_msg("save %s: %s", q->id, e.message);
}

static size_t count_requests(struct state *s)
{
    struct arena *a = arena_new(ARENA_MAX);
    struct request *out;
    struct err e;
    size_t n;
    if (state_requests(s, NULL, 100000, a, &out, &n, &e))
        fail_msg("state_requests: %s", e.message);
    arena_free(a);
    return n;
}

/* ---- children -------------------------------------------------------------------------------- */

/* A child that runs fn and exits with its answer; it dies with the test. */
static pid_t start(int (*fn)(void **state, int pipe), void **state, int *from)
{
    int ends[2];
    assert_int_equal(0, pipe(ends));
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        _exit(fn(state, ends[1]));
    }
    close(ends[1]);
    *from = ends[0];
    return pid;
}

static int end(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        assert_int_equal(EINTR, errno);
    return status;
}

/* ---- the file -------------------------------------------------------------------------------- */

static void is_made_private(void **state)
{
    char path[PATH_MAX], other[PATH_MAX + 8];
    struct stat st;
    mode_t before = umask(0);
    struct state *s = open_state(state);
    begin(s, "op-1");
    umask(before);
    assert_int_equal(0, stat(state_path(path, state), &st));
    assert_int_equal(0600, st.st_mode & 0777);
    snprintf(other, sizeof other, "%s-wal", path);
    assert_int_equal(0, stat(other, &st)); /* and WAL it is */
    assert_int_equal(0600, st.st_mode & 0777);
    assert_int_equal(0, stat(temp_folder_path(path, state, "profile"), &st));
    assert_int_equal(0700, st.st_mode & 0777);
    state_close(s);
}

static void a_newer_version_is_refused(void **state)
{
    char path[PATH_MAX];
    struct err e;
    state_close(open_state(state));
    state_close(open_state(state)); /* its own version is not */
    sql(state, "PRAGMA user_version = 99");
    assert_null(state_open(state_path(path, state), &e));
    assert_int_equal(ERR_STATE, e.class);
    assert_non_null(strstr(e.message, "newer Slipway"));
    assert_non_null(strstr(e.message, "99"));
}

static void garbage_is_one_clear_error(void **state)
{
    char path[PATH_MAX], garbage[8192];
    struct err e;
    memset(garbage, 'x', sizeof garbage);
    assert_int_equal(0, file_make_folder(temp_folder_path(path, state, "profile"), &e));
    assert_int_equal(0, file_write(state_path(path, state), garbage, sizeof garbage, &e));
    assert_null(state_open(path, &e));
    assert_int_equal(ERR_IO, e.class);
    assert_non_null(strstr(e.message, path));
    assert_true(e.hint[0] != '\0');
    assert_null(state_open((const char *)*state, &e)); /* a folder */
    assert_true(e.class == ERR_IO || e.class == ERR_INPUT);
}

static int try_read_only_folder(void **state, int pipe)
{
    char path[PATH_MAX];
    struct err e;
    (void)pipe;
    if (geteuid() == 0 && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
        return 2;
    struct state *s = state_open(temp_folder_path(path, state, "closed/state.db"), &e);
    return !s && e.class == ERR_IO && strstr(e.message, "closed") ? 0 : 1;
}

static void a_read_only_folder_is_one_clear_error(void **state)
{
    char path[PATH_MAX];
    int from;
    assert_int_equal(0, mkdir(temp_folder_path(path, state, "closed"), 0700));
    assert_int_equal(0, chmod(path, 0555));
    assert_int_equal(0, chmod(*state, 0755));
    assert_int_equal(0, end(start(try_read_only_folder, state, &from)));
    close(from);
}

/* A limit on the size of files does what a full disk does, to this process alone. */
static void a_full_disk_leaves_what_was_saved(void **state)
{
    static char long_text[60000];
    struct rlimit was, low;
    struct err e;
    memset(long_text, 'a', sizeof long_text - 1);
    struct state *s = open_state(state);
    struct request q = request_of("q");
    q.input = (struct text){long_text, sizeof long_text - 1};
    assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &was));
    low = (struct rlimit){1 << 20, was.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &low));
    size_t saved = 0;
    for (;; saved++) {
        snprintf(q.id, sizeof q.id, "q%zu", saved);
        if (saved == 1000 || state_request_save(s, &q, &e))
            break;
    }
    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &was));
    assert_true(saved > 0 && saved < 1000);
    assert_int_equal(ERR_IO, e.class);
    assert_non_null(strstr(e.message, "state.db"));
    assert_int_equal(saved, count_requests(s));
    save(s, &q); /* there is room again */
    state_close(s);
    s = open_state(state);
    assert_int_equal(saved + 1, count_requests(s));
    state_close(s);
}

/* ---- several at once ------------------------------------------------------------------------- */

static void two_handles_see_each_other(void **state)
{
    struct state *one = open_state(state), *two = open_state(state);
    begin(one, "op-1");
    note(two, "op-1", "endpoint_id", "x2x4");
    note(one, "op-1", "template_id", "t1");
    note(one, "op-1", "endpoint_id", "x2x5");
    struct journal_list list = find(two, "op-1");
    assert_string_equal("x2x5", json_str(list.entries[0].done, "endpoint_id"));
    assert_string_equal("t1", json_str(list.entries[0].done, "template_id"));
    assert_int_equal(2, json_count(list.entries[0].done));
    journal_list_release(&list);
    state_close(one);
    state_close(two);
}

enum { WRITERS = 3, ROWS_EACH = 60 };

static int write_rows(void **state, int pipe)
{
    char path[PATH_MAX];
    struct err e;
    (void)pipe;
    struct state *s = state_open(state_path(path, state), &e); /* all make it at the same time */
    struct request q = request_of("q");
    for (int i = 0; s && i < ROWS_EACH; i++) {
        snprintf(q.id, sizeof q.id, "%ld-%d", (long)getpid(), i);
        if (state_request_save(s, &q, &e)) {
            fprintf(stderr, "# %s\n", e.message);
            return 1;
        }
    }
    if (!s)
        fprintf(stderr, "# %s\n", e.message);
    state_close(s);
    return s ? 0 : 1;
}

static void processes_write_at_once(void **state)
{
    pid_t pids[WRITERS];
    int from[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        pids[i] = start(write_rows, state, &from[i]);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(0, end(pids[i]));
        close(from[i]);
    }
    struct state *s = open_state(state);
    assert_int_equal(WRITERS * ROWS_EACH, count_requests(s));
    state_close(s);
}

/* Notes 0, 1, 2 … and says each into the pipe when the call has returned. */
static int note_forever(void **state, int pipe)
{
    char path[PATH_MAX], key[32];
    struct err e;
    struct state *s = state_open(state_path(path, state), &e);
    struct journal_entry entry = entry_of("op-1");
    if (!s || state_operation_begin(s, &entry, &e))
        return 1;
    for (int32_t i = 0;; i++) {
        snprintf(key, sizeof key, "part-%d", (int)i);
        if (state_operation_note(s, "op-1", key, "sent", &e) ||
            write(pipe, &i, sizeof i) != sizeof i)
            return 1;
    }
}

static void a_killed_writer_loses_nothing_it_noted(void **state)
{
    char path[PATH_MAX];
    for (int round = 0; round < 3; round++) {
        int from;
        int32_t last = -1;
        pid_t pid = start(note_forever, state, &from);
        while (last < 20 + 15 * round)
            assert_int_equal(sizeof last, read(from, &last, sizeof last));
        kill(pid, SIGKILL);
        assert_true(WIFSIGNALED(end(pid)));
        while (read(from, &last, sizeof last) == sizeof last)
            ;
        close(from);
        struct state *s = open_state(state);
        struct journal_list list = find(s, "op-1");
        assert_int_equal(OPERATION_INTERRUPTED, list.entries[0].state);
        size_t noted = json_count(list.entries[0].done);
        assert_true(noted == (size_t)last + 1 || noted == (size_t)last + 2);
        journal_list_release(&list);
        note(s, "op-1", "after", "it goes on");
        state_close(s);
        assert_int_equal(0, remove(state_path(path, state)));
    }
}

/* Another connection has the write lock for as long as it is open. */
static sqlite3 *lock(void **state)
{
    char path[PATH_MAX];
    sqlite3 *other;
    assert_int_equal(SQLITE_OK, sqlite3_open(state_path(path, state), &other));
    assert_int_equal(SQLITE_OK, sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    return other;
}

/* Main waits for nobody, and quitting ends the waits of the others: without either a locked file stops the
 * screen, or keeps the program from ending. */
static void a_locked_file_is_not_waited_for_longer_than_told(void **state)
{
    enum { ENDLESS_MS = 10 * 60 * 1000 };
    char path[PATH_MAX];
    struct err e;
    struct cancel *quit = cancel_new(NULL);
    state_close(open_state(state));
    struct state *hasty = state_open_within(state_path(path, state), 0, NULL, &e);
    struct state *patient = state_open_within(state_path(path, state), ENDLESS_MS, quit, &e);
    assert_true(hasty && patient && quit);
    sqlite3 *other = lock(state);
    int64_t begun = clock_mono_ms(clock_real());
    assert_int_equal(-1, state_fact_set(hasty, "name", "value", &e));
    assert_int_equal(ERR_TIMEOUT, e.class);
    cancel_fire(quit);
    for (int i = 0; i < 50; i++) { /* a moment in all, not a moment each */
        assert_int_equal(-1, state_fact_set(patient, "name", "value", &e));
        assert_int_equal(ERR_TIMEOUT, e.class);
    }
    assert_true(clock_mono_ms(clock_real()) - begun < 5000);
    sqlite3_close(other);
    assert_int_equal(0, state_fact_set(patient, "name", "what was done is noted", &e));
    state_close(hasty);
    state_close(patient);
    cancel_unref(quit);
}

/* ---- holders --------------------------------------------------------------------------------- */

static int hold(void **state, int pipe)
{
    char path[PATH_MAX];
    struct err e;
    struct state *s = state_open(state_path(path, state), &e);
    if (!s || state_operation_claim(s, "op-1", &e) || write(pipe, "x", 1) != 1)
        return 1;
    for (;;)
        pause();
}

static void the_living_keep_what_they_hold(void **state)
{
    char byte;
    int from;
    struct err e;
    siginfo_t info;
    struct state *s = open_state(state);
    begin(s, "op-1");
    assert_int_equal(0, state_operation_claim(s, "op-1", &e)); /* ours already */
    assert_int_equal(0, state_operation_end(s, "op-1", OPERATION_INTERRUPTED, "", &e));
    pid_t pid = start(hold, state, &from);
    assert_int_equal(1, read(from, &byte, 1));
    assert_int_equal(-1, state_operation_claim(s, "op-1", &e));
    assert_int_equal(ERR_STATE, e.class);
    assert_int_equal(OPERATION_RUNNING, state_of(s, "op-1"));
    kill(pid, SIGKILL);
    assert_int_equal(0, waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
    assert_int_equal(OPERATION_INTERRUPTED, state_of(s, "op-1")); /* dead, though not buried */
    end(pid);
    close(from);
    assert_int_equal(0, state_operation_claim(s, "op-1", &e));
    assert_int_equal(OPERATION_RUNNING, state_of(s, "op-1"));
    state_close(s);
}

static void a_number_given_again_is_not_the_holder(void **state)
{
    struct err e;
    char statement[128];
    struct state *s = open_state(state);
    begin(s, "op-1");
    snprintf(statement, sizeof statement,
        "UPDATE operations SET holder_pid = %ld, holder_born = 'another boot/1'", (long)getppid());
    sql(state, statement);
    assert_int_equal(OPERATION_INTERRUPTED, state_of(s, "op-1"));
    assert_int_equal(0, state_operation_claim(s, "op-1", &e));
    sql(state, "UPDATE operations SET holder_pid = -1, holder_born = ''");
    assert_int_equal(OPERATION_INTERRUPTED, state_of(s, "op-1")); /* no group either */
    state_close(s);
}

/* ---- the journal ----------------------------------------------------------------------------- */

static struct json *parse(const char *s)
{
    struct err e;
    struct json *j = json_parse(s, strlen(s), &e);
    if (!j)
        fail_msg("%s", e.message);
    return j;
}

static void entries_come_back_whole(void **state)
{
    struct err e;
    struct state *s = open_state(state);
    struct journal_entry entry = entry_of("deploy-1");
    struct json *asked = parse("{\"repo\":\"a/b\",\"gpus\":[\"L4\",2]}");
    struct json *done = parse("{\"steps\":{\"n\":3},\"id\":\"\\u00e9\\\"\"}");
    entry.kind = OPERATION_DEPLOY;
    entry.asked = asked;
    entry.done = done;
    assert_int_equal(0, state_operation_begin(s, &entry, &e));
    assert_int_equal(-1, state_operation_begin(s, &entry, &e));
    assert_int_equal(ERR_STATE, e.class);
    assert_int_equal(0, state_operation_end(s, "deploy-1", OPERATION_FAILED, "no capacity", &e));
    struct journal_list list = find(s, "deploy-1");
    assert_int_equal(OPERATION_DEPLOY, list.entries[0].kind);
    assert_int_equal(OPERATION_FAILED, list.entries[0].state);
    assert_string_equal("acme/support-v7", list.entries[0].title);
    assert_string_equal("no capacity", list.entries[0].error);
    assert_int_equal(1000, list.entries[0].started_ms);
    assert_true(list.entries[0].updated_ms > 1000);
    assert_true(json_equal(asked, list.entries[0].asked));
    assert_true(json_equal(done, list.entries[0].done));
    journal_list_release(&list);
    json_free(asked);
    json_free(done);
    state_close(s);
}

static void what_is_not_there_is_said(void **state)
{
    struct err e;
    struct state *s = open_state(state);
    assert_int_equal(-1, state_operation_note(s, "none", "key", "value", &e));
    assert_int_equal(ERR_INPUT, e.class);
    assert_int_equal(-1, state_operation_end(s, "none", OPERATION_DONE, "", &e));
    assert_int_equal(ERR_INPUT, e.class);
    assert_int_equal(-1, state_operation_claim(s, "none", &e));
    assert_int_equal(ERR_INPUT, e.class);
    begin(s, "op-1"); /* the failures left no transaction open */
    assert_int_equal(-1, state_operation_end(s, "op-1", OPERATION_RUNNING, "", &e));
    assert_int_equal(ERR_BUG, e.class);
    state_close(s);
}

static void beginnings_of_ids_are_enough(void **state)
{
    struct journal_list list;
    struct err e;
    struct state *s = open_state(state);
    begin(s, "a1-long");
    begin(s, "a1");
    begin(s, "a12");
    begin(s, "b7%_");
    list = find(s, "b");
    assert_string_equal("b7%_", list.entries[0].id);
    journal_list_release(&list);
    list = find(s, "a1"); /* the whole one, though others begin so */
    assert_string_equal("a1", list.entries[0].id);
    journal_list_release(&list);
    assert_int_equal(-1, state_operation(s, "a", &list, &e));
    assert_int_equal(ERR_INPUT, e.class);
    assert_non_null(strstr(e.message, "more than one"));
    assert_int_equal(0, list.count);
    static const char *const absent[] = {"", "c", "%", "a1-longer", "_1"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        assert_int_equal(-1, state_operation(s, absent[i], &list, &e));
        assert_int_equal(ERR_INPUT, e.class);
    }
    state_close(s);
}

static void lists_are_newest_first(void **state)
{
    static const int64_t started[] = {5, 9, 9, 1};
    struct journal_list list;
    struct err e;
    struct state *s = open_state(state);
    for (size_t i = 0; i < 4; i++) {
        struct journal_entry entry = entry_of((const char *[]){"a", "b", "c", "d"}[i]);
        entry.started_ms = started[i];
        assert_int_equal(0, state_operation_begin(s, &entry, &e));
    }
    assert_int_equal(0, state_operations(s, 3, &list, &e));
    assert_int_equal(3, list.count);
    assert_string_equal("c", list.entries[0].id);
    assert_string_equal("b", list.entries[1].id);
    assert_string_equal("a", list.entries[2].id);
    journal_list_release(&list);
    assert_int_equal(0, state_operations(s, 0, &list, &e));
    assert_int_equal(0, list.count);
    journal_list_release(&list);
    /* a kind of a later version is passed over */
    sql(state, "UPDATE operations SET kind = 'train' WHERE id = 'c'");
    assert_int_equal(0, state_operations(s, 100, &list, &e));
    assert_int_equal(3, list.count);
    journal_list_release(&list);
    state_close(s);
}

/* ---- secrets --------------------------------------------------------------------------------- */

static void assert_nowhere(void **state, const char *name, const char *needle)
{
    char path[PATH_MAX];
    struct buf b;
    struct err e;
    buf_init(&b, 64 << 20);
    if (file_exists(temp_folder_path(path, state, name))) {
        assert_int_equal(0, file_read(path, &b, &e));
        assert_null(memmem(buf_str(&b), b.len, needle, strlen(needle)));
    }
    buf_release(&b);
}

static void secrets_never_reach_the_file(void **state)
{
    static const char known[] = "open\"sesame\\4711", shape[] = "hf_abcdefghijklmnopqrstuvwxyz";
    char both[128];
    struct err e;
    struct state *s = open_state(state);
    assert_non_null(secret_register("test", known, &e));
    snprintf(both, sizeof both, "x %s y %s z", known, shape);
    struct json *asked = json_new_object();
    json_add_str(asked, "env", both);
    json_add_str(asked, both, "as a key");
    struct journal_entry entry = entry_of("op-1");
    entry.title = both;
    entry.asked = entry.done = asked;
    if (state_operation_begin(s, &entry, &e))
        fail_msg("%s", e.message);
    note(s, "op-1", "url", both);
    note(s, "op-1", both, "v");
    assert_int_equal(0, state_operation_end(s, "op-1", OPERATION_FAILED, both, &e));
    struct request q = request_of("q");
    q.input = q.output = q.error = q.gpu = q.model = (struct text){both, strlen(both)};
    snprintf(q.job_id, sizeof q.job_id, "%.80s", shape);
    save(s, &q);
    assert_int_equal(0, state_fact_set(s, "last", both, &e));
    struct journal_list list = find(s, "op-1"); /* and it can still be read */
    assert_non_null(strstr(json_str(list.entries[0].asked, "env"), "x *** y hf_***"));
    journal_list_release(&list);
    static const char *const files[] = {"profile/state.db", "profile/state.db-wal"};
    for (int closed = 0; closed < 2; closed++) {
        for (size_t i = 0; i < 2; i++) {
            assert_nowhere(state, files[i], "sesame");
            assert_nowhere(state, files[i], shape);
        }
        if (!closed)
            state_close(s);
    }
    json_free(asked);
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static void requests_come_back_as_they_were(void **state)
{
    struct arena *a = arena_new(ARENA_MAX);
    struct request *out, q = request_of("q1");
    struct err e;
    size_t n;
    struct state *s = open_state(state);
    save(s, &q);
    assert_int_equal(0, state_requests(s, NULL, 10, a, &out, &n, &e));
    assert_int_equal(1, n);
    assert_true(isnan(out->price_hour) && isnan(out->cost));
    assert_int_equal(-1, out->tokens_out);
    assert_int_equal(REQUEST_ROUTE_OPENAI, out->route);
    assert_string_equal("two\nlines", out->input.s);
    q.status = REQUEST_GONE;
    q.cost = 0.00041;
    q.ended_ms = INT64_MAX;
    q.output = TEXT("done");
    save(s, &q); /* the same row */
    struct request older = request_of("q0"), other = request_of("q2");
    older.submitted_ms = 1;
    older.status = REQUEST_SENDING;
    snprintf(other.endpoint_id, sizeof other.endpoint_id, "else");
    save(s, &other);
    save(s, &older);
    assert_int_equal(0, state_requests(s, "x2x4", 10, a, &out, &n, &e));
    assert_int_equal(2, n);
    assert_string_equal("q1", out[0].id);
    assert_int_equal(REQUEST_GONE, out[0].status);
    assert_true(out[0].cost == 0.00041);
    assert_int_equal(INT64_MAX, out[0].ended_ms);
    assert_string_equal("done", out[0].output.s);
    assert_int_equal(REQUEST_SENDING, out[1].status);
    assert_int_equal(0, state_requests(s, NULL, 2, a, &out, &n, &e));
    assert_int_equal(2, n);
    assert_string_equal("q2", out[0].id); /* of the same millisecond, the later */
    assert_int_equal(0, state_requests(s, "none", 2, a, &out, &n, &e));
    assert_int_equal(0, n);
    arena_free(a);
    state_close(s);
}

static void long_texts_are_cut_at_a_character(void **state)
{
    static char text[REQUEST_TEXT_MAX + 64];
    struct arena *a = arena_new(ARENA_MAX), *small = arena_new(8192);
    struct request *out, q = request_of("q1");
    struct err e;
    size_t n, length = 0;
    while (length + 3 < sizeof text) {
        memcpy(text + length, "\xE2\x82\xAC", 3);
        length += 3;
    }
    struct state *s = open_state(state);
    q.output = (struct text){text, length};
    save(s, &q);
    assert_int_equal(0, state_requests(s, NULL, 10, a, &out, &n, &e));
    assert_int_equal(REQUEST_TEXT_MAX / 3 * 3, out->output.len);
    assert_memory_equal(text, out->output.s, out->output.len);
    /* no room is said, never an answer without its text */
    assert_int_equal(-1, state_requests(s, NULL, 10, small, &out, &n, &e));
    assert_int_equal(ERR_IO, e.class);
    assert_null(out);
    assert_int_equal(0, n);
    arena_free(a);
    arena_free(small);
    state_close(s);
}

/* ---- small things ---------------------------------------------------------------------------- */

static void hashes_hold_while_the_file_is_the_same(void **state)
{
    static const char one[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const char two[] = "ffffffffffffffff0123456789abcdef0123456789abcdef0123456789abcdef";
    struct file_identity id = {UINT64_MAX, UINT64_MAX - 1, 42, 1234567890123456789, 7},
                         changed = id;
    char found[65], none[65] = "short";
    struct err e;
    struct state *s = open_state(state);
    assert_false(state_hash_get(s, &id, found));
    assert_int_equal(0, state_hash_put(s, &id, one, &e));
    assert_true(state_hash_get(s, &id, found));
    assert_string_equal(one, found);
    changed.changed_ns++; /* the time of its bytes was set back */
    assert_false(state_hash_get(s, &changed, found));
    changed.modified_ns++;
    assert_false(state_hash_get(s, &changed, found));
    assert_int_equal(0, state_hash_put(s, &changed, two, &e)); /* takes the place of the first */
    assert_true(state_hash_get(s, &changed, found));
    assert_string_equal(two, found);
    assert_int_equal(0, state_hash_drop(s, &id, &e)); /* another one: nothing happens to this */
    assert_true(state_hash_get(s, &changed, found));
    assert_int_equal(0, state_hash_drop(s, &changed, &e));
    assert_false(state_hash_get(s, &changed, found));
    assert_false(state_hash_get(s, &id, found));
    assert_int_equal(-1, state_hash_put(s, &id, none, &e));
    sql(state, "UPDATE hashes SET sha256 = 'damaged'");
    assert_false(state_hash_get(s, &changed, found));
    state_close(s);
}

static void facts_are_remembered_and_forgotten(void **state)
{
    struct arena *a = arena_new(ARENA_MAX);
    struct err e;
    struct state *s = open_state(state);
    assert_null(state_fact(s, "last-repo", a));
    assert_int_equal(0, state_fact_set(s, "last-repo", "acme/one", &e));
    assert_int_equal(0, state_fact_set(s, "last-repo", "acme/two", &e));
    state_close(s);
    s = open_state(state);
    assert_string_equal("acme/two", state_fact(s, "last-repo", a));
    assert_int_equal(0, state_fact_set(s, "last-repo", NULL, &e));
    assert_null(state_fact(s, "last-repo", a));
    arena_free(a);
    state_close(s);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, temp_folder_make, temp_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(is_made_private),
        IN_FOLDER(a_newer_version_is_refused),
        IN_FOLDER(garbage_is_one_clear_error),
        IN_FOLDER(a_read_only_folder_is_one_clear_error),
        IN_FOLDER(a_full_disk_leaves_what_was_saved),
        IN_FOLDER(two_handles_see_each_other),
        IN_FOLDER(processes_write_at_once),
        IN_FOLDER(a_locked_file_is_not_waited_for_longer_than_told),
        IN_FOLDER(a_killed_writer_loses_nothing_it_noted),
        IN_FOLDER(the_living_keep_what_they_hold),
        IN_FOLDER(a_number_given_again_is_not_the_holder),
        IN_FOLDER(entries_come_back_whole),
        IN_FOLDER(what_is_not_there_is_said),
        IN_FOLDER(beginnings_of_ids_are_enough),
        IN_FOLDER(lists_are_newest_first),
        IN_FOLDER(secrets_never_reach_the_file),
        IN_FOLDER(requests_come_back_as_they_were),
        IN_FOLDER(long_texts_are_cut_at_a_character),
        IN_FOLDER(hashes_hold_while_the_file_is_the_same),
        IN_FOLDER(facts_are_remembered_and_forgotten),
    };
    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
