/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/gang_private.h"

#include <stdlib.h>

#include "base/sort.h"
#include "base/text.h"
#include "detectors/rings.h"
#include "detectors/use.h"

static int compare_amounts(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Twice the median of the weighted degrees. */
static enum status double_median(int64_t *out, const struct gang_part *part)
{
    AUTO(free_ptr) int64_t *degrees = malloc(part->n * sizeof *degrees);

    if (!degrees)
        return fail_memory(part->n * sizeof *degrees);
    for (size_t i = 0; i < part->n; i++)
        degrees[i] = part->members[i].degree;
    sort_items(degrees, part->n, sizeof *degrees, compare_amounts);
    *out = degrees[(part->n - 1) / 2] + degrees[part->n / 2];
    return STATUS_OK;
}

/* A member's use of an identifier that ties the part together. */
struct tie {
    uint32_t identifier, node;
};

static int compare_ties(const void *a, const void *b)
{
    const struct tie *x = a, *y = b;

    if (x->identifier != y->identifier)
        return x->identifier < y->identifier ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static enum status tell_tie(const struct gang_search *s, const struct tie *tie)
{
    const struct use *newest =
        facts_newest_use(s->facts, tie->identifier, tie->node, s->after_us);

    return newest ? facts_use_evidence(s->findings, s->facts, newest) : STATUS_OK;
}

/* Evidence of the part: each member's newest use of each identifier that ties it. */
static enum status tell_evidence(struct span *out, struct gang_search *s,
                                 const struct gang_part *part)
{
    AUTO(free_ptr) struct tie *ties = NULL;
    size_t n = 0, total = 0, first = s->findings->n_edges;

    for (size_t i = 0; i < part->n_pairs; i++)
        total += 2 * (size_t)part->pairs[i].n;
    ties = malloc((total + 1) * sizeof *ties);
    if (!ties)
        return fail_memory(total * sizeof *ties);
    for (size_t i = 0; i < part->n_pairs; i++) {
        const struct share *shares = &s->pairs.shares[part->pairs[i].first];

        for (uint32_t j = 0; j < part->pairs[i].n; j++) {
            ties[n++] = (struct tie){ shares[j].identifier, shares[j].a };
            ties[n++] = (struct tie){ shares[j].identifier, shares[j].b };
        }
    }
    sort_items(ties, n, sizeof *ties, compare_ties);
    for (size_t i = 0; i < n; i++)
        if (!i || compare_ties(&ties[i], &ties[i - 1]) != 0)
            TRY(tell_tie(s, &ties[i]));
    return findings_evidence(out, s->findings, first);
}

static enum status tell_numbers(struct span *out, struct gang_search *s,
                                const struct gang_part *part)
{
    struct findings *f = s->findings;
    size_t first = f->n_numbers;
    int64_t possible = (int64_t)part->n * (int64_t)(part->n - 1) / 2;

    TRY(findings_number(f, "size", part->unrelated, 0));
    TRY(findings_number(f, "limit", s->params->min_size, 0));
    TRY(findings_number(f, "members", (int64_t)part->n, 0));
    TRY(findings_number(f, "burst", part->burst, 0));
    TRY(findings_number(f, "density", (int64_t)part->n_pairs * DECIMAL_ONE / possible, 6));
    TRY(findings_number(f, "kinds", __builtin_popcount(part->kinds), 0));
    TRY(findings_number(f, "span_days", (part->last_us - part->first_us) / US_PER_DAY, 0));
    TRY(findings_number(f, "amount_minor", part->amount, 0));
    TRY(findings_number(f, "bad_share",
                        (int64_t)part->n_bad * DECIMAL_ONE / (int64_t)part->n, 6));
    TRY(findings_number(f, "first_application_us", part->first_us, 0));
    TRY(findings_number(f, "last_application_us", part->last_us, 0));
    *out = span_since(first, f->n_numbers);
    return STATUS_OK;
}

enum status gang_tell(struct gang_search *s, const struct gang_part *part)
{
    bool alert = part->unrelated >= s->params->alert_size || part->marked;
    struct finding finding = { .code = GANG_CODE, .level = alert ? LEVEL_ALERT : LEVEL_ATTENTION,
                               .ring = part->members->part };
    int64_t median2;
    int kinds = __builtin_popcount(part->kinds);

    finding.score = finding_score(finding.level, part->unrelated, s->params->min_size);
    TRY(double_median(&median2, part));
    TRY(tell_evidence(&finding.edges, s, part));
    TRY(tell_numbers(&finding.numbers, s, part));
    TRY(findings_text(&finding.text, s->findings, "%u unrelated applicants within %lld day%s tied "
                      "by %d kind%s of shared identifier (limit %lld applicants)",
                      part->unrelated, (long long)s->params->window_days,
                      text_s(s->params->window_days), kinds, text_s(kinds),
                      (long long)s->params->min_size));
    for (size_t i = 0; i < part->n; i++) {
        finding.subject = facts_id(s->facts, part->members[i].node);
        finding.role = 2 * part->members[i].degree > median2 ? "core" : "periphery";
        TRY(findings_add(s->findings, &finding));
    }
    return STATUS_OK;
}

/* Findings carry their part's name in `ring` until the rings are known. */
enum status gang_name_rings(struct gang_search *s, size_t first)
{
    struct findings *findings = s->findings;

    TRY(rings_name(findings, s->facts, GANG_CODE, first));
    for (size_t i = first; i < findings->n; i++)
        if (findings->items[i].ring != FINDING_NO_RING)
            findings->rings[findings->items[i].ring].numbers = findings->items[i].numbers;
    return STATUS_OK;
}
