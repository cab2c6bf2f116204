/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HIDDEN_CONTROL, GROUP_EXPOSURE, CIRCULAR_OWNERSHIP, SHELL_TAKEOVER: who stands behind.
 */
#include "book/noise.h"
#include "book/scheme.h"

/* The n-th applies hours after the one before, all for one product: no haste in D11's or D14's
 * sense. */
static void apply_in_turn(struct plot *plot, size_t who, int64_t start, const struct key *device)
{
    struct party *party = &plot->parties[who];
    struct application application =
        application_own(party, &plot->rng, start + (int64_t)who * 30 * US_PER_HOUR);

    application.product = 1;
    application.lender = plot->number % N_LENDERS;
    if (device)
        application.device = device;
    application_write(plot->world, party, &application);
}

/* Variants: all apply from one device; each from his own. */
static size_t owner_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = (unsigned)rng_below(rng, 2);
    return (size_t)rng_between(rng, 2, 5);
}

/*
 * One person holds most of the first, which holds most of the second; the rest are his directly.
 * Each has a straw man as legal representative.
 */
static enum status owner_plant(struct plot *plot)
{
    struct world *world = plot->world;
    int64_t start = plot_moment(plot, world_ago(world, 110), world_ago(world, 12));
    struct key owner, device;

    plot_person(plot, &owner);
    if (plot->variant == 0)
        plot_device(plot, &device);
    for (size_t i = 0; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        int64_t ratio = rng_between(&plot->rng, 51, 90) * 100;
        party->own_holder = false;
        party->second_holding = 0;
        plot_write_party(plot, i);
        if (i == 1)
            row_share(world, SHEET_INVESTS, &plot->parties[0].key, &party->key, ratio,
                      since(party_born_us(party)));
        else
            row_share(world, SHEET_SHAREHOLDER, &owner, &party->key, ratio,
                      since(party_born_us(party)));
        apply_in_turn(plot, i, start, plot->variant == 0 ? &device : NULL);
    }
    TRY(plot_ring(plot, "HIDDEN_CONTROL", NULL));
    return plot_ring(plot, "GROUP_EXPOSURE", NULL);
}

const struct scheme scheme_hidden_owner = {
    .name = "hidden_owner",
    .weight = 6,
    .size = owner_size,
    .plant = owner_plant,
};

static size_t rep_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return (size_t)rng_between(rng, 2, 8);
}

/* Different owners, one legal representative; they applied just before D4's window. */
static enum status rep_plant(struct plot *plot)
{
    struct world *world = plot->world;
    int64_t start = plot_moment(plot, world_ago(world, 124), world_ago(world, 105));
    struct key rep;

    plot_person(plot, &rep);
    for (size_t i = 0; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        struct key owner;
        plot_person(plot, &owner);
        party->own_legal_rep = party->own_holder = false;
        party->second_holding = 0;
        party->legal_rep = rep;
        plot_write_party(plot, i);
        row_link(world, SHEET_LEGAL_REP, &rep, &party->key, since(party_born_us(party)));
        row_share(world, SHEET_SHAREHOLDER, &owner, &party->key, party->holding,
                  since(party_born_us(party)));
        apply_in_turn(plot, i, start, NULL);
    }
    return plot_ring(plot, "HIDDEN_CONTROL", NULL);
}

const struct scheme scheme_common_rep = {
    .name = "common_rep",
    .weight = 4,
    .size = rep_size,
    .plant = rep_plant,
};

static size_t ownership_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = (unsigned)rng_below(rng, 2);
    return (size_t)rng_between(rng, 2, 4);
}

/* Holdings in a ring, each a quarter or more but no majority; in a variant one is small. */
static enum status ownership_plant(struct plot *plot)
{
    for (size_t i = 0; i < plot->n; i++) {
        struct party *party = &plot->parties[i];
        party->holding = 5100;
        party->second_holding = 0;
        plot_write_party(plot, i);
    }
    for (size_t i = 0; i < plot->n; i++) {
        const struct party *held = &plot->parties[(i + 1) % plot->n];
        int64_t percent = plot->variant && i == 0 ? rng_between(&plot->rng, 5, 20)
                                                  : rng_between(&plot->rng, 25, 45);
        row_share(plot->world, SHEET_INVESTS, &plot->parties[i].key, &held->key, percent * 100,
                  since(party_born_us(held) + 200 * US_PER_DAY));
    }
    return plot_ring(plot, "CIRCULAR_OWNERSHIP", NULL);
}

const struct scheme scheme_ownership_ring = {
    .name = "ownership_ring",
    .weight = 3,
    .size = ownership_size,
    .plant = ownership_plant,
};

/* Signs of a shell: at least three of these. */
enum sign {
    YOUNG = 1, /* or dormant */
    NEW_REP = 2,
    NEW_HOLDER = 4,
    MOVED = 8,
    DORMANT = 16, /* instead of young */
};

static const unsigned char sign_sets[] = {
    YOUNG | NEW_REP | NEW_HOLDER,         YOUNG | NEW_REP | MOVED,
    DORMANT | NEW_HOLDER | MOVED,         NEW_REP | NEW_HOLDER | MOVED,
    YOUNG | NEW_REP | NEW_HOLDER | MOVED, DORMANT | NEW_REP | NEW_HOLDER | MOVED,
};

static size_t shell_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number;
    *variant = sign_sets[rng_below(rng, sizeof sign_sets)];
    return 1;
}

/* Half a year before the application at most, and after the firm's first weeks. */
static int64_t change_day(struct plot *plot, int64_t applied)
{
    return plot_moment(plot, applied - 90 * US_PER_DAY, applied - 2 * US_PER_DAY);
}

static void write_changes(struct plot *plot, int64_t rep_day)
{
    struct world *world = plot->world;
    struct party *party = &plot->parties[0];
    struct key person, room;

    if (plot->variant & NEW_REP) {
        plot_person(plot, &person);
        row_link(world, SHEET_LEGAL_REP, &person, &party->key, since(rep_day));
    }
    if (plot->variant & NEW_HOLDER) {
        struct key holder;
        plot_person(plot, &holder);
        row_share(world, SHEET_SHAREHOLDER, &holder, &party->key, 8000, since(party->holder_until));
    }
    if (plot->variant & MOVED) {
        plot_room(plot, &room);
        row_held(world, SHEET_LOCATED_AT, &party->key, &room,
                 held_as("registered", false, since(party->address_until)));
    }
    if (plot->variant & NEW_REP)
        party->legal_rep = person;
}

/* Bought, re-papered, and sent to apply. */
static enum status shell_plant(struct plot *plot)
{
    struct world *world = plot->world;
    struct party *party = &plot->parties[0];
    int64_t applied = plot_moment(plot, world_ago(world, 500), world_ago(world, 5));
    int64_t rep_day = change_day(plot, applied);
    struct application application;

    party->no_past = true;
    party->second_holding = 0;
    if (plot->variant & YOUNG)
        party->registered_day = applied / US_PER_DAY - rng_between(&plot->rng, 100, 330);
    if (plot->variant & DORMANT)
        party->status = "dormant";
    if (plot->variant & NEW_REP)
        party->legal_rep_until = rep_day;
    if (plot->variant & NEW_HOLDER)
        party->holder_until = change_day(plot, applied);
    if (plot->variant & MOVED)
        party->address_until = change_day(plot, applied);
    plot_write_party(plot, 0);
    write_changes(plot, rep_day);
    application = application_own(party, &plot->rng, applied);
    application.address = NULL;
    application_write(world, party, &application);
    return plot_ring(plot, "SHELL_TAKEOVER", NULL);
}

const struct scheme scheme_shell = {
    .name = "shell",
    .weight = 5,
    .size = shell_size,
    .plant = shell_plant,
};
