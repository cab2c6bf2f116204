/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Bounds of a running query: time, rows, memory, edges read, and the user's interrupt.
 *
 * limits_tick() is cheap enough for every row and edge: it looks at the clock and the flag only
 * once in LIMITS_STRIDE calls.
 */

#include "base/arena.h"
#include "base/status.h"
#include "query/query.h"

#include <signal.h>

#define LIMITS_STRIDE 512

struct limits {
    int64_t deadline_us;     /* monotonic; 0: none */
    int64_t timeout_us;      /* as asked for, for the message */
    uint64_t max_rows;       /* 0: no bound */
    uint64_t max_bytes;      /* 0: no bound */
    uint64_t max_expansions; /* 0: no bound */
    const volatile sig_atomic_t *interrupted; /* may be NULL */
    const struct arena *scratch;              /* counts as memory, too; may be NULL */
    const struct query_words *words;          /* what raises a bound */
    uint64_t expansions;                      /* so far */
    uint64_t bytes;                           /* kept now */
    uint32_t countdown;
};

/* Looks now. STATUS_LIMIT says which bound was met and what raises it. */
MUST_CHECK enum status limits_check(struct limits *limits);
/* `bytes` more are kept; *kept counts those of one keeper. */
MUST_CHECK enum status limits_keep(struct limits *limits, uint64_t *kept, uint64_t bytes);
/* The keeper has freed all that he kept. */
static inline void limits_drop(struct limits *limits, uint64_t *kept)
{
    limits->bytes -= *kept;
    *kept = 0;
}

/* Before `bytes` are taken from the scratch arena: one expression can make much of little. */
MUST_CHECK enum status limits_room(struct limits *limits, uint64_t bytes);

static inline MUST_CHECK enum status limits_tick(struct limits *limits)
{
    if (limits->countdown-- != 0)
        return STATUS_OK;
    return limits_check(limits);
}

/* `bytes` are gone over: a thousand of them are a tick, so that large values cost time, too. */
static inline MUST_CHECK enum status limits_work(struct limits *limits, uint64_t bytes)
{
    if (bytes >> 10 >= limits->countdown)
        return limits_check(limits);
    limits->countdown -= (uint32_t)(bytes >> 10);
    return STATUS_OK;
}

/* One edge or node read. */
static inline MUST_CHECK enum status limits_expand(struct limits *limits)
{
    limits->expansions++;
    return limits_tick(limits);
}
