/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/time.h"
#include "cli/entries.h"

static enum status block_add_run(struct cli *cli, const void *options)
{
    return entry_add(cli, options, OVERLAY_BLOCK);
}

static enum status block_list_run(struct cli *cli, const void *options)
{
    return entry_list(cli, options, OVERLAY_BLOCK);
}

static enum status block_end_run(struct cli *cli, const void *options)
{
    return entry_end(cli, options, OVERLAY_BLOCK);
}

#define AT(field) offsetof(struct entry_cli, field)

static const struct command_option add_options[] = {
    { "by", 0, OPTION_TEXT, AT(person), "NAME", "who decides" },
    { "reason", 0, OPTION_TEXT, AT(reason), "TEXT", "why" },
    { "until", 0, OPTION_TIME, AT(until_us), "T", "when it ends by itself (default: never)" },
    { 0 },
};

const struct command command_block_add = {
    .name = "block add",
    .usage = "--by NAME --reason TEXT [--until T] KEY",
    .summary = "refuse whatever the score: the black list",
    .details = "Every application that names the node is rejected while the entry is in force.",
    .options = add_options,
    .options_size = sizeof(struct entry_cli),
    .defaults = &(const struct entry_cli){ .until_us = TIME_MAX },
    .min_operands = 1,
    .max_operands = 1,
    .run = block_add_run,
};

static const struct command_option list_options[] = {
    { "all", 0, OPTION_FLAG, AT(all), NULL, "also ended and expired ones" },
    { 0 },
};

const struct command command_block_list = {
    .name = "block list",
    .usage = "[--all]",
    .summary = "list block entries",
    .options = list_options,
    .options_size = sizeof(struct entry_cli),
    .run = block_list_run,
};

static const struct command_option end_options[] = {
    { "by", 0, OPTION_TEXT, AT(person), "NAME", "who decides" },
    { "reason", 0, OPTION_TEXT, AT(reason), "TEXT", "why" },
    { 0 },
};

const struct command command_block_end = {
    .name = "block end",
    .usage = "--by NAME --reason TEXT ENTRY",
    .summary = "end a block entry",
    .options = end_options,
    .options_size = sizeof(struct entry_cli),
    .min_operands = 1,
    .max_operands = 1,
    .run = block_end_run,
};
