/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The answer to an application: what was decided and why, and how it is written as JSON. */

#include "base/emit.h"
#include "screening/policy.h"

#define DECISION_ID_MAX 33

/* A node as people name it; `label` and `key` lent. */
struct named {
    struct slice label, key;
};

struct answer_edge {
    struct slice type;
    struct slice from, to; /* keys */
    int64_t valid_from_us;
};

enum reason_source { SOURCE_TAG, SOURCE_LIVE, SOURCE_BLOCK };

struct reason {
    struct slice code;
    enum tag_level level;
    int64_t points;
    enum reason_source source;
    struct slice text;
    struct slice note;    /* a person's own words; empty: none */
    struct value numbers;
    const struct named *nodes;
    size_t n_nodes;
    const struct answer_edge *edges;
    size_t n_edges;
    uint64_t ring; /* 0: none */
};

/* A signal that an allow entry keeps from counting. */
struct allowed {
    struct slice code;
    struct named subject;
    int64_t points;
    struct slice person, note;
    int64_t until_us;
};

struct answer_hub {
    struct named node;
    struct slice class_name; /* empty: none */
    uint64_t degree;
};

struct answer {
    char decision_id[DECISION_ID_MAX];
    struct slice application_id;
    enum decision decision;
    int64_t score, natural_score;
    enum tag_level level; /* 0: none */
    struct reason *reasons;
    size_t n_reasons;
    struct allowed *allowed;
    size_t n_allowed;
    struct answer_hub *hubs;
    size_t n_hubs;
    bool truncated, partial;
    const char **skipped; /* probes, by id */
    size_t n_skipped;
    const struct slice *ignored; /* fields of the request that mean nothing here */
    size_t n_ignored;
    uint64_t commit_seq, publication, overlay;
    int64_t as_of_us, known_at_us; /* TIME_MAX: everything known */
    const char *policy_name, *policy_hash;
    const char *rule;     /* the override that applied, or NULL */
    uint64_t n_reads;
    const struct node_id *parties; /* of the request, in its order; 0: not in the graph */
    struct node_id application;
};

/* Appends the answer as one JSON object on one line, without a newline. */
MUST_CHECK enum status answer_write(struct buf *out, const struct answer *answer,
                                    int64_t elapsed_us);
/* Writes decision, scores and level into the open object; the log's record has them, too. */
void answer_write_verdict(struct emit *emit, const struct answer *answer);
/* The part of a written answer that replay compares: all but build and elapsed_us. */
struct slice answer_decided(struct slice json);
