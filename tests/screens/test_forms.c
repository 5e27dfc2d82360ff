/* The forms: how they look, what they refuse, how fields follow each other, completion, and that what
 * was typed stays. The field editor itself is tested in unit/ui/test_edit.c. */
#include "view_bench.h"

#include "../unit/ui/screen.h"

#include "model/fit.h"
#include "ui/form_view.h"

/* ---- the form alone ---------------------------------------------------------------------------------- */

static const struct form_field fields[] = {
    {.name = "repo",
        .label = "Repository",
        .help = "OWNER/NAME",
        .complete = COMPLETE_REPO,
        .required = true},
    {.name = "count", .label = "Count", .kind = FIELD_NUMBER, .least = 2, .most = 20},
    {.name = "pool", .label = "Pool", .kind = FIELD_CHOICE},
    {.name = "private", .label = "Private", .kind = FIELD_SWITCH},
};

static struct form *form_of(struct bench *b)
{
    struct form *f = form_new(&b->x, fields, sizeof fields / sizeof *fields);
    assert_non_null(f);
    return f;
}

static void type(struct form *f, const char *keys)
{
    for (; *keys; keys++)
        form_press(f, (unsigned char)*keys);
}

static void assert_value(const struct form *f, const char *name, const char *value)
{
    struct text t = form_get(f, name);
    if (t.len != strlen(value) || memcmp(t.s, value, t.len) != 0)
        fail_msg("%s is \"%.*s\", not \"%s\"", name, (int)t.len, t.s, value);
}

static const char *drawn(struct bench *b, struct form *f)
{
    static char text[1 << 16];
    struct buf shown;
    if (!b->c.cells)
        assert_int_equal(canvas_init(&b->c, 80, 20), 0);
    canvas_clear(&b->c);
    form_draw(f, &b->c, (struct rect){0, 0, 80, 20}, true);
    buf_init(&shown, sizeof text - 1);
    assert_int_equal(canvas_print(&b->c, false, &shown), 0);
    memcpy(text, buf_str(&shown), shown.len + 1);
    buf_release(&shown);
    return text;
}

static void test_enter_checks_every_field(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, false);
    struct form *f = form_of(&b);
    form_press(f, PRESS_DOWN);
    assert_string_equal(form_at(f), "count");
    assert_int_equal(form_press(f, PRESS_ENTER), FORM_TAKEN);
    assert_string_equal(form_at(f), "repo"); /* the one that is lacking */
    assert_non_null(strstr(drawn(&b, f), "✗ Repository is needed"));
    type(f, "a/b");
    assert_null(strstr(drawn(&b, f), "is needed"));
    assert_int_equal(form_press(f, PRESS_ENTER), FORM_GO); /* an empty number is no wrong one */
    static const char *const wrong[] = {"1", "21", "0", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        form_set(f, "count", (struct text){wrong[i], strlen(wrong[i])});
        assert_int_equal(form_press(f, PRESS_ENTER), FORM_TAKEN);
        assert_string_equal(form_at(f), "count");
        assert_non_null(strstr(drawn(&b, f), "from 2 to 20"));
        assert_value(f, "count", wrong[i]); /* kept, to be mended */
        assert_value(f, "repo", "a/b");
    }
    form_set(f, "count", TEXT("20"));
    assert_int_equal(form_press(f, PRESS_ENTER), FORM_GO);
    assert_int_equal(form_press(f, PRESS_ESCAPE), FORM_IGNORED);
    form_free(f);
    bench_end(&b);
}

static void test_letters_stay_in_the_form(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, false);
    struct form *f = form_of(&b);
    static const char *const order[] = {"repo", "count", "pool", "private"};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(form_at(f), order[i]);
        for (int32_t c = ' '; c < 0x7F; c++)
            assert_int_not_equal(form_press(f, c), FORM_IGNORED);
        form_press(f, PRESS_DOWN);
    }
    assert_value(f, "count", "0123456789");
    assert_string_equal(form_at(f), "private"); /* no way round */
    form_press(f, PRESS_TAB);
    assert_string_equal(form_at(f), "repo"); /* Tab goes round */
    form_press(f, PRESS_BACK_TAB);
    assert_string_equal(form_at(f), "private");
    form_free(f);
    bench_end(&b);
}

static void test_switches_and_choices(void **state)
{
    static const struct text pools[] = {{"A", 1}, {"B", 1}, {"C", 1}};
    static const struct text fewer[] = {{"B", 1}, {"D", 1}};
    struct bench b;
    (void)state;
    bench_start(&b, false);
    struct form *f = form_of(&b);
    for (int i = 0; i < 3; i++)
        form_press(f, PRESS_DOWN);
    assert_value(f, "private", "no");
    assert_int_equal(form_press(f, ' '), FORM_CHANGED);
    assert_value(f, "private", "yes");
    assert_int_equal(form_press(f, 'y'), FORM_TAKEN);
    assert_int_equal(form_press(f, PRESS_LEFT), FORM_CHANGED);
    assert_value(f, "private", "no");

    form_press(f, PRESS_UP);
    assert_int_equal(form_press(f, PRESS_RIGHT), FORM_TAKEN); /* nothing to choose from yet */
    form_choices(f, "pool", pools, NULL, 3);
    assert_value(f, "pool", "A");
    form_press(f, PRESS_LEFT);
    assert_value(f, "pool", "C");
    form_press(f, PRESS_RIGHT);
    form_press(f, PRESS_RIGHT);
    assert_value(f, "pool", "B");
    form_choices(f, "pool", fewer, fewer, 2); /* still among them: kept */
    assert_value(f, "pool", "B");
    form_choices(f, "pool", pools, NULL, 1);
    assert_value(f, "pool", "A");
    form_choices(f, "pool", NULL, NULL, 0);
    assert_value(f, "pool", "A");
    uint64_t version = form_version(f);
    form_choices(f, "pool", NULL, NULL, 0); /* no news */
    assert_int_equal(form_version(f), version);
    form_free(f);
    bench_end(&b);
}

/* The fixture completes acme/support-v7, acme/support-v8 and acme/triage-v3. */
static void test_completion(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, false);
    struct form *f = form_of(&b);
    type(f, "ac");
    assert_int_equal(form_press(f, PRESS_TAB), FORM_CHANGED);
    assert_value(f, "repo", "acme/");
    assert_non_null(strstr(drawn(&b, f), "acme/triage-v3"));
    type(f, "s");
    assert_null(strstr(drawn(&b, f), "acme/triage-v3")); /* typing closes the list */
    assert_int_equal(form_press(f, PRESS_TAB), FORM_CHANGED);
    assert_value(f, "repo", "acme/support-v");
    assert_int_equal(form_press(f, PRESS_DOWN), FORM_TAKEN);
    assert_int_equal(form_press(f, PRESS_DOWN), FORM_TAKEN);
    assert_string_equal(form_at(f), "repo");
    assert_int_equal(form_press(f, PRESS_ENTER), FORM_CHANGED);
    assert_value(f, "repo", "acme/support-v8");
    /* complete: Tab goes on */
    assert_int_equal(form_press(f, PRESS_TAB), FORM_TAKEN);
    assert_string_equal(form_at(f), "count");
    form_free(f);
    bench_end(&b);
}

static void test_completion_list_is_left(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, false);
    struct form *f = form_of(&b);
    form_press(f, PRESS_TAB); /* of nothing: all begin alike */
    assert_value(f, "repo", "acme/");
    assert_int_equal(form_press(f, PRESS_ESCAPE), FORM_TAKEN);
    assert_null(strstr(drawn(&b, f), "acme/triage-v3"));
    assert_int_equal(form_press(f, PRESS_ESCAPE), FORM_IGNORED);
    form_press(f, PRESS_TAB);
    assert_non_null(strstr(drawn(&b, f), "acme/triage-v3"));
    form_press(f, PRESS_TAB); /* a second one goes on */
    assert_string_equal(form_at(f), "count");
    form_press(f, PRESS_UP);
    type(f, "zzz");
    form_press(f, PRESS_TAB); /* nothing begins so: a new name */
    assert_value(f, "repo", "acme/zzz");
    assert_string_equal(form_at(f), "count");
    form_free(f);
    bench_end(&b);
}

static void test_paste(void **state)
{
    static const char key[] = "acme/\x1b[31mx\xff\n";
    char big[FORM_VALUE_MAX + 2];
    struct bench b;
    (void)state;
    memset(big, 'x', sizeof big);
    bench_start(&b, false);
    struct form *f = form_of(&b);
    assert_true(form_paste(f, key, sizeof key - 1));
    assert_value(f, "repo", "acme/x\xef\xbf\xbd");
    assert_true(form_paste(f, big, sizeof big));
    assert_value(f, "repo", "acme/x\xef\xbf\xbd"); /* all or nothing */
    assert_non_null(strstr(drawn(&b, f), "too long"));
    form_press(f, PRESS_DOWN);
    form_paste(f, "12a", 3);
    assert_value(f, "count", "");
    assert_non_null(strstr(drawn(&b, f), "only a number"));
    form_paste(f, "12\n", 3);
    assert_value(f, "count", "12");
    form_press(f, PRESS_DOWN);
    assert_false(form_paste(f, "A", 1));
    assert_null(check_canvas(&b.c));
    form_free(f);
    bench_end(&b);
}

/* ---- names ------------------------------------------------------------------------------------------- */

static void test_names_of_repositories(void **state)
{
    static const struct {
        const char *from, *slug;
    } slugs[] = {{"Support v7!", "support-v7"}, {"..--x--..", "x"}, {"a  b__c", "a-b__c"},
        {"\xe6\x97\xa5", ""}, {"", ""}, {"model.v1.5", "model.v1.5"}};
    static const char *const good[] = {"a/b", "acme/support-v7", "A.b_c-d/x.y"};
    static const char *const bad[] = {
        "", "a", "/", "a/", "/b", "a/b/c", "a b/c", "-a/b", "a/b-", "a/.b", "a/\xe6\x97\xa5"};
    static const struct {
        const char *url, *repo;
    } urls[] = {{"https://huggingface.co/acme/support-v7", "acme/support-v7"},
        {"https://huggingface.co/acme/support-v7/tree/main", "acme/support-v7"},
        {"acme/support-v7", "acme/support-v7"}, {"https://huggingface.co", ""}, {"", ""},
        {"https://huggingface.co/acme", ""}, {"s3://bucket", ""}};
    struct arena *a = arena_new(1 << 16);
    (void)state;
    for (size_t i = 0; i < sizeof slugs / sizeof *slugs; i++)
        assert_string_equal(form_view_slug(a, text_from(a, slugs[i].from)).s, slugs[i].slug);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(form_view_is_repo(text_from(a, good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(form_view_is_repo(text_from(a, bad[i])));
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_string_equal(form_view_repo_of(a, text_from(a, urls[i].url)).s, urls[i].repo);
    arena_free(a);
}

/* ---- the upload form --------------------------------------------------------------------------------- */

/* The Hub's user is known as "acme". */
static void know_user(struct bench *b)
{
    struct source_state hub = {.source = SOURCE_HUB,
        .health = SOURCE_OK,
        .seen_ms = store_mono_ms(b->f.store),
        .retry_ms = -1,
        .who = TEXT("acme")};
    fixture_send(&b->f, MESSAGE_RESULT, NEWS_SOURCE, &hub, sizeof hub);
}

static void know_repos(struct bench *b)
{
    static struct repo repos[] = {
        {TEXT("acme/support-v7"), TEXT("text-generation"), true, 1795442551000 - 7200000}};
    struct repo_page page = {repos, 1};
    fixture_send(&b->f, MESSAGE_RESULT, NEWS_REPOS, &page, sizeof page);
}

static const struct form *inside(const struct bench *b)
{
    return ((const struct form_view *)b->v)->form;
}

static void test_upload_form_looks(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    know_user(&b);
    know_repos(&b);
    bench_goldens(&b, &view_upload_form, "3f1c-support", "view_upload_form");
    bench_end(&b);
}

static void test_repository_follows_the_folder(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_open(&b, &view_upload_form, "", 80, 24);
    bench_type(&b, "/models/My Model");
    assert_value(inside(&b), "repo", ""); /* whose, is not known yet */
    know_user(&b);
    bench_draw(&b);
    assert_value(inside(&b), "repo", "acme/my-model");
    bench_type(&b, "2/");
    assert_value(inside(&b), "repo", "acme/my-model2");
    bench_press(&b, PRESS_DOWN);
    bench_type(&b, "-x"); /* edited: stays */
    bench_press(&b, PRESS_UP);
    bench_type(&b, "other");
    assert_value(inside(&b), "repo", "acme/my-model2-x");
    bench_press(&b, PRESS_DOWN);
    bench_press(&b, PRESS_CTRL('u')); /* emptied: follows again */
    bench_press(&b, PRESS_UP);
    bench_type(&b, "9");
    assert_value(inside(&b), "repo", "acme/other9");
    bench_end(&b);
}

static void test_upload_form_hands_over(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    know_user(&b);
    bench_open(&b, &view_upload_form, "3f1c-support", 80, 24);
    bench_press(&b, PRESS_ENTER); /* no folder yet */
    assert_int_equal(b.f.intent_count, 0);
    bench_shows(&b, "Folder is needed");
    bench_type(&b, "/m");
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(bench_intent(&b)->action, ACTION_UPLOAD);
    assert_int_equal(bench_intent(&b)->place, PLACE_UPLOAD_FORM);
    assert_string_equal(bench_intent(&b)->values,
        "folder=/m repo=acme/support-v7 private=yes message=Upload of support-v7 revision= base-model= "
        "exclude= include= mend-readme=no limit-rate= job=3f1c-support ");
    assert_int_equal(b.closed, 1);
    bench_end(&b);
}

static void test_upload_form_refuses(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_open(&b, &view_upload_form, "", 80, 24);
    bench_type(&b, "/m");
    bench_press(&b, PRESS_DOWN);
    bench_type(&b, "not a repo");
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(b.f.intent_count, 0);
    bench_shows(&b, "a repository is OWNER/NAME");
    assert_value(inside(&b), "repo", "not a repo");
    bench_shut(&b);

    b.x.read_only = true;
    bench_open(&b, &view_upload_form, "", 80, 24);
    bench_type(&b, "/m");
    bench_press(&b, PRESS_DOWN);
    bench_type(&b, "acme/m");
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(b.f.intent_count, 0);
    assert_int_equal(b.closed, 0);
    bench_shows(&b, "read-only");
    bench_end(&b);
}

static void test_upload_form_refuses_a_folder(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    know_user(&b);
    bench_open(&b, &view_upload_form, "3f1c-support", 80, 24);
    bench_type(&b, "/missing"); /* the fixture's host refuses such */
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(b.f.intent_count, 0);
    assert_int_equal(b.closed, 0);
    bench_shows(&b, "no such folder");
    bench_end(&b);
}

/* One that failed before it looked at the repository says nothing of private or public. */
static void test_upload_form_after_a_failure_is_private(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    struct operation o = *store_operation_by_id(b.f.store, "up-1");
    snprintf(o.id, sizeof o.id, "up-2");
    o.state = OPERATION_FAILED;
    o.folder = o.commit = TEXT("");
    o.is_private = false;
    o.plan_count = 0;
    fixture_operation(&b.f, &o);
    bench_open(&b, &view_upload_form, "up-2", 80, 24);
    assert_value(inside(&b), "private", "yes");
    assert_value(inside(&b), "folder", ""); /* not that of another repository */
    bench_shut(&b);
    bench_open(&b, &view_operation, "up-2", 80, 24);
    bench_hides(&b, "public");
    bench_end(&b);
}

static void test_deploy_form_refuses_a_taken_name(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_open(&b, &view_deploy_form, "", 80, 24);
    bench_type(&b, "acme/legal");
    bench_shows(&b, "✗ an endpoint named legal exists already");
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(b.f.intent_count, 0);
    bench_shows(&b, "choose another name");
    bench_end(&b);
}

static void test_public_is_warned_of(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    know_user(&b);
    bench_open(&b, &view_upload_form, "3f1c-support", 80, 24);
    bench_hides(&b, "everybody can read");
    bench_press(&b, PRESS_DOWN);
    bench_press(&b, PRESS_DOWN);
    bench_press(&b, ' ');
    bench_shows(&b, "everybody can read");
    bench_end(&b);
}

/* ---- the deploy form --------------------------------------------------------------------------------- */

/* An upload to acme/support-v7 of which the checklist is known: 14.7 GB of weights. */
static void know_checklist(struct bench *b)
{
    static struct checklist list = {.folder = TEXT("/m"),
        .facts = {.weight_bytes = 14700000000,
            .context_length = 32768,
            .layers = 28,
            .heads = 28,
            .kv_heads = 4,
            .head_dim = 128}};
    struct operation o = {.id = "up-7",
        .kind = OPERATION_UPLOAD,
        .state = OPERATION_DONE,
        .title = TEXT("acme/support-v7"),
        .repository = TEXT("acme/support-v7"),
        .revision = TEXT("main"),
        .commit = TEXT("9a3e51c0d1e2f30415263748596a7b8c9d0e1f20"),
        .checklist = &list,
        .price_min = NAN,
        .price_max = NAN,
        .first_cost = NAN,
        .speed = NAN,
        .eta_s = NAN};
    fixture_operation(&b->f, &o);
}

static void test_deploy_form_looks(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    know_checklist(&b);
    bench_goldens(&b, &view_deploy_form, "up-7", "view_deploy_form");
    bench_open(&b, &view_deploy_form, "up-7", 80, 24);
    for (int i = 0; i < 4; i++)
        bench_press(&b, PRESS_DOWN);
    bench_press(&b, PRESS_RIGHT);
    bench_golden(&b, "view_deploy_form_pool_80x24");
    bench_end(&b);
}

static void at_field(struct bench *b, const char *field)
{
    for (int i = 0; i < FORM_FIELDS_MAX && strcmp(form_at(inside(b)), field) != 0; i++)
        bench_press(b, PRESS_BACK_TAB);
    assert_string_equal(form_at(inside(b)), field);
}

static void retype(struct bench *b, const char *field, const char *value)
{
    at_field(b, field);
    bench_press(b, PRESS_CTRL('u'));
    bench_type(b, value);
}

static void test_deploy_form_prices_and_fit(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    know_checklist(&b);
    bench_open(&b, &view_deploy_form, "up-7", 110, 50);
    /* 14.7 + 28·2·4·128·2·32768/1e9 (1.9) + 2 = 18.6 of 24 · 0.95 */
    bench_shows(&b, "≈18.6 GB: weights 14.7, cache of 32k tokens 1.9, the rest 2");
    bench_shows(&b, "✓ ADA_24 24 GB");
    at_field(&b, "gpu");
    bench_press(&b, PRESS_RIGHT); /* ADA_24, $0.68 */
    bench_shows(&b, "$0/h asleep · ≈$2.04/h with 3 workers");
    retype(&b, "env", "GPU_MEMORY_UTILIZATION=0.7"); /* what is really set counts */
    bench_shows(&b, "✗ ADA_24 24 GB: 2 GPUs do");
    bench_shows(&b, "hardly fit");
    retype(&b, "env", "");
    retype(&b, "max-model-len", "32000");
    bench_hides(&b, "hardly fit");
    retype(&b, "env", "MAX_MODEL_LEN=131072");
    bench_shows(&b, "is more than the model's");
    retype(&b, "env", "");
    retype(&b, "gpus-per-worker", "2");
    bench_shows(&b, "on each GPU");
    bench_shows(&b, "≈$4.08/h with 3");
    retype(&b, "gpus-per-worker", "3");
    bench_shows(&b, "28 heads (4 for keys and values) cannot be spread over 3 GPUs");
    retype(&b, "repo", "acme/unknown");
    bench_shows(&b, "is read from the Hub first");
    bench_end(&b);
}

static void test_deploy_form_hands_over(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    know_checklist(&b);
    bench_open(&b, &view_deploy_form, "up-7", 80, 24);
    retype(&b, "min", "4");
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(b.f.intent_count, 0);
    bench_shows(&b, "fewer workers at most than at least");
    retype(&b, "min", "0");
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(bench_intent(&b)->action, ACTION_DEPLOY);
    assert_string_equal(bench_intent(&b)->values,
        "repo=acme/support-v7 revision=9a3e51c0d1e2f30415263748596a7b8c9d0e1f20 name=support-v7 "
        "image=runpod/worker-v1-vllm:v2.25.2 gpu= gpus-per-worker=1 max-model-len= min=0 max=3 "
        "idle=10 env= budget= ");
    assert_int_equal(b.closed, 1);
    bench_end(&b);
}

static void test_deploy_form_names_and_images(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, true);
    bench_open(&b, &view_deploy_form, "", 80, 30);
    bench_type(&b, "acme/legal");
    assert_value(inside(&b), "name", "legal");
    retype(&b, "name", "mine");
    retype(&b, "repo", "acme/other");
    assert_value(inside(&b), "name", "mine");
    retype(&b, "image", "runpod/worker-v1-vllm:latest");
    bench_shows(&b, "another image tomorrow");
    retype(&b, "name", "ab");
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(b.f.intent_count, 0);
    bench_shows(&b, "at least three characters");
    bench_shut(&b);
    /* from a model's row: its repository, its commit, its job */
    bench_open(&b, &view_deploy_form, "41aa-legal", 80, 30);
    assert_value(inside(&b), "repo", "acme/legal-dpo");
    assert_value(inside(&b), "revision", "9a3e51c0d1e2f30415263748596a7b8c9d0e1f20");
    assert_value(inside(&b), "name", "legal-dpo");
    bench_end(&b);
}

/* Without a catalog nothing is claimed, and the form can still be sent. */
static void test_deploy_form_without_catalog(void **state)
{
    struct bench b;
    (void)state;
    bench_start(&b, false);
    bench_open(&b, &view_deploy_form, "", 80, 30);
    bench_shows(&b, "has not been read yet");
    bench_hides(&b, "$");
    bench_type(&b, "acme/legal\r");
    assert_int_equal(b.f.intent_count, 1);
    bench_end(&b);
}

/* ---- fit --------------------------------------------------------------------------------------------- */

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

static void test_fit(void **state)
{
    (void)state;
    struct model_facts facts = {.weight_bytes = 16000000000,
        .context_length = 8192,
        .layers = 32,
        .heads = 32,
        .kv_heads = 8,
        .head_dim = 128};
    struct fit fit = fit_of(&facts, 0, 1);
    assert_true(is_near(fit.cache, 1.073741824)); /* spec §10.3: 1 GiB */
    assert_true(is_near(fit.needed, 16 + 1.073741824 + 2));
    assert_true(fit.splits);
    assert_false(fit_of(&facts, 0, 3).splits);
    assert_true(is_near(fit_of(&facts, 0, 16).cache, 2 * 1.073741824)); /* repeated heads */
    assert_true(fit_of(&facts, 16384, 1).cache > 2.1);
    facts.dtype = TEXT("float32");
    assert_true(is_near(fit_of(&facts, 0, 1).cache, 2 * 1.073741824));
    facts = (struct model_facts){0};
    assert_true(isnan(fit_of(&facts, 0, 1).needed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enter_checks_every_field),
        cmocka_unit_test(test_letters_stay_in_the_form),
        cmocka_unit_test(test_switches_and_choices),
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_completion_list_is_left),
        cmocka_unit_test(test_paste),
        cmocka_unit_test(test_names_of_repositories),
        cmocka_unit_test(test_upload_form_looks),
        cmocka_unit_test(test_repository_follows_the_folder),
        cmocka_unit_test(test_upload_form_hands_over),
        cmocka_unit_test(test_upload_form_refuses),
        cmocka_unit_test(test_upload_form_refuses_a_folder),
        cmocka_unit_test(test_upload_form_after_a_failure_is_private),
        cmocka_unit_test(test_public_is_warned_of),
        cmocka_unit_test(test_deploy_form_refuses_a_taken_name),
        cmocka_unit_test(test_deploy_form_looks),
        cmocka_unit_test(test_deploy_form_prices_and_fit),
        cmocka_unit_test(test_deploy_form_hands_over),
        cmocka_unit_test(test_deploy_form_names_and_images),
        cmocka_unit_test(test_deploy_form_without_catalog),
        cmocka_unit_test(test_fit),
    };
    return cmocka_run_group_tests_name("forms", tests, NULL, NULL);
}
