/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/make.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/sort.h"

enum status make_map(struct value *out, struct arena *arena, const struct value_pair *pairs,
                     size_t n)
{
    struct value_pair *copy = arena_array(arena, n, sizeof *copy);

    if (!copy)
        return STATUS_NO_MEMORY;
    if (n) {
        memcpy(copy, pairs, n * sizeof *copy);
        sort_items(copy, n, sizeof *copy, value_pair_order);
    }
    *out = (struct value){ .type = VALUE_MAP, .count = (uint32_t)n, .pairs = copy };
    return STATUS_OK;
}

enum status make_list(struct value *out, struct arena *arena, const struct value *items, size_t n)
{
    struct value *copy = arena_array(arena, n, sizeof *copy);

    if (!copy)
        return STATUS_NO_MEMORY;
    if (n)
        memcpy(copy, items, n * sizeof *copy);
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)n, .items = copy };
    return STATUS_OK;
}

enum status make_text(struct value *out, struct arena *arena, struct slice text)
{
    const char *copy = arena_copy(arena, text);

    if (!copy)
        return STATUS_NO_MEMORY;
    *out = value_text(slice_of(copy, text.size));
    return STATUS_OK;
}

enum status make_printf(struct value *out, struct arena *arena, const char *format, ...)
{
    va_list args;
    char *text;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return fail(STATUS_INVALID, "a text could not be formatted");
    text = arena_alloc(arena, (size_t)length + 1);
    if (!text)
        return STATUS_NO_MEMORY;
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    *out = value_text(slice_of(text, (size_t)length));
    return STATUS_OK;
}
