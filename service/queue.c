/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/queue.h"

/*
 * The newest turn's weight in the mean is 1/64: a few slow ones, such as screenings at a hub or
 * commits behind another process, turn nobody away while there is processor time for all.
 */
#define SMOOTHING 64
#define ALWAYS 2 /* let in whatever the mean says, or it could never fall again */

void queue_init(struct queue *queue, size_t limit, size_t at_once, int64_t wait_us)
{
    pthread_condattr_t monotonic;

    *queue = (struct queue){ .limit = limit, .at_once = at_once, .wait_us = wait_us };
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->filled, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void queue_fini(struct queue *queue)
{
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
}

static bool has_room(const struct queue *queue)
{
    size_t before = queue->n + queue->n_reserved;
    int64_t turn_us = queue->turns_us / SMOOTHING;

    if (queue->closed || before >= queue->limit)
        return false;
    return before < ALWAYS ||
           (int64_t)before * turn_us < (int64_t)queue->at_once * queue->wait_us;
}

/* After every change, under the lock. */
static void unlock(struct queue *queue)
{
    atomic_store_explicit(&queue->full, !has_room(queue), memory_order_relaxed);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_is_full(struct queue *queue)
{
    return atomic_load_explicit(&queue->full, memory_order_relaxed);
}

bool queue_reserve(struct queue *queue)
{
    bool room;

    pthread_mutex_lock(&queue->lock);
    room = has_room(queue);
    queue->n_reserved += room;
    unlock(queue);
    return room;
}

static void append(struct queue *queue, struct exchange *exchange)
{
    exchange->next = NULL;
    if (queue->last)
        queue->last->next = exchange;
    else
        queue->first = exchange;
    queue->last = exchange;
    queue->n++;
    pthread_cond_signal(&queue->filled);
}

void queue_push(struct queue *queue, struct exchange *exchange)
{
    pthread_mutex_lock(&queue->lock);
    append(queue, exchange);
    queue->n_reserved--;
    unlock(queue);
}

void queue_expect(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->n_expected++;
    unlock(queue);
}

void queue_pass(struct queue *queue, struct exchange *exchange)
{
    pthread_mutex_lock(&queue->lock);
    append(queue, exchange);
    queue->n_expected--;
    unlock(queue);
}

void queue_forget(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->n_expected--;
    pthread_cond_broadcast(&queue->filled); /* who waits for it */
    unlock(queue);
}

/* The first one that fits. */
static struct exchange *take(struct queue *queue, queue_fits *fits)
{
    struct exchange *exchange = queue->first, *before = NULL;

    for (; exchange && fits && !fits(exchange); exchange = exchange->next)
        before = exchange;
    if (!exchange)
        return NULL;
    if (before)
        before->next = exchange->next;
    else
        queue->first = exchange->next;
    if (queue->last == exchange)
        queue->last = before;
    queue->n--;
    return exchange;
}

struct exchange *queue_pop(struct queue *queue)
{
    struct exchange *exchange;

    pthread_mutex_lock(&queue->lock);
    while (!queue->first && (!queue->closed || queue->n_reserved || queue->n_expected))
        pthread_cond_wait(&queue->filled, &queue->lock);
    exchange = take(queue, NULL);
    unlock(queue);
    return exchange;
}

struct exchange *queue_pop_until(struct queue *queue, int64_t until_us, queue_fits *fits)
{
    struct timespec until = { until_us / US_PER_SECOND, until_us % US_PER_SECOND * 1000 };
    struct exchange *exchange;

    pthread_mutex_lock(&queue->lock);
    while (!(exchange = take(queue, fits)) && queue->n_expected &&
           !pthread_cond_timedwait(&queue->filled, &queue->lock, &until))
        continue;
    unlock(queue);
    return exchange;
}

void queue_took(struct queue *queue, int64_t us)
{
    pthread_mutex_lock(&queue->lock);
    queue->turns_us += us - queue->turns_us / SMOOTHING;
    unlock(queue);
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    unlock(queue);
}
