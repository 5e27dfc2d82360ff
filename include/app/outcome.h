/* outcome: telling main how something small went that a person asked for (NEWS_OUTCOME, a toast).
 * Thread: any. When the inbox has no room it is dropped: nothing waits for it. */
#ifndef SLIPWAY_APP_OUTCOME_H
#define SLIPWAY_APP_OUTCOME_H

#include "base/err.h"
#include "core/inbox.h"

void outcome_good(struct inbox *inbox, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void outcome_bad(struct inbox *inbox, const struct err *e);

#endif
