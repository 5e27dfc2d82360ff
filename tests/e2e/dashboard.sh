#!/bin/sh
# The whole slip with keys alone, on a real terminal (tmux), against the stand-in: pick a folder, upload,
# deploy, see it registered, chat, see the cost, open its logs, quit; and the ways out: quit at once while
# nothing answers, signals, a terminal that goes away, Ctrl-Z.
#
# Environment: SLIPWAY, SLIPWAY_SIM (beside it). Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tmux.sh
program=$(cd "$(dirname "${SLIPWAY:-build/slipway}")" && pwd)/slipway
# Sanitizers take their time.
case $program in *address* | *thread*) TMUX_PATIENCE=180 soon_ms=20000 ;; *) TMUX_PATIENCE=90 soon_ms=3000 ;; esac
work=$(mktemp -d) || exit 1
trap 'tmux_stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
export TMPDIR="$work" HOME="$work/home"
mkdir "$HOME"
unset XDG_CONFIG_HOME XDG_STATE_HOME RUNPOD_API_KEY HF_TOKEN SLIPWAY_DATABASE_URL NO_COLOR 2>/dev/null
tar xzf tests/data/models/tiny-sft-sharded.tar.gz -C "$work" || exit 1
n=0 bad=0

# step NAME COMMAND…: one line of TAP; after a failure of the slip the rest of it is of no use
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

# in_shell COLUMNS ROWS COMMAND: runs it in a shell, which notes the terminal before and after
in_shell() {
    tmux_start "$1" "$2" sh -c "stty -a >'$work/before'; $3; code=\$?; stty -a >'$work/after'; echo \"ended \$code\"; cat"
}

terminal_is_as_before() {
    diff "$work/before" "$work/after" | sed 's/^/# /'
    cmp -s "$work/before" "$work/after"
}

ends_with() {
    tmux_wait "^ended $1\$"
}

# ends_soon COMMAND…: it ends within a second of the command, and what the looking takes
ends_soon() {
    begin=$(date +%s%N)
    "$@"
    tmux_wait '^ended ' || return 1
    took=$((($(date +%s%N) - begin) / 1000000))
    [ "$took" -le "$soon_ms" ] || { echo "# it took $took ms"; return 1; }
}

# stops PID: it is stopped within the patience
stops() {
    tries=0
    until grep -q '^State:.*stopped' "/proc/$1/status" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt $((TMUX_PATIENCE * 20)) ] || return 1
        sleep 0.05
    done
}

child() { # the dashboard's process id
    pgrep -P "$(tmux_do display-message -p -t test '#{pane_pid}')" -f slipway | head -n 1
}

# Neither the stand-in that a demonstration starts nor its own command line tells the keys.
keeps_secrets() {
    own=$(child)
    stand_in=$(pgrep -P "$own" -f slipway-sim | head -n 1)
    [ -n "$stand_in" ] && ! grep -aq OfThePerson "/proc/$stand_in/environ" "/proc/$stand_in/cmdline" \
        "/proc/$own/cmdline"
}

slip() {
    export RUNPOD_API_KEY=rpa_keyOfThePerson HF_TOKEN=hf_tokenOfThePerson \
        SLIPWAY_DATABASE_URL=postgresql://ada:wordOfThePerson@127.0.0.1:1/x
    in_shell 80 24 "'$program' demo --speed 6 --folder '$work/tiny-sft-sharded'"
    step "the dashboard opens with the stand-in's endpoints" tmux_wait 'legal|archive-search' || return
    step "the stand-in's process knows nothing of the person's keys" keeps_secrets
    step "training jobs come from the registry" tmux_wait 'support-v7 ' || return
    tmux_keys u
    step "u opens the upload form with the folder" tmux_wait 'Folder .*tiny-sft-sharded' || return
    tmux_keys Down C-u
    tmux_type ada/tiny-sharded
    tmux_keys Enter
    step "the plan is shown before anything is sent" tmux_wait 'Create the repository and upload' || return
    tmux_wait 'Do it\?'
    tmux_keys y
    step "everything is read back" tmux_wait 'safe to delete the local copy' || return
    tmux_keys d
    step "d opens the deployment, filled in" tmux_wait 'Repository .*ada/tiny-sharded' || return
    tmux_keys Enter
    step "its plan says the price" tmux_wait '\$[0-9.]+/h with 3' || return
    tmux_wait 'Do it\?'
    tmux_keys y
    step "the endpoint is made" tmux_wait 'endpoint +[a-z0-9]+ created' || return
    tmux_keys Escape Escape
    tmux_wait_gone 'Deploy ▸'
    step "it answers, is registered, and its row is highlighted" tmux_wait '^▸ +tiny-sharded' || return
    tmux_keys c
    step "c opens a chat with it" tmux_wait 'Chat ▸ tiny-sharded' || return
    tmux_type 'Hello there'
    tmux_keys Enter
    step "the answer streams, and what it cost is under it" tmux_wait 'first token .*≈\$' || return
    tmux_keys Escape
    tmux_wait '4 Models'
    tmux_keys l
    step "l shows its workers' log" tmux_wait 'Logs ▸ tiny-sharded' || return
    step "with lines of its own" tmux_wait 'tiny-s[^ ]* +info' || return
    tmux_keys Escape
    tmux_wait_gone 'Logs ▸'
    step "q ends it within a second" ends_soon tmux_keys q
    step "with exit code 0" ends_with 0
    step "the terminal is as before" terminal_is_as_before
    step "the stand-in is gone, and so is its folder" sh -c "! ls '$work' | grep -q '^slipway-'"
}

without_keys() {
    unset RUNPOD_API_KEY HF_TOKEN SLIPWAY_DATABASE_URL
    # With job control, as people's shells have it; a line typed brings it back.
    in_shell 80 24 "set -m; '$program'; read -r line; fg >/dev/null"
    step "without keys the first screen says what lacks" tmux_wait 'RUNPOD_API_KEY' || return
    step "for the Hub too" tmux_wait 'HF_TOKEN'
    tmux_resize 120 34
    step "a larger terminal shows more" tmux_wait '┌1 Training jobs'
    tmux_resize 40 10
    step "a small one shows one pane" tmux_wait_gone '2 Uploads'
    tmux_keys C-z
    step "Ctrl-Z stops it" stops "$(child)"
    tmux_keys Enter
    tmux_resize 80 24
    step "and fg takes it again" tmux_wait '4 Models'
    step "SIGTERM ends it" ends_soon kill -TERM "$(child)"
    step "with exit code 7" ends_with 7
    step "and the terminal is as before" terminal_is_as_before
}

# A server that takes connections and never says a word.
no_answer() {
    mkfifo "$work/silence"
    export RUNPOD_API_KEY=a-key-nobody-has HF_TOKEN=hf_aTokenNobodyHas
    port=$(nothing_answers) || return
    export RUNPOD_API_BASE_URL="http://127.0.0.1:$port" RUNPOD_ENDPOINT_BASE_URL="http://127.0.0.1:$port/v2" \
        HF_ENDPOINT="http://127.0.0.1:$port"
    in_shell 80 24 "'$program'"
    step "a server that never answers does not keep the screen from coming" tmux_wait '3 Endpoints'
    step "and q from ending it within a second" ends_soon tmux_keys q
    step "exit code 0" ends_with 0
    unset RUNPOD_API_KEY HF_TOKEN RUNPOD_API_BASE_URL RUNPOD_ENDPOINT_BASE_URL HF_ENDPOINT
}

# The stand-in, told to hang on every request; prints its port.
nothing_answers() {
    "${SLIPWAY_SIM:-build/slipway-sim}" --exit-with-stdin --control-port 0 <"$work/silence" >"$work/urls" 2>&1 &
    exec 8>"$work/silence"
    while ! grep -q control "$work/urls"; do kill -0 $! || return 1; done
    port=$(sed 's/.*"control":"http:..127.0.0.1:\([0-9]*\)".*/\1/' "$work/urls")
    curl -sf -X POST -d '{"path":"*","kind":"hang"}' "http://127.0.0.1:$port/_sim/faults" >/dev/null || return 1
    echo "$port"
}

slip
without_keys
no_answer
exec 8>&- 2>/dev/null
echo "1..$n"
[ "$bad" -eq 0 ]
