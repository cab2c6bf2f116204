/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Help, generated from the table of commands: for a terminal, and as a manual page. */

#include "cli/command.h"

/* All commands in one list. */
MUST_CHECK enum status help_overview(struct output *output);
/* The commands of a group: those whose name starts with `word` and a blank. */
MUST_CHECK enum status help_group(struct output *output, const char *word);
MUST_CHECK enum status help_command(struct output *output, const struct command *command);
/* ringfence(1) as troff. */
MUST_CHECK enum status help_manual(struct output *output);
