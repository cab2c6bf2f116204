/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What a command is: a const descriptor, from which parsing and help are generated.
 *
 * A command parses nothing itself: its options are a table that says where in the command's own
 * options structure each value goes. See README.md in this folder for an example.
 */

#include "base/buf.h"
#include "cli/output.h"

/* What an option's argument becomes in the options structure. */
enum option_type {
    OPTION_FLAG,     /* bool: no argument */
    OPTION_TEXT,     /* const char * (NULL when not given) */
    OPTION_LIST,     /* struct text_list: may be given several times */
    OPTION_INT,      /* int64_t, 0 or more */
    OPTION_NUMBER,   /* double */
    OPTION_SIZE,     /* uint64_t bytes: 4096, 64K, 1G (powers of 1024) */
    OPTION_TIME,     /* int64_t µs UTC: RFC 3339 or a date */
    OPTION_DURATION, /* int64_t µs: 500ms, 2s, 5m, 1h; a bare number is seconds */
};

struct text_list {
    const char **items; /* lent by the command line */
    size_t n, capacity;
};

struct command_option {
    const char *name;     /* without dashes */
    char letter;          /* of the short form, or 0 */
    enum option_type type;
    size_t offset;        /* in the options structure */
    const char *argument; /* as help shows it, such as "FILE"; NULL for a flag */
    const char *help;     /* one line, lower case, no full stop; says the default */
};

/* What every command is given. */
struct cli {
    const struct command *command;
    const char *db;           /* directory of the graph */
    struct output output;     /* everything printed goes through it */
    const char *const *operands;
    size_t n_operands;
    /* Exit code of a run that returns STATUS_OK: EXIT_FINDINGS, EXIT_BAD_DATA, EXIT_TRUNCATED. */
    int exit_code;
};

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_FINDINGS = 3,
    EXIT_BAD_DATA = 4,
    EXIT_LIMIT = 5,
    EXIT_TRUNCATED = 6,
    EXIT_RESTART = 75,
};

struct command {
    const char *name;    /* "import", or two words: "tag list" */
    const char *usage;   /* what follows the name: "[options] PATH..." */
    const char *summary; /* one line, lower case, no full stop */
    const char *details; /* paragraphs for help, empty lines between them; or NULL */
    const struct command_option *options; /* ends with { 0 }; NULL: none */
    size_t options_size;  /* of the options structure */
    const void *defaults; /* what it starts as; NULL: zeros */
    size_t min_operands, max_operands;
    /* Raises usage mistakes with fail(STATUS_USAGE, ...). */
    enum status (*run)(struct cli *cli, const void *options);
};

#define OPERANDS_ANY SIZE_MAX

/* All commands in order of name, ending with NULL. */
extern const struct command *const commands[];

/* The exit code that a failure means, by DESIGN's table. */
int exit_code_of(enum status status);
