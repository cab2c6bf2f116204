/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recorded decision made again on the state that it was made on. */
#include "screening/decision.h"
#include "screening/ground.h"
#include "screening/keep.h"

void replay_fini(struct replay *replay)
{
    buf_fini(&replay->recorded);
    buf_fini(&replay->again);
}

/* Loads what the decision was made with. */
static enum status load_kept(struct kept *kept, struct slice *input, struct slice *answer,
                             struct arena *arena, struct graph_txn *txn, struct slice id)
{
    struct decision_record record;
    enum status status;
    uint64_t seq;

    TRY(decision_by_id(&seq, txn, id));
    TRY(decision_load(&record, txn, seq));
    TRY(kept_parse(kept, arena, record.body));
    if (kept->kind != KEPT_DECISION)
        return fail(STATUS_INVALID, "decision %.*s was made by a person; replay the engine's",
                    (int)id.size, (const char *)id.data);
    status = decision_input(input, answer, arena, txn, seq);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_INVALID,
                    "decision %.*s: its input was erased, so it can't be made "
                    "again",
                    (int)id.size, (const char *)id.data);
    return status;
}

static enum status replay_evaluate(struct buf *out, struct screener *screener,
                                   const struct kept *kept, struct slice input)
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

enum status screen_replay(struct replay *replay, struct graph *graph, struct slice decision_id)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(screener_closep) struct screener *screener = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct policy *policy = NULL;
    struct slice input, answer, policy_text;
    struct kept kept;

    TRY(graph_read(&txn, graph, NULL));
    TRY(load_kept(&kept, &input, &answer, &arena, txn, decision_id));
    TRY(keep_find_policy(&policy_text, txn, kept.policy_hash));
    TRY(policy_load(&policy, kept.policy_name, policy_text));
    TRY(screener_open(&screener, graph, policy));
    TRY(buf_append_slice(&replay->recorded, answer));
    TRY(replay_evaluate(&replay->again, screener, &kept, input));
    replay->identical = slice_equal(answer_decided(buf_slice(&replay->recorded)),
                                    answer_decided(buf_slice(&replay->again)));
    return STATUS_OK;
}
