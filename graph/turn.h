/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Taking turns: long work that writes in slices beside others who write.
 *
 * LMDB's lock is not fair, so whoever writes in slices rests as long as it held the lock. Work of
 * a kind that only one may do at a time holds a file of its name in the graph's directory.
 */

#include "base/status.h"

/* No slice holds the write lock longer than this, the commit included. */
#define TURN_HOLD_MAX_US 10000
/* What slices aim at, so that one that takes three times as long as those before stays within. */
#define TURN_HOLD_US 3000

struct turn_options {
    size_t units;                  /* at most so many units of work a slice; 0: as time allows */
    void (*pause)(void *context);  /* called between slices, while nothing is held; or NULL */
    void *context;
};

/*
 * How long a slice may work before it commits. What the commit will take (pages to be written, the
 * disk) is known only afterwards, so each slice learns from how long the lock was held for the one
 * before. Zeroed memory starts carefully.
 */
struct turn_pace {
    int64_t work_us;
};

/* Whether a slice that took the lock at `start_us` (monotonic) has worked long enough. */
bool turn_over(const struct turn_pace *pace, int64_t start_us);
/* Learns from a slice, and lets others have their turn for as long as it held the lock. */
void turn_rest(struct turn_pace *pace, int64_t held_us);
/*
 * Takes DIR/NAME for this process; *lock is to be closed with turn_leave(). STATUS_CONFLICT, which
 * says `busy`, where another has it.
 */
MUST_CHECK enum status turn_take(int *lock, const char *dir, const char *name, const char *busy);
void turn_leave(int lock);
