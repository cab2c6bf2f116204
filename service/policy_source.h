/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The policy in force, and its replacement while the service runs. Threads build their own from
 * the text and look at the generation before each screening; a file that is not valid changes
 * nothing.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "screening/screen.h"

struct policy_source {
    pthread_mutex_t lock;
    struct buf text;
    const char *file;       /* kept; NULL: the built-in policy */
    atomic_uint generation;
};

MUST_CHECK enum status policy_source_open(struct policy_source *source, const char *file);
void policy_source_close(struct policy_source *source);
/* Reads the file again. On failure the old policy stays. */
MUST_CHECK enum status policy_source_reload(struct policy_source *source);

/* One thread's screener, under the policy of `generation`. Zeroed memory has none yet. */
struct screening_seat {
    struct screener *screener;
    unsigned generation;
};

/* Makes sure that the seat's screener is under the policy in force. Cost: a load when it is. */
MUST_CHECK enum status seat_refresh(struct screening_seat *seat, struct policy_source *source,
                                    struct graph *graph);
void seat_fini(struct screening_seat *seat);
