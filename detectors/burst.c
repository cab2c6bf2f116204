/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/burst.h"

enum status burst_evidence(struct span *out, struct findings *findings, struct facts *facts,
                           const struct use *uses, const struct event *events,
                           const struct window *window)
{
    size_t first = findings->n_edges;
    enum status status = STATUS_OK;
    uint32_t *seen = facts->count;

    for (uint32_t i = window->first; i < window->end && status == STATUS_OK; i++)
        if (!seen[events[i].principal]++)
            status = facts_use_evidence(findings, facts, &uses[events[i].use]);
    for (uint32_t i = window->first; i < window->end; i++)
        seen[events[i].principal] = 0;
    TRY(status);
    return findings_evidence(out, findings, first);
}

enum status burst_mark(struct tally *tally, const struct use *uses, const struct event *events,
                       uint32_t first, uint32_t end, const struct tally_case *told)
{
    for (uint32_t i = first; i < end; i++) {
        struct tally_case own = *told;

        own.own_use = &uses[events[i].use];
        TRY(tally_mark(tally, events[i].principal, &own));
    }
    return STATUS_OK;
}

enum status burst_mark_all(struct tally *tally, const struct use *uses,
                           const struct event *events, const struct windows *windows,
                           const struct tally_case *told)
{
    uint32_t marked = 0;

    for (size_t i = 0; i < windows->n; i++) {
        uint32_t first = windows->items[i].first;

        TRY(burst_mark(tally, uses, events, first > marked ? first : marked,
                       windows->items[i].end, told));
        marked = windows->items[i].end;
    }
    return STATUS_OK;
}

enum status burst_numbers(struct span *out, struct findings *findings, int64_t principals,
                          int64_t limit, const char *length_name, int64_t length)
{
    size_t first = findings->n_numbers;

    TRY(findings_number(findings, "principals", principals, 0));
    TRY(findings_number(findings, "limit", limit, 0));
    TRY(findings_number(findings, length_name, length, 0));
    *out = span_since(first, findings->n_numbers);
    return STATUS_OK;
}

enum status burst_hub(struct findings *findings, const struct facts *facts, const char *code,
                      uint32_t identifier, const struct caps *caps,
                      const struct windows *windows)
{
    if (windows->over_cap)
        return facts_hub(findings, facts, code, identifier,
                         caps->class_name.size ? "class" : "cap", caps->class_name,
                         windows->over_cap);
    if (windows->over_rhythm)
        return facts_hub(findings, facts, code, identifier, "steady", caps->class_name,
                         windows->over_rhythm);
    return STATUS_OK;
}
