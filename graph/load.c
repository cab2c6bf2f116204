/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/load.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/emit.h"
#include "base/log.h"
#include "graph/catalog.h"

#define REJECTS_SHOWN 10
#define SPACE_LABELS_MAX 16

struct load_space {
    struct load_space *next;
    struct slice name;
    uint32_t labels[SPACE_LABELS_MAX];
    uint32_t n_labels;
};

struct load {
    struct load_options options;
    struct graph *graph;
    const struct schema *schema;
    struct bulk *bulk;       /* one of these two */
    struct graph_txn *txn;
    struct load_space *spaces;
    struct arena arena;      /* spaces, and of a close */
    struct buf key, other_key, edge_key, reject_line;
    FILE *rejects;
    struct load_result result;
    struct slice source_name;
};

static struct graph_txn *txn_of(const struct load *load)
{
    return load->bulk ? bulk_txn(load->bulk) : load->txn;
}

const struct schema *load_schema(const struct load *load)
{
    return load->schema;
}

uint64_t load_rejected(const struct load *load)
{
    return load->result.rejected;
}

/* ---- Opening and finishing ---- */

static enum status open_rejects(struct load *load)
{
    const char *path = load->options.rejects;
    int fd;

    if (!path)
        return STATUS_OK;
    /* Rejected rows may name people: the file is for its owner only. */
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(path);
    load->rejects = fdopen(fd, "w");
    if (load->rejects)
        return STATUS_OK;
    close(fd);
    return fail_errno(path);
}

static enum status open_target(struct load *load)
{
    const struct bulk_options bulk = { .memory_bytes = load->options.memory_bytes,
                                       .observed_us = TIME_MIN,
                                       .progress = load->options.progress,
                                       .context = load->options.context };

    if (!load->options.txn)
        return bulk_open(&load->bulk, load->graph, &bulk);
    load->txn = load->options.txn;
    return STATUS_OK;
}

enum status load_open(struct load **out, struct graph *graph, const struct load_options *options)
{
    AUTO(load_closep) struct load *load = calloc(1, sizeof *load);

    if (!load)
        return fail_memory(sizeof *load);
    load->options = *options;
    load->graph = graph;
    load->schema = graph_schema(graph);
    load->source_name = slice_str(options->source ? options->source : "");
    TRY(open_rejects(load));
    TRY(open_target(load));
    *out = load;
    load = NULL;
    return STATUS_OK;
}

void load_close(struct load *load)
{
    if (!load)
        return;
    bulk_close(load->bulk);
    if (load->rejects)
        fclose(load->rejects);
    buf_fini(&load->key);
    buf_fini(&load->other_key);
    buf_fini(&load->edge_key);
    buf_fini(&load->reject_line);
    arena_fini(&load->arena);
    free(load);
}

void load_closep(struct load **load)
{
    load_close(*load);
}

static enum status close_rejects(struct load *load)
{
    FILE *rejects = load->rejects;

    load->rejects = NULL;
    if (rejects && (ferror(rejects) | fclose(rejects)))
        return fail_errno(load->options.rejects);
    return STATUS_OK;
}

enum status load_finish(struct load_result *result, struct load *load)
{
    struct bulk_result bulk = { 0 };

    TRY(close_rejects(load));
    *result = (struct load_result){ .rejected = load->result.rejected };
    if (load->result.rejected > load->options.max_errors)
        return fail(STATUS_INVALID,
                    "%llu rows were rejected and --max-errors allows %llu: nothing was stored; "
                    "correct them (--rejects FILE lists all) or allow more",
                    (unsigned long long)load->result.rejected,
                    (unsigned long long)load->options.max_errors);
    if (load->bulk) {
        TRY(bulk_finish(&bulk, load->bulk));
        load->result.nodes = bulk.nodes_added;
        load->result.edges = bulk.edges_added;
        load->result.nodes_changed = bulk.nodes_changed;
        load->result.edges_changed = bulk.edges_changed;
    }
    *result = load->result;
    return STATUS_OK;
}

enum status load_reject(struct load *load, const char *file, uint64_t line, const char *reason)
{
    struct emit emit = emit_start(&load->reject_line);

    if (load->result.rejected++ < REJECTS_SHOWN)
        log_warning("%s:%llu: %s", file, (unsigned long long)line, reason);
    else if (load->result.rejected == REJECTS_SHOWN + 1)
        log_warning("further rejected rows are %s",
                    load->rejects ? "in the reject file only" : "counted only; see --rejects");
    if (!load->rejects)
        return STATUS_OK;
    buf_clear(&load->reject_line);
    emit_object(&emit);
    emit_key(&emit, "file"), emit_string(&emit, file);
    emit_key(&emit, "line"), emit_uint(&emit, line);
    emit_key(&emit, "reason"), emit_string(&emit, reason);
    emit_end(&emit);
    TRY(emit_finish(&emit));
    TRY(buf_append_byte(&load->reject_line, '\n'));
    if (fwrite(load->reject_line.data, load->reject_line.size, 1, load->rejects) != 1)
        return fail_errno(load->options.rejects);
    return STATUS_OK;
}

/* ---- Labels, types, spaces ---- */

enum status load_space_find(struct load_space **out, struct load *load, struct slice name)
{
    struct load_space *space = load->spaces;

    while (space && !slice_equal(space->name, name))
        space = space->next;
    if (!space) {
        space = arena_new(&load->arena, struct load_space);
        if (!space)
            return STATUS_NO_MEMORY;
        space->name = slice_of(arena_copy(&load->arena, name), name.size);
        if (!space->name.data)
            return STATUS_NO_MEMORY;
        space->next = load->spaces;
        load->spaces = space;
    }
    *out = space;
    return STATUS_OK;
}

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

/* The symbol of a label or type, which is added and reported where the schema lacks it. */
static enum status intern(uint32_t *symbol, struct load *load, struct slice name, const char *what)
{
    struct catalog *catalog = graph_catalog(load->graph);
    bool declared;

    *symbol = catalog_find(catalog, name);
    declared = *symbol && (what[0] == 'l' ? schema_label_of(load->schema, *symbol) != NULL
                                          : schema_type_of(load->schema, *symbol) != NULL);
    if (declared)
        return STATUS_OK;
    if (load->options.strict)
        return fail(STATUS_INVALID, "the schema has no %s %.*s, and --strict-schema refuses others",
                    what, (int)name.size, (const char *)name.data);
    if (*symbol)
        return STATUS_OK;
    TRY(catalog_intern(symbol, txn_of(load), name));
    if (!load->schema->open)
        log_note("%s %.*s is not in the schema: added", what, (int)name.size,
                 (const char *)name.data);
    return STATUS_OK;
}

enum status load_type_of(uint32_t *type, struct load *load, struct slice name)
{
    if (!name.size)
        return fail(STATUS_INVALID, "the edge type is empty");
    return intern(type, load, name, "type");
}

static bool is_keyed(const struct load *load, uint32_t label)
{
    const struct schema_label *declared = schema_label_of(load->schema, label);

    return declared && declared->keyed;
}

static enum status choose_key(struct load_labels *labels, const struct load *load,
                              struct slice text)
{
    uint32_t undeclared = 0;

    labels->key = 0;
    for (uint32_t i = 0; i < labels->n; i++) {
        if (!is_keyed(load, labels->symbols[i])) {
            if (!undeclared && !schema_label_of(load->schema, labels->symbols[i]))
                undeclared = labels->symbols[i];
            continue;
        }
        if (labels->key)
            return fail(STATUS_INVALID, "labels \"%.*s\": at most one may give the key",
                        (int)text.size, (const char *)text.data);
        labels->key = labels->symbols[i];
    }
    if (!labels->key)
        labels->key = undeclared ? undeclared : labels->symbols[0];
    return STATUS_OK;
}

enum status load_labels_of(struct load_labels *out, struct load *load, struct slice text)
{
    const char *at = text.data, *end = at + text.size;
    struct load_labels labels = { .n = 0 };

    while (at < end) {
        const char *stop = memchr(at, ';', (size_t)(end - at));

        stop = stop ? stop : end;
        if (labels.n == NODE_LABELS_MAX)
            return fail(STATUS_INVALID, "more than %d labels", NODE_LABELS_MAX);
        if (stop > at)
            TRY(intern(&labels.symbols[labels.n++], load, slice_of(at, (size_t)(stop - at)),
                       "label"));
        at = stop < end ? stop + 1 : end;
    }
    if (!labels.n)
        return fail(STATUS_INVALID, "the node has no label");
    TRY(choose_key(&labels, load, text));
    *out = labels;
    return STATUS_OK;
}

/* ---- Rows ---- */

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

void load_make_ready(struct load_key *key, struct buf *text, struct load *load, uint32_t label,
                     struct slice raw)
{
    *key = (struct load_key){ 0 };
    if (!label || schema_normalise(text, &key->valid, load->schema, label, raw) != STATUS_OK ||
        !text->size)
        return;
    key->label = label;
    key->text = buf_slice(text);
    if (load->bulk)
        bulk_hint(load->bulk, label, key->text);
}

uint32_t load_space_label(const struct load_space *space)
{
    return space && space->n_labels ? space->labels[0] : 0;
}

/* The key that was made ready, or made now. */
static enum status take_key(struct slice *key, bool *valid, struct buf *out,
                            const struct load *load, uint32_t label, struct slice raw,
                            const struct load_key *ready)
{
    if (ready && ready->label == label) {
        *key = ready->text;
        *valid = ready->valid;
        return STATUS_OK;
    }
    TRY(normalise(out, valid, load, label, raw));
    *key = buf_slice(out);
    return STATUS_OK;
}

static enum status put_node(struct load *load, const struct node_input *input)
{
    enum change change;
    struct node_id id;

    if (load->bulk)
        return bulk_node(&id, load->bulk, input);
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
    bool valid;

    TRY(take_key(&input.key, &valid, &load->key, load, row->labels->key, row->key, row->ready));
    if (row->space)
        TRY(space_add(row->space, row->labels->key));
    if (!valid)
        add_property(row->properties, &n, SLICE("key_valid"), value_bool(false));
    if (load->source_name.size)
        add_property(row->properties, &n, SLICE("source"), value_text(load->source_name));
    input.properties = map_of(row->properties, n);
    return put_node(load, &input);
}

static enum status find_node(struct node_id *id, struct load *load, uint32_t label,
                             struct slice key)
{
    return load->bulk ? bulk_find(id, load->bulk, label, key)
                      : node_find(id, load->txn, label, key);
}

static enum status find_by_label(struct node_id *id, struct load *load, uint32_t label,
                                 const struct load_end *end)
{
    struct slice key;
    bool valid;

    TRY(take_key(&key, &valid, &load->other_key, load, label, end->key, end->ready));
    return find_node(id, load, label, key);
}

/* Labels that an end may have where its space was filled by no file of this load. */
static enum status find_by_schema(struct node_id *id, struct load *load, const struct load_end *end,
                                  const uint32_t *labels)
{
    uint32_t label = catalog_find(graph_catalog(load->graph), end->space->name);
    enum status status = STATUS_NOT_FOUND;

    if (label)
        status = find_by_label(id, load, label, end);
    for (; status == STATUS_NOT_FOUND && labels && *labels; labels++)
        status = find_by_label(id, load, *labels, end);
    return status;
}

static enum status find_end(struct node_id *id, struct load *load, const struct load_end *end,
                            const uint32_t *labels, const char *which)
{
    enum status status = STATUS_NOT_FOUND;
    struct slice name;

    if (end->label)
        status = find_by_label(id, load, end->label, end);
    for (uint32_t i = 0; !end->label && status == STATUS_NOT_FOUND && i < end->space->n_labels;
         i++)
        status = find_by_label(id, load, end->space->labels[i], end);
    if (status == STATUS_NOT_FOUND && !end->label && !end->space->n_labels)
        status = find_by_schema(id, load, end, labels);
    if (status == STATUS_INVALID)
        return fail_context(status, "%s", which);
    if (status != STATUS_NOT_FOUND)
        return status;
    name = end->label ? catalog_name(graph_catalog(load->graph), end->label) : end->space->name;
    return fail(STATUS_INVALID, "%s: there is no %.*s%s\"%.*s\"", which, (int)name.size,
                (const char *)name.data, name.size ? " " : "node ",
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

static enum status match_edges(struct match *match, struct load *load,
                               const struct edge_input *input, int64_t valid_to_us)
{
    const struct edge_scan scan = EDGE_SCAN(input->type, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node from;

    TRY(node_load(&from, load->txn, input->from));
    for (edge_iter_start(&it, load->txn, &from, &scan); edge_iter_next(&it);) {
        if (it.edge.to.value != input->to.value || (input->has_key && !it.edge.has_key))
            continue;
        if (input->has_key) {
            TRY(edge_load(&it.edge, load->txn));
            if (!slice_equal(it.edge.key, input->key))
                continue;
        } else if (!edge_active(&it.edge, valid_to_us) && it.edge.valid_to_us != valid_to_us) {
            continue; /* ended before, or starts later */
        }
        match->edge = it.edge;
        match->n++;
    }
    return it.status;
}

enum status load_close_row(struct load *load, const struct load_edge *row)
{
    struct edge_input input = { .has_key = row->has_key, .key = row->key };
    struct match match = { 0 };

    assert(load->txn);
    TRY(find_ends(&input, load, row));
    TRY(match_edges(&match, load, &input, row->valid_to_us));
    if (!match.n)
        return fail(STATUS_INVALID, "there is no such edge to close");
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
