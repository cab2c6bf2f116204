/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/export_format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/make.h"
#include "base/temporal.h"
#include "graph/catalog.h"

/* A property column and the type that fits all its values. */
struct column_type {
    struct slice name; /* lent by the catalog */
    enum value_type type;
    bool mixed;        /* values of several types: all become text */
};

/* One file of CSV: nodes of a label, or edges of a type between two labels. */
struct group {
    struct slice label, to; /* edges: `to` and `type` are set */
    struct slice type;
    struct column_type *columns;
    size_t n_columns, capacity;
    FILE *file;
};

struct writer {
    struct output *output;
    struct graph_txn *txn;
    const char *dir;
    enum export_kind kind;
    struct group *groups;
    size_t n_groups, capacity;
    uint64_t n_edges;
    struct buf line;
};

enum status export_kind_parse(enum export_kind *kind, const char *text)
{
    static const char *const names[] = { "ndjson", "graphml", "neo4j" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *kind = (enum export_kind)i;
            return STATUS_OK;
        }
    return fail(STATUS_USAGE, "--as: \"%s\" is no format: expected ndjson, graphml or neo4j", text);
}

/* ---- names and values ----------------------------------------------------------------------- */

static struct slice label_of(const struct writer *writer, const struct node *node)
{
    struct catalog *catalog = graph_catalog(txn_graph(writer->txn));

    if (node->key_label)
        return catalog_name(catalog, node->key_label);
    return node->n_labels ? catalog_name(catalog, node->labels[0]) : SLICE("Node");
}

static enum status shown_key(struct slice *out, const struct writer *writer, struct arena *arena,
                             const struct node *node)
{
    struct value key = value_text(node->key), shown;

    TRY(output_mask(writer->output, &shown, arena, label_of(writer, node), (struct slice){ "", 0 },
                    &key));
    *out = shown.type == VALUE_STRING ? value_slice(&shown) : (struct slice){ "", 0 };
    return STATUS_OK;
}

static enum status shown_property(struct value *out, const struct writer *writer,
                                  struct arena *arena, struct slice label,
                                  const struct value_pair *pair)
{
    return output_mask(writer->output, out, arena, label, pair->key, &pair->value);
}

/* A value as plain text: temporal as ISO, lists and maps as JSON. */
static enum status plain_text(struct buf *out, const struct value *value)
{
    struct emit emit;

    if (value->type == VALUE_NULL)
        return STATUS_OK;
    if (value->type == VALUE_STRING)
        return buf_append_slice(out, value_slice(value));
    if (value->type >= VALUE_DATE && value->type <= VALUE_DURATION)
        return temporal_format(out, value);
    emit = emit_start(out);
    emit_value(&emit, value);
    return emit_finish(&emit);
}

static const char *type_name(const struct column_type *column, bool graphml)
{
    if (column->mixed)
        return "string";
    switch (column->type) {
    case VALUE_INT:
        return "long";
    case VALUE_FLOAT:
        return "double";
    case VALUE_BOOL:
        return "boolean";
    case VALUE_DATE:
    case VALUE_LOCAL_TIME:
    case VALUE_TIME:
    case VALUE_LOCAL_DATETIME:
    case VALUE_DATETIME:
    case VALUE_DURATION:
        return graphml ? "string" : value_type_name(column->type);
    default:
        return "string";
    }
}

/* ---- NDJSON --------------------------------------------------------------------------------- */

static void emit_labels(struct emit *emit, const struct writer *writer, const struct node *node)
{
    struct catalog *catalog = graph_catalog(txn_graph(writer->txn));

    emit_key(emit, "labels");
    emit_list(emit);
    for (uint32_t i = 0; i < node->n_labels; i++)
        emit_slice(emit, catalog_name(catalog, node->labels[i]));
    emit_end(emit);
}

static enum status emit_properties(struct emit *emit, const struct writer *writer,
                                   struct arena *arena, struct slice label,
                                   const struct value *properties)
{
    emit_key(emit, "properties");
    emit_object(emit);
    for (uint32_t i = 0; i < properties->count; i++) {
        struct value shown;

        TRY(shown_property(&shown, writer, arena, label, &properties->pairs[i]));
        emit_key_slice(emit, properties->pairs[i].key);
        emit_value(emit, &shown);
    }
    emit_end(emit);
    return STATUS_OK;
}

static void emit_when(struct emit *emit, const char *name, int64_t us, int64_t absent)
{
    if (us == absent)
        return;
    emit_key(emit, name);
    emit_time(emit, us);
}

static enum status finish_line(struct writer *writer, struct emit *emit)
{
    emit_end(emit);
    TRY(emit_finish(emit));
    return output_json(writer->output, buf_slice(&writer->line));
}

static struct emit begin_line(struct writer *writer, const char *op)
{
    struct emit emit;

    buf_clear(&writer->line);
    emit = emit_start(&writer->line);
    emit_object(&emit);
    emit_key(&emit, "op");
    emit_string(&emit, op);
    return emit;
}

static enum status ndjson_node(void *context, struct arena *arena, const struct node *node,
                               const struct value *properties)
{
    struct writer *writer = context;
    struct emit emit = begin_line(writer, "node");
    struct slice key;

    TRY(shown_key(&key, writer, arena, node));
    emit_labels(&emit, writer, node);
    emit_key(&emit, "key"), emit_slice(&emit, key);
    emit_when(&emit, "valid_from", node->valid_from_us, TIME_MIN);
    TRY(emit_properties(&emit, writer, arena, label_of(writer, node), properties));
    return finish_line(writer, &emit);
}

static enum status emit_end_of(struct emit *emit, const char *name, struct writer *writer,
                               struct arena *arena, const struct node *node)
{
    struct slice key;

    TRY(shown_key(&key, writer, arena, node));
    emit_key(emit, name);
    emit_object(emit);
    emit_key(emit, "label"), emit_slice(emit, label_of(writer, node));
    emit_key(emit, "key"), emit_slice(emit, key);
    emit_end(emit);
    return STATUS_OK;
}

static struct slice type_of(const struct writer *writer, const struct export_edge *edge)
{
    return catalog_name(graph_catalog(txn_graph(writer->txn)), edge->edge->type);
}

static enum status ndjson_edge(void *context, struct arena *arena, const struct export_edge *edge)
{
    struct writer *writer = context;
    struct emit emit = begin_line(writer, "edge");

    emit_key(&emit, "type"), emit_slice(&emit, type_of(writer, edge));
    TRY(emit_end_of(&emit, "from", writer, arena, edge->from));
    TRY(emit_end_of(&emit, "to", writer, arena, edge->to));
    if (edge->edge->has_key)
        emit_key(&emit, "edge_key"), emit_slice(&emit, edge->edge->key);
    emit_when(&emit, "valid_from", edge->edge->valid_from_us, TIME_MIN);
    emit_when(&emit, "valid_to", edge->edge->valid_to_us, TIME_MAX);
    TRY(emit_properties(&emit, writer, arena, type_of(writer, edge), &edge->properties));
    return finish_line(writer, &emit);
}

/* ---- columns -------------------------------------------------------------------------------- */

static enum status find_group(struct group **out, struct writer *writer, struct slice type,
                              struct slice label, struct slice to)
{
    for (size_t i = 0; i < writer->n_groups; i++) {
        struct group *group = &writer->groups[i];

        if (slice_equal(group->type, type) && slice_equal(group->label, label) &&
            slice_equal(group->to, to)) {
            *out = group;
            return STATUS_OK;
        }
    }
    TRY(array_reserve(&writer->groups, &writer->capacity, writer->n_groups + 1));
    *out = &writer->groups[writer->n_groups++];
    **out = (struct group){ .label = label, .to = to, .type = type };
    return STATUS_OK;
}

static enum status note_column(struct group *group, const struct value_pair *pair)
{
    struct column_type *column = NULL;

    if (pair->value.type == VALUE_NULL)
        return STATUS_OK;
    for (size_t i = 0; i < group->n_columns && !column; i++)
        if (slice_equal(group->columns[i].name, pair->key))
            column = &group->columns[i];
    if (column) {
        column->mixed = column->mixed || column->type != pair->value.type;
        return STATUS_OK;
    }
    TRY(array_reserve(&group->columns, &group->capacity, group->n_columns + 1));
    group->columns[group->n_columns++] = (struct column_type){ pair->key, pair->value.type, false };
    return STATUS_OK;
}

/* GraphML names its columns once for all; CSV for each file. */
static enum status group_of_node(struct group **out, struct writer *writer,
                                 const struct node *node)
{
    struct slice none = { "", 0 };

    return find_group(out, writer, none,
                      writer->kind == EXPORT_GRAPHML ? SLICE("node") : label_of(writer, node),
                      none);
}

static enum status group_of_edge(struct group **out, struct writer *writer,
                                 const struct export_edge *edge)
{
    if (writer->kind == EXPORT_GRAPHML)
        return find_group(out, writer, SLICE("edge"), SLICE("edge"), SLICE("edge"));
    return find_group(out, writer, type_of(writer, edge), label_of(writer, edge->from),
                      label_of(writer, edge->to));
}

static enum status note_columns(struct group *group, const struct value *properties)
{
    for (uint32_t i = 0; i < properties->count; i++)
        TRY(note_column(group, &properties->pairs[i]));
    return STATUS_OK;
}

static enum status note_node(void *context, struct arena *arena, const struct node *node,
                             const struct value *properties)
{
    struct group *group;

    (void)arena;
    TRY(group_of_node(&group, context, node));
    return note_columns(group, properties);
}

static enum status note_edge(void *context, struct arena *arena, const struct export_edge *edge)
{
    struct group *group;

    (void)arena;
    TRY(group_of_edge(&group, context, edge));
    return note_columns(group, &edge->properties);
}

static int by_name(const void *a, const void *b)
{
    const struct column_type *left = a, *right = b;

    return slice_compare(left->name, right->name);
}

/* Columns in order of name, whatever came first. */
static void sort_columns(struct writer *writer)
{
    for (size_t i = 0; i < writer->n_groups; i++)
        if (writer->groups[i].n_columns)
            qsort(writer->groups[i].columns, writer->groups[i].n_columns,
                  sizeof *writer->groups[i].columns, by_name);
}

/* ---- GraphML -------------------------------------------------------------------------------- */

static enum status xml_text(struct buf *out, struct slice text)
{
    const unsigned char *at = text.data;

    for (size_t i = 0; i < text.size; i++) {
        const char *entity = at[i] == '&'   ? "&amp;"
                             : at[i] == '<' ? "&lt;"
                             : at[i] == '>' ? "&gt;"
                             : at[i] == '"' ? "&quot;"
                                            : NULL;

        if (entity)
            TRY(buf_append_slice(out, slice_str(entity)));
        else if (at[i] >= 0x20 || at[i] == '\t' || at[i] == '\n' || at[i] == '\r')
            TRY(buf_append_byte(out, at[i])); /* XML 1.0 has no other control characters */
    }
    return STATUS_OK;
}

static enum status xml_data(struct buf *out, const char *prefix, struct slice name,
                            struct slice text)
{
    TRY(buf_printf(out, "<data key=\"%s", prefix));
    TRY(xml_text(out, name));
    TRY(buf_append_slice(out, SLICE("\">")));
    TRY(xml_text(out, text));
    return buf_append_slice(out, SLICE("</data>"));
}

static enum status xml_properties(struct writer *writer, struct arena *arena, const char *prefix,
                                  struct slice label, const struct value *properties)
{
    for (uint32_t i = 0; i < properties->count; i++) {
        AUTO(buf_fini) struct buf text = { 0 };
        struct value shown;

        if (properties->pairs[i].value.type == VALUE_NULL)
            continue;
        TRY(shown_property(&shown, writer, arena, label, &properties->pairs[i]));
        TRY(plain_text(&text, &shown));
        TRY(xml_data(&writer->line, prefix, properties->pairs[i].key, buf_slice(&text)));
    }
    return STATUS_OK;
}

static enum status xml_flush(struct writer *writer)
{
    enum status status = output_text(writer->output, buf_slice(&writer->line));

    buf_clear(&writer->line);
    return status;
}

static enum status xml_keys(struct writer *writer, const struct group *group, const char *for_what,
                            const char *prefix)
{
    for (size_t i = 0; i < group->n_columns; i++) {
        TRY(buf_printf(&writer->line, "  <key id=\"%s", prefix));
        TRY(xml_text(&writer->line, group->columns[i].name));
        TRY(buf_printf(&writer->line, "\" for=\"%s\" attr.name=\"", for_what));
        TRY(xml_text(&writer->line, group->columns[i].name));
        TRY(buf_printf(&writer->line, "\" attr.type=\"%s\"/>\n",
                       type_name(&group->columns[i], true)));
    }
    return STATUS_OK;
}

static enum status xml_begin(struct writer *writer)
{
    static const char head[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
        "  <key id=\"labels\" for=\"node\" attr.name=\"labels\" attr.type=\"string\"/>\n"
        "  <key id=\"key\" for=\"node\" attr.name=\"key\" attr.type=\"string\"/>\n"
        "  <key id=\"type\" for=\"edge\" attr.name=\"type\" attr.type=\"string\"/>\n"
        "  <key id=\"valid_from\" for=\"edge\" attr.name=\"valid_from\" attr.type=\"string\"/>\n"
        "  <key id=\"valid_to\" for=\"edge\" attr.name=\"valid_to\" attr.type=\"string\"/>\n";

    TRY(buf_append_slice(&writer->line, slice_str(head)));
    for (size_t i = 0; i < writer->n_groups; i++)
        TRY(writer->groups[i].type.size ? xml_keys(writer, &writer->groups[i], "edge", "e.")
                                        : xml_keys(writer, &writer->groups[i], "node", "n."));
    TRY(buf_append_slice(&writer->line, SLICE("  <graph edgedefault=\"directed\">\n")));
    return xml_flush(writer);
}

static enum status xml_node(void *context, struct arena *arena, const struct node *node,
                            const struct value *properties)
{
    struct writer *writer = context;
    struct catalog *catalog = graph_catalog(txn_graph(writer->txn));
    AUTO(buf_fini) struct buf labels = { 0 };
    struct slice key;

    TRY(shown_key(&key, writer, arena, node));
    for (uint32_t i = 0; i < node->n_labels; i++) {
        TRY(buf_append_slice(&labels, i ? SLICE(":") : SLICE("")));
        TRY(buf_append_slice(&labels, catalog_name(catalog, node->labels[i])));
    }
    TRY(buf_printf(&writer->line, "    <node id=\"n%llu\">", (unsigned long long)node->id.value));
    TRY(xml_data(&writer->line, "", SLICE("labels"), buf_slice(&labels)));
    TRY(xml_data(&writer->line, "", SLICE("key"), key));
    TRY(xml_properties(writer, arena, "n.", label_of(writer, node), properties));
    TRY(buf_append_slice(&writer->line, SLICE("</node>\n")));
    return xml_flush(writer);
}

static enum status xml_time(struct writer *writer, const char *name, int64_t us)
{
    char text[TIME_TEXT_MAX];

    if (us == TIME_MIN || us == TIME_MAX)
        return STATUS_OK;
    return xml_data(&writer->line, "", slice_str(name), slice_str(time_format(text, us)));
}

static enum status xml_edge(void *context, struct arena *arena, const struct export_edge *edge)
{
    struct writer *writer = context;

    TRY(buf_printf(&writer->line, "    <edge id=\"e%llu\" source=\"n%llu\" target=\"n%llu\">",
                   (unsigned long long)++writer->n_edges,
                   (unsigned long long)edge->from->id.value,
                   (unsigned long long)edge->to->id.value));
    TRY(xml_data(&writer->line, "", SLICE("type"), type_of(writer, edge)));
    TRY(xml_time(writer, "valid_from", edge->edge->valid_from_us));
    TRY(xml_time(writer, "valid_to", edge->edge->valid_to_us));
    TRY(xml_properties(writer, arena, "e.", type_of(writer, edge), &edge->properties));
    TRY(buf_append_slice(&writer->line, SLICE("</edge>\n")));
    return xml_flush(writer);
}

static enum status xml_end(struct writer *writer)
{
    return output_text(writer->output, SLICE("  </graph>\n</graphml>\n"));
}

/* ---- CSV ------------------------------------------------------------------------------------ */

static enum status csv_cell(struct buf *out, struct slice text)
{
    const char *at = text.data;
    bool quoted = text.size && (at[0] == ' ' || at[text.size - 1] == ' ');

    for (size_t i = 0; i < text.size && !quoted; i++)
        quoted = at[i] == ',' || at[i] == '"' || at[i] == '\n' || at[i] == '\r';
    if (!quoted)
        return buf_append_slice(out, text);
    TRY(buf_append_byte(out, '"'));
    for (size_t i = 0; i < text.size; i++) {
        if (at[i] == '"')
            TRY(buf_append_byte(out, '"'));
        TRY(buf_append_byte(out, (unsigned char)at[i]));
    }
    return buf_append_byte(out, '"');
}

static enum status csv_flush(struct writer *writer, FILE *file)
{
    TRY(buf_append_byte(&writer->line, '\n'));
    if (fwrite(writer->line.data, 1, writer->line.size, file) != writer->line.size)
        return fail_errno(writer->dir);
    buf_clear(&writer->line);
    return STATUS_OK;
}

static enum status csv_properties(struct writer *writer, struct arena *arena,
                                  const struct group *group, struct slice label,
                                  const struct value *properties)
{
    for (size_t i = 0; i < group->n_columns; i++) {
        AUTO(buf_fini) struct buf text = { 0 };
        const struct value *value = value_find(properties, group->columns[i].name);
        struct value_pair pair = { .key = group->columns[i].name };
        struct value shown;

        TRY(buf_append_byte(&writer->line, ','));
        if (!value)
            continue;
        pair.value = *value;
        TRY(shown_property(&shown, writer, arena, label, &pair));
        TRY(plain_text(&text, &shown));
        TRY(csv_cell(&writer->line, buf_slice(&text)));
    }
    return STATUS_OK;
}

static enum status csv_header(struct writer *writer, const struct group *group)
{
    int from = (int)group->label.size, to = (int)group->to.size;

    if (group->type.size)
        TRY(buf_printf(&writer->line,
                       ":START_ID(%.*s),:END_ID(%.*s),:TYPE,valid_from:datetime,valid_to:datetime",
                       from, (const char *)group->label.data, to, (const char *)group->to.data));
    else
        TRY(buf_printf(&writer->line, ":ID(%.*s),:LABEL", from, (const char *)group->label.data));
    for (size_t i = 0; i < group->n_columns; i++) {
        TRY(buf_append_byte(&writer->line, ','));
        TRY(csv_cell(&writer->line, group->columns[i].name));
        TRY(buf_printf(&writer->line, ":%s", type_name(&group->columns[i], false)));
    }
    return csv_flush(writer, group->file);
}

/* Names of labels and types become part of a file's name: only what is harmless there is kept. */
static void append_name(char *path, size_t size, struct slice name)
{
    size_t at = strlen(path);

    for (size_t i = 0; i < name.size && at + 1 < size; i++) {
        unsigned char c = ((const unsigned char *)name.data)[i];

        path[at++] = c == '/' || c < 0x21 || c == '.' ? '_' : (char)c;
    }
    path[at] = '\0';
}

static enum status csv_open(struct writer *writer, struct group *group, size_t number)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s-%03zu-", writer->dir,
             group->type.size ? "relationships" : "nodes", number);
    append_name(path, sizeof path - 8, group->type.size ? group->type : group->label);
    strcat(path, ".csv");
    group->file = fopen(path, "wxe");
    if (!group->file)
        return fail_errno(path);
    return csv_header(writer, group);
}

static enum status csv_begin(struct writer *writer)
{
    if (mkdir(writer->dir, 0700) != 0)
        return errno == EEXIST ? fail(STATUS_EXISTS, "%s is there already; choose another name",
                                      writer->dir)
                               : fail_errno(writer->dir);
    for (size_t i = 0; i < writer->n_groups; i++)
        TRY(csv_open(writer, &writer->groups[i], i + 1));
    return STATUS_OK;
}

static enum status csv_node(void *context, struct arena *arena, const struct node *node,
                            const struct value *properties)
{
    struct writer *writer = context;
    struct catalog *catalog = graph_catalog(txn_graph(writer->txn));
    struct group *group;
    struct slice key;

    TRY(group_of_node(&group, writer, node));
    TRY(shown_key(&key, writer, arena, node));
    TRY(csv_cell(&writer->line, key));
    for (uint32_t i = 0; i < node->n_labels; i++) {
        TRY(buf_append_byte(&writer->line, i ? ';' : ','));
        TRY(buf_append_slice(&writer->line, catalog_name(catalog, node->labels[i])));
    }
    if (!node->n_labels)
        TRY(buf_append_byte(&writer->line, ','));
    TRY(csv_properties(writer, arena, group, label_of(writer, node), properties));
    return csv_flush(writer, group->file);
}

static enum status csv_time(struct writer *writer, int64_t us)
{
    char text[TIME_TEXT_MAX];

    TRY(buf_append_byte(&writer->line, ','));
    if (us == TIME_MIN || us == TIME_MAX)
        return STATUS_OK;
    return buf_append_slice(&writer->line, slice_str(time_format(text, us)));
}

static enum status csv_edge(void *context, struct arena *arena, const struct export_edge *edge)
{
    struct writer *writer = context;
    struct group *group;
    struct slice from, to;

    TRY(group_of_edge(&group, writer, edge));
    TRY(shown_key(&from, writer, arena, edge->from));
    TRY(shown_key(&to, writer, arena, edge->to));
    TRY(csv_cell(&writer->line, from));
    TRY(buf_append_byte(&writer->line, ','));
    TRY(csv_cell(&writer->line, to));
    TRY(buf_append_byte(&writer->line, ','));
    TRY(csv_cell(&writer->line, group->type));
    TRY(csv_time(writer, edge->edge->valid_from_us));
    TRY(csv_time(writer, edge->edge->valid_to_us));
    TRY(csv_properties(writer, arena, group, group->type, &edge->properties));
    return csv_flush(writer, group->file);
}

static enum status csv_end(struct writer *writer)
{
    for (size_t i = 0; i < writer->n_groups; i++) {
        int failed = fclose(writer->groups[i].file);

        writer->groups[i].file = NULL;
        if (failed)
            return fail_errno(writer->dir);
    }
    return STATUS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------ */

struct format {
    bool columns_first;
    enum status (*begin)(struct writer *writer);
    struct export_sink sink;
    enum status (*end)(struct writer *writer);
};

static const struct format formats[] = {
    [EXPORT_NDJSON] = { false, NULL, { ndjson_node, ndjson_edge, NULL }, NULL },
    [EXPORT_GRAPHML] = { true, xml_begin, { xml_node, xml_edge, NULL }, xml_end },
    [EXPORT_NEO4J] = { true, csv_begin, { csv_node, csv_edge, NULL }, csv_end },
};

static enum status write_all(bool *truncated, struct writer *writer,
                             const struct export_scope *scope)
{
    const struct format *format = &formats[writer->kind];
    struct export_sink sink = format->sink, notes = { note_node, note_edge, writer };

    sink.context = writer;
    if (format->columns_first) {
        TRY(export_walk(truncated, writer->txn, scope, &notes));
        sort_columns(writer);
    }
    if (format->begin)
        TRY(format->begin(writer));
    TRY(export_walk(truncated, writer->txn, scope, &sink));
    return format->end ? format->end(writer) : STATUS_OK;
}

static void writer_fini(struct writer *writer)
{
    for (size_t i = 0; i < writer->n_groups; i++) {
        if (writer->groups[i].file)
            fclose(writer->groups[i].file);
        free(writer->groups[i].columns);
    }
    free(writer->groups);
    buf_fini(&writer->line);
}

enum status export_print(bool *truncated, struct output *output, struct graph_txn *txn,
                         const struct export_scope *scope, enum export_kind kind, const char *dir)
{
    struct writer writer = { .output = output, .txn = txn, .dir = dir, .kind = kind };
    enum status status = write_all(truncated, &writer, scope);

    writer_fini(&writer);
    return status;
}
