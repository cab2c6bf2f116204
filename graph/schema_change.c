/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/schema_change.h"

#include "base/hash.h"
#include "graph/index.h"
#include "graph/private.h"

enum status graph_schema_text(struct slice *text, struct graph_txn *txn)
{
    enum status status = store_get(text, txn->store, TABLE_META, META_SCHEMA);

    if (status != STATUS_NOT_FOUND)
        return status;
    *text = (struct slice){ "", 0 };
    return STATUS_OK;
}

enum status graph_check_schema(struct graph_txn *txn)
{
    struct slice text;

    TRY(graph_schema_text(&text, txn));
    if (hash64(text, 0) == txn->graph->schema_hash)
        return STATUS_OK;
    return fail(STATUS_RESTART, "the graph was given another schema meanwhile; start again, which "
                "takes it over");
}

static bool gives_keys(const struct schema *schema, uint32_t label)
{
    const struct schema_label *declared = schema_label_of(schema, label);

    return declared && declared->keyed;
}

/* Nodes of a label that is declared no more would be no party's and no identifier's. */
static enum status label_stays(struct graph_txn *txn, const struct schema *schema,
                               const struct node *node)
{
    struct slice name = catalog_name(txn->graph->catalog, node->key_label);

    if (!gives_keys(graph_schema(txn->graph), node->key_label) ||
        gives_keys(schema, node->key_label))
        return STATUS_OK;
    return fail(STATUS_CONFLICT, "the new schema lacks the label %.*s, which gives nodes their "
                "keys (node %llu): keep it, or load the data into a new graph under that schema",
                (int)name.size, (const char *)name.data, (unsigned long long)node->id.value);
}

/* A key under which a node is stored must be the one by which it will be looked for. */
static enum status keys_stay(struct graph_txn *txn, const struct schema *schema)
{
    AUTO(node_iter_stop) struct node_iter it = { 0 };
    AUTO(buf_fini) struct buf key = { 0 };

    for (node_iter_start(&it, txn, 0); node_iter_next(&it);) {
        struct slice name;
        bool valid;

        if (!it.node.key_label)
            continue;
        TRY(label_stays(txn, schema, &it.node));
        TRY(schema_normalise(&key, &valid, schema, it.node.key_label, it.node.key));
        if (slice_equal(buf_slice(&key), it.node.key))
            continue;
        name = catalog_name(txn->graph->catalog, it.node.key_label);
        return fail(STATUS_CONFLICT, "the new schema makes keys of %.*s differently from how they "
                    "are stored (node %llu): load the data into a new graph under that schema",
                    (int)name.size, (const char *)name.data, (unsigned long long)it.node.id.value);
    }
    return it.status;
}

static enum status put_schema(struct graph_txn *txn, struct slice text)
{
    struct schema *schema = NULL;
    enum status status = schema_load(&schema, txn, text);

    if (!status)
        status = keys_stay(txn, schema);
    if (!status)
        status = index_build(txn, schema);
    schema_free(schema);
    return status ? status : store_put(txn->store, TABLE_META, META_SCHEMA, text);
}

enum status graph_set_schema(bool *changed, struct graph *graph, struct slice text)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct slice now;
    enum status status;

    TRY(graph_write(&txn, graph));
    TRY(graph_schema_text(&now, txn));
    *changed = !txn->indexed || !slice_equal(now, text);
    if (!*changed)
        return STATUS_OK;
    TRY(put_schema(txn, text));
    status = txn_commit(txn);
    txn = NULL;
    return status;
}
