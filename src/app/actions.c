/* The table. Its order is that of the hints in the last line, which drop from the end where there is no
 * room; keys are those of every place (screens.md), and no plain key does anything that cannot be
 * undone without being asked about. */
#include "app/actions.h"

#include "ui/press.h"

enum {
    AT_ROWS = AT_TABLES,
    AT_OPENED = AT(PLACE_JOB) | AT(PLACE_OPERATION) | AT(PLACE_ENDPOINT) | AT(PLACE_MODEL) |
                AT(PLACE_REQUEST),
    AT_OPERATIONS = AT(PLACE_UPLOADS) | AT(PLACE_ENDPOINTS) | AT(PLACE_OPERATION),
    AT_SERVED = AT(PLACE_ENDPOINTS) | AT(PLACE_MODELS) | AT(PLACE_ENDPOINT) | AT(PLACE_MODEL),
    AT_READ = AT_PANES | AT_OPENED, /* where no letters are typed */
};

static const struct action list[] = {
    {ACTION_YES, "yes", "go", "Does what the plan says", {'y'}, AT(PLACE_OPERATION), 0, true},
    {ACTION_NO, "no", "leave", "Does not do what the plan says", {'n'}, AT(PLACE_OPERATION), 0,
        false},
    {ACTION_OPEN, "open", "open", "Opens the row", {PRESS_ENTER}, AT_ROWS | AT(PLACE_MODEL), 0,
        false},
    {ACTION_UPLOAD, "start-upload", "check and upload", "Checks the folder and shows the plan",
        {PRESS_ENTER}, AT(PLACE_UPLOAD_FORM), 0, true},
    {ACTION_DEPLOY, "start-deploy", "show the plan", "Shows the plan and its price", {PRESS_ENTER},
        AT(PLACE_DEPLOY_FORM), 0, true},
    {ACTION_SAY, "say", "send", "Sends what was typed to the model", {PRESS_ENTER}, AT(PLACE_CHAT),
        0, true},
    {ACTION_RESUME, "resume", "resume", "Goes on with what failed or was interrupted", {'r'},
        AT_OPERATIONS, 0, true},
    {ACTION_REGISTER, "register", "register", "Registers the deployed model again", {'m'},
        AT(PLACE_ENDPOINTS) | AT(PLACE_OPERATION), 0, true},
    {ACTION_STOP, "stop", "stop", "Stops what is under way; it can be resumed",
        {'x', PRESS_CTRL('x')}, AT_OPERATIONS, 1, false},
    {ACTION_STOP, "stop", "stop", "Stops the answer that is coming", {PRESS_CTRL('x')},
        AT(PLACE_CHAT), 0, false},
    {ACTION_CHAT, "chat", "chat", "Opens a chat with the model behind this row", {'c', '8'},
        AT_SERVED, 0, false},
    {ACTION_ENDPOINT_LOGS, "logs", "logs", "Shows the log of this endpoint alone", {'l'}, AT_SERVED,
        0, false},
    {ACTION_CANCEL_REQUEST, "cancel", "cancel", "Cancels the request, or the marked ones", {'c'},
        AT(PLACE_REQUESTS) | AT(PLACE_REQUEST), 1, true},
    {ACTION_UPLOAD_FORM, "upload", "upload", "Uploads a model folder, filled in from this row",
        {'u'}, AT_ROWS | AT(PLACE_JOB), 0, true},
    {ACTION_DEPLOY_FORM, "deploy", "deploy", "Deploys a repository, filled in from this row", {'d'},
        AT_ROWS | AT(PLACE_JOB) | AT(PLACE_OPERATION) | AT(PLACE_MODEL), 0, true},
    {ACTION_LOG_LEVEL, "level", "level", "Changes the least level that is shown", {'v'},
        AT(PLACE_LOGS), 0, false},
    {ACTION_FOLLOW, "follow", "follow", "Follows the newest lines, or stands still", {'f'},
        AT(PLACE_LOGS), 0, false},
    {ACTION_ERROR, "error", "error", "Shows the error in full", {'e'}, AT_READ, 0, false},
    {ACTION_FILTER, "filter", "filter", "Filters: words, field:value, !not, /regex/", {'/'},
        AT_PANES, 0, false},
    {ACTION_PALETTE, "commands", "commands", "Lists the commands of this place", {':'}, AT_READ, 0,
        false},
    {ACTION_HELP, "help", "keys", "Shows the keys of this place", {'?', PRESS_F1}, AT_ALL, 0,
        false},
    {ACTION_BACK, "back", "back", "Goes back; clears the filter", {PRESS_ESCAPE}, AT_ALL, 0, false},
    {ACTION_QUIT, "quit", "quit", "Ends Slipway", {'q', PRESS_CTRL('c')}, AT_ALL, 0, false},
    {ACTION_SORT, "sort", NULL, "Sorts by the next column", {'o'}, AT_ROWS, 0, false},
    {ACTION_SORT_DIRECTION, "turn", NULL, "Turns the order round", {'O'}, AT_ROWS, 0, false},
    {ACTION_MARK, "mark", NULL, "Marks the row, or takes its mark away", {' '}, AT_ROWS, 0, false},
    {ACTION_MARK_ALL, "mark-all", NULL, "Marks all rows shown, or none", {'*'}, AT_ROWS, 0, false},
    {ACTION_COPY, "copy", NULL, "Copies the id, also over SSH (OSC 52)", {'C', 'y'},
        AT_ROWS | AT(PLACE_JOB) | AT(PLACE_ENDPOINT) | AT(PLACE_MODEL) | AT(PLACE_REQUEST), 0,
        false},
    {ACTION_ZOOM, "zoom", NULL, "Gives the pane the whole screen, or takes it back", {'z'},
        AT_PANES, 0, false},
    {ACTION_REFRESH, "refresh", NULL, "Asks the services again now",
        {PRESS_CTRL('r'), PRESS_F1 + 4}, AT_READ, 0, false},
    {ACTION_UP, "up", NULL, "Up", {PRESS_UP, 'k'}, AT_READ, 0, false},
    {ACTION_DOWN, "down", NULL, "Down", {PRESS_DOWN, 'j'}, AT_READ, 0, false},
    {ACTION_LEFT, "left", NULL, "To the left", {PRESS_LEFT}, AT(PLACE_MODEL), 0, false},
    {ACTION_RIGHT, "right", NULL, "To the right", {PRESS_RIGHT}, AT(PLACE_MODEL), 0, false},
    {ACTION_PAGE_UP, "page-up", NULL, "A page up", {PRESS_PAGE_UP, PRESS_CTRL('b')},
        AT_READ | AT(PLACE_CHAT), 0, false},
    {ACTION_PAGE_DOWN, "page-down", NULL, "A page down", {PRESS_PAGE_DOWN, PRESS_CTRL('f')},
        AT_READ | AT(PLACE_CHAT), 0, false},
    {ACTION_FIRST, "first", NULL, "To the first", {'g', PRESS_HOME}, AT_READ, 0, false},
    {ACTION_LAST, "last", NULL, "To the last", {'G', PRESS_END}, AT_READ, 0, false},
    {ACTION_NEXT_PANE, "next-pane", NULL, "To the next pane", {PRESS_TAB}, AT_PANES, 0, false},
    {ACTION_PREVIOUS_PANE, "previous-pane", NULL, "To the pane before", {PRESS_BACK_TAB}, AT_PANES,
        0, false},
    {ACTION_PANE_1, "jobs", NULL, "1 Training jobs; again: full screen", {'1'}, AT_READ, 0, false},
    {ACTION_PANE_2, "uploads", NULL, "2 Uploads", {'2'}, AT_READ, 0, false},
    {ACTION_PANE_3, "endpoints", NULL, "3 Endpoints", {'3'}, AT_READ, 0, false},
    {ACTION_PANE_4, "models", NULL, "4 Models", {'4'}, AT_READ, 0, false},
    {ACTION_PANE_5, "requests", NULL, "5 Requests", {'5'}, AT_READ, 0, false},
    {ACTION_PANE_6, "all-logs", NULL, "6 Logs", {'6'}, AT_READ, 0, false},
    {ACTION_PAUSE, "pause", NULL, "Stops drawing; data keeps coming", {'p'}, AT_READ, 0, false},
    {ACTION_SUSPEND, "suspend", NULL, "Back to the shell; fg returns", {PRESS_CTRL('z')}, AT_ALL, 0,
        false},
    {ACTION_REPAINT, "repaint", NULL, "Draws the whole screen anew", {PRESS_CTRL('l')}, AT_ALL, 0,
        false},
};

const struct action_table *actions_table(void)
{
    static const struct action_table table = {list, sizeof list / sizeof *list};
    return &table;
}
