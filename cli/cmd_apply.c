/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "service/event_answer.h"

#include <stdio.h>

struct apply_command_options {
    int64_t from_line, batch, space_wait_us;
};

struct answers {
    struct cli *cli;
    struct buf line;
};

static void answers_fini(struct answers *answers)
{
    buf_fini(&answers->line);
}

static enum status print_answer(void *context, const struct apply_answer *answer, bool last)
{
    struct answers *answers = context;

    buf_clear(&answers->line);
    TRY(event_answer_write(&answers->line, answer->line, answer));
    TRY(output_json(&answers->cli->output, buf_slice(&answers->line)));
    /* The sender may be waiting for this answer. */
    return last && fflush(stdout) ? fail_errno("writing to standard output") : STATUS_OK;
}

static enum status apply_command_run(struct cli *cli, const void *options)
{
    const struct apply_command_options *chosen = options;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(answers_fini) struct answers answers = { .cli = cli };
    const struct apply_options apply = {
        .path = cli->n_operands ? cli->operands[0] : "-",
        .first_line = (uint64_t)chosen->from_line, .batch_lines = (size_t)chosen->batch,
        .space_wait_us = chosen->space_wait_us,
        .answer = print_answer, .context = &answers,
    };
    struct apply_totals totals;

    if (chosen->batch < 1 || chosen->batch > 100000)
        return fail(STATUS_USAGE, "--batch must be 1 to 100000");
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(apply_run(&totals, graph, &apply));
    log_note("%llu line%s: %llu applied, %llu known before, %llu wrong, in %llu commit%s",
             (unsigned long long)totals.lines, text_s(totals.lines),
             (unsigned long long)totals.applied, (unsigned long long)totals.duplicates,
             (unsigned long long)totals.errors, (unsigned long long)totals.commits,
             text_s(totals.commits));
    if (totals.errors)
        cli->exit_code = EXIT_BAD_DATA;
    return STATUS_OK;
}

static const struct command_option options[] = {
    { "from-line", 0, OPTION_INT, offsetof(struct apply_command_options, from_line), "N",
      "pass over the lines before N: go on where an earlier run stopped (default 1)" },
    { "batch", 0, OPTION_INT, offsetof(struct apply_command_options, batch), "N",
      "lines to a commit, at most; fewer when no line is waiting (default 1000)" },
    { "space-wait", 0, OPTION_DURATION, offsetof(struct apply_command_options, space_wait_us), "D",
      "how long to wait for room on a full disk (default 10m)" },
    { 0 },
};

const struct command command_apply = {
    .name = "apply",
    .usage = "[options] [FILE or -]",
    .summary = "apply events to the graph, each answered when it is durable",
    .details =
        "Lines are NDJSON events, as import reads them: node, edge, close. Each is answered\n"
        "{\"line\":N,\"status\":\"ok\"} or {\"line\":N,\"error\":\"...\"} after its commit. An\n"
        "event with an event_id takes effect once, so a file can be applied again.\n"
        "Exit code 4 when some line was wrong. Where the disk is full, nothing more is read\n"
        "until there is room; then it goes on by itself.",
    .options = options,
    .options_size = sizeof(struct apply_command_options),
    .defaults = &(const struct apply_command_options){ .from_line = 1, .batch = 1000,
                                                          .space_wait_us = 600 * US_PER_SECOND },
    .max_operands = 1,
    .run = apply_command_run,
};
