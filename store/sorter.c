/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/sorter.h"

#include <stdlib.h>

#include "base/worker.h"
#include "store/sort_load.h"
#include "store/spool.h"

#define STRETCH_BYTES ((size_t)256 << 10)
#define PREFETCH 16
#define MEMORY_MIN ((size_t)4 << 20)

struct run {
    struct spool *spool;
    struct slice key, value; /* the record at its front */
};

/* Merged records on their way to the reader: head, key, value, one behind another. */
struct stretch {
    struct buf bytes;
    size_t at;
};

/*
 * While one load is filled, a worker sorts and spools the other; while one stretch is read, a
 * worker merges the next. What comes out depends on what went in alone.
 */
struct sorter {
    const char *dir;
    size_t memory_bytes;
    struct sort_load load, spilling;
    size_t at;
    struct run *runs;
    size_t n_runs, runs_capacity;
    uint32_t *heap; /* runs by front record, smallest first */
    size_t n_heap;
    bool started;
    struct stretch reading, merging;
    struct worker worker;
    uint64_t count;
};

enum status sorter_new(struct sorter **out, const char *dir, size_t memory_bytes,
                       bool alone)
{
    struct sorter *sorter = calloc(1, sizeof *sorter);

    if (!sorter)
        return fail_memory(sizeof *sorter);
    sorter->dir = dir;
    sorter->worker.alone = alone;
    sorter->memory_bytes = memory_bytes < MEMORY_MIN ? MEMORY_MIN : memory_bytes;
    *out = sorter;
    return STATUS_OK;
}

void sorter_free(struct sorter *sorter)
{
    if (!sorter)
        return;
    worker_stop(&sorter->worker);
    sort_load_fini(&sorter->load);
    sort_load_fini(&sorter->spilling);
    for (size_t i = 0; i < sorter->n_runs; i++)
        spool_free(sorter->runs[i].spool);
    free(sorter->runs);
    free(sorter->heap);
    buf_fini(&sorter->reading.bytes);
    buf_fini(&sorter->merging.bytes);
    free(sorter);
}

void sorter_freep(struct sorter **sorter)
{
    sorter_free(*sorter);
}

/* ---- adding ------------------------------------------------------------------------------- */

/* A job: the other load becomes the newest run. */
static enum status spill_job(void *context)
{
    struct sorter *sorter = context;
    struct sort_load *load = &sorter->spilling;
    struct spool *spool = sorter->runs[sorter->n_runs - 1].spool;

    TRY(sort_load_sort(load));
    for (size_t i = 0; i < load->n_items; i++)
        TRY(spool_write(spool, item_key(&load->items[i]), item_value(&load->items[i])));
    sort_load_clear(load);
    return STATUS_OK;
}

static enum status spill(struct sorter *sorter)
{
    struct spool *spool = NULL;
    struct sort_load full = sorter->load;

    TRY(worker_join(&sorter->worker));
    TRY(array_reserve(&sorter->runs, &sorter->runs_capacity, sorter->n_runs + 1));
    TRY(spool_new(&spool, sorter->dir));
    sorter->runs[sorter->n_runs++] = (struct run){ .spool = spool };
    sorter->load = sorter->spilling;
    sorter->spilling = full;
    worker_start(&sorter->worker, spill_job, sorter);
    return STATUS_OK;
}

/* Two loads share the memory; an item and its copy while sorting count, too. */
static bool is_full(const struct sorter *sorter, size_t bytes)
{
    const struct sort_load *load = &sorter->load;

    return load->n_items && load->used_bytes + bytes +
                                    2 * (load->n_items + 1) * sizeof *load->items >
                                sorter->memory_bytes / 2;
}

enum status sorter_add(struct sorter *sorter, struct slice key, struct slice value)
{
    size_t bytes = sizeof(struct record_head) + key.size + value.size;

    if (key.size > UINT32_MAX / 2 || value.size > UINT32_MAX / 2)
        return fail(STATUS_LIMIT, "a record of %zu bytes", value.size);
    if (is_full(sorter, bytes))
        TRY(spill(sorter));
    TRY(sort_load_add(&sorter->load, key, value, sorter->memory_bytes / 4 / sizeof(struct item)));
    sorter->count++;
    return STATUS_OK;
}

uint64_t sorter_count(const struct sorter *sorter)
{
    return sorter->count;
}

/* ---- reading: from memory, or merging runs ------------------------------------------------- */

/* Earlier runs hold what was added earlier: they win ties. */
static bool run_before(const struct sorter *sorter, uint32_t a, uint32_t b)
{
    int order = slice_compare(sorter->runs[a].key, sorter->runs[b].key);

    return order ? order < 0 : a < b;
}

static void heap_down(struct sorter *sorter, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        uint32_t swap = sorter->heap[at];

        if (child >= sorter->n_heap)
            return;
        if (child + 1 < sorter->n_heap &&
            run_before(sorter, sorter->heap[child + 1], sorter->heap[child]))
            child++;
        if (!run_before(sorter, sorter->heap[child], swap))
            return;
        sorter->heap[at] = sorter->heap[child];
        sorter->heap[child] = swap;
        at = child;
    }
}

static enum status heap_build(struct sorter *sorter)
{
    sorter->heap = malloc(sorter->n_runs * sizeof *sorter->heap);
    if (!sorter->heap)
        return fail_memory(sorter->n_runs * sizeof *sorter->heap);
    for (size_t i = 0; i < sorter->n_runs; i++) {
        struct run *run = &sorter->runs[i];

        TRY(spool_rewind(run->spool));
        TRY(spool_read(&run->key, &run->value, run->spool));
        sorter->heap[sorter->n_heap++] = (uint32_t)i;
    }
    for (size_t i = sorter->n_heap; i-- > 0;)
        heap_down(sorter, i);
    return STATUS_OK;
}

/* The smallest of the runs' front records; STATUS_END. */
static enum status next_merged(struct run **out, struct sorter *sorter)
{
    if (sorter->started && sorter->n_heap) {
        struct run *run = &sorter->runs[sorter->heap[0]];
        enum status status = spool_read(&run->key, &run->value, run->spool);

        if (status == STATUS_END)
            sorter->heap[0] = sorter->heap[--sorter->n_heap];
        else
            TRY(status);
        heap_down(sorter, 0);
    }
    sorter->started = true;
    if (!sorter->n_heap)
        return STATUS_END;
    *out = &sorter->runs[sorter->heap[0]];
    return STATUS_OK;
}

/* A job: the next stretch of merged records; empty at the end. */
static enum status merge_job(void *context)
{
    struct sorter *sorter = context;
    struct buf *bytes = &sorter->merging.bytes;
    struct run *run = NULL;
    enum status status = STATUS_OK;

    buf_clear(bytes);
    sorter->merging.at = 0;
    while (bytes->size < STRETCH_BYTES &&
           (status = next_merged(&run, sorter)) == STATUS_OK) {
        struct record_head head = { (uint32_t)run->key.size, (uint32_t)run->value.size };

        TRY(buf_append(bytes, &head, sizeof head));
        TRY(buf_append_slice(bytes, run->key));
        TRY(buf_append_slice(bytes, run->value));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status start_merging(struct sorter *sorter)
{
    if (sorter->load.n_items)
        TRY(spill(sorter));
    TRY(worker_join(&sorter->worker));
    sort_load_fini(&sorter->load);
    sort_load_fini(&sorter->spilling);
    TRY(heap_build(sorter));
    worker_start(&sorter->worker, merge_job, sorter);
    return STATUS_OK;
}

enum status sorter_sort(struct sorter *sorter)
{
    sorter->at = 0;
    return sorter->n_runs ? start_merging(sorter) : sort_load_sort(&sorter->load);
}

/* Goes on to the stretch that was merged meanwhile. */
static enum status next_stretch(struct sorter *sorter)
{
    struct stretch done = sorter->reading;

    TRY(worker_join(&sorter->worker));
    if (!sorter->merging.bytes.size)
        return STATUS_END;
    sorter->reading = sorter->merging;
    sorter->merging = done;
    worker_start(&sorter->worker, merge_job, sorter);
    return STATUS_OK;
}

static enum status next_read(struct slice *key, struct slice *value, struct sorter *sorter)
{
    struct stretch *stretch = &sorter->reading;
    struct record_head head;
    const unsigned char *at;

    if (stretch->at == stretch->bytes.size)
        TRY(next_stretch(sorter));
    at = stretch->bytes.data + stretch->at;
    memcpy(&head, at, sizeof head);
    *key = slice_of(at + sizeof head, head.key_size);
    *value = slice_of(at + sizeof head + head.key_size, head.value_size);
    stretch->at += sizeof head + head.key_size + head.value_size;
    return STATUS_OK;
}

enum status sorter_next(struct slice *key, struct slice *value, struct sorter *sorter)
{
    const struct sort_load *load = &sorter->load;

    if (sorter->n_runs)
        return next_read(key, value, sorter);
    if (sorter->at == load->n_items)
        return STATUS_END;
    /* Records lie in the order they were added: fetch the ones that come. */
    if (load->n_items - sorter->at > PREFETCH)
        __builtin_prefetch(load->items[sorter->at + PREFETCH].record);
    *key = item_key(&load->items[sorter->at]);
    *value = item_value(&load->items[sorter->at]);
    sorter->at++;
    return STATUS_OK;
}
