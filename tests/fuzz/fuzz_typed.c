/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells of every type are taken or refused; temporal ones print to text that reads the same. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/temporal.h"
#include "graph/typed.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };
    struct typed type = { .kind = size ? bytes[0] % (TYPED_MINOR + 1) : 0,
                          .list = size && (bytes[0] & 0x80) };
    struct value first, second;

    if (!size || typed_parse(&first, &arena, type, slice_of(bytes + 1, size - 1)) != STATUS_OK)
        return 0;
    if (type.list || type.kind < TYPED_DATE || type.kind > TYPED_DURATION ||
        first.type == VALUE_NULL)
        return 0;
    if (temporal_format(&text, &first) != STATUS_OK ||
        typed_parse(&second, &arena, type, buf_slice(&text)) != STATUS_OK ||
        !value_same(&first, &second))
        abort();
    return 0;
}
