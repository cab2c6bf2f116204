/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A full disk: a small file system of its own (tmpfs; needs root, skipped visibly elsewhere) is
 * filled while batches are committed, then opened anew while full, then given space again. Every
 * failure is STATUS_FULL with a message, nothing acknowledged is lost, reading goes on, no process
 * dies of SIGBUS, and writing resumes in the same process once there is space.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/backup.h"
#include "graph/graph.h"
#include "tests/rigs/rig.h"
#include "tests/support/place.h"

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "full: %s; last error: %s\n", what, error_detail());
    exit(1);
}

/* Takes all space that is left but `leave` bytes. */
static void take_space(const char *path, uint64_t leave)
{
    static char block[4096];
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    uint64_t size = 0;
    ssize_t n;

    while ((n = write(file, block, sizeof block)) > 0)
        size += (uint64_t)n;
    while ((n = write(file, block, 1)) > 0)
        size++;
    expect(ftruncate(file, size > leave ? (off_t)(size - leave) : 0) == 0, "freeing a little");
    close(file);
}

/* Opens in a child, where a SIGBUS would be seen; gives the status it got, or -1. */
static int open_status(const char *dir)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        struct graph *graph;

        _exit((int)graph_open(&graph, dir, NULL));
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void fill_and_resume(const char *dir, const char *ballast)
{
    struct backup_manifest manifest;
    uint64_t acked = 0, found;
    struct graph *graph;
    enum status status;
    char saved[400];

    rig_must(graph_create(dir, (struct slice){ "", 0 }, NULL), "creating");
    take_space(ballast, 400 << 10);
    rig_must(graph_open(&graph, dir, NULL), "opening");
    while ((status = rig_batch(graph, acked + 1)) == STATUS_OK)
        acked++;
    expect(status == STATUS_FULL, "a full disk is no STATUS_FULL");
    expect(strstr(error_detail(), "disk full") != NULL, "the message does not say so");
    expect(acked > 0, "no batch went in");
    expect(rig_count(&found, graph) == STATUS_OK && found == acked, "reading, disk full");
    snprintf(saved, sizeof saved, "%s.saved", dir);
    status = backup_make(&manifest, graph, saved);
    expect(status == STATUS_FULL, "a backup to a full disk is no STATUS_FULL");
    expect(access(saved, F_OK) != 0, "a backup that failed got its name");
    unlink(ballast);
    expect(rig_batch(graph, acked + 1) == STATUS_OK, "writing does not resume");
    graph_close(graph);
    rig_must(rig_judge(&found, dir, true), "looking");
    expect(found == acked + 1, "a batch was lost");
    printf("%llu batches until the disk was full, all there; writing resumed\n",
           (unsigned long long)acked);
}

static void open_when_full(const char *dir, const char *ballast)
{
    char lock[400];
    int status;

    snprintf(lock, sizeof lock, "%s/lock.mdb", dir);
    expect(open_status(dir) == STATUS_OK, "opening before");
    take_space(ballast, 0);
    expect(open_status(dir) == STATUS_OK, "opening on a full disk, with a lock file");
    unlink(ballast);
    unlink(lock);
    take_space(ballast, 0);
    status = open_status(dir);
    expect(status == STATUS_FULL, "opening on a full disk without a lock file");
    unlink(ballast);
    expect(open_status(dir) == STATUS_OK, "opening once there is space");
    printf("a full disk at the start is said, not died of\n");
}

int main(void)
{
    char *place = place_new();
    char dir[300], ballast[300];

    if (mount("ringfence-test", place, "tmpfs", 0, "size=6m,mode=0700") != 0) {
        fprintf(stderr, "skipped: a small file system can't be mounted here (needs root)\n");
        place_remove(place);
        return EXIT_SKIPPED;
    }
    snprintf(dir, sizeof dir, "%s/db", place);
    snprintf(ballast, sizeof ballast, "%s/ballast", place);
    fill_and_resume(dir, ballast);
    open_when_full(dir, ballast);
    umount2(place, MNT_DETACH);
    place_remove(place);
    return 0;
}
