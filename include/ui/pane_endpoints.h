/* pane_endpoints: a row of the endpoints pane that is an endpoint (the others are deployments); for
 * ui/pane_endpoints*.c only. Thread: main. */
#ifndef SLIPWAY_UI_PANE_ENDPOINTS_H
#define SLIPWAY_UI_PANE_ENDPOINTS_H

#include "ui/pane.h"

enum {
    COLUMN_NAME,
    COLUMN_WORKERS,
    COLUMN_QUEUE,
    COLUMN_P95,
    COLUMN_REQUEST,
    COLUMN_HOUR,
    COLUMN_STATE
};

/* It is stuck or nobody knows why it waits; where nobody looked, requests wait and no worker is up or
 * coming. */
bool pane_endpoint_is_ill(const struct store *s, const struct endpoint_row *e);
void pane_endpoint_cell(
    const struct store *s, const struct endpoint_row *e, size_t column, struct table_cell *out);
/* Returns how many. */
size_t pane_endpoint_fields(
    const struct store *s, const struct endpoint_row *e, struct filter_field out[PANE_FIELDS_MAX]);

#endif
