/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * How old what screenings rest on is: the newest change that did not come from this service's own
 * screenings, and the tags in force. Past the configured ages nothing is decided: what was not fed
 * looks like what is clean.
 */

#include <stdatomic.h>

#include "graph/graph.h"
#include "service/config.h"

struct freshness {
    atomic_ullong n_screenings; /* commits of recorded screenings, counted before they are made */
    uint64_t feed_seq;          /* of the watching thread: commits of others, the most seen */
    atomic_llong fed_us;        /* clock time of the newest of them */
    atomic_llong published_us;  /* of the tags in force; TIME_MIN: none */
    atomic_ullong commit_seq, publication;
    _Atomic(const char *) problem; /* NULL: fresh enough */
};

/* Looks again; call every second or so. A graph that can't be read is a problem, too. */
void freshness_look(struct freshness *freshness, struct graph *graph, const struct config *config);
/* Why nothing may be decided now, or NULL. */
const char *freshness_problem(const struct freshness *freshness);
/* A recorded screening is about to be committed, or was not after all. */
void freshness_own(struct freshness *freshness, int64_t n);
