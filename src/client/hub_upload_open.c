/* hub_upload_open: the files of an upload, which must not change until all is committed. What a file was
 * when it was first opened is kept: device, inode, size, and the times of its content and of its entry.
 * The last cannot be set back, so a file that was written to and dated back is found out as well. */
#include "client/hub_digest.h"
#include "client/hub_upload_internal.h"
#include "client/model_folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t nanoseconds(struct timespec t)
{
    int64_t ns;
    return __builtin_mul_overflow((int64_t)t.tv_sec, (int64_t)1000000000, &ns) ||
                   __builtin_add_overflow(ns, (int64_t)t.tv_nsec, &ns)
               ? 0
               : ns;
}

static int changed(const struct upload_item *item, struct err *e)
{
    return err_set(e, ERR_STATE, 0, "%s: changed while it was being uploaded", item->file->path.s);
}

static int check_stamp(struct upload_item *item, const struct upload_stamp *now, struct err *e)
{
    const struct upload_stamp *first = &item->stamp;
    if (!item->stamped) {
        item->stamp = *now;
        item->stamped = true;
    }
    return first->device == now->device && first->inode == now->inode && first->size == now->size &&
                   first->modified_ns == now->modified_ns && first->changed_ns == now->changed_ns
               ? 0
               : changed(item, e);
}

int upload_open(struct upload_item *item, struct err *e)
{
    struct stat st;
    int fd = model_folder_open(item->upload->plan->list, item->file, e);
    if (fd < 0)
        return -1;
    int rc = fstat(fd, &st) ? err_errno(e, errno, "%s cannot be looked at", item->file->path.s)
                            : check_stamp(item,
                                  &(struct upload_stamp){.device = st.st_dev,
                                      .inode = st.st_ino,
                                      .size = st.st_size,
                                      .modified_ns = nanoseconds(st.st_mtim),
                                      .changed_ns = nanoseconds(st.st_ctim)},
                                  e);
    if (rc == 0)
        return fd;
    close(fd);
    return -1;
}

int upload_check_files(struct upload *u, struct err *e)
{
    for (size_t i = 0; i < u->count; i++) {
        int fd = upload_open(&u->items[i], e);
        if (fd < 0)
            return -1;
        close(fd);
    }
    return 0;
}

/* ---- the whole of it -------------------------------------------------------------------------- */

static int read_all(int fd, int64_t size, struct buf *out)
{
    if (buf_reserve(out, (size_t)size))
        return ENOMEM;
    for (int64_t got = 0; got < size;) {
        ssize_t r = pread(fd, out->data + out->len, (size_t)(size - got), (off_t)got);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return errno;
        if (r == 0)
            return 0; /* shorter: its hash tells */
        got += r;
        out->len += (size_t)r;
        out->data[out->len] = '\0';
    }
    return 0;
}

int upload_read(struct upload_item *item, struct buf *out, struct err *e)
{
    const char *path = item->file->path.s;
    char id[41];
    int fd = upload_open(item, e);
    if (fd < 0)
        return -1;
    int number = read_all(fd, item->file->size, out);
    close(fd);
    if (number)
        return err_errno(e, number, "%s cannot be read", path);
    if (hub_git_id(buf_str(out), out->len, id))
        return err_set(e, ERR_IO, 0, "%s: its hash cannot be taken", path);
    return item->git[0] && strcmp(id, item->git) != 0 ? changed(item, e) : 0;
}
