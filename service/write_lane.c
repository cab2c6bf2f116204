/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one writer: takes what waits, and makes of the screenings among it and a slice of the events
 * one commit, so that neither a burst of the one nor a long body of the other holds the lock for
 * long. While a commit is being made durable the next group gathers by itself.
 */
#include "service/write_lane.h"

#include "service/http.h"

struct writer {
    struct server *server;
    struct screening_seat seat;
    struct feed feed;
    struct exchange *group[WRITE_GROUP_MAX];
    size_t n;
};

static void take(struct writer *writer, struct exchange *exchange)
{
    enum status status;

    if (exchange->draft) {
        sem_post(&writer->server->drafts_wanted);
        writer->group[writer->n++] = exchange;
        return;
    }
    if (!server_in_time(writer->server, exchange)) {
        http_answer(exchange);
        return;
    }
    status = feed_add(&writer->feed, exchange);
    if (status) {
        server_fail(writer->server, exchange, status);
        http_answer(exchange);
    }
}

/* False once nothing more will come. Waits only where there is nothing else to do. */
static bool gather(struct writer *writer)
{
    struct queue *queue = &writer->server->write_queue;
    struct exchange *exchange = NULL;

    if (!writer->feed.n) {
        exchange = queue_pop(queue);
        if (!exchange)
            return false;
        take(writer, exchange);
    }
    while (writer->n < WRITE_GROUP_MAX && writer->feed.n < EVENT_BODIES_MAX &&
           (exchange = queue_poll(queue)))
        take(writer, exchange);
    return true;
}

void *write_thread(void *context)
{
    struct writer writer = { .server = context };

    while (gather(&writer)) {
        int64_t start_us = time_monotonic_us();

        feed_begin(&writer.feed);
        record_group(writer.server, &writer.seat, writer.group, writer.n, &writer.feed);
        queue_took(&writer.server->write_queue, time_monotonic_us() - start_us);
        writer.n = 0;
    }
    seat_fini(&writer.seat);
    feed_fini(&writer.feed);
    return NULL;
}
