/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Region: the part of the graph that decides about some subjects, read from the store type by type
 * and turned into a snapshot for the detectors.
 *
 * What is asked for is there completely: an operation reads all edges it speaks of, whatever their
 * dates, so that the same detector on the region says of those subjects what it says on the whole
 * graph. Repeated questions cost one look-up. Reading is bounded; past the bound `cut` is set and
 * the region says nothing.
 */

#include "base/slots.h"
#include "detectors/edge_set.h"
#include "detectors/id_list.h"
#include "detectors/params.h"
#include "graph/node.h"
#include "graph/snapshot.h"

struct region_node;

#define REGION_TYPES 32 /* edge types that a region tells apart; more cut it */

/* Links by which a detector looks at identifiers. */
enum region_links {
    REGION_ANY_LINKS,
    REGION_DATED,      /* those that end in an event */
    REGION_INTERVALS,  /* the others */
    REGION_FILED,      /* those through an application */
};

/* What a detector makes of a region, and so what need not be in it. */
struct region_rules {
    const struct params *params;
    enum region_links links;
    const struct id_list *renewed;  /* nodes whose own record changed; NULL: none */
    bool hubs;                       /* also follows the users of classes with caps 0/0 */
    /* Identifiers count only where two users or more applied in (after, until]; MIN: all do. */
    int64_t paired_after_us, paired_until_us;
    bool only_looks;                 /* answers questions, and gives no snapshot */
    bool applicants;                 /* asks of every user whether and when he applied */
};

struct region {
    struct graph_txn *txn;
    const struct schema *schema;
    struct region_rules rules;
    struct snapshot_builder *builder;
    uint64_t n_reads, max_reads;     /* edges and nodes */
    bool cut;
    /* private */
    struct node at;                  /* whose edges were asked for last */
    struct region_node *nodes;       /* taken */
    size_t n_nodes, capacity;
    struct slots slots;              /* of their places */
    struct edge_set edges;           /* taken */
    uint32_t types[REGION_TYPES];    /* edge types met */
    size_t n_types;
};

/* Whether the link is of the kind and of those that the rules look at. */
bool region_wants(const struct region *region, const struct schema_link *link, uint32_t kind);
/* *out is set where the node had other versions of its edges of the type at `then`. */
MUST_CHECK enum status region_differs(bool *out, struct region *region, struct graph_txn *then,
                                      struct node_id id, uint32_t type, enum direction direction);
MUST_CHECK enum status region_begin(struct region *region, struct graph_txn *txn,
                                    const struct region_rules *rules, uint64_t max_reads);
void region_fini(struct region *region);

/* The node's class, or empty; in `arena`, or lent as the node is. */
MUST_CHECK enum status region_class(struct slice *out, struct arena *arena, struct region *region,
                                    const struct node *node);
/* Takes the node itself. *role and *label as a snapshot has them; LABEL_OTHER, 0: there is none. */
MUST_CHECK enum status region_node(enum label_role *role, uint32_t *label, struct region *region,
                                   struct node_id id);
/* Takes the node's edges of a type; adds their other ends to `out` (NULL: nobody asks). */
MUST_CHECK enum status region_type(struct id_list *out, struct region *region, struct node_id id,
                                   uint32_t type, enum direction direction);
/* The same for each of a role's types. */
MUST_CHECK enum status region_role(struct id_list *out, struct region *region, struct node_id id,
                                   const uint32_t *types, enum direction direction);
/* region_role() from each of `from`. */
MUST_CHECK enum status region_roles(struct id_list *out, struct region *region,
                                    const struct id_list *from, const uint32_t *types,
                                    enum direction direction);

/*
 * Whoever ownership, declared groups and kinship connect with the node, himself included: all its
 * control group and more, with what makes each of them a subject. `out` may be NULL.
 */
MUST_CHECK enum status region_group(struct id_list *out, struct region *region,
                                    struct node_id id);
/* Identifiers of a kind that the principal reaches by any link. */
MUST_CHECK enum status region_identifiers(struct id_list *out, struct region *region,
                                          struct node_id principal, uint32_t kind);
/*
 * Principals who reach the identifier by any link of its kind; of several, their groups too.
 * Nobody where its class has caps 0/0 (and had before) and the rules leave such hubs out.
 */
MUST_CHECK enum status region_users(struct id_list *out, struct region *region,
                                    struct node_id identifier, uint32_t kind);
/* The users alone, without what makes their groups. */
MUST_CHECK enum status region_callers(struct id_list *out, struct region *region,
                                      struct node_id identifier, uint32_t kind);
/*
 * Whether the identifier is above its candidate cap whatever changed at those of `changed`: at
 * least so many others, not connected with each other, are recorded with it from before
 * `since` on and still.
 */
MUST_CHECK enum status region_is_crowded(bool *out, struct region *region,
                                         struct node_id identifier, uint32_t kind,
                                         const struct id_list *changed, int64_t since_us);
/* All kinds' identifiers of the principal in `kinds` (bits), with all their users. */
MUST_CHECK enum status region_uses(struct region *region, struct node_id principal,
                                   unsigned kinds);
/* The identifiers alone, of all kinds in `kinds`. */
MUST_CHECK enum status region_reach(struct region *region, struct node_id principal,
                                    unsigned kinds);
/* Whether the principal has an application dated in (after, until]. Takes nothing. */
MUST_CHECK enum status region_applied(bool *out, struct region *region, struct node_id principal,
                                      int64_t after_us, int64_t until_us);
/* What principals stand behind a node: himself, who filed, owns or borrowed. */
MUST_CHECK enum status region_principals(struct id_list *out, struct region *region,
                                         struct node_id id);

/* True the first time that this is asked of the node; for walks that need go only once. */
enum region_walk { REGION_BACKWARD = 8, REGION_CHAIN = 16, REGION_CIRCLE = 32 };
MUST_CHECK enum status region_once(bool *first, struct region *region, struct node_id id,
                                   enum region_walk walk);

/* What was taken so far, as a snapshot; the region can go on growing. */
MUST_CHECK enum status region_snapshot(struct snapshot **out, const struct region *region);
