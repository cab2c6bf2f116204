/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rewriting of adjacency groups: inline in node rows, or spilled to chunk rows. */

#include <stdlib.h>

#include "graph/private.h"

/* ---- writing chunks ------------------------------------------------------------------------ */

/* The birth most entries share is left out of them; the first one's is a good guess. */
static uint64_t common_birth(const struct entry *entries, size_t n)
{
    return n ? entries[0].born : 0;
}

static enum status chunk_put(struct graph_txn *txn, struct node_id node, uint32_t code,
                             const struct entry *entries, size_t n, bool append)
{
    AUTO(buf_fini) struct buf run = { 0 };
    AUTO(buf_fini) struct buf bytes = { 0 };
    struct entry_state state = { 0 };
    struct chunk chunk = { .base_born = common_birth(entries, n), .count = n };
    struct chunk_key key = chunk_key(node, code, entries[0].valid_from_us, entries[0].edge);

    for (size_t i = 0; i < n; i++)
        TRY(entry_encode(&run, &state, &entries[i], chunk.base_born, group_is_out(code)));
    chunk.entries = buf_slice(&run);
    TRY(chunk_encode(&bytes, &chunk));
    if (append)
        return store_append(txn->store, TABLE_CHUNK, slice_of(key.bytes, sizeof key.bytes),
                            buf_slice(&bytes));
    return store_put(txn->store, TABLE_CHUNK, slice_of(key.bytes, sizeof key.bytes),
                     buf_slice(&bytes));
}

/* Checksum, base and count, at their longest. */
#define CHUNK_HEAD_MAX (4 + VARINT_MAX + 3)

/* How many entries from the first fill a chunk; at least one. Equal sort keys stay together. */
static enum status chunk_fill(size_t *n_fit, struct buf *scratch, const struct entry *entries,
                              size_t n, bool is_out)
{
    struct entry_state state = { 0 };
    uint64_t base_born = common_birth(entries, n);
    size_t fit = 0;

    buf_clear(scratch);
    while (fit < n) {
        TRY(entry_encode(scratch, &state, &entries[fit], base_born, is_out));
        if (fit && scratch->size > CHUNK_MAX - CHUNK_HEAD_MAX)
            break;
        fit++;
    }
    while (fit > 1 && fit < n && entries[fit].edge.value == entries[fit - 1].edge.value &&
           entries[fit].valid_from_us == entries[fit - 1].valid_from_us)
        fit--;
    if (fit == 1)
        while (fit < n && entries[fit].edge.value == entries[0].edge.value &&
               entries[fit].valid_from_us == entries[0].valid_from_us)
            fit++;
    *n_fit = fit;
    return STATUS_OK;
}

/* Writes a whole sorted list as chunk rows. */
static enum status chunks_write(struct graph_txn *txn, struct node_id node, uint32_t code,
                                const struct entry_list *list, bool append)
{
    AUTO(buf_fini) struct buf scratch = { 0 };

    for (size_t done = 0, fit; done < list->n; done += fit) {
        TRY(chunk_fill(&fit, &scratch, list->items + done, list->n - done, group_is_out(code)));
        TRY(chunk_put(txn, node, code, list->items + done, fit, append));
    }
    return STATUS_OK;
}

/* ---- writing rows -------------------------------------------------------------------------- */

/* At least this much of a row is kept for groups, however large the record is. */
#define GROUPS_MIN 256
#define GROUP_HEAD_MAX 12

/* What a draft takes of the row. */
static size_t inline_bytes(const struct group_draft *draft)
{
    return (draft->spill ? 0 : draft->entries.size) + GROUP_HEAD_MAX;
}

/* Marks the largest groups until the rest has room. */
static void choose_spills(struct group_draft *drafts, size_t n, size_t room)
{
    size_t total = 0;

    for (size_t i = 0; i < n; i++)
        total += inline_bytes(&drafts[i]);
    while (total > room) {
        struct group_draft *largest = NULL;

        for (size_t i = 0; i < n; i++)
            if (!drafts[i].spilled && !drafts[i].spill && drafts[i].count > 1 &&
                (!largest || drafts[i].entries.size > largest->entries.size))
                largest = &drafts[i];
        if (!largest)
            return;
        largest->spill = true;
        total -= largest->entries.size;
    }
}

static enum status spill(struct graph_txn *txn, struct node_id node, const struct row *row,
                         struct group_draft *draft, bool append)
{
    AUTO(entry_list_fini) struct entry_list list = { 0 };

    TRY(entry_list_read(&list, draft->entries, row->base_born, group_is_out(draft->code)));
    TRY(chunks_write(txn, node, draft->code, &list, append));
    draft->spilled = true;
    draft->entries = (struct slice){ 0 };
    return STATUS_OK;
}

enum status groups_encode(struct buf *out, struct graph_txn *txn, struct node_id node,
                          const struct row *row, struct group_draft *drafts, size_t n,
                          bool append)
{
    size_t room = row->record.size + GROUPS_MIN < ROW_MAX ? ROW_MAX - row->record.size
                                                          : GROUPS_MIN;

    choose_spills(drafts, n, room);
    /* In code order: chunk rows that are appended must ascend. */
    for (size_t i = 0; i < n; i++)
        if (drafts[i].spill)
            TRY(spill(txn, node, row, &drafts[i], append));
    for (size_t i = 0; i < n; i++) {
        struct group group = { drafts[i].code, drafts[i].count, drafts[i].spilled,
                               drafts[i].entries };

        if (group.count)
            TRY(group_encode(out, &group));
    }
    return STATUS_OK;
}

/* The drafts of a stored row. */
struct draft_list {
    struct group_draft *items;
    size_t n, capacity, at;
};

static void draft_list_fini(struct draft_list *list)
{
    free(list->items);
}

static enum status drafts_read(struct draft_list *list, const struct row *row)
{
    struct reader reader = reader_of(row->groups);
    struct group group;

    while (group_next(&group, &reader)) {
        TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
        list->items[list->n++] =
            (struct group_draft){ .code = group.code, .count = group.count,
                                  .spilled = group.spilled, .entries = group.entries };
    }
    return reader.ok ? STATUS_OK
                     : fail(STATUS_CORRUPT, "adjacency groups do not decode; run check");
}

/* Sets list->at to the group's draft, added empty at its place where it is missing. */
static enum status draft_place(struct draft_list *list, uint32_t code)
{
    size_t at = 0;

    while (at < list->n && list->items[at].code < code)
        at++;
    list->at = at;
    if (at < list->n && list->items[at].code == code)
        return STATUS_OK;
    TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
    memmove(list->items + at + 1, list->items + at, (list->n - at) * sizeof *list->items);
    list->items[at] = (struct group_draft){ .code = code };
    list->n++;
    return STATUS_OK;
}

/* Writes the row back with its drafts as groups. */
static enum status drafts_store(struct graph_txn *txn, struct node_id node, struct row *row,
                                struct draft_list *drafts)
{
    row->max_commit = newer_commit(row->max_commit, txn->counts.commit_seq);
    buf_clear(&txn->groups);
    TRY(groups_encode(&txn->groups, txn, node, row, drafts->items, drafts->n, false));
    row->groups = buf_slice(&txn->groups);
    return row_store(txn, node, row);
}

static enum status list_insert(struct entry_list *list, const struct entry *entry)
{
    size_t low = 0, high = list->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (entry_order(&list->items[middle], entry) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
    memmove(list->items + low + 1, list->items + low, (list->n - low) * sizeof *list->items);
    list->items[low] = *entry;
    list->n++;
    return STATUS_OK;
}

static enum status list_remove(struct entry_list *list, const struct entry *entry)
{
    for (size_t i = 0; i < list->n; i++)
        if (entry_is(&list->items[i], entry)) {
            list->n--;
            memmove(list->items + i, list->items + i + 1, (list->n - i) * sizeof *list->items);
            return STATUS_OK;
        }
    return fail(STATUS_CORRUPT, "an edge is missing at one of its ends; run check");
}

/* What is done to a list: one entry in, or one out. */
typedef enum status list_change(struct entry_list *list, const struct entry *entry);

static enum status change_inline(struct buf *run, const struct group_draft *draft,
                                 const struct row *row, list_change *change,
                                 const struct entry *entry, uint64_t *count)
{
    AUTO(entry_list_fini) struct entry_list list = { 0 };
    struct entry_state state = { 0 };
    bool is_out = group_is_out(draft->code);

    TRY(entry_list_read(&list, draft->entries, row->base_born, is_out));
    TRY(change(&list, entry));
    for (size_t i = 0; i < list.n; i++)
        TRY(entry_encode(run, &state, &list.items[i], row->base_born, is_out));
    *count = list.n;
    return STATUS_OK;
}

/* Writes a changed chunk back; one that has outgrown its row is split. */
static enum status chunk_rewrite(struct graph_txn *txn, struct node_id node, uint32_t code,
                                 struct entry_list *list, const struct entry *inserted)
{
    AUTO(buf_fini) struct buf scratch = { 0 };
    struct entry_list half = *list;
    size_t fit;

    if (list->n == 0)
        return STATUS_OK;
    TRY(chunk_fill(&fit, &scratch, list->items, list->n, group_is_out(code)));
    if (fit == list->n)
        return chunk_put(txn, node, code, list->items, list->n, false);
    /* Times mostly ascend: then the full part stays full. Else split in the middle. */
    half.n = inserted == NULL || entry_is(&list->items[list->n - 1], inserted) ? fit : list->n / 2;
    while (half.n < list->n && entry_is(&list->items[half.n],
                                        &(struct entry){
                                            .edge = list->items[half.n - 1].edge,
                                            .valid_from_us =
                                                list->items[half.n - 1].valid_from_us }))
        half.n++;
    TRY(chunks_write(txn, node, code, &half, false));
    half.items = list->items + half.n;
    half.n = list->n - half.n;
    return chunks_write(txn, node, code, &half, false);
}

/* Entries lent by a chunk move when it is written: read them from a copy. */
static enum status chunk_copy(struct buf *copy, struct chunk_key *key, struct graph_txn *txn,
                              struct node_id node, uint32_t code, const struct entry *entry)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct edge_id after = { entry->edge.value + 1 };
    struct slice found, value;

    TRY(store_cursor_open(&cursor, txn->store, TABLE_CHUNK));
    TRY(chunk_seek(&found, &value, cursor, node, code, entry->valid_from_us, after));
    memcpy(key->bytes, found.data, sizeof key->bytes);
    return buf_append_slice(copy, value);
}

static enum status change_chunk(struct graph_txn *txn, struct node_id node, uint32_t code,
                                list_change *change, const struct entry *entry)
{
    AUTO(entry_list_fini) struct entry_list list = { 0 };
    AUTO(buf_fini) struct buf copy = { 0 };
    struct chunk_key old_key, new_key = { { 0 } };
    struct chunk chunk;

    TRY(chunk_copy(&copy, &old_key, txn, node, code, entry));
    TRY(chunk_decode(&chunk, buf_slice(&copy)));
    TRY(entry_list_read(&list, chunk.entries, chunk.base_born, group_is_out(code)));
    TRY(change(&list, entry));
    if (list.n)
        new_key = chunk_key(node, code, list.items[0].valid_from_us, list.items[0].edge);
    if (memcmp(old_key.bytes, new_key.bytes, sizeof old_key.bytes) != 0)
        TRY(store_delete(txn->store, TABLE_CHUNK, slice_of(old_key.bytes, sizeof old_key.bytes)));
    return chunk_rewrite(txn, node, code, &list, change == list_insert ? entry : NULL);
}

static enum status adjacency_change(struct graph_txn *txn, struct node_id node, uint32_t code,
                                    list_change *change, const struct entry *entry)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    AUTO(buf_fini) struct buf run = { 0 };
    AUTO(draft_list_fini) struct draft_list drafts = { 0 };
    struct group_draft *draft;
    struct row row;

    TRY(row_copy(&row, &copy, txn, node));
    TRY(drafts_read(&drafts, &row));
    TRY(draft_place(&drafts, code));
    draft = &drafts.items[drafts.at];
    if (draft->spilled) {
        TRY(change_chunk(txn, node, code, change, entry));
        draft->count += change == list_insert ? 1 : (uint64_t)-1;
    } else {
        TRY(change_inline(&run, draft, &row, change, entry, &draft->count));
        draft->entries = buf_slice(&run);
    }
    return drafts_store(txn, node, &row, &drafts);
}

enum status adjacency_put(struct graph_txn *txn, struct node_id node, uint32_t code,
                          const struct entry *entry)
{
    return adjacency_change(txn, node, code, list_insert, entry);
}

enum status adjacency_remove(struct graph_txn *txn, struct node_id node, uint32_t code,
                             const struct entry *entry)
{
    return adjacency_change(txn, node, code, list_remove, entry);
}

/* ---- many at once -------------------------------------------------------------------------- */

/* The entries of an inline draft and those of a part, as one sorted run. */
static enum status merge_inline(struct buf *run, struct group_draft *draft, const struct row *row,
                                const struct entry_list *added)
{
    AUTO(entry_list_fini) struct entry_list old = { 0 };
    struct entry_state state = { 0 };
    bool is_out = group_is_out(draft->code);

    TRY(entry_list_read(&old, draft->entries, row->base_born, is_out));
    for (size_t i = 0, k = 0; i < old.n || k < added->n;) {
        const struct entry *next =
            k == added->n || (i < old.n && entry_order(&old.items[i], &added->items[k]) < 0)
                ? &old.items[i++]
                : &added->items[k++];

        TRY(entry_encode(run, &state, next, row->base_born, is_out));
    }
    draft->count += added->n;
    draft->entries = buf_slice(run);
    return STATUS_OK;
}

static enum status put_part(struct buf *run, struct graph_txn *txn, struct node_id node,
                            const struct row *row, struct draft_list *drafts,
                            const struct adjacency_part *part)
{
    struct group_draft *draft;

    TRY(draft_place(drafts, part->code));
    draft = &drafts->items[drafts->at];
    if (!draft->spilled)
        return merge_inline(run, draft, row, &part->entries);
    for (size_t i = 0; i < part->entries.n; i++)
        TRY(change_chunk(txn, node, part->code, list_insert, &part->entries.items[i]));
    draft->count += part->entries.n;
    return STATUS_OK;
}

static void runs_free(struct buf *runs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_fini(&runs[i]);
    free(runs);
}

static enum status put_parts(struct buf *runs, struct graph_txn *txn, struct node_id node,
                             const struct adjacency_part *parts, size_t n)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    AUTO(draft_list_fini) struct draft_list drafts = { 0 };
    struct row row;

    TRY(row_copy(&row, &copy, txn, node));
    TRY(drafts_read(&drafts, &row));
    for (size_t i = 0; i < n; i++)
        TRY(put_part(&runs[i], txn, node, &row, &drafts, &parts[i]));
    return drafts_store(txn, node, &row, &drafts);
}

enum status adjacency_put_parts(struct graph_txn *txn, struct node_id node,
                                const struct adjacency_part *parts, size_t n)
{
    struct buf *runs = calloc(n, sizeof *runs);
    enum status status;

    if (!runs)
        return fail_memory(n * sizeof *runs);
    status = put_parts(runs, txn, node, parts, n);
    runs_free(runs, n);
    return status;
}
