/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/head.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "service/server.h"

#define BODY_READ_MAX ((uint64_t)64 << 20)

/* ---- headers ------------------------------------------------------------------------------ */

/* What of the headers matters here. */
struct headers {
    const char *authorization, *content_type, *accept, *encoding, *deadline, *length, *transfer;
    unsigned n_authorization, n_length, n_transfer, n_host;
    bool odd_name; /* white space before a colon, say: others may read another header there */
};

/* A token of RFC 9110. */
static bool is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "!#$%&'*+-.^_`|~";

    return *name && !name[strspn(name, letters)];
}

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *key,
                                   const char *value)
{
    struct headers *headers = context;

    (void)kind;
    headers->odd_name |= !is_name(key);
    if (strcasecmp(key, "Authorization") == 0)
        headers->authorization = value, headers->n_authorization++;
    else if (strcasecmp(key, "Content-Length") == 0)
        headers->length = value, headers->n_length++;
    else if (strcasecmp(key, "Transfer-Encoding") == 0)
        headers->transfer = value, headers->n_transfer++;
    else if (strcasecmp(key, "Host") == 0)
        headers->n_host++;
    else if (strcasecmp(key, "Content-Type") == 0)
        headers->content_type = value;
    else if (strcasecmp(key, "Content-Encoding") == 0)
        headers->encoding = value;
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

/* Names who may: "role screen may not do this; investigate and admin may". */
static void forbid(struct exchange *exchange)
{
    const struct route *route = exchange->match.route;
    const char *before = "";
    char detail[128];
    size_t n = (size_t)snprintf(detail, sizeof detail, "role %s may not do this;",
                                role_name(exchange->caller.role));

    for (int role = ROLE_NONE + 1; role < ROLE_COUNT_; role++) {
        if (!route_allows(route, (enum role)role))
            continue;
        n += (size_t)snprintf(detail + n, sizeof detail - n, "%s %s",
                              role == ROLE_ADMIN ? " and" : before, role_name((enum role)role));
        before = ",";
    }
    snprintf(detail + n, sizeof detail - n, " may");
    exchange_problem(exchange, 403, detail);
}

static void refuse_method(struct exchange *exchange, const char *method)
{
    char detail[64];

    snprintf(detail, sizeof detail, "%.16s is not for this path; use %s", method,
             exchange->match.route->method);
    exchange_problem(exchange, 405, detail);
}

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
        forbid(exchange);
    else
        return true;
    metrics_add(&server->metrics, METRIC_UNAUTHORISED, 1);
    return false;
}

/* ---- what is asked for beside the body ------------------------------------------------------ */

/* Flags behind the path, while they are taken. */
struct flags {
    struct exchange *exchange;
    unsigned n;
    enum status status;
};

/* A flag that was taken for another would record what was not to be recorded. */
static enum status take_flag(struct flags *flags, const char *key, const char *value)
{
    struct exchange *exchange = flags->exchange;
    const struct route *route = exchange->match.route;
    bool *flag = route->endpoint == ENDPOINT_SCREENINGS ? &exchange->record : &exchange->all;

    if (!route->flag || strcmp(key, route->flag) != 0)
        return fail(STATUS_INVALID, "?%s: unknown; this path takes %s%s", key,
                    route->flag ? route->flag : "none", route->flag ? "=true or =false" : "");
    if (!value || (strcmp(value, "true") != 0 && strcmp(value, "false") != 0))
        return fail(STATUS_INVALID, "?%s=%s: expected true or false", key, value ? value : "");
    if (flags->n++)
        return fail(STATUS_INVALID, "?%s is given twice", key);
    *flag = *value == 't';
    return STATUS_OK;
}

static enum MHD_Result on_flag(void *context, enum MHD_ValueKind kind, const char *key,
                               const char *value)
{
    struct flags *flags = context;

    (void)kind;
    flags->status = take_flag(flags, key, value);
    return flags->status ? MHD_NO : MHD_YES;
}

static enum status take_flags(struct exchange *exchange)
{
    struct flags flags = { .exchange = exchange };

    exchange->record = true;
    /* Who looks after the service may add what he likes to the paths that are open to all. */
    if (exchange->match.route->roles)
        MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, on_flag, &flags);
    return flags.status;
}

/* The configured deadline, or a shorter one that the client asks for. */
static enum status take_deadline(struct exchange *exchange, const struct server *server,
                                 const char *given)
{
    int64_t ms = server->config->screening_deadline_ms;

    if (given) {
        char *end;
        unsigned long long wanted = strtoull(given, &end, 10);

        if (*given < '0' || *given > '9' || *end || !wanted || wanted > INT32_MAX)
            return fail(STATUS_INVALID, "X-Deadline-Ms: \"%.32s\" is not a whole number of "
                        "milliseconds from 1 to %d", given, INT32_MAX);
        if ((int64_t)wanted < ms)
            ms = (int64_t)wanted;
    }
    exchange->deadline_us = ms * US_PER_MS;
    return STATUS_OK;
}

static enum status take_options(struct exchange *exchange, const struct server *server,
                                const struct headers *headers)
{
    TRY(take_flags(exchange));
    TRY(take_deadline(exchange, server, headers->deadline));
    if (exchange->match.route->endpoint == ENDPOINT_SCREENINGS && !exchange->record)
        exchange->lane = LANE_SCREEN;
    return STATUS_OK;
}

static void judge_body(struct exchange *exchange, const struct headers *headers)
{
    if (headers->encoding && strcasecmp(headers->encoding, "identity") != 0)
        exchange_problem(exchange, 415, "send the body as it is, not compressed");
    else if (!take_media(exchange, headers))
        exchange_problem(exchange, 415, "send application/json or application/msgpack");
    else if (headers->length && strtoull(headers->length, NULL, 10) > exchange->body_max)
        exchange_too_large(exchange);
}

/* Where the request ends, or whose it is, could be read in two ways. */
static const char *what_is_wrong(const struct headers *headers)
{
    if (headers->n_length > 1 || headers->n_authorization > 1 || headers->n_host > 1 ||
        headers->n_transfer > 1 || (headers->n_length && headers->n_transfer))
        return "a header that may be there once is there twice, or a length together with an "
               "encoding";
    if (headers->transfer && strcasecmp(headers->transfer, "chunked") != 0)
        return "Transfer-Encoding: send the body chunked or with its length, not otherwise encoded";
    if (headers->odd_name)
        return "a header's name has a character that no name may have, such as white space before "
               "its colon";
    return NULL;
}

void head_judge(struct exchange *exchange, struct server *server, const char *url,
                const char *method)
{
    struct headers headers = { 0 };
    const struct route *route;
    const char *wrong;

    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, take_header, &headers);
    wrong = what_is_wrong(&headers);
    if (wrong) {
        exchange->closes = true;
        exchange_problem(exchange, 400, wrong);
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
        refuse_method(exchange, method);
        return;
    }
    exchange->lane = route->lane;
    exchange->body_max = (size_t)(route->endpoint == ENDPOINT_EVENTS
                                      ? server->config->max_events_bytes
                                      : server->config->max_body_bytes);
    if (!authorised(server, exchange, &headers))
        return;
    if (take_options(exchange, server, &headers))
        exchange_problem(exchange, 400, error_detail());
    else
        judge_body(exchange, &headers);
    if (!exchange->status)
        server_look_ahead(server, exchange);
}

bool head_is_last_word(const struct exchange *exchange)
{
    struct MHD_Connection *connection = exchange->connection;
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    const char *transfer =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding");
    const char *expect = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Expect");

    return (length && strtoull(length, NULL, 10) > BODY_READ_MAX) ||
           (transfer && strcasecmp(transfer, "chunked") != 0) ||
           (expect && strcasecmp(expect, "100-continue") == 0);
}
