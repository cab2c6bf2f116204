/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the two files of D4 share: gang.c finds, gang_tell.c tells. */

#include "detectors/gang.h"
#include "detectors/weight.h"

/* An applicant of a part. */
struct gang_member {
    uint32_t part, node;
    int64_t degree;     /* weighted, inside the part */
};

struct gang_event {
    int64_t time_us;
    uint32_t group, application;
};

struct gang_search {
    struct facts *facts;
    const struct gang_params *params;
    struct findings *findings;
    int64_t after_us;
    unsigned char *applicant; /* per node */
    uint32_t *part;           /* per node: its part's number */
    struct pairs pairs;       /* after link(): only those that tie */
    struct pairs split;       /* those of components that were split; shares are not copied */
    struct gang_member *members; /* by (part, node) */
    size_t n_members;
    struct gang_event *events;
    size_t n_events, events_capacity;
};

/* One part under judgement. */
struct gang_part {
    struct gang_member *members;
    size_t n;
    const struct pair *pairs;
    size_t n_pairs;
    uint32_t unrelated;
    uint32_t burst;          /* most unrelated members with applications within burst_days */
    uint32_t kinds;
    int64_t first_us, last_us;
    int64_t amount;
    size_t n_bad;            /* overdue, or with an application rejected or gone bad */
    bool marked;             /* somebody is overdue, blocked or confirmed */
};

/* Appends the findings of a part; each names its part in `ring` until the rings are named. */
MUST_CHECK enum status gang_tell(struct gang_search *s, const struct gang_part *part);
MUST_CHECK enum status gang_name_rings(struct gang_search *s, size_t first);
