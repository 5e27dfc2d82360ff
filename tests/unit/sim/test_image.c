/* Image references: what Docker allows, and which of runpod's tags ever were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/image.h"

#include <string.h>

#define SHA "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void well_formed(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "nginx", "nginx:1.27", "acme/worker",
        "acme/worker:V1_x.y-z", "registry.example.com/acme/deep/er:tag", "localhost:5000/x",
        "localhost/x:1", "10.0.0.1:5000/x:1", ("ghcr.io/a/b@" SHA), ("a/b:tag@" SHA), "a__b/c-d.e"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!image_reference_valid(good[i])) {
            print_message("refused %s\n", good[i]);
        }
        assert_true(image_reference_valid(good[i]));
        assert_true(image_published(good[i]));
    }
}

static void malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ":", "/", "a/", "/a", "a//b", "Acme/worker", "a b",
        "a:", "a:b:c", "a:.x", "a:-x", "a:b/c d", "a@", "a@sha256:12", "a@md5:00", "-a", "a-",
        "a..b", "host.io:99999999/x", ".io/x/y:z w", "http://a/b", "a/b:t\ng", "caf\xC3\xA9"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (image_reference_valid(bad[i])) {
            print_message("accepted %s\n", bad[i]);
        }
        assert_false(image_reference_valid(bad[i]));
        assert_false(image_published(bad[i]));
    }
    char longest[300];
    memset(longest, 'a', sizeof longest);
    longest[255] = '\0';
    assert_true(image_reference_valid(longest));
    memset(longest, 'a', sizeof longest);
    longest[256] = '\0';
    assert_false(image_reference_valid(longest));
    char tag[160] = "a:";
    memset(tag + 2, 't', 128);
    assert_true(image_reference_valid(tag));
    memset(tag + 2, 't', 129);
    assert_false(image_reference_valid(tag));
}

/* spec/runpod.md §7.1, §7.2 */
static void tags_of_runpods_workers(void **state)
{
    (void)state;
    static const char *const there[] = {"runpod/worker-v1-vllm:v2.25.2",
        "runpod/worker-v1-vllm:v2.18.1", "runpod/worker-v1-vllm:v2.28.0",
        "runpod/worker-v1-vllm:stable-cuda12.1.0", "runpod/worker-v1-vllm:v2.7.0stable-cuda12.1.0",
        "docker.io/runpod/worker-v1-vllm:v2.9.0", "runpod/worker-vllm:stable-cuda12.1.0",
        "runpod/worker-vllm:stable-cuda11.8.0", "runpod/worker-vllm:0.3.2-cuda12.1.0",
        ("runpod/worker-vllm@" SHA), "somebody/worker-vllm:stable"};
    static const char *const never[] = {"runpod/worker-vllm:stable", "runpod/worker-vllm",
        "runpod/worker-vllm:latest", "docker.io/runpod/worker-vllm:stable",
        "runpod/worker-v1-vllm:stable", "runpod/worker-v1-vllm", "runpod/worker-v1-vllm:latest",
        "runpod/worker-v1-vllm:v2.28.1", "runpod/worker-v1-vllm:v3.0.0",
        "runpod/worker-v1-vllm:2.25.2", "runpod/worker-v1-vllm:v2.25",
        "runpod/worker-v1-vllm:v2.25.2stable-cuda12.1.0", "runpod/worker-vllm:stable-cuda"};
    for (size_t i = 0; i < sizeof there / sizeof *there; i++) {
        if (!image_published(there[i])) {
            print_message("refused %s\n", there[i]);
        }
        assert_true(image_published(there[i]));
    }
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        if (image_published(never[i])) {
            print_message("accepted %s\n", never[i]);
        }
        assert_false(image_published(never[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed),
        cmocka_unit_test(malformed),
        cmocka_unit_test(tags_of_runpods_workers),
    };
    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
