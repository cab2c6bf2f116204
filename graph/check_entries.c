/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is compared of an edge's two ends, and a second pass over entries, for those that differ. */

#include "base/hash.h"
#include "graph/check_private.h"

uint64_t twin_hash(const struct check_entry *at)
{
    const struct entry *entry = at->entry;
    bool is_out = group_is_out(at->code);
    const uint64_t words[] = {
        at->code & ~1u,
        is_out ? at->node.value : entry->other.value,
        is_out ? entry->other.value : at->node.value,
        entry->edge.value, (uint64_t)entry->valid_from_us, (uint64_t)entry->valid_to_us,
        (uint64_t)entry->observed_us, entry->born, entry->ended, entry->has_key,
    };
    uint64_t hash = 0;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        hash = hash_mix64(hash + words[i] + i);
    return hash;
}

typedef enum status entry_visit(void *context, const struct check_entry *entry);

static enum status visit_run(struct check *check, struct node_id node, uint32_t code, struct slice bytes,
                             uint64_t base_born, entry_visit *visit, void *context)
{
    struct reader reader = reader_of(bytes);
    struct entry_state state = { 0 };
    struct entry entry;

    while (entry_decode(&entry, &state, &reader, base_born, group_is_out(code)))
        if (!is_pending(check, entry.born))
            TRY(visit(context, &(struct check_entry){ node, code, &entry }));
    return STATUS_OK;
}

static enum status visit_group(struct check *check, struct node_id node, const struct row *row,
                               const struct group *group, entry_visit *visit, void *context)
{
    AUTO(entry_list_fini) struct entry_list list = { 0 };
    enum status status;

    if (!group->spilled)
        return visit_run(check, node, group->code, group->entries, row->base_born, visit, context);
    status = entry_list_read_group(&list, check->txn, node, row, group);
    if (status && status != STATUS_CORRUPT) /* damage was said before */
        return status;
    for (size_t i = 0; i < list.n; i++)
        if (!is_pending(check, list.items[i].born))
            TRY(visit(context, &(struct check_entry){ node, group->code, &list.items[i] }));
    return STATUS_OK;
}

static enum status visit_row(struct check *check, struct slice key, struct slice value,
                             const bool *wanted, entry_visit *visit, void *context)
{
    struct reader reader;
    struct group group;
    struct row row;

    if (key.size != NODE_KEY_BYTES || row_decode(&row, value))
        return STATUS_OK;
    reader = reader_of(row.groups);
    while (group_next(&group, &reader))
        if (group_type(group.code) <= check->n_symbols && wanted[group.code >> 1])
            TRY(visit_group(check, key_get_node(key.data), &row, &group, visit, context));
    return STATUS_OK;
}

enum status check_visit_entries(struct check *check, const bool *wanted, entry_visit *visit,
                                void *context)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, check->txn->store, TABLE_NODE));
    for (status = store_cursor_seek(&key, &value, cursor, (struct slice){ 0 });
         status == STATUS_OK; status = store_cursor_next(&key, &value, cursor))
        TRY(visit_row(check, key, value, wanted, visit, context));
    return status == STATUS_END ? STATUS_OK : status;
}
