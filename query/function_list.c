/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists: head(), last(), tail(), size(), range(), reverse(); keys() is in function_graph.c. */
#include "query/function_private.h"

static uint32_t text_length(struct slice text)
{
    const unsigned char *bytes = text.data;
    uint32_t n = 0;

    for (size_t i = 0; i < text.size; i++)
        n += (bytes[i] & 0xc0) != 0x80;
    return n;
}

static enum status call_end(struct value *out, struct eval *eval, const struct expr *expr,
                            const struct value *args)
{
    (void)eval;
    *out = value_null();
    if (args->count)
        *out = args->items[expr->function->variant ? args->count - 1 : 0];
    return STATUS_OK;
}

static enum status call_tail(struct value *out, struct eval *eval, const struct expr *expr,
                             const struct value *args)
{
    (void)eval, (void)expr;
    *out = *args;
    if (args->count) {
        out->items++;
        out->count--;
    }
    return STATUS_OK;
}

static enum status call_size(struct value *out, struct eval *eval, const struct expr *expr,
                             const struct value *args)
{
    (void)eval, (void)expr;
    *out = value_int(args->type == VALUE_STRING ? text_length(value_slice(args)) : args->count);
    return STATUS_OK;
}

static enum status call_is_empty(struct value *out, struct eval *eval, const struct expr *expr,
                                 const struct value *args)
{
    (void)eval, (void)expr;
    *out = value_bool(args->count == 0);
    return STATUS_OK;
}

static enum status reverse_text(struct value *out, struct eval *eval, const struct value *text)
{
    char *copy;
    uint32_t at = 0;

    TRY(limits_room(eval->limits, text->count));
    copy = arena_alloc(eval->scratch, (size_t)text->count + 1);
    if (!copy)
        return STATUS_NO_MEMORY;
    while (at < text->count) {
        uint32_t size = 1;

        while (at + size < text->count && ((unsigned char)text->text[at + size] & 0xc0) == 0x80)
            size++;
        memcpy(copy + text->count - at - size, text->text + at, size);
        at += size;
    }
    *out = value_text(slice_of(copy, text->count));
    return STATUS_OK;
}

static enum status call_reverse(struct value *out, struct eval *eval, const struct expr *expr,
                                const struct value *args)
{
    struct value *items;

    (void)expr;
    if (args->type == VALUE_STRING)
        return reverse_text(out, eval, args);
    TRY(limits_room(eval->limits, (uint64_t)args->count * sizeof *items));
    items = make_items(eval, args->count);
    if (!items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < args->count; i++)
        items[i] = args->items[args->count - 1 - i];
    *out = value_items(items, args->count);
    return STATUS_OK;
}

static enum status call_range(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *args)
{
    int64_t start, end, step = 1;
    uint64_t n = 0;
    struct value *items;

    for (uint32_t i = 0; i < expr->n_items; i++)
        if (args[i].type != VALUE_INT)
            return eval_fail(eval, expr->items[i], "ArgumentError", "InvalidArgumentType",
                             "range() takes integers, not %s", value_type_name(args[i].type));
    start = args[0].integer;
    end = args[1].integer;
    if (expr->n_items > 2)
        step = args[2].integer;
    if (step == 0)
        return eval_fail(eval, expr, "ArgumentError", "NumberOutOfRange",
                         "the step of range() can't be 0");
    if (step > 0 ? start <= end : start >= end)
        n = (step > 0 ? (uint64_t)end - (uint64_t)start : (uint64_t)start - (uint64_t)end) /
                (step > 0 ? (uint64_t)step : 0 - (uint64_t)step) + 1;
    if (n > 100000000)
        return eval_fail(eval, expr, "ArgumentError", "NumberOutOfRange",
                         "range() of more than 100 million numbers");
    TRY(limits_work(eval->limits, n * sizeof *items));
    TRY(limits_room(eval->limits, n * sizeof *items));
    items = make_items(eval, n);
    if (!items)
        return STATUS_NO_MEMORY;
    for (uint64_t i = 0; i < n; i++)
        items[i] = value_int((int64_t)((uint64_t)start + i * (uint64_t)step));
    *out = value_items(items, n);
    return STATUS_OK;
}

const struct function functions_list[] = {
    { "head", 1, 1, 0, { BIT(LIST) }, 0, call_end, 0, "head(list)" },
    { "last", 1, 1, 0, { BIT(LIST) }, 0, call_end, 1, "last(list)" },
    { "tail", 1, 1, 0, { BIT(LIST) }, BIT(LIST), call_tail, 0, "tail(list)" },
    { "size", 1, 1, 0, { BIT(LIST) | BIT(STRING) }, BIT(INT), call_size, 0, "size(list or text)" },
    { "isEmpty", 1, 1, 0, { BIT(LIST) | BIT(STRING) | BIT(MAP) }, BIT(BOOL), call_is_empty, 0,
      "isEmpty(list, map or text)" },
    { "reverse", 1, 1, 0, { BIT(LIST) | BIT(STRING) }, BIT(LIST) | BIT(STRING), call_reverse, 0,
      "reverse(list or text)" },
    { "range", 2, 3, 0, { 0 }, BIT(LIST), call_range, 0, "range(start, end, step = 1)" },
    { "char_length", 1, 1, 0, { BIT(STRING) }, BIT(INT), call_size, 0, "char_length(text)" },
    { "character_length", 1, 1, 0, { BIT(STRING) }, BIT(INT), call_size, 0,
      "character_length(text)" },
    { 0 },
};
