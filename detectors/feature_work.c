/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/feature_work.h"

#include <stdlib.h>

void feature_work_fini(struct feature_work *work)
{
    feature_ties_fini(&work->ties);
    guarantee_graph_fini(&work->guarantees);
    free(work->use_first);
    free(work->use_at);
    free(work->place);
    free(work->back_first);
    free(work->back);
    free(work->from);
    free(work->company);
    free(work->groups);
    free(work->stamp);
    free(work->queue);
    *work = (struct feature_work){ 0 };
}

enum status feature_work_prepare(struct feature_work *work)
{
    const struct snapshot *snapshot = work->facts->snapshot;

    TRY(facts_need(work->facts, NEED_CONTROL | NEED_USES));
    work->currency_cell = snapshot_text_cell(snapshot, slice_str(work->currency));
    work->stamp = calloc(snapshot->n_nodes + (size_t)1, sizeof *work->stamp);
    if (!work->stamp)
        return fail_memory(snapshot->n_nodes * sizeof *work->stamp);
    TRY(feature_ties_prepare(work));
    TRY(feature_identity_prepare(work));
    TRY(feature_guarantee_prepare(work));
    return feature_behaviour_prepare(work);
}

/* What has a number even where there is nothing is 0, the rest absent. */
static void clear_row(int64_t *row, const struct feature_table *table)
{
    static const enum feature_id absent[] = {
        FEATURE_APPLICATION_GAP, FEATURE_GUARANTEE_TO_ASSETS, FEATURE_NEIGHBOURS_BAD_RATE,
        FEATURE_DISTANCE_BLOCKED, FEATURE_DISTANCE_OVERDUE, FEATURE_AGE, FEATURE_NET_ASSETS,
        FEATURE_OVERDUE_DAYS, FEATURE_RING_SIZE,
    };

    memset(row, 0, table->n * sizeof *row);
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        row[table->first[absent[i]]] = CELL_ABSENT;
}

enum status feature_work_row(int64_t *row, struct feature_work *work, uint32_t node)
{
    if (work->mark > UINT32_MAX / 2) {
        memset(work->stamp, 0, work->facts->snapshot->n_nodes * sizeof *work->stamp);
        work->mark = 0;
    }
    clear_row(row, work->table);
    feature_identity_row(row, work, node);
    feature_guarantee_row(row, work, node);
    feature_tags_row(row, work, node);
    TRY(feature_ties_row(row, work, node));
    return feature_behaviour_row(row, work, node);
}
