/* What a model is made of: a row of the scenario, else its repository on the stand-in's Hub, else
 * what its name says. A repository that cannot be loaded crashes the worker until it is mended. */
#include "world.h"

#include "sim/hub.h"
#include "sim/hub_store.h"
#include "temp_folder.h"

#define GIB 1073741824.0

/* ---- a world with a Hub ---------------------------------------------------------------------- */

static int make(void **state)
{
    return temp_folder_make(state);
}

static int clean(void **state)
{
    return temp_folder_remove(state);
}

static struct sim *play(void **state, struct json *scenario)
{
    struct err e;
    struct sim *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->clock = clock_new(WORLD_START, 0);
    s->random = 5;
    snprintf(s->store, sizeof s->store, "%s", (char *)*state);
    s->hub = hub_world_new(s, scenario, &e);
    if (!s->hub)
        fail_msg("%s", e.message);
    s->runpod = runpod_world_new(s, scenario, &e);
    if (!s->runpod)
        fail_msg("%s", e.message);
    return s;
}

static void stop(struct sim *s)
{
    struct hub_world *h = s->hub;
    world_end(s);
    hub_world_free(h);
}

/* A scenario with these repositories and one endpoint for the model; `top` more of it. */
static struct sim *deploy(void **state, const char *top, const char *repos, const char *env)
{
    char text[6000];
    int n = snprintf(text, sizeof text,
        "{'base':'healthy','seed':3,'warm_up_s':0,'timeline':[],'behaviour':{" EXACT "}%s,"
        "'hub':{'repos':[%s]},'endpoints':[" ENDPOINT(
            ",'image':'runpod/worker-v1-vllm:v2.12.0','env':{%s}") "]}",
        top, repos, env);
    assert_true(n > 0 && (size_t)n < sizeof text);
    return play(state, world_json(text));
}

static const struct model_facts *model_of(struct sim *s)
{
    return &world_endpoint(s)->facts->model;
}

#define CONFIG(members) "'config.json':{'json':{" members "}}"
#define SMALL                                                                                      \
    "'architectures':['Qwen3ForCausalLM'],'num_hidden_layers':6,'num_attention_heads':8,"          \
    "'num_key_value_heads':2,'head_dim':64,'hidden_size':512,'max_position_embeddings':2048"
#define REPO(id, more, files) "{'id':'" id "'" more ",'files':{" files "}}"
#define NAMED(id)             "'MODEL_NAME':'" id "'"

/* ---- where sizes come from ------------------------------------------------------------------- */

static void sizes_are_those_of_the_repository(void **state)
{
    struct sim *s = deploy(state, "",
        REPO("acme/mine-70B", "",
            CONFIG(
                SMALL) ",'model-00001-of-00002.safetensors':{'fill':3000000},"
                       "'model-00002-of-00002.safetensors':{'fill':1000000},"
                       "'pytorch_model.bin':{'fill':9000000},'old/model.safetensors':{'fill':500},"
                       "'model.safetensors.index.json':'{}'"),
        NAMED("acme/mine-70B"));
    const struct model_facts *m = model_of(s);
    assert_true(m->weights_gib == 4000000 / GIB); /* not the .bin beside them */
    assert_int_equal(m->shards, 2);
    assert_true(m->kv_kib == 2.0 * 6 * 2 * 64 * 2 / 1024);
    assert_int_equal(m->max_len, 2048);
    assert_string_equal(m->architecture, "Qwen3ForCausalLM");
    assert_false(m->gated || m->missing);
    assert_null(m->lacks);
    assert_true(world_endpoint(s)->facts->disk_need_gb < 12); /* 70 B would need 170 more */
    stop(s);
}

static void old_weights_count_without_what_training_left(void **state)
{
    struct sim *s = deploy(state, "",
        REPO("acme/old", "",
            CONFIG(SMALL) ",'pytorch_model.bin':{'fill':700},'training_args.bin':{'fill':60},"
                          "'adapter_model.safetensors':{'fill':50},'optimizer.bin':{'fill':90}"),
        NAMED("acme/old"));
    assert_true(model_of(s)->weights_gib == 700 / GIB);
    assert_int_equal(model_of(s)->shards, 1);
    assert_null(model_of(s)->lacks);
    stop(s);
}

static void a_row_of_the_scenario_goes_before_the_hub(void **state)
{
    struct sim *s = deploy(state, ",'models':{'acme/*':{'weights_gib':15,'max_len':4096}}",
        REPO("acme/mine-8B", "", CONFIG(SMALL) ",'model.safetensors':{'fill':3000}"),
        NAMED("acme/mine-8B"));
    assert_true(model_of(s)->weights_gib == 15);
    assert_int_equal(model_of(s)->max_len, 4096);
    assert_true(model_of(s)->kv_kib == 144); /* of 8 B, as the row does not say */
    assert_string_equal(model_of(s)->architecture, "LlamaForCausalLM");
    stop(s);
}

static void a_model_that_nobody_knows_is_what_its_name_says(void **state)
{
    struct sim *s = deploy(state, "", REPO("acme/other", "", "'a':'b'"), NAMED("acme/mine-8B"));
    assert_true(model_of(s)->weights_gib == 8 * 2 * 1e9 / GIB);
    assert_int_equal(model_of(s)->max_len, 40960);
    assert_null(model_of(s)->lacks);
    stop(s);
    /* a dataset is no model */
    s = deploy(state, "", REPO("acme/data", ",'type':'dataset'", "'a':'b'"), NAMED("acme/data"));
    assert_true(model_of(s)->weights_gib == 7 * 2 * 1e9 / GIB);
    assert_null(model_of(s)->lacks);
    stop(s);
}

/* Numbers that config.json lacks, or that are none. */
static void what_config_does_not_tell_stays_a_guess(void **state)
{
    static const struct {
        const char *config;
        double kv_kib;
        int64_t max_len;
    } rows[] = {
        {"", 24, 40960},
        {"'num_hidden_layers':-4,'num_attention_heads':8,'hidden_size':512", 24, 40960},
        {"'num_hidden_layers':4,'num_attention_heads':8,'hidden_size':4", 24, 40960},
        {"'num_hidden_layers':1e300,'num_attention_heads':1e300,'head_dim':1e300,"
         "'max_position_embeddings':1e300",
            24, 40960},
        {"'num_hidden_layers':'4','max_position_embeddings':'many','architectures':'x'", 24, 40960},
        {"'num_hidden_layers':4,'num_attention_heads':8,'hidden_size':512", 8,
            40960}, /* kv = heads */
        {"'n_layer':4,'n_head':8,'n_embd':512,'n_positions':1024", 8, 1024},
        {"'num_hidden_layers':9,'text_config':{'num_hidden_layers':4,'num_attention_heads':8,"
         "'num_key_value_heads':1,'head_dim':256,'max_position_embeddings':77}",
            4, 77},
        {"'architectures':[],'text_config':7,'max_position_embeddings':99", 24, 99},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char repo[800];
        snprintf(repo, sizeof repo,
            "{'id':'acme/m','files':{'config.json':{'json':{%s}},'model.safetensors':{'fill':99}}}",
            rows[i].config);
        struct sim *s = deploy(state, "", repo, NAMED("acme/m"));
        const struct model_facts *m = model_of(s);
        if (m->kv_kib != rows[i].kv_kib || m->max_len != rows[i].max_len || m->lacks)
            fail_msg("%s: %f, %lld, %s", rows[i].config, m->kv_kib, (long long)m->max_len,
                m->lacks ? m->lacks : "");
        assert_string_equal(m->architecture, "LlamaForCausalLM");
        stop(s);
    }
}

static void a_closed_repository_needs_a_token(void **state)
{
    static const struct {
        const char *settings, *env;
        bool gated, up;
    } rows[] = {
        {"", "", false, true},
        {",'private':true", "", true, false},
        {",'private':true", ",'HF_TOKEN':'hf_x'", true, true},
        {",'gated':'manual'", "", true, false},
        {",'gated':'auto'", ",'HUGGING_FACE_HUB_TOKEN':'hf_x'", true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char repo[900], env[100];
        snprintf(repo, sizeof repo,
            "{'id':'acme/m'%s,'files':{" CONFIG(SMALL) ",'model.safetensors':{'fill':99}}}",
            rows[i].settings);
        snprintf(env, sizeof env, NAMED("ACME/M") "%s", rows[i].env); /* any case, as the Hub */
        struct sim *s = deploy(state, "", repo, env);
        assert_int_equal(model_of(s)->gated, rows[i].gated);
        (void)world_ask(s, "{'prompt':'Hello'}");
        world_run(s, MINUTE);
        const struct worker *w = world_endpoint(s)->workers;
        assert_int_equal(w->crashes == 0, rows[i].up);
        assert_int_equal(world_line(w, LOG_CONTAINER, "GatedRepoError") == NULL, rows[i].up);
        stop(s);
    }
}

/* ---- what is not there ----------------------------------------------------------------------- */

static void a_repository_that_cannot_be_loaded_says_why(void **state)
{
    static const struct {
        const char *files, *env, *lacks, *line;
    } rows[] = {
        {"'model.safetensors':{'fill':99}", "", "config",
            "OSError: acme/m does not appear to have a file named config.json. Checkout "
            "'https://huggingface.co/acme/m/tree/main'"},
        {"'config.json':'[1]','model.safetensors':{'fill':99}", "", "config", "config.json"},
        {"'config.json':'{','model.safetensors':{'fill':99}", "", "config", "config.json"},
        {CONFIG(SMALL), "", "weights", "Cannot find any model weights with `acme/m`"},
        {CONFIG(SMALL) ",'model.safetensors':''", "", "weights", "Cannot find any model weights"},
        {CONFIG(SMALL) ",'d/model.safetensors':{'fill':9},'adapter_model.safetensors':{'fill':9}",
            "", "weights", "Cannot find any model weights"},
        {CONFIG(SMALL) ",'model.safetensors':{'fill':99}", ",'MODEL_REVISION':'v2'", "revision",
            "v2 is not a valid git identifier"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char repo[900], env[100];
        snprintf(repo, sizeof repo, "{'id':'acme/m','files':{%s}}", rows[i].files);
        snprintf(env, sizeof env, NAMED("acme/m") "%s", rows[i].env);
        struct sim *s = deploy(state, "", repo, env);
        assert_non_null(model_of(s)->lacks);
        assert_string_equal(model_of(s)->lacks, rows[i].lacks);
        (void)world_ask(s, "{'prompt':'Hello'}");
        world_run(s, MINUTE);
        const struct worker *w = world_endpoint(s)->workers;
        if (w->crashes < 2 || !world_line(w, LOG_CONTAINER, rows[i].line))
            fail_msg("%s: %d crashes, or no such line", rows[i].files, w->crashes);
        stop(s);
    }
}

/* A new revision of main with one more file. */
static void upload(struct sim *s, const char *id, const char *path, const char *text)
{
    struct hub_files files;
    struct hub_repo *repo = hub_repo_find(s->hub, HUB_MODEL, id);
    struct hub_commit *head = hub_head(repo);
    assert_int_equal(hub_files_copy(&head->files, &files), 0);
    struct hub_file *f = hub_regular_file(s->hub, path, text, strlen(text));
    assert_int_equal(hub_files_put(&files, f), 0);
    struct hub_commit_new c = {
        .title = "More", .message = "", .author = "ada", .parent = head, .at = sim_now(s)};
    struct hub_commit *made = hub_commit_add(repo, &c, &files);
    assert_non_null(made);
    hub_ref_find(repo, HUB_BRANCH, "main")->commit = made;
}

static void an_upload_mends_the_next_start(void **state)
{
    struct sim *s =
        deploy(state, "", REPO("acme/m", "", "'model.safetensors':{'fill':1000}"), NAMED("acme/m"));
    struct job *j = world_ask(s, "{'prompt':'Hello'}");
    char before[HUB_OID];
    snprintf(
        before, sizeof before, "%s", hub_head(hub_repo_find(s->hub, HUB_MODEL, "acme/m"))->oid);
    world_run(s, MINUTE);
    assert_int_equal(j->state, JOB_IN_QUEUE);
    upload(s, "acme/m", "config.json", "{\"max_position_embeddings\":512}");
    WORLD_UNTIL(s, MINUTE, job_final(j));
    assert_int_equal(j->state, JOB_COMPLETED);
    assert_int_equal(model_of(s)->max_len, 512);
    assert_int_equal(world_endpoint(s)->release_count, 1); /* nobody changed the endpoint */
    char settings[200];                                    /* the commit of before still has none */
    snprintf(
        settings, sizeof settings, "{'env':{'MODEL_NAME':'acme/m','MODEL_REVISION':'%s'}}", before);
    world_set(s, settings);
    assert_string_equal(model_of(s)->lacks, "config");
    world_set(s, "{'env':{'MODEL_NAME':'acme/m','MODEL_REVISION':'refs/heads/main'}}");
    assert_null(model_of(s)->lacks);
    world_check(s);
    stop(s);
}

/* A repository made after the endpoint counts, and one that is gone counts no more. */
static void repositories_come_and_go(void **state)
{
    struct sim *s = deploy(state, "", REPO("acme/other", "", "'a':'b'"), NAMED("acme/m-70B"));
    (void)world_ask(s, "{'prompt':'Hello'}"); /* 70 B do not fit on 24 GB, nor on this disk */
    world_run(s, MINUTE);
    assert_true(world_endpoint(s)->workers->starts > 1);
    assert_int_equal(world_endpoint(s)->completed, 0);
    struct hub_repo *repo = hub_repo_new(s, s->hub, HUB_MODEL, "acme/m-70B");
    assert_int_equal(hub_repo_begin(s->hub, repo, "ada", sim_now(s)), 0);
    upload(s, "acme/m-70B", "config.json", "{}");
    upload(s, "acme/m-70B", "model.safetensors", "a few bytes");
    WORLD_UNTIL(s, MINUTE, world_endpoint(s)->completed == 1);
    assert_true(model_of(s)->weights_gib == 11 / GIB);
    hub_repo_remove(s->hub, repo);
    world_set(s, "{'env':{'MODEL_NAME':'acme/m-70B','SEED':'1'}}");
    assert_true(model_of(s)->weights_gib == 70 * 2 * 1e9 / GIB);
    stop(s);
}

static void there_may_be_no_hub(void **state)
{
    (void)state;
    struct hub_model m;
    assert_false(hub_model_facts(NULL, "acme/m", NULL, &m));
}

int main(void)
{
#define WITH_FOLDER(t) cmocka_unit_test_setup_teardown(t, make, clean)
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(sizes_are_those_of_the_repository),
        WITH_FOLDER(old_weights_count_without_what_training_left),
        WITH_FOLDER(a_row_of_the_scenario_goes_before_the_hub),
        WITH_FOLDER(a_model_that_nobody_knows_is_what_its_name_says),
        WITH_FOLDER(what_config_does_not_tell_stays_a_guess),
        WITH_FOLDER(a_closed_repository_needs_a_token),
        WITH_FOLDER(a_repository_that_cannot_be_loaded_says_why),
        WITH_FOLDER(an_upload_mends_the_next_start),
        WITH_FOLDER(repositories_come_and_go),
        cmocka_unit_test(there_may_be_no_hub),
    };
    return cmocka_run_group_tests_name("world model", tests, NULL, NULL);
}
