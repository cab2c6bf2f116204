/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "graph/check.h"
#include "graph/graph.h"
#include "screening/check.h"

struct check_command {
    int64_t max_findings;
};

static const struct column columns[] = {
    { "id" }, { "severity" }, { "place" }, { "what" }, { "remedy" },
};

static enum status print_finding(void *context, const struct check_finding *finding)
{
    struct value cells[] = {
        value_text(slice_str(finding->rule->id)),
        value_text(slice_str(check_severity_name(finding->rule->severity))),
        value_text(slice_str(finding->place)),
        value_text(slice_str(finding->what)),
        value_text(slice_str(finding->rule->remedy)),
    };

    return output_row(context, cells);
}

/* A graph that is damaged does not open: that is a finding like the others. */
static enum status open_or_find(struct graph **graph, struct cli *cli, struct check_result *result)
{
    enum status status = graph_open(graph, cli->db, NULL);
    struct check_finding finding = { &check_rules[CHECK_OPEN], cli->db, error_detail() };

    if (status != STATUS_CORRUPT)
        return status;
    result->n_findings = 1;
    return print_finding(&cli->output, &finding);
}

static void tell(const struct check_result *result)
{
    log_note("%llu node%s, %llu edge%s, %llu replaced version%s of commit %llu checked",
             (unsigned long long)result->nodes, text_s(result->nodes),
             (unsigned long long)result->edges, text_s(result->edges),
             (unsigned long long)result->versions, text_s(result->versions),
             (unsigned long long)result->commit_seq);
    if (result->leaked_pages)
        log_note("%llu of %llu pages are neither used nor free: no harm; compact gives them back",
                 (unsigned long long)result->leaked_pages, (unsigned long long)result->pages);
    if (result->truncated)
        log_warning("%llu findings, of which the first are listed (--max-findings)",
                    (unsigned long long)result->n_findings);
}

static enum status check_run(struct cli *cli, const void *options)
{
    const struct check_command *chosen = options;
    AUTO(graph_closep) struct graph *graph = NULL;
    struct check_result result = { 0 };
    static const struct check_part *const parts[] = { &check_part_decisions };
    struct check_options check = { .max_findings = (size_t)chosen->max_findings,
                                   .parts = parts, .n_parts = 1,
                                   .finding = print_finding, .context = &cli->output };

    TRY(output_start(&cli->output, columns, sizeof columns / sizeof *columns));
    TRY(open_or_find(&graph, cli, &result));
    if (graph) {
        TRY(check_graph(&result, graph, &check));
        tell(&result);
    }
    if (result.n_findings)
        cli->exit_code = EXIT_FINDINGS;
    return output_finish(&cli->output);
}

static const struct check_command defaults = { .max_findings = 100 };

static const struct command_option options[] = {
    { "max-findings", 0, OPTION_INT, offsetof(struct check_command, max_findings), "N",
      "list at most so many (default 100); all are counted" },
    { 0 },
};

const struct command command_check = {
    .name = "check",
    .usage = "[--max-findings N]",
    .summary = "test every invariant of the graph; exit 3 with findings",
    .details = "Prints one line per finding: which rule, how grave, where, and what to do;\n"
               "docs/check.md explains each rule. Reads everything in one transaction and\n"
               "writes nothing. Places name node numbers, never keys.",
    .options = options,
    .options_size = sizeof(struct check_command),
    .defaults = &defaults,
    .run = check_run,
};
