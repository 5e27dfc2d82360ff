#!/bin/sh
# What is stuck is found, explained and cured with keys alone, on a real terminal (tmux) against the stand-in:
# the alert, w from a place without an endpoint, the Why box, a remedy with its plan, and that it helped. Then
# the same endpoint with --read-only, where w tells and a remedy is refused.
#
# Environment: SLIPWAY, SLIPWAY_SIM (beside it). Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tmux.sh
program=$(cd "$(dirname "${SLIPWAY:-build/slipway}")" && pwd)/slipway
case $program in *thread*) TMUX_PATIENCE=180 ;; *) TMUX_PATIENCE=90 ;; esac
work=$(mktemp -d) || exit 1
trap 'tmux_stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
export TMPDIR="$work" HOME="$work/home"
mkdir "$HOME"
unset XDG_CONFIG_HOME XDG_STATE_HOME RUNPOD_API_KEY HF_TOKEN SLIPWAY_DATABASE_URL NO_COLOR 2>/dev/null
n=0 bad=0

# step NAME COMMAND…: one line of TAP; each needs the one before it
step() {
    name=$1
    shift
    n=$((n + 1))
    if "$@"; then
        echo "ok $n - $name"
        return 0
    fi
    bad=$((bad + 1))
    echo "not ok $n - $name"
    return 1
}

begin() {
    tmux_start 100 34 "$program" demo --scenario does-not-fit-gpu --speed 6 "$@" &&
        tmux_wait 'STUCK'
}

cure() {
    step 'a stuck endpoint is seen on the overview' begin &&
        tmux_keys w &&
        step 'w from the training jobs opens it at the cause' tmux_wait 'certain .*does-not-fit-gpu' &&
        step '… with what shows it' tmux_wait 'log .*ValueError' &&
        step '… and what helps' tmux_wait 'r1 +Lower MAX_MODEL_LEN from 8192 to [0-9]+ ' &&
        tmux_keys r 1 &&
        step 'a remedy shows its plan first' tmux_wait 'MAX_MODEL_LEN +8192 →' &&
        tmux_wait ' y go' &&
        tmux_keys y &&
        step '… and is carried out after a yes' tmux_wait '✓ done' &&
        tmux_keys Escape &&
        step 'whether it helped is said' tmux_wait 'Nothing is stuck since: legal: env MAX_MODEL_LEN' &&
        tmux_keys Escape &&
        step '… and nothing is stuck on the overview' tmux_wait_gone 'STUCK'
    tmux_stop
}

refuse() {
    step 'read-only: it is seen' begin --read-only &&
        tmux_keys w &&
        step 'w tells why' tmux_wait 'certain .*does-not-fit-gpu' &&
        tmux_wait 'r1 +Lower' &&
        tmux_keys r 1 &&
        step 'a remedy is refused with the reason' tmux_wait 'Read-only: ' &&
        step '… and nothing was begun' tmux_wait_gone 'What would be done'
    tmux_stop
}

cure
refuse
echo "1..$n"
[ "$bad" = 0 ]
