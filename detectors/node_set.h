/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A set of nodes in order of arrival. Zeroed memory is empty. */

#include "base/slots.h"
#include "store/id.h"

struct node_set {
    struct node_id *ids;
    size_t n, capacity;
    struct slots slots;
};

void node_set_fini(struct node_set *set);
bool node_set_has(const struct node_set *set, struct node_id id);
/* Its place in `ids`; false where it is not there. */
bool node_set_find(size_t *place, const struct node_set *set, struct node_id id);
MUST_CHECK enum status node_set_add(struct node_set *set, struct node_id id);
MUST_CHECK enum status node_set_join(struct node_set *set, const struct node_set *other);
