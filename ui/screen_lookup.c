/* A request by an id that is typed in: "ENDPOINT JOB", or a job alone, which is then meant to be of the endpoint
 * whose row is selected. The host reads it; the cursor goes to it when it comes. */
#include "ui/pane.h"
#include "ui/screen_internal.h"

#include <stdio.h>
#include <string.h>

static const char apart[] = " /,\t";

struct typed {
    char endpoint[REQUEST_ID_MAX], job[REQUEST_ID_MAX]; /* endpoint "" = not said */
};

/* The next word; false when there is none, or it is too long for an id. */
static bool take_word(const char **at, char out[REQUEST_ID_MAX])
{
    *at += strspn(*at, apart);
    size_t n = strcspn(*at, apart);
    bool good = n > 0 && n < REQUEST_ID_MAX;
    snprintf(out, REQUEST_ID_MAX, "%.*s", good ? (int)n : 0, *at);
    *at += n;
    return good;
}

static bool read_typed(const char *s, struct typed *out)
{
    *out = (struct typed){0};
    if (!take_word(&s, out->job))
        return false;
    s += strspn(s, apart);
    if (*s == '\0')
        return true;
    memcpy(out->endpoint, out->job, sizeof out->endpoint);
    if (!take_word(&s, out->job))
        return false;
    return s[strspn(s, apart)] == '\0';
}

/* By its id, or its name where that is no other's; what is no endpoint of the list may still be an id. */
static const char *endpoint_called(const struct store *s, const char *word)
{
    const struct endpoint_row *found = store_endpoint_by_id(s, word);
    size_t count = 0;
    for (size_t i = 0; !found && i < store_endpoints(s); i++)
        count += strcmp(store_endpoint(s, i)->settings->name.s, word) == 0;
    for (size_t i = 0; count == 1 && !found && i < store_endpoints(s); i++)
        if (strcmp(store_endpoint(s, i)->settings->name.s, word) == 0)
            found = store_endpoint(s, i);
    return found ? found->settings->id : count > 1 ? NULL : word;
}

/* The row it has, or will have. */
static void row_of(
    const struct store *s, const char *endpoint, const char *job, char out[REQUEST_ID_MAX])
{
    request_listed_id(endpoint, job, out);
    for (size_t i = 0; i < store_requests(s); i++) {
        const struct request *q = store_request(s, i);
        if (strcmp(q->job_id, job) == 0 && strcmp(q->endpoint_id, endpoint) == 0) {
            memcpy(out, q->id, REQUEST_ID_MAX);
            return;
        }
    }
}

static void look_up(struct screen *s, const char *endpoint, const char *job)
{
    char what[2 * REQUEST_ID_MAX], row[REQUEST_ID_MAX];
    int n = snprintf(what, sizeof what, "%s/%s", endpoint, job);
    const struct intent intent = {
        .action = ACTION_LOOKED_UP, .place = screen_place(s), .id = "", .text = {what, (size_t)n}};
    row_of(s->options.store, endpoint, job, row);
    s->overlay = OVERLAY_NONE;
    s->options.host->act(s->options.host->arg, &intent);
    screen_show(s, PLACE_REQUESTS, row);
}

static void keep(struct screen *s)
{
    struct typed t;
    struct err *why = &s->look_up.why;
    if (!read_typed(edit_text(&s->look_up.edit).s, &t)) {
        err_set(why, ERR_INPUT, 0, "an id, or ENDPOINT ID");
        return;
    }
    const char *endpoint =
        t.endpoint[0] ? endpoint_called(s->options.store, t.endpoint) : screen_endpoint_of(s);
    if (!endpoint)
        err_set(why, ERR_INPUT, 0, "several endpoints are called so: type its id");
    else if (!*endpoint)
        err_set(why, ERR_INPUT, 0, "of which endpoint? ENDPOINT ID");
    else
        look_up(s, endpoint, t.job);
}

void screen_look_up_open(struct screen *s)
{
    prompt_open(&s->look_up, TEXT(""));
    s->overlay = OVERLAY_LOOK_UP;
}

void screen_look_up_press(struct screen *s, int32_t press)
{
    switch (prompt_press(&s->look_up, press)) {
    case PROMPT_CHANGED:
        err_clear(&s->look_up.why);
        return;
    case PROMPT_DONE:
        keep(s);
        return;
    case PROMPT_LEFT:
        s->overlay = OVERLAY_NONE;
        return;
    default:
        return;
    }
}

void screen_look_up_paste(struct screen *s, const char *bytes, size_t n)
{
    (void)edit_insert(&s->look_up.edit, bytes, n);
    err_clear(&s->look_up.why);
}
