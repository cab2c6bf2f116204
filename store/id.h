/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Identities inside a store: dense, never reused, and not the natural keys people use. */

#include <stdint.h>

struct node_id {
    uint64_t value; /* 1 and up; 0: none */
};

struct edge_id {
    uint64_t value; /* 1 and up; 0: none. All versions of an edge share it. */
};

enum direction {
    DIRECTION_OUT,
    DIRECTION_IN,
    DIRECTION_BOTH, /* in scans: out first, then in; a self-loop comes twice */
};
