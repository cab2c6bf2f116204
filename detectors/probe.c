/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/probe.h"

#include "detectors/facts.h"
#include "detectors/neighbourhood.h"
#include "detectors/registry.h"

#define DETECTORS_MAX 64

/* The detectors that have a probe, the cheapest and most telling first. */
struct order {
    const struct detector *items[DETECTORS_MAX];
    size_t n;
};

static void order_probes(struct order *order, const struct detector *const *detectors)
{
    order->n = 0;
    for (; *detectors && order->n < DETECTORS_MAX; detectors++) {
        size_t at = order->n;

        if (!(*detectors)->gather)
            continue;
        for (; at && order->items[at - 1]->probe_rank > (*detectors)->probe_rank; at--)
            order->items[at] = order->items[at - 1];
        order->items[at] = *detectors;
        order->n++;
    }
}

static bool is_unwanted(const struct probe_options *options, const struct detector *detector)
{
    for (const char *const *id = options->skip; id && *id; id++)
        if (strcmp(*id, detector->id) == 0)
            return true;
    return false;
}

static bool expired(struct probe_result *result, const struct probe_options *options,
                    const struct detector *detector)
{
    if (!is_unwanted(options, detector) &&
        (!options->expired || !options->expired(options->context)))
        return false;
    if (result->n_skipped < sizeof result->skipped / sizeof result->skipped[0])
        result->skipped[result->n_skipped++] = detector;
    return true;
}

/* Reads for each detector in turn, and keeps in `order` those that were not left out. */
static enum status gather(struct neighbourhood *around, struct order *order,
                          struct probe_result *result, const struct probe_options *options)
{
    size_t kept = 0;

    for (size_t i = 0; i < order->n; i++) {
        if (expired(result, options, order->items[i]))
            continue;
        TRY(order->items[i]->gather(around));
        order->items[kept++] = order->items[i];
    }
    order->n = kept;
    return STATUS_OK;
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

static enum status tell_settled(struct findings *findings, const struct facts *facts)
{
    for (size_t i = 0; i < facts->n_settled; i++) {
        const struct settled *settled = &facts->settled[i];
        uint32_t node = snapshot_find(facts->snapshot, settled->identifier);

        if (settled->reason && settled->degree && node != NODE_NONE)
            TRY(facts_hub(findings, facts, settled->code, node, settled->reason,
                          settled->class_name, settled->degree));
    }
    return STATUS_OK;
}

static enum status judge(struct probe_result *result, struct neighbourhood *around,
                         const struct order *order, const struct detector *const *detectors)
{
    struct facts *facts;

    TRY(around_finish(&facts, around));
    for (size_t i = 0; i < order->n; i++)
        TRY(order->items[i]->run(facts, &result->findings));
    for (; *detectors; detectors++)
        if ((*detectors)->advise)
            TRY((*detectors)->advise(facts, &result->findings));
    TRY(tell_settled(&result->findings, facts));
    keep_parties(&result->findings, around);
    return STATUS_OK;
}

enum status probe_application(struct probe_result *result, struct graph_txn *txn,
                              const struct application *application,
                              const struct probe_options *options)
{
    AUTO(around_fini) struct neighbourhood around = { 0 };
    const struct detector *const *detectors =
        options->detectors ? options->detectors : registry;
    struct order order;

    order_probes(&order, detectors);
    TRY(txn_remember_rows(txn));
    TRY(around_begin(&around, txn, application, options));
    TRY(gather(&around, &order, result, options));
    result->n_reads = around.n_reads;
    result->truncated = around.truncated || around.cut;
    return judge(result, &around, &order, detectors);
}
