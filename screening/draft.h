/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* For the folder: what drafts share with decisions that are made at once. */

#include "screening/request.h"
#include "screening/screen.h"

/*
 * Appends the answer given before under the request's key. STATUS_NOT_FOUND: none, or no key.
 * STATUS_CONFLICT: the key was used for another request.
 */
MUST_CHECK enum status draft_answered_before(struct buf *answer, struct graph_txn *txn,
                                             const struct request *request, struct slice text);
