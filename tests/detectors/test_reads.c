/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A detector finds the same in the part of the graph that it says it reads. */
#include <criterion/criterion.h>

#include "detectors/registry.h"
#include "graph/graph.h"
#include "tests/detectors/random_book.h"
#include "tests/detectors/stored.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"

TestSuite(reads, .fini = leaks_check);

static const char *const settings[] = { "D1.min_principals=2",  "D2.min_legal_rep=2",
                                        "D2.min_contact=2",     "D3.min_principals=2",
                                        "SHARED.steady_principals=1000" };

struct look {
    struct snapshot *snapshot;
    struct facts facts;
    struct findings findings;
};

static void look(struct look *out, const struct stored *stored, const struct params *params,
                 int64_t at_us, const struct detector *detector,
                 const struct snapshot_parts *parts)
{
    struct moment moment = { .as_of_us = at_us, .known_at_us = TIME_MAX };
    struct graph_txn *txn;

    memset(out, 0, sizeof *out);
    OK(graph_read(&txn, stored->graph, &moment));
    OK(snapshot_read_parts(&out->snapshot, txn, parts));
    txn_end(txn);
    out->facts = (struct facts){ .snapshot = out->snapshot, .schema = graph_schema(stored->graph),
                                 .params = params, .at_us = at_us };
    OK(detector->run(&out->facts, &out->findings));
}

static void look_done(struct look *look)
{
    findings_fini(&look->findings);
    facts_fini(&look->facts);
    snapshot_free(look->snapshot);
}

static bool same_edges(const struct findings *a, struct span x, const struct findings *b,
                       struct span y)
{
    for (uint32_t i = 0; i < x.count && x.count == y.count; i++)
        if (a->edges[x.first + i].id.value != b->edges[y.first + i].id.value)
            return false;
    return x.count == y.count;
}

static bool same(const struct findings *a, const struct findings *b)
{
    if (a->n != b->n || a->n_rings != b->n_rings || a->n_hubs != b->n_hubs)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const struct finding *x = &a->items[i], *y = &b->items[i];

        if (x->subject.value != y->subject.value || x->level != y->level ||
            x->score != y->score || x->ring != y->ring || strcmp(x->code, y->code) != 0 ||
            strcmp(x->text, y->text) != 0 || !same_edges(a, x->edges, b, y->edges))
            return false;
    }
    return true;
}

/* Findings of all partial readers over one book. */
static size_t compare(const struct stored *stored, const struct params *params, int64_t at_us,
                      uint64_t seed)
{
    static const struct snapshot_parts everything;
    size_t n = 0;

    for (size_t i = 0; registry[i]; i++) {
        struct look whole, part;

        if (!registry[i]->reads.edges)
            continue;
        look(&whole, stored, params, at_us, registry[i], &everything);
        look(&part, stored, params, at_us, registry[i], &registry[i]->reads);
        cr_assert_leq(part.snapshot->n_nodes, whole.snapshot->n_nodes);
        cr_assert(same(&whole.findings, &part.findings),
                  "seed %lu, %s: %zu findings in all, %zu in the part it reads",
                  (unsigned long)seed, registry[i]->id, whole.findings.n, part.findings.n);
        n += whole.findings.n;
        look_done(&whole);
        look_done(&part);
    }
    return n;
}

Test(reads, a_detector_needs_no_more_than_it_says)
{
    static struct world world;
    AUTO(params_fini) struct params params = { 0 };
    size_t n = 0;

    OK(params_init(&params));
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        OK(params_set(&params, slice_str(settings[i])));
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct rng rng = rng_new(seed + 5000);
        struct stored stored;

        random_book(&world, &rng);
        stored_begin(&stored, &world, UINT32_MAX);
        n += compare(&stored, &params, world.at_us, seed);
        stored_done(&stored);
    }
    cr_assert_gt(n, 100, "only %zu findings were compared", n);
}

/* Edges that start or end where the schema does not say are found all the same. */
Test(reads, edges_of_unexpected_labels_are_not_missed)
{
    static struct world world;
    AUTO(params_fini) struct params params = { 0 };
    struct stored stored;
    uint32_t firm[3], stray;

    memset(&world, 0, sizeof world);
    world.at_us = 20000 * US_PER_DAY;
    for (int i = 0; i < 3; i++)
        firm[i] = world_node(&world, W_ENTERPRISE);
    stray = world_node(&world, W_DEVICE);
    world_edge(&world, W_GUARANTEES, firm[0], stray, TIME_MIN, TIME_MAX);
    world_edge(&world, W_GUARANTEES, stray, firm[1], TIME_MIN, TIME_MAX);
    world_edge(&world, W_GUARANTEES, firm[1], firm[0], TIME_MIN, TIME_MAX);
    OK(params_init(&params));
    stored_begin(&stored, &world, UINT32_MAX);
    cr_assert_eq(compare(&stored, &params, world.at_us, 0), 2);
    stored_done(&stored);
}
