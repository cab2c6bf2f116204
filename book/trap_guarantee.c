/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traps of guarantee: rings that are over, chains that do not come back, guarantee companies.
 *
 * The first open chain is what the ring-closing sample of screenings.ndjson closes.
 */
#include "book/scheme.h"

static size_t chain_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)rng, (void)number, (void)variant;
    return 4;
}

static struct guarantee draw_guarantee(struct plot *plot, const struct party *from)
{
    struct world *world = plot->world;

    return (struct guarantee){
        .amount_minor = party_share(from, 20) / 100000 * 100000,
        .kind = "joint",
        .status = "active",
        .when = since(plot_moment(plot, world_ago(world, 500), world_ago(world, 60))),
    };
}

static void apply_once(struct plot *plot, size_t who)
{
    struct world *world = plot->world;
    struct application application =
        application_own(&plot->parties[who], &plot->rng,
                        plot_moment(plot, world_ago(world, 300), world_ago(world, 9)));

    application_write(world, &plot->parties[who], &application);
}

static enum status chain_plant(struct plot *plot)
{
    plot_write(plot);
    for (size_t i = 0; i + 1 < plot->n; i++) {
        struct guarantee guarantee = draw_guarantee(plot, &plot->parties[i]);
        row_guarantee(plot->world, SHEET_GUARANTEES, &plot->parties[i].key,
                      &plot->parties[i + 1].key, &guarantee);
    }
    apply_once(plot, 0);
    if (plot->number == 0)
        plot->world->chain_sample = (struct sample){ .there = true,
                                                     .enterprise = plot->indices[0],
                                                     .other = plot->indices[plot->n - 1] };
    return plot_trap(plot);
}

const struct scheme scheme_open_chain = {
    .name = "open_chain",
    .trap = true,
    .weight = 6,
    .size = chain_size,
    .plant = chain_plant,
};

static size_t ended_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    *variant = (unsigned)(number + rng_below(rng, 2));
    return (size_t)rng_between(rng, 3, 4);
}

/* A ring of which one contract has run out, or was released. */
static enum status ended_plant(struct plot *plot)
{
    plot_write(plot);
    for (size_t i = 0; i < plot->n; i++) {
        struct guarantee guarantee = draw_guarantee(plot, &plot->parties[i]);
        if (i == 0 && plot->variant % 2)
            guarantee.status = "released";
        else if (i == 0)
            guarantee.when.to = plot_moment(plot, world_ago(plot->world, 50), plot->world->now_us);
        row_guarantee(plot->world, SHEET_GUARANTEES, &plot->parties[i].key,
                      &plot->parties[(i + 1) % plot->n].key, &guarantee);
        apply_once(plot, i);
    }
    return plot_trap(plot);
}

const struct scheme scheme_ended_ring = {
    .name = "ended_ring",
    .trap = true,
    .weight = 8,
    .size = ended_size,
    .plant = ended_plant,
};

static size_t company_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)rng, (void)number, (void)variant;
    return 1;
}

/* Its clients are ordinary enterprises (book/noise.c), which also writes the line of truth. */
static enum status company_plant(struct plot *plot)
{
    struct party *party = &plot->parties[0];

    party->class_ = "guarantee_company";
    party->net_assets_minor = 100000000000;
    plot_write_party(plot, 0);
    return STATUS_OK;
}

const struct scheme scheme_guarantee_company = {
    .name = "guarantee_company",
    .trap = true,
    .weight = 5,
    .least_book = 1000,
    .size = company_size,
    .plant = company_plant,
};
