/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Byte ranges, growing buffers, and growing arrays.
 *
 * A `struct slice` lends bytes. A `struct buf` owns bytes; zeroed memory is an empty buffer and
 * buf_fini() accepts it. Appending costs amortised O(bytes); failure leaves the content as it was.
 */

#include "base/status.h"

#include <string.h>

struct slice {
    const void *data;
    size_t size;
};

#define SLICE(text) ((struct slice){ (text), sizeof(text) - 1 })

static inline struct slice slice_of(const void *data, size_t size)
{
    return (struct slice){ data, size };
}

static inline struct slice slice_str(const char *text)
{
    return (struct slice){ text, strlen(text) };
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Byte order, a prefix before what it begins: <0, 0, >0. */
int slice_compare(struct slice a, struct slice b);

/* Without the spaces and tabs around it. */
struct slice slice_trim(struct slice text);

struct buf {
    unsigned char *data;
    size_t size;
    size_t capacity;
};

static inline struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){ buf->data, buf->size };
}

static inline void buf_clear(struct buf *buf)
{
    buf->size = 0;
}

void buf_fini(struct buf *buf);
/* Room for `extra` more bytes after `size`. */
MUST_CHECK enum status buf_reserve(struct buf *buf, size_t extra);
MUST_CHECK enum status buf_append(struct buf *buf, const void *data, size_t size);
MUST_CHECK enum status buf_append_byte(struct buf *buf, unsigned char byte);
MUST_CHECK enum status buf_append_slice(struct buf *buf, struct slice slice);
MUST_CHECK enum status buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
/* Lends the content as a C string: a zero byte is kept behind it, not counted in size. */
MUST_CHECK enum status buf_string(const char **out, struct buf *buf);

/*
 * Growing array of any element type, for fields `T *items; size_t n, capacity;`:
 *     TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
 * Doubles, checks for overflow, keeps the old items on failure. `items` is a T **.
 */
MUST_CHECK enum status array_reserve_(void **items, size_t *capacity, size_t wanted, size_t size);
#define array_reserve(items, capacity, wanted)                                                     \
    array_room_((void **)(items), (capacity), (wanted), sizeof **(items))

/* Called for each item that is added anywhere: mostly there is room. */
MUST_CHECK static inline enum status array_room_(void **items, size_t *capacity, size_t wanted,
                                                 size_t size)
{
    return wanted <= *capacity ? STATUS_OK : array_reserve_(items, capacity, wanted, size);
}

/*
 * As calloc(), for large arrays that are soon used all over: each page is had by one write. Pages
 * of calloc() that are read before they are written are mapped twice, and other threads wait for
 * it.
 */
void *array_zeroed(size_t n, size_t size);

/* free() through AUTO, for pointers of any type. */
void free_ptr(void *pointer_to_pointer);
