/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CIRCULAR_GUARANTEE and MUTUAL_GUARANTEE: guarantees that come back, in shapes from a pure
 * triangle to two rings with a common member, and chains of mutual pairs.
 *
 * Shapes are lists of (guarantor, guaranteed) over the ring's members; those on a cycle of length
 * 3 to 6 or in a mutual pair are computed, as is who stands at the head of a chain (D8) and whose
 * guarantees outgrow his net assets (D8).
 *
 * Camouflage: parallel contracts, ended ones, personal guarantees, guarantees to bystanders who
 * guarantee nobody, a declared group that was left years ago.
 */
#include "book/noise.h"
#include "book/scheme.h"

#define PROMISES_MAX 48
#define CYCLE_MAX 6

struct web {
    struct plot *plot;
    struct promise promises[PROMISES_MAX];
    size_t n;
    bool applicant[RING_MAX], over[RING_MAX];
};

static void promise(struct web *web, size_t from, size_t to)
{
    if (web->n < PROMISES_MAX)
        web->promises[web->n++] = (struct promise){ from, to };
}

static void ring_of(struct web *web, size_t first, size_t n)
{
    for (size_t i = 0; i < n; i++)
        promise(web, first + i, first + (i + 1) % n);
}

/* Whether a simple cycle of at most CYCLE_MAX goes from `at` back to `start`. */
static bool comes_back(const struct web *web, size_t start, size_t at, size_t length, bool *on_path)
{
    bool found = false;

    on_path[at] = true;
    for (size_t i = 0; i < web->n && !found; i++) {
        const struct promise *next = &web->promises[i];
        if (next->from != at || next->to >= web->plot->n)
            continue;
        if (next->to == start)
            found = length >= 3;
        else if (!on_path[next->to] && length < CYCLE_MAX)
            found = comes_back(web, start, next->to, length + 1, on_path);
    }
    on_path[at] = false;
    return found;
}

static bool is_mutual(const struct web *web, size_t who)
{
    for (size_t i = 0; i < web->n; i++)
        for (size_t j = 0; j < web->n; j++)
            if (web->promises[i].from == who && web->promises[j].to == who &&
                web->promises[i].to == web->promises[j].from)
                return true;
    return false;
}

static size_t out_degree(const struct web *web, size_t who)
{
    size_t count = 0;

    for (size_t i = 0; i < web->n; i++)
        count += web->promises[i].from == who;
    return count;
}

/* Amounts of one guarantor sum to 10..30 % of his net assets, or past all of them. */
static void write_promise(struct web *web, const struct promise *edge, const struct key *to)
{
    struct plot *plot = web->plot;
    struct world *world = plot->world;
    const struct party *from = &plot->parties[edge->from];
    int64_t percent =
        web->over[edge->from] ? rng_between(&plot->rng, 120, 160) : rng_between(&plot->rng, 10, 30);
    struct guarantee guarantee = {
        .amount_minor = party_share(from, (unsigned)percent) /
                        (int64_t)out_degree(web, edge->from) / 100000 * 100000,
        .kind = "joint",
        .when = since(plot_moment(plot, world_ago(world, 700), world_ago(world, 10))),
    };

    guarantee.status = rng_chance(&plot->rng, 1, 2) ? "active" : "";
    if (rng_chance(&plot->rng, 1, 3))
        guarantee.when.to = world_ago(world, -rng_between(&plot->rng, 300, 900));
    if (rng_chance(&plot->rng, 1, 5)) {
        /* Two contracts for one: parallel edges. */
        guarantee.amount_minor /= 2;
        row_guarantee(world, SHEET_GUARANTEES, &from->key, to, &guarantee);
    }
    row_guarantee(world, SHEET_GUARANTEES, &from->key, to, &guarantee);
}

/* An earlier contract, long over. */
static void write_ended(struct web *web, const struct promise *edge)
{
    struct plot *plot = web->plot;
    struct guarantee guarantee = {
        .amount_minor = 10000000,
        .kind = "joint",
        .status = "released",
        .when = { world_ago(plot->world, 1000), world_ago(plot->world, 720) },
    };

    row_guarantee(plot->world, SHEET_GUARANTEES, &plot->parties[edge->from].key,
                  &plot->parties[edge->to].key, &guarantee);
}

static void write_web(struct web *web)
{
    struct plot *plot = web->plot;

    for (size_t i = 0; i < web->n; i++) {
        const struct promise *edge = &web->promises[i];
        struct key bystander;
        if (edge->to < plot->n) {
            write_promise(web, edge, &plot->parties[edge->to].key);
            if (rng_chance(&plot->rng, 1, 8))
                write_ended(web, edge);
        } else {
            party_key(&bystander, plot->world, noise_bystander(plot->world, &plot->rng));
            write_promise(web, edge, &bystander);
        }
    }
}

static void write_members(struct web *web)
{
    struct plot *plot = web->plot;
    struct world *world = plot->world;

    for (size_t i = 0; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        struct application application;
        plot_write_party(plot, i);
        web->applicant[i] = party->n_applications > 0;
        if (!rng_chance(&plot->rng, 3, 4))
            continue;
        application = application_own(
            party, &plot->rng, plot_moment(plot, world_ago(world, 900), world_ago(world, 5)));
        application_write(world, party, &application);
        web->applicant[i] = true;
    }
}

/* They once were a declared group: that no longer excuses anything. */
static void write_former_group(struct plot *plot)
{
    struct interval past = { world_ago(plot->world, 2000), world_ago(plot->world, 800) };
    struct key group;

    row_group(plot->world, &group, "former group");
    for (size_t i = 0; i < plot->n; i++)
        row_link(plot->world, SHEET_MEMBER_OF, &plot->parties[i].key, &group, past);
}

static enum status tell(const struct web *web)
{
    struct plot *plot = web->plot;
    bool circular[RING_MAX], mutual[RING_MAX], chain[RING_MAX];

    for (size_t i = 0; i < plot->n; i++) {
        bool on_path[RING_MAX] = { false };
        circular[i] = comes_back(web, i, i, 1, on_path);
        mutual[i] = is_mutual(web, i);
        chain[i] = web->applicant[i] && truth_chain(web->promises, web->n, i, 4);
    }
    TRY(plot_ring(plot, "CIRCULAR_GUARANTEE", circular));
    TRY(plot_ring(plot, "MUTUAL_GUARANTEE", mutual));
    TRY(plot_ring(plot, "GUARANTEE_CHAIN", chain));
    return plot_ring(plot, "OVER_GUARANTEE", web->over);
}

static enum status finish(struct web *web)
{
    struct plot *plot = web->plot;

    /* A bystander of one member: no other cycle can run through him. */
    if (rng_chance(&plot->rng, 1, 2))
        promise(web, rng_below(&plot->rng, plot->n), plot->n);
    if (rng_chance(&plot->rng, 1, 6))
        web->over[rng_below(&plot->rng, plot->n)] = true;
    for (size_t i = 0; i < plot->n; i++)
        web->over[i] = web->over[i] && out_degree(web, i) > 0;
    write_members(web);
    if (rng_chance(&plot->rng, 1, 6))
        write_former_group(plot);
    write_web(web);
    return tell(web);
}

/* Shapes of rings. */
enum { PURE, WITH_PAIR, EIGHT, DENSE, N_SHAPES };

static size_t ring_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = rng_chance(rng, 1, 2) ? PURE : (unsigned)rng_below(rng, N_SHAPES);
    if (*variant == EIGHT)
        return (size_t)rng_between(rng, 5, 7);
    return (size_t)rng_between(rng, *variant == DENSE ? 4 : 3, *variant == DENSE ? 5 : 6);
}

static enum status ring_plant(struct plot *plot)
{
    struct web web = { .plot = plot };

    switch (plot->variant) {
    case EIGHT: /* a triangle and a ring of the rest, with member 2 in both */
        ring_of(&web, 0, 3);
        ring_of(&web, 2, plot->n - 2);
        break;
    case DENSE: /* everyone for the two after him */
        for (size_t i = 0; i < plot->n; i++)
            for (size_t step = 1; step <= 2; step++)
                promise(&web, i, (i + step) % plot->n);
        break;
    default:
        ring_of(&web, 0, plot->n);
        if (plot->variant == WITH_PAIR)
            promise(&web, 1, 0);
        break;
    }
    return finish(&web);
}

const struct scheme scheme_guarantee_ring = {
    .name = "guarantee_ring",
    .weight = 24,
    .size = ring_size,
    .plant = ring_plant,
};

static size_t mutual_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = (unsigned)rng_below(rng, 2);
    return rng_chance(rng, 2, 3) ? 2 : (size_t)rng_between(rng, 3, 5);
}

/* Pairs along a line, or all with the first. */
static enum status mutual_plant(struct plot *plot)
{
    struct web web = { .plot = plot };

    for (size_t i = 1; i < plot->n; i++) {
        size_t other = plot->variant ? 0 : i - 1;
        promise(&web, i, other);
        promise(&web, other, i);
    }
    return finish(&web);
}

const struct scheme scheme_mutual_guarantee = {
    .name = "mutual_guarantee",
    .weight = 14,
    .size = mutual_size,
    .plant = mutual_plant,
};
