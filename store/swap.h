/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Putting another data file in the place of a store's, while nobody has the store open. */

#include "base/status.h"

/*
 * Renames `new_file` over the data file of `dir` and syncs the directory. The store must be closed
 * in this process. STATUS_CONFLICT: another process has it open, or its roots are no longer
 * `roots` (store_roots()): then nothing is done.
 */
MUST_CHECK enum status store_swap(const char *dir, const char *new_file, const uint64_t roots[2]);
/* fsync() of a directory, so that names in it last. */
MUST_CHECK enum status sync_dir(const char *dir);
