/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/sharing.h"

#include <stdlib.h>

#include "graph/catalog.h"
#include "graph/schema.h"

#define READS_DEFAULT 100000

struct node_set {
    struct node_id *items;
    size_t n, capacity;
};

struct use_of {
    struct node_id identifier;
    uint32_t kind;
};

struct search {
    struct graph_txn *txn;
    const struct schema *schema;
    const struct sharing_options *options;
    struct sharing *out;
    uint64_t reads_left;
    uint32_t class_property;
    struct node_id party;
    struct node_set frontiers[SCHEMA_STEPS_MAX]; /* reached by each step of the link under way */
    struct use_of *uses;
    size_t n_uses, uses_capacity;
    struct node_set users;  /* of the identifier under way, ascending */
    struct node_set tally;  /* of all identifiers */
};

static void search_fini(struct search *search)
{
    for (size_t i = 0; i < SCHEMA_STEPS_MAX; i++)
        free(search->frontiers[i].items);
    free(search->uses);
    free(search->users.items);
    free(search->tally.items);
}

void sharing_fini(struct sharing *sharing)
{
    free(sharing->parties);
    *sharing = (struct sharing){ 0 };
}

static enum status set_add(struct node_set *set, struct node_id id)
{
    TRY(array_reserve(&set->items, &set->capacity, set->n + 1));
    set->items[set->n++] = id;
    return STATUS_OK;
}

/* Keeps the set ascending and without doubles. Sets here end at a cap of some dozens. */
static enum status set_insert(struct node_set *set, struct node_id id)
{
    size_t at = set->n;

    while (at && set->items[at - 1].value > id.value)
        at--;
    if (at && set->items[at - 1].value == id.value)
        return STATUS_OK;
    TRY(set_add(set, id));
    memmove(set->items + at + 1, set->items + at, (set->n - 1 - at) * sizeof *set->items);
    set->items[at] = id;
    return STATUS_OK;
}

static bool counts(const struct search *search, const struct edge *edge)
{
    return edge->valid_from_us <= search->options->as_of_us &&
           edge->valid_to_us > search->options->since_us;
}

/* The other ends of a node's edges along one step. */
static enum status step_from(struct node_set *out, struct search *search, struct node_id id,
                             const struct schema_step *step, bool back)
{
    struct edge_scan scan =
        EDGE_SCAN(step->type, step->reversed != back ? DIRECTION_IN : DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct node node;
    enum status status = node_load(&node, search->txn, id);

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (edge_iter_start(&it, search->txn, &node, &scan); edge_iter_next(&it);) {
        if (search->reads_left == 0) {
            search->out->truncated = true;
            return STATUS_END;
        }
        search->reads_left--;
        if (counts(search, &it.edge))
            TRY(set_add(out, edge_other(&it.edge)));
    }
    return it.status;
}

/* All nodes a link leads to from `id`, forth or back, in frontiers[n_steps - 1]. */
static enum status follow(struct search *search, struct node_id id,
                          const struct schema_link *link, bool back)
{
    for (uint32_t s = 0; s < link->n_steps; s++) {
        const struct schema_step *step = &link->steps[back ? link->n_steps - 1 - s : s];
        struct node_set *to = &search->frontiers[s];

        to->n = 0;
        if (s == 0) {
            TRY(step_from(to, search, id, step, back));
            continue;
        }
        for (size_t i = 0; i < search->frontiers[s - 1].n; i++)
            TRY(step_from(to, search, search->frontiers[s - 1].items[i], step, back));
    }
    return STATUS_OK;
}

static int use_order(const void *a, const void *b)
{
    const struct use_of *left = a, *right = b;

    return (left->identifier.value > right->identifier.value) -
           (left->identifier.value < right->identifier.value);
}

static enum status find_uses(struct search *search)
{
    size_t kept = 0;

    for (size_t l = 0; l < search->schema->n_links; l++) {
        const struct schema_link *link = &search->schema->links[l];
        const struct node_set *last = &search->frontiers[link->n_steps - 1];

        TRY(follow(search, search->party, link, false));
        TRY(array_reserve(&search->uses, &search->uses_capacity, search->n_uses + last->n));
        for (size_t i = 0; i < last->n; i++)
            search->uses[search->n_uses++] = (struct use_of){ last->items[i], link->kind };
    }
    if (search->n_uses)
        qsort(search->uses, search->n_uses, sizeof *search->uses, use_order);
    for (size_t i = 0; i < search->n_uses; i++)
        if (!kept || use_order(&search->uses[kept - 1], &search->uses[i]) != 0)
            search->uses[kept++] = search->uses[i];
    search->n_uses = kept;
    return STATUS_OK;
}

static enum status cap_of(uint32_t *cap, struct search *search, const struct use_of *use)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    const struct schema_class *class = NULL;
    struct value name;
    struct node node;
    enum status status = STATUS_NOT_FOUND;

    *cap = search->schema->kinds[use->kind].candidate_cap;
    if (search->options->cap || !search->class_property) {
        *cap = search->options->cap ? search->options->cap : *cap;
        return STATUS_OK;
    }
    TRY(node_load(&node, search->txn, use->identifier));
    if (node.properties.size)
        status = node_property(&name, &arena, search->txn, &node, search->class_property);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (name.type == VALUE_STRING)
        class = schema_class_of(search->schema, value_slice(&name));
    if (class)
        *cap = class->candidate_cap;
    return STATUS_OK;
}

/* The identifier's users; *is_hub where they are more than the cap. */
static enum status find_users(bool *is_hub, struct search *search, const struct use_of *use,
                              uint32_t cap)
{
    *is_hub = cap == 0;
    search->users.n = 0;
    for (size_t l = 0; l < search->schema->n_links && !*is_hub; l++) {
        const struct schema_link *link = &search->schema->links[l];
        const struct node_set *last = &search->frontiers[link->n_steps - 1];

        if (link->kind != use->kind)
            continue;
        TRY(follow(search, use->identifier, link, true));
        for (size_t i = 0; i < last->n && !*is_hub; i++) {
            TRY(set_insert(&search->users, last->items[i]));
            *is_hub = search->users.n > cap;
        }
    }
    return STATUS_OK;
}

static enum status tally_users(struct search *search)
{
    for (size_t u = 0; u < search->n_uses; u++) {
        uint32_t cap;
        bool is_hub;

        TRY(cap_of(&cap, search, &search->uses[u]));
        TRY(find_users(&is_hub, search, &search->uses[u], cap));
        if (is_hub) {
            search->out->n_hubs++;
            continue;
        }
        for (size_t i = 0; i < search->users.n; i++)
            if (search->users.items[i].value != search->party.value)
                TRY(set_add(&search->tally, search->users.items[i]));
    }
    return STATUS_OK;
}

static int id_order(const void *a, const void *b)
{
    const struct node_id *left = a, *right = b;

    return (left->value > right->value) - (left->value < right->value);
}

static int party_order(const void *a, const void *b)
{
    const struct shared_party *left = a, *right = b;

    if (left->n_identifiers != right->n_identifiers)
        return left->n_identifiers < right->n_identifiers ? 1 : -1;
    return (left->party.value > right->party.value) - (left->party.value < right->party.value);
}

static enum status publish(struct sharing *out, struct node_set *tally)
{
    if (tally->n)
        qsort(tally->items, tally->n, sizeof *tally->items, id_order);
    for (size_t i = 0; i < tally->n; i++) {
        if (out->n && out->parties[out->n - 1].party.value == tally->items[i].value) {
            out->parties[out->n - 1].n_identifiers++;
            continue;
        }
        TRY(array_reserve(&out->parties, &out->capacity, out->n + 1));
        out->parties[out->n++] = (struct shared_party){ tally->items[i], 1 };
    }
    if (out->n)
        qsort(out->parties, out->n, sizeof *out->parties, party_order);
    return STATUS_OK;
}

enum status sharing_find(struct sharing *out, struct graph_txn *txn, struct node_id party,
                         const struct sharing_options *options)
{
    AUTO(search_fini) struct search search = {
        .txn = txn, .schema = graph_schema(txn_graph(txn)), .options = options, .out = out,
        .party = party, .reads_left = options->max_reads ? options->max_reads : READS_DEFAULT,
        .class_property = catalog_find(graph_catalog(txn_graph(txn)), SLICE("class")),
    };
    uint64_t budget = search.reads_left;
    enum status status;

    out->n = 0;
    out->n_hubs = 0;
    out->truncated = false;
    status = find_uses(&search);
    out->n_identifiers = (uint32_t)search.n_uses;
    if (!status)
        status = tally_users(&search);
    if (status && status != STATUS_END)
        return status;
    out->n_reads = budget - search.reads_left;
    return publish(out, &search.tally);
}
