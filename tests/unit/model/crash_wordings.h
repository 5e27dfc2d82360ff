/* Real wordings of what ends a worker, each with where it was read: a file of the program that prints it, or an
 * issue where it was reported (numbers are those of GitHub). Names, ids and paths are shortened or replaced.
 *
 * An X-macro: WORDING(source of the line, id, variant, "line"). S = the platform's line, C = the container's. */
#ifndef SLIPWAY_TEST_CRASH_WORDINGS_H
#define SLIPWAY_TEST_CRASH_WORDINGS_H

/* clang-format off */
#define CRASH_WORDINGS_START(WORDING) \
    /* moby: distribution/errors.go; distribution registry: manifest unknown */ \
    WORDING(S, "image-not-found", "", "error creating container: Error response from daemon: manifest for runpod/worker-vllm:stable not found: manifest unknown: manifest unknown") \
    /* gpustack/gpustack#4860 (containerd: remotes/docker/resolver.go) */ \
    WORDING(S, "image-not-found", "", "error creating container: Docker Client Error: failed to resolve reference \"quay.io/acme/runner:cuda12.9\": quay.io/acme/runner:cuda12.9: not found") \
    /* containerd: client/pull.go, as kubelet passes it on */ \
    WORDING(S, "image-not-found", "", "error creating container: rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/acme/w:v9\": failed to resolve reference \"docker.io/acme/w:v9\": docker.io/acme/w:v9: not found") \
    /* moby: daemon/images/image.go */ \
    WORDING(S, "image-not-found", "", "error starting container: Error response from daemon: No such image: acme/worker:1.2") \
    /* moby: api/server/router (reference.ErrReferenceInvalidFormat of distribution/reference) */ \
    WORDING(S, "image-not-found", "", "error creating container: Error response from daemon: invalid reference format") \
    /* moby: distribution/errors.go */ \
    WORDING(S, "registry-denied", "", "error creating container: Error response from daemon: pull access denied for acme/private, repository does not exist or may require 'docker login': denied: requested access to the resource is denied") \
    /* docker: registry answer of GHCR */ \
    WORDING(S, "registry-denied", "", "error creating container: Error response from daemon: Head \"https://ghcr.io/v2/acme/private/manifests/1\": denied: denied") \
    /* docker: registry answer of a v2 registry without a login */ \
    WORDING(S, "registry-denied", "", "error creating container: Error response from daemon: Get \"https://registry.acme.example/v2/\": unauthorized: authentication required") \
    /* containerd/containerd#2011 */ \
    WORDING(S, "registry-denied", "", "error creating container: failed to resolve reference \"docker.io/acme/go:1\": server message: insufficient_scope: authorization failed") \
    /* containerd: core/remotes/docker/auth/fetch.go */ \
    WORDING(S, "registry-denied", "", "error creating container: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token: 401 Unauthorized") \
    /* Docker Hub's answer, of 2020 to 2024 */ \
    WORDING(S, "image-pull-failed", "rate-limit", "error creating container: Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit") \
    /* Docker Hub's answer, of 2025 */ \
    WORDING(S, "image-pull-failed", "rate-limit", "error creating container: Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit") \
    /* containerd: core/remotes/docker/resolver.go */ \
    WORDING(S, "image-pull-failed", "rate-limit", "error creating container: failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/acme/w/manifests/sha256:0a: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.") \
    /* Go: net/http, net; moby: distribution/xfer/download.go */ \
    WORDING(S, "image-pull-failed", "network", "error creating container: Error response from daemon: Get \"https://registry-1.docker.io/v2/\": net/http: TLS handshake timeout") \
    WORDING(S, "image-pull-failed", "network", "error creating container: Error response from daemon: Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io on 127.0.0.53:53: no such host") \
    WORDING(S, "image-pull-failed", "network", "error creating container: download failed after attempts=6: unexpected EOF") \
    WORDING(S, "image-pull-failed", "network", "error creating container: Error response from daemon: Get \"https://registry-1.docker.io/v2/\": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)") \
    WORDING(S, "image-pull-failed", "network", "error pulling image configuration: download failed after attempts=1: dial tcp: lookup production.cloudflare.docker.com on 10.0.0.2:53: no such host") \
    /* runc: libcontainer/standard_init_linux.go, old and new */ \
    WORDING(S, "wrong-architecture", "", "error starting container: exec /bin/bash: exec format error") \
    WORDING(C, "wrong-architecture", "", "standard_init_linux.go:228: exec user process caused: exec format error") \
    /* moby: distribution/pull_v2.go */ \
    WORDING(S, "wrong-architecture", "", "error creating container: Error response from daemon: no matching manifest for linux/amd64 in the manifest list entries") \
    /* moby: daemon/images/image.go of 20.10 and of 24 */ \
    WORDING(S, "wrong-architecture", "", "error creating container: Error response from daemon: image with reference acme/w:1 was found but does not match the specified platform: wanted linux/amd64, actual: linux/arm64/v8") \
    WORDING(S, "wrong-architecture", "", "error creating container: Error response from daemon: image with reference acme/w:1 was found but its platform (linux/arm64) does not match the specified platform (linux/amd64)") \
    /* containerd: images/image.go (containerd/containerd#3786) */ \
    WORDING(S, "wrong-architecture", "", "error creating container: failed to pull and unpack image \"docker.io/acme/w:1\": no match for platform in manifest: not found") \
    /* bash: execute_cmd.c */ \
    WORDING(C, "wrong-architecture", "", "/start.sh: line 3: /usr/local/bin/server: cannot execute binary file: Exec format error") \
    /* NCCL: src/misc/shmutils.cc (MiniMax-AI/MiniMax-01#42) */ \
    WORDING(C, "shared-memory", "", "NCCL WARN Error while creating shared memory segment /dev/shm/nccl-Xq9Vf1 (size 7340384)") \
    /* NCCL: src/misc/shmutils.cc, with the errno */ \
    WORDING(C, "shared-memory", "", "misc/shmutils.cc:72 NCCL WARN Error: failed to extend /dev/shm/nccl-a1B2c3 to 33030532 bytes, error: No space left on device (28)") \
    /* torch: utils/data/_utils/signal_handling / worker.py */ \
    WORDING(C, "shared-memory", "", "RuntimeError: DataLoader worker (pid 84) is killed by signal: Bus error. It is possible that dataloader's workers are out of shared memory. Please try to raise your shared memory limit.") \
    /* torch: aten/src/ATen/MapAllocator.cpp */ \
    WORDING(C, "shared-memory", "", "RuntimeError: unable to mmap 4096 bytes from file </torch_84_2137104345_0>: Cannot allocate memory (12)") \
    /* runc/containerd: writing the container's layer */ \
    WORDING(S, "disk-full", "", "error starting container: Error response from daemon: failed to create task for container: failed to write container layer: write /usr/lib/_C.abi3.so: no space left on device: unknown") \
    /* Python: errno 28 of any write (huggingface_hub: file_download.py) */ \
    WORDING(C, "disk-full", "", "OSError: [Errno 28] No space left on device: '/root/.cache/huggingface/hub/models--acme--m/blobs/0a.incomplete'") \
    /* hf_xet / hf_transfer: Rust's io::Error */ \
    WORDING(C, "disk-full", "", "RuntimeError: Data processing error: File reconstruction error: IO Error: No space left on device (os error 28)") \
    /* Python: errno 122 on a volume with a quota */ \
    WORDING(C, "disk-full", "", "OSError: [Errno 122] Disk quota exceeded: '/runpod-volume/huggingface-cache/hub/models--acme--m/blobs/0a'") \
    /* docker: layer download */ \
    WORDING(S, "disk-full", "", "error creating container: write /var/lib/docker/tmp/GetImageBlob123456: no space left on device") \
    /* runpod-python: rp_fitness.py with rp_system_fitness.py */ \
    WORDING(C, "fitness-check-failed", "memory", "{\"requestId\": null, \"message\": \"Fitness check failed: _memory_check | RuntimeError: Insufficient memory: 2.10GB available, 4.0GB required\", \"level\": \"ERROR\"}") \
    WORDING(C, "fitness-check-failed", "memory", "ERROR  | Fitness check failed: _memory_check | RuntimeError: Failed to read memory info: [Errno 2] No such file or directory: '/proc/meminfo'") \
    WORDING(C, "fitness-check-failed", "memory", "{\"requestId\": null, \"message\": \"Fitness check failed: _memory_check | RuntimeError: Insufficient memory: 0.91GB available, 4.0GB required\", \"level\": \"ERROR\"}") \
    WORDING(C, "fitness-check-failed", "disk", "{\"requestId\": null, \"message\": \"Fitness check failed: _disk_check | RuntimeError: Insufficient disk space: 0.42GB free (2.1%), 10% required\", \"level\": \"ERROR\"}") \
    WORDING(C, "fitness-check-failed", "disk", "ERROR  | Fitness check failed: _disk_check | RuntimeError: / filesystem not found") \
    WORDING(C, "fitness-check-failed", "disk", "{\"requestId\": null, \"message\": \"Fitness check failed: _disk_check | RuntimeError: Insufficient disk space: 11.80GB free (7.9%), 10% required\", \"level\": \"ERROR\"}") \
    WORDING(C, "fitness-check-failed", "network", "{\"requestId\": null, \"message\": \"Fitness check failed: _network_check | RuntimeError: Network connectivity failed: Timeout connecting to 8.8.8.8:53 (5s)\", \"level\": \"ERROR\"}") \
    WORDING(C, "fitness-check-failed", "network", "{\"requestId\": null, \"message\": \"Fitness check failed: _network_check | RuntimeError: Network connectivity failed: Connection refused to 8.8.8.8:53\", \"level\": \"ERROR\"}") \
    WORDING(C, "fitness-check-failed", "network", "ERROR  | Fitness check failed: _network_check | RuntimeError: Network connectivity check failed: [Errno 101] Network is unreachable") \
    WORDING(C, "fitness-check-failed", "gpu", "{\"requestId\": null, \"message\": \"Fitness check failed: _cuda_version_check | RuntimeError: CUDA version too old: 11.4 found, 11.8 required\", \"level\": \"ERROR\"}") \
    WORDING(C, "fitness-check-failed", "gpu", "{\"requestId\": null, \"message\": \"Fitness check failed: _gpu_health_check | RuntimeError: GPU memory allocation test failed\", \"level\": \"ERROR\"}") \
    WORDING(C, "fitness-check-failed", "gpu", "ERROR  | Fitness check failed: _cuda_init_check | RuntimeError: Failed to initialize GPU 0: CUDA error: unknown error") \
    WORDING(C, "fitness-check-failed", "", "{\"requestId\": null, \"message\": \"Fitness check failed: check_model_file | RuntimeError: Model file not here\", \"level\": \"ERROR\"}") \
    WORDING(C, "fitness-check-failed", "", "{\"requestId\": null, \"message\": \"Worker is unhealthy, exiting.\", \"level\": \"ERROR\"}") \
    WORDING(C, "fitness-check-failed", "", "ERROR  | Fitness check failed: warm_up | ValueError: nothing to warm up") \
    /* runc: libcontainer; docker passes it on */ \
    WORDING(S, "start-command-exits", "not-found", "error starting container: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"handler.py\": executable file not found in $PATH: unknown") \
    WORDING(S, "start-command-exits", "not-found", "error starting container: OCI runtime create failed: container_linux.go:380: starting container process caused: exec: \"/start.sh\": permission denied: unknown") \
    WORDING(S, "start-command-exits", "not-found", "error starting container: failed to create shim task: OCI runtime create failed: unable to start container process: exec: \"/start.sh\": stat /start.sh: no such file or directory: unknown") \
    /* a script with CRLF line ends: the kernel does not find its interpreter */ \
    WORDING(C, "start-command-exits", "not-found", "exec /start.sh: no such file or directory") \
    /* CPython: Modules/main.c */ \
    WORDING(C, "start-command-exits", "not-found", "python3: can't open file '/src/handler.py': [Errno 2] No such file or directory") \
    /* bash and dash */ \
    WORDING(C, "start-command-exits", "not-found", "/start.sh: line 12: vllm: command not found") \
    WORDING(C, "start-command-exits", "not-found", "/bin/sh: 1: vllm: not found") \
    /* CPython: runpy.py */ \
    WORDING(C, "start-command-exits", "not-found", "/usr/bin/python3: No module named vllm") \
    /* moby: daemon/create.go */ \
    WORDING(S, "start-command-exits", "not-found", "error creating container: Error response from daemon: no command specified") \
    /* the kernel's word through bash; docker inspect's; ctr's */ \
    WORDING(C, "host-memory", "", "/start.sh: line 9:    31 Killed                  python3 /src/handler.py") \
    WORDING(C, "host-memory", "", "Killed") \
    WORDING(S, "host-memory", "", "container exited with exit code 137") \
    WORDING(S, "host-memory", "", "container exited: OOMKilled") \
    /* torch: c10/core/impl/alloc_cpu.cpp */ \
    WORDING(C, "host-memory", "", "RuntimeError: [enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 234881024 bytes. Error code 12 (Cannot allocate memory)") \
    /* ray: python/ray/_private / raylet */ \
    WORDING(C, "host-memory", "", "ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory by the OOM killer.") \
    /* subprocess: CalledProcessError of a killed program */ \
    WORDING(C, "host-memory", "", "subprocess died with <Signals.SIGKILL: 9>.") \
    /* runpod-python: rp_local.py */ \
    WORDING(C, "image-does-not-take-jobs", "local-run", "{\"requestId\": null, \"message\": \"test_input.json not found, exiting.\", \"level\": \"WARN\"}") \
    WORDING(C, "image-does-not-take-jobs", "local-run", "WARN   | test_input.json not found, exiting.") \
    WORDING(C, "image-does-not-take-jobs", "local-run", "ERROR  | Job has no input parameter. Unable to run.") \
    /* worker-vllm: src/main.py */ \
    WORDING(C, "engine-start-timeout", "", "2026-11-23 06:25:12,101 ERROR root: vLLM did not become healthy within 1200s") \
    /* vllm: v1/engine/core_client.py, of 0.11 and later */ \
    WORDING(C, "engine-start-timeout", "", "TimeoutError: Timed out waiting for engine core processes to start. This is often caused by slow weight loading for large models. Waited 600s (configured by VLLM_ENGINE_READY_TIMEOUT_S).") \
    /* vllm: v1/engine/core_client.py, one process */ \
    WORDING(C, "engine-start-timeout", "", "(APIServer pid=1) TimeoutError: Timed out waiting for engine core process to start. This is often caused by slow weight loading for large models.") \
    /* uvicorn and asyncio */ \
    WORDING(C, "port-in-use", "", "ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use") \
    WORDING(C, "port-in-use", "", "OSError: [Errno 98] Address already in use") \
    /* torch: c10d TCPStore (libuv) */ \
    WORDING(C, "port-in-use", "", "torch.distributed.DistNetworkError: The server socket has failed to listen on any local network address. port: 29500, useIpv6: false, code: -98, name: EADDRINUSE, message: address already in use") \
    /* Python: errno 5 and 116 on a network volume; fuse */ \
    WORDING(C, "volume-io", "", "OSError: [Errno 5] Input/output error: '/runpod-volume/huggingface-cache/hub/models--acme--m/refs/main'") \
    WORDING(C, "volume-io", "", "OSError: [Errno 116] Stale file handle: '/runpod-volume/models/config.json'") \
    WORDING(C, "volume-io", "", "OSError: [Errno 107] Transport endpoint is not connected: '/runpod-volume'") \
    /* Python: errno 13 and 30; Rust's io::Error (tokenizers, hf_xet) */ \
    WORDING(C, "permission-denied", "", "PermissionError: [Errno 13] Permission denied: '/runpod-volume/huggingface-cache'") \
    WORDING(C, "permission-denied", "", "OSError: [Errno 30] Read-only file system: '/root/.cache/huggingface'") \
    WORDING(C, "permission-denied", "", "Exception: Permission denied (os error 13)") \
    /* spec/runpod.md §8.1 row 35: failurePhase of a model version */ \
    WORDING(S, "cached-model-failed", "", "error creating container: model version acme/m: download_failed") \
    WORDING(S, "cached-model-failed", "", "error creating container: model version acme/m: mount_failed") \
    WORDING(S, "cached-model-failed", "", "error starting container: model version acme/m: cuda_failed")

#define CRASH_WORDINGS_GPU(WORDING) \
    /* libnvidia-container: NVIDIA/nvidia-container-toolkit#152 and others */ \
    WORDING(S, "cuda-driver-mismatch", "container", "error starting container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error running prestart hook #0: exit status 1, stdout: , stderr: Auto-detected mode as 'legacy' nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8, please update your driver to a newer version, or use an earlier cuda container: unknown") \
    /* NVIDIA/nvidia-docker#1442 */ \
    WORDING(S, "cuda-driver-mismatch", "container", "error starting container: OCI runtime create failed: container_linux.go:370: starting container process caused: process_linux.go:459: container init caused: Running hook #0:: error running hook: exit status 1, stdout: , stderr: nvidia-container-cli: requirement error: unsatisfied condition: cuda>=11.0, please update your driver to a newer version, or use an earlier cuda container: unknown.") \
    /* NVIDIA/nvidia-docker#543 */ \
    WORDING(S, "cuda-driver-mismatch", "container", "error starting container: nvidia-container-cli: requirement error: unsatisfied condition: cuda >= 9.0") \
    /* torch: cuda/__init__.py, torch/csrc/cuda/Module.cpp */ \
    WORDING(C, "cuda-driver-mismatch", "", "RuntimeError: The NVIDIA driver on your system is too old (found version 12020). Please update your GPU driver by downloading and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx") \
    /* CUDA runtime: cudaErrorInsufficientDriver */ \
    WORDING(C, "cuda-driver-mismatch", "", "RuntimeError: CUDA driver version is insufficient for CUDA runtime version") \
    /* CUDA runtime: cudaErrorCompatNotSupportedOnDevice, as torch words it */ \
    WORDING(C, "cuda-driver-mismatch", "", "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 804: forward compatibility was attempted on non supported HW") \
    /* CUDA runtime: cudaErrorSystemDriverMismatch */ \
    WORDING(C, "cuda-driver-mismatch", "", "RuntimeError: Unexpected error from cudaGetDeviceCount(). Error 803: system has unsupported display driver / cuda driver combination") \
    /* CUDA runtime: cudaErrorUnsupportedPtxVersion */ \
    WORDING(C, "cuda-driver-mismatch", "", "torch.AcceleratorError: CUDA error: the provided PTX was compiled with an unsupported toolchain.") \
    /* torch: cudaErrorNoKernelImageForDevice */ \
    WORDING(C, "gpu-unsupported", "no-kernel", "RuntimeError: CUDA error: no kernel image is available for execution on the device") \
    WORDING(C, "gpu-unsupported", "no-kernel", "torch.AcceleratorError: CUDA error: no kernel image is available for execution on the device") \
    /* ptxas through Triton */ \
    WORDING(C, "gpu-unsupported", "no-kernel", "ptxas fatal   : Value 'sm_120a' is not defined for option 'gpu-name'") \
    /* vllm-project/vllm#1284 */ \
    WORDING(C, "gpu-unsupported", "no-kernel", "RuntimeError: GPUs with compute capability below 7.0 are not supported.") \
    /* flash-attention: csrc/flash_attn/flash_api.cpp */ \
    WORDING(C, "gpu-unsupported", "attention", "RuntimeError: FlashAttention only supports Ampere GPUs or newer.") \
    /* vllm: vllm_flash_attn/flash_attn_interface.py */ \
    WORDING(C, "gpu-unsupported", "attention", "AssertionError: FA3 is only supported on devices with compute capability >= 8 excluding 8.6 and 8.9") \
    /* vllm: platforms/cuda.py, 0.11 and later */ \
    WORDING(C, "gpu-unsupported", "attention", "ValueError: Selected backend AttentionBackendEnum.FLASHMLA is not valid for this configuration. Reason: ['compute capability not supported']") \
    WORDING(C, "gpu-unsupported", "attention", "ValueError: No valid attention backend found for cuda with head_size: 576, dtype: torch.bfloat16, kv_cache_dtype: auto.") \
    /* torch: c10/cuda/CUDAFunctions.cpp, torch/csrc/cuda/Module.cpp */ \
    WORDING(C, "gpu-missing", "", "RuntimeError: No CUDA GPUs are available") \
    WORDING(C, "gpu-missing", "", "RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver from http://www.nvidia.com/Download/index.aspx") \
    /* vllm: config/device.py */ \
    WORDING(C, "gpu-missing", "", "RuntimeError: Failed to infer device type, please set the environment variable `VLLM_LOGGING_LEVEL=DEBUG` to turn on verbose logging to help debug the issue.") \
    /* libnvidia-container */ \
    WORDING(S, "gpu-missing", "", "error starting container: OCI runtime create failed: error running hook #0: exit status 1, stdout: , stderr: nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown") \
    WORDING(S, "gpu-missing", "", "error starting container: nvidia-container-cli: device error: GPU-5c8a: unknown device: unknown") \
    /* CUDA runtime: cudaErrorDevicesUnavailable */ \
    WORDING(C, "gpu-fault", "busy", "RuntimeError: CUDA error: all CUDA-capable devices are busy or unavailable") \
    WORDING(C, "gpu-fault", "busy", "RuntimeError: CUDA error: CUDA-capable device(s) is/are busy or unavailable") \
    WORDING(C, "gpu-fault", "busy", "torch.AcceleratorError: CUDA error: CUDA-capable device(s) is/are busy or unavailable") \
    /* the kernel module's NVRM lines; NVML's words */ \
    WORDING(S, "gpu-fault", "lost", "error starting container: NVRM: GPU at PCI:0000:81:00: GPU has fallen off the bus.") \
    WORDING(C, "gpu-fault", "lost", "NVRM: Xid (PCI:0000:81:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.") \
    WORDING(C, "gpu-fault", "lost", "Unable to determine the device handle for GPU0000:81:00.0: Unknown Error") \
    WORDING(C, "gpu-fault", "lost", "pynvml.NVMLError_GpuIsLost: GPU is lost") \
    /* CUDA runtime: cudaErrorECCUncorrectable, cudaErrorNvlinkUncorrectable */ \
    WORDING(C, "gpu-fault", "ecc", "RuntimeError: CUDA error: uncorrectable ECC error encountered") \
    WORDING(C, "gpu-fault", "ecc", "torch.AcceleratorError: CUDA error: uncorrectable ECC error encountered") \
    WORDING(C, "gpu-fault", "ecc", "RuntimeError: CUDA error: uncorrectable NVLink error detected during the execution (uncorrectable NVLink ECC error)") \
    /* CUDA runtime: cudaErrorSystemNotReady; torch: cuda/__init__.py */ \
    WORDING(C, "gpu-fault", "not-ready", "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 802: system not yet initialized") \
    WORDING(C, "gpu-fault", "not-ready", "RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment, e.g. changing env variable CUDA_VISIBLE_DEVICES after program start. Setting the available devices to be zero.") \
    WORDING(C, "gpu-fault", "not-ready", "RuntimeError: CUDA error: system not yet initialized") \
    /* CUDA runtime through torch; cuBLAS through torch */ \
    WORDING(C, "cuda-fault", "", "RuntimeError: CUDA error: an illegal memory access was encountered") \
    WORDING(C, "cuda-fault", "", "torch.AcceleratorError: CUDA error: device-side assert triggered") \
    WORDING(C, "cuda-fault", "", "RuntimeError: CUDA error: unspecified launch failure") \
    WORDING(C, "cuda-fault", "", "RuntimeError: CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasGemmEx( handle, opa, opb, m, n, k)`") \
    /* vllm: v1/core/kv_cache_utils.py, of 0.8 (with "models's"), 0.11, 0.12 and later, and a reported form without brackets */ \
    WORDING(C, "does-not-fit-gpu", "kv-cache", "ERROR 06-02 05:17:18 [core.py:387] ValueError: To serve at least one request with the models's max seq len (40960), (10.00 GiB KV cache is needed, which is larger than the available KV cache memory (1.25 GiB). Based on the available memory,  Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.") \
    WORDING(C, "does-not-fit-gpu", "kv-cache", "(EngineCore_DP0 pid=112) ERROR 11-23 06:05:12 [core.py:708] ValueError: To serve at least one request with the models's max seq len (262144), (28.00 GiB KV cache is needed, which is larger than the available KV cache memory (13.69 GiB). Based on the available memory, the estimated maximum model length is 128128. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.") \
    WORDING(C, "does-not-fit-gpu", "kv-cache", "ValueError: To serve at least one request with the model's max seq len (4096), (1.0 GiB KV cache is needed, which is larger than the available KV cache memory (0.58 GiB). Based on the available memory, the estimated maximum model length is 2368. Try increasing `gpu_memory_utilization` (which also controls CPU memory on the CPU backend) or decreasing `max_model_len` when initializing the engine.") \
    WORDING(C, "does-not-fit-gpu", "kv-cache", "ValueError: To serve at least one request with the model's max seq len (131072), 9.5 GiB KV cache is needed, which is larger than the available KV cache memory (6.91 GiB). Based on the available memory, the estimated maximum model length is 91520.") \
    /* vllm: worker/worker.py of V0 (vllm-project/vllm#2418, QwenLM/Qwen3#295) */ \
    WORDING(C, "does-not-fit-gpu", "kv-cache", "ValueError: The model's max seq len (32768) is larger than the maximum number of tokens that can be stored in KV cache (7344). Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.") \
    /* vllm-project/vllm#10439, #17431 */ \
    WORDING(C, "does-not-fit-gpu", "kv-cache", "ERROR 11-18 18:07:28 engine.py:366] ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.") \
    /* vllm: v1/worker/gpu_worker.py of 0.9 (ovg-project/kvcached#29) and later, with the device's name */ \
    WORDING(C, "does-not-fit-gpu", "gpu-in-use", "ValueError: Free memory on device (59.32/79.15 GiB) on startup is less than desired GPU memory utilization (0.9, 71.24 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.") \
    WORDING(C, "does-not-fit-gpu", "gpu-in-use", "(EngineCore pid=84) ERROR 11-23 06:05:12 [core.py:1100] ValueError: Free memory on device cuda:0 (44.59/121.63 GiB) on startup is less than desired GPU memory utilization (0.9, 109.47 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.") \
    WORDING(C, "does-not-fit-gpu", "gpu-in-use", "ValueError: Free memory on device (3.21/4.0 GiB) on startup is less than desired GPU memory utilization (0.85, 3.4 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.") \
    /* vllm: v1/worker/gpu_model_runner.py, V1 sampler and pooler */ \
    WORDING(C, "does-not-fit-gpu", "warm-up", "RuntimeError: CUDA out of memory occurred when warming up sampler with 256 dummy requests. Please try lowering `max_num_seqs` or `gpu_memory_utilization` when initializing the engine.") \
    WORDING(C, "does-not-fit-gpu", "warm-up", "(EngineCore_0 pid=91) ERROR 08-30 10:11:12 [core.py:700] RuntimeError: CUDA out of memory occurred when warming up sampler with 1024 dummy requests. Please try lowering `max_num_seqs` or `gpu_memory_utilization` when initializing the engine.") \
    WORDING(C, "does-not-fit-gpu", "warm-up", "RuntimeError: CUDA out of memory occurred when warming up pooler with 64 dummy requests. Please try lowering `max_num_seqs` or `gpu_memory_utilization` when initializing the engine.") \
    /* torch: c10/cuda/CUDACachingAllocator.cpp, of 1.13, 2.1 and 2.5 */ \
    /* sglang: srt/model_executor/model_runner.py */ \
    WORDING(C, "does-not-fit-gpu", "memory", "RuntimeError: Not enough memory. Please try to increase --mem-fraction-static.") \
    WORDING(C, "does-not-fit-gpu", "memory", "RuntimeError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 14.76 GiB total capacity; 13.38 GiB already allocated; 19.75 MiB free; 13.54 GiB reserved in total by PyTorch)") \
    WORDING(C, "does-not-fit-gpu", "memory", "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.50 GiB. GPU 0 has a total capacty of 23.65 GiB of which 1.02 GiB is free. Process 3141 has 22.62 GiB memory in use.") \
    WORDING(C, "does-not-fit-gpu", "memory", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 594.00 MiB. GPU 0 has a total capacity of 23.64 GiB of which 311.88 MiB is free. Including non-PyTorch memory, this process has 23.32 GiB memory in use.") \
    /* CUDA runtime; NCCL */ \
    WORDING(C, "does-not-fit-gpu", "memory", "RuntimeError: CUDA error: out of memory") \
    WORDING(C, "does-not-fit-gpu", "memory", "RuntimeError: NCCL error: unhandled cuda error: Cuda failure 2 'out of memory'") \
    /* vllm: platforms/cuda.py of 0.6 and 0.10 */ \
    WORDING(C, "dtype-unsupported", "", "ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0. Your Tesla T4 GPU has compute capability 7.5. You can use float16 instead by explicitly setting the`dtype` flag in CLI, for example: --dtype=half.") \
    /* vllm: config (pydantic), model_executor/model_loader (vllm AWQ and GPTQ) */ \
    WORDING(C, "dtype-unsupported", "", "(APIServer pid=1)   Value error, torch.bfloat16 is not supported for quantization method awq. Supported dtypes: [torch.float16] [type=value_error, input_value=ArgsKwargs((), {'model': 'm'}), input_type=ArgsKwargs]") \
    WORDING(C, "dtype-unsupported", "", "ValueError: torch.float16 is not supported for quantization method mxfp4. Supported dtypes: [torch.bfloat16]") \
    /* triton (vllm-project/vllm#15336) */ \
    WORDING(C, "dtype-unsupported", "", "ValueError(\"type fp8e4nv not supported in this architecture. The supported fp8 dtypes are ('fp8e4b15', 'fp8e5')\")") \
    /* vllm: config/model.py */ \
    WORDING(C, "dtype-unsupported", "", "ValueError: The model type 'gemma2' does not support float16. Reason: Numerical instability. Please use bfloat16 or float32 instead.") \
    /* vllm: model_executor/model_loader (vllm-project/vllm#4327), config/vllm.py */ \
    WORDING(C, "quantization-unsupported", "", "ValueError: The quantization method fp8 is not supported for the current GPU. Minimum capability: 90. Current capability: 86") \
    WORDING(C, "quantization-unsupported", "", "  Value error, The quantization method mxfp4 is not supported for the current GPU. Minimum capability: 100. Current capability: 86. [type=value_error, input_value=ArgsKwargs((), {'model_co...additional_config': {}}), input_type=ArgsKwargs]") \
    /* vllm: compressed_tensors.py */ \
    WORDING(C, "quantization-unsupported", "", "RuntimeError: Quantization scheme is not supported for the current GPU. Min capability: 75. Current capability: 70.") \
    /* vllm: config/model.py */ \
    WORDING(C, "quantization-unsupported", "", "ValueError: Unknown quantization method: int8. Must be one of ['aqlm', 'awq', 'fp8'].") \
    /* vllm-project/vllm#9967 */ \
    WORDING(C, "quantization-unsupported", "", "AttributeError: Model LlavaForConditionalGeneration does not support BitsAndBytes quantization yet.") \
    /* kserve/kserve#4875 */ \
    WORDING(C, "quantization-unsupported", "", "ImportError: bitsandbytes version is wrong. Please install bitsandbytes>=0.46.1.") \
    /* CPython: of an image without it */ \
    WORDING(C, "quantization-unsupported", "", "ModuleNotFoundError: No module named 'bitsandbytes'") \
    /* torch: c10d (vllm-project/vllm#4618, MiniMax-AI/MiniMax-01#42); vllm: pynccl_wrapper.py (#8286) */ \
    WORDING(C, "nccl-failed", "", "(VllmWorkerProcess pid=221) ERROR 04-06 20:46:48 [multiproc_worker_utils.py:238] torch.distributed.DistBackendError: NCCL error in: /pytorch/torch/csrc/distributed/c10d/NCCLUtils.hpp:268, unhandled system error (run with NCCL_DEBUG=INFO for details), NCCL version 2.21.5") \
    WORDING(C, "nccl-failed", "", "[rank1]: RuntimeError: NCCL error: unhandled system error (run with NCCL_DEBUG=INFO for details)") \
    WORDING(C, "nccl-failed", "", "ncclSystemError: System call (e.g. socket, malloc) or external library call failed or device error.") \
    WORDING(C, "nccl-failed", "", "torch.distributed.DistBackendError: [1] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=1, OpType=ALLREDUCE) ran for 600021 milliseconds before timing out.") \
    /* vllm: config/parallel.py; executor/ray_utils.py */ \
    WORDING(C, "bad-worker-setting", "gpus", "  Value error, World size (2) is larger than the number of available GPUs (1) in this node. If this is intentional and you are using:") \
    WORDING(C, "bad-worker-setting", "gpus", "ValueError: World size (64) is larger than the number of available GPUs (8)") \
    WORDING(C, "bad-worker-setting", "gpus", "ValueError: The number of required GPUs exceeds the total number of available GPUs in the placement group.") \
    WORDING(C, "bad-worker-setting", "gpus", "ValueError: The number of required GPUs exceeds the total number of available GPUs in the cluster.") \
    /* ld.so; CPython's dlopen of torch and vllm extensions (vllm-project/vllm#9377) */ \
    WORDING(C, "shared-library", "", "ImportError: libcudart.so.12: cannot open shared object file: No such file or directory") \
    WORDING(C, "shared-library", "", "ImportError: /usr/local/lib/python3.10/dist-packages/flash_attn_2_cuda.cpython-310-x86_64-linux-gnu.so: undefined symbol: _ZN3c105ErrorC2E") \
    WORDING(C, "shared-library", "", "/usr/local/bin/server: error while loading shared libraries: libcuda.so.1: cannot open shared object file: No such file or directory") \
    WORDING(C, "shared-library", "", "/usr/local/bin/server: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /usr/local/bin/server)") \
    /* triton: runtime/build.py; flashinfer: jit/cpp_ext.py; torch: utils/cpp_extension.py */ \
    WORDING(C, "compiler-missing", "", "RuntimeError: Failed to find C compiler. Please specify via CC environment variable or set triton.knobs.build.impl.") \
    WORDING(C, "compiler-missing", "", "RuntimeError: Could not find nvcc and default cuda_home='/usr/local/cuda' doesn't exist") \
    WORDING(C, "compiler-missing", "", "OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root.") \
    WORDING(C, "compiler-missing", "", "FileNotFoundError: [Errno 2] No such file or directory: 'ninja'") \
    /* vllm-project/vllm#21960 */ \
    WORDING(C, "compiler-missing", "", "/bin/sh: 1: /usr/local/cuda/bin/nvcc: not found") \
    /* flashinfer-ai/flashinfer#1532 */ \
    WORDING(C, "compiler-missing", "", "nvcc fatal   : Unknown option '-static-global-template-stub=false'") \
    /* vllm-project/vllm#36077 */ \
    WORDING(C, "compiler-missing", "", "ninja: build stopped: subcommand failed.") \
    /* flashinfer: jit/cpp_ext.py */ \
    WORDING(C, "compiler-missing", "", "RuntimeError: Ninja build failed. Ninja output:") \
    /* triton: runtime/build.py, of a compiler that fails (vllm-project/vllm#12510) */ \
    WORDING(C, "compiler-missing", "", "subprocess.CalledProcessError: Command '['/usr/bin/gcc', '/tmp/tmp1/main.c', '-O3', '-shared', '-fPIC', '-lcuda', '-o', '/tmp/tmp1/cuda_utils.so']' returned non-zero exit status 1.")

#define CRASH_WORDINGS_MODEL(WORDING) \
    /* huggingface_hub: the server's X-Error-Message, and transformers: utils/hub.py */ \
    WORDING(C, "model-access-denied", "awaiting-review", "Your request to access model meta-llama/Llama-3.1-8B-Instruct is awaiting a review from the repo authors.") \
    WORDING(C, "model-access-denied", "awaiting-review", "(APIServer pid=1) Your request to access model google/gemma-3-12b-it is awaiting a review from the repo authors.") \
    WORDING(C, "model-access-denied", "awaiting-review", "huggingface_hub.utils._errors.GatedRepoError: 403 Client Error. Your request to access model acme/m is awaiting a review from the repo authors.") \
    /* transformers: utils/hub.py */ \
    WORDING(C, "model-access-denied", "gated", "OSError: You are trying to access a gated repo.") \
    /* huggingface_hub: utils/_http.py of 0.2x and 1.x */ \
    WORDING(C, "model-access-denied", "gated", "huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-6922a1c4-5d0e;3b0c5d1e)") \
    WORDING(C, "model-access-denied", "gated", "Cannot access gated repo for url https://huggingface.co/meta-llama/Llama-3.1-8B-Instruct/resolve/main/config.json.") \
    WORDING(C, "model-access-denied", "gated", "Access to model mistralai/Mistral-7B-Instruct-v0.3 is restricted. You must have access to it and be authenticated to access it. Please log in.") \
    WORDING(C, "model-access-denied", "gated", "Access to model meta-llama/Llama-2-7b-hf is restricted and you are not in the authorized list. Visit https://huggingface.co/meta-llama/Llama-2-7b-hf to ask for access.") \
    /* the Hub's answer to a request that was refused */ \
    WORDING(C, "model-access-denied", "gated", "Your request to access model acme/m has been rejected by the repo's authors.") \
    /* huggingface_hub: utils/_http.py */ \
    WORDING(C, "model-access-denied", "token", "Invalid credentials in Authorization header") \
    WORDING(C, "model-access-denied", "token", "requests.exceptions.HTTPError: Invalid user token.") \
    WORDING(C, "model-access-denied", "token", "Invalid username or password.") \
    WORDING(C, "model-access-denied", "token", "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://huggingface.co/api/models/acme/private-7b/revision/main") \
    /* transformers: utils/hub.py; huggingface_hub: utils/_http.py, utils/_validators.py */ \
    WORDING(C, "model-access-denied", "not-found", "OSError: acme/lagal-7b is not a local folder and is not a valid model identifier listed on 'https://huggingface.co/models'") \
    WORDING(C, "model-access-denied", "not-found", "Repository Not Found for url: https://huggingface.co/acme/lagal-7b/resolve/main/config.json.") \
    WORDING(C, "model-access-denied", "not-found", "huggingface_hub.errors.RepositoryNotFoundError: 404 Client Error. (Request ID: Root=1-6922a1c4-0c3e)") \
    WORDING(C, "model-access-denied", "not-found", "huggingface_hub.errors.HFValidationError: Repo id must be in the form 'repo_name' or 'namespace/repo_name': '/runpod-volume/models/legal'. Use `repo_type` argument if needed.") \
    /* transformers: utils/hub.py; huggingface_hub: utils/_http.py; the Hub's answer to its API */ \
    WORDING(C, "model-incomplete", "revision", "OSError: v9 is not a valid git identifier (branch name, tag name or commit id) that exists for this model name. Check the model page at 'https://huggingface.co/acme/m' for available revisions.") \
    WORDING(C, "model-incomplete", "revision", "Revision Not Found for url: https://huggingface.co/acme/m/resolve/v9/config.json.") \
    WORDING(C, "model-incomplete", "revision", "huggingface_hub.utils._errors.RevisionNotFoundError: 404 Client Error. (Request ID: Root=1-6922a1c4-3f1e)") \
    WORDING(C, "model-incomplete", "revision", "Invalid rev id: v9") \
    /* transformers: utils/hub.py; vllm: transformers_utils/config.py of 0.6 and 0.10 */ \
    WORDING(C, "model-incomplete", "config", "OSError: acme/legal-lora does not appear to have a file named config.json. Checkout 'https://huggingface.co/acme/legal-lora/tree/main' for available files.") \
    WORDING(C, "model-incomplete", "config", "ValueError: No supported config format found in acme/legal-lora.") \
    WORDING(C, "model-incomplete", "config", "  Value error, Invalid repository ID or local directory specified: 'acme/legal-lora'. [type=value_error, input_value=ArgsKwargs((), {'model': 'acme/legal-lora'}), input_type=ArgsKwargs]") \
    WORDING(C, "model-incomplete", "config", "ValueError: Unrecognized model in acme/legal. Should have a `model_type` key in its config.json, or contain one of the following strings in its name: albert, align") \
    WORDING(C, "model-incomplete", "config", "OSError: It looks like the config file at '/runpod-volume/m/config.json' is not a valid JSON file.") \
    WORDING(C, "model-incomplete", "config", "ValueError: Could not detect config format for no config file found. With config_format 'auto', ensure your model has either config.json (HF format) or params.json (Mistral format).") \
    /* vllm: model_executor/model_loader/default_loader.py */ \
    WORDING(C, "model-incomplete", "weights", "RuntimeError: Cannot find any model weights with `acme/legal-7b`") \
    /* transformers: modeling_utils.py */ \
    WORDING(C, "model-incomplete", "weights", "OSError: Error no file named pytorch_model.bin, model.safetensors, tf_model.h5, model.ckpt.index or flax_model.msgpack found in directory /models/legal.") \
    WORDING(C, "model-incomplete", "weights", "OSError: acme/legal does not appear to have a file named pytorch_model.bin or model.safetensors.") \
    /* safetensors: Python binding; huggingface_hub's snapshot with a missing shard */ \
    WORDING(C, "model-incomplete", "weights", "FileNotFoundError: No such file or directory: \"/runpod-volume/huggingface-cache/hub/models--acme--m/snapshots/0a/model-00003-of-00005.safetensors\"") \
    /* transformers: tokenization_utils_base.py of 4.x */ \
    WORDING(C, "model-incomplete", "tokenizer", "OSError: Can't load tokenizer for 'acme/legal'. If you were trying to load it from 'https://huggingface.co/models', make sure you don't have a local directory with the same name.") \
    WORDING(C, "model-incomplete", "tokenizer", "ValueError: Couldn't instantiate the backend tokenizer from one of: (1) a `tokenizers` library serialization file, (2) a slow tokenizer instance to convert or (3) an equivalent slow tokenizer class to instantiate and convert.") \
    WORDING(C, "model-incomplete", "tokenizer", "FileNotFoundError: [Errno 2] No such file or directory: '/models/legal/tokenizer.model'") \
    /* transformers: utils/hub.py, of other files */ \
    WORDING(C, "model-incomplete", "file", "OSError: acme/vl does not appear to have a file named preprocessor_config.json. Checkout 'https://huggingface.co/acme/vl/tree/main' for available files.") \
    WORDING(C, "model-incomplete", "file", "OSError: acme/phi does not appear to have a file named modeling_phi.py. Checkout 'https://huggingface.co/acme/phi/tree/main' for available files.") \
    WORDING(C, "model-incomplete", "file", "(APIServer pid=1) OSError: acme/q does not appear to have files named ('vocab.json', 'merges.txt'). Checkout 'https://huggingface.co/acme/q/tree/main' for available files.") \
    /* safetensors: of 0.4 (OpenBMB/MiniCPM-V#159) and 0.6 (jingyaogong/minimind-v#117) */ \
    WORDING(C, "weights-corrupt", "", "safetensors_rust.SafetensorError: Error while deserializing header: HeaderTooLarge") \
    WORDING(C, "weights-corrupt", "", "safetensors_rust.SafetensorError: Error while deserializing header: header too large") \
    WORDING(C, "weights-corrupt", "", "(EngineCore pid=84) ERROR 11-23 06:05:12 [core.py:1100] safetensors_rust.SafetensorError: Error while deserializing header: MetadataIncompleteBuffer") \
    /* torch: serialization.py; huggingface_hub: file_download.py */ \
    WORDING(C, "weights-corrupt", "", "RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory") \
    WORDING(C, "weights-corrupt", "", "_pickle.UnpicklingError: invalid load key, 'v'.") \
    WORDING(C, "weights-corrupt", "", "OSError: Consistency check failed: file should be of size 4976698672 but has size 1073741824 (model-00001-of-00004.safetensors).") \
    /* safetensors: safetensors/src/tensor.rs of 0.6 (safetensors/safetensors#668) */ \
    WORDING(C, "weights-corrupt", "", "safetensors_rust.SafetensorError: Error while deserializing header: header too large") \
    /* safetensors: safetensors/src/tensor.rs of 0.6 */ \
    WORDING(C, "weights-corrupt", "", "safetensors_rust.SafetensorError: Error while deserializing header: incomplete metadata, file not fully covered") \
    /* vllm: model_executor/layers/linear.py, model_loader, models/utils.py */ \
    WORDING(C, "weights-mismatch", "", "AssertionError: Attempted to load weight (torch.Size([4096])) into parameter (torch.Size([8192]))") \
    WORDING(C, "weights-mismatch", "", "ValueError: Following weights were not initialized from checkpoint: {'model.layers.0.self_attn.qkv_proj.weight'}") \
    WORDING(C, "weights-mismatch", "", "ValueError: There is no module or parameter named 'lm_head.base_layer' in LlamaForCausalLM") \
    WORDING(C, "weights-mismatch", "", "    assert param_data.shape == loaded_weight.shape") \
    /* vllm-project/llm-compressor#959 */ \
    WORDING(C, "weights-mismatch", "", "KeyError: 'layers.0.mlp.down_proj.weight_scale'") \
    /* vllm-project/vllm#25029 */ \
    WORDING(C, "weights-mismatch", "", "KeyError: 'layers.35.mlp.gate.g_idx'") \
    /* hiyouga/LlamaFactory#8254 */ \
    WORDING(C, "weights-mismatch", "", "KeyError: 'language_model.embed_tokens.weight'") \
    /* vllm-project/vllm#1420 */ \
    WORDING(C, "weights-mismatch", "", "KeyError: 'transformer.h.0.mlp.dense_4h_to_h.bias'") \
    /* vllm and sglang: model_executor/models, load_weights of several models */ \
    WORDING(C, "weights-mismatch", "", "RuntimeError: Some weights are not initialized from checkpoints: {'model.layers.3.mlp.gate_up_proj.g_idx_sort_indices'}") \
    /* huggingface_hub: errors.py, file_download.py */ \
    WORDING(C, "hub-offline", "", "huggingface_hub.errors.OfflineModeIsEnabled: Cannot reach https://huggingface.co/api/models/acme/m: offline mode is enabled. To disable it, please unset the `HF_HUB_OFFLINE` environment variable.") \
    WORDING(C, "hub-offline", "", "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find the requested files in the disk cache and outgoing traffic has been disabled. To enable hf.co look-ups and downloads online, set 'local_files_only' to False.") \
    WORDING(C, "hub-offline", "", "huggingface_hub.utils._errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder for the specified revision on the local disk and outgoing traffic has been disabled.") \
    /* huggingface_hub: utils/_http.py of 1.x; requests' words of 0.x */ \
    WORDING(C, "hub-outage", "rate-limit", "requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://huggingface.co/acme/m/resolve/main/config.json") \
    WORDING(C, "hub-outage", "rate-limit", "429 Too Many Requests: you have reached your 'resolvers' rate limit.") \
    WORDING(C, "hub-outage", "rate-limit", "huggingface_hub.errors.HfHubHTTPError: 429 Client Error: Too Many Requests for url: https://huggingface.co/api/models/acme/m") \
    /* requests, httpx, urllib3; transformers: utils/hub.py; huggingface_hub: file_download.py */ \
    WORDING(C, "hub-outage", "", "huggingface_hub.errors.HfHubHTTPError: 504 Server Error: Gateway Time-out for url: https://huggingface.co/api/models/acme/m/tree/main") \
    WORDING(C, "hub-outage", "", "httpx.HTTPStatusError: Server error '503 Service Unavailable' for url 'https://huggingface.co/api/models/acme/m'") \
    WORDING(C, "hub-outage", "", "requests.exceptions.ConnectionError: (MaxRetryError(\"HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded with url: /acme/m/resolve/main/config.json (Caused by NameResolutionError)\"), '(Request ID: 0a)')") \
    WORDING(C, "hub-outage", "", "OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the cached files.") \
    WORDING(C, "hub-outage", "", "huggingface_hub.errors.LocalEntryNotFoundError: An error happened while trying to locate the file on the Hub and we cannot find the requested files in the local cache. Please check your connection and try again or make sure your Internet connection is on.") \
    WORDING(C, "hub-outage", "", "RuntimeError: Data processing error: CAS service error : ReqwestMiddleware Error: Request failed after 5 retries") \
    /* h2oai/h2ogpt#533 */ \
    WORDING(C, "hub-outage", "", "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='cdn-lfs.huggingface.co', port=443): Read timed out.") \
    /* transformers: models/auto/tokenization_auto.py (hiyouga/LlamaFactory#10310, gpustack/gpustack#5096) */ \
    WORDING(C, "tokenizer-mismatch", "", "ValueError: Tokenizer class TokenizersBackend does not exist or is not currently imported.") \
    WORDING(C, "tokenizer-mismatch", "", "(APIServer pid=93) ValueError: Tokenizer class Qwen2Tokenizer2 does not exist or is not currently imported.") \
    /* tokenizers: Rust's serde */ \
    WORDING(C, "tokenizer-mismatch", "", "Exception: data did not match any variant of untagged enum ModelWrapper at line 250373 column 3") \
    WORDING(C, "tokenizer-mismatch", "", "Exception: data did not match any variant of untagged enum PyPreTokenizerTypeWrapper at line 960 column 3") \
    /* transformers 4 reading extra_special_tokens of 5; vllm before 0.12 with transformers 5 */ \
    WORDING(C, "tokenizer-mismatch", "", "AttributeError: 'list' object has no attribute 'keys'") \
    WORDING(C, "tokenizer-mismatch", "", "AttributeError: Qwen2Tokenizer has no attribute all_special_tokens_extended. Did you mean: 'num_special_tokens_to_add'?") \
    /* vllm: model_executor/models/registry.py (vllm-project/vllm#9713, #13332, #16183) */ \
    WORDING(C, "architecture-unsupported", "", "ValueError: Model architectures ['Qwen9ForCausalLM'] are not supported for now. Supported architectures: dict_keys(['AquilaModel'])") \
    WORDING(C, "architecture-unsupported", "", "ValueError: Model architectures ['LlamaForCausalLM'] failed to be inspected. Please check the logs for more details.") \
    WORDING(C, "architecture-unsupported", "", "ValueError: ChatGLMForConditionalGeneration has no vLLM implementation and the Transformers implementation is not compatible with vLLM. Try setting VLLM_USE_V1=0.") \
    /* transformers: models/auto/configuration_auto.py, auto_factory.py */ \
    WORDING(C, "architecture-unsupported", "", "  Value error, The checkpoint you are trying to load has model type `gemma4` but Transformers does not recognize this architecture. This could be because of an issue with the checkpoint, or because your version of Transformers is out of date.") \
    WORDING(C, "architecture-unsupported", "", "ERROR 03-12 18:19:00 engine.py:400] ValueError: The checkpoint you are trying to load has model type `gemma3` but Transformers does not recognize this architecture.") \
    WORDING(C, "architecture-unsupported", "", "ValueError: Unrecognized configuration class <class 'transformers.models.whisper.configuration_whisper.WhisperConfig'> for this kind of AutoModel: AutoModelForCausalLM.") \
    /* transformers: modeling_gguf_pytorch_utils.py (vllm-project/vllm#16905) */ \
    WORDING(C, "architecture-unsupported", "", "ValueError: GGUF model with architecture deci is not supported yet.") \
    WORDING(C, "architecture-unsupported", "", "ValueError: Cannot find model module. 'TTLlamaForCausalLM' is not a registered model in the Transformers library (only relevant if the model is meant to be in Transformers) and 'AutoModel' is not present in the model config's 'auto_map'") \
    /* transformers: dynamic_module_utils.py of 4.30 and 4.50; vllm: transformers_utils/config.py */ \
    WORDING(C, "needs-trust-remote-code", "", "ValueError: Loading moonshotai/Kimi-K2.5 requires you to execute the configuration file in that repo on your local machine. Make sure you have read the code there to avoid malicious use, then set the option `trust_remote_code=True` to remove this error.") \
    WORDING(C, "needs-trust-remote-code", "", "ValueError: The repository for microsoft/phi-2 contains custom code which must be executed to correctly load the model. You can inspect the repository content at https://hf.co/microsoft/phi-2.") \
    WORDING(C, "needs-trust-remote-code", "", "Please pass the argument `trust_remote_code=True` to allow custom code to be run.") \
    WORDING(C, "needs-trust-remote-code", "", "RuntimeError: Failed to load the model config. If the model is a custom model not yet available in the HuggingFace transformers library, consider setting `trust_remote_code=True` in LLM or using the `--trust-remote-code` flag in the CLI.") \
    /* transformers: modeling_rope_utils / configuration of llama 4.3x; vllm: rotary_embedding, attention selector */ \
    WORDING(C, "model-config-invalid", "", "ValueError: `rope_scaling` must be a dictionary with two fields, `type` and `factor`, got {'factor': 8.0, 'low_freq_factor': 1.0, 'rope_type': 'llama3'}") \
    WORDING(C, "model-config-invalid", "", "ValueError: rope_scaling must have a 'rope_type' key.") \
    WORDING(C, "model-config-invalid", "", "ValueError: Unknown RoPE scaling type longrope2") \
    WORDING(C, "model-config-invalid", "", "ValueError: Head size 80 is not supported by FlashAttention. Supported head sizes are: [32, 64, 96, 128]") \
    /* huggingface/transformers#32167 */ \
    WORDING(C, "model-config-invalid", "", "KeyError: 'rope_type'")

#define CRASH_WORDINGS_ENGINE(WORDING) \
    /* vllm: config.py of 0.4, config/model.py of 0.10 (pydantic), 0.12 */ \
    WORDING(C, "bad-worker-setting", "max-model-len", "ValueError: User-specified max_model_len (25000) is greater than the derived max_model_len (None=4096 in model's config.json). This may lead to incorrect model outputs or CUDA errors. Make sure the value is correct and within the model context size.") \
    WORDING(C, "bad-worker-setting", "max-model-len", "  Value error, User-specified max_model_len (1048576) is greater than the derived max_model_len (max_position_embeddings=262144 or model_max_length=None in model's config.json). This may lead to incorrect model outputs or CUDA errors. To allow overriding this maximum, set the env var VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 [type=value_error, input_value=ArgsKwargs((), {'model': 'm'}), input_type=ArgsKwargs]") \
    WORDING(C, "bad-worker-setting", "max-model-len", "(APIServer pid=53)   Value error, User-specified max_model_len (65536) is greater than the derived max_model_len (max_position_embeddings=32768.0 or model_max_length=None in model's config.json). To allow overriding this maximum, set the env var VLLM_ALLOW_LONG_MAX_MODEL_LEN=1.") \
    /* vllm: config/scheduler.py */ \
    WORDING(C, "bad-worker-setting", "batched-tokens", "ValueError: max_num_batched_tokens (2048) is smaller than max_model_len (8192). This effectively limits the maximum sequence length to max_num_batched_tokens and makes vLLM reject longer sequences.") \
    WORDING(C, "bad-worker-setting", "batched-tokens", "  Value error, max_num_batched_tokens (512) is smaller than max_model_len (32768). This effectively limits the maximum sequence length to max_num_batched_tokens and makes vLLM reject longer sequences. Please increase max_num_batched_tokens or decrease max_model_len.") \
    WORDING(C, "bad-worker-setting", "batched-tokens", "ValueError: max_num_batched_tokens (128) must be greater than or equal to max_num_seqs (256).") \
    /* vllm: v1/worker/gpu_model_runner.py, config/scheduler.py */ \
    WORDING(C, "bad-worker-setting", "max-num-seqs", "ValueError: max_num_seqs (1024) exceeds available Mamba cache blocks (512). Each decode sequence requires one Mamba cache block.") \
    WORDING(C, "bad-worker-setting", "max-num-seqs", "ValueError: max_num_seqs must be greater than 0.") \
    WORDING(C, "bad-worker-setting", "max-num-seqs", "(EngineCore pid=84) ERROR 11-23 06:05:12 [core.py:1100] ValueError: max_num_seqs (256) exceeds available Mamba cache blocks (97).") \
    /* vllm: config/model.py; distributed/utils.py; layers/quantization/fp8.py */ \
    WORDING(C, "bad-worker-setting", "heads", "ValueError: Total number of attention heads (32) must be divisible by tensor parallel size (3).") \
    WORDING(C, "bad-worker-setting", "heads", "AssertionError: 151655 is not divisible by 2") \
    WORDING(C, "bad-worker-setting", "heads", "(VllmWorker rank=5 pid=39149) ERROR 07-22 20:16:11 [multiproc_executor.py:511] ValueError: The output_size of gate's and up's weight = 320 is not divisible by weight quantization block_n = 128.") \
    WORDING(C, "bad-worker-setting", "heads", "  Value error, Total number of attention heads (40) must be divisible by tensor parallel size (3). [type=value_error, input_value=ArgsKwargs((), {'model_config': 'm'}), input_type=ArgsKwargs]") \
    /* vllm: config/model.py; model_loader/weight_utils.py */ \
    WORDING(C, "bad-worker-setting", "quantization", "ValueError: Quantization method specified in the model config (gptq) does not match the quantization method specified in the `quantization` argument (awq).") \
    WORDING(C, "bad-worker-setting", "quantization", "  Value error, Quantization method specified in the model config (compressed-tensors) does not match the quantization method specified in the `quantization` argument (fp8). [type=value_error]") \
    WORDING(C, "bad-worker-setting", "quantization", "ValueError: Cannot find the config file for awq") \
    /* vllm-project/vllm#13150 */ \
    WORDING(C, "bad-worker-setting", "quantization", "ValueError: BitsAndBytes quantization and QLoRA adapter only support 'bitsandbytes' load format, but got auto") \
    /* runpod-workers/worker-vllm#145 */ \
    WORDING(C, "bad-worker-setting", "quantization", "ValueError: BitsAndBytes load format and QLoRA adapter only support 'bitsandbytes' quantization, but got None") \
    /* vllm: lora/peft_helper.py, config/lora.py */ \
    WORDING(C, "bad-worker-setting", "lora-rank", "ValueError: LoRA rank 64 is greater than max_lora_rank 16") \
    WORDING(C, "bad-worker-setting", "lora-rank", "ValueError: LoRA rank 32 is greater than max_lora_rank 16.") \
    WORDING(C, "bad-worker-setting", "lora-rank", "ValueError: max_lora_rank (48) must be one of (8, 16, 32, 64, 128, 256, 320, 512).") \
    /* vllm: lora/worker_manager.py, worker/model_runner.py, entrypoints/openai/serving_models.py */ \
    WORDING(C, "lora-unusable", "", "ValueError: Loading lora /loras/legal failed: No adapter found for /loras/legal") \
    WORDING(C, "lora-unusable", "", "RuntimeError: Loading lora legal failed") \
    WORDING(C, "lora-unusable", "", "AssertionError: MiniCPMV4 does not support LoRA yet.") \
    WORDING(C, "lora-unusable", "", "ValueError: Call to add_lora method failed: Loading lora legal failed: 'base_model.model'") \
    /* vllm-project/vllm#32599, #9280 */ \
    WORDING(C, "lora-unusable", "", "ValueError: base_model.model.lm_head.base_layer.weight is unsupported LoRA weight") \
    /* vllm: lora/peft_helper.py */ \
    WORDING(C, "lora-unusable", "", "ValueError: vLLM only supports modules_to_save being None., vLLM does not yet support DoRA.") \
    /* worker-vllm: src/args_builder.py; argparse through vllm's FlexibleArgumentParser */ \
    WORDING(C, "bad-worker-setting", "", "ValueError: invalid boolean value 'maybe' for --enforce-eager") \
    WORDING(C, "bad-worker-setting", "", "vllm: error: unrecognized arguments: --swap-space 4") \
    WORDING(C, "bad-worker-setting", "", "api_server.py: error: argument --max-model-len: invalid human_readable_int value: '8k tokens'") \
    WORDING(C, "bad-worker-setting", "", "vllm serve: error: argument --dtype: invalid choice: 'fp16' (choose from 'auto', 'bfloat16', 'float', 'float16', 'float32', 'half')") \
    WORDING(C, "bad-worker-setting", "", "TypeError: AsyncEngineArgs.__init__() got an unexpected keyword argument 'disable_log_requests'") \
    /* vllm: entrypoints/chat_utils.py of 0.6 and 0.11 */ \
    WORDING(C, "bad-worker-setting", "", "ValueError: The supplied chat template (/templates/legal.jinja) looks like a file path, but it failed to be opened. Reason: [Errno 2] No such file or directory: '/templates/legal.jinja'") \
    WORDING(C, "bad-worker-setting", "", "ValueError: The supplied chat template string (/templates/legal.jinja) appears path-like, but doesn't exist!") \
    WORDING(C, "bad-worker-setting", "", "ValueError: invalid literal for int() with base 10: '8k'") \
    /* vllm: entrypoints/openai/api_server.py (vllm-project/recipes#51) */ \
    WORDING(C, "bad-worker-setting", "", "(APIServer pid=966592) KeyError: 'invalid tool call parser: openai (chose from { deepseek_v3, glm45, hermes })'") \
    /* pydantic_core, of a message whose second line is lost or unknown */ \
    WORDING(C, "bad-worker-setting", "invalid", "pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig") \
    WORDING(C, "bad-worker-setting", "invalid", "pydantic_core._pydantic_core.ValidationError: 2 validation errors for SchedulerConfig") \
    WORDING(C, "bad-worker-setting", "invalid", "(APIServer pid=1) pydantic_core._pydantic_core.ValidationError: 1 validation error for VllmConfig") \
    /* vllm: config/cache.py of 0.6, and 0.10 and later (pydantic) */ \
    WORDING(C, "bad-worker-setting", "gpu-memory-utilization", "ValueError: GPU memory utilization must be less than 1.0. Got 95.0.") \
    WORDING(C, "bad-worker-setting", "gpu-memory-utilization", "  Value error, GPU memory utilization must be less than 1.0. Got 1.2. [type=value_error, input_value=ArgsKwargs((), {}), input_type=ArgsKwargs]") \
    WORDING(C, "bad-worker-setting", "gpu-memory-utilization", "gpu_memory_utilization   Input should be less than or equal to 1 [type=less_than_equal, input_value=95.0, input_type=float]") \
    /* CPython's words of what a handler lacks (mudler/LocalAI#10252) */ \
    WORDING(C, "handler-crash", "missing-module", "ModuleNotFoundError: No module named 'vllm.transformers_utils.tokenizer'") \
    WORDING(C, "handler-crash", "missing-module", "ModuleNotFoundError: No module named 'runpod'") \
    WORDING(C, "handler-crash", "missing-module", "{\"requestId\": null, \"message\": \"Worker startup failed: No module named 'engine'\", \"level\": \"ERROR\"}") \
    WORDING(C, "handler-crash", "import", "ImportError: cannot import name 'OpenAIServingChat' from 'vllm.entrypoints.openai.serving_chat' (/usr/local/lib/python3.12/dist-packages/vllm/entrypoints/openai/serving_chat.py)") \
    WORDING(C, "handler-crash", "import", "ImportError: attempted relative import with no known parent package") \
    WORDING(C, "handler-crash", "import", "ImportError: cannot import name 'cached_download' from 'huggingface_hub' (/usr/local/lib/python3.10/site-packages/huggingface_hub/__init__.py)") \
    WORDING(C, "handler-crash", "syntax", "SyntaxError: invalid syntax") \
    WORDING(C, "handler-crash", "syntax", "IndentationError: unexpected indent") \
    WORDING(C, "handler-crash", "syntax", "TabError: inconsistent use of tabs and spaces in indentation") \
    WORDING(C, "handler-crash", "handler", "KeyError: 'handler'") \
    WORDING(C, "handler-crash", "handler", "NameError: name 'handler' is not defined") \
    WORDING(C, "handler-crash", "handler", "AttributeError: module 'rp_app' has no attribute 'handler'") \
    WORDING(C, "handler-crash", "environment", "KeyError: 'MODEL_PATH'") \
    WORDING(C, "handler-crash", "environment", "KeyError: 'AWS_SECRET_ACCESS_KEY'") \
    WORDING(C, "handler-crash", "environment", "RuntimeError: environment variable BUCKET_NAME is not set")
/* clang-format on */

#endif
