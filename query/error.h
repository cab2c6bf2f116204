/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Errors of a query: a type and a detail as the openCypher kit names them, when they were found,
 * and the place in the text, shown with a caret.
 *
 * query_fail() puts "Type: Detail: message (line, column)", the line of the query and a caret
 * into the thread's detail, so that whoever prints error_detail() prints it whole.
 */

#include "base/buf.h"

enum query_phase {
    QUERY_COMPILE,
    QUERY_RUNTIME,
};

/* Bytes [start, end) of the query text. */
struct text_span {
    uint32_t start, end;
};

struct query_error {
    const char *type;   /* "SyntaxError", "TypeError", ... */
    const char *detail; /* "UndefinedVariable", ... */
    enum query_phase phase;
    struct text_span span;
};

/* Raises with STATUS_INVALID. `text` is the whole query; an empty span shows no caret. */
enum status query_fail(struct slice text, struct query_error error, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Lends the last error of this thread that query_fail() raised; NULL after query_error_clear(). */
const struct query_error *query_error_last(void);
void query_error_clear(void);

/* Line and column (code points, from 1) of a byte. O(offset). */
void query_place(struct slice text, uint32_t offset, uint32_t *line, uint32_t *column);
