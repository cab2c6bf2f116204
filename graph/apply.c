/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/apply.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "graph/event.h"
#include "graph/private.h"
#include "graph/source.h"

/* ---- One batch ---- */

struct batch {
    struct apply_answer *answers;
    struct apply_totals *totals;
    struct arena *arena;
    struct event *events;
    size_t n;
    struct graph_txn *txn;  /* of who runs the batch */
    struct load *load;
};

static void batch_fini(struct batch *batch)
{
    load_close(batch->load);
}

/* A line that is wrong is answered; anything else ends the batch. */
static enum status answer_error(struct batch *batch, size_t i, enum status status)
{
    if (!load_rejects(status))
        return status;
    batch->answers[i].error = arena_copy(batch->arena, slice_str(error_detail()));
    return batch->answers[i].error ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status parse_all(struct batch *batch, const struct slice *lines)
{
    for (size_t i = 0; i < batch->n; i++) {
        enum status status;

        if (batch->answers[i].error)
            continue;
        status = event_parse(&batch->events[i], batch->arena, lines[i]);
        if (status != STATUS_OK)
            TRY(answer_error(batch, i, status));
    }
    return STATUS_OK;
}

/* Row of the event table: the id, or its hash where it is too long, behind a mark. */
struct event_key {
    unsigned char bytes[STORE_KEY_MAX];
    size_t size;
};

static void event_key_make(struct event_key *key, struct slice id)
{
    if (id.size < STORE_KEY_MAX) {
        key->bytes[0] = 1;
        memcpy(key->bytes + 1, id.data, id.size);
        key->size = 1 + id.size;
    } else {
        key->bytes[0] = 2;
        hash256(key->bytes + 1, id);
        key->size = 1 + HASH_BYTES;
    }
}

static enum status find_event(bool *found, struct graph_txn *txn, struct slice id)
{
    struct event_key key;
    struct slice value;
    enum status status;

    *found = false;
    if (!id.size)
        return STATUS_OK;
    event_key_make(&key, id);
    status = store_get(&value, txn_store(txn), TABLE_EVENT, slice_of(key.bytes, key.size));
    *found = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Kept with the commit that took it, in the same transaction. */
static enum status keep_event(struct graph_txn *txn, struct slice id)
{
    AUTO(buf_fini) struct buf value = { 0 };
    struct event_key key;
    struct value commit = value_int((int64_t)txn_moment(txn)->commit_seq);

    if (!id.size)
        return STATUS_OK;
    event_key_make(&key, id);
    TRY(codec_encode(&value, &commit));
    return store_put(txn_store(txn), TABLE_EVENT, slice_of(key.bytes, key.size),
                     buf_slice(&value));
}

static enum status apply_one(struct batch *batch, size_t i)
{
    const struct event *event = &batch->events[i];
    enum status status;

    TRY(find_event(&batch->answers[i].duplicate, batch->txn, event->id));
    if (batch->answers[i].duplicate)
        return STATUS_OK;
    status = event_load(batch->load, batch->arena, event);
    if (status != STATUS_OK)
        return answer_error(batch, i, status);
    return keep_event(batch->txn, event->id);
}

static size_t count_errors(const struct batch *batch)
{
    size_t n = 0;

    for (size_t i = 0; i < batch->n; i++)
        n += batch->answers[i].error != NULL;
    return n;
}

static void count_written(struct apply_totals *totals, const struct load_result *result)
{
    totals->nodes += result->nodes;
    totals->edges += result->edges;
    totals->nodes_changed += result->nodes_changed;
    totals->edges_changed += result->edges_changed;
}

static enum status write_all(struct batch *batch, bool *wrote)
{
    struct load_options options = { .txn = batch->txn };
    struct load_result result;

    TRY(load_open(&batch->load, txn_graph(batch->txn), &options));
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->answers[i].error)
            continue;
        TRY(apply_one(batch, i));
        *wrote |= !batch->answers[i].error && !batch->answers[i].duplicate;
    }
    TRY(load_finish(&result, batch->load));
    count_written(batch->totals, &result);
    return STATUS_OK;
}

static void count(struct batch *batch)
{
    struct apply_totals *totals = batch->totals;

    totals->lines += batch->n;
    for (size_t i = 0; i < batch->n; i++) {
        totals->errors += batch->answers[i].error != NULL;
        totals->duplicates += batch->answers[i].duplicate;
        totals->applied += !batch->answers[i].error && !batch->answers[i].duplicate;
    }
}

static enum status parse(struct batch *batch, const struct slice *lines)
{
    batch->events = arena_array(batch->arena, batch->n + 1, sizeof *batch->events);
    if (!batch->events)
        return STATUS_NO_MEMORY;
    return parse_all(batch, lines);
}

/* Answers may hold errors already, of lines that could not be read. */
static enum status run_batch(struct apply_answer *answers, struct apply_totals *totals,
                             struct arena *arena, struct graph *graph, const struct slice *lines,
                             size_t n)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(batch_fini)
    struct batch batch = { .answers = answers, .totals = totals, .arena = arena, .n = n };
    struct graph_txn *writer;
    bool wrote = false;

    TRY(parse(&batch, lines));
    if (count_errors(&batch) < n) {
        TRY(graph_write(&txn, graph));
        batch.txn = txn;
        TRY(write_all(&batch, &wrote));
    }
    if (wrote) {
        writer = txn;
        txn = NULL;
        TRY(txn_commit(writer));
        totals->commits++;
    }
    count(&batch);
    return STATUS_OK;
}

static void number(struct apply_answer *answers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        answers[i] = (struct apply_answer){ .line = i + 1 };
}

enum status apply_within(struct apply_answer *answers, struct apply_totals *totals, bool *wrote,
                         struct arena *arena, struct graph_txn *txn, const struct slice *lines,
                         size_t n)
{
    AUTO(batch_fini)
    struct batch batch = { .answers = answers, .totals = totals, .arena = arena, .n = n,
                           .txn = txn };

    *wrote = false;
    number(answers, n);
    TRY(parse(&batch, lines));
    TRY(write_all(&batch, wrote));
    count(&batch);
    return STATUS_OK;
}

/* ---- A stream of lines ---- */

struct stream {
    struct source source;
    struct arena arena;          /* of a batch */
    struct slice *lines;
    struct apply_answer *answers, *unanswered; /* the second: as the lines were read */
    size_t n;
    bool end;
};

static void stream_fini(struct stream *stream)
{
    source_fini(&stream->source);
    arena_fini(&stream->arena);
    free(stream->lines);
    free(stream->answers);
    free(stream->unanswered);
}

/* Whether the next line is there, so that reading it will not wait for the sender. */
static bool is_waiting(const struct source *source)
{
    const unsigned char *unread = source->block + source->at;
    struct pollfd poll_ = { .fd = source->fd, .events = POLLIN };

    if (source->eof || memchr(unread, '\n', source->end - source->at))
        return true;
    return poll(&poll_, 1, 0) == 1;
}

static enum status take_line(struct stream *stream, struct slice line, uint64_t number,
                             enum status status)
{
    struct apply_answer *answer = &stream->answers[stream->n];
    struct slice *kept = &stream->lines[stream->n];

    *answer = (struct apply_answer){ .line = number };
    *kept = slice_of("", 0);
    if (status == STATUS_OK) {
        *kept = slice_of(arena_copy(&stream->arena, line), line.size);
        if (!kept->data)
            return STATUS_NO_MEMORY;
    } else {
        answer->error = arena_copy(&stream->arena, slice_str(error_detail()));
        if (!answer->error)
            return STATUS_NO_MEMORY;
    }
    stream->n++;
    return STATUS_OK;
}

/* Lines until the batch is full or the sender pauses: commits then group what came meanwhile. */
static enum status fill(struct stream *stream, const struct apply_options *options)
{
    stream->n = 0;
    arena_reset(&stream->arena);
    while (stream->n < options->batch_lines && (!stream->n || is_waiting(&stream->source))) {
        struct slice line;
        uint64_t number = 0;
        enum status status = source_line(&line, &number, &stream->source);

        if (status == STATUS_END) {
            stream->end = true;
            return STATUS_OK;
        }
        if (status != STATUS_OK && status != STATUS_INVALID)
            return status;
        if (number >= options->first_line)
            TRY(take_line(stream, line, number, status));
    }
    return STATUS_OK;
}

static enum status answer_all(const struct stream *stream, const struct apply_options *options)
{
    for (size_t i = 0; i < stream->n; i++)
        TRY(options->answer(options->context, &stream->answers[i], i + 1 == stream->n));
    return STATUS_OK;
}

static enum status open_stream(struct stream *stream, const struct apply_options *options)
{
    stream->lines = calloc(options->batch_lines, sizeof *stream->lines);
    stream->answers = calloc(options->batch_lines, sizeof *stream->answers);
    stream->unanswered = calloc(options->batch_lines, sizeof *stream->unanswered);
    if (!stream->lines || !stream->answers || !stream->unanswered)
        return fail_memory(options->batch_lines * sizeof *stream->answers);
    if (strcmp(options->path, "-") == 0)
        return source_open_fd(&stream->source, STDIN_FILENO, "standard input");
    return source_open(&stream->source, options->path);
}

/* Nothing of a batch that met a full disk took effect, so it is done again until there is room. */
static enum status run_patiently(struct stream *stream, struct apply_totals *totals,
                                 struct graph *graph, const struct apply_options *options)
{
    static const struct timespec pause = { .tv_nsec = 200 * 1000000L };
    struct arena_mark mark = arena_mark(&stream->arena);
    int64_t until_us = 0;

    memcpy(stream->unanswered, stream->answers, stream->n * sizeof *stream->answers);
    for (;;) {
        enum status status = run_batch(stream->answers, totals, &stream->arena, graph,
                                       stream->lines, stream->n);

        if (status == STATUS_OK && until_us)
            log_note("there is room again: going on at line %llu",
                     (unsigned long long)stream->answers[0].line);
        if (status != STATUS_FULL || !options->space_wait_us)
            return status;
        if (!until_us) {
            log_warning("%s; waiting for room", error_detail());
            until_us = time_monotonic_us() + options->space_wait_us;
        }
        if (time_monotonic_us() >= until_us)
            return status;
        nanosleep(&pause, NULL);
        arena_rewind(&stream->arena, mark);
        memcpy(stream->answers, stream->unanswered, stream->n * sizeof *stream->answers);
    }
}

enum status apply_run(struct apply_totals *totals, struct graph *graph,
                      const struct apply_options *options)
{
    AUTO(stream_fini) struct stream stream = { .source.fd = -1 };

    *totals = (struct apply_totals){ 0 };
    TRY(open_stream(&stream, options));
    while (!stream.end) {
        TRY(fill(&stream, options));
        if (!stream.n)
            continue;
        TRY(run_patiently(&stream, totals, graph, options));
        TRY(answer_all(&stream, options));
    }
    return STATUS_OK;
}
