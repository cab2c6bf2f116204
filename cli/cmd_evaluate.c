/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
#include "detectors/evaluate.h"

struct evaluate_options {
    const char *truth;
    int64_t explain;
};

static const struct column columns[] = {
    { "code" },
    { "precision", COLUMN_RIGHT },
    { "recall", COLUMN_RIGHT },
    { "f1", COLUMN_RIGHT },
    { "ring_precision", COLUMN_RIGHT },
    { "ring_recall", COLUMN_RIGHT },
    { "traps_tagged", COLUMN_RIGHT },
    { "planted", COLUMN_RIGHT },
    { "tagged", COLUMN_RIGHT },
    { "missed" },
    { "false_alarms" },
};

#define N_COLUMNS (sizeof columns / sizeof *columns)

/* part / whole with six decimals, null where there is no whole. */
static struct value share(uint64_t part, uint64_t whole)
{
    if (!whole)
        return value_null();
    return value_float((double)(part * 1000000 / whole) / 1e6);
}

static enum status keys_value(struct value *out, struct arena *arena, const struct slice *keys,
                              size_t n)
{
    struct value *items = arena_array(arena, n, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        items[i] = value_text(keys[i]);
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)n, .items = items };
    return STATUS_OK;
}

static enum status code_row(struct output *output, struct arena *arena,
                            const struct evaluate_code *code, bool explain)
{
    bool judged = !evaluate_is_partial(code->code);
    struct value cells[N_COLUMNS] = {
        value_text(code->code),
        judged ? share(code->hits, code->tagged) : value_null(),
        share(code->hits, code->members),
        judged ? share(2 * code->hits, code->tagged + code->members) : value_null(),
        judged ? share(code->found_rings_hit, code->found_rings) : value_null(),
        code->found_rings || !code->tagged ? share(code->rings_hit, code->rings) : value_null(),
        share(code->traps_tagged, code->trap_members),
        value_int((int64_t)code->members),
        value_int((int64_t)code->tagged),
    };

    if (explain) {
        TRY(keys_value(&cells[9], arena, code->misses, code->n_misses));
        TRY(keys_value(&cells[10], arena, code->false_alarms, code->n_false_alarms));
    }
    return output_row(output, cells);
}

static enum status evaluate_run(struct cli *cli, const void *options_)
{
    const struct evaluate_options *options = options_;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(evaluation_fini) struct evaluation evaluation = { 0 };
    AUTO(arena_fini) struct arena arena = { 0 };

    if (!options->truth)
        return fail(STATUS_USAGE, "evaluate needs --truth FILE, as `ringfence generate` writes it");
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_read(&txn, graph, NULL));
    TRY(evaluate(&evaluation, txn, options->truth, (size_t)options->explain));
    TRY(output_start(&cli->output, columns, options->explain ? N_COLUMNS : N_COLUMNS - 2));
    for (size_t i = 0; i < evaluation.n_codes; i++)
        TRY(code_row(&cli->output, &arena, &evaluation.codes[i], options->explain));
    return output_finish(&cli->output);
}

static const struct command_option options[] = {
    { "truth", 0, OPTION_TEXT, offsetof(struct evaluate_options, truth), "FILE",
      "planted rings and traps, one JSON object a line" },
    { "explain", 0, OPTION_INT, offsetof(struct evaluate_options, explain), "N",
      "list up to N missed and N falsely tagged keys a code (default 0)" },
    { 0 },
};

const struct command command_evaluate = {
    .name = "evaluate",
    .usage = "--truth FILE [--explain N]",
    .summary = "compare the published tags with a truth file of planted rings and traps",
    .details =
        "Per code: precision, recall and F1 of tagged members; the share of found rings that\n"
        "are planted ones and of planted rings that were found (more than half in common);\n"
        "and the share of trap members tagged at attention or above. A code counts from\n"
        "attention up, except codes whose ordinary level is hint. Of codes that rest on the whole\n"
        "graph (DENSE_BLOCK, RISK_CONTAGION, BAD_INTERMEDIARY) truth names only what was planted,\n"
        "so they have a recall and no precision.",
    .options = options,
    .options_size = sizeof(struct evaluate_options),
    .run = evaluate_run,
};
