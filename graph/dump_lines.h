/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The lines of a dump as values, in their order. Reading JSON is most of what a load does: lines
 * are taken by the thousand and shared out among the processors.
 */

#include "base/file.h"
#include "base/value.h"

struct line_batch;

struct dump_lines {
    uint64_t number;          /* of the line that came last, or that failed; 0: no line did */
    struct file_lines file;   /* private from here on */
    struct line_batch *batch;
    size_t at;
};

/* Keeps `path`. Pair with dump_lines_stop(). */
void dump_lines_start(struct dump_lines *lines, const char *path);
/* Lends the next line's value until the next call; STATUS_END. STATUS_INVALID: it is no JSON. */
MUST_CHECK enum status dump_lines_next(const struct value **out, struct dump_lines *lines);
void dump_lines_stop(struct dump_lines *lines);
