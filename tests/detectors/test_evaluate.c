/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Published tags against a truth file. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "detectors/engine.h"
#include "detectors/evaluate.h"
#include "graph/node.h"
#include "tests/detectors/stored.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(evaluate, .fini = leaks_check);

#define CODE "MUTUAL_GUARANTEE"

/* Three pairs of firms that guarantee each other, and their tags. */
static void begin(struct stored *stored, struct world *world)
{
    const struct detector *const only[] = { registry_find(SLICE(CODE)), NULL };
    struct retag_options options = RETAG_OPTIONS_INIT;
    struct retag_report report = { 0 };
    struct params params;

    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < 6; i++)
        snprintf(world->nodes[world_node(world, W_ENTERPRISE)].key, sizeof world->nodes[0].key,
                 "E%u", i);
    for (uint32_t i = 0; i < 6; i++)
        world_edge(world, W_GUARANTEES, i, i ^ 1, TIME_MIN, TIME_MAX);
    stored_begin(stored, world, UINT32_MAX);
    OK(params_init(&params));
    options.params = &params;
    options.detectors = only;
    options.as_of_us = world->at_us;
    OK(retag(&report, stored->graph, &options));
    retag_report_fini(&report);
    params_fini(&params);
}

static void delete_node(struct stored *stored, uint32_t node)
{
    struct graph_txn *txn;

    OK(graph_write(&txn, stored->graph));
    OK(node_delete(NULL, txn, stored->ids[node], true));
    OK(txn_commit(txn));
}

/* Truth: the first pair is a ring, with somebody unknown; the last pair is a trap. */
static const char *write_truth(const struct stored *stored, const struct world *world)
{
    const char *path = place_in(stored->place, "truth.ndjson");
    FILE *file = fopen(path, "w");

    cr_assert(file);
    fprintf(file, "{\"ring\":1,\"code\":\"" CODE "\",\"members\":[\"%s\",\"%s\",\"nobody\"]}\n",
            world->nodes[0].key, world->nodes[1].key);
    fprintf(file, "{\"trap\":\"pair\",\"members\":[\"%s\"]}\n", world->nodes[4].key);
    cr_assert_eq(fclose(file), 0);
    return path;
}

Test(evaluate, hits_misses_and_false_alarms_are_told_also_of_who_was_deleted_since)
{
    static struct world world;
    AUTO(evaluation_fini) struct evaluation evaluation = { 0 };
    const struct evaluate_code *code;
    struct graph_txn *txn;
    struct stored stored;

    begin(&stored, &world);
    delete_node(&stored, 2);
    OK(graph_read(&txn, stored.graph, NULL));
    OK(evaluate(&evaluation, txn, write_truth(&stored, &world), 10));
    txn_end(txn);
    cr_assert_eq(evaluation.n_codes, 1);
    cr_assert_eq(evaluation.unknown_members, 1);
    code = &evaluation.codes[0];
    cr_assert_eq(code->members, 3);
    cr_assert_eq(code->tagged, 6);
    cr_assert_eq(code->hits, 2);
    cr_assert_eq(code->rings, 1);
    cr_assert_eq(code->rings_hit, 1);
    cr_assert_eq(code->found_rings, 3);
    cr_assert_eq(code->found_rings_hit, 1);
    cr_assert_eq(code->traps_tagged, 1);
    cr_assert_eq(code->n_misses, 1);
    cr_assert(slice_equal(code->misses[0], SLICE("nobody")));
    cr_assert_eq(code->n_false_alarms, 4);
    cr_assert(slice_equal(code->false_alarms[0], SLICE("(gone)")));
    cr_assert(slice_equal(code->false_alarms[1], slice_str(world.nodes[3].key)));
    stored_done(&stored);
}
