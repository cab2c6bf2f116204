/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Synthetic loan books: enterprises, their world and their applications, with planted fraud whose
 * truth is known and with innocent look-alikes (traps).
 *
 * The same options give the same bytes on every machine. README.md in this folder tells what is
 * written and what each line of truth means.
 */

#include "base/status.h"

#define BOOK_AS_OF_US ((int64_t)1793491200 * 1000000) /* 2026-11-01T00:00:00Z */
#define BOOK_LEAST_ENTERPRISES 200

struct book_options {
    uint64_t enterprises;
    uint64_t seed;
    uint64_t screenings;     /* lines of screenings.ndjson; the first three are the named samples */
    int64_t as_of_us;        /* T: nothing in the book happens after it; a whole second */
    unsigned fraud_permille; /* of the enterprises, those in planted schemes */
    unsigned trap_permille;  /* and those in planted traps */
    uint64_t stream_days;    /* what begins in the last days is written as events; 0: nothing */
    const char *mix;         /* "NAME=WEIGHT,..." of schemes and traps; NULL: as they are */
};

#define BOOK_OPTIONS                                                                               \
    ((struct book_options){ .enterprises = 20000,                                                  \
                            .seed = 1,                                                             \
                            .screenings = 3,                                                       \
                            .as_of_us = BOOK_AS_OF_US,                                             \
                            .fraud_permille = 30,                                                  \
                            .trap_permille = 8 })

struct book_summary {
    uint64_t nodes, edges, rings, traps, screenings;
};

/*
 * Writes a book into `folder`, which is made, empty, or an older book (whose files are replaced).
 * STATUS_USAGE names an option out of range, STATUS_EXISTS a folder that holds something else.
 * Memory: a few MiB plus 24 bytes per shared hub; time: about 0.4 µs per edge.
 */
MUST_CHECK enum status book_generate(struct book_summary *out, const struct book_options *options,
                                     const char *folder);
