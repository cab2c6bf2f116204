/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Applications as they come over HTTP, decided on a small graph: an answer always parses. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/json.h"
#include "graph/schema.h"
#include "screening/screen.h"
#include "tests/support/fresh.h"
#include "tests/support/place.h"

static struct graph *graph;
static struct screener *screener;
static char *place;

static void finish(void)
{
    screener_close(screener);
    graph_close(graph);
    place_remove(place);
}

static void start(void)
{
    struct graph_options options = { .map_size = (uint64_t)64 << 20 };
    struct screen_options recorded = SCREEN_OPTIONS_INIT;
    AUTO(buf_fini) struct buf answer = { 0 };
    struct policy *policy;

    place = place_new();
    atexit(finish);
    graph = fresh_graph(place_in(place, "db"), schema_builtin_text(), &options);
    if (policy_load(&policy, "built in", policy_builtin_text()) ||
        screener_open(&screener, graph, policy) ||
        screen(&answer, screener, SLICE("{\"application_id\":\"A-1\",\"time\":\"2026-11-20\","
                                        "\"enterprise\":\"E1\",\"devices\":[\"d1\"],"
                                        "\"phones\":[\"13800000000\"]}"), &recorded))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct screen_options options = SCREEN_OPTIONS_INIT;
    AUTO(buf_fini) struct buf answer = { 0 };
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value value;
    enum status status;

    if (!screener)
        start();
    options.record = false;
    status = screen(&answer, screener, slice_of(bytes, size), &options);
    if (status == STATUS_OK && json_parse(&value, &arena, buf_slice(&answer), NULL) != STATUS_OK)
        abort();
    if (status != STATUS_OK && status != STATUS_INVALID && status != STATUS_LIMIT)
        abort();
    return 0;
}
