/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/params.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "detectors/registry.h"

#define SHARED(field) offsetof(struct shared_params, field)

static const struct param shared_table[] = {
    { "lookback_days", "how far back any detector looks", "days", SHARED(lookback_days),
      PARAM_WHOLE, 1095, 1, 36500, NULL },
    { "steady_principals", "unrelated principals outside a window that make a rhythm",
      "principals", SHARED(steady_principals), PARAM_WHOLE, 30, 1, 1000000, NULL },
    { "steady_span_days", "span of uses that makes a rhythm", "days", SHARED(steady_span_days),
      PARAM_WHOLE, 90, 1, 36500, NULL },
    { "steady_factor", "times the mean that a window of a steady hub must reach", "times",
      SHARED(steady_factor), PARAM_DECIMAL, 3 * DECIMAL_ONE, 0, 1000 * DECIMAL_ONE, NULL },
    { "decay_days", "age at which a shared identifier's weight falls to 1/e", "days",
      SHARED(decay_days), PARAM_WHOLE, 180, 1, 36500, NULL },
    { 0 },
};

static const struct param_text shared_texts[] = {
    { "subject_labels", "principals that are counted and tagged (default: those that are no kind "
      "of identifier)", "labels with commas" },
    { "cap.CLASS", "most unrelated users with whom an identifier of the class, or of a label such "
      "as Device, still links, and fires (default: the schema's)", "candidate/evidence" },
    { 0 },
};

const struct param *params_shared(void)
{
    return shared_table;
}

const struct param_text *params_shared_texts(void)
{
    return shared_texts;
}

static void fill_defaults(unsigned char *block, const struct param *table)
{
    for (; table->name; table++)
        memcpy(block + table->offset, &table->fallback, sizeof table->fallback);
}

enum status params_init(struct params *params)
{
    *params = (struct params){ 0 };
    fill_defaults((unsigned char *)&params->shared, shared_table);
    params->blocks = calloc(registry_size() + 1, sizeof *params->blocks);
    if (!params->blocks)
        return fail_memory(registry_size() * sizeof *params->blocks);
    for (; params->n_blocks < registry_size(); params->n_blocks++) {
        const struct detector *detector = registry[params->n_blocks];
        unsigned char *block = calloc(1, detector->params_size + sizeof(int64_t));

        if (!block) {
            params_fini(params);
            return fail_memory(detector->params_size);
        }
        fill_defaults(block, detector->params);
        params->blocks[params->n_blocks] = block;
    }
    return STATUS_OK;
}

void params_fini(struct params *params)
{
    for (size_t i = 0; i < params->n_blocks; i++)
        free(params->blocks[i]);
    free(params->blocks);
    *params = (struct params){ 0 };
}

const void *params_of(const struct params *params, const struct detector *detector)
{
    return params->blocks[registry_index(detector)];
}

/* Digits, with up to six decimals where the type has them. */
static bool parse_value(int64_t *out, enum param_type type, struct slice text)
{
    const char *at = text.data, *end = at + text.size;
    bool negative = at < end && *at == '-';
    int64_t value = 0, unit = type == PARAM_DECIMAL ? DECIMAL_ONE : 1;
    bool digits = false;

    for (at += negative; at < end && *at >= '0' && *at <= '9'; at++, digits = true)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *at - '0', &value))
            return false;
    if (__builtin_mul_overflow(value, unit, &value))
        return false;
    if (at < end && *at == '.' && type == PARAM_DECIMAL)
        for (at++; at < end && *at >= '0' && *at <= '9' && unit > 1; at++, digits = true)
            value += (*at - '0') * (unit /= 10);
    if (at != end || !digits)
        return false;
    *out = negative ? -value : value;
    return true;
}

enum status params_print(struct buf *out, const struct param *param, int64_t value)
{
    int64_t whole = value / DECIMAL_ONE, rest = value % DECIMAL_ONE;
    char digits[8];
    int length = 6;

    if (param->type == PARAM_WHOLE)
        return buf_printf(out, "%" PRId64, value);
    snprintf(digits, sizeof digits, "%06" PRId64, rest < 0 ? -rest : rest);
    while (length > 1 && digits[length - 1] == '0')
        length--;
    return buf_printf(out, "%s%" PRId64 ".%.*s", value < 0 && whole == 0 ? "-" : "", whole,
                      length, digits);
}

static enum status set_in_table(unsigned char *block, const struct param *table,
                                struct slice owner, struct slice name, struct slice text)
{
    AUTO(buf_fini) struct buf known = { 0 };
    const char *list;
    int64_t value;

    for (const struct param *param = table; param->name; param++) {
        if (!slice_equal(name, slice_str(param->name))) {
            TRY(buf_printf(&known, "%s%s", known.size ? ", " : "", param->name));
            continue;
        }
        if (!parse_value(&value, param->type, text) || value < param->min || value > param->max) {
            AUTO(buf_fini) struct buf range = { 0 };

            TRY(params_print(&range, param, param->min));
            TRY(buf_append_slice(&range, SLICE("..")));
            TRY(params_print(&range, param, param->max));
            TRY(buf_string(&list, &range));
            return fail(STATUS_USAGE, "--set %.*s.%s: '%.*s' is not a %s in %s", (int)owner.size,
                        (const char *)owner.data, param->name, (int)text.size,
                        (const char *)text.data,
                        param->type == PARAM_WHOLE ? "whole number" : "number", list);
        }
        memcpy(block + param->offset, &value, sizeof value);
        return STATUS_OK;
    }
    for (const struct param_text *at = shared_texts; table == shared_table && at->name; at++)
        TRY(buf_printf(&known, ", %s", at->name));
    TRY(buf_string(&list, &known));
    return fail(STATUS_USAGE, "--set %.*s.%.*s: no such parameter; there are: %s",
                (int)owner.size, (const char *)owner.data, (int)name.size,
                (const char *)name.data, list);
}

static bool split_at(struct slice *head, struct slice *tail, struct slice text, char mark)
{
    const char *at = text.size ? memchr(text.data, mark, text.size) : NULL;

    if (!at)
        return false;
    *head = slice_of(text.data, (size_t)(at - (const char *)text.data));
    *tail = slice_of(at + 1, text.size - head->size - 1);
    return true;
}

static enum status set_cap(struct params *params, struct slice name, struct slice text)
{
    struct cap_override *cap = NULL;
    struct slice first, second;
    int64_t candidate, evidence;

    if (!name.size || name.size >= sizeof cap->name || !split_at(&first, &second, text, '/') ||
        !parse_value(&candidate, PARAM_WHOLE, first) ||
        !parse_value(&evidence, PARAM_WHOLE, second) || candidate < 0 || evidence < 0 ||
        candidate > UINT32_MAX || evidence > UINT32_MAX)
        return fail(STATUS_USAGE, "--set SHARED.cap.%.*s=%.*s: expected CANDIDATE/EVIDENCE, such "
                    "as 30/100", (int)name.size, (const char *)name.data, (int)text.size,
                    (const char *)text.data);
    for (size_t i = 0; i < params->n_caps; i++)
        if (slice_equal(name, slice_str(params->caps[i].name)))
            cap = &params->caps[i];
    if (!cap && params->n_caps == CAP_OVERRIDES_MAX)
        return fail(STATUS_USAGE, "--set SHARED.cap: more than %d classes", CAP_OVERRIDES_MAX);
    if (!cap)
        cap = &params->caps[params->n_caps++];
    memcpy(cap->name, name.data, name.size);
    cap->name[name.size] = 0;
    cap->candidate = (uint32_t)candidate;
    cap->evidence = (uint32_t)evidence;
    return STATUS_OK;
}

static enum status set_subject_labels(struct params *params, struct slice text)
{
    struct slice rest = text, label;

    params->n_subject_labels = 0;
    while (rest.size) {
        if (!split_at(&label, &rest, rest, ',')) {
            label = rest;
            rest = (struct slice){ 0 };
        }
        if (!label.size || label.size >= sizeof params->subject_labels[0] ||
            params->n_subject_labels == SUBJECT_LABELS_MAX)
            return fail(STATUS_USAGE, "--set SHARED.subject_labels=%.*s: expected up to %d labels "
                        "with commas between", (int)text.size, (const char *)text.data,
                        SUBJECT_LABELS_MAX);
        memcpy(params->subject_labels[params->n_subject_labels], label.data, label.size);
        params->subject_labels[params->n_subject_labels++][label.size] = 0;
    }
    return STATUS_OK;
}

static enum status set_shared(struct params *params, struct slice name, struct slice text)
{
    struct slice head, tail;

    if (slice_equal(name, SLICE("subject_labels")))
        return set_subject_labels(params, text);
    if (split_at(&head, &tail, name, '.') && slice_equal(head, SLICE("cap")))
        return set_cap(params, tail, text);
    return set_in_table((unsigned char *)&params->shared, shared_table, SLICE("SHARED"), name,
                        text);
}

enum status params_set(struct params *params, struct slice assignment)
{
    struct slice path, text, owner, name;
    const struct detector *detector;

    if (!split_at(&path, &text, assignment, '=') || !split_at(&owner, &name, path, '.'))
        return fail(STATUS_USAGE, "--set %.*s: expected CODE.param=value", (int)assignment.size,
                    (const char *)assignment.data);
    if (slice_equal(owner, SLICE("SHARED")))
        return set_shared(params, name, text);
    detector = registry_find(owner);
    if (!detector)
        return fail(STATUS_USAGE, "--set %.*s: no detector or code '%.*s'; `ringfence detectors` "
                    "lists them", (int)assignment.size, (const char *)assignment.data,
                    (int)owner.size, (const char *)owner.data);
    return set_in_table(params->blocks[registry_index(detector)], detector->params, owner, name,
                        text);
}

enum status params_check(const struct params *params, const struct schema *schema)
{
    for (size_t i = 0; i < params->n_subject_labels; i++) {
        bool known = false;

        for (size_t k = 0; k < schema->n_labels && !known; k++)
            known = schema->labels[k].role == LABEL_PRINCIPAL &&
                    !strcmp(schema->labels[k].name, params->subject_labels[i]);
        if (!known)
            return fail(STATUS_USAGE, "--set SHARED.subject_labels: the schema has no principal "
                        "'%s'; `ringfence schema show` lists its labels and roles",
                        params->subject_labels[i]);
    }
    return STATUS_OK;
}

static enum status print_table(struct buf *out, const unsigned char *block,
                               const struct param *table)
{
    for (; table->name; table++) {
        int64_t value;

        memcpy(&value, block + table->offset, sizeof value);
        TRY(buf_printf(out, "%s=%" PRId64 "\n", table->name, value));
    }
    return STATUS_OK;
}

enum status params_hash(char text[PARAMS_HASH_MAX], const struct params *params,
                        const struct detector *detector)
{
    AUTO(buf_fini) struct buf all = { 0 };
    unsigned char digest[HASH_BYTES];
    char hex[HASH_HEX_MAX];

    TRY(print_table(&all, (const unsigned char *)&params->shared, shared_table));
    for (size_t i = 0; i < params->n_subject_labels; i++)
        TRY(buf_printf(&all, "subject_label=%s\n", params->subject_labels[i]));
    for (size_t i = 0; i < params->n_caps; i++)
        TRY(buf_printf(&all, "cap.%s=%u/%u\n", params->caps[i].name, params->caps[i].candidate,
                       params->caps[i].evidence));
    TRY(buf_printf(&all, "%s@%u\n", detector->id, detector->version));
    TRY(print_table(&all, params_of(params, detector), detector->params));
    hash256(digest, buf_slice(&all));
    snprintf(text, PARAMS_HASH_MAX, "%.16s", hash_hex(hex, digest, 8));
    return STATUS_OK;
}

static const struct cap_override *find_override(const struct params *params, struct slice name)
{
    for (size_t i = 0; i < params->n_caps; i++)
        if (name.size && slice_equal(name, slice_str(params->caps[i].name)))
            return &params->caps[i];
    return NULL;
}

static struct slice label_name(const struct schema *schema, uint32_t symbol)
{
    for (size_t i = 0; i < schema->n_labels; i++)
        if (schema->labels[i].symbol == symbol)
            return slice_str(schema->labels[i].name);
    return SLICE("");
}

struct caps params_caps(const struct params *params, const struct schema *schema,
                        const struct schema_kind *kind, struct slice class_name)
{
    const struct cap_override *cap = find_override(params, class_name);
    const struct schema_class *class = class_name.size ? schema_class_of(schema, class_name) : NULL;

    if (!cap && !class)
        cap = find_override(params, label_name(schema, kind->label));
    if (cap)
        return (struct caps){ cap->candidate, cap->evidence, class_name };
    if (class)
        return (struct caps){ class->candidate_cap, class->evidence_cap, class_name };
    return (struct caps){ kind->candidate_cap, kind->evidence_cap, class_name };
}
