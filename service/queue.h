/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A bounded queue of exchanges between threads: first in, first out. What would wait too long, by
 * the time that those before it have lately taken, is not let in: turning it away at once is kind
 * to its sender and leaves the time to those inside.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "service/exchange.h"

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct exchange *first, *last;
    size_t n, n_reserved, n_expected, limit;
    size_t at_once;      /* how many are worked on in one turn */
    int64_t wait_us;     /* the longest that is worth waiting */
    int64_t turns_us;    /* that turns have lately taken, so many as the mean is made of */
    bool closed;
    atomic_bool full;    /* nobody more is let in, as of the last change */
};

typedef bool queue_fits(const struct exchange *exchange);

/* A turn takes `at_once` off the queue: all workers one each, or one worker a group. */
void queue_init(struct queue *queue, size_t limit, size_t at_once, int64_t wait_us);
void queue_fini(struct queue *queue);
/* Whether queue_reserve() would say that there is none; takes no lock. */
bool queue_is_full(struct queue *queue);
/* Holds a place, or says that there is none; a place held must be filled by queue_push(). */
bool queue_reserve(struct queue *queue);
void queue_push(struct queue *queue, struct exchange *exchange);
/*
 * One is expected that goes through another queue first: before it is let in there. It is passed on
 * from there, for which there is always room, or dropped on the way.
 */
void queue_expect(struct queue *queue);
void queue_pass(struct queue *queue, struct exchange *exchange);
void queue_forget(struct queue *queue);
/* Waits for the next one; NULL once the queue was closed, is empty and none is expected. */
struct exchange *queue_pop(struct queue *queue);
/* The next one that fits (NULL: any); waits while some are expected, until that moment. */
struct exchange *queue_pop_until(struct queue *queue, int64_t until_us, queue_fits *fits);
/* Tells how long a turn took, full or not: a sync takes as long for one as for many. */
void queue_took(struct queue *queue, int64_t us);
void queue_close(struct queue *queue);
