/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Help, generated from the table of commands: for a terminal, as a manual page, for bash. */

#include "cli/command.h"

/* All commands in one list. */
MUST_CHECK enum status help_overview(struct output *output);
/* The commands of a group: those whose name starts with `word` and a blank. */
MUST_CHECK enum status help_group(struct output *output, const char *word);
MUST_CHECK enum status help_command(struct output *output, const struct command *command);
/* ringfence(1) as troff. */
MUST_CHECK enum status help_manual(struct output *output);
/* A script that completes command lines in bash. */
MUST_CHECK enum status help_completion(struct output *output);
