/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/moment.h"
#include "cli/subject.h"
#include "detectors/features.h"
#include "graph/catalog.h"
#include "graph/snapshot.h"

struct features_cli {
    const char *applications, *label, *currency;
    struct text_list set;
    int64_t as_of_us, known_at_us, max_reads;
    bool dictionary, strict;
};

/* Columns before the features. */
static const char *const fixed[] = { "label", "key", "application", "as_of", "known_at" };
#define N_FIXED (sizeof fixed / sizeof *fixed)
#define LATE_US US_PER_DAY

/* One run. */
struct printing {
    struct cli *cli;
    struct graph *graph;
    const struct feature_table *table;
    struct value *cells;
    struct arena arena;       /* of a row */
    struct progress progress;
    uint64_t n_rows, n_truncated, n_late, n_bad, line;
};

static struct value feature_value(const struct feature *feature, int64_t value)
{
    if (value == CELL_ABSENT)
        return value_null();
    return feature->type == FEATURE_SHARE ? value_float((double)value / 1e6) : value_int(value);
}

static enum status print_row(void *context, const struct feature_row *row)
{
    struct printing *p = context;
    const struct feature_table *table = p->table;
    char as_of[TIME_TEXT_MAX], known_at[TIME_TEXT_MAX];
    struct slice label = catalog_name(graph_catalog(p->graph), row->label);

    arena_reset(&p->arena);
    p->cells[0] = value_text(label);
    p->cells[1] = value_text(row->key);
    p->cells[2] = row->application.size ? value_text(row->application) : value_null();
    p->cells[3] = moment_value(as_of, row->as_of_us);
    p->cells[4] = moment_value(known_at, row->known_at_us);
    for (size_t i = 0; i < table->n; i++)
        p->cells[N_FIXED + i] = feature_value(&table->columns[i], row->values[i]);
    p->n_truncated += row->values[table->first[FEATURE_TRUNCATED]] == 1;
    p->n_late += row->application.size && row->known_at_us > time_add(row->as_of_us, LATE_US);
    progress_update(&p->progress, ++p->n_rows);
    return output_row(&p->cli->output, p->cells);
}

/* The key in a line: the line itself, or "application_id" of a JSON object. */
static enum status line_key(struct slice *key, struct arena *arena, struct slice line)
{
    struct value object;
    const struct value *id;

    if (*(const char *)line.data != '{') {
        *key = line;
        return STATUS_OK;
    }
    TRY(json_parse(&object, arena, line, NULL));
    id = value_find(&object, SLICE("application_id"));
    if (!id || id->type != VALUE_STRING)
        return fail(STATUS_INVALID, "the object has no text \"application_id\"");
    *key = value_slice(id);
    return STATUS_OK;
}

static enum status print_line(struct printing *p, struct feature_session *session,
                              const char *name, struct slice line)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct slice key;
    enum status status = line_key(&key, &arena, line);

    if (status == STATUS_OK)
        status = features_of_application(session, key, print_row, p);
    if (status != STATUS_INVALID)
        return status;
    p->n_bad++;
    log_warning("%s:%" PRIu64 ": %s; the line is left out", name, p->line, error_detail());
    return STATUS_OK;
}

static struct slice trim(const char *line, size_t n)
{
    while (n && (unsigned char)line[n - 1] <= ' ')
        n--;
    while (n && (unsigned char)*line <= ' ') {
        line++;
        n--;
    }
    return slice_of(line, n);
}

static enum status print_lines(struct printing *p, struct feature_session *session, FILE *file,
                               const char *name)
{
    AUTO(free_ptr) char *line = NULL;
    size_t capacity = 0;
    ssize_t length;

    while ((length = getline(&line, &capacity, file)) >= 0) {
        struct slice text = trim(line, (size_t)length);

        p->line++;
        if (text.size)
            TRY(print_line(p, session, name, text));
    }
    return ferror(file) ? fail_errno(name) : STATUS_OK;
}

static enum status print_applications(struct printing *p, struct feature_session *session,
                                      const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rb");
    enum status status;

    if (!file)
        return fail_errno(path);
    p->progress = progress_start("applications", 0);
    status = print_lines(p, session, file, standard ? "standard input" : path);
    progress_finish(&p->progress);
    if (!standard)
        fclose(file);
    return status;
}

static enum status print_entities(struct printing *p, struct feature_session *session)
{
    for (size_t i = 0; i < p->cli->n_operands; i++) {
        AUTO(txn_endp) struct graph_txn *txn = NULL;
        struct node_id id;

        TRY(graph_read(&txn, p->graph, NULL));
        TRY(subject_find(&id, txn, p->cli->operands[i]));
        txn_end(txn);
        txn = NULL;
        TRY(features_of_party(session, id, print_row, p));
    }
    return STATUS_OK;
}

static enum status print_all(struct printing *p, const struct feature_options *options)
{
    enum status status;

    p->progress = progress_start("parties", 0);
    status = features_all(p->graph, p->table, options, print_row, p);
    progress_finish(&p->progress);
    return status;
}

static enum status start_output(struct printing *p, struct arena *arena)
{
    struct column *columns = arena_array(arena, N_FIXED + p->table->n, sizeof *columns);

    p->cells = arena_array(arena, N_FIXED + p->table->n, sizeof *p->cells);
    if (!columns || !p->cells)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < N_FIXED; i++)
        columns[i] = (struct column){ fixed[i], 0 };
    for (size_t i = 0; i < p->table->n; i++)
        columns[N_FIXED + i] = (struct column){ p->table->columns[i].name, COLUMN_RIGHT };
    return output_start(&p->cli->output, columns, N_FIXED + p->table->n);
}

static void say_outcome(const struct printing *p, const struct features_cli *chosen)
{
    if (p->n_late)
        log_note("%" PRIu64 " of %" PRIu64 " application%s learnt of more than a day late "
                 "(a history loaded later): such rows know what was loaded by then; "
                 "--known-at sets another moment", p->n_late, p->n_rows,
                 p->n_rows == 1 ? " was" : "s were");
    if (p->n_truncated)
        log_warning("%" PRIu64 " row%s cut by a bound: truncated is 1 there",
                    p->n_truncated, p->n_truncated == 1 ? " was" : "s were");
    if (p->n_bad)
        p->cli->exit_code = EXIT_BAD_DATA;
    else if (p->n_truncated && chosen->strict)
        p->cli->exit_code = EXIT_TRUNCATED;
}

static enum status print_features(struct printing *p, const struct features_cli *chosen,
                                  const struct feature_options *options)
{
    AUTO(feature_session_closep) struct feature_session *session = NULL;
    AUTO(arena_fini) struct arena arena = { 0 };

    TRY(start_output(p, &arena));
    if (chosen->applications || p->cli->n_operands)
        TRY(feature_session_open(&session, p->graph, p->table, options));
    if (chosen->applications)
        TRY(print_applications(p, session, chosen->applications));
    else if (session)
        TRY(print_entities(p, session));
    else
        TRY(print_all(p, options));
    TRY(output_finish(&p->cli->output));
    say_outcome(p, chosen);
    return STATUS_OK;
}

static const struct column dictionary_columns[] = {
    { "name", 0 }, { "type", 0 }, { "unit", 0 }, { "window_days", COLUMN_RIGHT },
    { "meaning", 0 },
};

static enum status print_dictionary(struct output *output, const struct feature_table *table)
{
    TRY(output_start(output, dictionary_columns,
                     sizeof dictionary_columns / sizeof *dictionary_columns));
    for (size_t i = 0; i < table->n; i++) {
        const struct feature *column = &table->columns[i];
        const struct value cells[] = {
            value_text(slice_str(column->name)),
            value_text(slice_str(feature_type_name(column->type))),
            value_text(slice_str(column->unit)),
            column->window_days ? value_int(column->window_days) : value_null(),
            value_text(slice_str(column->meaning)),
        };

        TRY(output_row(output, cells));
    }
    return output_finish(output);
}

static enum status find_label(uint32_t *symbol, const struct schema *schema, const char *name)
{
    for (size_t i = 0; name && i < schema->n_labels; i++)
        if (schema->labels[i].role == LABEL_PRINCIPAL && !strcmp(schema->labels[i].name, name)) {
            *symbol = schema->labels[i].symbol;
            return STATUS_OK;
        }
    if (!name)
        return STATUS_OK;
    return fail(STATUS_USAGE, "--label %s: not a label of principals in this graph's schema",
                name);
}

static enum status check_usage(const struct cli *cli, const struct features_cli *chosen)
{
    if (chosen->applications && cli->n_operands)
        return fail(STATUS_USAGE, "--applications and ENTITY exclude each other");
    if (chosen->applications && chosen->as_of_us != TIME_MIN)
        return fail(STATUS_USAGE, "--as-of does not go with --applications: each is seen at its "
                    "own time");
    return STATUS_OK;
}

static enum status features_run(struct cli *cli, const void *given)
{
    const struct features_cli *chosen = given;
    AUTO(params_fini) struct params params = { 0 };
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(graph_closep) struct graph *graph = NULL;
    struct feature_table table;
    struct feature_options options = { .params = &params, .currency = chosen->currency,
                                       .as_of_us = chosen->as_of_us,
                                       .known_at_us = chosen->known_at_us,
                                       .max_reads = (uint64_t)chosen->max_reads };
    struct printing printing = { .cli = cli };
    enum status status;

    TRY(check_usage(cli, chosen));
    TRY(params_init(&params));
    for (size_t i = 0; i < chosen->set.n; i++)
        TRY(params_set(&params, slice_str(chosen->set.items[i])));
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(feature_table(&table, &arena, graph_schema(graph)));
    if (chosen->dictionary)
        return print_dictionary(&cli->output, &table);
    if (chosen->as_of_us == TIME_MIN)
        options.as_of_us = time_now_us() / US_PER_DAY * US_PER_DAY;
    TRY(find_label(&options.label, graph_schema(graph), chosen->label));
    printing.graph = graph;
    printing.table = &table;
    status = print_features(&printing, chosen, &options);
    arena_fini(&printing.arena);
    return status;
}

#define AT(field) offsetof(struct features_cli, field)

static const struct command_option options[] = {
    { "applications", 0, OPTION_TEXT, AT(applications), "FILE",
      "a row per application in FILE (- for standard input), each at its own moment" },
    { "as-of", 0, OPTION_TIME, AT(as_of_us), "T",
      "features of parties at this moment (default: last UTC midnight)" },
    { "known-at", 0, OPTION_TIME, AT(known_at_us), "T",
      "what had been observed by T (default: all; per application: when it was learnt)" },
    { "label", 0, OPTION_TEXT, AT(label), "LABEL", "only parties of this label" },
    { "currency", 0, OPTION_TEXT, AT(currency), "CODE",
      "currency of amounts; those without one count too (default CNY)" },
    { "set", 0, OPTION_LIST, AT(set), "SHARED.param=value",
      "a cap or the lookback other than its default; may be repeated" },
    { "max-reads", 0, OPTION_INT, AT(max_reads), "N",
      "edge reads for one ENTITY or application before it is cut (default 100000)" },
    { "dictionary", 0, OPTION_FLAG, AT(dictionary), NULL,
      "list the columns: name, type, unit, window, meaning" },
    { "strict", 0, OPTION_FLAG, AT(strict), NULL, "exit code 6 when a row was cut" },
    { 0 },
};

const struct command command_features = {
    .name = "features",
    .usage = "[--applications FILE or ENTITY...] [--as-of T] [--known-at T] [--dictionary]",
    .summary = "print graph features of parties or applications for credit models",
    .details =
        "A row per party, by key, or with ENTITY (KEY or LABEL:KEY) only of those. With\n"
        "--applications a row per line of FILE, an application's key or an object with\n"
        "application_id: the applicant as of the application's time, from what was known when\n"
        "the application was, so that nothing later leaks in. A line that names no application\n"
        "is left out, and the exit code is 4. Empty cells: nothing to say. Counts in a row with\n"
        "truncated 1 are lower bounds.",
    .options = options,
    .options_size = sizeof(struct features_cli),
    .defaults = &(const struct features_cli){ .currency = "CNY", .as_of_us = TIME_MIN,
                                              .known_at_us = TIME_MAX,
                                              .max_reads = FEATURE_READS },
    .max_operands = OPERANDS_ANY,
    .run = features_run,
};
