/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Telling windows of uses: evidence, and cases against everybody in them. Events point at uses. */

#include "detectors/tally.h"
#include "detectors/window.h"

/* Appends each principal's earliest use in the window to the evidence. */
MUST_CHECK enum status burst_evidence(struct span *out, struct findings *findings,
                                      struct facts *facts, const struct use *uses,
                                      const struct event *events, const struct window *window);
/* Marks everybody with an event in [first, end). */
MUST_CHECK enum status burst_mark(struct tally *tally, const struct use *uses,
                                  const struct event *events, uint32_t first, uint32_t end,
                                  const struct tally_case *told);
/* Marks everybody in any of the windows, each event once. */
MUST_CHECK enum status burst_mark_all(struct tally *tally, const struct use *uses,
                                      const struct event *events, const struct windows *windows,
                                      const struct tally_case *told);
/* Numbers "principals", "limit" and the window's length under the name given. */
MUST_CHECK enum status burst_numbers(struct span *out, struct findings *findings,
                                     int64_t principals, int64_t limit, const char *length_name,
                                     int64_t length);
/* Lists the identifier as suppressed where a cap or a rhythm stopped a window. */
MUST_CHECK enum status burst_hub(struct findings *findings, const struct facts *facts,
                                 const char *code, uint32_t identifier, const struct caps *caps,
                                 const struct windows *windows);
