/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statements one after the other. On a terminal with line editing, history and completion (the
 * door to libedit); from a pipe line by line, as in a script.
 */
#include <editline/readline.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/ask.h"
#include "cli/pager.h"
#include "graph/catalog.h"
#include "query/format.h"
#include "query/function.h"
#include "query/lexer.h"

#define HISTORY_LINES 1000

struct shell_options {
    bool write;
};

/* How far the statement has been searched for its end, and what that place lies in. */
struct ahead {
    size_t at;
    char within;   /* the quote; '/' or '*': a comment; 0: neither */
    bool has_text; /* more than comments */
};

struct shell {
    struct ask ask;
    struct arena arena;         /* of parameters */
    struct value_pair *pairs;
    size_t n_pairs, pairs_capacity;
    struct buf statement;       /* lines so far */
    struct ahead ahead;
    bool terminal, timing, pager, over;
    char history[512];
};

/* ---- Completion -------------------------------------------------------------------------- */

/* libedit calls back without a context. */
static struct {
    struct graph *graph;
    int list;       /* which list is being searched: keywords, functions, names */
    size_t at;
} completion;

static char *next_keyword(const char *start, size_t size)
{
    while (++completion.at < KW_COUNT_) {
        const char *name = keyword_name((enum keyword)completion.at);
        if (strncasecmp(name, start, size) == 0)
            return strdup(name);
    }
    return NULL;
}

static char *next_function(const char *start, size_t size)
{
    size_t n;
    const struct function *const *functions = function_list(&n);

    while (completion.at < n) {
        const char *name = functions[completion.at++]->name;
        if (strncasecmp(name, start, size) == 0)
            return strdup(name);
    }
    return NULL;
}

/* Labels, relationship types and properties. */
static char *next_symbol(const char *start, size_t size)
{
    struct catalog *catalog = graph_catalog(completion.graph);

    while (completion.at < catalog_size(catalog)) {
        struct slice name = catalog_name(catalog, (uint32_t)++completion.at);
        if (name.size >= size && strncasecmp(name.data, start, size) == 0)
            return strndup(name.data, name.size);
    }
    return NULL;
}

static char *next_match(const char *start, int state)
{
    static char *(*const lists[])(const char *, size_t) = { next_symbol, next_keyword,
                                                            next_function };
    size_t size = strlen(start);

    if (!state)
        completion.list = 0, completion.at = 0;
    for (; completion.list < 3; completion.list++, completion.at = 0) {
        char *found = lists[completion.list](start, size);
        if (found)
            return found;
    }
    return NULL;
}

static char **complete(const char *text, int start, int end)
{
    (void)start, (void)end;
    rl_attempted_completion_over = 1;
    return rl_completion_matches(text, next_match);
}

/* ---- Commands of the shell --------------------------------------------------------------- */

static enum status command_help(struct shell *shell, const char *rest)
{
    static const char text[] =
        "A statement ends with ; and may have several lines. Ctrl-C stops one, Ctrl-D leaves.\n"
        "  :schema                which labels are joined by which relationship types\n"
        "  :param NAME=VALUE      sets a parameter; :params shows them, :clear drops them\n"
        "  :mode table|json|ndjson|csv\n"
        "  :timing on|off         time of each statement\n"
        "  :pager on|off          answers through $PAGER (less), on a terminal\n"
        "  :explain STATEMENT     its plan, without running it\n"
        "  :functions [START]     functions with their arguments\n"
        "  :exit\n";

    (void)rest;
    return output_text(&shell->ask.cli->output, slice_str(text));
}

static enum status command_schema(struct shell *shell, const char *rest)
{
    (void)rest;
    return ask_run(&shell->ask, SLICE("CALL db.schema() YIELD from, type, to, count "
                                      "RETURN from, type, to, count ORDER BY from, type, to"));
}

static enum status command_param(struct shell *shell, const char *rest)
{
    char *copy = arena_copy(&shell->arena, slice_str(rest));
    struct value_pair pair;

    if (!copy)
        return STATUS_NO_MEMORY;
    TRY(ask_parameter(&pair, &shell->arena, copy));
    for (size_t i = 0; i < shell->n_pairs; i++)
        if (slice_equal(shell->pairs[i].key, pair.key)) {
            shell->pairs[i] = pair;
            return STATUS_OK;
        }
    TRY(array_reserve(&shell->pairs, &shell->pairs_capacity, shell->n_pairs + 1));
    shell->pairs[shell->n_pairs++] = pair;
    return ask_parameters(&shell->ask.parameters, shell->pairs, shell->n_pairs);
}

static enum status command_params(struct shell *shell, const char *rest)
{
    static const struct column columns[] = { { .name = "parameter" }, { .name = "value" } };
    struct output *output = &shell->ask.cli->output;

    (void)rest;
    TRY(output_start(output, columns, 2));
    for (size_t i = 0; i < shell->n_pairs; i++) {
        struct value cells[] = { value_text(shell->pairs[i].key), shell->pairs[i].value };
        TRY(output_row(output, cells));
    }
    return output_finish(output);
}

static enum status command_clear(struct shell *shell, const char *rest)
{
    (void)rest;
    shell->n_pairs = 0;
    shell->ask.parameters.count = 0;
    return STATUS_OK;
}

static enum status command_mode(struct shell *shell, const char *rest)
{
    static const char *const names[] = { [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json",
                                         [FORMAT_NDJSON] = "ndjson", [FORMAT_CSV] = "csv" };

    for (int i = FORMAT_TABLE; i <= FORMAT_CSV; i++)
        if (strcmp(rest, names[i]) == 0) {
            shell->ask.cli->output.format = (enum output_format)i;
            return STATUS_OK;
        }
    return fail(STATUS_USAGE, ":mode takes table, json, ndjson or csv");
}

static enum status command_timing(struct shell *shell, const char *rest)
{
    shell->timing = strcmp(rest, "off") != 0;
    return STATUS_OK;
}

static enum status command_pager(struct shell *shell, const char *rest)
{
    shell->pager = shell->terminal && strcmp(rest, "off") != 0;
    return STATUS_OK;
}

static enum status command_explain(struct shell *shell, const char *rest)
{
    AUTO(buf_fini) struct buf text = { 0 };

    TRY(buf_printf(&text, "EXPLAIN %s", rest));
    return ask_run(&shell->ask, buf_slice(&text));
}

static enum status command_functions(struct shell *shell, const char *rest)
{
    size_t n;
    const struct function *const *functions = function_list(&n);

    for (size_t i = 0; i < n; i++)
        if (strncasecmp(functions[i]->name, rest, strlen(rest)) == 0)
            TRY(output_printf(&shell->ask.cli->output, "%s\n", functions[i]->help));
    return STATUS_OK;
}

static enum status command_exit(struct shell *shell, const char *rest)
{
    (void)rest;
    shell->over = true;
    return STATUS_OK;
}

static enum status run_command(struct shell *shell, const char *line)
{
    static const struct {
        const char *name;
        enum status (*run)(struct shell *shell, const char *rest);
    } commands_of_shell[] = {
        { "help", command_help },       { "schema", command_schema },
        { "param", command_param },     { "params", command_params },
        { "clear", command_clear },     { "mode", command_mode },
        { "timing", command_timing },   { "explain", command_explain },
        { "pager", command_pager },
        { "functions", command_functions }, { "exit", command_exit },
        { "quit", command_exit },
    };
    size_t size = strcspn(line + 1, " \t;");
    const char *rest = line + 1 + size;

    rest += strspn(rest, " \t;");
    for (size_t i = 0; i < sizeof commands_of_shell / sizeof *commands_of_shell; i++)
        if (strlen(commands_of_shell[i].name) == size &&
            memcmp(commands_of_shell[i].name, line + 1, size) == 0)
            return commands_of_shell[i].run(shell, rest);
    return fail(STATUS_USAGE, "there is no command %.*s; :help lists them", (int)size + 1, line);
}

/* ---- Statements -------------------------------------------------------------------------- */

/* Only tables are for reading; who leaves the pager early has seen enough. */
static enum status run_paged(struct shell *shell)
{
    struct pager pager = { 0 };
    enum status status;

    if (!shell->pager || shell->ask.cli->output.format != FORMAT_TABLE)
        return ask_run(&shell->ask, buf_slice(&shell->statement));
    TRY(pager_start(&pager));
    status = ask_run(&shell->ask, buf_slice(&shell->statement));
    pager_stop(&pager);
    return status == STATUS_IO ? STATUS_OK : status;
}

static enum status run_statement(struct shell *shell)
{
    int64_t start_us = time_monotonic_us();
    enum status status = run_paged(shell);

    if (shell->timing)
        log_note("%.3f ms", (double)(time_monotonic_us() - start_us) / 1000);
    return status;
}

/* What has been looked at is of no more use. */
static void clear_statement(struct shell *shell)
{
    buf_clear(&shell->statement);
    shell->ahead = (struct ahead){ 0 };
}

static bool comment_starts(const char *at, size_t size)
{
    return size > 1 && at[0] == '/' && (at[1] == '/' || at[1] == '*');
}

/* Behind a quoted text, a quoted name or a comment that began before `i`, which is in it. */
static size_t pass_within(struct ahead *ahead, const char *text, size_t i, size_t size)
{
    bool block = ahead->within == '*';
    bool ends = text[i] == (ahead->within == '/' ? '\n' : ahead->within);

    if (text[i] == '\\' && (ahead->within == '\'' || ahead->within == '"'))
        return i + 2;
    if (block && ends)
        ends = i + 1 < size && text[i + 1] == '/';
    if (ends)
        ahead->within = 0;
    return i + 1 + (block && ends);
}

/* Finds the semicolon that ends the statement, looking on from where it left off. */
static bool find_end(size_t *end, struct shell *shell)
{
    const char *text = (const char *)shell->statement.data;
    struct ahead *ahead = &shell->ahead;
    size_t i = ahead->at, size = shell->statement.size;

    while (i < size) {
        if (ahead->within) {
            i = pass_within(ahead, text, i, size);
            continue;
        }
        if (text[i] == ';') {
            *end = i;
            return true;
        }
        if (comment_starts(text + i, size - i))
            ahead->within = text[++i];
        else if (strchr("'\"`", text[i]))
            ahead->within = text[i];
        ahead->has_text |= !strchr(" \t\r\n/*", text[i]);
        i++;
    }
    ahead->at = i;
    return false;
}

static enum status run_statements(struct shell *shell)
{
    size_t end;

    while (find_end(&end, shell)) {
        AUTO(buf_fini) struct buf rest = { 0 };
        const char *at = (const char *)shell->statement.data + end + 1;
        size_t size = shell->statement.size - end - 1;

        while (size && strchr(" \t\r\n", *at))
            at++, size--;
        TRY(buf_append(&rest, at, size));
        shell->statement.size = end + 1;
        if (shell->ahead.has_text)
            TRY(run_statement(shell));
        clear_statement(shell);
        TRY(buf_append_slice(&shell->statement, buf_slice(&rest)));
    }
    return STATUS_OK;
}

/* Lines are gathered until a semicolon; one line may end several statements. */
static enum status take_line(struct shell *shell, const char *line)
{
    if (line[0] == ':' && !shell->ahead.has_text && shell->ahead.within != '*') {
        clear_statement(shell);
        return run_command(shell, line);
    }
    TRY(buf_append(&shell->statement, line, strlen(line)));
    TRY(buf_append_byte(&shell->statement, '\n'));
    return run_statements(shell);
}

/* ---- Reading lines ----------------------------------------------------------------------- */

static void open_history(struct shell *shell)
{
    const char *home = getenv("HOME");

    rl_attempted_completion_function = complete;
    completion.graph = shell->ask.graph;
    using_history();
    stifle_history(HISTORY_LINES);
    if (!home)
        return;
    snprintf(shell->history, sizeof shell->history, "%s/.ringfence_history", home);
    read_history(shell->history);
}

/* Statements may hold keys of persons: nobody else reads them. */
static void save_history(const struct shell *shell)
{
    mode_t before = umask(077);

    if (shell->history[0] && write_history(shell->history) == 0)
        chmod(shell->history, 0600);
    umask(before);
}

static char *read_line(struct shell *shell)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;

    if (shell->terminal) {
        line = readline(shell->statement.size ? "       ... " : "ringfence> ");
        if (line && *line)
            add_history(line);
        return line;
    }
    size = getline(&line, &capacity, stdin);
    if (size < 0) {
        free(line);
        return NULL;
    }
    if (size && line[size - 1] == '\n')
        line[--size] = 0;
    if (size && line[size - 1] == '\r')
        line[size - 1] = 0;
    return line;
}

static void shell_fini(struct shell *shell)
{
    graph_close(shell->ask.graph);
    arena_fini(&shell->arena);
    free(shell->pairs);
    buf_fini(&shell->statement);
}

/* A mistake does not end the shell; the store in need of a restart does. */
static enum status survive(struct shell *shell, enum status status)
{
    if (status == STATUS_OK)
        return STATUS_OK;
    if (status == STATUS_RESTART || !shell->terminal)
        return status;
    fflush(stdout);
    fprintf(stderr, "%s\n", error_detail());
    clear_statement(shell);
    return STATUS_OK;
}

static enum status shell_run(struct cli *cli, const void *options)
{
    const struct shell_options *chosen = options;
    AUTO(shell_fini) struct shell shell = { .ask = ASK_INIT };
    enum status status = STATUS_OK;

    shell.ask.cli = cli;
    shell.ask.write = chosen->write;
    shell.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    shell.pager = shell.terminal && getenv("PAGER");
    TRY(graph_open(&shell.ask.graph, cli->db, NULL));
    if (shell.terminal) {
        open_history(&shell);
        fputs("openCypher; :help lists the commands\n", stderr);
    }
    while (status == STATUS_OK && !shell.over) {
        AUTO(free_ptr) char *line = read_line(&shell);
        if (!line)
            break;
        status = survive(&shell, take_line(&shell, line));
        fflush(stdout);
    }
    if (status == STATUS_OK && shell.ahead.has_text)
        status = survive(&shell, run_statement(&shell));
    if (shell.terminal)
        save_history(&shell);
    return status;
}

static const struct command_option options[] = {
    { "write", 0, OPTION_FLAG, offsetof(struct shell_options, write), NULL,
      "allow CREATE, MERGE, SET, REMOVE and DELETE" },
    { 0 },
};

const struct command command_shell = {
    .name = "shell",
    .usage = "[--write]",
    .summary = "ask the graph, statement after statement",
    .details = "A statement ends with a semicolon; :help lists the commands of the shell.\n"
               "With $PAGER set, tables go through it on a terminal; :pager on asks less.\n"
               "History is kept in ~/.ringfence_history, readable by its owner only.",
    .options = options,
    .options_size = sizeof(struct shell_options),
    .run = shell_run,
};
