/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Time zones by name, from the system's tz database (TZif files, RFC 8536), read once and kept
 * for the life of the process. Safe from any thread.
 */

#include "base/buf.h"

struct zone_rules;

/* Lends the zone's rules. STATUS_NOT_FOUND: no such zone (or no tz database). */
MUST_CHECK enum status zone_find(const struct zone_rules **out, struct slice name);
/* Lends the name, zero-terminated. */
const char *zone_name(const struct zone_rules *zone);
/* Seconds east of UTC at an instant. */
int32_t zone_offset(const struct zone_rules *zone, int64_t utc_seconds);
/*
 * Seconds east of UTC for a local time. Where the clock was set back and the time came twice, the
 * earlier; where it was set forward and the time never came, the offset before, so that the time
 * moves forward by the gap.
 */
int32_t zone_offset_local(const struct zone_rules *zone, int64_t local_seconds);
