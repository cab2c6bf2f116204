/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of the key table: hashes, names, rows with what tells that they are as they were. */
#include "graph/key.h"

#include <string.h>

#include "base/hash.h"

/* UTF-8 never holds this byte, so a hashed key is no other key's text. */
#define HASHED_MARK 0xff

/* ---- keys as bytes -------------------------------------------------------------------------- */

static void put_hash(struct node_key *key)
{
    struct slice name = key_name(key_long(key));
    uint64_t whole = hash64(name, 0);
    uint64_t front = hash64(slice_of(name.data, name.size < 4 ? 2 : name.size - 2), 0);

    key->bytes[0] = key->bytes[KEY_HASH_BYTES + 1];
    key->bytes[1] = (unsigned char)front;
    key->bytes[2] = (unsigned char)(front >> 8);
    key->bytes[3] = (unsigned char)whole;
    key->bytes[4] = (unsigned char)(whole >> 8);
}

void node_key_make(struct node_key *out, uint32_t label, struct slice key)
{
    unsigned char *name = out->bytes + KEY_HASH_BYTES;

    name[0] = (unsigned char)(label >> 8);
    name[1] = (unsigned char)label;
    out->size = KEY_HASH_BYTES + 2;
    if (key.size <= KEY_DIRECT_MAX) {
        if (key.size)
            memcpy(name + 2, key.data, key.size);
        out->size += key.size;
    } else {
        name[2] = HASHED_MARK;
        hash256(name + 3, key);
        out->size += 1 + HASH_BYTES;
    }
    put_hash(out);
}

enum status node_key_restore(struct node_key *out, struct slice name)
{
    if (name.size < 3 || name.size > sizeof out->bytes - KEY_HASH_BYTES)
        return fail(STATUS_INVALID, "a row of the key table has a key of %zu bytes", name.size);
    memcpy(out->bytes + KEY_HASH_BYTES, name.data, name.size);
    out->size = KEY_HASH_BYTES + name.size;
    put_hash(out);
    return STATUS_OK;
}

/* ---- rows as bytes -------------------------------------------------------------------------- */

static unsigned char sum(unsigned char from, const unsigned char *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        from = (unsigned char)(from * 3 + at[i]);
    return from;
}

/* Odd factors, so that no change of a single byte goes unnoticed, and one of more in 255 of 256. */
static unsigned char check_of(struct slice stored, const unsigned char *id, size_t n)
{
    return sum(sum(0x5a, stored.data, stored.size), id, n);
}

struct slice key_plain(unsigned char value[KEY_PLAIN_MAX], struct slice stored, struct node_id id)
{
    size_t size = varint_write(value, id.value);

    value[size] = check_of(stored, value, size);
    return slice_of(value, size + 1);
}

/* The seal of a second key's row: no node tells that it is as it was written. */
static uint32_t alias_seal(struct slice name, struct node_id id, struct slice formers)
{
    return crc32c(name) ^ (uint32_t)hash_mix64(id.value) ^ crc32c(formers);
}

enum status key_second(struct buf *out, const struct node_key *key, struct node_id id,
                       struct slice formers)
{
    uint32_t seal = alias_seal(key_name(key_long(key)), id, formers);

    TRY(varint_append(out, id.value));
    TRY(buf_append_slice(out, formers));
    return buf_append(out, &seal, sizeof seal);
}

static bool alias_decode(struct key_row *row, struct slice name, struct reader *reader)
{
    size_t left = (size_t)(reader->end - reader->at);
    uint32_t seal;

    if (left < sizeof seal)
        return false;
    row->formers = slice_of(reader->at, left - sizeof seal);
    memcpy(&seal, reader->end - sizeof seal, sizeof seal);
    return seal == alias_seal(name, row->id, row->formers);
}

static bool row_sound(struct key_row *row, struct slice stored, struct slice value)
{
    struct reader reader = reader_of(value);
    const unsigned char *id = reader.at;
    struct node_key named;

    row->id.value = reader_varint(&reader);
    row->is_short = stored.size == KEY_HASH_BYTES;
    row->alias = !row->is_short && reader.end - reader.at > 1;
    if (!reader.ok || stored.size < KEY_HASH_BYTES)
        return false;
    if (!row->alias)
        return reader.end - reader.at == 1 &&
               *reader.at == check_of(stored, id, (size_t)(reader.at - id));
    return node_key_restore(&named, key_name(stored)) == STATUS_OK &&
           slice_equal(key_long(&named), stored) && alias_decode(row, key_name(stored), &reader);
}

enum status key_decode(struct key_row *out, struct slice stored, struct slice value)
{
    struct key_row row = { 0 };

    if (!row_sound(&row, stored, value))
        return fail(STATUS_CORRUPT, "the key table does not decode; run check");
    *out = row;
    return STATUS_OK;
}
