/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/changes.h"

#include <stdlib.h>

#include "graph/private.h"

/* Days are counted from this one, so that earlier ones sort before later ones. */
#define DAY_BIAS ((int64_t)1 << 30)
/* So many pairs of day and node are kept in memory; 16 bytes each. */
#define PAIRS_MAX ((size_t)1 << 20)
/* Nodes in a row: a row and its key take a few kilobytes at most. */
#define ROW_NODES 1000

static const char *const dated_properties[DATED_PROPERTIES] = { "registered_on", "overdue_since",
                                                                "overdue_until" };

void change_log_fini(struct change_log *log)
{
    free(log->nodes);
    free(log->days);
    arena_fini(&log->arena);
    *log = (struct change_log){ 0 };
}

/* ---- noting ------------------------------------------------------------------------------- */

enum status changes_touch(struct graph_txn *txn, struct node_id node)
{
    struct change_log *log = &txn->log;

    if (node.value >= log->first_new ||
        (log->n_nodes && log->nodes[log->n_nodes - 1] == node.value))
        return STATUS_OK;
    TRY(array_reserve(&log->nodes, &log->nodes_capacity, log->n_nodes + 1));
    log->nodes[log->n_nodes++] = node.value;
    return STATUS_OK;
}

static uint32_t day_of(int64_t us)
{
    int64_t day = us / US_PER_DAY - (us % US_PER_DAY < 0);

    return (uint32_t)(day + DAY_BIAS);
}

static enum status flush_days(struct graph_txn *txn);

enum status changes_date(struct graph_txn *txn, struct node_id node, int64_t us)
{
    struct change_log *log = &txn->log;
    struct dated_node pair = { node.value, 0 };

    if (us == TIME_MIN || us == TIME_MAX)
        return STATUS_OK;
    pair.day = day_of(us);
    if (log->n_days && log->days[log->n_days - 1].node == pair.node &&
        log->days[log->n_days - 1].day == pair.day)
        return STATUS_OK;
    if (log->n_days == PAIRS_MAX)
        TRY(flush_days(txn));
    TRY(array_reserve(&log->days, &log->days_capacity, log->n_days + 1));
    log->days[log->n_days++] = pair;
    return STATUS_OK;
}

static bool value_time(int64_t *us, const struct value *value)
{
    return value_as_us(us, value) ||
           (value->type == VALUE_STRING && time_parse(us, value_slice(value)) == STATUS_OK);
}

enum status changes_record(struct graph_txn *txn, struct node_id node, const struct record *record)
{
    struct change_log *log = &txn->log;

    TRY(changes_date(txn, node, record->valid_from_us));
    for (int i = 0; i < DATED_PROPERTIES && record->properties.size; i++) {
        struct value value;
        enum status status;
        int64_t us;

        if (!log->symbols[i])
            log->symbols[i] = catalog_find(txn->graph->catalog, slice_str(dated_properties[i]));
        if (!log->symbols[i])
            continue;
        status = codec_find_property(&value, &log->arena, record->properties, log->symbols[i]);
        if (status == STATUS_NOT_FOUND)
            continue;
        TRY(status);
        if (value_time(&us, &value))
            TRY(changes_date(txn, node, us));
    }
    arena_reset(&log->arena);
    return STATUS_OK;
}

/* ---- writing ------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int by_day(const void *a, const void *b)
{
    const struct dated_node *x = a, *y = b;

    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* Whether a row begins with the node already: then it holds it. One commit may write in parts. */
static enum status is_held(bool *held, struct graph_txn *txn, struct slice key)
{
    struct slice value;
    enum status status = store_get(&value, txn->store, TABLE_CHANGE, key);

    *held = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status touched_row(struct graph_txn *txn, uint64_t begin, uint64_t end,
                               const uint64_t *nodes, size_t n)
{
    AUTO(buf_fini) struct buf row = { 0 };
    unsigned char key[1 + 8 + 8] = { 'C' };
    bool held = n != 0;
    uint64_t last = 0;

    key_put_u64(key + 1, txn->counts.commit_seq);
    key_put_u64(key + 9, end);
    while (n && held) {
        key_put_u64(key + 9, nodes[0]);
        TRY(is_held(&held, txn, slice_of(key, sizeof key)));
        nodes += held;
        n -= held;
    }
    if (held)
        return STATUS_OK;
    TRY(varint_append(&row, begin));
    TRY(varint_append(&row, end - begin));
    for (size_t i = 0; i < n; i++)
        if (!i || nodes[i] != nodes[i - 1]) {
            TRY(varint_append(&row, nodes[i] - last));
            last = nodes[i];
        }
    return store_put(txn->store, TABLE_CHANGE, slice_of(key, sizeof key), buf_slice(&row));
}

static enum status flush_touched(struct graph_txn *txn)
{
    struct change_log *log = &txn->log;
    uint64_t begin = log->first_new, end = txn->counts.next_node;

    if (log->n_nodes)
        qsort(log->nodes, log->n_nodes, sizeof *log->nodes, by_number);
    for (size_t at = 0; at < log->n_nodes; at += ROW_NODES) {
        size_t left = log->n_nodes - at;

        TRY(touched_row(txn, 0, 0, log->nodes + at, left < ROW_NODES ? left : ROW_NODES));
    }
    if (end > begin)
        TRY(touched_row(txn, begin, end, NULL, 0));
    log->n_nodes = 0;
    log->first_new = end;
    return STATUS_OK;
}

enum status changes_day(struct graph_txn *txn, const struct dated_node *pairs, size_t n,
                        bool append)
{
    AUTO(buf_fini) struct buf row = { 0 };
    unsigned char key[CHANGE_KEY_MAX] = { 'D' };
    bool held = !append;
    uint64_t last = 0;

    key_put_u32(key + 1, pairs->day);
    key_put_u64(key + 5, txn->counts.commit_seq);
    key_put_u64(key + 13, pairs->node);
    while (n && held) {
        key_put_u64(key + 13, pairs->node);
        TRY(is_held(&held, txn, slice_of(key, sizeof key)));
        pairs += held;
        n -= held;
    }
    if (!n)
        return STATUS_OK;
    for (size_t i = 0; i < n; i++)
        if (!i || pairs[i].node != last) {
            TRY(varint_append(&row, pairs[i].node - last));
            last = pairs[i].node;
        }
    return (append ? store_append : store_put)(txn->store, TABLE_CHANGE,
                                               slice_of(key, sizeof key), buf_slice(&row));
}

static enum status flush_days(struct graph_txn *txn)
{
    struct change_log *log = &txn->log;
    size_t n;

    if (log->n_days)
        qsort(log->days, log->n_days, sizeof *log->days, by_day);
    for (size_t at = 0; at < log->n_days; at += n) {
        for (n = 1; at + n < log->n_days && n < ROW_NODES &&
                    log->days[at + n].day == log->days[at].day;)
            n++;
        TRY(changes_day(txn, log->days + at, n, false));
    }
    log->n_days = 0;
    return STATUS_OK;
}

enum status changes_flush(struct graph_txn *txn)
{
    TRY(flush_touched(txn));
    return flush_days(txn);
}

enum status changes_start(struct graph_txn *txn)
{
    unsigned char commit[8];

    key_put_u64(commit, txn->counts.commit_seq);
    return store_put(txn->store, TABLE_CHANGE, SLICE("A"), slice_of(commit, sizeof commit));
}

enum status changes_forget(struct graph_txn *txn)
{
    enum status status = store_delete(txn->store, TABLE_CHANGE, SLICE("A"));

    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

bool changes_is_of(struct slice key, uint64_t commit)
{
    const unsigned char *at = key.data;

    return (key.size == 17 && at[0] == 'C' && key_get_u64(at + 1) == commit) ||
           (key.size == CHANGE_KEY_MAX && at[0] == 'D' && key_get_u64(at + 5) == commit);
}

/* ---- reading ------------------------------------------------------------------------------ */

void changes_fini(struct changes *changes)
{
    free(changes->nodes);
    *changes = (struct changes){ 0 };
}

void changes_settle(struct changes *changes)
{
    size_t kept = 0;

    if (changes->n)
        qsort(changes->nodes, changes->n, sizeof *changes->nodes, node_id_compare);
    for (size_t i = 0; i < changes->n; i++)
        if (!kept || changes->nodes[kept - 1].value != changes->nodes[i].value)
            changes->nodes[kept++] = changes->nodes[i];
    changes->n = kept;
}

enum status changes_complete(bool *complete, struct graph_txn *txn, uint64_t since)
{
    struct slice value;
    enum status status = store_get(&value, txn->store, TABLE_CHANGE, SLICE("A"));

    *complete = status == STATUS_OK && value.size == 8 && key_get_u64(value.data) <= since;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status add(struct changes *out, uint64_t node, size_t max)
{
    out->cut |= out->n >= max;
    if (out->cut)
        return STATUS_OK;
    TRY(array_reserve(&out->nodes, &out->capacity, out->n + 1));
    out->nodes[out->n++] = (struct node_id){ node };
    return STATUS_OK;
}

static enum status add_deltas(struct changes *out, struct reader *reader, size_t max)
{
    uint64_t node = 0;

    while (reader->ok && reader->at < reader->end && !out->cut)
        TRY(add(out, node += reader_varint(reader), max));
    return reader->ok ? STATUS_OK
                      : fail(STATUS_CORRUPT, "the change log does not decode; run check");
}

static enum status read_touched(struct changes *out, struct slice value, size_t max)
{
    struct reader reader = reader_of(value);
    uint64_t begin = reader_varint(&reader), n = reader_varint(&reader);

    for (uint64_t i = 0; i < n && !out->cut; i++)
        TRY(add(out, begin + i, max));
    return add_deltas(out, &reader, max);
}

enum status changes_since(struct changes *out, struct graph_txn *txn, uint64_t since, size_t max)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char from[9] = { 'C' };
    struct slice key, value;
    enum status status;

    key_put_u64(from + 1, since + 1);
    TRY(store_cursor_open(&cursor, txn->store, TABLE_CHANGE));
    status = store_cursor_seek(&key, &value, cursor, slice_of(from, sizeof from));
    for (; status == STATUS_OK && !out->cut; status = store_cursor_next(&key, &value, cursor)) {
        if (key.size != 17 || *(const char *)key.data != 'C' ||
            key_get_u64((const char *)key.data + 1) > txn->moment.commit_seq)
            return STATUS_OK;
        TRY(read_touched(out, value, max));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status changes_between(struct changes *out, struct graph_txn *txn, int64_t after_us,
                            int64_t until_us, size_t max)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char from[5] = { 'D' };
    struct slice key, value;
    enum status status;

    key_put_u32(from + 1, day_of(after_us));
    TRY(store_cursor_open(&cursor, txn->store, TABLE_CHANGE));
    status = store_cursor_seek(&key, &value, cursor, slice_of(from, sizeof from));
    for (; status == STATUS_OK && !out->cut; status = store_cursor_next(&key, &value, cursor)) {
        struct reader reader = reader_of(value);

        if (key.size != CHANGE_KEY_MAX || *(const char *)key.data != 'D' ||
            key_get_u32((const char *)key.data + 1) > day_of(until_us))
            return STATUS_OK;
        TRY(add_deltas(out, &reader, max));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- checking ------------------------------------------------------------------------------ */

static bool mark(unsigned char *bits, uint64_t node, uint64_t end)
{
    if (!node || node >= end)
        return false;
    if (bits)
        bits[node >> 3] |= (unsigned char)(1 << (node & 7));
    return true;
}

/* `bits` NULL: days, which say nothing of commits. */
static bool mark_nodes(unsigned char *bits, struct reader *reader, uint64_t end)
{
    uint64_t node = 0;

    while (reader->ok && reader->at < reader->end)
        if (!mark(bits, node += reader_varint(reader), end))
            return false;
    return reader->ok;
}

static bool mark_touched(unsigned char *bits, struct reader *reader, uint64_t end)
{
    uint64_t begin = reader_varint(reader), n = reader_varint(reader);

    if (n > end || begin > end - n)
        return false;
    for (uint64_t i = 0; i < n; i++)
        if (!mark(bits, begin + i, end))
            return false;
    return mark_nodes(bits, reader, end);
}

static bool mark_row(unsigned char *bits, struct slice key, struct slice value, uint64_t end)
{
    struct reader reader = reader_of(value);
    char kind = key.size ? *(const char *)key.data : 0;

    if (kind == 'A')
        return key.size == 1 && value.size == 8;
    if (kind == 'C' && key.size == 17)
        return mark_touched(bits, &reader, end);
    return kind == 'D' && key.size == CHANGE_KEY_MAX && mark_nodes(NULL, &reader, end);
}

enum status changes_mark(unsigned char *bits, uint64_t *bad_row, struct graph_txn *txn,
                         uint64_t end)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;
    uint64_t n = 0;

    *bad_row = 0;
    TRY(store_cursor_open(&cursor, txn->store, TABLE_CHANGE));
    for (status = store_cursor_seek(&key, &value, cursor, (struct slice){ 0 });
         status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        n++;
        if (!mark_row(bits, key, value, end) && !*bad_row)
            *bad_row = n;
    }
    return status == STATUS_END ? STATUS_OK : status;
}
