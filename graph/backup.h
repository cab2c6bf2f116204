/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Copies of a graph: made while others write, verified before they count, restored only where
 * their manifest proves them whole.
 *
 * A backup is a directory (0700) with data.mdb, compacted, and manifest.json: SHA-256 and size of
 * the file, commit number, counts, build. It appears under its name only once it is complete and
 * synced; a killed run leaves NAME.partial, which the next one replaces.
 */

#include "base/time.h"

struct graph;

#define BACKUP_HASH_BYTES 65

struct backup_manifest {
    uint64_t commit_seq, nodes, edges, bytes;
    int64_t created_us;
    char sha256[BACKUP_HASH_BYTES];
};

/* STATUS_EXISTS where `dest` is there. Cost: reading and writing all that is in use, twice read. */
MUST_CHECK enum status backup_make(struct backup_manifest *out, struct graph *graph,
                                   const char *dest);
/*
 * Makes `dir` a graph again from the backup in `source`. STATUS_EXISTS where `dir` holds anything;
 * STATUS_CORRUPT where the file is not the one the manifest describes, or check finds something.
 */
MUST_CHECK enum status backup_restore(struct backup_manifest *out, const char *dir,
                                      const char *source);

struct compaction {
    uint64_t bytes_before, bytes_after;
};

/*
 * Rewrites the graph's file without its free pages and puts it in the old one's place once it is
 * verified. No other process may have the graph open (STATUS_CONFLICT).
 */
MUST_CHECK enum status graph_compact(struct compaction *out, const char *dir);
