/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Notes for the person at the terminal, on stderr: never data, which goes to stdout.
 *
 * Each call writes one line with one write(), so lines of several threads do not mix. Control
 * characters in it are written as blanks.
 */

#include "base/status.h"

/* Quiet drops notes; warnings stay. Set once at start. */
void log_set_quiet(bool quiet);
bool log_is_quiet(void);
/* What happens or was skipped: "note: ...". */
void log_note(const char *format, ...) PRINTF_LIKE(1, 2);
/* What the person should look at: "warning: ...". */
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);
/* A plain line without prefix, also dropped by quiet: timing, summaries. */
void log_line(const char *format, ...) PRINTF_LIKE(1, 2);
