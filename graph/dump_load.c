/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading a dump: lines are sorted by the row they go to, then rows are appended in order. */

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "graph/check.h"
#include "graph/dump_private.h"
#include "store/remove.h"
#include "store/sorter.h"

#define SORT_BYTES ((size_t)256 << 20)
#define LINE_BYTES ((size_t)64 << 20)
/* node (8), group code (4), valid_from (8), edge (8), born (8); the record has code 0 */
#define PART_KEY_BYTES 36

struct load {
    struct graph *graph;
    struct graph_txn *txn;
    struct dump_counts *counts;
    struct sorter *parts; /* of node rows */
    struct sorter *keys;  /* of the key table */
    struct arena arena;   /* of one line, or one node */
    struct buf bytes, properties;
    uint64_t n_lines;
    bool begun, ended;
    struct graph_counts header;
};

/* ---- fields --------------------------------------------------------------------------------- */

static enum status need_number(uint64_t *out, const struct value *map, const char *name)
{
    const struct value *value = value_find(map, slice_str(name));

    if (!value || value->type != VALUE_INT || value->integer < 0)
        return fail(STATUS_INVALID, "\"%s\" must be a number, 0 or more", name);
    *out = (uint64_t)value->integer;
    return STATUS_OK;
}

static enum status take_time(int64_t *out, const struct value *map, const char *name,
                             int64_t absent)
{
    const struct value *value = value_find(map, slice_str(name));

    *out = absent;
    if (!value)
        return STATUS_OK;
    if (value->type != VALUE_INT)
        return fail(STATUS_INVALID, "\"%s\" must be microseconds since 1970", name);
    *out = value->integer;
    return STATUS_OK;
}

/* Text as dump_value() writes it; *there is false where the field is missing. */
static enum status take_text(struct slice *out, bool *there, struct load *load,
                             const struct value *map, const char *name)
{
    const struct value *json = value_find(map, slice_str(name));
    struct value value;

    *there = json != NULL;
    if (!json)
        return STATUS_OK;
    TRY(dump_value_read(&value, &load->arena, json));
    if (value.type != VALUE_STRING)
        return fail(STATUS_INVALID, "\"%s\" must be text", name);
    *out = value_slice(&value);
    return STATUS_OK;
}

static enum status need_text(struct slice *out, struct load *load, const struct value *map,
                             const char *name)
{
    bool there;

    TRY(take_text(out, &there, load, map, name));
    return there ? STATUS_OK : fail(STATUS_INVALID, "\"%s\" is missing", name);
}

static enum status need_hex(struct slice *out, struct load *load, const struct value *map,
                            const char *name)
{
    const struct value *value = value_find(map, slice_str(name));

    if (!value || value->type != VALUE_STRING)
        return fail(STATUS_INVALID, "\"%s\" must be bytes in hex", name);
    return dump_hex_read(out, &load->arena, value_slice(value));
}

/* Symbols come before what uses them, so that their numbers stay. */
static enum status need_symbol(uint32_t *out, struct load *load, struct slice name)
{
    *out = catalog_find(graph_catalog(load->graph), name);
    return *out ? STATUS_OK
                : fail(STATUS_INVALID, "\"%.*s\" is no symbol of this dump", (int)name.size,
                       (const char *)name.data);
}

static enum status take_properties(struct slice *out, struct load *load, const struct value *map)
{
    const struct value *json = value_find(map, SLICE("properties"));
    struct value_pair *pairs;
    struct value given;
    bool has_null;

    *out = (struct slice){ 0 };
    if (!json)
        return STATUS_OK;
    if (json->type != VALUE_MAP)
        return fail(STATUS_INVALID, "\"properties\" must be an object");
    pairs = arena_array(&load->arena, json->count + 1, sizeof *pairs);
    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < json->count; i++) {
        uint32_t symbol;

        TRY(need_symbol(&symbol, load, json->pairs[i].key));
        pairs[i].key = json->pairs[i].key;
        TRY(dump_value_read(&pairs[i].value, &load->arena, &json->pairs[i].value));
    }
    given = (struct value){ .type = VALUE_MAP, .count = json->count, .pairs = pairs };
    buf_clear(&load->properties);
    TRY(properties_encode(&load->properties, &has_null, load->txn, &given));
    *out = buf_slice(&load->properties);
    return STATUS_OK;
}

/* ---- lines: small tables -------------------------------------------------------------------- */

static enum status load_header(struct load *load, const struct value *map)
{
    uint64_t format;

    TRY(need_number(&format, map, "dump"));
    if (format != DUMP_FORMAT)
        return fail(STATUS_CONFLICT, "the dump has format %llu and this program reads %d",
                    (unsigned long long)format, DUMP_FORMAT);
    TRY(need_number(&load->header.commit_seq, map, "commit_seq"));
    TRY(need_number(&load->header.next_node, map, "next_node"));
    load->begun = true;
    return need_number(&load->header.next_edge, map, "next_edge");
}

static enum status load_meta(struct load *load, const struct value *map)
{
    struct slice name, value;
    bool is_text;

    TRY(need_text(&name, load, map, "meta"));
    TRY(take_text(&value, &is_text, load, map, "text"));
    if (!is_text)
        TRY(need_hex(&value, load, map, "value"));
    return store_put(load->txn->store, TABLE_META, name, value);
}

static enum status load_symbol(struct load *load, const struct value *map)
{
    uint64_t number;
    uint32_t symbol;
    struct slice name;

    TRY(need_number(&number, map, "symbol"));
    TRY(need_text(&name, load, map, "name"));
    TRY(catalog_intern(&symbol, load->txn, name));
    if (symbol != number)
        return fail(STATUS_INVALID, "symbol %llu comes as number %u", (unsigned long long)number,
                    symbol);
    return STATUS_OK;
}

static enum status load_commit(struct load *load, const struct value *map)
{
    unsigned char key[8], time[8];
    uint64_t number;
    int64_t at_us;

    TRY(need_number(&number, map, "commit"));
    TRY(take_time(&at_us, map, "at_us", 0));
    key_put_u64(key, number);
    key_put_u64(time, (uint64_t)at_us);
    return store_put(load->txn->store, TABLE_COMMIT, slice_of(key, sizeof key),
                     slice_of(time, sizeof time));
}

static enum status load_row(struct load *load, const struct value *map)
{
    struct slice name, key, value;
    enum store_table table;

    TRY(need_text(&name, load, map, "table"));
    TRY(need_hex(&key, load, map, "key"));
    TRY(need_hex(&value, load, map, "value"));
    table = dump_table_find(name);
    load->counts->rows++;
    if (table == TABLE_KEY)
        return sorter_add(load->keys, key, value);
    if (table == TABLE_COUNT_ || !dump_is_raw(table))
        return fail(STATUS_INVALID, "\"%.*s\" is no table of this version", (int)name.size,
                    (const char *)name.data);
    return store_put(load->txn->store, table, key, value);
}

/* ---- lines: nodes and edges ----------------------------------------------------------------- */

static enum status take_labels(struct record *record, struct load *load, const struct value *map)
{
    const struct value *labels = value_find(map, SLICE("labels"));
    struct slice keyed;
    bool has_key;

    if (!labels || labels->type != VALUE_LIST || labels->count > ROW_LABELS_MAX)
        return fail(STATUS_INVALID, "\"labels\" must be a list of at most %d", ROW_LABELS_MAX);
    for (uint32_t i = 0; i < labels->count; i++) {
        if (labels->items[i].type != VALUE_STRING)
            return fail(STATUS_INVALID, "a label must be text");
        TRY(need_symbol(&record->labels[i], load, value_slice(&labels->items[i])));
    }
    record->n_labels = labels->count;
    TRY(take_text(&keyed, &has_key, load, map, "keyed"));
    return has_key ? need_symbol(&record->key_label, load, keyed) : STATUS_OK;
}

static enum status take_record(struct record *record, struct load *load, const struct value *map)
{
    const struct value *deleted = value_find(map, SLICE("deleted"));

    *record = (struct record){ .deleted = deleted && deleted->type == VALUE_BOOL &&
                                          deleted->boolean };
    TRY(need_number(&record->born, map, "born"));
    TRY(take_time(&record->valid_from_us, map, "valid_from_us", TIME_MIN));
    TRY(take_time(&record->observed_us, map, "observed_us", TIME_MIN));
    TRY(take_labels(record, load, map));
    TRY(need_text(&record->key, load, map, "key"));
    return take_properties(&record->properties, load, map);
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

static enum status add_key(struct load *load, uint64_t node, const struct record *record)
{
    unsigned char value[VARINT_MAX];
    struct node_key key;

    if (!record->key_label)
        return STATUS_OK;
    node_key_make(&key, record->key_label, record->key);
    return sorter_add(load->keys, slice_of(key.bytes, key.size),
                      slice_of(value, varint_write(value, node)));
}

static enum status load_node(struct load *load, const struct value *map)
{
    unsigned char key[PART_KEY_BYTES];
    struct record record;
    uint64_t id;

    TRY(need_number(&id, map, "node"));
    TRY(take_record(&record, load, map));
    buf_clear(&load->bytes);
    TRY(record_encode(&load->bytes, &record, 0));
    part_key(key, id, 0, NULL);
    TRY(sorter_add(load->parts, slice_of(key, sizeof key), buf_slice(&load->bytes)));
    load->counts->nodes++;
    if (!record.deleted)
        TRY(count_labels(load->txn, &record, 1));
    return add_key(load, id, &record);
}

/* Past rows are few and come in order of node and end: appended at once. */
static enum status load_past(struct load *load, const struct value *map)
{
    AUTO(buf_fini) struct buf encoded = { 0 };
    unsigned char key[24];
    struct record record;
    struct row row = { 0 };
    uint64_t id, ended;

    TRY(need_number(&id, map, "past"));
    TRY(need_number(&ended, map, "ended"));
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
    return store_put(load->txn->store, TABLE_PAST,
                     slice_of(key, record.born == ended ? sizeof key : 16), buf_slice(&encoded));
}

static enum status add_entry(struct load *load, uint64_t node, uint32_t type, bool out,
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
                              struct load *load, const struct value *map)
{
    struct slice name;

    *entry = (struct entry){ 0 };
    TRY(need_number(&entry->edge.value, map, "edge"));
    TRY(need_text(&name, load, map, "type"));
    TRY(need_symbol(type, load, name));
    TRY(need_number(from, map, "from"));
    TRY(need_number(&entry->other.value, map, "to"));
    TRY(need_number(&entry->born, map, "born"));
    if (value_find(map, SLICE("ended")))
        TRY(need_number(&entry->ended, map, "ended"));
    TRY(take_time(&entry->valid_from_us, map, "valid_from_us", TIME_MIN));
    TRY(take_time(&entry->valid_to_us, map, "valid_to_us", TIME_MAX));
    TRY(take_time(&entry->observed_us, map, "observed_us", TIME_MIN));
    TRY(take_text(&entry->key, &entry->has_key, load, map, "key"));
    return take_properties(&entry->properties, load, map);
}

static enum status load_edge(struct load *load, const struct value *map)
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

static enum status load_end(struct load *load, const struct value *map)
{
    uint64_t lines;

    TRY(need_number(&lines, map, "end"));
    if (lines != load->n_lines)
        return fail(STATUS_INVALID, "the dump had %llu lines and %llu were read",
                    (unsigned long long)lines, (unsigned long long)load->n_lines);
    load->ended = true;
    return STATUS_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static const struct {
    const char *field; /* that tells what kind of line it is */
    enum status (*load)(struct load *load, const struct value *map);
} kinds[] = {
    { "edge", load_edge }, { "node", load_node }, { "past", load_past }, { "table", load_row },
    { "symbol", load_symbol }, { "commit", load_commit }, { "meta", load_meta },
    { "dump", load_header }, { "end", load_end },
};

static enum status load_line(struct load *load, struct slice text)
{
    const struct json_limits limits = { .depth = 40, .bytes = LINE_BYTES };
    struct value map;

    arena_reset(&load->arena);
    load->n_lines++;
    TRY(json_parse(&map, &load->arena, text, &limits));
    if (map.type != VALUE_MAP)
        return fail(STATUS_INVALID, "an object was expected");
    if (load->ended)
        return fail(STATUS_INVALID, "nothing may follow the last line");
    if (!load->begun && !value_find(&map, SLICE("dump")))
        return fail(STATUS_INVALID, "this is no dump: the first line says {\"dump\":%d,...}",
                    DUMP_FORMAT);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (value_find(&map, slice_str(kinds[i].field)))
            return kinds[i].load(load, &map);
    return fail(STATUS_INVALID, "this is no line of a dump");
}

static enum status load_lines(struct load *load, const char *path)
{
    AUTO(file_lines_stop) struct file_lines lines;

    for (file_lines_start(&lines, path, LINE_BYTES); file_lines_next(&lines);) {
        enum status status = lines.too_long ? fail(STATUS_LIMIT, "the line is too long")
                                            : load_line(load, lines.line);

        if (status)
            return fail_context(status, "%s:%llu", path, (unsigned long long)lines.number);
    }
    TRY(lines.status);
    return load->ended ? STATUS_OK
                       : fail(STATUS_INVALID, "%s: the dump is cut short after %llu lines", path,
                              (unsigned long long)load->n_lines);
}

/* ---- writing rows --------------------------------------------------------------------------- */

/* One node while its parts come; drafts lend from the arena. */
struct assembly {
    uint64_t node;
    struct row row;
    struct record record;
    bool has_record;
    struct group_draft *drafts;
    size_t n_drafts, capacity;
    struct buf run; /* of the group under way */
    struct entry_state state;
};

static enum status close_group(struct load *load, struct assembly *at)
{
    struct group_draft *draft = at->n_drafts ? &at->drafts[at->n_drafts - 1] : NULL;
    const char *copy;

    if (!draft || draft->entries.data)
        return STATUS_OK;
    copy = arena_copy(&load->arena, buf_slice(&at->run));
    if (!copy)
        return STATUS_NO_MEMORY;
    draft->entries = slice_of(copy, at->run.size);
    return STATUS_OK;
}

static enum status take_part_entry(struct load *load, struct assembly *at, uint32_t code,
                                   struct slice value)
{
    struct reader reader = reader_of(value);
    struct entry_state fresh = { 0 };
    struct entry entry;
    uint64_t newest;

    if (!entry_decode(&entry, &fresh, &reader, 0, group_is_out(code)))
        return fail(STATUS_CORRUPT, "a temporary file does not decode");
    newest = entry.ended > entry.born ? entry.ended : entry.born;
    if (at->row.max_commit < newest)
        at->row.max_commit = newest;
    if (at->n_drafts == 0 || at->drafts[at->n_drafts - 1].code != code) {
        TRY(close_group(load, at));
        TRY(array_reserve(&at->drafts, &at->capacity, at->n_drafts + 1));
        at->drafts[at->n_drafts++] = (struct group_draft){ .code = code };
        buf_clear(&at->run);
        at->state = (struct entry_state){ 0 };
    }
    at->drafts[at->n_drafts - 1].count++;
    return entry_encode(&at->run, &at->state, &entry, at->row.base_born, group_is_out(code));
}

static enum status has_past(bool *has, uint64_t *newest, struct load *load, uint64_t node)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char after[16];
    struct slice key, value;
    enum status status;

    *has = false;
    key_put_u64(after, node + 1);
    key_put_u64(after + 8, 0);
    TRY(store_cursor_open(&cursor, load->txn->store, TABLE_PAST));
    status = store_cursor_seek_before(&key, &value, cursor, slice_of(after, sizeof after));
    if (status == STATUS_OK && key.size >= 16 && key_get_u64(key.data) == node) {
        *has = true;
        *newest = key_get_u64((const char *)key.data + 8);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status write_node(struct load *load, struct assembly *at)
{
    struct graph_txn *txn = load->txn;
    unsigned char key[NODE_KEY_BYTES];
    uint64_t ended = 0;

    if (at->node == 0)
        return STATUS_OK;
    if (!at->has_record)
        return fail(STATUS_INVALID, "edges name node %llu, which the dump does not have",
                    (unsigned long long)at->node);
    if (at->node > NODE_ID_MAX)
        return fail(STATUS_LIMIT, "more than 2^40 nodes");
    TRY(close_group(load, at));
    TRY(has_past(&at->record.has_past, &ended, load, at->node));
    if (at->row.max_commit < ended)
        at->row.max_commit = ended;
    buf_clear(&txn->scratch);
    TRY(record_encode(&txn->scratch, &at->record, at->row.base_born));
    at->row.record = buf_slice(&txn->scratch);
    buf_clear(&txn->groups);
    TRY(groups_encode(&txn->groups, txn, (struct node_id){ at->node }, &at->row, at->drafts,
                      at->n_drafts, true));
    at->row.groups = buf_slice(&txn->groups);
    buf_clear(&txn->row);
    TRY(row_encode(&txn->row, &at->row));
    key_put_node(key, (struct node_id){ at->node });
    return store_append(txn->store, TABLE_NODE, slice_of(key, sizeof key), buf_slice(&txn->row));
}

static enum status begin_node(struct load *load, struct assembly *at, uint64_t node,
                              struct slice value)
{
    const char *copy;

    TRY(write_node(load, at));
    arena_reset(&load->arena);
    at->node = node;
    at->n_drafts = 0;
    at->has_record = true;
    copy = arena_copy(&load->arena, value);
    if (!copy)
        return STATUS_NO_MEMORY;
    TRY(record_decode(&at->record, slice_of(copy, value.size), 0));
    at->row = (struct row){ .base_born = at->record.born, .max_commit = at->record.born };
    return STATUS_OK;
}

static enum status write_nodes_of(struct load *load, struct assembly *at)
{
    struct slice key, value;
    enum status status;

    TRY(sorter_sort(load->parts));
    while ((status = sorter_next(&key, &value, load->parts)) == STATUS_OK) {
        uint64_t node = key_get_u64(key.data);
        uint32_t code = key_get_u32((const char *)key.data + 8);

        if (code == 0) {
            if (node == at->node)
                return fail(STATUS_INVALID, "node %llu comes twice", (unsigned long long)node);
            TRY(begin_node(load, at, node, value));
            continue;
        }
        if (node != at->node)
            return fail(STATUS_INVALID, "edges name node %llu, which the dump does not have",
                        (unsigned long long)node);
        TRY(take_part_entry(load, at, code, value));
    }
    return status == STATUS_END ? write_node(load, at) : status;
}

static enum status write_nodes(struct load *load)
{
    struct assembly at = { 0 };
    enum status status = write_nodes_of(load, &at);

    free(at.drafts);
    buf_fini(&at.run);
    return status;
}

static enum status write_keys(struct load *load)
{
    struct slice key, value;
    enum status status;

    TRY(sorter_sort(load->keys));
    while ((status = sorter_next(&key, &value, load->keys)) == STATUS_OK)
        TRY(store_put(load->txn->store, TABLE_KEY, key, value));
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* The commit that made the empty graph gives way to those of the dump. */
static enum status begin(struct load *load)
{
    unsigned char key[8];

    TRY(graph_write(&load->txn, load->graph));
    key_put_u64(key, 1);
    TRY(store_delete(load->txn->store, TABLE_COMMIT, slice_of(key, sizeof key)));
    load->txn->keeps_commits = true;
    TRY(sorter_new(&load->parts, graph_dir(load->graph), SORT_BYTES));
    return sorter_new(&load->keys, graph_dir(load->graph), SORT_BYTES);
}

static enum status load_all(struct load *load, const char *path)
{
    struct graph_txn *txn;

    TRY(begin(load));
    TRY(load_lines(load, path));
    TRY(write_nodes(load));
    TRY(write_keys(load));
    load->txn->counts.commit_seq = load->header.commit_seq;
    load->txn->counts.next_node = load->header.next_node;
    load->txn->counts.next_edge = load->header.next_edge;
    txn = load->txn;
    load->txn = NULL;
    return txn_commit(txn);
}

static void load_fini(struct load *load)
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

static enum status load_into(struct load *load, const char *dir, const char *path)
{
    enum status status = graph_open(&load->graph, dir, NULL);

    if (!status)
        status = load_all(load, path);
    load_fini(load);
    return status ? status : verify(dir);
}

enum status dump_load(struct dump_counts *counts, const char *dir, const char *path)
{
    struct load load = { .counts = counts };
    enum status status;

    *counts = (struct dump_counts){ 0 };
    TRY(graph_create(dir, (struct slice){ NULL, 0 }, NULL));
    status = load_into(&load, dir, path);
    if (status)
        store_remove(dir);
    return status;
}
