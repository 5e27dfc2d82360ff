/* What the files of the canvas share; for canvas*.c only. */
#ifndef SLIPWAY_UI_CANVAS_INTERNAL_H
#define SLIPWAY_UI_CANVAS_INTERNAL_H

#include <stdint.h>

/* The ASCII sign nearest to a code point, '?' for those that are none of our own signs. */
char canvas_ascii(int32_t code);

#endif
