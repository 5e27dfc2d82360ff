/* views: every kind of view there is, as ui/views.c puts them in its table by place. */
#ifndef SLIPWAY_UI_VIEWS_H
#define SLIPWAY_UI_VIEWS_H

#include "ui/view.h"

/* the panes of the overview: ui/pane_….c and ui/log_view.c */
extern const struct view_class view_jobs;
extern const struct view_class view_uploads;
extern const struct view_class view_endpoints;
extern const struct view_class view_models;
extern const struct view_class view_requests;
extern const struct view_class view_logs; /* made with an endpoint's id: its lines only */

/* opened: ui/view_….c */
extern const struct view_class view_job;
extern const struct view_class view_operation;
extern const struct view_class view_endpoint;
extern const struct view_class view_model;
extern const struct view_class view_request;
extern const struct view_class view_chat;
extern const struct view_class view_upload_form;
extern const struct view_class view_deploy_form;
extern const struct view_class view_request_form; /* made with an endpoint's id */
extern const struct view_class view_change_form;

#endif
