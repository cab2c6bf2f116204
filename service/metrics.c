/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/metrics.h"

#define FIRST_BUCKET_US 50

static const struct {
    const char *name, *type, *help;
} metric_texts[METRIC_COUNT_] = {
    [METRIC_CONNECTIONS] = { "connections", "gauge", "Open connections." },
    [METRIC_CLOSED_SLOW] = { "connections_cut_total", "counter",
                             "Connections cut because a deadline passed." },
    [METRIC_IN_FLIGHT] = { "requests_in_flight", "gauge", "Requests being read or answered." },
    [METRIC_REFUSED_QUEUE] = { "requests_refused_total", "counter",
                               "Requests refused because a queue was full or the wait too long." },
    [METRIC_REFUSED_CALLER] = { "requests_refused_caller_total", "counter",
                                "Requests refused because their caller had too many under way." },
    [METRIC_UNAVAILABLE_REVIEW] = { "unavailable_review_total", "counter",
                                    "Screenings that could not be answered: review." },
    [METRIC_UNAVAILABLE_REJECT] = { "unavailable_reject_total", "counter",
                                    "Screenings that could not be answered: reject." },
    [METRIC_UNAUTHORISED] = { "unauthorised_total", "counter",
                              "Requests without a valid token or role." },
    [METRIC_DECISIONS_PASS] = { "decisions_pass_total", "counter", "Decisions: pass." },
    [METRIC_DECISIONS_REVIEW] = { "decisions_review_total", "counter", "Decisions: review." },
    [METRIC_DECISIONS_REJECT] = { "decisions_reject_total", "counter", "Decisions: reject." },
    [METRIC_PARTIAL] = { "decisions_partial_total", "counter",
                         "Decisions for which the deadline left out probes." },
    [METRIC_COMMITS] = { "commits_total", "counter", "Durable commits of the writer." },
    [METRIC_COMMITTED] = { "commit_members_total", "counter",
                           "Screenings and events in those commits." },
    [METRIC_COMMIT_FAILURES] = { "commit_failures_total", "counter", "Commits that failed." },
    [METRIC_POLICY_RELOADS] = { "policy_reloads_total", "counter", "Policies taken over." },
    [METRIC_POLICY_RELOAD_FAILURES] = { "policy_reload_failures_total", "counter",
                                        "Policies refused; the old one stayed." },
    [METRIC_UNMASKED_LOOKS] = { "unmasked_looks_total", "counter",
                                "Answers that showed personal data unmasked." },
};

static const char *const endpoint_names[ENDPOINT_COUNT_ + 1] = {
    [ENDPOINT_SCREENINGS] = "screenings", [ENDPOINT_DECISION] = "decisions",
    [ENDPOINT_TAGS] = "tags", [ENDPOINT_EVENTS] = "events", [ENDPOINT_QUERY] = "query",
    [ENDPOINT_HEALTH] = "healthz", [ENDPOINT_READY] = "readyz", [ENDPOINT_METRICS] = "metrics",
    [ENDPOINT_OPENAPI] = "openapi", [ENDPOINT_COUNT_] = "other",
};

static size_t bucket_of(int64_t us)
{
    size_t bucket = 0;

    for (int64_t limit = FIRST_BUCKET_US; bucket < METRICS_BUCKETS && us > limit; limit *= 2)
        bucket++;
    return bucket;
}

void metrics_answer(struct metrics *metrics, const struct route *route, unsigned status,
                    int64_t elapsed_us)
{
    size_t endpoint = route ? (size_t)route->endpoint : ENDPOINT_COUNT_;
    size_t kind = status / 100 < 6 ? status / 100 : 5;

    atomic_fetch_add_explicit(&metrics->answers[endpoint][kind], 1, memory_order_relaxed);
    if (!route)
        return;
    atomic_fetch_add_explicit(&metrics->buckets[endpoint][bucket_of(elapsed_us)], 1,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->total_us[endpoint], (unsigned long long)elapsed_us,
                              memory_order_relaxed);
}

static enum status write_answers(struct buf *out, struct metrics *metrics)
{
    TRY(buf_printf(out, "# HELP ringfence_answers_total Answers by endpoint and status class.\n"
                        "# TYPE ringfence_answers_total counter\n"));
    for (size_t e = 0; e <= ENDPOINT_COUNT_; e++)
        for (size_t kind = 1; kind < 6; kind++) {
            unsigned long long n =
                atomic_load_explicit(&metrics->answers[e][kind], memory_order_relaxed);

            if (n)
                TRY(buf_printf(out, "ringfence_answers_total{endpoint=\"%s\",status=\"%zuxx\"} "
                               "%llu\n", endpoint_names[e], kind, n));
        }
    return STATUS_OK;
}

static enum status write_histogram(struct buf *out, struct metrics *metrics, size_t endpoint)
{
    const char *name = endpoint_names[endpoint];
    unsigned long long n = 0, total_us;
    double limit = FIRST_BUCKET_US / 1e6;

    for (size_t i = 0; i < METRICS_BUCKETS; i++, limit *= 2) {
        n += atomic_load_explicit(&metrics->buckets[endpoint][i], memory_order_relaxed);
        TRY(buf_printf(out, "ringfence_answer_seconds_bucket{endpoint=\"%s\",le=\"%g\"} %llu\n",
                       name, limit, n));
    }
    n += atomic_load_explicit(&metrics->buckets[endpoint][METRICS_BUCKETS], memory_order_relaxed);
    total_us = atomic_load_explicit(&metrics->total_us[endpoint], memory_order_relaxed);
    TRY(buf_printf(out, "ringfence_answer_seconds_bucket{endpoint=\"%s\",le=\"+Inf\"} %llu\n",
                   name, n));
    TRY(buf_printf(out, "ringfence_answer_seconds_sum{endpoint=\"%s\"} %.6f\n", name,
                   (double)total_us / 1e6));
    return buf_printf(out, "ringfence_answer_seconds_count{endpoint=\"%s\"} %llu\n", name, n);
}

enum status metrics_write(struct buf *out, struct metrics *metrics)
{
    for (size_t i = 0; i < METRIC_COUNT_; i++)
        TRY(buf_printf(out, "# HELP ringfence_%s %s\n# TYPE ringfence_%s %s\nringfence_%s %llu\n",
                       metric_texts[i].name, metric_texts[i].help, metric_texts[i].name,
                       metric_texts[i].type, metric_texts[i].name,
                       metrics_get(metrics, (enum metric)i)));
    TRY(write_answers(out, metrics));
    TRY(buf_printf(out, "# HELP ringfence_answer_seconds Time from a request's headers to its "
                        "answer.\n# TYPE ringfence_answer_seconds histogram\n"));
    for (size_t e = 0; e < ENDPOINT_COUNT_; e++)
        TRY(write_histogram(out, metrics, e));
    return STATUS_OK;
}
