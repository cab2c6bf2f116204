/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/limits.h"

#include "base/time.h"

#include <inttypes.h>

enum status limits_check(struct limits *limits)
{
    limits->countdown = LIMITS_STRIDE;
    if (limits->interrupted && *limits->interrupted)
        return fail(STATUS_LIMIT, "the query was interrupted");
    if (limits->deadline_us && time_monotonic_us() > limits->deadline_us)
        return fail(STATUS_LIMIT,
                    "the query took longer than %.6g s; ask for less, or raise %s",
                    (double)((limits->timeout_us + 500) / 1000) / 1e3, limits->words->timeout);
    if (limits->max_expansions && limits->expansions > limits->max_expansions)
        return fail(STATUS_LIMIT,
                    "the query read more than %" PRIu64
                    " nodes and relationships; bound the pattern, or raise %s",
                    limits->max_expansions, limits->words->expansions);
    return STATUS_OK;
}

static enum status check_bytes(const struct limits *limits, uint64_t bytes)
{
    if (limits->max_bytes && bytes > limits->max_bytes)
        return fail(STATUS_LIMIT,
                    "the query needs more than %" PRIu64
                    " MiB of memory; return less, or raise %s",
                    limits->max_bytes >> 20, limits->words->memory);
    return STATUS_OK;
}

enum status limits_keep(struct limits *limits, uint64_t *kept, uint64_t bytes)
{
    limits->bytes += bytes;
    *kept += bytes;
    return check_bytes(limits, limits->bytes);
}

enum status limits_room(struct limits *limits, uint64_t bytes)
{
    return check_bytes(limits, limits->bytes + bytes +
                                   (limits->scratch ? limits->scratch->total_bytes : 0));
}
