/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/mapping.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/yaml.h"

/* ---- The file, as YAML gives it ---- */

struct column_text {
    const char *column, *property, *type;
    uint32_t line;
};

struct time_text {
    const char *column, *type;
    uint32_t line;
};

struct end_text {
    const char *label, *column;
    uint32_t line;
};

struct node_text {
    const char *label, *label_column, *key;
    uint32_t line;
};

struct edge_text {
    const char *type, *type_column, *edge_key;
    struct end_text *from, *to;
    uint32_t line;
};

struct mapping_file {
    const char *file, *delimiter, *quote;
    const bool *header;
    struct node_text *node;
    struct edge_text *edge;
    struct time_text *valid_from, *valid_to, *observed_at;
    struct column_text *columns;
    const char **ignore;
    size_t n_columns, n_ignore;
    int others;
    uint32_t line;
};

struct mapping {
    const char *name, *delimiter, *quote;
    const bool *header;
    struct mapping_file *files;
    size_t n_files;
    const char *path; /* of the mapping itself */
};

enum others { OTHERS_REFUSE, OTHERS_KEEP, OTHERS_IGNORE };
static const char *const others_words[] = { "refuse", "keep", "ignore", NULL };

#define LINE_OF(type_) { .type = YAML_LINE, .offset = offsetof(type_, line) }

static const struct yaml_field column_fields[] = {
    { YAML_KEY(struct column_text, column), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct column_text, property), .type = YAML_TEXT },
    { YAML_KEY(struct column_text, type), .type = YAML_TEXT },
    LINE_OF(struct column_text),
    { 0 },
};
static const struct yaml_shape column_shape = { column_fields, sizeof(struct column_text) };
static const struct yaml_field time_fields[] = {
    { YAML_KEY(struct time_text, column), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct time_text, type), .type = YAML_TEXT },
    LINE_OF(struct time_text),
    { 0 },
};
static const struct yaml_shape time_shape = { time_fields, sizeof(struct time_text) };
static const struct yaml_field end_fields[] = {
    { YAML_KEY(struct end_text, label), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct end_text, column), .type = YAML_TEXT, .required = true },
    LINE_OF(struct end_text),
    { 0 },
};
static const struct yaml_shape end_shape = { end_fields, sizeof(struct end_text) };
static const struct yaml_field node_fields[] = {
    { YAML_KEY(struct node_text, label), .type = YAML_TEXT },
    { YAML_KEY(struct node_text, label_column), .type = YAML_TEXT },
    { YAML_KEY(struct node_text, key), .type = YAML_TEXT, .required = true },
    LINE_OF(struct node_text),
    { 0 },
};
static const struct yaml_shape node_shape = { node_fields, sizeof(struct node_text) };
static const struct yaml_field edge_fields[] = {
    { YAML_KEY(struct edge_text, type), .type = YAML_TEXT },
    { YAML_KEY(struct edge_text, type_column), .type = YAML_TEXT },
    { YAML_KEY(struct edge_text, from), .type = YAML_MAP, .shape = &end_shape, .required = true },
    { YAML_KEY(struct edge_text, to), .type = YAML_MAP, .shape = &end_shape, .required = true },
    { YAML_KEY(struct edge_text, edge_key), .type = YAML_TEXT },
    LINE_OF(struct edge_text),
    { 0 },
};
static const struct yaml_shape edge_shape = { edge_fields, sizeof(struct edge_text) };
static const struct yaml_field file_fields[] = {
    { YAML_KEY(struct mapping_file, file), .type = YAML_TEXT, .required = true },
    { YAML_KEY(struct mapping_file, delimiter), .type = YAML_TEXT },
    { YAML_KEY(struct mapping_file, quote), .type = YAML_TEXT },
    { YAML_KEY(struct mapping_file, header), .type = YAML_BOOL, .maybe = true },
    { YAML_KEY(struct mapping_file, node), .type = YAML_MAP, .shape = &node_shape },
    { YAML_KEY(struct mapping_file, edge), .type = YAML_MAP, .shape = &edge_shape },
    { YAML_KEY(struct mapping_file, valid_from), .type = YAML_MAP, .shape = &time_shape },
    { YAML_KEY(struct mapping_file, valid_to), .type = YAML_MAP, .shape = &time_shape },
    { YAML_KEY(struct mapping_file, observed_at), .type = YAML_MAP, .shape = &time_shape },
    { YAML_LIST_KEY(struct mapping_file, columns, n_columns), .item = YAML_MAP,
      .shape = &column_shape },
    { YAML_LIST_KEY(struct mapping_file, ignore, n_ignore), .item = YAML_TEXT },
    { YAML_KEY(struct mapping_file, others), .type = YAML_CHOICE, .words = others_words },
    LINE_OF(struct mapping_file),
    { 0 },
};
static const struct yaml_shape file_shape = { file_fields, sizeof(struct mapping_file) };
static const struct yaml_field mapping_fields[] = {
    { YAML_KEY(struct mapping, name), .type = YAML_TEXT },
    { YAML_KEY(struct mapping, delimiter), .type = YAML_TEXT },
    { YAML_KEY(struct mapping, quote), .type = YAML_TEXT },
    { YAML_KEY(struct mapping, header), .type = YAML_BOOL, .maybe = true },
    { YAML_LIST_KEY(struct mapping, files, n_files), .item = YAML_MAP, .shape = &file_shape,
      .required = true },
    { 0 },
};
static const struct yaml_shape mapping_shape = { mapping_fields, sizeof(struct mapping) };

/* ---- Checking it ---- */

static enum status check_type(const char *path, uint32_t line, const char *type)
{
    struct typed typed;

    if (!type || typed_find(&typed, slice_str(type)))
        return STATUS_OK;
    return fail(STATUS_INVALID, "%s:%u: there is no type \"%s\"; write string, long, double, "
                "boolean, date, datetime, epoch_ms, minor, ...", path, line, type);
}

static enum status check_node(const char *path, const struct node_text *node)
{
    if (!node->label == !node->label_column)
        return fail(STATUS_INVALID, "%s:%u: a node needs either label or label_column", path,
                    node->line);
    return STATUS_OK;
}

static enum status check_edge(const char *path, const struct edge_text *edge)
{
    if (!edge->type == !edge->type_column)
        return fail(STATUS_INVALID, "%s:%u: an edge needs either type or type_column", path,
                    edge->line);
    return STATUS_OK;
}

static enum status check_byte(const char *path, uint32_t line, const char *what, const char *text,
                              size_t least)
{
    if (!text || (strlen(text) >= least && strlen(text) <= 1 && *text != '\n'))
        return STATUS_OK;
    return fail(STATUS_INVALID, "%s:%u: %s \"%s\" must be a single ASCII character", path, line,
                what, text);
}

static enum status check_file(const char *path, const struct mapping_file *file)
{
    const struct time_text *times[] = { file->valid_from, file->valid_to, file->observed_at };

    if (!file->node == !file->edge)
        return fail(STATUS_INVALID, "%s:%u: a file needs either node or edge", path, file->line);
    TRY(file->node ? check_node(path, file->node) : check_edge(path, file->edge));
    if (file->node && file->valid_to)
        return fail(STATUS_INVALID, "%s:%u: nodes have no valid_to", path, file->valid_to->line);
    TRY(check_byte(path, file->line, "delimiter", file->delimiter, 1));
    TRY(check_byte(path, file->line, "quote", file->quote, 0));
    for (size_t i = 0; i < 3; i++)
        if (times[i])
            TRY(check_type(path, times[i]->line, times[i]->type));
    for (size_t i = 0; i < file->n_columns; i++)
        TRY(check_type(path, file->columns[i].line, file->columns[i].type));
    return STATUS_OK;
}

enum status mapping_parse(const struct mapping **out, struct arena *arena, struct slice text,
                          const char *path)
{
    struct mapping *mapping;
    void *loaded;

    TRY(yaml_load(&loaded, arena, &mapping_shape, path, text));
    mapping = loaded;
    mapping->path = path;
    TRY(check_byte(path, 1, "delimiter", mapping->delimiter, 1));
    TRY(check_byte(path, 1, "quote", mapping->quote, 0));
    for (size_t i = 0; i < mapping->n_files; i++)
        TRY(check_file(path, &mapping->files[i]));
    *out = mapping;
    return STATUS_OK;
}

enum status mapping_read(const struct mapping **out, struct arena *arena, const char *path)
{
    AUTO(buf_fini) struct buf text = { 0 };
    enum status status = file_read(&text, path, YAML_BYTES_MAX);

    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_IO, "%s", error_detail());
    TRY(status);
    return mapping_parse(out, arena, buf_slice(&text), path);
}

const struct mapping_file *mapping_file_at(const struct mapping *mapping, size_t i)
{
    return i < mapping->n_files ? &mapping->files[i] : NULL;
}

const struct mapping_file *mapping_find(const struct mapping *mapping, const char *name)
{
    for (size_t i = 0; i < mapping->n_files; i++)
        if (fnmatch(mapping->files[i].file, name, 0) == 0)
            return &mapping->files[i];
    return NULL;
}

/* ---- Binding it to a file ---- */

struct binding {
    const struct mapping *mapping;
    const struct mapping_file *file;
    const char *path;               /* of the data */
    struct arena *arena;
    struct plan *plan;
    struct slice names[DELIMITED_COLUMNS_MAX]; /* of the header; none without one */
    bool used[DELIMITED_COLUMNS_MAX];
    bool has_header;
};

static enum status no_column(const struct binding *binding, const char *name, uint32_t line)
{
    char known[512];
    size_t used = 0;

    known[0] = 0;
    for (size_t i = 0; binding->has_header && i < binding->plan->n_columns && used < sizeof known;
         i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%.*s", i ? ", " : "",
                                 (int)binding->names[i].size, (const char *)binding->names[i].data);
    return fail(STATUS_INVALID, "%s:%u: %s has no column \"%s\"; it has %zu%s%s",
                binding->mapping->path, line, binding->path, name, binding->plan->n_columns,
                used ? ": " : " (write #1 for the first)", known);
}

/* A column by its name in the header, or by position: #1 is the first. */
static enum status find_column(size_t *column, struct binding *binding, const char *name,
                               uint32_t line)
{
    size_t n = binding->plan->n_columns;
    char *end;

    if (name[0] == '#') {
        unsigned long position = strtoul(name + 1, &end, 10);

        if (*end || position < 1 || position > n)
            return no_column(binding, name, line);
        *column = position - 1;
        binding->used[*column] = true;
        return STATUS_OK;
    }
    for (size_t i = 0; binding->has_header && i < n; i++)
        if (slice_equal(binding->names[i], slice_str(name))) {
            *column = i;
            binding->used[i] = true;
            return STATUS_OK;
        }
    return no_column(binding, name, line);
}

static enum status bind_time(struct plan_time *to, struct binding *binding,
                             const struct time_text *from)
{
    to->column = COLUMN_NONE;
    to->type = (struct typed){ TYPED_DATETIME, false };
    if (!from)
        return STATUS_OK;
    if (from->type)
        (void)!typed_find(&to->type, slice_str(from->type)); /* checked when read */
    return find_column(&to->column, binding, from->column, from->line);
}

static enum status bind_maybe(size_t *column, struct binding *binding, const char *name,
                              uint32_t line)
{
    *column = COLUMN_NONE;
    return name ? find_column(column, binding, name, line) : STATUS_OK;
}

static enum status bind_node(struct binding *binding, const struct node_text *node)
{
    struct plan *plan = binding->plan;

    plan->labels = node->label;
    TRY(bind_maybe(&plan->label_column, binding, node->label_column, node->line));
    return find_column(&plan->key_column, binding, node->key, node->line);
}

static enum status bind_edge(struct binding *binding, const struct edge_text *edge)
{
    struct plan *plan = binding->plan;

    plan->is_edge = true;
    plan->type = edge->type;
    plan->from.label = edge->from->label;
    plan->to.label = edge->to->label;
    TRY(bind_maybe(&plan->type_column, binding, edge->type_column, edge->line));
    TRY(bind_maybe(&plan->edge_key_column, binding, edge->edge_key, edge->line));
    TRY(find_column(&plan->from.column, binding, edge->from->column, edge->from->line));
    return find_column(&plan->to.column, binding, edge->to->column, edge->to->line);
}

static enum status bind_columns(struct binding *binding)
{
    const struct mapping_file *file = binding->file;
    struct plan *plan = binding->plan;

    for (size_t i = 0; i < file->n_columns; i++) {
        const struct column_text *from = &file->columns[i];
        struct plan_property *to = &plan->properties[plan->n_properties++];

        to->name = slice_str(from->property ? from->property : from->column);
        to->type = (struct typed){ TYPED_STRING, false };
        if (from->type)
            (void)!typed_find(&to->type, slice_str(from->type)); /* checked when read */
        TRY(find_column(&to->column, binding, from->column, from->line));
    }
    for (size_t i = 0; i < file->n_ignore; i++) {
        size_t column;

        TRY(find_column(&column, binding, file->ignore[i], file->line));
    }
    return STATUS_OK;
}

/* Columns the mapping does not speak of: refused, so that nothing is lost unnoticed, or kept. */
static enum status bind_others(struct binding *binding)
{
    struct plan *plan = binding->plan;

    for (size_t i = 0; i < plan->n_columns; i++) {
        struct plan_property *to = &plan->properties[plan->n_properties];
        struct slice name = binding->has_header ? binding->names[i] : slice_of("", 0);
        char *copy;

        if (binding->used[i] || binding->file->others == OTHERS_IGNORE)
            continue;
        if (binding->file->others == OTHERS_REFUSE || !binding->has_header)
            return fail(STATUS_INVALID,
                        "%s:%u: column %zu%s%.*s of %s is not mapped: list it under columns or "
                        "ignore, or say `others: keep`", binding->mapping->path,
                        binding->file->line, i + 1, name.size ? ", " : "", (int)name.size,
                        (const char *)name.data, binding->path);
        copy = arena_copy(binding->arena, name);
        if (!copy)
            return STATUS_NO_MEMORY;
        *to = (struct plan_property){ slice_of(copy, name.size), i, { TYPED_STRING, false } };
        plan->n_properties++;
    }
    return STATUS_OK;
}

static enum status bind_all(struct binding *binding)
{
    AUTO(delimited_fini) struct delimited csv = { .source.fd = -1 };
    const struct mapping_file *file = binding->file;
    struct plan *plan = binding->plan;
    enum status status;

    TRY(delimited_open(&csv, binding->path, plan->delimiter, plan->quote));
    status = delimited_next(&csv);
    if (status == STATUS_INVALID)
        return fail_context(status, "%s:%llu", binding->path, (unsigned long long)csv.line);
    if (status == STATUS_END && binding->has_header)
        return fail(STATUS_INVALID, "%s:1: the file is empty, without the header that %s expects",
                    binding->path, binding->mapping->path);
    if (status != STATUS_END)
        TRY(status);
    plan->n_columns = status == STATUS_END ? DELIMITED_COLUMNS_MAX : csv.n_fields;
    memcpy(binding->names, csv.fields, sizeof binding->names);
    plan->properties = arena_array(binding->arena, file->n_columns + plan->n_columns + 1,
                                   sizeof *plan->properties);
    if (!plan->properties)
        return STATUS_NO_MEMORY;
    TRY(file->edge ? bind_edge(binding, file->edge) : bind_node(binding, file->node));
    TRY(bind_time(&plan->valid_from, binding, file->valid_from));
    TRY(bind_time(&plan->valid_to, binding, file->valid_to));
    TRY(bind_time(&plan->observed, binding, file->observed_at));
    TRY(bind_columns(binding));
    return status == STATUS_END ? STATUS_OK : bind_others(binding);
}

static char byte_of(const char *own, const char *common, char otherwise)
{
    const char *text = own ? own : common;

    return text ? *text : otherwise;
}

enum status mapping_plan(struct plan *out, struct arena *arena, const struct mapping *mapping,
                         const struct mapping_file *file, const char *path)
{
    const bool *header = file->header ? file->header : mapping->header;
    struct binding *binding = arena_new(arena, struct binding);
    struct plan plan = { .delimiter = byte_of(file->delimiter, mapping->delimiter, ','),
                         .quote = byte_of(file->quote, mapping->quote, '"'),
                         .n_header = !header || *header,
                         .key_column = COLUMN_NONE, .label_column = COLUMN_NONE,
                         .type_column = COLUMN_NONE, .edge_key_column = COLUMN_NONE };

    if (!binding)
        return STATUS_NO_MEMORY;
    *binding = (struct binding){ .mapping = mapping, .file = file, .path = path, .arena = arena,
                                 .plan = &plan, .has_header = plan.n_header != 0 };
    TRY(bind_all(binding));
    TRY(plan_finish(&plan, mapping->path));
    *out = plan;
    return STATUS_OK;
}
