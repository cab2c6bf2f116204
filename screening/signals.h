/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What speaks about an application: tags of its parties and of what they touch, findings of the
 * live probes, and blocks; each weighed by the policy, allow entries and dismissals joined.
 */

#include "detectors/probe.h"
#include "screening/answer.h"
#include "screening/record.h"

struct signals {
    struct reason *reasons;   /* one per code, strongest first */
    size_t n_reasons;
    struct allowed *allowed;
    size_t n_allowed;
    struct answer_hub *hubs;
    size_t n_hubs;
    int64_t score, natural_score;
    enum tag_level level;
    bool blocked;
    bool allowed_all;         /* the first applicant has an allow entry for every code */
    bool truncated;
    const char **skipped;
    size_t n_skipped;
    uint64_t n_reads;
    const struct node_id *parties; /* of the request, as the graph knows them; 0: it does not */
    struct node_id application;
};

struct signals_input {
    struct graph_txn *txn;
    const struct tag_view *view;
    const struct tag_standings *standings;
    const struct request *request;
    const struct policy_view *policy;
    int64_t at_us;
    int64_t deadline_us;      /* monotonic; TIME_MAX: none */
    const char *const *skip;  /* probes left out whatever the time, NULL-terminated; NULL: none */
};

/* Everything lent lies in `arena` or is lent by the transaction. */
MUST_CHECK enum status signals_collect(struct signals *out, struct arena *arena,
                                       const struct signals_input *input);
