/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the sender of an event is told, by `apply` and by the service alike. */

#include "base/buf.h"
#include "graph/apply.h"

/* Appends {"line":N,"status":"ok"} or {"line":N,"error":".."}, without a line end. */
MUST_CHECK enum status event_answer_write(struct buf *out, uint64_t line,
                                          const struct apply_answer *answer);
