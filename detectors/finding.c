/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "detectors/wide.h"

static const char *const level_names[] = { "none", "hint", "attention", "alert" };

/* Lowest score of each level, and of what lies above the last. */
static const uint32_t level_floor[] = { 0, 200000, 400000, 700000, SCORE_ONE };

void findings_fini(struct findings *findings)
{
    free(findings->items);
    free(findings->edges);
    free(findings->numbers);
    free(findings->rings);
    free(findings->members);
    free(findings->hubs);
    free(findings->notes);
    arena_fini(&findings->arena);
    *findings = (struct findings){ 0 };
}

enum status findings_add(struct findings *findings, const struct finding *finding)
{
    TRY(array_reserve(&findings->items, &findings->capacity, findings->n + 1));
    findings->items[findings->n++] = *finding;
    return STATUS_OK;
}

enum status findings_edge(struct findings *findings, const struct evidence_edge *edge)
{
    TRY(array_reserve(&findings->edges, &findings->edges_capacity, findings->n_edges + 1));
    findings->edges[findings->n_edges++] = *edge;
    return STATUS_OK;
}

static int compare_edges(const struct evidence_edge *a, const struct evidence_edge *b)
{
    if (a->id.value != b->id.value)
        return a->id.value < b->id.value ? -1 : 1;
    if (a->from.value != b->from.value)
        return a->from.value < b->from.value ? -1 : 1;
    if (a->to.value != b->to.value)
        return a->to.value < b->to.value ? -1 : 1;
    return (a->type > b->type) - (a->type < b->type);
}

/* Equal edges by place, so that the first told leads. */
static int by_edge_and_place(const void *a, const void *b)
{
    const struct evidence_edge *x = *(const struct evidence_edge *const *)a;
    const struct evidence_edge *y = *(const struct evidence_edge *const *)b;
    int order = compare_edges(x, y);

    return order ? order : (x > y) - (x < y);
}

static enum status drop_repeats(struct findings *findings, size_t first)
{
    size_t n = findings->n_edges - first, kept = first;
    struct evidence_edge *edges = findings->edges + first;
    AUTO(free_ptr) const struct evidence_edge **order = malloc((n + 1) * sizeof *order);
    AUTO(free_ptr) bool *repeat = calloc(n + 1, sizeof *repeat);

    if (!order || !repeat)
        return fail_memory(n * sizeof *order);
    for (size_t i = 0; i < n; i++)
        order[i] = &edges[i];
    qsort(order, n, sizeof *order, by_edge_and_place);
    for (size_t i = 1; i < n; i++)
        repeat[order[i] - edges] = compare_edges(order[i - 1], order[i]) == 0;
    for (size_t i = 0; i < n; i++)
        if (!repeat[i])
            findings->edges[kept++] = edges[i];
    findings->n_edges = kept;
    return STATUS_OK;
}

enum status findings_evidence(struct span *out, struct findings *findings, size_t first)
{
    if (findings->n_edges > first + 1)
        TRY(drop_repeats(findings, first));
    *out = span_since(first, findings->n_edges);
    return STATUS_OK;
}

enum status findings_number(struct findings *findings, const char *name, int64_t value,
                            uint32_t decimals)
{
    TRY(array_reserve(&findings->numbers, &findings->numbers_capacity, findings->n_numbers + 1));
    findings->numbers[findings->n_numbers++] = (struct number){ name, value, decimals };
    return STATUS_OK;
}

enum status findings_ring(uint32_t *index, struct findings *findings, const char *code)
{
    TRY(array_reserve(&findings->rings, &findings->rings_capacity, findings->n_rings + 1));
    findings->rings[findings->n_rings] = (struct ring){
        .code = code,
        .members = { (uint32_t)findings->n_members, 0 },
        .numbers = { (uint32_t)findings->n_numbers, 0 },
    };
    *index = (uint32_t)findings->n_rings++;
    return STATUS_OK;
}

enum status findings_member(struct findings *findings, struct node_id member)
{
    TRY(array_reserve(&findings->members, &findings->members_capacity, findings->n_members + 1));
    findings->members[findings->n_members++] = member;
    findings->rings[findings->n_rings - 1].members.count++;
    return STATUS_OK;
}

enum status findings_hub(struct findings *findings, const struct hub *hub)
{
    TRY(array_reserve(&findings->hubs, &findings->hubs_capacity, findings->n_hubs + 1));
    findings->hubs[findings->n_hubs++] = *hub;
    return STATUS_OK;
}

static enum status text_print(const char **out, struct arena *arena, const char *format,
                              va_list args)
{
    va_list again;
    int length;
    char *text;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    text = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1);
    if (!text)
        return STATUS_NO_MEMORY;
    vsnprintf(text, (size_t)length + 1, format, args);
    *out = text;
    return STATUS_OK;
}

enum status findings_text(const char **out, struct findings *findings, const char *format, ...)
{
    enum status status;
    va_list args;

    va_start(args, format);
    status = text_print(out, &findings->arena, format, args);
    va_end(args);
    return status;
}

enum status findings_note(struct findings *findings, const char *code, struct node_id node,
                          const char *format, ...)
{
    struct note note = { .code = code, .node = node };
    enum status status;
    va_list args;

    va_start(args, format);
    status = text_print(&note.text, &findings->arena, format, args);
    va_end(args);
    TRY(status);
    TRY(array_reserve(&findings->notes, &findings->notes_capacity, findings->n_notes + 1));
    findings->notes[findings->n_notes++] = note;
    return STATUS_OK;
}

static int compare_findings(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    if (x->subject.value != y->subject.value)
        return x->subject.value < y->subject.value ? -1 : 1;
    return strcmp(x->code, y->code);
}

void findings_sort(struct findings *findings, size_t first)
{
    if (findings->n > first)
        qsort(findings->items + first, findings->n - first, sizeof *findings->items,
              compare_findings);
}

void findings_keep_best(struct findings *findings, size_t first, findings_better *better)
{
    size_t kept = first;

    findings_sort(findings, first);
    for (size_t i = first; i < findings->n; i++) {
        struct finding *last = kept > first ? &findings->items[kept - 1] : NULL;
        const struct finding *finding = &findings->items[i];

        if (!last || compare_findings(last, finding) != 0)
            findings->items[kept++] = *finding;
        else if (better(findings, finding, last))
            *last = *finding;
    }
    findings->n = kept;
}

bool finding_is_stronger(const struct findings *findings, const struct finding *a,
                         const struct finding *b)
{
    (void)findings;
    return a->score > b->score || (a->score == b->score && a->edges.first < b->edges.first);
}

uint32_t finding_score(enum level level, int64_t measured, int64_t limit)
{
    uint32_t low = level_floor[level], width = level_floor[level + 1] - low;

    if (measured <= limit || measured <= 0)
        return low;
    if (limit < 0)
        limit = 0;
    return low + (uint32_t)((wide_int)width * (measured - limit) / measured);
}

const char *level_name(enum level level)
{
    return level_names[level];
}
