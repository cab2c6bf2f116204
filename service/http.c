/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "service/server.h"
#include "service/stream.h"
#include "service/tls.h"

#define RESPONSE_HEADER_BYTES 2048
#define BODY_READ_MAX ((uint64_t)64 << 20) /* more than this is not even read to be refused */
#define PEM_BYTES_MAX ((size_t)1 << 20)
#define STREAM_BLOCK 16384

struct http {
    struct server *server;
    struct MHD_Daemon *daemon;
    struct buf certificate, key, client_ca;
    uint16_t port;
    bool quiesced;
    atomic_size_t n_in_flight;
};

uint16_t http_port(const struct http *http)
{
    return http->port;
}

size_t http_in_flight(const struct http *http)
{
    return atomic_load(&((struct http *)http)->n_in_flight);
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

/* ---- headers ------------------------------------------------------------------------------ */

/* What of the headers matters here. */
struct headers {
    const char *authorization, *content_type, *accept, *deadline, *length;
    unsigned n_authorization, n_length, n_transfer, n_host;
};

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *key,
                                   const char *value)
{
    struct headers *headers = context;

    (void)kind;
    if (strcasecmp(key, "Authorization") == 0)
        headers->authorization = value, headers->n_authorization++;
    else if (strcasecmp(key, "Content-Length") == 0)
        headers->length = value, headers->n_length++;
    else if (strcasecmp(key, "Transfer-Encoding") == 0)
        headers->n_transfer++;
    else if (strcasecmp(key, "Host") == 0)
        headers->n_host++;
    else if (strcasecmp(key, "Content-Type") == 0)
        headers->content_type = value;
    else if (strcasecmp(key, "Accept") == 0)
        headers->accept = value;
    else if (strcasecmp(key, "X-Deadline-Ms") == 0)
        headers->deadline = value;
    return MHD_YES;
}

static bool is_media(const char *value, const char *media)
{
    size_t n = strlen(media);

    return strncasecmp(value, media, n) == 0 && (!value[n] || value[n] == ';' || value[n] == ' ');
}

static bool is_msgpack(const char *value)
{
    return is_media(value, "application/msgpack") || is_media(value, "application/x-msgpack") ||
           is_media(value, "application/vnd.msgpack");
}

/* False where the body's form is not understood. Forms are what curl calls a body by default. */
static bool take_media(struct exchange *exchange, const struct headers *headers)
{
    const char *type = headers->content_type;

    exchange->out = headers->accept && is_msgpack(headers->accept) ? MEDIA_MSGPACK : MEDIA_JSON;
    if (!type || is_media(type, "application/json") || is_media(type, "application/x-ndjson") ||
        is_media(type, "application/x-www-form-urlencoded"))
        return true;
    exchange->in = MEDIA_MSGPACK;
    return is_msgpack(type);
}

/* ---- the beginning of a request ------------------------------------------------------------ */

static bool authorised(struct server *server, struct exchange *exchange,
                       const struct headers *headers)
{
    const char *text = headers->authorization;
    const struct route *route = exchange->match.route;

    if (!route->roles)
        return true;
    if (text && strncasecmp(text, "Bearer ", 7) == 0)
        token_store_find(&exchange->caller, &server->tokens, slice_str(text + 7));
    if (exchange->caller.role == ROLE_NONE)
        exchange_problem(exchange, 401, "give a token: Authorization: Bearer rf_...");
    else if (!route_allows(route, exchange->caller.role))
        exchange_problem(exchange, 403, NULL);
    else
        return true;
    metrics_add(&server->metrics, METRIC_UNAUTHORISED, 1);
    return false;
}

static bool flag_is(struct MHD_Connection *connection, const char *name, const char *value)
{
    const char *given = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);

    return given && strcmp(given, value) == 0;
}

/* The configured deadline, or a shorter one that the client asks for. */
static int64_t deadline_of(const struct server *server, const struct headers *headers)
{
    int64_t ms = server->config->screening_deadline_ms;

    if (headers->deadline) {
        long wanted = strtol(headers->deadline, NULL, 10);

        if (wanted > 0 && wanted < ms)
            ms = wanted;
    }
    return ms * 1000;
}

static void take_options(struct exchange *exchange, struct server *server,
                         struct MHD_Connection *connection, const struct headers *headers)
{
    const struct route *route = exchange->match.route;

    exchange->record = !flag_is(connection, "record", "false");
    exchange->all = flag_is(connection, "all", "true");
    exchange->deadline_us = deadline_of(server, headers);
    exchange->body_max = (size_t)(route->endpoint == ENDPOINT_EVENTS
                                      ? server->config->max_events_bytes
                                      : server->config->max_body_bytes);
    exchange->lane = route->lane;
    if (route->endpoint == ENDPOINT_SCREENINGS && !exchange->record)
        exchange->lane = LANE_SCREEN;
}

/* Everything that can be said before the body; sets a problem where something is wrong. */
static void judge_head(struct exchange *exchange, struct server *server,
                       struct MHD_Connection *connection, const char *url, const char *method)
{
    struct headers headers = { 0 };
    const struct route *route;

    MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, &headers);
    if (headers.n_length > 1 || headers.n_authorization > 1 || headers.n_host > 1 ||
        headers.n_transfer > 1 || (headers.n_length && headers.n_transfer)) {
        exchange_problem(exchange, 400, "a header that may be there once is there twice, or a "
                                        "length together with an encoding");
        return;
    }
    if (route_find(&exchange->match, slice_str(method), slice_str(url))) {
        exchange_problem(exchange, 400, error_detail());
        return;
    }
    route = exchange->match.route;
    if (!route) {
        exchange_problem(exchange, 404, "no such path; /openapi.json lists them");
        return;
    }
    if (exchange->match.method_differs) {
        exchange->allow = route->method;
        exchange_problem(exchange, 405, NULL);
        return;
    }
    take_options(exchange, server, connection, &headers);
    if (!authorised(server, exchange, &headers))
        return;
    if (!take_media(exchange, &headers))
        exchange_problem(exchange, 415, "send application/json or application/msgpack");
    else if (headers.length && strtoull(headers.length, NULL, 10) > exchange->body_max)
        exchange_problem(exchange, 413, NULL);
}

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

static bool body_is_huge(struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");

    return length && strtoull(length, NULL, 10) > BODY_READ_MAX;
}

static enum MHD_Result begin(struct http *http, struct MHD_Connection *connection,
                             const char *url, const char *method, void **context)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);

    if (!exchange)
        return MHD_NO;
    exchange->start_us = time_monotonic_us();
    exchange->connection = connection;
    exchange->http = http;
    *context = exchange;
    atomic_fetch_add(&http->n_in_flight, 1);
    metrics_add(&http->server->metrics, METRIC_IN_FLIGHT, 1);
    set_state(connection, CONNECTION_RECEIVING);
    if (!tls_client_known(connection, http->server->config)) {
        exchange_problem(exchange, 403, "this client's certificate is not accepted");
        return send_answer(http, exchange);
    }
    judge_head(exchange, http->server, connection, url, method);
    return exchange->status && body_is_huge(connection) ? send_answer(http, exchange) : MHD_YES;
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
        exchange_problem(exchange, 413, NULL);
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
    return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
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
                        bool draining)
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
    if (draining)
        ok = ok && MHD_add_response_header(response, "Connection", "close") == MHD_YES;
    if (exchange->retry_after_s) {
        snprintf(seconds, sizeof seconds, "%u", exchange->retry_after_s);
        ok = ok && MHD_add_response_header(response, "Retry-After", seconds) == MHD_YES;
    }
    return ok;
}

static enum MHD_Result send_answer(struct http *http, struct exchange *exchange)
{
    struct MHD_Response *response;
    enum MHD_Result result = MHD_NO;

    metrics_answer(&http->server->metrics, exchange->match.route, exchange->status,
                   time_monotonic_us() - exchange->start_us);
    response = make_response(exchange);
    if (!response)
        return MHD_NO;
    if (add_headers(response, exchange, atomic_load(&http->server->draining)))
        result = MHD_queue_response(exchange->connection, exchange->status, response);
    MHD_destroy_response(response);
    set_state(exchange->connection, CONNECTION_SENDING);
    return result;
}

static enum MHD_Result hand_on(struct http *http, struct exchange *exchange)
{
    struct queue *queue = server_queue(http->server, exchange);

    if (!queue_reserve(queue)) {
        metrics_add(&http->server->metrics, METRIC_REFUSED_QUEUE, 1);
        exchange_refuse(exchange, 503, "too many requests wait already");
        return send_answer(http, exchange);
    }
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
    buf_fini(&exchange->body);
    buf_fini(&exchange->answer);
    free(exchange);
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

/* Paths stay encoded: a key may hold a slash. Arguments are plain words. */
static size_t keep_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void no_log(void *context, const char *format, va_list args)
{
    (void)context;
    (void)format;
    (void)args;
}

/* ---- opening ------------------------------------------------------------------------------ */

static enum status read_pem(struct buf *out, const char *path, const char *key)
{
    enum status status = file_read(out, path, PEM_BYTES_MAX);

    if (status)
        return fail_context(status == STATUS_NOT_FOUND ? STATUS_INVALID : status, "%s", key);
    return buf_append_byte(out, 0);
}

static enum status read_tls(struct http *http, const struct config *config)
{
    if (!config->tls_certificate)
        return STATUS_OK;
    TRY(read_pem(&http->certificate, config->tls_certificate, "tls_certificate"));
    TRY(read_pem(&http->key, config->tls_key, "tls_key"));
    if (config->tls_client_ca)
        TRY(read_pem(&http->client_ca, config->tls_client_ca, "tls_client_ca"));
    return STATUS_OK;
}

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static void make_address(union address *out, const struct config *config)
{
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, config->host, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(config->port);
        return;
    }
    inet_pton(AF_INET6, config->host, &out->v6.sin6_addr);
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(config->port);
}

#define OPTIONS_MAX 8

static void set_options(struct MHD_OptionItem options[OPTIONS_MAX], const struct http *http,
                        const struct config *config)
{
    size_t n = 0;

    /* A pool of one is not a pool: the library refuses it. */
    if (config->http_threads > 1)
        options[n++] = (struct MHD_OptionItem){ MHD_OPTION_THREAD_POOL_SIZE,
                                                config->http_threads, NULL };
    if (http->certificate.size) {
        options[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0,
                                                http->certificate.data };
        options[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, http->key.data };
        options[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0,
                                                (void *)TLS_PRIORITIES };
    }
    if (http->client_ca.size)
        options[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_TRUST, 0,
                                                http->client_ca.data };
    options[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
}

static enum status start(struct http *http)
{
    const struct config *config = http->server->config;
    struct MHD_OptionItem options[OPTIONS_MAX];
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    const union MHD_DaemonInfo *info;
    union address address;

    make_address(&address, config);
    set_options(options, http, config);
    if (address.any.sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    if (http->certificate.size)
        flags |= MHD_USE_TLS;
    http->daemon = MHD_start_daemon(
        flags, config->port, NULL, NULL, on_request, http,
        MHD_OPTION_EXTERNAL_LOGGER, no_log, NULL, MHD_OPTION_ARRAY, options,
        MHD_OPTION_SOCK_ADDR, &address.any, MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)config->max_header_bytes + RESPONSE_HEADER_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)config->max_connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)config->max_connections_per_address,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u, MHD_OPTION_END);
    if (!http->daemon)
        return fail(STATUS_IO, "can't listen on %s: is the port taken, or %s?", config->listen,
                    config->tls_certificate ? "a certificate or key not valid"
                                            : "the address not this machine's");
    info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    http->port = info ? info->port : config->port;
    return STATUS_OK;
}

static void closep(struct http **http)
{
    http_close(*http);
}

enum status http_open(struct http **out, struct server *server)
{
    AUTO(closep) struct http *http = calloc(1, sizeof *http);

    if (!http)
        return fail_memory(sizeof *http);
    http->server = server;
    TRY(read_tls(http, server->config));
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
    buf_fini(&http->certificate);
    buf_fini(&http->key);
    buf_fini(&http->client_ca);
    free(http);
}
