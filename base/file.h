/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Whole files, and files line by line; "-" stands for standard input. */

#include "base/buf.h"

#include <limits.h>
#include <stdio.h>

/*
 * Appends the file's bytes. STATUS_NOT_FOUND where it is missing, STATUS_LIMIT past `max_bytes`,
 * STATUS_IO; the detail names the path.
 */
MUST_CHECK enum status file_read(struct buf *out, const char *path, size_t max_bytes);

/* The path of `name` in `dir`. STATUS_INVALID: longer than paths can be. */
MUST_CHECK enum status file_path(char path[PATH_MAX], const char *dir, const char *name);

/* Lines of a file; the fields are lent until the next call. */
struct file_lines {
    const char *path;      /* kept */
    struct slice line;     /* without its end (LF or CRLF) */
    uint64_t number;       /* 1 and up */
    bool too_long;         /* the line had more than max_bytes; `line` is empty */
    enum status status;    /* after the loop: STATUS_OK means the end was reached */
    FILE *file;            /* private from here on */
    char *text;
    size_t capacity, max_bytes;
};

/* Pair with file_lines_stop(), also after a failure (file_lines_next() then gives false). */
void file_lines_start(struct file_lines *lines, const char *path, size_t max_bytes);
bool file_lines_next(struct file_lines *lines);
void file_lines_stop(struct file_lines *lines);
