/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Who calls, and how many requests of each caller are under way. */

#include <stdatomic.h>

#include "service/token.h"

#define CALLER_ID_MAX 72
#define CALLERS_MAX 1024 /* with requests at the same moment */

struct caller {
    enum role role;         /* ROLE_NONE: nobody, on open endpoints */
    char id[CALLER_ID_MAX]; /* of his token, or certificate:NAME, or user:NUMBER */
};

/* Zeroed memory has nobody. No locks. */
struct callers {
    struct {
        atomic_ullong name; /* hash of a caller's id, 0: free */
        atomic_int n;       /* his requests under way */
    } places[CALLERS_MAX];
};

/*
 * Counts one more request; gives the place to be left, NULL where there is nothing to count or no
 * place. False, and nothing counted, where the caller has `limit` (0: none) already.
 */
bool callers_enter(atomic_int **place, struct callers *callers, const struct caller *caller,
                   int64_t limit);
/* Accepts NULL. */
void callers_leave(atomic_int *place);
