/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows, records, entries and chunks: random ones come back, damaged ones never crash. */

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/time.h"
#include "store/row.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"

TestSuite(row, .fini = leaks_check);

#define N_ENTRIES 40

static int64_t a_time(struct rng *rng)
{
    static const int64_t odd[] = { TIME_MIN, TIME_MIN + 1, TIME_MAX, TIME_MAX - 1, 0, -1, 1,
                                   9223372036854000000, -9223372036854000000,
                                   1577836800000000 /* 2020 */, 1577836800000001 };

    switch (rng_below(rng, 4)) {
    case 0:
        return odd[rng_below(rng, sizeof odd / sizeof *odd)];
    case 1:
        return rng_between(rng, -100000, 4000000) * US_PER_SECOND * 1000;
    case 2:
        return rng_between(rng, 1500000000, 1900000000) * US_PER_SECOND;
    default:
        return (int64_t)rng_next(rng);
    }
}

static uint64_t a_number(struct rng *rng)
{
    return rng_next(rng) >> rng_below(rng, 64);
}

static struct slice some_bytes(struct rng *rng, size_t most)
{
    static const char bytes[300] = "key\0with all kinds\xff of bytes";

    return slice_of(bytes, rng_below(rng, most));
}

static struct entry an_entry(struct rng *rng, bool is_out)
{
    struct entry entry = {
        .edge = { a_number(rng) }, .other = { a_number(rng) },
        .valid_from_us = a_time(rng), .valid_to_us = a_time(rng), .observed_us = a_time(rng),
        .born = a_number(rng), .ended = rng_below(rng, 3) ? 0 : a_number(rng),
        .has_key = rng_below(rng, 2),
    };

    if (is_out && entry.has_key)
        entry.key = some_bytes(rng, 20);
    if (is_out && rng_below(rng, 2))
        entry.properties = some_bytes(rng, 300);
    return entry;
}

static void same_entry(const struct entry *a, const struct entry *b, uint64_t seed, int i)
{
    cr_assert(a->edge.value == b->edge.value && a->other.value == b->other.value &&
                  a->valid_from_us == b->valid_from_us && a->valid_to_us == b->valid_to_us &&
                  a->observed_us == b->observed_us && a->born == b->born && a->ended == b->ended &&
                  a->has_key == b->has_key && slice_equal(a->key, b->key) &&
                  slice_equal(a->properties, b->properties),
              "seed %llu, entry %d: from %lld became %lld, to %lld became %lld",
              (unsigned long long)seed, i, (long long)a->valid_from_us,
              (long long)b->valid_from_us, (long long)a->valid_to_us, (long long)b->valid_to_us);
}

static void round_trip_entries(uint64_t seed, bool is_out)
{
    AUTO(buf_fini) struct buf bytes = { 0 };
    struct rng rng = rng_new(seed);
    struct entry entries[N_ENTRIES], entry;
    struct entry_state out = { 0 }, in = { 0 };
    uint64_t base = a_number(&rng);
    struct reader reader;
    int n = 0;

    for (int i = 0; i < N_ENTRIES; i++) {
        entries[i] = an_entry(&rng, is_out);
        if (rng_below(&rng, 2))
            entries[i].born = base;
        OK(entry_encode(&bytes, &out, &entries[i], base, is_out));
    }
    reader = reader_of(buf_slice(&bytes));
    for (; entry_decode(&entry, &in, &reader, base, is_out); n++)
        same_entry(&entries[n], &entry, seed, n);
    cr_assert(reader.ok && n == N_ENTRIES, "seed %llu: %d entries came back",
              (unsigned long long)seed, n);
}

Test(row, entries_with_extreme_numbers_and_times_come_back)
{
    for (uint64_t seed = 1; seed <= 2000; seed++)
        round_trip_entries(seed, seed % 2);
}

static struct record a_record(struct rng *rng)
{
    struct record record = {
        .n_labels = (uint32_t)rng_below(rng, ROW_LABELS_MAX + 1),
        .key_label = (uint32_t)a_number(rng), .deleted = rng_below(rng, 2),
        .has_past = rng_below(rng, 2), .key = some_bytes(rng, 40),
        .properties = some_bytes(rng, 300), .valid_from_us = a_time(rng),
        .observed_us = a_time(rng), .born = a_number(rng),
    };

    for (uint32_t i = 0; i < record.n_labels; i++)
        record.labels[i] = (uint32_t)a_number(rng);
    return record;
}

static void round_trip_record(uint64_t seed)
{
    AUTO(buf_fini) struct buf inner = { 0 };
    AUTO(buf_fini) struct buf bytes = { 0 };
    struct rng rng = rng_new(seed);
    struct record record = a_record(&rng), back = { 0 };
    struct row row = { .base_born = rng_below(&rng, 2) ? record.born : a_number(&rng),
                       .max_commit = a_number(&rng) }, again;

    OK(record_encode(&inner, &record, row.base_born));
    row.record = buf_slice(&inner);
    OK(row_encode(&bytes, &row));
    OK(row_decode(&again, buf_slice(&bytes)));
    cr_assert(again.base_born == row.base_born && again.max_commit == row.max_commit);
    OK(record_decode(&back, again.record, again.base_born));
    cr_assert(back.n_labels == record.n_labels && back.key_label == record.key_label &&
                  memcmp(back.labels, record.labels, record.n_labels * sizeof *back.labels) == 0 &&
                  back.deleted == record.deleted && back.has_past == record.has_past &&
                  slice_equal(back.key, record.key) &&
                  slice_equal(back.properties, record.properties) &&
                  back.valid_from_us == record.valid_from_us &&
                  back.observed_us == record.observed_us && back.born == record.born,
              "seed %llu: the record came back differently", (unsigned long long)seed);
}

Test(row, records_come_back)
{
    for (uint64_t seed = 1; seed <= 2000; seed++)
        round_trip_record(seed);
}

Test(row, groups_are_found_by_code)
{
    AUTO(buf_fini) struct buf groups = { 0 };
    AUTO(buf_fini) struct buf bytes = { 0 };
    struct row row = { 0 }, back;
    struct group found;

    for (uint32_t code = 4; code < 40; code += 4) {
        struct group group = { code, code * 1000, code == 8, SLICE("entries") };

        OK(group_encode(&groups, &group));
    }
    row.groups = buf_slice(&groups);
    OK(row_encode(&bytes, &row));
    OK(row_decode(&back, buf_slice(&bytes)));
    OK(row_find_group(&found, &back, 36));
    cr_assert(found.count == 36000 && !found.spilled && found.entries.size == 7);
    OK(row_find_group(&found, &back, 8));
    cr_assert(found.spilled && found.count == 8000);
    cr_assert(row_find_group(&found, &back, 7) == STATUS_NOT_FOUND);
    cr_assert(row_find_group(&found, &back, 400) == STATUS_NOT_FOUND);
}

/* Reads all that the bytes seem to hold. */
static void read_all(struct slice bytes)
{
    struct row row;
    struct record record;
    struct chunk chunk;
    struct group group;
    struct reader groups;

    if (chunk_decode(&chunk, bytes) == STATUS_OK)
        cr_assert(chunk.entries.size <= bytes.size);
    if (row_decode(&row, bytes))
        return;
    (void)!record_decode(&record, row.record, row.base_born);
    groups = reader_of(row.groups);
    while (group_next(&group, &groups)) {
        struct reader entries = reader_of(group.entries);
        struct entry_state state = { 0 };
        struct entry entry;

        while (entry_decode(&entry, &state, &entries, row.base_born, group_is_out(group.code)))
            ;
    }
}

Test(row, a_flipped_bit_or_a_cut_is_met_by_the_checksum)
{
    AUTO(buf_fini) struct buf bytes = { 0 };
    struct row row = { .base_born = 7, .max_commit = 9, .record = SLICE("a record"),
                       .groups = SLICE("and groups") }, back;

    OK(row_encode(&bytes, &row));
    for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
        bytes.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        cr_assert(row_decode(&back, buf_slice(&bytes)) == STATUS_CORRUPT, "bit %zu", bit);
        bytes.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    for (size_t size = 0; size < bytes.size; size++)
        cr_assert(row_decode(&back, slice_of(bytes.data, size)) == STATUS_CORRUPT);
}

/* Bytes whose checksum is right and whose content is anything. */
Test(row, content_that_makes_no_sense_never_crashes)
{
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        AUTO(buf_fini) struct buf bytes = { 0 };
        struct rng rng = rng_new(seed);
        unsigned char content[64];
        struct row row = { .base_born = a_number(&rng) };
        unsigned char *exact;

        for (size_t i = 0; i < sizeof content; i++)
            content[i] = (unsigned char)(rng_next(&rng) >> rng_below(&rng, 8));
        row.record = slice_of(content, rng_below(&rng, 32));
        row.groups = slice_of(content + 32, rng_below(&rng, 32));
        OK(row_encode(&bytes, &row));
        exact = malloc(bytes.size); /* its own size, so that a read past it is seen */
        memcpy(exact, bytes.data, bytes.size);
        read_all(slice_of(exact, bytes.size));
        free(exact);
    }
}

Test(row, keys_sort_as_numbers_and_times)
{
    struct rng rng = rng_new(5);

    for (int i = 0; i < 5000; i++) {
        int64_t from[2] = { a_time(&rng), a_time(&rng) };
        struct chunk_key a = chunk_key((struct node_id){ 3 }, 8, from[0], (struct edge_id){ 1 });
        struct chunk_key b = chunk_key((struct node_id){ 3 }, 8, from[1], (struct edge_id){ 1 });
        int order = memcmp(a.bytes, b.bytes, sizeof a.bytes);

        cr_assert((order > 0) - (order < 0) == (from[0] > from[1]) - (from[0] < from[1]));
    }
    for (uint64_t id = 1; id < NODE_ID_MAX; id = id * 3 + 1) {
        unsigned char key[NODE_KEY_BYTES];

        key_put_node(key, (struct node_id){ id });
        cr_assert(key_get_node(key).value == id);
    }
}

/* Byte by byte, as the format is drawn. */
static uint64_t slow_varint(const unsigned char *at, size_t *size)
{
    uint64_t value = 0;

    for (*size = 0;; ++*size) {
        value |= (uint64_t)(at[*size] & 0x7f) << (7 * *size);
        if (at[*size] < 0x80)
            break;
    }
    ++*size;
    return value;
}

Test(row, a_varint_is_read_alike_whatever_follows_it)
{
    struct rng rng = rng_new(5);

    for (unsigned i = 0; i < 200000; i++) {
        unsigned char bytes[16];
        size_t length = 1 + rng_below(&rng, 9), size;
        uint64_t expected;

        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (unsigned char)(rng_next(&rng) | (k + 1 < length ? 0x80 : 0));
        bytes[length - 1] &= 0x7f;
        expected = slow_varint(bytes, &size);
        for (size_t end = size; end <= sizeof bytes; end++) {
            struct reader reader = reader_of(slice_of(bytes, end));

            cr_assert(reader_varint(&reader) == expected && reader.ok &&
                      reader.at == bytes + size);
        }
    }
}

Test(row, varints_come_back)
{
    for (unsigned shift = 0; shift < 64; shift++)
        for (int near = -1; near <= 1; near++) {
            uint64_t value = ((uint64_t)1 << shift) + (uint64_t)near;
            unsigned char bytes[VARINT_MAX];
            size_t size = varint_write(bytes, value);
            struct reader reader = reader_of(slice_of(bytes, size));
            struct reader cut = reader_of(slice_of(bytes, size - 1));

            cr_assert(reader_varint(&reader) == value && reader.ok && reader.at == reader.end);
            reader_varint(&cut);
            cr_assert(!cut.ok);
            cr_assert(unzigzag(zigzag((int64_t)value)) == (int64_t)value);
        }
}
