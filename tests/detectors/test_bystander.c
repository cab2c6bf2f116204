/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Persons who never applied are nodes of the graph, but count against no cap. */
#include <criterion/criterion.h>

#include "detectors/probe.h"
#include "tests/detectors/stored.h"
#include "tests/detectors/world.h"
#include "tests/support/leaks.h"

TestSuite(bystander, .fini = leaks_check);

enum { APPLICANTS = 3, PERSON = APPLICANTS, DEVICE, PHONE, FIRST_APPLICATION };

/* Three who applied from one device with one phone, and a person who uses the device, too. */
static void fill(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < APPLICANTS; i++)
        world_node(world, W_ENTERPRISE);
    world_node(world, W_PERSON);
    world_node(world, W_DEVICE);
    world_node(world, W_PHONE);
    for (uint32_t i = 0; i < APPLICANTS; i++) {
        int64_t time = world->at_us - (APPLICANTS - i) * US_PER_DAY;
        uint32_t application = world_node(world, W_APPLICATION);

        world_edge(world, W_APPLIED, i, application, time, TIME_MAX);
        world_edge(world, W_SUBMITTED_FROM, application, DEVICE, time, TIME_MAX);
        world_edge(world, W_STATES_PHONE, application, PHONE, time, TIME_MAX);
    }
    world_edge(world, W_USES_DEVICE, PERSON, DEVICE, world->at_us - US_PER_DAY, TIME_MAX);
}

Test(bystander, of_a_device_at_its_cap_does_not_hide_a_gang_from_a_probe)
{
    static struct world world;
    struct stored stored;
    struct params params;
    struct graph_txn *txn;
    struct stated_node node = { .applicant = true, .amount_minor = CELL_ABSENT };
    struct application application = { .key = SLICE("A-1"), .principals = &node,
                                       .n_principals = 1, .amount_minor = CELL_ABSENT };
    struct probe_options options = { .params = &params };
    struct probe_result result = { 0 };

    fill(&world);
    stored_begin(&stored, &world, UINT32_MAX);
    node.id = stored.ids[0];
    node.label = stored.symbols[W_ENTERPRISE];
    application.time_us = world.at_us;
    cr_assert_eq(params_init(&params), STATUS_OK);
    cr_assert_eq(params_set(&params, SLICE("SHARED.cap.Device=3/3")), STATUS_OK);
    cr_assert_eq(graph_read(&txn, stored.graph, NULL), STATUS_OK);
    cr_assert_eq(probe_application(&result, txn, &application, &options), STATUS_OK);
    cr_assert_not_null(found(&result.findings, stored.ids[0], "GANG_APPLICATION"));
    txn_end(txn);
    findings_fini(&result.findings);
    params_fini(&params);
    stored_done(&stored);
}
