/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/tck/gherkin.h"

#include <ctype.h>
#include <stdlib.h>

struct lines {
    const char *at, *end;
    int number;
};

struct steps {
    struct step *items;
    size_t n, capacity;
};

struct reader {
    struct lines lines;
    struct slice line; /* the present one, trimmed */
    const char *line_start;
    bool done;
    struct arena *arena;
    struct steps background, steps;
    struct scenario *scenarios;
    size_t n, capacity;
    bool ignored, outline;
    struct slice name;
    int name_line;
};

static struct slice trim(struct slice text)
{
    const char *at = text.data, *end = at + text.size;

    while (at < end && isspace((unsigned char)*at))
        at++;
    while (end > at && isspace((unsigned char)end[-1]))
        end--;
    return slice_of(at, (size_t)(end - at));
}

static bool starts(struct slice text, const char *with)
{
    return text.size >= strlen(with) && memcmp(text.data, with, strlen(with)) == 0;
}

static struct slice after(struct slice text, size_t n)
{
    return trim(slice_of((const char *)text.data + n, text.size - n));
}

static void next_raw(struct reader *reader)
{
    const char *start = reader->lines.at, *stop;

    if (start >= reader->lines.end) {
        reader->done = true;
        reader->line = slice_of("", 0);
        return;
    }
    stop = memchr(start, '\n', (size_t)(reader->lines.end - start));
    if (!stop)
        stop = reader->lines.end;
    reader->line_start = start;
    reader->line = trim(slice_of(start, (size_t)(stop - start)));
    reader->lines.at = stop + 1;
    reader->lines.number++;
}

static void next_line(struct reader *reader)
{
    do
        next_raw(reader);
    while (!reader->done && (reader->line.size == 0 || starts(reader->line, "#")));
}

/* Lines up to the closing quotes, without the indentation of the opening ones. */
static enum status read_body(struct reader *reader, struct step *step)
{
    size_t indent = (size_t)((const char *)reader->line.data - reader->line_start);
    struct buf buf = { 0 };
    char *copy;

    for (next_raw(reader); !reader->done && !starts(reader->line, "\"\"\""); next_raw(reader)) {
        const char *line = reader->line_start;
        size_t size = (size_t)(reader->lines.at - line) - 1, skip = 0;

        while (skip < indent && skip < size && line[skip] == ' ')
            skip++;
        TRY(buf_append(&buf, line + skip, size - skip));
        TRY(buf_append_byte(&buf, '\n'));
    }
    if (buf.size)
        buf.size--;
    copy = arena_copy(reader->arena, buf_slice(&buf));
    if (!copy)
        return STATUS_NO_MEMORY;
    step->body = slice_of(copy, buf.size);
    step->has_body = true;
    buf_fini(&buf);
    next_line(reader);
    return STATUS_OK;
}

/* The cells of one row; a bar behind a backslash is part of a cell. */
static size_t split_row(struct slice line, struct slice *cells, size_t max)
{
    const char *at = (const char *)line.data + 1, *end = (const char *)line.data + line.size;
    size_t n = 0;

    while (at < end) {
        const char *stop = at;
        while (stop < end && *stop != '|')
            stop += *stop == '\\' && stop + 1 < end ? 2 : 1;
        if (stop > end)
            stop = end;
        if (n < max)
            cells[n] = trim(slice_of(at, (size_t)(stop - at)));
        n++;
        at = stop + 1;
    }
    return n;
}

static enum status unescape(struct slice *cell, struct arena *arena)
{
    const char *bytes = cell->data;
    char *out;
    size_t n = 0;

    if (!cell->size || !memchr(bytes, '\\', cell->size))
        return STATUS_OK;
    out = arena_copy(arena, *cell);
    if (!out)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < cell->size; i++) {
        bool escape = bytes[i] == '\\' && i + 1 < cell->size && strchr("|\\n", bytes[i + 1]);
        i += escape;
        out[n++] = escape && bytes[i] == 'n' ? '\n' : bytes[i];
    }
    *cell = slice_of(out, n);
    return STATUS_OK;
}

static enum status read_table(struct reader *reader, struct cells *table)
{
    struct slice row[64];
    struct buf all = { 0 };

    table->n_columns = split_row(reader->line, row, 64);
    while (!reader->done && starts(reader->line, "|")) {
        size_t n = split_row(reader->line, row, 64);
        if (n != table->n_columns || n > 64)
            return fail(STATUS_INVALID, "line %d: a row of %zu cells among rows of %zu",
                        reader->lines.number, n, table->n_columns);
        for (size_t i = 0; i < n; i++)
            TRY(unescape(&row[i], reader->arena));
        TRY(buf_append(&all, row, n * sizeof *row));
        table->n_rows++;
        next_line(reader);
    }
    table->items = arena_alloc(reader->arena, all.size + 1);
    if (!table->items)
        return STATUS_NO_MEMORY;
    memcpy(table->items, all.data, all.size);
    buf_fini(&all);
    return STATUS_OK;
}

static bool step_word(struct slice line, size_t *size)
{
    static const char *const words[] = { "Given ", "When ", "Then ", "And ", "But ", "* " };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (starts(line, words[i])) {
            *size = strlen(words[i]);
            return true;
        }
    return false;
}

static enum status read_step(struct reader *reader, struct steps *steps)
{
    struct step step = { .line = reader->lines.number };
    size_t size = 0;

    step_word(reader->line, &size);
    step.text = after(reader->line, size);
    if (step.text.size && ((const char *)step.text.data)[step.text.size - 1] == ':')
        step.text = trim(slice_of(step.text.data, step.text.size - 1));
    next_line(reader);
    if (starts(reader->line, "\"\"\""))
        TRY(read_body(reader, &step));
    else if (starts(reader->line, "|"))
        TRY(read_table(reader, &step.table));
    TRY(array_reserve(&steps->items, &steps->capacity, steps->n + 1));
    steps->items[steps->n++] = step;
    return STATUS_OK;
}

/* ---- Outlines ---------------------------------------------------------------------------- */

/* `text` with <name> replaced by the value of that column. */
static enum status substitute(struct slice *text, const struct cells *examples, size_t row,
                              struct arena *arena)
{
    struct buf buf = { 0 };
    const char *at = text->data, *end = at + text->size;
    char *copy;

    while (at < end) {
        size_t column = 0;

        if (*at == '<')
            for (; column < examples->n_columns; column++) {
                struct slice name = examples->items[column];
                if ((size_t)(end - at) >= name.size + 2 && at[name.size + 1] == '>' &&
                    memcmp(at + 1, name.data, name.size) == 0)
                    break;
            }
        if (*at == '<' && column < examples->n_columns) {
            TRY(buf_append_slice(&buf, examples->items[row * examples->n_columns + column]));
            at += examples->items[column].size + 2;
        } else {
            TRY(buf_append_byte(&buf, (unsigned char)*at++));
        }
    }
    copy = arena_copy(arena, buf_slice(&buf));
    if (!copy)
        return STATUS_NO_MEMORY;
    *text = slice_of(copy, buf.size);
    buf_fini(&buf);
    return STATUS_OK;
}

static enum status expand_step(struct step *step, const struct cells *examples, size_t row,
                               struct arena *arena)
{
    size_t n = step->table.n_rows * step->table.n_columns;
    struct slice *cells = arena_array(arena, n + 1, sizeof *cells);

    if (!cells)
        return STATUS_NO_MEMORY;
    TRY(substitute(&step->text, examples, row, arena));
    TRY(substitute(&step->body, examples, row, arena));
    for (size_t i = 0; i < n; i++) {
        cells[i] = step->table.items[i];
        TRY(substitute(&cells[i], examples, row, arena));
    }
    step->table.items = cells;
    return STATUS_OK;
}

/* ---- Scenarios --------------------------------------------------------------------------- */

static enum status add_scenario(struct reader *reader, const struct cells *examples, size_t row)
{
    size_t n = reader->background.n + reader->steps.n;
    struct scenario scenario = { .name = reader->name, .line = reader->name_line,
                                 .ignored = reader->ignored, .n_steps = n };

    scenario.steps = arena_array(reader->arena, n + 1, sizeof *scenario.steps);
    if (!scenario.steps)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        scenario.steps[i] = i < reader->background.n
                                ? reader->background.items[i]
                                : reader->steps.items[i - reader->background.n];
        if (examples)
            TRY(expand_step(&scenario.steps[i], examples, row, reader->arena));
    }
    TRY(array_reserve(&reader->scenarios, &reader->capacity, reader->n + 1));
    reader->scenarios[reader->n++] = scenario;
    return STATUS_OK;
}

static enum status read_examples(struct reader *reader)
{
    struct cells examples = { 0 };

    next_line(reader);
    if (!starts(reader->line, "|"))
        return STATUS_OK;
    TRY(read_table(reader, &examples));
    for (size_t row = 1; row < examples.n_rows; row++)
        TRY(add_scenario(reader, &examples, row));
    return STATUS_OK;
}

static enum status read_scenario(struct reader *reader, size_t title)
{
    size_t size;

    reader->name = after(reader->line, title);
    reader->name_line = reader->lines.number;
    reader->steps.n = 0;
    next_line(reader);
    while (!reader->done && step_word(reader->line, &size))
        TRY(read_step(reader, &reader->steps));
    if (!reader->outline)
        return add_scenario(reader, NULL, 0);
    while (!reader->done && (starts(reader->line, "Examples:") || starts(reader->line, "@"))) {
        if (starts(reader->line, "@")) {
            next_line(reader);
            continue;
        }
        TRY(read_examples(reader));
    }
    return STATUS_OK;
}

static enum status read_part(struct reader *reader)
{
    size_t size;

    if (starts(reader->line, "@")) {
        reader->ignored |= memmem(reader->line.data, reader->line.size, "@ignore", 7) != NULL;
        next_line(reader);
        return STATUS_OK;
    }
    if (starts(reader->line, "Background:")) {
        next_line(reader);
        while (!reader->done && step_word(reader->line, &size))
            TRY(read_step(reader, &reader->background));
        return STATUS_OK;
    }
    reader->outline = starts(reader->line, "Scenario Outline:");
    if (reader->outline || starts(reader->line, "Scenario:")) {
        TRY(read_scenario(reader, reader->outline ? 17 : 9));
        reader->ignored = false;
        return STATUS_OK;
    }
    next_line(reader);
    return STATUS_OK;
}

enum status gherkin_read(struct feature *out, struct slice text, struct arena *arena)
{
    struct reader reader = { .lines = { text.data, (const char *)text.data + text.size, 0 },
                             .arena = arena };
    enum status status = STATUS_OK;

    for (next_line(&reader); !reader.done && status == STATUS_OK;)
        status = read_part(&reader);
    if (status == STATUS_OK) {
        out->scenarios = arena_array(arena, reader.n + 1, sizeof *out->scenarios);
        if (out->scenarios && reader.n)
            memcpy(out->scenarios, reader.scenarios, reader.n * sizeof *out->scenarios);
        out->n_scenarios = reader.n;
        status = out->scenarios ? STATUS_OK : STATUS_NO_MEMORY;
    }
    free(reader.background.items);
    free(reader.steps.items);
    free(reader.scenarios);
    return status;
}
