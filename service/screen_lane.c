/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Screenings that are not recorded: any number of threads, readers only. */

#include "service/http.h"
#include "service/screening.h"

static enum status screen_one(struct server *server, struct screening_seat *seat,
                              struct exchange *exchange)
{
    struct screen_options options = SCREEN_OPTIONS_INIT;
    int64_t waited_us = time_monotonic_us() - exchange->queued_us;
    struct slice text;

    options.record = false;
    options.deadline_us = exchange->deadline_us - waited_us > 0 ? exchange->deadline_us - waited_us
                                                                : 1;
    TRY(seat_refresh(seat, &server->policy, server->graph));
    TRY(exchange_text(&text, exchange));
    TRY(screen(&exchange->answer, seat->screener, text, &options));
    return screening_answered(server, exchange, text);
}

void *screen_thread(void *context)
{
    struct server *server = context;
    AUTO(seat_fini) struct screening_seat seat = { 0 };
    struct exchange *exchange;

    while ((exchange = queue_pop(&server->screen_queue))) {
        if (server_in_time(server, exchange)) {
            int64_t start_us = time_monotonic_us();
            enum status status = screen_one(server, &seat, exchange);

            if (status)
                server_fail(server, exchange, status);
            queue_took(&server->screen_queue, time_monotonic_us() - start_us);
        }
        http_answer(exchange);
    }
    return NULL;
}
