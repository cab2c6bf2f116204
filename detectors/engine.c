/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "detectors/diff.h"
#include "detectors/facts.h"
#include "graph/snapshot.h"

void retag_report_fini(struct retag_report *report)
{
    arena_fini(&report->arena);
    *report = (struct retag_report){ 0 };
}

int64_t retag_default_as_of(void)
{
    return time_now_us() / US_PER_DAY * US_PER_DAY;
}

static size_t detectors_count(const struct detector *const *detectors)
{
    size_t n = 0;

    while (detectors[n])
        n++;
    return n;
}

static size_t codes_count(const struct detector *detector)
{
    size_t n = 0;

    while (n < DETECTOR_CODES_MAX && detector->codes[n])
        n++;
    return n;
}

static enum status check_as_of(const struct run *before, int64_t as_of_us, bool force)
{
    char asked[TIME_TEXT_MAX], published[TIME_TEXT_MAX];

    if (force || before->as_of_us == TIME_MIN || as_of_us >= before->as_of_us)
        return STATUS_OK;
    return fail(STATUS_CONFLICT, "retag at %s: the published tags stand for %s, which is later; "
                "--force goes back", time_format(asked, as_of_us),
                time_format(published, before->as_of_us));
}

/* One line per code of the detectors that run. */
static enum status report_codes(struct retag_report *report,
                                const struct detector *const *detectors)
{
    size_t n = 0;

    for (size_t i = 0; detectors[i]; i++)
        n += codes_count(detectors[i]);
    report->codes = arena_array(&report->arena, n + 1, sizeof *report->codes);
    if (!report->codes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; detectors[i]; i++)
        for (size_t c = 0; c < codes_count(detectors[i]); c++)
            report->codes[report->n_codes++] =
                (struct run_code){ .code = slice_str(detectors[i]->codes[c]) };
    return STATUS_OK;
}

static enum status report_notes(struct retag_report *report, const struct findings *findings)
{
    const char **notes;

    report->truncated |= findings->truncated;
    if (!findings->n_notes)
        return STATUS_OK;
    notes = arena_array(&report->arena, report->n_notes + findings->n_notes, sizeof *notes);
    if (!notes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < report->n_notes; i++)
        notes[i] = report->notes[i];
    for (size_t i = 0; i < findings->n_notes; i++) {
        AUTO(buf_fini) struct buf line = { 0 };

        TRY(buf_printf(&line, "%s: %s", findings->notes[i].code, findings->notes[i].text));
        notes[report->n_notes + i] = arena_copy(&report->arena, buf_slice(&line));
        if (!notes[report->n_notes + i])
            return STATUS_NO_MEMORY;
    }
    report->notes = notes;
    report->n_notes += findings->n_notes;
    return STATUS_OK;
}

static enum status run_detectors(struct diff *diff, struct retag_report *report,
                                 const struct retag_options *options,
                                 const struct detector *const *detectors, struct facts *facts)
{
    size_t total = detectors_count(detectors), code = 0;

    for (size_t i = 0; i < total; i++) {
        AUTO(findings_fini) struct findings findings = { 0 };

        if (options->progress)
            options->progress(options->context, detectors[i]->id, i, total);
        TRY(detectors[i]->run(facts, &findings));
        TRY(report_notes(report, &findings));
        TRY(diff_detector(diff, detectors[i], &findings, &report->codes[code]));
        code += codes_count(detectors[i]);
    }
    if (options->progress)
        options->progress(options->context, "", total, total);
    return STATUS_OK;
}

static int by_code(const void *a, const void *b)
{
    const struct run_examined *x = a, *y = b;

    return slice_compare(x->code, y->code);
}

/* When each code was last examined: this run's, and for the rest as it was before. */
static enum status examined(struct run *run, const struct run *before,
                            const struct retag_report *report, struct arena *arena)
{
    struct run_examined *list =
        arena_array(arena, before->n_examined + report->n_codes + 1, sizeof *list);
    size_t n = 0;

    if (!list)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < report->n_codes; i++)
        list[n++] = (struct run_examined){ report->codes[i].code, report->as_of_us };
    for (size_t i = 0; i < before->n_examined; i++) {
        bool again = false;

        for (size_t c = 0; c < report->n_codes; c++)
            again |= slice_equal(report->codes[c].code, before->examined[i].code);
        if (!again)
            list[n++] = before->examined[i];
    }
    qsort(list, n, sizeof *list, by_code);
    run->examined = list;
    run->n_examined = n;
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

static enum status check_change(const struct retag_report *report, const struct diff *diff,
                                double max_percent)
{
    uint64_t changes = 0;
    double percent;

    for (size_t i = 0; i < report->n_codes; i++)
        changes += report->codes[i].added + report->codes[i].changed + report->codes[i].withdrawn;
    if (max_percent < 0 || !diff->n_before)
        return STATUS_OK;
    percent = 100.0 * (double)changes / (double)diff->n_before;
    if (percent <= max_percent)
        return STATUS_OK;
    return fail(STATUS_LIMIT, "retag: %" PRIu64 " of %" PRIu64 " tags (%.1f %%) would change, more "
                "than --max-change %g; nothing was published", changes, diff->n_before, percent,
                max_percent);
}

static enum status own_text(struct slice *text, struct arena *arena)
{
    char *copy = arena_copy(arena, *text);

    if (!copy)
        return STATUS_NO_MEMORY;
    text->data = copy;
    return STATUS_OK;
}

/* What `run` lends from the predecessor's record must outlive its transaction. */
static enum status own_examined(struct run *run, struct arena *arena)
{
    struct run_examined *list = arena_array(arena, run->n_examined + 1, sizeof *list);

    if (!list)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < run->n_examined; i++) {
        list[i] = run->examined[i];
        TRY(own_text(&list[i].code, arena));
    }
    run->examined = list;
    return STATUS_OK;
}

/* Everything that needs the snapshot; its transaction is over before anything is written. */
static enum status compare(struct diff *diff, struct run *run, struct retag_report *report,
                           struct graph *graph, const struct retag_options *options,
                           const struct detector *const *detectors)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(snapshot_freep) struct snapshot *snapshot = NULL;
    AUTO(tag_standings_fini) struct tag_standings standings = { 0 };
    AUTO(facts_fini) struct facts facts = { 0 };
    struct moment moment = { .as_of_us = report->as_of_us, .known_at_us = options->known_at_us };
    struct run before;

    TRY(graph_read(&txn, graph, &moment));
    report->commit_seq = txn_moment(txn)->commit_seq;
    TRY(tag_view_now(&diff->view, txn));
    TRY(run_find(&before, &report->arena, txn, diff->view.publication));
    TRY(check_as_of(&before, report->as_of_us, options->force));
    TRY(tag_standings(&standings, txn, &diff->view));
    TRY(snapshot_read(&snapshot, txn));
    facts = (struct facts){ .snapshot = snapshot, .schema = graph_schema(graph),
                            .params = options->params, .at_us = report->as_of_us,
                            .confirmed = standings.confirmed,
                            .n_confirmed = standings.n_confirmed,
                            .blocked = standings.blocked, .n_blocked = standings.n_blocked };
    TRY(diff_begin(diff, txn, snapshot, options->params, &before, report->as_of_us));
    TRY(run_detectors(diff, report, options, detectors, &facts));
    *run = before;
    TRY(examined(run, &before, report, &report->arena));
    TRY(own_examined(run, &report->arena));
    run->next_ring = diff->next_ring;
    return STATUS_OK;
}

static enum status publish(struct publishing *publishing, struct run *run,
                           struct retag_report *report, const struct retag_options *options,
                           const struct detector *const *detectors, int64_t started_us)
{
    char hash[PARAMS_HASH_MAX];

    TRY(settings_hash(hash, options->params, detectors));
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
    return publishing_flip(publishing, run);
}

enum status retag(struct retag_report *report, struct graph *graph,
                  const struct retag_options *options)
{
    AUTO(publishing_closep) struct publishing *publishing = NULL;
    AUTO(diff_fini) struct diff diff = { 0 };
    const struct detector *const *detectors = options->detectors ? options->detectors : registry;
    int64_t started_us = time_now_us();
    struct run run;

    report->as_of_us = options->as_of_us == TIME_MIN ? retag_default_as_of() : options->as_of_us;
    TRY(report_codes(report, detectors));
    if (!options->dry_run)
        TRY(publishing_open(&publishing, graph));
    diff.publishing = publishing;
    TRY(compare(&diff, &run, report, graph, options, detectors));
    report->rings_born = diff.rings_born;
    report->rings_gone = diff.rings_gone;
    TRY(check_change(report, &diff, options->max_change_percent));
    if (options->dry_run)
        return STATUS_OK;
    return publish(publishing, &run, report, options, detectors, started_us);
}
