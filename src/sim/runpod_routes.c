/* runpod_routes: what the two RunPod ports serve (spec/runpod.md §2.1, §4.3, §11.1).
 *
 * More exact patterns come first. Not played, so answered by the plane's 404: batch jobs, clusters
 * and registry delegations other than their empty lists, tags, sandboxes, load-balanced paths. */
#include "sim/runpod_rest.h"

#include <stddef.h>

const struct route runpod_data_routes[] = {
    {"POST", "/v2/{endpoint}/run", jobs_run, 0},
    {"POST", "/v2/{endpoint}/runsync", jobs_runsync, 0},
    {"GET", "/v2/{endpoint}/status/{job}", jobs_status, 0},
    {"POST", "/v2/{endpoint}/status/{job}", jobs_status, 0},
    {"GET", "/v2/{endpoint}/status-sync/{job}", jobs_status_sync, 0},
    {"POST", "/v2/{endpoint}/status-sync/{job}", jobs_status_sync, 0},
    {"GET", "/v2/{endpoint}/stream/{job}", jobs_stream, 0},
    {"POST", "/v2/{endpoint}/stream/{job}", jobs_stream, 0},
    {"POST", "/v2/{endpoint}/cancel/{job}", jobs_cancel, 0},
    {"POST", "/v2/{endpoint}/retry/{job}", jobs_retry, 0},
    {"POST", "/v2/{endpoint}/purge-queue", queue_purge, 0},
    {"GET", "/v2/{endpoint}/health", queue_health, 0},
    {"GET", "/v2/{endpoint}/requests", queue_requests, 0},
    {"GET", "/v2/{endpoint}/metrics", queue_metrics, 0},
    {"GET", "/v2/{endpoint}/openai/v1/models", openai_models, 0},
    {"POST", "/v2/{endpoint}/openai/v1/{path...}", openai_post, 0},
    {NULL, NULL, NULL, 0},
};

const struct route runpod_control_routes[] = {
    {"GET", "/v2/serverless", rest_endpoint_list, 0},
    {"POST", "/v2/serverless", rest_endpoint_create, 0},
    {"GET", "/v2/serverless/{id}", rest_endpoint_read, 0},
    {"PATCH", "/v2/serverless/{id}", rest_endpoint_update, 0},
    {"DELETE", "/v2/serverless/{id}", rest_endpoint_delete, 0},
    {"GET", "/v2/serverless/{id}/workers", rest_worker_list, 0},
    {"GET", "/v2/serverless/{id}/workers/{worker}/logs", rest_worker_logs, 0},
    {"GET", "/v2/serverless/{id}/releases", rest_release_list, 0},
    {"GET", "/v2/serverless/{id}/builds", rest_build_list, 0},
    {"GET", "/v2/serverless/{id}/builds/{build}", rest_build_read, 0},
    {"GET", "/v2/serverless/{id}/builds/{build}/logs", rest_build_read, 0},

    {"GET", "/v2/pods", rest_pod_list, 0},
    {"POST", "/v2/pods", rest_pod_create, 0},
    {"GET", "/v2/pods/{id}", rest_pod_read, 0},
    {"PATCH", "/v2/pods/{id}", rest_pod_update, 0},
    {"DELETE", "/v2/pods/{id}", rest_pod_delete, 0},
    {"POST", "/v2/pods/{id}/action", rest_pod_action, 0},
    {"GET", "/v2/pods/{id}/logs", rest_pod_logs, 0},

    {"GET", "/v2/templates", rest_template_list, 0},
    {"POST", "/v2/templates", rest_template_create, 0},
    {"GET", "/v2/templates/{id}", rest_template_read, 0},
    {"PATCH", "/v2/templates/{id}", rest_template_update, 0},
    {"DELETE", "/v2/templates/{id}", rest_template_delete, 0},

    {"GET", "/v2/network-volumes", rest_volume_list, 0},
    {"POST", "/v2/network-volumes", rest_volume_create, 0},
    {"GET", "/v2/network-volumes/{id}", rest_volume_read, 0},
    {"PATCH", "/v2/network-volumes/{id}", rest_volume_update, 0},
    {"DELETE", "/v2/network-volumes/{id}", rest_volume_delete, 0},

    {"GET", "/v2/registries", rest_registry_list, 0},
    {"POST", "/v2/registries", rest_registry_create, 0},
    {"GET", "/v2/registries/delegations", rest_delegation_list, 0},
    {"GET", "/v2/registries/{id}", rest_registry_read, 0},
    {"DELETE", "/v2/registries/{id}", rest_registry_delete, 0},

    {"GET", "/v2/account/ssh-keys", rest_ssh_keys_read, 0},
    {"PUT", "/v2/account/ssh-keys", rest_ssh_keys_replace, 0},
    {"GET", "/v2/account/secrets", rest_secret_list, 0},
    {"POST", "/v2/account/secrets", rest_secret_create, 0},
    {"GET", "/v2/account/secrets/{id}", rest_secret_read, 0},
    {"PATCH", "/v2/account/secrets/{id}", rest_secret_update, 0},
    {"DELETE", "/v2/account/secrets/{id}", rest_secret_delete, 0},

    {"GET", "/v2/catalog/gpus", rest_gpu_list, 0},
    {"GET", "/v2/catalog/gpus/{id}", rest_gpu_read, 0},
    {"GET", "/v2/catalog/cpus", rest_cpu_list, 0},
    {"GET", "/v2/catalog/cpus/{id}", rest_cpu_read, 0},
    {"GET", "/v2/catalog/datacenters", rest_data_center_list, 0},
    {"GET", "/v2/catalog/datacenters/{id}", rest_data_center_read, 0},
    {"GET", "/v2/catalog/templates", rest_catalog_templates, 0},

    {"GET", "/v2/billing", rest_billing_all, 0},
    {"GET", "/v2/billing/serverless", rest_billing_serverless, 0},
    {"GET", "/v2/billing/pods", rest_billing_pods, 0},
    {"GET", "/v2/billing/endpoints", rest_billing_public, 0},
    {"GET", "/v2/billing/network-volumes", rest_billing_volumes, 0},
    {"GET", "/v2/billing/clusters", rest_billing_clusters, 0},

    {"GET", "/v2/clusters", rest_cluster_list, 0},

    {"POST", "/graphql", runpod_graphql, ROUTE_OPEN},

    {"GET", "/v1/{path...}", rest_v1_gone, ROUTE_OPEN},
    {"POST", "/v1/{path...}", rest_v1_gone, ROUTE_OPEN},
    {"PUT", "/v1/{path...}", rest_v1_gone, ROUTE_OPEN},
    {"PATCH", "/v1/{path...}", rest_v1_gone, ROUTE_OPEN},
    {"DELETE", "/v1/{path...}", rest_v1_gone, ROUTE_OPEN},
    {NULL, NULL, NULL, 0},
};
