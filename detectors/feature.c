/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/feature.h"

#include <ctype.h>
#include <inttypes.h>

#include "detectors/registry.h"

enum spread { ONE, PER_KIND, PER_CODE };

/* A line: # in name and meaning stands for the kind or code. */
struct line {
    const char *name;
    enum feature_type type;
    enum spread spread;
    const char *unit;
    int64_t windows[FEATURE_WINDOWS_MAX]; /* days, ended by 0 */
    const char *meaning;
};

static const struct line lines[FEATURE_IDS] = {
    [FEATURE_IDENTIFIERS] = { "#_count", FEATURE_WHOLE, PER_KIND, "identifiers",
        { 7, 30, 90, SHARING_DAYS },
        "different identifiers of kind # that it used, or that held for it, in the window" },
    [FEATURE_IDENTIFIERS_NEW] = { "#_new", FEATURE_WHOLE, PER_KIND, "identifiers", { 30 },
        "identifiers of kind # whose first use by it inside the lookback lies in the window" },
    [FEATURE_SHARED] = { "#_shared", FEATURE_WHOLE, PER_KIND, "identifiers", { SHARING_DAYS },
        "identifiers of kind # that a party outside its control group used in the window too; "
        "hubs left out" },
    [FEATURE_SHARERS] = { "#_sharers", FEATURE_WHOLE, PER_KIND, "parties", { 30, SHARING_DAYS },
        "parties outside its control group with which it shares an identifier of kind #, both "
        "using it in the window; hubs left out" },
    [FEATURE_MOST_USERS] = { "#_most_users", FEATURE_WHOLE, PER_KIND, "parties",
        { SHARING_DAYS },
        "users in the window of that identifier of kind # which most parties use; classes that "
        "link nobody left out" },
    [FEATURE_HUBS] = { "#_hubs", FEATURE_WHOLE, PER_KIND, "identifiers", { SHARING_DAYS },
        "its identifiers of kind # that are hubs: of a class that links nobody, or with more "
        "users in the window than the candidate cap" },
    [FEATURE_APPLICATIONS] = { "applications", FEATURE_WHOLE, ONE, "applications",
        { 1, 7, 30, 90, SHARING_DAYS }, "its applications" },
    [FEATURE_APPLIED_AMOUNT] = { "applied_minor", FEATURE_WHOLE, ONE, "minor units", { 90 },
        "amount applied for, in the currency asked for" },
    [FEATURE_LENDER_PRODUCTS] = { "lender_products", FEATURE_WHOLE, ONE, "pairs", { 90 },
        "different pairs of lender and product that it applied to; those that name neither left "
        "out" },
    [FEATURE_APPLICATION_GAP] = { "application_gap_days", FEATURE_WHOLE, ONE, "days", { 0 },
        "whole days between its two newest applications of the lookback" },
    [FEATURE_GROUP_APPLICATIONS] = { "group_applications", FEATURE_WHOLE, ONE, "applications",
        { 7, 30, 90 }, "applications of its control group, its own among them" },
    [FEATURE_NEIGHBOUR_APPLICATIONS] = { "neighbour_applications", FEATURE_WHOLE, ONE,
        "applications", { 7, 30 }, "applications of its neighbours" },
    [FEATURE_GUARANTEES_OUT] = { "guarantees_out", FEATURE_WHOLE, ONE, "parties", { 0 },
        "parties for which it guarantees" },
    [FEATURE_GUARANTEES_IN] = { "guarantees_in", FEATURE_WHOLE, ONE, "parties", { 0 },
        "parties that guarantee for it" },
    [FEATURE_GUARANTEE_OUT_AMOUNT] = { "guarantee_out_minor", FEATURE_WHOLE, ONE, "minor units",
        { 0 }, "amount that it guarantees, in the currency asked for; parallel ones add" },
    [FEATURE_GUARANTEE_IN_AMOUNT] = { "guarantee_in_minor", FEATURE_WHOLE, ONE, "minor units",
        { 0 }, "amount guaranteed for it, in the currency asked for; parallel ones add" },
    [FEATURE_GUARANTEE_OTHER_CURRENCY] = { "guarantee_other_currency", FEATURE_WHOLE, ONE,
        "guarantees", { 0 }, "its guarantees, either way, in other currencies" },
    [FEATURE_GUARANTEE_TO_ASSETS] = { "guarantee_to_assets", FEATURE_SHARE, ONE, "ratio", { 0 },
        "guarantee_out_minor over net_assets_minor; empty without positive net assets" },
    [FEATURE_GUARANTEE_MUTUAL] = { "guarantee_mutual", FEATURE_WHOLE, ONE, "parties", { 0 },
        "parties with a guarantee both ways" },
    [FEATURE_GUARANTEE_DEPTH_OUT] = { "guarantee_depth_out", FEATURE_WHOLE, ONE, "hops", { 0 },
        "hops to the farthest party that it answers for through others, at most 6; guarantee "
        "companies left out" },
    [FEATURE_GUARANTEE_DEPTH_IN] = { "guarantee_depth_in", FEATURE_WHOLE, ONE, "hops", { 0 },
        "hops to the farthest party that answers for it through others, at most 6; guarantee "
        "companies left out" },
    [FEATURE_GUARANTEE_REACH_OUT] = { "guarantee_reach_out", FEATURE_WHOLE, ONE, "parties",
        { 0 }, "parties met on the way of guarantee_depth_out, at most 200" },
    [FEATURE_GUARANTEE_REACH_IN] = { "guarantee_reach_in", FEATURE_WHOLE, ONE, "parties", { 0 },
        "parties met on the way of guarantee_depth_in, at most 200" },
    [FEATURE_GROUP_SIZE] = { "group_size", FEATURE_WHOLE, ONE, "parties", { 0 },
        "subjects in its control group, itself among them" },
    [FEATURE_GROUP_EXPOSURE] = { "group_exposure_minor", FEATURE_WHOLE, ONE, "minor units", { 0 },
        "amounts of its control group's loans that are not closed or repaid, in the currency "
        "asked for" },
    [FEATURE_GROUP_OVERDUE] = { "group_overdue", FEATURE_WHOLE, ONE, "parties", { 0 },
        "members of its control group with an overdue loan" },
    [FEATURE_NEIGHBOURS] = { "neighbours", FEATURE_WHOLE, ONE, "parties", { SHARING_DAYS },
        "parties tied to it: by an identifier, no hub, that both used in the window, by a "
        "guarantee, or by a shareholding, either way" },
    [FEATURE_NEIGHBOURS_BAD] = { "neighbours_bad", FEATURE_WHOLE, ONE, "parties",
        { SHARING_DAYS }, "neighbours that are blocked, confirmed as fraud or overdue" },
    [FEATURE_NEIGHBOURS_BAD_RATE] = { "neighbours_bad_rate", FEATURE_SHARE, ONE, "share",
        { SHARING_DAYS }, "neighbours_bad over neighbours; empty without neighbours" },
    [FEATURE_DISTANCE_BLOCKED] = { "distance_blocked", FEATURE_WHOLE, ONE, "hops",
        { SHARING_DAYS },
        "hops between neighbours to the nearest party that is blocked or confirmed as fraud, 0 "
        "for itself; empty beyond 3" },
    [FEATURE_DISTANCE_OVERDUE] = { "distance_overdue", FEATURE_WHOLE, ONE, "hops",
        { SHARING_DAYS },
        "hops between neighbours to the nearest party with an overdue loan, 0 for itself; empty "
        "beyond 3" },
    [FEATURE_CONTAGION] = { "contagion_score", FEATURE_SHARE, ONE, "probability",
        { SHARING_DAYS },
        "probability that a walk over neighbours, by weight of the tie and going on with 0.85, "
        "meets a bad party within 3 hops; 1 where it is bad itself" },
    [FEATURE_AGE] = { "age_days", FEATURE_WHOLE, ONE, "days", { 0 }, "days since registered_on" },
    [FEATURE_NET_ASSETS] = { "net_assets_minor", FEATURE_WHOLE, ONE, "minor units", { 0 },
        "net assets on record" },
    [FEATURE_LOANS] = { "loans", FEATURE_WHOLE, ONE, "loans", { 0 },
        "loans that it has borrowed, by their start" },
    [FEATURE_LOANS_OVERDUE] = { "loans_overdue", FEATURE_WHOLE, ONE, "loans", { 0 },
        "its overdue loans" },
    [FEATURE_OVERDUE_DAYS] = { "overdue_days", FEATURE_WHOLE, ONE, "days", { 0 },
        "days that its longest overdue loan has been so; empty without one" },
    [FEATURE_EXPOSURE] = { "exposure_minor", FEATURE_WHOLE, ONE, "minor units", { 0 },
        "amounts of its loans that are not closed or repaid, in the currency asked for" },
    [FEATURE_BLOCKED] = { "blocked", FEATURE_FLAG, ONE, "", { 0 },
        "it is blocked or confirmed as fraud" },
    [FEATURE_RINGS] = { "rings", FEATURE_WHOLE, ONE, "rings", { 0 },
        "different rings that its live tags name" },
    [FEATURE_RING_SIZE] = { "ring_size_max", FEATURE_WHOLE, ONE, "members", { 0 },
        "members of the largest of them; empty without one" },
    [FEATURE_LEVEL] = { "level_#", FEATURE_WHOLE, PER_CODE, "level", { 0 },
        "its live tag #: 0 none, 1 hint, 2 attention, 3 alert" },
    [FEATURE_TRUNCATED] = { "truncated", FEATURE_FLAG, ONE, "", { 0 },
        "a search for this row was cut by its bound: what it counts is a lower bound" },
};

const char *feature_type_name(enum feature_type type)
{
    static const char *const names[] = { [FEATURE_WHOLE] = "whole", [FEATURE_SHARE] = "share",
                                         [FEATURE_FLAG] = "flag" };

    return names[type];
}

/* The text with # replaced by the part's name, and the window's days behind it where asked. */
static enum status expand(const char **out, struct arena *arena, const char *text,
                          const char *part, bool lower, int64_t days)
{
    AUTO(buf_fini) struct buf name = { 0 };

    for (; *text; text++) {
        if (*text != '#') {
            TRY(buf_append_byte(&name, (unsigned char)*text));
            continue;
        }
        for (const char *at = part; *at; at++)
            TRY(buf_append_byte(&name, (unsigned char)(lower ? tolower(*at) : *at)));
    }
    if (days)
        TRY(buf_printf(&name, "_%" PRId64 "d", days));
    *out = arena_copy(arena, buf_slice(&name));
    return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status list_codes(struct feature_table *table, struct arena *arena)
{
    table->codes = arena_array(arena, registry_size() * DETECTOR_CODES_MAX, sizeof *table->codes);
    if (!table->codes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; registry[i]; i++)
        for (size_t c = 0; c < detector_n_codes(registry[i]); c++)
            table->codes[table->n_codes++] = registry[i]->codes[c];
    return STATUS_OK;
}

static uint32_t count_windows(const struct line *line)
{
    uint32_t n = 0;

    while (n < FEATURE_WINDOWS_MAX && line->windows[n])
        n++;
    return n;
}

static size_t count_parts(const struct feature_table *table, const struct schema *schema,
                          enum spread spread)
{
    return spread == PER_KIND ? schema->n_kinds : spread == PER_CODE ? table->n_codes : 1;
}

/* The columns of one line, from column `at` on. */
static enum status add_line(struct feature *columns, const struct feature_table *table,
                            struct arena *arena, const struct schema *schema, enum feature_id id)
{
    const struct line *line = &lines[id];
    uint32_t n_windows = table->n_windows[id] ? table->n_windows[id] : 1;

    for (size_t part = 0; part < count_parts(table, schema, line->spread); part++)
        for (uint32_t w = 0; w < n_windows; w++, columns++) {
            const char *of = line->spread == PER_KIND ? schema->kinds[part].name
                             : line->spread == PER_CODE ? table->codes[part] : "";

            *columns = (struct feature){ .type = line->type, .unit = line->unit,
                                         .window_days = line->windows[w] };
            TRY(expand(&columns->name, arena, line->name, of, true, line->windows[w]));
            TRY(expand(&columns->meaning, arena, line->meaning, of, false, 0));
        }
    return STATUS_OK;
}

enum status feature_table(struct feature_table *out, struct arena *arena,
                          const struct schema *schema)
{
    struct feature_table table = { 0 };
    struct feature *columns;

    TRY(list_codes(&table, arena));
    for (enum feature_id id = 0; id < FEATURE_IDS; id++) {
        table.first[id] = table.n;
        table.windows[id] = lines[id].windows;
        table.n_windows[id] = count_windows(&lines[id]);
        table.n += count_parts(&table, schema, lines[id].spread) *
                   (table.n_windows[id] ? table.n_windows[id] : 1);
    }
    columns = arena_array(arena, table.n, sizeof *columns);
    if (!columns)
        return STATUS_NO_MEMORY;
    for (enum feature_id id = 0; id < FEATURE_IDS; id++)
        TRY(add_line(columns + table.first[id], &table, arena, schema, id));
    table.columns = columns;
    *out = table;
    return STATUS_OK;
}
