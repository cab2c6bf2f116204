/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries as all see them who do not see a batch under way; and a walk over those of some types. */

#include "graph/check_private.h"

bool check_sees(struct check_entry *at, struct entry *entry, const struct check *check)
{
    if (check_is_pending(check, entry->born))
        return false;
    if (check_is_pending(check, entry->ended)) {
        entry->ended = 0;
        at->code &= ~(uint32_t)2;
    }
    return true;
}

enum status check_each_row(struct check *check, enum store_table table, row_visit *visit,
                           void *context)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key = { 0 }, value = { 0 };
    enum status status;

    TRY(store_cursor_open(&cursor, check->txn->store, table));
    status = store_cursor_seek(&key, &value, cursor, (struct slice){ 0 });
    while (status == STATUS_OK || (status == STATUS_CORRUPT && key.data)) {
        if (status == STATUS_OK) /* a broken seal was said by the pass over pages */
            TRY(visit(context, key, value));
        key = value = (struct slice){ 0 };
        status = store_cursor_next(&key, &value, cursor);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

struct visitor {
    struct check *check;
    const bool *wanted;
    entry_visit *visit;
    void *context;
};

static enum status visit_entry(const struct visitor *visitor, struct node_id node, uint32_t code,
                               const struct entry *entry)
{
    struct entry seen = *entry;
    struct check_entry at = { node, code, &seen };

    if (!check_sees(&at, &seen, visitor->check) || !visitor->wanted[at.code >> 1])
        return STATUS_OK;
    return visitor->visit(visitor->context, &at);
}

static enum status visit_run(const struct visitor *visitor, struct node_id node, uint32_t code,
                             struct slice bytes, uint64_t base_born)
{
    struct reader reader = reader_of(bytes);
    struct entry_state state = { 0 };
    struct entry entry;

    while (entry_decode(&entry, &state, &reader, base_born, group_is_out(code)))
        TRY(visit_entry(visitor, node, code, &entry));
    return STATUS_OK;
}

static enum status visit_group(const struct visitor *visitor, struct node_id node,
                               const struct row *row, const struct group *group)
{
    AUTO(entry_list_fini) struct entry_list list = { 0 };
    enum status status;

    if (!group->spilled)
        return visit_run(visitor, node, group->code, group->entries, row->base_born);
    status = entry_list_read_group(&list, visitor->check->txn, node, row, group);
    if (status && status != STATUS_CORRUPT) /* damage was said before */
        return status;
    for (size_t i = 0; i < list.n; i++)
        TRY(visit_entry(visitor, node, group->code, &list.items[i]));
    return STATUS_OK;
}

/* A past group may hold what a batch not yet seen took out of the current one. */
static bool may_be_wanted(const struct visitor *visitor, uint32_t code)
{
    return group_type(code) <= visitor->check->n_symbols &&
           (visitor->wanted[code >> 1] || visitor->wanted[(code & ~(uint32_t)2) >> 1]);
}

static enum status visit_row(void *context, struct slice key, struct slice value)
{
    const struct visitor *visitor = context;
    struct reader reader;
    struct group group;
    struct row row;

    if (key.size != NODE_KEY_BYTES || row_decode(&row, value))
        return STATUS_OK;
    reader = reader_of(row.groups);
    while (group_next(&group, &reader))
        if (may_be_wanted(visitor, group.code))
            TRY(visit_group(visitor, key_get_node(key.data), &row, &group));
    return STATUS_OK;
}

enum status check_visit_entries(struct check *check, const bool *wanted, entry_visit *visit,
                                void *context)
{
    struct visitor visitor = { check, wanted, visit, context };

    return check_each_row(check, TABLE_NODE, visit_row, &visitor);
}
