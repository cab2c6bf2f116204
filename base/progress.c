/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/progress.h"

#include "base/log.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define REDRAW_US 100000
#define BAR_COLUMNS 24

struct progress progress_start(const char *what, uint64_t total)
{
    int64_t now = time_monotonic_us();

    return (struct progress){ .what = what,
                              .total = total,
                              .start_us = now,
                              .shown_us = now,
                              .on = !log_is_quiet() && isatty(STDERR_FILENO) };
}

static void draw_line(const struct progress *progress, uint64_t done, double seconds)
{
    char bar[BAR_COLUMNS + 1] = "";
    double rate = seconds > 0 ? (double)done / seconds : 0;
    double share = (double)done / (double)progress->total;
    int filled;

    if (!progress->total) {
        fprintf(stderr, "\r\033[K%s: %" PRIu64 "  %.0f/s", progress->what, done, rate);
        return;
    }
    share = share > 1 ? 1 : share;
    filled = (int)(share * BAR_COLUMNS);
    for (int i = 0; i < BAR_COLUMNS; i++)
        bar[i] = i < filled ? '#' : '.';
    fprintf(stderr, "\r\033[K%s [%s] %3.0f%%  %.0f/s  %.0f s left", progress->what, bar,
            100 * share, rate, rate > 0 ? (1 - share) * (double)progress->total / rate : 0.0);
}

void progress_draw_(struct progress *progress, uint64_t done)
{
    int64_t now = time_monotonic_us();
    double seconds = (double)(now - progress->start_us) / (double)US_PER_SECOND;

    /* The next look at the clock comes after about a tenth of the redraw time at this rate. */
    progress->next = done + 1;
    if (seconds > 0)
        progress->next += (uint64_t)((double)done / seconds * REDRAW_US / 10 / US_PER_SECOND);
    if (now - progress->shown_us < REDRAW_US)
        return;
    progress->shown_us = now;
    draw_line(progress, done, seconds);
    fflush(stderr);
}

void progress_finish(struct progress *progress)
{
    if (progress->on && progress->shown_us != progress->start_us)
        fputs("\r\033[K", stderr);
    progress->on = false;
}
