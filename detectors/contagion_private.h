/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What the files of D10 share: contagion.c builds the graph and ranks, contagion_tell.c tells.
 */

#include "detectors/contagion_walk.h"
#include "detectors/facts.h"

#define CONTAGION_CODE "RISK_CONTAGION"

struct contagion_params {
    int64_t seed_days, damping, iterations, threshold, guarantee_weight, control_weight,
        transfer_weight;
};

enum arc_kind { ARC_LINK, ARC_GUARANTEE, ARC_CONTROL, ARC_TRANSFER };

/* What ties two principals. */
struct arc {
    uint32_t a, b;   /* a < b */
    uint32_t by;     /* of a link: the identifier that counts most; else the edge's number */
    enum arc_kind kind;
    double weight;
};

struct contagion {
    struct facts *facts;
    const struct contagion_params *params;
    struct findings *findings;
    unsigned char *seed; /* per node */
    uint32_t n_seeds;
    int64_t links_after_us; /* uses that touch (this, T] link */
    struct arc *arcs;    /* by (a, b, kind, by) */
    size_t n, capacity;
    struct walk walk;
};

/* Appends what the ranks say. */
MUST_CHECK enum status contagion_tell(struct contagion *s);
/* Appends the advice for those at most two steps from a seed. */
MUST_CHECK enum status contagion_advise(struct contagion *s);
