/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of a load: keys, ends, edge keys, and closings. */

#include <assert.h>

#include "base/emit.h"
#include "graph/catalog.h"
#include "graph/load_private.h"

/* ---- Keys and properties ---- */

static enum status space_add(struct load_space *space, uint32_t label)
{
    for (uint32_t i = 0; i < space->n_labels; i++)
        if (space->labels[i] == label)
            return STATUS_OK;
    if (space->n_labels == SPACE_LABELS_MAX)
        return fail(STATUS_INVALID, "the nodes of ID space \"%.*s\" have more than %d key labels",
                    (int)space->name.size, (const char *)space->name.data, SPACE_LABELS_MAX);
    space->labels[space->n_labels++] = label;
    return STATUS_OK;
}

/* Puts a property in its place where the row has none of the name. */
static void add_property(struct value_pair *pairs, size_t *n, struct slice name,
                         struct value value)
{
    size_t place = *n;

    while (place && slice_compare(pairs[place - 1].key, name) > 0)
        place--;
    if (place && slice_equal(pairs[place - 1].key, name))
        return;
    memmove(&pairs[place + 1], &pairs[place], (*n - place) * sizeof *pairs);
    pairs[place] = (struct value_pair){ name, value };
    (*n)++;
}

static struct value map_of(const struct value_pair *pairs, size_t n)
{
    return (struct value){ .type = VALUE_MAP, .count = (uint32_t)n, .pairs = pairs };
}

static enum status normalise(struct buf *out, bool *valid, const struct load *load, uint32_t label,
                             struct slice raw)
{
    TRY(schema_normalise(out, valid, load->schema, label, raw));
    return out->size ? STATUS_OK : fail(STATUS_INVALID, "the key is empty");
}

/* What a normalised key is looked up by. */
static struct bulk_key key_of(const struct load *load, uint32_t label, struct slice text)
{
    return load->bulk ? bulk_key(load->bulk, label, text)
                      : (struct bulk_key){ .label = label, .text = text };
}

bool load_make_ready(struct load_key *key, struct buf *text, const struct load *load,
                     uint32_t label, struct slice raw)
{
    *key = (struct load_key){ 0 };
    if (schema_normalise(text, &key->valid, load->schema, label, raw) != STATUS_OK || !text->size)
        return false;
    key->key = key_of(load, label, buf_slice(text));
    return true;
}

void load_hint(const struct load *load, const struct load_key *key)
{
    if (key->key.label && load->bulk)
        bulk_hint(load->bulk, &key->key);
}

uint32_t load_space_label(const struct load_space *space)
{
    return space && space->n_labels ? space->labels[0] : 0;
}

/* The key that was made ready, or made now. */
static enum status take_key(struct load_key *key, struct buf *out, const struct load *load,
                            uint32_t label, const struct load_end *end)
{
    if (end->ready && end->ready->key.label == label) {
        *key = *end->ready;
        return STATUS_OK;
    }
    TRY(normalise(out, &key->valid, load, label, end->key));
    key->key = key_of(load, label, buf_slice(out));
    return STATUS_OK;
}

static enum status put_node(struct load *load, const struct node_input *input,
                            const struct bulk_key *key)
{
    enum change change;
    struct node_id id;

    if (load->bulk)
        return bulk_node(&id, load->bulk, input, key);
    TRY(node_upsert(&id, &change, load->txn, input));
    load->result.nodes += change == CHANGE_ADDED;
    load->result.nodes_changed += change == CHANGE_CHANGED;
    return STATUS_OK;
}

enum status load_node_row(struct load *load, const struct load_node *row)
{
    size_t n = row->n_properties;
    struct node_input input = { .labels = row->labels->symbols, .n_labels = row->labels->n,
                                .key_label = row->labels->key,
                                .valid_from_us = row->valid_from_us,
                                .observed_us = row->observed_us };
    const struct load_end self = { .key = row->key, .ready = row->ready };
    struct load_key key;

    TRY(take_key(&key, &load->key, load, row->labels->key, &self));
    input.key = key.key.text;
    if (row->space)
        TRY(space_add(row->space, row->labels->key));
    if (!key.valid)
        add_property(row->properties, &n, SLICE("key_valid"), value_bool(false));
    if (load->source_name.size)
        add_property(row->properties, &n, SLICE("source"), value_text(load->source_name));
    input.properties = map_of(row->properties, n);
    return put_node(load, &input, &key.key);
}

static enum status find_node(struct node_id *id, struct load *load, const struct bulk_key *key)
{
    bool live;

    if (load->bulk)
        return bulk_find(id, load->bulk, key);
    TRY(node_find(id, load->txn, key->label, key->text));
    TRY(node_is_live(&live, load->txn, *id));
    return live ? STATUS_OK : STATUS_NOT_FOUND;
}

static enum status find_by_label(struct node_id *id, struct load *load, uint32_t label,
                                 const struct load_end *end)
{
    struct load_key key;

    TRY(take_key(&key, &load->other_key, load, label, end));
    return find_node(id, load, &key.key);
}

/* The one node that has the key under one of the labels: which of several is not guessed. */
static enum status find_by_labels(struct node_id *id, struct load *load,
                                  const struct load_end *end, const uint32_t *labels, uint32_t n)
{
    enum status status = STATUS_NOT_FOUND;

    for (uint32_t i = 0; i < n; i++) {
        struct node_id found;
        enum status one = find_by_label(&found, load, labels[i], end);

        if (one == STATUS_NOT_FOUND)
            continue;
        TRY(one);
        if (status == STATUS_OK)
            return fail(STATUS_INVALID, "several nodes with other labels have the key \"%.*s\": "
                        "give the ID spaces of each label a name, as in :ID(Person)",
                        (int)(end->key.size < 80 ? end->key.size : 80),
                        (const char *)end->key.data);
        *id = found;
        status = STATUS_OK;
    }
    return status;
}

/* By the labels of its space: first those that the schema lets the edge's type have there. */
static enum status find_by_space(struct node_id *id, struct load *load, const struct load_end *end,
                                 const uint32_t *labels)
{
    const struct load_space *space = end->space;
    uint32_t fit[SPACE_LABELS_MAX], n = 0;
    enum status status = STATUS_NOT_FOUND;

    for (uint32_t i = 0; labels && i < space->n_labels; i++) {
        const uint32_t *at = labels;

        while (*at && *at != space->labels[i])
            at++;
        if (*at)
            fit[n++] = *at;
    }
    if (n && n < space->n_labels)
        status = find_by_labels(id, load, end, fit, n);
    return status == STATUS_NOT_FOUND
               ? find_by_labels(id, load, end, space->labels, space->n_labels)
               : status;
}

/* Labels that an end may have where its space was filled by no file of this load. */
static enum status find_by_schema(struct node_id *id, struct load *load, const struct load_end *end,
                                  const uint32_t *labels)
{
    uint32_t label = catalog_find(graph_catalog(load->graph), end->space->name), n = 0;
    enum status status = STATUS_NOT_FOUND;

    if (label)
        status = find_by_label(id, load, label, end);
    while (labels && labels[n])
        n++;
    return status == STATUS_NOT_FOUND ? find_by_labels(id, load, end, labels, n) : status;
}

static enum status find_end(struct node_id *id, struct load *load, const struct load_end *end,
                            const uint32_t *labels, const char *which)
{
    enum status status = STATUS_NOT_FOUND;
    struct slice name;

    if (end->label)
        status = find_by_label(id, load, end->label, end);
    else
        status = find_by_space(id, load, end, labels);
    if (status == STATUS_NOT_FOUND && !end->label && !end->space->n_labels)
        status = find_by_schema(id, load, end, labels);
    if (status == STATUS_INVALID)
        return fail_context(status, "%s", which);
    if (status != STATUS_NOT_FOUND)
        return status;
    name = end->label ? catalog_name(graph_catalog(load->graph), end->label) : end->space->name;
    return fail(STATUS_INVALID, "%s: there is no %.*s%s\"%.*s\"; its node must come before "
                "the edge", which, (int)name.size, (const char *)name.data,
                name.size ? " " : "node ",
                (int)(end->key.size < 80 ? end->key.size : 80), (const char *)end->key.data);
}

/* The key that the schema's identity properties make: their values as a JSON list. */
static enum status identity_key(struct load *load, const struct schema_type *type,
                                const struct value *properties)
{
    struct emit emit = emit_start(&load->edge_key);
    struct catalog *catalog = graph_catalog(load->graph);

    buf_clear(&load->edge_key);
    emit_list(&emit);
    for (uint32_t i = 0; i < type->n_identity; i++) {
        const struct value *value =
            value_find(properties, catalog_name(catalog, type->identity[i]));

        if (value)
            emit_value(&emit, value);
        else
            emit_null(&emit);
    }
    emit_end(&emit);
    return emit_finish(&emit);
}

static enum status put_edge(struct load *load, const struct edge_input *input)
{
    enum change change;
    struct edge_id id;

    if (load->bulk)
        return bulk_edge(load->bulk, input);
    TRY(edge_upsert(&id, &change, load->txn, input));
    load->result.edges += change == CHANGE_ADDED;
    load->result.edges_changed += change == CHANGE_CHANGED;
    return STATUS_OK;
}

static enum status check_interval(const struct load_edge *row)
{
    if (row->valid_to_us >= row->valid_from_us)
        return STATUS_OK;
    return fail(STATUS_INVALID, "valid_to lies before valid_from");
}

static enum status find_ends(struct edge_input *input, struct load *load,
                             const struct load_edge *row)
{
    const struct schema_type *type = schema_type_of(load->schema, row->type);

    input->type = row->type;
    TRY(find_end(&input->from, load, &row->from, type ? type->from : NULL, "from"));
    return find_end(&input->to, load, &row->to, type ? type->to : NULL, "to");
}

enum status load_edge_row(struct load *load, const struct load_edge *row)
{
    const struct schema_type *type = schema_type_of(load->schema, row->type);
    struct edge_input input = { .has_key = row->has_key, .key = row->key,
                                .valid_from_us = row->valid_from_us,
                                .valid_to_us = row->valid_to_us,
                                .observed_us = row->observed_us };
    size_t n = row->n_properties;

    TRY(check_interval(row));
    TRY(find_ends(&input, load, row));
    if (load->source_name.size)
        add_property(row->properties, &n, SLICE("source"), value_text(load->source_name));
    input.properties = map_of(row->properties, n);
    if (!row->has_key && type && type->n_identity) {
        TRY(identity_key(load, type, &input.properties));
        input.has_key = true;
        input.key = buf_slice(&load->edge_key);
    }
    return put_edge(load, &input);
}

/* ---- Closing ---- */

/* An open edge that a close speaks of, kept past the walk that met it. */
struct match {
    struct edge edge;
    unsigned n;
};

/* Whether a met edge is one that the close speaks of; loads it where its key is asked for. */
static enum status is_match(bool *is, struct load *load, struct edge *edge,
                            const struct edge_input *input)
{
    *is = edge->to.value == input->to.value && (!input->has_key || edge->has_key);
    if (!*is)
        return STATUS_OK;
    if (!input->has_key) { /* not one that ended before, or starts later */
        *is = edge_active(edge, input->valid_to_us) || edge->valid_to_us == input->valid_to_us;
        return STATUS_OK;
    }
    TRY(edge_load(edge, load->txn));
    *is = slice_equal(edge->key, input->key);
    return STATUS_OK;
}

static enum status match_edges(struct match *match, struct load *load,
                               const struct edge_input *input)
{
    const struct edge_scan scan = EDGE_SCAN(input->type, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node from;

    TRY(node_load_whenever(&from, load->txn, input->from));
    for (edge_iter_start(&it, load->txn, &from, &scan); edge_iter_next(&it);) {
        bool is;

        TRY(is_match(&is, load, &it.edge, input));
        if (is)
            match->edge = it.edge;
        match->n += is;
    }
    return it.status;
}

enum status load_close_row(struct load *load, const struct load_edge *row)
{
    struct edge_input input = { .has_key = row->has_key, .key = row->key,
                                .valid_to_us = row->valid_to_us };
    struct match match = { 0 };

    assert(load->txn);
    TRY(find_ends(&input, load, row));
    TRY(match_edges(&match, load, &input));
    if (!match.n)
        return fail(STATUS_INVALID, "no open edge has this type, from, to and edge_key; it must "
                    "come before its close");
    if (match.n > 1)
        return fail(STATUS_INVALID, "%u open edges match: name one by edge_key", match.n);
    if (match.edge.valid_to_us == row->valid_to_us)
        return STATUS_OK;
    if (row->valid_to_us < match.edge.valid_from_us)
        return fail(STATUS_INVALID, "valid_to lies before the edge's valid_from");
    TRY(edge_find(&match.edge, load->txn, input.from, input.type, match.edge.valid_from_us,
                  match.edge.id)); /* what the walk lent ended with it */
    TRY(edge_close(load->txn, &match.edge, row->valid_to_us, row->observed_us));
    load->result.edges_changed++;
    return STATUS_OK;
}
