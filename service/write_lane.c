/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one writer: takes what waits, records the screenings among it in one commit, then a slice of
 * the events, so that neither a burst of the one nor a long body of the other holds the lock for
 * long. While a commit is being made durable the next group gathers by itself.
 */
#include "service/write_lane.h"

#include "service/http.h"

#define EVENT_BODIES_MAX 64

struct writer {
    struct server *server;
    struct screening_seat seat;
    struct event_work *events[EVENT_BODIES_MAX];
    size_t n_events;
    struct exchange *group[WRITE_GROUP_MAX];
    size_t n;
};

static void take(struct writer *writer, struct exchange *exchange)
{
    enum status status;

    if (!server_in_time(writer->server, exchange)) {
        http_answer(exchange);
        return;
    }
    if (exchange->match.route->endpoint != ENDPOINT_EVENTS) {
        writer->group[writer->n++] = exchange;
        return;
    }
    status = event_work_new(&writer->events[writer->n_events], exchange);
    if (status) {
        server_fail(writer->server, exchange, status);
        http_answer(exchange);
        return;
    }
    writer->n_events++;
}

/* False once nothing more will come. Waits only where there is nothing else to do. */
static bool gather(struct writer *writer)
{
    struct queue *queue = &writer->server->write_queue;
    struct exchange *exchange = NULL;

    if (!writer->n_events) {
        exchange = queue_pop(queue);
        if (!exchange)
            return false;
        take(writer, exchange);
    }
    while (writer->n < WRITE_GROUP_MAX && writer->n_events < EVENT_BODIES_MAX &&
           (exchange = queue_poll(queue)))
        take(writer, exchange);
    return true;
}

void *write_thread(void *context)
{
    struct writer writer = { .server = context };

    while (gather(&writer)) {
        int64_t start_us = time_monotonic_us();

        if (writer.n) {
            record_group(writer.server, &writer.seat, writer.group, writer.n);
            queue_took(&writer.server->write_queue, time_monotonic_us() - start_us, writer.n, 1);
        }
        writer.n = 0;
        if (writer.n_events)
            writer.n_events = event_works_step(writer.server, writer.events, writer.n_events);
    }
    seat_fini(&writer.seat);
    return NULL;
}
