/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/moment.h"
#include "detectors/engine.h"
#include "graph/undo.h"

struct retag_cli {
    const char *detectors;
    struct text_list set;
    int64_t as_of_us, known_at_us;
    bool dry_run, full, incremental, force, times;
    double max_change; /* INFINITY: not given */
};

struct undo_cli {
    const char *person;
    bool force;
};

struct runs_cli {
    int64_t limit;
};

static const struct column code_columns[] = {
    { "code" },
    { "found", COLUMN_RIGHT },
    { "added", COLUMN_RIGHT },
    { "kept", COLUMN_RIGHT },
    { "changed", COLUMN_RIGHT },
    { "withdrawn", COLUMN_RIGHT },
};
#define N_CODE_COLUMNS (sizeof code_columns / sizeof *code_columns)

static enum status print_codes(struct output *output, const struct run_code *codes, size_t n)
{
    TRY(output_start(output, code_columns, N_CODE_COLUMNS));
    for (size_t i = 0; i < n; i++) {
        const struct value cells[] = {
            value_text(codes[i].code),
            value_int((int64_t)codes[i].found),
            value_int((int64_t)codes[i].added),
            value_int((int64_t)codes[i].kept),
            value_int((int64_t)codes[i].changed),
            value_int((int64_t)codes[i].withdrawn),
        };
        TRY(output_row(output, cells));
    }
    return output_finish(output);
}

/* D1,D7 or codes; kept in registry order. */
static enum status choose_detectors(const struct detector ***out, struct arena *arena,
                                    const char *list)
{
    const struct detector **chosen = arena_array(arena, registry_size() + 1, sizeof *chosen);
    bool *wanted = arena_array(arena, registry_size() + 1, sizeof *wanted);
    size_t n = 0;

    if (!chosen || !wanted)
        return STATUS_NO_MEMORY;
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ",");
        const struct detector *detector = registry_find(slice_of(at, length));

        if (!detector)
            return fail(STATUS_USAGE, "--detectors: there is no detector \"%.*s\"; ringfence "
                        "detectors lists them", (int)length, at);
        wanted[registry_index(detector)] = true;
        at += length + (at[length] == ',');
    }
    for (size_t i = 0; registry[i]; i++)
        if (wanted[i])
            chosen[n++] = registry[i];
    if (!n)
        return fail(STATUS_USAGE, "--detectors: none named; as in --detectors D1,D7");
    *out = chosen;
    return STATUS_OK;
}

static int by_text(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

static enum status apply_settings(struct params *params, struct buf *settings,
                                  const struct text_list *set)
{
    for (size_t i = 0; i < set->n; i++)
        TRY(params_set(params, slice_str(set->items[i])));
    if (set->n)
        qsort(set->items, set->n, sizeof *set->items, by_text);
    for (size_t i = 0; i < set->n; i++)
        TRY(buf_printf(settings, "%s\n", set->items[i]));
    return STATUS_OK;
}

static void show_progress(void *context, const char *detector, size_t done, size_t total)
{
    struct progress *progress = context;

    if (done == 0)
        *progress = progress_start("detectors", total);
    (void)detector;
    progress_update(progress, done);
    if (done == total)
        progress_finish(progress);
}

/* Shorter runs say nothing of time: nobody waits for them. */
#define LONG_RUN_US (10 * US_PER_SECOND)

/* How long each part took, and its share of them all. */
static void say_times(const struct retag_report *report, bool always)
{
    AUTO(buf_fini) struct buf line = { 0 };
    int64_t sum = 0;
    const char *text;

    for (size_t i = 0; i < report->n_times; i++)
        sum += report->times[i].us;
    if (!sum || (!always && sum < LONG_RUN_US))
        return;
    for (size_t i = 0; i < report->n_times; i++)
        if (buf_printf(&line, "%s %s %.3f s (%.0f %%)", i ? "," : "", report->times[i].what,
                       (double)report->times[i].us / 1e6,
                       100.0 * (double)report->times[i].us / (double)sum) != STATUS_OK)
            return;
    if (buf_string(&text, &line) == STATUS_OK)
        log_line("time:%s", text);
}

static void say_outcome(const struct retag_report *report, bool dry_run)
{
    char at[TIME_TEXT_MAX];

    for (size_t i = 0; i < report->n_notes; i++)
        log_note("%s", report->notes[i]);
    if (report->truncated)
        log_warning("a search was cut by its bound; the notes above say which");
    if (report->n_partly + report->n_whole)
        log_line("%zu detector%s looked at %zu subject%s that changes can affect, in %.2f s; %zu "
                 "at everything, in %.2f s", report->n_partly, text_s(report->n_partly),
                 report->n_subjects, text_s(report->n_subjects),
                 (double)report->partly_us / US_PER_SECOND, report->n_whole,
                 (double)report->wholly_us / US_PER_SECOND);
    for (size_t i = 0; i < report->n_whole; i++)
        log_line("looked at everything: %s", report->whole[i]);
    if (dry_run)
        log_line("dry run at T %s: nothing was written", time_format(at, report->as_of_us));
    else
        log_line("run %" PRIu64 " published at T %s: %" PRIu64 " ring%s born, %" PRIu64 " gone",
                 report->run, time_format(at, report->as_of_us), report->rings_born,
                 text_s(report->rings_born), report->rings_gone);
}

static enum status retag_with(struct cli *cli, const struct retag_cli *chosen,
                              struct retag_options *options, struct retag_report *report)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    enum status status;

    TRY(graph_open(&graph, cli->db, NULL));
    status = retag(report, graph, options);
    if (status == STATUS_OK || (status == STATUS_LIMIT && report->n_codes)) {
        enum status printed = print_codes(&cli->output, report->codes, report->n_codes);

        if (status == STATUS_OK && printed == STATUS_OK)
            say_outcome(report, chosen->dry_run);
        say_times(report, chosen->times);
        /* The failure's own detail must stay, so it goes before a failure to print. */
        return status != STATUS_OK ? status : printed;
    }
    return status;
}

static enum status retag_run(struct cli *cli, const void *given)
{
    const struct retag_cli *chosen = given;
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(params_fini) struct params params = { 0 };
    AUTO(buf_fini) struct buf settings = { 0 };
    AUTO(retag_report_fini) struct retag_report report = { 0 };
    struct progress progress = { 0 };
    const struct detector **detectors = NULL;
    struct retag_options options = RETAG_OPTIONS_INIT;

    if (chosen->full && chosen->incremental)
        return fail(STATUS_USAGE, "--full and --incremental exclude each other");
    if (chosen->known_at_us != TIME_MAX && !chosen->dry_run)
        return fail(STATUS_USAGE, "--known-at needs --dry-run: what is published is found in "
                    "everything that is known");
    if (chosen->max_change < 0)
        return fail(STATUS_USAGE, "--max-change: %g is no share: expected a number of per cent, 0 "
                    "or more", chosen->max_change);
    if (chosen->detectors)
        TRY(choose_detectors(&detectors, &arena, chosen->detectors));
    TRY(params_init(&params));
    TRY(apply_settings(&params, &settings, &chosen->set));
    options.params = &params;
    options.detectors = detectors;
    options.settings = buf_slice(&settings);
    options.as_of_us = chosen->as_of_us;
    options.known_at_us = chosen->known_at_us;
    options.dry_run = chosen->dry_run;
    options.incremental = chosen->incremental;
    options.force = chosen->force;
    if (!isinf(chosen->max_change))
        options.max_change_percent = chosen->max_change;
    options.progress = show_progress;
    options.context = &progress;
    return retag_with(cli, chosen, &options, &report);
}

/* retag runs */

static const struct column run_columns[] = {
    { "run", COLUMN_RIGHT },     { "kind" },
    { "as_of" },                 { "started" },
    { "seconds", COLUMN_RIGHT }, { "commit_seq", COLUMN_RIGHT },
    { "found", COLUMN_RIGHT },   { "added", COLUMN_RIGHT },
    { "kept", COLUMN_RIGHT },    { "changed", COLUMN_RIGHT },
    { "withdrawn", COLUMN_RIGHT }, { "undoes", COLUMN_RIGHT },
    { "parameters" },            { "by" },
};
#define N_RUN_COLUMNS (sizeof run_columns / sizeof *run_columns)

static struct run_code run_total(const struct run *run)
{
    struct run_code total = { 0 };

    for (size_t i = 0; i < run->n_codes; i++) {
        total.found += run->codes[i].found;
        total.added += run->codes[i].added;
        total.kept += run->codes[i].kept;
        total.changed += run->codes[i].changed;
        total.withdrawn += run->codes[i].withdrawn;
    }
    return total;
}

static enum status print_run(struct output *output, const struct run *run)
{
    struct run_code total = run_total(run);
    char as_of[TIME_TEXT_MAX], started[TIME_TEXT_MAX];
    const struct value cells[N_RUN_COLUMNS] = {
        value_int((int64_t)run->number),
        value_text(slice_str(run_kind_name(run->kind))),
        moment_value(as_of, run->as_of_us),
        moment_value(started, run->started_us),
        value_float((double)((run->finished_us - run->started_us) / 1000) / 1000),
        value_int((int64_t)run->commit_seq),
        value_int((int64_t)total.found),
        value_int((int64_t)total.added),
        value_int((int64_t)total.kept),
        value_int((int64_t)total.changed),
        value_int((int64_t)total.withdrawn),
        run->undoes ? value_int((int64_t)run->undoes) : value_null(),
        run->parameters.size ? value_text(run->parameters) : value_null(),
        run->person.size ? value_text(run->person) : value_null(),
    };

    return output_row(output, cells);
}

static enum status runs_run(struct cli *cli, const void *given)
{
    const struct runs_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(arena_fini) struct arena arena = { 0 };
    uint64_t newest, first = 1;

    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_read(&txn, graph, NULL));
    TRY(publication_now(&newest, txn));
    if (newest > (uint64_t)chosen->limit)
        first = newest - (uint64_t)chosen->limit + 1;
    TRY(output_start(&cli->output, run_columns, N_RUN_COLUMNS));
    for (uint64_t number = first; number <= newest; number++) {
        struct run run;

        TRY(run_find(&run, &arena, txn, number));
        TRY(print_run(&cli->output, &run));
        arena_reset(&arena);
    }
    return output_finish(&cli->output);
}

/* retag undo */

static enum status undo_cli_run(struct cli *cli, const void *given)
{
    const struct undo_cli *chosen = given;
    AUTO(undo_report_fini) struct undo_report report = { 0 };
    AUTO(graph_closep) struct graph *graph = NULL;
    const char *text = cli->operands[0];
    char *end;
    unsigned long long number = strtoull(text, &end, 10);

    if (*end || end == text || *text == '-')
        return fail(STATUS_USAGE, "\"%s\" is not the number of a run; `retag runs` lists them",
                    text);
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(undo_run(&report, graph, number,
                 chosen->person ? slice_str(chosen->person) : SLICE(""), chosen->force));
    TRY(print_codes(&cli->output, report.codes, report.n_codes));
    log_line("run %" PRIu64 " published: the tags are as they were before run %llu", report.run,
             number);
    return STATUS_OK;
}

#define AT(field) offsetof(struct retag_cli, field)

static const struct command_option retag_cli_options[] = {
    { "detectors", 0, OPTION_TEXT, AT(detectors), "D1,D7",
      "run only these; the tags of the others stay as they are" },
    { "set", 0, OPTION_LIST, AT(set), "CODE.param=value",
      "a parameter other than its default; may be repeated" },
    { "as-of", 0, OPTION_TIME, AT(as_of_us), "T",
      "look at this moment (default: last UTC midnight)" },
    { "known-at", 0, OPTION_TIME, AT(known_at_us), "T",
      "only what had been observed by T (default: everything); with --dry-run" },
    { "dry-run", 0, OPTION_FLAG, AT(dry_run), NULL, "say what would change; write nothing" },
    { "full", 0, OPTION_FLAG, AT(full), NULL, "examine everything (the default)" },
    { "incremental", 0, OPTION_FLAG, AT(incremental), NULL,
      "examine only what changed since the last run can affect: the same tags, sooner" },
    { "times", 0, OPTION_FLAG, AT(times), NULL,
      "say how long each part took, also of a run of less than ten seconds" },
    { "max-change", 0, OPTION_NUMBER, AT(max_change), "PCT",
      "publish nothing when more than this share of the tags would change" },
    { "force", 0, OPTION_FLAG, AT(force), NULL, "also for a moment before the published one" },
    { 0 },
};

const struct command command_retag = {
    .name = "retag",
    .usage = "[options]",
    .summary = "run the detectors and publish the tags they find",
    .details =
        "One line per code: how many are found now, and how many of them were added, kept, or\n"
        "changed their level, and how many were withdrawn. All become visible at once.\n"
        "--incremental gives the same tags as --full from the subjects that changes since\n"
        "the last run, and the passing of time, can affect; detectors that look at the\n"
        "whole graph, or whose parameters changed, run whole and are named on stderr.",
    .options = retag_cli_options,
    .options_size = sizeof(struct retag_cli),
    .defaults = &(const struct retag_cli){ .as_of_us = TIME_MIN, .known_at_us = TIME_MAX,
                                              .max_change = INFINITY },
    .run = retag_run,
};

static const struct command_option runs_options[] = {
    { "limit", 0, OPTION_INT, offsetof(struct runs_cli, limit), "N",
      "the newest N runs (default 100)" },
    { 0 },
};

const struct command command_retag_runs = {
    .name = "retag runs",
    .usage = "[--limit N]",
    .summary = "list runs with their figures",
    .options = runs_options,
    .options_size = sizeof(struct runs_cli),
    .defaults = &(const struct runs_cli){ 100 },
    .run = runs_run,
};

static const struct command_option undo_options[] = {
    { "by", 0, OPTION_TEXT, offsetof(struct undo_cli, person), "NAME", "who takes it back" },
    { "force", 0, OPTION_FLAG, offsetof(struct undo_cli, force), NULL,
      "also take back the runs after it" },
    { 0 },
};

const struct command command_retag_undo = {
    .name = "retag undo",
    .usage = "[--by NAME] [--force] RUN",
    .summary = "put the tags back as they were before a run",
    .details = "A new publication; nothing is lost. What people confirmed, dismissed, allowed or\n"
               "blocked meanwhile stays.",
    .options = undo_options,
    .options_size = sizeof(struct undo_cli),
    .min_operands = 1,
    .max_operands = 1,
    .run = undo_cli_run,
};
