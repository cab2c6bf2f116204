/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "base/log.h"
#include "cli/moment.h"
#include "cli/named.h"
#include "cli/tag_value.h"
#include "graph/catalog.h"
#include "graph/overlay.h"

struct tag_list_cli {
    const char *code, *level, *state, *ring, *label;
    int64_t since_us, as_of_us, changed_in, limit;
    bool all;
};

struct tag_show_cli {
    const char *code;
    int64_t as_of_us;
    bool all;
};

static enum status open_now(struct graph **graph, struct graph_txn **txn, const char *db)
{
    TRY(graph_open(graph, db, NULL));
    return graph_read(txn, *graph, NULL);
}

/* tag list */

struct filter {
    struct slice code;
    enum tag_level level;   /* 0: any */
    bool by_state;
    enum tag_state state;
    uint64_t ring;
    uint32_t label;
    int64_t since_us;
    bool all;
};

static enum status filter_names(struct filter *filter, struct graph_txn *txn,
                                const struct tag_view *view, const struct tag_list_cli *chosen)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct ring_record ring;

    if (chosen->code) {
        TRY(named_code(txn, view, chosen->code));
        filter->code = slice_str(chosen->code);
    }
    if (chosen->ring) {
        TRY(named_ring(&ring, &arena, txn, view, chosen->ring));
        filter->ring = ring.number;
    }
    if (chosen->changed_in > (int64_t)view->publication)
        return fail(STATUS_NOT_FOUND, "--changed-in: there is no run %" PRId64 "; `retag runs` "
                    "lists them", chosen->changed_in);
    return STATUS_OK;
}

static enum status filter_parse(struct filter *filter, struct graph *graph,
                                const struct tag_list_cli *chosen)
{
    *filter = (struct filter){ .since_us = chosen->since_us, .all = chosen->all };
    if (chosen->level && tag_level_parse(&filter->level, slice_str(chosen->level)) != STATUS_OK)
        return fail_context(STATUS_USAGE, "--level");
    if (chosen->state && tag_state_parse(&filter->state, slice_str(chosen->state)) != STATUS_OK)
        return fail_context(STATUS_USAGE, "--state");
    filter->by_state = chosen->state != NULL;
    if (!chosen->label)
        return STATUS_OK;
    filter->label = catalog_find(graph_catalog(graph), slice_str(chosen->label));
    if (!filter->label)
        return fail(STATUS_USAGE, "--label: the graph has no label \"%s\"; `ringfence stats` "
                    "lists those in use", chosen->label);
    return STATUS_OK;
}

static bool state_fits(const struct filter *filter, const struct tag *tag)
{
    if (filter->by_state)
        return tag->state == filter->state;
    return filter->all || tag->state == TAG_PROPOSED || tag->state == TAG_CONFIRMED;
}

static enum status fits(bool *fit, const struct filter *filter, struct graph_txn *txn,
                        const struct tag *tag)
{
    AUTO(txn_endp) struct graph_txn *before = NULL;
    struct node node;
    enum status status;

    *fit = state_fits(filter, tag) && (!filter->level || tag->level == filter->level) &&
           (!filter->ring || tag->ring == filter->ring) && tag->first_seen_us >= filter->since_us &&
           (!filter->code.size || slice_equal(filter->code, tag->code));
    if (!*fit || !filter->label)
        return STATUS_OK;
    status = subject_load(&node, &before, txn, tag->subject);
    *fit = status == STATUS_OK && node_has_label(&node, filter->label);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static const struct column list_columns[] = {
    { "subject" }, { "code" },  { "level" },  { "score", COLUMN_RIGHT },
    { "ring" },    { "state" }, { "origin" }, { "first_seen" },
};
#define N_LIST_COLUMNS (sizeof list_columns / sizeof *list_columns)

static enum status print_tag(struct cli *cli, struct arena *arena, struct graph_txn *txn,
                             const struct tag *tag)
{
    struct value cells[N_LIST_COLUMNS];
    char ring[RING_NAME_MAX], first[TIME_TEXT_MAX];

    arena_reset(arena);
    TRY(subject_cell(&cells[0], arena, &cli->output, txn, tag->subject));
    cells[1] = value_text(tag->code);
    cells[2] = value_text(slice_str(tag_level_name(tag->level)));
    cells[3] = value_float((double)tag->score / TAG_SCORE_ONE);
    cells[4] = tag->ring ? value_text(slice_str(ring_name(ring, tag->ring))) : value_null();
    cells[5] = value_text(slice_str(tag_state_name(tag->state)));
    cells[6] = value_text(slice_str(tag_origin_name(tag->origin)));
    cells[7] = moment_value(first, tag->first_seen_us);
    return output_row(&cli->output, cells);
}

static void list_start(struct tag_iter *it, struct graph_txn *txn, const struct tag_view *view,
                       const struct filter *filter, int64_t changed_in)
{
    if (changed_in)
        tag_iter_changed(it, txn, view, (uint64_t)changed_in);
    else if (filter->ring)
        tag_iter_ring(it, txn, view, filter->ring);
    else if (filter->code.size)
        tag_iter_code(it, txn, view, filter->code);
    else
        tag_iter_all(it, txn, view);
}

static enum status tag_list_run(struct cli *cli, const void *given)
{
    const struct tag_list_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };
    AUTO(arena_fini) struct arena arena = { 0 };
    struct filter filter;
    struct tag_view view;
    int64_t left = chosen->limit;

    TRY(open_now(&graph, &txn, cli->db));
    TRY(filter_parse(&filter, graph, chosen));
    TRY(tag_view_at(&view, txn, chosen->as_of_us));
    TRY(filter_names(&filter, txn, &view, chosen));
    TRY(output_start(&cli->output, list_columns, N_LIST_COLUMNS));
    list_start(&it, txn, &view, &filter, chosen->changed_in);
    while (tag_iter_next(&it)) {
        bool fit;

        TRY(fits(&fit, &filter, txn, &it.tag));
        if (!fit)
            continue;
        if (left-- <= 0) {
            log_note("only the first %" PRId64 " are shown (--limit)", chosen->limit);
            break;
        }
        TRY(print_tag(cli, &arena, txn, &it.tag));
    }
    TRY(it.status);
    return output_finish(&cli->output);
}

/* tag show */

static enum status print_numbers(struct output *output, const struct tag *tag)
{
    AUTO(buf_fini) struct buf text = { 0 };
    struct emit emit = emit_start(&text);

    if (tag->numbers.type != VALUE_MAP || !tag->numbers.count)
        return STATUS_OK;
    emit_value(&emit, &tag->numbers);
    TRY(emit_finish(&emit));
    return output_printf(output, "  numbers: %.*s\n", (int)text.size, (const char *)text.data);
}

static enum status print_judgement(struct output *output, struct graph_txn *txn, uint64_t number,
                                   const char *what)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct overlay overlay;
    char at[TIME_TEXT_MAX];

    TRY(overlay_find(&overlay, &arena, txn, number));
    return output_printf(output, "  %s by %.*s on %.10s%s%.*s\n", what, (int)overlay.person.size,
                         (const char *)overlay.person.data, time_format(at, overlay.at_us),
                         overlay.note.size ? ": " : "", (int)overlay.note.size,
                         (const char *)overlay.note.data);
}

static enum status print_people(struct output *output, struct graph_txn *txn,
                                const struct tag *tag)
{
    if (tag->overlay)
        TRY(print_judgement(output, txn, tag->overlay, tag_state_name(tag->state)));
    if (tag->overlay_past)
        TRY(print_judgement(output, txn, tag->overlay_past,
                            "judged before the evidence changed,"));
    if (tag->allowed)
        TRY(print_judgement(output, txn, tag->allowed, "allowed"));
    return STATUS_OK;
}

static enum status print_heading(struct output *output, struct graph_txn *txn,
                                 const struct tag *tag)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value subject;
    char ring[RING_NAME_MAX];

    TRY(subject_text(&subject, &arena, txn, tag->subject));
    TRY(output_printf(output, "%.*s: %.*s, %s, score %.3f, %s", (int)subject.count, subject.text,
                      (int)tag->code.size, (const char *)tag->code.data,
                      tag_level_name(tag->level), (double)tag->score / TAG_SCORE_ONE,
                      tag_state_name(tag->state)));
    if (tag->ring)
        TRY(output_printf(output, ", ring %s", ring_name(ring, tag->ring)));
    return output_text(output, SLICE("\n"));
}

static enum status print_provenance(struct output *output, const struct run *run,
                                    const struct tag *tag)
{
    char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX], expires[TIME_TEXT_MAX];
    struct slice who = tag->person.size ? tag->person : tag->by;

    TRY(output_printf(output, "  by %.*s%s%.*s", (int)who.size, (const char *)who.data,
                      tag->note.size ? ": " : "", (int)tag->note.size,
                      (const char *)tag->note.data));
    if (tag->run)
        TRY(output_printf(output, ", run %" PRIu64, tag->run));
    TRY(output_printf(output, ", seen from %.10s to %.10s\n",
                      time_format(first, tag->first_seen_us),
                      time_format(last, tag_last_seen(run, tag))));
    if (tag->expires_us != TIME_MAX)
        TRY(output_printf(output, "  expires %s\n", time_format(expires, tag->expires_us)));
    return STATUS_OK;
}

/* For people: what is said, the numbers, who says it, and the evidence as paths. */
static enum status print_text(struct cli *cli, struct graph_txn *txn, const struct run *run,
                              const struct tag *tag)
{
    AUTO(buf_fini) struct buf paths = { 0 };
    struct output *output = &cli->output;

    TRY(print_heading(output, txn, tag));
    if (tag->text.size)
        TRY(output_printf(output, "  %.*s\n", (int)tag->text.size, (const char *)tag->text.data));
    if (tag->reason.size)
        TRY(output_printf(output, "  withdrawn: %.*s\n", (int)tag->reason.size,
                          (const char *)tag->reason.data));
    TRY(print_numbers(output, tag));
    TRY(print_provenance(output, run, tag));
    TRY(print_people(output, txn, tag));
    TRY(tag_paths(&paths, txn, tag, "    "));
    return output_words(output, buf_slice(&paths));
}

static enum status print_json(struct cli *cli, struct graph_txn *txn, const struct run *run,
                              const struct tag *tag)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };
    struct emit emit = emit_start(&text);
    struct value value;

    TRY(tag_value(&value, &arena, txn, run, tag, TAG_DETAIL_FULL));
    emit_value(&emit, &value);
    TRY(emit_finish(&emit));
    return output_item(&cli->output, buf_slice(&text));
}

static enum status show_subject(struct cli *cli, struct graph_txn *txn,
                                const struct tag_view *view, const struct run *run,
                                struct node_id id, const struct tag_show_cli *chosen, size_t *n)
{
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };

    for (tag_iter_subject(&it, txn, view, id); tag_iter_next(&it);) {
        struct filter filter = { .all = chosen->all, .since_us = TIME_MIN };
        bool fit;

        if (chosen->code)
            filter.code = slice_str(chosen->code);
        filter.all |= chosen->code != NULL;
        TRY(fits(&fit, &filter, txn, &it.tag));
        if (!fit)
            continue;
        if (cli->output.format == FORMAT_TABLE)
            TRY(print_text(cli, txn, run, &it.tag));
        else
            TRY(print_json(cli, txn, run, &it.tag));
        ++*n;
    }
    return it.status;
}

static enum status tag_show_run(struct cli *cli, const void *given)
{
    const struct tag_show_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(arena_fini) struct arena arena = { 0 };
    struct node_id ids[SUBJECTS_MAX];
    struct tag_view view;
    struct run run;
    size_t n, shown = 0;

    TRY(open_now(&graph, &txn, cli->db));
    TRY(tag_view_at(&view, txn, chosen->as_of_us));
    TRY(run_find(&run, &arena, txn, view.publication));
    TRY(subject_find_all(ids, &n, txn, cli->operands[0]));
    if (chosen->code)
        TRY(named_code(txn, &view, chosen->code));
    output_start_items(&cli->output);
    for (size_t i = 0; i < n; i++)
        TRY(show_subject(cli, txn, &view, &run, ids[i], chosen, &shown));
    TRY(output_finish(&cli->output));
    if (!shown && chosen->code)
        log_note("%s has no tag %s", cli->operands[0], chosen->code);
    else if (!shown)
        log_note("%s has no tags%s", cli->operands[0],
                 chosen->all ? "" : " proposed or confirmed (--all shows the rest)");
    return STATUS_OK;
}

/* Descriptors */

#define LIST_AT(field) offsetof(struct tag_list_cli, field)

static const struct command_option list_options[] = {
    { "code", 0, OPTION_TEXT, LIST_AT(code), "C", "only this signal code" },
    { "level", 0, OPTION_TEXT, LIST_AT(level), "L", "only alert, attention or hint" },
    { "state", 0, OPTION_TEXT, LIST_AT(state), "S",
      "only proposed, confirmed, dismissed, expired or withdrawn" },
    { "ring", 0, OPTION_TEXT, LIST_AT(ring), "R-000001", "only members of this ring" },
    { "label", 0, OPTION_TEXT, LIST_AT(label), "LABEL", "only nodes with this label" },
    { "since", 0, OPTION_TIME, LIST_AT(since_us), "T", "only first seen at T or later" },
    { "changed-in", 0, OPTION_INT, LIST_AT(changed_in), "RUN", "only what this run wrote" },
    { "as-of", 0, OPTION_TIME, LIST_AT(as_of_us), "T", "what was tagged then (default: now)" },
    { "all", 0, OPTION_FLAG, LIST_AT(all), NULL, "also dismissed, expired and withdrawn ones" },
    { "limit", 0, OPTION_INT, LIST_AT(limit), "N", "at most N" },
    { 0 },
};

const struct command command_tag_list = {
    .name = "tag list",
    .usage = "[options]",
    .summary = "list tags, those proposed or confirmed",
    .options = list_options,
    .options_size = sizeof(struct tag_list_cli),
    .defaults = &(const struct tag_list_cli){ .since_us = TIME_MIN, .as_of_us = TIME_MAX,
                                              .limit = INT64_MAX },
    .run = tag_list_run,
};

static const struct command_option show_options[] = {
    { "code", 0, OPTION_TEXT, offsetof(struct tag_show_cli, code), "C",
      "only this signal code, whatever its state" },
    { "as-of", 0, OPTION_TIME, offsetof(struct tag_show_cli, as_of_us), "T",
      "what was tagged then (default: now)" },
    { "all", 0, OPTION_FLAG, offsetof(struct tag_show_cli, all), NULL,
      "also dismissed, expired and withdrawn ones" },
    { 0 },
};

const struct command command_tag_show = {
    .name = "tag show",
    .usage = "[--code C] [--as-of T] [--all] KEY",
    .summary = "show the tags of a node with their evidence",
    .options = show_options,
    .options_size = sizeof(struct tag_show_cli),
    .defaults = &(const struct tag_show_cli){ .as_of_us = TIME_MAX },
    .min_operands = 1,
    .max_operands = 1,
    .run = tag_show_run,
};
