/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/exchange.h"

#include <stdio.h>

#include "base/emit.h"
#include "base/json.h"
#include "store/codec.h"
#include "store/scan.h"

#define MSGPACK_DEPTH_MAX 16

void exchange_clear(struct exchange *exchange)
{
    memset(exchange, 0, offsetof(struct exchange, match) + offsetof(struct route_match, bytes));
}

/* Problems */

static const char *title_of(unsigned status)
{
    switch (status) {
    case 400: return "the request is not valid";
    case 401: return "a valid token is needed";
    case 403: return "this role may not do that";
    case 404: return "not found";
    case 405: return "method not allowed";
    case 411: return "a length is needed";
    case 413: return "the request is too large";
    case 415: return "this content type is not understood";
    case 422: return "the request cannot be carried out as it is";
    case 429: return "too many requests";
    case 500: return "the stored data cannot be read";
    case 503: return "cannot answer now";
    default: return "error";
    }
}

static bool falls_back(const struct exchange *exchange, unsigned status)
{
    return status >= 429 && exchange->match.route &&
           exchange->match.route->endpoint == ENDPOINT_SCREENINGS;
}

bool exchange_falls_back(const struct exchange *exchange)
{
    return falls_back(exchange, exchange->status);
}

/* Before the policy was asked: a person looks at it. Never a silent pass. */
enum decision exchange_unavailable(const struct exchange *exchange)
{
    return exchange->unavailable > DECISION_REVIEW ? exchange->unavailable : DECISION_REVIEW;
}

static enum status write_problem(const struct exchange *exchange, struct buf *out, unsigned status,
                                 const char *detail)
{
    struct emit emit = emit_start(out);

    emit_object(&emit);
    emit_key(&emit, "type");
    emit_string(&emit, "about:blank");
    emit_key(&emit, "title");
    emit_string(&emit, title_of(status));
    emit_key(&emit, "status");
    emit_uint(&emit, status);
    if (detail && *detail) {
        emit_key(&emit, "detail");
        emit_string(&emit, detail);
    }
    if (falls_back(exchange, status)) {
        emit_key(&emit, "decision");
        emit_string(&emit, decision_name(exchange_unavailable(exchange)));
    }
    emit_end(&emit);
    return emit_finish(&emit);
}

void exchange_problem(struct exchange *exchange, unsigned status, const char *detail)
{
    struct buf made = { 0 };

    /* `detail` may be the thread's own error detail, so write before anything else can fail. */
    if (write_problem(exchange, &made, status, detail))
        buf_clear(&made);
    buf_fini(&exchange->answer);
    exchange->answer = made;
    exchange->status = status;
    exchange->content_type = "application/problem+json";
    exchange->retry_after_s = 0;
}

void exchange_refuse(struct exchange *exchange, unsigned status, const char *detail)
{
    exchange_problem(exchange, status, detail);
    exchange->retry_after_s = 1;
}

static const struct {
    unsigned status;
    const char *detail;
} refusals[REFUSAL_COUNT_] = {
    [REFUSAL_QUEUE] = { 503, "too many requests wait already" },
    [REFUSAL_CALLER] = { 429, "this caller has as many requests under way as one may have" },
};

void exchange_turn_away(struct exchange *exchange, enum refusal refusal)
{
    exchange->refusal = refusal;
    exchange->status = refusals[refusal].status;
}

void exchange_write_refusal(struct exchange *exchange)
{
    exchange_refuse(exchange, exchange->status, refusals[exchange->refusal].detail);
}

void exchange_fail(struct exchange *exchange, enum status status)
{
    switch (status) {
    case STATUS_INVALID:
    case STATUS_USAGE:
        exchange_problem(exchange, 400, error_detail());
        return;
    case STATUS_CONFLICT:
    case STATUS_EXISTS:
        exchange_problem(exchange, 422, error_detail());
        return;
    case STATUS_CORRUPT:
        exchange_problem(exchange, 500, error_detail());
        return;
    case STATUS_NOT_FOUND:
    case STATUS_END:
        exchange_problem(exchange, 500, "something that others name is not there; run check");
        return;
    default:
        exchange_refuse(exchange, 503, error_detail());
        return;
    }
}

/* The settings' key is named: who runs the service can raise it. */
void exchange_too_large(struct exchange *exchange)
{
    char detail[96];

    snprintf(detail, sizeof detail, "the body has more than %zu bytes; %s in the service's "
             "settings bounds it", exchange->body_max,
             exchange->match.route->endpoint == ENDPOINT_EVENTS ? "max_events_bytes"
                                                                : "max_body_bytes");
    exchange_problem(exchange, 413, detail);
}

/* Media */

/* White space around a document is no difference between two requests with one key. */
static struct slice trimmed(struct slice text)
{
    const char *at = text.data, *end = at + text.size;

    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    while (end > at && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t'))
        end--;
    return slice_of(at, (size_t)(end - at));
}

/* Whether the scalar at `at` is no float, or one whose exponent is not all ones. */
static bool is_finite(const unsigned char *at)
{
    enum { FLOAT_32 = 0xca, FLOAT_64 = 0xcb };

    if (*at == FLOAT_32)
        return (at[1] & 0x7f) != 0x7f || (at[2] & 0x80) == 0;
    return *at != FLOAT_64 || (at[1] & 0x7f) != 0x7f || (at[2] & 0xf0) != 0xf0;
}

/* JSON has no such numbers: they would become null, which says that nothing was given. */
static enum status check_finite(struct slice bytes)
{
    struct scan scan = scan_of(bytes);
    struct scan_head head;

    while (scan.at < scan.end) {
        const unsigned char *at = scan.at;

        if (!scan_head(&scan, &head))
            return scan_fail(&scan);
        if (!is_finite(at))
            return fail(STATUS_INVALID, "the msgpack document has a number that is not finite");
    }
    return STATUS_OK;
}

enum status exchange_check_msgpack(const struct exchange *exchange)
{
    struct slice bytes = buf_slice(&exchange->body);

    TRY(codec_validate(bytes, MSGPACK_DEPTH_MAX));
    return check_finite(bytes);
}

static enum status from_msgpack(struct buf *out, const struct exchange *exchange)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct emit emit = emit_start(out);
    struct value value;

    TRY(exchange_check_msgpack(exchange));
    TRY(codec_decode(&value, &arena, buf_slice(&exchange->body)));
    emit_value(&emit, &value);
    return emit_finish(&emit);
}

enum status exchange_text(struct slice *out, struct exchange *exchange)
{
    if (exchange->in == MEDIA_MSGPACK) {
        AUTO(buf_fini) struct buf made = { 0 };
        struct buf body = exchange->body;

        TRY(from_msgpack(&made, exchange));
        exchange->body = made;
        exchange->in = MEDIA_JSON;
        made = body;
    }
    *out = exchange->body.size ? trimmed(buf_slice(&exchange->body)) : SLICE("");
    return STATUS_OK;
}

static enum status to_msgpack(struct buf *out, struct slice json)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value value;

    TRY(json_parse(&value, &arena, json, NULL));
    return codec_encode(out, &value);
}

void exchange_finish_media(struct exchange *exchange)
{
    struct buf made = { 0 };

    if (exchange->out != MEDIA_MSGPACK || exchange->status != 200 || exchange->content_type ||
        exchange->stream)
        return;
    if (to_msgpack(&made, buf_slice(&exchange->answer))) {
        buf_fini(&made);
        exchange_refuse(exchange, 503, error_detail());
        return;
    }
    buf_fini(&exchange->answer);
    exchange->answer = made;
    exchange->content_type = "application/msgpack";
}
