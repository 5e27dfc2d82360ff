#!/bin/sh
# Fuzzes one target for FUZZ_SECONDS (20), from its seeds in tests/fuzz/corpus/NAME, as one TAP test.
# What it finds worth keeping goes to the build folder; an input that breaks it is printed there too.
set -u
program=$1
name=$(basename "$program" | sed 's/^fuzz_//')
finds=$(dirname "$program")/corpus/$name
mkdir -p "$finds"
if "$program" -max_total_time="${FUZZ_SECONDS:-20}" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
    -verbosity=0 -print_final_stats=1 -artifact_prefix="$finds-broken-" "$finds" \
    "tests/fuzz/corpus/$name" 2>&1 | sed 's/^/# /' >"$finds.log" &&
    grep -q 'number_of_executed_units: [1-9]' "$finds.log"; then
    grep -E 'number_of_executed_units' "$finds.log"
    result=0
else
    tail -n 60 "$finds.log"
    result=1
fi
# Not the words of the recommended dictionary, which stand between quotes.
if [ $result -eq 0 ] && ! grep -v '^# "' "$finds.log" | grep -qE 'ERROR|SUMMARY'; then
    echo "ok 1 - $name withstands ${FUZZ_SECONDS:-20} s of fuzzing"
else
    echo "not ok 1 - $name withstands fuzzing"
    result=1
fi
echo "1..1"
exit $result
