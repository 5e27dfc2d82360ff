#!/bin/sh
# What building and testing need, and how to get it on Debian.
#
#   deps.sh require build          says what is missing and how to get it; exit 1
#   deps.sh install build|check    installs what is missing with apt-get (sudo when not root); on other
#                                  systems it prints the names and stops
#
# One row a need: the set, how to see that it is there, and the Debian package that brings it.
#   cmd  a program on the PATH      pc  a pkg-config module
#   file a header the compiler finds, or a path
#   rt   clang's sanitizer and fuzzer runtime
set -u

needs='
build cmd  gcc            gcc
build cmd  ar             binutils
build cmd  pkg-config     pkg-config
build file stdlib.h       libc6-dev
build pc   libcurl        libcurl4-openssl-dev
build pc   libcjson       libcjson-dev
build pc   libutf8proc    libutf8proc-dev
build pc   libpq          libpq-dev
build pc   sqlite3        libsqlite3-dev
build pc   ncursesw       libncurses-dev
build pc   inih           libinih-dev
build pc   libmicrohttpd  libmicrohttpd-dev
build pc   libcrypto      libssl-dev
build file uthash.h       uthash-dev
build pc   libpcre2-8     libpcre2-dev
build cmd  curl           curl
check cmd  clang          clang
check rt   clang          libclang-rt-14-dev
check cmd  llvm-symbolizer llvm
check cmd  valgrind       valgrind
check pc   cmocka         libcmocka-dev
check pc   vterm          libvterm-dev
check cmd  git            git
check cmd  git-lfs        git-lfs
check cmd  openssl        openssl
check file /usr/lib/postgresql/*/bin/initdb postgresql
check cmd  runuser        util-linux
check cmd  setarch        util-linux
check cmd  tmux           tmux
check cmd  pgrep          procps
check cmd  node           nodejs
check cmd  npm            npm
check file /etc/ssl/certs/ca-certificates.crt ca-certificates
'

have_file() {
    case $1 in
    /*) ls -d $1 >/dev/null 2>&1 ;; # may be a pattern
    *) printf '#include <%s>\n' "$1" | gcc -E - >/dev/null 2>&1 ;;
    esac
}

have_runtime() {
    folder=$("$1" -print-resource-dir 2>/dev/null) &&
        find "$folder/" -name 'libclang_rt.fuzzer*' 2>/dev/null | grep -q .
}

have() {
    case $1 in
    cmd) command -v "$2" >/dev/null 2>&1 ;;
    pc) pkg-config --exists "$2" 2>/dev/null ;;
    file) have_file "$2" ;;
    rt) have_runtime "$2" ;;
    esac
}

# The packages of what is missing, on one line. `check` needs the build's things too.
missing() {
    echo "$needs" | while read -r set kind what package; do
        [ -n "$set" ] || continue
        [ "$set" = build ] || [ "$1" = check ] || continue
        have "$kind" "$what" || printf '%s\n' "$package"
    done | sort -u | tr '\n' ' '
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "deps: not root and no sudo; run as root: $*" >&2
        return 1
    fi
}

# Quiet unless it fails: the log of a thousand unpacked files helps nobody.
quietly() {
    log=$(mktemp) || return 1
    if "$@" >"$log" 2>&1; then
        rm -f "$log"
    else
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
}

install() {
    packages=$(missing "$1")
    [ -n "$packages" ] || return 0
    echo "deps: missing: $packages"
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "deps: this is not a Debian system; install what these Debian packages bring, then run make again" >&2
        return 1
    fi
    echo "deps: installing them with apt-get"
    quietly as_root apt-get update || return 1
    # shellcheck disable=SC2086  # a list of words
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages || return 1
    still=$(missing "$1")
    [ -z "$still" ] && return 0
    echo "deps: still missing after the installation: $still" >&2
    return 1
}

require() {
    packages=$(missing "$1")
    [ -n "$packages" ] || return 0
    echo "Slipway cannot be built yet: these Debian packages are missing:" >&2
    echo "  $packages" >&2
    echo "\`make deps\` installs them and what the tests need; \`make demo\` and \`make check\` do so by themselves." >&2
    return 1
}

case "${1-} ${2-}" in
"require build" | "require check" | "install build" | "install check") "$1" "$2" ;;
*)
    echo "usage: deps.sh require|install build|check" >&2
    exit 2
    ;;
esac
