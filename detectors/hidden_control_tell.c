/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/hidden_control_private.h"

#include <stdlib.h>

#include "base/sets.h"
#include "base/sort.h"
#include "base/text.h"
#include "detectors/rings.h"

#define MAX_EVIDENCE 500u   /* edges told of one group */

/* Who is behind some nodes: the edges that say so, and how many own how much. */
struct behind {
    struct span edges;
    uint32_t *owners;          /* nodes, each once after the telling */
    size_t n, capacity;
    int64_t largest;           /* share, millionths */
};

static void behind_fini(struct behind *behind)
{
    free(behind->owners);
}

uint32_t control_group_size(const struct control_search *s, uint32_t first)
{
    uint32_t n = 1;

    while (first + n < s->n_order && facts_group(s->facts, s->order[first + n]) ==
                                         facts_group(s->facts, s->order[first]))
        n++;
    return n;
}

/* Active edges of the types that lead to the node. */
static enum status tell_role(struct control_search *s, const uint32_t *types, uint32_t to,
                             size_t first)
{
    for (; types && *types; types++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *types);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, DIRECTION_IN));
        for (uint32_t at = rows.offset[to];
             at < rows.offset[to + 1] && s->findings->n_edges - first < MAX_EVIDENCE; at++) {
            uint32_t row = adjacency_row(&rows, at);

            if (edge_row_active(table, row, s->facts->at_us))
                TRY(facts_evidence(s->findings, s->facts, table->base + row));
        }
    }
    return STATUS_OK;
}

/* Who owns more than the ratio of the node by all paths, and those paths. */
static enum status tell_owners(struct behind *behind, struct control_search *s, uint32_t node,
                               size_t first)
{
    const struct owner *owners;
    size_t n, told = s->findings->n_edges - first;
    bool cut;

    if (!s->ownership)
        TRY(ownership_new(&s->ownership, s->facts));
    TRY(ownership_find(&owners, &n, &cut, s->ownership, node, s->params->owner_ratio));
    s->findings->truncated |= cut;
    if (cut)
        TRY(findings_note(s->findings, HIDDEN_CODE, facts_id(s->facts, node), "owners of one "
                          "enterprise: more than are looked at, or shares that do not settle"));
    for (size_t i = 0; i < n; i++) {
        TRY(array_reserve(&behind->owners, &behind->capacity, behind->n + 1));
        behind->owners[behind->n++] = owners[i].node;
    }
    if (n && owners[0].share > behind->largest)
        behind->largest = owners[0].share;
    return told < MAX_EVIDENCE
               ? ownership_evidence(s->findings, s->ownership, MAX_EVIDENCE - told)
               : STATUS_OK;
}

/* Who owns and represents the nodes. */
static enum status tell_control(struct behind *behind, struct control_search *s,
                                const uint32_t *nodes, uint32_t n)
{
    const struct schema_roles *roles = &s->facts->schema->roles;
    size_t first = s->findings->n_edges, kept = 0;

    for (uint32_t i = 0; i < n && s->findings->n_edges - first < MAX_EVIDENCE; i++) {
        TRY(tell_role(s, roles->ownership, nodes[i], first));
        TRY(tell_role(s, roles->represents, nodes[i], first));
        TRY(tell_owners(behind, s, nodes[i], first));
    }
    TRY(findings_evidence(&behind->edges, s->findings, first));
    if (behind->n)
        qsort(behind->owners, behind->n, sizeof *behind->owners, sort_by_u32);
    for (size_t i = 0; i < behind->n; i++)
        if (!i || behind->owners[i] != behind->owners[i - 1])
            behind->owners[kept++] = behind->owners[i];
    behind->n = kept;
    return STATUS_OK;
}

static enum status owner_numbers(struct control_search *s, const struct behind *behind)
{
    TRY(findings_number(s->findings, "owners", (int64_t)behind->n, 0));
    TRY(findings_number(s->findings, "largest_share", behind->largest, 6));
    return findings_number(s->findings, "owner_ratio", s->params->owner_ratio, 6);
}

/* An applicant, and the set of those tied to him. */
struct tied {
    uint32_t node, set;
};

static int by_set(const void *a, const void *b)
{
    const struct tied *x = a, *y = b;

    if (x->set != y->set)
        return x->set < y->set ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* One ring of applicants tied to each other: the same evidence, each his own level. */
static enum status tell_hidden_ring(struct control_search *s, const struct tied *members,
                                    uint32_t n)
{
    struct finding finding = { .code = HIDDEN_CODE, .ring = members->set };
    AUTO(behind_fini) struct behind behind = { 0 };
    AUTO(free_ptr) uint32_t *nodes = malloc(n * sizeof *nodes);
    size_t numbers = s->findings->n_numbers;

    if (!nodes)
        return fail_memory(n * sizeof *nodes);
    for (uint32_t i = 0; i < n; i++)
        nodes[i] = members[i].node;
    TRY(tell_control(&behind, s, nodes, n));
    finding.edges = behind.edges;
    TRY(findings_number(s->findings, "applicants", n, 0));
    TRY(findings_number(s->findings, "limit", 2, 0));
    TRY(owner_numbers(s, &behind));
    finding.numbers = span_since(numbers, s->findings->n_numbers);
    TRY(findings_text(&finding.text, s->findings, "%u applicants within %lld day%s have one "
                      "controller or legal representative and declare no group", n,
                      (long long)s->params->window_days, text_s(s->params->window_days)));
    for (uint32_t i = 0; i < n; i++) {
        finding.subject = facts_id(s->facts, nodes[i]);
        finding.level = s->level[nodes[i]];
        finding.score = finding_score(finding.level, 2, 2); /* a pair is a pair */
        TRY(findings_add(s->findings, &finding));
    }
    return STATUS_OK;
}

enum status control_tell_hidden(struct control_search *s)
{
    uint32_t n_nodes = s->facts->snapshot->n_nodes;
    size_t n = 0, first = s->findings->n;
    AUTO(free_ptr) struct tied *members = NULL;

    for (uint32_t i = 0; i < n_nodes; i++)
        n += s->level[i] != 0;
    members = malloc((n + 1) * sizeof *members);
    if (!members)
        return fail_memory(n * sizeof *members);
    n = 0;
    for (uint32_t i = 0; i < n_nodes; i++)
        if (s->level[i])
            members[n++] = (struct tied){ i, sets_find(s->sets, i) };
    if (n)
        qsort(members, n, sizeof *members, by_set);
    for (size_t i = 0, k; i < n; i += k) {
        for (k = 1; i + k < n && members[i + k].set == members[i].set;)
            k++;
        TRY(tell_hidden_ring(s, members + i, (uint32_t)k));
    }
    return rings_name(s->findings, s->facts, HIDDEN_CODE, first);
}

/* Amounts of loans that were given by T and are not over, of one borrower. */
static enum status add_exposure(int64_t *sum, const struct control_search *s, uint32_t node)
{
    for (const uint32_t *type = s->facts->schema->roles.borrowed; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, DIRECTION_OUT));
        for (uint32_t at = rows.offset[node]; at < rows.offset[node + 1]; at++) {
            int64_t amount = snapshot_cell(s->facts->snapshot, table->to[at], NODE_AMOUNT);

            if (amount != CELL_ABSENT && table->start[at] <= s->facts->at_us &&
                !facts_loan_is_over(s->facts, table->to[at]) &&
                __builtin_add_overflow(*sum, amount, sum))
                *sum = INT64_MAX;
        }
    }
    return STATUS_OK;
}

static enum status tell_exposure(struct control_search *s, const uint32_t *nodes, uint32_t n)
{
    struct finding finding = { .code = EXPOSURE_CODE, .level = LEVEL_HINT,
                               .ring = FINDING_NO_RING,
                               .score = finding_score(LEVEL_HINT, n, 2) };
    AUTO(behind_fini) struct behind behind = { 0 };
    int64_t exposure = 0;
    size_t numbers;

    for (uint32_t i = 0; i < n; i++)
        TRY(add_exposure(&exposure, s, nodes[i]));
    TRY(tell_control(&behind, s, nodes, n));
    finding.edges = behind.edges;
    numbers = s->findings->n_numbers;
    TRY(findings_number(s->findings, "members", n, 0));
    TRY(findings_number(s->findings, "limit", 2, 0));
    TRY(findings_number(s->findings, "exposure_minor", exposure, 0));
    TRY(owner_numbers(s, &behind));
    finding.numbers = span_since(numbers, s->findings->n_numbers);
    TRY(findings_text(&finding.text, s->findings, "one of %u members of a control group with an "
                      "exposure of %lld minor unit%s", n, (long long)exposure,
                      text_s(exposure)));
    for (uint32_t i = 0; i < n; i++) {
        finding.subject = facts_id(s->facts, nodes[i]);
        if (!facts_is(s->facts, nodes[i], FACT_BY_LABEL))
            continue; /* enterprises bear it, not a person who counts as an applicant only */
        if (finding.ring == FINDING_NO_RING)
            finding.ring = nodes[i]; /* the smallest who is told */
        TRY(findings_add(s->findings, &finding));
    }
    return STATUS_OK;
}

enum status control_tell_exposures(struct control_search *s)
{
    size_t first = s->findings->n;

    for (uint32_t i = 0, size; i < s->n_order; i += size) {
        bool applied = false;

        size = control_group_size(s, i);
        for (uint32_t k = i; k < i + size; k++)
            applied |= facts_is(s->facts, s->order[k], FACT_APPLICANT);
        if (applied)
            TRY(tell_exposure(s, s->order + i, size));
    }
    return rings_name(s->findings, s->facts, EXPOSURE_CODE, first);
}
