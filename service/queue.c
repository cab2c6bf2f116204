/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/queue.h"

void queue_init(struct queue *queue, size_t limit)
{
    *queue = (struct queue){ .limit = limit };
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
    bool room;

    pthread_mutex_lock(&queue->lock);
    room = !queue->closed && queue->n + queue->n_reserved < queue->limit;
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

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}
