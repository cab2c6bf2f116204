/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* All that the making of one book holds: options, key makers, open files, running numbers. */

#include "base/rng.h"
#include "base/time.h"
#include "book/book.h"
#include "book/keys.h"
#include "book/landscape.h"
#include "book/lines.h"
#include "book/tail.h"

/* Activity covers the lookback of DETECTORS.md, 1,095 days. */
#define BOOK_DAYS 1095

/* Streams of random numbers, one for each purpose. */
enum stream {
    STREAM_PARTY = 16,
    STREAM_BANKED,
    STREAM_NOISE,
    STREAM_PERSON,
    STREAM_SCREENING,
    STREAM_SCHEME = 256, /* and the scheme's number */
};

struct world {
    struct book_options options;
    struct keys keys;
    struct landscape land;
    struct csv sheets[N_SHEETS];
    struct lines truth;
    struct tail tail;
    int64_t now_us; /* T */
    int64_t today;  /* T in days */
    uint64_t n_rings, n_traps;
    uint64_t next_serial[KEY_KINDS]; /* of planted shared things */
    uint64_t next_group, next_guarantee, next_transfer;
    uint64_t companies_first; /* enterprises that are guarantee companies */
    /* What the named screening samples are made of; filled by schemes. */
    struct sample {
        bool there;
        uint64_t enterprise, other;
        struct key device, phone;
    } gang_sample, chain_sample;
};

/* A moment `days_ago` days before T. */
static inline int64_t world_ago(const struct world *world, int64_t days_ago)
{
    return world->now_us - days_ago * US_PER_DAY;
}

/* The next planted person, device, phone or address. */
uint64_t world_serial(struct world *world, enum key_kind kind);
