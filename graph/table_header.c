/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Typed headers as neo4j-admin import reads them: `name:type`, `name:ID(space)`, `:LABEL`,
 * `:START_ID(space)`, `:END_ID(space)`, `:TYPE`, `:IGNORE`. Options in braces behind a type (a
 * label, an id type, a time zone) are passed over; a time without an offset is UTC.
 */

#include <strings.h>

#include "graph/table.h"

/* One column of the header, taken apart. */
struct heading {
    struct slice name, type, space; /* space: what the parentheses hold */
    bool has_type;
};

static struct heading take_apart(struct slice text)
{
    const char *start = text.data, *end = start + text.size, *colon = end, *open;
    const char *brace = text.size ? memchr(start, '{', text.size) : NULL;
    struct heading heading = { .name = text };

    if (brace && end[-1] == '}')
        end = brace;
    while (colon > start && colon[-1] != ':')
        colon--;
    if (brace) { /* the colon before the type, not one among the options */
        colon = brace;
        while (colon > start && colon[-1] != ':')
            colon--;
    }
    if (colon == start)
        return heading;
    heading.has_type = true;
    heading.name.size = (size_t)(colon - 1 - start);
    open = memchr(colon, '(', (size_t)(end - colon));
    if (open && end[-1] == ')')
        heading.space = slice_of(open + 1, (size_t)(end - 1 - (open + 1)));
    heading.type = slice_of(colon, (size_t)((open ? open : end) - colon));
    return heading;
}

static bool is_word(struct slice text, const char *word)
{
    return text.size == strlen(word) && strncasecmp(text.data, word, text.size) == 0;
}

static bool is_text(struct slice text, const char *word)
{
    return slice_equal(text, slice_str(word));
}

struct header {
    struct plan *plan;
    struct arena *arena;
    const char *file;
    bool has_key, has_from, has_to;
};

static enum status add_property(struct header *header, struct slice name, size_t column,
                                struct typed type)
{
    struct plan *plan = header->plan;
    char *copy = arena_copy(header->arena, name);

    if (!copy)
        return STATUS_NO_MEMORY;
    plan->properties[plan->n_properties++] =
        (struct plan_property){ slice_of(copy, name.size), column, type };
    return STATUS_OK;
}

static enum status twice(const struct header *header, const char *what)
{
    return fail(STATUS_INVALID, "%s:1: the header has two %s columns", header->file, what);
}

static enum status copy_space(const char **out, struct header *header, struct slice space)
{
    *out = arena_copy(header->arena, space);
    return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status take_id(struct header *header, const struct heading *heading, size_t column)
{
    if (header->has_key)
        return twice(header, ":ID");
    header->has_key = true;
    header->plan->key_column = column;
    TRY(copy_space(&header->plan->space, header, heading->space));
    if (!heading->name.size)
        return STATUS_OK;
    return add_property(header, heading->name, column, (struct typed){ TYPED_STRING, false });
}

static enum status take_end(struct header *header, struct plan_end *end, bool *has,
                            const struct heading *heading, size_t column)
{
    if (*has)
        return twice(header, end == &header->plan->from ? ":START_ID" : ":END_ID");
    *has = true;
    end->column = column;
    return copy_space(&end->space, header, heading->space);
}

/* Columns with a meaning; *taken says whether this is one. */
static enum status take_special(bool *taken, struct header *header, const struct heading *heading,
                                size_t column)
{
    struct plan *plan = header->plan;

    *taken = true;
    if (is_word(heading->type, "ID"))
        return take_id(header, heading, column);
    if (is_word(heading->type, "START_ID"))
        return take_end(header, &plan->from, &header->has_from, heading, column);
    if (is_word(heading->type, "END_ID"))
        return take_end(header, &plan->to, &header->has_to, heading, column);
    if (is_word(heading->type, "IGNORE"))
        return STATUS_OK;
    if (is_word(heading->type, "LABEL"))
        return plan->label_column == COLUMN_NONE ? (plan->label_column = column, STATUS_OK)
                                                 : twice(header, ":LABEL");
    if (is_word(heading->type, "TYPE"))
        return plan->type_column == COLUMN_NONE ? (plan->type_column = column, STATUS_OK)
                                                : twice(header, ":TYPE");
    *taken = false;
    return STATUS_OK;
}

/* The edge's own fields; of a node only observed_at, the rest are its properties. */
static bool take_own(struct plan *plan, const struct heading *heading, struct typed type,
                     size_t column)
{
    bool moment = type.kind == TYPED_DATETIME || type.kind == TYPED_DATE ||
                  type.kind == TYPED_LOCAL_DATETIME || type.kind == TYPED_EPOCH_MS ||
                  type.kind == TYPED_EPOCH_S || type.kind == TYPED_STRING;
    struct plan_time time = { column, type };

    if (moment && is_text(heading->name, "observed_at"))
        plan->observed = time;
    else if (plan->is_edge && moment && is_text(heading->name, "valid_from"))
        plan->valid_from = time;
    else if (plan->is_edge && moment && is_text(heading->name, "valid_to"))
        plan->valid_to = time;
    else if (plan->is_edge && is_text(heading->name, "edge_key") && type.kind == TYPED_STRING)
        plan->edge_key_column = column;
    else
        return false;
    return true;
}

static enum status take_property(struct header *header, const struct heading *heading,
                                 size_t column)
{
    struct typed type = { TYPED_STRING, false };

    if (heading->has_type && !typed_find(&type, heading->type))
        return fail(STATUS_INVALID, "%s:1: column %zu: there is no type \"%.*s\"; write string, "
                    "long, double, boolean, date, datetime, ... or :IGNORE", header->file,
                    column + 1, (int)heading->type.size, (const char *)heading->type.data);
    if (!heading->name.size)
        return fail(STATUS_INVALID, "%s:1: column %zu has no name; :IGNORE leaves it out",
                    header->file, column + 1);
    if (!type.list && take_own(header->plan, heading, type, column))
        return STATUS_OK;
    return add_property(header, heading->name, column, type);
}

static bool is_typed_header(const struct delimited *csv, bool *is_edge)
{
    bool found = false;

    *is_edge = false;
    for (size_t i = 0; i < csv->n_fields; i++) {
        struct heading heading = take_apart(csv->fields[i]);

        if (!heading.has_type)
            continue;
        *is_edge |= is_word(heading.type, "START_ID") || is_word(heading.type, "END_ID");
        found |= is_word(heading.type, "ID");
    }
    return found || *is_edge;
}

static enum status check_complete(const struct header *header)
{
    struct plan *plan = header->plan;

    if (!plan->is_edge) {
        if (plan->label_column == COLUMN_NONE && !plan->space[0])
            return fail(STATUS_INVALID, "%s:1: the header has no :LABEL column", header->file);
        plan->labels = plan->space; /* without :LABEL the ID space names the label */
        return STATUS_OK;
    }
    if (header->has_key)
        return fail(STATUS_INVALID, "%s:1: the header has both :ID and :START_ID columns",
                    header->file);
    if (!header->has_from || !header->has_to)
        return fail(STATUS_INVALID, "%s:1: the header has no %s column", header->file,
                    header->has_from ? ":END_ID" : ":START_ID");
    if (plan->type_column == COLUMN_NONE)
        return fail(STATUS_INVALID, "%s:1: the header has no :TYPE column", header->file);
    return STATUS_OK;
}

static const struct plan empty_plan = {
    .quote = '"', .n_header = 1,
    .key_column = COLUMN_NONE, .label_column = COLUMN_NONE, .type_column = COLUMN_NONE,
    .edge_key_column = COLUMN_NONE,
    .valid_from.column = COLUMN_NONE, .valid_to.column = COLUMN_NONE,
    .observed.column = COLUMN_NONE,
};

enum status plan_from_header(struct plan *out, struct arena *arena, const struct delimited *csv,
                             const char *file)
{
    struct plan plan = empty_plan;
    struct header header = { .plan = &plan, .arena = arena, .file = file };

    if (!is_typed_header(csv, &plan.is_edge))
        return STATUS_NOT_FOUND;
    plan.delimiter = csv->delimiter;
    plan.n_columns = csv->n_fields;
    plan.properties = arena_array(arena, csv->n_fields + 1, sizeof *plan.properties);
    if (!plan.properties)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < csv->n_fields; i++) {
        struct heading heading = take_apart(csv->fields[i]);
        bool taken = false;

        if (heading.has_type)
            TRY(take_special(&taken, &header, &heading, i));
        if (!taken)
            TRY(take_property(&header, &heading, i));
    }
    TRY(check_complete(&header));
    TRY(plan_finish(&plan, file));
    *out = plan;
    return STATUS_OK;
}

/* The columns of the first record under the delimiter, or 0 where it is no typed header. */
static enum status count_columns(size_t *n, const char *path, char delimiter)
{
    AUTO(delimited_fini) struct delimited csv = { .source.fd = -1 };
    enum status status;
    bool is_edge;

    *n = 0;
    TRY(delimited_open(&csv, path, delimiter, '"'));
    status = delimited_next(&csv);
    if (status == STATUS_END || status == STATUS_INVALID)
        return STATUS_OK;
    TRY(status);
    if (is_typed_header(&csv, &is_edge))
        *n = csv.n_fields;
    return STATUS_OK;
}

static enum status read_header(struct plan *out, bool *only, struct arena *arena,
                               const char *path, char delimiter)
{
    AUTO(delimited_fini) struct delimited csv = { .source.fd = -1 };

    TRY(delimited_open(&csv, path, delimiter, '"'));
    TRY(delimited_next(&csv));
    TRY(plan_from_header(out, arena, &csv, path));
    *only = delimited_next(&csv) == STATUS_END;
    return STATUS_OK;
}

enum status plan_detect(struct plan *out, bool *only, struct arena *arena, const char *path)
{
    size_t most = 0;
    char best = 0;

    /* The one that gives most columns: under another a whole header may look like one column. */
    for (const char *delimiter = ",;\t|"; *delimiter; delimiter++) {
        size_t n;

        TRY(count_columns(&n, path, *delimiter));
        if (n > most) {
            most = n;
            best = *delimiter;
        }
    }
    return most ? read_header(out, only, arena, path, best) : STATUS_NOT_FOUND;
}
