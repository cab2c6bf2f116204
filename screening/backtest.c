/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/backtest.h"

#include <stdlib.h>

#include "base/json.h"
#include "graph/overlay.h"
#include "graph/publication.h"
#include "screening/screen.h"

#define LATE_US (24 * 3600 * US_PER_SECOND) /* feeds of a day are no reason to doubt a book */

void backtest_fini(struct backtest *backtest)
{
    arena_fini(&backtest->arena);
    free(backtest->codes);
    *backtest = (struct backtest){ 0 };
}

static void tally_add(struct backtest_tally *to, const struct backtest_tally *from)
{
    to->n += from->n;
    to->n_known += from->n_known;
    to->n_bad += from->n_bad;
}

struct backtest_tally backtest_decided(const struct backtest *backtest, size_t side,
                                       enum decision decision)
{
    struct backtest_tally tally = { 0 };

    for (size_t other = 0; other < BACKTEST_DECISIONS; other++)
        tally_add(&tally, side ? &backtest->change[other][decision]
                               : &backtest->change[decision][other]);
    return tally;
}

/* ---- what was published and said by when ---------------------------------------------------- */

/* Number `number` holds from a moment on; moments do not fall from one to the next. */
struct step {
    uint64_t number;
    int64_t from_us;
};

struct steps {
    struct step *items;
    size_t n, capacity;
};

static void steps_fini(struct steps *steps)
{
    free(steps->items);
}

static enum status steps_add(struct steps *steps, uint64_t number, int64_t from_us)
{
    /* What came later took the place of what stood for a later moment. */
    while (steps->n && steps->items[steps->n - 1].from_us > from_us)
        steps->n--;
    TRY(array_reserve(&steps->items, &steps->capacity, steps->n + 1));
    steps->items[steps->n++] = (struct step){ number, from_us };
    return STATUS_OK;
}

/* The last number in force at the moment; 0: none yet. */
static uint64_t steps_at(const struct steps *steps, int64_t at_us)
{
    size_t low = 0, high = steps->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (steps->items[middle].from_us <= at_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? steps->items[low - 1].number : 0;
}

/* A run counts from when it was published or, in valid time, from the T it stands for. */
static enum status load_publications(struct steps *out, struct graph_txn *txn, bool valid_time)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    uint64_t last;

    TRY(publication_now(&last, txn));
    for (uint64_t number = 1; number <= last; number++) {
        struct run run;

        TRY(run_find(&run, &arena, txn, number));
        TRY(steps_add(out, number, valid_time ? run.as_of_us : run.finished_us));
        arena_reset(&arena);
    }
    return STATUS_OK;
}

static enum status load_overlays(struct steps *out, struct graph_txn *txn)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct overlay *overlays;
    struct tag_view view;
    size_t n;

    TRY(tag_view_now(&view, txn));
    TRY(overlay_list(&overlays, &n, &arena, txn, (struct node_id){ 0 }, view.overlay));
    for (size_t i = 0; i < n; i++)
        TRY(steps_add(out, overlays[i].number, overlays[i].at_us));
    return STATUS_OK;
}

/* ---- one application ------------------------------------------------------------------------ */

struct work {
    struct backtest *out;
    struct graph *graph;
    const struct backtest_options *options;
    struct screener *screeners[BACKTEST_SIDES];
    struct steps publications, overlays;
    struct arena arena; /* of the application at hand */
    struct buf request, answer;
};

static void work_fini(struct work *work)
{
    for (size_t side = 0; side < BACKTEST_SIDES; side++)
        screener_close(work->screeners[side]);
    steps_fini(&work->publications);
    steps_fini(&work->overlays);
    arena_fini(&work->arena);
    buf_fini(&work->request);
    buf_fini(&work->answer);
}

/* Whatever was ever said of an application: its outcome may be dated later than anything else. */
static const struct moment in_the_end = { .as_of_us = TIME_MAX, .known_at_us = TIME_MAX };

static struct moment moment_of(const struct work *work, int64_t at_us)
{
    return (struct moment){ .as_of_us = at_us,
                            .known_at_us = work->options->valid_time ? TIME_MAX : at_us };
}

static enum status take_codes(struct backtest_side *side, struct arena *arena,
                              const struct value *reasons)
{
    struct slice *codes = arena_array(arena, reasons->count + 1u, sizeof *codes);

    if (!codes)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < reasons->count; i++)
        codes[i] = value_slice(value_find(&reasons->items[i], SLICE("code")));
    side->codes = codes;
    side->n_codes = reasons->count;
    return STATUS_OK;
}

/* The answer as every client reads it. */
static enum status take_answer(struct backtest_side *side, struct work *work)
{
    struct value answer;
    char *text = arena_copy(&work->arena, buf_slice(&work->answer));

    if (!text)
        return STATUS_NO_MEMORY;
    TRY(json_parse(&answer, &work->arena, slice_of(text, work->answer.size), NULL));
    TRY(decision_parse(&side->decision, value_slice(value_find(&answer, SLICE("decision")))));
    side->score = value_find(&answer, SLICE("score"))->integer;
    side->truncated = value_find(&answer, SLICE("truncated"))->boolean;
    return take_codes(side, &work->arena, value_find(&answer, SLICE("reasons")));
}

static enum status decide(struct backtest_case *one, struct work *work)
{
    struct moment moment = moment_of(work, one->past->at_us);
    const struct tag_view view = { steps_at(&work->publications, one->past->at_us),
                                   steps_at(&work->overlays, one->past->at_us),
                                   one->past->at_us };
    const struct screen_options options = { .as_of_us = moment.as_of_us,
                                            .known_at_us = moment.known_at_us, .view = &view };

    for (size_t side = 0; side < BACKTEST_SIDES; side++) {
        buf_clear(&work->answer);
        TRY(screen(&work->answer, work->screeners[side], buf_slice(&work->request), &options));
        TRY(take_answer(&one->side[side], work));
    }
    return STATUS_OK;
}

/* Whether nobody knew of the application for long after its moment. */
static enum status is_late(bool *late, struct work *work, const struct past *past)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    const struct moment moment = { .as_of_us = past->at_us, .known_at_us = past->at_us + LATE_US };
    struct node node;
    enum status status;

    TRY(graph_read(&txn, work->graph, &moment));
    status = node_load(&node, txn, past->id);
    *late = status == STATUS_NOT_FOUND;
    return *late ? STATUS_OK : status;
}

/* The request in work->request, and its application's key. */
static enum status rebuild(struct backtest_case *one, struct work *work)
{
    AUTO(txn_endp) struct graph_txn *now = NULL;
    AUTO(txn_endp) struct graph_txn *then = NULL;
    struct moment moment = moment_of(work, one->past->at_us);
    struct node node;
    char *key;

    TRY(graph_read(&now, work->graph, &in_the_end));
    TRY(graph_read(&then, work->graph, &moment));
    buf_clear(&work->request);
    TRY(past_request(&work->request, now, then, one->past));
    TRY(node_load(&node, now, one->past->id));
    key = arena_copy(&work->arena, node.key);
    if (!key)
        return STATUS_NO_MEMORY;
    one->application = slice_of(key, node.key.size);
    return STATUS_OK;
}

/* ---- counting ------------------------------------------------------------------------------- */

static struct backtest_tally tally_of(const struct work *work, const struct past *past)
{
    bool bad = past->outcome == PAST_FRAUD ||
               (past->outcome == PAST_OVERDUE && !work->options->fraud_only);

    return (struct backtest_tally){ 1, past->outcome != PAST_UNKNOWN, bad };
}

/* Where the code stands or belongs. */
static size_t code_place(const struct backtest *out, struct slice code)
{
    size_t place = 0;

    while (place < out->n_codes && slice_compare(out->codes[place].code, code) < 0)
        place++;
    return place;
}

static enum status find_code(struct backtest_code **found, struct backtest *out,
                             struct slice code)
{
    size_t place = code_place(out, code);
    char *copy;

    if (place == out->n_codes || !slice_equal(out->codes[place].code, code)) {
        copy = arena_copy(&out->arena, code);
        if (!copy)
            return STATUS_NO_MEMORY;
        TRY(array_reserve(&out->codes, &out->codes_capacity, out->n_codes + 1));
        memmove(&out->codes[place + 1], &out->codes[place],
                (out->n_codes++ - place) * sizeof *out->codes);
        out->codes[place] = (struct backtest_code){ .code = slice_of(copy, code.size) };
    }
    *found = &out->codes[place];
    return STATUS_OK;
}

static enum status count(struct work *work, const struct backtest_case *one, bool late)
{
    const struct backtest_tally tally = tally_of(work, one->past);
    struct backtest *out = work->out;
    struct backtest_code *code;

    tally_add(&out->all, &tally);
    tally_add(&out->change[one->side[0].decision][one->side[1].decision], &tally);
    out->n_late += late;
    out->n_truncated += one->side[0].truncated || one->side[1].truncated;
    for (size_t side = 0; side < BACKTEST_SIDES; side++)
        for (size_t i = 0; i < one->side[side].n_codes; i++) {
            TRY(find_code(&code, out, one->side[side].codes[i]));
            tally_add(&code->side[side], &tally);
        }
    return STATUS_OK;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static enum status run_one(struct work *work, const struct past *past)
{
    struct backtest_case one = { .past = past };
    bool late;
    enum status status = rebuild(&one, work);

    if (status == STATUS_NOT_FOUND) {
        work->out->n_unapplied++;
        return STATUS_OK;
    }
    TRY(status);
    status = decide(&one, work);
    if (status == STATUS_INVALID || status == STATUS_LIMIT) {
        work->out->n_refused++;
        return STATUS_OK;
    }
    TRY(status);
    TRY(is_late(&late, work, past));
    TRY(count(work, &one, late));
    return work->options->each ? work->options->each(work->options->context, &one) : STATUS_OK;
}

static enum status run_all(struct work *work, const struct past_list *list)
{
    const struct backtest_options *options = work->options;

    for (size_t i = 0; i < list->n; i++) {
        if (options->progress)
            options->progress(options->context, i, list->n);
        TRY(run_one(work, &list->items[i]));
        arena_reset(&work->arena);
    }
    return STATUS_OK;
}

static enum status load(struct work *work, struct past_list *list)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_read(&txn, work->graph, &in_the_end));
    TRY(load_publications(&work->publications, txn, work->options->valid_time));
    TRY(load_overlays(&work->overlays, txn));
    return past_list_load(list, txn, work->options->since_us, work->options->until_us);
}

static enum status open_screeners(struct work *work, struct policy *policies[BACKTEST_SIDES])
{
    enum status status = STATUS_OK;

    /* Each takes its policy, also on failure: so both are opened whatever becomes of the first. */
    for (size_t side = 0; side < BACKTEST_SIDES; side++) {
        enum status opened = screener_open(&work->screeners[side], work->graph, policies[side]);

        status = status ? status : opened;
    }
    return status;
}

enum status backtest(struct backtest *out, struct graph *graph,
                     struct policy *policies[BACKTEST_SIDES],
                     const struct backtest_options *options)
{
    AUTO(work_fini) struct work work = { .out = out, .graph = graph, .options = options };
    AUTO(past_list_fini) struct past_list list = { 0 };

    TRY(open_screeners(&work, policies));
    TRY(load(&work, &list));
    out->n_undated = list.n_undated;
    return run_all(&work, &list);
}
