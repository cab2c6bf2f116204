/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Retag: runs detectors over one snapshot at T, compares what they found with the tags published
 * before, and publishes the difference. All is as of one commit; no reader of the store is open
 * while a detector looks at its snapshot.
 *
 * Deterministic: the same graph, parameters, T and predecessor give the same tags and ring
 * numbers. A killed run leaves nothing visible and may simply be repeated.
 */

#include "detectors/registry.h"
#include "graph/publication.h"

struct retag_options {
    const struct params *params;
    const struct detector *const *detectors; /* NULL-terminated, registry order; NULL: all */
    struct slice settings;      /* what was set, for the record: "CODE.name=value" lines */
    int64_t as_of_us;           /* T; TIME_MIN: the last UTC midnight */
    int64_t known_at_us;        /* only what had been observed by then; TIME_MAX: everything */
    bool dry_run;               /* compare only; writes nothing */
    bool force;                 /* also for a T before the published one */
    bool incremental;           /* look only at what changes can affect: the same tags */
    double max_change_percent;  /* of the tags there were; negative: no limit */
    void (*progress)(void *context, const char *detector, size_t done, size_t total); /* or NULL */
    void *context;
};

#define RETAG_OPTIONS_INIT                                                                         \
    { .as_of_us = TIME_MIN, .known_at_us = TIME_MAX, .max_change_percent = -1 }

/* How long a part of the run took. */
struct retag_time {
    const char *what;           /* "snapshot", a detector's id, "publication" */
    int64_t us;
};

struct retag_report {
    struct run_code *codes;     /* of the detectors that ran, in registry order; in `arena` */
    size_t n_codes;
    uint64_t run;               /* 0: nothing was published (a dry run) */
    uint64_t commit_seq;
    int64_t as_of_us;
    uint64_t rings_born, rings_gone;
    size_t n_partly;            /* incremental: detectors that looked at changes only, ... */
    size_t n_subjects;          /* at so many subjects, counted once a detector, ... */
    int64_t partly_us, wholly_us; /* in so long; and the others, with reading the graph */
    const char **whole;         /* incremental: "D10: why it was run whole"; in `arena` */
    size_t n_whole;
    const char **notes;         /* what detectors said apart; in `arena` */
    size_t n_notes;
    bool truncated;
    struct retag_time *times;   /* in the order in which they were spent; in `arena` */
    size_t n_times;
    struct arena arena;
};

void retag_report_fini(struct retag_report *report);

/*
 * Fills `report` (zeroed by the caller; end it with retag_report_fini(), also after a failure).
 * STATUS_CONFLICT: another run is under way, or T lies before the published one. STATUS_LIMIT: more
 * would change than max_change_percent; the report is filled, nothing is published.
 */
MUST_CHECK enum status retag(struct retag_report *report, struct graph *graph,
                             const struct retag_options *options);
