/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/detectors/town.h"

#include <stdio.h>
#include <stdlib.h>

#include "graph/catalog.h"
#include "tests/support/fresh.h"
#include "tests/support/must.h"
#include "tests/support/place.h"

#define MAX_PAIRS 5
#define KEY_SIZE 24

struct pairs {
    struct value_pair items[MAX_PAIRS];
    uint32_t n;
};

static int by_key(const void *a, const void *b)
{
    const struct value_pair *x = a, *y = b;

    return slice_compare(x->key, y->key);
}

static void say(struct pairs *pairs, const char *name, struct value value)
{
    pairs->items[pairs->n++] = (struct value_pair){ slice_str(name), value };
}

static struct value map_of(struct pairs *pairs)
{
    qsort(pairs->items, pairs->n, sizeof *pairs->items, by_key);
    return (struct value){ .type = VALUE_MAP, .count = pairs->n, .pairs = pairs->items };
}

static struct value text(const char *text)
{
    return value_text(slice_str(text));
}

static void key_of(char key[KEY_SIZE], const struct town *town, uint32_t number)
{
    snprintf(key, KEY_SIZE, "%c%05u", "?EPDHAWCLG"[town->labels[number]], number * 7919 % 100000);
}

/* Writes the node of that number, new or not. */
static void put_node(struct town *town, uint32_t number, struct pairs *pairs, int64_t from_us)
{
    struct node_input input = NODE_INPUT_INIT;
    char key[KEY_SIZE];

    key_of(key, town, number);
    input.labels = &town->symbols[town->labels[number]];
    input.n_labels = 1;
    input.key_label = town->symbols[town->labels[number]];
    input.key = slice_str(key);
    input.valid_from_us = from_us;
    input.properties = map_of(pairs);
    must(node_upsert(&town->ids[number], NULL, town->txn, &input));
}

/* Some begin only in a while, whatever edges they have before. */
static uint32_t new_node(struct town *town, struct rng *rng, uint32_t label, struct pairs *pairs)
{
    uint32_t number = town->n_nodes++;
    int64_t from_us = rng_chance(rng, 1, 6)
                          ? town->at_us + rng_between(rng, 0, 40 * 48) * (US_PER_DAY / 48)
                          : TIME_MIN;

    if (number == TOWN_NODES)
        must(fail(STATUS_LIMIT, "the town is full"));
    town->labels[number] = label;
    put_node(town, number, pairs, from_us);
    return number;
}

static uint32_t pick(const struct town *town, struct rng *rng, uint32_t label)
{
    uint32_t number;

    do
        number = (uint32_t)rng_below(rng, town->n_nodes);
    while (town->labels[number] != label);
    return number;
}

static uint32_t party(const struct town *town, struct rng *rng)
{
    return pick(town, rng, rng_chance(rng, 5, 6) ? W_ENTERPRISE : W_PERSON);
}

static bool is_live(struct town *town, uint32_t number)
{
    bool live;

    must(node_is_live(&live, town->txn, town->ids[number]));
    return live;
}

/* Of those who are gone there are no new edges. */
static void put_edge(struct town *town, uint32_t type, uint32_t from, uint32_t to, int64_t start,
                     int64_t end, struct pairs *pairs)
{
    struct edge_input input = EDGE_INPUT_INIT;
    char key[16];

    snprintf(key, sizeof key, "%u", town->n_edges++);
    if (!is_live(town, from) || !is_live(town, to))
        return;
    input.type = town->symbols[type];
    input.from = town->ids[from];
    input.to = town->ids[to];
    input.has_key = true;
    input.key = slice_str(key);
    input.valid_from_us = start;
    input.valid_to_us = end;
    if (pairs)
        input.properties = map_of(pairs);
    must(edge_upsert(NULL, NULL, town->txn, &input));
}

/* Mostly lately, sometimes long ago, sometimes not yet. */
static int64_t moment(const struct town *town, struct rng *rng)
{
    static const int64_t days[] = { 1, 3, 8, 32, 95, 200, 1100 };
    int64_t back = rng_between(rng, 0, days[rng_below(rng, 7)] * 48) * (US_PER_DAY / 48);

    return town->at_us - back + (rng_chance(rng, 1, 6) ? 2 * US_PER_DAY : 0);
}

static int64_t end_of(struct rng *rng, int64_t start)
{
    return rng_chance(rng, 1, 4) ? start + rng_between(rng, 1, 120) * US_PER_DAY : TIME_MAX;
}

static void apply(struct town *town, struct rng *rng)
{
    static const char *const products[] = { "quick", "trade", "rent" };
    static const char *const lenders[] = { "B1", "B2", "B3" };
    static const char *const outcomes[] = { "good", "overdue", "fraud" };
    struct pairs about = { 0 };
    int64_t time = moment(town, rng);
    char representative[KEY_SIZE];
    uint32_t application;

    say(&about, "product", text(products[rng_below(rng, 3)]));
    say(&about, "lender", text(lenders[rng_below(rng, 3)]));
    say(&about, "amount_minor", value_int(rng_between(rng, 1, 1000)));
    if (rng_chance(rng, 1, 2))
        say(&about, "outcome", text(outcomes[rng_below(rng, 3)]));
    if (rng_chance(rng, 1, 4)) {
        key_of(representative, town, pick(town, rng, W_PERSON));
        say(&about, "legal_rep", text(representative));
    }
    application = new_node(town, rng, W_APPLICATION, &about);
    put_edge(town, W_APPLIED, party(town, rng), application, time, TIME_MAX, NULL);
    if (rng_chance(rng, 3, 4))
        put_edge(town, W_SUBMITTED_FROM, application, pick(town, rng, W_DEVICE),
                 rng_chance(rng, 1, 8) ? TIME_MIN : time, TIME_MAX, NULL);
    if (rng_chance(rng, 1, 2))
        put_edge(town, W_STATES_PHONE, application, pick(town, rng, W_PHONE), time, TIME_MAX,
                 NULL);
    if (rng_chance(rng, 1, 2))
        put_edge(town, W_STATES_ADDRESS, application, pick(town, rng, W_ADDRESS), time, TIME_MAX,
                 NULL);
}

static void move(struct town *town, struct rng *rng)
{
    static const char *const roles[] = { "legal_rep", "contact", "finance" };
    int64_t time = rng_chance(rng, 1, 8) ? TIME_MIN : moment(town, rng);
    int64_t end = time == TIME_MIN ? TIME_MAX : end_of(rng, time);
    struct pairs about = { 0 };

    say(&about, "verified", value_bool(rng_chance(rng, 1, 2)));
    switch (rng_below(rng, 3)) {
    case 0:
        say(&about, "role", text(roles[rng_below(rng, 3)]));
        put_edge(town, W_HAS_PHONE, party(town, rng), pick(town, rng, W_PHONE), time, end, &about);
        return;
    case 1:
        put_edge(town, W_LOCATED_AT, party(town, rng), pick(town, rng, W_ADDRESS), time, end,
                 &about);
        return;
    default:
        put_edge(town, W_USES_DEVICE, party(town, rng), pick(town, rng, W_DEVICE), time, TIME_MAX,
                 NULL);
    }
}

static void relate(struct town *town, struct rng *rng)
{
    static const char *const relations[] = { "spouse", "cousin" };
    int64_t time = rng_chance(rng, 1, 4) ? TIME_MIN : moment(town, rng);
    int64_t end = time == TIME_MIN ? TIME_MAX : end_of(rng, time);
    struct pairs about = { 0 };

    switch (rng_below(rng, 5)) {
    case 0:
        put_edge(town, W_LEGAL_REP, pick(town, rng, W_PERSON), pick(town, rng, W_ENTERPRISE), time,
                 end, NULL);
        return;
    case 1:
        put_edge(town, W_CONTACT, pick(town, rng, W_PERSON), pick(town, rng, W_ENTERPRISE), time,
                 end, NULL);
        return;
    case 2:
        put_edge(town, W_MEMBER_OF, pick(town, rng, W_ENTERPRISE), pick(town, rng, W_GROUP), time,
                 end, NULL);
        return;
    case 3:
        say(&about, "relation", text(relations[rng_below(rng, 2)]));
        put_edge(town, W_KIN, pick(town, rng, W_PERSON), pick(town, rng, W_PERSON), time, end,
                 &about);
        return;
    default:
        say(&about, "ratio", value_float((double)rng_between(rng, 2, 7) / 10));
        put_edge(town, rng_chance(rng, 1, 2) ? W_SHAREHOLDER : W_INVESTS, party(town, rng),
                 pick(town, rng, W_ENTERPRISE), time, end, &about);
    }
}

static void guarantee(struct town *town, struct rng *rng)
{
    int64_t time = moment(town, rng);
    struct pairs about = { 0 };

    say(&about, "amount_minor", value_int(rng_between(rng, 1, 1000)));
    say(&about, "currency", text(rng_chance(rng, 1, 3) ? "USD" : "CNY"));
    put_edge(town, W_GUARANTEES, party(town, rng), party(town, rng), time, end_of(rng, time),
             &about);
}

static struct pairs amount(int64_t minor)
{
    struct pairs about = { 0 };

    say(&about, "amount_minor", value_int(minor));
    return about;
}

/* A loan paid out, some of it passed on within days. */
static void lend(struct town *town, struct rng *rng)
{
    struct pairs about = { 0 }, money;
    int64_t time = moment(town, rng), minor = rng_between(rng, 100, 200);
    uint32_t loan, borrower = party(town, rng), account = pick(town, rng, W_ACCOUNT), next;

    say(&about, "amount_minor", value_int(minor));
    if (rng_chance(rng, 1, 2))
        say(&about, "overdue_since", value_datetime_us(moment(town, rng)));
    if (rng_chance(rng, 1, 4))
        say(&about, "overdue_until", value_datetime_us(moment(town, rng)));
    loan = new_node(town, rng, W_LOAN, &about);
    put_edge(town, W_BORROWED, borrower, loan, time, TIME_MAX, NULL);
    money = amount(minor);
    put_edge(town, W_DEPOSITED, loan, account, time, TIME_MAX, &money);
    for (int hop = 0; hop < 3 && rng_chance(rng, 2, 3); hop++, account = next) {
        next = pick(town, rng, W_ACCOUNT);
        time += rng_between(rng, 1, 72) * US_PER_HOUR;
        money = amount(minor -= rng_between(rng, 0, 30));
        put_edge(town, rng_chance(rng, 1, 2) ? W_TRANSFERRED : W_WITHDREW, account, next, time,
                 TIME_MAX, &money);
    }
    if (rng_chance(rng, 1, 3)) {
        money = amount(minor);
        put_edge(town, W_REPAID, account, loan, time, TIME_MAX, &money);
    }
}

static void bank(struct town *town, struct rng *rng)
{
    int64_t time = moment(town, rng);

    if (rng_chance(rng, 1, 2))
        put_edge(town, W_OWNS, party(town, rng), pick(town, rng, W_ACCOUNT), time,
                 end_of(rng, time), NULL);
    else
        put_edge(town, W_SIGNED_IN, pick(town, rng, W_DEVICE), pick(town, rng, W_ACCOUNT), time,
                 TIME_MAX, NULL);
}

/* Something else is now known of somebody or something. */
static void learn(struct town *town, struct rng *rng)
{
    static const char *const classes[] = { "incubator", "registration_agent", "restaurant" };
    static const uint32_t things[] = { W_DEVICE, W_PHONE, W_ADDRESS };
    struct pairs about = { 0 };
    int64_t from_us = rng_chance(rng, 1, 3) ? moment(town, rng) : TIME_MIN;

    switch (rng_below(rng, 6)) {
    case 0:
        say(&about, "class", rng_chance(rng, 1, 2) ? text(classes[rng_below(rng, 3)])
                                                    : value_null());
        put_node(town, pick(town, rng, things[rng_below(rng, 3)]), &about, from_us);
        return;
    case 1:
        say(&about, "class", rng_chance(rng, 1, 2) ? text("guarantee_company") : value_null());
        put_node(town, pick(town, rng, W_ENTERPRISE), &about, from_us);
        return;
    case 2:
        say(&about, "blocked", value_bool(rng_chance(rng, 1, 2)));
        say(&about, "net_assets_minor", value_int(rng_between(rng, 0, 1000)));
        put_node(town, party(town, rng), &about, from_us);
        return;
    case 3:
        say(&about, "registered_on", value_datetime_us(moment(town, rng)));
        say(&about, "industry", text(rng_chance(rng, 1, 2) ? "F51" : "F52"));
        put_node(town, pick(town, rng, W_ENTERPRISE), &about, from_us);
        return;
    case 4:
        say(&about, "name", text(rng_chance(rng, 1, 2) ? "Li Na" : "Wang Wei"));
        put_node(town, pick(town, rng, W_PERSON), &about, from_us);
        return;
    default:
        say(&about, "outcome", text(rng_chance(rng, 1, 2) ? "fraud" : "good"));
        put_node(town, pick(town, rng, W_APPLICATION), &about, from_us);
    }
}

/* An edge of anybody, drawn by its place. */
static bool any_edge(struct edge *edge, struct town *town, struct rng *rng)
{
    struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    uint32_t number = (uint32_t)rng_below(rng, town->n_nodes);
    uint64_t left = rng_below(rng, 8);
    struct edge_iter it;
    struct node node;
    bool found = false;

    if (node_load(&node, town->txn, town->ids[number]) != STATUS_OK)
        return false;
    for (edge_iter_start(&it, town->txn, &node, &scan); edge_iter_next(&it); left--) {
        *edge = it.edge;
        found = true;
        if (!left)
            break;
    }
    must(it.status);
    edge_iter_stop(&it);
    return found;
}

static void put_right(struct town *town, struct rng *rng)
{
    struct edge edge;
    int64_t end;

    if (rng_chance(rng, 1, 20)) {
        uint32_t number = pick(town, rng, rng_chance(rng, 1, 2) ? W_ENTERPRISE : W_APPLICATION);
        enum status status = node_delete(NULL, town->txn, town->ids[number], true);

        if (status != STATUS_NOT_FOUND)
            must(status);
        return;
    }
    if (!any_edge(&edge, town, rng))
        return;
    end = moment(town, rng);
    if (rng_chance(rng, 1, 3))
        must(edge_delete(town->txn, &edge));
    else
        must(edge_close(town->txn, &edge, end > edge.valid_from_us ? end : edge.valid_from_us,
                        TIME_MIN));
}

static void happen(struct town *town, struct rng *rng)
{
    switch (rng_below(rng, 12)) {
    case 0: case 1: case 2:
        apply(town, rng);
        return;
    case 3: case 4:
        move(town, rng);
        return;
    case 5: case 6:
        relate(town, rng);
        return;
    case 7:
        guarantee(town, rng);
        return;
    case 8:
        lend(town, rng);
        return;
    case 9:
        bank(town, rng);
        return;
    case 10:
        learn(town, rng);
        return;
    default:
        put_right(town, rng);
    }
}

void town_live(struct town *town, struct rng *rng, uint32_t n)
{
    struct graph_txn *txn;

    must(graph_write(&town->txn, town->graph));
    while (n--)
        happen(town, rng);
    txn = town->txn;
    town->txn = NULL;
    must(txn_commit(txn));
}

void town_begin(struct town *town, struct rng *rng)
{
    static const struct { uint32_t label, n; } people[] = {
        { W_ENTERPRISE, 40 }, { W_PERSON, 16 }, { W_DEVICE, 14 }, { W_PHONE, 14 },
        { W_ADDRESS, 14 }, { W_ACCOUNT, 24 }, { W_GROUP, 4 }, { W_APPLICATION, 1 },
    };
    struct graph_options options = { .map_size = 256 << 20 };
    struct graph_txn *txn;

    memset(town, 0, sizeof *town);
    town->place = place_new();
    town->at_us = 20000 * US_PER_DAY;
    town->graph = fresh_graph(place_in(town->place, "db"), schema_builtin_text(), &options);
    must(graph_write(&town->txn, town->graph));
    for (uint32_t i = 1; i < W_SYMBOLS; i++)
        must(catalog_intern(&town->symbols[i], town->txn, slice_str(world_names[i])));
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        for (uint32_t k = 0; k < people[i].n; k++)
            new_node(town, rng, people[i].label, &(struct pairs){ 0 });
    txn = town->txn;
    town->txn = NULL;
    must(txn_commit(txn));
    town_live(town, rng, 150);
}

void town_done(struct town *town)
{
    graph_close(town->graph);
    place_remove(town->place);
}
