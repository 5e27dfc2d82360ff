/* What keeps a container from being made or from running at all: image, registry, disk, start command, memory of
 * the host, the SDK's own checks. Wordings of Docker, containerd, runc, shells and RunPod's SDK. */
#include "model/crash_internal.h"

static const struct crash_row rows[] = {
    {{"image-not-found", ""}, CRASH_DECIDES,
        "anifest|not found|No such image|no such image|name unknown|invalid reference format|"
        "NAME_UNKNOWN",
        "manifest for (?<image>[^\\s\"]+) not found|manifest unknown|"
        "failed to resolve reference \"?(?<image>[^\\s\"]+)\"?: \\S+: not found|"
        "failed to resolve image: (?<image>[^\\s:]+\\S*): not found|"
        "no such image: (?<image>\\S+)|\\bname unknown\\b|NAME_UNKNOWN|invalid reference format|"
        "repository (?<image>\\S+) not found: does not exist"},
    {{"registry-denied", ""}, CRASH_DECIDES,
        "access denied|unauthorized|nauthorized|denied:|no basic auth|authorization failed|"
        "anonymous token|403 Forbidden",
        "pull access denied(?: for (?<image>[^\\s,]+))?|unauthorized: |"
        "denied: (?:requested access|denied|permission_denied|permission denied)|"
        "no basic auth credentials|"
        "insufficient_scope|failed to fetch (?:anonymous|oauth) token|"
        "(?:pull|resolve|manifests|registry|ghcr|docker).*(?:401 Unauthorized|403 Forbidden)"},
    {{"image-pull-failed", "rate-limit"}, CRASH_DECIDES,
        "toomanyrequests|Too Many Requests|pull rate limit",
        "toomanyrequests|pull rate limit|(?:registry|docker\\.io|"
        "manifests/).*429 Too Many Requests"},
    {{"image-pull-failed", "network"}, CRASH_LIKELY,
        "TLS handshake timeout|no such host|deadline exceeded|onnection reset by peer|"
        "nexpected EOF|i/o timeout|onnection refused|download failed after|request canceled while",
        "(?:error (?:creating|starting) container|error pulling image|failed to pull image).*"
        "(?:tls handshake timeout|no such host|"
        "deadline exceeded|"
        "connection reset by peer|unexpected eof|i/o timeout|connection refused|"
        "request canceled while waiting|download failed after)"},
    {{"wrong-architecture", ""}, CRASH_DECIDES,
        "exec format error|no match|no matching manifest|cannot execute binary|does not match the",
        "exec format error|platform \\((?<value>[\\w/]+)\\) does not match the|"
        "does not match the specified platform|no matching manifest for (?<value>\\S+)|"
        "no match for platform in manifest|cannot execute binary file"},
    {{"shared-memory", ""}, CRASH_DECIDES,
        "/dev/shm|out of shared memory|shared memory|posix_fallocate|Bus error|unable to mmap",
        "shared memory segment \"?/dev/shm|out of shared memory|"
        "(?:posix_fallocate|/dev/shm).*no space left|no space left on device.*/dev/shm|"
        "unexpected bus error|^bus error|unable to mmap \\d+ bytes from file </torch|"
        "unable to (?:open|write to) (?:shared memory|file </torch)"},
    {{"disk-full", ""}, CRASH_DECIDES,
        "o space left|No space left|Errno 28|quota exceeded|os error 28|ENOSPC|Errno 122",
        "(?:\\[errno 28\\] )?no space left on device(?:: '(?<file>[^']+)')?|\\[errno 28\\]|"
        "disk quota exceeded(?:: '(?<file>[^']+)')?|"
        "os error 28|\\benospc\\b"},
    {{"disk-full", ""}, CRASH_NOTE, "ot enough free disk space",
        "expected file size is: (?<need>[\\d.]+ ?MB).*only has (?<have>[\\d.]+ ?MB) free"},
    {{"fitness-check-failed", "memory"}, CRASH_DECIDES, "Fitness check failed",
        "fitness check failed: (?<setting>\\w*memory\\w*) \\|"
        ".*?(?:(?<have>[\\d.]+ ?GB) available, (?<need>[\\d.]+ ?GB) required)?"},
    {{"fitness-check-failed", "disk"}, CRASH_DECIDES, "Fitness check failed",
        "fitness check failed: (?<setting>\\w*disk\\w*) \\|.*?(?:(?<have>[\\d.]+ ?GB) free)?"},
    {{"fitness-check-failed", "network"}, CRASH_DECIDES, "Fitness check failed",
        "fitness check failed: (?<setting>\\w*network\\w*) \\|"},
    {{"fitness-check-failed", "gpu"}, CRASH_DECIDES, "Fitness check failed",
        "fitness check failed: (?<setting>\\w*(?:cuda|gpu)\\w*) \\|"},
    {{"fitness-check-failed", ""}, CRASH_LIKELY,
        "Fitness check failed|Worker is unhealthy, exiting",
        "fitness check failed: (?<setting>[^|]*\\S)|worker is unhealthy, exiting"},
    {{"start-command-exits", "not-found"}, CRASH_DECIDES,
        "not found|o such file|can't open file|command specified|ermission denied|"
        "No module named|is a directory",
        "exec: \"(?<file>[^\"]+)\": (?:executable file not found|stat [^:]+: no such file|"
        "permission denied|is a directory)|"
        "(?:exec|stat) (?<file>/[^\\s:]+): (?:no such file or directory|permission denied)|"
        "can't open file '?(?<file>[^':]+)'?: \\[errno 2\\]|no command specified|"
        "^(?!.*(?:nvcc|gcc|ninja|ptxas): )(?:[\\w./-]+: )?(?:line \\d+: |\\d+: )?(?<file>[\\w./-]+): "
        "(?:command )?not found$|"
        "^(?!.*(?:nvcc|gcc|ninja|ptxas): )(?:/bin/)?(?:ba|da)?sh: (?:line \\d+: |"
        "\\d+: )?(?<file>[\\w./-]+): (?:no such file or directory|permission denied|not found)|"
        "error while finding module specification for '(?<file>[^']+)'|"
        "^\\S*python\\S*: no module named (?<file>[\\w.]+)"},
    {{"host-memory", ""}, CRASH_LIKELY,
        "137|OOMKilled|Killed|SIGKILL|annot allocate memory|can't allocate memory|MemoryError|"
        "OOM killer|oom-kill|exitcode=-9|exit code -9|Out of memory",
        "exit(?:ed)?(?: with)? (?:code|status):? ?(?<code>137)\\b|exited \\((?<code>137)\\)|"
        "oomkilled|^killed$|"
        ": line \\d+: +\\d+ killed|\\bsigkill\\b|cannot allocate memory|"
        "defaultcpuallocator: can't allocate memory|"
        "^memoryerror\\b|oom[- ]killer|exit ?code[= ]-9|out of memory: killed process"},
    {{"image-does-not-take-jobs", "local-run"}, CRASH_DECIDES,
        "test_input.json not found|Job has no input parameter",
        "test_input\\.json not found, exiting|job has no input parameter\\. unable to run"},
    {{"engine-start-timeout", ""}, CRASH_DECIDES,
        "become healthy within|imed out waiting for engine|imeout waiting for engine|"
        "id not become ready|Waited",
        "did not become healthy within (?<value>\\d+) ?s|"
        "timed? ?out waiting for engine(?: core)? process(?:es)? to (?:start|be ready)|"
        "server did(?: not|n't) become ready (?:in time|within (?<value>\\d+))"},
    {{"port-in-use", ""}, CRASH_DECIDES, "ddress already in use|EADDRINUSE|rrno 98",
        "address already in use|\\beaddrinuse\\b|\\[errno 98\\]"},
    {{"volume-io", ""}, CRASH_LIKELY,
        "nput/output error|tale file handle|ransport endpoint|Errno 5]|Errno 116]",
        "input/output error(?:: '(?<file>[^']+)')?|"
        "stale (?:nfs )?file handle(?:: '(?<file>[^']+)')?|"
        "transport endpoint is not connected(?:: '(?<file>[^']+)')?"},
    {{"permission-denied", ""}, CRASH_LIKELY,
        "Errno 13]|Errno 30]|ead-only file system|os error 13",
        "(?:\\[errno 13\\] permission denied|"
        "\\[errno 30\\] read-only file system)(?:: '(?<file>[^']+)')?|"
        "read-only file system|permission denied \\(os error 13\\)"},
    {{"cached-model-failed", ""}, CRASH_DECIDES, "_failed|ached model|odel download",
        "\\b(?<code>download_failed|mount_failed|startup_failed|cuda_failed)\\b|"
        "cached model (?:could not be|failed)|model download failed"},
    {{"empty-input", ""}, CRASH_NOTICE, "missing field",
        "job has missing field\\(s\\): id or input"},
};

const struct crash_table crash_causes_start = {rows, sizeof rows / sizeof *rows};
