/* A reference is taken apart (repository, tag), the repository finds its row, the tag's version finds the row
 * of the table of spec/runpod.md §7.2. A version between two rows counts to the one before it, with that
 * row's range. What is neither in a table nor later than it is unknown: never refused, only warned about. */
#include "model/worker_image.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- the tables -------------------------------------------------------------------------------- */

enum repository { CURRENT, FROZEN, SERVER, OTHER };

static const struct {
    const char *name;
    enum repository is;
} repositories[] = {
    {"runpod/worker-v1-vllm", CURRENT},
    {"runpod/worker-vllm", FROZEN},
    {"vllm/vllm-openai", SERVER},
};

/* `old`: of 2025 and earlier. `suffixed`: their tags name a CUDA version. */
static const struct release {
    struct worker_version first, last;
    enum repository in;
    enum worker_generation generation;
    const char *since, *vllm_first, *vllm_last, *cuda;
    bool old, suffixed;
} releases[] = {
    {{0, 1, 0}, {0, 3, 2}, FROZEN, WORKER_GENERATION_0, "2024-01", "", "", "11.8", true, true},
    {{1, 0, 0}, {1, 0, 1}, FROZEN, WORKER_GENERATION_A, "2024-06", "0.4.2", "0.4.2", "11.8", true,
        true},
    {{1, 1, 0}, {1, 9, 0}, CURRENT, WORKER_GENERATION_A, "2024-08", "0.5.3.post1", "0.7.0", "12.1",
        true, true},
    {{2, 1, 0}, {2, 8, 0}, CURRENT, WORKER_GENERATION_A, "2025-02", "0.7.3", "0.10.0", "12.1", true,
        true},
    {{2, 9, 0}, {2, 11, 1}, CURRENT, WORKER_GENERATION_A, "2025-08", "0.10.0", "0.11.0", "12.1",
        true, false},
    {{2, 11, 2}, {2, 11, 3}, CURRENT, WORKER_GENERATION_A, "2026-01", "0.11.0", "0.11.0", "12.4",
        false, false},
    {{2, 12, 0}, {2, 12, INT_MAX}, CURRENT, WORKER_GENERATION_A, "2026-02", "0.15.0", "0.15.0",
        "12.8", false, false},
    {{2, 13, 0}, {2, 18, 1}, CURRENT, WORKER_GENERATION_A, "2026-02", "0.15.0", "0.19.1", "12.9",
        false, false},
    {{2, 19, 0}, {2, 23, 0}, CURRENT, WORKER_GENERATION_A, "2026-05", "0.20.2", "0.23.0", "13.0",
        false, false},
    {{2, 24, 0}, {2, 24, 0}, CURRENT, WORKER_GENERATION_B, "2026-08", "0.26.0", "0.26.0", "13.0",
        false, false},
    {{2, 25, 0}, {2, 25, 0}, CURRENT, WORKER_GENERATION_B, "2026-08", "0.27.0", "0.27.0", "13.0",
        false, false},
    {{2, 25, 1}, {2, 25, 2}, CURRENT, WORKER_GENERATION_B, "2026-08", "0.27.1", "0.27.1", "13.0",
        false, false},
    /* Seen in use, their source not read: taken as generation B, their CUDA as that of the ones before. */
    {{2, 26, 0}, {2, 26, 0}, CURRENT, WORKER_GENERATION_B, "", "", "", "13.0", false, false},
    {{2, 27, 0}, {2, 27, 0}, CURRENT, WORKER_GENERATION_B, "", "0.29.0", "0.29.0", "13.0", false,
        false},
    {{2, 27, 1}, {2, 27, 2}, CURRENT, WORKER_GENERATION_B, "", "", "", "13.0", false, false},
    {{2, 28, 0}, {2, 28, 0}, CURRENT, WORKER_GENERATION_B, "2026-10", "0.30.0", "0.30.0", "13.0",
        false, false},
};
enum { CUDA_EVERYWHERE = 1204 }; /* every host has this one */
enum { RELEASES = sizeof releases / sizeof *releases };

static const char *const generation_names[WORKER_GENERATIONS] = {
    [WORKER_GENERATION_UNKNOWN] = "unknown",
    [WORKER_GENERATION_0] = "0",
    [WORKER_GENERATION_A] = "A",
    [WORKER_GENERATION_B] = "B",
};

const char *worker_generation_name(enum worker_generation generation)
{
    return (unsigned)generation < WORKER_GENERATIONS ? generation_names[generation] : "unknown";
}

static int order(int a, int b)
{
    return (a > b) - (a < b);
}

int worker_version_compare(struct worker_version a, struct worker_version b)
{
    int by = order(a.major, b.major);
    by = by ? by : order(a.minor, b.minor);
    return by ? by : order(a.patch, b.patch);
}

/* ---- the reference ----------------------------------------------------------------------------- */

struct span {
    const char *s;
    size_t n;
};

struct reference {
    struct span name, tag;
    bool digest;
};

static bool is(struct span s, const char *word)
{
    return s.n == strlen(word) && memcmp(s.s, word, s.n) == 0;
}

static bool take(struct span *s, const char *beginning)
{
    size_t n = strlen(beginning);
    if (s->n < n || memcmp(s->s, beginning, n) != 0)
        return false;
    s->s += n;
    s->n -= n;
    return true;
}

static struct reference take_apart(const char *words)
{
    static const char *const hosts[] = {"docker.io/", "index.docker.io/", "registry-1.docker.io/"};
    struct reference r = {.name = {words, strcspn(words, "@")}, .tag = {"", 0}};
    r.digest = words[r.name.n] == '@';
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        if (take(&r.name, hosts[i]))
            break;
    const char *slash = memrchr(r.name.s, '/', r.name.n);
    const char *from = slash ? slash : r.name.s;
    size_t left = r.name.n - (size_t)(from - r.name.s);
    const char *colon = memchr(from, ':', left);
    if (colon) {
        r.tag = (struct span){colon + 1, r.name.n - (size_t)(colon + 1 - r.name.s)};
        r.name.n = (size_t)(colon - r.name.s);
    }
    return r;
}

static enum repository repository_of(struct span name)
{
    for (size_t i = 0; i < sizeof repositories / sizeof *repositories; i++)
        if (is(name, repositories[i].name))
            return repositories[i].is;
    return OTHER;
}

/* ---- the tag ----------------------------------------------------------------------------------- */

struct tag {
    struct worker_version version;
    bool numbered, stable;
    char cuda[12]; /* "12.1" of "…-cuda12.1.0"; "" = none */
    bool whole;    /* nothing was left over */
};

/* Up to four digits; false when none stands there. */
static bool take_number(struct span *s, int *out)
{
    size_t n = 0;
    for (*out = 0; n < s->n && n < 5 && isdigit((unsigned char)s->s[n]); n++)
        *out = *out * 10 + (s->s[n] - '0');
    s->s += n;
    s->n -= n;
    return n > 0 && n < 5;
}

static bool take_version(struct span *s, struct worker_version *out)
{
    struct span rest = *s;
    struct worker_version v = {0, 0, 0};
    (void)take(&rest, "v");
    if (!take_number(&rest, &v.major) || !take(&rest, ".") || !take_number(&rest, &v.minor))
        return false;
    if (take(&rest, ".") && !take_number(&rest, &v.patch))
        return false;
    *out = v;
    *s = rest;
    return true;
}

static void take_cuda(struct span *s, char out[12])
{
    struct span rest = *s;
    struct worker_version v;
    if (!take(&rest, "-cuda") || !take_version(&rest, &v))
        return;
    (void)snprintf(out, 12, "%d.%d", v.major, v.minor);
    *s = rest;
}

static struct tag read_tag(struct span words)
{
    struct tag t = {.version = {-1, -1, -1}};
    t.numbered = take_version(&words, &t.version);
    t.stable = take(&words, "stable");
    take_cuda(&words, t.cuda);
    t.whole = words.n == 0;
    return t;
}

/* ---- what is said ------------------------------------------------------------------------------ */

/* Cut where it is too long: a reference has no end that matters. */
__attribute__((format(printf, 2, 3))) static void warn(
    struct worker_image *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out->warning, sizeof out->warning, format, args);
    va_end(args);
    (void)snprintf(out->fix, sizeof out->fix, "take %s", WORKER_IMAGE_DEFAULT);
}

static void unknown_tag(struct worker_image *out, struct span tag)
{
    out->kind = WORKER_IMAGE_UNKNOWN;
    warn(out,
        "the tag %.*s is not known upstream: the deployment will be refused or its workers will "
        "never start",
        (int)(tag.n < 64 ? tag.n : 64), tag.s);
}

static void moving_tag(struct worker_image *out)
{
    out->kind = WORKER_IMAGE_UNKNOWN;
    warn(out, "the tag latest means another image tomorrow, and hosts keep old ones of it");
}

static void warn_old(struct worker_image *out, struct span tag)
{
    out->kind = WORKER_IMAGE_OLD;
    warn(out, "%.*s has vLLM %s of %.4s: newer families of models will crash",
        (int)(tag.n < 64 ? tag.n : 64), tag.s, out->vllm[0] ? out->vllm : "0.4 or earlier",
        out->since);
}

/* ---- which release ----------------------------------------------------------------------------- */

static const struct release *find_release(enum repository in, struct worker_version v)
{
    const struct release *found = NULL;
    for (size_t i = 0; i < RELEASES; i++)
        if (releases[i].in == in && worker_version_compare(releases[i].first, v) <= 0)
            found = &releases[i];
    return found;
}

static void name_vllm(struct worker_image *out, const struct release *r)
{
    const char *first = r->vllm_first, *last = r->vllm_last;
    if (worker_version_compare(out->version, r->first) == 0)
        last = first;
    else if (worker_version_compare(out->version, r->last) >= 0)
        first = last;
    if (strcmp(first, last) == 0)
        (void)snprintf(out->vllm, sizeof out->vllm, "%s", first);
    else
        (void)snprintf(out->vllm, sizeof out->vllm, "%s to %s", first, last);
}

/* Behind the last row of its repository there is nothing, or what is newer than the table. */
static void read_newer(struct worker_image *out, enum repository in, struct span tag)
{
    if (in == FROZEN) {
        unknown_tag(out, tag);
        return;
    }
    out->kind = WORKER_IMAGE_UNKNOWN;
    out->generation = WORKER_GENERATION_B;
    warn(out, "v%d.%d.%d is newer than all that is known here: taken to behave as v2.25.2 does",
        out->version.major, out->version.minor, out->version.patch);
}

static void read_version(
    struct worker_image *out, enum repository in, const struct tag *t, struct span tag)
{
    const struct release *r = find_release(in, t->version);
    bool last = r && (r + 1 == releases + RELEASES || r[1].in != in);
    out->version = t->version;
    if (!r) {
        unknown_tag(out, tag);
        return;
    }
    if (last && worker_version_compare(t->version, r->last) > 0) {
        read_newer(out, in, tag);
        return;
    }
    out->kind = WORKER_IMAGE_GOOD;
    out->generation = r->generation;
    out->since = r->since;
    name_vllm(out, r);
    (void)snprintf(out->cuda, sizeof out->cuda, "%s", t->cuda[0] ? t->cuda : r->cuda);
    if (r->suffixed != (t->cuda[0] != '\0') || !t->whole)
        unknown_tag(out, tag);
    else if (r->old)
        warn_old(out, tag);
}

/* "stable-cuda12.1.0": first shipped with v1.1; which build it is today nobody has said. In the frozen
 * repository it is the last one. */
static void read_stable(
    struct worker_image *out, enum repository in, const struct tag *t, struct span tag)
{
    if (!t->cuda[0] || !t->whole) {
        unknown_tag(out, tag);
        return;
    }
    bool current = in == CURRENT;
    out->generation = WORKER_GENERATION_A;
    out->since = current ? "2024-08" : "2024-06";
    (void)snprintf(out->vllm, sizeof out->vllm, "%s", current ? "0.5.3.post1" : "0.4.2");
    (void)snprintf(out->cuda, sizeof out->cuda, "%s", t->cuda);
    warn_old(out, tag);
}

static void read_worker(struct worker_image *out, enum repository in, const struct reference *r)
{
    struct tag t = read_tag(r->tag);
    struct span base = r->tag;
    if (r->digest && r->tag.n == 0)
        warn(out, "a digest does not say which version of the worker it is");
    else if (r->tag.n == 0 || is(r->tag, "latest"))
        moving_tag(out);
    else if (take(&base, "base-")) {
        out->kind = WORKER_IMAGE_NO_WORKER;
        warn(out, "a base image holds no handler: its workers would never take a request");
    } else if (t.numbered)
        read_version(out, in, &t, r->tag);
    else if (t.stable)
        read_stable(out, in, &t, r->tag);
    else
        unknown_tag(out, r->tag);
}

struct worker_image worker_image_read(const char *reference)
{
    struct reference r = take_apart(reference ? reference : "");
    enum repository in = repository_of(r.name);
    struct worker_image out = {
        .kind = WORKER_IMAGE_UNKNOWN, .version = {-1, -1, -1}, .since = "", .vllm = "", .cuda = ""};
    if (in == SERVER) {
        out.kind = WORKER_IMAGE_NO_WORKER;
        warn(&out, "vllm/vllm-openai is a server for Pods: it never takes a request of the queue");
    } else if (in == OTHER) {
        warn(&out, "the image is none that is known here: whether it is a vLLM worker, nobody has "
                   "looked");
    } else {
        read_worker(&out, in, &r);
    }
    return out;
}

bool worker_image_needs_floor(const struct worker_image *image)
{
    return worker_cuda_number(image->cuda) > CUDA_EVERYWHERE;
}

int worker_cuda_number(const char *words)
{
    struct span s = {words ? words : "", words ? strlen(words) : 0};
    int major, minor;
    if (!take_number(&s, &major) || !take(&s, ".") || !take_number(&s, &minor) || minor > 99)
        return 0;
    return major * 100 + minor;
}
