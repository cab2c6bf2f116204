/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A job in a thread of its own while its caller goes on: for work in two hands.
 *
 * One job at a time. What the job uses is its own until worker_join(), which every start needs
 * (worker_stop() where the outcome no longer matters). Zeroed memory is an idle worker.
 */

#include <pthread.h>

#include "base/status.h"

#define WORKER_DETAIL_MAX 1024

struct worker {
    pthread_t thread;
    bool busy, threaded;
    bool alone; /* set by its owner: no thread, jobs are done at the start */
    enum status (*run)(void *context);
    void *context;
    enum status status;
    char detail[WORKER_DETAIL_MAX];
};

/* Keeps `context`. Where no thread can be had, the job is done before this returns. */
void worker_start(struct worker *worker, enum status (*run)(void *context), void *context);
/* Waits for the job, if there is one, and gives its outcome with its detail. */
MUST_CHECK enum status worker_join(struct worker *worker);
/* Waits for the job, if there is one. */
void worker_stop(struct worker *worker);

/*
 * Calls `run` at once in as many threads as there are processors, the caller's among them, but in
 * no more than `most`: for jobs that the calls share out by a count of their own. Returns when all
 * have returned, and gives one that failed with its detail.
 */
MUST_CHECK enum status worker_crew(size_t most, enum status (*run)(void *context), void *context);
