/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/tag_import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "graph/catalog.h"
#include "graph/delimited.h"
#include "graph/publishing.h"
#include "graph/schema.h"

enum column {
    COLUMN_LABEL, COLUMN_KEY, COLUMN_CODE, COLUMN_LEVEL, COLUMN_SCORE, COLUMN_STATE, COLUMN_NOTE,
    COLUMN_FIRST_SEEN, COLUMN_EXPIRES, COLUMN_COUNT
};

static const char *const column_names[COLUMN_COUNT] = {
    "label", "key", "code", "level", "score", "state", "note", "first_seen", "expires",
};

/* One row's texts; empty: not given. */
struct row {
    struct slice fields[COLUMN_COUNT];
};

struct entry {
    struct tag tag;
    uint64_t line;
};

struct importing {
    const struct tag_import_options *options;
    struct tag_import_result *result;
    struct graph_txn *txn;
    struct arena arena;      /* of the entries */
    struct arena scratch;    /* of one row */
    struct entry *items;
    size_t n, capacity;
    int64_t now_us;
};

static void importing_fini(struct importing *importing)
{
    free(importing->items);
    arena_fini(&importing->arena);
    arena_fini(&importing->scratch);
}

/* Rows */

static enum status find_subject(struct node_id *id, struct importing *importing,
                                const struct row *row)
{
    struct graph *graph = txn_graph(importing->txn);
    AUTO(buf_fini) struct buf key = { 0 };
    struct slice label = row->fields[COLUMN_LABEL], raw = row->fields[COLUMN_KEY];
    uint32_t symbol = catalog_find(graph_catalog(graph), label);
    bool valid;
    enum status status;

    if (!label.size || !raw.size)
        return fail(STATUS_INVALID, "label or key is missing");
    if (!symbol)
        return fail(STATUS_INVALID, "the graph has no label %.*s", (int)label.size,
                    (const char *)label.data);
    TRY(schema_normalise(&key, &valid, graph_schema(graph), symbol, raw));
    status = node_find(id, importing->txn, symbol, buf_slice(&key));
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_INVALID, "the graph has no %.*s %.*s", (int)label.size,
                    (const char *)label.data, (int)raw.size, (const char *)raw.data);
    return status;
}

static enum status parse_score(uint32_t *score, struct slice text)
{
    char copy[32], *end;
    double value;

    if (text.size >= sizeof copy)
        return fail(STATUS_INVALID, "score is not a number from 0 to 1");
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    value = strtod(copy, &end);
    if (*end || end == copy || !(value >= 0 && value <= 1))
        return fail(STATUS_INVALID, "score \"%s\" is not a number from 0 to 1", copy);
    *score = (uint32_t)(value * TAG_SCORE_ONE + 0.5);
    return STATUS_OK;
}

static enum status parse_time(int64_t *us, struct slice text, int64_t fallback)
{
    *us = fallback;
    return text.size ? time_parse(us, text) : STATUS_OK;
}

static enum status own(struct slice *text, struct importing *importing)
{
    char *copy = arena_copy(&importing->arena, *text);

    if (!copy)
        return STATUS_NO_MEMORY;
    text->data = copy;
    return STATUS_OK;
}

static struct slice given(const struct row *row, enum column column, const char *fallback)
{
    struct slice text = row->fields[column];

    return text.size || !fallback ? text : slice_str(fallback);
}

static enum status parse_state(enum tag_state *state, struct slice text)
{
    *state = TAG_CONFIRMED;
    if (text.size)
        TRY(tag_state_parse(state, text));
    if (*state == TAG_PROPOSED || *state == TAG_CONFIRMED || *state == TAG_WITHDRAWN)
        return STATUS_OK;
    return fail(STATUS_INVALID, "state must be confirmed, proposed or withdrawn");
}

static enum status read_row(struct importing *importing, const struct row *row, uint64_t line)
{
    const struct tag_import_options *options = importing->options;
    struct tag tag = { .origin = TAG_IMPORT, .score = TAG_SCORE_ONE,
                       .code = given(row, COLUMN_CODE, options->code),
                       .note = row->fields[COLUMN_NOTE], .by = slice_str(options->source) };

    TRY(find_subject(&tag.subject, importing, row));
    TRY(tag_code_check(tag.code));
    TRY(tag_level_parse(&tag.level,
                        given(row, COLUMN_LEVEL, options->level ? options->level : "alert")));
    if (row->fields[COLUMN_SCORE].size)
        TRY(parse_score(&tag.score, row->fields[COLUMN_SCORE]));
    TRY(parse_state(&tag.state, row->fields[COLUMN_STATE]));
    TRY(parse_time(&tag.first_seen_us, row->fields[COLUMN_FIRST_SEEN], importing->now_us));
    TRY(parse_time(&tag.expires_us, row->fields[COLUMN_EXPIRES], TIME_MAX));
    tag.last_seen_us = tag.first_seen_us;
    TRY(own(&tag.code, importing));
    TRY(own(&tag.note, importing));
    TRY(array_reserve(&importing->items, &importing->capacity, importing->n + 1));
    importing->items[importing->n++] = (struct entry){ tag, line };
    return STATUS_OK;
}

/* What is wrong with a row rejects the row; anything else ends the import. */
static enum status take_row(struct importing *importing, const struct row *row, uint64_t line,
                            enum status before)
{
    const struct tag_import_options *options = importing->options;
    enum status status = before == STATUS_OK ? read_row(importing, row, line) : before;

    if (status != STATUS_INVALID)
        return status;
    importing->result->rejected++;
    if (options->reject)
        options->reject(options->context, options->path, line, error_detail());
    return STATUS_OK;
}

/* NDJSON */

static void take_text(struct row *row, enum column column, const struct value *object)
{
    const struct value *value = value_find(object, slice_str(column_names[column]));

    if (value && value->type == VALUE_STRING)
        row->fields[column] = value_slice(value);
}

static enum status take_score(struct row *row, struct importing *importing,
                              const struct value *object)
{
    const struct value *value = value_find(object, SLICE("score"));
    char text[32];
    char *copy;

    if (!value || value->type == VALUE_NULL)
        return STATUS_OK;
    if (value->type != VALUE_FLOAT && value->type != VALUE_INT)
        return fail(STATUS_INVALID, "score: expected a number, found %s",
                    value_type_name(value->type));
    snprintf(text, sizeof text, "%.9g",
             value->type == VALUE_FLOAT ? value->floating : (double)value->integer);
    copy = arena_copy(&importing->scratch, slice_str(text));
    if (!copy)
        return STATUS_NO_MEMORY;
    row->fields[COLUMN_SCORE] = slice_str(copy);
    return STATUS_OK;
}

static enum status parse_line(struct row *row, struct importing *importing, struct slice text)
{
    struct value object;
    const struct value *subject;

    TRY(json_parse(&object, &importing->scratch, text, NULL));
    if (object.type != VALUE_MAP)
        return fail(STATUS_INVALID, "expected one JSON object, found %s",
                    value_type_name(object.type));
    for (int i = 0; i < COLUMN_COUNT; i++)
        take_text(row, (enum column)i, &object);
    TRY(take_score(row, importing, &object));
    subject = value_find(&object, SLICE("subject"));
    if (subject && subject->type == VALUE_MAP) {
        take_text(row, COLUMN_LABEL, subject);
        take_text(row, COLUMN_KEY, subject);
    }
    return STATUS_OK;
}


static enum status read_lines(struct importing *importing)
{
    AUTO(source_fini) struct source source = { 0 };
    struct slice text;
    uint64_t line;
    enum status status;

    TRY(source_open(&source, importing->options->path));
    while ((status = source_line(&text, &line, &source)) != STATUS_END) {
        struct row row = { 0 };

        arena_reset(&importing->scratch);
        if (status == STATUS_OK)
            status = parse_line(&row, importing, text);
        TRY(take_row(importing, &row, line, status));
    }
    return STATUS_OK;
}

/* CSV */

static enum status read_header(int places[COLUMN_COUNT], const struct delimited *csv,
                               const char *path)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        places[i] = -1;
    for (size_t f = 0; f < csv->n_fields; f++)
        for (int i = 0; i < COLUMN_COUNT; i++)
            if (slice_equal(csv->fields[f], slice_str(column_names[i])))
                places[i] = (int)f;
    if (places[COLUMN_LABEL] < 0 || places[COLUMN_KEY] < 0)
        return fail(STATUS_INVALID, "%s:1: the header needs columns label and key; others are "
                    "code, level, score, state, note, first_seen, expires", path);
    return STATUS_OK;
}

static enum status read_table(struct importing *importing)
{
    const char *path = importing->options->path;
    AUTO(delimited_fini) struct delimited csv = { 0 };
    int places[COLUMN_COUNT];
    enum status status;

    TRY(delimited_open(&csv, path, ',', '"'));
    status = delimited_next(&csv);
    if (status == STATUS_END)
        return fail(STATUS_INVALID, "%s is empty", path);
    if (status == STATUS_INVALID)
        return fail_context(status, "%s:%" PRIu64, path, csv.line);
    TRY(status);
    TRY(read_header(places, &csv, path));
    while ((status = delimited_next(&csv)) != STATUS_END) {
        struct row row = { 0 };

        for (int i = 0; i < COLUMN_COUNT; i++)
            if (places[i] >= 0 && (size_t)places[i] < csv.n_fields)
                row.fields[i] = csv.fields[places[i]];
        TRY(take_row(importing, &row, csv.line, status));
    }
    return STATUS_OK;
}

static bool is_table(const char *path)
{
    size_t n = strlen(path);

    return n > 4 && strcmp(path + n - 4, ".csv") == 0;
}

/* The difference */

static int by_identity(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = slice_compare(x->tag.code, y->tag.code);

    if (order)
        return order;
    if (x->tag.subject.value != y->tag.subject.value)
        return x->tag.subject.value < y->tag.subject.value ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

static bool same_tag(const struct tag *a, const struct tag *b)
{
    return slice_equal(a->code, b->code) && a->subject.value == b->subject.value;
}

static bool says_same(const struct tag *a, const struct tag *b)
{
    return a->level == b->level && a->score == b->score && a->state == b->state &&
           a->expires_us == b->expires_us && slice_equal(a->note, b->note) &&
           slice_equal(a->by, b->by);
}

/* Tags come by code. */
static struct run_code *code_line(struct run_code *codes, size_t *n, struct slice code)
{
    if (!*n || !slice_equal(codes[*n - 1].code, code))
        codes[(*n)++] = (struct run_code){ .code = code };
    return &codes[*n - 1];
}

static enum status put_entry(struct importing *importing, struct publishing *publishing,
                             struct run_code *line, struct tag *tag)
{
    struct tag before;
    enum status status = tag_version(&before, &importing->scratch, importing->txn, tag->subject,
                                     tag->code, TAG_IMPORT, publishing_number(publishing) - 1);
    bool was, is = tag->state != TAG_WITHDRAWN;

    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    was = status == STATUS_OK && before.state != TAG_WITHDRAWN;
    if (!was && !is)
        return STATUS_OK;
    line->found += is;
    if (was && says_same(&before, tag)) {
        line->kept++;
        return STATUS_OK;
    }
    line->added += is && !was;
    line->changed += is && was;
    line->withdrawn += was && !is;
    if (was)
        tag->first_seen_us = before.first_seen_us;
    tag->run = publishing_number(publishing);
    return publishing_tag(publishing, tag);
}

static enum status put_all(struct importing *importing, struct publishing *publishing,
                           struct run *run)
{
    struct run_code *codes = arena_array(&importing->arena, importing->n + 1, sizeof *codes);

    if (!codes)
        return STATUS_NO_MEMORY;
    if (importing->n)
        qsort(importing->items, importing->n, sizeof *importing->items, by_identity);
    for (size_t i = 0; i < importing->n; i++) {
        struct tag *tag = &importing->items[i].tag;

        /* Of rows for one tag the last counts. */
        if (i + 1 < importing->n && same_tag(tag, &importing->items[i + 1].tag))
            continue;
        arena_reset(&importing->scratch);
        TRY(put_entry(importing, publishing, code_line(codes, &run->n_codes, tag->code), tag));
    }
    run->codes = codes;
    return STATUS_OK;
}

static enum status own_before(struct run *run, struct importing *importing, uint64_t number)
{
    struct run before;

    TRY(run_find(&before, &importing->arena, importing->txn, number));
    TRY(run_examined_copy(NULL, run, &before, 0, &importing->arena));
    run->as_of_us = before.as_of_us;
    run->next_ring = before.next_ring;
    return STATUS_OK;
}

static enum status compare(struct importing *importing, struct publishing *publishing,
                           struct run *run, struct graph *graph)
{
    const struct tag_import_options *options = importing->options;
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_read(&txn, graph, NULL));
    importing->txn = txn;
    TRY(is_table(options->path) ? read_table(importing) : read_lines(importing));
    if (importing->result->rejected > options->max_errors)
        return fail(STATUS_INVALID, "%s: %" PRIu64 " row%s rejected, more than --max-errors %"
                    PRIu64 "; nothing was published", options->path, importing->result->rejected,
                    importing->result->rejected == 1 ? " was" : "s were", options->max_errors);
    run->commit_seq = txn_moment(txn)->commit_seq;
    TRY(own_before(run, importing, publishing_number(publishing) - 1));
    return put_all(importing, publishing, run);
}

enum status tag_import(struct tag_import_result *result, struct graph *graph,
                       const struct tag_import_options *options)
{
    AUTO(importing_fini) struct importing importing = { .options = options, .result = result,
                                                        .now_us = time_now_us() };
    AUTO(publishing_closep) struct publishing *publishing = NULL;
    struct run run = { .kind = RUN_IMPORT, .started_us = importing.now_us,
                       .note = slice_str(options->source), .person = slice_str(options->source) };
    uint64_t withdrawn = 0;

    *result = (struct tag_import_result){ 0 };
    TRY(publishing_open(&publishing, graph));
    TRY(compare(&importing, publishing, &run, graph));
    for (size_t i = 0; i < run.n_codes; i++) {
        result->added += run.codes[i].added;
        result->changed += run.codes[i].changed;
        result->kept += run.codes[i].kept;
        withdrawn += run.codes[i].withdrawn;
    }
    result->changed += withdrawn;
    if (!result->added && !result->changed)
        return STATUS_OK;
    result->run = publishing_number(publishing);
    return publishing_flip(publishing, &run);
}
