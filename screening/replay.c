/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/replay.h"

#include "screening/decision.h"
#include "screening/ground.h"
#include "screening/keep.h"

/* What decisions have in common, kept from one to the next. */
struct replayer {
    struct graph *graph;
    struct screener *screener; /* of the policy that was asked for last, or NULL */
    struct arena arena;        /* of the decision at hand */
};

static void replayer_fini(struct replayer *replayer)
{
    screener_close(replayer->screener);
    arena_fini(&replayer->arena);
}

void replay_fini(struct replay *replay)
{
    buf_fini(&replay->recorded);
    buf_fini(&replay->again);
}

/* Policies change rarely, and decisions come in their order. */
static enum status use_policy(struct replayer *replayer, struct graph_txn *txn,
                              const struct kept *kept)
{
    struct policy *policy = NULL;
    struct slice text;

    if (replayer->screener &&
        strcmp(policy_hash(screener_policy(replayer->screener)), kept->policy_hash) == 0 &&
        strcmp(policy_name(screener_policy(replayer->screener)), kept->policy_name) == 0)
        return STATUS_OK;
    screener_close(replayer->screener);
    replayer->screener = NULL;
    TRY(keep_find_policy(&text, txn, kept->policy_hash));
    TRY(policy_load(&policy, kept->policy_name, text));
    return screener_open(&replayer->screener, replayer->graph, policy);
}

static enum status evaluate(struct buf *out, struct screener *screener, const struct kept *kept,
                            struct slice input)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct moment moment = { .as_of_us = kept->as_of_us,
                             .known_at_us = TIME_MAX,
                             .commit_seq = kept->commit_seq };
    struct ground ground = { .commit_seq = kept->commit_seq,
                             .at_us = kept->as_of_us,
                             .deadline_us = TIME_MAX,
                             .view = { kept->publication, kept->overlay, kept->as_of_us },
                             .skip = kept->skipped };
    struct request request;
    struct answer made;

    TRY(ground_request(&request, &screener->arena, screener, input));
    TRY(graph_read(&txn, screener->graph, &moment));
    ground.txn = txn;
    TRY(ground_decide(&made, screener, &screener->arena, &request, input, &ground));
    return answer_write(out, &made, 0);
}

/* A decision of the log. */
struct logged {
    struct kept kept;
    struct slice input, answer;
    bool erased; /* these two are gone */
};

static enum status load(struct logged *out, struct arena *arena, struct graph_txn *txn,
                        uint64_t seq)
{
    struct decision_record record;
    enum status status;

    arena_reset(arena);
    TRY(decision_load(&record, txn, seq));
    TRY(kept_parse(&out->kept, arena, record.body));
    status = decision_input(&out->input, &out->answer, arena, txn, seq);
    out->erased = status == STATUS_NOT_FOUND;
    return out->erased ? STATUS_OK : status;
}

static enum status make_again(struct replay *replay, struct replayer *replayer,
                              struct graph_txn *txn, const struct logged *logged)
{
    TRY(use_policy(replayer, txn, &logged->kept));
    replay->decision_id = logged->kept.decision_id;
    buf_clear(&replay->recorded);
    buf_clear(&replay->again);
    TRY(buf_append_slice(&replay->recorded, logged->answer));
    TRY(evaluate(&replay->again, replayer->screener, &logged->kept, logged->input));
    replay->identical = slice_equal(answer_decided(buf_slice(&replay->recorded)),
                                    answer_decided(buf_slice(&replay->again)));
    return STATUS_OK;
}

enum status screen_replay(struct replay *replay, struct graph *graph, struct slice decision_id)
{
    AUTO(replayer_fini) struct replayer replayer = { .graph = graph };
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct logged logged;
    uint64_t seq;

    TRY(graph_read(&txn, graph, NULL));
    TRY(decision_by_id(&seq, txn, decision_id));
    TRY(load(&logged, &replayer.arena, txn, seq));
    if (logged.kept.kind != KEPT_DECISION)
        return fail(STATUS_INVALID, "decision %.*s was made by a person; replay the engine's",
                    (int)decision_id.size, (const char *)decision_id.data);
    if (logged.erased)
        return fail(STATUS_INVALID,
                    "decision %.*s: its input was erased, so it can't be made again",
                    (int)decision_id.size, (const char *)decision_id.data);
    TRY(make_again(replay, &replayer, txn, &logged));
    replay->decision_id = decision_id;
    return STATUS_OK;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static enum status replay_record(struct replay_counts *counts, struct replay *replay,
                                 struct replayer *replayer, uint64_t seq,
                                 const struct replay_all_options *options)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct logged logged;

    TRY(graph_read(&txn, replayer->graph, NULL));
    TRY(load(&logged, &replayer->arena, txn, seq));
    if (logged.kept.at_us < options->since_us)
        return STATUS_OK;
    counts->n_by_people += logged.kept.kind != KEPT_DECISION;
    counts->n_erased += logged.kept.kind == KEPT_DECISION && logged.erased;
    if (logged.kept.kind != KEPT_DECISION || logged.erased)
        return STATUS_OK;
    TRY(make_again(replay, replayer, txn, &logged));
    counts->n++;
    counts->n_identical += replay->identical;
    return options->each ? options->each(options->context, replay) : STATUS_OK;
}

static enum status newest(uint64_t *seq, struct graph *graph)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_read(&txn, graph, NULL));
    return decision_last(seq, txn);
}

enum status screen_replay_all(struct replay_counts *out, struct graph *graph,
                              const struct replay_all_options *options)
{
    AUTO(replayer_fini) struct replayer replayer = { .graph = graph };
    AUTO(replay_fini) struct replay replay = { 0 };
    struct replay_counts counts = { 0 };
    uint64_t last;

    TRY(newest(&last, graph));
    for (uint64_t seq = 1; seq <= last; seq++) {
        TRY(replay_record(&counts, &replay, &replayer, seq, options));
        if (options->progress)
            options->progress(options->context, seq, last);
    }
    *out = counts;
    return STATUS_OK;
}
