/* An endpoint's settings, queue and end, as operations of kind change (app/operations.h): the operation shows
 * its plan and asks. The endpoint goes by its id; its name goes along to be shown. */
#include "app/host_internal.h"

#include "model/env_words.h"

#include <string.h>

/* ---- which endpoint ---------------------------------------------------------------------------------- */

/* What the row or the opened thing is served by, when it is no endpoint itself. */
static const char *endpoint_of(const struct host_state *h, const char *id)
{
    const struct model_row *m = store_model_by_id(h->store, id);
    const struct operation *o = store_operation_by_id(h->store, id);
    const struct request *q = store_request_by_id(h->store, id);
    return m ? m->endpoint_id : o ? o->endpoint_id : q ? q->endpoint_id : id;
}

/* NULL with the error when it is not there any more. */
static struct json *about(const struct host_state *h, const struct intent *i,
    const struct endpoint_row **row, struct err *e)
{
    const char *id = endpoint_of(h, i->id);
    struct json *asked = json_new_object();
    *row = store_endpoint_by_id(h->store, id);
    if (*row && !json_add_str(asked, "endpoint", (*row)->settings->id) &&
        !json_add_text(asked, "name", (*row)->settings->name))
        return asked;
    json_free(asked);
    if (*row)
        err_set(e, ERR_IO, 0, "out of memory");
    else
        err_set(e, ERR_STATE, 0, "there is no endpoint %s in this account (any more)", id);
    return NULL;
}

static int start(struct host_state *h, struct json *take, struct err *e)
{
    const struct operation_flags flags = {0};
    char id[OPERATION_ID_MAX];
    return operations_start(h->operations, OPERATION_CHANGE, take, &flags, id, e);
}

static int start_verb(
    struct host_state *h, const struct intent *i, const char *key, struct json *take, struct err *e)
{
    const struct endpoint_row *row;
    struct json *asked = about(h, i, &row, e);
    if (!asked) {
        json_free(take);
        return -1;
    }
    json_add(asked, key, take);
    return start(h, asked, e);
}

/* ---- the keys ------------------------------------------------------------------------------------------ */

int host_pause_endpoint(struct host_state *h, const struct intent *i, struct err *e)
{
    const struct endpoint_row *row = store_endpoint_by_id(h->store, endpoint_of(h, i->id));
    bool paused = row && row->settings->workers_max == 0;
    return start_verb(h, i, paused ? "unpause" : "pause", json_new_bool(true), e);
}

int host_delete_endpoint(struct host_state *h, const struct intent *i, struct err *e)
{
    return start_verb(h, i, "delete", json_new_bool(true), e);
}

int host_rollback(struct host_state *h, const struct intent *i, struct err *e)
{
    return start_verb(h, i, "rollback", json_new_string("previous"), e);
}

int host_redeploy(struct host_state *h, const struct intent *i, struct err *e)
{
    return start_verb(h, i, "revision", json_new_string("newest"), e);
}

int host_purge(struct host_state *h, const struct intent *i, struct err *e)
{
    return start_verb(h, i, "purge", json_new_bool(true), e);
}

/* What triage asks for is an operation like any other. */
int host_remedy(struct host_state *h, const struct intent *i, struct err *e)
{
    struct json *asked = i->asked ? json_dup(i->asked) : NULL;
    if (asked)
        return start(h, asked, e);
    return err_set(e, ERR_IO, 0, "out of memory");
}

/* ---- the form ------------------------------------------------------------------------------------------- */

struct words {
    struct json *env, *unset; /* owned until they are put into what is asked */
};

static int take_word(void *arg, const char *name, const char *value, struct err *e)
{
    struct words *w = arg;
    int failed = value ? json_set(w->env, name, json_new_string(value))
                       : json_push(w->unset, json_new_string(name));
    return failed ? err_set(e, ERR_IO, 0, "out of memory") : 0;
}

static int put_environment(struct json *asked, struct text typed, struct err *e)
{
    struct words w = {json_new_object(), json_new_array()};
    int failed = env_words(typed.s, take_word, &w, e);
    json_add(asked, "env", w.env);
    json_add(asked, "unset", w.unset);
    return failed;
}

int host_change(struct host_state *h, const struct intent *i, struct err *e)
{
    const struct endpoint_row *row;
    struct json *asked = about(h, i, &row, e);
    int failed = asked ? 0 : -1;
    for (size_t k = 0; !failed && k < i->value_count; k++) {
        const struct form_value *v = &i->values[k];
        if (strcmp(v->name, "env") == 0)
            failed = put_environment(asked, v->value, e);
        else
            failed = json_add_str(asked, v->name, v->value.s);
    }
    if (!failed)
        return start(h, asked, e);
    json_free(asked);
    return -1;
}
