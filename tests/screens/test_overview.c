/* The overview as it is seen, at the sizes that matter, in UTF-8 and in ASCII; and what its keys do. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

/* ---- what it looks like ------------------------------------------------------------------------------ */

struct size {
    int columns, rows;
};
static const struct size sizes[] = {{80, 24}, {120, 34}, {200, 60}, {40, 12}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void golden(const char *name, void (*fill)(struct fixture *f), struct size size, bool ascii)
{
    struct fixture f;
    char file[128];
    fixture_start(&f);
    f.options.production = true;
    if (fill)
        fill(&f);
    fixture_open(&f, size.columns, size.rows, ascii);
    snprintf(file, sizeof file, "overview-%s-%dx%d%s", name, size.columns, size.rows,
        ascii ? "-ascii" : "");
    fixture_golden(&f, file);
    fixture_end(&f);
}

static void test_day(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        golden("day", fixture_fill, sizes[i], false);
        golden("day", fixture_fill, sizes[i], true);
    }
}

static void nothing_configured(struct fixture *f)
{
    fixture_source(f, SOURCE_RUNPOD, SOURCE_OFF, -1, "There is no RunPod key",
        "set RUNPOD_API_KEY, or runpod_key in config.ini");
    fixture_source(f, SOURCE_HUB, SOURCE_OFF, -1, "There is no Hub token",
        "set HF_TOKEN, or hf_token in config.ini");
    fixture_source(f, SOURCE_REGISTRY, SOURCE_OK, 1000, NULL, NULL);
}

static void test_nothing_configured(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++)
        golden("bare", nothing_configured, sizes[i], false);
}

static void everything_failed(struct fixture *f)
{
    fixture_fill(f);
    fixture_source(f, SOURCE_RUNPOD, SOURCE_FAILED, 75000,
        "RunPod did not answer: connection refused by api.runpod.ai",
        "look at the network of this machine");
    fixture_source(f, SOURCE_REGISTRY, SOURCE_FAILED, 3700000,
        "The registry did not answer: timeout after 10 s", "look at SLIPWAY_DATABASE_URL");
}

static void test_everything_failed(void **state)
{
    (void)state;
    golden("failed", everything_failed, sizes[0], false);
    golden("failed", everything_failed, sizes[1], false);
    golden("failed", everything_failed, sizes[1], true);
}

/* ---- what stands over it ----------------------------------------------------------------------------- */

struct over {
    const char *name, *keys;
};

static void test_over(void **state)
{
    static const struct over overs[] = {{"help", "3?"}, {"palette", "3:"}, {"palette-typed", ":o"},
        {"filter", "5/state:failed"}, {"confirm", "5c"}, {"details", "4e"}, {"requests", "5z"},
        {"logs", "6z"}, {"uploads", "2z"}};
    (void)state;
    for (size_t i = 0; i < sizeof overs / sizeof *overs; i++) {
        struct fixture f;
        char file[128];
        fixture_start(&f);
        fixture_fill(&f);
        fixture_source(&f, SOURCE_REGISTRY, SOURCE_FAILED, 75000,
            "The registry did not answer: timeout after 10 s", "look at SLIPWAY_DATABASE_URL");
        fixture_open(&f, 80, 24, false);
        fixture_type(&f, overs[i].keys);
        snprintf(file, sizeof file, "over-%s-80x24", overs[i].name);
        fixture_golden(&f, file);
        fixture_end(&f);
    }
}

static void test_deploying(void **state)
{
    struct fixture f;
    (void)state;
    fixture_start(&f);
    fixture_fill(&f);
    f.options.read_only = true;
    f.options.demo = "healthy";
    fixture_open(&f, 120, 34, false);
    fixture_deployment(&f, OPERATION_RUNNING);
    fixture_outcome(&f, true, "Request a1f0 is cancelled");
    fixture_outcome(&f, false,
        "RunPod refused to change the endpoint legal: workersMax 10 is more than the quota of 5 "
        "workers that this account has left");
    fixture_type(&f, "3");
    fixture_golden(&f, "overview-deploying-120x34");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_day),
        cmocka_unit_test(test_nothing_configured),
        cmocka_unit_test(test_everything_failed),
        cmocka_unit_test(test_over),
        cmocka_unit_test(test_deploying),
    };
    return cmocka_run_group_tests_name("overview", tests, NULL, NULL);
}
