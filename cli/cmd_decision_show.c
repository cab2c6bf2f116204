/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decision show: what was decided, on what ground, of what, why, and what people did about it. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/answer_text.h"
#include "cli/command.h"
#include "screening/decision.h"
#include "screening/keep.h"

struct shown {
    struct cli *cli;
    struct graph_txn *txn;
    struct arena arena;
    uint64_t seq;
    struct decision_record record;
    struct kept kept;
    struct slice input, answer; /* empty: erased */
    /* What people did about it, in order. */
    uint64_t *by_hand;
    size_t n_by_hand, capacity;
};

static void shown_fini(struct shown *shown)
{
    arena_fini(&shown->arena);
    free(shown->by_hand);
}

/* ---- finding it: by its name, or the newest of an application -------------------------------- */

static enum status load_kept(struct kept *kept, struct decision_record *record,
                             struct shown *shown, uint64_t seq)
{
    TRY(decision_load(record, shown->txn, seq));
    return kept_parse(kept, &shown->arena, record->body);
}

static enum status take_newest(void *context, uint64_t seq)
{
    struct shown *shown = context;
    struct decision_record record;
    struct kept kept;

    TRY(load_kept(&kept, &record, shown, seq));
    if (kept.kind == KEPT_DECISION)
        shown->seq = seq;
    return STATUS_OK;
}

static enum status take_by_hand(void *context, uint64_t seq)
{
    struct shown *shown = context;
    struct decision_record record;
    struct kept kept;

    TRY(load_kept(&kept, &record, shown, seq));
    if (kept.kind == KEPT_DECISION || !slice_equal(kept.decision_id, shown->kept.decision_id))
        return STATUS_OK;
    TRY(array_reserve(&shown->by_hand, &shown->capacity, shown->n_by_hand + 1));
    shown->by_hand[shown->n_by_hand++] = seq;
    return STATUS_OK;
}

static enum status find(struct shown *shown, const char *text)
{
    enum status status = decision_by_id(&shown->seq, shown->txn, slice_str(text));

    if (status != STATUS_NOT_FOUND)
        return status;
    shown->seq = 0;
    TRY(decision_by_application(shown->txn, slice_str(text), take_newest, shown));
    if (!shown->seq)
        return fail(STATUS_NOT_FOUND, "no decision and no application %s; "
                    "`decision list` shows them", text);
    return STATUS_OK;
}

static enum status load(struct shown *shown)
{
    enum status status;

    TRY(load_kept(&shown->kept, &shown->record, shown, shown->seq));
    TRY(decision_by_application(shown->txn, shown->kept.application_id, take_by_hand, shown));
    status = decision_input(&shown->input, &shown->answer, &shown->arena, shown->txn, shown->seq);
    if (status == STATUS_NOT_FOUND)
        shown->input = shown->answer = SLICE("");
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- as one JSON object ---------------------------------------------------------------------- */

static void raw_or_null(struct emit *emit, const char *key, struct slice json)
{
    emit_key(emit, key);
    json.size ? emit_raw(emit, json) : emit_null(emit);
}

static enum status print_json(struct shown *shown)
{
    AUTO(buf_fini) struct buf text = { 0 };
    struct emit emit = emit_start(&text);

    emit_object(&emit);
    emit_key(&emit, "seq");
    emit_uint(&emit, shown->seq);
    emit_key(&emit, "record");
    emit_raw(&emit, shown->record.body);
    raw_or_null(&emit, "input", shown->input);
    raw_or_null(&emit, "answer", shown->answer);
    emit_key(&emit, "by_hand");
    emit_list(&emit);
    for (size_t i = 0; i < shown->n_by_hand; i++) {
        struct decision_record record;

        TRY(decision_load(&record, shown->txn, shown->by_hand[i]));
        emit_raw(&emit, record.body);
    }
    emit_end(&emit);
    emit_end(&emit);
    TRY(emit_finish(&emit));
    return output_json(&shown->cli->output, buf_slice(&text));
}

/* ---- in words -------------------------------------------------------------------------------- */

#define TEXT(slice) (int)(slice).size, (const char *)(slice).data

static enum status print_ground(struct output *output, const struct shown *shown)
{
    const struct kept *kept = &shown->kept;
    char at[TIME_TEXT_MAX], as_of[TIME_TEXT_MAX];

    return output_printf(output, "record %" PRIu64 ", made at %s: the graph as of %s, commit "
                         "%" PRIu64 ", publication %" PRIu64 ", overlay %" PRIu64
                         ", policy %s@%.*s\n", shown->seq, time_format(at, kept->at_us),
                         time_format(as_of, kept->as_of_us), kept->commit_seq,
                         kept->publication, kept->overlay, kept->policy_name, POLICY_HASH_SHORT,
                         kept->policy_hash);
}

/* The answer, or what the record still says of it. */
static enum status print_decided(struct output *output, const struct shown *shown)
{
    const struct kept *kept = &shown->kept;

    if (shown->answer.size) {
        TRY(output_printf(output, "application: %.*s\n", TEXT(shown->input)));
        return answer_print(output, shown->answer);
    }
    return output_printf(output, "%.*s: %s, score %" PRId64 "\n  decision %.*s; application and "
                         "answer were erased\n", TEXT(kept->application_id),
                         decision_name(kept->decision), kept->score, TEXT(kept->decision_id));
}

static enum status print_by_hand(struct output *output, struct shown *shown, uint64_t seq)
{
    struct decision_record record;
    struct kept kept;
    char at[TIME_TEXT_MAX];

    TRY(load_kept(&kept, &record, shown, seq));
    return output_printf(output, "%.*s %s%s at %s: %.*s\n", TEXT(kept.person),
                         kept.kind == KEPT_ERASURE ? "erased application and answer" : "decided ",
                         kept.kind == KEPT_ERASURE ? "" : decision_name(kept.decision),
                         time_format(at, kept.at_us), TEXT(kept.reason));
}

static enum status print_words(struct shown *shown)
{
    struct output *output = &shown->cli->output;

    TRY(print_ground(output, shown));
    TRY(print_decided(output, shown));
    for (size_t i = 0; i < shown->n_by_hand; i++)
        TRY(print_by_hand(output, shown, shown->by_hand[i]));
    return STATUS_OK;
}

static enum status decision_show_run(struct cli *cli, const void *given)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(shown_fini) struct shown shown = { .cli = cli };

    (void)given;
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_read(&txn, graph, NULL));
    shown.txn = txn;
    TRY(find(&shown, cli->operands[0]));
    TRY(load(&shown));
    return cli->output.format == FORMAT_TABLE ? print_words(&shown) : print_json(&shown);
}

const struct command command_decision_show = {
    .name = "decision show",
    .usage = "DECISION or APPLICATION",
    .summary = "show a decision with its ground, its application, its answer, and what people did",
    .details = "Of an application the engine's newest decision. --format table, the default on a\n"
               "terminal, tells it in words.",
    .min_operands = 1,
    .max_operands = 1,
    .run = decision_show_run,
};
