/* image: the reference is split into repository, tag and digest; the tag rules of runpod's two worker
 * repositories are a table of functions (spec/runpod.md §7.1: the bare tag "stable" of the old
 * repository never existed; versions are those of §7.2). */
#include "sim/image.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFERENCE_MAX = 255, TAG_MAX = 128, DIGEST_HEX = 64 };

struct reference {
    char repository[REFERENCE_MAX + 1];
    char tag[TAG_MAX + 1]; /* "" = none */
    bool digest;
};

/* Lower-case words joined by single '.', '_', '__' or dashes; none at the ends. */
static bool component_valid(const char *s, size_t n)
{
    if (n == 0 || !isalnum((unsigned char)s[0]) || !isalnum((unsigned char)s[n - 1])) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (isupper(c) || (!isalnum(c) && strchr("._-", c) == NULL)) {
            return false;
        }
        if (c == '.' && s[i + 1] == '.') {
            return false;
        }
    }
    return true;
}

/* Whether the first component is a registry (it has a dot or a port, or is localhost). */
static bool is_host(const char *s, size_t n)
{
    return memchr(s, '.', n) != NULL || memchr(s, ':', n) != NULL ||
           (n == 9 && memcmp(s, "localhost", 9) == 0);
}

static bool host_valid(const char *s, size_t n)
{
    const char *colon = memchr(s, ':', n);
    size_t name = colon == NULL ? n : (size_t)(colon - s);
    if (name == 0) {
        return false;
    }
    for (size_t i = 0; i < name; i++) {
        if (!isalnum((unsigned char)s[i]) && strchr(".-", s[i]) == NULL) {
            return false;
        }
    }
    if (colon == NULL) {
        return true;
    }
    size_t digits = strspn(colon + 1, "0123456789");
    return digits >= 1 && digits <= 5 && name + 1 + digits == n;
}

static bool repository_valid(const char *s)
{
    const char *slash = strchr(s, '/');
    if (slash != NULL && is_host(s, (size_t)(slash - s))) {
        if (!host_valid(s, (size_t)(slash - s))) {
            return false;
        }
        s = slash + 1;
    }
    for (;;) {
        size_t n = strcspn(s, "/");
        if (!component_valid(s, n)) {
            return false;
        }
        if (s[n] == '\0') {
            return true;
        }
        s += n + 1;
    }
}

static bool tag_valid(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > TAG_MAX || *s == '.' || *s == '-') {
        return false;
    }
    for (; *s != '\0'; s++) {
        if (!isalnum((unsigned char)*s) && strchr("._-", *s) == NULL) {
            return false;
        }
    }
    return true;
}

static bool digest_valid(const char *s)
{
    return strncmp(s, "sha256:", 7) == 0 && strlen(s + 7) == DIGEST_HEX &&
           strspn(s + 7, "0123456789abcdef") == DIGEST_HEX;
}

static bool reference_split(const char *reference, struct reference *out)
{
    size_t n = strlen(reference);
    if (n == 0 || n > REFERENCE_MAX) {
        return false;
    }
    memcpy(out->repository, reference, n + 1);
    out->tag[0] = '\0';
    char *at = strchr(out->repository, '@');
    out->digest = at != NULL;
    if (at != NULL) {
        *at = '\0';
        if (!digest_valid(at + 1)) {
            return false;
        }
    }
    char *slash = strrchr(out->repository, '/');
    char *colon = strchr(slash == NULL ? out->repository : slash, ':');
    if (colon != NULL) {
        *colon = '\0';
        if (!tag_valid(colon + 1)) {
            return false;
        }
        (void)snprintf(out->tag, sizeof out->tag, "%s", colon + 1);
    }
    return repository_valid(out->repository);
}

bool image_reference_valid(const char *reference)
{
    struct reference r;
    return reference_split(reference, &r);
}

/* Reads "2.25.2" up to what follows; false when it is no such number. */
static bool version_read(const char *s, int v[3], const char **rest)
{
    for (int i = 0; i < 3; i++) {
        size_t digits = strspn(s, "0123456789");
        if (digits == 0 || digits > 4) {
            return false;
        }
        v[i] = (int)strtol(s, NULL, 10);
        s += digits;
        if (i < 2 && *s++ != '.') {
            return false;
        }
    }
    *rest = s;
    return true;
}

static bool in_order(const int a[3], const int b[3])
{
    for (int i = 0; i < 3; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i];
        }
    }
    return true;
}

/* The old repository: 0.1.0 – 1.0.1, and "base-", "dev-", "stable-" builds, always with a CUDA
 * suffix. */
static bool old_worker_tag(const char *tag)
{
    static const char *const builds[] = {"stable-cuda", "dev-cuda", "base-"};
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++) {
        size_t n = strlen(builds[i]);
        if (strncmp(tag, builds[i], n) == 0 && tag[n] != '\0') {
            return true;
        }
    }
    int v[3];
    const char *rest = NULL;
    return version_read(tag, v, &rest) && in_order(v, (const int[3]){1, 0, 1});
}

/* The current one: stable-cuda…, v1.1.0 … v2.8 also with that suffix, then v2.9.0 – v2.28.0 plain. */
static bool new_worker_tag(const char *tag)
{
    static const int last_suffixed[3] = {2, 8, 99}, newest[3] = {2, 28, 0};
    if (strcmp(tag, "stable-cuda12.1.0") == 0 || strcmp(tag, "dev-cuda12.1.0") == 0) {
        return true;
    }
    int v[3];
    const char *rest = NULL;
    if (tag[0] != 'v' || !version_read(tag + 1, v, &rest) || !in_order(v, newest)) {
        return false;
    }
    return *rest == '\0' || (in_order(v, last_suffixed) && strncmp(rest, "stable-cuda", 11) == 0);
}

static const struct known {
    const char *repository;
    bool (*published)(const char *tag);
} known[] = {
    {"runpod/worker-vllm", old_worker_tag},
    {"runpod/worker-v1-vllm", new_worker_tag},
};

bool image_published(const char *reference)
{
    struct reference r;
    if (!reference_split(reference, &r)) {
        return false;
    }
    const char *name = r.repository;
    if (strncmp(name, "docker.io/", 10) == 0) {
        name += 10;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].repository, name) == 0) {
            return r.digest || known[i].published(r.tag[0] == '\0' ? "latest" : r.tag);
        }
    }
    return true;
}
