/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * D13 SHELL_TAKEOVER: re-papered or mass-controlled young enterprises.
 *
 * Typology: a dormant or new firm gets a new representative, owner and address, and applies at
 * once. Method: signs counted before the latest application: age or dormancy; a change of
 * representative, majority holder, industry or registered address; a controller of many young
 * firms; an address of a registration agent. Reference: shell-company red flags (FATF 2018).
 * Cost: O(applicants * their edges). Known false positives: honest sales of small firms.
 */
#include <stdlib.h>

#include "base/sort.h"
#include "detectors/control.h"
#include "detectors/filing.h"
#include "detectors/locality.h"
#include "detectors/neighbourhood.h"

#define CODE "SHELL_TAKEOVER"
#define YOUNG_DAYS 365       /* sign (a) */
#define FRESH_DAYS 730       /* sign (f) */

struct shell_params {
    int64_t change_days, min_fresh, min_attention, min_alert;
};

extern const struct detector detector_shell_takeover;

/* A row of one of the tables at hand, by the other end. */
struct spell {
    uint32_t other, edge;
    int64_t start;
    size_t place; /* in the order of tables and rows */
};

struct search {
    struct facts *facts;
    const struct shell_params *params;
    struct findings *findings;
    struct control_pair *holdings; /* by controller */
    size_t n_holdings;
    uint32_t subject;
    int64_t latest_us, after_us; /* of its application, and change_days before it */
    struct spell *spells;        /* those listed last */
    size_t n_spells, capacity;
};

static void search_fini(struct search *s)
{
    free(s->holdings);
    free(s->spells);
}

static int compare_holdings(const void *a, const void *b)
{
    const struct control_pair *x = a, *y = b;

    if (x->controller != y->controller)
        return x->controller < y->controller ? -1 : 1;
    return (x->company > y->company) - (x->company < y->company);
}

static enum status list_holdings(struct search *s)
{
    uint32_t n = s->facts->snapshot->n_nodes;
    const struct control *control = s->facts->control;
    const uint32_t *controller = control->controller;

    for (uint32_t i = 0; i < n; i++)
        s->n_holdings += controller[i] != NODE_NONE;
    s->n_holdings += control->n_further;
    s->holdings = malloc((s->n_holdings + 1) * sizeof *s->holdings);
    if (!s->holdings)
        return fail_memory(s->n_holdings * sizeof *s->holdings);
    s->n_holdings = 0;
    for (uint32_t i = 0; i < n; i++)
        if (controller[i] != NODE_NONE)
            s->holdings[s->n_holdings++] = (struct control_pair){ controller[i], i };
    for (size_t i = 0; i < control->n_further; i++)
        s->holdings[s->n_holdings++] = control->further[i];
    sort_items(s->holdings, s->n_holdings, sizeof *s->holdings, compare_holdings);
    return STATUS_OK;
}

static bool younger(const struct search *s, uint32_t node, int64_t days)
{
    int64_t registered = snapshot_cell(s->facts->snapshot, node, NODE_REGISTERED_ON);

    return registered != CELL_ABSENT && registered > time_add(s->latest_us, -days * US_PER_DAY);
}

static bool is_young(const struct search *s)
{
    int64_t status = snapshot_cell(s->facts->snapshot, s->subject, NODE_STATUS);

    return younger(s, s->subject, YOUNG_DAYS) ||
           slice_equal(snapshot_text(s->facts->snapshot, status), SLICE("dormant"));
}

/* Young enterprises under one controller, up to as many as are asked for. */
static int64_t count_fresh(const struct search *s, uint32_t controller)
{
    size_t low = 0, high = s->n_holdings;
    int64_t n = 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->holdings[middle].controller < controller)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < s->n_holdings && s->holdings[low].controller == controller &&
           n < s->params->min_fresh; low++)
        n += younger(s, s->holdings[low].company, FRESH_DAYS);
    return n;
}

/* Whether a controller holds many young enterprises. */
static bool has_fresh_sisters(const struct search *s)
{
    const struct control *control = s->facts->control;
    uint32_t controller = control->controller[s->subject];

    if (controller == NODE_NONE)
        return false;
    if (count_fresh(s, controller) >= s->params->min_fresh)
        return true;
    for (size_t i = 0; i < control->n_further; i++)
        if (control->further[i].company == s->subject &&
            count_fresh(s, control->further[i].controller) >= s->params->min_fresh)
            return true;
    return false;
}

enum filter { ANY, MAJORITY, REGISTERED };

static bool passes(const struct search *s, const struct edge_table *table, uint32_t row,
                   enum filter filter)
{
    int64_t role = edge_cell(table, row, EDGE_ROLE);

    if (filter == MAJORITY)
        return edge_cell(table, row, EDGE_RATIO) > RATIO_ONE / 2;
    return filter == ANY || role == CELL_ABSENT ||
           slice_equal(snapshot_text(s->facts->snapshot, role), SLICE("registered"));
}

static enum status list_spells(struct search *s, const uint32_t *types, enum direction direction,
                               enum filter filter)
{
    s->n_spells = 0;
    for (; types && *types; types++) {
        const struct edge_table *table = snapshot_table(s->facts->snapshot, *types);
        struct adjacency rows;

        TRY(snapshot_index(&rows, s->facts->snapshot, table, direction));
        for (uint32_t at = rows.offset[s->subject]; at < rows.offset[s->subject + 1]; at++) {
            uint32_t row = adjacency_row(&rows, at);

            if (!passes(s, table, row, filter))
                continue;
            TRY(array_reserve(&s->spells, &s->capacity, s->n_spells + 1));
            s->spells[s->n_spells] = (struct spell){
                direction == DIRECTION_IN ? table->from[row] : table->to[row], table->base + row,
                table->start[row], s->n_spells };
            s->n_spells++;
        }
    }
    return STATUS_OK;
}

static int by_other(const void *a, const void *b)
{
    const struct spell *x = a, *y = b;

    if (x->other != y->other)
        return x->other < y->other ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* One never there before starts inside the window, and another had started earlier. */
static enum status changed(bool *out, struct search *s, const uint32_t *types,
                           enum direction direction, enum filter filter)
{
    const struct spell *found = NULL;
    int64_t first = INT64_MAX;

    TRY(list_spells(s, types, direction, filter));
    for (size_t i = 0; i < s->n_spells; i++)
        if (s->spells[i].start < first)
            first = s->spells[i].start;
    sort_items(s->spells, s->n_spells, sizeof *s->spells, by_other);
    for (size_t i = 0; i < s->n_spells; i++) {
        const struct spell *spell = &s->spells[i];
        bool before = i && spell[-1].other == spell->other;

        if (!before && spell->start > first && spell->start > s->after_us &&
            spell->start <= s->latest_us && (!found || spell->place < found->place))
            found = spell;
    }
    *out = found != NULL;
    return found ? facts_evidence(s->findings, s->facts, found->edge) : STATUS_OK;
}

/* Whether it is registered with an agent when it applies. */
static enum status at_agent(bool *out, struct search *s, const uint32_t *types)
{
    *out = false;
    TRY(list_spells(s, types, DIRECTION_OUT, REGISTERED));
    for (size_t i = 0; i < s->n_spells && !*out; i++) {
        int64_t class = snapshot_cell(s->facts->snapshot, s->spells[i].other, NODE_CLASS);
        uint32_t row;
        const struct edge_table *table =
            snapshot_edge(&row, s->facts->snapshot, s->spells[i].edge);

        *out = edge_row_active(table, row, s->latest_us) &&
               slice_equal(snapshot_text(s->facts->snapshot, class),
                           SLICE("registration_agent"));
        if (*out)
            TRY(facts_evidence(s->findings, s->facts, s->spells[i].edge));
    }
    return STATUS_OK;
}

/* The type by which principals are recorded at addresses. */
static uint32_t address_type(const struct facts *facts)
{
    uint32_t kind = facts_kind(facts, "address");

    for (size_t i = 0; i < facts->schema->n_links; i++) {
        const struct schema_link *link = &facts->schema->links[i];

        if (link->kind == kind && !link->dated && link->n_steps == 1)
            return link->steps[0].type;
    }
    return 0;
}

/* Whether a version of the subject with another industry began inside the window. */
static bool industry_changed(const struct search *s)
{
    size_t n;
    const int64_t *times =
        snapshot_cells(&n, s->facts->snapshot, s->subject, NODE_INDUSTRY_CHANGED);

    for (size_t i = 0; i < n; i++)
        if (times[i] > s->after_us && times[i] <= s->latest_us)
            return true;
    return false;
}

static enum status count_signs(unsigned *signs, struct search *s)
{
    const struct schema_roles *roles = &s->facts->schema->roles;
    const uint32_t address[] = { address_type(s->facts), 0 };
    bool sign;

    *signs = is_young(s) ? 1 : 0;
    TRY(changed(&sign, s, roles->represents, DIRECTION_IN, ANY));
    *signs |= sign ? 2 : 0;
    TRY(changed(&sign, s, roles->ownership, DIRECTION_IN, MAJORITY));
    *signs |= sign ? 4 : 0;
    TRY(changed(&sign, s, address, DIRECTION_OUT, REGISTERED));
    *signs |= sign ? 8 : 0;
    *signs |= has_fresh_sisters(s) ? 16 : 0;
    TRY(at_agent(&sign, s, address));
    *signs |= sign ? 32 : 0;
    *signs |= industry_changed(s) ? 64 : 0;
    return STATUS_OK;
}

static enum status judge(struct search *s, const struct filing *latest)
{
    struct findings *f = s->findings;
    struct finding finding = { .subject = facts_id(s->facts, latest->principal), .code = CODE,
                               .ring = FINDING_NO_RING };
    size_t edges = f->n_edges, numbers = f->n_numbers;
    unsigned signs;
    int64_t n;

    s->subject = latest->principal;
    s->latest_us = latest->time_us;
    s->after_us = time_add(latest->time_us, -s->params->change_days * US_PER_DAY);
    TRY(count_signs(&signs, s));
    n = __builtin_popcount(signs);
    if (n < s->params->min_attention)
        return STATUS_OK;
    TRY(facts_evidence(f, s->facts, latest->edge));
    TRY(findings_evidence(&finding.edges, f, edges));
    finding.level = n >= s->params->min_alert ? LEVEL_ALERT : LEVEL_ATTENTION;
    TRY(findings_number(f, "signs", n, 0));
    TRY(findings_number(f, "limit", s->params->min_attention, 0));
    finding.numbers = span_since(numbers, f->n_numbers);
    finding.score = finding_score(finding.level, n, s->params->min_attention);
    TRY(findings_text(&finding.text, f, "before its latest application:%s%s%s%s%s%s%s",
                      signs & 1 ? " young or dormant;" : "",
                      signs & 2 ? " new legal representative;" : "",
                      signs & 4 ? " new majority holder;" : "",
                      signs & 8 ? " new registered address;" : "",
                      signs & 16 ? " controller of many young firms;" : "",
                      signs & 32 ? " registered with an agent;" : "",
                      signs & 64 ? " new industry;" : ""));
    return findings_add(f, &finding);
}

static int by_principal(const void *a, const void *b)
{
    const struct filing *x = a, *y = b;

    if (x->principal != y->principal)
        return x->principal < y->principal ? -1 : 1;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return (x->application > y->application) - (x->application < y->application);
}

static enum status run(struct facts *facts, struct findings *findings)
{
    AUTO(search_fini) struct search s = { .facts = facts, .findings = findings };
    AUTO(filings_fini) struct filings filings = { 0 };

    s.params = params_of(facts->params, &detector_shell_takeover);
    TRY(filings_build(&filings, facts, TIME_MIN));
    TRY(list_holdings(&s));
    sort_items(filings.items, filings.n, sizeof *filings.items, by_principal);
    for (size_t i = 0; i < filings.n; i++)
        if (i + 1 == filings.n || filings.items[i + 1].principal != filings.items[i].principal)
            TRY(judge(&s, &filings.items[i]));
    return STATUS_OK;
}

/* The focus's own edges are there for every probe; its controller's other firms are a sign. */
static enum status gather(struct neighbourhood *around)
{
    for (size_t i = 0; i < around->n_focus; i++)
        TRY(around_relate(around, around->focus[i]));
    return STATUS_OK;
}

#define PARAM(field) offsetof(struct shell_params, field)

static const struct param params[] = {
    { "change_days", "how long before the application a change counts", "days",
      PARAM(change_days), PARAM_WHOLE, 180, 1, 3650, NULL },
    { "min_fresh", "young enterprises of one controller that are a sign", "enterprises",
      PARAM(min_fresh), PARAM_WHOLE, 5, 2, 1000000, NULL },
    { "min_attention", "signs that get attention", "signs", PARAM(min_attention), PARAM_WHOLE, 3,
      1, 7, "signs" },
    { "min_alert", "signs that raise an alert", "signs", PARAM(min_alert), PARAM_WHOLE, 4, 1, 7,
      "signs" },
    { 0 },
};

const struct detector detector_shell_takeover = {
    .id = "D13",
    .codes = { CODE },
    .family = "control",
    .summary = "re-papered or mass-controlled young enterprises",
    .version = 3,
    .params = params,
    .params_size = sizeof(struct shell_params),
    .run = run,
    .gather = gather,
    .probe_rank = 6,
    .locality = &locality_shell,
};
