/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Allocation-failure sweeps: run a piece of work again and again, the k-th allocation failing for
 * k = 1, 2, ... until the work gets through. Reaches allocations of our own code (malloc, calloc
 * and realloc through the linker's --wrap); link with sweep_dep.
 *
 *     static enum status work(void *context) { ... build, use, release ... }
 *     sweep_allocations(work, NULL);
 */

#include "base/status.h"

/*
 * Aborts, saying at which k, when the work succeeds although an allocation failed and was not
 * retried, fails with anything but STATUS_NO_MEMORY, or never gets through. Combine it with
 * leaks_check() for what a failure leaves behind. Returns how many allocations the work makes.
 */
unsigned long sweep_allocations(enum status (*work)(void *context), void *context);
/* Fails the k-th allocation from now, once; 0: none. For work that may recover by itself. */
void sweep_fail_at(unsigned long k);
/* Whether the armed failure has happened. */
bool sweep_has_failed(void);
