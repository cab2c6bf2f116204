/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "base/log.h"
#include "base/make.h"
#include "base/text.h"
#include "cli/moment.h"
#include "cli/named.h"
#include "cli/ring_picture.h"
#include "cli/tag_value.h"

struct ring_list_cli {
    const char *code;
    int64_t min_size, limit, as_of_us;
};

struct ring_cli {
    int64_t as_of_us;
};

struct draw_cli {
    const char *as;
};

/* What every command here starts with. */
struct rings {
    struct cli *cli;
    struct graph *graph;
    struct graph_txn *txn;
    struct tag_view view;
    struct arena arena;
};

static enum status rings_open(struct rings *rings, struct cli *cli, int64_t as_of_us)
{
    rings->cli = cli;
    TRY(graph_open(&rings->graph, cli->db, NULL));
    TRY(graph_read(&rings->txn, rings->graph, NULL));
    return tag_view_at(&rings->view, rings->txn, as_of_us);
}

static void rings_fini(struct rings *rings)
{
    txn_end(rings->txn);
    graph_close(rings->graph);
    arena_fini(&rings->arena);
}

static enum status ring_named(struct ring_record *ring, struct rings *rings, const char *text)
{
    return named_ring(ring, &rings->arena, rings->txn, &rings->view, text);
}

/* ring list */

static const struct column list_columns[] = {
    { "ring" }, { "code" }, { "size", COLUMN_RIGHT }, { "event" }, { "run", COLUMN_RIGHT },
    { "numbers" },
};
#define N_LIST_COLUMNS (sizeof list_columns / sizeof *list_columns)

static enum status print_ring(struct output *output, const struct ring_record *ring)
{
    char name[RING_NAME_MAX];
    const struct value cells[N_LIST_COLUMNS] = {
        value_text(slice_str(ring_name(name, ring->number))),
        value_text(ring->by),
        value_int((int64_t)ring->n_members),
        value_text(slice_str(ring_event_name(ring->event))),
        value_int((int64_t)ring->born),
        ring->numbers,
    };

    return output_row(output, cells);
}

static enum status ring_list_run(struct cli *cli, const void *given)
{
    const struct ring_list_cli *chosen = given;
    AUTO(rings_fini) struct rings rings = { 0 };
    struct slice code = chosen->code ? slice_str(chosen->code) : SLICE("");
    struct ring_record *list;
    int64_t left = chosen->limit;
    size_t n;

    TRY(rings_open(&rings, cli, chosen->as_of_us));
    if (chosen->code)
        TRY(named_code(rings.txn, &rings.view, chosen->code));
    TRY(ring_list(&list, &n, &rings.arena, rings.txn, &rings.view, code));
    TRY(output_start(&cli->output, list_columns, N_LIST_COLUMNS));
    for (size_t i = 0; i < n; i++) {
        if ((int64_t)list[i].n_members < chosen->min_size)
            continue;
        if (left-- <= 0) {
            log_note("only the first %" PRId64 " are shown (--limit)", chosen->limit);
            break;
        }
        TRY(print_ring(&cli->output, &list[i]));
    }
    return output_finish(&cli->output);
}

/* ring show */

static const struct column member_columns[] = {
    { "subject" }, { "code" }, { "level" }, { "score", COLUMN_RIGHT }, { "state" }, { "text" },
};
#define N_MEMBER_COLUMNS (sizeof member_columns / sizeof *member_columns)

static enum status print_member(struct rings *rings, const struct tag *tag)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value cells[N_MEMBER_COLUMNS];

    TRY(subject_cell(&cells[0], &arena, &rings->cli->output, rings->txn, tag->subject));
    cells[1] = value_text(tag->code);
    cells[2] = value_text(slice_str(tag_level_name(tag->level)));
    cells[3] = value_float((double)tag->score / TAG_SCORE_ONE);
    cells[4] = value_text(slice_str(tag_state_name(tag->state)));
    cells[5] = tag->text.size ? value_text(tag->text) : value_null();
    return output_row(&rings->cli->output, cells);
}

static enum status print_heading(struct rings *rings, const struct ring_record *ring)
{
    AUTO(buf_fini) struct buf numbers = { 0 };
    struct emit emit = emit_start(&numbers);
    char name[RING_NAME_MAX];

    if (ring->numbers.type == VALUE_MAP && ring->numbers.count)
        emit_value(&emit, &ring->numbers);
    TRY(emit_finish(&emit));
    return output_printf(&rings->cli->output,
                         "%s: %.*s, %zu member%s, %s in run %" PRIu64 "\n%.*s%s\n",
                         ring_name(name, ring->number), (int)ring->by.size,
                         (const char *)ring->by.data, ring->n_members, text_s(ring->n_members),
                         ring_event_name(ring->event), ring->born, (int)numbers.size,
                         (const char *)numbers.data, numbers.size ? "\n" : "");
}

static enum status ring_show_run(struct cli *cli, const void *given)
{
    const struct ring_cli *chosen = given;
    AUTO(rings_fini) struct rings rings = { 0 };
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };
    struct ring_record ring;

    TRY(rings_open(&rings, cli, chosen->as_of_us));
    TRY(ring_named(&ring, &rings, cli->operands[0]));
    if (cli->output.format == FORMAT_TABLE)
        TRY(print_heading(&rings, &ring));
    TRY(output_start(&cli->output, member_columns, N_MEMBER_COLUMNS));
    for (tag_iter_ring(&it, rings.txn, &rings.view, ring.number); tag_iter_next(&it);)
        if (it.tag.state != TAG_WITHDRAWN)
            TRY(print_member(&rings, &it.tag));
    TRY(it.status);
    return output_finish(&cli->output);
}

/* ring history */

static const struct column history_columns[] = {
    { "run", COLUMN_RIGHT }, { "at" }, { "event" }, { "size", COLUMN_RIGHT }, { "joined" },
    { "left" }, { "relatives" },
};
#define N_HISTORY_COLUMNS (sizeof history_columns / sizeof *history_columns)

/* Names as a list; in a table as text, with commas. */
static enum status names_cell(struct value *out, struct rings *rings, const struct value *names,
                              size_t n)
{
    AUTO(buf_fini) struct buf text = { 0 };

    if (rings->cli->output.format != FORMAT_TABLE)
        return make_list(out, &rings->arena, names, n);
    for (size_t i = 0; i < n; i++)
        TRY(buf_printf(&text, "%s%.*s", i ? ", " : "", (int)names[i].count, names[i].text));
    return make_text(out, &rings->arena, buf_slice(&text));
}

/* Members of `ring` that `other` (NULL: none) lacks; both sorted. */
static enum status members_beyond(struct value *out, struct rings *rings,
                                  const struct ring_record *ring, const struct ring_record *other)
{
    struct value *items = arena_array(&rings->arena, ring->n_members + 1, sizeof *items);
    size_t n = 0, at = 0;

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < ring->n_members; i++) {
        while (other && at < other->n_members &&
               other->members[at].value < ring->members[i].value)
            at++;
        if (other && at < other->n_members && other->members[at].value == ring->members[i].value)
            continue;
        TRY(subject_cell(&items[n++], &rings->arena, &rings->cli->output, rings->txn,
                         ring->members[i]));
    }
    return names_cell(out, rings, items, n);
}

static enum status relatives_value(struct value *out, struct rings *rings,
                                   const struct ring_record *ring)
{
    struct value *items = arena_array(&rings->arena, ring->n_relatives + 1, sizeof *items);
    char name[RING_NAME_MAX];

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < ring->n_relatives; i++)
        TRY(make_text(&items[i], &rings->arena, slice_str(ring_name(name, ring->relatives[i]))));
    return names_cell(out, rings, items, ring->n_relatives);
}

static enum status print_version(struct rings *rings, const struct ring_record *ring,
                                 const struct ring_record *before)
{
    static const struct ring_record nobody;
    struct value cells[N_HISTORY_COLUMNS];
    char at[TIME_TEXT_MAX];
    struct run run;

    TRY(run_find(&run, &rings->arena, rings->txn, ring->born));
    cells[0] = value_int((int64_t)ring->born);
    cells[1] = moment_value(at, run.finished_us);
    cells[2] = value_text(slice_str(ring_event_name(ring->event)));
    cells[3] = value_int((int64_t)ring->n_members);
    TRY(members_beyond(&cells[4], rings, ring, before));
    TRY(members_beyond(&cells[5], rings, before ? before : &nobody, ring));
    TRY(relatives_value(&cells[6], rings, ring));
    return output_row(&rings->cli->output, cells);
}

static enum status ring_history_run(struct cli *cli, const void *given)
{
    const struct ring_cli *chosen = given;
    AUTO(rings_fini) struct rings rings = { 0 };
    struct ring_record *versions, ring;
    size_t n;

    TRY(rings_open(&rings, cli, chosen->as_of_us));
    TRY(ring_named(&ring, &rings, cli->operands[0]));
    TRY(ring_history(&versions, &n, &rings.arena, rings.txn, &rings.view, ring.number));
    TRY(output_start(&cli->output, history_columns, N_HISTORY_COLUMNS));
    for (size_t i = 0; i < n; i++)
        TRY(print_version(&rings, &versions[i], i ? &versions[i - 1] : NULL));
    return output_finish(&cli->output);
}

/* ring draw */

static enum status ring_draw_run(struct cli *cli, const void *given)
{
    const struct draw_cli *chosen = given;
    AUTO(rings_fini) struct rings rings = { 0 };
    AUTO(buf_fini) struct buf drawn = { 0 };
    struct ring_picture picture;
    struct ring_record ring;
    bool dot = strcmp(chosen->as, "dot") == 0;

    if (!dot && strcmp(chosen->as, "text") != 0)
        return fail(STATUS_USAGE, "--as: \"%s\" is not a kind of picture: expected text or dot",
                    chosen->as);
    TRY(rings_open(&rings, cli, TIME_MAX));
    TRY(ring_named(&ring, &rings, cli->operands[0]));
    TRY(ring_picture_take(&picture, &rings.arena, rings.txn, &rings.view, &ring));
    if (picture.cut)
        log_warning("only the first %d edges are drawn", RING_PICTURE_EDGES_MAX);
    TRY(dot ? ring_picture_dot(&drawn, &picture)
            : ring_picture_text(&drawn, &picture));
    return dot ? output_text(&cli->output, buf_slice(&drawn))
               : output_words(&cli->output, buf_slice(&drawn));
}

/* Descriptors */

static const struct command_option list_options[] = {
    { "code", 0, OPTION_TEXT, offsetof(struct ring_list_cli, code), "C",
      "only rings found under this code" },
    { "min-size", 0, OPTION_INT, offsetof(struct ring_list_cli, min_size), "N",
      "only rings of N members and more" },
    { "as-of", 0, OPTION_TIME, offsetof(struct ring_list_cli, as_of_us), "T",
      "as published then (default: now)" },
    { "limit", 0, OPTION_INT, offsetof(struct ring_list_cli, limit), "N", "at most N" },
    { 0 },
};

const struct command command_ring_list = {
    .name = "ring list",
    .usage = "[--code C] [--min-size N] [--as-of T] [--limit N]",
    .summary = "list rings: groups that fired together",
    .options = list_options,
    .options_size = sizeof(struct ring_list_cli),
    .defaults = &(const struct ring_list_cli){ .limit = INT64_MAX, .as_of_us = TIME_MAX },
    .run = ring_list_run,
};

static const struct command_option ring_options[] = {
    { "as-of", 0, OPTION_TIME, offsetof(struct ring_cli, as_of_us), "T",
      "as published then (default: now)" },
    { 0 },
};

const struct command command_ring_show = {
    .name = "ring show",
    .usage = "[--as-of T] RING",
    .summary = "show a ring's members and what they show",
    .options = ring_options,
    .options_size = sizeof(struct ring_cli),
    .defaults = &(const struct ring_cli){ TIME_MAX },
    .min_operands = 1,
    .max_operands = 1,
    .run = ring_show_run,
};

const struct command command_ring_history = {
    .name = "ring history",
    .usage = "[--as-of T] RING",
    .summary = "how a ring was born, grew, merged, split and dissolved",
    .options = ring_options,
    .options_size = sizeof(struct ring_cli),
    .defaults = &(const struct ring_cli){ TIME_MAX },
    .min_operands = 1,
    .max_operands = 1,
    .run = ring_history_run,
};

static const struct command_option draw_options[] = {
    { "as", 0, OPTION_TEXT, offsetof(struct draw_cli, as), "KIND",
      "text (default), or dot for Graphviz" },
    { 0 },
};

const struct command command_ring_draw = {
    .name = "ring draw",
    .usage = "[--as text|dot] RING",
    .summary = "draw a ring: its members and what ties them",
    .options = draw_options,
    .options_size = sizeof(struct draw_cli),
    .defaults = &(const struct draw_cli){ "text" },
    .min_operands = 1,
    .max_operands = 1,
    .run = ring_draw_run,
};
