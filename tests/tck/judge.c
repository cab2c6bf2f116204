/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers and errors against what the step says. */
#include "tests/tck/tck.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/tck/canonical.h"

static size_t column_of(struct slice name)
{
    for (size_t i = 0; i < tck.answer.n_columns; i++)
        if (slice_equal(tck.answer.columns[i], name))
            return i;
    return SIZE_MAX;
}

/* A row's cells joined, in the order of the expected columns. */
static char *row_text(const struct cells *table, size_t row, bool expected)
{
    struct buf line = { 0 };
    const char *text;

    for (size_t i = 0; i < table->n_columns; i++) {
        enum status status;

        if (expected) {
            status = canonical_cell(&line, table->items[row * table->n_columns + i],
                                    tck.answer.unordered_lists);
        } else {
            size_t column = column_of(table->items[i]);
            status = buf_append_slice(
                &line, buf_slice(&tck.answer.cells[row * tck.answer.n_columns + column]));
        }
        if (status != STATUS_OK || buf_append(&line, " | ", 3) != STATUS_OK)
            abort();
    }
    if (buf_string(&text, &line) != STATUS_OK)
        abort();
    return (char *)line.data;
}

static enum outcome judge_rows(const struct cells *table, bool ordered)
{
    size_t n = table->n_rows - 1;
    char **expected = calloc(n + 1, sizeof *expected), **is = calloc(n + 1, sizeof *is);
    enum outcome outcome = OUTCOME_PASSED;

    for (size_t row = 0; row < n; row++) {
        expected[row] = row_text(table, row + 1, true);
        is[row] = row_text(table, row, false);
    }
    if (!ordered && n) {
        qsort(expected, n, sizeof *expected, by_line);
        qsort(is, n, sizeof *is, by_line);
    }
    for (size_t row = 0; row < n && outcome == OUTCOME_PASSED; row++)
        if (strcmp(expected[row], is[row]) != 0) {
            why("row %zu is %s expected %s", row + 1, is[row], expected[row]);
            outcome = OUTCOME_FAILED;
        }
    for (size_t row = 0; row < n; row++) {
        free(expected[row]);
        free(is[row]);
    }
    free(expected);
    free(is);
    return outcome;
}

enum outcome judge_answer(const struct cells *table, bool ordered)
{
    if (tck.status != STATUS_OK) {
        why("raised %s", tck.detail);
        return OUTCOME_ERRORED;
    }
    if (table->n_rows == 0) {
        why("%zu rows, expected none", tck.answer.n_rows);
        return tck.answer.n_rows ? OUTCOME_FAILED : OUTCOME_PASSED;
    }
    if (table->n_columns != tck.answer.n_columns) {
        why("%zu columns, expected %zu", tck.answer.n_columns, table->n_columns);
        return OUTCOME_FAILED;
    }
    for (size_t i = 0; i < table->n_columns; i++)
        if (column_of(table->items[i]) == SIZE_MAX) {
            why("no column %.*s", (int)table->items[i].size, (const char *)table->items[i].data);
            return OUTCOME_FAILED;
        }
    if (table->n_rows - 1 != tck.answer.n_rows) {
        why("%zu rows, expected %zu", tck.answer.n_rows, table->n_rows - 1);
        return OUTCOME_FAILED;
    }
    return judge_rows(table, ordered);
}

/* `a TYPE should be raised at WHEN: DETAIL` */
enum outcome judge_error(struct slice step)
{
    char type[64], when[64], detail[64], text[256];
    bool phase;

    snprintf(text, sizeof text, "%.*s", (int)step.size, (const char *)step.data);
    if (sscanf(text, "a%*[n ]%63s should be raised at %63[a-z ]: %63s", type, when, detail) != 3) {
        why("can't read: %s", text);
        return OUTCOME_ERRORED;
    }
    if (tck.status == STATUS_OK) {
        why("no error, expected %s: %s", type, detail);
        return OUTCOME_FAILED;
    }
    phase = strcmp(when, "any time") == 0 ||
            (strcmp(when, "compile time") == 0) == (tck.error.phase == QUERY_COMPILE);
    if (tck.error.type && strcmp(tck.error.type, type) == 0 && phase &&
        (strcmp(detail, "*") == 0 || strcmp(tck.error.detail, detail) == 0))
        return OUTCOME_PASSED;
    why("expected %s: %s at %s, raised %s", type, detail, when, tck.detail);
    return OUTCOME_FAILED;
}
