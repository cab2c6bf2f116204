/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/ownership.h"

#include <math.h>
#include <stdlib.h>

#define MAX_HOLDERS 1000u
#define MAX_TURNS 1000
#define STILL 1e-9

/* A share of one place held by another; places number the company (0) and who is above it. */
struct holding {
    uint32_t holder, company; /* places */
    uint32_t edge;
    double ratio;
};

struct ownership {
    const struct facts *facts;
    uint32_t *place;         /* per node: its place + 1; 0: none */
    uint32_t nodes[MAX_HOLDERS + 1];
    uint32_t n_nodes;
    struct holding *holdings; /* by company */
    size_t n, capacity;
    double share[MAX_HOLDERS + 1], next[MAX_HOLDERS + 1];
    bool told[MAX_HOLDERS + 1]; /* owns enough, or lies on an owner's way down */
    struct owner owners[MAX_HOLDERS];
};

enum status ownership_new(struct ownership **out, const struct facts *facts)
{
    AUTO(ownership_freep) struct ownership *ownership = calloc(1, sizeof *ownership);

    if (!ownership)
        return fail_memory(sizeof *ownership);
    ownership->facts = facts;
    ownership->place = calloc(facts->snapshot->n_nodes + (size_t)1, sizeof *ownership->place);
    if (!ownership->place)
        return fail_memory(facts->snapshot->n_nodes * sizeof *ownership->place);
    *out = ownership;
    ownership = NULL;
    return STATUS_OK;
}

void ownership_free(struct ownership *ownership)
{
    if (!ownership)
        return;
    free(ownership->place);
    free(ownership->holdings);
    free(ownership);
}

void ownership_freep(struct ownership **ownership)
{
    ownership_free(*ownership);
}

/* The node's place, or UINT32_MAX where there are too many. */
static uint32_t place_of(struct ownership *o, uint32_t node)
{
    if (!o->place[node]) {
        if (o->n_nodes == MAX_HOLDERS + 1)
            return UINT32_MAX;
        o->nodes[o->n_nodes] = node;
        o->place[node] = ++o->n_nodes;
    }
    return o->place[node] - 1;
}

/* Of one holder's several shares in a company the largest counts. */
static enum status add_holding(struct ownership *o, size_t first, const struct holding *holding)
{
    for (size_t i = first; i < o->n; i++)
        if (o->holdings[i].holder == holding->holder) {
            if (o->holdings[i].ratio < holding->ratio)
                o->holdings[i] = *holding;
            return STATUS_OK;
        }
    TRY(array_reserve(&o->holdings, &o->capacity, o->n + 1));
    o->holdings[o->n++] = *holding;
    return STATUS_OK;
}

static enum status add_holders(bool *cut, struct ownership *o, uint32_t company)
{
    const struct snapshot *snapshot = o->facts->snapshot;
    size_t first = o->n;

    for (const uint32_t *type = o->facts->schema->roles.ownership; type && *type; type++) {
        const struct edge_table *table = snapshot_table(snapshot, *type);
        struct adjacency rows;

        TRY(snapshot_index(&rows, snapshot, table, DIRECTION_IN));
        for (uint32_t at = rows.offset[o->nodes[company]];
             at < rows.offset[o->nodes[company] + 1]; at++) {
            uint32_t row = adjacency_row(&rows, at), holder;
            int64_t ratio = edge_cell(table, row, EDGE_RATIO);

            if (ratio <= 0 || table->from[row] == table->to[row] ||
                !edge_row_active(table, row, o->facts->at_us))
                continue;
            holder = place_of(o, table->from[row]);
            *cut |= holder == UINT32_MAX;
            if (holder != UINT32_MAX)
                TRY(add_holding(o, first, &(struct holding){ holder, company, table->base + row,
                                                             (double)ratio / RATIO_ONE }));
        }
    }
    return STATUS_OK;
}

/* Everybody above the company, by distance. */
static enum status climb(bool *cut, struct ownership *o, uint32_t company)
{
    for (uint32_t i = 0; i < o->n_nodes; i++)
        o->place[o->nodes[i]] = 0;
    o->n_nodes = 0;
    o->n = 0;
    place_of(o, company);
    for (uint32_t i = 0; i < o->n_nodes; i++)
        TRY(add_holders(cut, o, i));
    return STATUS_OK;
}

/* Shares by one more step of every path; gives the largest change. */
static double turn(struct ownership *o)
{
    double change = 0;

    memset(o->next, 0, o->n_nodes * sizeof *o->next);
    for (size_t i = 0; i < o->n; i++) {
        const struct holding *holding = &o->holdings[i];

        o->next[holding->holder] +=
            holding->ratio * ((holding->company ? 0.0 : 1.0) + o->share[holding->company]);
    }
    for (uint32_t i = 0; i < o->n_nodes; i++) {
        double moved = fabs(o->next[i] - o->share[i]);

        change = moved > change ? moved : change;
        o->share[i] = o->next[i];
    }
    return change;
}

static int by_share(const void *a, const void *b)
{
    const struct owner *x = a, *y = b;

    if (x->share != y->share)
        return x->share < y->share ? 1 : -1;
    return (x->node > y->node) - (x->node < y->node);
}

enum status ownership_find(const struct owner **out, size_t *n, bool *cut,
                           struct ownership *o, uint32_t company, int64_t least)
{
    int turns = 0;

    *cut = false;
    *n = 0;
    TRY(climb(cut, o, company));
    memset(o->share, 0, o->n_nodes * sizeof *o->share);
    while (turns < MAX_TURNS && turn(o) > STILL)
        turns++;
    *cut |= turns == MAX_TURNS;
    memset(o->told, 0, o->n_nodes);
    for (uint32_t i = 1; i < o->n_nodes; i++) {
        double share = o->share[i] < 1 ? o->share[i] : 1;
        struct owner owner = { o->nodes[i], llround(share * DECIMAL_ONE) };

        o->told[i] = owner.share > least;
        if (o->told[i])
            o->owners[(*n)++] = owner;
    }
    qsort(o->owners, *n, sizeof *o->owners, by_share);
    *out = o->owners;
    return STATUS_OK;
}

enum status ownership_evidence(struct findings *findings, struct ownership *o, size_t most)
{
    bool grown = true;
    size_t told = 0;

    while (grown) {
        grown = false;
        for (size_t i = 0; i < o->n; i++)
            if (o->told[o->holdings[i].holder] && !o->told[o->holdings[i].company])
                grown = o->told[o->holdings[i].company] = true;
    }
    for (size_t i = 0; i < o->n && told < most; i++)
        if (o->told[o->holdings[i].holder]) {
            TRY(facts_evidence(findings, o->facts, o->holdings[i].edge));
            told++;
        }
    return STATUS_OK;
}
