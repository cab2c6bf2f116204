/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events: NDJSON lines (or msgpack maps), applied slice by slice, each line answered. A slice takes
 * lines of all bodies that wait, so that many small ones share a durable commit and a long one holds
 * nobody up for longer than a slice.
 */
#include "service/write_lane.h"

#include <stdlib.h>

#include "base/emit.h"
#include "graph/apply.h"
#include "service/http.h"
#include "store/codec.h"

#define SLICE_LINES 200 /* about what fits into the time a writer may hold the lock */
#define MSGPACK_DEPTH_MAX 16

struct event_work {
    struct exchange *exchange;
    struct buf made;     /* lines made from msgpack */
    struct slice rest;   /* of the body */
    uint64_t line;       /* the last one that was taken */
};

static void work_free(struct event_work *work)
{
    buf_fini(&work->made);
    free(work);
}

static void work_freep(struct event_work **work)
{
    if (*work)
        work_free(*work);
}

static enum status append_line(struct buf *out, const struct value *event)
{
    struct emit emit = emit_start(out);

    emit_value(&emit, event);
    TRY(emit_finish(&emit));
    return buf_append_byte(out, '\n');
}

/* One map, or a list of maps. */
static enum status lines_of_msgpack(struct buf *out, struct slice bytes)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value value;

    TRY(codec_validate(bytes, MSGPACK_DEPTH_MAX));
    TRY(codec_decode(&value, &arena, bytes));
    if (value.type != VALUE_LIST)
        return append_line(out, &value);
    for (uint32_t i = 0; i < value.count; i++)
        TRY(append_line(out, &value.items[i]));
    return STATUS_OK;
}

enum status event_work_new(struct event_work **out, struct exchange *exchange)
{
    AUTO(work_freep) struct event_work *work = calloc(1, sizeof *work);

    if (!work)
        return fail_memory(sizeof *work);
    work->exchange = exchange;
    work->rest = buf_slice(&exchange->body);
    if (exchange->in == MEDIA_MSGPACK) {
        TRY(lines_of_msgpack(&work->made, work->rest));
        work->rest = buf_slice(&work->made);
    }
    *out = work;
    work = NULL;
    return STATUS_OK;
}

/* The next line without its end; blank ones are counted and passed over. */
static bool next_line(struct slice *line, struct event_work *work)
{
    while (work->rest.size) {
        const char *start = work->rest.data;
        const char *end = memchr(start, '\n', work->rest.size);
        size_t size = end ? (size_t)(end - start) : work->rest.size;
        size_t taken = end ? size + 1 : size;

        work->rest = slice_of(start + taken, work->rest.size - taken);
        work->line++;
        if (size && start[size - 1] == '\r')
            size--;
        *line = slice_of(start, size);
        if (size)
            return true;
    }
    return false;
}

static enum status write_line(struct buf *out, uint64_t number, const struct apply_answer *answer)
{
    struct emit emit = emit_start(out);

    emit_object(&emit);
    emit_key(&emit, "line");
    emit_uint(&emit, number);
    if (answer->error) {
        emit_key(&emit, "error");
        emit_string(&emit, answer->error);
    } else {
        emit_key(&emit, "status");
        emit_string(&emit, "ok");
    }
    if (answer->duplicate) {
        emit_key(&emit, "duplicate");
        emit_bool(&emit, true);
    }
    emit_end(&emit);
    TRY(emit_finish(&emit));
    return buf_append_byte(out, '\n');
}

/* Lines of several bodies that are applied together. */
struct event_slice {
    struct slice lines[SLICE_LINES];
    uint64_t numbers[SLICE_LINES];
    struct event_work *owners[SLICE_LINES];
    size_t n;
};

/* The oldest bodies first; `n_met` of them gave lines or had none left. */
static void gather_lines(struct event_slice *out, size_t *n_met, struct event_work *const *works,
                         size_t n)
{
    out->n = *n_met = 0;
    while (*n_met < n && out->n < SLICE_LINES) {
        struct event_work *work = works[(*n_met)++];

        while (out->n < SLICE_LINES && next_line(&out->lines[out->n], work)) {
            out->numbers[out->n] = work->line;
            out->owners[out->n++] = work;
        }
    }
}

static enum status apply_slice(struct server *server, const struct event_slice *slice)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct apply_answer answers[SLICE_LINES];
    struct apply_totals totals = { 0 };

    if (!slice->n)
        return STATUS_OK;
    TRY(apply_batch(answers, &totals, &arena, server->graph, slice->lines, slice->n));
    metrics_add(&server->metrics, METRIC_COMMITS, (long long)totals.commits);
    metrics_add(&server->metrics, METRIC_COMMITTED, (long long)totals.applied);
    for (size_t i = 0; i < slice->n; i++)
        TRY(write_line(&slice->owners[i]->exchange->answer, slice->numbers[i], &answers[i]));
    return STATUS_OK;
}

static void finish(struct server *server, struct event_work *work, enum status status)
{
    struct exchange *exchange = work->exchange;

    if (status) {
        server_fail(server, exchange, status);
    } else {
        exchange->status = 200;
        exchange->content_type = "application/x-ndjson";
    }
    work_free(work);
    http_answer(exchange);
}

size_t event_works_step(struct server *server, struct event_work **works, size_t n)
{
    struct event_slice slice;
    size_t n_met, n_left = 0;
    enum status status;

    gather_lines(&slice, &n_met, works, n);
    status = apply_slice(server, &slice);
    if (status)
        metrics_add(&server->metrics, METRIC_COMMIT_FAILURES, 1);
    for (size_t i = 0; i < n; i++)
        if (i < n_met && (status || !works[i]->rest.size))
            finish(server, works[i], status);
        else
            works[n_left++] = works[i];
    return n_left;
}
