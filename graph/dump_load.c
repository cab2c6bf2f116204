/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading a dump: lines are sorted by the row they go to, then rows are appended in order. */

#include "graph/check.h"
#include "graph/dump_lines.h"
#include "graph/dump_private.h"
#include "graph/index.h"
#include "graph/key.h"
#include "graph/schema_change.h"
#include "store/remove.h"
#include "store/sorter.h"

#define SORT_BYTES ((size_t)256 << 20)

/* ---- lines: small tables -------------------------------------------------------------------- */

static enum status load_header(struct dump_load *load, const struct value *map)
{
    uint64_t format;

    TRY(dump_need_number(&format, map, "dump"));
    if (format != DUMP_FORMAT)
        return fail(STATUS_CONFLICT, "the dump has format %llu and this program reads %d",
                    (unsigned long long)format, DUMP_FORMAT);
    TRY(dump_need_number(&load->header.commit_seq, map, "commit_seq"));
    TRY(dump_need_number(&load->header.next_node, map, "next_node"));
    load->begun = true;
    return dump_need_number(&load->header.next_edge, map, "next_edge");
}

static enum status load_meta(struct dump_load *load, const struct value *map)
{
    struct slice name, value;
    bool is_text;

    TRY(dump_need_text(&name, load, map, "meta"));
    TRY(dump_take_text(&value, &is_text, load, map, "text"));
    if (!is_text)
        TRY(dump_need_hex(&value, load, map, "value"));
    return store_put(load->txn->store, TABLE_META, name, value);
}

static enum status load_symbol(struct dump_load *load, const struct value *map)
{
    uint64_t number;
    uint32_t symbol;
    struct slice name;

    TRY(dump_need_number(&number, map, "symbol"));
    TRY(dump_need_text(&name, load, map, "name"));
    TRY(catalog_intern(&symbol, load->txn, name));
    if (symbol != number)
        return fail(STATUS_INVALID, "symbol %llu comes as number %u", (unsigned long long)number,
                    symbol);
    return STATUS_OK;
}

static enum status load_commit(struct dump_load *load, const struct value *map)
{
    unsigned char key[8], time[8];
    uint64_t number;
    int64_t at_us;

    TRY(dump_need_number(&number, map, "commit"));
    TRY(dump_take_time(&at_us, map, "at_us", 0));
    key_put_u64(key, number);
    key_put_u64(time, (uint64_t)at_us);
    return store_put(load->txn->store, TABLE_COMMIT, slice_of(key, sizeof key),
                     slice_of(time, sizeof time));
}

/* A key by its hash; the zero id: only longer rows with it are known so far. */
static enum status add_short(struct dump_load *load, const struct node_key *key, uint64_t node)
{
    unsigned char value[VARINT_MAX];

    return sorter_add(load->keys, key_short(key), slice_of(value, varint_write(value, node)));
}

static enum status load_alias(struct dump_load *load, struct slice name, struct slice value)
{
    struct node_key key;

    TRY(node_key_restore(&key, name));
    TRY(add_short(load, &key, 0));
    return sorter_add(load->keys, key_long(&key), value);
}

static enum status load_row(struct dump_load *load, const struct value *map)
{
    struct slice name, key, value;
    enum store_table table;

    TRY(dump_need_text(&name, load, map, "table"));
    TRY(dump_need_hex(&key, load, map, "key"));
    TRY(dump_need_hex(&value, load, map, "value"));
    table = dump_table_find(name);
    load->counts->rows++;
    if (table == TABLE_KEY)
        return load_alias(load, key, value);
    if (table == TABLE_COUNT_ || !dump_is_raw(table))
        return fail(STATUS_INVALID, "\"%.*s\" is no table of this version", (int)name.size,
                    (const char *)name.data);
    return store_put(load->txn->store, table, key, value);
}

/* ---- lines: nodes and edges ----------------------------------------------------------------- */

static enum status take_labels(struct record *record, struct dump_load *load,
                               const struct value *map)
{
    const struct value *labels = value_find(map, SLICE("labels"));
    struct slice keyed;
    bool has_key;

    if (!labels || labels->type != VALUE_LIST || labels->count > ROW_LABELS_MAX)
        return fail(STATUS_INVALID, "\"labels\" must be a list of at most %d", ROW_LABELS_MAX);
    for (uint32_t i = 0; i < labels->count; i++) {
        if (labels->items[i].type != VALUE_STRING)
            return fail(STATUS_INVALID, "a label must be text");
        TRY(dump_need_symbol(&record->labels[i], load, value_slice(&labels->items[i])));
    }
    record->n_labels = labels->count;
    TRY(dump_take_text(&keyed, &has_key, load, map, "keyed"));
    return has_key ? dump_need_symbol(&record->key_label, load, keyed) : STATUS_OK;
}

static enum status take_record(struct record *record, struct dump_load *load,
                               const struct value *map)
{
    const struct value *deleted = value_find(map, SLICE("deleted"));

    *record =
        (struct record){ .deleted = deleted && deleted->type == VALUE_BOOL && deleted->boolean };
    TRY(dump_need_number(&record->born, map, "born"));
    TRY(dump_take_time(&record->valid_from_us, map, "valid_from_us", TIME_MIN));
    TRY(dump_take_time(&record->observed_us, map, "observed_us", TIME_MIN));
    TRY(take_labels(record, load, map));
    TRY(dump_need_text(&record->key, load, map, "key"));
    return dump_take_properties(&record->properties, load, map);
}

static void part_key(unsigned char key[PART_KEY_BYTES], uint64_t node, uint32_t code,
                     const struct entry *entry)
{
    memset(key, 0, PART_KEY_BYTES);
    key_put_u64(key, node);
    key_put_u32(key + 8, code);
    if (!entry)
        return;
    key_put_u64(key + 12, key_time(entry->valid_from_us));
    key_put_u64(key + 20, entry->edge.value);
    key_put_u64(key + 28, entry->born);
}

static enum status add_key(struct dump_load *load, uint64_t node, const struct record *record)
{
    struct node_key key;

    if (!record->key_label)
        return STATUS_OK;
    node_key_make(&key, record->key_label, record->key);
    return add_short(load, &key, node);
}

static enum status load_node(struct dump_load *load, const struct value *map)
{
    unsigned char key[PART_KEY_BYTES];
    struct record record;
    uint64_t id;

    TRY(dump_need_number(&id, map, "node"));
    TRY(take_record(&record, load, map));
    buf_clear(&load->bytes);
    TRY(record_encode(&load->bytes, &record, 0));
    part_key(key, id, 0, NULL);
    TRY(sorter_add(load->parts, slice_of(key, sizeof key), buf_slice(&load->bytes)));
    load->counts->nodes++;
    txn_begins(load->txn, &record);
    if (!record.deleted)
        TRY(count_labels(load->txn, &record, 1));
    return add_key(load, id, &record);
}

static enum status load_past(struct dump_load *load, const struct value *map)
{
    AUTO(buf_fini) struct buf encoded = { 0 };
    unsigned char key[24];
    struct record record;
    struct row row = { 0 };
    uint64_t id, ended;

    TRY(dump_need_number(&id, map, "past"));
    TRY(dump_need_number(&ended, map, "ended"));
    TRY(take_record(&record, load, map));
    record.has_past = false;
    row.base_born = record.born;
    row.max_commit = ended;
    buf_clear(&load->bytes);
    TRY(record_encode(&load->bytes, &record, row.base_born));
    row.record = buf_slice(&load->bytes);
    TRY(row_encode(&encoded, &row));
    key_put_u64(key, id);
    key_put_u64(key + 8, ended);
    /* Replaced by the commit that made it: several such differ in when they became true. */
    key_put_u64(key + 16, key_time(record.valid_from_us));
    load->counts->versions++;
    txn_begins(load->txn, &record);
    return store_put(load->txn->store, TABLE_PAST,
                     slice_of(key, record.born == ended ? sizeof key : 16), buf_slice(&encoded));
}

static enum status add_entry(struct dump_load *load, uint64_t node, uint32_t type, bool out,
                             const struct entry *entry)
{
    uint32_t code = group_code(type, entry->ended != 0, out ? DIRECTION_OUT : DIRECTION_IN);
    struct entry_state state = { 0 };
    unsigned char key[PART_KEY_BYTES];

    part_key(key, node, code, entry);
    buf_clear(&load->bytes);
    TRY(entry_encode(&load->bytes, &state, entry, 0, out));
    return sorter_add(load->parts, slice_of(key, sizeof key), buf_slice(&load->bytes));
}

static enum status take_entry(struct entry *entry, uint32_t *type, uint64_t *from,
                              struct dump_load *load, const struct value *map)
{
    struct slice name;

    *entry = (struct entry){ 0 };
    TRY(dump_need_number(&entry->edge.value, map, "edge"));
    TRY(dump_need_text(&name, load, map, "type"));
    TRY(dump_need_symbol(type, load, name));
    TRY(dump_need_number(from, map, "from"));
    TRY(dump_need_number(&entry->other.value, map, "to"));
    TRY(dump_need_number(&entry->born, map, "born"));
    if (value_find(map, SLICE("ended")))
        TRY(dump_need_number(&entry->ended, map, "ended"));
    TRY(dump_take_time(&entry->valid_from_us, map, "valid_from_us", TIME_MIN));
    TRY(dump_take_time(&entry->valid_to_us, map, "valid_to_us", TIME_MAX));
    TRY(dump_take_time(&entry->observed_us, map, "observed_us", TIME_MIN));
    TRY(dump_take_text(&entry->key, &entry->has_key, load, map, "key"));
    return dump_take_properties(&entry->properties, load, map);
}

static enum status load_edge(struct dump_load *load, const struct value *map)
{
    struct entry entry;
    uint32_t type;
    uint64_t from, to;

    TRY(take_entry(&entry, &type, &from, load, map));
    to = entry.other.value;
    TRY(add_entry(load, from, type, true, &entry));
    entry.other.value = from;
    entry.key = entry.properties = (struct slice){ 0 };
    TRY(add_entry(load, to, type, false, &entry));
    if (entry.ended) {
        load->counts->versions++;
        return STATUS_OK;
    }
    load->counts->edges++;
    load->txn->counts.edges++;
    return txn_count_add(load->txn, type, 1);
}

static enum status load_end(struct dump_load *load, const struct value *map)
{
    uint64_t lines;

    TRY(dump_need_number(&lines, map, "end"));
    if (lines != load->n_lines)
        return fail(STATUS_INVALID, "the dump had %llu lines and %llu were read",
                    (unsigned long long)lines, (unsigned long long)load->n_lines);
    load->ended = true;
    return STATUS_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static const struct {
    const char *field; /* that tells what kind of line it is */
    enum status (*load)(struct dump_load *load, const struct value *map);
} kinds[] = {
    { "edge", load_edge }, { "node", load_node },     { "past", load_past },
    { "table", load_row }, { "symbol", load_symbol }, { "commit", load_commit },
    { "meta", load_meta }, { "dump", load_header },   { "end", load_end },
};

static enum status load_line(struct dump_load *load, const struct value *map)
{
    load->n_lines++;
    if (map->type != VALUE_MAP)
        return fail(STATUS_INVALID, "an object was expected");
    if (load->ended)
        return fail(STATUS_INVALID, "nothing may follow the last line");
    if (!load->begun && !value_find(map, SLICE("dump")))
        return fail(STATUS_INVALID, "this is no dump: the first line says {\"dump\":%d,...}",
                    DUMP_FORMAT);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (value_find(map, slice_str(kinds[i].field)))
            return kinds[i].load(load, map);
    return fail(STATUS_INVALID, "this is no line of a dump");
}

static enum status load_lines(struct dump_load *load, const char *path)
{
    AUTO(dump_lines_stop) struct dump_lines lines;
    const struct value *map;
    enum status status;

    dump_lines_start(&lines, path);
    while ((status = dump_lines_next(&map, &lines)) == STATUS_OK) {
        arena_reset(&load->arena);
        status = load_line(load, map);
        if (status)
            break;
    }
    if (status != STATUS_END)
        return lines.number ? fail_context(status, "%s:%llu", path,
                                           (unsigned long long)lines.number)
                            : status;
    return load->ended ? STATUS_OK
                       : fail(STATUS_INVALID, "%s: the dump is cut short after %llu lines", path,
                              (unsigned long long)load->n_lines);
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* The commit that made the empty graph gives way to those of the dump. */
static enum status begin(struct dump_load *load)
{
    unsigned char key[8];

    TRY(graph_write(&load->txn, load->graph));
    key_put_u64(key, 1);
    TRY(store_delete(load->txn->store, TABLE_COMMIT, slice_of(key, sizeof key)));
    load->txn->keeps_commits = true;
    TRY(changes_forget(load->txn));
    TRY(sorter_new(&load->parts, graph_dir(load->graph), SORT_BYTES, false));
    return sorter_new(&load->keys, graph_dir(load->graph), SORT_BYTES, false);
}

/* The schema came with the dump: the graph was made without one. */
static enum status build_index(struct dump_load *load)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    struct schema *schema = NULL;
    struct slice text;
    enum status status;

    TRY(graph_schema_text(&text, load->txn));
    TRY(buf_append_slice(&copy, text));
    TRY(schema_load(&schema, load->txn, buf_slice(&copy)));
    status = index_build(load->txn, schema);
    schema_free(schema);
    return status;
}

static enum status load_all(struct dump_load *load, const char *path)
{
    struct graph_txn *txn;

    TRY(begin(load));
    TRY(load_lines(load, path));
    TRY(dump_write_nodes(load));
    TRY(dump_write_keys(load));
    TRY(build_index(load));
    load->txn->counts.commit_seq = load->header.commit_seq;
    load->txn->counts.next_node = load->header.next_node;
    load->txn->counts.next_edge = load->header.next_edge;
    txn = load->txn;
    load->txn = NULL;
    return txn_commit(txn);
}

static void load_fini(struct dump_load *load)
{
    txn_end(load->txn);
    sorter_free(load->parts);
    sorter_free(load->keys);
    arena_fini(&load->arena);
    buf_fini(&load->bytes);
    buf_fini(&load->properties);
    graph_close(load->graph);
}

static enum status first_finding(void *context, const struct check_finding *finding)
{
    (void)context;
    return fail(STATUS_INVALID, "the dump does not hold together: %s: %s: %s", finding->rule->id,
                finding->place, finding->what);
}

static enum status verify(const char *dir)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    struct check_options options = { .finding = first_finding };
    struct check_result result;

    TRY(graph_open(&graph, dir, NULL));
    return check_graph(&result, graph, &options);
}

static enum status load_into(struct dump_load *load, const char *dir, const char *path)
{
    enum status status = graph_open(&load->graph, dir, NULL);

    if (!status)
        status = load_all(load, path);
    load_fini(load);
    return status ? status : verify(dir);
}

enum status dump_load(struct dump_counts *counts, const char *dir, const char *path)
{
    struct dump_load load = { .counts = counts };
    enum status status;

    *counts = (struct dump_counts){ 0 };
    TRY(graph_create(dir, (struct slice){ NULL, 0 }, NULL));
    status = load_into(&load, dir, path);
    if (status)
        store_remove(dir);
    return status;
}
