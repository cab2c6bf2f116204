/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/queue.h"

#include <criterion/criterion.h>

#include "tests/support/leaks.h"

TestSuite(queue, .fini = leaks_check);

#define N_MAX 512

static struct exchange exchanges[N_MAX];

/* How many more are let in, each of them waiting from then on. */
static size_t let_in(struct queue *queue)
{
    size_t n = 0;

    while (n < N_MAX && queue_reserve(queue))
        queue_push(queue, &exchanges[n++]);
    return n;
}

static void take_turns(struct queue *queue, size_t n, int64_t us)
{
    while (n--)
        queue_took(queue, us);
}

static void empty(struct queue *queue)
{
    while (queue_pop_until(queue, INT64_MAX, NULL))
        continue;
}

Test(queue, as_many_wait_as_will_have_their_turn_in_time)
{
    struct queue queue;

    queue_init(&queue, 300, 2, 20000);
    cr_assert_eq(let_in(&queue), 300, "nothing is known of turns yet");
    empty(&queue);
    take_turns(&queue, 1000, 400);
    cr_assert_eq(let_in(&queue), 100, "two at once, 400 us each, within 20 ms");
    cr_assert(queue_is_full(&queue));
    empty(&queue);
    cr_assert_not(queue_is_full(&queue));
    take_turns(&queue, 1000, 1000000);
    cr_assert_eq(let_in(&queue), 2, "always some, or the mean could never fall again");
    empty(&queue);
    queue_close(&queue);
    cr_assert(queue_is_full(&queue));
    cr_assert_not(queue_reserve(&queue));
    queue_fini(&queue);
}

/* Two threads of which one meets a screening of 30 ms: what comes meanwhile fits into the next. */
Test(queue, a_few_slow_turns_turn_nobody_away)
{
    struct queue queue;

    queue_init(&queue, 128, 2, 20000);
    take_turns(&queue, 1000, 400);
    take_turns(&queue, 2, 30000);
    cr_assert_geq(let_in(&queue), 25);
    empty(&queue);
    queue_fini(&queue);
}

/* Commits of a few behind a slow disk: as many as come during one fit into the next. */
Test(queue, a_turn_that_was_not_full_counts_as_one)
{
    struct queue queue;

    queue_init(&queue, 512, 64, 250000);
    take_turns(&queue, 1000, 3000);
    take_turns(&queue, 10, 100000);
    cr_assert_geq(let_in(&queue), 160);
    empty(&queue);
    take_turns(&queue, 1000, 100000);
    cr_assert_geq(let_in(&queue), 160);
    empty(&queue);
    queue_fini(&queue);
}

static void *wait_for_the_end(void *queue)
{
    return queue_pop(queue);
}

/* Closed and empty, but one may still be on its way from another queue. */
Test(queue, what_is_passed_on_late_still_arrives)
{
    struct queue queue;
    pthread_t waiting;
    void *got;

    queue_init(&queue, 1, 1, 20000);
    queue_expect(&queue);
    queue_expect(&queue);
    queue_close(&queue);
    cr_assert_eq(pthread_create(&waiting, NULL, wait_for_the_end, &queue), 0);
    queue_pass(&queue, &exchanges[0]);
    pthread_join(waiting, &got);
    cr_assert_eq(got, &exchanges[0]);
    cr_assert_eq(pthread_create(&waiting, NULL, wait_for_the_end, &queue), 0);
    queue_forget(&queue);
    pthread_join(waiting, &got);
    cr_assert_null(got);
    queue_fini(&queue);
}

static void *wait_for_long(void *queue)
{
    return queue_pop_until(queue, INT64_MAX, NULL);
}

/* Else a request that is no good would keep those behind it from being recorded. */
Test(queue, what_is_dropped_on_the_way_is_not_waited_for)
{
    struct queue queue;
    pthread_t waiting;
    void *got;

    queue_init(&queue, 1, 1, 20000);
    queue_expect(&queue);
    cr_assert_eq(pthread_create(&waiting, NULL, wait_for_long, &queue), 0);
    queue_forget(&queue);
    pthread_join(waiting, &got);
    cr_assert_null(got);
    queue_fini(&queue);
}

static bool is_recorded(const struct exchange *exchange)
{
    return exchange->record;
}

Test(queue, what_fits_passes_what_does_not)
{
    struct queue queue;

    queue_init(&queue, 8, 1, 20000);
    exchanges[1].record = exchanges[3].record = true;
    for (size_t i = 0; i < 4 && queue_reserve(&queue); i++)
        queue_push(&queue, &exchanges[i]);
    cr_assert_eq(queue_pop_until(&queue, INT64_MAX, is_recorded), &exchanges[1]);
    cr_assert_eq(queue_pop_until(&queue, INT64_MAX, is_recorded), &exchanges[3]);
    cr_assert_null(queue_pop_until(&queue, INT64_MAX, is_recorded));
    cr_assert(queue_reserve(&queue));
    queue_push(&queue, &exchanges[1]);
    cr_assert_eq(queue_pop(&queue), &exchanges[0]);
    cr_assert_eq(queue_pop(&queue), &exchanges[2]);
    cr_assert_eq(queue_pop(&queue), &exchanges[1]);
    cr_assert_null(queue_pop_until(&queue, INT64_MAX, NULL));
    queue_fini(&queue);
}
