/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a neighbourhood has taken so far: asked for directly, and as detectors see it. */
#include <stdlib.h>

#include "detectors/neighbourhood.h"

void around_forget_seen(struct neighbourhood *around)
{
    facts_fini(&around->facts);
    snapshot_free(around->seen);
    around->seen = NULL;
}

bool around_is_focus(const struct neighbourhood *around, struct node_id id)
{
    for (size_t i = 0; i < around->n_focus; i++)
        if (around->focus[i].value == id.value)
            return true;
    return false;
}

bool around_always_counts(const struct neighbourhood *around, struct node_id id)
{
    return facts_is_subject_label(around->schema, around->params,
                                  schema_label_of(around->schema, around_node(around, id)->label));
}

enum status around_ends(struct id_list *out, const struct neighbourhood *around,
                        struct node_id id, const uint32_t *types, enum direction direction)
{
    const struct around_node *node = around_node(around, id);

    for (uint32_t at = node ? node->first : NO_STEP; at != NO_STEP; at = around->steps[at].next) {
        const struct around_step *step = &around->steps[at];

        if (step->out == (direction == DIRECTION_OUT) && around_has_type(types, step->type))
            TRY(id_list_add(out, around->nodes[step->other].id));
    }
    return STATUS_OK;
}

enum status around_follow(struct id_list *out, struct neighbourhood *around, struct node_id node,
                          const uint32_t *types, enum direction direction)
{
    TRY(around_read(around, node, types, direction));
    return around_ends(out, around, node, types, direction);
}

static bool is_seen(const struct neighbourhood *around)
{
    return around->seen && around->seen_nodes == around->n_nodes &&
           around->seen_steps == around->n_steps;
}

/* Facts over what was seen, which it takes. */
static void see(struct neighbourhood *around, struct snapshot *snapshot)
{
    const struct probe_options *options = around->options;

    around_forget_seen(around);
    around->seen = snapshot;
    around->seen_nodes = around->n_nodes;
    around->seen_steps = around->n_steps;
    around->facts = (struct facts){
        .snapshot = snapshot, .schema = around->schema, .params = around->params,
        .at_us = around->at_us, .confirmed = options->confirmed,
        .n_confirmed = options->n_confirmed, .blocked = options->blocked,
        .n_blocked = options->n_blocked,
    };
}

static void lend_facts(struct facts **out, struct neighbourhood *around)
{
    around->facts.settled = around->settled;
    around->facts.n_settled = around->n_settled;
    *out = &around->facts;
}

enum status around_facts(struct facts **out, struct neighbourhood *around)
{
    struct snapshot *snapshot;

    if (!is_seen(around)) {
        TRY(snapshot_finish_copy(&snapshot, around->builder));
        see(around, snapshot);
    }
    lend_facts(out, around);
    return STATUS_OK;
}

enum status around_finish(struct facts **out, struct neighbourhood *around)
{
    struct snapshot_builder *builder = around->builder;
    struct snapshot *snapshot;

    if (!is_seen(around)) {
        around->builder = NULL;
        TRY(snapshot_finish(&snapshot, builder));
        see(around, snapshot);
    }
    lend_facts(out, around);
    return STATUS_OK;
}

enum status around_settle(struct neighbourhood *around, const struct settled *settled)
{
    TRY(array_reserve(&around->settled, &around->settled_capacity, around->n_settled + 1));
    around->settled[around->n_settled++] = *settled;
    return STATUS_OK;
}

void around_unsettle(struct neighbourhood *around, const char *code, struct node_id identifier)
{
    size_t kept = 0;

    for (size_t i = 0; i < around->n_settled; i++)
        if (around->settled[i].identifier.value != identifier.value ||
            strcmp(around->settled[i].code, code) != 0)
            around->settled[kept++] = around->settled[i];
    around->n_settled = kept;
}
