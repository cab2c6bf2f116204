/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The writer's two kinds of work: screenings that are recorded, and events. */

#include "service/screening.h"

#define WRITE_GROUP_MAX 64

/* Screens and records up to WRITE_GROUP_MAX applications in one durable commit, answers all. */
void record_group(struct server *server, struct screening_seat *seat, struct exchange **group,
                  size_t n);

/* Event bodies under way, oldest first; zeroed memory has none. */
struct event_work;
MUST_CHECK enum status event_work_new(struct event_work **out, struct exchange *exchange);
/*
 * Applies the next slice of them, one durable commit; those that are done with are answered and
 * freed, the others moved up. Gives how many are left.
 */
size_t event_works_step(struct server *server, struct event_work **works, size_t n);
