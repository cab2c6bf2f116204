/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/screen.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "screening/decision.h"
#include "screening/keep.h"
#include "screening/signals.h"

struct screener {
    struct graph *graph;
    struct policy *policy;
    struct arena arena;              /* of the request at hand */
    struct tag_standings standings;  /* of the numbers below */
    uint64_t publication, overlay;
    bool has_standings;
    bool policy_kept;                /* its text lies in the store */
};

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

/* Who is confirmed or blocked changes rarely: kept until one of the numbers or dates does. */
static enum status fresh_standings(struct screener *screener, struct graph_txn *txn,
                                   const struct tag_view *view)
{
    struct tag_standings *standings = &screener->standings;

    if (screener->has_standings && screener->publication == view->publication &&
        screener->overlay == view->overlay && standings->since_us <= view->at_us &&
        view->at_us < standings->until_us)
        return STATUS_OK;
    screener->has_standings = false;
    tag_standings_fini(standings);
    TRY(tag_standings(standings, txn, view));
    screener->publication = view->publication;
    screener->overlay = view->overlay;
    screener->has_standings = true;
    return STATUS_OK;
}

/* What one decision is made on. */
struct ground {
    struct graph_txn *txn;
    struct tag_view view;
    uint64_t commit_seq;
    int64_t at_us;
    int64_t deadline_us; /* monotonic; TIME_MAX: none */
};

static enum decision at_least(enum decision a, enum decision b)
{
    return a > b ? a : b;
}

static enum decision decide(const struct policy_view *policy, const struct signals *signals,
                            bool partial)
{
    enum decision decision = signals->score >= policy->reject   ? DECISION_REJECT
                             : signals->score >= policy->review ? DECISION_REVIEW
                                                                : DECISION_PASS;

    if (policy->allow_pass && signals->allowed_all)
        decision = DECISION_PASS;
    if (signals->blocked)
        decision = DECISION_REJECT;
    if (partial)
        decision = at_least(decision, policy->on_partial);
    if (signals->truncated)
        decision = at_least(decision, policy->on_truncated);
    return decision;
}

/* The same input on the same state has the same name, so a replay names the same decision. */
static enum status name_decision(char id[DECISION_ID_MAX], struct slice request,
                                 const struct ground *ground, const struct policy *policy)
{
    AUTO(buf_fini) struct buf text = { 0 };
    struct hash128 hash;
    unsigned char bytes[16];
    char hex[HASH_HEX_MAX];

    TRY(buf_printf(&text, "%llu %llu %llu %lld %s\n", (unsigned long long)ground->commit_seq,
                   (unsigned long long)ground->view.publication,
                   (unsigned long long)ground->view.overlay, (long long)ground->at_us,
                   policy_hash(policy)));
    TRY(buf_append_slice(&text, request));
    hash = hash128(buf_slice(&text));
    memcpy(bytes, &hash.high, 8);
    memcpy(bytes + 8, &hash.low, 8);
    snprintf(id, DECISION_ID_MAX, "%.32s", hash_hex(hex, bytes, sizeof bytes));
    return STATUS_OK;
}

static enum status evaluate(struct answer *out, struct screener *screener,
                            const struct request *request, struct slice text,
                            const struct ground *ground)
{
    struct signals signals;
    struct policy_view policy;
    struct signals_input input = { .txn = ground->txn, .view = &ground->view,
                                   .standings = &screener->standings, .request = request,
                                   .policy = &policy, .at_us = ground->at_us,
                                   .deadline_us = ground->deadline_us };

    TRY(policy_select(&policy, screener->policy, request->product, request->industry,
                      request->enterprise_type));
    TRY(fresh_standings(screener, ground->txn, &ground->view));
    TRY(signals_collect(&signals, &screener->arena, &input));
    *out = (struct answer){
        .application_id = request->application_id,
        .decision = decide(&policy, &signals, signals.n_skipped > 0),
        .score = signals.score, .natural_score = signals.natural_score, .level = signals.level,
        .reasons = signals.reasons, .n_reasons = signals.n_reasons,
        .allowed = signals.allowed, .n_allowed = signals.n_allowed,
        .hubs = signals.hubs, .n_hubs = signals.n_hubs,
        .truncated = signals.truncated, .partial = signals.n_skipped > 0,
        .skipped = signals.skipped, .n_skipped = signals.n_skipped,
        .commit_seq = ground->commit_seq, .publication = ground->view.publication,
        .overlay = ground->view.overlay, .as_of_us = ground->at_us,
        .known_at_us = txn_moment(ground->txn)->known_at_us,
        .policy_name = policy_name(screener->policy),
        .policy_hash = policy_hash(screener->policy), .rule = policy.rule,
        .n_reads = signals.n_reads,
    };
    return name_decision(out->decision_id, text, ground, screener->policy);
}

static enum status read_request(struct request *out, struct screener *screener, struct slice text)
{
    arena_reset(&screener->arena);
    return request_parse(out, &screener->arena, graph_schema(screener->graph),
                         graph_catalog(screener->graph), text);
}

static int64_t ground_time(const struct request *request, const struct screen_options *options)
{
    return options->as_of_us == TIME_MIN ? request->time_us : options->as_of_us;
}

static enum status ground_fill(struct ground *ground, const struct request *request,
                               const struct screen_options *options)
{
    ground->at_us = ground_time(request, options);
    ground->deadline_us = options->deadline_us ? time_monotonic_us() + options->deadline_us
                                               : TIME_MAX;
    if (options->view)
        ground->view = *options->view;
    else
        TRY(tag_view_now(&ground->view, ground->txn));
    ground->view.at_us = ground->at_us;
    return STATUS_OK;
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
    TRY(evaluate(&made, screener, request, text, &ground));
    return answer_write(answer, &made, time_monotonic_us() - start_us);
}

/* The answer given before under this key; STATUS_NOT_FOUND: none. */
static enum status answered_before(struct buf *answer, struct graph_txn *txn,
                                   const struct request *request, struct slice text)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct slice input, before;
    uint64_t seq;
    enum status status;

    if (!request->idempotency_key.size)
        return STATUS_NOT_FOUND;
    TRY(decision_by_key(&seq, txn, request->idempotency_key));
    status = decision_input(&input, &before, &arena, txn, seq);
    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_CONFLICT, "idempotency_key %.*s belongs to a decision whose input was "
                    "erased; use a new key", (int)request->idempotency_key.size,
                    (const char *)request->idempotency_key.data);
    TRY(status);
    if (!slice_equal(input, text))
        return fail(STATUS_CONFLICT, "idempotency_key %.*s was used for another request; use a new "
                    "key for a new attempt", (int)request->idempotency_key.size,
                    (const char *)request->idempotency_key.data);
    return buf_append_slice(answer, before);
}

static enum status find_before(struct buf *answer, struct screener *screener,
                               const struct request *request, struct slice text)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    if (!request->idempotency_key.size)
        return STATUS_NOT_FOUND;
    TRY(graph_read(&txn, screener->graph, NULL));
    return answered_before(answer, txn, request, text);
}

/* In a write transaction that holds all earlier applications. */
static enum status record_within(struct buf *answer, bool *wrote, struct screener *screener,
                                 struct graph_txn *txn, const struct request *request,
                                 struct slice text, const struct screen_options *options)
{
    AUTO(buf_fini) struct buf json = { 0 };
    int64_t start_us = time_monotonic_us();
    struct ground ground;
    struct answer made;
    enum status status = answered_before(answer, txn, request, text);

    if (status != STATUS_NOT_FOUND)
        return status;
    /* The state before this transaction's own commit: what a replay will look at. */
    ground = (struct ground){ .txn = txn, .commit_seq = txn_moment(txn)->commit_seq - 1 };
    TRY(ground_fill(&ground, request, options));
    TRY(evaluate(&made, screener, request, text, &ground));
    TRY(answer_write(&json, &made, time_monotonic_us() - start_us));
    *wrote = true;
    TRY(keep_decision(txn, &made, request, text, buf_slice(&json), screener->policy,
                      &screener->policy_kept));
    TRY(record_application(txn, request));
    return buf_append_slice(answer, buf_slice(&json));
}

enum status screen_within(struct buf *answer, bool *wrote, struct screener *screener,
                          struct graph_txn *txn, struct slice text,
                          const struct screen_options *options)
{
    struct request request;

    *wrote = false;
    TRY(read_request(&request, screener, text));
    return record_within(answer, wrote, screener, txn, &request, text, options);
}

static enum status record(struct buf *answer, struct screener *screener,
                          const struct request *request, struct slice text,
                          const struct screen_options *options)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(buf_fini) struct buf json = { 0 };
    struct graph_txn *writer;
    bool wrote = false;

    TRY(graph_write(&txn, screener->graph));
    TRY(record_within(&json, &wrote, screener, txn, request, text, options));
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

    TRY(read_request(&request, screener, text));
    if (!options->record)
        return screen_only(answer, screener, &request, text, options, start_us);
    status = find_before(answer, screener, &request, text);
    if (status != STATUS_NOT_FOUND)
        return status;
    return record(answer, screener, &request, text, options);
}

/* Replay */

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
        return fail(STATUS_INVALID, "decision %.*s: its input was erased, so it can't be made "
                    "again", (int)id.size, (const char *)id.data);
    return status;
}

static enum status replay_evaluate(struct buf *out, struct screener *screener,
                                   const struct kept *kept, struct slice input)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct moment moment = { .as_of_us = kept->as_of_us, .known_at_us = TIME_MAX,
                             .commit_seq = kept->commit_seq };
    struct ground ground = { .commit_seq = kept->commit_seq, .at_us = kept->as_of_us,
                             .deadline_us = TIME_MAX,
                             .view = { kept->publication, kept->overlay, kept->as_of_us } };
    struct request request;
    struct answer made;

    TRY(read_request(&request, screener, input));
    TRY(graph_read(&txn, screener->graph, &moment));
    ground.txn = txn;
    TRY(evaluate(&made, screener, &request, input, &ground));
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
