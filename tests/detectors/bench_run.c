/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_run DB [T]: times the snapshot and each detector over a graph, without publishing.
 */
#include <stdio.h>
#include <sys/resource.h>

#include "detectors/facts.h"
#include "detectors/registry.h"

static double seconds(int64_t since_us)
{
    return (double)(time_monotonic_us() - since_us) / 1e6;
}

static double peak_gib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / (1 << 20);
}

static enum status run_all(struct facts *facts)
{
    for (size_t i = 0; registry[i]; i++) {
        struct findings findings = { 0 };
        int64_t since = time_monotonic_us();

        TRY(registry[i]->run(facts, &findings));
        printf("%-4s %8.3f s  %7zu findings %6zu rings %6zu hubs %5zu notes%s  peak %.2f GiB\n",
               registry[i]->id, seconds(since), findings.n, findings.n_rings, findings.n_hubs,
               findings.n_notes, findings.truncated ? " truncated" : "", peak_gib());
        for (size_t k = 0; k < findings.n && k < 2; k++)
            printf("       e.g. %s %s: %s\n", findings.items[k].code,
                   level_name(findings.items[k].level), findings.items[k].text);
        findings_fini(&findings);
    }
    return STATUS_OK;
}

static enum status bench(const char *dir, int64_t at_us)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(snapshot_freep) struct snapshot *snapshot = NULL;
    AUTO(params_fini) struct params params = { 0 };
    AUTO(facts_fini) struct facts facts;
    int64_t since;

    facts = (struct facts){ 0 };
    TRY(params_init(&params));
    TRY(graph_open(&graph, dir, NULL));
    TRY(graph_read(&txn, graph, NULL));
    since = time_monotonic_us();
    TRY(snapshot_read(&snapshot, txn));
    printf("snapshot %.3f s: %u nodes, %u edges, peak %.2f GiB\n", seconds(since),
           snapshot->n_nodes, snapshot->n_edges, peak_gib());
    facts = (struct facts){ .snapshot = snapshot, .schema = graph_schema(graph),
                            .params = &params, .at_us = at_us };
    since = time_monotonic_us();
    TRY(facts_need(&facts, NEED_SUBJECTS));
    printf("subjects %.3f s\n", seconds(since));
    since = time_monotonic_us();
    TRY(facts_need(&facts, NEED_CONTROL));
    printf("control  %.3f s\n", seconds(since));
    since = time_monotonic_us();
    TRY(facts_need(&facts, NEED_USES));
    printf("uses     %.3f s, peak %.2f GiB\n", seconds(since), peak_gib());
    return run_all(&facts);
}

int main(int argc, char **argv)
{
    int64_t at_us = time_now_us();

    if (argc < 2 || (argc > 2 && time_parse(&at_us, slice_str(argv[2])) != STATUS_OK) ||
        bench(argv[1], at_us) != STATUS_OK) {
        fprintf(stderr, "bench_run DB [T]: %s\n", error_detail());
        return 1;
    }
    return 0;
}
