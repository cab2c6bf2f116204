/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Identities inside a store: dense, never reused, and not the natural keys people use. */

#include <stdint.h>

struct node_id {
    uint64_t value; /* 1 and up; 0: none */
};

/* For qsort() and bsearch(). */
static inline int node_id_compare(const void *a, const void *b)
{
    const struct node_id *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

struct edge_id {
    uint64_t value; /* 1 and up; 0: none. All versions of an edge share it. */
};

enum direction {
    DIRECTION_OUT,
    DIRECTION_IN,
    DIRECTION_BOTH, /* in scans: out first, then in; a self-loop comes twice */
};
