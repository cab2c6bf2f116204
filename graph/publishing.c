/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run's tags and rings: written in slices that nobody sees, then shown by one commit. */
#include <stdlib.h>
#include <string.h>

#include "graph/publishing.h"
#include "graph/tag_row.h"
#include "graph/turn.h"
#include "store/store.h"

/*
 * TAG_INDEX  'P' run(8) subject(8) code 00 origin -> what it brought of tags
 *            'Q' run(8) ring(8)                   -> what it brought of rings
 */

/* Leftovers of a dead run listed at a time. */
#define SWEEP_ROWS 200

/* A version to be written: its key's parts, and where its code and record lie in `bytes`. */
struct item {
    uint64_t subject;       /* of a tag; 0: a ring */
    uint64_t ring;
    size_t at;              /* code first, then the record */
    uint32_t record_size;
    unsigned char code_size, origin;
};

struct publishing {
    struct graph *graph;
    int lock;               /* of DIR/publishing.lock */
    uint64_t number;
    struct item *items;
    size_t n, capacity;
    struct buf bytes;
    struct turn_pace pace;
};

struct leftover {
    unsigned char key[TAG_KEY_MAX];
    size_t size;
};

/* Up to SWEEP_ROWS index keys that start with `kind` and the number. */
static enum status leftovers(struct leftover *list, size_t *n, struct graph_txn *txn, char kind,
                             uint64_t number)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char prefix[9] = { (unsigned char)kind };
    struct slice key, value;
    enum status status;

    key_put_u64(prefix + 1, number);
    *n = 0;
    TRY(store_cursor_open(&cursor, txn_store(txn), TABLE_TAG_INDEX));
    status = store_cursor_seek(&key, &value, cursor, slice_of(prefix, sizeof prefix));
    for (; status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        if (key.size < 9 || key.size > TAG_KEY_MAX || memcmp(key.data, prefix, 9) != 0 ||
            *n == SWEEP_ROWS)
            return STATUS_OK;
        memcpy(list[*n].key, key.data, key.size);
        list[(*n)++].size = key.size;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status sweep_tag(struct graph_txn *txn, const struct leftover *row, uint64_t number)
{
    struct tag tag = { 0 };
    enum status status;

    TRY(tag_parse_row(&tag, row->key + 9, row->size - 9));
    TRY(tag_remove(txn, tag.subject, tag.code, tag.origin, number));
    /* Gone with the version, unless only the entry was left. */
    status = store_delete(txn_store(txn), TABLE_TAG_INDEX, slice_of(row->key, row->size));
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status sweep_ring(struct graph_txn *txn, const struct leftover *row, uint64_t number)
{
    TRY(ring_remove(txn, key_get_u64(row->key + 9), number));
    return store_delete(txn_store(txn), TABLE_TAG_INDEX, slice_of(row->key, row->size));
}

/* One slice; *done when nothing was left. */
static enum status sweep_slice(bool *done, struct publishing *publishing, struct leftover *list)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    uint64_t number = publishing->number;
    struct graph_txn *writer;
    size_t n_tags, n_rings;
    int64_t start;

    TRY(graph_write(&txn, publishing->graph));
    start = time_monotonic_us();
    TRY(leftovers(list, &n_tags, txn, 'P', number));
    for (size_t i = 0; i < n_tags && (!i || !turn_over(&publishing->pace, start)); i++)
        TRY(sweep_tag(txn, &list[i], number));
    TRY(leftovers(list, &n_rings, txn, 'Q', number));
    for (size_t i = 0; i < n_rings && (!i || !turn_over(&publishing->pace, start)); i++)
        TRY(sweep_ring(txn, &list[i], number));
    *done = !n_tags && !n_rings;
    if (*done)
        return STATUS_OK;
    writer = txn;
    txn = NULL;
    TRY(txn_commit(writer));
    turn_rest(&publishing->pace, time_monotonic_us() - start);
    return STATUS_OK;
}

static enum status sweep(struct publishing *publishing)
{
    AUTO(free_ptr) struct leftover *list = calloc(SWEEP_ROWS, sizeof *list);
    bool done = false;

    if (!list)
        return fail_memory(SWEEP_ROWS * sizeof *list);
    while (!done)
        TRY(sweep_slice(&done, publishing, list));
    return STATUS_OK;
}

static enum status current_number(uint64_t *number, bool *left, struct graph *graph)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(free_ptr) struct leftover *list = calloc(SWEEP_ROWS, sizeof *list);
    size_t n_tags, n_rings;

    if (!list)
        return fail_memory(SWEEP_ROWS * sizeof *list);
    TRY(graph_read(&txn, graph, NULL));
    TRY(publication_now(number, txn));
    TRY(leftovers(list, &n_tags, txn, 'P', *number + 1));
    TRY(leftovers(list, &n_rings, txn, 'Q', *number + 1));
    *left = n_tags || n_rings;
    return STATUS_OK;
}

enum status publishing_open(struct publishing **out, struct graph *graph)
{
    AUTO(publishing_closep) struct publishing *publishing = calloc(1, sizeof *publishing);
    uint64_t number;
    bool left;

    if (!publishing)
        return fail_memory(sizeof *publishing);
    publishing->lock = -1;
    publishing->graph = graph;
    TRY(turn_take(&publishing->lock, graph_dir(graph), "publishing.lock",
                  "another retag, undo or tag import is under way; repeat when it is done"));
    TRY(current_number(&number, &left, graph));
    publishing->number = number + 1;
    if (left)
        TRY(sweep(publishing));
    *out = publishing;
    publishing = NULL;
    return STATUS_OK;
}

void publishing_close(struct publishing *publishing)
{
    if (!publishing)
        return;
    turn_leave(publishing->lock);
    free(publishing->items);
    buf_fini(&publishing->bytes);
    free(publishing);
}

void publishing_closep(struct publishing **publishing)
{
    publishing_close(*publishing);
}

uint64_t publishing_number(const struct publishing *publishing)
{
    return publishing->number;
}

static enum status put_ring_entry(struct graph_txn *txn, uint64_t ring, uint64_t born)
{
    unsigned char key[17] = { 'Q' };

    key_put_u64(key + 1, born);
    key_put_u64(key + 9, ring);
    return store_put(txn_store(txn), TABLE_TAG_INDEX, slice_of(key, sizeof key), SLICE("\1"));
}

static struct slice item_code(const struct publishing *publishing, const struct item *item)
{
    return slice_of(publishing->bytes.data + item->at, item->code_size);
}

static struct slice item_record(const struct publishing *publishing, const struct item *item)
{
    return slice_of(publishing->bytes.data + item->at + item->code_size, item->record_size);
}

static enum status write_item(const struct publishing *publishing, struct graph_txn *txn,
                              const struct item *item)
{
    struct tag tag = { .subject = { item->subject }, .code = item_code(publishing, item),
                       .origin = (enum tag_origin)item->origin, .ring = item->ring,
                       .born = publishing->number };

    if (item->subject)
        return tag_put_record(txn, &tag, item_record(publishing, item));
    TRY(ring_put_record(txn, item->ring, publishing->number, item_record(publishing, item)));
    return put_ring_entry(txn, item->ring, publishing->number);
}

/* Publications follow one another: STATUS_CONFLICT where another took this one's place. */
static enum status is_next(const struct publishing *publishing, struct graph_txn *txn)
{
    uint64_t current;

    TRY(publication_now(&current, txn));
    return current + 1 == publishing->number
               ? STATUS_OK
               : fail(STATUS_CONFLICT, "another publication became current meanwhile; repeat");
}

/* Writes items from *done on, a slice of them, and commits. */
static enum status write_slice(struct publishing *publishing, size_t *done)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct graph_txn *writer;
    size_t at = *done;
    int64_t start;

    TRY(graph_write(&txn, publishing->graph));
    start = time_monotonic_us();
    TRY(is_next(publishing, txn));
    do
        TRY(write_item(publishing, txn, &publishing->items[at++]));
    while (at < publishing->n && !turn_over(&publishing->pace, start));
    writer = txn;
    txn = NULL;
    TRY(txn_commit(writer));
    *done = at;
    turn_rest(&publishing->pace, time_monotonic_us() - start);
    return STATUS_OK;
}

/* Rings first, then tags by subject and code: neighbours in the tables. */
static int by_place(const void *a, const void *b, void *context)
{
    const struct publishing *publishing = context;
    const struct item *x = a, *y = b;

    if (x->subject != y->subject)
        return x->subject < y->subject ? -1 : 1;
    if (!x->subject)
        return (x->ring > y->ring) - (x->ring < y->ring);
    return slice_compare(item_code(publishing, x), item_code(publishing, y));
}

static enum status write_all(struct publishing *publishing)
{
    if (publishing->n)
        qsort_r(publishing->items, publishing->n, sizeof *publishing->items, by_place, publishing);
    for (size_t done = 0; done < publishing->n;)
        TRY(write_slice(publishing, &done));
    publishing->n = 0;
    buf_clear(&publishing->bytes);
    return STATUS_OK;
}

enum status publishing_tag(struct publishing *publishing, const struct tag *tag)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct item item = { .subject = tag->subject.value, .ring = tag->ring,
                            .at = publishing->bytes.size,
                            .code_size = (unsigned char)tag->code.size,
                            .origin = (unsigned char)tag->origin };

    TRY(tag_code_check(tag->code));
    TRY(array_reserve(&publishing->items, &publishing->capacity, publishing->n + 1));
    TRY(buf_append_slice(&publishing->bytes, tag->code));
    TRY(tag_record(&publishing->bytes, &arena, tag));
    item.record_size = (uint32_t)(publishing->bytes.size - item.at - item.code_size);
    publishing->items[publishing->n++] = item;
    return STATUS_OK;
}

enum status publishing_ring(struct publishing *publishing, const struct ring_record *ring)
{
    struct item item = { .ring = ring->number, .at = publishing->bytes.size };

    TRY(array_reserve(&publishing->items, &publishing->capacity, publishing->n + 1));
    TRY(ring_record(&publishing->bytes, ring));
    item.record_size = (uint32_t)(publishing->bytes.size - item.at);
    publishing->items[publishing->n++] = item;
    return STATUS_OK;
}

enum status publishing_flip(struct publishing *publishing, const struct run *run)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct graph_txn *writer;
    struct run own = *run;

    TRY(write_all(publishing));
    TRY(graph_write(&txn, publishing->graph));
    TRY(is_next(publishing, txn));
    own.number = publishing->number;
    own.finished_us = time_now_us();
    TRY(run_put(txn, &own));
    TRY(tag_meta_set(txn, META_PUBLICATION, own.number));
    writer = txn;
    txn = NULL;
    TRY(txn_commit(writer));
    publishing->number++;
    return STATUS_OK;
}
