/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/id_list.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"

void id_list_fini(struct id_list *list)
{
    if (list->ids != list->few)
        free(list->ids);
    if (list->slots)
        free(list->slots);
    list->ids = NULL;
    list->slots = NULL;
    list->n = list->capacity = list->n_slots = 0;
}

void id_list_clear(struct id_list *list)
{
    list->n = 0;
    if (list->slots)
        memset(list->slots, 0, list->n_slots * sizeof *list->slots);
}

/* The id's slot, or the free one where it would go. */
static size_t id_slot(const uint64_t *slots, size_t n_slots, uint64_t id)
{
    size_t slot = hash_mix64(id) & (n_slots - 1);

    while (slots[slot] && slots[slot] != id)
        slot = (slot + 1) & (n_slots - 1);
    return slot;
}

static enum status grow_slots(struct id_list *list)
{
    size_t wanted = list->n_slots ? 2 * list->n_slots : 4 * (size_t)ID_LIST_FEW;
    uint64_t *grown = calloc(wanted, sizeof *grown);

    if (!grown)
        return fail_memory(wanted * sizeof *grown);
    free(list->slots);
    list->slots = grown;
    list->n_slots = wanted;
    for (size_t i = 0; i < list->n; i++)
        grown[id_slot(grown, wanted, list->ids[i].value)] = list->ids[i].value;
    return STATUS_OK;
}

bool id_list_has(const struct id_list *list, struct node_id id)
{
    if (list->n_slots)
        return list->slots[id_slot(list->slots, list->n_slots, id.value)] != 0;
    for (size_t i = 0; i < list->n; i++)
        if (list->ids[i].value == id.value)
            return true;
    return false;
}

/* Room for one more: the first few lie in the list itself. */
static enum status make_room(struct id_list *list)
{
    struct node_id *many = NULL;

    if (!list->ids) {
        list->ids = list->few;
        list->capacity = ID_LIST_FEW;
    }
    if (list->n < list->capacity || list->ids != list->few)
        return array_reserve(&list->ids, &list->capacity, list->n + 1);
    list->capacity = 0;
    TRY(array_reserve(&many, &list->capacity, 2 * ID_LIST_FEW));
    memcpy(many, list->few, sizeof list->few);
    list->ids = many;
    return STATUS_OK;
}

enum status id_list_add(struct id_list *list, struct node_id id)
{
    if (id_list_has(list, id))
        return STATUS_OK;
    TRY(make_room(list));
    if (list->n >= ID_LIST_FEW && 2 * (list->n + 1) > list->n_slots)
        TRY(grow_slots(list));
    list->ids[list->n++] = id;
    if (list->n_slots)
        list->slots[id_slot(list->slots, list->n_slots, id.value)] = id.value;
    return STATUS_OK;
}

enum status id_list_add_all(struct id_list *list, const struct id_list *more)
{
    for (size_t i = 0; i < more->n; i++)
        TRY(id_list_add(list, more->ids[i]));
    return STATUS_OK;
}
