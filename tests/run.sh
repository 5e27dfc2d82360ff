#!/bin/sh
# Runs test programs, each of which prints TAP, and adds up what they say.
#
#   run.sh TALLY LABEL PROGRAM…
#
# A line per program goes to the terminal; of what failed, first what says so, then all it printed; the
# counts are added to the file TALLY ("passed failed skipped", one line a program), which tests/tally.sh
# sums up. A program that crashes, hangs (TEST_LIMIT seconds, 300) or fails without a "not ok" counts as
# one failure.
# WRAP is put before each program (valgrind …), as words. JOBS programs run at a time (1): most of
# them wait more than they compute. Each reports when it ends, its lines together.
set -u
export CMOCKA_MESSAGE_OUTPUT=TAP

# run_one TALLY LABEL PROGRAM: prints the program's report.
run_one() {
    tally=$1 name=$2/$(basename "$3")
    log=$(dirname "$tally")/logs/$(echo "$name" | tr / -).log
    begin=$(date +%s)
    # shellcheck disable=SC2086  # WRAP is words
    timeout -k 5 "${TEST_LIMIT:-300}" ${WRAP-} "$3" >"$log" 2>&1 </dev/null
    status=$?
    took=$(($(date +%s) - begin))
    # cmocka writes a skipped test as "not ok N # SKIP".
    skipped=$(grep -ciE '^(not )?ok [0-9]+.*# *skip|^1\.\.0 *# *skip' "$log")
    passed=$(grep -E '^ok [0-9]+' "$log" | grep -cviE '# *skip')
    failed=$(grep -E '^not ok [0-9]+' "$log" | grep -cviE '# *skip')
    [ "$status" -eq 124 ] && echo "# no end within ${TEST_LIMIT:-300} s" >>"$log"
    if [ "$failed" -eq 0 ] && { [ "$status" -ne 0 ] || [ $((passed + skipped)) -eq 0 ]; }; then
        failed=1
    fi
    echo "$passed $failed $skipped" >>"$tally"
    extra=
    [ "$skipped" -gt 0 ] && extra=", $skipped skipped"
    [ "$took" -lt 5 ] || extra="$extra, $took s"
    if [ "$failed" -gt 0 ]; then
        echo "FAIL  $name ($passed passed, $failed failed$extra; exit status $status)"
        grep -E '^(not ok|#)' "$log" | head -n 60 | sed 's/^/  !   /'
        sed 's/^/      /' "$log" | tail -n 200
    else
        echo "ok    $name ($passed passed$extra)"
        [ "$skipped" -gt 0 ] && grep -iE '# *skip' "$log" | sed 's/^/      /'
    fi
    return 0
}

if [ "$1" = --one ]; then
    report=$(run_one "$2" "$3" "$4")
    exec 9>"$(dirname "$2")/report.lock"
    flock 9
    printf '%s\n' "$report"
    exit 0
fi

tally=$1 label=$2
shift 2
mkdir -p "$(dirname "$tally")/logs"
[ $# -eq 0 ] || printf '%s\0' "$@" | xargs -0 -n 1 -P "${JOBS:-1}" sh "$0" --one "$tally" "$label"
exit 0
