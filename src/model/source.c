/* The services by the names that screens and commands use. */
#include "model/source.h"

const char *source_name(enum source source)
{
    static const char *const names[SOURCES] = {
        [SOURCE_RUNPOD] = "runpod", [SOURCE_HUB] = "hub", [SOURCE_REGISTRY] = "db"};
    return (unsigned)source < SOURCES ? names[source] : "unknown";
}
