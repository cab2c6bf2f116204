/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/tail.h"

#include "base/time.h"
#include "book/lines.h"

#include <stdlib.h>

struct tail_row {
    int64_t when_us;
    size_t at, size; /* in the text */
    enum sheet_id sheet;
};

void tail_fini(struct tail *tail)
{
    buf_fini(&tail->text);
    free(tail->rows);
    tail->rows = NULL;
}

static enum status take(struct tail *tail, enum sheet_id sheet, struct slice row,
                        int64_t when_us)
{
    TRY(array_reserve(&tail->rows, &tail->capacity, tail->n + 1));
    tail->rows[tail->n] = (struct tail_row){ when_us, tail->text.size, row.size, sheet };
    TRY(buf_append_slice(&tail->text, row));
    tail->n++;
    return STATUS_OK;
}

void tail_take(struct tail *tail, enum sheet_id sheet, struct slice row, int64_t when_us)
{
    if (tail->status == STATUS_OK)
        tail->status = take(tail, sheet, row, when_us);
}

/* Rows of one moment in the order in which they came. */
static int compare_rows(const void *a, const void *b)
{
    const struct tail_row *x = a, *y = b;

    if (x->when_us != y->when_us)
        return x->when_us < y->when_us ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* Cuts off what comes before the next comma. */
static struct slice next_cell(struct slice *rest)
{
    const char *at = rest->size ? memchr(rest->data, ',', rest->size) : NULL;
    size_t size = at ? (size_t)(at - (const char *)rest->data) : rest->size;
    struct slice cell = slice_of(rest->data, size);

    *rest = at ? slice_of(at + 1, rest->size - size - 1) : slice_of("", 0);
    return cell;
}

static bool begins(struct slice text, const char *prefix)
{
    size_t size = strlen(prefix);

    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

static bool ends(struct slice text, const char *suffix)
{
    size_t size = strlen(suffix);

    return text.size >= size &&
           memcmp((const char *)text.data + text.size - size, suffix, size) == 0;
}

/* One end of an edge; the label stands in the header's parentheses. */
static void put_end(struct emit *emit, const char *name, struct slice header, struct slice key)
{
    const char *open = memchr(header.data, '(', header.size);
    struct slice label = slice_of(open + 1, (size_t)((const char *)header.data + header.size -
                                                     open - 2));

    emit_key(emit, name);
    emit_object(emit);
    emit_key(emit, "label");
    emit_slice(emit, label);
    emit_key(emit, "key");
    emit_slice(emit, key);
    emit_end(emit);
}

/* What the event itself says; its properties come after. */
static void put_own(struct emit *emit, struct slice header, struct slice cell)
{
    if (begins(header, ":START_ID"))
        put_end(emit, "from", header, cell);
    else if (begins(header, ":END_ID"))
        put_end(emit, "to", header, cell);
    else if (begins(header, ":TYPE"))
        emit_key(emit, "type"), emit_slice(emit, cell);
    else if (begins(header, "edge_key:"))
        emit_key(emit, "edge_key"), emit_slice(emit, cell);
    else if (begins(header, "valid_from:"))
        emit_key(emit, "valid_from"), emit_slice(emit, cell);
    else if (begins(header, "valid_to:"))
        emit_key(emit, "valid_to"), emit_slice(emit, cell);
}

static bool is_own(struct slice header)
{
    return begins(header, ":") || begins(header, "edge_key:") || begins(header, "valid_");
}

static void put_property(struct emit *emit, struct slice header, struct slice cell)
{
    const char *colon = memchr(header.data, ':', header.size);
    size_t size = colon ? (size_t)(colon - (const char *)header.data) : header.size;

    emit_key_slice(emit, slice_of(header.data, size));
    if (ends(header, ":long") || ends(header, ":double") || ends(header, ":boolean"))
        emit_raw(emit, cell);
    else
        emit_slice(emit, cell);
}

static void put_cells(struct emit *emit, const struct tail_row *row, struct slice cells,
                      bool own)
{
    struct slice headers = slice_str(sheets[row->sheet].header);

    while (headers.size) {
        struct slice header = next_cell(&headers), cell = next_cell(&cells);

        if (cell.size && is_own(header) == own)
            (own ? put_own : put_property)(emit, header, cell);
    }
}

static void put_event(struct emit *emit, const struct tail_row *row, struct slice cells)
{
    emit_key(emit, "op");
    emit_string(emit, "edge");
    put_cells(emit, row, cells, true);
    emit_key(emit, "properties");
    emit_object(emit);
    put_cells(emit, row, cells, false);
    emit_end(emit);
}

enum status tail_write(struct tail *tail, int folder_fd)
{
    AUTO(lines_fini) struct lines lines = { 0 };

    TRY(tail->status);
    if (tail->since_us == TIME_MAX)
        return STATUS_OK;
    TRY(lines_open(&lines, folder_fd, TAIL_FILE));
    if (tail->n)
        qsort(tail->rows, tail->n, sizeof *tail->rows, compare_rows);
    for (size_t i = 0; i < tail->n; i++) {
        const struct tail_row *row = &tail->rows[i];

        put_event(lines_start(&lines), row, slice_of(tail->text.data + row->at, row->size));
        TRY(lines_end(&lines));
    }
    return lines_close(&lines);
}
