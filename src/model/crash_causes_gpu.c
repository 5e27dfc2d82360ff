/* What the GPU, its driver, its memory and the libraries that talk to it say. Wordings of nvidia-container-cli, the
 * CUDA runtime, NCCL, PyTorch, Triton and vLLM's checks. */
#include "model/crash_internal.h"

static const struct crash_row rows[] = {
    /* driver and image */
    {{"cuda-driver-mismatch", "container"}, CRASH_DECIDES, "unsatisfied condition",
        "unsatisfied condition: cuda ?>= ?(?<code>[\\d.]+)|"
        "unsatisfied condition: (?<setting>driver|arch|brand)\\b"},
    {{"cuda-driver-mismatch", ""}, CRASH_DECIDES,
        "river|orward compatib|unsupported toolchain|UnsupportedPtxVersion|Error 80",
        "NVIDIA driver on your system is too old(?: \\(found version (?<code>\\d+)\\))?|"
        "CUDA driver version is insufficient|"
        "forward compatibility was attempted on non[- ]supported HW|"
        "unsupported display driver ?/ ?cuda driver combination|"
        "compiled with an unsupported toolchain|"
        "CUDA_ERROR_UNSUPPORTED_PTX_VERSION|cudaErrorInsufficientDriver|"
        "minimum (?:NVIDIA )?driver version.*(?:required|not met)"},
    {{"gpu-unsupported", "no-kernel"}, CRASH_DECIDES,
        "kernel image|not compatible with the current PyTorch|sm_|compute capability below",
        "GPUs with compute capability below (?<code>[\\d.]+) are not supported|"
        "no kernel image is available for execution|"
        "not compatible with the current PyTorch installation|"
        "(?:gpu-name|gpu-architecture)'? ?(?:is not defined|.*sm_\\w+)|"
        "value 'sm_(?<code>\\w+)' is not defined"},
    {{"gpu-unsupported", "attention"}, CRASH_LIKELY,
        "Ampere|attention backend|FlashAttention|FA3|FlashInfer|FLASH",
        "FlashAttention only supports Ampere|FA3 is only supported on devices|"
        "no valid attention backend found|"
        "selected backend \\S+ is not valid for this configuration|"
        "attention backend \\S+ (?:is not supported|does not support)"},
    {{"gpu-missing", ""}, CRASH_LIKELY,
        "No CUDA GPUs|no NVIDIA driver|NVML|nvml|Failed to infer device type|no CUDA-capable|"
        "unknown device|initialization error|No GPUs|adapter",
        "No CUDA GPUs are available|Found no NVIDIA driver on your system|"
        "failed to infer device type|"
        "no CUDA-capable device is detected|nvml error: (?:driver|gpu|unknown|insufficient)|"
        "driver/library version mismatch|"
        "nvidia-container-cli: (?:initialization|device|detection) error|failed to initialize NVML|"
        "could not select device driver"},
    {{"gpu-fault", "busy"}, CRASH_DECIDES, "busy or unavailable|DevicesUnavailable",
        "devices?(?:\\(s\\))? (?:is/)?are busy or unavailable|cudaErrorDevicesUnavailable"},
    {{"gpu-fault", "lost"}, CRASH_DECIDES,
        "fallen off the bus|GPU is lost|Xid|GPU_IS_LOST|device handle",
        "fallen off the bus|gpu is lost|\\bXid(?: \\(PCI:[^)]*\\))?: ?(?<code>\\d+)|"
        "unable to determine the device handle"},
    {{"gpu-fault", "ecc"}, CRASH_DECIDES, "ECC error|ecc error",
        "uncorrectable (?:NVLink |memory )?ecc error|ecc error (?:was )?encountered"},
    {{"gpu-fault", "not-ready"}, CRASH_DECIDES,
        "system not yet initialized|Error 802|CUDA unknown error|fabric",
        "system not yet initialized|cuda unknown error|fabric ?manager.*(?:not running|"
        "not initialized)"},
    {{"cuda-fault", ""}, CRASH_LIKELY,
        "illegal memory|device-side assert|unspecified launch|misaligned address|"
        "llegal instruction|CUBLAS_STATUS|CUDNN_STATUS|launch failure|ILLEGAL_ADDRESS|"
        "invalid device",
        "(?<code>an illegal memory access was encountered|device-side assert triggered|"
        "unspecified launch failure|"
        "misaligned address|an illegal instruction was encountered|CUDA_ERROR_ILLEGAL_ADDRESS|"
        "CUBLAS_STATUS_\\w+|CUDNN_STATUS_\\w+|invalid device ordinal)"},

    /* memory */
    {{"does-not-fit-gpu", "kv-cache"}, CRASH_DECIDES, "KV cache|cache blocks|kv cache",
        "max seq len \\((?<asked>[\\d,]+)\\)[,)]? *\\(?(?<need>[\\d.]+ ?[KMGT]iB) KV cache is ne"
        "eded, which is larger than the "
        "available KV cache memory \\((?<have>[\\d.]+ ?[KMGT]iB)\\)(?:.*?estimated maximum model"
        " length is (?<fit>[\\d,]+))?|"
        "max seq len \\((?<asked>[\\d,]+)\\) is larger than the maximum number of tokens that ca"
        "n be stored in KV cache \\((?<fit>[\\d,]+)\\)|"
        "no available memory for the cache blocks|"
        "(?<need>[\\d.]+ ?[KMGT]iB) KV cache is needed.*?\\((?<have>[\\d.]+ ?[KMGT]iB)\\)"},
    {{"does-not-fit-gpu", "gpu-in-use"}, CRASH_DECIDES, "less than desired GPU memory utilization",
        "free memory on device(?: \\S+)? \\((?<have>[\\d.]+)/[\\d.]+ ?GiB\\) on startup is less "
        "than desired GPU memory "
        "utilization \\((?<value>[\\d.]+), (?<need>[\\d.]+ ?GiB)\\)|"
        "less than desired GPU memory utilization"},
    {{"does-not-fit-gpu", "warm-up"}, CRASH_DECIDES, "out of memory occurred when warming up",
        "out of memory occurred when warming up \\w+ with (?<value>\\d+) dummy requests"},
    {{"does-not-fit-gpu", "memory"}, CRASH_DECIDES,
        "out of memory|OutOfMemoryError|OUT_OF_MEMORY|ALLOC_FAILED|AllocationError|Out of memory|"
        "mem-fraction-static",
        "CUDA out of memory(?:\\. tried to allocate (?<need>[\\d.]+ ?[KMGT]i?B))?"
        "(?:.*?(?:of which (?<have>[\\d.]+ ?[KMGT]i?B) is free|"
        "; (?<have>[\\d.]+ ?[KMGT]i?B) free))?|"
        "cuda error: out of memory|cuda failure \\d* ?'?out of memory|CUDA_ERROR_OUT_OF_MEMORY|"
        "CUBLAS_STATUS_ALLOC_FAILED|"
        "not enough memory\\. please try to increase --mem-fraction-static|"
        "^(?:torch\\.)?(?:cuda\\.)?OutOfMemoryError(?!: CUDA out of memory)"},

    /* number formats */
    {{"quantization-unsupported", ""}, CRASH_DECIDES, "uantization|uantized|bitsandbytes",
        "quantization method (?<value>[\\w-]+) is not supported for the current GPU\\. minimum c"
        "apability: (?<need>\\d+)\\. "
        "current capability: (?<have>\\d+)|"
        "unknown quantization method: '?(?<value>[\\w-]+)|"
        "invalid quantization method: '?(?<value>[\\w-]+)|"
        "quantization scheme is not supported for the current GPU\\. min capability: (?<need>\\d"
        "+)\\. current capability: (?<have>\\d+)|"
        "(?<value>[\\w-]+) quantization is currently not supported|"
        "does not support (?<value>BitsAndBytes) quantization|"
        "(?:please install|version is wrong).*(?<value>bitsandbytes)>=|"
        "no module named '(?<value>bitsandbytes)'"},
    {{"dtype-unsupported", ""}, CRASH_DECIDES, "loat16|fp8|float8|FP8|FP4|fp4",
        "(?<value>bfloat16) is only supported on GPUs|"
        "(?<value>torch\\.\\w+) is not supported for quantization method (?<setting>[\\w-]+)|"
        "does not support (?<value>b?float16)\\b|"
        "(?<value>fp8\\w*) not supported in this architecture|"
        "(?<value>fp8|float8_\\w+|fp8_\\w+|fp4|nvfp4|mxfp4)[^:]{0,60} (?:is|are) (?:only|"
        "not) supported (?:on|for|by)|"
        "only supported on devices with compute capability"},

    /* several GPUs, libraries */
    {{"nccl-failed", ""}, CRASH_GENERAL, "NCCL|nccl|DistBackendError|DistNetworkError",
        "nccl error:? ?(?:in: \\S+ )?(?<code>[^:]*(?:unhandled|system|internal|invalid|"
        "remote)[^:,]*)|DistBackendError|ncclSystemError|"
        "ncclUnhandledCudaError|ncclInternalError|ncclInvalidUsage|ncclRemoteError|"
        "watchdog caught collective operation timeout|duplicate gpu detected|DistNetworkError"},
    {{"bad-worker-setting", "gpus"}, CRASH_DECIDES,
        "available GPUs|number of GPUs|available gpus|Ray does not allocate|placement group",
        "world size \\((?<asked>\\d+)\\) is larger than the number of available GPUs \\((?<fit>\\"
        "d+)\\)|"
        "number of required GPUs exceeds the total number of (?:available )?GPUs|"
        "tensor parallel size \\((?<asked>\\d+)\\) (?:is larger than|"
        "cannot be larger than) the number of available GPUs \\((?<fit>\\d+)\\)|"
        "(?<asked>\\d+) GPUs? (?:are|is) required.*only (?<fit>\\d+)"},
    {{"shared-library", ""}, CRASH_LIKELY,
        "shared object file|shared libraries|undefined symbol|GLIBC",
        "(?<file>lib[\\w.+-]+|\\S+\\.so[\\w.]*): cannot open shared object file|"
        "(?<file>\\S+\\.so[\\w.]*): undefined symbol|"
        "version `(?<code>GLIBC\\w*_[\\d.]+)' not found"},
    {{"compiler-missing", ""}, CRASH_DECIDES,
        "C compiler|nvcc|CUDA_HOME|cuda_home|ninja|gcc'|bin/cc'|ptxas",
        "failed to find C compiler|could not find nvcc|CUDA_HOME environment variable is not set|"
        "(?<file>[\\w./-]*(?:nvcc|ninja|gcc|g\\+\\+|ptxas)): (?:command )?not found|"
        "nvcc fatal *: |"
        "command '\\['(?<file>[^']*(?:gcc|clang|/cc|nvcc|ninja|ptxas))'.*non-zero exit status|"
        "no such file or directory: '(?<file>[^']*(?:nvcc|ninja|gcc))'|ninja is required to load"},
    {{"compiler-missing", ""}, CRASH_LIKELY, "inja build failed|subcommand failed",
        "ninja build failed|ninja: build stopped: subcommand failed"},
};

const struct crash_table crash_causes_gpu = {rows, sizeof rows / sizeof *rows};
