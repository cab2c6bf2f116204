/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a policy's file, and refusing one that is not sound. */
#include "screening/policy_file.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/yaml.h"
#include "graph/pattern.h"

#define POINTS_MAX 1000

const char *const policy_level_words[] = { "default", "hint", "attention", "alert", NULL };
const char *const policy_decision_words[] = { "default", "review", "reject", NULL };

static const struct yaml_field limit_fields[] = {
    { YAML_KEY(struct limit, number), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct limit, at_least), .type = YAML_FLOAT, .required = true },
    { .type = YAML_LINE, .offset = offsetof(struct limit, line) },
    { 0 },
};
static const struct yaml_shape limit_shape = { limit_fields, sizeof(struct limit) };

static const struct yaml_field points_fields[] = {
    { YAML_KEY(struct points, hint), .type = YAML_INT, .maybe = true },
    { YAML_KEY(struct points, attention), .type = YAML_INT, .maybe = true },
    { YAML_KEY(struct points, alert), .type = YAML_INT, .maybe = true },
    { .type = YAML_LINE, .offset = offsetof(struct points, line) },
    { 0 },
};
static const struct yaml_shape points_shape = { points_fields, sizeof(struct points) };

static const struct yaml_field rule_fields[] = {
    { YAML_KEY(struct rule, code), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct rule, hint), .type = YAML_INT, .maybe = true },
    { YAML_KEY(struct rule, attention), .type = YAML_INT, .maybe = true },
    { YAML_KEY(struct rule, alert), .type = YAML_INT, .maybe = true },
    { YAML_KEY(struct rule, level), .type = YAML_CHOICE, .words = policy_level_words },
    { YAML_KEY(struct rule, block_at), .type = YAML_CHOICE, .words = policy_level_words },
    { YAML_LIST_KEY(struct rule, limits, n_limits), .item = YAML_MAP, .shape = &limit_shape },
    { .type = YAML_LINE, .offset = offsetof(struct rule, line) },
    { 0 },
};
static const struct yaml_shape rule_shape = { rule_fields, sizeof(struct rule) };

static const struct yaml_field threshold_fields[] = {
    { YAML_KEY(struct thresholds, review), .type = YAML_INT, .required = true },
    { YAML_KEY(struct thresholds, reject), .type = YAML_INT, .required = true },
    { .type = YAML_LINE, .offset = offsetof(struct thresholds, line) },
    { 0 },
};
static const struct yaml_shape threshold_shape = { threshold_fields, sizeof(struct thresholds) };

#define WHEN(type_, member)                                                                        \
    { YAML_KEY(type_, member), .type = YAML_CHOICE, .words = policy_decision_words }

static const struct yaml_field override_fields[] = {
    { YAML_KEY(struct policy_override, name), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct policy_override, product), .type = YAML_TEXT },
    { YAML_KEY(struct policy_override, industry), .type = YAML_TEXT },
    { YAML_KEY(struct policy_override, enterprise_type), .type = YAML_TEXT },
    { YAML_KEY(struct policy_override, thresholds), .type = YAML_MAP, .shape = &threshold_shape },
    WHEN(struct policy_override, on_partial),
    WHEN(struct policy_override, on_truncated),
    WHEN(struct policy_override, on_unavailable),
    { YAML_KEY(struct policy_override, allow_pass), .type = YAML_BOOL, .maybe = true },
    { YAML_LIST_KEY(struct policy_override, codes, n_codes), .item = YAML_MAP,
      .shape = &rule_shape },
    { .type = YAML_LINE, .offset = offsetof(struct policy_override, line) },
    { 0 },
};
static const struct yaml_shape override_shape = { override_fields,
                                                  sizeof(struct policy_override) };

static const struct yaml_field file_fields[] = {
    { YAML_KEY(struct file, name), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct file, version), .type = YAML_INT },
    { YAML_KEY(struct file, thresholds), .type = YAML_MAP, .shape = &threshold_shape,
      .required = true },
    WHEN(struct file, on_partial),
    WHEN(struct file, on_truncated),
    WHEN(struct file, on_unavailable),
    { YAML_KEY(struct file, max_reads), .type = YAML_INT, .maybe = true },
    { YAML_KEY(struct file, allow_pass), .type = YAML_BOOL },
    { YAML_LIST_KEY(struct file, settings, n_settings), .item = YAML_TEXT },
    { .name = "default", .offset = offsetof(struct file, base), .type = YAML_MAP,
      .shape = &points_shape },
    { YAML_LIST_KEY(struct file, codes, n_codes), .item = YAML_MAP, .shape = &rule_shape },
    { YAML_LIST_KEY(struct file, overrides, n_overrides), .item = YAML_MAP,
      .shape = &override_shape },
    { 0 },
};
static const struct yaml_shape file_shape = { file_fields, sizeof(struct file) };

/* Checks */

static enum status check_points(const struct policy *policy, uint32_t line, const char *of,
                                const int64_t *const all[3])
{
    for (size_t i = 0; i < 3; i++)
        if (all[i] && (*all[i] < 0 || *all[i] > POINTS_MAX))
            return fail(STATUS_INVALID, "%s:%" PRIu32 ": %s: points must be 0..%d, not %" PRId64,
                        policy->source, line, of, POINTS_MAX, *all[i]);
    return STATUS_OK;
}

static enum status check_default(const struct policy *policy, const struct points *base)
{
    return base ? check_points(policy, base->line, "default",
                               (const int64_t *[]){ base->hint, base->attention, base->alert })
                : STATUS_OK;
}

/* The value that detection itself compares the number with, in the number's own unit. */
static bool detection_limit(double *limit, const struct policy *policy, const char *code,
                            const char *number)
{
    const struct detector *detector = registry_find(slice_str(code));
    bool found = false;

    for (const struct param *param = detector->params; param && param->name; param++) {
        const unsigned char *block = params_of(&policy->params, detector);
        int64_t value;
        double as_number;

        if (!param->compares || strcmp(param->compares, number) != 0)
            continue;
        memcpy(&value, block + param->offset, sizeof value);
        as_number = param->type == PARAM_DECIMAL ? (double)value / (double)DECIMAL_ONE
                                                 : (double)value;
        if (!found || as_number < *limit)
            *limit = as_number;
        found = true;
    }
    return found;
}

static enum status check_limits(const struct policy *policy, const struct rule *rule)
{
    for (size_t i = 0; i < rule->n_limits; i++) {
        const struct limit *limit = &rule->limits[i];
        double base;

        if (!detection_limit(&base, policy, rule->code, limit->number))
            return fail(STATUS_INVALID, "%s:%" PRIu32 ": %s compares no number \"%s\"; "
                        "`ringfence detectors` lists what it compares", policy->source,
                        limit->line, rule->code, limit->number);
        if (limit->at_least < base)
            return fail(STATUS_INVALID, "%s:%" PRIu32 ": %s: at_least %g is looser than detection "
                        "itself, which needs %s of %g; lower it in `settings` instead",
                        policy->source, limit->line, rule->code, limit->at_least, limit->number,
                        base);
    }
    return STATUS_OK;
}

static enum status check_rules(const struct policy *policy, const struct rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum status status = tag_code_check(slice_str(rules[i].code));

        if (status != STATUS_OK)
            return fail_context(status, "%s:%" PRIu32, policy->source, rules[i].line);
        TRY(check_points(policy, rules[i].line, rules[i].code,
                         (const int64_t *[]){ rules[i].hint, rules[i].attention,
                                              rules[i].alert }));
        /* Codes of imported labels are free; only detectors' codes have numbers. */
        if (rules[i].n_limits && !registry_find(slice_str(rules[i].code)))
            return fail(STATUS_INVALID, "%s:%" PRIu32 ": %s is no detector's code, so it has no "
                        "numbers to limit", policy->source, rules[i].line, rules[i].code);
        if (rules[i].n_limits)
            TRY(check_limits(policy, &rules[i]));
        for (size_t j = 0; j < i; j++)
            if (strcmp(rules[j].code, rules[i].code) == 0)
                return fail(STATUS_INVALID, "%s:%" PRIu32 ": %s is given twice (first in line "
                            "%" PRIu32 ")", policy->source, rules[i].line, rules[i].code,
                            rules[j].line);
    }
    return STATUS_OK;
}

static enum status check_thresholds(const struct policy *policy, const struct thresholds *given)
{
    if (!given || (given->review > 0 && given->review <= given->reject))
        return STATUS_OK;
    return fail(STATUS_INVALID, "%s:%" PRIu32 ": thresholds: review %" PRId64 " must be above 0 "
                "and not above reject %" PRId64, policy->source, given->line, given->review,
                given->reject);
}

static enum status check_override(const struct policy *policy,
                                  const struct policy_override *override)
{
    if (!override->product && !override->industry && !override->enterprise_type)
        return fail(STATUS_INVALID, "%s:%" PRIu32 ": override %s selects nothing; give product, "
                    "industry or enterprise_type", policy->source, override->line,
                    override->name);
    TRY(check_thresholds(policy, override->thresholds));
    return check_rules(policy, override->codes, override->n_codes);
}

/* Whether the line has `part`, and not only as the beginning of a longer number. */
static bool line_has(struct slice line, const char *part)
{
    const char *at = line.data, *end = at + line.size;
    size_t n = strlen(part);

    for (; (at = memmem(at, (size_t)(end - at), part, n)); at++)
        if (!n || at + n == end || !strchr("0123456789./", at[n]))
            return true;
    return false;
}

/* The line of `part` in the value of a key of the file itself, which starts a line. */
static unsigned line_of(const struct policy *policy, const char *key, const char *part)
{
    const char *at = policy->text.data, *end = at + policy->text.size;
    unsigned line = 0, found = 1;

    for (bool inside = false; at < end; at++) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((next ? next : end) - at);

        line++;
        if (!inside && n > strlen(key) && memcmp(at, key, strlen(key)) == 0) {
            inside = true;
            found = line;
        }
        if (inside && line_has(slice_of(at, n), part))
            return line;
        at += n;
    }
    return found;
}

static enum status apply_settings(struct policy *policy)
{
    static const char option[] = "--set "; /* as the command line calls it */

    for (size_t i = 0; i < policy->file->n_settings; i++) {
        const char *setting = policy->file->settings[i];
        enum status status = params_set(&policy->params, slice_str(setting));
        const char *detail = error_detail();

        if (status != STATUS_USAGE) {
            TRY(status);
            continue;
        }
        if (strncmp(detail, option, sizeof option - 1) == 0)
            detail += sizeof option - 1;
        return fail(STATUS_INVALID, "%s:%u: settings: %s", policy->source,
                    line_of(policy, "settings", setting), detail);
    }
    return STATUS_OK;
}

static enum status compile_patterns(struct policy *policy)
{
    const struct file *file = policy->file;

    policy->patterns = calloc(file->n_overrides * POLICY_SELECTORS + 1, sizeof *policy->patterns);
    if (!policy->patterns)
        return fail_memory(file->n_overrides * POLICY_SELECTORS * sizeof *policy->patterns);
    for (size_t i = 0; i < file->n_overrides; i++) {
        const struct policy_override *override = &file->overrides[i];
        const char *const texts[POLICY_SELECTORS] = { override->product, override->industry,
                                               override->enterprise_type };

        for (size_t s = 0; s < POLICY_SELECTORS; s++) {
            enum status status;

            if (!texts[s])
                continue;
            status = pattern_compile(&policy->patterns[i * POLICY_SELECTORS + s],
                                     slice_str(texts[s]), PATTERN_WHOLE);
            if (status != STATUS_OK)
                return fail_context(status, "%s:%" PRIu32 ": override %s", policy->source,
                                    override->line, override->name);
        }
    }
    return STATUS_OK;
}

static enum status check_policy(struct policy *policy)
{
    const struct file *file = policy->file;

    TRY(apply_settings(policy));
    TRY(check_thresholds(policy, file->thresholds));
    TRY(check_default(policy, file->base));
    TRY(check_rules(policy, file->codes, file->n_codes));
    for (size_t i = 0; i < file->n_overrides; i++)
        TRY(check_override(policy, &file->overrides[i]));
    if (file->max_reads && *file->max_reads <= 0)
        return fail(STATUS_INVALID, "%s:%u: max_reads: %" PRId64 " must be above 0",
                    policy->source, line_of(policy, "max_reads", ""), *file->max_reads);
    return compile_patterns(policy);
}

/* Doubts */

static enum status doubt_rules(struct buf *out, const struct policy *policy,
                               const struct rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!registry_find(slice_str(rules[i].code)))
            TRY(buf_printf(out, "%s:%" PRIu32 ": %s is no detector's code: it counts where tags of "
                           "people or imports have it; `ringfence detectors` lists the others\n",
                           policy->source, rules[i].line, rules[i].code));
    return STATUS_OK;
}

enum status policy_doubts(struct buf *out, const struct policy *policy)
{
    const struct file *file = policy->file;

    TRY(doubt_rules(out, policy, file->codes, file->n_codes));
    for (size_t i = 0; i < file->n_overrides; i++) {
        const struct policy_override *override = &file->overrides[i];

        TRY(doubt_rules(out, policy, override->codes, override->n_codes));
        for (size_t j = 0; j < i; j++)
            if (strcmp(file->overrides[j].name, override->name) == 0) {
                TRY(buf_printf(out, "%s:%" PRIu32 ": override %s has the name of that in line "
                               "%" PRIu32 ": an answer will not say which of them applied\n",
                               policy->source, override->line, override->name,
                               file->overrides[j].line));
                break;
            }
    }
    return STATUS_OK;
}

enum status policy_load(struct policy **out, const char *file, struct slice text)
{
    AUTO(policy_freep) struct policy *policy = calloc(1, sizeof *policy);
    unsigned char digest[HASH_BYTES];
    void *loaded;
    char *copy;

    if (!policy)
        return fail_memory(sizeof *policy);
    TRY(params_init(&policy->params));
    copy = arena_copy(&policy->arena, text);
    policy->source = arena_copy(&policy->arena, slice_str(file));
    if (!copy || !policy->source)
        return STATUS_NO_MEMORY;
    policy->text = slice_of(copy, text.size);
    TRY(yaml_load(&loaded, &policy->arena, &file_shape, file, policy->text));
    policy->file = loaded;
    hash256(digest, policy->text);
    hash_hex(policy->hash, digest, sizeof digest);
    TRY(check_policy(policy));
    *out = policy;
    policy = NULL;
    return STATUS_OK;
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    for (size_t i = 0; policy->patterns && i < policy->file->n_overrides * POLICY_SELECTORS; i++)
        pattern_free(policy->patterns[i]);
    free(policy->patterns);
    params_fini(&policy->params);
    arena_fini(&policy->arena);
    free(policy);
}

void policy_freep(struct policy **policy)
{
    policy_free(*policy);
}
