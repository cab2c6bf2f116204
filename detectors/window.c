/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/window.h"

#include <stdlib.h>

#include "detectors/wide.h"

/* Counts while a window slides; facts->count holds events inside per group, total those of all. */
struct slide {
    struct facts *facts;
    const struct event *events;
    size_t n;
    const struct window_rule *rule;
    uint32_t inside;         /* groups with an event in the window */
    uint32_t outside;        /* groups with an event out of it */
};

void windows_fini(struct windows *windows)
{
    free(windows->items);
    *windows = (struct windows){ 0 };
}

void events_fini(struct events *events)
{
    free(events->items);
    *events = (struct events){ 0 };
}

enum status events_add(struct events *events, const struct event *event)
{
    TRY(array_reserve(&events->items, &events->capacity, events->n + 1));
    events->items[events->n++] = *event;
    return STATUS_OK;
}

static void enter(struct slide *slide, const struct event *event)
{
    uint32_t *count = &slide->facts->count[event->group];

    slide->inside += (*count)++ == 0;
    slide->outside -= *count == slide->facts->total[event->group];
}

static void leave(struct slide *slide, const struct event *event)
{
    uint32_t *count = &slide->facts->count[event->group];

    slide->outside += *count == slide->facts->total[event->group];
    slide->inside -= --(*count) == 0;
}

/*
 * count < factor * U_out * W / (span - W), in integers, where the uses outside show a rhythm.
 */
static bool is_rhythm(const struct slide *slide, uint32_t n_inside)
{
    const struct shared_params *shared = &slide->facts->params->shared;
    int64_t span = slide->events[slide->n - 1].time_us - slide->events[0].time_us;
    int64_t width = slide->rule->width_us;
    wide_int mean;

    if (!slide->rule->steady || slide->outside < shared->steady_principals ||
        span < shared->steady_span_days * US_PER_DAY || span <= width)
        return false;
    mean = (wide_int)shared->steady_factor * (int64_t)(slide->n - n_inside) * width;
    return (wide_int)slide->inside * DECIMAL_ONE * (span - width) < mean;
}

static enum status judge(struct windows *windows, const struct slide *slide, uint32_t first,
                         uint32_t end)
{
    if (slide->inside < slide->rule->min_groups)
        return STATUS_OK;
    if (slide->inside > slide->rule->max_groups) {
        if (slide->inside > windows->over_cap)
            windows->over_cap = slide->inside;
        return STATUS_OK;
    }
    if (is_rhythm(slide, end - first)) {
        if (slide->inside > windows->over_rhythm)
            windows->over_rhythm = slide->inside;
        return STATUS_OK;
    }
    TRY(array_reserve(&windows->items, &windows->capacity, windows->n + 1));
    windows->items[windows->n] = (struct window){ first, end, slide->inside };
    if (slide->inside > windows->items[windows->best].groups)
        windows->best = (uint32_t)windows->n;
    windows->n++;
    return STATUS_OK;
}

static enum status run(struct windows *windows, struct slide *slide)
{
    const struct event *events = slide->events;
    uint32_t end = 0;

    for (uint32_t first = 0; first < slide->n; first++) {
        if (first)
            leave(slide, &events[first - 1]);
        while (end < slide->n &&
               events[end].time_us < time_add(events[first].time_us, slide->rule->width_us))
            enter(slide, &events[end++]);
        if (!first || events[first].time_us != events[first - 1].time_us)
            TRY(judge(windows, slide, first, end));
    }
    return STATUS_OK;
}

enum status windows_find(struct windows *windows, struct facts *facts,
                         const struct event *events, size_t n, const struct window_rule *rule)
{
    struct slide slide = { .facts = facts, .events = events, .n = n, .rule = rule };
    enum status status;

    windows->n = windows->best = windows->over_cap = windows->over_rhythm = 0;
    for (size_t i = 0; i < n; i++)
        slide.outside += facts->total[events[i].group]++ == 0;
    status = run(windows, &slide);
    for (size_t i = 0; i < n; i++)
        facts->total[events[i].group] = facts->count[events[i].group] = 0;
    return status;
}
