/* SPDX-License-Identifier: GPL-2.0-or-later */
/* token add, list, revoke: who may call the service. */

#include "base/log.h"
#include "cli/command.h"
#include "cli/moment.h"
#include "graph/graph.h"
#include "service/token.h"

struct token_options {
    const char *role;
    const char *file;
    int64_t expires_us;
};

/* The tokens lie in the graph's folder, unless a file is named as the service's settings do. */
struct token_file {
    struct buf name;
    const char *path;
    struct token_list list;
    int lock; /* -1: only looked at */
};

#define TOKEN_FILE_INIT { .lock = -1 }

static void token_file_fini(struct token_file *file)
{
    token_unlock(&file->lock);
    buf_fini(&file->name);
    token_list_fini(&file->list);
}

static enum status token_file_find(struct token_file *file, const struct cli *cli,
                                   const struct token_options *options)
{
    AUTO(graph_closep) struct graph *graph = NULL;

    file->path = options->file;
    if (!file->path) {
        TRY(graph_open(&graph, cli->db, NULL)); /* says what is missing */
        TRY(buf_printf(&file->name, "%s/tokens", cli->db));
        TRY(buf_string(&file->path, &file->name));
    }
    return STATUS_OK;
}

static enum status token_file_open(struct token_file *file, const struct cli *cli,
                                   const struct token_options *options)
{
    TRY(token_file_find(file, cli, options));
    return token_list_load(&file->list, file->path);
}

/* To be changed: others who would do so wait. */
static enum status token_file_open_alone(struct token_file *file, const struct cli *cli,
                                         const struct token_options *options)
{
    TRY(token_file_find(file, cli, options));
    TRY(token_lock(&file->lock, file->path));
    return token_list_load(&file->list, file->path);
}

static struct value text(const char *text)
{
    return value_text(slice_str(text));
}

static enum status token_add_run(struct cli *cli, const void *options)
{
    static const struct column columns[] = { { "id" }, { "role" }, { "name" }, { "expires" },
                                             { "token" } };
    const struct token_options *chosen = options;
    AUTO(token_file_fini) struct token_file file = TOKEN_FILE_INIT;
    char secret[TOKEN_TEXT_MAX], until[TIME_TEXT_MAX];
    const struct token *added;
    enum role role;

    if (!chosen->role)
        return fail(STATUS_USAGE, "--role is missing: screen, investigate, write or admin");
    if (role_parse(&role, slice_str(chosen->role)))
        return fail_context(STATUS_USAGE, "--role");
    TRY(token_file_open_alone(&file, cli, chosen));
    TRY(token_add(secret, &file.list, role,
                  cli->n_operands ? slice_str(cli->operands[0]) : SLICE(""),
                  chosen->expires_us));
    TRY(token_list_save(&file.list, file.path));
    added = &file.list.items[file.list.n - 1];
    if (added->expires_us <= added->created_us)
        log_note("this token has ended already: --expires is past");
    TRY(output_start(&cli->output, columns, 5));
    TRY(output_row(&cli->output, (struct value[]){ text(added->id), text(role_name(role)),
                                                   text(added->name),
                                                   moment_value(until, added->expires_us),
                                                   text(secret) }));
    return output_finish(&cli->output);
}

static enum status token_list_run(struct cli *cli, const void *options)
{
    static const struct column columns[] = { { "id" }, { "role" }, { "name" }, { "created" },
                                             { "expires" } };
    AUTO(token_file_fini) struct token_file file = TOKEN_FILE_INIT;

    TRY(token_file_open(&file, cli, options));
    TRY(output_start(&cli->output, columns, 5));
    for (size_t i = 0; i < file.list.n; i++) {
        const struct token *token = &file.list.items[i];
        char created[TIME_TEXT_MAX], until[TIME_TEXT_MAX];

        time_format(created, token->created_us);
        TRY(output_row(&cli->output,
                       (struct value[]){ text(token->id), text(role_name(token->role)),
                                         text(token->name), text(created),
                                         moment_value(until, token->expires_us) }));
    }
    return output_finish(&cli->output);
}

static enum status token_revoke_run(struct cli *cli, const void *options)
{
    AUTO(token_file_fini) struct token_file file = TOKEN_FILE_INIT;

    TRY(token_file_open_alone(&file, cli, options));
    if (token_revoke(&file.list, slice_str(cli->operands[0])) == STATUS_NOT_FOUND)
        return fail(STATUS_NOT_FOUND, "no token %s; ringfence token list shows them",
                    cli->operands[0]);
    TRY(token_list_save(&file.list, file.path));
    return output_printf(&cli->output, "{\"revoked\":\"%s\"}\n", cli->operands[0]);
}

#define FILE_OPTION                                                                                \
    { "file", 0, OPTION_TEXT, offsetof(struct token_options, file), "FILE",                        \
      "file of tokens (default: tokens in the graph's folder)" }

static const struct command_option add_options[] = {
    { "role", 0, OPTION_TEXT, offsetof(struct token_options, role), "ROLE",
      "screen, investigate, write or admin" },
    { "expires", 0, OPTION_TIME, offsetof(struct token_options, expires_us), "TIME",
      "when it ends (default: never)" },
    FILE_OPTION,
    { 0 },
};

static const struct command_option options[] = { FILE_OPTION, { 0 } };

static const struct token_options add_defaults = { .expires_us = TIME_MAX };

const struct command command_token_add = {
    .name = "token add",
    .usage = "--role ROLE [--expires TIME] [NAME]",
    .summary = "make a token for a caller of the service; it is shown once",
    .details = "Only a hash of it is kept. A running service knows it within a second.",
    .options = add_options,
    .options_size = sizeof(struct token_options),
    .defaults = &add_defaults,
    .max_operands = 1,
    .run = token_add_run,
};

const struct command command_token_list = {
    .name = "token list",
    .usage = "",
    .summary = "list the tokens, without their secrets",
    .options = options,
    .options_size = sizeof(struct token_options),
    .run = token_list_run,
};

const struct command command_token_revoke = {
    .name = "token revoke",
    .usage = "ID",
    .summary = "end a token; a running service knows within a second",
    .options = options,
    .options_size = sizeof(struct token_options),
    .min_operands = 1,
    .max_operands = 1,
    .run = token_revoke_run,
};
