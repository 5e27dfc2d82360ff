#!/bin/sh
# Debian's git-lfs against the Hub's LFS routes (spec/huggingface.md §4), through real repositories: a
# bare one on disk takes the commits, lfs.url points to slipway-sim.
#
#   SLIPWAY_SIM=build/slipway-sim tests/clients/git_lfs.sh FOLDER      (run.sh does)
#
# | command                               | checked                                                    |
# |---------------------------------------|------------------------------------------------------------|
# | git push (its pre-push hook)          | uploads, small and above the Hub's one-PUT size            |
# | git push again, new branch            | nothing is uploaded twice                                  |
# | git clone, git lfs pull, git lfs fsck | the same bytes, hashes right                               |
# | git lfs fetch --all, git lfs smudge   | older versions too; a pointer becomes its bytes            |
# | git lfs push --object-id              | one object by its id                                       |
# | commit API and resolve (curl)         | an object that git-lfs stored can be committed and read    |
# | git lfs pull of an unknown object     | fails, and says so                                         |
# | git push with a wrong token           | fails, nothing is stored                                   |
# | git push to an unknown repository     | fails                                                      |
#
# Nothing outside FOLDER is written: git gets a home of its own there. The stand-in is ended by its
# process id.
set -u

LIMIT=60   # seconds for any command of git
place=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
scenario=$here/scenario.json
dir=$place/git-lfs
rm -rf "$dir"
mkdir -p "$dir/home" || exit 1

export HOME="$dir/home" XDG_CONFIG_HOME="$dir/home/.config" GIT_CONFIG_NOSYSTEM=1
export GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=false
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE 2>/dev/null

# ---- TAP ----------------------------------------------------------------------------------------

count=0
failures=0

check() { # NAME COMMAND…
    name=$1
    shift
    count=$((count + 1))
    (set -eu; "$@") >"$dir/out" 2>&1 # not within "if": that would switch -e off
    status=$?
    if [ "$status" -eq 0 ]; then
        echo "ok $count - $name"
    else
        failures=$((failures + 1))
        echo "not ok $count - $name"
        tail -n 40 "$dir/out" | sed 's/^/# /'
    fi
}

# ---- the stand-in -------------------------------------------------------------------------------

: >"$dir/ready"
"$SLIPWAY_SIM" --scenario "$scenario" --speed 20 >"$dir/ready" 2>"$dir/sim.err" &
sim=$!
end_sim() { # sets sim_status; -1 when it had gone by itself
    [ -n "$sim" ] || return 0
    kill "$sim" 2>/dev/null || sim_status=-1
    wait "$sim"
    sim_status=${sim_status:-$?}
    sim=
}
trap 'end_sim' EXIT
trap 'exit 1' INT TERM HUP

tries=0
until [ "$(wc -l <"$dir/ready")" -ge 1 ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 150 ] || ! kill -0 "$sim" 2>/dev/null; then
        echo "not ok 1 - slipway-sim starts"
        sed 's/^/# /' "$dir/sim.err"
        echo "1..1"
        exit 1
    fi
    sleep 0.1
done
field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$dir/ready"; }
hub=$(field hub)
control=$(field control)
token=hf_clientsclientsclientsclientsclients
OWNER=ada

ask() { # METHOD PATH [curl arguments]: prints the answer; fails on a bad status
    method=$1 path=$2
    shift 2
    curl -sS --fail-with-body --max-time 30 -X "$method" -H "Authorization: Bearer $token" "$@" "$hub$path"
}
curl -sS --fail --max-time 30 -d "{\"only\": [\"$token\"]}" "$control/_sim/keys" >/dev/null || exit 1
puts() { curl -sS --max-time 30 "$control/_sim/requests" | grep -o '"method": *"PUT"' | wc -l; }

# ---- git ----------------------------------------------------------------------------------------

g() { timeout --foreground -k 5 $LIMIT git "$@"; }

cat >"$HOME/.gitconfig" <<CONFIG
[user]
    name = Ada
    email = ada@example.org
[init]
    defaultBranch = main
[credential]
    helper = "store --file '$dir/keys'"
CONFIG
# As a person's git keeps it: the token is the password. git-lfs has a refused one forgotten.
key() { echo "$hub" | sed "s|//|//ada:$1@|"; }
key "$token" >"$dir/keys"
g lfs install --skip-repo >/dev/null

refused() { # STATUS: failed, and not only by taking too long
    [ "$1" -ne 0 ]
    [ "$1" -ne 124 ]
}

# OWNER/NAME → its LFS routes
routes() { echo "$hub/$1.git/info/lfs"; }

repo=$OWNER/clients-git
bytes() { # COUNT SEED: bytes without a pattern, the same in every run
    openssl enc -aes-128-ctr -nosalt -pass "pass:$2" -pbkdf2 </dev/zero 2>/dev/null | head -c "$1"
}

pointer() { # OID SIZE: what stands in place of the bytes
    printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n' "$1" "$2" >"$dir/pointer"
}

make_repository() {
    ask POST /api/repos/create -H 'Content-Type: application/json' \
        -d "{\"name\":\"clients-git\",\"organization\":\"$OWNER\",\"visibility\":\"private\"}"
    g init -q --bare "$dir/bare.git"
    g init -q "$dir/checkout"
    cd "$dir/checkout"
    g remote add origin "$dir/bare.git"
    g lfs install --local
    g config -f .lfsconfig lfs.url "$(routes "$repo")"
    g lfs track '*.bin' '*.safetensors'
}

push_first() {
    cd "$dir/checkout"
    bytes 300000 one >small.bin
    bytes 40000000 two >model.safetensors
    : >empty.bin
    g add -A
    g commit -q -m 'Two objects'
    g push origin main
    [ "$(puts)" -eq 2 ]
}

push_again() {
    cd "$dir/checkout"
    before=$(puts)
    g checkout -q -b again
    cp small.bin copy.bin
    g add -A
    g commit -q -m 'The same object under another name'
    g push origin again
    g lfs push --all origin
    [ "$(puts)" -eq "$before" ]
}

clone_and_pull() {
    GIT_LFS_SKIP_SMUDGE=1 g clone -q "$dir/bare.git" "$dir/clone"
    cd "$dir/clone"
    head -c 40 model.safetensors | grep -q 'version https://git-lfs'
    g lfs pull
    cmp small.bin "$dir/checkout/small.bin"
    cmp model.safetensors "$dir/checkout/model.safetensors"
    g lfs fsck
}

older_versions() {
    cd "$dir/checkout"
    g checkout -q main
    old=$(sha256sum <small.bin | cut -d ' ' -f 1)
    bytes 300000 three >small.bin
    g commit -q -a -m 'A newer one'
    g push origin main
    cd "$dir/clone"
    rm -rf .git/lfs/objects
    g pull -q
    g lfs fetch --all
    g lfs fsck
    pointer "$old" 300000
    rm -rf .git/lfs/objects
    g lfs smudge <"$dir/pointer" >"$dir/smudged"
    [ "$(sha256sum <"$dir/smudged" | cut -d ' ' -f 1)" = "$old" ]
}

push_object_id() {
    cd "$dir/checkout"
    bytes 200000 four >"$dir/loose"
    oid=$(sha256sum <"$dir/loose" | cut -d ' ' -f 1)
    g lfs clean <"$dir/loose" >/dev/null
    before=$(puts)
    g lfs push --object-id origin "$oid"
    [ "$(puts)" -eq $((before + 1)) ]
}

commit_and_resolve() {
    oid=$(sha256sum <"$dir/loose" | cut -d ' ' -f 1)
    value="{\"path\":\"loose.bin\",\"algo\":\"sha256\",\"oid\":\"$oid\",\"size\":200000}"
    {
        echo '{"key":"header","value":{"summary":"Name what git-lfs stored"}}'
        echo "{\"key\":\"lfsFile\",\"value\":$value}"
    } >"$dir/commit"
    ask POST "/api/models/$repo/commit/main" \
        -H 'Content-Type: application/x-ndjson' --data-binary "@$dir/commit"
    ask GET "/$repo/resolve/main/loose.bin" -L -o "$dir/resolved"
    cmp "$dir/loose" "$dir/resolved"
}

unknown_object() {
    cd "$dir/clone"
    oid=$(echo nothing | sha256sum | cut -d ' ' -f 1)
    pointer "$oid" 8
    if g lfs smudge <"$dir/pointer" >"$dir/smudged" 2>"$dir/said"; then return 1; fi
    cat "$dir/said"
    grep -qi 'not exist' "$dir/said"
}

wrong_token() {
    cd "$dir/checkout"
    g checkout -q -b wrong
    bytes 1000 five >wrong.bin
    g add -A
    g commit -q -m 'Never stored'
    before=$(puts)
    key hf_notatoken >"$dir/wrong"
    status=0
    g -c credential.helper= -c credential.helper="store --file '$dir/wrong'" push origin wrong ||
        status=$?
    refused "$status"
    [ "$(puts)" -eq "$before" ]
}

unknown_repository() {
    cd "$dir/checkout"
    status=0
    g -c lfs.url="$(routes "$OWNER/nothing-here")" push origin wrong || status=$?
    refused "$status"
}

check 'a repository is made ready' make_repository
check 'git push uploads a small and a large object' push_first
check 'what is stored is not uploaded again' push_again
check 'git lfs pull brings the same bytes' clone_and_pull
check 'git lfs fetch --all and smudge bring older versions' older_versions
check 'git lfs push --object-id uploads one object' push_object_id
check 'an object that git-lfs stored can be committed and read' commit_and_resolve
check 'an unknown object is an error' unknown_object
check 'a wrong token stores nothing' wrong_token
check 'an unknown repository is an error' unknown_repository

end_sim
sed 's/^/# slipway-sim: /' "$dir/sim.err"
check 'slipway-sim is still there and ends well' [ "$sim_status" -eq 0 ]
echo "1..$count"
[ "$failures" -eq 0 ] || exit 1
rm -rf "$dir" # some hundred megabytes; kept when there is something to look into
