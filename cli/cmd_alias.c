/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "base/text.h"
#include "cli/subject.h"
#include "graph/alias.h"
#include "graph/catalog.h"
#include "graph/schema.h"

/* A key that leads nowhere yet becomes a second one of the node, under its key label. */
static enum status add_key(struct graph_txn *txn, struct node_id id, const char *text)
{
    struct catalog *catalog = graph_catalog(txn_graph(txn));
    const char *colon = strchr(text, ':');
    uint32_t label = colon ? catalog_find(catalog, slice_of(text, (size_t)(colon - text))) : 0;
    AUTO(buf_fini) struct buf key = { 0 };
    struct node node;
    bool valid;

    TRY(node_load_whenever(&node, txn, id));
    if (!node.key_label)
        return fail(STATUS_INVALID, "the node has no natural key, so it can't have a second one");
    if (label && label != node.key_label)
        return fail(STATUS_INVALID, "%s has another label than the node it should lead to", text);
    TRY(schema_normalise(&key, &valid, graph_schema(txn_graph(txn)), node.key_label,
                         slice_str(label ? colon + 1 : text)));
    if (!key.size)
        return fail(STATUS_INVALID, "the key \"%s\" is empty", text);
    return node_alias(txn, id, node.key_label, buf_slice(&key));
}

static enum status join(struct alias_result *result, struct graph_txn *txn, const char *first,
                        const char *second)
{
    struct node_id id, other;
    enum status status;

    TRY(subject_find(&id, txn, first));
    TRY(subject_check_live(txn, id, first));
    status = subject_find(&other, txn, second);
    if (status == STATUS_NOT_FOUND)
        return add_key(txn, id, second);
    TRY(status);
    TRY(subject_check_live(txn, other, second));
    return alias_merge(result, txn, id, other);
}

static enum status alias_run(struct cli *cli, const void *options)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct alias_result result = { 0 };
    enum status status;

    (void)options;
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_write(&txn, graph));
    TRY(join(&result, txn, cli->operands[0], cli->operands[1]));
    status = txn_commit(txn);
    txn = NULL;
    TRY(status);
    if (result.merged)
        log_note("two nodes became one: %llu edge%s went over, %llu between the two ended",
                 (unsigned long long)result.edges_moved, text_s(result.edges_moved),
                 (unsigned long long)result.edges_between);
    return STATUS_OK;
}

const struct command command_alias = {
    .name = "alias",
    .usage = "A B",
    .summary = "make two keys one party",
    .details =
        "B leads to the node of A from now on: a customer number to the enterprise with the\n"
        "credit code. Where B has a node of its own, its labels, edges and the properties\n"
        "that A lacks go over to A, and it ends. Asked about a time before (--known-at), B\n"
        "still leads to its own node as it was then.",
    .min_operands = 2,
    .max_operands = 2,
    .run = alias_run,
};
