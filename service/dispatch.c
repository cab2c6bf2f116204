/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which lane and handler an exchange goes to, and what failures mean for the process. */

#include "service/server.h"

#define US_PER_MS 1000

void server_answer(struct server *server, struct exchange *exchange)
{
    static void (*const handlers[ENDPOINT_COUNT_])(struct server *, struct exchange *) = {
        [ENDPOINT_DECISION] = answer_decision, [ENDPOINT_TAGS] = answer_tags,
        [ENDPOINT_HEALTH] = answer_health,     [ENDPOINT_READY] = answer_ready,
        [ENDPOINT_METRICS] = answer_metrics,   [ENDPOINT_OPENAPI] = answer_openapi,
    };

    handlers[exchange->match.route->endpoint](server, exchange);
}

struct queue *server_queue(struct server *server, const struct exchange *exchange)
{
    switch (exchange->lane) {
    case LANE_SCREEN:
        return &server->screen_queue;
    case LANE_QUERY:
        return &server->query_queue;
    default:
        return &server->write_queue;
    }
}

int64_t server_wait_us(const struct server *server, enum lane lane)
{
    switch (lane) {
    case LANE_SCREEN:
        return server->config->queue_wait_ms * US_PER_MS;
    case LANE_QUERY:
        return server->config->query_timeout_ms * US_PER_MS;
    default:
        return server->config->write_wait_ms * US_PER_MS;
    }
}

bool server_in_time(struct server *server, struct exchange *exchange)
{
    if (time_monotonic_us() - exchange->queued_us <= server_wait_us(server, exchange->lane))
        return true;
    metrics_add(&server->metrics, METRIC_REFUSED_QUEUE, 1);
    exchange_refuse(exchange, 503, "the request waited too long for its turn");
    return false;
}

void server_fail(struct server *server, struct exchange *exchange, enum status status)
{
    exchange_fail(exchange, status);
    if (status == STATUS_RESTART)
        atomic_store(&server->broken, true);
}
