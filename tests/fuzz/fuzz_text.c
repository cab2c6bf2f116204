/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folding accepts exactly what is valid UTF-8, gives valid UTF-8, and is settled after one go. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO(buf_fini) struct buf once = { 0 };
    AUTO(buf_fini) struct buf twice = { 0 };
    struct slice text = slice_of(bytes + 1, size ? size - 1 : 0);
    static const unsigned cases[] = { 0, TEXT_LOWER, TEXT_UPPER, TEXT_CASE };
    unsigned how;
    bool valid;

    if (!size)
        return 0;
    how = (bytes[0] & ~(TEXT_LOWER | TEXT_UPPER | TEXT_CASE)) | cases[bytes[0] >> 2 & 3];
    valid = text_valid_utf8(text, NULL);
    if ((text_fold(&once, text, how) == STATUS_OK) != valid)
        abort();
    if (!valid)
        return 0;
    if (!text_valid_utf8(buf_slice(&once), NULL) ||
        text_width(text_cut(text, bytes[0])) > bytes[0] ||
        text_fold(&twice, buf_slice(&once), how) != STATUS_OK ||
        !slice_equal(buf_slice(&once), buf_slice(&twice)))
        abort();
    return 0;
}
