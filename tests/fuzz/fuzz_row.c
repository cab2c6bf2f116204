/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows, chunks and entries of any bytes: read without crashing; what entries decode to encodes. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/hash.h"
#include "store/row.h"

static void read_entries(struct slice bytes, uint64_t base_born, bool is_out)
{
    AUTO(buf_fini) struct buf again = { 0 };
    struct reader reader = reader_of(bytes), back;
    struct entry_state in = { 0 }, out = { 0 }, once = { 0 };
    struct entry entry, second;

    while (entry_decode(&entry, &in, &reader, base_born, is_out)) {
        size_t at = again.size;

        if (entry_encode(&again, &out, &entry, base_born, is_out))
            abort();
        back = reader_of(slice_of(again.data + at, again.size - at));
        if (!entry_decode(&second, &once, &back, base_born, is_out) ||
            entry_order(&entry, &second) != 0 || entry.valid_to_us != second.valid_to_us ||
            entry.other.value != second.other.value || !slice_equal(entry.key, second.key))
            abort();
    }
}

static void read_row(const struct row *row)
{
    struct reader groups = reader_of(row->groups);
    struct record record;
    struct group group;

    (void)!record_decode(&record, row->record, row->base_born);
    while (group_next(&group, &groups))
        read_entries(group.entries, row->base_born, group_is_out(group.code));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO(buf_fini) struct buf sealed = { 0 };
    AUTO(buf_fini) struct buf framed = { 0 };
    struct slice input = slice_of(bytes, size);
    uint32_t crc = crc32c(input);
    struct row row = { .record = input, .groups = input, .base_born = size };
    struct chunk chunk;

    if (row_decode(&row, input) == STATUS_OK || row_peek(&row, input) == STATUS_OK)
        read_row(&row);
    /* Any bytes under a checksum that is right. */
    if (buf_append(&framed, &crc, sizeof crc) || buf_append_slice(&framed, input))
        abort();
    if (chunk_decode(&chunk, buf_slice(&framed)) == STATUS_OK)
        read_entries(chunk.entries, chunk.base_born, true);
    read_entries(input, size, false);
    read_entries(input, size, true);
    /* The same bytes under a checksum that is right. */
    row = (struct row){ .record = slice_of(bytes, size / 2), .base_born = 3,
                        .groups = slice_of(bytes + size / 2, size - size / 2) };
    if (row_encode(&sealed, &row) || row_decode(&row, buf_slice(&sealed)))
        abort();
    read_row(&row);
    return 0;
}
