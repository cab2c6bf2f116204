/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/graph/planted.h"

#include <stdio.h>

#include "graph/key.h"
#include "graph/private.h"
#include "tests/support/fresh.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

#define N_NODES 40

static uint32_t label_party, type_pays;

static struct node_id put_node(struct graph_txn *txn, int i, int mark)
{
    struct node_input input = NODE_INPUT_INIT;
    struct value_pair pair = { SLICE("mark"), value_int(mark) };
    struct node_id id;
    char key[16];

    snprintf(key, sizeof key, "p%03d", i);
    input.labels = &label_party;
    input.n_labels = 1;
    input.key_label = label_party;
    input.key = slice_str(key);
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    OK(node_upsert(&id, NULL, txn, &input));
    return id;
}

static void put_edge(struct graph_txn *txn, uint64_t from, uint64_t to, int64_t at)
{
    struct edge_input input = EDGE_INPUT_INIT;
    struct value_pair pair = { SLICE("mark"), value_int(at) };

    input.type = type_pays;
    input.from.value = from;
    input.to.value = to;
    input.valid_from_us = at * US_PER_DAY;
    input.has_key = true;
    input.key = SLICE("k");
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    if (at >= 10)
        input.has_key = false;
    OK(edge_upsert(NULL, NULL, txn, &input));
}

struct graph *planted_graph(const char *dir)
{
    struct graph *graph = fresh_graph(place_in(dir, "db"), SLICE(""),
                                      &(struct graph_options){ .map_size = 64 << 20 });
    struct graph_txn *txn;

    OK(graph_write(&txn, graph));
    OK(catalog_intern(&label_party, txn, SLICE("Party")));
    OK(catalog_intern(&type_pays, txn, SLICE("PAYS")));
    for (int i = 1; i <= N_NODES; i++)
        cr_assert(put_node(txn, i, 0).value == (uint64_t)i);
    for (int i = 0; i < PLANTED_HUB_EDGES; i++)
        put_edge(txn, 1, 2 + (uint64_t)i % (N_NODES - 1), 10 + i);
    put_edge(txn, 4, 5, 1);
    put_edge(txn, 4, 6, 1);
    OK(txn_commit(txn));
    OK(graph_write(&txn, graph));
    put_node(txn, 2, 1);
    put_edge(txn, 4, 5, 2); /* replaces the version of day 1 */
    OK(node_alias(txn, (struct node_id){ 3 }, label_party, SLICE("other name")));
    OK(txn_commit(txn));
    return graph;
}

/* ---- damage --------------------------------------------------------------------------------- */

struct rewrite {
    struct row row;
    struct record record;
    struct group groups[8];
    size_t n_groups;
};

static void read_parts(struct rewrite *parts, struct buf *copy, struct graph_txn *txn, uint64_t id)
{
    struct reader reader;
    struct slice bytes;

    OK(row_load(&bytes, txn, (struct node_id){ id }));
    OK(buf_append_slice(copy, bytes));
    OK(row_decode(&parts->row, buf_slice(copy)));
    OK(record_decode(&parts->record, parts->row.record, parts->row.base_born));
    reader = reader_of(parts->row.groups);
    parts->n_groups = 0;
    while (group_next(&parts->groups[parts->n_groups], &reader))
        parts->n_groups++;
}

static void write_parts(struct rewrite *parts, struct graph_txn *txn, uint64_t id)
{
    AUTO(buf_fini) struct buf record = { 0 };
    AUTO(buf_fini) struct buf groups = { 0 };

    OK(record_encode(&record, &parts->record, parts->row.base_born));
    for (size_t i = 0; i < parts->n_groups; i++)
        OK(group_encode(&groups, &parts->groups[i]));
    parts->row.record = buf_slice(&record);
    parts->row.groups = buf_slice(&groups);
    OK(row_store(txn, (struct node_id){ id }, &parts->row));
}

/* Rewrites node 4's row (two current out-edges, one past) as `change` says, checksum and all. */
static void rewrite_row(struct graph_txn *txn, void (*change)(struct rewrite *parts))
{
    AUTO(buf_fini) struct buf copy = { 0 };
    struct rewrite parts;

    read_parts(&parts, &copy, txn, 4);
    change(&parts);
    write_parts(&parts, txn, 4);
}

static void unknown_label(struct rewrite *parts) { parts->record.labels[0] = 999; }
static void old_row(struct rewrite *parts) { parts->row.max_commit = 1; }
static void deleted(struct rewrite *parts) { parts->record.deleted = true; }
static void miscounted(struct rewrite *parts) { parts->groups[0].count++; }
static void unknown_type(struct rewrite *parts) { parts->groups[1].code = 999 << 2; }

static void plant_record(struct graph_txn *txn) { rewrite_row(txn, unknown_label); }
static void plant_commit(struct graph_txn *txn) { rewrite_row(txn, old_row); }
static void plant_deleted(struct graph_txn *txn) { rewrite_row(txn, deleted); }
static void plant_count(struct graph_txn *txn) { rewrite_row(txn, miscounted); }
static void plant_type(struct graph_txn *txn) { rewrite_row(txn, unknown_type); }

/* Node 4's current out-edges again, with what `change` made of them. */
static void rewrite_entries(struct graph_txn *txn, void (*change)(struct entry_list *list))
{
    AUTO(buf_fini) struct buf copy = { 0 };
    AUTO(buf_fini) struct buf run = { 0 };
    AUTO(entry_list_fini) struct entry_list list = { 0 };
    struct entry_state state = { 0 };
    struct rewrite parts;

    read_parts(&parts, &copy, txn, 4);
    cr_assert(parts.groups[0].code == group_code(type_pays, false, DIRECTION_OUT));
    OK(entry_list_read(&list, parts.groups[0].entries, parts.row.base_born, true));
    change(&list);
    for (size_t i = 0; i < list.n; i++)
        OK(entry_encode(&run, &state, &list.items[i], parts.row.base_born, true));
    parts.groups[0].entries = buf_slice(&run);
    write_parts(&parts, txn, 4);
}

static void swap(struct entry_list *list)
{
    struct entry first = list->items[0];

    list->items[0] = list->items[1];
    list->items[1] = first;
}

static void to_nowhere(struct entry_list *list) { list->items[0].other.value = 7777; }
static void redated(struct entry_list *list) { list->items[0].valid_to_us = 5 * US_PER_DAY; }
static void plant_order(struct graph_txn *txn) { rewrite_entries(txn, swap); }
static void plant_end(struct graph_txn *txn) { rewrite_entries(txn, to_nowhere); }
static void plant_twin_dates(struct graph_txn *txn) { rewrite_entries(txn, redated); }

static void plant_twin(struct graph_txn *txn)
{
    struct entry like = { .edge = { PLANTED_HUB_EDGES + 2 }, .valid_from_us = US_PER_DAY };

    OK(adjacency_remove(txn, (struct node_id){ 6 }, group_code(type_pays, false, DIRECTION_IN),
                        &like));
}

void planted_flip(struct graph_txn *txn, enum store_table table, int n, bool move)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    AUTO(buf_fini) struct buf key_copy = { 0 };
    AUTO(buf_fini) struct buf copy = { 0 };
    struct slice key, value;

    OK(store_cursor_open(&cursor, txn->store, table));
    OK(store_cursor_seek(&key, &value, cursor, (struct slice){ 0 }));
    for (int i = 0; i < n; i++)
        OK(store_cursor_next(&key, &value, cursor));
    OK(buf_append_slice(&key_copy, key));
    OK(buf_append_slice(&copy, value));
    if (!move) {
        copy.data[copy.size / 2] ^= 0x10;
    } else {
        OK(store_delete(txn->store, table, buf_slice(&key_copy)));
        key_copy.data[key_copy.size - 1]++;
    }
    OK(store_put(txn->store, table, buf_slice(&key_copy), buf_slice(&copy)));
}

static void plant_row(struct graph_txn *txn) { planted_flip(txn, TABLE_NODE, 6, false); }
static void plant_chunk(struct graph_txn *txn) { planted_flip(txn, TABLE_CHUNK, 1, false); }
static void plant_chunk_key(struct graph_txn *txn) { planted_flip(txn, TABLE_CHUNK, 1, true); }
static void plant_past(struct graph_txn *txn) { planted_flip(txn, TABLE_PAST, 0, false); }

static void plant_orphan(struct graph_txn *txn)
{
    struct chunk_key key = chunk_key((struct node_id){ 7 }, 4, 0, (struct edge_id){ 1 });

    OK(store_put(txn->store, TABLE_CHUNK, slice_of(key.bytes, sizeof key.bytes), SLICE("?????")));
}

static void plant_past_gap(struct graph_txn *txn)
{
    unsigned char key[16];

    key_put_u64(key, 2);
    key_put_u64(key + 8, txn->counts.commit_seq - 1);
    OK(store_delete(txn->store, TABLE_PAST, slice_of(key, sizeof key)));
}

static void plant_id(struct graph_txn *txn)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    unsigned char key[NODE_KEY_BYTES];
    struct slice bytes;

    OK(row_load(&bytes, txn, (struct node_id){ 9 }));
    OK(buf_append_slice(&copy, bytes));
    key_put_node(key, (struct node_id){ 500 });
    OK(store_put(txn->store, TABLE_NODE, slice_of(key, sizeof key), buf_slice(&copy)));
}

static struct node_key party_key(const char *name)
{
    struct node_key key;

    node_key_make(&key, label_party, slice_str(name));
    return key;
}

static void lose_key(struct graph_txn *txn)
{
    struct node_key key = party_key("p008");

    OK(store_delete(txn->store, TABLE_KEY, key_short(&key)));
}

static void lead_key(struct graph_txn *txn, const char *name, uint64_t node)
{
    struct node_key key = party_key(name);

    OK(key_put(txn, key_short(&key), (struct node_id){ node }));
}

static void key_to_nowhere(struct graph_txn *txn) { lead_key(txn, "p009", 0x7f); }
static void key_astray(struct graph_txn *txn) { lead_key(txn, "p009", 0x0a); }
static void key_alone(struct graph_txn *txn) { lead_key(txn, "nobody", 0); }

static void key_damaged(struct graph_txn *txn)
{
    struct node_key key = party_key("p009");
    AUTO(buf_fini) struct buf copy = { 0 };
    struct slice value;

    OK(store_get(&value, txn->store, TABLE_KEY, key_short(&key)));
    OK(buf_append_slice(&copy, value));
    copy.data[0] ^= 0x10;
    OK(store_put(txn->store, TABLE_KEY, key_short(&key), buf_slice(&copy)));
}

static void alias_astray(struct graph_txn *txn)
{
    struct node_key key = party_key("other name");

    OK(store_put(txn->store, TABLE_KEY, key_long(&key), SLICE("\x04" "1234")));
}

static void alias_behind_nothing(struct graph_txn *txn)
{
    struct node_key key = party_key("other name");

    OK(key_redirect(txn, &key, (struct node_id){ 4 }, (struct slice){ 0 }, (struct node_id){ 0 }));
    OK(store_delete(txn->store, TABLE_KEY, key_short(&key)));
}

static void put_number(struct graph_txn *txn, enum store_table table, uint64_t at, uint64_t value)
{
    unsigned char key[8], bytes[8];

    key_put_u64(key, at);
    key_put_u64(bytes, value);
    OK(store_put(txn->store, table, slice_of(key, sizeof key), slice_of(bytes, sizeof bytes)));
}

static void plant_commit_time(struct graph_txn *txn) { put_number(txn, TABLE_COMMIT, 2, 1); }

static void plant_commit_gap(struct graph_txn *txn)
{
    unsigned char key[8];

    key_put_u64(key, 2);
    OK(store_delete(txn->store, TABLE_COMMIT, slice_of(key, sizeof key)));
}

static void put_symbol(struct graph_txn *txn, uint32_t at, struct slice name)
{
    unsigned char key[4];

    key_put_u32(key, at);
    OK(store_put(txn->store, TABLE_SYMBOL, slice_of(key, sizeof key), name));
}

static void plant_symbol_gap(struct graph_txn *txn) { put_symbol(txn, 77, SLICE("Far")); }
static void plant_symbol_twice(struct graph_txn *txn) { put_symbol(txn, 2, SLICE("Party")); }
static void plant_total(struct graph_txn *txn) { txn->counts.nodes++; }
static void plant_next(struct graph_txn *txn) { txn->counts.next_edge = 3; }
static void plant_symbol_count(struct graph_txn *txn) { OK(txn_count_add(txn, type_pays, 1)); }

static void plant_begin(struct graph_txn *txn)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    struct rewrite parts = { 0 };

    read_parts(&parts, &copy, txn, 4);
    parts.record.valid_from_us = US_PER_DAY;
    write_parts(&parts, txn, 4);
}

const struct planted planted[] = {
    { "a node row with a flipped byte", CHECK_NODE_ROW, plant_row },
    { "a label that does not exist", CHECK_NODE_RECORD, plant_record },
    { "a node beyond the next id", CHECK_NODE_ID, plant_id },
    { "a row younger than it says", CHECK_NODE_COMMIT, plant_commit },
    { "a deleted node with edges", CHECK_NODE_DELETED, plant_deleted },
    { "a key that is gone", CHECK_NODE_KEY, lose_key },
    { "a key that leads nowhere", CHECK_KEY_NODE, key_to_nowhere },
    { "a key that leads to another node", CHECK_KEY_NODE, key_astray },
    { "a key's row that was changed", CHECK_KEY_NODE, key_damaged },
    { "a key's row that leads nowhere", CHECK_KEY_NODE, key_alone },
    { "an alias that was changed", CHECK_KEY_NODE, alias_astray },
    { "an alias without a row of its hash", CHECK_KEY_NODE, alias_behind_nothing },
    { "edges out of order", CHECK_GROUP_ORDER, plant_order },
    { "a group that counts wrong", CHECK_GROUP_COUNT, plant_count },
    { "a chunk with a flipped byte", CHECK_CHUNK_ROW, plant_chunk },
    { "a chunk under another key", CHECK_CHUNK_KEY, plant_chunk_key },
    { "a chunk of no group", CHECK_CHUNK_ORPHAN, plant_orphan },
    { "an edge type that does not exist", CHECK_EDGE_ENTRY, plant_type },
    { "an edge to a node that does not exist", CHECK_EDGE_END, plant_end },
    { "an edge that only one end knows", CHECK_EDGE_TWIN, plant_twin },
    { "an edge whose ends differ in a date", CHECK_EDGE_TWIN, plant_twin_dates },
    { "a replaced version with a flipped byte", CHECK_PAST_ROW, plant_past },
    { "a replaced version that is gone", CHECK_PAST_CHAIN, plant_past_gap },
    { "a gap among the symbols", CHECK_SYMBOL_DENSE, plant_symbol_gap },
    { "two symbols of one name", CHECK_SYMBOL_NAME, plant_symbol_twice },
    { "a commit that is gone", CHECK_COMMIT_DENSE, plant_commit_gap },
    { "a commit time that runs back", CHECK_COMMIT_TIME, plant_commit_time },
    { "a wrong total", CHECK_COUNT_TOTAL, plant_total },
    { "a wrong count of a type", CHECK_COUNT_SYMBOL, plant_symbol_count },
    { "edge ids that would be given again", CHECK_COUNT_NEXT, plant_next },
    { "a node that begins later than counted", CHECK_COUNT_BEGIN, plant_begin },
};
const size_t n_planted = sizeof planted / sizeof *planted;
