/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/http.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "service/head.h"
#include "service/listener.h"
#include "service/peer.h"
#include "service/server.h"
#include "service/stream.h"

#define STREAM_BLOCK 16384

struct http {
    struct server *server;
    struct listener listener;
    struct MHD_Daemon *daemon;
    uint16_t port;
    bool quiesced;
    atomic_size_t n_in_flight;
    /* Common refusals with each decision that they may stand for; at pass: with none. */
    struct MHD_Response *refusals[REFUSAL_COUNT_][DECISION_REJECT + 1];
};

uint16_t http_port(const struct http *http)
{
    return http->port;
}

size_t http_in_flight(const struct http *http)
{
    return atomic_load(&http->n_in_flight);
}

void http_suspend(struct exchange *exchange)
{
    MHD_suspend_connection(exchange->connection);
}

void http_resume(struct exchange *exchange)
{
    MHD_resume_connection(exchange->connection);
}

void http_answer(struct exchange *exchange)
{
    exchange_finish_media(exchange);
    MHD_resume_connection(exchange->connection);
}

/* ---- the beginning of a request ------------------------------------------------------------ */

static struct connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static void set_state(struct MHD_Connection *connection, enum connection_state state)
{
    struct connection *known = connection_of(connection);

    if (known)
        connection_set(known, state);
}

static enum MHD_Result send_answer(struct http *http, struct exchange *exchange);

/* Asked once for a connection: looking at certificates costs more than most answers. */
static bool identify(struct connection *known, const struct config *config)
{
    if (!known->judged) {
        known->accepted = peer_identify(&known->peer, known->exchange.connection, config);
        known->judged = true;
    }
    known->exchange.caller = known->peer;
    return known->accepted;
}

static enum MHD_Result begin(struct http *http, struct MHD_Connection *connection,
                             const char *url, const char *method, void **context)
{
    struct connection *known = connection_of(connection);
    struct exchange *exchange;

    if (!known)
        return MHD_NO;
    exchange = &known->exchange;
    exchange_clear(exchange);
    exchange->start_us = time_monotonic_us();
    exchange->connection = connection;
    exchange->http = http;
    *context = exchange;
    atomic_fetch_add(&http->n_in_flight, 1);
    metrics_add(&http->server->metrics, METRIC_IN_FLIGHT, 1);
    connection_set(known, CONNECTION_RECEIVING);
    if (!identify(known, http->server->config)) {
        exchange_problem(exchange, 403, "this client's certificate is not accepted");
        return send_answer(http, exchange);
    }
    head_judge(exchange, http->server, url, method);
    return exchange->status && head_is_last_word(exchange) ? send_answer(http, exchange) : MHD_YES;
}

/* ---- its body and its answer --------------------------------------------------------------- */

/* A body that is refused is read and dropped, so that the client sees why. */
static enum MHD_Result take_body(struct exchange *exchange, const char *data, size_t *size)
{
    size_t n = *size;

    *size = 0;
    if (exchange->status)
        return MHD_YES;
    if (exchange->body.size + n > exchange->body_max) {
        exchange_too_large(exchange);
        return MHD_YES;
    }
    if (buf_append(&exchange->body, data, n))
        exchange_refuse(exchange, 503, error_detail());
    return MHD_YES;
}

static ssize_t read_stream(void *context, uint64_t at, char *to, size_t room)
{
    long n = stream_read(context, to, room);

    (void)at;
    return n == STREAM_OVER  ? MHD_CONTENT_READER_END_OF_STREAM
           : n == STREAM_CUT ? MHD_CONTENT_READER_END_WITH_ERROR
                             : n;
}

static void drop_stream(void *context)
{
    stream_drop(context);
}

static struct MHD_Response *make_response(struct exchange *exchange)
{
    struct MHD_Response *response;
    struct buf *answer = &exchange->answer;

    if (exchange->stream) {
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream,
                                                     exchange->stream, drop_stream);
        if (!response)
            stream_drop(exchange->stream);
        return response;
    }
    response = MHD_create_response_from_buffer(
        answer->size, answer->size ? (void *)answer->data : (void *)"",
        answer->size ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (response && answer->size)
        *answer = (struct buf){ 0 };
    return response;
}

static bool add_headers(struct MHD_Response *response, const struct exchange *exchange,
                        bool closes)
{
    char seconds[16];
    const char *type = exchange->content_type ? exchange->content_type : "application/json";
    bool ok = MHD_add_response_header(response, "Content-Type", type) == MHD_YES;

    if (exchange->match.route && exchange->match.route->roles)
        ok = ok && MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES;
    if (exchange->status == 401)
        ok = ok && MHD_add_response_header(response, "WWW-Authenticate", "Bearer") == MHD_YES;
    if (exchange->allow)
        ok = ok && MHD_add_response_header(response, "Allow", exchange->allow) == MHD_YES;
    if (closes)
        ok = ok && MHD_add_response_header(response, "Connection", "close") == MHD_YES;
    if (exchange->retry_after_s) {
        snprintf(seconds, sizeof seconds, "%u", exchange->retry_after_s);
        ok = ok && MHD_add_response_header(response, "Retry-After", seconds) == MHD_YES;
    }
    return ok;
}

/* Pass stands for no decision: nothing that is refused passes. */
static enum decision stands_for(const struct exchange *exchange)
{
    return exchange_falls_back(exchange) ? exchange_unavailable(exchange) : DECISION_PASS;
}

static enum MHD_Result send_answer(struct http *http, struct exchange *exchange)
{
    bool draining = atomic_load(&http->server->draining);
    struct MHD_Response *response;
    enum MHD_Result result = MHD_NO;

    server_count(http->server, exchange);
    set_state(exchange->connection, CONNECTION_SENDING);
    if (exchange->refusal && !draining)
        return MHD_queue_response(exchange->connection, exchange->status,
                                  http->refusals[exchange->refusal][stands_for(exchange)]);
    if (exchange->refusal)
        exchange_write_refusal(exchange);
    response = make_response(exchange);
    if (!response)
        return MHD_NO;
    if (add_headers(response, exchange, draining || exchange->closes))
        result = MHD_queue_response(exchange->connection, exchange->status, response);
    MHD_destroy_response(response);
    return result;
}

/* What is made here is what each request would get of its own. */
static enum status make_refusal(struct http *http, enum refusal refusal, enum decision decision)
{
    struct exchange exchange = { .unavailable = decision };
    struct MHD_Response *response;

    exchange.match.route = &routes[decision ? ENDPOINT_SCREENINGS : ENDPOINT_EVENTS];
    exchange_turn_away(&exchange, refusal);
    exchange_write_refusal(&exchange);
    response = make_response(&exchange);
    buf_fini(&exchange.answer);
    http->refusals[refusal][decision] = response;
    if (!response || !add_headers(response, &exchange, false))
        return fail_memory(STREAM_BLOCK);
    return STATUS_OK;
}

static enum status make_refusals(struct http *http)
{
    for (enum refusal refusal = REFUSAL_NONE + 1; refusal < REFUSAL_COUNT_; refusal++)
        for (enum decision decision = DECISION_PASS; decision <= DECISION_REJECT; decision++)
            TRY(make_refusal(http, refusal, decision));
    return STATUS_OK;
}

static void drop_refusals(struct http *http)
{
    for (size_t i = 0; i < REFUSAL_COUNT_; i++)
        for (size_t decision = 0; decision <= DECISION_REJECT; decision++)
            if (http->refusals[i][decision])
                MHD_destroy_response(http->refusals[i][decision]);
}

static enum MHD_Result hand_on(struct http *http, struct exchange *exchange)
{
    struct queue *queue = server_queue(http->server, exchange);

    if (!server_admit(http->server, exchange) || !server_reserve(http->server, queue, exchange))
        return send_answer(http, exchange);
    set_state(exchange->connection, CONNECTION_WORKING);
    exchange->queued_us = time_monotonic_us();
    MHD_suspend_connection(exchange->connection);
    queue_push(queue, exchange);
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *url, const char *method, const char *version,
                                  const char *data, size_t *size, void **request)
{
    struct http *http = context;
    struct exchange *exchange = *request;

    (void)version;
    if (!exchange)
        return begin(http, connection, url, method, request);
    if (*size)
        return take_body(exchange, data, size);
    if (exchange->status)
        return send_answer(http, exchange);
    if (exchange->lane != LANE_HTTP)
        return hand_on(http, exchange);
    server_answer(http->server, exchange);
    exchange_finish_media(exchange);
    return send_answer(http, exchange);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode code)
{
    struct http *http = context;
    struct exchange *exchange = *request;

    (void)code;
    set_state(connection, CONNECTION_IDLE);
    if (!exchange)
        return;
    *request = NULL;
    if (exchange->stream)
        stream_drop(exchange->stream);
    callers_leave(exchange->counted);
    buf_fini(&exchange->body);
    buf_fini(&exchange->answer);
    metrics_add(&http->server->metrics, METRIC_IN_FLIGHT, -1);
    atomic_fetch_sub(&http->n_in_flight, 1);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **known,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http *http = context;
    const union MHD_ConnectionInfo *info;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*known)
            connections_remove(&http->server->connections, *known);
        *known = NULL;
        return;
    }
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *known = info ? connections_add(&http->server->connections, info->connect_fd) : NULL;
}

/* ---- opening ------------------------------------------------------------------------------ */

static void closep(struct http **http)
{
    http_close(*http);
}

static enum status start(struct http *http)
{
    const struct config *config = http->server->config;
    const union MHD_DaemonInfo *info;

    http->daemon = MHD_start_daemon(
        listener_flags(&http->listener), config->port, NULL, NULL, on_request, http,
        MHD_OPTION_ARRAY, listener_options(&http->listener),
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_END);
    if (!http->daemon)
        return fail(STATUS_IO, "can't listen on %s: is the port taken, or %s?", config->listen,
                    config->tls_certificate ? "a certificate or key not valid"
                                            : "the address not this machine's");
    http->listener.fd = -1; /* the library's now */
    info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    http->port = info ? info->port : config->port;
    return STATUS_OK;
}

enum status http_open(struct http **out, struct server *server)
{
    AUTO(closep) struct http *http = calloc(1, sizeof *http);

    if (!http)
        return fail_memory(sizeof *http);
    http->server = server;
    TRY(make_refusals(http));
    TRY(listener_open(&http->listener, server->config));
    TRY(start(http));
    *out = http;
    http = NULL;
    return STATUS_OK;
}

void http_stop_accepting(struct http *http)
{
    MHD_socket fd;

    if (http->quiesced)
        return;
    http->quiesced = true;
    listener_hide(&http->listener);
    fd = MHD_quiesce_daemon(http->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
}

void http_close(struct http *http)
{
    if (!http)
        return;
    if (http->daemon)
        MHD_stop_daemon(http->daemon);
    drop_refusals(http);
    listener_close(&http->listener);
    free(http);
}
