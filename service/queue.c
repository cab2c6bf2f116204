/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/queue.h"

#define SMOOTHING 8 /* newest one's weight in the mean is 1/8 */
#define ALWAYS 2    /* let in whatever the mean says, or it could never fall again */

void queue_init(struct queue *queue, size_t limit, int64_t wait_us)
{
    *queue = (struct queue){ .limit = limit, .wait_us = wait_us };
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->filled, NULL);
}

void queue_fini(struct queue *queue)
{
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
}

bool queue_reserve(struct queue *queue)
{
    size_t before;
    bool room;

    pthread_mutex_lock(&queue->lock);
    before = queue->n + queue->n_reserved;
    room = !queue->closed && before < queue->limit &&
           (before < ALWAYS || (int64_t)before * queue->each_us < queue->wait_us);
    if (room)
        queue->n_reserved++;
    pthread_mutex_unlock(&queue->lock);
    return room;
}

void queue_push(struct queue *queue, struct exchange *exchange)
{
    exchange->next = NULL;
    pthread_mutex_lock(&queue->lock);
    if (queue->last)
        queue->last->next = exchange;
    else
        queue->first = exchange;
    queue->last = exchange;
    queue->n_reserved--;
    queue->n++;
    pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

static struct exchange *take(struct queue *queue)
{
    struct exchange *exchange = queue->first;

    if (!exchange)
        return NULL;
    queue->first = exchange->next;
    if (!queue->first)
        queue->last = NULL;
    queue->n--;
    return exchange;
}

struct exchange *queue_pop(struct queue *queue)
{
    struct exchange *exchange;

    pthread_mutex_lock(&queue->lock);
    while (!queue->first && (!queue->closed || queue->n_reserved))
        pthread_cond_wait(&queue->filled, &queue->lock);
    exchange = take(queue);
    pthread_mutex_unlock(&queue->lock);
    return exchange;
}

struct exchange *queue_poll(struct queue *queue)
{
    struct exchange *exchange;

    pthread_mutex_lock(&queue->lock);
    exchange = take(queue);
    pthread_mutex_unlock(&queue->lock);
    return exchange;
}

void queue_took(struct queue *queue, int64_t us, size_t n, int64_t workers)
{
    pthread_mutex_lock(&queue->lock);
    queue->each_us += (us / ((int64_t)n * workers) - queue->each_us) / SMOOTHING;
    pthread_mutex_unlock(&queue->lock);
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}
