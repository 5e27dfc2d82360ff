/* key: which keys the stand-in accepts, and what each may do (POST /_sim/keys).
 *
 * Handlers ask through sim_key_right (sim/sim.h). Everything here runs with the world's lock held. */
#ifndef SLIPWAY_SIM_KEY_H
#define SLIPWAY_SIM_KEY_H

#include "base/json.h"
#include "sim/sim.h"

struct key_ring;
struct key_ring *key_ring_new(void);    /* accepts any key */
void key_ring_free(struct key_ring *k); /* NULL is fine */
void key_ring_any(struct key_ring *k);

/* {"any": true}, or {"only": ["key", {"key", "rights": "read"|"write", "endpoints": [ids]}]}.
 * NULL, or the sentence saying what is wrong; then nothing changed. */
const char *key_ring_set(struct key_ring *k, const struct json *body);

enum key_right key_ring_right(const struct key_ring *k, const char *key, const char *endpoint_id);

#endif
