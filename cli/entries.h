/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Allow and block entries: what both groups of commands share. */

#include "cli/command.h"
#include "graph/overlay.h"

struct entry_cli {
    const char *person, *reason, *code;
    int64_t until_us;
    bool all;
};

/* Adds an entry for the node that operand 1 names, and prints its number. */
MUST_CHECK enum status entry_add(struct cli *cli, const struct entry_cli *chosen,
                                 enum overlay_kind kind);
/* Entries in force; with `all` also ended and expired ones. */
MUST_CHECK enum status entry_list(struct cli *cli, const struct entry_cli *chosen,
                                  enum overlay_kind kind);
/* Ends the entry whose number operand 1 gives. */
MUST_CHECK enum status entry_end(struct cli *cli, const struct entry_cli *chosen,
                                 enum overlay_kind kind);
