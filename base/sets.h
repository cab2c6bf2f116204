/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Sets of the numbers 0..n-1 that only grow together (union-find). A set is named by its smallest
 * element, whatever the order of joining. Amortised O(log n) a call.
 */

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* Gives n sets of one; free with free(). */
MUST_CHECK enum status sets_init(uint32_t **out, size_t n);
uint32_t sets_find(uint32_t *sets, uint32_t element);
void sets_join(uint32_t *sets, uint32_t a, uint32_t b);
