/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/subject.h"

#include "base/make.h"
#include "graph/catalog.h"
#include "graph/history.h"
#include "graph/schema.h"

/* Looks under one label, the key normalised by its rule. */
static enum status find_under(struct node_id *id, struct graph_txn *txn, uint32_t label,
                              struct slice raw)
{
    const struct schema *schema = graph_schema(txn_graph(txn));
    AUTO(buf_fini) struct buf key = { 0 };
    bool valid;

    if (schema_label_of(schema, label)) {
        TRY(schema_normalise(&key, &valid, schema, label, raw));
        raw = buf_slice(&key);
    }
    return raw.size ? node_find(id, txn, label, raw) : STATUS_NOT_FOUND;
}

static enum status add_under(struct node_id *ids, size_t *n, struct graph_txn *txn, uint32_t label,
                             struct slice raw)
{
    struct node_id id;
    enum status status = find_under(&id, txn, label, raw);

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (size_t i = 0; i < *n; i++)
        if (ids[i].value == id.value)
            return STATUS_OK;
    if (*n < SUBJECTS_MAX)
        ids[(*n)++] = id;
    return STATUS_OK;
}

enum status subject_find_all(struct node_id ids[SUBJECTS_MAX], size_t *n, struct graph_txn *txn,
                             const char *text)
{
    struct catalog *catalog = graph_catalog(txn_graph(txn));
    const char *colon = strchr(text, ':');
    uint32_t named = colon ? catalog_find(catalog, slice_of(text, (size_t)(colon - text))) : 0;

    *n = 0;
    if (named)
        TRY(add_under(ids, n, txn, named, slice_str(colon + 1)));
    if (!*n)
        for (uint32_t label = 1; label <= catalog_size(catalog); label++)
            TRY(add_under(ids, n, txn, label, slice_str(text)));
    if (!*n)
        return fail(STATUS_NOT_FOUND, "nobody and nothing has the key \"%s\"%s", text,
                    !colon ? "; a label may stand before it, as in Enterprise:KEY"
                    : named ? "; without the label, the key is looked for under all"
                            : "; what stands before the colon is no label: `ringfence stats` "
                              "lists those in use");
    return STATUS_OK;
}

/* The label that has the key, else the first one, else the empty slice. */
static struct slice label_of(struct graph_txn *txn, const struct node *node)
{
    uint32_t label = node->key_label ? node->key_label : node->n_labels ? node->labels[0] : 0;

    return catalog_name(graph_catalog(txn_graph(txn)), label);
}

static enum status several(struct graph_txn *txn, const struct node_id *ids, size_t n,
                           const char *text)
{
    AUTO(buf_fini) struct buf list = { 0 };
    const char *names;

    for (size_t i = 0; i < n; i++) {
        struct node node;
        struct slice label;

        TRY(node_load_whenever(&node, txn, ids[i]));
        label = label_of(txn, &node);
        TRY(buf_printf(&list, "%s%.*s:%s", i ? ", " : "", (int)label.size,
                       (const char *)label.data, text));
    }
    TRY(buf_string(&names, &list));
    return fail(STATUS_USAGE, "\"%s\" is the key of several nodes; say which: %s", text, names);
}

enum status subject_find(struct node_id *id, struct graph_txn *txn, const char *text)
{
    struct node_id ids[SUBJECTS_MAX];
    size_t n;

    TRY(subject_find_all(ids, &n, txn, text));
    if (n > 1)
        return several(txn, ids, n, text);
    *id = ids[0];
    return STATUS_OK;
}

enum status subject_check_live(struct graph_txn *txn, struct node_id id, const char *text)
{
    bool live;

    TRY(node_is_live(&live, txn, id));
    if (live)
        return STATUS_OK;
    return fail(STATUS_NOT_FOUND, "\"%s\" was deleted; an event or import that names it brings it "
                "back", text);
}

/* A reader of the moment before the node was deleted. */
static enum status read_before_end(struct graph_txn **out, struct graph_txn *txn,
                                   struct node_id id)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct moment before = { .as_of_us = TIME_MAX };
    struct history_version *versions;
    size_t n;

    TRY(history_load(&versions, &n, &arena, txn, id));
    if (!n || !versions[n - 1].deleted)
        return STATUS_NOT_FOUND;
    before.known_at_us = versions[n - 1].since_us - 1;
    return graph_read(out, txn_graph(txn), &before);
}

enum status subject_load(struct node *out, struct graph_txn **before, struct graph_txn *txn,
                         struct node_id id)
{
    enum status status = node_load_whenever(out, txn, id);

    if (status != STATUS_NOT_FOUND)
        return status;
    TRY(read_before_end(before, txn, id));
    return node_load(out, *before, id);
}

/* Label and key, copied into the arena: what was loaded is lent for a moment only. */
static enum status load_name(struct value *label, struct value *key, struct arena *arena,
                             struct graph_txn *txn, struct node_id id)
{
    AUTO(txn_endp) struct graph_txn *before = NULL;
    struct node node;
    enum status status = subject_load(&node, &before, txn, id);

    if (status == STATUS_NOT_FOUND) { /* nothing of it is kept */
        *label = value_text(SLICE("node"));
        return make_printf(key, arena, "%llu", (unsigned long long)id.value);
    }
    TRY(status);
    TRY(make_text(label, arena, label_of(txn, &node)));
    return make_text(key, arena, node.key);
}

enum status subject_value(struct value *out, struct arena *arena, struct graph_txn *txn,
                          struct node_id id)
{
    struct value_pair pairs[2] = { { .key = SLICE("key") }, { .key = SLICE("label") } };

    TRY(load_name(&pairs[1].value, &pairs[0].value, arena, txn, id));
    return make_map(out, arena, pairs, 2);
}

enum status subject_text(struct value *out, struct arena *arena, struct graph_txn *txn,
                         struct node_id id)
{
    struct value label, key;

    TRY(load_name(&label, &key, arena, txn, id));
    return make_printf(out, arena, "%.*s %.*s", (int)label.count, label.text, (int)key.count,
                       key.text);
}

enum status subject_cell(struct value *out, struct arena *arena, const struct output *output,
                         struct graph_txn *txn, struct node_id id)
{
    if (output->format == FORMAT_TABLE || output->format == FORMAT_CSV)
        return subject_text(out, arena, txn, id);
    return subject_value(out, arena, txn, id);
}
