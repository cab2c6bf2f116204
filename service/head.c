/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/head.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <strings.h>

#include "service/server.h"

#define BODY_READ_MAX ((uint64_t)64 << 20)

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
    if (text)
        exchange->caller = (struct caller){ .role = ROLE_NONE };
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

static bool flag_is(const struct exchange *exchange, const char *name, const char *value)
{
    const char *given = MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND,
                                                    name);

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

static void take_options(struct exchange *exchange, const struct server *server,
                         const struct headers *headers)
{
    const struct route *route = exchange->match.route;

    exchange->record = !flag_is(exchange, "record", "false");
    exchange->all = flag_is(exchange, "all", "true");
    exchange->deadline_us = deadline_of(server, headers);
    exchange->body_max = (size_t)(route->endpoint == ENDPOINT_EVENTS
                                      ? server->config->max_events_bytes
                                      : server->config->max_body_bytes);
    exchange->lane = route->lane;
    if (route->endpoint == ENDPOINT_SCREENINGS && !exchange->record)
        exchange->lane = LANE_SCREEN;
}

void head_judge(struct exchange *exchange, struct server *server, const char *url,
                const char *method)
{
    struct headers headers = { 0 };
    const struct route *route;

    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, take_header, &headers);
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
    take_options(exchange, server, &headers);
    if (!authorised(server, exchange, &headers))
        return;
    if (!take_media(exchange, &headers))
        exchange_problem(exchange, 415, "send application/json or application/msgpack");
    else if (headers.length && strtoull(headers.length, NULL, 10) > exchange->body_max)
        exchange_problem(exchange, 413, NULL);
}

bool head_is_huge(const struct exchange *exchange)
{
    const char *length =
        MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Content-Length");

    return length && strtoull(length, NULL, 10) > BODY_READ_MAX;
}
