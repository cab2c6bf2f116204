/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What every detector needs of a snapshot at T, worked out once and on demand: who is a subject,
 * who belongs to one control group, who used which identifier and when, caps.
 *
 * Nodes are indices into the snapshot. All that is lent lives as long as the facts.
 */

#include "detectors/detector.h"
#include "graph/snapshot.h"

enum {
    FACT_SUBJECT = 1,   /* counts, and can be tagged */
    FACT_APPLICANT = 2, /* has an APPLIED dated in the lookback */
    FACT_CONFIRMED = 4, /* has a confirmed tag */
    FACT_BLOCKED = 8,   /* by property or by a person's entry */
    FACT_ELSEWHERE = 16, /* has a tag of a family that is not contagion */
    FACT_BY_LABEL = 32,  /* a subject by its label, whether it applied or not */
};

struct control;
struct uses;
struct use;

/*
 * An identifier that holds nothing against a probe's applicants as far as one code goes, as counts
 * alone have told: not all of its uses were gathered.
 */
struct settled {
    const char *code;
    struct node_id identifier;
    const char *reason;              /* as of hubs: "class", "cap", "steady"; NULL: no hub */
    struct slice class_name;
    uint64_t degree;                 /* principals counted */
};

struct facts {
    /* Given by the caller, who keeps it until facts_fini(). */
    const struct snapshot *snapshot;
    const struct schema *schema;
    const struct params *params;
    int64_t at_us;                   /* T */
    const struct node_id *confirmed; /* principals with a confirmed tag, ascending */
    size_t n_confirmed;
    const struct node_id *blocked;   /* blocked by a person's entry, ascending */
    size_t n_blocked;
    const struct settled *settled;   /* of a probe: what gathering found out already */
    size_t n_settled;
    /* Filled by facts_need(). */
    unsigned char *flags;            /* per node: FACT_... */
    struct control *control;
    struct uses *uses;
    uint32_t *count, *total;         /* per node, zero between calls: for counting groups */
};

enum {
    NEED_SUBJECTS = 1,
    NEED_CONTROL = 2, /* and subjects */
    NEED_USES = 4,    /* and subjects */
};

/* Works out what is not there yet. */
MUST_CHECK enum status facts_need(struct facts *facts, unsigned needs);
/* Says who has a tag of a family other than contagion: FACT_ELSEWHERE. Needs the subjects. */
void facts_elsewhere(struct facts *facts, const struct node_id *ids, size_t n);
/* Frees what facts_need() made. */
void facts_fini(struct facts *facts);

/* T minus whole days. */
static inline int64_t facts_ago(const struct facts *facts, int64_t days)
{
    return time_add(facts->at_us, -days * US_PER_DAY);
}

static inline bool facts_is(const struct facts *facts, uint32_t node, unsigned flag)
{
    return facts->flags[node] & flag;
}

/* Whether the label is a kind of identifier, as persons' may be. */
bool facts_is_kind_label(const struct schema *schema, uint32_t label);
/* Whether nodes of this label (NULL: none declared) count without having applied. */
bool facts_is_subject_label(const struct schema *schema, const struct params *params,
                            const struct schema_label *label);
/* The group's name: an index equal for related nodes. Needs control. */
uint32_t facts_group(const struct facts *facts, uint32_t node);
/* Uses of an identifier, by time. Needs uses. */
const struct use *facts_uses_of(size_t *n, const struct facts *facts, uint32_t identifier);

/* The principal's newest use of the identifier that touches (after, T], or NULL. Needs uses. */
const struct use *facts_newest_use(const struct facts *facts, uint32_t identifier,
                                   uint32_t principal, int64_t after_us);

/* The symbol's kind by name ("device", ...), or n_kinds. */
uint32_t facts_kind(const struct facts *facts, const char *name);
uint32_t facts_kind_in(const struct schema *schema, const char *name);
struct caps facts_caps(const struct facts *facts, uint32_t identifier, uint32_t kind);

/* Whether the loan is closed or repaid. */
bool facts_loan_is_over(const struct facts *facts, uint32_t loan);
/* Whether the node borrowed a loan that is overdue at T, for at least `days`. */
MUST_CHECK enum status facts_overdue(bool *out, const struct facts *facts, uint32_t node,
                                     int64_t days);

/* Gives a byte a node: 1 for subjects who applied in (after, T]; free(). Needs the subjects. */
MUST_CHECK enum status facts_applicants(unsigned char **out, const struct facts *facts,
                                        int64_t after_us);
/* How many unrelated principals the uses that touch (after, T] have. Needs control. O(n). */
uint32_t facts_count_users(const struct facts *facts, const struct use *uses, size_t n,
                           int64_t after_us);
/* Whether the row's status says that it counts: active, or none. */
bool facts_status_counts(const struct facts *facts, const struct edge_table *table, uint32_t row);

/* Whether gathering has settled that the code can't be raised by way of the identifier. */
bool facts_is_settled(const struct facts *facts, const char *code, uint32_t identifier);

/* The node's property where it is text, else empty; in `arena`, or lent as the node is. */
MUST_CHECK enum status facts_node_text(struct slice *out, struct arena *arena,
                                       const struct node *node, uint32_t property);

/* Appends the edge, by its number, to the evidence. */
MUST_CHECK enum status facts_evidence(struct findings *findings, const struct facts *facts,
                                      uint32_t edge);
/* Appends the edges of a use, in the order of its link. */
MUST_CHECK enum status facts_use_evidence(struct findings *findings, const struct facts *facts,
                                          const struct use *use);
MUST_CHECK enum status facts_hub(struct findings *findings, const struct facts *facts,
                                 const char *code, uint32_t identifier, const char *reason,
                                 struct slice class_name, uint64_t degree);

static inline struct node_id facts_id(const struct facts *facts, uint32_t node)
{
    return (struct node_id){ facts->snapshot->ids[node] };
}
