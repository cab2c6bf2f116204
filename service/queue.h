/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A bounded queue of exchanges between threads: first in, first out. What would wait too long, by
 * the time that those before it have lately taken, is not let in: turning it away at once is kind
 * to its sender and leaves the time to those inside.
 */

#include <pthread.h>

#include "service/exchange.h"

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct exchange *first, *last;
    size_t n, n_reserved, limit;
    int64_t wait_us;     /* the longest that is worth waiting */
    int64_t each_us;     /* that one has lately taken, on all workers together */
    bool closed;
};

void queue_init(struct queue *queue, size_t limit, int64_t wait_us);
void queue_fini(struct queue *queue);
/* Holds a place, or says that there is none; a place held must be filled by queue_push(). */
bool queue_reserve(struct queue *queue);
void queue_push(struct queue *queue, struct exchange *exchange);
/* Waits for the next one; NULL once the queue was closed and is empty. */
struct exchange *queue_pop(struct queue *queue);
/* The next one if it is there already. */
struct exchange *queue_poll(struct queue *queue);
/* Tells how long `n` of them took one of `workers`. */
void queue_took(struct queue *queue, int64_t us, size_t n, int64_t workers);
void queue_close(struct queue *queue);
