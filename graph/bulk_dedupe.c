/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Edges of one start and type at a time: equal rows are dropped, later rows of a keyed edge are
 * folded into the first, the rest get their ids, and both ends are sent on.
 */

#include <stdlib.h>

#include "graph/bulk_private.h"

struct member {
    struct edge_part part;
    size_t place; /* in the group as it came, after existing edges */
    bool existing, dropped;
    bool changed; /* an existing one that some row changes: then later rows count, too */
};

struct edge_group {
    struct node_id from;
    uint32_t type;
    struct member *members;
    size_t n, capacity;
    struct member **index; /* by identity */
    size_t index_capacity;
    struct arena arena; /* what the members lend */
    struct entry_list existing;
};

static void edge_group_fini(struct edge_group *group)
{
    free(group->members);
    free(group->index);
    arena_fini(&group->arena);
    entry_list_fini(&group->existing);
}

static enum status keep(struct slice *out, struct edge_group *group)
{
    const char *copy;

    if (out->size == 0)
        return STATUS_OK;
    copy = arena_copy(&group->arena, *out);
    if (!copy)
        return STATUS_NO_MEMORY;
    out->data = copy;
    return STATUS_OK;
}

static enum status group_add(struct edge_group *group, const struct edge_part *part)
{
    struct member *member;

    TRY(array_reserve(&group->members, &group->capacity, group->n + 1));
    member = &group->members[group->n];
    *member = (struct member){ .part = *part, .place = group->n + 1 };
    TRY(keep(&member->part.key, group));
    TRY(keep(&member->part.properties, group));
    group->n++;
    return STATUS_OK;
}

/* Edges that the graph has already of this start and type. They lend from the store. */
static enum status add_existing(struct edge_group *group, struct bulk *bulk)
{
    struct graph_txn *txn;
    struct slice bytes;
    struct group stored;
    struct row row;
    enum status status;

    group->existing.n = 0;
    if (group->from.value >= bulk->first_new)
        return STATUS_OK;
    TRY(bulk_reader(&txn, bulk));
    TRY(row_load(&bytes, txn, group->from));
    TRY(row_decode(&row, bytes));
    status = row_find_group(&stored, &row, group_code(group->type, false, DIRECTION_OUT));
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(entry_list_read_group(&group->existing, txn, group->from, &row, &stored));
    for (size_t i = 0; i < group->existing.n; i++) {
        const struct entry *entry = &group->existing.items[i];
        struct edge_part part = { .type = group->type, .from = group->from, .to = entry->other,
                                  .has_key = entry->has_key,
                                  .valid_from_us = entry->valid_from_us,
                                  .valid_to_us = entry->valid_to_us, .key = entry->key,
                                  .properties = entry->properties };

        TRY(array_reserve(&group->members, &group->capacity, group->n + 1));
        group->members[group->n++] = (struct member){ .part = part, .existing = true };
    }
    return STATUS_OK;
}

/* What makes two rows one edge. */
static int identity_order(const struct edge_part *a, const struct edge_part *b)
{
    int order = (a->to.value > b->to.value) - (a->to.value < b->to.value);

    if (!order)
        order = a->has_key - b->has_key;
    if (order)
        return order;
    if (a->has_key)
        return slice_compare(a->key, b->key);
    order = (a->valid_from_us > b->valid_from_us) - (a->valid_from_us < b->valid_from_us);
    return order ? order : slice_compare(a->properties, b->properties);
}

static int member_order(const void *a, const void *b)
{
    const struct member *left = *(struct member *const *)a, *right = *(struct member *const *)b;
    int order = identity_order(&left->part, &right->part);

    if (!order)
        order = (left->part.order > right->part.order) - (left->part.order < right->part.order);
    return order ? order : (left->place > right->place) - (left->place < right->place);
}

static enum status drop_nulls_of(struct edge_group *group, struct edge_part *part)
{
    AUTO(buf_fini) struct buf clean = { 0 };

    if (!part->has_null)
        return STATUS_OK;
    TRY(properties_merge(&clean, (struct slice){ 0 }, part->properties, true));
    part->properties = buf_slice(&clean);
    part->has_null = false;
    return keep(&part->properties, group);
}

/* Whether a row states anything of a keyed edge that is not so already. */
static enum status changes_it(bool *changes, const struct edge_part *edge,
                              const struct edge_part *row)
{
    AUTO(buf_fini) struct buf merged = { 0 };

    TRY(properties_merge(&merged, edge->properties, row->properties, row->has_null));
    *changes = (row->valid_from_us != TIME_MIN && row->valid_from_us != edge->valid_from_us) ||
               (row->valid_to_us != TIME_MAX && row->valid_to_us != edge->valid_to_us) ||
               !slice_equal(buf_slice(&merged), edge->properties);
    return STATUS_OK;
}

/* Later rows of a new keyed edge: what they state replaces, as edge_upsert() does. */
static enum status fold(struct edge_group *group, struct member *first, struct member *later)
{
    AUTO(buf_fini) struct buf merged = { 0 };
    bool changes;

    later->dropped = true;
    TRY(drop_nulls_of(group, &first->part)); /* of a new edge they say nothing */
    TRY(changes_it(&changes, &first->part, &later->part));
    if (!changes)
        return STATUS_OK;
    TRY(properties_merge(&merged, first->part.properties, later->part.properties,
                         later->part.has_null));
    first->part.properties = buf_slice(&merged);
    TRY(keep(&first->part.properties, group));
    edge_merge_times(&first->part.valid_from_us, &first->part.valid_to_us,
                     later->part.valid_from_us, later->part.valid_to_us);
    first->part.observed_us = later->part.observed_us;
    return STATUS_OK;
}

enum status bulk_change_edge(struct bulk *bulk, const struct edge_part *part)
{
    buf_clear(&bulk->key);
    buf_clear(&bulk->value);
    TRY(edge_part_encode(&bulk->key, &bulk->value, part));
    return spool_write(bulk->changes, buf_slice(&bulk->key), buf_slice(&bulk->value));
}

/* A row of a keyed edge that the graph has. */
static enum status settle_existing(struct bulk *bulk, struct member *edge, struct member *row)
{
    row->dropped = true;
    if (!edge->changed)
        TRY(changes_it(&edge->changed, &edge->part, &row->part));
    if (edge->changed)
        return bulk_change_edge(bulk, &row->part);
    bulk->result.edges_equal++;
    return STATUS_OK;
}

static enum status settle_later(struct bulk *bulk, struct edge_group *group,
                                struct member *first, struct member *later)
{
    if (later->existing)
        return STATUS_OK;
    if (!later->part.has_key) {
        later->dropped = true;
        bulk->result.edges_equal++;
        return STATUS_OK;
    }
    if (first->existing)
        return settle_existing(bulk, first, later);
    bulk->result.edges_equal++;
    return fold(group, first, later);
}

static enum status settle_identities(struct bulk *bulk, struct edge_group *group)
{
    TRY(array_reserve(&group->index, &group->index_capacity, group->n));
    for (size_t i = 0; i < group->n; i++)
        group->index[i] = &group->members[i];
    qsort(group->index, group->n, sizeof *group->index, member_order);
    for (size_t i = 0, next; i < group->n; i = next)
        for (next = i + 1; next < group->n && identity_order(&group->index[i]->part,
                                                              &group->index[next]->part) == 0;
             next++)
            TRY(settle_later(bulk, group, group->index[i], group->index[next]));
    return STATUS_OK;
}

static int time_order(const void *a, const void *b)
{
    const struct member *left = a, *right = b;

    if (left->part.valid_from_us != right->part.valid_from_us)
        return left->part.valid_from_us < right->part.valid_from_us ? -1 : 1;
    return (left->place > right->place) - (left->place < right->place);
}

/* Those that are new, oldest first, at the front; their number. */
static size_t keep_new(struct edge_group *group)
{
    size_t n = 0;

    for (size_t i = 0; i < group->n; i++)
        if (!group->members[i].existing && !group->members[i].dropped)
            group->members[n++] = group->members[i];
    /* Folding may have moved a start. */
    for (size_t i = 1; i < n; i++)
        if (time_order(&group->members[i - 1], &group->members[i]) > 0) {
            qsort(group->members, n, sizeof *group->members, time_order);
            break;
        }
    return n;
}

static enum status send_in(struct bulk *bulk, const struct edge_part *part, struct edge_id id)
{
    unsigned char key[IN_KEY_BYTES];
    struct buf *value = &bulk->value;

    key_put_u64(key, part->to.value);
    key_put_u32(key + 8, group_code(part->type, false, DIRECTION_IN));
    key_put_u64(key + 12, key_time(part->valid_from_us));
    key_put_u64(key + 20, id.value);
    buf_clear(value);
    TRY(varint_append(value, part->from.value));
    TRY(buf_append_byte(value, part->has_key));
    TRY(varint_append(value, zigzag(part->valid_to_us)));
    TRY(varint_append(value, zigzag(part->observed_us)));
    return sorter_add(bulk->in, slice_of(key, sizeof key), buf_slice(value));
}

/* The group's new edges as one encoded run, and their other ends. */
static enum status send_new(struct bulk *bulk, struct edge_group *group, size_t n)
{
    struct entry_state state = { 0 };
    uint64_t commit = bulk->txn->counts.commit_seq;
    unsigned char key[12];

    buf_clear(&bulk->scratch);
    TRY(varint_append(&bulk->scratch, n));
    for (size_t i = 0; i < n; i++) {
        const struct edge_part *part = &group->members[i].part;
        struct edge_id id = { bulk->txn->counts.next_edge++ };
        struct entry entry = { .edge = id, .other = part->to,
                               .valid_from_us = part->valid_from_us,
                               .valid_to_us = part->valid_to_us,
                               .observed_us = part->observed_us, .born = commit,
                               .has_key = part->has_key, .key = part->key,
                               .properties = part->properties };

        TRY(entry_encode(&bulk->scratch, &state, &entry, commit, true));
        TRY(send_in(bulk, part, id));
        TRY(changes_date(bulk->txn, part->from, part->valid_from_us));
        TRY(changes_date(bulk->txn, part->from, part->valid_to_us));
    }
    bulk->result.edges_added += n;
    bulk->txn->counts.edges += n;
    TRY(txn_count_add(bulk->txn, group->type, (int64_t)n));
    TRY(bulk_take_days(bulk));
    key_put_u64(key, group->from.value);
    key_put_u32(key + 8, group_code(group->type, false, DIRECTION_OUT));
    return spool_write(bulk->out_parts, slice_of(key, sizeof key), buf_slice(&bulk->scratch));
}

/* A null says nothing where there is nothing to remove: in new edges, in unkeyed ones always. */
static enum status drop_nulls(struct edge_group *group, bool keyed)
{
    for (size_t i = 0; i < group->n; i++) {
        struct edge_part *part = &group->members[i].part;

        if (part->has_key == keyed)
            TRY(drop_nulls_of(group, part));
    }
    return STATUS_OK;
}

static enum status group_finish(struct bulk *bulk, struct edge_group *group)
{
    size_t n;

    if (!group->n)
        return STATUS_OK;
    TRY(add_existing(group, bulk));
    TRY(drop_nulls(group, false));
    if (group->n > 1)
        TRY(settle_identities(bulk, group));
    TRY(drop_nulls(group, true));
    n = keep_new(group);
    if (n)
        TRY(send_new(bulk, group, n));
    group->n = 0;
    arena_reset(&group->arena);
    return STATUS_OK;
}

/* What others commit after this may meet what is compared now. */
static enum status note_compared(struct bulk *bulk)
{
    struct graph_txn *txn;

    TRY(bulk_reader(&txn, bulk));
    bulk->compared_seq = txn->moment.commit_seq;
    return STATUS_OK;
}

enum status bulk_resolve_edges(struct bulk *bulk)
{
    AUTO(edge_group_fini) struct edge_group group = { 0 };
    uint64_t done = 0, total = sorter_count(bulk->out);
    struct slice key, value;
    enum status status;

    TRY(sorter_sort(bulk->out));
    TRY(note_compared(bulk));
    while ((status = sorter_next(&key, &value, bulk->out)) == STATUS_OK) {
        struct edge_part part;

        TRY(edge_part_decode(&part, key, value));
        part.from = bulk_real(bulk, part.from);
        part.to = bulk_real(bulk, part.to);
        if (part.from.value != group.from.value || part.type != group.type) {
            TRY(group_finish(bulk, &group));
            group.from = part.from;
            group.type = part.type;
        }
        TRY(group_add(&group, &part));
        bulk_progress(bulk, "resolving edges", ++done, total);
    }
    if (status != STATUS_END)
        return status;
    TRY(group_finish(bulk, &group));
    bulk_reader_end(bulk);
    sorter_free(bulk->out);
    bulk->out = NULL;
    return STATUS_OK;
}
