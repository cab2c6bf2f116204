/* SPDX-License-Identifier: GPL-2.0-or-later */
/* coalesce() and conversions. */
#include "query/function_private.h"

#include "base/emit.h"
#include "base/temporal.h"
#include "query/compare.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

static enum status call_coalesce(struct value *out, struct eval *eval, const struct expr *expr,
                                 const struct value *args)
{
    (void)eval;
    *out = value_null();
    for (uint32_t i = 0; i < expr->n_items; i++)
        if (args[i].type != VALUE_NULL) {
            *out = args[i];
            break;
        }
    return STATUS_OK;
}

static enum status call_null_if(struct value *out, struct eval *eval, const struct expr *expr,
                                const struct value *args)
{
    (void)eval, (void)expr;
    *out = value_equal(&args[0], &args[1]) == TRUTH_TRUE ? value_null() : args[0];
    return STATUS_OK;
}

static struct slice trimmed(const struct value *text)
{
    const char *at = text->text, *end = at + text->count;

    while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
        at++;
    while (end > at && (end[-1] == ' ' || (end[-1] >= '\t' && end[-1] <= '\r')))
        end--;
    return slice_of(at, (size_t)(end - at));
}

static enum status call_to_boolean(struct value *out, struct eval *eval, const struct expr *expr,
                                   const struct value *args)
{
    struct slice text;

    (void)eval, (void)expr;
    *out = value_null();
    if (args->type == VALUE_BOOL) {
        *out = *args;
    } else if (args->type == VALUE_INT) {
        *out = value_bool(args->integer != 0);
    } else if (args->type == VALUE_STRING) {
        text = trimmed(args);
        if (text.size == 4 && strncasecmp(text.data, "true", 4) == 0)
            *out = value_bool(true);
        else if (text.size == 5 && strncasecmp(text.data, "false", 5) == 0)
            *out = value_bool(false);
    }
    return STATUS_OK;
}

/* The number a whole text spells, as a float and, where it is one, as an integer. */
static bool parse_number(double *number, int64_t *integer, bool *whole, const struct value *value)
{
    struct slice text = trimmed(value);
    char copy[400], *end;

    *whole = false;
    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    /* strtod() also takes hexadecimal, "inf" and "nan". */
    for (size_t i = 0; i < text.size; i++)
        if (!strchr("0123456789+-.eE", copy[i]))
            return false;
    errno = 0;
    *integer = strtoll(copy, &end, 10);
    *whole = !*end && !errno;
    *number = strtod(copy, &end);
    return !*end;
}

static bool float_to_integer(struct value *out, double number)
{
    if (isnan(number) || number >= 9223372036854775808.0 || number < -9223372036854775808.0)
        return false;
    *out = value_int((int64_t)number);
    return true;
}

static enum status call_to_integer(struct value *out, struct eval *eval, const struct expr *expr,
                                   const struct value *args)
{
    int64_t integer;
    double number;
    bool whole;

    (void)eval, (void)expr;
    *out = value_null();
    if (args->type == VALUE_INT)
        *out = *args;
    else if (args->type == VALUE_BOOL)
        *out = value_int(args->boolean);
    else if (args->type == VALUE_FLOAT)
        float_to_integer(out, args->floating);
    else if (args->type == VALUE_STRING && parse_number(&number, &integer, &whole, args)) {
        if (whole)
            *out = value_int(integer);
        else
            float_to_integer(out, number);
    }
    return STATUS_OK;
}

static enum status call_to_float(struct value *out, struct eval *eval, const struct expr *expr,
                                 const struct value *args)
{
    int64_t integer;
    double number;
    bool whole;

    (void)eval, (void)expr;
    *out = value_null();
    if (args->type == VALUE_FLOAT)
        *out = *args;
    else if (args->type == VALUE_INT)
        *out = value_float((double)args->integer);
    else if (args->type == VALUE_STRING && parse_number(&number, &integer, &whole, args))
        *out = value_float(number);
    return STATUS_OK;
}

static enum status put_text(struct buf *buf, const struct value *value)
{
    switch (value->type) {
    case VALUE_BOOL:
        return buf_printf(buf, "%s", value->boolean ? "true" : "false");
    case VALUE_INT:
        return buf_printf(buf, "%" PRId64, value->integer);
    case VALUE_FLOAT:
        if (isfinite(value->floating))
            return float_format(buf, value->floating);
        return buf_printf(buf, "%s", isnan(value->floating)     ? "NaN"
                                     : value->floating > 0 ? "Infinity"
                                                           : "-Infinity");
    default:
        return temporal_format(buf, value);
    }
}

static enum status call_to_string(struct value *out, struct eval *eval, const struct expr *expr,
                                  const struct value *args)
{
    AUTO(buf_fini) struct buf buf = { 0 };

    (void)expr;
    if (args->type == VALUE_STRING) {
        *out = *args;
        return STATUS_OK;
    }
    TRY(put_text(&buf, args));
    return eval_text(out, eval, buf_slice(&buf));
}

/* The ...OrNull forms give null where the plain ones refuse the type. */
static enum status call_or_null(struct value *out, struct eval *eval, const struct expr *expr,
                                const struct value *args)
{
    const uint32_t texts = BIT(STRING) | BIT(BOOL) | TYPE_NUMBER | TYPE_TEMPORAL;
    uint32_t bit = TYPE_BIT(args->type);

    *out = value_null();
    switch (expr->function->variant) {
    case 0:
        return bit & (BIT(BOOL) | BIT(INT) | BIT(STRING)) ? call_to_boolean(out, eval, expr, args)
                                                          : STATUS_OK;
    case 1:
        return call_to_integer(out, eval, expr, args);
    case 2:
        return call_to_float(out, eval, expr, args);
    default:
        return bit & texts ? call_to_string(out, eval, expr, args) : STATUS_OK;
    }
}

static enum status call_timestamp(struct value *out, struct eval *eval, const struct expr *expr,
                                  const struct value *args)
{
    (void)expr, (void)args;
    *out = value_int(eval->now_us / 1000);
    return STATUS_OK;
}

static enum status call_value_type(struct value *out, struct eval *eval, const struct expr *expr,
                                   const struct value *args)
{
    (void)expr;
    return eval_text(out, eval, slice_str(value_type_name(args->type)));
}

const struct function functions_scalar[] = {
    { "coalesce", 1, FUNCTION_ANY_ARGS, FUNCTION_NULLS, { 0 }, 0, call_coalesce, 0,
      "coalesce(value, ...)" },
    { "nullIf", 2, 2, FUNCTION_NULLS, { 0 }, 0, call_null_if, 0, "nullIf(value, other)" },
    { "toBoolean", 1, 1, 0, { BIT(BOOL) | BIT(INT) | BIT(STRING) }, BIT(BOOL), call_to_boolean, 0,
      "toBoolean(value)" },
    { "toBooleanOrNull", 1, 1, 0, { 0 }, BIT(BOOL), call_or_null, 0, "toBooleanOrNull(value)" },
    { "toFloat", 1, 1, 0, { TYPE_NUMBER | BIT(STRING) }, BIT(FLOAT), call_to_float, 0,
      "toFloat(value)" },
    { "toFloatOrNull", 1, 1, 0, { 0 }, BIT(FLOAT), call_or_null, 2, "toFloatOrNull(value)" },
    { "toInteger", 1, 1, 0, { TYPE_NUMBER | BIT(STRING) | BIT(BOOL) }, BIT(INT), call_to_integer, 0,
      "toInteger(value)" },
    { "toIntegerOrNull", 1, 1, 0, { 0 }, BIT(INT), call_or_null, 1, "toIntegerOrNull(value)" },
    { "toString", 1, 1, 0, { BIT(STRING) | BIT(BOOL) | TYPE_NUMBER | TYPE_TEMPORAL }, BIT(STRING),
      call_to_string, 0, "toString(value)" },
    { "toStringOrNull", 1, 1, 0, { 0 }, BIT(STRING), call_or_null, 3, "toStringOrNull(value)" },
    { "timestamp", 0, 0, FUNCTION_CLOCK, { 0 }, BIT(INT), call_timestamp, 0, "timestamp()" },
    { "valueType", 1, 1, FUNCTION_NULLS, { 0 }, BIT(STRING), call_value_type, 0,
      "valueType(value)" },
    { 0 },
};
