/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/time.h"
#include "cli/entries.h"

static enum status allow_add_run(struct cli *cli, const void *options)
{
    return entry_add(cli, options, OVERLAY_ALLOW);
}

static enum status allow_list_run(struct cli *cli, const void *options)
{
    return entry_list(cli, options, OVERLAY_ALLOW);
}

static enum status allow_end_run(struct cli *cli, const void *options)
{
    return entry_end(cli, options, OVERLAY_ALLOW);
}

#define AT(field) offsetof(struct entry_cli, field)

static const struct command_option add_options[] = {
    { "by", 0, OPTION_TEXT, AT(person), "NAME", "who decides" },
    { "reason", 0, OPTION_TEXT, AT(reason), "TEXT", "why" },
    { "code", 0, OPTION_TEXT, AT(code), "C", "only this signal (default: all)" },
    { "until", 0, OPTION_TIME, AT(until_us), "T", "when it ends by itself (default: never)" },
    { 0 },
};

const struct command command_allow_add = {
    .name = "allow add",
    .usage = "--by NAME --reason TEXT [--code C] [--until T] KEY",
    .summary = "keep a signal of a node from counting: the white list",
    .details =
        "An allow entry never hides the natural score: the answer shows both, and who\n"
        "allowed it. A block goes before it.",
    .options = add_options,
    .options_size = sizeof(struct entry_cli),
    .defaults = &(const struct entry_cli){ .until_us = TIME_MAX },
    .min_operands = 1,
    .max_operands = 1,
    .run = allow_add_run,
};

static const struct command_option list_options[] = {
    { "all", 0, OPTION_FLAG, AT(all), NULL, "also ended and expired ones" },
    { 0 },
};

const struct command command_allow_list = {
    .name = "allow list",
    .usage = "[--all]",
    .summary = "list allow entries",
    .options = list_options,
    .options_size = sizeof(struct entry_cli),
    .run = allow_list_run,
};

static const struct command_option end_options[] = {
    { "by", 0, OPTION_TEXT, AT(person), "NAME", "who decides" },
    { "reason", 0, OPTION_TEXT, AT(reason), "TEXT", "why" },
    { 0 },
};

const struct command command_allow_end = {
    .name = "allow end",
    .usage = "--by NAME --reason TEXT ENTRY",
    .summary = "let the signal count again",
    .options = end_options,
    .options_size = sizeof(struct entry_cli),
    .min_operands = 1,
    .max_operands = 1,
    .run = allow_end_run,
};
