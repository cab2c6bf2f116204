/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CREATE: nodes, relationships, and the property maps that may be stored. */
#include "query/exec_write.h"

#include "graph/catalog.h"
#include "graph/schema.h"

#include <stdio.h>
#include <stdlib.h>

/* What a line of import and apply can hold, so that what is stored can come back from an export. */
#define STORED_BYTES_MAX (56 << 10)
#define STORED_DEPTH_MAX 14

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

/* Bytes as text, about; more than the bound where it is nested too deep. */
static uint64_t stored_size(const struct value *value, unsigned depth)
{
    uint64_t size = 0;

    if (depth > STORED_DEPTH_MAX)
        return (uint64_t)STORED_BYTES_MAX + 1;
    if (value->type == VALUE_STRING)
        return value->count;
    if (value->type != VALUE_LIST)
        return 8;
    for (uint32_t i = 0; i < value->count && size <= STORED_BYTES_MAX; i++)
        size += stored_size(&value->items[i], depth + 1);
    return size;
}

enum status write_check_stored(struct eval *eval, const struct expr *at, const struct value *value)
{
    if (!storable(value))
        return eval_fail(eval, at, "TypeError", "InvalidPropertyType",
                         "maps, nodes, relationships and paths can't be stored as a property");
    if (stored_size(value, 0) <= STORED_BYTES_MAX)
        return STATUS_OK;
    return eval_fail(eval, at, "ArgumentError", "NumberOutOfRange",
                     "a property has at most %d KiB and is nested at most %d deep",
                     STORED_BYTES_MAX >> 10, STORED_DEPTH_MAX);
}

enum status write_clean_map(struct value *out, struct eval *eval, const struct expr *at,
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
        TRY(write_check_stored(eval, at, &kept.pairs[i].value));
        pairs[n++] = kept.pairs[i];
    }
    *out = (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
    return STATUS_OK;
}

enum status write_pattern_map(struct value *out, struct eval *eval, const struct expr *properties)
{
    struct value map = { .type = VALUE_MAP };

    if (properties)
        TRY(eval_expr(&map, eval, properties));
    if (map.type == VALUE_NULL)
        map = (struct value){ .type = VALUE_MAP };
    if (map.type != VALUE_MAP)
        return eval_fail(eval, properties, "TypeError", "InvalidArgumentType",
                         "properties are a map, not a %s", value_type_name(map.type));
    return write_clean_map(out, eval, properties, &map);
}

enum status write_join_maps(struct value *out, struct eval *eval, const struct value *a,
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

struct value write_map_without(const struct value *map, struct slice key,
                                struct value_pair *pairs)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < map->count; i++)
        if (!slice_equal(map->pairs[i].key, key))
            pairs[n++] = map->pairs[i];
    return (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
}

/* ---- Creating ---------------------------------------------------------------------------- */

uint32_t write_count_labels(const struct label_expr *labels)
{
    if (!labels)
        return 0;
    return labels->kind == LABEL_NAME
               ? 1
               : write_count_labels(labels->left) + write_count_labels(labels->right);
}

enum status write_intern_labels(uint32_t *symbols, size_t *n, struct run *run,
                                 const struct label_expr *labels)
{
    uint32_t symbol;

    if (!labels)
        return STATUS_OK;
    if (labels->kind != LABEL_NAME) {
        TRY(write_intern_labels(symbols, n, run, labels->left));
        return write_intern_labels(symbols, n, run, labels->right);
    }
    TRY(catalog_intern(&symbol, run->eval.txn, labels->name));
    for (size_t i = 0; i < *n; i++)
        if (symbols[i] == symbol)
            return STATUS_OK;
    symbols[(*n)++] = symbol;
    return STATUS_OK;
}

bool write_is_keyed(const struct run *run, uint32_t label)
{
    const struct schema_label *declared =
        schema_label_of(graph_schema(txn_graph(run->eval.txn)), label);

    return declared && declared->keyed;
}

/* The one label that gives the node its key, or 0. */
static enum status key_label(struct node_input *input, struct run *run,
                             const struct node_pattern *pattern)
{
    for (size_t i = 0; i < input->n_labels; i++) {
        if (!write_is_keyed(run, input->labels[i]))
            continue;
        if (input->key_label)
            return eval_fail(&run->eval, pattern->properties, "ConstraintVerificationFailed",
                             "KeyLabel", "at most one label of a node may give its key");
        input->key_label = input->labels[i];
    }
    return STATUS_OK;
}

/* The properties without `key`, and with the flag that says that it is not what a key should be. */
static enum status keyed_properties(struct value *properties, struct run *run, bool valid)
{
    static const struct value_pair flag = { .key = { "key_valid", 9 },
                                            .value = { .type = VALUE_BOOL } };
    const struct value flags = { .type = VALUE_MAP, .count = valid ? 0 : 1, .pairs = &flag };
    struct value_pair *pairs =
        arena_array(&run->scratch, (size_t)properties->count + 1, sizeof *pairs);
    struct value rest;

    if (!pairs)
        return STATUS_NO_MEMORY;
    rest = write_map_without(properties, SLICE("key"), pairs);
    return write_join_maps(properties, &run->eval, &rest, &flags);
}

/* A label that the schema gives keys takes the node's key from the property `key`. */
static enum status natural_key(struct node_input *input, struct run *run,
                               const struct node_pattern *pattern)
{
    const struct schema *schema = graph_schema(txn_graph(run->eval.txn));
    AUTO(buf_fini) struct buf normal = { 0 };
    const struct value *key = value_find(&input->properties, SLICE("key"));
    struct node_id found;
    enum status status;
    char *copy;
    bool valid;

    TRY(key_label(input, run, pattern));
    if (!input->key_label)
        return STATUS_OK;
    if (!key || key->type != VALUE_STRING || !key->count)
        return eval_fail(&run->eval, pattern->properties, "ConstraintVerificationFailed",
                         "MissingKey", "a node with this label needs the property key, a string");
    TRY(schema_normalise(&normal, &valid, schema, input->key_label, value_slice(key)));
    copy = arena_copy(&run->scratch, buf_slice(&normal));
    if (!copy)
        return STATUS_NO_MEMORY;
    input->key = slice_of(copy, normal.size);
    TRY(keyed_properties(&input->properties, run, valid));
    status = node_find(&found, run->eval.txn, input->key_label, input->key);
    if (status == STATUS_OK)
        return eval_fail(&run->eval, pattern->properties, "ConstraintVerificationFailed",
                         "KeyExists", "there is a node with this key already");
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status create_node(struct run *run, const struct node_pattern *pattern)
{
    struct eval *eval = &run->eval;
    struct node_input input = NODE_INPUT_INIT;
    uint32_t *labels = arena_array(&run->scratch, (size_t)write_count_labels(pattern->labels) + 1,
                                   sizeof *labels);
    struct node_id id;

    if (!labels)
        return STATUS_NO_MEMORY;
    TRY(write_pattern_map(&input.properties, eval, pattern->properties));
    TRY(write_intern_labels(labels, &input.n_labels, run, pattern->labels));
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

static enum status take_time(int64_t *us, struct value *properties, struct run *run,
                             const struct edge_pattern *pattern, struct slice name)
{
    const struct value *value = value_find(properties, name);
    struct value_pair *pairs;

    if (!value)
        return STATUS_OK;
    if (!value_as_us(us, value))
        return eval_fail(&run->eval, pattern->properties, "TypeError", "InvalidPropertyType",
                         "%.*s of a relationship is a time, as in datetime('2026-11-21')",
                         (int)name.size, (const char *)name.data);
    pairs = arena_array(&run->scratch, (size_t)properties->count + 1, sizeof *pairs);
    if (!pairs)
        return STATUS_NO_MEMORY;
    *properties = write_map_without(properties, name, pairs);
    return STATUS_OK;
}

/* valid_from and valid_to among the properties are the relationship's own times. */
static enum status take_times(struct edge_input *input, struct run *run,
                              const struct edge_pattern *pattern)
{
    struct value *properties = &input->properties;

    TRY(take_time(&input->valid_from_us, properties, run, pattern, SLICE("valid_from")));
    TRY(take_time(&input->valid_to_us, properties, run, pattern, SLICE("valid_to")));
    if (input->valid_to_us >= input->valid_from_us)
        return STATUS_OK;
    return eval_fail(&run->eval, pattern->properties, "ArgumentError", "NumberOutOfRange",
                     "valid_to lies before valid_from");
}

/* What the statement itself deleted is still at hand by its name. */
static enum status check_end(struct run *run, const struct value *end)
{
    struct eval *eval = &run->eval;
    bool live;

    if (end->type != VALUE_NODE)
        return eval_fail(eval, NULL, "TypeError", "InvalidArgumentType",
                         "a relationship needs two nodes; one of them is null");
    TRY(node_is_live(&live, eval->txn, value_node_id(end)));
    return live ? STATUS_OK
                : eval_fail(eval, NULL, "EntityNotFound", "DeletedEntityAccess",
                            "a relationship needs two nodes; one of them was deleted");
}

static enum status create_edge(struct run *run, const struct edge_pattern *pattern,
                               const struct value *left, const struct value *right)
{
    bool in = pattern->direction == DIRECTION_IN;
    struct edge_input input = EDGE_INPUT_INIT;
    struct eval *eval = &run->eval;
    struct edge_id id;

    TRY(check_end(run, left));
    TRY(check_end(run, right));
    TRY(write_pattern_map(&input.properties, eval, pattern->properties));
    TRY(catalog_intern(&input.type, eval->txn, pattern->types->name));
    input.from = value_node_id(in ? right : left);
    input.to = value_node_id(in ? left : right);
    TRY(take_times(&input, run, pattern));
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

enum status write_create(struct run *run, const struct graph_pattern *pattern)
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
