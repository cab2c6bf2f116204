/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D18 CONTRADICTION: stated facts that conflict with recorded ones.
 *
 * Typology: an application in the name of a real firm with somebody else's phone, room or
 * representative. Method: per application, what it states against what is on record: verified
 * phones and addresses, legal representatives, check digits of keys, names of one identity number.
 * Reference: know-your-customer consistency rules. Cost: O(applications * their edges).
 * Known false positives: moves and new representatives not yet recorded.
 */
#include <stdlib.h>

#include "detectors/filing.h"
#include "detectors/locality.h"

#define CODE "CONTRADICTION"

enum { KIND_CONTACT = 1, KIND_REPRESENTATIVE = 2, KIND_KEY = 4, KIND_NAME = 8 };

struct contradiction_params {
    int64_t min_attention;
};

extern const struct detector detector_contradiction;

struct search {
    struct facts *facts;
    const struct contradiction_params *params;
    struct findings *findings;
    struct filings filings;
    size_t first_edge;    /* evidence of the filing at hand */
};

static void search_fini(struct search *s)
{
    filings_fini(&s->filings);
}

/*
 * Whether the application states an identifier of the kind that differs from all the applicant's
 * verified ones in force when it was filed, having at least one.
 */
static enum status kind_differs(bool *out, struct search *s, const struct filing *filing,
                                uint32_t kind)
{
    const struct schema *schema = s->facts->schema;
    const struct edge_table *stated = NULL, *recorded = NULL;
    struct adjacency stated_rows, recorded_rows;
    uint32_t verified_row = UINT32_MAX, stated_row = UINT32_MAX;
    bool equal = false;

    *out = false;
    for (size_t i = 0; i < schema->n_links; i++) {
        const struct schema_link *link = &schema->links[i];

        if (link->kind == kind && link->through_application && link->n_steps == 2)
            stated = snapshot_table(s->facts->snapshot, link->steps[1].type);
        if (link->kind == kind && !link->dated && link->n_steps == 1 && !link->steps[0].reversed)
            recorded = snapshot_table(s->facts->snapshot, link->steps[0].type);
    }
    if (!stated || !recorded || !stated->n || !recorded->n)
        return STATUS_OK;
    TRY(snapshot_index(&stated_rows, s->facts->snapshot, stated, DIRECTION_OUT));
    TRY(snapshot_index(&recorded_rows, s->facts->snapshot, recorded, DIRECTION_OUT));
    for (uint32_t i = stated_rows.offset[filing->application];
         i < stated_rows.offset[filing->application + 1]; i++) {
        stated_row = i;
        for (uint32_t k = recorded_rows.offset[filing->principal];
             k < recorded_rows.offset[filing->principal + 1]; k++) {
            if (edge_cell(recorded, k, EDGE_VERIFIED) != 1 ||
                !edge_row_active(recorded, k, filing->time_us))
                continue;
            verified_row = k;
            equal |= recorded->to[k] == stated->to[i];
        }
    }
    if (equal || stated_row == UINT32_MAX || verified_row == UINT32_MAX)
        return STATUS_OK;
    *out = true;
    TRY(facts_evidence(s->findings, s->facts, stated->base + stated_row));
    return facts_evidence(s->findings, s->facts, recorded->base + verified_row);
}

/* The stated representative against the keys of those recorded when it was filed. */
static enum status representative_differs(bool *out, struct search *s,
                                          const struct filing *filing)
{
    int64_t cell = snapshot_cell(s->facts->snapshot, filing->application, NODE_LEGAL_REP);
    struct slice stated = snapshot_text(s->facts->snapshot, cell);
    uint32_t edge = UINT32_MAX;

    *out = false;
    for (const uint32_t *type = s->facts->schema->roles.represents; type && *type && stated.size;
         type++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *type);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, DIRECTION_IN));
        for (uint32_t at = rows.offset[filing->principal];
             at < rows.offset[filing->principal + 1]; at++) {
            uint32_t row = adjacency_row(&rows, at);

            if (!edge_row_active(table, row, filing->time_us))
                continue;
            if (slice_equal(snapshot_key(s->facts->snapshot, table->from[row]), stated))
                return STATUS_OK;
            edge = table->base + row;
        }
    }
    *out = edge != UINT32_MAX;
    return *out ? facts_evidence(s->findings, s->facts, edge) : STATUS_OK;
}

/* A person on record under one identity number with two names. */
static bool has_two_names(const struct search *s, uint32_t node)
{
    uint32_t kind = facts_kind(s->facts, "person");
    size_t n;

    snapshot_cells(&n, s->facts->snapshot, node, NODE_NAME_CHANGED);
    return n && kind < s->facts->schema->n_kinds &&
           s->facts->snapshot->labels[node] == s->facts->schema->kinds[kind].label;
}

/* Whether somebody stands so to the applicant when it is filed; tells by which edge. */
static enum status related_has_two_names(bool *out, struct search *s,
                                         const struct filing *filing, const uint32_t *types)
{
    for (; types && *types && !*out; types++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *types);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, DIRECTION_IN));
        for (uint32_t at = rows.offset[filing->principal];
             at < rows.offset[filing->principal + 1] && !*out; at++) {
            uint32_t row = adjacency_row(&rows, at);

            *out = edge_row_active(table, row, filing->time_us) &&
                   has_two_names(s, table->from[row]);
            if (*out)
                TRY(facts_evidence(s->findings, s->facts, table->base + row));
        }
    }
    return STATUS_OK;
}

/* The applicant himself, its representatives and its contacts. */
static enum status names_differ(bool *out, struct search *s, const struct filing *filing)
{
    *out = has_two_names(s, filing->principal);
    TRY(related_has_two_names(out, s, filing, s->facts->schema->roles.represents));
    return related_has_two_names(out, s, filing, s->facts->schema->roles.contact);
}

static enum status kinds_of(unsigned *kinds, struct search *s, const struct filing *filing)
{
    uint32_t phone = facts_kind(s->facts, "phone"), address = facts_kind(s->facts, "address");
    struct slice key = snapshot_key(s->facts->snapshot, filing->principal);
    bool differs;

    *kinds = 0;
    TRY(kind_differs(&differs, s, filing, phone));
    *kinds |= differs ? KIND_CONTACT : 0;
    TRY(kind_differs(&differs, s, filing, address));
    *kinds |= differs ? KIND_CONTACT : 0;
    TRY(representative_differs(&differs, s, filing));
    *kinds |= differs ? KIND_REPRESENTATIVE : 0;
    if (key.size == 18 && snapshot_cell(s->facts->snapshot, filing->principal,
                                        NODE_KEY_VALID) == 0)
        *kinds |= KIND_KEY;
    TRY(names_differ(&differs, s, filing));
    *kinds |= differs ? KIND_NAME : 0;
    return STATUS_OK;
}

static enum status tell(struct search *s, const struct filing *filing, unsigned kinds)
{
    int64_t n = __builtin_popcount(kinds);
    struct finding finding = { .subject = facts_id(s->facts, filing->principal), .code = CODE,
                               .level = n >= s->params->min_attention ? LEVEL_ATTENTION
                                                                      : LEVEL_HINT,
                               .ring = FINDING_NO_RING };
    size_t numbers = s->findings->n_numbers;

    TRY(facts_evidence(s->findings, s->facts, filing->edge));
    TRY(findings_evidence(&finding.edges, s->findings, s->first_edge));
    TRY(findings_number(s->findings, "kinds", n, 0));
    TRY(findings_number(s->findings, "limit", s->params->min_attention, 0));
    finding.numbers = span_since(numbers, s->findings->n_numbers);
    finding.score = finding_score(finding.level, n, finding.level == LEVEL_HINT
                                                        ? 1 : s->params->min_attention);
    TRY(findings_text(&finding.text, s->findings,
                      "stated facts conflict with recorded ones:%s%s%s%s",
                      kinds & KIND_CONTACT ? " phone or address" : "",
                      kinds & KIND_REPRESENTATIVE ? " legal representative" : "",
                      kinds & KIND_KEY ? " check digit" : "",
                      kinds & KIND_NAME ? " two names of one identity number" : ""));
    return findings_add(s->findings, &finding);
}

/* One finding a subject: the application with most kinds, the latest such. */
static bool is_stronger_or_later(const struct findings *findings, const struct finding *a,
                                 const struct finding *b)
{
    (void)findings;
    return a->score > b->score || (a->score == b->score && a->edges.first > b->edges.first);
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct search s = { .facts = facts, .findings = findings };
    size_t start = findings->n;

    s.params = params_of(facts->params, &detector_contradiction);
    TRY(filings_build(&s.filings, facts,
                      facts_ago(facts, facts->params->shared.lookback_days)));
    for (size_t i = 0; i < s.filings.n; i++) {
        unsigned kinds;

        s.first_edge = findings->n_edges;
        TRY(kinds_of(&kinds, &s, &s.filings.items[i]));
        if (kinds)
            TRY(tell(&s, &s.filings.items[i], kinds));
    }
    findings_keep_best(findings, start, is_stronger_or_later);
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct contradiction_params, field)

static const struct param params[] = {
    { "min_attention", "kinds of contradiction in one application that get attention", "kinds",
      PARAM(min_attention), PARAM_WHOLE, 2, 1, 4, "kinds" },
    { 0 },
};

const struct detector detector_contradiction = {
    .id = "D18",
    .codes = { CODE },
    .family = "behaviour",
    .summary = "stated facts that conflict with recorded ones",
    .version = 3,
    .params = params,
    .params_size = sizeof(struct contradiction_params),
    .run = run,
    .gather = filings_gather,
    .probe_rank = 0,
    .locality = &locality_statement,
};
