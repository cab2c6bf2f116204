/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)512 << 10)

static enum status read_some(size_t *n, struct source *source, void *to, size_t room)
{
    ssize_t got;

    if (room > source->read_max)
        room = source->read_max;
    if (source->fd < 0) {
        *n = room < source->memory.size ? room : source->memory.size;
        memcpy(to, source->memory.size ? source->memory.data : "", *n);
        source->memory.data = (const char *)source->memory.data + *n;
        source->memory.size -= *n;
        return STATUS_OK;
    }
    do
        got = read(source->fd, to, room);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail_errno(source->name);
    *n = (size_t)got;
    return STATUS_OK;
}

enum status source_fill(struct source *source)
{
    size_t unread = source->end - source->at, n = 0;

    if (source->eof)
        return STATUS_OK;
    if (source->at) {
        memmove(source->block, source->block + source->at, unread);
        source->offset += source->at;
        source->at = 0;
        source->end = unread;
    }
    if (source->end < source->capacity)
        TRY(read_some(&n, source, source->block + source->end, source->capacity - source->end));
    source->eof = n == 0;
    source->end += n;
    memset(source->block + source->end, 0, SOURCE_PAD);
    return STATUS_OK;
}

static enum status skip_mark(struct source *source)
{
    const unsigned char *block = source->block;

    while (source->end < 3 && !source->eof)
        TRY(source_fill(source));
    if (source->end >= 3 && memcmp(block, "\xef\xbb\xbf", 3) == 0)
        source->at = 3;
    else if (source->end >= 2 && ((block[0] == 0xff && block[1] == 0xfe) ||
                                  (block[0] == 0xfe && block[1] == 0xff)))
        return fail(STATUS_INVALID, "%s:1: this is UTF-16; convert it to UTF-8, for instance with "
                                    "iconv -f UTF-16 -t UTF-8", source->name);
    return STATUS_OK;
}

static enum status start(struct source *source)
{
    source->line = 1;
    source->capacity = source->fd < 0 && source->memory.size < BLOCK_BYTES
                           ? source->memory.size + 1
                           : BLOCK_BYTES;
    source->block = malloc(source->capacity + SOURCE_PAD);
    if (!source->block)
        return fail_memory(source->capacity + SOURCE_PAD);
    return skip_mark(source);
}

static enum status start_or_fini(struct source *source)
{
    enum status status = start(source);

    if (status != STATUS_OK)
        source_fini(source);
    return status;
}

enum status source_open(struct source *source, const char *path)
{
    struct stat stat;

    *source = (struct source){ .name = path, .fd = open(path, O_RDONLY | O_CLOEXEC),
                               .close_fd = true, .read_max = SIZE_MAX };
    if (source->fd < 0)
        return fail_errno(path);
    if (fstat(source->fd, &stat) == 0 && S_ISREG(stat.st_mode))
        source->total_bytes = (uint64_t)stat.st_size;
    return start_or_fini(source);
}

enum status source_open_fd(struct source *source, int fd, const char *name)
{
    *source = (struct source){ .name = name, .fd = fd, .read_max = SIZE_MAX };
    return start_or_fini(source);
}

enum status source_open_bytes(struct source *source, struct slice bytes, const char *name,
                              size_t read_max)
{
    *source = (struct source){ .name = name, .fd = -1, .memory = bytes,
                               .read_max = read_max ? read_max : SIZE_MAX };
    return start_or_fini(source);
}

void source_fini(struct source *source)
{
    if (source->close_fd && source->fd >= 0)
        close(source->fd);
    free(source->block);
    *source = (struct source){ .fd = -1 };
}

enum status source_skip_line(struct source *source)
{
    for (;;) {
        const unsigned char *from = source->block + source->at;
        const unsigned char *found = memchr(from, '\n', source->end - source->at);

        if (found) {
            source->at += (size_t)(found - from) + 1;
            source->line++;
            return STATUS_OK;
        }
        source->at = source->end;
        if (source->eof)
            return STATUS_OK;
        TRY(source_fill(source));
    }
}

/* Gives the length to the line end, or to the end of what there is: *whole says which. */
static enum status measure(size_t *size, bool *whole, struct source *source)
{
    for (size_t seen = 0;;) {
        const unsigned char *from = source->block + source->at;
        const unsigned char *found =
            memchr(from + seen, '\n', source->end - source->at - seen);

        *size = found ? (size_t)(found - from) : source->end - source->at;
        *whole = found || source->eof;
        if (*whole || *size > SOURCE_RECORD_MAX)
            return STATUS_OK;
        seen = *size;
        TRY(source_fill(source));
    }
}

static enum status check_line(struct slice text)
{
    if (text.size > SOURCE_RECORD_MAX)
        return fail(STATUS_INVALID, "the line is longer than %zu bytes", SOURCE_RECORD_MAX);
    if (text.size && memchr(text.data, 0, text.size))
        return fail(STATUS_INVALID, "the line holds a NUL byte");
    return STATUS_OK;
}

static bool is_blank(struct slice text)
{
    const unsigned char *bytes = text.data;

    for (size_t i = 0; i < text.size; i++)
        if (bytes[i] != ' ' && bytes[i] != '\t')
            return false;
    return true;
}

enum status source_line(struct slice *text, uint64_t *line, struct source *source)
{
    for (;;) {
        size_t size;
        bool whole;

        TRY(measure(&size, &whole, source));
        if (size == 0 && source->eof && source->at == source->end)
            return STATUS_END;
        *line = source->line;
        *text = slice_of(source->block + source->at, size);
        source->at += size;
        /* Passing a line end that is in the block moves nothing, so the text stays lent. */
        if (!whole || source->at < source->end)
            TRY(source_skip_line(source));
        TRY(check_line(*text));
        if (text->size && ((const char *)text->data)[text->size - 1] == '\r')
            text->size--;
        if (!is_blank(*text))
            return STATUS_OK;
    }
}
