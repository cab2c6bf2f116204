/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing two policies: what each says, line by line */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "screening/policy_file.h"

/* Lines end and keys are parted from values by control characters: a text's own are spelt out. */
static enum status say_text(struct buf *out, const char *text)
{
    for (; *text; text++)
        TRY((unsigned char)*text < ' ' ? buf_printf(out, "\\x%02x", (unsigned)*text)
                                       : buf_append_byte(out, *text));
    return STATUS_OK;
}

static enum status say(struct buf *out, const char *where, const char *key, const char *value)
{
    if (!value)
        return STATUS_OK;
    TRY(buf_printf(out, "%s%s\t", where, key));
    TRY(say_text(out, value));
    return buf_append_byte(out, '\n');
}

static enum status say_rule(struct buf *out, const char *where, const struct rule *rule)
{
    for (enum tag_level level = TAG_HINT; level <= TAG_ALERT; level++) {
        const int64_t *points = policy_rule_points(rule, level);

        if (points)
            TRY(buf_printf(out, "%s%s %s\t%" PRId64 "\n", where, rule->code,
                           tag_level_name(level), *points));
    }
    if (rule->level)
        TRY(buf_printf(out, "%s%s level\t%s\n", where, rule->code,
                       policy_level_words[rule->level]));
    if (rule->block_at)
        TRY(buf_printf(out, "%s%s block_at\t%s\n", where, rule->code,
                       policy_level_words[rule->block_at]));
    for (size_t i = 0; i < rule->n_limits; i++)
        TRY(buf_printf(out, "%s%s %s at_least\t%g\n", where, rule->code, rule->limits[i].number,
                       rule->limits[i].at_least));
    return STATUS_OK;
}

static enum status say_choices(struct buf *out, const char *where, int partial, int truncated,
                               int unavailable)
{
    if (partial)
        TRY(buf_printf(out, "%son_partial\t%s\n", where, policy_decision_words[partial]));
    if (truncated)
        TRY(buf_printf(out, "%son_truncated\t%s\n", where, policy_decision_words[truncated]));
    if (unavailable)
        TRY(buf_printf(out, "%son_unavailable\t%s\n", where, policy_decision_words[unavailable]));
    return STATUS_OK;
}

static enum status say_thresholds(struct buf *out, const char *where,
                                  const struct thresholds *thresholds)
{
    if (!thresholds)
        return STATUS_OK;
    TRY(buf_printf(out, "%sthresholds review\t%" PRId64 "\n", where, thresholds->review));
    return buf_printf(out, "%sthresholds reject\t%" PRId64 "\n", where, thresholds->reject);
}

static enum status say_override(struct buf *out, const struct policy_override *override)
{
    AUTO(buf_fini) struct buf name = { 0 };
    const char *where;

    TRY(buf_append_slice(&name, SLICE("overrides ")));
    TRY(say_text(&name, override->name));
    TRY(buf_append_byte(&name, ' '));
    TRY(buf_string(&where, &name));
    TRY(say(out, where, "product", override->product));
    TRY(say(out, where, "industry", override->industry));
    TRY(say(out, where, "enterprise_type", override->enterprise_type));
    if (override->allow_pass)
        TRY(say(out, where, "allow_pass", *override->allow_pass ? "yes" : "no"));
    TRY(say_thresholds(out, where, override->thresholds));
    TRY(say_choices(out, where, override->on_partial, override->on_truncated,
                    override->on_unavailable));
    for (size_t i = 0; i < override->n_codes; i++)
        TRY(say_rule(out, where, &override->codes[i]));
    return STATUS_OK;
}

static enum status say_setting(struct buf *out, const char *setting)
{
    TRY(buf_append_slice(out, SLICE("settings ")));
    TRY(say_text(out, setting));
    return buf_append_slice(out, SLICE("\tset\n"));
}

static enum status say_policy(struct buf *out, const struct file *file)
{
    TRY(say(out, "", "name", file->name));
    TRY(buf_printf(out, "version\t%" PRId64 "\n", file->version));
    TRY(buf_printf(out, "allow_pass\t%s\n", file->allow_pass ? "yes" : "no"));
    if (file->max_reads)
        TRY(buf_printf(out, "max_reads\t%" PRId64 "\n", *file->max_reads));
    for (size_t i = 0; i < file->n_settings; i++)
        TRY(say_setting(out, file->settings[i]));
    TRY(say_thresholds(out, "", file->thresholds));
    TRY(say_choices(out, "", file->on_partial, file->on_truncated, file->on_unavailable));
    if (file->base) {
        struct rule base = { .code = "points", .hint = file->base->hint,
                             .attention = file->base->attention, .alert = file->base->alert };

        TRY(say_rule(out, "default ", &base));
    }
    for (size_t i = 0; i < file->n_codes; i++)
        TRY(say_rule(out, "codes ", &file->codes[i]));
    for (size_t i = 0; i < file->n_overrides; i++)
        TRY(say_override(out, &file->overrides[i]));
    return STATUS_OK;
}

/* Lines of a buffer, sorted; each "key\tvalue". */
struct lines {
    char **items;
    size_t n, capacity;
    struct buf text;
};

static void lines_fini(struct lines *lines)
{
    free(lines->items);
    buf_fini(&lines->text);
}

static int by_text(const void *a, const void *b)
{
    char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

static enum status lines_split(struct lines *lines, const struct policy *policy)
{
    const char *text;

    TRY(say_policy(&lines->text, policy->file));
    TRY(buf_string(&text, &lines->text));
    for (char *at = (char *)lines->text.data; *at;) {
        char *end = strchr(at, '\n');

        *end = 0;
        TRY(array_reserve(&lines->items, &lines->capacity, lines->n + 1));
        lines->items[lines->n++] = at;
        at = end + 1;
    }
    if (lines->n)
        qsort(lines->items, lines->n, sizeof *lines->items, by_text);
    return STATUS_OK;
}

/* Splits at the tab; gives the value. */
static const char *line_value(const char *line, size_t *key_size)
{
    const char *tab = strchr(line, '\t');

    *key_size = (size_t)(tab - line);
    return tab + 1;
}

static int key_order(const char *a, const char *b)
{
    size_t n_a, n_b;

    line_value(a, &n_a);
    line_value(b, &n_b);
    return slice_compare(slice_of(a, n_a), slice_of(b, n_b));
}

static enum status diff_line(struct buf *out, const char *a, const char *b)
{
    size_t n;
    const char *was = a ? line_value(a, &n) : "(not given)";
    const char *now = b ? line_value(b, &n) : "(not given)";

    if (strcmp(was, now) == 0)
        return STATUS_OK;
    return buf_printf(out, "%.*s: %s -> %s\n", (int)n, a ? a : b, was, now);
}

enum status policy_diff(struct buf *out, const struct policy *a, const struct policy *b)
{
    AUTO(lines_fini) struct lines was = { 0 };
    AUTO(lines_fini) struct lines now = { 0 };
    size_t i = 0, j = 0;

    TRY(lines_split(&was, a));
    TRY(lines_split(&now, b));
    while (i < was.n || j < now.n) {
        int order = i == was.n ? 1 : j == now.n ? -1 : key_order(was.items[i], now.items[j]);

        TRY(diff_line(out, order <= 0 ? was.items[i] : NULL, order >= 0 ? now.items[j] : NULL));
        i += order <= 0;
        j += order >= 0;
    }
    return STATUS_OK;
}
