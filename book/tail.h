/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The last weeks of a book as events for `apply`: edges that begin at or after a moment leave their
 * files and become lines of stream.ndjson, in order of time. All nodes, and edges without a moment,
 * stay in the files, so that importing these and then applying the stream gives the whole book.
 *
 * Memory: the rows of those weeks.
 */

#include "book/sheet.h"

#define TAIL_FILE "stream.ndjson"

struct tail_row;

struct tail {
    int64_t since_us; /* TIME_MAX: there is no stream */
    struct buf text;  /* the rows one behind the other */
    struct tail_row *rows;
    size_t n, capacity;
    enum status status; /* a failure sticks, as in csv.h */
};

void tail_fini(struct tail *tail);
/* Keeps a row of cells without its line end; none of an edge's cells is quoted. */
void tail_take(struct tail *tail, enum sheet_id sheet, struct slice row, int64_t when_us);
/* Writes the events; nothing where there is no stream. */
MUST_CHECK enum status tail_write(struct tail *tail, int folder_fd);
