/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Backtest: past applications decided again under two policies, each as if it came in at its own
 * moment.
 *
 * Nothing that came later is seen: the graph is read as of the application's time and as known at
 * that time, with the tags published and the overlays given by then. What an outcome is, is read
 * now: it judges the decisions and takes no part in them.
 */

#include "screening/past.h"
#include "screening/policy.h"

#define BACKTEST_SIDES 2 /* policy A, policy B */
#define BACKTEST_DECISIONS (DECISION_REJECT + 1)

/* One application under one policy. */
struct backtest_side {
    enum decision decision;
    int64_t score;
    bool truncated;
    const struct slice *codes; /* of its reasons, strongest first */
    size_t n_codes;
};

/* Lent during the call that shows it. */
struct backtest_case {
    struct slice application;
    const struct past *past;
    struct backtest_side side[BACKTEST_SIDES];
};

struct backtest_options {
    int64_t since_us, until_us;  /* applications in [since, until) */
    /*
     * For a book that was loaded later than it happened, without observed_at: what was valid at
     * the moment is seen whenever it was learnt, with the tags of the newest run for a T up to it.
     */
    bool valid_time;
    bool fraud_only;             /* bad is fraud alone; otherwise overdue is, too */
    /* Each may be NULL. */
    enum status (*each)(void *context, const struct backtest_case *one);
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
};

#define BACKTEST_OPTIONS_INIT { .since_us = TIME_MIN, .until_us = TIME_MAX }

/* A set of applications, and what is known of how they ended. */
struct backtest_tally {
    uint64_t n, n_known, n_bad; /* all; with a known outcome; of these the bad ones */
};

struct backtest_code {
    struct slice code;
    struct backtest_tally side[BACKTEST_SIDES]; /* applications with this reason */
};

struct backtest {
    struct arena arena;
    struct backtest_tally all;
    /* Decided so under A and so under B. */
    struct backtest_tally change[BACKTEST_DECISIONS][BACKTEST_DECISIONS];
    struct backtest_code *codes;            /* by code */
    size_t n_codes, codes_capacity;
    uint64_t n_truncated;                   /* a probe was cut, under A or B */
    uint64_t n_undated, n_unapplied;        /* left out: no moment, nobody applied */
    uint64_t n_refused;                     /* left out: no valid request comes of them */
    uint64_t n_late;                        /* learnt of more than a day after their own moment */
};

void backtest_fini(struct backtest *backtest);
/* Those with the decision under one side. */
struct backtest_tally backtest_decided(const struct backtest *backtest, size_t side,
                                       enum decision decision);

/*
 * Fills `out` (zeroed by the caller). Takes both policies, also on failure. Cost: two screenings
 * an application, 24 bytes each besides.
 */
MUST_CHECK enum status backtest(struct backtest *out, struct graph *graph,
                                struct policy *policies[BACKTEST_SIDES],
                                const struct backtest_options *options);
