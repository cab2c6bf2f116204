/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A bounded queue of exchanges between threads: first in, first out. */

#include <pthread.h>

#include "service/exchange.h"

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct exchange *first, *last;
    size_t n, n_reserved, limit;
    bool closed;
};

void queue_init(struct queue *queue, size_t limit);
void queue_fini(struct queue *queue);
/* Holds a place, or says that there is none; a place held must be filled by queue_push(). */
bool queue_reserve(struct queue *queue);
void queue_push(struct queue *queue, struct exchange *exchange);
/* Waits for the next one; NULL once the queue was closed and is empty. */
struct exchange *queue_pop(struct queue *queue);
/* The next one if it is there already. */
struct exchange *queue_poll(struct queue *queue);
void queue_close(struct queue *queue);
