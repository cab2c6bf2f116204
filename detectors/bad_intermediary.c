/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D15 BAD_INTERMEDIARY: an agent whose applications go bad far above base rate.
 *
 * Typology: an intermediary prepares applications that default. Method: per person, phone or
 * device that touches applications with an outcome, the share gone bad against the share of all
 * applications with an outcome. Volume alone never fires. Reference: agent monitoring of lenders.
 * Cost: O(uses log uses). Known false positives: agents of one risky trade.
 */
#include <stdlib.h>

#include "base/text.h"
#include "detectors/facts.h"
#include "detectors/use.h"
#include "detectors/wide.h"

#define CODE "BAD_INTERMEDIARY"

struct intermediary_params {
    int64_t min_applications, lift, min_bad;
};

extern const struct detector detector_bad_intermediary;

/* An identifier touches an application. */
struct touch {
    uint32_t identifier, application, principal;
    uint32_t edges[SCHEMA_STEPS_MAX];
};

enum outcome { OUTCOME_NONE, OUTCOME_GOOD, OUTCOME_BAD };

struct search {
    struct facts *facts;
    const struct intermediary_params *params;
    struct findings *findings;
    unsigned char *outcome;  /* per node: enum outcome of applications in the lookback */
    struct touch *touches;
    size_t n, capacity;
    int64_t n_all, n_bad;    /* applications with an outcome, and those of them gone bad */
    unsigned char *hinted;   /* per node */
};

static void search_fini(struct search *s)
{
    free(s->outcome);
    free(s->touches);
    free(s->hinted);
}

static enum outcome outcome_of(const struct snapshot *snapshot, uint32_t application)
{
    struct slice text =
        snapshot_text(snapshot, snapshot_cell(snapshot, application, NODE_OUTCOME));

    if (slice_equal(text, SLICE("overdue")) || slice_equal(text, SLICE("fraud")))
        return OUTCOME_BAD;
    return text.size ? OUTCOME_GOOD : OUTCOME_NONE;
}

static enum status add_touch(struct search *s, const struct use *use, uint32_t application)
{
    TRY(array_reserve(&s->touches, &s->capacity, s->n + 1));
    s->touches[s->n] = (struct touch){ use->identifier, application, use->principal, { 0 } };
    memcpy(s->touches[s->n++].edges, use->edges, sizeof use->edges);
    return STATUS_OK;
}

/* A contact touches the applications that its firm filed while it was the contact. */
static enum status touch_filed(struct search *s, const struct use *use)
{
    int64_t after_us = facts_ago(s->facts, s->facts->params->shared.lookback_days);

    for (const uint32_t *type = s->facts->schema->roles.applied; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, DIRECTION_OUT));
        for (uint32_t row = rows.offset[use->principal]; row < rows.offset[use->principal + 1];
             row++)
            if (table->start[row] > after_us && table->start[row] <= s->facts->at_us &&
                use->start <= table->start[row] && table->start[row] < use->end)
                TRY(add_touch(s, use, table->to[row]));
    }
    return STATUS_OK;
}

static bool is_contact(const struct schema *schema, const struct use *use)
{
    const struct schema_link *link = &schema->links[use->link];

    for (const uint32_t *type = schema->roles.contact; type && *type; type++)
        if (link->n_steps == 1 && link->steps[0].type == *type)
            return true;
    return false;
}

/* An interval use in the role of an agent, such as a phone's. */
static bool is_agent(const struct facts *facts, const struct use *use)
{
    uint32_t row;
    const struct edge_table *table = snapshot_edge(&row, facts->snapshot, use->edges[0]);

    return !use->dated && slice_equal(snapshot_text(facts->snapshot,
                                                    edge_cell(table, row, EDGE_ROLE)),
                                      SLICE("agent"));
}

static enum status collect(struct search *s)
{
    const struct uses *uses = s->facts->uses;
    uint32_t address = facts_kind(s->facts, "address");

    for (size_t i = 0; i < uses->n; i++) {
        const struct use *use = &uses->items[i];

        if (use->kind == address)
            continue;
        if (use->application != NODE_NONE)
            TRY(add_touch(s, use, use->application));
        else if (is_contact(s->facts->schema, use) || is_agent(s->facts, use))
            TRY(touch_filed(s, use));
    }
    return STATUS_OK;
}

static int compare_touches(const void *a, const void *b)
{
    const struct touch *x = a, *y = b;

    if (x->identifier != y->identifier)
        return x->identifier < y->identifier ? -1 : 1;
    if (x->application != y->application)
        return x->application < y->application ? -1 : 1;
    return (x->principal > y->principal) - (x->principal < y->principal);
}

/* An application of the lookback, for the share gone bad over all of them; each counts once. */
static void add_to_base(struct search *s, uint32_t application)
{
    if (s->outcome[application])
        return;
    s->outcome[application] = (unsigned char)(outcome_of(s->facts->snapshot, application) + 1);
    s->n_all += s->outcome[application] > OUTCOME_NONE + 1;
    s->n_bad += s->outcome[application] == OUTCOME_BAD + 1;
}

/* Also of applications that no intermediary touches: a lender's whole record is the base. */
static enum status measure_base(struct search *s)
{
    uint32_t n = s->facts->snapshot->n_nodes;
    int64_t after_us = facts_ago(s->facts, s->facts->params->shared.lookback_days);

    s->outcome = calloc(n + (size_t)1, 1);
    s->hinted = calloc(n + (size_t)1, 1);
    if (!s->outcome || !s->hinted)
        return fail_memory(n);
    for (size_t i = 0; i < s->n; i++)
        add_to_base(s, s->touches[i].application);
    for (const uint32_t *type = s->facts->schema->roles.applied; type && *type; type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++)
            if (table->start[row] > after_us && table->start[row] <= s->facts->at_us)
                add_to_base(s, table->to[row]);
    }
    return STATUS_OK;
}

struct tally_of {
    int64_t n, bad;
};

static struct tally_of count(const struct search *s, const struct touch *touches, size_t n)
{
    struct tally_of tally = { 0, 0 };

    for (size_t i = 0; i < n; i++) {
        unsigned char outcome = s->outcome[touches[i].application];

        if (i && touches[i].application == touches[i - 1].application)
            continue;
        tally.n += outcome > OUTCOME_NONE + 1;
        tally.bad += outcome == OUTCOME_BAD + 1;
    }
    return tally;
}

static enum status hint_open(struct search *s, const struct finding *told,
                             const struct touch *touches, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct finding finding = *told;

        if (s->outcome[touches[i].application] != OUTCOME_NONE + 1 ||
            s->hinted[touches[i].principal]++)
            continue;
        finding.subject = facts_id(s->facts, touches[i].principal);
        finding.level = LEVEL_HINT;
        finding.score = finding_score(LEVEL_HINT, 1, 1);
        TRY(findings_add(s->findings, &finding));
    }
    return STATUS_OK;
}

static enum status tell(struct search *s, const struct touch *touches, size_t n,
                        struct tally_of tally)
{
    struct findings *f = s->findings;
    struct finding finding = { .subject = facts_id(s->facts, touches->identifier), .code = CODE,
                               .level = LEVEL_ATTENTION, .ring = FINDING_NO_RING };
    size_t edges = f->n_edges, numbers = f->n_numbers;
    int64_t share = tally.bad * DECIMAL_ONE / tally.n, base = s->n_bad * DECIMAL_ONE / s->n_all;

    for (size_t i = 0; i < n; i++)
        if (s->outcome[touches[i].application] == OUTCOME_BAD + 1)
            for (int k = 0; k < SCHEMA_STEPS_MAX && touches[i].edges[k] != USE_NO_EDGE; k++)
                TRY(facts_evidence(f, s->facts, touches[i].edges[k]));
    TRY(findings_evidence(&finding.edges, f, edges));
    TRY(findings_number(f, "applications", tally.n, 0));
    TRY(findings_number(f, "bad", tally.bad, 0));
    TRY(findings_number(f, "bad_share", share, 6));
    TRY(findings_number(f, "base_share", base, 6));
    TRY(findings_number(f, "limit", s->params->min_applications, 0));
    finding.numbers = span_since(numbers, f->n_numbers);
    finding.score = finding_score(LEVEL_ATTENTION, share, base);
    TRY(findings_text(&finding.text, f, "%lld of %lld application%s by way of it went bad",
                      (long long)tally.bad, (long long)tally.n, text_s(tally.n)));
    TRY(findings_add(f, &finding));
    return hint_open(s, &finding, touches, n);
}

static bool fires(const struct search *s, struct tally_of tally)
{
    return tally.n >= s->params->min_applications && tally.bad >= s->params->min_bad &&
           (wide_int)tally.bad * s->n_all * DECIMAL_ONE >=
               (wide_int)s->params->lift * s->n_bad * tally.n;
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct search s = { .facts = facts, .findings = findings };
    size_t first = findings->n;

    TRY(facts_need(facts, NEED_USES));
    s.params = params_of(facts->params, &detector_bad_intermediary);
    TRY(collect(&s));
    TRY(measure_base(&s));
    if (s.n)
        qsort(s.touches, s.n, sizeof *s.touches, compare_touches);
    for (size_t i = 0, n; i < s.n; i += n) {
        struct tally_of tally;

        for (n = 1; i + n < s.n && s.touches[i + n].identifier == s.touches[i].identifier;)
            n++;
        tally = count(&s, &s.touches[i], n);
        if (fires(&s, tally))
            TRY(tell(&s, &s.touches[i], n, tally));
    }
    findings_keep_best(findings, first, finding_is_stronger);
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct intermediary_params, field)

static const struct param params[] = {
    { "min_applications", "applications with an outcome that make a record", "applications",
      PARAM(min_applications), PARAM_WHOLE, 10, 1, 1000000, "applications" },
    { "lift", "times the share of all such applications that must have gone bad", "times",
      PARAM(lift), PARAM_DECIMAL, 3 * DECIMAL_ONE, 0, 1000 * DECIMAL_ONE, NULL },
    { "min_bad", "bad applications at least", "applications", PARAM(min_bad), PARAM_WHOLE, 3, 1,
      1000000, "bad" },
    { 0 },
};

const struct detector detector_bad_intermediary = {
    .id = "D15",
    .codes = { CODE },
    .family = "behaviour",
    .summary = "an agent whose applications go bad far above base rate",
    .version = 3,
    .params = params,
    .params_size = sizeof(struct intermediary_params),
    .run = run,
};
