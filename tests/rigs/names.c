/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power loss while a backup, a restore or a compaction puts a whole file under a name. Two things
 * make every state after a cut a good one: what gets the name is synced wholly before, its folder's
 * entries included, and the name itself is synced before success is told. So every write, sync and
 * renaming is watched, and at each renaming and at the end nothing may be left unsynced.
 *
 *     names [--rounds N] [--no-sync]
 *
 * --no-sync takes syncs for nothing: the negative control, in which breaches must be seen.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/backup.h"
#include "graph/graph.h"
#include "tests/rigs/intercept.h"
#include "tests/rigs/rig.h"
#include "tests/support/place.h"

#define DIRTY_MAX 64

/* Files and folders with something that a power cut may take away. */
static struct {
    dev_t device;
    ino_t inode;
} dirty[DIRTY_MAX];
static size_t n_dirty;

static bool no_sync;
static unsigned long n_renamings, n_breaches;

static size_t find_dirty(const struct stat *info)
{
    size_t i = 0;

    while (i < n_dirty && (dirty[i].device != info->st_dev || dirty[i].inode != info->st_ino))
        i++;
    return i;
}

static void set_dirty(const struct stat *info)
{
    size_t i = find_dirty(info);

    if (i < n_dirty)
        return;
    if (n_dirty == DIRTY_MAX)
        abort();
    dirty[i].device = info->st_dev;
    dirty[i].inode = info->st_ino;
    n_dirty++;
}

static void set_clean(const struct stat *info)
{
    size_t i = find_dirty(info);

    if (i < n_dirty)
        dirty[i] = dirty[--n_dirty];
}

static void breach(const char *what, const char *path)
{
    n_breaches++;
    if (!no_sync)
        fprintf(stderr, "names: %s: %s\n", path, what);
}

/* A file, or a folder with the files in it. */
static void expect_clean(const char *path)
{
    struct dirent *entry;
    struct stat info;
    DIR *dir;

    if (stat(path, &info) == 0 && find_dirty(&info) < n_dirty)
        breach("got its name before it was synced", path);
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        char inside[1000];

        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && stat(inside, &info) == 0 && find_dirty(&info) < n_dirty)
            breach("is in a folder that got its name, and was not synced", inside);
    }
    if (dir)
        closedir(dir);
}

static struct stat parent_of(const char *path)
{
    struct stat info = { 0 };
    char parent[1000];
    char *slash;

    snprintf(parent, sizeof parent, "%s", path);
    slash = strrchr(parent, '/');
    if (slash)
        *slash = 0;
    if (stat(slash ? parent : ".", &info) != 0)
        abort();
    return info;
}

static int on_call(const struct intercept *call, size_t *size)
{
    struct stat info;

    (void)size;
    if (call->call == CALL_RENAME) {
        n_renamings++;
        expect_clean(call->from);
        info = parent_of(call->to);
        set_dirty(&info);
        return 0;
    }
    if (fstat(call->file, &info) != 0)
        return 0;
    if (call->call == CALL_SYNC && !no_sync)
        set_clean(&info);
    else if (call->call != CALL_SYNC && !call->durable && S_ISREG(info.st_mode))
        set_dirty(&info);
    return 0;
}

/* Success was told: nothing that it rests on may be lost now. */
static void expect_synced(const char *dir, const char *what)
{
    struct stat parent = parent_of(dir);

    if (find_dirty(&parent) < n_dirty)
        breach(what, dir);
    expect_clean(dir);
    n_dirty = 0;
}

static void round_of(const char *place, uint64_t number, uint64_t *acked)
{
    char dir[400], saved[400], back[400];
    struct backup_manifest manifest;
    struct compaction compaction;
    struct graph *graph;

    snprintf(dir, sizeof dir, "%s/db", place);
    snprintf(saved, sizeof saved, "%s/saved-%llu", place, (unsigned long long)number);
    snprintf(back, sizeof back, "%s/back-%llu", place, (unsigned long long)number);
    rig_must(graph_open(&graph, dir, NULL), "opening");
    rig_must(rig_batch(graph, ++*acked), "writing");
    intercept_hook = on_call;
    rig_must(backup_make(&manifest, graph, saved), "a backup");
    expect_synced(saved, "a backup was told before its name was synced");
    graph_close(graph);
    rig_must(backup_restore(&manifest, back, saved), "restoring");
    expect_synced(back, "a restored graph was told before its name was synced");
    rig_must(graph_compact(&compaction, dir), "compacting");
    expect_synced(dir, "a compacted file was told before its name was synced");
    intercept_hook = NULL;
}

int main(int argc, char **argv)
{
    uint64_t rounds = rig_option(argc, argv, "--rounds", 5), acked = 0, found = 0;
    char *place = place_new();
    char dir[400];

    no_sync = rig_flag(argc, argv, "--no-sync");
    snprintf(dir, sizeof dir, "%s/db", place);
    rig_must(graph_create(dir, (struct slice){ "", 0 }, NULL), "creating");
    for (uint64_t i = 0; i < rounds; i++)
        round_of(place, i, &acked);
    rig_must(rig_judge(&found, dir, true), "looking");
    place_remove(place);
    printf("%lu renamings, %lu breaches\n", n_renamings, n_breaches);
    if (no_sync)
        printf("negative control: %s\n", n_breaches ? "as expected, breaches are seen"
                                                    : "NONE SEEN: the rig proves nothing");
    return found == acked && n_renamings >= 2 * rounds && (n_breaches > 0) == no_sync ? 0 : 1;
}
