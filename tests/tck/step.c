/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a scenario: what each sentence does or judges. */
#include "tests/tck/tck.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

#define FILE_BYTES_MAX ((size_t)16 << 20)

static int by_pair(const void *a, const void *b)
{
    const struct value_pair *x = a, *y = b;

    return slice_compare(x->key, y->key);
}

static enum status set_parameters(const struct cells *table)
{
    struct value_pair *pairs = arena_array(&tck.arena, table->n_rows + 1, sizeof *pairs);

    for (size_t row = 0; row < table->n_rows; row++) {
        pairs[row].key = table->items[row * 2];
        TRY(literal(&pairs[row].value, table->items[row * 2 + 1]));
    }
    qsort(pairs, table->n_rows, sizeof *pairs, by_pair);
    tck.parameters.pairs = pairs;
    tck.parameters.count = (uint32_t)table->n_rows;
    return STATUS_OK;
}

static enum status load_named(struct slice step, const char *graphs)
{
    char name[64], path[4400], text[128];
    AUTO(buf_fini) struct buf query = { 0 };
    bool at_compile;

    snprintf(text, sizeof text, "%.*s", (int)step.size, (const char *)step.data);
    if (sscanf(text, "the %63s graph", name) != 1)
        return fail(STATUS_INVALID, "no such graph");
    snprintf(path, sizeof path, "%s/%s/%s.cypher", graphs, name, name);
    TRY(file_read(&query, path, FILE_BYTES_MAX));
    return run_text(buf_slice(&query), NULL, NULL, &at_compile);
}

static bool contains(struct slice text, const char *part)
{
    return memmem(text.data, text.size, part, strlen(part)) != NULL;
}

static bool starts(struct slice text, const char *with)
{
    return text.size >= strlen(with) && memcmp(text.data, with, strlen(with)) == 0;
}

static enum outcome run_step(const struct scenario *scenario, size_t at, const char *graphs)
{
    static const struct cells none = { 0 };
    const struct step *step = &scenario->steps[at];
    bool at_compile, unordered = false;
    enum status status = STATUS_OK;

    for (size_t i = at; i < scenario->n_steps; i++)
        unordered |= contains(scenario->steps[i].text, "ignoring element order for lists");
    if (starts(step->text, "an empty graph") || starts(step->text, "any graph"))
        return OUTCOME_PASSED;
    if (starts(step->text, "having executed"))
        status = run_text(step->body, NULL, NULL, &at_compile);
    else if (starts(step->text, "parameters are"))
        status = set_parameters(&step->table);
    else if (starts(step->text, "there exists a procedure"))
        status = add_procedure(step);
    else if (starts(step->text, "executing"))
        run_judged(step, unordered);
    else if (starts(step->text, "the result should be"))
        return judge_answer(&step->table, contains(step->text, "in order"));
    else if (starts(step->text, "no side effects"))
        return judge_effects(&none);
    else if (starts(step->text, "the side effects should be"))
        return judge_effects(&step->table);
    else if (contains(step->text, "should be raised"))
        return judge_error(step->text);
    else if (contains(step->text, " graph"))
        status = load_named(step->text, graphs);
    else
        status = fail(STATUS_INVALID, "unknown step");
    if (status == STATUS_OK)
        return OUTCOME_PASSED;
    why("%.*s: %s", (int)step->text.size, (const char *)step->text.data, error_detail());
    return OUTCOME_ERRORED;
}

enum outcome run_scenario(const struct scenario *scenario, const char *graphs)
{
    enum outcome outcome = OUTCOME_PASSED;

    if (scenario->ignored)
        return OUTCOME_SKIPPED;
    tck.parameters = (struct value){ .type = VALUE_MAP };
    tck.procedures = (struct procedure_table){ 0 };
    if (graph_write(&tck.txn, tck.graph) != STATUS_OK)
        abort();
    for (size_t i = 0; i < scenario->n_steps && outcome == OUTCOME_PASSED; i++)
        outcome = run_step(scenario, i, graphs);
    txn_end(tck.txn);
    tck.txn = NULL;
    tck_answer_fini(&tck.answer);
    snapshots_drop();
    arena_reset(&tck.arena);
    return outcome;
}
