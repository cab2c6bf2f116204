/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shareholdings that come back, read out slowly. */
#include <criterion/criterion.h>

#include "tests/detectors/firms.h"
#include "tests/detectors/oracle.h"
#include "tests/support/leaks.h"

TestSuite(ownership, .fini = leaks_check);

static int64_t holding(const struct world *world, uint32_t from, uint32_t to)
{
    int64_t largest = -1;

    for (uint32_t e = 0; e < world->n_edges; e++)
        if ((world->edges[e].type == W_SHAREHOLDER || world->edges[e].type == W_INVESTS) &&
            world->edges[e].from == from &&
            world->edges[e].to == to && from != to && world_active(&world->edges[e], world->at_us) &&
            world->edges[e].numbers[EDGE_RATIO] > largest)
            largest = world->edges[e].numbers[EDGE_RATIO];
    return largest;
}

static void circle(const struct slow *slow, uint32_t *path, uint32_t length, enum level *levels)
{
    const struct world *world = slow->world;

    if (length > 1 && holding(world, path[length - 1], path[0]) >= 0) {
        enum level level = LEVEL_ATTENTION;

        for (uint32_t i = 0; i < length; i++)
            if (holding(world, path[i], path[(i + 1) % length]) < RATIO_ONE / 4)
                level = LEVEL_HINT;
        for (uint32_t i = 0; i < length; i++)
            if (slow->subject[path[i]] && levels[path[i]] < level)
                levels[path[i]] = level;
    }
    for (uint32_t next = 0; next < world->n_nodes && length < 4; next++) {
        bool ok = holding(world, path[length - 1], next) >= 0;

        for (uint32_t i = 0; i < length; i++)
            ok &= path[i] != next;
        path[length] = next;
        if (ok)
            circle(slow, path, length + 1, levels);
    }
}

static void expect_ownership(const struct slow *slow, enum level *levels)
{
    for (uint32_t i = 0; i < slow->world->n_nodes; i++)
        circle(slow, (uint32_t[5]){ i }, 1, levels);
}

Test(ownership, cycles_equal_the_definition)
{
    oracle_compare(&(struct oracle){ .code = "CIRCULAR_OWNERSHIP", .fill = firms_fill,
                                     .expect = expect_ownership, .stream = 10, .least = 20 });
}
