/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Leaks must fail a test: under Criterion a leak is printed but the program exits 0, so look for
 * leaks while the test still runs and abort.
 *
 *     TestSuite(buf, .fini = leaks_check);
 */

/* Aborts when memory has leaked; does nothing without AddressSanitizer. */
void leaks_check(void);
