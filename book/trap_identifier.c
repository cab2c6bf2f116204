/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traps of identifiers: a recycled phone number, a device used slowly, two partners who are no
 * gang, an overdue repaid long ago. Those of hubs (incubators, accountants, branch tablets) are
 * part of the landscape.
 */
#include "book/scheme.h"

static size_t recycled_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return (size_t)rng_between(rng, 3, 6);
}

/* One number, one holder after the other, a few months of silence between. */
static enum status recycled_plant(struct plot *plot)
{
    struct world *world = plot->world;
    int64_t start = world_ago(world, 1050), term = 1000 * US_PER_DAY / (int64_t)plot->n;
    struct key phone;

    term = term / US_PER_DAY * US_PER_DAY;
    plot_phone(plot, &phone);
    for (size_t i = 0; i < plot->n; i++, start += term) {
        struct party *party = &plot->parties[i];
        bool last = i + 1 == plot->n;
        struct interval held = { start, last ? TIME_MAX : start + term - 60 * US_PER_DAY };
        struct application application = application_own(
            party, &plot->rng, plot_moment(plot, start + US_PER_DAY, start + 40 * US_PER_DAY));
        plot_write_party(plot, i);
        row_held(world, SHEET_HAS_PHONE, &party->key, &phone, held_as("legal_rep", false, held));
        application.phone = &phone;
        application_write(world, party, &application);
    }
    return plot_trap(plot);
}

const struct scheme scheme_recycled_phone = {
    .name = "recycled_phone",
    .trap = true,
    .weight = 8,
    .size = recycled_size,
    .plant = recycled_plant,
};

static size_t slow_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return (size_t)rng_between(rng, 4, 8);
}

/* Every third use comes just as the window of D1 has closed. */
static enum status slow_plant(struct plot *plot)
{
    struct world *world = plot->world;
    int64_t start = plot_moment(plot, world_ago(world, 900), world_ago(world, 200));
    struct key device;

    plot_device(plot, &device);
    for (size_t i = 0; i < plot->n; i++) {
        struct application application =
            application_own(&plot->parties[i], &plot->rng, start + (int64_t)i * 7 * US_PER_DAY / 2);
        plot_write_party(plot, i);
        application.device = &device;
        application_write(world, &plot->parties[i], &application);
    }
    return plot_trap(plot);
}

const struct scheme scheme_slow_device = {
    .name = "slow_device",
    .trap = true,
    .weight = 8,
    .size = slow_size,
    .plant = slow_plant,
};

static size_t pair_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)rng, (void)number, (void)variant;
    return 2;
}

/* Two partners in one office: device, phone and room in common, but they are two. */
static enum status partners_plant(struct plot *plot)
{
    struct world *world = plot->world;
    int64_t end = plot_moment(plot, world_ago(world, 25), world_ago(world, 4));
    struct key device, phone, room;

    plot_device(plot, &device);
    plot_phone(plot, &phone);
    plot_room(plot, &room);
    for (size_t i = 0; i < plot->n; i++) {
        struct application application =
            application_own(&plot->parties[i], &plot->rng, end + (int64_t)i * 3 * US_PER_HOUR);
        plot_write_party(plot, i);
        application.device = &device;
        application.phone = &phone;
        application.address = &room;
        application_write(world, &plot->parties[i], &application);
    }
    return plot_trap(plot);
}

const struct scheme scheme_partners = {
    .name = "partners",
    .trap = true,
    .weight = 6,
    .size = pair_size,
    .plant = partners_plant,
};

/* A late payment of years ago, made good: it taints neither him nor whom he shares a device with.
 */
static enum status repaid_plant(struct plot *plot)
{
    struct world *world = plot->world;
    int64_t when = plot_moment(plot, world_ago(world, 1000), world_ago(world, 700));
    struct key device;

    plot_device(plot, &device);
    for (size_t i = 0; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        struct application application =
            application_own(party, &plot->rng, when + (int64_t)i * 30 * US_PER_DAY);
        struct loan loan = { .amount_minor = application.amount_minor,
                             .paid_out = application.when + 5 * US_PER_DAY,
                             .status = "repaid",
                             .overdue_since = application.when + 185 * US_PER_DAY,
                             .overdue_until = application.when + 230 * US_PER_DAY };
        plot_write_party(plot, i);
        application.device = &device;
        application.status = "approved";
        application.outcome = i ? "good" : "overdue";
        if (i)
            loan.overdue_since = loan.overdue_until = TIME_MIN;
        party_open_account(world, party, application.when, NULL);
        application_write(world, party, &application);
        loan_write(world, party, &application, &loan);
    }
    return plot_trap(plot);
}

const struct scheme scheme_repaid_overdue = {
    .name = "repaid_overdue",
    .trap = true,
    .weight = 5,
    .size = pair_size,
    .plant = repaid_plant,
};
