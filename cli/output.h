/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Everything a command prints as data passes through here: rows as a table, JSON, NDJSON or CSV.
 *
 *     static const struct column columns[] = { { "code" }, { "found", COLUMN_RIGHT } };
 *     TRY(output_start(out, columns, 2));
 *     TRY(output_row(out, cells));          for each row: one value per column
 *     TRY(output_finish(out));
 *
 * A table is laid out when it is finished (rows are kept until then, but past TABLE_ROWS_MAX rows
 * it is printed in parts); the other formats stream. In JSON a row is an object by column names.
 * CSV neutralises cells that a spreadsheet would run as a formula.
 */

#include "base/arena.h"
#include "base/emit.h"
#include "base/value.h"

enum output_format {
    FORMAT_AUTO, /* table on a terminal, ndjson in a pipe */
    FORMAT_TABLE,
    FORMAT_JSON,
    FORMAT_NDJSON,
    FORMAT_CSV,
};

enum column_flag {
    COLUMN_RIGHT = 1, /* numbers: flush right in a table */
};

struct column {
    const char *name;
    unsigned flags;
};

struct output {
    enum output_format format;   /* never FORMAT_AUTO once opened */
    /* the rest is private */
    const struct column *columns;
    size_t n_columns, n_rows;
    bool in_rows;
    struct buf line;             /* being written */
    struct arena arena;          /* of the table's cells */
    struct slice *cells;         /* of the table's rows, row by row */
    size_t n_cells, cells_capacity;
    bool held, whole, gone;      /* between output_hold() and output_release(); some went out */
    struct buf waiting;          /* what stdout has not taken yet, from waiting_at on */
    size_t waiting_at;
};

#define TABLE_ROWS_MAX 10000

/* `format` AUTO is decided by whether stdout is a terminal. */
struct output output_open(enum output_format format);
void output_fini(struct output *output);

/* Keeps `columns` until output_finish(). */
MUST_CHECK enum status output_start(struct output *output, const struct column *columns,
                                    size_t n_columns);
MUST_CHECK enum status output_row(struct output *output, const struct value *cells);
/* Ends the rows: a table is printed, a JSON list closed. STATUS_IO when stdout refuses. */
MUST_CHECK enum status output_finish(struct output *output);

/*
 * Rows that are JSON texts of the command's own: in JSON one list, else one a line. Ends with
 * output_finish(), too.
 */
void output_start_items(struct output *output);
MUST_CHECK enum status output_item(struct output *output, struct slice json);

/*
 * From here on nothing waits for who reads stdout: what he does not take at once is kept, so that a
 * transaction of the store can end first. `whole`: nothing goes out before output_release().
 */
void output_hold(struct output *output, bool whole);
/* Drops rows and what waits; false where part of it went out already: then finish. */
bool output_discard(struct output *output);
/* How much is kept. */
size_t output_waiting(const struct output *output);
/* Writes what was kept, waiting as long as it takes. */
MUST_CHECK enum status output_release(struct output *output);

/* One line of JSON made by the command itself (an answer, a summary), whatever the format. */
MUST_CHECK enum status output_json(struct output *output, struct slice json);
/* Text as it is: files, help. */
MUST_CHECK enum status output_text(struct output *output, struct slice text);
/*
 * Text for people, with blanks for control characters but line ends and tabs: keys and names come
 * from applicants, and would reach the terminal as commands.
 */
MUST_CHECK enum status output_words(struct output *output, struct slice text);
MUST_CHECK enum status output_printf(struct output *output, const char *format, ...)
    PRINTF_LIKE(2, 3);
/* Appends what output_words() would print: for text that goes elsewhere. */
MUST_CHECK enum status output_printable(struct buf *out, struct slice text);
