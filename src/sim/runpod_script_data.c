/* runpod_script_data: what the containers print while they start.
 *
 * One table a kind of image. Wording follows what the programs print (worker-vllm's wrapper, vLLM,
 * the RunPod SDK), values are put in by runpod_script_fill.c. The times are shares of the whole
 * start, as long starts of mid-sized models divide: imports, weights, compilation, graph capture.
 */
#include "sim/runpod_physics.h"

#define API  "(APIServer pid=27) "
#define CORE "(EngineCore pid=84) "
#define SDK_READY                                                                                  \
    {0.975, "--- Starting Serverless Worker |  Version {sdk} ---"},                                \
        {0.985, "{\"requestId\": null, \"message\": \"Running 6 fitness check(s)...\", "           \
                "\"level\": \"INFO\"}"},                                                           \
    {                                                                                              \
        0.999, "{\"requestId\": null, \"message\": \"All fitness checks passed. (814.21ms)\", "    \
               "\"level\": \"INFO\"}"                                                              \
    }

/* Generation B, from v2.24 on: main.py starts `vllm serve` and waits for its /health. */
const struct script_row script_vllm_b[] = {
    {0.010, "{clock} INFO root: Starting vLLM: vllm serve --host 127.0.0.1 --port 8000{args}"},
    {0.130, API "INFO {stamp} [utils.py:302] non-default args: {'model_tag': '{model}', 'host': "
                "'127.0.0.1', 'model': '{model}', 'max_model_len': {max_len}}"},
    {0.131, API "INFO {stamp} [api_server.py:2058] vLLM API server version {vllm}"},
    {0.190, API "INFO {stamp} [model.py:547] Resolved architecture: {architecture}"},
    {0.191, API "INFO {stamp} [model.py:1621] Using max model len {max_len}"},
    {0.200, API "INFO {stamp} [scheduler.py:226] Chunked prefill is enabled with "
                "max_num_batched_tokens=8192."},
    {0.290, CORE "INFO {stamp} [core.py:103] Initializing a V1 LLM engine (v{vllm}) with config: "
                 "model='{model}', tokenizer='{model}', dtype=torch.bfloat16, "
                 "max_seq_len={max_len}, load_format=auto, tensor_parallel_size={tp}, "
                 "quantization=None, enforce_eager=False, kv_cache_dtype=auto, seed=0, "
                 "served_model_name={served}"},
    {0.310,
        CORE "INFO {stamp} [parallel_state.py:1394] rank 0 in world size {tp} is assigned as DP "
             "rank 0, PP rank 0, TP rank 0, EP rank 0"},
    {0.330, CORE "INFO {stamp} [gpu_model_runner.py:4021] Starting to load model {model}..."},
    {0.345, CORE "INFO {stamp} [cuda.py:351] Using FLASH_ATTN attention backend out of potential "
                 "backends: ['FLASH_ATTN', 'FLASHINFER', 'TRITON_ATTN']"},
    {0.350, CORE "INFO {stamp} [weight_utils.py:527] Using model weights format ['*.safetensors']"},
    {0.470, CORE "INFO {stamp} [weight_utils.py:551] Time spent downloading weights for {model}: "
                 "{download_s} seconds"},
    {0.475, "@shards"},
    {0.560, CORE "INFO {stamp} [default_loader.py:397] Loading weights took {weights_s} seconds"},
    {0.565, CORE "INFO {stamp} [gpu_model_runner.py:4102] Model loading took {weights_gib} GiB "
                 "memory and {loading_s} seconds"},
    {0.620, CORE "INFO {stamp} [backends.py:1089] Using cache directory: "
                 "/home/vllm/.cache/vllm/torch_compile_cache/{hash}/rank_0_0/backbone for vLLM's "
                 "torch.compile"},
    {0.621, CORE "INFO {stamp} [backends.py:1148] Dynamo bytecode transform time: {dynamo_s} s"},
    {0.740,
        CORE "INFO {stamp} [backends.py:393] Compiling a graph for compile range (1, 8192) takes "
             "{graph_s} s"},
    {0.760, CORE "INFO {stamp} [monitor.py:48] torch.compile takes {compile_s} s in total"},
    {0.800, CORE "INFO {stamp} [gpu_worker.py:436] Available KV cache memory: {free_gib} GiB"},
    {0.805, CORE "INFO {stamp} [kv_cache_utils.py:1319] GPU KV cache size: {kv_tokens} tokens"},
    {0.806, CORE "INFO {stamp} [kv_cache_utils.py:1324] Maximum concurrency for {max_len_c} tokens "
                 "per request: {kv_times}x"},
    {0.870, "Capturing CUDA graphs (mixed prefill-decode, PIECEWISE): 100%|██████████| 51/51 "
            "[00:03<00:00, 14.96it/s]"},
    {0.900,
        "Capturing CUDA graphs (decode, FULL): 100%|██████████| 35/35 [00:02<00:00, 15.31it/s]"},
    {0.905, CORE "INFO {stamp} [gpu_model_runner.py:5027] Graph capturing finished in 6 secs, took "
                 "0.57 GiB"},
    {0.910, CORE "INFO {stamp} [core.py:279] init engine (profile, create kv cache, warmup model) "
                 "took {init_s} seconds"},
    {0.940, API "INFO {stamp} [api_server.py:1346] Starting vLLM server on http://127.0.0.1:8000"},
    {0.941, API "INFO:     Started server process [27]"},
    {0.942, API "INFO:     Waiting for application startup."},
    {0.950, API "INFO:     Application startup complete."},
    {0.960, API "INFO:     127.0.0.1:43318 - \"GET /health HTTP/1.1\" 200 OK"},
    {0.962, "{clock} INFO root: vLLM is healthy"},
    SDK_READY,
    {.text = NULL},
};

/* Generation A, up to v2.23: the handler embeds the engine. */
const struct script_row script_vllm_a[] = {
    {0.060, "{clock} INFO root: Engine config: model={model}, max_model_len={max_len}, "
            "gpu_memory_utilization={utilization}, tensor_parallel_size={tp}"},
    {0.120, "INFO {stamp} [__init__.py:216] Automatically detected platform cuda."},
    {0.180, "INFO {stamp} [model.py:547] Resolved architecture: {architecture}"},
    {0.181, "INFO {stamp} [model.py:1510] Using max model len {max_len}"},
    {0.190, "INFO {stamp} [scheduler.py:205] Chunked prefill is enabled with "
            "max_num_batched_tokens=2048."},
    {0.280, "(EngineCore_DP0 pid=112) INFO {stamp} [core.py:77] Initializing a V1 LLM engine "
            "(v{vllm}) with config: model='{model}', tokenizer='{model}', dtype=torch.bfloat16, "
            "max_seq_len={max_len}, tensor_parallel_size={tp}, quantization=None, seed=0"},
    {0.330,
        "(EngineCore_DP0 pid=112) INFO {stamp} [gpu_model_runner.py:2602] Starting to load model "
        "{model}..."},
    {0.350,
        "(EngineCore_DP0 pid=112) INFO {stamp} [weight_utils.py:392] Using model weights format "
        "['*.safetensors']"},
    {0.470, "(EngineCore_DP0 pid=112) INFO {stamp} [weight_utils.py:413] Time spent downloading "
            "weights for {model}: {download_s} seconds"},
    {0.475, "@shards"},
    {0.560, "(EngineCore_DP0 pid=112) INFO {stamp} [default_loader.py:267] Loading weights took "
            "{weights_s} seconds"},
    {0.570, "(EngineCore_DP0 pid=112) INFO {stamp} [gpu_model_runner.py:2653] Model loading took "
            "{weights_gib} GiB and {loading_s} seconds"},
    {0.760,
        "(EngineCore_DP0 pid=112) INFO {stamp} [monitor.py:34] torch.compile takes {compile_s} s "
        "in total"},
    {0.800, "(EngineCore_DP0 pid=112) INFO {stamp} [gpu_worker.py:298] Available KV cache memory: "
            "{free_gib} GiB"},
    {0.805, "(EngineCore_DP0 pid=112) INFO {stamp} [kv_cache_utils.py:1087] GPU KV cache size: "
            "{kv_tokens} tokens"},
    {0.806,
        "(EngineCore_DP0 pid=112) INFO {stamp} [kv_cache_utils.py:1091] Maximum concurrency for "
        "{max_len_c} tokens per request: {kv_times}x"},
    {0.905, "(EngineCore_DP0 pid=112) INFO {stamp} [gpu_model_runner.py:3480] Graph capturing "
            "finished in 7 secs, took 0.61 GiB"},
    {0.910, "(EngineCore_DP0 pid=112) INFO {stamp} [core.py:210] init engine (profile, create kv "
            "cache, warmup model) took {init_s} seconds"},
    {0.950, "{clock} INFO root: Initialized vLLM engine in {engine_s}s"},
    {0.955, "{clock} INFO root: OpenAI engines will initialize on first request"},
    {0.960, "{\"requestId\": null, \"message\": \"vLLM engines initialized successfully\", "
            "\"level\": \"INFO\"}"},
    {0.999, "--- Starting Serverless Worker |  Version {sdk} ---"},
    {.text = NULL},
};

const struct script_row script_vllm_2023[] = {
    {0.100, "INFO {stamp} llm_engine.py:70] Initializing an LLM engine with config: "
            "model='{model}', tokenizer='{model}', dtype=torch.bfloat16, max_seq_len={max_len}, "
            "tensor_parallel_size={tp}, quantization=None, seed=0)"},
    {0.450, "INFO {stamp} weight_utils.py:163] Using model weights format ['*.safetensors']"},
    {0.720, "INFO {stamp} llm_engine.py:275] # GPU blocks: {kv_blocks}, # CPU blocks: 2048"},
    {0.780,
        "INFO {stamp} model_runner.py:501] Capturing the model for CUDA graphs. This may lead to "
        "unexpected consequences if the model is not static."},
    {0.960, "INFO {stamp} model_runner.py:547] Graph capturing finished in 6 secs."},
    {0.999, "--- Starting Serverless Worker |  Version 1.6.2 ---"},
    {.text = NULL},
};

const struct script_row script_embedding[] = {
    {0.300,
        "INFO:     {clock} infinity_emb INFO: model=`{model}` selected, using engine=`torch` and "
        "device=`cuda`"},
    {0.700, "INFO:     {clock} infinity_emb INFO: Switching to half() precision (cuda: fp16)."},
    {0.850, "INFO:     {clock} infinity_emb INFO: Getting timings for batch_size=32 and avg tokens "
            "per sentence=2"},
    {0.900, "INFO:     {clock} infinity_emb INFO: creating batching engine"},
    {0.999, "--- Starting Serverless Worker |  Version {sdk} ---"},
    {.text = NULL},
};

const struct script_row script_other[] = {
    {0.200, "{clock} INFO handler: loading"},
    {0.900, "{clock} INFO handler: ready after {load_s} s"},
    {0.999, "--- Starting Serverless Worker |  Version {sdk} ---"},
    {.text = NULL},
};
