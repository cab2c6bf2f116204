/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/rings.h"

#include <stdlib.h>

#include "base/sort.h"

enum status sets_init(uint32_t **out, size_t n)
{
    uint32_t *sets = malloc((n + 1) * sizeof *sets);

    if (!sets)
        return fail_memory(n * sizeof *sets);
    for (size_t i = 0; i <= n; i++)
        sets[i] = (uint32_t)i;
    *out = sets;
    return STATUS_OK;
}

uint32_t sets_find(uint32_t *sets, uint32_t element)
{
    while (sets[element] != element)
        element = sets[element] = sets[sets[element]];
    return element;
}

void sets_join(uint32_t *sets, uint32_t a, uint32_t b)
{
    a = sets_find(sets, a);
    b = sets_find(sets, b);
    if (a < b)
        sets[b] = a;
    else
        sets[a] = b;
}

static int by_component(const void *a, const void *b, void *context)
{
    const struct ring_member *x = a, *y = b;

    if (x->component != y->component)
        return x->component < y->component ? -1 : 1;
    return snapshot_key_compare(context, x->node, y->node);
}

static int by_node(const void *a, const void *b)
{
    const struct ring_member *x = a, *y = b;

    return (x->node > y->node) - (x->node < y->node);
}

/* A run of members of one component. */
struct run {
    uint32_t smallest;
    size_t first, n;
};

static int by_smallest(const void *a, const void *b, void *context)
{
    const struct run *x = a, *y = b;

    return snapshot_key_compare(context, x->smallest, y->smallest);
}

static enum status emit_run(struct findings *findings, const struct facts *facts,
                            const char *code, struct ring_member *members, const struct run *run)
{
    uint32_t ring = FINDING_NO_RING;

    if (run->n > 1)
        TRY(findings_ring(&ring, findings, code));
    for (size_t i = run->first; i < run->first + run->n; i++) {
        members[i].ring = ring;
        if (ring != FINDING_NO_RING)
            TRY(findings_member(findings, facts_id(facts, members[i].node)));
    }
    return STATUS_OK;
}

enum status rings_emit(struct findings *findings, const struct facts *facts, const char *code,
                       struct ring_member *members, size_t n)
{
    void *snapshot = (void *)facts->snapshot; /* qsort_r passes it through */
    AUTO(free_ptr) struct run *runs = NULL;
    size_t n_runs = 0;

    if (!n)
        return STATUS_OK;
    runs = malloc(n * sizeof *runs);
    if (!runs)
        return fail_memory(n * sizeof *runs);
    sort_items_in(members, n, sizeof *members, by_component, snapshot);
    for (size_t i = 0; i < n; i++) {
        if (!i || members[i].component != members[i - 1].component)
            runs[n_runs++] = (struct run){ members[i].node, i, 0 };
        runs[n_runs - 1].n++;
    }
    sort_items_in(runs, n_runs, sizeof *runs, by_smallest, snapshot);
    for (size_t i = 0; i < n_runs; i++)
        TRY(emit_run(findings, facts, code, members, &runs[i]));
    sort_items(members, n, sizeof *members, by_node);
    return STATUS_OK;
}
