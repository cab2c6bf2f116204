/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The policy: what signals are worth, what a score means, and what holds for which product,
 * industry and enterprise type. Read from YAML, checked as a whole, then immutable; named by the
 * hash of its text.
 */

#include "detectors/registry.h"
#include "graph/tag.h"

#define POLICY_HASH_MAX 65
#define POLICY_HASH_SHORT 16 /* digits of it that are shown */

enum decision { DECISION_PASS, DECISION_REVIEW, DECISION_REJECT };

const char *decision_name(enum decision decision);
MUST_CHECK enum status decision_parse(enum decision *decision, struct slice text);

struct policy;

/* The built-in policy's text. */
struct slice policy_builtin_text(void);
/*
 * Gives a policy. STATUS_INVALID names `file`, line and key: codes that are none, numbers,
 * settings of detectors, patterns that do not compile, thresholds out of order, limits looser than
 * detection.
 */
MUST_CHECK enum status policy_load(struct policy **out, const char *file, struct slice text);
void policy_free(struct policy *policy);
void policy_freep(struct policy **policy);
/*
 * Appends what is sound but may not be meant, a line each with file and line: codes that no
 * detector has, overrides of one name. A policy so written is in force like any other.
 */
MUST_CHECK enum status policy_doubts(struct buf *out, const struct policy *policy);

const char *policy_name(const struct policy *policy);
const char *policy_hash(const struct policy *policy); /* of the text, hex */
struct slice policy_text(const struct policy *policy);
/* Detection parameters under this policy; live as long as it. */
const struct params *policy_params(const struct policy *policy);
uint64_t policy_max_reads(const struct policy *policy);

/* The base with the override that fits; by value, lends from the policy. */
struct policy_view {
    const struct policy *policy;
    const struct policy_override *override; /* NULL: none fits */
    const char *rule;                       /* its name, or NULL */
    int64_t review, reject;
    enum decision on_partial, on_truncated, on_unavailable;
    bool allow_pass; /* a subject allowed for every code passes whatever the score */
};

/* STATUS_LIMIT where a pattern is too expensive for the text. */
MUST_CHECK enum status policy_select(struct policy_view *view, const struct policy *policy,
                                     struct slice product, struct slice industry,
                                     struct slice enterprise_type);

/* Whether on_unavailable is anything but review, for whatever application. */
bool policy_unavailable_varies(const struct policy *policy);

/* What a signal counts. */
struct policy_points {
    int64_t points;
    enum tag_level level; /* as the policy sees it; 0: does not count here */
    bool block;           /* refuses whatever the score */
};

/* `numbers` is the signal's map; a number that a limit names and the map lacks does not fit. */
struct policy_points policy_points(const struct policy_view *view, struct slice code,
                                   enum tag_level level, const struct value *numbers);

/*
 * How `b` differs from `a`: lines "codes SHARED_DEVICE attention: 40 -> 45", sorted; empty where
 * they decide alike.
 */
MUST_CHECK enum status policy_diff(struct buf *out, const struct policy *a,
                                   const struct policy *b);
