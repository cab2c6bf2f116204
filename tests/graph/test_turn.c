/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long slices work follows from how long they held the lock; time itself is not asked. */
#include <criterion/criterion.h>

#include "graph/turn.h"
#include "tests/support/leaks.h"

TestSuite(turn, .fini = leaks_check);

/* Slices whose commit takes `times` as long as their work, and `fixed_us` besides. */
static int64_t held_at_last(int64_t times, int64_t fixed_us)
{
    struct turn_pace pace = { 0 };
    int64_t held_us = 0;

    turn_rest(&pace, 1); /* the first is careful */
    for (int i = 0; i < 40; i++) {
        held_us = pace.work_us * (1 + times) + fixed_us;
        turn_rest(&pace, held_us);
    }
    return held_us;
}

Test(turn, slices_settle_at_what_is_aimed_at_and_stay_within_the_bound)
{
    static const struct {
        int64_t times, fixed_us;
    } costs[] = { { 0, 0 }, { 1, 100 }, { 2, 0 }, { 0, 2500 }, { 5, 1000 }, { 1, 5000 } };

    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        int64_t held_us = held_at_last(costs[i].times, costs[i].fixed_us);

        cr_expect(held_us <= TURN_HOLD_MAX_US, "case %zu: %lld us", i, (long long)held_us);
        cr_expect(held_us >= TURN_HOLD_US * 2 / 3, "case %zu: %lld us", i, (long long)held_us);
    }
}

Test(turn, after_an_expensive_commit_the_next_slice_is_shorter)
{
    struct turn_pace pace = { .work_us = TURN_HOLD_US };

    turn_rest(&pace, 2 * TURN_HOLD_US);
    cr_expect(pace.work_us == TURN_HOLD_US / 2);
    turn_rest(&pace, TURN_HOLD_US / 2);
    cr_expect(pace.work_us > TURN_HOLD_US / 2 && pace.work_us < TURN_HOLD_US);
}
