/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * How rows of features are made: what all rows share is worked out once over a snapshot, whole or
 * gathered around one party; then each row costs what lies around its party.
 *
 * Parts (feature_*.c) fill the columns of their subject. All is integer arithmetic, so that a part
 * of a graph gives the same row as the whole.
 */

#include "detectors/facts.h"
#include "detectors/feature.h"
#include "detectors/guarantee_graph.h"

/* A live tag: which code, how strong, of which ring. */
struct feature_tag {
    uint32_t node;
    uint32_t code;      /* index into the table's codes; n_codes: another system's */
    enum level level;
    uint64_t ring;      /* number, 0: none */
    uint64_t ring_size;
};

struct feature_tags {
    struct feature_tag *items; /* by node, once feature_tags_sort() was called */
    size_t n, capacity;
};

/* A tie without an identifier: a guarantee, a shareholding, or both. */
struct arc {
    uint32_t other;
    unsigned kinds;     /* bits */
};

/*
 * Neighbours: parties that used one identifier, which is no hub, inside the window, and arcs.
 * Identifiers are kept with their users, so that pairs need never be listed.
 */
struct ties {
    uint32_t *n_users;      /* per node: parties that used it in the window */
    unsigned char *hub;     /* per node: links nobody */
    uint32_t *user_first;   /* per node: its users, of identifiers that tie; ascending */
    uint32_t *users;
    uint32_t *shared_first; /* per node: the identifiers by which it is tied; ascending */
    uint32_t *shared;
    uint32_t *arc_first;    /* per node, ascending */
    struct arc *arcs;
    unsigned char *bad;     /* per node: BAD_... */
    unsigned char *to_blocked, *to_overdue; /* per node: hops, UINT8_MAX: too far */
    int64_t *contagion;     /* per node: millionths of millionths */
};

enum { BAD_BLOCKED = 1, BAD_OVERDUE = 2 };

/* Sums of a control group, by the group's name. */
struct group_sum {
    uint32_t size, overdue;
    uint32_t applications[FEATURE_WINDOWS_MAX];
    int64_t exposure;
};

struct feature_work {
    /* Given, kept until feature_work_fini(). */
    struct facts *facts;
    const struct feature_table *table;
    const char *currency;        /* of amounts; those without a currency count too */
    const struct feature_tags *tags;
    /* Prepared. */
    int64_t currency_cell;
    uint32_t *use_first, *use_at; /* per node: its uses, by identifier and time */
    struct ties ties;
    struct guarantee_graph guarantees;
    uint32_t *place;             /* per node: index in the guarantee graph, or NODE_NONE */
    uint32_t *back_first, *back; /* guarantors: edges into i, as edge indices */
    uint32_t *from;              /* per edge of the guarantee graph */
    unsigned char *company;      /* per index: a guarantee company */
    struct group_sum *groups;    /* per node that names a group */
    uint32_t *stamp, mark;       /* per node: for counting different ones */
    uint32_t *queue;             /* GUARANTEE_REACH + 1 */
};

/* Works out what rows share. O(nodes + edges + uses). */
MUST_CHECK enum status feature_work_prepare(struct feature_work *work);
void feature_work_fini(struct feature_work *work);
/* Fills a row of table->n values. Uses the work's own marks: one thread at a time. */
MUST_CHECK enum status feature_work_row(int64_t *row, struct feature_work *work, uint32_t node);

/* By node. */
void feature_tags_sort(struct feature_tags *tags);
void feature_tags_fini(struct feature_tags *tags);

/* The parts. */
MUST_CHECK enum status feature_ties_prepare(struct feature_work *work);
void feature_ties_fini(struct ties *ties);
MUST_CHECK enum status feature_ties_row(int64_t *row, struct feature_work *work, uint32_t node);
MUST_CHECK enum status feature_identity_prepare(struct feature_work *work);
void feature_identity_row(int64_t *row, struct feature_work *work, uint32_t node);
MUST_CHECK enum status feature_guarantee_prepare(struct feature_work *work);
void feature_guarantee_row(int64_t *row, struct feature_work *work, uint32_t node);
/* The places in the guarantee graph that a search meets: the first so many of work->queue. */
uint32_t feature_guarantee_reach(struct feature_work *work, uint32_t node, bool back);
MUST_CHECK enum status feature_behaviour_prepare(struct feature_work *work);
MUST_CHECK enum status feature_behaviour_row(int64_t *row, struct feature_work *work,
                                             uint32_t node);
void feature_tags_row(int64_t *row, struct feature_work *work, uint32_t node);

/* Applications of the node that start in (T - days, T]. */
MUST_CHECK enum status feature_applications(uint32_t *n, const struct feature_work *work,
                                            uint32_t node, int64_t days);
/* Whether a loan that it has borrowed by T is overdue at T. */
MUST_CHECK enum status feature_overdue(bool *out, const struct feature_work *work, uint32_t node);

static inline bool feature_in_currency(const struct feature_work *work, int64_t cell)
{
    return cell == CELL_ABSENT || cell == work->currency_cell;
}

static inline void feature_set(int64_t *row, const struct feature_work *work, enum feature_id id,
                               int64_t value)
{
    row[work->table->first[id]] = value;
}

/* Another node among the different ones since the mark was raised? */
static inline bool feature_first(struct feature_work *work, uint32_t node)
{
    bool first = work->stamp[node] != work->mark;

    work->stamp[node] = work->mark;
    return first;
}
