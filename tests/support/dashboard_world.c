/* dashboard_world: what tests of the dashboard on a terminal need of the program's own code.
 *
 *   dashboard_world keys          every key of the action table as tmux names it, one a line
 *   dashboard_world commands      every command of the palette
 *   dashboard_world job URL       a training job for the registry at this address
 *   dashboard_world request FILE ENDPOINT JOB   a request that is queued, in the ledger of this state file */
#include "app/actions.h"
#include "client/db.h"
#include "client/state.h"
#include "ui/press.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Names that tmux has for them; other keys are called what they are. */
static const struct {
    int32_t press;
    const char *name;
} names[] = {{PRESS_TAB, "Tab"}, {PRESS_ENTER, "Enter"}, {PRESS_ESCAPE, "Escape"},
    {PRESS_BACKSPACE, "BSpace"}, {' ', "Space"}, {PRESS_UP, "Up"}, {PRESS_DOWN, "Down"},
    {PRESS_LEFT, "Left"}, {PRESS_RIGHT, "Right"}, {PRESS_HOME, "Home"}, {PRESS_END, "End"},
    {PRESS_PAGE_UP, "PPage"}, {PRESS_PAGE_DOWN, "NPage"}, {PRESS_INSERT, "IC"},
    {PRESS_DELETE, "DC"}, {PRESS_BACK_TAB, "BTab"}, {PRESS_WORD_LEFT, "C-Left"},
    {PRESS_WORD_RIGHT, "C-Right"}};

static void print_key(int32_t press)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].press == press) {
            printf("%s\n", names[i].name);
            return;
        }
    }
    if (press >= PRESS_F1 && press <= PRESS_LAST)
        printf("F%d\n", press - PRESS_F1 + 1);
    else if (press < ' ')
        printf("C-%c\n", press | 0x60);
    else
        printf("%c\n", press);
}

static int print_actions(bool commands)
{
    const struct action_table *t = actions_table();
    for (size_t i = 0; i < t->count; i++) {
        if (commands)
            printf("%s\n", t->actions[i].name);
        for (int k = 0; !commands && k < ACTION_KEYS_MAX && t->actions[i].keys[k]; k++)
            print_key(t->actions[i].keys[k]);
    }
    return 0;
}

static int fail(const struct err *e)
{
    fprintf(stderr, "dashboard_world: %s\n", e->message);
    return 1;
}

static int add_job(const char *url)
{
    struct err e;
    const struct db_options options = {.url = url};
    struct db *db = db_open(&options, NULL, &e);
    int failed = !db || db_begin(db, DB_WRITE, NULL, &e) ||
                 db_exec(db,
                     "INSERT INTO {table local_training_jobs} (id, model_name, status, current_step, "
                     "total_steps, loss, created_at) VALUES ('00000000-0000-4000-8000-000000000001', "
                     "'trained-one', 'completed', 10, 10, 0.5, {now})",
                     NULL, 0, NULL, &e) ||
                 db_commit(db, &e);
    db_close(db);
    return failed ? fail(&e) : 0;
}

static int add_request(const char *path, const char *endpoint, const char *job)
{
    struct err e;
    struct request q;
    request_init(&q);
    snprintf(q.id, sizeof q.id, "waits-for-ever");
    snprintf(q.job_id, sizeof q.job_id, "%s", job);
    snprintf(q.endpoint_id, sizeof q.endpoint_id, "%s", endpoint);
    q.status = REQUEST_IN_QUEUE;
    q.submitted_ms = (int64_t)time(NULL) * 1000;
    q.input = TEXT("{\"prompt\":\"hello\"}");
    struct state *s = state_open(path, &e);
    int failed = !s || state_request_save(s, &q, &e);
    state_close(s);
    return failed ? fail(&e) : 0;
}

int main(int argc, char *argv[])
{
    if (argc == 2 && strcmp(argv[1], "keys") == 0)
        return print_actions(false);
    if (argc == 2 && strcmp(argv[1], "commands") == 0)
        return print_actions(true);
    if (argc == 3 && strcmp(argv[1], "job") == 0)
        return add_job(argv[2]);
    if (argc == 5 && strcmp(argv[1], "request") == 0)
        return add_request(argv[2], argv[3], argv[4]);
    fprintf(stderr, "usage: dashboard_world keys|commands|job URL|request FILE ENDPOINT JOB\n");
    return 2;
}
