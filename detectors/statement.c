/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an application states, as nodes and edges of its neighbourhood. */
#include "detectors/neighbourhood.h"

/* The id of a stated node; unknown ones get the next above 2^63. */
static enum status state_node(struct neighbourhood *around, struct node_id *out,
                              const struct stated_node *stated, uint64_t *next)
{
    *out = stated->id;
    if (out->value)
        return around_take_node(around, *out);
    *out = (struct node_id){ (*next)++ };
    return around_add_node(around, *out, stated->label, stated->key);
}

static enum status state_text(struct neighbourhood *around, enum node_column column,
                              struct slice text)
{
    return text.size ? snapshot_node_text(around->builder, column, text) : STATUS_OK;
}

static uint32_t application_label(const struct schema *schema)
{
    for (size_t i = 0; i < schema->n_labels; i++)
        if (schema->labels[i].role == LABEL_APPLICATION)
            return schema->labels[i].symbol;
    return 0;
}

static enum status state_application(struct neighbourhood *around, uint64_t *next)
{
    const struct application *a = around->application;

    around->application_id = a->id;
    if (a->id.value)
        return around_take_node(around, a->id);
    around->application_id = (struct node_id){ (*next)++ };
    TRY(around_add_node(around, around->application_id, application_label(around->schema),
                        a->key));
    TRY(state_text(around, NODE_PRODUCT, a->product));
    TRY(state_text(around, NODE_LENDER, a->lender));
    TRY(state_text(around, NODE_LEGAL_REP, a->legal_rep));
    TRY(state_text(around, NODE_INDUSTRY, a->industry));
    TRY(state_text(around, NODE_CURRENCY, a->currency));
    return a->amount_minor == CELL_ABSENT
               ? STATUS_OK
               : snapshot_node_cell(around->builder, NODE_AMOUNT, a->amount_minor);
}

/* The type of edge by which an application states identifiers of this label, or 0. */
static uint32_t stating_type(const struct schema *schema, uint32_t label)
{
    for (size_t i = 0; i < schema->n_links; i++) {
        const struct schema_link *link = &schema->links[i];

        if (link->through_application && schema->kinds[link->kind].label == label)
            return link->steps[link->n_steps - 1].type;
    }
    return 0;
}

static enum status state_guarantee(struct neighbourhood *around, const struct stated_node *stated,
                                   struct node_id guarantor)
{
    TRY(around_add_edge(around, around->schema->roles.guarantees[0], guarantor, around->ids[0]));
    if (stated->amount_minor != CELL_ABSENT)
        TRY(snapshot_edge_cell(around->builder, EDGE_AMOUNT, stated->amount_minor));
    return stated->currency.size
               ? snapshot_edge_text(around->builder, EDGE_CURRENCY, stated->currency)
               : STATUS_OK;
}

/* Those that the graph does not hold: what is there already would count twice. */
static enum status state_edges(struct neighbourhood *around)
{
    const struct application *a = around->application;
    const struct node_id *ids = around->ids;

    for (size_t i = 0; i < a->n_principals; i++)
        if (a->principals[i].applicant && !a->principals[i].recorded &&
            around->schema->roles.applied[0])
            TRY(around_add_edge(around, around->schema->roles.applied[0], ids[i],
                                around->application_id));
    ids += a->n_principals;
    for (size_t i = 0; i < a->n_identifiers; i++) {
        uint32_t type = stating_type(around->schema, a->identifiers[i].label);

        if (type && !a->identifiers[i].recorded)
            TRY(around_add_edge(around, type, around->application_id, ids[i]));
    }
    ids += a->n_identifiers;
    for (size_t i = 0; i < a->n_guarantors && a->n_principals; i++)
        if (!a->guarantors[i].recorded)
            TRY(state_guarantee(around, &a->guarantors[i], ids[i]));
    return STATUS_OK;
}

enum status around_state(struct neighbourhood *around)
{
    const struct application *a = around->application;
    size_t n = a->n_principals + a->n_identifiers + a->n_guarantors, at = 0;
    uint64_t next = NEIGHBOURHOOD_UNKNOWN;

    around->ids = arena_array(&around->arena, n + 1, sizeof *around->ids);
    if (!around->ids)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < a->n_principals; i++)
        TRY(state_node(around, &around->ids[at++], &a->principals[i], &next));
    for (size_t i = 0; i < a->n_identifiers; i++)
        TRY(state_node(around, &around->ids[at++], &a->identifiers[i], &next));
    for (size_t i = 0; i < a->n_guarantors; i++)
        TRY(state_node(around, &around->ids[at++], &a->guarantors[i], &next));
    TRY(state_application(around, &next));
    return a->recorded ? STATUS_OK : state_edges(around);
}
