/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/lfr.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/rng.h"

static void *must(void *memory)
{
    if (!memory) {
        fprintf(stderr, "lfr: out of memory\n");
        abort();
    }
    return memory;
}

void lfr_fini(struct lfr *lfr)
{
    free(lfr->community);
    free(lfr->edges);
    *lfr = (struct lfr){ 0 };
}

/* The power x of the law's integral, for exponents of 1 too. */
static double integral(double from, double to, double exponent)
{
    if (fabs(exponent - 1) < 1e-9)
        return log(to / from);
    return (pow(to, 1 - exponent) - pow(from, 1 - exponent)) / (1 - exponent);
}

/* Where the share `u` of a power law between the ends lies. */
static double power_law(double u, double low, double high, double exponent)
{
    if (fabs(exponent - 1) < 1e-9)
        return low * pow(high / low, u);
    return pow(pow(low, 1 - exponent) + u * (pow(high, 1 - exponent) - pow(low, 1 - exponent)),
               1 / (1 - exponent));
}

/* The least degree with which the mean comes out. */
static double least_degree(const struct lfr_options *o)
{
    double low = 1, high = o->max_degree;

    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        double mean = integral(middle, o->max_degree, o->degree_exponent - 1) /
                      integral(middle, o->max_degree, o->degree_exponent);

        if (mean < o->mean_degree)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Up or down, so that the mean stays. */
static uint32_t round_by_chance(struct rng *rng, double x)
{
    return (uint32_t)floor(x + rng_unit(rng));
}

struct making {
    const struct lfr_options *o;
    struct lfr *lfr;
    struct rng rng;
    uint32_t *inside, *outside; /* per node: edges wanted in its community, and to others */
    uint32_t *size;             /* per community */
    uint32_t *stubs;
    uint64_t *seen;             /* set of edges, hashed; 0: free */
    size_t n_seen_slots;
};

static void choose_degrees(struct making *m)
{
    double least = least_degree(m->o);

    for (uint32_t i = 0; i < m->o->n; i++) {
        uint32_t degree = round_by_chance(&m->rng, power_law(rng_unit(&m->rng), least,
                                                             m->o->max_degree,
                                                             m->o->degree_exponent));
        uint32_t inside = round_by_chance(&m->rng, (1 - m->o->mixing) * degree);

        m->inside[i] = inside < degree ? inside : degree;
        m->outside[i] = degree - m->inside[i];
    }
}

static void choose_sizes(struct making *m)
{
    uint32_t left = m->o->n;

    while (left) {
        uint32_t size = round_by_chance(&m->rng, power_law(rng_unit(&m->rng), m->o->min_size,
                                                           m->o->max_size, m->o->size_exponent));

        if (size > left || left - size < m->o->min_size)
            size = left;
        m->size[m->lfr->n_communities++] = size;
        left -= size;
    }
}

static void shuffle(struct rng *rng, uint32_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t k = rng_below(rng, i);
        uint32_t swap = items[i - 1];

        items[i - 1] = items[k];
        items[k] = swap;
    }
}

/* Nodes go to any community with room that is larger than their edges inside. */
static void choose_communities(struct making *m)
{
    uint32_t n = m->o->n, c = 0;
    uint32_t *place = must(malloc(n * sizeof *place));
    uint32_t at = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (at == m->size[c]) {
            c++;
            at = 0;
        }
        at++;
        place[i] = c;
    }
    shuffle(&m->rng, place, n);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t tries = 0; m->inside[i] >= m->size[place[i]]; tries++) {
            uint32_t k = (uint32_t)rng_below(&m->rng, n), swap = place[k];

            if (tries > 100 * m->o->max_size)
                abort();
            if (m->inside[i] >= m->size[swap] || m->inside[k] >= m->size[place[i]])
                continue;
            place[k] = place[i];
            place[i] = swap;
        }
    m->lfr->community = place;
}

/* Whether the edge is new; remembers it. */
static bool see(struct making *m, uint32_t a, uint32_t b)
{
    uint64_t edge = (uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a);
    size_t slot = (edge * 0x9e3779b97f4a7c15u >> 20) & (m->n_seen_slots - 1);

    while (m->seen[slot] && m->seen[slot] != edge)
        slot = (slot + 1) & (m->n_seen_slots - 1);
    if (m->seen[slot])
        return false;
    m->seen[slot] = edge;
    return true;
}

/*
 * Pairs stubs at random; pairs that may not be are thrown back and drawn again, and the few that
 * never fit are left out. `inside`: both ends in one community, else in two.
 */
static void pair_stubs(struct making *m, size_t n, bool inside)
{
    for (int round = 0; n > 1 && round < 200; round++) {
        size_t kept = 0;

        shuffle(&m->rng, m->stubs, n);
        for (size_t i = 0; i + 1 < n; i += 2) {
            uint32_t a = m->stubs[i], b = m->stubs[i + 1];
            bool same = m->lfr->community[a] == m->lfr->community[b];

            if (a != b && same == inside && see(m, a, b)) {
                if (array_reserve(&m->lfr->edges, &m->lfr->capacity, m->lfr->n_edges + 1))
                    abort();
                m->lfr->edges[m->lfr->n_edges++] = (struct weighted_edge){ a, b, 1 };
            } else {
                m->stubs[kept++] = a;
                m->stubs[kept++] = b;
            }
        }
        n = kept;
    }
}

static void connect(struct making *m)
{
    uint32_t n = m->o->n, *first = must(calloc(m->lfr->n_communities + 2, sizeof *first));
    uint32_t *members = must(malloc(n * sizeof *members));
    size_t n_stubs;

    for (uint32_t i = 0; i < n; i++)
        first[m->lfr->community[i] + 2]++;
    for (uint32_t c = 2; c < m->lfr->n_communities + 2; c++)
        first[c] += first[c - 1];
    for (uint32_t i = 0; i < n; i++)
        members[first[m->lfr->community[i] + 1]++] = i;
    for (uint32_t c = 0; c < m->lfr->n_communities; c++) {
        n_stubs = 0;
        for (uint32_t i = first[c]; i < first[c + 1]; i++)
            for (uint32_t k = 0; k < m->inside[members[i]]; k++)
                m->stubs[n_stubs++] = members[i];
        pair_stubs(m, n_stubs, true);
    }
    n_stubs = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < m->outside[i]; k++)
            m->stubs[n_stubs++] = i;
    pair_stubs(m, n_stubs, false);
    free(first);
    free(members);
}

void lfr_make(struct lfr *out, const struct lfr_options *options)
{
    struct making m = { .o = options, .lfr = out, .rng = rng_new(options->seed) };
    size_t n_stubs = 0;

    *out = (struct lfr){ .n = options->n };
    m.inside = must(malloc(options->n * sizeof *m.inside));
    m.outside = must(malloc(options->n * sizeof *m.outside));
    m.size = must(malloc(options->n * sizeof *m.size));
    choose_degrees(&m);
    choose_sizes(&m);
    choose_communities(&m);
    for (uint32_t i = 0; i < options->n; i++)
        n_stubs += m.inside[i] + m.outside[i];
    m.n_seen_slots = 64;
    while (m.n_seen_slots < 2 * n_stubs)
        m.n_seen_slots *= 2;
    m.stubs = must(malloc((n_stubs + 1) * sizeof *m.stubs));
    m.seen = must(calloc(m.n_seen_slots, sizeof *m.seen));
    connect(&m);
    free(m.inside);
    free(m.outside);
    free(m.size);
    free(m.stubs);
    free(m.seen);
}

double lfr_mixing(const struct lfr *lfr)
{
    size_t between = 0;

    for (size_t i = 0; i < lfr->n_edges; i++)
        between += lfr->community[lfr->edges[i].a] != lfr->community[lfr->edges[i].b];
    return (double)between / (double)lfr->n_edges;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Sum of the pairs inside each run of equal values. */
static double sum_pairs(uint64_t *values, uint32_t n)
{
    double sum = 0;

    qsort(values, n, sizeof *values, compare);
    for (uint32_t i = 0, run; i < n; i += run) {
        for (run = 1; i + run < n && values[i + run] == values[i];)
            run++;
        sum += (double)run * (run - 1) / 2;
    }
    return sum;
}

double adjusted_rand_index(const uint32_t *a, const uint32_t *b, uint32_t n)
{
    uint64_t *values = must(malloc(n * sizeof *values));
    double both, in_a, in_b, expected;

    for (uint32_t i = 0; i < n; i++)
        values[i] = (uint64_t)a[i] << 32 | b[i];
    both = sum_pairs(values, n);
    for (uint32_t i = 0; i < n; i++)
        values[i] = a[i];
    in_a = sum_pairs(values, n);
    for (uint32_t i = 0; i < n; i++)
        values[i] = b[i];
    in_b = sum_pairs(values, n);
    free(values);
    expected = in_a * in_b / ((double)n * (n - 1) / 2);
    return in_a + in_b > 2 * expected ? (both - expected) / ((in_a + in_b) / 2 - expected) : 1;
}
