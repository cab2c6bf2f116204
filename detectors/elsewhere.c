/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/elsewhere.h"

#include <stdlib.h>

#include "detectors/registry.h"
#include "graph/tag.h"

#define FAMILY "contagion"

void elsewhere_fini(struct elsewhere *elsewhere)
{
    free(elsewhere->ids);
    *elsewhere = (struct elsewhere){ 0 };
}

static enum status add(struct elsewhere *elsewhere, struct node_id id)
{
    TRY(array_reserve(&elsewhere->ids, &elsewhere->capacity, elsewhere->n + 1));
    elsewhere->ids[elsewhere->n++] = id;
    return STATUS_OK;
}

/* Live tags that the detector published of subjects outside the part. */
static enum status add_outside(struct elsewhere *elsewhere, const struct diff *diff,
                               const struct detector *detector)
{
    for (size_t c = 0; c < detector_n_codes(detector); c++) {
        AUTO(tag_iter_stop) struct tag_iter it = { 0 };

        tag_iter_code(&it, diff->txn, &diff->view, slice_str(detector->codes[c]));
        while (tag_iter_next(&it))
            if (it.tag.origin == TAG_DETECTOR && it.tag.state != TAG_WITHDRAWN &&
                !diff_part_has(diff->part, it.tag.subject))
                TRY(add(elsewhere, it.tag.subject));
        TRY(it.status);
    }
    return STATUS_OK;
}

enum status elsewhere_diffed(struct elsewhere *elsewhere, const struct diff *diff,
                             const struct detector *detector, const struct findings *findings)
{
    if (!strcmp(detector->family, FAMILY))
        return STATUS_OK;
    for (size_t i = 0; i < findings->n; i++)
        if (diff_part_has(diff->part, findings->items[i].subject))
            TRY(add(elsewhere, findings->items[i].subject));
    return diff->part ? add_outside(elsewhere, diff, detector) : STATUS_OK;
}

static bool has_code(const struct detector *const *detectors, struct slice code)
{
    for (; *detectors; detectors++)
        if (detector_has_code(*detectors, code))
            return true;
    return false;
}

static bool counts(const struct tag *tag, const struct detector *const *run)
{
    const struct detector *detector = registry_find(tag->code);

    if (tag->state == TAG_WITHDRAWN || tag->state == TAG_EXPIRED)
        return false;
    if (tag->origin == TAG_DETECTOR && has_code(run, tag->code))
        return false;
    return detector && strcmp(detector->family, FAMILY) != 0;
}

enum status elsewhere_published(struct elsewhere *elsewhere, struct graph_txn *txn,
                                const struct tag_view *view, const struct detector *const *run)
{
    for (size_t i = 0; registry[i]; i++)
        for (size_t c = 0; c < detector_n_codes(registry[i]); c++) {
            AUTO(tag_iter_stop) struct tag_iter it = { 0 };

            tag_iter_code(&it, txn, view, slice_str(registry[i]->codes[c]));
            while (tag_iter_next(&it))
                if (counts(&it.tag, run))
                    TRY(add(elsewhere, it.tag.subject));
            TRY(it.status);
        }
    return STATUS_OK;
}

void elsewhere_sort(struct elsewhere *elsewhere)
{
    size_t kept = 0;

    if (elsewhere->n)
        qsort(elsewhere->ids, elsewhere->n, sizeof *elsewhere->ids, node_id_compare);
    for (size_t i = 0; i < elsewhere->n; i++)
        if (!kept || elsewhere->ids[i].value != elsewhere->ids[kept - 1].value)
            elsewhere->ids[kept++] = elsewhere->ids[i];
    elsewhere->n = kept;
}
