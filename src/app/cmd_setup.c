/* demo, doctor, migrate. */
#include "app/asked.h"
#include "app/command.h"
#include "app/dashboard.h"
#include "app/demo.h"
#include "app/doctor.h"

#include <stdlib.h>
#include <string.h>

enum { DEMO_REGISTRY_MS = 2000 }; /* its training job moves */

static int demo(struct call *c)
{
    struct demo d;
    struct err e;
    const char *scenario = asked_text(c->asked, "scenario"), *speed = asked_text(c->asked, "speed");
    const struct config_flags flags = {.read_only = c->read_only};
    if (demo_start(&d, scenario ? scenario : "demo", speed ? speed : "5", &e))
        return call_fail(c, &e);
    const struct config_environment environment = demo_environment(&d);
    const struct dashboard_options options = {.demo = scenario ? scenario : "",
        .folder = asked_text(c->asked, "folder"),
        .registry_ms = DEMO_REGISTRY_MS,
        .beside = demo_fill};
    int code;
    if (config_load(&c->profile, &flags, &environment, &e)) {
        code = call_fail(c, &e);
    } else {
        c->profile_open = true;
        code = dashboard_run(c, &options);
    }
    call_close(c);
    demo_stop(&d);
    return code;
}

/* ---- migrate ------------------------------------------------------------------------------------- */

static int make_tables(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    int *made = arg;
    const struct db_options options = profile_database(&c->profile);
    struct db *db = db_open(&options, cancel, e);
    struct registry *r = db ? registry_new(db, options.user_id, e) : NULL;
    int result = r ? registry_migrate(r, made, cancel, e) : -1;
    registry_free(r);
    return result;
}

static int migrate(struct call *c)
{
    int made = 0;
    struct err e;
    static const char *const plan[] = {
        "CREATE TABLE llm_models, inference_deployments, local_training_jobs, "
        "local_training_metrics, where none of them exists"};
    int code = call_open(c);
    if (!code)
        code = call_may_write(c);
    if (code)
        return code;
    if (c->dry_run)
        return call_print_plan(c, plan, sizeof plan / sizeof *plan);
    if (call_task(c, make_tables, NULL, &made, &e))
        return call_fail(c, &e);
    if (c->json) {
        struct json *j = json_new_object();
        json_add_int(j, "made", made);
        return call_print(c, j, "slipway.migrate/1");
    }
    if (made)
        call_line(c, "%d tables made", made);
    else
        call_line(c, "all tables are there already; nothing was changed");
    return EXIT_CODE_OK;
}

const struct command commands_setup[] = {
    {.name = "demo",
        .help = "the dashboard on local stand-ins with throw-away state; no account needed",
        .flags = {{"scenario", "NAME", "what is played; slipway-sim --help lists them"},
            {"speed", "N", "simulated seconds a second; default 5"},
            {"folder", "DIR", "a model folder to propose for the upload"}},
        .run = demo},
    {.name = "doctor",
        .help = "checks keys, rights, database, schema and terminal; one line each, with the fix",
        .run = doctor_call},
    {.name = "migrate",
        .help = "makes the registry's tables in an empty database; never alters existing ones",
        .writes = true,
        .run = migrate},
    {.name = NULL},
};
