/* upload: what the two halves of an upload operation share: upload_plan.c looks round, says what would be
 * done and asks; upload.c does it. Thread: the operation's. */
#ifndef SLIPWAY_APP_UPLOAD_H
#define SLIPWAY_APP_UPLOAD_H

#include "app/work.h"
#include "client/hub_upload.h"
#include "client/model_complete.h"

enum upload_step {
    UPLOAD_FOLDER,
    UPLOAD_REPOSITORY,
    UPLOAD_COMPLETION,
    UPLOAD_HASH,
    UPLOAD_SEND,
    UPLOAD_COMMIT,
    UPLOAD_READ_BACK,
    UPLOAD_TASK
};

/* Bytes a second of the last upload that tells (state_fact). */
#define UPLOAD_SPEED_FACT "upload.bytes-per-second"

struct upload {
    struct work *w;
    const char *folder, *repo, *revision, *message, *job; /* borrowed from what was asked */
    bool is_private, exists, create_pr;
    int64_t rate_max; /* bytes/s; 0 = no limit */
    struct checklist *list;
    struct hub_info there; /* when it exists */
    char *staging;         /* owned; NULL = none */
    struct upload_file *files;
    struct hub_upload_result result;
    int64_t window_ms, window_done;     /* where the speed is measured from */
    int64_t note_due_ms, note_every_ms; /* when the job's row is to learn how far it is */
};

/* Everything before the yes: the folder, the repository, what is added, the choice, the blockers, the plan.
 * Writes nothing but the staging folder, and not that in a dry run. */
int upload_prepare(struct upload *u, struct err *e);

/* upload_staging.c: a folder of the operation's own for what is added; made empty, and removed with all that
 * is in it. Those that were left two weeks ago go too. */
int upload_staging_make(struct upload *u, struct err *e);
void upload_staging_remove(struct upload *u);

#endif
