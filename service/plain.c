/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers about the service itself. */

#include "base/emit.h"
#include "service/server.h"

extern const unsigned char embedded_openapi[];
extern const size_t embedded_openapi_size;

static void finish(struct exchange *exchange, enum status status, unsigned http_status)
{
    if (status)
        exchange_fail(exchange, status);
    else
        exchange->status = http_status;
}

void answer_health(struct server *server, struct exchange *exchange)
{
    (void)server;
    finish(exchange, buf_append_slice(&exchange->answer, SLICE("{\"status\":\"ok\"}")), 200);
}

/* Ready to decide: what a load balancer asks before it sends anything. */
void answer_ready(struct server *server, struct exchange *exchange)
{
    const char *reason = atomic_load(&server->broken)     ? "the store must be reopened"
                         : atomic_load(&server->draining) ? "shutting down"
                         : atomic_load(&server->disk_low) ? "the disk is nearly full"
                                                : freshness_problem(&server->freshness);
    struct freshness *fresh = &server->freshness;
    struct emit emit = emit_start(&exchange->answer);

    emit_object(&emit);
    emit_key(&emit, "ready");
    emit_bool(&emit, !reason);
    emit_key(&emit, "reason");
    emit_string(&emit, reason);
    emit_key(&emit, "commit_seq");
    emit_uint(&emit, atomic_load(&fresh->commit_seq));
    emit_key(&emit, "fed_at");
    emit_time(&emit, atomic_load(&fresh->fed_us));
    emit_key(&emit, "publication");
    emit_uint(&emit, atomic_load(&fresh->publication));
    emit_key(&emit, "published_at");
    emit_time(&emit, atomic_load(&fresh->published_us));
    emit_key(&emit, "build");
    emit_string(&emit, RINGFENCE_VERSION);
    emit_end(&emit);
    finish(exchange, emit_finish(&emit), reason ? 503 : 200);
}

void answer_metrics(struct server *server, struct exchange *exchange)
{
    exchange->content_type = "text/plain; version=0.0.4; charset=utf-8";
    finish(exchange, metrics_write(&exchange->answer, &server->metrics), 200);
}

void answer_openapi(struct server *server, struct exchange *exchange)
{
    (void)server;
    finish(exchange, buf_append(&exchange->answer, embedded_openapi, embedded_openapi_size), 200);
}
