/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/help.h"
#include "cli/options.h"

#include <stdio.h>

struct help_options {
    bool man, completion;
};

static enum status help_run(struct cli *cli, const void *options)
{
    const struct help_options *chosen = options;
    const struct command *command;
    char name[64];

    if (chosen->man)
        return help_manual(&cli->output);
    if (chosen->completion)
        return help_completion(&cli->output);
    if (!cli->n_operands)
        return help_overview(&cli->output);
    snprintf(name, sizeof name, "%s%s%s", cli->operands[0], cli->n_operands > 1 ? " " : "",
             cli->n_operands > 1 ? cli->operands[1] : "");
    command = command_find(name);
    if (command)
        return help_command(&cli->output, command);
    if (command_is_group(name))
        return help_group(&cli->output, name);
    return fail(STATUS_USAGE, "there is no command \"%s\"; ringfence --help lists them all", name);
}

static const struct command_option options[] = {
    { "man", 0, OPTION_FLAG, offsetof(struct help_options, man), NULL,
      "the manual page as troff: ringfence help --man | man -l -" },
    { "completion", 0, OPTION_FLAG, offsetof(struct help_options, completion), NULL,
      "completion of command lines for bash: source <(ringfence help --completion)" },
    { 0 },
};

const struct command command_help = {
    .name = "help",
    .usage = "[--man | --completion] [COMMAND]",
    .summary = "explain all commands, or one",
    .options = options,
    .options_size = sizeof(struct help_options),
    .max_operands = 2,
    .run = help_run,
};
