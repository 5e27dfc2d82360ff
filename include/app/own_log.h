/* own_log: what Slipway itself does, as lines of the log that a person reads (origin "slipway", beside the
 * workers' lines) and of the log file. Thread: any. */
#ifndef SLIPWAY_APP_OWN_LOG_H
#define SLIPWAY_APP_OWN_LOG_H

#include "app/engine.h"
#include "model/log_line.h"

void own_log(struct engine *g, enum line_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
