/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A policy's structures as yaml_load() fills them: for the files of the policy only. */

#include "screening/policy.h"

#define POLICY_SELECTORS 3

struct limit {
    const char *number;
    double at_least;
    uint32_t line;
};

struct points {
    const int64_t *hint, *attention, *alert;
    uint32_t line;
};

struct rule {
    const char *code;
    const int64_t *hint, *attention, *alert;
    int level, block_at; /* index into policy_level_words; 0: not given */
    struct limit *limits;
    size_t n_limits;
    uint32_t line;
};

struct thresholds {
    int64_t review, reject;
    uint32_t line;
};

struct policy_override {
    const char *name;
    const char *product, *industry, *enterprise_type;
    struct thresholds *thresholds;
    int on_partial, on_truncated, on_unavailable; /* 0: as the base says */
    const bool *allow_pass;
    struct rule *codes;
    size_t n_codes;
    uint32_t line;
};

struct file {
    const char *name;
    int64_t version;
    struct thresholds *thresholds;
    int on_partial, on_truncated, on_unavailable;
    const int64_t *max_reads;
    bool allow_pass;
    const char **settings;
    size_t n_settings;
    struct points *base;
    struct rule *codes;
    size_t n_codes;
    struct policy_override *overrides;
    size_t n_overrides;
};

struct policy {
    struct arena arena;
    struct slice text;
    const char *source;
    char hash[POLICY_HASH_MAX];
    struct file *file;
    struct params params;
    struct pattern **patterns; /* POLICY_SELECTORS per override; NULL: matches all */
};

/* Words by value; 0 is "default": not given. End with NULL. */
extern const char *const policy_level_words[];
extern const char *const policy_decision_words[];

/* The rule's points at a level, or NULL where it gives none; accepts NULL. */
const int64_t *policy_rule_points(const struct rule *rule, enum tag_level level);
