/* known: a yes or no that may not have been seen. Zero is "unknown", so that evidence nobody filled in claims
 * nothing (design rule 5). */
#ifndef SLIPWAY_MODEL_KNOWN_H
#define SLIPWAY_MODEL_KNOWN_H

enum known { KNOWN_NOT, KNOWN_YES, KNOWN_NO };

#endif
