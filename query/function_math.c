/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers. */
#include "query/function_private.h"

#include "base/hash.h"

#include <math.h>
#include <strings.h>

static double as_double(const struct value *value)
{
    return value->type == VALUE_INT ? (double)value->integer : value->floating;
}

static double cotangent(double x)
{
    return 1 / tan(x);
}

static double degrees(double x)
{
    return x * (180 / M_PI);
}

static double radians(double x)
{
    return x * (M_PI / 180);
}

static double haversine(double x)
{
    return (1 - cos(x)) / 2;
}

static double (*const unary[])(double) = {
    ceil, floor, exp, log, log10, sqrt, acos, asin, atan, cos, cotangent, degrees, haversine,
    radians, sin, tan, sinh, cosh, tanh,
};

static enum status call_unary(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *args)
{
    (void)eval;
    *out = value_float(unary[expr->function->variant](as_double(args)));
    return STATUS_OK;
}

static enum status call_atan2(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *args)
{
    (void)eval, (void)expr;
    *out = value_float(atan2(as_double(&args[0]), as_double(&args[1])));
    return STATUS_OK;
}

static enum status call_constant(struct value *out, struct eval *eval, const struct expr *expr,
                                 const struct value *args)
{
    (void)eval, (void)args;
    *out = value_float(expr->function->variant ? M_PI : M_E);
    return STATUS_OK;
}

static enum status call_abs(struct value *out, struct eval *eval, const struct expr *expr,
                            const struct value *args)
{
    *out = *args;
    if (args->type == VALUE_FLOAT)
        out->floating = fabs(args->floating);
    else if (args->integer == INT64_MIN)
        return eval_fail(eval, expr, "ArithmeticError", "IntegerOverflow",
                         "the result does not fit in 64 bits");
    else if (args->integer < 0)
        out->integer = -args->integer;
    return STATUS_OK;
}

static enum status call_sign(struct value *out, struct eval *eval, const struct expr *expr,
                             const struct value *args)
{
    double number = as_double(args);

    (void)eval, (void)expr;
    *out = value_int((number > 0) - (number < 0));
    return STATUS_OK;
}

static enum status call_is_nan(struct value *out, struct eval *eval, const struct expr *expr,
                               const struct value *args)
{
    (void)eval, (void)expr;
    *out = value_bool(args->type == VALUE_FLOAT && isnan(args->floating));
    return STATUS_OK;
}

/* splitmix64 of the run's own seed: a query gives the same numbers each time it is run. */
static enum status call_rand(struct value *out, struct eval *eval, const struct expr *expr,
                             const struct value *args)
{
    (void)expr, (void)args;
    eval->random += 0x9e3779b97f4a7c15u;
    *out = value_float((double)(hash_mix64(eval->random) >> 11) * 0x1.0p-53);
    return STATUS_OK;
}

static double round_mode(double x, struct slice mode)
{
    double whole = floor(x), rest = x - whole;
    bool up;

#define MODE(text) (mode.size == sizeof text - 1 && strncasecmp(mode.data, text, mode.size) == 0)
    if (MODE("UP"))
        return x < 0 ? whole : ceil(x);
    if (MODE("DOWN"))
        return trunc(x);
    if (MODE("CEILING"))
        return ceil(x);
    if (MODE("FLOOR"))
        return whole;
    if (rest != 0.5)
        return rest < 0.5 ? whole : whole + 1;
    up = x > 0; /* HALF_UP: away from zero */
    if (MODE("HALF_DOWN"))
        up = x < 0;
    else if (MODE("HALF_EVEN"))
        up = fmod(whole, 2) != 0;
#undef MODE
    return up ? whole + 1 : whole;
}

/* Without a precision a tie goes towards plus infinity, as openCypher has it. */
static enum status call_round(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *args)
{
    double number = as_double(args), scale;

    if (expr->n_items == 1) {
        *out = value_float(fabs(number) < 0x1p52 ? floor(number + 0.5) : number);
        if (fabs(number) < 0.5 && number > 0)
            *out = value_float(0);
        return STATUS_OK;
    }
    if (args[1].integer < 0 || args[1].integer > 300)
        return eval_fail(eval, expr->items[1], "ArgumentError", "NumberOutOfRange",
                         "the precision of round() lies in 0..300");
    scale = pow(10, (double)args[1].integer);
    if (!isfinite(number * scale))
        *out = value_float(number);
    else
        *out = value_float(round_mode(number * scale,
                                      expr->n_items > 2 ? value_slice(&args[2])
                                                        : SLICE("HALF_UP")) / scale);
    return STATUS_OK;
}

#define UNARY(name, index)                                                                         \
    { name, 1, 1, 0, { TYPE_NUMBER }, BIT(FLOAT), call_unary, index, name "(number)" }

const struct function functions_math[] = {
    UNARY("ceil", 0), UNARY("floor", 1), UNARY("exp", 2), UNARY("log", 3), UNARY("ln", 3),
    UNARY("log10", 4), UNARY("sqrt", 5), UNARY("acos", 6), UNARY("asin", 7), UNARY("atan", 8),
    UNARY("cos", 9), UNARY("cot", 10), UNARY("degrees", 11), UNARY("haversin", 12),
    UNARY("radians", 13), UNARY("sin", 14), UNARY("tan", 15), UNARY("sinh", 16),
    UNARY("cosh", 17), UNARY("tanh", 18),
    { "atan2", 2, 2, 0, { TYPE_NUMBER, TYPE_NUMBER }, BIT(FLOAT), call_atan2, 0, "atan2(y, x)" },
    { "e", 0, 0, 0, { 0 }, BIT(FLOAT), call_constant, 0, "e()" },
    { "pi", 0, 0, 0, { 0 }, BIT(FLOAT), call_constant, 1, "pi()" },
    { "abs", 1, 1, 0, { TYPE_NUMBER }, TYPE_NUMBER, call_abs, 0, "abs(number)" },
    { "sign", 1, 1, 0, { TYPE_NUMBER }, BIT(INT), call_sign, 0, "sign(number)" },
    { "isNaN", 1, 1, 0, { TYPE_NUMBER }, BIT(BOOL), call_is_nan, 0, "isNaN(number)" },
    { "rand", 0, 0, FUNCTION_VOLATILE, { 0 }, BIT(FLOAT), call_rand, 0, "rand()" },
    { "round", 1, 3, 0, { TYPE_NUMBER, BIT(INT), BIT(STRING) }, BIT(FLOAT), call_round, 0,
      "round(number, precision, mode)" },
    { 0 },
};
