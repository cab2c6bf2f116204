/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/freshness.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/time.h"
#include "graph/publication.h"

/*
 * Own commits are counted before they are made, so that at worst a feed is noticed a look later,
 * and never one seen that was none.
 */
static enum status look_at_feed(struct freshness *freshness, struct graph_txn *txn)
{
    uint64_t seq = txn_counts(txn).commit_seq;
    uint64_t own = atomic_load(&freshness->n_screenings);
    int64_t us;

    atomic_store(&freshness->commit_seq, seq);
    if (seq < own || seq - own <= freshness->feed_seq)
        return STATUS_OK;
    TRY(txn_commit_time(&us, txn, seq));
    freshness->feed_seq = seq - own;
    atomic_store(&freshness->fed_us, us);
    return STATUS_OK;
}

/* A run is read once: what is told of its time must not grow younger at each look. */
static enum status look_at_tags(struct freshness *freshness, struct graph_txn *txn)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct run run;
    uint64_t number;

    TRY(publication_now(&number, txn));
    if (number && number == atomic_load(&freshness->publication))
        return STATUS_OK;
    TRY(run_find(&run, &arena, txn, number));
    atomic_store(&freshness->publication, number);
    atomic_store(&freshness->published_us, number ? run.finished_us : TIME_MIN);
    return STATUS_OK;
}

static enum status look(struct freshness *freshness, struct graph *graph)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_read(&txn, graph, NULL));
    TRY(look_at_feed(freshness, txn));
    return look_at_tags(freshness, txn);
}

/*
 * A time ahead of the clock, which was wrong then or is now, says nothing of an age: it counts as
 * of the moment when that is seen, or what is told by it would stay fresh until the clock is there.
 */
static void not_ahead(atomic_llong *us, int64_t now_us)
{
    if (atomic_load(us) > now_us)
        atomic_store(us, now_us);
}

static bool is_older(int64_t us, int64_t now_us, int64_t limit_s)
{
    return limit_s && (us == TIME_MIN || now_us - us > limit_s * US_PER_SECOND);
}

void freshness_look(struct freshness *freshness, struct graph *graph, const struct config *config)
{
    const char *before = atomic_load(&freshness->problem), *problem = NULL;
    int64_t now_us = time_now_us();
    enum status status = look(freshness, graph);

    not_ahead(&freshness->fed_us, now_us);
    not_ahead(&freshness->published_us, now_us);
    if (status)
        problem = "the graph can't be read";
    else if (is_older(atomic_load(&freshness->fed_us), now_us, config->max_feed_age_s))
        problem = "the graph was not fed for longer than max_feed_age_s";
    else if (is_older(atomic_load(&freshness->published_us), now_us, config->max_tags_age_s))
        problem = "the tags are older than max_tags_age_s; run retag";
    if (problem && problem != before)
        log_warning("%s: screenings are refused until that ends", problem);
    atomic_store(&freshness->problem, problem);
}

const char *freshness_problem(const struct freshness *freshness)
{
    return atomic_load(&freshness->problem);
}

void freshness_own(struct freshness *freshness, int64_t n)
{
    atomic_fetch_add(&freshness->n_screenings, (unsigned long long)n);
}
