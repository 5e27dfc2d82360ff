/* runpod_rest: the handlers of REST v2, for the table in runpod_routes.c. One block a file. */
#ifndef SLIPWAY_SIM_RUNPOD_REST_H
#define SLIPWAY_SIM_RUNPOD_REST_H

#include "sim/runpod_http.h"

/* runpod_rest_endpoint.c */
void rest_endpoint_list(struct sim *s, struct request *r, struct reply *p);
void rest_endpoint_create(struct sim *s, struct request *r, struct reply *p);
void rest_endpoint_read(struct sim *s, struct request *r, struct reply *p);
void rest_endpoint_update(struct sim *s, struct request *r, struct reply *p);
void rest_endpoint_delete(struct sim *s, struct request *r, struct reply *p);

/* runpod_rest_worker.c */
void rest_worker_list(struct sim *s, struct request *r, struct reply *p);
void rest_release_list(struct sim *s, struct request *r, struct reply *p);
void rest_build_list(struct sim *s, struct request *r, struct reply *p);
void rest_build_read(struct sim *s, struct request *r, struct reply *p);

/* runpod_rest_logs.c */
void rest_worker_logs(struct sim *s, struct request *r, struct reply *p);
void rest_pod_logs(struct sim *s, struct request *r, struct reply *p);

/* runpod_rest_template.c */
void rest_template_list(struct sim *s, struct request *r, struct reply *p);
void rest_template_create(struct sim *s, struct request *r, struct reply *p);
void rest_template_read(struct sim *s, struct request *r, struct reply *p);
void rest_template_update(struct sim *s, struct request *r, struct reply *p);
void rest_template_delete(struct sim *s, struct request *r, struct reply *p);
void rest_catalog_templates(struct sim *s, struct request *r, struct reply *p);

/* runpod_rest_pod.c */
void rest_pod_list(struct sim *s, struct request *r, struct reply *p);
void rest_pod_create(struct sim *s, struct request *r, struct reply *p);
void rest_pod_read(struct sim *s, struct request *r, struct reply *p);
void rest_pod_update(struct sim *s, struct request *r, struct reply *p);
void rest_pod_delete(struct sim *s, struct request *r, struct reply *p);
void rest_pod_action(struct sim *s, struct request *r, struct reply *p);

/* runpod_rest_catalog.c */
void rest_gpu_list(struct sim *s, struct request *r, struct reply *p);
void rest_gpu_read(struct sim *s, struct request *r, struct reply *p);
void rest_cpu_list(struct sim *s, struct request *r, struct reply *p);
void rest_cpu_read(struct sim *s, struct request *r, struct reply *p);
/* {"id","name","availability"} */
struct json *catalog_availability(const char *id, const char *name, enum stock level);

/* What a CPU flavour brings with that many vCPUs. */
int64_t cpu_memory_gb(const char *id, int64_t vcpus);

/* runpod_rest_places.c */
void rest_data_center_list(struct sim *s, struct request *r, struct reply *p);
void rest_data_center_read(struct sim *s, struct request *r, struct reply *p);

/* runpod_rest_billing.c */
void rest_billing_serverless(struct sim *s, struct request *r, struct reply *p);
void rest_billing_pods(struct sim *s, struct request *r, struct reply *p);
void rest_billing_all(struct sim *s, struct request *r, struct reply *p);
void rest_billing_public(struct sim *s, struct request *r, struct reply *p);
void rest_billing_volumes(struct sim *s, struct request *r, struct reply *p);
void rest_billing_clusters(struct sim *s, struct request *r, struct reply *p);

/* runpod_rest_misc.c */
void rest_volume_list(struct sim *s, struct request *r, struct reply *p);
void rest_volume_create(struct sim *s, struct request *r, struct reply *p);
void rest_volume_read(struct sim *s, struct request *r, struct reply *p);
void rest_volume_update(struct sim *s, struct request *r, struct reply *p);
void rest_volume_delete(struct sim *s, struct request *r, struct reply *p);
void rest_registry_list(struct sim *s, struct request *r, struct reply *p);
void rest_registry_create(struct sim *s, struct request *r, struct reply *p);
void rest_registry_read(struct sim *s, struct request *r, struct reply *p);
void rest_registry_delete(struct sim *s, struct request *r, struct reply *p);
void rest_delegation_list(struct sim *s, struct request *r, struct reply *p);
void rest_cluster_list(struct sim *s, struct request *r, struct reply *p);
void rest_secret_list(struct sim *s, struct request *r, struct reply *p);
void rest_secret_create(struct sim *s, struct request *r, struct reply *p);
void rest_secret_read(struct sim *s, struct request *r, struct reply *p);
void rest_secret_update(struct sim *s, struct request *r, struct reply *p);
void rest_secret_delete(struct sim *s, struct request *r, struct reply *p);
void rest_ssh_keys_read(struct sim *s, struct request *r, struct reply *p);
void rest_ssh_keys_replace(struct sim *s, struct request *r, struct reply *p);
void rest_v1_gone(struct sim *s, struct request *r, struct reply *p);

/* runpod_graphql.c */
void runpod_graphql(struct sim *s, struct request *r, struct reply *p);

/* runpod_data_jobs.c */
void jobs_run(struct sim *s, struct request *r, struct reply *p);
void jobs_runsync(struct sim *s, struct request *r, struct reply *p);
void jobs_status(struct sim *s, struct request *r, struct reply *p);
void jobs_status_sync(struct sim *s, struct request *r, struct reply *p);
void jobs_stream(struct sim *s, struct request *r, struct reply *p);
void jobs_cancel(struct sim *s, struct request *r, struct reply *p);
void jobs_retry(struct sim *s, struct request *r, struct reply *p);

/* runpod_data_queue.c */
void queue_purge(struct sim *s, struct request *r, struct reply *p);
void queue_health(struct sim *s, struct request *r, struct reply *p);
void queue_requests(struct sim *s, struct request *r, struct reply *p);
void queue_metrics(struct sim *s, struct request *r, struct reply *p);

/* runpod_data_openai.c */
void openai_post(struct sim *s, struct request *r, struct reply *p);
void openai_models(struct sim *s, struct request *r, struct reply *p);

#endif
