/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Locality: how far a change reaches in a detector's results, for incremental runs.
 *
 * From the nodes that changed, `candidates` names every subject whose finding may be another one
 * now; what decides about a subject is gathered by `complete`, and `run` on that region says of
 * him what a run over the whole graph would say. Subjects of one ring, before or now, are always
 * looked at together. Candidates may be too many, never too few.
 */

#include "detectors/detector.h"
#include "detectors/region.h"

/* What changed since the detector last ran. */
struct dirty {
    struct id_list nodes;        /* touched, or with something that begins, ends or ages */
    struct id_list behind;       /* principals behind those nodes */
    struct id_list principals;   /* they, and all whom control connects with them */
    struct id_list applicants;   /* principals behind changed applications */
    struct id_list related;      /* principals whose control group, or being a subject, changed */
    struct id_list renewed;      /* nodes whose own record is new */
    struct id_list begun;        /* nodes that were not there yet, and the ends of their edges */
    struct graph_txn *then;      /* as the detector last read the graph */
    bool moved;                  /* T did, */
    int64_t since_us;            /* from here */
    int64_t at_us;               /* T */
    const struct params *params;
};

#define LOCALITY_WINDOWS 4

struct locality {
    /* Windows that end at T, beside the lookback: what leaves one has aged. */
    const char *window_params[LOCALITY_WINDOWS]; /* names of the detector's own, in days */
    int64_t window_days[LOCALITY_WINDOWS];
    bool ages_daily; /* findings tell days: every tagged subject is looked at when T moves */
    enum region_links links; /* by which it looks at identifiers */
    const char *pair_window; /* its parameter: identifiers matter to two who applied in it */
    bool hubs;       /* classes with caps 0/0 count too */
    bool applicants; /* asks of every user whether he applied */
    bool by_finding; /* candidates without a tag matter only where a finding comes up */
    MUST_CHECK enum status (*candidates)(struct id_list *out, struct region *region,
                                         const struct dirty *dirty);
    MUST_CHECK enum status (*complete)(struct region *region, struct node_id subject,
                                       const struct dirty *dirty);
    /* More subjects that must be complete, seen through the region so far; NULL: none. */
    MUST_CHECK enum status (*grow)(struct id_list *subjects, const struct id_list *candidates,
                                   struct facts *facts);
};

/* A parameter of the detector by name; the name is one of its table's. */
int64_t locality_param(const struct params *params, const struct detector *detector,
                       const char *name);
/* Bit of the kind by name; 0: the schema has none. */
unsigned locality_kind(const struct schema *schema, const char *name);
/* All changed principals: the candidates of a detector that looks at one group, or one's ties. */
MUST_CHECK enum status locality_principals(struct id_list *out, struct region *region,
                                           const struct dirty *dirty);
/*
 * The users of identifiers of those kinds that changed, that are reached through a changed
 * application or account, or by a principal of `reached`; and all changed principals.
 */
MUST_CHECK enum status locality_sharers(struct id_list *out, struct region *region,
                                        const struct dirty *dirty,
                                        const struct id_list *reached, unsigned kinds);

/* More subjects of D4's components (detectors/gang.c). */
MUST_CHECK enum status gang_grow(struct id_list *subjects, const struct id_list *candidates,
                                 struct facts *facts);

extern const struct detector detector_gang, detector_guarantee_load, detector_round_trip;

extern const struct locality locality_device, locality_phone, locality_address, locality_batch,
    locality_gang, locality_cycle, locality_load, locality_control, locality_group,
    locality_overdue, locality_shell, locality_ownership, locality_trip, locality_statement;
