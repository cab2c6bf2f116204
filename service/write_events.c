/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events: NDJSON lines (or msgpack maps), applied slice by slice, each line answered. A slice takes
 * lines of all bodies that wait, so that many small ones share a durable commit.
 */
#include "service/write_lane.h"

#include <stdlib.h>

#include "base/emit.h"
#include "service/event_answer.h"
#include "service/http.h"
#include "store/codec.h"
#include "store/scan.h"

#define EVENT_BYTES_MIN 16 /* no event is said in fewer */

struct event_work {
    struct exchange *exchange;
    struct slice rest;   /* of the body */
    uint64_t line;       /* the last one that was taken */
    enum status status;  /* why no more could be taken */
};

static void work_freep(struct event_work **work)
{
    free(*work);
}

/* Each line has an answer, longer than a short line: what are no events must not fill memory. */
static enum status check_count(const struct exchange *exchange, uint64_t n)
{
    size_t most = exchange->body_max / EVENT_BYTES_MIN;

    if (n <= most)
        return STATUS_OK;
    return fail(STATUS_INVALID, "the body has %llu lines, more than %zu: so many events would be "
                "longer than max_events_bytes in the service's settings", (unsigned long long)n,
                most);
}

static uint64_t count_lines(struct slice text)
{
    const char *at = text.data, *end = at + text.size;
    uint64_t n = 0;

    for (; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        n++;
    return n;
}

/* One map, or a list of maps: what is left after the list's head. */
static enum status open_msgpack(struct slice *rest, const struct exchange *exchange)
{
    struct scan scan = scan_of(*rest);
    struct scan_head head;

    if (scan_head(&scan, &head) && head.kind == KIND_ARRAY) {
        TRY(check_count(exchange, head.length));
        TRY(exchange_check_msgpack(exchange));
        *rest = slice_of(scan.at, (size_t)(scan.end - scan.at));
        return STATUS_OK;
    }
    return exchange_check_msgpack(exchange);
}

enum status feed_add(struct feed *feed, struct exchange *exchange)
{
    AUTO(work_freep) struct event_work *work = calloc(1, sizeof *work);

    if (!work)
        return fail_memory(sizeof *work);
    work->exchange = exchange;
    work->rest = buf_slice(&exchange->body);
    if (exchange->in == MEDIA_MSGPACK)
        TRY(open_msgpack(&work->rest, exchange));
    else
        TRY(check_count(exchange, count_lines(work->rest)));
    feed->works[feed->n++] = work;
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

static enum status line_of_msgpack(struct slice *line, struct arena *arena, struct slice bytes)
{
    AUTO(buf_fini) struct buf made = { 0 };
    struct emit emit = emit_start(&made);
    struct value event;
    const char *text;

    TRY(codec_decode(&event, arena, bytes));
    emit_value(&emit, &event);
    TRY(emit_finish(&emit));
    text = arena_copy(arena, buf_slice(&made));
    if (!text)
        return fail_memory(made.size);
    *line = slice_of(text, made.size);
    return STATUS_OK;
}

/* The next of msgpack that was checked as a whole, as a line that lies in `arena`. */
static bool next_event(struct slice *line, struct arena *arena, struct event_work *work)
{
    struct scan scan = scan_of(work->rest);

    if (!work->rest.size || !scan_value(&scan, SCAN_DEPTH_MAX))
        return false;
    work->status = line_of_msgpack(line, arena,
                                   slice_of(scan.start, (size_t)(scan.at - scan.start)));
    work->rest = work->status ? SLICE("") : slice_of(scan.at, (size_t)(scan.end - scan.at));
    work->line++;
    return !work->status;
}

static bool take_line(struct feed *feed, struct event_work *work)
{
    struct slice *line = &feed->lines[feed->n_lines];

    if (!(work->exchange->in == MEDIA_MSGPACK ? next_event(line, &feed->arena, work)
                                              : next_line(line, work)))
        return false;
    feed->numbers[feed->n_lines] = work->line;
    feed->owners[feed->n_lines++] = work;
    return true;
}

void feed_begin(struct feed *feed)
{
    arena_reset(&feed->arena);
    feed->n_lines = feed->n_met = 0;
    while (feed->n_met < feed->n && feed->n_lines < SLICE_LINES) {
        struct event_work *work = feed->works[feed->n_met++];

        while (feed->n_lines < SLICE_LINES && take_line(feed, work))
            continue;
    }
}

enum status feed_apply(struct feed *feed, bool *wrote, uint64_t *n_applied, struct graph_txn *txn)
{
    struct apply_totals totals = { 0 };

    TRY(apply_within(feed->answers, &totals, wrote, &feed->arena, txn, feed->lines,
                     feed->n_lines));
    *n_applied += totals.applied;
    return STATUS_OK;
}

static enum status write_lines(struct feed *feed)
{
    for (size_t i = 0; i < feed->n_lines; i++) {
        struct buf *out = &feed->owners[i]->exchange->answer;

        TRY(event_answer_write(out, feed->numbers[i], &feed->answers[i]));
        TRY(buf_append_byte(out, '\n'));
    }
    return STATUS_OK;
}

static void finish(struct server *server, struct event_work *work, enum status status)
{
    struct exchange *exchange = work->exchange;

    if (!status && work->status)
        status = fail(work->status, "event %llu could not be unpacked; those before it are applied",
                      (unsigned long long)work->line);
    if (status) {
        server_fail(server, exchange, status);
    } else {
        exchange->status = 200;
        exchange->content_type = "application/x-ndjson";
    }
    free(work);
    http_answer(exchange);
}

void feed_end(struct feed *feed, struct server *server, enum status status)
{
    struct event_work *met[EVENT_BODIES_MAX];
    size_t n_met = feed->n_met;

    if (!status)
        status = write_lines(feed);
    /* What is left of them goes behind the others. */
    memcpy(met, feed->works, n_met * sizeof *met);
    memmove(feed->works, feed->works + n_met, (feed->n - n_met) * sizeof *met);
    feed->n -= n_met;
    for (size_t i = 0; i < n_met; i++)
        if (status || !met[i]->rest.size)
            finish(server, met[i], status);
        else
            feed->works[feed->n++] = met[i];
    feed->n_lines = feed->n_met = 0;
}

void feed_fini(struct feed *feed)
{
    arena_fini(&feed->arena);
}
