/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands once more, as bash reads it when a line is completed. */
#include "cli/help.h"
#include "cli/options.h"

static const char head[] =
    "# Completion for bash, made by `ringfence help --completion`: read it with `source`, or "
    "put it\n"
    "# into a folder bash-completion/completions as ringfence.bash.\n"
    "_ringfence()\n"
    "{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} first= second= argument= words= options= word\n"
    "\n"
    "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
    "        if [[ $word == = ]]; then :\n"
    "        elif [[ -n $argument ]]; then argument=\n"
    "        elif [[ $word == -* ]]; then\n"
    "            case $word in\n";

static const char middle[] =
    ") argument=$word ;;\n"
    "            esac\n"
    "        elif [[ -z $first ]]; then first=$word\n"
    "        elif [[ -z $second ]]; then second=$word\n"
    "        fi\n"
    "    done\n"
    "    if [[ $argument == --format ]]; then\n"
    "        COMPREPLY=($(compgen -W 'table json ndjson csv' -- \"$current\"))\n"
    "    fi\n"
    "    [[ -z $argument ]] || return 0\n"
    "    case \"$first $second\" in\n";

static const char tail[] =
    "\"\n"
    "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
    "}\n"
    "complete -o default -F _ringfence ringfence\n";

/* Options with an argument, as alternatives of a `case`: what follows one is no command. */
static enum status print_arguments(struct output *output, const struct command_option *options)
{
    for (; options && options->name; options++) {
        if (options->type == OPTION_FLAG)
            continue;
        TRY(output_printf(output, "|--%s", options->name));
        if (options->letter)
            TRY(output_printf(output, "|-%c", options->letter));
    }
    return STATUS_OK;
}

static enum status print_options(struct output *output, const struct command_option *options)
{
    for (; options && options->name; options++)
        TRY(output_printf(output, " --%s", options->name));
    return STATUS_OK;
}

static enum status print_choices(struct output *output, const struct command_option *options)
{
    TRY(output_text(output, SLICE(" options='")));
    TRY(print_options(output, options));
    return output_text(output, SLICE("' ;;\n"));
}

static bool same_first_word(const struct command *a, const struct command *b)
{
    size_t length = strcspn(a->name, " ");

    return length == strcspn(b->name, " ") && strncmp(a->name, b->name, length) == 0;
}

/* Commands that share a first word stand together: those of two words, then the word alone. */
static enum status print_group(struct output *output, const struct command *const *group, size_t n)
{
    const struct command *alone = strchr(group[0]->name, ' ') ? NULL : group[0];

    for (size_t i = alone ? 1 : 0; i < n; i++) {
        TRY(output_printf(output, "    '%s')", group[i]->name));
        TRY(print_choices(output, group[i]->options));
    }
    TRY(output_printf(output, "    '%.*s '*) words='", (int)strcspn(group[0]->name, " "),
                      group[0]->name));
    for (size_t i = alone ? 1 : 0; i < n; i++)
        TRY(output_printf(output, " %s", strchr(group[i]->name, ' ') + 1));
    TRY(output_text(output, SLICE("'")));
    return print_choices(output, alone ? alone->options : NULL);
}

static enum status print_commands(struct output *output)
{
    const struct command *const *end;

    for (const struct command *const *group = commands; *group; group = end) {
        for (end = group + 1; *end && same_first_word(*group, *end); end++)
            ;
        TRY(print_group(output, group, (size_t)(end - group)));
    }
    TRY(output_text(output, SLICE("    ' ') words='")));
    for (const struct command *const *at = commands; *at; at++)
        if (at == commands || !same_first_word(at[-1], *at))
            TRY(output_printf(output, " %.*s", (int)strcspn((*at)->name, " "), (*at)->name));
    TRY(output_text(output, SLICE("'")));
    return print_choices(output, NULL);
}

enum status help_completion(struct output *output)
{
    TRY(output_text(output, slice_str(head)));
    TRY(output_text(output, SLICE("            ''")));
    TRY(print_arguments(output, global_options));
    for (const struct command *const *command = commands; *command; command++)
        TRY(print_arguments(output, (*command)->options));
    TRY(output_text(output, slice_str(middle)));
    TRY(print_commands(output));
    TRY(output_text(output, SLICE("    esac\n    [[ $current != -* ]] || words=\"$options")));
    TRY(print_options(output, global_options));
    return output_text(output, slice_str(tail));
}
