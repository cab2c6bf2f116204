/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kills a writing process (SIGKILL) again and again, after a few milliseconds, and looks at what it
 * left: every acknowledged batch whole, none in part, the graph opens without repair. The count of
 * acknowledged batches lies in shared memory, outside the graph.
 *
 *     kill [--kills N] [--seed S] [--cheat]
 *
 * Rounds take turns: transactions in a map that must grow, bulk loads, and backups made while
 * another process writes. Every 25th state is checked in full. --cheat acknowledges before the
 * commit: the negative control, in which losses must appear.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "graph/backup.h"
#include "graph/graph.h"
#include "tests/rigs/rig.h"
#include "tests/support/place.h"

#define ROUND_KILLS 50 /* then a new graph, so that looking stays quick */
#define BULK_BATCHES 30
#define MAP_BYTES ((uint64_t)1 << 20)

enum mode { MODE_WRITE, MODE_BULK, MODE_BACKUP, MODES };

struct rig {
    char place[256], dir[300], saved[300];
    struct rng rng;
    volatile uint64_t *acked;
    bool cheat;
    uint64_t kills, lost, broken, backups, deep;
    double slowest; /* opening and looking */
};

/* ---- what is killed ------------------------------------------------------------------------- */

static _Noreturn void write_on(const struct rig *rig, enum mode mode)
{
    uint64_t step = mode == MODE_BULK ? BULK_BATCHES : 1, next = *rig->acked + 1;
    struct graph *graph;

    if (graph_open(&graph, rig->dir, NULL))
        _exit(2);
    /* One more than acknowledged may be there: it goes on behind that. */
    for (uint64_t there; rig_count(&there, graph) == STATUS_OK;) {
        next = there + 1;
        if (rig->cheat)
            *rig->acked = there + step;
        if (mode == MODE_BULK ? rig_bulk(graph, next, step) : rig_batch(graph, next))
            _exit(3);
        *rig->acked = there + step;
    }
    _exit(4);
}

static _Noreturn void back_up(const struct rig *rig)
{
    struct backup_manifest manifest;
    struct graph *graph;

    if (graph_open(&graph, rig->dir, NULL)) {
        fprintf(stderr, "backup: %s\n", error_detail());
        _exit(2);
    }
    for (int i = 0;; i++) {
        char name[320];

        snprintf(name, sizeof name, "%s-%d", rig->saved, i);
        if (backup_make(&manifest, graph, name)) {
            fprintf(stderr, "backup: %s\n", error_detail());
            _exit(3);
        }
        if (i % 2) { /* first from its name: half removed it would look like half made */
            char gone[340];

            snprintf(gone, sizeof gone, "%s.gone", name);
            if (access(gone, F_OK) == 0) /* an earlier round was killed while removing it */
                place_remove(strdup(gone));
            if (rename(name, gone) != 0) {
                perror(gone);
                _exit(4);
            }
            place_remove(strdup(gone));
        }
    }
}

/* ---- what is looked at ---------------------------------------------------------------------- */

static void complain(struct rig *rig, uint64_t *counter, const char *what)
{
    ++*counter;
    if (!rig->cheat || rig->lost + rig->broken < 3)
        fprintf(stderr, "kill %llu: %s\n", (unsigned long long)rig->kills, what);
}

static void look(struct rig *rig, uint64_t step)
{
    bool deep = rig->kills % 25 == 0;
    double start = rig_seconds(), took;
    uint64_t found = 0, acked = *rig->acked;
    char what[128];

    rig->deep += deep;
    if (rig_judge(&found, rig->dir, deep)) {
        complain(rig, &rig->broken, error_detail());
        return;
    }
    took = rig_seconds() - start;
    if (!deep && took > rig->slowest)
        rig->slowest = took;
    snprintf(what, sizeof what, "%llu batches were acknowledged and %llu are there",
             (unsigned long long)acked, (unsigned long long)found);
    if (found < acked)
        complain(rig, &rig->lost, what);
    else if (found > acked + step)
        complain(rig, &rig->broken, what);
    *rig->acked = found;
}

/* Backups that got their name must be whole; the last one may have been cut short unseen. */
static void look_at_backups(struct rig *rig)
{
    for (int i = 0;; i++) {
        struct backup_manifest manifest;
        char name[320], back[340];
        struct stat info;

        snprintf(name, sizeof name, "%s-%d", rig->saved, i);
        snprintf(back, sizeof back, "%s.back", name);
        if (stat(name, &info) == 0) {
            rig->backups++;
            if (backup_restore(&manifest, back, name))
                complain(rig, &rig->broken, error_detail());
            place_remove(strdup(back));
            place_remove(strdup(name));
        } else if (i % 2 == 0) {
            return;
        }
    }
}

/* ---- rounds --------------------------------------------------------------------------------- */

static void wait_a_little(struct rig *rig, enum mode mode)
{
    int64_t most = mode == MODE_WRITE ? 25000 : 60000;

    usleep((useconds_t)rng_between(&rig->rng, 500, most));
}

static void kill_once(struct rig *rig, enum mode mode)
{
    pid_t writer = fork(), other = -1;
    int status;

    if (writer == 0)
        write_on(rig, mode);
    if (mode == MODE_BACKUP) {
        other = fork();
        if (other == 0)
            back_up(rig);
    }
    wait_a_little(rig, mode);
    kill(writer, SIGKILL);
    waitpid(writer, &status, 0);
    if (WIFEXITED(status))
        complain(rig, &rig->broken, "the writer ended by itself");
    if (other > 0) {
        kill(other, SIGKILL);
        waitpid(other, &status, 0);
        if (WIFEXITED(status))
            complain(rig, &rig->broken, "the backup ended by itself");
    }
    rig->kills++;
    look(rig, mode == MODE_BULK ? BULK_BATCHES : 1);
    if (mode == MODE_BACKUP)
        look_at_backups(rig);
}

static void run_round(struct rig *rig, enum mode mode, uint64_t kills)
{
    struct graph_options options = { .map_size = MAP_BYTES };
    char *place = place_new();

    snprintf(rig->place, sizeof rig->place, "%s", place);
    snprintf(rig->dir, sizeof rig->dir, "%s/db", place);
    snprintf(rig->saved, sizeof rig->saved, "%s/saved", place);
    *rig->acked = 0;
    rig_must(graph_create(rig->dir, (struct slice){ "", 0 }, &options), "creating");
    for (uint64_t i = 0; i < kills; i++)
        kill_once(rig, mode);
    place_remove(place);
}

int main(int argc, char **argv)
{
    uint64_t kills = rig_option(argc, argv, "--kills", 100);
    struct rig rig = { .rng = rng_new(rig_option(argc, argv, "--seed", 1)),
                       .cheat = rig_flag(argc, argv, "--cheat") };
    double start = rig_seconds();

    rig.acked = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (rig.acked == MAP_FAILED)
        rig_must(fail_errno("mmap"), "starting");
    for (unsigned round = 0; rig.kills < kills; round++) {
        uint64_t left = kills - rig.kills;

        run_round(&rig, (enum mode)(round % MODES), left < ROUND_KILLS ? left : ROUND_KILLS);
    }
    printf("%llu kills in %.1f s: %llu lost acknowledged batches, %llu are broken; %llu checked in "
           "full, %llu backups restored; slowest reopening %.0f ms\n",
           (unsigned long long)rig.kills, rig_seconds() - start, (unsigned long long)rig.lost,
           (unsigned long long)rig.broken, (unsigned long long)rig.deep,
           (unsigned long long)rig.backups, rig.slowest * 1000);
    if (rig.cheat) {
        printf("negative control: %s\n", rig.lost ? "as expected, losses are seen"
                                                  : "NO LOSS SEEN: the rig proves nothing");
        return rig.lost ? 0 : 1;
    }
    return rig.lost || rig.broken ? 1 : 0;
}
