/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Sample applications for `ringfence screen`, one request of DESIGN.md section 4 a line: a clean
 * one, one of a gang member, one that closes a ring of guarantees, then a realistic mix.
 */

#include "book/world.h"

#define SCREENINGS_FILE "screenings.ndjson"

/* `options.screenings` lines in the folder; gives how many were written. */
MUST_CHECK enum status screenings_write(uint64_t *n, struct world *world, int folder_fd);
