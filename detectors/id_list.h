/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A growing list of node ids in the order added, each once: what a walk over the store reaches. */

#include "base/status.h"
#include "store/id.h"

#include <stdbool.h>
#include <stddef.h>

#define ID_LIST_FEW 16 /* as many need no memory of their own */

/* Not to be copied: its ids may lie in itself. */
struct id_list {
    struct node_id *ids;
    size_t n, capacity;
    uint64_t *slots; /* the same ids, hashed, once they are many; 0: free */
    size_t n_slots;
    struct node_id few[ID_LIST_FEW];
};

void id_list_fini(struct id_list *list);
/* Adds an id other than 0 unless it is there. */
MUST_CHECK enum status id_list_add(struct id_list *list, struct node_id id);
/* Takes out all that is in it. */
void id_list_clear(struct id_list *list);
MUST_CHECK enum status id_list_add_all(struct id_list *list, const struct id_list *more);
bool id_list_has(const struct id_list *list, struct node_id id);
