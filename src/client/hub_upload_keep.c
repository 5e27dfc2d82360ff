/* hub_upload_keep: what an upload remembers, so that the next run need not do it again: hashes of files,
 * and how far the parts of a file are. It only ever saves work, so a state that cannot be written is
 * told once, and no more used. */
#include "base/clock.h"
#include "base/log.h"
#include "client/hub_upload_flow.h"

static void lost(struct upload *u, const struct err *why)
{
    log_err(LOG_WARN, "hub", why);
    log_line(LOG_WARN, "hub", "the upload goes on without remembering how far it is");
    u->state = NULL;
}

/* ---- hashes ------------------------------------------------------------------------------------ */

static struct file_identity identity(const struct upload_item *item)
{
    const struct upload_stamp *s = &item->stamp;
    return (struct file_identity){s->device, s->inode, s->size, s->modified_ns, s->changed_ns};
}

bool keep_hash_known(struct upload_item *item)
{
    struct file_identity id = identity(item);
    item->remembered =
        item->upload->state && state_hash_get(item->upload->state, &id, item->sha256);
    return item->remembered;
}

bool keep_hash_forget(struct upload_item *item)
{
    struct file_identity id = identity(item);
    struct err why;
    bool was = item->remembered;
    item->remembered = false;
    if (was && item->upload->state && state_hash_drop(item->upload->state, &id, &why))
        lost(item->upload, &why);
    return was;
}

void keep_hash(struct upload_item *item)
{
    struct file_identity id = identity(item);
    struct err why;
    if (item->upload->state && state_hash_put(item->upload->state, &id, item->sha256, &why))
        lost(item->upload, &why);
}

/* ---- parts ------------------------------------------------------------------------------------- */

static struct kept_key key_of(const struct upload_object *o)
{
    const struct upload *u = o->item->upload;
    return (struct kept_key){u->hub->endpoint, u->plan->repo, o->item->sha256};
}

bool keep_upload_get(struct upload_object *o)
{
    struct kept_key key = key_of(o);
    struct state *s = o->item->upload->state;
    return s && state_upload_get(s, &key, o->item->file->size, &o->plan);
}

void keep_upload_put(struct upload_object *o)
{
    struct kept_key key = key_of(o);
    struct err why;
    struct state *s = o->item->upload->state;
    if (s && o->multipart && state_upload_put(s, &key, &o->plan, &why))
        lost(o->item->upload, &why);
}

void keep_part(struct upload_object *o, size_t part)
{
    struct err why;
    struct state *s = o->item->upload->state;
    if (s && o->plan.id && state_upload_part(s, o->plan.id, part, o->plan.etags[part], &why))
        lost(o->item->upload, &why);
}

void keep_upload_remove(struct upload_object *o)
{
    struct kept_key key = key_of(o);
    struct err why;
    struct state *s = o->item->upload->state;
    if (s && o->plan.id && state_upload_remove(s, &key, &why))
        lost(o->item->upload, &why);
    o->plan.id = 0;
}
