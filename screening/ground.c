/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screening/ground.h"

#include "base/hash.h"
#include "screening/decision.h"
#include "screening/signals.h"

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
    memcpy(id, hash_hex(hex, bytes, sizeof bytes), 2 * sizeof bytes + 1);
    return STATUS_OK;
}

enum status ground_decide(struct answer *out, struct screener *screener, struct arena *arena,
                          const struct request *request, struct slice text,
                          const struct ground *ground)
{
    struct signals signals;
    struct policy_view policy;
    struct signals_input input = { .txn = ground->txn,
                                   .view = &ground->view,
                                   .standings = &screener->standings,
                                   .request = request,
                                   .policy = &policy,
                                   .at_us = ground->at_us,
                                   .deadline_us = ground->deadline_us,
                                   .skip = ground->skip };

    TRY(policy_select(&policy, screener->policy, request->product, request->industry,
                      request->enterprise_type));
    TRY(fresh_standings(screener, ground->txn, &ground->view));
    TRY(signals_collect(&signals, arena, &input));
    *out = (struct answer){
        .application_id = request->application_id,
        .decision = decide(&policy, &signals, signals.n_skipped > 0),
        .score = signals.score,
        .natural_score = signals.natural_score,
        .level = signals.level,
        .reasons = signals.reasons,
        .n_reasons = signals.n_reasons,
        .allowed = signals.allowed,
        .n_allowed = signals.n_allowed,
        .hubs = signals.hubs,
        .n_hubs = signals.n_hubs,
        .truncated = signals.truncated,
        .partial = signals.n_skipped > 0,
        .skipped = signals.skipped,
        .n_skipped = signals.n_skipped,
        .ignored = request->ignored,
        .n_ignored = request->n_ignored,
        .commit_seq = ground->commit_seq,
        .publication = ground->view.publication,
        .overlay = ground->view.overlay,
        .as_of_us = ground->at_us,
        .known_at_us = txn_moment(ground->txn)->known_at_us,
        .policy_name = policy_name(screener->policy),
        .policy_hash = policy_hash(screener->policy),
        .rule = policy.rule,
        .n_reads = signals.n_reads,
        .parties = signals.parties,
        .application = signals.application,
    };
    return name_decision(out->decision_id, text, ground, screener->policy);
}

enum status ground_request(struct request *out, struct arena *arena,
                           const struct screener *screener, struct slice text)
{
    arena_reset(arena);
    return request_parse(out, arena, graph_schema(screener->graph), graph_catalog(screener->graph),
                         text);
}

int64_t ground_time(const struct request *request, const struct screen_options *options)
{
    return options->as_of_us == TIME_MIN ? request->time_us : options->as_of_us;
}

enum status ground_fill(struct ground *ground, const struct request *request,
                        const struct screen_options *options)
{
    ground->at_us = ground_time(request, options);
    ground->deadline_us =
        options->deadline_us ? time_monotonic_us() + options->deadline_us : TIME_MAX;
    if (options->view)
        ground->view = *options->view;
    else
        TRY(tag_view_now(&ground->view, ground->txn));
    ground->view.at_us = ground->at_us;
    return STATUS_OK;
}
