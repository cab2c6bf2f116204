/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include "base/text.h"
#include "base/time.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OPTIONS_MAX 48
#define LONG_ONLY 256 /* getopt's number of the first long option */

const struct command_option global_options[] = {
    { "db", 0, OPTION_TEXT, offsetof(struct globals, db), "DIR",
      "the graph's directory (default: $RINGFENCE_DB, then ./ringfence.db)" },
    { "format", 0, OPTION_TEXT, 0, "FORMAT",
      "table, json, ndjson or csv (default: table on a terminal, else ndjson)" },
    { "quiet", 'q', OPTION_FLAG, offsetof(struct globals, quiet), NULL,
      "no notes and no progress bars" },
    { "reader-limit", 0, OPTION_DURATION, offsetof(struct globals, reader_limit_us), "D",
      "end a read that holds an old state for so long (default 1h; 0s: never)" },
    { "force", 0, OPTION_FLAG, offsetof(struct globals, force), NULL,
      "also where the graph lies on a network file system" },
    { "help", 'h', OPTION_FLAG, offsetof(struct globals, help), NULL, "this text" },
    { "version", 'V', OPTION_FLAG, offsetof(struct globals, version), NULL, "the version" },
    { 0 },
};

#define READER_LIMIT_US (3600 * US_PER_SECOND)
#define N_GLOBALS (sizeof global_options / sizeof *global_options - 1)

const struct command *command_find(const char *name)
{
    for (const struct command *const *command = commands; *command; command++)
        if (strcmp((*command)->name, name) == 0)
            return *command;
    return NULL;
}

bool command_is_group(const char *word)
{
    size_t length = strlen(word);

    for (const struct command *const *command = commands; *command; command++)
        if (strncmp((*command)->name, word, length) == 0 && (*command)->name[length] == ' ')
            return true;
    return false;
}

/* A number with a unit from `units` ("K" 1024, ...); false where the text is not one. */
struct unit {
    const char *name;
    double factor;
};

static bool parse_unit(double *out, const char *text, const struct unit *units)
{
    char *end;
    double number;

    if (*text < '0' || *text > '9')
        return false;
    number = strtod(text, &end);
    for (; units->name; units++) {
        if (strcmp(end, units->name) == 0) {
            *out = number * units->factor;
            return isfinite(*out) && *out < 9e18;
        }
    }
    return false;
}

static const struct unit size_units[] = {
    { "", 1 }, { "K", 1024 }, { "M", 1048576 }, { "G", 1073741824 }, { "T", 1099511627776 }, { 0 },
};

static const struct unit duration_units[] = {
    { "", 1e6 }, { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "m", 60e6 }, { "h", 3600e6 }, { 0 },
};

static enum status bad_argument(const struct command_option *option, const char *text,
                                const char *expected)
{
    return fail(STATUS_USAGE, "--%s: \"%s\" is not %s", option->name, text, expected);
}

static enum status set_int(const struct command_option *option, const char *text, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    if (errno || end == text || *end || *out < 0 || *text < '0' || *text > '9')
        return bad_argument(option, text, "a whole number of 0 or more");
    return STATUS_OK;
}

static enum status set_number(const struct command_option *option, const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    if (end == text || *end || !isfinite(*out))
        return bad_argument(option, text, "a number");
    return STATUS_OK;
}

/*
 * What people write is stored and printed as text: from a terminal of another encoding it would be
 * none. Names of files are what they are: those that are there, and those that an option asks for.
 */
static bool is_text(const char *text)
{
    return text_valid_utf8(slice_str(text), NULL) || access(text, F_OK) == 0;
}

static enum status check_text(const struct command_option *option, const char *text)
{
    if (strcmp(option->argument, "FILE") == 0 || strcmp(option->argument, "DIR") == 0 ||
        is_text(text))
        return STATUS_OK;
    return fail(STATUS_USAGE, "--%s: its argument is not UTF-8: set the terminal so", option->name);
}

static enum status set_option(void *base, const struct command_option *option, char *text)
{
    char *field = (char *)base + option->offset;
    struct text_list *list;
    double number;

    switch (option->type) {
    case OPTION_FLAG:
        *(bool *)field = true;
        break;
    case OPTION_TEXT:
        TRY(check_text(option, text));
        *(const char **)field = text;
        break;
    case OPTION_LIST:
        list = (struct text_list *)field;
        TRY(check_text(option, text));
        TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
        list->items[list->n++] = text;
        break;
    case OPTION_INT:
        return set_int(option, text, (int64_t *)field);
    case OPTION_NUMBER:
        return set_number(option, text, (double *)field);
    case OPTION_SIZE:
        if (!parse_unit(&number, text, size_units))
            return bad_argument(option, text, "a size: expected bytes, as in 4096, 64K, 16M, 2G");
        *(uint64_t *)field = (uint64_t)number;
        break;
    case OPTION_TIME:
        if (time_parse((int64_t *)field, slice_str(text)) != STATUS_OK)
            return fail(STATUS_USAGE, "--%s: %s", option->name, error_detail());
        break;
    case OPTION_DURATION:
        if (!parse_unit(&number, text, duration_units))
            return bad_argument(option, text, "a duration: expected 500ms, 2s, 5m or 1h");
        *(int64_t *)field = (int64_t)number;
        break;
    }
    return STATUS_OK;
}

static enum status set_format(struct globals *globals, const char *text)
{
    static const char *const names[] = { "auto", "table", "json", "ndjson", "csv" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            globals->format = (enum output_format)i;
            return STATUS_OK;
        }
    }
    return fail(STATUS_USAGE, "--format: \"%s\" is not a format: expected table, json, ndjson or "
                              "csv", text);
}

/* getopt's tables for the global options and, once known, the command's. */
struct tables {
    struct option longs[OPTIONS_MAX + 1];
    const struct command_option *options[OPTIONS_MAX];
    char shorts[2 * OPTIONS_MAX + 3];
    size_t n;
};

static enum status tables_add(struct tables *tables, const struct command_option *options)
{
    char *end = tables->shorts + strlen(tables->shorts);

    for (; options && options->name; options++) {
        bool argument = options->type != OPTION_FLAG;

        if (tables->n == OPTIONS_MAX)
            return fail(STATUS_USAGE, "the command has more than %d options", OPTIONS_MAX);
        tables->options[tables->n] = options;
        tables->longs[tables->n] =
            (struct option){ options->name, argument, NULL, LONG_ONLY + (int)tables->n };
        tables->n++;
        if (options->letter) {
            *end++ = options->letter;
            if (argument)
                *end++ = ':';
            *end = 0;
        }
    }
    return STATUS_OK;
}

static size_t tables_find(const struct tables *tables, int code)
{
    if (code >= LONG_ONLY)
        return (size_t)(code - LONG_ONLY);
    for (size_t i = 0; i < tables->n; i++)
        if (tables->options[i]->letter == code)
            return i;
    return tables->n;
}

static enum status bad_option(int code, char **argv, const struct tables *tables)
{
    const char *word = argv[optind - 1];

    if (code == ':' && word[0] == '-' && word[1] == '-')
        return fail(STATUS_USAGE, "%s needs an argument", word);
    if (code == ':')
        return fail(STATUS_USAGE, "-%c needs an argument", optopt);
    if (optopt >= LONG_ONLY)
        return fail(STATUS_USAGE, "--%s takes no argument",
                    tables->options[optopt - LONG_ONLY]->name);
    if (optopt)
        return fail(STATUS_USAGE, "there is no option -%c", optopt);
    return fail(STATUS_USAGE, "there is no option %s", word);
}

/* getopt finds the first of its name; a command may mean more by it. */
static enum status set_global(struct command_line *line, const struct tables *tables, size_t at)
{
    const struct command_option *option = tables->options[at];

    for (size_t i = N_GLOBALS; i < tables->n; i++)
        if (strcmp(tables->options[i]->name, option->name) == 0)
            TRY(set_option(line->options, tables->options[i], optarg));
    return set_option(&line->globals, option, optarg);
}

/* One pass of getopt_long over argv from its `optind`; operands stay behind it. */
static enum status parse_pass(struct command_line *line, struct tables *tables, int argc,
                              char **argv)
{
    int code;

    opterr = 0;
    while ((code = getopt_long(argc, argv, tables->shorts, tables->longs, NULL)) != -1) {
        size_t i = tables_find(tables, code);

        if (code == '?' || code == ':' || i == tables->n)
            return bad_option(code, argv, tables);
        if (i < N_GLOBALS && strcmp(tables->options[i]->name, "format") == 0)
            TRY(set_format(&line->globals, optarg));
        else if (i < N_GLOBALS)
            TRY(set_global(line, tables, i));
        else
            TRY(set_option(line->options, tables->options[i], optarg));
    }
    return STATUS_OK;
}

/* Takes one or two words of argv as the command's name; returns how many. */
static int name_command(struct command_line *line, int left, char **words)
{
    char name[64];

    if (left > 1) {
        snprintf(name, sizeof name, "%s %s", words[0], words[1]);
        line->command = command_find(name);
        if (line->command)
            return 2;
    }
    line->command = command_find(words[0]);
    if (!line->command && command_is_group(words[0]))
        line->group = words[0];
    return 1;
}

static enum status unknown_command(const struct command_line *line, int left, char **words)
{
    if (!line->group)
        return fail(STATUS_USAGE, "there is no command \"%s\"; ringfence --help lists them all",
                    words[0]);
    if (left > 1 && words[1][0] != '-')
        return fail(STATUS_USAGE, "there is no command \"%s %s\"; ringfence %s --help lists them",
                    words[0], words[1], words[0]);
    return fail(STATUS_USAGE, "%s what? ringfence %s --help lists the commands", words[0],
                words[0]);
}

static enum status start_options(struct command_line *line)
{
    const struct command *command = line->command;

    if (!command->options_size)
        return STATUS_OK;
    line->options = calloc(1, command->options_size);
    if (!line->options)
        return fail_memory(command->options_size);
    if (command->defaults)
        memcpy(line->options, command->defaults, command->options_size);
    return STATUS_OK;
}

static enum status check_operands(const struct command_line *line)
{
    const struct command *command = line->command;

    if (line->n_operands < command->min_operands)
        return fail(STATUS_USAGE, "something is missing: usage: ringfence %s %s", command->name,
                    command->usage);
    if (line->n_operands > command->max_operands)
        return fail(STATUS_USAGE, "\"%s\" is one too many: usage: ringfence %s %s",
                    line->operands[command->max_operands], command->name, command->usage);
    for (size_t i = 0; i < line->n_operands; i++)
        if (!is_text(line->operands[i]))
            return fail(STATUS_USAGE, "argument %zu is not UTF-8: set the terminal so", i + 1);
    return STATUS_OK;
}

/* A group's name with --help somewhere behind it asks for the group's help. */
static enum status finish_group(struct command_line *line, int argc, char **argv, int at)
{
    for (int i = at + 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            line->globals.help = true;
    return line->globals.help ? STATUS_OK : unknown_command(line, argc - at, argv + at);
}

enum status command_line_parse(struct command_line *line, int argc, char **argv)
{
    struct tables tables = { .shorts = "+:" };
    int at;

    *line = (struct command_line){ 0 };
    TRY(tables_add(&tables, global_options));
    line->globals.reader_limit_us = READER_LIMIT_US;
    optind = 1;
    TRY(parse_pass(line, &tables, argc, argv));
    if (optind == argc)
        return STATUS_OK;
    at = optind;
    optind += name_command(line, argc - optind, argv + optind);
    if (!line->command)
        return finish_group(line, argc, argv, at);
    TRY(start_options(line));
    /* The second pass lets options stand behind operands; argv[optind - 1] is its "program". */
    memmove(tables.shorts, tables.shorts + 1, strlen(tables.shorts));
    TRY(tables_add(&tables, line->command->options));
    argc -= optind - 1;
    argv += optind - 1;
    optind = 0; /* glibc: start afresh */
    TRY(parse_pass(line, &tables, argc, argv));
    line->operands = argv + optind;
    line->n_operands = (size_t)(argc - optind);
    return line->globals.help || line->globals.version ? STATUS_OK : check_operands(line);
}

void command_line_fini(struct command_line *line)
{
    const struct command_option *option =
        line->command && line->options ? line->command->options : NULL;

    for (; option && option->name; option++)
        if (option->type == OPTION_LIST)
            free(((struct text_list *)((char *)line->options + option->offset))->items);
    free(line->options);
    *line = (struct command_line){ 0 };
}
