/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded screenings: evaluated one after the other inside the transaction that records them. */
#include "service/write_lane.h"

#include "service/http.h"

#define GROUP_HOLD_US 8000 /* the lock is not held longer before committing */

struct group {
    struct server *server;
    struct screening_seat *seat;
    struct graph_txn *txn;
    struct exchange **items;
    size_t n;
    bool dirty;   /* something was written */
    bool spoiled; /* half of an application was: the transaction must be dropped */
};

static enum status record_one(struct group *group, struct exchange *exchange)
{
    AUTO(buf_fini) struct buf made = { 0 };
    struct screen_options options = SCREEN_OPTIONS_INIT;
    struct slice text;
    bool wrote = false;
    enum status status;

    options.deadline_us = exchange->deadline_us;
    TRY(exchange_text(&text, &made, exchange));
    if (group->dirty)
        TRY(txn_next_commit(group->txn));
    group->dirty = false;
    buf_clear(&exchange->answer);
    status = screen_within(&exchange->answer, &wrote, group->seat->screener, group->txn, text,
                           &options);
    group->dirty = wrote;
    group->spoiled = status && wrote;
    TRY(status);
    return screening_answered(group->server, exchange, text);
}

static enum status commit(struct group *group)
{
    struct graph_txn *txn = group->txn;

    group->txn = NULL;
    return txn_commit(txn);
}

/* What is recorded here must not look like a feed, not even for a moment. */
static enum status commit_own(struct group *group, int64_t n_wrote)
{
    enum status status;

    freshness_own(&group->server->freshness, n_wrote);
    status = commit(group);
    if (status)
        freshness_own(&group->server->freshness, -n_wrote);
    return status;
}

static void drop(struct group *group)
{
    txn_end(group->txn);
    group->txn = NULL;
}

/* How many were handled: each is answered but not yet sent; fewer than all where time is over. */
static enum status run(size_t *n_done, struct group *group)
{
    int64_t start_us = time_monotonic_us();
    int64_t n_wrote = 0;

    TRY(graph_write(&group->txn, group->server->graph));
    for (*n_done = 0; *n_done < group->n && time_monotonic_us() - start_us < GROUP_HOLD_US;) {
        struct exchange *exchange = group->items[(*n_done)++];
        enum status status = record_one(group, exchange);

        if (status)
            server_fail(group->server, exchange, status);
        if (group->spoiled)
            return STATUS_OK;
        n_wrote += group->dirty;
    }
    if (!n_wrote) {
        drop(group);
        return STATUS_OK;
    }
    metrics_add(&group->server->metrics, METRIC_COMMITS, 1);
    metrics_add(&group->server->metrics, METRIC_COMMITTED, (long long)*n_done);
    return commit_own(group, n_wrote);
}

static void fail_all(struct group *group, size_t n, enum status status)
{
    metrics_add(&group->server->metrics, METRIC_COMMIT_FAILURES, 1);
    for (size_t i = 0; i < n; i++)
        server_fail(group->server, group->items[i], status);
}

static void answer_all(struct exchange **items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        http_answer(items[i]);
}

/* Each in a transaction of its own, after one of them broke the common one. */
static void run_single(struct group *group, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct group one = { .server = group->server, .seat = group->seat,
                             .items = &group->items[i], .n = 1 };
        enum status status;
        size_t done;

        group->items[i]->status = 0;
        status = run(&done, &one);
        drop(&one);
        if (status)
            fail_all(&one, 1, status);
    }
}

/* Handles some of the group, at least one, and says how many. */
static size_t handle(struct group *group)
{
    size_t n = group->n;
    enum status status = seat_refresh(group->seat, &group->server->policy, group->server->graph);

    group->dirty = group->spoiled = false;
    if (!status)
        status = run(&n, group);
    drop(group);
    if (status)
        fail_all(group, n, status);
    else if (group->spoiled)
        run_single(group, n);
    answer_all(group->items, n);
    return n;
}

void record_group(struct server *server, struct screening_seat *seat, struct exchange **group,
                  size_t n)
{
    while (n) {
        struct group rest = { .server = server, .seat = seat, .items = group, .n = n };
        size_t done = handle(&rest);

        group += done;
        n -= done;
    }
}
