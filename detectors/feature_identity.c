/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features of the identifiers a party uses: how many, how new, and shared with whom. */
#include <stdlib.h>

#include "detectors/feature_work.h"
#include "detectors/use.h"

/* Uses by party; a party's come by identifier, then time, because all of them do. */
enum status feature_identity_prepare(struct feature_work *work)
{
    const struct uses *uses = work->facts->uses;
    size_t n = work->facts->snapshot->n_nodes;
    uint32_t *first;

    work->use_first = first = calloc(n + 2, sizeof *first);
    work->use_at = malloc((uses->n + 1) * sizeof *work->use_at);
    if (!first || !work->use_at)
        return fail_memory(uses->n * sizeof *work->use_at);
    for (size_t i = 0; i < uses->n; i++)
        first[uses->items[i].principal + 2]++;
    for (size_t i = 2; i < n + 2; i++)
        first[i] += first[i - 1];
    for (size_t i = 0; i < uses->n; i++)
        work->use_at[first[uses->items[i].principal + 1]++] = (uint32_t)i;
    return STATUS_OK;
}

/* A party's uses of one identifier. */
struct own {
    const struct feature_work *work;
    uint32_t begin, end; /* of use_at */
    uint32_t identifier;
    uint8_t kind;
};

static const struct use *own_use(const struct own *own, uint32_t at)
{
    return &own->work->facts->uses->items[own->work->use_at[at]];
}

/* The next identifier of the party, from own->end on. */
static bool own_next(struct own *own, uint32_t last)
{
    if (own->end == last)
        return false;
    own->begin = own->end++;
    own->identifier = own_use(own, own->begin)->identifier;
    own->kind = own_use(own, own->begin)->kind;
    while (own->end < last && own_use(own, own->end)->identifier == own->identifier)
        own->end++;
    return true;
}

static bool used_within(const struct own *own, int64_t days)
{
    const struct facts *facts = own->work->facts;
    int64_t after_us = facts_ago(facts, days);

    for (uint32_t at = own->begin; at < own->end; at++)
        if (use_overlaps(own_use(own, at), after_us, facts->at_us))
            return true;
    return false;
}

/* Whether somebody of another control group is among the identifier's users. */
static bool has_stranger(const struct feature_work *work, uint32_t identifier, uint32_t node)
{
    const struct ties *ties = &work->ties;

    for (uint32_t u = ties->user_first[identifier]; u < ties->user_first[identifier + 1]; u++)
        if (facts_group(work->facts, ties->users[u]) != facts_group(work->facts, node))
            return true;
    return false;
}

static void add(int64_t *row, const struct own *own, enum feature_id id, uint32_t window)
{
    row[feature_column(own->work->table, id, own->kind, window)]++;
}

static void tell_sharing(int64_t *row, const struct own *own, uint32_t node)
{
    const struct feature_work *work = own->work;
    const struct ties *ties = &work->ties;
    int64_t *most = &row[feature_column(work->table, FEATURE_MOST_USERS, own->kind, 0)];

    if (!used_within(own, SHARING_DAYS))
        return;
    if (facts_caps(work->facts, own->identifier, own->kind).candidate &&
        ties->n_users[own->identifier] > *most)
        *most = ties->n_users[own->identifier];
    if (ties->hub[own->identifier])
        add(row, own, FEATURE_HUBS, 0);
    else if (has_stranger(work, own->identifier, node))
        add(row, own, FEATURE_SHARED, 0);
}

static void tell_counts(int64_t *row, const struct own *own)
{
    const struct feature_table *table = own->work->table;

    for (uint32_t w = 0; w < table->n_windows[FEATURE_IDENTIFIERS]; w++)
        if (used_within(own, table->windows[FEATURE_IDENTIFIERS][w]))
            add(row, own, FEATURE_IDENTIFIERS, w);
    for (uint32_t w = 0; w < table->n_windows[FEATURE_IDENTIFIERS_NEW]; w++)
        if (own_use(own, own->begin)->start >
            facts_ago(own->work->facts, table->windows[FEATURE_IDENTIFIERS_NEW][w]))
            add(row, own, FEATURE_IDENTIFIERS_NEW, w);
}

/* Strangers on one identifier within the window, none counted twice since the mark was raised. */
static int64_t count_sharers(struct feature_work *work, const struct own *own, uint32_t node,
                             int64_t days)
{
    int64_t after_us = facts_ago(work->facts, days), n_sharers = 0;
    size_t n;
    const struct use *uses = facts_uses_of(&n, work->facts, own->identifier);

    for (size_t i = 0; i < n; i++)
        if (use_overlaps(&uses[i], after_us, work->facts->at_us) &&
            facts_group(work->facts, uses[i].principal) != facts_group(work->facts, node))
            n_sharers += feature_first(work, uses[i].principal);
    return n_sharers;
}

static void tell_sharers(int64_t *row, struct feature_work *work, uint32_t node, uint8_t kind,
                         uint32_t window)
{
    int64_t days = work->table->windows[FEATURE_SHARERS][window];
    struct own own = { .work = work, .end = work->use_first[node] };
    int64_t *cell = &row[feature_column(work->table, FEATURE_SHARERS, kind, window)];

    work->mark++;
    while (own_next(&own, work->use_first[node + 1]))
        if (own.kind == kind && !work->ties.hub[own.identifier] &&
            work->ties.n_users[own.identifier] > 1 && used_within(&own, days))
            *cell += count_sharers(work, &own, node, days);
}

void feature_identity_row(int64_t *row, struct feature_work *work, uint32_t node)
{
    struct own own = { .work = work, .end = work->use_first[node] };

    while (own_next(&own, work->use_first[node + 1])) {
        tell_counts(row, &own);
        tell_sharing(row, &own, node);
    }
    for (uint8_t kind = 0; kind < work->facts->schema->n_kinds; kind++)
        for (uint32_t w = 0; w < work->table->n_windows[FEATURE_SHARERS]; w++)
            tell_sharers(row, work, node, kind, w);
}
