/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHARED_DEVICE: one device in the hands of many. A burst of uses by unrelated enterprises within a
 * week, seen as applications, as plain uses, or as sign-ins to their accounts.
 *
 * Camouflage: other customers of the device long after the burst; the members' own devices,
 * phones and addresses; most bursts lie before D4's window, so that only the device tells. The
 * few recent ones are of three, too small for D4's exclusive identifier.
 */
#include "book/scheme.h"

#define WINDOW_DAYS 7
#define LEAST 3

static size_t device_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return rng_chance(rng, 1, 8) ? LEAST : (size_t)rng_between(rng, 3, 20);
}

/* Whether the use was an application, so that D5 sees it too. */
static bool use_device(struct plot *plot, size_t who, const struct key *device, int64_t when)
{
    struct party *party = &plot->parties[who];
    struct application application = application_own(party, &plot->rng, when);

    switch (rng_below(&plot->rng, 6)) {
    case 0:
        row_event(plot->world, SHEET_USES_DEVICE, &party->key, device, when);
        break;
    case 1:
        party_open_account(plot->world, party, when - US_PER_DAY, NULL);
        party_open_account(plot->world, party, when, device);
        break;
    default:
        application.device = device;
        application.status = "rejected";
        application_write(plot->world, party, &application);
        return true;
    }
    /* An applicant all the same, from his own device. */
    application.when = plot_moment(plot, when + US_PER_DAY, when + 5 * US_PER_DAY);
    application_write(plot->world, party, &application);
    return false;
}

static enum status tell(struct plot *plot, const struct use *uses, const struct use *applications,
                        size_t n_applications)
{
    bool shared[RING_MAX] = { false }, batch[RING_MAX] = { false };

    truth_window(shared, uses, plot->n, WINDOW_DAYS * US_PER_DAY, LEAST);
    truth_window(batch, applications, n_applications, 30 * US_PER_MINUTE, 5);
    truth_window(batch, applications, n_applications, US_PER_DAY, 10);
    TRY(plot_ring(plot, "SHARED_DEVICE", shared));
    return plot_ring(plot, "BATCH_APPLICATION", batch);
}

static enum status device_plant(struct plot *plot)
{
    struct world *world = plot->world;
    bool recent = plot->n == LEAST && rng_chance(&plot->rng, 1, 2);
    size_t late = plot->n > 4 ? rng_below(&plot->rng, 3) : 0, n_burst = plot->n - late;
    int64_t spread = plot_moment(plot, US_PER_HOUR / 3, 6 * US_PER_DAY + 20 * US_PER_HOUR);
    int64_t start = recent ? plot_moment(plot, world_ago(world, 30), world_ago(world, 15))
                           : plot_moment(plot, world_ago(world, 1000), world_ago(world, 150));
    struct use uses[RING_MAX], applications[RING_MAX];
    size_t n_applications = 0;
    struct key device;

    plot_write(plot);
    plot_device(plot, &device);
    for (size_t i = 0; i < plot->n; i++) {
        /* Latecomers come alone, each more than a window after the one before. */
        int64_t when = i < n_burst ? plot_moment(plot, start, start + spread)
                                   : start + spread + (int64_t)(i - n_burst + 1) * 10 * US_PER_DAY;
        uses[i] = (struct use){ i, when };
        if (use_device(plot, i, &device, when))
            applications[n_applications++] = uses[i];
    }
    return tell(plot, uses, applications, n_applications);
}

const struct scheme scheme_shared_device = {
    .name = "shared_device",
    .weight = 18,
    .size = device_size,
    .plant = device_plant,
};
