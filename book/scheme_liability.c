/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GUARANTEE_CHAIN, OVER_GUARANTEE, GUARANTEE_CIRCLE: guarantees that do not come back, but reach
 * far, weigh too much, or tie many into one block.
 */
#include "book/scheme.h"

static void write_guarantee(struct plot *plot, size_t from, size_t to, unsigned percent)
{
    struct world *world = plot->world;
    struct guarantee guarantee = {
        .amount_minor = party_share(&plot->parties[from], percent) / 100000 * 100000,
        .kind = "joint",
        .when = since(plot_moment(plot, world_ago(world, 800), world_ago(world, 20))),
    };

    guarantee.status = rng_chance(&plot->rng, 1, 2) ? "active" : "";
    row_guarantee(world, SHEET_GUARANTEES, &plot->parties[from].key, &plot->parties[to].key,
                  &guarantee);
}

static void apply_once(struct plot *plot, size_t who)
{
    struct world *world = plot->world;
    struct application application =
        application_own(&plot->parties[who], &plot->rng,
                        plot_moment(plot, world_ago(world, 900), world_ago(world, 3)));

    application_write(world, &plot->parties[who], &application);
}

static size_t chain_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return (size_t)rng_between(rng, 5, 8);
}

/* A line; who stands four or more from its end and has applied is tagged. */
static enum status chain_plant(struct plot *plot)
{
    bool flags[RING_MAX] = { false };

    for (size_t i = 0; i < plot->n; i++) {
        plot->parties[i].no_past = true;
        plot_write_party(plot, i);
        if (i + 1 < plot->n)
            write_guarantee(plot, i, i + 1, (unsigned)rng_between(&plot->rng, 5, 40));
        if (i == 0 || rng_chance(&plot->rng, 1, 2)) {
            apply_once(plot, i);
            flags[i] = plot->n - 1 - i >= 4;
        }
    }
    return plot_ring(plot, "GUARANTEE_CHAIN", flags);
}

const struct scheme scheme_guarantee_chain = {
    .name = "guarantee_chain",
    .weight = 5,
    .size = chain_size,
    .plant = chain_plant,
};

static size_t over_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = (unsigned)rng_below(rng, 3);
    return (size_t)rng_between(rng, 3, 6);
}

/* The first stands for all others: with more than half, or all he has, or with nothing at all. */
static enum status over_plant(struct plot *plot)
{
    static const unsigned totals[] = { 70, 150, 20 };
    bool flags[RING_MAX] = { true };
    int64_t assets = plot->parties[0].net_assets_minor;

    if (plot->variant == 2)
        plot->parties[0].net_assets_minor = -assets / 10;
    plot_write(plot);
    plot->parties[0].net_assets_minor = assets;
    for (size_t i = 1; i < plot->n; i++) {
        write_guarantee(plot, 0, i, totals[plot->variant] / (unsigned)(plot->n - 1) + 1);
        if (rng_chance(&plot->rng, 1, 2))
            apply_once(plot, i);
    }
    return plot_ring(plot, "OVER_GUARANTEE", flags);
}

const struct scheme scheme_over_guarantor = {
    .name = "over_guarantor",
    .weight = 5,
    .size = over_size,
    .plant = over_plant,
};

/* Variants: so large that size tells; smaller, with an overdue member. */
static size_t circle_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = (unsigned)rng_below(rng, 2);
    return 2 * (size_t)(*variant ? rng_between(rng, 2, 4) : rng_between(rng, 5, 8));
}

/*
 * Guarantors (even) and guaranteed (odd) alternate round an undirected circle: nobody's guarantee
 * goes on, so there is neither a directed ring nor a chain. The overdue one is a guarantor, so that
 * no one shares a guarantor with him (D12).
 */
static enum status circle_plant(struct plot *plot)
{
    bool flags[RING_MAX];

    for (size_t i = 0; i < plot->n; i++) {
        size_t far = i < plot->n - i ? i : plot->n - i; /* from member 0, around the circle */
        flags[i] = plot->n >= 10 || far <= 2;
        plot_write_party(plot, i);
    }
    for (size_t i = 0; i < plot->n; i += 2) {
        write_guarantee(plot, i, i + 1, 20);
        write_guarantee(plot, i, (i + plot->n - 1) % plot->n, 20);
    }
    if (plot->n < 10)
        plot_go_overdue(plot, 0, 700, 500);
    return plot_ring(plot, "GUARANTEE_CIRCLE", flags);
}

const struct scheme scheme_guarantee_circle = {
    .name = "guarantee_circle",
    .weight = 5,
    .size = circle_size,
    .plant = circle_plant,
};
