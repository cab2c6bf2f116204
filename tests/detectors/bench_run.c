/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_run DB [T]: times the snapshot and each detector over a graph, without publishing.
 */
#include <stdio.h>
#include <sys/resource.h>

#include "base/sets.h"
#include "detectors/facts.h"
#include "detectors/registry.h"

/* Wall time and, after it, what processors spent. */
struct timer {
    int64_t wall_us, cpu_us;
};

static int64_t cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * US_PER_SECOND +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static struct timer timer_start(void)
{
    return (struct timer){ time_monotonic_us(), cpu_us() };
}

/* "1.234 s wall, 2.345 s processors", in a buffer that the next call overwrites. */
static const char *told(struct timer since)
{
    static char text[64];

    snprintf(text, sizeof text, "%8.3f s wall %8.3f s processors",
             (double)(time_monotonic_us() - since.wall_us) / 1e6,
             (double)(cpu_us() - since.cpu_us) / 1e6);
    return text;
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
        struct timer since = timer_start();

        TRY(registry[i]->run(facts, &findings));
        printf("%-4s %s %7zu findings %6zu rings %6zu hubs %5zu notes%s  peak %.2f GiB\n",
               registry[i]->id, told(since), findings.n, findings.n_rings, findings.n_hubs,
               findings.n_notes, findings.truncated ? " truncated" : "", peak_gib());
        for (size_t k = 0; k < findings.n && k < 2; k++)
            printf("       e.g. %s %s: %s\n", findings.items[k].code,
                   level_name(findings.items[k].level), findings.items[k].text);
        findings_fini(&findings);
    }
    return STATUS_OK;
}

/* Connected components over every edge there is. */
static enum status components(const struct snapshot *snapshot)
{
    AUTO(free_ptr) uint32_t *sets = NULL;
    struct timer since = timer_start();
    uint32_t n = 0;

    TRY(sets_init(&sets, snapshot->n_nodes));
    for (size_t t = 0; t < snapshot->n_tables; t++)
        for (uint32_t row = 0; row < snapshot->tables[t].n; row++)
            sets_join(sets, snapshot->tables[t].from[row], snapshot->tables[t].to[row]);
    for (uint32_t node = 0; node < snapshot->n_nodes; node++)
        n += sets_find(sets, node) == node;
    printf("components %s: %u\n", told(since), n);
    return STATUS_OK;
}

static enum status bench(const char *dir, int64_t at_us)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(snapshot_freep) struct snapshot *snapshot = NULL;
    AUTO(params_fini) struct params params = { 0 };
    AUTO(facts_fini) struct facts facts;
    struct timer since;

    facts = (struct facts){ 0 };
    TRY(params_init(&params));
    TRY(graph_open(&graph, dir, NULL));
    TRY(graph_read(&txn, graph, NULL));
    since = timer_start();
    TRY(snapshot_read(&snapshot, txn));
    printf("snapshot %s: %u nodes, %u edges, peak %.2f GiB\n", told(since),
           snapshot->n_nodes, snapshot->n_edges, peak_gib());
    TRY(components(snapshot));
    facts = (struct facts){ .snapshot = snapshot, .schema = graph_schema(graph),
                            .params = &params, .at_us = at_us };
    since = timer_start();
    TRY(facts_need(&facts, NEED_SUBJECTS));
    printf("subjects %s\n", told(since));
    since = timer_start();
    TRY(facts_need(&facts, NEED_CONTROL));
    printf("control  %s\n", told(since));
    since = timer_start();
    TRY(facts_need(&facts, NEED_USES));
    printf("uses     %s, peak %.2f GiB\n", told(since), peak_gib());
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
