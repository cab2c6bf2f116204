/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/past.h"

#include <stdlib.h>

#include "base/emit.h"
#include "graph/catalog.h"
#include "graph/edge.h"
#include "screening/request.h"

static const char *const outcome_names[] = {
    [PAST_UNKNOWN] = NULL, [PAST_GOOD] = "good", [PAST_OVERDUE] = "overdue",
    [PAST_FRAUD] = "fraud",
};

const char *past_outcome_name(enum past_outcome outcome)
{
    return outcome_names[outcome];
}

void past_list_fini(struct past_list *list)
{
    free(list->items);
    *list = (struct past_list){ 0 };
}

/* ---- the list ------------------------------------------------------------------------------ */

/* A reader of one node's properties by name. */
struct reader {
    struct graph_txn *txn;
    struct arena arena;
};

static void reader_fini(struct reader *reader)
{
    arena_fini(&reader->arena);
}

/* Null where the node does not have it. */
static enum status property(struct value *out, struct reader *reader, const struct node *node,
                            const char *name)
{
    uint32_t symbol = catalog_find(graph_catalog(txn_graph(reader->txn)), slice_str(name));
    enum status status = STATUS_NOT_FOUND;

    if (symbol)
        status = node_property(out, &reader->arena, node, symbol);
    if (status == STATUS_NOT_FOUND)
        *out = value_null();
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum past_outcome outcome_of(const struct value *value)
{
    for (enum past_outcome i = PAST_GOOD; i <= PAST_FRAUD; i++)
        if (value->type == VALUE_STRING &&
            slice_equal(value_slice(value), slice_str(outcome_names[i])))
            return i;
    return PAST_UNKNOWN;
}

/* Its applied_at, else the start of the first APPLIED edge; TIME_MIN where neither is there. */
static enum status moment_of(int64_t *at_us, struct reader *reader, const struct node *node)
{
    struct edge_scan scan = EDGE_SCAN(
        catalog_find(graph_catalog(txn_graph(reader->txn)), SLICE("APPLIED")), DIRECTION_IN);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct value value;

    TRY(property(&value, reader, node, "applied_at"));
    if (value_as_us(at_us, &value) ||
        (value.type == VALUE_STRING && time_parse(at_us, value_slice(&value)) == STATUS_OK))
        return STATUS_OK;
    *at_us = TIME_MIN;
    if (!scan.type)
        return STATUS_OK;
    edge_iter_start(&it, reader->txn, node, &scan);
    while (*at_us == TIME_MIN && edge_iter_next(&it)) /* those without a date come first */
        *at_us = it.edge.valid_from_us;
    return it.status;
}

static enum status add_past(struct past_list *list, struct reader *reader,
                            const struct node *node, int64_t since_us, int64_t until_us)
{
    struct past past = { .id = node->id };
    struct value outcome;

    TRY(moment_of(&past.at_us, reader, node));
    if (past.at_us == TIME_MIN) {
        list->n_undated++;
        return STATUS_OK;
    }
    if (past.at_us < since_us || past.at_us >= until_us)
        return STATUS_OK;
    TRY(property(&outcome, reader, node, "outcome"));
    past.outcome = outcome_of(&outcome);
    TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
    list->items[list->n++] = past;
    return STATUS_OK;
}

static int by_time(const void *a, const void *b)
{
    const struct past *x = a, *y = b;

    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    return (x->id.value > y->id.value) - (x->id.value < y->id.value);
}

enum status past_list_load(struct past_list *out, struct graph_txn *txn, int64_t since_us,
                           int64_t until_us)
{
    AUTO(past_list_fini) struct past_list list = { 0 };
    AUTO(node_iter_stop) struct node_iter it = { 0 };
    AUTO(reader_fini) struct reader reader = { .txn = txn };
    uint32_t label = catalog_find(graph_catalog(txn_graph(txn)), SLICE("Application"));

    if (label) {
        for (node_iter_start(&it, txn, label); node_iter_next(&it);) {
            TRY(add_past(&list, &reader, &it.node, since_us, until_us));
            arena_reset(&reader.arena);
        }
        TRY(it.status);
    }
    if (list.n)
        qsort(list.items, list.n, sizeof *list.items, by_time);
    *out = list;
    list = (struct past_list){ 0 };
    return STATUS_OK;
}

/* ---- one request --------------------------------------------------------------------------- */

struct rebuilt {
    struct reader now, then;
    struct emit emit;
    const struct past *past;
    struct node application;
    struct node_id enterprise; /* 0: none */
    struct node_id persons[REQUEST_PARTIES_MAX];
    size_t n_persons;
};

static void rebuilt_fini(struct rebuilt *rebuilt)
{
    reader_fini(&rebuilt->now);
    reader_fini(&rebuilt->then);
}

static uint32_t symbol_of(const struct rebuilt *rebuilt, const char *name)
{
    return catalog_find(graph_catalog(txn_graph(rebuilt->now.txn)), slice_str(name));
}

static struct slice label_of(const struct rebuilt *rebuilt, const struct node *node)
{
    return catalog_name(graph_catalog(txn_graph(rebuilt->now.txn)), node->key_label);
}

/* False, and nothing to walk, where the graph knows no such type. */
static bool walk(struct edge_iter *it, struct rebuilt *rebuilt, const struct node *node,
                 const char *type, enum direction direction)
{
    struct edge_scan scan = EDGE_SCAN(symbol_of(rebuilt, type), direction);

    if (scan.type)
        edge_iter_start(it, rebuilt->now.txn, node, &scan);
    return scan.type != 0;
}

static enum status take_applicant(struct rebuilt *rebuilt, struct node_id id)
{
    struct node node;

    TRY(node_load(&node, rebuilt->now.txn, id));
    if (slice_equal(label_of(rebuilt, &node), SLICE("Enterprise"))) {
        if (!rebuilt->enterprise.value)
            rebuilt->enterprise = id;
    } else if (rebuilt->n_persons < REQUEST_PARTIES_MAX) {
        rebuilt->persons[rebuilt->n_persons++] = id;
    }
    return STATUS_OK;
}

static enum status find_applicants(struct rebuilt *rebuilt)
{
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };

    if (!walk(&it, rebuilt, &rebuilt->application, "APPLIED", DIRECTION_IN))
        return STATUS_NOT_FOUND;
    while (edge_iter_next(&it))
        TRY(take_applicant(rebuilt, it.edge.from));
    TRY(it.status);
    return rebuilt->enterprise.value || rebuilt->n_persons ? STATUS_OK : STATUS_NOT_FOUND;
}

/* A property under the same name in the request; left out where there is none. */
static enum status write_property(struct rebuilt *rebuilt, struct reader *reader,
                                  const struct node *node, const char *name)
{
    struct value value;

    TRY(property(&value, reader, node, name));
    if (value.type == VALUE_STRING || value.type == VALUE_INT) {
        emit_key(&rebuilt->emit, name);
        emit_value(&rebuilt->emit, &value);
    }
    return STATUS_OK;
}

static enum status write_enterprise(struct rebuilt *rebuilt)
{
    struct emit *emit = &rebuilt->emit;
    struct node node;
    enum status status;

    if (!rebuilt->enterprise.value)
        return STATUS_OK;
    TRY(node_load(&node, rebuilt->now.txn, rebuilt->enterprise));
    emit_key(emit, "enterprise");
    emit_object(emit);
    emit_key(emit, "key");
    emit_slice(emit, node.key);
    TRY(write_property(rebuilt, &rebuilt->now, &rebuilt->application, "industry"));
    status = node_load(&node, rebuilt->then.txn, rebuilt->enterprise);
    if (!status)
        status = write_property(rebuilt, &rebuilt->then, &node, "enterprise_type");
    emit_end(emit);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static void write_party(struct emit *emit, struct slice key, struct slice role)
{
    emit_object(emit);
    emit_key(emit, "key");
    emit_slice(emit, key);
    if (role.size) {
        emit_key(emit, "role");
        emit_slice(emit, role);
    }
    emit_end(emit);
}

static enum status write_persons(struct rebuilt *rebuilt)
{
    struct value legal_rep;
    struct node node;

    TRY(property(&legal_rep, &rebuilt->now, &rebuilt->application, "legal_rep"));
    emit_key(&rebuilt->emit, "persons");
    emit_list(&rebuilt->emit);
    for (size_t i = 0; i < rebuilt->n_persons; i++) {
        TRY(node_load(&node, rebuilt->now.txn, rebuilt->persons[i]));
        write_party(&rebuilt->emit, node.key, SLICE(""));
    }
    /* Without an enterprise all persons are applicants; who represents is none. */
    if (rebuilt->enterprise.value && legal_rep.type == VALUE_STRING && legal_rep.count)
        write_party(&rebuilt->emit, value_slice(&legal_rep), SLICE("legal_rep"));
    emit_end(&rebuilt->emit);
    return STATUS_OK;
}

static enum status write_stated(struct rebuilt *rebuilt, struct edge *edge)
{
    uint32_t role = symbol_of(rebuilt, "role");
    struct value value = value_null();
    struct node node;
    enum status status = STATUS_OK;

    TRY(node_load(&node, rebuilt->now.txn, edge->to));
    if (role)
        status = edge_property(&value, &rebuilt->now.arena, rebuilt->now.txn, edge, role);
    if (status && status != STATUS_NOT_FOUND)
        return status;
    write_party(&rebuilt->emit, node.key,
                !status && value.type == VALUE_STRING ? value_slice(&value) : SLICE(""));
    return STATUS_OK;
}

static enum status write_list(struct rebuilt *rebuilt, const struct request_list *list)
{
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    size_t n = 0;

    if (!walk(&it, rebuilt, &rebuilt->application, list->type, DIRECTION_OUT))
        return STATUS_OK;
    emit_key(&rebuilt->emit, list->field);
    emit_list(&rebuilt->emit);
    while (n++ < REQUEST_PARTIES_MAX && edge_iter_next(&it))
        TRY(write_stated(rebuilt, &it.edge));
    emit_end(&rebuilt->emit);
    return it.status;
}

static enum status write_guarantor(struct rebuilt *rebuilt, struct edge *edge)
{
    static const char *const names[] = { "amount_minor", "currency" };
    struct emit *emit = &rebuilt->emit;
    struct node node;

    TRY(node_load(&node, rebuilt->now.txn, edge->from));
    emit_object(emit);
    emit_key(emit, "key");
    emit_slice(emit, node.key);
    emit_key(emit, "label");
    emit_slice(emit, label_of(rebuilt, &node));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint32_t symbol = symbol_of(rebuilt, names[i]);
        struct value value;
        enum status status = STATUS_NOT_FOUND;

        if (symbol)
            status = edge_property(&value, &rebuilt->now.arena, rebuilt->now.txn, edge, symbol);
        if (status && status != STATUS_NOT_FOUND)
            return status;
        if (!status) {
            emit_key(emit, names[i]);
            emit_value(emit, &value);
        }
    }
    emit_end(emit);
    return STATUS_OK;
}

/* A guarantee that was given with an application bears its number. */
static enum status write_guarantors(struct rebuilt *rebuilt)
{
    struct edge_scan scan = EDGE_SCAN(symbol_of(rebuilt, "GUARANTEES"), DIRECTION_IN);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;
    size_t n = 0;

    if (!scan.type || !rebuilt->enterprise.value)
        return STATUS_OK;
    scan.from_us = rebuilt->past->at_us;
    scan.before_us = rebuilt->past->at_us + 1;
    TRY(node_load(&node, rebuilt->now.txn, rebuilt->enterprise));
    emit_key(&rebuilt->emit, "guarantors");
    emit_list(&rebuilt->emit);
    edge_iter_start(&it, rebuilt->now.txn, &node, &scan);
    while (n < REQUEST_PARTIES_MAX && edge_iter_next(&it)) {
        TRY(edge_load(&it.edge, rebuilt->now.txn));
        if (!it.edge.has_key || !slice_equal(it.edge.key, rebuilt->application.key))
            continue;
        TRY(write_guarantor(rebuilt, &it.edge));
        n++;
    }
    emit_end(&rebuilt->emit);
    return it.status;
}

static enum status write_application(struct rebuilt *rebuilt)
{
    static const char *const names[] = { "product", "lender", "amount_minor", "currency" };
    struct emit *emit = &rebuilt->emit;

    emit_object(emit);
    emit_key(emit, "application_id");
    emit_slice(emit, rebuilt->application.key);
    emit_key(emit, "time");
    emit_time(emit, rebuilt->past->at_us);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        TRY(write_property(rebuilt, &rebuilt->now, &rebuilt->application, names[i]));
    TRY(write_enterprise(rebuilt));
    TRY(write_persons(rebuilt));
    for (const struct request_list *list = request_lists; list->field; list++)
        if (list->type)
            TRY(write_list(rebuilt, list));
    TRY(write_guarantors(rebuilt));
    emit_end(emit);
    return emit_finish(emit);
}

enum status past_request(struct buf *out, struct graph_txn *now, struct graph_txn *then,
                         const struct past *past)
{
    AUTO(rebuilt_fini) struct rebuilt rebuilt = { .now = { .txn = now }, .then = { .txn = then },
                                                  .emit = emit_start(out), .past = past };

    TRY(node_load(&rebuilt.application, now, past->id));
    TRY(find_applicants(&rebuilt));
    return write_application(&rebuilt);
}
