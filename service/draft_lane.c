/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Screenings that are to be recorded: decided here, by any number of readers, and handed to the
 * writer, which has little left to do under its lock. So one that takes long, at a hub, keeps
 * nobody waiting who came behind it, and the next group is made while one becomes durable. No more
 * are made ahead than fit into a group: what has waited has more likely to be made again.
 */

#include <errno.h>

#include "service/http.h"
#include "service/server.h"

static enum status draft_one(struct server *server, struct screening_seat *seat,
                             struct exchange *exchange)
{
    struct screen_options options = SCREEN_OPTIONS_INIT;
    struct slice text;

    options.deadline_us = exchange->deadline_us;
    TRY(seat_refresh(seat, &server->policy, server->graph));
    TRY(exchange_text(&text, exchange));
    return screen_draft(&exchange->draft, seat->screener, text, &options);
}

static void wait_until_wanted(struct server *server)
{
    while (sem_wait(&server->drafts_wanted) && errno == EINTR)
        continue;
}

/* What can't be decided never gets to the writer. */
static bool draft(struct server *server, struct screening_seat *seat, struct exchange *exchange)
{
    enum status status;

    if (!server_in_time(server, exchange))
        return false;
    status = draft_one(server, seat, exchange);
    if (status)
        server_fail(server, exchange, status);
    return !status;
}

void *draft_thread(void *context)
{
    struct server *server = context;
    AUTO(seat_fini) struct screening_seat seat = { 0 };
    struct exchange *exchange;

    while ((exchange = queue_pop(&server->draft_queue))) {
        int64_t start_us = time_monotonic_us();

        wait_until_wanted(server);
        if (draft(server, &seat, exchange)) {
            queue_pass(&server->write_queue, exchange);
        } else {
            sem_post(&server->drafts_wanted);
            queue_forget(&server->write_queue);
            http_answer(exchange);
        }
        queue_took(&server->draft_queue, time_monotonic_us() - start_us);
    }
    return NULL;
}
