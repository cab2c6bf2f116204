/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/facts.h"

#include <stdlib.h>

#include "base/worker.h"
#include "detectors/control.h"
#include "detectors/use.h"

void facts_fini(struct facts *facts)
{
    free(facts->flags);
    free(facts->count);
    free(facts->total);
    control_free(facts->control);
    uses_free(facts->uses);
    facts->flags = NULL;
    facts->count = facts->total = NULL;
    facts->control = NULL;
    facts->uses = NULL;
}

bool facts_is_kind_label(const struct schema *schema, uint32_t label)
{
    for (size_t i = 0; i < schema->n_kinds; i++)
        if (schema->kinds[i].label == label)
            return true;
    return false;
}

/* Listed, or by default a principal's label that nobody shares as an identifier. */
bool facts_is_subject_label(const struct schema *schema, const struct params *params,
                            const struct schema_label *label)
{
    if (!label || label->role != LABEL_PRINCIPAL)
        return false;
    for (size_t i = 0; i < params->n_subject_labels; i++)
        if (!strcmp(params->subject_labels[i], label->name))
            return true;
    return !params->n_subject_labels && !facts_is_kind_label(schema, label->symbol);
}

static void flag_nodes(const struct facts *facts, const struct node_id *ids, size_t n,
                       unsigned char flag)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t node = snapshot_find(facts->snapshot, ids[i]);

        if (node != NODE_NONE)
            facts->flags[node] |= flag;
    }
}

static void flag_applicants(struct facts *facts)
{
    int64_t after_us = facts_ago(facts, facts->params->shared.lookback_days);

    for (const uint32_t *type = facts->schema->roles.applied; type && *type; type++) {
        const struct edge_table *table = snapshot_table(facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++)
            if (table->start[row] > after_us && table->start[row] <= facts->at_us &&
                facts->snapshot->roles[table->from[row]] == LABEL_PRINCIPAL)
                facts->flags[table->from[row]] |= FACT_APPLICANT | FACT_SUBJECT;
    }
}

/* A person counts only where he is himself an applicant, hence the applicants' subject flag. */
static enum status find_subjects(struct facts *facts)
{
    const struct snapshot *snapshot = facts->snapshot;

    facts->flags = array_zeroed((size_t)snapshot->n_nodes + 1, 1);
    facts->count = calloc((size_t)snapshot->n_nodes + 1, sizeof *facts->count);
    facts->total = calloc((size_t)snapshot->n_nodes + 1, sizeof *facts->total);
    if (!facts->flags || !facts->count || !facts->total)
        return fail_memory(snapshot->n_nodes);
    TRY(params_check(facts->params, facts->schema));
    for (size_t i = 0; i < facts->schema->n_labels; i++) {
        const struct schema_label *label = &facts->schema->labels[i];

        if (!facts_is_subject_label(facts->schema, facts->params, label))
            continue;
        for (uint32_t node = 0; node < snapshot->n_nodes; node++)
            if (snapshot->labels[node] == label->symbol)
                facts->flags[node] |= FACT_SUBJECT | FACT_BY_LABEL;
    }
    for (uint32_t node = 0; node < snapshot->n_nodes; node++)
        if (snapshot->roles[node] == LABEL_PRINCIPAL &&
            snapshot_cell(snapshot, node, NODE_BLOCKED) == 1)
            facts->flags[node] |= FACT_BLOCKED;
    flag_applicants(facts);
    flag_nodes(facts, facts->confirmed, facts->n_confirmed, FACT_CONFIRMED);
    flag_nodes(facts, facts->blocked, facts->n_blocked, FACT_BLOCKED);
    return STATUS_OK;
}

void facts_elsewhere(struct facts *facts, const struct node_id *ids, size_t n)
{
    flag_nodes(facts, ids, n, FACT_ELSEWHERE);
}

static enum status find_control(void *context)
{
    struct facts *facts = context;

    return control_build(&facts->control, facts);
}

/* Fewer edges than this are looked at before a thread has started. */
#define EDGES_FOR_THREADS 100000u

/* Control groups and uses know nothing of each other, so they are found in two hands. */
enum status facts_need(struct facts *facts, unsigned needs)
{
    struct worker worker = { .alone = facts->snapshot->n_edges < EDGES_FOR_THREADS };
    enum status status = STATUS_OK, joined;

    if (!facts->flags)
        TRY(find_subjects(facts));
    if (needs & NEED_CONTROL && !facts->control)
        worker_start(&worker, find_control, facts);
    if (needs & NEED_USES && !facts->uses)
        status = uses_build(&facts->uses, facts, facts->flags, FACT_SUBJECT);
    joined = worker_join(&worker);
    return status == STATUS_OK ? joined : status;
}

uint32_t facts_group(const struct facts *facts, uint32_t node)
{
    return facts->control->group[node];
}

const struct use *facts_uses_of(size_t *n, const struct facts *facts, uint32_t identifier)
{
    return uses_of(n, facts->uses, identifier);
}

uint32_t facts_kind_in(const struct schema *schema, const char *name)
{
    uint32_t kind = 0;

    while (kind < schema->n_kinds && strcmp(schema->kinds[kind].name, name) != 0)
        kind++;
    return kind;
}

uint32_t facts_kind(const struct facts *facts, const char *name)
{
    return facts_kind_in(facts->schema, name);
}

struct caps facts_caps(const struct facts *facts, uint32_t identifier, uint32_t kind)
{
    int64_t class = snapshot_cell(facts->snapshot, identifier, NODE_CLASS);

    return params_caps(facts->params, facts->schema, &facts->schema->kinds[kind],
                       snapshot_text(facts->snapshot, class));
}

enum status facts_node_text(struct slice *out, struct arena *arena, const struct node *node,
                            uint32_t property)
{
    struct value value;
    enum status status =
        property ? node_property(&value, arena, node, property) : STATUS_NOT_FOUND;

    *out = status == STATUS_OK && value.type == VALUE_STRING ? value_slice(&value) : SLICE("");
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

bool facts_loan_is_over(const struct facts *facts, uint32_t loan)
{
    struct slice status =
        snapshot_text(facts->snapshot, snapshot_cell(facts->snapshot, loan, NODE_STATUS));

    return slice_equal(status, SLICE("closed")) || slice_equal(status, SLICE("repaid"));
}

static bool loan_overdue(const struct facts *facts, uint32_t loan, int64_t days)
{
    int64_t since = snapshot_cell(facts->snapshot, loan, NODE_OVERDUE_SINCE);
    int64_t until = snapshot_cell(facts->snapshot, loan, NODE_OVERDUE_UNTIL);

    return since != CELL_ABSENT && since <= facts->at_us && since <= facts_ago(facts, days) &&
           (until == CELL_ABSENT || facts->at_us < until);
}

enum status facts_overdue(bool *out, const struct facts *facts, uint32_t node, int64_t days)
{
    *out = false;
    for (const uint32_t *type = facts->schema->roles.borrowed; type && *type; type++) {
        const struct edge_table *table = snapshot_table(facts->snapshot, *type);
        struct adjacency rows;

        if (!table->n)
            continue;
        TRY(snapshot_index(&rows, facts->snapshot, table, DIRECTION_OUT));
        for (uint32_t at = rows.offset[node]; at < rows.offset[node + 1]; at++)
            if (loan_overdue(facts, table->to[at], days))
                *out = true;
    }
    return STATUS_OK;
}

enum status facts_applicants(unsigned char **out, const struct facts *facts, int64_t after_us)
{
    unsigned char *applicant = calloc((size_t)facts->snapshot->n_nodes + 1, 1);

    if (!applicant)
        return fail_memory(facts->snapshot->n_nodes);
    for (const uint32_t *type = facts->schema->roles.applied; type && *type; type++) {
        const struct edge_table *table = snapshot_table(facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++)
            if (table->start[row] > after_us && table->start[row] <= facts->at_us &&
                facts_is(facts, table->from[row], FACT_SUBJECT))
                applicant[table->from[row]] = 1;
    }
    *out = applicant;
    return STATUS_OK;
}

uint32_t facts_count_users(const struct facts *facts, const struct use *uses, size_t n,
                           int64_t after_us)
{
    uint32_t *count = facts->count, groups = 0;

    for (size_t i = 0; i < n; i++)
        if (use_overlaps(&uses[i], after_us, facts->at_us))
            groups += count[facts_group(facts, uses[i].principal)]++ == 0;
    for (size_t i = 0; i < n; i++)
        count[facts_group(facts, uses[i].principal)] = 0;
    return groups;
}

bool facts_status_counts(const struct facts *facts, const struct edge_table *table, uint32_t row)
{
    struct slice status = snapshot_text(facts->snapshot, edge_cell(table, row, EDGE_STATUS));

    return !status.size || slice_equal(status, SLICE("active"));
}

bool facts_is_settled(const struct facts *facts, const char *code, uint32_t identifier)
{
    for (size_t i = 0; i < facts->n_settled; i++)
        if (facts->settled[i].identifier.value == facts->snapshot->ids[identifier] &&
            !strcmp(facts->settled[i].code, code))
            return true;
    return false;
}

enum status facts_evidence(struct findings *findings, const struct facts *facts, uint32_t edge)
{
    uint32_t row;
    const struct edge_table *table = snapshot_edge(&row, facts->snapshot, edge);

    return findings_edge(findings, &(struct evidence_edge){
                                       .from = facts_id(facts, table->from[row]),
                                       .to = facts_id(facts, table->to[row]),
                                       .type = table->type,
                                       .valid_from_us = table->start[row],
                                       .id = { table->ids[row] },
                                   });
}

const struct use *facts_newest_use(const struct facts *facts, uint32_t identifier,
                                   uint32_t principal, int64_t after_us)
{
    const struct use *newest = NULL;
    size_t n;
    const struct use *uses = facts_uses_of(&n, facts, identifier);

    for (size_t i = 0; i < n; i++)
        if (uses[i].principal == principal && use_overlaps(&uses[i], after_us, facts->at_us) &&
            (!newest ||
             use_newest(&uses[i], facts->at_us) > use_newest(newest, facts->at_us)))
            newest = &uses[i];
    return newest;
}

enum status facts_use_evidence(struct findings *findings, const struct facts *facts,
                               const struct use *use)
{
    for (int i = 0; i < SCHEMA_STEPS_MAX && use->edges[i] != USE_NO_EDGE; i++)
        TRY(facts_evidence(findings, facts, use->edges[i]));
    return STATUS_OK;
}

enum status facts_hub(struct findings *findings, const struct facts *facts, const char *code,
                      uint32_t identifier, const char *reason, struct slice class_name,
                      uint64_t degree)
{
    struct hub hub = { .node = facts_id(facts, identifier), .code = code, .reason = reason,
                       .degree = degree };

    if (class_name.size) {
        hub.class_name = slice_of(arena_copy(&findings->arena, class_name), class_name.size);
        if (!hub.class_name.data)
            return STATUS_NO_MEMORY;
    }
    return findings_hub(findings, &hub);
}
