#!/bin/sh
# Runs test programs, each of which prints TAP, and adds up what they say.
#
#   run.sh TALLY LABEL PROGRAM…
#
# A line per program goes to the terminal; of what failed, first what says so, then all it printed; the
# counts are added to the file TALLY ("passed failed skipped", one line a program), which tests/tally.sh
# sums up. A program that crashes, hangs (TEST_LIMIT seconds, 300) or fails without a "not ok" counts as
# one failure. WRAP is put before each program (valgrind …), as words.
#
# JOBS programs run at a time (1): most of them wait more than they compute. Each reports when it ends, its
# lines together. What fails among the others is run once more when nothing runs beside it, and that counts:
# a machine with more to do than it can is no defect of the program. Both reports are printed, and its name
# stands before the closing line. Not so what a sanitizer found, nor with AGAIN_MAX=0 (fuzzing).
set -u
export CMOCKA_MESSAGE_OUTPUT=TAP
AGAIN_MAX=${AGAIN_MAX:-4}

# run_one TALLY LABEL PROGRAM ALONE: prints the program's report.
run_one() {
    tally=$1 name=$2/$(basename "$3") alone=$4
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
    word=FAIL
    # What a sanitizer or valgrind has found is there, however seldom it shows (66: TSan's exit status).
    found=$(grep -E 'Sanitizer|runtime error:|^==[0-9]+== |ended 66' "$log")
    # But a test that fails leaves behind what it held: leaks tell nothing of their own then.
    grep -qE '^not ok [0-9]+' "$log" && found=$(echo "$found" | grep -vE 'LeakSanitizer|leaked in')
    [ -n "$found" ] && alone=yes
    if [ "$failed" -gt 0 ] && [ "$alone" = no ]; then
        word=AGAIN
        echo "$passed $failed $skipped $3" >>"$tally.failed"
    else
        echo "$passed $failed $skipped" >>"$tally"
    fi
    extra=
    [ "$skipped" -gt 0 ] && extra=", $skipped skipped"
    [ "$took" -lt 5 ] || extra="$extra, $took s"
    if [ "$failed" -gt 0 ]; then
        echo "$word  $name ($passed passed, $failed failed$extra; exit status $status)"
        grep -E '^(not ok|#)' "$log" | head -n 60 | sed 's/^/  !   /'
        sed 's/^/      /' "$log" | tail -n 200
    else
        echo "ok    $name ($passed passed$extra)"
        [ "$skipped" -gt 0 ] && grep -iE '# *skip' "$log" | sed 's/^/      /'
    fi
    return 0
}

if [ "$1" = --one ]; then
    report=$(run_one "$2" "$3" "$5" "$4")
    exec 9>"$(dirname "$2")/report.lock"
    flock 9
    printf '%s\n' "$report"
    exit 0
fi

tally=$1 label=$2 jobs=${JOBS:-1} alone=no
shift 2
[ "$jobs" -gt 1 ] && [ "$AGAIN_MAX" -gt 0 ] || alone=yes
mkdir -p "$(dirname "$tally")/logs"
: >"$tally.failed"
[ $# -eq 0 ] || printf '%s\0' "$@" | xargs -0 -n 1 -P "$jobs" sh "$0" --one "$tally" "$label" "$alone"
# Many that fail have a reason that will not go away.
again=$(($(wc -l <"$tally.failed") <= AGAIN_MAX))
[ "$again" = 1 ] || echo "FAIL  $label: more than $AGAIN_MAX programs, which are not run again"
while read -r passed failed skipped program; do
    if [ "$again" = 1 ]; then
        sh "$0" --one "$tally" "$label" yes "$program"
        echo "$label/$(basename "$program")" >>"$tally.again"
    else
        echo "$passed $failed $skipped" >>"$tally"
    fi
done <"$tally.failed"
rm -f "$tally.failed"
exit 0
