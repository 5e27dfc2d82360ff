#!/bin/sh
# Runs the stand-in in the foreground and says what can be tried against it. Ctrl-C ends it.
set -u
sim=$1
shift
case " $* " in *" --scenario "*) ;; *) set -- "$@" --scenario demo ;; esac
case " $* " in *" --speed "*) ;; *) set -- "$@" --speed 60 ;; esac

folder=$(mktemp -d) || exit 1
pid=
end() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null
    rm -rf "$folder"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkfifo "$folder/said"
"$sim" "$@" >"$folder/said" &
pid=$!
line=
read -r line <"$folder/said"
if [ -z "$line" ]; then
    wait "$pid"
    status=$?
    pid=
    exit "$status"
fi

value() { printf '%s\n' "$line" | sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }
data=$(value data) control=$(value control) hub=$(value hub)
id=$(curl -s -H 'Authorization: Bearer demo' "$control/v2/serverless?limit=1" |
    sed 's/.*"id":"\([a-z0-9]*\)".*/\1/')
cat <<TEXT
slipway-sim plays ($*). Ctrl-C ends it. In another terminal:

  export RUNPOD_ENDPOINT_BASE_URL=$data
  export RUNPOD_API_BASE_URL=$control
  export HF_ENDPOINT=$hub

  alias ask='curl -s -w "\\n" -H "Authorization: Bearer demo"'
  ask $control/v2/serverless                              # endpoints
  ask $control/v2/serverless/$id/workers        # workers of the first one
  ask $data/$id/health                          # its counters
  ask $data/$id/run -d '{"input":{"prompt":"Hello"}}'
  ask $hub/api/models                                     # the Hub
  ask $control/_sim/state                                 # the truth behind it all
TEXT
wait "$pid"
