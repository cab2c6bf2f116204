/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traps of relation: enterprises that look tied because they openly are one party. Declared groups,
 * families, one owner of several shops, a franchise, the suppliers of one core enterprise.
 *
 * Being one control group they carry the hint GROUP_EXPOSURE, which their truth says.
 */
#include "book/scheme.h"

/* One after another on one device, hours apart, for the same product of the same lender. */
static void apply_together(struct plot *plot, int64_t start, const struct key *device,
                           const struct key *phone)
{
    uint64_t product = rng_below(&plot->rng, N_PRODUCTS), lender = rng_below(&plot->rng, N_LENDERS);

    for (size_t i = 0; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        int64_t when =
            start + (int64_t)i * 5 * US_PER_HOUR + rng_between(&plot->rng, 0, 7200) * US_PER_SECOND;
        struct application application = application_own(party, &plot->rng, when);
        application.product = product;
        application.lender = lender;
        application.device = device;
        application.phone = phone;
        application_write(plot->world, party, &application);
    }
}

static size_t group_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = (unsigned)rng_below(rng, 3);
    return (size_t)rng_between(rng, 3, 4);
}

/* A ring of at most four: longer ones would hold a chain of four guarantees (D8). */
static void guarantee_inside(struct plot *plot)
{
    struct world *world = plot->world;
    size_t n_edges = plot->n + (plot->variant == 0);

    for (size_t i = 0; i < n_edges; i++) {
        bool back = i == plot->n; /* one pair is mutual */
        const struct party *from = &plot->parties[back ? 1 : i];
        const struct party *to = &plot->parties[back ? 0 : (i + 1) % plot->n];
        struct guarantee guarantee = {
            .amount_minor = party_share(from, 10) / 100000 * 100000,
            .kind = "joint",
            .status = "active",
            .when = since(plot_moment(plot, world_ago(world, 500), world_ago(world, 50))),
        };
        row_guarantee(world, SHEET_GUARANTEES, &from->key, &to->key, &guarantee);
    }
}

static enum status group_plant(struct plot *plot)
{
    struct world *world = plot->world;
    struct key group, device, phone;

    plot_write(plot);
    row_group(world, &group, "declared group");
    for (size_t i = 0; i < plot->n; i++)
        row_link(world, SHEET_MEMBER_OF, &plot->parties[i].key, &group,
                 since(world_ago(world, 1200)));
    guarantee_inside(plot);
    plot_device(plot, &device);
    plot_phone(plot, &phone);
    apply_together(plot, plot_moment(plot, world_ago(world, 30), world_ago(world, 5)), &device,
                   &phone);
    TRY(plot_ring(plot, "GROUP_EXPOSURE", NULL));
    return plot_trap(plot);
}

const struct scheme scheme_declared_group = {
    .name = "declared_group",
    .trap = true,
    .weight = 1,
    .size = group_size,
    .plant = group_plant,
};

static size_t family_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return (size_t)rng_between(rng, 3, 5);
}

/* Kin run shops of their own and once applied from the computer at home, half a year ago or more.
 */
static enum status family_plant(struct plot *plot)
{
    struct world *world = plot->world;
    struct key device, phone;

    plot_write(plot);
    for (size_t i = 1; i < plot->n; i++)
        row_kin(world, &plot->parties[i - 1].legal_rep, &plot->parties[i].legal_rep,
                relation_at(rng_below(&plot->rng, 4)));
    plot_device(plot, &device);
    plot_phone(plot, &phone);
    apply_together(plot, plot_moment(plot, world_ago(world, 900), world_ago(world, 250)), &device,
                   &phone);
    TRY(plot_ring(plot, "GROUP_EXPOSURE", NULL));
    return plot_trap(plot);
}

const struct scheme scheme_family = {
    .name = "family",
    .trap = true,
    .weight = 6,
    .size = family_size,
    .plant = family_plant,
};

static size_t owner_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return (size_t)rng_between(rng, 3, 4);
}

/* One person is owner and legal representative of all: hidden from nobody, so no more than a hint.
 */
static enum status owner_plant(struct plot *plot)
{
    struct world *world = plot->world;
    struct key device, phone;

    for (size_t i = 0; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        party->kin = false;
        if (i > 0) {
            party->legal_rep = plot->parties[0].legal_rep;
            party->own_legal_rep = false;
            row_link(world, SHEET_LEGAL_REP, &party->legal_rep, &party->key,
                     since(party_born_us(party)));
        }
        plot_write_party(plot, i);
    }
    plot_device(plot, &device);
    plot_phone(plot, &phone);
    apply_together(plot, plot_moment(plot, world_ago(world, 30), world_ago(world, 5)), &device,
                   &phone);
    TRY(plot_ring(plot, "GROUP_EXPOSURE", NULL));
    TRY(plot_ring(plot, "HIDDEN_CONTROL", NULL));
    return plot_trap(plot);
}

const struct scheme scheme_one_owner = {
    .name = "one_owner",
    .trap = true,
    .weight = 6,
    .size = owner_size,
    .plant = owner_plant,
};

static size_t franchise_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return (size_t)rng_between(rng, 30, 40);
}

/* Shops of many owners with the brand's manager as contact and its hotline: above the caps. */
static enum status franchise_plant(struct plot *plot)
{
    struct world *world = plot->world;
    struct key manager, hotline;

    plot_person(plot, &manager);
    plot_phone(plot, &hotline);
    for (size_t i = 0; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        struct interval when =
            since(plot_moment(plot, world_ago(world, 900), world_ago(world, 100)));
        struct application application = application_own(
            party, &plot->rng, plot_moment(plot, world_ago(world, 400), world_ago(world, 2)));
        plot_write_party(plot, i);
        row_role(world, SHEET_CONTACT, &manager, &party->key, "franchise", when);
        row_held(world, SHEET_HAS_PHONE, &party->key, &hotline, held_as("agent", false, when));
        application_write(world, party, &application);
    }
    return plot_trap(plot);
}

const struct scheme scheme_franchise = {
    .name = "franchise",
    .trap = true,
    .weight = 10,
    .least_book = 5000,
    .size = franchise_size,
    .plant = franchise_plant,
};

static size_t supplier_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return (size_t)rng_between(rng, 8, 14);
}

/* The first buys from all others, and stands for some of them well within his means. */
static enum status supplier_plant(struct plot *plot)
{
    struct world *world = plot->world;

    plot->parties[0].net_assets_minor = 50000000000;
    plot_write(plot);
    for (size_t i = 1; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        struct guarantee guarantee = {
            .amount_minor = party_share(&plot->parties[0], 2),
            .kind = "supply-chain",
            .status = "active",
            .when = since(plot_moment(plot, world_ago(world, 300), world_ago(world, 30))),
        };
        struct application application = application_own(
            party, &plot->rng, plot_moment(plot, world_ago(world, 200), world_ago(world, 2)));
        row_event_amount(world, SHEET_SUPPLIES, &party->key, &plot->parties[0].key,
                         rng_between(&plot->rng, 10, 900) * 1000000, guarantee.when.from);
        if (i <= 8)
            row_guarantee(world, SHEET_GUARANTEES, &plot->parties[0].key, &party->key, &guarantee);
        application_write(world, party, &application);
    }
    return plot_trap(plot);
}

const struct scheme scheme_core_suppliers = {
    .name = "core_suppliers",
    .trap = true,
    .weight = 6,
    .least_book = 1000,
    .size = supplier_size,
    .plant = supplier_plant,
};
