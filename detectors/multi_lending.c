/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D11 MULTI_LENDING: many applications across lenders and products.
 *
 * Typology: a party that needs money everywhere at once, often through sister firms. Method: the
 * distinct (lender, product) that a control group applied to in three windows that end at T.
 * Reference: multi-platform lending ("duotou") indicators of credit bureaus. Cost: O(filings log).
 * Known false positives: brokers' comparison portals that file with several lenders at once.
 */
#include <stdlib.h>

#include "base/sort.h"
#include "detectors/filing.h"
#include "detectors/locality.h"
#include "detectors/neighbourhood.h"
#include "detectors/rings.h"

#define CODE "MULTI_LENDING"
#define WINDOWS 3

static const int64_t window_days[WINDOWS] = { 7, 30, 90 };

struct lending_params {
    int64_t min[WINDOWS];
};

extern const struct detector detector_multi_lending;

struct offer {
    int64_t lender, product;
    uint32_t filing;
};

struct search {
    struct facts *facts;
    const struct lending_params *params;
    struct findings *findings;
    struct filings filings;
    struct offer *offers;
    size_t n_offers, offers_capacity;
};

static void search_fini(struct search *s)
{
    filings_fini(&s->filings);
    free(s->offers);
}

/* By what the texts say, none before empty: their numbers depend on what else was read. */
static int compare_texts(const struct snapshot *snapshot, int64_t a, int64_t b)
{
    int order = slice_compare(snapshot_text(snapshot, a), snapshot_text(snapshot, b));

    return order ? order : (a != CELL_ABSENT) - (b != CELL_ABSENT);
}

static int compare_offers(const void *a, const void *b, void *context)
{
    const struct offer *x = a, *y = b;
    int order = compare_texts(context, x->lender, y->lender);

    if (!order)
        order = compare_texts(context, x->product, y->product);
    return order ? order : (x->filing > y->filing) - (x->filing < y->filing);
}

static bool is_repeat(const struct offer *offers, size_t i)
{
    return i && offers[i].lender == offers[i - 1].lender &&
           offers[i].product == offers[i - 1].product;
}

/* The group's distinct offers in the window; s->offers holds all, sorted. */
static enum status count_offers(uint32_t *distinct, struct search *s, size_t first, size_t n,
                                int64_t days)
{
    const struct snapshot *snapshot = s->facts->snapshot;

    s->n_offers = 0;
    *distinct = 0;
    for (size_t i = first; i < first + n; i++) {
        const struct filing *filing = &s->filings.items[i];
        struct offer offer = { snapshot_cell(snapshot, filing->application, NODE_LENDER),
                               snapshot_cell(snapshot, filing->application, NODE_PRODUCT),
                               (uint32_t)i };

        if (filing->time_us <= facts_ago(s->facts, days) ||
            (offer.lender == CELL_ABSENT && offer.product == CELL_ABSENT))
            continue;
        TRY(array_reserve(&s->offers, &s->offers_capacity, s->n_offers + 1));
        s->offers[s->n_offers++] = offer;
    }
    sort_items_in(s->offers, s->n_offers, sizeof *s->offers, compare_offers, (void *)snapshot);
    for (size_t i = 0; i < s->n_offers; i++)
        *distinct += !is_repeat(s->offers, i);
    return STATUS_OK;
}

/* Evidence: the first filing of each offer. */
static enum status tell(struct search *s, size_t first, size_t n, int window, uint32_t distinct)
{
    struct findings *f = s->findings;
    struct finding finding = { .code = CODE, .level = LEVEL_ATTENTION };
    size_t edges = f->n_edges, numbers = f->n_numbers;

    for (size_t i = 0; i < s->n_offers; i++)
        if (!is_repeat(s->offers, i))
            TRY(facts_evidence(f, s->facts, s->filings.items[s->offers[i].filing].edge));
    TRY(findings_evidence(&finding.edges, f, edges));
    TRY(findings_number(f, "offers", distinct, 0));
    TRY(findings_number(f, "limit", s->params->min[window], 0));
    TRY(findings_number(f, "window_days", window_days[window], 0));
    finding.numbers = span_since(numbers, f->n_numbers);
    finding.score = finding_score(LEVEL_ATTENTION, distinct, s->params->min[window]);
    TRY(findings_text(&finding.text, f, "%u lenders and products applied to within %lld days "
                      "(limit %lld)", distinct, (long long)window_days[window],
                      (long long)s->params->min[window]));
    for (size_t i = first; i < first + n; i++) {
        if (s->filings.items[i].time_us <= facts_ago(s->facts, window_days[window]))
            continue;
        finding.subject = facts_id(s->facts, s->filings.items[i].principal);
        finding.ring = s->filings.items[i].group;
        TRY(findings_add(f, &finding));
    }
    return STATUS_OK;
}

static enum status judge_group(struct search *s, size_t first, size_t n)
{
    for (int window = 0; window < WINDOWS; window++) {
        uint32_t distinct;

        TRY(count_offers(&distinct, s, first, n, window_days[window]));
        if (distinct >= s->params->min[window])
            TRY(tell(s, first, n, window, distinct));
    }
    return STATUS_OK;
}

/* The shortest window that fires, which is told first. */
static bool is_told_before(const struct findings *findings, const struct finding *a,
                           const struct finding *b)
{
    (void)findings;
    return a->edges.first < b->edges.first;
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct search s = { .facts = facts, .findings = findings };
    size_t start = findings->n;

    s.params = params_of(facts->params, &detector_multi_lending);
    TRY(filings_build(&s.filings, facts, facts_ago(facts, window_days[WINDOWS - 1])));
    for (size_t i = 0, n; i < s.filings.n; i += n) {
        n = filings_of_group(&s.filings, i);
        TRY(judge_group(&s, i, n));
    }
    findings_keep_best(findings, start, is_told_before);
    return rings_name(findings, facts, CODE, start);
}

#define PARAM(at) offsetof(struct lending_params, min[at])

static const struct param params[] = {
    { "min_7", "lenders and products applied to within 7 days", "offers", PARAM(0), PARAM_WHOLE,
      3, 2, 1000000, "offers" },
    { "min_30", "lenders and products applied to within 30 days", "offers", PARAM(1),
      PARAM_WHOLE, 6, 2, 1000000, "offers" },
    { "min_90", "lenders and products applied to within 90 days", "offers", PARAM(2),
      PARAM_WHOLE, 10, 2, 1000000, "offers" },
    { 0 },
};

const struct detector detector_multi_lending = {
    .id = "D11",
    .codes = { CODE },
    .family = "behaviour",
    .summary = "many applications across lenders and products",
    .version = 1,
    .params = params,
    .params_size = sizeof(struct lending_params),
    .run = run,
    .gather = around_group_filings,
    .probe_rank = 6,
    .locality = &locality_group,
};
