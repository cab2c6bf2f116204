/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FLUSH_BYTES ((size_t)64 << 10)

enum status lines_open(struct lines *lines, int folder_fd, const char *name)
{
    *lines = (struct lines){ .name = name };
    lines->fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    /* 0 is never ours: it lets zeroed memory be a closed file. */
    return lines->fd > 0 ? STATUS_OK : fail_errno(name);
}

static enum status lines_flush(struct lines *lines)
{
    size_t done = 0;

    while (done < lines->buf.size) {
        ssize_t wrote = write(lines->fd, lines->buf.data + done, lines->buf.size - done);
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno != EINTR)
            return fail_errno(lines->name);
    }
    buf_clear(&lines->buf);
    return STATUS_OK;
}

struct emit *lines_start(struct lines *lines)
{
    lines->emit = emit_start(&lines->buf);
    emit_object(&lines->emit);
    return &lines->emit;
}

enum status lines_end(struct lines *lines)
{
    emit_end(&lines->emit);
    TRY(emit_finish(&lines->emit));
    TRY(buf_append_byte(&lines->buf, '\n'));
    lines->n++;
    return lines->buf.size < FLUSH_BYTES ? STATUS_OK : lines_flush(lines);
}

enum status lines_close(struct lines *lines)
{
    enum status status = lines_flush(lines);

    if (close(lines->fd) != 0 && status == STATUS_OK)
        status = fail_errno(lines->name);
    lines->fd = 0;
    lines_fini(lines);
    return status;
}

void lines_fini(struct lines *lines)
{
    if (lines->fd > 0)
        close(lines->fd);
    lines->fd = 0;
    buf_fini(&lines->buf);
}
