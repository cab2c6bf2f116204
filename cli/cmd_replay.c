/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/command.h"
#include "screening/replay.h"

struct replay_cli {
    bool show, all;
    int64_t since_us;
};

/* One run over the log. */
struct replaying {
    struct cli *cli;
    bool show;
    struct progress progress;
    bool in_progress;
};

static enum status print_one(struct cli *cli, bool show, const struct replay *replay)
{
    const struct value cells[] = { value_text(replay->decision_id),
                                   value_bool(replay->identical) };

    if (!replay->identical)
        cli->exit_code = EXIT_FINDINGS;
    if (!show)
        return output_row(&cli->output, cells);
    TRY(output_json(&cli->output, buf_slice(&replay->recorded)));
    return output_json(&cli->output, buf_slice(&replay->again));
}

/* ---- named ones ----------------------------------------------------------------------------- */

static enum status replay_named(struct cli *cli, struct graph *graph, bool show, const char *id)
{
    AUTO(replay_fini) struct replay replay = { 0 };
    enum status status = screen_replay(&replay, graph, slice_str(id));

    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_NOT_FOUND, "no decision %s; `decision list` shows their names", id);
    TRY(status);
    return print_one(cli, show, &replay);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static enum status print_each(void *context, const struct replay *replay)
{
    struct replaying *replaying = context;

    return print_one(replaying->cli, replaying->show, replay);
}

static void show_progress(void *context, uint64_t done, uint64_t total)
{
    struct replaying *replaying = context;

    if (!replaying->in_progress)
        replaying->progress = progress_start("decisions", total);
    replaying->in_progress = true;
    progress_update(&replaying->progress, done);
}

static enum status replay_all(struct cli *cli, struct graph *graph,
                              const struct replay_cli *chosen)
{
    struct replaying replaying = { .cli = cli, .show = chosen->show };
    const struct replay_all_options options = { .since_us = chosen->since_us, .each = print_each,
                                                .progress = show_progress,
                                                .context = &replaying };
    struct replay_counts counts;

    TRY(screen_replay_all(&counts, graph, &options));
    if (replaying.in_progress)
        progress_finish(&replaying.progress);
    log_line("%" PRIu64 " decision%s made again, %" PRIu64 " identical", counts.n,
             text_s(counts.n), counts.n_identical);
    if (counts.n_erased + counts.n_by_people)
        log_note("left out: %" PRIu64 " whose input was erased, %" PRIu64 " record%s by people",
                 counts.n_erased, counts.n_by_people, text_s(counts.n_by_people));
    return STATUS_OK;
}

/* ---- the command ---------------------------------------------------------------------------- */

static enum status check_given(const struct cli *cli, const struct replay_cli *chosen)
{
    if (chosen->all == (cli->n_operands > 0))
        return fail(STATUS_USAGE, "name decisions, or give --all");
    if (!chosen->all && chosen->since_us != TIME_MIN)
        return fail(STATUS_USAGE, "--since goes with --all");
    return STATUS_OK;
}

static enum status replay_run(struct cli *cli, const void *given)
{
    static const struct column columns[] = { { "decision_id" }, { "identical" } };
    const struct replay_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;

    TRY(check_given(cli, chosen));
    TRY(graph_open(&graph, cli->db, NULL));
    if (!chosen->show)
        TRY(output_start(&cli->output, columns, 2));
    if (chosen->all)
        TRY(replay_all(cli, graph, chosen));
    for (size_t i = 0; i < cli->n_operands; i++)
        TRY(replay_named(cli, graph, chosen->show, cli->operands[i]));
    return chosen->show ? STATUS_OK : output_finish(&cli->output);
}

#define AT(field) offsetof(struct replay_cli, field)

static const struct command_option options[] = {
    { "all", 0, OPTION_FLAG, AT(all), NULL, "every decision of the engine, oldest first" },
    { "since", 0, OPTION_TIME, AT(since_us), "T",
      "with --all: those recorded from this moment on" },
    { "show", 0, OPTION_FLAG, AT(show), NULL,
      "print both answers: as recorded, and as made again" },
    { 0 },
};

const struct command command_replay = {
    .name = "replay",
    .usage = "[--show] DECISION... or --all [--since T]",
    .summary = "make recorded decisions again, on the state each was made on",
    .details = "Same commit, publication, overlays and policy must give the same answer but for\n"
               "elapsed_us (and build, where another one is at work); else the exit code is 3.\n"
               "With --all, decisions whose input was erased and those of people are left out,\n"
               "and counted.",
    .options = options,
    .options_size = sizeof(struct replay_cli),
    .defaults = &(const struct replay_cli){ .since_us = TIME_MIN },
    .max_operands = OPERANDS_ANY,
    .run = replay_run,
};
