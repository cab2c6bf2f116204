/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence of tags from any bytes: read without crashing; what decodes is encoded to itself. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "graph/tag_row.h"

static bool same(const struct tag_edge *a, const struct tag_edge *b)
{
    return a->type == b->type && a->from.value == b->from.value && a->to.value == b->to.value &&
           a->id.value == b->id.value && a->valid_from_us == b->valid_from_us;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value input = value_text(slice_of(bytes, size)), coded;
    const struct tag_edge *edges, *again;
    size_t n, n_again;

    if (tag_edges_decode(&edges, &n, &arena, &input))
        return 0;
    if (tag_edges_encode(&coded, &arena, edges, n) ||
        tag_edges_decode(&again, &n_again, &arena, &coded) || n != n_again)
        abort();
    for (size_t i = 0; i < n; i++)
        if (!same(&edges[i], &again[i]))
            abort();
    return 0;
}
