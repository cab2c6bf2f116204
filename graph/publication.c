/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/publication.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/tag_row.h"
#include "graph/turn.h"
#include "store/codec.h"
#include "store/store.h"

/*
 * RUN        number(8) -> record of the run and its publication
 * TAG_INDEX  'P' run(8) subject(8) code 00 origin -> what it brought of tags
 *            'Q' run(8) ring(8)                   -> what it brought of rings
 * META       publication -> number of the current one
 */

#define RECORD_VERSION 1
/* A slice is as many versions as were written and made durable in about this time. */
#define SLICE_START 512
#define SLICE_MIN 256
#define SLICE_MAX 4096
#define SWEEP_ROWS 200

enum field {
    FIELD_VERSION, FIELD_KIND, FIELD_COMMIT_SEQ, FIELD_AS_OF, FIELD_STARTED, FIELD_FINISHED,
    FIELD_NEXT_RING, FIELD_UNDOES, FIELD_PARAMETERS, FIELD_PARAMETERS_HASH, FIELD_PERSON,
    FIELD_NOTE, FIELD_CODES, FIELD_EXAMINED, FIELD_BASES, FIELD_COUNT
};

/* Records of earlier versions end before this field. */
#define FIELD_COUNT_MIN FIELD_BASES

#define CODE_FIELDS 6
#define EXAMINED_FIELDS 2
#define BASIS_FIELDS 6
/* Bits of one field. */
#define BASIS_CUT 1
#define BASIS_AGES 2

const char *run_kind_name(enum run_kind kind)
{
    static const char *const names[] = { "retag", "undo", "import" };

    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

/* Records */

static enum status encode_codes(struct value *out, struct arena *arena, const struct run *run)
{
    struct value *items = arena_array(arena, run->n_codes * CODE_FIELDS + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < run->n_codes; i++) {
        struct value *at = items + i * CODE_FIELDS;
        at[0] = value_text(run->codes[i].code);
        at[1] = value_int((int64_t)run->codes[i].found);
        at[2] = value_int((int64_t)run->codes[i].added);
        at[3] = value_int((int64_t)run->codes[i].kept);
        at[4] = value_int((int64_t)run->codes[i].changed);
        at[5] = value_int((int64_t)run->codes[i].withdrawn);
    }
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)(run->n_codes * CODE_FIELDS),
                           .items = items };
    return STATUS_OK;
}

static enum status encode_examined(struct value *out, struct arena *arena, const struct run *run)
{
    struct value *items =
        arena_array(arena, run->n_examined * EXAMINED_FIELDS + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < run->n_examined; i++) {
        items[2 * i] = value_text(run->examined[i].code);
        items[2 * i + 1] = value_int(run->examined[i].as_of_us);
    }
    *out = (struct value){ .type = VALUE_LIST,
                           .count = (uint32_t)(run->n_examined * EXAMINED_FIELDS),
                           .items = items };
    return STATUS_OK;
}

static enum status encode_bases(struct value *out, struct arena *arena, const struct run *run)
{
    struct value *items = arena_array(arena, run->n_examined * BASIS_FIELDS + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < run->n_examined; i++) {
        const struct run_examined *examined = &run->examined[i];
        struct value *at = items + i * BASIS_FIELDS;

        at[0] = value_int((int64_t)examined->run);
        at[1] = value_int((int64_t)examined->commit_seq);
        at[2] = value_int((int64_t)examined->overlay);
        at[3] = value_int((int64_t)examined->found);
        at[4] = value_int((examined->cut ? BASIS_CUT : 0) | (examined->ages ? BASIS_AGES : 0));
        at[5] = value_text(examined->basis);
    }
    *out = (struct value){ .type = VALUE_LIST,
                           .count = (uint32_t)(run->n_examined * BASIS_FIELDS), .items = items };
    return STATUS_OK;
}

static enum status encode(struct buf *out, const struct run *run)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value fields[FIELD_COUNT] = {
        [FIELD_VERSION] = value_int(RECORD_VERSION),
        [FIELD_KIND] = value_int(run->kind),
        [FIELD_COMMIT_SEQ] = value_int((int64_t)run->commit_seq),
        [FIELD_AS_OF] = value_int(run->as_of_us),
        [FIELD_STARTED] = value_int(run->started_us),
        [FIELD_FINISHED] = value_int(run->finished_us),
        [FIELD_NEXT_RING] = value_int((int64_t)run->next_ring),
        [FIELD_UNDOES] = value_int((int64_t)run->undoes),
        [FIELD_PARAMETERS] = value_text(run->parameters),
        [FIELD_PARAMETERS_HASH] = value_text(run->parameters_hash),
        [FIELD_PERSON] = value_text(run->person),
        [FIELD_NOTE] = value_text(run->note),
    };
    struct value record = { .type = VALUE_LIST, .count = FIELD_COUNT, .items = fields };

    TRY(encode_codes(&fields[FIELD_CODES], &arena, run));
    TRY(encode_examined(&fields[FIELD_EXAMINED], &arena, run));
    TRY(encode_bases(&fields[FIELD_BASES], &arena, run));
    return codec_encode(out, &record);
}

static enum status decode_codes(struct run *run, struct arena *arena, const struct value *list)
{
    size_t n = list->count / CODE_FIELDS;
    struct run_code *codes = arena_array(arena, n + 1, sizeof *codes);

    if (!codes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const struct value *at = list->items + i * CODE_FIELDS;
        codes[i] = (struct run_code){ value_slice(&at[0]),          (uint64_t)at[1].integer,
                                      (uint64_t)at[2].integer, (uint64_t)at[3].integer,
                                      (uint64_t)at[4].integer, (uint64_t)at[5].integer };
    }
    run->codes = codes;
    run->n_codes = n;
    return STATUS_OK;
}

static void decode_bases(struct run_examined *examined, size_t n, const struct value *list)
{
    for (size_t i = 0; i < n && (i + 1) * BASIS_FIELDS <= list->count; i++) {
        const struct value *at = list->items + i * BASIS_FIELDS;

        examined[i].run = (uint64_t)at[0].integer;
        examined[i].commit_seq = (uint64_t)at[1].integer;
        examined[i].overlay = (uint64_t)at[2].integer;
        examined[i].found = (uint64_t)at[3].integer;
        examined[i].cut = at[4].integer & BASIS_CUT;
        examined[i].ages = at[4].integer & BASIS_AGES;
        examined[i].basis = value_slice(&at[5]);
    }
}

static enum status decode_examined(struct run *run, struct arena *arena, const struct value *list,
                                   const struct value *bases)
{
    size_t n = list->count / EXAMINED_FIELDS;
    struct run_examined *examined = arena_array(arena, n + 1, sizeof *examined);

    if (!examined)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        examined[i] = (struct run_examined){ .code = value_slice(&list->items[2 * i]),
                                             .as_of_us = list->items[2 * i + 1].integer };
    if (bases)
        decode_bases(examined, n, bases);
    run->examined = examined;
    run->n_examined = n;
    return STATUS_OK;
}

static enum status decode(struct run *run, struct arena *arena, struct slice bytes)
{
    struct value record;
    const struct value *at;

    TRY(codec_decode(&record, arena, bytes));
    if (record.type != VALUE_LIST || record.count < FIELD_COUNT_MIN)
        return fail(STATUS_CORRUPT, "the record of a run does not decode; run check");
    at = record.items;
    run->kind = (enum run_kind)at[FIELD_KIND].integer;
    run->commit_seq = (uint64_t)at[FIELD_COMMIT_SEQ].integer;
    run->as_of_us = at[FIELD_AS_OF].integer;
    run->started_us = at[FIELD_STARTED].integer;
    run->finished_us = at[FIELD_FINISHED].integer;
    run->next_ring = (uint64_t)at[FIELD_NEXT_RING].integer;
    run->undoes = (uint64_t)at[FIELD_UNDOES].integer;
    run->parameters = value_slice(&at[FIELD_PARAMETERS]);
    run->parameters_hash = value_slice(&at[FIELD_PARAMETERS_HASH]);
    run->person = value_slice(&at[FIELD_PERSON]);
    run->note = value_slice(&at[FIELD_NOTE]);
    TRY(decode_codes(run, arena, &at[FIELD_CODES]));
    return decode_examined(run, arena, &at[FIELD_EXAMINED],
                           record.count > FIELD_BASES ? &at[FIELD_BASES] : NULL);
}

enum status publication_now(uint64_t *number, struct graph_txn *txn)
{
    return tag_meta_number(number, txn, META_PUBLICATION);
}

enum status run_find(struct run *out, struct arena *arena, struct graph_txn *txn, uint64_t number)
{
    struct run run = { .number = number, .as_of_us = TIME_MIN, .next_ring = 1 };
    unsigned char key[8];
    struct slice value;

    if (number) {
        tag_key_u64(key, number);
        TRY(store_get(&value, txn_store(txn), TABLE_RUN, slice_of(key, sizeof key)));
        TRY(decode(&run, arena, value));
    }
    *out = run;
    return STATUS_OK;
}

enum status publication_at(uint64_t *number, struct graph_txn *txn, int64_t clock_us)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    uint64_t at;

    TRY(publication_now(&at, txn));
    for (; at; at--) {
        struct run run;

        TRY(run_find(&run, &arena, txn, at));
        if (run.finished_us <= clock_us)
            break;
        arena_reset(&arena);
    }
    *number = at;
    return STATUS_OK;
}

static enum status own_text(struct slice *text, struct arena *arena)
{
    char *copy = arena_copy(arena, *text);

    if (!copy)
        return STATUS_NO_MEMORY;
    text->data = copy;
    return STATUS_OK;
}

enum status run_examined_copy(struct run_examined **list, struct run *to, const struct run *from,
                              size_t extra, struct arena *arena)
{
    struct run_examined *copy = arena_array(arena, from->n_examined + extra + 1, sizeof *copy);

    if (!copy)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < from->n_examined; i++) {
        copy[i] = from->examined[i];
        TRY(own_text(&copy[i].code, arena));
        TRY(own_text(&copy[i].basis, arena));
    }
    to->examined = copy;
    to->n_examined = from->n_examined;
    if (list)
        *list = copy;
    return STATUS_OK;
}

const struct run_examined *run_examined_of(const struct run *run, struct slice code)
{
    for (size_t i = 0; i < run->n_examined; i++)
        if (slice_equal(run->examined[i].code, code))
            return &run->examined[i];
    return NULL;
}

int64_t run_examined_at(const struct run *run, struct slice code)
{
    const struct run_examined *examined = run_examined_of(run, code);

    return examined ? examined->as_of_us : TIME_MIN;
}

/* Publishing */

/* A version to be written: its key's parts, and where its code and record lie in `bytes`. */
struct pending {
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
    struct pending *items;
    size_t n, capacity;
    struct buf bytes;
    size_t slice;           /* versions to write at once */
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

    tag_key_u64(prefix + 1, number);
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
    const unsigned char *at = row->key + 9;
    const unsigned char *end = memchr(at + 8, 0, row->size - 17);

    if (!end)
        return fail(STATUS_CORRUPT, "a tag index key does not decode; run check");
    TRY(tag_remove(txn, (struct node_id){ tag_key_read(at) },
                   slice_of(at + 8, (size_t)(end - at) - 8), (enum tag_origin)end[1], number));
    /* Gone with the version, unless only the entry was left. */
    enum status status = store_delete(txn_store(txn), TABLE_TAG_INDEX,
                                      slice_of(row->key, row->size));
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status sweep_ring(struct graph_txn *txn, const struct leftover *row, uint64_t number)
{
    TRY(ring_remove(txn, tag_key_read(row->key + 9), number));
    return store_delete(txn_store(txn), TABLE_TAG_INDEX, slice_of(row->key, row->size));
}

/* One slice; *done when nothing was left. */
static enum status sweep_slice(bool *done, struct graph *graph, struct leftover *list,
                               uint64_t number)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct graph_txn *writer;
    int64_t start = time_monotonic_us();
    size_t n_tags, n_rings;

    TRY(graph_write(&txn, graph));
    TRY(leftovers(list, &n_tags, txn, 'P', number));
    for (size_t i = 0; i < n_tags; i++)
        TRY(sweep_tag(txn, &list[i], number));
    TRY(leftovers(list, &n_rings, txn, 'Q', number));
    for (size_t i = 0; i < n_rings; i++)
        TRY(sweep_ring(txn, &list[i], number));
    *done = !n_tags && !n_rings;
    if (*done)
        return STATUS_OK;
    writer = txn;
    txn = NULL;
    TRY(txn_commit(writer));
    turn_rest(time_monotonic_us() - start);
    return STATUS_OK;
}

static enum status sweep(struct graph *graph, uint64_t number)
{
    AUTO(free_ptr) struct leftover *list = calloc(SWEEP_ROWS, sizeof *list);
    bool done = false;

    if (!list)
        return fail_memory(SWEEP_ROWS * sizeof *list);
    while (!done)
        TRY(sweep_slice(&done, graph, list, number));
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
    publishing->slice = SLICE_START;
    publishing->graph = graph;
    TRY(turn_take(&publishing->lock, graph_dir(graph), "publishing.lock",
                  "another retag, undo or tag import is under way; repeat when it is done"));
    TRY(current_number(&number, &left, graph));
    publishing->number = number + 1;
    if (left)
        TRY(sweep(graph, publishing->number));
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

    tag_key_u64(key + 1, born);
    tag_key_u64(key + 9, ring);
    return store_put(txn_store(txn), TABLE_TAG_INDEX, slice_of(key, sizeof key), SLICE("\1"));
}

static struct slice pending_code(const struct publishing *publishing, const struct pending *item)
{
    return slice_of(publishing->bytes.data + item->at, item->code_size);
}

static struct slice pending_record(const struct publishing *publishing,
                                   const struct pending *item)
{
    return slice_of(publishing->bytes.data + item->at + item->code_size, item->record_size);
}

static enum status write_item(const struct publishing *publishing, struct graph_txn *txn,
                              const struct pending *item)
{
    struct tag tag = { .subject = { item->subject }, .code = pending_code(publishing, item),
                       .origin = (enum tag_origin)item->origin, .ring = item->ring,
                       .born = publishing->number };

    if (item->subject)
        return tag_put_record(txn, &tag, pending_record(publishing, item));
    TRY(ring_put_record(txn, item->ring, publishing->number, pending_record(publishing, item)));
    return put_ring_entry(txn, item->ring, publishing->number);
}

/* The next slice takes the time that is wanted, if it goes like the last one. */
static void adapt_slice(struct publishing *publishing, int64_t held_us)
{
    size_t slice = publishing->slice;

    slice = held_us > TURN_HOLD_US ? slice * TURN_HOLD_US / (size_t)held_us : slice + slice / 4;
    publishing->slice = slice < SLICE_MIN ? SLICE_MIN : slice > SLICE_MAX ? SLICE_MAX : slice;
}

/* Writes items from *done on, a slice of them, and commits. */
static enum status write_slice(struct publishing *publishing, size_t *done)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct graph_txn *writer;
    uint64_t current;
    size_t at = *done, end = at + publishing->slice;
    int64_t start;

    TRY(graph_write(&txn, publishing->graph));
    start = time_monotonic_us();
    TRY(publication_now(&current, txn));
    if (current + 1 != publishing->number)
        return fail(STATUS_CONFLICT, "another publication became current meanwhile; repeat");
    while (at < publishing->n && at < end)
        TRY(write_item(publishing, txn, &publishing->items[at++]));
    writer = txn;
    txn = NULL;
    TRY(txn_commit(writer));
    *done = at;
    adapt_slice(publishing, time_monotonic_us() - start);
    turn_rest(time_monotonic_us() - start);
    return STATUS_OK;
}

/* Rings first, then tags by subject and code: neighbours in the tables. */
static int by_place(const void *a, const void *b, void *context)
{
    const struct publishing *publishing = context;
    const struct pending *x = a, *y = b;

    if (x->subject != y->subject)
        return x->subject < y->subject ? -1 : 1;
    if (!x->subject)
        return (x->ring > y->ring) - (x->ring < y->ring);
    return slice_compare(pending_code(publishing, x), pending_code(publishing, y));
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
    struct pending item = { .subject = tag->subject.value, .ring = tag->ring,
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
    struct pending item = { .ring = ring->number, .at = publishing->bytes.size };

    TRY(array_reserve(&publishing->items, &publishing->capacity, publishing->n + 1));
    TRY(ring_record(&publishing->bytes, ring));
    item.record_size = (uint32_t)(publishing->bytes.size - item.at);
    publishing->items[publishing->n++] = item;
    return STATUS_OK;
}

enum status publishing_flip(struct publishing *publishing, const struct run *run)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(buf_fini) struct buf record = { 0 };
    struct graph_txn *writer;
    struct run own = *run;
    unsigned char key[8];
    uint64_t current;

    TRY(write_all(publishing));
    TRY(graph_write(&txn, publishing->graph));
    TRY(publication_now(&current, txn));
    if (current + 1 != publishing->number)
        return fail(STATUS_CONFLICT, "another publication became current meanwhile; repeat");
    own.number = publishing->number;
    own.finished_us = time_now_us();
    TRY(encode(&record, &own));
    tag_key_u64(key, own.number);
    TRY(store_put(txn_store(txn), TABLE_RUN, slice_of(key, sizeof key), buf_slice(&record)));
    TRY(tag_meta_set(txn, META_PUBLICATION, own.number));
    writer = txn;
    txn = NULL;
    TRY(txn_commit(writer));
    publishing->number++;
    return STATUS_OK;
}
