/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/moment.h"
#include "cli/policy_file.h"
#include "screening/backtest.h"

struct backtest_cli {
    int64_t since_us, until_us;
    bool valid_time, fraud_only, each;
};

/* One run: its summary, or each application as a row. */
struct testing {
    struct cli *cli;
    struct progress progress;
    bool in_progress;
    struct arena arena; /* of the row at hand */
};

static void testing_fini(struct testing *testing)
{
    arena_fini(&testing->arena);
}

static void show_progress(void *context, uint64_t done, uint64_t total)
{
    struct testing *testing = context;

    if (!testing->in_progress)
        testing->progress = progress_start("applications", total);
    testing->in_progress = true;
    progress_update(&testing->progress, done);
}

/* ---- each application ---------------------------------------------------------------------- */

static const struct column each_columns[] = {
    { "application" }, { "time" },    { "outcome" }, { "a" },       { "score_a", COLUMN_RIGHT },
    { "b" },           { "score_b", COLUMN_RIGHT },  { "codes_a" }, { "codes_b" },
};
#define N_EACH_COLUMNS (sizeof each_columns / sizeof *each_columns)

static enum status codes_value(struct value *out, struct arena *arena,
                               const struct backtest_side *side)
{
    struct value *items = arena_array(arena, side->n_codes + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < side->n_codes; i++)
        items[i] = value_text(side->codes[i]);
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)side->n_codes, .items = items };
    return STATUS_OK;
}

static enum status print_each(void *context, const struct backtest_case *one)
{
    struct testing *testing = context;
    const struct backtest_side *a = &one->side[0], *b = &one->side[1];
    const char *outcome = past_outcome_name(one->past->outcome);
    char at[TIME_TEXT_MAX];
    struct value cells[N_EACH_COLUMNS] = {
        value_text(one->application),
        moment_value(at, one->past->at_us),
        outcome ? value_text(slice_str(outcome)) : value_null(),
        value_text(slice_str(decision_name(a->decision))),
        value_int(a->score),
        value_text(slice_str(decision_name(b->decision))),
        value_int(b->score),
    };

    TRY(codes_value(&cells[7], &testing->arena, a));
    TRY(codes_value(&cells[8], &testing->arena, b));
    TRY(output_row(&testing->cli->output, cells));
    arena_reset(&testing->arena);
    return STATUS_OK;
}

/* ---- the summary ---------------------------------------------------------------------------- */

static const struct column columns[] = {
    { "kind" },
    { "name" },
    { "a", COLUMN_RIGHT },
    { "b", COLUMN_RIGHT },
    { "rate_a", COLUMN_RIGHT },
    { "rate_b", COLUMN_RIGHT },
    { "precision_a", COLUMN_RIGHT },
    { "precision_b", COLUMN_RIGHT },
    { "recall_a", COLUMN_RIGHT },
    { "recall_b", COLUMN_RIGHT },
};
#define N_COLUMNS (sizeof columns / sizeof *columns)

/* part / whole with four decimals, null where there is no whole. */
static struct value share(uint64_t part, uint64_t whole)
{
    return whole ? value_float((double)((part * 10000 + whole / 2) / whole) / 1e4) : value_null();
}

/* How a set of applications compares with all; `b` NULL: the set belongs to both sides. */
static enum status print_row(struct cli *cli, const struct backtest *backtest, const char *kind,
                             struct slice name, const struct backtest_tally *a,
                             const struct backtest_tally *b)
{
    const struct backtest_tally *sides[] = { a, b };
    struct value cells[N_COLUMNS] = { value_text(slice_str(kind)), value_text(name) };

    for (size_t side = 0; side < 2; side++) {
        const struct backtest_tally *set = sides[side];

        cells[2 + side] = set ? value_int((int64_t)set->n) : value_null();
        cells[4 + side] = set ? share(set->n, backtest->all.n) : value_null();
        cells[6 + side] = set ? share(set->n_bad, set->n_known) : value_null();
        cells[8 + side] = set ? share(set->n_bad, backtest->all.n_bad) : value_null();
    }
    return output_row(&cli->output, cells);
}

static enum status print_not_passed(struct cli *cli, const struct backtest *backtest)
{
    struct backtest_tally sides[BACKTEST_SIDES];

    for (size_t side = 0; side < BACKTEST_SIDES; side++) {
        const struct backtest_tally pass = backtest_decided(backtest, side, DECISION_PASS);

        sides[side] = (struct backtest_tally){ backtest->all.n - pass.n,
                                               backtest->all.n_known - pass.n_known,
                                               backtest->all.n_bad - pass.n_bad };
    }
    return print_row(cli, backtest, "decision", SLICE("not pass"), &sides[0], &sides[1]);
}

static enum status print_decisions(struct cli *cli, const struct backtest *backtest)
{
    for (enum decision d = DECISION_PASS; d <= DECISION_REJECT; d++) {
        const struct backtest_tally a = backtest_decided(backtest, 0, d);
        const struct backtest_tally b = backtest_decided(backtest, 1, d);

        TRY(print_row(cli, backtest, "decision", slice_str(decision_name(d)), &a, &b));
    }
    return print_not_passed(cli, backtest);
}

static enum status print_changes(struct cli *cli, const struct backtest *backtest)
{
    char name[64];

    for (enum decision a = DECISION_PASS; a <= DECISION_REJECT; a++)
        for (enum decision b = DECISION_PASS; b <= DECISION_REJECT; b++) {
            if (a == b || !backtest->change[a][b].n)
                continue;
            snprintf(name, sizeof name, "%s to %s", decision_name(a), decision_name(b));
            TRY(print_row(cli, backtest, "change", slice_str(name), &backtest->change[a][b],
                          NULL));
        }
    return STATUS_OK;
}

static enum status print_summary(struct cli *cli, const struct backtest *backtest)
{
    TRY(output_start(&cli->output, columns, N_COLUMNS));
    TRY(print_decisions(cli, backtest));
    TRY(print_changes(cli, backtest));
    for (size_t i = 0; i < backtest->n_codes; i++)
        TRY(print_row(cli, backtest, "code", backtest->codes[i].code,
                      &backtest->codes[i].side[0], &backtest->codes[i].side[1]));
    return output_finish(&cli->output);
}

static void tell_counts(const struct backtest *backtest, bool valid_time)
{
    log_line("%" PRIu64 " application%s, %" PRIu64 " with a known outcome, %" PRIu64
             " of these bad", backtest->all.n, text_s(backtest->all.n), backtest->all.n_known,
             backtest->all.n_bad);
    if (backtest->n_undated + backtest->n_unapplied + backtest->n_refused)
        log_note("left out: %" PRIu64 " without a date, %" PRIu64 " that nobody applied for, %"
                 PRIu64 " that are no valid request", backtest->n_undated, backtest->n_unapplied,
                 backtest->n_refused);
    if (backtest->n_truncated)
        log_note("%" PRIu64 " with a probe that was cut at max_reads", backtest->n_truncated);
    if (backtest->n_late && !valid_time)
        log_warning("%" PRIu64 " %s learnt of more than a day late, when hardly "
                    "anything around was known; import with observed_at, or give --valid-time",
                    backtest->n_late, backtest->n_late == 1 ? "was" : "were");
}

/* ---- the command ---------------------------------------------------------------------------- */

static enum status open_policies(struct policy *policies[BACKTEST_SIDES], const struct cli *cli)
{
    bool both = cli->n_operands > 1;
    enum status status;

    TRY(policy_open(&policies[0], both ? cli->operands[0] : NULL));
    status = policy_open(&policies[1], cli->operands[both]);
    if (status)
        policy_free(policies[0]);
    return status;
}

static enum status backtest_run(struct cli *cli, const void *given)
{
    const struct backtest_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(testing_fini) struct testing testing = { .cli = cli };
    AUTO(backtest_fini) struct backtest result = { 0 };
    struct policy *policies[BACKTEST_SIDES];
    const struct backtest_options options = {
        .since_us = chosen->since_us, .until_us = chosen->until_us,
        .valid_time = chosen->valid_time, .fraud_only = chosen->fraud_only,
        .each = chosen->each ? print_each : NULL, .progress = show_progress,
        .context = &testing,
    };

    TRY(graph_open(&graph, cli->db, NULL));
    TRY(open_policies(policies, cli));
    if (chosen->each)
        TRY(output_start(&cli->output, each_columns, N_EACH_COLUMNS));
    TRY(backtest(&result, graph, policies, &options));
    if (testing.in_progress)
        progress_finish(&testing.progress);
    tell_counts(&result, chosen->valid_time);
    return chosen->each ? output_finish(&cli->output) : print_summary(cli, &result);
}

#define AT(field) offsetof(struct backtest_cli, field)

static const struct command_option options[] = {
    { "since", 0, OPTION_TIME, AT(since_us), "T", "applications from this moment on" },
    { "until", 0, OPTION_TIME, AT(until_us), "T", "applications before this moment" },
    { "each", 0, OPTION_FLAG, AT(each), NULL, "print every application instead of the summary" },
    { "fraud-only", 0, OPTION_FLAG, AT(fraud_only), NULL,
      "a bad outcome is fraud alone (default: fraud or overdue)" },
    { "valid-time", 0, OPTION_FLAG, AT(valid_time), NULL,
      "see what was valid at the moment, whenever it was learnt" },
    { 0 },
};

const struct command command_backtest = {
    .name = "backtest",
    .usage = "[--since T] [--until T] [--each] [--fraud-only] [--valid-time] [POLICY_A] POLICY_B",
    .summary = "decide past applications again under two policies and compare",
    .details =
        "Applications of the graph in order of time, each as if it came in at its own moment:\n"
        "the graph as it was known then, the tags published and the overlays given by then.\n"
        "POLICY_A is the built-in one unless given. Nothing is recorded.\n"
        "\n"
        "Rows are decisions, changes from A to B, and codes of reasons: how many applications\n"
        "(a, b), their share of all (rate), the share of bad ones among those whose outcome is\n"
        "known (precision), and the share of all bad ones that are in the row (recall).\n"
        "\n"
        "A book that was loaded at once, without observed_at, was known to nobody before:\n"
        "--valid-time then sees what was valid, with the tags of the newest retag whose T is not\n"
        "later. What has no time of its own, such as another application's outcome, is seen too\n"
        "early that way.",
    .options = options,
    .options_size = sizeof(struct backtest_cli),
    .defaults = &(const struct backtest_cli){ .since_us = TIME_MIN, .until_us = TIME_MAX },
    .min_operands = 1,
    .max_operands = 2,
    .run = backtest_run,
};
