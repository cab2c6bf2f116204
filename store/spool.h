/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A spool: records written one after another to a nameless file, then read back in that order.
 *
 * The file lies in a given directory, takes no memory but its buffer, and is gone with the spool.
 */

#include "base/buf.h"

struct spool;

/* Gives a spool with its file in `dir` (the store's own, so that it shares its disk and mode). */
MUST_CHECK enum status spool_new(struct spool **out, const char *dir);
void spool_free(struct spool *spool);
MUST_CHECK enum status spool_write(struct spool *spool, struct slice key, struct slice value);
uint64_t spool_count(const struct spool *spool);
/* Ends writing and goes to the first record. */
MUST_CHECK enum status spool_rewind(struct spool *spool);
/* Lends the next record until the next call; STATUS_END. */
MUST_CHECK enum status spool_read(struct slice *key, struct slice *value, struct spool *spool);
