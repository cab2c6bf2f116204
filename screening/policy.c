/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/policy_file.h"

#include "graph/pattern.h"

extern const unsigned char embedded_policy[];
extern const size_t embedded_policy_size;

const char *decision_name(enum decision decision)
{
    static const char *const names[] = { "pass", "review", "reject" };

    return (size_t)decision < 3 ? names[decision] : "unknown";
}

enum status decision_parse(enum decision *decision, struct slice text)
{
    for (int i = DECISION_PASS; i <= DECISION_REJECT; i++)
        if (slice_equal(text, slice_str(decision_name((enum decision)i)))) {
            *decision = (enum decision)i;
            return STATUS_OK;
        }
    return fail(STATUS_INVALID, "\"%.*s\" is not a decision: expected pass, review or reject",
                (int)(text.size < 64 ? text.size : 64), (const char *)text.data);
}

struct slice policy_builtin_text(void)
{
    return slice_of(embedded_policy, embedded_policy_size);
}

const char *policy_name(const struct policy *policy)
{
    return policy->file->name;
}

const char *policy_hash(const struct policy *policy)
{
    return policy->hash;
}

struct slice policy_text(const struct policy *policy)
{
    return policy->text;
}

const struct params *policy_params(const struct policy *policy)
{
    return &policy->params;
}

uint64_t policy_max_reads(const struct policy *policy)
{
    return policy->file->max_reads ? (uint64_t)*policy->file->max_reads : 0;
}

/* Selection */

/* *n: how many selectors the override has, where all of them match. */
static enum status fits(bool *fit, size_t *n, const struct policy *policy, size_t index,
                        const struct slice subjects[POLICY_SELECTORS])
{
    *n = 0;
    *fit = true;
    for (size_t s = 0; *fit && s < POLICY_SELECTORS; s++) {
        const struct pattern *pattern = policy->patterns[index * POLICY_SELECTORS + s];
        enum status status;

        if (!pattern)
            continue;
        (*n)++;
        status = pattern_match(fit, pattern, subjects[s]);
        if (status)
            return fail_context(status, "policy %s, override %s", policy->file->name,
                                policy->file->overrides[index].name);
    }
    return STATUS_OK;
}

static enum decision chosen(int given, enum decision base)
{
    return given ? (enum decision)given : base;
}

static void apply_override(struct policy_view *view, const struct policy_override *override)
{
    view->override = override;
    view->rule = override->name;
    if (override->thresholds) {
        view->review = override->thresholds->review;
        view->reject = override->thresholds->reject;
    }
    view->on_partial = chosen(override->on_partial, view->on_partial);
    view->on_truncated = chosen(override->on_truncated, view->on_truncated);
    view->on_unavailable = chosen(override->on_unavailable, view->on_unavailable);
    if (override->allow_pass)
        view->allow_pass = *override->allow_pass;
}

enum status policy_select(struct policy_view *view, const struct policy *policy,
                          struct slice product, struct slice industry,
                          struct slice enterprise_type)
{
    const struct slice subjects[POLICY_SELECTORS] = { product, industry, enterprise_type };
    const struct file *file = policy->file;
    const struct policy_override *best = NULL;
    size_t best_selectors = 0;

    *view = (struct policy_view){
        .policy = policy,
        .review = file->thresholds->review,
        .reject = file->thresholds->reject,
        .on_partial = chosen(file->on_partial, DECISION_REVIEW),
        .on_truncated = chosen(file->on_truncated, DECISION_REVIEW),
        .on_unavailable = chosen(file->on_unavailable, DECISION_REVIEW),
        .allow_pass = file->allow_pass,
    };
    for (size_t i = 0; i < file->n_overrides; i++) {
        size_t selectors;
        bool fit;

        TRY(fits(&fit, &selectors, policy, i, subjects));
        if (fit && selectors > best_selectors) {
            best = &file->overrides[i];
            best_selectors = selectors;
        }
    }
    if (best)
        apply_override(view, best);
    return STATUS_OK;
}

/* Points */

static const struct rule *find_rule(const struct rule *rules, size_t n, struct slice code)
{
    for (size_t i = 0; i < n; i++)
        if (slice_equal(slice_str(rules[i].code), code))
            return &rules[i];
    return NULL;
}

static bool value_number(double *out, const struct value *value)
{
    if (!value || (value->type != VALUE_INT && value->type != VALUE_FLOAT))
        return false;
    *out = value->type == VALUE_INT ? (double)value->integer : value->floating;
    return true;
}

static bool within_limits(const struct rule *rule, const struct value *numbers)
{
    for (size_t i = 0; rule && i < rule->n_limits; i++) {
        const struct value *found = numbers && numbers->type == VALUE_MAP
                                        ? value_find(numbers, slice_str(rule->limits[i].number))
                                        : NULL;
        double number;

        if (!value_number(&number, found) || number < rule->limits[i].at_least)
            return false;
    }
    return true;
}

const int64_t *policy_rule_points(const struct rule *rule, enum tag_level level)
{
    if (!rule)
        return NULL;
    return level == TAG_ALERT ? rule->alert : level == TAG_ATTENTION ? rule->attention
                                                                     : rule->hint;
}

static int64_t base_points(const struct policy *policy, enum tag_level level)
{
    static const int64_t fallback[] = { 0, 5, 20, 50 };
    const struct points *base = policy->file->base;
    const int64_t *given = !base                    ? NULL
                           : level == TAG_ALERT     ? base->alert
                           : level == TAG_ATTENTION ? base->attention
                                                    : base->hint;

    return given ? *given : fallback[level];
}

struct policy_points policy_points(const struct policy_view *view, struct slice code,
                                   enum tag_level level, const struct value *numbers)
{
    const struct file *file = view->policy->file;
    const struct rule *base = find_rule(file->codes, file->n_codes, code);
    const struct rule *own =
        view->override ? find_rule(view->override->codes, view->override->n_codes, code) : NULL;
    struct policy_points result = { .level = level };
    const int64_t *points;
    int block_at;

    if (!within_limits(own && own->n_limits ? own : base, numbers))
        return (struct policy_points){ 0 };
    if (own && own->level)
        result.level = (enum tag_level)own->level;
    else if (base && base->level)
        result.level = (enum tag_level)base->level;
    points = policy_rule_points(own, result.level);
    if (!points)
        points = policy_rule_points(base, result.level);
    result.points = points ? *points : base_points(view->policy, result.level);
    block_at = own && own->block_at ? own->block_at : base ? base->block_at : 0;
    result.block = block_at && (int)result.level >= block_at;
    return result;
}

bool policy_unavailable_varies(const struct policy *policy)
{
    const struct file *file = policy->file;
    bool varies = chosen(file->on_unavailable, DECISION_REVIEW) != DECISION_REVIEW;

    for (size_t i = 0; i < file->n_overrides; i++)
        varies |= chosen(file->overrides[i].on_unavailable, DECISION_REVIEW) != DECISION_REVIEW;
    return varies;
}
