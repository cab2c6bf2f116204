/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text. Positions and lengths count code points. */
#include "query/function_private.h"

#include "base/text.h"

static enum status call_fold(struct value *out, struct eval *eval, const struct expr *expr,
                             const struct value *args)
{
    AUTO(buf_fini) struct buf buf = { 0 };

    TRY(limits_room(eval->limits, args->count));
    TRY(text_fold(&buf, value_slice(args), (unsigned)expr->function->variant));
    return eval_text(out, eval, buf_slice(&buf));
}

enum { TRIM_LEFT = 1, TRIM_RIGHT = 2 };

static bool one_of(int32_t code, const struct value *set)
{
    const unsigned char *at, *end;

    if (!set)
        return text_is_space(code);
    at = (const unsigned char *)set->text;
    for (end = at + set->count; at < end;)
        if (text_next(&at, end) == code)
            return true;
    return false;
}

static enum status call_trim(struct value *out, struct eval *eval, const struct expr *expr,
                             const struct value *args)
{
    const struct value *set = expr->n_items > 1 ? &args[1] : NULL;
    const unsigned char *start = (const unsigned char *)args->text, *end = start + args->count;
    const unsigned char *at;
    int sides = expr->function->variant;

    (void)eval;
    while ((sides & TRIM_LEFT) && start < end) {
        at = start;
        if (!one_of(text_next(&at, end), set))
            break;
        start = at;
    }
    while ((sides & TRIM_RIGHT) && end > start) {
        for (at = end - 1; at > start && (*at & 0xc0) == 0x80;)
            at--;
        const unsigned char *from = at;
        if (!one_of(text_next(&at, end), set))
            break;
        end = from;
    }
    *out = value_text(slice_of(start, (size_t)(end - start)));
    return STATUS_OK;
}

/* Byte at which code point `n` starts, at most the end. */
static uint32_t offset_of(const struct value *text, int64_t n)
{
    uint32_t at = 0;

    while (at < text->count && n > 0) {
        at++;
        while (at < text->count && ((unsigned char)text->text[at] & 0xc0) == 0x80)
            at++;
        n--;
    }
    return at;
}

static enum status negative(struct eval *eval, const struct expr *expr)
{
    return eval_fail(eval, expr, "ArgumentError", "NumberOutOfRange",
                     "%s does not take a negative number", expr->function->help);
}

static enum status call_left(struct value *out, struct eval *eval, const struct expr *expr,
                             const struct value *args)
{
    if (args[1].integer < 0)
        return negative(eval, expr);
    *out = value_text(slice_of(args->text, offset_of(args, args[1].integer)));
    return STATUS_OK;
}

static enum status call_right(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *args)
{
    uint32_t at = args->count;

    if (args[1].integer < 0)
        return negative(eval, expr);
    for (int64_t n = args[1].integer; n > 0 && at > 0; n--)
        for (at--; at > 0 && ((unsigned char)args->text[at] & 0xc0) == 0x80;)
            at--;
    *out = value_text(slice_of(args->text + at, args->count - at));
    return STATUS_OK;
}

static enum status call_substring(struct value *out, struct eval *eval, const struct expr *expr,
                                  const struct value *args)
{
    struct value rest;
    uint32_t start;

    if (args[1].integer < 0 || (expr->n_items > 2 && args[2].integer < 0))
        return negative(eval, expr);
    start = offset_of(args, args[1].integer);
    rest = value_text(slice_of(args->text + start, args->count - start));
    if (expr->n_items > 2)
        rest.count = offset_of(&rest, args[2].integer);
    *out = rest;
    return STATUS_OK;
}

/* Where `part`, which is not empty, comes next; NULL: no more. */
static const char *next_part(const char *at, const char *end, const struct value *part)
{
    return at < end ? memmem(at, (size_t)(end - at), part->text, part->count) : NULL;
}

static uint64_t count_parts(const struct value *text, const struct value *part)
{
    const char *end = text->text + text->count;
    uint64_t n = 0;

    for (const char *at = text->text; (at = next_part(at, end, part)) != NULL; n++)
        at += part->count;
    return n;
}

static enum status call_replace(struct value *out, struct eval *eval, const struct expr *expr,
                                const struct value *args)
{
    const char *at = args->text, *end = at + args->count, *found;
    uint64_t n = args[1].count ? count_parts(args, &args[1]) : 0;
    uint64_t size = args->count + n * args[2].count - n * args[1].count;
    char *text, *to;

    *out = *args;
    if (n == 0)
        return STATUS_OK;
    if (size > UINT32_MAX)
        return eval_fail(eval, expr, "ArgumentError", "NumberOutOfRange", "the text is too long");
    TRY(limits_work(eval->limits, size));
    TRY(limits_room(eval->limits, size));
    text = to = arena_alloc(eval->scratch, size + 1);
    if (!text)
        return STATUS_NO_MEMORY;
    while ((found = next_part(at, end, &args[1])) != NULL) {
        to = mempcpy(to, at, (size_t)(found - at));
        to = mempcpy(to, args[2].count ? args[2].text : "", args[2].count);
        at = found + args[1].count;
    }
    memcpy(to, at, (size_t)(end - at));
    *out = value_text(slice_of(text, size));
    return STATUS_OK;
}

/* The next separator at or after `at`; an empty one stands between all characters. */
static const char *next_separator(const char *at, const char *end, const struct value *separator)
{
    if (separator->count)
        return next_part(at, end, separator);
    if (at >= end)
        return NULL;
    for (at++; at < end && ((unsigned char)*at & 0xc0) == 0x80;)
        at++;
    return at < end ? at : NULL;
}

static enum status call_split(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *args)
{
    const char *at = args->text, *end = at + args->count, *found;
    struct value *items;
    size_t n = 1;

    (void)expr;
    for (const char *p = at; (found = next_separator(p, end, &args[1])) != NULL; n++)
        p = found + args[1].count;
    TRY(limits_room(eval->limits, (uint64_t)n * sizeof *items));
    items = make_items(eval, n);
    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        found = i + 1 < n ? next_separator(at, end, &args[1]) : NULL;
        items[i] = value_text(slice_of(at, (size_t)((found ? found : end) - at)));
        at = found ? found + args[1].count : end;
    }
    *out = value_items(items, n);
    return STATUS_OK;
}

const struct function functions_text[] = {
    { "toLower", 1, 1, 0, { BIT(STRING) }, BIT(STRING), call_fold, TEXT_LOWER, "toLower(text)" },
    { "lower", 1, 1, 0, { BIT(STRING) }, BIT(STRING), call_fold, TEXT_LOWER, "lower(text)" },
    { "toUpper", 1, 1, 0, { BIT(STRING) }, BIT(STRING), call_fold, TEXT_UPPER, "toUpper(text)" },
    { "upper", 1, 1, 0, { BIT(STRING) }, BIT(STRING), call_fold, TEXT_UPPER, "upper(text)" },
    { "normalize", 1, 1, 0, { BIT(STRING) }, BIT(STRING), call_fold, TEXT_NFC, "normalize(text)" },
    { "trim", 1, 2, 0, { BIT(STRING), BIT(STRING) }, BIT(STRING), call_trim,
      TRIM_LEFT | TRIM_RIGHT, "trim(text)" },
    { "btrim", 1, 2, 0, { BIT(STRING), BIT(STRING) }, BIT(STRING), call_trim,
      TRIM_LEFT | TRIM_RIGHT, "btrim(text, characters)" },
    { "lTrim", 1, 2, 0, { BIT(STRING), BIT(STRING) }, BIT(STRING), call_trim, TRIM_LEFT,
      "lTrim(text)" },
    { "rTrim", 1, 2, 0, { BIT(STRING), BIT(STRING) }, BIT(STRING), call_trim, TRIM_RIGHT,
      "rTrim(text)" },
    { "left", 2, 2, 0, { BIT(STRING), BIT(INT) }, BIT(STRING), call_left, 0, "left(text, length)" },
    { "right", 2, 2, 0, { BIT(STRING), BIT(INT) }, BIT(STRING), call_right, 0,
      "right(text, length)" },
    { "substring", 2, 3, 0, { BIT(STRING), BIT(INT), BIT(INT) }, BIT(STRING), call_substring, 0,
      "substring(text, start, length)" },
    { "replace", 3, 3, 0, { BIT(STRING), BIT(STRING), BIT(STRING) }, BIT(STRING), call_replace, 0,
      "replace(text, search, with)" },
    { "split", 2, 2, 0, { BIT(STRING), BIT(STRING) }, BIT(LIST), call_split, 0,
      "split(text, separator)" },
    { 0 },
};
