/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/probe.h"

#include <stdlib.h>

#include "detectors/facts.h"
#include "detectors/neighbourhood.h"
#include "detectors/registry.h"

#define DEFAULT_READS 20000
#define MAX_ROUNDS 64 /* gathering ends by itself; this bounds what a bug could cost */

static void begin_facts(struct facts *facts, const struct snapshot *snapshot,
                        const struct neighbourhood *around, const struct probe_options *options)
{
    *facts = (struct facts){
        .snapshot = snapshot,
        .schema = around->schema,
        .params = options->params,
        .at_us = around->application->time_us,
        .confirmed = options->confirmed,
        .n_confirmed = options->n_confirmed,
        .blocked = options->blocked,
        .n_blocked = options->n_blocked,
    };
}

static bool is_skipped(const struct probe_result *result, const struct detector *detector)
{
    for (size_t i = 0; i < result->n_skipped; i++)
        if (result->skipped[i] == detector)
            return true;
    return false;
}

static bool expired(struct probe_result *result, const struct probe_options *options,
                    const struct detector *detector)
{
    if (!options->expired || !options->expired(options->context))
        return false;
    if (result->n_skipped < sizeof result->skipped / sizeof result->skipped[0])
        result->skipped[result->n_skipped++] = detector;
    return true;
}

/* One round: every detector asks for what it still misses. */
static enum status gather_round(struct neighbourhood *around, struct probe_result *result,
                                const struct probe_options *options,
                                const struct detector *const *detectors)
{
    AUTO(facts_fini) struct facts facts;
    AUTO(snapshot_freep) struct snapshot *snapshot = NULL;

    facts = (struct facts){ 0 };
    TRY(snapshot_finish_copy(&snapshot, around->builder));
    begin_facts(&facts, snapshot, around, options);
    around->grown = false;
    TRY(facts_need(&facts, NEED_CONTROL | NEED_USES));
    for (; *detectors; detectors++)
        if ((*detectors)->gather && !is_skipped(result, *detectors) &&
            !expired(result, options, *detectors))
            TRY((*detectors)->gather(around, &facts));
    return around_groups(around, &facts);
}

static bool is_party(const struct neighbourhood *around, struct node_id id)
{
    const struct application *a = around->application;

    for (size_t i = 0; i < a->n_principals + a->n_identifiers; i++)
        if (around->ids[i].value == id.value)
            return true;
    return false;
}

/* Only what concerns the application's own parties is known well enough to be said. */
static void keep_parties(struct findings *findings, const struct neighbourhood *around)
{
    size_t kept = 0;

    for (size_t i = 0; i < findings->n; i++)
        if (is_party(around, findings->items[i].subject))
            findings->items[kept++] = findings->items[i];
    findings->n = kept;
}

static enum status judge(struct probe_result *result, struct neighbourhood *around,
                         const struct probe_options *options,
                         const struct detector *const *detectors)
{
    AUTO(facts_fini) struct facts facts;
    AUTO(snapshot_freep) struct snapshot *snapshot = NULL;

    facts = (struct facts){ 0 };
    TRY(snapshot_finish_copy(&snapshot, around->builder));
    begin_facts(&facts, snapshot, around, options);
    for (; *detectors; detectors++)
        if ((*detectors)->gather && !is_skipped(result, *detectors))
            TRY((*detectors)->run(&facts, &result->findings));
    keep_parties(&result->findings, around);
    return STATUS_OK;
}

enum status probe_application(struct probe_result *result, struct graph_txn *txn,
                              const struct application *application,
                              const struct probe_options *options)
{
    const struct detector *const *detectors =
        options->detectors ? options->detectors : registry;
    AUTO(around_fini) struct neighbourhood around = { 0 };
    int rounds = 0;

    TRY(around_begin(&around, txn, application, options->params,
                     options->max_reads ? options->max_reads : DEFAULT_READS));
    do {
        TRY(gather_round(&around, result, options, detectors));
    } while (around.grown && !around.truncated && ++rounds < MAX_ROUNDS);
    result->n_reads = around.n_reads;
    result->truncated = around.truncated || around.cut || rounds == MAX_ROUNDS;
    return judge(result, &around, options, detectors);
}
