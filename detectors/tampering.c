/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D14 APPLICATION_TAMPERING: the same party retrying with changed facts.
 *
 * Typology: after a refusal the form is filled again with another phone, product or industry until
 * it passes. Method: consecutive applications of one control group less than an hour apart that
 * differ in two stated facts, compared only where both state one (identifiers as whole sets).
 * Reference: application consistency rules of card issuers. Cost: O(filings log filings).
 * Known false positives: a clerk who corrects a form filed for another firm of the group.
 */
#include <stdlib.h>

#include "base/sort.h"
#include "base/text.h"
#include "detectors/filing.h"
#include "detectors/locality.h"
#include "detectors/reach.h"

#define CODE "APPLICATION_TAMPERING"

struct tampering_params {
    int64_t gap_minutes, min_fields;
};

extern const struct detector detector_tampering;

/* Identifiers of one kind that an application states, ascending, each once. */
struct stated {
    uint32_t *items;
    size_t n, capacity;
};

struct search {
    struct facts *facts;
    const struct tampering_params *params;
    struct findings *findings;
    struct filings filings;
    struct stated a, b;
};

static void search_fini(struct search *s)
{
    filings_fini(&s->filings);
    free(s->a.items);
    free(s->b.items);
}

/* Whether an application states identifiers by this link. */
static bool states(const struct schema_link *link)
{
    return link->through_application && link->n_steps == 2 && !link->steps[1].reversed;
}

static enum status list_stated(struct stated *out, const struct facts *facts,
                               uint32_t application, uint32_t kind)
{
    size_t kept = 0;

    out->n = 0;
    for (size_t i = 0; i < facts->schema->n_links; i++) {
        const struct schema_link *link = &facts->schema->links[i];
        const struct edge_table *table;
        struct adjacency rows;

        if (link->kind != kind || !states(link))
            continue;
        table = snapshot_table(facts->snapshot, link->steps[1].type);
        TRY(snapshot_index(&rows, facts->snapshot, table, DIRECTION_OUT));
        for (uint32_t at = rows.offset[application]; at < rows.offset[application + 1]; at++) {
            TRY(array_reserve(&out->items, &out->capacity, out->n + 1));
            out->items[out->n++] = table->to[at];
        }
    }
    sort_items(out->items, out->n, sizeof *out->items, sort_by_u32);
    for (size_t i = 0; i < out->n; i++)
        if (!i || out->items[i] != out->items[i - 1])
            out->items[kept++] = out->items[i];
    out->n = kept;
    return STATUS_OK;
}

static enum status kind_differs(bool *out, struct search *s, uint32_t a, uint32_t b, uint32_t kind)
{
    TRY(list_stated(&s->a, s->facts, a, kind));
    TRY(list_stated(&s->b, s->facts, b, kind));
    *out = s->a.n && s->b.n &&
           (s->a.n != s->b.n ||
            memcmp(s->a.items, s->b.items, s->a.n * sizeof *s->a.items) != 0);
    return STATUS_OK;
}

static enum status count_differences(uint32_t *n, struct search *s, uint32_t a, uint32_t b)
{
    static const enum node_column texts[] = { NODE_LEGAL_REP, NODE_INDUSTRY, NODE_PRODUCT };
    const struct facts *facts = s->facts;

    *n = 0;
    for (uint32_t kind = 0; kind < facts->schema->n_kinds; kind++) {
        bool differs;

        TRY(kind_differs(&differs, s, a, b, kind));
        *n += differs;
    }
    for (int i = 0; i < 3; i++) {
        int64_t x = snapshot_cell(facts->snapshot, a, texts[i]);
        int64_t y = snapshot_cell(facts->snapshot, b, texts[i]);

        *n += x != CELL_ABSENT && y != CELL_ABSENT && x != y;
    }
    return STATUS_OK;
}

/* The edges by which an application states identifiers. */
static enum status tell_stated(struct search *s, uint32_t application)
{
    for (size_t i = 0; i < s->facts->schema->n_links; i++) {
        const struct schema_link *link = &s->facts->schema->links[i];
        const struct edge_table *table;
        struct adjacency rows;

        if (!states(link))
            continue;
        table = snapshot_table(s->facts->snapshot, link->steps[1].type);
        TRY(snapshot_index(&rows, s->facts->snapshot, table, DIRECTION_OUT));
        for (uint32_t at = rows.offset[application]; at < rows.offset[application + 1]; at++)
            TRY(facts_evidence(s->findings, s->facts, table->base + at));
    }
    return STATUS_OK;
}

static enum status tell(struct search *s, const struct filing *a, const struct filing *b,
                        uint32_t differences)
{
    struct findings *f = s->findings;
    struct finding finding = { .code = CODE, .level = LEVEL_ATTENTION, .ring = FINDING_NO_RING };
    size_t edges = f->n_edges, numbers = f->n_numbers;
    int64_t minutes = (b->time_us - a->time_us) / US_PER_MINUTE;

    TRY(facts_evidence(f, s->facts, a->edge));
    TRY(tell_stated(s, a->application));
    TRY(facts_evidence(f, s->facts, b->edge));
    TRY(tell_stated(s, b->application));
    TRY(findings_evidence(&finding.edges, f, edges));
    TRY(findings_number(f, "fields", differences, 0));
    TRY(findings_number(f, "limit", s->params->min_fields, 0));
    TRY(findings_number(f, "minutes", minutes, 0));
    finding.numbers = span_since(numbers, f->n_numbers);
    finding.score = finding_score(LEVEL_ATTENTION, differences, s->params->min_fields);
    TRY(findings_text(&finding.text, f, "two applications %lld minute%s apart differ in %u "
                      "stated fact%s (limit %lld)", (long long)minutes, text_s(minutes),
                      differences, text_s(differences), (long long)s->params->min_fields));
    finding.subject = facts_id(s->facts, a->principal);
    TRY(findings_add(f, &finding));
    if (a->principal == b->principal)
        return STATUS_OK;
    finding.subject = facts_id(s->facts, b->principal);
    return findings_add(f, &finding);
}

/* Whether the two are consecutive applications close in time. */
static bool close_by(const struct search *s, const struct filing *a, const struct filing *b)
{
    return a->group == b->group && a->application != b->application &&
           b->time_us - a->time_us < s->params->gap_minutes * US_PER_MINUTE;
}

/* All filings of one application stand together; principals of both are parties to the change. */
static enum status judge(struct search *s, size_t first, size_t next)
{
    const struct filing *items = s->filings.items;
    uint32_t differences;

    if (!close_by(s, &items[first], &items[next]))
        return STATUS_OK;
    TRY(count_differences(&differences, s, items[first].application, items[next].application));
    if (differences < s->params->min_fields)
        return STATUS_OK;
    for (size_t a = first; a < s->filings.n && items[a].application == items[first].application &&
                           items[a].group == items[first].group; a++)
        for (size_t b = next; b < s->filings.n &&
                              items[b].application == items[next].application &&
                              items[b].group == items[next].group; b++)
            TRY(tell(s, &items[a], &items[b], differences));
    return STATUS_OK;
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct search s = { .facts = facts, .findings = findings };
    size_t start = findings->n;

    s.params = params_of(facts->params, &detector_tampering);
    TRY(filings_build(&s.filings, facts,
                      facts_ago(facts, facts->params->shared.lookback_days)));
    for (size_t i = 0; i < s.filings.n;) {
        size_t next = i + 1;

        while (next < s.filings.n && s.filings.items[next].group == s.filings.items[i].group &&
               s.filings.items[next].application == s.filings.items[i].application)
            next++;
        if (next < s.filings.n)
            TRY(judge(&s, i, next));
        i = next;
    }
    findings_keep_best(findings, start, finding_is_stronger);
    return STATUS_OK;
}

static int by_time(const void *a, const void *b)
{
    const struct around_filing *x = a, *y = b;

    return (x->time_us > y->time_us) - (x->time_us < y->time_us);
}

/* Whether another application lies within the gap; those of one lie together but for its equals. */
static bool has_neighbour(const struct around_filings *filings, size_t at, int64_t gap_us)
{
    const struct around_filing *items = filings->items;

    for (size_t i = at; i-- > 0 && items[at].time_us - items[i].time_us < gap_us;)
        if (items[i].application.value != items[at].application.value)
            return true;
    for (size_t i = at + 1; i < filings->n && items[i].time_us - items[at].time_us < gap_us; i++)
        if (items[i].application.value != items[at].application.value)
            return true;
    return false;
}

/* What an application states, where another one of the group is close in time. */
static enum status gather_close(struct neighbourhood *around, struct around_filings *filings)
{
    const struct tampering_params *set = params_of(around->params, &detector_tampering);

    sort_items(filings->items, filings->n, sizeof *filings->items, by_time);
    for (size_t i = 0; i < filings->n; i++)
        if (has_neighbour(filings, i, set->gap_minutes * US_PER_MINUTE))
            TRY(reach_stated(around, filings->items[i].application));
    return STATUS_OK;
}

static enum status gather(struct neighbourhood *around)
{
    TRY(around_group_filings(around));
    for (size_t i = 0; i < around->n_focus; i++) {
        AUTO(around_filings_fini) struct around_filings filings = { 0 };

        TRY(around_filings_of(&filings, around, around->focus[i]));
        TRY(gather_close(around, &filings));
    }
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct tampering_params, field)

static const struct param params[] = {
    { "gap_minutes", "consecutive applications less than this apart are compared", "minutes",
      PARAM(gap_minutes), PARAM_WHOLE, 60, 1, 1000000, "minutes" },
    { "min_fields", "stated facts that must differ", "facts", PARAM(min_fields), PARAM_WHOLE, 2,
      1, 6, "fields" },
    { 0 },
};

const struct detector detector_tampering = {
    .id = "D14",
    .codes = { CODE },
    .family = "behaviour",
    .summary = "the same party retrying with changed facts",
    .version = 3,
    .params = params,
    .params_size = sizeof(struct tampering_params),
    .run = run,
    .gather = gather,
    .probe_rank = 6,
    .locality = &locality_group,
};
