#!/bin/sh
# With --read-only every key is pressed in every place, each followed by Enter, y, Enter, on a real terminal
# (tmux) against the stand-in, which counts: no request but reads may come. What could be written is there:
# endpoints to chat with, a model in the registry, an upload that failed and could be resumed.
#
# Environment: SLIPWAY, SLIPWAY_SIM. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tmux.sh
program=${SLIPWAY:-build/slipway} sim=${SLIPWAY_SIM:-build/slipway-sim}
export TMUX_PATIENCE=90
work=$(mktemp -d) || exit 1
trap 'tmux_stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
export TMPDIR="$work" HOME="$work/home"
mkdir "$HOME"
unset XDG_CONFIG_HOME XDG_STATE_HOME SLIPWAY_DATABASE_URL NO_COLOR 2>/dev/null
tar xzf tests/data/models/tiny-sft-sharded.tar.gz -C "$work" || exit 1

# Not q and Ctrl-C, which end it, Ctrl-Z, which stops it, and p, which only stops the drawing.
letters='a b c d e f g h i j k l m n o r s t u v w x y z A B C D E F G H I J K L M N O P Q R S T U V W X Y Z'
others='0 1 2 3 4 5 6 7 8 9 ! " # $ % & ( ) * + , - . / : < = > ? @ [ ] ^ _ ` { | } ~'
named='Enter Tab BTab Space Up Down Left Right PPage NPage Home End DC IC F1 F2 F5 Escape C-a C-b C-d C-e C-f
    C-g C-h C-k C-l C-n C-o C-p C-r C-s C-t C-u C-v C-w C-x C-y'
n=0 bad=0

step() {
    n=$((n + 1))
    name=$1
    shift
    if "$@"; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        bad=$((bad + 1))
        return 1
    fi
}

start_sim() {
    mkfifo "$work/life"
    "$sim" --exit-with-stdin --speed 5 <"$work/life" >"$work/urls" &
    exec 8>"$work/life"
    until grep -q control "$work/urls"; do kill -0 $! || return 1; done
    data=$(sed 's/.*"data":"\([^"]*\)".*/\1/' "$work/urls")
    control=$(sed 's/.*"control":"\([^"]*\)".*/\1/' "$work/urls")
    hub=$(sed 's/.*"hub":"\([^"]*\)".*/\1/' "$work/urls")
    export RUNPOD_API_KEY=a-key-nobody-has HF_TOKEN=hf_aTokenNobodyHas RUNPOD_API_BASE_URL="$control" \
        RUNPOD_ENDPOINT_BASE_URL="$data" HF_ENDPOINT="$hub"
}

# Requests that were no reads, one a line. GraphQL is only asked (what writes goes to REST).
writes() {
    curl -sf "$control/_sim/requests?after=$1" | tr '{' '\n' | grep -E '"method":"(POST|PUT|PATCH|DELETE)"' |
        grep -v '"/graphql'
}

last() {
    curl -sf "$control/_sim/requests" | sed 's/.*"last":\([0-9]*\).*/\1/'
}

no_writes() {
    ! writes "$1" >"$work/writes" || { sed 's/^/# /' "$work/writes"; return 1; }
}

leave_something_to_resume() {
    "$program" migrate >/dev/null || return 1
    curl -sf -X POST -d '{"plane":"hub","path":"*/commit/*","kind":"status","status":400}' \
        "$hub/_sim/faults" >/dev/null || return 1
    "$program" upload "$work/tiny-sft-sharded" --repo ada/left --yes >/dev/null 2>&1 && return 1
    curl -sf -X DELETE "$hub/_sim/faults" >/dev/null
    [ -n "$(writes 0)" ] # and so the counting works
}

# press_all KEY…: every key after these, which lead from the overview to a place. A digit behind an Escape
# tells it from the beginning of a sequence. A word that shows in the end says that all were read.
press_all() {
    lead=$*
    set -f
    set --
    for key in $letters $others $named; do
        # shellcheck disable=SC2086  # words
        set -- "$@" Escape 1 Escape 1 Escape 1 $lead "$key" Enter y Enter
    done
    set +f
    tmux_keys "$@" '\;' Enter Escape 1 Escape 1 Escape 1 / && tmux_type "end-of-$n" &&
        tmux_wait "end-of-$n" && tmux_keys Escape 1
}

start_sim || exit 1
step "there is something that could be written" leave_something_to_resume || exit 1
before=$(last)
tmux_start 100 30 sh -c "'$program' --read-only; echo \"ended \$?\"; cat"
step "the dashboard says that it is read-only" tmux_wait 'read-only.*runpod ●'
tmux_wait 'legal'
tmux_wait 'ada/left'
for place in 1 2 3 4 5 6 '1 Enter' '2 Enter' '3 Enter' '4 Enter' '5 Enter' '3 c' '4 c' '3 l' 'u' 'd' '2 r' '3 d'; do
    # shellcheck disable=SC2086  # words
    step "every key after '$place' leaves it running and answering" press_all $place || break
done
tmux_keys Escape 1 Escape 1 q
step "q ends it" tmux_wait '^ended 0$'
step "no request was sent but reads" no_writes "$before"
exec 8>&-
echo "1..$n"
[ "$bad" -eq 0 ]
