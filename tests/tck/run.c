/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the statements of a scenario. */
#include "tests/tck/tck.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/tck/canonical.h"

static enum status take_row(void *context, struct eval *eval, const struct value *values, size_t n)
{
    struct tck_answer *answer = context;

    TRY(array_reserve(&answer->cells, &answer->capacity, (answer->n_rows + 1) * n));
    for (size_t i = 0; i < n; i++) {
        struct buf *cell = &answer->cells[answer->n_rows * n + i];
        *cell = (struct buf){ 0 };
        TRY(canonical_value(cell, eval, &values[i], answer->unordered_lists));
    }
    answer->n_rows++;
    return STATUS_OK;
}

void tck_answer_fini(struct tck_answer *answer)
{
    for (size_t i = 0; i < answer->n_rows * answer->n_columns; i++)
        buf_fini(&answer->cells[i]);
    free(answer->cells);
    *answer = (struct tck_answer){ 0 };
}

enum status run_text(struct slice text, query_row *row, void *context, bool *at_compile)
{
    AUTO(query_freep) struct query *query = NULL;
    struct query_prepare_options prepare = { tck.txn, &tck.procedures, &tck.parameters };
    struct query_run_options options = { .parameters = &tck.parameters, .row = row,
                                         .context = context, .allow_writes = true,
                                         .timeout_us = 20 * US_PER_SECOND };
    struct query_stats stats;

    *at_compile = true;
    TRY(query_prepare(&query, text, &prepare));
    *at_compile = false;
    if (row == take_row) {
        struct tck_answer *answer = context;
        answer->n_columns = query_n_columns(query);
        answer->columns = arena_array(&tck.arena, answer->n_columns + 1, sizeof(struct slice));
        for (size_t i = 0; i < answer->n_columns; i++) {
            struct slice name = query_column(query, i);
            answer->columns[i] = slice_of(arena_copy(&tck.arena, name), name.size);
        }
    }
    return query_run(query, tck.txn, &options, &stats);
}

struct one_value {
    struct value value;
};

static enum status take_value(void *context, struct eval *eval, const struct value *values,
                              size_t n)
{
    struct one_value *one = context;

    (void)eval, (void)n;
    return value_keep(&one->value, &tck.arena, &values[0]);
}

/* The value of a literal in a table. */
enum status literal(struct value *out, struct slice text)
{
    AUTO(buf_fini) struct buf query = { 0 };
    struct one_value one = { value_null() };
    bool at_compile;

    TRY(buf_printf(&query, "RETURN %.*s", (int)text.size, (const char *)text.data));
    TRY(run_text(buf_slice(&query), take_value, &one, &at_compile));
    *out = one.value;
    return STATUS_OK;
}

void run_judged(const struct step *step, bool unordered_lists)
{
    bool at_compile;

    tck_answer_fini(&tck.answer);
    snapshots_drop();
    if (take_snapshot(tck.before) != STATUS_OK)
        abort();
    tck.answer.unordered_lists = unordered_lists;
    query_error_clear();
    tck.status = run_text(step->body, take_row, &tck.answer, &at_compile);
    tck.error = (struct query_error){ 0 };
    if (tck.status != STATUS_OK) {
        snprintf(tck.detail, sizeof tck.detail, "%s", error_detail());
        if (query_error_last())
            tck.error = *query_error_last();
        if (tck.error.type && (tck.error.phase == QUERY_COMPILE) != at_compile)
            abort();
    }
}
