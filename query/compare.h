/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Equality, comparison, order and hash of values, as openCypher defines them.
 *
 * Three-valued: equality and comparison may be unknown (null). Equivalence, which DISTINCT and
 * grouping use, is equality where null is equal to null and NaN to NaN. Order is total.
 */

#include "query/eval.h"

enum truth {
    TRUTH_FALSE,
    TRUTH_TRUE,
    TRUTH_UNKNOWN,
};

static inline struct value value_truth(enum truth truth)
{
    return truth == TRUTH_UNKNOWN ? value_null() : value_bool(truth == TRUTH_TRUE);
}

static inline enum truth truth_not(enum truth truth)
{
    return truth == TRUTH_UNKNOWN ? truth : truth == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

enum truth value_equal(const struct value *a, const struct value *b);
/* *order is <0, 0, >0 where TRUTH_TRUE; TRUTH_FALSE: comparable, but in no order (NaN). */
enum truth value_compare(int *order, const struct value *a, const struct value *b);
bool value_equivalent(const struct value *a, const struct value *b);
/*
 * The order of ORDER BY: maps, nodes, relationships, lists, paths, times, strings, booleans,
 * numbers, NaN, null.
 */
int value_order(const struct value *a, const struct value *b);
/* Equal for equivalent values; the same in every process. */
uint64_t value_hash(const struct value *value);
/* Exact comparison of an integer with a float that is no NaN. */
int compare_int_float(int64_t a, double b);
