#!/bin/sh
# With --read-only every key is pressed in every place, each followed by Enter, y, Enter, and every command is
# typed behind ':', on a real terminal (tmux) against the stand-in, which counts: no request but reads may
# come, and nothing there may be another in the end. The keys are those of the action table and all others
# that a keyboard has. What could be written is there: endpoints, an interrupted deployment and a failed
# upload that could be resumed, a model in the registry, a training job, requests that are over and queued.
#
# Environment: SLIPWAY, SLIPWAY_SIM. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/tmux.sh
program=${SLIPWAY:-build/slipway} sim=${SLIPWAY_SIM:-build/slipway-sim}
world=$(dirname "$program")/tests/support/dashboard_world
export TMUX_PATIENCE=90
work=$(mktemp -d) || exit 1
trap 'tmux_stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
export TMPDIR="$work" HOME="$work/home"
mkdir "$HOME"
unset XDG_CONFIG_HOME XDG_STATE_HOME SLIPWAY_DATABASE_URL NO_COLOR VISUAL EDITOR 2>/dev/null
tar xzf tests/data/models/tiny-sft-sharded.tar.gz -C "$work" || exit 1

# Not q and C-c, which end it, C-z, which stops it, and p, which only stops the drawing.
never='q C-c C-z p'
letters='a b c d e f g h i j k l m n o r s t u v w x y z A B C D E F G H I J K L M N O P Q R S T U V W X Y Z'
others='0 1 2 3 4 5 6 7 8 9 ! " # $ % & ( ) * + , - . / : < = > ? @ [ ] ^ _ ` { | } ~'
named='Enter Tab BTab Space Up Down Left Right PPage NPage Home End DC IC F1 F2 F4 F5 Escape BSpace C-a C-b C-d
    C-e C-f C-g C-h C-k C-l C-n C-o C-p C-r C-s C-t C-u C-v C-w C-x C-y'
# Everything that can be opened, and where in it one can be.
places='1|2|3|4|5|6|1 Enter|2 Enter|3 Enter|1 w|3 j j Enter|3 j j Enter Tab|3 j j Enter Tab Tab
    |3 j j Enter Tab Tab Tab|3 G Enter|4 Enter|5 Enter|5 j Enter|3 j j c|4 c|3 j j l|4 l|3 j j Enter l|3 j j Enter c'
# Forms, plans and questions: with --read-only they do not open; then the keys go to what is below.
forms='u|d|1 u|1 d|4 d|2 r|3 r|2 Enter r|3 Enter r|3 m|3 j j s|3 j j t|4 t|3 j a|3 j j a|3 j j N|3 j j B|3 j j U
    |3 j j D|3 j j Enter s|3 j j Enter t|3 j j Enter a|3 j j Enter D|3 j j Enter B|5 c|5 R|5 s|5 U|5 i
    |5 Enter c|5 Enter R|5 Enter s|5 j s|5 j R|3 * D|5 * c|5 * R|2 x|3 x|6 S|6 s|1 w r|3 w r'
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
    cat >"$work/world.json" <<'END'
{"base": "healthy", "account": {"balance": 500, "spend_limit": 0, "worker_quota": 100, "billing_lag_s": 900},
 "rate": {"minute": 600, "hour": 30000},
 "endpoints": [
  {"like": "legal", "id": "legal000000one", "name": "legal", "releases": [{"days_ago": 6}, {"days_ago": 2}]},
  {"like": "legal", "id": "asleep00000one", "name": "asleep", "traffic": null,
   "workers": {"min": 0, "max": 0, "idleTimeout": 30}}]}
END
    mkfifo "$work/life"
    "$sim" --scenario "$work/world.json" --exit-with-stdin --speed 300 <"$work/life" >"$work/urls" &
    exec 8>"$work/life"
    until grep -q control "$work/urls" 2>/dev/null; do kill -0 $! || return 1; done
    data=$(sed 's/.*"data":"\([^"]*\)".*/\1/' "$work/urls")
    control=$(sed 's/.*"control":"\([^"]*\)".*/\1/' "$work/urls")
    hub=$(sed 's/.*"hub":"\([^"]*\)".*/\1/' "$work/urls")
    export RUNPOD_API_KEY=a-key-nobody-has HF_TOKEN=hf_aTokenNobodyHas RUNPOD_API_BASE_URL="$control" \
        RUNPOD_ENDPOINT_BASE_URL="$data" HF_ENDPOINT="$hub"
}

ask() {
    curl -sf -H "Authorization: Bearer $RUNPOD_API_KEY" -A slipway-test "$@"
}

# Requests that were no reads, one a line: all that is not GET or HEAD, but for those POSTs that only ask. What
# Slipway writes at RunPod goes to REST: GraphQL is asked for the account alone.
writes() {
    ask "$control/_sim/requests?after=$1" | tr '{' '\n' | grep '"method":"' |
        grep -vE '"method":"(GET|HEAD)"|"method":"POST","target":"/graphql"'
}

last() {
    ask "$control/_sim/requests?after=1000000000" | sed 's/.*"last":\([0-9]*\).*/\1/'
}

no_writes() {
    ! writes "$1" >"$work/writes" || { sed 's/^/# /' "$work/writes"; return 1; }
}

# What could have been changed, as the services tell it.
look() {
    for path in /v2/serverless /v2/templates; do
        ask "$control$path" || return 1
    done
    ask "$hub/api/models?author=ada" -H "Authorization: Bearer $HF_TOKEN"
    ask "$data/$asleep/status/$job" | grep -o '"status":"[^"]*"'
    "$program" models --json && "$program" jobs --json
}

leave_something_to_do() {
    state="$HOME/.local/state/slipway/default"
    "$program" migrate >/dev/null && "$world" job "sqlite:$state/registry.db" || return 1
    "$program" deploy acme/tiny-base --name ready --yes >"$work/deploy" 2>&1 ||
        { sed 's/^/# /' "$work/deploy"; return 1; }
    # it is under way when its endpoint is there, and cannot end while that has no answer for it
    curl -sf -X POST -d '{"plane":"data","method":"POST","kind":"hang"}' "$control/_sim/faults" >/dev/null || return 1
    "$program" deploy acme/tiny-base --name halfway --yes >/dev/null 2>&1 &
    until ask "$control/v2/serverless" | grep -q '"halfway"'; do kill -0 $! || return 1; done
    kill -KILL $!
    wait $! 2>/dev/null
    curl -sf -X DELETE "$control/_sim/faults" >/dev/null
    "$program" run ready --prompt hello >/dev/null 2>&1 || return 1
    job=$(ask -X POST -d '{"input":{"prompt":"hello"}}' "$data/$asleep/run" | grep -o '"id":"[^"]*"' | cut -d'"' -f4)
    [ -n "$job" ] && "$world" request "$state/state.db" "$asleep" "$job" || return 1
    curl -sf -X POST -d '{"plane":"hub","path":"*/commit/*","kind":"status","status":400}' \
        "$hub/_sim/faults" >/dev/null || return 1
    "$program" upload "$work/tiny-sft-sharded" --repo ada/left --yes >/dev/null 2>&1 && return 1
    curl -sf -X DELETE "$hub/_sim/faults" >/dev/null
    curl -sf -X POST -d '{"speed":1}' "$control/_sim/clock" >/dev/null
}

counted() {
    [ "$(writes 0 | wc -l)" -gt 5 ] && look >"$work/before" && grep -q IN_QUEUE "$work/before"
}

keys_are_all() {
    for key in $("$world" keys); do
        case " $letters $others $never $named " in
        *[[:space:]]"$key"[[:space:]]*) ;;
        *) echo "# the key $key is not pressed"; return 1 ;;
        esac
    done
}

# A word that shows in the end says that all were read.
all_read() {
    tmux_keys Escape 1 Escape 1 Escape 1 / && tmux_type "end-of-$n" && tmux_wait "end-of-$n" && tmux_keys Escape 1
}

# press_all KEY…: every key after these, which lead from the overview to a place. A digit behind an Escape
# tells it from the beginning of a sequence.
press_all() {
    lead=$*
    set --
    for key in $letters $others $named; do
        # shellcheck disable=SC2086  # words
        set -- "$@" Escape 1 Escape 1 Escape 1 $lead "$key" Enter y Enter
    done
    tmux_keys "$@" '\;' Enter && all_read
}

# say_all KEY…: every command of the palette in this place.
say_all() {
    lead=$*
    set --
    for command in $("$world" commands | grep -vxE 'quit|suspend|pause' | sort -u); do
        # shellcheck disable=SC2086,SC2046  # words, letters
        set -- "$@" Escape 1 Escape 1 Escape 1 $lead : $(echo "$command" | sed 's/./& /g') Enter Enter y Enter
    done
    tmux_keys "$@" && all_read
}

nothing_is_another() {
    look >"$work/after" && cmp -s "$work/before" "$work/after" && return 0
    diff "$work/before" "$work/after" | cut -c 1-300 | sed 's/^/# /'
    return 1
}

asleep=asleep00000one # it may have no workers, so what it is sent waits
start_sim || exit 1
step "there is something that could be written" leave_something_to_do || exit 1
step "writes are counted, and what was written is seen" counted || exit 1
set -f
step "every key of the action table is among those pressed" keys_are_all
before=$(last)
tmux_start 100 30 sh -c "'$program' --read-only; echo \"ended \$?\"; cat"
step "the dashboard says that it is read-only" tmux_wait 'read-only.*runpod ●'
tmux_wait 'ready'
tmux_wait 'ada/left'
tmux_wait 'trained-o'
IFS='|'
for place in $places $forms; do
    unset IFS
    # shellcheck disable=SC2086  # words
    set -- $place
    step "every key after '$*' leaves it running and answering" press_all "$@" || break
done
for place in 1 2 3 '3 j j' 4 5 6 '1 Enter' '2 Enter' '3 Enter' '3 j j Enter' '4 Enter' '5 Enter' '3 j j c'; do
    # shellcheck disable=SC2086  # words
    step "every command after '$place' does" say_all $place || break
done
step "no request was sent but reads" no_writes "$before"
step "nothing is another than it was" nothing_is_another
tmux_keys Escape 1 Escape 1 q
step "q ends it" tmux_wait '^ended 0$'
exec 8>&-
echo "1..$n"
[ "$bad" -eq 0 ]
