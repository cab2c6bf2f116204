/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "detectors/diff.h"
#include "detectors/elsewhere.h"
#include "detectors/engine_private.h"
#include "detectors/facts.h"
#include "detectors/incremental.h"
#include "graph/publishing.h"
#include "graph/snapshot.h"

/* The UTC midnight that begins the present day. */
static int64_t default_as_of(void)
{
    return time_now_us() / US_PER_DAY * US_PER_DAY;
}

static enum status check_as_of(const struct run *before, int64_t as_of_us, bool force)
{
    char asked[TIME_TEXT_MAX], published[TIME_TEXT_MAX];

    if (force || before->as_of_us == TIME_MIN || as_of_us >= before->as_of_us)
        return STATUS_OK;
    return fail(STATUS_CONFLICT, "T is %s, and the published tags stand for %s, which is later; "
                "--force goes back", time_format(asked, as_of_us),
                time_format(published, before->as_of_us));
}

/* A run under way: what its detectors share. */
struct running {
    struct diff *diff;
    struct retag_report *report;
    const struct retag_options *options;
    const struct detector *const *detectors;
    struct graph *graph;
    struct moment moment;
    struct graph_txn *txn;     /* NULL while a detector looks at its snapshot */
    struct run before;
    struct tag_standings standings;
    struct snapshot *snapshot; /* read when the first detector needs it */
    struct facts facts;
    struct incremental incremental;
    struct elsewhere elsewhere;
    bool *cut;                 /* per detector: a search was cut */
    bool *ages;                /* per detector: a later T alone may find more */
};

/*
 * Nobody reads while a detector looks at its snapshot, so that the pages that others' commits leave
 * behind can be used again meanwhile; what was so at this run's commit can be read again later.
 */
static void close_reader(struct running *running)
{
    incremental_close(&running->incremental);
    txn_end(running->txn);
    running->txn = running->diff->txn = NULL;
}

static enum status open_reader(struct running *running)
{
    if (running->txn)
        return STATUS_OK;
    TRY(graph_read(&running->txn, running->graph, &running->moment));
    running->diff->txn = running->txn;
    return incremental_open(&running->incremental, running->txn);
}

static void running_fini(struct running *running)
{
    incremental_fini(&running->incremental);
    txn_end(running->txn);
    elsewhere_fini(&running->elsewhere);
    facts_fini(&running->facts);
    snapshot_free(running->snapshot);
    tag_standings_fini(&running->standings);
}

/* All that the detectors look at; a label named as a subject needs its own applications read. */
static struct snapshot_parts parts_of(const struct detector *const *detectors,
                                      const struct params *params)
{
    struct snapshot_parts parts = { 0 };

    for (; *detectors; detectors++) {
        if (!(*detectors)->reads.edges)
            return (struct snapshot_parts){ 0 };
        parts.edges |= (*detectors)->reads.edges;
        parts.cells |= (*detectors)->reads.cells;
    }
    if (params->n_subject_labels)
        parts.edges |= PART_APPLIED;
    return parts;
}

static enum status need_snapshot(struct running *running)
{
    struct snapshot_parts parts = parts_of(running->detectors, running->options->params);
    int64_t since_us = time_monotonic_us();

    if (running->snapshot)
        return STATUS_OK;
    TRY(open_reader(running));
    TRY(snapshot_read_parts(&running->snapshot, running->txn, &parts));
    report_time(running->report, "snapshot", since_us);
    running->facts = (struct facts){
        .snapshot = running->snapshot,
        .schema = graph_schema(txn_graph(running->txn)),
        .params = running->options->params,
        .at_us = running->report->as_of_us,
        .confirmed = running->standings.confirmed,
        .n_confirmed = running->standings.n_confirmed,
        .blocked = running->standings.blocked,
        .n_blocked = running->standings.n_blocked,
    };
    return STATUS_OK;
}

static enum status run_whole(struct running *running, size_t at, struct run_code *counts)
{
    AUTO(findings_fini) struct findings findings = { 0 };
    const struct detector *detector = running->detectors[at];
    int64_t since_us;

    TRY(need_snapshot(running));
    close_reader(running);
    since_us = time_monotonic_us();
    TRY(detector->run(&running->facts, &findings));
    TRY(open_reader(running));
    running->cut[at] = findings.truncated;
    running->ages[at] = findings.ages;
    TRY(report_notes(running->report, &findings));
    running->diff->snapshot = running->snapshot;
    TRY(diff_detector(running->diff, detector, &findings, counts));
    report_time(running->report, detector->id, since_us);
    return STATUS_OK;
}

/* *done where looking at what changed was enough. */
static enum status run_partly(bool *done, struct running *running, size_t at,
                              struct run_code *counts)
{
    const struct detector *detector = running->detectors[at];
    struct retag_report *report = running->report;
    int64_t start = time_monotonic_us();
    const char *why;
    size_t n = 0;

    *done = false;
    if (!running->options->incremental)
        return STATUS_OK;
    TRY(open_reader(running));
    TRY(incremental_run(&why, &n, &running->ages[at], &running->incremental, running->diff,
                        detector, counts));
    report->partly_us += time_monotonic_us() - start;
    *done = !why;
    report->n_partly += *done;
    if (*done)
        report_time(report, detector->id, start);
    report->n_subjects += n;
    return why ? report_whole(report, detector, why) : STATUS_OK;
}

/* The detectors that do not need to know the others' tags, or those that do. */
static enum status run_some(struct running *running, bool after_others)
{
    size_t total = detectors_count(running->detectors), code = 0;
    const struct retag_options *options = running->options;

    for (size_t i = 0; i < total; code += detector_n_codes(running->detectors[i]), i++) {
        struct run_code *counts = &running->report->codes[code];
        int64_t start;
        bool done;

        if (running->detectors[i]->after_others != after_others)
            continue;
        if (options->progress)
            options->progress(options->context, running->detectors[i]->id, i, total);
        TRY(run_partly(&done, running, i, counts));
        start = time_monotonic_us();
        if (!done)
            TRY(run_whole(running, i, counts));
        close_reader(running);
        running->report->wholly_us += time_monotonic_us() - start;
    }
    return STATUS_OK;
}

static bool any_after_others(const struct running *running)
{
    size_t i = 0;

    while (running->detectors[i] && !running->detectors[i]->after_others)
        i++;
    return running->detectors[i];
}

/* By now the diff has told who was tagged by the detectors that ran. */
static enum status know_others(struct running *running)
{
    struct elsewhere *elsewhere = &running->elsewhere;

    TRY(open_reader(running));
    TRY(elsewhere_published(elsewhere, running->txn, &running->diff->view, running->detectors));
    elsewhere_sort(elsewhere);
    TRY(need_snapshot(running));
    TRY(facts_need(&running->facts, NEED_SUBJECTS));
    facts_elsewhere(&running->facts, elsewhere->ids, elsewhere->n);
    close_reader(running);
    return STATUS_OK;
}

static enum status run_detectors(struct running *running)
{
    size_t total = detectors_count(running->detectors);

    running->diff->elsewhere = any_after_others(running) ? &running->elsewhere : NULL;
    TRY(run_some(running, false));
    if (running->diff->elsewhere) {
        TRY(know_others(running));
        TRY(run_some(running, true));
    }
    if (running->options->progress)
        running->options->progress(running->options->context, "", total, total);
    return STATUS_OK;
}

static int by_code(const void *a, const void *b)
{
    const struct run_examined *x = a, *y = b;

    return slice_compare(x->code, y->code);
}

static struct run_examined *examined_place(struct run *run, struct run_examined *list,
                                           struct slice code)
{
    for (size_t i = 0; i < run->n_examined; i++)
        if (slice_equal(list[i].code, code))
            return &list[i];
    return &list[run->n_examined++];
}

/* When and on what each code was last examined: this run's, and for the rest as it was before. */
static enum status examined(struct run *run, const struct running *running)
{
    struct retag_report *report = running->report;
    struct run_examined *list;
    size_t code = 0;

    TRY(run_examined_copy(&list, run, &running->before, report->n_codes, &report->arena));
    for (size_t i = 0; running->detectors[i]; i++) {
        char basis[BASIS_MAX], *copy;

        TRY(incremental_basis(basis, running->options->params, running->detectors[i]));
        copy = arena_copy(&report->arena, slice_str(basis));
        if (!copy)
            return STATUS_NO_MEMORY;
        for (size_t c = 0; c < detector_n_codes(running->detectors[i]); c++, code++)
            *examined_place(run, list, report->codes[code].code) = (struct run_examined){
                .code = report->codes[code].code,
                .as_of_us = report->as_of_us,
                .run = running->diff->view.publication + 1,
                .commit_seq = report->commit_seq,
                .overlay = running->diff->view.overlay,
                .found = report->codes[code].found,
                .cut = running->cut[i] || running->options->known_at_us != TIME_MAX,
                .ages = running->ages[i],
                .basis = slice_str(copy),
            };
    }
    qsort(list, run->n_examined, sizeof *list, by_code);
    return STATUS_OK;
}

static enum status settings_hash(char text[PARAMS_HASH_MAX], const struct params *params,
                                 const struct detector *const *detectors)
{
    AUTO(buf_fini) struct buf all = { 0 };
    unsigned char digest[HASH_BYTES];
    char hex[HASH_HEX_MAX];

    for (size_t i = 0; detectors[i]; i++) {
        TRY(params_hash(text, params, detectors[i]));
        TRY(buf_printf(&all, "%s\n", text));
    }
    hash256(digest, buf_slice(&all));
    snprintf(text, PARAMS_HASH_MAX, "%.16s", hash_hex(hex, digest, 8));
    return STATUS_OK;
}

/* What there was before, and what it is compared with. */
static enum status look_back(struct running *running)
{
    struct retag_report *report = running->report;
    const struct retag_options *options = running->options;
    struct graph_txn *txn = running->txn;
    struct diff *diff = running->diff;

    running->moment = *txn_moment(txn);
    report->commit_seq = running->moment.commit_seq;
    TRY(tag_view_now(&diff->view, txn));
    TRY(run_find(&running->before, &report->arena, txn, diff->view.publication));
    TRY(check_as_of(&running->before, report->as_of_us, options->force));
    TRY(tag_standings(&running->standings, txn, &diff->view));
    diff_begin(diff, txn, options->params, &running->before, report->as_of_us);
    running->incremental = (struct incremental){ .txn = txn, .params = options->params,
                                                 .before = &running->before,
                                                 .standings = &running->standings,
                                                 .view = diff->view,
                                                 .at_us = report->as_of_us };
    return STATUS_OK;
}

/* Everything that needs the graph; nothing is read any more before anything is written. */
static enum status compare(struct running *running, struct run *run)
{
    struct moment moment = { .as_of_us = running->report->as_of_us,
                             .known_at_us = running->options->known_at_us };
    enum status status;

    TRY(graph_read(&running->txn, running->graph, &moment));
    TRY(look_back(running));
    status = run_detectors(running);
    *run = running->before;
    if (status == STATUS_OK)
        status = examined(run, running);
    run->next_ring = running->diff->next_ring;
    close_reader(running);
    return status;
}

static enum status publish(struct publishing *publishing, struct run *run,
                           const struct running *running, int64_t started_us)
{
    const struct retag_options *options = running->options;
    struct retag_report *report = running->report;
    int64_t since_us = time_monotonic_us();
    char hash[PARAMS_HASH_MAX];

    TRY(settings_hash(hash, options->params, running->detectors));
    run->kind = RUN_RETAG;
    run->commit_seq = report->commit_seq;
    run->as_of_us = report->as_of_us;
    run->started_us = started_us;
    run->undoes = 0;
    run->parameters = options->settings;
    run->parameters_hash = slice_str(hash);
    run->person = run->note = SLICE("");
    run->codes = report->codes;
    run->n_codes = report->n_codes;
    report->run = publishing_number(publishing);
    TRY(publishing_flip(publishing, run));
    report_time(report, "publication", since_us);
    return STATUS_OK;
}

enum status retag(struct retag_report *report, struct graph *graph,
                  const struct retag_options *options)
{
    AUTO(publishing_closep) struct publishing *publishing = NULL;
    AUTO(diff_fini) struct diff diff = { 0 };
    const struct detector *const *detectors = options->detectors ? options->detectors : registry;
    AUTO(running_fini) struct running running = { .diff = &diff, .report = report,
                                                  .options = options, .detectors = detectors,
                                                  .graph = graph };
    int64_t started_us = time_now_us();
    struct run run;

    report->as_of_us = options->as_of_us == TIME_MIN ? default_as_of() : options->as_of_us;
    TRY(report_codes(report, detectors));
    if (!options->dry_run)
        TRY(publishing_open(&publishing, graph));
    diff.publishing = publishing;
    running.cut = arena_array(&report->arena, detectors_count(detectors) + 1, sizeof *running.cut);
    running.ages = arena_array(&report->arena, detectors_count(detectors) + 1,
                               sizeof *running.ages);
    if (!running.cut || !running.ages)
        return STATUS_NO_MEMORY;
    TRY(compare(&running, &run));
    report->rings_born = diff.rings_born;
    report->rings_gone = diff.rings_gone;
    TRY(report_check_change(report, diff.n_before, options->max_change_percent));
    if (options->dry_run)
        return STATUS_OK;
    return publish(publishing, &run, &running, started_us);
}
