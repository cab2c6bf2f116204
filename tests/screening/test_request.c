/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/request.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/rng.h"
#include "base/text.h"
#include "screening/record.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(request, .fini = leaks_check);

static const char whole[] =
    "{\"application_id\":\" A-1 \",\"idempotency_key\":\"A-1/1\",\"time\":\"2026-11-21T08:00:00Z\","
    "\"product\":\"quick-loan\",\"lender\":\"B01\",\"amount_minor\":50000000,\"currency\":\"CNY\","
    "\"enterprise\":{\"key\":\"e-77\",\"name\":\"N\",\"industry\":\"F51\","
    "\"enterprise_type\":\"micro\"},\"persons\":[{\"key\":\"p1\",\"role\":\"legal_rep\"}],"
    "\"devices\":[\"9F3C\",\"9f3c\"],\"phones\":[{\"key\":\"138 0000 0000\",\"role\":\"contact\"}],"
    "\"addresses\":[],\"guarantors\":[{\"key\":\"g1\",\"amount_minor\":5},{\"key\":\"p2\","
    "\"label\":\"Person\"}],\"channel\":\"app\"}";

struct place {
    char *dir;
    struct graph *graph;
};

static void place_open(struct place *place)
{
    struct graph_options options = { .map_size = (uint64_t)256 << 20 };

    place->dir = place_new();
    place->graph = fresh_graph(place_in(place->dir, "db"), schema_builtin_text(), &options);
}

static void place_close(struct place *place)
{
    graph_close(place->graph);
    place_remove(place->dir);
}

static enum status parse(struct request *request, struct arena *arena, struct graph *graph,
                         struct slice text)
{
    return request_parse(request, arena, graph_schema(graph), graph_catalog(graph), text);
}

Test(request, everything_stated_is_read_and_normalised)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct place place;
    struct request request;

    place_open(&place);
    OK(parse(&request, &arena, place.graph, slice_str(whole)));
    cr_assert(slice_equal(request.application_id, SLICE("A-1")));
    cr_assert_eq(request.n_principals, 2);
    cr_assert_eq(request.n_identifiers, 2, "a repeated device counts once");
    cr_assert_eq(request.n_guarantors, 2);
    cr_assert(request.parties[0].applicant);
    cr_assert_not(request.parties[1].applicant);
    cr_assert(slice_equal(request.parties[0].key, SLICE("E-77")));
    cr_assert(slice_equal(request.legal_rep, request.parties[1].key));
    cr_assert(slice_equal(request.parties[3].key, SLICE("+8613800000000")));
    cr_assert(slice_equal(request.parties[5].label_name, SLICE("Person")));
    cr_assert(slice_equal(request.industry, SLICE("F51")));
    cr_assert_eq(request.n_ignored, 1);
    cr_assert(slice_equal(request.ignored[0], SLICE("channel")));
    place_close(&place);
}

struct bad {
    const char *text, *says;
};

static const struct bad bads[] = {
    { "", "" },
    { "[]", "expected one JSON object" },
    { "{}", "application_id is missing" },
    { "{\"application_id\":7}", "application_id: expected a text" },
    { "{\"application_id\":\"A\"}", "time is missing" },
    { "{\"application_id\":\"A\",\"time\":\"now\"}", "time: " },
    { "{\"application_id\":\"A\",\"time\":\"2026-01-01\"}", "no principal" },
    { "{\"application_id\":\"A\",\"time\":\"2026-01-01\",\"enterprise\":{}}", "enterprise: key" },
    { "{\"application_id\":\"A\",\"time\":\"2026-01-01\",\"enterprise\":\"  \"}", "enterprise: " },
    { "{\"application_id\":\"A\",\"time\":\"2026-01-01\",\"enterprise\":7}", "enterprise: " },
    { "{\"application_id\":\"A\",\"time\":\"2026-01-01\",\"persons\":{}}", "persons: expected" },
    { "{\"application_id\":\"A\",\"time\":\"2026-01-01\",\"enterprise\":\"E\",\"devices\":[3]}",
      "devices[0]: " },
    { "{\"application_id\":\"A\",\"time\":\"2026-01-01\",\"enterprise\":\"E\","
      "\"guarantors\":[{\"key\":\"G\",\"label\":\"Ghost\"}]}", "no label Ghost" },
    { "{\"application_id\":\"A\",\"time\":\"2026-01-01\",\"enterprise\":\"E\","
      "\"guarantors\":[{\"key\":\"G\",\"label\":\"Device\"}]}",
      "guarantors[0]: label: Device is no principal" },
    { "{\"application_id\":\"A\",\"time\":\"2026-01-01\",\"enterprise\":\"E\","
      "\"amount_minor\":1.5}", "amount_minor: expected" },
    { "{\"application_id\":\"A\",\"application_id\":\"B\"}", "" },
};

Test(request, what_is_wrong_is_named)
{
    struct place place;

    place_open(&place);
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        AUTO(arena_fini) struct arena arena = { 0 };
        struct request request;

        cr_assert_eq(parse(&request, &arena, place.graph, slice_str(bads[i].text)), STATUS_INVALID,
                     "%s", bads[i].text);
        cr_assert(strstr(error_detail(), bads[i].says), "%s: %s", bads[i].text, error_detail());
    }
    place_close(&place);
}

Test(request, what_means_nothing_here_is_listed)
{
    static const char text[] =
        "{\"application_id\":\"A\",\"time\":\"2026-01-01\",\"device\":[\"d1\"],"
        "\"enterprise\":{\"key\":\"E\",\"label\":\"Person\"},"
        "\"persons\":[{\"key\":\"P\",\"phone\":1}],"
        "\"guarantors\":[{\"key\":\"G\",\"label\":\"Person\",\"amount\":5}]}";
    static const char *const paths[] = { "enterprise.label", "persons[0].phone",
                                         "guarantors[0].amount", "device" };
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf many = { 0 };
    struct place place;
    struct request request;

    place_open(&place);
    OK(parse(&request, &arena, place.graph, slice_str(text)));
    cr_assert_eq(request.n_ignored, 4);
    for (size_t i = 0; i < 4; i++)
        cr_assert(slice_equal(request.ignored[i], slice_str(paths[i])), "%zu: %.*s", i,
                  (int)request.ignored[i].size, (const char *)request.ignored[i].data);
    /* Long names are cut between characters, many are not all listed. */
    OK(buf_printf(&many, "{\"application_id\":\"A\",\"time\":\"2026-01-01\",\"enterprise\":\"E\""));
    for (int i = 0; i < 40; i++)
        OK(buf_printf(&many, ",\"x%d%s\":1", i, "设备设备设备设备设备设备设备设备设备设备设备设备"));
    OK(buf_printf(&many, "}"));
    OK(parse(&request, &arena, place.graph, buf_slice(&many)));
    cr_assert_eq(request.n_ignored, REQUEST_IGNORED_MAX);
    for (size_t i = 0; i < request.n_ignored; i++)
        cr_assert(request.ignored[i].size <= 64 && text_valid_utf8(request.ignored[i], NULL));
    place_close(&place);
}

/* No crash, no leak, and never anything but a plain refusal. */
Test(request, mangled_requests_are_refused_or_read)
{
    struct rng rng = rng_new(11);
    struct place place;

    place_open(&place);
    for (int round = 0; round < 3000; round++) {
        AUTO(arena_fini) struct arena arena = { 0 };
        char text[sizeof whole];
        size_t n = sizeof whole - 1;
        struct request request;
        enum status status;

        memcpy(text, whole, sizeof whole);
        for (uint64_t change = rng_below(&rng, 4); change-- > 0;)
            text[rng_below(&rng, n)] = (char)rng_below(&rng, 256);
        if (rng_below(&rng, 3) == 0)
            n = rng_below(&rng, n);
        status = parse(&request, &arena, place.graph, slice_of(text, n));
        cr_assert(status == STATUS_OK || status == STATUS_INVALID, "%d: %s", status,
                  error_detail());
    }
    place_close(&place);
}

static void record(struct place *place, const char *text)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct request request;
    struct graph_txn *txn;

    OK(parse(&request, &arena, place->graph, slice_str(text)));
    OK(graph_write(&txn, place->graph));
    OK(record_application(txn, &request));
    OK(txn_commit(txn));
}

/* Whether the graph holds the application's first guarantee, and all that it states. */
static void check_recorded(struct place *place, const char *text, bool guarantee, bool all)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct resolved resolved;
    struct request request;
    struct graph_txn *txn;

    OK(parse(&request, &arena, place->graph, slice_str(text)));
    OK(graph_read(&txn, place->graph, NULL));
    OK(resolve(&resolved, &arena, txn, &request));
    cr_assert_eq(resolved.application.guarantors[0].recorded, guarantee, "%s", text);
    cr_assert_eq(resolved.application.recorded, all, "%s", text);
    txn_end(txn);
}

#define SECOND "{\"application_id\":\"A-2\",\"time\":\"2026-11-21T09:00:00Z\"," \
               "\"enterprise\":{\"key\":\"e-77\"}"

Test(request, another_applications_guarantee_is_not_taken_for_this_ones)
{
    static const char with[] = SECOND ",\"guarantors\":[{\"key\":\"g1\"}]}";
    struct place place;

    place_open(&place);
    check_recorded(&place, whole, false, false);
    record(&place, whole);
    check_recorded(&place, whole, true, true);
    check_recorded(&place, with, false, false);
    record(&place, SECOND "}");
    check_recorded(&place, with, false, false);
    record(&place, with);
    check_recorded(&place, with, true, true);
    place_close(&place);
}
