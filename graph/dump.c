/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a dump: one pass over each table, edges with the node they leave. */

#include "graph/dump.h"

#include "graph/dump_private.h"
#include "graph/key.h"
#include "graph/pending.h"

struct dump {
    struct graph_txn *txn;
    struct catalog *catalog;
    struct dump_counts *counts;
    enum status (*line)(void *context, struct slice text);
    void *context;
    struct buf text;
    struct emit emit;
    struct arena arena;
    uint64_t n_lines;
};

static struct emit *line_begin(struct dump *dump)
{
    buf_clear(&dump->text);
    dump->emit = emit_start(&dump->text);
    emit_object(&dump->emit);
    return &dump->emit;
}

static enum status line_end(struct dump *dump)
{
    emit_end(&dump->emit);
    TRY(emit_finish(&dump->emit));
    TRY(buf_append_byte(&dump->text, '\n'));
    dump->n_lines++;
    return dump->line(dump->context, buf_slice(&dump->text));
}

static void put_number(struct emit *emit, const char *name, uint64_t number)
{
    emit_key(emit, name);
    emit_uint(emit, number);
}

/* Microseconds since 1970; left out where it is the infinity that stands for "not given". */
static void put_time(struct emit *emit, const char *name, int64_t us, int64_t absent)
{
    if (us == absent)
        return;
    emit_key(emit, name);
    emit_int(emit, us);
}

static enum status put_text(struct emit *emit, const char *name, struct slice text)
{
    struct value value = value_text(text);

    emit_key(emit, name);
    return dump_value(emit, &value);
}

static enum status put_properties(struct dump *dump, struct slice properties)
{
    struct arena_mark mark = arena_mark(&dump->arena);
    struct value map;

    if (properties.size == 0)
        return STATUS_OK;
    TRY(properties_decode(&map, &dump->arena, dump->txn, properties));
    emit_key(&dump->emit, "properties");
    /* Property names are plain, so that the outer map is never tagged. */
    emit_object(&dump->emit);
    for (uint32_t i = 0; i < map.count; i++) {
        emit_key_slice(&dump->emit, map.pairs[i].key);
        TRY(dump_value(&dump->emit, &map.pairs[i].value));
    }
    emit_end(&dump->emit);
    arena_rewind(&dump->arena, mark);
    return STATUS_OK;
}

/* Calls `visit` for each row of a table. */
static enum status each_row(struct dump *dump, enum store_table table,
                            enum status (*visit)(struct dump *dump, enum store_table table,
                                                 struct slice key, struct slice value))
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, dump->txn->store, table));
    for (status = store_cursor_seek(&key, &value, cursor, (struct slice){ 0 });
         status == STATUS_OK; status = store_cursor_next(&key, &value, cursor))
        TRY(visit(dump, table, key, value));
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- small tables --------------------------------------------------------------------------- */

static enum status dump_header(struct dump *dump)
{
    struct graph_counts counts = txn_counts(dump->txn);
    struct emit *emit = line_begin(dump);

    put_number(emit, "dump", DUMP_FORMAT);
    put_number(emit, "commit_seq", counts.commit_seq);
    put_number(emit, "next_node", counts.next_node);
    put_number(emit, "next_edge", counts.next_edge);
    return line_end(dump);
}

static enum status dump_meta(struct dump *dump, enum store_table table, struct slice key,
                             struct slice value)
{
    struct emit *emit;

    (void)table;
    if (slice_equal(key, META_STATE) || pending_is_row(key))
        return STATUS_OK;
    emit = line_begin(dump);
    TRY(put_text(emit, "meta", key));
    if (slice_equal(key, META_SCHEMA)) {
        TRY(put_text(emit, "text", value));
    } else {
        emit_key(emit, "value");
        dump_hex(emit, value);
    }
    return line_end(dump);
}

static enum status dump_symbol(struct dump *dump, enum store_table table, struct slice key,
                               struct slice value)
{
    struct emit *emit = line_begin(dump);

    (void)table;
    put_number(emit, "symbol", key.size == 4 ? key_get_u32(key.data) : 0);
    TRY(put_text(emit, "name", value));
    return line_end(dump);
}

static enum status dump_commit(struct dump *dump, enum store_table table, struct slice key,
                               struct slice value)
{
    struct emit *emit = line_begin(dump);

    (void)table;
    if (key.size != 8 || value.size != 8)
        return fail(STATUS_CORRUPT, "a commit does not decode; run check");
    put_number(emit, "commit", key_get_u64(key.data));
    emit_key(emit, "at_us");
    emit_int(emit, (int64_t)key_get_u64(value.data));
    return line_end(dump);
}

static enum status dump_row(struct dump *dump, enum store_table table, struct slice key,
                            struct slice value)
{
    struct emit *emit = line_begin(dump);

    emit_key(emit, "table");
    emit_string(emit, store_table_name(table));
    emit_key(emit, "key");
    dump_hex(emit, key);
    emit_key(emit, "value");
    dump_hex(emit, value);
    dump->counts->rows++;
    return line_end(dump);
}

/* Of the key table only what nodes do not say themselves. */
static enum status dump_alias(struct dump *dump, enum store_table table, struct slice key,
                              struct slice value)
{
    struct key_row row;

    TRY(key_decode(&row, key, value));
    return row.alias ? dump_row(dump, table, key_name(key), value) : STATUS_OK;
}

/* ---- nodes and edges ------------------------------------------------------------------------ */

static enum status put_record(struct dump *dump, const struct record *record)
{
    struct emit *emit = &dump->emit;

    put_number(emit, "born", record->born);
    put_time(emit, "valid_from_us", record->valid_from_us, TIME_MIN);
    put_time(emit, "observed_us", record->observed_us, TIME_MIN);
    emit_key(emit, "labels");
    emit_list(emit);
    for (uint32_t i = 0; i < record->n_labels; i++)
        emit_slice(emit, catalog_name(dump->catalog, record->labels[i]));
    emit_end(emit);
    if (record->key_label) {
        emit_key(emit, "keyed");
        emit_slice(emit, catalog_name(dump->catalog, record->key_label));
    }
    TRY(put_text(emit, "key", record->key));
    if (record->deleted) {
        emit_key(emit, "deleted");
        emit_bool(emit, true);
    }
    return put_properties(dump, record->properties);
}

static enum status dump_edge(struct dump *dump, struct node_id from, uint32_t code,
                             const struct entry *entry)
{
    struct emit *emit = line_begin(dump);

    put_number(emit, "edge", entry->edge.value);
    emit_key(emit, "type");
    emit_slice(emit, catalog_name(dump->catalog, group_type(code)));
    put_number(emit, "from", from.value);
    put_number(emit, "to", entry->other.value);
    put_number(emit, "born", entry->born);
    if (entry->ended)
        put_number(emit, "ended", entry->ended);
    put_time(emit, "valid_from_us", entry->valid_from_us, TIME_MIN);
    put_time(emit, "valid_to_us", entry->valid_to_us, TIME_MAX);
    put_time(emit, "observed_us", entry->observed_us, TIME_MIN);
    if (entry->has_key)
        TRY(put_text(emit, "key", entry->key));
    TRY(put_properties(dump, entry->properties));
    if (entry->ended)
        dump->counts->versions++;
    else
        dump->counts->edges++;
    return line_end(dump);
}

static enum status dump_group(struct dump *dump, struct node_id node, const struct row *row,
                              const struct group *group)
{
    AUTO(entry_list_fini) struct entry_list list = { 0 };

    TRY(entry_list_read_group(&list, dump->txn, node, row, group));
    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].born <= dump->txn->moment.commit_seq) /* else of a pending batch */
            TRY(dump_edge(dump, node, group->code, &list.items[i]));
    return STATUS_OK;
}

static enum status dump_past(struct dump *dump, struct node_id node)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char at[16] = { 0 };
    struct slice key, value;
    enum status status;

    key_put_u64(at, node.value);
    TRY(store_cursor_open(&cursor, dump->txn->store, TABLE_PAST));
    for (status = store_cursor_seek(&key, &value, cursor, slice_of(at, sizeof at));
         status == STATUS_OK && key.size >= 16 && memcmp(key.data, at, 8) == 0;
         status = store_cursor_next(&key, &value, cursor)) {
        struct emit *emit;
        struct record record;
        struct row row;

        if (key_get_u64((const char *)key.data + 8) > dump->txn->moment.commit_seq)
            continue; /* replaced by a pending batch: still the current one */
        emit = line_begin(dump);
        TRY(row_decode(&row, value));
        TRY(record_decode(&record, row.record, row.base_born));
        put_number(emit, "past", node.value);
        put_number(emit, "ended", key_get_u64((const char *)key.data + 8));
        TRY(put_record(dump, &record));
        TRY(line_end(dump));
        dump->counts->versions++;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status dump_node(struct dump *dump, enum store_table table, struct slice key,
                             struct slice value)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    struct record record;
    struct reader groups;
    struct group group;
    struct node_id id;
    struct row row;

    (void)table;
    if (key.size != NODE_KEY_BYTES)
        return fail(STATUS_CORRUPT, "a node's key has %zu bytes; run check", key.size);
    id = key_get_node(key.data);
    TRY(row_decode(&row, value));
    TRY(record_decode(&record, row.record, row.base_born));
    if (record.born > dump->txn->moment.commit_seq) { /* of a pending batch */
        enum status status = version_load(&record, &copy, dump->txn, id, record.born);

        if (status)
            return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    put_number(line_begin(dump), "node", id.value);
    TRY(put_record(dump, &record));
    TRY(line_end(dump));
    dump->counts->nodes++;
    if (record.has_past)
        TRY(dump_past(dump, id));
    groups = reader_of(row.groups);
    while (group_next(&group, &groups))
        if (group_is_out(group.code))
            TRY(dump_group(dump, id, &row, &group));
    return groups.ok ? STATUS_OK : fail(STATUS_CORRUPT, "a node's groups do not decode; run check");
}

/* ---- the whole ------------------------------------------------------------------------------ */

static enum status dump_all(struct dump *dump)
{
    TRY(dump_header(dump));
    TRY(each_row(dump, TABLE_META, dump_meta));
    TRY(each_row(dump, TABLE_SYMBOL, dump_symbol));
    TRY(each_row(dump, TABLE_COMMIT, dump_commit));
    TRY(each_row(dump, TABLE_NODE, dump_node));
    TRY(each_row(dump, TABLE_KEY, dump_alias));
    for (int i = 0; i < TABLE_COUNT_; i++)
        if (dump_is_raw((enum store_table)i))
            TRY(each_row(dump, (enum store_table)i, dump_row));
    put_number(line_begin(dump), "end", dump->n_lines + 1);
    return line_end(dump);
}

enum status dump_write(struct dump_counts *counts, struct graph *graph,
                       enum status (*line)(void *context, struct slice text), void *context)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct dump dump = { .catalog = graph_catalog(graph), .counts = counts, .line = line,
                         .context = context };
    enum status status;

    *counts = (struct dump_counts){ 0 };
    TRY(graph_read(&txn, graph, NULL));
    dump.txn = txn;
    status = dump_all(&dump);
    buf_fini(&dump.text);
    arena_fini(&dump.arena);
    return status;
}
