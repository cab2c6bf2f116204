/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DENSE_BLOCK: a farm of firms takes turns on a pool of devices. Every member uses every device in
 * the last 80 days, but on each device the turns are so far apart that no week sees three of them,
 * and nobody of them applies, so only the block as a whole tells.
 *
 * What is dense depends on the whole book: truth names who was planted, others may be told too.
 */
#include "book/scheme.h"

#define DAYS 78

static size_t pool_size(struct rng *rng, uint64_t number, unsigned *variant)
{
    *variant = 3 + (unsigned)rng_below(rng, 3); /* devices */
    (void)number;
    return (size_t)rng_between(rng, 7, 11);
}

static enum status pool_plant(struct plot *plot)
{
    struct world *world = plot->world;
    int64_t start = world_ago(world, DAYS + 2);

    for (size_t i = 0; i < plot->n; i++)
        plot->parties[i].no_past = true;
    plot_write(plot);
    for (unsigned d = 0; d < plot->variant; d++) {
        struct key device;

        plot_device(plot, &device);
        for (size_t i = 0; i < plot->n; i++) {
            int64_t turn = (int64_t)((i + 2 * d) % plot->n) * DAYS / (int64_t)plot->n;
            int64_t day = start + turn * US_PER_DAY;

            row_event(world, SHEET_USES_DEVICE, &plot->parties[i].key, &device,
                      plot_moment(plot, day, day + 12 * US_PER_HOUR));
        }
    }
    return plot_ring(plot, "DENSE_BLOCK", NULL);
}

const struct scheme scheme_device_pool = {
    .name = "device_pool",
    .weight = 4,
    .least_book = 10000,
    .size = pool_size,
    .plant = pool_plant,
};
