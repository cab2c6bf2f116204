/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that decode encode again to a value that is the same; what is validated decodes. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "store/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf again = { 0 };
    struct slice input = slice_of(bytes, size);
    bool valid = codec_validate(input, 16) == STATUS_OK;
    struct codec_property *properties;
    struct value first, second;
    size_t n;

    (void)!codec_decode_properties(&properties, &n, &arena, input);
    if (codec_decode(&first, &arena, input) != STATUS_OK) {
        if (valid)
            abort();
        return 0;
    }
    if (codec_encode(&again, &first) != STATUS_OK ||
        codec_decode(&second, &arena, buf_slice(&again)) != STATUS_OK ||
        !value_same(&first, &second))
        abort();
    return 0;
}
