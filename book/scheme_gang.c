/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GANG_APPLICATION: applicants of the last weeks tied by two kinds of identifier, or by one that
 * nobody else uses.
 *
 * A recipe says which kinds are shared and how large a gang may be for the link weight of
 * DETECTORS.md, sum of w / ln(deg + 5) * exp(-age / 180), to stay above tau 0.35 at any T up to
 * fifty days after the book's: events are then up to 85 days old, which leaves exp(-85/180) = 0.62
 * of their weight, while intervals keep all of theirs.
 *
 * Camouflage: the members' own identifiers, large buildings, slow gangs spread over four weeks,
 * gangs of two halves with a device each and one member in both.
 */
#include "book/scheme.h"

#include <string.h>

enum shares {
    DEVICE = 1,         /* submitted from */
    PHONE_STATED = 2,   /* in the application */
    PHONE_HELD = 4,     /* HAS_PHONE, contact */
    ADDRESS_STATED = 8, /* in the application */
    ADDRESS_HELD = 16,  /* LOCATED_AT, operating */
    PERSON = 32,        /* CONTACT */
};

static const struct recipe {
    unsigned shares;
    size_t least, most;
} recipes[] = {
    { DEVICE | PHONE_STATED, 3, 14 },
    { DEVICE | PHONE_STATED | ADDRESS_STATED, 3, 24 },
    { DEVICE | ADDRESS_HELD, 3, 10 },
    { DEVICE | PERSON, 3, 18 },
    { PHONE_HELD | ADDRESS_HELD, 3, 18 },
    { PHONE_HELD | PERSON, 3, 18 },
    { PERSON, 4, 10 },    /* exclusive: 1.0 / ln(15) = 0.369 */
    { PHONE_HELD, 4, 4 }, /* exclusive: 0.8 / ln(9) = 0.364 */
};

#define N_RECIPES (sizeof recipes / sizeof *recipes)

struct gang {
    struct plot *plot;
    const struct recipe *recipe;
    struct key devices[2], phone, address, person;
    size_t half; /* members before it use the first device, it both, those after the second */
    struct use uses[2][RING_MAX]; /* of the devices */
    size_t n_uses[2];
    struct use stated[2 * RING_MAX]; /* all applications: what all state */
    size_t n_stated;
    bool overdue; /* member 1 is: the gang is an alert, and D12 sees who shares his device */
};

/* The first is the plainest, for the sample of a screening; gangs are mostly small. */
static size_t gang_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    const struct recipe *recipe;
    size_t most;

    *variant = number ? (unsigned)rng_below(rng, N_RECIPES) : 0;
    recipe = &recipes[*variant];
    most = rng_chance(rng, 2, 3) && recipe->most > 7 ? 7 : recipe->most;
    return (size_t)rng_between(rng, (int64_t)recipe->least, (int64_t)most);
}

static void hold(struct gang *gang, const struct party *party, size_t who)
{
    struct world *world = gang->plot->world;
    unsigned shares = gang->recipe->shares;
    struct interval when = since(world_ago(world, 40 + (int64_t)who % 9 * 20));

    if (shares & PHONE_HELD)
        row_held(world, SHEET_HAS_PHONE, &party->key, &gang->phone,
                 held_as("contact", false, when));
    if (shares & ADDRESS_HELD)
        row_held(world, SHEET_LOCATED_AT, &party->key, &gang->address,
                 held_as("operating", false, when));
    if (shares & PERSON)
        row_role(world, SHEET_CONTACT, &gang->person, &party->key, "agent", when);
}

static void apply(struct gang *gang, size_t who, int64_t when, size_t device)
{
    struct plot *plot = gang->plot;
    struct party *party = &plot->parties[who];
    struct application application = application_own(party, &plot->rng, when);
    unsigned shares = gang->recipe->shares;

    if (shares & DEVICE) {
        application.device = &gang->devices[device];
        gang->uses[device][gang->n_uses[device]++] = (struct use){ who, when };
    }
    if (shares & PHONE_STATED)
        application.phone = &gang->phone;
    if (shares & ADDRESS_STATED)
        application.address = &gang->address;
    gang->stated[gang->n_stated++] = (struct use){ who, when };
    application_write(plot->world, party, &application);
}

static void apply_all(struct gang *gang)
{
    static const int64_t spreads[] = { 2, 20, 100, 300, 640 }; /* hours */
    struct plot *plot = gang->plot;
    int64_t spread = spreads[rng_below(&plot->rng, 5)] * US_PER_HOUR;
    int64_t end = plot_moment(plot, world_ago(plot->world, 7), world_ago(plot->world, 1));

    for (size_t i = 0; i < plot->n; i++) {
        int64_t when = plot_moment(plot, end - spread, end);
        apply(gang, i, when, i > gang->half);
        /* Three hours on: no hasty retry in the sense of D14. */
        if (i == gang->half)
            apply(gang, i, when + 3 * US_PER_HOUR, 1);
    }
}

/* Two devices are one ring of D1 where somebody is tagged for both, else two. */
static enum status tell_devices(struct gang *gang)
{
    struct plot *plot = gang->plot;
    bool flags[2][RING_MAX] = { { false } }, both = false;

    for (size_t i = 0; i < 2; i++)
        truth_window(flags[i], gang->uses[i], gang->n_uses[i], 7 * US_PER_DAY, 3);
    for (size_t i = 0; i < plot->n; i++)
        both = both || (flags[0][i] && flags[1][i]);
    for (size_t i = 0; both && i < plot->n; i++) {
        flags[0][i] = flags[0][i] || flags[1][i];
        flags[1][i] = false;
    }
    TRY(plot_ring(plot, "SHARED_DEVICE", flags[0]));
    strcat(plot->ring, "b");
    TRY(plot_ring(plot, "SHARED_DEVICE", flags[1]));
    plot->ring[strlen(plot->ring) - 1] = 0;
    return STATUS_OK;
}

/*
 * D12: those who used a device that the overdue member used, he himself not. D10: he passes on at
 * least 0.15 * 0.85 of a seed's rank, in equal shares, so among eleven each gets over 0.01.
 */
static enum status tell_overdue(struct gang *gang)
{
    bool flags[RING_MAX] = { false };

    if (!gang->overdue)
        return STATUS_OK;
    for (size_t i = 0; i < gang->plot->n; i++)
        flags[i] = i != 1;
    if (gang->plot->n <= 11)
        TRY(plot_ring(gang->plot, "RISK_CONTAGION", flags));
    return gang->recipe->shares & DEVICE ? plot_ring(gang->plot, "OVERDUE_LINK", flags)
                                         : STATUS_OK;
}

/* D1 on each device, D5 on whatever the applications state, D2 on a phone held by five. */
static enum status tell(struct gang *gang)
{
    struct plot *plot = gang->plot;
    bool batch[RING_MAX] = { false };
    unsigned shares = gang->recipe->shares;

    TRY(plot_ring(plot, "GANG_APPLICATION", NULL));
    for (size_t i = 0; i < 2; i++) {
        truth_window(batch, gang->uses[i], gang->n_uses[i], 30 * US_PER_MINUTE, 5);
        truth_window(batch, gang->uses[i], gang->n_uses[i], US_PER_DAY, 10);
    }
    if (shares & (PHONE_STATED | ADDRESS_STATED)) {
        truth_window(batch, gang->stated, gang->n_stated, 30 * US_PER_MINUTE, 5);
        truth_window(batch, gang->stated, gang->n_stated, US_PER_DAY, 10);
    }
    TRY(tell_devices(gang));
    TRY(tell_overdue(gang));
    TRY(plot_ring(plot, "BATCH_APPLICATION", batch));
    return shares & PHONE_HELD && plot->n >= 5 ? plot_ring(plot, "SHARED_PHONE", NULL) : STATUS_OK;
}

static void make_shared(struct gang *gang)
{
    struct plot *plot = gang->plot;
    unsigned shares = gang->recipe->shares;

    if (shares & DEVICE)
        plot_device(plot, &gang->devices[0]);
    if (shares & DEVICE && gang->half < plot->n)
        plot_device(plot, &gang->devices[1]);
    if (shares & (PHONE_STATED | PHONE_HELD))
        plot_phone(plot, &gang->phone);
    if (shares & (ADDRESS_STATED | ADDRESS_HELD))
        plot_room(plot, &gang->address);
    if (shares & PERSON)
        plot_person(plot, &gang->person);
}

static void keep_sample(const struct gang *gang)
{
    gang->plot->world->gang_sample = (struct sample){ .there = true,
                                                      .enterprise = gang->plot->indices[0],
                                                      .device = gang->devices[0],
                                                      .phone = gang->phone };
}

static enum status gang_plant(struct plot *plot)
{
    struct gang gang = { .plot = plot };

    gang.recipe = &recipes[plot->variant];
    gang.half = plot->n;
    if (gang.recipe->shares & DEVICE && plot->n >= 6 && plot->number &&
        rng_chance(&plot->rng, 1, 3))
        gang.half = plot->n / 2;
    make_shared(&gang);
    /* Some wear the names of firms that are no more. */
    if (rng_chance(&plot->rng, 1, 8))
        plot->parties[2].status = "deregistered";
    gang.overdue = plot->number && gang.half == plot->n && rng_chance(&plot->rng, 1, 6);
    for (size_t i = 0; i < plot->n; i++) {
        plot_write_party(plot, i);
        hold(&gang, &plot->parties[i], i);
    }
    if (gang.overdue)
        plot_go_overdue(plot, 1, 600, 400);
    apply_all(&gang);
    if (plot->number == 0)
        keep_sample(&gang);
    return tell(&gang);
}

const struct scheme scheme_gang = {
    .name = "gang",
    .weight = 26,
    .size = gang_size,
    .plant = gang_plant,
};
