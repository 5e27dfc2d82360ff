#!/bin/sh
# Sums the counts that tests/run.sh wrote and prints the one closing line; exit 1 when anything failed
# or nothing ran. Before it, what failed beside others and was run again alone.
set -u
[ ! -s "$1.again" ] || echo "run again alone: $(tr '\n' ' ' <"$1.again")"
awk '{ p += $1; f += $2; s += $3 }
END {
    if (s) printf "%d passed, %d failed, %d skipped\n", p, f, s
    else printf "%d passed, %d failed\n", p, f
    exit f > 0 || p == 0
}' "$1"
