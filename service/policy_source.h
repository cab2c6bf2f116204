/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The policy in force, and its replacement while the service runs. Threads build their own from
 * the text and look at the generation before each screening; a file that is not valid changes
 * nothing.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "screening/screen.h"

struct policy_source {
    pthread_mutex_t lock;
    struct buf text;
    struct policy *policy;  /* the same, for what is asked of it under the lock */
    const char *file;       /* kept; NULL: the built-in policy */
    struct stat taken, met; /* of the file: as last read, as last looked at */
    atomic_uint generation;
    atomic_bool varies;     /* on_unavailable is not always review */
};

MUST_CHECK enum status policy_source_open(struct policy_source *source, const char *file);
void policy_source_close(struct policy_source *source);
/* Reads the file again. On failure the old policy stays. */
MUST_CHECK enum status policy_source_reload(struct policy_source *source);
/*
 * Whether the file is another one than was last read, and has come to rest: it is the same at two
 * looks, so that nothing half written is read. Call every second or so. Cost: a stat.
 */
bool policy_source_changed(struct policy_source *source);

static inline bool policy_source_varies(const struct policy_source *source)
{
    return atomic_load_explicit(&source->varies, memory_order_relaxed);
}

/* on_unavailable for an application (JSON); review where that can't be told. */
enum decision policy_source_unavailable(struct policy_source *source, struct slice application);

/* One thread's screener, under the policy of `generation`. Zeroed memory has none yet. */
struct screening_seat {
    struct screener *screener;
    unsigned generation;
};

/* Makes sure that the seat's screener is under the policy in force. Cost: a load when it is. */
MUST_CHECK enum status seat_refresh(struct screening_seat *seat, struct policy_source *source,
                                    struct graph *graph);
void seat_fini(struct screening_seat *seat);
