/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Writing one delimited file, cell by cell, fast.
 *
 * Each csv_*() call writes one cell; csv_end() ends the row. A failure sticks: later calls do
 * nothing and csv_close() returns it, so that rows need no check each. Memory: one buffer.
 */

#include "base/buf.h"

#define CSV_CELL_MAX 1024

struct csv {
    char *data;
    size_t size, row; /* bytes; where the row at hand begins */
    int fd; /* owned */
    enum status status;
    uint64_t rows;    /* without the header */
    const char *name; /* kept */
};

/* Creates `name` in the folder open as `folder_fd` (an older file is emptied), writes `header`. */
MUST_CHECK enum status csv_open(struct csv *csv, int folder_fd, const char *name,
                                const char *header);
/* Flushes and closes; the first failure of any call. Also after a failed csv_open(). */
MUST_CHECK enum status csv_close(struct csv *csv);
/* Closes without flushing, for AUTO; nothing after csv_close(). */
void csv_fini(struct csv *csv);

/* Any text of at most CSV_CELL_MAX bytes; quoted where RFC 4180 asks for it. */
void csv_text(struct csv *csv, struct slice text);
/* Text known to hold no comma, quote or line end. */
void csv_word(struct csv *csv, struct slice word);
void csv_int(struct csv *csv, int64_t number);
/* RFC 3339 in UTC to the second; an infinity gives an empty cell. */
void csv_time(struct csv *csv, int64_t us);
/* Calendar date of days since 1970. */
void csv_date(struct csv *csv, int64_t days);
/* Ten-thousandths as a decimal number, as in 0.51. */
void csv_ratio(struct csv *csv, int64_t ten_thousandths);
void csv_bool(struct csv *csv, bool boolean);
void csv_none(struct csv *csv);
void csv_end(struct csv *csv);
/* Takes the row at hand back: lends its cells until the next call, and it is not written. */
struct slice csv_take(struct csv *csv);
