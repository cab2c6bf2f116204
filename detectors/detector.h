/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A detector: a const descriptor with two forms of one definition.
 *
 * `run` looks at a whole snapshot at its moment T and appends findings; it keeps nothing.
 * `gather` collects from the store, under a shared budget of edge reads, the part of the graph
 * that decides about one application; `run` on that part then answers for the application's
 * parties (detectors/probe.h). So both forms agree by construction, wherever nothing was cut.
 */

#include "detectors/finding.h"
#include "detectors/params.h"
#include "graph/snapshot.h"

#define DETECTOR_CODES_MAX 4

struct facts;         /* detectors/facts.h: a snapshot and what follows from it */
struct locality;      /* detectors/locality.h */
struct neighbourhood; /* detectors/neighbourhood.h: the part gathered around an application */

struct detector {
    const char *id;                        /* "D1" */
    const char *codes[DETECTOR_CODES_MAX]; /* NULL-terminated unless full; what it can tag */
    const char *family;                    /* identity, ring, guarantee, control, ... */
    const char *summary;
    uint32_t version;                      /* grows when the same input may give other findings */
    const struct param *params;            /* ended by a NULL name */
    size_t params_size;
    struct snapshot_parts reads;           /* all that `run` looks at; edges 0: everything */
    /* Deterministic; findings sorted by subject's natural order within a code. */
    enum status (*run)(struct facts *facts, struct findings *findings);
    /*
     * Reads from the store all that decides about the application's own parties (perhaps more,
     * never less); asks no other detector for anything. NULL: screening reads this detector's
     * tags only.
     */
    enum status (*gather)(struct neighbourhood *around);
    unsigned probe_rank; /* low ones go first under the shared budget: cheap, and telling */
    /* How far a change reaches, for incremental runs; NULL: the detector is always run whole. */
    const struct locality *locality;
    /* Wants to know who has a tag of another family (FACT_ELSEWHERE), so it is run last. */
    bool after_others;
    /*
     * What can be said live, as advice beside the tags, of what other detectors gathered; it need
     * not agree with a run. Or NULL.
     */
    enum status (*advise)(struct facts *facts, struct findings *findings);
};

/* What subjects and control groups are made of, for `reads`. */
#define READS_SUBJECTS PART_FILINGS_OF_PERSONS
#define READS_CONTROL (PART_OWNERSHIP | PART_MEMBERSHIP | PART_KIN | READS_SUBJECTS)
#define READS_CELL(column) (1u << NODE_##column)

size_t detector_n_codes(const struct detector *detector);
/* How many there are before the NULL. */
size_t detectors_count(const struct detector *const *detectors);
/* Whether `code` is one of the detector's codes, or its id. */
bool detector_has_code(const struct detector *detector, struct slice code);
