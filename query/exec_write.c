/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CREATE, MERGE, SET, REMOVE and DELETE.
 *
 * Each of these clauses first collects its rows, then changes the graph for one after the other,
 * and only then passes them on: no clause reads while an earlier one still writes.
 */
#include "query/run.h"

#include "graph/catalog.h"
#include "graph/schema.h"

#include <stdio.h>
#include <stdlib.h>

static uint32_t n_slots(const struct run *run)
{
    return run->plan->ast->n_slots;
}

enum status exec_write(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);

    state->rows.width = n_slots(run);
    return run_rows_add(&state->rows, run, run->eval.frame);
}

/* ---- Property maps ----------------------------------------------------------------------- */

static bool storable(const struct value *value)
{
    if (value->type == VALUE_LIST) {
        for (uint32_t i = 0; i < value->count; i++)
            if (!storable(&value->items[i]))
                return false;
        return true;
    }
    return value->type != VALUE_MAP && value->type < VALUE_NODE;
}

static enum status check_stored(struct eval *eval, const struct expr *at, const struct value *value)
{
    if (storable(value))
        return STATUS_OK;
    return eval_fail(eval, at, "TypeError", "InvalidPropertyType",
                     "maps, nodes, relationships and paths can't be stored as a property");
}

/* A copy of the map that outlives the next write, without nulls. */
static enum status clean_map(struct value *out, struct eval *eval, const struct expr *at,
                             const struct value *map)
{
    struct value_pair *pairs = arena_array(eval->scratch, (size_t)map->count + 1, sizeof *pairs);
    struct value kept;
    uint32_t n = 0;

    if (!pairs)
        return STATUS_NO_MEMORY;
    TRY(value_keep(&kept, eval->scratch, map));
    for (uint32_t i = 0; i < kept.count; i++) {
        if (kept.pairs[i].value.type == VALUE_NULL)
            continue;
        TRY(check_stored(eval, at, &kept.pairs[i].value));
        pairs[n++] = kept.pairs[i];
    }
    *out = (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
    return STATUS_OK;
}

static enum status pattern_map(struct value *out, struct eval *eval, const struct expr *properties)
{
    struct value map = { .type = VALUE_MAP };

    if (properties)
        TRY(eval_expr(&map, eval, properties));
    if (map.type == VALUE_NULL)
        map = (struct value){ .type = VALUE_MAP };
    if (map.type != VALUE_MAP)
        return eval_fail(eval, properties, "TypeError", "InvalidArgumentType",
                         "properties are a map, not a %s", value_type_name(map.type));
    return clean_map(out, eval, properties, &map);
}

/* The pairs of both; those of `b` win. */
static enum status join_maps(struct value *out, struct eval *eval, const struct value *a,
                             const struct value *b)
{
    struct value_pair *pairs =
        arena_array(eval->scratch, (size_t)a->count + b->count + 1, sizeof *pairs);
    uint32_t n = 0;

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0, k = 0; i < a->count || k < b->count;) {
        int order = i == a->count   ? 1
                    : k == b->count ? -1
                                    : slice_compare(a->pairs[i].key, b->pairs[k].key);
        pairs[n] = order < 0 ? a->pairs[i] : b->pairs[k];
        i += order <= 0;
        k += order >= 0;
        n += pairs[n].value.type != VALUE_NULL;
    }
    *out = (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
    return STATUS_OK;
}

static struct value map_without(const struct value *map, struct slice key,
                                struct value_pair *pairs)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < map->count; i++)
        if (!slice_equal(map->pairs[i].key, key))
            pairs[n++] = map->pairs[i];
    return (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
}

/* ---- Creating ---------------------------------------------------------------------------- */

static uint32_t count_labels(const struct label_expr *labels)
{
    if (!labels)
        return 0;
    return labels->kind == LABEL_NAME ? 1 : count_labels(labels->left) + count_labels(labels->right);
}

static enum status intern_labels(uint32_t *symbols, size_t *n, struct run *run,
                                 const struct label_expr *labels)
{
    uint32_t symbol;

    if (!labels)
        return STATUS_OK;
    if (labels->kind != LABEL_NAME) {
        TRY(intern_labels(symbols, n, run, labels->left));
        return intern_labels(symbols, n, run, labels->right);
    }
    TRY(catalog_intern(&symbol, run->eval.txn, labels->name));
    for (size_t i = 0; i < *n; i++)
        if (symbols[i] == symbol)
            return STATUS_OK;
    symbols[(*n)++] = symbol;
    return STATUS_OK;
}

/* A label that the schema gives keys takes the node's key from the property `key`. */
static enum status natural_key(struct node_input *input, struct run *run,
                               const struct node_pattern *pattern)
{
    const struct schema *schema = graph_schema(txn_graph(run->eval.txn));
    AUTO(buf_fini) struct buf normal = { 0 };
    const struct value *key = value_find(&input->properties, SLICE("key"));
    struct value_pair *pairs;
    struct node_id found;
    char *copy;
    bool valid;

    for (size_t i = 0; i < input->n_labels; i++) {
        const struct schema_label *label = schema_label_of(schema, input->labels[i]);
        if (label && label->keyed)
            input->key_label = input->labels[i];
    }
    if (!input->key_label)
        return STATUS_OK;
    if (!key || key->type != VALUE_STRING)
        return eval_fail(&run->eval, pattern->properties, "ConstraintVerificationFailed",
                         "MissingKey", "a node with this label needs the property key, a string");
    TRY(schema_normalise(&normal, &valid, schema, input->key_label, value_slice(key)));
    copy = arena_copy(&run->scratch, buf_slice(&normal));
    pairs = arena_array(&run->scratch, (size_t)input->properties.count + 1, sizeof *pairs);
    if (!copy || !pairs)
        return STATUS_NO_MEMORY;
    input->key = slice_of(copy, normal.size);
    input->properties = map_without(&input->properties, SLICE("key"), pairs);
    if (node_find(&found, run->eval.txn, input->key_label, input->key) == STATUS_OK)
        return eval_fail(&run->eval, pattern->properties, "ConstraintVerificationFailed",
                         "KeyExists", "there is a node with this key already");
    return STATUS_OK;
}

static enum status create_node(struct run *run, const struct node_pattern *pattern)
{
    struct eval *eval = &run->eval;
    struct node_input input = NODE_INPUT_INIT;
    uint32_t *labels = arena_array(&run->scratch, (size_t)count_labels(pattern->labels) + 1,
                                   sizeof *labels);
    struct node_id id;

    if (!labels)
        return STATUS_NO_MEMORY;
    TRY(pattern_map(&input.properties, eval, pattern->properties));
    TRY(intern_labels(labels, &input.n_labels, run, pattern->labels));
    input.labels = labels;
    TRY(natural_key(&input, run, pattern));
    TRY(node_upsert(&id, NULL, eval->txn, &input));
    eval_written(eval);
    run->stats->nodes_created++;
    run->stats->labels_added += input.n_labels;
    run->stats->properties_set += input.properties.count;
    eval->frame[pattern->slot] = value_node(id);
    return STATUS_OK;
}

/* Parallel relationships with equal properties stay apart: each created one has a key of its own,
 * unless the schema says which properties tell them apart. */
static enum status edge_key(struct edge_input *input, struct run *run)
{
    const struct schema *schema = graph_schema(txn_graph(run->eval.txn));
    const struct schema_type *type = schema_type_of(schema, input->type);
    char text[32];
    int size;

    if (type && type->n_identity)
        return STATUS_OK;
    size = snprintf(text, sizeof text, "#%llu",
                    (unsigned long long)txn_counts(run->eval.txn).next_edge);
    input->key.data = arena_copy(&run->scratch, slice_of(text, (size_t)size));
    input->key.size = (size_t)size;
    input->has_key = true;
    return input->key.data ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status edge_value(struct value *out, struct run *run, const struct edge_input *input,
                              struct edge_id id)
{
    struct edge_ref *ref = arena_new(&run->scratch, struct edge_ref);

    if (!ref)
        return STATUS_NO_MEMORY;
    ref->edge = (struct edge){ .id = id, .type = input->type, .direction = DIRECTION_OUT,
                               .from = input->from, .to = input->to,
                               .valid_from_us = input->valid_from_us,
                               .valid_to_us = input->valid_to_us, .observed_us = TIME_MIN };
    ref->generation = UINT64_MAX; /* stale from the start: read again when needed */
    *out = value_edge(ref);
    return STATUS_OK;
}

/* valid_from and valid_to among the properties are the relationship's own times. */
static enum status take_times(struct edge_input *input, struct run *run)
{
    const struct value *from = value_find(&input->properties, SLICE("valid_from"));
    const struct value *to = value_find(&input->properties, SLICE("valid_to"));
    struct value_pair *pairs;

    if (from && value_as_us(&input->valid_from_us, from)) {
        pairs = arena_array(&run->scratch, (size_t)input->properties.count + 1, sizeof *pairs);
        if (!pairs)
            return STATUS_NO_MEMORY;
        input->properties = map_without(&input->properties, SLICE("valid_from"), pairs);
    }
    if (to && value_as_us(&input->valid_to_us, to)) {
        pairs = arena_array(&run->scratch, (size_t)input->properties.count + 1, sizeof *pairs);
        if (!pairs)
            return STATUS_NO_MEMORY;
        input->properties = map_without(&input->properties, SLICE("valid_to"), pairs);
    }
    return STATUS_OK;
}

static enum status create_edge(struct run *run, const struct edge_pattern *pattern,
                               const struct value *left, const struct value *right)
{
    bool in = pattern->direction == DIRECTION_IN;
    struct edge_input input = EDGE_INPUT_INIT;
    struct eval *eval = &run->eval;
    struct edge_id id;

    if (left->type != VALUE_NODE || right->type != VALUE_NODE)
        return eval_fail(eval, NULL, "TypeError", "InvalidArgumentType",
                         "a relationship needs two nodes; one of them is null");
    TRY(pattern_map(&input.properties, eval, pattern->properties));
    TRY(catalog_intern(&input.type, eval->txn, pattern->types->name));
    input.from = value_node_id(in ? right : left);
    input.to = value_node_id(in ? left : right);
    TRY(take_times(&input, run));
    TRY(edge_key(&input, run));
    TRY(edge_upsert(&id, NULL, eval->txn, &input));
    eval_written(eval);
    run->stats->edges_created++;
    run->stats->properties_set += input.properties.count;
    return edge_value(&eval->frame[pattern->slot], run, &input, id);
}

static enum status create_path_value(struct run *run, const struct path_pattern *path)
{
    struct value *nodes = arena_array(&run->scratch, (size_t)path->n_edges + 1, sizeof *nodes);
    struct value *edges = arena_array(&run->scratch, (size_t)path->n_edges + 1, sizeof *edges);
    struct path *made = arena_new(&run->scratch, struct path);

    if (!nodes || !edges || !made)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i <= path->n_edges; i++)
        nodes[i] = run->eval.frame[path->nodes[i]->slot];
    for (uint32_t i = 0; i < path->n_edges; i++)
        edges[i] = run->eval.frame[path->edges[i]->slot];
    *made = (struct path){ path->n_edges, nodes, edges };
    run->eval.frame[path->slot] = (struct value){ .type = VALUE_PATH, .ref = made };
    return STATUS_OK;
}

static enum status create_pattern(struct run *run, const struct graph_pattern *pattern)
{
    struct value *frame = run->eval.frame;

    for (uint32_t i = 0; i < pattern->n_paths; i++) {
        const struct path_pattern *path = pattern->paths[i];

        for (uint32_t k = 0; k <= path->n_edges; k++)
            if (!path->nodes[k]->bound)
                TRY(create_node(run, path->nodes[k]));
        for (uint32_t k = 0; k < path->n_edges; k++)
            TRY(create_edge(run, path->edges[k], &frame[path->nodes[k]->slot],
                            &frame[path->nodes[k + 1]->slot]));
        if (path->slot != NO_SLOT)
            TRY(create_path_value(run, path));
    }
    return STATUS_OK;
}

/* ---- SET and REMOVE ---------------------------------------------------------------------- */

static enum status gone(struct run *run, const struct expr *at)
{
    return eval_fail(&run->eval, at, "EntityNotFound", "DeletedEntityAccess", "this was deleted");
}

static enum status store_node(struct run *run, const struct node *node, const uint32_t *labels,
                              size_t n_labels, const struct value *properties)
{
    struct node_input input = NODE_INPUT_INIT;

    input.labels = labels;
    input.n_labels = n_labels;
    input.properties = *properties;
    input.valid_from_us = node->valid_from_us;
    TRY(node_update(run->eval.txn, node->id, &input));
    eval_written(&run->eval);
    return STATUS_OK;
}

/* Replaces all properties of a node or relationship. */
static enum status store_properties(struct run *run, const struct set_item *item,
                                    const struct value *target, const struct value *properties)
{
    struct eval *eval = &run->eval;
    const struct node *node;
    struct node copy;
    struct edge edge;
    enum status status;

    if (target->type == VALUE_NODE) {
        status = eval_node(&node, eval, value_node_id(target));
        if (status == STATUS_NOT_FOUND)
            return gone(run, item->target);
        TRY(status);
        copy = *node;
        return store_node(run, &copy, copy.labels, copy.n_labels, properties);
    }
    status = eval_edge(&edge, eval, target->ref);
    if (status == STATUS_NOT_FOUND)
        return gone(run, item->target);
    TRY(status);
    TRY(edge_update(eval->txn, &edge, properties));
    eval_written(eval);
    return STATUS_OK;
}

static bool same_maps(const struct value *a, const struct value *b)
{
    return value_same(a, b);
}

static enum status write_map(struct run *run, const struct set_item *item,
                             const struct value *target, const struct value *change, bool replace)
{
    struct eval *eval = &run->eval;
    struct value before, kept, after;

    TRY(eval_properties(&before, eval, item->target, target));
    TRY(value_keep(&kept, eval->scratch, &before));
    if (replace)
        TRY(clean_map(&after, eval, item->value, change));
    else
        TRY(join_maps(&after, eval, &kept, change));
    for (uint32_t i = 0; i < after.count; i++)
        TRY(check_stored(eval, item->value ? item->value : item->target, &after.pairs[i].value));
    if (same_maps(&kept, &after))
        return STATUS_OK;
    run->stats->properties_set += change->count ? change->count : kept.count;
    return store_properties(run, item, target, &after);
}

static enum status set_property(struct run *run, const struct set_item *item,
                                const struct value *target)
{
    struct eval *eval = &run->eval;
    struct value key, value = value_null(), kept;
    struct value_pair pair;
    struct value change = { .type = VALUE_MAP, .count = 1, .pairs = &pair };

    TRY(eval_expr(&key, eval, item->key));
    if (key.type != VALUE_STRING)
        return eval_fail(eval, item->key, "TypeError", "MapElementAccessByNonString",
                         "a key is a string, not %s", value_type_name(key.type));
    if (item->value)
        TRY(eval_expr(&value, eval, item->value));
    TRY(check_stored(eval, item->value, &value));
    TRY(value_keep(&kept, eval->scratch, &value));
    pair.key = value_slice(&key);
    pair.value = kept;
    return write_map(run, item, target, &change, false);
}

static enum status set_map(struct run *run, const struct set_item *item,
                           const struct value *target)
{
    struct eval *eval = &run->eval;
    struct value value, map, kept;

    TRY(eval_expr(&value, eval, item->value));
    if (value.type == VALUE_NULL)
        return STATUS_OK;
    TRY(eval_properties(&map, eval, item->value, &value));
    TRY(value_keep(&kept, eval->scratch, &map));
    return write_map(run, item, target, &kept, item->kind == SET_REPLACE);
}

static enum status set_labels(struct run *run, const struct set_item *item,
                              const struct value *target)
{
    bool remove = item->kind == REMOVE_LABELS;
    struct eval *eval = &run->eval;
    const struct node *node;
    struct node copy;
    uint32_t symbols[2 * NODE_LABELS_MAX], kept[2 * NODE_LABELS_MAX];
    size_t n = 0, n_kept = 0;
    struct value properties, map;
    enum status status;

    if (target->type != VALUE_NODE)
        return eval_fail(eval, item->target, "TypeError", "InvalidArgumentType",
                         "only nodes have labels");
    if (count_labels(item->labels) > NODE_LABELS_MAX)
        return eval_fail(eval, item->target, "ArgumentError", "NumberOutOfRange",
                         "a node has at most %d labels", NODE_LABELS_MAX);
    TRY(intern_labels(symbols, &n, run, item->labels));
    status = eval_node(&node, eval, value_node_id(target));
    if (status == STATUS_NOT_FOUND)
        return gone(run, item->target);
    TRY(status);
    copy = *node;
    for (uint32_t i = 0; i < copy.n_labels; i++) {
        bool named = false;
        for (size_t k = 0; k < n; k++)
            named |= symbols[k] == copy.labels[i];
        if (!remove || !named)
            kept[n_kept++] = copy.labels[i];
    }
    for (size_t k = 0; k < n && !remove; k++)
        if (!node_has_label(&copy, symbols[k]))
            kept[n_kept++] = symbols[k];
    if (n_kept == copy.n_labels)
        return STATUS_OK;
    *(remove ? &run->stats->labels_removed : &run->stats->labels_added) +=
        remove ? copy.n_labels - n_kept : n_kept - copy.n_labels;
    TRY(node_properties(&properties, eval->scratch, eval->txn, &copy));
    TRY(value_keep(&map, eval->scratch, &properties));
    return store_node(run, &copy, kept, n_kept, &map);
}

static enum status run_set_item(struct run *run, const struct set_item *item)
{
    struct value target;

    TRY(eval_expr(&target, &run->eval, item->target));
    if (target.type == VALUE_NULL)
        return STATUS_OK;
    if (target.type != VALUE_NODE && target.type != VALUE_EDGE)
        return eval_fail(&run->eval, item->target, "TypeError", "InvalidArgumentType",
                         "expected a node or a relationship, found a %s",
                         value_type_name(target.type));
    switch (item->kind) {
    case SET_PROPERTY:
    case REMOVE_PROPERTY:
        return set_property(run, item, &target);
    case SET_REPLACE:
    case SET_MERGE:
        return set_map(run, item, &target);
    case SET_LABELS:
    case REMOVE_LABELS:
        return set_labels(run, item, &target);
    }
    return STATUS_OK;
}

static enum status run_set(struct run *run, const struct set_list *list)
{
    for (uint32_t i = 0; i < list->n; i++)
        TRY(run_set_item(run, &list->items[i]));
    return STATUS_OK;
}

/* ---- DELETE ------------------------------------------------------------------------------ */

struct deletion {
    struct arena arena;
    struct table nodes, edges;
};

static void deletion_fini(struct deletion *deletion)
{
    table_fini(&deletion->nodes);
    table_fini(&deletion->edges);
    arena_fini(&deletion->arena);
}

static enum status collect_deleted(struct deletion *deletion, struct run *run,
                                   const struct expr *expr, const struct value *value)
{
    const struct path *path;
    size_t row;
    bool added;

    switch (value->type) {
    case VALUE_NULL:
        return STATUS_OK;
    case VALUE_NODE:
        return table_add(&row, &added, &deletion->nodes, &deletion->arena, value);
    case VALUE_EDGE:
        return table_add(&row, &added, &deletion->edges, &deletion->arena, value);
    case VALUE_PATH:
        path = value->ref;
        for (uint32_t i = 0; i <= path->n_edges; i++)
            TRY(collect_deleted(deletion, run, expr, &path->nodes[i]));
        for (uint32_t i = 0; i < path->n_edges; i++)
            TRY(collect_deleted(deletion, run, expr, &path->edges[i]));
        return STATUS_OK;
    default:
        return eval_fail(&run->eval, expr, "TypeError", "InvalidArgumentType",
                         "DELETE takes nodes, relationships and paths, not a %s",
                         value_type_name(value->type));
    }
}

static enum status delete_edges(struct run *run, const struct deletion *deletion)
{
    struct eval *eval = &run->eval;

    for (size_t i = 0; i < deletion->edges.n; i++) {
        struct edge edge;
        enum status status = eval_edge(&edge, eval, deletion->edges.rows[i].ref);

        if (status == STATUS_NOT_FOUND)
            continue;
        TRY(status);
        TRY(edge_delete(eval->txn, &edge));
        eval_written(eval);
        run->stats->edges_deleted++;
    }
    return STATUS_OK;
}

static enum status delete_nodes(struct run *run, const struct deletion *deletion,
                                const struct clause *clause)
{
    struct eval *eval = &run->eval;

    for (size_t i = 0; i < deletion->nodes.n; i++) {
        uint64_t n_edges = 0;
        enum status status = node_delete(&n_edges, eval->txn,
                                         value_node_id(&deletion->nodes.rows[i]), clause->detach);

        if (status == STATUS_NOT_FOUND)
            continue;
        if (status == STATUS_CONFLICT)
            return eval_fail(eval, clause->exprs[0], "ConstraintVerificationFailed",
                             "DeleteConnectedNode",
                             "a node that still has relationships can't be deleted; use DETACH "
                             "DELETE");
        TRY(status);
        eval_written(eval);
        run->stats->nodes_deleted++;
        run->stats->edges_deleted += n_edges;
    }
    return STATUS_OK;
}

static enum status run_delete(struct run *run, const struct op *op)
{
    AUTO(deletion_fini) struct deletion deletion = { .nodes = { .width = 1 },
                                                     .edges = { .width = 1 } };
    struct op_state *state = state_of(run, op);
    const struct clause *clause = op->clause;
    struct value value;

    for (size_t row = 0; row < state->rows.n; row++) {
        memcpy(run->eval.frame, &state->rows.values[row * state->rows.width],
               state->rows.width * sizeof value);
        for (uint32_t i = 0; i < clause->n_exprs; i++) {
            TRY(eval_expr(&value, &run->eval, clause->exprs[i]));
            TRY(collect_deleted(&deletion, run, clause->exprs[i], &value));
        }
    }
    TRY(delete_edges(run, &deletion));
    return delete_nodes(run, &deletion, clause);
}

/* ---- MERGE ------------------------------------------------------------------------------- */

static enum status check_null(struct run *run, const struct expr *properties)
{
    struct value map;

    if (!properties)
        return STATUS_OK;
    TRY(eval_expr(&map, &run->eval, properties));
    for (uint32_t i = 0; map.type == VALUE_MAP && i < map.count; i++)
        if (map.pairs[i].value.type == VALUE_NULL)
            return eval_fail(&run->eval, properties, "SemanticError", "MergeReadOwnWrites",
                             "MERGE can't use null for %.*s", (int)map.pairs[i].key.size,
                             (const char *)map.pairs[i].key.data);
    return STATUS_OK;
}

static enum status check_merge(struct run *run, const struct path_pattern *path)
{
    for (uint32_t i = 0; i <= path->n_edges; i++) {
        TRY(check_null(run, path->nodes[i]->properties));
        if (path->nodes[i]->bound && run->eval.frame[path->nodes[i]->slot].type == VALUE_NULL)
            return eval_fail(&run->eval, NULL, "SemanticError", "MergeReadOwnWrites",
                             "MERGE can't use a node that is null");
    }
    for (uint32_t i = 0; i < path->n_edges; i++)
        TRY(check_null(run, path->edges[i]->properties));
    return STATUS_OK;
}

/* The frames that match, or the one with what was created. */
static enum status merge_row(struct run *run, const struct op *op, struct rows *out)
{
    const struct match_plan *plan = op->clause->plan;
    struct op_state *sink = state_of(run, plan->sink);
    struct value *frame = run->eval.frame;

    TRY(check_merge(run, op->clause->pattern->paths[0]));
    run_reset(run, plan->starts[0]);
    sink->mode = SINK_FRAMES;
    TRY(run_chain(run, plan->starts[0]));
    if (!sink->rows.n) {
        TRY(create_pattern(run, op->clause->pattern));
        TRY(run_set(run, &op->clause->on_create));
        return run_rows_add(out, run, frame);
    }
    for (size_t i = 0; i < sink->rows.n; i++) {
        memcpy(frame, &sink->rows.values[i * sink->rows.width], sink->rows.width * sizeof *frame);
        TRY(run_set(run, &op->clause->on_match));
        TRY(run_rows_add(out, run, frame));
    }
    return STATUS_OK;
}

/* ---- Clauses ----------------------------------------------------------------------------- */

static enum status write_row(struct run *run, const struct op *op, struct rows *out)
{
    switch (op->clause->kind) {
    case CLAUSE_CREATE:
        TRY(create_pattern(run, op->clause->pattern));
        break;
    case CLAUSE_MERGE:
        return merge_row(run, op, out);
    case CLAUSE_SET:
        TRY(run_set(run, &op->clause->set));
        break;
    default:
        break;
    }
    return run_rows_add(out, run, run->eval.frame);
}

static enum status write_rows(struct run *run, const struct op *op, struct rows *out)
{
    struct op_state *state = state_of(run, op);
    struct arena_mark mark = arena_mark(&run->scratch);

    for (size_t row = 0; row < state->rows.n; row++) {
        TRY(limits_tick(&run->limits));
        memcpy(run->eval.frame, &state->rows.values[row * state->rows.width],
               state->rows.width * sizeof *run->eval.frame);
        TRY(write_row(run, op, out));
        arena_rewind(&run->scratch, mark);
    }
    return STATUS_OK;
}

enum status exec_write_finish(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);
    AUTO(run_rows_fini) struct rows out = { .width = n_slots(run) };
    struct arena_mark mark = arena_mark(&run->scratch);
    const struct rows *rows = &out;

    if (op->clause->kind == CLAUSE_DELETE) {
        TRY(run_delete(run, op));
        rows = &state->rows;
    } else {
        TRY(write_rows(run, op, &out));
    }
    for (size_t row = 0; row < rows->n; row++) {
        enum status status;

        memcpy(run->eval.frame, &rows->values[row * rows->width],
               rows->width * sizeof *run->eval.frame);
        status = run_pass_rewind(run, op, mark);
        if (status == STATUS_END)
            break;
        TRY(status);
    }
    return STATUS_OK;
}
