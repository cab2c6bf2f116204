/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one writer: takes what waits, and makes of the screenings among it and a slice of the events
 * one commit, so that neither a burst of the one nor a long body of the other holds the lock for
 * long. While a commit is being made durable the next group gathers by itself; those of it that are
 * still being drafted then are waited for, as long as the last commit took: that is what they would
 * wait for the one after it.
 */
#include "service/write_lane.h"

#include "service/http.h"

#define GATHER_MAX_US 50000 /* as a slow disk's sync: longer turns waited for another process */

struct writer {
    struct server *server;
    struct screening_seat seat;
    struct feed feed;
    struct exchange *group[WRITE_GROUP_MAX];
    size_t n;
    int64_t turn_us; /* that the last group took */
};

static void take(struct writer *writer, struct exchange *exchange)
{
    enum status status;

    if (exchange->draft)
        sem_post(&writer->server->drafts_wanted);
    if (!server_in_time(writer->server, exchange)) {
        answer_drafted(exchange);
        return;
    }
    if (exchange->draft) {
        writer->group[writer->n++] = exchange;
        return;
    }
    status = feed_add(&writer->feed, exchange);
    if (status) {
        server_fail(writer->server, exchange, status);
        http_answer(exchange);
    }
}

static bool is_drafted(const struct exchange *exchange)
{
    return exchange->draft != NULL;
}

/* False once nothing more will come. Screenings pass events for which there is no room. */
static bool gather(struct writer *writer)
{
    struct queue *queue = &writer->server->write_queue;
    struct exchange *exchange = NULL;
    int64_t until_us;

    if (!writer->feed.n) {
        exchange = queue_pop(queue);
        if (!exchange)
            return false;
        take(writer, exchange);
    }
    until_us = time_monotonic_us() +
               (writer->turn_us < GATHER_MAX_US ? writer->turn_us : GATHER_MAX_US);
    while (writer->n < WRITE_GROUP_MAX) {
        bool room = writer->feed.n < EVENT_BODIES_MAX;

        exchange = queue_pop_until(queue, until_us, room ? NULL : is_drafted);
        if (!exchange)
            break;
        take(writer, exchange);
    }
    return true;
}

void *write_thread(void *context)
{
    struct writer writer = { .server = context };

    while (gather(&writer)) {
        int64_t start_us = time_monotonic_us();

        feed_begin(&writer.feed);
        record_group(writer.server, &writer.seat, writer.group, writer.n, &writer.feed);
        writer.turn_us = time_monotonic_us() - start_us;
        queue_took(&writer.server->write_queue, writer.turn_us);
        writer.n = 0;
    }
    seat_fini(&writer.seat);
    feed_fini(&writer.feed);
    return NULL;
}
