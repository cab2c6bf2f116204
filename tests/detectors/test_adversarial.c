/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Books made to break searches: every run and every probe ends inside its bounds and says what it
 * cut.
 *
 * RINGFENCE_ADVERSARIAL=1 makes them as large as a bank's worst day and prints each part's time.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "detectors/probe.h"
#include "detectors/registry.h"
#include "detectors/facts.h"
#include "graph/catalog.h"
#include "graph/import.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

#define MAX_READS 20000
#define AT "2026-06-01T00:00:00Z"

static char *place;
static struct graph *graph;
static FILE *events;

static void start(void)
{
    static const struct graph_options options = { .map_size = (uint64_t)8 << 30 };

    place = place_new();
    graph = fresh_graph(place_in(place, "g"), schema_builtin_text(), &options);
    events = fopen(place_in(place, "events.ndjson"), "w");
    cr_assert_not_null(events);
}

static void stop(void)
{
    graph_close(graph);
    place_remove(place);
    leaks_check();
}

TestSuite(adversarial, .init = start, .fini = stop);

static bool is_large(void)
{
    return getenv("RINGFENCE_ADVERSARIAL") != NULL;
}

static uint32_t size_of(uint32_t small, uint32_t large)
{
    return is_large() ? large : small;
}

/* ---- events --------------------------------------------------------------------------------- */

static void add_node(const char *label, const char *key, uint32_t number, const char *properties)
{
    fprintf(events, "{\"op\":\"node\",\"label\":\"%s\",\"key\":\"%s%u\",\"properties\":{%s}}\n",
            label, key, number, properties);
}

struct end {
    const char *label, *key;
    uint32_t number;
};

/* `minutes` before T; the edge key keeps parallel edges apart. */
static void add_edge(const char *type, struct end from, struct end to, uint32_t minutes,
                     uint32_t key, const char *properties)
{
    char text[TIME_TEXT_MAX];
    int64_t at_us;

    OK(time_parse(&at_us, SLICE(AT)));
    fprintf(events,
            "{\"op\":\"edge\",\"type\":\"%s\",\"from\":{\"label\":\"%s\",\"key\":\"%s%u\"},"
            "\"to\":{\"label\":\"%s\",\"key\":\"%s%u\"},\"edge_key\":\"%u\","
            "\"valid_from\":\"%s\",\"properties\":{%s}}\n",
            type, from.label, from.key, from.number, to.label, to.key, to.number, key,
            time_format(text, at_us - (int64_t)minutes * US_PER_MINUTE), properties);
}

static struct end firm(uint32_t number)
{
    return (struct end){ "Enterprise", "F", number };
}

static void add_firms(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        add_node("Enterprise", "F", i, "\"net_assets_minor\":1000");
}

static void add_guarantee(uint32_t from, uint32_t to, uint32_t key)
{
    add_edge("GUARANTEES", firm(from), firm(to), 100000, key,
             "\"amount_minor\":100,\"currency\":\"CNY\"");
}

/* One application of the firm, by device and phone D0 and P0, so many minutes before T. */
static void add_application(uint32_t number, uint32_t minutes)
{
    struct end application = { "Application", "A", number };

    add_node("Application", "A", number, "\"lender\":\"B1\",\"amount_minor\":5");
    add_edge("APPLIED", firm(number), application, minutes, 0, "");
    add_edge("SUBMITTED_FROM", application, (struct end){ "Device", "D", 0 }, minutes, 0, "");
    add_edge("STATES_PHONE", application, (struct end){ "Phone", "1380000000", 0 }, minutes, 0, "");
}

static void add_identifiers(void)
{
    add_node("Device", "D", 0, "");
    add_node("Phone", "1380000000", 0, "");
}

static void load(void)
{
    const char *paths[] = { place_in(place, "events.ndjson") };
    struct import_options options = { .paths = paths, .n_paths = 1 };
    struct load_result result;

    fclose(events);
    OK(import_run(&result, graph, &options));
    cr_assert_eq(result.rejected, 0);
}

/* ---- runs and probes ------------------------------------------------------------------------ */

static double seconds(int64_t since_us)
{
    return (double)(time_monotonic_us() - since_us) / US_PER_SECOND;
}

static void run_one(const struct detector *detector, struct facts *facts)
{
    AUTO(findings_fini) struct findings findings = { 0 };
    int64_t since_us = time_monotonic_us();

    OK(detector->run(facts, &findings));
    cr_assert(!findings.truncated || findings.n_notes, "%s was cut and does not say what",
              detector->id);
    if (is_large())
        fprintf(stderr, "  %-4s %8.3f s, %zu findings%s%s\n", detector->id, seconds(since_us),
                findings.n, findings.truncated ? ", cut: " : "",
                findings.truncated ? findings.notes[findings.n_notes - 1].text : "");
}

static void run_all(const char *name, const struct params *params)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(snapshot_freep) struct snapshot *snapshot = NULL;
    AUTO(facts_fini) struct facts facts = { 0 };
    struct moment moment = { .known_at_us = TIME_MAX };

    OK(time_parse(&moment.as_of_us, SLICE(AT)));
    OK(graph_read(&txn, graph, &moment));
    OK(snapshot_read(&snapshot, txn));
    if (is_large())
        fprintf(stderr, "%s: %u nodes, %u edges\n", name, snapshot->n_nodes, snapshot->n_edges);
    facts = (struct facts){ .snapshot = snapshot, .schema = graph_schema(graph),
                            .params = params, .at_us = moment.as_of_us };
    for (size_t i = 0; registry[i]; i++)
        run_one(registry[i], &facts);
}

static void probe(struct probe_result *result, struct graph_txn *txn, uint32_t number,
                  const struct params *params)
{
    const uint32_t label = catalog_find(graph_catalog(graph), SLICE("Enterprise"));
    struct probe_options options = { .params = params, .max_reads = MAX_READS };
    struct stated_node party = { .label = label, .applicant = true, .amount_minor = CELL_ABSENT };
    struct application application = { .key = SLICE("new"), .amount_minor = CELL_ABSENT,
                                       .principals = &party, .n_principals = 1 };
    char key[24];

    snprintf(key, sizeof key, "F%u", number);
    party.key = slice_str(key);
    OK(node_find(&party.id, txn, label, party.key));
    OK(time_parse(&application.time_us, SLICE(AT)));
    memset(result, 0, sizeof *result);
    OK(probe_application(result, txn, &application, &options));
}

/* The budget holds over all detectors, and what was cut by it is cut the same again. */
static void probe_twice(uint32_t number, const struct params *params)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct moment moment = { .known_at_us = TIME_MAX };
    struct probe_result once, again;
    int64_t since_us = time_monotonic_us();

    OK(time_parse(&moment.as_of_us, SLICE(AT)));
    OK(graph_read(&txn, graph, &moment));
    probe(&once, txn, number, params);
    if (is_large())
        fprintf(stderr, "  probe of F%u: %llu reads, %zu findings%s, %.3f s\n", number,
                (unsigned long long)once.n_reads, once.findings.n,
                once.truncated ? ", truncated" : "", seconds(since_us));
    probe(&again, txn, number, params);
    cr_assert_leq(once.n_reads, MAX_READS);
    cr_assert_eq(once.n_reads, again.n_reads);
    cr_assert_eq(once.truncated, again.truncated);
    cr_assert_eq(once.findings.n, again.findings.n);
    for (size_t i = 0; i < once.findings.n; i++)
        cr_assert(once.findings.items[i].level == again.findings.items[i].level &&
                  once.findings.items[i].score == again.findings.items[i].score &&
                  strcmp(once.findings.items[i].text, again.findings.items[i].text) == 0);
    findings_fini(&once.findings);
    findings_fini(&again.findings);
}

static void look(const char *name, uint32_t n)
{
    AUTO(params_fini) struct params params = { 0 };

    load();
    OK(params_init(&params));
    run_all(name, &params);
    probe_twice(0, &params);
    probe_twice(n / 2, &params);
    probe_twice(n - 1, &params);
}

/* ---- books ---------------------------------------------------------------------------------- */

Test(adversarial, a_complete_graph_of_guarantees, .timeout = 600)
{
    add_firms(60);
    add_identifiers();
    for (uint32_t i = 0; i < 60; i++) {
        add_application(i, 10 * i);
        for (uint32_t k = 0; k < 60; k++)
            if (i != k)
                add_guarantee(i, k, 0);
    }
    look("complete graph", 60);
}

Test(adversarial, a_hub, .timeout = 600)
{
    uint32_t n = size_of(3000, 1000000);

    add_firms(n);
    add_identifiers();
    for (uint32_t i = 0; i < n; i++)
        add_application(i, i);
    look("hub", n);
}

Test(adversarial, a_chain_of_guarantees, .timeout = 600)
{
    uint32_t n = size_of(3000, 1000000);

    add_firms(n);
    add_identifiers();
    add_application(0, 0);
    for (uint32_t i = 0; i + 1 < n; i++)
        add_guarantee(i, i + 1, 0);
    look("chain of guarantees", n);
}

Test(adversarial, a_chain_of_ownership, .timeout = 600)
{
    uint32_t n = size_of(3000, 1000000);

    add_firms(n);
    add_identifiers();
    add_application(0, 0);
    for (uint32_t i = 0; i + 1 < n; i++)
        add_edge("INVESTS", firm(i), firm(i + 1), 100000, 0, "\"ratio\":0.9");
    look("chain of ownership", n);
}

Test(adversarial, parallel_edges, .timeout = 600)
{
    uint32_t n = size_of(1000, 10000);

    add_firms(3);
    add_identifiers();
    add_application(0, 0);
    for (uint32_t i = 0; i < n; i++) {
        add_guarantee(0, 1, i);
        add_guarantee(1, 2, i);
        add_guarantee(2, 0, i);
    }
    look("parallel edges", 3);
}

Test(adversarial, a_large_strong_component, .timeout = 600)
{
    uint32_t n = size_of(1000, 100000);
    struct rng rng = rng_new(1);

    add_firms(n);
    add_identifiers();
    for (uint32_t i = 0; i < n; i++) {
        if (i < 100)
            add_application(i, 10 * i);
        add_guarantee(i, (i + 1) % n, 0);
        add_guarantee(i, (uint32_t)rng_below(&rng, n), 1);
        add_guarantee(i, (uint32_t)rng_below(&rng, n), 2);
    }
    look("strong component", n);
}

/* All come back through one node that every path has passed: dead ends wherever one turns. */
Test(adversarial, guarantees_with_dead_ends, .timeout = 600)
{
    uint32_t width = size_of(20, 100), layers = 10;

    add_firms(2 + width * layers);
    add_identifiers();
    add_application(0, 0);
    add_guarantee(0, 1, 0);
    add_guarantee(1, 0, 0);
    for (uint32_t i = 0; i < width; i++) {
        add_guarantee(1, 2 + i, 0);
        add_guarantee(2 + width * (layers - 1) + i, 1, 0);
        for (uint32_t k = 0; k < width; k++)
            for (uint32_t layer = 0; layer + 1 < layers; layer++)
                add_guarantee(2 + width * layer + i, 2 + width * (layer + 1) + k, 0);
    }
    look("dead ends", 2 + width * layers);
}
