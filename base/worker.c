/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/worker.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define CREW_MAX 8

/* Details are kept per thread: this one's must outlive it. */
static void do_job(struct worker *worker)
{
    worker->status = worker->run(worker->context);
    if (worker->status)
        snprintf(worker->detail, sizeof worker->detail, "%s", error_detail());
}

static void *thread_main(void *context)
{
    do_job(context);
    return NULL;
}

/* Signals are for the threads that wait for them, so a worker's thread takes none. */
static bool start_thread(struct worker *worker)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    sigdelset(&all, SIGBUS); /* raised by the thread's own access */
    sigdelset(&all, SIGSEGV);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&worker->thread, NULL, thread_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

void worker_start(struct worker *worker, enum status (*run)(void *context), void *context)
{
    worker->run = run;
    worker->context = context;
    worker->busy = true;
    worker->threaded = !worker->alone && start_thread(worker);
    if (!worker->threaded)
        do_job(worker);
}

void worker_stop(struct worker *worker)
{
    if (worker->busy && worker->threaded)
        pthread_join(worker->thread, NULL);
    worker->busy = false;
}

enum status worker_join(struct worker *worker)
{
    if (!worker->busy)
        return STATUS_OK;
    worker_stop(worker);
    return worker->status ? fail(worker->status, "%s", worker->detail) : STATUS_OK;
}

static enum status run_with_others(size_t most, enum status (*run)(void *context), void *context)
{
    struct worker others[CREW_MAX - 1] = { 0 };
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    enum status status;
    size_t n = 0;

    for (; n + 1 < most && (long)n + 1 < cpus && n < CREW_MAX - 1; n++)
        worker_start(&others[n], run, context);
    status = run(context);
    while (n) {
        enum status joined = worker_join(&others[--n]);

        status = joined != STATUS_OK ? joined : status;
    }
    return status;
}

/* Alone without asking how many processors there are, which opens a file. */
enum status worker_crew(size_t most, enum status (*run)(void *context), void *context)
{
    return most > 1 ? run_with_others(most, run, context) : run(context);
}
