/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which lane and handler an exchange goes to, and what failures mean for the process. */

#include "service/server.h"

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
    case LANE_DRAFT:
        return &server->draft_queue;
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

/* ---- admission ------------------------------------------------------------------------------ */

/* What the policy says of an application that can't be answered; the request may be no good. */
static void ask_policy(struct server *server, struct exchange *exchange)
{
    struct slice text;

    if (policy_source_varies(&server->policy) && exchange_text(&text, exchange) == STATUS_OK)
        exchange->unavailable = policy_source_unavailable(&server->policy, text);
}

bool server_admit(struct server *server, struct exchange *exchange)
{
    bool screening = exchange->match.route->endpoint == ENDPOINT_SCREENINGS;
    const char *stale = screening ? freshness_problem(&server->freshness) : NULL;

    if (screening)
        ask_policy(server, exchange);
    if (stale) {
        exchange_refuse(exchange, 503, stale);
        return false;
    }
    if (callers_enter(&exchange->counted, &server->callers, &exchange->caller,
                      server->config->max_in_flight_per_caller))
        return true;
    metrics_add(&server->metrics, METRIC_REFUSED_CALLER, 1);
    exchange_turn_away(exchange, REFUSAL_CALLER);
    return false;
}

bool server_reserve(struct server *server, struct queue *queue, struct exchange *exchange)
{
    bool drafted = exchange->lane == LANE_DRAFT; /* then the writer's turn */

    if (drafted)
        queue_expect(&server->write_queue);
    if (queue_reserve(queue))
        return true;
    if (drafted)
        queue_forget(&server->write_queue);
    metrics_add(&server->metrics, METRIC_REFUSED_QUEUE, 1);
    exchange_turn_away(exchange, REFUSAL_QUEUE);
    return false;
}

/*
 * Under overload most requests end here, so it costs nothing. A place is not held: a sender may
 * take long over his body. Where the body decides what the refusal says, it is waited for.
 */
void server_look_ahead(struct server *server, struct exchange *exchange)
{
    bool screening = exchange->match.route->endpoint == ENDPOINT_SCREENINGS;

    if (exchange->lane == LANE_HTTP || !queue_is_full(server_queue(server, exchange)) ||
        (screening && policy_source_varies(&server->policy)))
        return;
    metrics_add(&server->metrics, METRIC_REFUSED_QUEUE, 1);
    exchange_turn_away(exchange, REFUSAL_QUEUE);
}

/*
 * What was let in is turned away late only where nothing is left of its time: the door should have
 * refused it, and whoever waited that long is better served than sent away.
 */
static int64_t patience_us(const struct server *server, const struct exchange *exchange)
{
    switch (exchange->lane) {
    case LANE_SCREEN:
        return exchange->deadline_us;
    case LANE_DRAFT:
    case LANE_WRITE:
        return 2 * server_wait_us(server, LANE_WRITE);
    default:
        return server_wait_us(server, exchange->lane);
    }
}

bool server_in_time(struct server *server, struct exchange *exchange)
{
    if (time_monotonic_us() - exchange->queued_us <= patience_us(server, exchange))
        return true;
    metrics_add(&server->metrics, METRIC_REFUSED_QUEUE, 1);
    exchange_refuse(exchange, 503, "the request waited too long for its turn");
    return false;
}

enum status server_note_look(struct server *server, const struct exchange *exchange,
                             struct slice what)
{
    if (exchange->caller.role == ROLE_SCREEN)
        return STATUS_OK;
    metrics_add(&server->metrics, METRIC_UNMASKED_LOOKS, 1);
    return access_note(&server->access, exchange, what);
}

void server_notice(struct server *server, enum status status)
{
    if (status == STATUS_RESTART)
        atomic_store(&server->broken, true);
}

void server_fail(struct server *server, struct exchange *exchange, enum status status)
{
    exchange_fail(exchange, status);
    server_notice(server, status);
}

void server_count(struct server *server, const struct exchange *exchange)
{
    metrics_answer(&server->metrics, exchange->match.route, exchange->status,
                   time_monotonic_us() - exchange->start_us);
    if (exchange_falls_back(exchange))
        metrics_add(&server->metrics, exchange_unavailable(exchange) == DECISION_REJECT
                                          ? METRIC_UNAVAILABLE_REJECT
                                          : METRIC_UNAVAILABLE_REVIEW, 1);
}
