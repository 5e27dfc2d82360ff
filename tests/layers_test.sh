#!/bin/sh
# The layering check must be able to fail: each rule is broken once in a copy and must be noticed.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
n=0 bad=0

check() {
    n=$((n + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $n - $1"
    else
        bad=$((bad + 1))
        echo "not ok $n - $1 (exit status $2 instead of $3)"
    fi
}

fresh() {
    rm -rf "$tree/src" "$tree/include" "$tree/ui"
    cp -R "$here/src" "$here/include" "$here/ui" "$tree/" 2>/dev/null ||
        cp -R "$here/src" "$here/include" "$tree/"
}

# broken NAME FILE LINE: with LINE added to FILE the check fails
broken() {
    fresh
    mkdir -p "$tree/$(dirname "$2")"
    printf '%s\n' "$3" >>"$tree/$2"
    LAYERS_ROOT=$tree sh "$here/tests/layers.sh" >/dev/null 2>&1
    check "$1" $? 1
}

fresh
LAYERS_ROOT=$tree sh "$here/tests/layers.sh" >/dev/null 2>&1
check "the tree as it is passes" $? 0

broken "base may not look up"            src/base/x.c      '#include "core/inbox.h"'
broken "core may not include a client"   src/core/x.c      '# include "client/http.h"'
broken "a client may not include ui"     src/client/x.c    '#include "ui/canvas.h"'
broken "a client may not see the store"  src/client/x.c    '#include "model/store.h"'
broken "ui may not include a client"     ui/x.c            '#include "client/http.h"'
broken "headers count too"               include/base/x.h  '#include "model/job.h"'
broken "the stand-in shares only base"   src/sim/x.c       '#include "client/http.h"'
broken "curl only in the engine"         src/client/x.c    '#include <curl/curl.h>'
broken "sqlite only in its drivers"      src/client/x.c    '#include <sqlite3.h>'
broken "cJSON only in json.c"            src/client/x.c    '#include <cjson/cJSON.h>'
broken "curses only where it belongs"    ui/pane.c         '#include <curses.h>'
broken "strcpy is noticed"               src/core/x.c      'void f(char *a) { strcpy(a, "x"); }'
broken "exit is noticed"                 src/client/x.c    'void f(void) { exit(1); }'

echo "1..$n"
[ "$bad" -eq 0 ]
