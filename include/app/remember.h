/* remember: what the forms remember: the values last sent off, as facts of the state file ("upload.folder"
 * …). A memory that helps: when the file cannot be read or written it is done without.
 *
 * Thread: main; neither sleeps. */
#ifndef SLIPWAY_APP_REMEMBER_H
#define SLIPWAY_APP_REMEMBER_H

#include "app/engine.h"
#include "ui/view.h"

/* Written by a worker; the values are copied. */
void remember_form(struct engine *g, const char *form, const struct form_value *values, size_t n);
/* In the arena; empty = nothing. */
struct text remember_recall(struct engine *g, const char *name, struct arena *a);

#endif
