/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/engine_private.h"

#include <inttypes.h>

#include "base/text.h"

void retag_report_fini(struct retag_report *report)
{
    arena_fini(&report->arena);
    *report = (struct retag_report){ 0 };
}

enum status report_codes(struct retag_report *report,
                         const struct detector *const *detectors)
{
    size_t n = 0;

    for (size_t i = 0; detectors[i]; i++)
        n += detector_n_codes(detectors[i]);
    report->codes = arena_array(&report->arena, n + 1, sizeof *report->codes);
    report->times = arena_array(&report->arena, detectors_count(detectors) + 2,
                                sizeof *report->times);
    if (!report->codes || !report->times)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; detectors[i]; i++)
        for (size_t c = 0; c < detector_n_codes(detectors[i]); c++)
            report->codes[report->n_codes++] =
                (struct run_code){ .code = slice_str(detectors[i]->codes[c]) };
    return STATUS_OK;
}

/* Adds "name: text" to a list in the arena; the list doubles at powers of two. */
static enum status add_line(const char ***lines, size_t *n, struct arena *arena,
                            const char *name, const char *text)
{
    AUTO(buf_fini) struct buf line = { 0 };
    char *copy;

    if (!(*n & (*n - 1))) {
        const char **grown = arena_array(arena, *n ? 2 * *n : 1, sizeof *grown);

        if (!grown)
            return STATUS_NO_MEMORY;
        for (size_t i = 0; i < *n; i++)
            grown[i] = (*lines)[i];
        *lines = grown;
    }
    TRY(buf_printf(&line, "%s: %s", name, text));
    copy = arena_copy(arena, buf_slice(&line));
    if (!copy)
        return STATUS_NO_MEMORY;
    (*lines)[(*n)++] = copy;
    return STATUS_OK;
}

enum status report_notes(struct retag_report *report, const struct findings *findings)
{
    report->truncated |= findings->truncated;
    for (size_t i = 0; i < findings->n_notes; i++)
        TRY(add_line(&report->notes, &report->n_notes, &report->arena, findings->notes[i].code,
                     findings->notes[i].text));
    return STATUS_OK;
}

enum status report_whole(struct retag_report *report, const struct detector *detector,
                         const char *why)
{
    return add_line(&report->whole, &report->n_whole, &report->arena, detector->id, why);
}

void report_time(struct retag_report *report, const char *what, int64_t since_us)
{
    report->times[report->n_times++] = (struct retag_time){ what, time_monotonic_us() - since_us };
}

enum status report_check_change(const struct retag_report *report, uint64_t n_before,
                                double max_percent)
{
    uint64_t changes = 0;
    double percent;

    for (size_t i = 0; i < report->n_codes; i++)
        changes += report->codes[i].added + report->codes[i].changed + report->codes[i].withdrawn;
    if (max_percent < 0 || !n_before)
        return STATUS_OK;
    percent = 100.0 * (double)changes / (double)n_before;
    if (percent <= max_percent)
        return STATUS_OK;
    return fail(STATUS_LIMIT, "%" PRIu64 " of %" PRIu64 " tag%s (%.1f %%) would change, more than "
                "--max-change %g; nothing was published", changes, n_before, text_s(n_before),
                percent, max_percent);
}
