/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/dump_lines.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/worker.h"

#define LINE_BYTES ((size_t)64 << 20)
#define BATCH_LINES 4096
#define BATCH_BYTES ((size_t)1 << 20) /* and what the last line has beyond */
#define SHARE 64
#define HANDS_MAX 16

struct line {
    struct slice text;
    struct value value;
    bool read;
};

struct line_batch {
    struct line lines[BATCH_LINES];
    size_t n;
    uint64_t first;                 /* line's number */
    bool too_long;                  /* the line behind the last */
    struct arena texts;
    struct arena arenas[HANDS_MAX]; /* each hand's own */
    atomic_size_t n_shared, n_hands;
};

void dump_lines_start(struct dump_lines *lines, const char *path)
{
    *lines = (struct dump_lines){ 0 };
    file_lines_start(&lines->file, path, LINE_BYTES);
}

void dump_lines_stop(struct dump_lines *lines)
{
    struct line_batch *batch = lines->batch;

    file_lines_stop(&lines->file);
    if (!batch)
        return;
    arena_fini(&batch->texts);
    for (size_t i = 0; i < HANDS_MAX; i++)
        arena_fini(&batch->arenas[i]);
    free(batch);
}

static enum status read_json(struct line *line, struct arena *arena)
{
    const struct json_limits limits = { .depth = 40, .bytes = LINE_BYTES };

    return json_parse(&line->value, arena, line->text, &limits);
}

/* One hand of the crew. What it can't read is read again by who asks, for the reason. */
static enum status read_shares(void *context)
{
    struct line_batch *batch = context;
    struct arena *arena = &batch->arenas[atomic_fetch_add(&batch->n_hands, 1)];
    size_t at;

    while ((at = atomic_fetch_add(&batch->n_shared, SHARE)) < batch->n)
        for (size_t i = at; i < batch->n && i < at + SHARE; i++)
            batch->lines[i].read = read_json(&batch->lines[i], arena) == STATUS_OK;
    return STATUS_OK;
}

static enum status take_lines(struct line_batch *batch, struct file_lines *file)
{
    batch->first = file->number + 1;
    for (size_t bytes = 0; batch->n < BATCH_LINES && bytes < BATCH_BYTES;) {
        struct line *line = &batch->lines[batch->n];

        if (!file_lines_next(file))
            return file->status;
        batch->too_long = file->too_long;
        if (file->too_long)
            return STATUS_OK;
        line->text = slice_of(arena_copy(&batch->texts, file->line), file->line.size);
        if (!line->text.data)
            return STATUS_NO_MEMORY;
        bytes += file->line.size;
        batch->n++;
    }
    return STATUS_OK;
}

static enum status next_batch(struct dump_lines *lines)
{
    struct line_batch *batch = lines->batch;

    if (!batch)
        lines->batch = batch = calloc(1, sizeof *batch);
    if (!batch)
        return fail_memory(sizeof *batch);
    lines->number = lines->at = batch->n = 0;
    arena_reset(&batch->texts);
    for (size_t i = 0; i < HANDS_MAX; i++)
        arena_reset(&batch->arenas[i]);
    TRY(take_lines(batch, &lines->file));
    atomic_store(&batch->n_shared, 0);
    atomic_store(&batch->n_hands, 0);
    return worker_crew(batch->n < 2 * SHARE ? 1 : HANDS_MAX, read_shares, batch);
}

enum status dump_lines_next(const struct value **out, struct dump_lines *lines)
{
    struct line_batch *batch = lines->batch;
    struct line *line;

    if ((!batch || lines->at == batch->n) && !(batch && batch->too_long)) {
        TRY(next_batch(lines));
        batch = lines->batch;
    }
    if (lines->at == batch->n && !batch->too_long)
        return STATUS_END;
    lines->number = batch->first + lines->at;
    if (lines->at == batch->n)
        return fail(STATUS_LIMIT, "the line is too long");
    line = &batch->lines[lines->at++];
    if (!line->read)
        TRY(read_json(line, &batch->arenas[0]));
    *out = &line->value;
    return STATUS_OK;
}
