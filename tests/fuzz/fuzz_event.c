/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event that is taken has what its kind needs. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "graph/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct event event;

    if (event_parse(&event, &arena, slice_of(bytes, size)) != STATUS_OK)
        return 0;
    if (event.properties.type != VALUE_MAP || (event.op == EVENT_NODE && !event.labels.size) ||
        (event.op == EVENT_CLOSE && event.valid_to_us == TIME_MAX))
        abort();
    return 0;
}
