/* The ledger without its texts: what sums and percentiles of thousands of requests are made of. */
#include "client/state_internal.h"

#include <math.h>
#include <stdio.h>

static void read_times(struct sqlite3_stmt *row, struct request *q)
{
    *q = (struct request){.seen_ms = -1,
        .first_token_ms = -1,
        .tokens_in = -1,
        .tokens_out = -1,
        .price_hour = NAN,
        .model = TEXT(""),
        .gpu = TEXT(""),
        .input = TEXT(""),
        .output = TEXT(""),
        .error = TEXT(""),
        .why = TEXT("")};
    snprintf(q->endpoint_id, sizeof q->endpoint_id, "%s", state_column_text(row, 0));
    q->status = request_status_of(state_column_text(row, 1));
    q->submitted_ms = state_column_int(row, 2);
    q->ended_ms = state_column_int(row, 3);
    q->delay_ms = state_column_int(row, 4);
    q->execution_ms = state_column_int(row, 5);
    q->cost = state_column_real(row, 6);
}

int state_request_times(struct state *s, const char *endpoint_id,
    void (*each)(void *arg, const struct request *q), void *arg, struct err *e)
{
    struct request q;
    struct sqlite3_stmt *rows = state_query(s, STATE_REQUEST_TIMES, &VALUE_TEXT(endpoint_id), 1, e);
    int more = rows ? 1 : -1;
    while (more == 1 && (more = state_step(s, rows, e)) == 1) {
        read_times(rows, &q);
        each(arg, &q);
    }
    state_reset(rows);
    return more < 0 ? -1 : 0;
}
