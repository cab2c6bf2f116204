/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BAD_INTERMEDIARY: an agent whose clients' applications go bad. Each client applies once, from its
 * own device and weeks after the one before, with the agent's phone in the application; most turn
 * out as fraud. The identifier is what is told; the last clients' applications are still open.
 *
 * How bad is far above the rest depends on the whole book: truth names the agent's phone.
 */
#include "book/scheme.h"

static size_t agent_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    (void)number, (void)variant;
    return (size_t)rng_between(rng, 15, 24);
}

/* Most went bad, some well, the last three are open. */
static void set_outcome(struct application *application, size_t who, size_t n)
{
    bool open = who + 3 >= n, bad = who % 4 != 0;

    application->outcome = open ? "" : bad ? "fraud" : "good";
    application->status = open ? "open" : bad ? "rejected" : "approved";
}

static enum status agent_plant(struct plot *plot)
{
    struct world *world = plot->world;
    struct key phone;

    plot_phone(plot, &phone);
    for (size_t i = 0; i < plot->n; i++) {
        plot->parties[i].no_past = true;
        plot->parties[i].verified = false; /* stating another phone contradicts nothing */
    }
    plot_write(plot);
    for (size_t i = 0; i < plot->n; i++) {
        int64_t day = world_ago(world, 110 + (int64_t)(plot->n - i) * 25);
        struct application application =
            application_own(&plot->parties[i], &plot->rng,
                            plot_moment(plot, day, day + 20 * US_PER_HOUR));

        application.phone = &phone;
        application.phone_role = "agent";
        set_outcome(&application, i, plot->n);
        application_write(world, &plot->parties[i], &application);
    }
    truth_ring(world, plot->ring, "BAD_INTERMEDIARY");
    truth_identifier(world, "Phone", &phone);
    return truth_end(world);
}

const struct scheme scheme_agent = {
    .name = "agent",
    .weight = 3,
    .least_book = 10000,
    .size = agent_size,
    .plant = agent_plant,
};
