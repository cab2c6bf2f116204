/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The parts of the function table, each ending with { 0 }. */

#include "query/eval.h"
#include "query/function.h"

#define BIT(type) TYPE_BIT(VALUE_##type)
#define FUNCTION_ANY_ARGS 255

extern const struct function functions_scalar[];
extern const struct function functions_list[];
extern const struct function functions_text[];
extern const struct function functions_math[];
extern const struct function functions_graph[];
extern const struct function functions_aggregate[];
extern const struct function functions_temporal[];

/* A list of `n` null items in the scratch arena. */
struct value *make_items(struct eval *eval, size_t n);
static inline struct value value_items(const struct value *items, size_t n)
{
    return (struct value){ .type = VALUE_LIST, .count = (uint32_t)n, .items = items };
}
