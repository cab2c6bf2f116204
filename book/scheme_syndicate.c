/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GANG_APPLICATION on a large scale: three gangs of one organiser, each with its own device, phone
 * and room, and between two neighbours one member who applied from both devices with both phones.
 *
 * The component is above `split_above` 50, so D4 looks for communities in it. Pairs inside a gang
 * weigh about 2.2 / ln(26) = 0.68; between gangs only one in twenty pairs weighs anything, 0.03 on
 * the average, which is below the resolution 0.05: the communities are the gangs.
 */
#include "book/scheme.h"

#include <stdio.h>
#include <string.h>

#define N_GANGS 3

static size_t syndicate_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return N_GANGS * (size_t)rng_between(rng, 18, 21);
}

struct syndicate {
    struct plot *plot;
    struct key devices[N_GANGS], phones[N_GANGS], rooms[N_GANGS];
    struct use uses[N_GANGS][RING_MAX];
    size_t n_uses[N_GANGS];
};

static void apply(struct syndicate *syndicate, size_t who, size_t gang, int64_t when)
{
    struct plot *plot = syndicate->plot;
    struct party *party = &plot->parties[who];
    struct application application = application_own(party, &plot->rng, when);

    application.device = &syndicate->devices[gang];
    application.phone = &syndicate->phones[gang];
    application.address = &syndicate->rooms[gang];
    syndicate->uses[gang][syndicate->n_uses[gang]++] = (struct use){ who, when };
    application_write(plot->world, party, &application);
}

static void apply_all(struct syndicate *syndicate)
{
    struct plot *plot = syndicate->plot;
    size_t size = plot->n / N_GANGS;
    int64_t end = plot_moment(plot, world_ago(plot->world, 6), world_ago(plot->world, 2));

    for (size_t who = 0; who < plot->n; who++) {
        size_t gang = who / size;
        int64_t when = plot_moment(plot, end - 20 * US_PER_DAY, end);
        plot_write_party(plot, who);
        apply(syndicate, who, gang, when);
        /* The last of a gang is the link to the next, hours later. */
        if (who % size == size - 1 && gang + 1 < N_GANGS)
            apply(syndicate, who, gang + 1, when + 5 * US_PER_HOUR);
    }
}

/* A line of truth for each gang: it is a ring of its own. */
static enum status tell_gang(struct syndicate *syndicate, size_t gang)
{
    struct plot *plot = syndicate->plot;
    size_t size = plot->n / N_GANGS;
    bool members[RING_MAX] = { false };
    char whole[sizeof plot->ring];

    memcpy(whole, plot->ring, sizeof whole);
    snprintf(plot->ring, sizeof plot->ring, "%.40s%c", whole, (char)('a' + gang));
    for (size_t who = 0; who < plot->n; who++)
        members[who] = who / size == gang;
    TRY(plot_ring(plot, "GANG_APPLICATION", members));
    memcpy(plot->ring, whole, sizeof whole);
    return STATUS_OK;
}

static enum status syndicate_plant(struct plot *plot)
{
    struct syndicate syndicate = { .plot = plot };
    bool device[RING_MAX] = { false }, batch[RING_MAX] = { false };

    for (size_t gang = 0; gang < N_GANGS; gang++) {
        plot_device(plot, &syndicate.devices[gang]);
        plot_phone(plot, &syndicate.phones[gang]);
        plot_room(plot, &syndicate.rooms[gang]);
    }
    apply_all(&syndicate);
    for (size_t gang = 0; gang < N_GANGS; gang++) {
        const struct use *uses = syndicate.uses[gang];
        size_t n = syndicate.n_uses[gang];
        truth_window(device, uses, n, 7 * US_PER_DAY, 3);
        truth_window(batch, uses, n, 30 * US_PER_MINUTE, 5);
        truth_window(batch, uses, n, US_PER_DAY, 10);
        TRY(tell_gang(&syndicate, gang));
    }
    TRY(plot_ring(plot, "SHARED_DEVICE", device));
    return plot_ring(plot, "BATCH_APPLICATION", batch);
}

const struct scheme scheme_syndicate = {
    .name = "syndicate",
    .weight = 5,
    .least_book = 50000,
    .size = syndicate_size,
    .plant = syndicate_plant,
};
