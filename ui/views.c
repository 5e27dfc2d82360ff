/* Which kind of view shows a place. */
#include "ui/views.h"

static const struct view_class *const classes[PLACES] = {
    [PLACE_JOBS] = &view_jobs,
    [PLACE_UPLOADS] = &view_uploads,
    [PLACE_ENDPOINTS] = &view_endpoints,
    [PLACE_MODELS] = &view_models,
    [PLACE_REQUESTS] = &view_requests,
    [PLACE_LOGS] = &view_logs,
    [PLACE_JOB] = &view_job,
    [PLACE_OPERATION] = &view_operation,
    [PLACE_ENDPOINT] = &view_endpoint,
    [PLACE_MODEL] = &view_model,
    [PLACE_REQUEST] = &view_request,
    [PLACE_CHAT] = &view_chat,
    [PLACE_UPLOAD_FORM] = &view_upload_form,
    [PLACE_DEPLOY_FORM] = &view_deploy_form,
    [PLACE_REQUEST_FORM] = &view_request_form,
    [PLACE_CHANGE_FORM] = &view_change_form,
};

const struct view_class *view_class_of(enum place place)
{
    return (unsigned)place < PLACES ? classes[place] : NULL;
}
