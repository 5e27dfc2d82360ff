#!/bin/sh
# The rules of the house that a compiler does not check, as TAP:
#   includes go down only (app → ui, client → model → core → base; sim is a program of its own)
#   each outside library is included where it belongs and nowhere else
#   functions that have no place in this program are not called
# LAYERS_ROOT may name another tree, so that the check itself can be tested.
set -u
cd "${LAYERS_ROOT:-$(dirname "$0")/..}" || exit 1
n=0 bad=0

# report NAME OFFENDERS: ok when there are none
report() {
    n=$((n + 1))
    if [ -z "$2" ]; then
        echo "ok $n - $1"
    else
        bad=$((bad + 1))
        echo "not ok $n - $1"
        echo "$2" | sed 's/^/# /'
    fi
}

sources() {
    for folder in "$@"; do
        [ -d "$folder" ] && find "$folder" -name '*.[ch]'
    done | sort
}

# includes_only LAYER "ALLOWED LAYERS": the project's headers that LAYER's files may include
includes_only() {
    allowed=$(echo "$2" | tr ' ' '|')
    folders="src/$1 include/$1"
    [ "$1" = ui ] && folders="ui include/ui"
    # shellcheck disable=SC2086
    files=$(sources $folders)
    [ -n "$files" ] || return 0
    # shellcheck disable=SC2086
    report "$1 includes only $2" "$(grep -nE '^ *# *include *"' $files /dev/null |
        grep -vE "include *\"($allowed)/")"
}

includes_only base   "base"
includes_only core   "core base"
includes_only model  "model core base"
includes_only client "client model core base"
includes_only ui     "ui model core base"
includes_only app    "app ui client model core base"
includes_only sim    "sim base"
# The store is main's alone: a client never sees it (design: threads never share model data).
files=$(sources src/client include/client)
[ -n "$files" ] && report "client does not include the store" \
    "$(grep -nE 'include *"model/store' $files /dev/null)"

# library HEADER-REGEX "FILES THAT MAY": nobody else includes it
library() {
    files=$(sources src ui include | grep -vE "^($2)\$")
    # shellcheck disable=SC2086
    report "<$1> is included only where it belongs" \
        "$(grep -nE "^ *# *include *[<\"]($1)" $files /dev/null)"
}

library 'curses\.h|ncurs|term\.h' 'ui/terminal(_[a-z]+)?\.c'
library 'curl/'           'include/client/http_internal\.h'
library 'libpq-fe\.h'     'src/client/db_pg(_[a-z]+)?\.c'
library 'sqlite3\.h'      'src/client/(db_sqlite|state(_[a-z]+)?)\.c'
library 'cjson/|cJSON'    'src/base/json\.c'
library 'ini\.h'          'ui/theme\.c|src/app/config[a-z_]*\.c'
library 'microhttpd\.h'   'src/sim/server\.c'
library 'utf8proc\.h'     'src/base/text(_[a-z]+)?\.c'
library 'sys/eventfd\.h'  'src/core/wake\.c'
library 'sys/signalfd\.h' 'src/core/signals\.c'

# banned REGEX "WHY" "FILES THAT MAY": not called outside comments and strings of our own words
banned() {
    files=$(sources src ui include | grep -vE "^($3)\$")
    # shellcheck disable=SC2086
    report "$2" "$(grep -nE "(^|[^A-Za-z0-9_.>\"])($1) *\(" $files /dev/null |
        grep -vE '^[^:]*:[0-9]+: *(/?\*|//)')"
}

banned 'strcpy|strcat|sprintf|vsprintf|gets|strtok|strncpy|strncat|scanf|sscanf|atoi|atol|atof|alloca|tmpnam|mktemp' \
    "no unsafe string functions" ''
banned 'exit|_exit|abort|quick_exit' "nobody ends the process but main" \
    'src/app/main\.c|src/sim/main\.c|src/core/signals\.c'
banned 'system|popen' "no shell is started" ''

echo "1..$n"
[ "$bad" -eq 0 ]
