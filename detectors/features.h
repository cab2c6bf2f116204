/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Rows of features for credit models: of every party at one moment, or of one party or application
 * at its own.
 *
 * The first form reads a snapshot of the whole graph; the second gathers what lies around the
 * party from the store, under a budget of edge reads. Both give the same row wherever nothing was
 * cut. Tags are those of the newest publication that was finished by the moment of knowledge and
 * looks no further than T.
 */

#include "detectors/feature.h"
#include "detectors/params.h"
#include "graph/graph.h"

#define FEATURE_READS 100000

struct feature_options {
    const struct params *params;
    const char *currency;    /* of amounts; those without a currency count too */
    int64_t as_of_us;        /* T */
    int64_t known_at_us;     /* TIME_MAX: all; of applications: when each was learnt itself */
    uint32_t label;          /* of the parties; 0: of every label that can be a subject */
    uint64_t max_reads;      /* for one party; 0: FEATURE_READS */
};

struct feature_row {
    struct node_id party;
    uint32_t label;
    struct slice key;
    struct slice application; /* its key; empty: the row is not about one */
    int64_t as_of_us, known_at_us;
    const int64_t *values;   /* table->n of them; CELL_ABSENT: nothing to say */
};

/* What is lent lasts until it returns. */
typedef enum status feature_told(void *context, const struct feature_row *row);

/* Every subject, by key. O(nodes + edges + uses), and per row what lies around it. */
MUST_CHECK enum status features_all(struct graph *graph, const struct feature_table *table,
                                    const struct feature_options *options, feature_told *told,
                                    void *context);

/* One row after the other; keeps what they share. */
struct feature_session;

/* Keeps all it is given. */
MUST_CHECK enum status feature_session_open(struct feature_session **out, struct graph *graph,
                                            const struct feature_table *table,
                                            const struct feature_options *options);
void feature_session_close(struct feature_session *session);
void feature_session_closep(struct feature_session **session);
MUST_CHECK enum status features_of_party(struct feature_session *session, struct node_id party,
                                         feature_told *told, void *context);
/*
 * The applicant's row at the time of the application `key`. STATUS_INVALID: there is none, or
 * nobody filed it.
 */
MUST_CHECK enum status features_of_application(struct feature_session *session, struct slice key,
                                               feature_told *told, void *context);
