/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_screen [-r] DB T [N [SEED]]: how long a screening takes in process.
 *
 * N enterprises that applied before, drawn by SEED, apply once more: each with the identifiers of
 * its newest application and its legal representative, one minute apart from T on. All are asked
 * once to warm up, then timed, not recorded: the whole of screen(), the probes together, and each
 * probe alone. -r then records each, in a commit of its own: DB is written to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"
#include "graph/catalog.h"
#include "screening/record.h"
#include "screening/screen.h"

struct sample {
    struct graph *graph;
    struct graph_txn *txn;
    const struct schema *schema;
    int64_t at_us;
    struct slice *requests;
    int64_t *times_us;
    size_t n;
    struct arena arena;
};

struct figures {
    double *us;
    uint64_t *reads;
    size_t n, n_truncated;
};

static struct slice label_name(const struct sample *sample, const struct node *node)
{
    for (size_t i = 0; i < sample->schema->n_labels; i++)
        if (sample->schema->labels[i].symbol == node->key_label)
            return slice_str(sample->schema->labels[i].name);
    return slice_of("", 0);
}

/* The other end of the node's newest edge of the type; id 0: it has none. */
static enum status newest(struct node_id *out, const struct sample *sample, struct node_id id,
                          const char *type, enum direction direction)
{
    struct edge_scan scan =
        EDGE_SCAN(catalog_find(graph_catalog(sample->graph), slice_str(type)), direction);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;

    *out = (struct node_id){ 0 };
    if (!scan.type)
        return STATUS_OK;
    scan.newest_first = true;
    TRY(node_load(&node, sample->txn, id));
    edge_iter_start(&it, sample->txn, &node, &scan);
    if (edge_iter_next(&it))
        *out = edge_other(&it.edge);
    return it.status;
}

static enum status add_identifier(struct buf *out, const struct sample *sample,
                                  struct node_id application, const char *type,
                                  const char *format)
{
    struct node_id other;
    struct node node;

    TRY(newest(&other, sample, application, type, DIRECTION_OUT));
    if (!other.value)
        return STATUS_OK;
    TRY(node_load(&node, sample->txn, other));
    return buf_printf(out, format, (int)node.key.size, (const char *)node.key.data);
}

static enum status write_request(struct buf *out, const struct sample *sample,
                                 const struct node *applicant, struct node_id application)
{
    struct node_id person;
    struct node node;
    char time[TIME_TEXT_MAX];

    TRY(buf_printf(out, "{\"application_id\":\"BENCH-%zu\",\"time\":\"%s\","
                   "\"product\":\"quick-loan\",\"lender\":\"B01\","
                   "\"amount_minor\":30000000,\"currency\":\"CNY\","
                   "\"enterprise\":{\"key\":\"%.*s\"}", sample->n,
                   time_format(time, sample->at_us + (int64_t)sample->n * US_PER_MINUTE),
                   (int)applicant->key.size, (const char *)applicant->key.data));
    TRY(newest(&person, sample, applicant->id, "LEGAL_REP", DIRECTION_IN));
    if (person.value) {
        TRY(node_load(&node, sample->txn, person));
        TRY(buf_printf(out, ",\"persons\":[{\"key\":\"%.*s\",\"role\":\"legal_rep\"}]",
                       (int)node.key.size, (const char *)node.key.data));
    }
    TRY(add_identifier(out, sample, application, "SUBMITTED_FROM", ",\"devices\":[\"%.*s\"]"));
    TRY(add_identifier(out, sample, application, "STATES_PHONE",
                       ",\"phones\":[{\"key\":\"%.*s\"}]"));
    TRY(add_identifier(out, sample, application, "STATES_ADDRESS",
                       ",\"addresses\":[{\"key\":\"%.*s\"}]"));
    return buf_append(out, "}", 1);
}

static enum status draw(struct sample *sample, struct node_id id)
{
    AUTO(buf_fini) struct buf text = { 0 };
    struct node_id application;
    struct node node;
    enum status status = node_load(&node, sample->txn, id);
    char *copy;

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (!slice_equal(label_name(sample, &node), SLICE("Enterprise")))
        return STATUS_OK;
    TRY(newest(&application, sample, id, "APPLIED", DIRECTION_OUT));
    if (!application.value)
        return STATUS_OK;
    TRY(write_request(&text, sample, &node, application));
    copy = arena_copy(&sample->arena, buf_slice(&text));
    if (!copy)
        return STATUS_NO_MEMORY;
    sample->times_us[sample->n] = sample->at_us + (int64_t)sample->n * US_PER_MINUTE;
    sample->requests[sample->n++] = slice_of(copy, text.size);
    return STATUS_OK;
}

static enum status draw_all(struct sample *sample, size_t wanted, uint64_t seed)
{
    struct rng rng = rng_at(seed, 0, 0);
    uint64_t n_ids = txn_counts(sample->txn).next_node - 1;

    sample->requests = calloc(wanted + 1, sizeof *sample->requests);
    sample->times_us = calloc(wanted + 1, sizeof *sample->times_us);
    if (!sample->requests || !sample->times_us)
        return fail_memory(wanted * sizeof *sample->requests);
    for (size_t tries = 0; sample->n < wanted && tries < 1000 * wanted; tries++)
        TRY(draw(sample, (struct node_id){ 1 + rng_below(&rng, n_ids) }));
    return STATUS_OK;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int by_count(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void print(const char *name, struct figures *figures)
{
    size_t n = figures->n;
    double sum = 0;

    if (!n)
        return;
    for (size_t i = 0; i < n; i++)
        sum += figures->us[i];
    qsort(figures->us, n, sizeof *figures->us, by_size);
    qsort(figures->reads, n, sizeof *figures->reads, by_count);
    printf("%-8s %9.1f %9.1f %9.1f %9.1f %9.1f", name, sum / (double)n, figures->us[n / 2],
           figures->us[n * 9 / 10], figures->us[n * 99 / 100], figures->us[n - 1]);
    printf(" %8lu %8lu %8lu %6zu\n", (unsigned long)figures->reads[n / 2],
           (unsigned long)figures->reads[n * 99 / 100], (unsigned long)figures->reads[n - 1],
           figures->n_truncated);
    fflush(stdout);
}

static double now_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static enum status time_screen(struct figures *figures, const struct sample *sample,
                               struct screener *screener, bool record, clockid_t clock,
                               const char *slowest)
{
    struct screen_options options = SCREEN_OPTIONS_INIT;
    AUTO(buf_fini) struct buf answer = { 0 };

    options.record = record;
    figures->n = figures->n_truncated = 0;
    for (size_t i = 0; i < sample->n; i++) {
        double since = now_us(clock);

        buf_clear(&answer);
        TRY(screen(&answer, screener, sample->requests[i], &options));
        figures->us[figures->n] = now_us(clock) - since;
        figures->reads[figures->n++] = 0;
        if (slowest && figures->us[i] > strtod(slowest, NULL))
            printf("%.0f us: %.*s\n%.*s\n", figures->us[i], (int)sample->requests[i].size,
                   (const char *)sample->requests[i].data, (int)answer.size, answer.data);
    }
    return STATUS_OK;
}

static enum status time_probes(struct figures *figures, const struct sample *sample,
                               const struct policy *policy, const struct detector *only)
{
    const struct detector *const detectors[] = { only, NULL };
    struct probe_options options = { .params = policy_params(policy),
                                     .detectors = only ? detectors : NULL,
                                     .max_reads = policy_max_reads(policy) };
    AUTO(arena_fini) struct arena arena = { 0 };

    figures->n = figures->n_truncated = 0;
    for (size_t i = 0; i < sample->n; i++) {
        struct probe_result result = { 0 };
        struct request request;
        struct resolved resolved;
        enum status status;
        double since;

        arena_reset(&arena);
        TRY(request_parse(&request, &arena, sample->schema, graph_catalog(sample->graph),
                          sample->requests[i]));
        TRY(resolve(&resolved, &arena, sample->txn, &request));
        since = now_us(CLOCK_THREAD_CPUTIME_ID);
        status = probe_application(&result, sample->txn, &resolved.application, &options);
        findings_fini(&result.findings);
        TRY(status);
        figures->us[figures->n] = now_us(CLOCK_THREAD_CPUTIME_ID) - since;
        figures->reads[figures->n++] = result.n_reads;
        figures->n_truncated += result.truncated;
    }
    return STATUS_OK;
}

static enum status bench(const char *dir, int64_t at_us, size_t wanted, uint64_t seed,
                         bool record)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(screener_closep) struct screener *screener = NULL;
    struct sample sample = { .at_us = at_us };
    struct figures figures = { 0 };
    struct policy *policy;
    const char *slowest = getenv("BENCH_SLOWER_THAN_US");

    TRY(graph_open(&graph, dir, NULL));
    TRY(graph_read(&txn, graph, NULL));
    TRY(policy_load(&policy, "built-in", policy_builtin_text()));
    TRY(screener_open(&screener, graph, policy));
    sample.graph = graph;
    sample.txn = txn;
    sample.schema = graph_schema(graph);
    TRY(draw_all(&sample, wanted, seed));
    figures.us = calloc(sample.n + 1, sizeof *figures.us);
    figures.reads = calloc(sample.n + 1, sizeof *figures.reads);
    if (!figures.us || !figures.reads)
        return fail_memory(sample.n);
    printf("%zu applications, microseconds and reads\n%-8s %9s %9s %9s %9s %9s %8s %8s %8s %6s\n",
           sample.n, "", "mean", "p50", "p90", "p99", "max", "reads50", "reads99", "readsmax",
           "cut");
    TRY(time_screen(&figures, &sample, screener, false, CLOCK_MONOTONIC, NULL));
    TRY(time_screen(&figures, &sample, screener, false, CLOCK_MONOTONIC, NULL));
    print("by clock", &figures);
    TRY(time_screen(&figures, &sample, screener, false, CLOCK_THREAD_CPUTIME_ID, slowest));
    print("screen", &figures);
    TRY(time_probes(&figures, &sample, policy, NULL));
    print("probes", &figures);
    for (size_t i = 0; registry[i] && !getenv("BENCH_WHOLE_ONLY"); i++)
        if (registry[i]->gather) {
            TRY(time_probes(&figures, &sample, policy, registry[i]));
            print(registry[i]->id, &figures);
        }
    txn_end(txn);
    txn = NULL;
    if (record) {
        TRY(time_screen(&figures, &sample, screener, true, CLOCK_MONOTONIC, slowest));
        print("recorded", &figures);
    }
    free(figures.us);
    free(figures.reads);
    free(sample.requests);
    free(sample.times_us);
    arena_fini(&sample.arena);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    bool record = argc > 1 && strcmp(argv[1], "-r") == 0;
    int64_t at_us;
    enum status status;

    argc -= record;
    argv += record;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_screen [-r] DB T [N [SEED]]\n");
        return 2;
    }
    status = time_parse(&at_us, slice_str(argv[2]));
    if (status == STATUS_OK)
        status = bench(argv[1], at_us, argc > 3 ? strtoul(argv[3], NULL, 10) : 5000,
                       argc > 4 ? strtoul(argv[4], NULL, 10) : 1, record);
    if (status == STATUS_OK)
        return 0;
    fprintf(stderr, "bench_screen: %s\n", error_detail());
    return 1;
}
