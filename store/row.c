/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/row.h"

#include "base/hash.h"
#include "base/time.h"

#define CRC_BYTES 4
/* Most dates of a loan book lie within a few years of this one: shorter differences. */
#define EPOCH_2020_US (1577836800 * US_PER_SECOND)

enum { RECORD_DELETED = 1, RECORD_PAST = 2, RECORD_BORN = 4, RECORD_OBSERVED = 8,
       RECORD_VALID_FROM = 16 };

enum {
    ENTRY_DATED = 1,
    ENTRY_SECONDS = 2,  /* time is counted in seconds */
    ENTRY_VALID_TO = 4,
    ENTRY_BORN = 8,     /* differs from base_born */
    ENTRY_OBSERVED = 16,
    ENTRY_KEY = 32,
    ENTRY_PROPERTIES = 64,
    ENTRY_ENDED = 128,
};

size_t varint_write(unsigned char at[VARINT_MAX], uint64_t value)
{
    size_t size = 0;

    for (; value >= 0x80; value >>= 7)
        at[size++] = (unsigned char)(value | 0x80);
    at[size++] = (unsigned char)value;
    return size;
}

enum status varint_append(struct buf *out, uint64_t value)
{
    unsigned char bytes[VARINT_MAX];

    return buf_append(out, bytes, varint_write(bytes, value));
}

uint64_t reader_varint_long(struct reader *reader)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
        unsigned char byte = *reader->at++;

        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    reader->ok = false;
    return 0;
}

unsigned char reader_byte(struct reader *reader)
{
    if (reader->at == reader->end) {
        reader->ok = false;
        return 0;
    }
    return *reader->at++;
}

static enum status fail_row(const char *what)
{
    return fail(STATUS_CORRUPT, "a stored %s does not decode; run check, restore a backup", what);
}

/* ---- records ------------------------------------------------------------------------------ */

static unsigned char record_flags(const struct record *record, uint64_t base_born)
{
    return (unsigned char)((record->deleted ? RECORD_DELETED : 0) |
                           (record->has_past ? RECORD_PAST : 0) |
                           (record->born != base_born ? RECORD_BORN : 0) |
                           (record->observed_us != TIME_MIN ? RECORD_OBSERVED : 0) |
                           (record->valid_from_us != TIME_MIN ? RECORD_VALID_FROM : 0));
}

enum status record_encode(struct buf *out, const struct record *record, uint64_t base_born)
{
    unsigned char flags = record_flags(record, base_born);

    TRY(buf_append_byte(out, flags));
    if (flags & RECORD_BORN)
        TRY(varint_append(out, record->born));
    if (flags & RECORD_OBSERVED)
        TRY(varint_append(out, zigzag(record->observed_us)));
    if (flags & RECORD_VALID_FROM)
        TRY(varint_append(out, zigzag(record->valid_from_us)));
    TRY(varint_append(out, record->n_labels));
    for (uint32_t i = 0; i < record->n_labels; i++)
        TRY(varint_append(out, record->labels[i]));
    TRY(varint_append(out, record->key_label));
    TRY(varint_append(out, record->key.size));
    TRY(buf_append_slice(out, record->key));
    return buf_append_slice(out, record->properties);
}

enum status record_decode(struct record *out, struct slice bytes, uint64_t base_born)
{
    struct reader reader = reader_of(bytes);
    unsigned char flags = reader_byte(&reader);

    out->deleted = flags & RECORD_DELETED;
    out->has_past = flags & RECORD_PAST;
    out->born = flags & RECORD_BORN ? reader_varint(&reader) : base_born;
    out->observed_us = flags & RECORD_OBSERVED ? unzigzag(reader_varint(&reader)) : TIME_MIN;
    out->valid_from_us = flags & RECORD_VALID_FROM ? unzigzag(reader_varint(&reader)) : TIME_MIN;
    out->n_labels = (uint32_t)reader_varint(&reader);
    if (out->n_labels > ROW_LABELS_MAX)
        return fail_row("record");
    for (uint32_t i = 0; i < out->n_labels; i++)
        out->labels[i] = (uint32_t)reader_varint(&reader);
    out->key_label = (uint32_t)reader_varint(&reader);
    out->key = reader_bytes(&reader, reader_varint(&reader));
    out->properties = slice_of(reader.at, (size_t)(reader.end - reader.at));
    return reader.ok ? STATUS_OK : fail_row("record");
}

/* ---- entries ------------------------------------------------------------------------------ */

/* From the entry before to this one, modulo 2^64: exact for any two times. */
static int64_t time_step(const struct entry *entry, const struct entry_state *state)
{
    return (int64_t)((uint64_t)entry->valid_from_us - (uint64_t)EPOCH_2020_US -
                     (uint64_t)state->time_us);
}

static unsigned char entry_flags(const struct entry *entry, const struct entry_state *state,
                                 uint64_t base_born, bool is_out)
{
    unsigned flags = 0;

    if (entry->valid_from_us != TIME_MIN) {
        flags |= ENTRY_DATED;
        if (time_step(entry, state) % US_PER_SECOND == 0)
            flags |= ENTRY_SECONDS;
    }
    if (entry->valid_to_us != TIME_MAX)
        flags |= ENTRY_VALID_TO;
    if (entry->born != base_born)
        flags |= ENTRY_BORN;
    if (entry->observed_us != TIME_MIN)
        flags |= ENTRY_OBSERVED;
    if (entry->has_key)
        flags |= ENTRY_KEY;
    if (is_out && entry->properties.size)
        flags |= ENTRY_PROPERTIES;
    if (entry->ended)
        flags |= ENTRY_ENDED;
    return (unsigned char)flags;
}

/* The fixed-length front, written into a local so that the buffer is grown once. */
static size_t entry_front(unsigned char *at, struct entry_state *state, const struct entry *entry,
                          unsigned char flags)
{
    size_t size = 0;

    at[size++] = flags;
    if (flags & ENTRY_DATED) {
        int64_t step = time_step(entry, state);

        size += varint_write(at + size,
                             zigzag(flags & ENTRY_SECONDS ? step / US_PER_SECOND : step));
        state->time_us = (int64_t)((uint64_t)state->time_us + (uint64_t)step);
    }
    size += varint_write(at + size, zigzag((int64_t)(entry->edge.value - state->edge)));
    state->edge = entry->edge.value;
    size += varint_write(at + size, entry->other.value);
    if (flags & ENTRY_VALID_TO)
        size += varint_write(at + size, zigzag(entry->valid_to_us));
    if (flags & ENTRY_BORN)
        size += varint_write(at + size, entry->born);
    if (flags & ENTRY_OBSERVED)
        size += varint_write(at + size, zigzag(entry->observed_us));
    if (flags & ENTRY_ENDED)
        size += varint_write(at + size, entry->ended);
    return size;
}

enum status entry_encode(struct buf *out, struct entry_state *state, const struct entry *entry,
                         uint64_t base_born, bool is_out)
{
    unsigned char front[1 + 7 * VARINT_MAX];
    unsigned char flags = entry_flags(entry, state, base_born, is_out);

    TRY(buf_append(out, front, entry_front(front, state, entry, flags)));
    if (!is_out)
        return STATUS_OK;
    if (flags & ENTRY_KEY) {
        TRY(varint_append(out, entry->key.size));
        TRY(buf_append_slice(out, entry->key));
    }
    if (flags & ENTRY_PROPERTIES) {
        TRY(varint_append(out, entry->properties.size));
        TRY(buf_append_slice(out, entry->properties));
    }
    return STATUS_OK;
}

bool entry_decode(struct entry *out, struct entry_state *state, struct reader *reader,
                  uint64_t base_born, bool is_out)
{
    unsigned char flags;

    if (reader->at == reader->end || !reader->ok)
        return false;
    flags = *reader->at++;
    out->valid_from_us = TIME_MIN;
    if (flags & ENTRY_DATED) {
        int64_t delta = unzigzag(reader_varint(reader));

        if (flags & ENTRY_SECONDS)
            delta = (int64_t)((uint64_t)delta * (uint64_t)US_PER_SECOND);
        state->time_us = (int64_t)((uint64_t)state->time_us + (uint64_t)delta);
        out->valid_from_us = (int64_t)((uint64_t)state->time_us + (uint64_t)EPOCH_2020_US);
    }
    state->edge += (uint64_t)unzigzag(reader_varint(reader));
    out->edge.value = state->edge;
    out->other.value = reader_varint(reader);
    out->valid_to_us = flags & ENTRY_VALID_TO ? unzigzag(reader_varint(reader)) : TIME_MAX;
    out->born = flags & ENTRY_BORN ? reader_varint(reader) : base_born;
    out->observed_us = flags & ENTRY_OBSERVED ? unzigzag(reader_varint(reader)) : TIME_MIN;
    out->ended = flags & ENTRY_ENDED ? reader_varint(reader) : 0;
    out->has_key = flags & ENTRY_KEY;
    out->key = out->properties = (struct slice){ 0 };
    if (is_out && flags & ENTRY_KEY)
        out->key = reader_bytes(reader, reader_varint(reader));
    if (flags & ENTRY_PROPERTIES)
        out->properties = reader_bytes(reader, reader_varint(reader));
    return reader->ok;
}

/* ---- rows and chunks ---------------------------------------------------------------------- */

/* Puts the checksum of what follows `at` into the four bytes there. */
static void seal(struct buf *out, size_t at)
{
    uint32_t crc = crc32c(slice_of(out->data + at + CRC_BYTES, out->size - at - CRC_BYTES));

    memcpy(out->data + at, &crc, CRC_BYTES);
}

static bool sealed(struct slice bytes)
{
    uint32_t crc;

    if (bytes.size < CRC_BYTES)
        return false;
    memcpy(&crc, bytes.data, CRC_BYTES);
    return crc == crc32c(slice_of((const char *)bytes.data + CRC_BYTES, bytes.size - CRC_BYTES));
}

static struct reader unsealed(struct slice bytes)
{
    return reader_of(slice_of((const char *)bytes.data + CRC_BYTES, bytes.size - CRC_BYTES));
}

enum status row_decode(struct row *out, struct slice bytes)
{
    if (!sealed(bytes))
        return fail(STATUS_CORRUPT,
                    "a node row does not match its checksum; run check, restore a backup");
    return row_peek(out, bytes);
}

enum status row_peek(struct row *out, struct slice bytes)
{
    struct reader reader;

    if (bytes.size < CRC_BYTES)
        return fail_row("node row");
    reader = unsealed(bytes);
    out->base_born = reader_varint(&reader);
    out->max_commit = reader_varint(&reader);
    out->record = reader_bytes(&reader, reader_varint(&reader));
    out->groups = slice_of(reader.at, (size_t)(reader.end - reader.at));
    return reader.ok ? STATUS_OK : fail_row("node row");
}

enum status row_encode(struct buf *out, const struct row *row)
{
    size_t at = out->size;

    TRY(buf_append(out, "\0\0\0", CRC_BYTES));
    TRY(varint_append(out, row->base_born));
    TRY(varint_append(out, row->max_commit));
    TRY(varint_append(out, row->record.size));
    TRY(buf_append_slice(out, row->record));
    TRY(buf_append_slice(out, row->groups));
    seal(out, at);
    return STATUS_OK;
}

bool group_next(struct group *out, struct reader *reader)
{
    uint64_t size;

    if (reader->at == reader->end || !reader->ok)
        return false;
    out->code = (uint32_t)reader_varint(reader);
    out->count = reader_varint(reader);
    size = reader_varint(reader);
    out->spilled = size == 0;
    out->entries = reader_bytes(reader, size);
    return reader->ok;
}

enum status group_encode(struct buf *out, const struct group *group)
{
    TRY(varint_append(out, group->code));
    TRY(varint_append(out, group->count));
    if (group->spilled)
        return varint_append(out, 0);
    TRY(varint_append(out, group->entries.size));
    return buf_append_slice(out, group->entries);
}

enum status row_find_group(struct group *out, const struct row *row, uint32_t code)
{
    struct reader reader = reader_of(row->groups);

    while (group_next(out, &reader)) {
        if (out->code == code)
            return STATUS_OK;
        if (out->code > code)
            return STATUS_NOT_FOUND;
    }
    return reader.ok ? STATUS_NOT_FOUND : fail_row("adjacency group");
}

enum status chunk_decode(struct chunk *out, struct slice bytes)
{
    struct reader reader;

    if (!sealed(bytes))
        return fail(STATUS_CORRUPT,
                    "an adjacency chunk does not match its checksum; run check, restore a backup");
    reader = unsealed(bytes);
    out->base_born = reader_varint(&reader);
    out->count = reader_varint(&reader);
    out->entries = slice_of(reader.at, (size_t)(reader.end - reader.at));
    return reader.ok ? STATUS_OK : fail_row("adjacency chunk");
}

enum status chunk_encode(struct buf *out, const struct chunk *chunk)
{
    size_t at = out->size;

    TRY(buf_append(out, "\0\0\0", CRC_BYTES));
    TRY(varint_append(out, chunk->base_born));
    TRY(varint_append(out, chunk->count));
    TRY(buf_append_slice(out, chunk->entries));
    seal(out, at);
    return STATUS_OK;
}

/* ---- keys --------------------------------------------------------------------------------- */

void key_put_u64(unsigned char at[8], uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(at, &value, 8);
}

void key_put_u32(unsigned char at[4], uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(at, &value, 4);
}

uint64_t key_get_u64(const void *at)
{
    uint64_t value;

    memcpy(&value, at, 8);
    return __builtin_bswap64(value);
}

uint32_t key_get_u32(const void *at)
{
    uint32_t value;

    memcpy(&value, at, 4);
    return __builtin_bswap32(value);
}

void key_put_node(unsigned char at[NODE_KEY_BYTES], struct node_id id)
{
    unsigned char whole[8];

    key_put_u64(whole, id.value);
    memcpy(at, whole + 8 - NODE_KEY_BYTES, NODE_KEY_BYTES);
}

struct node_id key_get_node(const void *at)
{
    unsigned char whole[8] = { 0 };

    memcpy(whole + 8 - NODE_KEY_BYTES, at, NODE_KEY_BYTES);
    return (struct node_id){ key_get_u64(whole) };
}

struct chunk_key chunk_key(struct node_id node, uint32_t code, int64_t valid_from_us,
                           struct edge_id edge)
{
    struct chunk_key key;

    key_put_u64(key.bytes, node.value);
    key_put_u32(key.bytes + 8, code);
    key_put_u64(key.bytes + 12, key_time(valid_from_us));
    key_put_u64(key.bytes + 20, edge.value);
    return key;
}
