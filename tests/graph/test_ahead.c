/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking ahead changes no answer, and what nobody asks for does not count as looked at. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "graph/ahead.h"
#include "graph/catalog.h"
#include "graph/edge.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(ahead, .fini = leaks_check);

#define FIRMS 700u

struct place {
    char *dir;
    struct graph *graph;
    struct graph_txn *txn;
    uint32_t firm, pays;
    struct node_id ids[FIRMS];
    char keys[FIRMS][16];
};

static void add_firm(struct place *p, unsigned i)
{
    struct node_input input = NODE_INPUT_INIT;

    snprintf(p->keys[i], sizeof p->keys[i], "firm-%u", i);
    input.labels = &p->firm;
    input.n_labels = 1;
    input.key_label = p->firm;
    input.key = slice_str(p->keys[i]);
    OK(node_upsert(&p->ids[i], NULL, p->txn, &input));
}

/* Each pays the next; the first pays all, more than its row holds. */
static struct place open_place(void)
{
    struct place p = { .dir = place_new() };

    p.graph = fresh_graph(place_in(p.dir, "db"), SLICE(""), NULL);
    OK(graph_write(&p.txn, p.graph));
    OK(catalog_intern(&p.firm, p.txn, SLICE("Firm")));
    OK(catalog_intern(&p.pays, p.txn, SLICE("PAYS")));
    for (unsigned i = 0; i < FIRMS; i++)
        add_firm(&p, i);
    for (unsigned i = 1; i < FIRMS; i++) {
        struct edge_input edge = EDGE_INPUT_INIT;

        edge.type = p.pays;
        edge.from = p.ids[0];
        edge.to = p.ids[i];
        OK(edge_upsert(NULL, NULL, p.txn, &edge));
        edge.from = p.ids[i];
        edge.to = p.ids[(i + 1) % FIRMS];
        OK(edge_upsert(NULL, NULL, p.txn, &edge));
    }
    OK(txn_commit(p.txn));
    OK(graph_read(&p.txn, p.graph, NULL));
    return p;
}

static void close_place(struct place *p)
{
    txn_end(p->txn);
    graph_close(p->graph);
    place_remove(p->dir);
}

static size_t n_sought(const struct place *p)
{
    const struct node_id *ids;
    size_t n;

    txn_rows_sought(&ids, &n, p->txn);
    return n;
}

Test(ahead, many_names_lead_where_each_leads)
{
    struct place p = open_place();
    struct node_name names[FIRMS + 2];
    struct node_id found[FIRMS + 2];

    for (unsigned i = 0; i < FIRMS; i++)
        names[i + 1] = (struct node_name){ p.firm, slice_str(p.keys[i]) };
    names[0] = (struct node_name){ p.firm, SLICE("nobody") };
    names[FIRMS + 1] = (struct node_name){ p.pays, slice_str(p.keys[0]) };
    OK(node_find_all(found, p.txn, names, FIRMS + 2));
    for (unsigned i = 0; i < FIRMS; i++)
        cr_assert(found[i + 1].value == p.ids[i].value);
    cr_assert(!found[0].value && !found[FIRMS + 1].value);
    close_place(&p);
}

Test(ahead, only_nodes_that_are_loaded_count_as_sought)
{
    struct place p = open_place();
    struct ahead ahead;
    struct node node;

    OK(txn_remember_rows(p.txn));
    ahead = (struct ahead){ .txn = p.txn };
    for (unsigned i = 10; i < 20; i++)
        OK(ahead_node(&ahead, p.ids[i]));
    OK(ahead_node(&ahead, (struct node_id){ 1u << 30 })); /* there is none */
    OK(ahead_seek(&ahead));
    cr_assert(n_sought(&p) == 0);
    for (int again = 0; again < 2; again++)
        for (unsigned i = 10; i < 30; i += 2) {
            OK(node_load(&node, p.txn, p.ids[i]));
            cr_assert(slice_equal(node.key, slice_str(p.keys[i])));
        }
    cr_assert(n_sought(&p) >= 10 && n_sought(&p) <= 20); /* places in memory may collide */
    cr_assert(node_load(&node, p.txn, (struct node_id){ 1u << 30 }) == STATUS_NOT_FOUND);
    close_place(&p);
}

Test(ahead, ends_of_edges_are_found_ahead_and_hubs_left_alone)
{
    struct place p = open_place();
    const uint32_t others[] = { p.firm, 0 }, types[] = { p.pays, 0 };
    struct ahead ahead;
    struct node hub, node;

    OK(txn_remember_rows(p.txn));
    ahead = (struct ahead){ .txn = p.txn };
    OK(node_load(&hub, p.txn, p.ids[0]));
    OK(ahead_ends(&ahead, &hub, types, DIRECTION_OUT));
    cr_assert(ahead.n == 0, "its edges do not lie in its row: %zu", ahead.n);
    OK(node_load(&node, p.txn, p.ids[5]));
    OK(ahead_ends(&ahead, &node, others, DIRECTION_BOTH));
    cr_assert(ahead.n == 0);
    OK(ahead_ends(&ahead, &node, types, DIRECTION_OUT));
    cr_assert(ahead.n == 1 && ahead.ids[0].value == p.ids[6].value);
    OK(ahead_ends(&ahead, &node, NULL, DIRECTION_BOTH));
    cr_assert(ahead.n == 2, "6 and 4; the hub was loaded");
    OK(ahead_seek(&ahead));
    cr_assert(ahead.n == 0 && n_sought(&p) == 2);
    close_place(&p);
}

Test(ahead, readers_that_do_not_remember_and_writers_go_on_as_ever)
{
    struct place p = open_place();
    struct ahead ahead = { .txn = p.txn };

    OK(ahead_node(&ahead, p.ids[3]));
    OK(ahead_node(&ahead, p.ids[4]));
    cr_assert(ahead.n == 0);
    txn_end(p.txn);
    OK(graph_write(&p.txn, p.graph));
    OK(txn_remember_rows(p.txn));
    ahead = (struct ahead){ .txn = p.txn };
    OK(ahead_node(&ahead, p.ids[3]));
    OK(ahead_seek(&ahead));
    cr_assert(ahead.n == 0);
    close_place(&p);
}
