/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The N-th call that writes, syncs, truncates or renames fails, for N = 1, 2, ... until the work
 * gets through: committing batches, then a backup. Each way of failing in turn: EIO, ENOSPC, a
 * write in part, EIO from then on; and the N-th allocation finds no memory, which must be said as
 * such. Whatever fails, no batch is acknowledged that is not there, none is there in part, and
 * after opening again everything goes on.
 *
 *     iofail [--batches N] [--stride S] [--cheat]
 *
 * --stride takes every S-th allocation (there are thousands; default 1, all).
 * --cheat takes failures for successes: the negative control, in which losses must be seen.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/backup.h"
#include "graph/graph.h"
#include "tests/rigs/intercept.h"
#include "tests/rigs/rig.h"
#include "tests/support/place.h"
#include "tests/support/sweep.h"

enum way { WAY_EIO, WAY_ENOSPC, WAY_SHORT, WAY_FOREVER, WAY_MEMORY, WAYS };

static const char *const way_names[WAYS] = { "EIO", "ENOSPC", "a write in part",
                                             "EIO from then on", "no memory" };

static struct {
    enum way way;
    uint64_t fail_at, n;
    bool failed;
    bool unsaid; /* memory failed, and another reason was given */
} plan;

static uint64_t n_batches;

static int on_call(const struct intercept *call, size_t *size)
{
    bool due = ++plan.n == plan.fail_at || (plan.way == WAY_FOREVER && plan.failed);

    if (!due)
        return 0;
    plan.failed = true;
    if (plan.way == WAY_ENOSPC)
        return ENOSPC;
    if (plan.way != WAY_SHORT || call->call != CALL_WRITE || *size < 2)
        return EIO;
    *size /= 2;
    return 0;
}

static void arm(uint64_t n, enum way way)
{
    plan.way = way;
    plan.fail_at = n;
    if (way == WAY_MEMORY)
        sweep_fail_at(n);
    else
        intercept_hook = on_call;
}

static void disarm(void)
{
    plan.failed |= sweep_has_failed();
    intercept_hook = NULL;
    sweep_fail_at(0);
}

/* Notes a failure that names another reason than the one there was. */
static enum status watch(enum status status)
{
    if (plan.way == WAY_MEMORY && status != STATUS_OK && status != STATUS_NO_MEMORY)
        plan.unsaid = true;
    return status;
}

/* Commits batches and makes a backup, going on after a failure as a service would. */
static uint64_t work(const char *dir, const char *saved, bool cheat)
{
    struct backup_manifest manifest;
    struct graph *graph = NULL;
    uint64_t acked = 0;

    if (watch(graph_open(&graph, dir, NULL)))
        return 0;
    for (uint64_t i = 1; i <= n_batches; i++) {
        enum status status =
            watch(i % 3 ? rig_batch(graph, acked + 1) : rig_bulk(graph, acked + 1, 1));

        if (status == STATUS_OK || cheat)
            acked++;
        else if (watch(rig_count(&acked, graph))) { /* the outcome is known once it is read again */
            graph_close(graph);
            return acked;
        }
    }
    (void)!watch(backup_make(&manifest, graph, saved));
    graph_close(graph);
    return acked;
}

/* In a child, whose exit code tells: 0 the work got through, 1 it failed as it should, 2 bad. */
static int attempt(const char *place, uint64_t n, enum way way, bool cheat)
{
    char dir[300], saved[300], back[300];
    uint64_t acked, found = 0;
    struct backup_manifest manifest;

    snprintf(dir, sizeof dir, "%s/db-%d-%llu", place, way, (unsigned long long)n);
    snprintf(saved, sizeof saved, "%s/saved-%d-%llu", place, way, (unsigned long long)n);
    snprintf(back, sizeof back, "%s/back-%d-%llu", place, way, (unsigned long long)n);
    rig_must(graph_create(dir, (struct slice){ "", 0 }, NULL), "creating");
    arm(n, way);
    acked = work(dir, saved, cheat);
    disarm();
    if (plan.unsaid) {
        fprintf(stderr, "allocation %llu failed, and it was said: %s\n", (unsigned long long)n,
                error_detail());
        return 2;
    }
    if (rig_judge(&found, dir, true) || found < acked) {
        if (!cheat)
            fprintf(stderr, "%s at call %llu: %llu acknowledged, %llu there: %s\n", way_names[way],
                    (unsigned long long)n, (unsigned long long)acked, (unsigned long long)found,
                    error_detail());
        return 2;
    }
    if (access(saved, F_OK) == 0 && backup_restore(&manifest, back, saved)) {
        fprintf(stderr, "%s at call %llu: a backup got its name and is not whole: %s\n",
                way_names[way], (unsigned long long)n, error_detail());
        return 2;
    }
    return plan.failed ? 1 : 0;
}

static int in_child(const char *place, uint64_t n, enum way way, bool cheat)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        alarm(60);
        _exit(attempt(place, n, way, cheat));
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

int main(int argc, char **argv)
{
    bool cheat = rig_flag(argc, argv, "--cheat");
    uint64_t faults = 0, bad = 0, stride = rig_option(argc, argv, "--stride", 1);
    double start = rig_seconds();

    n_batches = rig_option(argc, argv, "--batches", 4);
    for (int way = 0; way < WAYS; way++) {
        uint64_t before = faults;

        for (uint64_t n = 1;; n += way == WAY_MEMORY ? stride : 1) {
            char *place = place_new();
            int outcome = in_child(place, n, (enum way)way, cheat);

            place_remove(place);
            if (outcome == 0)
                break;
            faults++;
            bad += outcome > 1;
        }
        printf("%llu times %s\n", (unsigned long long)(faults - before), way_names[way]);
    }
    printf("%llu failing calls in %.1f s: %llu bad\n", (unsigned long long)faults,
           rig_seconds() - start, (unsigned long long)bad);
    if (cheat) {
        printf("negative control: %s\n", bad ? "as expected, losses are seen"
                                             : "NONE SEEN: the rig proves nothing");
        return bad ? 0 : 1;
    }
    return bad ? 1 : 0;
}
