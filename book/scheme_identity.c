/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHARED_PHONE, SHARED_ADDRESS, BATCH_APPLICATION: one identifier, too many at once.
 *
 * Their members apply, if at all, before D4's window, so that one shared kind stays one signal.
 */
#include "book/noise.h"
#include "book/scheme.h"

static void apply_long_ago(struct plot *plot, size_t who)
{
    struct world *world = plot->world;
    struct application application =
        application_own(&plot->parties[who], &plot->rng,
                        plot_moment(plot, world_ago(world, 950), world_ago(world, 160)));

    application_write(world, &plot->parties[who], &application);
}

/* Variants: of a legal representative's phone three suffice, of a contact's five are needed. */
static size_t farm_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = (unsigned)rng_below(rng, 2);
    return (size_t)(*variant ? rng_between(rng, 5, 14) : rng_between(rng, 3, 8));
}

/* All hold it from some day on; before, one more did who has left, and an agent still does. */
static enum status farm_plant(struct plot *plot)
{
    struct world *world = plot->world;
    const char *role = plot->variant ? "contact" : "legal_rep";
    size_t least = plot->variant ? 5 : 3, extra = plot->n >= least + 2 ? 2 : 0;
    int64_t together = plot_moment(plot, world_ago(world, 900), world_ago(world, 120));
    bool flags[RING_MAX];
    struct key phone;

    plot_phone(plot, &phone);
    for (size_t i = 0; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        bool left = extra && i == 0, agent = extra && i == 1;
        struct interval held = since(plot_moment(plot, together - 60 * US_PER_DAY, together));
        if (left)
            held = (struct interval){ together - 300 * US_PER_DAY, together - 61 * US_PER_DAY };
        else if (rng_chance(&plot->rng, 1, 3))
            held.to = plot_moment(plot, together + US_PER_DAY, together + 90 * US_PER_DAY);
        flags[i] = !left && !agent;
        plot_write_party(plot, i);
        /* No role counts as a contact's. */
        row_held(world, SHEET_HAS_PHONE, &party->key, &phone,
                 held_as(agent                         ? "agent"
                         : plot->variant && i % 3 == 2 ? ""
                                                       : role,
                         false, held));
        if (rng_chance(&plot->rng, 1, 2))
            apply_long_ago(plot, i);
    }
    return plot_ring(plot, "SHARED_PHONE", flags);
}

const struct scheme scheme_phone_farm = {
    .name = "phone_farm",
    .weight = 5,
    .size = farm_size,
    .plant = farm_plant,
};

static size_t registration_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return (size_t)rng_between(rng, 5, 18);
}

/* Registered at one room within a month; one or two more came a season later. */
static enum status registration_plant(struct plot *plot)
{
    struct world *world = plot->world;
    int64_t first_day = world->today - rng_between(&plot->rng, 200, 980);
    size_t late = plot->n > 6 ? rng_below(&plot->rng, 3) : 0;
    bool flags[RING_MAX] = { false };
    struct use starts[RING_MAX];
    struct key room;

    plot_room(plot, &room);
    for (size_t i = 0; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        party->registered_day = first_day + (i < plot->n - late ? rng_between(&plot->rng, 0, 29)
                                                                : 40 + (int64_t)i * 31 % 95);
        party->own_address = false;
        party->no_past = true;
        starts[i] = (struct use){ i, party_born_us(party) };
        plot_write_party(plot, i);
        row_held(world, SHEET_LOCATED_AT, &party->key, &room,
                 held_as(i % 4 == 3 ? "" : "registered", false, since(party_born_us(party))));
    }
    truth_window(flags, starts, plot->n, 30 * US_PER_DAY, 5);
    return plot_ring(plot, "SHARED_ADDRESS", flags);
}

const struct scheme scheme_batch_registration = {
    .name = "batch_registration",
    .weight = 6,
    .size = registration_size,
    .plant = registration_plant,
};

/* Half an hour on a branch's tablet, on a stated phone, or a day on a stated address. */
enum { ON_TABLET, ON_PHONE, ON_ADDRESS, N_LOCKSTEPS };

static size_t lockstep_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = (unsigned)rng_below(rng, N_LOCKSTEPS);
    /* On the tablet too few for ten of one day with the branch's ordinary customers. */
    return (size_t)(*variant == ON_ADDRESS  ? rng_between(rng, 10, 18)
                    : *variant == ON_TABLET ? rng_between(rng, 5, 6)
                                            : rng_between(rng, 5, 12));
}

static enum status lockstep_plant(struct plot *plot)
{
    struct world *world = plot->world;
    int64_t start = plot_moment(plot, world_ago(world, 900), world_ago(world, 150));
    int64_t length = plot->variant == ON_ADDRESS ? 23 * US_PER_HOUR : 29 * US_PER_MINUTE;
    bool flags[RING_MAX] = { false };
    struct use uses[RING_MAX];
    struct key shared;

    if (plot->variant == ON_TABLET && !noise_idle_tablet(&shared, &start, world, plot->number, 150))
        plot->variant = ON_PHONE;
    if (plot->variant == ON_PHONE)
        plot_phone(plot, &shared);
    else if (plot->variant == ON_ADDRESS)
        plot_room(plot, &shared);
    for (size_t i = 0; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        struct application application =
            application_own(party, &plot->rng, plot_moment(plot, start, start + length));
        plot_write_party(plot, i);
        if (plot->variant == ON_TABLET)
            application.device = &shared;
        else if (plot->variant == ON_PHONE)
            application.phone = &shared;
        else
            application.address = &shared;
        uses[i] = (struct use){ i, application.when };
        application_write(world, party, &application);
    }
    truth_window(flags, uses, plot->n, 30 * US_PER_MINUTE, 5);
    truth_window(flags, uses, plot->n, US_PER_DAY, 10);
    return plot_ring(plot, "BATCH_APPLICATION", flags);
}

const struct scheme scheme_lockstep = {
    .name = "lockstep",
    .weight = 6,
    .size = lockstep_size,
    .plant = lockstep_plant,
};
