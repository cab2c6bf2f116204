/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Live probes: what the detectors say about one application's parties, now.
 *
 * The application may be in the graph already or only stated; what it states (who applies, from
 * which devices, with which guarantors) counts either way. Probes are cut by edge reads, counted
 * over all of them, never by the clock, so an answer can be had again.
 */

#include "detectors/detector.h"

/* A party or identifier of the application; `id` 0 where the graph does not know it yet. */
struct stated_node {
    struct node_id id;
    uint32_t label;      /* symbol */
    struct slice key;    /* normalised */
    struct slice role;   /* as stated; empty: none */
    bool applicant;      /* of principals: gets an APPLIED edge when recorded */
    bool recorded;       /* the graph holds the edge by which the application states it */
    int64_t amount_minor; /* of guarantors; INT64_MIN: none */
    struct slice currency;
};

struct application {
    struct node_id id;   /* of the application's node; 0: not in the graph */
    struct slice key;
    bool recorded;       /* the graph holds its edges, those of identifiers and guarantors too */
    int64_t time_us;
    struct slice product, lender, legal_rep, industry, currency; /* empty: not stated */
    int64_t amount_minor; /* INT64_MIN: not stated */
    const struct stated_node *principals;  /* the enterprise first, then the persons */
    size_t n_principals;
    const struct stated_node *identifiers; /* devices, phones, addresses */
    size_t n_identifiers;
    const struct stated_node *guarantors;  /* each guarantees the first principal */
    size_t n_guarantors;
};

struct probe_options {
    const struct params *params;
    const struct detector *const *detectors; /* NULL-terminated; NULL: the whole registry */
    uint64_t max_reads;                      /* 0: 20,000 */
    const struct node_id *confirmed;         /* principals with a confirmed tag, ascending */
    size_t n_confirmed;
    const struct node_id *blocked;           /* blocked by a person's entry, ascending */
    size_t n_blocked;
    bool (*expired)(void *context);          /* asked before each detector; NULL: never */
    void *context;
    const char *const *skip;                 /* ids left out in any case, NULL-terminated */
};

struct probe_result {
    struct findings findings; /* of the application's principals and identifiers only */
    uint64_t n_reads;
    bool truncated;           /* the budget ended before all was gathered */
    const struct detector *skipped[32]; /* whole probes left out because `expired` said so */
    size_t n_skipped;
};

/*
 * Fills `result` (zeroed by the caller; end it with findings_fini()). T is the application's time.
 * Node ids of parties that the graph does not know are 2^63 and up, in the order stated.
 */
MUST_CHECK enum status probe_application(struct probe_result *result, struct graph_txn *txn,
                                         const struct application *application,
                                         const struct probe_options *options);
