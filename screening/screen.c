/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/screen.h"

#include <stdlib.h>

#include "screening/draft.h"
#include "screening/ground.h"
#include "screening/keep.h"

enum status screener_open(struct screener **out, struct graph *graph, struct policy *policy)
{
    struct screener *screener = calloc(1, sizeof *screener);

    if (!screener) {
        policy_free(policy);
        return fail_memory(sizeof *screener);
    }
    screener->graph = graph;
    screener->policy = policy;
    *out = screener;
    return STATUS_OK;
}

void screener_close(struct screener *screener)
{
    if (!screener)
        return;
    policy_free(screener->policy);
    tag_standings_fini(&screener->standings);
    arena_fini(&screener->arena);
    free(screener);
}

void screener_closep(struct screener **screener)
{
    screener_close(*screener);
}

const struct policy *screener_policy(const struct screener *screener)
{
    return screener->policy;
}

static enum status screen_only(struct buf *answer, struct screener *screener,
                               const struct request *request, struct slice text,
                               const struct screen_options *options, int64_t start_us)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct ground ground = { 0 };
    struct moment moment = { .as_of_us = ground_time(request, options),
                             .known_at_us = options->known_at_us };
    struct answer made;

    TRY(graph_read(&txn, screener->graph, &moment));
    ground.txn = txn;
    ground.commit_seq = txn_moment(txn)->commit_seq;
    TRY(ground_fill(&ground, request, options));
    TRY(ground_decide(&made, screener, &screener->arena, request, text, &ground));
    return answer_write(answer, &made, time_monotonic_us() - start_us);
}

static enum status find_before(struct buf *answer, struct screener *screener,
                               const struct request *request, struct slice text)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    if (!request->idempotency_key.size)
        return STATUS_NOT_FOUND;
    TRY(graph_read(&txn, screener->graph, NULL));
    return draft_answered_before(answer, txn, request, text);
}

/*
 * Made on a state that others may have left behind by now, recorded once the lock is there: what
 * was read is looked at again then, and nothing is decided while the lock is held unless it was.
 */
static enum status record(struct buf *answer, struct screener *screener, struct slice text,
                          const struct screen_options *options)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(screen_draft_freep) struct screen_draft *draft = NULL;
    AUTO(buf_fini) struct buf json = { 0 };
    struct graph_txn *writer;
    bool wrote = false;

    TRY(screen_draft(&draft, screener, text, options));
    TRY(graph_write(&txn, screener->graph));
    TRY(screen_record(&json, &wrote, screener, txn, draft));
    if (wrote) {
        writer = txn;
        txn = NULL;
        TRY(txn_commit(writer));
    }
    return buf_append_slice(answer, buf_slice(&json));
}

enum status screen(struct buf *answer, struct screener *screener, struct slice text,
                   const struct screen_options *options)
{
    int64_t start_us = time_monotonic_us();
    struct request request;
    enum status status;

    TRY(ground_request(&request, &screener->arena, screener, text));
    if (!options->record)
        return screen_only(answer, screener, &request, text, options, start_us);
    status = find_before(answer, screener, &request, text);
    if (status != STATUS_NOT_FOUND)
        return status;
    return record(answer, screener, text, options);
}

enum status screen_override(struct graph *graph, struct slice decision_id, enum decision decision,
                            struct slice person, struct slice reason)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct graph_txn *writer;

    if (!person.size || !reason.size)
        return fail(STATUS_INVALID, "an override needs a person and a reason: --by NAME "
                                    "--reason TEXT");
    TRY(graph_write(&txn, graph));
    TRY(keep_override(txn, decision_id, decision, person, reason));
    writer = txn;
    txn = NULL;
    return txn_commit(writer);
}

enum status screen_erase(struct graph *graph, struct slice decision_id, struct slice person,
                         struct slice reason)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct graph_txn *writer;

    if (!person.size || !reason.size)
        return fail(STATUS_INVALID, "an erasure needs a person and a reason: --by NAME "
                                    "--reason TEXT");
    TRY(graph_write(&txn, graph));
    TRY(keep_erasure(txn, decision_id, person, reason));
    writer = txn;
    txn = NULL;
    return txn_commit(writer);
}
