/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE 4096u
#define FIRST_BYTES 112u /* of an array of small items: most never need more */
#define FIRST_ITEMS 8u

int slice_compare(struct slice a, struct slice b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice text)
{
    const char *data = text.data;

    while (text.size && is_space(data[text.size - 1]))
        text.size--;
    for (; text.size && is_space(*data); data++)
        text.size--;
    return slice_of(data, text.size);
}

void buf_fini(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){ 0 };
}

enum status buf_reserve(struct buf *buf, size_t extra)
{
    size_t wanted;

    if (__builtin_add_overflow(buf->size, extra, &wanted))
        return fail_memory(extra);
    return array_reserve(&buf->data, &buf->capacity, wanted);
}

enum status buf_append(struct buf *buf, const void *data, size_t size)
{
    TRY(buf_reserve(buf, size));
    if (size)
        memcpy(buf->data + buf->size, data, size);
    buf->size += size;
    return STATUS_OK;
}

enum status buf_append_byte(struct buf *buf, unsigned char byte)
{
    TRY(buf_reserve(buf, 1));
    buf->data[buf->size++] = byte;
    return STATUS_OK;
}

enum status buf_append_slice(struct buf *buf, struct slice slice)
{
    return buf_append(buf, slice.data, slice.size);
}

/* Into the room there is; where that is too little, STATUS_END once there is enough. */
static PRINTF_LIKE(2, 0) enum status print(struct buf *buf, const char *format, va_list args)
{
    size_t room;
    int length;

    TRY(buf_reserve(buf, 1));
    room = buf->capacity - buf->size;
    length = vsnprintf((char *)buf->data + buf->size, room, format, args);
    if (length < 0)
        return fail(STATUS_INVALID, "a text could not be formatted");
    if ((size_t)length >= room) {
        TRY(buf_reserve(buf, (size_t)length + 1));
        return STATUS_END;
    }
    buf->size += (size_t)length;
    return STATUS_OK;
}

enum status buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    enum status status;

    va_start(args, format);
    va_copy(again, args);
    status = print(buf, format, args);
    if (status == STATUS_END)
        status = print(buf, format, again);
    va_end(again);
    va_end(args);
    return status;
}

enum status buf_string(const char **out, struct buf *buf)
{
    TRY(buf_reserve(buf, 1));
    buf->data[buf->size] = 0;
    *out = (const char *)buf->data;
    return STATUS_OK;
}

enum status array_reserve_(void **items, size_t *capacity, size_t wanted, size_t size)
{
    size_t first = size * FIRST_ITEMS < FIRST_BYTES ? FIRST_BYTES / size : FIRST_ITEMS;
    size_t next = *capacity ? *capacity : first;
    size_t bytes;
    void *moved;

    while (next < wanted)
        if (__builtin_mul_overflow(next, 2, &next))
            return fail_memory(wanted);
    if (__builtin_mul_overflow(next, size, &bytes) || bytes > PTRDIFF_MAX)
        return fail_memory(wanted);
    moved = realloc(*items, bytes);
    if (!moved)
        return fail_memory(bytes);
    *items = moved;
    *capacity = next;
    return STATUS_OK;
}

void *array_zeroed(size_t n, size_t size)
{
    volatile unsigned char *bytes = calloc(n, size);

    for (size_t at = 0; bytes && at < n * size; at += PAGE)
        bytes[at] = 0;
    return (void *)bytes;
}

void free_ptr(void *pointer_to_pointer)
{
    void *pointer;

    memcpy(&pointer, pointer_to_pointer, sizeof pointer);
    free(pointer);
}
