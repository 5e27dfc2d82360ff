/* Test requests from the dashboard. The editor gets the terminal for as long as the person is at it; main waits
 * for it as it does for a shell after Ctrl-Z. */
#include "app/host_internal.h"

#include "app/call_input.h"
#include "app/remember.h"
#include "base/file.h"
#include "ui/terminal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 10 * 1024 * 1024 };

int host_test(struct host_state *h, const struct intent *i, struct err *e)
{
    const struct operation_flags flags = {0};
    const struct endpoint_row *row = store_endpoint_by_id(h->store, i->id);
    char id[OPERATION_ID_MAX];
    if (!row)
        return err_set(e, ERR_STATE, 0, "the endpoint %s is not in this account (any more)", i->id);
    struct json *asked = json_new_object();
    json_add_str(asked, "endpoint", i->id);
    json_add_text(asked, "name", row->settings->name);
    for (size_t k = 0; k < i->value_count; k++)
        if (i->values[k].value.len > 0)
            json_add_text(asked, i->values[k].name, i->values[k].value);
    remember_form(h->engine, "test", i->values, i->value_count);
    return operations_start(h->operations, OPERATION_TEST, asked, &flags, id, e);
}

/* ---- editing ------------------------------------------------------------------------------------- */

/* A member a line, where it is JSON. */
static int spread(struct text initial, struct buf *out)
{
    struct json *tree = json_parse(initial.s, initial.len, NULL);
    int failed = tree ? editor_print(tree, out) : buf_append(out, initial.s, initial.len);
    json_free(tree);
    return failed;
}

/* On one line; what is no JSON as it is, so that it can be mended. */
static int fold(struct buf *text)
{
    struct json *tree = json_parse(buf_str(text), text->len, NULL);
    if (!tree) {
        for (size_t i = 0; i < text->len; i++)
            if (text->data[i] == '\n' || text->data[i] == '\t')
                text->data[i] = ' ';
        return 0;
    }
    buf_clear(text);
    int failed = json_print(tree, text);
    json_free(tree);
    return failed;
}

static int keep_in_file(const struct host_state *h, struct buf *text, struct err *e)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/test-body.json", h->engine->profile->state_folder) >=
        (int)sizeof path)
        return err_set(e, ERR_INPUT, 0, "the path of the state folder is too long");
    if (file_make_folder(h->engine->profile->state_folder, e) ||
        file_write(path, buf_str(text), text->len, e))
        return -1;
    buf_clear(text);
    return buf_printf(text, "@%s", path) ? err_set(e, ERR_IO, 0, "out of memory") : 0;
}

int host_edit(
    void *arg, struct text initial, size_t most, struct arena *a, struct text *out, struct err *e)
{
    struct host_state *h = arg;
    struct buf text;
    buf_init(&text, BODY_MAX);
    int failed = spread(initial, &text) ? err_set(e, ERR_IO, 0, "out of memory") : 0;
    if (!failed) {
        terminal_suspend();
        failed = editor_run(&text, e);
        terminal_resume();
    }
    if (!failed)
        failed = fold(&text) ? err_set(e, ERR_INPUT, 0, "the body is too large") : 0;
    if (!failed && text.len > most)
        failed = keep_in_file(h, &text, e);
    if (!failed)
        *out = text_new(a, buf_str(&text), text.len, TEXT_LINE);
    buf_release_secret(&text);
    return failed;
}
