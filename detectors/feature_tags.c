/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features of tags: the level of each code, and the rings that they name. */
#include <stdlib.h>

#include "detectors/feature_work.h"

static int compare(const void *a, const void *b)
{
    const struct feature_tag *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->ring > y->ring) - (x->ring < y->ring);
}

void feature_tags_sort(struct feature_tags *tags)
{
    if (tags->n)
        qsort(tags->items, tags->n, sizeof *tags->items, compare);
}

void feature_tags_fini(struct feature_tags *tags)
{
    free(tags->items);
    *tags = (struct feature_tags){ 0 };
}

static size_t first_of(const struct feature_tags *tags, uint32_t node)
{
    size_t low = 0, high = tags->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (tags->items[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A node's tags come by ring, so that a ring named twice counts once. */
void feature_tags_row(int64_t *row, struct feature_work *work, uint32_t node)
{
    const struct feature_tags *tags = work->tags;
    int64_t *rings = &row[work->table->first[FEATURE_RINGS]];
    int64_t *size = &row[work->table->first[FEATURE_RING_SIZE]];
    uint64_t last = 0;

    for (size_t i = first_of(tags, node); i < tags->n && tags->items[i].node == node; i++) {
        const struct feature_tag *tag = &tags->items[i];

        if (tag->code < work->table->n_codes) {
            int64_t *level = &row[feature_column(work->table, FEATURE_LEVEL, tag->code, 0)];

            *level = (int64_t)tag->level > *level ? (int64_t)tag->level : *level;
        }
        if (!tag->ring)
            continue;
        *rings += tag->ring != last;
        last = tag->ring;
        if ((int64_t)tag->ring_size > *size)
            *size = (int64_t)tag->ring_size;
    }
}
