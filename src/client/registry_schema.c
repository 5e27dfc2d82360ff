/* The tables of spec/database.md as Slipway makes them in an empty database, and as it looks for
 * them in a live one. Only `used` columns are missed by doctor; the others are there for the
 * programs that share the tables. */
#include "client/registry_internal.h"

#define ID                                                                                         \
    {                                                                                              \
        "id", "{t:uuid} PRIMARY KEY {d:id}", true                                                  \
    }
#define USER                                                                                       \
    {                                                                                              \
        "user_id", "{t:uuid}", true                                                                \
    }
#define CREATED                                                                                    \
    {                                                                                              \
        "created_at", "{t:time} NOT NULL {d:now}", true                                            \
    }
#define UPDATED                                                                                    \
    {                                                                                              \
        "updated_at", "{t:time} NOT NULL {d:now}", true                                            \
    }
#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct registry_column models[] = {
    ID,
    USER,
    {"name", "text NOT NULL", true},
    {"description", "text", false},
    {"provider", "text NOT NULL", true},
    {"base_url", "text NOT NULL", true},
    {"model_id", "text NOT NULL", true},
    {"served_model_name", "text", true},
    {"auth_type", "text NOT NULL DEFAULT 'bearer'", true},
    {"api_key_encrypted", "text", false},
    {"auth_headers", "{t:json} NOT NULL DEFAULT '{}'", false},
    {"supports_streaming", "{t:bool} NOT NULL DEFAULT true", true},
    {"supports_functions", "{t:bool} NOT NULL DEFAULT false", false},
    {"supports_vision", "{t:bool} NOT NULL DEFAULT false", false},
    {"context_length", "{t:int} NOT NULL DEFAULT 4096", true},
    {"max_output_tokens", "{t:int} NOT NULL DEFAULT 2000", true},
    {"price_per_input_token", "{t:numeric}", true},
    {"price_per_output_token", "{t:numeric}", true},
    {"default_temperature", "{t:numeric} NOT NULL DEFAULT 0.7", false},
    {"default_top_p", "{t:numeric} NOT NULL DEFAULT 1.0", false},
    {"enabled", "{t:bool} NOT NULL DEFAULT true", true},
    {"is_global", "{t:bool} NOT NULL DEFAULT false", true},
    {"is_default", "{t:bool} NOT NULL DEFAULT false", true},
    {"training_method", "text", true},
    {"base_model", "text", true},
    {"training_dataset", "text", false},
    {"training_date", "{t:time}", false},
    {"lora_config", "{t:json}", false},
    {"evaluation_metrics", "{t:json}", false},
    {"metadata", "{t:json}", true},
    CREATED,
    UPDATED,
    {"last_used_at", "{t:time}", true},
};

static const char *const models_afterwards[] = {
    "CREATE UNIQUE INDEX llm_models_one_default ON {table llm_models} (user_id) WHERE is_default",
    "CREATE UNIQUE INDEX llm_models_one_global_default ON {table llm_models} (is_global)"
    " WHERE is_default AND is_global",
    "CREATE INDEX llm_models_user_enabled ON {table llm_models} (user_id, enabled)",
    "CREATE INDEX llm_models_global_enabled ON {table llm_models} (is_global, enabled)",
    "CREATE INDEX llm_models_provider ON {table llm_models} (provider)",
    "CREATE INDEX llm_models_served_name ON {table llm_models} (served_model_name)",
    NULL,
};

static const char *const models_guards[] = {
    "ALTER TABLE {table llm_models} ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY llm_models_select ON {table llm_models} FOR SELECT USING (user_id = auth.uid()"
    " OR (is_global AND api_key_encrypted IS NULL AND auth_headers = '{}'::jsonb))",
    "CREATE POLICY llm_models_insert ON {table llm_models} FOR INSERT"
    " WITH CHECK (user_id = auth.uid() AND NOT is_global)",
    "CREATE POLICY llm_models_update ON {table llm_models} FOR UPDATE"
    " USING (user_id = auth.uid() AND NOT is_global)"
    " WITH CHECK (user_id = auth.uid() AND NOT is_global)",
    "CREATE POLICY llm_models_delete ON {table llm_models} FOR DELETE"
    " USING (user_id = auth.uid())",
    NULL,
};

static const struct registry_column jobs[] = {
    ID,
    USER,
    {"model_name", "text", true},
    {"dataset_path", "text", true},
    {"status", "text NOT NULL DEFAULT 'pending'", true},
    {"job_token", "text", false},
    {"config", "{t:json}", true},
    {"config_id", "{t:uuid}", false},
    {"error_message", "text", true},
    {"started_at", "{t:time}", true},
    {"completed_at", "{t:time}", true},
    CREATED,
    UPDATED,
    {"metadata", "{t:json} DEFAULT '{}'", true},
    {"model_url", "text", true},
    {"best_checkpoint_score", "{t:real}", false},
    {"best_checkpoint_step", "{t:int}", false},
    {"best_checkpoint_epoch", "{t:int}", false},
    {"best_checkpoint_path", "text", false},
    {"best_eval_loss", "{t:real}", true},
    {"best_epoch", "{t:int}", false},
    {"best_step", "{t:int}", false},
    {"loss_trend", "text", true},
    {"epochs_without_improvement", "{t:int}", false},
    {"agent_id", "text", false},
    {"claimed_at", "{t:time}", false},
    {"progress", "{t:real}", true},
    {"current_step", "{t:int}", true},
    {"current_epoch", "{t:int}", true},
    {"total_steps", "{t:int}", true},
    {"total_epochs", "{t:int}", true},
    {"loss", "{t:real}", true},
    {"eval_loss", "{t:real}", true},
    {"learning_rate", "{t:real}", true},
    {"grad_norm", "{t:real}", false},
    {"perplexity", "{t:real}", false},
    {"train_perplexity", "{t:real}", false},
    {"samples_per_second", "{t:real}", false},
    {"gpu_memory_allocated_gb", "{t:real}", false},
    {"gpu_memory_reserved_gb", "{t:real}", false},
    {"gpu_utilization_percent", "{t:real}", false},
    {"elapsed_seconds", "{t:real}", true},
    {"remaining_seconds", "{t:real}", true},
    {"final_loss", "{t:real}", false},
    {"final_eval_loss", "{t:real}", false},
    {"total_samples", "{t:int}", false},
    {"train_samples", "{t:int}", false},
    {"val_samples", "{t:int}", false},
    {"total_tokens_processed", "{t:bigint}", false},
    {"batch_size", "{t:int}", false},
    {"gradient_accumulation_steps", "{t:int}", false},
    {"max_learning_rate", "{t:real}", false},
    {"min_learning_rate", "{t:real}", false},
    {"warmup_steps", "{t:int}", false},
    {"num_gpus", "{t:int}", false},
    {"distributed_strategy", "text", false},
    {"resume_from_checkpoint", "text", false},
    {"resumed_from_checkpoint", "text", false},
    {"resumed_from_job_id", "{t:uuid}", false},
    {"parameter_updates", "{t:json}", false},
    {"last_parameter_update_at", "{t:time}", false},
    {"base_model", "text", true},
};

static const char *const jobs_afterwards[] = {
    "CREATE INDEX local_training_jobs_user ON {table local_training_jobs} (user_id, created_at)",
    NULL,
};

static const char *const jobs_guards[] = {
    "ALTER TABLE {table local_training_jobs} ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY local_training_jobs_own ON {table local_training_jobs}"
    " USING (user_id = auth.uid()) WITH CHECK (user_id = auth.uid())",
    NULL,
};

static const struct registry_column deployments[] = {
    ID,
    USER,
    {"training_config_id", "{t:uuid}", false},
    {"training_job_id", "{t:uuid}", true},
    {"model_artifact_id", "{t:uuid}", false},
    {"provider", "text NOT NULL", true},
    {"deployment_name", "text", true},
    {"deployment_id", "text", true},
    {"endpoint_url", "text", true},
    {"status", "text NOT NULL DEFAULT 'deploying'", true},
    {"config", "{t:json} DEFAULT '{}'", true},
    {"model_type", "text", false},
    {"base_model", "text", true},
    {"model_storage_url", "text", false},
    {"cost_per_request", "{t:numeric}", true},
    {"budget_limit", "{t:numeric}", true},
    {"current_spend", "{t:numeric} DEFAULT 0", false},
    {"request_count", "{t:int} DEFAULT 0", false},
    {"metrics", "{t:json}", false},
    {"error_message", "text", true},
    CREATED,
    {"deployed_at", "{t:time}", true},
    {"stopped_at", "{t:time}", false},
    UPDATED,
    {"network_volume_id", "text", false},
    {"fireworks_model_id", "text", false},
    {"fireworks_deployment_id", "text", false},
};

static const char *const deployments_afterwards[] = {
    "CREATE INDEX inference_deployments_remote ON {table inference_deployments}"
    " (user_id, provider, deployment_id)",
    NULL,
};

static const char *const deployments_guards[] = {
    "ALTER TABLE {table inference_deployments} ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY inference_deployments_own ON {table inference_deployments}"
    " USING (user_id = auth.uid()) WITH CHECK (user_id = auth.uid())",
    NULL,
};

static const struct registry_column metrics[] = {
    {"id", "{t:uuid} PRIMARY KEY {d:id}", false},
    {"job_id", "{t:uuid} NOT NULL REFERENCES {table local_training_jobs} (id) ON DELETE CASCADE",
        false},
    {"step", "{t:int}", false},
    {"epoch", "{t:int}", false},
    {"train_loss", "{t:real}", false},
    {"eval_loss", "{t:real}", false},
    {"learning_rate", "{t:real}", false},
    {"grad_norm", "{t:real}", false},
    {"perplexity", "{t:real}", false},
    {"train_perplexity", "{t:real}", false},
    {"samples_per_second", "{t:real}", false},
    {"tokens_per_second", "{t:real}", false},
    {"gpu_memory_allocated_gb", "{t:real}", false},
    {"gpu_memory_reserved_gb", "{t:real}", false},
    {"gpu_utilization_percent", "{t:real}", false},
    {"loss_trend", "text", false},
    {"best_eval_loss", "{t:real}", false},
    {"best_epoch", "{t:int}", false},
    {"best_step", "{t:int}", false},
    {"epochs_without_improvement", "{t:int}", false},
    {"timestamp", "{t:time} NOT NULL {d:now}", false},
};

static const char *const metrics_afterwards[] = {
    "CREATE INDEX local_training_metrics_job ON {table local_training_metrics} (job_id, step)",
    "CREATE INDEX local_training_metrics_time ON {table local_training_metrics} (\"timestamp\")",
    NULL,
};

static const char *const metrics_guards[] = {
    "ALTER TABLE {table local_training_metrics} ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY local_training_metrics_own ON {table local_training_metrics} USING (EXISTS"
    " (SELECT 1 FROM public.local_training_jobs j WHERE j.id = job_id AND j.user_id = auth.uid()))",
    NULL,
};

const struct registry_schema registry_schemas[REGISTRY_TABLES] = {
    [REGISTRY_MODELS] = {"llm_models", models, COUNT(models),
        "CONSTRAINT llm_models_user_id_name_key UNIQUE (user_id, name)", models_afterwards,
        models_guards},
    [REGISTRY_JOBS] = {"local_training_jobs", jobs, COUNT(jobs), NULL, jobs_afterwards,
        jobs_guards},
    [REGISTRY_DEPLOYMENTS] = {"inference_deployments", deployments, COUNT(deployments), NULL,
        deployments_afterwards, deployments_guards},
    [REGISTRY_METRICS] = {"local_training_metrics", metrics, COUNT(metrics), NULL,
        metrics_afterwards, metrics_guards},
};

_Static_assert(
    COUNT(jobs) <= REGISTRY_COLUMNS_MAX && COUNT(models) <= REGISTRY_COLUMNS_MAX, "columns fit");
