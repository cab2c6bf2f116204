/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pass over node rows and, beside it, the chunks of their large groups. */

#include <stdio.h>

#include "base/hash.h"
#include "graph/check_private.h"
#include "graph/key.h"

/* A cursor over a table that stands at its next row. */
struct row_cursor {
    struct store_cursor *cursor;
    struct slice key, value;
    bool at_end, begun;
};

struct node_walk {
    struct check *check;
    struct row_cursor nodes, chunks;
    struct node_id id;      /* of the row under way */
    struct row row;
    struct record record;
    uint32_t code;          /* of the group under way; 0: its record */
    char place[PLACE_BYTES];
    struct entry last;      /* of the group under way */
    uint64_t n_entries;
    bool order_said;
};

static enum status row_step(struct row_cursor *rows)
{
    enum status status =
        rows->begun ? store_cursor_next(&rows->key, &rows->value, rows->cursor)
                    : store_cursor_seek(&rows->key, &rows->value, rows->cursor,
                                        (struct slice){ 0 });

    rows->begun = true;
    rows->at_end = status == STATUS_END;
    return rows->at_end ? STATUS_OK : status;
}

/* Said of few rows: not written before it is. */
static const char *place(struct node_walk *walk)
{
    unsigned long long id = walk->id.value;

    if (walk->code)
        snprintf(walk->place, sizeof walk->place, "node %llu, %s %s-edges of type %u", id,
                 group_is_past(walk->code) ? "past" : "current",
                 group_is_out(walk->code) ? "out" : "in", group_type(walk->code));
    else
        snprintf(walk->place, sizeof walk->place, "node %llu", id);
    return walk->place;
}

/* ---- entries -------------------------------------------------------------------------------- */

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

enum status properties_sound(bool *out, struct check *check, struct slice properties)
{
    struct arena_mark mark = arena_mark(&check->arena);
    struct codec_property *items = NULL;
    size_t n = 0;
    enum status status = codec_decode_properties(&items, &n, &check->arena, properties);
    bool sound = status == STATUS_OK;

    for (size_t i = 0; sound && i < n; i++)
        sound = items[i].symbol && items[i].symbol <= check->n_symbols &&
                (i == 0 || items[i - 1].symbol < items[i].symbol);
    arena_rewind(&check->arena, mark);
    *out = sound;
    return check_stops(status) ? status : STATUS_OK;
}

static enum status check_commit_of(struct node_walk *walk, const struct entry *entry, bool past)
{
    struct check *check = walk->check;
    uint64_t newest = entry->ended > entry->born ? entry->ended : entry->born;

    if (past != (entry->ended != 0) || (past && entry->ended <= entry->born))
        return check_report(check, CHECK_EDGE_ENTRY, place(walk),
                            "edge %llu: born with commit %llu, ended with %llu",
                            (unsigned long long)entry->edge.value,
                            (unsigned long long)entry->born, (unsigned long long)entry->ended);
    if (newest > walk->row.max_commit || newest > check->counts.commit_seq)
        return check_report(check, CHECK_NODE_COMMIT, place(walk),
                            "edge %llu is of commit %llu", (unsigned long long)entry->edge.value,
                            (unsigned long long)newest);
    return STATUS_OK;
}

static enum status check_order(struct node_walk *walk, const struct entry *entry)
{
    if (walk->n_entries && !walk->order_said && entry_order(&walk->last, entry) >= 0) {
        walk->order_said = true;
        TRY(check_report(walk->check, CHECK_GROUP_ORDER, place(walk),
                         "edge %llu does not come after edge %llu",
                         (unsigned long long)entry->edge.value,
                         (unsigned long long)walk->last.edge.value));
    }
    walk->last = *entry;
    walk->n_entries++;
    return STATUS_OK;
}

static enum status check_end(struct node_walk *walk, const struct entry *entry)
{
    struct check *check = walk->check;

    if (entry->other.value == 0 || entry->other.value > check->last_node)
        return check_report(check, CHECK_EDGE_END, place(walk),
                            "edge %llu leads to node %llu, which is not there",
                            (unsigned long long)entry->edge.value,
                            (unsigned long long)entry->other.value);
    bit_set(check->named, entry->other.value);
    return STATUS_OK;
}

static void count_entry(struct check *check, const struct check_entry *at)
{
    uint32_t type = group_type(at->code);
    bool past = group_is_past(at->code);
    struct twin_sums *sums = &check->twins[type << 1 | past];

    if (at->entry->edge.value > check->last_edge)
        check->last_edge = at->entry->edge.value;
    if (!group_is_out(at->code)) {
        check_sum_add(&sums->in, twin_hash(at));
        return;
    }
    check_sum_add(&sums->out, twin_hash(at));
    if (past) {
        check->result->versions++;
    } else {
        check->current_edges++;
        check->expected[type]++;
    }
}

static enum status check_entry(struct node_walk *walk, uint32_t code, const struct entry *entry)
{
    struct entry seen = *entry;
    struct check_entry at = { walk->id, code, &seen };
    bool sound;

    TRY(check_order(walk, entry));
    if (!check_sees(&at, &seen, walk->check)) /* its other end may not be there yet */
        return STATUS_OK;
    TRY(check_end(walk, entry));
    TRY(check_commit_of(walk, &seen, group_is_past(at.code)));
    TRY(properties_sound(&sound, walk->check, entry->properties));
    if (entry->edge.value == 0 || !sound)
        TRY(check_report(walk->check, CHECK_EDGE_ENTRY, place(walk),
                         "edge %llu: its properties do not decode",
                         (unsigned long long)entry->edge.value));
    count_entry(walk->check, &at);
    return STATUS_OK;
}

static enum status check_run(struct node_walk *walk, uint32_t code, struct slice bytes,
                             uint64_t base_born, enum check_id rule)
{
    struct reader reader = reader_of(bytes);
    struct entry_state state = { 0 };
    struct entry entry;

    while (entry_decode(&entry, &state, &reader, base_born, group_is_out(code)))
        TRY(check_entry(walk, code, &entry));
    return reader.ok ? STATUS_OK
                     : check_report(walk->check, rule, place(walk), "its edges do not decode");
}

/* ---- chunks --------------------------------------------------------------------------------- */

static enum status check_chunk_key(struct node_walk *walk, uint32_t code,
                                   const struct chunk *chunk)
{
    struct reader reader = reader_of(chunk->entries);
    struct entry_state state = { 0 };
    struct chunk_key key;
    struct entry first;

    if (entry_decode(&first, &state, &reader, chunk->base_born, group_is_out(code))) {
        key = chunk_key(walk->id, code, first.valid_from_us, first.edge);
        if (slice_equal(walk->chunks.key, slice_of(key.bytes, sizeof key.bytes)))
            return STATUS_OK;
    }
    return check_report(walk->check, CHECK_CHUNK_KEY, place(walk),
                        "a chunk's key is not its first edge's");
}

static enum status check_chunk(struct node_walk *walk, uint32_t code)
{
    uint64_t before = walk->n_entries;
    struct chunk chunk;

    if (chunk_decode(&chunk, walk->chunks.value))
        return check_report(walk->check, CHECK_CHUNK_ROW, place(walk), "%s", error_detail());
    TRY(check_chunk_key(walk, code, &chunk));
    TRY(check_run(walk, code, chunk.entries, chunk.base_born, CHECK_CHUNK_ROW));
    if (walk->n_entries - before != chunk.count)
        return check_report(walk->check, CHECK_GROUP_COUNT, place(walk),
                            "a chunk has %llu edges and counts %llu",
                            (unsigned long long)(walk->n_entries - before),
                            (unsigned long long)chunk.count);
    return STATUS_OK;
}

/* The chunk under the cursor stands before (node, code): no group claims it. */
static enum status skip_orphans(struct node_walk *walk, uint64_t node, uint32_t code)
{
    struct row_cursor *chunks = &walk->chunks;
    char orphan[PLACE_BYTES];

    while (!chunks->at_end) {
        uint64_t at_node = chunks->key.size == CHUNK_KEY_BYTES ? key_get_u64(chunks->key.data) : 0;
        uint32_t at_code = at_node ? key_get_u32((const char *)chunks->key.data + 8) : 0;

        if (at_node && (at_node > node || (at_node == node && at_code >= code)))
            return STATUS_OK;
        snprintf(orphan, sizeof orphan, "node %llu", (unsigned long long)at_node);
        TRY(check_report(walk->check, CHECK_CHUNK_ORPHAN, orphan,
                         "a chunk of group %u belongs to none", at_code));
        TRY(row_step(chunks));
    }
    return STATUS_OK;
}

static enum status check_chunks(struct node_walk *walk, uint32_t code)
{
    TRY(skip_orphans(walk, walk->id.value, code));
    while (!walk->chunks.at_end && chunk_belongs(walk->chunks.key, walk->id, code)) {
        TRY(check_chunk(walk, code));
        TRY(row_step(&walk->chunks));
    }
    return STATUS_OK;
}

/* ---- groups --------------------------------------------------------------------------------- */

static enum status check_group(struct node_walk *walk, const struct group *group)
{
    uint32_t type = group_type(group->code);

    walk->code = group->code;
    walk->n_entries = 0;
    walk->order_said = false;
    if (type == 0 || type > walk->check->n_symbols)
        return check_report(walk->check, CHECK_EDGE_ENTRY, place(walk), "no such edge type");
    if (walk->record.deleted && !group_is_past(group->code))
        TRY(check_report(walk->check, CHECK_NODE_DELETED, place(walk),
                         "the node is deleted and has %llu edges",
                         (unsigned long long)group->count));
    if (group->spilled)
        TRY(check_chunks(walk, group->code));
    else
        TRY(check_run(walk, group->code, group->entries, walk->row.base_born, CHECK_NODE_ROW));
    if (walk->n_entries != group->count || group->count == 0)
        return check_report(walk->check, CHECK_GROUP_COUNT, place(walk),
                            "%llu edges, and %llu are counted",
                            (unsigned long long)walk->n_entries,
                            (unsigned long long)group->count);
    return STATUS_OK;
}

static enum status check_groups(struct node_walk *walk)
{
    struct reader reader = reader_of(walk->row.groups);
    struct group group;
    uint32_t last = 0;

    while (group_next(&group, &reader)) {
        if (group.code <= last)
            return check_report(walk->check, CHECK_GROUP_ORDER, place(walk),
                                "its groups do not ascend");
        last = group.code;
        TRY(check_group(walk, &group));
    }
    return reader.ok ? STATUS_OK
                     : check_report(walk->check, CHECK_NODE_ROW, place(walk),
                                    "its groups do not decode");
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static bool labels_sound(const struct check *check, const struct record *record)
{
    bool has_key_label = record->key_label == 0;

    for (uint32_t i = 0; i < record->n_labels; i++) {
        if (record->labels[i] == 0 || record->labels[i] > check->n_symbols ||
            (i && record->labels[i - 1] >= record->labels[i]))
            return false;
        has_key_label = has_key_label || record->labels[i] == record->key_label;
    }
    return has_key_label || record->deleted;
}

static bool key_sound(const struct node_walk *walk)
{
    char text[GENERATED_KEY_MAX];

    return walk->record.key_label
               ? walk->record.key.size > 0
               : slice_equal(walk->record.key, generated_key(text, walk->id));
}

static void count_record(struct check *check, struct node_id id, const struct record *record)
{
    if (record->key_label && record->key_label <= check->n_symbols) {
        struct node_key key;

        node_key_make(&key, record->key_label, record->key);
        check_sum_add(&check->node_keys, hash64(key_short(&key), id.value));
    }
    if (record->deleted)
        return;
    check->live_nodes++;
    for (uint32_t i = 0; i < record->n_labels; i++)
        if (record->labels[i] && record->labels[i] <= check->n_symbols)
            check->expected[record->labels[i]]++;
}

/* Until a batch is seen, the record that it replaced is the one that counts, if there is one. */
static enum status count_replaced(struct node_walk *walk)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    struct check *check = walk->check;
    struct record record;
    enum status status = version_load(&record, &copy, check->txn, walk->id, check->pending.number);

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    count_record(check, walk->id, &record);
    return STATUS_OK;
}

static enum status check_record(struct node_walk *walk)
{
    struct check *check = walk->check;
    const struct record *record = &walk->record;
    bool sound;

    TRY(properties_sound(&sound, check, record->properties));
    if (!labels_sound(check, record) || !key_sound(walk) || !sound)
        TRY(check_report(check, CHECK_NODE_RECORD, place(walk),
                         "its labels, key or properties are not well formed"));
    if (record->born == 0 || record->born > walk->row.max_commit ||
        (walk->row.max_commit > check->counts.commit_seq &&
         !check_is_pending(check, walk->row.max_commit)))
        TRY(check_report(check, CHECK_NODE_COMMIT, place(walk),
                         "born with commit %llu, changed with %llu, of %llu",
                         (unsigned long long)record->born,
                         (unsigned long long)walk->row.max_commit,
                         (unsigned long long)check->counts.commit_seq));
    if (record->valid_from_us > check->counts.last_begin_us)
        TRY(check_report(check, CHECK_COUNT_BEGIN, place(walk),
                         "it begins later than the latest that is counted"));
    check->nodes_with_past += record->has_past && record->born != walk->row.base_born;
    if (check_is_pending(check, record->born))
        return count_replaced(walk);
    count_record(check, walk->id, record);
    return STATUS_OK;
}

/* False where the row can't be read at all. */
static enum status open_row(bool *readable, struct node_walk *walk)
{
    struct check *check = walk->check;
    struct slice key = walk->nodes.key;

    *readable = false;
    walk->id.value = key.size == NODE_KEY_BYTES ? key_get_node(key.data).value : 0;
    walk->code = 0;
    if (walk->id.value == 0 || walk->id.value >= check->counts.next_node ||
        walk->id.value > check->last_node)
        TRY(check_report(check, CHECK_NODE_ID, place(walk), "the next id is %llu",
                         (unsigned long long)check->counts.next_node));
    if (walk->id.value == 0 || walk->id.value > check->last_node)
        return STATUS_OK;
    bit_set(check->present, walk->id.value);
    if (row_decode(&walk->row, walk->nodes.value) ||
        record_decode(&walk->record, walk->row.record, walk->row.base_born))
        return check_report(check, CHECK_NODE_ROW, place(walk), "%s", error_detail());
    *readable = true;
    return STATUS_OK;
}

static enum status check_node(struct node_walk *walk)
{
    bool readable;

    TRY(open_row(&readable, walk));
    walk->check->result->nodes++;
    if (!readable)
        return STATUS_OK;
    TRY(check_record(walk));
    return check_groups(walk);
}

static enum status check_ends(struct check *check)
{
    char missing[PLACE_BYTES];

    for (uint64_t id = 1; id <= check->last_node; id++)
        if (bit_get(check->named, id) && !bit_get(check->present, id)) {
            snprintf(missing, sizeof missing, "node %llu", (unsigned long long)id);
            TRY(check_report(check, CHECK_EDGE_END, missing,
                             "edges lead to it and it is not there"));
        }
    return STATUS_OK;
}

static enum status walk_nodes(struct node_walk *walk)
{
    TRY(store_cursor_open(&walk->nodes.cursor, walk->check->txn->store, TABLE_NODE));
    TRY(store_cursor_open(&walk->chunks.cursor, walk->check->txn->store, TABLE_CHUNK));
    TRY(row_step(&walk->chunks));
    TRY(row_step(&walk->nodes));
    while (!walk->nodes.at_end) {
        TRY(check_node(walk));
        TRY(row_step(&walk->nodes));
    }
    TRY(skip_orphans(walk, UINT64_MAX, UINT32_MAX));
    walk->check->result->edges = walk->check->current_edges;
    return check_ends(walk->check);
}

static void walk_stop(struct node_walk *walk)
{
    store_cursor_close(walk->nodes.cursor);
    store_cursor_close(walk->chunks.cursor);
}

enum status check_nodes(struct check *check)
{
    struct node_walk walk = { .check = check };
    enum status status = walk_nodes(&walk);

    walk_stop(&walk);
    return status;
}
