/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/tag_row.h"

#include <string.h>

#include "store/codec.h"

/*
 * TAG        subject(8) code 00 origin(1) born(8)  -> record
 * TAG_INDEX  'C' code 00 subject(8) origin(1)      -> (one byte)
 *            'R' ring(8) subject(8) code 00 origin -> (one byte)
 *            'P' run(8) subject(8) code 00 origin  -> (one byte)   what a publication brought
 *            'I' subject(8) code 00 origin         -> (one byte)   not found by a detector
 * Index entries name tags that once had the property; the visible version decides.
 */

#define RECORD_VERSION 1
#define EDGE_NUMBERS 5

enum field {
    FIELD_VERSION, FIELD_LEVEL, FIELD_SCORE, FIELD_RING, FIELD_STATE, FIELD_EDGES, FIELD_NUMBERS,
    FIELD_BY, FIELD_PARAMETERS, FIELD_RUN, FIELD_PERSON, FIELD_NOTE, FIELD_REASON,
    FIELD_FIRST_SEEN, FIELD_LAST_SEEN, FIELD_EXPIRES, FIELD_TEXT, FIELD_COUNT
};

#define RECORD_TYPES "iiiii..ssisssiiis" /* codec_decode_record() */
_Static_assert(sizeof RECORD_TYPES - 1 == FIELD_COUNT, "a letter a field");

/* Keys */

static size_t put_u64(unsigned char *at, uint64_t number)
{
    key_put_u64(at, number);
    return 8;
}

size_t tag_put_code(unsigned char *at, struct slice code)
{
    memcpy(at, code.data, code.size);
    at[code.size] = 0;
    return code.size + 1;
}

size_t tag_row_prefix(unsigned char *key, struct node_id subject, struct slice code,
                      enum tag_origin origin)
{
    size_t size = put_u64(key, subject.value);

    size += tag_put_code(key + size, code);
    key[size++] = (unsigned char)origin;
    return size;
}

struct slice tag_row_key(unsigned char *key, const struct tag *tag)
{
    size_t size = tag_row_prefix(key, tag->subject, tag->code, tag->origin);

    size += put_u64(key + size, tag->born);
    return slice_of(key, size);
}

struct slice tag_index_code(unsigned char *key, const struct tag *tag)
{
    size_t size = 0;

    key[size++] = 'C';
    size += tag_put_code(key + size, tag->code);
    size += put_u64(key + size, tag->subject.value);
    key[size++] = (unsigned char)tag->origin;
    return slice_of(key, size);
}

struct slice tag_index_number(unsigned char *key, char kind, uint64_t number,
                              const struct tag *tag)
{
    size_t size = 0;

    key[size++] = (unsigned char)kind;
    size += put_u64(key + size, number);
    size += tag_row_prefix(key + size, tag->subject, tag->code, tag->origin);
    return slice_of(key, size);
}

struct slice tag_index_apart(unsigned char *key, const struct tag *tag)
{
    key[0] = 'I';
    return slice_of(key, 1 + tag_row_prefix(key + 1, tag->subject, tag->code, tag->origin));
}

enum status tag_parse_row(struct tag *tag, const unsigned char *at, size_t size)
{
    const unsigned char *end = size > 8 ? memchr(at + 8, 0, size - 8) : NULL;

    if (!end || (size_t)(end - at) + 2 > size || end[1] > TAG_IMPORT)
        return fail(STATUS_CORRUPT, "a tag's key does not decode; run check");
    tag->subject.value = key_get_u64(at);
    tag->code = slice_of(at + 8, (size_t)(end - at) - 8);
    tag->origin = (enum tag_origin)end[1];
    return STATUS_OK;
}

enum status tag_parse_code_entry(struct tag *tag, struct slice key)
{
    const unsigned char *at = key.data;
    const unsigned char *end = memchr(at + 1, 0, key.size - 1);

    if (!end || (size_t)(end - at) + 10 != key.size || end[9] > TAG_IMPORT)
        return fail(STATUS_CORRUPT, "a tag index key does not decode; run check");
    tag->code = slice_of(at + 1, (size_t)(end - at) - 1);
    tag->subject.value = key_get_u64(end + 1);
    tag->origin = (enum tag_origin)end[9];
    return STATUS_OK;
}

/* Evidence */

/*
 *   n  edge*n     edge   type<<2|unit  from  to  id  [time]
 *
 * All but the time are differences from the edge two before, since evidence is mostly a star or
 * paths of two edges; the time is one from the edge before, in the largest unit that loses nothing.
 */
#define BASE_US ((int64_t)1577836800 * US_PER_SECOND) /* 2020-01-01 */
#define UNITS 4

static const int64_t units[UNITS] = { 0, 1, US_PER_SECOND, US_PER_DAY }; /* 0: there is no time */

static unsigned unit_of(int64_t valid_from_us, int64_t since_last)
{
    unsigned unit = UNITS - 1;

    if (valid_from_us == TIME_MIN)
        return 0;
    while (since_last % units[unit])
        unit--;
    return unit;
}

static enum status append_edge(struct buf *out, const struct tag_edge *edge,
                               const struct tag_edge *like, int64_t *last_us)
{
    int64_t since_last = (int64_t)((uint64_t)edge->valid_from_us - (uint64_t)*last_us);
    unsigned unit = unit_of(edge->valid_from_us, since_last);

    TRY(varint_append(out, zigzag((int64_t)edge->type - like->type) << 2 | unit));
    TRY(varint_append(out, zigzag((int64_t)(edge->from.value - like->from.value))));
    TRY(varint_append(out, zigzag((int64_t)(edge->to.value - like->to.value))));
    TRY(varint_append(out, zigzag((int64_t)(edge->id.value - like->id.value))));
    if (!unit)
        return STATUS_OK;
    *last_us = edge->valid_from_us;
    return varint_append(out, zigzag(since_last / units[unit]));
}

enum status tag_edges_encode(struct value *out, struct arena *arena, const struct tag_edge *edges,
                             size_t n)
{
    static const struct tag_edge none;
    AUTO(buf_fini) struct buf bytes = { 0 };
    int64_t last_us = BASE_US;
    const char *copy;

    TRY(varint_append(&bytes, n));
    for (size_t i = 0; i < n; i++)
        TRY(append_edge(&bytes, &edges[i], i < 2 ? &none : &edges[i - 2], &last_us));
    copy = arena_copy(arena, buf_slice(&bytes));
    if (!copy)
        return STATUS_NO_MEMORY;
    *out = value_text(slice_of(copy, bytes.size));
    return STATUS_OK;
}

static void read_edge(struct tag_edge *edge, struct reader *reader, const struct tag_edge *like,
                      int64_t *last_us)
{
    uint64_t head = reader_varint(reader);
    int64_t unit = units[head % UNITS];

    edge->type = (uint32_t)(like->type + (uint64_t)unzigzag(head >> 2));
    edge->from.value = like->from.value + (uint64_t)unzigzag(reader_varint(reader));
    edge->to.value = like->to.value + (uint64_t)unzigzag(reader_varint(reader));
    edge->id.value = like->id.value + (uint64_t)unzigzag(reader_varint(reader));
    edge->valid_from_us = TIME_MIN;
    if (!unit)
        return;
    *last_us = (int64_t)((uint64_t)*last_us +
                         (uint64_t)unzigzag(reader_varint(reader)) * (uint64_t)unit);
    edge->valid_from_us = *last_us;
}

static enum status edges_damaged(void)
{
    return fail(STATUS_CORRUPT, "evidence of a tag does not decode; run check");
}

/* As dumps of format 1 have it: five numbers an edge. */
static enum status edges_from_list(struct tag_edge **out, size_t *n, struct arena *arena,
                                   const struct value *list)
{
    struct tag_edge *edges = arena_array(arena, list->count / EDGE_NUMBERS + 1, sizeof *edges);

    if (!codec_is_list_of(list, "iiiii"))
        return edges_damaged();
    if (!edges)
        return STATUS_NO_MEMORY;
    *n = list->count / EDGE_NUMBERS;
    for (size_t i = 0; i < *n; i++) {
        const struct value *at = list->items + i * EDGE_NUMBERS;
        edges[i] = (struct tag_edge){ .type = (uint32_t)at[0].integer,
                                      .from = { (uint64_t)at[1].integer },
                                      .to = { (uint64_t)at[2].integer },
                                      .valid_from_us = at[3].integer,
                                      .id = { (uint64_t)at[4].integer } };
    }
    *out = edges;
    return STATUS_OK;
}

static enum status edges_from_bytes(struct tag_edge **out, size_t *n, struct arena *arena,
                                    struct slice bytes)
{
    static const struct tag_edge none;
    struct reader reader = reader_of(bytes);
    uint64_t count = reader_varint(&reader);
    int64_t last_us = BASE_US;
    struct tag_edge *edges;

    if (!reader.ok || count > bytes.size)
        return edges_damaged();
    edges = arena_array(arena, count + 1, sizeof *edges);
    if (!edges)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        read_edge(&edges[i], &reader, i < 2 ? &none : &edges[i - 2], &last_us);
    if (!reader.ok || reader.at != reader.end)
        return edges_damaged();
    *out = edges;
    *n = count;
    return STATUS_OK;
}

enum status tag_edges_decode(const struct tag_edge **out, size_t *n, struct arena *arena,
                             const struct value *value)
{
    struct tag_edge *edges;

    if (value->type == VALUE_LIST)
        TRY(edges_from_list(&edges, n, arena, value));
    else if (value->type == VALUE_STRING)
        TRY(edges_from_bytes(&edges, n, arena, value_slice(value)));
    else
        return edges_damaged();
    *out = edges;
    return STATUS_OK;
}

/* Records */

enum status tag_encode(struct buf *out, struct arena *arena, const struct tag *tag)
{
    struct value fields[FIELD_COUNT] = {
        [FIELD_VERSION] = value_int(RECORD_VERSION),
        [FIELD_LEVEL] = value_int(tag->level),
        [FIELD_SCORE] = value_int(tag->score),
        [FIELD_RING] = value_int((int64_t)tag->ring),
        [FIELD_STATE] = value_int(tag->state),
        [FIELD_NUMBERS] = tag->numbers,
        [FIELD_BY] = value_text(tag->by),
        [FIELD_PARAMETERS] = value_text(tag->parameters),
        [FIELD_RUN] = value_int((int64_t)tag->run),
        [FIELD_PERSON] = value_text(tag->person),
        [FIELD_NOTE] = value_text(tag->note),
        [FIELD_REASON] = value_text(tag->reason),
        [FIELD_FIRST_SEEN] = value_int(tag->first_seen_us),
        [FIELD_LAST_SEEN] = value_int(tag->last_seen_us),
        [FIELD_EXPIRES] = value_int(tag->expires_us),
        [FIELD_TEXT] = value_text(tag->text),
    };
    struct value record = { .type = VALUE_LIST, .count = FIELD_COUNT, .items = fields };

    TRY(tag_edges_encode(&fields[FIELD_EDGES], arena, tag->edges, tag->n_edges));
    return codec_encode(out, &record);
}

enum status tag_decode(struct tag *tag, struct arena *arena, struct slice bytes)
{
    struct value record;
    const struct value *at;

    TRY(codec_decode_record(&record, arena, bytes, RECORD_TYPES, "a tag record"));
    at = record.items;
    if (at[FIELD_VERSION].integer != RECORD_VERSION)
        return fail(STATUS_CORRUPT, "a tag record has format %lld, this build reads %d",
                    (long long)at[FIELD_VERSION].integer, RECORD_VERSION);
    tag->level = (enum tag_level)at[FIELD_LEVEL].integer;
    tag->score = (uint32_t)at[FIELD_SCORE].integer;
    tag->ring = (uint64_t)at[FIELD_RING].integer;
    tag->state = (enum tag_state)at[FIELD_STATE].integer;
    tag->numbers = at[FIELD_NUMBERS];
    tag->by = value_slice(&at[FIELD_BY]);
    tag->parameters = value_slice(&at[FIELD_PARAMETERS]);
    tag->run = (uint64_t)at[FIELD_RUN].integer;
    tag->person = value_slice(&at[FIELD_PERSON]);
    tag->note = value_slice(&at[FIELD_NOTE]);
    tag->reason = value_slice(&at[FIELD_REASON]);
    tag->first_seen_us = at[FIELD_FIRST_SEEN].integer;
    tag->last_seen_us = at[FIELD_LAST_SEEN].integer;
    tag->expires_us = at[FIELD_EXPIRES].integer;
    tag->text = value_slice(&at[FIELD_TEXT]);
    return tag_edges_decode(&tag->edges, &tag->n_edges, arena, &at[FIELD_EDGES]);
}
