/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any YAML text is a schema or is refused with a line. */
#include "tests/fuzz/fuzz.h"

#include "graph/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    (void)!schema_check(slice_of(bytes, size), "fuzz");
    return 0;
}
