/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/help.h"

#include <stdio.h>

#include "cli/options.h"

#define OPTION_COLUMN 26
#define TEXT_COLUMNS 79

static enum status list_commands(struct output *output, const char *group)
{
    size_t length = group ? strlen(group) : 0;

    for (const struct command *const *command = commands; *command; command++) {
        if (group && (strncmp((*command)->name, group, length) != 0 ||
                      (*command)->name[length] != ' '))
            continue;
        TRY(output_printf(output, "  %-18s %s\n", (*command)->name, (*command)->summary));
    }
    return STATUS_OK;
}

static enum status list_options(struct output *output, const struct command_option *options)
{
    char left[80];

    for (; options && options->name; options++) {
        int width = snprintf(left, sizeof left, "  %c%c%s --%s%s%s",
                             options->letter ? '-' : ' ', options->letter ? options->letter : ' ',
                             options->letter ? "," : " ", options->name,
                             options->argument ? " " : "",
                             options->argument ? options->argument : "");

        if (width >= OPTION_COLUMN)
            TRY(output_printf(output, "%s\n%*s%s\n", left, OPTION_COLUMN, "", options->help));
        else
            TRY(output_printf(output, "%-*s%s\n", OPTION_COLUMN, left, options->help));
    }
    return STATUS_OK;
}

enum status help_overview(struct output *output)
{
    TRY(output_text(output, SLICE(
        "Ringfence finds fraud rings in small-business lending: one graph of enterprises, people,\n"
        "devices, phones, addresses, applications and guarantees; detectors that tag what they\n"
        "find; screening of new applications against both.\n\n"
        "usage: ringfence [--db DIR] COMMAND [options]\n\ncommands:\n")));
    TRY(list_commands(output, NULL));
    TRY(output_text(output, SLICE("\nfor every command:\n")));
    TRY(list_options(output, global_options));
    return output_text(output, SLICE(
        "\nexit codes: 0 done, 1 failed, 2 usage, 3 findings, 4 bad data, 5 limit or time-out,\n"
        "6 truncated under --strict, 75 restart needed\n"
        "ringfence COMMAND --help says more about one command.\n"));
}

enum status help_group(struct output *output, const char *word)
{
    TRY(output_printf(output, "usage: ringfence %s COMMAND [options]\n\ncommands:\n", word));
    return list_commands(output, word);
}

/* Whether the blanks before the next word hold an empty line. */
static bool ends_paragraph(const char *text, size_t blanks)
{
    const char *line_end = memchr(text, '\n', blanks);

    return line_end && memchr(line_end + 1, '\n', blanks - (size_t)(line_end + 1 - text));
}

/* Paragraphs, whose lines are made here. */
static enum status print_paragraphs(struct output *output, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t blanks = strspn(text, " \n"), size = strcspn(text + blanks, " \n");
        bool fits = column + 1 + size <= TEXT_COLUMNS;

        if (column)
            TRY(output_printf(output, "%s", ends_paragraph(text, blanks) ? "\n\n"
                                            : fits                      ? " "
                                                                        : "\n"));
        column = column && fits && !ends_paragraph(text, blanks) ? column + 1 + size : size;
        TRY(output_printf(output, "%.*s", (int)size, text + blanks));
        text += blanks + size;
    }
    return output_text(output, SLICE("\n"));
}

enum status help_command(struct output *output, const struct command *command)
{
    TRY(output_printf(output, "usage: ringfence %s%s%s\n\n%s\n", command->name,
                      *command->usage ? " " : "", command->usage, command->summary));
    if (command->details) {
        TRY(output_text(output, SLICE("\n")));
        TRY(print_paragraphs(output, command->details));
    }
    if (command->options && command->options->name) {
        TRY(output_text(output, SLICE("\noptions:\n")));
        TRY(list_options(output, command->options));
    }
    TRY(output_text(output, SLICE("\nfor every command:\n")));
    return list_options(output, global_options);
}

/* Troff reads a leading dot or apostrophe as a request, and a backslash and hyphen specially. */
static enum status troff(struct output *output, const char *text)
{
    AUTO(buf_fini) struct buf escaped = { 0 };
    bool line_start = true;

    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            TRY(buf_append(&escaped, "\\&", 2));
        if (*text == '-' || *text == '\\')
            TRY(buf_append_byte(&escaped, '\\'));
        TRY(buf_append_byte(&escaped, *text == '\\' ? 'e' : (unsigned char)*text));
        line_start = *text == '\n';
    }
    return output_text(output, buf_slice(&escaped));
}

static enum status manual_options(struct output *output, const struct command_option *options)
{
    for (; options && options->name; options++) {
        TRY(output_text(output, SLICE(".TP\n.B ")));
        if (options->letter)
            TRY(output_printf(output, "\\-%c, ", options->letter));
        TRY(output_text(output, SLICE("\\-\\-")));
        TRY(troff(output, options->name));
        if (options->argument)
            TRY(output_printf(output, " \\fI%s\\fP", options->argument));
        TRY(output_text(output, SLICE("\n")));
        TRY(troff(output, options->help));
        TRY(output_text(output, SLICE("\n")));
    }
    return STATUS_OK;
}

static enum status manual_command(struct output *output, const struct command *command)
{
    TRY(output_text(output, SLICE(".SS \"ringfence ")));
    TRY(troff(output, command->name));
    TRY(output_text(output, SLICE("\"\n.B ringfence ")));
    TRY(troff(output, command->name));
    TRY(output_text(output, SLICE("\n")));
    TRY(troff(output, command->usage));
    TRY(output_text(output, SLICE("\n.PP\n")));
    TRY(troff(output, command->summary));
    TRY(output_text(output, SLICE("\n")));
    if (command->details) {
        TRY(output_text(output, SLICE(".PP\n")));
        TRY(troff(output, command->details));
        TRY(output_text(output, SLICE("\n")));
    }
    return manual_options(output, command->options);
}

enum status help_manual(struct output *output)
{
    TRY(output_text(output, SLICE(
        ".TH RINGFENCE 1 \"\" \"Ringfence " RINGFENCE_VERSION "\" \"User Commands\"\n"
        ".SH NAME\nringfence \\- graph engine against fraud in small\\-business lending\n"
        ".SH SYNOPSIS\n.B ringfence\n[\\fB\\-\\-db\\fP \\fIDIR\\fP] \\fICOMMAND\\fP [options]\n"
        ".SH DESCRIPTION\n"
        "One graph of enterprises, people, devices, phones, addresses, applications, loans and\n"
        "guarantees; detectors that write fraud tags; screening of applications against both.\n"
        ".SH OPTIONS\nFor every command:\n")));
    TRY(manual_options(output, global_options));
    TRY(output_text(output, SLICE(".SH COMMANDS\n")));
    for (const struct command *const *command = commands; *command; command++)
        TRY(manual_command(output, *command));
    return output_text(output, SLICE(
        ".SH EXIT STATUS\n0 done; 1 failed; 2 usage; 3 findings; 4 bad data; "
        "5 limit or time\\-out;\n"
        "6 truncated under \\-\\-strict; 75 restart needed.\n"
        ".SH ENVIRONMENT\n.TP\n.B RINGFENCE_DB\n"
        "the graph's directory where \\-\\-db is not given\n"));
}
