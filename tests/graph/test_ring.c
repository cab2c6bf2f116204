/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/ring.h"

#include <criterion/criterion.h>

#include "tests/support/leaks.h"

TestSuite(ring, .fini = leaks_check);

/* Groups as strings: each letter is a member. */
static struct ring_record group(struct arena *arena, const char *letters, uint64_t number)
{
    size_t n = strlen(letters);
    struct node_id *members = arena_array(arena, n + 1, sizeof *members);

    for (size_t i = 0; i < n; i++)
        members[i].value = (uint64_t)letters[i];
    return (struct ring_record){ .number = number, .members = members, .n_members = n };
}

struct expectation {
    const char *name;
    const char *old[4], *now[4];
    uint64_t numbers[4];          /* of `now`; old ones are 1, 2, ... */
    enum ring_event events[4];
    enum ring_event old_events[4];
    bool old_gone[4];
};

static const struct expectation expectations[] = {
    { "all new", { 0 }, { "ab", "cd" }, { 1, 2 }, { RING_BORN, RING_BORN }, { 0 }, { 0 } },
    { "grew", { "abc" }, { "abcd" }, { 1 }, { RING_GREW }, { 0 }, { 0 } },
    { "shrank", { "abc" }, { "ab" }, { 1 }, { RING_SHRANK }, { 0 }, { 0 } },
    { "one left, one came", { "abc" }, { "abd" }, { 1 }, { RING_CHANGED }, { 0 }, { 0 } },
    { "dissolved", { "abc", "xyz" }, { "xyz" }, { 2 }, { RING_CHANGED },
      { RING_DISSOLVED }, { true } },
    { "merged: the larger keeps its number", { "ab", "xyz" }, { "abxyz" }, { 2 },
      { RING_MERGED }, { RING_MERGED }, { true } },
    { "split: the larger part keeps the number", { "abcde" }, { "ab", "cde" }, { 2, 1 },
      { RING_SPLIT, RING_SHRANK }, { 0 }, { 0 } },
    { "a new one beside", { "mn" }, { "ab", "mn" }, { 2, 1 }, { RING_BORN, RING_CHANGED }, { 0 },
      { 0 } },
};

Test(ring, what_became_of_each_is_told)
{
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        const struct expectation *expected = &expectations[i];
        AUTO(arena_fini) struct arena arena = { 0 };
        struct ring_record old[4], now[4];
        bool unchanged[4];
        size_t n_old = 0, n_now = 0;
        uint64_t next;

        for (; n_old < 4 && expected->old[n_old]; n_old++)
            old[n_old] = group(&arena, expected->old[n_old], n_old + 1);
        for (; n_now < 4 && expected->now[n_now]; n_now++)
            now[n_now] = group(&arena, expected->now[n_now], 0);
        next = n_old + 1;
        cr_assert_eq(ring_match(now, n_now, old, n_old, unchanged, &next, &arena), STATUS_OK);
        for (size_t n = 0; n < n_now; n++) {
            cr_assert_eq(now[n].number, expected->numbers[n], "%s: number of %zu", expected->name,
                         n);
            if (!unchanged[n])
                cr_assert_eq(now[n].event, expected->events[n], "%s: event of %zu",
                             expected->name, n);
        }
        for (size_t n = 0; n < n_old; n++) {
            cr_assert_eq(!old[n].n_members, expected->old_gone[n], "%s: old %zu", expected->name,
                         n);
            if (expected->old_gone[n])
                cr_assert_eq(old[n].event, expected->old_events[n], "%s", expected->name);
        }
    }
}

Test(ring, names_are_read_back)
{
    char text[RING_NAME_MAX];
    uint64_t number;

    cr_assert_str_eq(ring_name(text, 123), "R-000123");
    cr_assert_eq(ring_parse(&number, SLICE("R-000123")), STATUS_OK);
    cr_assert_eq(number, 123);
    cr_assert_eq(ring_parse(&number, slice_str(ring_name(text, 12345678))), STATUS_OK);
    cr_assert_eq(number, 12345678);
    for (size_t i = 0; i < 5; i++) {
        static const char *const bad[] = { "", "R-", "R-0", "X-000001", "R-00a" };
        cr_assert_eq(ring_parse(&number, slice_str(bad[i])), STATUS_INVALID);
    }
}
