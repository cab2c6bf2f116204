/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/rings.h"

#include <stdlib.h>

#include "base/sort.h"

struct ring_member {
    uint32_t node;
    uint32_t component; /* any number that members of one ring share */
    uint32_t ring;      /* filled: index into findings->rings, or FINDING_NO_RING */
};

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

/* Appends the rings and fills each member's; they come back by node. */
static enum status emit(struct findings *findings, const struct facts *facts, const char *code,
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

/* The subjects of the findings, which are in their order, each once. */
static size_t list_members(struct ring_member *members, const struct facts *facts,
                           const struct finding *items, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!i || items[i].subject.value != items[i - 1].subject.value)
            members[kept++] = (struct ring_member){
                .node = snapshot_find(facts->snapshot, items[i].subject),
                .component = items[i].ring,
            };
    return kept;
}

enum status rings_name(struct findings *findings, const struct facts *facts, const char *code,
                       size_t first)
{
    size_t n = findings->n - first, n_members, at = 0;
    struct finding *items = findings->items + first;
    AUTO(free_ptr) struct ring_member *members = NULL;

    if (!n)
        return STATUS_OK;
    members = malloc(n * sizeof *members);
    if (!members)
        return fail_memory(n * sizeof *members);
    findings_sort(findings, first);
    n_members = list_members(members, facts, items, n);
    TRY(emit(findings, facts, code, members, n_members));
    for (size_t i = 0; i < n; i++) {
        at += i && items[i].subject.value != items[i - 1].subject.value;
        items[i].ring = members[at].ring;
    }
    return STATUS_OK;
}
