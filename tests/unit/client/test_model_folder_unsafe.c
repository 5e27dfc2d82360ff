/* Folders that nobody means well with, files that change, memory that runs out; and opening and hashing
 * what is in the list. */
#include "model_fixture.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

static void link_to(void **state, const char *target, const char *name)
{
    char path[PATH_MAX];
    assert_int_equal(symlink(target, temp_folder_path(path, state, name)), 0);
}

static void assert_refused(void **state, enum err_class class, const char *words)
{
    struct err e = {0};
    struct arena *a = arena_new(MODEL_FOLDER_ARENA);
    struct checklist *list;
    assert_int_equal(model_folder_read(*state, a, &list, NULL, &e), -1);
    if (e.class != class || !strstr(e.message, words))
        fail_msg("%s: %s", err_class_name(e.class), e.message);
    assert_null(list);
    assert_int_equal(model_folder_read(*state, a, &list, NULL, NULL), -1);
    arena_free(a);
}

/* ---- the folder ---------------------------------------------------------------------------------- */

static void test_no_folder(void **state)
{
    char *paths[] = {(char[]){"/no/such/folder"}, (char[]){"/dev/null"}};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        void *path = paths[i];
        assert_refused(&path, ERR_INPUT, paths[i]);
    }
    assert_refused(state, ERR_INPUT, "empty");
    char fifo[PATH_MAX];
    void *path = temp_folder_path(fifo, state, "fifo");
    assert_int_equal(mkfifo(fifo, 0644), 0);
    assert_refused(&path, ERR_INPUT, "fifo"); /* and does not wait for a writer */
    assert_int_equal(remove(fifo), 0);
    put(state, ".git/HEAD", "x");
    assert_refused(state, ERR_INPUT, "empty");
}

static void test_too_many_files(void **state)
{
    char name[32];
    for (int i = 0; i <= MODEL_FOLDER_FILES_MAX; i++) {
        snprintf(name, sizeof name, "f%d", i);
        put(state, name, "");
        if (i == 2) { /* the limit itself is fine, so the walk must count, not guess */
            struct checked c = check_folder(state);
            assert_int_equal(c.list->send_count, 3);
            checked_free(&c);
        }
    }
    assert_refused(state, ERR_INPUT, "more than 20000 files");
    drop(state, "f0");
    struct checked c = check_folder(state);
    assert_int_equal(c.list->send_count, MODEL_FOLDER_FILES_MAX);
    checked_free(&c);
}

/* As deep as is looked into, and a level deeper. */
static void test_deep_folders(void **state)
{
    struct buf path;
    char name[256];
    buf_init(&path, PATH_MAX);
    put_good_model(state);
    for (int i = 0; i < MODEL_FOLDER_DEPTH_MAX; i++)
        buf_str_append(&path, "d/");
    snprintf(name, sizeof name, "%sx", buf_str(&path));
    put(state, name, "x");
    assert_checks(state, name, CHECK_OPTIONAL, CHECK_PRESENT, "present");
    snprintf(name, sizeof name, "%se/x", buf_str(&path));
    put(state, name, "x");
    snprintf(name, sizeof name, "%se/", buf_str(&path));
    struct checked c = check_folder(state);
    assert_line(&c, name, CHECK_OPTIONAL, CHECK_WARNING, "too deeply");
    assert_false(line_of(&c, name)->send);
    checked_free(&c);
    buf_release(&path);
}

static void test_cancelled(void **state)
{
    struct err e = {0};
    struct cancel *cancel = cancel_new(NULL);
    struct arena *a = arena_new(MODEL_FOLDER_ARENA);
    struct checklist *list;
    put_good_model(state);
    cancel_fire(cancel);
    assert_int_equal(model_folder_read(*state, a, &list, cancel, &e), -1);
    assert_int_equal(e.class, ERR_CANCEL);
    arena_free(a);
    cancel_unref(cancel);
}

/* Whatever room the arena has: a failure that says so, or the whole list. */
static void test_full_arena(void **state)
{
    struct checked whole;
    struct buf path; /* longer than all the rest of the list */
    buf_init(&path, PATH_MAX);
    for (int i = 0; i < 14 * 240; i++)
        buf_char(&path, i % 240 == 239 && i < 13 * 240 ? '/' : 'a');
    put(state, "tokenizer.json", GOOD_TOKENIZER);
    put(state, buf_str(&path), "x");
    buf_release(&path);
    whole = check_folder(state);
    size_t room = 0;
    for (bool fits = false; !fits; room += 97) {
        struct err e = {0};
        struct arena *a = arena_new(room);
        struct checklist *list;
        fits = model_folder_read(*state, a, &list, NULL, &e) == 0;
        if (!fits)
            assert_int_equal(e.class, ERR_IO);
        for (size_t i = 0; fits && i < list->count; i++) {
            assert_string_equal(list->files[i].path.s, whole.list->files[i].path.s);
            assert_string_equal(list->files[i].result.s, whole.list->files[i].result.s);
        }
        arena_free(a);
    }
    assert_true(room > 1000);
    checked_free(&whole);
}

/* ---- what is no file ------------------------------------------------------------------------------- */

static void assert_out(
    const struct checked *c, const char *path, enum check_kind kind, const char *words)
{
    bool needed = kind <= CHECK_RECOMMENDED;
    assert_line(c, path, kind, needed ? CHECK_BAD : CHECK_WARNING, words);
    assert_false(line_of(c, path)->send);
    assert_int_equal(line_of(c, path)->size, -1);
}

static void put_socket(void **state, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", (const char *)*state, name);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

/* A FIFO without a writer would hold up whoever opens it. */
static void test_fifo_and_socket(void **state)
{
    char path[PATH_MAX];
    put_good_model(state);
    drop(state, "model.safetensors");
    assert_int_equal(mkfifo(temp_folder_path(path, state, "model.safetensors"), 0644), 0);
    assert_int_equal(mkfifo(temp_folder_path(path, state, "notes.txt"), 0644), 0);
    assert_int_equal(mkfifo(temp_folder_path(path, state, ".pipe"), 0644), 0);
    put_socket(state, "s");
    struct checked c = check_folder(state);
    assert_out(&c, "model.safetensors", CHECK_WEIGHTS, "not a regular file");
    assert_out(&c, "notes.txt", CHECK_OPTIONAL, "not a regular file; left out");
    assert_out(&c, "s", CHECK_OPTIONAL, "not a regular file");
    assert_line(&c, ".pipe", CHECK_KEEP_OUT, CHECK_PRESENT, "hidden");
    checked_free(&c);
}

static void test_links(void **state)
{
    put_good_model(state);
    drop(state, "config.json");
    link_to(state, "/etc/passwd", "config.json");
    put(state, "sub/real.txt", "x");
    link_to(state, "../../outside.txt", "sub/out.txt");
    link_to(state, "real.txt/../../../etc/passwd", "sub/climb.txt");
    link_to(state, "nothing", "lost.txt");
    link_to(state, "loop", "loop");
    link_to(state, "sub", "folder");
    link_to(state, ".", "self");
    link_to(state, "folder/real.txt", "through.txt");
    link_to(state, "inside.txt", "twice.txt");
    link_to(state, "./sub/../sub//real.txt", "inside.txt");
    link_to(state, "/dev/zero", "zero");
    struct checked c = check_folder(state);
    assert_out(&c, "config.json", CHECK_REQUIRED, "a link out of the folder");
    assert_out(&c, "sub/out.txt", CHECK_OPTIONAL, "a link out of the folder");
    assert_out(&c, "sub/climb.txt", CHECK_OPTIONAL, "a link out of the folder");
    assert_out(&c, "lost.txt", CHECK_OPTIONAL, "a link to nothing");
    assert_out(&c, "loop", CHECK_OPTIONAL, "a link to nothing, or to another link");
    assert_out(&c, "folder", CHECK_OPTIONAL, "a link to a folder");
    assert_out(&c, "self", CHECK_OPTIONAL, "a link to a folder");
    assert_out(&c, "through.txt", CHECK_OPTIONAL, "another link");
    assert_out(&c, "twice.txt", CHECK_OPTIONAL, "another link");
    assert_out(&c, "zero", CHECK_OPTIONAL, "a link out of the folder");
    assert_line(&c, "inside.txt", CHECK_OPTIONAL, CHECK_PRESENT, "present");
    assert_true(line_of(&c, "inside.txt")->send);
    assert_int_equal(line_of(&c, "inside.txt")->size, 1);
    assert_null(line_of(&c, "folder/real.txt"));
    checked_free(&c);
}

/* Nobody may read as root what a user could not: so the test becomes a user. */
static void test_unreadable(void **state)
{
    char path[PATH_MAX];
    bool root = geteuid() == 0;
    put_good_model(state);
    put(state, "notes.txt", "x");
    put(state, "shut/x.txt", "x");
    put(state, "optimizer.pt", "x");
    assert_int_equal(chmod(temp_folder_path(path, state, "optimizer.pt"), 0), 0);
    assert_int_equal(chmod(temp_folder_path(path, state, "config.json"), 0), 0);
    assert_int_equal(chmod(temp_folder_path(path, state, "notes.txt"), 0), 0);
    assert_int_equal(chmod(temp_folder_path(path, state, "shut"), 0), 0);
    if (root) {
        assert_int_equal(chmod(*state, 0755), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    struct checked c = check_folder(state);
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(path, 0755), 0);
    assert_out(&c, "config.json", CHECK_REQUIRED, "Permission denied");
    assert_out(&c, "notes.txt", CHECK_OPTIONAL, "Permission denied; left out");
    assert_out(&c, "shut/", CHECK_OPTIONAL, "a folder that cannot be read");
    assert_line(
        &c, "optimizer.pt", CHECK_KEEP_OUT, CHECK_PRESENT, "training state; cannot be read");
    assert_int_equal(line_of(&c, "optimizer.pt")->size, -1); /* nobody can ask for it */
    checked_free(&c);
}

/* ---- names ------------------------------------------------------------------------------------------- */

static void test_names(void **state)
{
    static const struct {
        const char *name, *shown, *words;
    } rows[] = {
        {"bad\xFF.txt", "bad\uFFFD.txt", "not valid UTF-8"},
        {"two\nlines.txt", "two\u240Alines.txt", "cannot be shown"},
        {"red\033[31m.txt", "red.txt", "cannot be shown"},
        {"a\u202Etxt.exe", "atxt.exe", "cannot be shown"},
        {"\u200B", "(a name of invisible characters)", "cannot be shown"},
        {"hf_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123", "hf_***", "cannot be shown"},
    };
    put_good_model(state);
    put(state, "Grüße 模型.txt", "x");
    put(state, "checkpoint-1/bad\xFF", "x");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        put(state, rows[i].name, "x");
    struct checked c = check_folder(state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_line(&c, rows[i].shown, CHECK_OPTIONAL, CHECK_WARNING, rows[i].words);
        assert_false(line_of(&c, rows[i].shown)->send);
        assert_string_equal(line_of(&c, rows[i].shown)->raw_path, rows[i].name);
    }
    assert_line(&c, "checkpoint-1/bad\uFFFD", CHECK_KEEP_OUT, CHECK_PRESENT, "not valid UTF-8");
    assert_int_equal(line_of(&c, "checkpoint-1/bad\uFFFD")->size, -1);
    assert_line(&c, "Grüße 模型.txt", CHECK_OPTIONAL, CHECK_PRESENT, "present");
    checked_free(&c);
}

static void test_long_path(void **state)
{
    struct buf path;
    buf_init(&path, PATH_MAX);
    put_good_model(state);
    for (int i = 0; i < 5 * 220; i++)
        buf_char(&path, i % 220 == 219 && i < 4 * 220 ? '/' : 'a');
    put(state, buf_str(&path), "x");
    assert_checks(
        state, buf_str(&path), CHECK_OPTIONAL, CHECK_WARNING, "longer than the Hub takes");
    buf_release(&path);
}

/* ---- content ------------------------------------------------------------------------------------------ */

static void test_hostile_json(void **state)
{
    struct buf deep;
    buf_init(&deep, 1 << 20);
    for (int i = 0; i < 100000; i++)
        buf_char(&deep, '[');
    put_good_model(state);
    put(state, "config.json", buf_str(&deep));
    put(state, "generation_config.json", "{\"eos_token_id\":1e999}");
    put(state, "tokenizer_config.json",
        "{\"tokenizer_class\":7,\"eos_token\":[],\"chat_template\":{\"a\":1}}");
    put(state, "tokenizer.json", "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":\"b\",\"c\":[]}}}");
    struct checked c = check_folder(state);
    assert_line(&c, "config.json", CHECK_REQUIRED, CHECK_BAD, "nested too deeply");
    assert_line(&c, "generation_config.json", CHECK_RECOMMENDED, CHECK_WARNING, "no token");
    assert_line(&c, "tokenizer_config.json", CHECK_REQUIRED, CHECK_WARNING, "not a string");
    assert_line(&c, "tokenizer.json", CHECK_REQUIRED, CHECK_VALID, "");
    checked_free(&c);
    buf_release(&deep);
}

/* Words from a file are shown short, cleaned, and without keys. */
static void test_words_from_a_file(void **state)
{
    struct buf config;
    buf_init(&config, 1 << 20);
    buf_str_append(&config, "{\"model_type\":\"\u200B\",\"architectures\":[\"\\u001b[2J"
                            "hf_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123 ");
    for (int i = 0; i < 10000; i++)
        buf_str_append(&config, "long ");
    buf_str_append(&config, "\"]}");
    put_good_model(state);
    put(state, "config.json", buf_str(&config));
    struct checked c = check_folder(state);
    assert_line(&c, "config.json", CHECK_REQUIRED, CHECK_WARNING, "hf_*** long");
    assert_true(line_of(&c, "config.json")->result.len < 1000);
    assert_int_equal(c.list->facts.model_type.len, 0);
    assert_null(strchr(c.list->facts.architecture.s, '\033'));
    checked_free(&c);
    buf_release(&config);
}

static void test_too_large_to_look_into(void **state)
{
    char path[PATH_MAX];
    put_good_model(state);
    assert_int_equal(truncate(temp_folder_path(path, state, "config.json"), 5 << 20), 0);
    put(state, "big.json", "{");
    assert_int_equal(truncate(temp_folder_path(path, state, "big.json"), 5 << 20), 0);
    struct checked c = check_folder(state);
    assert_line(&c, "config.json", CHECK_REQUIRED, CHECK_BAD, "too large to look into (5.2 MB)");
    assert_line(&c, "big.json", CHECK_OPTIONAL, CHECK_PRESENT, "too large");
    checked_free(&c);
}

/* ---- opening ------------------------------------------------------------------------------------------- */

static void assert_opens(const struct checked *c, const char *path, const char *content)
{
    struct err e = {0};
    char bytes[64] = "";
    int fd = model_folder_open(c->list, line_of(c, path), &e);
    if (fd < 0)
        fail_msg("%s", e.message);
    assert_int_equal(read(fd, bytes, sizeof bytes - 1), strlen(content));
    assert_string_equal(bytes, content);
    close(fd);
}

static void assert_changed(const struct checked *c, const char *path)
{
    struct err e = {0};
    assert_int_equal(model_folder_open(c->list, line_of(c, path), &e), -1);
    assert_int_equal(e.class, ERR_STATE);
    assert_non_null(strstr(e.message, "changed while it was being uploaded"));
    assert_non_null(strstr(e.message, path));
}

static void test_open(void **state)
{
    char path[PATH_MAX], kept[PATH_MAX], event[4096];
    static const char *const files[] = {
        "same", "longer", "touched", "gone", "a-link", "a-fifo", "sub/moved"};
    put_good_model(state);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        put(state, files[i], "12345");
    link_to(state, "same", "link");
    struct checked c = check_folder(state);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_opens(&c, files[i], "12345");
    assert_opens(&c, "link", "12345");
    put(state, "longer", "123456");
    struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, temp_folder_path(path, state, "touched"), times, 0), 0);
    drop(state, "gone");
    drop(state, "a-link");
    link_to(state, "/etc/passwd", "a-link");
    drop(state, "a-fifo");
    assert_int_equal(mkfifo(temp_folder_path(path, state, "a-fifo"), 0644), 0);
    assert_int_equal(
        rename(temp_folder_path(path, state, "sub"), temp_folder_path(kept, state, "kept")), 0);
    link_to(state, "kept", "sub");
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    temp_folder_path(path, state, "a-fifo");
    assert_true(inotify_add_watch(watch, path, IN_OPEN) >= 0);
    for (size_t i = 1; i < 7; i++)
        assert_changed(&c, files[i]);
    assert_int_equal(read(watch, event, sizeof event), -1); /* nobody opened it */
    assert_int_equal(errno, EAGAIN);
    close(watch);
    assert_opens(&c, "same", "12345");
    const struct check_file absent = {.path = TEXT("absent")};
    struct err e = {0};
    assert_int_equal(model_folder_open(c.list, &absent, &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
    checked_free(&c);
}

/* ---- hashing ------------------------------------------------------------------------------------------- */

static int open_file(void **state, const char *name)
{
    char path[PATH_MAX];
    int fd = open(temp_folder_path(path, state, name), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* Known answers: FIPS 180 ("abc", a million a), `git hash-object`. */
static void test_hash(void **state)
{
    enum { MILLION = 1000000 };
    char *a = malloc(MILLION);
    assert_non_null(a);
    memset(a, 'a', MILLION);
    const struct {
        const char *bytes;
        size_t n;
        const char *sha256, *git;
    } rows[] = {
        {"", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"},
        {"abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f"},
        {a, MILLION, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            "de1fbf0c2f34f67f01f355f31ed0cf7319643c5e"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        char sha256[65], git[41];
        _Atomic int64_t done = 0;
        put_bytes(state, "f", rows[i].bytes, rows[i].n);
        int fd = open_file(state, "f");
        assert_int_equal(lseek(fd, 0, SEEK_END), rows[i].n); /* where it stands does not matter */
        if (model_folder_hash(fd, (int64_t)rows[i].n, sha256, git, &done, NULL, &e))
            fail_msg("%s", e.message);
        assert_string_equal(sha256, rows[i].sha256);
        assert_string_equal(git, rows[i].git);
        assert_int_equal(atomic_load(&done), rows[i].n);
        assert_int_equal(
            model_folder_hash(fd, (int64_t)rows[i].n, sha256, NULL, NULL, NULL, &e), 0);
        assert_string_equal(sha256, rows[i].sha256);
        close(fd);
    }
    free(a);
}

static void test_hash_of_what_changed(void **state)
{
    char sha256[65];
    static const int64_t sizes[] = {0, 4, 6, 2 << 20};
    put(state, "f", "12345");
    int fd = open_file(state, "f");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct err e = {0};
        assert_int_equal(model_folder_hash(fd, sizes[i], sha256, NULL, NULL, NULL, &e), -1);
        assert_int_equal(e.class, ERR_STATE);
    }
    close(fd);
}

static void test_hash_cancelled(void **state)
{
    char sha256[65];
    struct err e = {0};
    struct cancel *cancel = cancel_new(NULL);
    put(state, "f", "12345");
    int fd = open_file(state, "f");
    cancel_fire(cancel);
    assert_int_equal(model_folder_hash(fd, 5, sha256, NULL, NULL, cancel, &e), -1);
    assert_int_equal(e.class, ERR_CANCEL);
    close(fd);
    cancel_unref(cancel);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_no_folder),
        CASE(test_too_many_files),
        CASE(test_deep_folders),
        CASE(test_cancelled),
        CASE(test_full_arena),
        CASE(test_fifo_and_socket),
        CASE(test_links),
        CASE(test_unreadable),
        CASE(test_names),
        CASE(test_long_path),
        CASE(test_hostile_json),
        CASE(test_words_from_a_file),
        CASE(test_too_large_to_look_into),
        CASE(test_open),
        CASE(test_hash),
        CASE(test_hash_of_what_changed),
        CASE(test_hash_cancelled),
    };
    return cmocka_run_group_tests_name("model_folder_unsafe", tests, NULL, NULL);
}
