/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The command line: global options before or after the command's name, the command's options
 * before or after its operands.
 */

#include "cli/command.h"

struct globals {
    const char *db;
    enum output_format format;
    int64_t reader_limit_us;
    bool force, quiet, help, version;
};

/* The options every command has; ends with { 0 }. Offsets are in struct globals. */
extern const struct command_option global_options[];

struct command_line {
    struct globals globals;
    const struct command *command;   /* NULL: none was named */
    const char *group;               /* "tag" where only the first word of a group was given */
    void *options;                   /* the command's options structure */
    char **operands;                 /* lent by argv */
    size_t n_operands;
};

/*
 * Parses argv, which it reorders and keeps. STATUS_USAGE says what is wrong; what was understood
 * before that is filled in. Pair with command_line_fini(), also after a failure.
 */
MUST_CHECK enum status command_line_parse(struct command_line *line, int argc, char **argv);
void command_line_fini(struct command_line *line);

/* The command of that name ("tag list"), or NULL. */
const struct command *command_find(const char *name);
/* Whether there are commands of two words, the first of which is `word` ("tag"). */
bool command_is_group(const char *word);
