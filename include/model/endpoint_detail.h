/* endpoint_detail: what is read of an endpoint only while somebody looks at it: all its settings, its
 * releases, how far a rollout is, and what it was billed. Texts are cleaned; values that may be secrets are
 * masked before they get here (spec/runpod.md §4.4-§4.6: a release's diff can hold env values). Pure. */
#ifndef SLIPWAY_MODEL_ENDPOINT_DETAIL_H
#define SLIPWAY_MODEL_ENDPOINT_DETAIL_H

#include "model/endpoint.h"

enum { ENDPOINT_BILLED_MAX = 24 };

struct endpoint_setting {
    struct text name, value; /* value: "•••" when it may be a secret */
};

/* One field that a release changed. */
struct release_change {
    struct text field, before, after; /* "template.env" is taken apart: "env MAX_MODEL_LEN" */
};
struct release {
    int version;
    struct text source; /* "MANUAL", "GIT_BUILD"; empty = unknown */
    int64_t created_ms; /* wall; -1 = unknown */
    int workers;        /* on it now; -1 = unknown */
    struct release_change *changes;
    size_t change_count;
};

struct endpoint_detail {
    char endpoint_id[ENDPOINT_ID_MAX];
    int64_t seen_ms; /* monotonic */
    struct endpoint_setting *env;
    size_t env_count;
    int disk_gb;         /* -1 = unknown, as is every number here */
    int64_t timeout_ms;  /* of a job */
    struct text scaling; /* "queue delay 4 s", "1 request a worker" */
    struct text min_cuda, cuda_versions, data_centers, volumes, excluded, flashboot;
    struct text registry;     /* id of the credential; empty = none */
    struct release *releases; /* newest first, at most 50 */
    size_t release_count;
    bool releases_read;        /* else they are being read, or could not be */
    bool rolling;              /* a rollout is in progress */
    int rolled, rolling_total; /* workers on the newest release, of so many */
    /* Billed by the hour, newest first: an hour that is not over is incomplete. NAN = not billed yet. */
    double billed[ENDPOINT_BILLED_MAX];
    size_t billed_count;    /* 0 = not known */
    int64_t billed_from_ms; /* wall: where the newest hour began */
    struct text not_read;   /* what could not be read, and why; empty = nothing */
};

/* Whether they say the same, but for their age. */
bool endpoint_detail_same(const struct endpoint_detail *a, const struct endpoint_detail *b);
/* A copy with everything of its own in the arena. 0, or -1 when it does not fit. */
int endpoint_detail_copy(
    struct endpoint_detail *out, const struct endpoint_detail *from, struct arena *a);

#endif
