/* Only what was agreed to is listed (operation_can_resume): an operation that failed while it looked round has
 * left nothing, and is simply started again. */
#include "app/unfinished.h"

#include "app/asked.h"
#include "app/columns.h"
#include "app/operations.h"

#include <string.h>

enum { LISTED = 200 };

/* A deployment that is listed though it is done lacks its row. */
static const char *state_of(const struct journal_entry *j)
{
    return j->state == OPERATION_DONE ? "not registered" : operation_state_name(j->state);
}

static void add_row(struct json *rows, struct columns *table, const struct journal_entry *j)
{
    const char *endpoint = asked_text(j->done, "endpoint_id");
    const struct {
        const char *key, *value;
    } cells[] = {{"id", j->id}, {"kind", operation_kind_name(j->kind)}, {"title", j->title},
        {"state", state_of(j)}, {"endpoint_id", endpoint}, {"error", j->error}};
    struct json *row = json_new_object();
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        columns_add(table, "%s", cells[i].value ? cells[i].value : "");
        json_add_str(row, cells[i].key, cells[i].value);
    }
    json_push(rows, row);
}

static int print(struct call *c, const struct journal_list *list)
{
    static const char *const titles[] = {"ID", "KIND", "WHAT", "STATE", "ENDPOINT", "WHY"};
    struct json *document = json_new_object(), *rows = json_new_array();
    struct columns table;
    int code = EXIT_CODE_OK;
    if (columns_init(&table, titles, sizeof titles / sizeof *titles))
        code = EXIT_CODE_STATE;
    for (size_t i = 0; i < list->count && !code; i++)
        if (operation_can_resume(&list->entries[i]))
            add_row(rows, &table, &list->entries[i]);
    bool none = json_count(rows) == 0;
    json_add(document, "operations", rows);
    if (!code && c->json) {
        code = call_print(c, document, "slipway.unfinished/1");
        document = NULL;
    } else if (!code && none) {
        call_line(c, "nothing is unfinished");
    } else if (!code) {
        columns_print(&table, c->out);
    }
    json_free(document);
    columns_release(&table);
    return code;
}

int unfinished_call(struct call *c)
{
    struct journal_list list = {0};
    struct err e;
    int code = call_open(c);
    if (code)
        return code;
    struct state *s = engine_state(&c->engine, &e);
    code = s && !state_operations(s, LISTED, &list, &e) ? print(c, &list) : call_fail(c, &e);
    journal_list_release(&list);
    state_close(s);
    return code;
}

/* A registration that fails leaves its deployment to be registered. */
static int find(struct state *s, const char *id, struct journal_list *out)
{
    struct journal_list list;
    if (state_operation(s, id, &list, NULL))
        return -1;
    const char *deployment = list.entries[0].kind == OPERATION_REGISTER
                                 ? asked_text(list.entries[0].asked, "deploy")
                                 : NULL;
    int result = 0;
    if (deployment)
        result = state_operation(s, deployment, out, NULL);
    else
        *out = list;
    if (deployment)
        journal_list_release(&list);
    return result;
}

void unfinished_hint(struct call *c, const char *id)
{
    struct journal_list list = {0};
    struct state *s = engine_state(&c->engine, NULL);
    if (s && !find(s, id, &list) && operation_can_resume(&list.entries[0]))
        fprintf(c->errors, "slipway: `slipway resume %s` %s\n", list.entries[0].id,
            list.entries[0].state == OPERATION_DONE ? "registers it" : "goes on where it stopped");
    journal_list_release(&list);
    state_close(s);
}
