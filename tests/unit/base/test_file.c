/* Reading and writing small files. */
#include "base/file.h"

#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

static void must_write(const char *path, const void *bytes, size_t n)
{
    struct err e = {0};
    if (file_write(path, bytes, n, &e))
        fail_msg("%s", e.message);
}

static void assert_holds(const char *path, const char *expected)
{
    struct buf b;
    struct err e = {0};
    buf_init(&b, 1 << 20);
    if (file_read(path, &b, &e))
        fail_msg("%s", e.message);
    assert_string_equal(buf_str(&b), expected);
    assert_int_equal(b.len, strlen(expected));
    buf_release(&b);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

/* How many names the folder holds. */
static int names_in(const char *folder)
{
    int n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(d);
    return n;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static void assert_read_fails(const char *path, size_t max, enum err_class class, int number)
{
    struct buf b;
    struct err e = {0};
    buf_init(&b, max);
    assert_int_equal(buf_str_append(&b, "kept"), 0);
    assert_int_equal(file_read(path, &b, &e), -1);
    assert_int_equal(e.class, class);
    if (number)
        assert_int_equal(e.number, number);
    assert_non_null(strstr(e.message, strrchr(path, '/') + 1));
    assert_string_equal(buf_str(&b), "kept");
    assert_int_equal(b.len, 4);
    assert_int_equal(file_read(path, &b, NULL), -1);
    buf_release(&b);
}

static void test_read_what_was_written(void **state)
{
    char path[PATH_MAX];
    temp_folder_path(path, state, "file");
    must_write(path, "", 0);
    assert_holds(path, "");
    static const char bytes[] = "a\0b\xFF\n";
    must_write(path, bytes, sizeof bytes - 1);
    struct buf b;
    buf_init(&b, 100);
    assert_int_equal(buf_str_append(&b, "before "), 0);
    assert_int_equal(file_read(path, &b, NULL), 0);
    assert_int_equal(b.len, 7 + sizeof bytes - 1);
    assert_memory_equal(buf_str(&b), "before a\0b\xFF\n", b.len + 1);
    buf_release(&b);
}

/* Larger than any single read, and exactly as large as the room. */
static void test_read_large(void **state)
{
    enum { LARGE = 1000 * 1000 };
    char path[PATH_MAX];
    char *bytes = malloc(LARGE);
    assert_non_null(bytes);
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char)(i * 7 >> 4);
    must_write(temp_folder_path(path, state, "file"), bytes, LARGE);
    struct buf b;
    buf_init(&b, LARGE);
    assert_int_equal(file_read(path, &b, NULL), 0);
    assert_int_equal(b.len, LARGE);
    assert_memory_equal(buf_str(&b), bytes, LARGE);
    assert_int_equal(buf_str(&b)[LARGE], 0);
    buf_release(&b);
    free(bytes);
    assert_read_fails(path, LARGE - 1, ERR_IO, EFBIG);
    assert_read_fails(path, 4, ERR_IO, EFBIG);
}

static void test_read_what_is_not_there(void **state)
{
    char path[PATH_MAX];
    assert_read_fails(temp_folder_path(path, state, "none"), 100, ERR_INPUT, ENOENT);
    must_write(temp_folder_path(path, state, "file"), "x", 1);
    assert_read_fails(temp_folder_path(path, state, "file/below"), 100, ERR_INPUT, ENOTDIR);
}

static void make_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof address.sun_path);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

/* None of these may block: nobody writes to the FIFO. */
static void test_read_what_is_no_file(void **state)
{
    char path[PATH_MAX];
    assert_int_equal(mkfifo(temp_folder_path(path, state, "fifo"), 0600), 0);
    assert_read_fails(path, 100, ERR_INPUT, 0);
    assert_int_equal(mkdir(temp_folder_path(path, state, "folder"), 0700), 0);
    assert_read_fails(path, 100, ERR_INPUT, 0);
    make_socket(temp_folder_path(path, state, "socket"));
    assert_read_fails(path, 100, ERR_INPUT, 0);
    assert_read_fails("/dev/zero", 100, ERR_INPUT, 0);
}

static void test_read_through_a_link(void **state)
{
    char path[PATH_MAX], other[PATH_MAX];
    must_write(temp_folder_path(path, state, "file"), "x", 1);
    assert_int_equal(symlink(path, temp_folder_path(other, state, "link")), 0);
    assert_holds(other, "x");
}

/* Root may read anything, so it becomes somebody else, who may not even look into the folder. */
static void test_read_without_the_right(void **state)
{
    char path[PATH_MAX];
    bool root = geteuid() == 0;
    must_write(temp_folder_path(path, state, "file"), "x", 1);
    assert_int_equal(root ? seteuid(65534) : chmod(path, 0), 0);
    assert_read_fails(path, 100, ERR_IO, EACCES);
    if (root)
        assert_int_equal(seteuid(0), 0);
}

/* Files of the kernel say they are empty and are not. */
static void test_read_unknown_size(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(file_read("/proc/self/status", &b, NULL), 0);
    assert_true(b.len > 0);
    buf_release(&b);
    assert_read_fails("/proc/self/status", 20, ERR_IO, EFBIG);
}

/* ---- writing ----------------------------------------------------------------------------------- */

static void test_write_replaces(void **state)
{
    char path[PATH_MAX];
    mode_t old = umask(0);
    must_write(temp_folder_path(path, state, "file"), "long content", 12);
    umask(old);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(chmod(path, 0644), 0);
    must_write(path, "new", 3);
    assert_holds(path, "new");
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(names_in(*state), 1);
}

/* Who has the old file open keeps the old content: it is replaced, not overwritten. */
static void test_write_is_one_step(void **state)
{
    char path[PATH_MAX], content[8];
    must_write(temp_folder_path(path, state, "file"), "old", 3);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    must_write(path, "other", 5);
    assert_int_equal(read(fd, content, sizeof content), 3);
    assert_memory_equal(content, "old", 3);
    close(fd);
}

static void assert_write_fails(const char *path, const void *bytes, size_t n, int number)
{
    struct err e = {0};
    assert_int_equal(file_write(path, bytes, n, &e), -1);
    assert_int_equal(e.class, ERR_IO);
    assert_int_equal(e.number, number);
    assert_int_equal(file_write(path, bytes, n, NULL), -1);
}

static void test_write_fails(void **state)
{
    char path[PATH_MAX];
    assert_write_fails(temp_folder_path(path, state, "no/file"), "x", 1, ENOENT);
    assert_int_equal(mkdir(temp_folder_path(path, state, "folder"), 0700), 0);
    assert_write_fails(path, "x", 1, EISDIR);
    assert_int_equal(names_in(*state), 1);
    char *longer = malloc(2 * PATH_MAX);
    assert_non_null(longer);
    memset(longer, '/', 2 * PATH_MAX - 1);
    longer[2 * PATH_MAX - 1] = '\0';
    assert_write_fails(longer, "x", 1, ENAMETOOLONG);
    free(longer);
}

/* A disk that fills up leaves the old content and no temporary file. */
static void test_write_on_a_full_disk(void **state)
{
    char path[PATH_MAX];
    struct rlimit old, low;
    must_write(temp_folder_path(path, state, "file"), "old", 3);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    low = old;
    low.rlim_cur = 2;
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    struct err e = {0};
    int result = file_write(path, "12345", 5, &e);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, before);
    assert_int_equal(result, -1);
    assert_int_equal(e.class, ERR_IO);
    assert_int_equal(e.number, EFBIG);
    assert_holds(path, "old");
    assert_int_equal(names_in(*state), 1);
}

static void test_write_longest_name(void **state)
{
    char path[PATH_MAX], name[NAME_MAX + 1];
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    must_write(temp_folder_path(path, state, name), "x", 1);
    assert_holds(path, "x");
}

static void test_write_relative_path(void **state)
{
    char here[PATH_MAX];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(*state), 0);
    struct err e = {0};
    int result = file_write("name", "x", 1, &e);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(result, 0);
    char path[PATH_MAX];
    assert_holds(temp_folder_path(path, state, "name"), "x");
}

/* ---- folders ----------------------------------------------------------------------------------- */

static void test_make_folder(void **state)
{
    char path[PATH_MAX];
    struct err e = {0};
    mode_t old = umask(0);
    assert_int_equal(file_make_folder(temp_folder_path(path, state, "a/b//c/"), &e), 0);
    umask(old);
    assert_int_equal(mode_of(temp_folder_path(path, state, "a")), 0700);
    assert_int_equal(mode_of(temp_folder_path(path, state, "a/b")), 0700);
    assert_int_equal(mode_of(temp_folder_path(path, state, "a/b/c")), 0700);
    assert_int_equal(file_make_folder(temp_folder_path(path, state, "a/b/c"), &e), 0);
    assert_int_equal(file_make_folder("/", &e), 0);
    assert_int_equal(file_make_folder(".", &e), 0);
    /* What was there keeps its mode. */
    assert_int_equal(chmod(temp_folder_path(path, state, "a"), 0755), 0);
    assert_int_equal(file_make_folder(temp_folder_path(path, state, "a/d"), &e), 0);
    assert_int_equal(mode_of(temp_folder_path(path, state, "a")), 0755);
}

static void test_make_folder_through_a_link(void **state)
{
    char path[PATH_MAX], link[PATH_MAX];
    assert_int_equal(mkdir(temp_folder_path(path, state, "real"), 0700), 0);
    assert_int_equal(symlink(path, temp_folder_path(link, state, "link")), 0);
    assert_int_equal(file_make_folder(temp_folder_path(path, state, "link/below"), NULL), 0);
    assert_true(file_exists(temp_folder_path(path, state, "real/below")));
}

static void test_make_folder_fails(void **state)
{
    char path[PATH_MAX];
    struct err e = {0};
    must_write(temp_folder_path(path, state, "file"), "x", 1);
    assert_int_equal(file_make_folder(path, &e), -1);
    assert_int_equal(e.class, ERR_IO);
    assert_int_equal(e.number, ENOTDIR);
    assert_int_equal(file_make_folder(temp_folder_path(path, state, "file/below"), &e), -1);
    assert_int_equal(e.number, ENOTDIR);
    assert_int_equal(file_make_folder("", &e), -1);
    assert_int_equal(e.number, ENOENT);
    assert_int_equal(file_make_folder("", NULL), -1);
}

/* ---- looking ----------------------------------------------------------------------------------- */

static void test_check_private(void **state)
{
    char path[PATH_MAX];
    static const struct {
        mode_t mode;
        int result;
    } cases[] = {{0600, 0}, {0400, 0}, {0700, 0}, {0640, -1}, {0620, -1}, {0604, -1}, {0602, -1},
        {0666, -1}};
    must_write(temp_folder_path(path, state, "it's"), "x", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        assert_int_equal(chmod(path, cases[i].mode), 0);
        assert_int_equal(file_check_private(path, &e), cases[i].result);
        if (cases[i].result == 0)
            continue;
        assert_int_equal(e.class, ERR_INPUT);
        assert_non_null(strstr(e.hint, "chmod 600 "));
        assert_int_equal(file_check_private(path, NULL), -1);
    }
}

/* The hint may be pasted into a shell as it is. */
static void test_check_private_hint(void **state)
{
    char path[PATH_MAX], expected[2 * PATH_MAX];
    struct err e = {0};
    must_write(temp_folder_path(path, state, "it's; $(x)"), "x", 1);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(file_check_private(path, &e), -1);
    snprintf(expected, sizeof expected, "chmod 600 '%s/it'\\''s; $(x)'", (const char *)*state);
    assert_string_equal(e.hint, expected);
}

static void test_check_private_refuses(void **state)
{
    char path[PATH_MAX];
    struct err e = {0};
    assert_int_equal(file_check_private(temp_folder_path(path, state, "none"), &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
    assert_int_equal(file_check_private(*state, &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
}

/* Root gives a file of its own away; anybody else looks at one of root's. */
static void test_check_private_of_another(void **state)
{
    char path[PATH_MAX] = "/etc/passwd";
    struct err e = {0};
    if (geteuid() == 0) {
        must_write(temp_folder_path(path, state, "theirs"), "x", 1);
        assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
    }
    assert_int_equal(file_check_private(path, &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
    assert_non_null(strstr(e.message, "another user"));
    assert_true(e.hint[0] != '\0');
}

static void test_exists(void **state)
{
    char path[PATH_MAX];
    assert_true(file_exists(*state));
    assert_false(file_exists(temp_folder_path(path, state, "file")));
    must_write(path, "", 0);
    assert_true(file_exists(path));
    assert_false(file_exists(""));
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(test_read_what_was_written),
        FILE_TEST(test_read_large),
        FILE_TEST(test_read_what_is_not_there),
        FILE_TEST(test_read_what_is_no_file),
        FILE_TEST(test_read_through_a_link),
        FILE_TEST(test_read_without_the_right),
        FILE_TEST(test_read_unknown_size),
        FILE_TEST(test_write_replaces),
        FILE_TEST(test_write_is_one_step),
        FILE_TEST(test_write_fails),
        FILE_TEST(test_write_on_a_full_disk),
        FILE_TEST(test_write_longest_name),
        FILE_TEST(test_write_relative_path),
        FILE_TEST(test_make_folder),
        FILE_TEST(test_make_folder_through_a_link),
        FILE_TEST(test_make_folder_fails),
        FILE_TEST(test_check_private),
        FILE_TEST(test_check_private_hint),
        FILE_TEST(test_check_private_refuses),
        FILE_TEST(test_check_private_of_another),
        FILE_TEST(test_exists),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
