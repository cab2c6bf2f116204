/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the index: how they are made and kept. Reading is in index_scan.c. */
#include "graph/index.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "graph/index_private.h"
#include "graph/private.h"
#include "store/sorter.h"

#define SORT_BYTES ((size_t)64 << 20)

bool index_ready(const struct graph_txn *txn)
{
    return txn->indexed;
}

uint64_t index_number(const struct schema *schema)
{
    char digits[16] = { 0 };

    snprintf(digits, sizeof digits, "%.15s", schema->hash);
    return strtoull(digits, NULL, 16) | 1;
}

bool index_declared(const struct schema *schema, uint32_t label, uint32_t property)
{
    const struct schema_label *declared = schema_label_of(schema, label);
    const uint32_t *at = declared ? declared->indexed : NULL;

    if (!property)
        return false;
    while (at && *at && *at != property)
        at++;
    return at && *at;
}

/* ---- values as bytes ------------------------------------------------------------------------ */

static void put_bytes(struct index_key *key, const void *bytes, size_t n)
{
    memcpy(key->bytes + key->size, bytes, n);
    key->size += n;
}

/*
 * In as many bytes as it takes, their number first: added to the middle for what is not negative,
 * else taken from it, since what has more bytes is then less.
 */
static void put_i64(struct index_key *key, int64_t value)
{
    uint64_t size = (uint64_t)(value < 0 ? ~value : value);
    unsigned char bytes[8], n = 0;

    while (n < 8 && size >> 8 * n)
        n++;
    key->bytes[key->size++] = (unsigned char)(value < 0 ? 0x7f - n : 0x80 + n);
    key_put_u64(bytes, (uint64_t)value);
    put_bytes(key, bytes + 8 - n, n);
}

/* IEEE 754: positive ones sort by their bits, negative ones the other way round. */
static void put_double(struct index_key *key, double value)
{
    unsigned char bytes[8];
    uint64_t bits;

    value += 0.0; /* -0 and 0 are equal */
    memcpy(&bits, &value, sizeof bits);
    key_put_u64(bytes, bits >> 63 ? ~bits : bits | (uint64_t)1 << 63);
    put_bytes(key, bytes, sizeof bytes);
}

/* Cut at INDEX_TEXT_MAX bytes and at a zero byte, so that one can mark the end. */
static void put_text(struct index_key *key, struct slice text)
{
    size_t size = text.size < INDEX_TEXT_MAX ? text.size : INDEX_TEXT_MAX;

    if (size) /* empty text may lie nowhere */
        put_bytes(key, text.data, strnlen(text.data, size));
    put_bytes(key, "", 1);
}

static void put_seconds(struct index_key *key, const struct value *value)
{
    put_i64(key, value->instant.seconds);
    put_i64(key, value->extra);
}

bool index_holds(const struct value *value)
{
    switch (value->type) {
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_STRING:
    case VALUE_DATE:
    case VALUE_LOCAL_TIME:
    case VALUE_TIME:
    case VALUE_LOCAL_DATETIME:
    case VALUE_DATETIME:
        return true;
    case VALUE_FLOAT:
        return !isnan(value->floating);
    default:
        return false;
    }
}

#define EXACT_MAX 9007199254740992 /* 2^53: integers below are doubles */

bool index_is_exact(const struct value *bound)
{
    switch (bound->type) {
    case VALUE_BOOL:
    case VALUE_DATE:
    case VALUE_DATETIME:
        return true;
    case VALUE_INT:
        return bound->integer > -EXACT_MAX && bound->integer < EXACT_MAX;
    case VALUE_FLOAT:
        return fabs(bound->floating) < (double)EXACT_MAX;
    default:
        return false;
    }
}

void index_key_start(struct index_key *key, uint32_t label, uint32_t property)
{
    key->bytes[0] = (unsigned char)(label >> 8);
    key->bytes[1] = (unsigned char)label;
    key->bytes[2] = (unsigned char)(property >> 8);
    key->bytes[3] = (unsigned char)property;
    key->size = INDEX_HEAD;
}

void index_key_value(struct index_key *key, const struct value *value)
{
    /* Integers and floats are one class. */
    unsigned char class = value->type == VALUE_FLOAT ? VALUE_INT : (unsigned char)value->type;

    put_bytes(key, &class, 1);
    switch (value->type) {
    case VALUE_BOOL:
        put_bytes(key, value->boolean ? "\1" : "\0", 1);
        break;
    case VALUE_INT:
        put_double(key, (double)value->integer);
        break;
    case VALUE_FLOAT:
        put_double(key, value->floating);
        break;
    case VALUE_STRING:
        put_text(key, value_slice(value));
        break;
    case VALUE_TIME:
        put_i64(key, value->integer - (int64_t)value->extra * 1000000000);
        break;
    case VALUE_LOCAL_DATETIME:
    case VALUE_DATETIME:
        put_seconds(key, value);
        break;
    default:
        put_i64(key, value->integer);
        break;
    }
}

void index_key_node(struct index_key *key, struct node_id id)
{
    key_put_node(key->bytes + key->size, id);
    key->size += NODE_KEY_BYTES;
}

/* ---- entries of a record --------------------------------------------------------------------- */

/* Calls `visit` for each entry that the record needs. */
static enum status each_entry(const struct schema *schema, struct node_id id,
                              const struct record *record,
                              enum status (*visit)(void *context, const struct index_key *key),
                              void *context)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct index_key key;

    for (uint32_t i = 0; i < record->n_labels; i++) {
        const struct schema_label *label = schema_label_of(schema, record->labels[i]);

        index_key_start(&key, record->labels[i], 0);
        index_key_node(&key, (struct node_id){ id.value / INDEX_BLOCK });
        TRY(visit(context, &key));
        for (const uint32_t *at = label ? label->indexed : NULL; at && *at; at++) {
            struct value value;
            enum status status = codec_find_property(&value, &arena, record->properties, *at);

            if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !index_holds(&value)))
                continue;
            TRY(status);
            index_key_start(&key, record->labels[i], *at);
            index_key_value(&key, &value);
            index_key_node(&key, id);
            TRY(visit(context, &key));
        }
    }
    return STATUS_OK;
}

static enum status put_entry(void *context, const struct index_key *key)
{
    struct graph_txn *txn = context;
    struct slice bytes = slice_of(key->bytes, key->size), value;
    enum status status = store_get(&value, txn->store, TABLE_INDEX, bytes);

    /* Putting what is there would rewrite its page. */
    return status == STATUS_NOT_FOUND ? store_put(txn->store, TABLE_INDEX, bytes, SLICE(""))
                                      : status;
}

static enum status drop_entry(void *context, const struct index_key *key)
{
    struct graph_txn *txn = context;
    enum status status = STATUS_OK;

    /* Others of its block may have the label, too. */
    if (key->bytes[2] || key->bytes[3])
        status = store_delete(txn->store, TABLE_INDEX, slice_of(key->bytes, key->size));
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status index_remove(struct graph_txn *txn, struct node_id id, const struct record *record)
{
    if (!txn->indexed || record->deleted)
        return STATUS_OK;
    return each_entry(txn->graph->schema, id, record, drop_entry, txn);
}

enum status index_add(struct graph_txn *txn, struct node_id id, const struct record *record)
{
    if (!txn->indexed || record->deleted)
        return STATUS_OK;
    return each_entry(txn->graph->schema, id, record, put_entry, txn);
}

struct lookup {
    struct graph_txn *txn;
    bool complete;
};

static enum status look_up(void *context, const struct index_key *key)
{
    struct lookup *lookup = context;
    struct slice value;
    enum status status = store_get(&value, lookup->txn->store, TABLE_INDEX,
                                   slice_of(key->bytes, key->size));

    if (status == STATUS_NOT_FOUND)
        lookup->complete = false;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status index_complete(bool *complete, struct graph_txn *txn, struct node_id id,
                           const struct record *record)
{
    struct lookup lookup = { txn, true };

    if (txn->indexed && !record->deleted)
        TRY(each_entry(txn->graph->schema, id, record, look_up, &lookup));
    *complete = lookup.complete;
    return STATUS_OK;
}

/* ---- many at once ---------------------------------------------------------------------------- */

static enum status sort_entry(void *context, const struct index_key *key)
{
    return sorter_add(context, slice_of(key->bytes, key->size), SLICE(""));
}

enum status index_collect(struct sorter *sorter, const struct schema *schema, struct node_id id,
                          const struct record *record)
{
    return record->deleted ? STATUS_OK : each_entry(schema, id, record, sort_entry, sorter);
}

static enum status table_is_empty(bool *empty, struct graph_txn *txn)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn->store, TABLE_INDEX));
    status = store_cursor_seek(&key, &value, cursor, (struct slice){ 0 });
    *empty = status == STATUS_END;
    return *empty ? STATUS_OK : status;
}

enum status index_flush(struct graph_txn *txn, struct sorter *sorter)
{
    struct index_key before = { 0 };
    struct slice key, value;
    enum status status;
    bool append;

    TRY(table_is_empty(&append, txn));
    TRY(sorter_sort(sorter));
    while ((status = sorter_next(&key, &value, sorter)) == STATUS_OK) {
        if (slice_equal(key, slice_of(before.bytes, before.size)))
            continue;
        TRY(append ? store_append(txn->store, TABLE_INDEX, key, value)
                   : store_put(txn->store, TABLE_INDEX, key, value));
        before.size = 0;
        put_bytes(&before, key.data, key.size);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* Current and replaced versions lie in two tables, both with the node's id first in their keys. */
static enum status collect_table(struct sorter *sorter, struct graph_txn *txn,
                                 const struct schema *schema, enum store_table table)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn->store, table));
    for (status = store_cursor_seek(&key, &value, cursor, (struct slice){ 0 });
         status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        struct node_id id = { table == TABLE_NODE ? key_get_node(key.data).value
                                                  : key_get_u64(key.data) };
        struct record record;
        struct row row;

        TRY(row_decode(&row, value));
        TRY(record_decode(&record, row.record, row.base_born));
        TRY(index_collect(sorter, schema, id, &record));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status index_build(struct graph_txn *txn, const struct schema *schema)
{
    AUTO(sorter_freep) struct sorter *sorter = NULL;

    TRY(store_clear(txn->store, TABLE_INDEX));
    TRY(sorter_new(&sorter, graph_dir(txn->graph), SORT_BYTES, false));
    TRY(collect_table(sorter, txn, schema, TABLE_NODE));
    TRY(collect_table(sorter, txn, schema, TABLE_PAST));
    TRY(index_flush(txn, sorter));
    txn->counts.index_schema = index_number(schema);
    return STATUS_OK;
}
