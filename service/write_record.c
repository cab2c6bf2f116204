/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recorded screenings: drafted before, recorded one after the other in one transaction, where only
 * those are made again that another one has touched in between; and the events that go with them.
 */
#include "service/write_lane.h"

#include "service/http.h"

#define GROUP_HOLD_US 16000 /* the lock is not held longer before committing: about a sync or two */

struct group {
    struct server *server;
    struct screening_seat *seat;
    struct graph_txn *txn;
    struct exchange **items;
    size_t n;
    struct feed *feed; /* to be applied behind them, or NULL */
    int64_t n_commits; /* commit numbers of the transaction, the one at hand included */
    uint64_t n_members; /* screenings and events that the transaction holds */
    bool dirty;   /* something was written */
    bool spoiled; /* half of something was: the transaction must be dropped */
    enum status feed_failed;
};

/* What follows has a number of its own where something was written under the one at hand. */
static enum status next_commit(struct group *group)
{
    if (!group->dirty)
        return STATUS_OK;
    group->dirty = false;
    group->n_commits++;
    return txn_next_commit(group->txn);
}

static enum status record_one(struct group *group, struct exchange *exchange)
{
    struct screen_draft *draft = exchange->draft;
    bool wrote = false;
    enum status status;

    TRY(next_commit(group));
    buf_clear(&exchange->answer);
    status = screen_record(&exchange->answer, &wrote, group->seat->screener, group->txn, draft);
    group->dirty = wrote;
    group->spoiled = status && wrote;
    TRY(status);
    return screening_answered(group->server, exchange, screen_draft_request(draft));
}

static enum status commit(struct group *group)
{
    struct graph_txn *txn = group->txn;

    group->txn = NULL;
    return txn_commit(txn);
}

/* What is recorded here must not look like a feed, not even for a moment. */
static enum status commit_own(struct group *group, bool fed)
{
    int64_t n_own = group->n_commits - fed;
    enum status status;

    freshness_own(&group->server->freshness, n_own);
    status = commit(group);
    if (status)
        freshness_own(&group->server->freshness, -n_own);
    return status;
}

static void drop(struct group *group)
{
    txn_end(group->txn);
    group->txn = NULL;
}

/* Behind the screenings, as a commit of their own; says whether there is anything of them in it. */
static bool apply_events(struct group *group)
{
    bool wrote = false;
    enum status status = next_commit(group);

    if (!status)
        status = feed_apply(group->feed, &wrote, &group->n_members, group->txn);
    group->feed_failed = status;
    group->spoiled = status != STATUS_OK;
    return wrote;
}

/* How many were handled: each is answered but not yet sent; fewer than all where time is over. */
static enum status run(size_t *n_done, struct group *group)
{
    int64_t start_us = time_monotonic_us();
    bool fed = false;

    group->n_commits = 1;
    TRY(graph_write(&group->txn, group->server->graph));
    for (*n_done = 0; *n_done < group->n && time_monotonic_us() - start_us < GROUP_HOLD_US;) {
        struct exchange *exchange = group->items[(*n_done)++];
        enum status status = record_one(group, exchange);

        if (status)
            server_fail(group->server, exchange, status);
        if (group->spoiled)
            return STATUS_OK;
        group->n_members += group->dirty;
    }
    if (group->feed)
        fed = apply_events(group);
    if (group->spoiled)
        return STATUS_OK;
    if (!group->n_members && !fed) {
        drop(group);
        return STATUS_OK;
    }
    TRY(commit_own(group, fed));
    metrics_add(&group->server->metrics, METRIC_COMMITS, 1);
    metrics_add(&group->server->metrics, METRIC_COMMITTED, (long long)group->n_members);
    return STATUS_OK;
}

static void fail_all(struct group *group, size_t n, enum status status)
{
    metrics_add(&group->server->metrics, METRIC_COMMIT_FAILURES, 1);
    for (size_t i = 0; i < n; i++)
        server_fail(group->server, group->items[i], status);
}

void answer_drafted(struct exchange *exchange)
{
    screen_draft_free(exchange->draft);
    exchange->draft = NULL;
    http_answer(exchange);
}

static void answer_all(struct exchange **items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        answer_drafted(items[i]);
}

/* As it was before it was tried. */
static void reset(struct exchange *exchange)
{
    exchange->status = 0;
    exchange->content_type = NULL;
    exchange->retry_after_s = 0;
    buf_clear(&exchange->answer);
}

/* Each in a transaction of its own, after one of them broke the common one. */
static void run_single(struct group *group, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct group one = { .server = group->server, .seat = group->seat,
                             .items = &group->items[i], .n = 1 };
        enum status status;
        size_t done;

        reset(group->items[i]);
        status = run(&done, &one);
        drop(&one);
        if (status)
            fail_all(&one, 1, status);
    }
}

static enum status run_events(struct group *group)
{
    struct group alone = { .server = group->server, .feed = group->feed };
    enum status status;
    size_t done;

    status = run(&done, &alone);
    drop(&alone);
    return status ? status : alone.feed_failed;
}

static void end_events(struct group *group, enum status status)
{
    if (!group->feed)
        return;
    if (status)
        metrics_add(&group->server->metrics, METRIC_COMMIT_FAILURES, 1);
    feed_end(group->feed, group->server, status);
}

/* Handles some of the group, at least one, and says how many; and its events. */
static size_t handle(struct group *group)
{
    size_t n = group->n;
    enum status status =
        n ? seat_refresh(group->seat, &group->server->policy, group->server->graph) : STATUS_OK;

    if (!status)
        status = run(&n, group);
    drop(group);
    if (group->feed_failed) {
        struct group rest = { .server = group->server, .seat = group->seat,
                              .items = group->items, .n = group->n };

        end_events(group, group->feed_failed);
        for (size_t i = 0; i < n; i++)
            reset(group->items[i]);
        return n ? handle(&rest) : 0;
    }
    if (status)
        fail_all(group, n, status);
    else if (group->spoiled)
        run_single(group, n);
    answer_all(group->items, n);
    end_events(group, !status && group->spoiled ? run_events(group) : status);
    return n;
}

void record_group(struct server *server, struct screening_seat *seat, struct exchange **group,
                  size_t n, struct feed *feed)
{
    if (!feed->n)
        feed = NULL;
    while (n || feed) {
        struct group rest = { .server = server, .seat = seat, .items = group, .n = n,
                              .feed = feed };
        size_t done = handle(&rest);

        group += done;
        n -= done;
        feed = NULL;
    }
}
