/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/worker.h"

#include <criterion/criterion.h>
#include <stdatomic.h>

#include "tests/support/leaks.h"

TestSuite(worker, .fini = leaks_check);

static enum status count(void *context)
{
    int *n = context;

    if (++*n == 3)
        return fail(STATUS_LIMIT, "the third is too many");
    return STATUS_OK;
}

static void three_jobs(bool alone)
{
    struct worker worker = { .alone = alone };
    int n = 0;

    cr_assert_eq(worker_join(&worker), STATUS_OK, "nothing was started");
    for (int i = 0; i < 2; i++) {
        worker_start(&worker, count, &n);
        cr_assert_eq(worker_join(&worker), STATUS_OK);
    }
    cr_assert_eq(n, 2);
    worker_start(&worker, count, &n);
    (void)!fail(STATUS_INVALID, "of this thread");
    cr_assert_eq(worker_join(&worker), STATUS_LIMIT);
    cr_assert_str_eq(error_detail(), "the third is too many");
    worker_start(&worker, count, &n);
    worker_stop(&worker);
    worker_stop(&worker);
    cr_assert_eq(n, 4);
}

Test(worker, gives_the_outcome_of_each_job)
{
    three_jobs(false);
    three_jobs(true);
}

struct shares {
    atomic_int next, sum;
    int bad; /* the share that fails; 0: none */
};

static enum status add_shares(void *context)
{
    struct shares *shares = context;
    int at;

    while ((at = atomic_fetch_add(&shares->next, 1)) <= 100) {
        atomic_fetch_add(&shares->sum, at);
        if (at == shares->bad)
            return fail(STATUS_LIMIT, "share %d is bad", at);
    }
    return STATUS_OK;
}

Test(worker, a_crew_does_each_share_once)
{
    for (size_t most = 1; most <= 20; most += 3) {
        struct shares shares = { .next = 1 };

        cr_assert_eq(worker_crew(most, add_shares, &shares), STATUS_OK);
        cr_assert_eq(shares.sum, 5050, "%zu", most);
    }
}

Test(worker, a_crew_tells_what_failed)
{
    for (size_t most = 1; most <= 20; most += 3) {
        struct shares shares = { .next = 1, .bad = 7 };

        (void)!fail(STATUS_INVALID, "of before");
        cr_assert_eq(worker_crew(most, add_shares, &shares), STATUS_LIMIT);
        cr_assert_str_eq(error_detail(), "share 7 is bad");
    }
}
