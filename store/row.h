/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The bytes of a node row, its record, and its adjacency entries. Pure coding: no tables here.
 *
 *   row     crc32c(4) base_born max_commit record_size record group*
 *   record  flags(1) [born] [observed] [valid_from] n_labels label* key_label key_size key props
 *   group   code count size entry*            size 0: the entries lie in chunk rows
 *   chunk   crc32c(4) base_born count entry*
 *   entry   flags(1) [time] edge_id other [valid_to] [born] [observed] [ended]
 *           and, OUT only: [key_size key] [props_size props]
 *
 * Numbers are LEB128 varints, zigzag where they can be negative; a row's checksum is little-endian.
 * Entries are sorted by (valid_from, edge id), undated first; times and edge ids are differences
 * from the entry before, the first from 2020-01-01 and 0 (times in seconds where that loses
 * nothing). An entry's and record's born
 * is left out where it equals base_born. Properties are a msgpack map with symbols as keys.
 */

#include "base/buf.h"
#include "store/id.h"

#define ROW_LABELS_MAX 16
/* Rows and chunks stay below LMDB's limit for values kept in the leaf: two or more a page. */
#define ROW_MAX 2000
#define CHUNK_MAX 1984

/* ---- varints ------------------------------------------------------------------------------ */

#define VARINT_MAX 10

static inline uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (~(value & 1) + 1));
}

size_t varint_write(unsigned char at[VARINT_MAX], uint64_t value);
MUST_CHECK enum status varint_append(struct buf *out, uint64_t value);

/* Bytes being read; `ok` turns false at the first read past the end and stays so. */
struct reader {
    const unsigned char *at, *end;
    bool ok;
};

static inline struct reader reader_of(struct slice bytes)
{
    const unsigned char *at = bytes.data;

    return (struct reader){ at, at + bytes.size, true };
}

/* Byte by byte: the end of the bytes is near, or the number is long or damaged. */
uint64_t reader_varint_long(struct reader *reader);

static inline uint64_t reader_varint(struct reader *reader)
{
    const unsigned char *at = reader->at;
    uint32_t value;

    if (__builtin_expect(reader->end - at < 4, 0))
        return reader_varint_long(reader);
    value = at[0];
    if (value < 0x80) {
        reader->at = at + 1;
        return value;
    }
    value += ((uint32_t)at[1] << 7) - 0x80;
    if (at[1] < 0x80) {
        reader->at = at + 2;
        return value;
    }
    value += ((uint32_t)at[2] << 14) - (0x80 << 7);
    if (at[2] < 0x80) {
        reader->at = at + 3;
        return value;
    }
    value += ((uint32_t)at[3] << 21) - (0x80 << 14);
    if (at[3] < 0x80) {
        reader->at = at + 4;
        return value;
    }
    return reader_varint_long(reader);
}

unsigned char reader_byte(struct reader *reader);
/* Lends the next `size` bytes; empty and not ok where there are fewer. */
static inline struct slice reader_bytes(struct reader *reader, uint64_t size)
{
    struct slice bytes = { reader->at, size };

    if (size > (uint64_t)(reader->end - reader->at)) {
        reader->ok = false;
        return (struct slice){ reader->at, 0 };
    }
    reader->at += size;
    return bytes;
}

/* ---- records ------------------------------------------------------------------------------ */

struct record {
    uint32_t labels[ROW_LABELS_MAX]; /* ascending */
    uint32_t n_labels;
    uint32_t key_label;
    bool deleted;
    bool has_past; /* replaced versions exist in the past table */
    struct slice key, properties;
    int64_t valid_from_us, observed_us; /* TIME_MIN: not given */
    uint64_t born;
};

MUST_CHECK enum status record_encode(struct buf *out, const struct record *record,
                                     uint64_t base_born);
MUST_CHECK enum status record_decode(struct record *out, struct slice bytes, uint64_t base_born);

/* ---- adjacency entries -------------------------------------------------------------------- */

struct entry {
    struct edge_id edge;
    struct node_id other;
    int64_t valid_from_us, valid_to_us, observed_us;
    uint64_t born;
    uint64_t ended; /* in past groups: the commit that replaced it; else 0 */
    bool has_key;
    struct slice key, properties; /* OUT only; lent */
};

/* (valid_from, edge id, birth), the order of a group; births differ only among past versions. */
static inline int entry_order(const struct entry *a, const struct entry *b)
{
    if (a->valid_from_us != b->valid_from_us)
        return a->valid_from_us < b->valid_from_us ? -1 : 1;
    if (a->edge.value != b->edge.value)
        return a->edge.value < b->edge.value ? -1 : 1;
    return (a->born > b->born) - (a->born < b->born);
}

/* What differences are taken from; zeroed before the first entry of a group or chunk. */
struct entry_state {
    int64_t time_us; /* since 2020-01-01 */
    uint64_t edge;
};

MUST_CHECK enum status entry_encode(struct buf *out, struct entry_state *state,
                                    const struct entry *entry, uint64_t base_born, bool is_out);
/* False at the end, or with reader->ok false where the bytes do not decode. */
bool entry_decode(struct entry *out, struct entry_state *state, struct reader *reader,
                  uint64_t base_born, bool is_out);

/* ---- groups, rows, chunks ----------------------------------------------------------------- */

/* Which list of a node: its edge type, current or past versions, direction. */
static inline uint32_t group_code(uint32_t type, bool past, enum direction direction)
{
    return type << 2 | (uint32_t)past << 1 | (direction == DIRECTION_IN);
}

static inline bool group_is_out(uint32_t code)
{
    return !(code & 1);
}

static inline bool group_is_past(uint32_t code)
{
    return code & 2;
}

static inline uint32_t group_type(uint32_t code)
{
    return code >> 2;
}

struct group {
    uint32_t code;
    uint64_t count;
    bool spilled;
    struct slice entries; /* inline ones */
};

struct row {
    uint64_t base_born;  /* of entries and record that do not say */
    uint64_t max_commit; /* the newest commit that touched anything in the row or its chunks */
    struct slice record, groups;
};

/* Checks the checksum and parses the frame. STATUS_CORRUPT. */
MUST_CHECK enum status row_decode(struct row *out, struct slice bytes);
/* Parses the frame alone, of a row whose checksum was tested when it was read. */
MUST_CHECK enum status row_peek(struct row *out, struct slice bytes);
/* Appends a row from its parts; `groups` are encoded groups in code order. */
MUST_CHECK enum status row_encode(struct buf *out, const struct row *row);
/* Steps through row->groups. False at the end, or with reader->ok false where damaged. */
bool group_next(struct group *out, struct reader *reader);
MUST_CHECK enum status group_encode(struct buf *out, const struct group *group);
/* Finds a group by code; STATUS_NOT_FOUND. */
MUST_CHECK enum status row_find_group(struct group *out, const struct row *row, uint32_t code);

struct chunk {
    uint64_t base_born, count;
    struct slice entries;
};

MUST_CHECK enum status chunk_decode(struct chunk *out, struct slice bytes);
MUST_CHECK enum status chunk_encode(struct buf *out, const struct chunk *chunk);

/* ---- keys --------------------------------------------------------------------------------- */

/* Big-endian, so that byte order is number order. */
void key_put_u64(unsigned char at[8], uint64_t value);
void key_put_u32(unsigned char at[4], uint32_t value);
uint64_t key_get_u64(const void *at);
uint32_t key_get_u32(const void *at);
/* Times with the sign bit flipped: undated (TIME_MIN) sorts first. */
static inline uint64_t key_time(int64_t us)
{
    return (uint64_t)us ^ (uint64_t)1 << 63;
}

/* Of the node table: 40 bits, as many as there are ids. */
#define NODE_KEY_BYTES 5
#define NODE_ID_MAX (((uint64_t)1 << 8 * NODE_KEY_BYTES) - 1)
void key_put_node(unsigned char at[NODE_KEY_BYTES], struct node_id id);
struct node_id key_get_node(const void *at);

#define CHUNK_KEY_BYTES 28 /* node(8) group(4) valid_from(8) edge id(8) of the first entry */

struct chunk_key {
    unsigned char bytes[CHUNK_KEY_BYTES];
};

struct chunk_key chunk_key(struct node_id node, uint32_t code, int64_t valid_from_us,
                           struct edge_id edge);
