/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Delimited text gives the same records in one block and in small ones, and headers make plans. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/text.h"
#include "graph/table.h"

/* A digest of all records and complaints. The first byte chooses delimiter and quote. */
static uint64_t digest(struct slice bytes, size_t read_max, char delimiter, char quote)
{
    AUTO(delimited_fini) struct delimited csv = { 0 };
    uint64_t hash = 0;
    enum status status;

    if (delimited_open_bytes(&csv, bytes, read_max, delimiter, quote) != STATUS_OK)
        return 1;
    while ((status = delimited_next(&csv)) == STATUS_OK || status == STATUS_INVALID) {
        hash = hash_mix64(hash ^ csv.line ^ (uint64_t)status << 60);
        for (size_t i = 0; status == STATUS_OK && i < csv.n_fields; i++) {
            if (!text_valid_utf8(csv.fields[i], NULL))
                abort();
            hash = hash64(csv.fields[i], hash + csv.quoted[i]);
        }
    }
    return hash ^ (uint64_t)status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char delimiters[] = ",;\t|";
    AUTO(delimited_fini) struct delimited csv = { 0 };
    AUTO(arena_fini) struct arena arena = { 0 };
    struct slice text = slice_of(bytes + 1, size ? size - 1 : 0);
    struct plan plan;
    char delimiter, quote;

    if (!size)
        return 0;
    delimiter = delimiters[bytes[0] & 3];
    quote = bytes[0] & 4 ? '"' : 0;
    if (digest(text, 0, delimiter, quote) != digest(text, 7, delimiter, quote))
        abort();
    if (delimited_open_bytes(&csv, text, 0, delimiter, quote) == STATUS_OK &&
        delimited_next(&csv) == STATUS_OK)
        (void)!plan_from_header(&plan, &arena, &csv, "fuzz");
    return 0;
}
