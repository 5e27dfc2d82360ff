/* image: which container image references the stand-in takes for published ones.
 *
 * RunPod refuses at creation a reference that resolves to no published image (spec/runpod.md §4.4).
 * The stand-in cannot ask a registry, so it knows the tags of runpod's own worker images (§7.1,
 * §7.2) and believes every other well-formed reference. Pure. */
#ifndef SLIPWAY_SIM_IMAGE_H
#define SLIPWAY_SIM_IMAGE_H

#include <stdbool.h>

/* [registry[:port]/]path[:tag][@sha256:…], as Docker spells references. */
bool image_reference_valid(const char *reference);

/* False when it is malformed or names a tag of runpod/worker-vllm or runpod/worker-v1-vllm that was
 * never published. */
bool image_published(const char *reference);

#endif
