/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A set of edges, which are met from both ends and taken once. Zeroed memory is empty. */

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "store/id.h"

struct edge_set {
    uint64_t *slots; /* ids, hashed; 0: free */
    size_t n, n_slots;
};

void edge_set_fini(struct edge_set *set);
/* *added: it was not there yet. */
MUST_CHECK enum status edge_set_add(bool *added, struct edge_set *set, struct edge_id id);
