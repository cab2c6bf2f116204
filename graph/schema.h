/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What the graph's schema file (YAML) declares, resolved to symbols.
 *
 * Detectors and screening speak of principals, identifiers, links, ownership, guarantees; which
 * labels and edge types these are is said here only, so another bank's schema needs no code.
 * Immutable once loaded; safe from any thread.
 */

#include "graph/graph.h"

#define SCHEMA_STEPS_MAX 3

enum label_role {
    LABEL_OTHER,
    LABEL_PRINCIPAL,   /* can be tagged and screened */
    LABEL_IDENTIFIER,  /* can be shared */
    LABEL_APPLICATION,
    LABEL_ACCOUNT,
    LABEL_LOAN,
    LABEL_GROUP,       /* declared group */
};

struct normaliser;

struct schema_label {
    const char *name;
    uint32_t symbol;
    bool keyed;
    bool sensitive_key;
    enum label_role role;
    const uint32_t *indexed;             /* zero-terminated symbols of properties (graph/index.h) */
    const struct normaliser *normaliser; /* how keys are made equal; NULL: trimmed */
};

/* A kind of identifier, as detectors count kinds: device, phone, address, person. */
struct schema_kind {
    const char *name;
    uint32_t label;         /* symbol of the identifier's label */
    double weight;          /* w_type of the link weight (DETECTORS, section 0) */
    uint32_t candidate_cap, evidence_cap;
};

struct schema_step {
    uint32_t type;
    bool reversed;          /* walked from its end to its start */
};

/* A path by which a principal comes to use an identifier. */
struct schema_link {
    const char *name;
    uint32_t kind;          /* index into kinds */
    uint32_t n_steps;
    struct schema_step steps[SCHEMA_STEPS_MAX];
    bool dated;             /* the last dated edge is an event, else an interval */
    bool through_application; /* passes an application node */
};

struct schema_class {
    const char *name;       /* incubator, bank_branch, ... */
    uint32_t candidate_cap, evidence_cap;
};

struct schema_type {
    const char *name;
    uint32_t symbol;
    const uint32_t *from, *to; /* zero-terminated symbols of labels; empty: any */
    bool event;             /* happens at valid_from, as opposed to holding from start to end */
    uint32_t n_identity;
    uint32_t identity[4];   /* property symbols that make up the edge key */
};

/* Edge types by what they mean; zero-terminated arrays of symbols. */
struct schema_roles {
    const uint32_t *ownership;   /* SHAREHOLDER, INVESTS: holder -> company, with `ratio` */
    const uint32_t *membership;  /* MEMBER_OF */
    const uint32_t *kin;         /* KIN */
    const uint32_t *represents;  /* LEGAL_REP: person -> enterprise */
    const uint32_t *applied;     /* APPLIED: principal -> application */
    const uint32_t *guarantees;  /* GUARANTEES: guarantor -> guaranteed */
    const uint32_t *owns;        /* OWNS: principal -> account */
    const uint32_t *borrowed;    /* BORROWED: principal -> loan */
    const uint32_t *transfers;   /* TRANSFERRED, WITHDREW: account -> account */
    const uint32_t *manages;     /* EXECUTIVE: person -> enterprise */
    const uint32_t *contact;     /* CONTACT: person -> enterprise */
    const uint32_t *deposits;    /* DEPOSITED: loan -> account */
    const uint32_t *repayments;  /* REPAID: account -> loan */
    const uint32_t *results;     /* RESULTED_IN: application -> loan */
    const uint32_t *supplies;    /* SUPPLIES: enterprise -> enterprise */
};

struct schema {
    const char *name;
    const char *hash;            /* of the text, hex */
    bool open;                   /* no labels declared: anything goes */
    const struct schema_label *labels;
    size_t n_labels;
    const struct schema_type *types;
    size_t n_types;
    const struct schema_kind *kinds;
    size_t n_kinds;
    const struct schema_link *links;
    size_t n_links;
    const struct schema_class *classes;
    size_t n_classes;
    struct schema_roles roles;
    const char *const *sensitive_properties; /* names, NULL-terminated; NULL: none */
    const char *default_country; /* calling code for bare phone numbers, such as "86" */
};

/* The built-in schema's text (data/schema/sme-credit.yaml, compiled in). */
struct slice schema_builtin_text(void);
/*
 * Reads `text`, interns its names through `txn` (a write transaction, or a read transaction of a
 * graph that has them all), and gives the schema. Errors name the line and key.
 */
MUST_CHECK enum status schema_load(struct schema **out, struct graph_txn *txn, struct slice text);
void schema_free(struct schema *schema);
/* Reads `text` as schema_load() would, without a graph; errors name `file` and the line. */
MUST_CHECK enum status schema_check(struct slice text, const char *file);

/* The caps of a class, or NULL where the schema gives it none: then the kind's hold. */
const struct schema_class *schema_class_of(const struct schema *schema, struct slice name);
/* The declared label or type of a symbol, or NULL. O(1). */
const struct schema_label *schema_label_of(const struct schema *schema, uint32_t symbol);
const struct schema_type *schema_type_of(const struct schema *schema, uint32_t symbol);
/* Whether the schema lists the property as sensitive. O(those listed). */
bool schema_is_sensitive(const struct schema *schema, struct slice property);

/*
 * The key as stored: normalised by its label's rule into `out` (cleared first); a label without
 * a rule is trimmed. *valid says whether the key passed its format and check digit; a key that
 * fails is kept, trimmed and folded. Normalising twice changes nothing. Empty where `raw` is blank.
 */
MUST_CHECK enum status schema_normalise(struct buf *out, bool *valid, const struct schema *schema,
                                        uint32_t label, struct slice raw);
