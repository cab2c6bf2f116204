/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A probe of an application and a run over the whole graph at its time say the same. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "detectors/registry.h"
#include "tests/detectors/probe_worlds.h"
#include "tests/detectors/stored.h"
#include "tests/support/leaks.h"

TestSuite(probe, .fini = leaks_check);

/* The application's statement, out of the world's edges. */
static void state(struct application *a, struct stated_node nodes[8], const struct world *world,
                  const struct stored *stored, uint32_t application, uint32_t applicant)
{
    size_t n = 1;

    nodes[0] = (struct stated_node){ .id = stored->ids[applicant],
                                     .label = stored->symbols[world->nodes[applicant].label],
                                     .key = slice_str(world->nodes[applicant].key),
                                     .applicant = true, .amount_minor = CELL_ABSENT };
    for (uint32_t e = 0; e < world->n_edges; e++) {
        uint32_t to = world->edges[e].to;

        if (world->edges[e].from == application)
            nodes[n++] = (struct stated_node){ .id = stored->ids[to],
                                               .label = stored->symbols[world->nodes[to].label],
                                               .key = slice_str(world->nodes[to].key),
                                               .amount_minor = CELL_ABSENT };
    }
    *a = (struct application){ .key = slice_str(world->nodes[application].key),
                               .time_us = world->at_us, .amount_minor = CELL_ABSENT,
                               .principals = nodes, .n_principals = 1, .identifiers = nodes + 1,
                               .n_identifiers = n - 1, .guarantors = NULL };
    a->id = stored->ids[application];
    a->recorded = a->id.value != 0;
}

/* What a run over the whole world and a probe in the store say of the applicant. */
struct trial {
    uint64_t seed;
    struct world world;
    struct world_run run;
    struct stored stored;
    struct graph_txn *txn;
    struct application application;
    struct stated_node nodes[8];
    uint32_t applicant;
};

static void trial_begin(struct trial *t, probe_world *fill_it, uint64_t seed, bool recorded)
{
    struct rng rng = rng_at(seed, 5, 0);
    struct moment moment = { .known_at_us = TIME_MAX };
    uint32_t number = fill_it(&t->world, &rng, &t->applicant);

    t->seed = seed;
    world_begin(&t->run, &t->world, NULL);
    stored_begin(&t->stored, &t->world, recorded ? UINT32_MAX : number);
    state(&t->application, t->nodes, &t->world, &t->stored, number, t->applicant);
    if (!recorded && t->world.nodes[number].texts[NODE_LEGAL_REP])
        t->application.legal_rep = slice_str(t->world.nodes[number].texts[NODE_LEGAL_REP]);
    moment.as_of_us = t->world.at_us;
    cr_assert_eq(graph_read(&t->txn, t->stored.graph, &moment), STATUS_OK);
}

static void trial_end(struct trial *t)
{
    txn_end(t->txn);
    stored_done(&t->stored);
    world_done(&t->run);
}

static void compare_numbers(const struct trial *t, const struct probe_result *result,
                            const struct finding *probed, const struct finding *ran)
{
    cr_assert_eq(probed->numbers.count, ran->numbers.count);
    for (uint32_t i = 0; i < ran->numbers.count; i++) {
        const struct number *a = &result->findings.numbers[probed->numbers.first + i];
        const struct number *b = &t->run.findings.numbers[ran->numbers.first + i];

        cr_assert_str_eq(a->name, b->name);
        cr_assert_eq(a->value, b->value, "seed %lu: %s: %s is %ld, and %ld in the run",
                     (unsigned long)t->seed, ran->code, a->name, (long)a->value, (long)b->value);
    }
}

/* One of several is said as one: not "1 days". */
static void check_sentence(const char *text)
{
    for (const char *one = strstr(text, "1 "); one; one = strstr(one + 1, "1 ")) {
        const char *end = one + 2 + strcspn(one + 2, " ,;)");

        cr_assert((one > text && one[-1] != ' ' && one[-1] != '(') || end[-1] != 's',
                  "\"%s\"", text);
    }
}

/* Whether the run's node is the probe's: one that is only stated has no id in the graph. */
static bool same_node(const struct trial *t, struct node_id probed, struct node_id ran)
{
    struct node_id id = t->stored.ids[ran.value - 1];

    return id.value ? probed.value == id.value : probed.value >> 63;
}

/* What is stated only is new, and so is its place among edges that are equal otherwise. */
static void compare_edges(const struct trial *t, const struct probe_result *result,
                          const struct finding *probed, const struct finding *ran)
{
    cr_assert_eq(probed->edges.count, ran->edges.count, "seed %lu: %s: %u edges, not %u",
                 (unsigned long)t->seed, ran->code, probed->edges.count, ran->edges.count);
    for (uint32_t i = 0; i < ran->edges.count; i++) {
        const struct evidence_edge *a = &result->findings.edges[probed->edges.first + i];
        const struct evidence_edge *b = &t->run.findings.edges[ran->edges.first + i];

        cr_assert(a->type == t->stored.symbols[b->type] && a->valid_from_us == b->valid_from_us &&
                      same_node(t, a->from, b->from) && same_node(t, a->to, b->to),
                  "seed %lu: %s: edge %u is another one", (unsigned long)t->seed, ran->code, i);
        for (uint32_t k = 0; k < i; k++)
            cr_assert_neq(b->id.value, t->run.findings.edges[ran->edges.first + k].id.value,
                          "seed %lu: %s: edge %u is told twice", (unsigned long)t->seed,
                          ran->code, i);
    }
}

static void compare_code(const struct trial *t, const struct probe_result *result,
                         const char *code)
{
    const struct finding *probed =
        found(&result->findings, t->stored.ids[t->applicant], code);
    const struct finding *ran =
        found(&t->run.findings, (struct node_id){ t->applicant + 1 }, code);

    cr_assert_eq(!probed, !ran, "seed %lu: %s: probe %s, run %s", (unsigned long)t->seed, code,
                 probed ? "fires" : "silent", ran ? "fires" : "silent");
    if (!ran)
        return;
    cr_assert_eq(probed->level, ran->level, "seed %lu: %s: %s, expected %s",
                 (unsigned long)t->seed, code, level_name(probed->level),
                 level_name(ran->level));
    cr_assert_eq(probed->score, ran->score, "seed %lu: %s", (unsigned long)t->seed, code);
    compare_numbers(t, result, probed, ran);
    check_sentence(ran->text);
    compare_edges(t, result, probed, ran);
    cr_assert_str_eq(probed->text, ran->text);
}

static void probe(struct probe_result *result, const struct trial *t,
                  const struct detector *const *detectors)
{
    struct probe_options options = { .params = &t->run.params, .detectors = detectors };

    cr_assert_eq(probe_application(result, t->txn, &t->application, &options), STATUS_OK, "%s",
                 error_detail());
    cr_assert_not(result->truncated, "seed %lu", (unsigned long)t->seed);
}

/* Each detector alone: none may live on what another one gathered. */
static uint32_t compare(struct trial *t, const struct detector *detector)
{
    const struct detector *const only[] = { detector, NULL };
    struct probe_result result = { 0 };
    uint32_t fired = 0;

    world_detect(&t->run, detector->id);
    probe(&result, t, only);
    for (size_t c = 0; c < DETECTOR_CODES_MAX && detector->codes[c]; c++) {
        compare_code(t, &result, detector->codes[c]);
        fired += found(&t->run.findings, (struct node_id){ t->applicant + 1 },
                       detector->codes[c]) != NULL;
    }
    findings_fini(&result.findings);
    return fired;
}

/* All together, after each ran: none may be misled by what another one gathered. */
static void compare_together(const struct trial *t)
{
    struct probe_result result = { 0 };

    probe(&result, t, NULL);
    for (size_t i = 0; registry[i]; i++)
        for (size_t c = 0; c < DETECTOR_CODES_MAX && registry[i]->codes[c]; c++)
            if (registry[i]->gather)
                compare_code(t, &result, registry[i]->codes[c]);
    findings_fini(&result.findings);
}

/* Counts by detector how often it fired. */
static void compare_all(uint32_t fired[64], probe_world *fill_it, uint64_t first, uint64_t n,
                        bool recorded)
{
    static struct trial trial;

    for (uint64_t seed = first; seed < first + n; seed++) {
        trial_begin(&trial, fill_it, seed, recorded);
        for (size_t i = 0; registry[i]; i++)
            if (registry[i]->gather)
                fired[i] += compare(&trial, registry[i]);
        compare_together(&trial);
        trial_end(&trial);
    }
}

/* PROBE_WORLDS asks for so many worlds of each sort instead of a few. */
static uint64_t worlds(uint64_t few)
{
    const char *text = getenv("PROBE_WORLDS");

    return text ? strtoull(text, NULL, 10) : few;
}

static void assert_all_fired(const uint32_t fired[64])
{
    for (size_t i = 0; registry[i]; i++)
        cr_assert(!registry[i]->gather || fired[i], "%s never fired", registry[i]->id);
}

Test(probe, of_a_recorded_application_equals_the_run)
{
    uint32_t fired[64] = { 0 };

    compare_all(fired, probe_parties, 1, worlds(50), true);
    compare_all(fired, probe_firms, 10001, worlds(50), true);
    assert_all_fired(fired);
}

Test(probe, of_a_stated_application_equals_the_run)
{
    uint32_t fired[64] = { 0 };

    compare_all(fired, probe_parties, 1, worlds(50), false);
    compare_all(fired, probe_firms, 10001, worlds(50), false);
    assert_all_fired(fired);
}

Test(probe, by_way_of_a_busy_identifier_equals_the_run)
{
    uint32_t fired[64] = { 0 };

    compare_all(fired, probe_hot, 40001, worlds(12), true);
    compare_all(fired, probe_hot, 50001, worlds(12), false);
    cr_assert(fired[0], "%s never fired", registry[0]->id);
}

Test(probe, of_a_ring_that_goes_from_group_to_group_equals_the_run)
{
    uint32_t fired[64] = { 0 };

    compare_all(fired, probe_chained, 60001, worlds(40), true);
    compare_all(fired, probe_chained, 70001, worlds(20), false);
    cr_assert_gt(fired[registry_index(registry_find(SLICE("HIDDEN_CONTROL")))], 20);
}

/* 300 applicants, every ten of them represented by one person, and the tenth by the next too. */
static uint32_t fill_row(struct world *world, struct rng *rng, uint32_t *applicant)
{
    uint32_t application;

    (void)rng;
    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < 300; i++)
        world_node(world, W_ENTERPRISE);
    application = world_node(world, W_APPLICATION);
    for (uint32_t i = 0, rep = 0; i < 300; i++) {
        if (i % 10 == 0) {
            rep = world_node(world, W_PERSON);
            if (i)
                world_edge(world, W_LEGAL_REP, rep, i - 1, TIME_MIN, TIME_MAX);
        }
        world_edge(world, W_LEGAL_REP, rep, i, TIME_MIN, TIME_MAX);
        world_edge(world, W_APPLIED, i, application, world->at_us, TIME_MAX);
    }
    *applicant = 0;
    return application;
}

Test(probe, of_a_ring_of_more_than_are_gathered_says_that_it_was_cut)
{
    static struct trial trial;
    const struct detector *const only[] = { registry_find(SLICE("D9")), NULL };
    struct probe_result result = { 0 };
    struct probe_options options = { .params = &trial.run.params, .detectors = only };
    const struct finding *finding;

    trial_begin(&trial, fill_row, 1, true);
    cr_assert_eq(probe_application(&result, trial.txn, &trial.application, &options), STATUS_OK);
    cr_assert(result.truncated);
    finding = found(&result.findings, trial.stored.ids[0], "HIDDEN_CONTROL");
    cr_assert_not_null(finding);
    cr_assert_geq(result.findings.numbers[finding->numbers.first].value, 200);
    findings_fini(&result.findings);
    trial_end(&trial);
}

/* 1 applies; it guarantees 2, which guarantees 0, who is blocked. */
static uint32_t fill_near(struct world *world, struct rng *rng, uint32_t *applicant)
{
    uint32_t application;

    (void)rng;
    memset(world, 0, sizeof *world);
    world->at_us = 20000 * US_PER_DAY;
    for (uint32_t i = 0; i < 3; i++)
        world_node(world, W_ENTERPRISE);
    world->nodes[0].numbers[NODE_BLOCKED] = 1;
    world_edge(world, W_GUARANTEES, 1, 2, TIME_MIN, TIME_MAX);
    world_edge(world, W_GUARANTEES, 2, 0, TIME_MIN, TIME_MAX);
    application = world_node(world, W_APPLICATION);
    world_edge(world, W_APPLIED, 1, application, world->at_us, TIME_MAX);
    *applicant = 1;
    return application;
}

Test(probe, of_who_is_near_a_blocked_party_tells_the_way)
{
    static struct trial trial;
    struct probe_result result = { 0 };
    const struct evidence_edge *edges;
    const struct finding *finding;

    trial_begin(&trial, fill_near, 1, false);
    probe(&result, &trial, NULL);
    finding = found(&result.findings, trial.stored.ids[1], "RISK_CONTAGION");
    cr_assert(finding && finding->advice);
    cr_assert_eq(finding->edges.count, 2);
    edges = &result.findings.edges[finding->edges.first];
    cr_assert_eq(edges[0].from.value, trial.stored.ids[2].value);
    cr_assert_eq(edges[0].to.value, trial.stored.ids[0].value);
    cr_assert_eq(edges[1].from.value, trial.stored.ids[1].value);
    cr_assert_eq(edges[1].to.value, trial.stored.ids[2].value);
    findings_fini(&result.findings);
    trial_end(&trial);
}

Test(probe, of_a_guarantor_that_closes_a_ring_names_the_ring_in_order)
{
    static struct world world;
    struct stored stored;
    struct params params;
    struct graph_txn *txn;
    struct stated_node nodes[2];
    struct application application = { .principals = &nodes[0], .n_principals = 1,
                                       .guarantors = &nodes[1], .n_guarantors = 1,
                                       .amount_minor = CELL_ABSENT };
    struct probe_options options = { .params = &params };
    struct probe_result result = { 0 };
    const struct finding *finding;

    memset(&world, 0, sizeof world);
    for (uint32_t i = 0; i < 4; i++)
        world_node(&world, W_ENTERPRISE);
    for (uint32_t i = 0; i < 3; i++)
        world_edge(&world, W_GUARANTEES, i, i + 1, TIME_MIN, TIME_MAX);
    stored_begin(&stored, &world, UINT32_MAX);
    for (int i = 0; i < 2; i++)
        nodes[i] = (struct stated_node){ .id = stored.ids[i ? 3 : 0], .applicant = !i,
                                         .label = stored.symbols[W_ENTERPRISE],
                                         .amount_minor = 100, .currency = SLICE("CNY") };
    application.time_us = 20000 * US_PER_DAY;
    application.key = SLICE("A-1");
    cr_assert_eq(params_init(&params), STATUS_OK);
    cr_assert_eq(graph_read(&txn, stored.graph, NULL), STATUS_OK);
    cr_assert_eq(probe_application(&result, txn, &application, &options), STATUS_OK);
    finding = found(&result.findings, stored.ids[0], "CIRCULAR_GUARANTEE");
    cr_assert_not_null(finding);
    cr_assert_eq(finding->edges.count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        const struct evidence_edge *edge = &result.findings.edges[finding->edges.first + i];

        cr_assert_eq(edge->from.value, stored.ids[i].value);
        cr_assert_eq(edge->to.value, stored.ids[(i + 1) % 4].value);
    }
    txn_end(txn);
    findings_fini(&result.findings);
    params_fini(&params);
    stored_done(&stored);
}

Test(probe, ends_at_its_budget_and_says_so)
{
    static struct world world;
    struct rng rng = rng_at(7, 6, 0);
    struct stored stored;
    struct params params;
    struct graph_txn *txn;
    struct stated_node nodes[8];
    struct application application;
    struct probe_options options = { .params = &params, .max_reads = 20 };
    struct probe_result result = { 0 };
    uint32_t applicant, number = probe_parties(&world, &rng, &applicant);

    stored_begin(&stored, &world, number);
    state(&application, nodes, &world, &stored, number, applicant);
    cr_assert_eq(params_init(&params), STATUS_OK);
    cr_assert_eq(graph_read(&txn, stored.graph, NULL), STATUS_OK);
    cr_assert_eq(probe_application(&result, txn, &application, &options), STATUS_OK);
    cr_assert(result.truncated);
    cr_assert_leq(result.n_reads, 20);
    txn_end(txn);
    findings_fini(&result.findings);
    params_fini(&params);
    stored_done(&stored);
}

Test(probe, of_more_guarantors_than_are_gathered_says_that_it_was_cut)
{
    static struct world world;
    const struct detector *const only[] = { registry_find(SLICE("D8")), NULL };

    for (uint32_t n = 200; n <= 350; n += 150) {
        struct stored stored;
        struct params params;
        struct graph_txn *txn;
        struct stated_node node = { .applicant = true, .amount_minor = CELL_ABSENT };
        struct application application = { .principals = &node, .n_principals = 1,
                                           .key = SLICE("A-1"), .amount_minor = CELL_ABSENT,
                                           .time_us = 20000 * US_PER_DAY };
        struct probe_options options = { .params = &params, .detectors = only };
        struct probe_result result = { 0 };

        memset(&world, 0, sizeof world);
        for (uint32_t i = 0; i < n; i++)
            world_node(&world, W_ENTERPRISE);
        for (uint32_t i = 0; i + 1 < n; i++)
            world_edge(&world, W_GUARANTEES, i, i + 1, TIME_MIN, TIME_MAX);
        stored_begin(&stored, &world, UINT32_MAX);
        node.id = stored.ids[0];
        node.label = stored.symbols[W_ENTERPRISE];
        cr_assert_eq(params_init(&params), STATUS_OK);
        cr_assert_eq(graph_read(&txn, stored.graph, NULL), STATUS_OK);
        cr_assert_eq(probe_application(&result, txn, &application, &options), STATUS_OK);
        cr_assert_eq(result.truncated, n > 300, "%u guarantors", n);
        cr_assert_not_null(found(&result.findings, stored.ids[0], "GUARANTEE_CHAIN"));
        txn_end(txn);
        findings_fini(&result.findings);
        params_fini(&params);
        stored_done(&stored);
    }
}
