/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/sharing.h"

#include <stdlib.h>

#include "graph/ahead.h"
#include "graph/private.h"
#include "graph/schema.h"

#define READS_DEFAULT 100000

struct nodes {
    struct node_id *items;
    size_t n, capacity;
};

struct use_of {
    struct node_id identifier; /* first: they are sorted by it */
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
    struct nodes reached; /* by the link that is followed */
    struct use_of *uses;
    size_t n_uses, uses_capacity;
    struct nodes users;   /* of the identifier under way, ascending */
    uint32_t users_cap;
    struct nodes tally;   /* of all identifiers */
};

static void search_fini(struct search *search)
{
    free(search->reached.items);
    free(search->uses);
    free(search->users.items);
    free(search->tally.items);
}

void sharing_fini(struct sharing *sharing)
{
    free(sharing->parties);
    *sharing = (struct sharing){ 0 };
}

static enum status nodes_add(struct nodes *list, struct node_id id)
{
    TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
    list->items[list->n++] = id;
    return STATUS_OK;
}

/* Keeps the list ascending and without doubles. Such lists end at a cap of some dozens. */
static enum status nodes_insert(struct nodes *list, struct node_id id)
{
    size_t at = list->n;

    while (at && list->items[at - 1].value > id.value)
        at--;
    if (at && list->items[at - 1].value == id.value)
        return STATUS_OK;
    TRY(nodes_add(list, id));
    memmove(list->items + at + 1, list->items + at, (list->n - 1 - at) * sizeof *list->items);
    list->items[at] = id;
    return STATUS_OK;
}

/* ---- following links ------------------------------------------------------------------------ */

/* What a link leads to; STATUS_END: enough was seen. */
typedef enum status arrive(struct search *search, struct node_id id);

static enum status arrive_at_identifier(struct search *search, struct node_id id)
{
    return nodes_add(&search->reached, id);
}

static enum status arrive_at_user(struct search *search, struct node_id id)
{
    TRY(nodes_insert(&search->users, id));
    return search->users.n > search->users_cap ? STATUS_END : STATUS_OK;
}

static bool counts(const struct search *search, const struct edge *edge)
{
    return edge->valid_from_us <= search->options->as_of_us &&
           edge->valid_to_us > search->options->since_us;
}

/* A link on its way: the step that is taken next, forth or back. */
struct trail {
    const struct schema_link *link;
    uint32_t step;
    bool back;
    arrive *arrived;
};

static enum status follow(struct search *search, const struct node *node,
                          const struct trail *trail);

/* The node whose row was sought with others; without data it is sought now. */
static enum status load(struct node *node, struct search *search, struct node_id id,
                        struct slice bytes)
{
    struct row row;

    if (!bytes.data)
        return node_load(node, search->txn, id);
    TRY(row_decode(&row, bytes));
    return node_from_row(node, search->txn, id, bytes, &row);
}

static enum status follow_row(struct search *search, struct node_id id, struct slice bytes,
                              const struct trail *trail)
{
    struct node node;
    enum status status = load(&node, search, id, bytes);

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    return follow(search, &node, trail);
}

/* Other ends of edges, a few at a time; 0 for edges that do not count. */
struct few {
    struct node_id ids[AHEAD_MAX];
    size_t n;
};

/* Rows of nodes that are gone on from are sought together; what is not reached is not read. */
static enum status follow_few(struct search *search, const struct few *few,
                              const struct trail *trail)
{
    bool arrives = trail->step == trail->link->n_steps;
    struct slice rows[AHEAD_MAX] = { 0 };

    if (few->n > 1 && !arrives)
        TRY(rows_load(rows, search->txn, few->ids, few->n));
    for (size_t i = 0; i < few->n; i++) {
        if (search->reads_left == 0) {
            search->out->truncated = true;
            return STATUS_END;
        }
        search->reads_left--;
        if (!few->ids[i].value)
            continue;
        TRY(arrives ? trail->arrived(search, few->ids[i])
                    : follow_row(search, few->ids[i], rows[i], trail));
    }
    return STATUS_OK;
}

/*
 * Follows the steps of a link. Depth first, so that a hub is left as soon as one user too many was
 * met: breadth first would read all its applications before.
 */
static enum status follow(struct search *search, const struct node *node,
                          const struct trail *before)
{
    const struct schema_link *link = before->link;
    const struct schema_step *taken =
        &link->steps[before->back ? link->n_steps - 1 - before->step : before->step];
    struct edge_scan scan =
        EDGE_SCAN(taken->type, taken->reversed != before->back ? DIRECTION_IN : DIRECTION_OUT);
    struct trail trail = { link, before->step + 1, before->back, before->arrived };
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    struct few few = { 0 };

    for (edge_iter_start(&it, search->txn, node, &scan); edge_iter_next(&it);) {
        few.ids[few.n++] = counts(search, &it.edge) ? edge_other(&it.edge) : (struct node_id){ 0 };
        if (few.n < AHEAD_MAX)
            continue;
        TRY(follow_few(search, &few, &trail));
        few.n = 0;
    }
    TRY(it.status);
    return follow_few(search, &few, &trail);
}

static enum status find_uses(struct search *search)
{
    struct node party;
    size_t kept = 0;
    enum status status = node_load(&party, search->txn, search->party);

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    for (size_t l = 0; l < search->schema->n_links; l++) {
        const struct schema_link *link = &search->schema->links[l];
        const struct trail trail = { link, 0, false, arrive_at_identifier };

        search->reached.n = 0;
        TRY(follow(search, &party, &trail));
        TRY(array_reserve(&search->uses, &search->uses_capacity,
                          search->n_uses + search->reached.n));
        for (size_t i = 0; i < search->reached.n; i++)
            search->uses[search->n_uses++] =
                (struct use_of){ search->reached.items[i], link->kind };
    }
    if (search->n_uses)
        qsort(search->uses, search->n_uses, sizeof *search->uses, node_id_compare);
    for (size_t i = 0; i < search->n_uses; i++)
        if (!kept || node_id_compare(&search->uses[kept - 1], &search->uses[i]) != 0)
            search->uses[kept++] = search->uses[i];
    search->n_uses = kept;
    return STATUS_OK;
}

static enum status cap_of(uint32_t *cap, struct search *search, const struct use_of *use,
                          const struct node *identifier)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    const struct schema_class *class = NULL;
    struct value name;
    enum status status = STATUS_NOT_FOUND;

    *cap = search->schema->kinds[use->kind].candidate_cap;
    if (search->options->cap || !search->class_property) {
        *cap = search->options->cap ? search->options->cap : *cap;
        return STATUS_OK;
    }
    if (identifier->properties.size)
        status = node_property(&name, &arena, identifier, search->class_property);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (name.type == VALUE_STRING)
        class = schema_class_of(search->schema, value_slice(&name));
    if (class)
        *cap = class->candidate_cap;
    return STATUS_OK;
}

/* The identifier's users, at most one more than its cap. */
static enum status find_users(struct search *search, const struct use_of *use,
                              const struct node *identifier)
{
    search->users.n = 0;
    for (size_t l = 0; l < search->schema->n_links; l++) {
        const struct trail trail = { &search->schema->links[l], 0, true, arrive_at_user };

        if (trail.link->kind == use->kind)
            TRY(follow(search, identifier, &trail));
    }
    return STATUS_OK;
}

static enum status tally_use(struct search *search, const struct use_of *use, struct slice bytes)
{
    struct node identifier;
    enum status status = load(&identifier, search, use->identifier, bytes);

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(cap_of(&search->users_cap, search, use, &identifier));
    status = search->users_cap ? find_users(search, use, &identifier) : STATUS_END;
    if (status == STATUS_END && !search->out->truncated) {
        search->out->n_hubs++;
        return STATUS_OK;
    }
    TRY(status);
    for (size_t i = 0; i < search->users.n; i++)
        if (search->users.items[i].value != search->party.value)
            TRY(nodes_add(&search->tally, search->users.items[i]));
    return STATUS_OK;
}

static enum status tally_users(struct search *search)
{
    struct slice rows[AHEAD_MAX];
    struct node_id ids[AHEAD_MAX];

    for (size_t u = 0; u < search->n_uses; u++) {
        size_t n = 0;

        for (; u % AHEAD_MAX == 0 && n < AHEAD_MAX && u + n < search->n_uses; n++)
            ids[n] = search->uses[u + n].identifier;
        if (n)
            TRY(rows_load(rows, search->txn, ids, n));
        TRY(tally_use(search, &search->uses[u], rows[u % AHEAD_MAX]));
    }
    return STATUS_OK;
}

static int party_order(const void *a, const void *b)
{
    const struct shared_party *left = a, *right = b;

    if (left->n_identifiers != right->n_identifiers)
        return left->n_identifiers < right->n_identifiers ? 1 : -1;
    return (left->party.value > right->party.value) - (left->party.value < right->party.value);
}

/* Each party of the tally with how often it is there, the one with most first. */
static enum status count_parties(struct sharing *out, struct nodes *tally)
{
    if (tally->n)
        qsort(tally->items, tally->n, sizeof *tally->items, node_id_compare);
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
    return count_parties(out, &search.tally);
}
