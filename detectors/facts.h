/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What every detector needs of a snapshot at T, worked out once and on demand: who is a subject,
 * who belongs to one control group, who used which identifier and when, caps.
 *
 * Nodes are indices into the snapshot. All that is lent lives as long as the facts.
 */

#include "detectors/detector.h"

struct snapshot;
struct control;
struct uses;

struct facts {
    const struct snapshot *snapshot;
    const struct schema *schema;
    const struct params *params;
    int64_t at_us;                     /* T */
    const struct node_id *confirmed;   /* subjects with a confirmed tag, ascending; kept */
    size_t n_confirmed;
    const struct node_id *blocked;     /* blocked by a person's entry, ascending; kept */
    size_t n_blocked;
    /* The rest is filled by facts_*(). */
    unsigned char *flags;              /* per node: FACT_SUBJECT, ... */
    struct control *control;
    struct uses *uses;
};

/* Keeps what `facts` was given (the fields above the line); nothing is computed yet. */
void facts_fini(struct facts *facts);
