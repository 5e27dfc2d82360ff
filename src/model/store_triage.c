/* What triage says of each endpoint, the newest of each. They are few: an endpoint in good order gets none. When
 * there is no room, the one that was observed longest ago goes. */
#include "model/store_internal.h"

#include <stdio.h>
#include <string.h>

enum { TRIAGE_ARENA = 4 << 20 };

/* ---- the message ---------------------------------------------------------------------------------------- */

static void release(void *payload)
{
    triage_release(payload);
}

struct message *news_triage(const struct triage *t)
{
    char key[MESSAGE_KEY_MAX];
    if (snprintf(key, sizeof key, "triage/%s", t->endpoint_id) >= (int)sizeof key)
        return NULL;
    struct message *m = message_new(MESSAGE_STATUS, NEWS_TRIAGE, key, TRIAGE_ARENA);
    struct triage *copied = m ? arena_alloc(m->arena, sizeof *copied) : NULL;
    if (!copied || triage_dup(copied, t, m->arena)) {
        message_free(m);
        return NULL;
    }
    m->payload = copied;
    m->release = release;
    return m;
}

/* ---- the part ------------------------------------------------------------------------------------------- */

static const struct triage *triage_at(const struct store_triages_part *part, size_t i)
{
    return part->m[i]->payload;
}

static size_t place_of(const struct store_triages_part *part, const char *endpoint_id)
{
    size_t i = 0;
    while (i < part->count && strcmp(triage_at(part, i)->endpoint_id, endpoint_id) != 0)
        i++;
    return i;
}

static size_t oldest(const struct store_triages_part *part)
{
    size_t found = 0;
    for (size_t i = 1; i < part->count; i++)
        if (triage_at(part, i)->observed_ms < triage_at(part, found)->observed_ms)
            found = i;
    return found;
}

enum applied store_take_triage(struct store *s, struct message *m)
{
    struct store_triages_part *part = &s->triages;
    const struct triage *fresh = m->payload;
    if (!fresh->endpoint_id[0])
        return APPLIED_DONE;
    size_t place = place_of(part, fresh->endpoint_id);
    if (place == part->count && part->count == STORE_TRIAGES_MAX)
        place = oldest(part);
    else if (place == part->count)
        part->count++;
    store_swap(&part->m[place], m);
    store_touch(s, STORE_ENDPOINTS);
    return APPLIED_KEPT;
}

const struct triage *store_triage(const struct store *s, const char *endpoint_id)
{
    size_t place = endpoint_id ? place_of(&s->triages, endpoint_id) : s->triages.count;
    return place < s->triages.count ? triage_at(&s->triages, place) : NULL;
}

void store_triages_release(struct store_triages_part *part)
{
    for (size_t i = 0; i < part->count; i++)
        message_free(part->m[i]);
}
