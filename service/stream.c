/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "service/http.h"

struct stream {
    pthread_mutex_t lock;
    pthread_cond_t room;
    struct buf bytes;
    size_t sent;
    bool ended, dropped;
    bool cut;             /* its end is missing */
    bool waiting;         /* the connection sleeps until there is more */
    unsigned holders;
    struct exchange *exchange; /* alive until stream_drop() was called */
};

enum status stream_new(struct stream **out, struct exchange *exchange)
{
    struct stream *stream = calloc(1, sizeof *stream);
    pthread_condattr_t attributes;

    if (!stream)
        return fail_memory(sizeof *stream);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->room, &attributes);
    pthread_condattr_destroy(&attributes);
    stream->holders = 3; /* the maker, the exchange, and the response made from it */
    stream->exchange = exchange;
    *out = stream;
    return STATUS_OK;
}

/* Unlocks, and frees it where this was the last holder. */
static void let_go(struct stream *stream)
{
    bool last = --stream->holders == 0;

    pthread_mutex_unlock(&stream->lock);
    if (!last)
        return;
    pthread_cond_destroy(&stream->room);
    pthread_mutex_destroy(&stream->lock);
    buf_fini(&stream->bytes);
    free(stream);
}

/* Under the lock, so that the connection can't end between the look and the call. */
static void wake(struct stream *stream)
{
    if (stream->waiting && !stream->dropped) {
        stream->waiting = false;
        http_resume(stream->exchange);
    }
}

static enum status wait_for_room(struct stream *stream, int64_t deadline_us)
{
    struct timespec until = { .tv_sec = deadline_us / US_PER_SECOND,
                              .tv_nsec = deadline_us % US_PER_SECOND * 1000 };

    while (!stream->dropped && stream->bytes.size - stream->sent >= STREAM_BYTES_MAX)
        if (pthread_cond_timedwait(&stream->room, &stream->lock, &until) == ETIMEDOUT)
            return fail(STATUS_LIMIT, "the client took its answer too slowly");
    return stream->dropped ? STATUS_END : STATUS_OK;
}

bool stream_has_room(struct stream *stream)
{
    bool room;

    pthread_mutex_lock(&stream->lock);
    room = stream->dropped || stream->bytes.size - stream->sent < STREAM_BYTES_MAX;
    pthread_mutex_unlock(&stream->lock);
    return room;
}

enum status stream_write(struct stream *stream, struct slice bytes, int64_t deadline_us)
{
    enum status status;

    pthread_mutex_lock(&stream->lock);
    status = wait_for_room(stream, deadline_us);
    if (!status)
        status = buf_append_slice(&stream->bytes, bytes);
    wake(stream);
    pthread_mutex_unlock(&stream->lock);
    return status;
}

void stream_end(struct stream *stream, bool whole)
{
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    stream->cut = !whole;
    wake(stream);
    let_go(stream);
}

long stream_read(struct stream *stream, char *to, size_t room)
{
    size_t left;
    long result;

    pthread_mutex_lock(&stream->lock);
    left = stream->bytes.size - stream->sent;
    if (left) {
        result = (long)(left < room ? left : room);
        memcpy(to, stream->bytes.data + stream->sent, (size_t)result);
        stream->sent += (size_t)result;
        if (stream->sent == stream->bytes.size) {
            buf_clear(&stream->bytes);
            stream->sent = 0;
        }
        pthread_cond_signal(&stream->room);
    } else if (!stream->ended) {
        stream->waiting = true;
        http_suspend(stream->exchange);
        result = STREAM_WAITS;
    } else {
        result = stream->cut ? STREAM_CUT : STREAM_OVER;
    }
    pthread_mutex_unlock(&stream->lock);
    return result;
}

void stream_drop(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->dropped = true;
    pthread_cond_signal(&stream->room);
    let_go(stream);
}
