/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who shares identifiers, against nested loops over a plain list of edges. */
#include "tests/bench/sharing.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/rng.h"
#include "graph/catalog.h"
#include "graph/schema.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(sharing, .fini = leaks_check);

#define N_NODES 44
#define N_EDGES 160
#define PARTIES 12 /* the first nodes */

/* Which nodes have which label: ranges of indices. */
static const struct range {
    const char *label;
    unsigned first, end;
} ranges[] = {
    { "Enterprise", 0, PARTIES }, { "Person", 12, 16 },  { "Device", 16, 20 },
    { "Phone", 20, 24 },          { "Address", 24, 28 }, { "Application", 28, 40 },
    { "Account", 40, N_NODES },
};

static const struct kind_of_edge {
    const char *type;
    unsigned from, to; /* indices of ranges */
} edge_kinds[] = {
    { "HAS_PHONE", 0, 3 },      { "LOCATED_AT", 0, 4 },   { "USES_DEVICE", 0, 2 },
    { "APPLIED", 0, 5 },        { "APPLIED", 0, 5 },      { "SUBMITTED_FROM", 5, 2 },
    { "STATES_PHONE", 5, 3 },   { "STATES_ADDRESS", 5, 4 }, { "OWNS", 0, 6 },
    { "SIGNED_IN", 2, 6 },      { "LEGAL_REP", 1, 0 },    { "CONTACT", 1, 0 },
};

struct plain_edge {
    uint32_t type;
    unsigned from, to;
    int64_t start, end;
};

struct world {
    struct graph *graph;
    struct node_id nodes[N_NODES];
    struct plain_edge edges[N_EDGES];
    bool uses[PARTIES][N_NODES];
};

static unsigned in_range(struct rng *rng, unsigned range)
{
    return ranges[range].first +
           (unsigned)rng_below(rng, ranges[range].end - ranges[range].first);
}

/* No two start at the same moment: without a key, they would be one edge. */
static void add_edge(struct world *world, struct graph_txn *txn, struct rng *rng,
                     struct plain_edge *edge)
{
    const struct kind_of_edge *kind =
        &edge_kinds[rng_below(rng, sizeof edge_kinds / sizeof *edge_kinds)];
    struct edge_input input = EDGE_INPUT_INIT;
    struct edge_id id;

    *edge = (struct plain_edge){ .from = in_range(rng, kind->from), .to = in_range(rng, kind->to),
                                 .start = (int64_t)rng_below(rng, 20) * N_EDGES +
                                          (edge - world->edges),
                                 .end = TIME_MAX };
    if (rng_below(rng, 2))
        edge->end = edge->start + 1 + (int64_t)rng_below(rng, 9 * N_EDGES);
    OK(catalog_intern(&edge->type, txn, slice_str(kind->type)));
    input.type = edge->type;
    input.from = world->nodes[edge->from];
    input.to = world->nodes[edge->to];
    input.valid_from_us = edge->start;
    input.valid_to_us = edge->end;
    OK(edge_upsert(&id, NULL, txn, &input));
}

static void build(struct world *world, const char *dir, struct rng *rng)
{
    struct graph_txn *txn;

    world->graph = fresh_graph(dir, schema_builtin_text(), NULL);
    OK(graph_write(&txn, world->graph));
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
        for (unsigned i = ranges[r].first; i < ranges[r].end; i++) {
            struct node_input input = NODE_INPUT_INIT;
            uint32_t label;
            char key[16];

            snprintf(key, sizeof key, "k%u", i);
            OK(catalog_intern(&label, txn, slice_str(ranges[r].label)));
            input.labels = &label;
            input.n_labels = 1;
            input.key_label = label;
            input.key = slice_str(key);
            OK(node_upsert(&world->nodes[i], NULL, txn, &input));
        }
    for (size_t i = 0; i < N_EDGES; i++)
        add_edge(world, txn, rng, &world->edges[i]);
    OK(txn_commit(txn));
}

/* Marks what `at` leads to by the link's steps from `step` on. */
static void reach(struct world *world, bool reached[N_NODES], unsigned at,
                  const struct schema_link *link, uint32_t step,
                  const struct sharing_options *options)
{
    const struct schema_step *taken;

    if (step == link->n_steps || step == SCHEMA_STEPS_MAX) {
        reached[at] = true;
        return;
    }
    taken = &link->steps[step];
    for (size_t i = 0; i < N_EDGES; i++) {
        const struct plain_edge *edge = &world->edges[i];

        if (edge->type == taken->type && (taken->reversed ? edge->to : edge->from) == at &&
            edge->start <= options->as_of_us && edge->end > options->since_us)
            reach(world, reached, taken->reversed ? edge->from : edge->to, link, step + 1,
                  options);
    }
}

static void find_all_uses(struct world *world, const struct sharing_options *options)
{
    const struct schema *schema = graph_schema(world->graph);

    memset(world->uses, 0, sizeof world->uses);
    for (unsigned p = 0; p < PARTIES; p++)
        for (size_t l = 0; l < schema->n_links; l++)
            reach(world, world->uses[p], p, &schema->links[l], 0, options);
}

static unsigned users_of(const struct world *world, unsigned identifier)
{
    unsigned n = 0;

    for (unsigned p = 0; p < PARTIES; p++)
        n += world->uses[p][identifier];
    return n;
}

static void compare(const struct world *world, const struct sharing *found, unsigned party,
                    uint32_t cap)
{
    unsigned n_hubs = 0, n_parties = 0, n_identifiers = 0;

    for (unsigned i = PARTIES; i < N_NODES; i++)
        if (world->uses[party][i]) {
            n_identifiers++;
            n_hubs += users_of(world, i) > cap;
        }
    for (unsigned p = 0; p < PARTIES; p++) {
        unsigned shared = 0, told = 0;

        for (unsigned i = PARTIES; i < N_NODES && p != party; i++)
            shared += world->uses[party][i] && world->uses[p][i] && users_of(world, i) <= cap;
        for (size_t i = 0; i < found->n; i++)
            if (found->parties[i].party.value == world->nodes[p].value)
                told = found->parties[i].n_identifiers;
        cr_assert_eq(told, shared, "party %u shares %u with %u, not %u", party, shared, p, told);
        n_parties += shared > 0;
    }
    cr_assert_eq(found->n, n_parties);
    cr_assert_eq(found->n_identifiers, n_identifiers);
    cr_assert_eq(found->n_hubs, n_hubs);
    cr_assert(!found->truncated);
    for (size_t i = 1; i < found->n; i++)
        cr_assert(found->parties[i - 1].n_identifiers >= found->parties[i].n_identifiers);
}

Test(sharing, every_party_is_found_with_the_number_shared_and_hubs_are_left_out)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct rng rng = rng_new(seed);
        char *dir = place_new();
        AUTO(sharing_fini) struct sharing found = { 0 };
        struct world world;
        struct graph_txn *txn;

        fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        build(&world, place_in(dir, "db"), &rng);
        OK(graph_read(&txn, world.graph, NULL));
        for (uint32_t cap = 1; cap <= PARTIES; cap++) {
            struct sharing_options options = {
                .cap = cap, .as_of_us = (int64_t)rng_below(&rng, 25 * N_EDGES),
                .since_us = rng_below(&rng, 2) ? TIME_MIN
                                               : (int64_t)rng_below(&rng, 25 * N_EDGES),
            };

            find_all_uses(&world, &options);
            for (unsigned p = 0; p < PARTIES; p++) {
                OK(sharing_find(&found, txn, world.nodes[p], &options));
                compare(&world, &found, p, cap);
            }
        }
        txn_end(txn);
        graph_close(world.graph);
        place_remove(dir);
    }
}

Test(sharing, a_search_that_was_cut_says_so)
{
    struct sharing_options options = { .cap = PARTIES, .as_of_us = 30 * N_EDGES,
                                       .since_us = TIME_MIN };
    AUTO(sharing_fini) struct sharing found = { 0 };
    struct rng rng = rng_new(3);
    char *dir = place_new();
    struct world world;
    struct graph_txn *txn;
    uint64_t needed;

    build(&world, place_in(dir, "db"), &rng);
    OK(graph_read(&txn, world.graph, NULL));
    OK(sharing_find(&found, txn, world.nodes[0], &options));
    needed = found.n_reads;
    cr_assert(needed > 1 && !found.truncated);
    options.max_reads = needed;
    OK(sharing_find(&found, txn, world.nodes[0], &options));
    cr_assert(!found.truncated);
    options.max_reads = needed - 1;
    OK(sharing_find(&found, txn, world.nodes[0], &options));
    cr_assert(found.truncated && found.n_reads == needed - 1);
    txn_end(txn);
    graph_close(world.graph);
    place_remove(dir);
}
