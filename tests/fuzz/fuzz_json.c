/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What JSON was read comes out as JSON that reads the same. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/emit.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };
    struct value first, second;
    struct emit emit = emit_start(&text);

    if (json_parse(&first, &arena, slice_of(bytes, size), NULL) != STATUS_OK)
        return 0;
    emit_value(&emit, &first);
    if (emit_finish(&emit) != STATUS_OK ||
        json_parse(&second, &arena, buf_slice(&text), NULL) != STATUS_OK ||
        !value_same(&first, &second))
        abort();
    return 0;
}
