/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A progress bar with rate and time left, on stderr, only when that is a terminal and not quiet.
 *
 *     struct progress progress = progress_start("edges", total);   total 0: not known
 *     progress_update(&progress, done);                            cheap: call it per batch or row
 *     progress_finish(&progress);                                  clears the line
 */

#include "base/status.h"

struct progress {
    const char *what; /* kept */
    uint64_t total;
    uint64_t next;     /* do not look at the clock before this much is done */
    int64_t start_us, shown_us;
    bool on;
};

struct progress progress_start(const char *what, uint64_t total);
void progress_draw_(struct progress *progress, uint64_t done);
void progress_finish(struct progress *progress);

static inline void progress_update(struct progress *progress, uint64_t done)
{
    if (progress->on && done >= progress->next)
        progress_draw_(progress, done);
}
