/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"
#include "cli/moment.h"
#include "cli/subject.h"
#include "graph/catalog.h"
#include "graph/edge.h"
#include "graph/ring.h"
#include "graph/tag.h"

#include <inttypes.h>

struct entity_options {
    int64_t as_of_us, known_at_us, limit;
};

/* What is shown of one node. */
struct view {
    struct cli *cli;
    struct graph_txn *txn;
    struct arena *arena;
    struct node node;
    struct node_id id;
    int64_t limit;
    size_t n_shown; /* nodes before this one */
    bool truncated;
    struct emit *emit; /* of the JSON object being written */
};

static const struct column edge_columns[] = {
    { "type" }, { "direction" }, { "other" }, { "valid_from" }, { "valid_to" }, { "properties" },
};
#define N_EDGE_COLUMNS (sizeof edge_columns / sizeof *edge_columns)

static const struct column tag_columns[] = {
    { "code" }, { "level" }, { "score", COLUMN_RIGHT }, { "ring" }, { "state" }, { "text" },
};
#define N_TAG_COLUMNS (sizeof tag_columns / sizeof *tag_columns)

static enum status edge_cells(struct value *cells, struct view *view, struct edge *edge)
{
    struct slice type = catalog_name(graph_catalog(txn_graph(view->txn)), edge->type);

    cells[0] = value_text(type);
    cells[1] = edge->direction == DIRECTION_OUT ? value_text(SLICE("out"))
                                                : value_text(SLICE("in"));
    TRY(subject_cell(&cells[2], view->arena, &view->cli->output, view->txn, edge_other(edge)));
    TRY(moment_make(&cells[3], view->arena, edge->valid_from_us));
    TRY(moment_make(&cells[4], view->arena, edge->valid_to_us));
    return edge_properties(&cells[5], view->arena, view->txn, edge);
}

static enum status tag_cells(struct value *cells, struct view *view, const struct tag *tag)
{
    char ring[RING_NAME_MAX];

    TRY(make_text(&cells[0], view->arena, tag->code));
    cells[1] = value_text(slice_str(tag_level_name(tag->level)));
    cells[2] = value_float((double)tag->score / TAG_SCORE_ONE);
    cells[3] = value_null();
    if (tag->ring)
        TRY(make_text(&cells[3], view->arena, slice_str(ring_name(ring, tag->ring))));
    cells[4] = value_text(slice_str(tag_state_name(tag->state)));
    return make_text(&cells[5], view->arena, tag->text);
}

/* Calls `take` for each edge that is active, at most `limit`. */
static enum status each_edge(struct view *view,
                             enum status (*take)(struct view *view, const struct value *cells))
{
    static const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_BOTH);
    int64_t at_us = txn_moment(view->txn)->as_of_us, taken = 0;
    AUTO(edge_iter_stop) struct edge_iter it;

    for (edge_iter_start(&it, view->txn, &view->node, &scan); edge_iter_next(&it);) {
        struct value cells[N_EDGE_COLUMNS];
        struct edge edge = it.edge;
        struct node other;
        enum status status;

        if (!edge_active(&edge, at_us))
            continue;
        /* Observed before the node at its end was: it leads nowhere yet. */
        status = node_load(&other, view->txn, edge_other(&edge));
        if (status == STATUS_NOT_FOUND)
            continue;
        TRY(status);
        if (taken++ == view->limit) {
            view->truncated = true;
            return STATUS_OK;
        }
        TRY(edge_cells(cells, view, &edge));
        TRY(take(view, cells));
    }
    return it.status;
}

static enum status each_tag(struct view *view,
                            enum status (*take)(struct view *view, const struct value *cells))
{
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };
    struct tag_view tags;

    TRY(tag_view_now(&tags, view->txn));
    for (tag_iter_subject(&it, view->txn, &tags, view->id); tag_iter_next(&it);) {
        struct value cells[N_TAG_COLUMNS];

        TRY(tag_cells(cells, view, &it.tag));
        TRY(take(view, cells));
    }
    return it.status;
}

static enum status take_row(struct view *view, const struct value *cells)
{
    return output_row(&view->cli->output, cells);
}

static enum status print_properties(struct view *view)
{
    static const struct column columns[] = { { "property" }, { "value" } };
    struct value properties;

    TRY(node_properties(&properties, view->arena, view->txn, &view->node));
    if (properties.type != VALUE_MAP || !properties.count)
        return STATUS_OK;
    TRY(output_text(&view->cli->output, SLICE("\n")));
    TRY(output_start(&view->cli->output, columns, 2));
    for (uint32_t i = 0; i < properties.count; i++) {
        struct value cells[] = { value_text(properties.pairs[i].key), properties.pairs[i].value };

        TRY(output_row(&view->cli->output, cells));
    }
    return output_finish(&view->cli->output);
}

/* For people: a heading, then properties, tags and edges, each as a table. */
static enum status print_tables(struct view *view)
{
    struct output *output = &view->cli->output;
    struct value name;

    TRY(subject_text(&name, view->arena, view->txn, view->id));
    if (view->n_shown)
        TRY(output_text(output, SLICE("\n")));
    TRY(output_printf(output, "%.*s\n", (int)name.count, name.text));
    TRY(print_properties(view));
    TRY(output_text(output, SLICE("\n")));
    TRY(output_start(output, tag_columns, N_TAG_COLUMNS));
    TRY(each_tag(view, take_row));
    if (output->n_rows)
        TRY(output_finish(output));
    else
        TRY(output_text(output, SLICE("no tags\n")));
    TRY(output_text(output, SLICE("\n")));
    TRY(output_start(output, edge_columns, N_EDGE_COLUMNS));
    TRY(each_edge(view, take_row));
    TRY(output_finish(output));
    if (view->truncated)
        TRY(output_printf(output, "... only the first %" PRId64 " edge%s (--limit)\n", view->limit,
                          text_s(view->limit)));
    return STATUS_OK;
}

static void emit_cells(struct emit *emit, const struct column *columns, size_t n,
                       const struct value *cells)
{
    emit_object(emit);
    for (size_t i = 0; i < n; i++) {
        emit_key(emit, columns[i].name);
        emit_value(emit, &cells[i]);
    }
    emit_end(emit);
}

static enum status take_edge(struct view *view, const struct value *cells)
{
    emit_cells(view->emit, edge_columns, N_EDGE_COLUMNS, cells);
    return view->emit->status;
}

static enum status take_tag(struct view *view, const struct value *cells)
{
    emit_cells(view->emit, tag_columns, N_TAG_COLUMNS, cells);
    return view->emit->status;
}

static enum status emit_entity(struct view *view)
{
    struct catalog *catalog = graph_catalog(txn_graph(view->txn));
    struct emit *emit = view->emit;
    struct value name, properties;

    TRY(subject_value(&name, view->arena, view->txn, view->id));
    TRY(node_properties(&properties, view->arena, view->txn, &view->node));
    emit_object(emit);
    emit_key(emit, "labels"), emit_list(emit);
    for (uint32_t i = 0; i < view->node.n_labels; i++)
        emit_slice(emit, catalog_name(catalog, view->node.labels[i]));
    emit_end(emit);
    emit_key(emit, "key"), emit_value(emit, value_find(&name, SLICE("key")));
    emit_key(emit, "properties"), emit_value(emit, &properties);
    emit_key(emit, "tags"), emit_list(emit);
    TRY(each_tag(view, take_tag));
    emit_end(emit);
    emit_key(emit, "edges"), emit_list(emit);
    TRY(each_edge(view, take_edge));
    emit_end(emit);
    emit_key(emit, "truncated"), emit_bool(emit, view->truncated);
    emit_end(emit);
    return emit_finish(emit);
}

static enum status print_object(struct view *view)
{
    AUTO(buf_fini) struct buf text = { 0 };
    struct emit emit = emit_start(&text);
    enum status status;

    view->emit = &emit;
    status = emit_entity(view);
    view->emit = NULL;
    TRY(status);
    return output_item(&view->cli->output, buf_slice(&text));
}

/* STATUS_NOT_FOUND without a word: the node is not there at the moment. */
static enum status print_node(struct view *view)
{
    TRY(node_load(&view->node, view->txn, view->id));
    switch (view->cli->output.format) {
    case FORMAT_TABLE:
        return print_tables(view);
    case FORMAT_CSV:
        TRY(output_start(&view->cli->output, edge_columns, N_EDGE_COLUMNS));
        TRY(each_edge(view, take_row));
        return output_finish(&view->cli->output);
    default:
        return print_object(view);
    }
}

static enum status is_there(bool *is, struct graph *graph, struct node_id id, int64_t as_of_us,
                            int64_t known_at_us)
{
    struct moment moment = { .as_of_us = as_of_us, .known_at_us = known_at_us };
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_read(&txn, graph, &moment));
    return node_is_there(is, txn, id);
}

/* Says which of the moment's clocks hides the node. */
static enum status fail_absent(struct graph *graph, struct node_id id, const char *text,
                               const struct entity_options *chosen)
{
    char at[TIME_TEXT_MAX];
    int64_t as_of_us = chosen->as_of_us == TIME_MAX ? time_now_us() : chosen->as_of_us;
    bool later, told_later = false;

    TRY(is_there(&later, graph, id, TIME_MAX, chosen->known_at_us));
    if (later)
        return fail(STATUS_NOT_FOUND, "\"%s\" is not valid yet at %s; ask --as-of a later time",
                    text, time_format(at, as_of_us));
    if (chosen->known_at_us != TIME_MAX)
        TRY(is_there(&told_later, graph, id, TIME_MAX, TIME_MAX));
    if (told_later)
        return fail(STATUS_NOT_FOUND, "\"%s\" had not been observed by %s; ask --known-at a later "
                    "time", text, time_format(at, chosen->known_at_us));
    return fail(STATUS_NOT_FOUND, "\"%s\" has ended; --known-at an earlier time shows it", text);
}

/* Every node of the key that is there. */
static enum status print_nodes(struct view *view, const struct node_id *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum status status;

        view->id = ids[i];
        view->truncated = false;
        status = print_node(view);
        if (status == STATUS_NOT_FOUND)
            continue;
        TRY(status);
        view->n_shown++;
        arena_reset(view->arena);
    }
    return STATUS_OK;
}

static enum status entity_run(struct cli *cli, const void *options)
{
    const struct entity_options *chosen = options;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(arena_fini) struct arena arena = { 0 };
    struct moment moment = { .as_of_us = chosen->as_of_us == TIME_MAX ? time_now_us()
                                                                      : chosen->as_of_us,
                             .known_at_us = chosen->known_at_us };
    struct view view = { .cli = cli, .arena = &arena, .limit = chosen->limit };
    struct node_id ids[SUBJECTS_MAX];
    size_t n;

    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_read(&txn, graph, &moment));
    TRY(subject_find_all(ids, &n, txn, cli->operands[0]));
    view.txn = txn;
    output_start_items(&cli->output);
    TRY(print_nodes(&view, ids, n));
    return view.n_shown ? output_finish(&cli->output)
                        : fail_absent(graph, ids[0], cli->operands[0], chosen);
}

static const struct command_option options[] = {
    { "as-of", 0, OPTION_TIME, offsetof(struct entity_options, as_of_us), "T",
      "edges active at this time (default: now)" },
    { "known-at", 0, OPTION_TIME, offsetof(struct entity_options, known_at_us), "T",
      "only what had been observed by this time" },
    { "limit", 0, OPTION_INT, offsetof(struct entity_options, limit), "N",
      "at most N edges (default 100)" },
    { 0 },
};

const struct command command_entity = {
    .name = "entity",
    .usage = "[--as-of T] [--known-at T] [--limit N] KEY",
    .summary = "show a node with its properties, tags and edges",
    .details =
        "KEY may have its label before it, as in Phone:13800000000; without one, every node\n"
        "that has the key is shown: in JSON a list of objects, in NDJSON one a line.",
    .options = options,
    .options_size = sizeof(struct entity_options),
    .defaults = &(const struct entity_options){ TIME_MAX, TIME_MAX, 100 },
    .min_operands = 1,
    .max_operands = 1,
    .run = entity_run,
};
