/* Operations as documents: for --json. */
#include "app/checklist_json.h"
#include "app/operations.h"

static void add_known(struct json *j, const char *key, struct text t)
{
    if (t.len)
        json_add_text(j, key, t);
    else
        json_add_str(j, key, NULL);
}

static void add_upload(struct json *j, const struct operation *o)
{
    static const struct {
        enum upload_tick tick;
        const char *name;
    } ticks[] = {{TICK_HASHED, "hashed"}, {TICK_OFFERED, "offered"}, {TICK_SENT, "sent"},
        {TICK_COMMITTED, "committed"}, {TICK_READ_BACK, "read_back"}};
    struct json *files = json_new_array();
    add_known(j, "folder", o->folder);
    json_add_bool(j, "private", o->is_private);
    add_known(j, "pipeline_tag", o->pipeline_tag);
    json_add_bool(j, "safe_to_delete", o->safe_to_delete);
    for (size_t i = 0; i < o->file_count; i++) {
        const struct upload_file *f = &o->files[i];
        struct json *row = json_new_object();
        json_add_text(row, "path", f->path);
        json_add_int(row, "size", f->size);
        json_add_str(row, "sha256", f->sha256[0] ? f->sha256 : NULL);
        json_add_bool(row, "unchanged", f->unchanged);
        for (size_t k = 0; k < sizeof ticks / sizeof *ticks; k++)
            json_add_bool(row, ticks[k].name, f->ticks & ticks[k].tick);
        json_push(files, row);
    }
    json_add(j, "files", files);
    json_add(j, "checklist", o->checklist ? checklist_json(o->checklist) : json_new_null());
}

static void add_deployment(struct json *j, const struct operation *o)
{
    add_known(j, "endpoint_name", o->endpoint_name);
    json_add_str(j, "endpoint_id", o->endpoint_id[0] ? o->endpoint_id : NULL);
    json_add_money(j, "estimated_cost_hour_min", o->price_min);
    json_add_money(j, "estimated_cost_hour_max", o->price_max);
    if (o->kind == OPERATION_CHANGE && !o->model_id[0])
        return; /* whether there is a row is not always looked at */
    json_add_money(j, "first_request_estimated_cost", o->first_cost);
    json_add_str(j, "model_row_id", o->model_id[0] ? o->model_id : NULL);
    json_add_bool(j, "registered", o->model_id[0] != 0);
}

static struct json *error_json(const struct err *e)
{
    if (e->class == ERR_NONE)
        return json_new_null();
    struct json *j = json_new_object();
    json_add_str(j, "class", err_class_name(e->class));
    json_add_int(j, "number", e->number);
    json_add_str(j, "message", e->message);
    json_add_str(j, "hint", e->hint);
    return j;
}

struct json *operation_json(const struct operation *o)
{
    struct json *j = json_new_object(), *steps = json_new_array(), *plan = json_new_array();
    json_add_str(j, "schema", "slipway.operation/1");
    json_add_str(j, "id", o->id);
    json_add_str(j, "kind", operation_kind_name(o->kind));
    json_add_str(j, "state", operation_state_name(o->state));
    json_add_text(j, "title", o->title);
    json_add_text(j, "note", o->note);
    add_known(j, "repository", o->repository);
    add_known(j, "revision", o->revision);
    add_known(j, "commit", o->commit);
    for (size_t i = 0; i < o->step_count; i++) {
        struct json *step = json_new_object();
        json_add_str(step, "name", o->steps[i].name);
        json_add_str(step, "state", step_state_name(o->steps[i].state));
        json_add_text(step, "note", o->steps[i].note);
        json_push(steps, step);
    }
    json_add(j, "steps", steps);
    for (size_t i = 0; i < o->plan_count; i++)
        json_push(plan, json_new_string(o->plan[i].s));
    json_add(j, "plan", plan);
    if (o->kind == OPERATION_UPLOAD)
        add_upload(j, o);
    else
        add_deployment(j, o);
    json_add(j, "error", error_json(&o->error));
    return j;
}

struct json *operation_event_json(const struct operation *o)
{
    struct json *j = json_new_object();
    json_add_str(j, "schema", "slipway.progress/1");
    json_add_str(j, "id", o->id);
    json_add_str(j, "state", operation_state_name(o->state));
    for (size_t i = o->step_count; i-- > 0;) /* hashing may go on beside sending */
        if (o->steps[i].state == STEP_RUNNING) {
            json_add_str(j, "step", o->steps[i].name);
            json_add_text(j, "note", o->steps[i].note);
            break;
        }
    json_add_int(j, "bytes_done", o->done);
    json_add_int(j, "bytes_total", o->total);
    json_add_num(j, "bytes_per_second", o->speed);
    json_add_num(j, "seconds_left", o->eta_s);
    return j;
}
