/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/moment.h"
#include "cli/named.h"
#include "cli/tag_value.h"
#include "graph/overlay.h"

/* Of one tag the code goes without saying: then the first column is left out. */
static const struct column history_columns[] = {
    { "code" }, { "at" }, { "what" }, { "level" }, { "score", COLUMN_RIGHT }, { "ring" },
    { "run", COLUMN_RIGHT }, { "by" }, { "why" },
};
#define N_HISTORY_COLUMNS (sizeof history_columns / sizeof *history_columns)

struct history {
    struct cli *cli;
    struct graph_txn *txn;
    struct arena arena;
    const struct overlay *overlays;
    size_t n_overlays, next;
    struct slice code; /* empty: entries for all codes */
    bool all;          /* code by code */
};

static enum status history_row(struct history *history, const struct value *cells)
{
    return output_row(&history->cli->output, history->all ? cells : cells + 1);
}

static enum status history_overlay(struct history *history, const struct overlay *overlay)
{
    char at[TIME_TEXT_MAX];
    struct value cells[N_HISTORY_COLUMNS] = {
        history->code.size ? value_text(history->code) : value_null(),
        moment_value(at, overlay->at_us),
        value_text(slice_str(overlay->kind == OVERLAY_END ? "end of an entry"
                                                          : overlay_kind_name(overlay->kind))),
        overlay->level ? value_text(slice_str(tag_level_name(overlay->level))) : value_null(),
        value_null(), value_null(), value_null(), value_text(overlay->person),
        overlay->note.size ? value_text(overlay->note) : value_null(),
    };

    return history_row(history, cells);
}

/* Code by code, entries for all codes have a place of their own at the end. */
static bool history_concerns(const struct history *history, const struct overlay *overlay)
{
    return slice_equal(overlay->code, history->code) || (!overlay->code.size && !history->all);
}

/* What people said until then, about this code or all. */
static enum status history_people(struct history *history, int64_t until_us)
{
    for (; history->next < history->n_overlays; history->next++) {
        const struct overlay *overlay = &history->overlays[history->next];

        if (overlay->at_us > until_us)
            break;
        if (history_concerns(history, overlay))
            TRY(history_overlay(history, overlay));
    }
    return STATUS_OK;
}

static const char *version_event(const struct tag *tag, const struct tag *before)
{
    if (tag->state == TAG_WITHDRAWN)
        return "withdrawn";
    if (!before || before->state == TAG_WITHDRAWN)
        return before ? "found again" : "found";
    return tag->level > before->level   ? "level raised"
           : tag->level < before->level ? "level lowered"
                                        : "evidence changed";
}

static enum status history_version(struct history *history, const struct tag *tag,
                                   const struct tag *before)
{
    struct value cells[N_HISTORY_COLUMNS];
    struct slice why = tag->state == TAG_WITHDRAWN ? tag->reason
                       : tag->text.size            ? tag->text
                                                   : tag->note;
    char ring[RING_NAME_MAX], at[TIME_TEXT_MAX];
    struct run run;

    if (tag->origin == TAG_PERSON)
        return STATUS_OK; /* told by its entry */
    TRY(run_find(&run, &history->arena, history->txn, tag->born));
    TRY(history_people(history, run.finished_us));
    cells[0] = value_text(history->code);
    cells[1] = moment_value(at, run.finished_us);
    cells[2] = value_text(slice_str(version_event(tag, before)));
    cells[3] = value_text(slice_str(tag_level_name(tag->level)));
    cells[4] = value_float((double)tag->score / TAG_SCORE_ONE);
    cells[5] = tag->ring ? value_text(slice_str(ring_name(ring, tag->ring))) : value_null();
    cells[6] = value_int((int64_t)tag->born);
    cells[7] = value_text(tag->by);
    cells[8] = why.size ? value_text(why) : value_null();
    return history_row(history, cells);
}

static enum status history_origin(struct history *history, const struct tag_view *view,
                                  struct node_id id, enum tag_origin origin)
{
    const struct tag *versions;
    size_t n;

    TRY(tag_history(&versions, &n, &history->arena, history->txn, view, id, history->code,
                    origin));
    for (size_t i = 0; i < n; i++)
        TRY(history_version(history, &versions[i], i ? &versions[i - 1] : NULL));
    return STATUS_OK;
}

static enum status history_code(struct history *history, const struct tag_view *view,
                                struct node_id id, struct slice code)
{
    history->code = code;
    history->next = 0;
    for (int origin = TAG_DETECTOR; code.size && origin <= TAG_IMPORT; origin++)
        TRY(history_origin(history, view, id, (enum tag_origin)origin));
    return history_people(history, TIME_MAX);
}

static int by_code(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;

    return slice_compare(*x, *y);
}

struct codes {
    struct slice *items;
    size_t n, capacity;
};

static void codes_fini(struct codes *codes)
{
    free(codes->items);
}

static enum status codes_add(struct codes *codes, struct arena *arena, struct slice code)
{
    const char *copy = arena_copy(arena, code);

    if (!copy)
        return STATUS_NO_MEMORY;
    TRY(array_reserve(&codes->items, &codes->capacity, codes->n + 1));
    codes->items[codes->n++] = slice_of(copy, code.size);
    return STATUS_OK;
}

/* Every code that a tag or an entry of the node ever had, in order. */
static enum status codes_of(struct codes *codes, struct history *history,
                            const struct tag_view *view, struct node_id id)
{
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };

    for (tag_iter_subject(&it, history->txn, view, id); tag_iter_next(&it);)
        TRY(codes_add(codes, &history->arena, it.tag.code));
    TRY(it.status);
    for (size_t i = 0; i < history->n_overlays; i++)
        if (history->overlays[i].code.size)
            TRY(codes_add(codes, &history->arena, history->overlays[i].code));
    if (codes->n)
        qsort(codes->items, codes->n, sizeof *codes->items, by_code);
    return STATUS_OK;
}

static enum status history_all(struct history *history, const struct tag_view *view,
                               struct node_id id)
{
    AUTO(codes_fini) struct codes codes = { 0 };

    TRY(codes_of(&codes, history, view, id));
    for (size_t i = 0; i < codes.n; i++)
        if (!i || !slice_equal(codes.items[i], codes.items[i - 1]))
            TRY(history_code(history, view, id, codes.items[i]));
    return history_code(history, view, id, SLICE(""));
}

static void history_fini(struct history *history)
{
    arena_fini(&history->arena);
}

/* An entry may name a code before any tag has it. */
static bool is_of_entry(const struct history *history, const char *code)
{
    for (size_t i = 0; i < history->n_overlays; i++)
        if (slice_equal(history->overlays[i].code, slice_str(code)))
            return true;
    return false;
}

static enum status tag_history_run(struct cli *cli, const void *given)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(history_fini) struct history history = { .cli = cli, .all = cli->n_operands == 1 };
    struct overlay *overlays;
    struct tag_view view;
    struct node_id id;

    (void)given;
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_read(&txn, graph, NULL));
    TRY(subject_find(&id, txn, cli->operands[0]));
    TRY(tag_view_now(&view, txn));
    TRY(overlay_list(&overlays, &history.n_overlays, &history.arena, txn, id, view.overlay));
    history.overlays = overlays;
    history.txn = txn;
    if (!history.all && !is_of_entry(&history, cli->operands[1]))
        TRY(named_code(txn, &view, cli->operands[1]));
    TRY(output_start(&cli->output, history_columns + !history.all,
                     N_HISTORY_COLUMNS - !history.all));
    TRY(history.all ? history_all(&history, &view, id)
                    : history_code(&history, &view, id, slice_str(cli->operands[1])));
    return output_finish(&cli->output);
}

const struct command command_tag_history = {
    .name = "tag history",
    .usage = "KEY [CODE]",
    .summary = "everything that happened to one tag or all of a node, with who, when and why",
    .min_operands = 1,
    .max_operands = 2,
    .run = tag_history_run,
};
