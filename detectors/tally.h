/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Tally: cases against subjects, each by way of an identifier, summed up to one finding a subject.
 *
 * The finding has the highest level, the evidence of all its identifiers, the numbers and text of
 * the strongest case, and the ring that fired identifiers and tagged subjects connect.
 */

#include "detectors/facts.h"
#include "detectors/use.h"

struct tally_case {
    enum level level;
    uint32_t via;              /* identifier node */
    int64_t measured, limit;   /* what the score grows with */
    struct span edges, numbers;
    const struct use *own_use; /* the subject's own; added where `edges` lack the subject */
};

struct tally_mark;

struct tally {
    struct tally_mark *marks;
    size_t n, capacity;
};

void tally_fini(struct tally *tally);
/* A second mark of a subject and identifier raises the level, and keeps the first own use. */
MUST_CHECK enum status tally_mark(struct tally *tally, uint32_t subject,
                                  const struct tally_case *told);
/* Says in one sentence what the case is. */
typedef enum status tally_text(const char **out, struct findings *findings,
                               const struct facts *facts, const struct tally_case *told);
/* Appends findings by subject, and their rings. */
MUST_CHECK enum status tally_report(struct tally *tally, struct findings *findings,
                                    const struct facts *facts, const char *code,
                                    tally_text *text);
