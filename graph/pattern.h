/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Regular expressions: the door to PCRE2.
 *
 * Every match is bounded, because patterns and subjects come from outside: patterns of at most
 * PATTERN_BYTES_MAX bytes, subjects of at most PATTERN_SUBJECT_MAX, 10,000 matching steps, 1 MiB of
 * memory. A match that reaches a bound is STATUS_LIMIT, never "no match". Text is UTF-8 and
 * character classes are Unicode's. A compiled pattern may be used by several threads at once.
 */

#include "base/buf.h"

#define PATTERN_BYTES_MAX ((size_t)256)
#define PATTERN_SUBJECT_MAX ((size_t)4096)

struct pattern;

/* Combined with |. */
enum pattern_flag {
    PATTERN_WHOLE = 1,    /* must match the whole subject, as openCypher's =~ does */
    PATTERN_CASELESS = 2,
};

/* Gives a pattern. STATUS_INVALID names the pattern, the offset and what is wrong there. */
MUST_CHECK enum status pattern_compile(struct pattern **out, struct slice text, unsigned flags);
void pattern_free(struct pattern *pattern);
void pattern_freep(struct pattern **pattern);

/* STATUS_INVALID: the subject is not UTF-8. STATUS_LIMIT: too long, or too expensive. */
MUST_CHECK enum status pattern_match(bool *matched, const struct pattern *pattern,
                                     struct slice subject);
/*
 * Replaces what `out` holds by the subject with every match replaced by `with`, in which $1 stands
 * for the first group. Outcomes as pattern_match(); a longer result than 64 KiB is STATUS_LIMIT.
 */
MUST_CHECK enum status pattern_replace(struct buf *out, const struct pattern *pattern,
                                       struct slice subject, struct slice with);
