#include "core/wake.h"

#include "helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static void it_is_readable_from_waking_to_draining(void **state)
{
    (void)state;
    struct wake w;
    assert_int_equal(wake_init(&w), 0);
    assert_false(is_readable(wake_fd(&w), 0));
    wake_up(&w);
    wake_up(&w);
    assert_true(is_readable(wake_fd(&w), 0));
    assert_true(is_readable(wake_fd(&w), 0));
    wake_drain(&w);
    assert_false(is_readable(wake_fd(&w), 0));
    wake_up(&w);
    assert_true(is_readable(wake_fd(&w), 0));
    wake_release(&w);
}

/* More wake-ups than a pipe has room for, with nobody reading. */
static void waking_never_blocks_nor_touches_errno(void **state)
{
    (void)state;
    struct wake w;
    assert_int_equal(wake_init(&w), 0);
    errno = EXDEV;
    for (int i = 0; i < 20000; i++)
        wake_up(&w);
    assert_int_equal(errno, EXDEV);
    wake_drain(&w);
    wake_drain(&w); /* empty: does not block either */
    assert_int_equal(errno, EXDEV);
    assert_false(is_readable(wake_fd(&w), 0));
    wake_release(&w);
}

static void children_do_not_inherit_it(void **state)
{
    (void)state;
    struct wake w;
    assert_int_equal(wake_init(&w), 0);
    assert_int_equal(fcntl(w.read_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(w.write_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    wake_release(&w);
    assert_int_equal(w.read_fd, -1);
    wake_release(&w); /* the second time does nothing */
}

static void no_descriptor_is_told(void **state)
{
    (void)state;
    struct rlimit usual, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    few = usual;
    few.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct wake w;
    int failed = wake_init(&w), error = errno;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(failed, -1);
    assert_int_equal(error, EMFILE);
    assert_int_equal(w.read_fd, -1);
    wake_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_readable_from_waking_to_draining),
        cmocka_unit_test(waking_never_blocks_nor_touches_errno),
        cmocka_unit_test(children_do_not_inherit_it),
        cmocka_unit_test(no_descriptor_is_told),
    };
    return cmocka_run_group_tests_name("wake", tests, NULL, NULL);
}
