/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Publications: whole sets of tags that replace another at once (graph/publishing.h), and the
 * records of the runs that made them. Run N made publication N.
 */

#include "graph/ring.h"

enum run_kind { RUN_RETAG, RUN_UNDO, RUN_IMPORT };

const char *run_kind_name(enum run_kind kind);

/* One code's line of a run. */
struct run_code {
    struct slice code;
    uint64_t found, added, kept, changed, withdrawn;
};

/* Since when a code's detector tags stand, and what the next run needs to look at changes only. */
struct run_examined {
    struct slice code;
    int64_t as_of_us;      /* the T it was last examined at */
    uint64_t run;          /* that examined it; 0: a record of an earlier version */
    uint64_t commit_seq;   /* of the snapshot read then */
    uint64_t overlay;      /* the newest word of people heard then */
    uint64_t found;        /* live tags of detectors after it */
    bool cut;              /* a search was cut: parts of the graph were not looked at */
    bool ages;             /* a later T alone may tag who has no tag and is not near a change */
    struct slice basis;    /* detector@version and hash of its parameters */
};

struct run {
    uint64_t number;              /* also of its publication */
    enum run_kind kind;
    uint64_t commit_seq;          /* of the snapshot it read */
    int64_t as_of_us;             /* the T that the tags stand for after it; TIME_MIN: none yet */
    int64_t started_us, finished_us;
    uint64_t next_ring;
    uint64_t undoes;              /* undo: the first run it takes back */
    struct slice parameters;      /* "CODE.name=value" lines, sorted: what differs from defaults */
    struct slice parameters_hash;
    struct slice person, note;    /* import: its source is the note */
    const struct run_code *codes; /* by code */
    size_t n_codes;
    const struct run_examined *examined; /* by code */
    size_t n_examined;
};

/* Number of the current publication; 0: nothing was published yet. Cost: one read. */
MUST_CHECK enum status publication_now(uint64_t *number, struct graph_txn *txn);
/* The one that was current at a clock time. */
MUST_CHECK enum status publication_at(uint64_t *number, struct graph_txn *txn, int64_t clock_us);
/*
 * A run that was published: text and lists in `arena`. Number 0 gives a zeroed run with next_ring 1
 * and no T. STATUS_CORRUPT: it has no record, or one that does not decode.
 */
MUST_CHECK enum status run_find(struct run *out, struct arena *arena, struct graph_txn *txn,
                                uint64_t number);
/* Gives `to` the list of `from`, with its texts, in `arena`; room for `extra` more behind it. */
MUST_CHECK enum status run_examined_copy(struct run_examined **list, struct run *to,
                                         const struct run *from, size_t extra,
                                         struct arena *arena);
/* NULL: it never was. */
const struct run_examined *run_examined_of(const struct run *run, struct slice code);
/* The T at which the code was last examined up to the run, or TIME_MIN. */
int64_t run_examined_at(const struct run *run, struct slice code);
