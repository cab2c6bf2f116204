/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What every answered screening goes through on its way out, recorded or not. */

#include "service/server.h"

/*
 * Counts the decision, and masks what the caller's role may not see; `request` as JSON. Sets the
 * exchange's status.
 */
MUST_CHECK enum status screening_answered(struct server *server, struct exchange *exchange,
                                          struct slice request);
