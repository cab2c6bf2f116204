/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs feature files of the openCypher kit against the engine.
 *
 *     tck [--list-failures] FOLDER
 *
 * Each expanded scenario runs in a write transaction that is dropped afterwards. A wrong answer is
 * a failure; an error where an answer is expected, or the other way round, counts as errored.
 * $TCK_GRAPHS: the folder of the named graphs (default: FOLDER/../graphs).
 */
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/emit.h"
#include "graph/edge.h"
#include "query/error.h"
#include "query/query.h"
#include "tests/tck/canonical.h"
#include "tests/tck/gherkin.h"

enum outcome {
    OUTCOME_PASSED,
    OUTCOME_FAILED,
    OUTCOME_ERRORED,
    OUTCOME_SKIPPED,
    N_OUTCOMES,
};

/* The texts of one answer, row after row. */
struct answer {
    struct slice *columns;
    size_t n_columns;
    struct buf *cells;
    size_t n_rows, capacity;
    bool unordered_lists;
};

/* What the graph holds, one line each, for the side effects. */
struct snapshot {
    char **lines;
    size_t n, capacity;
};

enum { EFFECT_NODES, EFFECT_EDGES, EFFECT_LABELS, EFFECT_PROPERTIES, N_EFFECTS };

struct tck {
    struct graph *graph;
    struct graph_txn *txn;
    struct arena arena; /* of the scenario */
    struct value parameters;
    struct procedure_table procedures;
    const struct procedure *items[16];
    struct slice text;  /* of the query that is judged */
    enum status status;
    bool at_compile;
    struct query_error error;
    char detail[1024];
    struct answer answer;
    struct snapshot before[N_EFFECTS], after[N_EFFECTS];
    char why[2048];
    bool list;
    size_t counts[N_OUTCOMES];
};

static struct tck tck;

PRINTF_LIKE(1, 2) static void why(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(tck.why, sizeof tck.why, format, args);
    va_end(args);
}

/* ---- Running queries --------------------------------------------------------------------- */

static enum status take_row(void *context, struct eval *eval, const struct value *values, size_t n)
{
    struct answer *answer = context;

    TRY(array_reserve(&answer->cells, &answer->capacity, (answer->n_rows + 1) * n));
    for (size_t i = 0; i < n; i++) {
        struct buf *cell = &answer->cells[answer->n_rows * n + i];
        *cell = (struct buf){ 0 };
        TRY(canonical_value(cell, eval, &values[i], answer->unordered_lists));
    }
    answer->n_rows++;
    return STATUS_OK;
}

static void answer_fini(struct answer *answer)
{
    for (size_t i = 0; i < answer->n_rows * answer->n_columns; i++)
        buf_fini(&answer->cells[i]);
    free(answer->cells);
    *answer = (struct answer){ 0 };
}

static enum status run_text(struct slice text, query_row *row, void *context, bool *at_compile)
{
    AUTO(query_freep) struct query *query = NULL;
    struct query_prepare_options prepare = { tck.txn, &tck.procedures, &tck.parameters };
    struct query_run_options options = { .parameters = &tck.parameters, .row = row,
                                         .context = context, .allow_writes = true,
                                         .timeout_us = 20 * US_PER_SECOND };
    struct query_stats stats;

    *at_compile = true;
    TRY(query_prepare(&query, text, &prepare));
    *at_compile = false;
    if (row == take_row) {
        struct answer *answer = context;
        answer->n_columns = query_n_columns(query);
        answer->columns = arena_array(&tck.arena, answer->n_columns + 1, sizeof(struct slice));
        for (size_t i = 0; i < answer->n_columns; i++) {
            struct slice name = query_column(query, i);
            answer->columns[i] = slice_of(arena_copy(&tck.arena, name), name.size);
        }
    }
    return query_run(query, tck.txn, &options, &stats);
}

struct one_value {
    struct value value;
};

static enum status take_value(void *context, struct eval *eval, const struct value *values,
                              size_t n)
{
    struct one_value *one = context;

    (void)eval, (void)n;
    return value_keep(&one->value, &tck.arena, &values[0]);
}

/* The value of a literal in a table. */
static enum status literal(struct value *out, struct slice text)
{
    AUTO(buf_fini) struct buf query = { 0 };
    struct one_value one = { value_null() };
    bool at_compile;

    TRY(buf_printf(&query, "RETURN %.*s", (int)text.size, (const char *)text.data));
    TRY(run_text(buf_slice(&query), take_value, &one, &at_compile));
    *out = one.value;
    return STATUS_OK;
}

/* ---- Side effects ------------------------------------------------------------------------ */

static enum status line_add(struct snapshot *snapshot, struct buf *line)
{
    const char *text;

    TRY(array_reserve(&snapshot->lines, &snapshot->capacity, snapshot->n + 1));
    TRY(buf_string(&text, line));
    snapshot->lines[snapshot->n++] = strdup(text);
    buf_clear(line);
    return STATUS_OK;
}

static enum status properties_add(struct snapshot *out, struct buf *line, char kind, uint64_t id,
                                  const struct value *map)
{
    for (uint32_t i = 0; i < map->count; i++) {
        struct emit emit = emit_start(line);

        TRY(buf_printf(line, "%c%llu %.*s ", kind, (unsigned long long)id,
                       (int)map->pairs[i].key.size, (const char *)map->pairs[i].key.data));
        emit_value(&emit, &map->pairs[i].value);
        TRY(emit_finish(&emit));
        TRY(line_add(out, line));
    }
    return STATUS_OK;
}

static enum status edges_add(struct snapshot *out, struct buf *line, const struct node *node)
{
    const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };

    for (edge_iter_start(&it, tck.txn, node, &scan); edge_iter_next(&it);) {
        struct value map;

        TRY(buf_printf(line, "%llu", (unsigned long long)it.edge.id.value));
        TRY(line_add(&out[EFFECT_EDGES], line));
        TRY(edge_properties(&map, &tck.arena, tck.txn, &it.edge));
        TRY(properties_add(&out[EFFECT_PROPERTIES], line, 'r', it.edge.id.value, &map));
    }
    return it.status;
}

static int by_line(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void unique_lines(struct snapshot *snapshot)
{
    size_t kept = 0;

    if (snapshot->n)
        qsort(snapshot->lines, snapshot->n, sizeof *snapshot->lines, by_line);
    for (size_t i = 0; i < snapshot->n; i++) {
        if (kept && strcmp(snapshot->lines[kept - 1], snapshot->lines[i]) == 0)
            free(snapshot->lines[i]);
        else
            snapshot->lines[kept++] = snapshot->lines[i];
    }
    snapshot->n = kept;
}

static enum status take_snapshot(struct snapshot *out)
{
    AUTO(node_iter_stop) struct node_iter it = { 0 };
    AUTO(buf_fini) struct buf line = { 0 };

    for (node_iter_start(&it, tck.txn, 0); node_iter_next(&it);) {
        struct value map;

        TRY(buf_printf(&line, "%llu", (unsigned long long)it.node.id.value));
        TRY(line_add(&out[EFFECT_NODES], &line));
        for (uint32_t i = 0; i < it.node.n_labels; i++) {
            TRY(buf_printf(&line, "%u", it.node.labels[i]));
            TRY(line_add(&out[EFFECT_LABELS], &line));
        }
        TRY(node_properties(&map, &tck.arena, tck.txn, &it.node));
        TRY(properties_add(&out[EFFECT_PROPERTIES], &line, 'n', it.node.id.value, &map));
        TRY(edges_add(out, &line, &it.node));
    }
    for (int i = 0; i < N_EFFECTS; i++)
        unique_lines(&out[i]);
    return it.status;
}

static void snapshot_fini(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n; i++)
        free(snapshot->lines[i]);
    free(snapshot->lines);
    *snapshot = (struct snapshot){ 0 };
}

/* Lines of `a` that `b` does not have. */
static size_t missing(const struct snapshot *a, const struct snapshot *b)
{
    size_t n = 0;

    for (size_t i = 0, k = 0; i < a->n; i++) {
        while (k < b->n && strcmp(b->lines[k], a->lines[i]) < 0)
            k++;
        n += k == b->n || strcmp(b->lines[k], a->lines[i]) != 0;
    }
    return n;
}

static enum outcome judge_effects(const struct cells *table)
{
    static const char *const names[] = { "nodes", "relationships", "labels", "properties" };
    enum status status = take_snapshot(tck.after);

    if (status != STATUS_OK) {
        why("the graph can't be read: %s", error_detail());
        return OUTCOME_ERRORED;
    }
    for (int effect = 0; effect < N_EFFECTS; effect++)
        for (int sign = 0; sign < 2; sign++) {
            size_t is = sign ? missing(&tck.before[effect], &tck.after[effect])
                             : missing(&tck.after[effect], &tck.before[effect]);
            size_t wanted = 0;
            char name[32];

            snprintf(name, sizeof name, "%c%s", sign ? '-' : '+', names[effect]);
            for (size_t row = 0; row < table->n_rows; row++)
                if (slice_equal(table->items[row * 2], slice_str(name)))
                    wanted = (size_t)atoi(table->items[row * 2 + 1].data);
            if (is != wanted) {
                why("side effect %s is %zu, expected %zu", name, is, wanted);
                return OUTCOME_FAILED;
            }
        }
    return OUTCOME_PASSED;
}

/* ---- Answers ----------------------------------------------------------------------------- */

static size_t column_of(struct slice name)
{
    for (size_t i = 0; i < tck.answer.n_columns; i++)
        if (slice_equal(tck.answer.columns[i], name))
            return i;
    return SIZE_MAX;
}

/* A row's cells joined, in the order of the expected columns. */
static char *row_text(const struct cells *table, size_t row, bool expected)
{
    struct buf line = { 0 };
    const char *text;

    for (size_t i = 0; i < table->n_columns; i++) {
        enum status status;

        if (expected) {
            status = canonical_cell(&line, table->items[row * table->n_columns + i],
                                    tck.answer.unordered_lists);
        } else {
            size_t column = column_of(table->items[i]);
            status = buf_append_slice(
                &line, buf_slice(&tck.answer.cells[row * tck.answer.n_columns + column]));
        }
        if (status != STATUS_OK || buf_append(&line, " | ", 3) != STATUS_OK)
            abort();
    }
    if (buf_string(&text, &line) != STATUS_OK)
        abort();
    return (char *)line.data;
}

static enum outcome judge_rows(const struct cells *table, bool ordered)
{
    size_t n = table->n_rows - 1;
    char **expected = calloc(n + 1, sizeof *expected), **is = calloc(n + 1, sizeof *is);
    enum outcome outcome = OUTCOME_PASSED;

    for (size_t row = 0; row < n; row++) {
        expected[row] = row_text(table, row + 1, true);
        is[row] = row_text(table, row, false);
    }
    if (!ordered && n) {
        qsort(expected, n, sizeof *expected, by_line);
        qsort(is, n, sizeof *is, by_line);
    }
    for (size_t row = 0; row < n && outcome == OUTCOME_PASSED; row++)
        if (strcmp(expected[row], is[row]) != 0) {
            why("row %zu is %s expected %s", row + 1, is[row], expected[row]);
            outcome = OUTCOME_FAILED;
        }
    for (size_t row = 0; row < n; row++) {
        free(expected[row]);
        free(is[row]);
    }
    free(expected);
    free(is);
    return outcome;
}

static enum outcome judge_answer(const struct cells *table, bool ordered)
{
    if (tck.status != STATUS_OK) {
        why("raised %s", tck.detail);
        return OUTCOME_ERRORED;
    }
    if (table->n_rows == 0) {
        why("%zu rows, expected none", tck.answer.n_rows);
        return tck.answer.n_rows ? OUTCOME_FAILED : OUTCOME_PASSED;
    }
    if (table->n_columns != tck.answer.n_columns) {
        why("%zu columns, expected %zu", tck.answer.n_columns, table->n_columns);
        return OUTCOME_FAILED;
    }
    for (size_t i = 0; i < table->n_columns; i++)
        if (column_of(table->items[i]) == SIZE_MAX) {
            why("no column %.*s", (int)table->items[i].size, (const char *)table->items[i].data);
            return OUTCOME_FAILED;
        }
    if (table->n_rows - 1 != tck.answer.n_rows) {
        why("%zu rows, expected %zu", tck.answer.n_rows, table->n_rows - 1);
        return OUTCOME_FAILED;
    }
    return judge_rows(table, ordered);
}

static bool contains(struct slice text, const char *part)
{
    return memmem(text.data, text.size, part, strlen(part)) != NULL;
}

/* `a TYPE should be raised at WHEN: DETAIL` */
static enum outcome judge_error(struct slice step)
{
    char type[64], when[64], detail[64], text[256];
    bool phase;

    snprintf(text, sizeof text, "%.*s", (int)step.size, (const char *)step.data);
    if (sscanf(text, "a%*[n ]%63s should be raised at %63[a-z ]: %63s", type, when, detail) != 3) {
        why("can't read: %s", text);
        return OUTCOME_ERRORED;
    }
    if (tck.status == STATUS_OK) {
        why("no error, expected %s: %s", type, detail);
        return OUTCOME_FAILED;
    }
    phase = strcmp(when, "any time") == 0 ||
            (strcmp(when, "compile time") == 0) == (tck.error.phase == QUERY_COMPILE);
    if (tck.error.type && strcmp(tck.error.type, type) == 0 && phase &&
        (strcmp(detail, "*") == 0 || strcmp(tck.error.detail, detail) == 0))
        return OUTCOME_PASSED;
    why("expected %s: %s at %s, raised %s", type, detail, when, tck.detail);
    return OUTCOME_FAILED;
}

/* ---- Procedures -------------------------------------------------------------------------- */

struct fake {
    struct procedure procedure;
    struct procedure_field fields[32];
    struct value *rows; /* arguments and columns */
    size_t n_rows;
};

static enum status run_fake(struct procedure_call *call, const struct procedure *procedure)
{
    const struct fake *fake = procedure->data;
    size_t width = procedure->n_args + procedure->n_columns;

    for (size_t row = 0; row < fake->n_rows; row++) {
        const struct value *values = &fake->rows[row * width];
        bool fits = true;
        enum status status;

        for (size_t i = 0; i < procedure->n_args; i++) {
            double a = values[i].type == VALUE_INT ? (double)values[i].integer
                                                   : values[i].floating;
            double b = call->args[i].type == VALUE_INT ? (double)call->args[i].integer
                                                       : call->args[i].floating;
            bool numbers = (values[i].type == VALUE_INT || values[i].type == VALUE_FLOAT) &&
                           (call->args[i].type == VALUE_INT || call->args[i].type == VALUE_FLOAT);
            fits = fits && (numbers ? a == b : value_same(&values[i], &call->args[i]));
        }
        if (!fits)
            continue;
        status = call->row(call, values + procedure->n_args);
        if (status == STATUS_END)
            return STATUS_OK;
        TRY(status);
    }
    return STATUS_OK;
}

static uint32_t type_mask(const char *name)
{
    static const struct {
        const char *name;
        uint32_t mask;
    } types[] = {
        { "NUMBER", TYPE_NUMBER },
        { "INTEGER", TYPE_BIT(VALUE_INT) },
        { "FLOAT", TYPE_BIT(VALUE_FLOAT) | TYPE_BIT(VALUE_INT) },
        { "STRING", TYPE_BIT(VALUE_STRING) },
        { "BOOLEAN", TYPE_BIT(VALUE_BOOL) },
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(name, types[i].name, strlen(types[i].name)) == 0)
            return types[i].mask;
    return TYPE_ANY;
}

/* (name :: TYPE?, ...) */
static const char *read_fields(const char *at, struct procedure_field *fields, size_t *n)
{
    at = strchr(at, '(') + 1;
    while (*at && *at != ')') {
        char name[64], type[64];
        int used = 0;

        if (sscanf(at, " %63[A-Za-z0-9_] :: %63[A-Z0-9?] %n", name, type, &used) < 2)
            break;
        fields[*n].name = arena_copy(&tck.arena, slice_str(name));
        fields[*n].types = type_mask(type);
        ++*n;
        at += used;
        if (*at == ',')
            at++;
    }
    return strchr(at, ')') + 1;
}

static enum status add_procedure(const struct step *step)
{
    struct fake *fake = arena_new(&tck.arena, struct fake);
    const char *text = arena_copy(&tck.arena, step->text), *at, *name = text + strlen("there exists a procedure ");
    size_t width;

    if (!fake || !text)
        return STATUS_NO_MEMORY;
    at = read_fields(name, fake->fields, &fake->procedure.n_args);
    fake->procedure.columns = fake->fields + fake->procedure.n_args;
    read_fields(at, fake->fields + fake->procedure.n_args, &fake->procedure.n_columns);
    fake->procedure.name = arena_copy(&tck.arena, slice_of(name, strcspn(name, "(")));
    fake->procedure.args = fake->fields;
    fake->procedure.run = run_fake;
    fake->procedure.data = fake;
    fake->procedure.help = "";
    width = step->table.n_columns;
    fake->n_rows = step->table.n_rows ? step->table.n_rows - 1 : 0;
    if (width == 0)
        fake->n_rows = 0;
    fake->rows = arena_array(&tck.arena, fake->n_rows * width + 1, sizeof *fake->rows);
    for (size_t i = 0; i < fake->n_rows * width; i++)
        TRY(literal(&fake->rows[i], step->table.items[width + i]));
    tck.items[tck.procedures.n] = &fake->procedure;
    tck.procedures.items = tck.items;
    tck.procedures.n++;
    return STATUS_OK;
}

/* ---- Steps ------------------------------------------------------------------------------- */

static int by_pair(const void *a, const void *b)
{
    const struct value_pair *x = a, *y = b;

    return slice_compare(x->key, y->key);
}

static enum status set_parameters(const struct cells *table)
{
    struct value_pair *pairs = arena_array(&tck.arena, table->n_rows + 1, sizeof *pairs);

    for (size_t row = 0; row < table->n_rows; row++) {
        pairs[row].key = table->items[row * 2];
        TRY(literal(&pairs[row].value, table->items[row * 2 + 1]));
    }
    qsort(pairs, table->n_rows, sizeof *pairs, by_pair);
    tck.parameters.pairs = pairs;
    tck.parameters.count = (uint32_t)table->n_rows;
    return STATUS_OK;
}

static enum status read_file(struct slice *out, struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "r");
    char *bytes;
    long size;

    if (!file)
        return fail_errno(path);
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    bytes = arena_alloc(arena, (size_t)size + 1);
    *out = slice_of(bytes, bytes ? fread(bytes, 1, (size_t)size, file) : 0);
    fclose(file);
    return bytes ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status load_named(struct slice step, const char *graphs)
{
    char name[64], path[4400], text[128];
    struct slice query;
    bool at_compile;

    snprintf(text, sizeof text, "%.*s", (int)step.size, (const char *)step.data);
    if (sscanf(text, "the %63s graph", name) != 1)
        return fail(STATUS_INVALID, "no such graph");
    snprintf(path, sizeof path, "%s/%s/%s.cypher", graphs, name, name);
    TRY(read_file(&query, &tck.arena, path));
    return run_text(query, NULL, NULL, &at_compile);
}

static void run_judged(const struct step *step, bool unordered_lists)
{
    bool at_compile;

    answer_fini(&tck.answer);
    for (int i = 0; i < N_EFFECTS; i++) {
        snapshot_fini(&tck.before[i]);
        snapshot_fini(&tck.after[i]);
    }
    if (take_snapshot(tck.before) != STATUS_OK)
        abort();
    tck.answer.unordered_lists = unordered_lists;
    query_error_clear();
    tck.status = run_text(step->body, take_row, &tck.answer, &at_compile);
    tck.error = (struct query_error){ 0 };
    if (tck.status != STATUS_OK) {
        snprintf(tck.detail, sizeof tck.detail, "%s", error_detail());
        if (query_error_last())
            tck.error = *query_error_last();
        if (tck.error.type && (tck.error.phase == QUERY_COMPILE) != at_compile)
            abort();
    }
}

static bool starts(struct slice text, const char *with)
{
    return text.size >= strlen(with) && memcmp(text.data, with, strlen(with)) == 0;
}

static enum outcome run_step(const struct scenario *scenario, size_t at, const char *graphs)
{
    static const struct cells none = { 0 };
    const struct step *step = &scenario->steps[at];
    bool at_compile, unordered = false;
    enum status status = STATUS_OK;

    for (size_t i = at; i < scenario->n_steps; i++)
        unordered |= contains(scenario->steps[i].text, "ignoring element order for lists");
    if (starts(step->text, "an empty graph") || starts(step->text, "any graph"))
        return OUTCOME_PASSED;
    if (starts(step->text, "having executed"))
        status = run_text(step->body, NULL, NULL, &at_compile);
    else if (starts(step->text, "parameters are"))
        status = set_parameters(&step->table);
    else if (starts(step->text, "there exists a procedure"))
        status = add_procedure(step);
    else if (starts(step->text, "executing"))
        run_judged(step, unordered);
    else if (starts(step->text, "the result should be"))
        return judge_answer(&step->table, contains(step->text, "in order"));
    else if (starts(step->text, "no side effects"))
        return judge_effects(&none);
    else if (starts(step->text, "the side effects should be"))
        return judge_effects(&step->table);
    else if (contains(step->text, "should be raised"))
        return judge_error(step->text);
    else if (contains(step->text, " graph"))
        status = load_named(step->text, graphs);
    else
        status = fail(STATUS_INVALID, "unknown step");
    if (status == STATUS_OK)
        return OUTCOME_PASSED;
    why("%.*s: %s", (int)step->text.size, (const char *)step->text.data, error_detail());
    return OUTCOME_ERRORED;
}

static enum outcome run_scenario(const struct scenario *scenario, const char *graphs)
{
    enum outcome outcome = OUTCOME_PASSED;

    if (scenario->ignored)
        return OUTCOME_SKIPPED;
    tck.parameters = (struct value){ .type = VALUE_MAP };
    tck.procedures = (struct procedure_table){ 0 };
    if (graph_write(&tck.txn, tck.graph) != STATUS_OK)
        abort();
    for (size_t i = 0; i < scenario->n_steps && outcome == OUTCOME_PASSED; i++)
        outcome = run_step(scenario, i, graphs);
    txn_end(tck.txn);
    tck.txn = NULL;
    answer_fini(&tck.answer);
    for (int i = 0; i < N_EFFECTS; i++) {
        snapshot_fini(&tck.before[i]);
        snapshot_fini(&tck.after[i]);
    }
    arena_reset(&tck.arena);
    return outcome;
}

/* ---- Folders ----------------------------------------------------------------------------- */

static struct {
    char **items;
    size_t n, capacity;
} files;

static int add_file(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    size_t size = strlen(path);

    (void)info, (void)walk;
    if (kind != FTW_F || size < 8 || strcmp(path + size - 8, ".feature") != 0)
        return 0;
    if (array_reserve(&files.items, &files.capacity, files.n + 1) != STATUS_OK)
        return 1;
    files.items[files.n++] = strdup(path);
    return 0;
}

static size_t folder_size(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) : 0;
}

static void print_counts(const char *name, const size_t counts[N_OUTCOMES])
{
    printf("%-60s %5zu passed, %3zu failed, %3zu errored, %2zu skipped\n", name,
           counts[OUTCOME_PASSED], counts[OUTCOME_FAILED], counts[OUTCOME_ERRORED],
           counts[OUTCOME_SKIPPED]);
}

static enum status run_file(const char *path, const char *graphs, size_t counts[N_OUTCOMES])
{
    static const char *const names[] = { "passed", "failed", "errored", "skipped" };
    AUTO(arena_fini) struct arena arena = { 0 };
    struct feature feature;
    struct slice text;

    TRY(read_file(&text, &arena, path));
    TRY(gherkin_read(&feature, text, &arena));
    for (size_t i = 0; i < feature.n_scenarios; i++) {
        const struct scenario *scenario = &feature.scenarios[i];
        enum outcome outcome = run_scenario(scenario, graphs);

        counts[outcome]++;
        if (tck.list && outcome != OUTCOME_PASSED)
            printf("%s:%d: %s: %.*s%s%s\n", path, scenario->line, names[outcome],
                   (int)scenario->name.size, (const char *)scenario->name.data,
                   outcome == OUTCOME_SKIPPED ? " (tagged @ignore)" : ": ",
                   outcome == OUTCOME_SKIPPED ? "" : tck.why);
    }
    return STATUS_OK;
}

static int run_all(const char *graphs)
{
    size_t folder[N_OUTCOMES] = { 0 };

    qsort(files.items, files.n, sizeof *files.items, by_line);
    for (size_t i = 0; i < files.n; i++) {
        size_t size = folder_size(files.items[i]);
        bool last = i + 1 == files.n || folder_size(files.items[i + 1]) != size ||
                    strncmp(files.items[i], files.items[i + 1], size) != 0;

        if (run_file(files.items[i], graphs, folder) != STATUS_OK) {
            fprintf(stderr, "%s: %s\n", files.items[i], error_detail());
            return 1;
        }
        if (!last)
            continue;
        files.items[i][size] = 0;
        print_counts(files.items[i], folder);
        for (int k = 0; k < N_OUTCOMES; k++) {
            tck.counts[k] += folder[k];
            folder[k] = 0;
        }
    }
    return 0;
}

static int remove_file(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/tck.XXXXXX", db[64], graphs[4096];
    const struct graph_options options = { .map_size = (uint64_t)1 << 30 };
    const char *folder = argv[argc - 1], *given = getenv("TCK_GRAPHS");
    int failed;

    tck.list = argc == 3 && strcmp(argv[1], "--list-failures") == 0;
    if (argc < 2 || (argc == 3 && !tck.list)) {
        fprintf(stderr, "usage: tck [--list-failures] FOLDER\n");
        return 2;
    }
    snprintf(graphs, sizeof graphs, "%s/../graphs", folder);
    if (nftw(folder, add_file, 16, FTW_PHYS) != 0 || !files.n) {
        fprintf(stderr, "%s: no feature files\n", folder);
        return 2;
    }
    if (!mkdtemp(dir))
        return 1;
    snprintf(db, sizeof db, "%s/db", dir);
    if (graph_create(db, slice_of("", 0), &options) != STATUS_OK ||
        graph_open(&tck.graph, db, &options) != STATUS_OK) {
        fprintf(stderr, "%s\n", error_detail());
        return 1;
    }
    failed = run_all(given ? given : graphs);
    graph_close(tck.graph);
    nftw(dir, remove_file, 16, FTW_DEPTH | FTW_PHYS);
    arena_fini(&tck.arena);
    for (size_t i = 0; i < files.n; i++)
        free(files.items[i]);
    free(files.items);
    printf("%zu scenarios: %zu passed, %zu failed, %zu errored, %zu skipped\n",
           tck.counts[0] + tck.counts[1] + tck.counts[2] + tck.counts[3],
           tck.counts[OUTCOME_PASSED], tck.counts[OUTCOME_FAILED], tck.counts[OUTCOME_ERRORED],
           tck.counts[OUTCOME_SKIPPED]);
    return failed || tck.counts[OUTCOME_FAILED] || tck.counts[OUTCOME_ERRORED] ? 1 : 0;
}
