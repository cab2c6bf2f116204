/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Findings: what a detector says about principals and identifiers, before it becomes tags.
 *
 * At most one finding per (subject, code); evidence and numbers lie in shared arrays and may be
 * shared by several findings, as members of one ring rest on the same edges. Zeroed memory is an
 * empty container. Order is that of the detectors, which is deterministic.
 */

#include "base/arena.h"
#include "graph/graph.h"

enum level {
    LEVEL_NONE,
    LEVEL_HINT,      /* know */
    LEVEL_ATTENTION, /* look */
    LEVEL_ALERT,     /* act */
};

#define FINDING_NO_RING UINT32_MAX
#define SCORE_ONE 1000000u /* scores are millionths */

/* A run of elements in one of the container's arrays. */
struct span {
    uint32_t first, count;
};

/* One edge of the evidence; what edge_find() needs to meet it again. */
struct evidence_edge {
    struct node_id from, to;
    uint32_t type;          /* symbol */
    int64_t valid_from_us;
    struct edge_id id;      /* from 2^63: stated by the application screened, not in the graph */
};

/* A number compared with a parameter, or describing the ring: value / 10^decimals. */
struct number {
    const char *name;       /* static or in the container's arena */
    int64_t value;
    uint32_t decimals;
};

/* A node that bears the signal, and how. */
struct finding {
    struct node_id subject;
    const char *code;       /* static, such as "SHARED_DEVICE" */
    enum level level;
    uint32_t score;         /* millionths; see finding_score() */
    uint32_t ring;          /* index into rings, or FINDING_NO_RING */
    const char *role;       /* "core", "periphery", ...; NULL: none */
    const char *text;       /* one sentence in the container's arena */
    struct span edges;      /* evidence, in the order in which it is told */
    struct span numbers;
    bool advice;            /* said live beside the tags: worth knowing, counts nothing */
};

/* Members that fired together. Tags keep a stable ring id; here a ring is only a group. */
struct ring {
    const char *code;       /* rings of a family share the first code that the family lists */
    struct span members;    /* node ids, smallest natural key first */
    struct span numbers;    /* features of the whole ring */
};

/* An identifier that would have fired but for its class, cap or rhythm. */
struct hub {
    struct node_id node;
    const char *code;
    const char *reason;     /* "class", "cap", "steady" */
    struct slice class_name; /* empty: none; in the container's arena */
    uint64_t degree;        /* unrelated principals counted */
};

/* Something said apart: a data error, a thing not evaluated, a search that was cut. */
struct note {
    const char *code;
    const char *text;       /* in the container's arena */
    struct node_id node;    /* 0: none */
};

struct findings {
    struct finding *items;
    size_t n, capacity;
    struct evidence_edge *edges;
    size_t n_edges, edges_capacity;
    struct number *numbers;
    size_t n_numbers, numbers_capacity;
    struct ring *rings;
    size_t n_rings, rings_capacity;
    struct node_id *members;
    size_t n_members, members_capacity;
    struct hub *hubs;
    size_t n_hubs, hubs_capacity;
    struct note *notes;
    size_t n_notes, notes_capacity;
    bool truncated;         /* some search was cut; a note says which */
    bool ages;              /* T's moving alone may find more, of subjects without a finding now */
    struct arena arena;
};

void findings_fini(struct findings *findings);

/* Appends a copy. */
MUST_CHECK enum status findings_add(struct findings *findings, const struct finding *finding);
MUST_CHECK enum status findings_edge(struct findings *findings, const struct evidence_edge *edge);
/* Gives the evidence appended since `first`, of equal edges the first told. O(n log n). */
MUST_CHECK enum status findings_evidence(struct span *out, struct findings *findings,
                                         size_t first);
MUST_CHECK enum status findings_number(struct findings *findings, const char *name, int64_t value,
                                       uint32_t decimals);
/* Members that follow through findings_member() belong to it. Gives its index. */
MUST_CHECK enum status findings_ring(uint32_t *index, struct findings *findings,
                                     const char *code);
MUST_CHECK enum status findings_member(struct findings *findings, struct node_id member);
MUST_CHECK enum status findings_hub(struct findings *findings, const struct hub *hub);
MUST_CHECK enum status findings_note(struct findings *findings, const char *code,
                                     struct node_id node, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Sorts the findings from `first` on by subject and code. */
void findings_sort(struct findings *findings, size_t first);
/* Whether `a` is to be told rather than `b`, which has its subject and code. */
typedef bool findings_better(const struct findings *findings, const struct finding *a,
                             const struct finding *b);
/* Sorts the findings from `first` on, and of several with one subject and code keeps the best. */
void findings_keep_best(struct findings *findings, size_t first, findings_better *better);
/* By the higher score, then the first told. */
findings_better finding_is_stronger;
/* Printed into the container's arena. */
MUST_CHECK enum status findings_text(const char **out, struct findings *findings,
                                     const char *format, ...) PRINTF_LIKE(3, 4);

/* The run of elements appended since `first`. */
static inline struct span span_since(size_t first, size_t now)
{
    return (struct span){ (uint32_t)first, (uint32_t)(now - first) };
}

/*
 * The score of a level and of how far the measured number went beyond its limit, in millionths:
 * hint 200,000..399,999, attention 400,000..699,999, alert 700,000..999,999. Within its range a
 * score grows as (measured - limit) / measured, 0 at the limit itself; integers only, so equal
 * everywhere. Where a detector compares nothing, measured = limit.
 */
uint32_t finding_score(enum level level, int64_t measured, int64_t limit);

const char *level_name(enum level level); /* "hint", "attention", "alert", "none" */
