/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Publications: how a whole set of tags replaces another at once.
 *
 * Run N makes publication N: it writes only the difference, stamped with N, in short commits
 * between which other writers get their turn, and then makes N current in one more commit. Until
 * then no reader sees any of it; what a killed run left is swept by the next, which takes the same
 * number again.
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
/* Text and lists in `arena`. Number 0 gives a zeroed run with next_ring 1 and no T. */
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

struct publishing;

/*
 * Gives the right to publish: one at a time per graph, over all processes (STATUS_CONFLICT), and
 * sweeps what a killed run left. No transaction of this thread may be open. Closing without
 * publishing_flip() drops the difference.
 */
MUST_CHECK enum status publishing_open(struct publishing **out, struct graph *graph);
void publishing_close(struct publishing *publishing);
void publishing_closep(struct publishing **publishing);
/* The number this run will have. */
uint64_t publishing_number(const struct publishing *publishing);

/*
 * Adds a version (copied) to the difference, in any order; `born` is taken as the publication's.
 * Memory: the difference, about 300 bytes a tag. Nothing is written yet.
 */
MUST_CHECK enum status publishing_tag(struct publishing *publishing, const struct tag *tag);
MUST_CHECK enum status publishing_ring(struct publishing *publishing,
                                       const struct ring_record *ring);
/*
 * Writes the difference in sorted slices, then makes the number current, with `run` as its record
 * (number and finished_us are set). No slice holds the write lock longer than about 10 ms, and
 * each rests as long as it held it. No transaction of this thread may be open.
 */
MUST_CHECK enum status publishing_flip(struct publishing *publishing, const struct run *run);
