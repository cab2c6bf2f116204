/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
#include "screening/screen.h"

struct replay_cli {
    bool show;
};

static enum status print_outcome(struct cli *cli, const char *id, const struct replay *replay)
{
    static const struct column columns[] = { { "decision_id" }, { "identical" } };
    const struct value cells[] = { value_text(slice_str(id)), value_bool(replay->identical) };

    TRY(output_start(&cli->output, columns, 2));
    TRY(output_row(&cli->output, cells));
    return output_finish(&cli->output);
}

static enum status replay_run(struct cli *cli, const void *given)
{
    const struct replay_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(replay_fini) struct replay replay = { 0 };
    const char *id = cli->operands[0];
    enum status status;

    TRY(graph_open(&graph, cli->db, NULL));
    status = screen_replay(&replay, graph, slice_str(id));
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_INVALID, "no decision %s; `decision list` shows their names", id);
    TRY(status);
    if (!replay.identical)
        cli->exit_code = EXIT_FINDINGS;
    if (!chosen->show)
        return print_outcome(cli, id, &replay);
    TRY(output_json(&cli->output, buf_slice(&replay.recorded)));
    return output_json(&cli->output, buf_slice(&replay.again));
}

static const struct command_option options[] = {
    { "show", 0, OPTION_FLAG, offsetof(struct replay_cli, show), NULL,
      "print both answers: as recorded, and as made again" },
    { 0 },
};

const struct command command_replay = {
    .name = "replay",
    .usage = "[--show] DECISION",
    .summary = "make a recorded decision again, on the state it was made on",
    .details = "Same commit, publication, overlays and policy must give the same answer but for\n"
               "elapsed_us (and build, where another one is at work); else the exit code is 3.",
    .options = options,
    .options_size = sizeof(struct replay_cli),
    .min_operands = 1,
    .max_operands = 1,
    .run = replay_run,
};
