/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What is planted: schemes (fraud, with its truth) and traps (innocent look-alikes).
 *
 * A scheme is one descriptor in a table. For each of its rings it says how many enterprises it
 * takes, then makes them: draws parties, changes them, writes their rows and the lines of truth
 * for every code that DETECTORS.md then finds, not only the one it is named for.
 */

#include "book/party.h"
#include "book/truth.h"

#define RING_MAX 64 /* enterprises in one planted ring */

struct scheme;

/* One ring in the making. */
struct plot {
    struct world *world;
    struct rng rng;
    const struct scheme *scheme;
    char ring[48];    /* its name in the truth file */
    uint64_t number;  /* of this scheme's rings, from 0 */
    unsigned variant; /* left by the scheme's size() */
    size_t n;
    uint64_t indices[RING_MAX];
    struct party parties[RING_MAX]; /* drawn, not yet written */
};

struct scheme {
    const char *name;
    bool trap;
    unsigned weight;     /* its share of the fraud or trap budget, of the sum of weights */
    uint64_t least_book; /* enterprises below which the book goes without it */
    /* Of ring `number`: at most RING_MAX. May leave in `variant` what the ring shall be. */
    size_t (*size)(struct rng *rng, uint64_t number, unsigned *variant);
    enum status (*plant)(struct plot *plot);
};

/* Ends with NULL. New ones go to the end: the order is part of what a seed means. */
extern const struct scheme *const schemes[];

/* STATUS_USAGE names what is wrong in the options' mix, and the schemes there are. */
MUST_CHECK enum status schemes_check(const struct book_options *options);
/* Enterprises that planting takes at these options. */
uint64_t schemes_demand(const struct book_options *options);
/* Where among the planted enterprises the rings of scheme `name` start, and how many they are. */
void schemes_locate(uint64_t *first, uint64_t *n_rings, const struct book_options *options,
                    const char *name);
/* Plants all, taking enterprises from `first` on. */
MUST_CHECK enum status schemes_plant(struct world *world, uint64_t first);

/* Shared bits of stories. */

/* Writes the plot's parties with their ordinary background; some hide in a large building. */
void plot_write(struct plot *plot);
/* Writes one: the node and its own things, and perhaps an earlier application. */
void plot_write_party(struct plot *plot, size_t who);
/* Makes, with its node, a shared thing that stands for no one in particular. */
void plot_device(struct plot *plot, struct key *out);
void plot_phone(struct plot *plot, struct key *out);
void plot_room(struct plot *plot, struct key *out);
void plot_person(struct plot *plot, struct key *out);
/* A whole second between `low` and `high` µs. */
int64_t plot_moment(struct plot *plot, int64_t low, int64_t high);
/*
 * A loan that he does not repay, applied for from his own device between `from_days` and `to_days`
 * before T.
 */
void plot_go_overdue(struct plot *plot, size_t who, unsigned from_days, unsigned to_days);
MUST_CHECK enum status plot_ring(struct plot *plot, const char *code, const bool *flags);
MUST_CHECK enum status plot_trap(struct plot *plot);
