/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "cli/subject.h"
#include "graph/catalog.h"
#include "graph/class.h"
#include "graph/schema.h"

static enum status change(struct cli *cli, const char *subject, const char *class_name)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct node_id id;
    bool changed;
    enum status status;

    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_write(&txn, graph));
    TRY(subject_find(&id, txn, subject));
    TRY(subject_check_live(txn, id, subject));
    TRY(class_set(&changed, txn, id, slice_str(class_name)));
    if (!changed) {
        log_note("nothing changed");
        return STATUS_OK;
    }
    if (*class_name && !schema_class_of(graph_schema(graph), slice_str(class_name)))
        log_note("the schema gives the class %s no caps: those of its kind hold", class_name);
    status = txn_commit(txn);
    txn = NULL;
    return status;
}

static enum status class_set_run(struct cli *cli, const void *options)
{
    (void)options;
    if (!cli->operands[1][0])
        return fail(STATUS_USAGE, "the class is empty; class end takes one away");
    return change(cli, cli->operands[0], cli->operands[1]);
}

static enum status class_end_run(struct cli *cli, const void *options)
{
    (void)options;
    return change(cli, cli->operands[0], "");
}

/* The caps that hold: the class's, or those of the kind of its label. */
static void find_caps(struct value caps[2], const struct schema *schema, const struct node *node,
                      struct slice class_name)
{
    const struct schema_class *declared = schema_class_of(schema, class_name);

    caps[0] = caps[1] = value_null();
    for (size_t i = 0; i < schema->n_kinds; i++)
        if (schema->kinds[i].label == node->key_label) {
            caps[0] = value_int(schema->kinds[i].candidate_cap);
            caps[1] = value_int(schema->kinds[i].evidence_cap);
        }
    if (declared) {
        caps[0] = value_int(declared->candidate_cap);
        caps[1] = value_int(declared->evidence_cap);
    }
}

static enum status list_node(struct cli *cli, struct graph_txn *txn, const struct node *node,
                             uint32_t symbol)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value cells[4], found;
    enum status status = node_property(&found, &arena, node, symbol);

    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && found.type != VALUE_STRING))
        return STATUS_OK;
    TRY(status);
    TRY(subject_cell(&cells[0], &arena, &cli->output, txn, node->id));
    cells[1] = found;
    find_caps(&cells[2], graph_schema(txn_graph(txn)), node, value_slice(&found));
    return output_row(&cli->output, cells);
}

static enum status class_list_run(struct cli *cli, const void *options)
{
    static const struct column columns[] = {
        { "subject", 0 }, { "class", 0 },
        { "candidate_cap", COLUMN_RIGHT }, { "evidence_cap", COLUMN_RIGHT },
    };
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(node_iter_stop) struct node_iter it = { 0 };
    uint32_t symbol;

    (void)options;
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_read(&txn, graph, NULL));
    symbol = catalog_find(graph_catalog(graph), SLICE(CLASS_PROPERTY));
    TRY(output_start(&cli->output, columns, sizeof columns / sizeof *columns));
    for (node_iter_start(&it, txn, 0); symbol && node_iter_next(&it);)
        TRY(list_node(cli, txn, &it.node, symbol));
    TRY(it.status);
    return output_finish(&cli->output);
}

const struct command command_class_set = {
    .name = "class set",
    .usage = "KEY CLASS",
    .summary = "say what an identifier or enterprise is: incubator, bank_branch, ...",
    .details = "A class has caps of its own in the schema: one with caps of 0 links nobody and\n"
               "fires nothing but bursts. Classes take effect with the next retag or screening.",
    .min_operands = 2,
    .max_operands = 2,
    .run = class_set_run,
};

const struct command command_class_end = {
    .name = "class end",
    .usage = "KEY",
    .summary = "take a class away",
    .min_operands = 1,
    .max_operands = 1,
    .run = class_end_run,
};

const struct command command_class_list = {
    .name = "class list",
    .usage = "",
    .summary = "list what has a class, and the caps that hold",
    .run = class_list_run,
};
