/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/record.h"

#include <string.h>

#include "graph/ahead.h"
#include "graph/catalog.h"
#include "graph/edge.h"

static const char applied[] = "APPLIED";
static const char guarantees[] = "GUARANTEES";

/* Of the edge from an application to an identifier with this label. */
static const char *stated_type(struct slice label)
{
    const struct request_list *list = request_lists;

    while (list->label && !slice_equal(label, slice_str(list->label)))
        list++;
    return list->type;
}

/* Resolving */

/* 0 for those that the graph does not have at the transaction's moment. */
static enum status find_named(struct node_id *ids, struct graph_txn *txn,
                              const struct node_name *names, size_t n)
{
    struct ahead ahead = { .txn = txn };

    TRY(node_find_all(ids, txn, names, n));
    for (size_t i = 0; i < n; i++)
        if (ids[i].value)
            TRY(ahead_node(&ahead, ids[i]));
    TRY(ahead_seek(&ahead));
    for (size_t i = 0; i < n; i++) {
        struct node node;
        enum status status = ids[i].value ? node_load(&node, txn, ids[i]) : STATUS_OK;

        if (status == STATUS_NOT_FOUND)
            ids[i] = (struct node_id){ 0 };
        else
            TRY(status);
    }
    return STATUS_OK;
}

/* The nodes of the parties, and behind them the application's. */
static enum status find_nodes(struct node_id *ids, struct arena *arena, struct graph_txn *txn,
                              const struct request *request)
{
    size_t n = request->n_parties;
    struct node_name *names = arena_array(arena, n + 1, sizeof *names);

    if (!names)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        names[i] = (struct node_name){ request->parties[i].label, request->parties[i].key };
    names[n] = (struct node_name){ request->application_label, request->application_id };
    return find_named(ids, txn, names, n + 1);
}

/* Whether there is such an edge; `key`: with that key, or empty. */
static enum status has_edge(bool *found, struct graph_txn *txn, struct node_id from,
                            struct node_id to, const char *type, struct slice key)
{
    struct edge_scan scan = EDGE_SCAN(catalog_find(graph_catalog(txn_graph(txn)), slice_str(type)),
                                      DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;

    *found = false;
    if (!from.value || !to.value || !scan.type)
        return STATUS_OK;
    TRY(node_load(&node, txn, from));
    for (edge_iter_start(&it, txn, &node, &scan); !*found && edge_iter_next(&it);)
        *found = it.edge.to.value == to.value &&
                 (!key.size || (it.edge.has_key && slice_equal(it.edge.key, key)));
    return it.status;
}

/* Whether the graph holds the edge by which the application states the party. */
static enum status is_recorded(bool *recorded, struct graph_txn *txn,
                               const struct request *request, const struct resolved *resolved,
                               size_t at)
{
    const struct party *party = &request->parties[at];
    struct node_id id = resolved->ids[at], application = resolved->application.id;

    *recorded = false;
    if (!application.value)
        return STATUS_OK;
    if (party->kind == PARTY_GUARANTOR) /* for another one he may have given one, too */
        return has_edge(recorded, txn, id, resolved->ids[0], guarantees, request->application_id);
    if (party->kind == PARTY_IDENTIFIER)
        return has_edge(recorded, txn, application, id, stated_type(party->label_name),
                        SLICE(""));
    *recorded = true; /* without an edge, unless he applied */
    return party->applicant ? has_edge(recorded, txn, id, application, applied, SLICE(""))
                            : STATUS_OK;
}

/* A guarantee without a currency is in the application's. */
static struct slice party_currency(const struct request *request, const struct party *party)
{
    return party->currency.size || party->kind != PARTY_GUARANTOR ? party->currency
                                                                  : request->currency;
}

static struct stated_node stated_node(const struct request *request, const struct party *party,
                                      struct node_id id)
{
    return (struct stated_node){ .id = id, .label = party->label, .key = party->key,
                                 .role = party->role, .applicant = party->applicant,
                                 .amount_minor = party->amount_minor,
                                 .currency = party_currency(request, party) };
}

static void fill_application(struct application *application, const struct request *request,
                             const struct stated_node *nodes)
{
    application->key = request->application_id;
    application->time_us = request->time_us;
    application->product = request->product;
    application->lender = request->lender;
    application->legal_rep = request->legal_rep;
    application->industry = request->industry;
    application->currency = request->currency;
    application->amount_minor = request->amount_minor;
    application->principals = nodes;
    application->n_principals = request->n_principals;
    application->identifiers = nodes + request->n_principals;
    application->n_identifiers = request->n_identifiers;
    application->guarantors = nodes + request->n_principals + request->n_identifiers;
    application->n_guarantors = request->n_guarantors;
}

enum status resolve(struct resolved *out, struct arena *arena, struct graph_txn *txn,
                    const struct request *request)
{
    struct stated_node *nodes = arena_array(arena, request->n_parties + 1, sizeof *nodes);
    struct resolved resolved = { 0 };

    resolved.ids = arena_array(arena, request->n_parties + 1, sizeof *resolved.ids);
    if (!nodes || !resolved.ids)
        return STATUS_NO_MEMORY;
    TRY(find_nodes(resolved.ids, arena, txn, request));
    resolved.application.id = resolved.ids[request->n_parties];
    resolved.application.recorded = resolved.application.id.value != 0;
    for (size_t i = 0; i < request->n_parties; i++) {
        nodes[i] = stated_node(request, &request->parties[i], resolved.ids[i]);
        TRY(is_recorded(&nodes[i].recorded, txn, request, &resolved, i));
        resolved.application.recorded &= nodes[i].recorded;
    }
    fill_application(&resolved.application, request, nodes);
    *out = resolved;
    return STATUS_OK;
}

/* Recording */

#define PAIRS_MAX 10

/* Properties in key order, empty ones left out. */
struct properties {
    struct value_pair pairs[PAIRS_MAX];
    uint32_t n;
};

static void add_text(struct properties *properties, const char *name, struct slice text)
{
    if (text.size)
        properties->pairs[properties->n++] =
            (struct value_pair){ slice_str(name), value_text(text) };
}

static void add_int(struct properties *properties, const char *name, int64_t number)
{
    if (number != INT64_MIN)
        properties->pairs[properties->n++] =
            (struct value_pair){ slice_str(name), value_int(number) };
}

static struct value properties_map(const struct properties *properties)
{
    return (struct value){ .type = VALUE_MAP, .count = properties->n,
                           .pairs = properties->pairs };
}

static enum status add_party(struct node_id *id, struct graph_txn *txn, const struct party *party)
{
    struct properties properties = { 0 };
    struct node_input input = NODE_INPUT_INIT;
    struct node_name name = { party->label, party->key };

    TRY(find_named(id, txn, &name, 1));
    if (id->value)
        return STATUS_OK;
    add_text(&properties, "enterprise_type", party->enterprise_type);
    add_text(&properties, "industry", party->industry);
    if (!party->key_valid)
        properties.pairs[properties.n++] =
            (struct value_pair){ SLICE("key_valid"), value_bool(false) };
    add_text(&properties, "name", party->name);
    input.labels = &party->label;
    input.n_labels = 1;
    input.key_label = party->label;
    input.key = party->key;
    input.properties = properties_map(&properties);
    return node_upsert(id, NULL, txn, &input);
}

static enum status add_application(struct node_id *id, struct graph_txn *txn,
                                   const struct request *request)
{
    struct properties properties = { 0 };
    struct node_input input = NODE_INPUT_INIT;

    add_int(&properties, "amount_minor", request->amount_minor);
    properties.pairs[properties.n++] =
        (struct value_pair){ SLICE("applied_at"), value_datetime_us(request->time_us) };
    add_text(&properties, "currency", request->currency);
    add_text(&properties, "industry", request->industry);
    add_text(&properties, "legal_rep", request->legal_rep);
    add_text(&properties, "lender", request->lender);
    add_text(&properties, "product", request->product);
    input.labels = &request->application_label;
    input.n_labels = 1;
    input.key_label = request->application_label;
    input.key = request->application_id;
    input.properties = properties_map(&properties);
    return node_upsert(id, NULL, txn, &input);
}

static enum status add_edge(struct graph_txn *txn, const char *type, struct node_id from,
                            struct node_id to, const struct request *request,
                            const struct properties *properties)
{
    struct edge_input input = EDGE_INPUT_INIT;

    TRY(catalog_intern(&input.type, txn, slice_str(type)));
    input.from = from;
    input.to = to;
    input.has_key = true;
    input.key = request->application_id;
    input.valid_from_us = request->time_us;
    if (properties)
        input.properties = properties_map(properties);
    return edge_upsert(NULL, NULL, txn, &input);
}

static enum status add_party_edge(struct graph_txn *txn, const struct request *request,
                                  const struct party *party, struct node_id id,
                                  struct node_id first, struct node_id application)
{
    struct properties properties = { 0 };

    if (party->kind == PARTY_GUARANTOR) {
        add_int(&properties, "amount_minor", party->amount_minor);
        add_text(&properties, "currency", party_currency(request, party));
        return add_edge(txn, guarantees, id, first, request, &properties);
    }
    if (party->kind == PARTY_IDENTIFIER) {
        add_text(&properties, "role", party->role);
        return add_edge(txn, stated_type(party->label_name), application, id, request,
                        &properties);
    }
    return party->applicant ? add_edge(txn, applied, id, application, request, NULL) : STATUS_OK;
}

enum status record_application(struct graph_txn *txn, const struct request *request)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct node_id *ids = arena_array(&arena, request->n_parties + 1, sizeof *ids);
    struct node_id application;

    if (!ids)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < request->n_parties; i++)
        TRY(add_party(&ids[i], txn, &request->parties[i]));
    TRY(add_application(&application, txn, request));
    for (size_t i = 0; i < request->n_parties; i++)
        TRY(add_party_edge(txn, request, &request->parties[i], ids[i], ids[0], application));
    return STATUS_OK;
}
