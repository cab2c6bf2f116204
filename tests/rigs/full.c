/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A full disk: small file systems of its own (ext4 in a loop-mounted image, tmpfs; both need root,
 * what cannot be mounted is skipped visibly) are filled while batches are committed, then opened
 * anew while full, then given space again. Every failure is STATUS_FULL with a message, nothing
 * acknowledged is lost, reading goes on, no process dies of SIGBUS, and writing resumes in the same
 * process once there is space.
 *
 *     full [--bare]
 *
 * --bare opens the full disk with the library alone, whose lock file has holes: the negative
 * control, which must die of SIGBUS.
 */

#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
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

/* The library alone, as many readers as fill several pages of its lock file. */
static void open_bare(const char *dir)
{
    MDB_txn *readers[900];
    MDB_env *env;

    signal(SIGBUS, SIG_DFL);
    mdb_env_create(&env);
    mdb_env_set_mapsize(env, (size_t)1 << 30);
    mdb_env_set_maxreaders(env, 1000);
    if (mdb_env_open(env, dir, MDB_NOTLS, 0600))
        return;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (mdb_txn_begin(env, NULL, MDB_RDONLY, &readers[i]))
            return;
}

static void open_bare_when_full(const char *dir, const char *ballast)
{
    char lock[400];
    int status = 0;
    pid_t child;

    rig_must(graph_create(dir, (struct slice){ "", 0 }, NULL), "creating");
    snprintf(lock, sizeof lock, "%s/lock.mdb", dir);
    unlink(lock);
    take_space(ballast, 0);
    child = fork();
    if (child == 0) {
        open_bare(dir);
        _exit(0);
    }
    waitpid(child, &status, 0);
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS,
           "the library alone did not die: the rig proves nothing");
    printf("negative control: as expected, the library alone dies of SIGBUS\n");
}

/* An image file beside `place`, formatted and mounted there. */
static bool mount_ext4(const char *place)
{
    char command[1000];

    snprintf(command, sizeof command,
             "truncate -s 16M '%s.image' && mkfs.ext4 -q -F '%s.image' && "
             "mount -o loop '%s.image' '%s'", place, place, place, place);
    return system(command) == 0;
}

static bool mount_tmpfs(const char *place)
{
    return mount("ringfence-test", place, "tmpfs", 0, "size=6m,mode=0700") == 0;
}

/* False where the file system can't be mounted. */
static bool run_on(const char *name, bool (*mount_at)(const char *place), bool bare)
{
    char *place = place_new();
    char dir[300], ballast[300], image[300];
    bool mounted = mount_at(place);

    printf("%s: %s", name, mounted ? "\n" : "skipped, it can't be mounted here\n");
    snprintf(dir, sizeof dir, "%s/db", place);
    snprintf(ballast, sizeof ballast, "%s/ballast", place);
    snprintf(image, sizeof image, "%s.image", place);
    if (mounted && bare) {
        open_bare_when_full(dir, ballast);
    } else if (mounted) {
        fill_and_resume(dir, ballast);
        open_when_full(dir, ballast);
    }
    if (mounted)
        umount2(place, MNT_DETACH);
    unlink(image);
    place_remove(place);
    return mounted;
}

int main(int argc, char **argv)
{
    bool bare = rig_flag(argc, argv, "--bare");
    bool any = run_on("ext4", mount_ext4, bare);

    any |= run_on("tmpfs", mount_tmpfs, bare);
    return any ? 0 : EXIT_SKIPPED;
}
