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
/* What slices aim at: a slow disk must not take them over the bound at once. */
#define TURN_HOLD_US 6000

struct turn_options {
    size_t units;                  /* at most so many units of work a slice; 0: as time allows */
    void (*pause)(void *context);  /* called between slices, while nothing is held; or NULL */
    void *context;
};

/* Lets others have their turn after the lock was held so long. */
void turn_rest(int64_t held_us);
/*
 * Takes DIR/NAME for this process; *lock is to be closed with turn_leave(). STATUS_CONFLICT, which
 * says `busy`, where another has it.
 */
MUST_CHECK enum status turn_take(int *lock, const char *dir, const char *name, const char *busy);
void turn_leave(int lock);
