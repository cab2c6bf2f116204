/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OVERDUE_LINK and LOAN_ROUND_TRIP: who shares with a defaulter, and where loan money goes. */
#include "book/scheme.h"

/* What the others share with the borrower. */
enum { BY_DEVICE, BY_ACCOUNT, BY_GUARANTOR, N_TIES };

static size_t overdue_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = (unsigned)rng_below(rng, N_TIES);
    /* Three on a device in months are no cluster of D1 or D4; the guarantor comes last. */
    return *variant == BY_DEVICE ? 3 : (size_t)rng_between(rng, 3, 6);
}

static void lend(struct plot *plot, size_t who, int64_t when, const struct key *device,
                 bool overdue)
{
    struct world *world = plot->world;
    struct party *party = &plot->parties[who];
    struct application application = application_own(party, &plot->rng, when);
    struct loan loan = { .amount_minor = application.amount_minor,
                         .paid_out = when + 5 * US_PER_DAY,
                         .status = overdue ? "overdue" : "active",
                         .overdue_since = overdue ? when + 60 * US_PER_DAY : TIME_MIN,
                         .overdue_until = TIME_MIN };

    application.status = "approved";
    application.outcome = overdue ? "overdue" : "";
    if (device)
        application.device = device;
    application_write(world, party, &application);
    loan_write(world, party, &application, &loan);
}

/* The borrower is member 0; those who share with him are tagged, he and a guarantor are not. */
static enum status overdue_plant(struct plot *plot)
{
    struct world *world = plot->world;
    bool flags[RING_MAX];
    struct key device;

    if (plot->variant == BY_DEVICE)
        plot_device(plot, &device);
    for (size_t i = 0; i < plot->n; i++) {
        bool guarantor = plot->variant == BY_GUARANTOR && i + 1 == plot->n;
        /* From the same device weeks apart, and all in the half year before T and some after it. */
        int64_t when = world_ago(world, 120 - (int64_t)i * 12) +
                       rng_between(&plot->rng, 0, 72000) * US_PER_SECOND;
        flags[i] = i > 0 && !guarantor;
        plot_write_party(plot, i);
        if (guarantor)
            continue;
        party_open_account(world, &plot->parties[i], world_ago(world, 600), NULL);
        /* His loans go to the borrower's account. */
        if (plot->variant == BY_ACCOUNT)
            plot->parties[i].account = plot->parties[0].account;
        lend(plot, i, when, plot->variant == BY_DEVICE ? &device : NULL, i == 0);
    }
    for (size_t i = 0; plot->variant == BY_GUARANTOR && i + 1 < plot->n; i++) {
        const struct party *guarantor = &plot->parties[plot->n - 1];
        struct guarantee guarantee = { .amount_minor = party_share(guarantor, 5),
                                       .kind = "joint",
                                       .status = "active",
                                       .when = since(world_ago(world, 200)) };
        row_guarantee(world, SHEET_GUARANTEES, &guarantor->key, &plot->parties[i].key, &guarantee);
    }
    return plot_ring(plot, "OVERDUE_LINK", flags);
}

const struct scheme scheme_overdue_circle = {
    .name = "overdue_circle",
    .weight = 6,
    .size = overdue_size,
    .plant = overdue_plant,
};

/* Variants: back to the borrower through one or two others; on to his guarantor's account. */
static size_t trip_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = (unsigned)rng_below(rng, 3);
    return *variant == 0 ? 2 : 3;
}

static enum status trip_plant(struct plot *plot)
{
    struct world *world = plot->world;
    struct party *borrower = &plot->parties[0], *last = &plot->parties[plot->n - 1];
    struct application application = application_own(
        borrower, &plot->rng, plot_moment(plot, world_ago(world, 900), world_ago(world, 60)));
    int64_t when = application.when + 3 * US_PER_DAY, amount = application.amount_minor;
    struct loan loan = { .amount_minor = amount,
                         .paid_out = when,
                         .status = "active",
                         .overdue_since = TIME_MIN,
                         .overdue_until = TIME_MIN };
    bool flags[RING_MAX] = { true };
    size_t hops = plot->variant == 2 ? plot->n - 1 : plot->n;

    application.status = "approved";
    for (size_t i = 0; i < plot->n; i++) {
        plot_write_party(plot, i);
        party_open_account(world, &plot->parties[i], application.when - US_PER_DAY, NULL);
    }
    application_write(world, borrower, &application);
    loan_write(world, borrower, &application, &loan);
    for (size_t i = 0; i < hops; i++) {
        when = plot_moment(plot, when + US_PER_MINUTE, when + 8 * US_PER_DAY);
        amount = amount / 100 * rng_between(&plot->rng, 65, 100);
        row_transfer(world, &plot->parties[i].account, &plot->parties[(i + 1) % plot->n].account,
                     amount, when);
    }
    if (plot->variant == 2) {
        struct guarantee guarantee = { .amount_minor = party_share(last, 10),
                                       .kind = "joint",
                                       .status = "active",
                                       .when = since(application.when) };
        row_guarantee(world, SHEET_GUARANTEES, &last->key, &borrower->key, &guarantee);
    }
    return plot_ring(plot, "LOAN_ROUND_TRIP", flags);
}

const struct scheme scheme_round_trip = {
    .name = "round_trip",
    .weight = 5,
    .size = trip_size,
    .plant = trip_plant,
};
