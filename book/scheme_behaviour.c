/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MULTI_LENDING, APPLICATION_TAMPERING, CONTRADICTION: what one applicant does. */
#include "book/scheme.h"

static size_t one(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = (unsigned)rng_below(rng, 3);
    return 1;
}

/*
 * Ten to thirteen applications at different lenders within five weeks, some of them in the last
 * days: ten in ninety days hold also when the book is judged weeks after its T.
 */
static enum status lender_plant(struct plot *plot)
{
    struct world *world = plot->world;
    struct party *party = &plot->parties[0];
    size_t n = (size_t)rng_between(&plot->rng, 10, 12);

    party->no_past = true;
    plot_write_party(plot, 0);
    for (size_t i = 0; i < n; i++) {
        int64_t latest = world_ago(world, 1) - (int64_t)i * 65 * US_PER_HOUR;
        struct application application = application_own(
            party, &plot->rng, plot_moment(plot, latest - 48 * US_PER_HOUR, latest));
        application.lender = i; /* each its own */
        application_write(world, party, &application);
    }
    return plot_ring(plot, "MULTI_LENDING", NULL);
}

const struct scheme scheme_multi_lender = {
    .name = "multi_lender",
    .weight = 4,
    .size = one,
    .plant = lender_plant,
};

/* Refused, and back within the hour as somebody slightly different. */
static enum status retry_plant(struct plot *plot)
{
    struct world *world = plot->world;
    struct party *party = &plot->parties[0];
    struct application application;
    struct key phone, device, room;

    plot_write_party(plot, 0);
    application = application_own(party, &plot->rng,
                                  plot_moment(plot, world_ago(world, 900), world_ago(world, 4)));
    application.status = "rejected";
    application_write(world, party, &application);
    application.when += rng_between(&plot->rng, 60, 3599) * US_PER_SECOND;
    if (plot->variant != 0) {
        plot_phone(plot, &phone);
        application.phone = &phone;
    }
    if (plot->variant != 1) {
        plot_device(plot, &device);
        application.device = &device;
    }
    if (plot->variant != 2) {
        plot_room(plot, &room);
        application.address = &room;
    }
    application_write(world, party, &application);
    return plot_ring(plot, "APPLICATION_TAMPERING", NULL);
}

const struct scheme scheme_retry = {
    .name = "retry",
    .weight = 4,
    .size = one,
    .plant = retry_plant,
};

/* States another phone or room than the verified one, another representative, or both. */
static enum status contradiction_plant(struct plot *plot)
{
    struct world *world = plot->world;
    struct party *party = &plot->parties[0];
    struct application application;
    struct key phone, person;

    party->verified = true;
    party->no_past = true;
    plot_write_party(plot, 0);
    application = application_own(party, &plot->rng,
                                  plot_moment(plot, world_ago(world, 900), world_ago(world, 4)));
    if (plot->variant != 0) {
        plot_phone(plot, &phone);
        application.phone = &phone;
    }
    if (plot->variant != 1) {
        plot_person(plot, &person);
        application.legal_rep = &person;
    }
    application_write(world, party, &application);
    return plot_ring(plot, "CONTRADICTION", NULL);
}

const struct scheme scheme_contradiction = {
    .name = "contradiction",
    .weight = 3,
    .size = one,
    .plant = contradiction_plant,
};
