/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes: keys, merging, versions on three clocks, deletion, aliases. */

#include <criterion/criterion.h>

#include "graph/alias.h"
#include "graph/catalog.h"
#include "graph/edge.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(node, .fini = leaks_check);

struct place {
    char *dir;
    struct graph *graph;
    struct graph_txn *txn;
    uint32_t firm, capital;
};

static void begin(struct place *p)
{
    OK(graph_write(&p->txn, p->graph));
    OK(catalog_intern(&p->firm, p->txn, SLICE("Firm")));
    OK(catalog_intern(&p->capital, p->txn, SLICE("capital")));
}

static void commit(struct place *p)
{
    OK(txn_commit(p->txn));
    p->txn = NULL;
}

static struct place open_place(void)
{
    struct place p = { .dir = place_new() };

    p.graph = fresh_graph(place_in(p.dir, "db"), SLICE(""), NULL);
    begin(&p);
    return p;
}

static void close_place(struct place *p)
{
    txn_end(p->txn);
    graph_close(p->graph);
    place_remove(p->dir);
}

static enum change put(struct place *p, const char *key, int64_t capital, int64_t valid_from,
                       int64_t observed)
{
    struct node_input input = NODE_INPUT_INIT;
    struct value_pair pair = { SLICE("capital"), value_int(capital) };
    enum change change;

    input.labels = &p->firm;
    input.n_labels = 1;
    input.key_label = p->firm;
    input.key = slice_str(key);
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    input.valid_from_us = valid_from;
    input.observed_us = observed;
    OK(node_upsert(NULL, &change, p->txn, &input));
    return change;
}

#define ABSENT INT64_MIN

static int64_t capital_at(struct place *p, const char *key, const struct moment *moment)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct value capital = value_int(ABSENT);
    struct node_id id;
    struct node node;
    enum status status;

    OK(graph_read(&txn, p->graph, moment));
    status = node_find(&id, txn, p->firm, slice_str(key));
    if (status == STATUS_OK)
        status = node_load(&node, txn, id);
    if (status == STATUS_OK)
        status = node_property(&capital, &arena, &node, p->capital);
    cr_assert(status == STATUS_OK || status == STATUS_NOT_FOUND, "%s", error_detail());
    return capital.integer;
}

Test(node, properties_have_versions_on_three_clocks)
{
    struct place p = open_place();
    const int64_t day = US_PER_DAY;

    put(&p, "a", 1, 10 * day, 11 * day);
    commit(&p);
    begin(&p);
    cr_assert(put(&p, "a", 2, 20 * day, 25 * day) == CHANGE_CHANGED);
    commit(&p);
    begin(&p);
    cr_assert(put(&p, "a", 3, 30 * day, 31 * day) == CHANGE_CHANGED);
    commit(&p);

    static const struct {
        int64_t as_of, known_at;
        uint64_t commit;
        int64_t expected;
    } cases[] = {
        { 100, -1, 0, 3 },  { 29, -1, 0, 2 },     { 19, -1, 0, 1 }, { 9, -1, 0, ABSENT },
        { 100, 30, 0, 2 },  { 100, 24, 0, 1 },    { 100, 5, 0, ABSENT },
        { 100, -1, 3, 2 },  { 100, -1, 2, 1 },    { 100, -1, 1, ABSENT },
        { 25, 100, 3, 2 },  { 100, 24, 3, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct moment moment = { cases[i].as_of * day,
                                 cases[i].known_at < 0 ? TIME_MAX : cases[i].known_at * day,
                                 cases[i].commit };
        int64_t found = capital_at(&p, "a", &moment);

        cr_assert(found == cases[i].expected, "case %zu: %lld", i, (long long)found);
    }
    close_place(&p);
}

Test(node, equal_input_writes_no_version)
{
    struct place p = open_place();

    cr_assert(put(&p, "a", 1, TIME_MIN, TIME_MIN) == CHANGE_ADDED);
    commit(&p);
    begin(&p);
    cr_assert(put(&p, "a", 1, TIME_MIN, TIME_MIN) == CHANGE_NONE);
    close_place(&p);
}

Test(node, keys_of_any_length_are_told_apart)
{
    struct place p = open_place();
    char a[5000], b[5000];

    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    a[sizeof a - 1] = b[sizeof b - 1] = 0;
    b[sizeof b - 2] = 'y';
    put(&p, a, 1, TIME_MIN, TIME_MIN);
    put(&p, b, 2, TIME_MIN, TIME_MIN);
    commit(&p);
    cr_assert(capital_at(&p, a, NULL) == 1);
    cr_assert(capital_at(&p, b, NULL) == 2);
    close_place(&p);
}

Test(node, a_deleted_node_is_gone_now_and_there_before)
{
    struct place p = open_place();
    struct moment before = { INT64_MAX / 2, TIME_MAX, 2 };
    struct edge_input edge = EDGE_INPUT_INIT;
    struct node_id a, b;
    uint64_t n_edges;

    put(&p, "a", 1, TIME_MIN, TIME_MIN);
    put(&p, "b", 2, TIME_MIN, TIME_MIN);
    OK(node_find(&a, p.txn, p.firm, SLICE("a")));
    OK(node_find(&b, p.txn, p.firm, SLICE("b")));
    edge.type = p.capital;
    edge.from = a;
    edge.to = b;
    OK(edge_upsert(NULL, NULL, p.txn, &edge));
    commit(&p);
    begin(&p);
    cr_assert(node_delete(NULL, p.txn, a, false) == STATUS_CONFLICT);
    OK(node_delete(&n_edges, p.txn, a, true));
    cr_assert(n_edges == 1);
    cr_assert(txn_counts(p.txn).nodes == 1 && txn_counts(p.txn).edges == 0);
    commit(&p);
    cr_assert(capital_at(&p, "a", NULL) == ABSENT);
    cr_assert(capital_at(&p, "a", &before) == 1);
    begin(&p);
    cr_assert(put(&p, "a", 5, TIME_MIN, TIME_MIN) == CHANGE_ADDED);
    commit(&p);
    cr_assert(capital_at(&p, "a", NULL) == 5);
    close_place(&p);
}

Test(node, an_alias_leads_to_the_same_node)
{
    struct place p = open_place();
    struct node_id a;

    put(&p, "a", 1, TIME_MIN, TIME_MIN);
    put(&p, "b", 2, TIME_MIN, TIME_MIN);
    OK(node_find(&a, p.txn, p.firm, SLICE("a")));
    OK(node_alias(p.txn, a, p.firm, SLICE("a2")));
    OK(node_alias(p.txn, a, p.firm, SLICE("a2")));
    cr_assert(node_alias(p.txn, a, p.firm, SLICE("b")) == STATUS_EXISTS);
    cr_assert(put(&p, "a2", 1, TIME_MIN, TIME_MIN) == CHANGE_NONE);
    commit(&p);
    cr_assert(capital_at(&p, "a2", NULL) == 1);
    close_place(&p);
}

/* An end that is gone is not an edge that is not there yet: nothing is added to it. */
Test(node, an_edge_needs_both_its_nodes)
{
    struct place p = open_place();
    struct edge_input edge = EDGE_INPUT_INIT;
    struct node_id a, b;

    put(&p, "a", 1, TIME_MIN, TIME_MIN);
    put(&p, "b", 2, TIME_MIN, TIME_MIN);
    OK(node_find(&a, p.txn, p.firm, SLICE("a")));
    OK(node_find(&b, p.txn, p.firm, SLICE("b")));
    OK(node_delete(NULL, p.txn, b, false));
    edge.type = p.capital;
    edge.from = a;
    for (uint64_t gone = b.value; gone <= b.value + 1; gone++) {
        edge.to.value = gone;
        (void)!fail(STATUS_OK, "%s", "");
        cr_assert_eq(edge_upsert(NULL, NULL, p.txn, &edge), STATUS_INVALID);
        cr_assert_neq(*error_detail(), 0);
    }
    cr_assert_eq(txn_counts(p.txn).edges, 0);
    close_place(&p);
}

Test(node, what_is_yet_to_begin_is_deleted_and_merged_as_well)
{
    struct place p = open_place();
    int64_t later = time_now_us() + 100 * US_PER_DAY;
    struct alias_result merged;
    struct node_id a, b, c;

    put(&p, "a", 1, TIME_MIN, TIME_MIN);
    put(&p, "b", 2, later, TIME_MIN);
    put(&p, "c", 3, later, TIME_MIN);
    OK(node_find(&a, p.txn, p.firm, SLICE("a")));
    OK(node_find(&b, p.txn, p.firm, SLICE("b")));
    OK(node_find(&c, p.txn, p.firm, SLICE("c")));
    OK(alias_merge(&merged, p.txn, a, b));
    OK(node_delete(NULL, p.txn, c, false));
    cr_assert_eq(node_delete(NULL, p.txn, c, false), STATUS_NOT_FOUND);
    commit(&p);
    cr_assert_eq(capital_at(&p, "b", NULL), 1);
    close_place(&p);
}
