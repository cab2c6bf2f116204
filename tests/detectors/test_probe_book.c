/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes of applications in a generated book say what runs at their moments say. */
#include <criterion/criterion.h>

#include "base/rng.h"
#include "book/book.h"
#include "detectors/facts.h"
#include "detectors/probe.h"
#include "detectors/registry.h"
#include "graph/import.h"
#include "graph/schema.h"
#include "graph/snapshot.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(probe_book, .fini = leaks_check);

#define SAMPLES 120
#define DETECTORS_MAX 64

struct study {
    char *place;
    struct graph *graph;
    struct snapshot *snapshot;
    struct params params;
    uint32_t fired[DETECTORS_MAX];
};

static void study_begin(struct study *study, uint64_t seed)
{
    struct graph_options graph_options = { .map_size = 256 << 20 };
    struct book_options options = BOOK_OPTIONS;
    struct moment moment = { .known_at_us = TIME_MAX };
    struct book_summary summary;
    struct load_result result;
    struct graph_txn *txn;
    const char *folder;

    *study = (struct study){ .place = place_new() };
    options.enterprises = 1500;
    options.seed = seed;
    options.fraud_permille = 150;
    OK(book_generate(&summary, &options, place_in(study->place, "book")));
    study->graph = fresh_graph(place_in(study->place, "db"), schema_builtin_text(), &graph_options);
    folder = place_in(study->place, "book");
    OK(import_run(&result, study->graph,
                  &(struct import_options){ .paths = &folder, .n_paths = 1 }));
    moment.as_of_us = options.as_of_us;
    OK(graph_read(&txn, study->graph, &moment));
    OK(snapshot_read(&study->snapshot, txn));
    txn_end(txn);
    OK(params_init(&study->params));
}

static void study_end(struct study *study)
{
    params_fini(&study->params);
    snapshot_free(study->snapshot);
    graph_close(study->graph);
    place_remove(study->place);
}

static const struct finding *found(const struct findings *findings, struct node_id id,
                                   const char *code)
{
    for (size_t i = 0; i < findings->n; i++)
        if (findings->items[i].subject.value == id.value &&
            !strcmp(findings->items[i].code, code))
            return &findings->items[i];
    return NULL;
}

/* One application: who filed it, which it is, and when. */
struct filed {
    uint32_t principal, application;
    int64_t time_us;
};

static void probe(struct probe_result *result, const struct study *study,
                  const struct filed *filed)
{
    const struct snapshot *snapshot = study->snapshot;
    struct moment moment = { .as_of_us = filed->time_us, .known_at_us = TIME_MAX };
    struct stated_node applicant = { .id = { snapshot->ids[filed->principal] },
                                     .label = snapshot->labels[filed->principal],
                                     .key = snapshot_key(snapshot, filed->principal),
                                     .applicant = true, .amount_minor = CELL_ABSENT };
    struct application application = {
        .id = { snapshot->ids[filed->application] },
        .key = snapshot_key(snapshot, filed->application), .recorded = true,
        .time_us = filed->time_us, .amount_minor = CELL_ABSENT, .principals = &applicant,
        .n_principals = 1,
    };
    struct probe_options options = { .params = &study->params };
    struct graph_txn *txn;

    OK(graph_read(&txn, study->graph, &moment));
    OK(probe_application(result, txn, &application, &options));
    txn_end(txn);
}

static void compare(struct study *study, uint64_t seed, const struct filed *filed)
{
    struct node_id id = { study->snapshot->ids[filed->principal] };
    struct facts facts = { .snapshot = study->snapshot,
                           .schema = graph_schema(study->graph), .params = &study->params,
                           .at_us = filed->time_us };
    struct slice key = snapshot_key(study->snapshot, filed->application);
    struct probe_result result = { 0 };

    probe(&result, study, filed);
    for (size_t i = 0; registry[i] && !result.truncated; i++) {
        struct findings findings = { 0 };

        if (!registry[i]->gather)
            continue;
        OK(registry[i]->run(&facts, &findings));
        for (size_t c = 0; c < DETECTOR_CODES_MAX && registry[i]->codes[c]; c++) {
            const char *code = registry[i]->codes[c];
            const struct finding *ran = found(&findings, id, code);
            const struct finding *probed = found(&result.findings, id, code);

            cr_assert_eq(probed ? probed->level : LEVEL_NONE, ran ? ran->level : LEVEL_NONE,
                         "seed %lu: %s of %.*s: %s, the run says %s", (unsigned long)seed, code,
                         (int)key.size, (const char *)key.data,
                         level_name(probed ? probed->level : LEVEL_NONE),
                         level_name(ran ? ran->level : LEVEL_NONE));
            study->fired[i] += ran != NULL;
        }
        findings_fini(&findings);
    }
    findings_fini(&result.findings);
    facts_fini(&facts);
}

Test(probe_book, levels_equal_those_of_runs_at_the_application_s_moment)
{
    uint32_t kinds = 0;

    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct study study;
        const struct edge_table *table;
        struct rng rng = rng_at(seed, 14, 0);

        study_begin(&study, seed);
        table = snapshot_table(study.snapshot, graph_schema(study.graph)->roles.applied[0]);
        cr_assert_gt(table->n, SAMPLES);
        for (int i = 0; i < SAMPLES; i++) {
            uint32_t row = (uint32_t)rng_below(&rng, table->n);

            /* planted parties come last: half of the sample is of them */
            if (i % 2)
                row = table->n - 1 - (uint32_t)rng_below(&rng, table->n / 4);
            compare(&study, seed,
                    &(struct filed){ table->from[row], table->to[row], table->start[row] });
        }
        for (size_t i = 0; registry[i]; i++)
            kinds += study.fired[i] > 0;
        study_end(&study);
    }
    cr_assert_gt(kinds, 18, "only %u detectors fired", kinds);
}
