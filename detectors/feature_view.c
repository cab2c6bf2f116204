/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/feature_view.h"

#include <stdlib.h>

#include "graph/overlay.h"
#include "graph/publication.h"

void feature_log_fini(struct feature_log *log)
{
    free(log->runs);
    free(log->overlays);
    *log = (struct feature_log){ 0 };
}

static enum status read_runs(struct feature_log *log, struct graph_txn *txn, uint64_t last)
{
    AUTO(arena_fini) struct arena arena = { 0 };

    for (uint64_t number = 1; number <= last; number++) {
        struct run run;

        TRY(run_find(&run, &arena, txn, number));
        TRY(array_reserve(&log->runs, &log->runs_capacity, log->n_runs + 1));
        log->runs[log->n_runs].finished_us = run.finished_us;
        log->runs[log->n_runs++].as_of_us = run.as_of_us;
        arena_reset(&arena);
    }
    return STATUS_OK;
}

static enum status read_overlays(struct feature_log *log, struct graph_txn *txn, uint64_t last)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct overlay *overlays;
    size_t n;

    TRY(overlay_list(&overlays, &n, &arena, txn, (struct node_id){ 0 }, last));
    TRY(array_reserve(&log->overlays, &log->overlays_capacity, last + 1));
    log->n_overlays = last;
    for (uint64_t i = 0; i < last; i++)
        log->overlays[i] = TIME_MIN; /* erased ones tell nothing, at any time */
    for (size_t i = 0; i < n; i++)
        if (overlays[i].number && overlays[i].number <= last)
            log->overlays[overlays[i].number - 1] = overlays[i].at_us;
    return STATUS_OK;
}

enum status feature_log_read(struct feature_log *log, struct graph_txn *txn)
{
    struct tag_view now;

    TRY(tag_view_now(&now, txn));
    TRY(read_runs(log, txn, now.publication));
    return read_overlays(log, txn, now.overlay);
}

struct tag_view feature_log_view(const struct feature_log *log, int64_t as_of_us,
                                 int64_t known_at_us)
{
    struct tag_view view = { log->n_runs, log->n_overlays, as_of_us };

    while (view.publication && (log->runs[view.publication - 1].finished_us > known_at_us ||
                                log->runs[view.publication - 1].as_of_us > as_of_us))
        view.publication--;
    while (view.overlay && log->overlays[view.overlay - 1] > known_at_us)
        view.overlay--;
    return view;
}

/* Members of living rings, by number, so that each ring is read once. */
struct ring_sizes {
    struct ring_record *rings;
    size_t n;
};

static uint64_t size_of(const struct ring_sizes *sizes, uint64_t number)
{
    size_t low = 0, high = sizes->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sizes->rings[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizes->n && sizes->rings[low].number == number ? sizes->rings[low].n_members : 0;
}

static enum status ring_size(uint64_t *size, const struct ring_sizes *all, struct arena *arena,
                             struct graph_txn *txn, const struct tag_view *view, uint64_t number)
{
    struct ring_record ring;
    enum status status;

    if (all->rings) {
        *size = size_of(all, number);
        return STATUS_OK;
    }
    status = ring_find(&ring, arena, txn, view, number);
    *size = status == STATUS_OK ? ring.n_members : 0;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static uint32_t code_index(const struct feature_table *table, struct slice code)
{
    uint32_t i = 0;

    while (i < table->n_codes && !slice_equal(code, slice_str(table->codes[i])))
        i++;
    return i;
}

static enum level level_told(enum tag_level level)
{
    return level == TAG_ALERT ? LEVEL_ALERT
                              : level == TAG_ATTENTION ? LEVEL_ATTENTION : LEVEL_HINT;
}

static enum status add_tags(struct feature_tags *tags, struct tag_iter *it,
                            const struct ring_sizes *sizes, struct arena *arena,
                            const struct feature_table *table, const struct snapshot *snapshot)
{
    while (tag_iter_next(it)) {
        const struct tag *tag = &it->tag;
        struct feature_tag *last;
        uint32_t node = snapshot_find(snapshot, tag->subject);

        if (node == NODE_NONE || (tag->state != TAG_PROPOSED && tag->state != TAG_CONFIRMED))
            continue;
        TRY(array_reserve(&tags->items, &tags->capacity, tags->n + 1));
        last = &tags->items[tags->n++];
        *last = (struct feature_tag){ node, code_index(table, tag->code), level_told(tag->level),
                                      tag->ring, 0 };
        if (tag->ring)
            TRY(ring_size(&last->ring_size, sizes, arena, it->txn, &it->view, tag->ring));
    }
    return it->status;
}

enum status feature_tags_read(struct feature_tags *tags, struct graph_txn *txn,
                              const struct tag_view *view, const struct feature_table *table,
                              const struct snapshot *snapshot, struct node_id party)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };
    struct ring_sizes sizes = { 0 };

    if (party.value) {
        tag_iter_subject(&it, txn, view, party);
    } else {
        TRY(ring_list(&sizes.rings, &sizes.n, &arena, txn, view, SLICE("")));
        tag_iter_all(&it, txn, view);
    }
    TRY(add_tags(tags, &it, &sizes, &arena, table, snapshot));
    feature_tags_sort(tags);
    return STATUS_OK;
}
