/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Link weights of pairs of principals by the identifiers they share (DETECTORS, section 0):
 * the sum of w_type / ln(deg + 5) * exp(-age_days / decay_days), in millionths.
 */

#include "detectors/facts.h"

/* One shared identifier of a pair. */
struct share {
    uint32_t a, b;       /* a < b */
    uint32_t identifier;
    uint8_t kind;
    bool exclusive;      /* used by enough unrelated counted principals and by nobody else */
    double term;
};

struct pair {
    uint32_t a, b;
    uint32_t first, n;   /* its shares */
    uint32_t kinds;      /* bits */
    bool exclusive;      /* by at least one identifier */
    int64_t weight;      /* millionths */
};

struct pairs {
    struct pair *items;  /* by (a, b) */
    size_t n, capacity;
    struct share *shares; /* by (a, b, identifier) */
    size_t n_shares, shares_capacity;
};

struct pair_options {
    int64_t after_us;              /* uses that touch (after, T] */
    const unsigned char *counted;  /* per node: may be in a pair; NULL: every subject */
    bool related;                  /* pairs inside a control group too */
    int64_t exclusive_min;
    const char *code;              /* identifiers settled for it link nobody */
    const char *hub_code;          /* lists capped identifiers under this code; NULL: no list */
};

void pairs_fini(struct pairs *pairs);
/*
 * Identifiers above their candidate cap link nobody. Cost: for each identifier the square of its
 * users, who are at most the cap but for members of one control group.
 */
MUST_CHECK enum status pairs_build(struct pairs *out, struct facts *facts,
                                   struct findings *findings,
                                   const struct pair_options *options);
