/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/filing.h"

#include <stdlib.h>

#include "base/sort.h"
#include "detectors/reach.h"

void filings_fini(struct filings *filings)
{
    free(filings->items);
    *filings = (struct filings){ 0 };
}

static int compare(const void *a, const void *b)
{
    const struct filing *x = a, *y = b;

    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    if (x->application != y->application)
        return x->application < y->application ? -1 : 1;
    return (x->principal > y->principal) - (x->principal < y->principal);
}

enum status filings_build(struct filings *out, struct facts *facts, int64_t after_us)
{
    TRY(facts_need(facts, NEED_CONTROL));
    for (const uint32_t *type = facts->schema->roles.applied; type && *type; type++) {
        const struct edge_table *table = snapshot_table(facts->snapshot, *type);

        for (uint32_t row = 0; row < table->n; row++) {
            uint32_t principal = table->from[row];

            if (table->start[row] <= after_us || table->start[row] > facts->at_us ||
                !facts_is(facts, principal, FACT_SUBJECT))
                continue;
            TRY(array_reserve(&out->items, &out->capacity, out->n + 1));
            out->items[out->n++] =
                (struct filing){ facts_group(facts, principal), principal, table->to[row],
                                 table->base + row, table->start[row] };
        }
    }
    sort_items(out->items, out->n, sizeof *out->items, compare);
    return STATUS_OK;
}

size_t filings_of_group(const struct filings *filings, size_t first)
{
    size_t n = 1;

    while (first + n < filings->n && filings->items[first + n].group == filings->items[first].group)
        n++;
    return n;
}

enum status filings_gather(struct neighbourhood *around)
{
    AUTO(id_list_fini) struct id_list applications = { 0 };

    for (size_t i = 0; i < around->n_focus; i++)
        TRY(around_ends(&applications, around, around->focus[i], around->schema->roles.applied,
                        DIRECTION_OUT));
    for (size_t i = 0; i < applications.n; i++)
        TRY(reach_stated(around, applications.ids[i]));
    return STATUS_OK;
}
