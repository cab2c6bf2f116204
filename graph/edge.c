/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading edges: scans of a node's groups, windows, and the past. */

#include "graph/edge.h"

#include <stdlib.h>

#include "graph/private.h"

/*
 * A walk visits the groups of a row in order. Oldest first, entries are decoded as they come;
 * newest first, or where history must be joined, a group (or one chunk of it) is collected first
 * and handed out from `list`. History is joined where a group has any: without, entries that the
 * moment does not see (of a load under way, above all) are passed over, and a window stays one
 * seek.
 */
struct edge_walk {
    struct graph_txn *txn;
    struct edge_scan scan;
    struct node_id node;
    struct row row;
    struct reader groups;       /* those not begun */
    struct group group;         /* the one under way */
    struct reader entries;      /* streaming: what is left of the run */
    struct entry_state state;
    uint64_t base_born;
    struct store_cursor *cursor; /* in a spilled group, at the run's chunk */
    bool in_group;
    bool newer;                 /* the row may hold what the moment does not see */
    bool joined;                /* history is joined: the group under way came whole */
    struct entry_list list;     /* collected, handed out from the end or the start */
    size_t at;
};

/* ---- choosing among versions -------------------------------------------------------------- */

/* By edge, then newest birth first. */
static int by_edge(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    if (left->edge.value != right->edge.value)
        return left->edge.value < right->edge.value ? -1 : 1;
    return (left->born < right->born) - (left->born > right->born);
}

static int by_time(const void *a, const void *b)
{
    return entry_order(a, b);
}

/*
 * A retracted edge has no successor: its last version ends with it at that commit, and that became
 * known with the commit.
 */
static enum status gone(bool *is, const struct edge_walk *walk, const struct entry *entry,
                        bool newest)
{
    *is = newest && entry->ended;
    return *is ? txn_sees(is, walk->txn, entry->ended, TIME_MIN) : STATUS_OK;
}

/*
 * Keeps of each edge the newest version visible at the moment. What ended it matters only where
 * no later version is there to replace it: then it was retracted.
 */
static enum status choose_versions(struct edge_walk *walk)
{
    struct entry_list *list = &walk->list;
    size_t kept = 0;

    qsort(list->items, list->n, sizeof *list->items, by_edge);
    for (size_t i = 0, next; i < list->n; i = next) {
        bool chosen = false;

        for (next = i; next < list->n && list->items[next].edge.value == list->items[i].edge.value;
             next++) {
            bool sees, is_gone;

            if (chosen)
                continue;
            TRY(txn_sees(&sees, walk->txn, list->items[next].born, list->items[next].observed_us));
            if (!sees)
                continue;
            chosen = true;
            TRY(gone(&is_gone, walk, &list->items[next], next == i));
            if (!is_gone)
                list->items[kept++] = list->items[next];
        }
    }
    list->n = kept;
    qsort(list->items, list->n, sizeof *list->items, by_time);
    return STATUS_OK;
}

/* ---- collecting --------------------------------------------------------------------------- */

static void clip_window(struct edge_walk *walk)
{
    struct entry_list *list = &walk->list;
    size_t kept = 0;

    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].valid_from_us >= walk->scan.from_us &&
            (list->items[i].valid_from_us < walk->scan.before_us ||
             walk->scan.before_us == TIME_MAX))
            list->items[kept++] = list->items[i];
    list->n = kept;
    walk->at = 0;
}

/* Both current and past versions of the group under way, and the moment's choice of them. */
static enum status join_history(struct edge_walk *walk)
{
    struct group other;
    enum status status;

    walk->list.n = 0;
    TRY(entry_list_read_group(&walk->list, walk->txn, walk->node, &walk->row, &walk->group));
    if (!group_is_past(walk->group.code)) {
        status = row_find_group(&other, &walk->row, walk->group.code | 2);
        if (status == STATUS_OK)
            TRY(entry_list_read_group(&walk->list, walk->txn, walk->node, &walk->row, &other));
        else if (status != STATUS_NOT_FOUND)
            return status;
    }
    TRY(choose_versions(walk));
    clip_window(walk);
    return STATUS_OK;
}

static enum status collect_run(struct edge_walk *walk, struct slice bytes, uint64_t base_born)
{
    walk->list.n = 0;
    TRY(entry_list_read(&walk->list, bytes, base_born, group_is_out(walk->group.code)));
    clip_window(walk);
    return STATUS_OK;
}

/* ---- runs: an inline group, or one chunk after another -------------------------------------- */

static enum status run_begin(struct edge_walk *walk, struct slice entries, uint64_t base_born)
{
    if (walk->scan.newest_first)
        return collect_run(walk, entries, base_born);
    walk->entries = reader_of(entries);
    walk->state = (struct entry_state){ 0 };
    walk->base_born = base_born;
    return STATUS_OK;
}

static enum status chunk_begin(struct edge_walk *walk, struct slice value)
{
    struct chunk chunk;

    TRY(chunk_decode(&chunk, value));
    return run_begin(walk, chunk.entries, chunk.base_born);
}

static enum status spilled_begin(struct edge_walk *walk)
{
    int64_t start = walk->scan.newest_first ? walk->scan.before_us : walk->scan.from_us;
    struct slice key, value;

    if (!walk->cursor)
        TRY(store_cursor_open(&walk->cursor, walk->txn->store, TABLE_CHUNK));
    TRY(chunk_seek(&key, &value, walk->cursor, walk->node, walk->group.code, start,
                   (struct edge_id){ start == TIME_MAX ? UINT64_MAX : 0 }));
    return chunk_begin(walk, value);
}

/* The next chunk in the walk's direction; STATUS_END after the group's last or the window's. */
static enum status chunk_next(struct edge_walk *walk)
{
    struct slice key, value;

    if (!walk->group.spilled || walk->joined)
        return STATUS_END;
    if (walk->scan.newest_first) {
        TRY(store_cursor_prev(&key, &value, walk->cursor));
    } else {
        TRY(store_cursor_next(&key, &value, walk->cursor));
    }
    if (!chunk_belongs(key, walk->node, walk->group.code))
        return STATUS_END;
    return chunk_begin(walk, value);
}

/* ---- groups --------------------------------------------------------------------------------- */

/* Past groups come up on their own only where they count and no current one stands for them. */
static bool group_is_due(const struct edge_walk *walk, const struct group *group)
{
    struct group current;

    if (!scan_matches(&walk->scan, group))
        return false;
    if (!group_is_past(group->code))
        return true;
    return walk->newer &&
           row_find_group(&current, &walk->row, group->code & ~2u) == STATUS_NOT_FOUND;
}

static enum status group_begin(struct edge_walk *walk)
{
    enum status status = STATUS_NOT_FOUND;
    struct group past;

    if (walk->newer)
        status = row_find_group(&past, &walk->row, walk->group.code | 2);
    if (status && status != STATUS_NOT_FOUND)
        return status;
    walk->joined = status == STATUS_OK;
    if (walk->joined)
        return join_history(walk);
    if (walk->group.spilled)
        return spilled_begin(walk);
    return run_begin(walk, walk->group.entries, walk->row.base_born);
}

static enum status next_group(struct edge_walk *walk)
{
    while (group_next(&walk->group, &walk->groups)) {
        if (walk->scan.type && group_type(walk->group.code) > walk->scan.type)
            return STATUS_END; /* groups come in the order of their types */
        if (group_is_due(walk, &walk->group)) {
            enum status status = group_begin(walk);

            if (status != STATUS_END)
                return status;
        }
    }
    if (!walk->groups.ok)
        return fail(STATUS_CORRUPT, "adjacency groups do not decode; run check");
    return STATUS_END;
}

/* ---- stepping ------------------------------------------------------------------------------- */

static bool from_list(struct entry *out, struct edge_walk *walk)
{
    if (walk->at == walk->list.n)
        return false;
    *out = walk->list.items[walk->scan.newest_first ? walk->list.n - 1 - walk->at : walk->at];
    walk->at++;
    return true;
}

/* The next entry of the run under way; STATUS_END where it has none left in the window. */
static enum status next_stored(struct entry *out, struct edge_walk *walk)
{
    bool is_out = group_is_out(walk->group.code);

    if (walk->joined || walk->scan.newest_first)
        return from_list(out, walk) ? STATUS_OK : STATUS_END;
    while (entry_decode(out, &walk->state, &walk->entries, walk->base_born, is_out)) {
        if (out->valid_from_us < walk->scan.from_us)
            continue;
        if (out->valid_from_us >= walk->scan.before_us && walk->scan.before_us != TIME_MAX) {
            walk->group.spilled = false; /* later chunks lie past the window, too */
            return STATUS_END;
        }
        return STATUS_OK;
    }
    return walk->entries.ok ? STATUS_END
                            : fail(STATUS_CORRUPT, "adjacency entries do not decode; run check");
}

/* The next one that the moment sees: without history it is the edge's only version. */
static enum status next_in_run(struct entry *out, struct edge_walk *walk)
{
    bool sees = !walk->newer || walk->joined;

    do {
        enum status status = next_stored(out, walk);

        if (status || sees)
            return status;
        TRY(txn_sees(&sees, walk->txn, out->born, out->observed_us));
    } while (!sees);
    return STATUS_OK;
}

static enum status walk_next(struct entry *out, struct edge_walk *walk)
{
    for (;;) {
        enum status status = walk->in_group ? next_in_run(out, walk) : STATUS_END;

        if (status != STATUS_END)
            return status;
        if (walk->in_group) {
            status = chunk_next(walk);
            /* Newest first, a chunk wholly before the window ends the group. */
            if (status == STATUS_OK && walk->scan.newest_first && walk->list.n == 0)
                status = STATUS_END;
        }
        if (status == STATUS_END) {
            status = next_group(walk);
            walk->in_group = status == STATUS_OK;
        }
        if (status != STATUS_OK)
            return status;
    }
}

static void to_edge(struct edge *edge, struct node_id node, uint32_t code,
                    const struct entry *entry)
{
    bool is_out = group_is_out(code);

    edge->id = entry->edge;
    edge->type = group_type(code);
    edge->direction = is_out ? DIRECTION_OUT : DIRECTION_IN;
    edge->from = is_out ? node : entry->other;
    edge->to = is_out ? entry->other : node;
    edge->valid_from_us = entry->valid_from_us;
    edge->valid_to_us = entry->valid_to_us;
    edge->observed_us = entry->observed_us;
    edge->born = entry->born;
    edge->has_key = entry->has_key;
    edge->loaded = is_out;
    edge->key = entry->key;
    edge->properties = entry->properties;
}

/* ---- the iterator --------------------------------------------------------------------------- */

static enum status walk_begin(struct edge_walk **out, struct graph_txn *txn,
                              const struct node *node, const struct edge_scan *scan)
{
    struct edge_walk *walk = txn->idle_walk;
    struct entry_list list = { 0 };

    if (walk) {
        txn->idle_walk = NULL;
        list = walk->list;
    } else {
        walk = malloc(sizeof *walk);
        if (!walk)
            return fail_memory(sizeof *walk);
    }
    *walk = (struct edge_walk){ .txn = txn, .scan = *scan, .node = node->id, .list = list };
    walk->list.n = 0;
    *out = walk;
    TRY(row_peek(&walk->row, node->row));
    walk->groups = reader_of(walk->row.groups);
    walk->newer = row_is_newer(&walk->row, txn);
    return STATUS_OK;
}

void edge_iter_start(struct edge_iter *it, struct graph_txn *txn, const struct node *node,
                     const struct edge_scan *scan)
{
    *it = (struct edge_iter){ 0 };
    it->status = walk_begin(&it->walk, txn, node, scan);
}

bool edge_iter_next(struct edge_iter *it)
{
    struct entry entry;
    enum status status;

    if (it->status || !it->walk)
        return false;
    status = walk_next(&entry, it->walk);
    if (status == STATUS_OK) {
        to_edge(&it->edge, it->walk->node, it->walk->group.code, &entry);
        it->n_read++;
        return true;
    }
    if (status != STATUS_END)
        it->status = status;
    return false;
}

void edge_iter_stop(struct edge_iter *it)
{
    struct edge_walk *walk = it->walk;

    if (!walk)
        return;
    it->walk = NULL;
    store_cursor_close(walk->cursor);
    walk->cursor = NULL;
    if (!walk->txn->idle_walk) {
        walk->txn->idle_walk = walk;
        return;
    }
    walk_free(walk);
}

void walk_free(struct edge_walk *walk)
{
    if (!walk)
        return;
    entry_list_fini(&walk->list);
    free(walk);
}

/* ---- one edge ------------------------------------------------------------------------------- */

enum status edge_find(struct edge *out, struct graph_txn *txn, struct node_id from, uint32_t type,
                      int64_t valid_from_us, struct edge_id id)
{
    struct entry like = { .edge = id, .valid_from_us = valid_from_us }, entry;
    uint32_t code = group_code(type, false, DIRECTION_OUT);

    TRY(entry_find(&entry, txn, from, code, &like));
    to_edge(out, from, code, &entry);
    return STATUS_OK;
}

enum status edge_load(struct edge *edge, struct graph_txn *txn)
{
    struct entry like = { .edge = edge->id, .valid_from_us = edge->valid_from_us,
                          .born = edge->born };
    struct entry entry;
    enum status status;

    if (edge->loaded)
        return STATUS_OK;
    status = entry_find(&entry, txn, edge->from, group_code(edge->type, false, DIRECTION_OUT),
                        &like);
    if (status == STATUS_NOT_FOUND)
        status = entry_find(&entry, txn, edge->from, group_code(edge->type, true, DIRECTION_OUT),
                            &like);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_CORRUPT, "an edge is missing at its start; run check");
    TRY(status);
    edge->key = entry.key;
    edge->properties = entry.properties;
    edge->loaded = true;
    return STATUS_OK;
}

enum status edge_property(struct value *out, struct arena *arena, struct graph_txn *txn,
                          struct edge *edge, uint32_t property)
{
    TRY(edge_load(edge, txn));
    return codec_find_property(out, arena, edge->properties, property);
}

enum status edge_properties(struct value *out, struct arena *arena, struct graph_txn *txn,
                            struct edge *edge)
{
    TRY(edge_load(edge, txn));
    return properties_decode(out, arena, txn, edge->properties);
}
