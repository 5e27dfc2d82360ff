/* call_input: what a person gives a command besides its flags: standard input, or a text edited in an editor
 * of their own. */
#ifndef SLIPWAY_APP_CALL_INPUT_H
#define SLIPWAY_APP_CALL_INPUT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "core/cancel.h"

/* Standard input to its end, up to the buffer's maximum. Sleeps. */
int call_read_input(struct buf *out, struct cancel *cancel, struct err *e);

/* Opens $VISUAL or $EDITOR (else vi) on a file of the text that nobody else may read, waits for its end, and
 * replaces the text by what the file holds then; the file is gone afterwards. The editor gets the terminal,
 * and none of our secrets in its environment. ERR_CANCEL when it ended with a failure.
 * Thread: main; sleeps until the person is done. */
int editor_run(struct buf *text, struct err *e);
/* JSON with a member a line, for editing. -1 when the buffer is full. */
int editor_print(const struct json *j, struct buf *out);

#endif
