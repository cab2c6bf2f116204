/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/output.h"

#include "base/text.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Longer cells of a table are cut with an ellipsis; the last column has nothing behind it. */
#define CELL_COLUMNS_MAX 60
#define LAST_COLUMNS_MAX 400

struct output output_open(enum output_format format)
{
    if (format == FORMAT_AUTO)
        format = isatty(STDOUT_FILENO) ? FORMAT_TABLE : FORMAT_NDJSON;
    return (struct output){ .format = format };
}

void output_fini(struct output *output)
{
    buf_fini(&output->line);
    buf_fini(&output->waiting);
    arena_fini(&output->arena);
    free(output->cells);
    *output = (struct output){ 0 };
}

static enum status write_now(struct slice text)
{
    if (text.size && fwrite(text.data, 1, text.size, stdout) != text.size)
        return fail_errno("writing to standard output");
    return STATUS_OK;
}

/* A pipe that is ready takes so much without waiting (POSIX: PIPE_BUF). */
#define PIECE_BYTES ((size_t)4096)

static bool stdout_is_ready(void)
{
    struct pollfd stdout_poll = { .fd = STDOUT_FILENO, .events = POLLOUT };

    return poll(&stdout_poll, 1, 0) == 1;
}

/* Gives stdout what it takes at once, in whole pieces; short answers come at the end. */
static enum status drain(struct output *output)
{
    while (!output->whole && output_waiting(output) >= PIECE_BYTES && stdout_is_ready()) {
        output->gone = true;
        TRY(write_now(slice_of(output->waiting.data + output->waiting_at, PIECE_BYTES)));
        if (fflush(stdout) != 0)
            return fail_errno("writing to standard output");
        output->waiting_at += PIECE_BYTES;
    }
    if (output->waiting_at > output->waiting.size / 2) {
        output->waiting.size -= output->waiting_at;
        memmove(output->waiting.data, output->waiting.data + output->waiting_at,
                output->waiting.size);
        output->waiting_at = 0;
    }
    return STATUS_OK;
}

void output_hold(struct output *output, bool whole)
{
    output->held = true;
    output->whole = whole;
    output->gone = false;
}

bool output_discard(struct output *output)
{
    if (output->gone)
        return false;
    buf_clear(&output->waiting);
    output->waiting_at = 0;
    output->in_rows = output->held = false;
    return true;
}

size_t output_waiting(const struct output *output)
{
    return output->waiting.size - output->waiting_at;
}

enum status output_release(struct output *output)
{
    struct slice rest = buf_slice(&output->waiting);

    output->held = false;
    TRY(write_now(slice_of((const char *)rest.data + output->waiting_at, output_waiting(output))));
    buf_clear(&output->waiting);
    output->waiting_at = 0;
    return STATUS_OK;
}

static enum status write_out(struct output *output, struct slice text)
{
    if (!output->held)
        return write_now(text);
    TRY(buf_append_slice(&output->waiting, text));
    return drain(output);
}

static enum status write_line(struct output *output)
{
    TRY(write_out(output, buf_slice(&output->line)));
    buf_clear(&output->line);
    return STATUS_OK;
}

/* A cell as text: strings bare, everything else as JSON; null is empty. */
static enum status cell_text(struct buf *out, const struct value *cell)
{
    struct emit emit = emit_start(out);

    if (cell->type == VALUE_NULL)
        return STATUS_OK;
    if (cell->type == VALUE_STRING)
        return buf_append_slice(out, value_slice(cell));
    emit_value(&emit, cell);
    TRY(emit_finish(&emit));
    /* Temporal values come quoted; a cell of text needs no quotes. */
    if (cell->type >= VALUE_DATE && cell->type <= VALUE_DURATION && out->size >= 2) {
        memmove(out->data, out->data + 1, out->size - 2);
        out->size -= 2;
    }
    return STATUS_OK;
}

/*
 * CSV by RFC 4180. A text cell that a spreadsheet would take for a formula gets an apostrophe in
 * front (OWASP, "CSV Injection"); numbers keep their sign.
 */
static enum status csv_cell(struct buf *out, struct slice text, bool is_text)
{
    static const char formula[6] = { '=', '+', '-', '@', '\t', '\r' };
    const char *bytes = text.data;
    bool quote = false;

    for (size_t i = 0; i < text.size && !quote; i++)
        quote = bytes[i] == '"' || bytes[i] == ',' || bytes[i] == '\n' || bytes[i] == '\r';
    if (quote)
        TRY(buf_append_byte(out, '"'));
    if (is_text && text.size && memchr(formula, bytes[0], sizeof formula))
        TRY(buf_append_byte(out, '\''));
    for (size_t i = 0; i < text.size; i++) {
        if (bytes[i] == '"')
            TRY(buf_append_byte(out, '"'));
        TRY(buf_append_byte(out, (unsigned char)bytes[i]));
    }
    return quote ? buf_append_byte(out, '"') : STATUS_OK;
}

static enum status csv_header(struct output *output)
{
    for (size_t i = 0; i < output->n_columns; i++) {
        if (i)
            TRY(buf_append_byte(&output->line, ','));
        TRY(csv_cell(&output->line, slice_str(output->columns[i].name), true));
    }
    TRY(buf_append(&output->line, "\r\n", 2));
    return write_line(output);
}

static enum status csv_row(struct output *output, const struct value *cells)
{
    AUTO(buf_fini) struct buf text = { 0 };

    for (size_t i = 0; i < output->n_columns; i++) {
        buf_clear(&text);
        TRY(cell_text(&text, &cells[i]));
        if (i)
            TRY(buf_append_byte(&output->line, ','));
        TRY(csv_cell(&output->line, buf_slice(&text), cells[i].type == VALUE_STRING));
    }
    TRY(buf_append(&output->line, "\r\n", 2));
    return write_line(output);
}

/* In JSON all rows are one list; else each is a line. */
static enum status json_begin(struct output *output)
{
    if (output->format != FORMAT_JSON)
        return STATUS_OK;
    return buf_append_slice(&output->line, output->n_rows ? SLICE(",\n") : SLICE("["));
}

static enum status json_end(struct output *output)
{
    if (output->format != FORMAT_JSON)
        TRY(buf_append_byte(&output->line, '\n'));
    return write_line(output);
}

static enum status json_row(struct output *output, const struct value *cells)
{
    struct emit emit;

    TRY(json_begin(output));
    emit = emit_start(&output->line);
    emit_object(&emit);
    for (size_t i = 0; i < output->n_columns; i++) {
        emit_key(&emit, output->columns[i].name);
        emit_value(&emit, &cells[i]);
    }
    emit_end(&emit);
    TRY(emit_finish(&emit));
    return json_end(output);
}

/*
 * Control characters, but those in `kept`, would break the lines of a table, or reach the terminal
 * as commands.
 */
static enum status append_printable(struct buf *out, struct slice text, const char *kept)
{
    const unsigned char *at = text.data, *end = at + text.size;

    while (at < end) {
        int32_t code_point = text_next(&at, end);
        bool blank = text_is_control(code_point) && !(code_point && strchr(kept, code_point));

        TRY(text_append(out, code_point < 0 ? 0xfffd : blank ? ' ' : code_point));
    }
    return STATUS_OK;
}

static enum status table_keep(struct output *output, struct slice raw)
{
    bool last = output->n_cells % output->n_columns == output->n_columns - 1;
    size_t limit = last ? LAST_COLUMNS_MAX : CELL_COLUMNS_MAX;
    AUTO(buf_fini) struct buf text = { 0 };
    struct slice cell;
    char *copy;

    TRY(append_printable(&text, raw, ""));
    if (text_width(buf_slice(&text)) > limit) {
        text.size = text_cut(buf_slice(&text), limit - 1).size;
        TRY(buf_append(&text, "…", strlen("…")));
    }
    copy = arena_copy(&output->arena, buf_slice(&text));
    if (!copy)
        return STATUS_NO_MEMORY;
    cell = slice_of(copy, text.size);
    TRY(array_reserve(&output->cells, &output->cells_capacity, output->n_cells + 1));
    output->cells[output->n_cells++] = cell;
    return STATUS_OK;
}

static enum status table_line(struct output *output, const struct slice *cells,
                              const size_t *widths)
{
    struct buf *line = &output->line;

    for (size_t i = 0; i < output->n_columns; i++) {
        size_t padding = widths[i] - text_width(cells[i]);
        bool right = output->columns[i].flags & COLUMN_RIGHT;

        if (i)
            TRY(buf_append(line, "  ", 2));
        if (right)
            TRY(buf_printf(line, "%*s", (int)padding, ""));
        TRY(buf_append_slice(line, cells[i]));
        if (!right && i + 1 < output->n_columns)
            TRY(buf_printf(line, "%*s", (int)padding, ""));
    }
    while (line->size && line->data[line->size - 1] == ' ')
        line->size--;
    TRY(buf_append_byte(line, '\n'));
    return write_line(output);
}

static enum status table_rule(struct output *output, const size_t *widths)
{
    for (size_t i = 0; i < output->n_columns; i++) {
        if (i)
            TRY(buf_append(&output->line, "  ", 2));
        for (size_t k = 0; k < widths[i] && k < CELL_COLUMNS_MAX; k++)
            TRY(buf_append_byte(&output->line, '-'));
    }
    TRY(buf_append_byte(&output->line, '\n'));
    return write_line(output);
}

/* The first n_columns kept cells are the header. */
static enum status table_print(struct output *output)
{
    AUTO(free_ptr) size_t *widths = calloc(output->n_columns + 1, sizeof *widths);

    if (!widths)
        return fail_memory(output->n_columns * sizeof *widths);
    for (size_t i = 0; i < output->n_cells; i++) {
        size_t width = text_width(output->cells[i]);

        if (width > widths[i % output->n_columns])
            widths[i % output->n_columns] = width;
    }
    TRY(table_line(output, output->cells, widths));
    TRY(table_rule(output, widths));
    for (size_t i = output->n_columns; i < output->n_cells; i += output->n_columns)
        TRY(table_line(output, output->cells + i, widths));
    return STATUS_OK;
}

static enum status table_header(struct output *output)
{
    output->n_cells = 0;
    arena_reset(&output->arena);
    for (size_t i = 0; i < output->n_columns; i++)
        TRY(table_keep(output, slice_str(output->columns[i].name)));
    return STATUS_OK;
}

static enum status table_row(struct output *output, const struct value *cells)
{
    if (output->n_cells == output->n_columns * (TABLE_ROWS_MAX + 1)) {
        TRY(table_print(output));
        TRY(table_header(output));
    }
    for (size_t i = 0; i < output->n_columns; i++) {
        buf_clear(&output->line);
        TRY(cell_text(&output->line, &cells[i]));
        TRY(table_keep(output, buf_slice(&output->line)));
    }
    buf_clear(&output->line);
    return STATUS_OK;
}

static void start_rows(struct output *output, const struct column *columns, size_t n_columns)
{
    output->columns = columns;
    output->n_columns = n_columns;
    output->n_rows = 0;
    output->in_rows = true;
    buf_clear(&output->line);
}

enum status output_start(struct output *output, const struct column *columns, size_t n_columns)
{
    start_rows(output, columns, n_columns);
    if (output->format == FORMAT_TABLE)
        return table_header(output);
    return output->format == FORMAT_CSV ? csv_header(output) : STATUS_OK;
}

enum status output_row(struct output *output, const struct value *cells)
{
    enum status status = output->format == FORMAT_TABLE ? table_row(output, cells)
                         : output->format == FORMAT_CSV ? csv_row(output, cells)
                                                        : json_row(output, cells);

    output->n_rows++;
    return status;
}

enum status output_finish(struct output *output)
{
    if (!output->in_rows)
        return STATUS_OK;
    output->in_rows = false;
    if (output->format == FORMAT_TABLE && output->n_columns)
        return table_print(output);
    if (output->format == FORMAT_JSON)
        return write_out(output, output->n_rows ? SLICE("]\n") : SLICE("[]\n"));
    return STATUS_OK;
}

void output_start_items(struct output *output)
{
    start_rows(output, NULL, 0);
}

enum status output_item(struct output *output, struct slice json)
{
    TRY(json_begin(output));
    TRY(buf_append_slice(&output->line, json));
    output->n_rows++;
    return json_end(output);
}

enum status output_json(struct output *output, struct slice json)
{
    TRY(write_out(output, json));
    return write_out(output, SLICE("\n"));
}

enum status output_text(struct output *output, struct slice text)
{
    return write_out(output, text);
}

enum status output_printable(struct buf *out, struct slice text)
{
    return append_printable(out, text, "\n\t");
}

enum status output_words(struct output *output, struct slice text)
{
    AUTO(buf_fini) struct buf printable = { 0 };

    TRY(output_printable(&printable, text));
    return write_out(output, buf_slice(&printable));
}

enum status output_printf(struct output *output, const char *format, ...)
{
    AUTO(free_ptr) char *text = NULL;
    va_list args;
    int length;

    va_start(args, format);
    length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) {
        text = NULL; /* not defined after a failure */
        return fail_memory(strlen(format));
    }
    return output_words(output, slice_of(text, (size_t)length));
}
