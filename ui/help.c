/* What belongs to the place alone comes first, then what works everywhere, then what the signs mean. */
#include "ui/help.h"

#include "ui/box.h"
#include "ui/press.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 92, KEY_COLUMNS = 20 };

struct row {
    const struct action *action; /* or a sign and its meaning */
    struct text sign, meaning;
};

static const struct row signs[] = {
    {NULL, TEXT("▸"), TEXT("the cursor's row")},
    {NULL, TEXT("!"), TEXT("needs attention; such rows come first")},
    {NULL, TEXT("*"), TEXT("marked")},
    {NULL, TEXT("● ○ ✗ –"), TEXT("a service: answers · is asked · failed · not set up")},
    {NULL, TEXT("▲"), TEXT("services, endpoints, uploads that need attention")},
    {NULL, TEXT("—"), TEXT("not known")},
};
enum { SIGNS = sizeof signs / sizeof *signs };

const char *place_name(enum place place)
{
    static const char *const names[PLACES] = {
        [PLACE_JOBS] = "Training jobs",
        [PLACE_UPLOADS] = "Uploads",
        [PLACE_ENDPOINTS] = "Endpoints",
        [PLACE_MODELS] = "Models",
        [PLACE_REQUESTS] = "Requests",
        [PLACE_LOGS] = "Logs",
        [PLACE_JOB] = "training job",
        [PLACE_OPERATION] = "operation",
        [PLACE_ENDPOINT] = "endpoint",
        [PLACE_MODEL] = "model",
        [PLACE_REQUEST] = "request",
        [PLACE_CHAT] = "chat",
        [PLACE_UPLOAD_FORM] = "upload form",
        [PLACE_DEPLOY_FORM] = "deploy form",
        [PLACE_CHANGE_FORM] = "settings form",
        [PLACE_REQUEST_FORM] = "test form",
    };
    return (unsigned)place < PLACES ? names[place] : "";
}

const char *action_keys(const struct action *action, bool typing, char out[KEYS_TEXT_MAX])
{
    size_t used = 0;
    char name[PRESS_NAME_MAX];
    out[0] = '\0';
    for (size_t i = 0; i < ACTION_KEYS_MAX && action->keys[i]; i++)
        if (!(typing && press_is_typed(action->keys[i])))
            used += (size_t)snprintf(out + used, KEYS_TEXT_MAX - used, "%s%s", used > 0 ? "  " : "",
                press_name(action->keys[i], name));
    return out;
}

void help_open(struct help *h)
{
    *h = (struct help){.page = 1};
}

bool help_press(struct help *h, int32_t press)
{
    size_t last = h->rows > h->page ? h->rows - h->page : 0;
    if (press == PRESS_UP || press == 'k')
        h->top -= h->top > 0;
    else if (press == PRESS_DOWN || press == 'j')
        h->top += h->top < last;
    else if (press == PRESS_PAGE_UP)
        h->top = h->top > h->page ? h->top - h->page : 0;
    else if (press == PRESS_PAGE_DOWN || press == ' ')
        h->top = h->top + h->page < last ? h->top + h->page : last;
    else
        return false;
    return true;
}

/* ---- rows ------------------------------------------------------------------------------------------ */

static bool is_listed(const struct action *action, enum place place, bool typing, bool everywhere)
{
    char keys[KEYS_TEXT_MAX];
    return (action->places & AT(place)) && action_keys(action, typing, keys)[0] &&
           (action->places == (uint32_t)AT_ALL) == everywhere;
}

/* The n-th row; false behind the last. An empty row parts the three groups. */
static bool row_at(
    const struct action_table *t, enum place place, bool typing, size_t n, struct row *out)
{
    *out = (struct row){NULL, TEXT(""), TEXT("")};
    for (int everywhere = 0; everywhere < 2; everywhere++) {
        for (size_t i = 0; i < t->count; i++) {
            if (!is_listed(&t->actions[i], place, typing, everywhere))
                continue;
            out->action = &t->actions[i];
            if (n-- == 0)
                return true;
        }
        out->action = NULL;
        if (n-- == 0)
            return true;
    }
    if (n >= SIGNS)
        return false;
    *out = signs[n];
    return true;
}

static void draw_row(
    struct canvas *c, struct rect r, const struct row *row, const struct help_facts *facts)
{
    char keys[KEYS_TEXT_MAX];
    int column = r.w < 2 * KEY_COLUMNS ? r.w / 3 : KEY_COLUMNS;
    struct text key = row->sign, meaning = row->meaning;
    bool off = row->action && row->action->writes && facts->read_only;
    if (row->action) {
        action_keys(row->action, facts->typing, keys);
        key = (struct text){keys, strlen(keys)};
        meaning = (struct text){row->action->help, strlen(row->action->help)};
    }
    canvas_text_cut(c, r, r.x, r.y, column - 1, key, off ? ROLE_FAINT : ROLE_KEY, 0);
    int x = r.x + column;
    x += canvas_text_cut(c, r, x, r.y, r.w - column, meaning, off ? ROLE_FAINT : ROLE_NORMAL, 0);
    if (off)
        canvas_text_cut(
            c, r, x, r.y, r.x + r.w - x, TEXT(" (not with --read-only)"), ROLE_FAINT, 0);
}

void help_draw(struct help *h, struct canvas *c, struct rect area, const struct action_table *t,
    enum place place, const struct help_facts *facts)
{
    char title[64], note[64] = "any key closes";
    struct row row;
    for (h->rows = 0; row_at(t, place, facts->typing, h->rows, &row);)
        h->rows++;
    int height = area.h < (int)h->rows + 2 ? area.h : (int)h->rows + 2;
    h->page = height > 3 ? (size_t)height - 2 : 1;
    size_t last = h->rows > h->page ? h->rows - h->page : 0;
    h->top = h->top < last ? h->top : last;
    snprintf(title, sizeof title, "Keys: %s", place_name(place));
    if (last > 0)
        snprintf(note, sizeof note, "%zu of %zu · %s · any other key closes", h->top + h->page,
            h->rows, h->top < last ? "down: more" : "up: back");
    struct rect r = box_open(c, area, WIDTH, height, (struct text){title, strlen(title)},
        (struct text){note, strlen(note)});
    for (size_t i = 0; i < h->page && row_at(t, place, facts->typing, h->top + i, &row); i++)
        draw_row(c, (struct rect){r.x, r.y + (int)i, r.w, 1}, &row, facts);
}
