/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The text of temporal values as openCypher writes them (ISO 8601):
 *   date 1984-10-11 · localtime 12:31:14.645 · time 12:31:14.645+01:00 ·
 *   localdatetime 1984-10-11T12:31 · datetime 1984-10-11T12:31Z[Europe/London] ·
 *   duration P14DT16H12M
 * Zero seconds are left out, fractions have as many digits as needed.
 */

#include "base/value.h"

/* Appends the text. STATUS_INVALID for a value of another type. */
MUST_CHECK enum status temporal_format(struct buf *out, const struct value *value);
