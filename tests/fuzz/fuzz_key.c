/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Natural keys of every label of the built-in schema: normalised text is valid and settled after
 * one go, stored keys fit the store and tell keys apart; rows of the key table of any bytes.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/text.h"
#include "graph/key.h"
#include "graph/private.h"
#include "graph/schema.h"
#include "tests/support/fresh.h"
#include "tests/support/place.h"

#define STORED_KEY_MAX 511 /* of LMDB */

static struct graph *graph;
static char *place;

static void finish(void)
{
    graph_close(graph);
    place_remove(place);
}

static void start(void)
{
    struct graph_options options = { .map_size = (uint64_t)64 << 20 };

    place = place_new();
    atexit(finish);
    graph = fresh_graph(place_in(place, "db"), schema_builtin_text(), &options);
}

static void stored(uint32_t label, struct slice key)
{
    struct slice half = slice_of(key.data, key.size / 2);
    struct node_key made, other;

    node_key_make(&made, label, key);
    node_key_make(&other, label, half);
    if (made.size > STORED_KEY_MAX ||
        (key.size && slice_equal(key_long(&made), key_long(&other))))
        abort();
    if (key.size && (node_key_restore(&other, key_name(key_long(&made))) ||
                     !slice_equal(key_long(&made), key_long(&other))))
        abort();
}

/* The first byte says how long the row's key is. */
static void read_row(const uint8_t *bytes, size_t size)
{
    size_t key_size = bytes[0] % size;
    struct key_row row;

    if (key_decode(&row, slice_of(bytes + 1, key_size),
                   slice_of(bytes + 1 + key_size, size - 1 - key_size)) == STATUS_OK &&
        row.alias && row.is_short)
        abort();
}

static void normalised(const struct schema_label *label, struct slice raw)
{
    AUTO(buf_fini) struct buf once = { 0 };
    AUTO(buf_fini) struct buf twice = { 0 };
    const struct schema *schema = graph_schema(graph);
    bool valid, again;

    if (!text_valid_utf8(raw, NULL)) /* readers of files and requests refuse it */
        return;
    if (schema_normalise(&once, &valid, schema, label->symbol, raw) ||
        !text_valid_utf8(buf_slice(&once), NULL) ||
        schema_normalise(&twice, &again, schema, label->symbol, buf_slice(&once)) ||
        !slice_equal(buf_slice(&once), buf_slice(&twice)) || (valid && !again))
        abort();
    stored(label->symbol, buf_slice(&once));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct schema *schema;
    struct slice rest;

    if (!graph)
        start();
    if (!size)
        return 0;
    schema = graph_schema(graph);
    rest = slice_of(bytes + 1, size - 1);
    normalised(&schema->labels[bytes[0] % schema->n_labels], rest);
    read_row(bytes, size);
    return 0;
}
