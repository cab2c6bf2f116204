/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/compare.h"

#include "base/hash.h"

#include <math.h>

static bool is_number(const struct value *value)
{
    return value->type == VALUE_INT || value->type == VALUE_FLOAT;
}

static bool is_nan(const struct value *value)
{
    return value->type == VALUE_FLOAT && isnan(value->floating);
}

int compare_int_float(int64_t a, double b)
{
    int64_t whole;

    if (b >= 9223372036854775808.0)
        return -1;
    if (b < -9223372036854775808.0)
        return 1;
    whole = (int64_t)b;
    if (a != whole)
        return a < whole ? -1 : 1;
    return (double)whole < b ? -1 : (double)whole > b;
}

/* Neither is NaN. */
static int compare_numbers(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_INT && b->type == VALUE_INT)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (a->type == VALUE_FLOAT && b->type == VALUE_FLOAT)
        return (a->floating > b->floating) - (a->floating < b->floating);
    if (a->type == VALUE_INT)
        return compare_int_float(a->integer, b->floating);
    return -compare_int_float(b->integer, a->floating);
}

static int compare_int64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Both of the same temporal type, which is not DURATION. */
static int compare_temporal(const struct value *a, const struct value *b)
{
    int order;

    switch (a->type) {
    case VALUE_TIME:
        order = compare_int64(a->integer - (int64_t)a->extra * 1000000000,
                              b->integer - (int64_t)b->extra * 1000000000);
        return order;
    case VALUE_LOCAL_DATETIME:
    case VALUE_DATETIME:
        order = compare_int64(a->instant.seconds, b->instant.seconds);
        return order ? order : compare_int64(a->extra, b->extra);
    default: /* DATE, LOCAL_TIME */
        return compare_int64(a->integer, b->integer);
    }
}

static bool durations_equal(const struct duration *a, const struct duration *b)
{
    return a->months == b->months && a->days == b->days && a->seconds == b->seconds &&
           a->nanoseconds == b->nanoseconds;
}

static uint64_t edge_id_of(const struct value *edge)
{
    return ((const struct edge_ref *)edge->ref)->edge.id.value;
}

/* ---- Equality ---------------------------------------------------------------------------- */

static enum truth equal_lists(const struct value *a, const struct value *b)
{
    enum truth all = TRUTH_TRUE;

    if (a->count != b->count)
        return TRUTH_FALSE;
    for (uint32_t i = 0; i < a->count; i++) {
        enum truth one = value_equal(&a->items[i], &b->items[i]);
        if (one == TRUTH_FALSE)
            return one;
        if (one == TRUTH_UNKNOWN)
            all = one;
    }
    return all;
}

static enum truth equal_maps(const struct value *a, const struct value *b)
{
    enum truth all = TRUTH_TRUE;

    if (a->count != b->count)
        return TRUTH_FALSE;
    for (uint32_t i = 0; i < a->count; i++)
        if (!slice_equal(a->pairs[i].key, b->pairs[i].key))
            return TRUTH_FALSE;
    for (uint32_t i = 0; i < a->count; i++) {
        enum truth one = value_equal(&a->pairs[i].value, &b->pairs[i].value);
        if (one == TRUTH_FALSE)
            return one;
        if (one == TRUTH_UNKNOWN)
            all = one;
    }
    return all;
}

static bool paths_equal(const struct path *a, const struct path *b)
{
    if (a->n_edges != b->n_edges || a->nodes[0].integer != b->nodes[0].integer)
        return false;
    for (uint32_t i = 0; i < a->n_edges; i++)
        if (edge_id_of(&a->edges[i]) != edge_id_of(&b->edges[i]) ||
            a->nodes[i + 1].integer != b->nodes[i + 1].integer)
            return false;
    return true;
}

enum truth value_equal(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_NULL || b->type == VALUE_NULL)
        return TRUTH_UNKNOWN;
    if (is_number(a) && is_number(b))
        return !is_nan(a) && !is_nan(b) && compare_numbers(a, b) == 0 ? TRUTH_TRUE : TRUTH_FALSE;
    if (a->type != b->type)
        return TRUTH_FALSE;
    switch (a->type) {
    case VALUE_BOOL:
        return a->boolean == b->boolean ? TRUTH_TRUE : TRUTH_FALSE;
    case VALUE_STRING:
        return slice_equal(value_slice(a), value_slice(b)) ? TRUTH_TRUE : TRUTH_FALSE;
    case VALUE_LIST:
        return equal_lists(a, b);
    case VALUE_MAP:
        return equal_maps(a, b);
    case VALUE_NODE:
        return a->integer == b->integer ? TRUTH_TRUE : TRUTH_FALSE;
    case VALUE_EDGE:
        return edge_id_of(a) == edge_id_of(b) ? TRUTH_TRUE : TRUTH_FALSE;
    case VALUE_PATH:
        return paths_equal(a->ref, b->ref) ? TRUTH_TRUE : TRUTH_FALSE;
    case VALUE_DURATION:
        return durations_equal(a->duration, b->duration) ? TRUTH_TRUE : TRUTH_FALSE;
    default:
        return compare_temporal(a, b) == 0 ? TRUTH_TRUE : TRUTH_FALSE;
    }
}

/* ---- Comparison -------------------------------------------------------------------------- */

static int compare_text(const struct value *a, const struct value *b)
{
    return slice_compare(value_slice(a), value_slice(b));
}

static enum truth compare_lists(int *order, const struct value *a, const struct value *b)
{
    uint32_t n = a->count < b->count ? a->count : b->count;

    for (uint32_t i = 0; i < n; i++) {
        enum truth truth = value_compare(order, &a->items[i], &b->items[i]);
        if (truth != TRUTH_TRUE || *order != 0)
            return truth;
    }
    *order = (a->count > b->count) - (a->count < b->count);
    return TRUTH_TRUE;
}

enum truth value_compare(int *order, const struct value *a, const struct value *b)
{
    if (a->type == VALUE_NULL || b->type == VALUE_NULL)
        return TRUTH_UNKNOWN;
    if (is_number(a) && is_number(b)) {
        if (is_nan(a) || is_nan(b))
            return TRUTH_FALSE;
        *order = compare_numbers(a, b);
        return TRUTH_TRUE;
    }
    if (a->type != b->type)
        return TRUTH_UNKNOWN;
    switch (a->type) {
    case VALUE_BOOL:
        *order = a->boolean - b->boolean;
        return TRUTH_TRUE;
    case VALUE_STRING:
        *order = compare_text(a, b);
        return TRUTH_TRUE;
    case VALUE_LIST:
        return compare_lists(order, a, b);
    case VALUE_DATE:
    case VALUE_LOCAL_TIME:
    case VALUE_TIME:
    case VALUE_LOCAL_DATETIME:
    case VALUE_DATETIME:
        *order = compare_temporal(a, b);
        return TRUTH_TRUE;
    default: /* maps, durations, nodes, relationships and paths have no order */
        return TRUTH_UNKNOWN;
    }
}

/* ---- Equivalence and order --------------------------------------------------------------- */

static bool pairs_equivalent(const struct value *a, const struct value *b)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (!slice_equal(a->pairs[i].key, b->pairs[i].key) ||
            !value_equivalent(&a->pairs[i].value, &b->pairs[i].value))
            return false;
    return true;
}

bool value_equivalent(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_NULL || b->type == VALUE_NULL)
        return a->type == b->type;
    if (is_nan(a) || is_nan(b))
        return is_nan(a) && is_nan(b);
    if (a->type == VALUE_LIST && b->type == VALUE_LIST) {
        if (a->count != b->count)
            return false;
        for (uint32_t i = 0; i < a->count; i++)
            if (!value_equivalent(&a->items[i], &b->items[i]))
                return false;
        return true;
    }
    if (a->type == VALUE_MAP && b->type == VALUE_MAP)
        return a->count == b->count && pairs_equivalent(a, b);
    return value_equal(a, b) == TRUTH_TRUE;
}

/* Place of the type in the order of ORDER BY. */
static int rank(const struct value *value)
{
    static const unsigned char ranks[] = {
        [VALUE_MAP] = 0,        [VALUE_NODE] = 1,       [VALUE_EDGE] = 2,
        [VALUE_LIST] = 3,       [VALUE_PATH] = 4,       [VALUE_DATETIME] = 5,
        [VALUE_LOCAL_DATETIME] = 6, [VALUE_DATE] = 7,   [VALUE_TIME] = 8,
        [VALUE_LOCAL_TIME] = 9, [VALUE_DURATION] = 10,  [VALUE_STRING] = 11,
        [VALUE_BOOL] = 12,      [VALUE_INT] = 13,       [VALUE_FLOAT] = 13,
        [VALUE_NULL] = 15,
    };

    return is_nan(value) ? 14 : ranks[value->type];
}

static int order_lists(const struct value *a, const struct value *b)
{
    uint32_t n = a->count < b->count ? a->count : b->count;

    for (uint32_t i = 0; i < n; i++) {
        int order = value_order(&a->items[i], &b->items[i]);
        if (order)
            return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

static int order_maps(const struct value *a, const struct value *b)
{
    uint32_t n = a->count < b->count ? a->count : b->count;

    for (uint32_t i = 0; i < n; i++) {
        int order = slice_compare(a->pairs[i].key, b->pairs[i].key);
        if (!order)
            order = value_order(&a->pairs[i].value, &b->pairs[i].value);
        if (order)
            return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

static int order_paths(const struct path *a, const struct path *b)
{
    uint32_t n = a->n_edges < b->n_edges ? a->n_edges : b->n_edges;
    int order = compare_int64(a->nodes[0].integer, b->nodes[0].integer);

    for (uint32_t i = 0; i < n && !order; i++)
        order = value_order(&a->edges[i], &b->edges[i]);
    return order ? order : compare_int64(a->n_edges, b->n_edges);
}

/* Durations by their average length: months of 30.436875 days, as Java's ChronoUnit has them. */
static int order_durations(const struct duration *a, const struct duration *b)
{
    double x = (double)a->months * 2629746.0 + (double)a->days * 86400.0 + (double)a->seconds;
    double y = (double)b->months * 2629746.0 + (double)b->days * 86400.0 + (double)b->seconds;
    int order = (x > y) - (x < y);

    if (!order)
        order = compare_int64(a->nanoseconds, b->nanoseconds);
    if (!order)
        order = compare_int64(a->months, b->months);
    return order ? order : compare_int64(a->days, b->days);
}

int value_order(const struct value *a, const struct value *b)
{
    int ranks = rank(a) - rank(b), order = 0;

    if (ranks)
        return ranks;
    switch (a->type) {
    case VALUE_NULL:
        return 0;
    case VALUE_MAP:
        return order_maps(a, b);
    case VALUE_NODE:
        return compare_int64(a->integer, b->integer);
    case VALUE_EDGE:
        return compare_int64((int64_t)edge_id_of(a), (int64_t)edge_id_of(b));
    case VALUE_LIST:
        return order_lists(a, b);
    case VALUE_PATH:
        return order_paths(a->ref, b->ref);
    case VALUE_DURATION:
        return order_durations(a->duration, b->duration);
    case VALUE_FLOAT:
    case VALUE_INT:
        return is_nan(a) ? 0 : compare_numbers(a, b);
    default:
        value_compare(&order, a, b);
        return order;
    }
}

/* ---- Hash -------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    return hash_mix64(hash ^ (word + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2)));
}

static uint64_t hash_number(const struct value *value)
{
    uint64_t bits;
    double number;

    if (value->type == VALUE_INT)
        return mix(13, (uint64_t)value->integer);
    number = value->floating;
    if (isnan(number))
        return 17;
    /* A float equal to an integer hashes as that integer. */
    if (number >= -9223372036854775808.0 && number < 9223372036854775808.0 &&
        number == (double)(int64_t)number)
        return mix(13, (uint64_t)(int64_t)number);
    memcpy(&bits, &number, sizeof bits);
    return mix(13, bits);
}

static uint64_t hash_path(const struct path *path)
{
    uint64_t hash = mix(4, (uint64_t)path->nodes[0].integer);

    for (uint32_t i = 0; i < path->n_edges; i++)
        hash = mix(hash, edge_id_of(&path->edges[i]));
    return hash;
}

uint64_t value_hash(const struct value *value)
{
    uint64_t hash = value->type;

    switch (value->type) {
    case VALUE_NULL:
        return 1;
    case VALUE_BOOL:
        return mix(2, value->boolean);
    case VALUE_INT:
    case VALUE_FLOAT:
        return hash_number(value);
    case VALUE_STRING:
        return hash64(value_slice(value), 7);
    case VALUE_LIST:
        for (uint32_t i = 0; i < value->count; i++)
            hash = mix(hash, value_hash(&value->items[i]));
        return hash;
    case VALUE_MAP:
        for (uint32_t i = 0; i < value->count; i++)
            hash = mix(mix(hash, hash64(value->pairs[i].key, 7)),
                       value_hash(&value->pairs[i].value));
        return hash;
    case VALUE_EDGE:
        return mix(hash, edge_id_of(value));
    case VALUE_PATH:
        return hash_path(value->ref);
    case VALUE_DURATION:
        return mix(mix(mix(hash, (uint64_t)value->duration->months),
                       (uint64_t)value->duration->days), (uint64_t)value->duration->seconds);
    case VALUE_TIME:
        return mix(hash, (uint64_t)(value->integer - (int64_t)value->extra * 1000000000));
    case VALUE_LOCAL_DATETIME:
    case VALUE_DATETIME:
        return mix(mix(hash, (uint64_t)value->instant.seconds), (uint64_t)value->extra);
    default: /* DATE, LOCAL_TIME, NODE */
        return mix(hash, (uint64_t)value->integer);
    }
}
