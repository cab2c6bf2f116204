/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

#define COMMAND(name) extern const struct command command_##name;
#include "cli/commands.inc"
#undef COMMAND

const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "cli/commands.inc"
#undef COMMAND
    NULL,
};
