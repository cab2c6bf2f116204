/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Investigators' queries: threads of their own, so that they never starve screening. Short answers
 * are sent whole, with a status that knows how they ended; long ones are streamed while they are
 * made, one row a line, and end with a line that says so where they were cut or failed.
 */

#include "base/emit.h"
#include "base/json.h"
#include "service/http.h"
#include "service/query_call.h"
#include "service/server.h"
#include "service/stream.h"

#define WHOLE_BYTES_MAX ((size_t)64 << 10) /* longer answers are streamed */
#define FLUSH_BYTES ((size_t)16 << 10)
#define WAITING_BYTES_MAX ((size_t)64 << 20)

struct query_job {
    struct server *server;
    struct exchange *exchange; /* not to be touched once the stream has begun */
    struct stream *stream;
    struct arena arena;
    struct query_call call;
};

static void job_fini(struct query_job *job)
{
    arena_fini(&job->arena);
    buf_fini(&job->call.lines);
}

/* ---- the request --------------------------------------------------------------------------- */

static enum status take_time(int64_t *us, const struct value *body, struct slice name)
{
    const struct value *value = value_find(body, name);
    enum status status;

    if (!value || value->type == VALUE_NULL)
        return STATUS_OK;
    if (value->type != VALUE_STRING)
        return fail(STATUS_INVALID, "%.*s must be a time, such as \"2026-11-21T08:00:00Z\"",
                    (int)name.size, (const char *)name.data);
    status = time_parse(us, value_slice(value));
    return status ? fail_context(status, "%.*s", (int)name.size, (const char *)name.data)
                  : STATUS_OK;
}

/* A member that is not known would be a wish that is not heard. */
static enum status check_members(const struct value *body)
{
    static const char *const known[] = { "statement", "parameters", "as_of", "known_at" };
    const size_t n = sizeof known / sizeof *known;

    for (uint32_t i = 0; i < body->count; i++) {
        size_t k = 0;

        while (k < n && !slice_equal(body->pairs[i].key, slice_str(known[k])))
            k++;
        if (k == n)
            return fail(STATUS_INVALID, "%.*s: unknown; a query has statement, parameters, as_of "
                        "and known_at", (int)body->pairs[i].key.size,
                        (const char *)body->pairs[i].key.data);
    }
    return STATUS_OK;
}

static enum status read_body(struct query_job *job, struct slice text)
{
    const struct value *statement, *parameters;
    struct value body;

    TRY(json_parse(&body, &job->arena, text, NULL));
    if (body.type != VALUE_MAP)
        return fail(STATUS_INVALID, "send {\"statement\":\"MATCH ...\",\"parameters\":{..}}");
    TRY(check_members(&body));
    statement = value_find(&body, SLICE("statement"));
    parameters = value_find(&body, SLICE("parameters"));
    if (!statement || statement->type != VALUE_STRING)
        return fail(STATUS_INVALID, "statement: the text of a query is missing");
    if (parameters && parameters->type != VALUE_MAP)
        return fail(STATUS_INVALID, "parameters: expected an object of names and values");
    job->call.statement = value_slice(statement);
    job->call.parameters = parameters ? *parameters : (struct value){ .type = VALUE_MAP };
    job->call.moment = (struct moment){ .as_of_us = time_now_us(), .known_at_us = TIME_MAX };
    TRY(take_time(&job->call.moment.as_of_us, &body, SLICE("as_of")));
    return take_time(&job->call.moment.known_at_us, &body, SLICE("known_at"));
}

/* ---- rows ---------------------------------------------------------------------------------- */

static enum status begin_stream(struct query_job *job)
{
    struct exchange *exchange = job->exchange;

    TRY(stream_new(&job->stream, exchange));
    exchange->stream = job->stream;
    exchange->status = 200;
    exchange->content_type = "application/x-ndjson";
    http_answer(exchange);
    job->exchange = NULL;
    return STATUS_OK;
}

static enum status after_row(struct query_call *call)
{
    struct query_job *job = call->context;

    if (call->lines.size < (job->stream ? FLUSH_BYTES : WHOLE_BYTES_MAX))
        return STATUS_OK;
    if (!job->stream)
        TRY(begin_stream(job));
    /* A slow client must not hold the snapshot: what he does not take waits in memory. */
    if (!stream_has_room(job->stream))
        return call->lines.size < WAITING_BYTES_MAX
                   ? STATUS_OK
                   : fail(STATUS_LIMIT, "the client took its answer too slowly");
    TRY(stream_write(job->stream, buf_slice(&call->lines), call->deadline_us));
    buf_clear(&call->lines);
    return STATUS_OK;
}

/* The last line of an answer that is not all. */
static enum status write_end(struct query_job *job, const char *error)
{
    struct emit emit = emit_start(&job->call.lines);

    emit_object(&emit);
    emit_key(&emit, "truncated");
    emit_bool(&emit, true);
    emit_key(&emit, error ? "error" : "reason");
    emit_string(&emit, error ? error : job->call.reason);
    emit_end(&emit);
    TRY(emit_finish(&emit));
    return buf_append_byte(&job->call.lines, '\n');
}

/* ---- running ------------------------------------------------------------------------------- */

static enum status run(struct query_job *job)
{
    struct slice text;

    TRY(exchange_text(&text, job->exchange));
    TRY(read_body(job, text));
    /* What was asked is in the log before anything is seen. */
    TRY(server_note_look(job->server, job->exchange, job->call.statement));
    return query_call_run(&job->call);
}

/* The answer was short, or failed before much was made: it is sent whole. */
static void finish_whole(struct query_job *job, enum status status)
{
    struct exchange *exchange = job->exchange;

    if (status == STATUS_LIMIT) {
        exchange_problem(exchange, 422, error_detail());
    } else if (status) {
        server_fail(job->server, exchange, status);
    } else {
        exchange->answer = job->call.lines;
        job->call.lines = (struct buf){ 0 };
        exchange->status = 200;
        exchange->content_type = job->call.is_plan ? "text/plain; charset=utf-8"
                                                   : "application/x-ndjson";
    }
    http_answer(exchange);
}

/* Of what can't be written any more the client learns by missing the end of the chunks. */
static void finish_stream(struct query_job *job, enum status status)
{
    if (!status && job->call.lines.size)
        status = stream_write(job->stream, buf_slice(&job->call.lines), job->call.deadline_us);
    stream_end(job->stream, status == STATUS_OK);
}

static void answer_query(struct server *server, struct exchange *exchange)
{
    const struct config *config = server->config;
    AUTO(job_fini) struct query_job job = {
        .server = server, .exchange = exchange,
        .call = { .graph = server->graph, .cache = server->query_cache,
                  .after_row = after_row,
                  .deadline_us = time_monotonic_us() + config->query_timeout_ms * US_PER_MS,
                  .max_rows = (uint64_t)config->query_max_rows,
                  .max_bytes = (uint64_t)config->query_max_memory_bytes,
                  .max_expansions = (uint64_t)config->query_max_expansions },
    };
    enum status status, ended = STATUS_OK;

    job.call.context = &job;
    status = run(&job);
    if (job.stream && status && status != STATUS_END)
        ended = write_end(&job, error_detail());
    else if (!status && job.call.truncated)
        ended = write_end(&job, NULL);
    if (!job.stream) {
        finish_whole(&job, status ? status : ended);
        return;
    }
    server_notice(server, status);
    finish_stream(&job, ended);
}

void *query_thread(void *context)
{
    struct server *server = context;
    struct exchange *exchange;

    while ((exchange = queue_pop(&server->query_queue))) {
        if (server_in_time(server, exchange))
            answer_query(server, exchange);
        else
            http_answer(exchange);
    }
    return NULL;
}
