/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/ring.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "graph/tag_row.h"
#include "store/codec.h"
#include "store/store.h"

/* RING  number(8) born(8) -> record */

#define KEY_BYTES 16
#define RECORD_VERSION 1

enum field {
    FIELD_VERSION, FIELD_EVENT, FIELD_BY, FIELD_MEMBERS, FIELD_RELATIVES, FIELD_NUMBERS,
    FIELD_COUNT
};

#define RECORD_TYPES "iisll." /* codec_decode_record() */
_Static_assert(sizeof RECORD_TYPES - 1 == FIELD_COUNT, "a letter a field");

const char *ring_event_name(enum ring_event event)
{
    static const char *const names[] = { "born",   "grew",  "shrank",    "changed",
                                         "merged", "split", "dissolved", "restored" };

    return (size_t)event < sizeof names / sizeof *names ? names[event] : "unknown";
}

const char *ring_name(char text[RING_NAME_MAX], uint64_t number)
{
    snprintf(text, RING_NAME_MAX, "R-%06" PRIu64, number);
    return text;
}

enum status ring_parse(uint64_t *number, struct slice text)
{
    const char *at = text.data;
    uint64_t total = 0;
    bool good = text.size > 2 && text.size < 20 && at[0] == 'R' && at[1] == '-';

    for (size_t i = 2; good && i < text.size; i++) {
        good = at[i] >= '0' && at[i] <= '9';
        total = total * 10 + (uint64_t)(at[i] - '0');
    }
    if (!good || !total)
        return fail(STATUS_INVALID, "\"%.*s\" is not a ring: expected its number, as in R-000001",
                    (int)(text.size < 64 ? text.size : 64), at);
    *number = total;
    return STATUS_OK;
}

static struct slice row_key(unsigned char key[KEY_BYTES], uint64_t number, uint64_t born)
{
    key_put_u64(key, number);
    key_put_u64(key + 8, born);
    return slice_of(key, KEY_BYTES);
}

static enum status numbers_value(struct value *out, struct arena *arena, const uint64_t *numbers,
                                 size_t n)
{
    struct value *items = arena_array(arena, n + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        items[i] = value_int((int64_t)numbers[i]);
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)n, .items = items };
    return STATUS_OK;
}

static enum status value_numbers(uint64_t **out, size_t *n, struct arena *arena,
                                 const struct value *value)
{
    uint64_t *numbers = arena_array(arena, value->count + 1, sizeof *numbers);

    if (!codec_is_list_of(value, "i"))
        return fail(STATUS_CORRUPT, "a ring record does not decode; run check");
    if (!numbers)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < value->count; i++)
        numbers[i] = (uint64_t)value->items[i].integer;
    *out = numbers;
    *n = value->count;
    return STATUS_OK;
}

_Static_assert(sizeof(struct node_id) == sizeof(uint64_t), "members are stored as numbers");

static enum status encode(struct buf *out, struct arena *arena, const struct ring_record *ring)
{
    struct value fields[FIELD_COUNT] = {
        [FIELD_VERSION] = value_int(RECORD_VERSION),
        [FIELD_EVENT] = value_int(ring->event),
        [FIELD_BY] = value_text(ring->by),
        [FIELD_NUMBERS] = ring->numbers,
    };
    struct value record = { .type = VALUE_LIST, .count = FIELD_COUNT, .items = fields };

    TRY(numbers_value(&fields[FIELD_MEMBERS], arena, (const uint64_t *)ring->members,
                      ring->n_members));
    TRY(numbers_value(&fields[FIELD_RELATIVES], arena, ring->relatives, ring->n_relatives));
    return codec_encode(out, &record);
}

static enum status decode(struct ring_record *ring, struct arena *arena, struct slice bytes)
{
    struct value record;
    const struct value *at;
    uint64_t *members, *relatives;

    TRY(codec_decode_record(&record, arena, bytes, RECORD_TYPES, "a ring record"));
    at = record.items;
    ring->event = (enum ring_event)at[FIELD_EVENT].integer;
    ring->by = value_slice(&at[FIELD_BY]);
    ring->numbers = at[FIELD_NUMBERS];
    TRY(value_numbers(&members, &ring->n_members, arena, &at[FIELD_MEMBERS]));
    TRY(value_numbers(&relatives, &ring->n_relatives, arena, &at[FIELD_RELATIVES]));
    ring->members = (const struct node_id *)members;
    ring->relatives = relatives;
    return STATUS_OK;
}

enum status ring_record(struct buf *out, const struct ring_record *ring)
{
    AUTO(arena_fini) struct arena arena = { 0 };

    return encode(out, &arena, ring);
}

enum status ring_put_record(struct graph_txn *txn, uint64_t number, uint64_t born,
                            struct slice record)
{
    unsigned char key[KEY_BYTES];

    return store_put(txn_store(txn), TABLE_RING, row_key(key, number, born), record);
}

enum status ring_remove(struct graph_txn *txn, uint64_t number, uint64_t born)
{
    unsigned char key[KEY_BYTES];
    enum status status = store_delete(txn_store(txn), TABLE_RING, row_key(key, number, born));

    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status read_row(struct ring_record *out, struct arena *arena, struct slice key,
                            struct slice value)
{
    struct ring_record ring = { 0 };

    if (key.size != KEY_BYTES)
        return fail(STATUS_CORRUPT, "a ring's key does not decode; run check");
    ring.number = key_get_u64(key.data);
    ring.born = key_get_u64((const unsigned char *)key.data + 8);
    TRY(decode(&ring, arena, value));
    *out = ring;
    return STATUS_OK;
}

enum status ring_find(struct ring_record *out, struct arena *arena, struct graph_txn *txn,
                      const struct tag_view *view, uint64_t number)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char at[KEY_BYTES];
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn_store(txn), TABLE_RING));
    status = store_cursor_seek_before(&key, &value, cursor,
                                      row_key(at, number, view->publication + 1));
    if (status == STATUS_END)
        return STATUS_NOT_FOUND;
    TRY(status);
    if (key.size != KEY_BYTES || key_get_u64(key.data) != number)
        return STATUS_NOT_FOUND;
    return read_row(out, arena, key, value);
}

struct ring_rows {
    struct ring_record *items;
    size_t n, capacity;
};

static enum status rows_add(struct ring_rows *rows, struct arena *arena,
                            const struct ring_record *ring)
{
    TRY(arena_reserve(arena, &rows->items, &rows->capacity, rows->n));
    rows->items[rows->n++] = *ring;
    return STATUS_OK;
}

enum status ring_history(struct ring_record **out, size_t *n, struct arena *arena,
                         struct graph_txn *txn, const struct tag_view *view, uint64_t number)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct ring_rows rows = { 0 };
    unsigned char at[KEY_BYTES];
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn_store(txn), TABLE_RING));
    status = store_cursor_seek(&key, &value, cursor, row_key(at, number, 0));
    for (; status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        struct ring_record ring;

        TRY(read_row(&ring, arena, key, value));
        if (ring.number != number || ring.born > view->publication)
            break;
        TRY(rows_add(&rows, arena, &ring));
    }
    if (status != STATUS_OK && status != STATUS_END)
        return status;
    *out = rows.items;
    *n = rows.n;
    return STATUS_OK;
}

static bool list_wanted(const struct ring_record *ring, struct slice by)
{
    return ring->number && ring->n_members && (!by.size || slice_equal(ring->by, by));
}

enum status ring_list(struct ring_record **out, size_t *n, struct arena *arena,
                      struct graph_txn *txn, const struct tag_view *view, struct slice by)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct ring_rows rows = { 0 };
    struct ring_record last = { 0 };
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn_store(txn), TABLE_RING));
    status = store_cursor_seek(&key, &value, cursor, SLICE(""));
    for (; status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        struct ring_record ring;

        TRY(read_row(&ring, arena, key, value));
        if (ring.born > view->publication)
            continue;
        if (ring.number != last.number && list_wanted(&last, by))
            TRY(rows_add(&rows, arena, &last));
        last = ring;
    }
    if (status != STATUS_END)
        return status;
    if (list_wanted(&last, by))
        TRY(rows_add(&rows, arena, &last));
    *out = rows.items;
    *n = rows.n;
    return STATUS_OK;
}

/* Matching */

struct membership {
    uint64_t node;
    size_t ring;
};

struct overlap {
    size_t shared, old, group;
};

static int by_node(const void *a, const void *b)
{
    const struct membership *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->ring > y->ring) - (x->ring < y->ring);
}

static int by_pair(const void *a, const void *b)
{
    const struct overlap *x = a, *y = b;

    if (x->old != y->old)
        return x->old < y->old ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

static int by_share(const void *a, const void *b)
{
    const struct overlap *x = a, *y = b;

    if (x->shared != y->shared)
        return x->shared > y->shared ? -1 : 1;
    return by_pair(a, b);
}

static enum status memberships(struct membership **out, size_t *n, struct arena *arena,
                               const struct ring_record *rings, size_t n_rings)
{
    size_t total = 0, at = 0;
    struct membership *list;

    for (size_t i = 0; i < n_rings; i++)
        total += rings[i].n_members;
    list = arena_array(arena, total + 1, sizeof *list);
    if (!list)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n_rings; i++)
        for (size_t m = 0; m < rings[i].n_members; m++)
            list[at++] = (struct membership){ rings[i].members[m].value, i };
    qsort(list, total, sizeof *list, by_node);
    *out = list;
    *n = total;
    return STATUS_OK;
}

struct overlap_list {
    struct overlap *items;
    size_t n, capacity;
};

static enum status overlap_add(struct overlap_list *list, size_t old, size_t group)
{
    TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
    list->items[list->n++] = (struct overlap){ 1, old, group };
    return STATUS_OK;
}

static void overlap_sum(struct overlap_list *list)
{
    size_t kept = 0;

    if (list->n)
        qsort(list->items, list->n, sizeof *list->items, by_pair);
    for (size_t i = 0; i < list->n; i++) {
        if (kept && by_pair(&list->items[kept - 1], &list->items[i]) == 0)
            list->items[kept - 1].shared++;
        else
            list->items[kept++] = list->items[i];
    }
    list->n = kept;
    if (kept)
        qsort(list->items, kept, sizeof *list->items, by_share);
}

static void overlap_fini(struct overlap_list *list)
{
    free(list->items);
}

/* Every (old, group) pair with a member in common, by members shared. */
static enum status overlaps(struct overlap_list *out, struct arena *arena,
                            const struct ring_record *groups, size_t n_groups,
                            const struct ring_record *old, size_t n_old)
{
    struct membership *before, *after;
    size_t n_before, n_after;

    TRY(memberships(&before, &n_before, arena, old, n_old));
    TRY(memberships(&after, &n_after, arena, groups, n_groups));
    for (size_t i = 0, j = 0; i < n_before; i++) {
        while (j < n_after && after[j].node < before[i].node)
            j++;
        for (size_t k = j; k < n_after && after[k].node == before[i].node; k++)
            TRY(overlap_add(out, before[i].ring, after[k].ring));
    }
    overlap_sum(out);
    return STATUS_OK;
}

static enum status add_relative(struct ring_record *ring, struct arena *arena, uint64_t number)
{
    uint64_t *list = arena_array(arena, ring->n_relatives + 1, sizeof *list);

    if (!list)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < ring->n_relatives; i++)
        list[i] = ring->relatives[i];
    list[ring->n_relatives++] = number;
    ring->relatives = list;
    return STATUS_OK;
}

static void same_ring(struct ring_record *group, const struct ring_record *old, size_t shared,
                      bool *unchanged)
{
    group->number = old->number;
    *unchanged = shared == group->n_members && shared == old->n_members &&
                 value_same(&group->numbers, &old->numbers);
    group->event = group->n_members > old->n_members   ? RING_GREW
                   : group->n_members < old->n_members ? RING_SHRANK
                                                       : RING_CHANGED;
}

/* What the pairs that did not make a match say: parts that split off, rings taken in. */
static enum status relate(const struct overlap_list *pairs, struct ring_record *groups,
                          struct ring_record *old, const bool *taken, const bool *matched,
                          struct arena *arena)
{
    for (size_t i = 0; i < pairs->n; i++) {
        struct ring_record *was = &old[pairs->items[i].old];
        struct ring_record *now = &groups[pairs->items[i].group];

        if (now->number == was->number)
            continue;
        if (!matched[pairs->items[i].group]) {
            now->event = RING_SPLIT;
            TRY(add_relative(now, arena, was->number));
        }
        if (!taken[pairs->items[i].old]) {
            was->event = RING_MERGED;
            TRY(add_relative(was, arena, now->number));
            if (matched[pairs->items[i].group]) {
                now->event = RING_MERGED;
                TRY(add_relative(now, arena, was->number));
            }
        }
    }
    return STATUS_OK;
}

enum status ring_match(struct ring_record *groups, size_t n_groups, struct ring_record *old,
                       size_t n_old, bool *unchanged, uint64_t *next, struct arena *arena)
{
    AUTO(overlap_fini) struct overlap_list pairs = { 0 };
    bool *taken = arena_array(arena, n_old + 1, sizeof *taken);
    bool *matched = arena_array(arena, n_groups + 1, sizeof *matched);

    if (!taken || !matched)
        return STATUS_NO_MEMORY;
    TRY(overlaps(&pairs, arena, groups, n_groups, old, n_old));
    for (size_t i = 0; i < pairs.n; i++) {
        const struct overlap *pair = &pairs.items[i];

        if (taken[pair->old] || matched[pair->group])
            continue;
        taken[pair->old] = matched[pair->group] = true;
        same_ring(&groups[pair->group], &old[pair->old], pair->shared, &unchanged[pair->group]);
    }
    for (size_t i = 0; i < n_groups; i++) {
        if (matched[i])
            continue;
        unchanged[i] = false;
        groups[i].number = (*next)++;
        groups[i].event = RING_BORN;
    }
    for (size_t i = 0; i < n_old; i++) {
        if (taken[i])
            continue;
        old[i].n_relatives = old[i].n_members = 0;
        old[i].event = RING_DISSOLVED;
    }
    return relate(&pairs, groups, old, taken, matched, arena);
}
