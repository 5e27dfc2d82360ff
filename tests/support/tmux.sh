# tmux.sh: a program on a real terminal, driven from a shell test. Source it:
#
#   . tests/support/tmux.sh
#   tmux_start 80 24 build/slipway demo      the size, then the program and its arguments
#   tmux_wait 'Endpoints'                    until a line of the screen matches (grep -E)
#   tmux_wait_gone 'Loading'                 until none does
#   tmux_keys / Escape C-l                   keys as `tmux send-keys` names them
#   tmux_type 'legal'                        text, letter by letter as it stands
#   tmux_paste 'several words'               as one paste (bracketed when the program asked for it)
#   tmux_resize 120 34                       until the program's terminal has that size
#   tmux_screen                              the screen as text on stdout; tmux_screen -e with colours
#   tmux_wait_end                            until the program has ended; prints its exit status
#   tmux_stop                                ends the server and all that runs in it
#
# Each test has a server of its own (a socket of its own in a folder of its own, no configuration file),
# so that nothing of the person's tmux is seen or touched, and tests can run side by side. When the
# program ends its last screen stays to be looked at. The server is ended by tmux_stop, which
# `trap tmux_stop EXIT` should call.
#
# tmux_wait, tmux_wait_gone and tmux_wait_end give up after TMUX_PATIENCE seconds (30), or when the
# server is gone: they print the screen to stderr as a TAP comment and return 1. Environment of the
# program: what is exported, with TERM as tmux sets it (TMUX_TERM, tmux-256color) and LC_ALL=C.UTF-8
# unless set.

TMUX_PATIENCE=${TMUX_PATIENCE:-30}
TMUX_TERM=${TMUX_TERM:-tmux-256color}
tmux_folder=
tmux_socket=

# tmux_do COMMAND…: a command to the test's own server
tmux_do() {
    env -u TMUX -u TMUX_PANE TMUX_TMPDIR="$tmux_folder" LC_ALL="${LC_ALL:-C.UTF-8}" \
        tmux -L "$tmux_socket" -f /dev/null "$@"
}

tmux_start() {
    columns=$1 rows=$2
    shift 2
    [ -z "$tmux_socket" ] || tmux_stop
    tmux_folder=$(mktemp -d) || return 1
    tmux_socket=slipway-test-$$
    # One server command line: the options are set before the program starts.
    tmux_do start-server \; set-option -g remain-on-exit on \; set-option -g status off \; \
        set-option -g default-terminal "$TMUX_TERM" \; set-option -g escape-time 10 \; \
        set-option -g remain-on-exit-format '' \; set-option -g history-limit 0 \; \
        new-session -d -x "$columns" -y "$rows" -s test -- "$@"
}

tmux_stop() {
    [ -n "$tmux_socket" ] || return 0
    tmux_do kill-server 2>/dev/null
    rm -rf "$tmux_folder"
    tmux_socket=
    return 0
}

# shellcheck disable=SC2120  # tests may give options
tmux_screen() {
    tmux_do capture-pane -p -t test "$@"
}

tmux_keys() {
    tmux_do send-keys -t test -- "$@"
}

tmux_type() {
    tmux_do send-keys -t test -l -- "$1"
}

tmux_paste() {
    tmux_do set-buffer -b test -- "$1" && tmux_do paste-buffer -p -d -b test -t test
}

tmux_resize() {
    tmux_do resize-window -t test -x "$1" -y "$2" && tmux_until "a terminal of $1x$2" tmux_terminal_is "$1" "$2"
}

# tmux changes its own picture at once, but tells the terminal only some 250 ms after the last time.
tmux_terminal_is() {
    [ "$(stty -F "$(tmux_do display-message -p -t test '#{pane_tty}')" size)" = "$2 $1" ]
}

# tmux_until WHAT COMMAND…: runs the command until it succeeds; polling, as tmux tells nobody.
tmux_until() {
    tmux_what=$1
    shift
    tmux_deadline=$(($(date +%s) + TMUX_PATIENCE))
    until "$@"; do
        if [ "$(date +%s)" -ge "$tmux_deadline" ] || ! tmux_do has-session -t test 2>/dev/null; then
            echo "# waited in vain for: $tmux_what; the screen was:" >&2
            tmux_screen 2>&1 | sed 's/^/# |/' >&2
            return 1
        fi
        sleep 0.05
    done
}

tmux_shows() {
    tmux_screen 2>/dev/null | grep -Eq -- "$1"
}

tmux_shows_not() {
    ! tmux_shows "$1"
}

tmux_has_ended() {
    [ "$(tmux_do display-message -p -t test '#{pane_dead}' 2>/dev/null)" = 1 ]
}

tmux_wait() {
    tmux_until "$1" tmux_shows "$1"
}

tmux_wait_gone() {
    tmux_until "no more $1" tmux_shows_not "$1"
}

tmux_wait_end() {
    tmux_until "its end" tmux_has_ended &&
        tmux_do display-message -p -t test '#{pane_dead_status}'
}
