/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/progress.h"
#include "base/time.h"
#include "cli/answer_text.h"
#include "cli/command.h"
#include "cli/policy_file.h"
#include "screening/screen.h"

struct screen_cli {
    bool no_record, strict;
    int64_t as_of_us, known_at_us, deadline_us;
    const char *policy;
};

/* One run over a file. */
struct session {
    struct cli *cli;
    struct screener *screener;
    struct screen_options options;
    uint64_t line, bad, truncated;
    struct buf answer;
};

static void session_fini(struct session *session)
{
    screener_close(session->screener);
    buf_fini(&session->answer);
}

static enum status answer_error(struct session *session, const char *detail)
{
    struct emit emit = emit_start(&session->answer);

    session->bad++;
    emit_object(&emit);
    emit_key(&emit, "line");
    emit_uint(&emit, session->line);
    emit_key(&emit, "error");
    emit_string(&emit, detail);
    emit_end(&emit);
    return emit_finish(&emit);
}

/* What is wrong with a line is its answer; what is wrong with us ends the run. */
static bool is_about_line(enum status status)
{
    return status == STATUS_INVALID || status == STATUS_CONFLICT || status == STATUS_LIMIT;
}

static enum status screen_line(struct session *session, struct slice text)
{
    static const char truncated[] = ",\"truncated\":true,";
    enum status status;

    buf_clear(&session->answer);
    status = screen(&session->answer, session->screener, text, &session->options);
    if (status != STATUS_OK && !is_about_line(status))
        return fail_context(status, "line %" PRIu64, session->line);
    if (status != STATUS_OK) {
        char detail[1024];

        snprintf(detail, sizeof detail, "%s", error_detail());
        buf_clear(&session->answer);
        TRY(answer_error(session, detail));
    } else if (memmem(session->answer.data, session->answer.size, truncated,
                      sizeof truncated - 1)) {
        session->truncated++;
    }
    if (session->cli->output.format == FORMAT_TABLE)
        return answer_print(&session->cli->output, buf_slice(&session->answer));
    return output_json(&session->cli->output, buf_slice(&session->answer));
}

static bool is_blank(const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    return true;
}

static enum status screen_all(struct session *session, FILE *file, const char *name)
{
    struct progress progress = progress_start("applications", 0);
    AUTO(free_ptr) char *line = NULL;
    size_t capacity = 0;
    ssize_t length;

    errno = 0;
    while ((length = getline(&line, &capacity, file)) >= 0) {
        size_t n = (size_t)length;

        session->line++;
        if (n && line[n - 1] == '\n')
            n--;
        if (is_blank(line, n))
            continue;
        TRY(screen_line(session, slice_of(line, n)));
        /* Who writes line by line waits for each answer. */
        if (file == stdin && fflush(stdout) != 0)
            return fail_errno("writing to standard output");
        progress_update(&progress, session->line);
    }
    progress_finish(&progress);
    return ferror(file) ? fail_errno(name) : STATUS_OK;
}

static enum status screen_file(struct session *session, const char *path)
{
    FILE *file;
    enum status status;

    if (!path || strcmp(path, "-") == 0)
        return screen_all(session, stdin, "standard input");
    file = fopen(path, "rb");
    if (!file)
        return fail_errno(path);
    status = screen_all(session, file, path);
    fclose(file);
    return status;
}

static enum status screen_run(struct cli *cli, const void *given)
{
    const struct screen_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(session_fini) struct session session = { .cli = cli };
    struct policy *policy;

    if (chosen->known_at_us != TIME_MAX && !chosen->no_record)
        return fail(STATUS_USAGE, "--known-at needs --no-record: what is recorded is decided on "
                    "everything that is known");
    session.options = (struct screen_options){ .record = !chosen->no_record,
                                               .as_of_us = chosen->as_of_us,
                                               .known_at_us = chosen->known_at_us,
                                               .deadline_us = chosen->deadline_us };
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(policy_open(&policy, chosen->policy));
    TRY(screener_open(&session.screener, graph, policy));
    TRY(screen_file(&session, cli->n_operands ? cli->operands[0] : NULL));
    if (session.bad)
        cli->exit_code = EXIT_BAD_DATA;
    else if (session.truncated && chosen->strict)
        cli->exit_code = EXIT_TRUNCATED;
    return STATUS_OK;
}

#define AT(field) offsetof(struct screen_cli, field)

static const struct command_option options[] = {
    { "no-record", 0, OPTION_FLAG, AT(no_record), NULL,
      "decide only: neither the application nor the decision is kept" },
    { "as-of", 0, OPTION_TIME, AT(as_of_us), "T",
      "look at this moment (default: the application's time)" },
    { "known-at", 0, OPTION_TIME, AT(known_at_us), "T",
      "only what had been observed by T (default: everything); with --no-record" },
    { "policy", 0, OPTION_TEXT, AT(policy), "FILE", "decide by this policy (default: built in)" },
    { "deadline", 0, OPTION_DURATION, AT(deadline_us), "D",
      "leave out whole probes after this long; the answer is then partial" },
    { "strict", 0, OPTION_FLAG, AT(strict), NULL, "exit code 6 when an answer was truncated" },
    { 0 },
};

const struct command command_screen = {
    .name = "screen",
    .usage = "[--no-record] [--as-of T] [--known-at T] [--policy FILE] [--deadline D] [FILE or -]",
    .summary = "decide on applications: NDJSON in, NDJSON out",
    .details =
        "Each application becomes part of the graph, in one commit with its decision and its\n"
        "idempotency_key. A line that is no application is answered with line and error,\n"
        "the rest goes on, and the exit code is 4. --format table, the default on a\n"
        "terminal, tells each decision in words.",
    .options = options,
    .options_size = sizeof(struct screen_cli),
    .defaults = &(const struct screen_cli){ .as_of_us = TIME_MIN,
                                               .known_at_us = TIME_MAX },
    .max_operands = 1,
    .run = screen_run,
};
