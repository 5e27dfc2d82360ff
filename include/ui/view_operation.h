/* What the files of the opened operation share; for view_operation*.c only. */
#ifndef SLIPWAY_UI_VIEW_OPERATION_H
#define SLIPWAY_UI_VIEW_OPERATION_H

#include "model/operation.h"
#include "ui/lines.h"

enum { OPERATION_FILES_SHOWN_MAX = 2000 };

/* The checklist of an upload, a row a file with its five ticks; nothing when there is none yet. */
void view_operation_files(struct lines *l, const struct operation *o);

/* Test requests: the answer of one, the histogram of many. */
void view_operation_test(struct lines *l, const struct operation *o);

#endif
